/*
 * serialise.h: what processes (and later interpreters) pass each other: msgpack messages in a
 * length-prefixed frame. A result is [task, failed, checksum, payload as bin]. Packing and unpacking
 * hold the GIL of the process that does it and are seen as SERIALISE_BEGIN and _END (state ipc).
 */
#ifndef ENGINE_SERIALISE_H
#define ENGINE_SERIALISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "engine/lane.h"

struct result {
    uint32_t task;
    int failed;
    uint64_t checksum;
    const void *payload; /* borrowed */
    size_t payload_size;
};

/* Appends a whole frame to `into`. */
void serialise_result(struct lane *lane, const struct result *result, struct buffer *into);
/* Takes one whole frame off the front of data: bytes used, 0 when not whole yet, -1 when broken.
 * payload points into data. */
long deserialise_result(struct lane *lane, const void *data, size_t size, struct result *result);

#endif
