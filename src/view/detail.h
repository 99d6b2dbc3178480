/*
 * detail.h: what the files of the detail screen share; no other view includes it.
 *
 *   detail.c         the page: who stands where, the head, what the cursor stands on
 *   detail_rows.c    which things have a row, in which order, and where the cursor is
 *   detail_axis.c    time to cells: span, zoom, ticks, marks
 *   detail_strip.c   the picture of one row
 *   detail_field.c   the picture of all lanes where they are more than rows
 *   detail_events.c  what happened around the moment
 *   detail_go.c      where the keys lead
 */
#ifndef VIEW_DETAIL_H
#define VIEW_DETAIL_H

#include "draw/layout.h"
#include "timeline/handover.h"
#include "view/column.h"
#include "view/parts.h"
#include "view/view.h"

/* Around a row's strip. */
enum { DETAIL_LABEL = 9, DETAIL_VALUE = 13 }; /* its last cell: rows go on above or below */

/* ---- detail_rows.c ---- */

/* The rows: what is of the run first, then lanes, tasks, the locks that a lane waited for, and the
 * GILs where each lane has one. */
struct detail_rows {
    struct run_brief brief;
    size_t fixed; /* rows of the GIL, the cores, the queue */
    struct lane_order lanes, tasks;
    size_t locks, gils; /* rows of them after the tasks */
    size_t count;
    size_t cursor; /* the row it is on */
};
/* `stated`: the places of lanes and tasks hold their states. */
void detail_rows_make(struct detail_rows *rows, const struct timeline *timeline,
                      const struct look *look, bool stated);
void detail_rows_free(struct detail_rows *rows);
struct detail_thing detail_rows_at(struct detail_rows *rows, size_t row);

/* ---- detail_axis.c ---- */

struct detail_axis {
    uint64_t moment, t0, cell_ns;
    int cells; /* of a strip */
    int there; /* of them lie in the run */
};
void detail_axis_make(struct detail_axis *axis, const struct timeline *timeline,
                      const struct look *look, int cells);
static inline uint64_t detail_axis_at(const struct detail_axis *axis, int cell)
{
    return axis->t0 + (uint64_t)cell * axis->cell_ns;
}
/* The cell of a moment; -1: it is not on the axis. */
int detail_axis_cell(const struct detail_axis *axis, uint64_t t);

/* ---- the page ---- */

struct detail_layout {
    struct rect top, head, axis, rows, events, status, says, legend, bottom;
    struct rect strip; /* of the topmost row */
};

/* Rows that stand still, those that scroll below them, and the picture of all lanes. Where all of them
 * are seen and there is room to spare each is some lines high, for the last row of a hall. */
struct detail_place {
    int frozen;
    size_t first; /* row that is listed first below the frozen ones */
    int listed;
    int strip_h, gap;  /* lines of a strip, blank ones below it */
    int lines;         /* of all rows that are drawn */
    struct rect field; /* h 0: there is none */
};

/* Lanes that have to do with what the cursor is on: a lane and whom it waits for; who has the GIL and,
 * at a hand-over, who had it. Indices of lanes; LANE_NONE. */
struct detail_related {
    uint32_t lane, other;
    bool only; /* the cursor is on one lane: what is of others stands back */
};

struct detail {
    const struct timeline *timeline;
    const struct look *look;
    struct canvas *canvas;
    size_t run;
    struct run_brief brief;
    struct detail_rows rows;
    struct detail_layout layout;
    struct detail_place place;
    struct detail_axis axis;
    struct detail_thing thing; /* the cursor's */
    struct detail_related related;
    bool handed_over; /* `handover` is the last one of the GIL up to the moment */
    struct handover handover;
};

/* The lane of an id: its index, or LANE_NONE where the trace has no such lane. */
uint32_t detail_lane_of(const struct detail *d, uint32_t id, struct lane_brief *brief);

/* detail_go.c: the lane that a thing waits for at `t` (of a GIL or a core: that has it). */
uint32_t detail_waited_for(const struct timeline *timeline, size_t run, struct detail_thing thing,
                           uint64_t t);

void detail_draw_axis(const struct detail *d);
/* `y`: the first of its lines. */
void detail_draw_row(const struct detail *d, struct detail_thing thing, int y);
void detail_draw_field(const struct detail *d);
/* The lane or task of a cell of the field; false: none. */
bool detail_field_hit(const struct detail *d, int x, int y, struct detail_thing *thing);
void detail_draw_events(const struct detail *d);
/* The moment of a line of the list of events; false: none. */
bool detail_events_hit(const struct detail *d, int y, uint64_t *t);

#endif
