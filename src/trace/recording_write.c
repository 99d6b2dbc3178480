/*
 * Writing a recording, a chunk at a time. Invariant: the file is whole up to w->size, and nothing
 * below that is written again except a chunk that the cap gives up, which is first rewritten with
 * what is kept of it (one write; a reader that meets it half-way sees a wrong checksum and looks
 * again) and then holed. It buffers nothing: when a call returns, its events are in the file.
 */
#include "trace/recording.h"

#include "base/memory.h"
#include "platform/platform.h"
#include "trace/codec.h"
#include "trace/footer.h"
#include "trace/meta.h"
#include "trace/recording_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { EVENTS_MAX = CHUNK_MAX / sizeof(struct event) };
static const uint64_t idle_ns = 33 * 1000 * 1000;

struct recording_writer {
    int fd;
    uint64_t size; /* bytes of the file that are whole */
    uint64_t until_ns;
    uint64_t base_ns;
    bool failed;
    struct error trouble; /* why, once something was not written */
    char *meta;           /* the last one, as JSON */

    int overflow; /* where it goes on, -1: nowhere (any more) */
    bool flowed_over;
    uint64_t overflow_cap, first_size; /* what is kept of the file, once it flowed over */

    uint64_t cap_bytes;   /* 0: none */
    uint64_t event_bytes; /* of EVNT payloads that still take room */
    uint64_t oldest;      /* offset of the first chunk that may still be given up */
    uint64_t given_up;
    uint64_t told_given_up; /* by events that came with LOST_CAP: given up by another writer */
    uint64_t untold[ARENA_RUNS_MAX]; /* of given_up, by run: not yet in the file as LOST_CAP */
    bool keeps_oldest;               /* a file cannot be holed here */
    void *scratch;                   /* CHUNK_MAX bytes, once something had to be given up */
    struct codec *codec;             /* NULL: chunks are raw */

    struct footer_notes notes; /* of the file; those given up later are counted in it */
};

/* ---- Writing bytes ---- */

/* What went wrong once is told by every call. */
static bool refuse(const struct recording_writer *w, struct error *error)
{
    return error_set(error, "%s", w->trouble.text);
}

static bool fail(struct recording_writer *w, int code, struct error *error)
{
    w->failed = true;
    if (w->trouble.text[0] == '\0')
        error_set(&w->trouble, "the recording cannot be written beyond %llu bytes: %s",
                  (unsigned long long)w->size, strerror(code));
    return refuse(w, error);
}

/* All of it, or false with errno set. */
static bool write_at(int fd, struct iovec *parts, int count, uint64_t offset)
{
    while (count > 0) {
        ssize_t put = pwritev(fd, parts, count, (off_t)offset);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0) {
            errno = put == 0 ? ENOSPC : errno;
            return false;
        }
        offset += (uint64_t)put;
        while (count > 0 && (size_t)put >= parts->iov_len) {
            put -= (ssize_t)parts->iov_len;
            parts++;
            count--;
        }
        if (count > 0) {
            parts->iov_base = (char *)parts->iov_base + put;
            parts->iov_len -= (size_t)put;
        }
    }
    return true;
}

static bool flow_over(struct recording_writer *w);

/* Appends a chunk as its header says. */
static bool append(struct recording_writer *w, const struct chunk_header *header,
                   const void *payload, struct error *error)
{
    static const char zeros[8];
    if (w->failed)
        return refuse(w, error);
    uint64_t end = w->size + sizeof *header + header->stored;
    size_t pad = header->stored - header->size;
    struct iovec parts[] = {
        { .iov_base = (void *)(uintptr_t)header, .iov_len = sizeof *header },
        { .iov_base = (void *)(uintptr_t)payload, .iov_len = header->size },
        { .iov_base = (void *)(uintptr_t)zeros, .iov_len = pad < sizeof zeros ? pad : 0 },
    };
    if (!write_at(w->fd, parts, 3, w->size) ||
        (pad >= sizeof zeros && ftruncate(w->fd, (off_t)end) != 0)) {
        fail(w, errno, error);
        /* Half a chunk would be taken for one that was cut. Where this fails too, it is that. */
        int cut = ftruncate(w->fd, (off_t)w->size);
        (void)cut;
        return flow_over(w) && append(w, header, payload, error);
    }
    w->size = end;
    return true;
}

