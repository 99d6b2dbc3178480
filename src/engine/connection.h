/*
 * connection.h: connections of a run, whoever has them (a server's clients, an HTTP client's sockets):
 * an id from the run's counter, and how many are open now, as CONN_OPEN and CONN_CLOSE.
 */
#ifndef ENGINE_CONNECTION_H
#define ENGINE_CONNECTION_H

#include "engine/lane.h"

/* Returns its id, unique in the run. */
uint32_t connection_opened(struct lane *lane);
void connection_closed(struct lane *lane, uint32_t connection);

#endif
