/*
 * A lane's row. Invariant: starts strictly rise; `state` follows from says and kernel, `first` from
 * the states before; there is a block for every 32nd segment that exists, and it is right. It does
 * not know when the lane lived: who asks cuts to that.
 */
#include "timeline/segments.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK = 32, FAR = 64 /* blocks */ };

void segments_fini(struct segments *segments)
{
    struct room *room = segments->room;
    grown_free(room, segments->items, segments->capacity, sizeof *segments->items);
    grown_free(room, segments->block_starts, segments->block_capacity, sizeof(uint64_t));
    grown_free(room, segments->block_sums, segments->block_sum_capacity,
               sizeof *segments->block_sums);
    grown_free(NULL, segments->far_starts, segments->far_capacity, sizeof(uint64_t));
    grown_free(NULL, segments->far_sums, segments->far_sum_capacity, sizeof *segments->far_sums);
    *segments = (struct segments){ 0 };
}

/* How many blocks start at or before `time`. */
static inline size_t blocks_until(const struct segments *segments, uint64_t time)
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

/* How many segments start at or before `time`, of which the first `block` blocks do. */
static inline size_t until_in_block(const struct segments *segments, size_t block, uint64_t time)
{
    if (block == 0)
        return 0;
    size_t low = (block - 1) * BLOCK, count = segments->count;
    count = count - low < BLOCK ? count - low : BLOCK;
    room_near(segments->room, segments->items + low, count * sizeof *segments->items);
    while (count > 0) {
        size_t half = count / 2;
        if (segments->items[low + half].start <= time) {
            low += half + 1;
            count -= half + 1;
        } else {
            count = half;
        }
    }
    return low;
}

size_t segments_until(const struct segments *segments, uint64_t time)
{
    size_t count = segments->count;
    if (count == 0 || segments->items[count - 1].start <= time)
        return count;
    return until_in_block(segments, blocks_until(segments, time), time);
}

static void derive(const struct segments *segments, size_t index)
{
    struct segment *segment = &segments->items[index];
    segment->state = state_table[segment->heard | segments->unknown];
    segment->first =
        index > 0 && segment[-1].state == segment->state ? segment[-1].first : (uint32_t)index;
}

static void add_segments(const struct segments *segments, struct segments_sum *sum, size_t from,
                         size_t to)
{
    for (const struct segment *s = segments->items + from; s < segments->items + to; s++) {
        uint64_t ns = s[1].start - s->start;
        sum->ns[s->state] += ns;
        sum->ns[SUM_ON_CORE] += segment_kernel(s) == KERNEL_ON ? ns : 0;
    }
}

static void push_block(struct segments *segments)
{
    size_t block = segments->block_count;
    segments->block_starts =
        grow_index(segments->room, segments->block_starts, &segments->block_capacity,
                   segments->block_count, sizeof *segments->block_starts);
    segments->block_sums =
        grow_index(segments->room, segments->block_sums, &segments->block_sum_capacity,
                   segments->block_count, sizeof *segments->block_sums);
    struct segments_sum sum = { { 0 } };
    if (block > 0) {
        sum = segments->block_sums[block - 1];
        add_segments(segments, &sum, (block - 1) * BLOCK, block * BLOCK);
    }
    segments->block_sums[block] = sum;
    segments->block_starts[block] = segments->items[block * BLOCK].start;
    if (block % FAR == 0) {
        segments->far_starts = grow_index(NULL, segments->far_starts, &segments->far_capacity,
                                          (uint32_t)(block / FAR), sizeof *segments->far_starts);
        segments->far_sums = grow_index(NULL, segments->far_sums, &segments->far_sum_capacity,
                                        (uint32_t)(block / FAR), sizeof *segments->far_sums);
        segments->far_starts[block / FAR] = segments->block_starts[block];
        segments->far_sums[block / FAR] = sum;
    }
    segments->block_count++;
}

/* Segment `from` and what follows have changed: derives them and their blocks anew. */
static void redo(struct segments *segments, size_t from)
{
    for (size_t i = from; i < segments->count; i++)
        derive(segments, i);
    /* The length of the one before may have changed as well. */
    size_t kept = from > 0 ? (from - 1) / BLOCK + 1 : 0;
    if (segments->block_count > kept)
        segments->block_count = (uint32_t)kept;
    while ((size_t)segments->block_count * BLOCK < segments->count)
        push_block(segments);
}

