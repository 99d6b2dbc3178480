/*
 * stage.h: the process that hosts one model's run.
 *
 * stage_main() is called in a freshly forked child whose signals and terminal were already let go
 * (race/spawner.c). It maps the arena, parses the plan out of it, lets the model prepare (a service
 * listens and publishes its port), says PHASE_READY, waits for go, writes RUN_GO, lets the model run,
 * writes RUN_END with the status, says PHASE_OVER and returns the exit status for _exit.
 *
 * A stage is the zygote of its lanes where they are processes: it stays small before they fork.
 */
#ifndef ENGINE_STAGE_H
#define ENGINE_STAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/lane.h"
#include "scenario/plan.h"
#include "trace/arena.h"

struct stage {
    struct arena arena;
    struct arena_run *run;
    uint32_t run_index;
    struct plan *plan;
    int listener;     /* a service's listening socket, or -1 */
    struct gil *gil;  /* of the stage's main thread (and of its threads), or NULL: there is none */
    struct lane main; /* the stage's main thread; a worker lane under serial and loop */
    bool ended;       /* RUN_END was written */
    uint64_t
        elsewhere; /* parameters, a bit each, that lanes do not apply: workers, the outside's */
    uint32_t workers_version; /* of that parameter: the last one that was looked at */
};

/* Lanes that are no workers of a pool: the stage's main thread, the origin and the crowd. */
enum { STAGE_LANES_OTHER = 3 };

/* What a model does with a stage: implemented by model/, given by the caller, so that engine/ knows
 * no model. Returns false with a sentence on failure. */
struct stage_model {
    const char *name;
    enum lane_role main_role;                                /* what the stage's main thread is */
    bool without_gil;                                        /* a free-threaded build */
    bool (*batch)(struct stage *stage, struct error *error); /* by the plan's kind; NULL: cannot */
    bool (*service)(struct stage *stage, struct error *error);
};

/* Takes the fd. Exit status: 0 done or limited or stopped, 1 failed. */
int stage_main(int arena_fd, uint32_t run, const struct stage_model *model);

/* Parameter now. */
int64_t stage_param(const struct stage *stage, int param);
static inline bool stage_should_stop(const struct stage *stage)
{
    return atomic_load_explicit(&stage->run->stop, memory_order_relaxed) != 0;
}
/* The work is over (`whole`: every task ended and is collected, a service's talk is over), or it was
 * stopped before: writes RUN_END, once, with the status that follows (limited and failed win). A
 * model calls it right then, and ends its lanes afterwards; stage_main calls it for one that did
 * not. */
void stage_end(struct stage *stage, bool whole);
/* A limit of the machine was hit (fork, thread, descriptor): status LIMITED at this many. The lanes
 * that run are told to stop. */
void stage_limited(struct stage *stage, uint32_t count, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * A pool's workers, while it works. They can be more than at its start by what the run's lane table
 * has room for: stage_workers_most() in all, those that left or died included (a lane's number is
 * never used again).
 */
uint32_t stage_workers_most(const struct stage *stage);
/* Whether the parameter was turned since this was asked last, and to how many. */
bool stage_workers_turned(struct stage *stage, uint32_t *wanted);
/* Whether stage_workers_turned() or stage_submit_burst() would have something. */
bool stage_is_called(const struct stage *stage);
/* The pool has so many from now on, or fewer where there is no room or the machine gives no more:
 * PARAM_APPLIED tells how many. */
void stage_workers_are(struct stage *stage, uint32_t count);

/* Batch: how many tasks; ids are 0 .. count - 1. Emits TASK_SUBMIT for each. */
uint32_t stage_submit_all(struct stage *stage, struct lane *lane);
/* Submits what a hand asked for on top, with the ids that follow; gives how many. */
uint32_t stage_submit_burst(struct stage *stage, struct lane *lane);
/* The collector has a result: TASK_COLLECT. */
void stage_collect(struct stage *stage, struct lane *lane, uint32_t task, uint64_t bytes,
                   uint64_t checksum);

#endif
