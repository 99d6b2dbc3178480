/*
 * footer.h: the chunk that closes a recording (chunk.h): where in the file which time is, and how far
 * each run goes. Inside trace/ only.
 *
 * What is read of it is believed about nothing but what is still to come: what happened is in the
 * events alone.
 */
#ifndef TRACE_FOOTER_H
#define TRACE_FOOTER_H

#include "trace/chunk.h"
#include "trace/event.h"

/* Gathered while a recording is written. All zero: nothing was written yet. */
struct footer_notes {
    struct foot_entry *entries;
    size_t count, capacity;
    uint64_t written, next; /* events; no new entry before so many */
    struct foot_run *runs;  /* ARENA_RUNS_MAX of them, once an event was noted */
    size_t run_count;       /* highest run + 1 */
    uint64_t run_end;       /* a bit for each run whose end was told */
};
/* A chunk of events that was written at `offset`. */
void footer_note(struct footer_notes *notes, const struct chunk_header *header, uint64_t offset,
                 const struct event *events, size_t count);
void footer_forget(struct footer_notes *notes); /* all of it, as before the first */
/* The payload of a footer at `offset`, heap. `foot`: its first three fields are filled. */
void *footer_make(struct footer_notes *notes, const struct foot *foot, uint64_t offset,
                  size_t *size);

/* Whether a file of so many bytes ends with a chunk that says it is the footer; not whether that is
 * sound. */
bool footer_find(int fd, uint64_t size, uint64_t *offset, struct chunk_header *header);

struct footer;
/* NULL: there is none, or it cannot be right. Takes the room of the chunk, 16 MiB at most. */
struct footer *footer_read(int fd, uint64_t size);
void footer_free(struct footer *footer); /* NULL is fine */
/* When a run goes and up to when it is told of (ns since the base); false: it says nothing of it. */
bool footer_run(const struct footer *footer, size_t run, uint64_t *go_ns, uint64_t *until_ns);
/* The byte of the file up to which it has to be read so that all up to a time is there. */
uint64_t footer_place(const struct footer *footer, uint64_t time_ns);

#endif
