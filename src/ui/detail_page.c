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

/* To a moment and stays there; where it is the one that is looked at there is none of that kind. */
static void go_to(struct ui *ui, uint64_t to, const char *what, int direction,
                  const struct moment_range *range)
{
    if (to == ui->moment.at)
        ui_say(ui, "no %s %s this", what, direction > 0 ? "after" : "before");
    moment_to(&ui->moment, to, range);
    ui->moment.paused = true;
}

/* Onto what the cursor stands on, and back to the whole run where it is that already. */
static void focus(struct ui *ui, const struct moment_range *range)
{
    uint64_t at, zoom_ns;
    if (!detail_focus(ui->timeline, &ui->look, &at, &zoom_ns)) {
        ui_say(ui, "nothing to zoom onto here: no hand-over before this moment");
        return;
    }
    bool there = ui->look.zoom_ns == zoom_ns && ui->moment.at == at;
    ui->look.zoom_ns = there ? 0 : zoom_ns;
    moment_to(&ui->moment, at, range);
    ui->moment.paused = true;
}

static void go_to_whom(struct ui *ui)
{
    if (!detail_whom(ui->timeline, &ui->look, &ui->look.thing))
        ui_say(ui, "it waits for no lane at this moment");
}

static void move_row(struct ui *ui, long rows)
{
    ui->look.thing = detail_move(ui->timeline, &ui->look, rows);
}

static void move_page(struct ui *ui, int direction)
{
    int rows = detail_page_rows(ui->timeline, &ui->look, ui->canvas.cols,
                                view_rows(&ui->look, ui->canvas.rows));
    move_row(ui, (long)rows * direction);
}

/* Keys that lead to a moment. */
static bool jump_key(struct ui *ui, uint32_t key, const struct moment_range *range)
{
    const struct look *look = &ui->look;
    int direction = key == '.' || key == 'h' || key == 'f' ? 1 : -1;
    switch (key) {
    case ',':
    case '.':
        go_to(ui, detail_step(ui->timeline, look, direction), "event", direction, range);
        return true;
    case 'h':
    case 'H':
        go_to(ui, detail_handover(ui->timeline, look, direction, false), "hand-over", direction,
              range);
        return true;
    case 'f':
    case 'F':
        go_to(ui, detail_handover(ui->timeline, look, direction, true), "forced hand-over",
              direction, range);
        return true;
    case 'z':
        focus(ui, range);
        return true;
    default:
        return false;
    }
}

static bool own_key(struct ui *ui, uint32_t key, const struct moment_range *range)
{
    switch (key) {
    case KEY_IS_UP:
    case KEY_IS_DOWN:
        move_row(ui, key == KEY_IS_DOWN ? 1 : -1);
        return true;
    case KEY_IS_PAGE_UP:
    case KEY_IS_PAGE_DOWN:
        move_page(ui, key == KEY_IS_PAGE_DOWN ? 1 : -1);
        return true;
    case 'w':
        go_to_whom(ui);
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
    if (sift_key(ui, key) || ui_key_everywhere(ui, key) || own_key(ui, key, &range))
        return;
    bool moved = jump_key(ui, key, &range);
    if (!moved && (key == KEY_IS_ENTER || key == KEY_IS_ESCAPE))
        ui_go(ui, PAGE_RACE);
    else if (moved || race_time_key(ui, key, &range))
        moment_stop_replay(&ui->moment);
}
