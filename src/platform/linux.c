/*
 * Linux: processes, memory and limits, from /proc and a few system calls. Cores are in
 * linux_cores.c, context switches in linux_switches.c. Every sample reads /proc afresh: a pid may
 * be gone at any time, which is "unknown" and no error.
 */
#include "platform/linux.h"

#include "platform/platform.h"
#include "platform/posix.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

const char *platform_name(void)
{
    return "linux";
}

bool linux_read(const char *path, char *text, size_t size)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return false;
    size_t used = 0;
    ssize_t got = 0;
    while (used < size - 1 && (got = read(descriptor, text + used, size - 1 - used)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            break;
        used += (size_t)got;
    }
    close(descriptor);
    text[used] = '\0';
    return got >= 0;
}

uint64_t linux_field(const char *text, const char *key)
{
    size_t length = strlen(key);
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, length) != 0)
            continue;
        char *end;
        errno = 0;
        unsigned long long value = strtoull(line + length, &end, 10);
        return end == line + length || errno != 0 ? PLATFORM_UNKNOWN : value;
    }
    return PLATFORM_UNKNOWN;
}

/* ---- Memory ---- */

bool platform_memory(pid_t pid, struct platform_memory *memory)
{
    char path[64], text[4096];
    snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
    if (!linux_read(path, text, sizeof text))
        return false;
    uint64_t anonymous = linux_field(text, "RssAnon:");
    uint64_t file = linux_field(text, "RssFile:");
    if (anonymous == PLATFORM_UNKNOWN || file == PLATFORM_UNKNOWN)
        return false; /* a zombie or a kernel thread has no memory to tell of */
    *memory = (struct platform_memory){
        .rss_kib = anonymous + file,
        .shared_kib = linux_field(text, "RssShmem:"),
        .page_tables_kib = linux_field(text, "VmPTE:"),
        .threads = linux_field(text, "Threads:"),
    };
    return true;
}

bool platform_memory_pss(pid_t pid, uint64_t *pss_kib)
{
    char path[64], text[4096];
    snprintf(path, sizeof path, "/proc/%ld/smaps_rollup", (long)pid);
    if (!linux_read(path, text, sizeof text))
        return false;
    uint64_t all = linux_field(text, "Pss:");
    uint64_t shared = linux_field(text, "Pss_Shmem:");
    if (all == PLATFORM_UNKNOWN || shared == PLATFORM_UNKNOWN)
        return false;
    *pss_kib = all > shared ? all - shared : 0;
    return true;
}

bool platform_kernel_memory(struct platform_kernel_memory *memory)
{
    char text[8192];
    if (!linux_read("/proc/meminfo", text, sizeof text))
        return false;
    *memory = (struct platform_kernel_memory){
        .stacks_kib = linux_field(text, "KernelStack:"),
        .page_tables_kib = linux_field(text, "PageTables:"),
        .slab_kib = linux_field(text, "Slab:"),
        .available_kib = linux_field(text, "MemAvailable:"),
    };
    return true;
}

/* ---- Use of the cores by threads ---- */

static const struct platform_usage usage_unknown = {
    .on_core_ns = PLATFORM_UNKNOWN,
    .ready_ns = PLATFORM_UNKNOWN,
    .user_ns = PLATFORM_UNKNOWN,
    .system_ns = PLATFORM_UNKNOWN,
    .voluntary = PLATFORM_UNKNOWN,
    .involuntary = PLATFORM_UNKNOWN,
    .state = '?',
};

bool platform_thread_usage(pid_t pid, pid_t tid, struct platform_usage *usage)
{
    char path[64], text[4096];
    *usage = usage_unknown;
    snprintf(path, sizeof path, "/proc/%ld/task/%ld/status", (long)pid, (long)tid);
    if (!linux_read(path, text, sizeof text))
        return false;
    usage->voluntary = linux_field(text, "voluntary_ctxt_switches:");
    usage->involuntary = linux_field(text, "nonvoluntary_ctxt_switches:");
    const char *state = strstr(text, "\nState:\t");
    if (state != NULL)
        usage->state = state[8];

    snprintf(path, sizeof path, "/proc/%ld/task/%ld/schedstat", (long)pid, (long)tid);
    unsigned long long on_core, ready, slices;
    /* A kernel without these figures shows three zeros. */
    if (linux_read(path, text, sizeof text) &&
        sscanf(text, "%llu %llu %llu", &on_core, &ready, &slices) == 3 && slices > 0) {
        usage->on_core_ns = on_core;
        usage->ready_ns = ready;
    }
    return true;
}

