/*
 * synthetic.h: random traces for tests: everything that can be in one, in an order that the streams
 * of a real one keep. Each lane's own events come in order, and so do the kernel's of a run;
 * between the streams any event may come late. The same seed gives the same trace.
 */
#ifndef TESTS_SYNTHETIC_H
#define TESTS_SYNTHETIC_H

#include "trace/recording.h"

struct synthetic_options {
    uint64_t seed;
    uint32_t runs, lanes, gils, cores, tasks; /* each of a run */
    size_t steps;                             /* things that happen, in each run */
    uint32_t late_in_1000;                    /* how many events hold their stream up */
    enum switch_source source;
    bool service; /* latencies count from the arrival */
    bool killed;  /* no RUN_END: the stage was killed */
};
struct synthetic {
    struct event *events; /* in file order */
    size_t count;
    struct meta meta;
};
void synthetic_make(struct synthetic *synthetic, const struct synthetic_options *options);
void synthetic_fini(struct synthetic *synthetic);

/* The numbers everything here is drawn from. */
uint64_t synthetic_random(uint64_t *state);

#endif
