/*
 * How long tasks took, up to any moment: the tasks in the order in which they ended, with the
 * counts of all before it kept at every 4096th. Asking costs one copy of counts and at most 4096
 * tasks.
 *
 * Invariant: a block that is kept is right; a change in the order or in a task's moments cuts the
 * blocks from there on, and they are made again when the feed settles.
 */
#include "timeline/run.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK = 4096 };

struct rank_block {
    uint32_t counts[HISTOGRAM_BUCKETS];
    uint64_t least, greatest;
    double sum;
};

void rank_cut(struct rank *rank, size_t place)
{
    while (rank->count > place / BLOCK)
        room_give(rank->room, rank->blocks[--rank->count], sizeof(struct rank_block));
}

void rank_fini(struct rank *rank)
{
    rank_cut(rank, 0);
    grown_free(rank->room, rank->blocks, rank->capacity, sizeof *rank->blocks);
    *rank = (struct rank){ 0 };
}

static uint64_t latency_of(const struct tasks *tasks, const struct task_row *task)
{
    return task->end - (tasks->service ? task_submitted(task) : task_taken(task));
}

static uint64_t wait_of(const struct tasks *tasks, const struct task_row *task)
{
    (void)tasks;
    return task_taken(task) - task_submitted(task);
}

typedef uint64_t took(const struct tasks *tasks, const struct task_row *task);

static void settle(struct tasks *tasks, const struct task_order *order, struct rank *rank, took *of)
{
    while (((size_t)rank->count + 1) * BLOCK <= order->count) {
        size_t bytes = sizeof(struct rank_block);
        struct rank_block *block = room_grow(rank->room, NULL, 0, bytes, &bytes, ROOM_BULK);
        if (rank->count > 0)
            memcpy(block, rank->blocks[rank->count - 1], sizeof *block);
        else
            *block = (struct rank_block){ .least = UINT64_MAX };
        for (size_t i = 0; i < BLOCK; i++) {
            uint64_t ns = of(tasks, task_find(tasks, order->ids[rank->count * BLOCK + i]));
            block->counts[histogram_bucket(ns)]++;
            block->least = ns < block->least ? ns : block->least;
            block->greatest = ns > block->greatest ? ns : block->greatest;
            block->sum += (double)ns;
        }
        rank->blocks =
            grow(rank->room, rank->blocks, &rank->capacity, rank->count, sizeof *rank->blocks);
        rank->blocks[rank->count++] = block;
    }
}

void tasks_settle(struct tasks *tasks, bool service)
{
    if (tasks->service != service)
        rank_cut(&tasks->latency, 0);
    tasks->service = service;
    settle(tasks, &tasks->done, &tasks->latency, latency_of);
    settle(tasks, &tasks->taken, &tasks->wait, wait_of);
}

static void sum_up(const struct tasks *tasks, const struct task_order *order,
                   const struct rank *rank, took *of, size_t count, struct histogram *into)
{
    histogram_reset(into);
    size_t done = count / BLOCK < rank->count ? count / BLOCK : rank->count;
    if (done > 0) {
        const struct rank_block *block = rank->blocks[done - 1];
        room_near(rank->room, block, sizeof *block);
        for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
            into->buckets[i] = block->counts[i];
        into->count = done * BLOCK;
        into->least = block->least;
        into->greatest = block->greatest;
        into->sum = block->sum;
    }
    for (size_t i = done * BLOCK; i < count; i++)
        histogram_add(into, of(tasks, task_find(tasks, order->ids[i])));
}

void tasks_latency(const struct tasks *tasks, size_t count, struct histogram *into)
{
    sum_up(tasks, &tasks->done, &tasks->latency, latency_of, count, into);
}

void tasks_wait(const struct tasks *tasks, size_t count, struct histogram *into)
{
    sum_up(tasks, &tasks->taken, &tasks->wait, wait_of, count, into);
}
