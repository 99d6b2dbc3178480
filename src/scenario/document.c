/*
 * The text's tree, built from libyaml's events. Invariant: depth and number of entries are bounded
 * while events come in, so hostile text costs no more than its first too-deep line. It knows no keys
 * and no types: those are the schema's.
 */
#include "scenario/document.h"

#include "base/memory.h"
#include "scenario/words.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct reader {
    const char *path;
    const char *text;
    size_t size;
    yaml_parser_t parser;
    struct error *error;
};

static bool wrong_at(const char *path, size_t line, size_t column, struct error *error,
                     const char *format, ...) __attribute__((format(printf, 5, 6)));

static bool wrong_list(const char *path, size_t line, size_t column, struct error *error,
                       const char *format, va_list arguments)
{
    error_set_list(error, format, arguments);
    return error_add_context(error, "%s:%zu:%zu", path, line, column);
}

static bool wrong_at(const char *path, size_t line, size_t column, struct error *error,
                     const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    wrong_list(path, line, column, error, format, arguments);
    va_end(arguments);
    return false;
}

bool node_wrong(const char *path, const struct node *node, struct error *error, const char *format,
                ...)
{
    va_list arguments;
    va_start(arguments, format);
    wrong_list(path, node != NULL ? node->line : 1, node != NULL ? node->column : 1, error, format,
               arguments);
    va_end(arguments);
    return false;
}

/* ---- What libyaml says is wrong, for people ---- */

static const struct remedy {
    const char *problem, *remedy;
    bool at_start; /* tell it where the unfinished thing starts, not where the text ran out */
} remedies[] = {
    { "found character that cannot start any token",
      "indent with spaces, not tabs, and quote a text that starts with @, ` or %", false },
    { "mapping values are not allowed in this context",
      "indent all keys of one level alike, and quote a text that has \": \" in it", false },
    { "did not find expected key", "indent all keys of one level alike, as \"key: value\"", false },
    { "could not find expected ':'", "write \"key: value\", a colon and a space after each key",
      false },
    { "did not find expected ',' or ']'", "close the list that starts here with ]", true },
    { "did not find expected ',' or '}'", "close the mapping that starts here with }", true },
    { "did not find expected '-' indicator",
      "start each entry of the list with \"- \", all of them indented alike", false },
    { "found unexpected end of stream", "close the quotes that start here", true },
    { "found undefined tag handle", "quote a text that starts with !", false },
    { "found unknown escape character", "write \\\\ for a backslash, or use single quotes", false },
    { "block sequence entries are not allowed in this context",
      "put the list on lines of its own below its key", false },
    { NULL, "a scenario is YAML: \"key: value\" lines, indented with spaces", false },
};

static const struct remedy *remedy_of(const char *problem)
{
    const struct remedy *row = remedies;
    while (row->problem != NULL && strcmp(row->problem, problem) != 0)
        row++;
    return row;
}

/* Where a byte of the text stands, for the faults that libyaml's reader finds. */
static void place_of(const struct reader *reader, size_t offset, size_t *line, size_t *column)
{
    *line = *column = 1;
    for (size_t at = 0; at < offset && at < reader->size;) {
        size_t length = words_character(reader->text + at, reader->size - at, NULL);
        *column = reader->text[at] == '\n' ? 1 : *column + 1;
        *line += reader->text[at] == '\n';
        at += length > 0 ? length : 1;
    }
}

static bool wrong_syntax(struct reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    if (parser->error == YAML_MEMORY_ERROR)
        memory_stop("out of memory while reading %s", reader->path);
    const char *problem = parser->problem != NULL ? parser->problem : "no YAML";
    if (parser->error != YAML_READER_ERROR) {
        const struct remedy *row = remedy_of(problem);
        yaml_mark_t mark =
            row->at_start && parser->context != NULL ? parser->context_mark : parser->problem_mark;
        return wrong_at(reader->path, mark.line + 1, mark.column + 1, reader->error, "%s; %s",
                        problem, row->remedy);
    }
    size_t line, column;
    place_of(reader, parser->problem_offset, &line, &column);
    return wrong_at(reader->path, line, column, reader->error,
                    "%s; a scenario is UTF-8 text without control characters", problem);
}

