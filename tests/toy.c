/*
 * The simulation: time goes by in ticks of 100 us; at each tick every lane may move on by one. It is
 * as real as the pictures need: lanes wait, want the GIL, are preempted by each other on few cores.
 */
#include "toy.h"

#include "base/memory.h"
#include "trace/recording.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TICK_US = 100, LANES_MOST = 12000, TASKS_MOST = 20000, INTERVAL = 50, QUANTUM = 30 };
enum { TICKS_MOST = 400000 };

enum phase { PHASE_IDLE, PHASE_IO, PHASE_WANT, PHASE_COMPUTE, PHASE_IPC };

struct lane {
    enum phase phase;
    uint32_t task, left, on_core_for;
    int core; /* -1: off */
};

struct sim {
    const struct toy *toy;
    uint16_t run;
    uint64_t go_us, tick, last_ns;
    struct event *events;
    size_t count, capacity;
    /* the run */
    bool gil_shared, loop;
    uint32_t workers, next_task, done, holder, held_for;
    struct lane lanes[LANES_MOST]; /* [0] is main */
    struct {
        uint32_t left;
        uint8_t state; /* 0 queued, 1 waiting, 2 due, 3 running, 4 done */
    } tasks[TASKS_MOST];
};

static void emit(struct sim *sim, enum event_kind kind, uint32_t lane, uint32_t object, uint32_t a,
                 uint64_t b)
{
    if (sim->count == sim->capacity) {
        sim->capacity = sim->capacity > 0 ? sim->capacity * 2 : 4096;
        sim->events = mem_resize(sim->events, sim->capacity, sizeof *sim->events);
    }
    uint64_t now = (sim->go_us + sim->tick * TICK_US) * 1000;
    sim->last_ns = now > sim->last_ns ? now : sim->last_ns + 1;
    sim->events[sim->count++] = (struct event){
        .time = sim->last_ns,
        .kind = (uint16_t)kind,
        .run = sim->run,
        .lane = lane,
        .object = object,
        .a = a,
        .b = b,
    };
}

static void say(struct sim *sim, uint32_t lane, enum says says)
{
    emit(sim, EVENT_SAY, lane, sim->lanes[lane].task, says, 0);
}

static uint32_t ticks(uint32_t us)
{
    return us >= TICK_US ? us / TICK_US : 1;
}

static void switch_out(struct sim *sim, uint32_t lane, bool preempted)
{
    if (sim->lanes[lane].core < 0)
        return;
    emit(sim, EVENT_SWITCH_OUT, lane, (uint32_t)sim->lanes[lane].core, preempted, 0);
    sim->lanes[lane].core = -1;
}

static bool wants_core(const struct lane *lane)
{
    return lane->phase == PHASE_COMPUTE || lane->phase == PHASE_IPC;
}

/* Who wants a core gets one that is free; who had it for a quantum yields to one that waits. */
static void schedule(struct sim *sim)
{
    bool used[64] = { false };
    uint32_t free_cores = sim->toy->cores, waiting = 0;
    for (uint32_t i = 1; i <= sim->workers; i++) {
        struct lane *lane = &sim->lanes[i];
        if (lane->core >= 0 && !wants_core(lane))
            switch_out(sim, i, false);
        if (lane->core >= 0) {
            used[lane->core] = true;
            free_cores--;
            lane->on_core_for++;
        } else {
            waiting += wants_core(lane);
        }
    }
    for (uint32_t i = 1; i <= sim->workers && waiting > free_cores; i++) {
        struct lane *lane = &sim->lanes[i];
        if (lane->core >= 0 && lane->on_core_for >= QUANTUM) {
            used[lane->core] = false;
            switch_out(sim, i, true);
            lane->on_core_for = 0;
            free_cores++;
            break;
        }
    }
    for (uint32_t k = 0; k < sim->workers && free_cores > 0; k++) {
        uint32_t i = 1 + (uint32_t)((k + sim->tick) % sim->workers);
        struct lane *lane = &sim->lanes[i];
        if (lane->core >= 0 || !wants_core(lane) || (lane->on_core_for == 0 && waiting == 0))
            continue;
        int core = 0;
        while (used[core])
            core++;
        used[core] = true;
        lane->core = core;
        lane->on_core_for = 1;
        free_cores--;
        emit(sim, EVENT_SWITCH_IN, i, (uint32_t)core, 0, 0);
    }
}

