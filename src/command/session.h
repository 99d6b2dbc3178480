/*
 * session.h: what `run` and the screen share: from options to a plan with values, from a plan to
 * race options.
 */
#ifndef COMMAND_SESSION_H
#define COMMAND_SESSION_H

#include "command/options.h"
#include "race/race.h"

/* Loads the scenario and applies --set and --duration. NULL with a sentence. plan_free() it. */
struct plan *session_plan(const char *scenario, const struct options *options,
                          int64_t values[PLAN_PARAMS_MAX], struct error *error);
/* values must live as long as race_new runs. */
void session_race(struct race_options *race, const struct plan *plan,
                  const int64_t values[PLAN_PARAMS_MAX], const struct options *options);

/* Tells the race, which has not started, all that --do asks for. False with a sentence. */
bool session_schedule(struct race *race, const struct plan *plan, const struct options *options,
                      struct error *error);

/* "lockstep: SENTENCE" on standard error; returns EXIT_WRONG. */
int session_wrong(const struct error *error);

#endif
