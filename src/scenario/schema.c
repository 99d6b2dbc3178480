/*
 * The schema and its use. Invariant: libcyaml alone decides whether a text fits, and only what it
 * filled in is used; explain.c says why one does not.
 */
#include "scenario/schema.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "scenario/explain.h"
#include "scenario/kinds.h"
#include "scenario/words.h"

#include <cyaml/cyaml.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct schema {
    cyaml_schema_value_t root;
    cyaml_schema_field_t top[24];
    cyaml_schema_field_t params[SCENARIO_PARAMS_MAX + 1]; /* where they are a map */
    cyaml_schema_field_t notice[PLAN_MODELS_MAX + 1];
    cyaml_schema_field_t step_fields[STEP_KIND_COUNT][PLAN_FIELDS_MAX + 1];
    cyaml_schema_field_t steps[STEP_KIND_COUNT + 1];
    cyaml_schema_field_t outside_fields[OUTSIDE_KIND_COUNT][PLAN_FIELDS_MAX + 2];
    cyaml_schema_field_t outsides[OUTSIDE_KIND_COUNT + 1];
    cyaml_schema_value_t step;
    struct raw *raw;
    char complaint[200]; /* libcyaml's first */
};

/* ---- The fixed part ---- */

static const cyaml_strval_t kind_words[] = { { "batch", PLAN_BATCH }, { "service", PLAN_SERVICE } };
static const cyaml_strval_t bottleneck_words[] = { { "cpu", BOTTLENECK_CPU },
                                                   { "io", BOTTLENECK_IO },
                                                   { "mixed", BOTTLENECK_MIXED } };
/* The names of unit_rows, which a test holds against these. */
static const cyaml_strval_t unit_words[] = {
    { "count", UNIT_COUNT }, { "bytes", UNIT_BYTES }, { "duration", UNIT_DURATION },
    { "rate", UNIT_RATE },   { "bool", UNIT_BOOL },   { "choice", UNIT_CHOICE }
};

enum { NEEDED = CYAML_FLAG_DEFAULT, MAY = CYAML_FLAG_OPTIONAL };
#define TEXT(key, flags, type, member, most) \
    CYAML_FIELD_STRING_PTR(key, flags, type, member, 1, most)
#define COUNT(words) (uint32_t)(sizeof(words) / sizeof((words)[0]))

static const cyaml_schema_value_t word_value = { CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1,
                                                                    NAME_MAX_BYTES) };

