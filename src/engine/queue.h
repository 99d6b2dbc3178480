/*
 * queue.h: a bounded queue of tasks between threads of one process, with its waits seen.
 *
 * A waiting lane says IDLE (popping) or LOCK-free wait CALL (pushing into a full one). Push and pop
 * write QUEUE_PUSH and QUEUE_POP with the depth after. Closing wakes everybody; a pop of an empty,
 * closed queue is false.
 */
#ifndef ENGINE_QUEUE_H
#define ENGINE_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/lane.h"

struct queue;
struct queue *queue_new(uint32_t id, uint32_t bound);
void queue_free(struct queue *queue);
bool queue_push(struct queue *queue, struct lane *lane, uint32_t task);
/* At most wait_ns; UINT64_MAX: for ever. */
bool queue_pop(struct queue *queue, struct lane *lane, uint32_t *task);
void queue_close(struct queue *queue);

#endif
