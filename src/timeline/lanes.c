/*
 * The lanes of a run: their lives, their rows of segments, and the questions about them.
 *
 * A lane's own events come in order, and so do the kernel's about it; what would break that order
 * is held to the time of the one before. Between the two streams anything may be late. A lane of
 * the outside is no business of the kernel's records, so its states are told without them.
 */
#include "timeline/run.h"

#include <stdlib.h>

struct lane_row *lane_get(struct run *run, uint32_t id)
{
    struct lane_row *lane = id_find(&run->lanes, id);
    if (lane != NULL || id >= LANES_MAX || !id_fits(&run->lanes, id))
        return lane;
    lane = mem_zero(1, sizeof *lane);
    lane->id = id;
    lane->role = ROLE_WORKER;
    lane->row.room = run->room;
    lane->begin = lane->end = lane->first_out = TIME_NEVER;
    lane->says = SAYS_IDLE;
    lane->object = lane->gil = lane->core = lane->first_out_core = OBJECT_NONE;
    lane_set_source(lane, run->source);
    run->mends += !id_add(&run->lanes, id, lane);
    return lane;
}

void lane_row_free(void *row)
{
    struct lane_row *lane = row;
    struct room *room = lane->row.room;
    segments_fini(&lane->row);
    grown_free(room, lane->cpu.items, lane->cpu.capacity, sizeof *lane->cpu.items);
    grown_free(room, lane->switches.items, lane->switches.capacity, sizeof *lane->switches.items);
    free(lane);
}

void lane_set_source(struct lane_row *lane, enum switch_source source)
{
    segments_set_kernel_unknown(&lane->row, source != SOURCE_PERF || lane->role == ROLE_OUTSIDE);
}

/* ---- feeding ---- */

static void say(struct run *run, struct lane_row *lane, uint64_t time, enum says says,
                uint32_t object)
{
    bool waited = lane->says == SAYS_GIL, waits = says == SAYS_GIL;
    if (waited && (!waits || object != lane->object))
        gil_wait(run, lane->object, time, -1);
    if (waits && (!waited || object != lane->object))
        gil_wait(run, object, time, 1);
    lane->says = says;
    lane->object = object;
}

static void begin(struct run *run, struct lane_row *lane, const struct event *event, uint64_t time)
{
    if (lane->begin != TIME_NEVER)
        return;
    lane->role = (enum lane_role)(event->object & 0xff);
    lane->index = event->object >> 8;
    lane->tid = (int)event->a;
    lane->pid = (int)event->b;
    lane->begin = time;
    lane_names_add(run, lane);
    if (role_is_worker(lane->role))
        series_add(&run->workers, time, 1);
    lane_set_source(lane, run->source);
    run->mends += lane->row.count > 0; /* it spoke before */
    segments_say(&lane->row, time, SAYS_IDLE, OBJECT_NONE);
    segments_task(&lane->row, time, TASK_NONE);
    segments_on_core(&lane->row, time);
    core_began(run, lane);
}

static void end(struct run *run, struct lane_row *lane, const struct event *event, uint64_t time)
{
    if (event->kind == EVENT_LANE_CRASH && !lane->crashed) {
        lane->crashed = true;
        mark_add(run, event);
    }
    if (lane->end != TIME_NEVER)
        return;
    lane->end = time;
    if (lane->begin != TIME_NEVER && role_is_worker(lane->role))
        series_add(&run->workers, time, -1);
    say(run, lane, time, SAYS_IDLE, OBJECT_NONE);
    if (lane->gil != OBJECT_NONE)
        gil_dropped(run, lane, time, false);
    core_ended(run, lane, lane->kernel_time > time);
}

/* What an event tells of the task that the lane works on. */
static bool tells_task(const struct event *event, uint32_t *task)
{
    switch (event->kind) {
    case EVENT_SAY:
    case EVENT_TASK_TAKE:
    case EVENT_TASK_RUN:
        *task = event->object;
        return true;
    case EVENT_TASK_WAIT:
    case EVENT_TASK_DONE:
    case EVENT_TASK_FAIL:
        *task = TASK_NONE;
        return true;
    default:
        return false;
    }
}

