/*
 * process.h: the real program as a child of a test: started, watched through /proc, ended, and asked
 * what it left behind. For tests only; needs Linux' /proc.
 */
#ifndef TESTS_PROCESS_H
#define TESTS_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { PROCESS_TREE_MAX = 4096 };

struct process {
    pid_t pid;
    int out;    /* its standard output and error, a pipe; or the master of its terminal */
    char *text; /* what it printed so far, NUL-terminated */
    size_t text_size, text_room;
    int status; /* as from waitpid, once it ended */
    bool ended;
};

/* Starts ./lockstep (or $LOCKSTEP) with these words, NULL-terminated. `before` (or NULL) is called in
 * the child before exec; when it returns false the child exits with 77. */
void process_start(struct process *process, const char *const *words, bool (*before)(void));
/* The same with a terminal of this size as its standard input, output and error. */
void process_start_terminal(struct process *process, const char *const *words, int cols, int rows,
                            bool (*before)(void));
/* A `before` that gives the child a disk of its own, of 160 KiB, at `process_disk_at`; false where that
 * cannot be had. Seen by others as /proc/PID/root/... */
bool process_small_disk(void);
extern const char *process_disk_at;
/* Reads what it prints until it ends or `limit_ms` are over. True: it ended. */
bool process_wait(struct process *process, int limit_ms);
/* Reads for so long, whether it ends or not. */
void process_read(struct process *process, int ms);
/* Only its standard output, from the first '{' to the last '}'. Heap. */
char *process_json(const struct process *process);
void process_end(struct process *process); /* kills what is left, frees */

/* All living descendants of pid, itself not included. */
size_t process_tree(pid_t pid, pid_t *pids, size_t most);
/* Waits until a descendant has this name (/proc's comm); 0 when it does not come in time. With `nth`
 * the nth such. */
pid_t process_find(pid_t pid, const char *name, size_t nth, int limit_ms);
/* Of these, how many still live (zombies do not) after at most limit_ms. */
size_t process_survivors(const pid_t *pids, size_t count, int limit_ms);

#endif
