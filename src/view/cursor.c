/*
 * The cursor of the race's screen: a row of the selected column, and the time it is asked about. It
 * goes down the column from the progress to the last lane or task; a row that has no place on the
 * screen now (there are more lanes than rows) is brought there by race_cursor_top().
 */
#include "timeline/explain.h"
#include "view/column.h"
#include "view/pane.h"

#include <stdio.h>

/* ---- which rows there are, in the order of the eye ---- */

struct stops {
    size_t cores, first_core;
    struct lane_list list;
};
enum { BEFORE_CORES = 1, AFTER_CORES = 5 };
static const enum race_place after_cores[AFTER_CORES] = { PLACE_GIL, PLACE_QUEUE, PLACE_SWITCHES,
                                                          PLACE_MEMORY, PLACE_LATENCY };

/* To be given back with lane_list_free(&stops->list). */
static void stops_of(const struct timeline *timeline, const struct look *look, struct stops *stops)
{
    struct run_brief brief;
    size_t run = (size_t)look->column;
    timeline_run(timeline, run, &brief);
    *stops = (struct stops){ 0 };
    if (!brief.gone)
        return;
    stops->first_core = column_first_core(timeline, run);
    stops->cores = brief.cores - stops->first_core;
    lane_list_make(&stops->list, timeline, look, run);
}

static long stops_count(const struct stops *stops)
{
    return BEFORE_CORES +
           (long)(stops->cores + AFTER_CORES + stops->list.lane_count + stops->list.task_count);
}

/* The cursor's lane or task; of another kind where it stands on none. */
static struct detail_thing cursor_thing(const struct race_cursor *cursor)
{
    enum detail_kind kind = cursor->place == PLACE_LANE   ? DETAIL_LANE
                            : cursor->place == PLACE_TASK ? DETAIL_TASK
                                                          : DETAIL_FIRST;
    return (struct detail_thing){ kind, cursor->index };
}

/* One that is sifted out stands before the first that is listed. */
static long place_to_stop(const struct stops *stops, const struct race_cursor *cursor)
{
    long lanes = BEFORE_CORES + (long)stops->cores + AFTER_CORES;
    if (cursor->place == PLACE_CORE)
        return BEFORE_CORES + (long)cursor->index - (long)stops->first_core;
    if (cursor_thing(cursor).kind != DETAIL_FIRST) {
        size_t at = lane_list_find(&stops->list, cursor_thing(cursor));
        return at != SIZE_MAX ? lanes + (long)at : lanes - 1;
    }
    for (int i = 0; i < AFTER_CORES; i++) {
        if (cursor->place == after_cores[i])
            return BEFORE_CORES + (long)stops->cores + i;
    }
    return 0;
}

static void stop_to_place(struct stops *stops, long stop, struct race_cursor *cursor)
{
    long cores = (long)stops->cores, lanes = BEFORE_CORES + cores + AFTER_CORES;
    cursor->index = 0;
    if (stop < BEFORE_CORES) {
        cursor->place = PLACE_PROGRESS;
    } else if (stop < BEFORE_CORES + cores) {
        cursor->place = PLACE_CORE;
        cursor->index = (uint32_t)((long)stops->first_core + stop - BEFORE_CORES);
    } else if (stop < lanes) {
        cursor->place = after_cores[stop - BEFORE_CORES - cores];
    } else {
        struct detail_thing thing = lane_list_at(&stops->list, (size_t)(stop - lanes));
        cursor->place = thing.kind == DETAIL_LANE ? PLACE_LANE : PLACE_TASK;
        cursor->index = thing.id;
    }
}

struct race_cursor race_cursor_move(const struct timeline *timeline, const struct look *look,
                                    int rows)
{
    struct race_cursor cursor = look->cursor;
    struct stops stops;
    stops_of(timeline, look, &stops);
    long stop = place_to_stop(&stops, &cursor) + rows, last = stops_count(&stops) - 1;
    stop_to_place(&stops, stop < 0 ? 0 : stop > last ? last : stop, &cursor);
    lane_list_free(&stops.list);
    return cursor;
}

/* ---- on the screen ---- */

/* The selected column as it is on a screen of this size; false: it is not shown. */
static bool selected_column(const struct timeline *timeline, const struct look *look, int cols,
                            int rows, struct column *column, struct column_rows *column_rows)
{
    struct race_layout layout;
    race_layout(timeline, look, cols, view_rows(look, rows), &layout);
    for (int i = 0; i < layout.columns; i++) {
        if (layout.run[i] != look->column)
            continue;
        column_rows_of(timeline, look, &layout, column_rows);
        column_at(column, timeline, look, &layout, i, column_rows);
        column_prepare(column);
        return true;
    }
    return false;
}

/* Where the cursor's lane or task stands in the column's list, and what of that is shown; false: it is
 * none, or none that is listed. */
static bool place_in_list(const struct column *column, struct lanes_plan *plan, size_t *place)
{
    struct detail_thing thing = cursor_thing(&column->look->cursor);
    struct lane_list list;
    if (thing.kind == DETAIL_FIRST)
        return false;
    lane_list_make(&list, column->timeline, column->look, column->run);
    column_lanes_plan(column, &list, plan);
    *place = lane_list_find(&list, thing);
    lane_list_free(&list);
    return *place != SIZE_MAX;
}

