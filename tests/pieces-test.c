/*
 * timeline/diagnose: feeding a trace in pieces gives the same diagnoses as feeding it at once.
 */
#include "ailing.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* Live or replayed, in whatever pieces: what is said of a run that is over is the same. */
START_TEST(pieces_make_no_difference)
{
    static const size_t pieces[] = { 1, 7, 100 };
    struct making m = { 0 };
    const struct diagnosis *wanted, *got;
    ailings[_i].has(&m);
    struct timeline *whole = ailing_feed(&m, m.count);
    size_t count = timeline_diagnoses(whole, 0, &wanted);
    for (size_t k = 0; k < 3; k++) {
        struct timeline *timeline = ailing_feed(&m, pieces[k]);
        ck_assert_uint_eq(timeline_diagnoses(timeline, 0, &got), count);
        for (size_t i = 0; i < count; i++) {
            ck_assert_str_eq(got[i].name, wanted[i].name);
            ck_assert_str_eq(got[i].evidence, wanted[i].evidence);
            ck_assert_uint_eq(got[i].t, wanted[i].t);
        }
        timeline_free(timeline);
    }
    timeline_free(whole);
    free(m.events);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pieces");
    TCase *tcase = tcase_create("pieces");
    tcase_add_loop_test(tcase, pieces_make_no_difference, 0, (int)ailing_count);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
