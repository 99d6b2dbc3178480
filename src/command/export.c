/*
 * lockstep export: a recording turned into something else. Reads the file through the same follower
 * as everybody; a damaged rest is told on standard error and what is whole is exported.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "command/command.h"
#include "command/rows.h"
#include "command/session.h"
#include "output/output.h"
#include "race/follow.h"

static bool write_to(const struct output *output, const struct output_options *how, const char *out,
                     struct error *error)
{
    if (out == NULL)
        return output->write(how, stdout, error) &&
               (fflush(stdout) == 0 || error_set(error, "standard output could not be written"));
    /* Under another name until it is whole, so that no half file has the final name. */
    char *part = mem_format("%s.part", out);
    FILE *into = fopen(part, "w");
    bool well = into != NULL || error_set(error, "%s: cannot be written; give another --out", part);
    if (into != NULL) {
        well = output->write(how, into, error);
        if (fclose(into) != 0 && well)
            well = error_set(error, "%s: could not be written whole", part);
        if (well && rename(part, out) != 0)
            well = error_set(error, "%s: cannot be written; give another --out", out);
        if (!well)
            unlink(part);
    }
    free(part);
    return well;
}

static int export_file(const char *path, const struct options *options)
{
    struct error error;
    struct follow *follow = follow_file(path, &error);
    if (follow == NULL)
        return session_wrong(&error);
    struct timeline *timeline = timeline_new();
    follow_feed(follow, timeline, 0);
    if (follow_missing(follow) != NULL)
        fprintf(stderr, "lockstep: %s: %s\n", path, follow_missing(follow));
    int status = EXIT_DONE;
    const struct timeline *const one[] = { timeline };
    const struct output_options how = { .timelines = one, .count = 1, .cols = 100 };
    if (timeline_meta(timeline) == NULL) {
        error_set(&error, "%s: holds no race", path);
        status = session_wrong(&error);
    } else if (!write_to(output_find(options->to), &how, options->out, &error)) {
        status = session_wrong(&error);
    }
    timeline_free(timeline);
    follow_free(follow);
    return status;
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
    else if (options.help)
        status = command_help(&command_export, FOR_EXPORT);
    else if (options.version)
        status = command_version();
    else if (count == 0 || options.to == NULL) {
        error_set(&error, "export: give a recording and --to FORMAT (text, json, csv)");
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
