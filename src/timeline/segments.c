/*
 * A lane's row. Invariant: starts strictly rise; `state` follows from says and kernel, `first` from
 * the states before; there is a block for every 32nd segment that exists, and it is right. It does
 * not know when the lane lived: who asks cuts to that.
 */
#include "timeline/segments_inside.h"

#include <stdlib.h>
#include <string.h>

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
    return until_in_block(segments, segments_blocks_until(segments, time), time);
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

void segments_add_in_block(const struct segments *segments, struct segments_sum *sum, size_t block,
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
    size_t block = segments_blocks_until(segments, time);
    if (block == 0) {
        *sum = (struct segments_sum){ { 0 } };
        return;
    }
    room_near(segments->room, segments->block_sums + block - 1, sizeof *sum);
    *sum = segments->block_sums[block - 1];
    segments_add_in_block(segments, sum, block, time);
}
