/*
 * A small world in which lanes, a scheduler and a recorder do random things that are possible, each
 * told as an event. Then every stream (a lane's own, a run's kernel records, the recorder's) is
 * held up now and then, which makes the file order. It imitates no model: it is to reach every
 * corner.
 */
#include "tests/synthetic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LANES = 64, GILS = 4, CORES = 8, LATE_NS = 60000, KERNEL_STREAM = LANES, OTHER_STREAM };

uint64_t synthetic_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state * UINT64_C(0x2545f4914f6cdd1d) >> 11;
}

struct told {
    struct event event;
    uint64_t delivered;
    size_t number;
};

struct doer {
    bool alive, over, on_core, waits;
    uint32_t core, role, task, serialising;
    int gil, wants; /* -1: none */
};

struct world {
    const struct synthetic_options *options;
    uint64_t random, now, held_up[LANES + 2];
    struct told *told;
    size_t count, capacity;
    uint32_t run, begun;
    struct doer lane[LANES];
    int on_core[CORES];   /* lane, or -1 */
    int holder[GILS];     /* lane, or -1 */
    uint32_t *task_phase; /* 0 new, 1 submitted, 2 taken, 3 ended */
    uint32_t depth[2], open;
    uint64_t crowd;
};

static uint32_t below(struct world *world, uint32_t limit)
{
    return (uint32_t)(synthetic_random(&world->random) % limit);
}

static void tell(struct world *world, uint32_t stream, enum event_kind kind, uint32_t lane,
                 uint32_t object, uint32_t a, uint64_t b)
{
    if (world->count == world->capacity) {
        world->capacity = world->capacity * 2 + 1024;
        world->told = realloc(world->told, world->capacity * sizeof *world->told);
    }
    uint64_t delivered = world->now;
    if (below(world, 1000) < world->options->late_in_1000)
        delivered += below(world, LATE_NS);
    if (delivered < world->held_up[stream])
        delivered = world->held_up[stream];
    world->held_up[stream] = delivered;
    world->told[world->count] = (struct told){
        .event = { .time = world->now,
                   .kind = (uint16_t)kind,
                   .run = (uint16_t)world->run,
                   .lane = lane,
                   .object = object,
                   .a = a,
                   .b = b },
        .delivered = delivered,
        .number = world->count,
    };
    world->count++;
}

static void own(struct world *world, uint32_t lane, enum event_kind kind, uint32_t object,
                uint32_t a, uint64_t b)
{
    tell(world, lane, kind, lane, object, a, b);
}

/* ---- what can happen ---- */

static void lane_begins(struct world *world)
{
    if (world->begun >= world->options->lanes)
        return;
    uint32_t id = world->begun++;
    /* The last one belongs to the outside; the one before is a loop; lane 0 is main or a worker. */
    enum lane_role role = id + 1 == world->options->lanes   ? ROLE_OUTSIDE
                          : id + 2 == world->options->lanes ? ROLE_LOOP
                          : id == 0                         ? ROLE_MAIN
                                                            : ROLE_WORKER;
    world->lane[id] = (struct doer){
        .alive = true, .role = role, .task = TASK_NONE, .gil = -1, .wants = -1, .core = OBJECT_NONE
    };
    own(world, id, EVENT_LANE_BEGIN, role | id << 8, 100 + id, 100);
    /* Some begin on a core that the kernel only names when they leave it. */
    if (role == ROLE_OUTSIDE)
        return;
    for (uint32_t core = 0; core < world->options->cores; core++)
        if (world->on_core[core] < 0) {
            world->on_core[core] = (int)id;
            world->lane[id].on_core = true;
            world->lane[id].core = core;
            return;
        }
    /* No core is free: it was taken off at once. */
    tell(world, KERNEL_STREAM, EVENT_SWITCH_OUT, id, 0, 0, 0);
}

static void kernel(struct world *world, uint32_t id)
{
    struct doer *lane = &world->lane[id];
    if (lane->role == ROLE_OUTSIDE)
        return;
    if (lane->on_core) {
        tell(world, KERNEL_STREAM, EVENT_SWITCH_OUT, id, lane->core, below(world, 2), 0);
        world->on_core[lane->core] = -1;
        lane->on_core = false;
        return;
    }
    uint32_t core = below(world, world->options->cores);
    if (world->on_core[core] >= 0 || !lane->alive)
        return;
    world->on_core[core] = (int)id;
    lane->on_core = true;
    lane->core = core;
    tell(world, KERNEL_STREAM, EVENT_SWITCH_IN, id, core, 0, 0);
}

static void lane_ends(struct world *world, uint32_t id)
{
    struct doer *lane = &world->lane[id];
    if (id == 0)
        return;
    if (lane->gil >= 0 && below(world, 2) == 0)
        own(world, id, EVENT_GIL_DROP, (uint32_t)lane->gil, SAYS_IDLE, DROP_END);
    if (lane->gil >= 0)
        world->holder[lane->gil] = -1;
    own(world, id, EVENT_LANE_CPU, 0, below(world, 10) == 0 ? USER_UNKNOWN : below(world, 1000),
        below(world, 2000000));
    own(world, id, EVENT_LANE_SWITCHES, 0, below(world, 50), below(world, 50));
    if (below(world, 4) == 0)
        own(world, id, EVENT_LANE_CRASH, 0, 11, 0);
    else
        own(world, id, EVENT_LANE_END, 0, 0, 0);
    /* If it is on a core, the kernel takes it off some time later. */
    lane->alive = false;
}

