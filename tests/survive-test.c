/*
 * What lockstep must survive, tried on the real program: deaths of its parts, limits, refusals. After
 * each way out no process may be left within a second. Deadlines bound a hang only.
 */
#include <check.h>
#include <fcntl.h>
#include <jansson.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platform/platform.h"
#include "process.h"

enum { HANG_MS = 60000, GONE_MS = 1000, START_MS = 20000 };

static pid_t left[PROCESS_TREE_MAX];

static void expect_nobody(const pid_t *pids, size_t count)
{
    ck_assert_uint_eq(process_survivors(pids, count, GONE_MS), 0);
}

/* The one run of the report of a process that ended. */
static json_t *report_of(const struct process *process)
{
    char *text = process_json(process);
    json_error_t error;
    json_t *report = json_loads(text, 0, &error);
    ck_assert_msg(report != NULL, "no report: %s: %s", error.text, process->text);
    free(text);
    return report;
}

static json_t *run_of(json_t *report, size_t index)
{
    return json_array_get(json_object_get(report, "runs"), index);
}

static const char *text_of(json_t *run, const char *key)
{
    const char *text = json_string_value(json_object_get(run, key));
    return text != NULL ? text : "";
}

static bool was_skipped(const struct process *process)
{
    return process->ended && WIFEXITED(process->status) && WEXITSTATUS(process->status) == 77;
}

START_TEST(stage_killed)
{
    struct process p;
    const char *words[] = { "run",      "matrix", "-m", "threads,serial", "-s", "products=4",
                            "--report", "json",   NULL };
    process_start(&p, words, NULL);
    pid_t stage = process_find(p.pid, "ls:stage", 0, START_MS);
    ck_assert_int_ne(stage, 0);
    process_read(&p, 100);
    kill(stage, SIGKILL);
    ck_assert(process_wait(&p, HANG_MS));
    ck_assert_int_eq(WEXITSTATUS(p.status), 1);
    json_t *report = report_of(&p);
    ck_assert_str_eq(text_of(run_of(report, 0), "status"), "failed");
    ck_assert_ptr_nonnull(strstr(text_of(run_of(report, 0), "reason"), "signal 9"));
    ck_assert_str_eq(text_of(run_of(report, 1), "status"), "done");
    json_decref(report);
    process_end(&p);
}
END_TEST

START_TEST(lane_killed)
{
    struct process p;
    const char *words[] = { "run", "matrix",    "-m",       "processes", "-s", "products=6",
                            "-s",  "workers=2", "--report", "json",      NULL };
    process_start(&p, words, NULL);
    pid_t stage = process_find(p.pid, "ls:stage", 0, START_MS);
    ck_assert_int_ne(stage, 0);
    size_t lanes = 0;
    for (int i = 0; i < 400 && (lanes = process_tree(stage, left, PROCESS_TREE_MAX)) < 2; i++)
        process_read(&p, 5);
    ck_assert_uint_eq(lanes, 2);
    kill(left[0], SIGKILL);
    ck_assert(process_wait(&p, HANG_MS));
    json_t *report = report_of(&p);
    json_t *tasks = json_object_get(run_of(report, 0), "tasks");
    ck_assert_int_eq(json_integer_value(json_object_get(tasks, "submitted")), 6);
    ck_assert_int_eq(json_integer_value(json_object_get(tasks, "done")) +
                         json_integer_value(json_object_get(tasks, "failed")),
                     6);
    ck_assert_int_ge(json_integer_value(json_object_get(tasks, "done")), 5);
    json_decref(report);
    process_end(&p);
}
END_TEST

