/*
 * The race: a column per model, on one clock. Here is the frame around the columns (what is on top,
 * the legend, the scrubber, the keys) and the arithmetic of who gets which rectangle; the columns
 * themselves are in column.c and lanes.c.
 */
#include "base/clock.h"
#include "base/format.h"
#include "draw/layout.h"
#include "view/column.h"
#include "view/pane.h"
#include "view/parts.h"

#include <stdio.h>
#include <string.h>

enum {
    COLUMN_LEAST = 24,
    PRESENTED_LEAST = 38,
    PRESENTED_MOST = 3,
    GAP = 1,
    TALL = 36,
    BATCH = 0 /* enum plan_kind */
};
/* A queue of one task is no high bar. */
enum { QUEUE_LEAST = 8 };

/* ---- layout ---- */

void race_layout(const struct timeline *timeline, const struct look *look, int cols, int rows,
                 struct race_layout *layout)
{
    struct rect rest = { 0, 0, cols, rows };
    int shown[LOOK_MODELS_MAX], count = 0, selected = 0;
    *layout = (struct race_layout){ 0 };
    layout->top = rect_top(&rest, 1);
    layout->bottom = rect_bottom(&rest, rows >= TALL && look->caption == NULL ? 2 : 1);
    layout->scrubber = rect_bottom(&rest, 1);
    layout->legend = rect_bottom(&rest, 1);
    for (size_t run = 0; run < timeline_runs(timeline) && run < LOOK_MODELS_MAX; run++) {
        if (look->hidden[run])
            continue;
        if ((int)run == look->column)
            selected = count;
        shown[count++] = (int)run;
    }
    int most = (cols + GAP) / ((look->presenter ? PRESENTED_LEAST : COLUMN_LEAST) + GAP);
    if (look->presenter && most > PRESENTED_MOST)
        most = PRESENTED_MOST;
    if (most < 1)
        most = 1;
    int first = count > most && selected >= most ? selected - most + 1 : 0;
    layout->columns = count > most ? most : count;
    layout->unseen = (int)timeline_runs(timeline) - layout->columns;
    for (int i = 0; i < layout->columns; i++)
        layout->run[i] = shown[first + i];
    layout->pane = rect_bottom(&rest, pane_height(timeline, look, layout, rows));
    if (layout->columns == 0)
        return;
    /* All of one width, so that their strips are. */
    rest.w -= (rest.w - GAP * (layout->columns - 1)) % layout->columns;
    rect_columns(rest, layout->columns, GAP, layout->column);
}

/* ---- top ---- */

/* A word in a box of a colour, ending at `right`; returns where it begins. */
static int chip(struct canvas *canvas, int right, int y, unsigned role, const char *word)
{
    struct style style = style_on(ROLE_BACK, role, ATTR_BOLD);
    int width = (int)strlen(word) + 2, x = right - width;
    canvas_fill(canvas, (struct rect){ x, y, width, 1 }, ' ', style);
    canvas_text(canvas, x + 1, y, width - 1, style, word);
    return x;
}

/* What the engine has in every scenario comes after what the scenario names itself. */
static int param_rank(const char *name)
{
    static const char *const of_engine[] = { "workers",     "switch_interval", "gil",  "stack",
                                             "interpreter", "bytecode",        "queue" };
    for (int i = 0; i < 7; i++) {
        if (strcmp(of_engine[i], name) == 0)
            return i + 1;
    }
    return 0;
}

static void draw_params(struct canvas *canvas, const struct meta *meta, int x, int right)
{
    struct style word = style_on(ROLE_BAR_TEXT, ROLE_BAR, 0);
    struct style value = style_on(ROLE_BAR_TEXT, ROLE_BAR, ATTR_BOLD);
    for (int rank = 0; rank <= 7; rank++) {
        for (uint32_t i = 0; i < meta->param_count; i++) {
            const struct meta_param *param = &meta->params[i];
            int width = (int)(strlen(param->name) + strlen(param->text)) + 1;
            if (param_rank(param->name) != rank)
                continue;
            if (x + 2 + width > right)
                return;
            x += 2;
            x += canvas_text(canvas, x, 0, right - x, word, param->name) + 1;
            x += canvas_text(canvas, x, 0, right - x, value, param->text);
        }
    }
}

