/*
 * The race as its users see it: made, started, polled, asked and turned. The steps of its runs are in
 * conduct.c. Invariant: nothing here waits. No event is read here: what a run did is in the recording.
 */
#include "race/race.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "engine/spin.h"
#include "platform/platform.h"
#include "race/conduct.h"
#include "race/plan_race.h"
#include "race/recorder.h"

const char *const staging_names[] = { "turns", "split", "together", NULL };
static const uint64_t close_limit_ns = 10 * NS_PER_S;

static bool all_over(const struct race *race)
{
    for (size_t i = 0; i < race->run_count; i++)
        if (race->runs[i].step != AT_OVER)
            return false;
    return true;
}

static void begin_next(struct race *race)
{
    for (size_t i = 0; i < race->run_count; i++) {
        struct run *run = &race->runs[i];
        if (run->step == AT_OVER)
            continue;
        if (run->step != AT_WAITING) {
            if (race->staging == STAGING_TURNS)
                return;
            continue;
        }
        if (race->stopping) {
            run_set_status(race, i, RUN_STOPPED, "stopped before its turn");
            run_enter(run, AT_OVER);
            continue;
        }
        run_begin(race, i);
        if (race->staging == STAGING_TURNS)
            return;
    }
}

static void close_recording(struct race *race)
{
    if (!race->closing) {
        race_tell_meta(race);
        const struct recorder_message message = { .ask = ASK_CLOSE };
        race_tell_recorder(race, &message, NULL);
        race->closing = true;
        race->closing_ns = clock_now();
    }
    if (race->recorder_over)
        race->over = true;
    else if (clock_now() - race->closing_ns > close_limit_ns && race->recorder_pid > 0)
        spawner_kill(race->spawner, race->recorder_pid, SIGKILL);
}

bool race_poll(struct race *race)
{
    if (race->over || !race->started)
        return !race->over;
    race_hear_spawner(race);
    race_hear_recorder(race);
    if (race->over)
        return false;
    uint64_t now = clock_now();
    for (size_t i = 0; i < race->run_count; i++)
        run_move(race, i, now);
    runs_let_go(race);
    if (!race->recorder_over && atomic_load(&race->arena.header->recorder_alive) == 0)
        return true;
    begin_next(race);
    if (race->meta_changed)
        race_tell_meta(race);
    if (all_over(race))
        close_recording(race);
    return !race->over;
}

static bool choose_models(struct race *race, const struct race_options *options,
                          struct error *error)
{
    const char *plan_models[PLAN_MODELS_MAX + 1] = { 0 };
    const char *const *names = options->models;
    if (names == NULL) {
        for (size_t i = 0; i < options->plan->model_count; i++)
            plan_models[i] = options->plan->models[i];
        names = plan_models;
    }
    size_t able = 0;
    for (; *names != NULL; names++) {
        if (race->run_count == META_RUNS_MAX)
            return error_set(error, "a race has at most %d models", META_RUNS_MAX);
        const struct model *model = model_find(*names);
        if (model == NULL) {
            const char *near = nearest_name(*names, model_names());
            return error_set(error, "no model is called '%s'%s%s%s; 'lockstep list' names them",
                             *names, near != NULL ? "; nearest is '" : "", near != NULL ? near : "",
                             near != NULL ? "'" : "");
        }
        size_t i = race->run_count++;
        race->runs[i].model = model;
        struct meta_run *meta = &race->meta.runs[i];
        snprintf(meta->model, sizeof meta->model, "%s", model->name);
        snprintf(meta->title, sizeof meta->title, "%s", model->title);
        meta->repeat = options->repeat_index > 0 ? options->repeat_index : 1;
        const char *refusal = model_refuses(model, options->plan);
        if (refusal != NULL) {
            meta->status = RUN_UNSUPPORTED;
            snprintf(meta->reason, sizeof meta->reason, "%s", refusal);
            race->runs[i].step = AT_OVER;
        } else {
            able++;
        }
    }
    race->meta.run_count = (uint32_t)race->run_count;
    if (able == 0)
        return error_set(error, "none of the models can carry '%s': %s", options->plan->name,
                         race->run_count > 0 ? race->meta.runs[0].reason : "none is named");
    return true;
}

static bool make_arena(struct race *race, const struct race_options *options, struct error *error)
{
    struct arena_options arena = { .run_count = (uint32_t)race->run_count,
                                   .text = options->plan->text,
                                   .text_size = options->plan->text_size,
                                   .seed = options->seed,
                                   .tracing = true };
    for (size_t i = 0; i < race->run_count; i++)
        if (race->runs[i].step != AT_OVER)
            arena.lane_capacity[i] = race->runs[i].model->lanes(options->plan, options->values);
    if (!arena_new(&race->arena, &arena, error))
        return false;
    struct arena_header *header = race->arena.header;
    header->staging = race->staging;
    header->spins_per_ms = spin_calibrate();
    header->param_count = (uint32_t)options->plan->param_count;
    race->ticket = (uint32_t)clock_now();
    if (options->plan->origin_url != NULL)
        snprintf(header->origin_url, sizeof header->origin_url, "%s", options->plan->origin_url);
    if (options->listen != NULL)
        snprintf(header->listen, sizeof header->listen, "%s", options->listen);
    for (size_t i = 0; i < race->run_count; i++)
        snprintf(header->run[i].model, sizeof header->run[i].model, "%s",
                 race->runs[i].model->name);
    race->kind = options->plan->kind;
    race->amount = options->plan->kind == PLAN_BATCH ? options->plan->tasks
                                                     : options->plan->outside_value[CROWD_RATE];
    race->param_count = options->plan->param_count;
    for (size_t p = 0; p < race->param_count; p++) {
        race->start_values[p] = options->values[p];
        arena_param_set(&race->arena, (int)p, options->values[p]);
    }
    return true;
}

