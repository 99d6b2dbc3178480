/*
 * codec.h: the payload of a chunk packed and unpacked, each by itself; inside trace/ only.
 *
 * CHUNK_RAW     the bytes as they are.
 * CHUNK_ZSTD    struct packed, then a zstd frame of the bytes.
 * CHUNK_PLANES  struct packed, then a zstd frame of events as planes. Of each event the time is told
 *               as the difference to the event before it; object, a and b as what differs (exclusive
 *               or) from the last event of the same kind, lane and run in this chunk (by a table of
 *               4096 places, so some share one). Then all first bytes lie together, all second bytes,
 *               and so on: a plane per byte of the record, most of them zero.
 *
 * A packed chunk is never less than 1/16 of what it unpacks to (the writer leaves room after one
 * that is), so that no small file asks for much memory.
 *
 * Measured on recordings of scraper, chat and matrix: 32 bytes an event raw; 6 to 7 by zstd alone;
 * 3 to 5 as planes, which is faster both ways since zstd has less to do: some 50 ns an event to
 * pack, 25 to unpack. Level 1: levels 2 and 3 save 2 % and cost a fifth to a half more.
 */
#ifndef TRACE_CODEC_H
#define TRACE_CODEC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "trace/chunk.h"
#include "trace/event.h"

enum { CODEC_RATIO = 16 };

struct packed {
    uint32_t bytes; /* unpacked, at most CHUNK_MAX */
    uint32_t spare;
};

/* Room to work in; one for each that packs or unpacks. */
struct codec;
struct codec *codec_new(void);
void codec_free(struct codec *codec); /* NULL is fine */

/* What a chunk holds: `payload` (header->size bytes whose checksum held) itself where it is raw,
 * else memory of the codec's, valid until its next call. False, with what is wrong in a few words,
 * for an unknown codec and for what does not unpack to just what it says. */
bool codec_unpack(struct codec *codec, const struct chunk_header *header, const void *payload,
                  const void **bytes, size_t *size, struct error *error);

/* Packs `size` bytes, at most CHUNK_MAX (CHUNK_PLANES: whole events), and fills in header->codec,
 * ->size and ->stored, which is larger than ->size needs where CODEC_RATIO asks for room. Gives the
 * payload, memory of the codec's, valid until its next call. Never fails: what does not get smaller
 * stays raw. `codec` may be NULL for CHUNK_RAW. */
const void *codec_pack(struct codec *codec, unsigned how, const void *bytes, size_t size,
                       struct chunk_header *header);

#endif
