/*
 * The stage: from a forked process to a run and to its end. See stage.h for the order of things.
 *
 * Invariant: RUN_GO is written once, by the main lane, right after go; RUN_END once, with the status
 * that the run's row has from then on. Whatever happens after that changes no figure.
 *
 * It deliberately knows no model, and ends no process but by returning.
 */
#include "engine/stage.h"

#include "base/clock.h"
#include "engine/listen.h"
#include "engine/spin.h"
#include "platform/platform.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int64_t stage_param(const struct stage *stage, int param)
{
    return arena_param(&stage->arena, param);
}

void stage_limited(struct stage *stage, uint32_t count, const char *format, ...)
{
    char why[ARENA_REASON];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    arena_run_fail(stage->run, RUN_LIMITED, count, "%s", why);
    atomic_store(&stage->run->stop, 1);
    arena_wake(&stage->run->stop);
}

uint32_t stage_workers_most(const struct stage *stage)
{
    return stage->run->lane_capacity - STAGE_LANES_OTHER;
}

bool stage_workers_turned(struct stage *stage, uint32_t *wanted)
{
    const struct arena_param *param = &stage->arena.header->param[PARAM_WORKERS];
    uint32_t version = atomic_load_explicit(&param->version, memory_order_acquire);
    if (version == stage->workers_version)
        return false;
    stage->workers_version = version;
    *wanted = (uint32_t)stage_param(stage, PARAM_WORKERS);
    return true;
}

bool stage_is_called(const struct stage *stage)
{
    const struct arena_param *param = &stage->arena.header->param[PARAM_WORKERS];
    return atomic_load_explicit(&param->version, memory_order_relaxed) != stage->workers_version ||
           atomic_load_explicit(&stage->run->burst_asked, memory_order_relaxed) > 0;
}

void stage_workers_are(struct stage *stage, uint32_t count)
{
    atomic_store(&stage->run->param_applied[PARAM_WORKERS], stage->workers_version);
    ring_emit(&stage->main.ring, EVENT_PARAM_APPLIED, PARAM_WORKERS, 0, count);
}

static uint32_t stage_submit(struct stage *stage, struct lane *lane, uint32_t count)
{
    uint32_t first = atomic_fetch_add(&stage->run->next_task, count);
    for (uint32_t i = 0; i < count; i++)
        ring_emit(&lane->ring, EVENT_TASK_SUBMIT, first + i, 0, 0);
    return count;
}

uint32_t stage_submit_all(struct stage *stage, struct lane *lane)
{
    const struct plan_value *tasks = &stage->plan->tasks;
    int64_t wanted = tasks->param < 0 ? tasks->literal : stage_param(stage, tasks->param);
    return stage_submit(stage, lane, wanted < 0 ? 0 : (uint32_t)wanted);
}

uint32_t stage_submit_burst(struct stage *stage, struct lane *lane)
{
    if (atomic_load_explicit(&stage->run->burst_asked, memory_order_relaxed) == 0)
        return 0;
    return stage_submit(stage, lane, atomic_exchange(&stage->run->burst_asked, 0));
}

void stage_collect(struct stage *stage, struct lane *lane, uint32_t task, uint64_t bytes,
                   uint64_t checksum)
{
    (void)stage;
    ring_emit(&lane->ring, EVENT_TASK_COLLECT, task, (uint32_t)bytes, checksum);
}

void stage_end(struct stage *stage, bool whole)
{
    if (stage->ended)
        return;
    stage->ended = true;
    /* Whoever hit a limit or failed, here or in the outside, said so before. */
    uint32_t status = RUN_LIVE, ended = whole ? RUN_DONE : RUN_STOPPED;
    if (atomic_compare_exchange_strong(&stage->run->status, &status, ended))
        status = ended;
    ring_emit(&stage->main.ring, EVENT_RUN_END, status, atomic_load(&stage->run->limit_count), 0);
}

/* Tells everybody who sleeps on it. */
static void stage_phase(struct stage *stage, enum run_phase phase)
{
    atomic_store(&stage->run->phase, (uint32_t)phase);
    arena_wake(&stage->run->phase);
}

/* The run's cores, where it does not have them all. */
static void stage_pin(const struct stage *stage)
{
    enum { BITS = 64 };
    int cores[BITS];
    size_t count = 0;
    for (int core = 0; core < BITS; core++)
        if ((stage->run->core_mask >> core & 1) != 0)
            cores[count++] = core;
    if (count > 0)
        platform_pin(cores, count);
}

