/*
 * Results as msgpack in frames: four bytes of length, lowest first, then [task, failed, checksum,
 * payload]. What is broken is told apart from what is not whole yet; a frame longer than
 * FRAME_MAX is broken.
 */
#include "engine/serialise.h"

#include <msgpack.h>
#include <string.h>

enum { HEAD = 4, FIELDS = 4 };
static const size_t FRAME_MAX = (size_t)1 << 30;

static int pack_into(void *context, const char *bytes, size_t size)
{
    buffer_append(context, bytes, size);
    return 0;
}

static void frame_length(char *head, size_t length)
{
    for (size_t i = 0; i < HEAD; i++)
        head[i] = (char)(length >> 8 * i & 0xff);
}

void serialise_result(struct lane *lane, const struct result *result, struct buffer *into)
{
    enum says before = lane->says;
    size_t start = into->size;
    ring_emit(&lane->ring, EVENT_SERIALISE_BEGIN, result->task, 0, 0);
    buffer_reserve(into, HEAD + 64 + result->payload_size);
    buffer_append(into, "\0\0\0\0", HEAD);
    msgpack_packer packer;
    msgpack_packer_init(&packer, into, pack_into);
    msgpack_pack_array(&packer, FIELDS);
    msgpack_pack_uint32(&packer, result->task);
    msgpack_pack_int(&packer, result->failed);
    msgpack_pack_uint64(&packer, result->checksum);
    msgpack_pack_bin(&packer, result->payload_size);
    msgpack_pack_bin_body(&packer, result->payload, result->payload_size);
    frame_length(into->data + start, into->size - start - HEAD);
    ring_emit(&lane->ring, EVENT_SERIALISE_END, result->task, (uint32_t)before, into->size - start);
}

/* The fields of an unpacked message; false where they are not those of a result. */
static bool result_read(const msgpack_object *object, struct result *result)
{
    if (object->type != MSGPACK_OBJECT_ARRAY || object->via.array.size != FIELDS)
        return false;
    const msgpack_object *field = object->via.array.ptr;
    bool failed_is_number = field[1].type == MSGPACK_OBJECT_POSITIVE_INTEGER ||
                            field[1].type == MSGPACK_OBJECT_NEGATIVE_INTEGER;
    if (field[0].type != MSGPACK_OBJECT_POSITIVE_INTEGER || !failed_is_number ||
        field[2].type != MSGPACK_OBJECT_POSITIVE_INTEGER || field[3].type != MSGPACK_OBJECT_BIN)
        return false;
    result->task = (uint32_t)field[0].via.u64;
    result->failed = (int)field[1].via.i64;
    result->checksum = field[2].via.u64;
    result->payload = field[3].via.bin.ptr;
    result->payload_size = field[3].via.bin.size;
    return true;
}

static bool frame_unpack(const char *data, size_t size, struct result *result)
{
    msgpack_unpacked unpacked;
    msgpack_unpacked_init(&unpacked);
    size_t used = 0;
    bool right = msgpack_unpack_next(&unpacked, data, size, &used) == MSGPACK_UNPACK_SUCCESS &&
                 used == size && result_read(&unpacked.data, result);
    msgpack_unpacked_destroy(&unpacked);
    return right;
}

long deserialise_result(struct lane *lane, const void *data, size_t size, struct result *result)
{
    const unsigned char *bytes = data;
    if (size < HEAD)
        return 0;
    size_t length =
        (size_t)bytes[0] | (size_t)bytes[1] << 8 | (size_t)bytes[2] << 16 | (size_t)bytes[3] << 24;
    if (length > FRAME_MAX)
        return -1;
    if (size - HEAD < length)
        return 0;
    enum says before = lane->says;
    result->task = TASK_NONE;
    ring_emit(&lane->ring, EVENT_SERIALISE_BEGIN, TASK_NONE, 0, 0);
    bool right = frame_unpack((const char *)data + HEAD, length, result);
    ring_emit(&lane->ring, EVENT_SERIALISE_END, result->task, (uint32_t)before, length + HEAD);
    return right ? (long)(length + HEAD) : -1;
}
