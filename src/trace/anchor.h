/*
 * anchor.h: from stamps to nanoseconds of CLOCK_MONOTONIC; inside trace/ only.
 *
 * An anchor is a moment known on both clocks. Stamps between two anchors are mapped by the line
 * through them, those after the last by the same line. Where stamps are nanoseconds already
 * (stamp.h), there is nothing to map and anchors are not taken.
 */
#ifndef TRACE_ANCHOR_H
#define TRACE_ANCHOR_H

#include <stdbool.h>
#include <stdint.h>

enum { ANCHORS = 1024 }; /* remembered, for what comes late: 5 s of a pass each 5 ms */

struct anchor {
    uint64_t stamp;
    uint64_t ns; /* since the base */
};

struct anchors {
    uint64_t base_ns;
    struct anchor points[ANCHORS]; /* point i is at points[i % ANCHORS] */
    uint64_t count;
    /* The line in use: through the last two points. */
    struct anchor from;
    double ns_per_stamp;
    uint64_t least_spread; /* of all pairs seen: what an undisturbed one has */
};

/* base_ns: CLOCK_MONOTONIC of time 0. Takes about a millisecond where stamps are not nanoseconds. */
void anchors_init(struct anchors *anchors, uint64_t base_ns);

/* Takes an anchor now (about a microsecond); leaves it where the last one is younger than a
 * millisecond, or where the pair was disturbed and the last one is younger than 50 ms. */
void anchors_take(struct anchors *anchors);

/* A moment known on both clocks, younger than those before. */
void anchors_add(struct anchors *anchors, uint64_t stamp, uint64_t clock_ns);

/* For stamps before the line in use. */
uint64_t anchors_ns_before(const struct anchors *anchors, uint64_t stamp);

/* Nanoseconds since the base; 0 for what is before it. Never falls while stamp grows and no anchor
 * is added; from one anchor to the next the same stamp's value may change by a few ns. */
static inline uint64_t anchors_ns(const struct anchors *anchors, uint64_t stamp)
{
    if (__builtin_expect(stamp < anchors->from.stamp, false))
        return anchors_ns_before(anchors, stamp);
    int64_t stamps = (int64_t)(stamp - anchors->from.stamp);
    return anchors->from.ns + (uint64_t)(int64_t)((double)stamps * anchors->ns_per_stamp);
}

#endif
