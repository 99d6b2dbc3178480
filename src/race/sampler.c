/*
 * The sampler: looks at the machine and at the processes of the runs from outside, at times of its
 * own. Invariant: it never writes a figure it could not read; a process that ended in between simply
 * is no part of that round. It does not decide what a figure means: that is timeline/.
 */
#include "race/sampler.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "platform/platform.h"

enum { CORES_MAX = 64 };
static const uint64_t round_ns = 100 * NS_PER_MS;
static const uint64_t pss_round_ns = NS_PER_S;
/* The first look at a run comes early, so that a run of a tenth of a second has its figures. */
static const uint64_t first_rss_ns = 10 * NS_PER_MS, first_pss_ns = 40 * NS_PER_MS;

struct watch {
    bool on;
    int stage_pid;
    uint64_t next_rss_ns, next_pss_ns;
    bool kernel_known;
    uint64_t kernel_before_kib;
};

struct sampler {
    const struct arena *arena;
    struct drain *drain;
    struct platform_core_clock *cores;
    struct platform_core_time last[CORES_MAX];
    size_t last_count;
    uint64_t next_core_ns;
    struct watch watch[ARENA_RUNS_MAX];
};

static bool kernel_kib(uint64_t *kib)
{
    struct platform_kernel_memory memory;
    if (!platform_kernel_memory(&memory))
        return false;
    *kib = memory.stacks_kib + memory.page_tables_kib + memory.slab_kib;
    return true;
}

struct sampler *sampler_new(const struct arena *arena, struct drain *drain)
{
    struct sampler *sampler = mem_zero(1, sizeof *sampler);
    sampler->arena = arena;
    sampler->drain = drain;
    sampler->cores = platform_core_clock_open(NULL); /* NULL: cores of the machine are n/a */
    return sampler;
}

void sampler_free(struct sampler *sampler)
{
    if (sampler == NULL)
        return;
    if (sampler->cores != NULL)
        platform_core_clock_close(sampler->cores);
    free(sampler);
}

void sampler_begin(struct sampler *sampler, uint32_t run, int stage_pid)
{
    uint64_t now = clock_now();
    struct watch *watch = &sampler->watch[run];
    *watch = (struct watch){ .on = true,
                             .stage_pid = stage_pid,
                             .next_rss_ns = now + first_rss_ns,
                             .next_pss_ns = now + first_pss_ns };
    watch->kernel_known = kernel_kib(&watch->kernel_before_kib);
    sampler->last_count = 0; /* a core's first span belongs to the run whole */
    sampler->next_core_ns = now;
}

void sampler_end(struct sampler *sampler, uint32_t run)
{
    sampler->watch[run].on = false;
}

static void add_memory(struct sampler *sampler, uint32_t run, uint64_t now, enum memory_kind kind,
                       uint32_t processes, uint64_t kib)
{
    const struct event event = { .kind = EVENT_SAMPLE_MEMORY,
                                 .run = (uint16_t)run,
                                 .lane = LANE_NONE,
                                 .object = (uint32_t)kind,
                                 .a = processes,
                                 .b = kib };
    drain_add(sampler->drain, now, &event);
}

/* Over the stage and its lanes that are processes of their own. */
static uint32_t sum_processes(struct sampler *sampler, uint32_t run, bool pss, uint64_t *sum_kib)
{
    uint32_t processes = 0;
    *sum_kib = 0;
    const struct arena_run *block = arena_run(sampler->arena, run);
    uint32_t lanes = atomic_load(&block->next_lane);
    if (lanes > block->lane_capacity)
        lanes = block->lane_capacity;
    int stage_pid = sampler->watch[run].stage_pid;
    for (uint32_t i = 0; i <= lanes; i++) {
        int pid = stage_pid;
        if (i < lanes) {
            struct arena_lane *lane = arena_lane(sampler->arena, run, i);
            if (atomic_load(&lane->alive) != 1 ||
                (atomic_load(&lane->role_and_index) & 0xff) == ROLE_OUTSIDE)
                continue;
            pid = atomic_load(&lane->pid);
            if (pid == stage_pid || pid <= 0)
                continue;
        }
        struct platform_memory memory;
        uint64_t kib;
        if (pss ? !platform_memory_pss(pid, &kib) : !platform_memory(pid, &memory))
            continue;
        *sum_kib += pss ? kib : memory.rss_kib;
        processes++;
    }
    return processes;
}

