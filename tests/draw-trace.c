/*
 * draw-trace: draws a view on stdout, in true colour, to look at what nobody has run.
 *
 *   draw-trace VIEW COLSxROWS MOMENT_MS [TOY [THEME [ascii] [paused] [N: selected column]]]
 *
 * VIEW is a row of views.c; TOY one of scraper, live, matrix, seven, crash, many.
 */
#include "toy.h"

#include "draw/utf8.h"
#include "view/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- toys ---- */

static void toy_scraper(struct toy *toy)
{
    (void)toy;
}
static void toy_live(struct toy *toy)
{
    toy->runs[1].status = RUN_LIVE;
    toy->runs[1].until_us = 600000;
    toy->runs[2].status = RUN_WAITING;
}
static void toy_matrix(struct toy *toy)
{
    static const char *const models[] = { "serial", "threads", "free", "processes", NULL };
    toy_models(toy, models);
    toy->tasks = 40;
    toy->workers = 2;
    toy->latency_us = 100;
    toy->compute_us = 50000;
}
static void toy_seven(struct toy *toy)
{
    static const char *const models[] = { "serial", "threads", "free",         "processes",
                                          "loop",   "hybrid",  "interpreters", NULL };
    toy_models(toy, models);
    toy->runs[5].status = RUN_UNSUPPORTED;
    toy->runs[5].reason = "a pool of processes has nothing to compute here: no step computes";
}
static void toy_crash(struct toy *toy)
{
    toy->runs[0].status = RUN_FAILED;
    toy->runs[0].until_us = 420000;
    toy->runs[0].reason = "worker w0 died of SIGSEGV and took the whole process with it";
    toy->runs[1].status = RUN_LIMITED;
    toy->runs[1].until_us = 700000;
    toy->runs[1].reason = "fork: Resource temporarily unavailable, after 4096 processes";
}
static void toy_many(struct toy *toy)
{
    toy->tasks = 2000;
    toy->workers = 300;
    toy->compute_us = 400;
}

static const struct {
    const char *name;
    void (*change)(struct toy *toy);
} toys[] = { { "scraper", toy_scraper }, { "live", toy_live },   { "matrix", toy_matrix },
             { "seven", toy_seven },     { "crash", toy_crash }, { "many", toy_many } };

/* ---- what is in the look for the views that draw no trace ---- */

static const struct picker_row scenarios[] = {
    { "blocking", "One task blocks", "How many of the 100 tasks wait for the one that blocks?",
      "A blocking call stops a whole loop; threads do not care.", "io" },
    { "matrix", "Matrices", "Do two threads multiply matrices twice as fast as one?",
      "Python code holds the GIL while it computes, so threads take turns.", "cpu" },
    { "scraper", "Two hundred slow pages",
      "Two hundred pages, each 50 ms away: which model has them all first?",
      "Most of the time of a scraper is waiting. Threads and processes wait in as many places as "
      "there are workers; an event loop waits for all pages at once and needs one thread for it.",
      "io" },
};
static const struct knob_row knobs[] = {
    { "pages", "200", "how many pages are fetched", false },
    { "latency", "50ms", "how long the origin waits before it answers", true },
    { "page", "16KiB", "size of a page", true },
    { "workers", "10", "lanes of the pool: threads, processes", false },
    { "switch_interval", "5ms", "how long a waiter waits before it asks for the GIL", true },
    { "gil", "on", "whether there is a GIL", true },
};
static const struct model_row models[] = {
    { "serial", "SERIAL", "one task after the other", NULL, true },
    { "threads", "THREADS + GIL", "threads that share one GIL", NULL, true },
    { "free", "FREE THREADS", "threads without a GIL", NULL, false },
    { "processes", "PROCESSES", "forked processes, a GIL each; results travel by pipe", NULL,
      true },
    { "loop", "EVENT LOOP", "one thread, all tasks at once", NULL, true },
    { "hybrid", "LOOP + POOL", "a loop and a pool of processes",
      "no step of it computes enough to need a pool", false },
    { "interpreters", "INTERPRETERS", "threads with a GIL and a heap of their own", NULL, false },
};
static const char *const help[] = {
    "Time",
    "space\tpauses the picture, never the work",
    ", .\tto the frame before, to the next",
    "left right\tscrub by a hundredth of the race",
    "[ ]\tto the mark before, to the next",
    "- +\tslower, faster",
    "End\tback to live",
    "Everywhere",
    "?\tall keys",
    "q\tquits",
    NULL,
};

