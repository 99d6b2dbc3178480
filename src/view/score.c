/*
 * The score: the table of figures with the best of each row marked, where each model's time went,
 * and the verdict. Figures are those of the report (timeline/figures.h), whole runs; rows that do
 * not fit are named, most important first.
 *
 * To add a figure: a function that gives it, one row in score_rows.
 */
#include "base/format.h"
#include "draw/layout.h"
#include "draw/widget.h"
#include "timeline/compare.h"
#include "view/parts.h"

#include <stdio.h>
#include <string.h>

enum { LABEL = 14, MODEL_LEAST = 10, MODEL_MOST = 20 };

struct score {
    const struct timeline *timeline;
    const struct look *look;
    struct canvas *canvas;
    const struct meta *meta;
    int count; /* models shown */
    size_t run[LOOK_MODELS_MAX];
    struct figures figures[LOOK_MODELS_MAX];
    struct verdict verdict;
    struct compare compare; /* of recordings side by side */
    int unseen;
};

/* ---- the rows ---- */

static struct figure get_wall(const struct figures *f)
{
    return f->wall_s;
}
static struct figure get_startup(const struct figures *f)
{
    return f->startup_s;
}
static struct figure get_throughput(const struct figures *f)
{
    return f->throughput_per_s;
}
static struct figure get_speedup(const struct figures *f)
{
    return f->speedup;
}
static struct figure get_p50(const struct figures *f)
{
    return f->latency_ms_p50;
}
static struct figure get_p99(const struct figures *f)
{
    return f->latency_ms_p99;
}
static struct figure get_cpu(const struct figures *f)
{
    struct figure sum = f->cpu_user_s;
    sum.known = sum.known && f->cpu_system_s.known;
    sum.value += f->cpu_system_s.value;
    return sum;
}
static struct figure get_memory(const struct figures *f)
{
    return f->memory_pss_peak_kib.known ? f->memory_pss_peak_kib : f->memory_rss_peak_kib;
}
static struct figure get_gil_waited(const struct figures *f)
{
    return f->gil_waited_s;
}
static struct figure get_voluntary(const struct figures *f)
{
    return f->switches_voluntary;
}
static struct figure get_involuntary(const struct figures *f)
{
    return f->switches_involuntary;
}
static struct figure get_queue_wait(const struct figures *f)
{
    return f->queue_wait_ms_p99;
}
static struct figure get_serialised(const struct figures *f)
{
    return f->serialised_bytes;
}
static struct figure get_lost(const struct figures *f)
{
    return f->events_lost;
}
static struct figure get_failed(const struct figures *f)
{
    return (struct figure){ .value = (double)f->tasks.failed, .known = true };
}

static const char *text_kib_figure(char *text, struct figure kib)
{
    return text_kib(text, kib.known ? (int64_t)kib.value : -1);
}
static const char *text_byte_figure(char *text, struct figure bytes)
{
    if (!bytes.known || !(bytes.value >= 0))
        snprintf(text, TEXT_SIZE, "n/a");
    else
        format_bytes(text, TEXT_SIZE, (uint64_t)bytes.value);
    return text;
}
static const char *text_rate(char *text, struct figure rate)
{
    char number[TEXT_SIZE];
    text_count(number, rate);
    snprintf(text, TEXT_SIZE, rate.known ? "%s/s" : "%s", number);
    return text;
}
static const char *text_factor(char *text, struct figure factor)
{
    snprintf(text, TEXT_SIZE, factor.known ? "%.2fx" : "n/a", factor.value);
    return text;
}

