/*
 * trace/: what a recording knows of its race beside the events. It comes back as it was; what cannot be
 * is refused, with the place.
 */
#include "trace/meta.h"
#include "trace/recording.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fill(char *text, size_t size, char with)
{
    memset(text, with, size - 1);
    text[size - 1] = '\0';
}

static void full_meta(struct meta *meta)
{
    *meta = (struct meta){ .kind = 1,
                           .seed = UINT64_MAX - 1,
                           .comparable = true,
                           .machine_cores = UINT32_MAX,
                           .wall_clock_s = INT64_MIN,
                           .param_count = META_PARAMS_MAX,
                           .run_count = META_RUNS_MAX };
    fill(meta->lockstep, sizeof meta->lockstep, 'l');
    fill(meta->scenario, sizeof meta->scenario, 's');
    fill(meta->title, sizeof meta->title, '"');
    fill(meta->question, sizeof meta->question, '\n');
    fill(meta->staging, sizeof meta->staging, 't');
    fill(meta->comparable_reason, sizeof meta->comparable_reason, '\\');
    fill(meta->cpu, sizeof meta->cpu, '\x7f');
    fill(meta->kernel, sizeof meta->kernel, 'k');
    fill(meta->predicted, sizeof meta->predicted, 'p');
    fill(meta->verdict_best, sizeof meta->verdict_best, 'b');
    fill(meta->verdict_why, sizeof meta->verdict_why, 'w');
    meta->text = strdup("name: scraper\n# \xc3\xa4\xe2\x82\xac\n");
    for (uint32_t i = 0; i < META_PARAMS_MAX; i++) {
        struct meta_param *param = &meta->params[i];
        param->unit = i % 6;
        param->value = i % 2 == 0 ? INT64_MAX - i : INT64_MIN + i;
        fill(param->name, sizeof param->name, (char)('a' + i % 26));
        fill(param->text, sizeof param->text, (char)('A' + i % 26));
    }
    for (uint32_t i = 0; i < META_RUNS_MAX; i++) {
        struct meta_run *run = &meta->runs[i];
        run->status = i % RUN_STATUS_COUNT;
        run->gave_up_at = i + 1;
        run->cores = i + 2;
        run->repeat = i + 3;
        run->switch_source = i % 3;
        run->observer_ns = UINT64_MAX / (i + 1);
        fill(run->model, sizeof run->model, (char)('0' + i));
        fill(run->title, sizeof run->title, (char)('1' + i));
        fill(run->reason, sizeof run->reason, (char)('2' + i));
        fill(run->switch_reason, sizeof run->switch_reason, (char)('3' + i));
    }
}

/* Byte by byte, but for the text. */
static bool same_meta(const struct meta *a, const struct meta *b)
{
    struct meta plain_a = *a, plain_b = *b;
    plain_a.text = plain_b.text = NULL;
    bool same_text =
        a->text == NULL ? b->text == NULL : b->text != NULL && strcmp(a->text, b->text) == 0;
    return same_text && memcmp(&plain_a, &plain_b, sizeof plain_a) == 0;
}

START_TEST(a_meta_comes_back_as_it_was)
{
    static struct meta meta, back, copy;
    struct error error;
    full_meta(&meta);
    char *json = meta_print(&meta);
    ck_assert_msg(meta_parse(json, strlen(json), &back, &error), "%s", error.text);
    ck_assert(same_meta(&meta, &back));
    ck_assert_ptr_null(strchr(json, '\n'));
    ck_assert(meta_copy(&copy, &back));
    ck_assert(same_meta(&meta, &copy));
    ck_assert(copy.text != back.text);
    free(json);
    meta_fini(&back);
    meta_fini(&copy);
    meta_fini(&meta);
    ck_assert_ptr_null(meta.text);

    json = meta_print(&meta);
    ck_assert(meta_parse(json, strlen(json), &back, &error));
    ck_assert(same_meta(&meta, &back));
    free(json);
}
END_TEST

static const struct {
    const char *json;
    const char *because; /* NULL: accepted */
} metas[] = {
    { "{}", NULL },
    { "{\"seed\":3,\"colour\":\"unknown keys are skipped\"}", NULL },
    { "{\"seed\":\"18446744073709551615\"}", NULL },
    { "{\"seed\":\"18446744073709551616\"}", "seed" },
    { "{\"seed\":-1}", "seed" },
    { "{\"seed\":\"\"}", "seed" },
    { "{\"seed\":1.5}", "seed" },
    { "{\"scenario\":7}", "scenario is no string" },
    { "{\"comparable\":0}", "comparable" },
    { "{\"kind\":2}", "kind" },
    { "{\"runs\":{}}", "runs" },
    { "{\"runs\":[1]}", "runs[0]" },
    { "{\"runs\":[{},{\"status\":7}]}", "runs[1].status" },
    { "{\"runs\":[{\"switch_source\":3}]}", "switch_source" },
    { "{\"runs\":[{},{},{},{},{},{},{},{},{}]}", "too long" },
    { "{\"params\":[{\"unit\":6}]}", "params[0].unit" },
    { "{\"text\":null}", "text" },
    { "[]", "no JSON object" },
    { "", "no JSON" },
    { "{\"seed\":1", "no JSON" },
    { "{\"title\":\"\\u0000\"}", "no JSON" },
    { "{\"title\":\"\xff\"}", "no JSON" },
};

START_TEST(hostile_metas_are_refused)
{
    static struct meta meta;
    for (size_t i = 0; i < sizeof metas / sizeof metas[0]; i++) {
        struct error error;
        bool parsed = meta_parse(metas[i].json, strlen(metas[i].json), &meta, &error);
        ck_assert_msg(parsed == (metas[i].because == NULL), "%s", metas[i].json);
        ck_assert_msg(parsed || strstr(error.text, metas[i].because) != NULL, "%s: %s",
                      metas[i].json, error.text);
        meta_fini(&meta);
    }
}
END_TEST

START_TEST(long_and_odd_strings_are_cut_whole)
{
    static struct meta meta, back;
    char json[200];
    struct error error;
    /* 15 bytes fit; the euro sign (3 bytes) would end at the 16th. */
    snprintf(json, sizeof json, "{\"staging\":\"0123456789abc\xe2\x82\xac\"}");
    ck_assert(meta_parse(json, strlen(json), &meta, &error));
    ck_assert_str_eq(meta.staging, "0123456789abc");
    snprintf(meta.cpu, sizeof meta.cpu, "Odd\xff CPU");
    char *printed = meta_print(&meta);
    ck_assert(meta_parse(printed, strlen(printed), &back, &error));
    ck_assert_str_eq(back.cpu, "Odd? CPU");
    free(printed);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("meta");
    TCase *meta = tcase_create("meta");
    tcase_add_test(meta, a_meta_comes_back_as_it_was);
    tcase_add_test(meta, hostile_metas_are_refused);
    tcase_add_test(meta, long_and_odd_strings_are_cut_whole);
    suite_add_tcase(suite, meta);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
