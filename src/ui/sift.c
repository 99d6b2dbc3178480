/*
 * Which lanes are listed and in which order: '/' and what is typed, 'o' for the next order. The picture
 * follows each letter. Enter keeps what was typed, Esc takes it away.
 */
#include "ui/state.h"

#include <string.h>

/* While it is typed all keys are its letters. */
static bool type_key(struct ui *ui, uint32_t key)
{
    size_t length = strlen(ui->filter);
    if (key == KEY_IS_ESCAPE) {
        ui->filter[0] = '\0';
        ui->look.filtering = false;
    } else if (key == KEY_IS_ENTER) {
        ui->look.filtering = false;
    } else if (key == KEY_IS_ERASE) {
        ui->look.filtering = length > 0;
        ui->filter[length > 0 ? length - 1 : 0] = '\0';
    } else if (key >= ' ' && key < 0x7f) {
        if (length + 1 < sizeof ui->filter) {
            ui->filter[length] = (char)key;
            ui->filter[length + 1] = '\0';
        }
    } else {
        return false; /* arrows go through what is listed meanwhile */
    }
    ui->look.lane_top = 0;
    ui->look.filter = ui->look.filtering || ui->filter[0] != '\0' ? ui->filter : NULL;
    return true;
}

bool sift_key(struct ui *ui, uint32_t key)
{
    struct look *look = &ui->look;
    if (look->filtering)
        return type_key(ui, key);
    if (key == '/') {
        look->filtering = true;
        look->filter = ui->filter;
        ui_say(ui,
               "type a lane (w12), a state (gil, io) or a task (t7); Enter keeps it, Esc ends it");
        return true;
    }
    if (key == 'o') {
        look->sort = (enum lane_sort)((look->sort + 1) % LANE_SORT_COUNT);
        look->thing = detail_first(ui->timeline, look);
        look->lane_top = 0;
        ui_say(ui, "lanes by %s", lane_sort_names[look->sort]);
        return true;
    }
    if (key == KEY_IS_ESCAPE && look->filter != NULL) {
        ui->filter[0] = '\0';
        look->filter = NULL;
        return true;
    }
    return false;
}