static void gil_take(struct sim *sim, uint32_t lane, uint32_t before)
{
    emit(sim, EVENT_GIL_TAKE, lane, 0, before, sim->tick);
    sim->holder = lane;
    sim->held_for = 0;
    sim->lanes[lane].phase = PHASE_COMPUTE;
}

/* One GIL for all: who waits longest in the round takes it; a holder yields after the interval. */
static void share_gil(struct sim *sim)
{
    uint32_t waiter = 0;
    for (uint32_t k = 1; k <= sim->workers && waiter == 0; k++) {
        uint32_t i = 1 + (sim->holder + k - 1) % sim->workers;
        if (sim->lanes[i].phase == PHASE_WANT)
            waiter = i;
    }
    bool held = sim->holder > 0 && sim->lanes[sim->holder].phase == PHASE_COMPUTE;
    if (waiter == 0)
        return;
    if (!held) {
        gil_take(sim, waiter, sim->holder);
    } else if (++sim->held_for >= INTERVAL) {
        uint32_t old = sim->holder;
        emit(sim, EVENT_GIL_REQUEST, waiter, 0, old, 0);
        emit(sim, EVENT_GIL_DROP, old, 0, SAYS_GIL, DROP_FORCED);
        emit(sim, EVENT_GIL_WANT, old, 0, 0, 0);
        sim->lanes[old].phase = PHASE_WANT;
        gil_take(sim, waiter, old);
    }
}

static void task_take(struct sim *sim, uint32_t lane)
{
    if (sim->next_task >= sim->toy->tasks) {
        sim->lanes[lane].task = TASK_NONE;
        if (sim->lanes[lane].phase != PHASE_IDLE)
            say(sim, lane, SAYS_IDLE);
        sim->lanes[lane].phase = PHASE_IDLE;
        return;
    }
    uint32_t task = sim->next_task++;
    emit(sim, EVENT_QUEUE_POP, lane, 0, sim->toy->tasks - sim->next_task, task);
    emit(sim, EVENT_TASK_TAKE, lane, task, 0, 0);
    sim->lanes[lane].task = task;
    sim->lanes[lane].phase = PHASE_IO;
    /* Every latency is a little different, or all lanes would move in step. */
    sim->lanes[lane].left = ticks(sim->toy->latency_us + task * 7919 % 4000);
    say(sim, lane, SAYS_IO);
}

static void task_done(struct sim *sim, uint32_t lane)
{
    uint32_t task = sim->lanes[lane].task;
    emit(sim, EVENT_TASK_DONE, lane, task, 1024, task);
    emit(sim, EVENT_TASK_COLLECT, 0, task, 1024, task);
    sim->done++;
    task_take(sim, lane);
}

static void compute_ended(struct sim *sim, uint32_t lane)
{
    struct lane *self = &sim->lanes[lane];
    if (sim->gil_shared) {
        emit(sim, EVENT_GIL_DROP, lane, 0, SAYS_CALL, DROP_BLOCK);
        sim->holder = lane;
    }
    if (sim->toy->send_us > 0 && !sim->gil_shared) {
        self->phase = PHASE_IPC;
        self->left = ticks(sim->toy->send_us);
        emit(sim, EVENT_SERIALISE_BEGIN, lane, self->task, 0, 0);
        return;
    }
    task_done(sim, lane);
}

static void lane_move(struct sim *sim, uint32_t lane)
{
    struct lane *self = &sim->lanes[lane];
    switch (self->phase) {
    case PHASE_IO:
        if (--self->left > 0)
            break;
        self->left = ticks(sim->toy->compute_us);
        self->phase = sim->gil_shared ? PHASE_WANT : PHASE_COMPUTE;
        if (sim->gil_shared)
            emit(sim, EVENT_GIL_WANT, lane, 0, 0, 0);
        else
            say(sim, lane, SAYS_COMPUTE);
        break;
    case PHASE_COMPUTE:
        if (self->core >= 0 && --self->left == 0)
            compute_ended(sim, lane);
        break;
    case PHASE_IPC:
        if (self->core >= 0 && --self->left == 0) {
            emit(sim, EVENT_SERIALISE_END, lane, self->task, SAYS_CALL, 16384);
            task_done(sim, lane);
        }
        break;
    case PHASE_IDLE:
    case PHASE_WANT:
        break;
    }
}

