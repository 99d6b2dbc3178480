/*
 * The reports, of toy races: what schema 1 promises, unknown as null, the same bytes each time;
 * medians over repeats; tables that keep to their width and sum to 100.
 */
#include <check.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output/output.h"
#include "tests/toy.h"
#include "timeline/figures.h"

enum { REPEATS = 3 };

/* What an output writes of some races; the caller frees it. */
static char *written(const char *name, const struct timeline *const *timelines, size_t count,
                     int cols)
{
    const struct output_options options = { .timelines = timelines, .count = count, .cols = cols };
    const struct output *output = output_find(name);
    ck_assert_ptr_nonnull(output);
    ck_assert_ptr_null(output->missing);
    char *text = NULL;
    size_t size = 0;
    FILE *into = open_memstream(&text, &size);
    struct error error = { "" };
    ck_assert_msg(output->write(&options, into, &error), "%s", error.text);
    fclose(into);
    return text;
}

static struct timeline *race(uint32_t latency_us, const char *predicted)
{
    static const char *const models[] = { "serial", "threads", "processes", "loop", "free", NULL };
    struct toy toy;
    toy_init(&toy);
    toy_models(&toy, models);
    toy.tasks = 40;
    toy.latency_us = latency_us;
    toy.predicted = predicted;
    toy.runs[4].status = RUN_UNSUPPORTED;
    toy.runs[4].reason = "no such build, \"free\"";
    struct timeline *timeline = timeline_new();
    toy_feed(&toy, timeline);
    return timeline;
}

static json_t *at(json_t *object, const char *path)
{
    char copy[80], *rest = copy, *key;
    snprintf(copy, sizeof copy, "%s", path);
    while (object != NULL && (key = strsep(&rest, ".")) != NULL)
        object = json_object_get(object, key);
    ck_assert_msg(object != NULL, "no %s", path);
    return object;
}

/* ---- JSON ---- */

static const char *const run_keys[] = {
    "model",
    "status",
    "reason",
    "gave_up_at",
    "repeat",
    "cores",
    "lanes",
    "wall_s",
    "startup_s",
    "tasks.submitted",
    "tasks.done",
    "tasks.failed",
    "throughput_per_s",
    "latency_ms.p50",
    "latency_ms.p90",
    "latency_ms.p99",
    "latency_ms.max",
    "queue_wait_ms.p50",
    "queue_wait_ms.p99",
    "cpu_s.user",
    "cpu_s.system",
    "cores_busy",
    "machine_busy",
    "gil.held_s",
    "gil.waited_s",
    "gil.handovers",
    "gil.forced",
    "gil.drop_requests",
    "switches.voluntary",
    "switches.involuntary",
    "queue.mean",
    "queue.max",
    "memory_kib.pss_peak",
    "memory_kib.rss_peak",
    "memory_kib.kernel_estimate",
    "connections.peak",
    "serialised_bytes",
    "speedup",
    "events.seen",
    "events.lost",
    "observer.cost_s",
};
static const char *const race_keys[] = {
    "lockstep", "schema",  "scenario", "seed",        "staging",      "comparable",
    "params",   "machine", "runs",     "verdict.why", "verdict.best", "machine.switch_source",
};

