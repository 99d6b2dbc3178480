/*
 * The race on the screen: started from the choice, followed by its recording, looked at at a moment.
 *
 * Invariant: the work never waits for the viewer. Pausing stops the picture and the feeding of the
 * timeline; the race goes on in other processes and its recording grows; what came meanwhile is fed
 * when the picture moves again.
 *
 * A recording is shown the same way; it has no race, and what needs one says so.
 */
#include "base/clock.h"
#include "ui/state.h"

#include <stdio.h>
#include <string.h>

enum { FEED_MS = 8, SLICE_MS = 2, SCORE_AFTER_S = 2 };

/* ---- beginning and end ---- */

static bool is_recording(const struct ui *ui)
{
    return ui->follow != NULL && ui->race == NULL;
}

void race_ask_or_begin(struct ui *ui)
{
    if (is_recording(ui)) {
        ui_say(ui, "a replay cannot run again; Esc goes to the scenarios, which can");
        return;
    }
    race_end(ui);
    if (choice_ask(&ui->choice, &ui->look) > 1)
        ui_go(ui, PAGE_QUESTION);
    else
        race_begin(ui);
}

/* While a race goes on a key may come at any time, and waits for the frame that is drawn. */
#define LIVE_CELLS_NS (2 * NS_PER_MS)

static void begin_to_look(struct ui *ui)
{
    ui->timeline = follow_timeline();
    /* Where time is counted a frame may take as long as it takes. */
    if (!ui->driven.counted)
        ui->look.cells =
            cells_new(clock_real(), ui->race != NULL ? LIVE_CELLS_NS : CELLS_BUDGET_NS);
    moment_init(&ui->moment);
    memset(ui->look.hidden, 0, sizeof ui->look.hidden);
    ui->look.column = 0;
    ui->look.lane_top = 0;
    ui->filter[0] = '\0';
    ui->look.filter = NULL;
    ui->look.filtering = false;
    ui->look.sort = LANE_SORT_NAME;
    ui->look.score_item = 0;
    ui->look.score_top = 0;
    ui->look.zoom_ns = 0;
    ui->look.thing = (struct detail_thing){ 0 };
    ui->look.own_marks = 0;
    ui->look.hand_shown = false;
    ui->look.cursor = (struct race_cursor){ .on = false };
}

void race_begin(struct ui *ui)
{
    struct race_options options;
    struct error error;
    if (ui->driven.counted) {
        ui_say(ui, "this demo plays a recording, and races nothing");
        return;
    }
    race_end(ui);
    choice_race(&ui->choice, &options);
    ui->race = race_new(ui->options->spawner, &options, &error);
    if (ui->race != NULL) {
        ui->follow = follow_race(ui->race, &error);
        if (ui->follow == NULL) {
            race_free(ui->race);
            ui->race = NULL;
        }
    }
    if (ui->race == NULL) {
        ui_go(ui, PAGE_PICKER);
        ui_say(ui, "%s", error.text);
        return;
    }
    begin_to_look(ui);
    race_start(ui->race);
    ui_go(ui, PAGE_RACE);
    keep_begin(ui);
}

void race_show(struct ui *ui)
{
    begin_to_look(ui);
    ui->look.recording = false;
    ui_go(ui, PAGE_RACE);
}

void race_end(struct ui *ui)
{
    keep_end(ui);
    if (ui->race != NULL)
        race_free(ui->race);
    follow_free(ui->follow);
    if (ui->timeline != NULL)
        timeline_free(ui->timeline);
    cells_free(ui->look.cells);
    ui->look.cells = NULL;
    ui->race = NULL;
    ui->follow = NULL;
    ui->timeline = NULL;
    ui->over = ui->reads = false;
    ui->reading_since_ns = 0;
    ui->catch_up_ns = 0;
    ui->trouble = NULL;
    ui_go(ui, PAGE_PICKER);
    choice_fill(&ui->choice, &ui->look);
}

/* ---- a turn ---- */

