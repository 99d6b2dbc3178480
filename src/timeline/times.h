/*
 * times.h: moments in order, to be counted and stepped through. Adding at the end is a store; a
 * late one costs a move of what is younger.
 */
#ifndef TIMELINE_TIMES_H
#define TIMELINE_TIMES_H

#include "timeline/grow.h"

struct times {
    uint64_t *at; /* sorted */
    uint32_t count, capacity;
};

void times_fini(struct times *times);
void times_insert(struct times *times, uint64_t time); /* wherever it belongs */

static inline void times_add(struct times *times, uint64_t time)
{
    if (times->count < times->capacity &&
        (times->count == 0 || times->at[times->count - 1] <= time))
        times->at[times->count++] = time;
    else
        times_insert(times, time);
}

/* How many are at or before `time`, and how many before it. */
static inline size_t times_until(const struct times *times, uint64_t time)
{
    return times_at_or_before(times->at, times->count, time);
}
static inline size_t times_before(const struct times *times, uint64_t time)
{
    return time == 0 ? 0 : times_until(times, time - 1);
}

#endif
