/*
 * Runs the benches of the table, each in a process of its own, so that one leaves nothing behind for
 * the next; prints one JSON object. Exit status: 0 where all budgets and checks held, 1 where one did
 * not, 2 for a name that is none.
 */
#include "bench/harness.h"

#include "base/buffer.h"
#include "platform/platform.h"
#include "platform/stamp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* To add a bench: its function in bench.h, its row here, its file in Makefile.am. */
static const struct row {
    const char *name, *what;
    bench_body *body;
} rows[] = {
    { "event", "one event, with a consumer that keeps up, in stamps", bench_event },
    { "drain", "draining, conversion and merge, in stamps an event", bench_drain },
    { "clock", "event time against CLOCK_MONOTONIC after 10 s, in ns", bench_clock },
    { "switches", "kernel records lost at 200,000 a second", bench_switches },
    { "query", "the shares of 64 lanes in 200 columns, in ms", bench_query },
    { "replay", "opening and looking at a recording of millions of events, in ms", bench_replay },
    { "frame", "a frame at 200x50 of four columns and 300 tasks, and a paused screen",
      bench_frame },
    { "lanes", "the detail screen of 10,000 lanes, against that of 1,000", bench_lanes },
    { "answer", "from a key to its answer while 10,000 clients talk, in ms", bench_answer },
    { "processes", "the start of 1,000 processes, against forks from a tiny parent",
      bench_processes },
    { "threads", "the memory of 10,000 threads, against bare threads", bench_threads },
    { "connections", "as many connections as a loop can hold, and their memory",
      bench_connections },
    { "observing", "throughput that a saturated chat loses by being observed", bench_observing },
    { "start", "from the start to the first picture of the picker, in ms", bench_start },
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static json_t *bench_json(const struct row *row)
{
    struct bench bench = { .held = true,
                           .figures = json_object(),
                           .notes = json_object(),
                           .problems = json_array(),
                           .skipped = json_array() };
    row->body(&bench);
    return json_pack("{s:s, s:b, s:o, s:o, s:o, s:o}", "what", row->what, "held", bench.held,
                     "figures", bench.figures, "notes", bench.notes, "problems", bench.problems,
                     "skipped", bench.skipped);
}

static void child(const struct row *row, int to)
{
    FILE *out = fdopen(to, "w");
    json_t *object = bench_json(row);
    if (out == NULL || json_dumpf(object, out, JSON_COMPACT) != 0 || fclose(out) != 0)
        _exit(1);
    _exit(0);
}

/* Runs a bench in a process of its own; NULL where that ended without a result. */
static json_t *run(const struct row *row)
{
    int ends[2], status;
    struct buffer text = { 0 };
    if (pipe(ends) != 0)
        return NULL;
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        platform_die_with_parent(9, parent);
        close(ends[0]);
        child(row, ends[1]);
    }
    close(ends[1]);
    ssize_t got = 1;
    while (pid > 0 && got > 0) {
        got = read(ends[0], buffer_reserve(&text, 4096), 4096);
        if (got > 0)
            buffer_grew(&text, (size_t)got);
        else if (got < 0 && errno == EINTR)
            got = 1;
    }
    close(ends[0]);
    json_t *result = NULL;
    if (pid > 0 && waitpid(pid, &status, 0) == pid && status == 0)
        result = json_loads(buffer_string(&text), 0, NULL);
    buffer_fini(&text);
    return result;
}

static bool wanted(const struct row *row, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], row->name) == 0)
            return true;
    }
    return argc == 1;
}

static bool is_name(const char *name)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (strcmp(rows[i].name, name) == 0)
            return true;
    }
    return false;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (!is_name(argv[i])) {
            fprintf(stderr, "%s: there is no bench '%s'; there are:\n", argv[0], argv[i]);
            for (size_t row = 0; row < ROWS; row++)
                fprintf(stderr, "  %-12s %s\n", rows[row].name, rows[row].what);
            return 2;
        }
    }
    stamp_init();
    bool held = true;
    json_t *benches = json_object();
    double stamp_ns = bench_stamp_ns();
    for (size_t i = 0; i < ROWS; i++) {
        if (!wanted(&rows[i], argc, argv))
            continue;
        fprintf(stderr, "bench %s: %s\n", rows[i].name, rows[i].what);
        json_t *result = run(&rows[i]);
        if (result == NULL)
            result = json_pack("{s:b, s:[s]}", "held", 0, "problems", "it ended without a result");
        held = held && json_is_true(json_object_get(result, "held"));
        json_object_set_new(benches, rows[i].name, result);
    }
    json_t *all = json_pack("{s:b, s:f, s:s, s:o}", "held", held, "stamp_ns", stamp_ns, "stamp",
                            stamp_is_tsc() ? "tsc" : "clock_gettime", "benches", benches);
    json_dumpf(all, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(5));
    putchar('\n');
    json_decref(all);
    return held ? 0 : 1;
}
