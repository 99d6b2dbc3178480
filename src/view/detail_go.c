/*
 * Where the keys of the detail screen lead: to the next thing that happened, to a hand-over, onto
 * what the cursor stands on, and to whom it waits for. Pure: the caller moves.
 */
#include "view/detail.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "timeline/explain.h"

enum { STEPS_MOST = 256 }; /* moments at which nothing is told that one step may pass over */

static uint64_t held_moment(const struct timeline *timeline, const struct look *look)
{
    struct run_brief brief;
    timeline_run(timeline, (size_t)look->column, &brief);
    return look->moment < brief.length_ns ? look->moment : brief.length_ns;
}

static struct detail_thing cursor_of(const struct timeline *timeline, const struct look *look)
{
    return detail_move(timeline, look, 0);
}

/* ---- the next event ---- */

/* The state before it began, or after it ended; `t` where there is none. */
static uint64_t lane_step(const struct timeline *timeline, size_t run, uint32_t lane, uint64_t t,
                          int direction)
{
    struct lane_moment at;
    struct lane_brief brief;
    if (!timeline_lane(timeline, run, lane, &brief))
        return t;
    timeline_lane_at(timeline, run, lane, t, &at);
    if (at.state == STATE_NONE && direction > 0)
        return brief.begin_ns > t ? brief.begin_ns : t;
    if (at.state == STATE_NONE && brief.end_ns < t)
        return brief.end_ns;
    if (direction > 0)
        return at.until_ns != UINT64_MAX ? at.until_ns : t;
    if (t == 0 || (at.state != STATE_NONE && at.since_ns < t))
        return at.state != STATE_NONE ? at.since_ns : t;
    timeline_lane_at(timeline, run, lane, t - 1, &at);
    return at.state != STATE_NONE ? at.since_ns : t;
}

/* The change of a task's state before or after `t`; `t` where there is none. */
static uint64_t task_step(const struct timeline *timeline, size_t run, uint32_t task, uint64_t t,
                          int direction)
{
    struct run_brief brief;
    uint64_t since, end;
    timeline_run(timeline, run, &brief);
    if (direction < 0) {
        enum task_state state = timeline_task_at(timeline, run, task, t, &since);
        if (t > 0 && state != TASK_STATE_NONE && since == t)
            state = timeline_task_at(timeline, run, task, t - 1, &since);
        return state != TASK_STATE_NONE ? since : t;
    }
    end = brief.length_ns;
    if (timeline_task_at(timeline, run, task, end, &since) == TASK_STATE_NONE || since <= t)
        return t;
    /* The earliest moment whose state began after `t`: it is the one that state began at. */
    for (uint64_t from = t; from + 1 < end;) {
        uint64_t middle = from + (end - from) / 2;
        bool later =
            timeline_task_at(timeline, run, task, middle, &since) != TASK_STATE_NONE && since > t;
        *(later ? &end : &from) = middle;
    }
    return end;
}

static uint64_t told_step(const struct timeline *timeline, size_t run, uint64_t t, int direction)
{
    uint64_t at = t;
    for (int i = 0; i < STEPS_MOST; i++) {
        struct buffer text = { 0 };
        uint64_t next = timeline_step(timeline, run, at, direction);
        bool told = next != at && explain_event(timeline, run, next, &text);
        buffer_fini(&text);
        if (told || next == at)
            return told ? next : t;
        at = next;
    }
    return at;
}

uint64_t detail_step(const struct timeline *timeline, const struct look *look, int direction)
{
    size_t run = (size_t)look->column;
    struct detail_thing thing = cursor_of(timeline, look);
    uint64_t t = held_moment(timeline, look);
    if (thing.kind == DETAIL_LANE)
        return lane_step(timeline, run, thing.id, t, direction);
    if (thing.kind == DETAIL_TASK)
        return task_step(timeline, run, thing.id, t, direction);
    return told_step(timeline, run, t, direction);
}

/* ---- hand-overs ---- */

static size_t gil_of(struct detail_thing thing)
{
    return thing.kind == DETAIL_GIL ? thing.id : 0;
}

uint64_t detail_handover(const struct timeline *timeline, const struct look *look, int direction,
                         bool forced)
{
    return handover_step(timeline, (size_t)look->column, gil_of(cursor_of(timeline, look)),
                         held_moment(timeline, look), direction, forced);
}

