/*
 * Reading a recording, in the order of the file, while it grows or when it is closed. Invariant:
 * nothing of a chunk is handed over before its checksum held, and no length of the file is believed
 * beyond what the file has and a chunk may be; so a damaged or hostile file can end early, but not
 * tell a lie, crash, hang or make this allocate more than a few chunks. It keeps no events and seeks
 * nowhere: what is made of them is the timeline's.
 */
#include "trace/recording.h"

#include "base/memory.h"
#include "trace/codec.h"
#include "trace/footer.h"
#include "trace/meta.h"
#include "trace/recording_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { META_BYTES_MAX = 1024 * 1024 }; /* parsed, its JSON takes many times its size */

struct recording {
    int fd;
    bool grows;     /* opened by recording_tail: an end is only "not yet" */
    char name[256]; /* for sentences */
    bool started;   /* the file header was read */
    uint64_t base_ns;
    uint64_t offset; /* of the next chunk */
    uint64_t until_ns;
    bool ended;
    void *payload; /* of the chunk last read */
    size_t payload_capacity;
    struct codec *codec;
    struct meta meta;
    unsigned meta_version; /* 0: none yet */
    struct footer *footer; /* of a file that does not grow; NULL: none that can be right */
    bool damaged;
    struct error damage; /* what is wrong, once it is */
    char missing[300];   /* "" */
};

/* ---- Bytes ---- */

/* All of it, or false. */
static bool read_at(const struct recording *r, void *into, size_t size, uint64_t offset)
{
    size_t have = 0;
    while (have < size) {
        ssize_t got = pread(r->fd, (char *)into + have, size - have, (off_t)(offset + have));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        have += (size_t)got;
    }
    return true;
}

static uint64_t file_size(const struct recording *r)
{
    struct stat status;
    return fstat(r->fd, &status) == 0 && status.st_size > 0 ? (uint64_t)status.st_size : 0;
}

/* ---- The file header ---- */

static bool start(struct recording *r, uint64_t size, struct error *error)
{
    struct file_header header;
    if (size < sizeof header || !read_at(r, &header, sizeof header, 0) ||
        header.magic != FILE_MAGIC)
        return error_set(error, "%s is no recording of lockstep", r->name);
    if (header.order != FILE_ORDER)
        return error_set(error, "%s was recorded on a machine of another byte order", r->name);
    if (!file_header_sound(&header))
        return error_set(error, "%s is damaged: its first 64 bytes do not fit their checksum",
                         r->name);
    if (header.version != RECORDING_VERSION || header.header_bytes != sizeof header ||
        header.chunk_bytes != sizeof(struct chunk_header) ||
        header.record_bytes != sizeof(struct event))
        return error_set(error, "%s is a recording of version %u; this lockstep reads version %d",
                         r->name, header.version, RECORDING_VERSION);
    r->offset = sizeof header;
    r->base_ns = header.base_ns;
    r->started = true;
    return true;
}

/* ---- Chunks ---- */

static bool damage(struct recording *r, const char *what, struct error *error)
{
    if (!r->damaged) {
        r->damaged = true;
        error_set(
            &r->damage,
            "%s is damaged at byte %llu (%s); what was recorded before that, %.3f s, is whole",
            r->name, (unsigned long long)r->offset, what, (double)r->until_ns / 1e9);
        snprintf(r->missing, sizeof r->missing, "%s", r->damage.text);
    }
    return error_set(error, "%s", r->damage.text);
}

/* A file that is not written any more ends here, without its footer. */
static void miss(struct recording *r, uint64_t size)
{
    if (r->grows || r->missing[0] != '\0')
        return;
    uint64_t rest = size - r->offset;
    if (rest > 0)
        snprintf(r->missing, sizeof r->missing,
                 "%s was cut: its last %llu bytes are a part of a chunk, and all after %.3f s is "
                 "missing",
                 r->name, (unsigned long long)rest, (double)r->until_ns / 1e9);
    else
        snprintf(r->missing, sizeof r->missing,
                 "%s was not closed: what came after %.3f s, if anything, is missing", r->name,
                 (double)r->until_ns / 1e9);
}

