/*
 * struct meta to JSON and back, by tables with a row per field. Invariant: what meta_parse() accepts
 * lies within the bounds of its fields, so that nobody who indexes by an enum of it can be led
 * astray. It does not judge whether the values make sense together.
 *
 * To add a field, add it to its struct in recording.h and a row here.
 */
#include "trace/meta.h"

#include "base/memory.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { TEXT, U32, U64, I64, BOOL };

struct field {
    const char *key;
    size_t at;
    enum kind kind;
    size_t size;   /* TEXT: bytes of the field */
    uint64_t most; /* U32: the greatest value; 0: any */
};

#define TEXT_FIELD(type, name)                                                        \
    {                                                                                 \
#name, offsetof(struct type, name), TEXT, sizeof(((struct type *)0)->name), 0 \
    }
#define FIELD(type, name, kind)                        \
    {                                                  \
#name, offsetof(struct type, name), kind, 0, 0 \
    }
#define ENUM_FIELD(type, name, last)                     \
    {                                                    \
#name, offsetof(struct type, name), U32, 0, last \
    }

static const struct field race_fields[] = {
    TEXT_FIELD(meta, lockstep),      TEXT_FIELD(meta, scenario),
    TEXT_FIELD(meta, title),         TEXT_FIELD(meta, question),
    ENUM_FIELD(meta, kind, 1), /* batch, service */
    FIELD(meta, seed, U64),          TEXT_FIELD(meta, staging),
    FIELD(meta, comparable, BOOL),   TEXT_FIELD(meta, comparable_reason),
    FIELD(meta, machine_cores, U32), TEXT_FIELD(meta, cpu),
    TEXT_FIELD(meta, kernel),        FIELD(meta, wall_clock_s, I64),
    TEXT_FIELD(meta, predicted),     TEXT_FIELD(meta, verdict_best),
    TEXT_FIELD(meta, verdict_why),   { 0 },
};

static const struct field param_fields[] = {
    TEXT_FIELD(meta_param, name),  ENUM_FIELD(meta_param, unit, 5), /* count, duration, bytes, rate, bool, choice */
    FIELD(meta_param, value, I64), TEXT_FIELD(meta_param, text),    { 0 },
};

static const struct field run_fields[] = {
    TEXT_FIELD(meta_run, model),
    TEXT_FIELD(meta_run, title),
    ENUM_FIELD(meta_run, status, RUN_STATUS_COUNT - 1),
    TEXT_FIELD(meta_run, reason),
    FIELD(meta_run, gave_up_at, U32),
    FIELD(meta_run, cores, U32),
    FIELD(meta_run, repeat, U32),
    ENUM_FIELD(meta_run, switch_source, SOURCE_RUSAGE),
    TEXT_FIELD(meta_run, switch_reason),
    FIELD(meta_run, observer_ns, U64),
    TEXT_FIELD(meta_run, address),
    { 0 },
};

void meta_fini(struct meta *meta)
{
    free(meta->text);
    *meta = (struct meta){ 0 };
}

bool meta_copy(struct meta *to, const struct meta *from)
{
    *to = *from;
    to->text = from->text != NULL ? mem_string(from->text) : NULL;
    return true;
}

/* ---- Printing ---- */

/* Bytes that are no UTF-8 become question marks: JSON has no room for them. */
static json_t *json_text(const char *text, size_t size)
{
    json_t *string = json_stringn(text, size);
    if (string != NULL)
        return string;
    char *plain = mem_alloc(size + 1);
    for (size_t i = 0; i < size; i++)
        plain[i] = (unsigned char)text[i] < 0x80 ? text[i] : '?';
    string = json_stringn(plain, size);
    free(plain);
    return string;
}

/* JSON's readers hold whole numbers up to 2^63 at most; what is larger travels as a string. */
static json_t *json_whole(uint64_t value)
{
    if (value <= INT64_MAX)
        return json_integer((json_int_t)value);
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    return json_string(text);
}

static json_t *fields_print(const struct field *fields, const void *from)
{
    json_t *object = json_object();
    for (const struct field *field = fields; field->key != NULL; field++) {
        const char *at = (const char *)from + field->at;
        json_t *value = NULL;
        switch (field->kind) {
        case TEXT:
            value = json_text(at, strnlen(at, field->size));
            break;
        case U32:
            value = json_integer((json_int_t) * (const uint32_t *)(const void *)at);
            break;
        case U64:
            value = json_whole(*(const uint64_t *)(const void *)at);
            break;
        case I64:
            value = json_integer((json_int_t) * (const int64_t *)(const void *)at);
            break;
        case BOOL:
            value = json_boolean(*(const bool *)at);
            break;
        }
        json_object_set_new(object, field->key, value);
    }
    return object;
}

static json_t *rows_print(const struct field *fields, const void *rows, size_t count, size_t each)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, fields_print(fields, (const char *)rows + i * each));
    return array;
}

char *meta_print(const struct meta *meta)
{
    json_t *object = fields_print(race_fields, meta);
    json_object_set_new(
        object, "params",
        rows_print(param_fields, meta->params, meta->param_count, sizeof meta->params[0]));
    json_object_set_new(object, "runs",
                        rows_print(run_fields, meta->runs, meta->run_count, sizeof meta->runs[0]));
    if (meta->text != NULL)
        json_object_set_new(object, "text", json_text(meta->text, strlen(meta->text)));
    char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    if (text == NULL)
        memory_stop("out of memory (the meta as JSON)");
    return text;
}

