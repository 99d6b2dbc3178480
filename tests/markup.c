/*
 * SVG and HTML read as XML, by hand: that it is whole, and that it stands alone.
 */
#include "markup.h"

#include <check.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

size_t markup_times(const char *text, const char *word)
{
    size_t times = 0;
    for (const char *c = text; (c = strstr(c, word)) != NULL; c++)
        times++;
    return times;
}

size_t markup_check(const char *text)
{
    enum { DEEP = 64, NAME = 32 };
    char open[DEEP][NAME];
    size_t depth = 0, elements = 0;
    const char *c = text;
    if (strncmp(c, "<!DOCTYPE html>", 15) == 0)
        c += 15;
    while (*c != '\0') {
        if (*c == '&') {
            size_t length = strcspn(c, ";");
            ck_assert_msg(length < 8, "a bare ampersand: %.20s", c);
        }
        if (*c != '<') {
            ck_assert_msg(*c != '>' || depth == 0 || strcmp(open[depth - 1], "style") == 0,
                          "a bare >");
            c++;
            continue;
        }
        bool closes = c[1] == '/';
        c += 1 + closes;
        size_t length = strcspn(c, " />\n");
        ck_assert_msg(length > 0 && length < NAME && isalpha((unsigned char)*c), "%.20s", c);
        if (closes) {
            ck_assert_msg(depth > 0 && strncmp(open[depth - 1], c, length) == 0 &&
                              open[depth - 1][length] == '\0',
                          "%.*s closes %s", (int)length, c, depth > 0 ? open[depth - 1] : "");
            depth--;
            c = strchr(c, '>') + 1;
            continue;
        }
        ck_assert_uint_lt(depth, DEEP);
        snprintf(open[depth], NAME, "%.*s", (int)length, c);
        elements++;
        for (c += length; *c != '>' && *c != '/';) {
            c += strspn(c, " ");
            size_t name = strcspn(c, "=> ");
            ck_assert_msg(name > 0 && c[name] == '=' && c[name + 1] == '"', "%.30s", c);
            c = strchr(c + name + 2, '"');
            ck_assert_ptr_nonnull(c);
            c++;
        }
        if (*c == '/')
            c += 2;
        else {
            depth++;
            c++;
        }
    }
    ck_assert_uint_eq(depth, 0);
    return elements;
}

void markup_alone(const char *text)
{
    static const char *const never[] = {
        "<script", " src=", "href=", "@import", "javascript", " on"
    };
    for (size_t i = 0; i < sizeof never / sizeof *never - 1; i++)
        ck_assert_msg(strstr(text, never[i]) == NULL, "%s", never[i]);
    for (const char *url = text; (url = strstr(url, "http")) != NULL; url++)
        ck_assert_msg(strncmp(url, "http://www.w3.org/2000/svg", 26) == 0, "%.40s", url);
    for (const char *url = text; (url = strstr(url, "url(")) != NULL; url++) {
        char id[24];
        ck_assert_msg(url[4] == '#', "%.40s", url);
        snprintf(id, sizeof id, "id=\"%.*s\"", (int)strcspn(url + 5, ")"), url + 5);
        ck_assert_msg(strstr(text, id) != NULL, "%s is not there", id);
    }
}
