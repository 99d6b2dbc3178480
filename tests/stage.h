/*
 * stage.h: one model's run of a scenario, without a screen: a test makes the shared memory, forks the
 * stage, lets it go, takes its events out of the rings while it runs, and then asks them questions.
 * For tests only.
 */
#ifndef TESTS_STAGE_H
#define TESTS_STAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "model/model.h"
#include "platform/platform.h"
#include "scenario/plan.h"
#include "trace/arena.h"

struct stage_test {
    struct plan *plan;
    struct arena arena;
    struct arena_run *run;
    const struct model *model;
    pid_t pid;
    int status; /* as from waitpid, once it ended */
    bool ended;
    struct event *events; /* of all lanes; after stage_test_end() in the order of time */
    size_t count, room;
    const struct platform_faults *faults; /* for the stage; NULL: none */
};

/* Prepares everything: `text` is a scenario's YAML, `sets` a NULL-terminated list of "name=value", or
 * NULL. A mistake ends the test. */
void stage_test_init(struct stage_test *test, const char *text, const char *model,
                     const char *const *sets);
/* The same for a scenario by its name. */
void stage_test_load(struct stage_test *test, const char *name, const char *model,
                     const char *const *sets);
/* Forks the stage, waits until it is ready, and lets it go. */
void stage_test_start(struct stage_test *test);
/* Takes events for at most limit_ms, or until the stage ended: true. */
bool stage_test_poll(struct stage_test *test, int limit_ms);
/* Until it ends, which has to be within a generous while; then sorts the events. */
void stage_test_end(struct stage_test *test);
/* start and end. */
void stage_test_run(struct stage_test *test);
void stage_test_fini(struct stage_test *test);

/* How many events of a kind there are. */
size_t stage_test_count(const struct stage_test *test, enum event_kind kind);
/* The first event of a kind, or NULL. */
const struct event *stage_test_first(const struct stage_test *test, enum event_kind kind);
/* From go to end, in stamps made ns by the clock's rate. */
double stage_test_wall_s(const struct stage_test *test);
/* Of all results collected, whatever their order. */
uint64_t stage_test_checksum(const struct stage_test *test);

/*
 * What must hold in every run, whatever it was: nothing lost; each lane begins and ends once and says
 * nothing outside; no lane's time runs backwards; a GIL has one holder at most and whoever computes
 * while there is one holds it; a task is taken after it is submitted, ends after it is taken, and at
 * most once; depths of queues change by one. NULL, or a sentence about the first thing that is wrong.
 */
const char *stage_test_wrong(const struct stage_test *test);

#endif
