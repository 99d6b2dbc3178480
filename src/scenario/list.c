/*
 * Where scenarios are found. Invariant: in the directories that are looked in, NAME.yaml holds the
 * scenario NAME, so that a name finds its file without reading the others; a file given by its path
 * may be called as it likes. Nothing is cached: a teacher edits while the picker is open.
 */
#include "scenario/plan.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "scenario/files.h"
#include "scenario/words.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char suffix[] = ".yaml";

/* What follows the directories of the environment. */
static const char *const fixed_directories[] = { SCENARIO_SOURCE_DIR, PKGDATADIR "/scenarios",
                                                 NULL };

/* ---- Directories ---- */

struct directories {
    char **paths; /* NULL-terminated */
    size_t count;
};

static void add_path(struct directories *directories, const char *path, size_t length)
{
    directories->paths =
        mem_resize(directories->paths, directories->count + 2, sizeof *directories->paths);
    directories->paths[directories->count++] = mem_format("%.*s", (int)length, path);
    directories->paths[directories->count] = NULL;
}

static struct directories directories_new(void)
{
    struct directories directories = { 0 };
    const char *from = getenv("LOCKSTEP_SCENARIOS");
    while (from != NULL && *from != '\0') {
        size_t length = strcspn(from, ":");
        if (length > 0 && length < 4096)
            add_path(&directories, from, length);
        from += length + (from[length] == ':');
    }
    for (const char *const *fixed = fixed_directories; *fixed != NULL; fixed++)
        add_path(&directories, *fixed, strlen(*fixed));
    return directories;
}

static void directories_fini(struct directories *directories)
{
    for (size_t i = 0; i < directories->count; i++)
        free(directories->paths[i]);
    free(directories->paths);
}

/* ---- Names in them ---- */

struct found {
    char *name, *path;
};
struct founds {
    struct found *items;
    size_t count;
};

static bool has_suffix(const char *name)
{
    size_t length = strlen(name);
    return length >= strlen(suffix) && strcmp(name + length - strlen(suffix), suffix) == 0;
}

static bool is_found(const struct founds *founds, const char *name)
{
    for (size_t i = 0; i < founds->count; i++)
        if (strcmp(founds->items[i].name, name) == 0)
            return true;
    return false;
}

static void find_in(struct founds *founds, const char *directory)
{
    DIR *entries = opendir(directory);
    if (entries == NULL)
        return; /* not installed, or not in a build tree: the other one serves */
    for (const struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        if (entry->d_name[0] == '.' || !has_suffix(entry->d_name))
            continue;
        char *name =
            mem_format("%.*s", (int)(strlen(entry->d_name) - strlen(suffix)), entry->d_name);
        if (is_found(founds, name)) {
            free(name);
            continue;
        }
        founds->items = mem_resize(founds->items, founds->count + 1, sizeof *founds->items);
        founds->items[founds->count++] =
            (struct found){ .name = name, .path = mem_format("%s/%s", directory, entry->d_name) };
    }
    closedir(entries);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct found *)a)->name, ((const struct found *)b)->name);
}

static struct founds find_all(void)
{
    struct founds founds = { 0 };
    struct directories directories = directories_new();
    for (size_t i = 0; i < directories.count; i++)
        find_in(&founds, directories.paths[i]);
    directories_fini(&directories);
    if (founds.count > 0)
        qsort(founds.items, founds.count, sizeof *founds.items, by_name);
    return founds;
}

static void founds_fini(struct founds *founds)
{
    for (size_t i = 0; i < founds->count; i++) {
        free(founds->items[i].name);
        free(founds->items[i].path);
    }
    free(founds->items);
}

/* ---- Plans ---- */

/* One that was found; its name has to be its file's. */
static struct plan *load_found(const struct found *found, const char *const *model_names,
                               struct error *error)
{
    struct plan *plan = plan_load_file(found->path, model_names, error);
    if (plan == NULL || strcmp(plan->name, found->name) == 0)
        return plan;
    error_set(error, "%s:1:1: the scenario's name is \"%s\"; rename the file to %s.yaml",
              found->path, plan->name, plan->name);
    plan_free(plan);
    return NULL;
}

static void say_unknown(const struct founds *founds, const char *name, struct error *error)
{
    const char **names = mem_zero(founds->count + 1, sizeof *names);
    for (size_t i = 0; i < founds->count; i++)
        names[i] = founds->items[i].name;
    error_set(error, "there is no scenario %s; %s (a file of your own: give its path)",
              words_quote(name).text, words_hint(name, names).text);
    free(names);
}

struct plan *plan_load(const char *name_or_path, const char *const *model_names,
                       struct error *error)
{
    if (strchr(name_or_path, '/') != NULL || has_suffix(name_or_path))
        return plan_load_file(name_or_path, model_names, error);
    struct founds founds = find_all();
    const struct found *found = NULL;
    for (size_t i = 0; found == NULL && i < founds.count; i++)
        if (strcmp(founds.items[i].name, name_or_path) == 0)
            found = &founds.items[i];
    struct plan *plan = NULL;
    if (found != NULL)
        plan = load_found(found, model_names, error);
    else
        say_unknown(&founds, name_or_path, error);
    founds_fini(&founds);
    return plan;
}

struct plan **plan_list(const char *const *model_names, size_t *count, struct error *error)
{
    struct founds founds = find_all();
    struct plan **plans = mem_zero(founds.count + 1, sizeof(struct plan *));
    struct error first = { .text = "" }, one;
    *count = 0;
    for (size_t i = 0; i < founds.count; i++) {
        struct plan *plan = load_found(&founds.items[i], model_names, &one);
        if (plan != NULL)
            plans[(*count)++] = plan;
        else if (first.text[0] == '\0')
            first = one;
    }
    if (error != NULL)
        *error = first;
    founds_fini(&founds);
    return plans;
}

void plan_list_free(struct plan **plans, size_t count)
{
    for (size_t i = 0; i < count; i++)
        plan_free(plans[i]);
    free(plans);
}
