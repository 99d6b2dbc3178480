/*
 * The links of a page: a walk over the HTML that was fetched, tag by tag, which takes the href of
 * every <a>. The checksum is of the links, in order, and of how many there are.
 *
 * It reads what browsers write: names in any case, values in double, single or no quotes, comments.
 * It deliberately decodes no entities and resolves no relative links.
 */
#include "engine/kernel.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { QUANTUM = 64 * 1024 }; /* bytes */

struct parse {
    const char *at, *end; /* borrowed from the task */
    uint64_t links, sum;
};

static void *parse_begin(void *state, const struct kernel_input *input)
{
    struct parse *parse = state != NULL ? state : mem_alloc(sizeof *parse);
    parse->at = input->page;
    parse->end = input->page + input->page_size;
    parse->links = 0;
    parse->sum = UINT64_C(0xcbf29ce484222325);
    return parse;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool starts_tag(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '/' || c == '!' || c == '?';
}

static const char *skip_spaces(const char *at, const char *end)
{
    while (at < end && is_space(*at))
        at++;
    return at;
}

static void parse_link(struct parse *parse, const char *link, const char *end)
{
    for (; link < end; link++)
        parse->sum = (parse->sum ^ (unsigned char)*link) * UINT64_C(0x100000001b3);
    parse->sum ^= 0xff; /* so that "ab","c" is not "a","bc" */
    parse->links++;
}

/* A value after its '=': gives its end and what comes after it. */
static const char *parse_value(const char **value, const char *end, const char **after)
{
    const char *at = skip_spaces(*value, end);
    if (at < end && (*at == '"' || *at == '\'')) {
        const char *close = memchr(at + 1, *at, (size_t)(end - at - 1));
        *value = at + 1;
        *after = close != NULL ? close + 1 : end;
        return close != NULL ? close : end;
    }
    *value = at;
    while (at < end && !is_space(*at) && *at != '>')
        at++;
    *after = at;
    return at;
}

/* The attributes of a tag, up to its '>'; gives what comes after it. */
static const char *parse_attributes(struct parse *parse, const char *at, bool is_link)
{
    const char *end = parse->end;
    for (;;) {
        at = skip_spaces(at, end);
        if (at >= end || *at == '>')
            return at < end ? at + 1 : end;
        const char *name = at;
        while (at < end && !is_space(*at) && *at != '=' && *at != '>')
            at++;
        size_t length = (size_t)(at - name);
        at = skip_spaces(at, end);
        if (at < end && *at == '=') {
            const char *value = at + 1;
            const char *until = parse_value(&value, end, &at);
            if (is_link && length == 4 && strncasecmp(name, "href", 4) == 0)
                parse_link(parse, value, until);
        } else if (length == 0) {
            at++; /* a stray character */
        }
    }
}

static const char *parse_comment(const char *at, const char *end)
{
    for (; end - at >= 3; at++)
        if (memcmp(at, "-->", 3) == 0)
            return at + 3;
    return end;
}

static bool parse_advance(void *state)
{
    struct parse *parse = state;
    const char *end = parse->end;
    const char *pause = (size_t)(end - parse->at) > QUANTUM ? parse->at + QUANTUM : end;
    while (parse->at < pause) {
        const char *tag = memchr(parse->at, '<', (size_t)(end - parse->at));
        if (tag == NULL || ++tag >= end) {
            parse->at = end;
        } else if (end - tag >= 3 && memcmp(tag, "!--", 3) == 0) {
            parse->at = parse_comment(tag + 3, end);
        } else if (!starts_tag(*tag)) {
            parse->at = tag; /* a '<' of the text */
        } else {
            bool is_link = (*tag == 'a' || *tag == 'A') && tag + 1 < end && is_space(tag[1]);
            while (tag < end && !is_space(*tag) && *tag != '>')
                tag++;
            parse->at = parse_attributes(parse, tag, is_link);
        }
    }
    return parse->at < end;
}

static uint64_t parse_checksum(const void *state)
{
    const struct parse *parse = state;
    return parse->sum + parse->links;
}

const struct kernel kernel_parse = {
    .name = "parse",
    .needs_page = true,
    .begin = parse_begin,
    .advance = parse_advance,
    .checksum = parse_checksum,
    .free = free,
};
