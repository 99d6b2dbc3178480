/*
 * times.h: moments in order, to be counted and stepped through. Adding at the end is a store; a
 * late one costs a move of what is younger. Every 512th is kept apart, so that to find one touches
 * little memory however many there are.
 */
#ifndef TIMELINE_TIMES_H
#define TIMELINE_TIMES_H

#include "timeline/grow.h"

enum { TIMES_BLOCK = 512 };

struct times {
    struct room *room; /* where they live; set before anything is added, or NULL */
    uint64_t *at;      /* sorted */
    uint64_t *far;     /* of every 512th */
    uint32_t count, capacity, far_capacity;
};

void times_fini(struct times *times);
void times_insert(struct times *times, uint64_t time); /* wherever it belongs */

static inline void times_add(struct times *times, uint64_t time)
{
    if (times->count < times->capacity && times->count % TIMES_BLOCK != 0 &&
        times->at[times->count - 1] <= time)
        times->at[times->count++] = time;
    else
        times_insert(times, time);
}

/* How many are at or before `time`, and how many before it. */
size_t times_until(const struct times *times, uint64_t time);
static inline size_t times_before(const struct times *times, uint64_t time)
{
    return time == 0 ? 0 : times_until(times, time - 1);
}

#endif
