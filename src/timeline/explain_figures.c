/*
 * The words of the sentences that are figures of a run, and what is said of their source. Invariant:
 * a figure that is not known is n/a, with the reason.
 *
 * To add a word: a row in the table at the end; where it is a field of struct figures that is all.
 */
#include "timeline/explain_inside.h"

#include <stddef.h>
#include <string.h>

#include "base/clock.h"
#include "base/format.h"
#include "timeline/diagnose.h"

/* ---- fields of struct figures ---- */

static void put_value(struct buffer *text, enum explain_unit unit, double value)
{
    char figure[FORMAT_SIZE];
    value = value > 0 ? value : 0;
    switch (unit) {
    case UNIT_S:
        explain_put_ns(text, format_whole(value * (double)NS_PER_S));
        break;
    case UNIT_MS:
        explain_put_ns(text, format_whole(value * (double)NS_PER_MS));
        break;
    case UNIT_KIB:
        buffer_text(text, format_bytes(figure, sizeof figure, format_whole(value * 1024)));
        break;
    case UNIT_BYTES:
        buffer_text(text, format_bytes(figure, sizeof figure, format_whole(value)));
        break;
    case UNIT_TIMES:
        buffer_printf(text, "%.2f times", value);
        break;
    case UNIT_COUNT:
        buffer_printf(text, value < 100 ? "%.3g" : "%.0f", value);
        break;
    }
}

static const struct figure *figure_of(const struct subject *s, const struct explain_word *word)
{
    return (const struct figure *)(const void *)((const char *)s->figures + word->figure);
}

void explain_put_figure(const struct subject *s, const struct explain_word *word)
{
    const struct figure *figure = figure_of(s, word);
    if (figure->known)
        put_value(s->text, word->unit, figure->value);
    else
        buffer_printf(s->text, "n/a (%s)", word->why);
}

bool explain_known(const struct subject *s, const char *name)
{
    const struct explain_word *word = explain_figure_words;
    while (strcmp(word->name, name) != 0)
        word++;
    return figure_of(s, word)->known;
}

/* ---- counts and moments ---- */

#define COUNT_WORD(name, field)                                                      \
    static void word_##name(const struct subject *s)                                 \
    {                                                                                \
        buffer_printf(s->text, "%llu", (unsigned long long)s->figures->tasks.field); \
    }
COUNT_WORD(submitted, submitted)
COUNT_WORD(done, done)
COUNT_WORD(inflight, in_flight)
COUNT_WORD(waiting, waiting)
COUNT_WORD(failed, failed)
static void word_queued(const struct subject *s)
{
    uint32_t depth = timeline_queue_depth(s->timeline, s->run_index, s->t);
    buffer_printf(s->text, "%u task%s", depth, depth == 1 ? "" : "s");
}
static void word_deepest(const struct subject *s)
{
    buffer_printf(s->text, "%u", timeline_queue_max(s->timeline, s->run_index, 0, s->t + 1));
}
static void put_kib(const struct subject *s, enum memory_kind kind)
{
    int64_t kib = timeline_memory(s->timeline, s->run_index, kind, s->t);
    if (kib >= 0)
        put_value(s->text, UNIT_KIB, (double)kib);
    else
        buffer_text(s->text, "n/a (no sample up to here)");
}
static void word_pss(const struct subject *s)
{
    put_kib(s, MEMORY_PSS);
}
static void word_rss(const struct subject *s)
{
    put_kib(s, MEMORY_RSS);
}
static void word_kernel(const struct subject *s)
{
    put_kib(s, MEMORY_KERNEL);
}
static void word_open(const struct subject *s)
{
    int64_t open;
    bool known = series_at(&s->run->connections, s->run->go + s->t, &open);
    buffer_printf(s->text, "%lld", (long long)(known ? open : 0));
}
static void word_connected(const struct subject *s)
{
    int64_t connected;
    if (series_at(&s->run->crowd[CROWD_CONNECTED], s->run->go + s->t, &connected))
        buffer_printf(s->text, "%lld", (long long)connected);
    else
        buffer_text(s->text, "n/a (no crowd has spoken up)");
}
static void word_counts(const struct subject *s)
{
    buffer_text(s->text, s->run->tasks.service ? "counted from its arrival"
                                               : "counted from when it was taken");
}

