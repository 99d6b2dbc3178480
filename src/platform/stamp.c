/*
 * The part of time stamps that is not inlined. stamp_from_tsc is the one global: a choice made once
 * before any thread, constant afterwards, and global because a time stamp has no room for a pointer
 * to it. Whether the TSC may be used is for the platform to say.
 */
#include "platform/stamp.h"

#include "base/clock.h"
#include "platform/platform.h"

bool stamp_from_tsc;

void stamp_init(void)
{
#if defined(__x86_64__)
    stamp_from_tsc = platform_tsc_is_clock();
#endif
}

uint64_t stamp_from_clock(void)
{
    return clock_now();
}

struct stamp_pair stamp_pair(void)
{
    enum { TRIES = 16 };
    struct stamp_pair best = { .spread = UINT64_MAX };
    for (int i = 0; i < TRIES; i++) {
        uint64_t before = stamp_now();
        uint64_t clock_ns = clock_now();
        uint64_t after = stamp_now();
        if (after - before < best.spread)
            best = (struct stamp_pair){ .stamp = before + (after - before) / 2,
                                        .clock_ns = clock_ns,
                                        .spread = after - before };
    }
    return best;
}
