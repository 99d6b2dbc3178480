/*
 * Arithmetic on rectangles, and on the time that a sweeping strip spans. It draws nothing.
 */
#include "draw/layout.h"

static int within(int value, int most)
{
    return value < 0 ? 0 : value > most ? most : value;
}

struct rect rect_top(struct rect *rest, int h)
{
    struct rect cut = *rest;
    cut.h = within(h, rest->h);
    rest->y += cut.h;
    rest->h -= cut.h;
    return cut;
}

struct rect rect_bottom(struct rect *rest, int h)
{
    struct rect cut = *rest;
    cut.h = within(h, rest->h);
    rest->h -= cut.h;
    cut.y = rest->y + rest->h;
    return cut;
}

struct rect rect_left(struct rect *rest, int w)
{
    struct rect cut = *rest;
    cut.w = within(w, rest->w);
    rest->x += cut.w;
    rest->w -= cut.w;
    return cut;
}

struct rect rect_right(struct rect *rest, int w)
{
    struct rect cut = *rest;
    cut.w = within(w, rest->w);
    rest->w -= cut.w;
    cut.x = rest->x + rest->w;
    return cut;
}

void rect_columns(struct rect rect, int count, int gap, struct rect *columns)
{
    if (count <= 0)
        return;
    int room = rect.w - gap * (count - 1);
    if (room < 0)
        room = 0;
    for (int i = 0; i < count; i++) {
        columns[i] = rect_left(&rect, room / count + (i < room % count));
        rect_left(&rect, gap);
    }
}

struct rect rect_inset(struct rect rect, int x, int y)
{
    rect_left(&rect, x);
    rect_right(&rect, x);
    rect_top(&rect, y);
    rect_bottom(&rect, y);
    return rect;
}

bool rect_inside(struct rect inner, struct rect outer)
{
    if (inner.w == 0 || inner.h == 0)
        return true;
    return inner.x >= outer.x && inner.y >= outer.y && inner.x + inner.w <= outer.x + outer.w &&
           inner.y + inner.h <= outer.y + outer.h;
}

bool rect_overlap(struct rect a, struct rect b)
{
    return a.w > 0 && a.h > 0 && b.w > 0 && b.h > 0 && a.x < b.x + b.w && b.x < a.x + a.w &&
           a.y < b.y + b.h && b.y < a.y + a.h;
}

uint64_t sweep_cell_ns(const struct sweep *sweep)
{
    uint64_t width = sweep->cells > 0 ? sweep->window_ns / (uint64_t)sweep->cells : 0;
    return width > 0 ? width : 1;
}

bool sweep_cell(const struct sweep *sweep, int cell, uint64_t *t0, uint64_t *t1)
{
    if (sweep->cells <= 0 || cell < 0 || cell >= sweep->cells)
        return false;
    uint64_t cells = (uint64_t)sweep->cells, width = sweep_cell_ns(sweep);
    uint64_t round = sweep->moment / (width * cells);
    uint64_t cursor = sweep->moment / width % cells, at = (uint64_t)cell;
    if (at == cursor + 1 || (at == 0 && cursor + 1 == cells && cells > 1))
        return false;
    if (at > cursor) {
        if (round == 0)
            return false;
        round--;
    }
    *t0 = (round * cells + at) * width;
    *t1 = *t0 + width;
    if (at == cursor && *t1 > sweep->moment)
        *t1 = sweep->moment;
    return *t1 > *t0;
}
