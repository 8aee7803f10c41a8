#include "language-test.h"

#include "management/query.h"

static const char mof[] = "class Thing { [key] string Name; uint32 Number; sint8 Small; uint64 Big; real32 Ratio; boolean Yes; datetime When;"
                          " string Empty; string List[]; object Inner; Thing ref Other; char16 Letter; };";

static struct tri_class *thing;

static int make_class(void **state)
{
    thing = class_of(mof, NULL);
    return 0;
}

static int drop_class(void **state)
{
    tri_class_unref(thing);
    return 0;
}

static void put(struct tri_cim_object *object, const char *property, const char *text)
{
    struct tri_value value = {.type = TRI_CIM_STRING, .is_set = true, .string = (char *)text};
    assert_int_equal(tri_cim_object_set(object, tri_class_find(object->cls, property), &value, NULL), 0);
}

static struct tri_cim_object *make_object(void)
{
    struct tri_cim_object *object = tri_cim_object_instance(thing);
    put(object, "Name", "Caf\xc3\x89 one");
    put(object, "Number", "4294967295");
    put(object, "Small", "-5");
    put(object, "Big", "18446744073709551615");
    put(object, "Ratio", "0.1");
    put(object, "Yes", "TRUE");
    put(object, "When", "20240229120000.000000+060");
    put(object, "Other", "\\\\.\\root\\cimv2:Thing.Name=\"two\"");
    put(object, "Letter", "x");
    struct tri_value inner = {.type = TRI_CIM_OBJECT, .is_set = true, .object = tri_cim_object_instance(thing)};
    put(inner.object, "Name", "inside");
    put(inner.object, "Number", "7");
    assert_int_equal(tri_cim_object_set(object, tri_class_find(thing, "Inner"), &inner, NULL), 0);
    tri_value_clear(&inner);
    return object;
}

static struct tri_query *where(const char *condition)
{
    char text[400];
    struct tri_query *query = NULL;
    TRI_CLEANUP(tri_error_clear) struct tri_error error = {0};
    snprintf(text, sizeof text, "SELECT * FROM Thing WHERE %s", condition);
    if (tri_query_parse(text, false, &query, &error) < 0)
        fail_msg("%s: %s", condition, error.text);
    return query;
}

static struct tri_condition *condition_of(const char *text)
{
    TRI_AUTO_QUERY struct tri_query *query = where(text);
    TRI_CLEANUP(tri_error_clear) struct tri_error error = {0};
    struct tri_condition *condition = NULL;
    if (tri_condition_new(query, thing, &condition, &error) < 0)
        fail_msg("%s: %s", text, error.text);
    return condition; /* which the query's end must not hurt */
}

/* Asks an object, and the same one out of its blob. */
static bool matches(const char *text)
{
    struct tri_condition *condition = condition_of(text);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = make_object();
    TRI_AUTO_FREE uint8_t *blob = NULL;
    size_t size;
    assert_int_equal(tri_cim_object_encode(object, &blob, &size), 0);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *stored = tri_cim_object_from_blob(thing, blob, size);
    bool answer = tri_condition_match(condition, object);
    assert_int_equal(tri_condition_match(condition, stored), answer);
    tri_condition_free(condition);
    return answer;
}

static void assert_all(const char *const *conditions, size_t count, bool expected)
{
    for (size_t i = 0; i < count; i++)
        if (matches(conditions[i]) != expected)
            fail_msg("%s is %s", conditions[i], expected ? "false" : "true");
}
#define ASSERT_TRUE(...) assert_all((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), true)
#define ASSERT_FALSE(...) assert_all((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), false)

static void numbers_are_compared_by_value_whatever_their_type(void **state)
{
    ASSERT_TRUE("Number = 4294967295", "Number > 0", "Number >= 4294967295", "Number <= 4294967295.0", "Number > 4294967294.5",
                "Number < 1e300", "Number <> -1", "Number = '4294967295'", "4294967294 < Number", "Number = 0xFFFFFFFF", "Small = -5",
                "Small < 0", "Small > -5.5", "Small <> 251", "Big = 18446744073709551615", "Big > 9223372036854775807", "Ratio = 0.1",
                "Ratio = '0.1'", "Ratio > 0", "Small < 1000");
    ASSERT_FALSE("Number = -1", "Number < 0", "Number = 4294967295.5", "Small = 251", "Small = 'x'", "Small <> 'x'", "Small > 1000", "Big < 0",
                 "Number <> 4294967295");
}

