/*
 * join.h: several recordings as one race: their runs side by side, each with its own go, so that they
 * are on one clock.
 *
 * Runs are numbered on from file to file; each keeps its file's short name and its parameters at the
 * start. What is said of the whole race is the first file's; where the others differ in what makes a
 * race comparable (scenario, seed, staging, cores), the whole is told as not comparable, with that as
 * the reason. Parameters may differ: that is what recordings are laid side by side for.
 */
#ifndef RACE_JOIN_H
#define RACE_JOIN_H

#include "base/error.h"
#include "trace/recording.h"

struct join;
/* The first meta of each file. NULL, with a sentence, where they cannot stand on one picture: more
 * runs than columns, or batches beside services. */
struct join *join_new(const char *const *paths, const struct meta *const *metas, size_t count,
                      struct error *error);
void join_free(struct join *join); /* NULL is fine */
/* A younger meta of a file. */
void join_update(struct join *join, size_t file, const struct meta *meta);
/* All of a file was read: a run of it that goes on by its last meta ended here. */
void join_end(struct join *join, size_t file);
/* Which file a run of the whole is of, and its number in it; false: there is no such run. */
bool join_run(const struct join *join, size_t run, size_t *file, size_t *in_file);
/* The whole race's; borrowed, changed by the calls above. */
const struct meta *join_meta(const struct join *join);
/* Events of a file as events of the whole; valid until the next call. */
const struct event *join_events(struct join *join, size_t file, const struct event *events,
                                size_t count);

#endif
