/*
 * Sorted moments. Equal ones are kept as often as they came.
 */
#include "timeline/times.h"

#include <stdlib.h>
#include <string.h>

void times_fini(struct times *times)
{
    free(times->at);
    *times = (struct times){ 0 };
}

void times_insert(struct times *times, uint64_t time)
{
    times->at = grow(times->at, &times->capacity, times->count, sizeof *times->at);
    size_t place = times_until(times, time);
    memmove(times->at + place + 1, times->at + place, (times->count - place) * sizeof *times->at);
    times->at[place] = time;
    times->count++;
}