START_TEST(json_holds_schema_1)
{
    const struct timeline *timeline = race(20000, NULL);
    char *text = written("json", &timeline, 1, 0), *again = written("json", &timeline, 1, 0);
    ck_assert_str_eq(text, again);
    json_error_t error;
    json_t *report = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    ck_assert_msg(report != NULL, "%s", error.text);
    for (size_t i = 0; i < sizeof race_keys / sizeof *race_keys; i++)
        at(report, race_keys[i]);
    ck_assert_int_eq(json_integer_value(at(report, "schema")), 1);
    ck_assert_str_eq(json_string_value(at(report, "params.latency")), "50ms");
    ck_assert_str_eq(json_string_value(at(report, "verdict.best")), "loop");
    ck_assert_ptr_null(json_object_get(report, "summary"));
    json_t *runs = at(report, "runs"), *run;
    ck_assert_uint_eq(json_array_size(runs), 5);
    size_t index;
    json_array_foreach(runs, index, run)
    {
        for (size_t i = 0; i < sizeof run_keys / sizeof *run_keys; i++)
            at(run, run_keys[i]);
        double sum = 0;
        for (enum state state = STATE_RUN; state < STATE_COUNT; state++)
            sum += json_number_value(at(at(run, "state_share"), state_rows[state].key));
        if (index < 4)
            ck_assert_double_eq_tol(sum, 1, 1e-6);
    }
    /* The one that never went: everything that was not measured is null. */
    run = json_array_get(runs, 4);
    ck_assert_str_eq(json_string_value(at(run, "status")), "unsupported");
    ck_assert_str_eq(json_string_value(at(run, "reason")), "no such build, \"free\"");
    static const char *const nulls[] = {
        "lanes",
        "wall_s",
        "tasks.done",
        "latency_ms.p99",
        "gil.held_s",
        "switches.voluntary",
        "memory_kib.pss_peak",
        "state_share.run",
        "events.lost",
        "speedup",
        "checksum",
        "serialised_bytes",
    };
    for (size_t i = 0; i < sizeof nulls / sizeof *nulls; i++)
        ck_assert_msg(json_is_null(at(run, nulls[i])), "%s is not null", nulls[i]);
    /* The figures of the report are those of the timeline. */
    struct figures figures;
    figures_at(timeline, 1, UINT64_MAX, &figures);
    run = json_array_get(runs, 1);
    ck_assert_double_eq_tol(json_number_value(at(run, "wall_s")), figures.wall_s.value, 1e-8);
    ck_assert_double_eq(json_number_value(at(run, "gil.handovers")), figures.gil_handovers.value);
    ck_assert_str_eq(json_string_value(json_object_get(at(report, "sources"), "gil.held_s")),
                     "simulated");
    json_decref(report);
    free(text);
    free(again);
    timeline_free((struct timeline *)timeline);
}
END_TEST

START_TEST(json_of_repeats_has_medians)
{
    static const uint32_t latencies[REPEATS] = { 30000, 10000, 20000 };
    const struct timeline *timelines[REPEATS];
    double walls[REPEATS];
    for (size_t i = 0; i < REPEATS; i++) {
        struct figures figures;
        timelines[i] = race(latencies[i], NULL);
        figures_at(timelines[i], 0, UINT64_MAX, &figures);
        walls[i] = figures.wall_s.value;
    }
    char *text = written("json", timelines, REPEATS, 0);
    json_t *report = json_loads(text, 0, NULL);
    ck_assert_uint_eq(json_array_size(at(report, "runs")), 5 * REPEATS);
    json_t *serial = json_array_get(at(report, "summary"), 0);
    ck_assert_str_eq(json_string_value(at(serial, "model")), "serial");
    ck_assert_double_eq_tol(json_number_value(at(serial, "wall_s.median")), walls[2], 1e-8);
    ck_assert_double_eq_tol(json_number_value(at(serial, "wall_s.min")), walls[1], 1e-8);
    ck_assert_double_eq_tol(json_number_value(at(serial, "wall_s.max")), walls[0], 1e-8);
    ck_assert_int_eq(json_integer_value(at(serial, "wall_s.count")), REPEATS);
    ck_assert(json_is_null(at(json_array_get(at(report, "summary"), 4), "wall_s")));
    ck_assert_int_eq(json_integer_value(at(report, "verdict.agree")), REPEATS);
    json_decref(report);
    free(text);
    for (size_t i = 0; i < REPEATS; i++)
        timeline_free((struct timeline *)timelines[i]);
}
END_TEST

/* ---- CSV ---- */