/* Fills in lengths, codec and checksum, and appends. */
static bool append_bytes(struct recording_writer *w, unsigned how, struct chunk_header *header,
                         const void *bytes, size_t size, struct error *error)
{
    if (size > CHUNK_MAX)
        return error_set(error, "a chunk of a recording holds at most %d bytes", CHUNK_MAX);
    const void *payload =
        codec_pack(w->codec, w->codec != NULL ? how : CHUNK_RAW, bytes, size, header);
    chunk_seal(header, payload);
    return append(w, header, payload, error);
}

/* ---- The cap ---- */

/* What a reader needs to make sense of what is kept elsewhere. */
static bool is_vital(const struct event *event)
{
    switch (event->kind) {
    case EVENT_RUN_GO:
    case EVENT_RUN_END:
    case EVENT_LANE_BEGIN:
    case EVENT_LANE_CPU:
    case EVENT_LANE_SWITCHES:
    case EVENT_LANE_END:
    case EVENT_LANE_CRASH:
    case EVENT_PARAM_SET:
    case EVENT_PARAM_APPLIED:
    case EVENT_MARK:
    case EVENT_LOST:
        return true;
    default:
        return false;
    }
}

static void need_scratch(struct recording_writer *w)
{
    if (w->scratch == NULL)
        w->scratch = mem_alloc(CHUNK_MAX);
}

/* Keeps the vital ones of `events` in `kept` (which may be the same place); counts the others. */
static size_t thin(struct recording_writer *w, const struct event *events, size_t count,
                   struct event *kept)
{
    size_t left = 0;
    for (size_t i = 0; i < count; i++) {
        if (is_vital(&events[i])) {
            kept[left++] = events[i];
        } else {
            w->given_up++;
            w->untold[events[i].run < ARENA_RUNS_MAX ? events[i].run : 0]++;
        }
    }
    return left;
}

static bool read_at(int fd, void *into, size_t size, uint64_t offset)
{
    return pread(fd, into, size, (off_t)offset) == (ssize_t)size;
}

/* Gives up the chunk at `offset`. False where that cannot be done; the chunk is as it was then. */
static bool give_up(struct recording_writer *w, uint64_t offset, const struct chunk_header *header)
{
    uint64_t payload = offset + sizeof *header;
    if (!read_at(w->fd, w->scratch, header->size, payload) || !chunk_sound(header, w->scratch))
        return false;
    size_t count = header->size / sizeof(struct event);
    size_t kept = thin(w, w->scratch, count, w->scratch) * sizeof(struct event);
    struct chunk_header thinned = *header;
    thinned.flags |= CHUNK_THINNED;
    thinned.size = (uint32_t)kept;
    chunk_seal(&thinned, w->scratch);
    struct iovec parts[] = {
        { .iov_base = &thinned, .iov_len = sizeof thinned },
        { .iov_base = w->scratch, .iov_len = kept },
    };
    if (!write_at(w->fd, parts, 2, offset))
        return false;
    w->event_bytes -= header->size - kept;
    return header->stored == kept || platform_punch(w->fd, payload + kept, header->stored - kept);
}

static void hold_cap(struct recording_writer *w)
{
    if (w->cap_bytes == 0)
        return;
    while (w->event_bytes > w->cap_bytes && !w->keeps_oldest && w->oldest < w->size) {
        struct chunk_header header;
        need_scratch(w);
        if (!read_at(w->fd, &header, sizeof header, w->oldest) || !chunk_lengths_sound(&header))
            w->keeps_oldest = true;
        else if (header.tag == CHUNK_EVNT && header.size > 0)
            w->keeps_oldest = !give_up(w, w->oldest, &header);
        if (!w->keeps_oldest)
            w->oldest += sizeof header + header.stored;
    }
}

/* ---- Events ---- */

