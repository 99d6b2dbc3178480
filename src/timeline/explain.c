/*
 * What the cursor stands on, in sentences. Invariant: a row says only what the trace holds; a word
 * whose figure is not known is n/a. Rows are templates; each word in braces is a row of
 * explain_words.c, with the function that writes it.
 *
 * It deliberately knows nothing of who holds a lock of the work: a trace is not kept by locks.
 *
 * To change what is said: the rows below. To add a word: explain_words.c.
 */
#include "timeline/explain_inside.h"

#include <stdlib.h>
#include <string.h>

/* clang-format off */
const char *const explain_state_rows[STATE_COUNT + 1] = {
    [STATE_RUN] =
        "{who} runs Python on {core} {since}{task}. {ours} {sure}",
    [STATE_NATIVE] =
        "{who} is on {core} {since}{task}: {says}. It does not hold the GIL meanwhile, so others may. "
        "{sure}",
    [STATE_READY] =
        "{who} could go on{task}, but the kernel gave its core to another {since}. {ours} A core more, "
        "or a lane less, would let it go on. {sure}",
    [STATE_GIL] =
        "{who} waits for the GIL {since}{task}. {holder} {asked} {sure}",
    [STATE_LOCK] =
        "{who} waits for lock {object} of the work {since}{task}, {rivals}; who holds it: {lockholder}. "
        "To hold it for a shorter time would let it go on sooner. {sure}",
    [STATE_IO] =
        "{who} waits for the outside {since}{task}. It needs neither a core nor the GIL for that; only "
        "a faster answer ends it sooner, and more waits at once hide it. {sure}",
    [STATE_IPC] =
        "{who} packs, unpacks or passes data between lanes {since}{task}. Smaller messages or shared "
        "memory would shorten it. {sure}",
    [STATE_IDLE] =
        "{who} has no work {since}: {queued} in the queue. More tasks, or fewer lanes, would leave it "
        "less idle. {sure}",
    [STATE_OTHER] =
        "{who} is blocked {since}{task}: {says}. The kernel announces no reason: a page fault, a full "
        "pipe, a start. {ours} {sure}",
    [STATE_NONE] =
        "{who} does not live at {now}: it lives {life}.",
};

const char *const explain_task_rows[TASK_STATE_COUNT] = {
    [TASK_STATE_NONE] =
        "Task {id} does not exist at {now}: nobody has submitted it.",
    [TASK_STATE_QUEUED] =
        "Task {id} waits to be taken {tsince}, with {waiting} in all. More lanes, or a loop that takes "
        "all at once, would let it begin sooner. {own}",
    [TASK_STATE_WAITING] =
        "Task {id} waits {tsince}, for the outside or a timer; the loop goes on with others meanwhile "
        "(waiting like it: {pausing}). Only a faster answer ends it sooner. {own}",
    [TASK_STATE_DUE] =
        "Task {id} could go on {tsince}, but the loop does one thing at a time, and {dues} in all are "
        "due now. Compute cut in smaller pieces, or given to a pool, "
        "would let it go on. {own}",
    [TASK_STATE_RUNNING] =
        "Task {id} runs {tsince}; {dues} could go on too and wait. {own}",
    [TASK_STATE_DONE] =
        "Task {id} was done {tago}; it took {took}. {own}",
    [TASK_STATE_FAILED] =
        "Task {id} failed {tago}, after {took}. {own}",
};

