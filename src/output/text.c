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
#include "output/table.h"
#include "timeline/diagnose.h"

enum { LABEL = 24, COLUMN = 14, COLS = 100, COLS_LEAST = 60 };

struct sheet {
    struct table table;
    int cols;
    size_t columns;               /* how many runs have one: those that were carried */
    size_t column[META_RUNS_MAX]; /* and which run each is */
    size_t first, end;            /* the columns of the part that is written */
    struct buffer *line;          /* the row that is being written */
    FILE *into;
};

/* Text broken at blanks; lines after the first are indented. */
static void paragraph(const struct sheet *sheet, const char *text)
{
    static const struct style plain = { 0 };
    struct canvas canvas;
    struct rect rect = { .w = sheet->cols, .h = widget_wrap_rows(sheet->cols, text) };
    canvas_init(&canvas);
    canvas_reset(&canvas, rect.w, rect.h);
    widget_wrap(&canvas, rect, plain, text);
    for (int y = 0; y < rect.h; y++) {
        char *row = canvas_row_text(&canvas, y);
        fprintf(sheet->into, "%s\n", row);
        free(row);
    }
    canvas_fini(&canvas);
}

/* ---- rows of figures ---- */

/* Writes the row, without blanks at its end. */
static void end_line(const struct sheet *sheet)
{
    struct buffer *line = sheet->line;
    while (line->size > 0 && line->data[line->size - 1] == ' ')
        buffer_cut(line, line->size - 1);
    fprintf(sheet->into, "%s\n", buffer_string(line));
    buffer_clear(line);
}

static void row_line(const struct sheet *sheet, const struct report_row *row)
{
    double value, best = table_best(&sheet->table, row);
    bool any = false;
    for (size_t run = 0; run < sheet->table.runs; run++)
        any = any || table_median(&sheet->table, run, row, &value);
    if (!any)
        return;
    buffer_printf(sheet->line, "%-*s", LABEL, row->word);
    for (size_t i = sheet->first; i < sheet->end; i++) {
        size_t run = sheet->column[i];
        char text[32] = "n/a";
        bool known = table_median(&sheet->table, run, row, &value);
        if (known)
            table_value(row, value, text);
        bool star = known && table_done(&sheet->table, run) && value == best;
        buffer_printf(sheet->line, "%*s%s", COLUMN - 2, text, star ? " *" : "  ");
    }
    end_line(sheet);
}

/* ---- rows of other things ---- */

typedef void cell_text(const struct sheet *sheet, size_t run, char text[48]);

static void model_text(const struct sheet *sheet, size_t run, char text[48])
{
    snprintf(text, 48, "%s", sheet->table.meta->runs[run].model);
}

static void status_text(const struct sheet *sheet, size_t run, char text[48])
{
    enum run_status status = table_cell(&sheet->table, 0, run)->status;
    size_t same = 0;
    for (size_t i = 0; i < sheet->table.options->count; i++)
        same += table_cell(&sheet->table, i, run)->status == status;
    if (same == sheet->table.options->count)
        snprintf(text, 48, "%s", run_status_names[status]);
    else
        snprintf(text, 48, "%s %zu/%zu", run_status_names[status], same,
                 sheet->table.options->count);
}

static void cores_text(const struct sheet *sheet, size_t run, char text[48])
{
    if (sheet->table.meta->runs[run].cores > 0)
        snprintf(text, 48, "%u", sheet->table.meta->runs[run].cores);
}

static void lanes_text(const struct sheet *sheet, size_t run, char text[48])
{
    if (table_went(&sheet->table, run))
        snprintf(text, 48, "%llu", (unsigned long long)table_cell(&sheet->table, 0, run)->lanes);
}

static void tasks_text(const struct sheet *sheet, size_t run, char text[48])
{
    const struct task_counts *tasks = &table_cell(&sheet->table, 0, run)->tasks;
    if (table_went(&sheet->table, run))
        snprintf(text, 48, "%llu/%llu", (unsigned long long)tasks->done,
                 (unsigned long long)tasks->submitted);
}

static void failed_text(const struct sheet *sheet, size_t run, char text[48])
{
    if (table_went(&sheet->table, run))
        snprintf(text, 48, "%llu",
                 (unsigned long long)table_cell(&sheet->table, 0, run)->tasks.failed);
}

static void text_line(const struct sheet *sheet, const char *label, cell_text *of)
{
    buffer_printf(sheet->line, "%-*s", LABEL, label);
    for (size_t i = sheet->first; i < sheet->end; i++) {
        size_t run = sheet->column[i];
        char text[48] = "n/a";
        of(sheet, run, text);
        buffer_printf(sheet->line, "%*s  ", COLUMN - 2, text);
    }
    end_line(sheet);
}