int race_cursor_top(const struct timeline *timeline, const struct look *look, int cols, int rows)
{
    struct column column;
    struct column_rows column_rows;
    struct lanes_plan plan;
    size_t place;
    if (!look->cursor.on || !selected_column(timeline, look, cols, rows, &column, &column_rows))
        return look->lane_top;
    if (!place_in_list(&column, &plan, &place) || plan.listed == 0)
        return look->lane_top;
    if (place < plan.top)
        return (int)place;
    return place >= plan.top + plan.listed ? (int)(place - plan.listed + 1) : (int)plan.top;
}

int cursor_row(const struct column *column)
{
    const struct column_rows *rows = column->rows;
    const struct race_cursor *cursor = &column->look->cursor;
    struct lanes_plan plan;
    size_t place;
    bool shows = column->brief.gone && column->brief.status != RUN_UNSUPPORTED;
    if (!shows)
        return -1;
    switch (cursor->place) {
    case PLACE_PROGRESS:
        return rows->progress;
    case PLACE_CORE: {
        uint32_t nth = cursor->index - column_first_core(column->timeline, column->run);
        return rows->core + (nth < (uint32_t)rows->core_rows ? (int)nth * rows->core_h : 0);
    }
    case PLACE_GIL:
        return rows->gil;
    case PLACE_QUEUE:
        return rows->queue_h > 0 ? rows->queue : -1;
    case PLACE_SWITCHES:
        return rows->figures_h > 0 ? rows->switches : -1;
    case PLACE_MEMORY:
        return rows->figures_h > 0 ? rows->memory : -1;
    case PLACE_LATENCY:
        return rows->figures_h > 0 ? rows->latency : -1;
    default:
        break;
    }
    if (!place_in_list(column, &plan, &place) || place < plan.top ||
        place >= plan.top + plan.listed)
        return -1;
    return plan.list + (int)(place - plan.top) * plan.lane_h + (plan.strip_h - 1) / 2;
}

void cursor_draw(const struct column *column)
{
    const struct race_cursor *cursor = &column->look->cursor;
    int row = cursor_row(column), y = column->rect.y + row;
    if (row < 0)
        return;
    int marked = cursor->place == PLACE_PROGRESS ? 2 : column->widths.label;
    for (int x = 0; x < marked; x++) {
        struct cell *cell = canvas_at(column->canvas, column->rect.x + x, y);
        if (cell == NULL)
            continue;
        cell->bg = ROLE_CURSOR;
        cell->fg = ROLE_STRONG;
        cell->attr |= ATTR_BOLD;
    }
    for (int x = 0; cursor->fixed && x < column->widths.strip; x++) {
        uint64_t t0, t1;
        struct cell *cell = canvas_at(column->canvas, column->rect.x + column->widths.label + x, y);
        if (cell != NULL && sweep_cell(&column->sweep, x, &t0, &t1) && cursor->t >= t0 &&
            cursor->t < t1)
            cell->attr |= ATTR_REVERSE;
    }
}

/* ---- in words ---- */

/* How to reach a service from outside, or that it is too late for that. */
static void explain_address(const struct timeline *timeline, const struct look *look, size_t run,
                            struct buffer *text)
{
    const char *address = timeline_meta(timeline)->runs[run].address;
    struct run_brief brief;
    timeline_run(timeline, run, &brief);
    if (address[0] == '\0')
        return;
    if (brief.over || look->closed || look->reading.on)
        buffer_printf(text, " Its service listened at %s while it ran; nobody is there now.",
                      address);
    else
        buffer_printf(text,
                      " Its service listens at %s: an IRC client of your own can join while it "
                      "runs.",
                      address);
}

void cursor_explain(const struct timeline *timeline, const struct look *look, struct buffer *text)
{
    static const enum explain_what what[PLACE_COUNT] = {
        [PLACE_PROGRESS] = EXPLAIN_PROGRESS, [PLACE_CORE] = EXPLAIN_CORE,
        [PLACE_GIL] = EXPLAIN_GIL,           [PLACE_QUEUE] = EXPLAIN_QUEUE,
        [PLACE_SWITCHES] = EXPLAIN_SWITCHES, [PLACE_MEMORY] = EXPLAIN_MEMORY,
        [PLACE_LATENCY] = EXPLAIN_LATENCY,   [PLACE_LANE] = EXPLAIN_LANE,
        [PLACE_TASK] = EXPLAIN_TASK,
    };
    const struct race_cursor *cursor = &look->cursor;
    size_t run = (size_t)look->column;
    uint64_t t = cursor->fixed ? cursor->t : look->moment;
    if (run < timeline_runs(timeline))
        buffer_printf(text, "%s%s", timeline_meta(timeline)->runs[run].title,
                      cursor->fixed ? "" : ": ");
    if (cursor->fixed)
        buffer_printf(text, ", at %.3f s: ", (double)t / 1e9);
    explain(timeline, run, what[cursor->place], cursor->index, t, text);
    if (cursor->place == PLACE_PROGRESS && run < timeline_runs(timeline))
        explain_address(timeline, look, run, text);
}