/* ---- From events to nodes ---- */

static bool wrong_event(struct reader *reader, const yaml_event_t *event, const char *sentence)
{
    return wrong_at(reader->path, event->start_mark.line + 1, event->start_mark.column + 1,
                    reader->error, "%s", sentence);
}

static struct node *node_new(enum node_kind kind, const yaml_event_t *event)
{
    struct node *node = mem_zero(1, sizeof *node);
    node->kind = kind;
    node->line = (unsigned)event->start_mark.line + 1;
    node->column = (unsigned)event->start_mark.column + 1;
    return node;
}

static bool has_tag(const yaml_event_t *event)
{
    return (event->type == YAML_SCALAR_EVENT && event->data.scalar.tag != NULL) ||
           (event->type == YAML_SEQUENCE_START_EVENT && event->data.sequence_start.tag != NULL) ||
           (event->type == YAML_MAPPING_START_EVENT && event->data.mapping_start.tag != NULL);
}

static struct node *read_scalar(struct reader *reader, const yaml_event_t *event)
{
    const char *value = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    for (size_t at = 0, step; at < length; at += step) {
        unsigned code = 0;
        step = words_character(value + at, length - at, &code);
        if (step == 0 || (code != '\n' && words_is_control(code))) {
            wrong_event(reader, event, "a control character in a text; take it out");
            return NULL;
        }
    }
    struct node *node = node_new(NODE_SCALAR, event);
    node->text = mem_string(value);
    node->null = length == 0 && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    return node;
}

static struct node *read_node(struct reader *reader, const yaml_event_t *event, unsigned depth);

static bool check_key(struct reader *reader, const struct node *map, const struct node *key)
{
    if (key->kind != NODE_SCALAR || strlen(key->text) > DOCUMENT_KEY_MAX ||
        strchr(key->text, '\n') != NULL)
        return node_wrong(reader->path, key, reader->error,
                          "a key that is no plain word; write \"key: value\"");
    for (size_t i = 0; i < map->count; i++) {
        const struct node *other = map->items[2 * i];
        if (strcmp(other->text, key->text) == 0)
            return node_wrong(reader->path, key, reader->error,
                              "the key %s comes twice, first at line %u; keep one of them",
                              words_quote(key->text).text, other->line);
    }
    return true;
}

/* Takes the child: a list's entry, a map's key, or the value of the key before it. */
static bool add_child(struct reader *reader, struct node *node, struct node *child, bool is_value)
{
    if (is_value) {
        node->items[2 * node->count - 1] = child;
        return true;
    }
    bool well = node->count < DOCUMENT_ENTRIES_MAX;
    if (!well)
        node_wrong(reader->path, child, reader->error,
                   "more than %d entries in one place; a scenario needs far fewer",
                   DOCUMENT_ENTRIES_MAX);
    else if (node->kind == NODE_MAP)
        well = check_key(reader, node, child);
    if (!well) {
        document_free(child);
        return false;
    }
    if (node->kind == NODE_LIST) {
        node->items = mem_resize(node->items, node->count + 1, sizeof(struct node *));
        node->items[node->count++] = child;
        return true;
    }
    node->items = mem_resize(node->items, 2 * (node->count + 1), sizeof(struct node *));
    node->items[2 * node->count] = child;
    node->items[2 * node->count + 1] = NULL; /* until its value comes */
    node->count++;
    return true;
}

/* Entries up to the end event. False on a fault. */
static bool read_entries(struct reader *reader, struct node *node, yaml_event_type_t end,
                         unsigned depth)
{
    for (bool is_value = false;; is_value = node->kind == NODE_MAP && !is_value) {
        yaml_event_t event;
        if (!yaml_parser_parse(&reader->parser, &event))
            return wrong_syntax(reader);
        bool ended = event.type == end;
        struct node *child = ended ? NULL : read_node(reader, &event, depth + 1);
        yaml_event_delete(&event);
        if (ended)
            return true;
        if (child == NULL || !add_child(reader, node, child, is_value))
            return false;
    }
}