struct moment_range race_range(const struct ui *ui)
{
    struct moment_range range = { .length_ns = timeline_length(ui->timeline) };
    range.whole_ns = reading_goes_on(ui) ? view_length(ui->timeline, &ui->look) : 0;
    for (size_t run = 0; run < timeline_runs(ui->timeline); run++) {
        struct run_brief brief;
        timeline_run(ui->timeline, run, &brief);
        if (!brief.gone || brief.over || is_recording(ui))
            continue; /* a run whose end was not recorded lives no more either */
        range.live = true;
        if (brief.length_ns > range.live_ns)
            range.live_ns = brief.length_ns;
    }
    return range;
}

/* The keys that do something now: a recording has no hands, and while a race plays again Enter is for
 * the score. */
static void race_keys(struct ui *ui)
{
    bool replays = ui->moment.replaying && !is_recording(ui);
    if (ui->look.cursor.on)
        ui_keys(ui, "cursor race");
    else
        ui_keys(ui, is_recording(ui) ? "race" : replays ? "replay race hands" : "race hands");
}

/* From 0 with all columns, until a key is pressed. */
static void race_replay(struct ui *ui, const struct moment_range *range)
{
    moment_replay(&ui->moment, range);
}

/* A demo begins at the question, over a recording too, where its scenario is one of those here. */
static bool recording_asks(struct ui *ui)
{
    const struct meta *meta = timeline_meta(ui->timeline);
    if (ui->options->driver == NULL || meta == NULL || !choice_recorded(&ui->choice, meta))
        return false;
    choice_fill(&ui->choice, &ui->look);
    if (choice_ask(&ui->choice, &ui->look) < 2)
        return false;
    ui->moment.following = false;
    ui->moment.paused = true;
    ui_go(ui, PAGE_QUESTION);
    return true;
}

void race_answered(struct ui *ui)
{
    if (!is_recording(ui)) {
        race_begin(ui);
        return;
    }
    struct meta meta;
    if (ui->choice.predicted != NULL && meta_copy(&meta, timeline_meta(ui->timeline))) {
        snprintf(meta.predicted, sizeof meta.predicted, "%s", ui->choice.predicted);
        timeline_tell(ui->timeline, &meta, 0);
        meta_fini(&meta);
    }
    struct moment_range range = race_range(ui);
    ui_go(ui, PAGE_RACE);
    race_replay(ui, &range);
}

/* All of a recording is here: it plays. */
static void recording_came(struct ui *ui, const struct moment_range *range)
{
    const char *missing = follow_missing(ui->follow);
    ui->over = true;
    ui->dirty = true;
    if (missing != NULL)
        ui_say(ui, "%s", missing);
    else if (timeline_meta(ui->timeline) == NULL)
        ui_say(ui, "%s: holds no race", ui->options->replay);
    else
        reading_tell(ui);
    if (recording_asks(ui))
        return;
    if (ui->moment.following && range->length_ns > 0)
        race_replay(ui, range);
    ui->moment.following = false;
}

/* The race is over and all of it is here: it plays again, or the score comes. */
static void race_came_over(struct ui *ui, const struct moment_range *range)
{
    const struct meta *meta = timeline_meta(ui->timeline);
    bool turns = meta != NULL && strcmp(meta->staging, staging_names[STAGING_TURNS]) == 0;
    ui->over = true;
    ui->dirty = true;
    keep_hint(ui);
    if (!ui->moment.following)
        return; /* the viewer looks at something of his own */
    moment_end(&ui->moment, range);
    if (turns && timeline_runs(ui->timeline) > 1 && range->length_ns > 0)
        race_replay(ui, range);
    else if (ui->page == PAGE_RACE)
        ui->score_ns = ui->now_ns + SCORE_AFTER_S * NS_PER_S;
}

/* Each trouble once, as it comes. */
static void tell_trouble(struct ui *ui)
{
    if (is_recording(ui))
        return; /* what it misses is told when all of it is here */
    const char *trouble = race_trouble(ui->race);
    if (trouble == NULL && ui->over)
        trouble = follow_missing(ui->follow);
    if (trouble != NULL && trouble != ui->trouble)
        ui_say(ui, "%s", trouble);
    ui->trouble = trouble;
}

void race_pass(struct ui *ui, uint64_t passed_ns)
{
    if (ui->follow == NULL)
        return;
    struct moment_range range = race_range(ui);
    if (moment_advance(&ui->moment, passed_ns, &range))
        ui->dirty = true;
}