static bool read_payload(struct recording *r, const struct chunk_header *header)
{
    if (r->payload == NULL || r->payload_capacity < header->size) {
        free(r->payload);
        r->payload = mem_alloc(header->size);
        r->payload_capacity = header->size;
    }
    return read_at(r, r->payload, header->size, r->offset + sizeof *header);
}

enum got { GOT_CHUNK, GOT_NOTHING, GOT_DAMAGE };

/* The chunk at r->offset, checked, its payload in r->payload. */
static enum got read_chunk(struct recording *r, uint64_t limit, struct chunk_header *header,
                           struct error *error)
{
    /* The cap may give a chunk up while it is read: a little later it is whole again. */
    const struct timespec nap = { .tv_nsec = 5 * 1000 * 1000 };
    const int looks = r->grows ? 5 : 1;
    const char *what = "";
    for (int look = 0; look < looks; look++) {
        if (look > 0)
            nanosleep(&nap, NULL);
        uint64_t size = file_size(r);
        uint64_t whole = size < limit ? size : limit;
        if (r->offset + sizeof *header > whole || !read_at(r, header, sizeof *header, r->offset)) {
            if (size <= limit)
                miss(r, size > r->offset ? size : r->offset);
            return GOT_NOTHING;
        }
        if (!chunk_lengths_sound(header)) {
            what = "a chunk's lengths cannot be";
            continue;
        }
        if (header->stored > whole - r->offset - sizeof *header) {
            if (size <= limit)
                miss(r, size);
            return GOT_NOTHING;
        }
        if (!read_payload(r, header) || !chunk_sound(header, r->payload)) {
            what = "a chunk does not fit its checksum";
            continue;
        }
        return GOT_CHUNK;
    }
    damage(r, what, error);
    return GOT_DAMAGE;
}

static bool take_meta(struct recording *r, const struct chunk_header *header, struct error *error)
{
    struct meta meta;
    struct error trouble;
    const void *json;
    size_t size;
    if (!recording_unpack(r, header, &json, &size, error))
        return false;
    if (size > META_BYTES_MAX)
        return damage(r, "the meta is too long", error);
    if (!meta_parse(json, size, &meta, &trouble))
        return damage(r, trouble.text, error);
    meta_fini(&r->meta);
    r->meta = meta;
    r->meta_version++;
    return true;
}

bool recording_unpack(struct recording *r, const struct chunk_header *header, const void **bytes,
                      size_t *size, struct error *error)
{
    struct error trouble;
    if (!codec_unpack(r->codec, header, r->payload, bytes, size, &trouble))
        return damage(r, trouble.text, error);
    if (header->tag == CHUNK_EVNT && *size % sizeof(struct event) != 0)
        return damage(r, "a chunk of events ends within one", error);
    return true;
}

bool recording_chunk(struct recording *r, uint64_t limit, struct chunk_header *header,
                     const void **payload, struct error *error)
{
    *payload = NULL;
    if (r->damaged)
        return error_set(error, "%s", r->damage.text);
    uint64_t size = file_size(r);
    if (!r->started && r->grows && (size < limit ? size : limit) < sizeof(struct file_header))
        return true;
    if (!r->started && !start(r, size, error))
        return false;
    if (r->ended)
        return true;
    enum got got = read_chunk(r, limit, header, error);
    if (got != GOT_CHUNK)
        return got == GOT_NOTHING;
    if (header->tag == CHUNK_META && !take_meta(r, header, error))
        return false;
    r->offset += sizeof *header + header->stored;
    r->ended = header->tag == CHUNK_FOOT;
    if (header->tag == CHUNK_EVNT && header->until_ns > r->until_ns)
        r->until_ns = header->until_ns;
    *payload = r->payload;
    return true;
}

