/*
 * diagnose.h: what is wrong with a run, told with its evidence: who waited, how long, behind whom, and
 * what to change. Diagnoses are computed from the timeline, never recorded: the same live and in
 * replay.
 *
 * Each is also a mark of the run (MARK_DIAGNOSIS, timeline_marks()), so that what jumps to marks jumps
 * to them. While a run goes on they are asked anew each time it has become a quarter longer, so they
 * may come and go; those of a run that is over stay.
 *
 * To add one: a row in diagnose_rows.c.
 */
#ifndef TIMELINE_DIAGNOSE_H
#define TIMELINE_DIAGNOSE_H

#include "timeline/timeline.h"

enum { DIAGNOSES_MAX = 16 }; /* of a run */

struct diagnosis {
    const char *name;   /* "GIL convoy"; static, one per row */
    const char *advice; /* what to change: a sentence; static */
    uint64_t t;         /* run time of the moment that shows it best */
    char evidence[300]; /* a sentence made of measured figures */
};
/* Those of a run, the gravest first (borrowed: up to the next feed); how many. */
size_t timeline_diagnoses(const struct timeline *timeline, size_t run,
                          const struct diagnosis **diagnoses);

#endif
