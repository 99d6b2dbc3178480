/*
 * The table of fuzz targets.
 */
#include "fuzz.h"

#include <string.h>

const struct fuzz_target fuzz_targets[] = {
    { "recording", fuzz_recording, "tests/fuzz/seeds/recording" },
    { "export", fuzz_export, "tests/fuzz/seeds/recording" },
    { "scenario", fuzz_scenario, "scenarios tests/scenarios-bad" },
    { "demo", fuzz_demo, "demos tests/demos-bad" },
    { 0 },
};

const struct fuzz_target *fuzz_target_find(const char *name)
{
    for (const struct fuzz_target *target = fuzz_targets; target->name != NULL; target++)
        if (strcmp(target->name, name) == 0)
            return target;
    return NULL;
}
