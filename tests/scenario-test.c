/*
 * scenario/: units both ways, knobs, names; the scenarios that come with lockstep, field by field;
 * and what is wrong with wrong ones (scenarios-bad/NAME.yaml has to give the sentence NAME.expect).
 */
#include "scenario/plan.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "scenario/kinds.h"
#include "scenario/value.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MS(n)  ((n) * (int64_t)NS_PER_MS)
#define KIB(n) (INT64_C(n) << 10)

static const char *const all_models[] = { "serial", "threads", "free",         "processes",
                                          "loop",   "hybrid",  "interpreters", NULL };

static long cores(void)
{
    return sysconf(_SC_NPROCESSORS_ONLN);
}

/* ---- values ---- */

static const struct {
    enum unit unit;
    const char *text;
    int64_t value;
    const char *printed;
} values[] = {
    { UNIT_COUNT, "0", 0, "0" },
    { UNIT_COUNT, "200", 200, "200" },
    { UNIT_COUNT, "9999", 9999, "9999" },
    { UNIT_COUNT, "1,000,000", 1000000, "1,000,000" },
    { UNIT_COUNT, "1_000", 1000, "1000" },
    { UNIT_COUNT, "10k", 10000, "10,000" },
    { UNIT_COUNT, "1.5M", 1500000, "1,500,000" },
    { UNIT_DURATION, "50ms", 50000000, "50ms" },
    { UNIT_DURATION, "5us", 5000, "5us" },
    { UNIT_DURATION, "5 \u00b5s", 5000, "5us" },
    { UNIT_DURATION, "1.5s", 1500000000, "1.5s" },
    { UNIT_DURATION, "1500ms", 1500000000, "1.5s" },
    { UNIT_DURATION, "0.25 ms", 250000, "250us" },
    { UNIT_DURATION, "1234567ns", 1234567, "1234.567us" },
    { UNIT_DURATION, "2min", 120000000000, "120s" },
    { UNIT_DURATION, "0", 0, "0" },
    { UNIT_BYTES, "16KiB", 16384, "16KiB" },
    { UNIT_BYTES, "512", 512, "512B" },
    { UNIT_BYTES, "512B", 512, "512B" },
    { UNIT_BYTES, "1.5KiB", 1536, "1.5KiB" },
    { UNIT_BYTES, "1MB", 1000000, "1000000B" },
    { UNIT_BYTES, "1MiB", 1048576, "1MiB" },
    { UNIT_BYTES, "1025", 1025, "1025B" },
    { UNIT_RATE, "20/s", 20000, "20/s" },
    { UNIT_RATE, "0.5/s", 500, "0.5/s" },
    { UNIT_RATE, "40", 40000, "40/s" },
    { UNIT_BOOL, "on", 1, "on" },
    { UNIT_BOOL, "true", 1, "on" },
    { UNIT_BOOL, "Off", 0, "off" },
    { UNIT_BOOL, "no", 0, "off" },
};

START_TEST(values_are_read_and_written)
{
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        int64_t value = -1;
        struct error error = { .text = "" };
        char text[VALUE_TEXT];
        ck_assert_msg(value_parse(values[i].unit, NULL, values[i].text, &value, &error), "%s: %s",
                      values[i].text, error.text);
        ck_assert_int_eq(value, values[i].value);
        ck_assert_str_eq(value_print(values[i].unit, NULL, value, text, sizeof text),
                         values[i].printed);
    }
}
END_TEST

/* What is written is read back to the same number, whatever the number. */
START_TEST(values_survive_writing)
{
    uint64_t random = 88172645463325252u;
    for (int round = 0; round < 200000; round++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        int64_t value = (int64_t)(random >> 1) >> (random % 62);
        enum unit unit = (enum unit)(round % UNIT_BOOL);
        char text[VALUE_TEXT];
        int64_t again = -1;
        value_print(unit, NULL, value, text, sizeof text);
        ck_assert_msg(value_parse(unit, NULL, text, &again, NULL), "%s", text);
        ck_assert_int_eq(again, value);
    }
}
END_TEST

