/*
 * A timeline: one struct run per run of the race, fed event by event.
 *
 * Feeding dispatches each event to the rows it belongs to; every row takes what comes late by
 * itself. After each batch the runs it touched are settled: where they stand, the marks, the counts
 * that only questions need. Questions change nothing.
 */
#include "timeline/run.h"

#include <stdlib.h>
#include <string.h>

/* All rows that a run has from its start; those of lanes, GILs and the like get it as they come. */
static void run_live_in(struct run *run, struct room *room)
{
    struct tasks *tasks = &run->tasks;
    run->room = tasks->room = tasks->latency.room = tasks->wait.room = room;
    struct times *times[] = { &run->moments, &run->voluntary, &run->involuntary };
    struct series *series[] = {
        &run->workers, &run->connections, &run->lost,     &run->serialised, &run->lag,
        &run->late,    &tasks->waiting,   &tasks->paused, &tasks->due,
    };
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        times[i]->room = room;
    for (size_t i = 0; i < sizeof series / sizeof *series; i++)
        series[i]->room = room;
    for (size_t i = 0; i < MEMORY_KINDS; i++)
        run->memory[i].room = room;
    for (size_t i = 0; i < CROWD_COUNTS; i++)
        run->crowd[i].room = room;
    for (size_t i = 0; i < META_PARAMS_MAX; i++)
        run->params[i].room = room;
}

struct timeline *timeline_new_in(struct room *room)
{
    struct timeline *timeline = mem_zero(1, sizeof *timeline);
    timeline->room = room;
    for (size_t i = 0; i < META_RUNS_MAX; i++) {
        struct run *run = &timeline->runs[i];
        run->go = run->end = run->hand_over = TIME_NEVER;
        run_live_in(run, room);
    }
    return timeline;
}

struct timeline *timeline_new(void)
{
    return timeline_new_in(NULL);
}

const struct room *timeline_room(const struct timeline *timeline)
{
    return timeline->room;
}

static void series_row_free(void *row)
{
    series_fini(row);
    free(row);
}

static void run_fini(struct run *run)
{
    id_fini(&run->lanes, lane_row_free);
    lane_names_fini(&run->names);
    id_fini(&run->gils, gil_row_free);
    id_fini(&run->locks, lock_row_free);
    id_fini(&run->queues, series_row_free);
    cores_fini(run);
    tasks_fini(&run->tasks);
    times_fini(&run->moments);
    times_fini(&run->voluntary);
    times_fini(&run->involuntary);
    series_fini(&run->workers);
    series_fini(&run->connections);
    series_fini(&run->lost);
    series_fini(&run->serialised);
    series_fini(&run->lag);
    series_fini(&run->late);
    for (size_t i = 0; i < MEMORY_KINDS; i++)
        series_fini(&run->memory[i]);
    for (size_t i = 0; i < CROWD_COUNTS; i++)
        series_fini(&run->crowd[i]);
    for (size_t i = 0; i < META_PARAMS_MAX; i++)
        series_fini(&run->params[i]);
    marks_fini(run);
    diagnoses_fini(&run->diagnoses);
}

void timeline_free(struct timeline *timeline)
{
    if (timeline == NULL)
        return;
    for (size_t i = 0; i < META_RUNS_MAX; i++)
        run_fini(&timeline->runs[i]);
    meta_fini(&timeline->meta);
    room_free(timeline->room);
    free(timeline);
}

/* ---- feeding ---- */

static void feed_queue(struct run *run, const struct event *event)
{
    struct series *queue = id_find(&run->queues, event->object);
    if (queue == NULL && (event->object >= OBJECTS_MAX || !id_fits(&run->queues, event->object)))
        return;
    if (queue == NULL) {
        queue = mem_zero(1, sizeof *queue);
        queue->room = run->room;
        /* The first of them is the one that is asked for. */
        run->mends += !id_add(&run->queues, event->object, queue) || run->queues.count == 1;
    }
    series_put(queue, event->time, event->a);
}

static void feed_lost(struct run *run, const struct event *event)
{
    if (event->object == LOST_LANE)
        run->lost_lanes += event->b;
    else
        series_add(&run->lost, event->time, (int64_t)event->b);
}

