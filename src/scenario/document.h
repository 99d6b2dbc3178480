/*
 * Inside scenario/ only: a YAML text as a tree that knows where everything stands.
 *
 * libcyaml fills structs but forgets places, and follows aliases. So the text is read once with
 * libyaml first: it refuses what a scenario never needs (aliases, tags, several documents, deep
 * nesting, keys that come twice, NUL) before anything is built from it, and it keeps line and column
 * of each node, so that any later check can say where.
 */
#ifndef SCENARIO_DOCUMENT_H
#define SCENARIO_DOCUMENT_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    DOCUMENT_BYTES_MAX = 256 * 1024,
    DOCUMENT_DEPTH_MAX = 12,
    DOCUMENT_ENTRIES_MAX = 512, /* of one list or map */
    DOCUMENT_KEY_MAX = 100,     /* bytes */
};

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };

struct node {
    enum node_kind kind;
    unsigned line, column; /* from 1 */
    char *text;            /* of a scalar, unquoted; else NULL */
    bool null;             /* a scalar that is not there at all: `key:` */
    struct node **items;   /* of a list its entries; of a map key, value, key, value, ... */
    size_t count;          /* of entries, or of pairs */
};

/* `path` is for messages. NULL with "PATH:LINE:COLUMN: ..." where the text cannot be a scenario. */
struct node *document_read(const char *path, const char *text, size_t size, struct error *error);
void document_free(struct node *node); /* NULL is fine */

/* The value of a key of a map, or NULL (also where `node` is NULL or no map). */
const struct node *node_value(const struct node *node, const char *key);
/* The n-th value of a list or map, and the n-th key of a map; NULL past the end. */
const struct node *node_item(const struct node *node, size_t n);
const struct node *node_key(const struct node *node, size_t n);

/* Writes the short forms out, in place, so that each place of a scenario has one type (normal.c):
 *
 *   - get, - get:           - get: {}
 *   - wait: 50ms            - wait: {time: 50ms}
 *   outside: none           outside: {none: {}}
 *   origin: http://...      origin: {url: http://...}
 *   predict: winner         predict: {winner: {}}
 *   twin: scraper.py        twin: [scraper.py]
 *
 * New nodes stand where the short form stands. */
void document_normalise(struct node *root);

/* Appends the tree as YAML that means the same: one way of quoting, no comments. */
void document_write(const struct node *node, struct buffer *into);

/* "PATH:LINE:COLUMN: sentence". Always false. */
bool node_wrong(const char *path, const struct node *node, struct error *error, const char *format,
                ...) __attribute__((format(printf, 4, 5)));

#endif
