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
/* What the file could not take any more (disk full): a recording in memory that goes on where the file
 * ends, at most 64 MiB of events, and how many bytes of it are whole; 0: it was not needed. */
int race_overflow_fd(const struct race *race);
uint64_t race_overflowed(const struct race *race);
int race_live_run(const struct race *race); /* the one (or first) that is live, -1 none */
bool race_over(const struct race *race);
const char *race_trouble(const struct race *race); /* "the recorder died", or NULL */

/*
 * Hands on (hands.c): what a viewer turns and does while the race runs. Each is laid on every run that
 * is live, and is an event in its trace. In turns it is done again at the same run time in the turns
 * after it; a run that is over by then has missed it as it would have beside the others. Where a turn
 * is over already the race is not comparable from then on.
 */
void race_turn_knob(struct race *race, int param, int64_t value);
int64_t race_param(const struct race *race, int param); /* as it is set now */
/* Why turning this parameter changes nothing in a run that is live now, as a sentence that names the
 * run ("EVENT LOOP: one thread, it has no workers"); NULL: it does. Good until the next call. */
const char *race_knob_idle(struct race *race, int param);

enum hand {
    HAND_BLOCK, /* the next worker that looks makes one blocking call of 500 ms */
    HAND_KILL,  /* SIGKILL for the living worker with the highest number, and for what shares a
                   process with it: under processes one child, else the whole stage. It is not
                   replaced, but turning `workers` brings the pool to that many living ones. */
    HAND_BURST, /* a tenth of the batch's tasks, one at least, is submitted on top; of a service:
                   the crowd says at once what it says in a second */
    HAND_COUNT
};
extern const char *const hand_names[]; /* "block", "kill", "burst", NULL */
/* NULL: done, and race_said() tells what; else a sentence why it cannot be done now. */
const char *race_hand(struct race *race, enum hand hand);
/* What the last hand did, for the screen: "PROCESSES: w3 was killed; the others go on". "" before. */
const char *race_said(const struct race *race);

/*
 * To be done at a run time, said before the race starts: a knob (`param` and its value), or, where
 * `param` is -1, the hand `value`, or a viewer's mark where that is HAND_COUNT. In turns every turn has
 * it at its own time; else it is done once, in all runs that are live, by the clock of the first. False:
 * there are 256 already.
 */
bool race_schedule(struct race *race, uint64_t t_ns, int param, int64_t value);
/* Whether a hand killed this run's stage: then that it failed is what was asked for. */
bool race_killed(const struct race *race, size_t run);

/* A mark at this moment in every run that is live (in none: nothing is marked); and one at a run time
 * of any run that has gone. */
void race_mark(struct race *race, enum mark_kind kind);
void race_mark_at(struct race *race, size_t run, uint64_t t_ns, enum mark_kind kind);

#endif
