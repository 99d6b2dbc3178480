/*
 * The words of a demo script: the table, and a reader for each. A reader takes the words of its line
 * from the first argument on and says what is wrong with the word it is at; what it leaves over is
 * told by who called it.
 */
#include "demo/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "draw/utf8.h"
#include "scenario/plan.h"
#include "timeline/timeline.h"
#include "ui/driver.h"
#include "ui/key_names.h"

enum { NAMES_MAX = 64, TIMES_MAX = 1000, LONGEST_S = 600 };

/* ---- what readers share ---- */

static const struct demo_token *peek(const struct demo_line *line)
{
    return line->at < line->count ? &line->tokens[line->at] : NULL;
}

/* The next word; where there is none the line lacks `what`. */
static const struct demo_token *take(struct demo_line *line, const char *what)
{
    const struct demo_token *token = peek(line);
    if (token == NULL)
        demo_wrong(line, line->end, "%s is missing", what);
    else
        line->at++;
    return token;
}

/* The next word is this one: it is taken. */
static bool take_if(struct demo_line *line, const char *word)
{
    const struct demo_token *token = peek(line);
    bool there = token != NULL && !token->quoted && strcmp(token->text, word) == 0;
    line->at += there;
    return there;
}

static bool unknown(const struct demo_line *line, const struct demo_token *token, const char *kind,
                    const char *const *names)
{
    const char *near = nearest_name(token->text, names);
    char known[300] = "";
    if (near != NULL)
        return demo_wrong(line, token->column, "there is no %s '%.40s', nearest is '%s'", kind,
                          token->text, near);
    for (size_t i = 0; names[i] != NULL; i++) {
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    return demo_wrong(line, token->column, "there is no %s '%.40s'; there are %s", kind,
                      token->text, known);
}

static bool take_time(struct demo_line *line, uint64_t *ns, bool from_zero)
{
    struct error inner;
    int64_t value;
    const struct demo_token *token = take(line, "a time like 2s or 500ms");
    if (token == NULL)
        return false;
    if (!value_parse(UNIT_DURATION, NULL, token->text, &value, &inner))
        return demo_wrong(line, token->column, "%s", inner.text);
    if (value > LONGEST_S * (int64_t)NS_PER_S || (value < (int64_t)NS_PER_MS && !from_zero))
        return demo_wrong(line, token->column, "'%.40s' is not from 1ms to %ds", token->text,
                          LONGEST_S);
    *ns = (uint64_t)value;
    return true;
}

/* A text for people, not too long for its place. */
static bool take_text(struct demo_line *line, const char *what, char **text)
{
    const struct demo_token *token = take(line, what);
    if (token == NULL)
        return false;
    if (utf8_columns(token->text) > DEMO_SAY_MAX)
        return demo_wrong(line, token->column, "more than %d characters", DEMO_SAY_MAX);
    *text = mem_string(token->text);
    return true;
}

static bool only_once(const struct demo_line *line, bool before)
{
    return !before ||
           demo_wrong(line, line->tokens[0].column, "'%s' is said twice", line->tokens[0].text);
}

/* ---- head lines ---- */

static bool read_run(struct demo_script *script, struct demo_line *line)
{
    if (!only_once(line, script->run[0] != NULL))
        return false;
    if (script->replay != NULL)
        return demo_wrong(line, 1, "a demo shows a recording or runs a scenario, not both");
    if (peek(line) == NULL)
        return demo_wrong(line, line->end, "a scenario is missing, like scraper");
    if (line->count > DEMO_RUN_WORDS_MAX)
        return demo_wrong(line, line->tokens[DEMO_RUN_WORDS_MAX].column, "more than %d words",
                          DEMO_RUN_WORDS_MAX);
    for (size_t i = 0; i < line->count; i++)
        script->run[i] = mem_string(line->tokens[i].text);
    script->run_line = line->number;
    line->at = line->count;
    return true;
}

static bool read_replay(struct demo_script *script, struct demo_line *line)
{
    if (!only_once(line, script->replay != NULL))
        return false;
    if (script->run[0] != NULL)
        return demo_wrong(line, 1, "a demo shows a recording or runs a scenario, not both");
    const struct demo_token *token = take(line, "a recording");
    if (token == NULL || token->text[0] == '\0')
        return token != NULL ? demo_wrong(line, token->column, "the recording's name is empty")
                             : false;
    script->replay = mem_string(token->text);
    return true;
}

static bool read_size(struct demo_script *script, struct demo_line *line)
{
    if (!only_once(line, script->cols != 0))
        return false;
    const struct demo_token *token = take(line, "a size like 100x30");
    if (token == NULL)
        return false;
    int cols, rows;
    char rest;
    bool digits = strspn(token->text, "0123456789x") == strlen(token->text);
    if (!digits || strlen(token->text) > 9 ||
        sscanf(token->text, "%4dx%4d%c", &cols, &rows, &rest) != 2)
        return demo_wrong(line, token->column,
                          "'%.40s' is no size; write COLUMNSxROWS, like 100x30", token->text);
    if (cols < VIEW_MIN_COLS || rows < VIEW_MIN_ROWS || cols > DEMO_COLS_MAX ||
        rows > DEMO_ROWS_MAX)
        return demo_wrong(line, token->column, "%s is not from %dx%d to %dx%d", token->text,
                          VIEW_MIN_COLS, VIEW_MIN_ROWS, DEMO_COLS_MAX, DEMO_ROWS_MAX);
    script->cols = cols;
    script->rows = rows;
    return true;
}

static bool read_theme(struct demo_script *script, struct demo_line *line)
{
    const char *names[NAMES_MAX];
    size_t count = 0;
    if (!only_once(line, script->theme != NULL))
        return false;
    for (; themes[count] != NULL && count + 1 < NAMES_MAX; count++)
        names[count] = themes[count]->name;
    names[count] = NULL;
    const struct demo_token *token = take(line, "the name of a theme");
    if (token == NULL)
        return false;
    script->theme = theme_find(token->text);
    return script->theme != NULL || unknown(line, token, "theme", names);
}

/* ---- steps ---- */

/* "x20" behind a key. */
static bool is_times(const char *text)
{
    return text[0] == 'x' && text[1] != '\0' && strspn(text + 1, "0123456789") == strlen(text + 1);
}

static bool unknown_key(const struct demo_line *line, const struct demo_token *token)
{
    const char *names[NAMES_MAX];
    size_t count = 0;
    for (; key_names[count].name != NULL && count + 1 < NAMES_MAX; count++)
        names[count] = key_names[count].name;
    names[count] = NULL;
    const char *near = nearest_name(token->text, names);
    if (near != NULL)
        return demo_wrong(line, token->column, "there is no key '%.40s', nearest is '%s'",
                          token->text, near);
    return demo_wrong(line, token->column,
                      "there is no key '%.40s'; keys are space, enter, left, pgup, ... or one "
                      "character",
                      token->text);
}

static bool read_key(struct demo_script *script, struct demo_line *line)
{
    const struct demo_token *token = take(line, "a key like space");
    if (token == NULL)
        return false;
    for (; token != NULL; token = peek(line) != NULL ? take(line, "") : NULL) {
        uint32_t key = key_named(token->text);
        if (key == KEY_IS_NONE)
            return unknown_key(line, token);
        struct demo_step *step = demo_step_add(script, line, DEMO_KEY);
        if (step == NULL)
            return false;
        step->key = key;
        step->times = 1;
        step->text = mem_string(token->text);
        const struct demo_token *times = peek(line);
        if (times == NULL || !is_times(times->text))
            continue;
        line->at++;
        unsigned long count = strlen(times->text) < 8 ? strtoul(times->text + 1, NULL, 10) : 0;
        if (count < 1 || count > TIMES_MAX)
            return demo_wrong(line, times->column, "'%.40s' is not from x1 to x%d", times->text,
                              TIMES_MAX);
        step->times = (uint32_t)count;
    }
    return true;
}

static bool read_type(struct demo_script *script, struct demo_line *line)
{
    char *text;
    if (!take_text(line, "what is typed", &text))
        return false;
    struct demo_step *step = demo_step_add(script, line, DEMO_TYPE);
    if (step != NULL)
        step->text = text;
    else
        free(text);
    return step != NULL;
}

static bool read_wait(struct demo_script *script, struct demo_line *line)
{
    struct demo_step *step = demo_step_add(script, line, DEMO_WAIT);
    return step != NULL && take_time(line, &step->ns, false);
}

static bool read_mark(struct demo_line *line, struct demo_step *step)
{
    const char *names[NAMES_MAX];
    unsigned count = 0;
    const struct demo_token *token = take(line, "the name of a mark, like first-handover");
    if (token == NULL)
        return false;
    for (; (names[count] = mark_word(count)) != NULL; count++) {
        if (strcmp(names[count], token->text) == 0) {
            step->mark = count;
            return true;
        }
    }
    return unknown(line, token, "mark", names);
}

static bool read_page(struct demo_line *line, struct demo_step *step)
{
    const char *names[NAMES_MAX];
    unsigned count = 0;
    const struct demo_token *token = take(line, "the name of a page, like race");
    if (token == NULL)
        return false;
    for (; (names[count] = ui_page_name(count)) != NULL; count++) {
        if (strcmp(names[count], token->text) == 0) {
            step->name = names[count];
            return true;
        }
    }
    return unknown(line, token, "page", names);
}

static bool read_moment(struct demo_line *line, struct demo_step *step)
{
    return take_time(line, &step->moment_ns, true);
}

/* What `until` waits for. */
static const struct {
    const char *name;
    enum demo_until until;
    bool (*read)(struct demo_line *line, struct demo_step *step);
} untils[] = {
    { "live", DEMO_UNTIL_LIVE, NULL },
    { "over", DEMO_UNTIL_OVER, NULL },
    { "done", DEMO_UNTIL_DONE, NULL },
    { "mark", DEMO_UNTIL_MARK, read_mark },
    { "moment", DEMO_UNTIL_MOMENT, read_moment },
    { "page", DEMO_UNTIL_PAGE, read_page },
};
enum { UNTILS = sizeof untils / sizeof *untils };

static bool read_until(struct demo_script *script, struct demo_line *line)
{
    const char *names[UNTILS + 1] = { NULL };
    const struct demo_token *token =
        take(line, "what is waited for (live, over, done, mark, moment or page)");
    if (token == NULL)
        return false;
    struct demo_step *step = demo_step_add(script, line, DEMO_UNTIL);
    if (step == NULL)
        return false;
    step->ns = DEMO_UNTIL_S * NS_PER_S;
    for (size_t i = 0; i < UNTILS; i++) {
        names[i] = untils[i].name;
        if (strcmp(untils[i].name, token->text) != 0)
            continue;
        step->until = untils[i].until;
        if (untils[i].read != NULL && !untils[i].read(line, step))
            return false;
        return !take_if(line, "within") || take_time(line, &step->ns, false);
    }
    return unknown(line, token, "event", names);
}

static bool read_caption(struct demo_script *script, struct demo_line *line)
{
    char *text;
    if (!take_text(line, "the caption's text", &text))
        return false;
    struct demo_step *step = demo_step_add(script, line, DEMO_CAPTION);
    if (step == NULL) {
        free(text);
        return false;
    }
    step->text = text;
    return !take_if(line, "for") || take_time(line, &step->ns, false);
}

static bool read_speed(struct demo_script *script, struct demo_line *line)
{
    const struct demo_token *token = take(line, "a speed like 1/10");
    if (token == NULL)
        return false;
    struct demo_step *step = demo_step_add(script, line, DEMO_SPEED);
    if (step == NULL)
        return false;
    const char *text = token->text;
    bool part = strncmp(text, "1/", 2) == 0;
    const char *digits = part ? text + 2 : text;
    size_t length = strspn(digits, part ? "0123456789" : "0123456789.");
    char *end;
    double value = length > 0 && length < 12 ? strtod(digits, &end) : 0;
    if (!(value > 0) || *end != '\0')
        return demo_wrong(line, token->column, "'%.40s' is no speed; write 1/100, 0.5, 1 or 2",
                          text);
    step->speed = part ? 1 / value : value;
    if (step->speed < 1e-4 * 0.999 || step->speed > 8)
        return demo_wrong(line, token->column, "'%.40s' is not from 1/10000 to 8", text);
    return true;
}

static bool read_end(struct demo_script *script, struct demo_line *line)
{
    return demo_step_add(script, line, DEMO_END) != NULL;
}

const struct demo_word demo_words[] = {
    { "run", "SCENARIO [OPTION]...",
      "races the scenario, with options of the screen; the demo begins at the question", true,
      read_run },
    { "replay", "FILE",
      "shows a recording; a name without a slash at its start is looked for beside the script",
      true, read_replay },
    { "size", "COLUMNSxROWS", "of pictures that are made without a terminal (100x30)", true,
      read_size },
    { "theme", "NAME", "default, projector or mono", true, read_theme },
    { "key", "NAME [xN]...", "presses keys, named as in KEYS or by their character, each N times",
      false, read_key },
    { "type", "TEXT", "types a text, character by character", false, read_type },
    { "wait", "TIME", "lets so much time go by", false, read_wait },
    { "until", "WHAT [within TIME]",
      "waits for live (a run goes on), over (the race is), done (and the picture stands at its end), "
      "mark NAME (a shown run has passed one of that kind), moment TIME (of the race's clock) or page "
      "NAME; where that does not come within the time (60s) the demo ends with exit status 1",
      false, read_until },
    { "caption", "TEXT [for TIME]",
      "stands above the bottom line while the demo goes on: for that time, or until the next; \"\" "
      "takes it away",
      false, read_caption },
    { "speed", "SPEED", "of the picture: 1/10000 to 8, as - and + set it", false, read_speed },
    { "end", "", "ends the demo; so does the last line", false, read_end },
    { NULL, NULL, NULL, false, NULL },
};
