/*
 * follow.h: from a recording to a timeline, the only way there is: a live race is followed by its
 * recording's end, a replay by a closed file.
 */
#ifndef RACE_FOLLOW_H
#define RACE_FOLLOW_H

#include "base/error.h"
#include "race/race.h"
#include "timeline/timeline.h"

/* A timeline for what is followed. Its rows take at most ROWS_MOST_MIB of memory, however long the
 * race or the recording is, and no more than half of what the machine has left (but ROWS_LEAST_MIB):
 * what is more lies in a file without a name in $TMPDIR, /var/tmp or /tmp (about 50 bytes an event),
 * and is read from there where it is looked at. It says the same, and a look at what was not looked at
 * before takes longer. Where that cannot be, all are in memory. */
enum { ROWS_LEAST_MIB = 512, ROWS_MOST_MIB = 4096 };
struct timeline *follow_timeline(void);
/* Where its rows are, in a few words for the one who looks, once they are not all in memory; or why they
 * had to go (back) to memory. False: there is nothing to say. */
bool follow_rows(const struct timeline *timeline, char *text, size_t size);

struct follow;
struct follow *follow_race(const struct race *race, struct error *error); /* race is borrowed */
struct follow *follow_file(const char *path, struct error *error);
/* Several files as one race (join.h), in their order; of one it is follow_file(). */
struct follow *follow_files(const char *const *paths, size_t count, struct error *error);
void follow_free(struct follow *follow);
/* Feed what has come since, for at most budget_ns (0: all there is). Returns true when there is more
 * to feed right now. A damaged rest is told by follow_missing(). */
bool follow_feed(struct follow *follow, struct timeline *timeline, uint64_t budget_ns);
/* The same for who wants the events themselves and keeps no timeline; valid until the next call. False:
 * nothing more, for now or for good. One follower does one or the other. */
bool follow_next(struct follow *follow, const struct event **events, size_t *count);
/* Bytes of its files that were read, of how many. */
void follow_position(const struct follow *follow, uint64_t *done, uint64_t *of);
/* How long a run will be (run time, ns) once its file is read, as far as that says so itself; 0: it does
 * not. How long it is say the events that were fed. */
uint64_t follow_foretold(const struct follow *follow, size_t run);
/* The position from which on some run is there at a run time; all of it where no file says so. */
uint64_t follow_place_of(const struct follow *follow, uint64_t t);
const char *follow_missing(const struct follow *follow); /* sentence or NULL */

#endif
