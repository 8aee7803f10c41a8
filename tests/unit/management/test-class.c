#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "management/class.h"

static const struct tri_value yes = {.type = TRI_CIM_BOOLEAN, .is_set = true, .boolean = true};

static int add(struct tri_class *cls, const char *name, uint16_t type)
{
    int index = -1;
    int r = tri_class_put_property(cls, name, type, NULL, NULL, &index, NULL);
    return r < 0 ? r : index;
}

static void mark(struct tri_class *cls, const char *property, const char *qualifier)
{
    struct tri_qualifiers *set =
        property ? &cls->properties[tri_class_find(cls, property)].qualifiers : &cls->qualifiers;
    assert_int_equal(tri_qualifiers_put(set, qualifier, &yes, 0, NULL), 0);
}

static void set_default(struct tri_class *cls, const char *property, const char *text)
{
    struct tri_value value = {.type = TRI_CIM_STRING};
    tri_value_set_string(&value, text);
    assert_int_equal(tri_class_put_property(cls, property, TRI_CIM_EMPTY, NULL, &value, NULL, NULL), 0);
    tri_value_clear(&value);
}

static void freeze(struct tri_class *cls)
{
    TRI_CLEANUP(tri_error_clear) struct tri_error error = {0};
    int r = tri_class_freeze(cls, &error);
    if (r < 0)
        print_message("# %s\n", error.text);
    assert_int_equal(r, 0);
}

/* Trireme { [key] Id; Name = "base"; Rowers }, frozen */
static struct tri_class *make_base(void)
{
    struct tri_class *cls = tri_class_new();
    assert_int_equal(tri_class_set_name(cls, "Trireme", NULL), 0);
    cls->name_space = strdup("root\\test");
    add(cls, "Id", TRI_CIM_STRING);
    add(cls, "Name", TRI_CIM_STRING);
    add(cls, "Rowers", TRI_CIM_UINT32);
    mark(cls, "Id", "key");
    set_default(cls, "Name", "base");
    freeze(cls);
    return cls;
}

static struct tri_class *derive(struct tri_class *parent, const char *name)
{
    struct tri_class *cls = tri_class_derive(parent);
    assert_int_equal(tri_class_set_name(cls, name, NULL), 0);
    return cls;
}

/* ---- looking ---- */

static void properties_are_found_without_case_frozen_or_not(void **state)
{
    TRI_AUTO_CLASS struct tri_class *cls = tri_class_new();
    char name[32];
    for (int i = 0; i < 500; i++) {
        snprintf(name, sizeof name, "Property%d", i);
        assert_int_equal(add(cls, name, TRI_CIM_UINT8), i);
    }
    for (int frozen = 0; frozen < 2; frozen++) {
        for (int i = 0; i < 500; i++) {
            snprintf(name, sizeof name, "pROPERTY%d", i);
            assert_int_equal(tri_class_find(cls, name), i);
        }
        assert_int_equal(tri_class_find(cls, "Property500"), -1);
        freeze(cls);
    }
}

static void a_blank_class_may_be_frozen(void **state)
{
    TRI_AUTO_CLASS struct tri_class *cls = tri_class_new();
    freeze(cls);
    assert_int_equal(tri_class_find(cls, "X"), -1);
    assert_null(tri_class_dynasty(cls));
}

static void a_class_is_what_its_ancestors_are(void **state)
{
    TRI_AUTO_CLASS struct tri_class *base = make_base();
    TRI_AUTO_CLASS struct tri_class *middle = derive(base, "Warship");
    freeze(middle);
    TRI_AUTO_CLASS struct tri_class *last = derive(middle, "Flagship");
    freeze(last);
    assert_true(tri_class_is_a(last, "TRIREME"));
    assert_true(tri_class_is_a(last, "Flagship"));
    assert_false(tri_class_is_a(base, "Flagship"));
    assert_string_equal(tri_class_dynasty(last), "Trireme");
}

static void a_long_line_of_ancestors_is_freed(void **state)
{
    struct tri_class *cls = tri_class_new();
    freeze(cls);
    for (int i = 0; i < 100000; i++) {
        struct tri_class *below = tri_class_derive(cls);
        tri_class_unref(cls);
        freeze(below);
        cls = below;
    }
    tri_class_unref(cls);
}

/* ---- deriving ---- */

