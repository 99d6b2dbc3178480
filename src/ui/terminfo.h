/*
 * terminfo.h: a painter (draw/paint.h) for the terminal that curses' table of terminals describes.
 * Curses' own way of painting writes at every move of the cursor (about 100 times a frame) and costs
 * twice as much; what the terminal understands still comes from its table, which has to be set up
 * (newterm, setupterm) before.
 */
#ifndef UI_TERMINFO_H
#define UI_TERMINFO_H

#include <stdbool.h>

#include "draw/paint.h"

struct terminfo_options {
    bool utf8;        /* the terminal takes UTF-8; else what is not ASCII becomes '?' */
    bool colours;     /* false: NO_COLOR */
    bool true_colour; /* 24 bits by "38;2;R;G;B", whatever terminfo says */
};
/* NULL: the terminal cannot place its cursor. */
struct paint *terminfo_paint(const struct terminfo_options *options);

#endif
