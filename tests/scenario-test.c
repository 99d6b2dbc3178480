/*
 * scenario/: the scenarios that come with lockstep, field by field; the ways to write one, to set its
 * parameters, and to find it.
 */
#include "scenario/plan.h"

#include "base/clock.h"
#include "base/memory.h"
#include "plans.h"
#include "scenario/kinds.h"
#include "scenario/value.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MS(n)  ((n) * (int64_t)NS_PER_MS)
#define KIB(n) (INT64_C(n) << 10)

static long cores(void)
{
    return sysconf(_SC_NPROCESSORS_ONLN);
}

/* ---- the scenarios that come with lockstep ---- */

static const struct param *param_of(const struct plan *plan, const char *name)
{
    int index = plan_param(plan, name);
    ck_assert_msg(index >= 0, "%s has no parameter %s", plan->name, name);
    return &plan->params[index];
}

static void assert_param(const struct plan *plan, const char *name, enum unit unit, int64_t low,
                         int64_t initial, int64_t high, bool live)
{
    const struct param *param = param_of(plan, name);
    ck_assert_int_eq(param->unit, unit);
    ck_assert_int_eq(param->low, low);
    ck_assert_int_eq(param->initial, initial);
    ck_assert_int_eq(param->high, high);
    ck_assert_int_eq(param->live, live);
}

static void assert_refers(const struct plan *plan, struct plan_value value, const char *name)
{
    ck_assert_int_eq(value.param, plan_param(plan, name));
}

static void assert_literal(struct plan_value value, int64_t literal)
{
    ck_assert_int_eq(value.param, -1);
    ck_assert_int_eq(value.literal, literal);
}

static void assert_models(const struct plan *plan, const char *const *names)
{
    size_t count = 0;
    for (; names[count] != NULL; count++) {
        ck_assert_uint_lt(count, plan->model_count);
        ck_assert_str_eq(plan->models[count], names[count]);
        ck_assert_msg(plan->notice[count] != NULL, "%s: nothing to notice of %s", plan->name,
                      names[count]);
    }
    ck_assert_uint_eq(plan->model_count, count);
}

START_TEST(scraper_says)
{
    struct plan *plan = loaded("scraper");
    ck_assert_str_eq(plan->name, "scraper");
    ck_assert_str_eq(plan->title, "Fetching web pages");
    ck_assert_int_eq(plan->kind, PLAN_BATCH);
    ck_assert_int_eq(plan->bottleneck, BOTTLENECK_IO);
    ck_assert_int_eq(plan->predict, PREDICT_WINNER);
    ck_assert_ptr_null(plan->predict_model);
    assert_param(plan, "pages", UNIT_COUNT, 1, 200, 5000, false);
    assert_param(plan, "latency", UNIT_DURATION, 0, MS(50), MS(2000), true);
    assert_param(plan, "page", UNIT_BYTES, KIB(1), KIB(16), KIB(1024), true);
    assert_param(plan, "links", UNIT_BYTES, 64, KIB(1), KIB(64), true);
    assert_param(plan, "workers", UNIT_COUNT, 1, 10, 10000, true);
    ck_assert_int_eq(plan_param(plan, "workers"), PARAM_WORKERS);
    ck_assert_int_eq(plan->outside, OUTSIDE_ORIGIN);
    assert_refers(plan, plan->outside_value[ORIGIN_LATENCY], "latency");
    assert_refers(plan, plan->outside_value[ORIGIN_PAGE], "page");
    ck_assert_ptr_null(plan->origin_url);
    assert_refers(plan, plan->tasks, "pages");
    ck_assert_uint_eq(plan->step_count, 3);
    ck_assert_int_eq(plan->steps[0].kind, STEP_GET);
    ck_assert_int_eq(plan->steps[1].kind, STEP_COMPUTE);
    assert_literal(plan->steps[1].value[COMPUTE_KERNEL], KERNEL_PARSE);
    assert_literal(plan->steps[1].value[COMPUTE_MODE], MODE_PYTHON);
    assert_literal(plan->steps[1].value[COMPUTE_COUNT], 1);
    ck_assert_int_eq(plan->steps[2].kind, STEP_SEND);
    assert_refers(plan, plan->steps[2].value[SEND_SIZE], "links");
    assert_models(plan, (const char *const[]){ "threads", "processes", "loop", NULL });
    plan_free(plan);
}
END_TEST

