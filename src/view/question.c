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

static void question_draw(const struct timeline *timeline, const struct look *look,
                          struct canvas *canvas)
{
    struct rect rest = { 0, 0, canvas->cols, canvas->rows };
    struct rect top = rect_top(&rest, 1), bottom = rect_bottom(&rest, 1);
    const struct picker_row *scenario =
        look->scenario < look->scenario_count ? &look->scenarios[look->scenario] : NULL;
    (void)timeline;
    part_top(canvas, top, scenario != NULL ? scenario->name : "");
    part_bottom(canvas, bottom, look);
    int width = rest.w - 8 < 76 ? rest.w - 8 : 76;
    rest = rect_inset(rest, (rest.w - width) / 2, 0);
    int answers = 0;
    while (look->answers[answers] != NULL)
        answers++;
    const char *question = look->question != NULL ? look->question : "";
    int asked = widget_wrap_rows(rest.w, question);
    int spaced = answers * 2 + asked + 7 <= rest.h ? 2 : 1;
    int used = asked + 3 + answers * spaced + 2;
    rect_top(&rest, (rest.h - used) / 2);
    canvas_text(canvas, rest.x, rest.y, rest.w, style_role(ROLE_QUIET),
                "Before it starts: what do you expect?");
    rect_top(&rest, 2);
    widget_wrap(canvas, rest, style_bold(ROLE_STRONG), question);
    rect_top(&rest, asked + 1);
    int box = widest_answer(look) < rest.w ? widest_answer(look) : rest.w;
    for (int i = 0; i < answers; i++) {
        struct rect row = rect_top(&rest, spaced);
        bool chosen = i == look->answered;
        unsigned back = chosen ? ROLE_CURSOR : ROLE_BACK;
        struct rect line = { row.x + 2, row.y, box < row.w - 2 ? box : row.w - 2, 1 };
        canvas_fill(canvas, line, ' ', style_on(ROLE_TEXT, back, 0));
        canvas_textf(canvas, line.x, line.y, 4, style_on(ROLE_GOOD, ROLE_BACK, ATTR_BOLD), " %d ",
                     i + 1);
        canvas_text(canvas, line.x + 4, line.y, line.w - 4,
                    style_on(chosen ? ROLE_STRONG : ROLE_TEXT, back, chosen ? ATTR_BOLD : 0),
                    look->answers[i]);
    }
    rect_top(&rest, 1);
    canvas_text(canvas, rest.x, rest.y, rest.h > 0 ? rest.w : 0, style_role(ROLE_QUIET),
                "Press a number, or Space to start without an answer.");
}

const struct view view_question = { .name = "question", .draw = question_draw };
