/*
 * The origin's pages: HTML with links to one another, made as they are asked for.
 *
 * Page `number` of `size` bytes is a function of (seed, number, size) alone, and any part of it
 * can be made without the rest, so nobody has to hold a large page. Making costs about ten
 * microseconds for 16 KiB. Every size is exact; a page of less than about 200 bytes has room for
 * its head only.
 */
#ifndef OUTSIDE_PAGE_H
#define OUTSIDE_PAGE_H

#include <stddef.h>
#include <stdint.h>

struct page {
    uint64_t seed, number;
    uint64_t size; /* bytes */
};

/* Links lead to pages 0 .. PAGE_LINKED - 1; any other number is a page too. */
enum { PAGE_LINKED = 10000 };

/* Writes the bytes `offset` .. `offset` + `count` - 1, which have to be within the page. */
void page_write(const struct page *page, uint64_t offset, char *into, size_t count);

#endif
