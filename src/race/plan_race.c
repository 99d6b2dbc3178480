/*
 * Decisions before a race: arithmetic over cores, a file, and facts of the machine. Invariant: what
 * can be refused is refused here, before anything was started.
 */
#include "race/plan_race.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "platform/platform.h"

enum { MASK_CORES = 64 };

static size_t cores_here(int cores[MASK_CORES])
{
    size_t count = platform_cores_allowed(cores, MASK_CORES);
    if (count == 0) {
        long online = sysconf(_SC_NPROCESSORS_ONLN);
        count = online > 0 && online < MASK_CORES ? (size_t)online : 1;
        for (size_t i = 0; i < count; i++)
            cores[i] = (int)i;
    }
    return count;
}

enum staging staging_default(size_t models)
{
    int cores[MASK_CORES];
    return cores_here(cores) - 1 >= 2 * models ? STAGING_SPLIT : STAGING_TURNS;
}

bool staging_cores(enum staging staging, size_t models, struct stage_cores *cores,
                   struct error *error)
{
    int here[MASK_CORES];
    size_t count = cores_here(here);
    *cores = (struct stage_cores){ .observer_mask = 0 };
    if (staging != STAGING_SPLIT) {
        for (size_t i = 0; i < models; i++)
            cores->count[i] = (uint32_t)count;
        return true;
    }
    size_t each = models > 0 ? (count - 1) / models : 0;
    if (each == 0)
        return error_set(error,
                         "staging split needs a core for each of %zu models and one for the "
                         "observers, this machine has %zu; use --staging turns, or fewer models",
                         models, count);
    cores->observer_mask = UINT64_C(1) << here[0];
    size_t next = 1;
    for (size_t i = 0; i < models; i++) {
        cores->count[i] = (uint32_t)each;
        for (size_t k = 0; k < each; k++)
            cores->mask[i] |= UINT64_C(1) << here[next++];
    }
    return true;
}

static int unnamed_file(struct error *error)
{
    const char *dirs[] = { getenv("TMPDIR"), "/var/tmp", "/tmp", NULL };
    int failed = ENOENT;
    for (int i = 0; i < 3; i++) {
        if (dirs[i] == NULL || dirs[i][0] == '\0')
            continue;
        char path[4096];
        if (snprintf(path, sizeof path, "%s/lockstep-XXXXXX", dirs[i]) >= (int)sizeof path)
            continue;
        int fd = platform_unnamed(dirs[i]);
        if (fd >= 0)
            return fd;
        fd = mkostemp(path, O_CLOEXEC);
        if (fd >= 0) {
            unlink(path);
            return fd;
        }
        failed = errno;
    }
    error_set(error,
              "no place for the recording: $TMPDIR, /var/tmp and /tmp cannot be written (%s); set "
              "TMPDIR, or give --record FILE",
              strerror(failed));
    return -1;
}

int race_file(const char *path, bool overwrite, struct error *error)
{
    if (path == NULL)
        return unnamed_file(error);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | (overwrite ? O_TRUNC : O_EXCL), 0666);
    if (fd >= 0)
        return fd;
    if (errno == EEXIST)
        error_set(error, "%s: exists already; give another name, or --overwrite", path);
    else
        error_set(error, "%s: cannot be written: %s; give a path that can, with --record", path,
                  strerror(errno));
    return -1;
}

static void copy(char *into, size_t size, const char *text)
{
    snprintf(into, size, "%s", text != NULL ? text : "");
}

void race_meta_fill(struct meta *meta, const struct race_options *options, enum staging staging)
{
    const struct plan *plan = options->plan;
    memset(meta, 0, sizeof *meta);
    copy(meta->lockstep, sizeof meta->lockstep, PACKAGE_VERSION);
    copy(meta->scenario, sizeof meta->scenario, plan->name);
    copy(meta->title, sizeof meta->title, plan->title);
    copy(meta->question, sizeof meta->question, plan->question);
    copy(meta->predicted, sizeof meta->predicted, options->predicted);
    meta->kind = (uint32_t)plan->kind;
    meta->seed = options->seed;
    copy(meta->staging, sizeof meta->staging, staging_names[staging]);
    meta->comparable = true;
    int cores[MASK_CORES];
    meta->machine_cores = (uint32_t)cores_here(cores);
    if (!platform_cpu_name(meta->cpu, sizeof meta->cpu))
        meta->cpu[0] = '\0';
    if (!platform_kernel_name(meta->kernel, sizeof meta->kernel))
        meta->kernel[0] = '\0';
    meta->wall_clock_s = (int64_t)time(NULL);
    for (size_t i = 0; i < plan->param_count && i < META_PARAMS_MAX; i++) {
        struct meta_param *param = &meta->params[meta->param_count++];
        copy(param->name, sizeof param->name, plan->params[i].name);
        param->unit = (uint32_t)plan->params[i].unit;
        param->value = options->values[i];
        value_print(plan->params[i].unit, plan->params[i].choices, options->values[i], param->text,
                    sizeof param->text);
    }
}
