/*
 * scenario/: values with their units both ways, the knobs, the nearest names, and the tables of kinds.
 */
#include "scenario/value.h"

#include "base/clock.h"
#include "plans.h"
#include "scenario/kinds.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define MS(n)  ((n) * (int64_t)NS_PER_MS)
#define KIB(n) (INT64_C(n) << 10)

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

int main(void)
{
    Suite *suite = suite_create("value");
    TCase *cases = tcase_create("values");
    tcase_add_test(cases, values_are_read_and_written);
    tcase_add_test(cases, values_survive_writing);
    tcase_add_test(cases, wrong_values_are_told);
    tcase_add_test(cases, choices_are_values);
    tcase_add_test(cases, knobs_turn_as_a_hand_expects);
    tcase_add_test(cases, knobs_reach_their_ends);
    tcase_add_test(cases, engine_rows_hold_together);
    tcase_add_test(cases, nearest_names);
    tcase_add_test(cases, kinds_hold_together);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
