/*
 * parts.h: what several views share: the bars at top and bottom, the legend, figures as text.
 */
#ifndef VIEW_PARTS_H
#define VIEW_PARTS_H

#include <stdint.h>

#include "draw/widget.h"
#include "timeline/figures.h"
#include "view/view.h"

enum { TEXT_SIZE = 32, PART_PINNED = 2 /* keys that are always at the bottom: help and quit */ };

/* Some run of the race has not ended, whether it has begun or not. */
bool part_goes_on(const struct timeline *timeline);
/* The bottom line: the message of the moment, else the keys. */
void part_bottom(struct canvas *canvas, struct rect rect, const struct look *look);
/* A bar of the top's colours with the program's name and a title; returns where it ends (x). */
int part_top(struct canvas *canvas, struct rect rect, const char *title);
/* Left of `right` in that bar, over what stands there: that some of the picture is not exact yet. */
void part_settling(struct canvas *canvas, int right, const struct look *look);
/* The caption of the moment, in one line or two, and at its right the key that was pressed. */
void part_caption(struct canvas *canvas, struct rect rect, const struct look *look);
/* Glyph, colour and word of each lane state; where there is room the tasks' too. */
void part_legend(struct canvas *canvas, struct rect rect, const struct look *look, bool tasks);
/* Legend rows of all states, for stacks: items[STATE_COUNT], items[TASK_STATE_COUNT]. */
void part_state_items(const struct look *look, struct legend_item *items);
void part_task_items(const struct look *look, struct legend_item *items);

/* A lane as the holder of a GIL or a core: its colour, and its letter or a digit of its number where a
 * cell has no room for its name. main and a loop have a colour that no numbered lane has. */
unsigned part_lane_colour(const struct lane_brief *lane);
uint32_t part_lane_code(const struct lane_brief *lane);

/* "0:01.214", "1:02:03.004"; with microseconds "0:01.214083". */
const char *text_clock(char *text, uint64_t ns, bool microseconds);
/* "1x", "1/100x", "8x". */
const char *text_speed(char *text, double speed);
/* "1st", "2nd", ... */
const char *text_place(char *text, int place);
/* Figures, or "n/a" where one is not known. */
const char *text_ms(char *text, struct figure ms);
const char *text_s(char *text, struct figure s);
const char *text_kib(char *text, int64_t kib);
const char *text_count(char *text, struct figure count);

#endif
