/*
 * The product of two n x n matrices of doubles, in tiles.
 *
 * Both matrices are kept as blocks, in the order and shape in which the product reads them, with
 * zeros beyond n; so a block product runs out of the first caches and cores do not fight for memory.
 * A product's tile is finished at once and folded into the checksum: there is no third matrix.
 *
 * It is deliberately plain C: what a model gains or loses is told by ratios, not by peak speed.
 */
#include "engine/kernel.h"

#include "base/memory.h"
#include "engine/mix.h"

#include <stdlib.h>
#include <string.h>

enum {
    TILE = 64,            /* rows and columns of a product's tile */
    DEPTH = 32,           /* how deep one block product goes */
    BLOCK = TILE * DEPTH, /* doubles in a block of either matrix */
    FILLS = 24,           /* blocks filled in a quantum */
    PRODUCTS = 4,         /* block products in a quantum */
};

struct matmul {
    uint32_t n, tiles, depths; /* tiles across, blocks deep */
    uint64_t random;
    double *left, *right; /* tiles * depths blocks each: [tile][depth] */
    size_t blocks;        /* allocated in each */
    size_t filled;        /* blocks filled so far, of both */
    size_t done;          /* block products done so far */
    double tile[TILE][TILE];
    uint64_t sum;
};

static void *matmul_begin(void *state, const struct kernel_input *input)
{
    struct matmul *m = state != NULL ? state : mem_zero(1, sizeof *m);
    m->n = (uint32_t)input->size;
    m->tiles = (m->n + TILE - 1) / TILE;
    m->depths = (m->n + DEPTH - 1) / DEPTH;
    size_t blocks = (size_t)m->tiles * m->depths;
    if (blocks > m->blocks) {
        m->left = mem_resize(m->left, blocks * BLOCK, sizeof *m->left);
        m->right = mem_resize(m->right, blocks * BLOCK, sizeof *m->right);
        m->blocks = blocks;
    }
    m->random = mix_pair(mix_pair(input->seed, input->task), input->round);
    m->filled = m->done = 0;
    m->sum = 0;
    return m;
}

/* From -1 to 1. */
static double matmul_number(uint64_t *random)
{
    return (double)(int64_t)(mix_next(random) >> 11) * 0x1p-52 - 1.;
}

/* One block of the left matrix, [row][depth], or of the right one, [depth][column]. */
static void matmul_fill(struct matmul *m, size_t index)
{
    size_t half = (size_t)m->tiles * m->depths;
    bool is_left = index < half;
    size_t block = is_left ? index : index - half;
    double *into = (is_left ? m->left : m->right) + block * BLOCK;
    uint32_t across = (uint32_t)(block / m->depths) * TILE;
    uint32_t deep = (uint32_t)(block % m->depths) * DEPTH;
    for (uint32_t i = 0; i < BLOCK; i++) {
        uint32_t a = across + (is_left ? i / DEPTH : i % TILE);
        uint32_t d = deep + (is_left ? i % DEPTH : i / TILE);
        into[i] = a < m->n && d < m->n ? matmul_number(&m->random) : 0.;
    }
}

/* tile += left x right, four rows at a time. */
static void matmul_block(double tile[TILE][TILE], const double *restrict left,
                         const double *restrict right)
{
    for (size_t row = 0; row < TILE; row += 4) {
        double *restrict t0 = tile[row], *restrict t1 = tile[row + 1];
        double *restrict t2 = tile[row + 2], *restrict t3 = tile[row + 3];
        const double *l = left + row * DEPTH;
        for (size_t d = 0; d < DEPTH; d++) {
            const double *restrict r = right + d * TILE;
            double l0 = l[d], l1 = l[DEPTH + d], l2 = l[2 * DEPTH + d], l3 = l[3 * DEPTH + d];
            for (size_t column = 0; column < TILE; column++) {
                t0[column] += l0 * r[column];
                t1[column] += l1 * r[column];
                t2[column] += l2 * r[column];
                t3[column] += l3 * r[column];
            }
        }
    }
}

/* Every 61st number of a finished tile counts: enough to notice any that is wrong by its row. */
static void matmul_fold(struct matmul *m)
{
    const double *numbers = &m->tile[0][0];
    for (size_t i = 0; i < TILE * TILE; i += 61) {
        uint64_t bits;
        memcpy(&bits, &numbers[i], sizeof bits);
        m->sum = (m->sum ^ bits) * UINT64_C(0x100000001b3);
    }
}

static bool matmul_advance(void *state)
{
    struct matmul *m = state;
    size_t to_fill = 2 * (size_t)m->tiles * m->depths;
    if (m->filled < to_fill) {
        for (int i = 0; i < FILLS && m->filled < to_fill; i++)
            matmul_fill(m, m->filled++);
        return m->n > 0;
    }
    size_t all = (size_t)m->tiles * m->tiles * m->depths;
    for (int i = 0; i < PRODUCTS && m->done < all; i++, m->done++) {
        size_t depth = m->done % m->depths, at = m->done / m->depths;
        size_t row = at / m->tiles, column = at % m->tiles;
        if (depth == 0)
            memset(m->tile, 0, sizeof m->tile);
        matmul_block(m->tile, m->left + (row * m->depths + depth) * BLOCK,
                     m->right + (column * m->depths + depth) * BLOCK);
        if (depth + 1 == m->depths)
            matmul_fold(m);
    }
    return m->done < all;
}

static uint64_t matmul_checksum(const void *state)
{
    return ((const struct matmul *)state)->sum;
}

static void matmul_free(void *state)
{
    struct matmul *m = state;
    free(m->left);
    free(m->right);
    free(m);
}

const struct kernel kernel_matmul = {
    .name = "matmul",
    .begin = matmul_begin,
    .advance = matmul_advance,
    .checksum = matmul_checksum,
    .free = matmul_free,
};
