/*
 * The witness sleeps as long as one waits for a network and wakes, again and again (a core that sleeps
 * deeper charges more), and writes down each time what its CPU clock says; its parent adds up what the
 * kernel's records say of the same spans. The difference is the price. Nothing of lockstep's own
 * timeline is used, since that is what the price is to judge.
 */
#include "tests/switch_price.h"

#include "base/clock.h"
#include "base/memory.h"
#include "platform/platform.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { NAP_MS = 5, NAPS_MOST = 20000, NAPS_LEAST = 20, ONCE_MS = 500 };

/* What the child wrote down after each nap; shared. */
struct said {
    uint64_t count;
    struct {
        uint64_t time_ns, cpu_ns;
    } naps[NAPS_MOST];
};

struct witness {
    pid_t child;
    int go; /* closed: the child ends */
    struct said *said;
    struct platform_switches *switches;
};

static uint64_t cpu_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
}

static void sleep_and_wake(int go, struct said *said)
{
    struct pollfd wait = { .fd = go, .events = POLLIN };
    char byte;
    if (read(go, &byte, 1) != 1)
        _exit(1);
    while (said->count < NAPS_MOST && poll(&wait, 1, NAP_MS) == 0) {
        said->naps[said->count].cpu_ns = cpu_ns();
        said->naps[said->count].time_ns = clock_now();
        said->count++;
    }
    _exit(0);
}

struct witness *witness_begin(void)
{
    int go[2];
    struct error error;
    if (pipe(go) < 0)
        return NULL;
    struct witness *witness = mem_zero(1, sizeof *witness);
    witness->go = go[1];
    witness->said = mmap(NULL, sizeof *witness->said, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    witness->child = witness->said != MAP_FAILED ? fork() : -1;
    if (witness->child == 0) {
        close(go[1]);
        sleep_and_wake(go[0], witness->said);
    }
    close(go[0]);
    if (witness->child > 0)
        witness->switches = platform_switches_open(witness->child, NULL, &error);
    if (witness->switches != NULL && write(witness->go, "g", 1) == 1)
        return witness;
    witness_end(witness);
    return NULL;
}

/* Adding up: the nap that the records have come to, and what they say of the span before it. */
struct seen {
    const struct said *said;
    uint64_t nap, in_ns, on_core_ns, switches;
    uint64_t all_ns, all_switches, most_ns;
};

static void end_nap(struct seen *seen)
{
    uint64_t at = seen->said->naps[seen->nap].time_ns;
    uint64_t on_core_ns = seen->on_core_ns + (seen->in_ns != 0 ? at - seen->in_ns : 0);
    if (seen->nap > 0 && seen->switches > 0) {
        uint64_t charged =
            seen->said->naps[seen->nap].cpu_ns - seen->said->naps[seen->nap - 1].cpu_ns;
        uint64_t price = charged > on_core_ns ? charged - on_core_ns : 0;
        seen->all_ns += price;
        seen->all_switches += seen->switches;
        seen->most_ns = price > seen->most_ns ? price : seen->most_ns;
    }
    seen->in_ns = at; /* it runs when it writes down */
    seen->on_core_ns = seen->switches = 0;
    seen->nap++;
}

static void see(struct seen *seen, const struct platform_switch *one)
{
    while (seen->nap < seen->said->count && seen->said->naps[seen->nap].time_ns <= one->time_ns)
        end_nap(seen);
    if (one->in) {
        seen->in_ns = one->time_ns;
    } else {
        seen->switches++;
        seen->on_core_ns += seen->in_ns != 0 ? one->time_ns - seen->in_ns : 0;
        seen->in_ns = 0;
    }
}

/* The records come core by core. */
struct records {
    struct platform_switch *items;
    size_t count, room;
};

static void keep(const struct platform_switch *one, void *context)
{
    struct records *records = context;
    if (records->count == records->room) {
        records->room = records->room * 2 + 1024;
        records->items = mem_resize(records->items, records->room, sizeof *records->items);
    }
    records->items[records->count++] = *one;
}

static int by_time(const void *a, const void *b)
{
    const struct platform_switch *one = a, *other = b;
    if (one->time_ns != other->time_ns)
        return one->time_ns < other->time_ns ? -1 : 1;
    return one->in - other->in;
}

static void add_up(const struct witness *witness, struct seen *seen)
{
    struct records records = { 0 };
    platform_switches_read(witness->switches, keep, &records);
    if (records.count > 0)
        qsort(records.items, records.count, sizeof *records.items, by_time);
    for (size_t i = 0; i < records.count; i++)
        see(seen, &records.items[i]);
    free(records.items);
}

struct switch_price witness_end(struct witness *witness)
{
    struct switch_price price = { 0 };
    bool exact;
    int status = 0;
    if (witness == NULL)
        return price;
    close(witness->go);
    if (witness->child > 0)
        waitpid(witness->child, &status, 0);
    if (witness->switches != NULL && status == 0) {
        struct seen seen = { .said = witness->said };
        add_up(witness, &seen);
        bool whole = platform_switches_lost(witness->switches, &exact) == 0;
        if (whole && seen.nap > NAPS_LEAST && seen.all_switches > 0)
            price = (struct switch_price){ seen.all_ns / seen.all_switches, seen.most_ns };
    }
    platform_switches_close(witness->switches);
    if (witness->said != MAP_FAILED)
        munmap(witness->said, sizeof *witness->said);
    free(witness);
    return price;
}

struct switch_price switch_price(void)
{
    struct witness *witness = witness_begin();
    if (witness != NULL)
        poll(NULL, 0, ONCE_MS);
    return witness_end(witness);
}
