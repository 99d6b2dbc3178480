/*
 * command.h: the subcommands, one file and one row each (commands.c), and the options they share
 * (option_rows.c: one row per option gives parser, help and man page).
 *
 * To add a subcommand: a file command/NAME.c with a const struct command, one row in commands.c.
 */
#ifndef COMMAND_COMMAND_H
#define COMMAND_COMMAND_H

#include <stdbool.h>

#include "race/spawner.h"

enum { EXIT_DONE = 0, EXIT_RUN_FAILED = 1, EXIT_WRONG = 2 };

struct command {
    const char *name;
    const char *arguments; /* "SCENARIO" */
    const char *help;      /* one line */
    const char *missing;   /* why it is not there yet, or NULL */
    bool needs_spawner;
    int (*run)(struct spawner *spawner, int argc, char **argv); /* argv[0] is its name */
};
extern const struct command *const commands[]; /* NULL-terminated */
const struct command *command_find(const char *name);

/* The whole program: picks a subcommand; a word that is none is a SCENARIO for the screen. */
int command_main(int argc, char **argv);

#endif
