/*
 * R: the recording of the race gets a name. It is there all along, so this can be asked for at any
 * time, also after the race, and it costs the race nothing: each turn of the loop does a little of
 * it (race/save.h).
 */
#include "base/clock.h"
#include "ui/state.h"

#include <poll.h>
#include <stdlib.h>

enum { MOVE_MS = 4 };

static void begin(struct ui *ui, const char *path)
{
    struct error error;
    ui->save = save_begin(race_recording_fd(ui->race), path, &error);
    ui->look.recording = ui->save != NULL;
    if (ui->save == NULL)
        ui_say(ui, "%s", error.text);
}

void keep_begin(struct ui *ui)
{
    if (ui->options->record != NULL)
        begin(ui, ui->options->record);
}

void keep_key(struct ui *ui)
{
    if (ui->race == NULL) {
        ui_say(ui, "this is a recording: it is kept already");
    } else if (ui->save != NULL && save_state(ui->save) != SAVE_FAILED) {
        ui_say(ui, "%s", save_said(ui->save));
    } else {
        save_free(ui->save);
        char *name = save_name(race_meta(ui->race));
        begin(ui, name);
        free(name);
        if (ui->save != NULL)
            ui_say(ui, "%s", save_said(ui->save));
    }
}

void keep_turn(struct ui *ui)
{
    if (ui->save == NULL)
        return;
    enum save_state before = save_state(ui->save);
    enum save_state now = save_move(ui->save, race_recorded(ui->race),
                                    ui->over ? ui->timeline : NULL, MOVE_MS * NS_PER_MS);
    ui->look.recording = (now == SAVE_GROWS || now == SAVE_PACKS) && race_trouble(ui->race) == NULL;
    if (now == before)
        return;
    ui->dirty = true;
    if (now == SAVE_DONE || now == SAVE_FAILED)
        ui_say(ui, "%s", save_said(ui->save));
}

bool keep_moves(const struct ui *ui)
{
    return ui->save != NULL && ui->over && save_state(ui->save) <= SAVE_PACKS;
}

void keep_hint(struct ui *ui)
{
    /* What ended it, a killed worker say, is worth more. */
    if (ui->save == NULL && ui->message_until_ns == 0)
        ui_say(ui, "R keeps the recording of this race");
}

/* A copy has its end only when the race does: for whoever leaves before, the race is stopped, which
 * is bounded (race_stop()). What is linked gets its end without anybody waiting here. */
static void end_copy(struct ui *ui)
{
    race_stop(ui->race);
    while (race_poll(ui->race))
        poll(NULL, 0, race_timeout_ms(ui->race));
    save_move(ui->save, race_recorded(ui->race), NULL, 0);
}

void keep_end(struct ui *ui)
{
    if (ui->save != NULL && save_copies(ui->save) && !race_over(ui->race))
        end_copy(ui);
    /* What was asked for after the race has its name only when it is packed. */
    while (keep_moves(ui))
        save_move(ui->save, race_recorded(ui->race), ui->timeline, 0);
    save_free(ui->save);
    ui->save = NULL;
    ui->look.recording = false;
}
