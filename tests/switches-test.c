/*
 * Context switches as the kernel records them, held against what the kernel counts for the threads
 * themselves (getrusage). Skips where perf events are not to be had.
 */
#include "base/clock.h"
#include "base/memory.h"
#include "platform/platform.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LANES = 2, ROUNDS = 2000 };

/* What a lane of the child says of itself. Before and after each reading of its own counts it reads
 * the clock, so what the kernel recorded can be counted up to both and must enclose what was read. */
struct reading {
    uint64_t before_ns, after_ns;
    uint64_t voluntary, involuntary;
};

struct report {
    pid_t tid;
    struct reading first, last;
};

/* One process that plays ping-pong when it is told to go. */
struct players {
    pid_t pid;
    int go;                 /* a byte here starts it */
    struct report *reports; /* LANES of them, shared */
};

struct lane {
    struct report *report;
    int from, to;
    bool serves;
};

static void read_counts(struct reading *reading)
{
    struct platform_usage usage;
    reading->before_ns = clock_now();
    if (!platform_self_usage(&usage))
        abort();
    reading->after_ns = clock_now();
    reading->voluntary = usage.voluntary;
    reading->involuntary = usage.involuntary;
}

static void *play(void *argument)
{
    struct lane *lane = argument;
    char ball = 'o';
    lane->report->tid = platform_tid();
    read_counts(&lane->report->first);
    for (int i = 0; i < ROUNDS; i++) {
        if (lane->serves && write(lane->to, &ball, 1) != 1)
            abort();
        if (read(lane->from, &ball, 1) != 1)
            abort();
        if (!lane->serves && write(lane->to, &ball, 1) != 1)
            abort();
    }
    read_counts(&lane->report->last);
    return NULL;
}

static void play_process(int go, struct report *reports)
{
    char byte;
    int there[2], back[2];
    if (read(go, &byte, 1) != 1 || pipe(there) < 0 || pipe(back) < 0)
        _exit(1);
    struct lane lanes[LANES] = {
        { .report = &reports[0], .from = back[0], .to = there[1], .serves = true },
        { .report = &reports[1], .from = there[0], .to = back[1], .serves = false },
    };
    pthread_t threads[LANES];
    for (int i = 0; i < LANES; i++)
        if (platform_thread(&threads[i], NULL, play, &lanes[i]) != 0)
            _exit(1);
    for (int i = 0; i < LANES; i++)
        pthread_join(threads[i], NULL);
    _exit(0);
}

static struct players players_start(void)
{
    struct players players;
    int ends[2];
    size_t size = LANES * sizeof *players.reports;
    int shared = platform_memfd("reports", size, NULL);
    ck_assert_int_ge(shared, 0);
    players.reports = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, shared, 0);
    ck_assert(players.reports != MAP_FAILED);
    close(shared);
    ck_assert_int_eq(pipe(ends), 0);
    players.pid = fork();
    ck_assert_int_ge(players.pid, 0);
    if (players.pid == 0) {
        close(ends[1]);
        play_process(ends[0], players.reports);
    }
    close(ends[0]);
    players.go = ends[1];
    return players;
}

static void players_go(struct players *players)
{
    ck_assert_int_eq(write(players->go, "g", 1), 1);
    close(players->go);
}

/* What was recorded. */
struct tape {
    struct platform_switch *records;
    size_t count, capacity;
    uint64_t last_ns[PLATFORM_CORES_MAX]; /* of each core */
};

static void tape_add(const struct platform_switch *one, void *context)
{
    struct tape *tape = context;
    ck_assert_int_ge(one->core, 0);
    ck_assert_int_lt(one->core, PLATFORM_CORES_MAX);
    ck_assert_uint_ge(one->time_ns, tape->last_ns[one->core]);
    tape->last_ns[one->core] = one->time_ns;
    if (tape->count == tape->capacity) {
        tape->capacity = tape->capacity * 2 + 1024;
        tape->records = mem_resize(tape->records, tape->capacity, sizeof *tape->records);
    }
    tape->records[tape->count++] = *one;
}