/* The loop's one lane: runs what is due, one at a time, else waits for all. */
static void loop_move(struct sim *sim)
{
    struct lane *self = &sim->lanes[1];
    for (uint32_t t = 0; t < sim->toy->tasks; t++) {
        if (sim->tasks[t].state == 0) {
            sim->tasks[t].state = 1;
            sim->tasks[t].left = ticks(sim->toy->latency_us + t * 7919 % 4000);
            emit(sim, EVENT_TASK_TAKE, 1, t, 0, 0);
            emit(sim, EVENT_TASK_WAIT, 1, t, 0, 0);
        } else if (sim->tasks[t].state == 1 && --sim->tasks[t].left == 0) {
            sim->tasks[t].state = 2;
        }
    }
    if (self->phase == PHASE_COMPUTE && self->core >= 0 && --self->left == 0) {
        sim->tasks[self->task].state = 4;
        emit(sim, EVENT_TASK_DONE, 1, self->task, 1024, self->task);
        emit(sim, EVENT_TASK_COLLECT, 1, self->task, 1024, self->task);
        sim->done++;
        self->phase = PHASE_IDLE;
        self->task = TASK_NONE;
    }
    for (uint32_t t = 0; t < sim->toy->tasks && self->phase != PHASE_COMPUTE; t++) {
        if (sim->tasks[t].state != 2)
            continue;
        sim->tasks[t].state = 3;
        self->phase = PHASE_COMPUTE;
        self->task = t;
        self->left = ticks(sim->toy->compute_us);
        emit(sim, EVENT_TASK_RUN, 1, t, 0, 0);
        say(sim, 1, SAYS_COMPUTE);
    }
    if (self->phase == PHASE_IDLE) {
        self->phase = PHASE_IO;
        say(sim, 1, SAYS_IO);
    }
}

static void samples(struct sim *sim)
{
    if (sim->tick % 1000 != 0)
        return;
    for (uint32_t core = 0; core < sim->toy->cores; core++)
        emit(sim, EVENT_SAMPLE_CORE, LANE_NONE, core, 120 + core * 40, 100000000);
    uint64_t kib = sim->gil_shared ? 2400 + sim->workers * 80 : 1800 + sim->workers * 900;
    emit(sim, EVENT_SAMPLE_MEMORY, LANE_NONE, MEMORY_RSS, sim->workers, kib);
    if (sim->tick % 10000 == 0)
        emit(sim, EVENT_SAMPLE_MEMORY, LANE_NONE, MEMORY_PSS, sim->workers, kib * 9 / 10);
}

static void begin(struct sim *sim)
{
    const struct toy *toy = sim->toy;
    emit(sim, EVENT_RUN_GO, LANE_NONE, toy->cores, 0, 0);
    emit(sim, EVENT_LANE_BEGIN, 0, ROLE_MAIN, 1000, 1000);
    emit(sim, EVENT_SAY, 0, TASK_NONE, SAYS_IDLE, 0);
    emit(sim, EVENT_SWITCH_OUT, 0, 0, 0, 0);
    for (uint32_t t = 0; t < toy->tasks; t++) {
        emit(sim, EVENT_TASK_SUBMIT, 0, t, 0, 0);
        emit(sim, EVENT_QUEUE_PUSH, 0, 0, t + 1, t);
    }
    for (uint32_t i = 1; i <= sim->workers; i++) {
        uint32_t role = sim->loop ? ROLE_LOOP : ROLE_WORKER;
        sim->lanes[i] = (struct lane){ .task = TASK_NONE, .core = -1 };
        emit(sim, EVENT_LANE_BEGIN, i, role | (i - 1) << 8, 1000 + i, 1000 + i);
        emit(sim, EVENT_SWITCH_OUT, i, 0, 0, 0);
        if (!sim->loop && !sim->gil_shared && strcmp(toy->runs[sim->run].model, "free") != 0) {
            emit(sim, EVENT_GIL_TAKE, i, i - 1, LANE_NONE, 0);
            say(sim, i, SAYS_IDLE);
        }
        sim->lanes[i].phase = PHASE_IO;
        if (!sim->loop)
            task_take(sim, i);
    }
}

