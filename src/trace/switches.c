/*
 * A record of the kernel names a thread and a time; a lane has a thread for a span of time. Tying
 * them is exact, not a guess by delays, because of three orders:
 *
 *   1. A lane fills its row of the table, then stamps LANE_BEGIN, then writes it into its ring.
 *   2. A pass reads the kernel's rings, then the rows, then the lanes' rings.
 *   3. A switch of a thread happens after all that the thread did before it.
 *
 * A record that is younger than its lane's LANE_BEGIN was written after that lane's row was filled
 * (1, 3), so the row is seen in the pass that reads the record (2): the lane is known, and if its
 * LANE_BEGIN is not (the thread lost its core between stamp and store), the record waits for it. A
 * thread without a row was no lane at that time, and never will have been. A record that is younger
 * than its lane's end was written after LANE_END was stored (1, 3), so the end is seen in the same
 * pass (2); only a thread that loses its core between that stamp and its store leaves one record that
 * is still taken for the lane's.
 *
 * It keeps a record in memory only while it waits, for five seconds at most: a thread that was killed
 * between its row and its LANE_BEGIN never tells when it began.
 */
#include "trace/switches.h"

#include "base/memory.h"
#include "platform/platform.h"

#include <stdlib.h>

static const uint64_t patience_ns = UINT64_C(5000000000);

struct switches {
    const struct lives *lives;
    uint64_t base_ns;
    struct platform_switches *kernel; /* NULL while nothing is watched */
    size_t watched;
    uint64_t lost_told;              /* of `kernel` */
    struct platform_switch *records; /* read and not yet tied, in the order of reading */
    size_t count, capacity;
    uint64_t newest_ns; /* of all records read */
    uint64_t unknown;
};

struct switches *switches_new(const struct lives *lives, uint64_t base_ns)
{
    struct switches *switches = mem_zero(1, sizeof *switches);
    switches->lives = lives;
    switches->base_ns = base_ns;
    return switches;
}

void switches_free(struct switches *switches)
{
    if (switches == NULL)
        return;
    platform_switches_close(switches->kernel);
    free(switches->records);
    free(switches);
}

bool switches_watch(struct switches *switches, int pid, struct error *error)
{
    if (switches->kernel != NULL) {
        if (!platform_switches_add(switches->kernel, pid, error))
            return false;
    } else {
        switches->kernel = platform_switches_open(pid, NULL, error);
        switches->lost_told = 0;
        if (switches->kernel == NULL)
            return false;
    }
    switches->watched++;
    return true;
}

void switches_unwatch(struct switches *switches, int pid)
{
    if (switches->kernel == NULL)
        return;
    platform_switches_remove(switches->kernel, pid);
    if (--switches->watched > 0)
        return;
    platform_switches_close(switches->kernel);
    switches->kernel = NULL;
}

static void keep(const struct platform_switch *one, void *context)
{
    struct switches *switches = context;
    if (switches->count == switches->capacity) {
        switches->capacity = switches->capacity > 0 ? 2 * switches->capacity : 1024;
        switches->records =
            mem_resize(switches->records, switches->capacity, sizeof *switches->records);
    }
    switches->records[switches->count++] = *one;
}

void switches_read(struct switches *switches)
{
    if (switches->kernel != NULL)
        platform_switches_read(switches->kernel, keep, switches);
}

static uint64_t since_base(const struct switches *switches, uint64_t clock_ns)
{
    return clock_ns > switches->base_ns ? clock_ns - switches->base_ns : 0;
}

static void put(struct batch *batch, const struct platform_switch *one, uint64_t ns, uint32_t run,
                uint32_t lane)
{
    const struct event event = {
        .time = ns,
        .kind = one->in ? EVENT_SWITCH_IN : EVENT_SWITCH_OUT,
        .run = (uint16_t)run,
        .lane = lane,
        .object = (uint32_t)one->core,
        .a = one->preempted,
    };
    batch_put(batch, &event);
}

void switches_tie(struct switches *switches, struct batch *batch)
{
    size_t waiting = 0;
    for (size_t i = 0; i < switches->count; i++) {
        const struct platform_switch one = switches->records[i];
        uint64_t ns = since_base(switches, one.time_ns);
        uint32_t run = 0, lane = 0;
        if (ns > switches->newest_ns)
            switches->newest_ns = ns;
        switch (lives_find(switches->lives, one.pid, one.tid, ns, &run, &lane)) {
        case LIFE_LANE:
            put(batch, &one, ns, run, lane);
            break;
        case LIFE_WAIT:
            if (switches->newest_ns - ns < patience_ns) {
                switches->records[waiting++] = one;
                break;
            }
            switches->unknown++;
            break;
        case LIFE_NONE:
            switches->unknown++;
            break;
        }
    }
    switches->count = waiting;
}

uint64_t switches_lost(struct switches *switches)
{
    bool exact;
    if (switches->kernel == NULL)
        return 0;
    uint64_t lost = platform_switches_lost(switches->kernel, &exact);
    if (lost == PLATFORM_UNKNOWN || lost <= switches->lost_told)
        return 0;
    uint64_t fresh = lost - switches->lost_told;
    switches->lost_told = lost;
    return fresh;
}

uint64_t switches_unknown(const struct switches *switches)
{
    return switches->unknown;
}

size_t switches_fds(const struct switches *switches, int *fds, size_t most)
{
    return switches->kernel != NULL ? platform_switches_fds(switches->kernel, fds, most) : 0;
}
