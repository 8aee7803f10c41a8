#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

static void monotonic_clock_never_goes_back(void **state)
{
    uint64_t before = tri_clock_ns();
    for (int i = 0; i < 10000; i++) {
        uint64_t now = tri_clock_ns();
        assert_true(now >= before);
        before = now;
    }
}

static void wall_clock_counts_from_1970(void **state)
{
    uint64_t wall_seconds = tri_clock_wall_ns() / TRI_NS_PER_SEC;
    uint64_t expected = (uint64_t)time(NULL);
    assert_in_range(wall_seconds, expected - 2, expected + 2);
}

static void deadline_lies_the_timeout_ahead(void **state)
{
    uint64_t before = tri_clock_ns();
    uint64_t deadline = tri_deadline_ns(1500);
    uint64_t after = tri_clock_ns();
    assert_true(deadline >= before + 1500 * TRI_NS_PER_MS);
    assert_true(deadline <= after + 1500 * TRI_NS_PER_MS);
}

static void infinite_timeout_gives_no_deadline(void **state)
{
    assert_true(tri_deadline_ns(TRI_TIMEOUT_INFINITE) == TRI_DEADLINE_NEVER);
}

static void longest_finite_timeout_does_not_wrap(void **state)
{
    uint64_t now = tri_clock_ns();
    assert_true(tri_deadline_ns(UINT32_MAX - 1) >= now + (UINT32_MAX - 1ull) * TRI_NS_PER_MS);
    assert_true(tri_deadline_ns(0) >= now);
}

static void time_text_is_utc_with_seven_decimals(void **state)
{
    char text[TRI_TIME_TEXT_SIZE];
    tri_time_text(0, text);
    assert_string_equal(text, "1970-01-01T00:00:00.0000000Z");
    tri_time_text(1767323045ull * TRI_NS_PER_SEC + 123456789, text);
    assert_string_equal(text, "2026-01-02T03:04:05.1234567Z");
}

static void time_text_of_the_largest_time_fits(void **state)
{
    char text[TRI_TIME_TEXT_SIZE];
    tri_time_text(UINT64_MAX, text);
    assert_string_equal(text, "2554-07-21T23:34:33.7095516Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(monotonic_clock_never_goes_back),
        cmocka_unit_test(wall_clock_counts_from_1970),
        cmocka_unit_test(deadline_lies_the_timeout_ahead),
        cmocka_unit_test(infinite_timeout_gives_no_deadline),
        cmocka_unit_test(longest_finite_timeout_does_not_wrap),
        cmocka_unit_test(time_text_is_utc_with_seven_decimals),
        cmocka_unit_test(time_text_of_the_largest_time_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