static unsigned watched(const struct sampler *sampler)
{
    unsigned count = 0;
    for (uint32_t run = 0; run < ARENA_RUNS_MAX; run++)
        count += sampler->watch[run].on;
    return count;
}

/* When to look again, so that looking costs at most 1 % of a core. */
static uint64_t next_round(uint64_t began_ns, uint64_t at_least_ns)
{
    uint64_t cost = clock_now() - began_ns;
    uint64_t wait = cost * 100 > at_least_ns ? cost * 100 : at_least_ns;
    return began_ns + wait;
}

static void sample_memory(struct sampler *sampler, uint32_t run, uint64_t now)
{
    struct watch *watch = &sampler->watch[run];
    uint64_t kib;
    if (now >= watch->next_rss_ns) {
        uint32_t processes = sum_processes(sampler, run, false, &kib);
        if (processes > 0)
            add_memory(sampler, run, now, MEMORY_RSS, processes, kib);
        /* The machine's growth is one run's only while no other one goes. */
        watch->kernel_known &= watched(sampler) == 1;
        uint64_t kernel;
        if (watch->kernel_known && kernel_kib(&kernel))
            add_memory(sampler, run, now, MEMORY_KERNEL, 0,
                       kernel > watch->kernel_before_kib ? kernel - watch->kernel_before_kib : 0);
        watch->next_rss_ns = next_round(now, round_ns);
    }
    if (now >= watch->next_pss_ns) {
        uint64_t began = clock_now();
        uint32_t processes = sum_processes(sampler, run, true, &kib);
        if (processes > 0)
            add_memory(sampler, run, now, MEMORY_PSS, processes, kib);
        watch->next_pss_ns = next_round(began, pss_round_ns);
    }
}

static void sample_cores(struct sampler *sampler, uint64_t now)
{
    struct platform_core_time times[CORES_MAX];
    if (sampler->cores == NULL)
        return;
    size_t count = platform_core_clock_read(sampler->cores, times, CORES_MAX);
    for (size_t i = 0; i < count && i < sampler->last_count; i++) {
        const struct platform_core_time *before = &sampler->last[i];
        if (before->core != times[i].core || times[i].total_ns <= before->total_ns)
            continue;
        uint64_t total = times[i].total_ns - before->total_ns;
        uint64_t busy = times[i].busy_ns > before->busy_ns ? times[i].busy_ns - before->busy_ns : 0;
        if (busy > total)
            busy = total;
        struct event event = { .kind = EVENT_SAMPLE_CORE,
                               .lane = LANE_NONE,
                               .object = (uint32_t)times[i].core,
                               .a = (uint32_t)(busy * 1000 / total),
                               .b = total };
        for (uint32_t run = 0; run < ARENA_RUNS_MAX; run++)
            if (sampler->watch[run].on) {
                event.run = (uint16_t)run;
                drain_add(sampler->drain, now, &event);
            }
    }
    sampler->last_count = count;
    for (size_t i = 0; i < count; i++)
        sampler->last[i] = times[i];
}

void sampler_turn(struct sampler *sampler, uint64_t now_ns)
{
    bool any = false;
    for (uint32_t run = 0; run < ARENA_RUNS_MAX; run++)
        if (sampler->watch[run].on) {
            any = true;
            sample_memory(sampler, run, now_ns);
        }
    if (any && now_ns >= sampler->next_core_ns) {
        sample_cores(sampler, now_ns);
        sampler->next_core_ns = now_ns + round_ns;
    }
}
