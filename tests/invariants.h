/*
 * invariants.h: what must be true of every trace, whatever ran: checked event by event, and against
 * the timeline that was fed with it. For tests that run models; the checker itself is tested with
 * traces that break each rule (tests/invariants-test.c).
 */
#ifndef TESTS_INVARIANTS_H
#define TESTS_INVARIANTS_H

#include "base/buffer.h"
#include "timeline/timeline.h"

enum invariant {
    INVARIANT_GIL, /* a GIL has at most one holder, and only its holder drops it; as many wait for
                           it as lanes are in that state */
    INVARIANT_STATES,   /* a lane's states follow each other without gap or overlap over its life */
    INVARIANT_CORES,    /* a core has at most one lane, a lane at most one core */
    INVARIANT_TASKS,    /* each task once submitted, taken, ended, in that order; none gets lost;
                           submitted = waiting + in flight + done + failed at every event. Who is
                           killed may have taken one and not said so: one at most, which failed */
    INVARIANT_SWITCHES, /* switches seen are those that getrusage counted: max(1 %, 2) apart */
    INVARIANT_CPU,      /* time on a core, of all lanes, is that of their CPU clocks: 2 % + 10 us a
                           switch apart */
    INVARIANT_ORDER,    /* no lane's events, and none of the kernel's about it, go back in time */
    INVARIANT_LOST,     /* nothing was lost */
    INVARIANT_LIVES,    /* one go and one end a run; every lane begins once and ends */
    INVARIANT_COUNT
};
extern const char *const invariant_names[INVARIANT_COUNT];

struct invariants {
    size_t broken[INVARIANT_COUNT];  /* how often */
    size_t checked[INVARIANT_COUNT]; /* how many things were looked at: 0 says nothing */
    struct buffer why;               /* a line for each of the first few that are broken */
};

/* The trace in file order, and a timeline that was fed with all of it and told its meta. `except`:
 * bits (1 << invariant) that are not looked at. True: nothing is broken. invariants_fini() in any
 * case. */
bool invariants_check(struct invariants *invariants, const struct event *events, size_t count,
                      const struct timeline *timeline, unsigned except);
/* The same of a recording: reads it, feeds a timeline of its own. A file that cannot be read whole
 * is broken (INVARIANT_LOST). What a lane may be charged around a switch: `switch_ns` as a mean of all
 * (less than 10 us counts as 10 us), and `once_ns` once on top. */
bool invariants_check_file(struct invariants *invariants, const char *path, unsigned except,
                           uint64_t switch_ns, uint64_t once_ns);
void invariants_fini(struct invariants *invariants);

#endif
