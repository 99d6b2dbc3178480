/*
 * The report for people: a table with a column per model, the best of each row marked with a star,
 * what the workers did with their time to 100 %, the verdict. Words of its own are ASCII, so that it
 * reads the same everywhere. It keeps to a width: models that do not fit stand in a table below.
 * Of repeated races the figures are medians, and the workers' time is that of all of them.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/format.h"
#include "base/memory.h"
#include "draw/widget.h"
#include "output/rows.h"
#include "timeline/diagnose.h"

enum { LABEL = 24, COLUMN = 14, COLS = 100, COLS_LEAST = 60 };

struct table {
    const struct output_options *options;
    const struct meta *meta;
    int cols;
    size_t runs;
    size_t first, end;       /* the runs of the part that is written */
    struct figures *figures; /* options->count x runs */
    struct buffer *line;     /* the row that is being written */
    FILE *into;
};

static const struct figures *cell(const struct table *table, size_t repeat, size_t run)
{
    return &table->figures[repeat * table->runs + run];
}

/* Text broken at blanks; lines after the first are indented. */
static void paragraph(const struct table *table, const char *text)
{
    static const struct style plain = { 0 };
    struct canvas canvas;
    struct rect rect = { .w = table->cols, .h = widget_wrap_rows(table->cols, text) };
    canvas_init(&canvas);
    canvas_reset(&canvas, rect.w, rect.h);
    widget_wrap(&canvas, rect, plain, text);
    for (int y = 0; y < rect.h; y++) {
        char *row = canvas_row_text(&canvas, y);
        fprintf(table->into, "%s\n", row);
        free(row);
    }
    canvas_fini(&canvas);
}

/* ---- rows of figures ---- */

/* The median over the repeats in which the figure is known; false: in none. */
static bool median(const struct table *table, size_t run, const struct report_row *row,
                   double *value)
{
    double *values = mem_alloc(table->options->count * sizeof *values);
    size_t known = 0;
    for (size_t i = 0; i < table->options->count; i++) {
        const struct figure *figure = report_figure(cell(table, i, run), row);
        if (figure->known)
            values[known++] = figure->value;
    }
    if (known > 0)
        *value = report_spread(values, known).median;
    free(values);
    return known > 0;
}

static const char *print_value(const struct report_row *row, double value, char text[32])
{
    if (strcmp(row->unit, "s") == 0 || strcmp(row->unit, "ms") == 0)
        return format_duration(text, 32,
                               (uint64_t)llround(value * (row->unit[0] == 's' ? 1e9 : 1e6)));
    if (strcmp(row->unit, "KiB") == 0)
        return format_bytes(text, 32, (uint64_t)llround(value * 1024));
    if (strcmp(row->unit, "B") == 0)
        return format_bytes(text, 32, (uint64_t)llround(value));
    if (strcmp(row->unit, "x") == 0)
        snprintf(text, 32, "%.2f x", value);
    else if (value < 100 && value != floor(value))
        snprintf(text, 32, "%.1f%s", value, row->unit);
    else {
        format_count(text, 24, (uint64_t)llround(value));
        strcat(text, row->unit);
    }
    return text;
}

static bool is_done(const struct table *table, size_t run)
{
    for (size_t i = 0; i < table->options->count; i++)
        if (cell(table, i, run)->status == RUN_DONE)
            return true;
    return false;
}

/* The best of a row, over all models and not only those of this part; NAN where none stands out. */
static double best_of(const struct table *table, const struct report_row *row)
{
    double best = NAN;
    size_t compared = 0, equal = 0;
    for (size_t run = 0; run < table->runs; run++) {
        double value;
        if (row->better == BETTER_NONE || !is_done(table, run) || !median(table, run, row, &value))
            continue;
        compared++;
        if (isnan(best) || (row->better == BETTER_LOW ? value < best : value > best)) {
            best = value;
            equal = 0;
        }
        equal += value == best;
    }
    return compared > 1 && equal == 1 ? best : NAN;
}

/* Writes the row, without blanks at its end. */
static void end_line(const struct table *table)
{
    struct buffer *line = table->line;
    while (line->size > 0 && line->data[line->size - 1] == ' ')
        buffer_cut(line, line->size - 1);
    fprintf(table->into, "%s\n", buffer_string(line));
    buffer_clear(line);
}

