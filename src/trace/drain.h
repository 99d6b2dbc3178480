/*
 * drain.h: rings and kernel records become one sequence, by time.
 *
 * The recorder owns one drain per race. A call to drain_pass() empties every ring of every live
 * run and the kernel's switch records, converts stamps to ns since the base, ties switch records to
 * lanes by (pid, tid) and lifetime, and hands over, in the order of time, all events older than a
 * hold-back (20 ms). A lane preempted between its stamp and its store can still come later than
 * that: such an event keeps its time, is handed over as soon as it is seen, and is counted
 * (drain_late). Readers order per lane; per lane, and per kernel record stream, order always holds.
 *
 * Clock: stamps are mapped to CLOCK_MONOTONIC by a line through anchors taken at each pass, never
 * backwards within a lane; within 25 ns after 10 s.
 */
#ifndef TRACE_DRAIN_H
#define TRACE_DRAIN_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "trace/arena.h"

struct drain;

/* PERF: every switch, as the kernel records it. RUSAGE: running totals of each live lane, read from
 * outside ten times a second, 64 lanes at a time (LANE_CPU, LANE_SWITCHES: what was used since the
 * lane was first looked at; what it tells itself at its end takes their place). */
enum switch_source { SOURCE_NONE, SOURCE_PERF, SOURCE_RUSAGE };
extern const char *const switch_source_names[]; /* "none", "perf", "rusage" */

/* `arena` is borrowed. base_ns: CLOCK_MONOTONIC of time 0. Takes about 2 ms (the clock's first
 * line). stamp_init() was called before, as in those that write. */
struct drain *drain_new(const struct arena *arena, uint64_t base_ns);
void drain_free(struct drain *drain);

/* A run is about to go: watch this stage (pid, already forked, not yet gone). Gives the source that
 * could be had; where it is SOURCE_RUSAGE, `error` says why perf was refused. */
enum switch_source drain_attach(struct drain *drain, uint32_t run, int pid, struct error *error);
/* The run is over and its stage reaped: take what is left, then forget it. */
void drain_detach(struct drain *drain, uint32_t run);

/* Events handed over; valid until the next call. `everything`: no hold-back (at the end). */
struct drained {
    const struct event *events;
    size_t count;
    uint64_t until_ns; /* nothing older than this is still to come, but for late ones */
    /* The line in use: ns = ns0 + (stamp - stamp0) * ns_per_stamp; goes into the chunk. */
    uint64_t stamp0, ns0;
    double ns_per_stamp;
};
struct drained drain_pass(struct drain *drain, bool everything);

/* The recorder's own events (samples, marks, parameters), at a CLOCK_MONOTONIC time. */
void drain_add(struct drain *drain, uint64_t mono_ns, const struct event *event);

uint64_t drain_seen(const struct drain *drain);
uint64_t drain_late(const struct drain *drain);
/* What was told by LOST events so far. */
uint64_t drain_lost(const struct drain *drain, enum lost_where where);
/* Kernel records of threads that were no lane at that moment (a stage before its lanes begin,
 * helpers of libraries): left out on purpose, not lost. */
uint64_t drain_unknown(const struct drain *drain);
/* What poll() should wait for besides a timer (kernel rings at their watermark). */
size_t drain_fds(const struct drain *drain, int *fds, size_t most);

#endif
