/*
 * An error as a value: one sentence that says what went wrong, where, and what would be right.
 * It is for what a user or the system causes; bugs and lack of memory stop the program (memory.h).
 *
 * A function that can fail takes `struct error *error` last, may be given NULL by a caller who does
 * not want the sentence, and returns false or NULL on failure. The sentence has no newline and no
 * full stop at its end. An error is written only on failure, so it need not be initialised.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdarg.h>
#include <stdbool.h>

struct error {
    char text[600]; /* always terminated; a longer sentence is cut */
};

/* Writes the sentence. Always returns false, so that `return error_set(error, ...)` reads well. The
 * arguments may point into error->text. */
bool error_set(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool error_set_list(struct error *error, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

/* Puts "where: " before the sentence that is there. Always returns false. */
bool error_add_context(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
