#include "mof-target.h"

#include <uchar.h>

#define MOF(name) (TRI_MANAGEMENT_MOF - TRI_MOF_##name)

static const char cim_qualifiers[] = "Qualifier Association : boolean = false, Scope(association), Flavor(DisableOverride);\n"
                                     "Qualifier Abstract : boolean = false, Scope(class, association, indication), Flavor(Restricted);\n"
                                     "Qualifier In : boolean = true, Scope(parameter), Flavor(DisableOverride);\n"
                                     "Qualifier Out : boolean = false, Scope(parameter), Flavor(DisableOverride);\n"
                                     "Qualifier Key : boolean = false, Scope(property, reference), Flavor(DisableOverride);\n"
                                     "Qualifier Description : string = null, Scope(any), Flavor(Translatable);\n"
                                     "Qualifier ArrayType : string = \"Bag\", Scope(property, parameter);\n"
                                     "Qualifier Deprecated : string [], Scope(any), Flavor(Restricted);\n"
                                     "Qualifier MaxLen : uint32 = null, Scope(property, method, parameter);\n"
                                     "Qualifier Weak: boolean=false,Scope (reference),Flavor(disableoverride, tosubclass);\n";

/* ---- order ---- */

static void declarations_are_made_in_the_text_s_order(void **state)
{
    TRI_CLEANUP(target_clear) struct mof_target target = {0};
    target_compile(&target, "class A { [key] uint8 K; }; instance of A { K = 1; };\n#pragma namespace(\"root\\\\x\")\nclass B {}; #pragma deleteclass(\"A\", NOFAIL)\n"
                            "#pragma deleteinstance(\"A.K=1\", FAIL)");
    assert_string_equal(target.events, "class A;instance A;namespace root\\x;class B;delete A;delete A.K=1;");
}

static void a_superclass_may_be_declared_after_its_subclass(void **state)
{
    TRI_CLEANUP(target_clear) struct mof_target target = {0};
    target_compile(&target, "instance of C { K = 1; }; class C : B {}; class B : a {}; class A { [key] uint8 K; }; class D : C {};");
    assert_string_equal(target.events, "class A;class B;class C;instance C;class D;");
}

static int compile(struct mof_target *target, const char *text, struct tri_mof_status *status, struct tri_error *error)
{
    return target_compile_bytes(target, text, strlen(text), 0, status, error);
}

static void assert_fails(const char *text, int code, int line, int column)
{
    TRI_CLEANUP(target_clear) struct mof_target target = {0};
    TRI_CLEANUP(tri_error_clear) struct tri_error error = {0};
    struct tri_mof_status status;
    int r = compile(&target, text, &status, &error);
    if (r != code || status.line != line || status.column != column)
        fail_msg("%s: %d (0x%x) at %d:%d: %s", text, r, (unsigned)(TRI_MANAGEMENT_MOF - r), status.line, status.column, error.text);
    assert_int_equal(error.code, code);
    char place[40];
    snprintf(place, sizeof place, "main.mof, line %d, column %d: ", line, column);
    assert_non_null(strstr(error.text, place));
    assert_true(status.first_line <= line && line <= status.last_line);
}

static void superclasses_that_go_in_a_circle_are_refused(void **state)
{
    assert_fails("class A : A {};", TRI_MANAGEMENT_CIRCULAR_REFERENCE, 1, 1);
    assert_fails("class A : B {}; class B : C {}; class C : A {};", TRI_MANAGEMENT_CIRCULAR_REFERENCE, 1, 33);
    assert_fails("class A {}; class B : A {};\nclass A : B {};", TRI_MANAGEMENT_CIRCULAR_REFERENCE, 2, 1);
    assert_fails("class A : Nowhere {};", TRI_MANAGEMENT_NOT_FOUND, 1, 1);
}

static void a_long_line_of_superclasses_is_made_a_longer_one_refused(void **state)
{
    for (int count = 200; count <= 2000; count += 1800) {
        TRI_CLEANUP(target_clear) struct mof_target target = {0};
        struct tri_mof_status status;
        TRI_AUTO_FREE char *text = malloc((size_t)count * 40 + 40);
        char *at = text;
        for (int i = count; i > 0; i--)
            at += sprintf(at, "class C%d : C%d {};", i, i - 1);
        strcpy(at, "class C0 {};");
        assert_int_equal(compile(&target, text, &status, NULL), count == 200 ? 0 : TRI_MANAGEMENT_QUOTA_VIOLATION);
    }
}

/* ---- aliases ---- */

static const char *reference_of(const struct mof_target *target, size_t instance, const char *property)
{
    return tri_cim_object_find(target->instances[instance], property)->string;
}

