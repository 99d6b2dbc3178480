/*
 * The growing buffer. Invariant: data is NULL and capacity 0, or size < capacity and data[size] is
 * 0. Capacity doubles, so appending is linear in all. It never shrinks and never does I/O.
 */
#include "base/buffer.h"

#include "base/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 64 };

void buffer_init(struct buffer *buffer)
{
    *buffer = (struct buffer){ 0 };
}

void buffer_fini(struct buffer *buffer)
{
    free(buffer->data);
    buffer_init(buffer);
}

char *buffer_reserve(struct buffer *buffer, size_t extra)
{
    size_t need;
    if (__builtin_add_overflow(buffer->size, extra, &need) || need >= SIZE_MAX / 2)
        memory_stop("out of memory (a buffer of %zu bytes was to take %zu more)", buffer->size,
                    extra);
    if (need >= buffer->capacity) {
        size_t capacity = buffer->capacity > 0 ? buffer->capacity : FIRST_CAPACITY;
        while (capacity <= need)
            capacity *= 2;
        buffer->data = mem_resize(buffer->data, capacity, 1);
        buffer->capacity = capacity;
        buffer->data[buffer->size] = '\0';
    }
    return buffer->data + buffer->size;
}

void buffer_grew(struct buffer *buffer, size_t bytes)
{
    if (bytes == 0)
        return;
    if (bytes >= buffer->capacity - buffer->size)
        memory_stop("buffer_grew: %zu bytes were written where fewer were reserved", bytes);
    buffer->size += bytes;
    buffer->data[buffer->size] = '\0';
}

void buffer_append(struct buffer *buffer, const void *bytes, size_t size)
{
    char *place = buffer_reserve(buffer, size);
    if (size > 0)
        memcpy(place, bytes, size);
    buffer_grew(buffer, size);
}

void buffer_byte(struct buffer *buffer, char byte)
{
    *buffer_reserve(buffer, 1) = byte;
    buffer_grew(buffer, 1);
}

void buffer_text(struct buffer *buffer, const char *text)
{
    buffer_append(buffer, text, strlen(text));
}

void buffer_printf_list(struct buffer *buffer, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    char *place = buffer_reserve(buffer, FIRST_CAPACITY);
    size_t room = buffer->capacity - buffer->size;
    int length = vsnprintf(place, room, format, arguments);
    if (length < 0)
        memory_stop("buffer_printf: the format \"%s\" cannot be printed", format);
    if ((size_t)length >= room) {
        buffer->data[buffer->size] = '\0';
        place = buffer_reserve(buffer, (size_t)length);
        vsnprintf(place, (size_t)length + 1, format, again);
    }
    va_end(again);
    buffer_grew(buffer, (size_t)length);
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    buffer_printf_list(buffer, format, arguments);
    va_end(arguments);
}

void buffer_clear(struct buffer *buffer)
{
    buffer_cut(buffer, 0);
}

void buffer_cut(struct buffer *buffer, size_t size)
{
    if (size >= buffer->size)
        return;
    buffer->size = size;
    buffer->data[size] = '\0';
}

const char *buffer_string(const struct buffer *buffer)
{
    return buffer->data != NULL ? buffer->data : "";
}

char *buffer_take(struct buffer *buffer)
{
    buffer_reserve(buffer, 0);
    char *data = buffer->data;
    buffer_init(buffer);
    return data;
}
