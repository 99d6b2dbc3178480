/*
 * The only file that knows curses. Cells become curses' cells where they differ from the last canvas;
 * curses finds the cheapest way to make the terminal look like that, into a file, and that file goes
 * to the terminal in one write: curses by itself writes at every move of the cursor, and a terminal
 * that draws between two of them shows half a frame.
 *
 * Invariant: the descriptor of `out` is the terminal whenever curses reads or sets its modes, and the
 * frame's file only within screen_show(). Signals are not its business (signals.c), but for stopping
 * itself; one that comes while a slow terminal takes a frame ends that frame, and the next is whole.
 */
#include "ui/screen.h"

#include "base/memory.h"
#include "draw/utf8.h"

#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <unistd.h>

enum { PAIRS_MOST = 1024, UNSET = -2, DIRECT_COLOURS = 1 << 24 };

struct screen {
    SCREEN *terminal;
    FILE *
        out; /* curses writes to its descriptor: the terminal, or the frame's file while it paints */
    int tty_fd;  /* the terminal, always */
    FILE *frame; /* a file without a name; NULL: there is none, curses writes by itself */
    const struct theme *theme;
    int depth; /* colours: 1 << 24, 256, 16, 8, or 0 */
    bool utf8;
    bool whole;        /* the next frame is drawn whole */
    struct canvas was; /* what the terminal shows */
    struct {
        int fg, bg;
    } pairs[PAIRS_MOST];
    int pair_count;
    int16_t pair_of[ROLE_THEME_COUNT][ROLE_THEME_COUNT]; /* UNSET: not looked up yet */
    char *bytes;
    size_t bytes_size;
};

bool screen_speaks_utf8(void)
{
    const char *codeset = nl_langinfo(CODESET);
    return strcmp(codeset, "UTF-8") == 0 || strcmp(codeset, "utf8") == 0;
}

/* ---- colours ---- */

static int depth_of_terminal(void)
{
    const char *no_color = getenv("NO_COLOR");
    if ((no_color != NULL && no_color[0] != '\0') || !has_colors())
        return 0;
    start_color();
    use_default_colors();
    static const int depths[] = { DIRECT_COLOURS, 256, 16, 8 };
    for (size_t i = 0; i < sizeof depths / sizeof *depths; i++) {
        if (COLORS >= depths[i])
            return depths[i];
    }
    return 0;
}

static int colour_of(const struct screen *screen, unsigned role)
{
    const struct theme_look *look = &screen->theme->look[role];
    if (screen->depth == DIRECT_COLOURS) /* the first eight values are the palette's */
        return look->rgb == UINT32_MAX ? -1 : look->rgb < 8 ? 8 : (int)look->rgb;
    return screen->depth == 256 ? look->c256 : screen->depth == 16 ? look->c16 : look->c8;
}

/* The pair of two colours; the plain one where the terminal has no more. */
static int pair_for(struct screen *screen, int fg, int bg)
{
    for (int i = 0; i < screen->pair_count; i++) {
        if (screen->pairs[i].fg == fg && screen->pairs[i].bg == bg)
            return i + 1;
    }
    if (screen->pair_count >= PAIRS_MOST || screen->pair_count + 1 >= COLOR_PAIRS ||
        init_extended_pair(screen->pair_count + 1, fg, bg) == ERR)
        return 0;
    screen->pairs[screen->pair_count].fg = fg;
    screen->pairs[screen->pair_count].bg = bg;
    return ++screen->pair_count;
}

static int pair_of(struct screen *screen, const struct cell *cell)
{
    if (screen->depth == 0 || cell->fg >= ROLE_THEME_COUNT || cell->bg >= ROLE_THEME_COUNT)
        return 0;
    int16_t *pair = &screen->pair_of[cell->fg][cell->bg];
    if (*pair == UNSET)
        *pair = (int16_t)pair_for(screen, colour_of(screen, cell->fg), colour_of(screen, cell->bg));
    return *pair;
}

void screen_set_theme(struct screen *screen, const struct theme *theme)
{
    screen->theme = theme;
    for (int fg = 0; fg < ROLE_THEME_COUNT; fg++) {
        for (int bg = 0; bg < ROLE_THEME_COUNT; bg++)
            screen->pair_of[fg][bg] = UNSET;
    }
    screen->whole = true;
}

