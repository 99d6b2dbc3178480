/*
 * The checks of parameters. Invariant: params[0 .. PARAM_ENGINE_COUNT) of a plan are the engine's,
 * in its order, with the default and narrower bounds that the file may give them; the file's own
 * follow in its order.
 */
#include "scenario/check.h"

#include "base/memory.h"
#include "scenario/value.h"
#include "scenario/words.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A parameter of the file: what it says, and where. */
struct saying {
    const struct raw_param *raw;
    const char *name;
    const struct node *named; /* where its name stands */
    const struct node *node;  /* its map */
};

/* The place of one of its keys, or of the whole where it is left out. */
static const struct node *place(const struct saying *saying, const char *key)
{
    const struct node *node = node_value(saying->node, key);
    return node != NULL ? node : saying->node;
}

static struct saying saying_at(const struct reading *reading, size_t index)
{
    const struct node *params = node_value(reading->root, "params");
    struct saying saying = { .raw = &reading->raw->params[index],
                             .node = node_item(params, index) };
    if (params->kind == NODE_MAP) {
        saying.named = node_key(params, index);
        saying.name = saying.named->text;
    } else {
        saying.named = node_value(saying.node, "name");
        saying.name = saying.raw->name;
    }
    return saying;
}

/* ---- Defaults that the machine decides ---- */

/* "cores", "cores*N", "N*cores", "N/cores": false where the text is none of them. */
static bool parse_cores(const char *text, int64_t *value)
{
    static const char word[] = "cores";
    const char *found = strstr(text, word);
    if (found == NULL)
        return false;
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    int64_t cores = online > 0 ? online : 1, number;
    const char *after = found + strlen(word);
    char before[NAME_MAX_BYTES + 1];
    size_t length = (size_t)(found - text);
    memcpy(before, text, length);
    before[length] = '\0';
    while (length > 0 && before[length - 1] == ' ')
        before[--length] = '\0';
    if (length == 0 && *after == '\0') {
        *value = cores;
        return true;
    }
    if (length == 0 || *after != '\0')
        return false;
    char sign = before[length - 1];
    before[length - 1] = '\0';
    if (!value_parse(UNIT_COUNT, NULL, before, &number, NULL))
        return false;
    if (sign == '/')
        *value = number / cores;
    else if (sign != '*' || __builtin_mul_overflow(number, cores, value))
        return false;
    return true;
}

/* The machine's number of cores is no fault of the author: it is held within the bounds. */
static bool parse_default(const struct saying *saying, const struct param *param, int64_t *value,
                          struct error *error)
{
    const char *text = saying->raw->initial;
    if (param->unit == UNIT_COUNT && parse_cores(text, value)) {
        *value = *value < param->low ? param->low : *value > param->high ? param->high : *value;
        return true;
    }
    return value_parse(param->unit, param->choices, text, value, error) &&
           value_within(param->name, param->unit, param->choices, *value, param->low, param->high,
                        error);
}

/* ---- One parameter ---- */

static bool fill_bounds(const struct reading *reading, const struct saying *saying,
                        struct param *param, int64_t least, int64_t most)
{
    const struct {
        const char *key, *text;
        int64_t *value;
    } bounds[] = { { "min", saying->raw->low, &param->low },
                   { "max", saying->raw->high, &param->high } };
    for (size_t i = 0; i < 2; i++) {
        if (bounds[i].text == NULL)
            continue;
        if (!value_parse(param->unit, param->choices, bounds[i].text, bounds[i].value,
                         reading->error) ||
            !value_within(param->name, param->unit, param->choices, *bounds[i].value, least, most,
                          reading->error))
            return wrong_here(reading, place(saying, bounds[i].key));
    }
    if (param->low > param->high)
        return node_wrong(reading->path, place(saying, "min"), reading->error,
                          "%s has a min above its max; swap them", words_quote(param->name).text);
    return true;
}

static bool fill_default(const struct reading *reading, const struct saying *saying,
                         struct param *param)
{
    if (saying->raw->initial != NULL) {
        if (!parse_default(saying, param, &param->initial, reading->error))
            return wrong_here(reading, place(saying, "default"));
        return true;
    }
    if (!value_within(param->name, param->unit, param->choices, param->initial, param->low,
                      param->high, reading->error))
        return wrong_here(reading, saying->node);
    return true;
}

static bool fill_live(const struct reading *reading, const struct saying *saying,
                      struct param *param)
{
    int64_t live = param->live;
    if (saying->raw->live != NULL &&
        !value_parse(UNIT_BOOL, NULL, saying->raw->live, &live, reading->error))
        return wrong_here(reading, place(saying, "live"));
    param->live = live != 0;
    return true;
}

static bool fill_help(const struct reading *reading, const struct saying *saying,
                      struct param *param)
{
    if (saying->raw->help == NULL)
        return true;
    free((void *)param->help);
    param->help = check_trimmed(saying->raw->help);
    if (param->help[0] == '\0' || strchr(param->help, '\n') != NULL)
        return node_wrong(reading->path, place(saying, "help"), reading->error,
                          "the help of %s is not one line; write half a sentence",
                          words_quote(param->name).text);
    return true;
}

