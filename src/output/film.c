/*
 * The formats `cast` and `cast-v3`: the race as an asciicast, with its marks as chapters.
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "output/cast.h"
#include "output/frames.h"
#include "output/rows.h"

enum { COLS = 100, ROWS = 30, FPS = 30 };

struct chapter {
    uint64_t film_ns;
    size_t run;
    const char *label;
};

static int by_time(const void *a, const void *b)
{
    const struct chapter *left = a, *right = b;
    if (left->film_ns != right->film_ns)
        return left->film_ns < right->film_ns ? -1 : 1;
    return (left->run > right->run) - (left->run < right->run);
}

/* The marks of all runs that the film shows, by time; heap. */
static struct chapter *chapters_of(const struct frames *frames, size_t *count)
{
    const struct mark *marks;
    size_t runs = timeline_runs(frames->timeline), all = 0;
    for (size_t run = 0; run < runs; run++)
        all += timeline_marks(frames->timeline, run, &marks);
    struct chapter *chapters = mem_zero(all + 1, sizeof *chapters);
    *count = 0;
    for (size_t run = 0; run < runs; run++) {
        size_t of_run = timeline_marks(frames->timeline, run, &marks);
        for (size_t i = 0; i < of_run; i++) {
            struct chapter *chapter = &chapters[*count];
            if (!frames_when(frames, marks[i].t, &chapter->film_ns))
                continue;
            chapter->run = run;
            chapter->label = marks[i].label;
            ++*count;
        }
    }
    qsort(chapters, *count, sizeof *chapters, by_time);
    return chapters;
}

static void write_chapter(struct cast *cast, const struct frames *frames,
                          const struct chapter *chapter)
{
    char *label = mem_format("%s: %s", timeline_meta(frames->timeline)->runs[chapter->run].model,
                             chapter->label);
    cast_marker(cast, label, chapter->film_ns);
    free(label);
}

static bool write_frames(struct cast *cast, struct frames *frames, FILE *into, struct error *error)
{
    size_t count, next = 0;
    struct chapter *chapters = chapters_of(frames, &count);
    bool well = true;
    for (uint64_t film_ns; well && frames_next(frames, &film_ns);) {
        for (; next < count && chapters[next].film_ns <= film_ns; next++)
            write_chapter(cast, frames, &chapters[next]);
        cast_frame(cast, &frames->canvas, film_ns);
        well = output_goes_on(frames->options, into, frames->next, frames->count, error);
    }
    free(chapters);
    return well;
}

static bool write_cast(const struct output_options *options, FILE *into, int version,
                       struct error *error)
{
    struct frames frames;
    if (!frames_open(&frames, options, COLS, ROWS, FPS, error))
        return false;
    char *title = frames_title(frames.timeline);
    const struct cast_options how = { .version = version,
                                      .cols = frames.canvas.cols,
                                      .rows = frames.canvas.rows,
                                      .theme = frames.look.theme,
                                      .title = title };
    struct cast *cast = cast_open(into, &how);
    bool well = write_frames(cast, &frames, into, error);
    struct error closing;
    if (!cast_close(cast, frames.length_ns, &closing) && well)
        well = error_set(error, "%s", closing.text);
    free(title);
    frames_close(&frames);
    return well;
}

static bool write_v2(const struct output_options *options, FILE *into, struct error *error)
{
    return write_cast(options, into, 2, error);
}

static bool write_v3(const struct output_options *options, FILE *into, struct error *error)
{
    return write_cast(options, into, 3, error);
}

#define TAKES (TAKES_SPAN | TAKES_SPEED | TAKES_SIZE | TAKES_LOOKS | TAKES_VIEW)

const struct output output_cast = {
    .name = "cast",
    .help = "a film of the screen as asciicast 2, with chapters",
    .takes = TAKES,
    .write = write_v2,
};
const struct output output_cast_v3 = {
    .name = "cast-v3",
    .help = "the same as asciicast 3",
    .takes = TAKES,
    .write = write_v3,
};
