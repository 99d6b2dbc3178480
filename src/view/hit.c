/*
 * What is where on the race's screen: the arithmetic of the drawing, asked backwards. Nothing is
 * drawn here; a test draws and asks at every cell.
 */
#include "draw/layout.h"
#include "view/column.h"
#include "view/pane.h"

static bool within(struct rect rect, int x, int y)
{
    return x >= rect.x && x < rect.x + rect.w && y >= rect.y && y < rect.y + rect.h;
}

static bool between(int row, int from, int height)
{
    return row >= from && row < from + height;
}

/* The middle of the span that a strip's cell stands for. */
static void add_time(const struct column *column, int x, struct race_spot *spot)
{
    uint64_t t0, t1;
    int cell = x - column->rect.x - column->widths.label;
    if (cell < 0 || cell >= column->widths.strip || !sweep_cell(&column->sweep, cell, &t0, &t1))
        return;
    spot->has_time = true;
    spot->t = t0 + (t1 - t0) / 2;
}

static void hit_core(const struct column *column, int row, struct race_spot *spot)
{
    uint32_t from = column_first_core(column->timeline, column->run);
    uint32_t core = from + (uint32_t)(row / column->rows->core_h);
    spot->place = core < column->brief.cores ? PLACE_CORE : PLACE_WORDS;
    spot->index = core;
}

static void hit_lanes(const struct column *column, int row, struct race_spot *spot)
{
    struct lane_list list;
    struct lanes_plan plan;
    lane_list_make(&list, column->timeline, column->look, column->run);
    column_lanes_plan(column, &list, &plan);
    if (between(row, plan.list, (int)plan.listed * plan.lane_h)) {
        size_t nth = plan.top + (size_t)((row - plan.list) / plan.lane_h);
        struct detail_thing thing = lane_list_at(&list, nth);
        spot->place = thing.kind == DETAIL_LANE ? PLACE_LANE : PLACE_TASK;
        spot->index = thing.id;
    } else if (plan.rest >= 0 && between(row, plan.rest, 1 + plan.density_h)) {
        spot->place = PLACE_ALL;
    }
    lane_list_free(&list);
}

static void hit_column(const struct column *column, int x, int row, struct race_spot *spot)
{
    const struct column_rows *rows = column->rows;
    const struct {
        enum race_place place;
        int from, height;
        bool strip;
    } parts[] = {
        { PLACE_HEAD, 0, 1, false },
        { PLACE_PROGRESS, rows->progress, rows->progress_h, false },
        { PLACE_CORE, rows->core, rows->core_rows * rows->core_h, true },
        { PLACE_GIL, rows->gil, rows->gil_h, true },
        { PLACE_QUEUE, rows->queue, rows->queue_h, true },
        { PLACE_SWITCHES, rows->switches, rows->figures_h, false },
        { PLACE_MEMORY, rows->memory, rows->figures_h, false },
        { PLACE_LATENCY, rows->latency, rows->figures_h, false },
        { PLACE_LATENCY, rows->histogram, rows->histogram_h, false },
        { PLACE_LANE, rows->lanes, rows->lanes_h, true },
    };
    bool shows = column->brief.gone && column->brief.status != RUN_UNSUPPORTED;
    spot->place = PLACE_WORDS;
    for (size_t i = 0; i < (shows ? sizeof parts / sizeof *parts : 1); i++) {
        if (!between(row, parts[i].from, parts[i].height))
            continue;
        spot->place = parts[i].place;
        if (spot->place == PLACE_CORE)
            hit_core(column, row - rows->core, spot);
        else if (spot->place == PLACE_LANE)
            spot->place = PLACE_WORDS, hit_lanes(column, row, spot);
        if (parts[i].strip && spot->place != PLACE_WORDS)
            add_time(column, x, spot);
        return;
    }
}

static void hit_pane(const struct timeline *timeline, const struct look *look,
                     const struct race_layout *layout, int rows, int x, int y,
                     struct race_spot *spot)
{
    static const enum race_place places[] = {
        [PANE_EFFECT] = PLACE_EFFECT,
        [PANE_KNOB] = PLACE_KNOB,
        [PANE_SIFT] = PLACE_SIFT,
        [PANE_EXPLAIN] = PLACE_EXPLAIN,
    };
    struct pane_spot at = pane_at(timeline, look, layout, rows, y - layout->pane.y);
    spot->place = places[at.what];
    if (at.what == PANE_EFFECT)
        spot->run = at.run;
    if (at.what == PANE_KNOB)
        spot->index = (uint32_t)pane_knob_at(look, layout, x, &spot->direction);
}

struct race_spot race_hit(const struct timeline *timeline, const struct look *look, int cols,
                          int rows, int x, int y)
{
    struct race_spot spot = { .run = -1 };
    struct race_layout layout;
    if (timeline == NULL || timeline_meta(timeline) == NULL || cols < VIEW_MIN_COLS ||
        rows < VIEW_MIN_ROWS)
        return spot;
    rows = view_rows(look, rows);
    race_layout(timeline, look, cols, rows, &layout);
    if (within(layout.top, x, y))
        spot.place = PLACE_TOP;
    else if (within(layout.legend, x, y))
        spot.place = PLACE_LEGEND;
    else if (within(layout.bottom, x, y))
        spot.place = PLACE_BOTTOM;
    else if (within(layout.pane, x, y))
        hit_pane(timeline, look, &layout, rows, x, y, &spot);
    if (within(layout.scrubber, x, y)) {
        spot.place = PLACE_SCRUBBER;
        spot.has_time = true;
        spot.t = scrubber_time(timeline, look, &layout, x);
    }
    for (int i = 0; i < layout.columns; i++) {
        struct column_rows column_rows;
        struct column column;
        if (!within(layout.column[i], x, y))
            continue;
        column_rows_of(timeline, look, &layout, &column_rows);
        column_at(&column, timeline, look, &layout, i, &column_rows);
        column_prepare(&column);
        spot.run = layout.run[i];
        hit_column(&column, x, y - column.rect.y, &spot);
    }
    return spot;
}
