/*
 * ui/ without a terminal: the moment, the choice, the table of keys.
 */
#include "scenario/plan.h"
#include "ui/choice.h"
#include "ui/moment.h"
#include "ui/state.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS UINT64_C(1000000)
#define S  UINT64_C(1000000000)

/* ---- moment ---- */

static const struct moment_range ended = { .length_ns = 2 * S };

START_TEST(moment_follows_the_live_run)
{
    struct moment moment;
    struct moment_range range = { .live = true, .live_ns = 300 * MS, .length_ns = 2 * S };
    moment_init(&moment);
    ck_assert(moment_advance(&moment, 33 * MS, &range));
    ck_assert_uint_eq(moment.at, 300 * MS);
    ck_assert(!moment_advance(&moment, 33 * MS, &range)); /* nothing new came */
    range.live_ns = 20 * MS;                              /* the next turn: the clock begins anew */
    ck_assert(moment_advance(&moment, 33 * MS, &range));
    ck_assert_uint_eq(moment.at, 20 * MS);
    range.live = false; /* between two turns it stands */
    ck_assert(!moment_advance(&moment, 33 * MS, &range));
    ck_assert_uint_eq(moment.at, 20 * MS);
}
END_TEST

START_TEST(moment_pauses_and_goes_on_from_there)
{
    struct moment moment;
    struct moment_range range = { .live = true, .live_ns = 300 * MS, .length_ns = 300 * MS };
    moment_init(&moment);
    moment_advance(&moment, 0, &range);
    moment_pause(&moment, &range);
    range.live_ns = range.length_ns = 900 * MS;
    ck_assert(!moment_advance(&moment, S, &range));
    ck_assert_uint_eq(moment.at, 300 * MS);
    moment_pause(&moment, &range);
    ck_assert(!moment.following);
    ck_assert(moment_advance(&moment, 100 * MS, &range));
    ck_assert_uint_eq(moment.at, 400 * MS);
    moment_end(&moment, &range);
    ck_assert(moment.following);
    ck_assert_uint_eq(moment.at, 900 * MS);
}
END_TEST

START_TEST(moment_catches_up_with_the_live_run)
{
    struct moment moment;
    struct moment_range range = { .live = true, .live_ns = S, .length_ns = S };
    moment_init(&moment);
    moment_to(&moment, 900 * MS, &range);
    moment_change_speed(&moment, 1);
    ck_assert_double_eq(moment_speed(&moment), 2);
    ck_assert(moment_advance(&moment, 60 * MS, &range));
    ck_assert(moment.following);
    ck_assert_uint_eq(moment.at, S);
}
END_TEST

START_TEST(moment_stays_within_the_race)
{
    struct moment moment;
    moment_init(&moment);
    moment_to(&moment, 99 * S, &ended);
    ck_assert_uint_eq(moment.at, 2 * S);
    moment_scrub(&moment, -5, &ended);
    ck_assert_uint_eq(moment.at, 0);
    moment_scrub(&moment, 0.1, &ended);
    ck_assert_uint_eq(moment.at, 200 * MS);
    ck_assert(moment_advance(&moment, 60 * S, &ended));
    ck_assert_uint_eq(moment.at, 2 * S);
    ck_assert(!moment_advance(&moment, S, &ended));
    moment_pause(&moment, &ended);
    moment_pause(&moment, &ended); /* at the end nothing is left: it plays from 0 */
    ck_assert_uint_eq(moment.at, 0);
    moment_frame(&moment, -1, 30, &ended);
    ck_assert_uint_eq(moment.at, 0);
    ck_assert(moment.paused);
    moment_frame(&moment, 1, 30, &ended);
    ck_assert_uint_eq(moment.at, S / 30);
}
END_TEST

/* A recording of 10 s of which 2 s were read. */
static const struct moment_range being_read = { .length_ns = 2 * S, .whole_ns = 10 * S };

