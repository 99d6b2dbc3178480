/*
 * picture.h: a canvas as SVG. Cells become shapes where their glyph is one (blocks, shades, lines), so
 * that strips and charts look the same whatever font there is; other glyphs become text, held to
 * their columns. A picture after another is only what changed, on top of it.
 */
#ifndef OUTPUT_PICTURE_H
#define OUTPUT_PICTURE_H

#include <stdbool.h>
#include <stdio.h>

#include "draw/canvas.h"
#include "draw/theme.h"

enum { PICTURE_CELL_W = 8, PICTURE_CELL_H = 17, PICTURE_EDGE = 8 }; /* units of the drawing */

struct picture;
struct picture *picture_new(const struct theme *theme); /* borrowed */
void picture_free(struct picture *picture);
/* <svg ...>, its colours, and the ground. `title` is for who cannot see it. `more` is CSS. */
void picture_head(const struct picture *picture, FILE *into, int cols, int rows, const char *title,
                  const char *more);
/* What is not as the picture before showed it (the first: all that is not blank ground). First the
 * patterns it needs, then <g `attributes`> with the cells; nothing where nothing changed: false. */
bool picture_cells(struct picture *picture, const struct canvas *canvas, FILE *into,
                   const char *attributes);
void picture_tail(FILE *into);

#endif
