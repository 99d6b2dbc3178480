/*
 * make accept: every claim in turn, or those whose names are given. The last line counts.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accept.h"

static const struct {
    const char *name;
    bool (*run)(void);
} claims[] = {
    { "gil", accept_gil },
    { "scraper", accept_scraper },
    { "matrix", accept_matrix },
    { "chat", accept_chat },
};

static int held, failed;

json_t *accept_run(const char *arguments)
{
    const char *program = getenv("LOCKSTEP");
    char command[1024];
    snprintf(command, sizeof command, "%s run %s --report json",
             program != NULL ? program : "./lockstep", arguments);
    FILE *pipe = popen(command, "r");
    if (pipe == NULL) {
        printf("    cannot run: %s\n", command);
        return NULL;
    }
    json_error_t error;
    json_t *report = json_loadf(pipe, 0, &error);
    int status = pclose(pipe);
    if (report == NULL || status != 0)
        printf("    %s: status %d%s%s\n", command, status, report == NULL ? ": " : "",
               report == NULL ? error.text : "");
    return report;
}

json_t *accept_model(json_t *report, const char *model)
{
    size_t i;
    json_t *run;
    json_array_foreach(json_object_get(report, "runs"), i,
                       run) if (strcmp(json_string_value(json_object_get(run, "model")), model) ==
                                0) return run;
    return NULL;
}

double accept_figure(json_t *run, const char *path)
{
    char key[64];
    while (run != NULL && *path != '\0') {
        size_t length = strcspn(path, ".");
        snprintf(key, sizeof key, "%.*s", (int)length, path);
        run = json_object_get(run, key);
        path += length + (path[length] == '.');
    }
    return json_is_number(run) ? json_number_value(run) : NAN;
}

static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

double accept_median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_value);
    return count % 2 != 0 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

bool accept_say(bool holds, const char *claim, const char *format, ...)
{
    char seen[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(seen, sizeof seen, format, arguments);
    va_end(arguments);
    printf("%-6s %s\n       %s\n", holds ? "holds" : "FAILS", claim, seen);
    fflush(stdout);
    *(holds ? &held : &failed) += 1;
    return holds;
}

int accept_cores(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores > 0 ? (int)cores : 1;
}

int main(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++) {
        bool wanted = argc < 2;
        for (int k = 1; k < argc; k++)
            wanted |= strcmp(argv[k], claims[i].name) == 0;
        if (!wanted)
            continue;
        printf("---- %s\n", claims[i].name);
        claims[i].run();
    }
    printf("%d held, %d failed\n", held, failed);
    return failed > 0;
}
