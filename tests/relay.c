/*
 * One thread, one poll(): the counts are exact because nothing happens beside a turn.
 */
#include "relay.h"

#include "base/clock.h"
#include "base/memory.h"

#include <check.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void relay_open(struct relay *relay, struct world *world, uint32_t room)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t size = sizeof address;
    *relay = (struct relay){ .world = world, .room = room };
    relay->peers = mem_zero(room, sizeof *relay->peers);
    relay->polls = mem_zero(room + 1, sizeof *relay->polls);
    relay->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_ANY);
    ck_assert_int_eq(bind(relay->listener, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(relay->listener, 64), 0); /* less than the crowd has on the way */
    ck_assert_int_eq(getsockname(relay->listener, (struct sockaddr *)&address, &size), 0);
    atomic_store(&world->run->server_port, ntohs(address.sin_port));
}

static void peer_close(struct relay *relay, struct peer *peer)
{
    if (peer->fd < 0)
        return;
    close(peer->fd);
    peer->fd = -1;
    relay->inside -= peer->joined;
    peer->joined = false;
    buffer_fini(&peer->in);
}

void relay_close(struct relay *relay)
{
    for (uint32_t i = 0; i < relay->count; i++)
        peer_close(relay, &relay->peers[i]);
    close(relay->listener);
    free(relay->peers);
    free(relay->polls);
}

static bool peer_say(const struct peer *peer, const char *text, size_t size)
{
    return send(peer->fd, text, size, MSG_NOSIGNAL) == (ssize_t)size;
}

static void peer_say_text(const struct peer *peer, const char *text)
{
    peer_say(peer, text, strlen(text));
}

/* One delivery, with what the faults make of it. */
static void relay_deliver(struct relay *relay, struct peer *to, const char *text, size_t size)
{
    const struct faults *faults = &relay->faults;
    uint64_t n = relay->delivered + relay->dropped + 1;
    if ((faults->drop_every > 0 && n % faults->drop_every == 0) ||
        (faults->garble_every > 0 && n % faults->garble_every == 0)) {
        relay->dropped++;
        if (faults->garble_every > 0) {
            peer_say(to, text, size - 5);
            peer_say_text(to, "\r\n");
        }
        return;
    }
    relay->delivered += peer_say(to, text, size);
    if (faults->double_every > 0 && n % faults->double_every == 0)
        relay->doubled += peer_say(to, text, size);
}

static void relay_line(struct relay *relay, struct peer *from, const char *tags, const char *text)
{
    struct buffer line = { .size = 0 };
    uint32_t id;
    ck_assert_int_eq(sscanf(tags, "@id=%u", &id), 1);
    if (!relay->faults.no_tags)
        buffer_printf(&line, "@time=x;id=%u ", id);
    buffer_printf(&line, ":%s!crowd@127.0.0.1 PRIVMSG #lockstep %s\r\n", from->nick, text);
    size_t half = relay->faults.split && relay->lines % 3 == 0 ? line.size / 2 : 0;
    relay->lines++;
    for (uint32_t i = 0; i < relay->count && half > 0; i++)
        if (relay->peers[i].joined && &relay->peers[i] != from)
            peer_say(&relay->peers[i], line.data, half);
    if (half > 0)
        usleep(5000); /* so that the halves are read apart */
    for (uint32_t i = 0; i < relay->count; i++) {
        struct peer *peer = &relay->peers[i];
        if (peer->joined && peer != from)
            relay_deliver(relay, peer, line.data + half, line.size - half);
        else if (peer == from && relay->faults.echo)
            relay->doubled += peer_say(peer, line.data, line.size);
    }
    buffer_fini(&line);
}

