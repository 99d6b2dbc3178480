/*
 * All lanes (or tasks) of a run at the moment, where they are more than rows: how many are in which
 * state, and below it a field of cells in the order of the rows, line by line. A cell stands for one
 * or several lanes that are neighbours in that order: it shows the state of most of them, bold where
 * it is that of all, dim where it is that of less than two thirds.
 *
 * Invariant: each lane is in exactly one cell, so that nothing is cut in silence.
 */
#include "view/detail.h"

#include "base/format.h"

#include <stdio.h>
#include <string.h>

/* Places for each cell, at least 1: the last cells may stay empty. */
static size_t per_cell(size_t count, int cells)
{
    return cells > 0 && count > 0 ? (count + (size_t)cells - 1) / (size_t)cells : 1;
}

static const struct lane_order *field_order(const struct detail *d)
{
    return d->rows.tasks.count > d->rows.lanes.count ? &d->rows.tasks : &d->rows.lanes;
}

static struct rect field_cells(const struct detail *d)
{
    struct rect cells = d->place.field;
    rect_top(&cells, 1);
    return cells;
}

/* The glyph and colour of each state; returns how many there are. */
static size_t field_items(const struct detail *d, bool tasks, struct legend_item *items)
{
    if (tasks)
        part_task_items(d->look, items);
    else
        part_state_items(d->look, items);
    return tasks ? TASK_STATE_COUNT : STATE_COUNT;
}

/* "2001 lanes at this moment, 3 a cell:  run 1  gil 12  io 1988" */
static void draw_head(const struct detail *d, const struct lane_order *order,
                      const struct legend_item *items, size_t states, size_t each)
{
    size_t counts[STATE_COUNT + 1] = { 0 };
    struct rect line = d->place.field;
    char text[TEXT_SIZE * 3];
    for (size_t i = 0; i < order->count; i++)
        counts[order->places[i].state < states ? order->places[i].state : states]++;
    int used =
        snprintf(text, sizeof text, "%zu %s now", order->count, order->tasks ? "tasks" : "lanes");
    if (each > 1)
        snprintf(text + used, sizeof text - (size_t)used, ", %zu a cell", each);
    int x = line.x + canvas_text(d->canvas, line.x, line.y, line.w, style_role(ROLE_QUIET), text);
    for (size_t i = 0; i < states; i++) {
        if (counts[i] == 0 || items[i].word[0] == '\0')
            continue;
        snprintf(text, sizeof text, "%s %zu", items[i].word, counts[i]);
        int left = line.x + line.w - x - 4;
        if (left < (int)strlen(text))
            break;
        canvas_put(d->canvas, x + 2, line.y, items[i].glyph, style_role(items[i].role));
        x += 4 + canvas_text(d->canvas, x + 4, line.y, left, style_role(items[i].role), text);
    }
}

/* The state of most of the places [from, to), and how many of them are in it. */
static size_t most_of(const struct lane_order *order, size_t from, size_t to, size_t *most)
{
    size_t counts[STATE_COUNT + 1] = { 0 };
    *most = STATE_COUNT;
    for (size_t i = from; i < to; i++) {
        size_t state = order->places[i].state < STATE_COUNT ? order->places[i].state : STATE_COUNT;
        counts[state]++;
        if (counts[state] > counts[*most] || i == from)
            *most = state;
    }
    return counts[*most];
}

void detail_draw_field(const struct detail *d)
{
    const struct lane_order *order = field_order(d);
    struct rect cells = field_cells(d);
    struct legend_item items[STATE_COUNT];
    if (d->place.field.h < 2 || order->count == 0)
        return;
    size_t states = field_items(d, order->tasks, items), most;
    size_t each = per_cell(order->count, cells.w * cells.h);
    draw_head(d, order, items, states, each);
    canvas_fill(d->canvas, cells, ' ', style_on(ROLE_QUIET, ROLE_BACK, 0));
    for (size_t i = 0; i * each < order->count; i++) {
        size_t from = i * each, to = from + each < order->count ? from + each : order->count;
        size_t same = most_of(order, from, to, &most);
        bool here = false;
        for (size_t k = from; k < to; k++)
            here |= d->thing.id == order->places[k].id &&
                    d->thing.kind == (order->tasks ? DETAIL_TASK : DETAIL_LANE);
        unsigned attr = same == to - from ? ATTR_BOLD : same * 3 < (to - from) * 2 ? ATTR_DIM : 0;
        uint32_t glyph = most < states ? items[most].glyph : ' ';
        unsigned role = most < states ? items[most].role : ROLE_QUIET;
        canvas_put(d->canvas, cells.x + (int)(i % (size_t)cells.w),
                   cells.y + (int)(i / (size_t)cells.w), glyph,
                   style_on(role, ROLE_TRACK, attr | (here ? ATTR_REVERSE : 0)));
    }
}

bool detail_field_hit(const struct detail *d, int x, int y, struct detail_thing *thing)
{
    const struct lane_order *order = field_order(d);
    struct rect cells = field_cells(d);
    if (d->place.field.h < 2 || x < cells.x || x >= cells.x + cells.w || y < cells.y ||
        y >= cells.y + cells.h)
        return false;
    size_t at =
        (size_t)((y - cells.y) * cells.w + x - cells.x) * per_cell(order->count, cells.w * cells.h);
    if (at >= order->count)
        return false;
    *thing =
        (struct detail_thing){ order->tasks ? DETAIL_TASK : DETAIL_LANE, order->places[at].id };
    return true;
}
