/*
 * Starting and ending a process of the outside: see beside.h.
 */
#include "beside.h"

#include "base/clock.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

void beside_start(struct beside *beside, struct stage_test *test,
                  int (*body)(int arena_fd, uint32_t run))
{
    stamp_init();
    fflush(NULL);
    *beside = (struct beside){ .test = test, .pid = fork() };
    ck_assert_int_ge(beside->pid, 0);
    if (beside->pid == 0)
        _exit(body(dup(test->arena.fd), 0));
    while (atomic_load(&test->run->outside_ready) == 0)
        ck_assert_msg(arena_wait(&test->run->outside_ready, 0, 20 * NS_PER_S),
                      "the outside does not get ready");
    ck_assert_uint_eq(atomic_load(&test->run->outside_ready), 1);
}

int beside_end(struct beside *beside)
{
    const struct timespec pause = { .tv_nsec = (long)NS_PER_MS };
    ck_assert_msg(stage_test_poll(beside->test, 120 * 1000), "the stage did not end");
    uint64_t until_ns = clock_now() + 20 * NS_PER_S;
    int status;
    while (waitpid(beside->pid, &status, WNOHANG) == 0) {
        if (clock_now() > until_ns) {
            kill(beside->pid, SIGKILL);
            waitpid(beside->pid, NULL, 0);
            ck_abort_msg("the outside did not end");
        }
        nanosleep(&pause, NULL);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
