/*
 * What 10,000 threads hold of memory under the model `threads`, rings included, against as many bare
 * threads with the same stack in a process of their own, in turn. All of them wait. The switch
 * interval is long: thousands that wait for a GIL and ask for it every 5 ms would be all that this
 * measures.
 */
#include "bench/carry.h"

#include "base/clock.h"
#include "base/memory.h"
#include "platform/platform.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { COUNT = 10000, TRIALS = 5, STACK = 256 * 1024 };

static const char scenario[] = "name: many\n"
                               "title: Many\n"
                               "question: How much?\n"
                               "teaches: A bench.\n"
                               "kind: batch\n"
                               "bottleneck: io\n"
                               "tasks: 10000\n"
                               "task:\n"
                               "  - wait: 60s\n"
                               "models: [threads]\n"
                               "predict: winner\n";

struct context {
    struct bench *bench;
    uint32_t count; /* as many as this machine gives */
};

/* ---- Bare threads ---- */

struct bare {
    _Atomic uint32_t begun, over;
};

static void *bare_body(void *argument)
{
    struct bare *bare = argument;
    atomic_fetch_add(&bare->begun, 1);
    arena_wait(&bare->over, 0, UINT64_MAX);
    return NULL;
}

/* Begins as many as it gets; `over` of 2 says that this is it. */
static _Noreturn void bare_main(struct bare *bare, _Atomic uint32_t *started)
{
    pthread_attr_t attributes;
    pthread_t thread;
    uint32_t count = 0;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    while (count < COUNT && pthread_create(&thread, &attributes, bare_body, bare) == 0)
        count++;
    while (atomic_load(&bare->begun) < count)
        usleep(1000);
    atomic_store(started, count + 1);
    arena_wake(started);
    pause();
    _exit(0);
}

static double kib_of_bare(void *pointer)
{
    struct context *context = pointer;
    struct shared {
        struct bare bare;
        _Atomic uint32_t started;
    } *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        platform_die_with_parent(SIGKILL, parent);
        bare_main(&shared->bare, &shared->started);
    }
    arena_wait(&shared->started, 0, 60 * NS_PER_S);
    double kib = memory_kib(pid);
    context->count = atomic_load(&shared->started) - 1;
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    munmap(shared, sizeof *shared);
    return kib / context->count;
}

/* ---- The model's ---- */

static bool all_wait(const struct carry *carry)
{
    /* Each writes LANE_BEGIN and then takes its one task. */
    return atomic_load(&carry->told->waiting) >= COUNT;
}

static double kib_of_model(void *pointer)
{
    static const char *const sets[] = { "workers=10000", "queue=10000", "bytecode=0us",
                                        "switch_interval=1s", NULL };
    struct context *context = pointer;
    const struct carry_options options = {
        .scenario = scenario, .model = "threads", .sets = sets, .observe = OBSERVE_RINGS
    };
    struct carry carry;
    if (!carry_begin(&carry, context->bench, &options))
        return -1;
    carry_go(&carry);
    bool all = carry_wait_for(&carry, all_wait, 30);
    double kib = memory_kib(carry.stage);
    uint64_t workers = atomic_load(&carry.told->waiting);
    carry_stop(&carry);
    carry_end(&carry);
    bench_check(context->bench, all, "only %llu of %d threads waited", (unsigned long long)workers,
                COUNT);
    return kib / (double)workers;
}

void bench_threads(struct bench *bench)
{
    struct context context = { bench, 0 };
    double bare_kib = kib_of_bare(&context);
    if (context.count < COUNT) {
        bench_skip(bench, "this machine gives a process %u threads, not %d", context.count, COUNT);
        return;
    }
    struct spread ratio = bench_ratio(kib_of_model, kib_of_bare, &context, TRIALS);
    bench_tell(bench, "memory_to_bare_threads", ratio, 1.5);
    bench_note(bench, "bare_kib_each", bare_kib);
    bench_note(bench, "kib_each", bare_kib * ratio.median);
}
