/*
 * The linear scan of lanes: a walk over the two streams of one, from its begin to its end.
 */
#include "tests/scan_inside.h"

#include <string.h>

struct condition {
    enum says says;
    uint32_t object, task, core;
    enum kernel_state kernel;
};

static enum state state_now(const struct scan *scan, uint32_t lane, const struct condition *c)
{
    bool unknown = scan->source != SOURCE_PERF || scan_role_of(scan, lane) == ROLE_OUTSIDE;
    return state_of(c->says, unknown ? KERNEL_UNKNOWN : c->kernel);
}

static void apply(const struct scan *scan, uint32_t lane, struct condition *c,
                  const struct event *e)
{
    enum says says;
    switch (e->kind) {
    case EVENT_SWITCH_IN:
        c->kernel = KERNEL_ON;
        c->core = e->object;
        return;
    case EVENT_SWITCH_OUT:
        c->kernel = e->a == 1 ? KERNEL_PREEMPTED : KERNEL_BLOCKED;
        c->core = OBJECT_NONE;
        return;
    case EVENT_LANE_BEGIN:
        c->says = SAYS_IDLE;
        c->object = OBJECT_NONE;
        c->task = TASK_NONE;
        if (c->kernel == KERNEL_UNKNOWN) {
            c->kernel = KERNEL_ON;
            c->core = scan_first_core(scan, lane);
        }
        return;
    case EVENT_SAY:
    case EVENT_TASK_TAKE:
    case EVENT_TASK_RUN:
        c->task = e->object;
        break;
    case EVENT_TASK_WAIT:
    case EVENT_TASK_DONE:
    case EVENT_TASK_FAIL:
        c->task = TASK_NONE;
        break;
    default:
        break;
    }
    if (event_says(e, &says)) {
        c->says = says;
        c->object = scan_wants_gil(e) || e->kind == EVENT_LOCK_WANT ? e->object : OBJECT_NONE;
    }
}

/* Walks over a lane's life and calls back for each stretch in one condition. */
typedef void stretch_fn(void *context, const struct condition *condition, uint64_t from,
                        uint64_t to);

static void walk(const struct scan *scan, uint32_t lane, stretch_fn *each, void *context)
{
    struct condition c = { .says = SAYS_IDLE,
                           .object = OBJECT_NONE,
                           .task = TASK_NONE,
                           .core = OBJECT_NONE,
                           .kernel = KERNEL_UNKNOWN };
    uint64_t at = NEVER, end = scan_end_of(scan, lane);
    bool ended = false;
    for (const struct event *e = scan_first(scan); e != NULL; e = scan_next(scan, e)) {
        if (e->lane != lane || (!scan_is_kernel(e) && !scan_is_own(e, lane)) || e->time > end ||
            ended)
            continue;
        if (scan_is_kernel(e) && e->time >= end)
            continue;
        if (at != NEVER && e->time > at)
            each(context, &c, at, e->time);
        at = e->time;
        ended = e->kind == EVENT_LANE_END || e->kind == EVENT_LANE_CRASH;
        if (!ended)
            apply(scan, lane, &c, e);
    }
    if (at != NEVER && end > at)
        each(context, &c, at, end);
}

struct at_moment {
    const struct scan *scan;
    uint32_t lane;
    uint64_t time, begin;
    struct lane_moment *moment;
    bool found;
    enum state state;
    uint64_t since, until;
    struct condition condition;
};

static void take_stretch(void *context, const struct condition *c, uint64_t from, uint64_t to)
{
    struct at_moment *at = context;
    enum state state = state_now(at->scan, at->lane, c);
    if (from > at->time) {
        if (at->found && at->until == from && state == at->state)
            at->until = to;
        return;
    }
    if (at->since == NEVER || state != at->state || at->until != from)
        at->since = from;
    at->state = state;
    at->until = to;
    at->condition = *c;
    at->found = true;
}

static bool lives(const struct scan *scan, uint32_t lane, uint64_t time)
{
    uint64_t end = scan_end_of(scan, lane);
    return scan_begin_of(scan, lane) <= time && scan_begin_of(scan, lane) < end &&
           (time < end || (scan->over && end >= scan->now && time == scan->now));
}