START_TEST(a_seek_past_what_was_read_is_kept_as_a_wish)
{
    struct moment moment;
    struct moment_range range = being_read;
    moment_init(&moment);
    moment_to(&moment, S, &range);
    ck_assert_int_eq(moment.wish, WISH_NONE);
    ck_assert_uint_eq(moment.at, S);
    moment_end(&moment, &range);
    ck_assert_int_eq(moment.wish, WISH_TIME);
    ck_assert_uint_eq(moment.wish_ns, 10 * S);
    /* It waits where it is, paused or not, until that is there. */
    for (; range.length_ns < 10 * S; range.length_ns += S) {
        ck_assert(!moment_advance(&moment, S, &range));
        ck_assert_uint_eq(moment.at, S);
    }
    ck_assert(moment_advance(&moment, 0, &range));
    ck_assert_int_eq(moment.wish, WISH_NONE);
    ck_assert_uint_eq(moment.at, 10 * S);
    /* One in the middle is there earlier; then it plays on, which it does not while it is paused. */
    range = being_read;
    moment_to(&moment, 0, &range);
    moment_scrub(&moment, 0.5, &range);
    ck_assert_uint_eq(moment.wish_ns, 5 * S);
    range.length_ns = 6 * S;
    ck_assert(moment_advance(&moment, S, &range));
    ck_assert_uint_eq(moment.at, 5 * S);
    ck_assert(moment_advance(&moment, S / 2, &range));
    ck_assert_uint_eq(moment.at, 5 * S + S / 2);
}
END_TEST

/* A file that foretold more than it has: at its end there is no more to wait for. */
START_TEST(a_wish_ends_where_the_recording_does)
{
    struct moment moment;
    moment_init(&moment);
    moment_to(&moment, 99 * S, &being_read);
    ck_assert_uint_eq(moment.wish_ns, 10 * S);
    const struct moment_range all = { .length_ns = 4 * S };
    ck_assert(moment_advance(&moment, 0, &all));
    ck_assert_uint_eq(moment.at, 4 * S);
    ck_assert_int_eq(moment.wish, WISH_NONE);
}
END_TEST

START_TEST(whatever_moves_the_moment_takes_the_wish_back)
{
    struct moment moment;
    for (int way = 0; way < 7; way++) {
        moment_init(&moment);
        moment_end(&moment, &being_read);
        if (way % 2 != 0)
            moment_wish_mark(&moment);
        ck_assert_int_ne(moment.wish, WISH_NONE);
        switch (way) {
        case 0:
            moment_to(&moment, S, &being_read);
            break;
        case 1:
            moment_scrub(&moment, 0.01, &being_read);
            break;
        case 2:
            moment_frame(&moment, 1, 30, &being_read);
            break;
        case 3:
            moment_pause(&moment, &being_read);
            break;
        case 4:
            moment_change_speed(&moment, 1);
            break;
        case 5:
            moment_set_speed(&moment, 2);
            break;
        default:
            moment_replay(&moment, &being_read);
        }
        ck_assert_msg(moment.wish == WISH_NONE, "way %d", way);
    }
    /* To play on at the end of what was read is not to begin again. */
    moment_init(&moment);
    moment_to(&moment, 2 * S, &being_read);
    moment_pause(&moment, &being_read);
    moment_pause(&moment, &being_read);
    ck_assert_uint_eq(moment.at, 2 * S);
}
END_TEST

START_TEST(moment_replays_in_ten_seconds_until_it_is_stopped)
{
    struct moment moment;
    moment_init(&moment);
    moment_replay(&moment, &ended);
    ck_assert_double_eq_tol(moment_speed(&moment), 0.2, 1e-9);
    ck_assert_uint_eq(moment_window(&moment), 2 * S); /* the whole race */
    uint64_t seen = 0;
    for (int i = 0; i < 10 * 30; i++) {
        moment_advance(&moment, S / 30, &ended);
        ck_assert_uint_ge(moment.at, seen);
        seen = moment.at;
    }
    ck_assert_uint_ge(moment.at, 2 * S - 10 * MS);
    for (int i = 0; i < 3 * 30; i++) /* it rests, and begins again */
        moment_advance(&moment, S / 30, &ended);
    ck_assert_uint_lt(moment.at, S);
    moment_stop_replay(&moment);
    ck_assert_double_eq(moment_speed(&moment), 0.2);
    ck_assert(!moment.replaying);
}
END_TEST

