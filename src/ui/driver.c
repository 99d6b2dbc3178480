/*
 * The driver's side of the loop. Invariant: the driver's clock goes on by what passed on the loop's
 * clock, but while it has not begun or rests; it is asked again when that clock says so, or sooner.
 *
 * A person beside it has three keys: Space stops the demo and the picture and lets both go on, q and
 * Esc end it. Any other key says so.
 */
#include "ui/driver.h"

#include "ui/state.h"

#include "base/clock.h"

void driver_init(struct ui *ui)
{
    const struct ui_driver *driver = ui->options->driver;
    ui->driven.counted = driver != NULL && driver->cols > 0 && ui->options->replay != NULL;
    if (driver != NULL)
        ui->look.caption = "";
}

void driver_turn(struct ui *ui, uint64_t passed_ns)
{
    const struct ui_driver *driver = ui->options->driver;
    struct driven *driven = &ui->driven;
    if (driver == NULL || ui->leave)
        return;
    driven->due_ns = UINT64_MAX;
    if (!driven->began) {
        /* A recording is read first: the race's page moves by itself until then. */
        driven->began = ui->options->replay == NULL || ui->over;
        if (!driven->began)
            return;
        ui->dirty = true; /* its first picture is at the start */
    } else if (!driven->rests) {
        driven->at_ns += passed_ns;
    }
    if (driven->rests)
        return;
    uint64_t next = driver->turn(driver->context, ui, driven->at_ns);
    driven->due_ns = ui->now_ns + (next > driven->at_ns ? next - driven->at_ns : NS_PER_MS);
}

bool driver_takes_key(struct ui *ui, uint32_t key)
{
    if (ui->options->driver == NULL)
        return false;
    if (key == 'q' || key == KEY_IS_ESCAPE) {
        ui->leave = true;
    } else if (key == ' ') {
        ui->driven.rests = !ui->driven.rests;
        ui_say(ui, ui->driven.rests ? "the demo rests: space lets it go on, q ends it"
                                    : "the demo goes on");
    } else {
        ui_say(ui, "a demo is playing: space lets it rest, q ends it");
    }
    return true;
}

void driver_frame(struct ui *ui)
{
    const struct ui_driver *driver = ui->options->driver;
    if (driver != NULL && driver->frame != NULL && ui->driven.began && !ui->driven.rests)
        driver->frame(driver->context, &ui->canvas, &ui->look, ui->driven.at_ns);
}

/* ---- what it may know and do ---- */

const char *ui_page_name(unsigned page)
{
    return page < PAGE_COUNT ? pages[page].name : NULL;
}

void ui_see(const struct ui *ui, struct ui_seen *seen)
{
    *seen = (struct ui_seen){
        .page = pages[ui->page].name, .timeline = ui->timeline, .look = &ui->look, .over = ui->over
    };
    if (ui->timeline == NULL)
        return;
    struct moment_range range = race_range(ui);
    seen->live = range.live;
    seen->done = ui->over && ui->moment.at >= range.length_ns;
}

void ui_press(struct ui *ui, uint32_t key)
{
    pages[ui->page].key(ui, key);
}

void ui_caption(struct ui *ui, const char *caption, const char *pressed)
{
    ui->look.caption = caption;
    ui->look.pressed = pressed;
    ui->dirty = true;
}

void ui_set_speed(struct ui *ui, double speed)
{
    moment_set_speed(&ui->moment, speed);
    ui->dirty = true;
}

void ui_leave(struct ui *ui, int status)
{
    ui->leave = true;
    ui->status = status;
}