static const struct {
    enum unit unit;
    const char *text;
    const char *says;
} wrong_values[] = {
    { UNIT_COUNT, "", "is not a count" },
    { UNIT_COUNT, "-1", "is negative" },
    { UNIT_COUNT, "1,00", "is not a count" },
    { UNIT_COUNT, "1000,000", "is not a count" },
    { UNIT_COUNT, ",100", "is not a count" },
    { UNIT_COUNT, "1.", "is not a count" },
    { UNIT_COUNT, "0x10", "unknown unit \"x10\"" },
    { UNIT_COUNT, "1e6", "unknown unit \"e6\"" },
    { UNIT_COUNT, "nan", "is not a count" },
    { UNIT_COUNT, "9223372036854775808", "too large" },
    { UNIT_COUNT, "9223372036854775807k", "too large" },
    { UNIT_DURATION, "50", "has no unit" },
    { UNIT_DURATION, "50 m", "unknown unit \"m\"" },
    { UNIT_DURATION, "50MS", "the nearest is \"ms\"" },
    { UNIT_DURATION, "9999999999999h", "too large" },
    { UNIT_BYTES, "16kib", "the nearest is \"KiB\"" },
    { UNIT_BYTES, "-5KiB", "is negative" },
    { UNIT_RATE, "20/min", "unknown unit \"/min\"" },
    { UNIT_BOOL, "maybe", "neither on nor off" },
    { UNIT_BOOL, "\x1b[2J\n", "\"?[2J?\"" },
    { UNIT_BOOL, "\xff\xfe\xc0\xaf", "\"????\"" },
};

START_TEST(wrong_values_are_told)
{
    for (size_t i = 0; i < sizeof wrong_values / sizeof wrong_values[0]; i++) {
        int64_t value;
        struct error error = { .text = "" };
        ck_assert_msg(
            !value_parse(wrong_values[i].unit, NULL, wrong_values[i].text, &value, &error),
            "%s was taken", wrong_values[i].text);
        ck_assert_msg(strstr(error.text, wrong_values[i].says) != NULL, "%s", error.text);
        ck_assert_ptr_nonnull(strstr(error.text, "; "));
    }
}
END_TEST

START_TEST(choices_are_values)
{
    static const char *const choices[] = { "pipe", "shared", NULL };
    int64_t value = -1;
    char text[VALUE_TEXT];
    struct error error;
    ck_assert(value_parse(UNIT_CHOICE, choices, "shared", &value, NULL));
    ck_assert_int_eq(value, 1);
    ck_assert_str_eq(value_print(UNIT_CHOICE, choices, 1, text, sizeof text), "shared");
    ck_assert_str_eq(value_print(UNIT_CHOICE, choices, 2, text, sizeof text), "?");
    ck_assert(!value_parse(UNIT_CHOICE, choices, "share", &value, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "the nearest is \"shared\""));
}
END_TEST

/* ---- knobs ---- */

static int64_t pressed(const struct param *param, int64_t value, int times)
{
    for (int i = 0; i < abs(times); i++)
        value = param_step(param, value, times);
    return value;
}

