/*
 * Cells within a frame's time. Invariant: what is told as exact is what timeline.h would answer now.
 *
 * A strip of all lanes may take longer than many frames have: it is summed up lane by lane, and goes on
 * in the next frame where it had to stop.
 */
#include "timeline/cells_inside.h"

#include <stdlib.h>
#include <string.h>

enum { SOME = 16 /* cells are asked for between two looks at the clock */ };

#define CALM_AFTER_NS (300 * NS_PER_MS)

struct cells *cells_new(struct clock clock, uint64_t budget_ns)
{
    struct cells *cells = mem_zero(1, sizeof *cells);
    cells->clock = clock;
    cells->budget_ns = budget_ns;
    cells->calm = true;
    return cells;
}

void cells_free(struct cells *cells)
{
    if (cells != NULL)
        kept_fini(&cells->kept);
    free(cells);
}

void cells_frame(struct cells *cells)
{
    if (cells == NULL)
        return;
    uint64_t now = clock_read(&cells->clock);
    if (cells->rough)
        cells->calm_ns = now + CALM_AFTER_NS;
    cells->calm = now >= cells->calm_ns;
    cells->rough = cells->asked = cells->late = false;
    cells->until_ns = now + cells->budget_ns;
}

void cells_hurry(struct cells *cells, uint64_t budget_ns)
{
    if (cells == NULL)
        return;
    uint64_t until = clock_read(&cells->clock) + budget_ns;
    cells->until_ns = until < cells->until_ns ? until : cells->until_ns;
    cells->asked = true; /* not even the least that another frame has */
}

bool cells_rough(const struct cells *cells)
{
    return cells != NULL && cells->rough;
}

bool cells_settle(const struct cells *cells)
{
    return cells != NULL && (cells->rough || !cells->calm);
}

/* ---- strips of lanes ---- */

struct asked {
    struct cells *cells;
    const struct timeline *timeline;
    const struct run *run;
    size_t run_index, lane;
    struct kept_strip *strip; /* NULL: they are not kept */
    uint64_t t0, width, grid;
    size_t count;
    uint64_t (*ns)[STATE_COUNT];
};

/* The number of the nth cell that is asked for, and where it ends. */
static uint64_t number_of(const struct asked *asked, size_t nth)
{
    return asked->t0 / asked->grid + nth;
}

static uint64_t end_of(const struct asked *asked, size_t nth)
{
    return asked->t0 + asked->width * (nth + 1);
}

static bool there(const struct asked *asked, size_t nth, enum slot least)
{
    return asked->strip != NULL &&
           kept_is(asked->strip, number_of(asked, nth), end_of(asked, nth), least);
}

static bool in_time(void *cells)
{
    return cells_in_time(cells);
}

static void ask_of(const struct asked *asked, size_t from, size_t count, struct strip_ask *ask)
{
    *ask = (struct strip_ask){ .t0 = asked->t0 + asked->width * from,
                               .width_ns = asked->width,
                               .count = count,
                               .more = in_time,
                               .context = asked->cells };
}

/* Cells [from, from + count) of a lane. */
static void ask_lane(const struct asked *asked, size_t from, size_t count)
{
    const struct lane_row *lane = id_nth(&asked->run->lanes, asked->lane);
    struct strip_ask ask;
    ask_of(asked, from, count, &ask);
    if (lane == NULL)
        return;
    if (!cells_in_time(asked->cells)) {
        asked->cells->rough = true;
        lane_strip_rough(asked->run, lane, &ask, asked->ns + from);
        return;
    }
    timeline_lane_strip(asked->timeline, asked->run_index, asked->lane, ask.t0, ask.width_ns, count,
                        asked->ns + from);
    for (size_t i = from; i < from + count && asked->strip != NULL; i++) {
        uint64_t end = end_of(asked, i);
        memcpy(kept_put(asked->strip, number_of(asked, i), end, kept_slot(asked->run, end)),
               asked->ns[i], sizeof *asked->ns);
    }
}