static void end(struct sim *sim, enum run_status status)
{
    for (uint32_t i = 1; i <= sim->workers; i++) {
        emit(sim, EVENT_LANE_SWITCHES, i, 0, 200 + i, 10 * i);
        emit(sim, EVENT_LANE_CPU, i, 0, 150000, 180000000);
        emit(sim, status == RUN_FAILED && i == 1 ? EVENT_LANE_CRASH : EVENT_LANE_END, i, 0, 11, 0);
    }
    emit(sim, EVENT_RUN_END, LANE_NONE, status, 0, 0);
}

static void simulate(struct sim *sim, const struct toy_run *run)
{
    sim->loop = strcmp(run->model, "loop") == 0;
    sim->gil_shared =
        strcmp(run->model, "threads") == 0 || sim->loop || strcmp(run->model, "serial") == 0;
    sim->workers = sim->loop || strcmp(run->model, "serial") == 0 ? 1 : sim->toy->workers;
    begin(sim);
    if (sim->loop) {
        sim->gil_shared = true;
        gil_take(sim, 1, LANE_NONE);
        sim->lanes[1].phase = PHASE_IDLE;
    }
    uint64_t until = run->until_us > 0 ? run->until_us / TICK_US : TICKS_MOST;
    while (sim->done < sim->toy->tasks && sim->tick < until) {
        sim->tick++;
        samples(sim);
        if (sim->loop) {
            loop_move(sim);
        } else {
            for (uint32_t i = 1; i <= sim->workers; i++)
                lane_move(sim, i);
            if (sim->gil_shared)
                share_gil(sim);
        }
        schedule(sim);
    }
    if (run->status != RUN_LIVE)
        end(sim, run->status);
}

void toy_models(struct toy *toy, const char *const *models)
{
    static const char *const titles[][2] = {
        { "serial", "SERIAL" },
        { "threads", "THREADS + GIL" },
        { "free", "FREE THREADS" },
        { "processes", "PROCESSES" },
        { "loop", "EVENT LOOP" },
        { "hybrid", "LOOP + POOL" },
        { "interpreters", "INTERPRETERS" },
    };
    toy->run_count = 0;
    for (size_t i = 0; models[i] != NULL && toy->run_count < TOY_RUNS_MAX; i++) {
        struct toy_run *run = &toy->runs[toy->run_count++];
        *run = (struct toy_run){ .model = models[i], .title = models[i], .status = RUN_DONE };
        for (size_t k = 0; k < sizeof titles / sizeof *titles; k++) {
            if (strcmp(titles[k][0], models[i]) == 0)
                run->title = titles[k][1];
        }
    }
}

void toy_init(struct toy *toy)
{
    static const char *const models[] = { "threads", "processes", "loop", NULL };
    *toy = (struct toy){ .tasks = 200,
                         .workers = 10,
                         .cores = 2,
                         .latency_us = 50000,
                         .compute_us = 1200,
                         .send_us = 300,
                         .staging = "turns" };
    toy_models(toy, models);
}

static void toy_meta(const struct toy *toy, struct meta *meta)
{
    static const char *const params[][2] = {
        { "workers", "10" }, { "switch_interval", "5ms" }, { "gil", "on" },
        { "pages", "200" },  { "latency", "50ms" },
    };
    strcpy(meta->lockstep, "0.0.0");
    strcpy(meta->scenario, "scraper");
    strcpy(meta->title, "Two hundred pages");
    strcpy(meta->question, "Which model fetches 200 slow pages first?");
    strcpy(meta->staging, toy->staging);
    if (toy->predicted != NULL)
        strcpy(meta->predicted, toy->predicted);
    meta->comparable = true;
    meta->machine_cores = toy->cores;
    for (size_t i = 0; i < sizeof params / sizeof *params; i++) {
        strcpy(meta->params[i].name, params[i][0]);
        strcpy(meta->params[i].text, params[i][1]);
        meta->params[i].value = 1;
    }
    meta->param_count = sizeof params / sizeof *params;
    for (uint32_t i = 0; i < toy->run_count; i++) {
        struct meta_run *run = &meta->runs[i];
        strcpy(run->model, toy->runs[i].model);
        strcpy(run->title, toy->runs[i].title);
        if (toy->runs[i].reason != NULL)
            strcpy(run->reason, toy->runs[i].reason);
        run->status = toy->runs[i].status;
        run->cores = toy->cores;
        run->repeat = 1;
        run->switch_source = SOURCE_PERF;
    }
    meta->run_count = toy->run_count;
}

