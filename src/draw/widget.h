/*
 * widget.h: small pictures of plain numbers and texts, drawn into a rectangle. None draws outside
 * it, none keeps anything.
 */
#ifndef DRAW_WIDGET_H
#define DRAW_WIDGET_H

#include <stddef.h>
#include <stdint.h>

#include "draw/canvas.h"
#include "draw/theme.h"

/* A bar that is `value` of `of` full; empty where `of` is 0. */
void widget_progress(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                     uint64_t value, uint64_t of, struct style done, struct style rest);

enum { CHART_UNKNOWN = -1, CHART_NOTHING = -2 };
/* Bars by eighths, one per column: rect.w values in permille. Unknown draws "?" at the foot, nothing
 * draws nothing; what is above 0 shows at least an eighth. A full bar leaves the topmost eighth
 * free, so that it does not grow into what is above. */
void widget_chart(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                  const int *permille, struct style style);

/* What a colour and glyph mean. */
struct legend_item {
    uint32_t glyph;
    uint8_t role;
    const char *word;
};
/* In one row, as airy as fits; what does not fit at all is left out. Returns the columns used. */
int widget_legend(struct canvas *canvas, struct rect rect, const struct legend_item *items,
                  size_t count);
/* The columns it takes with single blanks. */
int widget_legend_columns(const struct legend_item *items, size_t count);

/* Shares `cells` among parts by their size: largest remainder, the sum is `cells` (0 where all parts
 * are 0). At most 16 parts. */
void share_cells(const uint64_t *parts, size_t count, int cells, int *shares);
/* A stack of parts, first at the foot (upright) or at the left (lying, one row), on a background. */
void widget_stack(struct canvas *canvas, struct rect rect, const struct legend_item *items,
                  const uint64_t *parts, size_t count, unsigned back);

/* Text broken at blanks; one that is too long ends in "..". Returns the rows used. */
int widget_wrap(struct canvas *canvas, struct rect rect, struct style style, const char *text);
/* The rows it would use. */
int widget_wrap_rows(int width, const char *text);

/* Pairs "key\tword\n" in the rows of the rect (at most four): as many as fit from the front, each in
 * the first row that has room; the last `pinned` ones always, at the end of the last row. */
void widget_pairs(struct canvas *canvas, struct rect rect, const char *pairs, int pinned,
                  struct style key, struct style word);
/* The pair at (x, y) of that picture, where its key begins in `pairs`; NULL: there is none. */
const char *widget_pairs_at(struct rect rect, const char *pairs, int pinned, int x, int y);

#endif
