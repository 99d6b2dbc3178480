/*
 * kernel.h: the real work that `compute` does, one file (kernel_NAME.c) and one row each.
 *
 * A kernel works in quanta of some 100 to 200 us on a machine of these years, each a fixed amount of
 * work and never a time, so that a lane can look at the GIL between two of them. What it gives
 * depends on its input alone: it is the same in every model. Its memory belongs to the lane, grows
 * to the largest input it met, and is used again.
 *
 * To add one: its name in scenario/step.c and enum compute_kernel, its file here, its row in
 * step_compute.c.
 */
#ifndef ENGINE_KERNEL_H
#define ENGINE_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kernel_input {
    uint64_t seed; /* of the race */
    uint32_t task;
    uint32_t round;   /* from 0, where a step asks for more than one */
    uint64_t size;    /* see COMPUTE_SIZE */
    const char *page; /* what `get` fetched, borrowed; NULL where it did not */
    size_t page_size;
};

struct kernel {
    const char *name; /* as in scenario/step.c */
    bool needs_page;
    /* `state` is what an earlier begin gave on this lane, NULL at first; gives it back, or anew. */
    void *(*begin)(void *state, const struct kernel_input *input);
    /* One quantum. False: that was the last one. */
    bool (*advance)(void *state);
    uint64_t (*checksum)(const void *state); /* after the last one */
    void (*free)(void *state);
};

extern const struct kernel kernel_matmul, kernel_stats, kernel_parse, kernel_hash,
    kernel_mandelbrot;

#endif
