/*
 * A child sleeps as long as one waits for a network and wakes, again and again (a core that sleeps
 * deeper charges more), and says what its CPU clock counted from one moment to
 * another; its parent adds up what the kernel's records say of the same span. The difference is the
 * price. Nothing of lockstep's own timeline is used, since that is what the price is to judge.
 */
#include "tests/switch_price.h"

#include "base/clock.h"
#include "platform/platform.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TRIALS = 5, SLEEPS = 100 };

/* What the child says; shared. */
struct said {
    uint64_t from_ns, to_ns, cpu_ns;
};

struct seen {
    const struct said *said;
    uint64_t in_ns, on_core_ns, switches;
};

static uint64_t cpu_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
}

static void sleep_and_wake(const int go[2], struct said *said)
{
    char byte;
    close(go[1]);
    if (read(go[0], &byte, 1) != 1)
        _exit(1);
    uint64_t began = cpu_ns();
    said->from_ns = clock_now();
    for (int i = 0; i < SLEEPS; i++) {
        const struct timespec nap = { .tv_nsec = 4000000 };
        nanosleep(&nap, NULL);
    }
    said->to_ns = clock_now();
    said->cpu_ns = cpu_ns() - began;
    _exit(0);
}

/* It is on a core at from_ns and at to_ns. */
static void add(const struct platform_switch *one, void *context)
{
    struct seen *seen = context;
    if (one->time_ns <= seen->said->from_ns || one->time_ns >= seen->said->to_ns)
        return;
    seen->switches += one->in ? 0 : 1;
    if (one->in)
        seen->in_ns = one->time_ns;
    else if (seen->in_ns != 0)
        seen->on_core_ns += one->time_ns - seen->in_ns;
    if (!one->in)
        seen->in_ns = 0;
}

static uint64_t trial(struct said *said)
{
    int go[2];
    if (pipe(go) < 0)
        return 0;
    pid_t child = fork();
    if (child == 0)
        sleep_and_wake(go, said);
    struct error error;
    struct platform_switches *switches =
        child > 0 ? platform_switches_open(child, NULL, &error) : NULL;
    int status = 0;
    if (switches != NULL && write(go[1], "g", 1) != 1)
        status = 1;
    close(go[1]); /* where nothing was written it finds the end, and ends */
    close(go[0]);
    if (child > 0)
        waitpid(child, &status, 0);
    if (switches == NULL || status != 0) {
        platform_switches_close(switches);
        return 0;
    }
    struct seen seen = { .said = said, .in_ns = said->from_ns };
    bool exact;
    platform_switches_read(switches, add, &seen);
    bool whole = platform_switches_lost(switches, &exact) == 0;
    platform_switches_close(switches);
    if (seen.in_ns != 0)
        seen.on_core_ns += said->to_ns - seen.in_ns;
    if (!whole || seen.switches == 0 || said->cpu_ns < seen.on_core_ns)
        return 0;
    return (said->cpu_ns - seen.on_core_ns) / seen.switches;
}

static int by_size(const void *a, const void *b)
{
    uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;
    return one < other ? -1 : one > other;
}

uint64_t switch_price_ns(void)
{
    uint64_t prices[TRIALS];
    struct said *said =
        mmap(NULL, sizeof *said, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (said == MAP_FAILED)
        return 0;
    for (int i = 0; i < TRIALS; i++)
        prices[i] = trial(said);
    munmap(said, sizeof *said);
    qsort(prices, TRIALS, sizeof *prices, by_size);
    return prices[TRIALS / 2];
}
