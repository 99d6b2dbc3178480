/*
 * The disk is full while the screen records a race: it is said, the race goes on and is shown on to its
 * end, and what was written until then is a recording that opens. The disk is a small one of the
 * program's own; where none can be had the test says so and is skipped.
 */
#include "term.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SKIPPED = 77 };

static char directory[] = "/tmp/lockstep-full-XXXXXX";

/* What an export says of a file that only the program sees, on its disk. */
static char *export_seen_by(pid_t pid, const char *path)
{
    char seen[200];
    snprintf(seen, sizeof seen, "/proc/%d/root%s", (int)pid, path);
    struct process p;
    const char *words[] = { "export", seen, "--to", "text", NULL };
    process_start(&p, words, NULL);
    ck_assert(process_wait(&p, TERM_LIMIT_MS));
    ck_assert_msg(WIFEXITED(p.status) && WEXITSTATUS(p.status) == 0, "%s", p.text);
    char *text = strdup(p.text);
    process_end(&p);
    return text;
}

START_TEST(a_full_disk_is_said_and_the_race_is_shown_on)
{
    char path[100];
    snprintf(path, sizeof path, "%s/race.lockstep", directory);
    const char *words[] = { "scraper",   "-m", "threads,loop", "--staging", "turns", "-s",
                            "pages=600", "-s", "latency=1ms",  "--record",  path,    NULL };
    struct term term;
    memset(&term, 0, sizeof term);
    process_disk_at = directory;
    process_start_terminal(&term.process, words, 120, 40, process_small_disk);
    term_begin(&term, 120, 40);
    term_keys(&term, " "); /* no guess */
    term_expect(&term, "No space left on device", true);
    term_expect(&term, "the race goes on", true);
    term_expect(&term, "holds what was recorded", true);
    /* Both to their end, long after the disk took no more: the second began after that. */
    term_keys(&term, "\x1bOF");
    term_expect(&term, "2nd", true);
    term_expect(&term, "600/600", true);
    char *text = export_seen_by(term.process.pid, path);
    ck_assert_msg(strstr(text, "was not closed") != NULL, "%s", text);
    ck_assert_msg(strstr(text, "/600") != NULL, "%s", text);
    free(text);
    term_keys(&term, "q");
    term_left_tidy(&term);
    ck_assert_int_eq(WEXITSTATUS(term.process.status), 0);
    term_close(&term);
}
END_TEST

static bool can_have_a_disk(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        process_disk_at = directory;
        _exit(process_small_disk() ? 0 : SKIPPED);
    }
    int status;
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int main(void)
{
    if (mkdtemp(directory) == NULL) {
        perror(directory);
        return 99;
    }
    int result = SKIPPED;
    if (!can_have_a_disk()) {
        fputs("full-test: skipped: no disk of its own can be mounted here\n", stderr);
    } else {
        Suite *suite = suite_create("full");
        TCase *screen = tcase_create("screen");
        tcase_set_timeout(screen, 120);
        tcase_add_test(screen, a_full_disk_is_said_and_the_race_is_shown_on);
        suite_add_tcase(suite, screen);
        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        result = srunner_ntests_failed(runner) > 0;
        srunner_free(runner);
    }
    rmdir(directory);
    return result;
}