/* ---- tasks ---- */

static void word_id(const struct subject *s)
{
    buffer_printf(s->text, "%zu", s->index);
}
static void word_tsince(const struct subject *s)
{
    explain_put_since(s, s->task_since);
}
static void word_tago(const struct subject *s)
{
    explain_put_ns(s->text, s->t > s->task_since ? s->t - s->task_since : 0);
    buffer_text(s->text, " ago (at ");
    explain_put_ns(s->text, s->task_since);
    buffer_byte(s->text, ')');
}
static void word_took(const struct subject *s)
{
    const struct task_row *task = task_find(&s->run->tasks, (uint32_t)s->index);
    uint64_t from = s->run->tasks.service ? task_submitted(task) : task_taken(task);
    explain_put_ns(s->text, task->end > from ? task->end - from : 0);
}
static void put_mix(const struct subject *s, enum task_state state, const char *of)
{
    uint64_t counts[TASK_STATE_COUNT];
    timeline_task_mix(s->timeline, s->run_index, s->t, counts);
    buffer_printf(s->text, "%llu%s", (unsigned long long)counts[state], of);
}
static void word_pausing(const struct subject *s)
{
    put_mix(s, TASK_STATE_WAITING, "");
}
static void word_dues(const struct subject *s)
{
    put_mix(s, TASK_STATE_DUE, "");
}

/* ---- what the workers did ---- */

static void word_split(const struct subject *s)
{
    int parts[STATE_COUNT];
    size_t from = s->text->size;
    if (!figures_split(s->figures, 100, parts)) {
        buffer_text(s->text, "n/a (no worker has lived)");
        return;
    }
    for (size_t said = 0; said < STATE_COUNT; said++) { /* the greatest first */
        int most = 0;
        for (int state = 1; state < STATE_COUNT; state++)
            most = parts[state] > parts[most] ? state : most;
        if (parts[most] <= 0)
            return;
        buffer_printf(s->text, "%s%s %d %%", s->text->size > from ? ", " : "",
                      state_rows[most].word, parts[most]);
        parts[most] = 0;
    }
}

/* ---- marks and diagnoses ---- */

static void word_mark(const struct subject *s)
{
    buffer_text(s->text, s->mark->label);
}
static void word_marktime(const struct subject *s)
{
    explain_put_ns(s->text, s->diagnosis != NULL ? s->diagnosis->t : s->mark->t);
}
static void word_markmeans(const struct subject *s)
{
    static const char *const means[] = {
        [MARK_USER] = "It was set by hand.",
        [MARK_PARAM] = "A knob was turned; what comes after it is not what came before.",
        [MARK_ALL_CONNECTED] = "All clients are connected: latencies count from here.",
        [MARK_TALK_ENDS] = "The crowd says no more; what is due is still delivered.",
        [MARK_CRASH] = "A lane died of a signal; threads take the whole process with them.",
        [MARK_KILL] = "A worker was killed by hand.",
        [MARK_BURST] = "Tasks were added all at once by hand.",
        [MARK_BLOCK] = "A blocking call was put in by hand: it stops a whole loop.",
        [MARK_HANDOVER] = "The GIL was taken by another lane than before for the first time.",
        [MARK_END] = "The last result is there, or the run gave up.",
        [MARK_DIAGNOSIS] = "The score tells its evidence and what to change.",
    };
    size_t kind = (size_t)s->mark->kind;
    buffer_text(s->text,
                kind < sizeof means / sizeof *means && means[kind] != NULL ? means[kind] : "");
}
static void word_diagnosis(const struct subject *s)
{
    buffer_text(s->text, s->diagnosis->name);
}
static void word_evidence(const struct subject *s)
{
    buffer_text(s->text, s->diagnosis->evidence);
}
static void word_advice(const struct subject *s)
{
    buffer_text(s->text, s->diagnosis->advice);
}

