/*
 * The table of states: what a lane says, crossed with what the kernel says of it. Every row is
 * total, so that a lane is always in exactly one state. It knows no time and no lane.
 */
#include "timeline/state.h"

#define ROW(says, on, preempted, blocked, unknown)                               \
    [KERNEL_ON << 4 | SAYS_##says] = STATE_##on,                                 \
                      [KERNEL_PREEMPTED << 4 | SAYS_##says] = STATE_##preempted, \
                      [KERNEL_BLOCKED << 4 | SAYS_##says] = STATE_##blocked,     \
                      [KERNEL_UNKNOWN << 4 | SAYS_##says] = STATE_##unknown

const uint8_t state_table[KERNEL_STATE_COUNT << 4] = {
    /*  says     on a core  preempted  blocked  unknown */
    ROW(COMPUTE, RUN, READY, OTHER, RUN), ROW(NATIVE, NATIVE, READY, OTHER, NATIVE),
    ROW(IO, NATIVE, READY, IO, IO),       ROW(CALL, NATIVE, READY, OTHER, OTHER),
    ROW(GIL, GIL, GIL, GIL, GIL),         ROW(LOCK, LOCK, LOCK, LOCK, LOCK),
    ROW(IPC, IPC, READY, IPC, IPC),       ROW(IDLE, IDLE, IDLE, IDLE, IDLE),
};
_Static_assert(SAYS_COUNT <= 16, "a row of the table has room for what can be said");

enum state state_of(enum says says, enum kernel_state kernel)
{
    if ((unsigned)says >= SAYS_COUNT || (unsigned)kernel >= KERNEL_STATE_COUNT)
        return STATE_OTHER;
    return (enum state)state_table[(unsigned)kernel << 4 | (unsigned)says];
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
