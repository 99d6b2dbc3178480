/*
 * Names that are nearly right, and text that may be hostile. The distance is edit distance where a
 * swap of neighbours counts as one edit ("thraeds"), because that is how hands err. Nothing here
 * allocates; names longer than NAME_LIMIT are near to nothing.
 */
#include "scenario/words.h"

#include "scenario/plan.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { NAME_LIMIT = 48, PREFIX_ENOUGH = 3 };

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static int lower(char letter)
{
    return tolower((unsigned char)letter);
}

static unsigned distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    unsigned rows[3][NAME_LIMIT + 1];
    unsigned *before = rows[0], *last = rows[1], *now = rows[2];
    for (size_t j = 0; j <= b_length; j++)
        last[j] = (unsigned)j;
    for (size_t i = 1; i <= a_length; i++) {
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= b_length; j++) {
            unsigned cost = lower(a[i - 1]) != lower(b[j - 1]);
            now[j] = least(least(last[j] + 1, now[j - 1] + 1), last[j - 1] + cost);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                lower(a[i - 2]) == lower(b[j - 1]))
                now[j] = least(now[j], before[j - 2] + 1);
        }
        unsigned *spare = before;
        before = last;
        last = now;
        now = spare;
    }
    return last[b_length];
}

static bool is_prefix(const char *start, size_t length, const char *name)
{
    for (size_t i = 0; i < length; i++)
        if (lower(start[i]) != lower(name[i])) /* ends at name's 0 */
            return false;
    return true;
}

const char *nearest_name(const char *name, const char *const *names)
{
    size_t length = strlen(name);
    if (length == 0 || length > NAME_LIMIT)
        return NULL;
    const char *best = NULL;
    unsigned best_edits = UINT32_MAX;
    for (; *names != NULL; names++) {
        size_t other = strlen(*names);
        if (other > NAME_LIMIT)
            continue;
        unsigned edits = distance(name, length, *names, other);
        /* A third of the letters wrong is another word, unless it is one cut short. */
        size_t longer = length > other ? length : other;
        bool near = edits <= (longer + 2) / 3 && edits < longer;
        if (!near && length >= PREFIX_ENOUGH && other >= PREFIX_ENOUGH)
            near = is_prefix(name, length, *names) || is_prefix(*names, other, name);
        if (near && edits < best_edits) {
            best_edits = edits;
            best = *names;
        }
    }
    return best;
}

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
