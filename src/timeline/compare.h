/*
 * compare.h: runs of several recordings side by side, in sentences: what was set differently, and for
 * each model that is in the first recording and in another, by how much it differs and which kind of
 * wait grew. Recordings are told apart by meta_run.file.
 */
#ifndef TIMELINE_COMPARE_H
#define TIMELINE_COMPARE_H

#include "timeline/figures.h"

enum { COMPARE_LINES = META_RUNS_MAX + 2, COMPARE_ROOM = 320 };
struct compare {
    size_t count; /* 0: all runs are of one recording */
    char lines[COMPARE_LINES][COMPARE_ROOM];
};
/* Whole runs; those that did not end well are told as that. */
void compare_files(const struct timeline *timeline, struct compare *compare);

#endif
