/*
 * gil.h: a global interpreter lock that behaves like CPython's.
 *
 * A flag guarded by a mutex and a condition variable. A lane that finds it taken waits for the
 * switch interval; if that timed out, the GIL is still taken and its switch number is the same, it
 * sets the drop request, and waits again. The holder looks for a drop request between quanta of its
 * compute (gil_check). A holder that drops on request then waits until another lane has taken it; a
 * lane that drops because it blocks does not wait. No order among waiters is promised.
 *
 * A GIL belongs to one process (threads share one, each process has its own). Figures measured on a
 * real CPython are in tests; ours is a simulation and said to be one.
 *
 * Events: WANT only when it has to wait; REQUEST; TAKE and DROP are stamped while the guard is held,
 * so that on the trace at most one lane ever holds it.
 *
 * With gil == NULL (a free-threaded build) or while it is turned off (`g`, parameter `gil`), nobody
 * waits; lanes then only say what they do.
 */
#ifndef ENGINE_GIL_H
#define ENGINE_GIL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "trace/event.h"

struct gil;
struct lane;

/* id: from the run's counter. enabled: the parameter `gil` at the start. */
struct gil *gil_new(uint32_t id, bool enabled);
void gil_free(struct gil *gil);

/* interval_ns is read anew at each wait. Returns with the GIL held (or with it off). */
void gil_take(struct gil *gil, struct lane *lane);
/* says: what the lane does from now on. */
void gil_drop(struct gil *gil, struct lane *lane, enum says says, enum drop_why why);
/* Between quanta: cheap (one relaxed load). Drops and takes again where another lane asked. */
void gil_check(struct gil *gil, struct lane *lane);
/* The parameter changed: wakes all waiters. Called by any lane that noticed. */
void gil_enable(struct gil *gil, bool enabled);
/* The switch interval changed: who waits goes by the new one from now on. */
void gil_wait_anew(struct gil *gil);

#endif
