/*
 * Allocation that never returns NULL, and the polite end of the program. The one mutable global is
 * the hook: lack of memory is met anywhere, so nothing could carry the hook there. It is atomic and
 * taken out before it runs, so it runs once even if two threads meet the end together.
 */
#include "base/memory.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Atomic(void (*)(void)) fatal_hook;

void memory_set_fatal(void (*hook)(void))
{
    atomic_store(&fatal_hook, hook);
}

void memory_stop(const char *format, ...)
{
    /* On the stack and by write(2): there may be no memory for stdio. */
    char line[600];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    size_t used = length < 0 ? 0 : strlen(line);
    line[used++] = '\n';

    void (*hook)(void) = atomic_exchange(&fatal_hook, NULL);
    if (hook != NULL)
        hook();
    ssize_t written = write(STDERR_FILENO, "lockstep: ", 10);
    written = write(STDERR_FILENO, line, used);
    (void)written; /* nobody is left to be told */
    _exit(1);
}

static _Noreturn void memory_lacks(size_t count, size_t size)
{
    if (size > 1)
        memory_stop("out of memory (%zu times %zu bytes were wanted)", count, size);
    memory_stop("out of memory (%zu bytes were wanted)", count);
}

void *mem_alloc(size_t size)
{
    void *block = malloc(size > 0 ? size : 1);
    if (block == NULL)
        memory_lacks(size, 1);
    return block;
}

void *mem_zero(size_t count, size_t size)
{
    void *block = count > 0 && size > 0 ? calloc(count, size) : calloc(1, 1);
    if (block == NULL)
        memory_lacks(count, size);
    return block;
}

void *mem_resize(void *block, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        memory_lacks(count, size);
    void *moved = realloc(block, bytes > 0 ? bytes : 1);
    if (moved == NULL)
        memory_lacks(count, size);
    return moved;
}

char *mem_string(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(mem_alloc(size), text, size);
}

char *mem_format(const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0)
        memory_stop("mem_format: the format \"%s\" cannot be printed", format);
    size_t size = (size_t)length + 1;
    char *text = mem_alloc(size);
    vsnprintf(text, size, format, again);
    va_end(again);
    return text;
}
