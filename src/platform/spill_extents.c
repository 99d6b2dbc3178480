/*
 * Long arrays as extents. Addresses are reserved without rights; an extent of an array has memory of its
 * own there, or a piece of the file mapped over it.
 *
 * Invariant: `filed` of an extent is 0 exactly where no file lies below it, so only then its memory may
 * not be taken away.
 */
#include "platform/spill_extents.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/memory.h"
#include "platform/platform.h"

/* How many extents the addresses of an array are long, so many at first. */
static const uint32_t lengths[] = { 8, 128, 2048, 32768 };
enum {
    CLASSES = sizeof lengths / sizeof lengths[0],
    UNIT = 8, /* all of them are multiples of it */
    /* A process may have so many mappings, and most extents of the file are one. */
    MOST_FILED = 32768,
};

struct place {
    uint64_t first;  /* extent */
    uint32_t count;  /* that it has */
    uint32_t oldest; /* all before it are in the file */
    uint8_t class;
    bool live, bulk;
};
struct numbers {
    uint64_t *items;
    size_t count, capacity;
};
struct extents {
    char *base;
    uint64_t from;        /* offset of extent 0 from the base, and in the file */
    uint64_t count, used; /* of addresses: how many, and handed out once */
    struct spill_file *file;
    struct slots *slots;
    uint32_t *filed;    /* by extent: its number in the file + 1; 0: in memory, or nothing */
    uint32_t *place_of; /* by the first unit of a place: its index + 1 */
    struct place *places;
    uint32_t place_count, place_capacity, turn;
    struct numbers left[CLASSES]; /* addresses that are reserved again: first extents */
    struct numbers unused;        /* pieces of the file */
    uint32_t file_count;          /* pieces handed out once */
    uint64_t in_memory, in_file;  /* extents */
};

static void numbers_push(struct numbers *numbers, uint64_t number)
{
    if (numbers->count == numbers->capacity) {
        numbers->capacity = numbers->capacity * 2 + 16;
        numbers->items = mem_resize(numbers->items, numbers->capacity, sizeof *numbers->items);
    }
    numbers->items[numbers->count++] = number;
}

struct extents *extents_new(char *base, uint64_t from, uint64_t to, struct spill_file *file,
                            struct slots *slots)
{
    struct extents *extents = mem_zero(1, sizeof *extents);
    extents->base = base;
    extents->from = from;
    extents->count = (to - from) / EXTENT;
    extents->file = file;
    extents->slots = slots;
    extents->filed = mem_zero(extents->count, sizeof *extents->filed);
    extents->place_of = mem_zero(extents->count / UNIT + 1, sizeof *extents->place_of);
    platform_map_large(base + from, to - from);
    return extents;
}

void extents_free(struct extents *extents)
{
    if (extents == NULL)
        return;
    for (size_t i = 0; i < CLASSES; i++)
        free(extents->left[i].items);
    free(extents->unused.items);
    free(extents->places);
    free(extents->place_of);
    free(extents->filed);
    free(extents);
}

static char *address_of(const struct extents *extents, uint64_t extent)
{
    return extents->base + extents->from + extent * EXTENT;
}

static uint64_t offset_of(const struct extents *extents, uint64_t extent)
{
    return extents->from + extent * EXTENT;
}

bool extents_have(const struct extents *extents, const void *items)
{
    return (uintptr_t)items - (uintptr_t)address_of(extents, 0) < extents->count * EXTENT;
}

static struct place *place_at(const struct extents *extents, const void *items)
{
    uint64_t extent = (uint64_t)((const char *)items - address_of(extents, 0)) / EXTENT;
    return &extents->places[extents->place_of[extent / UNIT] - 1];
}

/* ---- Addresses ---- */