START_TEST(recorder_killed)
{
    struct process p;
    const char *words[] = { "run", "matrix", "-m", "threads", "--report", "json", NULL };
    process_start(&p, words, NULL);
    ck_assert_int_ne(process_find(p.pid, "ls:stage", 0, START_MS), 0);
    pid_t recorder = process_find(p.pid, "ls:recorder", 0, START_MS);
    ck_assert_int_ne(recorder, 0);
    size_t count = process_tree(p.pid, left, PROCESS_TREE_MAX);
    kill(recorder, SIGKILL);
    ck_assert(process_wait(&p, HANG_MS));
    ck_assert_int_eq(WEXITSTATUS(p.status), 1);
    ck_assert_ptr_nonnull(strstr(p.text, "recorder"));
    expect_nobody(left, count);
    process_end(&p);
}
END_TEST

START_TEST(program_killed)
{
    struct process p;
    const char *words[] = { "run", "scraper", "-m", "processes", "-s", "pages=2000", NULL };
    process_start(&p, words, NULL);
    ck_assert_int_ne(process_find(p.pid, "ls:stage", 0, START_MS), 0);
    process_read(&p, 200);
    size_t count = process_tree(p.pid, left, PROCESS_TREE_MAX);
    ck_assert_uint_ge(count, 4); /* spawner, recorder, origin, stage */
    kill(p.pid, SIGKILL);
    ck_assert(process_wait(&p, HANG_MS));
    expect_nobody(left, count);
    process_end(&p);
}
END_TEST

START_TEST(spawner_killed)
{
    struct process p;
    const char *words[] = { "run", "scraper", "-m", "threads", "-s", "pages=2000", NULL };
    process_start(&p, words, NULL);
    ck_assert_int_ne(process_find(p.pid, "ls:stage", 0, START_MS), 0);
    process_read(&p, 200);
    size_t count = process_tree(p.pid, left, PROCESS_TREE_MAX);
    kill(process_find(p.pid, "ls:spawner", 0, START_MS), SIGKILL);
    ck_assert(process_wait(&p, HANG_MS));
    ck_assert_int_eq(WEXITSTATUS(p.status), 1);
    expect_nobody(left, count);
    process_end(&p);
}
END_TEST

static const int polite[] = { SIGINT, SIGTERM, SIGHUP };

START_TEST(interrupted)
{
    struct process p;
    const char *words[] = { "run",        "scraper",  "-m",   "threads", "-s",
                            "pages=5000", "--report", "json", NULL };
    process_start(&p, words, NULL);
    ck_assert_int_ne(process_find(p.pid, "ls:stage", 0, START_MS), 0);
    process_read(&p, 300);
    size_t count = process_tree(p.pid, left, PROCESS_TREE_MAX);
    kill(p.pid, polite[_i]);
    ck_assert(process_wait(&p, HANG_MS));
    ck_assert_int_eq(WEXITSTATUS(p.status), 1);
    json_t *report = report_of(&p);
    ck_assert_str_eq(text_of(run_of(report, 0), "status"), "stopped");
    json_decref(report);
    expect_nobody(left, count);
    process_end(&p);
}
END_TEST

