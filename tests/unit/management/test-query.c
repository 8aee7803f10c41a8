#include "language-test.h"

#include "management/query.h"

static struct tri_query *read_query(const char *text, bool is_event)
{
    TRI_CLEANUP(tri_error_clear) struct tri_error error = {0};
    struct tri_query *query = NULL;
    if (tri_query_parse(text, is_event, &query, &error) < 0)
        fail_msg("%s: %s", text, error.text);
    return query;
}

static void assert_refused(const char *text, bool is_event, int code, const char *words)
{
    TRI_CLEANUP(tri_error_clear) struct tri_error error = {0};
    struct tri_query *query = NULL;
    int r = tri_query_parse(text, is_event, &query, &error);
    if (r != code)
        fail_msg("%s: %d, not %d", text, r, code);
    assert_null(query);
    assert_int_equal(error.code, code);
    if (!strstr(error.text, words))
        fail_msg("%s: \"%s\" does not say \"%s\"", text, error.text, words);
}

static void a_query_says_what_it_selects_from_which_class(void **state)
{
    TRI_AUTO_QUERY struct tri_query *all = read_query("SELECT * FROM Win32_Process", false);
    assert_int_equal(all->kind, TRI_QUERY_SELECT);
    assert_string_equal(all->class_name, "Win32_Process");
    assert_null(all->properties);
    assert_null(all->where);
    assert_true(all->within_seconds < 0 && all->group_within_seconds < 0);
    TRI_AUTO_QUERY struct tri_query *some = read_query("select\tName ,\r\nTargetInstance.Name,__PATH from X", false);
    assert_int_equal(some->property_count, 3);
    assert_string_equal(some->properties[0], "Name");
    assert_string_equal(some->properties[1], "TargetInstance.Name");
    assert_string_equal(some->properties[2], "__PATH");
}

static void every_form_of_condition_is_read(void **state)
{
    static const char *const conditions[] = {
        "a = 1", "a=1", "1 = a", "a <> 1", "a != 'x'", "a<-1", "a <= 1.5", "a >1e3", "a>=.5", "a = 0x1F", "a = TRUE", "false<>a",
        "a LIKE 'x%'", "a ISA \"X\"", "a IS NULL", "a is not null", "a = NULL", "a <> NULL", "NULL = a", "NULL != a",
        "NOT a LIKE \"x\"", "not not a = 1", "(a = 1)", "((a = 1) OR b = 2) AND c = 3", "a = 1 AND b = 2 OR c = 3",
        "a.b.c = 'x'", "a = \"it's\"", "a = 'back\\\\slash'", "a = 'quo\\'te\\\"'", "__CLASS = 'X'",
        "group = 1", "of = 1", "by IS NULL", "within > 1", "references = 1", "a = ''", "a = 18446744073709551615",
    };
    for (size_t i = 0; i < sizeof(conditions) / sizeof(*conditions); i++) {
        char text[300];
        snprintf(text, sizeof text, "SELECT * FROM X WHERE %s", conditions[i]);
        TRI_AUTO_QUERY struct tri_query *query = read_query(text, false);
        assert_non_null(query->where);
    }
}

static void a_mistake_is_told_with_its_character_and_what_was_expected(void **state)
{
    assert_refused("", false, TRI_MANAGEMENT_INVALID_QUERY, "at character 1, SELECT or ASSOCIATORS or REFERENCES was expected");
    assert_refused("SELECT * FROM", false, TRI_MANAGEMENT_INVALID_QUERY, "at character 14, a name was expected, but the query ends");
    assert_refused("SELECT a b FROM c", false, TRI_MANAGEMENT_INVALID_QUERY, "at character 10, FROM was expected, but \"b\" was found");
    assert_refused("SELECT * FROM \xc3\xa4 WHERE", false, TRI_MANAGEMENT_INVALID_QUERY, "at character 22,");
    assert_refused("SELECT * FROM a WHERE x = 'y", false, TRI_MANAGEMENT_INVALID_QUERY, "a text begins that does not end");
    assert_refused("SELECT * FROM a WHERE x = 'y\\z'", false, TRI_MANAGEMENT_INVALID_QUERY, "at character 29, a backslash");
    assert_refused("SELECT * FROM a WHERE x # 1", false, TRI_MANAGEMENT_INVALID_QUERY, "at character 25, a character");
}

