/*
 * The terminal: curses knows what kind it is, sets its modes, gives its keys, and puts it back as it
 * was; what stands on it is painted by paint.c and sent in one write a frame, since curses by itself
 * writes at every move of the cursor, and a terminal that draws between two of them shows half a
 * frame.
 *
 * Invariant: curses never paints: its own screen stays blank, and keys are read from a pad. Signals
 * are not this file's business (signals.c), but for stopping itself; one that comes while a slow
 * terminal takes a frame ends that frame, and the next is whole.
 */
#include "ui/screen.h"

#include "base/memory.h"
#include "draw/utf8.h"
#include "ui/terminfo.h"

#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <unistd.h>

struct screen {
    SCREEN *terminal;
    WINDOW *keys; /* a pad: reading a key from it never paints */
    FILE *out;
    struct paint *paint;
    struct buffer frame;
    /* A report of the mouse of which only a part has come: what follows "\e[<". */
    bool in_report;
    char report[24];
    size_t report_size;
    bool in_unknown; /* in what a key sent that nobody knows */
    struct screen_mouse mouse;
};

/* Presses, drags and the wheel, in the one way of telling them that has no limit of columns. Curses
 * knows no drags, so it is told nothing of the mouse. */
static const char mouse_on[] = "\x1b[?1000h\x1b[?1002h\x1b[?1006h";
static const char mouse_off[] = "\x1b[?1006l\x1b[?1002l\x1b[?1000l";
static const char mouse_prefix[] = "\x1b[<";
enum { KEY_OF_MOUSE = 0x2000 /* beyond those of curses */ };

static void tell_terminal(const char *bytes, size_t size)
{
    ssize_t written = write(STDOUT_FILENO, bytes, size);
    (void)written; /* a terminal that is gone is found out by the next frame */
}

bool screen_speaks_utf8(void)
{
    const char *codeset = nl_langinfo(CODESET);
    return strcmp(codeset, "UTF-8") == 0 || strcmp(codeset, "utf8") == 0;
}

/* ---- opening and closing ---- */

static void take_modes(void)
{
    cbreak();
    noecho();
    nonl(); /* also: a line feed of the painter moves straight down */
    intrflush(stdscr, FALSE);
    set_escdelay(10); /* the loop stands meanwhile: a good part of a frame, and enough for a key */
    curs_set(0);
}

/* To terminals that have a mouse; the others would show the words. */
static bool terminal_has_mouse(void)
{
    const char *mouse = tigetstr("kmous");
    return mouse != NULL && mouse != (const char *)-1;
}

static void take_mouse(void)
{
    if (!terminal_has_mouse())
        return;
    define_key(mouse_prefix, KEY_OF_MOUSE);
    tell_terminal(mouse_on, sizeof mouse_on - 1);
}

/* What terminals send for these keys where TERM says another kind, as in a multiplexer or over a line. */
static void take_other_spellings(void)
{
    static const struct {
        const char *sent;
        int key;
    } rows[] = {
        { "\x1b[A", KEY_UP },     { "\x1bOA", KEY_UP },    { "\x1b[B", KEY_DOWN },
        { "\x1bOB", KEY_DOWN },   { "\x1b[C", KEY_RIGHT }, { "\x1bOC", KEY_RIGHT },
        { "\x1b[D", KEY_LEFT },   { "\x1bOD", KEY_LEFT },  { "\x1b[H", KEY_HOME },
        { "\x1bOH", KEY_HOME },   { "\x1b[1~", KEY_HOME }, { "\x1b[7~", KEY_HOME },
        { "\x1b[F", KEY_END },    { "\x1bOF", KEY_END },   { "\x1b[4~", KEY_END },
        { "\x1b[8~", KEY_END },   { "\x1b[Z", KEY_BTAB },  { "\x1b[5~", KEY_PPAGE },
        { "\x1b[6~", KEY_NPAGE }, { "\x1b[3~", KEY_DC },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (key_defined(rows[i].sent) == 0)
            define_key(rows[i].sent, rows[i].key);
}

/* Asked before newterm(), which does not give back all it took when it fails. */
static bool type_is_known(const char *type)
{
    int answer;
    if (type == NULL || setupterm(type, STDOUT_FILENO, &answer) == ERR)
        return false;
    del_curterm(cur_term);
    return true;
}

/* Terminals say so in a variable, since terminfo has no word for it; GNU screen hands it on from
 * outside without knowing such colours. */
static bool knows_true_colour(const char *type)
{
    const char *says = getenv("COLORTERM");
    return says != NULL && (strcmp(says, "truecolor") == 0 || strcmp(says, "24bit") == 0) &&
           strncmp(type, "screen", strlen("screen")) != 0;
}

static bool take_terminal(struct screen *screen, const char *type)
{
    const char *no_color = getenv("NO_COLOR");
    if (screen->out == NULL || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) ||
        !type_is_known(type))
        return false;
    screen->terminal = newterm(type, screen->out, stdin);
    if (screen->terminal == NULL)
        return false;
    set_term(screen->terminal);
    const struct terminfo_options options = {
        .utf8 = screen_speaks_utf8(),
        .colours = no_color == NULL || no_color[0] == '\0',
        .true_colour = knows_true_colour(type),
    };
    screen->paint = terminfo_paint(&options);
    screen->keys = newpad(1, 1);
    if (screen->paint != NULL && screen->keys != NULL)
        return true;
    paint_free(screen->paint);
    endwin();
    delscreen(screen->terminal);
    return false;
}

