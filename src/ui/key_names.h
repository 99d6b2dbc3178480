/*
 * key_names.h: keys by their names, as the keys table and demo scripts write them. A key that is a
 * character is named by it.
 */
#ifndef UI_KEY_NAMES_H
#define UI_KEY_NAMES_H

#include <stdint.h>

#include "ui/screen.h"

/* Keys that are no characters, and those whose character nobody would see. */
struct key_name {
    const char *name; /* "space", "pgup" */
    uint32_t key;
};
extern const struct key_name key_names[]; /* ends with name == NULL */

/* KEY_IS_NONE where there is no key of this name. */
uint32_t key_named(const char *name);

#endif