static void gil(struct world *world, uint32_t id)
{
    struct doer *lane = &world->lane[id];
    static const enum says after[] = { SAYS_IO, SAYS_NATIVE, SAYS_CALL, SAYS_IDLE, SAYS_IPC };
    if (world->options->gils == 0)
        return;
    if (lane->gil >= 0) {
        bool forced = below(world, 3) == 0;
        own(world, id, EVENT_GIL_DROP, (uint32_t)lane->gil,
            forced ? SAYS_GIL : after[below(world, 5)], forced ? DROP_FORCED : DROP_BLOCK);
        world->holder[lane->gil] = -1;
        lane->wants = forced ? lane->gil : -1; /* who had to give it up wants it again */
        lane->waits = forced;
        lane->gil = -1;
        return;
    }
    if (lane->wants < 0)
        lane->wants = (int)below(world, world->options->gils);
    uint32_t wanted = (uint32_t)lane->wants;
    if (world->holder[wanted] < 0) {
        own(world, id, EVENT_GIL_TAKE, wanted, 0, 0);
        world->holder[wanted] = (int)id;
        lane->gil = lane->wants;
        lane->wants = -1;
        lane->waits = false;
    } else if (!lane->waits) {
        own(world, id, EVENT_GIL_WANT, wanted, 0, 0);
        lane->waits = true;
    } else {
        own(world, id, EVENT_GIL_REQUEST, wanted, (uint32_t)world->holder[wanted], 0);
    }
}

static void says(struct world *world, uint32_t id)
{
    struct doer *lane = &world->lane[id];
    if (lane->gil >= 0 || lane->waits)
        return;
    switch (below(world, 6)) {
    case 0:
        own(world, id, EVENT_LOCK_WANT, below(world, 2), 0, 0);
        break;
    case 1:
        own(world, id, EVENT_LOCK_TAKE, below(world, 2), SAYS_NATIVE, 0);
        break;
    case 2:
        own(world, id, EVENT_SERIALISE_BEGIN, 0, below(world, 2), 0);
        own(world, id, EVENT_SERIALISE_END, 0, SAYS_COMPUTE, below(world, 5000));
        break;
    default:
        own(world, id, EVENT_SAY, lane->task, below(world, SAYS_COUNT), 0);
    }
}

static void task(struct world *world, uint32_t id)
{
    struct doer *lane = &world->lane[id];
    uint32_t number = below(world, world->options->tasks);
    uint32_t *phase = &world->task_phase[number];
    bool loop = lane->role == ROLE_LOOP;
    if (lane->role == ROLE_MAIN || lane->role == ROLE_OUTSIDE) {
        if (*phase == 0)
            own(world, id, EVENT_TASK_SUBMIT, number, 0, 0);
        *phase = *phase == 0 ? 1 : *phase;
        if (*phase == 3 && lane->role == ROLE_MAIN)
            own(world, id, EVENT_TASK_COLLECT, number, 0, number * 7);
        return;
    }
    /* A loop has the tasks with even numbers. */
    if (loop != (number % 2 == 0))
        return;
    if (*phase == 1) {
        own(world, id, EVENT_TASK_TAKE, number, 0, 0);
        lane->task = number;
        *phase = 2;
        if (below(world, 20) == 0)
            own(world, id, EVENT_TASK_TAKE, number, 0, 0); /* twice: the first counts */
    } else if (*phase == 2 && loop && below(world, 4) != 0) {
        own(world, id, below(world, 2) == 0 ? EVENT_TASK_RUN : EVENT_TASK_WAIT, number, 0,
            below(world, 3) == 0 ? 0 : below(world, 3000));
    } else if (*phase == 2) {
        own(world, id, below(world, 8) == 0 ? EVENT_TASK_FAIL : EVENT_TASK_DONE, number, 0,
            number * 7);
        lane->task = TASK_NONE;
        *phase = 3;
    }
}

static void counts(struct world *world, uint32_t id)
{
    uint32_t queue = below(world, 2);
    switch (below(world, 6)) {
    case 0:
        own(world, id, EVENT_QUEUE_PUSH, queue + 1, ++world->depth[queue], 0);
        break;
    case 1:
        if (world->depth[queue] > 0)
            own(world, id, EVENT_QUEUE_POP, queue + 1, --world->depth[queue], 0);
        break;
    case 2:
        own(world, id, EVENT_CONN_OPEN, 0, ++world->open, 0);
        break;
    case 3:
        own(world, id, EVENT_LOOP_TURN, 0, below(world, 9), below(world, 100000));
        break;
    case 4:
        own(world, id, EVENT_PARAM_APPLIED, below(world, 3), 0, below(world, 50));
        break;
    default:
        own(world, id, EVENT_STEP_BEGIN, 0, 0, 0);
    }
}