static bool write_some(struct recording_writer *w, const struct drained *line,
                       const struct event *events, size_t count, uint64_t until_ns,
                       struct error *error)
{
    struct chunk_header header = {
        .tag = CHUNK_EVNT,
        .first_ns = count > 0 ? events[0].time : until_ns,
        .until_ns = until_ns,
        .stamp0 = line->stamp0,
        .ns0 = line->ns0,
        .ns_per_stamp = line->ns_per_stamp,
    };
    uint64_t offset = w->size;
    if (!append_bytes(w, CHUNK_PLANES, &header, events, count * sizeof *events, error))
        return false;
    footer_note(&w->notes, &header, offset, events, count);
    w->event_bytes += header.size;
    w->until_ns = until_ns;
    return true;
}

bool recording_write_packed(struct recording_writer *w, const struct chunk_header *like,
                            const struct event *events, size_t count, struct error *error)
{
    struct chunk_header header = *like;
    uint64_t offset = w->size;
    if (!append_bytes(w, CHUNK_PLANES, &header, events, count * sizeof *events, error))
        return false;
    footer_note(&w->notes, &header, offset, events, count);
    for (size_t i = 0; i < count; i++)
        if (events[i].kind == EVENT_LOST && events[i].object == LOST_CAP)
            w->told_given_up += events[i].b;
    w->until_ns = header.until_ns > w->until_ns ? header.until_ns : w->until_ns;
    return true;
}

/* Past the cap of a file that cannot be holed. */
static bool write_vital(struct recording_writer *w, const struct drained *drained,
                        struct error *error)
{
    need_scratch(w); /* a file that could never be holed has not asked for it */
    struct event *kept = w->scratch;
    size_t count = 0;
    for (size_t at = 0; at < drained->count; at += EVENTS_MAX) {
        size_t some = drained->count - at < EVENTS_MAX ? drained->count - at : EVENTS_MAX;
        count = thin(w, drained->events + at, some, kept);
        bool last = at + some == drained->count;
        if (count > 0 &&
            !write_some(w, drained, kept, count, last ? drained->until_ns : w->until_ns, error))
            return false;
    }
    return true;
}

/* What was given up becomes events itself. */
static bool tell_given_up(struct recording_writer *w, const struct drained *line,
                          struct error *error)
{
    struct event told[ARENA_RUNS_MAX];
    size_t count = 0;
    for (uint16_t run = 0; run < ARENA_RUNS_MAX; run++) {
        if (w->untold[run] == 0)
            continue;
        told[count++] = (struct event){ .time = w->until_ns,
                                        .kind = EVENT_LOST,
                                        .run = run,
                                        .lane = LANE_NONE,
                                        .object = LOST_CAP,
                                        .b = w->untold[run] };
        w->untold[run] = 0;
    }
    return count == 0 || write_some(w, line, told, count, w->until_ns, error);
}

bool recording_write_events(struct recording_writer *w, const struct drained *drained,
                            struct error *error)
{
    if (w->failed)
        return refuse(w, error);
    uint64_t until_ns = drained->until_ns > w->until_ns ? drained->until_ns : w->until_ns;
    if (drained->count == 0)
        return until_ns < w->until_ns + idle_ns || write_some(w, drained, NULL, 0, until_ns, error);
    if (w->keeps_oldest && w->cap_bytes > 0 && w->event_bytes > w->cap_bytes)
        return write_vital(w, drained, error) && tell_given_up(w, drained, error);
    for (size_t at = 0; at < drained->count; at += EVENTS_MAX) {
        size_t left = drained->count - at, some = left < EVENTS_MAX ? left : EVENTS_MAX;
        uint64_t until = some == left ? until_ns : drained->events[at + some].time;
        if (!write_some(w, drained, drained->events + at, some,
                        until > w->until_ns ? until : w->until_ns, error))
            return false;
    }
    hold_cap(w);
    return tell_given_up(w, drained, error);
}

static bool write_meta_json(struct recording_writer *w, struct error *error)
{
    struct chunk_header header = { .tag = CHUNK_META,
                                   .first_ns = w->until_ns,
                                   .until_ns = w->until_ns };
    return append_bytes(w, CHUNK_ZSTD, &header, w->meta, strlen(w->meta), error);
}

bool recording_write_meta(struct recording_writer *w, const struct meta *meta, struct error *error)
{
    free(w->meta);
    w->meta = meta_print(meta);
    return write_meta_json(w, error);
}

/* ---- Opening, closing, asking ---- */

