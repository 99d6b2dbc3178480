/*
 * Connections counted, over all lanes and processes of a run. Opens and closes nothing itself.
 */
#include "engine/connection.h"

#include "engine/stage.h"

uint32_t connection_opened(struct lane *lane)
{
    struct arena_run *run = lane->stage->run;
    uint32_t connection = atomic_fetch_add(&run->next_connection, 1);
    uint32_t open = atomic_fetch_add(&run->open_connections, 1) + 1;
    ring_emit(&lane->ring, EVENT_CONN_OPEN, connection, open, 0);
    return connection;
}

void connection_closed(struct lane *lane, uint32_t connection)
{
    uint32_t open = atomic_fetch_sub(&lane->stage->run->open_connections, 1) - 1;
    ring_emit(&lane->ring, EVENT_CONN_CLOSE, connection, open, 0);
}
