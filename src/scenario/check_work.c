/*
 * The checks of the work: the outside, the steps, how many tasks or how long. Invariant: after them
 * no value of a plan, literal or any value its parameter may take, is outside what its field allows.
 */
#include "scenario/check.h"

#include "base/memory.h"
#include "scenario/kinds.h"
#include "scenario/value.h"
#include "scenario/words.h"

#include <string.h>

/* ---- One value ---- */

static bool check_reference(struct reading *reading, const struct node *node,
                            const struct field *field, struct plan_value *value)
{
    const struct plan *plan = reading->plan;
    const char *name = node->text + 1;
    int index = plan_param(plan, name);
    if (index < 0) {
        const char *names[PLAN_PARAMS_MAX + 1] = { NULL };
        for (size_t i = 0; i < plan->param_count; i++)
            names[i] = plan->params[plan->param_count - 1 - i].name; /* the file's own first */
        return node_wrong(reading->path, node, reading->error, "unknown parameter %s; %s",
                          words_quote(node->text).text, words_hint(name, names).text);
    }
    const struct param *param = &plan->params[index];
    if (param->unit != field->unit)
        return node_wrong(reading->path, node, reading->error,
                          "%s is %s; \"%s\" takes %s, written as %s", words_quote(node->text).text,
                          unit_rows[param->unit].a, field->name, unit_rows[field->unit].a,
                          unit_rows[field->unit].write);
    if (field->unit == UNIT_CHOICE) {
        for (int64_t i = 0; param->choices[i] != NULL || field->choices[i] != NULL; i++)
            if (param->choices[i] == NULL || field->choices[i] == NULL ||
                strcmp(param->choices[i], field->choices[i]) != 0)
                return node_wrong(reading->path, node, reading->error,
                                  "the choices of %s are not those of \"%s\" in their order; %s",
                                  words_quote(node->text).text, field->name,
                                  words_hint("", field->choices).text);
    }
    if (!value_within(field->name, field->unit, field->choices, param->low, field->low, field->high,
                      reading->error) ||
        !value_within(field->name, field->unit, field->choices, param->high, field->low,
                      field->high, reading->error)) {
        error_add_context(reading->error, "a bound of %s", words_quote(node->text).text);
        return wrong_here(reading, node);
    }
    reading->used[index] = true;
    *value = (struct plan_value){ .param = index };
    return true;
}

/* `node` is where the value stands; NULL where it is left out. */
static bool check_value(struct reading *reading, const struct node *node, const struct field *field,
                        struct plan_value *value)
{
    *value = (struct plan_value){ .literal = field->initial, .param = -1 };
    if (node == NULL)
        return true;
    if (node->text[0] == '$')
        return check_reference(reading, node, field, value);
    if (field->unit == UNIT_CHOICE &&
        !value_parse(UNIT_CHOICE, field->choices, node->text, &value->literal, NULL))
        return node_wrong(reading->path, node, reading->error, "unknown %s %s; %s", field->name,
                          words_quote(node->text).text,
                          words_hint(node->text, field->choices).text);
    if (!value_parse(field->unit, field->choices, node->text, &value->literal, reading->error) ||
        !value_within(field->name, field->unit, field->choices, value->literal, field->low,
                      field->high, reading->error))
        return wrong_here(reading, node);
    return true;
}

/* ---- Steps and the outside: one kind each ---- */

/* Which of the kinds is said, in the normalised node {kind: {fields}}. */
static bool check_kind(struct reading *reading, const struct node *node, const struct raw_kind *raw,
                       const struct kind_row *rows, size_t count, const char *what, size_t *kind)
{
    size_t said = 0;
    for (size_t i = 0; i < count; i++)
        if (raw->kind[i] != NULL) {
            *kind = i;
            said++;
        }
    if (said == 1)
        return true;
    const char *names[STEP_KIND_COUNT + 1] = { NULL };
    for (size_t i = 0; i < count; i++)
        names[i] = rows[i].name;
    return node_wrong(reading->path, node, reading->error,
                      said == 0 ? "%s without a kind; %s" : "%s of two kinds at once; %s", what,
                      said == 0 ? words_hint("", names).text : "start a new line with \"- \"");
}

