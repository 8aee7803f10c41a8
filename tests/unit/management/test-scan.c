/* How queries reach a provider: what it is asked for, what the core does with what it gives. */
#include "call-test.h"

struct item {
    uint32_t id;
    const char *name;
    int64_t size; /* below 0: not known */
};

static const struct item items[] = {{1, "one", 10}, {2, "two", 20}, {3, "three", -1}, {4, "four", 40}};

/* What the provider saw when it was asked last. */
static struct asked {
    int scans;
    _Atomic int sizes_read;
    unsigned needs;
    char equal_id[32], equal_name[32];
} asked;

enum { NEEDS_NAME = 1, NEEDS_SIZE = 2 };

static void get_id(const void *row, struct tri_value *ret)
{
    tri_value_set_unsigned(ret, ((const struct item *)row)->id);
}

static void get_name(const void *row, struct tri_value *ret)
{
    tri_value_set_string(ret, ((const struct item *)row)->name);
}

static void get_size(const void *row, struct tri_value *ret)
{
    const struct item *item = row;
    asked.sizes_read++;
    if (item->size >= 0)
        tri_value_set_signed(ret, item->size);
}

static const struct tri_field item_fields[] = {
    {"Id", 0, get_id}, {"Name", NEEDS_NAME, get_name}, {"Size", NEEDS_SIZE, get_size}, {"NoSuch", 64, get_id}};

static void note_equals(struct tri_scan *scan, const char *property, char ret[32])
{
    const struct tri_value *value = tri_scan_equals(scan, property);
    char *text = value ? tri_value_text(value) : NULL;
    snprintf(ret, 32, "%s", text ? text : "");
    free(text);
}

static int item_scan(struct tri_scan *scan, struct tri_error *error)
{
    asked.scans++;
    asked.needs = tri_scan_needs(scan);
    assert_true(tri_scan_deadline_ns(scan) > tri_clock_ns());
    note_equals(scan, "Id", asked.equal_id);
    note_equals(scan, "Name", asked.equal_name);
    for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
        int r = tri_scan_row(scan, &items[i]);
        if (r != 0)
            return r;
    }
    return 0;
}

static int broken_scan(struct tri_scan *scan, struct tri_error *error)
{
    int r = tri_scan_row(scan, &items[0]);
    return r != 0 ? r : tri_error_set(error, TRI_MANAGEMENT_PROVIDER_FAILURE, "bus", "The bus said no.");
}

static int mute_scan(struct tri_scan *scan, struct tri_error *error)
{
    return tri_error_set(error, -EACCES, "/sys", "The bus said nothing.");
}

/* Two threads of its own give rows at once. */
struct half {
    struct tri_scan *scan;
    int from, result;
};

static void *give_half(void *data)
{
    struct half *half = data;
    for (int i = half->from; i < 400 && half->result == 0; i += 2)
        half->result = tri_scan_row(half->scan, &(struct item){(uint32_t)i, "many", i});
    return NULL;
}

static int many_scan(struct tri_scan *scan, struct tri_error *error)
{
    struct half other = {scan, 1, 0}, own = {scan, 0, 0};
    pthread_t thread;
    if (pthread_create(&thread, NULL, give_half, &other) != 0)
        return -ENOMEM;
    give_half(&own);
    pthread_join(thread, NULL);
    return own.result ? own.result : other.result;
}

#define TABLE(class_, scan_)                                                                                           \
    {                                                                                                                  \
        .name_space = NAME_SPACE, .name = class_, .fields = item_fields, .field_count = 4, .scan = scan_               \
    }

static const struct tri_provided_class item_table = TABLE("Test_Item", item_scan);
static const struct tri_provided_class broken_table = TABLE("Test_Broken", broken_scan);
static const struct tri_provided_class mute_table = TABLE("Test_Mute", mute_scan);
static const struct tri_provided_class half_table = TABLE("Test_Half", mute_scan);
static const struct tri_provided_class whole_table = TABLE("Test_Whole", item_scan);
static const struct tri_provided_class many_table = TABLE("Test_Many", many_scan);

