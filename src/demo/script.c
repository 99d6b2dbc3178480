/*
 * From text to a demo's program: lines to words, and each line to the row of its first word.
 *
 * Invariant: every byte of the text was understood or refused; no character that a terminal would
 * obey gets through; a script that was taken has something to show or leaves that to who plays it,
 * and its steps refer to keys, marks and pages that there are.
 */
#include "demo/script.h"

#include "base/memory.h"
#include "demo/words.h"
#include "draw/utf8.h"
#include "scenario/plan.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = 1000, DELETE = 0x7f, CONTROLS_END = 0xa0 };

bool demo_wrong(const struct demo_line *line, unsigned column, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    error_set_list(line->error, format, arguments);
    va_end(arguments);
    return error_add_context(line->error, "%s:%u:%u", line->name, line->number, column);
}

struct demo_step *demo_step_add(struct demo_script *script, const struct demo_line *line,
                                enum demo_do what)
{
    if (script->step_count == DEMO_STEPS_MAX) {
        demo_wrong(line, 1, "more than %d steps; make two demos of it", DEMO_STEPS_MAX);
        return NULL;
    }
    if (script->step_count % 64 == 0)
        script->steps = mem_resize(script->steps, script->step_count + 64, sizeof *script->steps);
    struct demo_step *step = &script->steps[script->step_count++];
    *step = (struct demo_step){ .what = what, .line = line->number };
    return step;
}

/* ---- words ---- */

/* Every character of a line is one that may be shown. */
static bool check_characters(const struct demo_line *line, const char *text)
{
    unsigned column = 1;
    for (; *text != '\0'; column++) {
        uint32_t code = utf8_next(&text);
        if (code == UTF8_BAD)
            return demo_wrong(line, column, "a byte that is no UTF-8");
        if (code != '\t' && (code < ' ' || (code >= DELETE && code < CONTROLS_END)))
            return demo_wrong(line, column, "a control character, which a terminal would obey");
    }
    return true;
}

static bool is_blank(char letter)
{
    return letter == ' ' || letter == '\t' || letter == '\r';
}

/* Reads one word from *text on, in place; *column goes along. */
static bool take_word(struct demo_line *line, char **text, unsigned *column)
{
    char *from = *text, *to = from;
    struct demo_token token = { .text = to, .column = *column, .quoted = *from == '"' };
    bool open = token.quoted;
    from += token.quoted;
    *column += token.quoted;
    while (*from != '\0' && (token.quoted ? open : !is_blank(*from))) {
        if (token.quoted && *from == '"') {
            open = false;
            from++;
            (*column)++;
            break;
        }
        if (token.quoted && *from == '\\' && (from[1] == '"' || from[1] == '\\')) {
            from++;
            (*column)++;
        }
        *column += (*from & 0xc0) != 0x80; /* a character's first byte */
        *to++ = *from++;
    }
    if (open)
        return demo_wrong(line, token.column, "the text has no closing quote");
    if (*from != '\0' && !is_blank(*from))
        return demo_wrong(line, *column, "a blank is missing behind the closing quote");
    if (line->count == DEMO_TOKENS_MAX)
        return demo_wrong(line, token.column, "more than %d words on a line", DEMO_TOKENS_MAX);
    line->end = *column;
    *text = *from == '\0' ? from : from + 1;
    *column += *from != '\0';
    *to = '\0';
    line->tokens[line->count++] = token;
    return true;
}

static bool split(struct demo_line *line, char *text)
{
    unsigned column = 1;
    while (*text != '\0') {
        if (is_blank(*text)) {
            text++;
            column++;
        } else if (*text == '#') {
            return true;
        } else if (!take_word(line, &text, &column)) {
            return false;
        }
    }
    return true;
}

/* ---- lines ---- */

static const struct demo_word *word_find(const struct demo_line *line)
{
    const char *names[32];
    size_t count = 0;
    const struct demo_token *token = &line->tokens[0];
    for (const struct demo_word *word = demo_words; word->name != NULL; word++) {
        if (strcmp(word->name, token->text) == 0)
            return word;
        if (count + 1 < sizeof names / sizeof *names)
            names[count++] = word->name;
    }
    names[count] = NULL;
    const char *near = nearest_name(token->text, names);
    if (near != NULL)
        demo_wrong(line, token->column, "'%.40s' is no step of a demo, nearest is '%s'",
                   token->text, near);
    else
        demo_wrong(line, token->column,
                   "'%.40s' is no step of a demo; steps begin with key, type, wait, until, "
                   "caption, speed or end",
                   token->text);
    return NULL;
}

