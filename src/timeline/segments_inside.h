/*
 * segments_inside.h: the blocks of a lane's row, for the files of segments.h only.
 */
#ifndef TIMELINE_SEGMENTS_INSIDE_H
#define TIMELINE_SEGMENTS_INSIDE_H

#include "timeline/segments.h"

enum { BLOCK = 32, FAR = 64 /* blocks */ };

/* How many blocks start at or before `time`. */
static inline size_t segments_blocks_until(const struct segments *segments, uint64_t time)
{
    size_t count = segments->block_count;
    size_t far = times_at_or_before(segments->far_starts, (count + FAR - 1) / FAR, time);
    if (far == 0)
        return 0;
    size_t low = (far - 1) * FAR;
    count = count - low < FAR ? count - low : FAR;
    room_near(segments->room, segments->block_starts + low, count * sizeof(uint64_t));
    return low + times_at_or_before(segments->block_starts + low, count, time);
}

/* Adds what lies between the start of the block that `time` is in and `time`. */
void segments_add_in_block(const struct segments *segments, struct segments_sum *sum, size_t block,
                           uint64_t time);

#endif
