/*
 * One model on the whole screen: an axis with zoom, a row for the GIL, each core, the queue, each lane
 * and each task of a loop, the events around the moment, and what the cursor stands on in words.
 *
 * Invariant: what is drawn and what a click hits come from the same arithmetic (detail_open). What
 * stands one below the other happened at the same time. The rows of the GIL and the cores stand
 * still while lanes scroll below them; the cursor's row is always seen.
 */
#include "view/detail.h"

#include "base/format.h"
#include "timeline/explain.h"

#include <stdio.h>
#include <string.h>

enum { EVENTS_FROM_COLS = 100, EVENTS_LEAST = 3, EVENTS_BELOW_MOST = 8, FIELD_MOST = 13 };

/* ---- who stands where ---- */

/* `wanted`: rows that there are to show. The events are beside the rows on a wide screen; on a narrow
 * one below them, in what the rows leave, or in three lines where they leave nothing but are many
 * enough to scroll anyway. */
static void lay_out(struct detail_layout *l, int cols, int rows, size_t wanted)
{
    struct rect rest = { 0, 0, cols, rows };
    *l = (struct detail_layout){ 0 };
    l->bottom = rect_bottom(&rest, 1);
    l->legend = rect_bottom(&rest, 1);
    l->top = rect_top(&rest, 1);
    l->says = rect_inset(rect_bottom(&rest, rows >= 30 ? 4 : 3), 1, 0);
    l->status = rect_inset(rect_bottom(&rest, 1), 1, 0);
    l->head = rect_top(&rest, 1);
    if (cols >= EVENTS_FROM_COLS)
        l->events = rect_inset(rect_right(&rest, cols / 3 < 60 ? cols / 3 : 60), 1, 0);
    l->axis = rect_top(&rest, 1);
    int spare = rest.h - (int)(wanted < (size_t)rest.h ? wanted : (size_t)rest.h);
    if (l->events.w == 0 && spare == 0 && rest.h >= 14 && wanted < (size_t)rest.h * 2)
        spare = EVENTS_LEAST;
    if (l->events.w == 0 && spare >= EVENTS_LEAST)
        l->events = rect_inset(
            rect_bottom(&rest, spare < EVENTS_BELOW_MOST ? spare : EVENTS_BELOW_MOST), 1, 0);
    l->rows = rest;
    l->strip =
        (struct rect){ rest.x + DETAIL_LABEL, rest.y, rest.w - DETAIL_LABEL - DETAIL_VALUE, 1 };
    l->strip.w = l->strip.w < COLUMN_STRIP_MAX ? l->strip.w : COLUMN_STRIP_MAX;
    l->axis.x = l->strip.x;
    l->axis.w = l->strip.w;
}

/* The first line of the nth row that is drawn. The marks of the GIL are one line high and right below
 * it. */
static int row_line(const struct detail *d, int nth)
{
    int strip_h = d->place.strip_h, pitch = strip_h + d->place.gap;
    if (d->brief.gils != 1 || nth == 0)
        return nth * pitch;
    return nth == 1 ? strip_h : strip_h + 1 + d->place.gap + (nth - 2) * pitch;
}

/* As high as all of them find room: from three lines on the last one is left blank. */
static void heighten_rows(struct detail *d, int space)
{
    enum { PITCH_MOST = 5, GAP_FROM = 3 };
    struct detail_place *place = &d->place;
    int drawn = place->frozen + place->listed;
    place->strip_h = 1;
    for (int pitch = PITCH_MOST; pitch > 1 && (size_t)drawn == d->rows.count; pitch--) {
        place->gap = pitch >= GAP_FROM;
        place->strip_h = pitch - place->gap;
        if (row_line(d, drawn) - place->gap <= space)
            break;
        place->gap = 0;
        place->strip_h = 1;
    }
    place->lines = row_line(d, drawn) - place->gap;
}