const char *const explain_figure_rows[EXPLAIN_COUNT] = {
    [EXPLAIN_LANE] = "", /* the rows of the states */
    [EXPLAIN_TASK] = "", /* likewise */
    [EXPLAIN_GIL] =
        "{held} {waiters} {demand} Hand-overs so far: {changes}, of them forced: {forced}. {simulated}",
    [EXPLAIN_LOCK] =
        "Lock {lock} of the work: {lockers}. Who holds it: {lockholder}. To hold it for a shorter time "
        "shortens the waits for it. {own}",
    [EXPLAIN_CORE] =
        "{oncore} In the last {recent} this run kept it {busy} busy, the whole machine {machine}. "
        "{kernelsays}",
    [EXPLAIN_MARK] =
        "At {marktime}: {mark}. {markmeans}",
    [EXPLAIN_DIAGNOSIS] =
        "Diagnosis: {diagnosis}, best seen at {marktime}: {evidence} {advice}",
    [EXPLAIN_PROGRESS] =
        "Of {submitted} tasks {done} are done, {inflight} in flight, {waiting} waiting, {failed} "
        "failed. {own}",
    [EXPLAIN_QUEUE] =
        "{queued} in the queue now, at most {deepest} so far. It grows while tasks come faster than "
        "lanes take them. {own}",
    [EXPLAIN_SWITCHES] =
        "So far lanes left their cores {voluntary} times to wait and {involuntary} times because the "
        "kernel preempted them. {source}",
    [EXPLAIN_MEMORY] =
        "All processes of the run: PSS {pss}, RSS {rss}; the kernel's own share {kernel} by estimate. "
        "Pages that processes share count once in PSS. {sampled}",
    [EXPLAIN_LATENCY] =
        "Of the tasks done so far half took at most {p50}, 99 of 100 at most {p99}, the longest "
        "{longest}. {own}",
    [EXPLAIN_HISTOGRAM] =
        "How long the {done} tasks done so far took, from 10us to 100s, each bar as much more as the "
        "one before: half at most {p50}, 99 of 100 at most {p99}. {own}",
    [EXPLAIN_CONNECTIONS] =
        "Connections open now: {open}, at most {openmost} so far. {own}",
    [EXPLAIN_CROWD] =
        "Connected of the crowd: {connected}; of {due} deliveries due {delivered} came, and {twice} came "
        "again. Source: counted by the crowd, outside the model.",
    [EXPLAIN_LAG] =
        "A loop does one thing at a time: the longest that its turn came late so far is {lag}. Compute "
        "cut in smaller pieces, or given to a pool, would shorten it. {own}",
    [EXPLAIN_SPLIT] =
        "Of the workers' lives up to here: {split}. {splitwhy}",
    [EXPLAIN_WALL] =
        "{wall} from go to the last result, start-up included. {own}",
    [EXPLAIN_SPEEDUP] =
        "{speedup} as fast as serial in this race. {own}",
    [EXPLAIN_P50] =
        "Half of the {done} tasks took at most {p50}, {counts}. {own}",
    [EXPLAIN_P99] =
        "99 of 100 of the {done} tasks took at most {p99}, {counts}. {own}",
    [EXPLAIN_MEMORY_PEAK] =
        "At most {psspeak} of memory (PSS: shared pages count once), {rsspeak} RSS; the kernel's own "
        "share, {kernelpeak}, is beside it by estimate. {sampled}",
    [EXPLAIN_CPU] =
        "{user} of CPU in the program and {system} in the kernel for it. {kernelcounts}",
    [EXPLAIN_GIL_WAITED] =
        "All lanes together waited {gilwaited} for the GIL, which was held {gilheld}. {simulated}",
    [EXPLAIN_HANDOVERS] =
        "{changes} times another lane took the GIL than before, {forced} times because it asked for it; while "
        "contended it changed hands each {period}. {simulated}",
    [EXPLAIN_THROUGHPUT] =
        "{throughput} tasks a second, {done} in all. {own}",
    [EXPLAIN_FAILED] =
        "{failed} of {submitted} tasks failed. {own}",
    [EXPLAIN_LOST] =
        "{lost} events did not fit and are missing, {seen} came through; of {lanelost} lanes nothing is "
        "known. "
        "Rings that are full lose events rather than hold up the work.",
    [EXPLAIN_VOLUNTARY] =
        "{voluntary} times a lane left its core by itself, to wait for something. {source}",
    [EXPLAIN_INVOLUNTARY] =
        "{involuntary} times the kernel took a lane off its core for another. {source}",
    [EXPLAIN_STARTUP] =
        "{startup} from go until the first task was taken: the start of the lanes. {own}",
    [EXPLAIN_QUEUE_WAIT] =
        "99 of 100 tasks waited at most {queuewait} until one took them; the depth was {queuemean} in "
        "the mean. {own}",
    [EXPLAIN_SERIALISED] =
        "{serialised} were packed to travel between lanes; shared memory needs none of it. {own}",
};

/* Where the figure that a row is about is not known: the word that says why, and the row instead. */
const struct explain_unknown explain_unknown_rows[EXPLAIN_COUNT] = {
    [EXPLAIN_SWITCHES] = { "voluntary", "How often lanes left their cores: {voluntary}. {source}" },
    [EXPLAIN_LATENCY] = { "p50", "How long tasks take: {p50}." },
    [EXPLAIN_HISTOGRAM] = { "p50", "How long tasks take: {p50}." },
    [EXPLAIN_CONNECTIONS] = { "openmost", "Connections: {openmost}." },
    [EXPLAIN_CROWD] = { "due", "What the crowd was told: {due}." },
    [EXPLAIN_LAG] = { "lag", "How late a loop was: {lag}." },
    [EXPLAIN_WALL] = { "wall", "How long it took: {wall}." },
    [EXPLAIN_SPEEDUP] = { "speedup", "How much faster than serial: {speedup}." },
    [EXPLAIN_P50] = { "p50", "How long tasks take: {p50}." },
    [EXPLAIN_P99] = { "p99", "How long tasks take: {p99}." },
    [EXPLAIN_CPU] = { "user", "How much CPU it took: {user}." },
    [EXPLAIN_GIL_WAITED] = { "gilwaited", "How long lanes waited for the GIL: {gilwaited}." },
    [EXPLAIN_HANDOVERS] = { "changes", "How often the GIL was handed over: {changes}." },
    [EXPLAIN_THROUGHPUT] = { "throughput", "How many tasks a second: {throughput}." },
    [EXPLAIN_VOLUNTARY] = { "voluntary", "How often lanes left their cores: {voluntary}. {source}" },
    [EXPLAIN_INVOLUNTARY] =
        { "involuntary", "How often the kernel preempted lanes: {involuntary}. {source}" },
    [EXPLAIN_STARTUP] = { "startup", "How long the start took: {startup}." },
    [EXPLAIN_QUEUE_WAIT] = { "queuewait", "How long tasks were queued: {queuewait}." },
};
/* clang-format on */

