/*
 * Inside platform/ only: what linux and generic share.
 */
#ifndef PLATFORM_POSIX_H
#define PLATFORM_POSIX_H

#include "platform/platform.h"

#include <sys/resource.h>

/* The faults that tests injected; never NULL. */
const struct platform_faults *posix_faults(void);

/* platform_close_others() by `close_span`, which closes all from the first number to the last. */
void posix_close_others(const int *kept, size_t count,
                        void (*close_span)(unsigned first, unsigned last));
/* A span by asking for each number below the limit. */
void posix_close_span(unsigned first, unsigned last);

/* A limit as the contract tells it. */
uint64_t posix_limit(rlim_t limit);

/* Everything unknown but the limits of descriptors. */
void posix_limits(struct platform_limits *limits);

#endif
