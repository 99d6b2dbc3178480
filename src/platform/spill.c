/*
 * Arrays in memory and in a file. One stretch of addresses covers more than the file will ever have: its
 * first part is the start of the file, for arrays up to 1 MiB, each at a place of one of a few sizes, so
 * that they grow where they are and are rarely moved; places that were left are used again: the first
 * word of one is the next. The rest is for long arrays (spill_extents.h).
 *
 * Invariant: every byte of an array's place up to its size has been written to the file, so that
 * touching it needs no new space on the disk.
 */
#include "platform/spill.h"

#include "platform/platform.h"
#include "platform/spill_extents.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* The sizes of places. */
static const uint64_t classes[] = { UINT64_C(16) << 10, UINT64_C(128) << 10, UINT64_C(1) << 20 };
enum {
    CLASSES = sizeof classes / sizeof classes[0],
    LEAST = 4096,              /* bytes: what is smaller stays in memory */
    LONG = 1024 * 1024,        /* bytes: what is more is a long array */
    STEP = 64 * 1024,          /* an array at a place grows by so much at most */
    LOOK_EACH = 4096,          /* calls between two looks at what the kernel says */
    OUT_EACH = 32,             /* and between two times that a chunk of what is too much goes */
    AHEAD = 256 * 1024 * 1024, /* bytes of memory that are left for arrays that grow */
    MOVES_AT_ONCE = 2,         /* extents that go to the file when an array grows by one */
    SLACK_KIB = 64 * 1024,
};
static const uint64_t most_addresses = UINT64_C(8) << 40, least_addresses = UINT64_C(64) << 30;

/* What lies at the start of a place that was left. */
struct dead_place {
    uint64_t next, written; /* offset + 1, or 0; bytes */
};
struct spill {
    struct room room;
    struct spill_file file;
    void *reserved; /* and how many bytes; the base is the first whole extent in it */
    size_t reserved_bytes;
    char *base;
    uint64_t addresses;     /* from the base on */
    uint64_t places, used;  /* of them for places: how many, and handed out */
    uint64_t dead[CLASSES]; /* the first of the places left, + 1; 0: none */
    uint64_t small_bytes;   /* arrays in memory that are not long */
    uint64_t memory_bound, place_bytes;
    uint64_t page;
    struct slots *slots;
    struct extents *extents;
    uint32_t calls;      /* since the kernel was asked last */
    uint64_t over_bytes; /* in memory, too much when it was asked, and not gone since */
    uint64_t others_kib; /* what the process had in memory besides, when it began */
};

static struct spill *spill_of(struct room *room)
{
    return (struct spill *)(void *)((char *)room - offsetof(struct spill, room));
}

static bool at_place(const struct spill *spill, const void *items)
{
    return (uintptr_t)items - (uintptr_t)spill->base < spill->places;
}

static uint64_t memory_bytes(const struct spill *spill)
{
    return spill->small_bytes + extents_memory(spill->extents);
}

bool spill_file_write(struct spill_file *file, const char *bytes, uint64_t offset, uint64_t size)
{
    static const char zeros[64 * 1024];
    while (size > 0) {
        size_t some = bytes != NULL || size < sizeof zeros ? size : sizeof zeros;
        ssize_t put = pwrite(file->descriptor, bytes != NULL ? bytes : zeros, some, (off_t)offset);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0) {
            snprintf(file->trouble, sizeof file->trouble,
                     "no room on the disk for the rows of this recording (%s): they take memory",
                     strerror(put < 0 ? errno : ENOSPC));
            return false;
        }
        offset += (uint64_t)put;
        size -= (uint64_t)put;
        bytes = bytes != NULL ? bytes + put : NULL;
    }
    return true;
}

/* ---- What is in memory ---- */

/* Now and then: pages that were touched one by one are in no slot, and a page may be a large one. What
 * is too much goes little by little, with the calls that follow: nobody waits for all of it. */
static void ask_kernel(struct spill *spill)
{
    struct platform_memory memory;
    uint64_t own_kib = memory_bytes(spill) / 1024, most_kib = slots_most(spill->slots) / 1024;
    uint64_t bound_kib = spill->others_kib + SLACK_KIB + own_kib + most_kib;
    spill->over_bytes = 0;
    if (!platform_memory(getpid(), &memory) || memory.rss_kib <= bound_kib)
        return;
    if (memory.rss_kib <= bound_kib + most_kib / 4) {
        spill->over_bytes = (memory.rss_kib - bound_kib) * 1024;
        return;
    }
    platform_map_out(spill->base, spill->used);
    extents_map_out(spill->extents);
    slots_forget_all(spill->slots);
    /* What is left is not of this room: it is not held against it again. */
    if (platform_memory(getpid(), &memory) && memory.rss_kib > own_kib)
        spill->others_kib = memory.rss_kib - own_kib;
}

