/*
 * The pages but the race: the picker, the question, the score, the help; and the way from one to the
 * other: picker, question, race, score, and back by Esc.
 */
#include "base/clock.h"
#include "ui/state.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { PANES = 3, MESSAGE_S = 4 };

static void help_key(struct ui *ui, uint32_t key);

const struct page pages[PAGE_COUNT] = {
    [PAGE_PICKER] = { .name = "picker", .view = &view_picker, .key = picker_key },
    [PAGE_QUESTION] = { .name = "question", .view = &view_question, .key = question_key },
    [PAGE_RACE] = { .name = "race", .view = &view_race, .key = race_key },
    [PAGE_DETAIL] = { .name = "detail", .view = &view_detail, .key = detail_key },
    [PAGE_SCORE] = { .name = "score", .view = &view_score, .key = score_key },
    [PAGE_HELP] = { .name = "help", .view = &view_help, .key = help_key },
};

void ui_say(struct ui *ui, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(ui->message, sizeof ui->message, format, arguments);
    va_end(arguments);
    ui->message_until_ns = ui->now_ns + MESSAGE_S * NS_PER_S;
    ui->look.message = ui->message;
    ui->dirty = true;
}

void ui_keys(struct ui *ui, const char *where)
{
    if (ui->keys_of != NULL && strcmp(ui->keys_of, where) == 0)
        return;
    ui->keys_of = where;
    keys_line(&ui->keys, where);
    ui->look.keys = buffer_string(&ui->keys);
    ui->dirty = true;
}

void ui_go(struct ui *ui, enum page_kind page)
{
    ui->page = page;
    ui_keys(ui, pages[page].name);
    ui->score_ns = 0;
    ui->dirty = true;
}

bool ui_key_everywhere(struct ui *ui, uint32_t key)
{
    if (key == 'q') {
        ui->leave = true;
        return true;
    }
    if (key == '?') {
        if (ui->page == PAGE_HELP) {
            ui_go(ui, ui->under);
        } else {
            ui->under = ui->page;
            ui->look.help_top = 0;
            ui_go(ui, PAGE_HELP);
        }
        return true;
    }
    return false;
}

static void help_key(struct ui *ui, uint32_t key)
{
    if (ui_key_everywhere(ui, key))
        return;
    if (key == KEY_IS_DOWN || key == KEY_IS_PAGE_DOWN)
        ui->look.help_top += key == KEY_IS_DOWN ? 1 : 10;
    else if (key == KEY_IS_UP || key == KEY_IS_PAGE_UP)
        ui->look.help_top -= key == KEY_IS_UP ? 1 : 10;
    else
        ui_go(ui, ui->under);
    int lines = 0;
    while (ui->help[lines] != NULL)
        lines++;
    if (ui->look.help_top > lines)
        ui->look.help_top = lines;
    if (ui->look.help_top < 0)
        ui->look.help_top = 0;
    ui->dirty = true;
}

/* ---- the picker ---- */

void picker_choose(struct ui *ui, size_t row)
{
    struct look *look = &ui->look;
    size_t *const places[PANES] = { &look->scenario, &look->knob, &look->model };
    *places[look->pane] = row;
    if (look->pane == PICKER_LIST && row != ui->choice.at) {
        choice_select(&ui->choice, row);
        look->knob = 0;
    }
}

static void move_cursor(struct ui *ui, int step)
{
    struct look *look = &ui->look;
    const size_t counts[PANES] = { look->scenario_count, look->knob_count, look->model_count };
    size_t *const places[PANES] = { &look->scenario, &look->knob, &look->model };
    size_t count = counts[look->pane], at = *places[look->pane];
    if (count == 0)
        return;
    long to = (long)at + step;
    picker_choose(ui, to < 0 ? 0 : to >= (long)count ? count - 1 : (size_t)to);
}

static void start_editing(struct ui *ui, uint32_t key)
{
    ui->editing[0] = (char)key;
    ui->editing[1] = '\0';
    ui->look.editing = ui->editing;
}

/* While a value is typed all keys are its letters. */
static void edit_key(struct ui *ui, uint32_t key)
{
    size_t length = strlen(ui->editing);
    struct error error;
    if (key == KEY_IS_ESCAPE) {
        ui->look.editing = NULL;
    } else if (key == KEY_IS_ERASE) {
        if (length > 0)
            ui->editing[length - 1] = '\0';
    } else if (key == KEY_IS_ENTER || key == KEY_IS_TAB || key == KEY_IS_DOWN || key == KEY_IS_UP) {
        if (choice_set_knob(&ui->choice, ui->look.knob, ui->editing, &error))
            ui->look.editing = NULL;
        else
            ui_say(ui, "%s", error.text);
    } else if (key > ' ' && key < 0x7f && length + 1 < sizeof ui->editing) {
        ui->editing[length] = (char)key;
        ui->editing[length + 1] = '\0';
    }
}

static bool begins_value(uint32_t key)
{
    return (key >= '0' && key <= '9') || (key >= 'a' && key <= 'z') || key == '.';
}

