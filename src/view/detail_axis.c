/*
 * The time axis of the detail screen: what it spans, which cell is which moment, its ticks and the
 * marks on it.
 *
 * Invariant: cells are of one width in time and side by side. Ticks stand at round moments of the
 * run, so that they stay where they are while the axis moves, and no label is cut or overlaps
 * another.
 */
#include "view/detail.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>

#define ZOOM_LEAST_NS NS_PER_US

/* 1, 2, 5, 10, 20, ...: the i-th of them, from `least` on. */
static uint64_t round_step(uint64_t least, int i)
{
    static const uint64_t steps[] = { 1, 2, 5 };
    uint64_t unit = least;
    for (int k = i / 3; k > 0; k--)
        unit *= 10;
    return unit * steps[i % 3];
}
enum { ROUND_STEPS = 40 }; /* enough for any of the run's lengths: 1 ns to 2 x 10^13 */

/* ---- span and zoom ---- */

static uint64_t run_length(const struct timeline *timeline, const struct look *look)
{
    return view_run_length(timeline, look, (size_t)look->column);
}

void detail_span(const struct timeline *timeline, const struct look *look, uint64_t *t0,
                 uint64_t *t1)
{
    uint64_t length = run_length(timeline, look), span = look->zoom_ns;
    uint64_t moment = look->moment < length ? look->moment : length;
    if (span == 0 || span >= length) {
        *t0 = 0;
        *t1 = length > 0 ? length : 1;
        return;
    }
    *t0 = moment > span / 2 ? moment - span / 2 : 0;
    if (*t0 + span > length)
        *t0 = length - span;
    *t1 = *t0 + span;
}

uint64_t detail_zoom(const struct timeline *timeline, const struct look *look, int direction)
{
    uint64_t length = run_length(timeline, look), now = look->zoom_ns, below = ZOOM_LEAST_NS;
    if (now == 0 || now > length)
        now = length;
    for (int i = 0; i < ROUND_STEPS; i++) {
        uint64_t span = round_step(ZOOM_LEAST_NS, i);
        if (direction < 0 && span > now)
            return span < length ? span : 0;
        if (span >= now)
            break;
        below = span;
    }
    return direction < 0 ? 0 : below < length ? below : 0;
}

uint64_t detail_zoom_onto(const struct timeline *timeline, const struct look *look, uint64_t ns)
{
    uint64_t length = run_length(timeline, look);
    for (int i = 0; i < ROUND_STEPS; i++) {
        uint64_t span = round_step(ZOOM_LEAST_NS, i);
        if (span >= ns)
            return span < length ? span : 0;
    }
    return 0;
}

void detail_axis_make(struct detail_axis *axis, const struct timeline *timeline,
                      const struct look *look, int cells)
{
    struct run_brief brief;
    uint64_t t1, width = cells > 0 ? (uint64_t)cells : 1;
    timeline_run(timeline, (size_t)look->column, &brief);
    const uint64_t length = brief.length_ns;
    *axis = (struct detail_axis){ .cells = cells };
    axis->moment = look->moment < length ? look->moment : length;
    detail_span(timeline, look, &axis->t0, &t1);
    axis->cell_ns = (t1 - axis->t0 + width - 1) / width;
    uint64_t left = length > axis->t0 ? length - axis->t0 : 0;
    uint64_t there = (left + axis->cell_ns - 1) / axis->cell_ns;
    axis->there = there < width ? (int)there : cells;
}

int detail_axis_cell(const struct detail_axis *axis, uint64_t t)
{
    if (t < axis->t0)
        return -1;
    uint64_t cell = (t - axis->t0) / axis->cell_ns;
    /* The very end of the run has no cell of its own. */
    if (cell == (uint64_t)axis->cells && t == axis->moment)
        cell--;
    return cell < (uint64_t)axis->cells ? (int)cell : -1;
}

/* ---- ticks ---- */

/* A moment with as many decimals as ticks so far apart need to differ. */
static void tick_label(char *text, uint64_t t, uint64_t step, uint64_t last)
{
    uint64_t unit = last >= NS_PER_S ? NS_PER_S : last >= NS_PER_MS ? NS_PER_MS : NS_PER_US;
    const char *name = unit == NS_PER_S ? "s" : unit == NS_PER_MS ? "ms" : "us";
    int decimals = 0;
    uint64_t part = unit;
    for (; part > 1 && step % part != 0; part /= 10)
        decimals++;
    if (t == 0)
        snprintf(text, TEXT_SIZE, "0");
    else if (decimals == 0)
        snprintf(text, TEXT_SIZE, "%llu%s", (unsigned long long)(t / unit), name);
    else
        snprintf(text, TEXT_SIZE, "%llu.%0*llu%s", (unsigned long long)(t / unit), decimals,
                 (unsigned long long)(t % unit / part), name);
}