static void reserve_again(struct extents *extents, uint64_t first, uint32_t count)
{
    char *at = address_of(extents, first);
    slots_forget(extents->slots, offset_of(extents, first), offset_of(extents, first + count));
    if (mmap(at, (size_t)count * EXTENT, PROT_NONE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED)
        memory_stop("addresses of rows could not be reserved again");
    platform_map_large(at, (size_t)count * EXTENT);
}

/* Where an array of so many extents finds room to grow; false: there are no addresses left. */
static bool take_addresses(struct extents *extents, uint64_t wanted, uint8_t *class,
                           uint64_t *first)
{
    uint8_t at = 0;
    while (at < CLASSES && lengths[at] < wanted)
        at++;
    if (at == CLASSES)
        return false;
    *class = at;
    if (extents->left[at].count > 0) {
        *first = extents->left[at].items[--extents->left[at].count];
        return true;
    }
    if (lengths[at] > extents->count - extents->used)
        return false;
    *first = extents->used;
    extents->used += lengths[at];
    return true;
}

static struct place *new_place(struct extents *extents)
{
    for (uint32_t i = 0; i < extents->place_count; i++)
        if (!extents->places[i].live)
            return &extents->places[i];
    if (extents->place_count == extents->place_capacity) {
        extents->place_capacity = extents->place_capacity * 2 + 16;
        extents->places =
            mem_resize(extents->places, extents->place_capacity, sizeof *extents->places);
    }
    return &extents->places[extents->place_count++];
}

static void put_place(struct extents *extents, const struct place *place)
{
    extents->place_of[place->first / UNIT] = (uint32_t)(place - extents->places) + 1;
}

/* ---- Extents ---- */

static void take_memory(struct extents *extents, uint64_t extent)
{
    if (mprotect(address_of(extents, extent), EXTENT, PROT_READ | PROT_WRITE) != 0)
        memory_stop("out of memory (%d bytes for rows were wanted)", (int)EXTENT);
    extents->in_memory++;
}

static bool map_piece(struct extents *extents, uint64_t extent, uint64_t piece)
{
    return mmap(address_of(extents, extent), EXTENT, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
                extents->file->descriptor, (off_t)offset_of(extents, piece)) != MAP_FAILED;
}

/* Lays a piece of the file, with these bytes (NULL: zeros), over an extent. */
static bool to_file(struct extents *extents, uint64_t extent, const char *bytes)
{
    bool again = extents->unused.count > 0;
    uint64_t piece = again ? extents->unused.items[extents->unused.count - 1] : extents->file_count;
    struct spill_file *file = extents->file;
    if (file->trouble[0] != '\0')
        return false;
    if (piece >= MOST_FILED) {
        snprintf(
            file->trouble, sizeof file->trouble,
            "the file of the rows of this recording is as long as it can be: they take memory");
        return false;
    }
    if (!spill_file_write(file, bytes, offset_of(extents, piece), EXTENT))
        return false;
    if (!map_piece(extents, extent, piece)) {
        snprintf(file->trouble, sizeof file->trouble,
                 "the rows of this recording cannot be kept in a file: they take memory");
        return false;
    }
    if (again)
        extents->unused.count--;
    else
        extents->file_count++;
    extents->filed[extent] = (uint32_t)piece + 1;
    extents->in_file++;
    return true;
}

/* There is nothing at the extent's address any more, or about to be. */
static void forget_extent(struct extents *extents, uint64_t extent)
{
    if (extents->filed[extent] == 0) {
        extents->in_memory--;
        return;
    }
    numbers_push(&extents->unused, extents->filed[extent] - 1);
    extents->filed[extent] = 0;
    extents->in_file--;
}

/* From one address to another, without copying where that can be. */
static void move_extent(struct extents *extents, uint64_t from, uint64_t to)
{
    uint32_t filed = extents->filed[from];
    if (filed != 0 && map_piece(extents, to, filed - 1)) {
        extents->filed[to] = filed;
        extents->filed[from] = 0;
        return;
    }
    if (filed == 0 && platform_map_move(address_of(extents, from), EXTENT, address_of(extents, to)))
        return;
    take_memory(extents, to);
    memcpy(address_of(extents, to), address_of(extents, from), EXTENT);
    forget_extent(extents, from);
}

/* To longer addresses. */
static bool move_place(struct extents *extents, struct place *place, uint64_t wanted)
{
    struct place before = *place;
    if (!take_addresses(extents, wanted, &place->class, &place->first))
        return false;
    for (uint32_t i = 0; i < place->count; i++)
        move_extent(extents, before.first + i, place->first + i);
    reserve_again(extents, before.first, before.count);
    numbers_push(&extents->left[before.class], before.first);
    put_place(extents, place);
    return true;
}

void *extents_grow(struct extents *extents, void *items, size_t least, size_t *bytes,
                   enum room_use use, bool filed)
{
    uint64_t wanted = ((uint64_t)least + EXTENT - 1) / EXTENT;
    struct place *place;
    if (items == NULL) {
        struct place made = { .live = true, .bulk = use == ROOM_BULK };
        if (!take_addresses(extents, wanted, &made.class, &made.first))
            return NULL;
        place = new_place(extents);
        *place = made;
        put_place(extents, place);
    } else {
        place = place_at(extents, items);
        if (wanted > lengths[place->class] && !move_place(extents, place, wanted))
            return NULL;
    }
    for (; place->count < wanted; place->count++)
        if (!filed || !to_file(extents, place->first + place->count, NULL))
            take_memory(extents, place->first + place->count);
    *bytes = (size_t)place->count * EXTENT;
    return address_of(extents, place->first);
}

void extents_give(struct extents *extents, void *items)
{
    struct place *place = place_at(extents, items);
    for (uint32_t i = 0; i < place->count; i++)
        forget_extent(extents, place->first + i);
    reserve_again(extents, place->first, place->count);
    numbers_push(&extents->left[place->class], place->first);
    *place = (struct place){ .live = false };
}

/* ---- Memory and file ---- */

/* The youngest of an array stays where it grows. */
static bool has_to_move(const struct extents *extents, struct place *place)
{
    while (place->oldest < place->count && extents->filed[place->first + place->oldest] != 0)
        place->oldest++;
    return place->oldest + 1 < place->count;
}

static bool move_one(struct extents *extents, bool bulk)
{
    for (uint32_t i = 0; i < extents->place_count; i++) {
        uint32_t index = (extents->turn + i) % extents->place_count;
        struct place *place = &extents->places[index];
        if (!place->live || place->bulk != bulk || !has_to_move(extents, place))
            continue;
        uint64_t extent = place->first + place->oldest;
        if (!to_file(extents, extent, address_of(extents, extent)))
            return false;
        extents->in_memory--;
        extents->turn = index + 1;
        return true;
    }
    return false;
}

bool extents_move_out(struct extents *extents)
{
    return move_one(extents, true) || move_one(extents, false);
}

void extents_near(struct extents *extents, const void *from, size_t bytes)
{
    uint64_t at = (uint64_t)((const char *)from - extents->base), to = at + bytes;
    while (at < to) {
        uint64_t extent = (at - extents->from) / EXTENT;
        uint64_t end = offset_of(extents, extent + 1) < to ? offset_of(extents, extent + 1) : to;
        if (extents->filed[extent] != 0)
            slots_bring_in(extents->slots, at, end);
        at = end;
    }
}

void extents_map_out(struct extents *extents)
{
    for (const struct place *place = extents->places;
         place < extents->places + extents->place_count; place++) {
        for (uint64_t i = 0, end; place->live && i < place->count; i = end + 1) {
            for (end = i; end < place->count && extents->filed[place->first + end] != 0;)
                end++;
            if (end > i)
                platform_map_out(address_of(extents, place->first + i), (end - i) * EXTENT);
        }
    }
}

uint64_t extents_memory(const struct extents *extents)
{
    return extents->in_memory * EXTENT;
}

uint64_t extents_filed(const struct extents *extents)
{
    return extents->in_file * EXTENT;
}
