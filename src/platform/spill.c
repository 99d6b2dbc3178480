/*
 * Arrays in a file. One mapping covers more addresses than the file will ever have; an array is a
 * place in it, of one of a few sizes, so that arrays grow where they are and are rarely moved. Places that were left are used again: the first word of one is the next.
 *
 * Invariant: every byte of an array's place up to its size has been written to the file, so that
 * touching it needs no new space on the disk. What was brought in is known by slots of 64 KiB, in the
 * order of their use; the oldest is taken out when there are too many. A page that is touched without
 * being brought in is found by asking the kernel now and then, and then all are taken out.
 */
#include "platform/spill.h"

#include "platform/platform.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* The sizes of places. An array that outgrows its place is copied, which takes time for a large one:
 * so the larger have much room. */
static const uint64_t classes[] = {
    UINT64_C(16) << 10, UINT64_C(128) << 10, UINT64_C(1) << 20,
    UINT64_C(8) << 20,  UINT64_C(1) << 30,   UINT64_C(64) << 30,
};
enum {
    CLASSES = sizeof classes / sizeof classes[0],
    LEAST = 4096, /* bytes: what is smaller stays in memory */
    SLOT = 64 * 1024,
    STEP = 64 * 1024, /* an array of the file grows by so much at most */
    HEAD_BITS = 14,
    LOOK_EACH = 4096, /* calls between two looks at what the kernel says */
    SLACK_KIB = 64 * 1024,
};
static const uint64_t most_addresses = UINT64_C(8) << 40, least_addresses = UINT64_C(64) << 30;

/* A stretch of the mapping that is in memory. Indexes are those of `slots`; 0 is the ring's own. */
struct slot {
    uint32_t number;
    uint32_t older, younger; /* a ring through slot 0, whose `older` is the youngest */
    uint32_t chain;          /* the next with the same hash; 0: none */
};
/* What lies at the start of a place that was left. */
struct dead_place {
    uint64_t next, written; /* offset + 1, or 0; bytes */
};
struct spill {
    struct room room;
    int descriptor;
    char *base;
    uint64_t addresses, used; /* of the mapping: how many, and handed out */
    uint64_t dead[CLASSES];   /* the first of the places left, + 1; 0: none */
    uint64_t memory_bytes, memory_bound, file_bytes;
    uint64_t page;
    struct slot *slots;
    uint32_t slot_count, slot_bound; /* slot 0 not among them */
    uint32_t unused;                 /* a chain of slots; 0: none */
    uint32_t heads[1 << HEAD_BITS];
    uint32_t calls;      /* since the kernel was asked last */
    uint64_t others_kib; /* what the process had in memory besides, when it began */
    char trouble[160];   /* "" */
};

static struct spill *spill_of(struct room *room)
{
    return (struct spill *)(void *)((char *)room - offsetof(struct spill, room));
}

static bool in_file(const struct spill *spill, const void *items)
{
    return (uintptr_t)items - (uintptr_t)spill->base < spill->addresses;
}

/* ---- What is in memory ---- */

static uint32_t *head_of(struct spill *spill, uint32_t number)
{
    return &spill->heads[(number * UINT32_C(2654435761)) >> (32 - HEAD_BITS)];
}

static void unlink_slot(struct spill *spill, uint32_t at)
{
    struct slot *slots = spill->slots;
    slots[slots[at].older].younger = slots[at].younger;
    slots[slots[at].younger].older = slots[at].older;
}

static void link_youngest(struct spill *spill, uint32_t at)
{
    struct slot *slots = spill->slots;
    uint32_t before = slots[0].older;
    slots[at].older = before;
    slots[at].younger = 0;
    slots[before].younger = at;
    slots[0].older = at;
}

static void forget_slots(struct spill *spill)
{
    memset(spill->heads, 0, sizeof spill->heads);
    spill->slots[0] = (struct slot){ 0 };
    spill->slot_count = 0;
    spill->unused = 0;
    for (uint32_t at = spill->slot_bound; at > 0; at--) {
        spill->slots[at].chain = spill->unused;
        spill->unused = at;
    }
}

/* Takes the oldest slots out of memory until `count` more have room; those side by side at once, since
 * a call costs more than a page. */
static void make_room(struct spill *spill, uint32_t count)
{
    uint64_t first = 0, end = 0;
    while (spill->slot_count + count > spill->slot_bound) {
        uint32_t at = spill->slots[0].younger, number = spill->slots[at].number;
        uint32_t *link = head_of(spill, number);
        while (*link != at)
            link = &spill->slots[*link].chain;
        *link = spill->slots[at].chain;
        unlink_slot(spill, at);
        spill->slots[at].chain = spill->unused;
        spill->unused = at;
        spill->slot_count--;
        if (number != end) {
            if (first < end)
                platform_map_out(spill->base + first * SLOT, (end - first) * SLOT);
            first = number;
        }
        end = (uint64_t)number + 1;
    }
    if (first < end)
        platform_map_out(spill->base + first * SLOT, (end - first) * SLOT);
}