static bool ended(const struct demo_script *script)
{
    return script->step_count > 0 && script->steps[script->step_count - 1].what == DEMO_END;
}

static bool read_line(struct demo_script *script, struct demo_line *line)
{
    const struct demo_word *word = word_find(line);
    if (word == NULL)
        return false;
    if (ended(script))
        return demo_wrong(line, line->tokens[0].column, "stands behind the 'end' in line %u",
                          script->steps[script->step_count - 1].line);
    if (word->head && script->step_count > 0)
        return demo_wrong(line, line->tokens[0].column,
                          "'%s' belongs above the first step, which is in line %u", word->name,
                          script->steps[0].line);
    line->at = 1;
    if (!word->read(script, line))
        return false;
    if (line->at < line->count)
        return demo_wrong(line, line->tokens[line->at].column,
                          "'%.40s' is too much: it is '%s%s%s'", line->tokens[line->at].text,
                          word->name, word->arguments[0] != '\0' ? " " : "", word->arguments);
    return true;
}

static bool read_all(struct demo_script *script, const char *name, const char *text, size_t size,
                     struct error *error)
{
    char copy[LINE_MAX_BYTES + 1];
    struct demo_line line = { .name = name, .error = error };
    while (size > 0) {
        const char *end = memchr(text, '\n', size);
        size_t length = end != NULL ? (size_t)(end - text) : size;
        line.number++;
        line.count = 0;
        line.end = 1;
        if (length > LINE_MAX_BYTES)
            return demo_wrong(&line, 1, "more than %d bytes in a line", LINE_MAX_BYTES);
        const char *nul = memchr(text, '\0', length);
        if (nul != NULL)
            return demo_wrong(&line, (unsigned)(nul - text) + 1,
                              "a control character, which a terminal would obey");
        memcpy(copy, text, length);
        copy[length] = '\0';
        if (length > 0 && copy[length - 1] == '\r')
            copy[length - 1] = '\0';
        if (!check_characters(&line, copy) || !split(&line, copy))
            return false;
        if (line.count > 0 && !read_line(script, &line))
            return false;
        text += length + (end != NULL);
        size -= length + (end != NULL);
    }
    if (script->step_count == 0)
        return error_set(error, "%s:%u:1: no step: a demo that does nothing", name,
                         line.number > 0 ? line.number : 1);
    return true;
}

struct demo_script *demo_script_parse(const char *name, const char *text, size_t size,
                                      struct error *error)
{
    if (size > DEMO_TEXT_MAX) {
        error_set(error, "%s: %zu bytes are no demo; it has at most %d", name, size, DEMO_TEXT_MAX);
        return NULL;
    }
    struct demo_script *script = mem_zero(1, sizeof *script);
    if (read_all(script, name, text, size, error))
        return script;
    demo_script_free(script);
    return NULL;
}

struct demo_script *demo_script_load(const char *path, struct error *error)
{
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        error_set(error, "%s: %s", path, strerror(errno));
        return NULL;
    }
    char *text = mem_alloc(DEMO_TEXT_MAX + 1);
    size_t size = fread(text, 1, DEMO_TEXT_MAX + 1, file);
    struct demo_script *script = NULL;
    if (ferror(file))
        error_set(error, "%s: %s", path, strerror(errno));
    else if (size > DEMO_TEXT_MAX)
        error_set(error, "%s: more than %d bytes are no demo", path, DEMO_TEXT_MAX);
    else
        script = demo_script_parse(path, text, size, error);
    fclose(file);
    free(text);
    return script;
}

void demo_script_free(struct demo_script *script)
{
    if (script == NULL)
        return;
    for (size_t i = 0; i < script->step_count; i++)
        free(script->steps[i].text);
    for (size_t i = 0; script->run[i] != NULL; i++)
        free(script->run[i]);
    free(script->steps);
    free(script->replay);
    free(script);
}
