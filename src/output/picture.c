/*
 * Cells as SVG. Invariant: `was` is what the elements written so far show. A cell that changed gets
 * its ground first, unless what was there shows nothing that would be left over.
 *
 * Shapes of one colour in one picture are one path, in the order of rows.
 */
#include "output/picture.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "draw/utf8.h"
#include "output/escape.h"

enum {
    W = PICTURE_CELL_W,
    H = PICTURE_CELL_H,
    BASELINE = 13, /* of text, from a cell's top */
    JOIN = 3,      /* blanks within a piece of text */
    EXACT = 4,     /* a piece from this length on is held to its columns */
    SHADES = 3,
    PARTS = 4, /* of a glyph that is shapes */
    COLOURS = ROLE_THEME_COUNT + 2,
};

/* What a cell looks like: colours are indices. */
struct seen {
    uint32_t code;
    uint8_t front, ground, attr;
};
struct picture {
    uint32_t colours[COLOURS];
    int colour_count;
    uint8_t colour_of[ROLE_THEME_COUNT];
    const struct theme *theme;
    bool own; /* the theme has no colours: ink on paper */
    struct seen *was;
    int cols, rows;
    bool pattern[COLOURS][SHADES]; /* written already */
    /* Of the picture that is being made. */
    struct buffer grounds[COLOURS], shapes[COLOURS], shades[COLOURS][SHADES], text;
};

/* ---- colours ---- */

static uint8_t colour_index(struct picture *picture, uint32_t rgb)
{
    for (int i = 0; i < picture->colour_count; i++)
        if (picture->colours[i] == rgb)
            return (uint8_t)i;
    picture->colours[picture->colour_count] = rgb;
    return (uint8_t)picture->colour_count++;
}

struct picture *picture_new(const struct theme *theme)
{
    enum { INK = 0x000000, PAPER = 0xffffff };
    struct picture *picture = mem_zero(1, sizeof *picture);
    picture->theme = theme;
    picture->own = theme->look[ROLE_BACK].rgb == UINT32_MAX;
    if (picture->own) {
        colour_index(picture, PAPER);
        colour_index(picture, INK);
    }
    for (int role = 0; role < ROLE_THEME_COUNT; role++)
        picture->colour_of[role] = picture->own ? 0 : colour_index(picture, theme->look[role].rgb);
    return picture;
}

void picture_free(struct picture *picture)
{
    for (int colour = 0; colour < COLOURS; colour++) {
        buffer_fini(&picture->grounds[colour]);
        buffer_fini(&picture->shapes[colour]);
        for (int shade = 0; shade < SHADES; shade++)
            buffer_fini(&picture->shades[colour][shade]);
    }
    buffer_fini(&picture->text);
    free(picture->was);
    free(picture);
}

static struct seen look_at(const struct picture *picture, const struct cell *cell)
{
    const struct theme_look *look = picture->theme->look;
    unsigned attr = cell->attr;
    struct seen seen = { .code = cell->code,
                         .front = picture->colour_of[cell->fg],
                         .ground = picture->colour_of[cell->bg] };
    if (picture->own) {
        attr |= look[cell->fg].attr | look[cell->bg].attr;
        seen.front = 1;
        seen.ground = 0;
    }
    if (attr & ATTR_REVERSE) {
        uint8_t front = seen.front;
        seen.front = seen.ground;
        seen.ground = front;
    }
    seen.attr = (uint8_t)(attr & ~(unsigned)ATTR_REVERSE);
    if (seen.code == ' ' && !(attr & ATTR_UNDERLINE)) { /* its front is not seen */
        seen.front = seen.ground;
        seen.attr = 0;
    }
    return seen;
}

static bool same(const struct seen *a, const struct seen *b)
{
    return a->code == b->code && a->front == b->front && a->ground == b->ground &&
           a->attr == b->attr;
}

