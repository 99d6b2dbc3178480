/*
 * From a recording to a timeline. Invariant: a batch is fed once, in file order; what cannot be read
 * is told, and what came before it stays.
 */
#include "race/follow.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"

struct follow {
    const struct race *race; /* NULL: a closed file */
    struct recording *recording;
    bool damaged;
    char missing[640];
};

static struct follow *follow_new(const struct race *race, struct recording *recording)
{
    if (recording == NULL)
        return NULL;
    struct follow *follow = mem_zero(1, sizeof *follow);
    follow->race = race;
    follow->recording = recording;
    return follow;
}

struct follow *follow_race(const struct race *race, struct error *error)
{
    return follow_new(race, recording_tail(race_recording_fd(race), error));
}

struct follow *follow_file(const char *path, struct error *error)
{
    return follow_new(NULL, recording_open(path, error));
}

void follow_free(struct follow *follow)
{
    if (follow == NULL)
        return;
    recording_close(follow->recording);
    free(follow);
}

bool follow_feed(struct follow *follow, struct timeline *timeline, uint64_t budget_ns)
{
    if (follow->damaged)
        return false;
    uint64_t began = clock_now();
    uint64_t limit = follow->race != NULL ? race_recorded(follow->race) : UINT64_MAX;
    bool more = false;
    for (;;) {
        const struct event *events;
        size_t count;
        struct error error;
        if (!recording_next(follow->recording, limit, &events, &count, &error)) {
            follow->damaged = true;
            snprintf(follow->missing, sizeof follow->missing, "%s", error.text);
            break;
        }
        if (count == 0)
            break;
        timeline_feed(timeline, events, count);
        if (budget_ns != 0 && clock_now() - began > budget_ns) {
            more = true;
            break;
        }
    }
    unsigned version;
    const struct meta *meta = recording_meta(follow->recording, &version);
    if (meta != NULL)
        timeline_tell(timeline, meta, recording_until(follow->recording));
    return more;
}

const char *follow_missing(const struct follow *follow)
{
    if (follow->damaged)
        return follow->missing;
    return recording_missing(follow->recording);
}
