#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "management/class.h"

#define TO_ALL (TRI_FLAVOR_TO_DERIVED | TRI_FLAVOR_TO_INSTANCE)

static int put(struct tri_qualifiers *set, const char *name, const char *text, unsigned flavor)
{
    struct tri_value value = {.type = TRI_CIM_STRING};
    tri_value_set_string(&value, text);
    int r = tri_qualifiers_put(set, name, &value, (uint8_t)flavor, NULL);
    tri_value_clear(&value);
    return r;
}

static const char *text_of(const struct tri_qualifiers *set, const char *name)
{
    return tri_qualifiers_find(set, name)->value.string;
}

static void a_qualifier_is_found_without_case_and_replaced(void **state)
{
    TRI_CLEANUP(tri_qualifiers_clear) struct tri_qualifiers set = {0};
    assert_int_equal(put(&set, "Units", "Bytes", 0), 0);
    assert_int_equal(put(&set, "Note", "first", 0), 0);
    assert_int_equal(put(&set, "UNITS", "Seconds", TO_ALL), 0);
    assert_int_equal(set.count, 2);
    assert_string_equal(text_of(&set, "units"), "Seconds");
    assert_int_equal(tri_qualifiers_find(&set, "units")->flavor, TO_ALL);
    assert_null(tri_qualifiers_find(&set, "unit"));
    assert_int_equal(tri_qualifiers_remove(&set, "Units", NULL), 0);
    assert_int_equal(tri_qualifiers_remove(&set, "Units", NULL), TRI_MANAGEMENT_NOT_FOUND);
    assert_string_equal(text_of(&set, "note"), "first");
}

static void only_four_types_and_their_arrays_are_taken(void **state)
{
    TRI_CLEANUP(tri_qualifiers_clear) struct tri_qualifiers set = {0};
    static const uint16_t taken[] = {TRI_CIM_SINT32, TRI_CIM_REAL64, TRI_CIM_BOOLEAN};
    static const uint16_t refused[] = {TRI_CIM_UINT32, TRI_CIM_SINT16, TRI_CIM_REAL32, TRI_CIM_CHAR16, TRI_CIM_SINT64};
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++) {
        struct tri_value value = {.type = taken[i]}, array = {.type = taken[i] | TRI_CIM_ARRAY};
        tri_value_set_signed(&value, 1);
        tri_value_set_numbers(&array, (const int64_t[]){1, 0}, 2);
        assert_int_equal(tri_qualifiers_put(&set, "A", &value, 0, NULL), 0);
        assert_int_equal(tri_qualifiers_put(&set, "A", &array, 0, NULL), 0);
        tri_value_clear(&array);
    }
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct tri_value value = {.type = refused[i]};
        tri_value_set_signed(&value, 1);
        assert_int_equal(tri_qualifiers_put(&set, "B", &value, 0, NULL), TRI_MANAGEMENT_INVALID_QUALIFIER_TYPE);
    }
    struct tri_value null = {.type = TRI_CIM_STRING};
    assert_int_equal(tri_qualifiers_put(&set, "B", &null, 0, NULL), TRI_MANAGEMENT_INVALID_QUALIFIER_TYPE);
    assert_int_equal(set.count, 1);
}

static void a_bad_name_is_refused_with_a_sentence(void **state)
{
    TRI_CLEANUP(tri_qualifiers_clear) struct tri_qualifiers set = {0};
    TRI_CLEANUP(tri_error_clear) struct tri_error error = {0};
    struct tri_value yes = {.type = TRI_CIM_BOOLEAN, .is_set = true, .boolean = true};
    assert_int_equal(tri_qualifiers_put(&set, "a b", &yes, 0, &error), TRI_MANAGEMENT_INVALID_PARAMETER);
    assert_non_null(strstr(error.text, "a b"));
    assert_int_equal(tri_qualifiers_put(&set, NULL, &yes, 0, NULL), TRI_MANAGEMENT_INVALID_PARAMETER);
    assert_int_equal(set.count, 0);
}

static void an_override_goes_and_what_was_inherited_is_back(void **state)
{
    TRI_CLEANUP(tri_qualifiers_clear) struct tri_qualifiers set = {0}, copy = {0};
    assert_int_equal(put(&set, "Units", "Bytes", TO_ALL | TRI_FLAVOR_PROPAGATED), 0);
    assert_int_equal(tri_qualifiers_remove(&set, "Units", NULL), TRI_MANAGEMENT_PROPAGATED_QUALIFIER);
    assert_int_equal(put(&set, "Units", "Pages", 0), 0);
    assert_int_equal(put(&set, "Units", "Sectors", 0), 0);
    assert_int_equal(tri_qualifiers_copy(&set, &copy), 0);
    assert_string_equal(text_of(&set, "Units"), "Sectors");
    assert_int_equal(tri_qualifiers_remove(&set, "Units", NULL), 1);
    assert_string_equal(text_of(&set, "Units"), "Bytes");
    assert_int_equal(tri_qualifiers_find(&set, "Units")->flavor, TO_ALL | TRI_FLAVOR_PROPAGATED);
    assert_int_equal(tri_qualifiers_remove(&copy, "Units", NULL), 1); /* a copy knows it too */
    assert_string_equal(text_of(&copy, "Units"), "Bytes");
}

static void what_may_not_be_overridden_stays(void **state)
{
    TRI_CLEANUP(tri_qualifiers_clear) struct tri_qualifiers set = {0};
    unsigned fixed = TO_ALL | TRI_FLAVOR_PROPAGATED | TRI_FLAVOR_NOT_OVERRIDABLE;
    assert_int_equal(put(&set, "Units", "Bytes", fixed), 0);
    assert_int_equal(put(&set, "Units", "Pages", 0), TRI_MANAGEMENT_OVERRIDE_NOT_ALLOWED);
    assert_int_equal(put(&set, "Units", "Bytes", 0), 0); /* the same again is no override */
    assert_string_equal(text_of(&set, "Units"), "Bytes");
    assert_int_equal(tri_qualifiers_find(&set, "Units")->flavor, fixed);
    /* One's own may be changed, whatever its flavor says to classes below. */
    assert_int_equal(put(&set, "Own", "a", TRI_FLAVOR_NOT_OVERRIDABLE), 0);
    assert_int_equal(put(&set, "Own", "b", TRI_FLAVOR_NOT_OVERRIDABLE), 0);
}

static void only_a_boolean_true_is_true(void **state)
{
    TRI_CLEANUP(tri_qualifiers_clear) struct tri_qualifiers set = {0};
    struct tri_value no = {.type = TRI_CIM_BOOLEAN, .is_set = true};
    assert_int_equal(put(&set, "Text", "TRUE", 0), 0);
    assert_int_equal(tri_qualifiers_put(&set, "No", &no, 0, NULL), 0);
    assert_false(tri_qualifiers_true(&set, "Text"));
    assert_false(tri_qualifiers_true(&set, "No"));
    assert_false(tri_qualifiers_true(&set, "Missing"));
    no.boolean = true;
    assert_int_equal(tri_qualifiers_put(&set, "No", &no, 0, NULL), 0);
    assert_true(tri_qualifiers_true(&set, "NO"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_qualifier_is_found_without_case_and_replaced),
        cmocka_unit_test(only_four_types_and_their_arrays_are_taken),
        cmocka_unit_test(a_bad_name_is_refused_with_a_sentence),
        cmocka_unit_test(an_override_goes_and_what_was_inherited_is_back),
        cmocka_unit_test(what_may_not_be_overridden_stays),
        cmocka_unit_test(only_a_boolean_true_is_true),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
