/*
 * A demo's pictures on their way into files. Invariant: a file has its final name only when the demo
 * was performed to its end and every byte was taken (deliver.h).
 */
#include "command/film.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "command/deliver.h"
#include "output/cast.h"
#include "output/svg.h"

struct film {
    const struct theme *theme;
    const char *title;
    struct deliver *cast_to, *svg_to; /* NULL: it is not wanted */
    struct cast *cast;                /* NULL before the first picture, whose size it takes */
    struct svg_film *svg;
    const char *caption; /* the chapter's */
};

/* In the order opposite to their opening: each gives back what it took of the signals. */
static void film_free(struct film *film)
{
    if (film->svg_to != NULL)
        deliver_close(film->svg_to);
    if (film->cast_to != NULL)
        deliver_close(film->cast_to);
    free(film);
}

struct film *film_open(const struct options *options, const struct theme *theme, const char *title,
                       struct error *error)
{
    struct film *film = mem_zero(1, sizeof *film);
    film->theme = theme;
    film->title = title;
    bool well = true;
    if (options->cast != NULL)
        well = (film->cast_to = deliver_open("--cast", options->cast, options->overwrite, error)) !=
               NULL;
    if (well && options->svg != NULL)
        well =
            (film->svg_to = deliver_open("--svg", options->svg, options->overwrite, error)) != NULL;
    if (well && film->svg_to != NULL)
        film->svg = svg_film_open(theme);
    if (well)
        return film;
    film_free(film);
    return NULL;
}

static bool begins_chapter(struct film *film, const char *caption)
{
    if (caption == film->caption)
        return false;
    film->caption = caption;
    return caption != NULL && caption[0] != '\0';
}

static void cast_picture(struct film *film, const struct canvas *canvas, const struct look *look,
                         uint64_t at_ns)
{
    if (film->cast == NULL) {
        const struct cast_options how = { .version = 2,
                                          .cols = canvas->cols,
                                          .rows = canvas->rows,
                                          .theme = film->theme,
                                          .title = film->title };
        film->cast = cast_open(deliver_into(film->cast_to), &how);
    }
    if (begins_chapter(film, look->caption))
        cast_marker(film->cast, look->caption, at_ns);
    cast_frame(film->cast, canvas, at_ns);
}

void film_frame(struct film *film, const struct canvas *canvas, const struct look *look,
                uint64_t at_ns)
{
    if (film->cast_to != NULL)
        cast_picture(film, canvas, look, at_ns);
    if (film->svg != NULL)
        svg_film_frame(film->svg, canvas, at_ns);
}

bool film_close(struct film *film, bool well, uint64_t end_ns, struct error *error)
{
    bool wanted = well;
    if (film->cast != NULL)
        well = cast_close(film->cast, end_ns, well ? error : NULL) && well;
    if (film->cast_to != NULL && wanted)
        well = deliver_end(film->cast_to, well, error) && well;
    if (film->svg != NULL)
        well = svg_film_close(film->svg, end_ns, film->title,
                              wanted ? deliver_into(film->svg_to) : NULL, well ? error : NULL) &&
               well;
    if (film->svg_to != NULL && wanted)
        well = deliver_end(film->svg_to, well, error) && well;
    film_free(film);
    return well;
}