static void what_wql_does_not_have_is_refused(void **state)
{
    static const char *const wrong[] = {
        "SELECT", "SELECT FROM X", "SELECT a, FROM X", "SELECT *, a FROM X", "SELECT * FROM X, Y", "SELECT * FROM X.Y",
        "SELECT * FROM X WHERE", "SELECT * FROM X WHERE a", "SELECT * FROM X WHERE 1", "SELECT * FROM X WHERE 1 = 1",
        "SELECT * FROM X WHERE a = b", "SELECT * FROM X WHERE a = 1 +", "SELECT * FROM X WHERE a + 1 = 2", "SELECT * FROM X WHERE (a = 1",
        "SELECT * FROM X WHERE a = 1)", "SELECT * FROM X WHERE a LIKE 1", "SELECT * FROM X WHERE a LIKE b", "SELECT * FROM X WHERE a ISA X",
        "SELECT * FROM X WHERE a < NULL", "SELECT * FROM X WHERE NULL >= a", "SELECT * FROM X WHERE a IS 1", "SELECT * FROM X WHERE a LIKE NULL",
        "SELECT * FROM X WHERE a < TRUE", "SELECT * FROM X WHERE FALSE >= a", "SELECT * FROM X WHERE a == 1", "SELECT * FROM X WHERE a = 1 b",
        "SELECT * FROM X ORDER BY a", "SELECT COUNT(*) FROM X", "SELECT DISTINCT a FROM X", "SELECT TOP 5 * FROM X", "SELECT * FROM X LIMIT 5",
        "SELECT * FROM X WHERE a BETWEEN 1 AND 2", "SELECT * FROM X WHERE a IN (1)", "SELECT * FROM X JOIN Y", "SELECT * FROM X;",
        "SELECT * FROM X WITHIN 5", "SELECT * FROM X GROUP WITHIN 5", "SELECT * FROM X HAVING NumberOfEvents > 1", "SELECT * FROM X -- c",
        "INSERT INTO X", "SELECT a FROM meta_class", "SELECT * FROM X WHERE a = 'x' 'y'", "SELECT * FROM X WHERE NOT", "SELECT * FROM FROM",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        assert_refused(wrong[i], false, TRI_MANAGEMENT_INVALID_QUERY, "The query cannot be read: at character");
}

static void the_longest_query_has_16384_characters(void **state)
{
    for (size_t extra = 0; extra < 2; extra++) {
        TRI_AUTO_FREE char *text = malloc(2 * 0x4000 + 10);
        char *at = stpcpy(text, "SELECT * FROM ");
        for (size_t i = 14; i < 0x4000 + extra; i++)
            at = stpcpy(at, "\xc3\xa4");
        struct tri_query *query = NULL;
        assert_int_equal(tri_query_parse(text, false, &query, NULL), extra ? TRI_MANAGEMENT_QUOTA_VIOLATION : 0);
        tri_query_unref(query);
    }
}

static char *repeated(const char *before, const char *piece, size_t count, const char *middle, const char *closing)
{
    char *text = malloc(0x4000 + 100), *at = stpcpy(text, before);
    for (size_t i = 0; i < count; i++)
        at = stpcpy(at, piece);
    at = stpcpy(at, middle);
    for (size_t i = 0; i < count; i++)
        at = stpcpy(at, closing);
    return text;
}

static void a_condition_may_be_wide_but_not_deep(void **state)
{
    TRI_AUTO_FREE char *wide = repeated("SELECT * FROM X WHERE ", "a=1 OR ", 2000, "a=1", "");
    TRI_AUTO_QUERY struct tri_query *query = read_query(wide, false);
    assert_non_null(query);
    TRI_AUTO_FREE char *nested = repeated("SELECT * FROM X WHERE ", "(", 500, "a=1", ")");
    TRI_AUTO_QUERY struct tri_query *fits = read_query(nested, false);
    assert_non_null(fits);
    static const char *const pieces[] = {"(", "NOT ", "a=1 AND (b=2 OR "};
    for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
        size_t count = i == 2 ? 600 : 4000;
        TRI_AUTO_FREE char *deep = repeated("SELECT * FROM X WHERE ", pieces[i], count, "a=1", i == 1 ? "" : ")");
        assert_refused(deep, false, TRI_MANAGEMENT_QUOTA_VIOLATION, "");
    }
}