/* ---- Parsing ---- */

/* Where in the meta a field stands, for sentences. */
struct place {
    const char *rows; /* "runs", or NULL: the race itself */
    size_t index;
};

static bool refuse(const struct place *place, const char *key, const char *what,
                   struct error *error)
{
    if (place->rows == NULL)
        return error_set(error, "the meta's %s %s", key, what);
    return error_set(error, "the meta's %s[%zu].%s %s", place->rows, place->index, key, what);
}

/* Cuts at the end of a whole character. */
static void text_parse(char *into, size_t size, const json_t *value)
{
    size_t length = json_string_length(value);
    const char *text = json_string_value(value);
    if (length >= size) {
        length = size - 1;
        while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
            length--;
    }
    memcpy(into, text, length);
    into[length] = '\0';
}

static bool whole_parse(const json_t *value, uint64_t *whole)
{
    if (json_is_integer(value) && json_integer_value(value) >= 0) {
        *whole = (uint64_t)json_integer_value(value);
        return true;
    }
    if (!json_is_string(value) || json_string_length(value) == 0)
        return false;
    uint64_t sum = 0;
    for (const char *at = json_string_value(value); *at != '\0'; at++) {
        uint64_t digit = (uint64_t)(*at - '0');
        if (*at < '0' || *at > '9' || sum > (UINT64_MAX - digit) / 10)
            return false;
        sum = sum * 10 + digit;
    }
    *whole = sum;
    return true;
}

static bool field_parse(const struct field *field, const struct place *place, const json_t *value,
                        void *at, struct error *error)
{
    uint64_t whole;
    switch (field->kind) {
    case TEXT:
        if (!json_is_string(value))
            return refuse(place, field->key, "is no string", error);
        text_parse(at, field->size, value);
        return true;
    case U32:
        if (!whole_parse(value, &whole) || whole > UINT32_MAX ||
            (field->most > 0 && whole > field->most))
            return refuse(place, field->key, "is no number within its bounds", error);
        *(uint32_t *)at = (uint32_t)whole;
        return true;
    case U64:
        if (!whole_parse(value, &whole))
            return refuse(place, field->key, "is no whole number", error);
        *(uint64_t *)at = whole;
        return true;
    case I64:
        if (!json_is_integer(value))
            return refuse(place, field->key, "is no whole number", error);
        *(int64_t *)at = json_integer_value(value);
        return true;
    case BOOL:
        if (!json_is_boolean(value))
            return refuse(place, field->key, "is neither true nor false", error);
        *(bool *)at = json_is_true(value);
        return true;
    }
    return false;
}

static bool fields_parse(const struct field *fields, const struct place *place,
                         const json_t *object, void *into, struct error *error)
{
    for (const struct field *field = fields; field->key != NULL; field++) {
        const json_t *value = json_object_get(object, field->key);
        if (value != NULL && !field_parse(field, place, value, (char *)into + field->at, error))
            return false;
    }
    return true;
}

static bool rows_parse(const struct field *fields, const char *key, const json_t *object,
                       void *rows, size_t most, size_t each, uint32_t *count, struct error *error)
{
    struct place place = { .rows = NULL };
    const json_t *array = json_object_get(object, key);
    if (array == NULL)
        return true;
    if (!json_is_array(array) || json_array_size(array) > most)
        return refuse(&place, key, "are no list, or too long a one", error);
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *row = json_array_get(array, i);
        place = (struct place){ .rows = key, .index = i };
        if (!json_is_object(row))
            return refuse(&place, "", "is no object", error);
        if (!fields_parse(fields, &place, row, (char *)rows + i * each, error))
            return false;
    }
    *count = (uint32_t)json_array_size(array);
    return true;
}

static bool race_parse(const json_t *object, struct meta *meta, struct error *error)
{
    const struct place place = { .rows = NULL };
    const json_t *text = json_object_get(object, "text");
    if (!fields_parse(race_fields, &place, object, meta, error) ||
        !rows_parse(param_fields, "params", object, meta->params, META_PARAMS_MAX,
                    sizeof meta->params[0], &meta->param_count, error) ||
        !rows_parse(run_fields, "runs", object, meta->runs, META_RUNS_MAX, sizeof meta->runs[0],
                    &meta->run_count, error))
        return false;
    if (text == NULL)
        return true;
    if (!json_is_string(text))
        return refuse(&place, "text", "is no string", error);
    meta->text = mem_string(json_string_value(text));
    return true;
}

bool meta_parse(const char *json, size_t size, struct meta *meta, struct error *error)
{
    json_error_t trouble;
    *meta = (struct meta){ 0 };
    json_t *object = json_loadb(json, size, 0, &trouble);
    if (object == NULL)
        return error_set(error, "the meta is no JSON: %s (byte %d)", trouble.text,
                         trouble.position);
    bool parsed = json_is_object(object) ? race_parse(object, meta, error)
                                         : error_set(error, "the meta is no JSON object");
    json_decref(object);
    if (!parsed)
        meta_fini(meta);
    return parsed;
}

const char *meta_run_name(const struct meta_run *run, char *into, size_t size)
{
    snprintf(into, size, "%s%s%s", run->model, run->file[0] != '\0' ? " " : "", run->file);
    return into;
}
