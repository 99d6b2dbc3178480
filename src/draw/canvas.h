/*
 * canvas.h: a grid of cells in memory. Views draw here; ui shows it, outputs write it, tests read it.
 *
 * A cell is one Unicode code point (0: the right half of a wide one) and a style. Styles are roles
 * of the theme (draw/theme.h), not colours: what a role looks like is decided where it is shown.
 * Everything clips; nothing here fails.
 */
#ifndef DRAW_CANVAS_H
#define DRAW_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cell {
    uint32_t code;
    uint8_t fg, bg; /* enum role of theme.h */
    uint8_t attr;   /* enum attr bits */
    uint8_t spare;
};
enum attr { ATTR_BOLD = 1, ATTR_DIM = 2, ATTR_REVERSE = 4, ATTR_UNDERLINE = 8 };

struct canvas {
    int cols, rows;
    struct cell *cells; /* row by row */
    size_t room;        /* cells there is memory for */
};
struct rect {
    int x, y, w, h;
};
struct style {
    uint8_t fg, bg, attr;
};

void canvas_init(struct canvas *canvas);
void canvas_fini(struct canvas *canvas);
/* Sizes it (kept memory is reused) and clears it to spaces of ROLE_TEXT on ROLE_BACK. */
void canvas_reset(struct canvas *canvas, int cols, int rows);
struct cell *canvas_at(const struct canvas *canvas, int x, int y); /* NULL outside */
void canvas_put(struct canvas *canvas, int x, int y, uint32_t code, struct style style);
/* UTF-8, clipped to `width` columns; returns the columns used. */
int canvas_text(struct canvas *canvas, int x, int y, int width, struct style style,
                const char *text);
int canvas_textf(struct canvas *canvas, int x, int y, int width, struct style style,
                 const char *format, ...) __attribute__((format(printf, 6, 7)));
/* Right-aligned in `width`. */
void canvas_text_right(struct canvas *canvas, int x, int y, int width, struct style style,
                       const char *text);
void canvas_fill(struct canvas *canvas, struct rect rect, uint32_t code, struct style style);
/* UTF-8 text of a row, trailing blanks cut; for tests and `text` outputs. Caller frees. */
char *canvas_row_text(const struct canvas *canvas, int y);
bool canvas_equal(const struct canvas *a, const struct canvas *b);

#endif
