/*
 * Memory that is there or the program stops: no caller checks for NULL. Blocks are given back with
 * free(). Stopping means: the hook runs (it restores the terminal), one line goes to stderr, and
 * the process leaves with status 1 without running exit handlers.
 */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>

/* `size` bytes, not initialised. A size of 0 gives a block too. */
void *mem_alloc(size_t size) __attribute__((malloc, alloc_size(1), returns_nonnull));

/* `count` things of `size` bytes, all zero; count * size may not overflow. */
void *mem_zero(size_t count, size_t size)
    __attribute__((malloc, alloc_size(1, 2), returns_nonnull));

/* Makes `block` (NULL: a new one) hold `count` things of `size` bytes; what is new is not
 * initialised. Takes ownership of `block`. */
void *mem_resize(void *block, size_t count, size_t size)
    __attribute__((alloc_size(2, 3), returns_nonnull, warn_unused_result));

/* A copy of `text`, which may not be NULL. */
char *mem_string(const char *text) __attribute__((malloc, returns_nonnull));

/* What printf would print, as a new string. */
char *mem_format(const char *format, ...)
    __attribute__((malloc, returns_nonnull, format(printf, 1, 2)));

/* `hook` runs once before the program stops, here or in memory_stop(); NULL takes it away. It may
 * not allocate. Belongs to the owner of the terminal; a forked child sets it to NULL. */
void memory_set_fatal(void (*hook)(void));

/* The same end for a bug: a state that cannot be. The sentence says what was found. */
_Noreturn void memory_stop(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
