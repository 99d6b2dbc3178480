/*
 * A demo script of a stranger: parsed, and never performed.
 */
#include "fuzz.h"

#include "demo/script.h"

#include <stdlib.h>

void fuzz_demo(const uint8_t *data, size_t size)
{
    struct error error = { { 0 } };
    struct demo_script *script = demo_script_parse("it", (const char *)data, size, &error);
    if (script == NULL && error.text[0] == '\0')
        abort(); /* refused without a word */
    if (script != NULL && script->step_count > DEMO_STEPS_MAX)
        abort();
    demo_script_free(script);
}
