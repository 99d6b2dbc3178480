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

void explain_put_ns(struct buffer *text, uint64_t ns)
{
    char figure[FORMAT_SIZE];
    buffer_text(text, format_duration(figure, sizeof figure, ns));
}

void explain_put_since(const struct subject *s, uint64_t since)
{
    buffer_text(s->text, "for ");
    explain_put_ns(s->text, s->t > since ? s->t - since : 0);
    buffer_text(s->text, " (since ");
    explain_put_ns(s->text, since);
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

static void put_permille(const struct subject *s, int permille, const char *why)
{
    if (permille >= 0)
        buffer_printf(s->text, "%d %%", (permille + 5) / 10);
    else
        buffer_printf(s->text, "n/a (%s)", why);
}

/* What a parameter is at the moment; false: there is none of this name. */
static bool param_at(const struct subject *s, const char *name, int64_t *value)
{
    const struct meta *meta = timeline_meta(s->timeline);
    for (uint32_t i = 0; meta != NULL && i < meta->param_count; i++)
        if (strcmp(meta->params[i].name, name) == 0)
            return timeline_param_at(s->timeline, s->run_index, i, s->t, value);
    return false;
}

static void put_interval(const struct subject *s)
{
    int64_t ns;
    if (param_at(s, "switch_interval", &ns) && ns >= 0)
        explain_put_ns(s->text, (uint64_t)ns);
    else
        buffer_text(s->text, "n/a (not recorded)");
}

/* ---- words of a lane ---- */

static void word_who(const struct subject *s)
{
    buffer_text(s->text, s->lane.name);
}
static void word_since(const struct subject *s)
{
    explain_put_since(s, s->at.since_ns);
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
        buffer_text(s->text, "a core (which: n/a, since only perf tells)");
    else
        buffer_text(s->text, "a core (which: n/a, since no switch has told it yet)");
}
static void word_object(const struct subject *s)
{
    if (s->at.object != OBJECT_NONE)
        buffer_printf(s->text, "%u", s->at.object);
    else
        buffer_text(s->text, "n/a (not recorded)");
}
/* How many lanes wait for a lock at the moment, and which of them longest. */
static size_t lanes_at_lock(const struct subject *s, uint32_t lock, struct lane_brief *first,
                            uint64_t *since)
{
    size_t count = 0;
    *since = UINT64_MAX;
    for (size_t i = 0; i < s->run->lanes.count; i++) {
        struct lane_moment at;
        timeline_lane_at(s->timeline, s->run_index, i, s->t, &at);
        if (at.state != STATE_LOCK || at.object != lock)
            continue;
        count++;
        if (at.since_ns >= *since)
            continue;
        *since = at.since_ns;
        timeline_lane(s->timeline, s->run_index, i, first);
    }
    return count;
}
static void word_rivals(const struct subject *s)
{
    struct lane_brief first;
    uint64_t since;
    size_t lanes = lanes_at_lock(s, s->at.object, &first, &since);
    if (lanes > 1)
        buffer_printf(s->text, "like %zu other%s", lanes - 1, lanes == 2 ? "" : "s");
    else
        buffer_text(s->text, "alone");
}
static void word_lock(const struct subject *s)
{
    buffer_printf(s->text, "%zu", s->index);
}
static void word_lockers(const struct subject *s)
{
    struct lane_brief first;
    uint64_t since;
    size_t lanes = lanes_at_lock(s, (uint32_t)s->index, &first, &since);
    if (lanes == 0) {
        buffer_text(s->text, "no lane waits for it");
        return;
    }
    buffer_printf(s->text, "%zu lane%s for it, %s longest (since ", lanes,
                  lanes == 1 ? " waits" : "s wait", first.name);
    explain_put_ns(s->text, since);
    buffer_byte(s->text, ')');
}
/* Who has the lock: of a lane the one it waits for. */
static void word_lockholder(const struct subject *s)
{
    uint32_t lock = s->at.state == STATE_LOCK ? s->at.object : (uint32_t)s->index;
    uint64_t since;
    uint32_t holder = timeline_lock_at(s->timeline, s->run_index, lock, s->t, &since);
    if (holder == LANE_NONE) {
        buffer_text(s->text, "n/a (only who waited for it tells)");
        return;
    }
    explain_put_lane(s, holder);
    buffer_text(s->text, ", at least since ");
    explain_put_ns(s->text, since);
}
/* How sure a state is: where events are missing, the one that ended it may be among them. */
static void word_sure(const struct subject *s)
{
    if (explain_lost(s) > 0)
        buffer_printf(s->text, "Not sure: %.0f events of this run are missing.", explain_lost(s));
}
static void word_says(const struct subject *s)
{
    static const char *const kernel[] = {
        [KERNEL_ON] = "runs",
        [KERNEL_PREEMPTED] = "was preempted",
        [KERNEL_BLOCKED] = "blocked it",
        [KERNEL_UNKNOWN] = "tells nothing: n/a (only perf does)",
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
    explain_put_ns(s->text, s->lane.begin_ns);
    buffer_text(s->text, " to ");
    if (s->lane.end_ns == UINT64_MAX)
        buffer_text(s->text, "now");
    else
        explain_put_ns(s->text, s->lane.end_ns);
    if (s->lane.crashed)
        buffer_text(s->text, ", where it died of a signal");
}
static void word_now(const struct subject *s)
{
    explain_put_ns(s->text, s->t);
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
    explain_put_since(s, s->gil.since_ns);
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
        buffer_text(s->text, "Who holds it: n/a (not recorded).");
        return;
    }
    if (s->gil.holder == LANE_NONE) {
        buffer_text(s->text, "It is free ");
        explain_put_since(s, s->gil.since_ns);
        buffer_text(s->text, ": the waiter is about to take it.");
        return;
    }
    struct lane_moment holder;
    size_t index = lane_index(s->run, s->gil.holder);
    timeline_lane_at(s->timeline, s->run_index, index, s->t, &holder);
    explain_put_lane(s, s->gil.holder);
    buffer_text(s->text, " holds it ");
    explain_put_since(s, s->gil.since_ns);
    if (holder.state < STATE_COUNT) {
        buffer_printf(s->text, " and %s since ", state_rows[holder.state].word);
        explain_put_ns(s->text, holder.since_ns);
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

/* Whether the run works without the GIL it has. */
static bool is_off(const struct subject *s)
{
    int64_t on;
    return param_at(s, "gil", &on) && on == 0;
}
static void word_held(const struct subject *s)
{
    if (is_off(s))
        buffer_text(s->text, "The GIL is turned off: all lanes may run Python at once.");
    else if (s->gil.holder == LANE_NONE) {
        buffer_text(s->text, "The GIL is free ");
        explain_put_since(s, s->gil.since_ns);
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
static void word_oncore(const struct subject *s)
{
    uint32_t id = timeline_core_lane(s->timeline, s->run_index, (uint32_t)s->index, s->t);
    buffer_printf(s->text, "core%zu ", s->index);
    if (s->run->source != SOURCE_PERF) {
        buffer_text(s->text,
                    "may have a lane on it: n/a (only perf tells, and 'lockstep doctor' says "
                    "why it is not there).");
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
            explain_put_ns(s->text, lane.since_ns);
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
    explain_put_ns(s->text, s->t - recent(s));
}
static void word_busy(const struct subject *s)
{
    put_permille(s,
                 timeline_core_busy(s->timeline, s->run_index, (uint32_t)s->index, recent(s), s->t),
                 s->run->source == SOURCE_PERF ? "no time has passed" : "only perf tells");
}
static void word_machine(const struct subject *s)
{
    put_permille(
        s, timeline_machine_busy(s->timeline, s->run_index, (uint32_t)s->index, recent(s), s->t),
        "no sample within");
}

const struct explain_word explain_words[] = {
    { .name = "who", .put = word_who },         { .name = "since", .put = word_since },
    { .name = "task", .put = word_task },       { .name = "core", .put = word_core },
    { .name = "object", .put = word_object },   { .name = "says", .put = word_says },
    { .name = "life", .put = word_life },       { .name = "now", .put = word_now },
    { .name = "ours", .put = word_ours },       { .name = "holder", .put = word_holder },
    { .name = "asked", .put = word_asked },     { .name = "held", .put = word_held },
    { .name = "waiters", .put = word_waiters }, { .name = "demand", .put = word_demand },
    { .name = "oncore", .put = word_oncore },   { .name = "recent", .put = word_recent },
    { .name = "busy", .put = word_busy },       { .name = "machine", .put = word_machine },
    { .name = "rivals", .put = word_rivals },   { .name = "lock", .put = word_lock },
    { .name = "lockers", .put = word_lockers }, { .name = "lockholder", .put = word_lockholder },
    { .name = "sure", .put = word_sure },       { .name = NULL },
};
