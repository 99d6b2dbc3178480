/*
 * Hands on: the knobs of the race and what else a hand does to it while it runs. What is turned goes
 * to the race, which makes it an event; the screen shows it when it comes back in the trace.
 *
 * A knob that cannot be turned says why. When the race is over the knobs are those of the next one.
 */
#include "base/clock.h"
#include "ui/state.h"

#include <stdio.h>
#include <string.h>

/* So long at most a mark is on its way into the recording and back; a pause is fed meanwhile. */
enum { CATCH_UP_MS = 500 };

static bool can_turn(const struct ui *ui)
{
    return ui->race != NULL && !ui->over && !race_over(ui->race);
}

/* ---- the row of knobs ---- */

static const struct param *param_of(const struct ui *ui, size_t hand)
{
    return &choice_plan(&ui->choice)->params[ui->hands.param[hand]];
}

static int64_t value_of(const struct ui *ui, size_t hand)
{
    int param = ui->hands.param[hand];
    return can_turn(ui) ? race_param(ui->race, param) : ui->choice.values[param];
}

static void fill_row(struct ui *ui, size_t hand)
{
    const struct param *param = param_of(ui, hand);
    struct hands *hands = &ui->hands;
    hands->rows[hand] = (struct knob_row){
        .name = param->name,
        .value = value_print(param->unit, param->choices, value_of(ui, hand), hands->value[hand],
                             sizeof hands->value[hand]),
        .help = param->help,
        .live = param->live,
    };
    if (param->unit == UNIT_BOOL || param->unit == UNIT_CHOICE)
        return;
    hands->rows[hand].low = value_print(param->unit, param->choices, param->low, hands->low[hand],
                                        sizeof hands->low[hand]);
    hands->rows[hand].high = value_print(param->unit, param->choices, param->high,
                                         hands->high[hand], sizeof hands->high[hand]);
}

void hands_fill(struct ui *ui)
{
    struct hands *hands = &ui->hands;
    struct look *look = &ui->look;
    const struct plan *plan = choice_plan(&ui->choice);
    bool live = can_turn(ui);
    int chosen = look->hand < look->hand_count ? hands->param[look->hand] : -1;
    look->hand_count = 0;
    for (size_t i = 0; ui->race != NULL && i < ui->choice.knob_count; i++) {
        int param = ui->choice.knob_param[i];
        if (live && !plan->params[param].live)
            continue;
        if (param == chosen) /* the list changes when the race is over: the chosen one stays */
            look->hand = look->hand_count;
        hands->param[look->hand_count] = param;
        fill_row(ui, look->hand_count++);
    }
    if (look->hand >= look->hand_count)
        look->hand = 0;
    look->hands = hands->rows;
    look->hand_next = !live;
    if (look->hand_count == 0)
        look->hand_shown = false;
}

/* ---- keys ---- */

static bool no_hands(struct ui *ui)
{
    if (ui->race == NULL)
        ui_say(ui, "a replay cannot be turned; Esc goes to the scenarios, where races run");
    return ui->race == NULL;
}

/* What is done to a race that runs, and only there. */
static bool not_running(struct ui *ui)
{
    if (no_hands(ui))
        return true;
    if (!can_turn(ui))
        ui_say(ui, "the race is over: r runs it again, and this works while it runs");
    return !can_turn(ui);
}

static void choose(struct ui *ui, int direction)
{
    struct look *look = &ui->look;
    if (no_hands(ui) || look->hand_count == 0)
        return;
    if (look->hand_shown)
        look->hand = (look->hand + look->hand_count + (size_t)direction) % look->hand_count;
    look->hand_shown = true;
}