/* Reads while the process lives, waiting on the rings' descriptors as a recorder would. */
static void record_until_gone(struct platform_switches *switches, const pid_t *pids, size_t count,
                              struct tape *tape)
{
    int descriptors[PLATFORM_CORES_MAX];
    struct pollfd polled[PLATFORM_CORES_MAX];
    size_t fds = platform_switches_fds(switches, descriptors, PLATFORM_CORES_MAX);
    for (size_t i = 0; i < fds; i++)
        polled[i] = (struct pollfd){ .fd = descriptors[i], .events = POLLIN };
    for (size_t gone = 0; gone < count;) {
        poll(polled, fds, 5);
        for (size_t i = 0; i < fds; i++)
            ck_assert_int_eq(polled[i].revents & (POLLHUP | POLLERR), 0);
        platform_switches_read(switches, tape_add, tape);
        int status;
        while (gone < count && waitpid(pids[gone], &status, WNOHANG) == pids[gone]) {
            ck_assert_int_eq(status, 0);
            gone++;
        }
    }
    platform_switches_read(switches, tape_add, tape);
}

struct counts {
    uint64_t in, voluntary, involuntary;
};

static struct counts count_between(const struct tape *tape, pid_t pid, pid_t tid, uint64_t from_ns,
                                   uint64_t to_ns)
{
    struct counts counts = { 0 };
    for (size_t i = 0; i < tape->count; i++) {
        const struct platform_switch *one = &tape->records[i];
        if (one->tid != tid || one->time_ns < from_ns || one->time_ns > to_ns)
            continue;
        ck_assert_int_eq(one->pid, pid);
        counts.in += one->in;
        counts.involuntary += !one->in && one->preempted;
        counts.voluntary += !one->in && !one->preempted;
    }
    return counts;
}

static void hold_against_own_counts(const struct tape *tape, const struct players *players)
{
    uint64_t all = 0;
    for (int i = 0; i < LANES; i++) {
        const struct report *report = &players->reports[i];
        uint64_t voluntary = report->last.voluntary - report->first.voluntary;
        uint64_t involuntary = report->last.involuntary - report->first.involuntary;
        struct counts least = count_between(tape, players->pid, report->tid, report->first.after_ns,
                                            report->last.before_ns);
        struct counts most = count_between(tape, players->pid, report->tid, report->first.before_ns,
                                           report->last.after_ns);
        ck_assert_uint_le(least.voluntary, voluntary);
        ck_assert_uint_ge(most.voluntary, voluntary);
        ck_assert_uint_le(least.involuntary, involuntary);
        ck_assert_uint_ge(most.involuntary, involuntary);
        /* On a core at both ends of the span: as often in as out. */
        ck_assert_uint_eq(least.in, least.voluntary + least.involuntary);
        all += voluntary + involuntary;
    }
    ck_assert_uint_gt(all, ROUNDS / 2);
}

static struct platform_switches *must_open(pid_t pid, const struct platform_ring_options *options)
{
    struct error error;
    struct platform_switches *switches = platform_switches_open(pid, options, &error);
    ck_assert_msg(switches != NULL, "%s", error.text);
    return switches;
}

START_TEST(counts_equal_getrusage)
{
    struct players players = players_start();
    struct platform_switches *switches = must_open(players.pid, NULL);
    struct tape *tape = mem_zero(1, sizeof *tape);
    players_go(&players);
    record_until_gone(switches, &players.pid, 1, tape);
    bool exact;
    ck_assert_uint_eq(platform_switches_lost(switches, &exact), 0);
    hold_against_own_counts(tape, &players);
    platform_switches_close(switches);
    free(tape->records);
    free(tape);
}
END_TEST

/* Two processes into one ring per core; the first is taken out when it has ended. */
START_TEST(processes_share_the_rings)
{
    struct players players[2] = { players_start(), players_start() };
    pid_t pids[2] = { players[0].pid, players[1].pid };
    struct error error;
    struct platform_switches *switches = must_open(pids[0], NULL);
    ck_assert_msg(platform_switches_add(switches, pids[1], &error), "%s", error.text);
    struct tape *tape = mem_zero(1, sizeof *tape);
    players_go(&players[0]);
    record_until_gone(switches, pids, 1, tape);
    platform_switches_remove(switches, pids[0]);
    players_go(&players[1]);
    record_until_gone(switches, pids + 1, 1, tape);
    hold_against_own_counts(tape, &players[0]);
    hold_against_own_counts(tape, &players[1]);
    bool exact;
    ck_assert_uint_eq(platform_switches_lost(switches, &exact), 0);
    platform_switches_close(switches);
    free(tape->records);
    free(tape);
}
END_TEST

