/*
 * deliver.h: an output on its way to a file or to standard output. A file has its final name only
 * when it is whole; until then it is a part beside it (part.h), which a failure or a signal takes away.
 * Long work shows a bar on standard error where that is a terminal.
 */
#ifndef COMMAND_DELIVER_H
#define COMMAND_DELIVER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "output/output.h"

/* Whether deliver_open() could do it now, as far as can be seen: nothing is made, nothing is kept. */
bool deliver_check(const char *option, const char *out, bool overwrite, struct error *error);
struct deliver;
/* `out` is borrowed; NULL: standard output. `option` is the word of the command line that names it, for
 * sentences. From here on SIGINT, SIGTERM and SIGHUP are only noted, and
 * a closed pipe is an error like another. False with a sentence: the file is there already and is not
 * to be replaced, or cannot be made. */
struct deliver *deliver_open(const char *option, const char *out, bool overwrite,
                             struct error *error);
/* What is done of what; false: a signal came. The bar appears after a while only. */
bool deliver_progress(struct deliver *deliver, const char *what, uint64_t done, uint64_t of);
/* Writes all of it. False with a sentence. */
bool deliver_write(struct deliver *deliver, const struct output *output,
                   const struct output_options *options, struct error *error);
/* The same by hand, for what is written while something else goes on: where to write, and the end of
 * it, with what is known of how it went (`error` says it, where it did not go well). */
FILE *deliver_into(struct deliver *deliver);
bool deliver_end(struct deliver *deliver, bool well, struct error *error);
/* Ends the bar and what is left of a part; then dies of the signal, if one came. */
void deliver_close(struct deliver *deliver);

#endif
