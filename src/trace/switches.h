/*
 * switches.h: the kernel's switch records, as events of lanes; inside trace/ only.
 */
#ifndef TRACE_SWITCHES_H
#define TRACE_SWITCHES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "trace/lives.h"
#include "trace/order.h"

struct switches;
/* `lives` is borrowed. Nothing is recorded before the first watch. */
struct switches *switches_new(const struct lives *lives, uint64_t base_ns);
void switches_free(struct switches *switches);

/* Record `pid` and all it will start; false where the kernel refuses, with the reason. */
bool switches_watch(struct switches *switches, int pid, struct error *error);
/* It has ended and its records were read. The last one closes the kernel's rings. */
void switches_unwatch(struct switches *switches, int pid);

/* First half of a pass: takes all records out of the kernel's rings. */
void switches_read(struct switches *switches);
/* Second half: those whose lane is known by now go into the batch; those that must wait for a
 * LANE_BEGIN stay; those of no lane are counted. */
void switches_tie(struct switches *switches, struct batch *batch);

/* How many records were lost that were not told by an earlier call. */
uint64_t switches_lost(struct switches *switches);
uint64_t switches_unknown(const struct switches *switches);
size_t switches_fds(const struct switches *switches, int *fds, size_t most);

#endif