static const struct tri_provided_class *const tables[] = {&item_table,  &broken_table, &mute_table, &half_table,
                                                          &whole_table, &many_table,   NULL};
const struct tri_provided_class *const *const tri_provider_lists[] = {tables, NULL};

#define DYNAMIC "[dynamic, provider(\"test\")] "
#define PROPERTIES "{ [key] uint32 Id; string Name; uint32 Size; string Elsewhere; };"

static int make_classes(void **state)
{
    open_repository();
    put_class(NULL, DYNAMIC "class Test_Item " PROPERTIES);
    put_class(NULL, DYNAMIC "class Test_Broken " PROPERTIES);
    put_class(NULL, DYNAMIC "class Test_Mute " PROPERTIES);
    put_class(NULL, DYNAMIC "class Test_Many " PROPERTIES);
    put_class(NULL, DYNAMIC "class Test_Alien " PROPERTIES);
    put_class(NULL, "[abstract] class Test_Union " PROPERTIES);
    put_class("Test_Union", DYNAMIC "class Test_Half : Test_Union { };");
    put_class("Test_Union", DYNAMIC "class Test_Whole : Test_Union { string More; };");
    return 0;
}

static int drop_classes(void **state)
{
    return close_repository();
}

static int forget(void **state)
{
    asked.scans = asked.sizes_read = 0;
    return 0;
}

/* ---- rows ---- */

static void all_rows_come_with_all_their_properties(void **state)
{
    ASSERT_ROWS("SELECT * FROM Test_Item", "Name", "one two three four");
    ASSERT_ROWS("SELECT * FROM Test_Item", "Id", "1 2 3 4");
    ASSERT_ROWS("SELECT * FROM Test_Item", "Size", "10 20  40");
    assert_int_equal(asked.needs, NEEDS_NAME | NEEDS_SIZE);
}

static void the_core_filters_what_the_provider_gives(void **state)
{
    ASSERT_ROWS("SELECT * FROM Test_Item WHERE Size > 10", "Name", "two four");
    ASSERT_ROWS("SELECT * FROM Test_Item WHERE Size IS NULL OR Name = 'ONE'", "Name", "one three");
    ASSERT_ROWS("SELECT * FROM Test_Item WHERE Name LIKE 't%'", "Name", "two three");
    ASSERT_ROWS("SELECT * FROM Test_Item WHERE Name = 'five'", "Name", "");
}

static void a_row_has_the_path_of_its_keys(void **state)
{
    ASSERT_ROWS("SELECT * FROM Test_Item WHERE Id = 2", "__RELPATH", "Test_Item.Id=2");
}

/* ---- what is asked for ---- */

static void only_selected_properties_are_asked_for(void **state)
{
    struct collected rows = rows_of("SELECT Name FROM Test_Item", "Name");
    assert_string_equal(rows.text, "one two three four");
    assert_int_equal(asked.needs, NEEDS_NAME);
    assert_int_equal(asked.sizes_read, 0);
}

static void what_the_condition_looks_at_is_asked_for_too(void **state)
{
    ASSERT_ROWS("SELECT Name FROM Test_Item WHERE Size = 40", "Name", "four");
    assert_int_equal(asked.needs, NEEDS_NAME | NEEDS_SIZE);
    ASSERT_ROWS("SELECT Name FROM Test_Item WHERE Size = 40", "Size", "?");
}

static void what_must_be_equal_is_known_to_the_provider(void **state)
{
    rows_of("SELECT * FROM Test_Item WHERE Name = 'two' AND (Id = 2 AND Size > 1)", "Id");
    assert_string_equal(asked.equal_id, "2");
    assert_string_equal(asked.equal_name, "two");
    rows_of("SELECT * FROM Test_Item WHERE Name = 'two' OR Id = 2", "Id");
    assert_string_equal(asked.equal_id, "");
    assert_string_equal(asked.equal_name, "");
}

static void rows_that_do_not_match_are_only_read_as_far_as_needed(void **state)
{
    ASSERT_ROWS("SELECT * FROM Test_Item WHERE Id = 4", "Size", "40");
    assert_int_equal(asked.sizes_read, asked.scans);
}

/* ---- what of a row is told ---- */

