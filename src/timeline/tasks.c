/*
 * The tasks of a run: when each was submitted, taken and ended.
 *
 * A task that was taken was submitted, and one that ended was taken, even where the word of it
 * comes late or never: the moment is then the later one's. So submitted = waiting + in flight +
 * done + failed at every moment. Of two words of the same kind the earlier counts. Ids come from a
 * counter, so tasks live in pages by id; orders are lists of ids, sorted by (moment, id).
 */
#include "timeline/run.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE = 1024 };
static const size_t page_bytes = PAGE * sizeof(struct task_row);

const struct task_row *task_find(const struct tasks *tasks, uint32_t id)
{
    size_t page = id / PAGE;
    if (page >= tasks->page_count || tasks->pages[page] == NULL)
        return NULL;
    const struct task_row *task = &tasks->pages[page][id % PAGE];
    room_near(tasks->room, task, sizeof *task);
    return task;
}

static struct task_row *task_get(struct tasks *tasks, uint32_t id)
{
    size_t page = id / PAGE;
    if (id >= TASKS_MAX)
        return NULL;
    bool known = page < tasks->page_count && tasks->pages[page] != NULL;
    if (!known && tasks->pages_used * (uint64_t)PAGE > IDS_SPARE + TASKS_EACH * tasks->fed)
        return NULL;
    if (page >= tasks->page_count) {
        size_t count =
            page + 1 > (size_t)tasks->page_count * 2 ? page + 1 : (size_t)tasks->page_count * 2;
        tasks->pages = mem_resize(tasks->pages, count, sizeof *tasks->pages);
        memset(tasks->pages + tasks->page_count, 0,
               (count - tasks->page_count) * sizeof *tasks->pages);
        tasks->page_count = (uint32_t)count;
    }
    if (tasks->pages[page] == NULL) {
        size_t bytes = page_bytes;
        struct task_row *rows = room_grow(tasks->room, NULL, 0, bytes, &bytes, ROOM_BULK);
        for (size_t i = 0; i < PAGE; i++)
            rows[i] = (struct task_row){ .submit = TIME_NEVER,
                                         .take = TIME_NEVER,
                                         .end = TIME_NEVER,
                                         .last_change = UINT32_MAX };
        tasks->pages[page] = rows;
        tasks->pages_used++;
    }
    return &tasks->pages[page][id % PAGE];
}

static void order_fini(struct task_order *order, struct room *room)
{
    grown_free(room, order->ids, order->capacity, sizeof *order->ids);
    *order = (struct task_order){ 0 };
}

void tasks_fini(struct tasks *tasks)
{
    struct room *room = tasks->room;
    for (size_t i = 0; i < tasks->page_count; i++)
        if (tasks->pages[i] != NULL)
            room_give(room, tasks->pages[i], page_bytes);
    free(tasks->pages);
    grown_free(room, tasks->changes, tasks->change_capacity, sizeof *tasks->changes);
    order_fini(&tasks->submitted, room);
    order_fini(&tasks->taken, room);
    order_fini(&tasks->done, room);
    order_fini(&tasks->failed, room);
    rank_fini(&tasks->latency);
    rank_fini(&tasks->wait);
    series_fini(&tasks->waiting);
    series_fini(&tasks->paused);
    series_fini(&tasks->due);
    *tasks = (struct tasks){ 0 };
}

/* ---- the moments that count ---- */

uint64_t task_taken(const struct task_row *task)
{
    return task->take < task->end ? task->take : task->end;
}

uint64_t task_submitted(const struct task_row *task)
{
    uint64_t taken = task_taken(task);
    return task->submit < taken ? task->submit : taken;
}

static uint64_t moment_of(const struct tasks *tasks, const struct task_order *order, uint32_t id)
{
    const struct task_row *task = task_find(tasks, id);
    if (order == &tasks->submitted)
        return task_submitted(task);
    return order == &tasks->taken ? task_taken(task) : task->end;
}

size_t task_order_until(const struct tasks *tasks, const struct task_order *order, uint64_t time)
{
    size_t low = 0, count = order->count;
    if (count == 0 || order->last <= time)
        return count;
    while (count > 0) {
        size_t half = count / 2;
        room_near(tasks->room, &order->ids[low + half], sizeof *order->ids);
        if (moment_of(tasks, order, order->ids[low + half]) <= time) {
            low += half + 1;
            count -= half + 1;
        } else {
            count = half;
        }
    }
    return low;
}

/* Where (time, id) is, or belongs. */
static size_t order_place(const struct tasks *tasks, const struct task_order *order, uint64_t time,
                          uint32_t id)
{
    size_t low = 0, count = order->count;
    if (count > 0 && (order->last < time || (order->last == time && order->ids[count - 1] < id)))
        return count;
    while (count > 0) {
        size_t half = count / 2;
        uint32_t other = order->ids[low + half];
        uint64_t moment = moment_of(tasks, order, other);
        if (moment < time || (moment == time && other < id)) {
            low += half + 1;
            count -= half + 1;
        } else {
            count = half;
        }
    }
    return low;
}

static void order_changed(struct tasks *tasks, const struct task_order *order, size_t place)
{
    if (order == &tasks->done)
        rank_cut(&tasks->latency, place);
    if (order == &tasks->taken)
        rank_cut(&tasks->wait, place);
}

