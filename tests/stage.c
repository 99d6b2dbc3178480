/*
 * Running a stage from a test: see stage.h. The stage is a child of the test's process, as it is the
 * spawner's in the program.
 */
#include "stage.h"

#include "base/clock.h"
#include "base/memory.h"
#include "engine/spin.h"
#include "trace/ring.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 120 * 1000, BATCH = 4096 };

static void stage_test_make(struct stage_test *test, struct plan *plan, const char *model,
                            const char *const *sets)
{
    struct error error;
    int64_t values[PLAN_PARAMS_MAX];
    test->plan = plan;
    test->model = model_find(model);
    ck_assert_msg(test->model != NULL, "there is no model %s", model);
    for (size_t i = 0; i < plan->param_count; i++)
        values[i] = plan->params[i].initial;
    for (size_t i = 0; sets != NULL && sets[i] != NULL; i++) {
        int param;
        int64_t value;
        ck_assert_msg(plan_set(plan, sets[i], &param, &value, &error), "%s", error.text);
        values[param] = value;
    }
    struct arena_options options = {
        .run_count = 1, .text = plan->text, .text_size = plan->text_size, .seed = 7, .tracing = true
    };
    options.lane_capacity[0] = test->model->lanes(plan, values);
    ck_assert_msg(arena_new(&test->arena, &options, &error), "%s", error.text);
    struct arena_header *header = test->arena.header;
    header->param_count = (uint32_t)plan->param_count;
    for (size_t i = 0; i < plan->param_count; i++)
        arena_param_set(&test->arena, (int)i, values[i]);
    header->spins_per_ms = spin_calibrate();
    test->run = arena_run(&test->arena, 0);
    snprintf(test->run->model, sizeof test->run->model, "%s", model);
}

void stage_test_init(struct stage_test *test, const char *text, const char *model,
                     const char *const *sets)
{
    struct error error;
    *test = (struct stage_test){ 0 };
    struct plan *plan = plan_parse("-", text, strlen(text), model_names(), &error);
    ck_assert_msg(plan != NULL, "%s", error.text);
    stage_test_make(test, plan, model, sets);
}

void stage_test_load(struct stage_test *test, const char *name, const char *model,
                     const char *const *sets)
{
    struct error error;
    *test = (struct stage_test){ 0 };
    struct plan *plan = plan_load(name, model_names(), &error);
    ck_assert_msg(plan != NULL, "%s", error.text);
    stage_test_make(test, plan, model, sets);
}

void stage_test_start(struct stage_test *test)
{
    stamp_init();
    fflush(NULL);
    test->pid = fork();
    ck_assert_int_ge(test->pid, 0);
    if (test->pid == 0) {
        platform_inject(test->faults);
        struct stage_model model = model_stage(test->model);
        _exit(stage_main(dup(test->arena.fd), 0, &model));
    }
    while (atomic_load(&test->run->phase) < PHASE_READY)
        arena_wait(&test->run->phase, PHASE_NEW, 100 * NS_PER_MS);
    atomic_store(&test->run->go, 1);
    arena_wake(&test->run->go);
}

static void stage_test_take(struct stage_test *test)
{
    uint32_t lanes = atomic_load(&test->run->next_lane);
    for (uint32_t lane = 0; lane < lanes && lane < test->run->lane_capacity; lane++) {
        for (size_t got = 1; got > 0;) {
            if (test->room - test->count < BATCH) {
                test->room = test->room * 2 + BATCH;
                test->events = mem_resize(test->events, test->room, sizeof *test->events);
            }
            got = ring_drain(&test->arena, 0, lane, test->events + test->count, BATCH);
            test->count += got;
        }
    }
}

bool stage_test_poll(struct stage_test *test, int limit_ms)
{
    const struct timespec pause = { .tv_nsec = (long)NS_PER_MS };
    uint64_t until_ns = clock_now() + (uint64_t)limit_ms * NS_PER_MS;
    while (!test->ended && clock_now() < until_ns) {
        stage_test_take(test);
        if (waitpid(test->pid, &test->status, WNOHANG) == test->pid)
            test->ended = true;
        else
            nanosleep(&pause, NULL);
    }
    stage_test_take(test);
    return test->ended;
}

static int by_time(const void *one, const void *other)
{
    const struct event *a = one, *b = other;
    return a->time < b->time ? -1 : a->time > b->time;
}

/* qsort keeps no order among equal times, and events of a lane may share one: a merge does. */
static void stage_test_sort(struct event *events, size_t count, struct event *scratch)
{
    if (count < 2)
        return;
    size_t half = count / 2;
    stage_test_sort(events, half, scratch);
    stage_test_sort(events + half, count - half, scratch);
    memcpy(scratch, events, half * sizeof *events);
    for (size_t i = 0, j = half, at = 0; i < half; at++) {
        bool second = j < count && by_time(&events[j], &scratch[i]) < 0;
        events[at] = second ? events[j++] : scratch[i++];
    }
}

void stage_test_end(struct stage_test *test)
{
    if (!stage_test_poll(test, PATIENCE_MS)) {
        kill(test->pid, SIGKILL);
        waitpid(test->pid, NULL, 0);
        ck_abort_msg("the stage of %s did not end", test->model->name);
    }
    struct event *scratch = mem_alloc((test->count + 1) * sizeof *scratch);
    stage_test_sort(test->events, test->count, scratch);
    free(scratch);
}

void stage_test_run(struct stage_test *test)
{
    stage_test_start(test);
    stage_test_end(test);
}

void stage_test_fini(struct stage_test *test)
{
    free(test->events);
    arena_unmap(&test->arena);
    plan_free(test->plan);
}

size_t stage_test_count(const struct stage_test *test, enum event_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < test->count; i++)
        count += test->events[i].kind == kind;
    return count;
}

const struct event *stage_test_first(const struct stage_test *test, enum event_kind kind)
{
    for (size_t i = 0; i < test->count; i++)
        if (test->events[i].kind == kind)
            return &test->events[i];
    return NULL;
}

double stage_test_wall_s(const struct stage_test *test)
{
    const struct event *go = stage_test_first(test, EVENT_RUN_GO);
    const struct event *end = stage_test_first(test, EVENT_RUN_END);
    if (go == NULL || end == NULL)
        return -1.;
    struct stamp_pair one = stamp_pair();
    nanosleep(&(struct timespec){ .tv_nsec = 20 * (long)NS_PER_MS }, NULL);
    struct stamp_pair other = stamp_pair();
    double ns_per_stamp =
        (double)(other.clock_ns - one.clock_ns) / (double)(other.stamp - one.stamp);
    return (double)(end->time - go->time) * ns_per_stamp / (double)NS_PER_S;
}

uint64_t stage_test_checksum(const struct stage_test *test)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < test->count; i++)
        if (test->events[i].kind == EVENT_TASK_COLLECT)
            sum += test->events[i].b * (2 * (uint64_t)test->events[i].object + 1);
    return sum;
}
