/*
 * evented.h: a lane whose thread turns a libev loop.
 *
 * A turn: the loop comes out of its wait with some things ready, the lane computes (has the GIL),
 * LOOP_TURN is written, the callbacks run, and the lane gives the GIL up to wait again: it says IO
 * (or what it is told to) while anything is waited for, IDLE when nothing is. A wake-up only to look
 * at the stop flag is no turn and writes nothing.
 *
 * LOOP_TURN's lag is how long the last turn kept others waiting: its length when the loop then found
 * something ready without waiting, else 0. It is an upper bound for what became ready meanwhile.
 *
 * task_start() and task_resume() (step.h) carry tasks on such a loop.
 */
#ifndef ENGINE_EVENTED_H
#define ENGINE_EVENTED_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/lane.h"

struct evented;

struct evented_options {
    enum says waits_as; /* what the lane says while something is waited for */
    bool silent;        /* no LOOP_TURN: it is no model's loop */
    /* About every 50 ms, whether or not there was a turn: NULL, or what else is to be looked at. It
     * does not hold the GIL; lane_enter() if it is to do something. */
    void (*tick)(struct evented *evented, void *context);
    void *context;
};

/* A loop of its own for this lane; only this thread may use it, and not after a fork. */
struct evented *evented_new(struct lane *lane, const struct evented_options *options);
/* Ends the lane's step states, which live on the loop, and the loop. */
void evented_free(struct evented *evented);
struct ev_loop *evented_loop(const struct evented *evented);

/* Turns until evented_end() or the run's stop. Returns with the lane computing. */
void evented_run(struct evented *evented);
/* From a callback: this turn is the last one. */
void evented_end(struct evented *evented);
/* A turn that begins without the loop: so many things are ready. For what is done before the first
 * evented_run(). */
void evented_turn(struct evented *evented, uint32_t ready);

/* So many more (or less) things are waited for. */
void evented_expect(struct ev_loop *loop, int more);
/* When the turn began (clock_now's time): since then whatever a socket tells was due. */
uint64_t evented_turn_ns(struct ev_loop *loop);

#endif
