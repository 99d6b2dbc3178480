/*
 * The checks of what is neither a parameter nor work: texts, models, what to notice, the prediction.
 * Invariant of all checks: strings of the plan are copies, so the plan outlives file, tree and
 * schema. Nothing here asks which models can carry the plan; that is the models' to say.
 */
#include "scenario/check.h"

#include "base/memory.h"
#include "scenario/words.h"

#include <ctype.h>
#include <string.h>

bool wrong_here(const struct reading *reading, const struct node *node)
{
    return error_add_context(reading->error, "%s:%u:%u", reading->path, node->line, node->column);
}

bool check_name(const char *text, char mark)
{
    if (!islower((unsigned char)*text))
        return false;
    for (; *text != '\0'; text++)
        if (!islower((unsigned char)*text) && !isdigit((unsigned char)*text) && *text != mark)
            return false;
    return true;
}

char *check_trimmed(const char *text)
{
    char *copy = mem_string(text);
    size_t length = strlen(copy);
    while (length > 0 && isspace((unsigned char)copy[length - 1]))
        copy[--length] = '\0';
    return copy;
}

static bool check_text(struct reading *reading, const char *key, const char *raw, bool one_line,
                       char **into)
{
    const struct node *node = node_value(reading->root, key);
    *into = check_trimmed(raw);
    if ((*into)[0] == '\0')
        return node_wrong(reading->path, node, reading->error, "%s is empty; write something there",
                          key);
    if (one_line && strchr(*into, '\n') != NULL)
        return node_wrong(reading->path, node, reading->error,
                          "%s has several lines; it has to be one", key);
    return true;
}

bool check_texts(struct reading *reading)
{
    const struct raw *raw = reading->raw;
    struct plan *plan = reading->plan;
    plan->kind = raw->kind;
    plan->bottleneck = raw->bottleneck;
    if (!check_name(raw->name, '-'))
        return node_wrong(reading->path, node_value(reading->root, "name"), reading->error,
                          "%s cannot be a name; write it in a-z, 0-9 and -, a letter first",
                          words_quote(raw->name).text);
    return check_text(reading, "name", raw->name, true, &plan->name) &&
           check_text(reading, "title", raw->title, true, &plan->title) &&
           check_text(reading, "question", raw->question, true, &plan->question) &&
           check_text(reading, "teaches", raw->teaches, false, &plan->teaches);
}

/* ---- Models ---- */

static bool check_model_exists(const struct reading *reading, const struct node *node,
                               const char *name)
{
    if (reading->models == NULL)
        return check_name(name, '-') ||
               node_wrong(reading->path, node, reading->error,
                          "%s cannot be a model; name one, such as threads",
                          words_quote(name).text);
    for (const char *const *model = reading->models; *model != NULL; model++)
        if (strcmp(*model, name) == 0)
            return true;
    return node_wrong(reading->path, node, reading->error, "unknown model %s; %s",
                      words_quote(name).text, words_hint(name, reading->models).text);
}

static int model_index(const struct plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->model_count; i++)
        if (strcmp(plan->models[i], name) == 0)
            return (int)i;
    return -1;
}

/* A model that the scenario races by itself: what is said of another would never be seen. */
static bool check_model_raced(const struct reading *reading, const struct node *node,
                              const char *name, int *index)
{
    if (!check_model_exists(reading, node, name))
        return false;
    *index = model_index(reading->plan, name);
    if (*index >= 0)
        return true;
    return node_wrong(reading->path, node, reading->error,
                      "%s is not among this scenario's models; add it to \"models\"",
                      words_quote(name).text);
}

static bool check_model_list(struct reading *reading)
{
    struct plan *plan = reading->plan;
    const struct node *list = node_value(reading->root, "models");
    for (unsigned i = 0; i < reading->raw->models_count; i++) {
        const char *name = reading->raw->models[i];
        const struct node *node = node_item(list, i);
        if (!check_model_exists(reading, node, name))
            return false;
        if (model_index(plan, name) >= 0)
            return node_wrong(reading->path, node, reading->error,
                              "%s comes twice; name each model once", words_quote(name).text);
        plan->models[plan->model_count++] = mem_string(name);
    }
    return true;
}

static bool check_notice(struct reading *reading)
{
    const struct node *map = node_value(reading->root, "notice");
    for (size_t i = 0; node_key(map, i) != NULL; i++) {
        int index;
        if (!check_model_raced(reading, node_key(map, i), node_key(map, i)->text, &index))
            return false;
        reading->plan->notice[index] = check_trimmed(reading->raw->notice[i]);
    }
    return true;
}

static bool check_predict(struct reading *reading)
{
    const struct raw_predict *raw = reading->raw->predict;
    const struct node *node = node_value(reading->root, "predict");
    if (raw == NULL)
        return true;
    if ((raw->winner != NULL) == (raw->state != NULL))
        return node_wrong(reading->path, node, reading->error,
                          "\"predict\" asks for one thing; write \"winner\" or \"state: MODEL\"");
    if (raw->state == NULL)
        return true;
    int index;
    if (!check_model_raced(reading, node_value(node, "state"), raw->state, &index))
        return false;
    reading->plan->predict = PREDICT_STATE;
    reading->plan->predict_model = mem_string(raw->state);
    return true;
}

/* A file beside the scenario: a plain name, so that no scenario reaches elsewhere. */
static bool check_twins(struct reading *reading)
{
    static const char file_characters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    const struct node *list = node_value(reading->root, "twin");
    for (unsigned i = 0; i < reading->raw->twin_count; i++) {
        const char *name = reading->raw->twin[i];
        size_t length = strlen(name);
        if (name[0] == '.' || strspn(name, file_characters) != length || length < 4 ||
            strcmp(name + length - 3, ".py") != 0)
            return node_wrong(reading->path, node_item(list, i), reading->error,
                              "%s cannot be a twin; name a Python file beside the scenario",
                              words_quote(name).text);
        reading->plan->twins[reading->plan->twin_count++] = mem_string(name);
    }
    return true;
}

bool check_models(struct reading *reading)
{
    return check_model_list(reading) && check_notice(reading) && check_predict(reading) &&
           check_twins(reading);
}
