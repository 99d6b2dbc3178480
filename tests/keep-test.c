/*
 * Recordings of real races, kept by the real program: the file says to the last digit what the race
 * said while it ran; it is whole when the program is killed, and as far as there was room when the
 * disk is full.
 */
#include "base/clock.h"
#include "files.h"
#include "process.h"
#include "trace/recording_inside.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HANG_MS = 120000, START_MS = 20000 };

static char directory[] = "/tmp/lockstep-keep-XXXXXX";
static char path[100];

static void fresh(void)
{
    snprintf(path, sizeof path, "%s/race.lockstep", directory);
    unlink(path);
}

static char *export_json(void)
{
    struct process p;
    const char *words[] = { "export", path, "--to", "json", NULL };
    process_start(&p, words, NULL);
    ck_assert(process_wait(&p, HANG_MS));
    ck_assert_msg(WEXITSTATUS(p.status) == 0, "%s", p.text);
    char *json = process_json(&p);
    process_end(&p);
    return json;
}

static const char *text_at(json_t *report, const char *key, const char *inner)
{
    const char *text = json_string_value(json_object_get(json_object_get(report, key), inner));
    return text != NULL ? text : "";
}

/* ---- The round trip ---- */

static const struct {
    const char *words[12];
} races[] = {
    { { "run", "scraper", "-s", "pages=40", "-s", "latency=5ms", NULL } },
    { { "run", "matrix", "-s", "products=4", "-s", "size=128", "-m", "serial,threads,processes",
        NULL } },
    { { "run", "chat", "-s", "clients=40", "--duration", "0.5", NULL } },
    { { "run", "stats", "-s", "repeat=2", NULL } },
};

START_TEST(a_file_says_what_the_race_said)
{
    fresh();
    struct process p;
    const char *words[20] = { 0 };
    size_t count = 0;
    while (races[_i].words[count] != NULL) {
        words[count] = races[_i].words[count];
        count++;
    }
    const char *rest[] = { "--record", path, "--report", "json", NULL };
    memcpy(words + count, rest, sizeof rest);
    process_start(&p, words, NULL);
    ck_assert(process_wait(&p, HANG_MS));
    ck_assert_msg(WEXITSTATUS(p.status) == 0, "%s", p.text);
    char *live = process_json(&p), *kept = export_json();
    ck_assert_uint_gt(strlen(live), 1000);
    ck_assert_str_eq(live, kept);
    process_end(&p);
    struct found found = found_in(path);
    ck_assert(found.ended);
    ck_assert_uint_gt(found.packed, 0);
    json_error_t error;
    json_t *report = json_loads(live, 0, &error);
    ck_assert_ptr_nonnull(report);
    ck_assert_str_eq(found.best, text_at(report, "verdict", "best"));
    ck_assert_str_eq(found.why, text_at(report, "verdict", "why"));
    uint64_t seen = 0;
    json_t *runs = json_object_get(report, "runs");
    for (size_t i = 0; i < json_array_size(runs); i++)
        seen += (uint64_t)json_integer_value(
            json_object_get(json_object_get(json_array_get(runs, i), "events"), "seen"));
    ck_assert_uint_gt(seen, 0);
    ck_assert_uint_ge(found.events, seen);
    json_decref(report);
    free(live);
    free(kept);
}
END_TEST

/* ---- Ends that nobody wanted ---- */

/* Until there is something in the file. */
static void until_it_grows(struct process *p)
{
    uint64_t until_ns = clock_now() + START_MS * NS_PER_MS;
    for (struct stat status = { 0 }; status.st_size < 16 * 1024;) {
        ck_assert_msg(clock_now() < until_ns, "%lld bytes", (long long)status.st_size);
        process_read(p, 20);
        if (stat(path, &status) != 0)
            status.st_size = 0;
    }
}

