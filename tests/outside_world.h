/*
 * outside_world.h: an arena with one run, and a process of the outside in it. For tests only.
 *
 * The process leaves by exit(), not _exit(), so that a sanitizer that looks for leaks has its say;
 * what it found is in the exit status.
 */
#ifndef TESTS_OUTSIDE_WORLD_H
#define TESTS_OUTSIDE_WORLD_H

#include "scenario/plan.h"
#include "trace/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct world {
    struct arena arena;
    struct arena_run *run;
    struct plan *plan;
    struct error error; /* why plan is NULL */
    pid_t pid;
    bool ended;
    int status; /* as from waitpid, once it ended */
};

/* The scenario's text is parsed here too, for the parameters; it may be wrong (plan is NULL). */
void world_open(struct world *world, const char *scenario, uint64_t seed);
/* Forks. `before` (or NULL) is called in the child first. */
void world_start(struct world *world, int (*body)(int arena_fd, uint32_t run),
                 void (*before)(void));
/* The value of a parameter by name, from now on: "latency", "250ms". */
void world_set(struct world *world, const char *param, const char *value);
/* Waits until `*word` is not 0 or the process has ended; its value. Bounded. */
uint32_t world_wait(struct world *world, _Atomic uint32_t *word);
/* Whether it has ended; waits up to limit_ms for that. */
bool world_ended(struct world *world, int limit_ms);
/* Sets `stop`, waits, and gives the exit status, -1 when it had to be killed or died of a signal. */
int world_close(struct world *world);

/* All events that the outside wrote since the last call: heap, oldest first, without LANE_... */
struct event *world_events(struct world *world, size_t *count);

#endif
