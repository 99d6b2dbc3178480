/*
 * What a frame costs: a race of four columns and 300 tasks at 200x50, drawn 30 times a second of its
 * own time. First its canvases alone; then the whole way to a terminal, by the real screen in a
 * process of its own, in turn with a bare curses program that makes the same changes cell by cell
 * from canvases that were drawn before. Then a real screen over a live race that is paused: it may
 * send nothing and hardly wake.
 *
 * Bytes of a frame are counted at the terminal's other end: after each frame of one pass a byte is
 * sent that curses never sends.
 */
#include "bench/bench.h"
#include "bench/terminal.h"
#include "toy.h"

#include "base/clock.h"
#include "base/memory.h"
#include "ui/screen.h"

#include <curses.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WIDE = 200, HIGH = 50, FRAMES = 45, PASSES = 15, MARKER = 5 };
static const uint64_t frame_ns = 33333333;

/* ---- The race ---- */

static struct timeline *make_race(void)
{
    static const char *const names[] = { "threads", "free", "processes", "loop", NULL };
    struct toy toy;
    struct timeline *timeline = timeline_new();
    toy_init(&toy);
    toy_models(&toy, names);
    toy.tasks = 300;
    toy.compute_us = 5000;
    for (uint32_t i = 0; i < toy.run_count; i++) {
        toy.runs[i].status = RUN_LIVE;
        toy.runs[i].until_us = 1600000;
    }
    toy.staging = "together";
    toy_feed(&toy, timeline);
    return timeline;
}

static void draw(const struct timeline *timeline, struct canvas *canvas, int frame)
{
    struct look look;
    look_init(&look);
    toy_look(&look);
    look.live = true;
    look.moment = (uint64_t)(frame + 2) * frame_ns;
    look.window_ns = 2 * NS_PER_S;
    canvas_reset(canvas, WIDE, HIGH);
    view_draw(&view_race, timeline, &look, canvas);
}

/* ---- Canvases alone ---- */

static void measure_canvas(struct bench *bench, const struct timeline *timeline)
{
    double costs[FRAMES * PASSES];
    struct canvas canvas;
    canvas_init(&canvas);
    draw(timeline, &canvas, 0);
    for (int i = 0; i < FRAMES * PASSES; i++) {
        uint64_t start_ns = bench_thread_ns();
        draw(timeline, &canvas, i % FRAMES);
        costs[i] = (double)(bench_thread_ns() - start_ns) / 1e6;
    }
    int columns = 0;
    struct look look;
    struct race_layout layout;
    look_init(&look);
    race_layout(timeline, &look, WIDE, HIGH, &layout);
    columns = layout.columns;
    bench_check(bench, columns == 4, "%d columns are shown, not 4", columns);
    bench_tell(bench, "canvas_ms", bench_spread(costs, FRAMES * PASSES), 0.3);
    canvas_fini(&canvas);
}

/* ---- In a terminal ---- */

/* What one pass of a painter gave. */
struct pass {
    double frame_ms[FRAMES];
    double writes; /* write calls per frame, to whatever file; below 0: unknown */
};

struct painter {
    struct terminal terminal;
    int order, result; /* a byte orders a pass; its struct comes back */
};

/* Write calls of this process so far, -1 unknown. */
static double writes_so_far(void)
{
    char line[100];
    double count = -1;
    FILE *in = fopen("/proc/self/io", "r");
    while (in != NULL && fgets(line, sizeof line, in) != NULL)
        sscanf(line, "syscw: %lf", &count);
    if (in != NULL)
        fclose(in);
    return count;
}

/* How a painter shows a frame. */
typedef void painting(void *context, int frame);

static void send_marker(void)
{
    const char marker = MARKER;
    ssize_t written = write(STDOUT_FILENO, &marker, 1);
    (void)written;
}

/* Makes passes as they are ordered: 'p' one that is measured, 'm' one with markers. */
static void obey(int order, int result, painting *paint, void *context)
{
    char what;
    while (read(order, &what, 1) == 1) {
        struct pass pass;
        double before = writes_so_far();
        for (int frame = 0; frame < FRAMES; frame++) {
            uint64_t start_ns = bench_thread_ns();
            paint(context, frame);
            pass.frame_ms[frame] = (double)(bench_thread_ns() - start_ns) / 1e6;
            if (what == 'm')
                send_marker();
        }
        pass.writes = before < 0 ? -1 : (writes_so_far() - before) / FRAMES;
        if (write(result, &pass, sizeof pass) != sizeof pass)
            return;
    }
}

/* The real way: drawn, and shown by the screen. */
struct real {
    const struct timeline *timeline;
    struct screen *screen;
    struct canvas canvas;
};

static void paint_real(void *context, int frame)
{
    struct real *real = context;
    draw(real->timeline, &real->canvas, frame);
    screen_show(real->screen, &real->canvas);
}