static bool is_blank(const struct seen *seen)
{
    return (seen->code == ' ' || seen->code == 0) && !(seen->attr & ATTR_UNDERLINE);
}

/* ---- shapes ---- */

static void put_box(struct buffer *into, int x, int y, int w, int h)
{
    buffer_printf(into, "M%d %dh%dv%dh-%dz", x, y, w, h, w);
}

/* The parts of a cell that a glyph fills, in units; how many, 0: it is no block. */
static int blocks_of(uint32_t code, struct rect parts[PARTS])
{
    parts[0] = (struct rect){ 0, 0, W, H };
    if (code >= 0x2581 && code <= 0x2588) { /* eighths from the foot */
        int high = (H * (int)(code - 0x2580) + 4) / 8;
        parts[0].y = H - high;
        parts[0].h = high;
        return 1;
    }
    switch (code) {
    case 0x258c: /* left half */
        parts[0].w = W / 2;
        return 1;
    case 0x2500: /* horizontal line */
        parts[0].y = H / 2;
        parts[0].h = 1;
        return 1;
    case 0x2502: /* vertical line */
        parts[0].x = W / 2;
        parts[0].w = 1;
        return 1;
    case 0x256c: /* two lines crossing two; as text it is higher than its cell */
        parts[0] = (struct rect){ 0, H / 2 - 1, W, 1 };
        parts[1] = (struct rect){ 0, H / 2 + 1, W, 1 };
        parts[2] = (struct rect){ W / 2 - 1, 0, 1, H };
        parts[3] = (struct rect){ W / 2 + 1, 0, 1, H };
        return 4;
    default:
        return 0;
    }
}

static int shade_of(uint32_t code)
{
    return code >= 0x2591 && code <= 0x2593 ? (int)(code - 0x2591) : -1;
}

static bool is_text(const struct seen *seen)
{
    struct rect parts[PARTS];
    return !is_blank(seen) && blocks_of(seen->code, parts) == 0 && shade_of(seen->code) < 0;
}

/* ---- a row that changed ---- */

struct row {
    const struct seen *now, *was;
    const bool *changed;
    int y, cols;
};

static bool needs_ground(const struct seen *now, const struct seen *was)
{
    return now->code != 0x2588 && !(is_blank(was) && was->ground == now->ground);
}

static void put_grounds(struct picture *picture, const struct row *row)
{
    for (int x = 0; x < row->cols;) {
        int end = x;
        while (end < row->cols && row->changed[end] && row->now[end].ground == row->now[x].ground &&
               needs_ground(&row->now[end], &row->was[end]))
            end++;
        if (end > x)
            put_box(&picture->grounds[row->now[x].ground], x * W, row->y * H, (end - x) * W, H);
        x = end > x ? end : x + 1;
    }
}

/* Blocks, shades and lines; neighbours that are alike and reach from edge to edge are one. */
static void put_shapes(struct picture *picture, const struct row *row)
{
    for (int x = 0; x < row->cols;) {
        const struct seen *seen = &row->now[x];
        struct rect parts[PARTS];
        int count = blocks_of(seen->code, parts), shade = shade_of(seen->code), end = x + 1;
        if (!row->changed[x] || (count == 0 && shade < 0)) {
            x++;
            continue;
        }
        if (shade >= 0)
            count = 1; /* parts[0] is the whole cell */
        while (parts[0].w == W && count == 1 && end < row->cols && row->changed[end] &&
               same(&row->now[end], seen))
            end++;
        struct buffer *into =
            shade < 0 ? &picture->shapes[seen->front] : &picture->shades[seen->front][shade];
        for (int i = 0; i < count; i++)
            put_box(into, x * W + parts[i].x, row->y * H + parts[i].y,
                    (end - x - 1) * W + parts[i].w, parts[i].h);
        x = end;
    }
}

static void put_character(struct buffer *into, uint32_t code)
{
    const char *instead = escape_xml_code(code);
    if (code == 0)
        return; /* the right half of a wide one */
    if (instead != NULL)
        buffer_text(into, instead);
    else
        buffer_grew(into, utf8_put(buffer_reserve(into, 4), code));
}