/* ---- where it comes from, and how sure it is ---- */

double explain_lost(const struct subject *s)
{
    int64_t lost = 0;
    series_at(&s->run->lost, TIME_NEVER - 1, &lost);
    return (double)lost + (double)s->run->lost_lanes;
}

static void put_source(const struct subject *s, const char *source)
{
    buffer_printf(s->text, "Source: %s", source);
    if (explain_lost(s) > 0)
        buffer_printf(s->text, ", of which %.0f are missing: not sure", explain_lost(s));
    buffer_byte(s->text, '.');
}
static void word_own(const struct subject *s)
{
    put_source(s, "own events");
}
static void word_simulated(const struct subject *s)
{
    put_source(s, "own events; the GIL is simulated");
}
static void word_kernelcounts(const struct subject *s)
{
    buffer_text(s->text, "Source: counted by the kernel.");
}
static void word_sampled(const struct subject *s)
{
    buffer_text(s->text, "Source: samples of /proc.");
}

/* Why only totals are known, as `lockstep doctor` says it. */
static void put_reason(const struct subject *s)
{
    const char *reason = timeline_meta(s->timeline)->runs[s->run_index].switch_reason;
    buffer_text(s->text, reason[0] != '\0' ? reason : "'lockstep doctor' says why");
    buffer_byte(s->text, '.');
}
static void word_source(const struct subject *s)
{
    if (s->run->source == SOURCE_PERF) {
        put_source(s, "each told by the kernel (perf)");
        return;
    }
    buffer_text(s->text, "Source: totals of ended lanes (rusage), since ");
    put_reason(s);
}
static void word_splitwhy(const struct subject *s)
{
    if (s->run->source == SOURCE_PERF) {
        put_source(s, "own events and the kernel's switches");
        return;
    }
    buffer_text(s->text, "How long they waited for a core: n/a, since ");
    put_reason(s);
}
static void word_kernelsays(const struct subject *s)
{
    if (s->run->source == SOURCE_PERF)
        put_source(s, "the kernel's switches; the machine's from samples of /proc");
}

/* clang-format off */
#define FIGURE(field) offsetof(struct figures, field)
static const char no_gil[] = "this run has no GIL", not_over[] = "the run is not over",
                  none_done[] = "no task is done up to here",
                  no_sample[] = "no sample up to here",
                  no_totals[] = "no lane has told its totals up to here",
                  no_crowd[] = "nobody counts it";

