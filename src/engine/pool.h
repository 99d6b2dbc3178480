/*
 * pool.h: a pool of threads that takes a batch through a queue, with a GIL or without.
 *
 * The stage's main thread feeds the queue (bounded by the parameter `queue`) and collects results
 * from a list under a lock; both are python, so it takes the GIL for them like everybody else.
 */
#ifndef ENGINE_POOL_H
#define ENGINE_POOL_H

#include <stdbool.h>

#include "base/error.h"
#include "engine/stage.h"

/* Carries all tasks of a batch on `workers` threads that share stage->gil (NULL: none). */
bool pool_batch(struct stage *stage, struct error *error);

#endif
