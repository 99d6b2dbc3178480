/*
 * The format `html`: the whole race on one page that needs nothing else: no script, no font, no picture
 * from elsewhere. First the answer, then the table, then each run over time on an axis that all of
 * them share. Light or dark as the reader's machine is, light on paper; on a phone what is wide
 * scrolls.
 *
 * Of repeated races the table has medians; the charts are those of the first race.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/format.h"
#include "draw/widget.h"
#include "output/chart.h"
#include "output/escape.h"
#include "output/rows.h"
#include "output/table.h"
#include "timeline/diagnose.h"

enum { HOLDERS = 8 };

/* ---- head ---- */

static void put_colours(FILE *into, const struct theme *theme)
{
    const struct theme_look *look = theme->look;
    static const struct {
        const char *name;
        unsigned role;
    } words[] = {
        { "back", ROLE_BACK },     { "text", ROLE_TEXT },   { "quiet", ROLE_QUIET },
        { "strong", ROLE_STRONG }, { "good", ROLE_GOOD },   { "warn", ROLE_WARN },
        { "bad", ROLE_BAD },       { "chart", ROLE_CHART }, { "track", ROLE_TRACK },
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        fprintf(into, "--%s:#%06x;", words[i].name, look[words[i].role].rgb);
    for (int state = 0; state < STATE_COUNT; state++)
        fprintf(into, "--s%d:#%06x;", state, look[ROLE_STATE_FIRST + state].rgb);
    for (int holder = 0; holder < HOLDERS; holder++)
        fprintf(into, "--h%d:#%06x;", holder, look[ROLE_HOLDER_FIRST + holder].rgb);
}

static const char style[] =
    "body{background:var(--back);color:var(--text);font:16px/1.5 system-ui,sans-serif;max-width:"
    "1100px;margin:0 auto;padding:1rem}"
    "h1{margin:0;line-height:1.2}h2{margin:2rem 0 .3rem;line-height:1.2}h1,h2,b{color:var(--strong)}"
    "p{margin:.4rem 0}.q{color:var(--quiet)}.bad{color:var(--bad)}.warn{color:var(--warn)}"
    ".v{font-size:1.25rem;border-left:.4rem solid var(--good);padding:.2rem 0 .2rem .8rem;margin:1rem 0}"
    ".w{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}"
    "th,td{padding:.15rem .8rem .15rem 0;text-align:right;white-space:nowrap;border-bottom:1px solid "
    "var(--track)}th:first-child,td:first-child{text-align:left;color:var(--quiet);font-weight:normal}"
    ".best{color:var(--good);font-weight:bold}"
    ".w>svg{width:100%;min-width:680px;display:block}.h{width:100%;max-width:440px;display:block}"
    "svg text{font:11px system-ui,sans-serif;fill:var(--quiet)}.l{text-anchor:end}.m{text-anchor:middle}"
    ".t{fill:var(--track)}.c{fill:var(--chart)}.a{stroke:var(--quiet)}"
    ".k{fill:var(--warn);stroke:var(--warn);stroke-opacity:.5}"
    ".n{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;padding:0;list-style:none}"
    ".n i,td i{display:inline-block;width:.9em;height:.9em;margin-right:.4em;vertical-align:-.1em}"
    ".b{display:flex;height:1.2rem;margin:.2rem 0}.b i{display:block}"
    "section{break-inside:avoid}@media print{body{font-size:10pt;max-width:none;padding:0}"
    ".w{overflow:visible}.w>svg{min-width:0}.w>svg text{font-size:14px}"
    "*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}";

static void put_head(FILE *into, const struct meta *meta)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>"
          "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"/>"
          "<meta name=\"color-scheme\" content=\"light dark\"/><title>lockstep: ",
          into);
    escape_xml(into, meta->scenario);
    fputs("</title>\n<style>:root{", into);
    put_colours(into, theme_find("projector"));
    fputs("}@media screen and (prefers-color-scheme:dark){:root{", into);
    put_colours(into, theme_find("default"));
    fprintf(into, "}}%s</style></head>\n<body>\n", style);
}

static void put_tag(FILE *into, const char *open, const char *text, const char *close)
{
    fputs(open, into);
    escape_xml(into, text);
    fputs(close, into);
}