static const struct segment nothing_known = {
    .task = TASK_NONE,
    .object = OBJECT_NONE,
    .core = SEGMENT_NO_CORE,
    .heard = KERNEL_UNKNOWN << 4 | SAYS_IDLE,
};

/* Makes room for a segment at `place`, a copy of the one before it, that starts at `time`. */
static struct segment *insert(struct segments *segments, size_t place, uint64_t time)
{
    segments->items = grow(segments->room, segments->items, &segments->capacity, segments->count,
                           sizeof *segments->items);
    struct segment *segment = segments->items + place;
    memmove(segment + 1, segment, (segments->count - place) * sizeof *segment);
    *segment = place > 0 ? segment[-1] : nothing_known;
    segment->start = time;
    segments->count++;
    return segment;
}

/* What comes late is put at its time; gives the place from which on it holds. */
static size_t split(struct segments *segments, uint64_t time)
{
    size_t place = segments_until(segments, time);
    if (place > 0 && segments->items[place - 1].start == time)
        return place - 1;
    insert(segments, place, time);
    return place;
}

/* The last segment, where `time` is after its start; else NULL: it comes late. */
static inline const struct segment *last_before(const struct segments *segments, uint64_t time)
{
    if (segments->count == 0)
        return NULL;
    const struct segment *last = segments->items + segments->count - 1;
    return last->start < time ? last : NULL;
}

static inline void append(struct segments *segments, uint64_t time, struct segment next)
{
    uint32_t count = segments->count;
    if (count == segments->capacity)
        segments->items =
            grow(segments->room, segments->items, &segments->capacity, count, sizeof next);
    struct segment *last = segments->items + count;
    next.start = time;
    next.state = state_table[next.heard | segments->unknown];
    next.first = next.state == last[-1].state ? last[-1].first : count;
    *last = next;
    segments->count++;
    if (count % BLOCK == 0)
        push_block(segments);
}

void segments_say(struct segments *segments, uint64_t time, enum says says, uint32_t object)
{
    const struct segment *last = last_before(segments, time);
    if (last != NULL) {
        struct segment next = *last;
        next.heard = (uint8_t)((last->heard & 0xf0) | (unsigned)says);
        next.object = object;
        if (next.heard != last->heard || object != last->object)
            append(segments, time, next);
        return;
    }
    size_t place = split(segments, time);
    for (struct segment *s = segments->items + place; s < segments->items + segments->count; s++) {
        s->heard = (uint8_t)((s->heard & 0xf0) | (unsigned)says);
        s->object = object;
    }
    redo(segments, place);
}

void segments_task(struct segments *segments, uint64_t time, uint32_t task)
{
    const struct segment *last = last_before(segments, time);
    if (last != NULL) {
        struct segment next = *last;
        next.task = task;
        if (task != last->task)
            append(segments, time, next);
        return;
    }
    size_t place = split(segments, time);
    for (size_t i = place; i < segments->count; i++)
        segments->items[i].task = task;
    redo(segments, place);
}

void segments_kernel(struct segments *segments, uint64_t time, enum kernel_state kernel,
                     uint16_t core)
{
    const struct segment *last = last_before(segments, time);
    if (last != NULL) {
        struct segment next = *last;
        next.heard = (uint8_t)((last->heard & 15) | (unsigned)kernel << 4);
        next.core = core;
        if (next.heard != last->heard || core != last->core)
            append(segments, time, next);
        return;
    }
    size_t place = split(segments, time);
    for (struct segment *s = segments->items + place; s < segments->items + segments->count; s++) {
        s->heard = (uint8_t)((s->heard & 15) | (unsigned)kernel << 4);
        s->core = core;
    }
    redo(segments, place);
}

