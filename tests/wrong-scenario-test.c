/*
 * scenario/: what is wrong with wrong scenarios. scenarios-bad/NAME.yaml has to give the sentence
 * NAME.expect; hostile and damaged ones give a plan or one polite line, within moments.
 */
#include "scenario/plan.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "plans.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

int main(void)
{
    Suite *suite = suite_create("wrong-scenario");
    TCase *cases = tcase_create("wrong");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, wrong_files_are_told);
    tcase_add_test(cases, hostile_texts_are_refused);
    tcase_add_test(cases, hostile_paths_are_refused);
    tcase_add_loop_test(cases, damaged_files_are_told, 0, 2);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
