/*
 * paint.h: from a canvas to the bytes that make a terminal look like it.
 *
 * It remembers what the terminal shows and gives what has to be written for the next canvas, so that
 * a frame is one write. What the terminal understands is told by its words: those of the table of
 * terminals (ui/terminfo.h), or those that every terminal of today knows (paint_ansi), for casts.
 */
#ifndef DRAW_PAINT_H
#define DRAW_PAINT_H

#include <stdbool.h>

#include "base/buffer.h"
#include "draw/canvas.h"
#include "draw/theme.h"

struct paint;

/* Each word is a sequence of bytes; "" where the terminal has none. Borrowed for the painter's life. */
struct paint_words {
    int depth;        /* how many colours: 1 << 24, 256, 16, 8 or 0 */
    bool true_colour; /* 24 bits by "38;2;R;G;B", not by `colour` */
    bool utf8;        /* else what is not ASCII becomes '?' */
    bool fills;       /* what is cleared takes the pen's ground */
    bool wraps_early; /* a character in the last column moves the cursor at once */
    const char *clear, *plain, *bold, *dim, *reverse, *underline;
    const char *one_down, *one_back; /* steps of the cursor */
    void (*place)(struct buffer *into, int x, int y);
    void (*right)(struct buffer *into, int columns); /* NULL: it cannot step several at once */
    void (*colour)(struct buffer *into, int colour, bool ground); /* NULL: it has none */
};
extern const struct paint_words paint_ansi; /* ECMA-48, UTF-8, 24 bits */

struct paint *paint_new(const struct paint_words *words); /* words are copied */
void paint_free(struct paint *paint);
/* How many colours it uses: 1 << 24, 256, 16, 8 or 0. */
int paint_depth(const struct paint *paint);
void paint_set_theme(struct paint *paint, const struct theme *theme); /* borrowed */
/* What the terminal shows is not known (any more): the next frame is whole. */
void paint_forget(struct paint *paint);
/* Appends what makes the terminal show the canvas. */
void paint_frame(struct paint *paint, const struct canvas *canvas, struct buffer *into);

#endif
