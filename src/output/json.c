/*
 * The JSON report, schema 1. Keys are written in a fixed order, figures that are not known as null, and
 * the same trace gives the same bytes. Keys may be added in later versions; none is renamed.
 */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "output/rows.h"
#include "timeline/diagnose.h"

/* Nine digits: more than any clock here gives, few enough that no noise of binary fractions shows. */
static json_t *number(double value)
{
    if (!isfinite(value))
        return json_null();
    if (value == floor(value) && fabs(value) < 9e15)
        return json_integer((json_int_t)value);
    char text[40];
    snprintf(text, sizeof text, "%.9g", value);
    return json_real(strtod(text, NULL));
}

static json_t *of_figure(const struct figure *figure)
{
    return figure->known ? number(figure->value) : json_null();
}

/* "a.b" into an object of its own in `into`. */
static void put(json_t *into, const char *key, json_t *value)
{
    const char *dot = strchr(key, '.');
    if (dot == NULL) {
        json_object_set_new(into, key, value);
        return;
    }
    char head[32];
    snprintf(head, sizeof head, "%.*s", (int)(dot - key), key);
    json_t *inner = json_object_get(into, head);
    if (inner == NULL) {
        inner = json_object();
        json_object_set_new(into, head, inner);
    }
    json_object_set_new(inner, dot + 1, value);
}

static json_t *text_or_null(const char *text)
{
    return text[0] != '\0' ? json_string(text) : json_null();
}

static json_t *of_cores(const struct figure *busy, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, of_figure(&busy[i]));
    return array;
}

/* What is counted of a run that went: else nobody knows. */
static json_t *count_of(const struct run_brief *brief, uint64_t count)
{
    return brief->gone ? json_integer((json_int_t)count) : json_null();
}

static json_t *of_run(const struct timeline *timeline, size_t run)
{
    const struct meta_run *meta = &timeline_meta(timeline)->runs[run];
    struct figures figures;
    figures_at(timeline, run, UINT64_MAX, &figures);
    json_t *object = json_object();
    json_object_set_new(object, "model", json_string(meta->model));
    json_object_set_new(object, "status", json_string(run_status_names[figures.status]));
    json_object_set_new(object, "reason", text_or_null(meta->reason));
    json_object_set_new(object, "gave_up_at",
                        meta->gave_up_at > 0 ? json_integer(meta->gave_up_at) : json_null());
    json_object_set_new(object, "repeat", json_integer(meta->repeat));
    json_object_set_new(object, "cores", json_integer(meta->cores));
    struct run_brief brief;
    timeline_run(timeline, run, &brief);
    json_object_set_new(object, "lanes", count_of(&brief, figures.lanes));
    json_t *tasks = json_object();
    json_object_set_new(tasks, "submitted", count_of(&brief, figures.tasks.submitted));
    json_object_set_new(tasks, "done", count_of(&brief, figures.tasks.done));
    json_object_set_new(tasks, "failed", count_of(&brief, figures.tasks.failed));
    json_object_set_new(object, "tasks", tasks);
    for (const struct report_row *row = report_rows; row->key != NULL; row++)
        put(object, row->key, of_figure(report_figure(&figures, row)));
    json_object_set_new(object, "cores_busy", of_cores(figures.core_busy, figures.cores));
    json_object_set_new(object, "machine_busy", of_cores(figures.machine_busy, figures.cores));
    json_t *share = json_object();
    for (int state = 0; state < STATE_COUNT; state++)
        json_object_set_new(share, state_rows[state].key, of_figure(&figures.state_share[state]));
    json_object_set_new(object, "state_share", share);
    char checksum[24] = "";
    if (figures.tasks.done > 0)
        snprintf(checksum, sizeof checksum, "%016llx", (unsigned long long)figures.checksum);
    json_object_set_new(object, "checksum", text_or_null(checksum));
    json_object_set_new(object, "switch_reason", text_or_null(meta->switch_reason));
    return object;
}

static json_t *of_params(const struct meta *meta)
{
    json_t *object = json_object();
    for (uint32_t i = 0; i < meta->param_count; i++)
        json_object_set_new(object, meta->params[i].name, json_string(meta->params[i].text));
    return object;
}

static json_t *of_machine(const struct meta *meta)
{
    uint32_t source = SOURCE_NONE;
    for (uint32_t i = 0; i < meta->run_count; i++)
        if (meta->runs[i].switch_source > source)
            source = meta->runs[i].switch_source;
    json_t *object = json_object();
    json_object_set_new(object, "cores", json_integer(meta->machine_cores));
    json_object_set_new(object, "cpu", text_or_null(meta->cpu));
    json_object_set_new(object, "kernel", text_or_null(meta->kernel));
    json_object_set_new(object, "switch_source", json_string(switch_source_names[source]));
    return object;
}

static json_t *of_verdict(const struct output_options *options)
{
    struct verdict verdict;
    size_t agree = report_verdict(options, &verdict);
    const struct meta *meta = timeline_meta(options->timelines[0]);
    json_t *object = json_object();
    json_object_set_new(object, "best",
                        verdict.known ? json_string(meta->runs[verdict.best].model) : json_null());
    json_object_set_new(object, "why", text_or_null(verdict.why));
    json_object_set_new(object, "flip", text_or_null(verdict.flip));
    char answer[300];
    int came = verdict_prediction(options->timelines[0], &verdict, answer, sizeof answer);
    json_object_set_new(object, "predicted", text_or_null(meta->predicted));
    json_object_set_new(object, "came_true", came < 0 ? json_null() : json_boolean(came));
    json_object_set_new(object, "answer", text_or_null(answer));
    if (options->count > 1)
        json_object_set_new(object, "agree", json_integer((json_int_t)agree));
    return object;
}

