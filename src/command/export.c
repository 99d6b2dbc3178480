/*
 * lockstep export: a recording turned into something else. Reads the file through the same follower
 * as everybody; a damaged rest is told on standard error and what is whole is exported.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "command/command.h"
#include "command/exports.h"
#include "command/rows.h"
#include "command/session.h"
#include "output/output.h"
#include "race/follow.h"

/* Reads all of it; false: a signal came. */
static bool read_all(struct follow *follow, struct timeline *timeline, struct deliver *deliver)
{
    uint64_t done, of;
    while (follow_feed(follow, timeline, 50 * NS_PER_MS)) {
        follow_position(follow, &done, &of);
        if (!deliver_progress(deliver, "reading", done, of))
            return false;
    }
    return true;
}

static bool export_timeline(const char *path, const struct timeline *timeline,
                            struct deliver *deliver, const struct options *options,
                            struct error *error)
{
    if (timeline_meta(timeline) == NULL)
        return error_set(error, "%s: holds no race", path);
    const struct output *output = output_find(options->to);
    struct follow *events = NULL;
    if ((output->takes & TAKES_EVENTS) != 0 && (events = follow_file(path, error)) == NULL)
        return false;
    bool well = exports_write(output, timeline, events, deliver, options, error);
    follow_free(events);
    return well;
}

static int export_file(const char *path, const struct options *options)
{
    struct error error;
    const struct output *const output = output_find(options->to);
    if (!exports_fit(options, &output, 1, &error))
        return session_wrong(&error);
    struct follow *follow = follow_file(path, &error);
    if (follow == NULL)
        return session_wrong(&error);
    int status = EXIT_DONE;
    struct deliver *deliver = deliver_open("--out", options->out, options->overwrite, &error);
    if (deliver == NULL) {
        status = session_wrong(&error);
    } else {
        struct timeline *timeline = follow_timeline();
        bool well = read_all(follow, timeline, deliver) || error_set(&error, "interrupted");
        if (well && follow_missing(follow) != NULL)
            fprintf(stderr, "lockstep: %s: %s\n", path, follow_missing(follow));
        well = well && export_timeline(path, timeline, deliver, options, &error);
        timeline_free(timeline);
        follow_free(follow);
        follow = NULL;
        deliver_close(deliver);
        if (!well)
            status = session_wrong(&error);
    }
    follow_free(follow);
    return status;
}

/* The table of formats, for --help and for who gave none. */
static void print_formats(void)
{
    puts("\nFormats:");
    for (size_t i = 0; outputs[i] != NULL; i++)
        printf("  %-28s %s%s\n", outputs[i]->name, outputs[i]->help,
               outputs[i]->missing != NULL ? " (not there yet)" : "");
}

static void name_formats(struct error *error)
{
    struct buffer names = { 0 };
    for (size_t i = 0; outputs[i] != NULL; i++)
        buffer_printf(&names, "%s%s", i > 0 ? ", " : "", outputs[i]->name);
    error_set(error, "export: give a recording and --to FORMAT (%s)", buffer_string(&names));
    buffer_fini(&names);
}

static int run(struct spawner *spawner, int argc, char **argv)
{
    (void)spawner;
    struct options options;
    struct error error;
    const char *words[1];
    int count, status;
    if (!options_parse(&options, FOR_EXPORT, argc, argv, words, 1, &count, &error))
        status = session_wrong(&error);
    else if (options.help) {
        status = command_help(&command_export, FOR_EXPORT);
        print_formats();
    } else if (options.version)
        status = command_version();
    else if (count == 0 || options.to == NULL) {
        name_formats(&error);
        status = session_wrong(&error);
    } else
        status = export_file(words[0], &options);
    options_fini(&options);
    return status;
}

const struct command command_export = {
    .name = "export",
    .arguments = "FILE --to FORMAT",
    .help = "turn a recording into something else",
    .run = run,
};
