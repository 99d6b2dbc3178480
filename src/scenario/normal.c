/*
 * The one form in which libcyaml sees a scenario. Its schema knows one type for each place, so short
 * forms are written out first; and it reads text, so the tree is written as text. Invariant: writing
 * loses nothing but comments, quoting and places, and places stay in the tree.
 */
#include "scenario/document.h"

#include "base/memory.h"
#include "scenario/kinds.h"

#include <stdlib.h>
#include <string.h>

static struct node *node_beside(const struct node *place, enum node_kind kind, size_t children)
{
    struct node *node = mem_zero(1, sizeof *node);
    node->kind = kind;
    node->line = place->line;
    node->column = place->column;
    node->items = children > 0 ? mem_zero(children, sizeof(struct node *)) : NULL;
    return node;
}

static struct node *word_beside(const struct node *place, const char *word)
{
    struct node *node = node_beside(place, NODE_SCALAR, 0);
    node->text = mem_string(word);
    return node;
}

/* {key: value}; takes both. */
static struct node *map_of(struct node *key, struct node *value)
{
    struct node *map = node_beside(key, NODE_MAP, 2);
    map->items[0] = key;
    map->items[1] = value;
    map->count = 1;
    return map;
}

/* What stands after a kind's key: nothing becomes no fields, a value becomes its first field. */
static struct node *normal_fields(const struct kind_row *row, struct node *value)
{
    if (value->kind != NODE_SCALAR)
        return value;
    if (value->null) {
        struct node *none = node_beside(value, NODE_MAP, 0);
        document_free(value);
        return none;
    }
    const char *field = row->fields[0].name;
    if (row == &outside_rows[OUTSIDE_ORIGIN] && strstr(value->text, "://") != NULL)
        field = "url";
    return field != NULL ? map_of(word_beside(value, field), value) : value;
}

/* A kind's name alone becomes {name: {}}. */
static struct node *normal_kind(const struct kind_row *rows, size_t count, struct node *node)
{
    if (node->kind == NODE_SCALAR && !node->null)
        return map_of(node, node_beside(node, NODE_MAP, 0));
    for (size_t i = 0; node->kind == NODE_MAP && i < node->count; i++)
        for (size_t k = 0; k < count; k++)
            if (strcmp(rows[k].name, node->items[2 * i]->text) == 0)
                node->items[2 * i + 1] = normal_fields(&rows[k], node->items[2 * i + 1]);
    return node;
}

static struct node *normal_value(const char *key, struct node *value)
{
    static const struct kind_row predict_row = { .name = "winner" };
    if (strcmp(key, "task") == 0 && value->kind == NODE_LIST) {
        for (size_t i = 0; i < value->count; i++)
            value->items[i] = normal_kind(step_rows, STEP_KIND_COUNT, value->items[i]);
        return value;
    }
    if (strcmp(key, "outside") == 0)
        return normal_kind(outside_rows, OUTSIDE_KIND_COUNT, value);
    if (strcmp(key, "predict") == 0)
        return normal_kind(&predict_row, 1, value);
    if (strcmp(key, "twin") == 0 && value->kind == NODE_SCALAR && !value->null) {
        struct node *list = node_beside(value, NODE_LIST, 1);
        list->items[0] = value;
        list->count = 1;
        return list;
    }
    return value;
}

void document_normalise(struct node *root)
{
    for (size_t i = 0; root->kind == NODE_MAP && i < root->count; i++)
        root->items[2 * i + 1] = normal_value(root->items[2 * i]->text, root->items[2 * i + 1]);
}

static void write_scalar(const char *text, struct buffer *into)
{
    buffer_byte(into, '"');
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte == '"' || byte == '\\')
            buffer_printf(into, "\\%c", byte);
        else if (byte < 0x20 || byte == 0x7f)
            buffer_printf(into, "\\x%02x", byte);
        else
            buffer_byte(into, (char)byte);
    }
    buffer_byte(into, '"');
}

void document_write(const struct node *node, struct buffer *into)
{
    if (node->kind == NODE_SCALAR) {
        write_scalar(node->text, into);
        return;
    }
    bool map = node->kind == NODE_MAP;
    buffer_text(into, map ? "{\n" : "[\n");
    for (size_t i = 0; i < node->count; i++) {
        if (map) {
            write_scalar(node->items[2 * i]->text, into);
            buffer_text(into, ": ");
        }
        document_write(node_item(node, i), into);
        buffer_text(into, ",\n");
    }
    buffer_byte(into, map ? '}' : ']');
}