START_TEST(moment_takes_the_speed_that_is_next)
{
    static const struct {
        double wanted, got;
    } rows[] = { { 1, 1 },    { 0.05, 0.05 }, { 0.06, 0.05 }, { 0.08, 0.1 },  { 1e-9, 1e-4 },
                 { 1000, 8 }, { 3, 4 },       { 2.7, 2 },     { 0.001, 1e-3 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct moment moment;
        moment_init(&moment);
        moment_replay(&moment, &ended);
        moment_set_speed(&moment, rows[i].wanted);
        ck_assert_double_eq(moment_speed(&moment), rows[i].got);
        ck_assert(!moment.replaying);
    }
}
END_TEST

START_TEST(moment_speeds_have_ends)
{
    struct moment moment;
    moment_init(&moment);
    ck_assert_double_eq(moment_speed(&moment), 1);
    for (int i = 0; i < 40; i++)
        moment_change_speed(&moment, 1);
    ck_assert_double_eq(moment_speed(&moment), 8);
    uint64_t window = moment_window(&moment);
    for (int i = 0; i < 40; i++) {
        moment_change_speed(&moment, -1);
        ck_assert_uint_le(moment_window(&moment), window);
        window = moment_window(&moment);
    }
    ck_assert_double_eq(moment_speed(&moment), 1e-4);
    ck_assert_uint_ge(window, 100000); /* still 0.1 ms: microseconds to a cell */
    ck_assert(!moment.following);
    moment_replay(&moment, &ended); /* 0.2: the next slower and faster are those of the table */
    moment_change_speed(&moment, -1);
    ck_assert_double_eq(moment_speed(&moment), 0.1);
    moment_replay(&moment, &ended);
    moment_change_speed(&moment, 1);
    ck_assert_double_eq(moment_speed(&moment), 0.5);
}
END_TEST

/* ---- choice ---- */

static const char *const names[] = { "serial", "threads", "processes", "loop", NULL };

static const char *title_of(const char *name)
{
    return name;
}
static const char *refuses(const char *name, const struct plan *plan)
{
    return strcmp(name, "serial") == 0 && plan->kind == PLAN_SERVICE ? "it cannot" : NULL;
}

static struct ui_options options(void)
{
    return (struct ui_options){ .model_names = names,
                                .model_title = title_of,
                                .model_help = title_of,
                                .model_refuses = refuses,
                                .staging = -1,
                                .seed = 1 };
}

static size_t knob_called(const struct look *look, const char *name)
{
    size_t i = 0;
    while (i < look->knob_count && strcmp(look->knobs[i].name, name) != 0)
        i++;
    ck_assert_uint_lt(i, look->knob_count);
    return i;
}

START_TEST(choice_takes_what_was_given)
{
    static const char *const sets[] = { "pages=30", "nonsense=1", NULL };
    static const char *const models[] = { "loop", NULL };
    struct ui_options given = options();
    struct choice choice;
    struct look look;
    struct error error;
    struct race_options race;
    given.scenario = "scraper";
    given.sets = sets;
    given.models = models;
    ck_assert_msg(choice_init(&choice, &given, &error), "%s", error.text);
    look_init(&look);
    choice_fill(&choice, &look);
    ck_assert_str_eq(look.scenarios[look.scenario].name, "scraper");
    ck_assert_str_eq(look.knobs[knob_called(&look, "pages")].value, "30");
    choice_race(&choice, &race);
    ck_assert_str_eq(race.models[0], "loop");
    ck_assert_ptr_null(race.models[1]);
    ck_assert_int_eq(race.values[plan_param(race.plan, "pages")], 30);
    choice_fini(&choice);
    given.scenario = "no-such";
    ck_assert(!choice_init(&choice, &given, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "no-such"));
}
END_TEST

START_TEST(choice_holds_bounds)
{
    struct ui_options given = options();
    struct choice choice;
    struct look look;
    struct error error;
    given.scenario = "scraper";
    ck_assert(choice_init(&choice, &given, &error));
    look_init(&look);
    choice_fill(&choice, &look);
    size_t row = knob_called(&look, "pages");
    ck_assert(!choice_set_knob(&choice, row, "-5", &error));
    ck_assert(!choice_set_knob(&choice, row, "many", &error));
    ck_assert(!choice_set_knob(&choice, 1000, "5", &error));
    ck_assert(choice_set_knob(&choice, row, "77", &error));
    choice_step_knob(&choice, row, 1);
    choice_fill(&choice, &look);
    ck_assert_int_gt(atoi(look.knobs[row].value), 77);
    for (int i = 0; i < 100; i++)
        choice_step_knob(&choice, row, -1);
    choice_fill(&choice, &look);
    ck_assert_str_eq(look.knobs[row].value, "1");
    /* Models: the last one stays. */
    ck_assert_uint_eq(look.model_count, 4);
    for (size_t i = 0; i < look.model_count; i++) {
        choice_fill(&choice, &look);
        if (look.models[i].chosen)
            choice_toggle_model(&choice, i, &error);
    }
    choice_fill(&choice, &look);
    int chosen = 0;
    for (size_t i = 0; i < look.model_count; i++)
        chosen += look.models[i].chosen;
    ck_assert_int_eq(chosen, 1);
    ck_assert(!choice_toggle_model(&choice, 9, &error));
    choice_fini(&choice);
}
END_TEST

START_TEST(choice_leaves_out_who_refuses)
{
    struct ui_options given = options();
    struct choice choice;
    struct look look;
    struct error error;
    given.scenario = "chat";
    ck_assert(choice_init(&choice, &given, &error));
    look_init(&look);
    choice_fill(&choice, &look);
    ck_assert_str_eq(look.models[0].refusal, "it cannot");
    ck_assert(!look.models[0].chosen);
    ck_assert(!choice_toggle_model(&choice, 0, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "it cannot"));
    choice_fini(&choice);
}
END_TEST

START_TEST(choice_asks_by_the_plan)
{
    struct ui_options given = options();
    struct choice choice;
    struct look look;
    struct error error;
    ck_assert(choice_init(&choice, &given, &error));
    look_init(&look);
    for (size_t i = 0; i < choice.count; i++) {
        choice_select(&choice, i);
        size_t answers = choice_ask(&choice, &look), chosen = 0;
        for (size_t k = 0; k < choice.model_count; k++)
            chosen += choice.chosen[k];
        const struct plan *plan = choice_plan(&choice);
        ck_assert_uint_eq(answers, plan->predict == PREDICT_WINNER ? chosen : STATE_COUNT);
        ck_assert_ptr_null(look.answers[answers]);
        ck_assert_str_eq(look.question, plan->question);
        struct race_options race;
        choice.predicted = choice.answer_name[0];
        choice_race(&choice, &race);
        ck_assert_str_eq(race.predicted, choice.answer_name[0]);
    }
    ck_assert_str_eq(choice_next_staging(&choice), "turns");
    ck_assert_str_eq(choice_next_staging(&choice), "split");
    choice_fini(&choice);
}
END_TEST

/* ---- keys ---- */

START_TEST(key_rows_are_whole)
{
    struct buffer line;
    buffer_init(&line);
    for (const struct key_row *row = key_rows; row->keys != NULL; row++) {
        ck_assert(row->what[0] != '\0' && row->help[0] != '\0');
        keys_line(&line, row->where);
        ck_assert_ptr_nonnull(strstr(buffer_string(&line), row->what));
        const char *quit = "q\tquit\n";
        ck_assert_str_eq(buffer_string(&line) + line.size - strlen(quit), quit);
        for (const struct key_row *other = key_rows; other < row; other++)
            ck_assert(strcmp(other->where, row->where) != 0 || strcmp(other->keys, row->keys) != 0);
    }
    struct ui *ui = calloc(1, sizeof *ui);
    keys_help(ui);
    for (const struct key_row *row = key_rows; row->keys != NULL; row++) {
        bool found = false;
        for (int i = 0; ui->help[i] != NULL; i++)
            found = found || (strncmp(ui->help[i], row->keys, strlen(row->keys)) == 0 &&
                              strstr(ui->help[i], row->help) != NULL);
        ck_assert_msg(found || strcmp(row->where, "help") == 0, "%s is not in the help", row->keys);
    }
    buffer_fini(&ui->help_text);
    free(ui);
    buffer_fini(&line);
}
END_TEST

int main(void)
{
    char path[600];
    const char *srcdir = getenv("top_srcdir");
    snprintf(path, sizeof path, "%s/scenarios", srcdir != NULL ? srcdir : "..");
    setenv("LOCKSTEP_SCENARIOS", path, 0);
    Suite *suite = suite_create("ui");
    TCase *tcase = tcase_create("ui");
    tcase_add_test(tcase, moment_follows_the_live_run);
    tcase_add_test(tcase, moment_pauses_and_goes_on_from_there);
    tcase_add_test(tcase, moment_catches_up_with_the_live_run);
    tcase_add_test(tcase, moment_stays_within_the_race);
    tcase_add_test(tcase, moment_replays_in_ten_seconds_until_it_is_stopped);
    tcase_add_test(tcase, a_seek_past_what_was_read_is_kept_as_a_wish);
    tcase_add_test(tcase, a_wish_ends_where_the_recording_does);
    tcase_add_test(tcase, whatever_moves_the_moment_takes_the_wish_back);
    tcase_add_test(tcase, moment_takes_the_speed_that_is_next);
    tcase_add_test(tcase, moment_speeds_have_ends);
    tcase_add_test(tcase, choice_takes_what_was_given);
    tcase_add_test(tcase, choice_holds_bounds);
    tcase_add_test(tcase, choice_leaves_out_who_refuses);
    tcase_add_test(tcase, choice_asks_by_the_plan);
    tcase_add_test(tcase, key_rows_are_whole);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
