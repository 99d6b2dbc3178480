/*
 * The score: who won, the answer given before the start, where each model's time went to 100 %, the
 * verdict and what would turn it, what is wrong with which run, and the table of figures. Below all of
 * it the cursor's diagnosis or figure is explained.
 *
 * All of it is drawn on a canvas as tall as it needs, of which the screen shows a part: what does not
 * fit is scrolled to and never cut in silence.
 */
#include "view/score.h"

#include "base/format.h"
#include "draw/layout.h"

#include <stdio.h>
#include <string.h>

enum { SPLIT_LEAST = 64, TALL = 200, PANE = 5, NAME = 13, PLACE = 4, MEASURE = 9 };

/* ---- what there is ---- */

static void gather(struct score *score, const struct timeline *timeline, const struct look *look)
{
    memset(score, 0, sizeof *score);
    score->timeline = timeline;
    score->look = look;
    score->meta = timeline_meta(timeline);
    verdict_of(timeline, &score->verdict);
    compare_files(timeline, &score->compare);
    size_t runs = timeline_runs(timeline);
    for (size_t i = 0; i < runs; i++)
        figures_at(timeline, i, UINT64_MAX, &score->figures[i]);
    for (size_t i = 0; i < runs && i < LOOK_MODELS_MAX; i++) {
        size_t run = score->verdict.order[i];
        const struct diagnosis *diagnoses;
        if (run >= LOOK_MODELS_MAX || look->hidden[run])
            continue;
        score->order[score->shown++] = run;
        size_t count = timeline_diagnoses(timeline, run, &diagnoses);
        for (size_t k = 0; k < count; k++)
            score->diagnoses[score->diagnosis_count++] =
                (struct score_diagnosis){ run, &diagnoses[k] };
    }
    for (size_t run = 0; run < runs && run < LOOK_MODELS_MAX; run++) {
        struct run_brief brief;
        timeline_run(timeline, run, &brief);
        if (brief.gone && !look->hidden[run])
            score->went[score->columns++] = run;
    }
    size_t items = score->diagnosis_count + score_row_count(score);
    score->item = look->score_item < 0 ? 0 : (size_t)look->score_item;
    if (items > 0 && score->item >= items)
        score->item = items - 1;
}

/* ---- who won, and where the time went ---- */

/* "io 48%  native 31%  run 21%": the greatest first, as many as fit. */
static void split_words(const struct figures *figures, char *words, size_t size, int room)
{
    int parts[STATE_COUNT];
    size_t used = 0;
    words[0] = '\0';
    if (!figures_split(figures, 100, parts)) {
        snprintf(words, size, "n/a");
        return;
    }
    for (;;) {
        char word[TEXT_SIZE];
        int most = 0;
        for (int state = 1; state < STATE_COUNT; state++)
            most = parts[state] > parts[most] ? state : most;
        if (parts[most] <= 0)
            return;
        int length = snprintf(word, sizeof word, "%s%s %d%%", used > 0 ? "  " : "",
                              state_rows[most].key, parts[most]);
        if (used + (size_t)length + 1 > size || (int)used + length > room)
            return;
        memcpy(words + used, word, (size_t)length + 1);
        used += (size_t)length;
        parts[most] = 0;
    }
}

/* What decides: the wall time, of a service the p99. */
static const char *measure_text(const struct score *score, size_t run, char *text)
{
    const struct figures *figures = &score->figures[run];
    if (figures->status == RUN_LIVE && score->look->reading.on)
        snprintf(text, TEXT_SIZE, "so far");
    else if (figures->status != RUN_DONE)
        snprintf(text, TEXT_SIZE, "%s", run_status_names[figures->status]);
    else if (score->meta->kind == 1)
        text_ms(text, figures->latency_ms_p99);
    else
        text_s(text, figures->wall_s);
    return text;
}

