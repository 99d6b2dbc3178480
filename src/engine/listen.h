/*
 * listen.h: the socket on which a service takes its connections.
 */
#ifndef ENGINE_LISTEN_H
#define ENGINE_LISTEN_H

#include <stdint.h>

#include "base/error.h"

/* Listens on "ADDRESS:PORT" (IPv6 in brackets), or, where `where` is "", on 127.0.0.1 and a port the
 * system picks. Gives a socket that does not block and is closed by exec, and its port; -1 with a
 * sentence. */
int listen_open(const char *where, uint32_t *port, struct error *error);

#endif