/* Gives where it is empty (x) left of what it tells at its right. */
static int draw_top(const struct timeline *timeline, const struct look *look, struct canvas *canvas,
                    const struct race_layout *layout)
{
    const struct meta *meta = timeline_meta(timeline);
    struct style word = style_on(ROLE_BAR_TEXT, ROLE_BAR, 0);
    struct style bold = style_on(ROLE_BAR_TEXT, ROLE_BAR, ATTR_BOLD);
    char clock[TEXT_SIZE], speed[TEXT_SIZE], text[TEXT_SIZE * 2];
    int left = part_top(canvas, layout->top, meta->scenario), right = layout->top.w - 1;
    bool live = part_goes_on(timeline);
    /* Finer where a step is finer than a millisecond. */
    text_clock(clock, look->moment, look->paused || look->speed < 0.02);
    right -= (int)strlen(clock);
    canvas_text(canvas, right, 0, layout->top.w, bold, clock);
    text_speed(speed, look->speed);
    right -= (int)strlen(speed) + 2;
    canvas_text(canvas, right, 0, layout->top.w, word, speed);
    right -= 1;
    if (look->paused)
        right = chip(canvas, right, 0, ROLE_WARN, "PAUSED");
    else if (live && look->live)
        right = chip(canvas, right, 0, ROLE_GOOD, "LIVE");
    else if (look->live) /* its last events are still on their way */
        right = chip(canvas, right, 0, ROLE_GHOST, "ENDED");
    else if (live || look->replaying || look->moment < timeline_length(timeline))
        right = chip(canvas, right, 0, ROLE_GHOST, "REPLAY");
    else
        right = chip(canvas, right, 0, ROLE_GHOST, "ENDED");
    if (look->reading.on) {
        snprintf(text, sizeof text, "reading %u %%", look->reading.percent);
        right = chip(canvas, right - 1, 0, ROLE_WARN, text);
    }
    if (look->recording)
        right = chip(canvas, right, 0, ROLE_BAD, "REC");
    snprintf(text, sizeof text, "%s", meta->staging);
    if (layout->unseen > 0)
        snprintf(text, sizeof text, "%s  %d of %zu models", meta->staging, layout->columns,
                 timeline_runs(timeline));
    if (!meta->comparable)
        right = chip(canvas, right - 1, 0, ROLE_WARN, "not comparable");
    if (left + 2 > right - (int)strlen(text) - 2 && layout->unseen > 0)
        snprintf(text, sizeof text, "%d of %zu", layout->columns, timeline_runs(timeline));
    right -= (int)strlen(text) + 2;
    if (right >= left + 2)
        canvas_text(canvas, right, 0, layout->top.w, word, text);
    draw_params(canvas, meta, left, right - 2);
    return right;
}

/* ---- columns ---- */

/* The place of a run that is over at the moment: how many ended well in less time. 0 where it is not
 * known yet: one that has not run, or runs and is younger, may still be faster. */
static int place_of(const struct timeline *timeline, size_t run, uint64_t moment)
{
    struct run_brief mine, other;
    int place = 1;
    timeline_run(timeline, run, &mine);
    if (!mine.over || mine.status != RUN_DONE || mine.length_ns > moment ||
        timeline_meta(timeline)->kind != BATCH)
        return 0;
    for (size_t i = 0; i < timeline_runs(timeline); i++) {
        timeline_run(timeline, i, &other);
        if (i == run || other.status == RUN_UNSUPPORTED)
            continue;
        if (!other.over && other.length_ns < mine.length_ns)
            return 0;
        if (other.over && other.status == RUN_DONE && other.length_ns < mine.length_ns)
            place++;
    }
    return place;
}

/* What has not run yet may have more lanes than any before: the rows are kept for them, or the
 * picture would jump when it starts. */
