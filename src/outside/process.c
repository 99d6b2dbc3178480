/*
 * The common ground of the origin and the crowd. Each of them is a process with one thread and one
 * loop; it comes with its signals already let go and with an arena it did not make.
 *
 * Nothing here waits, and nothing here looks after the death of the parent: whoever forked this
 * process has already arranged for that.
 */
#include "outside/process.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* As many descriptors as the hard limit gives. */
static uint64_t limit_raise(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 256; /* what POSIX promises at least is less than any system gives */
    struct rlimit raised = limit;
    raised.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
        limit = raised;
    return limit.rlim_cur == RLIM_INFINITY ? UINT32_MAX : (uint64_t)limit.rlim_cur;
}

static bool outside_prepare(struct outside *outside, enum outside_kind kind, struct error *error)
{
    const struct arena_header *header = outside->arena.header;
    outside->plan =
        plan_parse("scenario", arena_text(&outside->arena), (size_t)header->text_size, NULL, error);
    if (outside->plan == NULL)
        return false;
    if (outside->plan->outside != kind)
        return error_set(error, "scenario %s asks for no %s", outside->plan->name,
                         outside_rows[kind].name);
    outside->loop = ev_loop_new(EVFLAG_AUTO);
    if (outside->loop == NULL)
        return error_set(error, "the %s gets no event loop from the system",
                         outside_rows[kind].name);
    return true;
}

bool outside_open(struct outside *outside, int arena_fd, uint32_t run, enum outside_kind kind)
{
    *outside = (struct outside){ .run = NULL };
    if (!arena_map(&outside->arena, arena_fd, NULL))
        return false;
    if (run >= outside->arena.header->run_count) {
        arena_unmap(&outside->arena);
        return false;
    }
    outside->run = arena_run(&outside->arena, run);
    signal(SIGPIPE, SIG_IGN); /* a peer that is gone is an answer of send(), not an end */
    outside->descriptors = limit_raise();

    struct error error;
    if (!outside_prepare(outside, kind, &error)) {
        outside_failed(outside, error.text);
        outside_close(outside);
        return false;
    }
    ring_open(&outside->ring, &outside->arena, run, ROLE_OUTSIDE, 0);
    outside->has_lane = true;
    return true;
}

void outside_close(struct outside *outside)
{
    if (outside->has_lane)
        ring_close(&outside->ring, &outside->arena);
    if (outside->loop != NULL)
        ev_loop_destroy(outside->loop);
    plan_free(outside->plan);
    arena_unmap(&outside->arena);
    *outside = (struct outside){ .run = NULL };
}

static void outside_tell(struct outside *outside, uint32_t ready)
{
    atomic_store(&outside->run->outside_ready, ready);
    arena_wake(&outside->run->outside_ready);
}

void outside_ready(struct outside *outside)
{
    outside_tell(outside, 1);
}

void outside_failed(struct outside *outside, const char *why)
{
    arena_run_fail(outside->run, RUN_FAILED, 0, "%s", why);
    outside_tell(outside, 2);
}

int64_t outside_value(const struct outside *outside, const struct plan_value *value)
{
    return value->param < 0 ? value->literal : arena_param(&outside->arena, value->param);
}

void outside_poll_params(struct outside *outside)
{
    const struct arena_header *header = outside->arena.header;
    uint32_t version = atomic_load_explicit(&header->params_version, memory_order_acquire);
    if (version == outside->params_version || atomic_load(&outside->run->gone_ns) == 0)
        return;
    outside->params_version = version;
    for (int field = 0; field < PLAN_FIELDS_MAX; field++) {
        int param = outside->plan->outside_value[field].param;
        if (param < 0)
            continue;
        uint32_t now = atomic_load_explicit(&header->param[param].version, memory_order_acquire);
        if (atomic_exchange(&outside->run->param_applied[param], now) != now)
            ring_emit(&outside->ring, EVENT_PARAM_APPLIED, (uint32_t)param, 0,
                      (uint64_t)arena_param(&outside->arena, param));
    }
}

bool outside_is_stopped(const struct outside *outside)
{
    return atomic_load_explicit(&outside->run->stop, memory_order_acquire) != 0;
}

bool outside_is_over(const struct outside *outside)
{
    return atomic_load_explicit(&outside->run->phase, memory_order_acquire) >= PHASE_OVER;
}