/* `name` stands first, so that a map of parameters leaves it out by starting one later. */
static const cyaml_schema_field_t param_fields[] = {
    TEXT("name", NEEDED, struct raw_param, name, PARAM_NAME_MAX_BYTES),
    TEXT("default", MAY, struct raw_param, initial, NAME_MAX_BYTES),
    TEXT("min", MAY, struct raw_param, low, NAME_MAX_BYTES),
    TEXT("max", MAY, struct raw_param, high, NAME_MAX_BYTES),
    CYAML_FIELD_ENUM_PTR("unit", MAY | CYAML_FLAG_STRICT, struct raw_param, unit, unit_words,
                         COUNT(unit_words)),
    TEXT("help", MAY, struct raw_param, help, LINE_MAX_BYTES),
    TEXT("live", MAY, struct raw_param, live, NAME_MAX_BYTES),
    CYAML_FIELD_SEQUENCE("choices", MAY | CYAML_FLAG_POINTER, struct raw_param, choices,
                         &word_value, 1, CHOICES_MAX),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t param_value = { CYAML_VALUE_MAPPING(
    CYAML_FLAG_DEFAULT, struct raw_param, param_fields) };

static const cyaml_schema_field_t nothing_fields[] = { CYAML_FIELD_END };
static const cyaml_schema_field_t predict_fields[] = {
    CYAML_FIELD_MAPPING_PTR("winner", MAY, struct raw_predict, winner, nothing_fields),
    TEXT("state", MAY, struct raw_predict, state, NAME_MAX_BYTES),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t top_fields[] = {
    TEXT("name", NEEDED, struct raw, name, NAME_MAX_BYTES),
    TEXT("title", NEEDED, struct raw, title, TITLE_MAX_BYTES),
    TEXT("question", NEEDED, struct raw, question, LINE_MAX_BYTES),
    TEXT("teaches", NEEDED, struct raw, teaches, TEXT_MAX_BYTES),
    CYAML_FIELD_ENUM("kind", CYAML_FLAG_STRICT, struct raw, kind, kind_words, COUNT(kind_words)),
    CYAML_FIELD_ENUM("bottleneck", CYAML_FLAG_STRICT, struct raw, bottleneck, bottleneck_words,
                     COUNT(bottleneck_words)),
    CYAML_FIELD_SEQUENCE("task", CYAML_FLAG_POINTER, struct raw, task, NULL, 1, PLAN_STEPS_MAX),
    CYAML_FIELD_SEQUENCE("models", CYAML_FLAG_POINTER, struct raw, models, &word_value, 1,
                         PLAN_MODELS_MAX),
    CYAML_FIELD_SEQUENCE("params", MAY | CYAML_FLAG_POINTER, struct raw, params, &param_value, 1,
                         SCENARIO_PARAMS_MAX),
    CYAML_FIELD_MAPPING_PTR("outside", MAY, struct raw, outside, NULL),
    TEXT("tasks", MAY, struct raw, tasks, NAME_MAX_BYTES),
    TEXT("duration", MAY, struct raw, duration, NAME_MAX_BYTES),
    CYAML_FIELD_MAPPING_PTR("notice", MAY, struct raw, notice, NULL),
    CYAML_FIELD_MAPPING_PTR("predict", MAY, struct raw, predict, predict_fields),
    CYAML_FIELD_SEQUENCE("twin", MAY | CYAML_FLAG_POINTER, struct raw, twin, &word_value, 1,
                         PLAN_MODELS_MAX),
    CYAML_FIELD_END,
};

/* ---- The part that comes from rows and from the file ---- */

/* The fields of one kind: each a text in raw_fields. */
static void build_fields(const struct kind_row *row, cyaml_schema_field_t *into)
{
    size_t count = kind_fields(row);
    for (size_t i = 0; i < count; i++) {
        into[i] =
            (cyaml_schema_field_t)TEXT(row->fields[i].name, row->fields[i].required ? NEEDED : MAY,
                                       struct raw_fields, value[0], NAME_MAX_BYTES);
        into[i].data_offset = (uint32_t)(offsetof(struct raw_fields, value) + i * sizeof(char *));
    }
}

static void build_kind(const struct kind_row *row, size_t index, const cyaml_schema_field_t *fields,
                       cyaml_schema_field_t *into)
{
    *into = (cyaml_schema_field_t)CYAML_FIELD_MAPPING_PTR(row->name, MAY, struct raw_kind, kind[0],
                                                          fields);
    into->data_offset =
        (uint32_t)(offsetof(struct raw_kind, kind) + index * sizeof(struct raw_fields *));
}

static void build_rows(struct schema *schema)
{
    for (size_t i = 0; i < STEP_KIND_COUNT; i++) {
        build_fields(&step_rows[i], schema->step_fields[i]);
        build_kind(&step_rows[i], i, schema->step_fields[i], &schema->steps[i]);
    }
    for (size_t i = 0; i < OUTSIDE_KIND_COUNT; i++) {
        build_fields(&outside_rows[i], schema->outside_fields[i]);
        build_kind(&outside_rows[i], i, schema->outside_fields[i], &schema->outsides[i]);
    }
    schema->outside_fields[OUTSIDE_ORIGIN][kind_fields(&outside_rows[OUTSIDE_ORIGIN])] =
        (cyaml_schema_field_t)TEXT("url", MAY, struct raw_fields, url, LINE_MAX_BYTES - 32);
    schema->step = (cyaml_schema_value_t){ CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_kind,
                                                               schema->steps) };
}

/* params as a map: a row per key of the file, one raw_param behind the other. */
static void build_params(struct schema *schema, cyaml_schema_field_t *field,
                         const struct node *params)
{
    for (size_t i = 0; i < params->count; i++)
        schema->params[i] = (cyaml_schema_field_t){
            .key = node_key(params, i)->text,
            .data_offset = (uint32_t)(i * sizeof(struct raw_param)),
            .value = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_param,
                                           param_fields + 1) },
        };
    field->count_size = 0;
    field->value = (cyaml_schema_value_t){ CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER | MAY,
                                                               struct raw_param, schema->params) };
    field->value.data_size = (uint32_t)(params->count * sizeof(struct raw_param));
}