static void associations_have_their_words_in_any_order(void **state)
{
    TRI_AUTO_QUERY struct tri_query *query =
        read_query("ASSOCIATORS OF{Win32_LogicalDisk.DeviceID=\"C:}\"} WHERE Role=Antecedent ResultRole = Dependent\nAssocClass=A "
                   "ResultClass = R RequiredQualifier=Q RequiredAssocQualifier=AQ KeysOnly SchemaOnly",
                   false);
    assert_int_equal(query->kind, TRI_QUERY_ASSOCIATORS);
    assert_string_equal(query->path.class_name, "Win32_LogicalDisk");
    assert_string_equal(query->path.keys[0].value.string, "C:}");
    assert_string_equal(query->role, "Antecedent");
    assert_string_equal(query->result_role, "Dependent");
    assert_string_equal(query->assoc_class, "A");
    assert_string_equal(query->result_class, "R");
    assert_string_equal(query->required_qualifier, "Q");
    assert_string_equal(query->required_assoc_qualifier, "AQ");
    assert_true(query->keys_only && query->schema_only && !query->class_defs_only);
}

static void references_have_fewer_words(void **state)
{
    TRI_AUTO_QUERY struct tri_query *query =
        read_query("references of { \\\\.\\root\\cimv2:X.Y='}' } where resultclass=Z role=group", false);
    assert_int_equal(query->kind, TRI_QUERY_REFERENCES);
    assert_string_equal(query->path.name_space, "root\\cimv2");
    assert_string_equal(query->result_class, "Z");
    assert_string_equal(query->role, "group");
    TRI_AUTO_QUERY struct tri_query *class_path = read_query("REFERENCES OF {X} WHERE SchemaOnly", false);
    assert_int_equal(class_path->path.key_count, 0);
    assert_true(class_path->schema_only);
}

static void a_path_without_its_key_s_value_is_read(void **state)
{
    TRI_AUTO_QUERY struct tri_query *query = read_query("ASSOCIATORS OF {Win32_LogicalDisk.DeviceID}", false);
    assert_string_equal(query->path.class_name, "Win32_LogicalDisk");
    assert_int_equal(query->path.key_count, 1);
    assert_false(query->path.keys[0].value.is_set);
}

