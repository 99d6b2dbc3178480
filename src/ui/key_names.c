/*
 * The names of keys: a table. A name that is one visible character is that character's key.
 */
#include "ui/key_names.h"

#include "draw/utf8.h"

#include <stddef.h>
#include <string.h>

const struct key_name key_names[] = {
    { "space", ' ' },           { "enter", KEY_IS_ENTER },       { "esc", KEY_IS_ESCAPE },
    { "tab", KEY_IS_TAB },      { "back-tab", KEY_IS_BACK_TAB }, { "backspace", KEY_IS_ERASE },
    { "up", KEY_IS_UP },        { "down", KEY_IS_DOWN },         { "left", KEY_IS_LEFT },
    { "right", KEY_IS_RIGHT },  { "home", KEY_IS_HOME },         { "end", KEY_IS_END },
    { "pgup", KEY_IS_PAGE_UP }, { "pgdn", KEY_IS_PAGE_DOWN },    { NULL, KEY_IS_NONE },
};

uint32_t key_named(const char *name)
{
    for (const struct key_name *row = key_names; row->name != NULL; row++) {
        if (strcmp(row->name, name) == 0)
            return row->key;
    }
    uint32_t code = utf8_next(&name);
    bool one = code > ' ' && code != KEY_IS_ERASE && code != UTF8_BAD && *name == '\0';
    return one ? code : KEY_IS_NONE;
}
