/*
 * UTF-8 in and out. Decoding is strict: overlong forms, surrogates and what is beyond U+10FFFF are
 * bad bytes, so that no text from a file can smuggle a control character past the canvas. It does
 * not join grapheme clusters: a combining mark takes no cell and is not drawn.
 */
#include "draw/utf8.h"

#include <stdbool.h>

struct span {
    uint32_t first, last;
};

static const struct span narrowest[] = {
    { 0x0000, 0x001f }, { 0x007f, 0x009f }, { 0x0300, 0x036f }, { 0x0483, 0x0489 },
    { 0x0591, 0x05bd }, { 0x0610, 0x061a }, { 0x064b, 0x065f }, { 0x093c, 0x093c },
    { 0x0941, 0x0948 }, { 0x0e34, 0x0e3a }, { 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff },
    { 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0x20d0, 0x20ff },
    { 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f }, { 0xfeff, 0xfeff }, { 0xe0100, 0xe01ef },
};

static const struct span widest[] = {
    { 0x1100, 0x115f },   { 0x231a, 0x231b },   { 0x23e9, 0x23ec },   { 0x2e80, 0x303e },
    { 0x3041, 0x33ff },   { 0x3400, 0x4dbf },   { 0x4e00, 0x9fff },   { 0xa000, 0xa4cf },
    { 0xac00, 0xd7a3 },   { 0xf900, 0xfaff },   { 0xfe30, 0xfe6f },   { 0xff00, 0xff60 },
    { 0xffe0, 0xffe6 },   { 0x1f300, 0x1f64f }, { 0x1f680, 0x1f6ff }, { 0x1f900, 0x1f9ff },
    { 0x20000, 0x3fffd },
};

static bool within(const struct span *spans, size_t count, uint32_t code)
{
    for (size_t i = 0; i < count && spans[i].first <= code; i++) {
        if (code <= spans[i].last)
            return true;
    }
    return false;
}

uint32_t utf8_next(const char **text)
{
    const unsigned char *at = (const unsigned char *)*text;
    if (at[0] < 0x80) {
        *text += at[0] != 0;
        return at[0];
    }
    size_t more = at[0] >= 0xf0 ? 3 : at[0] >= 0xe0 ? 2 : 1;
    static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
    uint32_t code = at[0] & (0x3fu >> more);
    bool bad = at[0] < 0xc2 || at[0] > 0xf4;
    for (size_t i = 1; i <= more && !bad; i++) {
        bad = (at[i] & 0xc0) != 0x80;
        code = code << 6 | (at[i] & 0x3f);
    }
    if (bad || code < least[more] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
        *text += 1;
        return UTF8_BAD;
    }
    *text += more + 1;
    return code;
}

size_t utf8_put(char *into, uint32_t code)
{
    if (code < 0x80) {
        into[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        into[0] = (char)(0xc0 | code >> 6);
        into[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        into[0] = (char)(0xe0 | code >> 12);
        into[1] = (char)(0x80 | (code >> 6 & 0x3f));
        into[2] = (char)(0x80 | (code & 0x3f));
        return 3;
    }
    into[0] = (char)(0xf0 | code >> 18);
    into[1] = (char)(0x80 | (code >> 12 & 0x3f));
    into[2] = (char)(0x80 | (code >> 6 & 0x3f));
    into[3] = (char)(0x80 | (code & 0x3f));
    return 4;
}

int utf8_width(uint32_t code)
{
    if (code >= 0x20 && code < 0x7f)
        return 1;
    if (within(narrowest, sizeof narrowest / sizeof *narrowest, code))
        return 0;
    return within(widest, sizeof widest / sizeof *widest, code) ? 2 : 1;
}

int utf8_columns(const char *text)
{
    int columns = 0;
    for (uint32_t code; (code = utf8_next(&text)) != 0;)
        columns += utf8_width(code);
    return columns;
}
