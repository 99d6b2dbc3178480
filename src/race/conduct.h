/*
 * conduct.h: the inside of a race, shared by race.c (what is asked from outside), conduct.c (the
 * steps of a run), hands.c (what is turned and done while it runs) and hear.c (what the spawner and
 * the recorder tell). Nobody else includes it.
 */
#ifndef RACE_CONDUCT_H
#define RACE_CONDUCT_H

#include "model/model.h"
#include "race/race.h"
#include "trace/arena.h"

/* Where a run stands. Each step waits for one answer; those a scenario does not need are passed
 * over. */
enum step {
    AT_WAITING,
    AT_ORIGIN,  /* the origin starts */
    AT_STAGE,   /* the stage sets itself up */
    AT_CROWD,   /* the crowd raises its limits */
    AT_ATTACH,  /* the recorder watches the stage */
    AT_READY,   /* all is set up; those beside it are not yet */
    AT_LIVE,    /* it goes */
    AT_OUTSIDE, /* the stage is reaped; its outside ends */
    AT_DETACH,  /* the recorder takes the rest */
    AT_OVER,
};
enum { TURNS_MAX = 256 };

struct run {
    enum step step;
    uint64_t step_ns; /* since when */
    const struct model *model;
    int stage_pid, outside_pid; /* 0: none */
    bool stage_asked, outside_asked;
    uint64_t core_mask;
    uint64_t go_ns, stop_ns;
    int exit_status;
    bool end_written; /* RUN_END by the conductor, for a stage that could not */
    bool killed;      /* its stage, by a hand */
};

/* What a hand did in one turn of a race, to be done again in the next. */
struct turn {
    uint64_t t_ns; /* run time at which it was */
    int param;     /* a knob's, or -1: it is a hand */
    int64_t value; /* the knob's value, or enum hand */
};

struct race {
    struct spawner *spawner;
    struct arena arena;
    struct meta meta;
    bool meta_changed;
    enum staging staging;
    int file, control;
    int overflow; /* memory, for what comes when the file takes no more */
    int recorder_pid;
    bool recorder_asked, recorder_over, closing;
    uint64_t closing_ns;
    uint64_t observer_mask;
    struct run runs[META_RUNS_MAX];
    size_t run_count;
    enum outside_kind outside;
    int64_t start_values[ARENA_PARAMS_MAX];
    size_t param_count;
    struct turn turns[TURNS_MAX]; /* by time */
    size_t turn_count, turn_next; /* of the turn that is live: the next one to come */
    enum plan_kind kind;
    struct plan_value
        amount;      /* what a burst is a share of: tasks; of a service the rate of lines */
    char said[160];  /* of the last hand */
    char idle[160];  /* of the last knob that was asked about */
    uint32_t ticket; /* of this race, so that a later one does not hear of its processes */
    bool started, over, stopping;
    char trouble[240];
};

/* conduct.c */
void run_enter(struct run *run, enum step step);
void run_set_status(struct race *race, size_t i, enum run_status status, const char *reason);
/* A run that never went, or whose processes are to go now. */
void run_fail(struct race *race, size_t i, enum run_status status, const char *reason);
void run_kill(struct race *race, struct run *run);
void run_judge(struct race *race, size_t i); /* what became of a stage that was reaped */
void run_begin(struct race *race, size_t i);
/* Lets those go that are ready, all at one moment, once nobody beside them is still setting up. */
void runs_let_go(struct race *race);
void run_move(struct race *race, size_t i, uint64_t now_ns);
bool race_spawn(struct race *race, enum spawn_kind kind, size_t run, uint64_t mask, int control);
struct recorder_message;
void race_tell_recorder(struct race *race, const struct recorder_message *message,
                        const char *rest);
void race_tell_meta(struct race *race);
void race_tell_event(struct race *race, uint64_t mono_ns, const struct event *event);

/* hands.c: what is to be done by this run time: in an earlier turn it was, or it was scheduled. */
void hands_again(struct race *race, size_t i, uint64_t now_ns);

/* hear.c: everything that was told, without waiting. */
void race_hear_spawner(struct race *race);
void race_hear_recorder(struct race *race);

#endif
