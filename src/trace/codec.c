/*
 * Packing and unpacking payloads. Invariant: no length that is read from a payload is believed
 * beyond CHUNK_MAX and CODEC_RATIO, and nothing is written beyond the room that was made for it.
 *
 * Events are carried between records and planes a tile at a time: planes lie a power of two apart,
 * so that walking all of them for each event would throw its own lines out of the cache.
 */
#include "trace/codec.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/memory.h"

enum { LEVEL = 1, TILE = 64, PLACES = 4096, RECORD = sizeof(struct event) };

/* The last event of a kind, lane and run. */
struct place {
    uint32_t object, a;
    uint64_t b;
};

struct block {
    unsigned char *bytes;
    size_t capacity;
};

struct codec {
    ZSTD_CCtx *packing; /* NULL until something is packed */
    ZSTD_DCtx *unpacking;
    struct block planes, result;
    struct place places[PLACES];
};

struct codec *codec_new(void)
{
    struct codec *codec = mem_alloc(sizeof *codec);
    memset(codec, 0, offsetof(struct codec, places)); /* those are blanked for each block */
    return codec;
}

void codec_free(struct codec *codec)
{
    if (codec == NULL)
        return;
    ZSTD_freeCCtx(codec->packing);
    ZSTD_freeDCtx(codec->unpacking);
    free(codec->planes.bytes);
    free(codec->result.bytes);
    free(codec);
}

static unsigned char *room(struct block *block, size_t size)
{
    if (block->capacity < size) {
        free(block->bytes);
        block->bytes = mem_alloc(size);
        block->capacity = size;
    }
    return block->bytes;
}

/* ---- Planes ---- */

static struct place *place_of(struct codec *codec, const struct event *event)
{
    uint32_t at = event->kind + 64 * event->lane + UINT32_C(1021) * event->run;
    return &codec->places[at % PLACES];
}

static void to_planes(struct codec *codec, const struct event *events, size_t count,
                      unsigned char *planes)
{
    struct event tile[TILE];
    uint64_t before = 0;
    memset(codec->places, 0, sizeof codec->places);
    for (size_t at = 0; at < count; at += TILE) {
        size_t some = count - at < TILE ? count - at : TILE;
        for (size_t i = 0; i < some; i++) {
            const struct event *event = &events[at + i];
            struct place *place = place_of(codec, event);
            tile[i] = *event;
            tile[i].time = event->time - before;
            tile[i].object = event->object ^ place->object;
            tile[i].a = event->a ^ place->a;
            tile[i].b = event->b ^ place->b;
            before = event->time;
            *place = (struct place){ event->object, event->a, event->b };
        }
        const unsigned char *from = (const unsigned char *)tile;
        for (size_t plane = 0; plane < RECORD; plane++)
            for (size_t i = 0; i < some; i++)
                planes[plane * count + at + i] = from[i * RECORD + plane];
    }
}

static void from_planes(struct codec *codec, const unsigned char *planes, size_t count,
                        struct event *events)
{
    uint64_t time = 0;
    memset(codec->places, 0, sizeof codec->places);
    for (size_t at = 0; at < count; at += TILE) {
        size_t some = count - at < TILE ? count - at : TILE;
        unsigned char *into = (unsigned char *)&events[at];
        for (size_t plane = 0; plane < RECORD; plane++)
            for (size_t i = 0; i < some; i++)
                into[i * RECORD + plane] = planes[plane * count + at + i];
        for (struct event *event = &events[at]; event < &events[at + some]; event++) {
            struct place *place = place_of(codec, event);
            time = event->time += time;
            event->object ^= place->object;
            event->a ^= place->a;
            event->b ^= place->b;
            *place = (struct place){ event->object, event->a, event->b };
        }
    }
}

/* ---- Packing ---- */

static size_t room_at_least(size_t size, size_t unpacked)
{
    size_t least = (unpacked + CODEC_RATIO - 1) / CODEC_RATIO;
    return ((size > least ? size : least) + 7) / 8 * 8;
}

const void *codec_pack(struct codec *codec, unsigned how, const void *bytes, size_t size,
                       struct chunk_header *header)
{
    const void *plain = bytes;
    header->codec = CHUNK_RAW;
    header->size = (uint32_t)size;
    header->stored = (uint32_t)((size + 7) / 8 * 8);
    if (how == CHUNK_RAW || size == 0)
        return plain;
    if (codec->packing == NULL && (codec->packing = ZSTD_createCCtx()) == NULL)
        memory_stop("out of memory (packing a recording)");
    if (how == CHUNK_PLANES) {
        unsigned char *planes = room(&codec->planes, size);
        to_planes(codec, bytes, size / RECORD, planes);
        bytes = planes;
    }
    const struct packed head = { .bytes = (uint32_t)size };
    size_t bound = ZSTD_compressBound(size);
    unsigned char *result = room(&codec->result, sizeof head + bound);
    size_t packed =
        ZSTD_compressCCtx(codec->packing, result + sizeof head, bound, bytes, size, LEVEL);
    if (ZSTD_isError(packed) || sizeof head + packed >= size)
        return plain;
    memcpy(result, &head, sizeof head);
    header->codec = (uint8_t)how;
    header->size = (uint32_t)(sizeof head + packed);
    header->stored = (uint32_t)room_at_least(header->size, size);
    return result;
}

/* ---- Unpacking ---- */

static bool unpack_frame(struct codec *codec, const struct chunk_header *header,
                         const void *payload, struct block *into, size_t *size, struct error *error)
{
    struct packed head;
    if (header->size < sizeof head)
        return error_set(error, "a packed chunk is too short");
    memcpy(&head, payload, sizeof head);
    if (head.bytes == 0 || head.bytes > CHUNK_MAX ||
        head.bytes > (uint64_t)header->stored * CODEC_RATIO)
        return error_set(error, "a packed chunk says that it holds more than it can");
    if (codec->unpacking == NULL && (codec->unpacking = ZSTD_createDCtx()) == NULL)
        memory_stop("out of memory (unpacking a recording)");
    size_t got =
        ZSTD_decompressDCtx(codec->unpacking, room(into, head.bytes), head.bytes,
                            (const char *)payload + sizeof head, header->size - sizeof head);
    if (ZSTD_isError(got) || got != head.bytes)
        return error_set(error, "a packed chunk cannot be unpacked");
    *size = head.bytes;
    return true;
}

bool codec_unpack(struct codec *codec, const struct chunk_header *header, const void *payload,
                  const void **bytes, size_t *size, struct error *error)
{
    switch (header->codec) {
    case CHUNK_RAW:
        *bytes = payload;
        *size = header->size;
        return true;
    case CHUNK_ZSTD:
        if (!unpack_frame(codec, header, payload, &codec->result, size, error))
            return false;
        *bytes = codec->result.bytes;
        return true;
    case CHUNK_PLANES:
        if (!unpack_frame(codec, header, payload, &codec->planes, size, error))
            return false;
        if (*size % RECORD != 0)
            return error_set(error, "a chunk of events ends within one");
        struct event *events = (struct event *)(void *)room(&codec->result, *size);
        from_planes(codec, codec->planes.bytes, *size / RECORD, events);
        *bytes = events;
        return true;
    default:
        return error_set(error, "a chunk is packed in a way this lockstep does not know");
    }
}
