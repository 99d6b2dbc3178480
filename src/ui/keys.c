/*
 * The table of keys, and the texts that are made of it. What a key does is in the page it belongs to
 * (pages.c, race_page.c); a test presses every key of this table.
 *
 * To add a key: a row here, and its case in the page.
 */
#include "ui/state.h"

#include <string.h>

const struct key_row key_rows[] = {
    { "enter", "start", "starts the race", "picker", false },
    { "up down", "choose", "goes through the scenarios, parameters or models", "picker", false },
    { "tab", "next pane", "goes on to the parameters, the models, the scenarios", "picker", false },
    { "left right", "value", "makes a parameter smaller or greater", "picker", false },
    { "type", "a value", "writes a parameter's value; Enter takes it, Esc leaves it as it was",
      "picker", false },
    { "space", "model on/off", "takes a model into the race or leaves it out", "picker", false },
    { "v", "staging", "in turns, split cores, or all together", "picker", false },

    { "1..9", "answer", "says what you expect; the score tells whether it came true", "question",
      false },
    { "space", "skip", "starts without an answer", "question", false },
    { "esc", "back", "back to the scenarios", "question", false },

    { "enter", "score", "while the race plays again: the figures and the verdict", "replay", true },

    { "space", "pause", "stops the picture and lets it go on; never the work", "race", true },
    { ", .", "step", "one picture back, one on, and stays there", "race", false },
    { "[ ]", "marks", "to the mark before, to the next", "race", false },
    { "- +", "speed", "slower, faster: from 1/10000 to 8", "race", false },
    { "left right", "scrub", "back and on by a hundredth of the race", "race", true },
    { "enter", "detail", "the chosen model on the whole screen", "race", true },
    { "tab", "column", "chooses the next model", "race", false },
    { "s", "score", "the figures of all models, and the verdict", "race", false },
    { "x", "explain", "what a row shows, in words; Up and Down go to others, Tab to other models",
      "race", false },
    { "p", "presenter", "larger and fewer, with a caption, for the last row of a room", "race",
      false },
    { "m", "mark",
      "sets a mark at this moment: while the race goes on in the recording, later one of your own; "
      "again takes that away",
      "race", false },
    { "end", "live", "to the live end, or to the end of the race", "race", false },
    { "home", "start", "to the start", "race", false },
    { "pgup pgdn", "tenths", "back and on by a tenth of the race", "race", false },
    { "{ }", "lanes", "scrolls the lanes and tasks; Shift with up and down does, too", "race",
      false },
    { "/", "filter", "only lanes and tasks with this name, state or task; Esc: all again", "race",
      false },
    { "o", "order", "lanes by name, state, longest wait or CPU", "race", false },
    { "1..7", "models", "hides a model's column, or shows it", "race", false },
    { "r", "again", "runs the same race once more", "race", false },
    { "R", "record",
      "keeps the recording under a name, also after the race; REC stands on top meanwhile", "hands",
      false },
    { "v", "staging", "how the next race shares the cores", "race", false },
    { "esc", "scenarios", "puts the knob away; then ends the race and goes back to the scenarios",
      "race", false },

    { "up down", "row", "another row is explained", "cursor", true },
    { "esc", "no cursor", "nothing is explained any more; x does the same", "cursor", true },

    { "up down", "knob", "chooses a knob; after the race one of the next", "hands", true },
    { "< >", "turn it", "turns the knob down or up at once; Shift with left and right does, too",
      "hands", false },
    { "g", "GIL", "turns the GIL off and on while the race runs", "hands", false },
    { "b", "block", "lets one worker make a blocking call", "hands", false },
    { "k", "kill", "kills a worker; where workers are threads of one process, that is all of it",
      "hands", false },
    { "u", "burst", "submits a tenth of the tasks on top; the crowd of a service speaks at once",
      "hands", false },

    { "esc", "race", "back to all models; Enter does the same", "detail", false },
    { "up down", "row", "moves the cursor; what it stands on is explained below", "detail", false },
    { "h H", "hand-over", "to the GIL's next hand-over, to the one before; f F: forced ones only",
      "detail", false },
    { "z", "zoom onto", "onto what the cursor is on: a state, the last hand-over; again: back",
      "detail", false },
    { "+ -", "zoom", "a shorter or a longer span, down to a microsecond; 0: the whole run",
      "detail", false },
    { "w", "whom", "to the lane that the cursor's waits for; from the GIL to its holder", "detail",
      false },
    { ", .", "event", "to the event before, to the next; on a lane or task: of that one", "detail",
      false },
    { "/", "filter", "only lanes and tasks with this name, state or task; Esc: all again", "detail",
      false },
    { "o", "order", "lanes by name, state, longest wait or CPU", "detail", false },
    { "left right", "time", "back and on by a hundredth of the axis", "detail", false },
    { "pgup pgdn", "page", "moves the cursor by a page of rows", "detail", false },
    { "space", "pause", "stops the picture and lets it go on", "detail", false },
    { "[ ]", "marks", "to the mark before, to the next", "detail", false },
    { "tab", "model", "the next model; moment and zoom stay", "detail", false },

    { "up down", "cursor", "over what is wrong, then over the figures; each is explained below",
      "score", false },
    { "enter", "moment", "to the moment that shows best what is wrong, of that model", "score",
      false },
    { "pgup pgdn", "scroll", "to what does not fit", "score", false },
    { "tab", "model", "the model whose figure is explained", "score", false },
    { "s", "race", "back to the race", "score", false },
    { "r", "again", "runs the same race once more", "score", false },
    { "esc", "scenarios", "back to the scenarios", "score", false },

    { "up down", "scroll", "scrolls", "help", false },
    { "esc", "back", "back to where you were", "help", false },

    { "?", "help", "shows all keys and states", "everywhere", false },
    { "q", "quit", "leaves lockstep; the terminal is as it was", "everywhere", false },
    { NULL, NULL, NULL, NULL, false },
};

static void add_rows(struct buffer *line, const char *where, size_t length, bool early)
{
    for (const struct key_row *row = key_rows; row->keys != NULL; row++) {
        if (row->early == early && strlen(row->where) == length &&
            strncmp(row->where, where, length) == 0)
            buffer_printf(line, "%s\t%s\n", row->keys, row->what);
    }
}

void keys_line(struct buffer *line, const char *where)
{
    buffer_clear(line);
    for (int late = 0; late < 2; late++) {
        for (const char *at = where; *at != '\0';) {
            size_t length = strcspn(at, " ");
            add_rows(line, at, length, late == 0);
            at += length + (at[length] == ' ');
        }
    }
    add_rows(line, "everywhere", strlen("everywhere"), false);
}

void keys_help(struct ui *ui)
{
    static const struct {
        const char *where, *heading;
    } parts[] = {
        { "race", "In a race" },
        { "hands", "Hands on, while it runs" },
        { "cursor", "While a row is explained" },
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
