/*
 * Spans with one owner at a time. Invariant: sorted by start, equal starts in the order they came;
 * there is a block for every 64th span that exists, and it is right; so is the time by owner of each
 * 256 and 8192 that is kept. What comes late is put where it belongs and redoes the blocks
 * from there on.
 */
#include "timeline/spans.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK = 64, OWNERS = 256 /* spans */, FAR = 32 /* of those */ };

static void cut_owners(struct spans *spans, size_t from)
{
    if (spans->owners_count <= from / OWNERS)
        return;
    spans->owners_count = (uint32_t)(from / OWNERS);
    spans->pool_count = spans->owners[spans->owners_count].first;
}

void spans_fini(struct spans *spans)
{
    struct room *room = spans->room;
    grown_free(room, spans->owners, spans->owners_capacity, sizeof *spans->owners);
    grown_free(room, spans->far_owners, spans->far_capacity, sizeof *spans->far_owners);
    grown_free(room, spans->pool, spans->pool_capacity, sizeof *spans->pool);
    grown_free(room, spans->items, spans->capacity, sizeof *spans->items);
    grown_free(room, spans->blocks, spans->block_capacity, sizeof *spans->blocks);
    grown_free(room, spans->block_starts, spans->block_start_capacity, sizeof(uint64_t));
    *spans = (struct spans){ 0 };
}

size_t spans_until(const struct spans *spans, uint64_t time)
{
    size_t low, count = spans->count;
    if (count > 0 && spans->items[count - 1].start <= time)
        return count;
    low = block_at(spans->room, spans->block_starts, spans->block_count, spans->items,
                   sizeof *spans->items, BLOCK, time, &count);
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

static void push_owners(struct spans *spans);

/* Makes right again the blocks that hold sums of span `from` or of what is younger. */
static void redo_blocks(struct spans *spans, size_t from)
{
    cut_owners(spans, from > 0 ? from - 1 : 0);
    size_t block = from / BLOCK;
    if (block < spans->block_count && block * BLOCK < spans->count)
        spans->block_starts[block] = spans->items[block * BLOCK].start;
    block++;
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
            spans->blocks = grow_index(spans->room, spans->blocks, &spans->block_capacity,
                                       spans->block_count, sizeof *spans->blocks);
            spans->block_starts =
                grow_index(spans->room, spans->block_starts, &spans->block_start_capacity,
                           spans->block_count, sizeof *spans->block_starts);
            spans->block_count++;
        }
        spans->blocks[block] = sum;
        spans->block_starts[block] = spans->items[block * BLOCK].start;
    }
    spans->block_count = (uint32_t)block;
    push_owners(spans);
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
        spans->items = grow(spans->room, spans->items, &spans->capacity, count, sizeof span);
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

struct spans_sum spans_sum_rough(const struct spans *spans, uint64_t time)
{
    size_t block = times_at_or_before(spans->block_starts, spans->block_count, time);
    if (block == 0 || block == spans->block_count)
        return spans_sum(spans, time);
    const struct spans_sum *before = &spans->blocks[block - 1], *after = &spans->blocks[block];
    uint64_t start = spans->block_starts[block - 1], end = spans->block_starts[block];
    double part = end > start ? (double)(time - start) / (double)(end - start) : 0;
    struct spans_sum sum = *before;
    sum.held += (uint64_t)((double)(after->held - before->held) * part);
    sum.changes += (uint32_t)((double)(after->changes - before->changes) * part);
    sum.forced += (uint32_t)((double)(after->forced - before->forced) * part);
    sum.waited += (uint32_t)((double)(after->waited - before->waited) * part);
    return sum;
}

/* ---- by owner ---- */

/* Time by owner: an open-addressed table that grows. */
struct owner_table {
    struct spans_owner few[128], *items; /* owner UINT32_MAX: free */
    size_t size, count;
};

static void table_init(struct owner_table *table)
{
    table->items = table->few;
    table->size = sizeof table->few / sizeof table->few[0];
    table->count = 0;
    for (size_t i = 0; i < table->size; i++)
        table->few[i] = (struct spans_owner){ .owner = UINT32_MAX };
}

static void table_fini(struct owner_table *table)
{
    if (table->items != table->few)
        free(table->items);
}

static void table_add(struct owner_table *table, uint32_t owner, uint64_t ns);

static void table_grow(struct owner_table *table)
{
    struct spans_owner *before = table->items;
    size_t size = table->size;
    table->items = mem_alloc(2 * size * sizeof *before);
    table->size = 2 * size;
    table->count = 0;
    for (size_t i = 0; i < table->size; i++)
        table->items[i] = (struct spans_owner){ .owner = UINT32_MAX };
    for (size_t i = 0; i < size; i++)
        if (before[i].owner != UINT32_MAX)
            table_add(table, before[i].owner, before[i].ns);
    if (before != table->few)
        free(before);
}