static bool write_file_header(int fd, uint64_t base_ns)
{
    struct file_header header = { .magic = FILE_MAGIC,
                                  .order = FILE_ORDER,
                                  .version = RECORDING_VERSION,
                                  .header_bytes = sizeof(struct file_header),
                                  .chunk_bytes = sizeof(struct chunk_header),
                                  .record_bytes = sizeof(struct event),
                                  .base_ns = base_ns };
    file_header_seal(&header);
    struct iovec part = { .iov_base = &header, .iov_len = sizeof header };
    return write_at(fd, &part, 1, 0);
}

struct recording_writer *recording_writer_new(int fd, uint64_t base_ns, struct error *error)
{
    struct stat status;
    if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || status.st_size != 0) {
        error_set(error, "a recording is written into an empty file, and this is none");
        return NULL;
    }
    if (!write_file_header(fd, base_ns)) {
        error_set(error, "the recording cannot be written: %s", strerror(errno));
        return NULL;
    }
    struct recording_writer *w = mem_zero(1, sizeof *w);
    w->fd = fd;
    w->base_ns = base_ns;
    w->overflow = -1;
    w->size = w->oldest = sizeof(struct file_header);
    return w;
}

void recording_overflow(struct recording_writer *w, int fd, uint64_t cap_bytes)
{
    w->overflow = fd;
    w->overflow_cap = cap_bytes;
}

/* The writer is as new, but of the other file. */
static bool flow_over(struct recording_writer *w)
{
    struct error error;
    if (w->overflow < 0 || !write_file_header(w->overflow, w->base_ns))
        return false;
    w->first_size = w->size;
    w->fd = w->overflow;
    w->overflow = -1;
    w->flowed_over = true;
    w->failed = false;
    w->size = w->oldest = sizeof(struct file_header);
    w->given_up = w->told_given_up = w->event_bytes = 0;
    footer_forget(&w->notes);
    recording_cap(w, w->overflow_cap);
    return w->meta == NULL || write_meta_json(w, &error);
}

void recording_cap(struct recording_writer *w, uint64_t cap_bytes)
{
    /* Far behind its end there is nothing that could be lost by asking. */
    const uint64_t nowhere = UINT64_C(1) << 40;
    w->cap_bytes = cap_bytes;
    w->keeps_oldest = !platform_punch(w->fd, nowhere, 1 << 20);
}

uint64_t recording_writer_size(const struct recording_writer *w)
{
    return w->flowed_over ? w->first_size : w->size;
}

uint64_t recording_writer_overflow(const struct recording_writer *w)
{
    return w->flowed_over ? w->size : 0;
}

const char *recording_writer_trouble(const struct recording_writer *w)
{
    return w->trouble.text[0] != '\0' ? w->trouble.text : NULL;
}

uint64_t recording_writer_given_up(const struct recording_writer *w)
{
    return w->given_up;
}

static bool write_foot(struct recording_writer *w, struct error *error)
{
    const struct foot foot = { .events = w->notes.written - w->given_up,
                               .given_up = w->given_up + w->told_given_up,
                               .until_ns = w->until_ns };
    struct chunk_header header = { .tag = CHUNK_FOOT,
                                   .first_ns = w->until_ns,
                                   .until_ns = w->until_ns };
    size_t size;
    void *payload = footer_make(&w->notes, &foot, w->size, &size);
    bool written = append_bytes(w, CHUNK_RAW, &header, payload, size, error);
    free(payload);
    return written;
}

bool recording_writer_close(struct recording_writer *w, struct error *error)
{
    if (w == NULL)
        return true;
    bool written = write_foot(w, error);
    recording_writer_drop(w);
    return written;
}

void recording_writer_drop(struct recording_writer *w)
{
    if (w == NULL)
        return;
    codec_free(w->codec);
    free(w->meta);
    footer_forget(&w->notes);
    free(w->scratch);
    free(w);
}

void recording_writer_pack(struct recording_writer *w)
{
    if (w->codec == NULL)
        w->codec = codec_new();
}

bool recording_write_chunk(struct recording_writer *w, const struct chunk_header *header,
                           const void *payload, struct error *error)
{
    return append(w, header, payload, error);
}
