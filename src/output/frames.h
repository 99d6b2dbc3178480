/*
 * frames.h: the film of a race: which canvas is shown when. What a cast and a moving SVG have in
 * common, and the still of a moment. Only output/ includes it.
 *
 * The film shows the view from one end of the span to the other, at the film's speed; a film of the
 * whole race ends with the score. It has a clock of its own: ns from its start.
 */
#ifndef OUTPUT_FRAMES_H
#define OUTPUT_FRAMES_H

#include "draw/canvas.h"
#include "output/output.h"
#include "view/view.h"

struct frames {
    const struct output_options *options;
    const struct timeline *timeline;
    const struct view *view;
    struct look look;
    struct canvas canvas;
    double speed;
    int fps;
    uint64_t from_ns, until_ns; /* run time */
    uint64_t moving_ns;         /* of the film: as long as time goes on in it */
    uint64_t length_ns;         /* of the film */
    uint64_t count, next;       /* frames; the last one stands to the film's end */
};

/* `cols`, `rows` and `fps` are the format's own choice, for where the options leave it. False with a
 * sentence: options that make no film. */
bool frames_open(struct frames *frames, const struct output_options *options, int cols, int rows,
                 int fps, struct error *error);
void frames_close(struct frames *frames);
/* Draws the next frame into frames->canvas; false: there is no more. */
bool frames_next(struct frames *frames, uint64_t *film_ns);
/* Draws what options->at_ns looks like. */
void frames_still(struct frames *frames);
/* When the film shows a moment of the race; false: it does not. */
bool frames_when(const struct frames *frames, uint64_t run_ns, uint64_t *film_ns);
/* "scraper: threads, processes, loop"; heap. */
char *frames_title(const struct timeline *timeline);

#endif