void race_look(struct ui *ui)
{
    struct look *look = &ui->look;
    if (ui->follow == NULL)
        return;
    struct moment_range range = race_range(ui);
    if (ui->moment.wish == WISH_MARK)
        race_go_to_mark(ui, 1, &range);
    if (moment_advance(&ui->moment, 0, &range)) /* where it follows the live end */
        ui->dirty = true;
    reading_look(ui);
    look->moment = ui->moment.at;
    look->live = ui->moment.following && ui->race != NULL;
    look->paused = ui->moment.paused;
    look->replaying = ui->moment.replaying;
    look->speed = moment_speed(&ui->moment);
    look->window_ns = moment_window(&ui->moment);
    look->closed = is_recording(ui) && ui->over;
    hands_fill(ui);
    if (ui->page == PAGE_RACE)
        race_keys(ui);
}

/* Slice by slice, so that a key that comes meanwhile is heard between two. True: there is more. */
static bool feed(struct ui *ui)
{
    if (ui->driven.counted)
        return follow_feed(ui->follow, ui->timeline, 0);
    uint64_t until_ns = clock_now() + FEED_MS * NS_PER_MS;
    bool more;
    do {
        more = follow_feed(ui->follow, ui->timeline, SLICE_MS * NS_PER_MS);
    } while (more && clock_now() < until_ns &&
             (ui->screen == NULL || !screen_has_input(ui->screen)));
    return more;
}

void race_turn(struct ui *ui)
{
    if (ui->follow == NULL)
        return;
    bool goes_on = ui->race != NULL && race_poll(ui->race);
    /* Whoever pauses before anything is there waits for the first of it. */
    if (ui->catch_up_ns != 0 && ui->now_ns > ui->catch_up_ns)
        ui->catch_up_ns = 0;
    bool waits = !ui->moment.paused || ui->catch_up_ns != 0 || is_recording(ui) ||
                 timeline_meta(ui->timeline) == NULL;
    if (!ui->over && waits) {
        bool more = feed(ui);
        ui->dirty = true;
        ui->reads = more && is_recording(ui);
        if (ui->reads)
            reading_tell(ui);
        struct moment_range range = race_range(ui);
        if (!goes_on && !more && is_recording(ui))
            recording_came(ui, &range);
        else if (!goes_on && !more && !range.live)
            race_came_over(ui, &range);
    }
    keep_turn(ui);
    tell_trouble(ui);
    if (ui->score_ns != 0 && ui->now_ns >= ui->score_ns) {
        ui_go(ui, PAGE_SCORE);
        ui->score_came_ns = ui->now_ns;
    }
    race_look(ui);
}

bool race_moves(const struct ui *ui)
{
    if ((is_recording(ui) && !ui->over) || keep_moves(ui))
        return true;
    if (ui->follow == NULL || ui->moment.paused)
        return false;
    if (!ui->over || ui->moment.replaying)
        return true;
    struct moment_range range = race_range(ui);
    return !ui->moment.following && ui->moment.at < range.length_ns;
}

/* ---- keys ---- */

void race_next_column(struct ui *ui, int direction)
{
    int runs = (int)timeline_runs(ui->timeline);
    for (int i = 0; i < runs; i++) {
        ui->look.column = (ui->look.column + direction + runs) % runs;
        if (!ui->look.hidden[ui->look.column])
            return;
    }
}

static void hide(struct ui *ui, size_t run)
{
    if (run >= timeline_runs(ui->timeline)) {
        size_t runs = timeline_runs(ui->timeline);
        ui_say(ui, "this race has %zu model%s", runs, runs == 1 ? "" : "s");
        return;
    }
    ui->look.hidden[run] = !ui->look.hidden[run];
    ui_say(ui, "%s is %s", race_model_title(ui, run), ui->look.hidden[run] ? "hidden" : "shown");
}

