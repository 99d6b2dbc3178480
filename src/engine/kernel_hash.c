/*
 * SHA-256 of so many bytes, by libcrypto. The bytes are a block of the lane's that repeats, after a
 * head that is the task's own, so that what is timed is hashing and not the making of bytes.
 */
#include "engine/kernel.h"

#include "base/memory.h"
#include "engine/mix.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 64 * 1024, QUANTUM = 2 /* blocks */ };

struct hash {
    EVP_MD_CTX *context;
    uint64_t left; /* bytes to come */
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned char block[BLOCK];
};

static void hash_check(int went_well)
{
    if (went_well != 1)
        memory_stop("libcrypto cannot do SHA-256");
}

static struct hash *hash_new(uint64_t seed)
{
    struct hash *hash = mem_zero(1, sizeof *hash);
    hash->context = EVP_MD_CTX_new();
    hash_check(hash->context != NULL);
    hash_check(EVP_DigestInit_ex(hash->context, EVP_sha256(), NULL));
    for (size_t i = 0; i < BLOCK; i += sizeof(uint64_t)) {
        uint64_t word = mix_next(&seed);
        memcpy(hash->block + i, &word, sizeof word);
    }
    return hash;
}

static void *hash_begin(void *state, const struct kernel_input *input)
{
    struct hash *hash = state != NULL ? state : hash_new(input->seed);
    /* Without naming the digest again: looking it up takes a lock that all threads share. */
    hash_check(EVP_DigestInit_ex(hash->context, NULL, NULL));
    uint64_t head[2] = { input->task, input->round };
    hash_check(EVP_DigestUpdate(hash->context, head, sizeof head));
    hash->left = input->size;
    return hash;
}

static bool hash_advance(void *state)
{
    struct hash *hash = state;
    for (int i = 0; i < QUANTUM && hash->left > 0; i++) {
        size_t bytes = hash->left < BLOCK ? (size_t)hash->left : BLOCK;
        hash_check(EVP_DigestUpdate(hash->context, hash->block, bytes));
        hash->left -= bytes;
    }
    if (hash->left > 0)
        return true;
    hash_check(EVP_DigestFinal_ex(hash->context, hash->digest, NULL));
    return false;
}

static uint64_t hash_checksum(const void *state)
{
    uint64_t sum;
    memcpy(&sum, ((const struct hash *)state)->digest, sizeof sum);
    return sum;
}

static void hash_free(void *state)
{
    struct hash *hash = state;
    EVP_MD_CTX_free(hash->context);
    free(hash);
}

const struct kernel kernel_hash = {
    .name = "hash",
    .begin = hash_begin,
    .advance = hash_advance,
    .checksum = hash_checksum,
    .free = hash_free,
};