/* Another default, narrower bounds, for one of the engine's. */
static bool check_engine_param(struct reading *reading, const struct saying *saying,
                               struct param *param)
{
    const struct param *engine = &engine_params[param - reading->plan->params];
    if (saying->raw->unit != NULL && *saying->raw->unit != param->unit)
        return node_wrong(reading->path, place(saying, "unit"), reading->error,
                          "%s is the engine's own and %s; leave its unit out",
                          words_quote(param->name).text, unit_rows[param->unit].a);
    if (saying->raw->choices != NULL)
        return node_wrong(reading->path, place(saying, "choices"), reading->error,
                          "%s is the engine's own and has no choices; take them out",
                          words_quote(param->name).text);
    if (saying->raw->live != NULL)
        return node_wrong(reading->path, place(saying, "live"), reading->error,
                          "%s is the engine's own, which says whether it is live; take it out",
                          words_quote(param->name).text);
    return fill_help(reading, saying, param) &&
           fill_bounds(reading, saying, param, engine->low, engine->high) &&
           fill_default(reading, saying, param);
}

static bool copy_choices(const struct reading *reading, const struct saying *saying,
                         struct param *param)
{
    const struct raw_param *raw = saying->raw;
    if (raw->choices == NULL)
        return node_wrong(reading->path, saying->node, reading->error,
                          "%s is a choice without choices; add \"choices: [...]\"",
                          words_quote(param->name).text);
    char **choices = mem_zero(raw->choices_count + 1, sizeof *choices);
    param->choices = (const char *const *)choices;
    for (unsigned i = 0; i < raw->choices_count; i++) {
        if (!check_name(raw->choices[i], '-') || strlen(raw->choices[i]) > PARAM_NAME_MAX_BYTES)
            return node_wrong(reading->path, node_item(node_value(saying->node, "choices"), i),
                              reading->error,
                              "%s cannot be a choice; write it in a-z, 0-9 and -, a letter first",
                              words_quote(raw->choices[i]).text);
        choices[i] = mem_string(raw->choices[i]);
    }
    param->low = 0;
    param->high = (int64_t)raw->choices_count - 1;
    return true;
}

/* What a new parameter has to say, by its unit. */
static bool check_said(const struct reading *reading, const struct saying *saying,
                       const struct param *param)
{
    const struct raw_param *raw = saying->raw;
    bool number = param->unit != UNIT_BOOL && param->unit != UNIT_CHOICE;
    const char *missing = raw->initial == NULL          ? "default"
                          : number && raw->low == NULL  ? "min"
                          : number && raw->high == NULL ? "max"
                          : raw->help == NULL           ? "help"
                                                        : NULL;
    if (missing != NULL)
        return node_wrong(reading->path, saying->node, reading->error,
                          "\"%s\" is missing in parameter %s; add a line \"%s: ...\"", missing,
                          words_quote(param->name).text, missing);
    const char *idle = !number && raw->low != NULL                          ? "min"
                       : !number && raw->high != NULL                       ? "max"
                       : param->unit != UNIT_CHOICE && raw->choices != NULL ? "choices"
                                                                            : NULL;
    if (idle != NULL)
        return node_wrong(reading->path, place(saying, idle), reading->error,
                          "parameter %s is %s and has no \"%s\"; take it out",
                          words_quote(param->name).text, unit_rows[param->unit].a, idle);
    return true;
}

static bool check_own_param(struct reading *reading, const struct saying *saying)
{
    struct plan *plan = reading->plan;
    if (!check_name(saying->name, '_') || strlen(saying->name) > PARAM_NAME_MAX_BYTES)
        return node_wrong(reading->path, saying->named, reading->error,
                          "%s cannot be a parameter's name; write it in a-z, 0-9 and _, a letter "
                          "first, at most %d",
                          words_quote(saying->name).text, PARAM_NAME_MAX_BYTES);
    if (saying->raw->unit == NULL)
        return node_wrong(reading->path, saying->node, reading->error,
                          "\"unit\" is missing in parameter %s; add a line \"unit: count\" (or "
                          "duration, bytes, rate, bool, choice)",
                          words_quote(saying->name).text);
    struct param *param = &plan->params[plan->param_count++];
    param->name = mem_string(saying->name);
    param->unit = *saying->raw->unit;
    param->high = param->unit == UNIT_BOOL ? 1 : INT64_MAX;
    if (!check_said(reading, saying, param) || !fill_help(reading, saying, param))
        return false;
    if (param->unit == UNIT_CHOICE && !copy_choices(reading, saying, param))
        return false;
    return fill_bounds(reading, saying, param, 0, INT64_MAX) &&
           fill_default(reading, saying, param) && fill_live(reading, saying, param);
}

bool check_params(struct reading *reading)
{
    struct plan *plan = reading->plan;
    for (int i = 0; i < PARAM_ENGINE_COUNT; i++) {
        plan->params[i] = engine_params[i];
        plan->params[i].name = mem_string(engine_params[i].name);
        plan->params[i].help = mem_string(engine_params[i].help);
    }
    plan->param_count = PARAM_ENGINE_COUNT;

    const struct node *params = node_value(reading->root, "params");
    size_t count = params == NULL ? 0 : params->count;
    bool redefined[PARAM_ENGINE_COUNT] = { false };
    for (size_t i = 0; i < count; i++) {
        struct saying saying = saying_at(reading, i);
        int known = plan_param(plan, saying.name);
        if (known >= PARAM_ENGINE_COUNT || (known >= 0 && redefined[known]))
            return node_wrong(reading->path, saying.named, reading->error,
                              "parameter %s comes twice; keep one of them",
                              words_quote(saying.name).text);
        if (known >= 0)
            redefined[known] = true;
        if (known >= 0 ? !check_engine_param(reading, &saying, &plan->params[known])
                       : !check_own_param(reading, &saying))
            return false;
    }
    return true;
}
