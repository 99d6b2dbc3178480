/*
 * platform/: what is told about this process must agree with what this process did. A platform that
 * says "unknown" is right too, but on linux only where the reason is known.
 */
#include "base/clock.h"
#include "platform/platform.h"
#include "platform/stamp.h"
#include "tests/sanitized.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static bool on_linux(void)
{
    return strcmp(platform_name(), "linux") == 0;
}

/* Really computes for this long of the thread's own CPU time, however busy the machine is. */
static void burn(uint64_t ns)
{
    struct platform_usage usage;
    ck_assert(platform_self_usage(&usage));
    uint64_t end = usage.on_core_ns + ns;
    volatile uint64_t sum = 0;
    while (platform_self_usage(&usage) && usage.on_core_ns < end)
        for (uint64_t i = 0; i < 10000; i++)
            sum = sum + i;
}

/* ---- stamps ---- */

START_TEST(stamp_goes_on)
{
    uint64_t before = stamp_now();
    uint64_t now_ns = clock_now();
    ck_assert_msg(now_ns >= before && now_ns - before < NS_PER_S, "without init it is the clock");
    stamp_init();
    ck_assert_int_eq(stamp_is_tsc(), platform_tsc_is_clock());
    before = stamp_now();
    for (int i = 0; i < 100000; i++) {
        uint64_t now = stamp_now();
        ck_assert_uint_ge(now, before);
        before = now;
    }
}
END_TEST

/* Two pairs give a rate; it must foretell a third pair within what the pairs allow. */
START_TEST(stamp_is_even)
{
    stamp_init();
    struct stamp_pair first = stamp_pair();
    burn(50 * NS_PER_MS);
    struct stamp_pair second = stamp_pair();
    burn(50 * NS_PER_MS);
    struct stamp_pair third = stamp_pair();
    ck_assert_uint_gt(second.stamp, first.stamp);
    double rate = (double)(second.clock_ns - first.clock_ns) / (double)(second.stamp - first.stamp);
    double foretold = (double)(third.stamp - second.stamp) * rate;
    double told = (double)(third.clock_ns - second.clock_ns);
    double ahead = told / (double)(second.clock_ns - first.clock_ns);
    double allowed =
        (double)(first.spread + second.spread * 2 + third.spread) * rate * (1 + ahead) +
        told * 20e-6;
    ck_assert_msg(foretold - told <= allowed && told - foretold <= allowed,
                  "foretold %.0f ns, told %.0f ns, allowed %.0f", foretold, told, allowed);
}
END_TEST

/* ---- cores ---- */

START_TEST(cores_are_listed_and_pinned)
{
    int online[PLATFORM_CORES_MAX], allowed[PLATFORM_CORES_MAX], now[PLATFORM_CORES_MAX];
    size_t online_count = platform_cores_online(online, PLATFORM_CORES_MAX);
    size_t allowed_count = platform_cores_allowed(allowed, PLATFORM_CORES_MAX);
    ck_assert_uint_ge(online_count, 1);
    ck_assert_uint_ge(allowed_count, 1);
    ck_assert_uint_eq(platform_cores_online(now, 1), 1);
    for (size_t i = 1; i < online_count; i++)
        ck_assert_int_gt(online[i], online[i - 1]);
    bool pinned = platform_pin(&allowed[allowed_count - 1], 1);
    ck_assert(pinned == on_linux());
    if (!pinned)
        return;
    ck_assert_uint_eq(platform_cores_allowed(now, PLATFORM_CORES_MAX), 1);
    ck_assert_int_eq(now[0], allowed[allowed_count - 1]);
    pid_t child = fork();
    if (child == 0)
        _exit(platform_cores_allowed(now, PLATFORM_CORES_MAX) == 1 ? 0 : 1);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert(platform_pin(allowed, allowed_count));
    ck_assert_uint_eq(platform_cores_allowed(now, PLATFORM_CORES_MAX), allowed_count);
    ck_assert(!platform_pin(NULL, 0));
}
END_TEST

