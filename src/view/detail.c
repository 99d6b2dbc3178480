/*
 * One model on the whole screen: an axis with zoom, a row for the GIL, each core and each lane, the
 * events around the moment where there is room, and below them what the cursor stands on.
 *
 * Invariant: cells are of one width in time and side by side, so that what stands one below the other
 * happened at the same time; from a zoom where a cell holds one state each cell is exact. The rows
 * scroll so that the cursor's is seen. A loop's tasks have no rows here.
 */
#include "base/clock.h"
#include "base/format.h"
#include "draw/layout.h"
#include "draw/widget.h"
#include "timeline/explain.h"
#include "view/column.h"
#include "view/parts.h"
#include "view/view.h"

#include <stdio.h>
#include <string.h>

enum { LABEL = 8, VALUE = 12, EVENTS_FROM_COLS = 100, EVENTS_MOST = 128 };
#define ZOOM_LEAST_NS (10 * NS_PER_US)

enum thing_kind { THING_GIL, THING_GIL_MARKS, THING_CORE, THING_LANE };
struct thing {
    enum thing_kind kind;
    size_t index;
};

struct detail {
    const struct timeline *timeline;
    const struct look *look;
    struct canvas *canvas;
    size_t run;
    struct run_brief brief;
    uint64_t moment, t0, cell_ns;
    struct rect rows, strip; /* strip: of the topmost row */
};

/* ---- what has a row ---- */

/* One GIL stands first with its marks; where each lane has one, they stand last. */
static int thing_count(const struct run_brief *brief)
{
    return (int)(brief->gils + (brief->gils == 1) + brief->cores + brief->lanes);
}

static struct thing thing_at(const struct run_brief *brief, size_t row)
{
    if (brief->gils == 1 && row < 2)
        return (struct thing){ row == 0 ? THING_GIL : THING_GIL_MARKS, 0 };
    row -= brief->gils == 1 ? 2 : 0;
    if (row < brief->cores)
        return (struct thing){ THING_CORE, row };
    row -= brief->cores;
    if (row < brief->lanes)
        return (struct thing){ THING_LANE, row };
    return (struct thing){ THING_GIL, row - brief->lanes };
}

int detail_rows(const struct timeline *timeline, const struct look *look)
{
    struct run_brief brief;
    timeline_run(timeline, (size_t)look->column, &brief);
    return thing_count(&brief);
}

/* ---- zoom ---- */

void detail_span(const struct timeline *timeline, const struct look *look, uint64_t *t0,
                 uint64_t *t1)
{
    struct run_brief brief;
    timeline_run(timeline, (size_t)look->column, &brief);
    uint64_t length = brief.length_ns, span = look->zoom_ns;
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
    static const uint64_t steps[] = { 1, 2, 5 };
    struct run_brief brief;
    timeline_run(timeline, (size_t)look->column, &brief);
    uint64_t length = brief.length_ns, now = look->zoom_ns, below = ZOOM_LEAST_NS;
    if (now == 0 || now > length)
        now = length;
    uint64_t unit = ZOOM_LEAST_NS;
    for (int i = 0; i < 40; i++, unit *= i % 3 == 0 ? 10 : 1) {
        uint64_t span = unit * steps[i % 3];
        if (direction < 0 && span > now)
            return span < length ? span : 0;
        if (span >= now)
            break;
        below = span;
    }
    return direction < 0 ? 0 : below < length ? below : 0;
}

/* ---- strips ---- */

static struct style on_track(unsigned role)
{
    return style_on(role, ROLE_TRACK, 0);
}

static uint64_t cell_start(const struct detail *d, int x)
{
    return d->t0 + (uint64_t)x * d->cell_ns;
}

/* Cells that lie in the run. */
static int cells_there(const struct detail *d)
{
    uint64_t left = d->brief.length_ns > d->t0 ? d->brief.length_ns - d->t0 : 0;
    uint64_t cells = (left + d->cell_ns - 1) / d->cell_ns;
    return cells < (uint64_t)d->strip.w ? (int)cells : d->strip.w;
}

