/*
 * The picker: the scenarios at the left; at the right what the chosen one asks and teaches, its
 * parameters, the models it will race. Three panes; the one that has the keys shows a bright cursor.
 * A list that is longer than its place says so at its end.
 */
#include "draw/layout.h"
#include "draw/widget.h"
#include "view/parts.h"

#include <stdio.h>
#include <string.h>

struct pane {
    const struct look *look;
    struct canvas *canvas;
};

/* The first row to show of `count` so that `at` is seen in `height` rows. */
static size_t list_top(size_t at, size_t count, int height)
{
    size_t room = height > 0 ? (size_t)height : 1;
    if (count <= room || at < room / 2)
        return 0;
    return at - room / 2 > count - room ? count - room : at - room / 2;
}

static struct style row_style(const struct pane *pane, int which, bool selected, unsigned role)
{
    bool here = pane->look->pane == which && selected;
    return style_on(here ? ROLE_STRONG : role, here ? ROLE_CURSOR : ROLE_BACK,
                    here ? ATTR_BOLD : 0);
}

/* Heading of a pane; the one with the keys is bright. */
static void heading(const struct pane *pane, struct rect row, int which, const char *text,
                    size_t above, size_t below)
{
    bool here = pane->look->pane == which;
    int x = canvas_text(pane->canvas, row.x, row.y, row.w,
                        here ? style_bold(ROLE_GOOD) : style_role(ROLE_QUIET), text);
    if (above > 0 || below > 0)
        canvas_textf(pane->canvas, row.x + x + 2, row.y, row.w - x - 2, style_role(ROLE_QUIET),
                     "%zu above, %zu below", above, below);
}

static size_t below(size_t count, size_t top, int height)
{
    return count > top + (size_t)height ? count - top - (size_t)height : 0;
}

static void draw_list(const struct pane *pane, struct rect rect)
{
    const struct look *look = pane->look;
    struct rect head = rect_top(&rect, 1);
    size_t top = list_top(look->scenario, look->scenario_count, rect.h);
    int right = rect.w >= 60 ? 24 : 8;
    heading(pane, head, PICKER_LIST, "SCENARIOS", top, below(look->scenario_count, top, rect.h));
    for (size_t i = top; i < look->scenario_count && rect.h > 0; i++) {
        const struct picker_row *row = &look->scenarios[i];
        struct rect line = rect_top(&rect, 1);
        bool selected = i == look->scenario;
        struct style name = row_style(pane, PICKER_LIST, selected, ROLE_TEXT);
        struct style quiet = row_style(pane, PICKER_LIST, selected, ROLE_QUIET);
        if (selected)
            name.attr = ATTR_BOLD;
        canvas_fill(pane->canvas, line, ' ', name);
        if (selected)
            canvas_put(pane->canvas, line.x, line.y, look->glyphs->pointer, name);
        int x = canvas_text(pane->canvas, line.x + 2, line.y, line.w - right, name, row->name) + 2;
        canvas_text_right(pane->canvas, line.x + line.w - 6, line.y, 5, quiet, row->bottleneck);
        if (right > 8 && line.w - x - 10 > 10)
            widget_wrap(pane->canvas, (struct rect){ line.x + 14, line.y, line.w - 14 - 8, 1 },
                        quiet, row->question);
    }
}

static void draw_knobs(const struct pane *pane, struct rect rect)
{
    const struct look *look = pane->look;
    struct rect head = rect_top(&rect, 1);
    size_t top = list_top(look->knob, look->knob_count, rect.h);
    heading(pane, head, PICKER_KNOBS, "PARAMETERS", top, below(look->knob_count, top, rect.h));
    for (size_t i = top; i < look->knob_count && rect.h > 0; i++) {
        const struct knob_row *row = &look->knobs[i];
        struct rect line = rect_top(&rect, 1);
        bool selected = i == look->knob;
        struct style plain = row_style(pane, PICKER_KNOBS, selected, ROLE_TEXT);
        struct style quiet = row_style(pane, PICKER_KNOBS, selected, ROLE_QUIET);
        struct style value = row_style(pane, PICKER_KNOBS, selected, ROLE_STRONG);
        value.attr |= ATTR_BOLD;
        canvas_fill(pane->canvas, line, ' ', plain);
        canvas_text(pane->canvas, line.x, line.y, 16, plain, row->name);
        if (look->editing != NULL && selected && look->pane == PICKER_KNOBS) {
            value.attr |= ATTR_UNDERLINE;
            int used =
                canvas_text(pane->canvas, line.x + 16, line.y, line.w - 17, value, look->editing);
            value.attr = ATTR_REVERSE;
            canvas_put(pane->canvas, line.x + 16 + used, line.y, ' ', value);
            continue;
        }
        int used = canvas_text(pane->canvas, line.x + 16, line.y, 10, value, row->value);
        canvas_text(pane->canvas, line.x + (used < 8 ? 25 : 18 + used), line.y, line.w - 25, quiet,
                    row->help);
    }
}

