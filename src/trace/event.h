/*
 * event.h: the vocabulary of the trace.
 *
 * Everything that anything downstream knows about a run is a sequence of these records. A record
 * is 32 bytes. In a ring its time is a stamp (platform/stamp.h); in a recording it is nanoseconds
 * of CLOCK_MONOTONIC since the recording's base. Records of one lane never run backwards in time.
 *
 * EVENT_ROWS has one row per kind: name, what `object` is, what `a` is, what `b` is, meaning.
 * To add a kind, add a row; readers skip kinds they do not know.
 */
#ifndef TRACE_EVENT_H
#define TRACE_EVENT_H

#include <stdbool.h>
#include <stdint.h>

struct event {
    uint64_t time;   /* ring: stamp; recording: ns since the base */
    uint16_t kind;   /* enum event_kind */
    uint16_t run;    /* index of the run in the race */
    uint32_t lane;   /* id of the lane in its run, or LANE_NONE */
    uint32_t object; /* a task, GIL, lock, queue, core, parameter: see the row */
    uint32_t a;
    uint64_t b;
};
_Static_assert(sizeof(struct event) == 32, "the record has a fixed size");

#define LANE_NONE   UINT32_MAX
#define TASK_NONE   UINT32_MAX
#define OBJECT_NONE UINT32_MAX

/* clang-format off */
/*        kind             object           a                     b                  meaning */
#define EVENT_ROWS(X)                                                                              \
    X(NONE,              "-",             "-",                  "-",               "padding")      \
    X(RUN_GO,            "cores",         "staging",            "-",               "t = 0: the stage is let go")              \
    X(RUN_END,           "enum run_status", "limit count",      "-",               "the last result is collected, or the run gave up") \
    X(LANE_BEGIN,        "role | index<<8", "tid",              "pid",             "this (pid, tid) is this lane from now on; it is on a core") \
    X(LANE_CPU,          "-",             "user us",            "on-core ns",       "CPU of the lane since LANE_BEGIN") \
    X(LANE_SWITCHES,     "-",             "voluntary",          "involuntary",     "getrusage's counts since LANE_BEGIN")      \
    X(LANE_END,          "-",             "-",                  "-",               "the lane ends by itself")                  \
    X(LANE_CRASH,        "-",             "signal",             "-",               "the lane died of a signal")                \
    X(SAY,               "task",          "enum says",          "-",               "the lane says what it does from now on")   \
    X(TASK_SUBMIT,       "task",          "-",                  "-",               "the task exists (a request: it arrived)")  \
    X(TASK_TAKE,         "task",          "-",                  "-",               "a lane took the task")                     \
    X(TASK_RUN,          "task",          "-",                  "ns it was due",   "a loop runs the task now")                 \
    X(TASK_WAIT,         "task",          "step kind",          "-",               "a loop lets the task wait")                \
    X(TASK_DONE,         "task",          "payload bytes",      "checksum",        "the task's work is done")                  \
    X(TASK_FAIL,         "task",          "errno",              "-",               "the task failed")                          \
    X(TASK_COLLECT,      "task",          "payload bytes",      "checksum",        "the collector has the result")             \
    X(STEP_BEGIN,        "task",          "index | kind<<16",   "-",               "a step of the task begins")                \
    X(STEP_END,          "task",          "index | kind<<16",   "step's figure",   "a step of the task ends")                  \
    X(GIL_WANT,          "gil",           "-",                  "-",               "the lane has to wait for the GIL")         \
    X(GIL_REQUEST,       "gil",           "holder's lane",      "-",               "its wait timed out: it sets the drop request") \
    X(GIL_TAKE,          "gil",           "holder before",      "switch number",   "the lane has the GIL and computes")        \
    X(GIL_DROP,          "gil",           "enum says after",    "enum drop_why",   "the lane gives the GIL up")                \
    X(LOCK_WANT,         "lock",          "holder's lane + 1",  "-",               "the lane has to wait for a lock (0: who has it is not known)") \
    X(LOCK_TAKE,         "lock",          "enum says after",    "-",               "the lane has the lock")                    \
    X(LOCK_DROP,         "lock",          "-",                  "-",               "the lane, which had waited for it, gives the lock up")               \
    X(QUEUE_PUSH,        "queue",         "depth after",        "task",            "into a queue")                             \
    X(QUEUE_POP,         "queue",         "depth after",        "task",            "out of a queue")                           \
    X(SERIALISE_BEGIN,   "task",          "1: unpacking",       "-",               "packing or unpacking a message")           \
    X(SERIALISE_END,     "task",          "enum says after",    "bytes",           "packed or unpacked")                       \
    X(LOOP_TURN,         "-",             "ready",              "lag ns",          "a turn of the loop begins: how many are ready, how late the last turn made it") \
    X(CONN_OPEN,         "connection",    "open now",           "-",               "a connection was accepted or made")        \
    X(CONN_CLOSE,        "connection",    "open now",           "-",               "a connection was closed")                  \
    X(SWITCH_IN,         "core",          "-",                  "-",               "the kernel put the lane on a core")        \
    X(SWITCH_OUT,        "core",          "1: preempted",       "-",               "the kernel took the lane off its core")    \
    X(SAMPLE_CORE,       "core",          "busy permille",      "over ns",         "the machine's core, from /proc/stat")      \
    X(SAMPLE_MEMORY,     "enum memory_kind", "processes",       "KiB",             "memory of all processes of the run")       \
    X(PARAM_SET,         "parameter",     "-",                  "value",           "the screen turned a knob")                 \
    X(PARAM_APPLIED,     "parameter",     "-",                  "value",           "the stage works with the value from now on") \
    X(MARK,              "enum mark_kind", "-",                 "-",               "a moment to jump to")                      \
    X(CROWD,             "enum crowd_count", "-",               "count",           "what the crowd counted so far")            \
    X(LOST,              "enum lost_where", "-",                "how many",        "events that did not fit")
