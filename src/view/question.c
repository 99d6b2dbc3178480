/*
 * The question before the start. Whoever has said what will happen watches whether it does; so it
 * stands alone on the screen, large with air, and waits for one key.
 */
#include "draw/layout.h"
#include "draw/widget.h"
#include "view/parts.h"

#include <stdio.h>
#include <string.h>

/* Room for the longest answer, so that all of them stand in the middle under each other. */
static int widest_answer(const struct look *look)
{
    int widest = 0;
    for (int i = 0; look->answers[i] != NULL; i++) {
        int width = (int)strlen(look->answers[i]) + 8;
        widest = width > widest ? width : widest;
    }
    return widest;
}

/* Where everything is; the answers `spaced` rows apart from `answers` down. */
struct question_layout {
    struct rect top, bottom, before, question, answers, foot;
    int count, spaced, box;
};

static void question_layout(const struct look *look, int cols, int rows,
                            struct question_layout *layout)
{
    struct rect rest = { 0, 0, cols, rows };
    const char *question = look->question != NULL ? look->question : "";
    *layout =
        (struct question_layout){ .top = rect_top(&rest, 1), .bottom = rect_bottom(&rest, 1) };
    int width = rest.w - 8 < 76 ? rest.w - 8 : 76;
    rest = rect_inset(rest, (rest.w - width) / 2, 0);
    while (look->answers[layout->count] != NULL)
        layout->count++;
    int asked = widget_wrap_rows(rest.w, question);
    layout->spaced = layout->count * 2 + asked + 7 <= rest.h ? 2 : 1;
    rect_top(&rest, (rest.h - (asked + 3 + layout->count * layout->spaced + 2)) / 2);
    layout->before = rect_top(&rest, 2);
    layout->question = rect_top(&rest, asked + 1);
    layout->answers = rect_top(&rest, layout->count * layout->spaced);
    layout->box = widest_answer(look) < rest.w - 2 ? widest_answer(look) : rest.w - 2;
    rect_top(&rest, 1);
    layout->foot = rest;
}

int question_hit(const struct look *look, int cols, int rows, int x, int y)
{
    struct question_layout layout;
    if (cols < VIEW_MIN_COLS || rows < VIEW_MIN_ROWS)
        return -1;
    question_layout(look, cols, view_rows(look, rows), &layout);
    struct rect answers = layout.answers;
    if (x < answers.x || x >= answers.x + 2 + layout.box || y < answers.y ||
        y >= answers.y + answers.h || (y - answers.y) % layout.spaced != 0)
        return -1;
    return (y - answers.y) / layout.spaced;
}

static void question_draw(const struct timeline *timeline, const struct look *look,
                          struct canvas *canvas)
{
    struct question_layout layout;
    const struct picker_row *scenario =
        look->scenario < look->scenario_count ? &look->scenarios[look->scenario] : NULL;
    (void)timeline;
    question_layout(look, canvas->cols, canvas->rows, &layout);
    part_top(canvas, layout.top, scenario != NULL ? scenario->name : "");
    part_bottom(canvas, layout.bottom, look);
    canvas_text(canvas, layout.before.x, layout.before.y, layout.before.w, style_role(ROLE_QUIET),
                "Before it starts: what do you expect?");
    widget_wrap(canvas, layout.question, style_bold(ROLE_STRONG),
                look->question != NULL ? look->question : "");
    for (int i = 0; i < layout.count; i++) {
        bool chosen = i == look->answered;
        unsigned back = chosen ? ROLE_CURSOR : ROLE_BACK;
        struct rect line = { layout.answers.x + 2, layout.answers.y + i * layout.spaced, layout.box,
                             1 };
        if (line.y >= layout.answers.y + layout.answers.h)
            break;
        canvas_fill(canvas, line, ' ', style_on(ROLE_TEXT, back, 0));
        canvas_textf(canvas, line.x, line.y, 4, style_on(ROLE_GOOD, ROLE_BACK, ATTR_BOLD), " %d ",
                     i + 1);
        canvas_text(canvas, line.x + 4, line.y, line.w - 4,
                    style_on(chosen ? ROLE_STRONG : ROLE_TEXT, back, chosen ? ATTR_BOLD : 0),
                    look->answers[i]);
    }
    canvas_text(canvas, layout.foot.x, layout.foot.y, layout.foot.h > 0 ? layout.foot.w : 0,
                style_role(ROLE_QUIET), "Press a number, or Space to start without an answer.");
}

const struct view view_question = { .name = "question", .draw = question_draw };
