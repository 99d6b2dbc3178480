/*
 * recording.h: a race in a file.
 *
 * Layout, version 1 (byte by byte in chunk.h). A file header of 64 bytes; then chunks, each a header
 * of 64 bytes (tag, codec, flags, lengths, checksum of header and payload, first and until time,
 * clock line) and its payload; a footer chunk (index by time, how far each run goes) when it was closed
 * well. Unknown tags are skipped. While it is written its chunks are raw; pack.h makes a small file of it when it is
 * over, and both are read alike. A file that was cut opens up to its last whole chunk and says what is missing; one
 * that is damaged is read up to the damage.
 *
 * Tags: META (struct meta as JSON, the last one counts), EVNT (records of event.h), FOOT.
 */
#ifndef TRACE_RECORDING_H
#define TRACE_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "trace/drain.h"
#include "trace/event.h"

enum { RECORDING_VERSION = 1, META_RUNS_MAX = ARENA_RUNS_MAX, META_PARAMS_MAX = 48 };

/* What is known of a race beside its events. Plain data; strings are fixed so that it copies. */
struct meta_param {
    char name[32];
    uint32_t unit; /* enum unit of scenario/plan.h */
    int64_t value; /* at the start */
    char text[32]; /* as a person writes it: "50ms" */
};
struct meta_run {
    char model[16];          /* "threads" */
    char title[32];          /* "THREADS + GIL" */
    uint32_t status;         /* enum run_status; a live run: as far as known */
    char reason[200];        /* why limited, failed, unsupported; "" */
    uint32_t gave_up_at;     /* 0: did not */
    uint32_t cores;          /* given to it */
    uint32_t repeat;         /* 1.. */
    uint32_t switch_source;  /* enum switch_source */
    char switch_reason[200]; /* why not perf; "" */
    uint64_t observer_ns;    /* CPU of the recorder while it ran */
    char address[64];        /* where its service listens, or did: "127.0.0.1:43210"; "" */
    /* Where runs of several recordings stand side by side (race/join.h; never written): which one it
     * is of, by a short name, and its own parameters at the start. "": there is one recording. */
    char file[16];
    int64_t params[META_PARAMS_MAX];
};
struct meta {
    char lockstep[16];
    char scenario[64], title[96], question[200];
    char *text;    /* the YAML, heap, or NULL */
    uint32_t kind; /* enum plan_kind */
    uint64_t seed;
    char staging[16]; /* "turns" */
    bool comparable;
    char comparable_reason[200];
    uint32_t machine_cores;
    char cpu[96], kernel[96];
    int64_t wall_clock_s; /* unix time of the start */
    struct meta_param params[META_PARAMS_MAX];
    uint32_t param_count;
    struct meta_run runs[META_RUNS_MAX];
    uint32_t run_count;
    /* The question before the start, where one was answered. */
    char predicted[32];
    /* Once the race was over and kept: the model that fits, and why; "" before. */
    char verdict_best[16], verdict_why[400];
};
void meta_fini(struct meta *meta);
bool meta_copy(struct meta *to, const struct meta *from);
/* How a run is told from the others: "threads", of several recordings "threads slow". */
const char *meta_run_name(const struct meta_run *run, char *into, size_t size);

/* Writing. One write per chunk, so that a reader never sees half of one below
 * recording_writer_size(). An error (disk full) is kept and told by every later call, unless there is
 * an overflow; what was written stays whole. */
struct recording_writer;
/* Takes an open, writable, empty fd of a regular file (readable too, or the cap cannot thin what was
 * written); it stays the caller's to close. Writes the file header. */
struct recording_writer *recording_writer_new(int fd, uint64_t base_ns, struct error *error);
bool recording_write_meta(struct recording_writer *w, const struct meta *meta, struct error *error);
/* Without events it only tells how far time went, at most 30 times a second. */
bool recording_write_events(struct recording_writer *w, const struct drained *drained,
                            struct error *error);
/* Past `cap` bytes of events (0: no cap) the oldest chunks are given up: all of their events but
 * those that tell of runs, lanes, parameters and marks, and their disk space is freed. How many is
 * told by LOST_CAP events in the recording. Where the file system cannot free a part of a file, the
 * youngest are given up instead. */
void recording_cap(struct recording_writer *w, uint64_t cap_bytes);
/* Where the file takes no more, what comes goes into `fd` (as for recording_writer_new(), in memory), a
 * recording of its own that goes on where the file ends, with the last meta first and this cap. */
void recording_overflow(struct recording_writer *w, int fd, uint64_t cap_bytes);
uint64_t recording_writer_overflow(const struct recording_writer *w); /* its bytes; 0: not needed */
const char *
recording_writer_trouble(const struct recording_writer *w);           /* the error kept, or NULL */
uint64_t recording_writer_size(const struct recording_writer *w);     /* of the file */
uint64_t recording_writer_given_up(const struct recording_writer *w); /* events */
/* Footer, fsync not; frees, also on failure. NULL is fine. */
bool recording_writer_close(struct recording_writer *w, struct error *error);

/* Reading, both of a file that is closed and of one that still grows. */
struct recording;
/* Refused: what is no recording, or one of a version or byte order that this program cannot read. */
struct recording *recording_open(const char *path, struct error *error);
struct recording *recording_tail(int fd, struct error *error); /* dups the fd; may be empty yet */
void recording_close(struct recording *r);                     /* NULL is fine */
/* A batch of events, in file order: true with *count > 0; true with 0: nothing (more) yet, or the
 * end; false: damaged (said in error; what is before it was given). `limit`: bytes of the file known
 * to be whole (the arena's recorded_bytes), or UINT64_MAX. Valid until the next call. */
bool recording_next(struct recording *r, uint64_t limit, const struct event **events, size_t *count,
                    struct error *error);
/* The latest META seen so far; NULL before the first. `version` goes up with each one. */
const struct meta *recording_meta(const struct recording *r, unsigned *version);
uint64_t recording_until(const struct recording *r); /* ns: whole up to here */
/* How far it was read, and how long the file is, in bytes. */
uint64_t recording_place(const struct recording *r, uint64_t *size);
/* What the footer of a file that is closed says of what was not read yet: when a run goes, and up to
 * when it is told of (ns since the base). It is known from the opening on, and is a promise: how long a
 * run is say its events. False: nothing is said of it, or there is no footer that can be right. */
bool recording_foretold(const struct recording *r, size_t run, uint64_t *go_ns, uint64_t *until_ns);
/* How far it has to be read (as recording_place() tells it) so that all up to a time is there; the whole
 * file where nobody knows. */
uint64_t recording_place_of(const struct recording *r, uint64_t time_ns);
bool recording_ended(const struct recording *r);          /* a footer was seen */
const char *recording_missing(const struct recording *r); /* sentence, or NULL when whole */

#endif
