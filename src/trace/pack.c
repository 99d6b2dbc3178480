/*
 * Packing a recording, in two passes: one over its chunks to find the last META, one that writes.
 * Invariant: events are written in the order in which they were read, and never across a chunk of
 * another tag; so whoever reads the packed file is told the same things in the same order, but for
 * the metas, of which the last is told first and alone.
 */
#include "trace/pack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "trace/recording_inside.h"

struct pack {
    int from;
    struct recording *skim, *reader; /* the first pass, the second */
    struct recording_writer *writer;
    struct chunk_header like; /* of the events gathered; no tag: none yet */
    struct event *events;     /* PACK_EVENTS at most */
    size_t count;
    enum pack_state state;
    bool whole; /* `from` has a footer */
    char best[sizeof((struct meta *)0)->verdict_best], why[sizeof((struct meta *)0)->verdict_why];
};

struct pack *pack_new(int from, int to, struct error *error)
{
    struct pack *pack = mem_zero(1, sizeof *pack);
    pack->from = from;
    pack->skim = recording_of_fd(from, error);
    pack->reader = pack->skim != NULL ? recording_of_fd(from, error) : NULL;
    pack->writer =
        pack->reader != NULL ? recording_writer_new(to, recording_base(pack->reader), error) : NULL;
    if (pack->writer == NULL) {
        pack_free(pack);
        return NULL;
    }
    recording_writer_pack(pack->writer);
    pack->events = mem_alloc(PACK_EVENTS * sizeof *pack->events);
    return pack;
}

void pack_verdict(struct pack *pack, const char *best, const char *why)
{
    snprintf(pack->best, sizeof pack->best, "%s", best);
    snprintf(pack->why, sizeof pack->why, "%s", why);
}

void pack_free(struct pack *pack)
{
    if (pack == NULL)
        return;
    recording_close(pack->skim);
    recording_close(pack->reader);
    recording_writer_drop(pack->writer);
    free(pack->events);
    free(pack);
}

/* ---- Events, gathered ---- */

static bool flush(struct pack *pack, struct error *error)
{
    if (pack->like.tag == 0)
        return true;
    struct chunk_header like = pack->like;
    size_t count = pack->count;
    pack->like.tag = 0;
    pack->count = 0;
    return recording_write_packed(pack->writer, &like, pack->events, count, error);
}

/* Takes part of a chunk; the last part says how far time went. */
static bool gather(struct pack *pack, const struct chunk_header *header, const struct event *events,
                   size_t count, struct error *error)
{
    do {
        if (pack->like.tag != 0 && pack->like.flags != header->flags && !flush(pack, error))
            return false;
        size_t room = PACK_EVENTS - pack->count, some = count < room ? count : room;
        if (pack->like.tag == 0) {
            pack->like = *header;
            pack->like.until_ns = 0;
        }
        if (pack->count == 0 && some > 0)
            pack->like.first_ns = events[0].time;
        if (some > 0)
            memcpy(pack->events + pack->count, events, some * sizeof *events);
        pack->count += some;
        events += some;
        count -= some;
        /* Nothing older than the next event is still to come, as in the chunk it is from. */
        uint64_t until_ns = count > 0 ? events[0].time : header->until_ns;
        if (until_ns > header->until_ns)
            until_ns = header->until_ns;
        if (until_ns > pack->like.until_ns)
            pack->like.until_ns = until_ns;
        if (pack->count == PACK_EVENTS && !flush(pack, error))
            return false;
    } while (count > 0);
    return true;
}

/* ---- The passes ---- */

/* `last`: NULL where there is none. */
static bool write_meta(struct pack *pack, const struct meta *last, struct error *error)
{
    if (last == NULL)
        return true;
    struct meta *meta = mem_alloc(sizeof *meta);
    *meta = *last; /* the text stays the other's */
    if (pack->best[0] != '\0') {
        memcpy(meta->verdict_best, pack->best, sizeof meta->verdict_best);
        memcpy(meta->verdict_why, pack->why, sizeof meta->verdict_why);
    }
    bool written = recording_write_meta(pack->writer, meta, error);
    free(meta);
    return written;
}

static bool skim_some(struct pack *pack, struct error *error)
{
    struct chunk_header header;
    const void *payload;
    if (!recording_chunk(pack->skim, UINT64_MAX, &header, &payload, error))
        return false;
    if (payload != NULL)
        return true;
    pack->whole = recording_ended(pack->skim);
    bool written = write_meta(pack, recording_meta(pack->skim, NULL), error);
    recording_close(pack->skim);
    pack->skim = NULL;
    return written;
}

static bool end(struct pack *pack, struct error *error)
{
    bool written = flush(pack, error);
    if (written && pack->whole) {
        written = recording_writer_close(pack->writer, error);
        pack->writer = NULL;
    }
    pack->state = PACK_DONE;
    return written;
}

static bool write_next(struct pack *pack, struct error *error)
{
    struct chunk_header header;
    const void *payload, *bytes;
    size_t size;
    if (!recording_chunk(pack->reader, UINT64_MAX, &header, &payload, error))
        return false;
    if (payload == NULL)
        return end(pack, error);
    if (header.tag == CHUNK_META || header.tag == CHUNK_FOOT)
        return true;
    if (header.tag != CHUNK_EVNT)
        return flush(pack, error) && recording_write_chunk(pack->writer, &header, payload, error);
    return recording_unpack(pack->reader, &header, &bytes, &size, error) &&
           gather(pack, &header, bytes, size / sizeof(struct event), error);
}

enum pack_state pack_move(struct pack *pack, uint64_t budget_ns, struct error *error)
{
    uint64_t began = clock_now();
    while (pack->state == PACK_GOES_ON) {
        if (!(pack->skim != NULL ? skim_some(pack, error) : write_next(pack, error)))
            pack->state = PACK_FAILED;
        if (budget_ns != 0 && clock_now() - began >= budget_ns)
            break;
    }
    return pack->state;
}

bool pack_whole(const struct pack *pack)
{
    return pack->whole;
}

unsigned pack_permille(const struct pack *pack)
{
    uint64_t size, place;
    if (pack->state == PACK_DONE)
        return 1000;
    /* The first pass, which is quick, counts as little. */
    if (pack->skim != NULL) {
        place = recording_place(pack->skim, &size);
        return size > 0 ? (unsigned)(place * 100 / size) : 0;
    }
    place = recording_place(pack->reader, &size);
    return size > 0 ? (unsigned)(100 + place * 900 / size) : 100;
}