static void row_line(const struct table *table, const struct report_row *row)
{
    double value, best = best_of(table, row);
    bool any = false;
    for (size_t run = 0; run < table->runs; run++)
        any = any || median(table, run, row, &value);
    if (!any)
        return;
    buffer_printf(table->line, "%-*s", LABEL, row->word);
    for (size_t run = table->first; run < table->end; run++) {
        char text[32] = "n/a";
        bool known = median(table, run, row, &value);
        if (known)
            print_value(row, value, text);
        bool star = known && is_done(table, run) && value == best;
        buffer_printf(table->line, "%*s%s", COLUMN - 2, text, star ? " *" : "  ");
    }
    end_line(table);
}

/* ---- rows of other things ---- */

typedef void cell_text(const struct table *table, size_t run, char text[48]);

static void model_text(const struct table *table, size_t run, char text[48])
{
    snprintf(text, 48, "%s", table->meta->runs[run].model);
}

static void status_text(const struct table *table, size_t run, char text[48])
{
    enum run_status status = cell(table, 0, run)->status;
    size_t same = 0;
    for (size_t i = 0; i < table->options->count; i++)
        same += cell(table, i, run)->status == status;
    if (same == table->options->count)
        snprintf(text, 48, "%s", run_status_names[status]);
    else
        snprintf(text, 48, "%s %zu/%zu", run_status_names[status], same, table->options->count);
}

static bool went(const struct table *table, size_t run)
{
    struct run_brief brief;
    timeline_run(table->options->timelines[0], run, &brief);
    return brief.gone;
}

static void cores_text(const struct table *table, size_t run, char text[48])
{
    if (table->meta->runs[run].cores > 0)
        snprintf(text, 48, "%u", table->meta->runs[run].cores);
}

static void lanes_text(const struct table *table, size_t run, char text[48])
{
    if (went(table, run))
        snprintf(text, 48, "%llu", (unsigned long long)cell(table, 0, run)->lanes);
}

static void tasks_text(const struct table *table, size_t run, char text[48])
{
    const struct task_counts *tasks = &cell(table, 0, run)->tasks;
    if (went(table, run))
        snprintf(text, 48, "%llu/%llu", (unsigned long long)tasks->done,
                 (unsigned long long)tasks->submitted);
}

static void failed_text(const struct table *table, size_t run, char text[48])
{
    if (went(table, run))
        snprintf(text, 48, "%llu", (unsigned long long)cell(table, 0, run)->tasks.failed);
}

static void text_line(const struct table *table, const char *label, cell_text *of)
{
    buffer_printf(table->line, "%-*s", LABEL, label);
    for (size_t run = table->first; run < table->end; run++) {
        char text[48] = "n/a";
        of(table, run, text);
        buffer_printf(table->line, "%*s  ", COLUMN - 2, text);
    }
    end_line(table);
}

static bool any_failed(const struct table *table)
{
    for (size_t run = 0; run < table->runs; run++)
        if (cell(table, 0, run)->tasks.failed > 0)
            return true;
    return false;
}

/* ---- what the workers did with their time ---- */

static const char letters[STATE_COUNT] = {
    [STATE_RUN] = 'R', [STATE_NATIVE] = 'N', [STATE_READY] = 'c',
    [STATE_GIL] = 'G', [STATE_LOCK] = 'L',   [STATE_IO] = '.',
    [STATE_IPC] = 'p', [STATE_IDLE] = '-',   [STATE_OTHER] = 'o',
};

/* In millionths, over all repeats; false: nothing is known. */
static bool split_of(const struct table *table, size_t run, uint64_t parts[STATE_COUNT])
{
    bool any = false;
    for (size_t state = 0; state < STATE_COUNT; state++) {
        parts[state] = 0;
        for (size_t i = 0; i < table->options->count; i++) {
            const struct figure *share = &cell(table, i, run)->state_share[state];
            any = any || share->known;
            parts[state] += share->known ? (uint64_t)llround(share->value * 1e6) : 0;
        }
    }
    return any;
}