static void place_rows(struct detail *d)
{
    const struct detail_rows *rows = &d->rows;
    struct detail_place *place = &d->place;
    struct rect rest = d->layout.rows;
    size_t height = (size_t)rest.h, many = rows->lanes.count + rows->tasks.count;
    /* The few lanes of a loop stand still too, so that its tasks are seen beside them. */
    size_t still = rows->fixed + (rows->tasks.count > 0 ? rows->lanes.count : 0);
    *place = (struct detail_place){ 0 };
    if (rows->count <= height || rows->fixed <= height / 2)
        place->frozen = (int)(still <= height / 2 ? still : rows->fixed);
    else
        place->frozen = d->brief.gils == 1 ? 2 : 0;
    size_t space = height - (size_t)place->frozen;
    if (many > space * 2 && space >= 8) {
        /* A heading, and no more lines than there are cells to fill. */
        size_t all = rows->tasks.count > rows->lanes.count ? rows->tasks.count : rows->lanes.count;
        size_t filled = 1 + (all + (size_t)rest.w - 1) / (size_t)rest.w;
        int field = (int)space * 2 / 5 < FIELD_MOST ? (int)space * 2 / 5 : FIELD_MOST;
        place->field = rect_bottom(&rest, filled < (size_t)field ? (int)filled : field);
        space -= (size_t)place->field.h;
    }
    size_t scrolled = rows->count - (size_t)place->frozen;
    place->listed = (int)(scrolled < space ? scrolled : space);
    size_t listed = (size_t)place->listed, first = (size_t)place->frozen;
    if (rows->cursor > first + listed / 2)
        first = rows->cursor - listed / 2;
    place->first = first > rows->count - listed ? rows->count - listed : first;
    heighten_rows(d, (int)height - place->field.h);
}

/* Whom the cursor is about. */
static void relate(struct detail *d)
{
    struct detail_related *related = &d->related;
    uint64_t t = d->axis.moment;
    uint32_t whom = detail_waited_for(d->timeline, d->run, d->thing, t);
    *related = (struct detail_related){ .lane = whom, .other = LANE_NONE };
    related->only = d->thing.kind == DETAIL_LANE || d->thing.kind == DETAIL_CORE;
    if (d->thing.kind == DETAIL_LANE) {
        related->lane = d->thing.id;
        related->other = whom;
    }
    bool of_gil = d->thing.kind == DETAIL_GIL || d->thing.kind == DETAIL_GIL_MARKS;
    d->handed_over = d->brief.gils > 0 &&
                     handover_at(d->timeline, d->run, of_gil ? d->thing.id : 0, t, &d->handover);
    if (of_gil && d->handed_over && d->handover.taken_ns == t)
        related->other = d->handover.from;
}

/* The page at this size; to be given back with detail_rows_free(&d->rows). */
static void open_page(struct detail *d, const struct timeline *timeline, const struct look *look,
                      int cols, int rows)
{
    *d = (struct detail){ .timeline = timeline, .look = look, .run = (size_t)look->column };
    timeline_run(timeline, d->run, &d->brief);
    size_t there = d->brief.lanes + (d->brief.has_task_rows ? d->brief.tasks : 0);
    detail_rows_make(&d->rows, timeline, look, there > (size_t)rows);
    lay_out(&d->layout, cols, rows, d->rows.count);
    detail_axis_make(&d->axis, timeline, look, d->layout.strip.w);
    if (d->rows.count == 0)
        return;
    d->thing = detail_rows_at(&d->rows, d->rows.cursor);
    relate(d);
    place_rows(d);
    if (d->place.field.h > 0) {
        lane_order_settle(&d->rows.lanes, 0, d->rows.lanes.count);
        lane_order_settle(&d->rows.tasks, 0, d->rows.tasks.count);
    }
}

/* The nth row that is drawn; false: none. */
static bool nth_row(struct detail *d, int nth, struct detail_thing *thing)
{
    if (nth < 0 || nth >= d->place.frozen + d->place.listed)
        return false;
    size_t row =
        nth < d->place.frozen ? (size_t)nth : d->place.first + (size_t)(nth - d->place.frozen);
    *thing = detail_rows_at(&d->rows, row);
    return true;
}

