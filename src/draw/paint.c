/*
 * The painter: cells that look different from what the terminal shows are sent, from the first row
 * down, with as few bytes as a simple rule gives: colours only where they change, the cursor moved
 * the shortest of the ways it knows, a short stretch that did not change written over instead of
 * jumped.
 *
 * Invariant: `was` is what the terminal shows once all bytes given so far are written; `x`, `y`, `fg`,
 * `bg` and `attr` are where its cursor and its pen are then (UNKNOWN: not known). It does no I/O.
 */
#include "draw/paint.h"

#include "base/memory.h"
#include "draw/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UNKNOWN = -1, DIRECT = 1 << 24, STRING = 40, OVERWRITE = 4 };

struct paint {
    struct paint_words words;
    const struct theme *theme;
    struct canvas was;
    bool forgotten;
    char front[ROLE_THEME_COUNT][STRING], back[ROLE_THEME_COUNT][STRING];
    int colour[ROLE_THEME_COUNT]; /* roles of one colour look alike */
    /* The cursor and the pen. */
    int x, y;
    int fg, bg; /* colours */
    unsigned attr;
};

struct paint *paint_new(const struct paint_words *words)
{
    struct paint *paint = mem_zero(1, sizeof *paint);
    paint->words = *words;
    canvas_init(&paint->was);
    paint_set_theme(paint, themes[0]);
    return paint;
}

void paint_free(struct paint *paint)
{
    if (paint == NULL)
        return;
    canvas_fini(&paint->was);
    free(paint);
}

int paint_depth(const struct paint *paint)
{
    return paint->words.depth;
}

void paint_forget(struct paint *paint)
{
    paint->forgotten = true;
}

/* The words for a colour, as front and as back. */
static void set_words(struct paint *paint, int role, int colour)
{
    char *front = paint->front[role], *back = paint->back[role];
    front[0] = back[0] = '\0';
    if (colour == UNKNOWN)
        return;
    if (paint->words.depth == DIRECT && paint->words.true_colour) {
        unsigned rgb = (unsigned)colour;
        snprintf(front, STRING, "\x1b[38;2;%u;%u;%um", rgb >> 16 & 255, rgb >> 8 & 255, rgb & 255);
        snprintf(back, STRING, "\x1b[48;2;%u;%u;%um", rgb >> 16 & 255, rgb >> 8 & 255, rgb & 255);
        return;
    }
    if (paint->words.colour == NULL)
        return;
    struct buffer word = { 0 };
    paint->words.colour(&word, colour, false);
    snprintf(front, STRING, "%s", buffer_string(&word));
    buffer_clear(&word);
    paint->words.colour(&word, colour, true);
    snprintf(back, STRING, "%s", buffer_string(&word));
    buffer_fini(&word);
}

void paint_set_theme(struct paint *paint, const struct theme *theme)
{
    paint->theme = theme;
    for (int role = 0; role < ROLE_THEME_COUNT; role++) {
        const struct theme_look *look = &theme->look[role];
        int colour = UNKNOWN;
        if (paint->words.depth == DIRECT &&
            look->rgb != UINT32_MAX) /* terminfo's first 8 are others */
            colour = look->rgb < 8 && !paint->words.true_colour ? 8 : (int)look->rgb;
        else if (paint->words.depth == 256)
            colour = look->c256;
        else if (paint->words.depth == 16)
            colour = look->c16;
        else if (paint->words.depth == 8)
            colour = look->c8;
        paint->colour[role] = colour;
        set_words(paint, role, colour);
    }
    paint->forgotten = true;
}

/* ---- cells ---- */

/* Where colours are few or none, a role has attributes of its own. */
static unsigned attributes_of(const struct paint *paint, const struct cell *cell)
{
    const struct theme *theme = paint->words.depth > 0 ? paint->theme : theme_find("mono");
    bool few = paint->words.depth <= 8 || theme->look[ROLE_BACK].rgb == UINT32_MAX;
    if (!few)
        return cell->attr;
    return cell->attr | theme->look[cell->fg].attr | theme->look[cell->bg].attr;
}