static void draw_rank(const struct score *score, struct canvas *canvas, struct rect lines,
                      size_t place)
{
    struct rect line = { lines.x, lines.y + (lines.h - 1) / 2, lines.w, 1 };
    size_t run = score->order[place];
    const struct meta_run *meta = &score->meta->runs[run];
    const struct figures *figures = &score->figures[run];
    bool done = figures->status == RUN_DONE;
    bool best = score->verdict.known && score->verdict.best == run;
    struct style style = best   ? style_bold(ROLE_GOOD)
                         : done ? style_role(ROLE_TEXT)
                                : style_role(ROLE_QUIET);
    char text[TEXT_SIZE], words[160], name[40];
    size_t of_all = 0; /* hidden ones keep their places */
    while (score->verdict.order[of_all] != run)
        of_all++;
    canvas_text(canvas, line.x, line.y, PLACE, style,
                done ? text_place(text, (int)of_all + 1) : "-");
    canvas_text(canvas, line.x + PLACE, line.y, NAME - 1, style,
                meta_run_name(meta, name, sizeof name));
    struct rect rest = line;
    rect_left(&rest, PLACE + NAME);
    bool long_status = figures->status == RUN_UNSUPPORTED;
    canvas_text_right(canvas, rest.x, rest.y, MEASURE + (long_status ? 2 : 0),
                      figures->status == RUN_FAILED || figures->status == RUN_LIMITED
                          ? style_role(ROLE_BAD)
                          : style,
                      measure_text(score, run, text));
    rect_left(&rest, MEASURE + (long_status ? 3 : 1));
    if (best)
        canvas_put(canvas, rest.x - 2 - (int)strlen(text), rest.y, score->look->glyphs->best,
                   style);
    struct run_brief brief;
    timeline_run(score->timeline, run, &brief);
    if (!brief.gone) {
        canvas_text(canvas, rest.x, rest.y, rest.w, style_role(ROLE_QUIET), meta->reason);
        return;
    }
    struct legend_item items[STATE_COUNT];
    uint64_t parts[STATE_COUNT];
    for (int state = 0; state < STATE_COUNT; state++) {
        struct figure share = figures->state_share[state];
        parts[state] = share.known && share.value > 0 ? (uint64_t)(share.value * 1e6) : 0;
    }
    part_state_items(score->look, items);
    struct rect bar = rect_left(&rest, rest.w * 2 / 5);
    for (bar.y = lines.y; bar.y < lines.y + lines.h; bar.y++)
        widget_stack(canvas, bar, items, parts, STATE_COUNT, ROLE_TRACK);
    split_words(figures, words, sizeof words, rest.w - 1);
    canvas_text(canvas, rest.x + 1, rest.y, rest.w - 1, style_role(ROLE_TEXT), words);
}

static void draw_ranking(const struct score *score, struct canvas *canvas, struct rect *rest)
{
    struct rect head = rect_top(rest, 1);
    canvas_text_right(canvas, head.x + PLACE + NAME, head.y, MEASURE, style_role(ROLE_QUIET),
                      score->meta->kind == 1 ? "p99" : "wall time");
    canvas_text(canvas, head.x + PLACE + NAME + MEASURE + 1, head.y,
                head.w - PLACE - NAME - MEASURE - 1, style_role(ROLE_QUIET),
                "where the workers' time went, to 100 %");
    for (size_t i = 0; i < score->shown; i++) {
        draw_rank(score, canvas, rect_top(rest, score->air.bar), i);
        rect_top(rest, score->air.gap);
    }
}

/* ---- the verdict ---- */

/* Heading and text. */
static void paragraph(struct canvas *canvas, struct rect *rest, struct style style,
                      const char *head, const char *text)
{
    char whole[700];
    if (text[0] == '\0')
        return;
    snprintf(whole, sizeof whole, "%s%s", head, text);
    if (whole[0] >= 'a' && whole[0] <= 'z') /* a sentence of its own here */
        whole[0] = (char)(whole[0] - 'a' + 'A');
    rect_top(rest, widget_wrap(canvas, *rest, style, whole));
}