static void a_projected_row_has_no_path_without_its_keys(void **state)
{
    ASSERT_ROWS("SELECT Name FROM Test_Item WHERE Id = 1", "__PATH", "");
    ASSERT_ROWS("SELECT Name FROM Test_Item WHERE Id = 1", "__CLASS", "Test_Item");
    ASSERT_ROWS("SELECT Name, Id FROM Test_Item WHERE Id = 1", "__RELPATH", "Test_Item.Id=1");
    ASSERT_ROWS("SELECT __RELPATH FROM Test_Item WHERE Id = 1", "__RELPATH", "Test_Item.Id=1");
}

static void rows_that_must_be_locatable_keep_their_keys(void **state)
{
    struct tri_call *call = start_query("SELECT Name FROM Test_Item WHERE Id = 3", TRI_CALL_LOCATABLE, true);
    struct collected rows = collect(call, "__RELPATH");
    assert_string_equal(rows.text, "Test_Item.Id=3");
    tri_call_unref(call);
}

static void a_prototype_is_an_empty_row(void **state)
{
    struct tri_call *call = start_query("SELECT Name FROM Test_Item", TRI_CALL_PROTOTYPE, true);
    struct tri_cim_object *object;
    uint64_t position = 0;
    assert_int_equal(tri_call_next(call, &position, 0, &object), 1);
    assert_false(tri_cim_object_find(object, "Name")->is_set);
    assert_null(tri_cim_object_find(object, "Size"));
    assert_int_equal(asked.scans, 0);
    tri_cim_object_unref(object);
    assert_int_equal(tri_call_next(call, &position, 0, &object), 0);
    tri_call_unref(call);
}

static void a_context_that_wants_some_properties_gets_nulls_for_the_others(void **state)
{
    const char *const wanted[] = {"Name", "NotThere"};
    struct tri_call_spec spec = {
        .kind = TRI_CALL_ENUM_INSTANCES, .text = "test_item", .properties = wanted, .property_count = 2};
    struct tri_call *call = start(&spec, false);
    struct collected names = collect(call, "Name");
    assert_string_equal(names.text, "one two three four");
    struct collected sizes = collect(call, "Size"), ids = collect(call, "Id");
    assert_string_equal(sizes.text, "   ");
    assert_string_equal(ids.text, "1 2 3 4");
    assert_int_equal(asked.sizes_read, 0);
    tri_call_unref(call);
}

static void a_context_that_wants_keys_gets_nothing_else(void **state)
{
    struct tri_call_spec spec = {
        .kind = TRI_CALL_QUERY, .text = "SELECT * FROM Test_Item WHERE Size = 20", .keys_only = true};
    struct tri_call *call = start(&spec, true);
    struct collected ids = collect(call, "__RELPATH"), names = collect(call, "Name");
    assert_string_equal(ids.text, "Test_Item.Id=2");
    assert_string_equal(names.text, "");
    tri_call_unref(call);
}

/* ---- refusals ---- */

static int code_of(const char *query, bool now)
{
    struct tri_call *call = start_query(query, 0, now);
    int code = finished(call).code;
    struct collected rows = collect(call, "Name");
    assert_int_equal(rows.end, code);
    assert_int_equal(rows.count, 0);
    tri_call_unref(call);
    return code;
}

static void a_class_that_is_not_there_fails_with_the_rows(void **state)
{
    assert_int_equal(code_of("SELECT * FROM Test_Nothing", false), TRI_MANAGEMENT_INVALID_CLASS);
    assert_int_equal(code_of("SELECT * FROM Test_Nothing", true), TRI_MANAGEMENT_INVALID_CLASS);
}

static void a_property_that_is_not_there_makes_an_invalid_query(void **state)
{
    assert_int_equal(code_of("SELECT Colour FROM Test_Item", true), TRI_MANAGEMENT_INVALID_QUERY);
    assert_int_equal(code_of("SELECT * FROM Test_Item WHERE Colour = 1", false), TRI_MANAGEMENT_INVALID_QUERY);
    assert_int_equal(asked.scans, 0);
}

