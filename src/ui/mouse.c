/*
 * The mouse: what a hand expects of it. A click chooses what it is on, a second one opens it, a drag
 * on the scrubber scrubs, the wheel zooms time or goes through a list, and a key of the bottom line
 * is pressed by a click on it. What is where is asked of the views, which draw by the same arithmetic.
 */
#include "base/clock.h"
#include "draw/layout.h"
#include "ui/key_names.h"
#include "ui/state.h"

#include <stdio.h>
#include <string.h>

enum { TWICE_MS = 400, WHEEL_ROWS = 3 };

/* ---- the bottom line ---- */

/* The key of a pair "- +\tspeed" that is at `column` of it: of several keys the one that is hit, of
 * the word behind them the first. KEY_IS_NONE where it names no key ("1..7"). */
static uint32_t key_of_pair(const char *pair, int column)
{
    char name[16];
    size_t length = strcspn(pair, "\t\n"), from = 0;
    for (size_t at = 0; at < length;) {
        size_t word = strcspn(pair + at, " \t\n");
        if (column >= (int)at && column < (int)(at + word))
            from = at;
        at += word + 1;
    }
    size_t word = strcspn(pair + from, " \t\n");
    snprintf(name, sizeof name, "%.*s", (int)word, pair + from);
    return key_named(name);
}

static bool press_bottom_key(struct ui *ui, const struct screen_mouse *mouse)
{
    int rows = ui->canvas.rows;
    struct rect bottom = { 0, rows - 1, ui->canvas.cols, 1 };
    if (ui->page == PAGE_RACE && ui->timeline != NULL && timeline_meta(ui->timeline) != NULL) {
        struct race_layout layout;
        race_layout(ui->timeline, &ui->look, ui->canvas.cols, rows, &layout);
        bottom = layout.bottom;
    }
    const char *pair = bottom_hit(&ui->look, bottom, mouse->x, mouse->y);
    if (pair == NULL)
        return false;
    int column = 0;
    while (column < mouse->x &&
           bottom_hit(&ui->look, bottom, mouse->x - column - 1, mouse->y) == pair)
        column++;
    uint32_t key = key_of_pair(pair, column);
    if (key != KEY_IS_NONE)
        pages[ui->page].key(ui, key);
    return true;
}

/* ---- the race ---- */

/* Up and down of a list, along with the wheel. */
static void wheel_keys(struct ui *ui, int direction)
{
    for (int i = 0; i < WHEEL_ROWS; i++)
        pages[ui->page].key(ui, direction < 0 ? KEY_IS_UP : KEY_IS_DOWN);
}

static void wheel_race(struct ui *ui, const struct race_spot *spot, int direction)
{
    struct look *look = &ui->look;
    if (spot->place == PLACE_KNOB) {
        pages[PAGE_RACE].key(ui, direction < 0 ? '>' : '<');
    } else if (spot->place == PLACE_LANE || spot->place == PLACE_TASK || spot->place == PLACE_ALL) {
        look->lane_top += direction * WHEEL_ROWS;
        if (look->lane_top < 0)
            look->lane_top = 0;
    } else {
        pages[PAGE_RACE].key(ui, direction < 0 ? '-' : '+');
    }
}

static void seek(struct ui *ui, uint64_t t)
{
    struct moment_range range = race_range(ui);
    moment_stop_replay(&ui->moment);
    moment_to(&ui->moment, t, &range);
}

static void click_race(struct ui *ui, const struct race_spot *spot, bool twice)
{
    struct look *look = &ui->look;
    if (spot->place == PLACE_SCRUBBER) {
        ui->dragging = true;
        seek(ui, spot->t);
    } else if (spot->place == PLACE_KNOB) {
        look->hand = spot->index;
        look->hand_shown = true;
        if (spot->direction != 0)
            pages[PAGE_RACE].key(ui, spot->direction < 0 ? '<' : '>');
    } else if (spot->run >= 0 && twice) {
        look->column = spot->run;
        if (spot->place == PLACE_LANE || spot->place == PLACE_TASK)
            look->thing =
                (struct detail_thing){ spot->place == PLACE_LANE ? DETAIL_LANE : DETAIL_TASK,
                                       spot->index };
        pages[PAGE_RACE].key(ui, KEY_IS_ENTER);
    } else if (spot->run >= 0) {
        look->column = spot->run;
        look->cursor.on = spot->place >= PLACE_PROGRESS && spot->place <= PLACE_TASK;
        if (look->cursor.on)
            look->cursor = (struct race_cursor){ .on = true,
                                                 .place = spot->place,
                                                 .index = spot->index,
                                                 .fixed = spot->has_time,
                                                 .t = spot->t };
    }
}

