/*
 * sampler.h: cores and memory, as events. Used by the recorder only.
 *
 * Cores: busy permille of each core of the machine over the time since the sample before (/proc/stat
 * counts in ticks of 10 ms), ten times a second.
 * Memory, of all processes of a run together: RSS without shared memory (the trace's own pages are
 * shared memory) ten times a second; PSS once a second, since it takes the target's lock; the
 * kernel's own share (stacks, page tables, slab) as the machine's growth since the run was attached:
 * an estimate, and n/a where several runs go at once. Where a run has so many processes that a round costs more than 1 % of a core, rounds
 * become rarer.
 */
#ifndef RACE_SAMPLER_H
#define RACE_SAMPLER_H

#include <stdint.h>

#include "trace/arena.h"
#include "trace/drain.h"

struct sampler;
struct sampler *sampler_new(const struct arena *arena, struct drain *drain); /* both borrowed */
void sampler_free(struct sampler *sampler);
/* A run is about to go, or is over. */
void sampler_begin(struct sampler *sampler, uint32_t run, int stage_pid);
void sampler_end(struct sampler *sampler, uint32_t run);
/* Takes the samples that are due. Cheap where none is. */
void sampler_turn(struct sampler *sampler, uint64_t now_ns);

#endif
