/*
 * Inside engine/ only: what the files of a crew share. crew_open.c begins and ends it, crew.c is its
 * master's work, crew_member.c is the life of a member.
 */
#ifndef ENGINE_CREW_INSIDE_H
#define ENGINE_CREW_INSIDE_H

#include <poll.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/crew.h"

/* What the master has to know of a member that can no longer tell; the member writes it. */
struct crew_slot {
    _Atomic uint32_t task; /* popped, and its result not yet sent whole; else TASK_NONE */
};

/* Memory that the master and its members share. */
struct crew_shared {
    _Atomic uint32_t wants_room; /* the master found the queue full and sleeps: wake it at a pop */
    _Atomic uint32_t surplus;    /* members that are still to leave: each that does takes one off */
    struct crew_slot slots[];
};

/* The ends that a member works with. */
struct crew_ends {
    int tasks;   /* to read: ids */
    int results; /* to write: frames */
    int room;    /* to write: a byte wakes the master */
    uint32_t queue;
    struct crew_shared *shared;
    pid_t master;
};

/* The life of a member, in the forked process. */
_Noreturn void crew_member(struct stage *stage, const struct crew_options *options,
                           const struct crew_ends *ends, uint32_t index);

/* ---- The master's side ---- */

enum {
    CREW_SCRATCH = 64 * 1024, /* read at once: what a pipe holds */
    /* What the master polls, by index. */
    CREW_FDS_ROOM = 0,
    CREW_FDS_TASKS = 1,
    CREW_FDS_MEMBERS = 2,
};

struct member {
    pid_t pid;   /* 0: reaped */
    int results; /* to read; -1 after its end */
    struct buffer in;
    size_t used; /* of `in`: handed out already */
};

struct crew {
    struct stage *stage;
    struct crew_options options;
    struct crew_shared *shared;
    size_t shared_size;
    uint32_t queue, bound;
    int tasks_in, tasks_out, room_in, room_out; /* _in to write, _out to read; -1 closed */
    struct member *members;
    uint32_t most;           /* members there can ever be: there is room for them all */
    uint32_t started, alive; /* members; those whose end was not yet met */
    uint32_t staying, died;  /* those that nobody told to leave; those that crashed */
    struct pollfd *fds;
    bool pipe_full; /* the last push was refused by the pipe itself */
    bool pushed_all;
    bool bereft;              /* a member died, and it cannot be told whether it had a task */
    uint32_t cursor;          /* the member to look at next */
    uint8_t *ended;           /* by task: its end was handed out; grows */
    uint32_t known;           /* tasks that `ended` has room for */
    uint32_t pushed, settled; /* tasks; those whose end was handed out */
    uint32_t missing_at;      /* where the search for lost tasks goes on */
    char scratch[CREW_SCRATCH];
};

/* One more member; false with errno where the machine refuses. */
bool crew_fork(struct crew *crew);
/* Closes an end, if it is not closed yet. */
void crew_close_end(int *fd);
void crew_not_blocking(int fd);
/* Ends the lane of a process that is gone, in the trace. */
void crew_tell_crash(const struct crew *crew, pid_t pid, int signal);

#endif
