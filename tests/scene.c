/*
 * Scenes, and pictures held against tests/golden/.
 */
#include "scene.h"

#include "base/buffer.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void scene_open(struct scene *scene, const char *toy)
{
    toy_init(&scene->toy);
    ck_assert(toy_find(&scene->toy, toy));
    look_init(&scene->look);
    toy_look(&scene->look);
    scene->look.window_ns = 1000 * MS;
    scene->timeline = timeline_new();
    toy_feed(&scene->toy, scene->timeline);
    canvas_init(&scene->canvas);
}

void scene_close(struct scene *scene)
{
    timeline_free(scene->timeline);
    canvas_fini(&scene->canvas);
}

void scene_draw(struct scene *scene, const char *view, int cols, int rows)
{
    canvas_reset(&scene->canvas, cols, rows);
    view_draw(view_find(view), scene->timeline, &scene->look, &scene->canvas);
}

char *canvas_whole_text(const struct canvas *canvas)
{
    struct buffer text;
    buffer_init(&text);
    for (int y = 0; y < canvas->rows; y++) {
        char *row = canvas_row_text(canvas, y);
        buffer_text(&text, row);
        buffer_byte(&text, '\n');
        free(row);
    }
    return buffer_take(&text);
}

void assert_says(const struct scene *scene, const char *words)
{
    char *text = canvas_whole_text(&scene->canvas);
    bool found = strstr(text, words) != NULL;
    if (!found)
        fputs(text, stderr);
    free(text);
    ck_assert_msg(found, "'%s' is not in the picture", words);
}

void assert_says_not(const struct scene *scene, const char *words)
{
    char *text = canvas_whole_text(&scene->canvas);
    bool found = strstr(text, words) != NULL;
    free(text);
    ck_assert_msg(!found, "'%s' is in the picture", words);
}

/* The text, and below it the colours: a letter per role and cell. */
static char *picture_of(const struct canvas *canvas)
{
    struct buffer text;
    buffer_init(&text);
    char *words = canvas_whole_text(canvas);
    buffer_text(&text, words);
    free(words);
    buffer_text(&text, "\n");
    for (int y = 0; y < canvas->rows; y++) {
        for (int x = 0; x < canvas->cols; x++) {
            const struct cell *cell = canvas_at(canvas, x, y);
            buffer_byte(&text, (char)((cell->bg != ROLE_BACK && cell->code == ' ' ? 'a' : 'A') +
                                      (cell->code == ' ' ? cell->bg : cell->fg)));
        }
        buffer_byte(&text, '\n');
    }
    return buffer_take(&text);
}

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    struct buffer text;
    char block[4096];
    size_t got;
    if (file == NULL)
        return NULL;
    buffer_init(&text);
    while ((got = fread(block, 1, sizeof block, file)) > 0)
        buffer_append(&text, block, got);
    fclose(file);
    return buffer_take(&text);
}

void assert_golden(const struct scene *scene, const char *name)
{
    const char *srcdir = getenv("top_srcdir"), *mode = getenv("LOCKSTEP_GOLDEN");
    char path[512], other[256];
    char *now = picture_of(&scene->canvas);
    snprintf(path, sizeof path, "%s/tests/golden/%s.txt", srcdir != NULL ? srcdir : "..", name);
    if (mode != NULL && strcmp(mode, "write") == 0) {
        FILE *file = fopen(path, "w");
        ck_assert_msg(file != NULL, "%s: %s", path, strerror(errno));
        fputs(now, file);
        fclose(file);
    }
    char *then = read_file(path);
    ck_assert_msg(then != NULL, "%s: %s", path, strerror(errno));
    if (strcmp(then, now) != 0) {
        snprintf(other, sizeof other, "view-test-%s.txt", name);
        FILE *file = fopen(other, "w");
        if (file != NULL) {
            fputs(now, file);
            fclose(file);
        }
        ck_abort_msg("%s is not what is drawn now (%s); LOCKSTEP_GOLDEN=write if that is right",
                     path, other);
    }
    free(then);
    free(now);
}
