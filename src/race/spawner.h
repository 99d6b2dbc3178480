/*
 * spawner.h: the small process that forks everything else.
 *
 * It is forked before curses and before any thread, so that what it forks inherits neither. It lives
 * in a session of its own (Ctrl-C and Ctrl-Z of the terminal do not reach it), is a subreaper, ends
 * when its parent's socket closes, and then kills (by process group) and reaps all it started; a
 * recorder ends by itself, with its file closed, and is killed only if it has not after ten seconds.
 * Messages are fixed-size structs over a SOCK_SEQPACKET pair; descriptors travel by SCM_RIGHTS.
 */
#ifndef RACE_SPAWNER_H
#define RACE_SPAWNER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum spawn_kind { SPAWN_STAGE, SPAWN_ORIGIN, SPAWN_CROWD, SPAWN_RECORDER };

struct spawner;
/* Forks it. Call first thing in main(). */
struct spawner *spawner_start(struct error *error);
/* Ends it and everything it started, waits until it is gone (bounded), frees. */
void spawner_stop(struct spawner *spawner);

/* A process to start. Descriptors are dup'ed over and stay the caller's: arena_fd always, the others
 * for the recorder only. */
struct spawn_order {
    enum spawn_kind kind;
    uint32_t run;
    const char *model;  /* of a stage */
    uint64_t core_mask; /* cores it is kept on, bit by number; 0: all */
    int arena_fd, file_fd, control_fd, overflow_fd;
    uint32_t ticket; /* comes back in every event of it */
};
/* The answer (its pid) comes as an event. */
bool spawner_spawn(struct spawner *spawner, const struct spawn_order *order, struct error *error);
/* kill(-pid, signal) of something it started; only its own are ever signalled. */
void spawner_kill(struct spawner *spawner, int pid, int signal);

struct spawned {
    enum { SPAWNED_STARTED, SPAWNED_ENDED, SPAWNED_REFUSED } what;
    enum spawn_kind kind;
    uint32_t run, ticket;
    int pid;
    int status; /* ENDED: as from waitpid; REFUSED: errno */
};
/* Next event, without waiting: 1 an event, 0 none yet, -1 the spawner is gone. */
int spawner_next(struct spawner *spawner, struct spawned *event);
int spawner_fd(const struct spawner *spawner); /* readable when there is one */

#endif