/* Where the events and what is known beside them go. */
struct sink {
    void *context;
    void (*tell)(void *context, const struct meta *meta, uint64_t until_ns);
    void (*feed)(void *context, const struct event *events, size_t count);
};

static void play(const struct toy *toy, const struct sink *sink)
{
    struct sim *sim = mem_zero(1, sizeof *sim);
    struct meta *meta = mem_zero(1, sizeof *meta);
    uint64_t go_us = 1000, until = 0;
    toy_meta(toy, meta);
    sink->tell(sink->context, meta, 0);
    for (uint16_t i = 0; i < toy->run_count; i++) {
        const struct toy_run *run = &toy->runs[i];
        if (run->status == RUN_WAITING || run->status == RUN_UNSUPPORTED)
            continue;
        struct event *events = sim->events;
        size_t capacity = sim->capacity;
        *sim = (struct sim){
            .toy = toy, .run = i, .go_us = go_us, .events = events, .capacity = capacity
        };
        simulate(sim, run);
        sink->feed(sink->context, sim->events, sim->count);
        until = sim->count > 0 ? sim->events[sim->count - 1].time : until;
        go_us += sim->tick * TICK_US + 5000;
    }
    sink->tell(sink->context, meta, until);
    meta_fini(meta);
    free(meta);
    free(sim->events);
    free(sim);
}

static void tell_timeline(void *context, const struct meta *meta, uint64_t until_ns)
{
    timeline_tell(context, meta, until_ns);
}

static void feed_timeline(void *context, const struct event *events, size_t count)
{
    timeline_feed(context, events, count);
}

void toy_feed(const struct toy *toy, struct timeline *timeline)
{
    const struct sink sink = { timeline, tell_timeline, feed_timeline };
    play(toy, &sink);
}

struct keep {
    struct event *events;
    size_t count;
};

static void tell_nobody(void *context, const struct meta *meta, uint64_t until_ns)
{
    (void)context;
    (void)meta;
    (void)until_ns;
}

static void keep_events(void *context, const struct event *events, size_t count)
{
    struct keep *keep = context;
    keep->events = mem_resize(keep->events, keep->count + count + 1, sizeof *events);
    memcpy(keep->events + keep->count, events, count * sizeof *events);
    keep->count += count;
}

struct event *toy_events(const struct toy *toy, size_t *count)
{
    struct keep keep = { 0 };
    const struct sink sink = { &keep, tell_nobody, keep_events };
    play(toy, &sink);
    *count = keep.count;
    return keep.events;
}

static void tell_writer(void *context, const struct meta *meta, uint64_t until_ns)
{
    (void)until_ns;
    recording_write_meta(context, meta, NULL);
}

/* A chunk for each few, as a recorder writes them. */
static void feed_writer(void *context, const struct event *events, size_t count)
{
    enum { A_CHUNK = 1000 };
    for (size_t at = 0; at < count; at += A_CHUNK) {
        size_t some = count - at < A_CHUNK ? count - at : A_CHUNK;
        const struct drained drained = { .events = events + at,
                                         .count = some,
                                         .until_ns = events[at + some - 1].time,
                                         .ns_per_stamp = 1 };
        recording_write_events(context, &drained, NULL);
    }
}

bool toy_record(const struct toy *toy, const char *path, struct error *error)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_set(error, "%s: %s", path, strerror(errno));
    struct recording_writer *writer = recording_writer_new(fd, 0, error);
    if (writer != NULL) {
        const struct sink sink = { writer, tell_writer, feed_writer };
        play(toy, &sink);
    }
    bool well = writer != NULL && recording_writer_close(writer, error);
    close(fd);
    return well;
}
