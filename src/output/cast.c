/*
 * Asciicast, versions 2 and 3: a header line, then a line per event, `[time, code, data]`. In version
 * 2 the time is that since the start, in version 3 that since the event before. Version 3 has three
 * decimals; times are rounded on the film's own axis and differences are taken of those, so that no
 * rounding adds up.
 *
 * Invariant: an event is a whole frame, so no character is split over two of them.
 */
#include "output/cast.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "draw/paint.h"
#include "output/escape.h"

enum { PALETTE = 16, US_PER_MS = 1000, US_PER_S = 1000000 };

struct cast {
    FILE *into;
    int version;
    int cols, rows;
    bool began; /* a frame was written: the cursor is hidden */
    struct paint *paint;
    struct buffer bytes;
    uint64_t at_us; /* of the last event; version 3: a whole ms */
};

/* ---- header ---- */

static uint32_t brightness(uint32_t rgb)
{
    return (rgb >> 16 & 255) * 3 + (rgb >> 8 & 255) * 6 + (rgb & 255);
}

/* The 16 colours of a terminal in the theme's own: of each number the first role that has it; what no
 * role has is like its bright or dark twin, else the ground or the text. */
static void palette_of(const struct theme *theme, uint32_t palette[PALETTE])
{
    enum { BRIGHT = 8 };
    uint32_t back = theme->look[ROLE_BACK].rgb, text = theme->look[ROLE_TEXT].rgb;
    bool dark = brightness(back) < brightness(text), set[PALETTE] = { false };
    for (int role = ROLE_THEME_COUNT - 1; role >= 0; role--) {
        int number = theme->look[role].c16;
        if (number < 0 || number >= PALETTE)
            continue;
        palette[number] = theme->look[role].rgb;
        set[number] = true;
    }
    for (int i = 0; i < PALETTE; i++) {
        if (!set[i])
            palette[i] = set[i ^ BRIGHT]             ? palette[i ^ BRIGHT]
                         : (i % BRIGHT == 0) == dark ? back
                                                     : text;
    }
}

static void put_theme(FILE *into, const struct theme *theme)
{
    uint32_t palette[PALETTE];
    palette_of(theme, palette);
    fprintf(into, "\"theme\":{\"fg\":\"#%06x\",\"bg\":\"#%06x\",\"palette\":\"",
            theme->look[ROLE_TEXT].rgb, theme->look[ROLE_BACK].rgb);
    for (int i = 0; i < PALETTE; i++)
        fprintf(into, "%s#%06x", i > 0 ? ":" : "", palette[i]);
    fputs("\"}", into);
}

static void put_header(FILE *into, const struct cast_options *options, const struct theme *theme)
{
    bool own = theme->look[ROLE_BACK].rgb == UINT32_MAX; /* the player's own colours */
    if (options->version == 2)
        fprintf(into, "{\"version\":2,\"width\":%d,\"height\":%d", options->cols, options->rows);
    else
        fprintf(into,
                "{\"version\":3,\"term\":{\"cols\":%d,\"rows\":%d,\"type\":\"xterm-256color\"",
                options->cols, options->rows);
    if (!own) {
        fputc(',', into);
        put_theme(into, theme);
    }
    if (options->version == 3)
        fputc('}', into);
    if (options->title != NULL) {
        fputs(",\"title\":", into);
        escape_json(into, options->title, strlen(options->title));
    }
    if (options->version == 2)
        fputs(",\"env\":{\"TERM\":\"xterm-256color\"}", into);
    fputs("}\n", into);
}

struct cast *cast_open(FILE *into, const struct cast_options *options)
{
    struct cast *cast = mem_zero(1, sizeof *cast);
    const struct theme *theme = options->theme != NULL ? options->theme : themes[0];
    cast->into = into;
    cast->version = options->version;
    cast->cols = options->cols;
    cast->rows = options->rows;
    cast->paint = paint_new(&paint_ansi);
    paint_set_theme(cast->paint, theme);
    buffer_init(&cast->bytes);
    put_header(into, options, theme);
    return cast;
}

/* ---- events ---- */

static void put_event(struct cast *cast, uint64_t ns, char code, const char *data, size_t size)
{
    uint64_t us = cast->version == 2 ? ns / NS_PER_US
                                     : (ns / NS_PER_US + US_PER_MS / 2) / US_PER_MS * US_PER_MS;
    if (us < cast->at_us)
        us = cast->at_us;
    uint64_t told = cast->version == 2 ? us : us - cast->at_us;
    cast->at_us = us;
    fprintf(cast->into, "[%llu.", (unsigned long long)(told / US_PER_S));
    if (cast->version == 2)
        fprintf(cast->into, "%06llu", (unsigned long long)(told % US_PER_S));
    else
        fprintf(cast->into, "%03llu", (unsigned long long)(told % US_PER_S / US_PER_MS));
    fprintf(cast->into, ",\"%c\",", code);
    escape_json(cast->into, data, size);
    fputs("]\n", cast->into);
}

void cast_frame(struct cast *cast, const struct canvas *canvas, uint64_t ns)
{
    buffer_clear(&cast->bytes);
    if (canvas->cols != cast->cols || canvas->rows != cast->rows) {
        char size[32];
        cast->cols = canvas->cols;
        cast->rows = canvas->rows;
        snprintf(size, sizeof size, "%dx%d", cast->cols, cast->rows);
        put_event(cast, ns, 'r', size, strlen(size));
    }
    if (!cast->began)
        buffer_text(&cast->bytes, "\x1b[?25l");
    cast->began = true;
    paint_frame(cast->paint, canvas, &cast->bytes);
    if (cast->bytes.size > 0)
        put_event(cast, ns, 'o', cast->bytes.data, cast->bytes.size);
}

void cast_marker(struct cast *cast, const char *label, uint64_t ns)
{
    put_event(cast, ns, 'm', label, strlen(label));
}

void cast_set_theme(struct cast *cast, const struct theme *theme)
{
    paint_set_theme(cast->paint, theme);
}

bool cast_close(struct cast *cast, uint64_t ns, struct error *error)
{
    static const char cursor[] = "\x1b[0m\x1b[?25h";
    put_event(cast, ns, 'o', cursor, sizeof cursor - 1);
    if (cast->version == 3)
        put_event(cast, ns, 'x', "0", 1);
    bool well = ferror(cast->into) == 0 || error_set(error, "the cast could not be written whole");
    paint_free(cast->paint);
    buffer_fini(&cast->bytes);
    free(cast);
    return well;
}