static void look(struct spill *spill)
{
    spill->calls++;
    if (spill->over_bytes > 0 && spill->calls % OUT_EACH == 0) {
        slots_take_out(spill->slots);
        spill->over_bytes -= spill->over_bytes < SLOTS_CHUNK ? spill->over_bytes : SLOTS_CHUNK;
    }
    if (spill->calls >= LOOK_EACH) {
        spill->calls = 0;
        ask_kernel(spill);
    }
}

static void near(struct room *room, const void *from, size_t bytes)
{
    struct spill *spill = spill_of(room);
    uint64_t offset = (uint64_t)((uintptr_t)from - (uintptr_t)spill->base);
    if (bytes == 0 || offset >= spill->addresses)
        return;
    if (at_place(spill, from))
        slots_bring_in(spill->slots, offset, offset + bytes);
    else
        extents_near(spill->extents, from, bytes);
    look(spill);
}

/* ---- Places ---- */

static uint64_t whole_pages(const struct spill *spill, uint64_t bytes)
{
    return (bytes + spill->page - 1) / spill->page * spill->page;
}

static unsigned class_of(uint64_t bytes)
{
    unsigned class = 0;
    while (class < CLASSES && classes[class] < bytes)
        class ++;
    return class;
}

/* Makes the array at `offset`, of whose place `written` bytes are written, `bytes` long; both are
 * multiples of pages. */
static bool extend(struct spill *spill, uint64_t offset, uint64_t written, uint64_t bytes)
{
    uint64_t from = offset + written, to = offset + bytes;
    if (from >= to)
        return true;
    if (!spill_file_write(&spill->file, NULL, from, to - from))
        return false;
    slots_bring_in_new(spill->slots, from, to);
    return true;
}

/* A place for `bytes`, a multiple of pages; false: there is none. */
static bool take_place(struct spill *spill, uint64_t bytes, uint64_t *offset)
{
    unsigned class = class_of(bytes);
    if (class >= CLASSES)
        return false;
    uint64_t size = classes[class];
    if (spill->dead[class] != 0) {
        struct dead_place place;
        *offset = spill->dead[class] - 1;
        slots_bring_in(spill->slots, *offset, *offset + sizeof place);
        memcpy(&place, spill->base + *offset, sizeof place);
        if (!extend(spill, *offset, place.written, bytes))
            return false;
        spill->dead[class] = place.next;
        spill->place_bytes += bytes;
        return true;
    }
    if (size > spill->places - spill->used)
        return false;
    *offset = spill->used;
    if (!extend(spill, *offset, 0, bytes))
        return false;
    spill->used += size;
    spill->place_bytes += bytes;
    return true;
}

static void leave_place(struct spill *spill, uint64_t offset, uint64_t bytes)
{
    unsigned class = class_of(bytes);
    bytes = whole_pages(spill, bytes);
    struct dead_place place = { .next = spill->dead[class], .written = bytes };
    slots_bring_in(spill->slots, offset, offset + sizeof place);
    memcpy(spill->base + offset, &place, sizeof place);
    spill->dead[class] = offset + 1;
    spill->place_bytes -= bytes;
}

/* ---- The room ---- */

/* The end of an array of so many bytes, wherever it is. */
static void give(struct room *room, void *items, size_t bytes)
{
    struct spill *spill = spill_of(room);
    if (extents_have(spill->extents, items)) {
        extents_give(spill->extents, items);
    } else if (at_place(spill, items)) {
        leave_place(spill, (uint64_t)((char *)items - spill->base), bytes);
    } else {
        spill->small_bytes -= bytes;
        free(items);
    }
}

/* The array is in `to` from now on. */
static void *move(struct spill *spill, void *items, size_t before, void *to)
{
    if (before > 0) {
        near(&spill->room, items, before);
        memcpy(to, items, before);
        give(&spill->room, items, before);
    }
    return to;
}

static void *grow_in_memory(struct spill *spill, void *items, size_t before, size_t bytes)
{
    if (before > 0 && (uintptr_t)items - (uintptr_t)spill->base < spill->addresses) {
        void *to = mem_alloc(bytes);
        spill->small_bytes += bytes;
        return move(spill, items, before, to);
    }
    spill->small_bytes += bytes - before;
    return mem_resize(items, bytes, 1);
}

/* What is taken of memory for bulk goes up to three quarters of the bound. */
static uint64_t bound_of(const struct spill *spill, enum room_use use)
{
    return use == ROOM_INDEX ? spill->memory_bound : spill->memory_bound / 4 * 3;
}

/* One extent of those that there will be no room for soon: many arrays may grow at once. */
static void tidy(struct room *room)
{
    struct spill *spill = spill_of(room);
    uint64_t bound = bound_of(spill, ROOM_BULK);
    uint64_t ahead = bound / 8 < AHEAD ? bound / 8 : AHEAD;
    if (memory_bytes(spill) > bound - ahead)
        extents_move_out(spill->extents);
}

