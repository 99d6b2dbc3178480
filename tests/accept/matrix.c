/*
 * Compute: processes and free threads get what bare C gets from as many processes; under the GIL
 * threads get nothing, and wait for it. Bare C is the same kernel in bare forks, run in turns with the
 * races, since two virtual cores are not always two.
 */
#include <math.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "accept.h"
#include "base/clock.h"
#include "engine/kernel.h"

enum { ROUNDS = 3, PRODUCTS = 12, SIZE = 768 };

static uint64_t product(void **state, int task)
{
    const struct kernel_input input = { .seed = 1, .task = (uint32_t)task, .size = SIZE };
    *state = kernel_matmul.begin(*state, &input);
    while (kernel_matmul.advance(*state))
        ;
    return kernel_matmul.checksum(*state);
}

/* Seconds that `processes` forks need for PRODUCTS products in all. */
static double bare(int processes)
{
    uint64_t began = clock_now();
    for (int i = 0; i < processes; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            uint64_t sum = 0;
            void *state = NULL;
            for (int task = i; task < PRODUCTS; task += processes)
                sum += product(&state, task);
            _exit(sum == 0); /* used, so that it is computed */
        }
    }
    for (int i = 0; i < processes; i++)
        wait(NULL);
    return (double)(clock_now() - began) / 1e9;
}

bool accept_matrix(void)
{
    int cores = accept_cores();
    double scale[ROUNDS], processes[ROUNDS], free_threads[ROUNDS], threads[ROUNDS], loop[ROUNDS];
    double gil[ROUNDS], serial[ROUNDS];
    size_t count = 0;
    for (int i = 0; i < ROUNDS; i++) {
        double one = bare(1), many = bare(cores);
        char arguments[160];
        snprintf(arguments, sizeof arguments,
                 "matrix -m serial,processes,free,threads,loop -s workers=%d --staging turns",
                 cores);
        json_t *report = accept_run(arguments);
        if (report == NULL)
            continue;
        double one_after = bare(1), many_after = bare(cores);
        scale[count] = (one + one_after) / (many + many_after);
        serial[count] = accept_figure(accept_model(report, "serial"), "wall_s");
        processes[count] = accept_figure(accept_model(report, "processes"), "speedup");
        free_threads[count] = accept_figure(accept_model(report, "free"), "speedup");
        threads[count] = accept_figure(accept_model(report, "threads"), "speedup");
        loop[count] = accept_figure(accept_model(report, "loop"), "speedup");
        gil[count] = accept_figure(accept_model(report, "threads"), "state_share.gil");
        count++;
        json_decref(report);
    }
    if (count == 0)
        return accept_say(false, "matrix runs", "no report");
    double bare_scale = accept_median(scale, count);
    double p = accept_median(processes, count), f = accept_median(free_threads, count);
    double t = accept_median(threads, count), l = accept_median(loop, count);
    double g = accept_median(gil, count), s = accept_median(serial, count);
    bool all = accept_say(s >= 2.0, "matrix: two seconds or more in serial", "%.2f s", s);
    all &=
        accept_say(p >= 0.9 * bare_scale, "matrix: speed-up of processes at least 0.9 of bare C's",
                   "%.2f, bare C %.2f (medians of %zu)", p, bare_scale, count);
    all &= accept_say(f >= 0.9 * bare_scale, "matrix: speed-up of free at least 0.9 of bare C's",
                      "%.2f, bare C %.2f (medians of %zu)", f, bare_scale, count);
    all &= accept_say(t <= 1.1, "matrix: speed-up of threads at most 1.1", "%.2f", t);
    all &= accept_say(l <= 1.1, "matrix: speed-up of loop at most 1.1", "%.2f", l);
    all &= accept_say(g >= 0.9 * (1 - 1.0 / cores),
                      "matrix: threads spend 0.9 (1 - 1/c) or more of their time in `gil`",
                      "%.3f, c = %d", g, cores);
    return all;
}
