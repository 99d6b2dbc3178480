/*
 * A recording that is being read: how much of it is here, how long it will be, and what the viewer
 * wished for that was not read yet.
 *
 * Invariant: the part that was read is looked at as a whole recording is; a wish changes nothing of it
 * until it comes true. How long it will take is measured: the bytes to read, at the pace so far.
 */
#include "base/clock.h"
#include "base/format.h"
#include "ui/state.h"

#include <stdio.h>
#include <string.h>

enum { PACE_MS = 500 }; /* no pace is told of a shorter time */

bool reading_goes_on(const struct ui *ui)
{
    return ui->follow != NULL && ui->race == NULL && !ui->over;
}

/* Before the first picture of it, and when all of it is here. */
void reading_tell(struct ui *ui)
{
    bool beside = ui->options->beside != NULL && ui->options->beside[0] != NULL;
    const char *more = beside ? " and what stands beside it" : "";
    char rows[200];
    bool filed = follow_rows(ui->timeline, rows, sizeof rows);
    if (!ui->over && timeline_meta(ui->timeline) == NULL)
        ui_say(ui, "reading %s%s", ui->options->replay, more);
    else if (ui->over && ui->options->driver == NULL)
        ui_say(ui, "%s%s: read%s%s", ui->options->replay, more, filed ? "; " : "",
               filed ? rows : "");
}

/* "12 s left", of the bytes up to a place; "" while nobody knows. */
static void left_until(const struct ui *ui, uint64_t place, char *text, size_t size)
{
    uint64_t done, of, passed = ui->now_ns - ui->reading_since_ns;
    follow_position(ui->follow, &done, &of);
    text[0] = '\0';
    if (passed < PACE_MS * NS_PER_MS || done == 0)
        return;
    double left_ns = place > done ? (double)(place - done) / (double)done * (double)passed : 0;
    snprintf(text, size, ", %.0f s left", left_ns / NS_PER_S + 0.5);
}

static void say_wish(struct ui *ui, uint64_t whole_ns)
{
    const struct moment *moment = &ui->moment;
    char what[40] = "the next mark is looked for", left[40];
    uint64_t done, place;
    follow_position(ui->follow, &done, &place);
    if (moment->wish == WISH_TIME) {
        char clock[FORMAT_SIZE];
        place = follow_place_of(ui->follow, moment->wish_ns);
        if (moment->wish_ns >= whole_ns)
            snprintf(what, sizeof what, "the end is being read");
        else
            snprintf(what, sizeof what, "%s is being read",
                     format_duration(clock, sizeof clock, moment->wish_ns));
    }
    left_until(ui, place, left, sizeof left);
    snprintf(ui->wish, sizeof ui->wish, "%s%s%s; any key of time takes the wish back", what, left,
             moment->wish == WISH_MARK && left[0] != '\0' ? " at most" : "");
    ui->look.reading.wish = ui->wish;
}

void reading_look(struct ui *ui)
{
    struct look_reading *reading = &ui->look.reading;
    *reading = (struct look_reading){ .on = reading_goes_on(ui) };
    if (!reading->on)
        return;
    if (ui->reading_since_ns == 0)
        ui->reading_since_ns = ui->now_ns;
    uint64_t done, of;
    follow_position(ui->follow, &done, &of);
    reading->percent = of > 0 ? (unsigned)(done * 100 / of) : 100;
    for (size_t run = 0; run < LOOK_MODELS_MAX; run++)
        reading->length_ns[run] = follow_foretold(ui->follow, run);
    reading->wished = ui->moment.wish != WISH_NONE;
    reading->wish_ns = ui->moment.wish == WISH_TIME ? ui->moment.wish_ns : 0;
    if (reading->wished)
        say_wish(ui, view_length(ui->timeline, &ui->look));
}