/* A lane as a digit (or a letter) in its colour, for rows of what one at a time has. */
static void put_owner(const struct detail *d, int x, int y, uint32_t id)
{
    struct lane_brief lane;
    uint32_t code = d->look->glyphs->held, index = id;
    if (timeline_lane(d->timeline, d->run, id, &lane) && lane.id == id) {
        bool numbered = lane.role != ROLE_MAIN && lane.role != ROLE_LOOP;
        index = lane.index;
        code = numbered ? '0' + lane.index % 10 : (uint32_t)lane.name[0];
    }
    canvas_put(d->canvas, x, y, code, style_on(ROLE_BACK, ROLE_HOLDER_FIRST + index % 8, 0));
}

static void owner_text(const struct detail *d, uint32_t id, const char *nobody, char *text)
{
    struct lane_brief lane;
    if (id == LANE_NONE)
        snprintf(text, TEXT_SIZE, "%s", nobody);
    else if (timeline_lane(d->timeline, d->run, id, &lane) && lane.id == id)
        snprintf(text, TEXT_SIZE, "%s", lane.name);
    else
        snprintf(text, TEXT_SIZE, "#%u", id);
}

static void draw_gil(const struct detail *d, size_t gil, int y, char *value)
{
    struct gil_moment now;
    char name[TEXT_SIZE];
    for (int x = 0; x < cells_there(d); x++) {
        uint64_t t0 = cell_start(d, x);
        uint32_t held;
        uint32_t holder = timeline_gil_most(d->timeline, d->run, gil, t0, t0 + d->cell_ns, &held);
        if (holder != LANE_NONE)
            put_owner(d, d->strip.x + x, y, holder);
        else
            canvas_put(d->canvas, d->strip.x + x, y,
                       held >= 20 ? d->look->glyphs->empty : d->look->glyphs->free,
                       on_track(ROLE_QUIET));
    }
    timeline_gil_at(d->timeline, d->run, gil, d->moment, &now);
    owner_text(d, now.holder, "free", name);
    snprintf(value, TEXT_SIZE, "%.8s%s +%u", name, now.holder_off_core ? " off" : "", now.waiters);
}

/* Below the GIL: '!' it was handed over on request, '>' otherwise, '?' it was asked for. */
static void draw_gil_marks(const struct detail *d, size_t gil, int y, char *value)
{
    struct gil_counts counts;
    for (int x = 0; x < cells_there(d); x++) {
        uint64_t t0 = cell_start(d, x);
        timeline_gil_counts(d->timeline, d->run, gil, t0, t0 + d->cell_ns, &counts);
        uint32_t code = counts.forced > 0      ? '!'
                        : counts.requests > 0  ? '?'
                        : counts.handovers > 0 ? '>'
                                               : ' ';
        unsigned role = code == '!' ? ROLE_BAD : code == '?' ? ROLE_WARN : ROLE_TEXT;
        canvas_put(d->canvas, d->strip.x + x, y, code, style_role(role));
    }
    timeline_gil_counts(d->timeline, d->run, gil, d->t0, d->t0 + d->cell_ns * (uint64_t)d->strip.w,
                        &counts);
    snprintf(value, TEXT_SIZE, "%u! %u? %u>", counts.forced, counts.requests,
             counts.handovers - counts.forced);
}

static void draw_core(const struct detail *d, size_t core, int y, char *value)
{
    if (d->brief.source != SOURCE_PERF) {
        snprintf(value, TEXT_SIZE, "n/a");
        return;
    }
    for (int x = 0; x < cells_there(d); x++) {
        uint64_t t0 = cell_start(d, x);
        uint32_t busy;
        uint32_t lane =
            timeline_core_most(d->timeline, d->run, (uint32_t)core, t0, t0 + d->cell_ns, &busy);
        if (lane != LANE_NONE && busy >= 500)
            put_owner(d, d->strip.x + x, y, lane);
        else
            canvas_put(d->canvas, d->strip.x + x, y,
                       busy >= 20 ? d->look->glyphs->empty : d->look->glyphs->free,
                       on_track(ROLE_QUIET));
    }
    owner_text(d, timeline_core_lane(d->timeline, d->run, (uint32_t)core, d->moment), "-", value);
}

