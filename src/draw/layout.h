/*
 * layout.h: from numbers to rectangles. A rectangle that has no room left has w or h 0; none is ever
 * negative, none reaches outside the one it was cut from.
 */
#ifndef DRAW_LAYOUT_H
#define DRAW_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "draw/canvas.h"

/* Cut from `rest` at its top (bottom, left, right); at most what is there. */
struct rect rect_top(struct rect *rest, int h);
struct rect rect_bottom(struct rect *rest, int h);
struct rect rect_left(struct rect *rest, int w);
struct rect rect_right(struct rect *rest, int w);
/* `count` columns side by side with `gap` between them; what does not divide goes to the first. */
void rect_columns(struct rect rect, int count, int gap, struct rect *columns);
struct rect rect_inset(struct rect rect, int x, int y);

bool rect_inside(struct rect inner, struct rect outer); /* an empty one is inside any */
bool rect_overlap(struct rect a, struct rect b);

/*
 * Strips sweep: `cells` cells span `window_ns`; the cell under the cursor is being written, those to
 * its left are of this sweep, those to its right of the one before, but for the one right of the
 * cursor, which is the gap the eye follows. Nothing that was drawn moves.
 */
struct sweep {
    uint64_t moment, window_ns;
    int cells;
};
/* How much time a cell stands for; the one under the cursor, as yet, for less. */
uint64_t sweep_cell_ns(const struct sweep *sweep);
/* The span [t0, t1) that a cell stands for; false where it shows nothing (the gap, before t = 0). */
bool sweep_cell(const struct sweep *sweep, int cell, uint64_t *t0, uint64_t *t1);

#endif