static void what_is_inherited_keeps_its_origin_and_is_not_local(void **state)
{
    TRI_AUTO_CLASS struct tri_class *base = make_base();
    TRI_AUTO_CLASS struct tri_class *middle = derive(base, "Warship");
    assert_int_equal(add(middle, "Rams", TRI_CIM_UINT8), 3); /* behind the parent's */
    freeze(middle);
    TRI_AUTO_CLASS struct tri_class *last = derive(middle, "Flagship");
    freeze(last);
    assert_string_equal(last->properties[0].origin, "Trireme");
    assert_string_equal(last->properties[3].origin, "Warship");
    assert_false(last->properties[3].is_local);
    assert_null(middle->properties[3].origin);
    assert_true(middle->properties[3].is_local);
    assert_true(last->properties[0].is_key);
    assert_int_equal(last->key_count, 1);
    assert_string_equal(last->name_space, "root\\test");
}

static void what_is_inherited_lives_as_long_as_who_inherits_it(void **state)
{
    struct tri_class *base = make_base();
    TRI_AUTO_CLASS struct tri_class *cls = tri_class_derive(base);
    tri_class_unref(base);
    set_default(cls, "Name", "below");
    assert_int_equal(tri_class_remove_property(cls, "Name", NULL), 1);
    freeze(cls);
    TRI_AUTO_CLASS struct tri_class *thawed = tri_class_thaw(cls);
    tri_class_unref(TRI_TAKE(cls));
    freeze(thawed);
    const struct tri_property *name = &thawed->properties[tri_class_find(thawed, "name")];
    assert_string_equal(name->origin, "Trireme");
    assert_string_equal(name->value.string, "base");
    assert_true(tri_qualifiers_true(&thawed->properties[thawed->keys[0]].qualifiers, "key"));
}

static void an_overridden_default_goes_back_to_the_inherited_one(void **state)
{
    TRI_AUTO_CLASS struct tri_class *base = make_base();
    TRI_AUTO_CLASS struct tri_class *cls = derive(base, "Warship");
    set_default(cls, "name", "mine");
    assert_true(cls->properties[1].is_local);
    assert_string_equal(cls->properties[1].origin, "Trireme");
    assert_string_equal(cls->properties[1].value.string, "mine");
    assert_int_equal(tri_class_remove_property(cls, "Name", NULL), 1);
    assert_string_equal(cls->properties[1].value.string, "base");
    assert_false(cls->properties[1].is_local);
    assert_int_equal(tri_class_remove_property(cls, "Name", NULL), TRI_MANAGEMENT_PROPAGATED_PROPERTY);
    assert_int_equal(tri_class_remove_property(cls, "None", NULL), TRI_MANAGEMENT_NOT_FOUND);
    add(cls, "Own", TRI_CIM_UINT8);
    assert_int_equal(tri_class_remove_property(cls, "Own", NULL), 0);
    assert_int_equal(tri_class_find(cls, "Own"), -1);
}

static void an_inherited_type_cannot_change_and_an_own_one_can(void **state)
{
    TRI_AUTO_CLASS struct tri_class *base = make_base();
    TRI_AUTO_CLASS struct tri_class *cls = derive(base, "Warship");
    TRI_CLEANUP(tri_error_clear) struct tri_error error = {0};
    assert_int_equal(tri_class_put_property(cls, "Rowers", TRI_CIM_STRING, NULL, NULL, NULL, &error),
                     TRI_MANAGEMENT_TYPE_MISMATCH);
    assert_non_null(strstr(error.text, "Rowers"));
    assert_int_equal(cls->properties[2].type, TRI_CIM_UINT32);
    assert_int_equal(add(cls, "Own", TRI_CIM_UINT8), 3);
    assert_int_equal(add(cls, "Own", TRI_CIM_STRING), 3);
    assert_int_equal(cls->properties[3].type, TRI_CIM_STRING);
    assert_int_equal(cls->properties[3].value.type, TRI_CIM_STRING);
}