static bool make_cores(struct race *race, struct error *error)
{
    struct stage_cores cores;
    size_t able = 0;
    for (size_t i = 0; i < race->run_count; i++)
        able += race->runs[i].step != AT_OVER;
    if (!staging_cores(race->staging, able, &cores, error))
        return false;
    race->observer_mask = cores.observer_mask;
    for (size_t i = 0, k = 0; i < race->run_count; i++) {
        if (race->runs[i].step == AT_OVER)
            continue;
        race->runs[i].core_mask = cores.mask[k];
        race->meta.runs[i].cores = cores.count[k];
        k++;
    }
    return true;
}

struct race *race_new(struct spawner *spawner, const struct race_options *options,
                      struct error *error)
{
    struct race *race = mem_zero(1, sizeof *race);
    race->spawner = spawner;
    race->file = race->control = race->overflow = -1;
    race->arena.fd = -1;
    race->outside = options->plan->outside;
    size_t named = 0;
    while (options->models != NULL && options->models[named] != NULL)
        named++;
    if (options->models == NULL)
        named = options->plan->model_count;
    race->staging = options->staging < 0 ? staging_default(named) : (enum staging)options->staging;
    race_meta_fill(&race->meta, options, race->staging);
    if (!choose_models(race, options, error) || !make_cores(race, error) ||
        (race->file = race_file(options->record, options->record_force, error)) < 0 ||
        (race->overflow = platform_memfd("lockstep-overflow", 0, error)) < 0 ||
        !make_arena(race, options, error)) {
        race_free(race);
        return NULL;
    }
    for (size_t i = 0; i < race->run_count; i++) {
        struct arena_run *block = arena_run(&race->arena, (uint32_t)i);
        block->core_count = race->meta.runs[i].cores;
        block->core_mask = race->runs[i].core_mask;
    }
    return race;
}

void race_start(struct race *race)
{
    int pair[2];
    race->started = true;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
        snprintf(race->trouble, sizeof race->trouble, "cannot make a socket pair: %s",
                 strerror(errno));
        race->over = true;
        return;
    }
    race->control = pair[0];
    if (!race_spawn(race, SPAWN_RECORDER, 0, race->observer_mask, pair[1]))
        race->over = true;
    close(pair[1]);
    race_tell_meta(race);
}

size_t race_fds(const struct race *race, int *fds, size_t most)
{
    size_t count = 0;
    if (count < most)
        fds[count++] = spawner_fd(race->spawner);
    if (count < most && race->control >= 0 && !race->recorder_over)
        fds[count++] = race->control;
    return count;
}

int race_timeout_ms(const struct race *race)
{
    if (!race->started || race->over)
        return 1000;
    for (size_t i = 0; i < race->run_count; i++)
        if (race->runs[i].step != AT_OVER && race->runs[i].step != AT_LIVE &&
            !(race->runs[i].step == AT_WAITING && race->staging == STAGING_TURNS && i > 0))
            return 2; /* a word in shared memory may change */
    return race->turn_next < race->turn_count ? 2 : 50;
}

void race_stop(struct race *race)
{
    race->stopping = true;
    uint64_t now = clock_now();
    for (size_t i = 0; i < race->run_count; i++) {
        struct run *run = &race->runs[i];
        if (run->step == AT_LIVE) {
            if (run->stop_ns == 0)
                run->stop_ns = now;
            struct arena_run *block = arena_run(&race->arena, (uint32_t)i);
            atomic_store(&block->stop, 1);
            arena_wake(&block->stop);
        } else if (run->step > AT_WAITING && run->step < AT_LIVE) {
            run_fail(race, i, RUN_STOPPED, "stopped before it was let go");
        }
    }
}

void race_free(struct race *race)
{
    if (race == NULL)
        return;
    for (size_t i = 0; i < race->run_count; i++)
        run_kill(race, &race->runs[i]);
    if (race->control >= 0)
        close(race->control); /* a recorder that still runs closes its file by itself */
    if (race->file >= 0)
        close(race->file);
    if (race->overflow >= 0)
        close(race->overflow);
    if (race->arena.header != NULL)
        arena_unmap(&race->arena);
    meta_fini(&race->meta);
    free(race);
}

/* ---- Questions. ---- */

const struct meta *race_meta(const struct race *race)
{
    return &race->meta;
}

int race_recording_fd(const struct race *race)
{
    return race->file;
}

uint64_t race_recorded(const struct race *race)
{
    if (race->recorder_over)
        return UINT64_MAX;
    return atomic_load_explicit(&race->arena.header->recorded_bytes, memory_order_acquire);
}

int race_overflow_fd(const struct race *race)
{
    return race->overflow;
}

uint64_t race_overflowed(const struct race *race)
{
    uint64_t size = atomic_load_explicit(&race->arena.header->overflow_bytes, memory_order_acquire);
    return size > 0 && race->recorder_over ? UINT64_MAX : size;
}

int race_live_run(const struct race *race)
{
    for (size_t i = 0; i < race->run_count; i++)
        if (race->runs[i].step == AT_LIVE)
            return (int)i;
    return -1;
}

bool race_over(const struct race *race)
{
    return race->over;
}

const char *race_trouble(const struct race *race)
{
    return race->trouble[0] != '\0' ? race->trouble : NULL;
}

int64_t race_param(const struct race *race, int param)
{
    return arena_param(&race->arena, param);
}
