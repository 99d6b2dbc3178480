/*
 * The widgets. Each is arithmetic on its numbers and then cells; what the numbers mean, and from
 * where they come, is the views' business.
 */
#include "draw/widget.h"

#include "draw/utf8.h"

#include <stdbool.h>
#include <string.h>

enum { PARTS_MAX = 16 };

void widget_progress(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                     uint64_t value, uint64_t of, struct style done, struct style rest)
{
    int full = 0;
    if (of > 0)
        full = value >= of ? rect.w : (int)((double)rect.w * (double)value / (double)of);
    for (int x = 0; x < rect.w; x++) {
        bool on = x < full;
        for (int y = 0; y < rect.h; y++)
            canvas_put(canvas, rect.x + x, rect.y + y, on ? glyphs->full : glyphs->empty,
                       on ? done : rest);
    }
}

void widget_chart(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                  const int *permille, struct style style)
{
    for (int x = 0; x < rect.w && rect.h > 0; x++) {
        int value = permille[x];
        if (value == CHART_UNKNOWN)
            canvas_put(canvas, rect.x + x, rect.y + rect.h - 1, '?',
                       style_on(ROLE_QUIET, style.bg, 0));
        if (value < 0)
            continue;
        int eighths = ((value > 1000 ? 1000 : value) * (rect.h * 8 - 1) + 500) / 1000;
        if (eighths == 0 && value > 0)
            eighths = 1;
        for (int y = rect.h - 1; y >= 0 && eighths > 0; y--, eighths -= 8)
            canvas_put(canvas, rect.x + x, rect.y + y, glyphs->bar[eighths > 8 ? 8 : eighths],
                       style);
    }
}

/* Columns of a legend with `inner` blanks after a glyph and `outer` after a word. */
static int legend_columns(const struct legend_item *items, size_t count, int inner, int outer)
{
    int columns = -outer;
    for (size_t i = 0; i < count; i++)
        columns += 1 + inner + utf8_columns(items[i].word) + outer;
    return columns;
}

int widget_legend_columns(const struct legend_item *items, size_t count)
{
    return legend_columns(items, count, 1, 1);
}

int widget_legend(struct canvas *canvas, struct rect rect, const struct legend_item *items,
                  size_t count)
{
    static const int spacing[][2] = { { 1, 3 }, { 1, 2 }, { 1, 1 }, { 0, 1 } };
    if (rect.h <= 0 || count == 0)
        return 0;
    size_t airy = 0;
    while (airy < 3 && legend_columns(items, count, spacing[airy][0], spacing[airy][1]) > rect.w)
        airy++;
    int inner = spacing[airy][0], outer = spacing[airy][1], x = 0;
    for (size_t i = 0; i < count; i++) {
        int width = 1 + inner + utf8_columns(items[i].word);
        if (x + width > rect.w)
            break;
        canvas_put(canvas, rect.x + x, rect.y, items[i].glyph, style_role(items[i].role));
        canvas_text(canvas, rect.x + x + 1 + inner, rect.y, width, style_role(ROLE_TEXT),
                    items[i].word);
        x += width + outer;
    }
    return x > 0 ? x - outer : 0;
}

void share_cells(const uint64_t *parts, size_t count, int cells, int *shares)
{
    double total = 0, rest[PARTS_MAX];
    if (count > PARTS_MAX)
        count = PARTS_MAX;
    for (size_t i = 0; i < count; i++) {
        total += (double)parts[i];
        shares[i] = 0;
    }
    if (total <= 0)
        return;
    int given = 0;
    for (size_t i = 0; i < count; i++) {
        double exact = (double)parts[i] * cells / total;
        shares[i] = (int)exact;
        rest[i] = exact - shares[i];
        given += shares[i];
    }
    for (; given < cells; given++) {
        size_t most = 0;
        for (size_t i = 1; i < count; i++) {
            if (rest[i] > rest[most])
                most = i;
        }
        shares[most]++;
        rest[most] = -1;
    }
}

void widget_stack(struct canvas *canvas, struct rect rect, const struct legend_item *items,
                  const uint64_t *parts, size_t count, unsigned back)
{
    int shares[PARTS_MAX];
    bool upright = rect.h > 1;
    if (rect.w <= 0 || rect.h <= 0)
        return;
    if (count > PARTS_MAX)
        count = PARTS_MAX;
    share_cells(parts, count, upright ? rect.h : rect.w, shares);
    for (size_t i = 0, at = 0; i < count; i++) {
        for (int k = 0; k < shares[i]; k++, at++) {
            int x = upright ? rect.x : rect.x + (int)at;
            int y = upright ? rect.y + rect.h - 1 - (int)at : rect.y;
            canvas_put(canvas, x, y, items[i].glyph, style_on(items[i].role, back, 0));
        }
    }
}

/* Bytes of the next line of `text` within `width` columns, broken after a blank where there is one;
 * *skip: blanks or a newline to leave out after it. */