static void texts_are_compared_without_case(void **state)
{
    ASSERT_TRUE("Name = 'caf\xc3\xa9 ONE'", "Name > 'a' AND Name < 'd'", "Name <> 'x'", "Name >= 'CAF\xc3\x89 ONE'", "Name != 5");
    ASSERT_FALSE("Name = 'cafe one'", "Name = 'caf\xc3\xa9 on'", "Name < 'a'", "Name = 5");
}

/* As events are asked, of which it may be said what one property is to another. */
static int compare_two(const char *text, bool *ret)
{
    char query_text[200];
    TRI_AUTO_QUERY struct tri_query *query = NULL;
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = make_object();
    TRI_CLEANUP(tri_error_clear) struct tri_error error = {0};
    struct tri_condition *condition = NULL;
    snprintf(query_text, sizeof query_text, "SELECT * FROM Thing WHERE %s", text);
    if (tri_query_parse(query_text, true, &query, &error) < 0)
        fail_msg("%s: %s", text, error.text);
    int r = tri_condition_new(query, thing, &condition, &error);
    if (r == 0)
        *ret = tri_condition_match(condition, object);
    for (int i = 0; r == 0 && i < (int)thing->property_count; i++)
        assert_null(tri_condition_equals(condition, i));
    tri_condition_free(condition);
    assert_int_equal(r, error.code);
    return r;
}

static void two_properties_are_compared_by_their_values(void **state)
{
    static const char *const hold[] = {"Number > Small", "Small <= Small", "Big = Big", "Inner.Number < Number",
                                       "Number <> Inner.Number", "Inner.Name > Name", "Name = NAME", "Yes = Yes",
                                       "__CLASS <> Name", "Inner.__CLASS = __CLASS", "Inner.__GENUS = __GENUS"},
                             *const fail[] = {"Number < Small", "Empty = Empty", "Empty <> Name", "Inner.None = Name",
                                              "Name = Inner.None", "Name = Inner.Name", "Inner.List = Name"},
                             *const refused[] = {"List = List", "Name = List", "Inner = Inner", "Number < Inner", "Yes < Number",
                                                 "Number < Yes", "None = Name", "Name = None", "Name = __DERIVATION"};
    bool answer;
    for (size_t i = 0; i < sizeof(hold) / sizeof(*hold); i++)
        if (compare_two(hold[i], &answer) < 0 || !answer)
            fail_msg("%s does not hold", hold[i]);
    for (size_t i = 0; i < sizeof(fail) / sizeof(*fail); i++)
        if (compare_two(fail[i], &answer) < 0 || answer)
            fail_msg("%s holds", fail[i]);
    for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
        assert_int_equal(TRI_MANAGEMENT_INVALID_QUERY, compare_two(refused[i], &answer));
}

static void booleans_are_compared_by_truth(void **state)
{
    ASSERT_TRUE("Yes = TRUE", "Yes = 1", "Yes = -1", "Yes <> FALSE", "Yes = 'true'", "Yes <> 0", "TRUE = Yes");
    ASSERT_FALSE("Yes = FALSE", "Yes = 0", "Yes <> TRUE", "Yes = 'x'");
}

static void datetimes_are_moments(void **state)
{
    setenv("TZ", "UTC0", 1);
    ASSERT_TRUE("When = '20240229110000.000000+000'", "When < '20240229120000.000000+000'", "When >= '2024-02-29 11:00:00'",
                "When > '2024-02-28'", "When < '3/1/2024'", "When LIKE '2024%'");
    ASSERT_FALSE("When = '20240229120000.000000+000'", "When < '2024-02-29'", "When = 'yesterday'");
}

static void references_are_the_same_however_they_are_written(void **state)
{
    ASSERT_TRUE("Other = '\\\\\\\\.\\\\root\\\\cimv2:Thing.Name=\"two\"'", "Other = 'thing=\"TWO\"'", "Other LIKE '%two%'");
    ASSERT_FALSE("Other = 'Thing.Name=\"three\"'");
}

static void comparing_with_null_is_false_but_for_asking_whether_it_is(void **state)
{
    ASSERT_TRUE("Empty IS NULL", "Empty = NULL", "NULL = Empty", "Name IS NOT NULL", "Name <> NULL", "List IS NULL", "NOT Empty = 'x'");
    ASSERT_FALSE("Empty = 'x'", "Empty <> 'x'", "Empty < 'x'", "Empty LIKE '%'", "Name IS NULL", "Name = NULL", "Inner IS NULL", "Empty IS NOT NULL");
}

