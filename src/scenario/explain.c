/*
 * Why a tree does not fit a schema. libcyaml's own log knows places only roughly and no nearest
 * names, so this walks the schema that libcyaml used beside the tree. Invariant: it finds a fault
 * wherever libcyaml does; should it not, the caller has libcyaml's words left.
 */
#include "scenario/explain.h"

#include "scenario/words.h"

#include <stdio.h>
#include <string.h>

struct explain {
    const char *path;
    struct error *error;
};

static bool explain_value(const struct explain *explain, const struct node *node,
                          const cyaml_schema_value_t *value, const char *name);

const char *explain_kind(const struct node *node)
{
    return node->kind == NODE_LIST  ? "a list"
           : node->kind == NODE_MAP ? "a mapping (key: value)"
           : node->null             ? "empty"
                                    : "a single value";
}

static void explain_unknown(const struct explain *explain, const struct node *key,
                            const cyaml_schema_field_t *fields, const char *name)
{
    const char *names[32];
    size_t count = 0;
    for (; fields[count].key != NULL && count < 31; count++)
        names[count] = fields[count].key;
    names[count] = NULL;
    bool step = strcmp(name, "an entry of task") == 0, outside = strcmp(name, "outside") == 0;
    if (step || outside)
        node_wrong(explain->path, key, explain->error, "unknown %s %s; %s",
                   step ? "step" : "outside", words_quote(key->text).text,
                   words_hint(key->text, names).text);
    else if (strspn(key->text, "0123456789") == strlen(key->text))
        node_wrong(explain->path, key, explain->error,
                   "a number %s where a key should be; between { and }, quote a number that has "
                   "commas",
                   words_quote(key->text).text);
    else
        node_wrong(explain->path, key, explain->error, "unknown key %s%s%s; %s",
                   words_quote(key->text).text, name[0] != '\0' ? " in " : "", name,
                   words_hint(key->text, names).text);
}

/* False where it found, and said, what is wrong. */
static bool explain_mapping(const struct explain *explain, const struct node *node,
                            const cyaml_schema_field_t *fields, const char *name)
{
    for (size_t i = 0; i < node->count; i++) {
        const struct node *key = node_key(node, i);
        const cyaml_schema_field_t *field = fields;
        while (field->key != NULL && strcmp(field->key, key->text) != 0)
            field++;
        if (field->key == NULL) {
            explain_unknown(explain, key, fields, name);
            return false;
        }
        if (!explain_value(explain, node_item(node, i), &field->value, field->key))
            return false;
    }
    for (const cyaml_schema_field_t *field = fields; field->key != NULL; field++)
        if ((field->value.flags & CYAML_FLAG_OPTIONAL) == 0 && node_value(node, field->key) == NULL)
            return node_wrong(explain->path, node, explain->error,
                              "\"%s\" is missing%s%s; add a line \"%s: ...\"", field->key,
                              name[0] != '\0' ? " in " : "", name, field->key);
    return true;
}

static bool explain_list(const struct explain *explain, const struct node *node,
                         const cyaml_schema_value_t *value, const char *name)
{
    if (node->count < value->sequence.min || node->count > value->sequence.max)
        return node_wrong(explain->path, node, explain->error,
                          "%s has %zu entries; it can have %u to %u", name, node->count,
                          value->sequence.min, value->sequence.max);
    char entry[64];
    snprintf(entry, sizeof entry, "an entry of %s", name);
    for (size_t i = 0; i < node->count; i++)
        if (!explain_value(explain, node->items[i], value->sequence.entry, entry))
            return false;
    return true;
}

static bool explain_scalar(const struct explain *explain, const struct node *node,
                           const cyaml_schema_value_t *value, const char *name)
{
    if (value->type == CYAML_ENUM) {
        const char *names[16] = { NULL };
        for (uint32_t i = 0; i < value->enumeration.count; i++) {
            names[i] = value->enumeration.strings[i].str;
            if (strcmp(names[i], node->text) == 0)
                return true;
        }
        return node_wrong(explain->path, node, explain->error, "unknown %s %s; %s", name,
                          words_quote(node->text).text, words_hint(node->text, names).text);
    }
    size_t length = strlen(node->text);
    if (length < value->string.min)
        return node_wrong(explain->path, node, explain->error,
                          "%s is empty; write something there, or take it out", name);
    if (length > value->string.max)
        return node_wrong(explain->path, node, explain->error,
                          "%s is %zu bytes long; it can have %u", name, length, value->string.max);
    return true;
}

static bool explain_value(const struct explain *explain, const struct node *node,
                          const cyaml_schema_value_t *value, const char *name)
{
    static const struct {
        enum node_kind kind;
        const char *wanted;
    } wanted[CYAML__TYPE_COUNT] = {
        [CYAML_MAPPING] = { NODE_MAP, "a mapping (key: value lines below it)" },
        [CYAML_SEQUENCE] = { NODE_LIST, "a list (lines below it that start with \"- \")" },
        [CYAML_STRING] = { NODE_SCALAR, "a single value" },
        [CYAML_ENUM] = { NODE_SCALAR, "a single word" },
    };
    if (node->kind != wanted[value->type].kind)
        return node_wrong(explain->path, node, explain->error, "%s is %s; it has to be %s", name,
                          explain_kind(node), wanted[value->type].wanted);
    if (value->type == CYAML_MAPPING)
        return explain_mapping(explain, node, value->mapping.fields, name);
    if (value->type == CYAML_SEQUENCE)
        return explain_list(explain, node, value, name);
    return explain_scalar(explain, node, value, name);
}

bool explain_misfit(const char *path, const struct node *node, const cyaml_schema_value_t *value,
                    struct error *error)
{
    const struct explain explain = { .path = path, .error = error };
    return explain_value(&explain, node, value, "");
}
