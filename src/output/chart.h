/*
 * chart.h: a run over time as an inline SVG: its cores, GILs, queue, and what its lanes did, on an axis
 * that is the same for all runs of a race. Colours are CSS variables of the page it stands in:
 * --s0.. by enum state, --h0..7 by holder, --chart, --track, --text, --quiet. Only output/ includes it.
 */
#ifndef OUTPUT_CHART_H
#define OUTPUT_CHART_H

#include <stdint.h>
#include <stdio.h>

#include "timeline/timeline.h"

/* `length_ns`: what the axis spans. */
void chart_run(FILE *into, const struct timeline *timeline, size_t run, uint64_t length_ns);
/* How long its tasks took, as bars from 10 us to 100 s; nothing where none ended. */
void chart_latency(FILE *into, const struct timeline *timeline, size_t run);

#endif