/* All but the size of a compute, whose unit is its kernel's. */
static bool check_fields(struct reading *reading, const struct node *fields,
                         const struct kind_row *row, struct plan_value *values)
{
    for (size_t i = 0; i < kind_fields(row); i++)
        if ((row != &step_rows[STEP_COMPUTE] || i != COMPUTE_SIZE) &&
            !check_value(reading, node_value(fields, row->fields[i].name), &row->fields[i],
                         &values[i]))
            return false;
    return true;
}

/* What `size` means depends on the kernel. */
static bool check_compute(struct reading *reading, const struct node *fields,
                          const struct plan_step *step, struct plan_value *size, bool page)
{
    const struct node *named = node_value(fields, "kernel");
    if (step->value[COMPUTE_KERNEL].param >= 0)
        return node_wrong(reading->path, named, reading->error,
                          "a kernel cannot be a parameter; name it");
    const struct kernel_row *kernel = &kernel_rows[step->value[COMPUTE_KERNEL].literal];
    const struct node *node = node_value(fields, "size");
    if (kernel->size.required && node == NULL)
        return node_wrong(reading->path, fields, reading->error,
                          "\"size\" is missing for %s (%s); add \"size: ...\"", kernel->name,
                          kernel->size.help);
    if (!kernel->size.required && node != NULL)
        return node_wrong(reading->path, node, reading->error, "%s takes no size; take it out",
                          kernel->name);
    if (kernel->needs_page && !page)
        return node_wrong(reading->path, named, reading->error,
                          "%s works on a page and there is none yet; put a \"get\" before it",
                          kernel->name);
    return check_value(reading, node, &kernel->size, size);
}

/* What a step needs of the rest of the plan. */
static bool check_place(struct reading *reading, const struct node *node, enum step_kind kind)
{
    const struct plan *plan = reading->plan;
    if (plan->kind == PLAN_SERVICE && (kind != STEP_SERVE || plan->step_count > 0))
        return node_wrong(reading->path, node, reading->error,
                          "a service has the one step \"serve\"; take the others out, or write "
                          "\"kind: batch\"");
    if (plan->kind == PLAN_BATCH && kind == STEP_SERVE)
        return node_wrong(reading->path, node, reading->error,
                          "a batch has no connections to serve; write \"kind: service\"");
    if (kind == STEP_GET && plan->outside != OUTSIDE_ORIGIN)
        return node_wrong(reading->path, node, reading->error,
                          "\"get\" has nobody to ask; add \"outside: origin\"");
    return true;
}

static bool check_steps(struct reading *reading)
{
    struct plan *plan = reading->plan;
    const struct node *list = node_value(reading->root, "task");
    bool page = false;
    for (unsigned i = 0; i < reading->raw->task_count; i++) {
        const struct node *node = node_item(list, i);
        struct plan_step *step = &plan->steps[plan->step_count];
        size_t kind;
        if (!check_kind(reading, node, &reading->raw->task[i], step_rows, STEP_KIND_COUNT, "a step",
                        &kind))
            return false;
        const struct node *fields = node_item(node, 0);
        *step = (struct plan_step){ .kind = (enum step_kind)kind,
                                    .line = node->line,
                                    .column = node->column };
        if (!check_place(reading, node, step->kind) ||
            !check_fields(reading, fields, &step_rows[kind], step->value))
            return false;
        if (step->kind == STEP_COMPUTE &&
            !check_compute(reading, fields, step, &step->value[COMPUTE_SIZE], page))
            return false;
        page |= step->kind == STEP_GET;
        plan->step_count++;
    }
    return true;
}

