/*
 * platform/: what is told about this process must agree with what this process did.
 */
#include "base/clock.h"
#include "platform/platform.h"
#include "platform/stamp.h"

#include <check.h>
#include <unistd.h>

START_TEST(stamps_go_on)
{
    stamp_init();
    struct stamp_pair first = stamp_pair();
    uint64_t before = stamp_now();
    for (int i = 0; i < 100000; i++) {
        uint64_t now = stamp_now();
        ck_assert_uint_ge(now, before);
        before = now;
    }
    struct stamp_pair second = stamp_pair();
    ck_assert_uint_gt(second.stamp, first.stamp);
    ck_assert_uint_gt(second.clock_ns, first.clock_ns);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("platform");
    TCase *basics = tcase_create("basics");
    tcase_add_test(basics, stamps_go_on);
    suite_add_tcase(suite, basics);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
