/*
 * lockstep replay: the screen over a recording. It is the same screen: Esc leaves the recording for
 * the scenarios, which is why it has a spawner.
 */
#include <unistd.h>

#include "command/command.h"
#include "command/rows.h"
#include "command/session.h"

static int run(struct spawner *spawner, int argc, char **argv)
{
    struct options options;
    struct error error;
    const char *words[META_RUNS_MAX + 1] = { NULL };
    int count, status;
    bool terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    if (!options_parse(&options, FOR_REPLAY, argc, argv, words, META_RUNS_MAX, &count, &error))
        status = session_wrong(&error);
    else if (options.help)
        status = command_help(&command_replay, FOR_REPLAY);
    else if (options.version)
        status = command_version();
    else if (count == 0) {
        error_set(&error, "replay: give a recording; --record FILE makes one");
        status = session_wrong(&error);
    } else if (!terminal) {
        error_set(&error,
                  "replay: no terminal to show it on; 'lockstep export %s --to text' "
                  "writes its figures",
                  words[0]);
        status = session_wrong(&error);
    } else
        status = command_show(spawner, NULL, words, &options, NULL);
    options_fini(&options);
    return status;
}

const struct command command_replay = {
    .name = "replay",
    .arguments = "FILE...",
    .help = "the screen over a recording, or over several side by side",
    .needs_spawner = true,
    .run = run,
};
