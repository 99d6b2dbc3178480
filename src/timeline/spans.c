/*
 * Spans with one owner at a time. Invariant: sorted by start, equal starts in the order they came;
 * there is a block for every 64th span that exists, and it is right. What comes late is put where
 * it belongs and redoes the blocks from there on.
 */
#include "timeline/spans.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK = 64 };

void spans_fini(struct spans *spans)
{
    free(spans->items);
    free(spans->blocks);
    *spans = (struct spans){ 0 };
}

size_t spans_until(const struct spans *spans, uint64_t time)
{
    size_t low = 0, count = spans->count;
    if (count > 0 && spans->items[count - 1].start <= time)
        return count;
    while (count > 0) {
        size_t half = count / 2;
        if (spans->items[low + half].start <= time) {
            low += half + 1;
            count -= half + 1;
        } else {
            count = half;
        }
    }
    return low;
}

uint64_t spans_end(const struct spans *spans, size_t index)
{
    uint64_t end = spans->items[index].end;
    if (index + 1 < spans->count && spans->items[index + 1].start < end)
        return spans->items[index + 1].start;
    return end;
}

/* Adds what span `index` brings up to `time`. */
static void add_span(const struct spans *spans, struct spans_sum *sum, size_t index, uint64_t time)
{
    const struct span *span = &spans->items[index];
    uint64_t end = spans_end(spans, index);
    end = end < time ? end : time;
    sum->held += end > span->start ? end - span->start : 0;
    if (index > 0 && span[-1].owner != span->owner) {
        sum->changes++;
        sum->forced += (span[-1].flags & SPAN_FORCED) != 0 && span[-1].end <= span->start;
        sum->waited += (span->flags & SPAN_WAITED) != 0;
    }
}

/* Makes right again the blocks that hold sums of span `from` or of what is younger. */
static void redo_blocks(struct spans *spans, size_t from)
{
    size_t block = from / BLOCK + 1;
    if (block > spans->block_count)
        block = spans->block_count;
    for (; block * BLOCK < spans->count; block++) {
        struct spans_sum sum = { 0 };
        if (block > 0) {
            sum = spans->blocks[block - 1];
            for (size_t i = (block - 1) * BLOCK; i < block * BLOCK; i++)
                add_span(spans, &sum, i, TIME_NEVER);
        }
        if (block == spans->block_count) {
            spans->blocks = grow(spans->blocks, &spans->block_capacity, spans->block_count,
                                 sizeof *spans->blocks);
            spans->block_count++;
        }
        spans->blocks[block] = sum;
    }
    spans->block_count = (uint32_t)block;
}

/* A span that comes in between can only make the owner change earlier. */
static void note_change(struct spans *spans, size_t index)
{
    const struct span *span = &spans->items[index];
    if (index > 0 && index < spans->count && span[-1].owner != span->owner &&
        (spans->changed == 0 || span->start < spans->changed))
        spans->changed = span->start;
}

static void insert_late(struct spans *spans, const struct span *span)
{
    size_t place = spans_until(spans, span->start);
    memmove(spans->items + place + 1, spans->items + place,
            (spans->count - place) * sizeof *spans->items);
    spans->items[place] = *span;
    spans->count++;
    note_change(spans, place);
    note_change(spans, place + 1);
    redo_blocks(spans, place > 0 ? place - 1 : 0);
}

static inline void insert(struct spans *spans, struct span span)
{
    uint32_t count = spans->count;
    if (count == spans->capacity)
        spans->items = grow(spans->items, &spans->capacity, count, sizeof span);
    struct span *place = spans->items + count;
    if (count > 0 && place[-1].start > span.start) {
        insert_late(spans, &span);
        return;
    }
    *place = span;
    spans->count++;
    if (spans->changed == 0)
        note_change(spans, count);
    if (count % BLOCK == 0)
        redo_blocks(spans, count > 0 ? count - 1 : 0);
}

void spans_open(struct spans *spans, uint64_t start, uint32_t owner, uint32_t flags)
{
    insert(spans,
           (struct span){ .start = start, .end = TIME_NEVER, .owner = owner, .flags = flags });
}

