/*
 * The conductor: a state machine per run, moved on by race_poll().
 *
 *   waiting -> origin -> stage -> crowd -> attach -> ready -> live -> outside -> detach -> over
 *
 * Each step asks one process for one thing and waits for its answer: a message of the spawner or the
 * recorder, or a word in shared memory. Steps that a scenario does not need are passed over.
 * Invariant: nothing here waits; whatever takes too long fails that run with a sentence, and the race
 * goes on with the next. No event is read here: what a run did is in the recording.
 */
#include "race/conduct.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "race/recorder.h"
#include "trace/meta.h"

static const char *const step_names[] = { "waiting",
                                          "the origin's start",
                                          "the stage's start",
                                          "the crowd's start",
                                          "the recorder's answer",
                                          "the others",
                                          "live",
                                          "the outside's end",
                                          "the recorder's rest",
                                          "over" };

static const uint64_t step_limit_ns = 10 * NS_PER_S; /* for every step but ready and live */
static const uint64_t stop_limit_ns = NS_PER_S;      /* from stop to kill */
static const uint64_t outside_limit_ns = NS_PER_S;

/* ---- Small things. ---- */

void run_enter(struct run *run, enum step step)
{
    run->step = step;
    run->step_ns = clock_now();
}

void race_tell_recorder(struct race *race, const struct recorder_message *message, const char *rest)
{
    if (race->recorder_over)
        return;
    struct iovec parts[2] = {
        { .iov_base = (void *)(uintptr_t)message, .iov_len = sizeof *message },
        { .iov_base = (void *)(uintptr_t)rest, .iov_len = rest != NULL ? strlen(rest) : 0 }
    };
    const struct msghdr packet = { .msg_iov = parts, .msg_iovlen = rest != NULL ? 2 : 1 };
    while (sendmsg(race->control, &packet, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno == EINTR)
        ;
}

void race_tell_meta(struct race *race)
{
    char *json = meta_print(&race->meta);
    const struct recorder_message message = { .ask = ASK_META };
    race_tell_recorder(race, &message, json);
    free(json);
    race->meta_changed = false;
}

void race_tell_event(struct race *race, uint64_t mono_ns, const struct event *event)
{
    const struct recorder_message message = { .ask = ASK_EVENT,
                                              .mono_ns = mono_ns,
                                              .event = *event };
    race_tell_recorder(race, &message, NULL);
}

void run_set_status(struct race *race, size_t i, enum run_status status, const char *reason)
{
    struct meta_run *run = &race->meta.runs[i];
    run->status = status;
    if (reason != NULL)
        snprintf(run->reason, sizeof run->reason, "%s", reason);
    race->meta_changed = true;
}

bool race_spawn(struct race *race, enum spawn_kind kind, size_t run, uint64_t mask, int control)
{
    const struct spawn_order order = {
        .kind = kind,
        .run = (uint32_t)run,
        .model = kind == SPAWN_STAGE ? race->runs[run].model->name : NULL,
        .core_mask = mask,
        .arena_fd = race->arena.fd,
        .file_fd = race->file,
        .control_fd = control,
        .overflow_fd = race->overflow,
        .ticket = race->ticket,
    };
    struct error error;
    if (spawner_spawn(race->spawner, &order, &error))
        return true;
    snprintf(race->trouble, sizeof race->trouble, "%.239s", error.text);
    return false;
}

/* ---- The end of a run. ---- */

void run_kill(struct race *race, struct run *run)
{
    if (run->stage_pid > 0)
        spawner_kill(race->spawner, run->stage_pid, SIGKILL);
    if (run->outside_pid > 0)
        spawner_kill(race->spawner, run->outside_pid, SIGKILL);
}

/* A run that never went, or whose processes are to go now. */
void run_fail(struct race *race, size_t i, enum run_status status, const char *reason)
{
    struct run *run = &race->runs[i];
    run_set_status(race, i, status, reason);
    run_kill(race, run);
    run_enter(run, run->step >= AT_ATTACH && run->step < AT_DETACH ? AT_OUTSIDE : AT_OVER);
}

/* What became of a stage that was reaped. */
void run_judge(struct race *race, size_t i)
{
    struct run *run = &race->runs[i];
    struct arena_run *block = arena_run(&race->arena, (uint32_t)i);
    enum run_status status = (enum run_status)atomic_load(&block->status);
    char reason[sizeof block->reason];
    snprintf(reason, sizeof reason, "%.*s", (int)sizeof block->reason - 1, block->reason);
    if (WIFSIGNALED(run->exit_status)) {
        status = RUN_FAILED;
        if (run->killed)
            snprintf(reason, sizeof reason,
                     "killed by the viewer: its workers are one process, and end together");
        else
            snprintf(reason, sizeof reason, "the stage was ended by signal %d (%s)",
                     WTERMSIG(run->exit_status), strsignal(WTERMSIG(run->exit_status)));
    } else if (status == RUN_WAITING || status == RUN_LIVE) {
        status = WEXITSTATUS(run->exit_status) == 0 ? RUN_DONE : RUN_FAILED;
    }
    if (run->stop_ns != 0 && status != RUN_DONE && status != RUN_LIMITED) {
        status = RUN_STOPPED;
        snprintf(reason, sizeof reason, "stopped by the viewer");
    }
    race->meta.runs[i].gave_up_at = atomic_load(&block->limit_count);
    run_set_status(race, i, status, reason);
    if (atomic_load(&block->phase) < PHASE_OVER && run->go_ns != 0) {
        const struct event end = { .kind = EVENT_RUN_END,
                                   .run = (uint16_t)i,
                                   .lane = LANE_NONE,
                                   .object = (uint32_t)status,
                                   .a = race->meta.runs[i].gave_up_at };
        race_tell_event(race, clock_now(), &end);
    }
}

/* ---- Steps. Each looks whether its answer is there and asks for the next thing. ---- */

static void ask_stage(struct race *race, size_t i)
{
    struct run *run = &race->runs[i];
    run->stage_asked = true;
    if (!race_spawn(race, SPAWN_STAGE, i, run->core_mask, -1))
        run_fail(race, i, RUN_FAILED, race->trouble);
    else
        run_enter(run, AT_STAGE);
}

static void ask_outside(struct race *race, size_t i, enum spawn_kind kind, enum step step)
{
    struct run *run = &race->runs[i];
    run->outside_asked = true;
    if (!race_spawn(race, kind, i, race->observer_mask, -1))
        run_fail(race, i, RUN_FAILED, race->trouble);
    else
        run_enter(run, step);
}

static void ask_attach(struct race *race, size_t i)
{
    struct run *run = &race->runs[i];
    const struct recorder_message message = { .ask = ASK_ATTACH,
                                              .run = (uint32_t)i,
                                              .pid = run->stage_pid };
    race_tell_recorder(race, &message, NULL);
    run_enter(run, AT_ATTACH);
}

static void ask_detach(struct race *race, size_t i)
{
    const struct recorder_message message = { .ask = ASK_DETACH, .run = (uint32_t)i };
    race_tell_recorder(race, &message, NULL);
    run_enter(&race->runs[i], AT_DETACH);
}

static void reset_params(struct race *race)
{
    for (size_t p = 0; p < race->param_count; p++)
        if (arena_param(&race->arena, (int)p) != race->start_values[p])
            arena_param_set(&race->arena, (int)p, race->start_values[p]);
    race->turn_next = 0;
}

void run_begin(struct race *race, size_t i)
{
    if (race->staging == STAGING_TURNS)
        reset_params(race);
    bool own_origin = race->arena.header->origin_url[0] == '\0';
    if (race->outside == OUTSIDE_ORIGIN && own_origin)
        ask_outside(race, i, SPAWN_ORIGIN, AT_ORIGIN);
    else
        ask_stage(race, i);
}

/* Where its service listens, for whoever comes by himself: the port is the stage's, picked by the
 * system where none was asked for. */
static void tell_address(struct race *race, size_t i)
{
    struct meta_run *meta = &race->meta.runs[i];
    const char *listen = race->arena.header->listen;
    const char *colon = strrchr(listen, ':');
    uint32_t port = atomic_load(&arena_run(&race->arena, (uint32_t)i)->server_port);
    if (port == 0)
        return;
    snprintf(meta->address, sizeof meta->address, "%.*s:%u",
             colon != NULL ? (int)(colon - listen) : 9, colon != NULL ? listen : "127.0.0.1", port);
}

/* Whether there are any to let go, and none that they wait for. */
static bool all_ready(const struct race *race)
{
    bool any = false;
    for (size_t i = 0; i < race->run_count; i++) {
        enum step step = race->runs[i].step;
        if (step > AT_WAITING && step < AT_READY)
            return false;
        any = any || step == AT_READY;
    }
    return any;
}

void runs_let_go(struct race *race)
{
    if (!all_ready(race))
        return;
    for (size_t i = 0; i < race->run_count; i++)
        if (race->runs[i].step == AT_READY) {
            tell_address(race, i);
            run_set_status(race, i, RUN_LIVE, NULL);
        }
    race_tell_meta(race);
    for (size_t i = 0; i < race->run_count; i++) {
        struct run *run = &race->runs[i];
        struct arena_run *block = arena_run(&race->arena, (uint32_t)i);
        if (run->step != AT_READY)
            continue;
        run->go_ns = clock_now();
        atomic_store(&block->go, 1);
        arena_wake(&block->go);
        run_enter(run, AT_LIVE);
    }
}

/* `now` may be older than the moment a step was entered. */
static bool passed(uint64_t since_ns, uint64_t now_ns, uint64_t limit_ns)
{
    return now_ns > since_ns && now_ns - since_ns > limit_ns;
}

static void move_live(struct race *race, size_t i, uint64_t now)
{
    struct run *run = &race->runs[i];
    hands_again(race, i, now);
    if (run->stop_ns != 0 && run->stage_pid > 0 && passed(run->stop_ns, now, stop_limit_ns))
        spawner_kill(race->spawner, run->stage_pid, SIGKILL);
}

void run_move(struct race *race, size_t i, uint64_t now)
{
    struct run *run = &race->runs[i];
    struct arena_run *block = arena_run(&race->arena, (uint32_t)i);
    uint32_t ready = atomic_load(&block->outside_ready);
    switch (run->step) {
    case AT_ORIGIN:
        if (ready == 1)
            ask_stage(race, i);
        else if (ready == 2)
            run_fail(race, i, RUN_FAILED, block->reason);
        break;
    case AT_STAGE:
        if (atomic_load(&block->phase) < PHASE_READY || run->stage_pid == 0)
            break;
        if (race->outside == OUTSIDE_CROWD && race->arena.header->listen[0] == '\0')
            ask_outside(race, i, SPAWN_CROWD, AT_CROWD);
        else
            ask_attach(race, i);
        break;
    case AT_CROWD:
        if (ready == 1)
            ask_attach(race, i);
        else if (ready == 2)
            run_fail(race, i, RUN_FAILED, block->reason);
        break;
    case AT_LIVE:
        move_live(race, i, now);
        break;
    case AT_OUTSIDE:
        if (run->outside_pid == 0 && run->stage_pid == 0)
            ask_detach(race, i);
        else if (passed(run->step_ns, now, outside_limit_ns))
            run_kill(race, run);
        break;
    default:
        break;
    }
    bool bounded = run->step != AT_WAITING && run->step != AT_READY && run->step != AT_LIVE &&
                   run->step != AT_OVER;
    if (bounded && passed(run->step_ns, now, step_limit_ns)) {
        char reason[200];
        snprintf(reason, sizeof reason, "gave up waiting for %s after %u s", step_names[run->step],
                 (unsigned)(step_limit_ns / NS_PER_S));
        run_fail(race, i, RUN_FAILED, reason);
        if (run->step != AT_OVER)
            run_enter(run, AT_OVER);
    }
}
