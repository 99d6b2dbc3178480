/*
 * toy.h: races that were never run, for tests of what is drawn: a small simulation of lanes, cores,
 * a GIL and a loop writes the events a race would have written. The same options give the same
 * events. Nothing of it is a measurement, and nothing outside tests/ uses it.
 */
#ifndef TESTS_TOY_H
#define TESTS_TOY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "timeline/timeline.h"
#include "view/view.h"

enum { TOY_RUNS_MAX = META_RUNS_MAX };

struct toy_run {
    const char *model, *title;
    enum run_status status; /* how it ends; WAITING: it has not begun; LIVE: it goes on */
    uint64_t until_us;      /* LIVE: up to here. FAILED: it dies there. 0: to its end */
    const char *reason;
};
struct toy {
    struct toy_run runs[TOY_RUNS_MAX];
    uint32_t run_count;
    uint32_t tasks, workers, cores;
    uint32_t latency_us, compute_us, send_us; /* of one task */
    const char *staging;
    const char *predicted; /* or NULL */
};
/* A scraper-like race under three, four or seven models; the caller may change it. */
void toy_init(struct toy *toy);
void toy_models(struct toy *toy, const char *const *models); /* NULL-terminated; all DONE */
/* One of scraper, live, matrix, seven, crash, many; false where there is none of this name. */
bool toy_find(struct toy *toy, const char *name);
/* Lists of the picker, the question, help and keys. */
void toy_look(struct look *look);
/* Feeds the timeline, which is new. */
void toy_feed(const struct toy *toy, struct timeline *timeline);
/* The events alone; heap. */
struct event *toy_events(const struct toy *toy, size_t *count);
/* The same as a recording in a file, which is replaced. */
bool toy_record(const struct toy *toy, const char *path, struct error *error);

#endif
