/*
 * invariants_inside.h: what is known of a run while it is checked; for the files of invariants.h only.
 */
#ifndef TESTS_INVARIANTS_INSIDE_H
#define TESTS_INVARIANTS_INSIDE_H

#include "tests/invariants.h"

enum { CORES = 1024 };

struct lane {
    bool begun, ended, crashed, on_core, core_known, cpu_told, switches_told;
    enum lane_role role;
    uint32_t core, gil; /* OBJECT_NONE: none */
    uint64_t begin, end, own_time, kernel_time;
    uint64_t on_since, on_core_ns, voluntary, involuntary; /* as the events tell */
    uint64_t told_on_core_ns, told_voluntary, told_involuntary;
    uint64_t seen_on_core_ns, seen_voluntary, seen_involuntary; /* when the totals were told */
};
struct task {
    uint32_t submits, takes, ends, collects;
    uint64_t submit, take, end;
    bool orphaned; /* it failed because who had it died */
};
struct check {
    struct invariants *invariants;
    const struct timeline *timeline;
    struct event *events; /* of the run, by time */
    size_t count, run;
    bool perf, done;
    struct lane *lanes;
    size_t lane_count;
    struct task *tasks;
    size_t task_count;
    uint32_t *gil_holder; /* by id; LANE_NONE: free */
    size_t gil_count;
    uint32_t core_lane[CORES];
    uint64_t seen_on_core_ns, told_on_core_ns, switches; /* of all lanes that told */
    uint64_t switch_ns;          /* what one may be charged for a switch, in the mean of all */
    uint64_t once_ns;            /* and once more */
    size_t crashes, never_taken; /* lanes that died; tasks that failed so, and nobody said he had */
};

/* One that does not hold, with a sentence. */
void invariant_breaks(struct check *check, enum invariant invariant, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* What the timeline tells of the run against its events, once each event was looked at. */
void invariants_of_timeline(struct check *check, const struct run_brief *brief);

#endif