/* ---- zoom ---- */

/* What the cursor stands on, [*from, *to) around the moment. */
static bool extent(const struct timeline *timeline, const struct look *look, uint64_t *moment,
                   uint64_t *from, uint64_t *to)
{
    size_t run = (size_t)look->column;
    struct detail_thing thing = cursor_of(timeline, look);
    struct lane_moment at;
    struct handover handover;
    *moment = *from = *to = held_moment(timeline, look);
    switch (thing.kind) {
    case DETAIL_LANE:
        timeline_lane_at(timeline, run, thing.id, *moment, &at);
        if (at.state == STATE_NONE)
            return false;
        *from = at.since_ns;
        *to = at.until_ns != UINT64_MAX ? at.until_ns : *moment;
        return true;
    case DETAIL_TASK:
        return timeline_task_at(timeline, run, thing.id, *moment, from) != TASK_STATE_NONE;
    default:
        if (!handover_at(timeline, run, gil_of(thing), *moment, &handover))
            return false;
        *moment = *to = handover.taken_ns;
        *from = handover.asked_ns < handover.dropped_ns ? handover.asked_ns : handover.dropped_ns;
        return true;
    }
}

bool detail_focus(const struct timeline *timeline, const struct look *look, uint64_t *moment,
                  uint64_t *zoom_ns)
{
    uint64_t from, to;
    if (!extent(timeline, look, moment, &from, &to))
        return false;
    /* The moment is in the middle: the longer side twice, and some air. */
    uint64_t before = *moment > from ? *moment - from : 0, after = to > *moment ? to - *moment : 0;
    uint64_t half = (before > after ? before : after) * 5 / 4;
    *zoom_ns =
        detail_zoom_onto(timeline, look, half * 2 > 10 * NS_PER_US ? half * 2 : 10 * NS_PER_US);
    return true;
}

/* ---- whom it waits for ---- */

uint32_t detail_waited_for(const struct timeline *timeline, size_t run, struct detail_thing thing,
                           uint64_t t)
{
    struct run_brief brief;
    struct lane_brief lane;
    struct lane_moment at;
    struct gil_moment gil;
    uint32_t id = LANE_NONE, lock;
    uint64_t since;
    timeline_run(timeline, run, &brief);
    switch (thing.kind) {
    case DETAIL_GIL:
    case DETAIL_GIL_MARKS:
        timeline_gil_at(timeline, run, thing.id, t, &gil);
        id = gil.holder;
        break;
    case DETAIL_CORE:
        id = timeline_core_lane(timeline, run, thing.id, t);
        break;
    case DETAIL_LANE:
        timeline_lane_at(timeline, run, thing.id, t, &at);
        if (at.state == STATE_GIL && brief.gils == 1) {
            timeline_gil_at(timeline, run, 0, t, &gil);
            id = gil.holder;
        } else if (at.state == STATE_LOCK) {
            id = timeline_lock_at(timeline, run, at.object, t, &since);
        }
        break;
    case DETAIL_LOCK:
        if (timeline_lock(timeline, run, thing.id, &lock))
            id = timeline_lock_at(timeline, run, lock, t, &since);
        break;
    case DETAIL_TASK:
        /* One that is due waits for the loop itself. */
        if (timeline_task_at(timeline, run, thing.id, t, &since) != TASK_STATE_DUE)
            break;
        for (size_t i = 0; i < brief.lanes && i < 64; i++) {
            if (timeline_lane(timeline, run, i, &lane) && lane.role == ROLE_LOOP)
                return (uint32_t)i;
        }
        break;
    default:
        break;
    }
    return id != LANE_NONE && timeline_lane(timeline, run, id, &lane) && lane.id == id ? id
                                                                                       : LANE_NONE;
}

bool detail_whom(const struct timeline *timeline, const struct look *look,
                 struct detail_thing *thing)
{
    uint32_t lane = detail_waited_for(timeline, (size_t)look->column, cursor_of(timeline, look),
                                      held_moment(timeline, look));
    if (lane == LANE_NONE)
        return false;
    *thing = (struct detail_thing){ DETAIL_LANE, lane };
    return true;
}
