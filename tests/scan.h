/*
 * scan.h: the questions of timeline.h answered by looking at every event: no rows, no blocks, no
 * order kept from one question to the next. Slow, and simple enough to be believed; what the
 * timeline answers must be the same. Run time and indexes as in timeline.h.
 */
#ifndef TESTS_SCAN_H
#define TESTS_SCAN_H

#include "timeline/figures.h"

struct scan;
/* Sorts a copy of what was fed so far by time. meta is borrowed. */
struct scan *scan_new(const struct event *fed, size_t count, const struct meta *meta,
                      uint64_t until);
void scan_free(struct scan *scan);

/* One run: everything below speaks of it. False: it has not gone. */
bool scan_choose(struct scan *scan, size_t run);

void scan_run(const struct scan *scan, struct run_brief *brief);
void scan_lane(const struct scan *scan, size_t lane, struct lane_brief *brief);
void scan_lane_at(const struct scan *scan, size_t lane, uint64_t t, struct lane_moment *moment);
/* ns[STATE_COUNT] receives the time on a core. */
void scan_lane_shares(const struct scan *scan, size_t lane, uint64_t t0, uint64_t t1,
                      uint64_t ns[STATE_COUNT + 1]);
enum task_state scan_task_at(const struct scan *scan, uint32_t task, uint64_t t, uint64_t *since);
enum task_state scan_task_most(const struct scan *scan, uint32_t task, uint64_t t0, uint64_t t1);
void scan_counts(const struct scan *scan, uint64_t t, struct task_counts *counts);
void scan_gil_at(const struct scan *scan, size_t gil, uint64_t t, struct gil_moment *moment);
uint32_t scan_gil_most(const struct scan *scan, size_t gil, uint64_t t0, uint64_t t1,
                       uint32_t *held_permille);
int scan_core_busy(const struct scan *scan, uint32_t core, uint64_t t0, uint64_t t1);
int scan_machine_busy(const struct scan *scan, uint32_t core, uint64_t t0, uint64_t t1);
uint32_t scan_core_lane(const struct scan *scan, uint32_t core, uint64_t t);
uint32_t scan_queue_max(const struct scan *scan, uint64_t t0, uint64_t t1);
bool scan_switches(const struct scan *scan, uint64_t t0, uint64_t t1, uint64_t *voluntary,
                   uint64_t *involuntary);
int64_t scan_memory(const struct scan *scan, enum memory_kind kind, uint64_t t);
int64_t scan_param(const struct scan *scan, uint32_t param, uint64_t t);
uint64_t scan_step(const struct scan *scan, uint64_t t, int direction);
/* Only what has no question of its own above. */
void scan_figures(const struct scan *scan, uint64_t t, struct figures *figures);

#endif
