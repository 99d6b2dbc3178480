/*
 * arena.h: the shared memory of one race.
 *
 * One memfd per race, mapped by the screen, the recorder, the stages and the outside. It holds the
 * header, the scenario's text, the parameters, and for each run its counters, its lane table and
 * one ring per lane. Pages are touched only when used, so its size is address space, not memory.
 *
 * Every process maps it at its own address; nothing in it is a pointer. All words that two
 * processes touch are atomics. Who writes what is said beside each field.
 */
#ifndef TRACE_ARENA_H
#define TRACE_ARENA_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "trace/event.h"

enum { ARENA_RUNS_MAX = 8, ARENA_PARAMS_MAX = 48, ARENA_REASON = 200, ARENA_MODEL_NAME = 16 };

/* One lane of a run: written by the lane (or its stage), read by the recorder. */
struct arena_lane {
    _Atomic uint32_t alive; /* 0 never, 1 alive, 2 ended, 3 died of a signal */
    _Atomic uint32_t role_and_index;
    _Atomic int32_t pid, tid; /* valid before `alive` is 1, and that before LANE_BEGIN is stamped */
    _Atomic uint32_t lost;    /* events that did not fit and are not yet told in the ring: what a
                                 lane that dies leaves behind */
};

/* Where a run stands; only ever goes up. */
enum run_phase {
    PHASE_NEW,
    PHASE_READY, /* the stage is set up and waits for go (futex on `go`) */
    PHASE_GONE,  /* go was given and seen */
    PHASE_OVER,  /* the stage wrote RUN_END; it exits next */
};

struct arena_run {
    char model[ARENA_MODEL_NAME]; /* screen, before the fork */
    uint32_t core_count;          /* cores given to the run; screen */
    uint64_t core_mask;           /* those cores, bit by number (cores above 63: all) */
    _Atomic uint32_t phase;       /* enum run_phase; stage; futex */
    _Atomic uint32_t go;          /* screen sets 1 and wakes; futex */
    _Atomic uint64_t gone_ns;     /* clock_now() at RUN_GO, t = 0 of the run; 0: not yet; stage */
    _Atomic uint32_t stop;        /* screen sets 1: end soon, collecting what is there; polled */
    _Atomic uint32_t status;      /* enum run_status the stage ends with */
    _Atomic uint32_t limit_count; /* at how many it gave up */
    _Atomic uint32_t failed;      /* 1: the reason was given; arena_run_fail */
    char reason[ARENA_REASON];    /* a sentence for limited, failed; stage or outside */
    _Atomic uint32_t next_task;   /* id counters: fetch_add, unique over forks */
    _Atomic uint32_t next_lane;
    _Atomic uint32_t next_gil;
    _Atomic uint32_t next_lock;
    _Atomic uint32_t next_queue;
    _Atomic uint32_t next_connection;
    _Atomic uint32_t open_connections;
    _Atomic uint32_t
        param_applied[ARENA_PARAMS_MAX]; /* version of each parameter that the run works
                                                         with: the lane that moves it on tells so */
    _Atomic uint32_t queue_depth[4];     /* by queue id, for queues that cross processes */
    _Atomic uint32_t origin_port;        /* 0 until the origin listens; outside */
    _Atomic uint32_t server_port;        /* 0 until the stage of a service listens; stage */
    _Atomic uint32_t outside_ready;      /* 1 when the outside can be talked to, 2 when it failed */
    _Atomic uint32_t outside_over;       /* 1 when the crowd has ended its talk and counted */
    _Atomic uint32_t crowd[8];           /* enum crowd_count: the latest; outside */
    /* What the viewer's hands ask for and nobody has taken yet: the screen adds, who does it takes. */
    _Atomic uint32_t blocks_asked; /* blocking calls: a worker lane */
    _Atomic uint32_t burst_asked;  /* tasks more: the stage; of a service: lines, the crowd */
    uint32_t lane_capacity;        /* lanes this run can have */
    uint32_t ring_events;          /* slots per ring, a power of two; not of the first */
    uint64_t lanes_at, heads_at, tails_at, rings_at; /* offsets from the arena's start */
    uint32_t index_stride; /* bytes from one ring's head to the next one's: 64 up to 2048
                                        lanes (no false sharing), 8 where they are more (the
                                        recorder scans them all) */
};