static void feed_own(struct run *run, struct lane_row *lane, const struct event *event)
{
    uint64_t time = event->time > lane->own_time ? event->time : lane->own_time;
    switch (event->kind) {
    case EVENT_LANE_CPU:
        usages_add(&lane->cpu, run->room, event);
        return;
    case EVENT_LANE_SWITCHES:
        usages_add(&lane->switches, run->room, event);
        return;
    default:
        break;
    }
    /* Totals may be told by others too; all else of a lane comes from it, in order. */
    lane->own_time = time;
    switch (event->kind) {
    case EVENT_LANE_BEGIN:
        begin(run, lane, event, time);
        return;
    case EVENT_LANE_END:
    case EVENT_LANE_CRASH:
        end(run, lane, event, time);
        return;
    default:
        break;
    }
    if (lane->end != TIME_NEVER)
        return;
    switch (event->kind) {
    case EVENT_GIL_TAKE:
        gil_took(run, lane, event->object, time);
        break;
    case EVENT_GIL_DROP:
        if (lane->gil != OBJECT_NONE)
            gil_dropped(run, lane, time, event->b == DROP_FORCED);
        break;
    case EVENT_GIL_REQUEST:
        gil_requested(run, lane, event->object, time);
        break;
    case EVENT_LOCK_WANT:
        lock_wanted(run, event, time);
        break;
    case EVENT_LOCK_TAKE:
        lock_took(run, event, time);
        break;
    case EVENT_LOCK_DROP:
        lock_dropped(run, event, time);
        break;
    case EVENT_SERIALISE_BEGIN:
        lane->unpacks = event->a == 1;
        break;
    case EVENT_SERIALISE_END:
        if (!lane->unpacks)
            series_add(&run->serialised, time, (int64_t)event->b);
        break;
    default:
        break;
    }
    enum says says;
    if (event_says(event, &says) && (unsigned)says < SAYS_COUNT) {
        /* Whoever had to give the GIL up wants it again at once. */
        bool waits = event->kind == EVENT_GIL_WANT || event->kind == EVENT_LOCK_WANT ||
                     (event->kind == EVENT_GIL_DROP && says == SAYS_GIL);
        uint32_t object = waits ? event->object : OBJECT_NONE;
        say(run, lane, time, says, object);
        segments_say(&lane->row, time, says, object);
    }
    uint32_t task;
    if (tells_task(event, &task))
        segments_task(&lane->row, time, task);
}

static void feed_kernel(struct run *run, struct lane_row *lane, const struct event *event)
{
    uint64_t time = event->time > lane->kernel_time ? event->time : lane->kernel_time;
    lane->kernel_time = time;
    bool out = event->kind == EVENT_SWITCH_OUT;
    if (out)
        times_add(event->a == 1 ? &run->involuntary : &run->voluntary, event->time);
    if (out)
        core_out(run, lane, event->object, time, event->a == 1);
    else
        core_in(run, lane, event->object, time);
}

void lane_feed(struct run *run, struct lane_row *lane, const struct event *event)
{
    if (event->kind == EVENT_SWITCH_IN || event->kind == EVENT_SWITCH_OUT)
        feed_kernel(run, lane, event);
    else
        feed_own(run, lane, event);
}

/* ---- questions ---- */

uint64_t lane_row_end(const struct run *run, const struct lane_row *lane)
{
    return lane->end < run->now ? lane->end : run->now;
}

bool lane_lives(const struct run *run, const struct lane_row *lane, uint64_t time)
{
    return lane->begin <= time && lane->begin < lane->end &&
           (time < lane->end || (run->over && lane->end >= run->now));
}

void lane_sum(const struct run *run, const struct lane_row *lane, uint64_t from, uint64_t to,
              struct segments_sum *sum)
{
    *sum = (struct segments_sum){ { 0 } };
    uint64_t until = lane_row_end(run, lane);
    from = from > lane->begin ? from : lane->begin;
    to = to < until ? to : until;
    if (from >= to)
        return;
    struct segments_sum before;
    segments_sum(&lane->row, from, &before);
    segments_sum(&lane->row, to, sum);
    for (size_t i = 0; i < SUM_COUNT; i++)
        sum->ns[i] -= before.ns[i];
}

bool timeline_lane(const struct timeline *timeline, size_t run_index, size_t lane_index,
                   struct lane_brief *brief)
{
    const struct run *run = run_of(timeline, run_index);
    const struct lane_row *lane = run != NULL ? id_nth(&run->lanes, lane_index) : NULL;
    if (lane == NULL)
        return false;
    bool ended = lane->end != TIME_NEVER || run->over;
    *brief = (struct lane_brief){
        .id = lane->id,
        .role = lane->role,
        .index = lane->index,
        .pid = lane->pid,
        .tid = lane->tid,
        .begin_ns = lane->begin == TIME_NEVER ? 0 : run_since_go(run, lane->begin),
        .end_ns = ended ? run_since_go(run, lane_row_end(run, lane)) : UINT64_MAX,
        .crashed = lane->crashed,
    };
    lane_name((uint32_t)lane->role | lane->index << 8, brief->name, sizeof brief->name);
    return true;
}

