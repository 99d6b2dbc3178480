/*
 * draw-trace: draws a view on stdout, in true colour, to look at what nobody has run.
 *
 *   draw-trace VIEW COLSxROWS MOMENT_MS [TOY [THEME [ascii] [paused] [N: selected column]]]
 *
 * VIEW is a row of views.c; TOY one of scraper, live, matrix, seven, crash, many.
 */
#include "toy.h"

#include "draw/utf8.h"
#include "view/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the canvas in escape sequences ---- */

static void print_colour(const struct theme *theme, uint8_t role, int base)
{
    uint32_t rgb = theme->look[role].rgb;
    if (rgb == UINT32_MAX)
        printf("\x1b[%dm", base + 9);
    else
        printf("\x1b[%d;2;%u;%u;%um", base + 8, rgb >> 16 & 255, rgb >> 8 & 255, rgb & 255);
}

static void print_canvas(const struct canvas *canvas, const struct theme *theme)
{
    for (int y = 0; y < canvas->rows; y++) {
        for (int x = 0; x < canvas->cols; x++) {
            const struct cell *cell = canvas_at(canvas, x, y);
            char bytes[5] = { 0 };
            uint8_t attr = cell->attr;
            if (theme->look[ROLE_BACK].rgb == UINT32_MAX)
                attr |= (uint8_t)(theme->look[cell->fg].attr | theme->look[cell->bg].attr);
            if (cell->code == 0)
                continue;
            utf8_put(bytes, cell->code);
            printf("\x1b[0%s%s%sm", attr & ATTR_BOLD ? ";1" : "", attr & ATTR_UNDERLINE ? ";4" : "",
                   attr & ATTR_REVERSE ? ";7" : "");
            print_colour(theme, cell->fg, 30);
            print_colour(theme, cell->bg, 40);
            fputs(bytes, stdout);
        }
        printf("\x1b[0m%s", y + 1 < canvas->rows ? "\n" : "");
    }
    fflush(stdout);
}

int main(int argc, char **argv)
{
    int cols, rows;
    if (argc < 4 || view_find(argv[1]) == NULL || sscanf(argv[2], "%dx%d", &cols, &rows) != 2) {
        fputs("usage: draw-trace VIEW COLSxROWS MOMENT_MS [TOY [THEME [ascii] [paused] [N]]]\n",
              stderr);
        return 2;
    }
    struct toy toy;
    struct look look;
    struct canvas canvas;
    toy_init(&toy);
    look_init(&look);
    toy_look(&look);
    if (argc > 4 && !toy_find(&toy, argv[4])) {
        fprintf(stderr, "draw-trace: no toy is called %s\n", argv[4]);
        return 2;
    }
    if (argc > 5 && theme_find(argv[5]) != NULL)
        look.theme = theme_find(argv[5]);
    for (int i = 6; i < argc; i++) {
        if (strcmp(argv[i], "ascii") == 0)
            look.glyphs = &glyphs_ascii;
        else if (strcmp(argv[i], "paused") == 0)
            look.paused = true;
        else
            look.column = look.pane = atoi(argv[i]);
    }
    look.moment = strtoull(argv[3], NULL, 10) * 1000000;
    look.window_ns = 1000000000;
    struct timeline *timeline = timeline_new();
    toy_feed(&toy, timeline);
    canvas_init(&canvas);
    canvas_reset(&canvas, cols, rows);
    view_draw(view_find(argv[1]), timeline, &look, &canvas);
    print_canvas(&canvas, look.theme);
    canvas_fini(&canvas);
    timeline_free(timeline);
    return 0;
}