/* The least round step whose labels have room. */
static uint64_t tick_step(const struct detail_axis *axis, uint64_t last)
{
    char text[TEXT_SIZE];
    for (int i = 0; i < ROUND_STEPS; i++) {
        uint64_t step = round_step(1, i);
        if (step < axis->cell_ns)
            continue;
        tick_label(text, last, step, last);
        if (step / axis->cell_ns >= strlen(text) + 3)
            return step;
    }
    return UINT64_MAX;
}

static void draw_ticks(const struct detail *d)
{
    const struct detail_axis *axis = &d->axis;
    struct rect line = d->layout.axis;
    struct style quiet = style_role(ROLE_QUIET);
    uint64_t last = axis->t0 + axis->cell_ns * (uint64_t)axis->cells, step = tick_step(axis, last);
    for (int x = 0; x < axis->cells; x++)
        canvas_put(d->canvas, line.x + x, line.y, d->look->glyphs->line_h, quiet);
    if (step == UINT64_MAX)
        return;
    for (uint64_t t = (axis->t0 + step - 1) / step * step; t < last; t += step) {
        char text[TEXT_SIZE];
        int x = detail_axis_cell(axis, t);
        tick_label(text, t, step, last);
        if (x < 0 || x + (int)strlen(text) >= axis->cells)
            break;
        canvas_put(d->canvas, line.x + x, line.y, d->look->glyphs->line_v, quiet);
        canvas_text(d->canvas, line.x + x + 1, line.y, line.w, style_role(ROLE_TEXT), text);
    }
}

/* A mark is a glyph of the line, or, where a label is, its colour. */
static void draw_marks(const struct detail *d)
{
    const struct mark *marks;
    size_t count = timeline_marks(d->timeline, d->run, &marks);
    for (size_t i = 0; i < count; i++) {
        int x = detail_axis_cell(&d->axis, marks[i].t);
        if (x < 0)
            continue;
        struct cell *cell = canvas_at(d->canvas, d->layout.axis.x + x, d->layout.axis.y);
        if (cell == NULL)
            continue;
        bool line = cell->code == d->look->glyphs->line_h || cell->code == d->look->glyphs->line_v;
        if (line)
            cell->code = d->look->glyphs->mark;
        else
            cell->attr |= ATTR_UNDERLINE;
        cell->fg = marks[i].kind == MARK_CRASH ? ROLE_BAD : ROLE_WARN;
        cell->attr |= ATTR_BOLD;
    }
}

/* What was not read yet: hatched where nothing else is said. */
static void draw_unread(const struct detail *d)
{
    if (d->axis.t0 + d->axis.cell_ns * (uint64_t)d->axis.there >= run_length(d->timeline, d->look))
        return;
    for (int y = d->layout.rows.y; y < d->layout.rows.y + d->place.lines; y++)
        for (int x = d->axis.there; x < d->axis.cells; x++) {
            struct cell *cell = canvas_at(d->canvas, d->layout.axis.x + x, y);
            if (cell == NULL || cell->code != ' ')
                continue;
            cell->code = d->look->glyphs->unread;
            cell->fg = ROLE_QUIET;
        }
}

/* The moment's column over all rows. */
static void draw_moment(const struct detail *d)
{
    int cell = detail_axis_cell(&d->axis, d->axis.moment);
    int height = d->place.lines;
    if (cell < 0)
        return;
    for (int y = d->layout.axis.y; y < d->layout.rows.y + height; y++) {
        struct cell *at = canvas_at(d->canvas, d->layout.axis.x + cell, y);
        if (at == NULL)
            continue;
        at->attr ^= ATTR_REVERSE;
        if (at->code == ' ')
            at->code = d->look->glyphs->line_v;
    }
}

void detail_draw_axis(const struct detail *d)
{
    draw_ticks(d);
    draw_unread(d);
    draw_marks(d);
    draw_moment(d);
}
