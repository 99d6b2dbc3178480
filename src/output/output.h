/*
 * output.h: what a trace can be turned into, one file and one row each (outputs.c). An output reads
 * timelines only; it needs no terminal; the same trace gives the same bytes.
 *
 * To add an output: a file output/NAME.c with a const struct output, one row in outputs.c.
 */
#ifndef OUTPUT_OUTPUT_H
#define OUTPUT_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"
#include "timeline/timeline.h"

struct output_options {
    /* Several races of the same scenario (--repeat); count >= 1. */
    const struct timeline *const *timelines;
    size_t count;
    int cols; /* width of text, 0: 100 */
};
struct output {
    const char *name; /* "json" */
    const char *help;
    const char *missing; /* why it is not there, or NULL */
    bool report;         /* may be given to `run --report` */
    bool (*write)(const struct output_options *options, FILE *into, struct error *error);
};
extern const struct output *const outputs[]; /* NULL-terminated */
const struct output *output_find(const char *name);

#endif
