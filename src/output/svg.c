/*
 * The format `svg`: a still of a moment (--at), or a film that loops (svg.h), for READMEs and slides.
 */
#include <stdlib.h>

#include "output/frames.h"
#include "output/picture.h"
#include "output/rows.h"
#include "output/svg.h"

enum { COLS = 100, ROWS = 30, FPS = 15 };

static void write_still(struct frames *frames, const char *title, FILE *into)
{
    struct picture *picture = picture_new(frames->look.theme);
    frames_still(frames);
    picture_head(picture, into, frames->canvas.cols, frames->canvas.rows, title, "");
    picture_cells(picture, &frames->canvas, into, "");
    picture_tail(into);
    picture_free(picture);
}

static bool write_film(struct frames *frames, const char *title, FILE *into, struct error *error)
{
    struct svg_film *film = svg_film_open(frames->look.theme);
    bool well = true;
    for (uint64_t film_ns; well && frames_next(frames, &film_ns);) {
        svg_film_frame(film, &frames->canvas, film_ns);
        well = output_goes_on(frames->options, into, frames->next, frames->count, error);
    }
    struct error closing;
    if (!svg_film_close(film, frames->length_ns, title, well ? into : NULL, &closing) && well)
        well = error_set(error, "%s", closing.text);
    return well;
}

static bool write_svg(const struct output_options *options, FILE *into, struct error *error)
{
    struct frames frames;
    if (!frames_open(&frames, options, COLS, ROWS, FPS, error))
        return false;
    char *title = frames_title(frames.timeline);
    bool well = true;
    if (options->still)
        write_still(&frames, title, into);
    else
        well = write_film(&frames, title, into, error);
    free(title);
    frames_close(&frames);
    if (well && ferror(into))
        return error_set(error, "the picture could not be written whole");
    return well;
}

const struct output output_svg = {
    .name = "svg",
    .help = "a film of the screen that loops; with --at a still",
    .takes = TAKES_SPAN | TAKES_AT | TAKES_SPEED | TAKES_SIZE | TAKES_LOOKS | TAKES_VIEW,
    .write = write_svg,
};
