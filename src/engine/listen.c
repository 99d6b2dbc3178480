/*
 * Opening a service's socket: parsing the address, binding, listening. It accepts nothing.
 */
#include "engine/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* As many as wait to be accepted while a lane is busy; the kernel cuts it to what it allows. */
enum { BACKLOG = 16384 };

/* "127.0.0.1:0" or "[::1]:0" into its two parts. */
static bool listen_split(const char *where, char *host, size_t host_size, const char **port,
                         struct error *error)
{
    const char *colon = strrchr(where, ':');
    if (colon == NULL || colon == where || colon[1] == '\0')
        return error_set(error,
                         "cannot listen on \"%s\": ADDRESS:PORT is wanted, as in "
                         "127.0.0.1:6667",
                         where);
    size_t length = (size_t)(colon - where);
    if (where[0] == '[' && length >= 2 && where[length - 1] == ']') {
        where++;
        length -= 2;
    }
    if (length >= host_size)
        return error_set(error, "cannot listen on \"%s\": the address is too long", where);
    memcpy(host, where, length);
    host[length] = '\0';
    *port = colon + 1;
    return true;
}

static int listen_on(const struct addrinfo *address, int *failure)
{
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int yes = 1;
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
        bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    *failure = errno;
    if (fd >= 0)
        close(fd);
    return -1;
}

static uint32_t listen_port(int fd)
{
    struct sockaddr_storage address = { 0 };
    socklen_t size = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        return 0;
    if (address.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
    return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

int listen_open(const char *where, uint32_t *port, struct error *error)
{
    char host[64];
    const char *service = "0";
    const char *asked = where[0] != '\0' ? where : "127.0.0.1:0";
    if (!listen_split(asked, host, sizeof host, &service, error))
        return -1;
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
                              .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE };
    struct addrinfo *address;
    int wrong = getaddrinfo(host, service, &hints, &address);
    if (wrong != 0) {
        error_set(error,
                  "cannot listen on \"%s\": %s; a numeric ADDRESS:PORT is wanted, as in "
                  "127.0.0.1:6667",
                  asked, gai_strerror(wrong));
        return -1;
    }
    int failure = 0, fd = listen_on(address, &failure);
    freeaddrinfo(address);
    if (fd < 0)
        error_set(error, "cannot listen on \"%s\": %s", asked, strerror(failure));
    else
        *port = listen_port(fd);
    return fd;
}
