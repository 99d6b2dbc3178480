/*
 * shows.h: whether a terminal that somebody else wrote (libvterm) shows a canvas, cell by cell, with
 * colours and attributes. Fails the running test where it does not.
 */
#ifndef TESTS_SHOWS_H
#define TESTS_SHOWS_H

#include <vterm.h>

#include "draw/canvas.h"
#include "draw/theme.h"

/* `depth`: how many colours were painted with, as paint_depth() says. */
void shows_canvas(VTermScreen *screen, const struct canvas *canvas, const struct theme *theme,
                  int depth);

#endif
