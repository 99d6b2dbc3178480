/*
 * grow.h: growing arrays and searching sorted ones, for the rows of a timeline.
 */
#ifndef TIMELINE_GROW_H
#define TIMELINE_GROW_H

#include <stddef.h>
#include <stdint.h>

#include "base/room.h"

/* A time that never comes. */
#define TIME_NEVER UINT64_MAX

/* Room for one more than `count` items of `size` bytes; gives where they are now. Half as much
 * again once they are many, since a row of a long trace is most of what a timeline keeps. */
static inline void *grow_for(enum room_use use, struct room *room, void *items, uint32_t *capacity,
                             uint32_t count, size_t size)
{
    if (count < *capacity)
        return items;
    size_t before = *capacity * size;
    size_t more = *capacity < 4096 ? *capacity * 2 + 4 : *capacity + *capacity / 2;
    size_t bytes = more * size;
    items = room_grow(room, items, before, ((size_t)count + 1) * size, &bytes, use);
    *capacity = bytes / size < UINT32_MAX ? (uint32_t)(bytes / size) : UINT32_MAX;
    return items;
}
static inline void *grow(struct room *room, void *items, uint32_t *capacity, uint32_t count,
                         size_t size)
{
    return grow_for(ROOM_BULK, room, items, capacity, count, size);
}
/* Of what leads to other items. */
static inline void *grow_index(struct room *room, void *items, uint32_t *capacity, uint32_t count,
                               size_t size)
{
    return grow_for(ROOM_INDEX, room, items, capacity, count, size);
}

/* The end of what grow() gave. */
static inline void grown_free(struct room *room, void *items, uint32_t capacity, size_t size)
{
    room_give(room, items, (size_t)capacity * size);
}

/* How many of `count` sorted times are at or before `time`. */
static inline size_t times_at_or_before(const uint64_t *times, size_t count, uint64_t time)
{
    if (count == 0)
        return 0;
    /* Without branches, so that several searches wait for memory at once. */
    const uint64_t *low = times;
    while (count > 1) {
        size_t half = count / 2;
        low += low[half - 1] <= time ? half : 0;
        count -= half;
    }
    return (size_t)(low - times) + (*low <= time);
}

/* The block of a row that a time lies in: the row has *count items of `size` bytes, and `starts` the times
 * of every `block`-th of them. Gives the number of its first item and in *count how many it has (0: all
 * of the row is later), and brings them in; so a search touches little of a long row. */
static inline size_t block_at(struct room *room, const uint64_t *starts, size_t starts_count,
                              const void *items, size_t size, size_t block, uint64_t time,
                              size_t *count)
{
    room_near(room, starts, starts_count * sizeof *starts);
    size_t at = times_at_or_before(starts, starts_count, time);
    size_t low = at > 0 ? (at - 1) * block : 0, rest = at > 0 ? *count - low : 0;
    *count = rest < block ? rest : block;
    if (*count > 0)
        room_near(room, (const char *)items + low * size, *count * size);
    return low;
}

#endif