void spans_put(struct spans *spans, uint64_t start, uint64_t end, uint32_t owner)
{
    insert(spans, (struct span){ .start = start, .end = end, .owner = owner });
}

void spans_close(struct spans *spans, uint32_t owner, uint64_t end, uint32_t flags)
{
    size_t index = spans->count;
    while (index-- > 0) {
        struct span *span = &spans->items[index];
        if (span->owner != owner)
            continue;
        end = end > span->start ? end : span->start;
        span->end = end < span->end ? end : span->end;
        span->flags |= flags;
        /* No block holds the last span. */
        if (index + 1 < spans->count)
            redo_blocks(spans, index);
        return;
    }
}

void spans_cut(struct spans *spans, uint32_t owner, uint64_t end)
{
    size_t i = spans->count, kept = spans_until(spans, end);
    while (i > kept) {
        i--;
        if (spans->items[i].owner == owner) {
            memmove(spans->items + i, spans->items + i + 1,
                    (spans->count - i - 1) * sizeof *spans->items);
            spans->count--;
        }
    }
    if (kept > 0 && spans->items[kept - 1].owner == owner && spans->items[kept - 1].end > end)
        spans->items[kept - 1].end = end;
    redo_blocks(spans, kept > 0 ? kept - 1 : 0);
}

const struct span *spans_at(const struct spans *spans, uint64_t time)
{
    size_t count = spans_until(spans, time);
    return count > 0 && spans_end(spans, count - 1) > time ? &spans->items[count - 1] : NULL;
}

struct spans_sum spans_sum(const struct spans *spans, uint64_t time)
{
    struct spans_sum sum = { 0 };
    if (spans->count == 0 || spans->items[0].start > time)
        return sum;
    size_t count = spans_until(spans, time);
    size_t block = (count - 1) / BLOCK;
    sum = spans->blocks[block];
    for (size_t i = block * BLOCK; i < count; i++)
        add_span(spans, &sum, i, time);
    return sum;
}

/* Time by owner: an open-addressed table with room for twice the owners there can be. */
struct owner_time {
    uint32_t owner; /* UINT32_MAX: free */
    uint64_t ns;
};

static void owner_add(struct owner_time *table, size_t size, uint32_t owner, uint64_t ns)
{
    size_t place = (owner * UINT32_C(2654435761)) & (size - 1);
    while (table[place].owner != UINT32_MAX && table[place].owner != owner)
        place = (place + 1) & (size - 1);
    table[place].owner = owner;
    table[place].ns += ns;
}

uint32_t spans_most(const struct spans *spans, uint64_t from, uint64_t to, uint64_t *held)
{
    *held = 0;
    size_t first = spans_until(spans, from), end = to > 0 ? spans_until(spans, to - 1) : 0;
    first = first > 0 ? first - 1 : 0;
    if (first >= end)
        return UINT32_MAX;
    enum { FEW = 128 };
    struct owner_time few[FEW], *table = few;
    size_t size = FEW;
    while (size < (end - first) * 2)
        size *= 2;
    if (size > FEW)
        table = mem_alloc(size * sizeof *table);
    for (size_t i = 0; i < size; i++)
        table[i] = (struct owner_time){ .owner = UINT32_MAX };
    for (size_t i = first; i < end; i++) {
        uint64_t start = spans->items[i].start, stop = spans_end(spans, i);
        start = start > from ? start : from;
        stop = stop < to ? stop : to;
        if (stop <= start)
            continue;
        *held += stop - start;
        owner_add(table, size, spans->items[i].owner, stop - start);
    }
    uint32_t most = UINT32_MAX;
    uint64_t most_ns = 0;
    for (size_t i = 0; i < size; i++)
        if (table[i].ns > most_ns || (table[i].ns == most_ns && table[i].owner < most)) {
            most = table[i].owner;
            most_ns = table[i].ns;
        }
    if (table != few)
        free(table);
    return most;
}