static void mouse_race(struct ui *ui, const struct screen_mouse *mouse, bool twice)
{
    if (ui->timeline == NULL || timeline_meta(ui->timeline) == NULL)
        return;
    struct race_spot spot =
        race_hit(ui->timeline, &ui->look, ui->canvas.cols, ui->canvas.rows, mouse->x, mouse->y);
    if (mouse->deed == MOUSE_WHEEL_UP || mouse->deed == MOUSE_WHEEL_DOWN) {
        wheel_race(ui, &spot, mouse->deed == MOUSE_WHEEL_UP ? -1 : 1);
    } else if (mouse->deed == MOUSE_PRESS) {
        click_race(ui, &spot, twice);
    } else if (mouse->deed == MOUSE_DRAG && ui->dragging) {
        struct race_layout layout;
        race_layout(ui->timeline, &ui->look, ui->canvas.cols, ui->canvas.rows, &layout);
        spot = race_hit(ui->timeline, &ui->look, ui->canvas.cols, ui->canvas.rows, mouse->x,
                        layout.scrubber.y); /* wherever the hand strays to */
        seek(ui, spot.t);
    }
}

/* ---- the other pages ---- */

static void mouse_detail(struct ui *ui, const struct screen_mouse *mouse)
{
    struct look *look = &ui->look;
    if (ui->timeline == NULL || timeline_meta(ui->timeline) == NULL)
        return;
    struct detail_hit hit =
        detail_hit(ui->timeline, look, ui->canvas.cols, ui->canvas.rows, mouse->x, mouse->y);
    if (mouse->deed == MOUSE_WHEEL_UP || mouse->deed == MOUSE_WHEEL_DOWN) {
        bool in = mouse->deed == MOUSE_WHEEL_UP;
        look->zoom_ns = detail_zoom(ui->timeline, look, in ? 1 : -1);
        if (in && hit.has_time)
            seek(ui, hit.t);
        return;
    }
    if (mouse->deed == MOUSE_RELEASE)
        return;
    if (hit.has_thing)
        look->thing = hit.thing;
    if (hit.has_time)
        seek(ui, hit.t);
}

static void mouse_picker(struct ui *ui, const struct screen_mouse *mouse, bool twice)
{
    struct look *look = &ui->look;
    struct picker_spot spot =
        picker_hit(look, ui->canvas.cols, ui->canvas.rows, mouse->x, mouse->y);
    if (mouse->deed == MOUSE_WHEEL_UP || mouse->deed == MOUSE_WHEEL_DOWN) {
        if (spot.pane >= 0 && look->editing == NULL)
            look->pane = spot.pane;
        wheel_keys(ui, mouse->deed == MOUSE_WHEEL_UP ? -1 : 1);
        return;
    }
    if (mouse->deed != MOUSE_PRESS || spot.pane < 0 || look->editing != NULL)
        return;
    look->pane = spot.pane;
    if (spot.row == SIZE_MAX)
        return;
    picker_choose(ui, spot.row);
    if (spot.pane == PICKER_MODELS)
        pages[PAGE_PICKER].key(ui, ' ');
    else if (spot.pane == PICKER_KNOBS)
        pages[PAGE_PICKER].key(ui, twice ? KEY_IS_RIGHT : KEY_IS_NONE);
    else if (twice)
        pages[PAGE_PICKER].key(ui, KEY_IS_ENTER);
}

static void mouse_question(struct ui *ui, const struct screen_mouse *mouse)
{
    int answer = mouse->deed == MOUSE_PRESS
                     ? question_hit(&ui->look, ui->canvas.cols, ui->canvas.rows, mouse->x, mouse->y)
                     : -1;
    if (answer >= 0)
        pages[PAGE_QUESTION].key(ui, '1' + (uint32_t)answer);
}

/* ---- all of it ---- */

/* Whether this press is the second of two at the same cell. */
static bool is_twice(struct ui *ui, const struct screen_mouse *mouse)
{
    bool twice = mouse->deed == MOUSE_PRESS && mouse->x == ui->pressed_x &&
                 mouse->y == ui->pressed_y && ui->now_ns - ui->pressed_ns < TWICE_MS * NS_PER_MS;
    if (mouse->deed == MOUSE_PRESS) {
        ui->pressed_x = mouse->x;
        ui->pressed_y = mouse->y;
        ui->pressed_ns = twice ? 0 : ui->now_ns; /* a third one is a first again */
    }
    return twice;
}

void ui_mouse(struct ui *ui, const struct screen_mouse *mouse)
{
    bool twice = is_twice(ui, mouse);
    ui->dirty = true;
    if (mouse->deed != MOUSE_DRAG)
        ui->dragging = false;
    if (mouse->deed == MOUSE_PRESS && press_bottom_key(ui, mouse))
        return;
    switch (ui->page) {
    case PAGE_RACE:
        mouse_race(ui, mouse, twice);
        break;
    case PAGE_DETAIL:
        mouse_detail(ui, mouse);
        break;
    case PAGE_PICKER:
        mouse_picker(ui, mouse, twice);
        break;
    case PAGE_QUESTION:
        mouse_question(ui, mouse);
        break;
    default:
        if (mouse->deed == MOUSE_WHEEL_UP || mouse->deed == MOUSE_WHEEL_DOWN)
            wheel_keys(ui, mouse->deed == MOUSE_WHEEL_UP ? -1 : 1);
    }
}