struct score_row {
    const char *label;
    struct figure (*get)(const struct figures *figures);
    const char *(*text)(char *text, struct figure figure);
    int better; /* -1 less, +1 more, 0 neither */
};
/* The most important first. */
static const struct score_row score_rows[] = {
    { .label = "wall time", .get = get_wall, .text = text_s, .better = -1 },
    { .label = "speed-up", .get = get_speedup, .text = text_factor, .better = 1 },
    { .label = "latency p50", .get = get_p50, .text = text_ms, .better = -1 },
    { .label = "latency p99", .get = get_p99, .text = text_ms, .better = -1 },
    { .label = "memory peak", .get = get_memory, .text = text_kib_figure, .better = -1 },
    { .label = "CPU time", .get = get_cpu, .text = text_s, .better = -1 },
    { .label = "GIL waited", .get = get_gil_waited, .text = text_s, .better = -1 },
    { .label = "throughput", .get = get_throughput, .text = text_rate, .better = 1 },
    { .label = "failed", .get = get_failed, .text = text_count, .better = -1 },
    { .label = "events lost", .get = get_lost, .text = text_count, .better = -1 },
    { .label = "switches vol", .get = get_voluntary, .text = text_count, .better = 0 },
    { .label = "switches inv", .get = get_involuntary, .text = text_count, .better = 0 },
    { .label = "start-up", .get = get_startup, .text = text_s, .better = -1 },
    { .label = "queue wait p99", .get = get_queue_wait, .text = text_ms, .better = -1 },
    { .label = "serialised", .get = get_serialised, .text = text_byte_figure, .better = 0 },
};
enum { SCORE_ROWS = sizeof score_rows / sizeof *score_rows };

/* ---- the table ---- */

/* The best value of a row among runs that ended well; false where fewer than two have one, or all
 * are the same: then there is nothing to mark. */
static bool best_of(const struct score *score, const struct score_row *row, double *best)
{
    int known = 0;
    bool differ = false;
    for (int i = 0; i < score->count; i++) {
        struct figure figure = row->get(&score->figures[i]);
        if (row->better == 0 || !figure.known || score->figures[i].status != RUN_DONE)
            continue;
        differ = differ || (known > 0 && figure.value != *best);
        if (known++ == 0 || (figure.value - *best) * row->better > 0)
            *best = figure.value;
    }
    return known >= 2 && differ;
}

static int model_width(const struct score *score)
{
    int width = score->count > 0 ? (score->canvas->cols - 2 - LABEL) / score->count : MODEL_MOST;
    return width > MODEL_MOST ? MODEL_MOST : width;
}

static void draw_heads(const struct score *score, struct rect line)
{
    int width = model_width(score);
    for (int i = 0; i < score->count; i++) {
        bool best = score->verdict.known && score->verdict.best == score->run[i];
        char name[40];
        canvas_text_right(score->canvas, line.x + LABEL + i * width, line.y, width - 1,
                          style_bold(best ? ROLE_GOOD : ROLE_STRONG),
                          meta_run_name(&score->meta->runs[score->run[i]], name, sizeof name));
    }
}

static void draw_row(const struct score *score, struct rect line, const struct score_row *row)
{
    int width = model_width(score);
    double best = 0;
    bool marked = best_of(score, row, &best);
    canvas_text(score->canvas, line.x, line.y, LABEL, style_role(ROLE_QUIET), row->label);
    for (int i = 0; i < score->count; i++) {
        char text[TEXT_SIZE];
        struct figure figure = row->get(&score->figures[i]);
        bool done = score->figures[i].status == RUN_DONE;
        bool is_best = marked && done && figure.known && figure.value == best;
        int x = line.x + LABEL + i * width;
        row->text(text, figure);
        canvas_text_right(score->canvas, x, line.y, width - 1,
                          is_best                             ? style_bold(ROLE_GOOD)
                          : !done || strcmp(text, "n/a") == 0 ? style_role(ROLE_QUIET)
                                                              : style_role(ROLE_TEXT),
                          text);
        int mark = x + width - 2 - (int)strlen(text) - 1;
        if (is_best)
            canvas_put(score->canvas, mark, line.y, score->look->glyphs->best,
                       style_bold(ROLE_GOOD));
    }
}

/* How each ended, where one did not end well: a row of its own above the figures. */
static bool draw_statuses(const struct score *score, struct rect line)
{
    int width = model_width(score);
    bool any = false;
    for (int i = 0; i < score->count; i++)
        any = any || score->figures[i].status != RUN_DONE;
    for (int i = 0; any && i < score->count; i++) {
        enum run_status status = score->figures[i].status;
        bool bad = status == RUN_FAILED || status == RUN_LIMITED;
        canvas_text_right(score->canvas, line.x + LABEL + i * width, line.y, width - 1,
                          style_role(bad ? ROLE_BAD : ROLE_QUIET), run_status_names[status]);
    }
    return any;
}

