/*
 * The door by which libFuzzer comes in: FUZZ_NAME is the target of this program.
 */
#include "fuzz.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct fuzz_target *target = fuzz_target_find(FUZZ_NAME);
    if (target == NULL)
        abort();
    target->take(data, size);
    return 0;
}
