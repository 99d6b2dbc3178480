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

struct film {
    const struct theme *theme;
    const char *title;
    struct deliver *deliver; /* of the cast, or NULL */
    struct cast *cast;       /* NULL before the first picture, whose size it takes */
    const char *caption;     /* the chapter's */
};

struct film *film_open(const struct options *options, const struct theme *theme, const char *title,
                       struct error *error)
{
    struct film *film = mem_zero(1, sizeof *film);
    film->theme = theme;
    film->title = title;
    if (options->cast == NULL)
        return film;
    film->deliver = deliver_open(options->cast, options->overwrite, error);
    if (film->deliver != NULL)
        return film;
    free(film);
    return NULL;
}

static bool begins_chapter(struct film *film, const char *caption)
{
    if (caption == film->caption)
        return false;
    film->caption = caption;
    return caption != NULL && caption[0] != '\0';
}

void film_frame(struct film *film, const struct canvas *canvas, const struct look *look,
                uint64_t at_ns)
{
    if (film->deliver == NULL)
        return;
    if (film->cast == NULL) {
        const struct cast_options how = { .version = 2,
                                          .cols = canvas->cols,
                                          .rows = canvas->rows,
                                          .theme = film->theme,
                                          .title = film->title };
        film->cast = cast_open(deliver_into(film->deliver), &how);
    }
    if (begins_chapter(film, look->caption))
        cast_marker(film->cast, look->caption, at_ns);
    cast_frame(film->cast, canvas, at_ns);
}

bool film_close(struct film *film, bool well, uint64_t end_ns, struct error *error)
{
    struct error closing;
    bool whole = film->cast == NULL || cast_close(film->cast, end_ns, &closing);
    if (film->deliver != NULL && well) {
        if (!whole)
            error_set(error, "%s", closing.text);
        well = deliver_end(film->deliver, whole && film->cast != NULL, error);
    }
    if (film->deliver != NULL)
        deliver_close(film->deliver);
    free(film);
    return well;
}