/* Parameters that somebody else than the lanes puts into effect, and says so. */
static uint64_t stage_elsewhere(const struct stage *stage)
{
    uint64_t params = UINT64_C(1) << PARAM_WORKERS;
    for (int i = 0; i < PLAN_FIELDS_MAX; i++)
        if (stage->plan->outside_value[i].param >= 0)
            params |= UINT64_C(1) << stage->plan->outside_value[i].param;
    return params;
}

/* All that is done before go: nothing here counts as the run's time. */
static bool stage_prepare(struct stage *stage, struct error *error)
{
    const struct arena_header *header = stage->arena.header;
    stage->plan = plan_parse("-", arena_text(&stage->arena), header->text_size, NULL, error);
    if (stage->plan == NULL)
        return false;
    stage_pin(stage);
    stage->elsewhere = stage_elsewhere(stage);
    stage->workers_version = atomic_load(&header->param[PARAM_WORKERS].version);
    for (uint32_t i = 0; i < header->param_count; i++)
        atomic_store(&stage->run->param_applied[i], atomic_load(&header->param[i].version));
    if (stage->plan->kind != PLAN_SERVICE)
        return true;
    uint32_t port = 0;
    stage->listener = listen_open(header->listen, &port, error);
    if (stage->listener < 0)
        return false;
    atomic_store(&stage->run->server_port, port);
    return true;
}

/* False: told to stop before it went. */
static bool stage_await_go(struct stage *stage)
{
    stage_phase(stage, PHASE_READY);
    while (atomic_load(&stage->run->go) == 0) {
        if (stage_should_stop(stage))
            return false;
        arena_wait(&stage->run->go, 0, 100 * NS_PER_MS);
    }
    return true;
}

static void stage_carry(struct stage *stage, const struct stage_model *model)
{
    struct arena_run *run = stage->run;
    struct error error;
    bool (*carry)(struct stage *, struct error *) =
        stage->plan->kind == PLAN_SERVICE ? model->service : model->batch;
    if (!model->without_gil)
        stage->gil =
            gil_new(atomic_fetch_add(&run->next_gil, 1), stage_param(stage, PARAM_GIL) != 0);
    lane_begin(&stage->main, stage, stage->gil, model->main_role, 0);
    atomic_store(&run->gone_ns, clock_now());
    ring_emit(&stage->main.ring, EVENT_RUN_GO, run->core_count, stage->arena.header->staging, 0);
    uint32_t waiting = RUN_WAITING;
    atomic_compare_exchange_strong(&run->status, &waiting, RUN_LIVE);
    stage_phase(stage, PHASE_GONE);
    if (carry == NULL)
        arena_run_fail(run, RUN_FAILED, 0, "%s cannot carry such a scenario", model->name);
    else if (!carry(stage, &error))
        arena_run_fail(run, RUN_FAILED, 0, "%s", error.text);
    stage_end(stage, !stage_should_stop(stage));
    lane_end(&stage->main);
    gil_free(stage->gil);
}

int stage_main(int arena_fd, uint32_t run, const struct stage_model *model)
{
    struct stage stage = { .run_index = run, .listener = -1 };
    struct error error;
    /* Who writes to a pipe or a socket whose other end is gone wants to be told so. */
    signal(SIGPIPE, SIG_IGN);
    if (!arena_map(&stage.arena, arena_fd, &error)) {
        fprintf(stderr, "lockstep: stage %s: %s\n", model->name, error.text);
        return 1;
    }
    stage.run = arena_run(&stage.arena, run);
    if (stage.arena.header->spins_per_ms == 0)
        stage.arena.header->spins_per_ms = spin_calibrate();
    if (!stage_prepare(&stage, &error))
        arena_run_fail(stage.run, RUN_FAILED, 0, "%s", error.text);
    else if (!stage_await_go(&stage))
        atomic_store(&stage.run->status, RUN_STOPPED);
    else
        stage_carry(&stage, model);
    bool failed = atomic_load(&stage.run->status) == RUN_FAILED;
    stage_phase(&stage, PHASE_OVER);
    if (stage.listener >= 0)
        close(stage.listener);
    plan_free(stage.plan);
    arena_unmap(&stage.arena);
    return failed ? 1 : 0;
}
