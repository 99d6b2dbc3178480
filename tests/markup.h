/*
 * markup.h: what SVG and HTML have to hold to. For tests only: fails the test that calls it.
 */
#ifndef TESTS_MARKUP_H
#define TESTS_MARKUP_H

#include <stddef.h>

/* XML that is whole: elements close in order, attributes are quoted, nothing that has a meaning stands
 * bare. How many elements there are. */
size_t markup_check(const char *text);
/* Nothing comes from elsewhere and nothing runs. */
void markup_alone(const char *text);
/* How often a word stands in it. */
size_t markup_times(const char *text, const char *word);

#endif