static void order_insert(struct tasks *tasks, struct task_order *order, uint64_t time, uint32_t id)
{
    if (time == TIME_NEVER)
        return;
    size_t place = order_place(tasks, order, time, id);
    order->ids = grow(tasks->room, order->ids, &order->capacity, order->count, sizeof *order->ids);
    memmove(order->ids + place + 1, order->ids + place,
            (order->count - place) * sizeof *order->ids);
    tasks->moved += order->count - place;
    order->ids[place] = id;
    order->count++;
    if (place + 1 == order->count)
        order->last = time;
    order_changed(tasks, order, place);
}

static void order_remove(struct tasks *tasks, struct task_order *order, uint64_t time, uint32_t id)
{
    if (time == TIME_NEVER)
        return;
    size_t place = order_place(tasks, order, time, id);
    tasks->moved += order->count - place;
    memmove(order->ids + place, order->ids + place + 1,
            (order->count - place - 1) * sizeof *order->ids);
    order->count--;
    if (place == order->count && place > 0)
        order->last = moment_of(tasks, order, order->ids[place - 1]);
    order_changed(tasks, order, place);
}

/* The task's moments are now those of `next`: moves it in the orders where they changed. How long
 * it waited and took follows from more than the moment it is ordered by, so the tallies are
 * told. */
static void move(struct tasks *tasks, struct task_row *task, uint32_t id,
                 const struct task_row *next)
{
    uint64_t submit = task_submitted(task), take = task_taken(task);
    uint64_t next_submit = task_submitted(next), next_take = task_taken(next);
    struct task_order *ended = task->failed ? &tasks->failed : &tasks->done;
    struct task_order *next_ended = next->failed ? &tasks->failed : &tasks->done;
    bool submit_moves = submit != next_submit, take_moves = take != next_take;
    bool end_moves = task->end != next->end || ended != next_ended;
    if ((submit_moves || take_moves) && !end_moves && task->end != TIME_NEVER)
        order_changed(tasks, ended, order_place(tasks, ended, task->end, id));
    if (submit_moves && !take_moves && take != TIME_NEVER)
        order_changed(tasks, &tasks->taken, order_place(tasks, &tasks->taken, take, id));

    if (submit_moves)
        order_remove(tasks, &tasks->submitted, submit, id);
    if (take_moves)
        order_remove(tasks, &tasks->taken, take, id);
    if (end_moves)
        order_remove(tasks, ended, task->end, id);
    task_moves(tasks, task, next);
    if (submit_moves) {
        order_insert(tasks, &tasks->submitted, next_submit, id);
        if (submit != TIME_NEVER)
            series_add(&tasks->waiting, submit, -1);
        series_add(&tasks->waiting, next_submit, 1);
    }
    if (take_moves) {
        order_insert(tasks, &tasks->taken, next_take, id);
        if (take != TIME_NEVER)
            series_add(&tasks->waiting, take, 1);
        series_add(&tasks->waiting, next_take, -1);
    }
    if (end_moves)
        order_insert(tasks, next_ended, next->end, id);
}

/* ---- feeding ---- */

static void ended(struct task_row *next, const struct event *event)
{
    if (event->time >= next->end)
        return;
    next->end = event->time;
    next->failed = event->kind == EVENT_TASK_FAIL;
}

void task_feed(struct tasks *tasks, const struct event *event)
{
    tasks->fed++;
    if (tasks->moved > MOVES_FREE + MOVES_EACH * tasks->fed)
        return;
    struct task_row *task = task_get(tasks, event->object);
    if (task == NULL)
        return;
    struct task_row next = *task;
    switch (event->kind) {
    case EVENT_TASK_SUBMIT:
        next.submit = event->time < next.submit ? event->time : next.submit;
        break;
    case EVENT_TASK_TAKE:
        next.take = event->time < next.take ? event->time : next.take;
        break;
    case EVENT_TASK_RUN:
    case EVENT_TASK_WAIT:
        task_says(tasks, task, event);
        return;
    case EVENT_TASK_DONE:
        tasks->done_checksum += task->end == TIME_NEVER ? event->b : 0;
        ended(&next, event);
        break;
    case EVENT_TASK_FAIL:
        ended(&next, event);
        break;
    case EVENT_TASK_COLLECT:
        tasks->collect_checksum += event->b;
        tasks->collected++;
        return;
    default:
        return;
    }
    if (next.submit != task->submit || next.take != task->take || next.end != task->end)
        move(tasks, task, event->object, &next);
}

/* ---- questions ---- */

void timeline_counts(const struct timeline *timeline, size_t run_index, uint64_t t,
                     struct task_counts *counts)
{
    *counts = (struct task_counts){ 0 };
    const struct run *run = run_of(timeline, run_index);
    if (run == NULL || run->go == TIME_NEVER)
        return;
    const struct tasks *tasks = &run->tasks;
    uint64_t time = run_time(run, t);
    size_t taken = task_order_until(tasks, &tasks->taken, time);
    counts->submitted = task_order_until(tasks, &tasks->submitted, time);
    counts->done = task_order_until(tasks, &tasks->done, time);
    counts->failed = task_order_until(tasks, &tasks->failed, time);
    counts->waiting = counts->submitted - taken;
    counts->in_flight = taken - counts->done - counts->failed;
}