START_TEST(knobs_turn_as_a_hand_expects)
{
    const struct param latency = { .unit = UNIT_DURATION, .high = MS(2000) };
    ck_assert_int_eq(param_step(&latency, MS(50), 1), MS(100));
    ck_assert_int_eq(param_step(&latency, MS(100), 1), MS(200));
    ck_assert_int_eq(param_step(&latency, MS(200), 1), MS(500));
    ck_assert_int_eq(param_step(&latency, MS(70), 1), MS(100));
    ck_assert_int_eq(param_step(&latency, MS(70), -1), MS(50));
    ck_assert_int_eq(param_step(&latency, MS(2000), 1), MS(2000));
    ck_assert_int_eq(param_step(&latency, 1000, -1), 0);
    ck_assert_int_eq(param_step(&latency, 0, 1), 1000);
    ck_assert_int_eq(param_step(&latency, 0, -1), 0);

    const struct param clients = { .unit = UNIT_COUNT, .low = 2, .high = 20000 };
    ck_assert_int_eq(param_step(&clients, 4, 1), 5);
    ck_assert_int_eq(param_step(&clients, 19, 1), 20);
    ck_assert_int_eq(param_step(&clients, 20, 1), 50);
    ck_assert_int_eq(param_step(&clients, 50, -1), 20);
    ck_assert_int_eq(param_step(&clients, 20, -1), 19);
    ck_assert_int_eq(param_step(&clients, 500, 1), 1000);
    ck_assert_int_eq(param_step(&clients, 2, -1), 2);
    ck_assert_int_eq(param_step(&clients, 1, 1), 2);

    const struct param page = { .unit = UNIT_BYTES, .low = KIB(1), .high = KIB(1024) };
    ck_assert_int_eq(param_step(&page, KIB(16), 1), KIB(32));
    ck_assert_int_eq(param_step(&page, KIB(16), -1), KIB(8));
    ck_assert_int_eq(param_step(&page, KIB(17), 1), KIB(32));
    ck_assert_int_eq(param_step(&page, KIB(17), -1), KIB(16));
    ck_assert_int_eq(param_step(&page, KIB(1), -1), KIB(1));

    const struct param rate = { .unit = UNIT_RATE, .high = 1000000 };
    ck_assert_int_eq(param_step(&rate, 20000, 1), 50000);
    ck_assert_int_eq(param_step(&rate, 500, -1), 200);

    const struct param gil = engine_params[PARAM_GIL];
    ck_assert_int_eq(param_step(&gil, 1, 1), 0);
    ck_assert_int_eq(param_step(&gil, 0, 1), 1);
    ck_assert_int_eq(param_step(&gil, 1, -1), 0);

    const struct param way = { .unit = UNIT_CHOICE, .low = 0, .high = 2 };
    ck_assert_int_eq(pressed(&way, 0, 2), 2);
    ck_assert_int_eq(pressed(&way, 0, 3), 2);
    ck_assert_int_eq(pressed(&way, 2, -5), 0);
}
END_TEST

/* From end to end in few presses, always forward, never out of bounds; and back. */
static void walk_knob(const struct param *param)
{
    for (int direction = -1; direction <= 1; direction += 2) {
        int64_t value = direction > 0 ? param->low : param->high;
        int64_t end = direction > 0 ? param->high : param->low;
        int presses = 0;
        while (value != end) {
            int64_t next = param_step(param, value, direction);
            ck_assert_msg(direction > 0 ? next > value : next < value, "%s stands still",
                          param->name);
            ck_assert_int_ge(next, param->low);
            ck_assert_int_le(next, param->high);
            value = next;
            ck_assert_msg(++presses < 100, "%s takes too many presses", param->name);
        }
    }
}

START_TEST(knobs_reach_their_ends)
{
    for (size_t i = 0; i < PARAM_ENGINE_COUNT; i++)
        if (engine_params[i].unit != UNIT_BOOL)
            walk_knob(&engine_params[i]);
    for (int unit = UNIT_COUNT; unit < UNIT_BOOL; unit++) {
        struct param all = { .name = "all", .unit = (enum unit)unit, .high = INT64_MAX };
        walk_knob(&all);
        all.low = all.high = 7;
        walk_knob(&all);
    }
}
END_TEST

START_TEST(engine_rows_hold_together)
{
    for (size_t i = 0; i < PARAM_ENGINE_COUNT; i++) {
        const struct param *row = &engine_params[i];
        ck_assert_ptr_nonnull(row->name);
        ck_assert_ptr_nonnull(row->help);
        ck_assert(row->help[strlen(row->help) - 1] != '.');
        ck_assert_int_le(row->low, row->initial);
        ck_assert_int_le(row->initial, row->high);
    }
    ck_assert_str_eq(engine_params[PARAM_SWITCH_INTERVAL].name, "switch_interval");
    ck_assert_int_eq(engine_params[PARAM_SWITCH_INTERVAL].initial, MS(5));
}
END_TEST

