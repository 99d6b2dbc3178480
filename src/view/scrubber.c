/*
 * The scrubber: the whole race as a line, with its marks, and where the moment stands on it.
 */
#include "base/clock.h"
#include "base/format.h"
#include "draw/layout.h"
#include "view/pane.h"
#include "view/parts.h"

#include <stdio.h>
#include <string.h>

static bool any_run_live(const struct timeline *timeline)
{
    for (size_t run = 0; run < timeline_runs(timeline); run++) {
        struct run_brief brief;
        timeline_run(timeline, run, &brief);
        if (brief.gone && !brief.over)
            return true;
    }
    return false;
}

/* A round figure not below ns, so that the handle moves and not the scale. */
static uint64_t round_up(uint64_t ns)
{
    static const uint64_t steps[] = { 1, 2, 5 };
    uint64_t unit = 100 * NS_PER_MS;
    for (size_t i = 0; i < 40; i++, unit *= i % 3 == 0 ? 10 : 1) {
        if (unit * steps[i % 3] >= ns)
            return unit * steps[i % 3];
    }
    return ns;
}

static int scrub_x(struct rect bar, uint64_t t, uint64_t scale)
{
    if (scale == 0 || t >= scale)
        return bar.x + bar.w - 1;
    return bar.x + (int)((double)t / (double)scale * (double)(bar.w - 1));
}

struct scrub {
    struct rect left, bar, right;
    uint64_t scale; /* what the bar spans */
    uint64_t read;  /* up to here it is there */
    char strips[TEXT_SIZE * 2], length[TEXT_SIZE];
};

static void place(const struct timeline *timeline, const struct look *look,
                  const struct race_layout *layout, struct scrub *scrub)
{
    uint64_t length = view_length(timeline, look);
    char span[TEXT_SIZE];
    scrub->bar = rect_inset(layout->scrubber, 1, 0);
    scrub->read = timeline_length(timeline);
    bool grows = any_run_live(timeline) && length == scrub->read;
    scrub->scale = grows ? round_up(length) : length;
    snprintf(scrub->strips, sizeof scrub->strips, "strips %s",
             format_duration(span, sizeof span, look->window_ns));
    format_duration(scrub->length, sizeof scrub->length, scrub->scale);
    scrub->left = rect_left(&scrub->bar, (int)strlen(scrub->strips) + 1);
    scrub->right = rect_right(&scrub->bar, (int)strlen(scrub->length) + 1);
}

uint64_t scrubber_time(const struct timeline *timeline, const struct look *look,
                       const struct race_layout *layout, int x)
{
    struct scrub scrub;
    place(timeline, look, layout, &scrub);
    int at = x - scrub.bar.x, cells = scrub.bar.w - 1;
    if (at <= 0 || cells <= 0)
        return 0;
    return at >= cells ? scrub.scale : (uint64_t)((double)scrub.scale * (double)at / (double)cells);
}

/* What was not read yet: hatched, with words where there is room for them. */
static void draw_unread(const struct look *look, struct canvas *canvas, const struct scrub *scrub)
{
    static const char words[] = " not read yet ";
    enum { WIDTH = sizeof words - 1 };
    struct style quiet = style_role(ROLE_QUIET);
    struct rect row = scrub->bar;
    int from = scrub_x(row, scrub->read, scrub->scale) + 1, width = row.x + row.w - from;
    if (!look->reading.on || scrub->read >= scrub->scale)
        return;
    for (int x = from; x < row.x + row.w; x++)
        canvas_put(canvas, x, row.y, look->glyphs->unread, quiet);
    if (width >= WIDTH + 4)
        canvas_text(canvas, from + (width - WIDTH) / 2, row.y, WIDTH, quiet, words);
    if (look->reading.wished && look->reading.wish_ns > 0)
        canvas_put(canvas, scrub_x(row, look->reading.wish_ns, scrub->scale), row.y,
                   look->glyphs->pointer, style_bold(ROLE_WARN));
}

void scrubber_draw(const struct timeline *timeline, const struct look *look, struct canvas *canvas,
                   const struct race_layout *layout)
{
    const struct glyphs *glyphs = look->glyphs;
    struct style quiet = style_role(ROLE_QUIET);
    struct scrub scrub;
    place(timeline, look, layout, &scrub);
    struct rect row = scrub.bar;
    canvas_text(canvas, scrub.left.x, row.y, scrub.left.w, quiet, scrub.strips);
    canvas_text_right(canvas, scrub.right.x, row.y, scrub.right.w, quiet, scrub.length);
    int handle = scrub_x(row, look->moment, scrub.scale);
    for (int x = row.x; x < row.x + row.w; x++)
        canvas_put(canvas, x, row.y, glyphs->scrub, x < handle ? style_bold(ROLE_CHART) : quiet);
    draw_unread(look, canvas, &scrub);
    for (int i = 0; i < layout->columns; i++) {
        const struct mark *marks;
        size_t count = timeline_marks(timeline, (size_t)layout->run[i], &marks);
        for (size_t k = 0; k < count; k++)
            canvas_put(canvas, scrub_x(row, marks[k].t, scrub.scale), row.y, glyphs->mark,
                       style_bold(ROLE_WARN));
    }
    for (size_t k = 0; k < look->own_marks; k++)
        canvas_put(canvas, scrub_x(row, look->own_mark[k], scrub.scale), row.y, glyphs->mark,
                   style_bold(ROLE_GOOD));
    canvas_put(canvas, handle, row.y, glyphs->handle, style_bold(ROLE_STRONG));
}