static void what_associations_do_not_have_is_refused(void **state)
{
    static const char *const wrong[] = {
        "ASSOCIATORS {X=1}", "ASSOCIATORS OF X=1", "ASSOCIATORS OF {}", "ASSOCIATORS OF { }", "ASSOCIATORS OF {X = 1}", "ASSOCIATORS OF {X=1",
        "ASSOCIATORS OF {X='1}", "ASSOCIATORS OF {root\\cimv2}", "ASSOCIATORS OF {X=1} WHERE", "ASSOCIATORS OF {X=1} ResultClass=Y",
        "ASSOCIATORS OF {X=1} WHERE ResultClass", "ASSOCIATORS OF {X=1} WHERE ResultClass<>Y", "ASSOCIATORS OF {X=1} WHERE ResultClass='Y'",
        "ASSOCIATORS OF {X=1} WHERE ResultClass=Y AND Role=Z", "ASSOCIATORS OF {X=1} WHERE Name=Y", "ASSOCIATORS OF {X=1} WHERE Role=A Role=B",
        "ASSOCIATORS OF {X=1} WHERE ClassDefsOnly ResultClass=Y", "ASSOCIATORS OF {X=1} WHERE KeysOnly=Y", "ASSOCIATORS OF {X=1} WHERE Sideways",
        "REFERENCES OF {X=1} WHERE AssocClass=Y", "REFERENCES OF {X=1} WHERE ResultRole=Y", "REFERENCES OF {X=1} WHERE RequiredAssocQualifier=Y",
        "REFERENCES OF {X.Y.Z}", "SELECT * FROM X WHERE a = {X=1}",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        assert_refused(wrong[i], false, TRI_MANAGEMENT_INVALID_QUERY, "The query cannot be read: at character");
}

/* ---- events ---- */

static void an_event_query_has_its_times_and_groups(void **state)
{
    TRI_AUTO_QUERY struct tri_query *query =
        read_query("SELECT * FROM __InstanceModificationEvent WITHIN 2.5 WHERE TargetInstance ISA 'Win32_Service' AND "
                   "PreviousInstance.State = 'Running' GROUP WITHIN 10 BY TargetInstance.Name, TIME_CREATED HAVING NumberOfEvents >= 3",
                   true);
    assert_true(query->within_seconds == 2.5);
    assert_true(query->group_within_seconds == 10);
    assert_int_equal(query->group_by_count, 2);
    assert_string_equal(query->group_by[0], "TargetInstance.Name");
    assert_string_equal(query->group_by[1], "TIME_CREATED");
    assert_int_equal(query->having_operator, TRI_WQL_GE);
    assert_int_equal(query->having_count, 3);
    TRI_AUTO_QUERY struct tri_query *plain = read_query("SELECT * FROM Win32_ProcessStartTrace", true);
    assert_true(plain->within_seconds < 0 && plain->group_within_seconds < 0);
}

static void intervals_are_kept_within_their_bounds(void **state)
{
    TRI_AUTO_QUERY struct tri_query *brief = read_query("SELECT * FROM X WITHIN 0.0001", true);
    assert_true(brief->within_seconds == 0.1);
    TRI_AUTO_QUERY struct tri_query *endless = read_query("SELECT * FROM X WITHIN 1e300", true);
    assert_true(endless->within_seconds == 4294967);
    assert_refused("SELECT * FROM X WITHIN -1", true, TRI_MANAGEMENT_UNPARSABLE_QUERY, "at character 17");
}

static void event_queries_have_refusals_of_their_own(void **state)
{
    assert_refused("SELECT * FORM X", true, TRI_MANAGEMENT_UNPARSABLE_QUERY, "at character 10");
    assert_refused("SELECT * FROM X WHERE a WITHIN 5", true, TRI_MANAGEMENT_UNPARSABLE_QUERY, "");
    assert_refused("SELECT * FROM X WITHIN a", true, TRI_MANAGEMENT_UNPARSABLE_QUERY, "");
    assert_refused("SELECT * FROM X GROUP BY a", true, TRI_MANAGEMENT_MISSING_GROUP_WITHIN, "WITHIN was expected");
    assert_refused("SELECT * FROM X GROUP WITHIN 5 BY", true, TRI_MANAGEMENT_MISSING_AGGREGATION_LIST, "");
    assert_refused("SELECT * FROM X GROUP WITHIN 5 BY HAVING NumberOfEvents > 1", true, TRI_MANAGEMENT_MISSING_AGGREGATION_LIST, "");
    assert_refused("SELECT * FROM X GROUP WITHIN 5 HAVING Other > 1", true, TRI_MANAGEMENT_UNPARSABLE_QUERY, "NumberOfEvents");
    assert_refused("SELECT * FROM X GROUP WITHIN 5 HAVING NumberOfEvents > 1.5", true, TRI_MANAGEMENT_UNPARSABLE_QUERY, "");
    assert_refused("ASSOCIATORS OF {X=1}", true, TRI_MANAGEMENT_UNPARSABLE_QUERY, "SELECT");
}

static void a_condition_demands_a_class_only_where_it_must_hold(void **state)
{
    static const struct {
        const char *where, *property, *demanded;
    } cases[] = {
        {"TargetInstance ISA 'A'", "TargetInstance", "A"},
        {"x = 1 AND (y = 2 AND targetinstance isa 'A')", "TargetInstance", "A"},
        {"TargetInstance.__CLASS = 'A'", "TargetInstance", "A"},
        {"TargetInstance ISA 'A' OR x = 1", "TargetInstance", NULL},
        {"NOT TargetInstance ISA 'A'", "TargetInstance", NULL},
        {"PreviousInstance ISA 'A'", "TargetInstance", NULL},
        {"TargetInstance.__CLASS <> 'A'", "TargetInstance", NULL},
        {"x = 1 AND __CLASS = 'A'", "__CLASS", "A"},
        {"__CLASS LIKE 'A'", "__CLASS", NULL},
        {"x = 1", "__CLASS", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char text[200];
        snprintf(text, sizeof text, "SELECT * FROM X WHERE %s", cases[i].where);
        TRI_AUTO_QUERY struct tri_query *query = read_query(text, false);
        const char *demanded = tri_query_demanded_class(query, cases[i].property);
        if (!tri_name_equal(demanded, cases[i].demanded))
            fail_msg("%s demands %s", cases[i].where, demanded ? demanded : "nothing");
    }
    TRI_AUTO_QUERY struct tri_query *all = read_query("SELECT * FROM X", false);
    assert_null(tri_query_demanded_class(all, "__CLASS"));
}

static void a_condition_may_demand_one_of_several_classes(void **state)
{
    static const struct {
        const char *where, *demanded;
    } cases[] = {
        {"T ISA 'A'", "A "},
        {"T ISA 'A' OR T ISA 'B' OR T.__CLASS = 'C'", "A B C "},
        {"x = 1 AND (T ISA 'A' OR (T ISA 'B' AND y = 2))", "A B "},
        {"(T ISA 'A' OR x = 1) AND T ISA 'B'", "B "},
        {"(T ISA 'A' OR T ISA 'B') AND T ISA 'C'", "A B "},
        {"T ISA 'A' OR x = 1", ""},
        {"(T ISA 'A' OR T ISA 'B') OR NOT T ISA 'C'", ""},
        {"NOT (T ISA 'A' OR T ISA 'B')", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char text[200], found[100] = "";
        snprintf(text, sizeof text, "SELECT * FROM X WHERE %s", cases[i].where);
        TRI_AUTO_QUERY struct tri_query *query = read_query(text, true);
        TRI_AUTO_FREE const char **names = NULL;
        size_t count;
        assert_int_equal(0, tri_query_demanded_classes(query, "T", &names, &count));
        for (size_t j = 0; j < count; j++)
            snprintf(found + strlen(found), sizeof(found) - strlen(found), "%s ", names[j]);
        assert_string_equal(cases[i].demanded, found);
    }
}

static void a_query_lives_as_long_as_somebody_holds_it(void **state)
{
    struct tri_query *query = read_query("SELECT a FROM X", false);
    assert_ptr_equal(tri_query_ref(query), query);
    tri_query_unref(query);
    assert_string_equal(query->class_name, "X");
    tri_query_unref(query);
    tri_query_unref(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_query_says_what_it_selects_from_which_class),
        cmocka_unit_test(every_form_of_condition_is_read),
        cmocka_unit_test(a_mistake_is_told_with_its_character_and_what_was_expected),
        cmocka_unit_test(what_wql_does_not_have_is_refused),
        cmocka_unit_test(the_longest_query_has_16384_characters),
        cmocka_unit_test(a_condition_may_be_wide_but_not_deep),
        cmocka_unit_test(associations_have_their_words_in_any_order),
        cmocka_unit_test(references_have_fewer_words),
        cmocka_unit_test(a_path_without_its_key_s_value_is_read),
        cmocka_unit_test(what_associations_do_not_have_is_refused),
        cmocka_unit_test(an_event_query_has_its_times_and_groups),
        cmocka_unit_test(intervals_are_kept_within_their_bounds),
        cmocka_unit_test(event_queries_have_refusals_of_their_own),
        cmocka_unit_test(a_condition_demands_a_class_only_where_it_must_hold),
        cmocka_unit_test(a_condition_may_demand_one_of_several_classes),
        cmocka_unit_test(a_query_lives_as_long_as_somebody_holds_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