static void real_main(const struct timeline *timeline, int order, int result)
{
    struct error error;
    struct real real = { .timeline = timeline };
    struct look look;
    look_init(&look);
    setlocale(LC_CTYPE, "");
    canvas_init(&real.canvas);
    real.screen = screen_open(look.theme, &error);
    if (real.screen != NULL) {
        obey(order, result, paint_real, &real);
        screen_close(real.screen);
    }
}

/* The bare way: the cells that differ, put where they are; curses does the rest. */
struct bare {
    struct canvas canvases[FRAMES];
    const struct theme *theme;
    int pairs[ROLE_THEME_COUNT][ROLE_THEME_COUNT];
    int last;
};

static attr_t bare_attributes(unsigned attr)
{
    return (attr & ATTR_BOLD ? A_BOLD : 0) | (attr & ATTR_DIM ? A_DIM : 0) |
           (attr & ATTR_REVERSE ? A_REVERSE : 0) | (attr & ATTR_UNDERLINE ? A_UNDERLINE : 0);
}

static void paint_bare(void *context, int frame)
{
    struct bare *bare = context;
    const struct canvas *now = &bare->canvases[frame];
    const struct canvas *was = bare->last >= 0 ? &bare->canvases[bare->last] : NULL;
    for (int y = 0; y < HIGH; y++) {
        for (int x = 0; x < WIDE; x++) {
            const struct cell *cell = &now->cells[y * WIDE + x];
            if (cell->code == 0 ||
                (was != NULL && memcmp(cell, &was->cells[y * WIDE + x], sizeof *cell) == 0))
                continue;
            wchar_t text[2] = { (wchar_t)cell->code, 0 };
            cchar_t out;
            int pair = bare->pairs[cell->fg][cell->bg];
            setcchar(&out, text, bare_attributes(cell->attr), (short)pair, &pair);
            mvadd_wch(y, x, &out);
        }
    }
    refresh();
    bare->last = frame;
}

static void bare_main(const struct timeline *timeline, int order, int result)
{
    struct bare *bare = mem_zero(1, sizeof *bare);
    struct look look;
    look_init(&look);
    setlocale(LC_CTYPE, "");
    for (int frame = 0; frame < FRAMES; frame++) {
        canvas_init(&bare->canvases[frame]);
        draw(timeline, &bare->canvases[frame], frame);
    }
    bare->last = -1;
    initscr();
    start_color();
    use_default_colors();
    for (int fg = 0; fg < ROLE_THEME_COUNT; fg++) {
        for (int bg = 0; bg < ROLE_THEME_COUNT; bg++) {
            bare->pairs[fg][bg] = fg * ROLE_THEME_COUNT + bg + 1;
            init_extended_pair(bare->pairs[fg][bg], look.theme->look[fg].c256,
                               look.theme->look[bg].c256);
        }
    }
    curs_set(0);
    obey(order, result, paint_bare, bare);
    endwin();
}

static bool painter_start(struct painter *painter, const struct timeline *timeline,
                          void (*main)(const struct timeline *, int, int))
{
    int order[2], result[2];
    if (pipe(order) != 0 || pipe(result) != 0)
        return false;
    if (terminal_fork(&painter->terminal, WIDE, HIGH)) {
        close(order[1]);
        main(timeline, order[0], result[1]);
        _exit(0);
    }
    close(order[0]);
    close(result[1]);
    painter->order = order[1];
    painter->result = result[0];
    return painter->terminal.pid > 0;
}

/* Orders a pass and reads what it prints meanwhile into terminal.text, where `keep`. */
static bool painter_pass(struct painter *painter, char what, struct pass *pass, bool keep)
{
    size_t got = 0;
    if (write(painter->order, &what, 1) != 1)
        return false;
    for (uint64_t until_ns = clock_now() + 20 * NS_PER_S; clock_now() < until_ns;) {
        if (!keep)
            buffer_clear(&painter->terminal.text);
        int came = terminal_wait(&painter->terminal, painter->result);
        if (came < 0)
            return false;
        if (came == 0)
            continue;
        ssize_t part = read(painter->result, (char *)pass + got, sizeof *pass - got);
        if (part <= 0)
            return false;
        got += (size_t)part;
        if (got == sizeof *pass)
            return true;
    }
    return false;
}

static double pass_ms(const struct pass *pass)
{
    double frames[FRAMES];
    memcpy(frames, pass->frame_ms, sizeof frames);
    return bench_spread(frames, FRAMES).median;
}