static void turn(struct ui *ui, int direction)
{
    struct look *look = &ui->look;
    if (no_hands(ui) || look->hand_count == 0)
        return;
    look->hand_shown = true;
    const struct param *param = param_of(ui, look->hand);
    int64_t before = value_of(ui, look->hand), after = param_step(param, before, direction);
    if (after == before) {
        ui_say(ui, "%s is at its %s: %s", param->name, direction > 0 ? "most" : "least",
               ui->hands.value[look->hand]);
        return;
    }
    int index = ui->hands.param[look->hand];
    if (can_turn(ui))
        race_turn_knob(ui->race, index, after);
    else
        ui->choice.values[index] = after;
    fill_row(ui, look->hand);
    const char *idle = can_turn(ui) ? race_knob_idle(ui->race, index) : NULL;
    if (idle != NULL)
        ui_say(ui, "%s", idle);
    if (!can_turn(ui))
        ui_say(ui, "%s is %s when it runs again (r)", param->name, ui->hands.value[look->hand]);
}

static void turn_gil(struct ui *ui)
{
    if (not_running(ui))
        return;
    int64_t on = !race_param(ui->race, PARAM_GIL);
    race_turn_knob(ui->race, PARAM_GIL, on);
    const char *idle = race_knob_idle(ui->race, PARAM_GIL);
    ui_say(ui, "the GIL is %s from now on%s%s", on ? "on" : "off", idle != NULL ? ": " : "",
           idle != NULL ? idle : "");
}

/* It says what it did, or why it cannot be done now. */
static void lay_hand(struct ui *ui, enum hand hand)
{
    if (not_running(ui))
        return;
    const char *why = race_hand(ui->race, hand);
    ui_say(ui, "%s", why != NULL ? why : race_said(ui->race));
}

bool hands_key(struct ui *ui, uint32_t key)
{
    switch (key) {
    case KEY_IS_UP:
    case KEY_IS_DOWN:
        choose(ui, key == KEY_IS_DOWN ? 1 : -1);
        return true;
    case '<':
    case KEY_IS_SHIFT_LEFT:
        turn(ui, -1);
        return true;
    case '>':
    case KEY_IS_SHIFT_RIGHT:
        turn(ui, 1);
        return true;
    case 'g':
        turn_gil(ui);
        return true;
    case 'b':
        lay_hand(ui, HAND_BLOCK);
        return true;
    case 'k':
        lay_hand(ui, HAND_KILL);
        return true;
    case 'u':
        lay_hand(ui, HAND_BURST);
        return true;
    default:
        return false;
    }
}

/* ---- marks ---- */

/* In each run that had come so far at the moment, of those that are written. False: nobody writes any
 * more, or nothing had begun. */
static bool mark_the_past(struct ui *ui)
{
    bool marked = false;
    for (size_t run = 0; can_turn(ui) && run < timeline_runs(ui->timeline); run++) {
        struct run_brief brief;
        timeline_run(ui->timeline, run, &brief);
        if (!brief.gone || brief.length_ns < ui->moment.at)
            continue;
        race_mark_at(ui->race, run, ui->moment.at, MARK_USER);
        marked = true;
    }
    return marked;
}

/* While the race goes on a mark is an event, which everybody sees who opens the recording; of a race
 * that is over, and of a replay, it is the viewer's own for as long as he looks. */
void hands_mark(struct ui *ui)
{
    struct look *look = &ui->look;
    if (can_turn(ui) && ui->moment.following && race_live_run(ui->race) >= 0) {
        race_mark(ui->race, MARK_USER);
        ui_say(ui, "marked, in the recording too; [ and ] go to marks");
        return;
    }
    if (mark_the_past(ui)) {
        ui->catch_up_ns = ui->now_ns + CATCH_UP_MS * NS_PER_MS;
        ui_say(ui, "this moment is marked, in the recording too; [ and ] go to marks");
        return;
    }
    for (size_t i = 0; i < look->own_marks; i++) {
        if (look->own_mark[i] != look->moment)
            continue;
        look->own_mark[i] = look->own_mark[--look->own_marks];
        ui_say(ui, "the mark is gone");
        return;
    }
    if (look->own_marks == LOOK_MARKS_MAX) {
        ui_say(ui, "there are %d marks of your own: m on one of them takes it away",
               LOOK_MARKS_MAX);
        return;
    }
    look->own_mark[look->own_marks++] = look->moment;
    ui_say(ui, "marked, for as long as you look; [ and ] go to marks, m here takes it away");
}