/* Now and then: pages that were touched one by one are in no slot. */
static void look(struct spill *spill)
{
    struct platform_memory memory;
    if (++spill->calls < LOOK_EACH)
        return;
    spill->calls = 0;
    uint64_t bound_kib = spill->others_kib + SLACK_KIB +
                         (spill->memory_bytes + (uint64_t)spill->slot_bound * SLOT) / 1024;
    if (!platform_memory(getpid(), &memory) || memory.rss_kib <= bound_kib)
        return;
    platform_map_out(spill->base, spill->used);
    forget_slots(spill);
    /* What is left is not of this room: it is not held against it again. */
    if (platform_memory(getpid(), &memory) && memory.rss_kib > spill->memory_bytes / 1024)
        spill->others_kib = memory.rss_kib - spill->memory_bytes / 1024;
}

/* Whether a slot is in memory; if so, it is the youngest now. */
static bool has_slot(struct spill *spill, uint32_t number)
{
    uint32_t at = *head_of(spill, number);
    while (at != 0 && spill->slots[at].number != number)
        at = spill->slots[at].chain;
    if (at == 0)
        return false;
    if (spill->slots[0].older != at) {
        unlink_slot(spill, at);
        link_youngest(spill, at);
    }
    return true;
}

static void add_slots(struct spill *spill, uint64_t first, uint64_t end)
{
    make_room(spill, (uint32_t)(end - first));
    for (uint64_t number = first; number < end; number++) {
        uint32_t at = spill->unused, *head = head_of(spill, (uint32_t)number);
        spill->unused = spill->slots[at].chain;
        spill->slots[at].number = (uint32_t)number;
        spill->slots[at].chain = *head;
        *head = at;
        link_youngest(spill, at);
        spill->slot_count++;
    }
}

/* All slots of [first, end) are in memory then, as far as that is bounded. */
static void bring_in(struct spill *spill, uint64_t first, uint64_t end)
{
    while (first < end) {
        uint64_t until = first;
        if (has_slot(spill, (uint32_t)first)) {
            first++;
            continue;
        }
        while (until < end && until - first < spill->slot_bound / 4 + 1 &&
               !has_slot(spill, (uint32_t)until))
            until++;
        add_slots(spill, first, until);
        platform_map_in(spill->base + first * SLOT, (until - first) * SLOT, false);
        first = until;
    }
}

static void near(struct room *room, const void *from, size_t bytes)
{
    struct spill *spill = spill_of(room);
    if (bytes == 0 || !in_file(spill, from))
        return;
    uint64_t first = (uint64_t)((const char *)from - spill->base);
    bring_in(spill, first / SLOT, (first + bytes - 1) / SLOT + 1);
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

/* Writes the space of [from, to) of the file. */
static bool write_space(struct spill *spill, uint64_t from, uint64_t to)
{
    static const char zeros[64 * 1024];
    while (from < to) {
        size_t some = to - from < sizeof zeros ? to - from : sizeof zeros;
        ssize_t put = pwrite(spill->descriptor, zeros, some, (off_t)from);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0) {
            snprintf(spill->trouble, sizeof spill->trouble,
                     "no room on the disk for the rows of this recording (%s): they take memory",
                     strerror(put < 0 ? errno : ENOSPC));
            return false;
        }
        from += (uint64_t)put;
    }
    return true;
}

/* Makes the array at `offset`, of whose place `written` bytes are written, `bytes` long; both are
 * multiples of pages. */
static bool extend(struct spill *spill, uint64_t offset, uint64_t written, uint64_t bytes)
{
    uint64_t from = offset + written, to = offset + bytes;
    if (from >= to)
        return true;
    if (!write_space(spill, from, to))
        return false;
    for (uint64_t slot = from / SLOT; slot <= (to - 1) / SLOT; slot++)
        if (!has_slot(spill, (uint32_t)slot))
            add_slots(spill, slot, slot + 1);
    platform_map_in(spill->base + from, to - from, true);
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
        bring_in(spill, *offset / SLOT, *offset / SLOT + 1);
        memcpy(&place, spill->base + *offset, sizeof place);
        if (!extend(spill, *offset, place.written, bytes))
            return false;
        spill->dead[class] = place.next;
        spill->file_bytes += bytes;
        return true;
    }
    if (size > spill->addresses - spill->used)
        return false;
    *offset = spill->used;
    if (!extend(spill, *offset, 0, bytes))
        return false;
    spill->used += size;
    spill->file_bytes += bytes;
    return true;
}

static void leave_place(struct spill *spill, uint64_t offset, uint64_t bytes)
{
    unsigned class = class_of(bytes);
    bytes = whole_pages(spill, bytes);
    struct dead_place place = { .next = spill->dead[class], .written = bytes };
    bring_in(spill, offset / SLOT, offset / SLOT + 1);
    memcpy(spill->base + offset, &place, sizeof place);
    spill->dead[class] = offset + 1;
    spill->file_bytes -= bytes;
}

