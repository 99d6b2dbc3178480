/*
 * Ordering costs the same however many rings there are and however their events interleave: a batch
 * is sorted by radix over keys of 8 bytes (time, then place), and each event is moved once. That
 * matters more than the sorting: a pass comes every few milliseconds, finds its caches cold, and
 * pays for each byte that it touches.
 *
 * Invariant: a line is in the order of time, but for events that came too late for that, which stand
 * before all others. It is not safe for two threads and does not know what an event means.
 */
#include "trace/order.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum {
    FEW = 48, /* up to so many are sorted by insertion */
    DIGIT_LEAST = 6,
    DIGIT_MOST = 12, /* bits: its counters fit into a core's first cache */
    AHEAD = 24,      /* the line is long gone from the caches when it is written again */
};
static const uint64_t since_max = UINT64_MAX >> PLACE_BITS;

void batch_fini(struct batch *batch)
{
    free(batch->own);
    free(batch->keys);
    free(batch->spare);
    *batch = (struct batch){ 0 };
}

static void keys_reserve(struct batch *batch, size_t extra)
{
    if (batch->count + extra <= batch->capacity)
        return;
    batch->capacity = 2 * (batch->count + extra);
    batch->keys = mem_resize(batch->keys, batch->capacity, sizeof *batch->keys);
    batch->spare = mem_resize(batch->spare, batch->capacity, sizeof *batch->spare);
}

uint32_t batch_source(struct batch *batch, const struct source *source, size_t count)
{
    keys_reserve(batch, count);
    batch->sources[batch->source_count] = *source;
    batch->sources[batch->source_count].first_key = batch->count;
    return (uint32_t)batch->source_count++;
}

void batch_put(struct batch *batch, const struct event *event)
{
    if (batch->own_count == batch->own_capacity) {
        batch->own_capacity = 2 * batch->own_capacity + 64;
        batch->own = mem_resize(batch->own, batch->own_capacity, sizeof *batch->own);
    }
    batch->own[batch->own_count++] = *event;
}

void batch_put_old(struct batch *batch, uint32_t source, size_t index, uint64_t time)
{
    struct event event = batch->sources[source].events[index];
    event.time = time;
    event.run = batch->sources[source].run;
    event.lane = batch->sources[source].lane;
    batch_put(batch, &event);
}

