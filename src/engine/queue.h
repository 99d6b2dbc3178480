/*
 * queue.h: a bounded queue of tasks between threads of one process, with its waits seen.
 *
 * As in an interpreter, putting in and taking out need the GIL, and waiting gives it up: a popping
 * lane that waits says IDLE, a pushing one that finds the queue full says CALL. Both come back with
 * the GIL. Push and pop write QUEUE_PUSH and QUEUE_POP with the depth after. Closing wakes everybody;
 * a pop of an empty, closed queue is false.
 */
#ifndef ENGINE_QUEUE_H
#define ENGINE_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/lane.h"

struct queue;
struct queue *queue_new(uint32_t id, uint32_t bound);
void queue_free(struct queue *queue);
/* False: no room came within 50 ms (who feeds has other things to look at, and comes again), the
 * queue was closed, or the run is to stop. */
bool queue_push(struct queue *queue, struct lane *lane, uint32_t task);
/* False: the queue is closed and empty, or the lane is to leave: `surplus` (or NULL) counts how many
 * of those who pop are to, and each that does takes one off. */
bool queue_pop(struct queue *queue, struct lane *lane, _Atomic uint32_t *surplus, uint32_t *task);
/* Those who wait for a task look at their surplus. */
void queue_wake(struct queue *queue);
void queue_close(struct queue *queue);

#endif
