/*
 * Cells that are one figure or one name each: what a core, a GIL, a lock, a queue did in it.
 */
#include "timeline/cells_inside.h"

#include <string.h>

union value {
    uint64_t all[2]; /* a multiple of 8 bytes */
    struct {
        uint32_t lane, permille;
    } most;
    struct gil_counts counts;
    int busy;
    uint32_t depth;
};

/* How each is asked for exactly, and how roughly. */
struct teller {
    void (*exact)(const struct timeline *timeline, const struct cell_ask *cell, union value *value);
    void (*rough)(const struct run *run, const struct cell_ask *cell, uint64_t from, uint64_t to,
                  union value *value);
};

static void core_busy(const struct timeline *timeline, const struct cell_ask *cell,
                      union value *value)
{
    value->busy = timeline_core_busy(timeline, cell->run, cell->id, cell->t0, cell->t1);
}

static void core_busy_rough(const struct run *run, const struct cell_ask *cell, uint64_t from,
                            uint64_t to, union value *value)
{
    value->busy = run->source != SOURCE_PERF ? -1 : 0;
    if (value->busy < 0 || cell->id >= run->core_count || from >= to)
        return;
    const struct spans *lanes = &run->cores[cell->id].lanes;
    uint64_t before = spans_sum_rough(lanes, from).held, after = spans_sum_rough(lanes, to).held;
    uint64_t busy = after > before ? after - before : 0;
    value->busy = (int)((busy * 1000 + (to - from) / 2) / (to - from));
}

static void core_most(const struct timeline *timeline, const struct cell_ask *cell,
                      union value *value)
{
    value->most.lane = timeline_core_most(timeline, cell->run, cell->id, cell->t0, cell->t1,
                                          &value->most.permille);
}

static void gil_most(const struct timeline *timeline, const struct cell_ask *cell,
                     union value *value)
{
    value->most.lane =
        timeline_gil_most(timeline, cell->run, cell->id, cell->t0, cell->t1, &value->most.permille);
}

static void lock_most(const struct timeline *timeline, const struct cell_ask *cell,
                      union value *value)
{
    value->most.lane = timeline_lock_most(timeline, cell->run, cell->id, cell->t0, cell->t1,
                                          &value->most.permille);
}

static void most_later(const struct run *run, const struct cell_ask *cell, uint64_t from,
                       uint64_t to, union value *value)
{
    (void)run, (void)cell, (void)from, (void)to;
    value->most.lane = LANE_NONE;
    value->most.permille = CELLS_LATER;
}

static void gil_counts(const struct timeline *timeline, const struct cell_ask *cell,
                       union value *value)
{
    timeline_gil_counts(timeline, cell->run, cell->id, cell->t0, cell->t1, &value->counts);
}

static void gil_counts_rough(const struct run *run, const struct cell_ask *cell, uint64_t from,
                             uint64_t to, union value *value)
{
    const struct gil_row *gil = id_nth(&run->gils, cell->id);
    value->counts = (struct gil_counts){ 0 };
    if (gil == NULL || from >= to)
        return;
    struct spans_sum before = spans_sum_rough(&gil->held, from);
    struct spans_sum after = spans_sum_rough(&gil->held, to);
    value->counts.handovers = after.changes > before.changes ? after.changes - before.changes : 0;
    value->counts.forced = after.forced > before.forced ? after.forced - before.forced : 0;
}

static void queue_max(const struct timeline *timeline, const struct cell_ask *cell,
                      union value *value)
{
    value->depth = timeline_queue_max(timeline, cell->run, cell->t0, cell->t1);
}

static void queue_max_rough(const struct run *run, const struct cell_ask *cell, uint64_t from,
                            uint64_t to, union value *value)
{
    int64_t most = 0;
    (void)cell;
    series_most_rough(run_queue(run), from, to > from ? to : from + 1, &most);
    value->depth = most > 0 ? (uint32_t)most : 0;
}

static const struct teller tellers[] = {
    [ASK_CORE_BUSY] = { core_busy, core_busy_rough },
    [ASK_CORE_MOST] = { core_most, most_later },
    [ASK_GIL_MOST] = { gil_most, most_later },
    [ASK_GIL_COUNTS] = { gil_counts, gil_counts_rough },
    [ASK_LOCK_MOST] = { lock_most, most_later },
    [ASK_QUEUE_MAX] = { queue_max, queue_max_rough },
};

static void tell(struct cells *cells, const struct timeline *timeline, enum question question,
                 const struct cell_ask *cell, union value *value)
{
    const struct teller *teller = &tellers[question];
    const struct run *run = run_of(timeline, cell->run);
    struct kept_strip *strip = NULL;
    uint64_t width = cell->t1 > cell->t0 ? cell->t1 - cell->t0 : 0, number = 0, from, to;
    memset(value, 0, sizeof *value);
    if (cells == NULL || run == NULL || run->go == TIME_NEVER) {
        teller->exact(timeline, cell, value);
        return;
    }
    if (width > 0 && width <= cell->grid_ns) {
        struct kept_key key = { .width = cell->grid_ns,
                                .phase = cell->t0 % cell->grid_ns,
                                .question = question,
                                .run = (uint32_t)cell->run,
                                .id = cell->id,
                                .value_size = sizeof *value };
        strip = kept_strip(&cells->kept, run, &key, KEPT_MOST);
        number = cell->t0 / cell->grid_ns;
        if (kept_is(strip, number, cell->t1, SLOT_LOOSE)) {
            memcpy(value, kept_value(strip, number), sizeof *value);
            return;
        }
    }
    if (!cells_in_time(cells)) {
        cells->rough = true;
        run_span(run, cell->t0, cell->t1, &from, &to);
        teller->rough(run, cell, from, to, value);
        return;
    }
    teller->exact(timeline, cell, value);
    if (strip != NULL)
        memcpy(kept_put(strip, number, cell->t1, kept_slot(run, cell->t1)), value, sizeof *value);
}

int cells_core_busy(struct cells *cells, const struct timeline *timeline,
                    const struct cell_ask *cell)
{
    union value value;
    tell(cells, timeline, ASK_CORE_BUSY, cell, &value);
    return value.busy;
}

uint32_t cells_queue_max(struct cells *cells, const struct timeline *timeline,
                         const struct cell_ask *cell)
{
    union value value;
    tell(cells, timeline, ASK_QUEUE_MAX, cell, &value);
    return value.depth;
}

void cells_gil_counts(struct cells *cells, const struct timeline *timeline,
                      const struct cell_ask *cell, struct gil_counts *counts)
{
    union value value;
    tell(cells, timeline, ASK_GIL_COUNTS, cell, &value);
    *counts = value.counts;
}

static uint32_t most(struct cells *cells, const struct timeline *timeline, enum question question,
                     const struct cell_ask *cell, uint32_t *permille)
{
    union value value;
    tell(cells, timeline, question, cell, &value);
    *permille = value.most.permille;
    return value.most.lane;
}

uint32_t cells_core_most(struct cells *cells, const struct timeline *timeline,
                         const struct cell_ask *cell, uint32_t *busy_permille)
{
    return most(cells, timeline, ASK_CORE_MOST, cell, busy_permille);
}

uint32_t cells_gil_most(struct cells *cells, const struct timeline *timeline,
                        const struct cell_ask *cell, uint32_t *held_permille)
{
    return most(cells, timeline, ASK_GIL_MOST, cell, held_permille);
}

uint32_t cells_lock_most(struct cells *cells, const struct timeline *timeline,
                         const struct cell_ask *cell, uint32_t *held_permille)
{
    return most(cells, timeline, ASK_LOCK_MOST, cell, held_permille);
}