/* ---- names ---- */

START_TEST(nearest_names)
{
    static const char *const names[] = { "threads", "processes", "loop", "serial", "free", NULL };
    static const struct {
        const char *name, *nearest;
    } cases[] = {
        { "thread", "threads" },
        { "thraeds", "threads" },
        { "THREADS", "threads" },
        { "proc", "processes" },
        { "lop", "loop" },
        { "serail", "serial" },
        { "tree", "free" },
        { "asyncio", NULL },
        { "x", NULL },
        { "", NULL },
        { "zzzzzzzzz", NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *nearest = nearest_name(cases[i].name, names);
        if (cases[i].nearest == NULL)
            ck_assert_msg(nearest == NULL, "%s is near %s", cases[i].name, nearest);
        else
            ck_assert_str_eq(nearest, cases[i].nearest);
    }
    char longer[5000];
    memset(longer, 't', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    ck_assert_ptr_null(nearest_name(longer, names));
}
END_TEST

/* ---- tables ---- */

START_TEST(kinds_hold_together)
{
    static const char *const steps[] = { "get", "wait", "block", "compute", "send", "serve" };
    for (size_t i = 0; i < STEP_KIND_COUNT; i++) {
        ck_assert_str_eq(step_rows[i].name, steps[i]);
        ck_assert_ptr_nonnull(step_rows[i].help);
        for (size_t k = 0; k < kind_fields(&step_rows[i]); k++) {
            const struct field *field = &step_rows[i].fields[k];
            ck_assert_int_le(field->low, field->high);
            ck_assert(field->required || (field->initial >= field->low || i == STEP_COMPUTE));
            ck_assert((field->unit == UNIT_CHOICE) == (field->choices != NULL));
        }
    }
    for (size_t i = 0; i < KERNEL_COUNT; i++)
        ck_assert_str_eq(step_rows[STEP_COMPUTE].fields[COMPUTE_KERNEL].choices[i],
                         kernel_rows[i].name);
    ck_assert_uint_eq(kind_fields(&step_rows[STEP_COMPUTE]), 4);
    ck_assert_uint_eq(kind_fields(&outside_rows[OUTSIDE_CROWD]), 3);
}
END_TEST

/* ---- the scenarios that come with lockstep ---- */

static struct plan *loaded(const char *name)
{
    struct error error = { .text = "" };
    struct plan *plan = plan_load(name, all_models, &error);
    ck_assert_msg(plan != NULL, "%s", error.text);
    return plan;
}

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

/* ---- wrong files ---- */

static char *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s is missing", path);
    struct buffer text = { 0 };
    for (size_t got = 1; got > 0;) {
        got = fread(buffer_reserve(&text, 4096), 1, 4096, file);
        buffer_grew(&text, got);
    }
    fclose(file);
    *size = text.size;
    return buffer_take(&text);
}

/* One line, printable, "PATH:LINE:COLUMN: what; what would be right". */
static void assert_polite(const char *text, const char *path)
{
    unsigned line = 0, column = 0;
    size_t length = strlen(path);
    ck_assert_msg(strncmp(text, path, length) == 0, "%s", text);
    ck_assert_msg(sscanf(text + length, ":%u:%u: ", &line, &column) == 2, "%s", text);
    ck_assert_msg(line > 0 && column > 0, "%s", text);
    ck_assert_msg(strstr(text, "; ") != NULL, "no remedy: %s", text);
    for (; *text != '\0'; text++)
        ck_assert((unsigned char)*text >= 0x20 && *text != 0x7f);
}

START_TEST(wrong_files_are_told)
{
    DIR *entries = opendir(BAD_SCENARIOS);
    ck_assert_msg(entries != NULL, "%s is missing", BAD_SCENARIOS);
    size_t count = 0;
    for (const struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        size_t length = strlen(entry->d_name);
        if (length < 6 || strcmp(entry->d_name + length - 5, ".yaml") != 0)
            continue;
        char *path = mem_format("%s/%s", BAD_SCENARIOS, entry->d_name);
        char *expect = mem_format("%.*s.expect", (int)strlen(path) - 5, path);
        struct error error = { .text = "" };
        size_t size;
        char *sentence = read_file(expect, &size);
        sentence[strcspn(sentence, "\n")] = '\0';
        struct plan *plan = plan_load(path, all_models, &error);
        ck_assert_msg(plan == NULL, "%s was taken", path);
        assert_polite(error.text, path);
        ck_assert_msg(strcmp(error.text + strlen(path) + 1, sentence) == 0,
                      "%s\n  says   %s\n  not    %s", entry->d_name, error.text + strlen(path) + 1,
                      sentence);
        free(sentence);
        free(expect);
        free(path);
        count++;
    }
    closedir(entries);
    ck_assert_uint_ge(count, 100);
}
END_TEST

/* Each within moments: the time limit of a test is the assertion. */
static void assert_refused(const char *text, size_t size, const char *says)
{
    struct error error = { .text = "" };
    struct plan *plan = plan_parse("h.yaml", text, size, all_models, &error);
    ck_assert_ptr_null(plan);
    assert_polite(error.text, "h.yaml");
    ck_assert_msg(strstr(error.text, says) != NULL, "\"%s\" lacks \"%s\"", error.text, says);
}

static void assert_repeats_refused(const char *piece, const char *says)
{
    struct buffer text = { 0 };
    while (text.size + strlen(piece) <= 256 * 1024)
        buffer_text(&text, piece);
    assert_refused(text.data, text.size, says);
    buffer_fini(&text);
}

START_TEST(hostile_texts_are_refused)
{
    size_t huge = 10u << 20;
    char *text = mem_alloc(huge);
    memset(text, 'x', huge);
    assert_refused(text, huge, "h.yaml:1:1: 10485760 bytes are too many");
    assert_refused(text, 256 * 1024, "");
    free(text);
    assert_refused("", 0, "h.yaml:1:1: the file is empty");
    assert_refused("name: a\0b\n", 10, "h.yaml:1:8: a NUL byte");
    assert_refused("name: a\ntitle: \xff\xfe\n", 18, "h.yaml:2:8: ");
    assert_refused("n\xc3\xa4me: \xc3\n", 9, "h.yaml:1:8: ");
    assert_refused("\"a\\nb\": 1\n", 9, "h.yaml:1:1: a key that is no plain word");
    assert_refused("name: \x1b[2J\n", 11, "h.yaml:1:7: ");
    assert_refused("\xff\xfe"
                   "n\0a\0",
                   6, "h.yaml:1:");
    assert_repeats_refused("[", "nested too deep");
    assert_repeats_refused("{a: ", "nested too deep");
    assert_repeats_refused("- ", "nested too deep");
    assert_repeats_refused("? ", "");
    assert_repeats_refused("[\n", "nested too deep");
    assert_repeats_refused("- a\n", "more than 512 entries");
    assert_repeats_refused("---\n- a\n", "a second document");
    assert_repeats_refused("&a ", "");
    assert_repeats_refused("*a ", "an alias");
    assert_repeats_refused("!!a ", "");
    assert_repeats_refused("a: ", "");
    assert_repeats_refused("\"", "");
    assert_repeats_refused("'", "");
    assert_repeats_refused("#\n", "the file is empty");
    assert_repeats_refused("%YAML 1.1\n", "");
    assert_repeats_refused("|\n ", "");
    assert_repeats_refused("\xf0\x9f\x98\x80", "a scenario is \"key: value\" lines");
}
END_TEST

START_TEST(hostile_paths_are_refused)
{
    char folder[] = "/tmp/lockstep-scenario-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    char *pipe = mem_format("%s/pipe.yaml", folder);
    ck_assert_int_eq(mkfifo(pipe, 0600), 0);
    const struct {
        const char *path, *says;
    } paths[] = {
        { folder, "is a directory; " },
        { pipe, "is no regular file; " },
        { "/dev/zero", "is no regular file; " },
        { "/nonexistent/x.yaml", "cannot be opened: No such file" },
        { "./", "is a directory; " },
    };
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct error error = { .text = "" };
        ck_assert_ptr_null(plan_load(paths[i].path, all_models, &error));
        ck_assert_msg(strstr(error.text, paths[i].says) != NULL, "%s", error.text);
        ck_assert_int_eq(strncmp(error.text, paths[i].path, strlen(paths[i].path)), 0);
    }
    unlink(pipe);
    rmdir(folder);
    free(pipe);
}
END_TEST

