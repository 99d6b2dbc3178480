/*
 * Bytes that grow: for building text, JSON, frames and records. `data[size]` is always 0, so a
 * buffer of text is a string. A buffer of all zeros is an empty buffer (its data is NULL until the
 * first byte comes; buffer_string() gives "" then). Lack of memory stops the program (memory.h).
 */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stdarg.h>
#include <stddef.h>

struct buffer {
    char *data;      /* the bytes, terminated; owned */
    size_t size;     /* how many bytes are used, without the terminating 0 */
    size_t capacity; /* how many bytes are allocated */
};

void buffer_init(struct buffer *buffer);
void buffer_fini(struct buffer *buffer); /* frees, and leaves an empty buffer */

void buffer_append(struct buffer *buffer, const void *bytes, size_t size);
void buffer_byte(struct buffer *buffer, char byte);
void buffer_text(struct buffer *buffer, const char *text);
void buffer_printf(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void buffer_printf_list(struct buffer *buffer, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

/* Room for `extra` bytes (and the 0) after what is there; gives where they go. The caller writes up
 * to `extra` bytes there and then says how many with buffer_grew(). */
char *buffer_reserve(struct buffer *buffer, size_t extra);
void buffer_grew(struct buffer *buffer, size_t bytes);

void buffer_clear(struct buffer *buffer);               /* empty; the memory is kept */
void buffer_cut(struct buffer *buffer, size_t size);    /* no more than the first `size` bytes */
const char *buffer_string(const struct buffer *buffer); /* borrowed; never NULL */

/* The bytes go over to the caller, who frees them (never NULL); the buffer is empty then. */
char *buffer_take(struct buffer *buffer);

#endif