static void an_alias_stands_for_the_path_of_its_instance(void **state)
{
    TRI_CLEANUP(target_clear) struct mof_target target = {0};
    target_compile(&target, "class P { [key] string Name; }; class L { [key] P ref A; [key] P ref B; P ref C[]; string S; };\n"
                            "instance of P as $one { Name = \"1\"; }; instance of L { A = $one; B = $TWO; C = {$one, $two}; S = $one; };\n"
                            "instance of P as $Two { Name = \"2\"; };");
    assert_string_equal(target.events, "class P;class L;instance P;instance P;instance L;");
    assert_string_equal(reference_of(&target, 2, "A"), "P.Name=\"1\"");
    assert_string_equal(reference_of(&target, 2, "B"), "P.Name=\"2\"");
    assert_string_equal(reference_of(&target, 2, "S"), "P.Name=\"1\"");
    assert_string_equal(tri_cim_object_find(target.instances[2], "C")->array->items[1].string, "P.Name=\"2\"");
}

static void an_alias_in_a_property_that_is_an_object_is_the_object(void **state)
{
    TRI_CLEANUP(target_clear) struct mof_target target = {0};
    target_compile(&target, "class P { [key] string Name; }; class H { [key] uint8 K; object O; };\n"
                            "instance of H { K = 1; O = $p; }; instance of P as $p { Name = \"p\"; };");
    const struct tri_value *value = tri_cim_object_find(target.instances[1], "O");
    assert_string_equal(tri_cim_object_find(value->object, "Name")->string, "p");
    assert_true(value->object->is_unlocated);
    assert_false(target.instances[0]->is_unlocated);
}

static void aliases_that_mean_nothing_or_too_much_are_refused(void **state)
{
    static const char start[] = "class P { [key] string N; P ref R; };\n";
    static const struct {
        const char *text;
        int code, column;
    } cases[] = {
        {"instance of P { N = \"x\"; R = $nowhere; };", MOF(UNEXPECTED_ALIAS), 30},
        {"instance of P as $a { N = \"x\"; }; instance of P as $A { N = \"y\"; };", MOF(MULTIPLE_ALIASES), 35},
        {"instance of P as $a { N = \"x\"; R = $b; }; instance of P as $b { N = \"y\"; R = $a; };", TRI_MANAGEMENT_CIRCULAR_REFERENCE, 78},
        {"instance of P as $a { N = \"x\"; R = $a; };", TRI_MANAGEMENT_CIRCULAR_REFERENCE, 36},
        {"instance of P as a { };", MOF(EXPECTED_DOLLAR), 18},
        {"instance of P as $ { };", MOF(EXPECTED_ALIAS_NAME), 18},
        {"instance of P { R = $b; N = \"x\"; }; #pragma namespace(\"y\")\n instance of P as $b { N = \"y\"; };", MOF(UNEXPECTED_ALIAS), 21},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char text[300];
        snprintf(text, sizeof text, "%s%s", start, cases[i].text);
        assert_fails(text, cases[i].code, 2, cases[i].column);
    }
}

static void a_long_chain_of_needs_is_refused_not_followed_forever(void **state)
{
    TRI_CLEANUP(target_clear) struct mof_target target = {0};
    struct tri_mof_status status;
    TRI_AUTO_FREE char *text = malloc(3000 * 80);
    char *at = text + sprintf(text, "class P { [key] uint32 N; P ref R; };");
    for (int i = 0; i < 3000; i++)
        at += sprintf(at, "instance of P as $a%d { N = %d; R = $a%d; };", i, i, i + 1);
    assert_int_equal(compile(&target, text, &status, NULL), TRI_MANAGEMENT_QUOTA_VIOLATION);
    at = text;
    for (int i = 0; i < 3000; i++)
        at += sprintf(at, "class C%d { object O = instance of C%d {}; };", i, i + 1);
    assert_int_equal(compile(&target, text, &status, NULL), TRI_MANAGEMENT_QUOTA_VIOLATION);
}

/* ---- qualifiers ---- */

static uint8_t flavor_of(const struct mof_target *target, const char *name)
{
    return tri_qualifiers_find(&target->classes[target->class_count - 1]->qualifiers, name)->flavor;
}