static void and_binds_tighter_than_or_and_not_tighter_than_and(void **state)
{
    ASSERT_TRUE("Number = 0 AND Small = 0 OR Small = -5", "Small = -5 OR Number = 0 AND Small = 0", "NOT Small = 0 AND NOT Number = 0",
                "NOT (Small = 0 OR Number = 0)", "NOT NOT Small = -5");
    ASSERT_FALSE("Number = 0 AND (Small = 0 OR Small = -5)", "(Small = -5 OR Number = 0) AND Small = 0", "NOT Small = 0 AND Number = 0");
}

static void embedded_objects_are_asked_about_their_class_and_properties(void **state)
{
    ASSERT_TRUE("Inner ISA 'Thing'", "Inner ISA 'THING'", "Inner.Name = 'INSIDE'", "Inner.Number > 6.5", "Inner.__CLASS = 'thing'",
                "Inner.Empty IS NULL", "Inner.Name LIKE 'in%'");
    ASSERT_FALSE("Inner ISA 'Other'", "Inner.NoSuch = 1", "Inner.NoSuch IS NULL", "Inner.Inner.Name = 'x'", "Inner.Name.Name = 'x'", "Inner.List = 'x'");
}

static void system_properties_can_be_asked(void **state)
{
    ASSERT_TRUE("__CLASS = 'thing'", "__GENUS = 2", "__CLASS LIKE 'th%'", "__SUPERCLASS IS NULL", "__RELPATH LIKE 'thing.%'");
    ASSERT_FALSE("__CLASS = 'Other'", "__GENUS = 1", "__CLASS <> 'Thing'");
}

static void a_subclass_s_objects_are_asked_through_the_class(void **state)
{
    TRI_AUTO_CLASS struct tri_class *below = class_of("class Below : Thing { uint32 More = 5; };", thing);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = tri_cim_object_instance(below);
    put(object, "Name", "n");
    struct tri_condition *condition = condition_of("Name = 'N' AND __CLASS = 'below'");
    assert_true(tri_condition_match(condition, object));
    tri_condition_free(condition);
}

static void what_cannot_be_asked_is_refused(void **state)
{
    static const char *const wrong[] = {
        "NoSuch = 1", "__NoSuch = 1", "NoSuch IS NULL", "NoSuch.Name = 1", "List = 'x'", "List LIKE 'x'", "Inner = 1", "Inner = 'x'", "Inner LIKE 'x'",
        "Name ISA 'Thing'", "Number LIKE '1%'", "Yes < 1", "Yes LIKE 'T'", "Name.Length = 1", "__DERIVATION = 'x'", "Number = 1 OR (Small = 2 AND NoSuch = 3)",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        TRI_AUTO_QUERY struct tri_query *query = where(wrong[i]);
        TRI_CLEANUP(tri_error_clear) struct tri_error error = {0};
        struct tri_condition *condition = NULL;
        if (tri_condition_new(query, thing, &condition, &error) != TRI_MANAGEMENT_INVALID_QUERY)
            fail_msg("%s was not refused", wrong[i]);
        assert_null(condition);
        assert_non_null(error.text);
    }
}

static void only_the_properties_that_it_names_are_wanted(void **state)
{
    static const struct {
        const char *where, *wanted[3];
    } cases[] = {{"Number = 1 OR NOT Small IS NULL", {"Number", "Small"}}, {"Inner.Name = 'x'", {"Inner"}}, {"__CLASS = 'x'", {NULL}},
                 {"__RELPATH = 'x'", {"Name"}}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        uint64_t expected = 0, wanted = 0;
        for (size_t j = 0; j < 3 && cases[i].wanted[j]; j++)
            expected |= 1ull << tri_class_find(thing, cases[i].wanted[j]);
        struct tri_condition *condition = condition_of(cases[i].where);
        tri_condition_wanted(condition, &wanted);
        assert_int_equal(wanted, expected);
        tri_condition_free(condition);
    }
}

static char *demanded(const char *text, const char *property)
{
    struct tri_condition *condition = condition_of(text);
    int index = tri_class_find(thing, property);
    const struct tri_value *value = tri_condition_equals(condition, index);
    if (value)
        assert_int_equal(value->type, thing->properties[index].type);
    char *mof_text = value ? tri_value_mof(value) : NULL;
    tri_condition_free(condition);
    return mof_text;
}