static void put_piece(struct picture *picture, const struct row *row, int x, int end)
{
    const struct seen *first = &row->now[x];
    struct buffer *text = &picture->text;
    buffer_printf(text, "<text x=\"%d\" y=\"%d\" class=\"c%d", x * W, row->y * H + BASELINE,
                  first->front);
    buffer_text(text, first->attr & ATTR_BOLD ? " b" : "");
    buffer_text(text, first->attr & ATTR_DIM ? " d" : "");
    buffer_text(text, first->attr & ATTR_UNDERLINE ? " u" : "");
    buffer_byte(text, '"');
    if (end - x >= EXACT)
        buffer_printf(text, " textLength=\"%d\"", (end - x) * W);
    buffer_byte(text, '>');
    for (; x < end; x++)
        put_character(text, row->now[x].code);
    buffer_text(text, "</text>");
}

/* Where a piece of text that begins at x ends: few blanks within it are parts of it, whether they
 * changed or not. */
static int piece_end(const struct row *row, int x)
{
    const struct seen *first = &row->now[x];
    int end = x + 1;
    for (int at = end; at < row->cols && at - end <= JOIN; at++) {
        const struct seen *seen = &row->now[at];
        if (seen->code == 0 && at == end)
            end++;
        else if (is_blank(seen))
            continue;
        else if (is_text(seen) && row->changed[at] && seen->front == first->front &&
                 seen->attr == first->attr)
            end = at + 1;
        else
            break;
    }
    return end;
}

static void put_texts(struct picture *picture, const struct row *row)
{
    for (int x = 0; x < row->cols;) {
        if (!row->changed[x] || !is_text(&row->now[x])) {
            x++;
            continue;
        }
        int end = piece_end(row, x);
        put_piece(picture, row, x, end);
        x = end;
    }
}

/* ---- a picture ---- */

static void begin_anew(struct picture *picture, int cols, int rows)
{
    size_t cells = (size_t)cols * (size_t)rows;
    picture->was = mem_resize(picture->was, cells > 0 ? cells : 1, sizeof *picture->was);
    picture->cols = cols;
    picture->rows = rows;
    const struct cell blank = { .code = ' ', .fg = ROLE_TEXT, .bg = ROLE_BACK };
    for (size_t i = 0; i < cells; i++)
        picture->was[i] = look_at(picture, &blank);
}

static bool collect(struct picture *picture, const struct canvas *canvas)
{
    size_t width = (size_t)(canvas->cols > 0 ? canvas->cols : 1);
    struct seen *now = mem_alloc(width * sizeof *now);
    bool *changed = mem_alloc(width * sizeof *changed), any = false;
    for (int y = 0; y < canvas->rows; y++) {
        struct seen *was = &picture->was[(size_t)y * (size_t)canvas->cols];
        struct row row = { now, was, changed, y, canvas->cols };
        bool of_row = false;
        for (int x = 0; x < canvas->cols; x++) {
            now[x] = look_at(picture, canvas_at(canvas, x, y));
            changed[x] = !same(&now[x], &was[x]);
            of_row = of_row || changed[x];
        }
        if (!of_row)
            continue;
        any = true;
        put_grounds(picture, &row);
        put_shapes(picture, &row);
        put_texts(picture, &row);
        memcpy(was, now, (size_t)canvas->cols * sizeof *now);
    }
    free(now);
    free(changed);
    return any;
}

