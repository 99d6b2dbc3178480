/*
 * handover.h: the hand-overs of a GIL one by one: the way from one to the next, and the story of each:
 * who held it, who asked for it, when it was dropped, who has it since.
 *
 * Steps cost some tens of counts over a span (timeline_gil_counts), wherever the next one is.
 */
#ifndef TIMELINE_HANDOVER_H
#define TIMELINE_HANDOVER_H

#include "base/buffer.h"
#include "timeline/timeline.h"

/* The moment of the nearest hand-over strictly before (-1) or after (+1) t, of all or of the forced
 * ones only; t itself where there is none. */
uint64_t handover_step(const struct timeline *timeline, size_t run, size_t gil, uint64_t t,
                       int direction, bool forced);

struct handover {
    uint64_t taken_ns; /* when the next lane took it */
    uint32_t to, from; /* lanes by id */
    uint64_t held_ns;  /* how long `from` had held it in one go */
    uint64_t dropped_ns;
    bool forced;
    uint32_t asker;     /* who asked for it while `from` held it; LANE_NONE: nobody, or not known */
    uint64_t asked_ns;  /* when; UINT64_MAX: nobody asked */
    uint64_t waited_ns; /* how long `to` had said that it waits for it; UINT64_MAX: it did not */
};
/* The last one at or before t; false: there is none. */
bool handover_at(const struct timeline *timeline, size_t run, size_t gil, uint64_t t,
                 struct handover *handover);
/* Its story in a sentence: "w0 held the GIL for 5.02ms; w1, which had waited 5ms, asked for it; 12us
 * later w0 dropped it, and 4us after that w1 had it." */
void handover_tell(const struct timeline *timeline, size_t run, const struct handover *handover,
                   struct buffer *text);

#endif
