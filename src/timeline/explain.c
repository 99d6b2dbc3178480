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

const char *const explain_state_rows[STATE_COUNT + 1] = {
    [STATE_RUN] = "{who} runs Python on {core} {since}{task}. {ours}",
    [STATE_NATIVE] =
        "{who} is on {core} {since}{task}: {says}. It does not hold the GIL meanwhile, "
        "so others may.",
    [STATE_READY] = "{who} could go on{task}, but the kernel gave its core to another {since}. "
                    "{ours} A core more, or a lane less, would let it go on.",
    [STATE_GIL] = "{who} waits for the GIL {since}{task}. {holder} {asked}",
    [STATE_LOCK] = "{who} waits for lock {object} of the work {since}{task}; who holds it: n/a. To "
                   "hold the lock for a shorter time would let it go on sooner.",
    [STATE_IO] = "{who} waits for the outside {since}{task}. It needs neither a core nor the GIL "
                 "for that; only a faster answer ends it sooner, and more waits at once hide it.",
    [STATE_IPC] = "{who} packs, unpacks or passes data between lanes {since}{task}. Smaller "
                  "messages or shared memory would shorten it.",
    [STATE_IDLE] = "{who} has no work {since}: {queued} in the queue. More tasks, or fewer lanes, "
                   "would leave it less idle.",
    [STATE_OTHER] =
        "{who} is blocked {since}{task}: {says}. The kernel announces no reason: a page "
        "fault, a full pipe, a start. {ours}",
    [STATE_NONE] = "{who} does not live at {now}: it lives {life}.",
};

const char *const explain_figure_rows[EXPLAIN_COUNT] = {
    [EXPLAIN_LANE] = "", /* the rows of the states */
    [EXPLAIN_GIL] = "{held} {waiters} {demand} {handovers}",
    [EXPLAIN_CORE] = "{oncore} In the last {recent} this run kept it {busy} busy, the whole "
                     "machine {machine}.",
    [EXPLAIN_PROGRESS] = "Of {submitted} tasks {done} are done, {inflight} in flight, {waiting} "
                         "waiting, {failed} failed.",
    [EXPLAIN_QUEUE] = "{queued} in the queue now, at most {deepest} so far. It grows while tasks "
                      "come faster than lanes take them.",
    [EXPLAIN_SWITCHES] =
        "So far lanes left their cores {voluntary} times to wait and {involuntary} "
        "times because the kernel preempted them. {source}",
    [EXPLAIN_MEMORY] = "All processes of the run: PSS {pss}, RSS {rss}; the kernel's own share "
                       "{kernel} by estimate. Pages that processes share count once in PSS.",
    [EXPLAIN_LATENCY] =
        "Of the tasks done so far half took at most {p50}, 99 of 100 at most {p99}, "
        "the longest {longest}.",
};

/* ---- filling a row ---- */

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
        for (const struct explain_word *word = explain_words; word->name != NULL; word++) {
            if (strlen(word->name) == length && strncmp(word->name, row, length) == 0)
                word->put(s);
        }
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

void explain(const struct timeline *timeline, size_t run_index, enum explain_what what,
             size_t index, uint64_t t, struct buffer *text)
{
    const struct run *run = run_of(timeline, run_index);
    struct subject s = {
        .timeline = timeline, .run = run, .run_index = run_index, .index = index, .text = text
    };
    if (run == NULL || run->go == TIME_NEVER) {
        buffer_text(text, "n/a: this run has not begun.");
        return;
    }
    s.t = run_since_go(run, run_time(run, t));
    if (what == EXPLAIN_LANE) {
        if (!timeline_lane(timeline, run_index, index, &s.lane)) {
            buffer_text(text, "n/a: there is no such lane.");
            return;
        }
        timeline_lane_at(timeline, run_index, index, s.t, &s.at);
        find_gil(&s);
        fill(&s, explain_state_rows[s.at.state]);
        return;
    }
    s.has_gil = what == EXPLAIN_GIL && index < run->gils.count;
    timeline_gil_at(timeline, run_index, index, s.t, &s.gil);
    s.figures = mem_zero(1, sizeof *s.figures);
    figures_at(timeline, run_index, s.t, s.figures);
    fill(&s, explain_figure_rows[what]);
    free(s.figures);
}
