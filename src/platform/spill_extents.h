/*
 * spill_extents.h: long arrays, that go to the file piece by piece; for the files of spill.h only.
 *
 * An array has a stretch of addresses that is much longer than it is, so it grows where it is. It
 * consists of extents of 2 MiB, each in memory or in the file, and an extent goes from memory to the file
 * without changing its address: growing and going to the file never copy more than an extent at once,
 * however long the array is.
 */
#ifndef PLATFORM_SPILL_EXTENTS_H
#define PLATFORM_SPILL_EXTENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/room.h"
#include "platform/spill_file.h"
#include "platform/spill_slots.h"

/* What is taken out of memory at once is of one of them. */
enum { EXTENT = SLOTS_CHUNK };

struct extents;
/* Of the addresses [from, to) behind `base`, which are reserved and hold nothing; both are multiples of
 * an extent, and the file is theirs from `from` on. All but base is borrowed. */
struct extents *extents_new(char *base, uint64_t from, uint64_t to, struct spill_file *file,
                            struct slots *slots);
void extents_free(struct extents *extents); /* its addresses stay; NULL is fine */

bool extents_have(const struct extents *extents, const void *items);
/* A new array (`items` NULL), or one that grows, to `least` bytes at least; what is new of it lies in the
 * file where `filed` says so and it can be. Gives where it is and what it has; NULL, with nothing
 * changed: there are no addresses left. */
void *extents_grow(struct extents *extents, void *items, size_t least, size_t *bytes,
                   enum room_use use, bool filed);
void extents_give(struct extents *extents, void *items);
/* The oldest extent in memory of one of the arrays, each in its turn, goes to the file; of those in bulk
 * first. False: there is none but the youngest of each, or the file takes no more. */
bool extents_move_out(struct extents *extents);
/* Brings in what of it is in the file. */
void extents_near(struct extents *extents, const void *from, size_t bytes);
/* Takes all that is in the file out of memory. */
void extents_map_out(struct extents *extents);
uint64_t extents_memory(const struct extents *extents); /* bytes in memory that are in no file */
uint64_t extents_filed(const struct extents *extents);  /* bytes in the file */

#endif
