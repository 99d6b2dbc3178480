/*
 * The table of keys, and the texts that are made of it. What a key does is in the page it belongs to
 * (pages.c, race_page.c); a test presses every key of this table.
 *
 * To add a key: a row here, and its case in the page.
 */
#include "ui/state.h"

#include <string.h>

const struct key_row key_rows[] = {
    { "enter", "start", "starts the race", "picker" },
    { "up down", "choose", "goes through the scenarios, parameters or models", "picker" },
    { "tab", "next pane", "goes on to the parameters, the models, the scenarios", "picker" },
    { "left right", "value", "makes a parameter smaller or greater", "picker" },
    { "type", "a value", "writes a parameter's value; Enter takes it, Esc leaves it as it was",
      "picker" },
    { "space", "model on/off", "takes a model into the race or leaves it out", "picker" },
    { "v", "staging", "in turns, split cores, or all together", "picker" },

    { "1..9", "answer", "says what you expect; the score tells whether it came true", "question" },
    { "space", "skip", "starts without an answer", "question" },
    { "esc", "back", "back to the scenarios", "question" },

    { "enter", "score", "while the race plays again: the figures and the verdict", "replay" },

    { "space", "pause", "stops the picture and lets it go on; never the work", "race" },
    { ", .", "step", "one picture back, one on, and stays there", "race" },
    { "[ ]", "marks", "to the mark before, to the next", "race" },
    { "- +", "speed", "slower, faster: from 1/10000 to 8", "race" },
    { "left right", "scrub", "back and on by a hundredth of the race", "race" },
    { "pgup pgdn", "tenths", "back and on by a tenth of the race", "race" },
    { "home", "start", "to the start", "race" },
    { "end", "live", "to the live end, or to the end of the race", "race" },
    { "enter", "detail", "the chosen model on the whole screen", "race" },
    { "s", "score", "the figures of all models, and the verdict", "race" },
    { "g", "GIL", "turns the GIL off and on while the race runs", "race" },
    { "tab", "column", "chooses the next model", "race" },
    { "up down", "lanes", "scrolls the lanes and tasks", "race" },
    { "1..7", "models", "hides a model's column, or shows it", "race" },
    { "r", "again", "runs the same race once more", "race" },
    { "v", "staging", "how the next race shares the cores", "race" },
    { "esc", "scenarios", "ends the race and goes back to the scenarios", "race" },

    { "esc", "race", "back to all models; Enter does the same", "detail" },
    { "up down", "row", "moves the cursor; what it stands on is explained below", "detail" },
    { "+ -", "zoom", "a shorter or a longer span, down to microseconds; 0: the whole run",
      "detail" },
    { ", .", "event", "to the event before, to the next", "detail" },
    { "left right", "time", "back and on by a hundredth of the axis", "detail" },
    { "space", "pause", "stops the picture and lets it go on", "detail" },
    { "[ ]", "marks", "to the mark before, to the next", "detail" },
    { "tab", "model", "the next model", "detail" },

    { "s", "race", "back to the race", "score" },
    { "r", "again", "runs the same race once more", "score" },
    { "esc", "scenarios", "back to the scenarios", "score" },

    { "up down", "scroll", "scrolls", "help" },
    { "esc", "back", "back to where you were", "help" },

    { "?", "help", "shows all keys and states", "everywhere" },
    { "q", "quit", "leaves lockstep; the terminal is as it was", "everywhere" },
    { NULL, NULL, NULL, NULL },
};

static void add_rows(struct buffer *line, const char *where)
{
    for (const struct key_row *row = key_rows; row->keys != NULL; row++) {
        if (strcmp(row->where, where) == 0)
            buffer_printf(line, "%s\t%s\n", row->keys, row->what);
    }
}

void keys_line(struct buffer *line, const char *where)
{
    buffer_clear(line);
    add_rows(line, where);
    if (strcmp(where, "replay") == 0)
        add_rows(line, "race");
    add_rows(line, "everywhere");
}

void keys_help(struct ui *ui)
{
    static const struct {
        const char *where, *heading;
    } parts[] = {
        { "race", "In a race" },
        { "replay", "While it plays again" },
        { "detail", "In one model" },
        { "score", "At the score" },
        { "picker", "Among the scenarios" },
        { "question", "At the question" },
        { "everywhere", "Everywhere" },
    };
    enum { LINES_MOST = sizeof ui->help / sizeof *ui->help - 1 };
    size_t offsets[LINES_MOST], count = 0;
    struct buffer *text = &ui->help_text;
    buffer_clear(text);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (count < LINES_MOST)
            offsets[count++] = text->size;
        buffer_append(text, parts[i].heading, strlen(parts[i].heading) + 1);
        for (const struct key_row *row = key_rows; row->keys != NULL; row++) {
            if (strcmp(row->where, parts[i].where) != 0 || count == LINES_MOST)
                continue;
            offsets[count++] = text->size;
            buffer_printf(text, "%s\t%s", row->keys, row->help);
            buffer_byte(text, '\0');
        }
    }
    for (size_t i = 0; i < count; i++)
        ui->help[i] = text->data + offsets[i];
    ui->help[count] = NULL;
    ui->look.help = ui->help;
}
