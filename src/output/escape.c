/*
 * What has a meaning in the notation is written so that it has none.
 */
#include "output/escape.h"

#include <stdint.h>
#include <string.h>

#include "draw/utf8.h"

static void put_code(FILE *into, uint32_t code)
{
    char bytes[4];
    fwrite(bytes, 1, utf8_put(bytes, code), into);
}

void escape_json(FILE *into, const char *text, size_t size)
{
    const char *end = text + size;
    fputc('"', into);
    while (text < end) {
        unsigned char byte = (unsigned char)*text;
        if (byte == '"' || byte == '\\') {
            fputc('\\', into);
            fputc(byte, into);
            text++;
        } else if (byte < 0x20 || byte == 0x7f) {
            fprintf(into, "\\u%04x", byte);
            text++;
        } else if (byte < 0x7f) {
            fputc(byte, into);
            text++;
        } else {
            put_code(into, utf8_next(&text));
        }
    }
    fputc('"', into);
}

const char *escape_xml_code(uint32_t code)
{
    switch (code) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return code < 0x20 || code == 0x7f || code == 0xfffe || code == 0xffff ? " " : NULL;
    }
}

void escape_xml(FILE *into, const char *text)
{
    for (uint32_t code; (code = utf8_next(&text)) != 0;) {
        const char *instead = escape_xml_code(code);
        if (instead != NULL)
            fputs(instead, into);
        else
            put_code(into, code);
    }
}

void escape_csv(FILE *into, const char *text)
{
    if (strpbrk(text, ",\"\r\n") == NULL) {
        fputs(text, into);
        return;
    }
    fputc('"', into);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            fputc('"', into);
        fputc(*text, into);
    }
    fputc('"', into);
}
