/*
 * The footer of a recording. Invariant: a footer that is handed out points into its own file and
 * nowhere else, and no run of it ends before it goes or after the file does; one of which anything is
 * wrong is none. It reads no events and knows no writer.
 */
#include "trace/footer.h"

#include "base/memory.h"
#include "trace/arena.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { INDEX_EVENTS = 8192 }; /* between two entries of the index */

/* ---- While it is written ---- */

static void note_run(struct footer_notes *notes, uint16_t run, uint64_t until_ns)
{
    if (run >= ARENA_RUNS_MAX)
        return;
    struct foot_run *noted = &notes->runs[run];
    notes->run_count = run >= notes->run_count ? run + (size_t)1 : notes->run_count;
    bool ended = (notes->run_end >> run & 1) != 0;
    if (!ended && (noted->until_ns == UINT64_MAX || until_ns > noted->until_ns))
        noted->until_ns = until_ns;
}

/* The last of each run, and when it goes and ends. Neighbours are of one run as a rule. */
static void note_runs(struct footer_notes *notes, const struct event *events, size_t count)
{
    uint64_t last = 0;
    if (notes->runs == NULL) {
        notes->runs = mem_alloc(ARENA_RUNS_MAX * sizeof *notes->runs);
        memset(notes->runs, 0xff, ARENA_RUNS_MAX * sizeof *notes->runs);
    }
    for (const struct event *event = events; event < events + count; event++) {
        last = event->time > last ? event->time : last;
        bool turns = event->kind == EVENT_RUN_GO || event->kind == EVENT_RUN_END;
        if (event + 1 < events + count && event[1].run == event->run && !turns)
            continue;
        note_run(notes, event->run, last);
        last = 0;
        if (!turns || event->run >= ARENA_RUNS_MAX)
            continue;
        struct foot_run *run = &notes->runs[event->run];
        if (event->kind == EVENT_RUN_GO) {
            run->go_ns = event->time;
        } else {
            run->until_ns = event->time;
            notes->run_end |= UINT64_C(1) << event->run;
        }
    }
}

void footer_note(struct footer_notes *notes, const struct chunk_header *header, uint64_t offset,
                 const struct event *events, size_t count)
{
    if (notes->written >= notes->next) {
        notes->next = notes->written + INDEX_EVENTS;
        if (notes->count == notes->capacity) {
            notes->capacity = notes->capacity > 0 ? 2 * notes->capacity : 64;
            notes->entries = mem_resize(notes->entries, notes->capacity, sizeof *notes->entries);
        }
        uint64_t before_ns = notes->count > 0 ? notes->entries[notes->count - 1].until_ns : 0;
        notes->entries[notes->count++] = (struct foot_entry){
            .offset = offset,
            .first_ns = header->first_ns,
            .until_ns = header->until_ns > before_ns ? header->until_ns : before_ns,
            .events_before = notes->written,
        };
    }
    notes->written += count;
    if (count > 0)
        note_runs(notes, events, count);
}

void footer_forget(struct footer_notes *notes)
{
    free(notes->entries);
    free(notes->runs);
    *notes = (struct footer_notes){ 0 };
}

/* ---- The chunk ---- */

void *footer_make(struct footer_notes *notes, const struct foot *foot, uint64_t offset,
                  size_t *size)
{
    /* An index that outgrew a chunk keeps every second, fourth, ... entry. */
    while (notes->count * sizeof *notes->entries > CHUNK_MAX / 2) {
        notes->count /= 2;
        for (size_t i = 0; i < notes->count; i++)
            notes->entries[i] = notes->entries[2 * i];
    }
    size_t index_bytes = notes->count * sizeof *notes->entries;
    size_t run_bytes = notes->run_count * sizeof *notes->runs;
    struct foot whole = *foot;
    whole.entries = (uint32_t)notes->count;
    whole.entry_bytes = sizeof *notes->entries;
    for (size_t run = 0; run < notes->run_count; run++) {
        uint64_t until_ns = notes->runs[run].until_ns;
        whole.until_ns =
            until_ns != UINT64_MAX && until_ns > whole.until_ns ? until_ns : whole.until_ns;
    }
    *size = sizeof whole + index_bytes + run_bytes + sizeof offset;
    char *payload = mem_alloc(*size), *at = payload;
    memcpy(at, &whole, sizeof whole);
    at += sizeof whole;
    if (index_bytes > 0)
        memcpy(at, notes->entries, index_bytes);
    at += index_bytes;
    if (run_bytes > 0)
        memcpy(at, notes->runs, run_bytes);
    memcpy(at + run_bytes, &offset, sizeof offset);
    return payload;
}

