/*
 * perform.h: a demo's program, performed on the screen's loop as its driver (ui/driver.h).
 */
#ifndef DEMO_PERFORM_H
#define DEMO_PERFORM_H

#include "demo/script.h"
#include "ui/driver.h"

struct demo;
/* `name` is what its sentences begin with; both are borrowed. */
struct demo *demo_new(const struct demo_script *script, const char *name);
void demo_free(struct demo *demo);
/* What a driver's turn has to be: does the steps that are due; leaves when the last one is done, or
 * one failed (then with exit status 1). */
uint64_t demo_turn(struct demo *demo, struct ui *ui, uint64_t at_ns);
/* How far its clock was; whether its last step was done; why it was not, where it knows ("NAME:LINE:
 * what did not come"), else NULL. */
uint64_t demo_at(const struct demo *demo);
bool demo_performed(const struct demo *demo);
const char *demo_trouble(const struct demo *demo);

#endif
