/*
 * recorder.h: the process that turns a race into a recording.
 *
 * It owns the drain (rings, kernel switches), samples cores and memory, and writes the file; it
 * waits for nobody. It is told by messages over a SOCK_SEQPACKET socket; when that closes (the screen
 * died) it takes what is left, closes the recording well and ends.
 */
#ifndef RACE_RECORDER_H
#define RACE_RECORDER_H

#include <stdint.h>

#include "trace/recording.h"

enum recorder_ask {
    ASK_META,   /* meta: write it */
    ASK_ATTACH, /* run, pid: answered with the source before the run may go */
    ASK_DETACH, /* run: its stage is reaped; answered when everything of it is in the file */
    ASK_EVENT,  /* event: MARK, PARAM_SET, at mono_ns */
    ASK_CLOSE,  /* close the recording well and end */
};
struct recorder_message {
    uint32_t ask; /* enum recorder_ask */
    uint32_t run;
    int32_t pid;
    uint32_t source; /* answer to ATTACH: enum switch_source */
    uint64_t mono_ns;
    uint64_t observer_ns; /* answer to DETACH: CPU the recorder used since ATTACH */
    struct event event;
    char text[200]; /* answer: a sentence, or "" */
};
/* Once, where the file takes no more, as ASK_EVENT: `text` says it; what comes is in `overflow`. */
/* ASK_META travels as the message followed by the meta as JSON in the same packet. */

/* Takes all of them. overflow_fd: memory, for what comes when the file takes no more. */
int recorder_main(int arena_fd, int file_fd, int control_fd, int overflow_fd);

#endif
