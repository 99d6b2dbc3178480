/*
 * The platform that knows nothing but POSIX: it lets every part link and run, and says "unknown" to
 * all that only a kernel of a known kind can tell. It guesses nothing.
 */
#include "platform/platform.h"

#include "base/clock.h"
#include "platform/posix.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

const char *platform_name(void)
{
    return "generic";
}

size_t platform_cores_online(int *cores, size_t limit)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    size_t written = 0;
    for (; count > 0 && written < (size_t)count && written < limit; written++)
        cores[written] = (int)written;
    return written;
}

size_t platform_cores_allowed(int *cores, size_t limit)
{
    return platform_cores_online(cores, limit);
}

bool platform_pin(const int *cores, size_t count)
{
    (void)cores;
    (void)count;
    return false;
}

bool platform_cpu_name(char *text, size_t size)
{
    (void)text;
    (void)size;
    return false;
}

bool platform_kernel_name(char *text, size_t size)
{
    struct utsname names;
    if (uname(&names) < 0)
        return false;
    snprintf(text, size, "%s %s", names.sysname, names.release);
    return true;
}

bool platform_tsc_is_clock(void)
{
    return false;
}

struct platform_core_clock *platform_core_clock_open(struct error *error)
{
    error_set(error, "this build (--with-platform=generic) cannot tell how busy the cores are");
    return NULL;
}

size_t platform_core_clock_read(struct platform_core_clock *clock, struct platform_core_time *times,
                                size_t limit)
{
    (void)clock;
    (void)times;
    (void)limit;
    return 0;
}

void platform_core_clock_close(struct platform_core_clock *clock)
{
    (void)clock;
}

bool platform_memory(pid_t pid, struct platform_memory *memory)
{
    (void)pid;
    (void)memory;
    return false;
}

bool platform_memory_pss(pid_t pid, uint64_t *pss_kib)
{
    (void)pid;
    (void)pss_kib;
    return false;
}

bool platform_kernel_memory(struct platform_kernel_memory *memory)
{
    (void)memory;
    return false;
}

bool platform_thread_usage(pid_t pid, pid_t tid, struct platform_usage *usage)
{
    (void)pid;
    (void)tid;
    (void)usage;
    return false;
}

bool platform_self_usage(struct platform_usage *usage)
{
    *usage = (struct platform_usage){
        .on_core_ns = PLATFORM_UNKNOWN,
        .ready_ns = PLATFORM_UNKNOWN,
        .user_ns = PLATFORM_UNKNOWN,
        .system_ns = PLATFORM_UNKNOWN,
        .voluntary = PLATFORM_UNKNOWN,
        .involuntary = PLATFORM_UNKNOWN,
        .state = 'R',
    };
    struct timespec used;
    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used) < 0)
        return false;
    usage->on_core_ns = (uint64_t)used.tv_sec * UINT64_C(1000000000) + (uint64_t)used.tv_nsec;
    return true;
}

pid_t platform_tid(void)
{
    return 0;
}

void platform_name_process(const char *name)
{
    (void)name;
}

bool platform_die_with_parent(int signal, pid_t parent)
{
    (void)signal;
    (void)parent;
    return false;
}

void platform_close_others(const int *kept, size_t count)
{
    posix_close_others(kept, count, posix_close_span);
}

bool platform_be_subreaper(void)
{
    return false;
}

int platform_memfd(const char *name, uint64_t size, struct error *error)
{
    int fault = posix_faults()->memfd_errno;
    int descriptor = -1;
    /* shm_open wants a name; it is taken away at once, so only two racing programs can meet. */
    for (unsigned attempt = 0; fault == 0 && descriptor < 0 && attempt < 100; attempt++) {
        char path[64];
        snprintf(path, sizeof path, "/lockstep-%ld-%u", (long)getpid(), attempt);
        descriptor = shm_open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
        if (descriptor >= 0)
            shm_unlink(path);
        else if (errno != EEXIST)
            fault = errno;
    }
    if (descriptor >= 0 &&
        (fcntl(descriptor, F_SETFD, FD_CLOEXEC) < 0 || ftruncate(descriptor, (off_t)size) < 0)) {
        fault = errno;
        close(descriptor);
        descriptor = -1;
    }
    if (descriptor < 0)
        error_set(error, "no shared memory of %llu bytes for %s: %s", (unsigned long long)size,
                  name, strerror(fault != 0 ? fault : EEXIST));
    return descriptor;
}

int platform_unnamed(const char *folder)
{
    (void)folder;
    errno = ENOTSUP;
    return -1;
}

bool platform_link(int descriptor, const char *path)
{
    struct stat status;
    (void)descriptor;
    errno = stat(path, &status) == 0 ? EEXIST : EXDEV;
    return false;
}

bool platform_punch(int descriptor, uint64_t offset, uint64_t size)
{
    (void)descriptor;
    (void)offset;
    (void)size;
    return false;
}

bool platform_map_in(void *from, size_t bytes, bool write)
{
    (void)from;
    (void)bytes;
    (void)write;
    return false;
}

bool platform_map_out(void *from, size_t bytes)
{
    (void)from;
    (void)bytes;
    return false;
}

bool platform_map_move(void *from, size_t bytes, void *to)
{
    (void)from;
    (void)bytes;
    (void)to;
    return false;
}

void platform_map_large(void *from, size_t bytes)
{
    (void)from;
    (void)bytes;
}

bool platform_wait(_Atomic uint32_t *word, uint32_t value, uint64_t timeout_ns)
{
    /* POSIX has no sleep on a word, so this one looks every half millisecond. */
    const struct timespec nap = { .tv_nsec = 500 * 1000 };
    uint64_t start_ns = clock_now();
    while (atomic_load(word) == value) {
        if (clock_now() - start_ns >= timeout_ns)
            return false;
        nanosleep(&nap, NULL);
    }
    return true;
}

void platform_wake(_Atomic uint32_t *word)
{
    (void)word;
}

void platform_limits(struct platform_limits *limits)
{
    posix_limits(limits);
}

struct platform_switches *
platform_switches_open(pid_t pid, const struct platform_ring_options *options, struct error *error)
{
    (void)pid;
    (void)options;
    error_set(error, "this build (--with-platform=generic) cannot record context switches");
    return NULL;
}

bool platform_switches_add(struct platform_switches *switches, pid_t pid, struct error *error)
{
    (void)switches;
    (void)pid;
    return error_set(error, "this build (--with-platform=generic) cannot record context switches");
}

void platform_switches_remove(struct platform_switches *switches, pid_t pid)
{
    (void)switches;
    (void)pid;
}

size_t platform_switches_read(struct platform_switches *switches,
                              void (*each)(const struct platform_switch *one, void *context),
                              void *context)
{
    (void)switches;
    (void)each;
    (void)context;
    return 0;
}

uint64_t platform_switches_lost(struct platform_switches *switches, bool *exact)
{
    (void)switches;
    *exact = false;
    return PLATFORM_UNKNOWN;
}

size_t platform_switches_fds(const struct platform_switches *switches, int *fds, size_t limit)
{
    (void)switches;
    (void)fds;
    (void)limit;
    return 0;
}

size_t platform_switches_ring(const struct platform_switches *switches)
{
    (void)switches;
    return 0;
}

void platform_switches_close(struct platform_switches *switches)
{
    (void)switches;
}
