/*
 * Inside engine/ only: what crew.c (the master's side) and crew_member.c (the processes) share.
 */
#ifndef ENGINE_CREW_MEMBER_H
#define ENGINE_CREW_MEMBER_H

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/crew.h"

/* What the master has to know of a member that can no longer tell; the member writes it. */
struct crew_slot {
    _Atomic uint32_t lane; /* its id, LANE_NONE before it has one */
    _Atomic uint32_t task; /* popped, and its result not yet sent whole; else TASK_NONE */
};

/* Memory that the master and its members share. */
struct crew_shared {
    _Atomic uint32_t wants_room; /* the master found the queue full and sleeps: wake it at a pop */
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

#endif