/* The row that is drawn at a line; false: none. */
static bool row_at(struct detail *d, int line, struct detail_thing *thing)
{
    int nth = 0;
    if (line < 0 || line >= d->place.lines)
        return false;
    while (row_line(d, nth + 1) <= line)
        nth++;
    return nth_row(d, nth, thing);
}

/* ---- drawing ---- */

/* The last hand-over, with how long ago it was where it is not now. */
static void tell_handover(const struct detail *d, struct buffer *text)
{
    char ago[FORMAT_SIZE];
    if (d->handover.taken_ns < d->axis.moment)
        buffer_printf(text, "Handed over %s ago: ",
                      format_duration(ago, sizeof ago, d->axis.moment - d->handover.taken_ns));
    else
        buffer_text(text, "Handed over now: ");
    handover_tell(d->timeline, d->run, &d->handover, text);
}

/* What the cursor stands on. At a hand-over its story comes first for those it is about; the row of
 * marks tells it always. */
static void draw_explanation(const struct detail *d)
{
    static const enum explain_what what[] = {
        [DETAIL_GIL] = EXPLAIN_GIL,     [DETAIL_GIL_MARKS] = EXPLAIN_GIL,
        [DETAIL_CORE] = EXPLAIN_CORE,   [DETAIL_LOCK] = EXPLAIN_LOCK,
        [DETAIL_QUEUE] = EXPLAIN_QUEUE, [DETAIL_LANE] = EXPLAIN_LANE,
        [DETAIL_TASK] = EXPLAIN_TASK,
    };
    struct buffer text = { 0 };
    uint32_t index = d->thing.id;
    if (d->thing.kind == DETAIL_LOCK)
        timeline_lock(d->timeline, d->run, d->thing.id, &index);
    bool marks = d->thing.kind == DETAIL_GIL_MARKS, gil = d->thing.kind == DETAIL_GIL || marks;
    bool of_lane = d->thing.kind == DETAIL_LANE &&
                   (d->thing.id == d->handover.to || d->thing.id == d->handover.from);
    if (d->handed_over && (marks || (d->handover.taken_ns == d->axis.moment && (gil || of_lane)))) {
        tell_handover(d, &text);
        buffer_byte(&text, ' ');
    }
    explain(d->timeline, d->run, what[d->thing.kind], index, d->axis.moment, &text);
    widget_wrap(d->canvas, d->layout.says, style_role(ROLE_TEXT), buffer_string(&text));
    buffer_fini(&text);
}

/* "12 of 2,001 lanes match 'gil' (Esc: all)", the order, which rows are seen. */
static void draw_status(const struct detail *d)
{
    const struct detail_rows *rows = &d->rows;
    const char *filter = d->look->filter != NULL ? d->look->filter : "";
    struct rect line = d->layout.status;
    char text[TEXT_SIZE * 4];
    if (filter[0] != '\0' || d->look->filtering) {
        canvas_textf(d->canvas, line.x, line.y, line.w, style_bold(ROLE_WARN),
                     "/%s%s  %zu of %zu %s match%s", filter, d->look->filtering ? "_" : "",
                     rows->lanes.count + rows->tasks.count, rows->lanes.all + rows->tasks.all,
                     rows->tasks.all > 0 ? "lanes and tasks" : "lanes",
                     d->look->filtering ? "" : "  Esc: all of them");
        return;
    }
    int listed = d->place.listed, used = 0;
    text[0] = '\0';
    if ((size_t)(d->place.frozen + listed) < rows->count)
        used = snprintf(text, sizeof text, "rows %zu to %zu of %zu   ", d->place.first + 1,
                        d->place.first + (size_t)listed, rows->count);
    if (d->look->sort != LANE_SORT_NAME)
        snprintf(text + used, sizeof text - (size_t)used, "lanes by %s",
                 lane_sort_names[d->look->sort]);
    used = canvas_text(d->canvas, line.x, line.y, line.w, style_role(ROLE_QUIET), text);
    static const char what[] = "? asked for  ! handed over on request  > freely";
    bool gil = d->thing.kind == DETAIL_GIL || d->thing.kind == DETAIL_GIL_MARKS;
    if (gil && line.w - used > (int)sizeof what)
        canvas_text_right(d->canvas, line.x, line.y, line.w, style_role(ROLE_QUIET), what);
}

