/*
 * Bytes to lines, and a line to a message (irc.h).
 *
 * Invariant: whatever bytes come, no more than IRC_TAGS + IRC_LINE of them are kept for a line, and
 * a message's fields are terminated strings inside its own text, free of 0, CR and LF.
 *
 * It does not judge: what a message means, and whether it is allowed, is irc.c's.
 */
#include "engine/irc.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "engine/irc_command.h"

enum { INPUT_MAX = IRC_TAGS + IRC_LINE };

static void input_keep(struct irc_input *input, const char *bytes, size_t size)
{
    if (size == 0)
        return;
    input->data = mem_resize(input->data, input->size + size, 1);
    memcpy(input->data + input->size, bytes, size);
    input->size += (uint32_t)size;
}

void irc_input_fini(struct irc_input *input)
{
    free(input->data);
    *input = (struct irc_input){ 0 };
}

/* No end of a line in `bytes`: keep them, or begin to skip. */
static enum irc_input_got input_part(struct irc_input *input, const char *bytes, size_t size)
{
    if (input->skipping)
        return IRC_INPUT_NONE;
    if (input->size + size <= INPUT_MAX) {
        input_keep(input, bytes, size);
        return IRC_INPUT_NONE;
    }
    irc_input_fini(input);
    input->skipping = true;
    return IRC_INPUT_TOO_LONG;
}

enum irc_input_got irc_input_next(struct irc_input *input, const char **bytes, size_t *size,
                                  const char **line, size_t *line_size)
{
    if (input->given)
        irc_input_fini(input);
    while (*size > 0) {
        const char *start = *bytes;
        const char *end = memchr(start, '\n', *size);
        size_t used = end == NULL ? *size : (size_t)(end - start) + 1;
        *bytes += used;
        *size -= used;
        if (end == NULL)
            return input_part(input, start, used);
        if (input->skipping) {
            input->skipping = false;
            continue;
        }
        if (input->size + used > INPUT_MAX) {
            irc_input_fini(input);
            return IRC_INPUT_TOO_LONG;
        }
        *line = start;
        *line_size = used - 1;
        if (input->size > 0) {
            input_keep(input, start, used);
            input->given = true;
            *line = input->data;
            *line_size = input->size - 1;
        }
        while (*line_size > 0 && (*line)[*line_size - 1] == '\r')
            (*line_size)--;
        return IRC_INPUT_LINE;
    }
    return IRC_INPUT_NONE;
}

/* The number of a tag id=N in the tags, or UINT32_MAX. */
static uint32_t tag_id(const char *tags, size_t size)
{
    const char *end = tags + size;
    while (tags < end) {
        const char *next = memchr(tags, ';', (size_t)(end - tags));
        const char *stop = next == NULL ? end : next;
        if (stop - tags > 3 && memcmp(tags, "id=", 3) == 0) {
            uint64_t id = 0;
            const char *digit = tags + 3;
            while (digit < stop && *digit >= '0' && *digit <= '9' && id < UINT32_MAX)
                id = id * 10 + (uint64_t)(*digit++ - '0');
            if (digit == stop && id < UINT32_MAX)
                return (uint32_t)id;
        }
        tags = stop + 1;
    }
    return UINT32_MAX;
}

/* Cuts the next word out of *at; NULL when there is none. */
static char *next_word(char **at)
{
    char *word = *at + strspn(*at, " ");
    if (*word == '\0')
        return NULL;
    char *end = word + strcspn(word, " ");
    *at = end;
    if (*end != '\0') {
        *end = '\0';
        *at = end + 1;
    }
    return word;
}

static void parse_params(struct irc_message *message, char *at)
{
    for (;;) {
        at += strspn(at, " ");
        if (*at == '\0')
            return;
        if (*at == ':' || message->count == IRC_PARAMS - 1) {
            message->params[message->count++] = at + (*at == ':');
            return;
        }
        message->params[message->count++] = next_word(&at);
    }
}

static const struct irc_command *find_command(const char *name)
{
    for (const struct irc_command *row = irc_commands; row->name != NULL; row++)
        if (strcasecmp(row->name, name) == 0)
            return row;
    return NULL;
}

void irc_parse(struct irc_message *message, const char *line, size_t size)
{
    const char *end = line + size;
    message->command = NULL;
    message->name = "";
    message->spoken = false;
    message->tagged = false;
    message->id = UINT32_MAX;
    message->count = 0;
    if (size > 0 && *line == '@') {
        const char *space = memchr(line, ' ', size);
        const char *stop = space == NULL ? end : space;
        message->tagged = true;
        message->id = tag_id(line + 1, (size_t)(stop - line - 1));
        line = stop;
    }
    while (line < end && *line == ' ')
        line++;
    size_t kept = 0;
    for (; line < end && kept < IRC_LINE - 2; line++)
        if (*line != '\0' && *line != '\r' && *line != '\n')
            message->text[kept++] = *line;
    message->text[kept] = '\0';

    char *at = message->text;
    if (*at == ':')
        next_word(&at);
    char *name = next_word(&at);
    if (name == NULL)
        return;
    message->name = name;
    message->command = find_command(name);
    message->spoken = message->command != NULL && message->command->spoken;
    parse_params(message, at);
}
