/*
 * segments.h: the row of one lane: what it says and what the kernel says of it, segment by segment.
 *
 * A segment begins whenever one of the two streams says something new; it carries all that is known
 * from then on, so that either stream can be mended later: what comes late is applied to every
 * segment from its own time on, since within its stream it is the youngest. Every 32 segments a
 * block keeps the ns per state up to it, and those of every 64th block are kept apart, so that to find a
 * block touches little memory however long the row is.
 */
#ifndef TIMELINE_SEGMENTS_H
#define TIMELINE_SEGMENTS_H

#include <stdbool.h>

#include "timeline/grow.h"
#include "timeline/state.h"

enum { SEGMENT_NO_CORE = UINT16_MAX };

struct segment {
    uint64_t start;
    uint32_t task;   /* TASK_NONE: none */
    uint32_t object; /* the GIL or lock it waits for, else OBJECT_NONE */
    uint32_t first;  /* the segment with which its state began */
    uint16_t core;   /* SEGMENT_NO_CORE: off core or unknown */
    uint8_t state;   /* enum state */
    uint8_t heard;   /* enum kernel_state << 4 | enum says */
};
_Static_assert(sizeof(struct segment) == 24, "millions of them are kept");

static inline enum says segment_says(const struct segment *segment)
{
    return (enum says)(segment->heard & 15);
}
static inline enum kernel_state segment_kernel(const struct segment *segment)
{
    return (enum kernel_state)(segment->heard >> 4);
}

/* Sums: ns per state, and ns on a core. */
enum { SUM_ON_CORE = STATE_COUNT, SUM_COUNT };
struct segments_sum {
    uint64_t ns[SUM_COUNT];
};
struct segments {
    struct room *room;     /* where its arrays live; set before anything is said, or NULL */
    struct segment *items; /* sorted; no two start at once */
    uint32_t count, capacity;
    uint64_t *block_starts;          /* of every 32nd segment */
    struct segments_sum *block_sums; /* up to there */
    uint64_t *far_starts;            /* of every 64th block; these two are always in memory */
    struct segments_sum *far_sums;
    uint32_t block_count, block_capacity, block_sum_capacity, far_capacity, far_sum_capacity;
    uint8_t unknown; /* KERNEL_UNKNOWN << 4 where states are told without the kernel, else 0 */
};

void segments_fini(struct segments *segments);
/* From `time` on the lane says this; it works on this task; the kernel says this of it. */
void segments_say(struct segments *segments, uint64_t time, enum says says, uint32_t object);
void segments_task(struct segments *segments, uint64_t time, uint32_t task);
void segments_kernel(struct segments *segments, uint64_t time, enum kernel_state kernel,
                     uint16_t core);
/* Where nothing was known of the kernel from `time` on, up to its first word: it was on a core. */
void segments_on_core(struct segments *segments, uint64_t time);
/* The core it was on up to `until`, since it began, is known now. */
void segments_fill_core(struct segments *segments, uint64_t until, uint16_t core);
void segments_set_kernel_unknown(struct segments *segments, bool unknown);

/* How many segments start at or before `time`: the last of them is the one that counts then. */
size_t segments_until(const struct segments *segments, uint64_t time);
/* Where the state of segment `index` ends: the next segment with another, or segments->count. */
size_t segments_state_end(const struct segments *segments, size_t index);
/* From the first segment up to `time`. */
void segments_sum(const struct segments *segments, uint64_t time, struct segments_sum *sum);
/* Adds what lies between `times`, `count` + 1 that do not fall: ns[i] receives the states from
 * times[i] to times[i + 1]. Where that is far for the row, a time within a block may be counted as if
 * the block's states were mixed evenly, if that is off by at most a 200th of `width_ns`. */
void segments_strip(const struct segments *segments, const uint64_t *times, size_t count,
                    uint64_t width_ns, uint64_t (*ns)[STATE_COUNT]);
/* For who has no time to wait for segments: each 64 blocks, but the youngest, count as if their states were
 * mixed evenly. */
void segments_strip_rough(const struct segments *segments, const uint64_t *times, size_t count,
                          uint64_t (*ns)[STATE_COUNT]);

#endif