static void draw_comparable(const struct score *score, struct canvas *canvas, struct rect *rest)
{
    if (!score->meta->comparable)
        paragraph(canvas, rest, style_bold(ROLE_WARN),
                  "Not comparable: ", score->meta->comparable_reason);
}

/* A recording that is still being read. */
static void draw_unread(const struct score *score, struct canvas *canvas, struct rect *rest)
{
    const struct look_reading *reading = &score->look->reading;
    char text[160];
    if (!reading->on)
        return;
    snprintf(
        text, sizeof text,
        "This is not the whole: %u %% of the recording is read, and every figure here is of that "
        "part alone.",
        reading->percent);
    paragraph(canvas, rest, style_bold(ROLE_WARN), "", text);
}

static void draw_verdict(const struct score *score, struct canvas *canvas, struct rect *rest)
{
    const struct verdict *verdict = &score->verdict;
    char answer[300] = "";
    for (size_t i = 0; i < score->compare.count; i++)
        paragraph(canvas, rest, style_role(ROLE_TEXT), "", score->compare.lines[i]);
    if (score->compare.count > 0) { /* a verdict is of one race */
        draw_comparable(score, canvas, rest);
        return;
    }
    int came = verdict_prediction(score->timeline, verdict, answer, sizeof answer);
    if (came >= 0)
        paragraph(canvas, rest, style_bold(came > 0 ? ROLE_GOOD : ROLE_WARN), "", answer);
    paragraph(canvas, rest, style_bold(ROLE_STRONG), "",
              verdict->known                  ? verdict->why
              : part_goes_on(score->timeline) ? "No model has ended yet."
                                              : "No model ended well.");
    paragraph(canvas, rest, style_role(ROLE_TEXT), "To see it flip: ", verdict->flip);
    draw_comparable(score, canvas, rest);
}

/* ---- what is wrong ---- */

/* `whole`: each with all of its evidence and advice below it; else a row each. */
static void draw_diagnoses(const struct score *score, struct canvas *canvas, struct rect *rest,
                           bool whole, int *cursor)
{
    struct rect head = rect_top(rest, 1);
    bool over = true;
    for (size_t i = 0; i < score->shown; i++)
        over = over && score->figures[score->order[i]].status > RUN_LIVE;
    canvas_textf(canvas, head.x, head.y, head.w, style_role(ROLE_QUIET), "%s%s",
                 score->diagnosis_count > 0 ? "what is wrong, and the moment that shows it best"
                                            : "nothing is wrong with any of them",
                 over ? "" : ", so far");
    for (size_t i = 0; i < score->diagnosis_count; i++) {
        const struct score_diagnosis *row = &score->diagnoses[i];
        struct rect line = rect_top(rest, 1);
        char at[FORMAT_SIZE];
        bool selected = i == score->item;
        struct style style =
            selected ? style_on(ROLE_STRONG, ROLE_CURSOR, ATTR_BOLD) : style_role(ROLE_TEXT);
        canvas_fill(canvas, line, ' ', style);
        canvas_put(canvas, line.x, line.y, selected ? score->look->glyphs->pointer : '!',
                   selected ? style : style_bold(ROLE_WARN));
        char model[40];
        meta_run_name(&score->meta->runs[row->run], model, sizeof model);
        canvas_text(canvas, line.x + 2, line.y, NAME - 1, style, model);
        struct style name = selected ? style : style_bold(ROLE_WARN);
        canvas_text(canvas, line.x + 2 + NAME, line.y, 22, name, row->what->name);
        format_duration(at, sizeof at, row->what->t);
        canvas_text_right(canvas, line.x + 2 + NAME + 22, line.y, 7, style, at);
        int used = 2 + NAME + 22 + 7 + 2;
        if (line.w - used >= 30 && !whole)
            canvas_text(canvas, line.x + used, line.y, line.w - used, style, row->what->evidence);
        if (selected)
            *cursor = line.y;
        if (!whole)
            continue;
        struct rect below = rect_inset(*rest, 2, 0);
        char text[sizeof row->what->evidence + 300];
        snprintf(text, sizeof text, "%s %s", row->what->evidence, row->what->advice);
        rect_top(rest, widget_wrap(canvas, below, style_role(ROLE_TEXT), text));
    }
}

