/*
 * escape.h: text inside other notations, written to a stream. All take UTF-8; bytes that are none
 * come out as U+FFFD where the notation has to be UTF-8 (JSON, XML).
 */
#ifndef OUTPUT_ESCAPE_H
#define OUTPUT_ESCAPE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A JSON string with its quotes; control characters as \u00XX. `size` bytes, which may hold any, with a
 * 0 after them. */
void escape_json(FILE *into, const char *text, size_t size);
/* Text of XML, HTML and SVG, also within quotes of either kind; control characters become blanks. */
void escape_xml(FILE *into, const char *text);
/* What stands for one character there; NULL: itself. */
const char *escape_xml_code(uint32_t code);
/* A field of CSV, quoted where a comma, a quote or a line end asks for it (RFC 4180). */
void escape_csv(FILE *into, const char *text);

#endif