static struct column_demand demand_of(const struct timeline *timeline, const struct look *look,
                                      const struct race_layout *layout)
{
    enum { LANES_EXPECTED = 11 };
    struct column_demand demand = { .cores = 1, .presenter = look->presenter };
    for (int i = 0; i < layout->columns; i++) {
        struct run_brief brief;
        size_t run = (size_t)layout->run[i], lanes = column_lane_count(timeline, run);
        timeline_run(timeline, run, &brief);
        int cores = column_core_count(timeline, run);
        if (!brief.gone && brief.status != RUN_UNSUPPORTED && lanes < LANES_EXPECTED)
            lanes = LANES_EXPECTED;
        if (cores > demand.cores)
            demand.cores = cores;
        if ((int)lanes > demand.lanes)
            demand.lanes = (int)lanes;
    }
    return demand;
}

void column_rows_of(const struct timeline *timeline, const struct look *look,
                    const struct race_layout *layout, struct column_rows *rows)
{
    column_rows(demand_of(timeline, look, layout), layout->column[0].h, rows);
}

void column_at(struct column *column, const struct timeline *timeline, const struct look *look,
               const struct race_layout *layout, int i, const struct column_rows *rows)
{
    *column = (struct column){
        .timeline = timeline,
        .look = look,
        .run = (size_t)layout->run[i],
        .rect = layout->column[i],
        .rows = rows,
        .widths = column_widths(layout->column[i].w),
        .selected = look->column == layout->run[i],
    };
}

static void draw_columns(const struct timeline *timeline, const struct look *look,
                         struct canvas *canvas, const struct race_layout *layout)
{
    struct column_rows rows;
    struct column column;
    uint64_t tasks = 0;
    uint32_t queue = QUEUE_LEAST;
    for (size_t run = 0; run < timeline_runs(timeline); run++) {
        struct run_brief brief;
        timeline_run(timeline, run, &brief);
        uint32_t deepest = timeline_queue_max(timeline, run, 0, brief.length_ns);
        tasks = brief.tasks > tasks ? brief.tasks : tasks;
        queue = deepest > queue ? deepest : queue;
    }
    column_rows_of(timeline, look, layout, &rows);
    for (int i = 0; i < layout->columns; i++) {
        column_at(&column, timeline, look, layout, i, &rows);
        column.canvas = canvas;
        column.place = place_of(timeline, column.run, look->moment);
        column.most_tasks = tasks;
        column.most_queue = queue;
        column_draw(&column);
        if (look->cursor.on && column.selected)
            cursor_draw(&column);
        struct rect line = { column.rect.x + column.rect.w, column.rect.y, 1, column.rect.h };
        if (i + 1 < layout->columns)
            canvas_fill(canvas, line, look->glyphs->line_v, style_role(ROLE_QUIET));
    }
}

static void race_draw(const struct timeline *timeline, const struct look *look,
                      struct canvas *canvas)
{
    struct race_layout layout;
    if (timeline == NULL || timeline_meta(timeline) == NULL) {
        canvas_text(canvas, 2, canvas->rows / 2, canvas->cols - 2, style_role(ROLE_TEXT),
                    "The race begins.");
        return;
    }
    race_layout(timeline, look, canvas->cols, canvas->rows, &layout);
    int right = draw_top(timeline, look, canvas, &layout);
    bool tasks = false;
    for (int i = 0; i < layout.columns; i++) {
        struct run_brief brief;
        timeline_run(timeline, (size_t)layout.run[i], &brief);
        tasks = tasks || brief.has_task_rows;
    }
    if (layout.columns > 0)
        draw_columns(timeline, look, canvas, &layout);
    else
        canvas_text(canvas, 2, 2, canvas->cols - 2, style_role(ROLE_TEXT),
                    "All models are hidden: 1 to 7 show them.");
    pane_draw(timeline, look, canvas, &layout);
    part_legend(canvas, layout.legend, look, tasks);
    scrubber_draw(timeline, look, canvas, &layout);
    part_settling(canvas, right - 1, look);
    part_bottom(canvas, layout.bottom, look);
}

const struct view view_race = { .name = "race", .draw = race_draw };
