/*
 * A page is a row of blocks of 512 bytes, the first of which is its head, and then its tail. What
 * is in a block follows from the seed, the page's number and the block's. The last block is
 * shorter.
 *
 * The markup is what a crawler meets (paragraphs, lists, classes, titles, images, links), all of it
 * well-formed: a parser has work, but no riddles.
 */
#include "outside/page.h"

#include <string.h>

enum { BLOCK = 512, ROUND_MOST = 224 };

static const char tail[] = "</body>\n</html>\n";
enum { TAIL = sizeof(tail) - 1 };

static const char *const sentences[] = {
    "The ferry leaves the northern quay when the tide allows it. ",
    "Whoever asks for more than one page at once has to wait only once. ",
    "A list of the lighthouses of this coast was printed first in a small edition. ",
    "The harbour keeps its records by hand, and copies them in the evening. ",
    "Between the two bridges the river is slower than the maps make it. ",
    "It took three winters to lay the cable, and one afternoon to test it. ",
    "The museum shows the first of these machines, without its cover. ",
    "Older charts give another name to the same island. ",
    "The night train stops here on request, which is seldom. ",
    "What was carried over the pass in summer was sold in spring. ",
    "Its clock has been late since it was moved to the tower. ",
    "In dry years the old road can be seen from the hill. ",
    "Letters for the outer islands wait until there are enough of them. ",
    "Nobody remembers who built the second mill. ",
    "The observatory publishes what it measures every ten minutes. ",
    "Most of the houses along the canal are younger than its trees. ",
};

static const char *const titles[] = {
    "northern quay", "the lighthouses", "harbour records", "second mill",
    "night train",   "outer islands",   "observatory",     "the old road",
};

/* Where the next byte goes, and where there is no more room. */
struct pen {
    char *at, *end;
};

static size_t pen_room(const struct pen *pen)
{
    return (size_t)(pen->end - pen->at);
}

/* What does not fit is cut. */
static void pen_text(struct pen *pen, const char *text)
{
    size_t length = strlen(text);
    if (length > pen_room(pen))
        length = pen_room(pen);
    memcpy(pen->at, text, length);
    pen->at += length;
}

static void pen_number(struct pen *pen, uint64_t number)
{
    char digits[21];
    char *first = digits + sizeof digits - 1;
    *first = '\0';
    do {
        *--first = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    pen_text(pen, first);
}

/* The next of a sequence of numbers that `state` runs through (splitmix64). */
static uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static const char *pick_sentence(uint64_t drawn)
{
    return sentences[drawn % (sizeof sentences / sizeof *sentences)];
}

static void pen_link(struct pen *pen, uint64_t drawn)
{
    static const char *const openings[] = {
        "<a href=\"/",
        "<a class=\"ref\" href=\"/",
        "<a rel=\"next\" href=\"/",
        "<img src=\"/map.png\" alt=\"map\"> <a href=\"/",
    };
    const char *title = titles[(drawn >> 32) % (sizeof titles / sizeof *titles)];
    pen_text(pen, openings[(drawn >> 40) % (sizeof openings / sizeof *openings)]);
    pen_number(pen, drawn % PAGE_LINKED);
    if ((drawn >> 48) % 4 == 0) {
        pen_text(pen, "\" title=\"");
        pen_text(pen, title);
    }
    pen_text(pen, "\">");
    pen_text(pen, title);
    pen_text(pen, "</a>, ");
}

/* Fills the pen's room: sentences with a link after each while both fit, then sentences, cut. */
static void pen_prose(struct pen *pen, uint64_t *state)
{
    while (pen_room(pen) >= ROUND_MOST) {
        pen_text(pen, pick_sentence(draw(state)));
        pen_link(pen, draw(state));
    }
    while (pen_room(pen) > 0)
        pen_text(pen, pick_sentence(draw(state)));
}

static void pen_head(struct pen *pen, uint64_t number)
{
    pen_text(pen,
             "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Page ");
    pen_number(pen, number);
    pen_text(pen, "</title>\n</head>\n<body>\n<h1>Page ");
    pen_number(pen, number);
    pen_text(pen, "</h1>\n");
}

/* One block, which is `length` bytes long (BLOCK, but for the last one). */
static void block_write(const struct page *page, uint64_t index, char *into, size_t length)
{
    static const struct {
        const char *open, *close;
    } elements[] = {
        { "<p>", "</p>\n" },
        { "<ul class=\"more\"><li>", "</li></ul>\n" },
        { "<p class=\"note\">", "</p>\n" },
        { "<div><h2>More</h2><p>", "</p></div>\n" },
    };
    uint64_t state = page->seed;
    state = draw(&state) ^ page->number;
    state = draw(&state) ^ index;

    struct pen pen = { into, into + length };
    if (index == 0)
        pen_head(&pen, page->number);
    size_t element = draw(&state) % (sizeof elements / sizeof *elements);
    size_t closing = strlen(elements[element].close);
    if (pen_room(&pen) < strlen(elements[element].open) + closing) {
        memset(pen.at, '\n', pen_room(&pen));
        return;
    }
    pen_text(&pen, elements[element].open);
    pen.end -= closing;
    pen_prose(&pen, &state);
    pen.end += closing;
    pen_text(&pen, elements[element].close);
}

/* The bytes from `offset` on, up to the end of the block or of the page: `have` of them. They are
 * in `block` or in the tail. */
static const char *page_piece(const struct page *page, uint64_t offset, char block[BLOCK],
                              size_t *have)
{
    uint64_t body = page->size > BLOCK / 2 ? page->size - TAIL : page->size;
    if (offset >= body) {
        *have = (size_t)(page->size - offset);
        return tail + (offset - body);
    }
    uint64_t first = offset - offset % BLOCK;
    size_t length = body - first < BLOCK ? (size_t)(body - first) : BLOCK;
    block_write(page, first / BLOCK, block, length);
    *have = length - (size_t)(offset - first);
    return block + (offset - first);
}

void page_write(const struct page *page, uint64_t offset, char *into, size_t count)
{
    char block[BLOCK];
    while (count > 0) {
        size_t have;
        const char *piece = page_piece(page, offset, block, &have);
        if (have > count)
            have = count;
        memcpy(into, piece, have);
        into += have;
        offset += have;
        count -= have;
    }
}
