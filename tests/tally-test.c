/*
 * outside/tally: who is owed which line, who heard it, and who heard it twice, against a table of
 * everything.
 */
#include "outside/tally.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { CLIENTS = 70, LINES = 200 };

START_TEST(a_tally_counts_like_a_table)
{
    static uint8_t heard[LINES][CLIENTS];
    bool inside[CLIENTS] = { false };
    uint32_t from[CLIENTS] = { 0 };
    uint64_t due = 0, delivered = 0, twice = 0;
    uint32_t speakers[LINES], lines = 0;
    struct tally tally;
    tally_init(&tally, CLIENTS);
    memset(heard, 0, sizeof heard);
    srand((unsigned)_i);
    for (int turn = 0; turn < 40000; turn++) {
        uint32_t client = (uint32_t)rand() % CLIENTS;
        int what = rand() % 1000;
        if (what < 4) {
            if (!inside[client])
                from[client] = lines;
            inside[client] ? tally_leave(&tally, client) : tally_enter(&tally, client);
            inside[client] = !inside[client];
        } else if (what == 9 && inside[client]) {
            tally_dismiss(&tally, client);
            for (uint32_t l = 0; l < lines; l++) {
                due -= heard[l][client];
                heard[l][client] = 0;
            }
            from[client] = UINT32_MAX;
            inside[client] = false;
        } else if (what < 9 && lines < LINES && inside[client]) {
            const struct said said = { .speaker = client, .task = 1000 + lines, .size = 50 };
            ck_assert_uint_eq(tally_speak(&tally, &said), lines);
            for (uint32_t i = 0; i < CLIENTS; i++)
                due += heard[lines][i] = inside[i] && i != client;
            speakers[lines++] = client;
        } else if (lines > 0) {
            uint32_t number = (uint32_t)rand() % (lines + 1);
            const struct said said = { .speaker = number < lines ? speakers[number] : 0,
                                       .task = rand() % 2 ? 1000 + number : UINT32_MAX,
                                       .size = 50 };
            tally_hear(&tally, client, number, &said);
            if (number == lines)
                continue;
            delivered += heard[number][client];
            twice += !heard[number][client] && number >= from[client];
            heard[number][client] = 0;
        }
        uint64_t outstanding = 0;
        for (uint32_t l = 0; turn % 100 == 0 && l < lines; l++)
            for (uint32_t i = 0; i < CLIENTS; i++)
                outstanding += heard[l][i] && inside[i];
        if (turn % 100 == 0)
            ck_assert_uint_eq(tally_outstanding(&tally), outstanding);
        ck_assert_uint_eq(tally.due, due);
        ck_assert_uint_eq(tally.delivered, delivered);
        ck_assert_uint_eq(tally.twice, twice);
    }
    ck_assert_uint_gt(lines, 50);
    tally_fini(&tally);
}
END_TEST

START_TEST(a_line_that_was_never_said_counts_for_nothing)
{
    struct tally tally;
    tally_init(&tally, 3);
    for (uint32_t i = 0; i < 3; i++)
        tally_enter(&tally, i);
    const struct said said = { .speaker = 0, .task = 9, .size = 20 };
    const struct said others[] = {
        { .speaker = 1, .task = 9, .size = 20 },
        { .speaker = 0, .task = 8, .size = 20 },
        { .speaker = 0, .task = 9, .size = 19 },
    };
    ck_assert_uint_eq(tally_speak(&tally, &said), 0);
    for (size_t i = 0; i < 3; i++)
        tally_hear(&tally, 1, 0, &others[i]);
    tally_hear(&tally, 1, 1, &said);
    ck_assert_uint_eq(tally.delivered + tally.twice, 0);
    ck_assert_uint_eq(tally_outstanding(&tally), 2);
    tally_fini(&tally);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tally");
    TCase *cases = tcase_create("tally");
    tcase_add_loop_test(cases, a_tally_counts_like_a_table, 0, 5);
    tcase_add_test(cases, a_line_that_was_never_said_counts_for_nothing);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