static void draw_models(const struct pane *pane, struct rect rect)
{
    const struct look *look = pane->look;
    struct rect head = rect_top(&rect, 1);
    size_t top = list_top(look->model, look->model_count, rect.h);
    heading(pane, head, PICKER_MODELS, "MODELS", top, below(look->model_count, top, rect.h));
    for (size_t i = top; i < look->model_count && rect.h > 0; i++) {
        const struct model_row *row = &look->models[i];
        struct rect line = rect_top(&rect, 1);
        bool selected = i == look->model;
        struct style plain =
            row_style(pane, PICKER_MODELS, selected, row->refusal != NULL ? ROLE_QUIET : ROLE_TEXT);
        struct style quiet = row_style(pane, PICKER_MODELS, selected, ROLE_QUIET);
        canvas_fill(pane->canvas, line, ' ', plain);
        const char *box = row->refusal != NULL ? " - " : row->chosen ? "[x]" : "[ ]";
        canvas_text(pane->canvas, line.x, line.y, 3, plain, box);
        if (row->chosen && row->refusal == NULL)
            plain.attr |= ATTR_BOLD;
        canvas_text(pane->canvas, line.x + 4, line.y, line.w - 4, plain, row->name);
        canvas_text(pane->canvas, line.x + 18, line.y, line.w - 18, quiet,
                    row->refusal != NULL ? row->refusal : row->help);
    }
}

/* Where everything is. */
struct picker_layout {
    struct rect top, bottom, line, story;
    struct rect pane[3]; /* by enum picker_pane, heading included */
};

static int story_rows(const struct look *look, struct rect rect)
{
    if (look->scenario >= look->scenario_count)
        return 0;
    const struct picker_row *row = &look->scenarios[look->scenario];
    int rows = widget_wrap_rows(rect.w, row->title) + widget_wrap_rows(rect.w, row->question) +
               widget_wrap_rows(rect.w, row->teaches);
    return rows < rect.h ? rows : rect.h;
}

static void picker_layout(const struct look *look, int cols, int rows, struct picker_layout *layout)
{
    struct rect rest = { 0, 0, cols, rows };
    layout->top = rect_top(&rest, 1);
    layout->bottom = rect_bottom(&rest, 1);
    rest = rect_inset(rest, 1, rest.h >= 30 ? 1 : 0);
    layout->pane[PICKER_LIST] = rect_left(&rest, rest.w >= 150 ? rest.w * 2 / 5 : 23);
    layout->line = rect_left(&rest, 2);
    layout->line.w = 1;
    /* The models' pane is always whole where that leaves the others something. */
    int models = (int)look->model_count + 1, knobs = (int)look->knob_count + 1;
    int air = rest.h >= 30 ? 1 : 0, least = 6;
    if (models > rest.h / 2)
        models = rest.h / 2;
    int story = rest.h - models - (knobs < least ? knobs : least) - 2 * air;
    layout->story = (struct rect){ rest.x, rest.y, rest.w, story };
    layout->story.h = story_rows(look, layout->story);
    rect_top(&rest, layout->story.h + air);
    int room = rest.h - models - air;
    layout->pane[PICKER_KNOBS] = rect_top(&rest, knobs < room ? knobs : room);
    rect_top(&rest, air);
    layout->pane[PICKER_MODELS] = rest;
}

struct picker_spot picker_hit(const struct look *look, int cols, int rows, int x, int y)
{
    struct picker_layout layout;
    const size_t counts[] = { look->scenario_count, look->knob_count, look->model_count };
    const size_t at[] = { look->scenario, look->knob, look->model };
    struct picker_spot spot = { .pane = -1, .row = SIZE_MAX };
    if (cols < VIEW_MIN_COLS || rows < VIEW_MIN_ROWS || look->scenario_count == 0)
        return spot;
    picker_layout(look, cols, view_rows(look, rows), &layout);
    for (int i = 0; i < 3; i++) {
        struct rect pane = layout.pane[i];
        if (x < pane.x || x >= pane.x + pane.w || y < pane.y || y >= pane.y + pane.h)
            continue;
        size_t top = list_top(at[i], counts[i], pane.h - 1);
        size_t row = top + (size_t)(y - pane.y - 1);
        spot.pane = i;
        if (y > pane.y && row < counts[i])
            spot.row = row;
    }
    return spot;
}

/* What it asks and teaches. */
static void draw_story(const struct pane *pane, struct rect rest)
{
    const struct look *look = pane->look;
    if (look->scenario >= look->scenario_count)
        return;
    const struct picker_row *row = &look->scenarios[look->scenario];
    rect_top(&rest, widget_wrap(pane->canvas, rest, style_bold(ROLE_STRONG), row->title));
    rect_top(&rest, widget_wrap(pane->canvas, rest, style_bold(ROLE_WARN), row->question));
    widget_wrap(pane->canvas, rest, style_role(ROLE_TEXT), row->teaches);
}

static void picker_draw(const struct timeline *timeline, const struct look *look,
                        struct canvas *canvas)
{
    const struct pane pane = { .look = look, .canvas = canvas };
    struct picker_layout layout;
    (void)timeline;
    picker_layout(look, canvas->cols, canvas->rows, &layout);
    part_top(canvas, layout.top, "the same work under each model of concurrency, side by side");
    part_bottom(canvas, layout.bottom, look);
    canvas_fill(canvas, layout.line, look->glyphs->line_v, style_role(ROLE_QUIET));
    draw_list(&pane, layout.pane[PICKER_LIST]);
    if (look->scenario_count == 0) {
        widget_wrap(canvas, layout.pane[PICKER_KNOBS], style_role(ROLE_BAD),
                    "No scenario was found.");
        return;
    }
    draw_story(&pane, layout.story);
    draw_knobs(&pane, layout.pane[PICKER_KNOBS]);
    draw_models(&pane, layout.pane[PICKER_MODELS]);
}

const struct view view_picker = { .name = "picker", .draw = picker_draw };
