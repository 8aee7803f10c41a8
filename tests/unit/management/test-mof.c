#include "mof-target.h"

#include <math.h>

/* ---- reading ---- */

static void a_class_has_what_its_declaration_says(void **state)
{
    TRI_AUTO_CLASS struct tri_class *cls =
        class_of("// one\n[dynamic, provider(\"p\"), Values{\"a\", \"b\"}, Number(-5), Real(1.5)] class Thing /* two */ {\n"
                 "[KEY] String Name; uint32 Number = 0x1F; sint8 List[] = {1, -2, 3}; Other ref Reference; object Any; Other Typed; "
                 "datetime When = \"20240101000000.000000+000\"; boolean Yes = TRUE; char16 Letter = 'x'; real64 Real = 1e-3; string Nothing = NULL; uint8 Fixed[4]; };",
                 NULL);
    assert_string_equal(cls->name, "Thing");
    assert_int_equal(cls->property_count, 12);
    assert_int_equal(cls->key_count, 1);
    assert_string_equal(cls->provider, "p");
    assert_int_equal(tri_qualifiers_find(&cls->qualifiers, "Values")->value.type, TRI_CIM_STRING | TRI_CIM_ARRAY);
    assert_int_equal(tri_qualifiers_find(&cls->qualifiers, "Number")->value.integer, -5);
    assert_true(tri_qualifiers_find(&cls->qualifiers, "Real")->value.real == 1.5);
    assert_int_equal(cls->properties[1].value.natural, 31);
    assert_int_equal(cls->properties[2].value.array->items[1].integer, -2);
    assert_int_equal(cls->properties[3].type, TRI_CIM_REFERENCE);
    assert_string_equal(cls->properties[3].class_name, "Other");
    assert_int_equal(cls->properties[4].type, TRI_CIM_OBJECT);
    assert_null(cls->properties[4].class_name);
    assert_string_equal(cls->properties[5].class_name, "Other");
    assert_int_equal(cls->properties[8].value.natural, 'x');
    assert_false(cls->properties[10].value.is_set);
    assert_int_equal(cls->properties[11].type, TRI_CIM_UINT8 | TRI_CIM_ARRAY);
}

static void words_of_the_language_may_be_names(void **state)
{
    TRI_AUTO_CLASS struct tri_class *cls =
        class_of("[class, of(1), as, ref, qualifier, instance] class As { string Class; uint8 Ref; X ref Ref2; string Of; Y ref instance; string Scope; True ref Null; "
                 "string Flavor; uint8 true; string Qualifier; uint8 as([in] string of); };",
                 NULL);
    assert_int_equal(cls->property_count, 10);
    assert_int_equal(cls->method_count, 1);
}

