/*
 * The fuzz targets without a fuzzer: each takes its seeds, and each seed with bytes changed, cut out,
 * doubled and cut off, by a dice that is the same every time.
 */
#include "fuzz/fuzz.h"

#include <check.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHANGES = 60, SEED_BYTES_MAX = 64 * 1024 };

struct seed {
    uint8_t bytes[2 * SEED_BYTES_MAX];
    size_t size;
};

static uint64_t dice(uint64_t *state, uint64_t sides)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (*state >> 33) % sides;
}

static bool seed_read(struct seed *seed, const char *folder, const char *name)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = name[0] != '.' ? fopen(path, "rb") : NULL;
    if (file == NULL)
        return false;
    seed->size = fread(seed->bytes, 1, SEED_BYTES_MAX, file);
    ck_assert_msg(feof(file) || fgetc(file) == EOF, "%s is larger than a seed should be", path);
    fclose(file);
    return true;
}

static void change(struct seed *seed, uint64_t *state)
{
    static const uint8_t odd[] = { 0, 1, 7, 0x7f, 0x80, 0xff };
    for (uint64_t left = 1 + dice(state, 6); left > 0 && seed->size > 16; left--) {
        size_t at = dice(state, seed->size), length = 1 + dice(state, seed->size - at) % 200;
        size_t rest = seed->size - at - length;
        switch (dice(state, 6)) {
        case 0:
            seed->bytes[at] = odd[dice(state, sizeof odd)];
            break;
        case 1:
            seed->bytes[at] = (uint8_t)(seed->bytes[at] ^ 1 << dice(state, 8));
            break;
        case 2:
            memmove(seed->bytes + at, seed->bytes + at + length, rest);
            seed->size -= length;
            break;
        case 3:
            if (seed->size + length <= sizeof seed->bytes) {
                memmove(seed->bytes + at + length, seed->bytes + at, seed->size - at);
                seed->size += length;
            }
            break;
        case 4:
            memset(seed->bytes + at, odd[dice(state, sizeof odd)], length % 8 + 1 < length ? 8 : 1);
            break;
        default:
            if (left == 1)
                seed->size = at;
            break;
        }
    }
}

static size_t take_folder(const struct fuzz_target *target, const char *folder)
{
    DIR *dir = opendir(folder);
    ck_assert_msg(dir != NULL, "%s is not there", folder);
    struct seed *seed = malloc(sizeof *seed), *changed = malloc(sizeof *seed);
    size_t count = 0;
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (!seed_read(seed, folder, entry->d_name))
            continue;
        count++;
        target->take(seed->bytes, seed->size);
        uint64_t state = seed->size;
        for (int i = 0; i < CHANGES; i++) {
            memcpy(changed, seed, sizeof *seed);
            change(changed, &state);
            target->take(changed->bytes, changed->size);
        }
    }
    free(seed);
    free(changed);
    closedir(dir);
    return count;
}

START_TEST(a_target_takes_its_seeds_and_what_is_near_them)
{
    const struct fuzz_target *target = &fuzz_targets[_i];
    char folders[400];
    const char *top = getenv("top_srcdir");
    size_t count = 0;
    snprintf(folders, sizeof folders, "%s", target->seeds);
    for (char *rest, *name = strtok_r(folders, " ", &rest); name != NULL;
         name = strtok_r(NULL, " ", &rest)) {
        char folder[500];
        snprintf(folder, sizeof folder, "%s/%s", top != NULL ? top : ".", name);
        count += take_folder(target, folder);
    }
    ck_assert_uint_ge(count, 3);
}
END_TEST

int main(void)
{
    int targets = 0;
    while (fuzz_targets[targets].name != NULL)
        targets++;
    Suite *suite = suite_create("fuzz");
    TCase *seeds = tcase_create("seeds");
    tcase_set_timeout(seeds, 300);
    tcase_add_loop_test(seeds, a_target_takes_its_seeds_and_what_is_near_them, 0, targets);
    suite_add_tcase(suite, seeds);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