/* clang-format on */

enum event_kind {
#define X(name, object, a, b, meaning) EVENT_##name,
    EVENT_ROWS(X)
#undef X
        EVENT_KIND_COUNT
};

/* The index of a step that is none of the scenario's: a hand's blocking call, in whatever task (or
 * TASK_NONE) the lane was at. */
enum { STEP_OF_HAND = 0xffff };

/* LANE_CPU: a = user us, b = on-core ns by CLOCK_THREAD_CPUTIME_ID (system us = b / 1000 - a, not
 * below 0). Both LANE_CPU and LANE_SWITCHES are running totals; the last one counts. a is
 * USER_UNKNOWN where only the time on a core is known (read from outside while the lane lives). */
#define USER_UNKNOWN UINT32_MAX

/* What a lane says it does. Together with what the kernel says of it this gives its state
 * (timeline/state.h). */
enum says {
    SAYS_COMPUTE, /* python: holds the GIL, where there is one */
    SAYS_NATIVE,  /* compute that released the GIL */
    SAYS_IO,      /* in a call that waits for the outside, or for time to pass */
    SAYS_CALL,    /* in another system call of a step */
    SAYS_GIL,     /* waits for the GIL */
    SAYS_LOCK,    /* waits for a lock */
    SAYS_IPC,     /* serialises, or waits on a pipe between lanes */
    SAYS_IDLE,    /* no work queued */
    SAYS_COUNT
};

/* What a lane is for. Shares of states are of workers (WORKER, LOOP, POOL, CONNECTION). */
enum lane_role {
    ROLE_MAIN,       /* the stage's main thread where it only feeds and collects: "main" */
    ROLE_WORKER,     /* of a pool: "w0" */
    ROLE_LOOP,       /* an event loop's thread: "loop" */
    ROLE_POOL,       /* a process of a hybrid's pool: "p0" */
    ROLE_CONNECTION, /* a lane per connection: "c0" */
    ROLE_OUTSIDE,    /* origin, crowd: writes events, is never the model's */
    ROLE_COUNT
};
static inline bool role_is_worker(enum lane_role role)
{
    return role == ROLE_WORKER || role == ROLE_LOOP || role == ROLE_POOL || role == ROLE_CONNECTION;
}

enum drop_why {
    DROP_BLOCK,  /* the lane is about to block, or to run native code */
    DROP_FORCED, /* on a drop request; it waits until another lane has it */
    DROP_END,    /* the lane or its work ends */
    DROP_OFF,    /* the GIL was turned off */
};

enum run_status {
    RUN_WAITING, /* has not had its turn: "next" */
    RUN_LIVE,
    RUN_DONE,
    RUN_STOPPED, /* by the viewer */
    RUN_LIMITED, /* gave up at a limit of the machine; RUN_END's a says at how many */
    RUN_FAILED,
    RUN_UNSUPPORTED, /* the model cannot carry the scenario, with a reason */
    RUN_STATUS_COUNT
};
extern const char *const run_status_names[RUN_STATUS_COUNT]; /* "waiting", "live", "done", ... */

enum memory_kind { MEMORY_RSS, MEMORY_PSS, MEMORY_KERNEL }; /* KERNEL is an estimate */
enum mark_kind {
    MARK_USER,
    MARK_PARAM,
    MARK_ALL_CONNECTED, /* service: the talk begins */
    MARK_TALK_ENDS,
    MARK_CRASH,
    MARK_KILL,
    MARK_BURST,
    MARK_BLOCK,
    /* Seen by the timeline, never written: */
    MARK_HANDOVER, /* the first one of a GIL */
    MARK_END,      /* of the run */
    MARK_DIAGNOSIS,
};
enum crowd_count {
    CROWD_CONNECTED,
    CROWD_SENT,      /* lines spoken */
    CROWD_DUE,       /* deliveries that should have been: lines x others in the room */
    CROWD_DELIVERED, /* deliveries that were, each once */
    CROWD_TWICE,     /* deliveries that came again */
};
enum lost_where {
    LOST_RING,   /* a lane's ring was full */
    LOST_KERNEL, /* the kernel's ring of switch records was full */
    LOST_LATE,   /* not used: what comes late is kept */
    LOST_CAP,    /* given up because the recording reached its cap */
    LOST_LANE,   /* lanes (not events) for which there was no ring: all they did is missing */
    LOST_WHERE_COUNT
};

/* What the lane says after this event; false where the event does not tell. A lane that begins is
 * idle until it says otherwise. */
bool event_says(const struct event *event, enum says *says);

/* The row of a kind for people: its name in lower case ("gil-take"), "?" where unknown. */
const char *event_name(uint16_t kind);
const char *event_meaning(uint16_t kind);

/* "w3", "loop", "main": from LANE_BEGIN's object; cut to `size`. Gives `into`. */
const char *lane_name(uint32_t role_and_index, char *into, unsigned size);

#endif
