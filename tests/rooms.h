/*
 * rooms.h: where rows live while they are asked: each test of rows is run with them in memory, and with
 * all of them in a file of which next to nothing is in memory.
 */
#ifndef TESTS_ROOMS_H
#define TESTS_ROOMS_H

#include "base/room.h"

#include <stdint.h>

enum lives { LIVES_IN_MEMORY, LIVES_IN_A_FILE, LIVES };

/* NULL, which is memory: also where the platform has no other. */
struct room *room_that(int lives);
/* One in a file, with bounds of its own (platform/spill.h); NULL where the platform has none. */
struct room *room_in_a_file(uint64_t memory_bytes, uint64_t mapped_bytes);

#endif
