/*
 * Inside scenario/ only: what error sentences are made of. Everything a file says may be hostile, so
 * it is quoted through words_quote() before it gets near a terminal.
 */
#ifndef SCENARIO_WORDS_H
#define SCENARIO_WORDS_H

#include <stdbool.h>
#include <stddef.h>

enum { WORDS_QUOTED = 64, WORDS_HINT = 240 };

struct quoted {
    char text[WORDS_QUOTED];
};
struct hint {
    char text[WORDS_HINT];
};

/* The text between double quotes, on one line, control characters as '?', cut to some 50 bytes at
 * the border of a character. */
struct quoted words_quote(const char *text);

/* `the nearest is "title"`, or `there are a, b, c` (as many as fit) where none is near. */
struct hint words_hint(const char *name, const char *const *names);

/* Bytes of the UTF-8 character at `text` (1 to 4), or 0 where there is none. `left` counts the
 * bytes there are. `code` receives the character; may be NULL. */
size_t words_character(const char *text, size_t left, unsigned *code);

/* Whether the character does something else than stand there: C0, DEL, C1, line separators, and the
 * marks that turn the direction of writing. */
bool words_is_control(unsigned code);

#endif
