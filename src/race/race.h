/*
 * race.h: several runs of one scenario, conducted.
 *
 * The conductor lives in the process of the screen (or of `lockstep run`) and never blocks it: it is
 * a state machine that race_poll() moves on whenever one of its descriptors is readable or some time
 * has passed. It asks the spawner for the recorder, the outsides and the stages, attaches the
 * recorder to each stage before it goes, lets it go, and tells what happened. It reads no event:
 * what the screen shows comes from the recording, through timeline/.
 */
#ifndef RACE_RACE_H
#define RACE_RACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "race/spawner.h"
#include "scenario/plan.h"
#include "trace/recording.h"

enum staging { STAGING_TURNS, STAGING_SPLIT, STAGING_TOGETHER, STAGING_COUNT };
extern const char *const staging_names[]; /* "turns", "split", "together", NULL */

struct race_options {
    const struct plan *plan;         /* borrowed while the race is made */
    const char *const *models;       /* NULL-terminated; NULL: the plan's */
    int64_t values[PLAN_PARAMS_MAX]; /* the start values, in the order of plan->params */
    int staging;                     /* enum staging, or -1: the default (split where it gives
                                        each model two cores or more, else turns) */
    uint64_t seed;
    int64_t duration_ns;   /* of services; 0: the plan's */
    const char *record;    /* a path, or NULL: a temporary file without a name */
    bool record_force;     /* overwrite */
    uint32_t repeat_index; /* 1..; goes into the meta */
    const char *listen;    /* or NULL */
    const char *predicted; /* the viewer's answer to the question (a model's name, a state's
                                        key), or NULL: goes into the meta */
};

struct race;
/* Checks everything that can be refused before anything starts (recording path not writable, split
 * without enough cores, no model left): false with the sentence. The race does not run yet. */
struct race *race_new(struct spawner *spawner, const struct race_options *options,
                      struct error *error);
void race_start(struct race *race);
/* Move on. Returns true while the race is not over. Never blocks. */
bool race_poll(struct race *race);
/* Descriptors to wait for, and after how long (ms) to call race_poll anyway. */
size_t race_fds(const struct race *race, int *fds, size_t most);
int race_timeout_ms(const struct race *race);
/* End it now: stops live runs (status stopped), collects what is there; race_poll goes on until it
 * is over (bounded: a second, then kills). */
void race_stop(struct race *race);
void race_free(struct race *race); /* kills what still runs */

const struct meta *race_meta(const struct race *race); /* as known now */
int race_recording_fd(const struct race *race);
uint64_t race_recorded(const struct race *race); /* bytes of the file that are whole */
int race_live_run(const struct race *race);      /* the one (or first) that is live, -1 none */
bool race_over(const struct race *race);
const char *race_trouble(const struct race *race); /* "the recorder died", or NULL */

/* Live hands. Each is an event in the trace. */
void race_turn_knob(struct race *race, int param, int64_t value);
void race_mark(struct race *race, enum mark_kind kind);
int64_t race_param(const struct race *race, int param);

#endif
