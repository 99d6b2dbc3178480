/*
 * The cheapest valid time stamp. Where the TSC is invariant and the kernel itself keeps time by it,
 * a stamp is the TSC's count; else it is CLOCK_MONOTONIC in nanoseconds. What a stamp is in
 * nanoseconds is the trace's business (clock chunks), by pairs from stamp_pair().
 *
 * stamp_init() is called once, before any thread or fork; until then stamps are CLOCK_MONOTONIC.
 */
#ifndef PLATFORM_STAMP_H
#define PLATFORM_STAMP_H

#include <stdbool.h>
#include <stdint.h>

void stamp_init(void);

/* Only for stamp_now(): written by stamp_init(), constant afterwards. */
extern bool stamp_from_tsc;
uint64_t stamp_from_clock(void);

static inline uint64_t stamp_now(void)
{
#if defined(__x86_64__)
    if (__builtin_expect(stamp_from_tsc, true))
        return __builtin_ia32_rdtsc();
#endif
    return stamp_from_clock();
}

/* A stamp that is not taken before all loads before it are done: for what has to be in order across
 * cores, such as who took a lock after whom. Reading the TSC alone may run ahead of taking the lock,
 * by as long as the lock's memory takes to come from the other core. */
static inline uint64_t stamp_ordered(void)
{
#if defined(__x86_64__)
    __builtin_ia32_lfence();
#endif
    return stamp_now();
}

/* Whether a stamp is the TSC's count (else ns of CLOCK_MONOTONIC). */
static inline bool stamp_is_tsc(void)
{
    return stamp_from_tsc;
}

/* The same moment on both clocks. */
struct stamp_pair {
    uint64_t stamp;
    uint64_t clock_ns;
    uint64_t spread; /* in stamps: the clock was read within so many; half of it bounds the error */
};

/* The closest of several tries (about a microsecond in all). */
struct stamp_pair stamp_pair(void);

#endif