static void qualifiers_go_down_as_their_flavor_says(void **state)
{
    TRI_AUTO_CLASS struct tri_class *base = tri_class_new();
    assert_int_equal(tri_class_set_name(base, "Base", NULL), 0);
    add(base, "Id", TRI_CIM_STRING);
    mark(base, "Id", "key"); /* goes down whatever its flavor */
    struct tri_qualifiers *set = &base->properties[0].qualifiers;
    assert_int_equal(tri_qualifiers_put(set, "Down", &yes, TRI_FLAVOR_TO_DERIVED, NULL), 0);
    assert_int_equal(tri_qualifiers_put(set, "Restricted", &yes, 0, NULL), 0);
    mark(base, NULL, "abstract");
    freeze(base);
    assert_int_equal(base->flags, TRI_CLASS_ABSTRACT);
    TRI_AUTO_CLASS struct tri_class *cls = derive(base, "Below");
    freeze(cls);
    const struct tri_qualifiers *below = &cls->properties[0].qualifiers;
    assert_true(tri_qualifiers_true(below, "key"));
    assert_int_equal(tri_qualifiers_find(below, "Down")->flavor, TRI_FLAVOR_TO_DERIVED | TRI_FLAVOR_PROPAGATED);
    assert_null(tri_qualifiers_find(below, "Restricted"));
    assert_int_equal(cls->flags, 0);
}

static void a_qualifier_of_its_own_makes_a_property_local(void **state)
{
    TRI_AUTO_CLASS struct tri_class *base = make_base();
    TRI_AUTO_CLASS struct tri_class *cls = derive(base, "Warship");
    mark(cls, "Rowers", "write");
    freeze(cls);
    assert_true(cls->properties[2].is_local);
    assert_false(cls->properties[1].is_local);
}

/* ---- freezing ---- */

static void what_cannot_be_a_key_is_refused(void **state)
{
    static const uint16_t types[] = {TRI_CIM_REAL32, TRI_CIM_REAL64, TRI_CIM_OBJECT, TRI_CIM_STRING | TRI_CIM_ARRAY};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        TRI_AUTO_CLASS struct tri_class *cls = tri_class_new();
        add(cls, "Id", types[i]);
        mark(cls, "Id", "key");
        assert_int_equal(tri_class_freeze(cls, NULL), TRI_MANAGEMENT_CANNOT_BE_KEY);
        assert_false(cls->is_frozen);
        assert_int_equal(add(cls, "Id", TRI_CIM_SINT32), 0); /* still a draft */
        freeze(cls);
    }
}

static void keys_cannot_be_added_below_a_class_with_keys(void **state)
{
    TRI_AUTO_CLASS struct tri_class *base = make_base();
    TRI_AUTO_CLASS struct tri_class *cls = derive(base, "Warship");
    mark(cls, "Id", "key"); /* saying it again is fine */
    TRI_AUTO_CLASS struct tri_class *other = tri_class_thaw(cls);
    freeze(cls);
    mark(other, "Rowers", "key");
    assert_int_equal(tri_class_freeze(other, NULL), TRI_MANAGEMENT_CANNOT_CHANGE_KEY_INHERITANCE);
}

static void keys_are_in_alphabetical_order(void **state)
{
    TRI_AUTO_CLASS struct tri_class *cls = tri_class_new();
    static const char *const names[] = {"Zeta", "alpha", "Mid"};
    for (int i = 0; i < 3; i++) {
        add(cls, names[i], TRI_CIM_STRING);
        mark(cls, names[i], "key");
    }
    freeze(cls);
    assert_int_equal(cls->key_count, 3);
    assert_int_equal(cls->keys[0], 1);
    assert_int_equal(cls->keys[1], 2);
    assert_int_equal(cls->keys[2], 0);
}

static void a_singleton_has_no_key(void **state)
{
    TRI_AUTO_CLASS struct tri_class *base = make_base();
    TRI_AUTO_CLASS struct tri_class *cls = derive(base, "Only");
    mark(cls, NULL, "singleton");
    assert_int_equal(tri_class_freeze(cls, NULL), TRI_MANAGEMENT_CANNOT_BE_SINGLETON);
}

static void an_association_has_two_references(void **state)
{
    TRI_AUTO_CLASS struct tri_class *cls = tri_class_new();
    mark(cls, NULL, "association");
    add(cls, "One", TRI_CIM_REFERENCE);
    assert_int_equal(tri_class_freeze(cls, NULL), TRI_MANAGEMENT_INVALID_OBJECT);
    add(cls, "Two", TRI_CIM_REFERENCE);
    freeze(cls);
    assert_int_equal(cls->flags, TRI_CLASS_ASSOCIATION);
    TRI_AUTO_CLASS struct tri_class *below = derive(cls, "Below");
    freeze(below);
    assert_int_equal(below->flags, TRI_CLASS_ASSOCIATION);
}