/* What is of the run as a whole, told by whichever lane or by the recorder. */
static void feed_run(struct run *run, const struct event *event)
{
    switch (event->kind) {
    case EVENT_RUN_GO:
        run->go = event->time;
        run->mends++;
        break;
    case EVENT_RUN_END:
        run->end = event->time;
        run->mends++;
        run->end_status = event->object;
        run->limit_count = event->a;
        break;
    case EVENT_TASK_SUBMIT:
    case EVENT_TASK_TAKE:
    case EVENT_TASK_DONE:
    case EVENT_TASK_FAIL:
    case EVENT_TASK_COLLECT:
    case EVENT_TASK_WAIT:
        task_feed(&run->tasks, event);
        break;
    case EVENT_TASK_RUN:
        task_feed(&run->tasks, event);
        if (event->b > 0)
            series_raise(&run->late, event->time, (int64_t)(event->b & INT64_MAX));
        break;
    case EVENT_QUEUE_PUSH:
    case EVENT_QUEUE_POP:
        feed_queue(run, event);
        break;
    case EVENT_LOOP_TURN:
        series_raise(&run->lag, event->time, (int64_t)(event->b & INT64_MAX));
        break;
    case EVENT_CONN_OPEN:
    case EVENT_CONN_CLOSE:
        series_put(&run->connections, event->time, event->a);
        break;
    case EVENT_SAMPLE_CORE:
        core_sample(run, event);
        break;
    case EVENT_SAMPLE_MEMORY:
        if (event->object < MEMORY_KINDS)
            series_put(&run->memory[event->object], event->time, (int64_t)event->b);
        break;
    case EVENT_CROWD:
        if (event->object < CROWD_COUNTS)
            series_put(&run->crowd[event->object], event->time, (int64_t)event->b);
        break;
    case EVENT_LOST:
        feed_lost(run, event);
        break;
    case EVENT_PARAM_APPLIED:
        if (event->object < META_PARAMS_MAX)
            series_put(&run->params[event->object], event->time, (int64_t)event->b);
        break;
    case EVENT_PARAM_SET:
    case EVENT_MARK:
        mark_add(run, event);
        break;
    default:
        break;
    }
}

/* Kinds that only the lane itself is concerned with. */
static bool of_lane_only(uint16_t kind)
{
    return kind == EVENT_SWITCH_IN || kind == EVENT_SWITCH_OUT || kind == EVENT_SAY ||
           (kind >= EVENT_GIL_WANT && kind <= EVENT_LOCK_DROP);
}

static void settle(struct timeline *timeline, size_t index)
{
    struct run *run = &timeline->runs[index];
    enum run_status told = timeline->told && index < timeline->meta.run_count
                               ? (enum run_status)timeline->meta.runs[index].status
                               : RUN_LIVE;
    bool was_over = run->over;
    run->over = run->end != TIME_NEVER || (run->go != TIME_NEVER && told > RUN_LIVE);
    run->mends += run->over != was_over;
    run->now = timeline->until > run->last ? timeline->until : run->last;
    if (run->end != TIME_NEVER) {
        run->now = run->end;
    } else if (run->over) {
        /* Its stage was killed: its lanes' last words are its end. */
        run->now = run->go;
        for (size_t i = 0; i < run->lanes.count; i++) {
            const struct lane_row *lane = id_nth(&run->lanes, i);
            if (lane->role == ROLE_OUTSIDE)
                continue;
            run->now = lane->own_time > run->now ? lane->own_time : run->now;
            run->now = lane->kernel_time > run->now ? lane->kernel_time : run->now;
        }
    }
    if (run->go != TIME_NEVER && run->now < run->go)
        run->now = run->go;
    tasks_settle(&run->tasks, timeline->meta.kind == META_SERVICE);
    if (timeline->told) {
        marks_settle(run, &timeline->meta);
        diagnose_settle(timeline, index);
        marks_settle(run, &timeline->meta); /* diagnoses look at marks, and are some */
    }
    run->touched = false;
}

/* Whether an event can be put where it belongs without moving more than a trace may ask for. */
static bool comes_in_time(struct run *run, uint64_t time)
{
    if (time >= run->last)
        return true;
    size_t behind = run->moments.count - times_until(&run->moments, time);
    if (run->moved + behind > MOVES_FREE + MOVES_EACH * (uint64_t)run->moments.count)
        return false;
    run->moved += behind;
    return true;
}

void timeline_feed(struct timeline *timeline, const struct event *events, size_t count)
{
    for (const struct event *event = events; event < events + count; event++) {
        if (event->run >= META_RUNS_MAX)
            continue;
        struct run *run = &timeline->runs[event->run];
        run->touched = true;
        if (!comes_in_time(run, event->time)) {
            series_add(&run->lost, run->last, 1);
            continue;
        }
        run->last = event->time > run->last ? event->time : run->last;
        run_told(run, event->time);
        times_add(&run->moments, event->time);
        if (event->lane != LANE_NONE) {
            struct lane_row *lane = lane_get(run, event->lane);
            if (lane != NULL)
                lane_feed(run, lane, event);
        }
        if (!of_lane_only(event->kind))
            feed_run(run, event);
    }
    for (size_t i = 0; i < META_RUNS_MAX; i++)
        if (timeline->runs[i].touched)
            settle(timeline, i);
    room_tidy(timeline->room);
}