static void flavors_come_from_the_use_from_wmi_or_from_a_declaration(void **state)
{
    TRI_CLEANUP(target_clear) struct mof_target target = {0};
    target_compile(&target, "Qualifier Dmtf : string = null, Scope(any); Qualifier Fixed : boolean, Scope(any), Flavor(DisableOverride, ToInstance);\n"
                            "Qualifier Own : boolean, Scope(any), Flavor(Restricted); Qualifier Short : ToInstance Amended; Qualifier Key : boolean, Scope(any);\n"
                            "[Dmtf(\"x\"), Fixed, Own, Short, plain, said: ToSubClass, Dynamic, Key, Fixed2] class A {};");
    assert_int_equal(flavor_of(&target, "Dmtf"), TRI_FLAVOR_TO_DERIVED);
    assert_int_equal(flavor_of(&target, "Fixed"), TRI_FLAVOR_TO_DERIVED | TRI_FLAVOR_TO_INSTANCE | TRI_FLAVOR_NOT_OVERRIDABLE);
    assert_int_equal(flavor_of(&target, "Own"), 0);
    assert_int_equal(flavor_of(&target, "Short"), TRI_FLAVOR_TO_INSTANCE | TRI_FLAVOR_AMENDED);
    assert_int_equal(flavor_of(&target, "plain"), 0);
    assert_int_equal(flavor_of(&target, "said"), TRI_FLAVOR_TO_DERIVED);
    assert_int_equal(flavor_of(&target, "dynamic"), TRI_FLAVOR_TO_INSTANCE);
    assert_int_equal(flavor_of(&target, "key"), TRI_FLAVOR_TO_INSTANCE | TRI_FLAVOR_TO_DERIVED | TRI_FLAVOR_NOT_OVERRIDABLE);
}

static void declarations_say_what_a_qualifier_without_a_value_is_worth(void **state)
{
    TRI_CLEANUP(target_clear) struct mof_target target = {0};
    target_compile(&target, "Qualifier A : string = \"Bag\", Scope(any); Qualifier B : string[], Scope(any); Qualifier C : string = null, Scope(any);\n"
                            "Qualifier D : boolean = false, Scope(any); Qualifier E : ToInstance; [A, B(\"x\"), C, D, E, F(NULL)] class X {};");
    const struct tri_qualifiers *set = &target.classes[0]->qualifiers;
    assert_string_equal(tri_qualifiers_find(set, "A")->value.string, "Bag");
    assert_int_equal(tri_qualifiers_find(set, "B")->value.array->count, 1);
    assert_null(tri_qualifiers_find(set, "C"));
    assert_true(tri_qualifiers_true(set, "D"));
    assert_true(tri_qualifiers_true(set, "E"));
    assert_null(tri_qualifiers_find(set, "F"));
}

static void parameters_go_in_where_the_schema_says_so(void **state)
{
    TRI_CLEANUP(target_clear) struct mof_target target = {.files = (const char *const[][2]){{"q.mof", cim_qualifiers}, {NULL, NULL}}};
    target_compile(&target, "#pragma include(\"q.mof\")\nclass A { uint32 M(string A, [IN(false), OUT] A REF B, [OUT] string C[], [Description(\"d\")] datetime D); };");
    const struct tri_method *method = &target.classes[0]->methods[0];
    assert_int_equal(method->in->property_count, 3); /* A, C, D */
    assert_int_equal(method->out->property_count, 3); /* B, C, ReturnValue */
    assert_true(tri_class_find(method->in, "B") < 0);
    assert_int_equal(tri_qualifiers_find(&method->out->properties[tri_class_find(method->out, "B")].qualifiers, "ID")->value.integer, 1);
    assert_int_equal(tri_qualifiers_find(&method->in->properties[tri_class_find(method->in, "D")].qualifiers, "ID")->value.integer, 3);
    assert_true(tri_qualifiers_true(&method->out->properties[tri_class_find(method->out, "ReturnValue")].qualifiers, "out"));
}

/* ---- pragmas and files ---- */

static void pragmas_set_the_flags_of_what_follows(void **state)
{
    TRI_CLEANUP(target_clear) struct mof_target target = {0};
    struct tri_mof_status status;
    static const char text[] = "class A { [key] uint8 K; }; instance of A { K = 1; };";
    assert_int_equal(target_compile_bytes(&target, text, strlen(text), TRI_CALL_UPDATE_FORCE | TRI_CALL_CREATE_ONLY, &status, NULL), 0);
    assert_int_equal(target.class_flags, TRI_CALL_UPDATE_FORCE | TRI_CALL_CREATE_ONLY);
    assert_int_equal(target.instance_flags, TRI_CALL_CREATE_ONLY);
    target_compile(&target, "#pragma classflags(\"updateonly\", \"safeupdate\")\n#pragma instanceflags(\"createonly\")\n#pragma autorecover\n"
                            "#pragma locale(\"en_US\")\n#pragma amendment(\"MS_409\")\nclass A { [key] uint8 K; }; instance of A { K = 2; };");
    assert_int_equal(target.class_flags, TRI_CALL_UPDATE_ONLY | TRI_CALL_UPDATE_SAFE);
    assert_int_equal(target.instance_flags, TRI_CALL_CREATE_ONLY);
}

static void included_files_stand_where_they_are_included(void **state)
{
    static const char *const files[][2] = {
        {"dir/a.mof", "class A : B { string S; };"}, {"b.mof", "#include \"c.mof\"\nclass B : C {};"}, {"c.mof", "class C {};"}, {NULL, NULL}};
    TRI_CLEANUP(target_clear) struct mof_target target = {.files = files};
    target_compile(&target, "#pragma include (\"dir\\a.mof\")\n#include (\"b.mof\")\nclass D : A {};");
    assert_string_equal(target.events, "include dir/a.mof;include b.mof;include c.mof;class C;class B;class A;class D;");
}