/* Fields of a line as RFC 4180 has them. */
static size_t fields(const char *line, const char *end)
{
    size_t count = 1;
    bool quoted = false;
    for (; line < end; line++) {
        quoted = *line == '"' ? !quoted : quoted;
        count += *line == ',' && !quoted;
    }
    ck_assert(!quoted);
    return count;
}

START_TEST(csv_has_a_line_a_run)
{
    const struct timeline *timelines[] = { race(20000, NULL), race(10000, NULL) };
    char *text = written("csv-report", timelines, 2, 0);
    size_t lines = 0, heads = 0;
    for (const char *line = text; *line != '\0'; lines++) {
        const char *end = strstr(line, "\r\n");
        ck_assert_ptr_nonnull(end);
        if (lines == 0)
            heads = fields(line, end);
        ck_assert_uint_eq(fields(line, end), heads);
        line = end + 2;
    }
    ck_assert_uint_eq(lines, 1 + 2 * 5);
    ck_assert_ptr_nonnull(strstr(text, "unsupported,\"no such build, \"\"free\"\"\","));
    ck_assert_ptr_null(strstr(text, "nan"));
    free(text);
    timeline_free((struct timeline *)timelines[0]);
    timeline_free((struct timeline *)timelines[1]);
}
END_TEST

/* ---- text ---- */

/* The line that begins with `label`, or an empty one; the caller frees it. */
static char *line_of(const char *text, const char *label)
{
    for (const char *line = text; line != NULL && *line != '\0';) {
        const char *end = strchr(line, '\n');
        if (strncmp(line, label, strlen(label)) == 0)
            return strndup(line, (size_t)(end - line));
        line = end + 1;
    }
    return strdup("");
}

START_TEST(text_keeps_to_its_width)
{
    static const int widths[] = { 60, 80, 100, 160 };
    const struct timeline *timeline = race(20000, "loop");
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        char *text = written("text", &timeline, 1, widths[i]);
        size_t width = 0;
        for (const char *c = text; *c != '\0'; c++) {
            width = *c == '\n' ? 0 : width + 1;
            ck_assert_msg(width <= (size_t)widths[i], "a line is wider than %d", widths[i]);
            ck_assert(*c != '\n' || c == text || c[-1] != ' ');
        }
        /* Whatever the width, every model has its cells. */
        static const char *const models[] = { "serial", "threads", "processes", "loop", "free" };
        for (size_t m = 0; m < 5; m++)
            ck_assert_ptr_nonnull(strstr(text, models[m]));
        ck_assert_ptr_nonnull(strstr(text, "the loop finished first"));
        ck_assert_ptr_nonnull(strstr(text, "Right: you said the loop"));
        ck_assert_ptr_nonnull(strstr(text, "free: unsupported: no such build"));
        free(text);
    }
    timeline_free((struct timeline *)timeline);
}
END_TEST

START_TEST(text_marks_the_best_and_sums_to_100)
{
    const struct timeline *timeline = race(20000, NULL);
    char *text = written("text", &timeline, 1, 160);
    char *wall = line_of(text, "wall time"), *tasks = line_of(text, "tasks done");
    /* One star, behind the loop's figure, which is the fourth and last: what was not carried has no
     * column, but a note. */
    ck_assert_ptr_nonnull(strchr(wall, '*'));
    ck_assert_ptr_eq(strchr(wall, '*'), strrchr(wall, '*'));
    ck_assert_int_eq(wall[strlen(wall) - 1], '*');
    ck_assert_ptr_nonnull(strstr(tasks, "40/40"));
    ck_assert_ptr_null(strstr(tasks, "n/a"));
    ck_assert_ptr_nonnull(strstr(text, "free: unsupported: no such build"));
    int tenths[4] = { 0 };
    const char *lines = strstr(text, "the workers' time:");
    ck_assert_ptr_nonnull(lines);
    for (enum state state = STATE_RUN; state < STATE_COUNT; state++) {
        char *word = strstr(lines, state_rows[state].word);
        const char *figure = word != NULL ? word + strlen(state_rows[state].word) : "";
        for (int run = 0; run < 4 && word != NULL; run++) {
            int whole, tenth, used;
            ck_assert_int_eq(sscanf(figure, " %d.%d %%%n", &whole, &tenth, &used), 2);
            tenths[run] += whole * 10 + tenth;
            figure += used;
        }
    }
    for (int run = 0; run < 4; run++)
        ck_assert_int_eq(tenths[run], 1000);
    free(wall);
    free(tasks);
    free(text);
    timeline_free((struct timeline *)timeline);
}
END_TEST

