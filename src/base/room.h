/*
 * room.h: where large arrays live. NULL is memory; another room may put what is large elsewhere, so
 * that a program's memory stays bounded however much it keeps (platform/spill.h puts it in a file).
 * Wherever it is, it is addressed like memory.
 */
#ifndef BASE_ROOM_H
#define BASE_ROOM_H

#include <stddef.h>
#include <stdlib.h>

#include "base/memory.h"

/* What an array is for: an index, which is looked at often and all over, should be in memory sooner
 * than what it leads to. */
enum room_use { ROOM_INDEX, ROOM_BULK };

struct room {
    /* An array that has `before` bytes (0: a new one, `items` is NULL) gets at least `least`; *bytes
     * is what would be right in memory, and comes back as what it has now. Gives where it is. */
    void *(*grow)(struct room *room, void *items, size_t before, size_t least, size_t *bytes,
                  enum room_use use);
    /* The end of an array of so many bytes, of this room. */
    void (*give)(struct room *room, void *items, size_t bytes);
    /* So many bytes from there on, wholly in one array, are about to be looked at: brings in at
     * once what would be waited for page by page. */
    void (*near)(struct room *room, const void *from, size_t bytes);
    /* Some of what is to be done at some time is done now: for who fills it, between two pieces of
     * work, so that none of them waits for much of it. */
    void (*tidy)(struct room *room);
    void (*free)(struct room *room); /* all that is in it is gone */
};

static inline void *room_grow(struct room *room, void *items, size_t before, size_t least,
                              size_t *bytes, enum room_use use)
{
    return room != NULL ? room->grow(room, items, before, least, bytes, use)
                        : mem_resize(items, *bytes, 1);
}

static inline void room_give(struct room *room, void *items, size_t bytes)
{
    if (room != NULL)
        room->give(room, items, bytes);
    else
        free(items);
}

static inline void room_near(struct room *room, const void *from, size_t bytes)
{
    if (room != NULL)
        room->near(room, from, bytes);
}

static inline void room_tidy(struct room *room)
{
    if (room != NULL)
        room->tidy(room);
}

/* NULL is fine. */
static inline void room_free(struct room *room)
{
    if (room != NULL)
        room->free(room);
}

#endif