/* Gives how many are older than the origin. */
static size_t keys_of_own(struct batch *batch)
{
    size_t older = 0;
    keys_reserve(batch, batch->own_count);
    for (size_t i = 0; i < batch->own_count; i++) {
        uint64_t time = batch->own[i].time, since = 0;
        if (time < batch->origin_ns)
            older++;
        else
            since = time - batch->origin_ns < since_max ? time - batch->origin_ns + 1 : since_max;
        batch->keys[batch->count++] = since << PLACE_BITS | PLACE_OWN | i;
    }
    return older;
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

/* Moves all keys from `from` to `to`, by a digit of what they are above `base`. */
static void sort_digit(const uint64_t *from, uint64_t *to, size_t count, uint64_t base,
                       unsigned shift, unsigned bits)
{
    uint32_t starts[1 << DIGIT_MOST];
    const uint64_t mask = (UINT64_C(1) << bits) - 1;
    memset(starts, 0, (mask + 1) * sizeof starts[0]);
    for (size_t i = 0; i < count; i++)
        starts[(from[i] - base) >> shift & mask]++;
    uint32_t sum = 0;
    for (size_t digit = 0; digit <= mask; digit++) {
        uint32_t here = starts[digit];
        starts[digit] = sum;
        sum += here;
    }
    for (size_t i = 0; i < count; i++)
        to[starts[(from[i] - base) >> shift & mask]++] = from[i];
}

/* How many bits it takes to write a number. */
static unsigned bits_of(uint64_t value)
{
    unsigned bits = 0;
    for (; value > 0; value >>= 1)
        bits++;
    return bits;
}

/* What sorting has to know of the keys. */
struct extent {
    uint64_t least, most;
    bool falls; /* they are not in order yet */
};

/* Takes in a stretch of keys that is in order. */
static void extend(struct extent *extent, const uint64_t *keys, size_t count)
{
    if (count == 0)
        return;
    extent->falls |= keys[0] < extent->most;
    extent->least = keys[0] < extent->least ? keys[0] : extent->least;
    extent->most = keys[count - 1] > extent->most ? keys[count - 1] : extent->most;
}

static struct extent keys_extent(const struct batch *batch)
{
    struct extent extent = { .least = UINT64_MAX };
    size_t own = batch->count - batch->own_count;
    for (size_t i = 0; i < batch->source_count; i++) {
        size_t first = batch->sources[i].first_key;
        size_t next = i + 1 < batch->source_count ? batch->sources[i + 1].first_key : own;
        extend(&extent, batch->keys + first, next - first);
    }
    for (size_t i = own; i < batch->count; i++)
        extend(&extent, batch->keys + i, 1);
    return extent;
}

/* Sorts the keys. Places came in ascending order, so that only times need to be looked at. */
static void keys_sort(struct batch *batch)
{
    const size_t count = batch->count;
    const struct extent extent = keys_extent(batch);
    if (!extent.falls)
        return;
    if (count <= FEW) {
        sort_few(batch->keys, count);
        return;
    }
    uint64_t base = extent.least >> PLACE_BITS << PLACE_BITS;
    unsigned all = bits_of((extent.most - base) >> PLACE_BITS), bits = bits_of(count);
    bits = bits < DIGIT_LEAST ? DIGIT_LEAST : bits > DIGIT_MOST ? DIGIT_MOST : bits;
    const unsigned rounds = (all + bits - 1) / bits;
    for (unsigned round = 0, done = 0; round < rounds; round++) {
        unsigned digit = (all - done + rounds - round - 1) / (rounds - round);
        sort_digit(batch->keys, batch->spare, count, base, PLACE_BITS + done, digit);
        done += digit;
        uint64_t *sorted = batch->spare;
        batch->spare = batch->keys;
        batch->keys = sorted;
    }
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

/* What came too late stands just before the origin. */
static inline uint64_t key_time(const struct batch *batch, uint64_t key)
{
    return batch->origin_ns - 1 + (key >> PLACE_BITS);
}

/* Field by field: a copy that is then mended would make the core wait for its own stores. */
static inline void key_event(const struct batch *batch, uint64_t key, struct event *into)
{
    if ((key & PLACE_OWN) != 0) {
        *into = batch->own[key & (PLACE_OWN - 1)];
        return;
    }
    const struct source *source = &batch->sources[(key & (PLACE_OWN - 1)) >> INDEX_BITS];
    const struct event *from = &source->events[key & ((1 << INDEX_BITS) - 1)];
    into->time = key_time(batch, key);
    into->kind = from->kind;
    into->run = source->run;
    into->lane = source->lane;
    into->object = from->object;
    into->a = from->a;
    into->b = from->b;
}

/* Merges the sorted keys' events in from the back, so that what waits is moved only where something
 * older came in before it. */
static void line_merge(struct line *line, const struct batch *batch)
{
    const uint64_t *keys = batch->keys;
    const uint64_t oldest = key_time(batch, keys[0]);
    size_t left = batch->count, waits = line->end, to = line->end + left;
    while (left > 0 && waits > line->start && line->events[waits - 1].time > oldest) {
        if (line->events[waits - 1].time > key_time(batch, keys[left - 1]))
            line->events[--to] = line->events[--waits];
        else
            key_event(batch, keys[--left], &line->events[--to]);
    }
    struct event *into = line->events + to - left;
    for (size_t i = 0; i < left; i++) {
        __builtin_prefetch(&into[i + AHEAD], 1);
        key_event(batch, keys[i], &into[i]);
    }
}

size_t line_take(struct line *line, struct batch *batch)
{
    size_t older = keys_of_own(batch);
    if (batch->count > 0) {
        keys_sort(batch);
        line_reserve(line, batch->count);
        line_merge(line, batch);
        line->end += batch->count;
    }
    batch->count = batch->own_count = batch->source_count = 0;
    return older;
}