static uint64_t timeval_ns(struct timeval time)
{
    return (uint64_t)time.tv_sec * UINT64_C(1000000000) + (uint64_t)time.tv_usec * UINT64_C(1000);
}

bool platform_self_usage(struct platform_usage *usage)
{
    struct rusage counted;
    struct timespec used;
    *usage = usage_unknown;
    if (getrusage(RUSAGE_THREAD, &counted) < 0 || clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used) < 0)
        return false;
    usage->on_core_ns = (uint64_t)used.tv_sec * UINT64_C(1000000000) + (uint64_t)used.tv_nsec;
    usage->user_ns = timeval_ns(counted.ru_utime);
    usage->system_ns = timeval_ns(counted.ru_stime);
    usage->voluntary = (uint64_t)counted.ru_nvcsw;
    usage->involuntary = (uint64_t)counted.ru_nivcsw;
    usage->state = 'R';
    return true;
}

/* ---- Processes ---- */

pid_t platform_tid(void)
{
    return (pid_t)syscall(SYS_gettid);
}

void platform_name_process(const char *name)
{
    prctl(PR_SET_NAME, name);
}

bool platform_die_with_parent(int signal, pid_t parent)
{
    if (prctl(PR_SET_PDEATHSIG, signal) < 0)
        return false;
    /* Whoever died before the call above sends nothing. */
    if (getppid() != parent)
        raise(signal);
    return true;
}

static void close_span(unsigned first, unsigned last)
{
#ifdef SYS_close_range
    if (syscall(SYS_close_range, first, last, 0) == 0)
        return;
#endif
    posix_close_span(first, last);
}

void platform_close_others(const int *kept, size_t count)
{
    posix_close_others(kept, count, close_span);
}

bool platform_be_subreaper(void)
{
    return prctl(PR_SET_CHILD_SUBREAPER, 1) == 0;
}

int platform_memfd(const char *name, uint64_t size, struct error *error)
{
    int fault = posix_faults()->memfd_errno;
    int descriptor = -1;
    if (fault == 0) {
        descriptor = memfd_create(name, MFD_CLOEXEC);
        fault = descriptor < 0 ? errno : 0;
    }
    if (descriptor >= 0 && ftruncate(descriptor, (off_t)size) < 0) {
        fault = errno;
        close(descriptor);
        descriptor = -1;
    }
    if (descriptor < 0)
        error_set(error, "no shared memory of %llu bytes for %s: %s", (unsigned long long)size,
                  name, strerror(fault));
    return descriptor;
}

/* ---- Limits ---- */

/* The smallest pids.max from this process's control group up to the root. */
static uint64_t group_tasks(void)
{
    char text[4096];
    if (!linux_read("/proc/self/cgroup", text, sizeof text))
        return PLATFORM_UNKNOWN;
    const char *group = strstr(text, "0::/");
    if (group == NULL)
        return PLATFORM_UNKNOWN;
    char path[4200];
    int length =
        snprintf(path, sizeof path, "/sys/fs/cgroup%.*s", (int)strcspn(group + 3, "\n"), group + 3);
    uint64_t least = PLATFORM_UNKNOWN;
    while (length > (int)strlen("/sys/fs/cgroup")) {
        char limit[32];
        snprintf(path + length, sizeof path - (size_t)length, "/pids.max");
        if (linux_read(path, limit, sizeof limit)) {
            uint64_t here =
                strncmp(limit, "max", 3) == 0 ? PLATFORM_UNLIMITED : linux_field(limit, "");
            least = here < least ? here : least;
        }
        while (length > 0 && path[--length] != '/')
            continue;
    }
    return least;
}

void platform_limits(struct platform_limits *limits)
{
    char text[64];
    struct rlimit limit;
    posix_limits(limits);
    if (getrlimit(RLIMIT_NPROC, &limit) == 0)
        limits->processes = posix_limit(limit.rlim_cur);
    if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0)
        limits->memlock_kib =
            limit.rlim_cur == RLIM_INFINITY ? PLATFORM_UNLIMITED : (uint64_t)limit.rlim_cur / 1024;
    limits->group_tasks = group_tasks();
    uint64_t threads = PLATFORM_UNKNOWN, pids = PLATFORM_UNKNOWN;
    if (linux_read("/proc/sys/kernel/threads-max", text, sizeof text))
        threads = linux_field(text, "");
    if (linux_read("/proc/sys/kernel/pid_max", text, sizeof text))
        pids = linux_field(text, "");
    limits->system_tasks = threads < pids ? threads : pids;
}
