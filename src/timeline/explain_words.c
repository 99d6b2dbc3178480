/*
 * The words of the sentences: each writes one figure or one clause of what is explained. Invariant:
 * what is not known is written as n/a, with the reason where one is known.
 *
 * To add a word: a function, and a row in the table at the end.
 */
#include "timeline/explain_inside.h"

#include <string.h>

#include "base/format.h"

enum { RECENT_NS = 100000000 };

/* ---- pieces ---- */

static void put_ns(struct buffer *text, uint64_t ns)
{
    char figure[FORMAT_SIZE];
    buffer_text(text, format_duration(figure, sizeof figure, ns));
}

/* "for 1.8ms (since 3.2ms)" */
static void put_since(const struct subject *s, uint64_t since)
{
    buffer_text(s->text, "for ");
    put_ns(s->text, s->t > since ? s->t - since : 0);
    buffer_text(s->text, " (since ");
    put_ns(s->text, since);
    buffer_byte(s->text, ')');
}

/* The index of a lane by its id, or SIZE_MAX. */
static size_t lane_index(const struct run *run, uint32_t id)
{
    size_t low = 0, high = run->lanes.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (run->lanes.ids[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < run->lanes.count && run->lanes.ids[low] == id ? low : SIZE_MAX;
}

void explain_put_lane(const struct subject *s, uint32_t id)
{
    const struct lane_row *lane = id_find(&s->run->lanes, id);
    char name[16];
    if (lane != NULL)
        buffer_text(s->text, lane_name((uint32_t)lane->role | lane->index << 8, name, sizeof name));
    else
        buffer_printf(s->text, "lane %u", id);
}

static void put_figure(const struct subject *s, struct figure figure, const char *unit)
{
    if (figure.known)
        buffer_printf(s->text, "%.4g%s", figure.value, unit);
    else
        buffer_text(s->text, "n/a");
}

static void put_permille(const struct subject *s, int permille)
{
    if (permille >= 0)
        buffer_printf(s->text, "%d %%", (permille + 5) / 10);
    else
        buffer_text(s->text, "n/a");
}

static void put_kib(const struct subject *s, enum memory_kind kind)
{
    char figure[FORMAT_SIZE];
    int64_t kib = timeline_memory(s->timeline, s->run_index, kind, s->t);
    buffer_text(s->text,
                kib < 0 ? "n/a" : format_bytes(figure, sizeof figure, (uint64_t)kib * 1024));
}

/* The switch interval the run works with; false: not known. */
static bool interval_at(const struct subject *s, uint64_t *ns)
{
    const struct meta *meta = timeline_meta(s->timeline);
    int64_t value;
    for (uint32_t i = 0; meta != NULL && i < meta->param_count; i++) {
        if (strcmp(meta->params[i].name, "switch_interval") != 0 ||
            !timeline_param_at(s->timeline, s->run_index, i, s->t, &value) || value < 0)
            continue;
        *ns = (uint64_t)value;
        return true;
    }
    return false;
}

static void put_interval(const struct subject *s)
{
    uint64_t ns;
    if (interval_at(s, &ns))
        put_ns(s->text, ns);
    else
        buffer_text(s->text, "n/a");
}

/* ---- words of a lane ---- */

static void word_who(const struct subject *s)
{
    buffer_text(s->text, s->lane.name);
}
static void word_since(const struct subject *s)
{
    put_since(s, s->at.since_ns);
}
static void word_task(const struct subject *s)
{
    if (s->at.task != TASK_NONE)
        buffer_printf(s->text, ", with task %u", s->at.task);
}
static void word_core(const struct subject *s)
{
    if (s->at.core != OBJECT_NONE)
        buffer_printf(s->text, "core%u", s->at.core);
    else if (s->at.kernel == KERNEL_UNKNOWN)
        buffer_text(s->text, "a core (which: n/a without perf)");
    else
        buffer_text(s->text, "a core (which: n/a)");
}
static void word_object(const struct subject *s)
{
    if (s->at.object != OBJECT_NONE)
        buffer_printf(s->text, "%u", s->at.object);
    else
        buffer_text(s->text, "n/a");
}
static void word_says(const struct subject *s)
{
    static const char *const kernel[] = {
        [KERNEL_ON] = "runs",
        [KERNEL_PREEMPTED] = "was preempted",
        [KERNEL_BLOCKED] = "blocked it",
        [KERNEL_UNKNOWN] = "n/a",
    };
    static const char *const says[] = {
        [SAYS_COMPUTE] = "Python code",
        [SAYS_NATIVE] = "native code",
        [SAYS_IO] = "the system's side of a call that waits for the outside",
        [SAYS_CALL] = "a system call of a step",
        [SAYS_GIL] = "the wait for the GIL",
        [SAYS_LOCK] = "the wait for a lock",
        [SAYS_IPC] = "data between lanes",
        [SAYS_IDLE] = "the wait for work",
    };
    buffer_text(s->text, says[s->at.says]);
    if (s->at.state == STATE_OTHER)
        buffer_printf(s->text, ", the kernel %s", kernel[s->at.kernel]);
}
static void word_life(const struct subject *s)
{
    buffer_text(s->text, "from ");
    put_ns(s->text, s->lane.begin_ns);
    buffer_text(s->text, " to ");
    if (s->lane.end_ns == UINT64_MAX)
        buffer_text(s->text, "now");
    else
        put_ns(s->text, s->lane.end_ns);
    if (s->lane.crashed)
        buffer_text(s->text, ", where it died of a signal");
}
static void word_now(const struct subject *s)
{
    put_ns(s->text, s->t);
}
static void put_waiters(const struct subject *s)
{
    if (s->gil.waiters == 0)
        buffer_text(s->text, "nobody waits for it");
    else
        buffer_printf(s->text, "%u lane%s for it", s->gil.waiters,
                      s->gil.waiters == 1 ? " waits" : "s wait");
}
/* What it holds of the GIL. */
static void word_ours(const struct subject *s)
{
    if (!s->has_gil || s->gil.holder != s->lane.id) {
        buffer_text(s->text, "It holds no GIL.");
        return;
    }
    buffer_text(s->text, "It holds the GIL ");
    put_since(s, s->gil.since_ns);
    buffer_text(s->text, "; ");
    put_waiters(s);
    buffer_byte(s->text, '.');
    if (s->gil.waiters == 0)
        return;
    buffer_text(s->text, " Code that releases the GIL, or no GIL, would let others compute too.");
}
static void word_holder(const struct subject *s)
{
    if (!s->has_gil) {
        buffer_text(s->text, "Who holds it: n/a.");
        return;
    }
    if (s->gil.holder == LANE_NONE) {
        buffer_text(s->text, "It is free ");
        put_since(s, s->gil.since_ns);
        buffer_text(s->text, ": the waiter is about to take it.");
        return;
    }
    struct lane_moment holder;
    size_t index = lane_index(s->run, s->gil.holder);
    timeline_lane_at(s->timeline, s->run_index, index, s->t, &holder);
    explain_put_lane(s, s->gil.holder);
    buffer_text(s->text, " holds it ");
    put_since(s, s->gil.since_ns);
    if (holder.state < STATE_COUNT) {
        buffer_printf(s->text, " and %s since ", state_rows[holder.state].word);
        put_ns(s->text, holder.since_ns);
    }
    buffer_text(s->text, s->gil.holder_off_core ? ", off its core." : ".");
}
/* Whether the holder was asked, and what would change it. */
static void word_asked(const struct subject *s)
{
    if (!s->has_gil || s->gil.holder == LANE_NONE)
        return;
    buffer_text(s->text, s->gil.requested ? "It was asked to drop it (after the switch interval, "
                                          : "Nobody asked for it yet (the switch interval is ");
    put_interval(s);
    buffer_text(s->text, "). A shorter interval would hand it over sooner.");
}

/* ---- words of the GIL and the cores ---- */

static void word_held(const struct subject *s)
{
    if (!s->has_gil)
        buffer_text(s->text, "This run has no GIL.");
    else if (s->gil.holder == LANE_NONE) {
        buffer_text(s->text, "The GIL is free ");
        put_since(s, s->gil.since_ns);
        buffer_byte(s->text, '.');
    } else {
        buffer_text(s->text, "The GIL: ");
        word_holder(s);
    }
}
static void word_waiters(const struct subject *s)
{
    if (!s->has_gil)
        return;
    if (s->gil.waiters == 0)
        buffer_text(s->text, "Nobody waits for it.");
    else {
        put_waiters(s);
        buffer_byte(s->text, '.');
    }
}
static void word_demand(const struct subject *s)
{
    if (s->has_gil && s->gil.waiters > 0)
        word_asked(s);
}
static void word_handovers(const struct subject *s)
{
    buffer_text(s->text, "Hand-overs so far: ");
    put_figure(s, s->figures->gil_handovers, "");
    buffer_text(s->text, ", of them forced: ");
    put_figure(s, s->figures->gil_forced, "");
    buffer_byte(s->text, '.');
}
static void word_oncore(const struct subject *s)
{
    uint32_t id = timeline_core_lane(s->timeline, s->run_index, (uint32_t)s->index, s->t);
    buffer_printf(s->text, "core%zu ", s->index);
    if (s->run->source != SOURCE_PERF) {
        buffer_text(s->text, "has n/a on it: only perf tells, and 'lockstep doctor' why it is not "
                             "there.");
    } else if (id == LANE_NONE) {
        buffer_text(s->text, "has no lane of this run on it: it is free or has other work.");
    } else {
        struct lane_moment lane;
        timeline_lane_at(s->timeline, s->run_index, lane_index(s->run, id), s->t, &lane);
        buffer_text(s->text, "has ");
        explain_put_lane(s, id);
        buffer_text(s->text, " on it");
        if (lane.state < STATE_COUNT) {
            buffer_printf(s->text, ", which %s since ", state_rows[lane.state].word);
            put_ns(s->text, lane.since_ns);
        }
        buffer_byte(s->text, '.');
    }
}
static uint64_t recent(const struct subject *s)
{
    return s->t > RECENT_NS ? s->t - RECENT_NS : 0;
}
static void word_recent(const struct subject *s)
{
    put_ns(s->text, s->t - recent(s));
}
static void word_busy(const struct subject *s)
{
    put_permille(
        s, timeline_core_busy(s->timeline, s->run_index, (uint32_t)s->index, recent(s), s->t));
}
static void word_machine(const struct subject *s)
{
    put_permille(
        s, timeline_machine_busy(s->timeline, s->run_index, (uint32_t)s->index, recent(s), s->t));
}

/* ---- words of the figures ---- */

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
#define FIGURE_WORD(name, field, unit)               \
    static void word_##name(const struct subject *s) \
    {                                                \
        put_figure(s, s->figures->field, unit);      \
    }
FIGURE_WORD(voluntary, switches_voluntary, "")
FIGURE_WORD(involuntary, switches_involuntary, "")
FIGURE_WORD(p50, latency_ms_p50, " ms")
FIGURE_WORD(p99, latency_ms_p99, " ms")
FIGURE_WORD(longest, latency_ms_max, " ms")
static void word_source(const struct subject *s)
{
    const struct meta *meta = timeline_meta(s->timeline);
    if (s->run->source == SOURCE_PERF) {
        buffer_text(s->text, "Each was told by the kernel (perf).");
        return;
    }
    buffer_text(s->text, "They are totals (rusage): ");
    const char *reason = meta != NULL ? meta->runs[s->run_index].switch_reason : "";
    buffer_text(s->text, reason[0] != '\0' ? reason : "'lockstep doctor' says why");
    buffer_byte(s->text, '.');
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

const struct explain_word explain_words[] = {
    { "who", word_who },
    { "since", word_since },
    { "task", word_task },
    { "core", word_core },
    { "object", word_object },
    { "says", word_says },
    { "life", word_life },
    { "now", word_now },
    { "ours", word_ours },
    { "holder", word_holder },
    { "asked", word_asked },
    { "held", word_held },
    { "waiters", word_waiters },
    { "demand", word_demand },
    { "handovers", word_handovers },
    { "oncore", word_oncore },
    { "recent", word_recent },
    { "busy", word_busy },
    { "machine", word_machine },
    { "submitted", word_submitted },
    { "done", word_done },
    { "inflight", word_inflight },
    { "waiting", word_waiting },
    { "failed", word_failed },
    { "queued", word_queued },
    { "deepest", word_deepest },
    { "voluntary", word_voluntary },
    { "involuntary", word_involuntary },
    { "source", word_source },
    { "pss", word_pss },
    { "rss", word_rss },
    { "kernel", word_kernel },
    { "p50", word_p50 },
    { "p99", word_p99 },
    { "longest", word_longest },
    { NULL, NULL },
};