struct screen *screen_open(const struct theme *theme, struct error *error)
{
    const char *type = getenv("TERM");
    struct screen *screen = mem_zero(1, sizeof *screen);
    int out_fd = dup(STDOUT_FILENO);
    screen->out = out_fd >= 0 ? fdopen(out_fd, "w") : NULL;
    if (!take_terminal(screen, type)) {
        error_set(error,
                  "no screen: TERM is '%s', which is no terminal type that is known here; "
                  "'xterm-256color' is one",
                  type != NULL ? type : "");
        if (screen->out != NULL)
            fclose(screen->out);
        free(screen);
        return NULL;
    }
    memory_set_fatal(screen_abandon);
    take_modes();
    keypad(screen->keys, TRUE);
    nodelay(screen->keys, TRUE);
    refresh(); /* the terminal's other page, where it has one */
    take_other_spellings();
    take_mouse();
    buffer_init(&screen->frame);
    screen_set_theme(screen, theme);
    screen_resize(screen);
    return screen;
}

void screen_abandon(void)
{
    if (stdscr == NULL || isendwin())
        return;
    tell_terminal(mouse_off, sizeof mouse_off - 1);
    endwin();
}

void screen_close(struct screen *screen)
{
    memory_set_fatal(NULL);
    screen_abandon();
    delwin(screen->keys);
    delscreen(screen->terminal);
    fclose(screen->out);
    paint_free(screen->paint);
    buffer_fini(&screen->frame);
    free(screen);
}

void screen_size(const struct screen *screen, int *cols, int *rows)
{
    (void)screen;
    getmaxyx(stdscr, *rows, *cols);
}

void screen_resize(struct screen *screen)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
        resizeterm(size.ws_row, size.ws_col);
    /* Curses set the region that scrolls to the size there was; where a terminal keeps it, a line feed
     * of the painter would scroll in the middle of a greater one. */
    const char *region = tigetstr("csr");
    if (region != NULL && region != (const char *)-1) {
        const char *all = tiparm(region, 0, LINES - 1);
        tell_terminal(all, strlen(all));
    }
    paint_forget(screen->paint);
}

void screen_set_theme(struct screen *screen, const struct theme *theme)
{
    paint_set_theme(screen->paint, theme);
}

void screen_suspend(struct screen *screen)
{
    struct sigaction ours, standard = { .sa_handler = SIG_DFL };
    sigset_t stop, before;
    screen_abandon();
    sigemptyset(&standard.sa_mask);
    sigaction(SIGTSTP, &standard, &ours);
    sigemptyset(&stop);
    sigaddset(&stop, SIGTSTP);
    raise(SIGTSTP);
    sigprocmask(SIG_UNBLOCK, &stop, &before); /* it stops here until SIGCONT */
    sigprocmask(SIG_SETMASK, &before, NULL);
    sigaction(SIGTSTP, &ours, NULL);
    refresh(); /* takes the modes and the other page again */
    take_mouse();
    screen_resize(screen);
}

/* ---- showing ---- */

/* Everything to the terminal, waiting where it is slow, until a signal wants to be heard. False: the
 * terminal is gone. */
static bool write_frame(struct screen *screen, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t written = write(STDOUT_FILENO, bytes, size);
        if (written < 0 && errno == EAGAIN) {
            struct pollfd wait = { .fd = STDOUT_FILENO, .events = POLLOUT };
            written = poll(&wait, 1, -1) < 0 ? -1 : 0;
        }
        if (written < 0 && errno == EINTR) {
            paint_forget(screen->paint);
            return true;
        }
        if (written < 0)
            return false;
        bytes += written;
        size -= (size_t)written;
    }
    return true;
}

bool screen_show(struct screen *screen, const struct canvas *canvas)
{
    buffer_clear(&screen->frame);
    paint_frame(screen->paint, canvas, &screen->frame);
    return write_frame(screen, buffer_string(&screen->frame), screen->frame.size);
}

/* ---- keys ---- */

int screen_fd(const struct screen *screen)
{
    (void)screen;
    return STDIN_FILENO;
}

bool screen_has_input(const struct screen *screen)
{
    struct pollfd input = { .fd = screen_fd(screen), .events = POLLIN };
    return poll(&input, 1, 0) > 0;
}

