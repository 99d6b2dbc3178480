/*
 * The grid of cells. Invariant: cells holds cols * rows cells; a wide character is its code and, to
 * its right, a cell of code 0, and never only one of the two. It knows no colours and no terminal.
 */
#include "draw/canvas.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "draw/theme.h"
#include "draw/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void canvas_init(struct canvas *canvas)
{
    *canvas = (struct canvas){ 0 };
}

void canvas_fini(struct canvas *canvas)
{
    free(canvas->cells);
    canvas_init(canvas);
}

void canvas_reset(struct canvas *canvas, int cols, int rows)
{
    if (cols < 0)
        cols = 0;
    if (rows < 0)
        rows = 0;
    size_t count = (size_t)cols * (size_t)rows;
    if (count > canvas->room) {
        canvas->cells = mem_resize(canvas->cells, count, sizeof *canvas->cells);
        canvas->room = count;
    }
    canvas->cols = cols;
    canvas->rows = rows;
    const struct cell blank = { .code = ' ', .fg = ROLE_TEXT, .bg = ROLE_BACK };
    for (size_t i = 0; i < count; i++)
        canvas->cells[i] = blank;
}

struct cell *canvas_at(const struct canvas *canvas, int x, int y)
{
    if (x < 0 || y < 0 || x >= canvas->cols || y >= canvas->rows)
        return NULL;
    return &canvas->cells[(size_t)y * (size_t)canvas->cols + (size_t)x];
}

/* What is about to be overwritten at x may be half of a wide character: blank the other half. */
static void mend_halves(const struct canvas *canvas, struct cell *cell, int x)
{
    if (cell->code == 0 && x > 0)
        cell[-1].code = ' ';
    if (cell->code != 0 && x + 1 < canvas->cols && cell[1].code == 0)
        cell[1].code = ' ';
}

void canvas_put(struct canvas *canvas, int x, int y, uint32_t code, struct style style)
{
    struct cell *cell = canvas_at(canvas, x, y);
    if (cell == NULL)
        return;
    mend_halves(canvas, cell, x);
    *cell = (struct cell){ .code = code, .fg = style.fg, .bg = style.bg, .attr = style.attr };
}

int canvas_text(struct canvas *canvas, int x, int y, int width, struct style style,
                const char *text)
{
    int used = 0;
    for (uint32_t code; (code = utf8_next(&text)) != 0;) {
        int columns = utf8_width(code);
        if (columns == 0 && (code < 0x20 || code == 0x7f)) {
            code = ' ';
            columns = 1;
        }
        if (used + columns > width)
            break;
        if (columns == 0)
            continue;
        if (columns == 2 && canvas_at(canvas, x + used + 1, y) == NULL) {
            code = ' ';
            columns = 1;
        }
        canvas_put(canvas, x + used, y, code, style);
        if (columns == 2) {
            canvas_put(canvas, x + used + 1, y, ' ', style);
            struct cell *right = canvas_at(canvas, x + used + 1, y);
            if (canvas_at(canvas, x + used, y) != NULL)
                right->code = 0;
        }
        used += columns;
    }
    return used;
}

int canvas_textf(struct canvas *canvas, int x, int y, int width, struct style style,
                 const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return canvas_text(canvas, x, y, width, style, text);
}

void canvas_text_right(struct canvas *canvas, int x, int y, int width, struct style style,
                       const char *text)
{
    int columns = utf8_columns(text);
    int left = columns < width ? width - columns : 0;
    canvas_text(canvas, x + left, y, width - left, style, text);
}

void canvas_fill(struct canvas *canvas, struct rect rect, uint32_t code, struct style style)
{
    for (int y = rect.y; y < rect.y + rect.h; y++) {
        for (int x = rect.x; x < rect.x + rect.w; x++)
            canvas_put(canvas, x, y, code, style);
    }
}

char *canvas_row_text(const struct canvas *canvas, int y)
{
    struct buffer text;
    buffer_init(&text);
    size_t visible = 0;
    for (int x = 0; x < canvas->cols && canvas_at(canvas, x, y) != NULL; x++) {
        uint32_t code = canvas_at(canvas, x, y)->code;
        if (code == 0)
            continue;
        size_t bytes = utf8_put(buffer_reserve(&text, 4), code);
        buffer_grew(&text, bytes);
        if (code != ' ')
            visible = text.size;
    }
    buffer_cut(&text, visible);
    return buffer_take(&text);
}

bool canvas_equal(const struct canvas *a, const struct canvas *b)
{
    size_t count = (size_t)a->cols * (size_t)a->rows;
    return a->cols == b->cols && a->rows == b->rows &&
           (count == 0 || memcmp(a->cells, b->cells, count * sizeof *a->cells) == 0);
}