static void draw_lane(const struct detail *d, size_t lane, int y, char *value)
{
    uint64_t shares[COLUMN_STRIP_MAX][STATE_COUNT];
    struct lane_moment now;
    char since[FORMAT_SIZE];
    int cells = cells_there(d);
    timeline_lane_strip(d->timeline, d->run, lane, d->t0, d->cell_ns, (size_t)cells, shares);
    for (int x = 0; x < cells; x++) {
        int state = column_pick_state(shares[x], cell_start(d, x) / d->cell_ns, lane);
        if (state < STATE_COUNT)
            canvas_put(d->canvas, d->strip.x + x, y, d->look->glyphs->state[state],
                       on_track(ROLE_STATE_FIRST + (unsigned)state));
    }
    timeline_lane_at(d->timeline, d->run, lane, d->moment, &now);
    if (now.state >= STATE_COUNT)
        return;
    format_duration(since, sizeof since, d->moment - now.since_ns);
    snprintf(value, TEXT_SIZE, "%s %s", state_rows[now.state].key, since);
}

static void draw_row(const struct detail *d, struct thing thing, int y, bool selected)
{
    char label[TEXT_SIZE] = "", value[TEXT_SIZE] = "";
    struct lane_brief lane;
    canvas_fill(d->canvas, (struct rect){ d->strip.x, y, d->strip.w, 1 }, ' ',
                on_track(ROLE_QUIET));
    switch (thing.kind) {
    case THING_GIL:
        snprintf(label, sizeof label, d->brief.gils == 1 ? "GIL" : "GIL %zu", thing.index);
        draw_gil(d, thing.index, y, value);
        break;
    case THING_GIL_MARKS:
        snprintf(label, sizeof label, " marks");
        draw_gil_marks(d, thing.index, y, value);
        break;
    case THING_CORE:
        snprintf(label, sizeof label, "core%zu", thing.index);
        draw_core(d, thing.index, y, value);
        break;
    case THING_LANE:
        if (timeline_lane(d->timeline, d->run, thing.index, &lane))
            snprintf(label, sizeof label, "%s", lane.name);
        draw_lane(d, thing.index, y, value);
        break;
    }
    struct style style =
        selected ? style_on(ROLE_STRONG, ROLE_CURSOR, ATTR_BOLD) : style_role(ROLE_TEXT);
    canvas_fill(d->canvas, (struct rect){ d->rows.x, y, LABEL, 1 }, ' ', style);
    canvas_put(d->canvas, d->rows.x, y, selected ? d->look->glyphs->pointer : ' ', style);
    canvas_text(d->canvas, d->rows.x + 1, y, LABEL - 1, style, label);
    canvas_text(d->canvas, d->strip.x + d->strip.w + 1, y, VALUE - 1, style_role(ROLE_TEXT), value);
}

/* ---- around the rows ---- */

/* The moment's column over all rows, and its time above them. */
static void draw_axis(const struct detail *d, int y, int bottom)
{
    char from[FORMAT_SIZE], to[FORMAT_SIZE], at[TEXT_SIZE];
    struct style quiet = style_role(ROLE_QUIET), strong = style_bold(ROLE_STRONG);
    struct rect s = d->strip;
    uint64_t cells = (d->moment - d->t0) / d->cell_ns;
    int x = s.x + (cells < (uint64_t)s.w ? (int)cells : s.w - 1);
    for (int i = s.x; i < s.x + s.w; i++)
        canvas_put(d->canvas, i, y, d->look->glyphs->line_h, quiet);
    format_duration(from, sizeof from, d->t0);
    format_duration(to, sizeof to, d->t0 + d->cell_ns * (uint64_t)s.w);
    canvas_text(d->canvas, s.x, y, s.w, quiet, from);
    canvas_text_right(d->canvas, s.x, y, s.w, quiet, to);
    text_clock(at, d->moment, true);
    int width = (int)strlen(at), left = x - width / 2;
    left = left < s.x ? s.x : left + width > s.x + s.w ? s.x + s.w - width : left;
    canvas_text(d->canvas, left, y, width, strong, at);
    for (int row = y + 1; row < bottom; row++) {
        struct cell *cell = canvas_at(d->canvas, x, row);
        if (cell == NULL)
            continue;
        cell->attr ^= ATTR_REVERSE;
        if (cell->code == ' ')
            cell->code = d->look->glyphs->line_v;
    }
}

struct told {
    uint64_t t;
    struct buffer text;
};

/* The moments of what changed before (-1) or after (+1) `t`, nearest first; returns how many. */
static int collect_events(const struct detail *d, uint64_t t, int direction, struct told *told,
                          int room)
{
    int count = 0;
    for (int seen = 0; count < room && seen < EVENTS_MOST * 2; seen++) {
        uint64_t next = timeline_step(d->timeline, d->run, t, direction);
        if (next == t)
            break;
        t = next;
        told[count] = (struct told){ .t = t };
        if (explain_event(d->timeline, d->run, t, &told[count].text))
            count++;
        else
            buffer_fini(&told[count].text);
    }
    return count;
}