START_TEST(a_killed_program_leaves_a_whole_file)
{
    fresh();
    struct process p;
    const char *words[] = { "run",        "scraper",  "-m", "threads", "-s",
                            "pages=5000", "--record", path, NULL };
    process_start(&p, words, NULL);
    until_it_grows(&p);
    kill(p.pid, SIGKILL);
    ck_assert(process_wait(&p, HANG_MS));
    process_end(&p);
    /* The recorder sees that it is alone and closes the file by itself. */
    struct found found = found_in(path);
    for (int i = 0; i < 100 && !found.ended; i++) {
        usleep(20 * 1000);
        found = found_in(path);
    }
    ck_assert(found.ended);
    ck_assert_uint_gt(found.events, 20);
    free(export_json());
}
END_TEST

/* Whoever leaves in the middle has the file when the program has ended, however long the recorder took
 * to close it: here it is stopped meanwhile. */
START_TEST(leaving_waits_for_the_file)
{
    fresh();
    struct process p;
    const char *words[] = { "matrix", "-m",       "threads",  "-s", "products=1000",
                            "-s",     "size=512", "--record", path, NULL };
    process_start_terminal(&p, words, 80, 24, NULL);
    process_read(&p, 500);
    ck_assert_int_eq(write(p.out, " ", 1), 1); /* skips the question */
    pid_t recorder = process_find(p.pid, "ls:recorder", 0, START_MS);
    if (recorder == 0) { /* a platform that cannot name its processes */
        process_end(&p);
        return;
    }
    until_it_grows(&p);
    kill(recorder, SIGSTOP);
    ck_assert_int_eq(write(p.out, "q", 1), 1);
    process_read(&p, 1500);
    ck_assert(!p.ended);
    kill(recorder, SIGCONT);
    ck_assert(process_wait(&p, HANG_MS));
    ck_assert(WIFEXITED(p.status) && WEXITSTATUS(p.status) == 0);
    process_end(&p);
    struct found found = found_in(path);
    ck_assert(found.ended);
    ck_assert_uint_gt(found.events, 20);
}
END_TEST

START_TEST(a_full_disk_is_told_and_the_race_goes_on)
{
    fresh();
    struct process p;
    const char *words[] = { "run",        "scraper", "-m",          "threads,loop", "-s",
                            "pages=1500", "-s",      "latency=1ms", "--record",     path,
                            "--report",   "json",    NULL };
    process_disk_at = directory;
    process_start(&p, words, process_small_disk);
    ck_assert(process_wait(&p, HANG_MS));
    if (WEXITSTATUS(p.status) == 77) {
        process_end(&p);
        return; /* no disk of its own to be had here */
    }
    ck_assert_int_eq(WEXITSTATUS(p.status), 1);
    ck_assert_msg(strstr(p.text, "cannot be written beyond") != NULL, "%s", p.text);
    ck_assert_ptr_nonnull(strstr(p.text, "No space left"));
    char *text = process_json(&p);
    json_error_t error;
    json_t *report = json_loads(text, 0, &error);
    ck_assert_msg(report != NULL, "%s", p.text);
    json_t *runs = json_object_get(report, "runs");
    for (size_t i = 0; i < 2; i++) {
        json_t *run = json_array_get(runs, i), *tasks = json_object_get(run, "tasks");
        ck_assert_str_eq(json_string_value(json_object_get(run, "status")), "done");
        /* What was not written was seen nevertheless. */
        ck_assert_int_eq(json_integer_value(json_object_get(tasks, "done")), 1500);
    }
    json_decref(report);
    free(text);
    process_end(&p);
}
END_TEST

int main(void)
{
    if (mkdtemp(directory) == NULL) {
        perror(directory);
        return 99;
    }
    Suite *suite = suite_create("keep");
    TCase *trips = tcase_create("round trips");
    tcase_set_timeout(trips, 300);
    tcase_add_loop_test(trips, a_file_says_what_the_race_said, 0,
                        (int)(sizeof races / sizeof races[0]));
    suite_add_tcase(suite, trips);
    TCase *ends = tcase_create("ends");
    tcase_set_timeout(ends, 300);
    tcase_add_test(ends, a_killed_program_leaves_a_whole_file);
    tcase_add_test(ends, leaving_waits_for_the_file);
    tcase_add_test(ends, a_full_disk_is_told_and_the_race_goes_on);
    suite_add_tcase(suite, ends);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    folder_remove(directory);
    return failed > 0;
}