/* Gives where the top is empty (x) left of what it tells at its right. */
static int draw_head(const struct detail *d)
{
    const struct meta *meta = timeline_meta(d->timeline);
    struct rect top = d->layout.top, head = d->layout.head;
    char clock[TEXT_SIZE], speed[TEXT_SIZE], span[FORMAT_SIZE], text[TEXT_SIZE * 5];
    const char *mode = d->look->paused                              ? "PAUSED"
                       : d->look->live && part_goes_on(d->timeline) ? "LIVE"
                       : d->look->live                              ? "ENDED"
                                                                    : "REPLAY";
    char read[TEXT_SIZE] = "";
    int x = part_top(d->canvas, top, meta->scenario) + 2;
    if (d->look->reading.on)
        snprintf(read, sizeof read, "reading %u %%  ", d->look->reading.percent);
    snprintf(text, sizeof text, "%s%s  %s  %s", read, mode, text_speed(speed, d->look->speed),
             text_clock(clock, d->look->moment, true));
    canvas_text_right(d->canvas, x, top.y, top.w - x - 1,
                      style_on(ROLE_BAR_TEXT, ROLE_BAR, ATTR_BOLD), text);
    int left_of = top.x + top.w - 2 - (int)strlen(text);
    struct task_counts counts;
    timeline_counts(d->timeline, d->run, d->look->moment, &counts);
    if (d->brief.gone) {
        format_duration(span, sizeof span, d->axis.cell_ns * (uint64_t)d->axis.cells);
        bool unread = d->look->reading.on && d->axis.there < d->axis.cells;
        snprintf(text, sizeof text, "axis %s%s%s", span, d->look->zoom_ns == 0 ? ", whole run" : "",
                 unread ? ", hatched: not read yet" : "");
        struct rect right = rect_right(&head, (int)strlen(text) + 2);
        canvas_text(d->canvas, right.x + 1, right.y, right.w, style_role(ROLE_QUIET), text);
    }
    x = head.x + 1;
    x += canvas_text(d->canvas, x, head.y, head.w - x, style_bold(ROLE_STRONG),
                     meta->runs[d->run].title);
    const char *address = meta->runs[d->run].address;
    bool reachable =
        address[0] != '\0' && !d->brief.over && !d->look->closed && !d->look->reading.on;
    snprintf(text, sizeof text, "  %s%s%s  %llu of %llu tasks done",
             d->look->reading.on && d->brief.status == RUN_LIVE ? "being read"
                                                                : run_status_names[d->brief.status],
             reachable ? " at " : "", reachable ? address : "", (unsigned long long)counts.done,
             (unsigned long long)counts.submitted);
    canvas_text(d->canvas, x, head.y, head.w - x, style_role(ROLE_TEXT), text);
    return left_of;
}

static void draw_rows(struct detail *d)
{
    struct detail_thing thing;
    struct rect rows = d->layout.rows;
    const struct glyphs *glyphs = d->look->glyphs;
    struct style more = style_bold(ROLE_WARN);
    int lines = d->place.lines;
    for (int nth = 0; nth_row(d, nth, &thing); nth++)
        detail_draw_row(d, thing, rows.y + row_line(d, nth));
    /* Rows above or below are told at the end of a row: nothing of the strips is lost to it. */
    if (d->place.listed > 0 && d->place.first > (size_t)d->place.frozen)
        canvas_put(d->canvas, rows.x + rows.w - 1, rows.y + d->place.frozen, glyphs->more_up, more);
    if (d->place.listed > 0 && d->place.first + (size_t)d->place.listed < d->rows.count)
        canvas_put(d->canvas, rows.x + rows.w - 1, rows.y + lines - 1, glyphs->more_down, more);
    if (d->place.listed == 0 && d->look->filter != NULL)
        canvas_text(d->canvas, rows.x + 1, rows.y + lines, rows.w - 1, style_role(ROLE_TEXT),
                    "No lane matches at this moment.");
}

