/*
 * The table of views, and what is common to all: the least size, and a look to begin with.
 */
#include "view/view.h"

#include <string.h>

const struct view *const views[] = { &view_race,  &view_detail, &view_picker, &view_question,
                                     &view_score, &view_help,   &view_small,  NULL };

const struct view *view_find(const char *name)
{
    for (size_t i = 0; views[i] != NULL; i++) {
        if (strcmp(views[i]->name, name) == 0)
            return views[i];
    }
    return NULL;
}

void look_init(struct look *look)
{
    *look = (struct look){
        .live = true,
        .speed = 1,
        .window_ns = 2000000000,
        .theme = themes[0],
        .glyphs = &glyphs_unicode,
        .answered = -1,
    };
}

void view_draw(const struct view *view, const struct timeline *timeline, const struct look *look,
               struct canvas *canvas)
{
    canvas_reset(canvas, canvas->cols, canvas->rows);
    if (canvas->cols < VIEW_MIN_COLS || canvas->rows < VIEW_MIN_ROWS)
        view = &view_small;
    view->draw(timeline, look, canvas);
}