/* A parameter's current value. The screen writes value then version; lanes poll version. */
struct arena_param {
    _Atomic int64_t value;
    _Atomic uint32_t version; /* goes up by one at each change */
};

struct arena_header {
    uint64_t magic;
    uint32_t version;
    uint32_t run_count;
    uint64_t size;
    uint64_t seed;
    uint32_t staging;            /* enum staging of race/race.h */
    uint32_t tracing;            /* 1: rings are written; 0: no event costs anything (benches) */
    uint64_t spins_per_ms;       /* how much interpreter work this machine does (engine/spin.h) */
    uint64_t text_at, text_size; /* the scenario's YAML */
    _Atomic uint32_t params_version; /* goes up with every change and hand: one word to poll */
    uint32_t param_count;
    struct arena_param param[ARENA_PARAMS_MAX];
    _Atomic uint64_t recorded_bytes; /* recorder: the recording is whole up to here */
    _Atomic uint64_t overflow_bytes; /* and what goes on in memory where it could not; 0: nothing */
    _Atomic uint32_t recorder_alive;
    char listen[64];      /* "ADDRESS:PORT" of --listen, or "" */
    char origin_url[160]; /* of `origin: URL`, or "" */
    struct arena_run run[ARENA_RUNS_MAX];
};

/* A mapping of an arena in this process. */
struct arena {
    struct arena_header *header;
    int fd;
    size_t size;
};

struct arena_options {
    uint32_t run_count;
    uint32_t
        lane_capacity[ARENA_RUNS_MAX]; /* per run, worst case incl. main and outside; 0: none */
    const char *text;                  /* copied; may be NULL where text_size is 0 */
    size_t text_size;
    uint64_t seed;
    bool tracing;
};

/* Ring size for so many lanes: 16384 slots up to 2048 lanes, 8192 up to 4096; above that memory is
 * what matters, and it falls to 64 (10,000 lanes cost 2 KiB each). It is address space: memory is only
 * what was written to, so all rings of a run together never hold more than was recorded of it. A ring
 * has to hold what its lane writes between two visits of the recorder: a line of a chat that is
 * written to 2,000 members one by one is 4,000 events in some milliseconds. */
uint32_t arena_ring_events(uint32_t lane_capacity);

bool arena_new(struct arena *arena, const struct arena_options *options, struct error *error);
/* Takes the fd, also on failure. Refused with a sentence: what is no arena, of another version, or
 * says of itself what its size cannot hold. */
bool arena_map(struct arena *arena, int fd, struct error *error);
void arena_unmap(struct arena *arena); /* unmaps and closes; the memory goes with the last one */

/* run < run_count, lane < lane_capacity. */
struct arena_run *arena_run(const struct arena *arena, uint32_t run);
struct arena_lane *arena_lane(const struct arena *arena, uint32_t run, uint32_t lane);
const char *arena_text(const struct arena *arena); /* terminated */

/* Where a lane's ring and its two words are. */
struct event *arena_ring(const struct arena *arena, uint32_t run, uint32_t lane);
/* How many slots that has: ring_events, but for the first lanes of a run. The stage's main lane is one
 * of them, and submits all tasks of a batch at once, so theirs have 16384 however many lanes there
 * are. */
uint32_t arena_ring_slots(const struct arena *arena, uint32_t run, uint32_t lane);
_Atomic uint64_t *arena_head(const struct arena *arena, uint32_t run, uint32_t lane);
_Atomic uint64_t *arena_tail(const struct arena *arena, uint32_t run, uint32_t lane);

static inline int64_t arena_param(const struct arena *arena, int param)
{
    return atomic_load_explicit(&arena->header->param[param].value, memory_order_acquire);
}
void arena_param_set(const struct arena *arena, int param, int64_t value);
/* Lets every lane look at the words of its run at its next quantum, as a changed parameter does. */
void arena_nudge(const struct arena *arena);
/* One of what is counted in a word, if there is one. */
bool arena_take_one(_Atomic uint32_t *word);

/* Set a run's reason and status once: the first caller wins. The reason is whole before the status
 * can be seen. */
void arena_run_fail(struct arena_run *run, enum run_status status, uint32_t count,
                    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Sleep until *word != value (true) or the time is over (false; CLOCK_MONOTONIC, relative ns,
 * UINT64_MAX: for ever); wake all. */
bool arena_wait(_Atomic uint32_t *word, uint32_t value, uint64_t timeout_ns);
void arena_wake(_Atomic uint32_t *word);

#endif
