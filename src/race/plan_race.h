/*
 * plan_race.h: what has to be decided before a race starts: the staging, the cores of each run, the
 * file it goes to, and the meta that heads the recording. Used by race.c only; touches no process.
 */
#ifndef RACE_PLAN_RACE_H
#define RACE_PLAN_RACE_H

#include <stdbool.h>
#include <stdint.h>

#include "race/race.h"

/* Cores by staging. Observers (outside, recorder, screen) have `observer_mask`; 0: all cores. */
struct stage_cores {
    uint32_t count[META_RUNS_MAX];
    uint64_t mask[META_RUNS_MAX]; /* 0: all cores */
    uint64_t observer_mask;
};

/* The default staging for so many models on this machine: split where it gives each model two cores
 * or more, else turns. */
enum staging staging_default(size_t models);
/* Fails with a sentence where split has no whole core for each model beside the observers' one. */
bool staging_cores(enum staging staging, size_t models, struct stage_cores *cores,
                   struct error *error);

/* The recording's file: `path` (refused where it exists already, unless `overwrite`, or cannot be
 * written), or one without a name in $TMPDIR, /tmp or /var/tmp. Returns an fd or -1. */
int race_file(const char *path, bool overwrite, struct error *error);

/* Everything that is known before the start. */
void race_meta_fill(struct meta *meta, const struct race_options *options, enum staging staging);

#endif
