/*
 * The table of subcommands, and the program's first step: pick one. Invariant: the spawner is forked
 * here, before anything else exists that a fork should not copy. A word that is no subcommand is a
 * scenario for the screen.
 */
#include "command/command.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "command/rows.h"
#include "command/session.h"
#include "platform/stamp.h"

const struct command *const commands[] = {
    &command_run,  &command_replay, &command_play,   &command_export,
    &command_list, &command_check,  &command_doctor, NULL,
};

const struct command *command_find(const char *name)
{
    for (size_t i = 0; commands[i] != NULL; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

int command_version(void)
{
    printf("lockstep %s\n", PACKAGE_VERSION);
    return EXIT_DONE;
}

static void print_commands(void)
{
    printf("Usage: lockstep [SCENARIO] [OPTION]...\n"
           "       lockstep COMMAND [ARGUMENT]...\n\n"
           "The same work under each concurrency model, side by side on one clock. Without a\n"
           "SCENARIO the screen starts with the picker; SCENARIO is a name or a path to a file.\n\n"
           "Commands:\n");
    for (size_t i = 0; commands[i] != NULL; i++) {
        char head[48];
        snprintf(head, sizeof head, "%s %s", commands[i]->name, commands[i]->arguments);
        printf("  %-28s %s%s%s\n", head, commands[i]->help,
               commands[i]->missing != NULL ? ": " : "",
               commands[i]->missing != NULL ? commands[i]->missing : "");
    }
    printf("\nOptions of the screen:\n");
    options_print(FOR_SCREEN, stdout);
}

int command_help(const struct command *command, unsigned place)
{
    if (command == &command_screen) {
        print_commands();
        return EXIT_DONE;
    }
    printf("Usage: lockstep %s %s [OPTION]...\n%s\n\nOptions:\n", command->name, command->arguments,
           command->help);
    options_print(place, stdout);
    return EXIT_DONE;
}

int command_main(int argc, char **argv)
{
    setlocale(LC_ALL, "");
    setlocale(LC_NUMERIC, "C"); /* figures are read by programs too */
    stamp_init();
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error to tell, no death */
    const struct command *command = argc > 1 ? command_find(argv[1]) : NULL;
    if (command != NULL) {
        argc--;
        argv++;
    } else {
        command = &command_screen;
    }
    struct error error;
    if (command->missing != NULL) {
        error_set(&error, "%s: %s", command->name, command->missing);
        return session_wrong(&error);
    }
    struct spawner *spawner = NULL;
    if (command->needs_spawner && (spawner = spawner_start(&error)) == NULL)
        return session_wrong(&error);
    int status = command->run(spawner, argc, argv);
    spawner_stop(spawner);
    return status;
}
