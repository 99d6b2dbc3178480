/*
 * fuzz.h: what strangers may hand to lockstep, one function each. A function takes any bytes, does
 * with them what the program would, and comes back: what it must not do (crash, hang, read or write
 * outside, eat memory) is what the sanitizers and the fuzzer's limits see.
 *
 * With clang, configure --enable-fuzz and make fuzz let libFuzzer look for such bytes, from
 * seeds/NAME/ on. Without, make check hands the seeds to them, and seeds in which something was
 * changed (fuzz-test).
 *
 * To add one: a file NAME.c with its function, its row in fuzz_targets (targets.c), a folder of
 * seeds, and NAME in FUZZ_NAMES of Makefile.am.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

struct fuzz_target {
    const char *name;
    void (*take)(const uint8_t *data, size_t size);
    const char *seeds; /* folders of files, from the top of the sources, with blanks between */
};
extern const struct fuzz_target fuzz_targets[]; /* the last has no name */
const struct fuzz_target *fuzz_target_find(const char *name);

void fuzz_recording(const uint8_t *data, size_t size);
void fuzz_export(const uint8_t *data, size_t size);
void fuzz_scenario(const uint8_t *data, size_t size);
void fuzz_demo(const uint8_t *data, size_t size);

#endif