/* Whatever becomes of a good file: a plan, or one polite line. */
static void assert_plan_or_polite(const char *text, size_t size)
{
    struct error error = { .text = "" };
    struct plan *plan = plan_parse("m.yaml", text, size, all_models, &error);
    if (plan == NULL)
        assert_polite(error.text, "m.yaml");
    plan_free(plan);
}

START_TEST(damaged_files_are_told)
{
    static const char bytes[] = " :-[]{}\"'&*!|>#%@$\n\t,0a\x01\xc3";
    static const char *const names[] = { "scraper", "chat" };
    struct plan *plan = loaded(names[_i]);
    char *text = mem_alloc(plan->text_size + 1);
    for (size_t at = 0; at < plan->text_size; at += 3) {
        memcpy(text, plan->text, plan->text_size + 1);
        assert_plan_or_polite(text, at); /* cut */
        text[at] = bytes[at / 3 % (sizeof bytes - 1)];
        assert_plan_or_polite(text, plan->text_size);
        memmove(text + at, text + at + 1, plan->text_size - at - 1); /* one byte short */
        assert_plan_or_polite(text, plan->text_size - 1);
    }
    free(text);
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

static Suite *scenario_suite(void)
{
    Suite *suite = suite_create("scenario");
    TCase *values_case = tcase_create("values");
    tcase_add_test(values_case, values_are_read_and_written);
    tcase_add_test(values_case, values_survive_writing);
    tcase_add_test(values_case, wrong_values_are_told);
    tcase_add_test(values_case, choices_are_values);
    tcase_add_test(values_case, knobs_turn_as_a_hand_expects);
    tcase_add_test(values_case, knobs_reach_their_ends);
    tcase_add_test(values_case, engine_rows_hold_together);
    tcase_add_test(values_case, nearest_names);
    tcase_add_test(values_case, kinds_hold_together);
    suite_add_tcase(suite, values_case);
    TCase *plans_case = tcase_create("plans");
    tcase_add_test(plans_case, scraper_says);
    tcase_add_test(plans_case, matrix_says);
    tcase_add_test(plans_case, stats_says);
    tcase_add_test(plans_case, chat_says);
    tcase_add_test(plans_case, scenarios_fit);
    tcase_add_test(plans_case, short_forms_mean_the_long_ones);
    tcase_add_test(plans_case, an_origin_of_ones_own);
    tcase_add_test(plans_case, params_as_a_list_or_a_map);
    tcase_add_test(plans_case, every_unit_and_every_choice);
    tcase_add_test(plans_case, cores_are_held_within_bounds);
    tcase_add_test(plans_case, any_model_where_none_are_given);
    tcase_add_test(plans_case, marks_and_line_ends_of_windows);
    tcase_add_test(plans_case, settings);
    tcase_add_test(plans_case, scenarios_are_found);
    suite_add_tcase(suite, plans_case);
    TCase *wrong_case = tcase_create("wrong");
    tcase_set_timeout(wrong_case, 60);
    tcase_add_test(wrong_case, wrong_files_are_told);
    tcase_add_test(wrong_case, hostile_texts_are_refused);
    tcase_add_test(wrong_case, hostile_paths_are_refused);
    tcase_add_loop_test(wrong_case, damaged_files_are_told, 0, 2);
    suite_add_tcase(suite, wrong_case);
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(scenario_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
