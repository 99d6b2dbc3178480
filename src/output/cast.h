/*
 * cast.h: an asciicast, written frame by frame from canvases: for the format `cast`, and for whoever
 * else has canvases and a clock of theirs to tell (a demo). The same calls give the same bytes: no
 * date, no terminal and no locale goes into it.
 *
 * Times are ns since the film's start and never go back (one that does counts as the last one).
 */
#ifndef OUTPUT_CAST_H
#define OUTPUT_CAST_H

#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "draw/canvas.h"
#include "draw/theme.h"

struct cast;
struct cast_options {
    int version; /* 2 or 3 */
    int cols, rows;
    const struct theme *theme; /* borrowed; NULL: the default one */
    const char *title;         /* or NULL */
};
/* Writes the header. `into` is borrowed; what goes wrong with it is told by cast_close(). */
struct cast *cast_open(FILE *into, const struct cast_options *options);
/* From `ns` on the film shows the canvas; what does not change costs nothing. A canvas of another
 * size resizes the film's terminal. */
void cast_frame(struct cast *cast, const struct canvas *canvas, uint64_t ns);
/* A chapter begins. */
void cast_marker(struct cast *cast, const char *label, uint64_t ns);
void cast_set_theme(struct cast *cast, const struct theme *theme); /* of the frames to come */
/* The last frame stands until `ns`. Frees; false: not all of it could be written. */
bool cast_close(struct cast *cast, uint64_t ns, struct error *error);

#endif