static void picker_pane_key(struct ui *ui, uint32_t key)
{
    struct look *look = &ui->look;
    struct error error;
    int direction = key == KEY_IS_RIGHT || key == ' ' || key == '>' ? 1 : -1;
    bool sideways = key == KEY_IS_LEFT || key == KEY_IS_RIGHT || key == '<' || key == '>';
    if (look->pane == PICKER_KNOBS && (sideways || key == ' '))
        choice_step_knob(&ui->choice, look->knob, direction);
    else if (look->pane == PICKER_KNOBS && begins_value(key))
        start_editing(ui, key);
    else if (look->pane == PICKER_MODELS && (sideways || key == ' ' || key == 'x')) {
        if (!choice_toggle_model(&ui->choice, look->model, &error))
            ui_say(ui, "%s", error.text);
    } else if (look->pane == PICKER_LIST && (sideways || key == ' '))
        look->pane = key == KEY_IS_LEFT ? PICKER_MODELS : PICKER_KNOBS;
}

void picker_key(struct ui *ui, uint32_t key)
{
    struct look *look = &ui->look;
    ui->dirty = true;
    if (look->editing != NULL) {
        edit_key(ui, key);
    } else if (key == KEY_IS_UP || key == KEY_IS_DOWN) {
        move_cursor(ui, key == KEY_IS_UP ? -1 : 1);
    } else if (key == KEY_IS_PAGE_UP || key == KEY_IS_PAGE_DOWN) {
        move_cursor(ui, key == KEY_IS_PAGE_UP ? -8 : 8);
    } else if (key == KEY_IS_TAB) {
        look->pane = (look->pane + 1) % PANES;
    } else if (key == KEY_IS_BACK_TAB) {
        look->pane = (look->pane + PANES - 1) % PANES;
    } else if (key == KEY_IS_ESCAPE) {
        look->pane = PICKER_LIST;
    } else if (key == KEY_IS_ENTER) {
        if (choice_plan(&ui->choice) != NULL)
            race_ask_or_begin(ui);
    } else if (!ui_key_everywhere(ui, key)) {
        if (key == 'v' && look->pane != PICKER_KNOBS)
            ui_say(ui, "staging: %s", choice_next_staging(&ui->choice));
        else
            picker_pane_key(ui, key);
    }
    choice_fill(&ui->choice, look);
}

/* ---- the question ---- */

void question_key(struct ui *ui, uint32_t key)
{
    int answers = 0;
    while (ui->look.answers[answers] != NULL)
        answers++;
    if (key >= '1' && key < '1' + (uint32_t)answers) {
        ui->look.answered = (int)(key - '1');
        ui->choice.predicted = ui->choice.answer_name[ui->look.answered];
        race_answered(ui);
    } else if (key == ' ' || key == KEY_IS_ENTER) {
        ui->choice.predicted = NULL;
        race_answered(ui);
    } else if (key == KEY_IS_ESCAPE) {
        race_end(ui); /* where it is a recording's */
    } else {
        ui_key_everywhere(ui, key);
    }
}

/* ---- the score ---- */

/* To the moment of the diagnosis under the cursor, of its model on the whole screen. */
static bool go_to_diagnosis(struct ui *ui)
{
    size_t run;
    uint64_t t;
    if (ui->timeline == NULL || !score_moment(ui->timeline, &ui->look, &run, &t))
        return false;
    struct moment_range range = race_range(ui);
    ui->look.column = (int)run;
    moment_stop_replay(&ui->moment);
    moment_to(&ui->moment, t, &range);
    ui->moment.paused = true;
    ui_go(ui, PAGE_DETAIL);
    return true;
}

/* The cursor and the scrolling; false: the key is for something else. */
static bool score_cursor_key(struct ui *ui, uint32_t key)
{
    struct look *look = &ui->look;
    int step = 0, items = score_items(ui->timeline, look);
    if (key == KEY_IS_ENTER)
        return go_to_diagnosis(ui);
    if (key == KEY_IS_TAB || key == KEY_IS_BACK_TAB) {
        race_next_column(ui, key == KEY_IS_TAB ? 1 : -1);
    } else if (key == KEY_IS_UP || key == KEY_IS_DOWN) {
        look->score_item =
            (look->score_item < items ? look->score_item : items) + (key == KEY_IS_DOWN ? 1 : -1);
        look->score_item = look->score_item >= items ? items - 1 : look->score_item;
        look->score_item = look->score_item > 0 ? look->score_item : 0;
    } else if (key == KEY_IS_PAGE_UP || key == KEY_IS_PAGE_DOWN) {
        step = key == KEY_IS_PAGE_DOWN ? ui->canvas.rows / 2 : -ui->canvas.rows / 2;
    } else {
        return false;
    }
    look->score_top = score_scroll(ui->timeline, look, ui->canvas.cols, ui->canvas.rows, step);
    ui->dirty = true;
    return true;
}

void score_key(struct ui *ui, uint32_t key)
{
    if (ui_key_everywhere(ui, key))
        return;
    bool just_came = ui->now_ns - ui->score_came_ns < NS_PER_S;
    if (key == 's' && just_came)
        return; /* it was pressed for the score, which came by itself at that moment */
    if (score_cursor_key(ui, key))
        return;
    if (key == 's' || key == KEY_IS_ENTER || key == ' ')
        ui_go(ui, PAGE_RACE);
    else if (key == 'r')
        race_ask_or_begin(ui);
    else if (key == KEY_IS_ESCAPE)
        race_end(ui);
}
