/*
 * Kept cells: strips in a table by key, and in a row by when each was asked for last.
 */
#include "timeline/kept.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS_LEAST = 64, BYTES_MOST = 16 << 20 };

void kept_fini(struct kept *kept)
{
    while (kept->newest != NULL) {
        struct kept_strip *strip = kept->newest;
        kept->newest = strip->older;
        free(strip);
    }
}

static size_t bucket_of(const struct kept_key *key)
{
    uint64_t mixed = key->width ^ key->phase * UINT64_C(0x9e3779b97f4a7c15);
    mixed ^= ((uint64_t)key->question << 40 | (uint64_t)key->run << 32 | key->id) *
             UINT64_C(0xbf58476d1ce4e5b9);
    mixed ^= mixed >> 29;
    return (size_t)(mixed * UINT64_C(0x94d049bb133111eb) >> 54);
}
_Static_assert(KEPT_BUCKETS == 1 << 10, "as many bits are left of the hash");

static void take_out(struct kept *kept, struct kept_strip *strip)
{
    if (strip->newer != NULL)
        strip->newer->older = strip->older;
    else
        kept->newest = strip->older;
    if (strip->older != NULL)
        strip->older->newer = strip->newer;
    else
        kept->oldest = strip->newer;
}

static void put_newest(struct kept *kept, struct kept_strip *strip)
{
    strip->newer = NULL;
    strip->older = kept->newest;
    if (kept->newest != NULL)
        kept->newest->newer = strip;
    else
        kept->oldest = strip;
    kept->newest = strip;
}

static void drop(struct kept *kept, struct kept_strip *strip)
{
    struct kept_strip **link = &kept->buckets[bucket_of(&strip->key)];
    while (*link != strip)
        link = &(*link)->next;
    *link = strip->next;
    take_out(kept, strip);
    kept->bytes -= strip->bytes;
    free(strip);
}

/* One for so many cells at a time; those that were not asked for longest make room for it. */
static struct kept_strip *strip_new(struct kept *kept, const struct kept_key *key, size_t count)
{
    size_t slots = SLOTS_LEAST, size = key->value_size;
    while (slots < count)
        slots *= 2;
    size_t bytes = sizeof(struct kept_strip) + slots * (sizeof(uint64_t) + size + 1);
    while (kept->oldest != NULL && kept->bytes + bytes > BYTES_MOST)
        drop(kept, kept->oldest);
    struct kept_strip *strip = mem_alloc(bytes), **bucket = &kept->buckets[bucket_of(key)];
    *strip = (struct kept_strip){ .key = *key, .slots = slots, .bytes = bytes };
    strip->end = strip->room;
    strip->values = (unsigned char *)(strip->end + slots);
    strip->slot = strip->values + slots * size;
    /* What an empty slot has is never looked at: many strips are asked for when a frame has no time. */
    memset(strip->slot, SLOT_EMPTY, slots);
    strip->next = *bucket;
    *bucket = strip;
    kept->bytes += bytes;
    return strip;
}

static bool stands_same(const struct kept_stand *a, const struct kept_stand *b)
{
    return a->go == b->go && a->now == b->now && a->events == b->events && a->mends == b->mends;
}

/* Forgets what does not hold where the run stands now. */
static void forget(struct kept_strip *strip, const struct run *run)
{
    struct kept_stand stand = { run->go, run->now, run->moments.count, run->mends };
    if (stands_same(&strip->stand, &stand))
        return;
    bool all = stand.go != strip->stand.go || stand.mends != strip->stand.mends;
    for (size_t i = 0; i < strip->slots; i++) {
        bool work = strip->slot[i] == SLOT_WORK;
        if (all || strip->slot[i] == SLOT_LOOSE || (work && strip->work.slot != SLOT_FIRM))
            strip->slot[i] = SLOT_EMPTY;
    }
    if (all || strip->work.slot != SLOT_FIRM)
        strip->work.count = 0;
    strip->stand = stand;
}

struct kept_strip *kept_strip(struct kept *kept, const struct run *run, const struct kept_key *key,
                              size_t count)
{
    struct kept_strip *strip = kept->buckets[bucket_of(key)];
    while (strip != NULL && memcmp(&strip->key, key, sizeof *key) != 0)
        strip = strip->next;
    if (strip != NULL && strip->slots < count) {
        drop(kept, strip);
        strip = NULL;
    }
    if (strip != NULL)
        take_out(kept, strip);
    else
        strip = strip_new(kept, key, count);
    put_newest(kept, strip);
    forget(strip, run);
    return strip;
}

void *kept_value(const struct kept_strip *strip, uint64_t number)
{
    return strip->values + number % strip->slots * strip->key.value_size;
}

bool kept_is(const struct kept_strip *strip, uint64_t number, uint64_t end, enum slot least)
{
    size_t at = number % strip->slots;
    return strip->slot[at] >= least && strip->end[at] == end;
}

void *kept_put(struct kept_strip *strip, uint64_t number, uint64_t end, enum slot slot)
{
    size_t at = number % strip->slots;
    strip->end[at] = end;
    strip->slot[at] = (uint8_t)slot;
    return kept_value(strip, number);
}

enum slot kept_slot(const struct run *run, uint64_t end)
{
    uint64_t last = run->last < run->now ? run->last : run->now;
    bool far = last > run->go && last - run->go > RUN_SETTLES_NS;
    return far && end <= last - run->go - RUN_SETTLES_NS ? SLOT_FIRM : SLOT_LOOSE;
}