static bool any_failed(const struct sheet *sheet)
{
    for (size_t run = 0; run < sheet->table.runs; run++)
        if (table_cell(&sheet->table, 0, run)->tasks.failed > 0)
            return true;
    return false;
}

/* ---- what the workers did with their time ---- */

static const char letters[STATE_COUNT] = {
    [STATE_RUN] = 'R', [STATE_NATIVE] = 'N', [STATE_READY] = 'c',
    [STATE_GIL] = 'G', [STATE_LOCK] = 'L',   [STATE_IO] = '.',
    [STATE_IPC] = 'p', [STATE_IDLE] = '-',   [STATE_OTHER] = 'o',
};

static void split_line(const struct sheet *sheet, enum state state)
{
    bool shown = false;
    for (size_t run = 0; run < sheet->table.runs; run++) {
        uint64_t parts[STATE_COUNT];
        shown = shown || (table_split(&sheet->table, run, parts) && parts[state] > 0);
    }
    if (!shown)
        return;
    buffer_printf(sheet->line, "%c %-*s", letters[state], LABEL - 2, state_rows[state].word);
    for (size_t i = sheet->first; i < sheet->end; i++) {
        size_t run = sheet->column[i];
        uint64_t parts[STATE_COUNT];
        int tenths[STATE_COUNT];
        if (!table_split(&sheet->table, run, parts) ||
            !table_cell(&sheet->table, 0, run)->state_share[state].known) {
            buffer_printf(sheet->line, "%*s  ", COLUMN - 2, "n/a");
            continue;
        }
        /* Shared out in tenths of a percent, so that a column sums to 100.0. */
        share_cells(parts, STATE_COUNT, 1000, tenths);
        buffer_printf(sheet->line, "%*d.%d %%", COLUMN - 6, tenths[state] / 10, tenths[state] % 10);
        buffer_text(sheet->line, "  ");
    }
    end_line(sheet);
}

static void split_bars(const struct sheet *sheet)
{
    enum { NAME = 14 };
    int width = sheet->cols - NAME - 2;
    end_line(sheet);
    for (size_t run = 0; run < sheet->table.runs; run++) {
        uint64_t parts[STATE_COUNT];
        int cells[STATE_COUNT];
        if (!table_split(&sheet->table, run, parts))
            continue;
        share_cells(parts, STATE_COUNT, width, cells);
        buffer_printf(sheet->line, "%-*s|", NAME, sheet->table.meta->runs[run].model);
        for (size_t state = 0; state < STATE_COUNT; state++)
            for (int i = 0; i < cells[state]; i++)
                buffer_byte(sheet->line, letters[state]);
        buffer_byte(sheet->line, '|');
        end_line(sheet);
    }
}

/* ---- the report ---- */

static void heads(const struct sheet *sheet)
{
    const struct meta *meta = sheet->table.meta;
    struct buffer line;
    buffer_init(&line);
    buffer_printf(&line, "%s: %s", meta->scenario, meta->title);
    paragraph(sheet, buffer_string(&line));
    buffer_clear(&line);
    for (uint32_t i = 0; i < meta->param_count; i++)
        buffer_printf(&line, "%s%s=%s", i > 0 ? " " : "", meta->params[i].name,
                      meta->params[i].text);
    paragraph(sheet, buffer_string(&line));
    buffer_clear(&line);
    buffer_printf(&line, "staging %s, seed %llu, %u cores", meta->staging,
                  (unsigned long long)meta->seed, meta->machine_cores);
    if (meta->cpu[0] != '\0')
        buffer_printf(&line, " (%s)", meta->cpu);
    for (size_t run = 0; run < sheet->table.runs; run++)
        if (meta->runs[run].switch_source != SOURCE_NONE) {
            buffer_printf(&line, ", switches from %s",
                          switch_source_names[meta->runs[run].switch_source]);
            break;
        }
    if (sheet->table.options->count > 1)
        buffer_printf(&line, ", medians of %zu races", sheet->table.options->count);
    if (!meta->comparable)
        buffer_printf(&line, "; NOT COMPARABLE: %s", meta->comparable_reason);
    paragraph(sheet, buffer_string(&line));
    buffer_fini(&line);
}

static void part(const struct sheet *sheet)
{
    end_line(sheet);
    text_line(sheet, "", model_text);
    text_line(sheet, "status", status_text);
    text_line(sheet, "cores", cores_text);
    text_line(sheet, "lanes", lanes_text);
    text_line(sheet, "tasks done", tasks_text);
    if (any_failed(sheet))
        text_line(sheet, "tasks failed", failed_text);
    for (const struct report_row *row = report_rows; row->key != NULL; row++)
        if (row->word != NULL)
            row_line(sheet, row);
    fputs("the workers' time:\n", sheet->into);
    for (enum state state = STATE_RUN; state < STATE_COUNT; state++)
        split_line(sheet, state);
}