/* ---- The room ---- */

static void *grow_in_memory(struct spill *spill, void *items, size_t before, size_t bytes)
{
    spill->memory_bytes += bytes - before;
    return mem_resize(items, bytes, 1);
}

/* From where it is into memory, since there is no space for it. */
static void *go_to_memory(struct spill *spill, char *items, size_t before, size_t bytes)
{
    void *moved = mem_alloc(bytes);
    memcpy(moved, items, before);
    leave_place(spill, (uint64_t)(items - spill->base), before);
    spill->memory_bytes += bytes;
    return moved;
}

static void *grow(struct room *room, void *items, size_t before, size_t least, size_t *bytes,
                  enum room_use use)
{
    struct spill *spill = spill_of(room);
    bool filed = in_file(spill, items);
    uint64_t bound = use == ROOM_INDEX ? spill->memory_bound : spill->memory_bound / 4 * 3;
    if (!filed && (spill->memory_bytes + (*bytes - before) <= bound || least < LEAST ||
                   spill->trouble[0] != '\0'))
        return grow_in_memory(spill, items, before, *bytes);
    look(spill);
    uint64_t step = before / 4 < STEP ? before / 4 : STEP, offset;
    uint64_t wanted = least > before + step ? least : before + step;
    wanted = whole_pages(spill, wanted);
    if (filed && class_of(wanted) == class_of(before)) {
        uint64_t written = whole_pages(spill, before);
        if (!extend(spill, (uint64_t)((char *)items - spill->base), written, wanted))
            return go_to_memory(spill, items, before, *bytes);
        spill->file_bytes += wanted - written;
    } else {
        if (!take_place(spill, wanted, &offset))
            return filed ? go_to_memory(spill, items, before, *bytes)
                         : grow_in_memory(spill, items, before, *bytes);
        if (before > 0)
            memcpy(spill->base + offset, items, before);
        if (filed) {
            leave_place(spill, (uint64_t)((char *)items - spill->base), before);
        } else {
            spill->memory_bytes -= before;
            free(items);
        }
        items = spill->base + offset;
    }
    *bytes = wanted;
    return items;
}

static void give(struct room *room, void *items, size_t bytes)
{
    struct spill *spill = spill_of(room);
    if (in_file(spill, items)) {
        leave_place(spill, (uint64_t)((char *)items - spill->base), bytes);
    } else {
        spill->memory_bytes -= bytes;
        free(items);
    }
}

static void spill_free(struct room *room)
{
    struct spill *spill = spill_of(room);
    if (spill->base != NULL)
        munmap(spill->base, spill->addresses);
    close(spill->descriptor);
    free(spill->slots);
    free(spill);
}

/* As many addresses as can be had, up to what is useful. */
static bool map(struct spill *spill)
{
    for (uint64_t size = most_addresses; size >= least_addresses && size <= SIZE_MAX / 2;
         size /= 2) {
        void *base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, spill->descriptor, 0);
        if (base == MAP_FAILED)
            continue;
        spill->base = base;
        spill->addresses = size;
        return true;
    }
    return false;
}

struct room *spill_new(int descriptor, uint64_t memory_bytes, uint64_t mapped_bytes,
                       struct error *error)
{
    struct stat status;
    struct rlimit limit;
    struct platform_memory memory = { .rss_kib = 0 };
    struct spill *spill = mem_zero(1, sizeof *spill);
    spill->room = (struct room){ .grow = grow, .give = give, .near = near, .free = spill_free };
    spill->descriptor = descriptor;
    spill->memory_bound = memory_bytes;
    spill->page = (uint64_t)sysconf(_SC_PAGESIZE);
    spill->slot_bound = (uint32_t)(mapped_bytes / SLOT < 8 ? 8 : mapped_bytes / SLOT);
    spill->slots = mem_zero((size_t)spill->slot_bound + 1, sizeof *spill->slots);
    forget_slots(spill);
    platform_memory(getpid(), &memory);
    spill->others_kib = memory.rss_kib;
    /* Past a limit of the size of files a write would end the program. */
    bool fits = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) &&
                getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY &&
                map(spill) && platform_map_out(spill->base, SLOT);
    if (!fits) {
        error_set(error, "rows of recordings cannot be kept in a file here: they take memory");
        spill_free(&spill->room);
        return NULL;
    }
    return &spill->room;
}

void spill_figures(const struct room *room, struct spill_figures *figures)
{
    const struct spill *spill =
        (const struct spill *)(const void *)((const char *)room - offsetof(struct spill, room));
    *figures = (struct spill_figures){ .memory_bytes = spill->memory_bytes,
                                       .file_bytes = spill->file_bytes,
                                       .mapped_bytes = (uint64_t)spill->slot_count * SLOT };
}

const char *spill_trouble(const struct room *room)
{
    const struct spill *spill =
        (const struct spill *)(const void *)((const char *)room - offsetof(struct spill, room));
    return spill->trouble[0] != '\0' ? spill->trouble : NULL;
}
