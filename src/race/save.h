/*
 * save.h: a recording kept under a name, beside everything else that goes on.
 *
 * The recording of a race is there from its start, in a file without a name where nobody gave one; so
 * keeping it costs nothing that was not done already. While the race goes on the file only gets its
 * name: it is linked, or, where the name lies on another file system, what has come is copied each
 * time save_move() is called. Either way `path` is a recording up to then that any reader opens,
 * whatever happens next. When the race is over it is packed (trace/pack.h) into a file beside it,
 * with the verdict in its meta, and that one takes the name by a rename: at no moment is there half
 * a file under the name, and a kill leaves the one that was there before.
 *
 * A race that is over already gets its name with the packed file only.
 *
 * Nothing here waits: save_move() works for about the time it is given and comes back. Turn by turn:
 *
 *     more = follow_feed(follow, timeline, budget);
 *     save_move(save, race_recorded(race), race_over(race) && !more ? timeline : NULL, budget);
 */
#ifndef RACE_SAVE_H
#define RACE_SAVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "timeline/timeline.h"

/* "SCENARIO-YYYYMMDD-HHMMSS.lockstep", local time, for the current directory; heap, the caller's. */
char *save_name(const struct meta *meta);

enum save_state {
    SAVE_GROWS,  /* the race goes on; `path` is a recording up to now */
    SAVE_PACKS,  /* the race is over; being packed */
    SAVE_DONE,   /* `path` is the whole recording, packed */
    SAVE_FAILED, /* save_said() says why, and what is kept nevertheless */
};

struct save;
/* Keeps the recording in `recording_fd` (race_recording_fd(); dup'ed) in `path`. Where `path` is that
 * very file (--record), it is only packed when it is over. NULL with a sentence where `path` exists
 * or cannot be written; nothing is left of it then. */
struct save *save_begin(int recording_fd, const char *path, struct error *error);
/* Goes on for about budget_ns (0: as far as it can be now). `recorded`: race_recorded(race), so
 * UINT64_MAX once the recorder is done. `timeline`: NULL as long as it is not fed to the end of the
 * recording (the race is over and follow_feed() has no more); the first time it is given, packing
 * begins with its verdict, and from then on race and timeline are not needed any more. */
enum save_state save_move(struct save *save, uint64_t recorded, const struct timeline *timeline,
                          uint64_t budget_ns);
enum save_state save_state(const struct save *save);
/* What is at `path` is a copy, or will be: it lacks what comes after the last save_move(). */
bool save_copies(const struct save *save);
unsigned save_permille(const struct save *save); /* of the packing */
const char *save_path(const struct save *save);
/* A sentence for the screen: "kept in X as it grows", "packing X", "X holds it all, 3.1MiB of
 * 20.9MiB", or what failed. Valid until the next call of save_move(). */
const char *save_said(const struct save *save);
/* Ends it wherever it is. What has its name stays under it as it is: all of it where the file was
 * linked, else up to the last save_move() (save_copies()). NULL is fine. */
void save_free(struct save *save);

#endif