static bool same_cell(const struct cell *a, const struct cell *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* Whether two cells look the same; of a blank only its ground is seen. */
static bool looks_same(const struct paint *paint, const struct cell *a, const struct cell *b)
{
    if (same_cell(a, b))
        return true;
    return a->code == ' ' && b->code == ' ' && a->attr == 0 && b->attr == 0 &&
           paint->colour[a->bg] == paint->colour[b->bg] && attributes_of(paint, a) == 0 &&
           attributes_of(paint, b) == 0;
}

/* ---- the cursor ---- */

static void put_times(struct buffer *into, const char *text, int times)
{
    for (int i = 0; i < times; i++)
        buffer_text(into, text);
}

/* Down and a little back by single steps, or on along the row, where that is shorter than naming the
 * place. */
static bool step(const struct paint *paint, int x, int y, struct buffer *into)
{
    enum { LONGEST = 5 }; /* shorter than "\e[r;cH" */
    int down = y - paint->y, back = paint->x - x;
    if (paint->y == UNKNOWN || down < 0)
        return false;
    if (down == 0 && back < 0 && paint->words.right != NULL) {
        paint->words.right(into, -back);
        return true;
    }
    if (back < 0 || (down > 0 && paint->words.one_down[0] == '\0') ||
        (back > 0 && paint->words.one_back[0] == '\0'))
        return false;
    size_t length =
        (size_t)down * strlen(paint->words.one_down) + (size_t)back * strlen(paint->words.one_back);
    if (length > LONGEST)
        return false;
    put_times(into, paint->words.one_down, down);
    put_times(into, paint->words.one_back, back);
    return true;
}

static void go_to(struct paint *paint, int x, int y, struct buffer *into)
{
    if (paint->x == x && paint->y == y)
        return;
    if (!step(paint, x, y, into))
        paint->words.place(into, x, y);
    paint->x = x;
    paint->y = y;
}

/* ---- the pen ---- */

static void add_attributes(const struct paint *paint, unsigned attr, struct buffer *into)
{
    if (attr & ATTR_BOLD)
        buffer_text(into, paint->words.bold);
    if (attr & ATTR_DIM)
        buffer_text(into, paint->words.dim);
    if (attr & ATTR_REVERSE)
        buffer_text(into, paint->words.reverse);
    if (attr & ATTR_UNDERLINE)
        buffer_text(into, paint->words.underline);
}

static void reset_pen(struct paint *paint, struct buffer *into)
{
    buffer_text(into, paint->words.plain);
    paint->attr = 0;
    paint->fg = paint->bg = UNKNOWN;
}

static void set_pen(struct paint *paint, const struct cell *cell, struct buffer *into)
{
    unsigned attr = attributes_of(paint, cell);
    int fg = paint->colour[cell->fg], bg = paint->colour[cell->bg];
    bool blank = cell->code == ' ' && (attr & (ATTR_REVERSE | ATTR_UNDERLINE)) == 0;
    if (blank)
        attr &= ~(unsigned)(ATTR_BOLD | ATTR_DIM);
    if ((paint->attr & ~attr) != 0 && !(blank && (paint->attr & ~attr & ~(unsigned)ATTR_BOLD) == 0))
        reset_pen(paint, into); /* there is no word that takes one attribute away */
    add_attributes(paint, attr & ~paint->attr, into);
    paint->attr |= attr;
    if (bg != paint->bg && bg != UNKNOWN)
        buffer_text(into, paint->back[cell->bg]);
    paint->bg = bg;
    if (blank)
        return; /* its front is not seen */
    if (fg != paint->fg && fg != UNKNOWN)
        buffer_text(into, paint->front[cell->fg]);
    paint->fg = fg;
}

/* ---- painting ---- */

static void put_cell(struct paint *paint, const struct cell *cell, int x, int y,
                     struct buffer *into)
{
    uint32_t code = cell->code < ' ' ? ' ' : cell->code;
    int cols = paint->was.cols;
    if (code > 0x7e && !paint->words.utf8)
        code = '?';
    if (paint->words.wraps_early && x == cols - 1 && y == paint->was.rows - 1)
        return; /* it would scroll */
    go_to(paint, x, y, into);
    set_pen(paint, cell, into);
    buffer_grew(into, utf8_put(buffer_reserve(into, 4), code));
    paint->x++;
    /* At the edge, and after what is wide, terminals differ about where the cursor is. */
    if (paint->x >= cols || utf8_width(code) != 1)
        paint->x = paint->y = UNKNOWN;
}

/* Whether the cells from `x` up to the next change are few and written in the pen's colours, so that
 * writing them again is shorter than jumping; returns where the next change is, or -1. */
static int bridge(const struct paint *paint, const struct cell *now, const struct cell *was, int x)
{
    int cols = paint->was.cols;
    for (int at = x; at < cols && at < x + OVERWRITE; at++) {
        if (!looks_same(paint, &now[at], &was[at]))
            return at;
        if (now[at].code < ' ' || now[at].code > 0x7e || paint->colour[now[at].bg] != paint->bg ||
            attributes_of(paint, &now[at]) != paint->attr ||
            (now[at].code != ' ' && paint->colour[now[at].fg] != paint->fg))
            return -1;
    }
    return -1;
}

static void paint_row(struct paint *paint, const struct cell *now, const struct cell *was, int y,
                      struct buffer *into)
{
    int cols = paint->was.cols;
    for (int x = 0; x < cols; x++) {
        if (looks_same(paint, &now[x], &was[x]) || now[x].code == 0)
            continue; /* the right half of a wide one came with its left */
        if (paint->y == y && paint->x != UNKNOWN && paint->x < x && x - paint->x < OVERWRITE &&
            bridge(paint, now, was, paint->x) == x) {
            while (paint->x < x)
                put_cell(paint, &now[paint->x], paint->x, y, into);
        }
        put_cell(paint, &now[x], x, y, into);
    }
}

/* Everything is cleared to the common ground; `was` is that. */
static void begin_anew(struct paint *paint, const struct canvas *canvas, struct buffer *into)
{
    const struct cell ground = { .code = ' ', .fg = ROLE_TEXT, .bg = ROLE_BACK };
    reset_pen(paint, into);
    paint->x = paint->y = UNKNOWN;
    set_pen(paint, &ground, into);
    buffer_text(into, paint->words.clear);
    canvas_reset(&paint->was, canvas->cols, canvas->rows);
    if (!paint->words.fills && paint->colour[ROLE_BACK] != UNKNOWN) {
        /* Cleared, but not to the ground: nothing looks like it has to. */
        for (int i = 0; i < canvas->cols * canvas->rows; i++)
            paint->was.cells[i].code = UTF8_BAD;
    }
    paint->forgotten = false;
}

void paint_frame(struct paint *paint, const struct canvas *canvas, struct buffer *into)
{
    size_t width = (size_t)canvas->cols;
    if (paint->forgotten || canvas->cols != paint->was.cols || canvas->rows != paint->was.rows)
        begin_anew(paint, canvas, into);
    for (int y = 0; y < canvas->rows; y++) {
        const struct cell *now = &canvas->cells[(size_t)y * width];
        struct cell *was = &paint->was.cells[(size_t)y * width];
        if (memcmp(now, was, width * sizeof *now) == 0)
            continue;
        paint_row(paint, now, was, y, into);
        memcpy(was, now, width * sizeof *now);
    }
}
