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
/* A race that was run: of tests/traces/NAME.lockstep. The lists of the picker are the toy's. */
void scene_open_recorded(struct scene *scene, const char *name);
void scene_close(struct scene *scene);
void scene_draw(struct scene *scene, const char *view, int cols, int rows);

/* The pictures that are taken of a recorded race, one a row, and the sizes they are taken at. */
struct recorded_picture {
    const char *name, *view;
};
extern const struct recorded_picture recorded[];
extern const size_t recorded_count;
void recorded_look(struct scene *scene, int which);
enum { SIZES_DRAWN = 3 };
extern const struct size_drawn {
    int cols, rows;
} sizes_drawn[SIZES_DRAWN];

/* The name of a role of the theme: "gil", "track". */
enum { ROLE_NAME = 16 };
void role_name(unsigned role, char name[ROLE_NAME]);

/* All text of the canvas, rows joined by newlines. Heap. */
char *canvas_whole_text(const struct canvas *canvas);
void assert_says(const struct scene *scene, const char *words);
void assert_says_not(const struct scene *scene, const char *words);
/* The picture is that of tests/golden/NAME.txt: its text, then each row's styles as runs ("A80": 80 cells
 * of what A stands for below), or the text alone. LOCKSTEP_GOLDEN=write writes it anew. */
void assert_golden(const struct scene *scene, const char *name);
void assert_golden_text(const struct scene *scene, const char *name);
/* The same of any text. */
void assert_golden_is(const char *now, const char *name);

#endif