static void what_cannot_be_read_is_refused_at_once(void **state)
{
    struct tri_call_spec spec = {.kind = TRI_CALL_QUERY, .text = "SELECT FROM Test_Item"};
    assert_int_equal(start_refused(&spec), TRI_MANAGEMENT_INVALID_QUERY);
    spec.text = NULL;
    assert_int_equal(start_refused(&spec), TRI_MANAGEMENT_INVALID_QUERY);
}

/* ---- providers that fail ---- */

static void rows_before_a_failure_are_told_and_then_the_failure(void **state)
{
    struct collected rows = rows_of("SELECT * FROM Test_Broken", "Name");
    assert_string_equal(rows.text, "one");
    assert_int_equal(rows.end, TRI_MANAGEMENT_PROVIDER_FAILURE);
}

static void a_failure_keeps_the_providers_own_sentence(void **state)
{
    struct tri_call *call = start_query("SELECT * FROM Test_Mute", 0, true);
    struct tri_call_result result = finished(call);
    assert_int_equal(result.code, -EACCES);
    assert_string_equal(result.error->text, "The bus said nothing.");
    tri_call_unref(call);
}

static void a_union_with_one_failure_is_partial(void **state)
{
    struct tri_call *call = start_query("SELECT * FROM Test_Union", 0, true);
    struct tri_call_result result = finished(call);
    assert_int_equal(result.code, 0);
    assert_true(result.is_partial);
    assert_string_equal(result.error->text, "The bus said nothing.");
    assert_int_equal(collect(call, "Name").count, 4);
    tri_call_unref(call);
}

static void a_union_that_gave_nothing_fails_where_one_of_it_failed(void **state)
{
    assert_int_equal(code_of("SELECT * FROM Test_Union WHERE Name = 'nobody'", true), -EACCES);
}

static void a_union_can_be_narrowed_to_one_class(void **state)
{
    ASSERT_ROWS("SELECT * FROM Test_Union WHERE __CLASS = 'Test_Whole'", "Name", "one two three four");
    ASSERT_ROWS("SELECT Name FROM Test_Union WHERE __CLASS = 'test_whole' AND Name = 'three'", "Name", "three");
}

static void a_class_whose_provider_is_not_here_says_so(void **state)
{
    assert_int_equal(code_of("SELECT * FROM Test_Alien", true), TRI_MANAGEMENT_PROVIDER_NOT_FOUND);
}

static void rows_may_come_from_threads_of_the_provider(void **state)
{
    assert_int_equal(rows_of("SELECT * FROM Test_Many", "__CLASS").count, 400);
    assert_int_equal(rows_of("SELECT * FROM Test_Many WHERE Size < 100", "__CLASS").count, 100);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, forget, nothing_is_left)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_rows_come_with_all_their_properties),
        TEST(the_core_filters_what_the_provider_gives),
        TEST(a_row_has_the_path_of_its_keys),
        TEST(only_selected_properties_are_asked_for),
        TEST(what_the_condition_looks_at_is_asked_for_too),
        TEST(what_must_be_equal_is_known_to_the_provider),
        TEST(rows_that_do_not_match_are_only_read_as_far_as_needed),
        TEST(a_projected_row_has_no_path_without_its_keys),
        TEST(rows_that_must_be_locatable_keep_their_keys),
        TEST(a_prototype_is_an_empty_row),
        TEST(a_context_that_wants_some_properties_gets_nulls_for_the_others),
        TEST(a_context_that_wants_keys_gets_nothing_else),
        TEST(a_class_that_is_not_there_fails_with_the_rows),
        TEST(a_property_that_is_not_there_makes_an_invalid_query),
        TEST(what_cannot_be_read_is_refused_at_once),
        TEST(rows_before_a_failure_are_told_and_then_the_failure),
        TEST(a_failure_keeps_the_providers_own_sentence),
        TEST(a_union_with_one_failure_is_partial),
        TEST(a_union_that_gave_nothing_fails_where_one_of_it_failed),
        TEST(a_union_can_be_narrowed_to_one_class),
        TEST(a_class_whose_provider_is_not_here_says_so),
        TEST(rows_may_come_from_threads_of_the_provider),
    };
    return cmocka_run_group_tests(tests, make_classes, drop_classes);
}
