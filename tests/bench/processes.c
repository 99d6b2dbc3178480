/*
 * How long 1,000 processes take to start under the model `processes`, against as many forks from a
 * tiny parent (tests/bench/tiny, which has nothing but libc), in turn. Both are counted from the first
 * to the last child's first word, per child. With the kernel's switches and without them, since
 * recording those makes every fork dearer.
 */
#include "bench/carry.h"

#include "base/clock.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { COUNT = 1000, TRIALS = 5 };

static const char scenario[] = "name: start\n"
                               "title: Start\n"
                               "question: How soon?\n"
                               "teaches: A bench.\n"
                               "kind: batch\n"
                               "bottleneck: io\n"
                               "tasks: 1000\n"
                               "task:\n"
                               "  - wait: 1ms\n"
                               "models: [processes]\n"
                               "predict: winner\n";

struct context {
    struct bench *bench;
    enum observe observe;
};

/* us from the first to the last worker's begin, for each. */
static double cost_of_model(void *pointer)
{
    static const char *const sets[] = { "workers=1000", NULL };
    struct context *context = pointer;
    const struct carry_options options = {
        .scenario = scenario, .model = "processes", .sets = sets, .observe = context->observe
    };
    struct carry carry;
    if (!carry_begin(&carry, context->bench, &options))
        return -1;
    carry_go(&carry);
    carry_end(&carry);
    uint64_t workers = atomic_load(&carry.told->workers);
    bench_check(context->bench, workers == COUNT, "%llu of %d processes began",
                (unsigned long long)workers, COUNT);
    uint64_t ns =
        atomic_load(&carry.told->last_begin_ns) - atomic_load(&carry.told->first_begin_ns);
    return (double)ns / 1e3 / COUNT;
}

static double cost_of_tiny(void *pointer)
{
    struct context *context = pointer;
    const char *beside = getenv("LOCKSTEP_TINY");
    char command[300], line[100] = "";
    double us = -1;
    snprintf(command, sizeof command, "%s %d", beside != NULL ? beside : "tests/bench/tiny", COUNT);
    FILE *out = popen(command, "r");
    bool read =
        out != NULL && fgets(line, sizeof line, out) != NULL && sscanf(line, "%lf", &us) == 1;
    if (out != NULL)
        read = pclose(out) == 0 && read;
    bench_check(context->bench, read, "%s did not fork", command);
    return us;
}

/* The same forks as the tiny parent's, from this program with its libraries: what a process pays for
 * those, whatever the model does. */
static double cost_of_this_program(void)
{
    uint64_t *began = mmap(NULL, COUNT * sizeof *began, PROT_READ | PROT_WRITE,
                           MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    uint64_t first = UINT64_MAX, last = 0;
    int gate[2];
    char byte;
    if (began == MAP_FAILED || pipe(gate) != 0)
        return -1;
    for (int i = 0; i < COUNT; i++) {
        if (fork() != 0)
            continue;
        began[i] = clock_now();
        close(gate[1]);
        _exit(read(gate[0], &byte, 1) == 0 ? 0 : 1);
    }
    close(gate[1]);
    while (wait(NULL) > 0)
        continue;
    close(gate[0]);
    for (int i = 0; i < COUNT; i++) {
        first = began[i] != 0 && began[i] < first ? began[i] : first;
        last = began[i] > last ? began[i] : last;
    }
    munmap(began, COUNT * sizeof *began);
    return (double)(last - first) / 1e3 / COUNT;
}

void bench_processes(struct bench *bench)
{
    struct context rings = { bench, OBSERVE_RINGS }, all = { bench, OBSERVE_SWITCHES };
    struct spread ratio = bench_ratio(cost_of_model, cost_of_tiny, &rings, TRIALS);
    bench_tell(bench, "start_to_tiny_fork", ratio, 1.25);
    bench_note(bench, "with_switches", bench_ratio(cost_of_model, cost_of_tiny, &all, 3).median);
    bench_note(bench, "tiny_fork_us", cost_of_tiny(&rings));
    bench_note(bench, "fork_of_this_program_us", cost_of_this_program());
    bench_note(bench, "model_us", cost_of_model(&rings));
}
