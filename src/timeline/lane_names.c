/*
 * The lanes of a run by name, so that a list of thousands costs no more than the few that are shown.
 *
 * Invariant: a lane is in it from its beginning on, since only then its name is known, and keeps it.
 * Lanes whose states count stand side by side: a main thread is before them, what is none of the
 * model's behind.
 */
#include "timeline/run.h"

#include <stdlib.h>
#include <string.h>

uint64_t lane_name_order(const struct lane_row *lane)
{
    /* Main's name is before a loop's, and a loop's before those of its pool. */
    uint64_t order = lane->role == ROLE_MAIN ? 0 : lane->role == ROLE_LOOP ? 1 : lane->role + 2u;
    return order << 32 | lane->index;
}

static bool before(const struct lane_row *a, const struct lane_row *b)
{
    uint64_t x = lane_name_order(a), y = lane_name_order(b);
    return x != y ? x < y : a->id < b->id;
}

size_t lane_names_below(const struct run *run, const struct lane_row *lane)
{
    const struct lane_names *names = &run->names;
    size_t low = 0, count = names->count;
    if (count > 0 && before(id_find(&run->lanes, names->ids[count - 1]), lane))
        return count; /* as they come */
    while (count > 0) {
        size_t half = count / 2;
        if (before(id_find(&run->lanes, names->ids[low + half]), lane)) {
            low += half + 1;
            count -= half + 1;
        } else {
            count = half;
        }
    }
    return low;
}

void lane_names_add(struct run *run, const struct lane_row *lane)
{
    struct lane_names *names = &run->names;
    names->ids = grow(NULL, names->ids, &names->capacity, names->count, sizeof *names->ids);
    size_t place = lane_names_below(run, lane);
    memmove(names->ids + place + 1, names->ids + place,
            (names->count - place) * sizeof *names->ids);
    names->ids[place] = lane->id;
    names->count++;
    names->mains += lane->role == ROLE_MAIN;
    names->workers += role_is_worker(lane->role);
}

void lane_names_fini(struct lane_names *names)
{
    free(names->ids);
    *names = (struct lane_names){ 0 };
}
