/*
 * pane.h: the rows between the columns of a race and its legend: what the last change did to each
 * model, the knob in hand, which lanes are listed, what the cursor stands on in words. They are there only while they have
 * something to say. And the scrubber below them.
 */
#ifndef VIEW_PANE_H
#define VIEW_PANE_H

#include "view/view.h"

/* How many rows it takes on a screen of `rows`; layout->run has to be filled. */
int pane_height(const struct timeline *timeline, const struct look *look,
                const struct race_layout *layout, int rows);
void pane_draw(const struct timeline *timeline, const struct look *look, struct canvas *canvas,
               const struct race_layout *layout);
/* What is at a row of it (0: the topmost): an effect of a run, the knob, the filter, or words. */
struct pane_spot {
    enum { PANE_EFFECT, PANE_KNOB, PANE_SIFT, PANE_EXPLAIN } what;
    int run;
};
struct pane_spot pane_at(const struct timeline *timeline, const struct look *look,
                         const struct race_layout *layout, int rows, int row);
/* Which knob is at `x` of the knob's row, and what a click there does: -1, +1: turns it; 0: takes it
 * in hand. */
size_t pane_knob_at(const struct look *look, const struct race_layout *layout, int x,
                    int *direction);

/* scrubber.c */
void scrubber_draw(const struct timeline *timeline, const struct look *look, struct canvas *canvas,
                   const struct race_layout *layout);
/* The moment at a column of the screen, held to the bar. */
uint64_t scrubber_time(const struct timeline *timeline, const struct look *look,
                       const struct race_layout *layout, int x);

#endif
