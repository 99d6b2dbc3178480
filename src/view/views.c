/*
 * The table of views, and what is common to all: the least size, the caption's place, and a look to
 * begin with.
 */
#include "view/view.h"

#include "view/parts.h"

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

uint64_t view_run_length(const struct timeline *timeline, const struct look *look, size_t run)
{
    struct run_brief brief;
    timeline_run(timeline, run, &brief);
    if (!look->reading.on || brief.over || run >= LOOK_MODELS_MAX)
        return brief.length_ns;
    uint64_t length_ns = look->reading.length_ns[run];
    return length_ns > brief.length_ns ? length_ns : brief.length_ns;
}

uint64_t view_length(const struct timeline *timeline, const struct look *look)
{
    uint64_t longest = 0;
    for (size_t run = 0; run < timeline_runs(timeline); run++) {
        uint64_t length_ns = view_run_length(timeline, look, run);
        longest = length_ns > longest ? length_ns : longest;
    }
    return longest;
}

enum { CAPTION_ROWS = 2 };

int view_rows(const struct look *look, int rows)
{
    bool room = look->caption != NULL && rows - CAPTION_ROWS >= VIEW_MIN_ROWS;
    return room ? rows - CAPTION_ROWS : rows;
}

/* The view has drawn its bottom line right above the caption's place: it goes below. */
static void add_caption(const struct look *look, struct canvas *canvas, int rows)
{
    struct rect place = { 0, rows - 1, canvas->cols, canvas->rows - rows };
    for (int x = 0; x < canvas->cols; x++)
        *canvas_at(canvas, x, canvas->rows - 1) = *canvas_at(canvas, x, rows - 1);
    part_caption(canvas, place, look);
}

void view_draw(const struct view *view, const struct timeline *timeline, const struct look *look,
               struct canvas *canvas)
{
    canvas_reset(canvas, canvas->cols, canvas->rows);
    if (canvas->cols < VIEW_MIN_COLS || canvas->rows < VIEW_MIN_ROWS)
        view = &view_small;
    const int rows = canvas->rows;
    canvas->rows =
        view_rows(look, rows); /* its cells are row by row: the view sees the first ones */
    view->draw(timeline, look, canvas);
    if (canvas->rows < rows) {
        int drawn = canvas->rows;
        canvas->rows = rows;
        add_caption(look, canvas, drawn);
    }
}
