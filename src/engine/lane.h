/*
 * lane.h: a worker as the steps see it.
 *
 * A lane is one thing the kernel schedules, with its ring and its GIL. Steps never touch a GIL or a
 * ring's says-state by themselves: they call lane_leave before a call that may block or native work,
 * and lane_enter after it. That keeps "what it says" right in every model, with a GIL or without.
 */
#ifndef ENGINE_LANE_H
#define ENGINE_LANE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/gil.h"
#include "trace/ring.h"

struct stage;

struct lane {
    struct ring_writer ring;
    struct stage *stage; /* borrowed */
    struct gil *gil;     /* borrowed; NULL: none */
    bool holds;          /* this lane has the GIL now */
    enum says says;      /* the last one said */
    enum lane_role role;
    uint32_t index;
    uint32_t task;           /* the one it works on, or TASK_NONE */
    uint32_t params_version; /* last seen */
    void *steps[16];         /* private state of step kinds (a curl handle, matrices); see step.h */
};

/* Begin a lane in the calling thread: ring, ids; the lane says IDLE and does not hold the GIL. */
void lane_begin(struct lane *lane, struct stage *stage, struct gil *gil, enum lane_role role,
                uint32_t index);
/* Frees step state, drops the GIL, ends the ring. */
void lane_end(struct lane *lane);
/* Only the first: for a lane whose step state lives on a loop that ends before it. */
void lane_free_steps(struct lane *lane);

/* Compute python from now on: takes the GIL where there is one (WANT/TAKE), else says COMPUTE. */
void lane_enter(struct lane *lane);
/* Do something else from now on: drops the GIL where it is held, else says it. */
void lane_leave(struct lane *lane, enum says says);
/* While not holding: another thing than before. */
void lane_say(struct lane *lane, enum says says);
/* Between quanta of python compute: `bytecode` worth of interpreter work, then lane_check. */
void lane_quantum(struct lane *lane);
/* Half of `bytecode` worth of interpreter work (real CPU), holding what it holds, then lane_check:
 * what an interpreter spends before and after each step. */
void lane_bytecode(struct lane *lane);
/* A back-edge of the interpreter: drop request and changed parameters. Two relaxed loads. */
void lane_check(struct lane *lane);
/* Any point between steps, holding or not: pick up changed parameters (GIL on/off) and say in the
 * trace that they count from now on (once per run and change). A worker that computes also makes the
 * blocking call of 500 ms that a hand asked for. One relaxed load where nothing changed. */
void lane_poll_params(struct lane *lane);
/* A worker is to make a blocking call, once it computes: it then calls lane_poll_params(). */
bool lane_is_to_block(const struct lane *lane);
bool lane_should_stop(const struct lane *lane);

/* Sleep in a blocking call for so long, saying IO and without the GIL; back with the GIL. False:
 * the run was stopped meanwhile. */
bool lane_sleep(struct lane *lane, uint64_t wait_ns);

#endif