bool recording_next(struct recording *r, uint64_t limit, const struct event **events, size_t *count,
                    struct error *error)
{
    *events = NULL;
    *count = 0;
    for (;;) {
        struct chunk_header header;
        const void *payload, *bytes;
        size_t size;
        if (!recording_chunk(r, limit, &header, &payload, error))
            return false;
        if (payload == NULL)
            return true;
        if (header.tag != CHUNK_EVNT || header.size == 0)
            continue;
        if (!recording_unpack(r, &header, &bytes, &size, error))
            return false;
        *events = bytes;
        *count = size / sizeof(struct event);
        return true;
    }
}

/* ---- Opening ---- */

/* Where there is no footer: how far the chunks go, by their lengths alone. */
static void find_end(struct recording *r, uint64_t size)
{
    struct chunk_header header;
    uint64_t first = r->offset, until_ns = r->until_ns;
    while (r->offset + sizeof header <= size && read_at(r, &header, sizeof header, r->offset) &&
           chunk_lengths_sound(&header) && header.stored <= size - r->offset - sizeof header) {
        r->offset += sizeof header + header.stored;
        if (header.tag == CHUNK_EVNT && header.until_ns > r->until_ns)
            r->until_ns = header.until_ns;
    }
    miss(r, size);
    r->offset = first;
    r->until_ns = until_ns;
}

static struct recording *recording_new(int fd, bool grows, const char *name)
{
    struct recording *r = mem_zero(1, sizeof *r);
    r->fd = fd;
    r->grows = grows;
    r->codec = codec_new();
    snprintf(r->name, sizeof r->name, "%s", name);
    return r;
}

struct recording *recording_open(const char *path, struct error *error)
{
    struct stat status;
    /* Without O_NONBLOCK a pipe would be waited for. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
        error_set(error, "%s cannot be read: %s", path,
                  fd < 0 ? strerror(errno) : "it is no regular file");
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    struct recording *r = recording_new(fd, false, path);
    uint64_t size = file_size(r);
    if (!start(r, size, error)) {
        recording_close(r);
        return NULL;
    }
    uint64_t foot;
    struct chunk_header header;
    if (!footer_find(fd, size, &foot, &header))
        find_end(r, size);
    r->footer = footer_read(fd, size);
    return r;
}

struct recording *recording_tail(int fd, struct error *error)
{
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (own < 0) {
        error_set(error, "the recording cannot be followed: %s", strerror(errno));
        return NULL;
    }
    return recording_new(own, true, "the recording");
}

struct recording *recording_of_fd(int fd, struct error *error)
{
    struct recording *r = recording_tail(fd, error);
    if (r == NULL)
        return NULL;
    r->grows = false;
    if (start(r, file_size(r), error)) {
        r->footer = footer_read(r->fd, file_size(r));
        return r;
    }
    recording_close(r);
    return NULL;
}

void recording_close(struct recording *r)
{
    if (r == NULL)
        return;
    close(r->fd);
    free(r->payload);
    footer_free(r->footer);
    codec_free(r->codec);
    meta_fini(&r->meta);
    free(r);
}

/* ---- Asking ---- */

const struct meta *recording_meta(const struct recording *r, unsigned *version)
{
    if (version != NULL)
        *version = r->meta_version;
    return r->meta_version > 0 ? &r->meta : NULL;
}

uint64_t recording_until(const struct recording *r)
{
    return r->until_ns;
}

uint64_t recording_base(const struct recording *r)
{
    return r->base_ns;
}

uint64_t recording_place(const struct recording *r, uint64_t *size)
{
    *size = file_size(r);
    return r->offset;
}

bool recording_foretold(const struct recording *r, size_t run, uint64_t *go_ns, uint64_t *until_ns)
{
    return r->footer != NULL && footer_run(r->footer, run, go_ns, until_ns);
}

uint64_t recording_place_of(const struct recording *r, uint64_t time_ns)
{
    return r->footer != NULL ? footer_place(r->footer, time_ns) : file_size(r);
}

bool recording_ended(const struct recording *r)
{
    return r->ended;
}

const char *recording_missing(const struct recording *r)
{
    return r->missing[0] != '\0' ? r->missing : NULL;
}
