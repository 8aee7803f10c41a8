#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include <oleauto.h>

#include "proves.h"

static void a_string_carries_its_length(void **state)
{
    TRI_PROVES(SysAllocString, real);
    TRI_PROVES(SysStringLen, real);
    TRI_PROVES(SysStringByteLen, real);
    TRI_PROVES(SysFreeString, real);
    BSTR string = SysAllocString(u"tri\u00e8re");
    assert_int_equal(SysStringLen(string), 6);
    assert_int_equal(SysStringByteLen(string), 12);
    uint32_t prefix;
    memcpy(&prefix, (char *)string - 4, sizeof(prefix)); /* where other implementations look for it */
    assert_int_equal(prefix, 12);
    assert_int_equal((uintptr_t)string % 8, 0);
    assert_memory_equal(string, u"tri\u00e8re", 7 * sizeof(OLECHAR));
    SysFreeString(string);
}

static void an_empty_string_is_not_null(void **state)
{
    BSTR string = SysAllocString(u"");
    assert_non_null(string);
    assert_int_equal(SysStringLen(string), 0);
    assert_int_equal(string[0], 0);
    SysFreeString(string);
}

static void nuls_inside_count(void **state)
{
    TRI_PROVES(SysAllocStringLen, real);
    BSTR string = SysAllocStringLen(u"a\0b\0c", 4);
    assert_int_equal(SysStringLen(string), 4);
    assert_memory_equal(string, u"a\0b\0", 5 * sizeof(OLECHAR)); /* and a NUL behind */
    SysFreeString(string);
}

/* Whatever lay there before. */
static void an_odd_number_of_bytes_has_a_nul_behind_it_too(void **state)
{
    enum { BYTES = 101 };
    char bytes[BYTES];
    memset(bytes, 'x', sizeof bytes);
    for (int i = 0; i < 8; i++) {
        BSTR before = SysAllocStringByteLen(NULL, BYTES + 1);
        memset(before, 0xff, BYTES + 1);
        ((unsigned char *)before)[BYTES + 2] = 0xff;
        SysFreeString(before);
        BSTR string = SysAllocStringByteLen(bytes, BYTES);
        assert_int_equal(SysStringByteLen(string), BYTES);
        assert_int_equal(string[BYTES / 2], 'x');
        assert_int_equal(string[BYTES / 2 + 1], 0);
        SysFreeString(string);
    }
}

static void room_without_contents_is_zero(void **state)
{
    BSTR string = SysAllocStringLen(NULL, 100);
    assert_int_equal(SysStringLen(string), 100);
    for (size_t i = 0; i <= 100; i++)
        assert_int_equal(string[i], 0);
    SysFreeString(string);
}

static void null_is_a_string_without_length(void **state)
{
    assert_null(SysAllocString(NULL));
    assert_int_equal(SysStringLen(NULL), 0);
    assert_int_equal(SysStringByteLen(NULL), 0);
    SysFreeString(NULL);
}

static void a_length_that_no_string_can_have_is_refused(void **state)
{
    assert_null(SysAllocStringLen(NULL, UINT32_MAX));
    assert_null(SysAllocStringLen(NULL, 0x7FFFFFFF));
    assert_null(SysAllocStringLen(NULL, 0x80000000));
}

static void bytes_may_be_odd(void **state)
{
    TRI_PROVES(SysAllocStringByteLen, real);
    BSTR string = SysAllocStringByteLen("abc", 3);
    assert_int_equal(SysStringByteLen(string), 3);
    assert_int_equal(SysStringLen(string), 1);
    assert_memory_equal(string, "abc\0", 5); /* a NUL unit behind the last byte */
    SysFreeString(string);
    string = SysAllocStringByteLen(NULL, 4);
    assert_memory_equal(string, "\0\0\0\0\0", 6);
    SysFreeString(string);
}

static void a_string_can_take_anothers_place(void **state)
{
    TRI_PROVES(SysReAllocString, real);
    TRI_PROVES(SysReAllocStringLen, real);
    BSTR string = SysAllocString(u"before");
    assert_int_equal(SysReAllocString(&string, u"afterwards"), TRUE);
    assert_int_equal(SysStringLen(string), 10);
    assert_int_equal(SysReAllocString(&string, string + 5), TRUE); /* a part of itself */
    assert_memory_equal(string, u"wards", 12);
    assert_int_equal(SysReAllocStringLen(&string, NULL, 7), TRUE); /* longer, and the same to begin with */
    assert_memory_equal(string, u"wards\0\0", 16);
    assert_int_equal(SysReAllocStringLen(&string, NULL, 2), TRUE);
    assert_memory_equal(string, u"wa", 6);
    assert_int_equal(SysReAllocStringLen(&string, u"x", UINT32_MAX), FALSE);
    assert_memory_equal(string, u"wa", 6);
    assert_int_equal(SysReAllocString(&string, NULL), TRUE);
    assert_null(string);
    assert_int_equal(SysReAllocString(NULL, u"x"), FALSE);
    assert_int_equal(SysReAllocStringLen(NULL, u"x", 1), FALSE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_string_carries_its_length),
        cmocka_unit_test(an_empty_string_is_not_null),
        cmocka_unit_test(nuls_inside_count),
        cmocka_unit_test(an_odd_number_of_bytes_has_a_nul_behind_it_too),
        cmocka_unit_test(room_without_contents_is_zero),
        cmocka_unit_test(null_is_a_string_without_length),
        cmocka_unit_test(a_length_that_no_string_can_have_is_refused),
        cmocka_unit_test(bytes_may_be_odd),
        cmocka_unit_test(a_string_can_take_anothers_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
