/*
 * totals.h: what live lanes used so far, read from outside where the kernel does not record switches
 * (SOURCE_RUSAGE); inside trace/ only.
 */
#ifndef TRACE_TOTALS_H
#define TRACE_TOTALS_H

#include <stdint.h>

#include "trace/arena.h"
#include "trace/order.h"

struct totals;
struct totals *totals_new(const struct arena *arena, uint32_t run); /* arena is borrowed */
void totals_free(struct totals *totals);

/* Puts LANE_CPU and LANE_SWITCHES of the next 64 live lanes into the batch, timed now_ns. */
void totals_sample(struct totals *totals, struct batch *batch, uint64_t now_ns);

#endif
