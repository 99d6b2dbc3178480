/*
 * The format `svg`: a still of a moment (--at), or a film that loops, for READMEs and slides. It needs
 * no script: each picture of the film is what changed, laid on top of the ones before; CSS shows it
 * from its time on and hides all of them when the film begins anew. Where nothing moves (print, a
 * viewer without CSS, a reader who wants less motion) the film's end is seen.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "output/frames.h"
#include "output/picture.h"
#include "output/rows.h"

enum { COLS = 100, ROWS = 30, FPS = 15 };

static void write_still(struct frames *frames, struct picture *picture, const char *title,
                        FILE *into)
{
    frames_still(frames);
    picture_head(picture, into, frames->canvas.cols, frames->canvas.rows, title, "");
    picture_cells(picture, &frames->canvas, into, "");
    picture_tail(into);
}

/* From its share of the film on; the film begins with all hidden. */
static void write_frame(const struct frames *frames, struct picture *picture, uint64_t number,
                        uint64_t film_ns, FILE *into)
{
    char attributes[64];
    if (number == 0) {
        picture_cells(picture, &frames->canvas, into, "");
        return;
    }
    snprintf(attributes, sizeof attributes, "class=\"f\" style=\"animation-name:f%llu\"",
             (unsigned long long)number);
    if (!picture_cells(picture, &frames->canvas, into, attributes))
        return;
    uint64_t share = film_ns * 100000 / frames->length_ns; /* of 100.000 % */
    fprintf(into,
            "<style>@keyframes f%llu{0%%{visibility:hidden}%llu.%03llu%%{visibility:visible}}"
            "</style>\n",
            (unsigned long long)number, (unsigned long long)(share / 1000),
            (unsigned long long)(share % 1000));
}

static bool write_film(struct frames *frames, struct picture *picture, const char *title,
                       FILE *into, struct error *error)
{
    char css[160];
    uint64_t ms = frames->length_ns / NS_PER_MS;
    snprintf(css, sizeof css,
             ".f{animation:%llu.%03llus step-end infinite}"
             "@media(prefers-reduced-motion:reduce){.f{animation:none}}",
             (unsigned long long)(ms / 1000), (unsigned long long)(ms % 1000));
    picture_head(picture, into, frames->canvas.cols, frames->canvas.rows, title, css);
    uint64_t number = 0;
    for (uint64_t film_ns; frames_next(frames, &film_ns); number++) {
        write_frame(frames, picture, number, film_ns, into);
        if (!output_goes_on(frames->options, into, frames->next, frames->count, error))
            return false;
    }
    picture_tail(into);
    return true;
}

static bool write_svg(const struct output_options *options, FILE *into, struct error *error)
{
    struct frames frames;
    if (!frames_open(&frames, options, COLS, ROWS, FPS, error))
        return false;
    struct picture *picture = picture_new(frames.look.theme);
    char *title = frames_title(frames.timeline);
    bool well = true;
    if (options->still)
        write_still(&frames, picture, title, into);
    else
        well = write_film(&frames, picture, title, into, error);
    free(title);
    picture_free(picture);
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