static void look_fill(struct look *look)
{
    look->keys = "space\tpause\n, .\tstep\n[ ]\tmarks\n- +\tspeed\narrows\tscrub\ns\tscore\n"
                 "tab\tcolumn\ng\tGIL\nr\tagain\nesc\tscenarios\n?\thelp\nq\tquit\n";
    look->scenarios = scenarios;
    look->scenario_count = sizeof scenarios / sizeof *scenarios;
    look->scenario = 2;
    look->knobs = knobs;
    look->knob_count = sizeof knobs / sizeof *knobs;
    look->models = models;
    look->model_count = sizeof models / sizeof *models;
    look->help = help;
    look->question = scenarios[2].question;
    look->answers[0] = "threads: THREADS + GIL";
    look->answers[1] = "processes: PROCESSES";
    look->answers[2] = "loop: EVENT LOOP";
}

/* ---- the canvas in escape sequences ---- */

static void print_colour(const struct theme *theme, uint8_t role, int base)
{
    uint32_t rgb = theme->look[role].rgb;
    if (rgb == UINT32_MAX)
        printf("\x1b[%dm", base + 9);
    else
        printf("\x1b[%d;2;%u;%u;%um", base + 8, rgb >> 16 & 255, rgb >> 8 & 255, rgb & 255);
}

static void print_canvas(const struct canvas *canvas, const struct theme *theme)
{
    for (int y = 0; y < canvas->rows; y++) {
        for (int x = 0; x < canvas->cols; x++) {
            const struct cell *cell = canvas_at(canvas, x, y);
            char bytes[5] = { 0 };
            uint8_t attr = cell->attr;
            if (theme->look[ROLE_BACK].rgb == UINT32_MAX)
                attr |= (uint8_t)(theme->look[cell->fg].attr | theme->look[cell->bg].attr);
            if (cell->code == 0)
                continue;
            utf8_put(bytes, cell->code);
            printf("\x1b[0%s%s%sm", attr & ATTR_BOLD ? ";1" : "", attr & ATTR_UNDERLINE ? ";4" : "",
                   attr & ATTR_REVERSE ? ";7" : "");
            print_colour(theme, cell->fg, 30);
            print_colour(theme, cell->bg, 40);
            fputs(bytes, stdout);
        }
        printf("\x1b[0m%s", y + 1 < canvas->rows ? "\n" : "");
    }
    fflush(stdout);
}

int main(int argc, char **argv)
{
    int cols, rows;
    if (argc < 4 || view_find(argv[1]) == NULL || sscanf(argv[2], "%dx%d", &cols, &rows) != 2) {
        fputs("usage: draw-trace VIEW COLSxROWS MOMENT_MS [TOY [THEME [ascii] [paused] [N]]]\n",
              stderr);
        return 2;
    }
    struct toy toy;
    struct look look;
    struct canvas canvas;
    toy_init(&toy);
    look_init(&look);
    look_fill(&look);
    for (size_t i = 0; i < sizeof toys / sizeof *toys; i++) {
        if (argc > 4 && strcmp(argv[4], toys[i].name) == 0)
            toys[i].change(&toy);
    }
    if (argc > 5 && theme_find(argv[5]) != NULL)
        look.theme = theme_find(argv[5]);
    for (int i = 6; i < argc; i++) {
        if (strcmp(argv[i], "ascii") == 0)
            look.glyphs = &glyphs_ascii;
        else if (strcmp(argv[i], "paused") == 0)
            look.paused = true;
        else
            look.column = look.pane = atoi(argv[i]);
    }
    look.moment = strtoull(argv[3], NULL, 10) * 1000000;
    look.window_ns = 1000000000;
    struct timeline *timeline = timeline_new();
    toy_feed(&toy, timeline);
    canvas_init(&canvas);
    canvas_reset(&canvas, cols, rows);
    view_draw(view_find(argv[1]), timeline, &look, &canvas);
    print_canvas(&canvas, look.theme);
    canvas_fini(&canvas);
    timeline_free(timeline);
    return 0;
}