static void a_mistake_in_an_included_file_is_told_with_its_name_and_line(void **state)
{
    static const char *const files[][2] = {{"a.mof", "#pragma include(\"b.mof\")"}, {"b.mof", "class A {\n\n  string };"}, {NULL, NULL}};
    TRI_CLEANUP(target_clear) struct mof_target target = {.files = files};
    TRI_CLEANUP(tri_error_clear) struct tri_error error = {0};
    struct tri_mof_status status;
    assert_int_equal(compile(&target, "class First {};\n#pragma include(\"a.mof\")", &status, &error), MOF(EXPECTED_PROPERTY_NAME));
    assert_string_equal(status.file, "b.mof");
    assert_int_equal(status.line, 3);
    assert_int_equal(status.column, 10);
    assert_int_equal(status.first_line, 1);
    assert_non_null(strstr(error.text, "b.mof, line 3, column 10: "));
    assert_null(strstr(target.events, "class")); /* nothing was given to the target */
}

static void files_that_include_each_other_are_refused(void **state)
{
    static const char *const files[][2] = {{"a.mof", "#include \"b.mof\""}, {"b.mof", "#include \"a.mof\"\n#include \"a.mof\""}, {NULL, NULL}};
    TRI_CLEANUP(target_clear) struct mof_target target = {.files = files};
    struct tri_mof_status status;
    assert_int_equal(compile(&target, "#include \"a.mof\"", &status, NULL), MOF(INVALID_INCLUDE_FILE));
    assert_int_equal(compile(&target, "#include \"nowhere.mof\"", &status, NULL), -ENOENT);
    assert_int_equal(status.line, 1);
}

static void without_a_target_only_the_syntax_is_checked(void **state)
{
    struct tri_mof_status status;
    static const char good[] = "#include \"x.mof\"\nclass A : Nowhere { string S = 5; };", bad[] = "class A {\n}";
    assert_int_equal(tri_mof_compile(good, strlen(good), NULL, 0, NULL, &status, NULL), 0);
    assert_int_equal(tri_mof_compile(bad, strlen(bad), NULL, 0, NULL, &status, NULL), MOF(EXPECTED_SEMI));
    assert_int_equal(status.line, 2);
}

/* ---- mistakes ---- */

