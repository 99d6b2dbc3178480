/*
 * accept.h: claims that depend on a machine. `make accept` runs them all on an idle machine and prints
 * of each the claim, the figure and the verdict. They belong to no timed test.
 *
 * A claim runs the program itself (`lockstep run ... --report json`) and reads its report; where it
 * speaks of bare C, that runs in the same invocation, in turns with it.
 */
#ifndef ACCEPT_ACCEPT_H
#define ACCEPT_ACCEPT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Runs `lockstep run ARGUMENTS --report json` and gives its report (the caller's to json_decref), or
 * NULL, having said why. */
json_t *accept_run(const char *arguments);
/* The report's run of a model, or NULL. */
json_t *accept_model(json_t *report, const char *model);
/* A figure by a path of keys ("gil.period_ms"), NAN where it is null or not there. */
double accept_figure(json_t *run, const char *path);

double accept_median(double *values, size_t count); /* sorts */

/* Prints a line: whether the claim holds, what it is, what was seen. Returns holds. */
bool accept_say(bool holds, const char *claim, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Cores that this process may use. */
int accept_cores(void);

/* The claims, a function each; true when every line held. */
bool accept_matrix(void);
bool accept_scraper(void);
bool accept_chat(void);
bool accept_gil(void);

#endif