void scan_lane_at(const struct scan *scan, size_t index, uint64_t t, struct lane_moment *moment)
{
    uint32_t lane = scan->lanes[index];
    uint64_t time = scan_abs_time(scan, t);
    *moment = (struct lane_moment){ .state = STATE_NONE,
                                    .says = SAYS_IDLE,
                                    .kernel = KERNEL_UNKNOWN,
                                    .until_ns = UINT64_MAX,
                                    .core = OBJECT_NONE,
                                    .task = TASK_NONE,
                                    .object = OBJECT_NONE };
    if (!lives(scan, lane, time))
        return;
    /* At its very end, which the picture still shows, it is in what it was last in. */
    uint64_t end = scan_end_of(scan, lane);
    struct at_moment at = {
        .scan = scan, .lane = lane, .time = time < end ? time : end - 1, .since = NEVER
    };
    walk(scan, lane, take_stretch, &at);
    bool unknown = scan->source != SOURCE_PERF || scan_role_of(scan, lane) == ROLE_OUTSIDE;
    moment->state = at.state;
    moment->says = at.condition.says;
    moment->kernel = unknown ? KERNEL_UNKNOWN : at.condition.kernel;
    moment->core = at.condition.core;
    moment->task = at.condition.task;
    moment->object = at.condition.object;
    uint64_t begin = scan_begin_of(scan, lane);
    moment->since_ns = scan_since_go(scan, at.since > begin ? at.since : begin);
    uint64_t until = at.until;
    if (scan->over && until > scan->now)
        until = scan->now;
    moment->until_ns = until == NEVER ? UINT64_MAX : scan_since_go(scan, until);
}

enum kernel_state scan_kernel_at(const struct scan *scan, uint32_t lane, uint64_t time)
{
    struct at_moment at = { .scan = scan, .lane = lane, .time = time, .since = NEVER };
    walk(scan, lane, take_stretch, &at);
    return at.condition.kernel;
}

struct adding {
    const struct scan *scan;
    uint32_t lane;
    uint64_t from, to, *ns;
};

static void add_stretch(void *context, const struct condition *c, uint64_t from, uint64_t to)
{
    struct adding *adding = context;
    from = from > adding->from ? from : adding->from;
    to = to < adding->to ? to : adding->to;
    if (from >= to)
        return;
    adding->ns[state_now(adding->scan, adding->lane, c)] += to - from;
    adding->ns[STATE_COUNT] += c->kernel == KERNEL_ON ? to - from : 0;
}

void scan_lane_shares(const struct scan *scan, size_t index, uint64_t t0, uint64_t t1,
                      uint64_t ns[STATE_COUNT + 1])
{
    uint32_t lane = scan->lanes[index];
    memset(ns, 0, (STATE_COUNT + 1) * sizeof *ns);
    uint64_t begin = scan_begin_of(scan, lane), from = scan_abs_time(scan, t0);
    struct adding adding = { .scan = scan,
                             .lane = lane,
                             .from = from > begin ? from : begin,
                             .to = scan_abs_time(scan, t1 > t0 ? t1 : t0),
                             .ns = ns };
    walk(scan, lane, add_stretch, &adding);
}

void scan_lane(const struct scan *scan, size_t index, struct lane_brief *brief)
{
    uint32_t lane = scan->lanes[index];
    uint64_t begin = scan_begin_of(scan, lane), end = scan_end_of(scan, lane);
    memset(brief, 0, sizeof *brief);
    brief->id = lane;
    brief->role = scan_role_of(scan, lane);
    brief->begin_ns = begin == NEVER ? 0 : scan_since_go(scan, begin);
    bool ended = end != NEVER || scan->over;
    brief->end_ns = ended ? scan_since_go(scan, end < scan->now ? end : scan->now) : UINT64_MAX;
    brief->crashed = scan_find(scan, lane, EVENT_LANE_CRASH) != NULL;
}

void scan_run(const struct scan *scan, struct run_brief *brief)
{
    memset(brief, 0, sizeof *brief);
    brief->gone = true;
    brief->over = scan->over;
    brief->go_ns = scan->go;
    brief->length_ns = scan->now - scan->go;
    brief->lanes = scan->lane_count;
    brief->gils = scan->gil_count;
    brief->queues = scan->queue_count;
    brief->cores = scan->core_count;
    size_t alive = 0;
    uint64_t at = NEVER;
    for (const struct event *e = scan_first(scan); e != NULL; e = scan_next(scan, e)) {
        if (e->lane == LANE_NONE || !role_is_worker(scan_role_of(scan, e->lane)))
            continue;
        if (e->time != at && alive > brief->workers)
            brief->workers = alive;
        at = e->time;
        alive += e->kind == EVENT_LANE_BEGIN;
        alive -= e->kind == EVENT_LANE_END || e->kind == EVENT_LANE_CRASH;
    }
    if (alive > brief->workers)
        brief->workers = alive;
}