/* The first lane of an id that is not less. Lanes may come to be while cells are summed up. */
static size_t lane_from(const struct run *run, uint32_t id)
{
    size_t low = 0, high = run->lanes.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (run->lanes.ids[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Goes on with the cells that are being summed up, as long as there is time. */
static void go_on(const struct asked *asked)
{
    struct kept_strip *strip = asked->strip;
    uint64_t ns[SOME][STATE_COUNT] = { { 0 } };
    struct strip_ask ask;
    ask_of(asked, 0, strip->work.count, &ask);
    ask.t0 = strip->work.t0;
    ask.width_ns = strip->work.width_ns;
    if (ask.count == 0)
        return;
    const struct id_table *lanes = &asked->run->lanes;
    size_t next = run_strip_add(asked->run, &ask, lane_from(asked->run, strip->work.id), ns);
    bool done = next >= lanes->count;
    strip->work.id = done ? UINT32_MAX : lanes->ids[next];
    for (size_t i = 0; i < ask.count; i++) {
        uint64_t number = strip->work.number + i, end = ask.t0 + ask.width_ns * (i + 1);
        uint64_t *sum = kept_value(strip, number);
        if (!kept_is(strip, number, end, SLOT_WORK))
            continue; /* another cell has its slot */
        for (size_t state = 0; state < STATE_COUNT; state++)
            sum[state] += ns[i][state];
        if (done)
            kept_put(strip, number, end, strip->work.slot);
    }
    if (done)
        strip->work.count = 0;
}

static void begin_work(const struct asked *asked, size_t from, size_t count)
{
    struct kept_strip *strip = asked->strip;
    /* What was begun and did not get done is of a place that nobody looks at any more. */
    for (size_t i = 0; i < strip->work.count; i++) {
        uint8_t *slot = &strip->slot[(strip->work.number + i) % strip->slots];
        *slot = *slot == SLOT_WORK ? SLOT_EMPTY : *slot;
    }
    strip->work.number = number_of(asked, from);
    strip->work.t0 = asked->t0 + asked->width * from;
    strip->work.width_ns = asked->width;
    strip->work.count = count;
    strip->work.id = 0;
    strip->work.slot = kept_slot(asked->run, end_of(asked, from + count - 1));
    for (size_t i = from; i < from + count; i++)
        memset(kept_put(strip, number_of(asked, i), end_of(asked, i), SLOT_WORK), 0,
               strip->key.value_size);
}

/* Cells [from, from + count) of all lanes: all of them are being summed up, or none is. */
static void ask_run(const struct asked *asked, size_t from, size_t count)
{
    struct kept_strip *strip = asked->strip;
    struct strip_ask ask;
    size_t lane = 0, lanes = asked->run->lanes.count;
    ask_of(asked, from, count, &ask);
    if (strip == NULL) {
        lane = run_strip_add(asked->run, &ask, 0, asked->ns + from);
    } else {
        if (!there(asked, from, SLOT_WORK) && cells_in_time(asked->cells)) {
            begin_work(asked, from, count);
            go_on(asked);
        }
        if (there(asked, from, SLOT_WORK))
            lane =
                lane_from(asked->run, there(asked, from, SLOT_LOOSE) ? UINT32_MAX : strip->work.id);
        for (size_t i = 0; i < count && lane > 0; i++)
            memcpy(asked->ns[from + i], kept_value(strip, number_of(asked, from + i)),
                   sizeof *asked->ns);
    }
    if (lane < lanes) {
        asked->cells->rough = true;
        run_strip_rough(asked->run, &ask, lane, asked->ns + from);
    }
}

/* The cells that are being summed up are among those that are asked for. */
static bool works_here(const struct asked *asked)
{
    const struct kept_strip *strip = asked->strip;
    return strip != NULL && strip->work.count > 0 &&
           strip->work.number < number_of(asked, asked->count) &&
           strip->work.number + strip->work.count > number_of(asked, 0);
}

static enum slot slot_there(const struct asked *asked, size_t nth)
{
    return there(asked, nth, SLOT_LOOSE)  ? SLOT_LOOSE
           : there(asked, nth, SLOT_WORK) ? SLOT_WORK
                                          : SLOT_EMPTY;
}

/* What is kept, and between it what has to be asked for, SOME cells at a time. */
static void answer(const struct asked *asked, void (*ask)(const struct asked *, size_t, size_t))
{
    if (works_here(asked))
        go_on(asked);
    for (size_t i = 0, end; i < asked->count; i = end) {
        enum slot slot = slot_there(asked, i);
        end = i + 1;
        while (end < asked->count && end - i < SOME && slot_there(asked, end) == slot)
            end++;
        if (slot != SLOT_LOOSE)
            ask(asked, i, end - i);
        for (; slot == SLOT_LOOSE && i < end; i++)
            memcpy(asked->ns[i], kept_value(asked->strip, number_of(asked, i)), sizeof *asked->ns);
    }
}

/* Whether there is anything to be answered; fills what is to be asked. */
static bool asked_init(struct asked *asked, enum question question)
{
    memset(asked->ns, 0, asked->count * sizeof *asked->ns);
    asked->run = run_of(asked->timeline, asked->run_index);
    if (asked->run == NULL || asked->run->go == TIME_NEVER || asked->width == 0 ||
        asked->count == 0)
        return false;
    /* A sweep asks in two parts, with a gap and a cell that grows between them: the larger one is half of
     * it at least. */
    bool narrow = asked->count == 1 && asked->width < asked->grid;
    if ((asked->width == asked->grid || narrow) && asked->count <= KEPT_MOST) {
        struct kept_key key = { .width = asked->grid,
                                .phase = asked->t0 % asked->grid,
                                .question = question,
                                .run = (uint32_t)asked->run_index,
                                .id = (uint32_t)asked->lane,
                                .value_size = sizeof *asked->ns };
        asked->strip = kept_strip(&asked->cells->kept, asked->run, &key, 2 * asked->count + 2);
    }
    return true;
}

void cells_lane_strip(struct cells *cells, const struct timeline *timeline, size_t run, size_t lane,
                      uint64_t t0, uint64_t width_ns, size_t count, uint64_t grid_ns,
                      uint64_t (*ns)[STATE_COUNT])
{
    struct asked asked = { .cells = cells,
                           .timeline = timeline,
                           .run_index = run,
                           .lane = lane,
                           .t0 = t0,
                           .width = width_ns,
                           .grid = grid_ns,
                           .count = count,
                           .ns = ns };
    if (cells == NULL)
        timeline_lane_strip(timeline, run, lane, t0, width_ns, count, ns);
    else if (asked_init(&asked, ASK_LANE))
        answer(&asked, ask_lane);
}

void cells_run_strip(struct cells *cells, const struct timeline *timeline, size_t run, uint64_t t0,
                     uint64_t width_ns, size_t count, uint64_t grid_ns, uint64_t (*ns)[STATE_COUNT])
{
    struct asked asked = { .cells = cells,
                           .timeline = timeline,
                           .run_index = run,
                           .t0 = t0,
                           .width = width_ns,
                           .grid = grid_ns,
                           .count = count,
                           .ns = ns };
    if (cells == NULL)
        timeline_run_strip(timeline, run, t0, width_ns, count, ns);
    else if (asked_init(&asked, ASK_RUN))
        answer(&asked, ask_run);
}