static void a_mistake_has_wmi_s_number_and_its_place(void **state)
{
    static const struct {
        const char *text;
        int code, line, column;
    } cases[] = {
        {"class { };", MOF(EXPECTED_CLASS_NAME), 1, 7},
        {"class A : { };", MOF(EXPECTED_CLASS_NAME), 1, 11},
        {"class A ;", MOF(EXPECTED_OPEN_BRACE), 1, 9},
        {"class A {\n string S\n};", MOF(EXPECTED_SEMI), 3, 1},
        {"class A { string S;", MOF(EXPECTED_CLOSE_BRACE), 1, 20},
        {"class A { string S; }", MOF(EXPECTED_SEMI), 1, 22},
        {"class A { string 5; };", MOF(EXPECTED_PROPERTY_NAME), 1, 18},
        {"class A { 5 S; };", MOF(EXPECTED_TYPE_IDENTIFIER), 1, 11},
        {"class A { string S[; };", MOF(EXPECTED_CLOSE_BRACKET), 1, 20},
        {"class A { string S = ; };", MOF(ILLEGAL_CONSTANT_VALUE), 1, 22},
        {"class A { string S = x; };", MOF(ILLEGAL_CONSTANT_VALUE), 1, 22},
        {"class A { uint32 M([in] string S; };", MOF(EXPECTED_CLOSE_PAREN), 1, 33},
        {"class A { uint32 M([in] string S, ); };", MOF(EXPECTED_TYPE_IDENTIFIER), 1, 35},
        {"class A { uint32[] M(); };", MOF(NO_ARRAYS_RETURNED), 1, 17},
        {"class A { void M(string S); };", MOF(MUST_BE_IN_OR_OUT), 1, 25},
        {"class A { void V; };", MOF(UNRECOGNIZED_TYPE), 1, 16},
        {"class A { uint32 ref V; };", MOF(UNRECOGNIZED_TYPE), 1, 22},
        {"class A { string S; uint8 s; };", MOF(DUPLICATE_PROPERTY), 1, 27},
        {"class A { void M(); void m(); };", MOF(DUPLICATE_PROPERTY), 1, 26},
        {"class A { void M([in] string S, [in] string s); };", MOF(DUPLICATE_PROPERTY), 1, 45},
        {"[] class A { };", MOF(EXPECTED_QUALIFIER_NAME), 1, 2},
        {"[a,] class A { };", MOF(EXPECTED_QUALIFIER_NAME), 1, 4},
        {"[a class A { };", MOF(EXPECTED_CLOSE_BRACKET), 1, 4},
        {"[a: ] class A { };", MOF(EXPECTED_FLAVOR_TYPE), 1, 5},
        {"[a: Sideways] class A { };", MOF(EXPECTED_FLAVOR_TYPE), 1, 5},
        {"[a: Restricted ToSubClass] class A { };", MOF(INCOMPATIBLE_FLAVOR_TYPES), 1, 16},
        {"[a, A] class A { };", MOF(DUPLICATE_QUALIFIER), 1, 5},
        {"[CimType(\"x\")] class A { };", MOF(CIMTYPE_QUALIFIER), 1, 2},
        {"[a(\"x\", 1)] class A { };", MOF(EXPECTED_CLOSE_PAREN), 1, 7},
        {"[a{\"x\", 1}] class A { };", MOF(ILLEGAL_CONSTANT_VALUE), 1, 3},
        {"[a] string S;", MOF(INVALID_CLASS_DECLARATION), 1, 5},
        {"instance A { };", MOF(INVALID_INSTANCE_DECLARATION), 1, 10},
        {"instance of A { K 5; };", MOF(EXPECTED_SEMI), 1, 19},
        {"instance of Nowhere { };", TRI_MANAGEMENT_INVALID_CLASS, 1, 1},
        {"class A { uint8 K; }; instance of A { X = 1; };", TRI_MANAGEMENT_INVALID_PROPERTY, 1, 39},
        {"class A { uint8 K; }; instance of A { K = 1; k = 2; };", MOF(DUPLICATE_PROPERTY), 1, 46},
        {"class A { uint8 K; }; instance of A { K = \"x\"; };", MOF(TYPE_MISMATCH), 1, 43},
        {"class A { uint8 K; }; instance of A { K = 256; };", MOF(OUT_OF_RANGE), 1, 43},
        {"class A { uint8 K; }; instance of A { K = {1}; };", MOF(UNEXPECTED_ARRAY_INIT), 1, 43},
        {"class A { uint8 K[]; }; instance of A { K = 1; };", MOF(TYPE_MISMATCH), 1, 45},
        {"class A { uint8 K[] = {1, NULL}; };", MOF(NULL_ARRAY_ELEM), 1, 27},
        {"hello", MOF(UNRECOGNIZED_TOKEN), 1, 1},
        {"class A {}; }", MOF(UNRECOGNIZED_TOKEN), 1, 13},
        {"class A { string S = \"x; };\n", MOF(UNRECOGNIZED_TOKEN), 1, 22},
        {"\n/* class A { };", MOF(UNRECOGNIZED_TOKEN), 2, 1},
        {"class A ? { };", MOF(UNRECOGNIZED_TOKEN), 1, 9},
        {"\xc3\xa9 class", MOF(UNRECOGNIZED_TOKEN), 1, 1},
        {"class \xc3\xa9 5", MOF(EXPECTED_OPEN_BRACE), 1, 9},
        {"class A { string S = \"\\x0000\"; };", MOF(ILLEGAL_CONSTANT_VALUE), 1, 22},
        {"#pragma nonsense", MOF(INVALID_PRAGMA), 1, 1},
        {"#pragma", MOF(INVALID_PRAGMA), 1, 8},
        {"#pragma namespace(", MOF(INVALID_PRAGMA), 1, 19},
        {"#pragma namespace", MOF(INVALID_NAMESPACE_SYNTAX), 1, 1},
        {"#pragma classflags(\"sideways\")", MOF(INVALID_PRAGMA), 1, 1},
        {"#pragma deleteclass(\"A\", MAYBE)", MOF(INVALID_PRAGMA), 1, 1},
        {"#pragma deleteclass(\"Missing\", FAIL)", TRI_MANAGEMENT_NOT_FOUND, 1, 1},
        {"#pragma namespace(\"nowhere\")", TRI_MANAGEMENT_INVALID_NAMESPACE, 1, 1},
        {"Qualifier Q : string, Other(any);", MOF(EXPECTED_FLAVOR_TYPE), 1, 23},
        {"class A { [key] real32 R; };", TRI_MANAGEMENT_CANNOT_BE_KEY, 1, 1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        assert_fails(cases[i].text, cases[i].code, cases[i].line, cases[i].column);
    assert_int_equal(MOF(EXPECTED_SEMI), TRI_MANAGEMENT_MOF - 2);
}

static void what_the_target_refuses_ends_the_compilation_at_its_place(void **state)
{
    TRI_CLEANUP(target_clear) struct mof_target target = {.refusal = TRI_MANAGEMENT_ACCESS_DENIED};
    TRI_CLEANUP(tri_error_clear) struct tri_error error = {0};
    struct tri_mof_status status;
    assert_int_equal(compile(&target, "\n\n[x]\nclass A\n{\n};\nclass B {};", &status, &error), TRI_MANAGEMENT_ACCESS_DENIED);
    assert_non_null(strstr(error.text, "main.mof, line 4, column 1: The target does not want it."));
    assert_int_equal(status.first_line, 3);
    assert_int_equal(status.last_line, 6);
    assert_string_equal(target.events, "class A;");
}

/* ---- encodings ---- */

static void compile_wide(bool is_big)
{
    TRI_CLEANUP(target_clear) struct mof_target target = {0};
    struct tri_mof_status status;
    static const char16_t text[] = u"\ufeffclass A { string S = \"\u00e9\U0001f600\"; };";
    uint8_t bytes[sizeof text];
    size_t count = sizeof text / 2 - 1;
    for (size_t i = 0; i < count; i++) {
        bytes[2 * i + is_big] = (uint8_t)text[i];
        bytes[2 * i + !is_big] = (uint8_t)(text[i] >> 8);
    }
    assert_int_equal(target_compile_bytes(&target, bytes, 2 * count, 0, &status, NULL), 0);
    assert_string_equal(target.classes[0]->properties[0].value.string, "\xc3\xa9\xf0\x9f\x98\x80");
}

static void utf_8_and_utf_16_are_read(void **state)
{
    TRI_CLEANUP(target_clear) struct mof_target target = {0};
    target_compile(&target, "\xef\xbb\xbf" "class A { string S = \"\xc3\xa9\"; };");
    assert_string_equal(target.classes[0]->properties[0].value.string, "\xc3\xa9");
    compile_wide(false);
    compile_wide(true);
}

static void what_is_neither_is_refused(void **state)
{
    assert_fails("class A {};\n \xff", MOF(UNRECOGNIZED_TOKEN), 2, 2);
    TRI_CLEANUP(target_clear) struct mof_target target = {0};
    struct tri_mof_status status;
    static const char zero[] = "class A { string S = \"a\0b\"; };";
    assert_int_equal(target_compile_bytes(&target, zero, sizeof zero - 1, 0, &status, NULL), MOF(UNRECOGNIZED_TOKEN));
    assert_int_equal(target_compile_bytes(&target, "\xff\xfe", 2, 0, &status, NULL), 0);
    assert_int_equal(target_compile_bytes(&target, "", 0, 0, &status, NULL), 0);
    assert_int_equal(target_compile_bytes(&target, "\xff\xfe" "c", 3, 0, &status, NULL), 0); /* half a unit is nothing */
}

/* ---- sizes ---- */

static void what_is_nested_too_deeply_is_refused(void **state)
{
    TRI_CLEANUP(target_clear) struct mof_target target = {0};
    struct tri_mof_status status;
    TRI_AUTO_FREE char *text = malloc(100000 * 30);
    char *at = text + sprintf(text, "class A { object O = ");
    for (int i = 0; i < 50000; i++)
        at = stpcpy(at, "instance of A { O = ");
    assert_int_equal(compile(&target, text, &status, NULL), TRI_MANAGEMENT_QUOTA_VIOLATION);
    assert_int_equal(status.line, 1);
}

/* A class with 4,000 properties, and many that derive from it, each in one line: what they inherit is a thousand times the text. */
static void classes_that_inherit_more_than_there_is_room_for_are_refused(void **state)
{
    TRI_CLEANUP(target_clear) struct mof_target target = {0};
    TRI_CLEANUP(tri_error_clear) struct tri_error error = {0};
    struct tri_mof_status status;
    TRI_AUTO_FREE char *text = malloc(1 << 20);
    char *at = text + sprintf(text, "class Base { [key] uint32 Id;");
    for (int i = 1; i < 4000; i++)
        at += sprintf(at, "string P%d;", i);
    at = stpcpy(at, "};\n");
    for (int i = 0; i < 30000; i++)
        at += sprintf(at, "class S%d : Base {};\n", i);
    assert_int_equal(compile(&target, text, &status, &error), TRI_MANAGEMENT_QUOTA_VIOLATION);
    assert_int_equal(status.line, 1 + TRI_MOF_MEMBERS_MAX / 4002);
    assert_non_null(strstr(error.text, "8388608 members"));
}

/* Each object has ten of the one before it. */
static void objects_that_aliases_repeat_without_end_are_refused(void **state)
{
    TRI_CLEANUP(target_clear) struct mof_target target = {0};
    struct tri_mof_status status;
    TRI_AUTO_FREE char *text = malloc(1 << 16);
    char *at = text + sprintf(text, "class E { [key] uint32 Id; E O[]; };\ninstance of E as $A0 { Id = 0; };\n");
    for (int i = 1; i < 30; i++) {
        at += sprintf(at, "instance of E as $A%d { Id = %d; O = {$A%d", i, i, i - 1);
        for (int k = 1; k < 10; k++)
            at += sprintf(at, ",$A%d", i - 1);
        at = stpcpy(at, "}; };\n");
    }
    assert_int_equal(compile(&target, text, &status, NULL), TRI_MANAGEMENT_QUOTA_VIOLATION);
    assert_true(status.line < 12);
}

/* A schema as large as the published one, in its manner: a file a class, superclasses out of order, everything that its files use. */
#define SCHEMA_CLASSES 1500

static char *class_file(int i)
{
    char super[40] = "", *text = NULL;
    if (i > 0)
        snprintf(super, sizeof super, " : CIM_Class%d", i / 2);
    int length = asprintf(
        &text,
        "// Copyright\n// <change cr=\"X\">text</change>\n/* two\n lines */\n   [Version ( \"2.%d.0\" ), UMLPackagePath ( \"CIM::Core::Part\" ),\n"
        "       Description (\n       \"Class %d is one \"\n       \"of many. \\n\"\n       \"It is \\\"good\\\" (value=1) and o'clock.\" )%s]\n"
        "class CIM_Class%d%s {\n\n      [%sDescription ( \"A name.\" ),\n       MaxLen ( 256 ), MappingStrings { \"MIF.DMTF|x|001.1\", \"MIB.IETF|y\" }]\n"
        "   string Name%d = \"n\\\\%d\";\n      [Deprecated { \"CIM_Class0.Name\" \n          }, ValueMap { \"0\", \"1\", \"..\", \"32768..65535\" },\n"
        "       Values { \"Unknown\", \"Other\", \"DMTF Reserved\", \"Vendor Reserved\" }, MinValue ( -31 ), MaxValue ( 18446744073709551615 )]\n"
        "   uint16 Kinds%d[];\n   datetime Interval%d = \"00000000000000.000000:000\";\n   sint8 Fixed%d[4] = { -1, 0x1F, 017, 101b };\n"
        "   CIM_Class%d REF Next%d;\n   boolean Enabled%d = FALSE;\n      [ArrayType ( \"Indexed\" ), EmbeddedInstance ( \"CIM_Class0\" )]\n   string Embedded%d;\n"
        "   uint32 Request%d ( \n         [IN, ValueMap { \"2\" }, Values { \"On\" }]\n      uint16 State, \n         [IN ( false ), OUT, Description ( \"Job\" )]\n"
        "      CIM_Class0 REF Job, \n         datetime Timeout, \n         [OUT] string List[]); \n};\n",
        i % 40, i, i % 7 == 0 ? ", Abstract" : "", i, super, i == 0 ? "Key, " : "", i, i, i, i, i, (i * 7) % SCHEMA_CLASSES, i, i, i, i);
    assert_true(length > 0);
    return text;
}

/* Files that include each other's superclasses too late: from the last class to the first. */
static void a_schema_of_1500_classes_in_as_many_files_compiles(void **state)
{
    const char *(*files)[2] = calloc(SCHEMA_CLASSES + 2, sizeof *files);
    TRI_AUTO_FREE char *names = malloc(SCHEMA_CLASSES * 32);
    TRI_AUTO_FREE char *text = malloc(SCHEMA_CLASSES * 64 + 64);
    char *at = text + sprintf(text, "#pragma locale (\"en_US\")\n#pragma include (\"qualifiers.mof\")\n");
    files[SCHEMA_CLASSES][0] = "qualifiers.mof";
    files[SCHEMA_CLASSES][1] = cim_qualifiers;
    for (int i = 0; i < SCHEMA_CLASSES; i++) {
        char *name = names + i * 32;
        sprintf(name, "Core/CIM_Class%d.mof", i);
        files[i][0] = name;
        files[i][1] = class_file(i);
    }
    for (int i = SCHEMA_CLASSES - 1; i >= 0; i--)
        at += sprintf(at, "#pragma include (\"Core\\CIM_Class%d.mof\")\n", i);
    TRI_CLEANUP(target_clear) struct mof_target target = {.files = (const char *const(*)[2])files};
    target_compile(&target, text);
    assert_int_equal(target.class_count, SCHEMA_CLASSES);
    TRI_AUTO_CLASS struct tri_class *last = NULL;
    assert_int_equal(target_get_class(&target, "CIM_Class1499", &last, NULL), 0);
    assert_int_equal(last->property_count, 12 * 7 /* of 12 classes on the way down */);
    assert_string_equal(tri_class_dynasty(last), "CIM_Class0");
    for (int i = 0; i < SCHEMA_CLASSES; i++)
        free((char *)files[i][1]);
    free(files);
}

static void hostile_megabytes_are_refused_or_read_within_bounds(void **state)
{
    static const char *const pieces[] = {"[", "{", "class A {};", "instance of A { A = {", "\"a\" ", "$a ", "[a(", "class A { string S[] = {\"", "1,", "(",
                                         "#pragma x(", "Qualifier A : a ", "/*", "\\", "\n", "class A : A", "\xc3\xa9", "class A { void M([in] string a, "};
    TRI_AUTO_FREE char *text = malloc(1100000);
    for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
        TRI_CLEANUP(tri_error_clear) struct tri_error error = {0};
        struct tri_mof_status status;
        char *at = text;
        while (at - text < 1000000)
            at = stpcpy(at, pieces[i]);
        int r = tri_mof_compile(text, (size_t)(at - text), NULL, 0, NULL, &status, &error);
        assert_true(r == 0 || error.text);
    }
}

/* ---- instances out ---- */

static void instances_are_printed_so_that_they_compile_back(void **state)
{
    TRI_CLEANUP(target_clear) struct mof_target target = {0};
    target_compile(&target, "class B { uint8 N; };\nclass A { [key] string K; uint64 Big; boolean Yes = TRUE; string None = \"default\"; real32 R[]; object O; B Os[]; A ref L; };\n"
                            "instance of A { K = \"a\\\\\\\"\\n\"; Big = 18446744073709551615; Yes = FALSE; None = NULL; R = {0.1, -5}; "
                            "O = instance of B { N = 1; }; Os = {instance of B { N = 2; }, instance of B { }}; L = \"A.K=\\\"x\\\"\"; };");
    TRI_AUTO_FREE char *text = NULL;
    assert_int_equal(tri_mof_print(target.instances[0], 0, &text), 0);
    assert_string_equal(text, "\ninstance of A\n{\n\tK = \"a\\\\\\\"\\n\";\n\tBig = \"18446744073709551615\";\n\tYes = FALSE;\n\tNone = NULL;\n\tR = {0.1, -5};\n"
                              "\tO = \ninstance of B\n{\n\tN = 1;\n};\n\tOs = {\ninstance of B\n{\n\tN = 2;\n}, \ninstance of B\n{\n}};\n\tL = \"A.K=\\\"x\\\"\";\n};\n");
    target_compile(&target, text);
    assert_true(tri_cim_object_same(target.instances[0], target.instances[1], 0));
}

static void a_class_as_an_object_is_printed_as_a_class(void **state)
{
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = tri_cim_object_of_class(class_of("class A { string S; };", NULL));
    TRI_AUTO_FREE char *text = NULL;
    assert_int_equal(tri_mof_print(object, 0, &text), 0);
    assert_string_equal(text, "\nclass A\n{\n\tstring S;\n};\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(declarations_are_made_in_the_text_s_order),
        cmocka_unit_test(a_superclass_may_be_declared_after_its_subclass),
        cmocka_unit_test(superclasses_that_go_in_a_circle_are_refused),
        cmocka_unit_test(a_long_line_of_superclasses_is_made_a_longer_one_refused),
        cmocka_unit_test(an_alias_stands_for_the_path_of_its_instance),
        cmocka_unit_test(an_alias_in_a_property_that_is_an_object_is_the_object),
        cmocka_unit_test(aliases_that_mean_nothing_or_too_much_are_refused),
        cmocka_unit_test(a_long_chain_of_needs_is_refused_not_followed_forever),
        cmocka_unit_test(flavors_come_from_the_use_from_wmi_or_from_a_declaration),
        cmocka_unit_test(declarations_say_what_a_qualifier_without_a_value_is_worth),
        cmocka_unit_test(parameters_go_in_where_the_schema_says_so),
        cmocka_unit_test(pragmas_set_the_flags_of_what_follows),
        cmocka_unit_test(included_files_stand_where_they_are_included),
        cmocka_unit_test(a_mistake_in_an_included_file_is_told_with_its_name_and_line),
        cmocka_unit_test(files_that_include_each_other_are_refused),
        cmocka_unit_test(without_a_target_only_the_syntax_is_checked),
        cmocka_unit_test(a_mistake_has_wmi_s_number_and_its_place),
        cmocka_unit_test(what_the_target_refuses_ends_the_compilation_at_its_place),
        cmocka_unit_test(utf_8_and_utf_16_are_read),
        cmocka_unit_test(what_is_neither_is_refused),
        cmocka_unit_test(what_is_nested_too_deeply_is_refused),
        cmocka_unit_test(classes_that_inherit_more_than_there_is_room_for_are_refused),
        cmocka_unit_test(objects_that_aliases_repeat_without_end_are_refused),
        cmocka_unit_test(a_schema_of_1500_classes_in_as_many_files_compiles),
        cmocka_unit_test(hostile_megabytes_are_refused_or_read_within_bounds),
        cmocka_unit_test(instances_are_printed_so_that_they_compile_back),
        cmocka_unit_test(a_class_as_an_object_is_printed_as_a_class),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