START_TEST(cores_tell_their_time)
{
    struct error error;
    struct platform_core_clock *clock = platform_core_clock_open(&error);
    if (!on_linux()) {
        ck_assert_ptr_null(clock);
        ck_assert_ptr_nonnull(strstr(error.text, "generic"));
        return;
    }
    ck_assert_msg(clock != NULL, "%s", error.text);
    int cores[PLATFORM_CORES_MAX];
    struct platform_core_time before[PLATFORM_CORES_MAX], after[PLATFORM_CORES_MAX];
    size_t count = platform_core_clock_read(clock, before, PLATFORM_CORES_MAX);
    ck_assert_uint_eq(count, platform_cores_online(cores, PLATFORM_CORES_MAX));
    burn(200 * NS_PER_MS);
    ck_assert_uint_eq(platform_core_clock_read(clock, after, PLATFORM_CORES_MAX), count);
    uint64_t busy = 0;
    for (size_t i = 0; i < count; i++) {
        ck_assert_int_eq(after[i].core, cores[i]);
        busy += after[i].busy_ns - before[i].busy_ns;
    }
    ck_assert_uint_ge(busy, 100 * NS_PER_MS);
    ck_assert_uint_eq(platform_core_clock_read(clock, after, 1), 1);
    platform_core_clock_close(clock);
    platform_core_clock_close(NULL);
    ck_assert_uint_eq(platform_core_clock_read(NULL, after, 1), 0);
}
END_TEST

START_TEST(names_are_told)
{
    char text[200] = "";
    ck_assert(platform_kernel_name(text, sizeof text));
    ck_assert_uint_gt(strlen(text), 3);
    if (platform_cpu_name(text, sizeof text)) {
        ck_assert_uint_gt(strlen(text), 0);
        ck_assert_ptr_null(strchr(text, '\n'));
    }
}
END_TEST

/* ---- memory ---- */

/* Private memory must show in RSS and PSS, shared memory in neither. */
START_TEST(memory_tells_private_from_shared)
{
    enum { KIB = 32 * 1024, SHADOWS_KIB = MAPPED_SHADOWS * 2 * KIB / 8 };
    struct platform_memory before, after;
    uint64_t pss_before, pss_after;
    if (!on_linux()) {
        ck_assert(!platform_memory(getpid(), &before));
        ck_assert(!platform_memory_pss(getpid(), &pss_before));
        return;
    }
    size_t size = (size_t)KIB * 1024;
    struct error error;
    int descriptor = platform_memfd("test", size, &error);
    ck_assert_msg(descriptor >= 0, "%s", error.text);
    ck_assert(platform_memory(getpid(), &before));
    ck_assert(platform_memory_pss(getpid(), &pss_before));
    char *shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    char *private = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert(shared != MAP_FAILED && private != MAP_FAILED);
    memset(shared, 1, size);
    memset(private, 1, size);
    ck_assert(platform_memory(getpid(), &after));
    ck_assert(platform_memory_pss(getpid(), &pss_after));
    /* A tenth of leeway, for what a sanitizer's own memory does meanwhile. */
    ck_assert_uint_ge(after.rss_kib - before.rss_kib, KIB - KIB / 10);
    ck_assert_uint_le(after.rss_kib - before.rss_kib,
                      (KIB + KIB / 10) * TIMES_TOUCHED + SHADOWS_KIB);
    ck_assert_uint_ge(pss_after - pss_before, KIB - KIB / 10);
    ck_assert_uint_le(pss_after - pss_before, (KIB + KIB / 10) * TIMES_TOUCHED + SHADOWS_KIB);
    ck_assert_uint_ge(after.shared_kib - before.shared_kib, KIB - KIB / 10);
    ck_assert_uint_gt(after.page_tables_kib, 0);
    ck_assert_uint_ne(after.page_tables_kib, PLATFORM_UNKNOWN);
    ck_assert_uint_ge(after.threads, 1);
    munmap(shared, size);
    munmap(private, size);
    close(descriptor);
}
END_TEST

