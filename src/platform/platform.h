/*
 * The contract with the operating system: everything that is not POSIX. One implementation is
 * compiled (configure --with-platform): linux answers from the kernel, generic says "unknown".
 *
 * How "unknown" looks: a function that cannot tell returns false (or 0 things, or -1), and a field
 * that cannot be told is PLATFORM_UNKNOWN. It is never a false 0. Nothing here allocates on a path
 * that samples, unless it says so. pids and tids are those of the caller's namespace.
 */
#ifndef PLATFORM_PLATFORM_H
#define PLATFORM_PLATFORM_H

#include "base/error.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PLATFORM_UNKNOWN   UINT64_MAX
#define PLATFORM_UNLIMITED (UINT64_MAX - 1)

/* "linux" or "generic". */
const char *platform_name(void);

/* ---- Cores. A core is the kernel's number of a logical processor. ---- */

enum { PLATFORM_CORES_MAX = 1024 };

/* Writes the numbers of the online cores, or of those this process may run on (affinity, cpuset),
 * in ascending order, up to `limit` of them; returns how many were written, 0 for unknown. */
size_t platform_cores_online(int *cores, size_t limit);
size_t platform_cores_allowed(int *cores, size_t limit);

/* Keeps the calling thread, and whatever threads and processes it starts, on these cores. */
bool platform_pin(const int *cores, size_t count);

/* "AMD EPYC", "Linux 6.1.0". */
bool platform_cpu_name(char *text, size_t size);
bool platform_kernel_name(char *text, size_t size);

/* Whether the TSC runs at one rate on all cores and the kernel keeps its own time by it. */
bool platform_tsc_is_clock(void);

/* Time of one core since boot, by the kernel's ticks (10 ms as a rule): look at differences only,
 * and take one that is negative for 0. */
struct platform_core_time {
    int core;
    uint64_t busy_ns;   /* user, system and interrupts, of everything on the machine */
    uint64_t total_ns;  /* busy, idle and stolen */
    uint64_t stolen_ns; /* taken by the machine's host */
};

/* All online cores with one read; the descriptor stays open. */
struct platform_core_clock;
struct platform_core_clock *platform_core_clock_open(struct error *error);
size_t platform_core_clock_read(struct platform_core_clock *clock, struct platform_core_time *times,
                                size_t limit);
void platform_core_clock_close(struct platform_core_clock *clock);

/* ---- Memory, in KiB. ---- */

/* Of one process, as often as wanted. RSS is without shared memory (where the trace lives). */
struct platform_memory {
    uint64_t rss_kib;         /* private and file pages that are resident */
    uint64_t shared_kib;      /* shared memory that is resident, not in rss_kib */
    uint64_t page_tables_kib; /* the kernel's, for this process */
    uint64_t threads;
};
bool platform_memory(pid_t pid, struct platform_memory *memory);

/* PSS without shared memory. Walks the pages under the target's lock: once a second at most. */
bool platform_memory_pss(pid_t pid, uint64_t *pss_kib);

/* Of the whole machine: what no RSS tells. Take a difference as an estimate. */
struct platform_kernel_memory {
    uint64_t stacks_kib, page_tables_kib, slab_kib;
    uint64_t available_kib; /* what could still be had without swapping */
};
bool platform_kernel_memory(struct platform_kernel_memory *memory);

/* ---- What a thread used. ---- */

struct platform_usage {
    uint64_t on_core_ns;
    uint64_t ready_ns; /* on a run queue without a core: schedstat */
    uint64_t user_ns, system_ns;
    uint64_t voluntary, involuntary; /* context switches */
    char state;                      /* of /proc: 'R', 'S', 'D', 'Z', ...; '?' unknown */
};

/* Of any thread. user_ns and system_ns are unknown here. */
bool platform_thread_usage(pid_t pid, pid_t tid, struct platform_usage *usage);

/* Of the calling thread, to the nanosecond; state is 'R'. ready_ns is unknown here. */
bool platform_self_usage(struct platform_usage *usage);

/* ---- Processes. ---- */

/* The kernel's number of the calling thread; 0 for unknown. */
pid_t platform_tid(void);

/* What the calling process is called in ps and top; 15 characters count. Does nothing where there is
 * no such thing. */
void platform_name_process(const char *name);

/* The caller gets `signal` when the thread that forked it ends; at once if `parent` (the parent's
 * pid, taken before the fork) is gone already. */
bool platform_die_with_parent(int signal, pid_t parent);

/* Orphans among the descendants become children of the caller, who then reaps them. */
bool platform_be_subreaper(void);

/* fork() and pthread_create(), which tests can make fail (platform_inject). platform_fork returns
 * -1 with errno set; platform_thread an errno value. */
pid_t platform_fork(void);
int platform_thread(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *),
                    void *argument);

/* Closes every descriptor but these (up to 16, in any order): for a process that was just forked from
 * one with many. */
void platform_close_others(const int *kept, size_t count);

/* Shared memory without a name, zero, touched lazily, closed by exec: a descriptor, or -1. `name`
 * is for diagnosis only. */
int platform_memfd(const char *name, uint64_t size, struct error *error);

