/*
 * The table of states: what a lane says, crossed with what the kernel says of it. Every row is
 * total, so that a lane is always in exactly one state. It knows no time and no lane.
 */
#include "timeline/state.h"

static const uint8_t table[SAYS_COUNT][KERNEL_STATE_COUNT] = {
    /*                on a core     preempted    blocked      unknown */
    [SAYS_COMPUTE] = { STATE_RUN, STATE_READY, STATE_OTHER, STATE_RUN },
    [SAYS_NATIVE] = { STATE_NATIVE, STATE_READY, STATE_OTHER, STATE_NATIVE },
    [SAYS_IO] = { STATE_NATIVE, STATE_READY, STATE_IO, STATE_IO },
    [SAYS_CALL] = { STATE_NATIVE, STATE_READY, STATE_OTHER, STATE_OTHER },
    [SAYS_GIL] = { STATE_GIL, STATE_GIL, STATE_GIL, STATE_GIL },
    [SAYS_LOCK] = { STATE_LOCK, STATE_LOCK, STATE_LOCK, STATE_LOCK },
    [SAYS_IPC] = { STATE_IPC, STATE_READY, STATE_IPC, STATE_IPC },
    [SAYS_IDLE] = { STATE_IDLE, STATE_IDLE, STATE_IDLE, STATE_IDLE },
};

enum state state_of(enum says says, enum kernel_state kernel)
{
    if ((unsigned)says >= SAYS_COUNT || (unsigned)kernel >= KERNEL_STATE_COUNT)
        return STATE_OTHER;
    return (enum state)table[says][kernel];
}

const struct state_row state_rows[STATE_COUNT] = {
    [STATE_RUN] = { .key = "run",
                    .word = "runs Python",
                    .explain = "It computes on a core; where there is a GIL, it holds it." },
    [STATE_NATIVE] = { .key = "native",
                       .word = "runs native code",
                       .explain = "It is on a core without the GIL: native compute, or the "
                                  "system's side of a call." },
    [STATE_READY] = { .key = "ready",
                      .word = "waits for a core",
                      .explain = "It could go on, but the kernel gave its core to another." },
    [STATE_GIL] = { .key = "gil",
                    .word = "waits for the GIL",
                    .explain = "It could go on, but another lane holds the interpreter lock." },
    [STATE_LOCK] = { .key = "lock",
                     .word = "waits for a lock",
                     .explain = "It could go on, but another lane holds a lock of the work." },
    [STATE_IO] = { .key = "io",
                   .word = "waits for the outside",
                   .explain = "It waits for an answer from outside, or for time to pass." },
    [STATE_IPC] = { .key = "ipc",
                    .word = "passes data",
                    .explain = "It packs, unpacks or hands over data between lanes." },
    [STATE_IDLE] = { .key = "idle", .word = "has no work", .explain = "No task is queued for it." },
    [STATE_OTHER] = { .key = "other",
                      .word = "is blocked elsewhere",
                      .explain = "The kernel stopped it for a reason that it did not announce: a "
                                 "page fault, a full pipe, a start." },
};