static void notes(const struct sheet *sheet)
{
    const struct meta *meta = sheet->table.meta;
    char text[700];
    fputc('\n', sheet->into);
    for (size_t run = 0; run < sheet->table.runs; run++) {
        const struct meta_run *row = &meta->runs[run];
        const struct figures *figures = table_cell(&sheet->table, 0, run);
        if (row->reason[0] != '\0') {
            snprintf(text, sizeof text, "%s: %s: %s", row->model, run_status_names[figures->status],
                     row->reason);
            paragraph(sheet, text);
        }
        if (row->switch_source == SOURCE_RUSAGE) {
            snprintf(text, sizeof text,
                     "%s: switches are getrusage's counts, and waits for a core are n/a: %s",
                     row->model, row->switch_reason);
            paragraph(sheet, text);
        }
        if (figures->events_lost.known && figures->events_lost.value > 0) {
            snprintf(text, sizeof text, "%s: %.0f events did not fit and are missing", row->model,
                     figures->events_lost.value);
            paragraph(sheet, text);
        }
        if (figures->lanes_lost.known && figures->lanes_lost.value > 0) {
            snprintf(text, sizeof text, "%s: of %.0f lanes nothing is known, for lack of rings",
                     row->model, figures->lanes_lost.value);
            paragraph(sheet, text);
        }
    }
}

/* What is wrong with each run, its evidence and what to change; of repeats those of the first. */
static void diagnoses(const struct sheet *sheet)
{
    const struct timeline *timeline = sheet->table.options->timelines[0];
    struct buffer text;
    buffer_init(&text);
    for (size_t run = 0; run < sheet->table.runs; run++) {
        const struct diagnosis *items;
        size_t count = timeline_diagnoses(timeline, run, &items);
        for (size_t i = 0; i < count; i++) {
            char at[FORMAT_SIZE];
            format_duration(at, sizeof at, items[i].t);
            buffer_clear(&text);
            buffer_printf(&text, "! %s: %s (at %s): %s %s", sheet->table.meta->runs[run].model,
                          items[i].name, at, items[i].evidence, items[i].advice);
            paragraph(sheet, buffer_string(&text));
        }
    }
    buffer_fini(&text);
}

static void conclusion(const struct sheet *sheet)
{
    struct verdict verdict;
    char text[sizeof verdict.why + 100];
    size_t agree = report_verdict(sheet->table.options, &verdict);
    if (!verdict.known) {
        paragraph(sheet, "No model ended well.");
        return;
    }
    snprintf(text, sizeof text, "%s", verdict.why);
    if (sheet->table.options->count > 1)
        snprintf(text + strlen(text), sizeof text - strlen(text),
                 " (%s was best in %zu of %zu races.)", sheet->table.meta->runs[verdict.best].model,
                 agree, sheet->table.options->count);
    paragraph(sheet, text);
    if (verdict.flip[0] != '\0') {
        snprintf(text, sizeof text, "To see it flip: %s", verdict.flip);
        paragraph(sheet, text);
    }
    int right = verdict_prediction(sheet->table.options->timelines[0], &verdict, text, sizeof text);
    if (right >= 0)
        paragraph(sheet, text);
}

static bool write_text(const struct output_options *options, FILE *into, struct error *error)
{
    struct buffer line;
    struct sheet sheet = { .line = &line, .into = into };
    if (!table_open(&sheet.table, options, error))
        return false;
    buffer_init(&line);
    sheet.cols = options->cols == 0           ? COLS
                 : options->cols > COLS_LEAST ? options->cols
                                              : COLS_LEAST;
    heads(&sheet);
    size_t columns = (size_t)((sheet.cols - LABEL) / COLUMN);
    for (size_t run = 0; run < sheet.table.runs; run++) /* the notes say why the others were not */
        if (table_cell(&sheet.table, 0, run)->status != RUN_UNSUPPORTED)
            sheet.column[sheet.columns++] = run;
    for (sheet.first = 0; sheet.first < sheet.columns; sheet.first = sheet.end) {
        sheet.end = sheet.first + columns < sheet.columns ? sheet.first + columns : sheet.columns;
        part(&sheet);
    }
    split_bars(&sheet);
    notes(&sheet);
    diagnoses(&sheet);
    conclusion(&sheet);
    table_close(&sheet.table);
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
