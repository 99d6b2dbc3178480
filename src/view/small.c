/*
 * What is shown where there is no room for anything: the size that is needed. The race goes on.
 */
#include "view/view.h"

#include <stdio.h>
#include <string.h>

static void small_draw(const struct timeline *timeline, const struct look *look,
                       struct canvas *canvas)
{
    char text[2][64];
    (void)timeline;
    (void)look;
    snprintf(text[0], sizeof text[0], "needs %dx%d", VIEW_MIN_COLS, VIEW_MIN_ROWS);
    snprintf(text[1], sizeof text[1], "has %dx%d", canvas->cols, canvas->rows);
    for (int i = 0; i < 2; i++) {
        int left = (canvas->cols - (int)strlen(text[i])) / 2;
        canvas_text(canvas, left > 0 ? left : 0, canvas->rows / 2 + i, canvas->cols,
                    i == 0 ? style_bold(ROLE_STRONG) : style_role(ROLE_TEXT), text[i]);
    }
}

const struct view view_small = { .name = "small", .draw = small_draw };
