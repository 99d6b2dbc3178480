/*
 * The words that terminals and players of today have in common: ECMA-48 and 24 bits of colour. They
 * depend on no table of terminals, so what is painted with them is the same everywhere.
 */
#include "draw/paint.h"

static void place(struct buffer *into, int x, int y)
{
    buffer_printf(into, "\x1b[%d;%dH", y + 1, x + 1);
}

static void right(struct buffer *into, int columns)
{
    if (columns == 1)
        buffer_text(into, "\x1b[C");
    else
        buffer_printf(into, "\x1b[%dC", columns);
}

const struct paint_words paint_ansi = {
    .depth = 1 << 24,
    .true_colour = true,
    .utf8 = true,
    .fills = true,
    .clear = "\x1b[H\x1b[2J",
    .plain = "\x1b[0m",
    .bold = "\x1b[1m",
    .dim = "\x1b[2m",
    .reverse = "\x1b[7m",
    .underline = "\x1b[4m",
    .one_down = "\x1b[B", /* not a line feed: some players begin a row with it */
    .one_back = "\b",
    .place = place,
    .right = right,
};
