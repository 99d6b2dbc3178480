/*
 * verdict.h: which model fits this work, and why: a sentence made of measured figures, for text,
 * JSON and screen alike. GIL and lock waits are taken out before anything is called I/O-bound.
 */
#ifndef TIMELINE_VERDICT_H
#define TIMELINE_VERDICT_H

#include "timeline/figures.h"

struct verdict {
    bool known;                  /* false: fewer than one run that ended well */
    size_t best;                 /* index of the run */
    size_t order[META_RUNS_MAX]; /* runs, best first; those that did not end well last */
    char why[400];               /* one sentence */
    char flip[300];              /* what to change to see it flip */
};
/* batch: no task failed, then shortest wall time; service: all delivered, then lowest p99 (within
 * 10 %: least memory). Wall times within 5 % of each other are told as a tie. */
void verdict_of(const struct timeline *timeline, struct verdict *verdict);

/* Did the prediction (meta.predicted: "MODEL", "STATE" of the first run, or "MODEL:STATE") come
 * true? 1 yes, 0 no, -1 none or not known. `answer` receives a sentence. */
int verdict_prediction(const struct timeline *timeline, const struct verdict *verdict, char *answer,
                       size_t size);

#endif
