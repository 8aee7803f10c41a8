#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include <windows/combaseapi.h>

#include "proves.h"

static const GUID example = {0x0123ABCD, 0x4567, 0x89EF, {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08}};
#define EXAMPLE u"{0123ABCD-4567-89EF-0102-030405060708}"

static void a_guid_is_written_in_capitals_and_39_units(void **state)
{
    TRI_PROVES(StringFromGUID2, real);
    OLECHAR text[40];
    memset(text, 0x55, sizeof(text));
    assert_int_equal(StringFromGUID2(&example, text, 39), 39);
    assert_memory_equal(text, EXAMPLE, 39 * sizeof(OLECHAR));
    assert_int_equal(text[39], 0x5555);
}

static void too_little_room_writes_nothing(void **state)
{
    OLECHAR text[39] = {0x5555};
    assert_int_equal(StringFromGUID2(&example, text, 38), 0);
    assert_int_equal(StringFromGUID2(&example, text, -1), 0);
    assert_int_equal(StringFromGUID2(&example, NULL, 39), 0);
    assert_int_equal(text[0], 0x5555);
}

static void a_guid_is_written_to_new_memory(void **state)
{
    TRI_PROVES(StringFromCLSID, real);
    TRI_PROVES(StringFromIID, real);
    LPOLESTR text = NULL;
    assert_int_equal(StringFromCLSID(&example, &text), S_OK);
    assert_memory_equal(text, EXAMPLE, 39 * sizeof(OLECHAR));
    CoTaskMemFree(text);
    assert_int_equal(StringFromIID(&example, &text), S_OK);
    assert_memory_equal(text, EXAMPLE, 39 * sizeof(OLECHAR));
    CoTaskMemFree(text);
    assert_int_equal(StringFromCLSID(&example, NULL), E_INVALIDARG);
}

static void a_guid_is_read_in_capitals_or_not(void **state)
{
    TRI_PROVES(CLSIDFromString, real, "no class names");
    TRI_PROVES(IIDFromString, real);
    GUID read = {0};
    assert_int_equal(CLSIDFromString(EXAMPLE, &read), S_OK);
    assert_true(IsEqualGUID(&read, &example));
    memset(&read, 0, sizeof(read));
    assert_int_equal(IIDFromString(u"{0123abcd-4567-89ef-0102-030405060708}", &read), S_OK);
    assert_true(IsEqualIID(&read, &example));
    assert_true(InlineIsEqualGUID(&read, &example));
}

static void every_text_that_is_cut_short_or_changed_is_refused(void **state)
{
    OLECHAR text[40];
    for (size_t length = 0; length < 38; length++) {
        memcpy(text, EXAMPLE, 39 * sizeof(OLECHAR));
        text[length] = 0;
        GUID read = example;
        assert_int_equal(CLSIDFromString(text, &read), CO_E_CLASSSTRING);
        assert_true(IsEqualGUID(&read, &GUID_NULL));
    }
    for (size_t place = 0; place < 39; place++) {
        memcpy(text, EXAMPLE, 39 * sizeof(OLECHAR));
        text[place] = place == 38 ? 'x' : 'g';
        text[39] = 0;
        GUID read = example;
        assert_int_equal(IIDFromString(text, &read), E_INVALIDARG);
        assert_true(IsEqualGUID(&read, &GUID_NULL));
    }
    GUID read;
    assert_int_equal(CLSIDFromString(u"Word.Application", &read), CO_E_CLASSSTRING);
    assert_int_equal(CLSIDFromString(u"{\uff10123ABCD-4567-89EF-0102-030405060708}", &read), CO_E_CLASSSTRING);
    assert_int_equal(CLSIDFromString(EXAMPLE, NULL), E_INVALIDARG);
}

static void no_text_is_the_id_that_is_none(void **state)
{
    GUID read = example;
    assert_int_equal(CLSIDFromString(NULL, &read), S_OK);
    assert_true(IsEqualGUID(&read, &GUID_NULL));
    read = example;
    assert_int_equal(IIDFromString(NULL, &read), S_OK);
    assert_true(IsEqualGUID(&read, &IID_NULL));
}

static void both_ways_give_the_same_for_random_ids(void **state)
{
    TRI_PROVES(CoCreateGuid, real);
    GUID before = {0};
    for (int i = 0; i < 1000; i++) {
        GUID made, read;
        OLECHAR text[39];
        assert_int_equal(CoCreateGuid(&made), S_OK);
        assert_int_equal(made.Data3 >> 12, 4);
        assert_int_equal(made.Data4[0] >> 6, 2);
        assert_false(IsEqualGUID(&made, &before));
        before = made;
        assert_int_equal(StringFromGUID2(&made, text, 39), 39);
        assert_int_equal(CLSIDFromString(text, &read), S_OK);
        assert_true(IsEqualGUID(&read, &made));
    }
    assert_int_equal(CoCreateGuid(NULL), E_INVALIDARG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_guid_is_written_in_capitals_and_39_units),
        cmocka_unit_test(too_little_room_writes_nothing),
        cmocka_unit_test(a_guid_is_written_to_new_memory),
        cmocka_unit_test(a_guid_is_read_in_capitals_or_not),
        cmocka_unit_test(every_text_that_is_cut_short_or_changed_is_refused),
        cmocka_unit_test(no_text_is_the_id_that_is_none),
        cmocka_unit_test(both_ways_give_the_same_for_random_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
