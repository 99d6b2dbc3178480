/*
 * The program of the screen. Each turn, in this order:
 *
 *   1. wait: for a key, a signal, the race, or until something is due
 *   2. signals: leave, stop, new size
 *   3. time: the moment goes on by what passed, as the keys up to now wanted it
 *   4. keys: each is given to its page, which changes the look; those of a driver too. The answer is
 *      drawn at once, of what is fed by then: whoever pressed a key waits for no more than that
 *   5. the race: conducted, its recording fed to the timeline; the moment follows its live end
 *   6. draw: when something changed and a frame is due; a canvas that is the same sends no byte
 *
 * Nothing else waits, feeds or draws. While the picture stands still the loop sleeps until a key
 * comes, but for the little that a running race needs.
 *
 * Where time is counted (driver.h), waiting is to set the clock to when the next thing is due: the
 * same turns, and nothing in them depends on how fast the machine is.
 */
#include "base/clock.h"
#include "base/memory.h"
#include "ui/driver.h"
#include "ui/signals.h"
#include "ui/state.h"

#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FDS_MOST = 32, FOREVER = -1, CALM_MS = 250, IDLE_RACE_MS = 50, KEYS_A_TURN = 64 };
/* After a turn that drew it rests so many times as long as that turn used a core: the machine belongs
 * to the race. Not as long as the turn took: where the cores are all in use that is the others' time, and
 * the picture would stand still just then. */
enum { REST_SHARE = 8, REST_MOST_MS = 500 };
/* For exact cells in the answer to a key: with 10 ms that an Esc is waited for and the rest of the picture
 * it is within a frame also where the work has all cores. */
enum { ANSWER_MS = 2 };

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* ---- 1. wait ---- */

/* When the loop has to wake by itself; UINT64_MAX: not at all. */
static uint64_t due_ns(const struct ui *ui, uint64_t next_frame_ns)
{
    uint64_t due = UINT64_MAX;
    if (ui->reads)
        return ui->now_ns;
    if (ui->dirty || (race_moves(ui) && !ui->driven.rests))
        due = next_frame_ns;
    if (ui->message_until_ns != 0)
        due = least(due, ui->message_until_ns);
    if (ui->score_ns != 0)
        due = least(due, ui->score_ns);
    if (ui->options->driver != NULL)
        due = least(due, ui->driven.due_ns);
    if (ui->race != NULL && !race_over(ui->race)) {
        int timeout = race_timeout_ms(ui->race);
        /* It is calm: nothing but a look from time to time is needed, and nobody sees it. */
        if (ui->moment.paused && ui->catch_up_ns == 0 && timeout >= IDLE_RACE_MS)
            timeout = CALM_MS;
        due = least(due, ui->now_ns + (uint64_t)timeout * NS_PER_MS);
    }
    return due;
}

/* Gives the time it is then. */
static uint64_t wait_for_something(const struct ui *ui, int signal_fd, uint64_t due)
{
    if (ui->driven.counted)
        return due == UINT64_MAX ? ui->now_ns + NS_PER_S : due > ui->now_ns ? due : ui->now_ns;
    struct pollfd fds[FDS_MOST + 2];
    int race_fd[FDS_MOST];
    nfds_t count = 0;
    int keys = ui->screen != NULL ? screen_fd(ui->screen) : -1; /* poll() passes over that one */
    fds[count++] = (struct pollfd){ .fd = keys, .events = POLLIN };
    fds[count++] = (struct pollfd){ .fd = signal_fd, .events = POLLIN };
    size_t more = ui->race != NULL ? race_fds(ui->race, race_fd, FDS_MOST) : 0;
    for (size_t i = 0; i < more; i++)
        fds[count++] = (struct pollfd){ .fd = race_fd[i], .events = POLLIN };
    int timeout = FOREVER;
    uint64_t now = clock_now();
    if (due != UINT64_MAX) /* rounded up, or it would spin for the last part of a millisecond */
        timeout = due > now ? (int)((due - now + NS_PER_MS - 1) / NS_PER_MS) : 0;
    poll(fds, count, timeout);
    return clock_now();
}

/* ---- 2. signals ---- */

static void hear_signals(struct ui *ui)
{
    struct signals_taken taken = signals_take();
    if (taken.quit) {
        ui->leave = true;
        ui->status = 128 + taken.number;
    }
    if (taken.suspend && ui->screen == NULL)
        raise(SIGSTOP);
    else if (taken.suspend)
        screen_suspend(ui->screen);
    if (taken.resize && ui->screen != NULL)
        screen_resize(ui->screen);
    if (taken.suspend || taken.resize)
        ui->dirty = true;
}

/* ---- 4. keys ---- */

static void hear_keys(struct ui *ui)
{
    for (int i = 0; i < KEYS_A_TURN && !ui->leave && ui->screen != NULL; i++) {
        uint32_t key = screen_key(ui->screen);
        if (key == KEY_IS_NONE)
            return;
        struct screen_mouse mouse = screen_mouse(ui->screen);
        if (key == KEY_IS_GONE)
            ui->leave = true;
        else if (key == KEY_IS_MOUSE && ui->options->driver == NULL)
            ui_mouse(ui, &mouse);
        else if (!driver_takes_key(ui, key))
            pages[ui->page].key(ui, key);
    }
}

/* ---- 6. draw ---- */

/* Pages that do not follow the moment are drawn now and then while the race goes on below them. */
static uint64_t frame_ns(const struct ui *ui)
{
    return ui->page == PAGE_RACE || ui->page == PAGE_DETAIL || ui->race == NULL || ui->over
               ? NS_PER_S / (uint64_t)ui->options->fps
               : NS_PER_S / 2;
}