/* A regular file without a name in a folder, open for reading and writing, that platform_link() can
 * name later; readable to others as the umask says. -1, with errno, where there is no such thing. */
int platform_unnamed(const char *folder);
/* Gives the file of a descriptor a name (one more, where it has one), on the file system it is on.
 * False, with errno: EEXIST where the name is taken, EXDEV where it is on another one. */
bool platform_link(int descriptor, const char *path);

/* Gives the disk space of a stretch of a file back; it reads as zeros from then on, and the file
 * stays as long as it is. False where that cannot be done. */
bool platform_punch(int descriptor, uint64_t offset, uint64_t size);

/* Of a shared mapping of a file: brings these bytes into the caller's memory at once (`write`: to be
 * written too), where each page would be waited for by itself; what lies past the file's end is passed
 * over. False where that cannot be done: pages come as they are touched. And takes them out of its
 * memory: the file keeps what they hold. */
bool platform_map_in(void *from, size_t bytes, bool write);
bool platform_map_out(void *from, size_t bytes);
/* Of private memory, whole pages that lie in one mapping: what is at `from` is at `to` then, whose own
 * mapping is gone, without being copied; at `from` there is nothing of it left. False, with nothing
 * changed, where that cannot be done. */
bool platform_map_move(void *from, size_t bytes, void *to);
/* A wish: memory that is touched there comes in large pages, since most of it will be. */
void platform_map_large(void *from, size_t bytes);

/* Sleeps until *word is no longer `value` (true) or timeout_ns went by (false; UINT64_MAX: never).
 * The word may lie in memory that processes share; whoever changes it wakes all that sleep on it. */
bool platform_wait(_Atomic uint32_t *word, uint32_t value, uint64_t timeout_ns);
void platform_wake(_Atomic uint32_t *word);

/* What this process may use; PLATFORM_UNLIMITED or PLATFORM_UNKNOWN where that is so. */
struct platform_limits {
    uint64_t descriptors_soft, descriptors_hard;
    uint64_t processes;    /* threads and processes of this user; root is not held to it */
    uint64_t group_tasks;  /* threads and processes of this control group */
    uint64_t system_tasks; /* threads of the whole machine */
    uint64_t memlock_kib;
};
void platform_limits(struct platform_limits *limits);

/* Raises the soft limit of descriptors to `wanted` or as near as the hard one lets it; returns the
 * soft limit then in force. Never lowers it. */
uint64_t platform_raise_descriptors(uint64_t wanted);

/* ---- Context switches, as the kernel records them (perf events). ---- */

struct platform_switches;

struct platform_ring_options {
    size_t core_bytes; /* of one core's ring, a power of two; 0: 1 MiB. Halved while refused */
    size_t wake_bytes; /* fill at which its descriptor polls readable; 0: a quarter */
};

struct platform_switch {
    uint64_t time_ns; /* CLOCK_MONOTONIC */
    pid_t pid, tid;   /* who came or went */
    int core;
    bool in;        /* came to the core; else left it */
    bool preempted; /* left although it could have gone on */
};

/* The descriptors and rings belong to the process that opens them, whose thread it is that reads:
 * open in the recorder, not in one that forks it. Two descriptors per core, and one more per core
 * for each process added. */

/* Records every switch of process `pid` and of all that it will start: call it before the process
 * starts a thread or forks. `options` may be NULL. NULL where it is refused; the sentence says why
 * and what would be right. */
struct platform_switches *
platform_switches_open(pid_t pid, const struct platform_ring_options *options, struct error *error);

/* Records one more process into the same rings. On failure what was there goes on. */
bool platform_switches_add(struct platform_switches *switches, pid_t pid, struct error *error);

/* Ends the watch of a process, as when it has ended: gives its descriptors back. What the rings hold
 * stays, and what was lost stays counted. */
void platform_switches_remove(struct platform_switches *switches, pid_t pid);

/* Hands over all that is in the rings, core by core, each core's in the order of time; returns how
 * many. The callback may not call back into `switches`. */
size_t platform_switches_read(struct platform_switches *switches,
                              void (*each)(const struct platform_switch *one, void *context),
                              void *context);

/* How many records did not fit so far; a lower bound where *exact comes back false (kernels before
 * 6.0 do not count them all). A system call for each process and core. */
uint64_t platform_switches_lost(struct platform_switches *switches, bool *exact);

/* Descriptors that poll readable when a ring is as full as wake_bytes says: one per core. */
size_t platform_switches_fds(const struct platform_switches *switches, int *fds, size_t limit);

/* Bytes of each core's ring, after what had to be halved. */
size_t platform_switches_ring(const struct platform_switches *switches);

void platform_switches_close(struct platform_switches *switches); /* NULL is fine */

/* ---- Faults, for tests. ---- */

/* What is to fail from now on in this process and in those it forks. All zero: nothing. */
struct platform_faults {
    int switches_errno;      /* platform_switches_open and _add are refused with this */
    int memfd_errno;         /* platform_memfd is refused with this */
    int start_errno;         /* platform_fork and platform_thread are refused with this... */
    uint64_t starts_allowed; /* ...after so many of them went well */
};

/* Copies `faults`; NULL is as all zero. To be called while no other thread uses the platform. */
void platform_inject(const struct platform_faults *faults);

#endif
