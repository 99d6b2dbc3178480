/*
 * The real clock. CLOCK_MONOTONIC cannot fail where it exists, and nothing here runs without it, so
 * its answer is not checked. It never sleeps.
 */
#include "base/clock.h"

#include <stddef.h>
#include <time.h>

uint64_t clock_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t clock_used(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (uint64_t)used.tv_sec * NS_PER_S + (uint64_t)used.tv_nsec;
}

static uint64_t real_now_ns(void *context)
{
    (void)context;
    return clock_now();
}

struct clock clock_real(void)
{
    return (struct clock){ .now_ns = real_now_ns, .context = NULL };
}
