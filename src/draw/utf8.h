/*
 * utf8.h: text as code points, and how many columns of a terminal one takes. The widths are a table
 * of this folder, not the C library's, so that a canvas is the same in every locale.
 */
#ifndef DRAW_UTF8_H
#define DRAW_UTF8_H

#include <stddef.h>
#include <stdint.h>

enum { UTF8_BAD = 0xfffd };

/* The next code point of a terminated string, which it moves on; 0 at its end (not moved). Bytes
 * that are no UTF-8 give UTF8_BAD, one each. */
uint32_t utf8_next(const char **text);
/* Writes a code point (at most 4 bytes, no terminating 0); returns how many bytes. */
size_t utf8_put(char *into, uint32_t code);
/* Columns: 0 for combining marks and for control characters, 2 for wide ones, else 1. */
int utf8_width(uint32_t code);
/* Columns of a whole text. */
int utf8_columns(const char *text);

#endif
