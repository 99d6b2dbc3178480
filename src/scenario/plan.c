/*
 * A plan from a text: tree, schema, checks, in this order, each handing on only what it accepted.
 * Invariant: a plan owns all it points to, so it needs neither file nor tree. Reading a file is
 * bounded: whatever is no regular file of a size a scenario can have is refused unread.
 */
#include "scenario/plan.h"

#include "base/memory.h"
#include "scenario/check.h"
#include "scenario/document.h"
#include "scenario/files.h"
#include "scenario/schema.h"
#include "scenario/value.h"
#include "scenario/words.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct plan *plan_parse(const char *path, const char *text, size_t size,
                        const char *const *model_names, struct error *error)
{
    if (path == NULL)
        path = "-";
    struct node *root = document_read(path, text, size, error);
    if (root == NULL)
        return NULL;
    document_normalise(root);
    struct schema *schema = schema_load(path, root, error);
    struct plan *plan = NULL;
    if (schema != NULL) {
        plan = mem_zero(1, sizeof *plan);
        struct reading reading = { .path = path,
                                   .root = root,
                                   .raw = schema_raw(schema),
                                   .models = model_names,
                                   .plan = plan,
                                   .error = error };
        if (!check_texts(&reading) || !check_params(&reading) || !check_work(&reading) ||
            !check_models(&reading)) {
            plan_free(plan);
            plan = NULL;
        }
    }
    schema_free(schema);
    document_free(root);
    if (plan != NULL) {
        plan->text = mem_alloc(size + 1);
        memcpy(plan->text, text, size);
        plan->text[size] = '\0';
        plan->text_size = size;
        plan->path = mem_string(path);
    }
    return plan;
}

/* Param's strings are const for readers; here is where they were made. */
static void param_fini(struct param *param)
{
    for (size_t i = 0; param->choices != NULL && param->choices[i] != NULL; i++)
        free((void *)param->choices[i]);
    free((void *)param->choices);
    free((void *)param->name);
    free((void *)param->help);
}

void plan_free(struct plan *plan)
{
    if (plan == NULL)
        return;
    for (size_t i = 0; i < plan->param_count; i++)
        param_fini(&plan->params[i]);
    for (size_t i = 0; i < PLAN_MODELS_MAX; i++) {
        free(plan->models[i]);
        free(plan->notice[i]);
        free(plan->twins[i]);
    }
    free(plan->name);
    free(plan->title);
    free(plan->question);
    free(plan->teaches);
    free(plan->predict_model);
    free(plan->origin_url);
    free(plan->text);
    free(plan->path);
    free(plan);
}

/* ---- Files ---- */

/* All of an open file, or as much as shows that it is too large. */
static bool read_all(int fd, const char *path, struct buffer *into, struct error *error)
{
    while (into->size <= DOCUMENT_BYTES_MAX) {
        char *place = buffer_reserve(into, 16384);
        ssize_t got = read(fd, place, 16384);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set(error, "%s: cannot be read: %s", path, strerror(errno));
        if (got == 0)
            return true;
        buffer_grew(into, (size_t)got);
    }
    return true;
}

static bool check_file(int fd, const char *path, struct error *error)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return error_set(error, "%s: cannot be read: %s", path, strerror(errno));
    if (S_ISDIR(status.st_mode))
        return error_set(error, "%s: is a directory; name a scenario file in it", path);
    if (!S_ISREG(status.st_mode))
        return error_set(error, "%s: is no regular file; a scenario is a YAML file", path);
    if (status.st_size > DOCUMENT_BYTES_MAX)
        return error_set(error, "%s:1:1: %lld bytes are too many; a scenario has %d KiB at most",
                         path, (long long)status.st_size, DOCUMENT_BYTES_MAX / 1024);
    return true;
}

struct plan *plan_load_file(const char *path, const char *const *model_names, struct error *error)
{
    /* Non-blocking, so that a FIFO nobody writes to does not hold us. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        error_set(error, "%s: cannot be opened: %s; name a scenario file that is there", path,
                  strerror(errno));
        return NULL;
    }
    struct buffer text = { 0 };
    struct plan *plan = NULL;
    if (check_file(fd, path, error) && read_all(fd, path, &text, error))
        plan = plan_parse(path, buffer_string(&text), text.size, model_names, error);
    close(fd);
    buffer_fini(&text);
    return plan;
}

/* ---- Parameters by name ---- */

int plan_param(const struct plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->param_count; i++)
        if (strcmp(plan->params[i].name, name) == 0)
            return (int)i;
    return -1;
}

bool plan_set(const struct plan *plan, const char *assignment, int *param, int64_t *value,
              struct error *error)
{
    const char *equals = strchr(assignment, '=');
    if (equals == NULL || equals == assignment)
        return error_set(error, "%s sets nothing; write name=value", words_quote(assignment).text);
    char *name = mem_string(assignment);
    name[equals - assignment] = '\0';
    int index = plan_param(plan, name);
    if (index < 0) {
        const char *names[PLAN_PARAMS_MAX + 1] = { NULL };
        for (size_t i = 0; i < plan->param_count; i++)
            names[i] = plan->params[plan->param_count - 1 - i].name; /* the scenario's own first */
        error_set(error, "unknown parameter %s; %s", words_quote(name).text,
                  words_hint(name, names).text);
        free(name);
        return false;
    }
    free(name);
    const struct param *row = &plan->params[index];
    if (!value_parse(row->unit, row->choices, equals + 1, value, error))
        return error_add_context(error, "%s", row->name);
    if (!value_within(row->name, row->unit, row->choices, *value, row->low, row->high, error))
        return false;
    *param = index;
    return true;
}
