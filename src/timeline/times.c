/*
 * Sorted moments. Equal ones are kept as often as they came. Invariant: far[i] is at[512 * i].
 */
#include "timeline/times.h"

#include <string.h>

void times_fini(struct times *times)
{
    grown_free(times->room, times->at, times->capacity, sizeof *times->at);
    grown_free(times->room, times->far, times->far_capacity, sizeof *times->far);
    *times = (struct times){ 0 };
}

void times_insert(struct times *times, uint64_t time)
{
    times->at = grow(times->room, times->at, &times->capacity, times->count, sizeof *times->at);
    size_t place = times_until(times, time);
    memmove(times->at + place + 1, times->at + place, (times->count - place) * sizeof *times->at);
    times->at[place] = time;
    times->count++;
    if ((times->count - 1) % TIMES_BLOCK == 0)
        times->far = grow_index(times->room, times->far, &times->far_capacity,
                                (times->count - 1) / TIMES_BLOCK, sizeof *times->far);
    for (size_t i = (place + TIMES_BLOCK - 1) / TIMES_BLOCK; i * TIMES_BLOCK < times->count; i++)
        times->far[i] = times->at[i * TIMES_BLOCK];
}

size_t times_until(const struct times *times, uint64_t time)
{
    size_t count = times->count, far_count = (count + TIMES_BLOCK - 1) / TIMES_BLOCK;
    if (count == 0 || times->at[count - 1] <= time)
        return count;
    room_near(times->room, times->far, far_count * sizeof *times->far);
    size_t far = times_at_or_before(times->far, far_count, time);
    if (far == 0)
        return 0;
    size_t low = (far - 1) * TIMES_BLOCK;
    count = count - low < TIMES_BLOCK ? count - low : TIMES_BLOCK;
    room_near(times->room, times->at + low, count * sizeof *times->at);
    return low + times_at_or_before(times->at + low, count, time);
}
