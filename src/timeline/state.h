/*
 * state.h: the states of a lane, and how they come about.
 *
 * Every lane is at every moment of its life in exactly one state, from what it says it does and from
 * what the kernel says of it:
 *
 *   says            on a core   preempted   blocked      kernel unknown
 *   compute         run         ready       other        run
 *   native          native      ready       other        native
 *   io              native      ready       io           io
 *   call            native      ready       other        other
 *   gil             gil         gil         gil          gil
 *   lock            lock        lock        lock         lock
 *   ipc             ipc         ready       ipc          ipc
 *   idle            idle        idle        idle         idle
 *
 * With the rusage source the kernel is unknown at each moment: `ready` cannot be told then and is
 * n/a in every figure, and `run` contains it.
 */
#ifndef TIMELINE_STATE_H
#define TIMELINE_STATE_H

#include "trace/event.h"

enum state {
    STATE_RUN,
    STATE_NATIVE,
    STATE_READY,
    STATE_GIL,
    STATE_LOCK,
    STATE_IO,
    STATE_IPC,
    STATE_IDLE,
    STATE_OTHER,
    STATE_COUNT,
    STATE_NONE = STATE_COUNT /* the lane does not live at that moment */
};
enum kernel_state {
    KERNEL_ON,
    KERNEL_PREEMPTED,
    KERNEL_BLOCKED,
    KERNEL_UNKNOWN,
    KERNEL_STATE_COUNT
};

enum state state_of(enum says says, enum kernel_state kernel);
/* The same for values that are known to be right, by kernel << 4 | says. */
extern const uint8_t state_table[KERNEL_STATE_COUNT << 4];

/* One row per state: its key in reports ("gil"), its word for people ("waits for the GIL"), and one
 * sentence that explains it. */
struct state_row {
    const char *key, *word, *explain;
};
extern const struct state_row state_rows[STATE_COUNT];

/* Rows of a loop's tasks. */
enum task_state {
    TASK_STATE_NONE, /* not submitted yet */
    TASK_STATE_QUEUED,
    TASK_STATE_WAITING,
    TASK_STATE_DUE, /* could go on, but the loop is busy elsewhere */
    TASK_STATE_RUNNING,
    TASK_STATE_DONE,
    TASK_STATE_FAILED,
    TASK_STATE_COUNT
};

#endif
