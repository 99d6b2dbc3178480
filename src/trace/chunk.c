/*
 * Sealing and checking the headers and chunks of a recording. Nothing here reads or writes a file.
 *
 * The checksum runs four lanes of 64 bits over the data, a word each in turn. Each step (exclusive
 * or, rotation, multiplication by an odd number) can be undone, so two different words never give
 * the same lane from the same state; the lanes are then folded in by the same steps.
 */
#include "trace/chunk.h"

#include <string.h>

static const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);

static inline uint64_t mix(uint64_t state, uint64_t word)
{
    state ^= word;
    return (state << 29 | state >> 35) * odd;
}

uint64_t checksum_of(const void *data, size_t size, uint64_t seed)
{
    enum { LANES = 4, BLOCK = LANES * sizeof(uint64_t) };
    uint64_t lanes[LANES] = { seed + 1, seed + 2, seed + 3, seed + 4 };
    const char *at = data;
    uint64_t words[LANES];
    size_t left = size;
    for (; left >= BLOCK; left -= BLOCK, at += BLOCK) {
        memcpy(words, at, BLOCK);
        for (int i = 0; i < LANES; i++)
            lanes[i] = mix(lanes[i], words[i]);
    }
    if (left > 0) {
        memset(words, 0, sizeof words);
        memcpy(words, at, left);
        for (int i = 0; i < LANES; i++)
            lanes[i] = mix(lanes[i], words[i]);
    }
    uint64_t sum = mix(odd, size);
    for (int i = 0; i < LANES; i++)
        sum = mix(sum, lanes[i]);
    return sum ^ sum >> 32;
}

void file_header_seal(struct file_header *header)
{
    header->checksum = checksum_of(header, offsetof(struct file_header, checksum), 0);
}

bool file_header_sound(const struct file_header *header)
{
    return header->checksum == checksum_of(header, offsetof(struct file_header, checksum), 0);
}

static uint64_t chunk_sum(const struct chunk_header *header, const void *payload)
{
    struct chunk_header plain = *header;
    plain.checksum = 0;
    return checksum_of(payload, header->size, checksum_of(&plain, sizeof plain, 0));
}

void chunk_seal(struct chunk_header *header, const void *payload)
{
    header->checksum = chunk_sum(header, payload);
}

bool chunk_lengths_sound(const struct chunk_header *header)
{
    return header->stored <= CHUNK_MAX && header->stored % 8 == 0 && header->size <= header->stored;
}

bool chunk_sound(const struct chunk_header *header, const void *payload)
{
    return header->checksum == chunk_sum(header, payload);
}
