/*
 * Chunks: a table by number, and a ring in the order of their use. A chunk knows which of its slots were
 * brought in; a page that is touched without that may be in memory too.
 */
#include "platform/spill_slots.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "platform/platform.h"

enum {
    SLOT = 64 * 1024,
    EACH = SLOTS_CHUNK / SLOT,
    LEAST_SLOTS = 8,
    LEAST_CHUNKS = 32,
    HEAD_BITS = 12
};

/* Indexes are those of `items`; 0 is the ring's own. */
struct chunk {
    uint32_t number;
    uint32_t slots;          /* a bit for each that was brought in */
    uint32_t slot_count;     /* of these */
    uint32_t older, younger; /* a ring through chunk 0, whose `older` is the youngest */
    uint32_t chain;          /* the next with the same hash; 0: none */
};
_Static_assert(EACH == 32, "a chunk has a bit for each of its slots");
struct slots {
    char *base;
    struct chunk *items;
    uint32_t count, bound; /* chunk 0 not among them */
    uint32_t unused;       /* a chain; 0: none */
    uint64_t slot_count, slot_bound;
    uint32_t heads[1 << HEAD_BITS];
};

struct slots *slots_new(char *base, uint64_t most_bytes)
{
    struct slots *slots = mem_zero(1, sizeof *slots);
    uint64_t bound = most_bytes / SLOTS_CHUNK, slot_bound = most_bytes / SLOT;
    slots->base = base;
    slots->bound = (uint32_t)(bound < LEAST_CHUNKS ? LEAST_CHUNKS
                              : bound < UINT32_MAX ? bound
                                                   : UINT32_MAX - 1);
    slots->slot_bound = slot_bound > LEAST_SLOTS ? slot_bound : LEAST_SLOTS;
    slots->items = mem_zero((size_t)slots->bound + 1, sizeof *slots->items);
    slots_forget_all(slots);
    return slots;
}

void slots_free(struct slots *slots)
{
    if (slots != NULL)
        free(slots->items);
    free(slots);
}

static uint32_t *head_of(struct slots *slots, uint32_t number)
{
    return &slots->heads[(number * UINT32_C(2654435761)) >> (32 - HEAD_BITS)];
}

static void unlink_chunk(struct slots *slots, uint32_t at)
{
    struct chunk *items = slots->items;
    items[items[at].older].younger = items[at].younger;
    items[items[at].younger].older = items[at].older;
}

static void link_youngest(struct slots *slots, uint32_t at)
{
    struct chunk *items = slots->items;
    uint32_t before = items[0].older;
    items[at].older = before;
    items[at].younger = 0;
    items[before].younger = at;
    items[0].older = at;
}

void slots_forget_all(struct slots *slots)
{
    memset(slots->heads, 0, sizeof slots->heads);
    slots->items[0] = (struct chunk){ 0 };
    slots->count = 0;
    slots->slot_count = 0;
    slots->unused = 0;
    for (uint32_t at = slots->bound; at > 0; at--) {
        slots->items[at].chain = slots->unused;
        slots->unused = at;
    }
}

static uint32_t find(struct slots *slots, uint32_t number)
{
    uint32_t at = *head_of(slots, number);
    while (at != 0 && slots->items[at].number != number)
        at = slots->items[at].chain;
    return at;
}

static void drop(struct slots *slots, uint32_t at)
{
    uint32_t *link = head_of(slots, slots->items[at].number);
    while (*link != at)
        link = &slots->items[*link].chain;
    *link = slots->items[at].chain;
    unlink_chunk(slots, at);
    slots->items[at].chain = slots->unused;
    slots->unused = at;
    slots->count--;
    slots->slot_count -= slots->items[at].slot_count;
}

void slots_forget(struct slots *slots, uint64_t from, uint64_t to)
{
    for (uint64_t number = from / SLOTS_CHUNK; number * SLOTS_CHUNK < to; number++) {
        uint32_t at = find(slots, (uint32_t)number);
        if (at != 0)
            drop(slots, at);
    }
}

void slots_take_out(struct slots *slots)
{
    uint32_t at = slots->items[0].younger;
    if (at == 0)
        return;
    uint64_t number = slots->items[at].number;
    drop(slots, at);
    platform_map_out(slots->base + number * SLOTS_CHUNK, SLOTS_CHUNK);
}

static uint32_t bit_of(uint64_t slot)
{
    return UINT32_C(1) << slot % EACH;
}

/* Whether a slot is in memory; if so, its chunk is the youngest now. */
static bool has(struct slots *slots, uint64_t slot)
{
    uint32_t at = find(slots, (uint32_t)(slot / EACH));
    if (at == 0 || (slots->items[at].slots & bit_of(slot)) == 0)
        return false;
    if (slots->items[0].older != at) {
        unlink_chunk(slots, at);
        link_youngest(slots, at);
    }
    return true;
}

/* The chunk of a number, which is not there yet. */
static uint32_t new_chunk(struct slots *slots, uint32_t number)
{
    if (slots->count == slots->bound)
        slots_take_out(slots);
    uint32_t *head = head_of(slots, number), at = slots->unused;
    slots->unused = slots->items[at].chain;
    slots->items[at] = (struct chunk){ .number = number, .chain = *head };
    *head = at;
    slots->count++;
    return at;
}

static void add(struct slots *slots, uint64_t slot)
{
    uint32_t number = (uint32_t)(slot / EACH);
    if (slots->slot_count == slots->slot_bound)
        slots_take_out(slots);
    uint32_t at = find(slots, number);
    if (at != 0)
        unlink_chunk(slots, at);
    else
        at = new_chunk(slots, number);
    link_youngest(slots, at);
    slots->items[at].slots |= bit_of(slot);
    slots->items[at].slot_count++;
    slots->slot_count++;
}

void slots_bring_in(struct slots *slots, uint64_t from, uint64_t to)
{
    uint64_t slot = from / SLOT, end = (to + SLOT - 1) / SLOT;
    while (slot < end) {
        uint64_t until = slot;
        if (has(slots, slot)) {
            slot++;
            continue;
        }
        while (until < end && until - slot < slots->slot_bound / 4 + 1 && !has(slots, until))
            add(slots, until++);
        platform_map_in(slots->base + slot * SLOT, (until - slot) * SLOT, false);
        slot = until;
    }
}

void slots_bring_in_new(struct slots *slots, uint64_t from, uint64_t to)
{
    for (uint64_t slot = from / SLOT; slot * SLOT < to; slot++)
        if (!has(slots, slot))
            add(slots, slot);
    platform_map_in(slots->base + from, to - from, true);
}

uint64_t slots_bytes(const struct slots *slots)
{
    return slots->slot_count * SLOT;
}

uint64_t slots_most(const struct slots *slots)
{
    return slots->slot_bound * SLOT;
}
