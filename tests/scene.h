/*
 * scene.h: a toy race and how it is looked at, for tests of what is drawn.
 */
#ifndef TESTS_SCENE_H
#define TESTS_SCENE_H

#include "toy.h"

#define MS UINT64_C(1000000)

struct scene {
    struct toy toy;
    struct look look;
    struct timeline *timeline;
    struct canvas canvas;
};

void scene_open(struct scene *scene, const char *toy);
void scene_close(struct scene *scene);
void scene_draw(struct scene *scene, const char *view, int cols, int rows);

/* All text of the canvas, rows joined by newlines. Heap. */
char *canvas_whole_text(const struct canvas *canvas);
void assert_says(const struct scene *scene, const char *words);
void assert_says_not(const struct scene *scene, const char *words);
/* The picture is that of tests/golden/NAME.txt. LOCKSTEP_GOLDEN=write writes it anew. */
void assert_golden(const struct scene *scene, const char *name);

#endif
