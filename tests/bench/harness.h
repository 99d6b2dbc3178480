/*
 * harness.h: a bench's results as bench.c fills them and run.c reads them; no business of a bench.
 */
#ifndef TESTS_BENCH_HARNESS_H
#define TESTS_BENCH_HARNESS_H

#include "bench/bench.h"

#include <jansson.h>

struct bench {
    bool held; /* all budgets and checks */
    json_t *figures, *notes, *problems, *skipped;
};

#endif