/* A row that no run has anything in says nothing. */
static bool row_tells(const struct score *score, const struct score_row *row)
{
    for (int i = 0; i < score->count; i++) {
        struct figure figure = row->get(&score->figures[i]);
        if (figure.known && figure.value != 0)
            return true;
    }
    return false;
}

/* Returns the rows used. What does not fit is counted in the last row. */
static int draw_table(const struct score *score, struct rect rest)
{
    int whole = rest.h, left = 0;
    draw_heads(score, rect_top(&rest, 1));
    if (draw_statuses(score, rest))
        rect_top(&rest, 1);
    for (int i = 0; i < SCORE_ROWS; i++)
        left += row_tells(score, &score_rows[i]);
    for (int i = 0; i < SCORE_ROWS && rest.h > 0; i++) {
        if (!row_tells(score, &score_rows[i]))
            continue;
        if (rest.h == 1 && left > 1)
            break;
        draw_row(score, rect_top(&rest, 1), &score_rows[i]);
        left--;
    }
    if (left > 0) {
        struct rect line = rect_top(&rest, 1);
        canvas_textf(score->canvas, line.x, line.y, line.h > 0 ? line.w : 0, style_role(ROLE_QUIET),
                     "+%d figures on a taller screen", left);
    }
    return whole - rest.h;
}

/* ---- where the time went ---- */

static void draw_split(const struct score *score, struct rect line, int i)
{
    struct legend_item items[STATE_COUNT];
    uint64_t parts[STATE_COUNT];
    const struct figures *figures = &score->figures[i];
    char words[160] = "", name[40];
    size_t used = 0;
    part_state_items(score->look, items);
    for (int state = 0; state < STATE_COUNT; state++) {
        struct figure share = figures->state_share[state];
        parts[state] = share.known && share.value > 0 ? (uint64_t)(share.value * 1e6) : 0;
    }
    canvas_text(score->canvas, line.x, line.y, LABEL, style_role(ROLE_TEXT),
                meta_run_name(&score->meta->runs[score->run[i]], name, sizeof name));
    struct rect bar = { line.x + LABEL, line.y, (line.w - LABEL) * 2 / 5, 1 };
    widget_stack(score->canvas, bar, items, parts, STATE_COUNT, ROLE_TRACK);

    for (;;) { /* in words, the greatest first */
        int most = 0;
        for (int state = 1; state < STATE_COUNT; state++)
            most = parts[state] > parts[most] ? state : most;
        if (parts[most] < 5000 || used + 24 > sizeof words)
            break;
        used += (size_t)snprintf(words + used, sizeof words - used, "%s %.0f%%  ",
                                 state_rows[most].key, (double)parts[most] / 1e4);
        parts[most] = 0;
    }
    canvas_text(score->canvas, bar.x + bar.w + 1, line.y, line.x + line.w - bar.x - bar.w - 1,
                style_role(ROLE_TEXT), used > 0 ? words : "n/a");
}

/* ---- the verdict ---- */

/* Heading and text; returns the rows used, or only counts them (canvas NULL). */
static int paragraph(struct canvas *canvas, struct rect rect, struct style style, const char *head,
                     const char *text)
{
    char whole[600];
    if (text[0] == '\0')
        return 0;
    snprintf(whole, sizeof whole, "%s%s", head, text);
    if (whole[0] >= 'a' && whole[0] <= 'z') /* a sentence of its own here */
        whole[0] = (char)(whole[0] - 'a' + 'A');
    return canvas != NULL ? widget_wrap(canvas, rect, style, whole)
                          : widget_wrap_rows(rect.w, whole);
}

static int draw_comparable(const struct score *score, struct canvas *canvas, struct rect rest)
{
    if (score->meta->comparable)
        return 0;
    return paragraph(canvas, rest, style_bold(ROLE_WARN),
                     "Not comparable: ", score->meta->comparable_reason);
}

