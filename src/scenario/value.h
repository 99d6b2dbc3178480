/*
 * Inside scenario/ only: units by name, and bounds said in sentences.
 */
#ifndef SCENARIO_VALUE_H
#define SCENARIO_VALUE_H

#include "scenario/plan.h"

enum { UNIT_KINDS = UNIT_CHOICE + 1, VALUE_TEXT = 32 };

struct unit_row {
    const char *name;  /* as a scenario's `unit` says it: "duration" */
    const char *a;     /* "a duration" */
    const char *write; /* how one is written: "50ms, 5us or 1.5s" */
};
extern const struct unit_row unit_rows[UNIT_KINDS];

/* False, with a sentence that says the bounds of `name`, where the value is outside them. */
bool value_within(const char *name, enum unit unit, const char *const *choices, int64_t value,
                  int64_t low, int64_t high, struct error *error);

#endif
