/*
 * effect.h: what a hand's change did: the same figures of a run, a second before the change and a
 * second after it.
 *
 * A change is a turned knob, an injected blocking call, a killed worker or a burst of tasks. Turns of
 * the same knob within a second of each other are one change: before is before the first of them,
 * after is after the last. Other changes cut the spans, so that none is compared with another's.
 */
#ifndef TIMELINE_EFFECT_H
#define TIMELINE_EFFECT_H

#include "timeline/figures.h"

enum effect_figure {
    EFFECT_QUEUE, /* mean depth */
    EFFECT_P99,   /* ms, of the tasks that ended within the span */
    EFFECT_RATE,  /* tasks done per second */
    EFFECT_GIL,   /* share of the workers' time, 0..1; n/a where there is no GIL */
    EFFECT_WORK,  /* the same of run and native: what was computed */
    EFFECT_COUNT
};

struct effect {
    uint64_t t;                   /* run time of the change, of its last mark */
    uint64_t before_ns, after_ns; /* how long the two spans are, at most a second each */
    char what[72];                /* "workers 10 -> 20", "a worker killed" */
    struct figure before[EFFECT_COUNT], after[EFFECT_COUNT];
};

/* The last change of the run at or before `t`; false where there is none. What came after `t` counts
 * too, as far as the trace goes. */
bool timeline_effect(const struct timeline *timeline, size_t run, uint64_t t,
                     struct effect *effect);
/* The moment of that change (of its last mark) alone, which costs nothing; UINT64_MAX: none. */
uint64_t timeline_effect_moment(const struct timeline *timeline, size_t run, uint64_t t);

#endif