static void numbers_have_four_bases_and_the_bounds_of_their_types(void **state)
{
    static const struct {
        const char *type, *text, *value;
    } cases[] = {
        {"uint8", "255", "255"}, {"uint8", "0377", "255"}, {"uint8", "11111111b", "255"}, {"uint8", "+0xfF", "255"}, {"uint8", "256", NULL},
        {"uint8", "-1", NULL}, {"sint8", "-128", "-128"}, {"sint8", "-129", NULL}, {"sint8", "-0200", "-128"}, {"uint16", "65535", "65535"},
        {"uint16", "65536", NULL}, {"sint32", "-2147483648", "-2147483648"}, {"sint32", "2147483648", NULL}, {"uint32", "4294967296", NULL},
        {"uint64", "18446744073709551615", "\"18446744073709551615\""}, {"uint64", "\"18446744073709551615\"", "\"18446744073709551615\""},
        {"uint64", "18446744073709551616", NULL}, {"sint64", "-9223372036854775808", "\"-9223372036854775808\""},
        {"sint64", "-9223372036854775809", NULL}, {"real32", "0.1", "0.1"}, {"real64", "-5", "-5"}, {"real64", ".5E+1", "5"}, {"real64", "1e5", "100000"},
        {"uint8", "1.5", NULL}, {"uint8", "\"x\"", NULL}, {"uint8", "TRUE", NULL}, {"string", "5", NULL}, {"boolean", "\"True\"", "TRUE"},
        {"boolean", "0", "FALSE"}, {"boolean", "\"x\"", NULL}, {"datetime", "\"yesterday\"", NULL}, {"char16", "'\\x263a'", "'\\x263a'"},
        {"char16", "'\xe2\x98\xba'", "'\\x263a'"}, {"char16", "'ab'", NULL}, {"char16", "65", "'A'"}, {"char16", "\"A\"", NULL},
        {"uint8", "{1}", NULL}, {"string", "$x", NULL}, {"uint8", "09", "9"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char text[200];
        TRI_CLEANUP(tri_error_clear) struct tri_error error = {0};
        TRI_AUTO_CLASS struct tri_class *cls = NULL;
        snprintf(text, sizeof text, "class A { %s Value = %s; };", cases[i].type, cases[i].text);
        int r = tri_mof_read_class(text, NULL, &cls, &error);
        TRI_AUTO_FREE char *value = r == 0 ? tri_value_mof(&cls->properties[0].value) : NULL;
        if (cases[i].value ? r < 0 || strcmp(value, cases[i].value) != 0 : r == 0)
            fail_msg("%s %s is %s", cases[i].type, cases[i].text, r == 0 ? value : error.text);
        if (r < 0)
            assert_non_null(strstr(error.text, "line 1, column"));
    }
}

static const char *text_of(const char *literal, struct tri_class **cls)
{
    char text[300];
    snprintf(text, sizeof text, "class A { string Value = %s; };", literal);
    *cls = class_of(text, NULL);
    return (*cls)->properties[0].value.string;
}

static void texts_are_joined_and_unescaped(void **state)
{
    static const char *const cases[][2] = {
        {"\"a\" \"b\"\n\"c\" // d\n \"e\"", "abce"}, {"\"\"", ""}, {"\"\\\\ \\\" \\' \\n\\t\\r\\b\\f\"", "\\ \" ' \n\t\r\b\f"},
        {"\"\\x41\\X0042\"", "AB"}, {"\"\\xe9\"", "\xc3\xa9"}, {"\"\\xd83d\\xde00\"", "\xf0\x9f\x98\x80"}, {"\"\\xd83d!\"", "\xef\xbf\xbd!"},
        {"\"Core\\CIM_Job\"", "Core\\CIM_Job"}, {"\"\\xZ\"", "\\xZ"}, {"\"\xc3\xa9\"", "\xc3\xa9"}, {"\"/* no */ // comment\"", "/* no */ // comment"},
        {"\"two\n\tlines\"", "two\n\tlines"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        TRI_AUTO_CLASS struct tri_class *cls = NULL;
        assert_string_equal(text_of(cases[i][0], &cls), cases[i][1]);
    }
}

static void an_inherited_property_keeps_what_is_not_said_again(void **state)
{
    TRI_AUTO_CLASS struct tri_class *top = class_of("class Top { [key] string Id = \"x\"; [MaxLen(5): ToSubClass] string Name = \"n\"; Top ref Link; };", NULL);
    TRI_AUTO_CLASS struct tri_class *below = class_of("class Below : top { [Override(\"Name\")] string Name; Below ref Link; string More; };", top);
    assert_int_equal(below->property_count, 4);
    assert_string_equal(below->properties[1].value.string, "n");
    assert_non_null(tri_qualifiers_find(&below->properties[1].qualifiers, "MaxLen"));
    assert_string_equal(below->properties[2].class_name, "Below");
    assert_true(below->properties[0].is_key);
}

static void a_class_that_is_read_must_be_one_on_its_superclass(void **state)
{
    TRI_AUTO_CLASS struct tri_class *top = class_of("class Top {};", NULL);
    static const struct {
        const char *text;
        bool has_parent;
        int code;
    } cases[] = {
        {"", false, TRI_MANAGEMENT_MOF - TRI_MOF_INVALID_CLASS_DECLARATION},
        {"class A {}; class B {};", false, TRI_MANAGEMENT_MOF - TRI_MOF_INVALID_CLASS_DECLARATION},
        {"instance of A {};", false, TRI_MANAGEMENT_MOF - TRI_MOF_INVALID_CLASS_DECLARATION},
        {"class A : Top {};", false, TRI_MANAGEMENT_INVALID_SUPERCLASS},
        {"class A {};", true, TRI_MANAGEMENT_INVALID_SUPERCLASS},
        {"class A : Other {};", true, TRI_MANAGEMENT_INVALID_SUPERCLASS},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        TRI_CLEANUP(tri_error_clear) struct tri_error error = {0};
        struct tri_class *cls = NULL;
        assert_int_equal(tri_mof_read_class(cases[i].text, cases[i].has_parent ? top : NULL, &cls, &error), cases[i].code);
        assert_null(cls);
        assert_non_null(error.text);
    }
}

/* ---- printing ---- */

static void assert_prints(const char *mof, struct tri_class *parent, unsigned flags, const char *expected)
{
    TRI_AUTO_CLASS struct tri_class *cls = class_of(mof, parent);
    TRI_AUTO_FREE char *text = NULL;
    assert_int_equal(tri_mof_print_class(cls, flags, &text), 0);
    assert_string_equal(text, expected);
}

static void a_class_is_printed_as_windows_prints_it(void **state)
{
    static const char text[] = "\n[abstract, singleton: DisableOverride ToInstance ToSubClass, Description(\"a\\nb\"): Amended ToSubClass]\n"
                               "class Top\n{\n\t[read: ToSubClass, MaxLen(260): ToSubClass] string Name = \"x\";\n"
                               "\t[Values{\"a\", \"b\"}] uint64 Numbers[] = {\"1\", \"2\"};\n\tTop ref Link;\n\tobject Any;\n"
                               "\t[static: DisableOverride ToSubClass, implemented] uint32 Create([in, MaxLen(5)] string A, [in, out] Top ref B, [out] boolean C[]);\n"
                               "\tvoid Quiet();\n};\n";
    assert_prints(text, NULL, 0, text);
    assert_prints("[key_not, x(TRUE), y(FALSE): Restricted] class A { [read: ToSubClass, key: DisableOverride] uint8 B; };", NULL, TRI_MOF_NO_FLAVORS,
                  "\n[key_not, x, y(FALSE)]\nclass A\n{\n\t[read, key] uint8 B;\n};\n");
}

/* A program that puts `key` with the flavor 0 means no other key than one that writes [key]. */
static void a_flavor_that_means_nothing_is_not_printed(void **state)
{
    assert_prints("class A { [key: Restricted] uint8 B; };", NULL, 0, "\nclass A\n{\n\t[key] uint8 B;\n};\n");
    assert_prints("class A { [key: Restricted ToInstance] uint8 B; [key: EnableOverride] uint8 C; };", NULL, 0,
                  "\nclass A\n{\n\t[key] uint8 B;\n\t[key] uint8 C;\n};\n");
    assert_prints("class A { [key: Restricted] uint8 B; };", NULL, TRI_MOF_EXACT, "\nclass A\n{\n\t[key: Restricted] uint8 B;\n};\n");
    assert_prints("[singleton: Restricted, dynamic: Restricted] class A { };", NULL, 0, "\n[singleton, dynamic: Restricted]\nclass A\n{\n};\n");
}

static void what_is_no_number_is_printed_as_null_and_so_is_its_array(void **state)
{
    TRI_AUTO_CLASS struct tri_class *cls = class_of("class A { real64 D; real64 L[]; };", NULL);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = tri_cim_object_blank(cls);
    TRI_AUTO_FREE char *text = NULL;
    tri_value_set_real(tri_cim_object_slot(object, 0), (double)NAN);
    struct tri_value *list = tri_cim_object_slot(object, 1);
    assert_int_equal(tri_value_make_array(list, 2), 0);
    tri_value_set_real(&list->array->items[0], 1);
    tri_value_set_real(&list->array->items[1], (double)NAN);
    assert_int_equal(tri_mof_print(object, 0, &text), 0);
    assert_string_equal(text, "\ninstance of A\n{\n\tD = NULL;\n\tL = NULL;\n};\n");
    struct tri_qualifiers set = {0};
    assert_int_equal(tri_qualifiers_put(&set, "Q", tri_cim_object_value(object, 0), 0, NULL), TRI_MANAGEMENT_INVALID_QUALIFIER_TYPE);
    assert_int_equal(tri_qualifiers_put(&set, "Q", list, 0, NULL), TRI_MANAGEMENT_INVALID_QUALIFIER_TYPE);
}

static void what_is_inherited_is_not_printed(void **state)
{
    TRI_AUTO_CLASS struct tri_class *top =
        class_of("[association: ToSubClass, Units(\"x\"): ToSubClass] class Top { [key] Top ref A; [key] Top ref B; string C = \"c\"; string D; void M(); };", NULL);
    assert_prints("class Below : Top { string C = NULL; string D; [x] string E; void M(); };", top, 0,
                  "\nclass Below : Top\n{\n\tstring C = NULL;\n\tstring D;\n\t[x] string E;\n\tvoid M();\n};\n");
}

static bool same_class(const struct tri_class *a, const struct tri_class *b)
{
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *x = tri_cim_object_of_class(tri_class_ref((struct tri_class *)a));
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *y = tri_cim_object_of_class(tri_class_ref((struct tri_class *)b));
    return tri_cim_object_same(x, y, 0);
}

static void everything_that_is_printed_reads_back_as_the_same(void **state)
{
    static const char *const classes[] = {
        "class A {};",
        "[x(\"\\x0001\\t\\\\\\\"'\\n\\xe9\\xd83d\\xde00\"), y(-2147483648), z(0.1), w(5.0), v{1.0, 2.5}, u{TRUE, FALSE}, t(FALSE), s{}, r(18446744073709551615)] class A {};",
        "[a: Amended, b: DisableOverride, c: ToInstance, d: ToSubClass, e: Amended DisableOverride ToInstance ToSubClass, f: Restricted EnableOverride, g] class A {};",
        "[key: Restricted, abstract: ToSubClass, dynamic: Restricted, dyn, static: ToInstance] class A {};",
        "class A { [key] char16 C = '\\xd800'; char16 Q = '\\''; char16 B = '\\\\'; char16 L[] = {'a', '\\x1'}; };",
        "class A { string S = \"\\x0001\\x001f\\x007f\\\"\\\\\"; string E = \"\"; string L[] = {\"\", \"a\", \"{}\"}; string None[] = {}; string Null[] = NULL; };",
        "class A { real32 F = 3.4028235e38; real64 D = 5e-324; real64 L[] = {-0.0, 1e300}; sint64 I = -9223372036854775808; uint64 U[] = {18446744073709551615}; };",
        "[y(-1e999), z{1e999, 0.5}] class A { real32 F = 1e999; real64 D = -1e999; real64 L[] = {1.0, 1e999, -1e999}; };",
        "class A { datetime D = \"00000001000000.000000:000\"; datetime L[] = {\"********000000.000000+000\"}; A ref R = \"A.K=\\\"x\\\"\"; A ref Rs[] = {\"A=@\"}; };",
        "class A { object O = instance of B { N = 5; S = \"x\"; L = {1, 2}; Deep = instance of C { T = TRUE; }; }; object Os[] = {instance of B { N = 1; }, instance of C {}}; };",
        "class A { [implemented, a: ToSubClass] string M([in, b(1): ToInstance, optional] string P = \"d\", [in(TRUE), out] object Q, [out] B R[], [out, in] A ref T); void N(); B K(); };",
        "class A { uint8 M([in, ID(1)] string Last, [in, ID(0)] string First); };",
    };
    for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++) {
        TRI_AUTO_CLASS struct tri_class *cls = class_of(classes[i], NULL);
        TRI_AUTO_FREE char *text = NULL;
        assert_int_equal(tri_mof_print_class(cls, TRI_MOF_EXACT, &text), 0);
        TRI_AUTO_CLASS struct tri_class *again = class_of(text, NULL);
        TRI_AUTO_FREE char *second = NULL;
        assert_int_equal(tri_mof_print_class(again, TRI_MOF_EXACT, &second), 0);
        assert_string_equal(text, second);
        if (!same_class(cls, again))
            fail_msg("%s", text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_class_has_what_its_declaration_says),
        cmocka_unit_test(words_of_the_language_may_be_names),
        cmocka_unit_test(numbers_have_four_bases_and_the_bounds_of_their_types),
        cmocka_unit_test(texts_are_joined_and_unescaped),
        cmocka_unit_test(an_inherited_property_keeps_what_is_not_said_again),
        cmocka_unit_test(a_class_that_is_read_must_be_one_on_its_superclass),
        cmocka_unit_test(a_class_is_printed_as_windows_prints_it),
        cmocka_unit_test(a_flavor_that_means_nothing_is_not_printed),
        cmocka_unit_test(what_is_no_number_is_printed_as_null_and_so_is_its_array),
        cmocka_unit_test(what_is_inherited_is_not_printed),
        cmocka_unit_test(everything_that_is_printed_reads_back_as_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
