/*
 * How the screen gives the terminal back (term.h): by a signal, Ctrl-C, Ctrl-Z, a crash of the work, a
 * terminal that was closed or is not known. The terminal has to be as it was, and nothing may go on.
 */
#include "term.h"

#include "base/clock.h"
#include "base/memory.h"

#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum { LIMIT_MS = TERM_LIMIT_MS };

START_TEST(signals_leave_the_terminal_as_it_was)
{
    static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
    struct term term;
    term_open_race(&term, term_lasting, 80, 24, "LIVE");
    pid_t tree[PROCESS_TREE_MAX];
    size_t count = process_tree(term.process.pid, tree, PROCESS_TREE_MAX);
    ck_assert_uint_ge(count, 2);
    kill(term.process.pid, numbers[_i]);
    term_left_tidy(&term);
    ck_assert_uint_eq(process_survivors(tree, count, 5000), 0);
    term_close(&term);
}
END_TEST

/* The work dies, not the screen: it says so, goes on, and leaves tidily. */
START_TEST(a_stage_that_crashes_leaves_the_screen_and_the_terminal)
{
    struct term term;
    term_open_race(&term, term_lasting, 80, 24, "LIVE");
    pid_t stage = process_find(term.process.pid, "ls:stage", 0, LIMIT_MS);
    if (stage == 0) { /* a platform that cannot name its processes */
        term_close(&term);
        return;
    }
    kill(stage, SIGSEGV);
    term_expect(&term, "failed", true);
    term_keys(&term, "?");
    term_expect(&term, "keys and states", true);
    term_keys(&term, "q");
    term_left_tidy(&term);
    ck_assert(WIFEXITED(term.process.status));
    term_close(&term);
}
END_TEST

START_TEST(control_c_leaves_the_terminal_as_it_was)
{
    struct term term;
    term_open(&term, term_quick, 80, 24);
    term_expect(&term, "what do you expect?", true);
    term_keys(&term, "\x03");
    term_left_tidy(&term);
    term_close(&term);
}
END_TEST

START_TEST(a_closed_terminal_ends_it)
{
    struct term term;
    term_open_race(&term, term_lasting, 80, 24, "LIVE");
    pid_t tree[PROCESS_TREE_MAX];
    size_t count = process_tree(term.process.pid, tree, PROCESS_TREE_MAX);
    close(term.process.out);
    term.process.out = open("/dev/null", O_RDWR);
    uint64_t until = clock_now() + LIMIT_MS * NS_PER_MS;
    while (!term.process.ended && clock_now() < until) {
        poll(NULL, 0, 10);
        term.process.ended = waitpid(term.process.pid, &term.process.status, WNOHANG) != 0;
    }
    ck_assert(term.process.ended);
    ck_assert_uint_eq(process_survivors(tree, count, 5000), 0);
    term_close(&term);
}
END_TEST

START_TEST(a_terminal_that_is_not_known_is_told)
{
    struct term term;
    setenv("TERM", "no-such-terminal", 1);
    memset(&term, 0, sizeof term);
    const struct winsize size = { .ws_col = 80, .ws_row = 24 };
    term.process.pid = forkpty(&term.process.out, NULL, NULL, &size);
    if (term.process.pid == 0) {
        const char *program = getenv("LOCKSTEP");
        program = program != NULL ? program : "./lockstep";
        execl(program, program, (char *)NULL);
        _exit(77);
    }
    term.process.text = mem_zero(1, 1);
    fcntl(term.process.out, F_SETFL, O_NONBLOCK);
    term_begin(&term, 80, 24);
    term_left_tidy(&term);
    ck_assert(WIFEXITED(term.process.status) && WEXITSTATUS(term.process.status) == 2);
    ck_assert(term_says(&term, "no screen: TERM is 'no-such-terminal'"));
    term_close(&term);
}
END_TEST

/* ---- Ctrl-Z ---- */

/* A shell's part: the program is a job of its own in the terminal's foreground. Its stops and its end
 * are told through `report`. */
static void be_a_shell(int report, const char *const *words)
{
    int status;
    signal(SIGTTOU, SIG_IGN);
    pid_t job = fork();
    if (job == 0) {
        const char *program = getenv("LOCKSTEP");
        char *argv[16] = { (char *)(uintptr_t)(program != NULL ? program : "./lockstep") };
        for (int i = 0; words[i] != NULL && i < 14; i++)
            argv[i + 1] = (char *)(uintptr_t)words[i];
        setpgid(0, 0);
        tcsetpgrp(STDIN_FILENO, getpid());
        signal(SIGTTOU, SIG_DFL);
        setenv("TERM", "xterm-256color", 1);
        execv(argv[0], argv);
        _exit(77);
    }
    setpgid(job, job);
    tcsetpgrp(STDIN_FILENO, job);
    while (waitpid(job, &status, WUNTRACED) == job) {
        char what = WIFSTOPPED(status) ? 'Z' : 'E';
        if (write(report, &what, 1) != 1 || what == 'E')
            break;
        poll(NULL, 0, 300); /* the test looks at the terminal meanwhile */
        tcsetpgrp(STDIN_FILENO, job);
        kill(-job, SIGCONT);
    }
    _exit(0);
}

START_TEST(control_z_and_back)
{
    struct term term;
    int report[2];
    memset(&term, 0, sizeof term);
    ck_assert_int_eq(pipe(report), 0);
    const struct winsize size = { .ws_col = 80, .ws_row = 24 };
    term.process.pid = forkpty(&term.process.out, NULL, NULL, &size);
    if (term.process.pid == 0)
        be_a_shell(report[1], term_quick);
    close(report[1]);
    term.process.text = mem_zero(1, 1);
    fcntl(term.process.out, F_SETFL, O_NONBLOCK);
    fcntl(report[0], F_SETFL, O_NONBLOCK);
    term_begin(&term, 80, 24);
    term_expect(&term, "what do you expect?", true);
    term_keys(&term, "\x1a");
    char what = 0;
    for (int i = 0; i < LIMIT_MS / 10 && read(report[0], &what, 1) != 1; i++)
        term_read(&term, 10);
    ck_assert_int_eq(what, 'Z');
    struct termios now;
    tcgetattr(term.process.out, &now);
    term_read(&term, 50);
    ck_assert_uint_eq(now.c_lflag, term.before.c_lflag);
    ck_assert(!term.alternate);
    term_expect(&term, "what do you expect?", true); /* it was continued, and drew all anew */
    ck_assert(term.alternate);
    term_keys(&term, " ");
    term_expect(&term, "THREADS + GIL", true);
    term_keys(&term, "q");
    term_left_tidy(&term);
    close(report[0]);
    term_close(&term);
}
END_TEST

int main(void)
{
    setenv("LC_ALL", "C.UTF-8", 1);
    unsetenv("NO_COLOR");
    Suite *suite = suite_create("leave");
    TCase *tcase = tcase_create("leave");
    tcase_set_timeout(tcase, 180);
    tcase_add_loop_test(tcase, signals_leave_the_terminal_as_it_was, 0, 4);
    tcase_add_test(tcase, a_stage_that_crashes_leaves_the_screen_and_the_terminal);
    tcase_add_test(tcase, control_c_leaves_the_terminal_as_it_was);
    tcase_add_test(tcase, a_closed_terminal_ends_it);
    tcase_add_test(tcase, a_terminal_that_is_not_known_is_told);
    tcase_add_test(tcase, control_z_and_back);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
