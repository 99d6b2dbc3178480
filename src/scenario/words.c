/*
 * Text that may be hostile, made fit for a sentence on a terminal. Nothing here allocates, and what
 * is too long is cut at the border of a character.
 */
#include "scenario/words.h"

#include "scenario/plan.h"

#include <stdio.h>
#include <string.h>

size_t words_character(const char *text, size_t left, unsigned *code)
{
    static const unsigned smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
    if (left == 0)
        return 0;
    unsigned char first = (unsigned char)text[0];
    size_t length = first < 0x80             ? 1
                    : (first & 0xe0) == 0xc0 ? 2
                    : (first & 0xf0) == 0xe0 ? 3
                    : (first & 0xf8) == 0xf0 ? 4
                                             : 0;
    if (length == 0 || length > left)
        return 0;
    unsigned value = length == 1 ? first : first & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        unsigned char next = (unsigned char)text[i];
        if ((next & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (next & 0x3f);
    }
    if (length > 1 &&
        (value < smallest[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)))
        return 0;
    if (code != NULL)
        *code = value;
    return length;
}

bool words_is_control(unsigned code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069);
}

struct quoted words_quote(const char *text)
{
    struct quoted quoted;
    const size_t room = sizeof quoted.text - sizeof "\"...\"";
    size_t left = strlen(text), used = 0;
    quoted.text[used++] = '"';
    while (left > 0) {
        unsigned code = 0;
        size_t length = words_character(text, left, &code);
        bool plain = length > 0 && !words_is_control(code);
        size_t skip = length > 0 ? length : 1, put = plain ? length : 1;
        if (used + put > room) {
            memcpy(quoted.text + used, "...", 3);
            used += 3;
            break;
        }
        if (plain)
            memcpy(quoted.text + used, text, put);
        else
            quoted.text[used] = '?';
        used += put;
        text += skip;
        left -= skip;
    }
    quoted.text[used++] = '"';
    quoted.text[used] = '\0';
    return quoted;
}

struct hint words_hint(const char *name, const char *const *names)
{
    struct hint hint;
    const char *near = nearest_name(name, names);
    if (near != NULL) {
        snprintf(hint.text, sizeof hint.text, "the nearest is %s", words_quote(near).text);
        return hint;
    }
    if (names[0] == NULL) {
        snprintf(hint.text, sizeof hint.text, "nothing can stand here");
        return hint;
    }
    int used = snprintf(hint.text, sizeof hint.text, "there %s ", names[1] == NULL ? "is" : "are");
    size_t at = (size_t)used;
    for (size_t i = 0; names[i] != NULL; i++) {
        size_t room = sizeof hint.text - at;
        if (strlen(names[i]) + sizeof ", , ..." > room) {
            snprintf(hint.text + at, room, ", ...");
            break;
        }
        used = snprintf(hint.text + at, room, "%s%s", i > 0 ? ", " : "", names[i]);
        at += (size_t)used;
    }
    return hint;
}
