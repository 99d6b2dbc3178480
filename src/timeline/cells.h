/*
 * cells.h: what a screen asks of a timeline for each of its frames, within a frame's time.
 *
 * A picture of a long run is made of thousands of cells, each the answer to a question about a span of
 * time; from one frame to the next nearly all are the same. Here they are kept, as long as they hold:
 * what is told late, an end, another source of switches make them be asked anew. And where a frame has
 * used up its time, what is left of it is told roughly, by sums that are at hand, and is asked for
 * exactly in the frames that follow: who draws, draws again while cells_settle() says so.
 *
 * Each question is the one of timeline.h with the same name, and asked with `cells` NULL it is just that
 * one: always exact, always at once. `grid_ns` is how wide the cells of the strip are; the youngest one,
 * which still grows, is asked for alone and may be narrower.
 */
#ifndef TIMELINE_CELLS_H
#define TIMELINE_CELLS_H

#include "base/clock.h"
#include "timeline/timeline.h"

struct cells;

/* Of one timeline, with which it ends. Each frame may spend `budget_ns` of the clock on exact cells. */
#define CELLS_BUDGET_NS \
    (5 * NS_PER_MS) /* of the 16 that a frame may take: the rest of it may wait too */
struct cells *cells_new(struct clock clock, uint64_t budget_ns);
void cells_free(struct cells *cells); /* NULL is fine */
/* A frame begins. */
void cells_frame(struct cells *cells); /* NULL is fine */
/* Somebody waits for the frame that began: from now on it spends no more than this. NULL is fine. */
void cells_hurry(struct cells *cells, uint64_t budget_ns);
/* Whether something that was told since the frame began is rough; and whether that is so or was shortly
 * before: what a screen says, which would flicker otherwise. NULL: never. */
bool cells_rough(const struct cells *cells);
bool cells_settle(const struct cells *cells);

void cells_lane_strip(struct cells *cells, const struct timeline *timeline, size_t run, size_t lane,
                      uint64_t t0, uint64_t width_ns, size_t count, uint64_t grid_ns,
                      uint64_t (*ns)[STATE_COUNT]);
void cells_run_strip(struct cells *cells, const struct timeline *timeline, size_t run, uint64_t t0,
                     uint64_t width_ns, size_t count, uint64_t grid_ns,
                     uint64_t (*ns)[STATE_COUNT]);

/* What one cell of the others is about. */
struct cell_ask {
    size_t run;
    uint32_t id; /* the core, the lock; which GIL; 0 */
    uint64_t t0, t1, grid_ns;
};
int cells_core_busy(struct cells *cells, const struct timeline *timeline,
                    const struct cell_ask *cell);
uint32_t cells_queue_max(struct cells *cells, const struct timeline *timeline,
                         const struct cell_ask *cell);
void cells_gil_counts(struct cells *cells, const struct timeline *timeline,
                      const struct cell_ask *cell, struct gil_counts *counts);
/* Who had it longest cannot be told roughly: LANE_NONE, and CELLS_LATER for how much of it. */
#define CELLS_LATER UINT32_MAX
uint32_t cells_core_most(struct cells *cells, const struct timeline *timeline,
                         const struct cell_ask *cell, uint32_t *busy_permille);
uint32_t cells_gil_most(struct cells *cells, const struct timeline *timeline,
                        const struct cell_ask *cell, uint32_t *held_permille);
uint32_t cells_lock_most(struct cells *cells, const struct timeline *timeline,
                         const struct cell_ask *cell, uint32_t *held_permille);

#endif