static void put_about(FILE *into, const struct table *table)
{
    const struct meta *meta = table->meta;
    put_tag(into, "<h1>", meta->scenario, "</h1>\n");
    put_tag(into, "<p>", meta->title, "</p>\n<p class=\"q\">");
    for (uint32_t i = 0; i < meta->param_count; i++) {
        put_tag(into, i > 0 ? " · " : "", meta->params[i].name, " ");
        put_tag(into, "<b>", meta->params[i].text, "</b>");
    }
    fputs("</p>\n<p class=\"q\">", into);
    put_tag(into, "staging ", meta->staging, "");
    fprintf(into, " · seed %llu · %u cores", (unsigned long long)meta->seed, meta->machine_cores);
    if (meta->cpu[0] != '\0')
        put_tag(into, " (", meta->cpu, ")");
    if (table->options->count > 1)
        fprintf(into, " · medians of %zu races", table->options->count);
    put_tag(into, " · lockstep ", meta->lockstep, "</p>\n");
    if (!meta->comparable)
        put_tag(into, "<p class=\"bad\">Not comparable: ", meta->comparable_reason, "</p>\n");
}

static void put_verdict(FILE *into, const struct table *table)
{
    struct verdict verdict;
    char text[sizeof verdict.why + 100];
    size_t agree = report_verdict(table->options, &verdict);
    put_tag(into, "<p class=\"v\">", verdict.known ? verdict.why : "No model ended well.", "");
    if (verdict.known && table->options->count > 1)
        fprintf(into, " (%s was best in %zu of %zu races.)", table->meta->runs[verdict.best].model,
                agree, table->options->count);
    fputs("</p>\n", into);
    if (verdict.known && verdict.flip[0] != '\0')
        put_tag(into, "<p>To see it flip: ", verdict.flip, "</p>\n");
    if (verdict.known &&
        verdict_prediction(table->options->timelines[0], &verdict, text, sizeof text) >= 0)
        put_tag(into, "<p>", text, "</p>\n");
}

/* ---- the table ---- */

static void put_row(FILE *into, const struct table *table, const struct report_row *row)
{
    double value, best = table_best(table, row);
    bool any = false;
    for (size_t run = 0; run < table->runs; run++)
        any = any || table_median(table, run, row, &value);
    if (!any)
        return;
    put_tag(into, "<tr><td>", row->word, "</td>");
    for (size_t run = 0; run < table->runs; run++) {
        char text[32] = "n/a";
        bool known = table_median(table, run, row, &value);
        if (known)
            table_value(row, value, text);
        bool is_best = known && table_done(table, run) && value == best;
        put_tag(into, is_best ? "<td class=\"best\">★ " : "<td>", text, "</td>");
    }
    fputs("</tr>\n", into);
}

static void put_counts(FILE *into, const struct table *table)
{
    fputs("<tr><td>status</td>", into);
    for (size_t run = 0; run < table->runs; run++)
        put_tag(into, "<td>", run_status_names[table_cell(table, 0, run)->status], "</td>");
    fputs("</tr>\n<tr><td>lanes</td>", into);
    for (size_t run = 0; run < table->runs; run++) {
        if (table_went(table, run))
            fprintf(into, "<td>%llu</td>", (unsigned long long)table_cell(table, 0, run)->lanes);
        else
            fputs("<td>n/a</td>", into);
    }
    fputs("</tr>\n<tr><td>tasks done</td>", into);
    for (size_t run = 0; run < table->runs; run++) {
        const struct task_counts *tasks = &table_cell(table, 0, run)->tasks;
        if (table_went(table, run))
            fprintf(into, "<td>%llu/%llu</td>", (unsigned long long)tasks->done,
                    (unsigned long long)tasks->submitted);
        else
            fputs("<td>n/a</td>", into);
    }
    fputs("</tr>\n", into);
}

/* In tenths of a percent, so that a column sums to 100.0. */
static void put_state(FILE *into, const struct table *table, enum state state)
{
    uint64_t parts[STATE_COUNT];
    int tenths[STATE_COUNT];
    bool shown = false;
    for (size_t run = 0; run < table->runs; run++)
        shown = shown || (table_split(table, run, parts) && parts[state] > 0);
    if (!shown)
        return;
    fprintf(into, "<tr><td><i style=\"background:var(--s%d)\"></i>", state);
    put_tag(into, "", state_rows[state].word, "</td>");
    for (size_t run = 0; run < table->runs; run++) {
        if (!table_split(table, run, parts) ||
            !table_cell(table, 0, run)->state_share[state].known) {
            fputs("<td>n/a</td>", into);
            continue;
        }
        share_cells(parts, STATE_COUNT, 1000, tenths);
        fprintf(into, "<td>%d.%d %%</td>", tenths[state] / 10, tenths[state] % 10);
    }
    fputs("</tr>\n", into);
}

static void put_table(FILE *into, const struct table *table)
{
    fputs("<div class=\"w\"><table><thead><tr><th></th>", into);
    for (size_t run = 0; run < table->runs; run++)
        put_tag(into, "<th>", table->meta->runs[run].model, "</th>");
    fputs("</tr></thead><tbody>\n", into);
    put_counts(into, table);
    for (const struct report_row *row = report_rows; row->key != NULL; row++)
        if (row->word != NULL)
            put_row(into, table, row);
    fprintf(into, "<tr><td><b>the workers' time</b></td>%s</tr>\n", "");
    for (enum state state = STATE_RUN; state < STATE_COUNT; state++)
        put_state(into, table, state);
    fputs("</tbody></table></div>\n", into);
}