void timeline_lane_at(const struct timeline *timeline, size_t run_index, size_t lane_index,
                      uint64_t t, struct lane_moment *moment)
{
    *moment = (struct lane_moment){
        .state = STATE_NONE,
        .says = SAYS_IDLE,
        .kernel = KERNEL_UNKNOWN,
        .until_ns = UINT64_MAX,
        .core = OBJECT_NONE,
        .task = TASK_NONE,
        .object = OBJECT_NONE,
    };
    const struct run *run = run_of(timeline, run_index);
    const struct lane_row *lane = run != NULL ? id_nth(&run->lanes, lane_index) : NULL;
    if (lane == NULL || run->go == TIME_NEVER)
        return;
    uint64_t time = run_time(run, t);
    if (!lane_lives(run, lane, time))
        return;
    size_t count = segments_until(&lane->row, time < lane->end ? time : lane->end - 1);
    const struct segment *segment = &lane->row.items[count - 1];
    moment->state = (enum state)segment->state;
    moment->says = segment_says(segment);
    moment->kernel = lane->row.unknown != 0 ? KERNEL_UNKNOWN : segment_kernel(segment);
    moment->core = segment->core == SEGMENT_NO_CORE ? OBJECT_NONE : segment->core;
    moment->task = segment->task;
    moment->object = segment->object;
    room_near(lane->row.room, lane->row.items + segment->first, sizeof *segment);
    uint64_t since = lane->row.items[segment->first].start;
    moment->since_ns = run_since_go(run, since > lane->begin ? since : lane->begin);
    size_t next = segments_state_end(&lane->row, count - 1);
    uint64_t until = next < lane->row.count ? lane->row.items[next].start : TIME_NEVER;
    until = until < lane->end ? until : lane->end;
    if (run->over && until > run->now)
        until = run->now;
    moment->until_ns = until == TIME_NEVER ? UINT64_MAX : run_since_go(run, until);
}

void timeline_lane_shares(const struct timeline *timeline, size_t run_index, size_t lane_index,
                          uint64_t t0, uint64_t t1, uint64_t ns[STATE_COUNT])
{
    const struct run *run = run_of(timeline, run_index);
    const struct lane_row *lane = run != NULL ? id_nth(&run->lanes, lane_index) : NULL;
    struct segments_sum sum = { { 0 } };
    if (lane != NULL) {
        uint64_t from, to;
        run_span(run, t0, t1, &from, &to);
        lane_sum(run, lane, from, to, &sum);
    }
    for (size_t i = 0; i < STATE_COUNT; i++)
        ns[i] = sum.ns[i];
}

void timeline_run_shares(const struct timeline *timeline, size_t run_index, uint64_t t0,
                         uint64_t t1, uint64_t ns[STATE_COUNT])
{
    for (size_t i = 0; i < STATE_COUNT; i++)
        ns[i] = 0;
    const struct run *run = run_of(timeline, run_index);
    if (run == NULL)
        return;
    uint64_t from, to;
    run_span(run, t0, t1, &from, &to);
    for (size_t lane_index = 0; lane_index < run->lanes.count; lane_index++) {
        const struct lane_row *lane = id_nth(&run->lanes, lane_index);
        if (!role_is_worker(lane->role))
            continue;
        struct segments_sum sum;
        lane_sum(run, lane, from, to, &sum);
        for (size_t i = 0; i < STATE_COUNT; i++)
            ns[i] += sum.ns[i];
    }
}

bool timeline_lane_on_core(const struct timeline *timeline, size_t run_index, size_t lane_index,
                           uint64_t t0, uint64_t t1, uint64_t *ns)
{
    *ns = 0;
    const struct run *run = run_of(timeline, run_index);
    const struct lane_row *lane = run != NULL ? id_nth(&run->lanes, lane_index) : NULL;
    if (lane == NULL || lane->role == ROLE_OUTSIDE)
        return false;
    uint64_t from, to;
    run_span(run, t0, t1, &from, &to);
    if (run->source == SOURCE_PERF) {
        struct segments_sum sum;
        lane_sum(run, lane, from, to, &sum);
        *ns = sum.ns[SUM_ON_CORE];
        return true;
    }
    /* Only of a whole life: the last total that it told. */
    struct usage usage;
    bool whole = from <= lane->begin && to >= lane->end && !lane->crashed;
    if (!whole || !usages_at(&lane->cpu, to, &usage))
        return false;
    *ns = usage.b;
    return true;
}

bool timeline_lane_index(const struct timeline *timeline, size_t run_index, uint32_t id,
                         size_t *lane)
{
    const struct run *run = run_of(timeline, run_index);
    if (run == NULL || id_find(&run->lanes, id) == NULL)
        return false;
    *lane = ids_below(&run->lanes, id);
    return true;
}
