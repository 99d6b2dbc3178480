/*
 * The toys there are, and what a look holds for the views that draw no trace.
 */
#include "toy.h"

#include <string.h>

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

bool toy_find(struct toy *toy, const char *name)
{
    for (size_t i = 0; i < sizeof toys / sizeof *toys; i++) {
        if (strcmp(name, toys[i].name) != 0)
            continue;
        toys[i].change(toy);
        return true;
    }
    return false;
}

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
    { "pages", "200", "how many pages are fetched", false, "1", "100k" },
    { "latency", "50ms", "how long the origin waits before it answers", true, "0", "10s" },
    { "page", "16KiB", "size of a page", true, "1KiB", "1MiB" },
    { "workers", "10", "lanes of the pool: threads, processes", false, "1", "10k" },
    { "switch_interval", "5ms", "how long a waiter waits before it asks for the GIL", true, "10us",
      "1s" },
    { "gil", "on", "whether there is a GIL", true, NULL, NULL },
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

void toy_look(struct look *look)
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
