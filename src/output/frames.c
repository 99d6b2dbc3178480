/*
 * The film of a race. Invariant: frame k shows the moment from + k / fps * speed, the last frame of
 * the span its end; nothing else goes into a frame, so the same options give the same film.
 */
#include "output/frames.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"

static const uint64_t whole_ns = 10 * NS_PER_S; /* how long a film is unless its speed is given */
static const uint64_t rest_ns = 1 * NS_PER_S;   /* how long the span's end stands */
static const uint64_t score_ns = 4 * NS_PER_S;  /* how long the score stands after it */

/* What strips span: the whole race where it fits into a sweep of ten seconds. */
static uint64_t window_of(uint64_t length_ns, double speed)
{
    double sweep = (double)whole_ns * speed;
    uint64_t window = sweep < (double)length_ns ? (uint64_t)sweep : length_ns;
    return window > 0 ? window : 1;
}

static void set_look(struct frames *frames)
{
    const struct output_options *options = frames->options;
    uint64_t length = timeline_length(frames->timeline);
    look_init(&frames->look);
    frames->look.live = false;
    frames->look.replaying = true;
    frames->look.paused = options->still;
    frames->look.speed = frames->speed;
    frames->look.window_ns = options->still ? length + 1 : window_of(length, frames->speed);
    if (options->theme != NULL)
        frames->look.theme = options->theme;
    if (options->ascii)
        frames->look.glyphs = &glyphs_ascii;
}

/* A film of the race up to its end goes on to the score. */
static bool has_score(const struct frames *frames)
{
    return frames->view == &view_race && frames->options->until_ns == 0;
}

static bool set_times(struct frames *frames, int fps, struct error *error)
{
    const struct output_options *options = frames->options;
    frames->from_ns = options->from_ns;
    frames->until_ns = output_until(options);
    uint64_t span = frames->until_ns - frames->from_ns;
    frames->fps = options->fps > 0 ? options->fps : fps;
    frames->speed = options->speed > 0 ? options->speed : (double)span / (double)whole_ns;
    if (frames->speed <= 0) /* a race without length */
        frames->speed = 1;
    double moving = (double)span / frames->speed, count = moving * frames->fps / NS_PER_S;
    if (count > OUTPUT_FRAMES_MOST)
        return error_set(error,
                         "--speed %g: the film would have %.3g frames; at most %d are made: a "
                         "higher --speed, a lower --fps or a shorter span",
                         frames->speed, count, OUTPUT_FRAMES_MOST);
    frames->moving_ns = (uint64_t)moving;
    frames->count = (uint64_t)count + 2; /* the first, and the span's end */
    frames->length_ns = frames->moving_ns + rest_ns + (has_score(frames) ? score_ns : 0);
    return true;
}

bool frames_open(struct frames *frames, const struct output_options *options, int cols, int rows,
                 int fps, struct error *error)
{
    *frames = (struct frames){ .options = options, .timeline = options->timelines[0] };
    frames->view = options->view != NULL ? view_find(options->view) : &view_race;
    if (timeline_meta(frames->timeline) == NULL)
        return error_set(error, "the recording holds no race");
    if (!set_times(frames, fps, error))
        return false;
    set_look(frames);
    canvas_init(&frames->canvas);
    canvas_reset(&frames->canvas, options->cols > 0 ? options->cols : cols,
                 options->rows > 0 ? options->rows : rows);
    return true;
}

void frames_close(struct frames *frames)
{
    canvas_fini(&frames->canvas);
}

static void draw(struct frames *frames, const struct view *view, uint64_t moment)
{
    frames->look.moment = moment;
    view_draw(view, frames->timeline, &frames->look, &frames->canvas);
}

bool frames_next(struct frames *frames, uint64_t *film_ns)
{
    uint64_t frame = frames->next++;
    if (frame < frames->count) {
        uint64_t film = frame * NS_PER_S / (uint64_t)frames->fps;
        uint64_t moment = frames->from_ns + (uint64_t)((double)film * frames->speed);
        if (frame + 1 == frames->count || film >= frames->moving_ns || moment > frames->until_ns) {
            film = frames->moving_ns;
            moment = frames->until_ns;
            frames->next = frames->count;
        }
        draw(frames, frames->view, moment);
        *film_ns = film;
        return true;
    }
    if (frame > frames->count || !has_score(frames))
        return false;
    *film_ns = frames->moving_ns + rest_ns;
    draw(frames, &view_score, frames->until_ns);
    return true;
}

void frames_still(struct frames *frames)
{
    uint64_t end = timeline_length(frames->timeline), at = frames->options->at_ns;
    draw(frames, frames->view, at < end ? at : end);
}

bool frames_when(const struct frames *frames, uint64_t run_ns, uint64_t *film_ns)
{
    if (run_ns < frames->from_ns || run_ns > frames->until_ns)
        return false;
    double film = (double)(run_ns - frames->from_ns) / frames->speed;
    *film_ns = film < (double)frames->moving_ns ? (uint64_t)film : frames->moving_ns;
    return true;
}

char *frames_title(const struct timeline *timeline)
{
    const struct meta *meta = timeline_meta(timeline);
    struct buffer title = { 0 };
    buffer_printf(&title, "%s: ", meta->scenario);
    for (uint32_t i = 0; i < meta->run_count; i++)
        buffer_printf(&title, "%s%s", i > 0 ? ", " : "", meta->runs[i].model);
    return buffer_take(&title);
}
