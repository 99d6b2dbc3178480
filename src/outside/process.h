/*
 * What a process of the outside stands on: the race's arena, the plan in it, a ring of its own for
 * events (ROLE_OUTSIDE), a libev loop of its own, and as many descriptors as it may have.
 */
#ifndef OUTSIDE_PROCESS_H
#define OUTSIDE_PROCESS_H

#include "base/error.h"
#include "scenario/plan.h"
#include "trace/arena.h"
#include "trace/ring.h"

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

struct outside {
    struct arena arena;
    struct arena_run *run; /* borrowed from the arena */
    struct plan *plan;
    struct ring_writer ring;
    bool has_lane;           /* the ring was opened */
    uint32_t params_version; /* last seen */
    struct ev_loop *loop;
    uint64_t descriptors; /* how many this process may have open */
};

/* Takes the fd. `kind` is what the plan has to ask for. On failure the run knows the reason
 * (outside_ready 2, status failed), as far as there is a run to tell; nothing is left to close. */
bool outside_open(struct outside *outside, int arena_fd, uint32_t run, enum outside_kind kind);

/* The work is done or given up: ends the lane and frees everything. */
void outside_close(struct outside *outside);

/* Says that the outside can be talked to, or that it failed and why. */
void outside_ready(struct outside *outside);
void outside_failed(struct outside *outside, const char *why);

/* A number of the plan as it is now: a literal, or the parameter's current value. */
int64_t outside_value(const struct outside *outside, const struct plan_value *value);

static inline int64_t outside_field(const struct outside *outside, int field)
{
    return outside_value(outside, &outside->plan->outside_value[field]);
}

/* Values that were turned count from now on: PARAM_APPLIED for each that the plan's outside uses. */
void outside_poll_params(struct outside *outside);

/* The viewer asked for the run to end, or the stage has ended. */
bool outside_is_stopped(const struct outside *outside);
bool outside_is_over(const struct outside *outside);

#endif
