/*
 * film.h: what a demo shows, kept in files: each picture goes to every file that is wanted, as it
 * comes. A caption begins a chapter.
 *
 * To add a kind of file: an option, and its few lines in film.c.
 */
#ifndef COMMAND_FILM_H
#define COMMAND_FILM_H

#include "command/options.h"
#include "view/view.h"

struct film;
/* The files that the options name (--cast, --svg); with none of them a film that keeps nothing. `title` and
 * the theme are borrowed. NULL with a sentence. */
struct film *film_open(const struct options *options, const struct theme *theme, const char *title,
                       struct error *error);
void film_frame(struct film *film, const struct canvas *canvas, const struct look *look,
                uint64_t at_ns);
/* Frees. The files get their names where `well`; false with a sentence: one could not be written. */
bool film_close(struct film *film, bool well, uint64_t end_ns, struct error *error);

#endif
