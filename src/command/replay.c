/*
 * lockstep replay: the screen over a recording.
 */
#include "command/command.h"
#include "command/rows.h"

const struct command command_replay = {
    .name = "replay",
    .arguments = "FILE",
    .help = "the screen over a recording",
    .missing = "the screen cannot open recordings yet; 'lockstep export FILE --to text' can",
};