/* The shades of a colour, as dots: a quarter, a half and three quarters of the ground. */
static void put_pattern(FILE *into, int colour, int shade)
{
    static const char *const dots[SHADES] = {
        "M0 0h1v1H0zM2 2h1v1H2z",
        "M0 0h1v1H0zM2 0h1v1H2zM1 1h1v1H1zM3 1h1v1H3zM0 2h1v1H0zM2 2h1v1H2zM1 3h1v1H1zM3 3h1v1H3z",
        "M0 0h4v1H0zM1 1h3v1H1zM0 2h4v1H0zM0 3h2v1H0zM3 3h1v1H3z",
    };
    fprintf(into,
            "<pattern id=\"p%d%c\" width=\"4\" height=\"4\" patternUnits=\"userSpaceOnUse\">"
            "<path class=\"c%d\" d=\"%s\"/></pattern>",
            colour, 'a' + shade, colour, dots[shade]);
}

static void put_patterns(struct picture *picture, FILE *into)
{
    for (int colour = 0; colour < picture->colour_count; colour++)
        for (int shade = 0; shade < SHADES; shade++) {
            if (picture->shades[colour][shade].size == 0 || picture->pattern[colour][shade])
                continue;
            picture->pattern[colour][shade] = true;
            put_pattern(into, colour, shade);
        }
}

static void put_paths(const struct picture *picture, struct buffer *paths, FILE *into)
{
    for (int colour = 0; colour < picture->colour_count; colour++) {
        if (paths[colour].size > 0)
            fprintf(into, "<path class=\"c%d\" d=\"%s\"/>", colour, buffer_string(&paths[colour]));
        buffer_clear(&paths[colour]);
    }
}

bool picture_cells(struct picture *picture, const struct canvas *canvas, FILE *into,
                   const char *attributes)
{
    if (picture->was == NULL || picture->cols != canvas->cols || picture->rows != canvas->rows)
        begin_anew(picture, canvas->cols, canvas->rows);
    if (!collect(picture, canvas))
        return false;
    put_patterns(picture, into);
    fprintf(into, "<g%s%s>", attributes[0] != '\0' ? " " : "", attributes);
    put_paths(picture, picture->grounds, into);
    put_paths(picture, picture->shapes, into);
    for (int colour = 0; colour < picture->colour_count; colour++)
        for (int shade = 0; shade < SHADES; shade++) {
            struct buffer *shades = &picture->shades[colour][shade];
            if (shades->size > 0)
                fprintf(into, "<path fill=\"url(#p%d%c)\" d=\"%s\"/>", colour, 'a' + shade,
                        buffer_string(shades));
            buffer_clear(shades);
        }
    fputs(buffer_string(&picture->text), into);
    buffer_clear(&picture->text);
    fputs("</g>\n", into);
    return true;
}

void picture_head(const struct picture *picture, FILE *into, int cols, int rows, const char *title,
                  const char *more)
{
    int w = cols * W, h = rows * H;
    fprintf(into,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"%d %d %d %d\" width=\"%d\" "
            "height=\"%d\" role=\"img\" xml:space=\"preserve\"><title>",
            -PICTURE_EDGE, -PICTURE_EDGE, w + 2 * PICTURE_EDGE, h + 2 * PICTURE_EDGE,
            w + 2 * PICTURE_EDGE, h + 2 * PICTURE_EDGE);
    escape_xml(into, title);
    fputs(
        "</title><style>text{white-space:pre;font:13.3px 'DejaVu Sans Mono',Menlo,Consolas,'Liberation Mono',"
        "monospace}path{shape-rendering:crispEdges}"
        ".b{font-weight:bold}.d{opacity:.6}.u{text-decoration:underline}",
        into);
    for (int i = 0; i < picture->colour_count; i++)
        fprintf(into, ".c%d{fill:#%06x}", i, picture->colours[i]);
    fprintf(into, "%s</style>\n", more);
    fprintf(into, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"6\" class=\"c%d\"/>\n",
            -PICTURE_EDGE, -PICTURE_EDGE, w + 2 * PICTURE_EDGE, h + 2 * PICTURE_EDGE,
            picture->colour_of[ROLE_BACK]);
}

void picture_tail(FILE *into)
{
    fputs("</svg>\n", into);
}