static void a_dynamic_class_has_a_provider(void **state)
{
    TRI_AUTO_CLASS struct tri_class *cls = tri_class_new();
    struct tri_value name = {.type = TRI_CIM_STRING};
    tri_value_set_string(&name, "trireme");
    mark(cls, NULL, "dynamic");
    assert_int_equal(tri_qualifiers_put(&cls->qualifiers, "provider", &name, TRI_FLAVOR_TO_INSTANCE, NULL), 0);
    tri_value_clear(&name);
    freeze(cls);
    assert_string_equal(cls->provider, "trireme");
    TRI_AUTO_CLASS struct tri_class *below = derive(cls, "Below");
    freeze(below);
    assert_null(below->provider);
}

/* ---- refusals ---- */

static void bad_names_and_types_are_refused(void **state)
{
    TRI_AUTO_CLASS struct tri_class *cls = tri_class_new();
    assert_int_equal(tri_class_set_name(cls, "1st", NULL), TRI_MANAGEMENT_INVALID_PARAMETER);
    assert_int_equal(tri_class_set_name(cls, "", NULL), TRI_MANAGEMENT_INVALID_PARAMETER);
    assert_int_equal(add(cls, "a b", TRI_CIM_UINT8), TRI_MANAGEMENT_INVALID_PROPERTY);
    assert_int_equal(add(cls, "__path", TRI_CIM_STRING), TRI_MANAGEMENT_SYSTEM_PROPERTY);
    assert_int_equal(add(cls, "X", 9), TRI_MANAGEMENT_INVALID_PROPERTY_TYPE);
    assert_int_equal(add(cls, "X", TRI_CIM_EMPTY), TRI_MANAGEMENT_INVALID_PROPERTY_TYPE);
    assert_int_equal(add(cls, "X", TRI_CIM_ARRAY), TRI_MANAGEMENT_INVALID_PROPERTY_TYPE);
    assert_int_equal(cls->property_count, 0);
}

static void a_default_that_does_not_fit_changes_nothing(void **state)
{
    TRI_AUTO_CLASS struct tri_class *cls = tri_class_new();
    struct tri_value value = {.type = TRI_CIM_SINT32, .is_set = true, .integer = 300};
    assert_int_equal(tri_class_put_property(cls, "X", TRI_CIM_UINT8, NULL, &value, NULL, NULL),
                     TRI_MANAGEMENT_VALUE_OUT_OF_RANGE);
    assert_int_equal(cls->property_count, 0);
    value.integer = 30;
    assert_int_equal(tri_class_put_property(cls, "X", TRI_CIM_UINT8, NULL, &value, NULL, NULL), 0);
    value.integer = -1;
    assert_int_equal(tri_class_put_property(cls, "X", TRI_CIM_EMPTY, NULL, &value, NULL, NULL),
                     TRI_MANAGEMENT_VALUE_OUT_OF_RANGE);
    assert_int_equal(cls->properties[0].value.natural, 30);
    /* A value alone says its type. */
    assert_int_equal(tri_class_put_property(cls, "Y", TRI_CIM_EMPTY, NULL, &value, NULL, NULL), 0);
    assert_int_equal(cls->properties[1].type, TRI_CIM_SINT32);
}

/* ---- methods ---- */

static void parameter(struct tri_class *cls, const char *name, uint16_t type, int id)
{
    struct tri_value value = {.type = TRI_CIM_SINT32, .is_set = true, .integer = id};
    int index = add(cls, name, type);
    if (id >= 0)
        assert_int_equal(tri_qualifiers_put(&cls->properties[index].qualifiers, "ID", &value, 0x11, NULL), 0);
}

static struct tri_class *parameters(void)
{
    struct tri_class *cls = tri_class_new();
    assert_int_equal(tri_class_set_name(cls, "__PARAMETERS", NULL), 0);
    return cls;
}

static void ids_are_consecutive_over_both_halves(void **state)
{
    TRI_AUTO_CLASS struct tri_class *cls = tri_class_new();
    TRI_AUTO_CLASS struct tri_class *in = parameters();
    TRI_AUTO_CLASS struct tri_class *out = parameters();
    int index;
    parameter(in, "Path", TRI_CIM_STRING, 0);
    parameter(in, "Both", TRI_CIM_UINT32, 2);
    parameter(out, "Made", TRI_CIM_STRING, 1);
    parameter(out, "Both", TRI_CIM_UINT32, 2);
    parameter(out, "ReturnValue", TRI_CIM_UINT32, -1);
    assert_int_equal(tri_class_put_method(cls, "Create", in, out, &index, NULL), 0);
    assert_ptr_equal(cls->methods[index].in, in);
    assert_true(in->is_frozen && out->is_frozen);
    assert_int_equal(tri_class_find_method(cls, "CREATE"), index);
    assert_int_equal(tri_class_put_method(cls, "Nothing", NULL, NULL, NULL, NULL), 0);
    assert_int_equal(tri_class_remove_method(cls, "Create", NULL), 0);
    assert_int_equal(tri_class_remove_method(cls, "Create", NULL), TRI_MANAGEMENT_NOT_FOUND);
}

