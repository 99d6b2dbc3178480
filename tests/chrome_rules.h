/*
 * chrome_rules.h: a Chrome trace held against the rules of the format and against the timeline that it
 * was made of. For tests only: fails the test that calls it.
 */
#ifndef TESTS_CHROME_RULES_H
#define TESTS_CHROME_RULES_H

#include <stdbool.h>

#include "timeline/timeline.h"

/* Slices of a place do not overlap and have a name and an order; tasks and flows that begin end, with
 * ids of their own, each flow within slices; times are never negative nor in scientific notation.
 * `whole`: it is of the whole race, so its sums are the timeline's figures. */
void chrome_check(const char *text, const struct timeline *timeline, bool whole);

#endif
