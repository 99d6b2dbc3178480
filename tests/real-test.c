/*
 * What real races become: the Chrome trace of each model keeps the rules and says what the timeline
 * says; a demo over a recording gives the same picture twice, small and alone; and so are the pictures
 * that lie in pictures/.
 */
#include "chrome_rules.h"
#include "files.h"
#include "markup.h"
#include "process.h"

#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "trace/recording.h"

enum { HANG_MS = 120000, PICTURE_MOST = 300 * 1000 };

static char directory[] = "/tmp/lockstep-real-XXXXXX";

/* Runs the program with these words; it has to say yes. */
static void call(const char *const *words)
{
    struct process p;
    process_start(&p, words, NULL);
    ck_assert(process_wait(&p, HANG_MS));
    ck_assert_msg(WIFEXITED(p.status) && WEXITSTATUS(p.status) == 0, "%s", p.text);
    process_end(&p);
}

/* The whole file as a string; heap. */
static char *text_of_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "%s", path);
    ck_assert_int_eq(fseek(file, 0, SEEK_END), 0);
    *size = (size_t)ftell(file);
    rewind(file);
    char *text = mem_alloc(*size + 1);
    ck_assert_uint_eq(fread(text, 1, *size, file), *size);
    text[*size] = '\0';
    fclose(file);
    return text;
}

static struct timeline *timeline_of_file(const char *path)
{
    struct error error;
    struct recording *recording = recording_open(path, &error);
    ck_assert_msg(recording != NULL, "%s", error.text);
    struct timeline *timeline = timeline_new();
    const struct event *events;
    size_t count;
    while (recording_next(recording, UINT64_MAX, &events, &count, &error) && count > 0)
        timeline_feed(timeline, events, count);
    ck_assert_ptr_null(recording_missing(recording));
    timeline_tell(timeline, recording_meta(recording, NULL), recording_until(recording));
    recording_close(recording);
    return timeline;
}

/* ---- The Chrome trace ---- */

static const struct {
    const char *words[14];
} races[] = {
    { { "scraper", "-m", "serial,threads,processes,loop", "-s", "pages=30", "-s", "latency=3ms" } },
    { { "matrix", "-m", "serial,threads,free,processes,loop", "-s", "products=2", "-s",
        "size=96" } },
    { { "stats", "-m", "threads,processes", "-s", "repeat=1", "--staging", "together" } },
    { { "chat", "-m", "threads,processes,loop", "-s", "clients=20", "--duration", "0.3" } },
};

START_TEST(the_trace_of_a_real_race_keeps_the_rules)
{
    char file[100], trace[120], export[140];
    snprintf(file, sizeof file, "%s/race-%d.lockstep", directory, _i);
    snprintf(trace, sizeof trace, "%s/race-%d.json", directory, _i);
    snprintf(export, sizeof export, "perfetto:%s", trace);
    const char *words[24] = { "run" };
    size_t count = 1;
    for (size_t i = 0; races[_i].words[i] != NULL; i++)
        words[count++] = races[_i].words[i];
    const char *const rest[] = { "--record", file, "--export", export, NULL };
    memcpy(words + count, rest, sizeof rest);
    call(words);
    struct timeline *timeline = timeline_of_file(file);
    size_t size;
    char *text = text_of_file(trace, &size);
    chrome_check(text, timeline, true);
    free(text);
    const char *const part[] = { "export",  file,   "--to", "perfetto", "--from",      "3ms",
                                 "--until", "20ms", "-o",   trace,      "--overwrite", NULL };
    call(part);
    text = text_of_file(trace, &size);
    chrome_check(text, timeline, false);
    free(text);
    timeline_free(timeline);
}
END_TEST

/* ---- Pictures ---- */

/* How long a film is before it begins again. */
static double seconds_of(const char *text)
{
    const char *word = strstr(text, ".f{animation:");
    ck_assert_ptr_nonnull(word);
    return strtod(word + strlen(".f{animation:"), NULL);
}

/* Small (PICTURE_MOST for ten seconds; how long a demo of a race takes is the machine's matter), alone,
 * and it begins again when it is over. */