/* `answer`: to a key. Whoever pressed it waits for this one; what it tells roughly the next one mends. */
static void draw(struct ui *ui, bool answer)
{
    int cols, rows;
    if (ui->screen != NULL) {
        screen_size(ui->screen, &cols, &rows);
    } else {
        cols = ui->options->driver->cols;
        rows = ui->options->driver->rows;
    }
    canvas_reset(&ui->canvas, cols, rows);
    cells_frame(ui->look.cells);
    if (answer)
        cells_hurry(ui->look.cells, ANSWER_MS * NS_PER_MS);
    view_draw(pages[ui->page].view, ui->timeline, &ui->look, &ui->canvas);
    if (ui->screen != NULL && !screen_show(ui->screen, &ui->canvas))
        ui->leave = true;
    driver_frame(ui);
    ui->dirty = cells_settle(ui->look.cells);
}

/* ---- all of it ---- */

static void run(struct ui *ui, int signal_fd)
{
    uint64_t next_frame_ns = 0;
    ui->now_ns = ui->driven.counted ? NS_PER_S : clock_now();
    while (!ui->leave) {
        uint64_t before = ui->now_ns;
        ui->now_ns = wait_for_something(ui, signal_fd, due_ns(ui, next_frame_ns));
        uint64_t passed = ui->now_ns - before, used = clock_used();
        hear_signals(ui);
        race_pass(ui, ui->driven.rests ? 0 : passed);
        enum page_kind page = ui->page;
        bool was_dirty = ui->dirty;
        ui->dirty = false;
        hear_keys(ui);
        driver_turn(ui, passed);
        bool drawn = ui->dirty || ui->page != page;
        ui->dirty = ui->dirty || was_dirty;
        if (drawn) {
            race_look(ui);
            draw(ui, true);
        }
        race_turn(ui);
        if (ui->message_until_ns != 0 && ui->now_ns >= ui->message_until_ns) {
            ui->message_until_ns = 0;
            ui->look.message = NULL;
            ui->dirty = true;
        }
        if (ui->dirty && !drawn && ui->now_ns >= next_frame_ns) {
            draw(ui, false);
            drawn = true;
        }
        if (drawn) {
            bool races = !ui->driven.counted && ui->race != NULL && !race_over(ui->race);
            uint64_t rest = races ? (clock_used() - used) * REST_SHARE : 0;
            rest = least(rest, REST_MOST_MS * NS_PER_MS);
            next_frame_ns = ui->now_ns + (rest > frame_ns(ui) ? rest : frame_ns(ui));
        } else if (ui->now_ns >= next_frame_ns) {
            next_frame_ns = ui->now_ns + frame_ns(ui); /* time moved nothing that is drawn */
        }
    }
}

static void ui_init(struct ui *ui, const struct ui_options *options)
{
    ui->options = options;
    canvas_init(&ui->canvas);
    look_init(&ui->look);
    moment_init(&ui->moment);
    if (options->theme != NULL)
        ui->look.theme = options->theme;
    bool seen_here = options->driver == NULL || options->driver->cols == 0;
    if (options->ascii || (seen_here && !screen_speaks_utf8()))
        ui->look.glyphs = &glyphs_ascii;
    driver_init(ui);
    keys_help(ui);
    choice_fill(&ui->choice, &ui->look);
    ui_go(ui, PAGE_PICKER);
}

static void ui_fini(struct ui *ui)
{
    race_end(ui);
    choice_fini(&ui->choice);
    canvas_fini(&ui->canvas);
    buffer_fini(&ui->keys);
    buffer_fini(&ui->help_text);
}

/* "lockstep: SENTENCE" where there is no screen (any more) to say it on. */
static int complain(const struct error *error)
{
    fprintf(stderr, "lockstep: %s\n", error->text);
    return 2;
}

static struct follow *open_recordings(const struct ui_options *options, struct error *error)
{
    const char *paths[META_RUNS_MAX + 1] = { options->replay }; /* one too many is refused */
    size_t count = 1;
    while (options->beside != NULL && options->beside[count - 1] != NULL && count <= META_RUNS_MAX)
        paths[count] = options->beside[count - 1], count++;
    return follow_files(paths, count, error);
}

int ui_run(const struct ui_options *given)
{
    struct ui_options options = *given;
    struct error error;
    struct ui *ui = mem_zero(1, sizeof *ui);
    int status = 0;
    if (options.fps < 1)
        options.fps = 30;
    setlocale(LC_CTYPE, "");
    if (!choice_init(&ui->choice, &options, &error)) {
        free(ui);
        return complain(&error);
    }
    ui_init(ui, &options);
    if (options.replay != NULL) {
        ui->follow = open_recordings(&options, &error);
        if (ui->follow == NULL) { /* told before the screen opens, so that the line stays */
            ui_fini(ui);
            free(ui);
            return complain(&error);
        }
    }
    int signal_fd = signals_open(&error);
    bool has_terminal = options.driver == NULL || options.driver->cols == 0;
    if (signal_fd >= 0 && has_terminal)
        ui->screen = screen_open(ui->look.theme, &error);
    bool failed = signal_fd < 0 || (has_terminal && ui->screen == NULL);
    if (!failed) {
        if (ui->follow != NULL)
            race_show(ui);
        else if (options.scenario != NULL)
            race_ask_or_begin(ui);
        run(ui, signal_fd);
        if (ui->screen != NULL)
            screen_close(ui->screen);
        status = ui->status;
    }
    ui_fini(ui);
    if (signal_fd >= 0)
        signals_close();
    free(ui);
    return failed ? complain(&error) : status;
}
