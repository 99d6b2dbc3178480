/*
 * Inside scenario/ only: why libcyaml refused a tree.
 */
#ifndef SCENARIO_EXPLAIN_H
#define SCENARIO_EXPLAIN_H

#include "scenario/document.h"

#include <cyaml/cyaml.h>

/* The first fault in the order of the file: false with "PATH:LINE:COLUMN: ..."; true: none found. */
bool explain_misfit(const char *path, const struct node *node, const cyaml_schema_value_t *value,
                    struct error *error);

/* "a list", "a single value", ... */
const char *explain_kind(const struct node *node);

#endif