START_TEST(matrix_says)
{
    struct plan *plan = loaded("matrix");
    ck_assert_int_eq(plan->kind, PLAN_BATCH);
    ck_assert_int_eq(plan->bottleneck, BOTTLENECK_CPU);
    ck_assert_int_eq(plan->outside, OUTSIDE_NONE);
    assert_param(plan, "size", UNIT_COUNT, 64, 768, 2048, false);
    assert_param(plan, "workers", UNIT_COUNT, 1, cores(), 10000, true);
    assert_refers(plan, plan->tasks, "products");
    ck_assert_uint_eq(plan->step_count, 1);
    assert_literal(plan->steps[0].value[COMPUTE_KERNEL], KERNEL_MATMUL);
    assert_literal(plan->steps[0].value[COMPUTE_MODE], MODE_PYTHON);
    assert_refers(plan, plan->steps[0].value[COMPUTE_SIZE], "size");
    assert_models(plan, (const char *const[]){ "serial", "threads", "processes", NULL });
    plan_free(plan);
}
END_TEST

START_TEST(stats_says)
{
    struct plan *plan = loaded("stats");
    ck_assert_int_eq(plan->kind, PLAN_BATCH);
    ck_assert_int_eq(plan->bottleneck, BOTTLENECK_CPU);
    assert_param(plan, "parts", UNIT_COUNT, 1, cores(), 1000, false);
    assert_param(plan, "numbers", UNIT_COUNT, 1000, 1000000 / cores(), 10000000, false);
    assert_param(plan, "workers", UNIT_COUNT, 1, cores(), 10000, true);
    assert_refers(plan, plan->tasks, "parts");
    ck_assert_uint_eq(plan->step_count, 1);
    assert_literal(plan->steps[0].value[COMPUTE_KERNEL], KERNEL_STATS);
    assert_refers(plan, plan->steps[0].value[COMPUTE_SIZE], "numbers");
    assert_refers(plan, plan->steps[0].value[COMPUTE_COUNT], "repeat");
    assert_models(plan, (const char *const[]){ "serial", "threads", "processes", NULL });
    plan_free(plan);
}
END_TEST

START_TEST(chat_says)
{
    struct plan *plan = loaded("chat");
    ck_assert_int_eq(plan->kind, PLAN_SERVICE);
    ck_assert_int_eq(plan->bottleneck, BOTTLENECK_MIXED);
    assert_param(plan, "clients", UNIT_COUNT, 2, 500, 20000, true);
    assert_param(plan, "rate", UNIT_RATE, 100, 20000, 10000000, true);
    assert_param(plan, "line", UNIT_BYTES, 16, 64, 400, true);
    assert_param(plan, "bytecode", UNIT_DURATION, 0, 2000, MS(10), true);
    ck_assert_str_eq(param_of(plan, "bytecode")->help, engine_params[PARAM_BYTECODE].help);
    ck_assert_int_eq(plan->outside, OUTSIDE_CROWD);
    assert_refers(plan, plan->outside_value[CROWD_CLIENTS], "clients");
    assert_refers(plan, plan->outside_value[CROWD_RATE], "rate");
    assert_refers(plan, plan->outside_value[CROWD_LINE], "line");
    assert_param(plan, "duration", UNIT_DURATION, MS(100), MS(5000), MS(3600000), false);
    assert_refers(plan, plan->duration, "duration");
    ck_assert_int_eq(plan->tasks.param, -1);
    ck_assert_uint_eq(plan->step_count, 1);
    ck_assert_int_eq(plan->steps[0].kind, STEP_SERVE);
    assert_literal(plan->steps[0].value[SERVE_PROTOCOL], 0);
    assert_models(plan, (const char *const[]){ "threads", "processes", "loop", NULL });
    plan_free(plan);
}
END_TEST

