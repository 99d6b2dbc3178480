/*
 * The detail page: one model of the race on the whole screen. It has a cursor of its own, the row and
 * the moment; all else of time is as on the race's page.
 */
#include "ui/state.h"

/* The moment by a hundredth of what the axis spans. */
static void scrub(struct ui *ui, int direction, const struct moment_range *range)
{
    uint64_t t0, t1, at = ui->moment.at;
    detail_span(ui->timeline, &ui->look, &t0, &t1);
    uint64_t step = (t1 - t0) / 100 > 0 ? (t1 - t0) / 100 : 1;
    moment_to(&ui->moment, direction > 0 ? at + step : at > step ? at - step : 0, range);
}

static void step(struct ui *ui, int direction, const struct moment_range *range)
{
    uint64_t to = timeline_step(ui->timeline, (size_t)ui->look.column, ui->moment.at, direction);
    ui->moment.paused = true;
    if (to == ui->moment.at)
        ui_say(ui, direction > 0 ? "no event after this" : "no event before this");
    moment_to(&ui->moment, to, range);
}

static void move_row(struct ui *ui, long rows)
{
    ui->look.thing = detail_move(ui->timeline, &ui->look, rows);
}

static bool own_key(struct ui *ui, uint32_t key, const struct moment_range *range)
{
    switch (key) {
    case KEY_IS_UP:
    case KEY_IS_DOWN:
        move_row(ui, key == KEY_IS_DOWN ? 1 : -1);
        return true;
    case '+':
    case '=':
    case '-':
    case '_':
        ui->look.zoom_ns = detail_zoom(ui->timeline, &ui->look, key == '+' || key == '=' ? 1 : -1);
        return true;
    case '0':
        ui->look.zoom_ns = 0;
        return true;
    case KEY_IS_LEFT:
    case KEY_IS_RIGHT:
        moment_stop_replay(&ui->moment);
        scrub(ui, key == KEY_IS_RIGHT ? 1 : -1, range);
        return true;
    case ',':
    case '.':
        moment_stop_replay(&ui->moment);
        step(ui, key == '.' ? 1 : -1, range);
        return true;
    case KEY_IS_TAB:
    case KEY_IS_BACK_TAB:
        race_next_column(ui, key == KEY_IS_TAB ? 1 : -1);
        return true;
    default:
        return false;
    }
}

void detail_key(struct ui *ui, uint32_t key)
{
    struct moment_range range = race_range(ui);
    ui->dirty = true;
    if (ui_key_everywhere(ui, key) || own_key(ui, key, &range))
        return;
    if (key == KEY_IS_ENTER || key == KEY_IS_ESCAPE)
        ui_go(ui, PAGE_RACE);
    else if (race_time_key(ui, key, &range))
        moment_stop_replay(&ui->moment);
}
