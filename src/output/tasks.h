/*
 * tasks.h: what only the events tell, for a Chrome trace: each task, the way of each through a queue,
 * depths and memory. Only output/ includes it.
 */
#ifndef OUTPUT_TASKS_H
#define OUTPUT_TASKS_H

#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "output/chrome.h"
#include "output/output.h"

/* The place of a lane on the axis. */
struct chrome_place tasks_lane_place(size_t run, uint32_t lane);
/* Whether a slice of the lane is there at a moment, to tie an arrow to. */
bool tasks_lane_drawn(const struct output_options *options, size_t run, uint32_t lane, uint64_t ns);
/* Reads all events and writes what they tell. */
bool tasks_write(const struct output_options *options, struct chrome *chrome, struct error *error);

#endif
