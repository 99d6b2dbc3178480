/*
 * Linux: context switches by perf events, without privileges where perf_event_paranoid is 2 or less.
 *
 * Each online core has one ring. It belongs to an event on the calling process that records nothing
 * and lives as long as the reader, so a descriptor never polls as hung up when a watched process
 * ends. Each watched process has one event per core, inherited by all that it starts, whose output
 * goes into that core's ring (PERF_EVENT_IOC_SET_OUTPUT).
 *
 * The kernel writes at data_head and we read up to it:
 *
 *     kernel: write records, then data_head (release)   --->  we: data_head (acquire), read records
 *     kernel: data_tail (acquire), then writes over     <---  we: data_tail (release)
 *
 * It never waits for anyone: what does not fit the kernel throws away and counts, per event; the
 * PERF_RECORD_LOST in the ring tells only of losses that a later record could report.
 */
#include "base/memory.h"
#include "platform/linux.h"
#include "platform/platform.h"
#include "platform/posix.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef PERF_FORMAT_LOST
#define PERF_FORMAT_LOST (1U << 4) /* Linux 6.0 */
#endif

enum { DEFAULT_CORE_BYTES = 1024 * 1024 };

struct ring {
    int core;
    int descriptor; /* of the event that owns the ring */
    struct perf_event_mmap_page *page;
    const char *data;
};

struct watch {
    pid_t pid;
    int *events; /* a descriptor per ring, in the same order */
};

struct platform_switches {
    size_t ring_count;
    struct ring *rings;
    size_t ring_bytes; /* of each ring's data */
    size_t page_bytes;
    size_t watch_count;
    struct watch *watches;
    bool counts_lost;   /* the kernel knows PERF_FORMAT_LOST */
    uint64_t lost_gone; /* of processes that are no longer watched */
    uint64_t lost_told; /* by PERF_RECORD_LOST */
};

/* What both kinds of records end in, by our sample_type. */
struct stamped {
    uint32_t pid, tid;
    uint64_t time_ns;
    uint32_t core, reserved;
};

struct switch_record {
    struct perf_event_header header;
    struct stamped who;
};

struct lost_record {
    struct perf_event_header header;
    uint64_t id, lost;
    struct stamped who;
};

/* ---- Opening ---- */

static bool refuse(struct error *error, int code)
{
    char text[32];
    uint64_t paranoid = PLATFORM_UNKNOWN;
    if (linux_read("/proc/sys/kernel/perf_event_paranoid", text, sizeof text))
        paranoid = linux_field(text, "");

    switch (code) {
    case EACCES:
    case EPERM:
        if (paranoid != PLATFORM_UNKNOWN && paranoid > 2)
            return error_set(error,
                             "context switches cannot be recorded: kernel.perf_event_paranoid is "
                             "%llu; with 2 or less (sysctl kernel.perf_event_paranoid=2) they can",
                             (unsigned long long)paranoid);
        return error_set(error,
                         "context switches cannot be recorded: perf_event_open was refused (%s) "
                         "although kernel.perf_event_paranoid allows it; a container's seccomp "
                         "profile has to let it pass",
                         strerror(code));
    case EMFILE:
    case ENFILE:
        return error_set(error, "context switches cannot be recorded: no descriptor is left (two "
                                "for each core are needed, and one more for each further "
                                "process); raise the limit (ulimit -n)");
    case ESRCH:
        return error_set(error, "context switches cannot be recorded: the process is gone");
    case ENOSYS:
    case ENOENT:
    case ENODEV:
    case EOPNOTSUPP:
        return error_set(error,
                         "context switches cannot be recorded: this kernel was built without "
                         "perf events (CONFIG_PERF_EVENTS)");
    default:
        return error_set(error, "context switches cannot be recorded: perf_event_open failed: %s",
                         strerror(code));
    }
}

static int perf_event_open(const struct perf_event_attr *attributes, pid_t pid, int core)
{
    return (int)syscall(SYS_perf_event_open, attributes, pid, core, -1, PERF_FLAG_FD_CLOEXEC);
}

static struct perf_event_attr event_attributes(size_t wake_bytes)
{
    return (struct perf_event_attr){
        .type = PERF_TYPE_SOFTWARE,
        .config = PERF_COUNT_SW_DUMMY,
        .size = sizeof(struct perf_event_attr),
        .sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU,
        .sample_id_all = 1,
        .exclude_kernel = 1, /* asks for nothing that paranoid 2 forbids */
        .exclude_hv = 1,
        .watermark = 1,
        .wakeup_watermark = (uint32_t)wake_bytes,
        .use_clockid = 1,
        .clockid = CLOCK_MONOTONIC,
    };
}

static void rings_close(struct platform_switches *switches)
{
    for (size_t i = 0; i < switches->ring_count; i++) {
        struct ring *ring = &switches->rings[i];
        if (ring->page != NULL)
            munmap(ring->page, switches->page_bytes + switches->ring_bytes);
        if (ring->descriptor >= 0)
            close(ring->descriptor);
        ring->page = NULL;
        ring->descriptor = -1;
    }
}

