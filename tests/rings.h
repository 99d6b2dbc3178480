/*
 * rings.h: shared memory for tests of trace/, and lanes that write numbered marks into it. For tests
 * only.
 */
#ifndef TESTS_RINGS_H
#define TESTS_RINGS_H

#include "trace/arena.h"
#include "trace/ring.h"

#include <stdbool.h>
#include <stdint.h>

/* A traced arena of so many runs, each with room for so many lanes; its text is "name: x", its seed
 * 3. */
struct arena make_arena(uint32_t runs, uint32_t lanes);

/* EVENT_MARK with the number in b, and its complement in a, so that half an event is seen. */
void mark(struct ring_writer *writer, uint64_t number);
/* Is a worker lane of run 0 that writes the marks 0 to count - 1. `wait`: it waits for room before
 * each, so that nothing may be lost. */
void write_marks(const struct arena *arena, uint32_t index, uint64_t count, bool wait);

/* What a thread is told. */
struct thread_job {
    const struct arena *arena;
    uint32_t index;
};

void nap_us(long us);

#endif