/* ---- what the cursor stands on ---- */

static void draw_pane(const struct score *score, struct canvas *canvas, struct rect pane)
{
    struct buffer text = { 0 };
    struct rect line = rect_top(&pane, 1);
    for (int x = line.x; x < line.x + line.w; x++)
        canvas_put(canvas, x, line.y, score->look->glyphs->line_h, style_role(ROLE_QUIET));
    if (score->item < score->diagnosis_count) {
        const struct diagnosis *what = score->diagnoses[score->item].what;
        buffer_printf(&text, "%s: %s %s", what->name, what->evidence, what->advice);
    } else if (score->columns > 0) {
        const struct score_row *row = score_row_at(score, score->item - score->diagnosis_count);
        size_t run = score_column(score);
        char name[40];
        buffer_printf(&text, "%s: ", meta_run_name(&score->meta->runs[run], name, sizeof name));
        if (row != NULL)
            explain(score->timeline, run, row->what, 0, UINT64_MAX, &text);
    }
    widget_wrap(canvas, rect_inset(pane, 1, 0), style_role(ROLE_TEXT), buffer_string(&text));
    buffer_fini(&text);
}

/* ---- the whole ---- */

struct sheet {
    struct canvas canvas; /* all of it */
    int height;           /* rows used */
    int cursor;           /* its row, or -1 */
};

/* Beside each other where both have room, else one below the other. */
static void draw_parts(const struct score *score, struct sheet *sheet, bool whole)
{
    struct canvas *canvas = &sheet->canvas;
    struct rect rest = { 1, 0, canvas->cols - 2, TALL }, table = { .w = 0 };
    int columns = score_table_columns(score);
    sheet->cursor = -1;
    if (rest.w - columns - 3 >= SPLIT_LEAST) {
        table = rect_right(&rest, columns);
        rect_right(&rest, 3);
    }
    draw_unread(score, canvas, &rest);
    draw_ranking(score, canvas, &rest);
    rect_top(&rest, 1);
    draw_verdict(score, canvas, &rest);
    rect_top(&rest, 1);
    draw_diagnoses(score, canvas, &rest, whole, &sheet->cursor);
    rect_top(&rest, 1);
    if (table.w > 0) {
        int used = score_table(score, canvas, table, &sheet->cursor);
        sheet->height = used > rest.y ? used : rest.y;
    } else {
        sheet->height = rest.y + score_table(score, canvas, rest, &sheet->cursor);
    }
}

static int rows_shown(int rows)
{
    return rows - 3 - PANE > 1 ? rows - 3 - PANE : 1;
}

/* With all that there is to say where that fits, and as large as there is room; else with a row for
 * each diagnosis. */
static void draw_sheet(struct score *score, int cols, int rows, struct sheet *sheet)
{
    static const struct score_air airs[] = {
        { 7, 2, 3 },
        { 5, 1, 3 },
        { 3, 1, 2 },
        { 1, 0, 1 },
    };
    enum { ROOMY = 40 }; /* rows: less is never left over */
    canvas_init(&sheet->canvas);
    for (size_t i = rows >= ROOMY ? 0 : 3; i < sizeof airs / sizeof *airs; i++) {
        score->air = airs[i];
        canvas_reset(&sheet->canvas, cols, TALL);
        draw_parts(score, sheet, true);
        if (sheet->height <= rows_shown(rows))
            return;
    }
    canvas_reset(&sheet->canvas, cols, TALL);
    draw_parts(score, sheet, false);
}

static int hold(int top, int height, int shown)
{
    top = top > height - shown ? height - shown : top;
    return top > 0 ? top : 0;
}