static void split_line(const struct table *table, enum state state)
{
    bool shown = false;
    for (size_t run = 0; run < table->runs; run++) {
        uint64_t parts[STATE_COUNT];
        shown = shown || (split_of(table, run, parts) && parts[state] > 0);
    }
    if (!shown)
        return;
    buffer_printf(table->line, "%c %-*s", letters[state], LABEL - 2, state_rows[state].word);
    for (size_t run = table->first; run < table->end; run++) {
        uint64_t parts[STATE_COUNT];
        int tenths[STATE_COUNT];
        if (!split_of(table, run, parts) || !cell(table, 0, run)->state_share[state].known) {
            buffer_printf(table->line, "%*s  ", COLUMN - 2, "n/a");
            continue;
        }
        /* Shared out in tenths of a percent, so that a column sums to 100.0. */
        share_cells(parts, STATE_COUNT, 1000, tenths);
        buffer_printf(table->line, "%*d.%d %%", COLUMN - 6, tenths[state] / 10, tenths[state] % 10);
        buffer_text(table->line, "  ");
    }
    end_line(table);
}

static void split_bars(const struct table *table)
{
    enum { NAME = 14 };
    int width = table->cols - NAME - 2;
    end_line(table);
    for (size_t run = 0; run < table->runs; run++) {
        uint64_t parts[STATE_COUNT];
        int cells[STATE_COUNT];
        if (!split_of(table, run, parts))
            continue;
        share_cells(parts, STATE_COUNT, width, cells);
        buffer_printf(table->line, "%-*s|", NAME, table->meta->runs[run].model);
        for (size_t state = 0; state < STATE_COUNT; state++)
            for (int i = 0; i < cells[state]; i++)
                buffer_byte(table->line, letters[state]);
        buffer_byte(table->line, '|');
        end_line(table);
    }
}

/* ---- the report ---- */

static void heads(const struct table *table)
{
    const struct meta *meta = table->meta;
    struct buffer line;
    buffer_init(&line);
    buffer_printf(&line, "%s: %s", meta->scenario, meta->title);
    paragraph(table, buffer_string(&line));
    buffer_clear(&line);
    for (uint32_t i = 0; i < meta->param_count; i++)
        buffer_printf(&line, "%s%s=%s", i > 0 ? " " : "", meta->params[i].name,
                      meta->params[i].text);
    paragraph(table, buffer_string(&line));
    buffer_clear(&line);
    buffer_printf(&line, "staging %s, seed %llu, %u cores", meta->staging,
                  (unsigned long long)meta->seed, meta->machine_cores);
    if (meta->cpu[0] != '\0')
        buffer_printf(&line, " (%s)", meta->cpu);
    for (size_t run = 0; run < table->runs; run++)
        if (meta->runs[run].switch_source != SOURCE_NONE) {
            buffer_printf(&line, ", switches from %s",
                          switch_source_names[meta->runs[run].switch_source]);
            break;
        }
    if (table->options->count > 1)
        buffer_printf(&line, ", medians of %zu races", table->options->count);
    if (!meta->comparable)
        buffer_printf(&line, "; NOT COMPARABLE: %s", meta->comparable_reason);
    paragraph(table, buffer_string(&line));
    buffer_fini(&line);
}

static void part(const struct table *table)
{
    end_line(table);
    text_line(table, "", model_text);
    text_line(table, "status", status_text);
    text_line(table, "cores", cores_text);
    text_line(table, "lanes", lanes_text);
    text_line(table, "tasks done", tasks_text);
    if (any_failed(table))
        text_line(table, "tasks failed", failed_text);
    for (const struct report_row *row = report_rows; row->key != NULL; row++)
        if (row->word != NULL)
            row_line(table, row);
    fputs("the workers' time:\n", table->into);
    for (enum state state = STATE_RUN; state < STATE_COUNT; state++)
        split_line(table, state);
}

