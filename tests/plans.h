/*
 * plans.h: what the tests of scenario/ share. For tests only.
 */
#ifndef TESTS_PLANS_H
#define TESTS_PLANS_H

#include "scenario/plan.h"

/* The names of all models there are, NULL-terminated. */
extern const char *const all_models[];

/* A scenario that comes with lockstep; one that cannot be loaded fails. */
struct plan *loaded(const char *name);

/* Turns a knob from end to end and back: in few presses, always forward, never out of bounds. */
void walk_knob(const struct param *param);

#endif