/* ---- filling a row ---- */

static bool put_word(const struct subject *s, const struct explain_word *words, const char *name,
                     size_t length)
{
    for (const struct explain_word *word = words; word->name != NULL; word++) {
        if (strlen(word->name) != length || strncmp(word->name, name, length) != 0)
            continue;
        if (word->put != NULL)
            word->put(s);
        else
            explain_put_figure(s, word);
        return true;
    }
    return false;
}

static void fill(const struct subject *s, const char *row)
{
    while (*row != '\0') {
        size_t plain = strcspn(row, "{");
        /* A word that wrote nothing leaves no two blanks. */
        const char *written = buffer_string(s->text);
        if (*row == ' ' && s->text->size > 0 && written[s->text->size - 1] == ' ')
            row++, plain--;
        buffer_append(s->text, row, plain);
        row += plain;
        if (*row == '\0')
            break;
        size_t length = strcspn(++row, "}");
        if (!put_word(s, explain_words, row, length))
            put_word(s, explain_figure_words, row, length);
        row += length + (row[length] == '}');
    }
    while (s->text->size > 0 && s->text->data[s->text->size - 1] == ' ')
        buffer_cut(s->text, s->text->size - 1);
}

/* The GIL that a lane waits for or holds. One that dropped it on request waits for it without saying
 * which: where there is one GIL, it is that. */
static void find_gil(struct subject *s)
{
    for (size_t i = 0; i < s->run->gils.count && !s->has_gil; i++) {
        timeline_gil_at(s->timeline, s->run_index, i, s->t, &s->gil);
        s->has_gil = s->at.says == SAYS_GIL
                         ? s->run->gils.ids[i] == s->at.object ||
                               (s->at.object == OBJECT_NONE && s->run->gils.count == 1)
                         : s->gil.holder == s->lane.id;
    }
}

static const char *lane_row_of(struct subject *s)
{
    if (!timeline_lane(s->timeline, s->run_index, s->index, &s->lane))
        return "n/a: there is no such lane.";
    timeline_lane_at(s->timeline, s->run_index, s->index, s->t, &s->at);
    find_gil(s);
    return explain_state_rows[s->at.state];
}

static const char *task_row_of(struct subject *s)
{
    s->task = timeline_task_at(s->timeline, s->run_index, (uint32_t)s->index, s->t, &s->task_since);
    return explain_task_rows[s->task];
}

static const char *row_of(struct subject *s, enum explain_what what)
{
    const struct mark *marks;
    const struct diagnosis *diagnoses;
    switch (what) {
    case EXPLAIN_LANE:
        return lane_row_of(s);
    case EXPLAIN_TASK:
        return task_row_of(s);
    case EXPLAIN_MARK:
        if (s->index >= timeline_marks(s->timeline, s->run_index, &marks))
            return "n/a: there is no such mark.";
        s->mark = &marks[s->index];
        break;
    case EXPLAIN_DIAGNOSIS:
        if (s->index >= timeline_diagnoses(s->timeline, s->run_index, &diagnoses))
            return "n/a: there is no such diagnosis.";
        s->diagnosis = &diagnoses[s->index];
        break;
    case EXPLAIN_GIL:
        s->has_gil = s->index < s->run->gils.count;
        if (!s->has_gil)
            return "This run has no such GIL: nobody has to wait for one to run Python.";
        timeline_gil_at(s->timeline, s->run_index, s->index, s->t, &s->gil);
        break;
    default:
        break;
    }
    const struct explain_unknown *unknown = &explain_unknown_rows[what];
    if (unknown->word != NULL && !explain_known(s, unknown->word))
        return unknown->row;
    return explain_figure_rows[what];
}

void explain(const struct timeline *timeline, size_t run_index, enum explain_what what,
             size_t index, uint64_t t, struct buffer *text)
{
    const struct run *run = run_of(timeline, run_index);
    struct figures *figures = mem_zero(1, sizeof *figures);
    struct subject s = { .timeline = timeline,
                         .run = run,
                         .run_index = run_index,
                         .index = index,
                         .figures = figures,
                         .text = text };
    if (run == NULL || run->go == TIME_NEVER) {
        buffer_text(text, "n/a: this run has not begun.");
    } else {
        static const struct figures_lanes none = { .on_core_ns = 0 };
        s.t = run_since_go(run, run_time(run, t));
        uint64_t until = t == UINT64_MAX ? t : s.t;
        if (what != EXPLAIN_LANE)
            figures_of(timeline, run_index, until, &none, figures);
        const char *row = row_of(&s, what);
        /* To ask each of thousands of lanes takes long: only who splits their lives does. */
        if (strstr(row, "{split}") != NULL)
            figures_at(timeline, run_index, until, figures);
        fill(&s, row);
    }
    free(figures);
}
