/*
 * The error value. Its text is always terminated and never longer than the struct. It does not
 * allocate, so that it can be used where memory or descriptors have run out, and does not print.
 */
#include "base/error.h"

#include <stdio.h>
#include <string.h>

bool error_set_list(struct error *error, const char *format, va_list arguments)
{
    if (error == NULL)
        return false;
    /* Built aside, because an argument may be the old text. */
    struct error built;
    vsnprintf(built.text, sizeof built.text, format, arguments);
    memcpy(error->text, built.text, strlen(built.text) + 1);
    return false;
}

bool error_set(struct error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    error_set_list(error, format, arguments);
    va_end(arguments);
    return false;
}

bool error_add_context(struct error *error, const char *format, ...)
{
    if (error == NULL)
        return false;
    struct error where;
    va_list arguments;
    va_start(arguments, format);
    error_set_list(&where, format, arguments);
    va_end(arguments);

    size_t used = strlen(where.text);
    snprintf(where.text + used, sizeof where.text - used, ": %s", error->text);
    *error = where;
    return false;
}