static attr_t attributes_of(const struct screen *screen, const struct cell *cell)
{
    unsigned attr = cell->attr;
    const struct theme *theme = screen->depth > 0 ? screen->theme : theme_find("mono");
    bool few = screen->depth <= 8 || theme->look[ROLE_BACK].rgb == UINT32_MAX;
    if (few && cell->fg < ROLE_THEME_COUNT && cell->bg < ROLE_THEME_COUNT)
        attr |= theme->look[cell->fg].attr | theme->look[cell->bg].attr;
    return (attr & ATTR_BOLD ? A_BOLD : 0) | (attr & ATTR_DIM ? A_DIM : 0) |
           (attr & ATTR_REVERSE ? A_REVERSE : 0) | (attr & ATTR_UNDERLINE ? A_UNDERLINE : 0);
}

/* ---- opening and closing ---- */

static void take_modes(void)
{
    cbreak();
    noecho();
    nonl();
    intrflush(stdscr, FALSE);
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    set_escdelay(25);
    curs_set(0);
    scrollok(stdscr, FALSE);
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

struct screen *screen_open(const struct theme *theme, struct error *error)
{
    const char *type = getenv("TERM");
    struct screen *screen = mem_zero(1, sizeof *screen);
    screen->tty_fd = dup(STDOUT_FILENO);
    int out_fd = dup(STDOUT_FILENO);
    screen->out = out_fd >= 0 ? fdopen(out_fd, "w") : NULL;
    screen->frame = tmpfile();
    if (screen->out != NULL && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && type_is_known(type))
        screen->terminal = newterm(type, screen->out, stdin);
    if (screen->terminal == NULL) {
        error_set(error,
                  "no screen: TERM is '%s', which is no terminal type that is known here; "
                  "'xterm-256color' is one",
                  type != NULL ? type : "");
        if (screen->frame != NULL)
            fclose(screen->frame);
        if (screen->out != NULL)
            fclose(screen->out);
        close(screen->tty_fd);
        free(screen);
        return NULL;
    }
    set_term(screen->terminal);
    screen->depth = depth_of_terminal();
    screen->utf8 = screen_speaks_utf8();
    screen_set_theme(screen, theme);
    canvas_init(&screen->was);
    take_modes();
    memory_set_fatal(screen_abandon);
    return screen;
}

void screen_abandon(void)
{
    if (stdscr != NULL && !isendwin())
        endwin();
}

void screen_close(struct screen *screen)
{
    memory_set_fatal(NULL);
    screen_abandon();
    delscreen(screen->terminal);
    fclose(screen->out);
    if (screen->frame != NULL)
        fclose(screen->frame);
    close(screen->tty_fd);
    canvas_fini(&screen->was);
    free(screen->bytes);
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
    if (ioctl(screen->tty_fd, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
        resizeterm(size.ws_row, size.ws_col);
    screen->whole = true;
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
    refresh(); /* takes the modes again */
    screen_resize(screen);
}

/* ---- showing ---- */

static uint32_t shown_code(const struct screen *screen, uint32_t code)
{
    if (code < 0x20)
        return ' ';
    return screen->utf8 || code < 0x7f ? code : '?';
}

/* Puts the cells of [from, to) of a row into curses' window. */
static void put_cells(struct screen *screen, const struct cell *row, int y, int from, int to)
{
    for (int x = from; x < to; x++) {
        const struct cell *cell = &row[x];
        wchar_t text[2] = { (wchar_t)shown_code(screen, cell->code), 0 };
        cchar_t out;
        int pair = pair_of(screen, cell);
        if (cell->code == 0)
            continue; /* its left half put it */
        setcchar(&out, text, attributes_of(screen, cell), (short)pair, &pair);
        mvadd_wch(y, x, &out);
    }
}

static void put_changes(struct screen *screen, const struct canvas *canvas)
{
    bool whole =
        screen->whole || canvas->cols != screen->was.cols || canvas->rows != screen->was.rows;
    if (whole) {
        clearok(stdscr, TRUE);
        canvas_reset(&screen->was, canvas->cols, canvas->rows);
    }
    for (int y = 0; y < canvas->rows; y++) {
        const struct cell *now = &canvas->cells[(size_t)y * (size_t)canvas->cols];
        struct cell *was = &screen->was.cells[(size_t)y * (size_t)canvas->cols];
        size_t size = (size_t)canvas->cols * sizeof *now;
        if (!whole && memcmp(now, was, size) == 0)
            continue;
        int from = 0, to = canvas->cols;
        while (!whole && memcmp(&now[from], &was[from], sizeof *now) == 0)
            from++;
        while (!whole && memcmp(&now[to - 1], &was[to - 1], sizeof *now) == 0)
            to--;
        put_cells(screen, now, y, from, to);
        memcpy(was, now, size);
    }
    screen->whole = false;
}

/* Everything to the terminal, waiting where it is slow, until a signal wants to be heard. False: the
 * terminal is gone. */
static bool write_frame(struct screen *screen, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t written = write(screen->tty_fd, bytes, size);
        if (written < 0 && errno == EAGAIN) {
            struct pollfd wait = { .fd = screen->tty_fd, .events = POLLOUT };
            written = poll(&wait, 1, -1) < 0 ? -1 : 0;
        }
        if (written < 0 && errno == EINTR) {
            screen->whole = true;
            return true;
        }
        if (written < 0)
            return false;
        bytes += written;
        size -= (size_t)written;
    }
    return true;
}

/* What curses painted into the frame's file goes to the terminal; the file is empty then. */
static bool send_frame(struct screen *screen)
{
    int fd = fileno(screen->frame);
    off_t end = lseek(fd, 0, SEEK_CUR);
    if (end <= 0)
        return true;
    if ((size_t)end > screen->bytes_size) {
        screen->bytes_size = (size_t)end * 2;
        screen->bytes = mem_resize(screen->bytes, screen->bytes_size, 1);
    }
    ssize_t got = pread(fd, screen->bytes, (size_t)end, 0);
    lseek(fd, 0, SEEK_SET);
    return got <= 0 || write_frame(screen, screen->bytes, (size_t)got);
}

bool screen_show(struct screen *screen, const struct canvas *canvas)
{
    put_changes(screen, canvas);
    if (screen->frame == NULL)
        return refresh() != ERR;
    int out = fileno(screen->out);
    fflush(screen->out);
    dup2(fileno(screen->frame), out);
    refresh();
    dup2(screen->tty_fd, out);
    return send_frame(screen);
}

/* ---- keys ---- */

int screen_fd(const struct screen *screen)
{
    (void)screen;
    return STDIN_FILENO;
}

static uint32_t key_of_curses(wint_t code)
{
    static const struct {
        wint_t curses;
        uint32_t key;
    } rows[] = {
        { KEY_UP, KEY_IS_UP },           { KEY_DOWN, KEY_IS_DOWN },
        { KEY_LEFT, KEY_IS_LEFT },       { KEY_RIGHT, KEY_IS_RIGHT },
        { KEY_HOME, KEY_IS_HOME },       { KEY_END, KEY_IS_END },
        { KEY_PPAGE, KEY_IS_PAGE_UP },   { KEY_NPAGE, KEY_IS_PAGE_DOWN },
        { KEY_BTAB, KEY_IS_BACK_TAB },   { KEY_ENTER, KEY_IS_ENTER },
        { KEY_BACKSPACE, KEY_IS_ERASE }, { KEY_DC, KEY_IS_ERASE },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].curses == code)
            return rows[i].key;
    }
    return UTF8_BAD; /* a key without a meaning here */
}

uint32_t screen_key(struct screen *screen)
{
    wint_t code;
    (void)screen;
    int kind = get_wch(&code);
    if (kind == KEY_CODE_YES)
        return key_of_curses(code);
    if (kind == OK)
        return code == '\r' ? KEY_IS_ENTER : code == '\b' ? KEY_IS_ERASE : (uint32_t)code;
    struct pollfd hung = { .fd = STDIN_FILENO, .events = POLLIN };
    if (poll(&hung, 1, 0) > 0 && hung.revents & (POLLHUP | POLLERR | POLLNVAL))
        return KEY_IS_GONE;
    return KEY_IS_NONE;
}