/* What the recording's meta and a screen can hold; and the text is there, whole. */
START_TEST(scenarios_fit)
{
    size_t count;
    struct error error;
    struct plan **plans = plan_list(all_models, &count, &error);
    ck_assert_str_eq(error.text, "");
    ck_assert_uint_ge(count, 4);
    for (size_t i = 0; i < count; i++) {
        const struct plan *plan = plans[i];
        ck_assert(i == 0 || strcmp(plans[i - 1]->name, plan->name) < 0);
        ck_assert_uint_lt(strlen(plan->title), 96);
        ck_assert_uint_lt(strlen(plan->question), 200);
        ck_assert_uint_gt(strlen(plan->teaches), 100);
        for (size_t k = 0; k < plan->param_count; k++) {
            const struct param *param = &plan->params[k];
            ck_assert_ptr_nonnull(param->help);
            ck_assert_int_le(param->low, param->initial);
            ck_assert_int_le(param->initial, param->high);
            if (param->unit != UNIT_BOOL)
                walk_knob(param);
        }
        struct plan *again =
            plan_parse("again.yaml", plan->text, plan->text_size, all_models, &error);
        ck_assert_ptr_nonnull(again);
        ck_assert_str_eq(again->path, "again.yaml");
        plan_free(again);
    }
    plan_list_free(plans, count);
}
END_TEST

/* ---- parsing ---- */

#define HEAD "name: a\ntitle: b\nquestion: c\nteaches: d\nbottleneck: io\nmodels: [threads, loop]\n"

static struct plan *parsed(const char *text, struct error *error)
{
    error->text[0] = '\0';
    return plan_parse("t.yaml", text, strlen(text), all_models, error);
}

static struct plan *parsed_well(const char *text)
{
    struct error error;
    struct plan *plan = parsed(text, &error);
    ck_assert_msg(plan != NULL, "%s", error.text);
    return plan;
}

static void assert_wrong(const char *text, const char *says)
{
    struct error error;
    struct plan *plan = parsed(text, &error);
    ck_assert_msg(plan == NULL, "taken: %s", text);
    ck_assert_msg(strstr(error.text, says) != NULL, "\"%s\" lacks \"%s\"", error.text, says);
}

START_TEST(short_forms_mean_the_long_ones)
{
    struct plan *plan = parsed_well(
        HEAD "kind: batch\noutside: origin\ntasks: 3\npredict: winner\ntwin: a.py\n"
             "task:\n  - get:\n  - wait: 1,000us\n  - block: {time: 2ms}\n  - \"get\"\n"
             "  - compute: {kernel: hash, size: 64KiB, mode: native, count: 1k}\n  - send: 1KiB\n");
    ck_assert_uint_eq(plan->step_count, 6);
    assert_literal(plan->outside_value[ORIGIN_LATENCY], MS(50));
    assert_literal(plan->outside_value[ORIGIN_PAGE], KIB(16));
    assert_literal(plan->steps[1].value[WAIT_TIME], MS(1));
    assert_literal(plan->steps[2].value[BLOCK_TIME], MS(2));
    ck_assert_int_eq(plan->steps[3].kind, STEP_GET);
    assert_literal(plan->steps[4].value[COMPUTE_KERNEL], KERNEL_HASH);
    assert_literal(plan->steps[4].value[COMPUTE_MODE], MODE_NATIVE);
    assert_literal(plan->steps[4].value[COMPUTE_SIZE], KIB(64));
    assert_literal(plan->steps[4].value[COMPUTE_COUNT], 1000);
    ck_assert_uint_eq(plan->steps[4].line, 17);
    ck_assert_uint_eq(plan->steps[4].column, 5);
    ck_assert_uint_eq(plan->twin_count, 1);
    ck_assert_str_eq(plan->twins[0], "a.py");
    plan_free(plan);
}
END_TEST

