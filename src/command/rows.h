/*
 * rows.h: the subcommands' rows and the few functions they share. Only command/ includes it.
 */
#ifndef COMMAND_ROWS_H
#define COMMAND_ROWS_H

#include "command/command.h"
#include "command/options.h"

extern const struct command command_screen, command_run, command_replay, command_export,
    command_play, command_list, command_check, command_doctor;

/* --help of one subcommand, --version: print, return EXIT_DONE. */
int command_help(const struct command *command, unsigned place);
int command_version(void);

/* A race without a screen; also what the screen does where there is no terminal. */
int command_race(struct spawner *spawner, const char *scenario, const struct options *options);

/* The screen, over a race of the scenario (NULL: the picker), or over recordings side by side
 * (NULL-terminated, or NULL); played on by a driver (ui/driver.h), or NULL. */
struct ui_driver;
int command_show(struct spawner *spawner, const char *scenario, const char *const *replays,
                 const struct options *options, const struct ui_driver *driver);

#endif
