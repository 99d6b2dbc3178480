/*
 * carry.h: one model carries one scenario once, for a bench: the same stage, crowd, rings and drain as
 * in a race, but conducted by the bench, which so can leave parts of the observing out and knows what
 * the stage used of the machine from its parent's point of view.
 *
 *   carry_begin   the stage, the crowd and whoever takes the events are forked and ready
 *   carry_go      it goes; carry_wait_for waits for a moment within it
 *   carry_end     waits for the end of all, and counts
 */
#ifndef TESTS_BENCH_CARRY_H
#define TESTS_BENCH_CARRY_H

#include "bench/bench.h"

#include "scenario/plan.h"
#include "trace/arena.h"

#include <sys/types.h>

/* How much of it is observed. Each contains what is before it. */
enum observe {
    OBSERVE_NOTHING,  /* no ring is written */
    OBSERVE_RINGS,    /* rings are written, drained and recorded */
    OBSERVE_SWITCHES, /* and the kernel's switches, where it gives them */
    OBSERVE_SCREEN,   /* and a process follows the recording and draws 30 frames a second */
};

struct carry_options {
    const char *scenario;    /* a name, or YAML where it has more than one line */
    const char *model;       /* of the table */
    const char *const *sets; /* "name=value", NULL-terminated, or NULL */
    enum observe observe;
    size_t stage_core, other_core; /* cores to keep them on, from 1; 0: all */
};

/* What the processes around it tell: shared memory. */
struct carry_told {
    _Atomic uint32_t ready, over;    /* of the taker; to it */
    _Atomic uint32_t drawing, drawn; /* the screen: 1 it may draw; frames */
    _Atomic uint64_t events, lost;
    _Atomic uint64_t workers; /* that began */
    _Atomic uint64_t waiting; /* lanes that said they wait for the outside, so often */
    _Atomic uint64_t opened;  /* connections */
    _Atomic uint64_t first_begin_ns, last_begin_ns; /* LANE_BEGIN of workers, since RUN_GO */
    _Atomic uint64_t go_ns;
    _Atomic uint32_t perf;  /* the switches are the kernel's */
    _Atomic uint64_t bytes; /* of the recording that are whole */
};

struct carry {
    struct bench *bench;
    struct carry_options options;
    struct plan *plan;
    struct arena arena;
    struct arena_run *run;
    struct carry_told *told;
    int file;
    pid_t stage, crowd, taker, screen;
    /* After carry_end. */
    uint64_t cpu_ns;  /* of the stage, its lanes and the processes it reaped */
    uint64_t wall_ns; /* from go to the end of the stage */
    uint64_t delivered, due, twice;
    bool right; /* it ended by itself as done, nothing was lost */
};

/* False: the bench was told why; nothing is left to be ended. */
bool carry_begin(struct carry *carry, struct bench *bench, const struct carry_options *options);
void carry_go(struct carry *carry);
/* Until enough(carry), looked at each millisecond; false after `limit_s`, or where the stage ended. */
bool carry_wait_for(struct carry *carry, bool (*enough)(const struct carry *carry), int limit_s);
void carry_stop(struct carry *carry); /* the run ends soon, as stopped, which is right then */
void carry_end(struct carry *carry);

/* What a process holds, in KiB, of memory of its own (PSS) and, whole, of memory it shares with the
 * other processes of a race (its rings). -1: unknown. */
double memory_kib(pid_t pid);

#endif