static bool few_descriptors(void)
{
    const struct rlimit limit = { 256, 256 };
    return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

START_TEST(descriptors)
{
    struct process p;
    const char *words[] = { "run",        "chat", "-m",       "loop,threads", "-s", "clients=500",
                            "--duration", "1",    "--report", "json",         NULL };
    process_start(&p, words, few_descriptors);
    ck_assert(process_wait(&p, HANG_MS));
    json_t *report = report_of(&p);
    for (size_t i = 0; i < 2; i++) {
        json_t *run = run_of(report, i);
        ck_assert_str_eq(text_of(run, "status"), "limited");
        ck_assert_int_gt(json_integer_value(json_object_get(run, "gave_up_at")), 0);
        ck_assert_int_lt(json_integer_value(json_object_get(run, "gave_up_at")), 257);
    }
    ck_assert_int_eq(WEXITSTATUS(p.status), 0);
    json_decref(report);
    process_end(&p);
}
END_TEST

/* As an ordinary user (root is not held to RLIMIT_NPROC), one that runs nothing else. */
static bool few_processes(void)
{
    const struct rlimit limit = { 24, 24 };
    return getuid() == 0 && setgid(61234) == 0 && setuid(61234) == 0 &&
           setrlimit(RLIMIT_NPROC, &limit) == 0;
}

START_TEST(processes)
{
    struct process p;
    const char *words[] = { "run", "scraper",     "-m",       "threads,processes,loop",
                            "-s",  "workers=100", "--report", "json",
                            NULL };
    process_start(&p, words, few_processes);
    ck_assert(process_wait(&p, HANG_MS));
    if (was_skipped(&p)) {
        printf("processes: skipped: needs root, and a build that others may read\n");
        process_end(&p);
        return;
    }
    json_t *report = report_of(&p);
    for (size_t i = 0; i < 2; i++) {
        json_t *run = run_of(report, i);
        ck_assert_str_eq(text_of(run, "status"), "limited");
        ck_assert_int_lt(json_integer_value(json_object_get(run, "gave_up_at")), 25);
    }
    ck_assert_str_eq(text_of(run_of(report, 2), "status"), "done");
    json_decref(report);
    process_end(&p);
}
END_TEST

/* perf_event_open answers EACCES, as where perf_event_paranoid forbids it. */
static bool without_perf(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_perf_event_open, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 13),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = { .len = 4, .filter = filter };
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

START_TEST(perf_refused)
{
    struct process p;
    const char *words[] = { "run",        "matrix",   "-m",   "threads", "-s",
                            "products=3", "--report", "json", NULL };
    process_start(&p, words, without_perf);
    ck_assert(process_wait(&p, HANG_MS));
    if (was_skipped(&p)) {
        printf("perf_refused: skipped: no seccomp here\n");
        process_end(&p);
        return;
    }
    ck_assert_int_eq(WEXITSTATUS(p.status), 0);
    json_t *report = report_of(&p);
    json_t *run = run_of(report, 0);
    ck_assert_str_eq(text_of(json_object_get(report, "machine"), "switch_source"), "rusage");
    ck_assert_str_eq(text_of(run, "status"), "done");
    ck_assert(json_is_null(json_object_get(json_object_get(run, "state_share"), "ready")));
    ck_assert(json_is_number(json_object_get(json_object_get(run, "switches"), "voluntary")));
    ck_assert(json_is_number(json_object_get(json_object_get(run, "cpu_s"), "user")));
    json_decref(report);
    process_end(&p);
}
END_TEST

START_TEST(unwritable)
{
    struct process p;
    const char *words[] = { "run", "matrix", "--record", "/nowhere/at/all.lockstep", NULL };
    process_start(&p, words, NULL);
    ck_assert(process_wait(&p, HANG_MS));
    ck_assert_int_eq(WEXITSTATUS(p.status), 2);
    ck_assert_ptr_nonnull(strstr(p.text, "/nowhere/at/all.lockstep: cannot be written"));
    ck_assert_ptr_eq(strchr(p.text, '\n'), p.text + strlen(p.text) - 1); /* one line */
    process_end(&p);
}
END_TEST

static bool plain_locale(void)
{
    return setenv("LC_ALL", "C", 1) == 0 && unsetenv("TERM") == 0;
}

START_TEST(no_terminal_no_locale)
{
    struct process p;
    const char *words[] = { "scraper", "-m", "loop", "-s", "pages=20", NULL };
    process_start(&p, words, plain_locale);
    ck_assert(process_wait(&p, HANG_MS));
    ck_assert_int_eq(WEXITSTATUS(p.status), 0);
    for (const char *c = p.text; *c != '\0'; c++)
        ck_assert_int_ge(*c, 0); /* ASCII only */
    process_end(&p);
}
END_TEST

/* The screen over a race that has gone; `pids` is everything below it. */
static size_t screen_live(struct process *p)
{
    const char *words[] = { "scraper", "-m", "threads,processes", "-s", "pages=3000", NULL };
    process_start_terminal(p, words, 80, 24, NULL);
    process_read(p, 500);
    ck_assert_int_eq(write(p->out, " ", 1), 1); /* skips the question */
    ck_assert_int_ne(process_find(p->pid, "ls:stage", 0, START_MS), 0);
    process_read(p, 300);
    return process_tree(p->pid, left, PROCESS_TREE_MAX);
}

START_TEST(screen_killed)
{
    struct process p;
    size_t count = screen_live(&p);
    ck_assert_uint_ge(count, 4);
    kill(p.pid, SIGKILL);
    ck_assert(process_wait(&p, HANG_MS));
    expect_nobody(left, count);
    process_end(&p);
}
END_TEST

static const char *const parts[] = { "ls:stage", "ls:recorder", "ls:origin", "ls:spawner" };

START_TEST(screen_survives)
{
    struct process p;
    size_t count = screen_live(&p);
    kill(process_find(p.pid, parts[_i], 0, START_MS), SIGKILL);
    process_read(&p, 500);
    ck_assert_msg(!p.ended, "the screen did not survive %s", parts[_i]);
    ck_assert_int_eq(write(p.out, "q", 1), 1);
    ck_assert(process_wait(&p, HANG_MS));
    ck_assert(WIFEXITED(p.status));
    expect_nobody(left, count);
    process_end(&p);
}
END_TEST

/* A recording of a program that was killed opens up to its last whole chunk. */
START_TEST(recording_is_kept)
{
    char path[64];
    snprintf(path, sizeof path, "survive-%d.lockstep", (int)getpid());
    unlink(path);
    struct process p;
    const char *words[] = { "run",        "scraper",  "-m", "threads", "-s",
                            "pages=5000", "--record", path, NULL };
    process_start(&p, words, NULL);
    ck_assert_int_ne(process_find(p.pid, "ls:stage", 0, START_MS), 0);
    process_read(&p, 600);
    size_t count = process_tree(p.pid, left, PROCESS_TREE_MAX);
    kill(p.pid, SIGKILL);
    ck_assert(process_wait(&p, HANG_MS));
    expect_nobody(left, count);
    process_end(&p);
    const char *export[] = { "export", path, "--to", "json", NULL };
    process_start(&p, export, NULL);
    ck_assert(process_wait(&p, HANG_MS));
    ck_assert_int_eq(WEXITSTATUS(p.status), 0);
    json_t *report = report_of(&p);
    json_t *tasks = json_object_get(run_of(report, 0), "tasks");
    ck_assert_int_gt(json_integer_value(json_object_get(tasks, "done")), 0);
    json_decref(report);
    process_end(&p);
    unlink(path);
}
END_TEST

int main(void)
{
    if (access("/proc/self/stat", R_OK) != 0) {
        printf("skipped: needs /proc\n");
        return 77;
    }
    if (strcmp(platform_name(), "generic") == 0) {
        printf("skipped: this platform cannot name processes nor end orphans\n");
        return 77;
    }
    Suite *suite = suite_create("survive");
    TCase *deaths = tcase_create("deaths");
    tcase_set_timeout(deaths, 120);
    tcase_add_test(deaths, stage_killed);
    tcase_add_test(deaths, lane_killed);
    tcase_add_test(deaths, recorder_killed);
    tcase_add_test(deaths, program_killed);
    tcase_add_test(deaths, spawner_killed);
    tcase_add_loop_test(deaths, interrupted, 0, 3);
    tcase_add_test(deaths, recording_is_kept);
    tcase_add_test(deaths, screen_killed);
    tcase_add_loop_test(deaths, screen_survives, 0, 4);
    suite_add_tcase(suite, deaths);
    TCase *limits = tcase_create("limits");
    tcase_set_timeout(limits, 120);
    tcase_add_test(limits, descriptors);
    tcase_add_test(limits, processes);
    tcase_add_test(limits, perf_refused);
    tcase_add_test(limits, unwritable);
    tcase_add_test(limits, no_terminal_no_locale);
    suite_add_tcase(suite, limits);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
