#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/utf16.h"

static void assert_to_utf8(const char16_t *text, const char *expected)
{
    TRI_AUTO_FREE char *utf8 = NULL;
    assert_int_equal(tri_utf8_from_utf16(text, &utf8), 0);
    assert_string_equal(utf8, expected);
}

static void assert_to_utf16(const char *text, const char16_t *expected)
{
    TRI_AUTO_FREE char16_t *utf16 = NULL;
    assert_int_equal(tri_utf16_from_utf8(text, &utf16), 0);
    assert_int_equal(tri_utf16_length(utf16), tri_utf16_length(expected));
    assert_memory_equal(utf16, expected, (tri_utf16_length(expected) + 1) * sizeof(*expected));
}

static void text_of_every_plane_goes_both_ways(void **state)
{
    assert_to_utf8(u"", "");
    assert_to_utf16("", u"");
    assert_to_utf8(u"a\u00df\u20ac\U0001F6A3\U0010FFFF", u8"a\u00df\u20ac\U0001F6A3\U0010FFFF");
    assert_to_utf16(u8"a\u00df\u20ac\U0001F6A3\U0010FFFF", u"a\u00df\u20ac\U0001F6A3\U0010FFFF");
}

static void every_lone_surrogate_becomes_the_replacement_character(void **state)
{
    for (unsigned unit = 0xD800; unit <= 0xDFFF; unit++) {
        const char16_t alone[] = {(char16_t)unit, 0};
        assert_to_utf8(alone, u8"\uFFFD");
        const char16_t inside[] = {'a', (char16_t)unit, 'b', 0};
        assert_to_utf8(inside, u8"a\uFFFDb");
    }
}

static void surrogates_in_the_wrong_order_are_two_halves(void **state)
{
    assert_to_utf8((const char16_t[]){0xDEA3, 0xD83D, 0}, u8"\uFFFD\uFFFD");
    assert_to_utf8((const char16_t[]){0xD83D, 0xD83D, 0xDEA3, 0}, u8"\uFFFD\U0001F6A3");
}

static void bytes_that_are_not_utf8_become_the_replacement_character(void **state)
{
    assert_to_utf16("a\xFF\x62", u"a\uFFFDb");
    assert_to_utf16("\x80", u"\uFFFD");
    assert_to_utf16("cut \xF0\x9F\x9A", u"cut \uFFFD");
}

static void utf8_that_encodes_a_surrogate_or_too_much_is_refused(void **state)
{
    const char *hostile[] = {"\xED\xA0\x80", "\xF4\x90\x80\x80", "\xC0\x80", "\xF8\x88\x80\x80\x80"};
    for (size_t i = 0; i < sizeof(hostile) / sizeof(*hostile); i++) {
        TRI_AUTO_FREE char16_t *utf16 = NULL;
        assert_int_equal(tri_utf16_from_utf8(hostile[i], &utf16), 0);
        for (const char16_t *unit = utf16; *unit; unit++)
            assert_int_equal(*unit, 0xFFFD);
        assert_int_not_equal(tri_utf16_length(utf16), 0);
    }
}

static void text_of_the_longest_length_passes_and_one_more_is_refused(void **state)
{
    TRI_AUTO_FREE char16_t *text = malloc((TRI_UTF16_UNITS_MAX + 2) * sizeof(*text));
    for (size_t i = 0; i <= TRI_UTF16_UNITS_MAX; i++)
        text[i] = 'x';
    text[TRI_UTF16_UNITS_MAX + 1] = 0;
    char *untouched = NULL;
    assert_int_equal(tri_utf8_from_utf16(text, &untouched), -E2BIG);
    assert_null(untouched);

    text[TRI_UTF16_UNITS_MAX] = 0;
    TRI_AUTO_FREE char *utf8 = NULL;
    assert_int_equal(tri_utf8_from_utf16(text, &utf8), 0);
    assert_int_equal(strlen(utf8), TRI_UTF16_UNITS_MAX);
}

static void utf8_of_too_many_units_is_refused(void **state)
{
    TRI_AUTO_FREE char *text = malloc(TRI_UTF16_UNITS_MAX + 2);
    memset(text, 'x', TRI_UTF16_UNITS_MAX + 1);
    text[TRI_UTF16_UNITS_MAX + 1] = '\0';
    char16_t *untouched = NULL;
    assert_int_equal(tri_utf16_from_utf8(text, &untouched), -E2BIG);
    assert_null(untouched);

    text[TRI_UTF16_UNITS_MAX] = '\0';
    TRI_AUTO_FREE char16_t *utf16 = NULL;
    assert_int_equal(tri_utf16_from_utf8(text, &utf16), 0);
    assert_int_equal(tri_utf16_length(utf16), TRI_UTF16_UNITS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_of_every_plane_goes_both_ways),
        cmocka_unit_test(every_lone_surrogate_becomes_the_replacement_character),
        cmocka_unit_test(surrogates_in_the_wrong_order_are_two_halves),
        cmocka_unit_test(bytes_that_are_not_utf8_become_the_replacement_character),
        cmocka_unit_test(utf8_that_encodes_a_surrogate_or_too_much_is_refused),
        cmocka_unit_test(text_of_the_longest_length_passes_and_one_more_is_refused),
        cmocka_unit_test(utf8_of_too_many_units_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
