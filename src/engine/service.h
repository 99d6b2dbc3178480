/*
 * service.h: what the chat service is in every model: who comes in, who is turned away, what a line
 * is as a task, and when it is over. How a line reaches the others is the model's way:
 *
 *   serve_threads    a thread per connection writes to each member's socket itself
 *   serve_processes  a process per connection; a hub between them, a pipe from each to it and back
 *   serve_loop       one loop for all
 */
#ifndef ENGINE_SERVICE_H
#define ENGINE_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/irc.h"
#include "engine/lane.h"
#include "engine/stage.h"
#include "engine/step.h"

/* The models' ways; on the stage's main lane, from go to the end. The threads share stage->gil, or
 * have none where that is NULL. */
bool serve_threads(struct stage *stage, struct error *error);
bool serve_processes(struct stage *stage, struct error *error);
bool serve_loop(struct stage *stage, struct error *error);

/* ---- Coming in, and the end. ---- */

struct service {
    struct stage *stage;
    uint64_t began_ns;
    uint64_t over_ns; /* when the talk was seen to be over; 0: not yet */
    int spare;        /* a descriptor to accept and refuse with when there is no other */
};

/* Raises the limit of descriptors to what is allowed. */
void service_open(struct service *service, struct stage *stage);
void service_close(struct service *service);

enum {
    SERVICE_NOBODY = -1,  /* nobody waits to come in */
    SERVICE_REFUSED = -2, /* one was refused; there may be more */
    SERVICE_LATER = -3,   /* somebody waits and cannot even be refused: look again in a while */
};
/* The next connection's socket (it blocks, sends what it has at once, is closed by exec), or one of
 * the above. */
int service_accept(struct service *service);
/* Tells a client that there is no room for it (the caller closes it); the run is LIMITED at as many
 * as are open, and goes on with those. `error` is an errno, `what` what could not be had ("thread"). */
void service_refuse(const struct service *service, int fd, const char *what, int error);

/* Whether the run's table of lanes has room for this connection (they are numbered from 0, and each had
 * one): for models that give each a lane of its own. */
bool service_has_lane(const struct service *service, uint32_t connection);

/* Whether to end now: stopped, or the talk is over and the connections are gone (or had a second to
 * go), or, where no crowd is started (the plan has none, or --listen asks for the user's own load), the
 * plan's duration is over. */
bool service_is_over(struct service *service);

/* Lanes that connections have at most: for a model's `lanes`. Where the plan starts no clients, as
 * many as a load generator may bring. */
uint32_t service_lanes(const struct plan *plan, const int64_t *params);

/* ---- A line as a task. ---- */

/* The task that a spoken message is: the id that the crowd gave it, else a new one, submitted now. */
uint32_t service_task(const struct stage *stage, struct lane *lane,
                      const struct irc_message *message, bool crowd);

/* A line while it is carried: the step `serve` says it in the model's way. */
struct spoken {
    struct task task; /* task.context is this */
    /* Hands the line to everyone, or to those who take it at once: then false, and task_resume() is
     * called when the last one has it. Adds to task.figure how many it is for. */
    bool (*say)(struct lane *lane, struct spoken *spoken);
    const struct irc_message *message; /* borrowed; only until `say` has returned */
    void *speaker;                     /* the model's connection */
};
void spoken_init(struct spoken *spoken, uint32_t task,
                 bool (*say)(struct lane *lane, struct spoken *spoken),
                 const struct irc_message *message, void *speaker);

/* What a relay's hearer is sent: the line, with its tag where there is one and the hearer wants it. */
struct wording {
    struct buffer tagged; /* empty: there is no tag */
    const char *plain;
    size_t plain_size;
};
void wording_init(struct wording *wording, const struct irc_answer *answer,
                  const struct irc_relay *relay, const struct irc_message *message);
void wording_fini(struct wording *wording);
static inline const char *wording_for(const struct wording *wording, bool with_tag, size_t *size)
{
    bool tag = with_tag && wording->tagged.size > 0;
    *size = tag ? wording->tagged.size : wording->plain_size;
    return tag ? wording->tagged.data : wording->plain;
}

#endif
