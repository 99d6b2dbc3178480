/*
 * The painter's words, read from the table of terminals.
 */
#include "ui/terminfo.h"

#include <curses.h>
#include <stddef.h>
#include <term.h>

enum { DIRECT = 1 << 24 };

static const char *capability(const char *name)
{
    const char *text = tigetstr(name);
    return text != NULL && text != (const char *)-1 ? text : "";
}

static int depth_of(const struct terminfo_options *options)
{
    static const int depths[] = { 256, 16, 8 };
    int colours = tigetnum("colors");
    if (!options->colours || colours < 8 || capability("setaf")[0] == '\0' ||
        capability("setab")[0] == '\0')
        return 0;
    if (options->true_colour || colours >= DIRECT)
        return DIRECT;
    for (size_t i = 0; i < sizeof depths / sizeof *depths; i++) {
        if (colours >= depths[i])
            return depths[i];
    }
    return 0;
}

static void place(struct buffer *into, int x, int y)
{
    buffer_text(into, tiparm(capability("cup"), y, x));
}

static void right(struct buffer *into, int count)
{
    buffer_text(into, tiparm(capability("cuf"), count));
}

static void colour(struct buffer *into, int number, bool ground)
{
    buffer_text(into, tiparm(capability(ground ? "setab" : "setaf"), number));
}

struct paint *terminfo_paint(const struct terminfo_options *options)
{
    if (capability("cup")[0] == '\0' || capability("clear")[0] == '\0')
        return NULL;
    const struct paint_words words = {
        .depth = depth_of(options),
        .true_colour = options->true_colour,
        .utf8 = options->utf8,
        .fills = tigetflag("bce") > 0,
        .wraps_early = tigetflag("am") > 0 && tigetflag("xenl") <= 0,
        .clear = capability("clear"),
        .plain = capability("sgr0"),
        .bold = capability("bold"),
        .dim = capability("dim"),
        .reverse = capability("rev"),
        .underline = capability("smul"),
        .one_down = capability("cud1"),
        .one_back = capability("cub1"),
        .place = place,
        .right = capability("cuf")[0] != '\0' ? right : NULL,
        .colour = colour,
    };
    return paint_new(&words);
}