/* Opens all rings with ring_bytes each, or none. Returns 0 or an errno value; *refused_map says that
 * it was the mapping that failed, which smaller rings may mend. */
static int rings_open(struct platform_switches *switches, size_t wake_bytes, bool *refused_map)
{
    struct perf_event_attr attributes = event_attributes(wake_bytes);
    *refused_map = false;
    for (size_t i = 0; i < switches->ring_count; i++) {
        struct ring *ring = &switches->rings[i];
        ring->descriptor = perf_event_open(&attributes, 0, ring->core);
        void *page = MAP_FAILED;
        if (ring->descriptor >= 0)
            page = mmap(NULL, switches->page_bytes + switches->ring_bytes, PROT_READ | PROT_WRITE,
                        MAP_SHARED, ring->descriptor, 0);
        if (page == MAP_FAILED) {
            int code = errno;
            *refused_map = ring->descriptor >= 0 && (code == EPERM || code == ENOMEM);
            rings_close(switches);
            return code;
        }
        ring->page = page;
        ring->data = (const char *)page + switches->page_bytes;
    }
    return 0;
}

static size_t power_of_two_below(size_t value)
{
    size_t power = 1;
    while (power <= value / 2)
        power *= 2;
    return power;
}

static bool rings_open_largest(struct platform_switches *switches,
                               const struct platform_ring_options *options, struct error *error)
{
    size_t wanted = options != NULL && options->core_bytes > 0 ? options->core_bytes
                                                               : (size_t)DEFAULT_CORE_BYTES;
    switches->ring_bytes = power_of_two_below(wanted);
    if (switches->ring_bytes < switches->page_bytes)
        switches->ring_bytes = switches->page_bytes;
    for (;; switches->ring_bytes /= 2) {
        size_t wake = switches->ring_bytes / 4;
        if (options != NULL && options->wake_bytes > 0 && options->wake_bytes < wake * 4)
            wake = options->wake_bytes;
        bool refused_map;
        int code = rings_open(switches, wake, &refused_map);
        if (code == 0)
            return true;
        if (!refused_map)
            return refuse(error, code);
        if (switches->ring_bytes <= switches->page_bytes)
            return error_set(error,
                             "context switches cannot be recorded: %zu rings of %zu KiB may not be "
                             "locked in memory; raise kernel.perf_event_mlock_kb or the limit of "
                             "locked memory (ulimit -l)",
                             switches->ring_count, switches->ring_bytes / 1024);
    }
}

struct platform_switches *
platform_switches_open(pid_t pid, const struct platform_ring_options *options, struct error *error)
{
    int fault = posix_faults()->switches_errno;
    int *cores = mem_alloc(PLATFORM_CORES_MAX * sizeof *cores);
    size_t count = platform_cores_online(cores, PLATFORM_CORES_MAX);
    if (count == 0 && fault == 0 && (errno == EMFILE || errno == ENFILE))
        fault = errno; /* it was a descriptor that the list of cores lacked */
    if (fault != 0 || count == 0) {
        free(cores);
        if (fault != 0)
            refuse(error, fault);
        else
            error_set(error, "context switches cannot be recorded: which cores are online is "
                             "unknown (/sys/devices/system/cpu/online cannot be read)");
        return NULL;
    }
    struct platform_switches *switches = mem_zero(1, sizeof *switches);
    switches->page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    switches->counts_lost = true;
    switches->ring_count = count;
    switches->rings = mem_zero(count, sizeof *switches->rings);
    for (size_t i = 0; i < count; i++)
        switches->rings[i] = (struct ring){ .core = cores[i], .descriptor = -1 };
    free(cores);
    if (!rings_open_largest(switches, options, error) ||
        !platform_switches_add(switches, pid, error)) {
        platform_switches_close(switches);
        return NULL;
    }
    return switches;
}

static void watch_close(struct watch *watch, size_t count)
{
    for (size_t i = 0; i < count; i++)
        close(watch->events[i]);
    free(watch->events);
}

static int event_open(struct platform_switches *switches, pid_t pid, const struct ring *ring)
{
    struct perf_event_attr attributes = event_attributes(0);
    attributes.context_switch = 1;
    attributes.inherit = 1;
    attributes.read_format = switches->counts_lost ? PERF_FORMAT_LOST : 0;
    int event = perf_event_open(&attributes, pid, ring->core);
    if (event < 0 && errno == EINVAL && switches->counts_lost && switches->watch_count == 0) {
        switches->counts_lost = false;
        attributes.read_format = 0;
        event = perf_event_open(&attributes, pid, ring->core);
    }
    if (event >= 0 && ioctl(event, PERF_EVENT_IOC_SET_OUTPUT, ring->descriptor) < 0) {
        int code = errno;
        close(event);
        errno = code;
        return -1;
    }
    return event;
}