static void *grow_long(struct spill *spill, void *items, size_t before, size_t least, size_t *bytes,
                       enum room_use use)
{
    struct extents *extents = spill->extents;
    bool is_long = extents_have(extents, items);
    uint64_t bound = bound_of(spill, use);
    for (int i = 0; i < MOVES_AT_ONCE && memory_bytes(spill) + EXTENT > bound; i++)
        if (!extents_move_out(extents))
            break;
    bool filed = memory_bytes(spill) + EXTENT > bound;
    size_t has = 0;
    void *to = extents_grow(extents, is_long ? items : NULL, least, &has, use, filed);
    if (to == NULL)
        return grow_in_memory(spill, items, before, *bytes);
    *bytes = has;
    return is_long ? to : move(spill, items, before, to);
}

static void *grow_at_place(struct spill *spill, void *items, size_t before, size_t least,
                           size_t *bytes)
{
    bool placed = at_place(spill, items);
    uint64_t step = before / 4 < STEP ? before / 4 : STEP, offset;
    uint64_t wanted = least > before + step ? least : before + step;
    wanted = whole_pages(spill, wanted);
    wanted = wanted < LONG ? wanted : LONG;
    if (placed && class_of(wanted) == class_of(before)) {
        uint64_t written = whole_pages(spill, before);
        if (!extend(spill, (uint64_t)((char *)items - spill->base), written, wanted))
            return grow_in_memory(spill, items, before, *bytes);
        spill->place_bytes += wanted - written;
    } else {
        if (!take_place(spill, wanted, &offset))
            return grow_in_memory(spill, items, before, *bytes);
        items = move(spill, items, before, spill->base + offset);
    }
    *bytes = wanted;
    return items;
}

static void *grow(struct room *room, void *items, size_t before, size_t least, size_t *bytes,
                  enum room_use use)
{
    struct spill *spill = spill_of(room);
    bool placed = at_place(spill, items);
    look(spill);
    if (least > LONG || extents_have(spill->extents, items))
        return grow_long(spill, items, before, least, bytes, use);
    if (!placed && (memory_bytes(spill) + (*bytes - before) <= bound_of(spill, use) ||
                    least < LEAST || spill->file.trouble[0] != '\0'))
        return grow_in_memory(spill, items, before, *bytes);
    return grow_at_place(spill, items, before, least, bytes);
}

static void spill_free(struct room *room)
{
    struct spill *spill = spill_of(room);
    extents_free(spill->extents);
    slots_free(spill->slots);
    if (spill->reserved != NULL)
        munmap(spill->reserved, spill->reserved_bytes);
    close(spill->file.descriptor);
    free(spill);
}

/* As many addresses as can be had, up to what is useful; a quarter of them is for places. */
static bool map(struct spill *spill)
{
    for (uint64_t size = most_addresses; size >= least_addresses && size <= SIZE_MAX / 2;
         size /= 2) {
        size_t all = (size_t)size + EXTENT;
        void *reserved =
            mmap(NULL, all, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (reserved == MAP_FAILED)
            continue;
        spill->reserved = reserved;
        spill->reserved_bytes = all;
        spill->base = (char *)reserved + (EXTENT - (uintptr_t)reserved % EXTENT) % EXTENT;
        spill->addresses = size;
        spill->places = size / 4;
        return mmap(spill->base, spill->places, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
                    spill->file.descriptor, 0) != MAP_FAILED;
    }
    return false;
}

struct room *spill_new(int descriptor, uint64_t memory_bound, uint64_t mapped_bytes,
                       struct error *error)
{
    struct stat status;
    struct rlimit limit;
    struct platform_memory memory = { .rss_kib = 0 };
    struct spill *spill = mem_zero(1, sizeof *spill);
    spill->room =
        (struct room){ .grow = grow, .give = give, .near = near, .tidy = tidy, .free = spill_free };
    spill->file.descriptor = descriptor;
    spill->memory_bound = memory_bound;
    spill->page = (uint64_t)sysconf(_SC_PAGESIZE);
    platform_memory(getpid(), &memory);
    spill->others_kib = memory.rss_kib;
    /* Past a limit of the size of files a write would end the program. */
    bool fits = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) &&
                getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY &&
                map(spill) && platform_map_out(spill->base, EXTENT);
    if (!fits) {
        error_set(error, "rows of recordings cannot be kept in a file here: they take memory");
        spill_free(&spill->room);
        return NULL;
    }
    spill->slots = slots_new(spill->base, mapped_bytes);
    spill->extents =
        extents_new(spill->base, spill->places, spill->addresses, &spill->file, spill->slots);
    return &spill->room;
}

static const struct spill *spill_in(const struct room *room)
{
    return (const struct spill *)(const void *)((const char *)room - offsetof(struct spill, room));
}

void spill_figures(const struct room *room, struct spill_figures *figures)
{
    const struct spill *spill = spill_in(room);
    *figures = (struct spill_figures){
        .memory_bytes = memory_bytes(spill),
        .file_bytes = spill->place_bytes + extents_filed(spill->extents),
        .mapped_bytes = slots_bytes(spill->slots),
    };
}

const char *spill_trouble(const struct room *room)
{
    const struct spill *spill = spill_in(room);
    return spill->file.trouble[0] != '\0' ? spill->file.trouble : NULL;
}
