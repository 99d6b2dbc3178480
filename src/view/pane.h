/*
 * pane.h: the rows between the columns of a race and its legend: the knob in hand, and what the last
 * change did to each model. They are there only while they have something to say.
 */
#ifndef VIEW_PANE_H
#define VIEW_PANE_H

#include "view/view.h"

/* How many rows it takes on a screen of `rows`; layout->run has to be filled. */
int pane_height(const struct timeline *timeline, const struct look *look,
                const struct race_layout *layout, int rows);
void pane_draw(const struct timeline *timeline, const struct look *look, struct canvas *canvas,
               const struct race_layout *layout);

#endif