static void take_meta(struct timeline *timeline, const struct meta *meta)
{
    if (timeline->told)
        meta_fini(&timeline->meta);
    timeline->told = meta_copy(&timeline->meta, meta);
    timeline->told_meta = *meta;
    for (size_t i = 0; i < timeline_runs(timeline); i++) {
        struct run *run = &timeline->runs[i];
        enum switch_source source = (enum switch_source)meta->runs[i].switch_source;
        if (source == run->source)
            continue;
        run->source = source;
        run->mends++;
        for (size_t lane = 0; lane < run->lanes.count; lane++)
            lane_set_source(id_nth(&run->lanes, lane), source);
    }
}

void timeline_tell(struct timeline *timeline, const struct meta *meta, uint64_t until_ns)
{
    timeline->until = until_ns > timeline->until ? until_ns : timeline->until;
    if (meta != NULL &&
        (!timeline->told || memcmp(meta, &timeline->told_meta, sizeof *meta) != 0)) {
        take_meta(timeline, meta);
        for (size_t i = 0; i < META_RUNS_MAX; i++) {
            timeline->runs[i].marks.rows = UINT32_MAX;
            diagnose_forget(&timeline->runs[i]);
        }
    }
    for (size_t i = 0; i < META_RUNS_MAX; i++)
        settle(timeline, i);
}

/* ---- runs ---- */

const struct meta *timeline_meta(const struct timeline *timeline)
{
    return timeline->told ? &timeline->meta : NULL;
}

size_t timeline_runs(const struct timeline *timeline)
{
    if (!timeline->told)
        return 0;
    return timeline->meta.run_count < META_RUNS_MAX ? timeline->meta.run_count : META_RUNS_MAX;
}

uint64_t run_time(const struct run *run, uint64_t t)
{
    return t < run->now - run->go ? run->go + t : run->now;
}

void run_span(const struct run *run, uint64_t t0, uint64_t t1, uint64_t *from, uint64_t *to)
{
    *from = *to = 0;
    if (run->go == TIME_NEVER)
        return;
    *from = run_time(run, t0);
    *to = run_time(run, t1 > t0 ? t1 : t0);
}

void timeline_run(const struct timeline *timeline, size_t run_index, struct run_brief *brief)
{
    *brief = (struct run_brief){ .status = RUN_WAITING };
    const struct run *run = run_of(timeline, run_index);
    if (run == NULL)
        return;
    enum run_status told = (enum run_status)timeline->meta.runs[run_index].status;
    if (told <= RUN_LIVE && run->end != TIME_NEVER && run->end_status < RUN_STATUS_COUNT)
        brief->status = (enum run_status)run->end_status;
    else if (told == RUN_WAITING && run->go != TIME_NEVER)
        brief->status = RUN_LIVE;
    else
        brief->status = told;
    brief->gone = run->go != TIME_NEVER;
    brief->go_ns = brief->gone ? run->go : 0;
    brief->length_ns = brief->gone ? run->now - run->go : 0;
    brief->over = run->over;
    brief->lanes = run->lanes.count;
    /* One whose beginning was lost is taken for a worker. */
    brief->worker_lanes = run->lanes.count - (run->names.count - run->names.workers);
    int64_t workers;
    if (series_most(&run->workers, 0, TIME_NEVER, &workers) && workers > 0)
        brief->workers = (size_t)workers;
    brief->gils = run->gils.count;
    brief->locks = run->locks.count;
    brief->queues = run->queues.count;
    brief->cores = run->core_count;
    brief->tasks = run->tasks.submitted.count;
    brief->has_task_rows = run->tasks.has_rows;
    brief->source = run->source;
}

uint64_t timeline_length(const struct timeline *timeline)
{
    uint64_t longest = 0;
    for (size_t i = 0; i < timeline_runs(timeline); i++) {
        const struct run *run = &timeline->runs[i];
        if (run->go != TIME_NEVER && run->now - run->go > longest)
            longest = run->now - run->go;
    }
    return longest;
}

uint64_t timeline_step(const struct timeline *timeline, size_t run_index, uint64_t t, int direction)
{
    const struct run *run = run_of(timeline, run_index);
    if (run == NULL || run->go == TIME_NEVER)
        return t;
    const struct times *moments = &run->moments;
    uint64_t time = run_time(run, t);
    if (direction < 0) {
        size_t before = times_before(moments, time);
        return before > 0 && moments->at[before - 1] >= run->go ? moments->at[before - 1] - run->go
                                                                : t;
    }
    size_t until = times_until(moments, time);
    return until < moments->count && moments->at[until] <= run->now ? moments->at[until] - run->go
                                                                    : t;
}
