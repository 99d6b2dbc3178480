/*
 * exports.h: the one way from a race to an output's bytes, for `export`, which reads a recording, and
 * `run --export`, which has just made one.
 */
#ifndef COMMAND_EXPORTS_H
#define COMMAND_EXPORTS_H

#include "command/deliver.h"
#include "command/options.h"
#include "race/follow.h"

/* Whether what was typed says something to these formats, at least one: false with a sentence about the
 * first option that none of them makes something of, with the formats that do, or about options that
 * contradict each other. */
bool exports_fit(const struct options *options, const struct output *const *chosen, size_t count,
                 struct error *error);
/* Writes one output of a race, with those options that it takes. `events` is a
 * follower of it that has read nothing yet, or NULL where the output needs none. */
bool exports_write(const struct output *output, const struct timeline *timeline,
                   struct follow *events, struct deliver *deliver, const struct options *options,
                   struct error *error);

#endif
