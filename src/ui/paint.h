/*
 * paint.h: from a canvas to the bytes that make a terminal look like it.
 *
 * It remembers what the terminal shows and gives what has to be written for the next canvas, so that
 * a frame is one write. Curses' own way writes at every move of the cursor (about 100 times a frame)
 * and costs twice as much; what the terminal understands still comes from curses' table of terminals
 * (terminfo), which has to be set up (newterm, setupterm) before.
 */
#ifndef UI_PAINT_H
#define UI_PAINT_H

#include <stdbool.h>

#include "base/buffer.h"
#include "draw/canvas.h"
#include "draw/theme.h"

struct paint;

struct paint_options {
    bool utf8;        /* the terminal takes UTF-8; else what is not ASCII becomes '?' */
    bool colours;     /* false: NO_COLOR */
    bool true_colour; /* 24 bits by "38;2;R;G;B", whatever terminfo says */
};
/* NULL: the terminal cannot place its cursor. */
struct paint *paint_new(const struct paint_options *options);
void paint_free(struct paint *paint);
/* How many colours it uses: 1 << 24, 256, 16, 8 or 0. */
int paint_depth(const struct paint *paint);
void paint_set_theme(struct paint *paint, const struct theme *theme); /* borrowed */
/* What the terminal shows is not known (any more): the next frame is whole. */
void paint_forget(struct paint *paint);
/* Appends what makes the terminal show the canvas. */
void paint_frame(struct paint *paint, const struct canvas *canvas, struct buffer *into);

#endif