/* A row in which several are equally good marks none of them. */
START_TEST(text_marks_no_crowd)
{
    const struct timeline *timeline = race(20000, NULL);
    char *text = written("text", &timeline, 1, 160);
    char *line = line_of(text, "GIL hand-overs");
    ck_assert_ptr_null(strchr(line, '*'));
    free(line);
    line = line_of(text, "waited for the GIL"); /* only threads wait */
    ck_assert_str_ne(line, "");
    ck_assert_ptr_null(strchr(line, '*'));
    free(line);
    free(text);
    timeline_free((struct timeline *)timeline);
}
END_TEST

START_TEST(text_of_repeats)
{
    const struct timeline *timelines[REPEATS];
    for (uint32_t i = 0; i < REPEATS; i++)
        timelines[i] = race(10000 * (i + 1), NULL);
    char *text = written("text", timelines, REPEATS, 100);
    ck_assert_ptr_nonnull(strstr(text, "medians of 3 races"));
    char *flat = strdup(text); /* the sentence may be broken anywhere */
    for (char *c = flat; *c != '\0'; c++)
        *c = *c == '\n' ? ' ' : *c;
    ck_assert_ptr_nonnull(strstr(flat, "(loop was best in 3 of 3 races.)"));
    free(flat);
    free(text);
    for (uint32_t i = 0; i < REPEATS; i++)
        timeline_free((struct timeline *)timelines[i]);
}
END_TEST

/* ---- the table of outputs ---- */

START_TEST(outputs_are_found)
{
    for (size_t i = 0; outputs[i] != NULL; i++) {
        ck_assert_ptr_eq(output_find(outputs[i]->name), outputs[i]);
        ck_assert_ptr_nonnull(outputs[i]->help);
        /* What is not there says why; what is, writes. */
        ck_assert((outputs[i]->missing != NULL) != (outputs[i]->write != NULL));
    }
    ck_assert_ptr_null(output_find("pdf"));
    ck_assert_ptr_eq(output_find_report("csv"), output_find("csv-report"));
    ck_assert_ptr_null(output_find_report("svg"));
}
END_TEST

START_TEST(no_race_is_said)
{
    const struct timeline *timeline = timeline_new();
    for (size_t i = 0; outputs[i] != NULL; i++) {
        const struct output_options options = { .timelines = &timeline, .count = 1 };
        struct error error = { "" };
        char *text = NULL;
        size_t size = 0;
        FILE *into = open_memstream(&text, &size);
        ck_assert(!outputs[i]->write(&options, into, &error));
        ck_assert_str_ne(error.text, "");
        fclose(into);
        ck_assert_uint_eq(size, 0);
        free(text);
    }
    timeline_free((struct timeline *)timeline);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("output");
    TCase *tcase = tcase_create("output");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, json_holds_schema_1);
    tcase_add_test(tcase, json_of_repeats_has_medians);
    tcase_add_test(tcase, csv_has_a_line_a_run);
    tcase_add_test(tcase, text_keeps_to_its_width);
    tcase_add_test(tcase, text_marks_the_best_and_sums_to_100);
    tcase_add_test(tcase, text_marks_no_crowd);
    tcase_add_test(tcase, text_of_repeats);
    tcase_add_test(tcase, outputs_are_found);
    tcase_add_test(tcase, no_race_is_said);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