START_TEST(memory_of_the_gone_is_unknown)
{
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    siginfo_t info;
    ck_assert_int_eq(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    struct platform_memory memory;
    uint64_t pss_kib;
    ck_assert(!platform_memory(child, &memory)); /* a zombie */
    ck_assert(!platform_memory_pss(child, &pss_kib));
    waitpid(child, NULL, 0);
    ck_assert(!platform_memory(child, &memory));
    struct platform_usage usage;
    ck_assert(!platform_thread_usage(child, child, &usage));
}
END_TEST

START_TEST(memory_of_the_kernel)
{
    struct platform_kernel_memory memory;
    bool known = platform_kernel_memory(&memory);
    ck_assert(known == on_linux());
    if (!known)
        return;
    ck_assert_uint_gt(memory.stacks_kib, 0);
    ck_assert_uint_lt(memory.stacks_kib, UINT64_C(1) << 40);
    ck_assert_uint_gt(memory.page_tables_kib, 0);
    ck_assert_uint_lt(memory.page_tables_kib, UINT64_C(1) << 40);
    ck_assert_uint_gt(memory.slab_kib, 0);
    ck_assert_uint_lt(memory.slab_kib, UINT64_C(1) << 40);
}
END_TEST

/* ---- usage ---- */

START_TEST(usage_counts_what_was_done)
{
    struct platform_usage before, after, seen;
    ck_assert(platform_self_usage(&before));
    burn(30 * NS_PER_MS);
    ck_assert(platform_self_usage(&after));
    ck_assert_uint_ge(after.on_core_ns - before.on_core_ns, 30 * NS_PER_MS);
    if (!on_linux())
        return;
    ck_assert_uint_ge(after.user_ns + after.system_ns, 20 * NS_PER_MS);
    enum { NAPS = 20 };
    for (int i = 0; i < NAPS; i++)
        poll(NULL, 0, 1);
    ck_assert(platform_self_usage(&after));
    ck_assert_uint_ge(after.voluntary - before.voluntary, NAPS);

    /* Nothing but these two calls lies between them, so they tell nearly the same. */
    ck_assert(platform_thread_usage(getpid(), platform_tid(), &seen));
    ck_assert_uint_ge(seen.voluntary, after.voluntary);
    ck_assert_uint_ge(seen.involuntary, after.involuntary);
    ck_assert_int_eq(seen.state, 'R');
    if (seen.on_core_ns != PLATFORM_UNKNOWN)
        ck_assert_uint_ge(seen.on_core_ns + 20 * NS_PER_MS, after.on_core_ns);
    ck_assert_uint_eq(seen.user_ns, PLATFORM_UNKNOWN);
}
END_TEST

/* ---- processes ---- */

START_TEST(child_dies_with_its_parent)
{
    if (!on_linux()) {
        ck_assert(!platform_die_with_parent(SIGKILL, getppid()));
        return;
    }
    /* The pipe's end comes when the last of the two has gone; the grandchild would wait for ever. */
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert(platform_be_subreaper());
    pid_t child = fork();
    if (child == 0) {
        pid_t parent = getpid();
        close(ends[0]);
        if (fork() == 0) {
            platform_die_with_parent(SIGKILL, parent);
            ssize_t written = write(ends[1], "r", 1);
            (void)written;
            for (;;)
                pause();
        }
        for (;;)
            pause();
    }
    close(ends[1]);
    char byte;
    ck_assert_int_eq(read(ends[0], &byte, 1), 1);
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    ck_assert_int_eq(read(ends[0], &byte, 1), 0);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    pid_t orphan = waitpid(-1, &status, 0); /* ours, because we are a subreaper */
    ck_assert_int_gt(orphan, 0);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}
END_TEST

START_TEST(child_whose_parent_is_gone_already_dies)
{
    if (!on_linux())
        return;
    pid_t child = fork();
    if (child == 0) {
        platform_die_with_parent(SIGKILL, 1 << 30);
        _exit(0);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}
END_TEST

START_TEST(memfd_is_shared_over_fork)
{
    struct error error;
    int descriptor = platform_memfd("test", 1 << 20, &error);
    ck_assert_msg(descriptor >= 0, "%s", error.text);
    struct stat status;
    ck_assert_int_eq(fstat(descriptor, &status), 0);
    ck_assert_int_eq(status.st_size, 1 << 20);
    char *memory = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    ck_assert(memory != MAP_FAILED);
    ck_assert_int_eq(memory[12345], 0);
    pid_t child = fork();
    if (child == 0) {
        memory[12345] = 7;
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    ck_assert_int_eq(memory[12345], 7);
    munmap(memory, 1 << 20);
    close(descriptor);
}
END_TEST

START_TEST(limits_are_those_in_force)
{
    struct rlimit set = { .rlim_cur = 40, .rlim_max = 100 };
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &set), 0);
    struct platform_limits limits;
    platform_limits(&limits);
    ck_assert_uint_eq(limits.descriptors_soft, 40);
    ck_assert_uint_eq(limits.descriptors_hard, 100);
    ck_assert_uint_eq(platform_raise_descriptors(30), 40);
    ck_assert_uint_eq(platform_raise_descriptors(60), 60);
    ck_assert_uint_eq(platform_raise_descriptors(1000), 100);
    platform_limits(&limits);
    ck_assert_uint_eq(limits.descriptors_soft, 100);
    ck_assert((limits.system_tasks == PLATFORM_UNKNOWN) == !on_linux());
}
END_TEST

/* ---- faults ---- */

static void *nothing(void *argument)
{
    return argument;
}

START_TEST(faults_are_met)
{
    struct error error;
    platform_inject(&(struct platform_faults){ .memfd_errno = EMFILE });
    ck_assert_int_eq(platform_memfd("rings", 4096, &error), -1);
    ck_assert_ptr_nonnull(strstr(error.text, "rings"));
    ck_assert_ptr_nonnull(strstr(error.text, strerror(EMFILE)));

    platform_inject(&(struct platform_faults){ .start_errno = EAGAIN, .starts_allowed = 2 });
    pthread_t thread;
    ck_assert_int_eq(platform_thread(&thread, NULL, nothing, NULL), 0);
    pthread_join(thread, NULL);
    pid_t child = platform_fork();
    if (child == 0)
        _exit(0);
    ck_assert_int_gt(child, 0);
    waitpid(child, NULL, 0);
    ck_assert_int_eq(platform_fork(), -1);
    ck_assert_int_eq(errno, EAGAIN);
    ck_assert_int_eq(platform_thread(&thread, NULL, nothing, NULL), EAGAIN);

    platform_inject(NULL);
    ck_assert_int_eq(platform_thread(&thread, NULL, nothing, NULL), 0);
    pthread_join(thread, NULL);
    int descriptor = platform_memfd("rings", 4096, &error);
    ck_assert_int_ge(descriptor, 0);
    close(descriptor);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("platform");
    TCase *basics = tcase_create("basics");
    tcase_set_timeout(basics, 60);
    tcase_add_test(basics, stamp_goes_on);
    tcase_add_test(basics, stamp_is_even);
    tcase_add_test(basics, cores_are_listed_and_pinned);
    tcase_add_test(basics, cores_tell_their_time);
    tcase_add_test(basics, names_are_told);
    tcase_add_test(basics, memory_tells_private_from_shared);
    tcase_add_test(basics, memory_of_the_gone_is_unknown);
    tcase_add_test(basics, memory_of_the_kernel);
    tcase_add_test(basics, usage_counts_what_was_done);
    tcase_add_test(basics, child_dies_with_its_parent);
    tcase_add_test(basics, child_whose_parent_is_gone_already_dies);
    tcase_add_test(basics, memfd_is_shared_over_fork);
    tcase_add_test(basics, limits_are_those_in_force);
    tcase_add_test(basics, faults_are_met);
    suite_add_tcase(suite, basics);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