static void table_add(struct owner_table *table, uint32_t owner, uint64_t ns)
{
    size_t place = (owner * UINT32_C(2654435761)) & (table->size - 1);
    while (table->items[place].owner != UINT32_MAX && table->items[place].owner != owner)
        place = (place + 1) & (table->size - 1);
    table->count += table->items[place].owner == UINT32_MAX;
    table->items[place].owner = owner;
    table->items[place].ns += ns;
    if (table->count * 2 > table->size)
        table_grow(table);
}

/* Adds what spans [first, end) bring within [from, to). */
static void table_add_spans(struct owner_table *table, const struct spans *spans, size_t first,
                            size_t end, uint64_t from, uint64_t to)
{
    if (first < end)
        room_near(spans->room, spans->items + first, (end - first) * sizeof *spans->items);
    for (size_t i = first; i < end; i++) {
        uint64_t start = spans->items[i].start, stop = spans_end(spans, i);
        start = start > from ? start : from;
        stop = stop < to ? stop : to;
        if (stop > start)
            table_add(table, spans->items[i].owner, stop - start);
    }
}

static int by_owner(const void *a, const void *b)
{
    uint32_t one = ((const struct spans_owner *)a)->owner;
    uint32_t other = ((const struct spans_owner *)b)->owner;
    return (one > other) - (one < other);
}

static void table_add_owners(struct owner_table *table, const struct spans *spans,
                             const struct spans_owners *owners)
{
    const struct spans_owner *items = spans->pool + owners->first;
    room_near(spans->room, items, owners->count * sizeof *items);
    for (size_t i = 0; i < owners->count; i++)
        table_add(table, items[i].owner, items[i].ns);
}

static struct spans_owners table_owners(const struct owner_table *table, struct spans *spans)
{
    struct spans_owners owners = { .first = spans->pool_count };
    for (size_t i = 0; i < table->size; i++) {
        if (table->items[i].owner == UINT32_MAX)
            continue;
        spans->pool = grow_index(spans->room, spans->pool, &spans->pool_capacity, spans->pool_count,
                                 sizeof *spans->pool);
        spans->pool[spans->pool_count++] = table->items[i];
        owners.count++;
    }
    qsort(spans->pool + owners.first, owners.count, sizeof *spans->pool, by_owner);
    return owners;
}

static void push_far(struct spans *spans)
{
    struct owner_table table;
    uint32_t far = spans->owners_count / FAR - 1;
    table_init(&table);
    for (size_t i = 0; i < FAR; i++)
        table_add_owners(&table, spans, &spans->owners[far * FAR + i]);
    spans->far_owners = grow_index(spans->room, spans->far_owners, &spans->far_capacity, far,
                                   sizeof *spans->far_owners);
    spans->far_owners[far] = table_owners(&table, spans);
    table_fini(&table);
}

/* Each whole 256 that four times as many follow: what is closed late is among the youngest as a
 * rule, and would have them counted anew. */
static void push_owners(struct spans *spans)
{
    while (((size_t)spans->owners_count + 5) * OWNERS < spans->count) {
        struct owner_table table;
        size_t first = (size_t)spans->owners_count * OWNERS;
        table_init(&table);
        table_add_spans(&table, spans, first, first + OWNERS, 0, TIME_NEVER);
        spans->owners = grow_index(spans->room, spans->owners, &spans->owners_capacity,
                                   spans->owners_count, sizeof *spans->owners);
        spans->owners[spans->owners_count++] = table_owners(&table, spans);
        if (spans->owners_count % FAR == 0)
            push_far(spans);
        table_fini(&table);
    }
}

uint32_t spans_most(const struct spans *spans, uint64_t from, uint64_t to, uint64_t *held)
{
    *held = 0;
    size_t first = spans_until(spans, from), end = to > 0 ? spans_until(spans, to - 1) : 0;
    first = first > 0 ? first - 1 : 0;
    if (first >= end)
        return UINT32_MAX;
    struct owner_table table;
    table_init(&table);
    /* Whole ones between; the first and the last span may reach beyond. */
    size_t whole = first / OWNERS + 1, last = (end - 1) / OWNERS;
    last = last < spans->owners_count ? last : spans->owners_count;
    if (whole < last) {
        table_add_spans(&table, spans, first, whole * OWNERS, from, to);
        for (size_t i = whole; i < last;) {
            bool far = i % FAR == 0 && i + FAR <= last;
            table_add_owners(&table, spans, far ? &spans->far_owners[i / FAR] : &spans->owners[i]);
            i += far ? FAR : 1;
        }
        table_add_spans(&table, spans, last * OWNERS, end, from, to);
    } else {
        table_add_spans(&table, spans, first, end, from, to);
    }
    uint32_t most = UINT32_MAX;
    uint64_t most_ns = 0;
    for (size_t i = 0; i < table.size; i++) {
        const struct spans_owner *item = &table.items[i];
        if (item->owner == UINT32_MAX)
            continue;
        *held += item->ns;
        if (item->ns > most_ns || (item->ns == most_ns && item->owner < most)) {
            most = item->owner;
            most_ns = item->ns;
        }
    }
    table_fini(&table);
    return most;
}
