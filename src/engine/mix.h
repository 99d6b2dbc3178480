/*
 * mix.h: numbers that look random and are the same for the same seed (splitmix64): the input of the
 * work. Never a measurement.
 */
#ifndef ENGINE_MIX_H
#define ENGINE_MIX_H

#include <stdint.h>

static inline uint64_t mix_next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* One seed of two numbers. */
static inline uint64_t mix_pair(uint64_t one, uint64_t other)
{
    uint64_t state = one ^ (other + 1) * UINT64_C(0xd6e8feb86659fd93);
    return mix_next(&state);
}

#endif