void segments_on_core(struct segments *segments, uint64_t time)
{
    size_t place = segments_until(segments, time);
    size_t from = place > 0 ? place - 1 : 0;
    for (size_t i = from; i < segments->count; i++) {
        struct segment *segment = &segments->items[i];
        if (segment_kernel(segment) != KERNEL_UNKNOWN)
            break;
        segment->heard = (uint8_t)((segment->heard & 15) | KERNEL_ON << 4);
    }
    redo(segments, from);
}

void segments_fill_core(struct segments *segments, uint64_t until, uint16_t core)
{
    for (size_t i = segments_until(segments, until); i-- > 0;) {
        struct segment *segment = &segments->items[i];
        if (segment->start == until)
            continue;
        if (segment_kernel(segment) != KERNEL_ON || segment->core != SEGMENT_NO_CORE)
            return;
        segment->core = core;
    }
}

void segments_set_kernel_unknown(struct segments *segments, bool unknown)
{
    uint8_t mask = unknown ? KERNEL_UNKNOWN << 4 : 0;
    if (segments->unknown == mask)
        return;
    segments->unknown = mask;
    redo(segments, 0);
}

size_t segments_state_end(const struct segments *segments, size_t index)
{
    uint32_t first = segments->items[index].first;
    size_t low = index + 1, high = segments->count, step = 1;
    /* It is near as a rule: ever longer steps from here touch less than halving all there is. */
    while (low + step < high && segments->items[low + step].first == first) {
        low += step + 1;
        step *= 2;
    }
    high = low + step < high ? low + step : high;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (segments->items[middle].first == first)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* What lies between the start of the block that `time` is in and `time`. */
static void add_in_block(const struct segments *segments, struct segments_sum *sum, size_t block,
                         uint64_t time)
{
    const struct segment *s = segments->items + (block - 1) * BLOCK;
    room_near(segments->room, s, BLOCK * sizeof *s);
    const struct segment *end = segments->items + segments->count;
    for (; s + 1 < end && s[1].start <= time; s++) {
        uint64_t ns = s[1].start - s->start;
        sum->ns[s->state] += ns;
        sum->ns[SUM_ON_CORE] += segment_kernel(s) == KERNEL_ON ? ns : 0;
    }
    sum->ns[s->state] += time - s->start;
    sum->ns[SUM_ON_CORE] += segment_kernel(s) == KERNEL_ON ? time - s->start : 0;
}

void segments_sum(const struct segments *segments, uint64_t time, struct segments_sum *sum)
{
    size_t block = blocks_until(segments, time);
    if (block == 0) {
        *sum = (struct segments_sum){ { 0 } };
        return;
    }
    room_near(segments->room, segments->block_sums + block - 1, sizeof *sum);
    *sum = segments->block_sums[block - 1];
    add_in_block(segments, sum, block, time);
}

/* ---- strips ---- */

/* Near: along the segments, each touched once. */
static void strip_near(const struct segments *segments, const uint64_t *times, size_t count,
                       size_t next, uint64_t (*ns)[STATE_COUNT])
{
    uint64_t at = times[0];
    for (size_t i = 0; i < count; i++) {
        for (; at < times[i + 1]; next++) {
            uint64_t until = next < segments->count ? segments->items[next].start : TIME_NEVER;
            until = until < times[i + 1] ? until : times[i + 1];
            if (next > 0)
                ns[i][segments->items[next - 1].state] += until - at;
            at = until;
            if (next >= segments->count || segments->items[next].start > at)
                break;
        }
    }
}

/* What of the time between two starts lies before `time`, as if the states of all of it were mixed evenly.
 * What is lost by rounding goes to the state that has most. */
static void add_mixed(struct segments_sum *sum, const struct segments_sum *sums,
                      const uint64_t *starts, uint64_t time)
{
    const uint64_t *before = sums[0].ns, *after = sums[1].ns;
    uint64_t rest = time - starts[0], most = 0;
    double share = (double)rest / (double)(starts[1] - starts[0]);
    size_t greatest = 0;
    for (size_t i = 0; i < STATE_COUNT; i++) {
        uint64_t all = after[i] - before[i], part = (uint64_t)((double)all * share);
        part = part < rest ? part : rest;
        sum->ns[i] += part;
        rest -= part;
        greatest = all > most ? i : greatest;
        most = all > most ? all : most;
    }
    sum->ns[greatest] += rest;
}

/* What is read of a block is asked of memory before it is needed. */
static void prefetch_block(const struct segments *segments, size_t block)
{
    enum { LINE = 64 };
    const struct segments_sum *sum = &segments->block_sums[block - 1];
    const char *items = (const char *)(segments->items + (block - 1) * BLOCK);
    room_near(segments->room, sum, sizeof *sum);
    __builtin_prefetch(sum);
    __builtin_prefetch(&sum->ns[STATE_COUNT - 1]);
    for (size_t at = 0; at < BLOCK * sizeof *segments->items; at += LINE)
        __builtin_prefetch(items + at);
}

/* Far: by the blocks. All are found before any is read, so that memory is waited for once. */
static void strip_far(const struct segments *segments, const uint64_t *times, size_t count,
                      uint64_t slack_ns, uint64_t (*ns)[STATE_COUNT])
{
    enum { AT_ONCE = 64 };
    size_t blocks[AT_ONCE + 1];
    struct segments_sum last = { { 0 } };
    for (size_t from = 0; from <= count; from += AT_ONCE) {
        size_t some = count + 1 - from < AT_ONCE ? count + 1 - from : AT_ONCE;
        for (size_t i = 0; i < some; i++) {
            blocks[i] = blocks_until(segments, times[from + i]);
            if (blocks[i] > 0)
                prefetch_block(segments, blocks[i]);
        }
        for (size_t i = 0; i < some; i++) {
            struct segments_sum sum = { { 0 } };
            size_t block = blocks[i];
            if (block > 0) {
                sum = segments->block_sums[block - 1];
                if (block < segments->block_count &&
                    segments->block_starts[block] - segments->block_starts[block - 1] <= slack_ns)
                    add_mixed(&sum, segments->block_sums + block - 1,
                              segments->block_starts + block - 1, times[from + i]);
                else
                    add_in_block(segments, &sum, block, times[from + i]);
            }
            for (size_t state = 0; state < STATE_COUNT && from + i > 0; state++)
                ns[from + i - 1][state] += sum.ns[state] - last.ns[state];
            last = sum;
        }
    }
}

void segments_strip(const struct segments *segments, const uint64_t *times, size_t count,
                    uint64_t width_ns, uint64_t (*ns)[STATE_COUNT])
{
    size_t first = segments_until(segments, times[0]);
    size_t last = segments_until(segments, times[count]);
    /* A share of what is mixed evenly is off by a quarter of its block at most. */
    bool near = last - first <= count * BLOCK;
    if (near && last > first)
        room_near(segments->room, segments->items + first, (last - first) * sizeof(struct segment));
    if (near)
        strip_near(segments, times, count, first, ns);
    else
        strip_far(segments, times, count, width_ns / 50, ns);
}

/* Up to `time`; of the youngest blocks by each, of the last one by its segments. */
static void sum_rough(const struct segments *segments, uint64_t time, struct segments_sum *sum)
{
    size_t far_count = (segments->block_count + FAR - 1) / FAR;
    size_t far = times_at_or_before(segments->far_starts, far_count, time);
    *sum = (struct segments_sum){ { 0 } };
    if (far == 0)
        return;
    if (far < far_count) {
        *sum = segments->far_sums[far - 1];
        add_mixed(sum, segments->far_sums + far - 1, segments->far_starts + far - 1, time);
        return;
    }
    size_t block = blocks_until(segments, time);
    *sum = segments->block_sums[block - 1];
    if (block < segments->block_count)
        add_mixed(sum, segments->block_sums + block - 1, segments->block_starts + block - 1, time);
    else
        add_in_block(segments, sum, block, time);
}

void segments_strip_rough(const struct segments *segments, const uint64_t *times, size_t count,
                          uint64_t (*ns)[STATE_COUNT])
{
    struct segments_sum before, sum;
    sum_rough(segments, times[0], &before);
    for (size_t i = 0; i < count; i++) {
        sum_rough(segments, times[i + 1], &sum);
        for (size_t state = 0; state < STATE_COUNT; state++)
            ns[i][state] += sum.ns[state] - before.ns[state];
        before = sum;
    }
}
