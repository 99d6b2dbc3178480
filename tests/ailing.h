/*
 * ailing.h: runs that have something wrong with them, made by hand: one for each diagnosis, and some that
 * are just short of it.
 */
#ifndef TESTS_AILING_H
#define TESTS_AILING_H

#include "timeline/diagnose.h"

#define US UINT64_C(1000)

/* A trace that is being made; `events` is the caller's to free. */
struct making {
    struct event *events;
    size_t count, capacity;
    struct meta meta;
};

struct ailing {
    const char *name;                   /* of the diagnosis */
    void (*has)(struct making *m);      /* a trace that has it */
    void (*lacks[3])(struct making *m); /* and some that have not, NULL where there are less */
    uint64_t from_us, to_us;            /* where its moment lies */
    const char *evidence;               /* part of it */
};
extern const struct ailing ailings[];
extern const size_t ailing_count;

/* Fed in pieces of so many events, as a live run's come. */
struct timeline *ailing_feed(const struct making *m, size_t piece);

#endif
