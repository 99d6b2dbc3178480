/*
 * What POSIX gives on every platform: fork, threads, the limit of descriptors; and the faults that
 * tests inject. The faults are mutable globals, because what they stand for (a kernel that refuses)
 * is one for the whole process; only tests write them.
 */
#include "platform/posix.h"

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <unistd.h>

static struct platform_faults faults;
static _Atomic uint64_t starts;

void platform_inject(const struct platform_faults *wanted)
{
    faults = wanted != NULL ? *wanted : (struct platform_faults){ 0 };
    atomic_store(&starts, 0);
}

const struct platform_faults *posix_faults(void)
{
    return &faults;
}

/* An errno value where this start is to be refused, else 0. */
static int start_fault(void)
{
    if (faults.start_errno == 0 || atomic_fetch_add(&starts, 1) < faults.starts_allowed)
        return 0;
    return faults.start_errno;
}

pid_t platform_fork(void)
{
    int fault = start_fault();
    if (fault != 0) {
        errno = fault;
        return -1;
    }
    return fork();
}

int platform_thread(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *),
                    void *argument)
{
    int fault = start_fault();
    return fault != 0 ? fault : pthread_create(thread, attributes, body, argument);
}

void posix_close_span(unsigned first, unsigned last)
{
    long limit = sysconf(_SC_OPEN_MAX);
    if (limit > 0 && last >= (unsigned long)limit)
        last = (unsigned)limit - 1;
    for (unsigned fd = first; fd <= last; fd++)
        close((int)fd);
}

void posix_close_others(const int *kept, size_t count,
                        void (*close_span)(unsigned first, unsigned last))
{
    int from = 0;
    for (;;) {
        int next = INT_MAX;
        for (size_t i = 0; i < count; i++)
            if (kept[i] >= from && kept[i] < next)
                next = kept[i];
        if (next > from)
            close_span((unsigned)from, next == INT_MAX ? UINT_MAX : (unsigned)next - 1);
        if (next == INT_MAX)
            return;
        from = next + 1;
    }
}

uint64_t posix_limit(rlim_t limit)
{
    return limit == RLIM_INFINITY ? PLATFORM_UNLIMITED : (uint64_t)limit;
}

void posix_limits(struct platform_limits *limits)
{
    *limits = (struct platform_limits){
        .descriptors_soft = PLATFORM_UNKNOWN,
        .descriptors_hard = PLATFORM_UNKNOWN,
        .processes = PLATFORM_UNKNOWN,
        .group_tasks = PLATFORM_UNKNOWN,
        .system_tasks = PLATFORM_UNKNOWN,
        .memlock_kib = PLATFORM_UNKNOWN,
    };
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limits->descriptors_soft = posix_limit(limit.rlim_cur);
        limits->descriptors_hard = posix_limit(limit.rlim_max);
    }
}

uint64_t platform_raise_descriptors(uint64_t wanted)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return PLATFORM_UNKNOWN;
    if (posix_limit(limit.rlim_cur) < wanted) {
        struct rlimit raised = limit;
        raised.rlim_cur = posix_limit(limit.rlim_max) < wanted ? limit.rlim_max : (rlim_t)wanted;
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
            limit = raised;
    }
    return posix_limit(limit.rlim_cur);
}