static void recorder(struct world *world)
{
    uint32_t s = OTHER_STREAM;
    switch (below(world, 7)) {
    case 0:
        tell(world, s, EVENT_SAMPLE_CORE, LANE_NONE, below(world, world->options->cores),
             below(world, 1001), below(world, 20000) + 1);
        break;
    case 1:
        tell(world, s, EVENT_SAMPLE_MEMORY, LANE_NONE, below(world, 3), 1, below(world, 90000));
        break;
    case 2:
        tell(world, s, EVENT_MARK, LANE_NONE, below(world, MARK_BLOCK + 1), 0, 0);
        break;
    case 3:
        tell(world, s, EVENT_PARAM_SET, LANE_NONE, below(world, 3), 0, below(world, 50));
        break;
    case 4:
        tell(world, s, EVENT_CROWD, LANE_NONE, below(world, 5), 0, ++world->crowd);
        break;
    case 5:
        tell(world, s, EVENT_LANE_CPU, below(world, world->begun), 0, USER_UNKNOWN,
             below(world, 1000));
        break;
    default:
        if (below(world, 10) == 0)
            tell(world, s, EVENT_LOST, LANE_NONE, below(world, LOST_WHERE_COUNT), 0,
                 below(world, 5) + 1);
    }
}

static void happen(struct world *world)
{
    uint32_t id = below(world, world->begun);
    uint32_t what = below(world, 100);
    if (what < 2)
        lane_begins(world);
    else if (what < 10)
        recorder(world);
    else if (what < 35 && what >= 11)
        kernel(world, id);
    else if (!world->lane[id].alive)
        return;
    else if (what < 11)
        lane_ends(world, id);
    else if (what < 60)
        gil(world, id);
    else if (what < 75)
        says(world, id);
    else if (what < 94)
        task(world, id);
    else
        counts(world, id);
}

/* ---- the trace ---- */

static void make_run(struct world *world, uint32_t run)
{
    world->run = run;
    world->now = 1000 + below(world, 5000);
    world->begun = 0;
    memset(world->held_up, 0, sizeof world->held_up);
    memset(world->depth, 0, sizeof world->depth);
    memset(world->task_phase, 0, world->options->tasks * sizeof *world->task_phase);
    for (size_t i = 0; i < CORES; i++)
        world->on_core[i] = -1;
    for (size_t i = 0; i < GILS; i++)
        world->holder[i] = -1;
    lane_begins(world);
    for (size_t step = 0; step < world->options->steps; step++) {
        /* Now and then two things happen at once. */
        world->now += below(world, 20) == 0 ? 0 : 1 + below(world, 400);
        if (step == 5)
            own(world, 0, EVENT_RUN_GO, world->options->cores, 0, 0);
        happen(world);
    }
    if (!world->options->killed) {
        own(world, 0, EVENT_RUN_END, RUN_DONE, 0, 0);
        for (size_t step = 0; step < 20; step++) {
            world->now += 1 + below(world, 400);
            happen(world);
        }
        world->now += 10;
        own(world, 0, EVENT_LANE_END, 0, 0, 0);
    }
}

static int by_delivery(const void *left, const void *right)
{
    const struct told *a = left, *b = right;
    if (a->delivered != b->delivered)
        return a->delivered < b->delivered ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

static void make_meta(struct meta *meta, const struct synthetic_options *options)
{
    *meta = (struct meta){ .run_count = options->runs, .kind = options->service, .param_count = 3 };
    strcpy(meta->scenario, "synthetic");
    for (uint32_t i = 0; i < options->runs; i++) {
        snprintf(meta->runs[i].model, sizeof meta->runs[i].model, "%s",
                 i == 0 ? "serial" : "threads");
        meta->runs[i].status = options->killed ? RUN_FAILED : RUN_DONE;
        meta->runs[i].switch_source = options->source;
    }
    for (uint32_t i = 0; i < 3; i++) {
        snprintf(meta->params[i].name, sizeof meta->params[i].name, "knob%u", i);
        meta->params[i].unit = i;
        meta->params[i].value = 1000 + i;
    }
}

void synthetic_make(struct synthetic *synthetic, const struct synthetic_options *options)
{
    struct world world = { .options = options, .random = options->seed * 2 + 1 };
    world.task_phase = calloc(options->tasks, sizeof *world.task_phase);
    for (int i = 0; i < 8; i++)
        synthetic_random(&world.random);
    for (uint32_t run = 0; run < options->runs; run++)
        make_run(&world, run);
    qsort(world.told, world.count, sizeof *world.told, by_delivery);
    synthetic->count = world.count;
    synthetic->events = malloc(world.count * sizeof *synthetic->events);
    for (size_t i = 0; i < world.count; i++)
        synthetic->events[i] = world.told[i].event;
    free(world.told);
    free(world.task_phase);
    make_meta(&synthetic->meta, options);
}

void synthetic_fini(struct synthetic *synthetic)
{
    free(synthetic->events);
    meta_fini(&synthetic->meta);
}
