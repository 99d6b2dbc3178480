/*
 * All keys, from the keys table, which the look carries; and the states, each with its sentence.
 * It scrolls by help_top where there is no room for all.
 */
#include "draw/layout.h"
#include "draw/widget.h"
#include "timeline/state.h"
#include "view/parts.h"

#include <stdio.h>
#include <string.h>

enum { KEY_COLUMN = 14, STATE_COLUMN = 10 };

static int lines_of(const struct look *look)
{
    int lines = 0;
    while (look->help != NULL && look->help[lines] != NULL)
        lines++;
    return lines;
}

/* A key or a state with its sentence, which may take several rows; returns how many. */
static int draw_sentence(struct canvas *canvas, struct rect rest, const char *sentence)
{
    rect_left(&rest, KEY_COLUMN + 2);
    int rows = widget_wrap(canvas, rest, style_role(ROLE_TEXT), sentence);
    return rows > 0 ? rows : 1;
}

static int draw_line(struct canvas *canvas, struct rect rest, const char *line)
{
    const char *tab = strchr(line, '\t');
    if (tab == NULL) {
        canvas_text(canvas, rest.x, rest.y, rest.w, style_bold(ROLE_STRONG), line);
        return 1;
    }
    canvas_textf(canvas, rest.x + 2, rest.y, KEY_COLUMN - 2, style_bold(ROLE_GOOD), "%.*s",
                 (int)(tab - line), line);
    return draw_sentence(canvas, rest, tab + 1);
}

/* The states are lines too, after those of the keys. */
static int draw_state(struct canvas *canvas, struct rect rest, const struct look *look, int state)
{
    struct style style = style_bold(ROLE_STATE_FIRST + (unsigned)state);
    canvas_put(canvas, rest.x + 2, rest.y, look->glyphs->state[state], style);
    canvas_text(canvas, rest.x + 4, rest.y, STATE_COLUMN, style, state_rows[state].key);
    return draw_sentence(canvas, rest, state_rows[state].explain);
}

static void help_draw(const struct timeline *timeline, const struct look *look,
                      struct canvas *canvas)
{
    struct rect rest = { 0, 0, canvas->cols, canvas->rows };
    struct rect top = rect_top(&rest, 1), bottom = rect_bottom(&rest, 1);
    struct rect more = rect_bottom(&rest, 1);
    (void)timeline;
    part_top(canvas, top, "keys and states");
    part_bottom(canvas, bottom, look);
    rest = rect_inset(rest, 2, 0);
    int keys = lines_of(look), all = keys + 2 + STATE_COUNT;
    int line = look->help_top < all - 1 ? look->help_top : all - 1;
    for (line = line > 0 ? line : 0; line < all && rest.h > 0; line++) {
        int used = 1;
        if (line < keys)
            used = draw_line(canvas, rest, look->help[line]);
        else if (line == keys + 1)
            used = draw_line(canvas, rest, "States of a lane");
        else if (line > keys + 1)
            used = draw_state(canvas, rest, look, line - keys - 2);
        rect_top(&rest, used);
    }
    if (line < all)
        canvas_text_right(canvas, more.x, more.y, more.w - 2, style_bold(ROLE_WARN), "more: down");
}

const struct view view_help = { .name = "help", .draw = help_draw };
