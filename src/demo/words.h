/*
 * words.h: the words of a demo script, a row each (words.c), and what their readers are given.
 *
 * To add a word: a reader and a row in words.c; where it is a step, its doing in perform.c.
 */
#ifndef DEMO_WORDS_H
#define DEMO_WORDS_H

#include "demo/script.h"

/* A word of a line: its text (quotes and escapes are gone) and the column it begins at, from 1. */
struct demo_token {
    const char *text;
    unsigned column;
    bool quoted;
};
enum { DEMO_TOKENS_MAX = 64 };

struct demo_line {
    const char *name; /* of the script, for errors */
    unsigned number;
    struct demo_token tokens[DEMO_TOKENS_MAX + 1];
    size_t count, at; /* how many there are; the next one that is read */
    unsigned end;     /* the column behind the last one */
    struct error *error;
};

struct demo_word {
    const char *name;
    const char *arguments; /* for people: "WxH", "" */
    const char *help;
    bool head; /* belongs above the first step */
    bool (*read)(struct demo_script *script, struct demo_line *line);
};
extern const struct demo_word demo_words[]; /* ends with name == NULL */

/* "NAME:LINE:COLUMN: ..." of a token (or of the line's end). Always false. */
bool demo_wrong(const struct demo_line *line, unsigned column, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* script.c: a step behind the others, with its line; NULL with a sentence: there are too many. */
struct demo_step *demo_step_add(struct demo_script *script, const struct demo_line *line,
                                enum demo_do what);

#endif