/* ---- Reading ---- */

struct footer {
    struct foot foot;
    struct foot_entry *entries;
    struct foot_run *runs;
    size_t run_count;
    uint64_t offset; /* its own: the end of all that it tells of */
    char *payload;
};

/* All of it, or false. */
static bool read_at(int fd, void *into, size_t size, uint64_t offset)
{
    size_t have = 0;
    while (have < size) {
        ssize_t got = pread(fd, (char *)into + have, size - have, (off_t)(offset + have));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        have += (size_t)got;
    }
    return true;
}

bool footer_find(int fd, uint64_t size, uint64_t *offset, struct chunk_header *header)
{
    uint64_t at;
    if (size < sizeof at || !read_at(fd, &at, sizeof at, size - sizeof at) || at > size ||
        size - at < sizeof *header || !read_at(fd, header, sizeof *header, at))
        return false;
    *offset = at;
    return header->tag == CHUNK_FOOT && chunk_lengths_sound(header) &&
           header->stored == size - at - sizeof *header;
}

/* Where its parts are; false: its lengths cannot be. */
static bool take_apart(struct footer *footer, size_t size)
{
    const size_t around = sizeof footer->foot + sizeof footer->offset;
    if (size < around)
        return false;
    memcpy(&footer->foot, footer->payload, sizeof footer->foot);
    size_t rest = size - around;
    if (footer->foot.entry_bytes != sizeof *footer->entries ||
        footer->foot.entries > rest / sizeof *footer->entries)
        return false;
    size_t index_bytes = footer->foot.entries * sizeof *footer->entries;
    footer->entries = (void *)(footer->payload + sizeof footer->foot);
    footer->runs = (void *)(footer->payload + sizeof footer->foot + index_bytes);
    footer->run_count = (rest - index_bytes) / sizeof *footer->runs;
    return (rest - index_bytes) % sizeof *footer->runs == 0 && footer->run_count <= ARENA_RUNS_MAX;
}

static bool can_be(const struct footer *footer)
{
    uint64_t offset = 0, until_ns = 0;
    for (size_t i = 0; i < footer->foot.entries; i++) {
        const struct foot_entry *entry = &footer->entries[i];
        if (entry->offset <= offset || entry->offset >= footer->offset ||
            entry->until_ns < until_ns)
            return false;
        offset = entry->offset;
        until_ns = entry->until_ns;
    }
    for (size_t i = 0; i < footer->run_count; i++) {
        const struct foot_run *run = &footer->runs[i];
        if (run->go_ns != UINT64_MAX &&
            (run->until_ns < run->go_ns || run->until_ns > footer->foot.until_ns))
            return false;
    }
    return true;
}

struct footer *footer_read(int fd, uint64_t size)
{
    struct chunk_header header;
    uint64_t offset;
    if (!footer_find(fd, size, &offset, &header) || header.codec != CHUNK_RAW || header.size == 0)
        return NULL;
    struct footer *footer = mem_zero(1, sizeof *footer);
    footer->offset = offset;
    footer->payload = mem_alloc(header.size);
    if (read_at(fd, footer->payload, header.size, offset + sizeof header) &&
        chunk_sound(&header, footer->payload) && take_apart(footer, header.size) && can_be(footer))
        return footer;
    footer_free(footer);
    return NULL;
}

void footer_free(struct footer *footer)
{
    if (footer == NULL)
        return;
    free(footer->payload);
    free(footer);
}

bool footer_run(const struct footer *footer, size_t run, uint64_t *go_ns, uint64_t *until_ns)
{
    if (run >= footer->run_count || footer->runs[run].go_ns == UINT64_MAX)
        return false;
    *go_ns = footer->runs[run].go_ns;
    *until_ns = footer->runs[run].until_ns;
    return true;
}

uint64_t footer_place(const struct footer *footer, uint64_t time_ns)
{
    size_t from = 0, to = footer->foot.entries;
    while (from < to) { /* the first entry that is whole beyond the time */
        size_t middle = from + (to - from) / 2;
        if (footer->entries[middle].until_ns < time_ns)
            from = middle + 1;
        else
            to = middle;
    }
    /* Its chunk has to be read as well: up to the entry after it. */
    return from + 1 < footer->foot.entries ? footer->entries[from + 1].offset : footer->offset;
}