/* Of all runs of all repeats, the gravest of each first. */
static json_t *of_diagnoses(const struct output_options *options)
{
    json_t *array = json_array();
    for (size_t i = 0; i < options->count; i++) {
        const struct timeline *timeline = options->timelines[i];
        for (size_t run = 0; run < timeline_runs(timeline); run++) {
            const struct diagnosis *diagnoses;
            size_t count = timeline_diagnoses(timeline, run, &diagnoses);
            for (size_t k = 0; k < count; k++) {
                json_t *object = json_object();
                const struct meta_run *meta = &timeline_meta(timeline)->runs[run];
                json_object_set_new(object, "name", json_string(diagnoses[k].name));
                json_object_set_new(object, "model", json_string(meta->model));
                json_object_set_new(object, "repeat", json_integer(meta->repeat));
                json_object_set_new(object, "at_s", number((double)diagnoses[k].t / 1e9));
                json_object_set_new(object, "evidence", json_string(diagnoses[k].evidence));
                json_object_set_new(object, "advice", json_string(diagnoses[k].advice));
                json_array_append_new(array, object);
            }
        }
    }
    return array;
}

/* Where the figures come from: of each the first run's in which it is known. */
static json_t *of_sources(const struct output_options *options)
{
    json_t *object = json_object();
    for (const struct report_row *row = report_rows; row->key != NULL; row++)
        json_object_set_new(object, row->key, json_null());
    const struct timeline *timeline = options->timelines[0];
    for (size_t run = timeline_runs(timeline); run-- > 0;) {
        struct figures figures;
        figures_at(timeline, run, UINT64_MAX, &figures);
        for (const struct report_row *row = report_rows; row->key != NULL; row++) {
            const struct figure *figure = report_figure(&figures, row);
            if (figure->known)
                json_object_set_new(object, row->key, json_string(report_sources[figure->source]));
        }
    }
    return object;
}

/* ---- --repeat: the median and the spread of each figure, by model. ---- */

static json_t *spread_of(double *values, size_t count)
{
    if (count == 0)
        return json_null();
    struct report_spread spread = report_spread(values, count);
    json_t *object = json_object();
    json_object_set_new(object, "median", number(spread.median));
    json_object_set_new(object, "min", number(spread.least));
    json_object_set_new(object, "max", number(spread.greatest));
    json_object_set_new(object, "count", json_integer((json_int_t)count));
    return object;
}

static json_t *of_summary(const struct output_options *options)
{
    const struct meta *meta = timeline_meta(options->timelines[0]);
    struct figures *figures = mem_zero(options->count, sizeof *figures);
    double *values = mem_zero(options->count, sizeof *values);
    json_t *summary = json_array();
    for (uint32_t run = 0; run < meta->run_count; run++) {
        json_t *object = json_object();
        json_object_set_new(object, "model", json_string(meta->runs[run].model));
        for (size_t i = 0; i < options->count; i++)
            figures_at(options->timelines[i], run, UINT64_MAX, &figures[i]);
        for (const struct report_row *row = report_rows; row->key != NULL; row++) {
            size_t known = 0;
            for (size_t i = 0; i < options->count; i++) {
                const struct figure *figure = report_figure(&figures[i], row);
                if (figure->known && figures[i].status == RUN_DONE)
                    values[known++] = figure->value;
            }
            put(object, row->key, spread_of(values, known));
        }
        json_array_append_new(summary, object);
    }
    free(values);
    free(figures);
    return summary;
}

static bool write_json(const struct output_options *options, FILE *into, struct error *error)
{
    const struct timeline *first = options->timelines[0];
    const struct meta *meta = timeline_meta(first);
    if (meta == NULL)
        return error_set(error, "the recording holds no race");
    json_t *report = json_object();
    json_object_set_new(report, "lockstep", json_string(meta->lockstep));
    json_object_set_new(report, "schema", json_integer(1));
    json_object_set_new(report, "scenario", json_string(meta->scenario));
    json_object_set_new(report, "seed", json_integer((json_int_t)meta->seed));
    json_object_set_new(report, "staging", json_string(meta->staging));
    json_object_set_new(report, "comparable", json_boolean(meta->comparable));
    json_object_set_new(report, "comparable_reason", text_or_null(meta->comparable_reason));
    json_object_set_new(report, "params", of_params(meta));
    json_object_set_new(report, "machine", of_machine(meta));
    json_t *runs = json_array();
    for (size_t i = 0; i < options->count; i++)
        for (size_t run = 0; run < timeline_runs(options->timelines[i]); run++)
            json_array_append_new(runs, of_run(options->timelines[i], run));
    json_object_set_new(report, "runs", runs);
    if (options->count > 1)
        json_object_set_new(report, "summary", of_summary(options));
    json_object_set_new(report, "sources", of_sources(options));
    json_object_set_new(report, "diagnoses", of_diagnoses(options));
    json_object_set_new(report, "verdict", of_verdict(options));
    int failed = json_dumpf(report, into, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    json_decref(report);
    if (failed != 0 || fputc('\n', into) == EOF)
        return error_set(error, "the JSON report could not be written whole");
    return true;
}

const struct output output_json = {
    .name = "json",
    .help = "the report as JSON, schema 1",
    .report = "json",
    .write = write_json,
};
