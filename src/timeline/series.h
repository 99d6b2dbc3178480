/*
 * series.h: a value that changes in steps over time: depth of a queue, waiters of a GIL, memory.
 *
 * Every 64 points a block keeps the sums up to it and the most within it, and every 64 blocks the
 * most of them, so that value and mean over any span cost O(log n), and the maximum a walk over the
 * few that are left at either end.
 */
#ifndef TIMELINE_SERIES_H
#define TIMELINE_SERIES_H

#include <stdbool.h>

#include "timeline/grow.h"

struct point {
    uint64_t time;
    int64_t value; /* from then on */
};
struct series_block {
    double area;       /* value x ns, from the first point to this block's first */
    uint64_t positive; /* ns with a value above 0, likewise */
    int64_t most;      /* of this block's points */
};
struct series {
    struct room *room;    /* where its arrays live; set before anything is put, or NULL */
    struct point *points; /* sorted; equal times in the order they came */
    uint32_t count, capacity;
    struct series_block *blocks;
    uint64_t *block_starts; /* the time of its first point */
    uint32_t block_count, block_capacity, block_start_capacity;
    int64_t *far_most; /* of every 64 blocks */
    uint32_t far_capacity;
};

void series_fini(struct series *series);
/* The value is `value` from `time` on, up to the next point there is. */
void series_put(struct series *series, uint64_t time, int64_t value);
/* The value is `delta` more than it was, from `time` on for ever. What is added at one moment makes
 * one step. */
void series_add(struct series *series, uint64_t time, int64_t delta);
/* The value is at least `value` from `time` on, for ever: keeps the greatest so far. */
void series_raise(struct series *series, uint64_t time, int64_t value);

/* The value at `time`; false before the first point. */
bool series_at(const struct series *series, uint64_t time, int64_t *value);
/* The most within [from, to), with the value at `from`; false where there is none. */
bool series_most(const struct series *series, uint64_t from, uint64_t to, int64_t *most);
/* The same by the blocks alone, for who has no time: the most of all blocks that it touches. */
bool series_most_rough(const struct series *series, uint64_t from, uint64_t to, int64_t *most);

struct series_sum {
    double area;       /* value x ns */
    uint64_t positive; /* ns with a value above 0 */
};
/* From the first point up to `time`. */
struct series_sum series_sum(const struct series *series, uint64_t time);

#endif