START_TEST(an_origin_of_ones_own)
{
    struct plan *plan = parsed_well(HEAD "kind: batch\noutside: {origin: \"http://[::1]:80/\"}\n"
                                         "tasks: 3\ntask: [get]\n");
    ck_assert_str_eq(plan->origin_url, "http://[::1]:80/");
    plan_free(plan);
}
END_TEST

static const char list_of_params[] =
    HEAD "kind: batch\ntasks: $n\ntask: [wait: $t, send: $b]\nparams:\n"
         "  - {name: n, unit: count, default: 2, min: 1, max: 9, help: tasks}\n"
         "  - {name: t, unit: duration, default: 2s, min: 1s, max: 9s, help: time, live: yes}\n"
         "  - {name: workers, default: 3, max: 8}\n"
         "  - {name: b, unit: bytes, default: 2KiB, min: 0, max: 9MiB, help: bytes}\n";
static const char map_of_params[] =
    HEAD "kind: batch\ntasks: $n\ntask: [wait: $t, send: $b]\nparams:\n"
         "  n: {unit: count, default: 2, min: 1, max: 9, help: tasks}\n"
         "  t: {unit: duration, default: 2s, min: 1s, max: 9s, help: time, live: yes}\n"
         "  workers: {default: 3, max: 8}\n"
         "  b: {unit: bytes, default: 2KiB, min: 0, max: 9MiB, help: bytes}\n";

START_TEST(params_as_a_list_or_a_map)
{
    const char *const texts[] = { list_of_params, map_of_params };
    for (size_t i = 0; i < 2; i++) {
        struct plan *plan = parsed_well(texts[i]);
        ck_assert_uint_eq(plan->param_count, PARAM_ENGINE_COUNT + 3);
        ck_assert_str_eq(plan->params[PARAM_ENGINE_COUNT + 2].name, "b");
        assert_param(plan, "n", UNIT_COUNT, 1, 2, 9, false);
        assert_param(plan, "t", UNIT_DURATION, MS(1000), MS(2000), MS(9000), true);
        assert_param(plan, "workers", UNIT_COUNT, 1, 3, 8, true);
        assert_param(plan, "b", UNIT_BYTES, 0, KIB(2), KIB(9 * 1024), false);
        ck_assert_str_eq(param_of(plan, "t")->help, "time");
        plan_free(plan);
    }
    assert_wrong(HEAD "kind: batch\ntasks: 1\ntask: [wait: 1s]\nparams: {workers: {defalt: 1}}\n",
                 "t.yaml:10:20: unknown key \"defalt\" in workers; the nearest is \"default\"");
    assert_wrong(HEAD "kind: batch\ntasks: 1\ntask: [wait: 1s]\nparams: {n: {default: 1}}\n",
                 "t.yaml:10:13: \"unit\" is missing");
}
END_TEST

START_TEST(every_unit_and_every_choice)
{
    struct plan *plan = parsed_well(
        HEAD "kind: batch\ntasks: 1\ntask:\n"
             "  - compute: {kernel: stats, size: 5, mode: $mode, count: $n}\nparams:\n"
             "  - {name: mode, unit: choice, choices: [python, native], default: native, live: on,"
             " help: which}\n"
             "  - {name: n, unit: count, default: 3*cores, min: 1, max: 100k, help: times}\n"
             "predict: {state: threads}\n");
    assert_param(plan, "mode", UNIT_CHOICE, 0, MODE_NATIVE, 1, true);
    assert_param(plan, "n", UNIT_COUNT, 1, 3 * cores(), 100000, false);
    assert_refers(plan, plan->steps[0].value[COMPUTE_MODE], "mode");
    ck_assert_int_eq(plan->predict, PREDICT_STATE);
    ck_assert_str_eq(plan->predict_model, "threads");
    plan_free(plan);
    for (int unit = 0; unit < UNIT_KINDS; unit++) {
        char text[600];
        snprintf(text, sizeof text,
                 HEAD "kind: batch\ntasks: 1\ntask: [get]\nparams:\n"
                      "  - {name: n, unit: %s, default: zzz}\n",
                 unit_rows[unit].name);
        assert_wrong(text, ": \""); /* the unit is known: it fails by what is missing or wrong */
        struct error error;
        parsed(text, &error);
        ck_assert_ptr_null(strstr(error.text, "unknown unit"));
    }
    assert_wrong(HEAD "kind: batch\ntasks: 1\ntask:\n"
                      "  - compute: {kernel: stats, size: 5, mode: $m}\nparams:\n"
                      "  - {name: m, unit: choice, choices: [native, python], default: native,"
                      " help: x}\n",
                 "t.yaml:10:45: the choices of \"$m\" are not those of \"mode\"");
}
END_TEST