static int put_with_ids(int first, int second, int of_return)
{
    TRI_AUTO_CLASS struct tri_class *cls = tri_class_new();
    TRI_AUTO_CLASS struct tri_class *in = parameters();
    TRI_AUTO_CLASS struct tri_class *out = parameters();
    parameter(in, "A", TRI_CIM_STRING, first);
    parameter(out, "B", TRI_CIM_STRING, second);
    parameter(out, "ReturnValue", TRI_CIM_UINT32, of_return);
    int r = tri_class_put_method(cls, "M", in, out, NULL, NULL);
    assert_int_equal(cls->method_count, r == 0);
    return r;
}

static void bad_ids_are_told_apart(void **state)
{
    assert_int_equal(put_with_ids(0, 1, -1), 0);
    assert_int_equal(put_with_ids(1, 0, -1), 0);
    assert_int_equal(put_with_ids(-1, 0, -1), TRI_MANAGEMENT_MISSING_PARAMETER_ID);
    assert_int_equal(put_with_ids(0, 2, -1), TRI_MANAGEMENT_NONCONSECUTIVE_PARAMETER_IDS);
    assert_int_equal(put_with_ids(0, 0, -1), TRI_MANAGEMENT_NONCONSECUTIVE_PARAMETER_IDS);
    assert_int_equal(put_with_ids(1, 2, -1), TRI_MANAGEMENT_NONCONSECUTIVE_PARAMETER_IDS);
    assert_int_equal(put_with_ids(0, 1, 2), TRI_MANAGEMENT_PARAMETER_ID_ON_RETVAL);
    TRI_AUTO_CLASS struct tri_class *cls = tri_class_new();
    TRI_AUTO_CLASS struct tri_class *in = parameters();
    TRI_AUTO_CLASS struct tri_class *out = parameters();
    parameter(in, "Both", TRI_CIM_STRING, 0);
    parameter(out, "Both", TRI_CIM_UINT8, 0);
    assert_int_equal(tri_class_put_method(cls, "M", in, out, NULL, NULL), TRI_MANAGEMENT_INVALID_DUPLICATE_PARAMETER);
}

static void an_inherited_method_keeps_its_parameters(void **state)
{
    TRI_AUTO_CLASS struct tri_class *base = make_base();
    TRI_AUTO_CLASS struct tri_class *above = tri_class_thaw(base);
    TRI_AUTO_CLASS struct tri_class *out = parameters();
    TRI_AUTO_CLASS struct tri_class *in = parameters();
    parameter(out, "ReturnValue", TRI_CIM_UINT32, -1);
    parameter(in, "Speed", TRI_CIM_UINT32, 0);
    assert_int_equal(tri_class_put_method(above, "Row", NULL, out, NULL, NULL), 0);
    freeze(above);
    TRI_AUTO_CLASS struct tri_class *cls = derive(above, "Warship");
    assert_false(cls->methods[0].is_local);
    assert_string_equal(cls->methods[0].origin, "Trireme");
    assert_int_equal(tri_class_remove_method(cls, "Row", NULL), TRI_MANAGEMENT_PROPAGATED_METHOD);
    assert_int_equal(tri_class_put_method(cls, "Row", in, out, NULL, NULL), TRI_MANAGEMENT_PROPAGATED_METHOD);
    assert_int_equal(tri_class_put_method(cls, "Row", NULL, out, NULL, NULL), 0);
    assert_true(cls->methods[0].is_local);
    assert_int_equal(tri_class_remove_method(cls, "Row", NULL), 1);
    assert_false(cls->methods[0].is_local);
}

/* ---- thaw, rebase ---- */

