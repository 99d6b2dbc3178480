/*
 * The sum of sqrt(x)^3 over so many whole numbers, in order. Each task has a range of its own, from
 * where the one before it ends.
 */
#include "engine/kernel.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { QUANTUM = 40000 }; /* numbers */

struct stats {
    uint64_t at, until; /* the next number, and the one after the last */
    double sum;
};

static void *stats_begin(void *state, const struct kernel_input *input)
{
    struct stats *stats = state != NULL ? state : mem_alloc(sizeof *stats);
    stats->at = input->size * input->task;
    stats->until = stats->at + input->size;
    stats->sum = 0.;
    return stats;
}

static bool stats_advance(void *state)
{
    struct stats *stats = state;
    uint64_t left = stats->until - stats->at;
    uint64_t until = stats->at + (left < QUANTUM ? left : QUANTUM);
    double sum = stats->sum;
    for (uint64_t x = stats->at; x < until; x++) {
        double root = sqrt((double)x);
        sum += root * root * root;
    }
    stats->sum = sum;
    stats->at = until;
    return stats->at < stats->until;
}

static uint64_t stats_checksum(const void *state)
{
    uint64_t bits;
    memcpy(&bits, &((const struct stats *)state)->sum, sizeof bits);
    return bits;
}

const struct kernel kernel_stats = {
    .name = "stats",
    .begin = stats_begin,
    .advance = stats_advance,
    .checksum = stats_checksum,
    .free = free,
};