static void show(const struct sheet *sheet, struct canvas *canvas, int top, int y, int rows)
{
    for (int row = 0; row < rows && top + row < sheet->height; row++)
        for (int x = 0; x < canvas->cols; x++)
            *canvas_at(canvas, x, y + row) = *canvas_at(&sheet->canvas, x, top + row);
}

static void score_draw(const struct timeline *timeline, const struct look *look,
                       struct canvas *canvas)
{
    struct rect rest = { 0, 0, canvas->cols, canvas->rows };
    struct rect top = rect_top(&rest, 1), bottom = rect_bottom(&rest, 1);
    struct rect legend = rect_bottom(&rest, 1);
    struct score score;
    struct sheet sheet;
    char title[128];
    part_bottom(canvas, bottom, look);
    part_legend(canvas, legend, look, false);
    if (timeline == NULL || timeline_meta(timeline) == NULL) {
        part_top(canvas, top, "score");
        return;
    }
    gather(&score, timeline, look);
    draw_sheet(&score, canvas->cols, canvas->rows, &sheet);
    int shown = rows_shown(canvas->rows), first = hold(look->score_top, sheet.height, shown);
    struct rect body = rect_top(&rest, shown);
    show(&sheet, canvas, first, body.y, shown);
    draw_pane(&score, canvas, rest);
    snprintf(title, sizeof title, "%s: the score", score.meta->scenario);
    int x = part_top(canvas, top, title);
    char note[96] = "", place[64] = "";
    if (score.shown < timeline_runs(timeline))
        snprintf(note, sizeof note, "%zu of %zu models", score.shown, timeline_runs(timeline));
    if (sheet.height > shown)
        snprintf(place, sizeof place, "rows %d to %d of %d", first + 1, first + shown,
                 sheet.height);
    canvas_textf(canvas, x + 3, 0, canvas->cols - x - 3, style_on(ROLE_BAR_TEXT, ROLE_BAR, 0),
                 "%s   %s", score.meta->staging, note);
    canvas_text_right(canvas, x, 0, canvas->cols - x - 1,
                      style_on(ROLE_BAR_TEXT, ROLE_BAR, ATTR_BOLD), place);
    if (first > 0)
        canvas_put(canvas, canvas->cols - 1, body.y, look->glyphs->more_up, style_bold(ROLE_WARN));
    if (first + shown < sheet.height)
        canvas_put(canvas, canvas->cols - 1, body.y + shown - 1, look->glyphs->more_down,
                   style_bold(ROLE_WARN));
    canvas_fini(&sheet.canvas);
}

/* ---- for the keys ---- */

int score_items(const struct timeline *timeline, const struct look *look)
{
    struct score score;
    if (timeline == NULL || timeline_meta(timeline) == NULL)
        return 0;
    gather(&score, timeline, look);
    return (int)(score.diagnosis_count + score_row_count(&score));
}

bool score_moment(const struct timeline *timeline, const struct look *look, size_t *run,
                  uint64_t *t)
{
    struct score score;
    if (timeline == NULL || timeline_meta(timeline) == NULL)
        return false;
    gather(&score, timeline, look);
    if (score.item >= score.diagnosis_count)
        return false;
    *run = score.diagnoses[score.item].run;
    *t = score.diagnoses[score.item].what->t;
    return true;
}

int score_scroll(const struct timeline *timeline, const struct look *look, int cols, int rows,
                 int step)
{
    struct score score;
    struct sheet sheet;
    if (timeline == NULL || timeline_meta(timeline) == NULL)
        return 0;
    gather(&score, timeline, look);
    draw_sheet(&score, cols, rows, &sheet);
    int shown = rows_shown(rows), top = hold(look->score_top, sheet.height, shown) + step;
    if (step == 0 && sheet.cursor >= 0) {
        top = sheet.cursor < top ? sheet.cursor : top;
        top = sheet.cursor >= top + shown ? sheet.cursor - shown + 1 : top;
    }
    canvas_fini(&sheet.canvas);
    return hold(top, sheet.height, shown);
}

const struct view view_score = { .name = "score", .draw = score_draw };
