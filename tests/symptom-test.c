/*
 * What is wrong with real runs: each diagnosis that can be brought about is, by the real program with
 * a scenario and parameters that have the fault, and its report has to name it with its evidence and a
 * moment within the run; a run that has none of the faults is told none. The rules themselves are held
 * by diagnose-test, with traces that have each and near misses of each.
 *
 * Where others keep the cores busy, that is what a run is short of, and the program says so instead of
 * naming lanes that wait for each other; those rows then are asked again, and in the end passed over.
 * So are they on a machine that has a core for each lane, and where no switch of a core is recorded.
 */
#include "process.h"

#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum { LIMIT_MS = 90000, WORDS_MAX = 24, ASKED_AGAIN = 3 };
enum { CORES_MANY = 32 }; /* as many as a row here has lanes */

static bool few_descriptors(void)
{
    const struct rlimit limit = { 256, 256 };
    return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

static const struct row {
    const char *diagnosis, *evidence; /* its name, and words of what it says */
    const char *words[WORDS_MAX]; /* after `run`; SCENARIO/ is where the files of this test are */
    bool (*before)(void);
    bool of_cores; /* it waits for cores, which others can take */
} rows[] = {
    { .diagnosis = "GIL convoy",
      .evidence = "came back from the outside and then waited",
      .words = { "SCENARIO/returning.yaml", "-m", "threads", "-s", "workers=4" },
      .of_cores = true },
    { .diagnosis = "blocked loop",
      .evidence = "had to wait",
      .words = { "SCENARIO/holding.yaml", "-m", "loop" } },
    { .diagnosis = "starvation",
      .evidence = "of its life",
      .words = { "SCENARIO/keeping.yaml", "-m", "threads", "-s", "workers=2", "-s",
                 "switch_interval=1s", "--do", "700ms:kill" },
      .of_cores = true },
    { .diagnosis = "more lanes than cores",
      .evidence = "had no core",
      .words = { "matrix", "-m", "processes", "-s", "workers=32", "-s", "products=96", "-s",
                 "size=768" },
      .of_cores = true },
    { .diagnosis = "pool too small",
      .evidence = "tasks were queued for",
      .words = { "scraper", "-m", "threads", "-s", "workers=3", "-s", "pages=60" } },
    { .diagnosis = "unbounded queue",
      .evidence = "were there and not done",
      .words = { "chat", "-m", "loop", "-s", "clients=200", "-s", "rate=10000/s", "-s",
                 "duration=1s" } },
    { .diagnosis = "serialisation-bound",
      .evidence = "packing, unpacking and passing data",
      .words = { "SCENARIO/packing.yaml", "-m", "processes", "-s", "workers=2" } },
    { .diagnosis = "gave up at a limit",
      .evidence = "it gave up at",
      .words = { "chat", "-m", "loop", "-s", "clients=500", "-s", "duration=1s" },
      .before = few_descriptors },
};
enum { ROWS = sizeof rows / sizeof *rows };

/* ---- the real program ---- */

static void words_of(const struct row *row, const char **words, char path[4200])
{
    static const char mark[] = "SCENARIO/";
    const char *srcdir = getenv("top_srcdir");
    size_t count = 0;
    words[count++] = "run";
    for (size_t i = 0; row->words[i] != NULL; i++) {
        words[count] = row->words[i];
        if (strncmp(row->words[i], mark, sizeof mark - 1) == 0) {
            snprintf(path, 4200, "%s/tests/scenarios-wrong/%s", srcdir != NULL ? srcdir : "..",
                     row->words[i] + sizeof mark - 1);
            words[count] = path;
        }
        count++;
    }
    words[count++] = "--report";
    words[count++] = "json";
    words[count] = NULL;
}

static json_t *report_of(const struct row *row)
{
    const char *words[WORDS_MAX + 4];
    char path[4200];
    struct process process;
    json_error_t error;
    words_of(row, words, path);
    process_start(&process, words, row->before);
    ck_assert_msg(process_wait(&process, LIMIT_MS), "%s: it hangs", row->diagnosis);
    char *text = process_json(&process);
    json_t *report = json_loads(text, 0, &error);
    ck_assert_msg(report != NULL, "%s: no report: %s: %s", row->diagnosis, error.text,
                  process.text);
    free(text);
    process_end(&process);
    return report;
}

static const json_t *find(const json_t *report, const char *diagnosis)
{
    size_t i;
    const json_t *item;
    json_array_foreach(json_object_get(report, "diagnoses"), i, item)
    {
        if (strcmp(json_string_value(json_object_get(item, "name")), diagnosis) == 0)
            return item;
    }
    return NULL;
}

/* Whether nobody could see who had a core and when: then nobody can say who waited for one. */
static bool is_blind(const json_t *report)
{
    const json_t *run = json_array_get(json_object_get(report, "runs"), 0);
    return json_is_string(json_object_get(run, "switch_reason"));
}

static json_int_t cores_of(const json_t *report)
{
    const json_t *machine = json_object_get(report, "machine");
    return json_integer_value(json_object_get(machine, "cores"));
}

/* ---- held ---- */

static void expect_told(const struct row *row, const json_t *report, const json_t *found)
{
    const json_t *run = json_array_get(json_object_get(report, "runs"), 0);
    const char *evidence = json_string_value(json_object_get(found, "evidence"));
    const char *advice = json_string_value(json_object_get(found, "advice"));
    double at_s = json_number_value(json_object_get(found, "at_s"));
    ck_assert_msg(strstr(evidence, row->evidence) != NULL, "%s: %s", row->diagnosis, evidence);
    ck_assert_msg(strpbrk(evidence, "0123456789") != NULL, "no figure in: %s", evidence);
    ck_assert_msg(advice != NULL && advice[0] != '\0', "%s: no advice", row->diagnosis);
    ck_assert_double_ge(at_s, 0);
    ck_assert_double_le(at_s, json_number_value(json_object_get(run, "wall_s")));
    ck_assert_str_eq(json_string_value(json_object_get(found, "model")),
                     json_string_value(json_object_get(run, "model")));
}

START_TEST(a_fault_is_told)
{
    const struct row *row = &rows[_i];
    bool shared = false;
    for (int i = 0; i < ASKED_AGAIN; i++) {
        json_t *report = report_of(row);
        const json_t *found = find(report, row->diagnosis);
        shared = row->of_cores && (find(report, "others took the cores") != NULL ||
                                   is_blind(report) || cores_of(report) >= CORES_MANY);
        char *all = json_dumps(json_object_get(report, "diagnoses"), JSON_INDENT(1));
        if (found != NULL)
            expect_told(row, report, found);
        else
            ck_assert_msg(shared, "%s is not among: %s", row->diagnosis, all);
        free(all);
        json_decref(report);
        if (found != NULL)
            return;
    }
    fprintf(stderr, "passed over: %s: the cores are taken by others, too many, or unseen\n",
            row->diagnosis);
}
END_TEST

/* What a run that fits has none of, whatever else goes on on the machine. */
START_TEST(a_run_that_fits_is_told_nothing_grave)
{
    static const struct row fits = { .diagnosis = "", .words = { "scraper", "-m", "loop" } };
    json_t *report = report_of(&fits);
    for (size_t i = 0; i < ROWS; i++) {
        const json_t *found = find(report, rows[i].diagnosis);
        ck_assert_msg(found == NULL, "%s: %s", rows[i].diagnosis,
                      json_string_value(json_object_get(found, "evidence")));
    }
    ck_assert_ptr_null(find(report, "GIL-bound"));
    ck_assert_ptr_null(find(report, "lock-bound"));
    ck_assert_ptr_null(find(report, "run failed"));
    ck_assert_ptr_null(find(report, "events lost"));
    json_decref(report);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("symptom");
    TCase *tcase = tcase_create("symptom");
    tcase_set_timeout(tcase, 300);
    tcase_add_loop_test(tcase, a_fault_is_told, 0, ROWS);
    tcase_add_test(tcase, a_run_that_fits_is_told_nothing_grave);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