static bool has_run(const struct timeline *timeline, const struct look *look)
{
    return timeline != NULL && timeline_meta(timeline) != NULL && look->column >= 0 &&
           (size_t)look->column < timeline_runs(timeline);
}

static void detail_draw(const struct timeline *timeline, const struct look *look,
                        struct canvas *canvas)
{
    struct detail d;
    if (!has_run(timeline, look)) {
        lay_out(&d.layout, canvas->cols, canvas->rows, 0);
        part_bottom(canvas, d.layout.bottom, look);
        canvas_text(canvas, 2, 2, canvas->cols, style_role(ROLE_TEXT), "No run is there yet.");
        return;
    }
    open_page(&d, timeline, look, canvas->cols, canvas->rows);
    d.canvas = canvas;
    part_bottom(canvas, d.layout.bottom, look);
    part_legend(canvas, d.layout.legend, look, d.brief.has_task_rows);
    int left_of = draw_head(&d);
    if (!d.brief.gone || d.rows.count == 0) {
        const char *reason = timeline_meta(timeline)->runs[d.run].reason;
        widget_wrap(canvas, rect_inset(d.layout.rows, 1, 0), style_role(ROLE_TEXT),
                    reason[0] != '\0' ? reason : "This run has not begun.");
    } else {
        /* What is always exact first: the cells of the rows have what it leaves of the frame's time. */
        detail_draw_field(&d);
        detail_draw_events(&d);
        draw_status(&d);
        draw_explanation(&d);
        draw_rows(&d);
        detail_draw_axis(&d);
    }
    part_settling(canvas, left_of, look);
    detail_rows_free(&d.rows);
}

/* ---- where things are ---- */

static bool inside(struct rect rect, int x, int y)
{
    return x >= rect.x && x < rect.x + rect.w && y >= rect.y && y < rect.y + rect.h;
}

struct detail_hit detail_hit(const struct timeline *timeline, const struct look *look, int cols,
                             int rows, int x, int y)
{
    struct detail_hit hit = { 0 };
    struct detail d;
    if (!has_run(timeline, look) || cols < VIEW_MIN_COLS || rows < VIEW_MIN_ROWS)
        return hit;
    open_page(&d, timeline, look, cols, rows);
    const struct detail_layout *l = &d.layout;
    struct rect strips = { l->strip.x, l->axis.y, l->strip.w, 1 + d.place.lines };
    if (d.brief.gone && inside(l->rows, x, y))
        hit.has_thing =
            row_at(&d, y - l->rows.y, &hit.thing) || detail_field_hit(&d, x, y, &hit.thing);
    if (d.brief.gone && inside(strips, x, y) &&
        (x - l->strip.x < d.axis.there || look->reading.on)) {
        hit.has_time = true;
        hit.t = detail_axis_at(&d.axis, x - l->strip.x) + d.axis.cell_ns / 2;
    } else if (d.brief.gone && inside(l->events, x, y)) {
        hit.has_time = detail_events_hit(&d, y, &hit.t);
    }
    detail_rows_free(&d.rows);
    return hit;
}

int detail_page_rows(const struct timeline *timeline, const struct look *look, int cols, int rows)
{
    struct detail d;
    if (!has_run(timeline, look))
        return 1;
    open_page(&d, timeline, look, cols, rows);
    int page = d.place.listed > 1 ? d.place.listed - 1 : 1;
    detail_rows_free(&d.rows);
    return page;
}

const struct view view_detail = { .name = "detail", .draw = detail_draw };
