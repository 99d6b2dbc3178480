/*
 * The figures of the score: a row per figure, a column per model that ran, the best of each row
 * marked. Figures are those of the report (timeline/figures.h), whole runs.
 *
 * To add a figure: a function that gives it, one row in score_rows, one in timeline/explain.c.
 */
#include "base/format.h"
#include "draw/layout.h"
#include "view/score.h"

#include <stdio.h>
#include <string.h>

enum { MODEL_LEAST = 9, MODEL_MOST = 14 };

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
static struct figure get_handovers(const struct figures *f)
{
    return f->gil_handovers;
}
static struct figure get_lag(const struct figures *f)
{
    return f->loop_lag_ms_max;
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
    return text_kib(text, kib.known ? (int64_t)(format_whole(kib.value) & INT64_MAX) : -1);
}
static const char *text_byte_figure(char *text, struct figure bytes)
{
    if (!bytes.known || !(bytes.value >= 0))
        snprintf(text, TEXT_SIZE, "n/a");
    else
        format_bytes(text, TEXT_SIZE, format_whole(bytes.value));
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

/* The most important first. */
static const struct score_row score_rows[] = {
    { "wall time", get_wall, text_s, -1, EXPLAIN_WALL },
    { "speed-up", get_speedup, text_factor, 1, EXPLAIN_SPEEDUP },
    { "latency p50", get_p50, text_ms, -1, EXPLAIN_P50 },
    { "latency p99", get_p99, text_ms, -1, EXPLAIN_P99 },
    { "memory peak", get_memory, text_kib_figure, -1, EXPLAIN_MEMORY_PEAK },
    { "CPU time", get_cpu, text_s, -1, EXPLAIN_CPU },
    { "GIL waited", get_gil_waited, text_s, -1, EXPLAIN_GIL_WAITED },
    { "hand-overs", get_handovers, text_count, 0, EXPLAIN_HANDOVERS },
    { "throughput", get_throughput, text_rate, 1, EXPLAIN_THROUGHPUT },
    { "failed", get_failed, text_count, -1, EXPLAIN_FAILED },
    { "events lost", get_lost, text_count, -1, EXPLAIN_LOST },
    { "switches vol", get_voluntary, text_count, 0, EXPLAIN_VOLUNTARY },
    { "switches inv", get_involuntary, text_count, 0, EXPLAIN_INVOLUNTARY },
    { "start-up", get_startup, text_s, -1, EXPLAIN_STARTUP },
    { "queue wait p99", get_queue_wait, text_ms, -1, EXPLAIN_QUEUE_WAIT },
    { "loop lag", get_lag, text_ms, -1, EXPLAIN_LAG },
    { "serialised", get_serialised, text_byte_figure, 0, EXPLAIN_SERIALISED },
};
enum { SCORE_ROWS = sizeof score_rows / sizeof *score_rows };

/* ---- which rows and columns ---- */

/* A row that no run has anything in says nothing. */
static bool row_tells(const struct score *score, const struct score_row *row)
{
    for (size_t i = 0; i < score->columns; i++) {
        struct figure figure = row->get(&score->figures[score->went[i]]);
        if (figure.known && figure.value != 0)
            return true;
    }
    return false;
}

const struct score_row *score_row_at(const struct score *score, size_t nth)
{
    for (size_t i = 0; i < SCORE_ROWS; i++)
        if (row_tells(score, &score_rows[i]) && nth-- == 0)
            return &score_rows[i];
    return NULL;
}

size_t score_row_count(const struct score *score)
{
    size_t count = 0;
    while (score_row_at(score, count) != NULL)
        count++;
    return count;
}

int score_table_columns(const struct score *score)
{
    return SCORE_LABEL + MODEL_MOST * (int)score->columns;
}

size_t score_column(const struct score *score)
{
    for (size_t i = 0; i < score->columns; i++)
        if (score->went[i] == (size_t)score->look->column)
            return score->went[i];
    return score->columns > 0 ? score->went[0] : 0;
}

/* ---- drawing ---- */

/* Which columns fit, and how wide they are: the selected one is among them. */
struct fit {
    size_t first, count;
    int width;
};
static struct fit fit_columns(const struct score *score, int cols)
{
    struct fit fit = { .count = score->columns, .width = MODEL_MOST };
    int room = cols - SCORE_LABEL;
    size_t most = room >= MODEL_LEAST ? (size_t)(room / MODEL_LEAST) : 1;
    fit.count = fit.count < most ? fit.count : most;
    if (fit.count == 0)
        return fit;
    fit.width = room / (int)fit.count < MODEL_MOST ? room / (int)fit.count : MODEL_MOST;
    while (fit.first + fit.count < score->columns &&
           score->went[fit.first + fit.count - 1] < score_column(score))
        fit.first++;
    return fit;
}

/* The best value of a row among runs that ended well; false where fewer than two have one, or all
 * are the same: then there is nothing to mark. */
static bool best_of(const struct score *score, const struct score_row *row, double *best)
{
    int known = 0;
    bool differ = false;
    for (size_t i = 0; i < score->columns; i++) {
        const struct figures *figures = &score->figures[score->went[i]];
        struct figure figure = row->get(figures);
        if (row->better == 0 || !figure.known || figures->status != RUN_DONE)
            continue;
        differ = differ || (known > 0 && figure.value != *best);
        if (known++ == 0 || (figure.value - *best) * row->better > 0)
            *best = figure.value;
    }
    return known >= 2 && differ;
}

static void draw_heads(const struct score *score, struct canvas *canvas, struct rect line,
                       struct fit fit)
{
    for (size_t i = 0; i < fit.count; i++) {
        size_t run = score->went[fit.first + i];
        bool best = score->verdict.known && score->verdict.best == run;
        bool selected = run == score_column(score) && score->item >= score->diagnosis_count;
        char whole[40], name[40];
        snprintf(name, sizeof name, "%.*s", fit.width - 1,
                 meta_run_name(&score->meta->runs[run], whole, sizeof whole));
        struct style style = style_bold(best ? ROLE_GOOD : ROLE_STRONG);
        style.attr |= selected ? ATTR_UNDERLINE : 0;
        canvas_text_right(canvas, line.x + SCORE_LABEL + (int)i * fit.width, line.y, fit.width - 1,
                          style, name);
    }
    if (fit.count < score->columns)
        canvas_textf(canvas, line.x, line.y, SCORE_LABEL, style_role(ROLE_WARN), "%zu of %zu, tab",
                     fit.count, score->columns);
}

static void draw_row(const struct score *score, struct canvas *canvas, struct rect line,
                     struct fit fit, const struct score_row *row, bool selected)
{
    double best = 0;
    bool marked = best_of(score, row, &best);
    struct style back =
        selected ? style_on(ROLE_STRONG, ROLE_CURSOR, ATTR_BOLD) : style_role(ROLE_QUIET);
    line.w = SCORE_LABEL + (int)fit.count * fit.width;
    canvas_fill(canvas, line, ' ', back);
    canvas_text(canvas, line.x, line.y, SCORE_LABEL, back, row->label);
    for (size_t i = 0; i < fit.count; i++) {
        char text[TEXT_SIZE];
        const struct figures *figures = &score->figures[score->went[fit.first + i]];
        struct figure figure = row->get(figures);
        bool done = figures->status == RUN_DONE;
        bool is_best = marked && done && figure.known && figure.value == best;
        int x = line.x + SCORE_LABEL + (int)i * fit.width;
        row->text(text, figure);
        struct style style = is_best                             ? style_bold(ROLE_GOOD)
                             : !done || strcmp(text, "n/a") == 0 ? style_role(ROLE_QUIET)
                                                                 : style_role(ROLE_TEXT);
        style.bg = back.bg;
        canvas_text_right(canvas, x, line.y, fit.width - 1, style, text);
        if (is_best)
            canvas_put(canvas, x + fit.width - 2 - (int)strlen(text) - 1, line.y,
                       score->look->glyphs->best, style);
    }
}

int score_table(const struct score *score, struct canvas *canvas, struct rect rest, int *cursor)
{
    struct fit fit = fit_columns(score, rest.w);
    int y = rest.y;
    if (score->columns == 0)
        return 0;
    draw_heads(score, canvas, (struct rect){ rest.x, y++, rest.w, 1 }, fit);
    const struct score_row *row;
    for (size_t i = 0; (row = score_row_at(score, i)) != NULL; i++, y += score->air.pitch) {
        bool selected = score->item == score->diagnosis_count + i;
        if (selected)
            *cursor = y;
        draw_row(score, canvas, (struct rect){ rest.x, y, rest.w, 1 }, fit, row, selected);
    }
    return y - rest.y;
}