static void a_value_is_demanded_only_where_every_match_must_have_it(void **state)
{
    static const struct {
        const char *where, *property, *value;
    } cases[] = {
        {"Number = 5", "Number", "5"},
        {"Name = 'x' AND (Small = 1 AND Number = '5')", "Number", "5"},
        {"Name = 12", "Name", "\"12\""},
        {"Yes = -1", "Yes", "TRUE"},
        {"Number = 5 OR Small = 1", "Number", NULL},
        {"NOT Number = 5", "Number", NULL},
        {"Number <> 5", "Number", NULL},
        {"Number = -1", "Number", NULL},
        {"Number = 5.5", "Number", NULL},
        {"Inner.Number = 5", "Inner", NULL},
        {"Name LIKE 'x'", "Name", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        TRI_AUTO_FREE char *value = demanded(cases[i].where, cases[i].property);
        if (cases[i].value ? !value || strcmp(value, cases[i].value) != 0 : value != NULL)
            fail_msg("%s demands %s", cases[i].where, value ? value : "nothing");
    }
}

static void a_query_without_a_condition_matches_everything(void **state)
{
    TRI_AUTO_QUERY struct tri_query *query = NULL;
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = make_object();
    struct tri_condition *condition = NULL;
    assert_int_equal(tri_query_parse("SELECT * FROM Thing", false, &query, NULL), 0);
    assert_int_equal(tri_condition_new(query, thing, &condition, NULL), 0);
    assert_true(tri_condition_match(condition, object));
    assert_null(tri_condition_equals(condition, 0));
    tri_condition_free(condition);
    tri_condition_free(NULL);
}

/* ---- LIKE ---- */

static void patterns_have_runs_characters_and_sets(void **state)
{
    static const struct {
        const char *text, *pattern;
        bool fits;
    } cases[] = {
        {"abc", "abc", true}, {"ABC", "abc", true}, {"abc", "ab", false}, {"ab", "abc", false}, {"", "", true}, {"", "%", true}, {"", "_", false},
        {"abc", "%", true}, {"abc", "a%", true}, {"abc", "%c", true}, {"abc", "%b%", true}, {"abc", "%x%", false}, {"abc", "a_c", true},
        {"abc", "a__c", false}, {"abc", "[a-c]bc", true}, {"abc", "[b-c]bc", false}, {"abc", "[xa]bc", true}, {"abc", "[^x]bc", true},
        {"abc", "[^a]bc", false}, {"ABC", "[a-c]%", true}, {"a_c", "a[_]c", true}, {"abc", "a[_]c", false}, {"50%", "50[%]", true}, {"500", "50[%]", false},
        {"aab", "%ab", true}, {"aaaab", "%a%ab", true}, {"\xc3\x84x", "\xc3\xa4_", true}, {"\xc3\x84", "_", true}, {"\xc3\x84", "__", false},
        {"x", "[\xc3\xa0-\xc3\xbc]", false}, {"\xc3\xa4", "[\xc3\xa0-\xc3\xbc]", true}, {"a[b", "a[b", true}, {"PCI\\VEN", "PCI\\%", true},
        {"a-c", "a[-]c", true}, {"abab", "%ab", true}, {"mississippi", "m%iss%ip%i", true}, {"mississippi", "m%iss%ipp", false},
        {"a]b", "a]b", true}, {"]b[", "]_[", true}, {"a[b", "[a][b", true}, {"ab[", "a[b][", true}, {"a]", "[^]a]", false}, {"[[x", "%[[x", true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        if (tri_like(cases[i].text, cases[i].pattern) != cases[i].fits)
            fail_msg("%s LIKE %s", cases[i].text, cases[i].pattern);
}

static void a_backslash_is_undone_by_the_reader_not_by_the_pattern(void **state)
{
    struct tri_condition *condition = condition_of("Name LIKE \"PCI\\\\%\"");
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = tri_cim_object_instance(thing);
    put(object, "Name", "PCI\\VEN_8086");
    assert_true(tri_condition_match(condition, object));
    tri_condition_free(condition);
}

static void a_pattern_made_to_be_slow_is_not(void **state)
{
    size_t length = 20000;
    TRI_AUTO_FREE char *text = malloc(length + 1);
    TRI_AUTO_FREE char *pattern = malloc(2 * 200 + 3);
    memset(text, 'a', length);
    text[length] = '\0';
    char *at = pattern;
    for (int i = 0; i < 200; i++)
        at = stpcpy(at, "%a");
    strcpy(at, "b");
    assert_false(tri_like(text, pattern));
}

/* ---- classes ---- */

static bool schema_matches(const char *text, const struct tri_class *cls, int expected)
{
    TRI_AUTO_QUERY struct tri_query *query = NULL;
    TRI_CLEANUP(tri_error_clear) struct tri_error error = {0};
    bool answer = false;
    assert_int_equal(tri_query_parse(text, false, &query, &error), 0);
    assert_int_equal(query->kind, TRI_QUERY_SCHEMA);
    assert_int_equal(tri_schema_match(query, cls, &answer, &error), expected);
    assert_int_equal(error.code, expected);
    return answer;
}

static void classes_are_asked_by_name_superclass_and_dynasty(void **state)
{
    TRI_AUTO_CLASS struct tri_class *below = class_of("class Below : Thing {};", thing);
    TRI_AUTO_CLASS struct tri_class *lowest = class_of("class Lowest : Below {};", below);
    assert_true(schema_matches("SELECT * FROM meta_class", thing, 0));
    assert_true(schema_matches("SELECT * FROM META_CLASS WHERE __CLASS = 'below'", below, 0));
    assert_false(schema_matches("SELECT * FROM meta_class WHERE __CLASS = 'Thing'", below, 0));
    assert_true(schema_matches("SELECT * FROM meta_class WHERE __SUPERCLASS = 'Thing'", below, 0));
    assert_true(schema_matches("SELECT * FROM meta_class WHERE __SUPERCLASS IS NULL", thing, 0));
    assert_true(schema_matches("SELECT * FROM meta_class WHERE __DYNASTY = 'Thing' AND __CLASS LIKE 'low%'", lowest, 0));
    assert_true(schema_matches("SELECT * FROM meta_class WHERE __this ISA 'Thing'", lowest, 0));
    assert_false(schema_matches("SELECT * FROM meta_class WHERE NOT __this ISA 'Thing'", lowest, 0));
    assert_false(schema_matches("SELECT * FROM meta_class WHERE __this ISA 'Lowest' OR __CLASS = 'x'", thing, 0));
    schema_matches("SELECT * FROM meta_class WHERE Name = 'x'", thing, TRI_MANAGEMENT_INVALID_QUERY);
    schema_matches("SELECT * FROM meta_class WHERE __CLASS = 'no' AND Name = 'x'", thing, TRI_MANAGEMENT_INVALID_QUERY);
    schema_matches("SELECT * FROM meta_class WHERE __CLASS ISA 'x'", thing, TRI_MANAGEMENT_INVALID_QUERY);
    schema_matches("SELECT * FROM meta_class WHERE __this = 'x'", thing, TRI_MANAGEMENT_INVALID_QUERY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_compared_by_value_whatever_their_type),
        cmocka_unit_test(texts_are_compared_without_case),
        cmocka_unit_test(two_properties_are_compared_by_their_values),
        cmocka_unit_test(booleans_are_compared_by_truth),
        cmocka_unit_test(datetimes_are_moments),
        cmocka_unit_test(references_are_the_same_however_they_are_written),
        cmocka_unit_test(comparing_with_null_is_false_but_for_asking_whether_it_is),
        cmocka_unit_test(and_binds_tighter_than_or_and_not_tighter_than_and),
        cmocka_unit_test(embedded_objects_are_asked_about_their_class_and_properties),
        cmocka_unit_test(system_properties_can_be_asked),
        cmocka_unit_test(a_subclass_s_objects_are_asked_through_the_class),
        cmocka_unit_test(what_cannot_be_asked_is_refused),
        cmocka_unit_test(only_the_properties_that_it_names_are_wanted),
        cmocka_unit_test(a_value_is_demanded_only_where_every_match_must_have_it),
        cmocka_unit_test(a_query_without_a_condition_matches_everything),
        cmocka_unit_test(patterns_have_runs_characters_and_sets),
        cmocka_unit_test(a_backslash_is_undone_by_the_reader_not_by_the_pattern),
        cmocka_unit_test(a_pattern_made_to_be_slow_is_not),
        cmocka_unit_test(classes_are_asked_by_name_superclass_and_dynasty),
    };
    return cmocka_run_group_tests(tests, make_class, drop_class);
}
