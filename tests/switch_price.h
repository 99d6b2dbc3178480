/*
 * switch_price.h: what this machine charges a lane around one context switch beyond what the records
 * of switches show: its CPU clock runs from before the kernel writes that it came to a core until
 * after it writes that it left. Some microseconds on bare metal, more where a hypervisor is entered
 * on the way.
 */
#ifndef TESTS_SWITCH_PRICE_H
#define TESTS_SWITCH_PRICE_H

#include <stdint.h>

/* ns a switch, the median of some trials of a hundred sleeps each; 0: cannot be measured here. */
uint64_t switch_price_ns(void);

#endif