static void peer_hear(struct relay *relay, struct peer *peer, char *line)
{
    char *tags = line, *word = line;
    if (*line == '@') {
        word = strchr(line, ' ');
        *word++ = '\0';
    }
    if (strncmp(word, "NICK ", 5) == 0) {
        snprintf(peer->nick, sizeof peer->nick, "%s", word + 5);
        if (relay->faults.taken != NULL && strcmp(peer->nick, relay->faults.taken) == 0) {
            peer->nick[0] = '\0';
            peer_say_text(peer, ":server 433 * x :Nickname is already in use\r\n");
        }
    } else if (strncmp(word, "JOIN #lockstep", 14) == 0 && peer->nick[0] != '\0') {
        /* Who does not answer a PING does not come in. */
        if (relay->faults.room_for == 0 || relay->invited++ < relay->faults.room_for)
            peer_say_text(peer, "PING :are you there\r\n");
    } else if (strcmp(word, "PONG :are you there") == 0) {
        char text[100];
        int to = (int)(peer - relay->peers) % 2; /* either of the two ways in */
        snprintf(text, sizeof text,
                 to ? ":server 366 %s #lockstep :End\r\n" : ":%s!crowd@h JOIN #lockstep\r\n",
                 peer->nick);
        peer->joined = true;
        relay->inside++;
        peer_say_text(peer, text);
    } else if (strncmp(word, "PRIVMSG #lockstep :", 19) == 0) {
        relay_line(relay, peer, tags, word + 18);
    } else if (strncmp(word, "QUIT", 4) == 0) {
        relay->quits++;
        peer->quit = true;
    } else {
        ck_assert_msg(strncmp(word, "USER crowd ", 11) == 0 || peer->nick[0] == '\0',
                      "the crowd says '%s'", word);
    }
}

static void peer_read(struct relay *relay, struct peer *peer)
{
    ssize_t got = recv(peer->fd, buffer_reserve(&peer->in, 4096), 4096, 0);
    if (got <= 0) {
        peer_close(relay, peer);
        return;
    }
    buffer_grew(&peer->in, (size_t)got);
    char *stop, *at = peer->in.data;
    while (peer->fd >= 0 && (stop = strstr(at, "\r\n")) != NULL) {
        *stop = '\0';
        peer_hear(relay, peer, at);
        at = stop + 2;
    }
    if (peer->fd < 0)
        return;
    size_t rest = peer->in.size - (size_t)(at - peer->in.data);
    memmove(peer->in.data, at, rest);
    buffer_cut(&peer->in, rest);
    if (peer->quit)
        peer_close(relay, peer);
}

static void relay_accept(struct relay *relay)
{
    int fd, on = 1;
    while ((fd = accept(relay->listener, NULL, NULL)) >= 0) {
        if (relay->refused < relay->faults.refuse_first) {
            relay->refused++;
            close(fd);
            continue;
        }
        ck_assert_uint_lt(relay->count, relay->room);
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        relay->peers[relay->count++].fd = fd;
    }
}

/* What is to go wrong once. */
static void relay_fail(struct relay *relay)
{
    struct faults *faults = &relay->faults;
    if (faults->close_after > 0 && relay->lines >= faults->close_after)
        for (uint32_t i = 0; i < relay->count; i++)
            peer_close(relay, &relay->peers[i]);
    if (faults->cut_after > 0 && relay->lines >= faults->cut_after) {
        faults->cut_after = 0;
        peer_close(relay, &relay->peers[relay->count / 2]);
    }
}

void relay_turn(struct relay *relay)
{
    relay->polls[0] = (struct pollfd){ .fd = relay->listener, .events = POLLIN };
    for (uint32_t i = 0; i < relay->count; i++)
        relay->polls[i + 1] = (struct pollfd){ .fd = relay->peers[i].fd, .events = POLLIN };
    uint32_t count = relay->count;
    if (poll(relay->polls, count + 1, 20) <= 0)
        return;
    if (relay->polls[0].revents != 0)
        relay_accept(relay);
    for (uint32_t i = 0; i < count; i++)
        if (relay->polls[i + 1].revents != 0 && relay->peers[i].fd >= 0)
            peer_read(relay, &relay->peers[i]);
    relay_fail(relay);
}

void relay_run(struct relay *relay)
{
    uint64_t limit = clock_now() + HANG_S * NS_PER_S;
    while (!world_ended(relay->world, 0)) {
        ck_assert_msg(clock_now() < limit, "the crowd does not end");
        relay_turn(relay);
    }
}
