/*
 * Linux: the cores. Which there are (/sys), which are allowed (the affinity mask), what they are
 * called (/proc/cpuinfo), whether their TSC is a clock, and how busy they were (/proc/stat). It
 * keeps no sample: who wants a share takes two and subtracts.
 */
#include "base/memory.h"
#include "platform/linux.h"
#include "platform/platform.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

size_t linux_core_list(const char *text, int *cores, size_t limit)
{
    size_t count = 0;
    while (*text >= '0' && *text <= '9') {
        char *end;
        long first = strtol(text, &end, 10), last = first;
        if (*end == '-')
            last = strtol(end + 1, &end, 10);
        for (long core = first; core <= last && count < limit; core++)
            cores[count++] = (int)core;
        text = *end == ',' ? end + 1 : end;
    }
    return count;
}

size_t platform_cores_online(int *cores, size_t limit)
{
    char text[4096];
    if (!linux_read("/sys/devices/system/cpu/online", text, sizeof text))
        return 0;
    return linux_core_list(text, cores, limit);
}

size_t platform_cores_allowed(int *cores, size_t limit)
{
    cpu_set_t *set = CPU_ALLOC(PLATFORM_CORES_MAX);
    size_t size = CPU_ALLOC_SIZE(PLATFORM_CORES_MAX), count = 0;
    if (set != NULL && sched_getaffinity(0, size, set) == 0) {
        for (int core = 0; core < PLATFORM_CORES_MAX && count < limit; core++) {
            if (CPU_ISSET_S((size_t)core, size, set))
                cores[count++] = core;
        }
    }
    CPU_FREE(set);
    return count;
}

bool platform_pin(const int *cores, size_t count)
{
    cpu_set_t *set = CPU_ALLOC(PLATFORM_CORES_MAX);
    size_t size = CPU_ALLOC_SIZE(PLATFORM_CORES_MAX);
    if (set == NULL)
        return false;
    CPU_ZERO_S(size, set);
    for (size_t i = 0; i < count; i++) {
        if (cores[i] >= 0)
            CPU_SET_S((size_t)cores[i], size, set);
    }
    bool pinned = sched_setaffinity(0, size, set) == 0;
    CPU_FREE(set);
    return pinned;
}

/* The value of a line "key : value" of /proc/cpuinfo's first core. */
static bool cpuinfo_value(const char *key, char *text, size_t size)
{
    char info[8192];
    if (!linux_read("/proc/cpuinfo", info, sizeof info))
        return false;
    for (char *line = strtok(info, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        char *colon = strchr(line, ':');
        if (colon == NULL || strncmp(line, key, strlen(key)) != 0)
            continue;
        snprintf(text, size, "%s", colon + 1 + strspn(colon + 1, " "));
        return true;
    }
    return false;
}

bool platform_cpu_name(char *text, size_t size)
{
    return cpuinfo_value("model name", text, size) || cpuinfo_value("Model", text, size);
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
    char source[64], flags[4096];
    return linux_read("/sys/devices/system/clocksource/clocksource0/current_clocksource", source,
                      sizeof source) &&
           strcmp(source, "tsc\n") == 0 && cpuinfo_value("flags", flags, sizeof flags) &&
           strstr(flags, "constant_tsc") != NULL && strstr(flags, "nonstop_tsc") != NULL;
}

struct platform_core_clock {
    int descriptor;
    uint64_t tick_ns;
    size_t size; /* of text: the lines of all cores stand first in the file */
    char text[];
};

struct platform_core_clock *platform_core_clock_open(struct error *error)
{
    long ticks = sysconf(_SC_CLK_TCK), cores = sysconf(_SC_NPROCESSORS_CONF);
    int descriptor = open("/proc/stat", O_RDONLY | O_CLOEXEC);
    if (descriptor < 0 || ticks <= 0 || cores <= 0) {
        error_set(error, "/proc/stat cannot be read, so how busy the cores are is unknown: %s",
                  strerror(errno));
        if (descriptor >= 0)
            close(descriptor);
        return NULL;
    }
    enum { LINE = 256 }; /* ten figures of 20 digits and a name */
    size_t size = ((size_t)cores + 1) * LINE;
    struct platform_core_clock *clock = mem_alloc(sizeof *clock + size);
    clock->descriptor = descriptor;
    clock->tick_ns = UINT64_C(1000000000) / (uint64_t)ticks;
    clock->size = size;
    return clock;
}

size_t platform_core_clock_read(struct platform_core_clock *clock, struct platform_core_time *times,
                                size_t limit)
{
    if (clock == NULL)
        return 0;
    ssize_t got = pread(clock->descriptor, clock->text, clock->size - 1, 0);
    if (got <= 0)
        return 0;
    clock->text[got] = '\0';
    size_t count = 0;
    const char *line = clock->text;
    while (count < limit && (line = strstr(line, "\ncpu")) != NULL) {
        line += 4;
        unsigned long long user, nice, system, idle, iowait, irq, softirq, steal;
        int core;
        if (sscanf(line, "%d %llu %llu %llu %llu %llu %llu %llu %llu", &core, &user, &nice, &system,
                   &idle, &iowait, &irq, &softirq, &steal) != 9)
            break;
        uint64_t busy = user + nice + system + irq + softirq;
        times[count++] = (struct platform_core_time){
            .core = core,
            .busy_ns = busy * clock->tick_ns,
            .total_ns = (busy + idle + iowait + steal) * clock->tick_ns,
            .stolen_ns = steal * clock->tick_ns,
        };
    }
    return count;
}

void platform_core_clock_close(struct platform_core_clock *clock)
{
    if (clock == NULL)
        return;
    close(clock->descriptor);
    free(clock);
}
