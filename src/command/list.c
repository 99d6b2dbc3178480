/*
 * lockstep list: scenarios and models, a line each.
 */
#include <stdio.h>

#include "command/command.h"
#include "command/rows.h"
#include "command/session.h"
#include "model/model.h"
#include "scenario/plan.h"

static const char *bottleneck_word(enum plan_bottleneck bottleneck)
{
    static const char *const words[] = { "cpu", "io", "mixed" };
    return words[bottleneck];
}

static int list_all(void)
{
    struct error error = { { 0 } };
    size_t count;
    struct plan **plans = plan_list(model_names(), &count, &error);
    printf("Scenarios:\n");
    for (size_t i = 0; i < count; i++)
        printf("  %-12s %-6s %s\n", plans[i]->name, bottleneck_word(plans[i]->bottleneck),
               plans[i]->question);
    plan_list_free(plans, count);
    printf("\nModels:\n");
    for (size_t i = 0; models[i] != NULL; i++)
        printf("  %-12s %s%s%s\n", models[i]->name, models[i]->help,
               models[i]->missing != NULL ? "; not there yet: " : "",
               models[i]->missing != NULL ? models[i]->missing : "");
    if (error.text[0] != '\0')
        return session_wrong(&error);
    return EXIT_DONE;
}

static int run(struct spawner *spawner, int argc, char **argv)
{
    (void)spawner;
    struct options options;
    struct error error;
    int count;
    int status;
    if (!options_parse(&options, 0, argc, argv, NULL, 0, &count, &error))
        status = session_wrong(&error);
    else if (options.help)
        status = command_help(&command_list, 0);
    else if (options.version)
        status = command_version();
    else
        status = list_all();
    options_fini(&options);
    return status;
}

const struct command command_list = {
    .name = "list",
    .arguments = "",
    .help = "scenarios and models, a line each",
    .run = run,
};