static void a_thawed_class_is_changed_alone(void **state)
{
    TRI_AUTO_CLASS struct tri_class *base = make_base();
    TRI_AUTO_CLASS struct tri_class *draft = tri_class_thaw(base);
    assert_false(draft->is_frozen);
    set_default(draft, "Name", "other");
    add(draft, "New", TRI_CIM_UINT8);
    assert_string_equal(base->properties[1].value.string, "base");
    assert_int_equal(base->property_count, 3);
    freeze(draft);
    assert_int_equal(tri_class_find(draft, "new"), 3);
}

static void a_rebased_class_keeps_what_is_its_own(void **state)
{
    TRI_AUTO_CLASS struct tri_class *base = make_base();
    TRI_AUTO_CLASS struct tri_class *cls = derive(base, "Warship");
    add(cls, "Rams", TRI_CIM_UINT8);
    mark(cls, "Rams", "write");
    mark(cls, "Name", "write"); /* local for its qualifier, but not for its value */
    mark(cls, NULL, "special");
    freeze(cls);
    cls->id = 17;
    TRI_AUTO_CLASS struct tri_class *newer = tri_class_thaw(base);
    add(newer, "Sails", TRI_CIM_UINT8);
    set_default(newer, "Name", "newer");
    freeze(newer);
    TRI_AUTO_CLASS struct tri_class *rebased = tri_class_rebase(cls, newer, NULL);
    freeze(rebased);
    assert_int_equal(rebased->id, 17);
    assert_string_equal(rebased->name, "Warship");
    assert_ptr_equal(rebased->parent, newer);
    assert_int_equal(tri_class_find(rebased, "Sails"), 3);
    assert_int_equal(tri_class_find(rebased, "Rams"), 4);
    assert_true(tri_qualifiers_true(&rebased->properties[4].qualifiers, "write"));
    assert_string_equal(rebased->properties[1].value.string, "newer");
    assert_true(tri_qualifiers_true(&rebased->properties[1].qualifiers, "write"));
    assert_true(tri_qualifiers_true(&rebased->qualifiers, "special"));
}

static void a_parent_that_contradicts_is_refused(void **state)
{
    TRI_AUTO_CLASS struct tri_class *base = make_base();
    TRI_AUTO_CLASS struct tri_class *cls = derive(base, "Warship");
    add(cls, "Rams", TRI_CIM_UINT8);
    freeze(cls);
    TRI_AUTO_CLASS struct tri_class *newer = tri_class_thaw(base);
    add(newer, "Rams", TRI_CIM_STRING);
    freeze(newer);
    TRI_CLEANUP(tri_error_clear) struct tri_error error = {0};
    assert_null(tri_class_rebase(cls, newer, &error));
    assert_int_equal(error.code, TRI_MANAGEMENT_TYPE_MISMATCH);
    assert_non_null(strstr(error.text, "Rams"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(properties_are_found_without_case_frozen_or_not),
        cmocka_unit_test(a_blank_class_may_be_frozen),
        cmocka_unit_test(a_class_is_what_its_ancestors_are),
        cmocka_unit_test(a_long_line_of_ancestors_is_freed),
        cmocka_unit_test(what_is_inherited_keeps_its_origin_and_is_not_local),
        cmocka_unit_test(what_is_inherited_lives_as_long_as_who_inherits_it),
        cmocka_unit_test(an_overridden_default_goes_back_to_the_inherited_one),
        cmocka_unit_test(an_inherited_type_cannot_change_and_an_own_one_can),
        cmocka_unit_test(qualifiers_go_down_as_their_flavor_says),
        cmocka_unit_test(a_qualifier_of_its_own_makes_a_property_local),
        cmocka_unit_test(what_cannot_be_a_key_is_refused),
        cmocka_unit_test(keys_cannot_be_added_below_a_class_with_keys),
        cmocka_unit_test(keys_are_in_alphabetical_order),
        cmocka_unit_test(a_singleton_has_no_key),
        cmocka_unit_test(an_association_has_two_references),
        cmocka_unit_test(a_dynamic_class_has_a_provider),
        cmocka_unit_test(bad_names_and_types_are_refused),
        cmocka_unit_test(a_default_that_does_not_fit_changes_nothing),
        cmocka_unit_test(ids_are_consecutive_over_both_halves),
        cmocka_unit_test(bad_ids_are_told_apart),
        cmocka_unit_test(an_inherited_method_keeps_its_parameters),
        cmocka_unit_test(a_thawed_class_is_changed_alone),
        cmocka_unit_test(a_rebased_class_keeps_what_is_its_own),
        cmocka_unit_test(a_parent_that_contradicts_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