static bool check_outside(struct reading *reading)
{
    struct plan *plan = reading->plan;
    const struct node *node = node_value(reading->root, "outside");
    if (node == NULL)
        return true;
    size_t kind;
    const struct raw_kind *raw = reading->raw->outside;
    if (!check_kind(reading, node, raw, outside_rows, OUTSIDE_KIND_COUNT, "an outside", &kind))
        return false;
    plan->outside = (enum outside_kind)kind;
    if (plan->outside == OUTSIDE_CROWD && plan->kind != PLAN_SERVICE)
        return node_wrong(reading->path, node, reading->error,
                          "a crowd talks to a service; write \"kind: service\"");
    if (plan->outside == OUTSIDE_ORIGIN && plan->kind == PLAN_SERVICE)
        return node_wrong(
            reading->path, node, reading->error,
            "a service asks no origin; write \"outside: crowd\" or \"outside: none\"");
    if (raw->kind[kind]->url != NULL) {
        const struct node *url = node_value(node_item(node, 0), "url");
        if ((strncmp(url->text, "http://", 7) != 0 && strncmp(url->text, "https://", 8) != 0) ||
            strpbrk(url->text, " \n") != NULL)
            return node_wrong(reading->path, url, reading->error,
                              "%s is no address of a web server; write http://HOST:PORT",
                              words_quote(url->text).text);
        plan->origin_url = mem_string(url->text);
    }
    return check_fields(reading, node_item(node, 0), &outside_rows[kind], plan->outside_value);
}

/* ---- How many, how long ---- */

/* Read once before the start, so a knob on it would turn nothing. */
static bool check_fixed(struct reading *reading, const struct node *node,
                        const struct plan_value *value, const char *key)
{
    if (value->param < PARAM_ENGINE_COUNT || !reading->plan->params[value->param].live)
        return true;
    return node_wrong(reading->path, node, reading->error,
                      "%s is live but \"%s\" is read once, before the start; take its \"live\" out",
                      words_quote(node->text).text, key);
}

static bool check_amount(struct reading *reading, const struct field *field, bool wanted,
                         const char *other, struct plan_value *value)
{
    const struct node *node = node_value(reading->root, field->name);
    *value = (struct plan_value){ .param = -1 };
    if (wanted && node == NULL)
        return node_wrong(reading->path, reading->root, reading->error,
                          "\"%s\" is missing (%s); add a line \"%s: ...\"", field->name,
                          field->help, field->name);
    if (!wanted && node != NULL)
        return node_wrong(reading->path, node, reading->error,
                          "\"%s\" is of a %s only; take it out", field->name, other);
    return !wanted || (check_value(reading, node, field, value) &&
                       check_fixed(reading, node, value, field->name));
}

/* A knob that turns nothing teaches nothing. */
static bool check_all_used(const struct reading *reading)
{
    const struct plan *plan = reading->plan;
    const struct node *params = node_value(reading->root, "params");
    for (size_t i = PARAM_ENGINE_COUNT; i < plan->param_count; i++) {
        if (reading->used[i])
            continue;
        const char *name = plan->params[i].name;
        const struct node *place = node_value(params, name);
        for (size_t k = 0; place == NULL && node_item(params, k) != NULL; k++) {
            const struct node *named = node_value(node_item(params, k), "name");
            if (named != NULL && strcmp(named->text, name) == 0)
                place = named;
        }
        return node_wrong(reading->path, place, reading->error,
                          "nothing uses parameter %s; write $%s where it is meant, or take it out",
                          words_quote(name).text, name);
    }
    return true;
}

bool check_work(struct reading *reading)
{
    struct plan *plan = reading->plan;
    bool batch = plan->kind == PLAN_BATCH;
    return check_outside(reading) && check_steps(reading) &&
           check_amount(reading, &tasks_field, batch, "batch", &plan->tasks) &&
           check_amount(reading, &duration_field, !batch, "service", &plan->duration) &&
           check_all_used(reading);
}