static struct node *read_collection(struct reader *reader, const yaml_event_t *event,
                                    unsigned depth)
{
    if (depth >= DOCUMENT_DEPTH_MAX) {
        wrong_event(reader, event, "nested too deep; a scenario needs six levels at most");
        return NULL;
    }
    bool map = event->type == YAML_MAPPING_START_EVENT;
    struct node *node = node_new(map ? NODE_MAP : NODE_LIST, event);
    if (!read_entries(reader, node, map ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT,
                      depth)) {
        document_free(node);
        return NULL;
    }
    return node;
}

static struct node *read_node(struct reader *reader, const yaml_event_t *event, unsigned depth)
{
    if (has_tag(event)) {
        wrong_event(reader, event,
                    "a tag (!); a scenario has none, quote a text that starts with !");
        return NULL;
    }
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return read_scalar(reader, event);
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT:
        return read_collection(reader, event, depth);
    default:
        wrong_event(reader, event,
                    "an alias (*); a scenario has none, write the value out where it is needed");
        return NULL;
    }
}

/* The one document of the stream. */
static struct node *read_stream(struct reader *reader)
{
    struct node *root = NULL;
    for (bool ended = false; !ended;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&reader->parser, &event)) {
            wrong_syntax(reader);
            document_free(root);
            return NULL;
        }
        bool well = true;
        switch (event.type) {
        case YAML_STREAM_START_EVENT:
        case YAML_DOCUMENT_END_EVENT:
            break;
        case YAML_DOCUMENT_START_EVENT:
            if (root != NULL)
                well = wrong_event(reader, &event,
                                   "a second document (---); a file holds one scenario");
            break;
        case YAML_STREAM_END_EVENT:
            ended = true;
            if (root == NULL)
                well = wrong_at(reader->path, 1, 1, reader->error,
                                "the file is empty; a scenario starts with \"name: ...\"");
            break;
        default:
            root = read_node(reader, &event, 0);
            well = root != NULL;
            break;
        }
        yaml_event_delete(&event);
        if (!well) {
            document_free(root);
            return NULL;
        }
    }
    return root;
}

struct node *document_read(const char *path, const char *text, size_t size, struct error *error)
{
    static const char mark[] = "\xef\xbb\xbf"; /* some editors start UTF-8 with it */
    if (size >= strlen(mark) && memcmp(text, mark, strlen(mark)) == 0) {
        text += strlen(mark);
        size -= strlen(mark);
    }
    struct reader reader = { .path = path, .text = text, .size = size, .error = error };
    if (size > DOCUMENT_BYTES_MAX) {
        wrong_at(path, 1, 1, error, "%zu bytes are too many; a scenario has %d KiB at most", size,
                 DOCUMENT_BYTES_MAX / 1024);
        return NULL;
    }
    const char *nul = size > 0 ? memchr(text, '\0', size) : NULL;
    if (nul != NULL) {
        size_t line, column;
        place_of(&reader, (size_t)(nul - text), &line, &column);
        wrong_at(path, line, column, error,
                 "a NUL byte, so this is no text; a scenario is YAML in UTF-8");
        return NULL;
    }
    if (!yaml_parser_initialize(&reader.parser))
        memory_stop("out of memory while reading %s", path);
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text, size);
    struct node *root = read_stream(&reader);
    yaml_parser_delete(&reader.parser);
    return root;
}

void document_free(struct node *node)
{
    if (node == NULL)
        return;
    size_t children = node->kind == NODE_MAP ? 2 * node->count : node->count;
    for (size_t i = 0; i < children; i++)
        document_free(node->items[i]);
    free(node->items);
    free(node->text);
    free(node);
}

const struct node *node_item(const struct node *node, size_t n)
{
    if (node == NULL || n >= node->count)
        return NULL;
    return node->kind == NODE_MAP ? node->items[2 * n + 1] : node->items[n];
}

const struct node *node_key(const struct node *node, size_t n)
{
    return node != NULL && node->kind == NODE_MAP && n < node->count ? node->items[2 * n] : NULL;
}

const struct node *node_value(const struct node *node, const char *key)
{
    for (size_t i = 0; node_key(node, i) != NULL; i++)
        if (strcmp(node_key(node, i)->text, key) == 0)
            return node_item(node, i);
    return NULL;
}
