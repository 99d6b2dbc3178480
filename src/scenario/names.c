/*
 * Names that are nearly right. The distance is edit distance where a
 * swap of neighbours counts as one edit ("thraeds"), because that is how hands err. Nothing here
 * allocates; names longer than NAME_LIMIT are near to nothing.
 */
#include "scenario/plan.h"

#include <ctype.h>
#include <stdint.h>
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
