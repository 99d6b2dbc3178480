/*
 * svg.h: a film as SVG that loops, made frame by frame from canvases: for the format `svg`, and for
 * whoever else has canvases and a clock of theirs to tell (a demo). The same calls give the same bytes.
 *
 * It needs no script: each picture of the film is what changed, laid on top of the ones before; CSS
 * shows it from its time on and hides all of them when the film begins anew. Where nothing moves
 * (print, a viewer without CSS, a reader who wants less motion) the film's end is seen.
 */
#ifndef OUTPUT_SVG_H
#define OUTPUT_SVG_H

#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "draw/canvas.h"
#include "draw/theme.h"

struct svg_film;
struct svg_film *svg_film_open(const struct theme *theme); /* borrowed */
/* From `ns` since the film's start on it shows the canvas; what does not change costs nothing. Times
 * never go back. A canvas of another size than the first is left out. */
void svg_film_frame(struct svg_film *film, const struct canvas *canvas, uint64_t ns);
/* Writes all of it: how long a film is stands at its head. The last frame stands until `length_ns`.
 * `into` NULL: it is not wanted. Frees; false: not all of it could be written. */
bool svg_film_close(struct svg_film *film, uint64_t length_ns, const char *title, FILE *into,
                    struct error *error);

#endif
