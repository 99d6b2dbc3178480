/*
 * timeline/diagnose: each diagnosis on a trace that has it, and on those that are just short of it
 * (ailing.h).
 */
#include "ailing.h"
#include "timeline/diagnose_inside.h"
#include "timeline/verdict.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct diagnosis *find(const struct timeline *timeline, const char *name)
{
    const struct diagnosis *diagnoses;
    size_t count = timeline_diagnoses(timeline, 0, &diagnoses);
    for (size_t i = 0; i < count; i++)
        if (strcmp(diagnoses[i].name, name) == 0)
            return &diagnoses[i];
    return NULL;
}

START_TEST(each_is_found_with_its_evidence_and_moment)
{
    struct making m = { 0 };
    ailings[_i].has(&m);
    struct timeline *timeline = ailing_feed(&m, m.count);
    const struct diagnosis *found = find(timeline, ailings[_i].name);
    ck_assert_msg(found != NULL, "%s is not found", ailings[_i].name);
    ck_assert_msg(strstr(found->evidence, ailings[_i].evidence) != NULL,
                  "%s: \"%s\" does not say \"%s\"", ailings[_i].name, found->evidence,
                  ailings[_i].evidence);
    ck_assert_msg(found->t >= ailings[_i].from_us * US && found->t <= ailings[_i].to_us * US,
                  "%s at %llu us", ailings[_i].name, (unsigned long long)(found->t / US));
    ck_assert_int_eq(found->evidence[strlen(found->evidence) - 1], '.');
    const struct mark *marks;
    size_t count = timeline_marks(timeline, 0, &marks), seen = 0;
    for (size_t i = 0; i < count; i++)
        seen += marks[i].kind == MARK_DIAGNOSIS && marks[i].t == found->t &&
                strcmp(marks[i].label, ailings[_i].name) == 0;
    ck_assert_uint_eq(seen, 1);
    timeline_free(timeline);
    free(m.events);
}
END_TEST

START_TEST(a_near_miss_is_none)
{
    for (size_t i = 0; i < 3 && ailings[_i].lacks[i] != NULL; i++) {
        struct making m = { 0 };
        ailings[_i].lacks[i](&m);
        struct timeline *timeline = ailing_feed(&m, m.count);
        const struct diagnosis *found = find(timeline, ailings[_i].name);
        ck_assert_msg(found == NULL, "%s in miss %zu: %s", ailings[_i].name, i,
                      found != NULL ? found->evidence : "");
        timeline_free(timeline);
        free(m.events);
    }
}
END_TEST

START_TEST(every_row_has_a_case)
{
    size_t rows = 0;
    for (const struct diagnosis_row *row = diagnosis_rows; row->name != NULL; row++, rows++) {
        bool any = false;
        for (size_t i = 0; i < ailing_count; i++)
            any = any || strcmp(ailings[i].name, row->name) == 0;
        ck_assert_msg(any, "no case for %s", row->name);
        ck_assert(row->applies != NULL && row->evidence != NULL && row->moment != NULL);
        ck_assert_int_eq(row->advice[strlen(row->advice) - 1], '.');
    }
    ck_assert_uint_le(rows, DIAGNOSES_MAX);
}
END_TEST

/* Times of a machine that others used too are half an answer, so the sentence with the answer says so. */
START_TEST(the_verdict_says_who_took_the_cores)
{
    size_t said = 0;
    for (size_t i = 0; i < ailing_count; i++) {
        struct making m = { 0 };
        ailings[i].has(&m);
        struct timeline *timeline = ailing_feed(&m, m.count);
        struct verdict verdict;
        verdict_of(timeline, &verdict);
        bool taken = find(timeline, "others took the cores") != NULL;
        bool says = strstr(verdict.why, "others on this machine took up to ") != NULL;
        ck_assert_msg(!verdict.known || says == taken, "%s: %s", ailings[i].name, verdict.why);
        said += says;
        timeline_free(timeline);
        free(m.events);
    }
    ck_assert_uint_gt(said, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("diagnose");
    TCase *tcase = tcase_create("diagnose");
    tcase_add_loop_test(tcase, each_is_found_with_its_evidence_and_moment, 0, (int)ailing_count);
    tcase_add_loop_test(tcase, a_near_miss_is_none, 0, (int)ailing_count);
    tcase_add_test(tcase, every_row_has_a_case);
    tcase_add_test(tcase, the_verdict_says_who_took_the_cores);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
