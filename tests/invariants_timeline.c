/*
 * What a timeline tells of a run, against its events and against itself. It trusts nothing of the timeline
 * but what it compares with.
 */
#include "tests/invariants_inside.h"

#include <string.h>

/* Looks at a lane, for one rule: of a large run some events are looked at, evenly spread. */
enum { LOOKS_MOST = 2000000 };

static bool fails_untaken(const struct check *check, const struct event *e)
{
    return e->kind == EVENT_TASK_FAIL && e->object < check->task_count &&
           check->tasks[e->object].takes == 0;
}

/* At every event that changes them, the timeline's counts against one's own. */
static void check_counts(struct check *check, uint64_t go)
{
    uint64_t submitted = 0, taken = 0, done = 0, failed = 0;
    for (const struct event *e = check->events; e < check->events + check->count; e++) {
        submitted += e->kind == EVENT_TASK_SUBMIT;
        taken += e->kind == EVENT_TASK_TAKE || fails_untaken(check, e);
        done += e->kind == EVENT_TASK_DONE;
        failed += e->kind == EVENT_TASK_FAIL;
        bool last_now = e + 1 == check->events + check->count || e[1].time > e->time;
        if (e->kind < EVENT_TASK_SUBMIT || e->kind > EVENT_TASK_FAIL || e->time < go || !last_now)
            continue;
        struct task_counts counts;
        struct run_brief brief;
        timeline_counts(check->timeline, check->run, e->time - go, &counts);
        timeline_run(check->timeline, check->run, &brief);
        check->invariants->checked[INVARIANT_TASKS]++;
        if (e->time - go > brief.length_ns)
            continue;
        if (counts.submitted != counts.waiting + counts.in_flight + counts.done + counts.failed ||
            counts.submitted != submitted || counts.waiting != submitted - taken ||
            counts.done != done || counts.failed != failed)
            invariant_breaks(
                check, INVARIANT_TASKS,
                "at %llu: %llu submitted, %llu waiting, %llu in flight, %llu done, %llu failed",
                (unsigned long long)e->time, (unsigned long long)counts.submitted,
                (unsigned long long)counts.waiting, (unsigned long long)counts.in_flight,
                (unsigned long long)counts.done, (unsigned long long)counts.failed);
    }
}

/* ---- states: as the timeline tells them ---- */

static void check_states(struct check *check, size_t index, uint64_t length)
{
    struct lane_brief brief;
    if (!timeline_lane(check->timeline, check->run, index, &brief))
        return;
    check->invariants->checked[INVARIANT_STATES]++;
    uint64_t end = brief.end_ns < length ? brief.end_ns : length, life = 0, counted = 0;
    uint64_t ns[STATE_COUNT], stepped[STATE_COUNT] = { 0 };
    if (brief.begin_ns >= end)
        return;
    life = end - brief.begin_ns;
    timeline_lane_shares(check->timeline, check->run, index, 0, UINT64_MAX, ns);
    for (uint64_t t = brief.begin_ns; t < end;) {
        struct lane_moment moment;
        timeline_lane_at(check->timeline, check->run, index, t, &moment);
        uint64_t until = moment.until_ns < end ? moment.until_ns : end;
        if (moment.state >= STATE_COUNT || moment.since_ns != t || until <= t) {
            invariant_breaks(check, INVARIANT_STATES, "lane %u at %llu: state %d from %llu to %llu",
                             brief.id, (unsigned long long)t, moment.state,
                             (unsigned long long)moment.since_ns,
                             (unsigned long long)moment.until_ns);
            return;
        }
        stepped[moment.state] += until - t;
        t = until;
    }
    for (size_t state = 0; state < STATE_COUNT; state++)
        counted += ns[state];
    if (counted != life || memcmp(ns, stepped, sizeof ns) != 0)
        invariant_breaks(check, INVARIANT_STATES, "lane %u lived %llu ns, its states sum to %llu",
                         brief.id, (unsigned long long)life, (unsigned long long)counted);
}

/* ---- who waits for a GIL ---- */

static bool is_gil(const struct event *e)
{
    return e->kind >= EVENT_GIL_WANT && e->kind <= EVENT_GIL_DROP;
}

/* Those who are told to wait for one are as many as the lanes that are told to. */
static void check_waiters(struct check *check, const struct run_brief *brief)
{
    size_t each = check->count * brief->lanes / LOOKS_MOST + 1, seen = 0;
    for (const struct event *e = check->events; e < check->events + check->count; e++) {
        if (!is_gil(e) || e->time < brief->go_ns || e->time - brief->go_ns >= brief->length_ns ||
            seen++ % each != 0)
            continue;
        uint64_t t = e->time - brief->go_ns;
        size_t waiters = 0, lanes = 0;
        for (size_t gil = 0; gil < brief->gils; gil++) {
            struct gil_moment moment;
            timeline_gil_at(check->timeline, check->run, gil, t, &moment);
            waiters += moment.waiters;
        }
        for (size_t lane = 0; lane < brief->lanes; lane++) {
            struct lane_moment moment;
            timeline_lane_at(check->timeline, check->run, lane, t, &moment);
            lanes += moment.says == SAYS_GIL;
        }
        check->invariants->checked[INVARIANT_GIL]++;
        if (waiters != lanes)
            invariant_breaks(check, INVARIANT_GIL, "at %llu: %zu wait, %zu lanes are told to",
                             (unsigned long long)e->time, waiters, lanes);
    }
}

void invariants_of_timeline(struct check *check, const struct run_brief *brief)
{
    check_counts(check, brief->go_ns);
    check_waiters(check, brief);
    for (size_t lane = 0; lane < brief->lanes; lane++)
        check_states(check, lane, brief->length_ns);
}