static void draw_event(const struct detail *d, struct rect row, const struct told *told)
{
    char clock[TEXT_SIZE];
    struct style style = told->t == d->moment  ? style_on(ROLE_STRONG, ROLE_CURSOR, ATTR_BOLD)
                         : told->t < d->moment ? style_role(ROLE_QUIET)
                                               : style_role(ROLE_TEXT);
    canvas_fill(d->canvas, row, ' ', style);
    int used = canvas_text(d->canvas, row.x, row.y, row.w, style, text_clock(clock, told->t, true));
    canvas_text(d->canvas, row.x + used + 1, row.y, row.w - used - 1, style,
                buffer_string(&told->text));
}

/* What changed before the moment above, at it, and after it below; the moment has a row also where
 * nothing changed. What changed nothing that is shown (a task queued, a sample) is passed over. */
static void draw_events(const struct detail *d, struct rect rect)
{
    struct told before[EVENTS_MOST], after[EVENTS_MOST], now = { .t = d->moment };
    int room = rect.h - 1 < EVENTS_MOST ? rect.h - 1 : EVENTS_MOST;
    if (room < 1)
        return;
    if (!explain_event(d->timeline, d->run, d->moment, &now.text)) {
        buffer_clear(&now.text);
        buffer_text(&now.text, "the moment");
    }
    int early = collect_events(d, d->moment, -1, before, room / 2);
    int late = collect_events(d, d->moment, 1, after, room - 1 - early);
    int y = rect.y;
    canvas_text(d->canvas, rect.x, y++, rect.w, style_bold(ROLE_STRONG), "what happened");
    for (int i = early - 1; i >= 0; i--)
        draw_event(d, (struct rect){ rect.x, y++, rect.w, 1 }, &before[i]);
    draw_event(d, (struct rect){ rect.x, y++, rect.w, 1 }, &now);
    for (int i = 0; i < late; i++)
        draw_event(d, (struct rect){ rect.x, y++, rect.w, 1 }, &after[i]);
    for (int i = 0; i < early; i++)
        buffer_fini(&before[i].text);
    for (int i = 0; i < late; i++)
        buffer_fini(&after[i].text);
    buffer_fini(&now.text);
}

static void draw_explanation(const struct detail *d, struct rect rect, struct thing thing)
{
    static const enum explain_what what[] = {
        [THING_GIL] = EXPLAIN_GIL,
        [THING_GIL_MARKS] = EXPLAIN_GIL,
        [THING_CORE] = EXPLAIN_CORE,
        [THING_LANE] = EXPLAIN_LANE,
    };
    struct buffer text = { 0 };
    if (thing.kind == THING_GIL_MARKS)
        buffer_text(&text, "? asked for, ! handed over on request, > handed over freely. ");
    explain(d->timeline, d->run, what[thing.kind], thing.index, d->moment, &text);
    widget_wrap(d->canvas, rect, style_role(ROLE_TEXT), buffer_string(&text));
    buffer_fini(&text);
}

static void draw_head(const struct detail *d, struct rect top, struct rect head)
{
    const struct meta *meta = timeline_meta(d->timeline);
    char clock[TEXT_SIZE], speed[TEXT_SIZE], span[FORMAT_SIZE], text[TEXT_SIZE * 3];
    const char *mode = d->look->paused ? "PAUSED" : d->look->live ? "LIVE" : "REPLAY";
    int x = part_top(d->canvas, top, meta->scenario) + 2;
    snprintf(text, sizeof text, "%s  %s  %s", mode, text_speed(speed, d->look->speed),
             text_clock(clock, d->look->moment, true));
    canvas_text_right(d->canvas, x, top.y, top.w - x - 1,
                      style_on(ROLE_BAR_TEXT, ROLE_BAR, ATTR_BOLD), text);
    struct task_counts counts;
    timeline_counts(d->timeline, d->run, d->moment, &counts);
    if (d->brief.gone) {
        format_duration(span, sizeof span, d->cell_ns * (uint64_t)d->strip.w);
        snprintf(text, sizeof text, "axis %s%s", span, d->look->zoom_ns == 0 ? ", whole run" : "");
        struct rect right = rect_right(&head, (int)strlen(text) + 2);
        canvas_text(d->canvas, right.x + 1, right.y, right.w, style_role(ROLE_QUIET), text);
    }
    x = head.x + 1;
    x += canvas_text(d->canvas, x, head.y, head.w - x, style_bold(ROLE_STRONG),
                     meta->runs[d->run].title);
    snprintf(text, sizeof text, "  %s  %llu of %llu tasks done", run_status_names[d->brief.status],
             (unsigned long long)counts.done, (unsigned long long)counts.submitted);
    canvas_text(d->canvas, x, head.y, head.w - x, style_role(ROLE_TEXT), text);
}

