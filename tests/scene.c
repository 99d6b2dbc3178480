/*
 * Scenes, and pictures held against tests/golden/.
 */
#include "scene.h"

#include "base/buffer.h"
#include "trace/recording.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Nobody follows the end of what has one. */
static void follow_what_lives(struct scene *scene)
{
    scene->look.live = false;
    for (size_t run = 0; run < timeline_runs(scene->timeline); run++) {
        struct run_brief brief;
        timeline_run(scene->timeline, run, &brief);
        scene->look.live = scene->look.live || (brief.gone && !brief.over);
    }
}

void scene_open(struct scene *scene, const char *toy)
{
    toy_init(&scene->toy);
    ck_assert(toy_find(&scene->toy, toy));
    look_init(&scene->look);
    toy_look(&scene->look);
    scene->look.window_ns = 1000 * MS;
    scene->timeline = timeline_new();
    toy_feed(&scene->toy, scene->timeline);
    follow_what_lives(scene);
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

/* ---- styles ---- */

static const char *const role_names[ROLE_THEME_COUNT] = {
    [ROLE_BACK] = "back",     [ROLE_TEXT] = "text",   [ROLE_QUIET] = "quiet",
    [ROLE_STRONG] = "strong", [ROLE_BAR] = "bar",     [ROLE_BAR_TEXT] = "bar-text",
    [ROLE_CURSOR] = "cursor", [ROLE_GOOD] = "good",   [ROLE_WARN] = "warn",
    [ROLE_BAD] = "bad",       [ROLE_GHOST] = "ghost", [ROLE_CHART] = "chart",
    [ROLE_TRACK] = "track",
};

void role_name(unsigned role, char name[ROLE_NAME])
{
    if (role >= ROLE_STATE_FIRST && role <= ROLE_STATE_LAST)
        snprintf(name, ROLE_NAME, "%s", state_rows[role - ROLE_STATE_FIRST].key);
    else if (role >= ROLE_HOLDER_FIRST && role <= ROLE_HOLDER_LAST)
        snprintf(name, ROLE_NAME, "holder%u", role - ROLE_HOLDER_FIRST);
    else
        snprintf(name, ROLE_NAME, "%s", role_names[role]);
}

/* "io on track bold"; of a blank only its ground is seen. */
enum { STYLE_NAME = 48 };
static void style_name(const struct cell *cell, char name[STYLE_NAME])
{
    char front[ROLE_NAME], back[ROLE_NAME];
    bool blank = cell->code == ' ' && (cell->attr & ATTR_REVERSE) == 0;
    role_name(cell->fg, front);
    role_name(cell->bg, back);
    snprintf(name, STYLE_NAME, "%s on %s%s%s%s%s", blank ? "blank" : front, back,
             (cell->attr & ATTR_BOLD) != 0 && !blank ? " bold" : "",
             (cell->attr & ATTR_DIM) != 0 && !blank ? " dim" : "",
             (cell->attr & ATTR_UNDERLINE) != 0 ? " underline" : "",
             (cell->attr & ATTR_REVERSE) != 0 ? " reverse" : "");
}

/* ---- golden pictures ---- */

static const char letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&*+/<=>?@^_|~";
enum { STYLES_MOST = sizeof letters - 1 };
struct styles {
    char names[STYLES_MOST][STYLE_NAME];
    size_t count;
};

static size_t style_of(struct styles *styles, const struct cell *cell)
{
    char name[STYLE_NAME];
    size_t at = 0;
    style_name(cell, name);
    while (at < styles->count && strcmp(styles->names[at], name) != 0)
        at++;
    ck_assert_uint_lt(at, STYLES_MOST);
    if (at == styles->count)
        memcpy(styles->names[styles->count++], name, sizeof name);
    return at;
}

static void write_styles(const struct canvas *canvas, struct buffer *text)
{
    struct styles styles = { .count = 0 };
    for (int y = 0; y < canvas->rows; y++) {
        for (int x = 0; x < canvas->cols;) {
            size_t style = style_of(&styles, canvas_at(canvas, x, y));
            int run = 1;
            while (x + run < canvas->cols &&
                   style_of(&styles, canvas_at(canvas, x + run, y)) == style)
                run++;
            buffer_byte(text, letters[style]);
            if (run > 1)
                buffer_printf(text, "%d", run);
            x += run;
        }
        buffer_byte(text, '\n');
    }
    buffer_byte(text, '\n');
    for (size_t i = 0; i < styles.count; i++)
        buffer_printf(text, "%c %s\n", letters[i], styles.names[i]);
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

static const char *top_srcdir(void)
{
    const char *srcdir = getenv("top_srcdir");
    return srcdir != NULL ? srcdir : "..";
}

void assert_golden_is(const char *now, const char *name)
{
    const char *mode = getenv("LOCKSTEP_GOLDEN");
    char path[512], other[256];
    snprintf(path, sizeof path, "%s/tests/golden/%s.txt", top_srcdir(), name);
    if (mode != NULL && strcmp(mode, "write") == 0) {
        FILE *file = fopen(path, "w");
        ck_assert_msg(file != NULL, "%s: %s", path, strerror(errno));
        fputs(now, file);
        fclose(file);
    }
    char *then = read_file(path);
    ck_assert_msg(then != NULL, "%s: %s", path, strerror(errno));
    if (strcmp(then, now) != 0) {
        snprintf(other, sizeof other, "golden-%s.txt", name);
        FILE *file = fopen(other, "w");
        if (file != NULL) {
            fputs(now, file);
            fclose(file);
        }
        ck_abort_msg("%s is not what is drawn now (%s); LOCKSTEP_GOLDEN=write if that is right",
                     path, other);
    }
    free(then);
}

static void assert_picture(const struct canvas *canvas, const char *name, bool styles)
{
    struct buffer text;
    char *words = canvas_whole_text(canvas);
    buffer_init(&text);
    buffer_text(&text, words);
    free(words);
    if (styles) {
        buffer_byte(&text, '\n');
        write_styles(canvas, &text);
    }
    assert_golden_is(buffer_string(&text), name);
    buffer_fini(&text);
}

void assert_golden(const struct scene *scene, const char *name)
{
    assert_picture(&scene->canvas, name, true);
}

void assert_golden_text(const struct scene *scene, const char *name)
{
    assert_picture(&scene->canvas, name, false);
}

/* ---- races that were run ---- */

void scene_open_recorded(struct scene *scene, const char *name)
{
    char path[512];
    struct error error;
    const struct event *events;
    size_t count;
    unsigned version;
    *scene = (struct scene){ .timeline = timeline_new() };
    look_init(&scene->look);
    toy_look(&scene->look);
    canvas_init(&scene->canvas);
    snprintf(path, sizeof path, "%s/tests/traces/%s.lockstep", top_srcdir(), name);
    struct recording *recording = recording_open(path, &error);
    ck_assert_msg(recording != NULL, "%s", error.text);
    while (recording_next(recording, UINT64_MAX, &events, &count, &error) && count > 0)
        timeline_feed(scene->timeline, events, count);
    ck_assert_ptr_null(recording_missing(recording));
    timeline_tell(scene->timeline, recording_meta(recording, &version), recording_until(recording));
    recording_close(recording);
    scene->look.window_ns = timeline_length(scene->timeline);
    scene->look.closed = true;
    scene->look.live = false;
}

const struct recorded_picture recorded[] = {
    { "race", "race" },   { "explain", "race" },  { "presenter", "race" },
    { "sifted", "race" }, { "detail", "detail" }, { "handover", "detail" },
    { "score", "score" }, { "picker", "picker" }, { "question", "question" },
    { "help", "help" },
};
const size_t recorded_count = sizeof recorded / sizeof *recorded;
const struct size_drawn sizes_drawn[SIZES_DRAWN] = { { 80, 24 }, { 120, 40 }, { 200, 50 } };

void recorded_look(struct scene *scene, int which)
{
    struct look *look = &scene->look;
    const char *name = recorded[which].name;
    look->moment = timeline_length(scene->timeline) / 3;
    if (strcmp(name, "explain") == 0) {
        look->column = 1;
        look->cursor = (struct race_cursor){
            .on = true, .place = PLACE_LANE, .index = 2, .fixed = true, .t = look->moment / 2
        };
    } else if (strcmp(name, "presenter") == 0) {
        look->presenter = true;
    } else if (strcmp(name, "sifted") == 0) {
        look->sort = LANE_SORT_WAIT;
        look->filter = "i";
    } else if (strcmp(name, "handover") == 0) {
        look->moment = detail_handover(scene->timeline, look, 1, true);
        ck_assert(detail_focus(scene->timeline, look, &look->moment, &look->zoom_ns));
    }
}