static uint32_t key_of_curses(wint_t code)
{
    static const struct {
        wint_t curses;
        uint32_t key;
    } rows[] = {
        { KEY_UP, KEY_IS_UP },
        { KEY_DOWN, KEY_IS_DOWN },
        { KEY_LEFT, KEY_IS_LEFT },
        { KEY_RIGHT, KEY_IS_RIGHT },
        { KEY_HOME, KEY_IS_HOME },
        { KEY_FIND, KEY_IS_HOME }, /* where a VT220 had it */
        { KEY_END, KEY_IS_END },
        { KEY_SELECT, KEY_IS_END },
        { KEY_PPAGE, KEY_IS_PAGE_UP },
        { KEY_NPAGE, KEY_IS_PAGE_DOWN },
        { KEY_BTAB, KEY_IS_BACK_TAB },
        { KEY_ENTER, KEY_IS_ENTER },
        { KEY_BACKSPACE, KEY_IS_ERASE },
        { KEY_DC, KEY_IS_ERASE },
        { KEY_SR, KEY_IS_SHIFT_UP },
        { KEY_SF, KEY_IS_SHIFT_DOWN },
        { KEY_SLEFT, KEY_IS_SHIFT_LEFT },
        { KEY_SRIGHT, KEY_IS_SHIFT_RIGHT },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].curses == code)
            return rows[i].key;
    }
    return UTF8_BAD; /* a key without a meaning here */
}

/* "0;12;5M": button, column, row, and whether it went down. False: it is something that nobody asked
 * for, as a button that is let go of without meaning. */
static bool read_report(struct screen *screen, bool down)
{
    enum { BUTTONS = 3, MOVED = 32, WHEEL = 64, WHEEL_MOST = 65 };
    int button, column, row;
    screen->report[screen->report_size] = '\0';
    if (sscanf(screen->report, "%d;%d;%d", &button, &column, &row) != 3)
        return false;
    screen->mouse.x = column - 1;
    screen->mouse.y = row - 1;
    if (button == WHEEL || button == WHEEL_MOST)
        screen->mouse.deed = button == WHEEL ? MOUSE_WHEEL_UP : MOUSE_WHEEL_DOWN;
    else if ((button & BUTTONS) != 0 || button >= WHEEL)
        return false; /* the left one is the only one with a meaning */
    else
        screen->mouse.deed = !down ? MOUSE_RELEASE : button & MOVED ? MOUSE_DRAG : MOUSE_PRESS;
    return true;
}

/* A character of a report; KEY_IS_MOUSE when it was the last one, UTF8_BAD while it goes on. */
static uint32_t report_takes(struct screen *screen, wint_t code)
{
    bool part = (code >= '0' && code <= '9') || code == ';';
    if (part && screen->report_size + 1 < sizeof screen->report) {
        screen->report[screen->report_size++] = (char)code;
        return UTF8_BAD;
    }
    screen->in_report = false;
    bool whole = (code == 'M' || code == 'm') && read_report(screen, code == 'M');
    return whole ? KEY_IS_MOUSE : UTF8_BAD;
}

struct screen_mouse screen_mouse(const struct screen *screen)
{
    return screen->mouse;
}

/* Esc, or the first of what a key sends that nobody knows ("\e[3;5~"): no key may be taken out of the
 * middle of that. */
static uint32_t escape_takes(struct screen *screen)
{
    wint_t next;
    int kind = wget_wch(screen->keys, &next);
    if (kind == OK && (next == '[' || next == 'O')) {
        screen->in_unknown = true;
        return UTF8_BAD;
    }
    if (kind == OK)
        unget_wch((wchar_t)next);
    else if (kind == KEY_CODE_YES)
        ungetch((int)next);
    return KEY_IS_ESCAPE;
}

/* Digits and their separators go on, anything else is its last character. */
static uint32_t unknown_takes(struct screen *screen, wint_t code)
{
    screen->in_unknown = code >= ' ' && code < '@';
    return UTF8_BAD;
}

uint32_t screen_key(struct screen *screen)
{
    wint_t code;
    int kind = wget_wch(screen->keys, &code);
    if (kind == OK && screen->in_unknown)
        return unknown_takes(screen, code);
    screen->in_unknown = false;
    if (kind == KEY_CODE_YES && code == KEY_OF_MOUSE) {
        screen->in_report = true;
        screen->report_size = 0;
        return UTF8_BAD;
    }
    if (kind == OK && screen->in_report)
        return report_takes(screen, code);
    if (kind == KEY_CODE_YES)
        return key_of_curses(code);
    if (kind == OK && code == KEY_IS_ESCAPE)
        return escape_takes(screen);
    if (kind == OK)
        return code == '\r' ? KEY_IS_ENTER : code == '\b' ? KEY_IS_ERASE : (uint32_t)code;
    struct pollfd hung = { .fd = STDIN_FILENO, .events = POLLIN };
    if (poll(&hung, 1, 0) > 0 && hung.revents & (POLLHUP | POLLERR | POLLNVAL))
        return KEY_IS_GONE;
    return KEY_IS_NONE;
}
