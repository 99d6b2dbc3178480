/*
 * chrome.h: the Chrome trace JSON, an event at a time. Times are run time in ns; they are written as
 * microseconds with three decimals. Only output/ includes it.
 */
#ifndef OUTPUT_CHROME_H
#define OUTPUT_CHROME_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct chrome {
    FILE *into;
    bool began;     /* an event was written */
    uint64_t flows; /* so far: their ids */
};
struct chrome_place {
    uint32_t pid, tid;
};

void chrome_begin(struct chrome *chrome, FILE *into);
void chrome_end(struct chrome *chrome);

/* Names and order of processes and threads. */
void chrome_name_process(struct chrome *chrome, uint32_t pid, const char *name);
void chrome_name_thread(struct chrome *chrome, struct chrome_place place, const char *name);
/* Slices of one place may not overlap but by nesting. `args` is JSON without braces, or NULL. */
void chrome_slice(struct chrome *chrome, struct chrome_place place, const char *name,
                  uint64_t start_ns, uint64_t end_ns, const char *args);
void chrome_counter(struct chrome *chrome, uint32_t pid, const char *name, uint64_t ns,
                    const char *args);
/* A moment of a whole process. */
void chrome_instant(struct chrome *chrome, uint32_t pid, const char *name, uint64_t ns);
/* What may overlap: begins ('b') and ends ('e') with an id of its own. */
void chrome_async(struct chrome *chrome, char phase, uint32_t pid, const char *name, uint64_t id,
                  uint64_t ns, const char *args);
/* An arrow between two slices. */
void chrome_flow(struct chrome *chrome, const char *name, struct chrome_place from,
                 uint64_t from_ns, struct chrome_place to, uint64_t to_ns);

#endif
