/*
 * Ordering costs the same however many rings there are and however their events interleave: a batch
 * is sorted by radix over small keys (8 bytes: time since the batch's oldest event, then place in
 * the batch) and the events themselves are moved once, to their place. Invariant: a line is in the
 * order of time. It is not safe for two threads and does not know what an event means.
 */
#include "trace/order.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum {
    PLACE_BITS = 24,
    DIGIT_BITS = 11,
    DIGITS = 1 << DIGIT_BITS,
    FEW = 48, /* up to so many are sorted by insertion */
};
_Static_assert(1 << PLACE_BITS == BATCH_MAX, "a place fits its bits");

/* Times further than this from the batch's oldest (18 minutes) count as this far. */
static const uint64_t delta_max = (UINT64_C(1) << (64 - PLACE_BITS)) - 1;

void batch_fini(struct batch *batch)
{
    free(batch->events);
    free(batch->keys[0]);
    free(batch->keys[1]);
    *batch = (struct batch){ 0 };
}

struct event *batch_reserve(struct batch *batch, size_t extra)
{
    if (batch->count + extra >= batch->capacity) {
        batch->capacity = 2 * (batch->count + extra) + 1;
        batch->events = mem_resize(batch->events, batch->capacity, sizeof *batch->events);
    }
    return batch->events + batch->count;
}

/* ---- Sorting ---- */

static void sort_few(uint64_t *keys, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        uint64_t key = keys[i];
        size_t at = i;
        for (; at > 0 && keys[at - 1] > key; at--)
            keys[at] = keys[at - 1];
        keys[at] = key;
    }
}

/* Moves all keys from `from` to `to`, by the digit at `shift`. */
static void sort_digit(const uint64_t *from, uint64_t *to, size_t count, unsigned shift)
{
    uint32_t starts[DIGITS] = { 0 };
    for (size_t i = 0; i < count; i++)
        starts[from[i] >> shift & (DIGITS - 1)]++;
    uint32_t sum = 0;
    for (size_t digit = 0; digit < DIGITS; digit++) {
        uint32_t here = starts[digit];
        starts[digit] = sum;
        sum += here;
    }
    for (size_t i = 0; i < count; i++)
        to[starts[from[i] >> shift & (DIGITS - 1)]++] = from[i];
}

/* Fills keys[0] and sorts; gives the array that has the result. */
static const uint64_t *batch_sort(struct batch *batch)
{
    size_t count = batch->count;
    if (batch->key_capacity < count) {
        batch->key_capacity = count + count / 2;
        for (int i = 0; i < 2; i++)
            batch->keys[i] = mem_resize(batch->keys[i], batch->key_capacity, sizeof(uint64_t));
    }
    uint64_t oldest = UINT64_MAX, youngest = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t time = batch->events[i].time;
        oldest = time < oldest ? time : oldest;
        youngest = time > youngest ? time : youngest;
    }
    uint64_t *keys = batch->keys[0], *spare = batch->keys[1], last = 0, falls = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t delta = batch->events[i].time - oldest;
        keys[i] = (delta < delta_max ? delta : delta_max) << PLACE_BITS | i;
        falls |= keys[i] < last;
        last = keys[i];
    }
    if (falls == 0)
        return keys;
    if (count <= FEW) {
        sort_few(keys, count);
        return keys;
    }
    /* Places are in order already, and stay so. */
    for (unsigned shift = PLACE_BITS; shift < 64 && (youngest - oldest) >> (shift - PLACE_BITS) > 0;
         shift += DIGIT_BITS) {
        sort_digit(keys, spare, count, shift);
        uint64_t *sorted = spare;
        spare = keys;
        keys = sorted;
    }
    return keys;
}

/* ---- The line ---- */

void line_fini(struct line *line)
{
    free(line->events);
    *line = (struct line){ 0 };
}

static void line_reserve(struct line *line, size_t extra)
{
    size_t waiting = line->end - line->start;
    if (line->end + extra <= line->capacity)
        return;
    /* Moving only when at most a quarter is in use keeps it below one move for three events. */
    if (4 * (waiting + extra) > line->capacity) {
        line->capacity = 4 * (waiting + extra);
        struct event *larger = mem_resize(NULL, line->capacity, sizeof *larger);
        if (waiting > 0)
            memcpy(larger, line->events + line->start, waiting * sizeof *larger);
        free(line->events);
        line->events = larger;
    } else {
        memmove(line->events, line->events + line->start, waiting * sizeof *line->events);
    }
    line->start = 0;
    line->end = waiting;
}

size_t line_older(const struct line *line, uint64_t until_ns)
{
    size_t low = line->start, high = line->end;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (line->events[middle].time < until_ns)
            low = middle + 1;
        else
            high = middle;
    }
    return low - line->start;
}

size_t line_take(struct line *line, struct batch *batch, uint64_t since_ns)
{
    size_t count = batch->count, late = 0;
    if (count == 0)
        return 0;
    const uint64_t *keys = batch_sort(batch);
    const struct event *events = batch->events;
    const uint64_t place = BATCH_MAX - 1;
    line_reserve(line, count);
    while (late < count && events[keys[late] & place].time < since_ns)
        late++;
    /* From the back, so that what waits is moved only where something older came in before it. */
    size_t left = count, waits = line->end, to = line->end + count;
    while (left > 0 && waits > line->start) {
        const struct event *youngest = &events[keys[left - 1] & place];
        const struct event *waiting = &line->events[waits - 1];
        if (waiting->time <= events[keys[0] & place].time)
            break;
        if (waiting->time > youngest->time) {
            line->events[--to] = *waiting;
            waits--;
        } else {
            line->events[--to] = *youngest;
            left--;
        }
    }
    struct event *into = line->events + to - left;
    for (size_t i = 0; i < left; i++)
        into[i] = events[keys[i] & place];
    line->end += count;
    batch->count = 0;
    return late;
}
