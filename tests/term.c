/*
 * A terminal for tests: bytes of the program go to libvterm, which is asked what stands where.
 */
#include "term.h"

#include "base/clock.h"
#include "base/memory.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

const char *const term_quick[] = { "scraper", "-m",       "threads,loop", "--staging",    "turns",
                                   "--set",   "pages=40", "--set",        "latency=20ms", NULL };
const char *const term_lasting[] = { "scraper",    "-m",    "threads,processes", "--staging",
                                     "turns",      "--set", "pages=400",         "--set",
                                     "latency=1s", NULL };

static int on_property(VTermProp prop, VTermValue *value, void *context)
{
    struct term *term = context;
    if (prop == VTERM_PROP_ALTSCREEN)
        term->alternate = value->boolean;
    if (prop == VTERM_PROP_CURSORVISIBLE)
        term->cursor_shown = value->boolean;
    if (prop == VTERM_PROP_MOUSE)
        term->mouse = value->number;
    return 1;
}

static const VTermScreenCallbacks callbacks = { .settermprop = on_property };

void term_begin(struct term *term, int cols, int rows)
{
    term->cols = cols;
    term->rows = rows;
    term->cursor_shown = true;
    tcgetattr(term->process.out, &term->before);
    term->vterm = vterm_new(rows, cols);
    vterm_set_utf8(term->vterm, 1);
    term->screen = vterm_obtain_screen(term->vterm);
    vterm_screen_enable_altscreen(term->screen, 1);
    vterm_screen_set_callbacks(term->screen, &callbacks, term);
    vterm_screen_reset(term->screen, 1);
}

void term_open(struct term *term, const char *const *words, int cols, int rows)
{
    memset(term, 0, sizeof *term);
    process_start_terminal(&term->process, words, cols, rows, NULL);
    term_begin(term, cols, rows);
}

void term_close(struct term *term)
{
    vterm_free(term->vterm);
    process_end(&term->process);
}

void term_read(struct term *term, int ms)
{
    process_read(&term->process, ms);
    vterm_input_write(term->vterm, term->process.text + term->fed,
                      term->process.text_size - term->fed);
    term->fed = term->process.text_size;
}

void term_forget(struct term *term)
{
    term->process.text_size = term->fed = 0;
    term->process.text[0] = '\0';
}

void term_keys(struct term *term, const char *keys)
{
    ck_assert_int_eq(write(term->process.out, keys, strlen(keys)), (ssize_t)strlen(keys));
}

void term_resize(struct term *term, int cols, int rows)
{
    const struct winsize size = { .ws_col = (unsigned short)cols, .ws_row = (unsigned short)rows };
    term->cols = cols;
    term->rows = rows;
    vterm_set_size(term->vterm, rows, cols);
    ck_assert_int_eq(ioctl(term->process.out, TIOCSWINSZ, &size), 0);
}

char *term_text(const struct term *term)
{
    size_t room = (size_t)term->rows * ((size_t)term->cols * 4 + 1) + 1, used = 0;
    char *text = mem_alloc(room);
    for (int y = 0; y < term->rows; y++) {
        VTermRect row = { .start_row = y, .end_row = y + 1, .start_col = 0, .end_col = term->cols };
        used += vterm_screen_get_text(term->screen, text + used, room - used - 2, row);
        text[used++] = '\n';
    }
    text[used] = '\0';
    return text;
}

bool term_says(const struct term *term, const char *words)
{
    char *text = term_text(term);
    bool found = strstr(text, words) != NULL;
    free(text);
    return found;
}

void term_expect(struct term *term, const char *words, bool there)
{
    uint64_t until = clock_now() + TERM_LIMIT_MS * NS_PER_MS;
    while (clock_now() < until && term_says(term, words) != there && !term->process.ended)
        term_read(term, 20);
    if (term_says(term, words) != there) {
        char *text = term_text(term);
        fputs(text, stderr);
        free(text);
    }
    ck_assert_msg(term_says(term, words) == there, "'%s' should%s be on the screen", words,
                  there ? "" : " not");
}

void term_open_race(struct term *term, const char *const *race, int cols, int rows,
                    const char *words)
{
    term_open(term, race, cols, rows);
    term_expect(term, "what do you expect?", true);
    term_keys(term, " ");
    term_expect(term, words, true);
}

/* The last word that the program said of a mode of the mouse has to be no: libvterm does not tell
 * all of them. */
static void assert_mode_is_off(const struct term *term, int mode)
{
    char on[16], off[16];
    const char *last_on = NULL, *last_off = NULL;
    snprintf(on, sizeof on, "\x1b[?%dh", mode);
    snprintf(off, sizeof off, "\x1b[?%dl", mode);
    for (const char *at = term->process.text; (at = strstr(at, on)) != NULL; at++)
        last_on = at;
    for (const char *at = term->process.text; (at = strstr(at, off)) != NULL; at++)
        last_off = at;
    ck_assert_msg(last_on == NULL || (last_off != NULL && last_off > last_on), "mode %d is left",
                  mode);
}

void term_left_tidy(struct term *term)
{
    struct termios after;
    ck_assert(process_wait(&term->process, TERM_LIMIT_MS));
    term_read(term, 10);
    ck_assert_int_eq(tcgetattr(term->process.out, &after), 0);
    ck_assert_uint_eq(after.c_lflag, term->before.c_lflag);
    ck_assert_uint_eq(after.c_iflag, term->before.c_iflag);
    ck_assert_uint_eq(after.c_oflag, term->before.c_oflag);
    ck_assert(!term->alternate);
    ck_assert(term->cursor_shown);
    ck_assert_int_eq(term->mouse, VTERM_PROP_MOUSE_NONE);
    assert_mode_is_off(term, 1000);
    assert_mode_is_off(term, 1002);
    assert_mode_is_off(term, 1006);
}

void term_go_elsewhere(char *directory)
{
    const char *given = getenv("LOCKSTEP"), *srcdir = getenv("top_srcdir");
    char *program = realpath(given != NULL ? given : "./lockstep", NULL);
    char *top = realpath(srcdir != NULL ? srcdir : "..", NULL);
    char scenarios[4200];
    if (program == NULL || top == NULL || mkdtemp(directory) == NULL || chdir(directory) != 0) {
        perror(directory);
        exit(1);
    }
    snprintf(scenarios, sizeof scenarios, "%s/scenarios", top);
    setenv("LOCKSTEP_SCENARIOS", scenarios, 0);
    setenv("LOCKSTEP", program, 1);
    free(program);
    free(top);
}
