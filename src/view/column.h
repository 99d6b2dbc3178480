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

#include "base/buffer.h"
#include "draw/layout.h"
#include "timeline/figures.h"
#include "view/view.h"

/* What there is to show, over all columns: the rows are shared out by it. */
struct column_demand {
    int cores; /* most cores of a run */
    int lanes; /* most lane and task rows of a run */
    bool presenter;
};
/* No strip has more cells. */
enum { COLUMN_STRIP_MAX = 512 };
/* Rows of a column: where each begins (from the column's top) and how high it is. A height of 0: it
 * is not there. The rows lie one below the other without overlap; lanes_h takes what is left. */
struct column_rows {
    bool presenter; /* fewer rows, larger: a caption, and no row that is figures alone */
    int caption, caption_h;
    int progress, progress_h;
    int core, core_rows,
        core_h; /* core_rows of core_h each; fewer than there are cores: 1, for all */
    int gil, gil_h;
    int queue, queue_h;
    int figures_h; /* of each of the next three: 1, for a presenter 0 */
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
/* Fills what column_draw() fills, and draws nothing. */
void column_prepare(struct column *column);
/* The rows of all columns of a layout that has some. */
void column_rows_of(const struct timeline *timeline, const struct look *look,
                    const struct race_layout *layout, struct column_rows *rows);
/* Of the i-th shown column of a layout: all but the canvas, what is common to all columns, and what
 * column_prepare() fills. */
void column_at(struct column *column, const struct timeline *timeline, const struct look *look,
               const struct race_layout *layout, int i, const struct column_rows *rows);
/* cursor.c: shows where look->cursor stands in the column, which is drawn. */
void cursor_draw(const struct column *column);
/* The row of the column that shows the cursor's thing; -1: none does now. */
int cursor_row(const struct column *column);
/* The sentences about what the cursor stands on, appended. */
void cursor_explain(const struct timeline *timeline, const struct look *look, struct buffer *text);
/* caption.c: what the run does at the moment, in a sentence of plain words; at most `size`. */
void column_caption(const struct column *column, char *text, size_t size);
/* Cores from the first the run was on to the last: under `split` each run has its own. */
int column_core_count(const struct timeline *timeline, size_t run);
uint32_t column_first_core(const struct timeline *timeline, size_t run);

/* meters.c: the rows between its head and its lanes. */
void column_meters(const struct column *column, bool gil_off);

/* lane_list.c: the lanes and tasks that a column lists at its moment, in the look's order and sifted
 * by its filter. A presenter sees no tasks. */
struct lane_list {
    struct lane_order lanes, tasks;
    size_t lane_count, task_count; /* that are listed, lanes first */
    size_t all_tasks;              /* sifted out or not; of lanes: lanes.all */
    bool numbered;                 /* all tasks are, by their ids: `tasks` is not made */
};
void lane_list_make(struct lane_list *list, const struct timeline *timeline,
                    const struct look *look, size_t run);
void lane_list_free(struct lane_list *list);
/* Before many of them are asked for: those at [from, until). */
void lane_list_settle(struct lane_list *list, size_t from, size_t until);
/* The nth, a lane or a task; where one stands (SIZE_MAX: it is sifted out). */
struct detail_thing lane_list_at(struct lane_list *list, size_t nth);
size_t lane_list_find(const struct lane_list *list, struct detail_thing thing);
/* How many lanes (and tasks, where they have rows) there are to show, sifted out or not. */
size_t column_lane_count(const struct timeline *timeline, size_t run);

/* lanes.c: the lanes and tasks of a column, within its lanes rows. */
void column_lanes(const struct column *column);
/* Which of its rows shows what; rows from the column's top. */
struct lanes_plan {
    size_t lanes, tasks;         /* how many there are to list, lanes first */
    size_t all_lanes, all_tasks; /* with those that were sifted out */
    int reason_h;                /* rows above the list: why it failed */
    int list, lane_h;            /* where the list begins; the rows of each, the last maybe blank */
    int strip_h;                 /* of those the strip has; words stand on its middle one */
    size_t top, listed;          /* the first one that is listed, and how many are */
    int rest;                    /* what is left out, in words; -1: no such row */
    int density, density_h;
};
void column_lanes_plan(const struct column *column, const struct lane_list *list,
                       struct lanes_plan *plan);
/* The state (enum state; STATE_NONE: none) that a cell of shares shows: picked by a threshold that
 * walks with cell and row, so that over a strip each state has its share of the cells. */
int column_pick_state(const uint64_t *ns, uint64_t cell, uint64_t row);

/* A row's label at the column's left, its value right-aligned, and where its strip is. */
void column_label(const struct column *column, int row, const char *label);
void column_value(const struct column *column, int row, struct style style, const char *value);
struct rect column_strip(const struct column *column, int row, int height);

#endif
