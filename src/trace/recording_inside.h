/*
 * recording_inside.h: recordings chunk by chunk, for those inside trace/ that pack or seek them.
 */
#ifndef TRACE_RECORDING_INSIDE_H
#define TRACE_RECORDING_INSIDE_H

#include "trace/chunk.h"
#include "trace/recording.h"

/* A recording in an fd, closed or not grown any more, for recording_next() and recording_chunk();
 * dups the fd. NULL where it is none. */
struct recording *recording_of_fd(int fd, struct error *error);

/* The next chunk of any tag, checked: its payload as it lies in the file. True with *payload NULL:
 * there is no more. A META it meets is taken (recording_meta()), a footer ends the recording. False:
 * damaged. Valid until the next call. */
bool recording_chunk(struct recording *r, uint64_t limit, struct chunk_header *header,
                     const void **payload, struct error *error);
/* What is in the payload of the chunk read last. False: it does not unpack, which is damage. */
bool recording_unpack(struct recording *r, const struct chunk_header *header, const void **bytes,
                      size_t *size, struct error *error);
/* CLOCK_MONOTONIC of time 0. */
uint64_t recording_base(const struct recording *r);

/* From now on events and metas are packed. Events are packed in chunks as they come: hand over
 * PACK_EVENTS of them at once. */
void recording_writer_pack(struct recording_writer *w);
enum { PACK_EVENTS = 8192 };
/* A chunk of a tag that the writer does not know, as it was: lengths, codec and checksum. */
bool recording_write_chunk(struct recording_writer *w, const struct chunk_header *header,
                           const void *payload, struct error *error);
/* Events with the header they had (first_ns, until_ns, flags, clock line): as drained, but told all. */
bool recording_write_packed(struct recording_writer *w, const struct chunk_header *like,
                            const struct event *events, size_t count, struct error *error);
/* Closes it without a footer, as what it was made of had none. */
void recording_writer_drop(struct recording_writer *w);

#endif
