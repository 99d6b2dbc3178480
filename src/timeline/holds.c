/*
 * The spans of GILs and cores, and the steps of a GIL's waiters, one after the other, for who writes
 * all of them down.
 */
#include "timeline/run.h"

static bool next_hold(const struct run *run, const struct spans *spans, uint64_t t,
                      struct hold *hold)
{
    uint64_t time = run->go + t;
    size_t index = spans_until(spans, time);
    if (index > 0)
        index--; /* the one that it may lie in */
    while (index < spans->count && spans_end(spans, index) <= time)
        index++;
    if (index >= spans->count)
        return false;
    const struct span *span = &spans->items[index];
    uint64_t end = spans_end(spans, index);
    hold->start_ns = run_since_go(run, span->start);
    hold->end_ns = run_since_go(run, end < run->now ? end : run->now);
    hold->lane = span->owner;
    hold->forced = (span->flags & SPAN_FORCED) != 0;
    return hold->end_ns > t;
}

bool timeline_gil_hold(const struct timeline *timeline, size_t run_index, size_t gil_index,
                       uint64_t t, struct hold *hold)
{
    const struct run *run = run_of(timeline, run_index);
    const struct gil_row *gil = run != NULL ? id_nth(&run->gils, gil_index) : NULL;
    return gil != NULL && run->go != TIME_NEVER && next_hold(run, &gil->held, t, hold);
}

bool timeline_core_hold(const struct timeline *timeline, size_t run_index, uint32_t core,
                        uint64_t t, struct hold *hold)
{
    const struct run *run = run_of(timeline, run_index);
    return run != NULL && core < run->core_count && run->go != TIME_NEVER &&
           next_hold(run, &run->cores[core].lanes, t, hold);
}

uint32_t timeline_gil_waiters(const struct timeline *timeline, size_t run_index, size_t gil_index,
                              uint64_t t, uint64_t *until_ns)
{
    const struct run *run = run_of(timeline, run_index);
    const struct gil_row *gil = run != NULL ? id_nth(&run->gils, gil_index) : NULL;
    *until_ns = UINT64_MAX;
    if (gil == NULL || run->go == TIME_NEVER)
        return 0;
    const struct series *waiters = &gil->waiters;
    uint64_t time = run->go + t;
    int64_t value;
    if (!series_at(waiters, time, &value) || value < 0)
        value = 0;
    uint32_t low = 0, high = waiters->count; /* the first point after `time` */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (waiters->points[middle].time <= time)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < waiters->count && waiters->points[low].time <= run->now)
        *until_ns = run_since_go(run, waiters->points[low].time);
    return (uint32_t)value;
}
