/*
 * Time: nanoseconds of CLOCK_MONOTONIC as uint64_t. Whoever has to be tested without waiting takes
 * a `struct clock` and reads it; a test hands in one that it winds by hand. (For time stamps of
 * events see platform/stamp.h.)
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#define NS_PER_US UINT64_C(1000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S  UINT64_C(1000000000)

/* CLOCK_MONOTONIC now, in ns. */
uint64_t clock_now(void);
/* What this process has used of the cores so far, in ns. */
uint64_t clock_used(void);

struct clock {
    uint64_t (*now_ns)(void *context);
    void *context; /* borrowed */
};

/* The clock that clock_now() reads. */
struct clock clock_real(void);

static inline uint64_t clock_read(const struct clock *clock)
{
    return clock->now_ns(clock->context);
}

#endif
