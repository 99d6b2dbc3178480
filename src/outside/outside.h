/*
 * outside.h: what the work talks to, in processes of their own.
 *
 * Each main is called in a freshly forked child (signals and terminal already let go), maps the
 * arena, says outside_ready = 1 (origin: once it listens and origin_port is set; crowd: once it
 * has raised its limits and waits for the run's go) or 2 with the run's reason, works until the
 * run's `stop`, PHASE_OVER, the end of its work or the death of its parent, and returns an exit
 * status (0: it did its work). After a stop it goes on for half a second at most, for what the
 * lanes are still collecting. Loopback only; the system picks the port.
 *
 * Values are read from the parameters as they are now, so they can be turned live.
 *
 * origin: an HTTP/1.1 server (libmicrohttpd, epoll, one thread) that answers GET /N with page N:
 *   HTML of ORIGIN_PAGE bytes with links, the same bytes for the same seed, after ORIGIN_LATENCY
 *   by a timer, never by a thread: 5,000 requests may be pending. HEAD and unknown paths (404, at
 *   once) are answered too. Latency and size are those of the moment a request arrives. On
 *   `origin: URL` of the user's own none is started.
 *
 * crowd: CROWD_CLIENTS connections to the run's server_port (spread over 127.0.0.k where there are
 *   many), each registers (NICK cN, USER crowd, JOIN #lockstep) and is in the room when its JOIN
 *   is answered (366 or its own JOIN). When all are in, or for 5 s no one came,
 *   MARK_ALL_CONNECTED; then CROWD_RATE lines a second in all are spoken by some of them in turn
 *   for the plan's duration (MARK_TALK_ENDS), each line tagged "@id=N" (IRCv3 message tag) with a
 *   task id of the run's counter, TASK_SUBMIT written at the moment it is sent. Its text is
 *   "SPEAKER NUMBER words". It checks that every other client of the room gets each line exactly
 *   once, waits a bounded while (5 s) for the last ones, QUITs all, sets outside_over and wakes
 *   it. If the server goes, it ends. Counts (run->crowd every 20 ms, CROWD events every 100 ms):
 *   CONNECTED, in the room now (later: as the talk's last lines had come); SENT; DUE; DELIVERED;
 *   TWICE, that came again or to the speaker. At a limit it goes on with those it has, and says so
 *   by arena_run_fail(LIMITED); where no one comes in, FAILED.
 */
#ifndef OUTSIDE_OUTSIDE_H
#define OUTSIDE_OUTSIDE_H

#include <stdint.h>

int origin_main(int arena_fd, uint32_t run); /* takes the fd */
int crowd_main(int arena_fd, uint32_t run);

#endif