static int draw_verdict(const struct score *score, struct canvas *canvas, struct rect rest)
{
    const struct verdict *verdict = &score->verdict;
    char answer[300] = "";
    int whole = rest.h;
    for (size_t i = 0; i < score->compare.count; i++)
        rect_top(&rest,
                 paragraph(canvas, rest, style_role(ROLE_TEXT), "", score->compare.lines[i]));
    if (score->compare.count > 0) /* a verdict is of one race */
        return whole - rest.h + draw_comparable(score, canvas, rest);
    int came = verdict_prediction(score->timeline, verdict, answer, sizeof answer);
    rect_top(&rest, paragraph(canvas, rest, style_bold(ROLE_STRONG), "",
                              verdict->known ? verdict->why : "No model ended well."));
    if (came >= 0)
        rect_top(&rest,
                 paragraph(canvas, rest, style_bold(came > 0 ? ROLE_GOOD : ROLE_WARN), "", answer));
    rect_top(&rest,
             paragraph(canvas, rest, style_role(ROLE_TEXT), "To see it flip: ", verdict->flip));
    return whole - rest.h + draw_comparable(score, canvas, rest);
}

/* ---- the whole ---- */

static void gather(struct score *score)
{
    int most = (score->canvas->cols - 2 - LABEL) / MODEL_LEAST;
    size_t runs = timeline_runs(score->timeline);
    for (size_t run = 0; run < runs && run < LOOK_MODELS_MAX; run++) {
        if (score->look->hidden[run] || score->count >= most)
            continue;
        figures_at(score->timeline, run, UINT64_MAX, &score->figures[score->count]);
        score->run[score->count++] = run;
    }
    score->unseen = (int)runs - score->count;
    verdict_of(score->timeline, &score->verdict);
    compare_files(score->timeline, &score->compare);
}

static void score_draw(const struct timeline *timeline, const struct look *look,
                       struct canvas *canvas)
{
    struct score score = { .timeline = timeline, .look = look, .canvas = canvas };
    struct rect rest = { 0, 0, canvas->cols, canvas->rows };
    struct rect top = rect_top(&rest, 1), bottom = rect_bottom(&rest, 1);
    struct rect legend = rect_bottom(&rest, 1);
    char title[128];
    part_bottom(canvas, bottom, look);
    part_legend(canvas, legend, look, false);
    score.meta = timeline != NULL ? timeline_meta(timeline) : NULL;
    if (score.meta == NULL) {
        part_top(canvas, top, "score");
        return;
    }
    gather(&score);
    snprintf(title, sizeof title, "%s: the score", score.meta->scenario);
    int x = part_top(canvas, top, title);
    char note[64] = "";
    if (score.unseen > 0)
        snprintf(note, sizeof note, "%d of %d models", score.count, score.count + score.unseen);
    canvas_textf(canvas, x + 3, 0, canvas->cols - x - 3, style_on(ROLE_BAR_TEXT, ROLE_BAR, 0),
                 "%s   %s", score.meta->staging, note);
    rest = rect_inset(rest, 1, rest.h >= 30 ? 1 : 0);
    int air = rest.h >= 24 ? 1 : 0, verdict_h = draw_verdict(&score, NULL, rest);
    if (verdict_h > rest.h / 2)
        verdict_h = rest.h / 2;
    int table_h = rest.h - verdict_h - score.count - 3 * air;
    struct rect table = rest;
    table.h = table_h > 0 ? table_h : 0;
    rect_top(&rest, draw_table(&score, table) + air);
    if (air > 0)
        canvas_text(canvas, rest.x, rect_top(&rest, 1).y, rest.w, style_role(ROLE_QUIET),
                    "where the lanes' time went");
    for (int i = 0; i < score.count; i++)
        draw_split(&score, rect_top(&rest, 1), i);
    rect_top(&rest, air);
    draw_verdict(&score, canvas, rest);
}

const struct view view_score = { .name = "score", .draw = score_draw };