/* ---- runs ---- */

static void put_legend(FILE *into)
{
    fputs("<ul class=\"n\">", into);
    for (int state = 0; state < STATE_COUNT; state++) {
        fprintf(into, "<li title=\"");
        escape_xml(into, state_rows[state].explain);
        fprintf(into, "\"><i style=\"background:var(--s%d)\"></i>", state);
        put_tag(into, "", state_rows[state].word, "</li>");
    }
    fputs(
        "</ul>\n<p class=\"q\">In the rows of a GIL the colour is the holder's. A strip shows what "
        "lasted longest in each of its 240 bins of time; all runs have the same axis.</p>\n",
        into);
}

static void put_marks(FILE *into, const struct timeline *timeline, size_t run)
{
    enum { MOST = 12 };
    const struct mark *marks;
    size_t count = timeline_marks(timeline, run, &marks);
    if (count == 0)
        return;
    fputs("<p class=\"q\">", into);
    for (size_t i = 0; i < count && i < MOST; i++) {
        char at[FORMAT_SIZE];
        fprintf(into, "%s▼ %s ", i > 0 ? " · " : "", format_duration(at, sizeof at, marks[i].t));
        escape_xml(into, marks[i].label);
    }
    if (count > MOST)
        fprintf(into, " · and %zu more", count - MOST);
    fputs("</p>\n", into);
}

static void put_notes(FILE *into, const struct table *table, size_t run)
{
    const struct meta_run *row = &table->meta->runs[run];
    const struct figures *figures = table_cell(table, 0, run);
    if (row->reason[0] != '\0')
        put_tag(into, "<p class=\"bad\">", row->reason, "</p>\n");
    if (row->switch_source == SOURCE_RUSAGE)
        put_tag(into,
                "<p class=\"q\">Switches are getrusage's counts, and waits for a core are n/a: ",
                row->switch_reason, "</p>\n");
    if (figures->events_lost.known && figures->events_lost.value > 0)
        fprintf(into, "<p class=\"bad\">%.0f events did not fit and are missing.</p>\n",
                figures->events_lost.value);
    if (figures->lanes_lost.known && figures->lanes_lost.value > 0)
        fprintf(into, "<p class=\"bad\">Of %.0f lanes nothing is known, for lack of rings.</p>\n",
                figures->lanes_lost.value);
}

/* What is wrong with the run, its evidence and what to change. */
static void put_diagnoses(FILE *into, const struct timeline *timeline, size_t run)
{
    const struct diagnosis *items;
    size_t count = timeline_diagnoses(timeline, run, &items);
    for (size_t i = 0; i < count; i++) {
        char at[FORMAT_SIZE];
        put_tag(into, "<p><b class=\"warn\">", items[i].name, "</b>");
        fprintf(into, " (at %s): ", format_duration(at, sizeof at, items[i].t));
        put_tag(into, "", items[i].evidence, " ");
        put_tag(into, "", items[i].advice, "</p>\n");
    }
}

static void put_run(FILE *into, const struct table *table, size_t run)
{
    const struct timeline *timeline = table->options->timelines[0];
    put_tag(into, "<section><h2>", table->meta->runs[run].title, "</h2>\n");
    put_notes(into, table, run);
    put_diagnoses(into, timeline, run);
    if (table_went(table, run)) {
        put_marks(into, timeline, run);
        chart_run(into, timeline, run, timeline_length(timeline));
        chart_latency(into, timeline, run);
    }
    fputs("</section>\n", into);
}

static bool write_html(const struct output_options *options, FILE *into, struct error *error)
{
    struct table table;
    if (!table_open(&table, options, error))
        return false;
    put_head(into, table.meta);
    put_about(into, &table);
    put_verdict(into, &table);
    put_table(into, &table);
    put_legend(into);
    bool well = true;
    for (size_t run = 0; well && run < table.runs; run++) {
        put_run(into, &table, run);
        well = output_goes_on(options, into, run, table.runs, error);
    }
    fputs(
        "<p class=\"q\">Figures of the GIL are measured, of a GIL that is simulated; the kernel's "
        "memory is an estimate; n/a is what nobody knows.</p>\n</body></html>\n",
        into);
    table_close(&table);
    return well && (!ferror(into) || error_set(error, "the page could not be written whole"));
}

const struct output output_html = {
    .name = "html",
    .report = "html",
    .help = "one page with the answer, the table and charts",
    .write = write_html,
};
