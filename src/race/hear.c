/*
 * What the spawner and the recorder tell, and what follows from it. Invariant: an event of a process
 * is believed once and moves its run on; one of an earlier race (another ticket) is passed over.
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

static void on_started(struct race *race, const struct spawned *event)
{
    if (event->kind == SPAWN_RECORDER)
        race->recorder_pid = event->pid;
    else if (event->kind == SPAWN_STAGE)
        race->runs[event->run].stage_pid = event->pid;
    else
        race->runs[event->run].outside_pid = event->pid;
    if (event->kind != SPAWN_RECORDER && race->runs[event->run].step == AT_OVER)
        spawner_kill(race->spawner, event->pid, SIGKILL);
}

static void recorder_gone(struct race *race)
{
    race->recorder_over = true;
    race->recorder_pid = 0;
    if (race->closing)
        return;
    snprintf(race->trouble, sizeof race->trouble,
             "the recorder ended before the race did; what it had recorded is kept");
    for (size_t i = 0; i < race->run_count; i++)
        if (race->runs[i].step != AT_OVER) {
            run_fail(race, i, RUN_FAILED, "the recorder ended before the run did");
            run_enter(&race->runs[i], AT_OVER);
        }
}

static void on_stage_ended(struct race *race, size_t i, int status)
{
    struct run *run = &race->runs[i];
    run->stage_pid = 0;
    run->exit_status = status;
    struct arena_run *block = arena_run(&race->arena, (uint32_t)i);
    if (run->step == AT_LIVE) {
        run_judge(race, i);
        /* The origin and the crowd see this and end. */
        atomic_store(&block->phase, PHASE_OVER);
        atomic_store(&block->stop, 1);
        arena_wake(&block->stop);
        run_enter(run, AT_OUTSIDE);
    } else if (run->step > AT_WAITING && run->step < AT_LIVE) {
        run_judge(race, i);
        if (race->meta.runs[i].status == RUN_DONE)
            run_set_status(race, i, RUN_FAILED, "the stage ended before it was let go");
        run_kill(race, run);
        run_enter(run, run->step >= AT_ATTACH ? AT_OUTSIDE : AT_OVER);
    }
}

static void on_ended(struct race *race, const struct spawned *event)
{
    struct run *run = &race->runs[event->run];
    if (event->kind == SPAWN_RECORDER) {
        recorder_gone(race);
    } else if (event->kind == SPAWN_STAGE) {
        on_stage_ended(race, event->run, event->status);
    } else {
        run->outside_pid = 0;
        struct arena_run *block = arena_run(&race->arena, event->run);
        if (run->step >= AT_ORIGIN && run->step < AT_LIVE)
            run_fail(race, event->run, RUN_FAILED,
                     block->reason[0] != '\0' ? block->reason
                                              : "what the work talks to ended before the start");
        /* A crowd that died cannot end its talk: the service is told to. */
        atomic_store(&block->outside_over, 1);
        arena_wake(&block->outside_over);
        if (run->step == AT_LIVE && WIFSIGNALED(event->status)) {
            atomic_store(&block->stop, 1);
            arena_wake(&block->stop);
        }
    }
}

static void on_refused(struct race *race, const struct spawned *event)
{
    char reason[200];
    snprintf(reason, sizeof reason, "a process could not be started: %s", strerror(event->status));
    if (event->kind == SPAWN_RECORDER) {
        snprintf(race->trouble, sizeof race->trouble, "the recorder: %s", reason);
        recorder_gone(race);
    } else {
        arena_run_fail(arena_run(&race->arena, event->run), RUN_LIMITED, 0, "%s", reason);
        run_fail(race, event->run, RUN_LIMITED, reason);
    }
}

void race_hear_spawner(struct race *race)
{
    struct spawned event;
    int got;
    while ((got = spawner_next(race->spawner, &event)) > 0) {
        if (event.ticket != race->ticket || event.run >= META_RUNS_MAX)
            continue; /* of a race that is gone */
        if (event.what == SPAWNED_STARTED)
            on_started(race, &event);
        else if (event.what == SPAWNED_ENDED)
            on_ended(race, &event);
        else
            on_refused(race, &event);
    }
    if (got < 0 && !race->over) {
        snprintf(race->trouble, sizeof race->trouble,
                 "the spawner ended, and with it every process of the race");
        for (size_t i = 0; i < race->run_count; i++)
            if (race->runs[i].step != AT_OVER) {
                run_set_status(race, i, RUN_FAILED, "the spawner ended before the run did");
                run_enter(&race->runs[i], AT_OVER);
            }
        race->over = true;
    }
}

void race_hear_recorder(struct race *race)
{
    struct recorder_message message;
    for (;;) {
        ssize_t size = recv(race->control, &message, sizeof message, MSG_DONTWAIT);
        if (size < 0 && errno == EINTR)
            continue;
        if (size != (ssize_t)sizeof message || message.run >= META_RUNS_MAX)
            return;
        struct run *run = &race->runs[message.run];
        struct meta_run *meta = &race->meta.runs[message.run];
        if (message.ask == ASK_ATTACH && run->step == AT_ATTACH) {
            meta->switch_source = message.source;
            memcpy(meta->switch_reason, message.text, sizeof meta->switch_reason);
            meta->switch_reason[sizeof meta->switch_reason - 1] = '\0';
            run_enter(run, AT_READY);
        } else if (message.ask == ASK_DETACH && run->step == AT_DETACH) {
            meta->observer_ns = message.observer_ns;
            race->meta_changed = true;
            run_enter(run, AT_OVER);
        } else if (message.ask == ASK_EVENT) {
            snprintf(race->trouble, sizeof race->trouble, "the race goes on; %.199s", message.text);
        }
    }
}
