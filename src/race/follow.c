/*
 * From a recording to a timeline. Invariant: a batch is fed once, in file order, one file after the
 * other; what cannot be read is told, and what came before it stays.
 */
#include "race/follow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/format.h"
#include "base/memory.h"
#include "platform/platform.h"
#include "platform/spill.h"
#include "race/join.h"
#include "race/plan_race.h"

/* So many events are fed between two looks at the clock: where rows are long, many of them may have to
 * grow within a few hundred events. */
enum { AT_ONCE = 256 };

struct source {
    struct recording *recording;
    bool overflow;              /* what the race's file could not take */
    const struct event *events; /* read already, not fed yet */
    size_t count;
    bool damaged;
    unsigned meta_version; /* told last */
};
struct follow {
    const struct race *race; /* NULL: closed files */
    struct source sources[META_RUNS_MAX];
    size_t count, at;    /* how many, and which is fed */
    struct join *join;   /* of several */
    struct meta *so_far; /* what is told while a closed file is read; its text is borrowed */
    char missing[640];   /* why something was not read; "" */
};

static struct follow *follow_new(const struct race *race, struct recording *recording)
{
    if (recording == NULL)
        return NULL;
    struct follow *follow = mem_zero(1, sizeof *follow);
    follow->race = race;
    follow->sources[0].recording = recording;
    follow->count = 1;
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

/* ---- The timeline ---- */

static uint64_t rows_bytes(void)
{
    struct platform_kernel_memory memory;
    uint64_t mib = ROWS_LEAST_MIB;
    if (platform_kernel_memory(&memory) && memory.available_kib != PLATFORM_UNKNOWN)
        mib = memory.available_kib / 1024 / 2;
    mib = mib > ROWS_LEAST_MIB ? mib : ROWS_LEAST_MIB;
    return (mib < ROWS_MOST_MIB ? mib : ROWS_MOST_MIB) << 20;
}

struct timeline *follow_timeline(void)
{
    struct error error;
    int descriptor = race_file(NULL, false, &error);
    if (descriptor < 0)
        return timeline_new();
    /* Half for what is in no file, three eighths for what of the file is brought in; an eighth is left
     * for pages of it that are met one by one, which are only found now and then. */
    uint64_t eighth = rows_bytes() / 8;
    return timeline_new_in(spill_new(descriptor, 4 * eighth, 3 * eighth, &error));
}

bool follow_rows(const struct timeline *timeline, char *text, size_t size)
{
    const struct room *room = timeline_room(timeline);
    struct spill_figures figures;
    char bytes[FORMAT_SIZE];
    if (room == NULL)
        return false;
    spill_figures(room, &figures);
    if (spill_trouble(room) != NULL)
        snprintf(text, size, "%s", spill_trouble(room));
    else if (figures.file_bytes > 0)
        snprintf(text, size, "%s of its rows lie in a file",
                 format_bytes(bytes, sizeof bytes, figures.file_bytes));
    else
        return false;
    return true;
}

/* ---- Batches ---- */

/* The next events of a source; none at its end, for now or for good. */
static void next_batch(struct follow *follow, struct source *source)
{
    struct error error;
    uint64_t limit = follow->race == NULL ? UINT64_MAX
                     : source->overflow   ? race_overflowed(follow->race)
                                          : race_recorded(follow->race);
    if (source->damaged || source->count > 0 ||
        recording_next(source->recording, limit, &source->events, &source->count, &error))
        return;
    source->damaged = true;
    source->count = 0;
    if (follow->missing[0] == '\0')
        snprintf(follow->missing, sizeof follow->missing, "%s", error.text);
}

struct follow *follow_files(const char *const *paths, size_t count, struct error *error)
{
    const struct meta *metas[META_RUNS_MAX];
    if (count == 1)
        return follow_file(paths[0], error);
    if (count > META_RUNS_MAX) {
        error_set(error, "at most %d recordings can stand side by side", (int)META_RUNS_MAX);
        return NULL;
    }
    struct follow *follow = mem_zero(1, sizeof *follow);
    for (; follow->count < count; follow->count++) {
        struct source *source = &follow->sources[follow->count];
        source->recording = recording_open(paths[follow->count], error);
        if (source->recording == NULL)
            break;
        next_batch(follow, source);
        metas[follow->count] = recording_meta(source->recording, &source->meta_version);
        if (metas[follow->count] != NULL)
            continue;
        error_set(error, "%s holds no race", paths[follow->count]);
        follow->count++; /* its recording is closed too */
        break;
    }
    if (follow->count == count && metas[count - 1] != NULL)
        follow->join = join_new(paths, metas, count, error);
    if (follow->join == NULL) {
        follow_free(follow);
        return NULL;
    }
    return follow;
}

void follow_free(struct follow *follow)
{
    if (follow == NULL)
        return;
    for (size_t i = 0; i < follow->count; i++)
        recording_close(follow->sources[i].recording);
    join_free(follow->join);
    free(follow->so_far);
    free(follow);
}

/* Of a run of closed files: its go, when it ends, and which file it is of. */
static bool foretold(const struct follow *follow, size_t run, size_t *file, uint64_t *go_ns,
                     uint64_t *until_ns)
{
    *file = 0;
    return follow->race == NULL &&
           (follow->join == NULL || join_run(follow->join, run, file, &run)) &&
           recording_foretold(follow->sources[*file].recording, run, go_ns, until_ns);
}

/* What was read but not fed is not there yet. */
static bool fed_until(const struct source *source, uint64_t until_ns)
{
    return recording_until(source->recording) >= until_ns &&
           (source->count == 0 || source->events->time > until_ns);
}

/* A closed file says from its start on how each run ended, and one that was not read so far has not: it
 * is told as the race told it while it went on. */
static const struct meta *so_far(struct follow *follow, const struct meta *meta)
{
    if (follow->race != NULL || meta == NULL)
        return meta;
    if (follow->so_far == NULL)
        follow->so_far = mem_alloc(sizeof *meta);
    memcpy(follow->so_far, meta, sizeof *meta);
    for (size_t run = 0; run < META_RUNS_MAX && run < meta->run_count; run++) {
        size_t file;
        uint64_t go_ns, until_ns;
        if (foretold(follow, run, &file, &go_ns, &until_ns) && file >= follow->at &&
            !fed_until(&follow->sources[file], until_ns))
            follow->so_far->runs[run].status = RUN_WAITING;
    }
    return follow->so_far;
}

/* The latest meta, and how far it is whole. */
static void tell(struct follow *follow, struct timeline *timeline, bool ended)
{
    size_t at = follow->at;
    struct source *source = &follow->sources[at];
    unsigned version;
    const struct meta *meta = recording_meta(source->recording, &version);
    if (follow->join != NULL) {
        if (version != source->meta_version)
            join_update(follow->join, at, meta);
        if (ended)
            join_end(follow->join, at);
        meta = join_meta(follow->join);
    }
    source->meta_version = version;
    if (meta != NULL && timeline != NULL)
        timeline_tell(timeline,
                      ended && follow->at + 1 >= follow->count ? meta : so_far(follow, meta),
                      recording_until(source->recording));
}

/* After a file that takes no more comes what went on in memory. */
static bool go_over(struct follow *follow)
{
    struct error error;
    struct source *source = &follow->sources[1];
    *source = (struct source){ .overflow = true };
    source->recording = recording_tail(race_overflow_fd(follow->race), &error);
    if (source->recording == NULL)
        return false;
    follow->count = 2;
    follow->at = 1;
    return true;
}

/* The source whose next events are there; NULL: none are, for now or for good. What is known beside
 * the events is told to the timeline, where there is one. */
static struct source *find_events(struct follow *follow, struct timeline *timeline)
{
    while (follow->at < follow->count) {
        struct source *source = &follow->sources[follow->at];
        /* Asked before the file is read: then that is all that comes to it. */
        bool over = follow->race != NULL && !source->overflow && race_overflowed(follow->race) > 0;
        next_batch(follow, source);
        if (source->count > 0)
            return source;
        tell(follow, timeline, true);
        if (over && go_over(follow))
            continue;
        if (follow->join == NULL)
            return NULL; /* a file that grows has more later */
        follow->at++;
    }
    return NULL;
}

static const struct event *take_events(struct follow *follow, struct source *source, size_t most,
                                       size_t *count)
{
    const struct event *events = source->events;
    *count = source->count < most ? source->count : most;
    source->events += *count;
    source->count -= *count;
    return follow->join != NULL ? join_events(follow->join, follow->at, events, *count) : events;
}

bool follow_next(struct follow *follow, const struct event **events, size_t *count)
{
    struct source *source = find_events(follow, NULL);
    *count = 0;
    if (source != NULL)
        *events = take_events(follow, source, SIZE_MAX, count);
    return source != NULL;
}

bool follow_feed(struct follow *follow, struct timeline *timeline, uint64_t budget_ns)
{
    uint64_t began = clock_now();
    struct source *source;
    while ((source = find_events(follow, timeline)) != NULL) {
        size_t count;
        const struct event *events = take_events(follow, source, AT_ONCE, &count);
        timeline_feed(timeline, events, count);
        /* To unpack the next batch takes about as long as to feed it. */
        uint64_t most_ns = source->count > 0 ? budget_ns : budget_ns / 2;
        if (budget_ns != 0 && clock_now() - began > most_ns) {
            tell(follow, timeline, false);
            return true;
        }
    }
    return false;
}

void follow_position(const struct follow *follow, uint64_t *done, uint64_t *of)
{
    *done = *of = 0;
    for (size_t i = 0; i < follow->count; i++) {
        uint64_t of_file;
        *done += recording_place(follow->sources[i].recording, &of_file);
        *of += of_file;
    }
}

uint64_t follow_foretold(const struct follow *follow, size_t run)
{
    size_t file;
    uint64_t go_ns, until_ns;
    return foretold(follow, run, &file, &go_ns, &until_ns) ? until_ns - go_ns : 0;
}

uint64_t follow_place_of(const struct follow *follow, uint64_t t)
{
    uint64_t nearest, done;
    follow_position(follow, &done, &nearest);
    for (size_t run = 0; run < META_RUNS_MAX; run++) {
        size_t file;
        uint64_t go_ns, until_ns, size, before = 0;
        if (!foretold(follow, run, &file, &go_ns, &until_ns) || until_ns - go_ns < t)
            continue;
        for (size_t i = 0; i < file; i++, before += size)
            recording_place(follow->sources[i].recording, &size);
        uint64_t place = before + recording_place_of(follow->sources[file].recording, go_ns + t);
        nearest = place < nearest ? place : nearest;
    }
    return nearest;
}

const char *follow_missing(const struct follow *follow)
{
    for (size_t i = 0; i < follow->count && follow->missing[0] == '\0'; i++)
        if (recording_missing(follow->sources[i].recording) != NULL)
            return recording_missing(follow->sources[i].recording);
    return follow->missing[0] != '\0' ? follow->missing : NULL;
}
