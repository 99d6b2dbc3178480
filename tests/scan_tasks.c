/*
 * The linear scan of tasks: the first word of each kind, and what the loop says in between.
 */
#include "tests/scan_inside.h"

#include <string.h>

struct scan_task scan_task_times(const struct scan *scan, uint32_t task)
{
    struct scan_task times = { NEVER, NEVER, NEVER, false };
    for (const struct event *e = scan_first(scan); e != NULL; e = scan_next(scan, e)) {
        if (e->object != task)
            continue;
        if (e->kind == EVENT_TASK_SUBMIT && times.submit == NEVER)
            times.submit = e->time;
        if (e->kind == EVENT_TASK_TAKE && times.take == NEVER)
            times.take = e->time;
        if ((e->kind == EVENT_TASK_DONE || e->kind == EVENT_TASK_FAIL) && times.end == NEVER) {
            times.end = e->time;
            times.failed = e->kind == EVENT_TASK_FAIL;
        }
    }
    times.take = times.take < times.end ? times.take : times.end;
    times.submit = times.submit < times.take ? times.submit : times.take;
    return times;
}

static enum task_state task_at(const struct scan *scan, uint32_t task,
                               const struct scan_task *times, uint64_t time, uint64_t *since)
{
    *since = 0;
    if (times->end <= time) {
        *since = times->end;
        return times->failed ? TASK_STATE_FAILED : TASK_STATE_DONE;
    }
    if (times->submit > time)
        return TASK_STATE_NONE;
    *since = times->submit;
    if (times->take > time)
        return TASK_STATE_QUEUED;
    enum task_state state = TASK_STATE_RUNNING;
    *since = times->take;
    uint64_t last = times->take;
    for (const struct event *e = scan_first(scan); e != NULL; e = scan_next(scan, e)) {
        if (e->object != task || (e->kind != EVENT_TASK_RUN && e->kind != EVENT_TASK_WAIT))
            continue;
        uint64_t due = e->time;
        if (e->kind == EVENT_TASK_RUN)
            due = e->b < e->time ? e->time - e->b : 0;
        due = due > last ? due : last;
        if (due < e->time && due <= time) {
            state = TASK_STATE_DUE;
            *since = due;
        }
        if (e->time > time)
            break;
        last = e->time;
        state = e->kind == EVENT_TASK_RUN ? TASK_STATE_RUNNING : TASK_STATE_WAITING;
        *since = e->time;
    }
    return state;
}

enum task_state scan_task_at(const struct scan *scan, uint32_t task, uint64_t t, uint64_t *since)
{
    struct scan_task times = scan_task_times(scan, task);
    enum task_state state = task_at(scan, task, &times, scan_abs_time(scan, t), since);
    *since = scan_since_go(scan, *since);
    return state;
}

enum task_state scan_task_most(const struct scan *scan, uint32_t task, uint64_t t0, uint64_t t1)
{
    struct scan_task times = scan_task_times(scan, task);
    uint64_t from = scan_abs_time(scan, t0), to = scan_abs_time(scan, t1 > t0 ? t1 : t0);
    uint64_t ns[TASK_STATE_COUNT] = { 0 }, since;
    if (from >= to)
        return task_at(scan, task, &times, from, &since);
    /* Forwards, in the smallest steps in which it can change: at each event and at each due. */
    uint64_t at = from;
    while (at < to) {
        enum task_state state = task_at(scan, task, &times, at, &since);
        uint64_t next = to;
        const uint64_t known[] = { times.submit, times.take, times.end };
        for (size_t i = 0; i < 3; i++)
            next = known[i] > at && known[i] < next ? known[i] : next;
        for (const struct event *e = scan_first(scan); e != NULL; e = scan_next(scan, e)) {
            if (e->object != task || (e->kind != EVENT_TASK_RUN && e->kind != EVENT_TASK_WAIT))
                continue;
            uint64_t due = e->b < e->time ? e->time - e->b : 0;
            next = e->time > at && e->time < next ? e->time : next;
            next = due > at && due < next ? due : next;
        }
        ns[state] += next - at;
        at = next;
    }
    enum task_state most = TASK_STATE_NONE;
    for (enum task_state state = TASK_STATE_NONE; state < TASK_STATE_COUNT; state++)
        if (ns[state] > ns[most])
            most = state;
    return most;
}

uint32_t scan_highest_task(const struct scan *scan)
{
    uint32_t highest = 0;
    for (const struct event *e = scan_first(scan); e != NULL; e = scan_next(scan, e))
        if (e->kind >= EVENT_TASK_SUBMIT && e->kind <= EVENT_TASK_FAIL && e->object >= highest)
            highest = e->object + 1;
    return highest;
}

void scan_counts(const struct scan *scan, uint64_t t, struct task_counts *counts)
{
    memset(counts, 0, sizeof *counts);
    uint64_t time = scan_abs_time(scan, t);
    for (uint32_t task = 0; task < scan_highest_task(scan); task++) {
        struct scan_task times = scan_task_times(scan, task);
        counts->submitted += times.submit <= time;
        counts->waiting += times.submit <= time && times.take > time;
        counts->in_flight += times.take <= time && times.end > time;
        counts->done += times.end <= time && !times.failed;
        counts->failed += times.end <= time && times.failed;
    }
}
