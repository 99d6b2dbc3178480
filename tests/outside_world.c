/*
 * Deadlines here bound a hang; no test asks how fast something was.
 */
#include "outside_world.h"

#include "base/clock.h"
#include "base/memory.h"
#include "platform/platform.h"
#include "trace/ring.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HANG_MS = 60000, EVENTS_MOST = 1 << 15 };

void world_open(struct world *world, const char *scenario, uint64_t seed)
{
    const struct arena_options options = {
        .run_count = 1,
        .lane_capacity = { 4 },
        .text = scenario,
        .text_size = strlen(scenario),
        .seed = seed,
        .tracing = true,
    };
    struct error error;
    *world = (struct world){ .pid = 0 };
    if (!arena_new(&world->arena, &options, &error))
        ck_abort_msg("%s", error.text);
    world->run = arena_run(&world->arena, 0);
    world->plan = plan_parse("test", scenario, strlen(scenario), NULL, &world->error);
    if (world->plan == NULL)
        return;
    world->arena.header->param_count = (uint32_t)world->plan->param_count;
    for (size_t i = 0; i < world->plan->param_count; i++)
        arena_param_set(&world->arena, (int)i, world->plan->params[i].initial);
}

void world_start(struct world *world, int (*body)(int arena_fd, uint32_t run), void (*before)(void))
{
    pid_t parent = getpid();
    fflush(NULL);
    world->pid = fork();
    ck_assert_int_ge(world->pid, 0);
    if (world->pid == 0) {
        platform_die_with_parent(SIGKILL, parent);
        int fd = dup(world->arena.fd);
        arena_unmap(&world->arena);
        plan_free(world->plan);
        if (before != NULL)
            before();
        exit(body(fd, 0));
    }
}

void world_set(struct world *world, const char *param, const char *value)
{
    char text[80];
    int index;
    int64_t number;
    struct error error;
    snprintf(text, sizeof text, "%s=%s", param, value);
    if (!plan_set(world->plan, text, &index, &number, &error))
        ck_abort_msg("%s", error.text);
    arena_param_set(&world->arena, index, number);
}

bool world_ended(struct world *world, int limit_ms)
{
    uint64_t limit = clock_now() + (uint64_t)limit_ms * NS_PER_MS;
    while (!world->ended) {
        world->ended = waitpid(world->pid, &world->status, WNOHANG) == world->pid;
        if (world->ended || clock_now() >= limit)
            break;
        usleep(2000);
    }
    return world->ended;
}

uint32_t world_wait(struct world *world, _Atomic uint32_t *word)
{
    uint64_t limit = clock_now() + HANG_MS * NS_PER_MS;
    while (atomic_load(word) == 0 && clock_now() < limit && !world_ended(world, 0))
        arena_wait(word, 0, 20 * NS_PER_MS);
    return atomic_load(word);
}

int world_close(struct world *world)
{
    if (world->pid > 0) {
        atomic_store(&world->run->stop, 1);
        if (!world_ended(world, HANG_MS)) {
            kill(world->pid, SIGKILL);
            waitpid(world->pid, &world->status, 0);
        }
    }
    plan_free(world->plan);
    arena_unmap(&world->arena);
    return WIFEXITED(world->status) ? WEXITSTATUS(world->status) : -1;
}

struct event *world_events(struct world *world, size_t *count)
{
    struct event *events = mem_zero(EVENTS_MOST, sizeof *events);
    size_t got = ring_drain(&world->arena, 0, 0, events, EVENTS_MOST);
    *count = 0;
    for (size_t i = 0; i < got; i++)
        if (events[i].kind != EVENT_LANE_BEGIN && events[i].kind != EVENT_LANE_CPU &&
            events[i].kind != EVENT_LANE_SWITCHES && events[i].kind != EVENT_LANE_END)
            events[(*count)++] = events[i];
    return events;
}
