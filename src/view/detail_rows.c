/*
 * Which things have a row on the detail screen, in which order, and on which of them the cursor is.
 *
 * Invariant: the cursor is on a thing, not on a number: where the order or the filter changes it
 * stays with its lane. A thing that has no row gives way to the first lane, else to the first row.
 */
#include "view/detail.h"

static size_t gils_first(const struct detail_rows *rows)
{
    return rows->brief.gils == 1 ? 2 : 0;
}

struct detail_thing detail_rows_at(struct detail_rows *rows, size_t row)
{
    size_t first = gils_first(rows);
    if (row < first)
        return (struct detail_thing){ row == 0 ? DETAIL_GIL : DETAIL_GIL_MARKS, 0 };
    if (row - first < rows->brief.cores)
        return (struct detail_thing){ DETAIL_CORE, (uint32_t)(row - first) };
    if (row < rows->fixed)
        return (struct detail_thing){ DETAIL_QUEUE, 0 };
    row -= rows->fixed;
    if (row < rows->lanes.count) {
        lane_order_settle(&rows->lanes, row, row + 1);
        return (struct detail_thing){ DETAIL_LANE, rows->lanes.places[row].id };
    }
    row -= rows->lanes.count;
    if (row < rows->tasks.count) {
        lane_order_settle(&rows->tasks, row, row + 1);
        return (struct detail_thing){ DETAIL_TASK, rows->tasks.places[row].id };
    }
    row -= rows->tasks.count;
    if (row < rows->locks)
        return (struct detail_thing){ DETAIL_LOCK, (uint32_t)row };
    return (struct detail_thing){ DETAIL_GIL, (uint32_t)(row - rows->locks) };
}

/* The row of a thing, or rows->count. */
static size_t find(const struct detail_rows *rows, struct detail_thing thing)
{
    size_t first = gils_first(rows), lanes_end = rows->fixed + rows->lanes.count, at = SIZE_MAX;
    switch (thing.kind) {
    case DETAIL_FIRST:
        return 0;
    case DETAIL_GIL:
    case DETAIL_GIL_MARKS:
        if (first > 0 && thing.id == 0)
            return thing.kind == DETAIL_GIL ? 0 : 1;
        if (thing.kind == DETAIL_GIL && thing.id < rows->gils)
            return lanes_end + rows->tasks.count + rows->locks + thing.id;
        return rows->count;
    case DETAIL_LOCK:
        return thing.id < rows->locks ? lanes_end + rows->tasks.count + thing.id : rows->count;
    case DETAIL_CORE:
        return thing.id < rows->brief.cores ? first + thing.id : rows->count;
    case DETAIL_QUEUE:
        return rows->fixed > first + rows->brief.cores ? rows->fixed - 1 : rows->count;
    case DETAIL_LANE:
        at = lane_order_find(&rows->lanes, thing.id);
        return at != SIZE_MAX ? rows->fixed + at : rows->count;
    case DETAIL_TASK:
        at = lane_order_find(&rows->tasks, thing.id);
        return at != SIZE_MAX ? lanes_end + at : rows->count;
    }
    return rows->count;
}

void detail_rows_make(struct detail_rows *rows, const struct timeline *timeline,
                      const struct look *look, bool stated)
{
    size_t run = (size_t)look->column;
    *rows = (struct detail_rows){ 0 };
    timeline_run(timeline, run, &rows->brief);
    uint64_t length = rows->brief.length_ns;
    uint64_t moment = look->moment < length ? look->moment : length;
    lane_order_make(&rows->lanes, timeline, run, LANE_WHICH_ALL, look->sort, look->filter, moment,
                    stated);
    if (rows->brief.has_task_rows)
        lane_order_make(&rows->tasks, timeline, run, LANE_WHICH_TASKS, look->sort, look->filter,
                        moment, stated);
    bool sifted = look->filter != NULL && look->filter[0] != '\0';
    rows->locks = !sifted ? rows->brief.locks : 0;
    rows->gils = rows->brief.gils > 1 && !sifted ? rows->brief.gils : 0;
    rows->fixed = gils_first(rows) + rows->brief.cores +
                  (rows->brief.queues > 0 || rows->brief.tasks > 0 ? 1 : 0);
    rows->count = rows->fixed + rows->lanes.count + rows->tasks.count + rows->locks + rows->gils;
    rows->cursor = find(rows, look->thing);
    if (rows->cursor == rows->count)
        rows->cursor = rows->count > rows->fixed ? rows->fixed : 0;
}

void detail_rows_free(struct detail_rows *rows)
{
    lane_order_free(&rows->lanes);
    lane_order_free(&rows->tasks);
}

void detail_count(const struct timeline *timeline, const struct look *look,
                  struct detail_count *count)
{
    struct detail_rows rows;
    detail_rows_make(&rows, timeline, look, false);
    *count = (struct detail_count){ .rows = rows.count,
                                    .lanes = rows.lanes.count,
                                    .tasks = rows.tasks.count,
                                    .all_lanes = rows.lanes.all,
                                    .all_tasks = rows.tasks.all };
    detail_rows_free(&rows);
}

struct detail_thing detail_move(const struct timeline *timeline, const struct look *look, long by)
{
    struct detail_rows rows;
    detail_rows_make(&rows, timeline, look, false);
    long to = (long)rows.cursor + by, last = (long)rows.count - 1;
    to = to > last ? last : to;
    struct detail_thing thing = look->thing;
    if (rows.count > 0)
        thing = detail_rows_at(&rows, (size_t)(to > 0 ? to : 0));
    detail_rows_free(&rows);
    return thing;
}

struct detail_thing detail_first(const struct timeline *timeline, const struct look *look)
{
    struct detail_rows rows;
    struct detail_thing thing = look->thing;
    detail_rows_make(&rows, timeline, look, false);
    if (rows.lanes.count + rows.tasks.count > 0)
        thing = detail_rows_at(&rows, rows.fixed);
    detail_rows_free(&rows);
    return thing;
}
