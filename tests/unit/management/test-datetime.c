#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "management/value.h"

static void set_zone(const char *zone)
{
    setenv("TZ", zone, 1);
    tzset();
}

static void a_moment_is_printed_with_the_local_offset(void **state)
{
    char text[TRI_DATETIME_LENGTH + 1];
    struct timespec moment = {.tv_sec = 1706743199, .tv_nsec = 123456789}; /* 2024-01-31 23:19:59 UTC */
    set_zone("<+0545>-05:45");
    tri_datetime_print(&moment, text);
    assert_string_equal(text, "20240201050459.123456+345");
    set_zone("<-0330>03:30");
    tri_datetime_print(&moment, text);
    assert_string_equal(text, "20240131194959.123456-210");
}

static void a_moment_reads_back_as_itself_in_every_zone(void **state)
{
    static const char *const zones[] = {"UTC0", "<+14>-14", "<-12>12", "EST5EDT"};
    for (size_t zone = 0; zone < sizeof zones / sizeof zones[0]; zone++) {
        set_zone(zones[zone]);
        for (int64_t seconds = -60000000000; seconds < 250000000000; seconds += 98765432) {
            struct timespec moment = {.tv_sec = seconds, .tv_nsec = 654321000}, back = {0};
            char text[TRI_DATETIME_LENGTH + 1];
            tri_datetime_print(&moment, text);
            assert_true(tri_datetime_valid(text));
            assert_true(tri_datetime_parse(text, &back));
            assert_int_equal(back.tv_sec, moment.tv_sec);
            assert_int_equal(back.tv_nsec, moment.tv_nsec);
        }
    }
}

static void the_offset_counts(void **state)
{
    struct timespec a, b;
    assert_true(tri_datetime_parse("20240131120000.000000+060", &a));
    assert_true(tri_datetime_parse("20240131110000.000000+000", &b));
    assert_int_equal(a.tv_sec, b.tv_sec);
    assert_true(tri_datetime_parse("20240131060000.000000-300", &b));
    assert_int_equal(a.tv_sec, b.tv_sec);
}

static void what_is_no_moment_is_refused(void **state)
{
    static const char *const texts[] = {"",
                                        "20240131",
                                        "20241331000000.000000+000",
                                        "20230229000000.000000+000",
                                        "20240131240000.000000+000",
                                        "20240131006000.000000+000",
                                        "2024013100000a.000000+000",
                                        "20240131000000,000000+000",
                                        "20240131000000.000000 000",
                                        "20240131000000.000000+0000",
                                        "2024*131000000.000000+000",
                                        "****0401******.000000+***",
                                        "00000001000000.000000:000",
                                        " 0240131000000.000000+000",
                                        "2024013100000\xff.000000+000"};
    struct timespec moment = {.tv_sec = 42};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_false(tri_datetime_parse(texts[i], &moment));
    assert_int_equal(moment.tv_sec, 42);
    assert_true(tri_datetime_parse("20240229000000.000000+000", &moment));
}

static void whole_fields_of_asterisks_are_valid_and_parts_are_not(void **state)
{
    assert_true(tri_datetime_valid("****0401******.000000+***"));
    assert_true(tri_datetime_valid("20240401******.******+000"));
    assert_true(tri_datetime_valid("********12****.000000:000"));
    assert_false(tri_datetime_valid("202*0401******.000000+***"));
    assert_false(tri_datetime_valid("20240401******.000***+000"));
    assert_false(tri_datetime_valid("20240401000000.000000:001"));
    assert_false(tri_datetime_valid("20240401000000.000000"));
}

static void informal_spellings_are_local_time(void **state)
{
    static const struct {
        const char *text;
        time_t seconds;
        long ns;
    } cases[] = {
        {"2024-01-31", 1706659200, 0},
        {"2024-01-31 01:02", 1706662920, 0},
        {"2024-01-31 01:02:03", 1706662923, 0},
        {"2024-01-31 01:02:03.5", 1706662923, 500000000},
        {"2024-01-31 01:02:03:250", 1706662923, 250000000},
        {"2024-01-31T01:02:03", 1706662923, 0},
        {"1/31/2024", 1706659200, 0},
        {"01/31/2024 01:02:03", 1706662923, 0},
        {"20240131010203.000000-060", 1706666523, 0},
    };
    set_zone("<-01>1"); /* an hour behind: local midnight is 01:00 UTC */
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct timespec moment;
        assert_true(tri_datetime_parse_informal(cases[i].text, &moment));
        assert_int_equal(moment.tv_sec, i < 8 ? cases[i].seconds + 3600 : cases[i].seconds);
        assert_int_equal(moment.tv_nsec, cases[i].ns);
    }
}

static void what_is_no_spelling_is_refused(void **state)
{
    static const char *const texts[] = {"",
                                        "yesterday",
                                        "2024-13-01",
                                        "2024-02-30",
                                        "31/12/2024",
                                        "2024-01-31 ",
                                        "2024-01-31 25:00",
                                        "2024-01-31 1:2:",
                                        "2024-01-31 01:02:03.",
                                        "2024-01",
                                        "99999-01-01",
                                        "2024-01-31x",
                                        "1/31",
                                        "2024-01-31 01:02:03.1234567"};
    struct timespec moment;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_false(tri_datetime_parse_informal(texts[i], &moment));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_moment_is_printed_with_the_local_offset),
        cmocka_unit_test(a_moment_reads_back_as_itself_in_every_zone),
        cmocka_unit_test(the_offset_counts),
        cmocka_unit_test(what_is_no_moment_is_refused),
        cmocka_unit_test(whole_fields_of_asterisks_are_valid_and_parts_are_not),
        cmocka_unit_test(informal_spellings_are_local_time),
        cmocka_unit_test(what_is_no_spelling_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