static void notes(const struct table *table)
{
    const struct meta *meta = table->meta;
    char text[700];
    fputc('\n', table->into);
    for (size_t run = 0; run < table->runs; run++) {
        const struct meta_run *row = &meta->runs[run];
        const struct figures *figures = cell(table, 0, run);
        if (row->reason[0] != '\0') {
            snprintf(text, sizeof text, "%s: %s: %s", row->model, run_status_names[figures->status],
                     row->reason);
            paragraph(table, text);
        }
        if (row->switch_source == SOURCE_RUSAGE) {
            snprintf(text, sizeof text,
                     "%s: switches are getrusage's counts, and waits for a core are n/a: %s",
                     row->model, row->switch_reason);
            paragraph(table, text);
        }
        if (figures->events_lost.known && figures->events_lost.value > 0) {
            snprintf(text, sizeof text, "%s: %.0f events did not fit and are missing", row->model,
                     figures->events_lost.value);
            paragraph(table, text);
        }
        if (figures->lanes_lost.known && figures->lanes_lost.value > 0) {
            snprintf(text, sizeof text, "%s: of %.0f lanes nothing is known, for lack of rings",
                     row->model, figures->lanes_lost.value);
            paragraph(table, text);
        }
    }
}

/* What is wrong with each run, its evidence and what to change; of repeats those of the first. */
static void diagnoses(const struct table *table)
{
    const struct timeline *timeline = table->options->timelines[0];
    struct buffer text;
    buffer_init(&text);
    for (size_t run = 0; run < table->runs; run++) {
        const struct diagnosis *items;
        size_t count = timeline_diagnoses(timeline, run, &items);
        for (size_t i = 0; i < count; i++) {
            char at[FORMAT_SIZE];
            format_duration(at, sizeof at, items[i].t);
            buffer_clear(&text);
            buffer_printf(&text, "! %s: %s (at %s): %s %s", table->meta->runs[run].model,
                          items[i].name, at, items[i].evidence, items[i].advice);
            paragraph(table, buffer_string(&text));
        }
    }
    buffer_fini(&text);
}

static void conclusion(const struct table *table)
{
    struct verdict verdict;
    char text[sizeof verdict.why + 100];
    size_t agree = report_verdict(table->options, &verdict);
    if (!verdict.known) {
        paragraph(table, "No model ended well.");
        return;
    }
    snprintf(text, sizeof text, "%s", verdict.why);
    if (table->options->count > 1)
        snprintf(text + strlen(text), sizeof text - strlen(text),
                 " (%s was best in %zu of %zu races.)", table->meta->runs[verdict.best].model,
                 agree, table->options->count);
    paragraph(table, text);
    if (verdict.flip[0] != '\0') {
        snprintf(text, sizeof text, "To see it flip: %s", verdict.flip);
        paragraph(table, text);
    }
    int right = verdict_prediction(table->options->timelines[0], &verdict, text, sizeof text);
    if (right >= 0)
        paragraph(table, text);
}

static bool write_text(const struct output_options *options, FILE *into, struct error *error)
{
    struct buffer line;
    struct table table = { .options = options, .line = &line, .into = into };
    buffer_init(&line);
    table.meta = timeline_meta(options->timelines[0]);
    if (table.meta == NULL)
        return error_set(error, "the recording holds no race");
    table.cols = options->cols == 0           ? COLS
                 : options->cols > COLS_LEAST ? options->cols
                                              : COLS_LEAST;
    table.runs = timeline_runs(options->timelines[0]);
    table.figures =
        mem_zero(options->count * (table.runs > 0 ? table.runs : 1), sizeof *table.figures);
    for (size_t i = 0; i < options->count; i++)
        for (size_t run = 0; run < table.runs; run++)
            figures_at(options->timelines[i], run, UINT64_MAX,
                       &table.figures[i * table.runs + run]);
    heads(&table);
    size_t columns = (size_t)((table.cols - LABEL) / COLUMN);
    for (table.first = 0; table.first < table.runs; table.first = table.end) {
        table.end = table.first + columns < table.runs ? table.first + columns : table.runs;
        part(&table);
    }
    split_bars(&table);
    notes(&table);
    diagnoses(&table);
    conclusion(&table);
    free(table.figures);
    buffer_fini(&line);
    if (ferror(into))
        return error_set(error, "the report could not be written whole");
    return true;
}

const struct output output_text = {
    .name = "text",
    .help = "the report for people",
    .report = "text",
    .write = write_text,
};