static void build_notice(struct schema *schema, cyaml_schema_field_t *field,
                         const struct node *notice)
{
    for (size_t i = 0; notice != NULL && i < notice->count; i++)
        schema->notice[i] = (cyaml_schema_field_t){
            .key = node_key(notice, i)->text,
            .data_offset = (uint32_t)(i * sizeof(char *)),
            .value = { CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, TEXT_MAX_BYTES) },
        };
    field->value.mapping.fields = schema->notice;
    field->value.data_size = PLAN_MODELS_MAX * sizeof(char *);
}

static cyaml_schema_field_t *top_field(struct schema *schema, const char *key)
{
    cyaml_schema_field_t *field = schema->top;
    while (strcmp(field->key, key) != 0)
        field++;
    return field;
}

static bool too_many(const char *path, const struct node *map, size_t most, struct error *error)
{
    if (map == NULL || map->kind != NODE_MAP || map->count <= most)
        return false;
    node_wrong(path, node_key(map, most), error, "%zu entries are too many; there can be %zu here",
               map->count, most);
    return true;
}

static bool schema_build(struct schema *schema, const char *path, const struct node *root,
                         struct error *error)
{
    const struct node *params = node_value(root, "params"), *notice = node_value(root, "notice");
    if (too_many(path, params, SCENARIO_PARAMS_MAX, error) ||
        too_many(path, notice, PLAN_MODELS_MAX, error))
        return false;
    _Static_assert(sizeof top_fields <= sizeof schema->top, "top has room for all keys");
    memcpy(schema->top, top_fields, sizeof top_fields);
    build_rows(schema);
    top_field(schema, "task")->value.sequence.entry = &schema->step;
    cyaml_schema_field_t *outside = top_field(schema, "outside");
    outside->value.mapping.fields = schema->outsides;
    if (params != NULL && params->kind == NODE_MAP && params->count > 0)
        build_params(schema, top_field(schema, "params"), params);
    build_notice(schema, top_field(schema, "notice"),
                 notice != NULL && notice->kind == NODE_MAP ? notice : NULL);
    schema->root =
        (cyaml_schema_value_t){ CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw, schema->top) };
    return true;
}

/* ---- Loading ---- */

static void keep_complaint(cyaml_log_t level, void *context, const char *format, va_list arguments)
{
    struct schema *schema = context;
    if (level < CYAML_LOG_ERROR || schema->complaint[0] != '\0')
        return;
    vsnprintf(schema->complaint, sizeof schema->complaint, format, arguments);
    schema->complaint[strcspn(schema->complaint, "\n")] = '\0';
}

static cyaml_config_t schema_config(struct schema *schema)
{
    return (cyaml_config_t){
        .log_fn = keep_complaint,
        .log_ctx = schema,
        .mem_fn = cyaml_mem,
        .log_level = CYAML_LOG_ERROR,
        .flags = CYAML_CFG_NO_ALIAS,
    };
}

static bool schema_fill(struct schema *schema, const char *path, const struct node *root,
                        struct error *error)
{
    struct buffer text = { 0 };
    document_write(root, &text);
    cyaml_config_t config = schema_config(schema);
    cyaml_err_t result = cyaml_load_data((const uint8_t *)text.data, text.size, &config,
                                         &schema->root, (cyaml_data_t **)&schema->raw, NULL);
    buffer_fini(&text);
    if (result == CYAML_OK)
        return true;
    if (result == CYAML_ERR_OOM)
        memory_stop("out of memory while reading %s", path);
    if (!explain_misfit(path, root, &schema->root, error))
        return false;
    return node_wrong(path, root, error, "%s; see the scenarios that come with lockstep",
                      schema->complaint[0] != '\0' ? words_quote(schema->complaint).text
                                                   : cyaml_strerror(result));
}

struct schema *schema_load(const char *path, const struct node *root, struct error *error)
{
    if (root->kind != NODE_MAP) {
        node_wrong(path, root, error,
                   "this is %s; a scenario is \"key: value\" lines that start with name",
                   explain_kind(root));
        return NULL;
    }
    struct schema *schema = mem_zero(1, sizeof *schema);
    if (schema_build(schema, path, root, error) && schema_fill(schema, path, root, error))
        return schema;
    schema_free(schema);
    return NULL;
}

const struct raw *schema_raw(const struct schema *schema)
{
    return schema->raw;
}

void schema_free(struct schema *schema)
{
    if (schema == NULL)
        return;
    cyaml_config_t config = schema_config(schema);
    if (schema->raw != NULL)
        cyaml_free(&config, &schema->root, schema->raw, 0);
    free(schema);
}