START_TEST(cores_are_held_within_bounds)
{
    struct plan *plan =
        parsed_well(HEAD "kind: batch\ntasks: 1\ntask: [wait: 1s]\nparams:\n"
                         "  - {name: workers, default: 1000*cores, min: 2, max: 7}\n"
                         "  - {name: queue, default: 1/cores}\n");
    ck_assert_int_eq(param_of(plan, "workers")->initial, 7);
    ck_assert_int_eq(param_of(plan, "queue")->initial, 1);
    plan_free(plan);
    static const char *const wrong[] = { "cores*",   "*cores",  "2+cores", "-1*cores",
                                         "2*cores2", "x/cores", "/cores" };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char text[600];
        snprintf(text, sizeof text,
                 HEAD "kind: batch\ntasks: 1\ntask: [wait: 1s]\nparams:\n"
                      "  - {name: workers, default: \"%s\"}\n",
                 wrong[i]);
        assert_wrong(text, "t.yaml:11:30: ");
    }
}
END_TEST

START_TEST(any_model_where_none_are_given)
{
    const char *text = HEAD "kind: batch\ntasks: 1\ntask: [wait: 1s]\n";
    struct plan *plan = plan_parse(NULL, text, strlen(text), NULL, NULL);
    ck_assert_ptr_nonnull(plan);
    ck_assert_str_eq(plan->path, "-");
    plan_free(plan);
    static const char *const few[] = { "serial", NULL };
    ck_assert_ptr_null(plan_parse(NULL, text, strlen(text), few, NULL));
}
END_TEST

START_TEST(marks_and_line_ends_of_windows)
{
    struct plan *plan = parsed_well("\xef\xbb\xbfname: a\r\ntitle: b\r\nquestion: c\r\n"
                                    "teaches: |\r\n  d\r\n\r\n  e\r\nbottleneck: io\r\n"
                                    "models: [loop]\r\nkind: batch\r\ntasks: 1\r\n"
                                    "task: [wait: 1s]\r\n");
    ck_assert_str_eq(plan->name, "a");
    ck_assert_str_eq(plan->teaches, "d\n\ne");
    plan_free(plan);
}
END_TEST

START_TEST(settings)
{
    struct plan *plan = loaded("scraper");
    int param = -1;
    int64_t value = -1;
    struct error error;
    ck_assert(plan_set(plan, "latency=100ms", &param, &value, &error));
    ck_assert_int_eq(param, plan_param(plan, "latency"));
    ck_assert_int_eq(value, MS(100));
    ck_assert(plan_set(plan, "gil=off", &param, &value, &error));
    ck_assert_int_eq(param, PARAM_GIL);
    ck_assert_int_eq(value, 0);
    static const struct {
        const char *assignment, *says;
    } wrong[] = {
        { "latencyy=1ms", "unknown parameter \"latencyy\"; the nearest is \"latency\"" },
        { "latency=3s", "3s is too much for \"latency\"; it goes from 0 to 2s" },
        { "latency=100", "latency: \"100\" has no unit; a duration is written as" },
        { "workers=0", "0 is too little for \"workers\"; it goes from 1 to 10,000" },
        { "latency", "sets nothing; write name=value" },
        { "=5", "sets nothing; write name=value" },
        { "", "sets nothing; write name=value" },
        { "pages=", "is not a count" },
        { "gil=perhaps", "neither on nor off" },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ck_assert(!plan_set(plan, wrong[i].assignment, &param, &value, &error));
        ck_assert_msg(strstr(error.text, wrong[i].says) != NULL, "%s", error.text);
    }
    plan_free(plan);
}
END_TEST

