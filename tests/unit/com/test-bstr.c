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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_string_carries_its_length),
        cmocka_unit_test(an_empty_string_is_not_null),
        cmocka_unit_test(nuls_inside_count),
        cmocka_unit_test(room_without_contents_is_zero),
        cmocka_unit_test(null_is_a_string_without_length),
        cmocka_unit_test(a_length_that_no_string_can_have_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
