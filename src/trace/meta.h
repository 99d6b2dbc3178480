/*
 * meta.h: struct meta (recording.h) as JSON, the form in which it lies in META chunks and travels to
 * the recorder. Unknown keys are skipped, missing ones are zero; strings that do not fit are cut.
 */
#ifndef TRACE_META_H
#define TRACE_META_H

#include <stddef.h>

#include "base/error.h"
#include "trace/recording.h"

/* One line of JSON without a newline; heap, the caller's. */
char *meta_print(const struct meta *meta);
/* Hostile input is refused with a sentence, never trusted. `meta` is filled anew (meta_fini it). */
bool meta_parse(const char *json, size_t size, struct meta *meta, struct error *error);

#endif
