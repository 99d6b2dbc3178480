/*
 * lockstep check: is a scenario file right? Says what is wrong with line and column.
 */
#include <stdio.h>

#include "command/command.h"
#include "command/rows.h"
#include "command/session.h"
#include "model/model.h"
#include "scenario/plan.h"

static int check_file(const char *path)
{
    struct error error;
    struct plan *plan = plan_load(path, model_names(), &error);
    if (plan == NULL)
        return session_wrong(&error);
    printf("%s: right: '%s', %zu steps, %zu parameters, %zu models\n", plan->path, plan->title,
           plan->step_count, plan->param_count - PARAM_ENGINE_COUNT, plan->model_count);
    plan_free(plan);
    return EXIT_DONE;
}

static int run(struct spawner *spawner, int argc, char **argv)
{
    (void)spawner;
    struct options options;
    struct error error;
    const char *words[OPTIONS_LIST_MAX];
    int count;
    int status = EXIT_DONE;
    if (!options_parse(&options, 0, argc, argv, words, OPTIONS_LIST_MAX, &count, &error))
        status = session_wrong(&error);
    else if (options.help)
        status = command_help(&command_check, 0);
    else if (options.version)
        status = command_version();
    else if (count == 0) {
        error_set(&error, "check: which file? give the path of a scenario file");
        status = session_wrong(&error);
    }
    for (int i = 0; status != EXIT_WRONG && !options.help && !options.version && i < count; i++)
        if (check_file(words[i]) != EXIT_DONE)
            status = EXIT_WRONG;
    options_fini(&options);
    return status;
}

const struct command command_check = {
    .name = "check",
    .arguments = "SCENARIO-FILE",
    .help = "say what is wrong with a scenario, with line and column",
    .run = run,
};
