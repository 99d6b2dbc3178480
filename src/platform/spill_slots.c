/*
 * Slots: a table by number, and a ring in the order of their use.
 */
#include "platform/spill_slots.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "platform/platform.h"

enum { SLOT = 64 * 1024, LEAST_SLOTS = 8, HEAD_BITS = 14 };

/* Indexes are those of `items`; 0 is the ring's own. */
struct slot {
    uint32_t number;
    uint32_t older, younger; /* a ring through slot 0, whose `older` is the youngest */
    uint32_t chain;          /* the next with the same hash; 0: none */
};
struct slots {
    char *base;
    struct slot *items;
    uint32_t count, bound; /* slot 0 not among them */
    uint32_t unused;       /* a chain; 0: none */
    uint32_t heads[1 << HEAD_BITS];
    uint32_t *out; /* room for the numbers of all */
};

struct slots *slots_new(char *base, uint64_t most_bytes)
{
    struct slots *slots = mem_zero(1, sizeof *slots);
    uint64_t bound = most_bytes / SLOT;
    slots->base = base;
    slots->bound = (uint32_t)(bound < LEAST_SLOTS  ? LEAST_SLOTS
                              : bound < UINT32_MAX ? bound
                                                   : UINT32_MAX - 1);
    slots->items = mem_zero((size_t)slots->bound + 1, sizeof *slots->items);
    slots->out = mem_alloc(((size_t)slots->bound + 1) * sizeof *slots->out);
    slots_forget_all(slots);
    return slots;
}

void slots_free(struct slots *slots)
{
    if (slots == NULL)
        return;
    free(slots->items);
    free(slots->out);
    free(slots);
}

static uint32_t *head_of(struct slots *slots, uint32_t number)
{
    return &slots->heads[(number * UINT32_C(2654435761)) >> (32 - HEAD_BITS)];
}

static void unlink_slot(struct slots *slots, uint32_t at)
{
    struct slot *items = slots->items;
    items[items[at].older].younger = items[at].younger;
    items[items[at].younger].older = items[at].older;
}

static void link_youngest(struct slots *slots, uint32_t at)
{
    struct slot *items = slots->items;
    uint32_t before = items[0].older;
    items[at].older = before;
    items[at].younger = 0;
    items[before].younger = at;
    items[0].older = at;
}

void slots_forget_all(struct slots *slots)
{
    memset(slots->heads, 0, sizeof slots->heads);
    slots->items[0] = (struct slot){ 0 };
    slots->count = 0;
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
    unlink_slot(slots, at);
    slots->items[at].chain = slots->unused;
    slots->unused = at;
    slots->count--;
}

void slots_forget(struct slots *slots, uint64_t from, uint64_t to)
{
    for (uint64_t number = from / SLOT; number * SLOT < to; number++) {
        uint32_t at = find(slots, (uint32_t)number);
        if (at != 0)
            drop(slots, at);
    }
}

static int by_number(const void *one, const void *other)
{
    uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;
    return (a > b) - (a < b);
}

/* Takes the oldest out of memory until `most` are left: those that lie side by side by one call, which
 * costs more than many pages. */
static void take_out(struct slots *slots, uint32_t most)
{
    uint32_t out = 0;
    while (slots->count > most) {
        uint32_t at = slots->items[0].younger;
        slots->out[out++] = slots->items[at].number;
        drop(slots, at);
    }
    qsort(slots->out, out, sizeof *slots->out, by_number);
    for (uint32_t i = 0, end; i < out; i = end) {
        for (end = i + 1; end < out && slots->out[end] == slots->out[end - 1] + 1;)
            end++;
        platform_map_out(slots->base + (uint64_t)slots->out[i] * SLOT, (uint64_t)(end - i) * SLOT);
    }
}

void slots_take_out(struct slots *slots)
{
    take_out(slots, slots->count - slots->count / 8);
}

/* For `count` more; many at once. */
static void make_room(struct slots *slots, uint32_t count)
{
    uint32_t most = slots->bound - slots->bound / 8;
    if (slots->count + count > slots->bound)
        take_out(slots, most > count ? most - count : 0);
}

/* Whether a slot is in memory; if so, it is the youngest now. */
static bool has(struct slots *slots, uint32_t number)
{
    uint32_t at = find(slots, number);
    if (at == 0)
        return false;
    if (slots->items[0].older != at) {
        unlink_slot(slots, at);
        link_youngest(slots, at);
    }
    return true;
}

static void add(struct slots *slots, uint64_t first, uint64_t end)
{
    make_room(slots, (uint32_t)(end - first));
    for (uint64_t number = first; number < end; number++) {
        uint32_t at = slots->unused, *head = head_of(slots, (uint32_t)number);
        slots->unused = slots->items[at].chain;
        slots->items[at].number = (uint32_t)number;
        slots->items[at].chain = *head;
        *head = at;
        link_youngest(slots, at);
        slots->count++;
    }
}

void slots_bring_in(struct slots *slots, uint64_t from, uint64_t to)
{
    uint64_t first = from / SLOT, end = (to + SLOT - 1) / SLOT;
    while (first < end) {
        uint64_t until = first;
        if (has(slots, (uint32_t)first)) {
            first++;
            continue;
        }
        while (until < end && until - first < slots->bound / 4 + 1 && !has(slots, (uint32_t)until))
            until++;
        add(slots, first, until);
        platform_map_in(slots->base + first * SLOT, (until - first) * SLOT, false);
        first = until;
    }
}

void slots_bring_in_new(struct slots *slots, uint64_t from, uint64_t to)
{
    for (uint64_t number = from / SLOT; number * SLOT < to; number++)
        if (!has(slots, (uint32_t)number))
            add(slots, number, number + 1);
    platform_map_in(slots->base + from, to - from, true);
}

uint64_t slots_bytes(const struct slots *slots)
{
    return (uint64_t)slots->count * SLOT;
}

uint64_t slots_most(const struct slots *slots)
{
    return (uint64_t)slots->bound * SLOT;
}
