/*
 * spill.h: a room (base/room.h) that keeps arrays in memory up to a bound, and beyond it in a file
 * that is mapped. Of the file no more than another bound is in this process's memory at a time: what
 * was used last. What is not, lies in the kernel's cache of files as long as nobody else needs that
 * memory, and on the disk.
 *
 * The file's space is written before it is used: where the disk is full, arrays go (back) to memory,
 * and spill_trouble() says so; no store into the mapping can fail.
 */
#ifndef PLATFORM_SPILL_H
#define PLATFORM_SPILL_H

#include "base/error.h"
#include "base/room.h"

#include <stdbool.h>
#include <stdint.h>

/* Takes an empty regular file, open for reading and writing, and closes it with the room: it should
 * have no name. `memory_bytes` of arrays stay in memory, of those in bulk three quarters of that, `mapped_bytes` of the file may be in it too.
 * NULL, with a sentence, where this platform cannot do it or the file is no such one; the descriptor
 * is closed then too. */
struct room *spill_new(int descriptor, uint64_t memory_bytes, uint64_t mapped_bytes,
                       struct error *error);

struct spill_figures {
    uint64_t memory_bytes; /* arrays in memory */
    uint64_t file_bytes;   /* space of arrays in the file */
    uint64_t mapped_bytes; /* of the file, in memory, as far as it was brought in by near() */
};
void spill_figures(const struct room *room, struct spill_figures *figures);
/* Why arrays had to go to memory; NULL: they did not. */
const char *spill_trouble(const struct room *room);

#endif