static void draw_rows(const struct detail *d)
{
    int count = thing_count(&d->brief), height = d->rows.h;
    int row = d->look->row < count ? d->look->row : count - 1;
    row = row > 0 ? row : 0;
    int top = row - height / 2;
    top = top > count - height ? count - height : top;
    top = top > 0 ? top : 0;
    int shown = count - top < height ? count - top : height;
    for (int i = 0; i < shown; i++)
        draw_row(d, thing_at(&d->brief, (size_t)(top + i)), d->rows.y + i, top + i == row);
    draw_axis(d, d->rows.y - 1, d->rows.y + shown);
    if (top > 0)
        canvas_put(d->canvas, d->rows.x, d->rows.y - 1, d->look->glyphs->more_up,
                   style_bold(ROLE_WARN));
    if (top + shown < count)
        canvas_put(d->canvas, d->rows.x, d->rows.y + shown, d->look->glyphs->more_down,
                   style_bold(ROLE_WARN));
}

static void detail_draw(const struct timeline *timeline, const struct look *look,
                        struct canvas *canvas)
{
    struct detail d = { .timeline = timeline, .look = look, .canvas = canvas };
    struct rect rest = { 0, 0, canvas->cols, canvas->rows };
    struct rect bottom = rect_bottom(&rest, 1), legend = rect_bottom(&rest, 1);
    struct rect top = rect_top(&rest, 1);
    part_bottom(canvas, bottom, look);
    if (timeline == NULL || timeline_meta(timeline) == NULL ||
        (size_t)look->column >= timeline_runs(timeline)) {
        canvas_text(canvas, 2, rest.y + 1, rest.w, style_role(ROLE_TEXT), "No run is there yet.");
        return;
    }
    d.run = (size_t)look->column;
    timeline_run(timeline, d.run, &d.brief);
    d.moment = look->moment < d.brief.length_ns ? look->moment : d.brief.length_ns;
    part_legend(canvas, legend, look, false);
    struct rect says = rect_bottom(&rest, canvas->rows >= 30 ? 5 : 4); /* and a line above it */
    struct rect head = rect_top(&rest, 1);
    struct rect events = rest;
    events.w = 0;
    if (canvas->cols >= EVENTS_FROM_COLS)
        events = rect_right(&rest, canvas->cols / 3 < 60 ? canvas->cols / 3 : 60);
    rect_top(&rest, 1); /* the axis */
    d.rows = rest;
    d.strip = (struct rect){ rest.x + LABEL, rest.y, rest.w - LABEL - VALUE, 1 };
    d.strip.w = d.strip.w < COLUMN_STRIP_MAX ? d.strip.w : COLUMN_STRIP_MAX;
    uint64_t t1;
    detail_span(timeline, look, &d.t0, &t1);
    d.cell_ns = (t1 - d.t0 + (uint64_t)d.strip.w - 1) / (uint64_t)d.strip.w;
    draw_head(&d, top, head);
    if (!d.brief.gone || thing_count(&d.brief) == 0) {
        widget_wrap(canvas, rect_inset(d.rows, 1, 0), style_role(ROLE_TEXT),
                    timeline_meta(timeline)->runs[d.run].reason[0] != '\0'
                        ? timeline_meta(timeline)->runs[d.run].reason
                        : "This run has not begun.");
        return;
    }
    draw_rows(&d);
    if (events.w > 0)
        draw_events(&d, rect_inset(events, 1, 0));
    rect_top(&says, 1);
    int count = thing_count(&d.brief), row = look->row < count ? look->row : count - 1;
    draw_explanation(&d, rect_inset(says, 1, 0), thing_at(&d.brief, (size_t)(row > 0 ? row : 0)));
}

const struct view view_detail = { .name = "detail", .draw = detail_draw };
