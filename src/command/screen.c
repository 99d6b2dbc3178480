/*
 * lockstep [SCENARIO]: the screen, or what `run` does where there is no terminal. This is the default
 * when the first word is no subcommand.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command/command.h"
#include "command/rows.h"
#include "command/session.h"
#include "model/model.h"
#include "ui/ui.h"

static const char *title_of(const char *name)
{
    const struct model *model = model_find(name);
    return model != NULL ? model->title : name;
}

static const char *help_of(const char *name)
{
    const struct model *model = model_find(name);
    return model != NULL ? model->help : "";
}

static const char *refusal_of(const char *name, const struct plan *plan)
{
    const struct model *model = model_find(name);
    return model != NULL ? model_refuses(model, plan) : "no such model";
}

int command_show(struct spawner *spawner, const char *scenario, const char *const *replays,
                 const struct options *options, const struct ui_driver *driver)
{
    const struct ui_options ui = {
        .spawner = spawner,
        .scenario = scenario,
        .replay = replays != NULL ? replays[0] : NULL,
        .beside = replays != NULL ? replays + 1 : NULL,
        .model_names = model_names(),
        .model_title = title_of,
        .model_help = help_of,
        .model_refuses = refusal_of,
        .models = options->model_count > 0 ? options->models : NULL,
        .sets = options->set_count > 0 ? options->sets : NULL,
        .staging = options->staging,
        .seed = options->seed,
        .duration_ns = options->duration_ns,
        .record = options->record,
        .overwrite = options->overwrite,
        .listen = options->listen,
        .ascii = options->ascii,
        .theme = theme_find(options->theme != NULL ? options->theme : "default"),
        .fps = options->fps,
        .driver = driver,
    };
    return ui_run(&ui);
}

/* Before the screen opens, so that the sentence stands on the terminal as it was. */
static bool scenario_is_there(const char *scenario, const struct options *options,
                              struct error *error)
{
    int64_t values[PLAN_PARAMS_MAX];
    struct plan *plan = session_plan(scenario, options, values, error);
    if (plan == NULL)
        return false;
    plan_free(plan);
    return true;
}

static int run(struct spawner *spawner, int argc, char **argv)
{
    struct options options;
    struct error error;
    const char *words[1];
    int count, status;
    bool terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    if (!options_parse(&options, FOR_SCREEN, argc, argv, words, 1, &count, &error))
        status = session_wrong(&error);
    else if (options.help)
        status = command_help(&command_screen, FOR_SCREEN);
    else if (options.version)
        status = command_version();
    else if (!terminal && count == 0) {
        error_set(&error, "no terminal, so no picker: name a scenario; 'lockstep list' names them");
        status = session_wrong(&error);
    } else if (count > 0 && !scenario_is_there(words[0], &options, &error))
        status = session_wrong(&error);
    else if (terminal)
        status = command_show(spawner, count > 0 ? words[0] : NULL, NULL, &options, NULL);
    else
        status = command_race(spawner, words[0], &options);
    options_fini(&options);
    return status;
}

const struct command command_screen = {
    .name = "lockstep",
    .arguments = "[SCENARIO]",
    .help = "the screen; without SCENARIO it starts with the picker",
    .needs_spawner = true,
    .run = run,
};
