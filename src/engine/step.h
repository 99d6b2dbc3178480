/*
 * step.h: what the step kinds do. One file (step_get.c, step_wait.c, ...) and one row each; the
 * names and fields of the steps are scenario/plan.h's, and a test holds the two tables together.
 *
 * Two ways. Blocking: `run` carries the step to its end on the calling lane. Evented: `start` begins
 * it on a loop and returns true when it is already done; else the step later calls task_resume()
 * from a libev callback of the same loop. A step that computes or blocks does so in both ways: that
 * is what a loop suffers from.
 *
 * To add a step kind: its row in scenario/step.c, its file here, its row in steps.c.
 */
#ifndef ENGINE_STEP_H
#define ENGINE_STEP_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "engine/lane.h"
#include "scenario/plan.h"

/* One task while it is carried. */
struct task {
    uint32_t id;
    uint32_t step;      /* index of the step it is in */
    uint64_t checksum;  /* of what its steps produced: the same in every model */
    struct buffer page; /* what `get` fetched, for `parse` */
    struct buffer sent; /* what `send` made: the payload of the result */
    uint64_t figure;    /* the current step's figure for STEP_END: bytes, quanta, ns */
    bool taken;         /* TASK_TAKE was written already */
    int failed;         /* errno-like; 0 while well */
    char why[120];      /* sentence of the failure */
    void *waiting;      /* evented: the step's own watcher state, NULL when none */
    void (*resumed)(struct task *task, void *context); /* evented: the carrier's continuation */
    void *context;
};

struct step_row {
    const char *name; /* as in step_rows[kind] of scenario/plan.h */
    bool (*run)(struct lane *lane, struct task *task, const struct plan_step *step);
    /* NULL: runs like `run`, on the loop's own thread (it computes or blocks). */
    bool (*start)(struct lane *lane, struct ev_loop *loop, struct task *task,
                  const struct plan_step *step, bool *done);
    /* Per lane, at its end: frees lane->steps[kind]. NULL: nothing. */
    void (*lane_end)(struct lane *lane, void *state);
};
extern const struct step_row *const steps_table[STEP_KIND_COUNT]; /* NULL: not there yet */

/* The value of a field now (a literal or the current value of a parameter). */
int64_t step_value(const struct lane *lane, const struct plan_step *step, int field);

void task_init(struct task *task, uint32_t id);
void task_fini(struct task *task);

/* Carry one task through all steps, blocking; emits TAKE (unless taken), STEP_*, DONE or FAIL.
 * Afterwards the lane computes (has the GIL). False: the run was stopped before the task ended; it
 * stays in flight. */
bool task_run(struct lane *lane, struct task *task);
/* The parts of it, for other carriers. begin: STEP_BEGIN and the bytecode before; end: the bytecode
 * after and STEP_END; over: TASK_DONE or TASK_FAIL. The lane holds the GIL in all of them. */
void task_take(struct lane *lane, struct task *task);
void task_step_begin(struct lane *lane, struct task *task);
void task_step_end(struct lane *lane, struct task *task);
void task_over(struct lane *lane, struct task *task);
/* Adds what a step made to the task's checksum; the order of steps counts. */
void task_mix(struct task *task, uint64_t value);
/* Evented: start it; `resumed` is called once when the task has ended (never from inside this call
 * only when it ends at once: then true is returned). */
bool task_start(struct lane *lane, struct ev_loop *loop, struct task *task);
void task_resume(struct lane *lane, struct ev_loop *loop, struct task *task, uint64_t due_ns);

/* A step's failure: sets task->failed and why. Returns false. */
bool task_fail(struct task *task, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
