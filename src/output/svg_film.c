/*
 * A film as SVG, kept in memory until its length is known: the cells of each picture as text, and when
 * it comes. Invariant: pictures lie on each other in the order of time; the first one is always seen.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "output/picture.h"
#include "output/svg.h"

struct svg_film {
    struct picture *picture;
    int cols, rows; /* 0: there was no frame */
    FILE *body;
    char *text; /* the body's, once it is closed */
    size_t size;
    uint64_t *times; /* of the pictures after the first */
    size_t count;
};

struct svg_film *svg_film_open(const struct theme *theme)
{
    struct svg_film *film = mem_zero(1, sizeof *film);
    film->picture = picture_new(theme);
    film->body = open_memstream(&film->text, &film->size);
    return film;
}

void svg_film_frame(struct svg_film *film, const struct canvas *canvas, uint64_t ns)
{
    if (film->body == NULL)
        return; /* told at the end */
    if (film->cols == 0) {
        film->cols = canvas->cols;
        film->rows = canvas->rows;
        picture_cells(film->picture, canvas, film->body, "");
        return;
    }
    if (canvas->cols != film->cols || canvas->rows != film->rows)
        return;
    char attributes[64];
    snprintf(attributes, sizeof attributes, "class=\"f\" style=\"animation-name:f%zu\"",
             film->count + 1);
    if (!picture_cells(film->picture, canvas, film->body, attributes))
        return;
    if (film->count % 256 == 0)
        film->times = mem_resize(film->times, film->count + 256, sizeof *film->times);
    film->times[film->count++] = ns;
}

/* Each from its share of the film on; the film begins with all hidden. */
static void write_times(const struct svg_film *film, uint64_t length_ns, FILE *into)
{
    fputs("<style>\n", into);
    for (size_t i = 0; i < film->count; i++) {
        uint64_t at = film->times[i] < length_ns ? film->times[i] : length_ns;
        uint64_t share = at * 100000 / length_ns; /* of 100.000 % */
        fprintf(into, "@keyframes f%zu{0%%{visibility:hidden}%llu.%03llu%%{visibility:visible}}\n",
                i + 1, (unsigned long long)(share / 1000), (unsigned long long)(share % 1000));
    }
    fputs("</style>\n", into);
}

static void write_film(const struct svg_film *film, uint64_t length_ns, const char *title,
                       FILE *into)
{
    char css[160];
    uint64_t ms = length_ns / NS_PER_MS;
    snprintf(css, sizeof css,
             ".f{animation:%llu.%03llus step-end infinite}"
             "@media(prefers-reduced-motion:reduce){.f{animation:none}}",
             (unsigned long long)(ms / 1000), (unsigned long long)(ms % 1000));
    picture_head(film->picture, into, film->cols, film->rows, title, css);
    fwrite(film->text, 1, film->size, into);
    write_times(film, length_ns, into);
    picture_tail(into);
}

bool svg_film_close(struct svg_film *film, uint64_t length_ns, const char *title, FILE *into,
                    struct error *error)
{
    bool well = film->body != NULL;
    well = well && !ferror(film->body);
    if (film->body != NULL && fclose(film->body) != 0)
        well = false;
    if (well && into != NULL && film->cols > 0) {
        write_film(film, length_ns > 0 ? length_ns : 1, title, into);
        well = !ferror(into);
    }
    picture_free(film->picture);
    free(film->text);
    free(film->times);
    free(film);
    return well || error_set(error, "the picture could not be written whole");
}