bool race_time_key(struct ui *ui, uint32_t key, const struct moment_range *range)
{
    struct moment *moment = &ui->moment;
    switch (key) {
    case ' ':
        moment_pause(moment, range);
        return true;
    case ',':
    case '.':
        moment_frame(moment, key == '.' ? 1 : -1, ui->options->fps, range);
        return true;
    case KEY_IS_LEFT:
    case KEY_IS_RIGHT:
        moment_scrub(moment, key == KEY_IS_RIGHT ? 0.01 : -0.01, range);
        return true;
    case KEY_IS_PAGE_UP:
    case KEY_IS_PAGE_DOWN:
        moment_scrub(moment, key == KEY_IS_PAGE_DOWN ? 0.1 : -0.1, range);
        return true;
    case KEY_IS_HOME:
        moment_to(moment, 0, range);
        return true;
    case KEY_IS_END:
        moment_end(moment, range);
        return true;
    case '-':
    case '_':
    case '+':
    case '=':
        moment_change_speed(moment, key == '+' || key == '=' ? 1 : -1);
        return true;
    case '[':
    case ']':
        race_go_to_mark(ui, key == ']' ? 1 : -1, range);
        return true;
    default:
        return false;
    }
}

/* ---- the cursor that explains ---- */

static void explain_or_not(struct ui *ui)
{
    struct race_cursor *cursor = &ui->look.cursor;
    cursor->on = !cursor->on;
    cursor->fixed = false;
    if (cursor->place == PLACE_NONE)
        cursor->place = PLACE_GIL;
}

static void move_cursor(struct ui *ui, int rows)
{
    struct look *look = &ui->look;
    look->cursor = race_cursor_move(ui->timeline, look, rows);
    look->lane_top = race_cursor_top(ui->timeline, look, ui->canvas.cols, ui->canvas.rows);
}

static bool cursor_key(struct ui *ui, uint32_t key)
{
    if (key == KEY_IS_UP || key == KEY_IS_DOWN)
        move_cursor(ui, key == KEY_IS_DOWN ? 1 : -1);
    else if (key == KEY_IS_ESCAPE)
        ui->look.cursor.on = false;
    else
        return false;
    return true;
}

static void present_or_not(struct ui *ui)
{
    ui->look.presenter = !ui->look.presenter;
    ui_say(ui, ui->look.presenter ? "larger, for the last row; p again shows everything"
                                  : "everything again");
}

void race_key(struct ui *ui, uint32_t key)
{
    struct moment_range range = race_range(ui);
    ui->dirty = true;
    ui->score_ns = 0;
    bool replayed = ui->moment.replaying;
    if (sift_key(ui, key) || ui_key_everywhere(ui, key))
        return;
    if (race_time_key(ui, key, &range)) {
        moment_stop_replay(&ui->moment);
        ui->look.cursor.fixed = false; /* from now on it is asked about the moment */
        return;
    }
    moment_stop_replay(&ui->moment);
    if (key == 's' || (key == KEY_IS_ENTER && replayed && !is_recording(ui)))
        ui_go(ui, PAGE_SCORE);
    else if (key == KEY_IS_ENTER)
        ui_go(ui, PAGE_DETAIL);
    else if (key == 'r')
        race_ask_or_begin(ui);
    else if (key == 'x')
        explain_or_not(ui);
    else if (key == 'p')
        present_or_not(ui);
    else if (ui->look.cursor.on && cursor_key(ui, key))
        return;
    else if (key == KEY_IS_ESCAPE && ui->look.hand_shown)
        ui->look.hand_shown = false;
    else if (key == KEY_IS_ESCAPE)
        race_end(ui);
    else if (key == 'm')
        hands_mark(ui);
    else if (key == 'R')
        keep_key(ui);
    else if (key == 'v' && is_recording(ui))
        ui_say(ui, "a replay cannot be staged anew; Esc goes to the scenarios, which can");
    else if (key == 'v')
        ui_say(ui, "staging: %s, when it runs again (r)", choice_next_staging(&ui->choice));
    else if (key == KEY_IS_TAB || key == KEY_IS_BACK_TAB)
        race_next_column(ui, key == KEY_IS_TAB ? 1 : -1);
    else if (key == '}' || key == KEY_IS_SHIFT_DOWN)
        ui->look.lane_top++;
    else if (key == '{' || key == KEY_IS_SHIFT_UP)
        ui->look.lane_top -= ui->look.lane_top > 0;
    else if (key >= '1' && key <= '7')
        hide(ui, key - '1');
    else
        hands_key(ui, key);
}
