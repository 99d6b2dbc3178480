/*
 * beside.h: a process of the outside beside a stage that is under test (stage.h). For tests only.
 */
#ifndef TESTS_BESIDE_H
#define TESTS_BESIDE_H

#include "stage.h"

struct beside {
    struct stage_test *test;
    pid_t pid;
};

/* Forks origin_main or crowd_main and waits until it says that it is ready. After stage_test_init(),
 * before stage_test_start(). */
void beside_start(struct beside *beside, struct stage_test *test,
                  int (*body)(int arena_fd, uint32_t run));
/* After stage_test_start(): takes events until the stage has ended and then this, which the stage's
 * end brings; gives its exit status. Then stage_test_end(). */
int beside_end(struct beside *beside);

#endif
