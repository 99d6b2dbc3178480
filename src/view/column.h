/*
 * column.h: one model's column of the race: its rows as arithmetic, and the drawing of each.
 *
 * All columns of a race have the same rows at the same heights, and strips of the same width, so
 * that the eye can compare across; what a model has not, its row says in a word.
 */
#ifndef VIEW_COLUMN_H
#define VIEW_COLUMN_H

#include <stdbool.h>
#include <stdint.h>

#include "draw/layout.h"
#include "timeline/figures.h"
#include "view/view.h"

/* What there is to show, over all columns: the rows are shared out by it. */
struct column_demand {
    int cores; /* most cores of a run */
    int lanes; /* most lane and task rows of a run */
};
/* No strip has more cells. */
enum { COLUMN_STRIP_MAX = 512 };
/* Rows of a column: where each begins (from the column's top) and how high it is. A height of 0: it
 * is not there. The rows lie one below the other without overlap; lanes_h takes what is left. */
struct column_rows {
    int progress;
    int core, core_rows,
        core_h; /* core_rows of core_h each; fewer than there are cores: 1, for all */
    int gil;
    int queue, queue_h;
    int switches;
    int memory;
    int latency;
    int histogram, histogram_h; /* with its axis */
    int lanes, lanes_h;
};
void column_rows(struct column_demand demand, int height, struct column_rows *rows);
/* Label, strip and value within a column's width. */
struct column_widths {
    int label, strip, value;
};
struct column_widths column_widths(int width);

struct column {
    const struct timeline *timeline;
    const struct look *look;
    struct canvas *canvas;
    size_t run;
    struct rect rect;
    const struct column_rows *rows;
    struct column_widths widths;
    bool selected;
    int place;           /* 1..; 0: not known (yet) */
    uint64_t most_tasks; /* of any run of the race: what "of N" is */
    uint32_t most_queue; /* deepest queue of any column: the strips' common height */
    /* Filled by column_draw. */
    struct run_brief brief;
    const struct meta_run *meta;
    uint64_t moment; /* held to the run's end: a ghost keeps its last picture */
    struct sweep sweep;
};
void column_draw(struct column *column);
/* Cores from the first the run was on to the last: under `split` each run has its own. */
int column_core_count(const struct timeline *timeline, size_t run);

/* meters.c: the rows between its head and its lanes. */
void column_meters(const struct column *column, bool gil_off);

/* lanes.c: the lanes and tasks of a column, within its lanes rows. */
void column_lanes(const struct column *column);
/* The state (enum state; STATE_NONE: none) that a cell of shares shows: picked by a threshold that
 * walks with cell and row, so that over a strip each state has its share of the cells. */
int column_pick_state(const uint64_t *ns, uint64_t cell, uint64_t row);
/* How many lanes (and tasks, where they have rows) there are to show. */
size_t column_lane_count(const struct timeline *timeline, size_t run);

/* A row's label at the column's left, its value right-aligned, and where its strip is. */
void column_label(const struct column *column, int row, const char *label);
void column_value(const struct column *column, int row, struct style style, const char *value);
struct rect column_strip(const struct column *column, int row, int height);

#endif