static size_t line_bytes(const char *text, int width, size_t *skip)
{
    const char *at = text, *blank = NULL;
    int columns = 0;
    *skip = 0;
    while (*at != '\0' && *at != '\n') {
        const char *before = at;
        uint32_t code = utf8_next(&at);
        columns += utf8_width(code);
        if (columns > width && code != ' ') {
            const char *cut = blank != NULL ? blank : before > text ? before : at;
            *skip = cut == blank;
            return (size_t)(cut - text);
        }
        if (code == ' ')
            blank = before;
    }
    *skip = *at == '\n';
    return (size_t)(at - text);
}

int widget_wrap_rows(int width, const char *text)
{
    int rows = 0;
    while (*text != '\0' && width > 0) {
        size_t skip, bytes = line_bytes(text, width, &skip);
        text += bytes + skip;
        rows++;
    }
    return rows;
}

int widget_wrap(struct canvas *canvas, struct rect rect, struct style style, const char *text)
{
    int row = 0;
    for (; row < rect.h && *text != '\0' && rect.w > 0; row++) {
        char line[1024];
        size_t skip, bytes = line_bytes(text, rect.w, &skip);
        size_t kept = bytes < sizeof line ? bytes : sizeof line - 1;
        memcpy(line, text, kept);
        line[kept] = '\0';
        text += bytes + skip;
        int used = canvas_text(canvas, rect.x, rect.y + row, rect.w, style, line);
        if (row == rect.h - 1 && *text != '\0') {
            int x = used > rect.w - 2 ? rect.w - 2 : used;
            x = x > 0 ? x : 0;
            canvas_text(canvas, rect.x + x, rect.y + row, rect.w - x, style, "..");
        }
    }
    return row;
}

struct pair {
    const char *key, *word; /* not terminated */
    int key_bytes, word_bytes, columns;
};

static size_t split_pairs(const char *text, struct pair *pairs, size_t most)
{
    size_t count = 0;
    while (*text != '\0' && count < most) {
        size_t line = strcspn(text, "\n"), key = strcspn(text, "\t\n");
        struct pair *pair = &pairs[count++];
        *pair = (struct pair){ .key = text, .key_bytes = (int)key };
        if (key < line) {
            pair->word = text + key + 1;
            pair->word_bytes = (int)(line - key - 1);
        }
        for (const char *at = text; at < text + line;)
            pair->columns +=
                utf8_width(utf8_next(&at)); /* the tab has none: a blank stands there */
        pair->columns += key < line;
        text += line + (text[line] == '\n');
    }
    return count;
}

/* Where each pair stands; those that have no room have no columns. Each goes to the first row that has
 * room for it; the last row keeps room for the pinned ones. */
enum { PAIRS_MAX = 48, PAIRS_ROWS = 4, PAIRS_GAP = 2 };
struct places {
    struct pair pairs[PAIRS_MAX];
    int x[PAIRS_MAX], y[PAIRS_MAX];
    size_t count;
};

static void place_pairs(struct places *places, struct rect rect, const char *text, int pinned)
{
    int rows = rect.h < PAIRS_ROWS ? rect.h : PAIRS_ROWS, used[PAIRS_ROWS] = { 0 }, kept = 0;
    places->count = split_pairs(text, places->pairs, PAIRS_MAX);
    size_t first_pinned = places->count > (size_t)pinned ? places->count - (size_t)pinned : 0;
    for (size_t i = first_pinned; i < places->count; i++)
        kept += places->pairs[i].columns + PAIRS_GAP;
    for (size_t i = 0; i < places->count; i++) {
        int y = i < first_pinned ? 0 : rows - 1;
        for (; i < first_pinned && y < rows; y++) {
            int room = rect.w - (y == rows - 1 && kept > 0 ? kept - PAIRS_GAP : -PAIRS_GAP);
            if (used[y] + places->pairs[i].columns + PAIRS_GAP <= room)
                break;
        }
        if (y >= rows || y < 0) {
            places->pairs[i].columns = 0;
            continue;
        }
        places->x[i] = rect.x + used[y];
        places->y[i] = rect.y + y;
        used[y] += places->pairs[i].columns + PAIRS_GAP;
    }
}

void widget_pairs(struct canvas *canvas, struct rect rect, const char *text, int pinned,
                  struct style key, struct style word)
{
    struct places places;
    place_pairs(&places, rect, text, pinned);
    for (size_t i = 0; i < places.count; i++) {
        const struct pair *pair = &places.pairs[i];
        int x = places.x[i], right = rect.x + rect.w;
        if (pair->columns == 0)
            continue;
        x += canvas_textf(canvas, x, places.y[i], right - x, key, "%.*s", pair->key_bytes,
                          pair->key);
        if (pair->word != NULL)
            canvas_textf(canvas, x, places.y[i], right - x, word, " %.*s", pair->word_bytes,
                         pair->word);
    }
}

const char *widget_pairs_at(struct rect rect, const char *text, int pinned, int x, int y)
{
    struct places places;
    place_pairs(&places, rect, text, pinned);
    for (size_t i = 0; i < places.count; i++) {
        if (places.pairs[i].columns > 0 && y == places.y[i] && x >= places.x[i] &&
            x < places.x[i] + places.pairs[i].columns && x < rect.x + rect.w)
            return places.pairs[i].key;
    }
    return NULL;
}