/* A ring of one page that nobody reads: what was recorded and what was lost are all there was. */
START_TEST(losses_are_counted)
{
    struct players players = players_start();
    struct platform_ring_options small = { .core_bytes = 1 };
    struct platform_switches *switches = must_open(players.pid, &small);
    ck_assert_uint_eq(platform_switches_ring(switches), (size_t)sysconf(_SC_PAGESIZE));
    struct tape *tape = mem_zero(1, sizeof *tape);
    players_go(&players);
    int status;
    ck_assert_int_eq(waitpid(players.pid, &status, 0), players.pid);
    ck_assert_int_eq(status, 0);
    platform_switches_read(switches, tape_add, tape);
    bool exact;
    uint64_t lost = platform_switches_lost(switches, &exact);
    uint64_t outs = 0;
    for (int i = 0; i < LANES; i++) {
        const struct report *report = &players.reports[i];
        outs += report->last.voluntary + report->last.involuntary;
    }
    if (exact) {
        ck_assert_uint_gt(lost, 0);
        ck_assert_uint_ge(tape->count + lost, 2 * outs - LANES);
        /* The process's own thread and each lane's ends are beyond what the lanes count. */
        ck_assert_uint_le(tape->count + lost, 2 * outs + 100);
    }
    platform_switches_remove(switches, players.pid);
    ck_assert_uint_eq(platform_switches_lost(switches, &exact), lost);
    platform_switches_close(switches);
    free(tape->records);
    free(tape);
}
END_TEST

START_TEST(refusals_say_why)
{
    static const struct {
        int code;
        const char *says;
    } cases[] = {
        { EACCES, "refused" },
        { EMFILE, "ulimit -n" },
        { ENOSYS, "CONFIG_PERF_EVENTS" },
        { ESRCH, "gone" },
    };
    struct error error;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        platform_inject(&(struct platform_faults){ .switches_errno = cases[i].code });
        ck_assert_ptr_null(platform_switches_open(getpid(), NULL, &error));
        ck_assert_ptr_nonnull(strstr(error.text, "context switches cannot be recorded"));
        if (cases[i].code != EACCES) /* that one depends on this machine's paranoia */
            ck_assert_ptr_nonnull(strstr(error.text, cases[i].says));
    }
    platform_inject(NULL);
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    waitpid(child, NULL, 0);
    ck_assert_ptr_null(platform_switches_open(child, NULL, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "gone"));

    struct platform_switches *switches = must_open(getpid(), NULL);
    ck_assert(!platform_switches_add(switches, child, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "gone"));
    int next = dup(STDIN_FILENO);
    close(next);
    for (rlim_t left = 0; left < 2; left++) { /* at the list of cores, and at the events */
        struct rlimit limit = { .rlim_cur = (rlim_t)next + left, .rlim_max = (rlim_t)next + 2 };
        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
        ck_assert_ptr_null(platform_switches_open(getpid(), NULL, &error));
        ck_assert_ptr_nonnull(strstr(error.text, "ulimit -n"));
    }
    platform_switches_close(switches);
    platform_switches_close(NULL);
}
END_TEST

int main(void)
{
    struct error error;
    struct platform_switches *probe = platform_switches_open(getpid(), NULL, &error);
    if (probe == NULL) {
        printf("SKIP: %s\n", error.text);
        return 77;
    }
    platform_switches_close(probe);

    Suite *suite = suite_create("switches");
    TCase *basics = tcase_create("basics");
    tcase_set_timeout(basics, 60);
    tcase_add_test(basics, counts_equal_getrusage);
    tcase_add_test(basics, processes_share_the_rings);
    tcase_add_test(basics, losses_are_counted);
    tcase_add_test(basics, refusals_say_why);
    suite_add_tcase(suite, basics);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