/* ---- finding ---- */

static void write_file(const char *folder, const char *name, const char *text)
{
    char *path = mem_format("%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
    free(path);
}

static void remove_file(const char *folder, const char *name)
{
    char *path = mem_format("%s/%s", folder, name);
    unlink(path);
    free(path);
}

START_TEST(scenarios_are_found)
{
    static const char mine[] = "name: mine\ntitle: b\nquestion: c\nteaches: d\nbottleneck: io\n"
                               "models: [loop]\nkind: batch\ntasks: 1\ntask: [wait: 1s]\n";
    char folder[] = "/tmp/lockstep-scenario-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    write_file(folder, "mine.yaml", mine);
    write_file(folder, "other.yaml", mine);
    write_file(folder, "broken.yaml", "name: broken\n");
    write_file(folder, "notes.txt", "not for us");
    write_file(folder, ".hidden.yaml", "not for us");
    char *places = mem_format("/nonexistent::%s", folder);
    setenv("LOCKSTEP_SCENARIOS", places, 1);

    struct error error;
    size_t count;
    struct plan **plans = plan_list(all_models, &count, &error);
    ck_assert_ptr_nonnull(strstr(error.text, "broken.yaml:1:1: "));
    bool found = false;
    for (size_t i = 0; i < count; i++)
        found |= strcmp(plans[i]->name, "mine") == 0;
    ck_assert(found);
    plan_list_free(plans, count);

    struct plan *plan = plan_load("mine", all_models, &error);
    ck_assert_ptr_nonnull(plan);
    plan_free(plan);
    ck_assert_ptr_null(plan_load("other", all_models, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "rename the file to mine.yaml"));
    ck_assert_ptr_null(plan_load("mime", all_models, &error));
    ck_assert_str_eq(error.text,
                     "there is no scenario \"mime\"; the nearest is \"mine\" (a file of "
                     "your own: give its path)");
    char *path = mem_format("%s/other.yaml", folder);
    plan = plan_load(path, all_models, &error); /* by its path a file may be called as it likes */
    ck_assert_ptr_nonnull(plan);
    plan_free(plan);
    free(path);

    /* The first directory wins: this one hides the scenario that comes with lockstep. */
    write_file(folder, "chat.yaml", "name: chat\ntitle: hides\n");
    ck_assert_ptr_null(plan_load("chat", all_models, &error));
    unsetenv("LOCKSTEP_SCENARIOS");
    plan_free(loaded("chat"));

    static const char *const names[] = { "mine.yaml", "other.yaml",   "broken.yaml",
                                         "notes.txt", ".hidden.yaml", "chat.yaml" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        remove_file(folder, names[i]);
    ck_assert_int_eq(rmdir(folder), 0);
    free(places);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scenario");
    TCase *cases = tcase_create("plans");
    tcase_add_test(cases, scraper_says);
    tcase_add_test(cases, matrix_says);
    tcase_add_test(cases, stats_says);
    tcase_add_test(cases, chat_says);
    tcase_add_test(cases, scenarios_fit);
    tcase_add_test(cases, short_forms_mean_the_long_ones);
    tcase_add_test(cases, an_origin_of_ones_own);
    tcase_add_test(cases, params_as_a_list_or_a_map);
    tcase_add_test(cases, every_unit_and_every_choice);
    tcase_add_test(cases, cores_are_held_within_bounds);
    tcase_add_test(cases, any_model_where_none_are_given);
    tcase_add_test(cases, marks_and_line_ends_of_windows);
    tcase_add_test(cases, settings);
    tcase_add_test(cases, scenarios_are_found);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
