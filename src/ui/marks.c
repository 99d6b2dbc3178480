/*
 * From mark to mark: those of the shown runs and the viewer's own. In a recording that is being read
 * the next one may not be here yet: then it is wished for.
 */
#include "ui/state.h"

const char *race_model_title(const struct ui *ui, size_t run)
{
    const struct meta *meta = timeline_meta(ui->timeline);
    return meta != NULL && run < meta->run_count ? meta->runs[run].title : "";
}

struct nearest {
    uint64_t t;
    const char *model, *label; /* label: NULL while none is found */
};

static void nearer(struct nearest *best, uint64_t at, int direction, struct nearest mark)
{
    bool beyond = direction > 0 ? mark.t > at : mark.t < at;
    if (beyond && (best->label == NULL || (direction > 0 ? mark.t < best->t : mark.t > best->t)))
        *best = mark;
}

void race_go_to_mark(struct ui *ui, int direction, const struct moment_range *range)
{
    struct nearest best = { .label = NULL };
    for (size_t run = 0; run < timeline_runs(ui->timeline); run++) {
        const struct mark *marks;
        size_t count = timeline_marks(ui->timeline, run, &marks);
        for (size_t i = 0; i < count && !ui->look.hidden[run]; i++)
            nearer(&best, ui->moment.at, direction,
                   (struct nearest){ marks[i].t, race_model_title(ui, run), marks[i].label });
    }
    for (size_t i = 0; i < ui->look.own_marks; i++)
        nearer(&best, ui->moment.at, direction,
               (struct nearest){ ui->look.own_mark[i], "you", "mark" });
    if (best.label == NULL && direction > 0 && reading_goes_on(ui)) {
        moment_wish_mark(&ui->moment);
        return;
    }
    if (best.label == NULL) {
        ui->moment.wish = WISH_NONE;
        ui_say(ui, direction > 0 ? "no mark after this" : "no mark before this");
        return;
    }
    moment_to(&ui->moment, best.t, range);
    ui->moment.paused = true;
    ui_say(ui, "%s: %s", best.model, best.label);
}