bool platform_switches_add(struct platform_switches *switches, pid_t pid, struct error *error)
{
    int fault = posix_faults()->switches_errno;
    if (fault != 0)
        return refuse(error, fault);
    struct watch watch = { .pid = pid,
                           .events = mem_zero(switches->ring_count, sizeof *watch.events) };
    for (size_t i = 0; i < switches->ring_count; i++) {
        watch.events[i] = event_open(switches, pid, &switches->rings[i]);
        if (watch.events[i] < 0) {
            int code = errno;
            watch_close(&watch, i);
            return refuse(error, code);
        }
    }
    switches->watches =
        mem_resize(switches->watches, switches->watch_count + 1, sizeof *switches->watches);
    switches->watches[switches->watch_count++] = watch;
    return true;
}

/* ---- Losses ---- */

static uint64_t watch_lost(const struct platform_switches *switches, const struct watch *watch)
{
    uint64_t lost = 0;
    for (size_t i = 0; switches->counts_lost && i < switches->ring_count; i++) {
        struct {
            uint64_t value, lost;
        } counted;
        if (read(watch->events[i], &counted, sizeof counted) == (ssize_t)sizeof counted)
            lost += counted.lost;
    }
    return lost;
}

uint64_t platform_switches_lost(struct platform_switches *switches, bool *exact)
{
    *exact = switches->counts_lost;
    if (!switches->counts_lost)
        return switches->lost_told;
    uint64_t lost = switches->lost_gone;
    for (size_t i = 0; i < switches->watch_count; i++)
        lost += watch_lost(switches, &switches->watches[i]);
    return lost;
}

void platform_switches_remove(struct platform_switches *switches, pid_t pid)
{
    for (size_t i = 0; i < switches->watch_count; i++) {
        if (switches->watches[i].pid != pid)
            continue;
        switches->lost_gone += watch_lost(switches, &switches->watches[i]);
        watch_close(&switches->watches[i], switches->ring_count);
        switches->watches[i] = switches->watches[--switches->watch_count];
        return;
    }
}

/* ---- Reading ---- */

/* Copies the record that starts at `position`; it may go on at the ring's start. */
static void copy_record(const struct platform_switches *switches, const struct ring *ring,
                        uint64_t position, void *record, size_t size)
{
    size_t place = (size_t)position & (switches->ring_bytes - 1);
    size_t first = switches->ring_bytes - place < size ? switches->ring_bytes - place : size;
    memcpy(record, ring->data + place, first);
    memcpy((char *)record + first, ring->data, size - first);
}

static size_t ring_read(struct platform_switches *switches, const struct ring *ring,
                        void (*each)(const struct platform_switch *one, void *context),
                        void *context)
{
    uint64_t head = __atomic_load_n(&ring->page->data_head, __ATOMIC_ACQUIRE);
    uint64_t tail = ring->page->data_tail;
    size_t count = 0;
    while (tail != head) {
        union {
            struct perf_event_header header;
            struct switch_record change;
            struct lost_record lost;
        } record;
        copy_record(switches, ring, tail, &record, sizeof record.header);
        size_t size = record.header.size;
        if (size < sizeof record.header || size > head - tail) {
            memory_stop("a record of %zu bytes stands in a ring of context switches", size);
        }
        if (record.header.type == PERF_RECORD_SWITCH && size == sizeof record.change) {
            copy_record(switches, ring, tail, &record, size);
            struct platform_switch one = {
                .time_ns = record.change.who.time_ns,
                .pid = (pid_t)record.change.who.pid,
                .tid = (pid_t)record.change.who.tid,
                .core = (int)record.change.who.core,
                .in = (record.header.misc & PERF_RECORD_MISC_SWITCH_OUT) == 0,
                .preempted = (record.header.misc & PERF_RECORD_MISC_SWITCH_OUT_PREEMPT) != 0,
            };
            each(&one, context);
            count++;
        } else if (record.header.type == PERF_RECORD_LOST && size == sizeof record.lost) {
            copy_record(switches, ring, tail, &record, size);
            switches->lost_told += record.lost.lost;
        }
        tail += size;
    }
    __atomic_store_n(&ring->page->data_tail, tail, __ATOMIC_RELEASE);
    return count;
}

size_t platform_switches_read(struct platform_switches *switches,
                              void (*each)(const struct platform_switch *one, void *context),
                              void *context)
{
    size_t count = 0;
    for (size_t i = 0; i < switches->ring_count; i++)
        count += ring_read(switches, &switches->rings[i], each, context);
    return count;
}

size_t platform_switches_fds(const struct platform_switches *switches, int *fds, size_t limit)
{
    size_t count = 0;
    for (; count < switches->ring_count && count < limit; count++)
        fds[count] = switches->rings[count].descriptor;
    return count;
}

size_t platform_switches_ring(const struct platform_switches *switches)
{
    return switches->ring_bytes;
}

void platform_switches_close(struct platform_switches *switches)
{
    if (switches == NULL)
        return;
    for (size_t i = 0; i < switches->watch_count; i++)
        watch_close(&switches->watches[i], switches->ring_count);
    rings_close(switches);
    free(switches->watches);
    free(switches->rings);
    free(switches);
}