/* Bytes of each frame of what was printed, by the markers. */
static struct spread frame_bytes(const struct buffer *text, size_t *frames)
{
    double bytes[FRAMES];
    size_t from = 0, count = 0;
    for (size_t i = 0; i < text->size && count < FRAMES; i++) {
        if (text->data[i] != MARKER)
            continue;
        bytes[count++] = (double)(i - from) / 1024;
        from = i + 1;
    }
    *frames = count;
    return count > 0 ? bench_spread(bytes, count) : (struct spread){ 0 };
}

static void measure_bytes(struct bench *bench, struct painter *painter)
{
    struct pass pass;
    size_t frames = 0;
    terminal_read(&painter->terminal, 50);
    if (!bench_check(bench, painter_pass(painter, 'm', &pass, true), "a painter ended early"))
        return;
    /* The last of it may still be on its way. */
    for (int i = 0; i < 50 && frames < FRAMES; i++) {
        terminal_wait(&painter->terminal, -1);
        frame_bytes(&painter->terminal.text, &frames);
    }
    struct spread bytes = frame_bytes(&painter->terminal.text, &frames);
    bench_check(bench, frames == FRAMES, "%zu of %d frames came", frames, FRAMES);
    bench_tell(bench, "kib_per_frame", bytes, 2.8);
}

static void measure_whole(struct bench *bench, const struct timeline *timeline)
{
    struct painter real, bare;
    struct pass one, other;
    double ratios[PASSES], whole[PASSES], bare_ms[PASSES], writes[PASSES];
    if (!bench_check(bench,
                     painter_start(&real, timeline, real_main) &&
                         painter_start(&bare, timeline, bare_main),
                     "no terminal could be made"))
        return;
    bool worked = true;
    for (int i = -1; i < PASSES && worked; i++) { /* the first one does not count */
        worked = painter_pass(&real, 'p', &one, false) && painter_pass(&bare, 'p', &other, false);
        if (!worked || i < 0)
            continue;
        whole[i] = pass_ms(&one);
        bare_ms[i] = pass_ms(&other);
        ratios[i] = whole[i] / bare_ms[i];
        writes[i] = one.writes;
    }
    if (bench_check(bench, worked, "a painter ended early")) {
        bench_tell(bench, "cpu_to_bare_curses", bench_spread(ratios, PASSES), 1.3);
        bench_tell(bench, "cpu_ms", bench_spread(whole, PASSES), 1.5);
        bench_note(bench, "bare_curses_ms", bench_spread(bare_ms, PASSES).median);
        bench_note(bench, "bare_curses_writes_per_frame", other.writes);
        if (writes[0] >= 0)
            bench_tell(bench, "writes_per_frame", bench_spread(writes, PASSES), 2);
        else
            bench_skip(bench, "/proc/self/io does not tell how many writes there were");
        measure_bytes(bench, &real);
    }
    close(real.order);
    close(bare.order);
    terminal_end(&real.terminal, 5000);
    terminal_end(&bare.terminal, 5000);
}

/* ---- Paused ---- */

/* How often a process gave its core up so far; -1 unknown. */
static double sleeps_of(pid_t pid)
{
    char path[64], line[200];
    double count = -1;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *in = fopen(path, "r");
    while (in != NULL && fgets(line, sizeof line, in) != NULL)
        sscanf(line, "voluntary_ctxt_switches: %lf", &count);
    if (in != NULL)
        fclose(in);
    return count;
}

static void measure_paused(struct bench *bench)
{
    static const char *const words[] = { "chat",       "-m", "loop",         "-s",
                                         "clients=50", "-s", "duration=60s", NULL };
    enum { SECONDS = 3 };
    struct terminal terminal;
    terminal_lockstep(&terminal, words, WIDE, HIGH);
    bool live = terminal_await(&terminal, "LIVE", 10000); /* one model: nothing to be asked */
    terminal_read(&terminal, 1000);
    size_t moving = terminal_read(&terminal, 300);
    terminal_type(&terminal, " ");
    terminal_read(&terminal, 1000);
    double before = sleeps_of(terminal.pid);
    size_t bytes = terminal_read(&terminal, SECONDS * 1000);
    double wakes = (sleeps_of(terminal.pid) - before) / SECONDS;
    terminal_type(&terminal, "qy");
    bool ended = terminal_end(&terminal, 5000);
    if (!bench_check(bench, live && moving > 0, "the screen did not show a live race"))
        return;
    bench_check(bench, ended, "the screen did not end at q");
    bench_tell(bench, "paused_bytes",
               (struct spread){ (double)bytes, (double)bytes, (double)bytes, 1 }, 0);
    bench_tell(bench, "paused_wakeups_per_s", (struct spread){ wakes, wakes, wakes, 1 }, 5);
}

void bench_frame(struct bench *bench)
{
    struct timeline *timeline = make_race();
    measure_canvas(bench, timeline);
    measure_whole(bench, timeline);
    measure_paused(bench);
    timeline_free(timeline);
}
