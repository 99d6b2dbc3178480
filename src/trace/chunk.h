/*
 * chunk.h: what lies in a recording, byte by byte; inside trace/ only.
 *
 * Numbers are those of the machine that wrote (little-endian as a rule); the mark in the file header
 * says which, and a reader of the other order refuses. All records lie at multiples of 8 bytes.
 *
 *   file   = file header (64 bytes), chunk, chunk, ...
 *   chunk  = chunk header (64 bytes), payload (`size` bytes), room up to the next chunk
 *            (`stored` - `size` bytes, not covered by the checksum)
 *
 * What follows is of payloads as they are unpacked; while a race goes on its chunks are raw, and when
 * it is over they are gathered and packed (pack.h). Both are read alike.
 *
 *   EVNT   struct event (event.h) after struct event, by time; times are ns since base_ns
 *   META   struct meta as JSON (meta.h); the last one counts
 *   FOOT   struct foot, then foot.entries of struct foot_entry, then a struct foot_run for each run,
 *          then the 8 bytes of the offset of this chunk: the last bytes of a file that was closed well.
 *          It closes the recording.
 *   other tags are skipped.
 *
 * A chunk whose events were given up because of the cap keeps its place and its `stored`, has
 * CHUNK_THINNED set, and holds what tells of lanes and runs only; the rest of its room is a hole.
 *
 * The checksum is 64 bits and not zlib's CRC-32, because that costs 14 ns for a record, more than
 * the stamp itself, where this one costs 3. Whatever changes within one aligned word
 * of 8 bytes of a payload is found for certain, anything else but for one case in 2^64.
 */
#ifndef TRACE_CHUNK_H
#define TRACE_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHUNK_TAG(a, b, c, d) \
    ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)
#define CHUNK_EVNT CHUNK_TAG('E', 'V', 'N', 'T')
#define CHUNK_META CHUNK_TAG('M', 'E', 'T', 'A')
#define CHUNK_FOOT CHUNK_TAG('F', 'O', 'O', 'T')

enum { CHUNK_MAX = 16 * 1024 * 1024 };        /* bytes of payload at most, packed or not */
enum { CHUNK_RAW, CHUNK_ZSTD, CHUNK_PLANES }; /* codec: codec.h says how */
enum { CHUNK_THINNED = 1 };                   /* flags */

#define FILE_MAGIC UINT64_C(0x504554534b434f4c) /* "LOCKSTEP" */
#define FILE_ORDER UINT32_C(0x01020304)

struct file_header {
    uint64_t magic;
    uint32_t order; /* FILE_ORDER in the writer's byte order */
    uint32_t version;
    uint32_t header_bytes, chunk_bytes, record_bytes; /* 64, 64, 32 */
    uint32_t reserved;
    uint64_t base_ns; /* CLOCK_MONOTONIC of time 0 */
    uint64_t spare[2];
    uint64_t checksum; /* of what is before it */
};
_Static_assert(sizeof(struct file_header) == 64, "the file header has a fixed size");

struct chunk_header {
    uint32_t tag;
    uint8_t codec, flags;
    uint16_t reserved;
    uint32_t stored;   /* bytes from here to the next chunk, a multiple of 8 */
    uint32_t size;     /* bytes of payload, at most `stored` */
    uint64_t checksum; /* of this header with this field 0, then of the payload */
    uint64_t first_ns; /* of the first event; until_ns where there is none */
    uint64_t until_ns; /* nothing older is still to come, but for late events */
    /* The line by which the youngest stamps were converted: ns since the base =
     * ns0 + (stamp - stamp0) * ns_per_stamp. For information. */
    uint64_t stamp0, ns0;
    double ns_per_stamp;
};
_Static_assert(sizeof(struct chunk_header) == 64, "the chunk header has a fixed size");

struct foot {
    uint64_t events, given_up;
    uint64_t until_ns;
    uint32_t entries, entry_bytes;
};
struct foot_entry {  /* one for about each 256 KiB of events, in the order of the file */
    uint64_t offset; /* of an EVNT chunk */
    uint64_t first_ns, until_ns;
    uint64_t events_before;
};
struct foot_run { /* by its number; UINT64_MAX: not told */
    uint64_t go_ns;
    uint64_t until_ns; /* its end, or the last that was told of it */
};

/* `seed`: 0, or the checksum of what comes before. */
uint64_t checksum_of(const void *data, size_t size, uint64_t seed);

void file_header_seal(struct file_header *header);
bool file_header_sound(const struct file_header *header);
/* Sets the checksum; all else is filled, and `payload` holds header->size bytes. */
void chunk_seal(struct chunk_header *header, const void *payload);
/* Whether the lengths can be: checked before anything is read or allocated by them. */
bool chunk_lengths_sound(const struct chunk_header *header);
bool chunk_sound(const struct chunk_header *header, const void *payload);

#endif