static void check_picture(const char *path)
{
    size_t size;
    char *text = text_of_file(path, &size);
    double tens = seconds_of(text) / 10;
    ck_assert_msg((double)size <= PICTURE_MOST * (tens > 1 ? tens : 1), "%s: %zu bytes, %.1f s",
                  path, size, tens * 10);
    ck_assert_uint_gt(markup_check(text), 100);
    markup_alone(text);
    ck_assert_uint_gt(markup_times(text, "@keyframes"), 50);
    ck_assert_msg(strstr(text, "infinite") != NULL, "%s does not loop", path);
    free(text);
}

static char *in_source(const char *path)
{
    const char *top = getenv("top_srcdir");
    return mem_format("%s/%s", top != NULL ? top : "..", path);
}

START_TEST(the_pictures_that_are_kept_are_small_and_alone)
{
    char *pattern = in_source("pictures/*.svg");
    glob_t found;
    ck_assert_int_eq(glob(pattern, 0, NULL, &found), 0);
    ck_assert_uint_ge(found.gl_pathc, 3);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        check_picture(found.gl_pathv[i]);
        struct stat status;
        ck_assert_int_eq(stat(found.gl_pathv[i], &status), 0);
        ck_assert_int_le(status.st_size, PICTURE_MOST);
    }
    globfree(&found);
    free(pattern);
}
END_TEST

START_TEST(a_demo_over_a_recording_is_the_same_picture_twice)
{
    static const char *const names[] = { "scraper", "matrix", "chat" };
    char file[100], paths[2][120];
    snprintf(file, sizeof file, "%s/demo-%d.lockstep", directory, _i);
    char *script = mem_format("demos/%s.demo", names[_i]), *demo = in_source(script);
    const char *const run[] = { "run", names[_i], "--staging", "turns", "--record", file, NULL };
    call(run);
    char *texts[2];
    size_t size;
    for (int i = 0; i < 2; i++) {
        snprintf(paths[i], sizeof paths[i], "%s/demo-%d-%d.svg", directory, _i, i);
        const char *const play[] = { "play", demo, file, "--fps", "10", "--svg", paths[i], NULL };
        call(play);
        texts[i] = text_of_file(paths[i], &size);
    }
    check_picture(paths[0]);
    ck_assert_str_eq(texts[0], texts[1]);
    free(texts[0]);
    free(texts[1]);
    free(script);
    free(demo);
}
END_TEST

/* A refusal speaks of what was typed. */
START_TEST(a_refusal_names_the_option)
{
    char there[100];
    snprintf(there, sizeof there, "%s/there", directory);
    FILE *file = fopen(there, "w");
    ck_assert_ptr_nonnull(file);
    fclose(file);
    char *demo = in_source("demos/scraper.demo");
    static const char *const options[] = { "--cast", "--svg" };
    for (int i = 0; i < 2; i++) {
        struct process p;
        const char *const words[] = { "play", demo, options[i], there, NULL };
        process_start(&p, words, NULL);
        ck_assert(process_wait(&p, HANG_MS));
        ck_assert_int_eq(WEXITSTATUS(p.status), 2);
        char *said =
            mem_format("there: exists already; give another %s, or --overwrite\n", options[i]);
        ck_assert_msg(strstr(p.text, said) != NULL, "%s", p.text);
        free(said);
        process_end(&p);
    }
    free(demo);
}
END_TEST

int main(void)
{
    if (mkdtemp(directory) == NULL) {
        perror(directory);
        return 99;
    }
    Suite *suite = suite_create("real");
    TCase *tcase = tcase_create("real");
    tcase_set_timeout(tcase, 300);
    tcase_add_loop_test(tcase, the_trace_of_a_real_race_keeps_the_rules, 0,
                        (int)(sizeof races / sizeof *races));
    tcase_add_test(tcase, the_pictures_that_are_kept_are_small_and_alone);
    tcase_add_loop_test(tcase, a_demo_over_a_recording_is_the_same_picture_twice, 0, 3);
    tcase_add_test(tcase, a_refusal_names_the_option);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    folder_remove(directory);
    return failed > 0;
}