const struct explain_word explain_figure_words[] = {
    { .name = "submitted", .put = word_submitted },
    { .name = "done", .put = word_done },
    { .name = "inflight", .put = word_inflight },
    { .name = "waiting", .put = word_waiting },
    { .name = "failed", .put = word_failed },
    { .name = "queued", .put = word_queued },
    { .name = "deepest", .put = word_deepest },
    { .name = "pss", .put = word_pss },
    { .name = "rss", .put = word_rss },
    { .name = "kernel", .put = word_kernel },
    { .name = "open", .put = word_open },
    { .name = "connected", .put = word_connected },
    { .name = "counts", .put = word_counts },
    { .name = "id", .put = word_id },
    { .name = "tsince", .put = word_tsince },
    { .name = "tago", .put = word_tago },
    { .name = "took", .put = word_took },
    { .name = "pausing", .put = word_pausing },
    { .name = "dues", .put = word_dues },
    { .name = "split", .put = word_split },
    { .name = "mark", .put = word_mark },
    { .name = "marktime", .put = word_marktime },
    { .name = "markmeans", .put = word_markmeans },
    { .name = "diagnosis", .put = word_diagnosis },
    { .name = "evidence", .put = word_evidence },
    { .name = "advice", .put = word_advice },
    { .name = "own", .put = word_own },
    { .name = "simulated", .put = word_simulated },
    { .name = "kernelcounts", .put = word_kernelcounts },
    { .name = "sampled", .put = word_sampled },
    { .name = "source", .put = word_source },
    { .name = "splitwhy", .put = word_splitwhy },
    { .name = "kernelsays", .put = word_kernelsays },
    { .name = "wall", .figure = FIGURE(wall_s), .unit = UNIT_S, .why = not_over },
    { .name = "speedup", .figure = FIGURE(speedup), .unit = UNIT_TIMES,
      .why = "no run of serial in this race ended well, or this one did not" },
    { .name = "startup", .figure = FIGURE(startup_s), .unit = UNIT_S, .why = "no task was taken" },
    { .name = "throughput", .figure = FIGURE(throughput_per_s), .unit = UNIT_COUNT,
      .why = "no task has come" },
    { .name = "p50", .figure = FIGURE(latency_ms_p50), .unit = UNIT_MS, .why = none_done },
    { .name = "p99", .figure = FIGURE(latency_ms_p99), .unit = UNIT_MS, .why = none_done },
    { .name = "longest", .figure = FIGURE(latency_ms_max), .unit = UNIT_MS, .why = none_done },
    { .name = "queuewait", .figure = FIGURE(queue_wait_ms_p99), .unit = UNIT_MS,
      .why = "no task was taken" },
    { .name = "queuemean", .figure = FIGURE(queue_mean), .unit = UNIT_COUNT,
      .why = "it has no queue" },
    { .name = "user", .figure = FIGURE(cpu_user_s), .unit = UNIT_S, .why = no_totals },
    { .name = "system", .figure = FIGURE(cpu_system_s), .unit = UNIT_S, .why = no_totals },
    { .name = "voluntary", .figure = FIGURE(switches_voluntary), .unit = UNIT_COUNT,
      .why = no_totals },
    { .name = "involuntary", .figure = FIGURE(switches_involuntary), .unit = UNIT_COUNT,
      .why = no_totals },
    { .name = "gilwaited", .figure = FIGURE(gil_waited_s), .unit = UNIT_S, .why = no_gil },
    { .name = "gilheld", .figure = FIGURE(gil_held_s), .unit = UNIT_S, .why = no_gil },
    { .name = "changes", .figure = FIGURE(gil_handovers), .unit = UNIT_COUNT, .why = no_gil },
    { .name = "forced", .figure = FIGURE(gil_forced), .unit = UNIT_COUNT, .why = no_gil },
    { .name = "period", .figure = FIGURE(gil_period_ms), .unit = UNIT_MS,
      .why = "nobody had to wait for it" },
    { .name = "psspeak", .figure = FIGURE(memory_pss_peak_kib), .unit = UNIT_KIB,
      .why = no_sample },
    { .name = "rsspeak", .figure = FIGURE(memory_rss_peak_kib), .unit = UNIT_KIB,
      .why = no_sample },
    { .name = "kernelpeak", .figure = FIGURE(memory_kernel_kib), .unit = UNIT_KIB,
      .why = no_sample },
    { .name = "openmost", .figure = FIGURE(connections_peak), .unit = UNIT_COUNT,
      .why = "none was opened" },
    { .name = "due", .figure = FIGURE(crowd_due), .unit = UNIT_COUNT, .why = no_crowd },
    { .name = "delivered", .figure = FIGURE(crowd_delivered), .unit = UNIT_COUNT,
      .why = no_crowd },
    { .name = "twice", .figure = FIGURE(crowd_twice), .unit = UNIT_COUNT, .why = no_crowd },
    { .name = "lag", .figure = FIGURE(loop_lag_ms_max), .unit = UNIT_MS,
      .why = "no loop has turned" },
    { .name = "serialised", .figure = FIGURE(serialised_bytes), .unit = UNIT_BYTES,
      .why = "nothing is known" },
    { .name = "lost", .figure = FIGURE(events_lost), .unit = UNIT_COUNT, .why = "nothing is known" },
    { .name = "seen", .figure = FIGURE(events_seen), .unit = UNIT_COUNT, .why = "nothing is known" },
    { .name = "lanelost", .figure = FIGURE(lanes_lost), .unit = UNIT_COUNT,
      .why = "nothing is known" },
    { .name = NULL },
};
/* clang-format on */
