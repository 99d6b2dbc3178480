/*
 * crew.h: a crew of forked processes that takes tasks from one pipe and sends each result back
 * through a pipe of its own.
 *
 * Each member is a lane with a GIL of its own. Tasks travel as their ids, four bytes each, which no
 * two members can share; how many wait is counted in run->queue_depth[], and pushing and popping write QUEUE_PUSH and QUEUE_POP. Results are
 * frames of serialise.h. Whoever feeds the crew (its master: one lane, one thread) never blocks but
 * in crew_wait(), so neither a full task pipe nor a full result pipe can stop both sides.
 *
 * A member that dies is noticed at once: its lane is ended in the trace (LANE_CRASH), the task it
 * had fails (TASK_FAIL, by the master), the others go on. It is not replaced, until crew_resize() asks
 * for a number of members: then there are that many living ones.
 */
#ifndef ENGINE_CREW_H
#define ENGINE_CREW_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/serialise.h"
#include "engine/stage.h"
#include "engine/step.h"

struct crew;

struct crew_options {
    uint32_t count;      /* processes wanted */
    enum lane_role role; /* of each */
    /* What a member does with a task, GIL held before and after; false: stopped before its end. */
    bool (*carry)(struct lane *lane, struct task *task);
};

/* Forks the crew from here, so call it while the process is small and has one thread. Where the
 * machine refuses, stage_limited() was called. NULL with a sentence where there are not even pipes. */
struct crew *crew_new(struct stage *stage, const struct crew_options *options, struct error *error);
/* Ends it: members that idle or finish their task leave by themselves; what is left after a second
 * is killed. All are reaped. */
void crew_free(struct crew *crew);

/* Puts a task into the pipe; false: it is as full as the parameter `queue` allows, or nobody is left
 * to take it. The master holds its GIL. */
bool crew_push(struct crew *crew, struct lane *master, uint32_t task);
/* No task waits to be pushed now; more may come, but where a member died and may have taken one along
 * unseen: then the pipe is closed here, and crew_push() refuses from then on. */
void crew_pushed_all(struct crew *crew);
/* Sleeps until a result or an end came, or, where the last push was refused, until there is room; at
 * most 100 ms, so that a stop is noticed. Gives up the GIL meanwhile and has it again. */
void crew_wait(struct crew *crew, struct lane *master);
/* The next result that is there; false: none. Its payload is good until the next call here. Of a
 * task whose member died: failed is not 0, there is no payload. */
bool crew_next(struct crew *crew, struct lane *master, struct result *result);
/* Brings the crew to so many members, or as near as there is room: new ones are forked; those that
 * are too many leave once they are done with the task at hand, the first that are free. Gives how many
 * there are then. */
uint32_t crew_resize(struct crew *crew, uint32_t wanted);
uint32_t crew_alive(const struct crew *crew);
uint32_t crew_died(const struct crew *crew); /* of a signal, or of an error of their own */
/* Whether more tasks can be pushed, now or later. */
bool crew_is_open(const struct crew *crew);

#endif
