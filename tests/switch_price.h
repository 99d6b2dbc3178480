/*
 * switch_price.h: what this machine charges a lane around one context switch beyond what the records
 * of switches show: its CPU clock runs from before the kernel writes that it came to a core until
 * after it writes that it left. Some microseconds on bare metal; where a hypervisor may be entered on
 * the way, or take the core away meanwhile, tens of them, and once in a while milliseconds.
 *
 * It depends on what else happens, so a witness is charged while that happens which is to be judged:
 * a child that sleeps and wakes, and does nothing with lockstep.
 */
#ifndef TESTS_SWITCH_PRICE_H
#define TESTS_SWITCH_PRICE_H

#include <stdint.h>

struct switch_price {
    uint64_t mean_ns, most_ns; /* of one switch; 0: cannot be measured here */
};

/* NULL where it cannot be. */
struct witness *witness_begin(void);
/* What it was charged since; ends and frees it. NULL is fine. */
struct switch_price witness_end(struct witness *witness);
/* Of a witness for half a second. */
struct switch_price switch_price(void);

#endif
