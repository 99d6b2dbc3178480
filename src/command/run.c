/*
 * lockstep run: the same race without a screen. Follows the recording like the screen does, so the
 * report is made of the same timeline. Ctrl-C stops the race tidily and reports what there is; a
 * second one ends at once.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "command/command.h"
#include "command/exports.h"
#include "command/rows.h"
#include "command/session.h"
#include "output/output.h"
#include "race/follow.h"
#include "race/save.h"
#include "timeline/figures.h"

static volatile sig_atomic_t interrupted;

static void on_signal(int signal)
{
    (void)signal;
    interrupted++;
}

static void catch_signals(void)
{
    struct sigaction action = { .sa_handler = on_signal };
    const int caught[] = { SIGINT, SIGTERM, SIGHUP };
    for (size_t i = 0; i < sizeof caught / sizeof caught[0]; i++)
        sigaction(caught[i], &action, NULL);
}

static void show_progress(const struct timeline *timeline, const struct race *race)
{
    int live = race_live_run(race);
    if (live < 0 || (size_t)live >= timeline_runs(timeline))
        return;
    struct run_brief brief;
    struct task_counts counts;
    timeline_run(timeline, (size_t)live, &brief);
    timeline_counts(timeline, (size_t)live, brief.length_ns, &counts);
    fprintf(stderr, "\r\033[K%s  %llu/%llu  %.1fs", race_meta(race)->runs[live].model,
            (unsigned long long)counts.done, (unsigned long long)counts.submitted,
            (double)brief.length_ns / 1e9);
    fflush(stderr);
}

/* Until the race is over. False: ended at once by a second signal. */
static bool conduct(struct race *race, struct follow *follow, struct timeline *timeline)
{
    bool show = isatty(STDERR_FILENO);
    uint64_t shown_ns = 0;
    int stopped = 0;
    race_start(race);
    while (race_poll(race)) {
        int fds[8];
        struct pollfd wait[8];
        size_t count = race_fds(race, fds, 8);
        for (size_t i = 0; i < count; i++)
            wait[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
        int timeout = race_timeout_ms(race);
        poll(wait, (nfds_t)count, timeout < 50 ? timeout : 50);
        follow_feed(follow, timeline, 0);
        if (interrupted > stopped) {
            if (interrupted > 1)
                return false;
            stopped = (int)interrupted;
            race_stop(race);
        }
        uint64_t now = clock_now();
        if (show && now - shown_ns > 100 * NS_PER_MS) {
            shown_ns = now;
            show_progress(timeline, race);
        }
    }
    follow_feed(follow, timeline, 0);
    if (show)
        fprintf(stderr, "\r\033[K");
    return true;
}

/* --record: the file, which is whole already, gets small. */
static void pack_record(const struct race *race, const char *path, const struct timeline *timeline)
{
    struct error error;
    struct save *save = save_begin(race_recording_fd(race), path, &error);
    if (save == NULL) {
        fprintf(stderr, "lockstep: %s\n", error.text);
        return;
    }
    bool show = isatty(STDERR_FILENO);
    while (save_move(save, UINT64_MAX, timeline, 100 * NS_PER_MS) == SAVE_PACKS && interrupted == 0)
        if (show)
            fprintf(stderr, "\r\033[K%s  %u %%", save_said(save), save_permille(save) / 10);
    if (show)
        fprintf(stderr, "\r\033[K");
    if (save_state(save) == SAVE_FAILED)
        fprintf(stderr, "lockstep: %s\n", save_said(save));
    save_free(save);
}

/* The name of a file of the nth race of --repeat; of the first it is the one that was typed. Heap. */
static char *nth_name(const char *name, uint32_t nth)
{
    return nth > 1 ? mem_format("%s.%u", name, nth) : mem_string(name);
}

static bool export_one(const struct option_export *wanted, uint32_t nth, struct race *race,
                       const struct timeline *timeline, const struct options *options,
                       struct error *error)
{
    char *name = nth_name(wanted->file, nth);
    struct follow *events = follow_race(race, error);
    struct deliver *deliver =
        events != NULL ? deliver_open("--export", name, options->overwrite, error) : NULL;
    bool well =
        deliver != NULL && exports_write(wanted->output, timeline, events, deliver, options, error);
    follow_free(events);
    if (deliver != NULL)
        deliver_close(deliver);
    free(name);
    return well;
}

/* --export: what is wanted of this race; what cannot be written is told, and the others are. */
static void export_all(struct race *race, const struct timeline *timeline, uint32_t nth,
                       const struct options *options, int *status)
{
    int before = (int)interrupted;
    for (size_t i = 0; i < options->export_count && timeline_meta(timeline) != NULL; i++) {
        struct error error;
        if (interrupted != before)
            *status = EXIT_RUN_FAILED;
        else if (!export_one(&options->exports[i], nth, race, timeline, options, &error))
            *status = session_wrong(&error);
    }
}

/* A run that a hand killed ended as it was asked to. */
static bool ended_well(const struct race *race, const struct timeline *timeline, const char **why)
{
    const struct meta *meta = timeline_meta(timeline);
    *why = "the recording is empty";
    if (meta == NULL)
        return false;
    bool well = true;
    for (uint32_t i = 0; i < meta->run_count; i++)
        if ((meta->runs[i].status == RUN_FAILED && !race_killed(race, i)) ||
            meta->runs[i].status == RUN_STOPPED || meta->runs[i].status == RUN_WAITING ||
            meta->runs[i].status == RUN_LIVE) {
            *why = meta->runs[i].reason;
            well = false;
        }
    return well;
}

/* One race; its timeline, or NULL with exit status in *status. */
static struct timeline *race_once(struct spawner *spawner, const struct race_options *options,
                                  const struct options *typed, int *status)
{
    struct error error;
    struct race *race = race_new(spawner, options, &error);
    if (race == NULL || !session_schedule(race, options->plan, typed, &error)) {
        race_free(race);
        *status = session_wrong(&error);
        return NULL;
    }
    struct follow *follow = follow_race(race, &error);
    if (follow == NULL) {
        race_free(race);
        *status = session_wrong(&error);
        return NULL;
    }
    struct timeline *timeline = follow_timeline();
    bool whole = conduct(race, follow, timeline);
    const char *trouble = race_trouble(race);
    if (trouble == NULL && whole)
        trouble = follow_missing(follow);
    /* What became of the runs is known even where it could not be recorded any more. */
    if (trouble != NULL && timeline_meta(timeline) != NULL)
        timeline_tell(timeline, race_meta(race), 0);
    if (trouble == NULL && whole && options->record != NULL)
        pack_record(race, options->record, timeline);
    const char *why;
    if (trouble != NULL) {
        fprintf(stderr, "lockstep: %s\n", trouble);
        *status = EXIT_RUN_FAILED;
    } else if (!whole || !ended_well(race, timeline, &why)) {
        *status = EXIT_RUN_FAILED;
    }
    if (whole)
        export_all(race, timeline, options->repeat_index, typed, status);
    follow_free(follow);
    race_free(race);
    if (!whole) {
        timeline_free(timeline);
        return NULL;
    }
    return timeline;
}

static int report(const struct options *options, struct timeline *const *timelines, size_t count)
{
    struct error error;
    const struct output *output =
        output_find_report(options->report != NULL ? options->report : "text");
    const struct output_options how = { .timelines = (const struct timeline *const *)timelines,
                                        .count = count };
    struct deliver *deliver = deliver_open("--out", options->out, options->overwrite, &error);
    bool well = deliver != NULL && deliver_write(deliver, output, &how, &error);
    if (deliver != NULL)
        deliver_close(deliver);
    return well ? EXIT_DONE : session_wrong(&error);
}

/* Two files of one name: false with a sentence. */
static bool differs(const char *option, const char *file, const char *other_option,
                    const char *other, struct error *error)
{
    if (file == NULL || other == NULL || strcmp(file, other) != 0)
        return true;
    return error_set(error, "%s: %s is the file of %s too; give another name", option, file,
                     other_option);
}

/* Before hours of races: whether what is wanted of them can be made, and written where it is wanted. */
static bool wants_fit(const struct options *options, struct error *error)
{
    const struct output *chosen[OPTIONS_LIST_MAX];
    for (size_t i = 0; i < options->export_count; i++)
        chosen[i] = options->exports[i].output;
    if (!exports_fit(options, chosen, options->export_count, error) ||
        !differs("--out", options->out, "--record", options->record, error) ||
        !deliver_check("--out", options->out, options->overwrite, error))
        return false;
    for (size_t i = 0; i < options->export_count; i++) {
        const struct option_export *export = &options->exports[i];
        if (!differs("--export", export->file, "--record", options->record, error) ||
            !differs("--export", export->file, "--out", options->out, error))
            return false;
        for (size_t k = 0; k < i; k++)
            if (!differs("--export", export->file, "--export", options->exports[k].file, error))
                return false;
        if (!deliver_check("--export", export->file, options->overwrite, error))
            return false;
    }
    return true;
}

int command_race(struct spawner *spawner, const char *scenario, const struct options *options)
{
    struct error error;
    int64_t values[PLAN_PARAMS_MAX];
    struct plan *plan = session_plan(scenario, options, values, &error);
    if (plan == NULL)
        return session_wrong(&error);
    catch_signals();
    int status = EXIT_DONE;
    struct timeline **timelines = mem_zero(options->repeat, sizeof *timelines);
    size_t done = 0;
    for (uint32_t i = 0; i < options->repeat && interrupted == 0; i++) {
        struct race_options race;
        session_race(&race, plan, values, options);
        race.repeat_index = i + 1;
        char *path = options->record != NULL ? nth_name(options->record, i + 1) : NULL;
        race.record = path;
        struct timeline *timeline = race_once(spawner, &race, options, &status);
        free(path);
        if (timeline == NULL)
            break;
        timelines[done++] = timeline;
    }
    if (done > 0) {
        int written = report(options, timelines, done);
        if (written != EXIT_DONE)
            status = written;
    }
    for (size_t i = 0; i < done; i++)
        timeline_free(timelines[i]);
    free(timelines);
    plan_free(plan);
    return status;
}

static int run(struct spawner *spawner, int argc, char **argv)
{
    struct options options;
    struct error error;
    const char *words[1];
    int count;
    if (!options_parse(&options, FOR_RUN, argc, argv, words, 1, &count, &error)) {
        options_fini(&options);
        return session_wrong(&error);
    }
    int status = EXIT_WRONG;
    if (options.help)
        status = command_help(&command_run, FOR_RUN);
    else if (options.version)
        status = command_version();
    else if (count == 0) {
        error_set(&error, "run: which scenario? 'lockstep list' names them");
        session_wrong(&error);
    } else if (!wants_fit(&options, &error)) {
        session_wrong(&error);
    } else
        status = command_race(spawner, words[0], &options);
    options_fini(&options);
    return status;
}

const struct command command_run = {
    .name = "run",
    .arguments = "SCENARIO",
    .help = "race without a screen; print a report",
    .needs_spawner = true,
    .run = run,
};
