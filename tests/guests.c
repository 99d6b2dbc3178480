/*
 * Clients of a chat in one thread, moved by poll(): see guests.h.
 */
#include "guests.h"

#include "base/clock.h"

#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void guests_init(struct guests *guests, struct stage_test *test)
{
    *guests = (struct guests){ .test = test };
}

static void guest_close(struct guest *guest)
{
    if (guest->fd >= 0)
        close(guest->fd);
    guest->fd = -1;
    buffer_fini(&guest->in);
    buffer_fini(&guest->out);
}

void guests_fini(struct guests *guests)
{
    for (unsigned i = 0; i < guests->count; i++)
        guest_close(&guests->all[i]);
}

unsigned guests_connect(struct guests *guests, int receive)
{
    struct sockaddr_in server = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)atomic_load(&guests->test->run->server_port)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    ck_assert_uint_lt(guests->count, GUESTS_MAX);
    struct guest *guest = &guests->all[guests->count];
    *guest = (struct guest){ .last_tag = TASK_NONE };
    guest->fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_ge(guest->fd, 0);
    if (receive > 0)
        setsockopt(guest->fd, SOL_SOCKET, SO_RCVBUF, &receive, sizeof receive);
    ck_assert_int_eq(connect(guest->fd, (struct sockaddr *)&server, sizeof server), 0);
    return guests->count++;
}

void guests_introduce(struct guests *guests, unsigned guest, const char *user)
{
    char text[128];
    int size = snprintf(text, sizeof text, "NICK g%u\r\nUSER %s 0 * :a guest\r\nJOIN #room\r\n",
                        guest, user);
    guests_send(guests, guest, text, (size_t)size);
}

unsigned guests_add(struct guests *guests, const char *user)
{
    unsigned guest = guests_connect(guests, 0);
    guests_introduce(guests, guest, user);
    return guest;
}

void guests_send(struct guests *guests, unsigned guest, const char *bytes, size_t size)
{
    buffer_append(&guests->all[guest].out, bytes, size);
}

void guests_say(struct guests *guests, unsigned number, size_t words, uint32_t id)
{
    struct guest *guest = &guests->all[number];
    if (id != TASK_NONE)
        buffer_printf(&guest->out, "@id=%u ", id);
    buffer_printf(&guest->out, "PRIVMSG #room :%u %u ", number, guest->said++);
    for (size_t i = 0; i < words; i++)
        buffer_byte(&guest->out, (char)('a' + i % 26));
    buffer_text(&guest->out, "\r\n");
}

void guests_quit(struct guests *guests, unsigned guest)
{
    guests_send(guests, guest, "QUIT :bye\r\n", 11);
}

void guests_break(struct guests *guests, unsigned guest)
{
    const struct linger reset = { .l_onoff = 1 };
    setsockopt(guests->all[guest].fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    guest_close(&guests->all[guest]);
}

/* ---- What is heard. ---- */

static void guest_hear_said(struct guest *guest, const char *text)
{
    unsigned speaker, number;
    if (sscanf(text, "%u %u ", &speaker, &number) != 2 || speaker >= GUESTS_MAX ||
        number < guest->heard[speaker]) {
        guest->strange++;
        return;
    }
    guest->missed[speaker] += number - guest->heard[speaker];
    guest->heard[speaker] = number + 1;
}

static void guest_hear(struct guest *guest, char *line)
{
    if (*line == '@') {
        char *space = strchr(line, ' ');
        ck_assert_ptr_nonnull(space);
        guest->last_tag = (uint32_t)strtoul(line + 4, NULL, 10);
        line = space + 1;
    }
    const char *said = strstr(line, " PRIVMSG #room :");
    if (said != NULL)
        guest_hear_said(guest, said + 16);
    else if (strstr(line, " 001 ") != NULL)
        guest->welcome = true;
    else if (strstr(line, " 366 ") != NULL)
        guest->joined = true;
    else if (strncmp(line, "ERROR ", 6) == 0)
        guest->refused = true;
}

static void guest_hear_all(struct guest *guest)
{
    char *end, *at = guest->in.data;
    while (guest->in.size > 0 && (end = strstr(at, "\r\n")) != NULL) {
        *end = '\0';
        guest_hear(guest, at);
        at = end + 2;
    }
    if (guest->in.size == 0)
        return;
    size_t left = guest->in.size - (size_t)(at - guest->in.data);
    memmove(guest->in.data, at, left);
    buffer_cut(&guest->in, left);
}

static void guest_turn(struct guest *guest, short events)
{
    if ((events & POLLOUT) != 0 && guest->out.size > 0) {
        ssize_t sent =
            send(guest->fd, guest->out.data, guest->out.size, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent > 0) {
            memmove(guest->out.data, guest->out.data + sent, guest->out.size - (size_t)sent);
            buffer_cut(&guest->out, guest->out.size - (size_t)sent);
        }
    }
    if (guest->deaf || (events & (POLLIN | POLLHUP | POLLERR)) == 0)
        return;
    ssize_t got = recv(guest->fd, buffer_reserve(&guest->in, 64 * 1024), 64 * 1024, MSG_DONTWAIT);
    if (got > 0) {
        buffer_grew(&guest->in, (size_t)got);
        guest_hear_all(guest);
    } else if (got == 0 || errno != EAGAIN) {
        guest_close(guest);
    }
}

bool guests_pump(struct guests *guests, bool (*enough)(const struct guests *guests), int limit_ms)
{
    uint64_t until_ns = clock_now() + (uint64_t)limit_ms * NS_PER_MS;
    while (!enough(guests)) {
        struct pollfd fds[GUESTS_MAX];
        if (clock_now() > until_ns)
            return false;
        for (unsigned i = 0; i < guests->count; i++) {
            const struct guest *guest = &guests->all[i];
            int events = (guest->deaf ? 0 : POLLIN) | (guest->out.size > 0 ? POLLOUT : 0);
            fds[i] = (struct pollfd){ .fd = guest->fd, .events = (short)events };
        }
        poll(fds, guests->count, 1);
        for (unsigned i = 0; i < guests->count; i++)
            if (guests->all[i].fd >= 0 && fds[i].revents != 0)
                guest_turn(&guests->all[i], fds[i].revents);
        if (stage_test_poll(guests->test, 0))
            return enough(guests);
    }
    return true;
}

bool guests_all_in(const struct guests *guests)
{
    for (unsigned i = 0; i < guests->count; i++)
        if (guests->all[i].fd >= 0 && !guests->all[i].joined)
            return false;
    return true;
}

bool guests_all_heard(const struct guests *guests)
{
    for (unsigned i = 0; i < guests->count; i++) {
        const struct guest *listener = &guests->all[i];
        if (listener->fd < 0 || listener->deaf)
            continue;
        for (unsigned k = 0; k < guests->count; k++)
            if (k != i && guests->all[k].fd >= 0 && listener->heard[k] != guests->all[k].said)
                return false;
    }
    return true;
}

bool guests_all_sent(const struct guests *guests)
{
    for (unsigned i = 0; i < guests->count; i++)
        if (guests->all[i].fd >= 0 && guests->all[i].out.size > 0)
            return false;
    return true;
}

bool guests_never(const struct guests *guests)
{
    (void)guests;
    return false;
}
