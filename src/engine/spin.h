/*
 * spin.h: interpreter work, counted.
 *
 * What an interpreter spends around a step and a quantum is simulated in its amount and real in its
 * CPU time: a small bytecode machine runs a fixed program for so many instructions. The amount of a
 * nanosecond is measured once per race (header->spins_per_ms) and is the same for all its runs; so a
 * lane that loses its core does not get its work shortened, as one that waited until a time would.
 */
#ifndef ENGINE_SPIN_H
#define ENGINE_SPIN_H

#include <stdint.h>

#include "trace/arena.h"

/* Instructions that this machine does in a millisecond: the best of some short trials (about 10 ms
 * in all). For header->spins_per_ms, before the first stage is forked. */
uint64_t spin_calibrate(void);
/* Runs as many instructions as are `work_ns` by the header's measure. */
void spin_for_ns(const struct arena_header *header, uint64_t work_ns);
/* Runs exactly so many instructions from a seed; gives what the machine's registers make of it. */
uint64_t spin_run(uint64_t instructions, uint64_t seed);

#endif
