/* Calls of every kind, over stored things and a provider that can be changed. */
#include "call-test.h"

#include <sqlite3.h>

/* ---- a provider with three things that can be put, removed, and told what to do ---- */

struct thing {
    uint32_t id;
    char name[32];
};
static struct thing things[3] = {{1, "one"}, {2, "two"}, {3, "three"}};
static unsigned put_flags;
static char removed[64];

static void get_id(const void *row, struct tri_value *ret)
{
    tri_value_set_unsigned(ret, ((const struct thing *)row)->id);
}

static void get_name(const void *row, struct tri_value *ret)
{
    tri_value_set_string(ret, ((const struct thing *)row)->name);
}

static int thing_scan(struct tri_scan *scan, struct tri_error *error)
{
    const struct tri_value *id = tri_scan_equals(scan, "Id");
    int r = 0;
    for (size_t i = 0; i < 3 && r == 0; i++)
        if (!id || id->natural == things[i].id)
            r = tri_scan_row(scan, &things[i]);
    return r;
}

static int thing_put(const struct tri_cim_object *object, unsigned flags, struct tri_error *error)
{
    put_flags = flags;
    uint64_t id = tri_cim_object_find(object, "Id")->natural;
    if (id < 1 || id > 3)
        return tri_error_set(error, TRI_MANAGEMENT_NOT_FOUND, NULL, "There are three things, and none can be added.");
    snprintf(things[id - 1].name, sizeof(things[id - 1].name), "%s", tri_cim_object_find(object, "Name")->string);
    return 0;
}

static int thing_remove(const struct tri_cim_object *object, struct tri_error *error)
{
    char *path = NULL;
    assert_int_equal(tri_cim_object_relative_path(object, &path), 0);
    snprintf(removed, sizeof(removed), "%s", path);
    free(path);
    return 0;
}

static int thing_rename(const struct tri_invocation *invocation, struct tri_error *error)
{
    uint64_t id = tri_cim_object_find(invocation->target, "Id")->natural;
    const struct tri_value *name = tri_cim_object_find(invocation->in, "NewName");
    const struct tri_value *times = tri_cim_object_find(invocation->in, "Times");
    assert_true(invocation->deadline_ns > tri_clock_ns());
    if (!name->is_set)
        return tri_cim_object_set_unsigned(invocation->out, "ReturnValue", 21), 0;
    tri_cim_object_set_string(invocation->out, "OldName", things[id - 1].name);
    snprintf(things[id - 1].name, sizeof(things[id - 1].name), "%s%s", name->string,
             times->is_set && times->natural == 2 ? name->string : "");
    tri_cim_object_set_unsigned(invocation->out, "ReturnValue", 0);
    return 0;
}

static int thing_count(const struct tri_invocation *invocation, struct tri_error *error)
{
    assert_null(invocation->target);
    assert_null(invocation->in);
    tri_cim_object_set_unsigned(invocation->out, "ReturnValue", 3);
    return 0;
}

static int thing_beep(const struct tri_invocation *invocation, struct tri_error *error)
{
    assert_null(invocation->out);
    return 0;
}

static const struct tri_field fields[] = {{"Id", 0, get_id}, {"Name", 0, get_name}};
static const struct tri_provided_method methods[] = {
    {"Rename", thing_rename}, {"Count", thing_count}, {"Beep", thing_beep}};
static const struct tri_provided_class thing_table = {.name_space = NAME_SPACE,
                                                      .name = "Test_Thing",
                                                      .fields = fields,
                                                      .field_count = 2,
                                                      .scan = thing_scan,
                                                      .methods = methods,
                                                      .method_count = 3,
                                                      .put = thing_put,
                                                      .remove = thing_remove};
static const struct tri_provided_class fixed_table = {
    .name_space = NAME_SPACE, .name = "Test_Fixed", .fields = fields, .field_count = 2, .scan = thing_scan};
static const struct tri_provided_class only_table = {
    .name_space = NAME_SPACE, .name = "Test_Only", .fields = fields + 1, .field_count = 1, .scan = thing_scan};
static const struct tri_provided_class *const tables[] = {&thing_table, &fixed_table, &only_table, NULL};
const struct tri_provided_class *const *const tri_provider_lists[] = {tables, NULL};

#define DYNAMIC "dynamic, provider(\"test\")"

static int make_classes(void **state)
{
    open_repository();
    put_class(NULL, "[" DYNAMIC "] class Test_Thing { [key] uint32 Id; string Name;"
                    " [implemented] uint32 Rename([in, ID(0)] string NewName, [in, ID(1)] uint32 Times, [out, ID(2)] "
                    "string OldName);"
                    " [implemented, static] uint32 Count();"
                    " [implemented, static] void Beep();"
                    " [implemented, static] uint32 Forgotten();"
                    " [implemented, disabled, static] uint32 Off();"
                    " [static] uint32 Planned(); };");
    put_class(NULL, "[" DYNAMIC "] class Test_Fixed { [key] uint32 Id; string Name; };");
    put_class(NULL, "[" DYNAMIC ", singleton] class Test_Only { string Name; };");
    put_class(NULL, "class Test_Base { [key] string Name; uint32 Size = 7; string Note; "
                    "[implemented, static] uint32 Nobody(); };");
    put_class("Test_Base", "class Test_Derived : Test_Base { string More; };");
    return 0;
}

static int drop_classes(void **state)
{
    return close_repository();
}

/* ---- helpers ---- */

static struct tri_cim_object *base(const char *class_name, const char *name)
{
    struct tri_cim_object *object = instance_of(class_name);
    tri_cim_object_set_string(object, "Name", name);
    return object;
}

static int put(struct tri_cim_object *object, unsigned flags)
{
    int code = outcome(&(struct tri_call_spec){.kind = TRI_CALL_PUT_INSTANCE, .object = object, .flags = flags}, true);
    tri_cim_object_unref(object);
    return code;
}

static int get_code(const char *path, bool now)
{
    return outcome(&(struct tri_call_spec){.kind = TRI_CALL_GET_OBJECT, .text = path}, now);
}

/* One property of what a path names. */
static char *get(const char *path, const char *property)
{
    static struct collected collected;
    struct tri_call *call = start(&(struct tri_call_spec){.kind = TRI_CALL_GET_OBJECT, .text = path}, true);
    struct tri_call_result result = finished(call);
    collected = (struct collected){0};
    assert_int_equal(result.code, 0);
    assert_int_equal(result.kind, TRI_CALL_GET_OBJECT);
    collect_one(&collected, result.object, property);
    tri_call_unref(call);
    return collected.text;
}

/* ---- namespaces ---- */

static void a_namespace_below_is_opened(void **state)
{
    struct tri_cim_object *child = base("__NAMESPACE", "below");
    assert_int_equal(put(child, 0), 0);
    struct tri_call *call = start(&(struct tri_call_spec){.kind = TRI_CALL_OPEN_NAMESPACE, .text = "BELOW"}, false);
    struct tri_call_result result = finished(call);
    assert_int_equal(result.code, 0);
    assert_string_equal(tri_namespace_path(result.name_space), "root\\default\\below");
    tri_call_unref(call);
    struct tri_call_spec missing = {.kind = TRI_CALL_OPEN_NAMESPACE, .text = "nowhere"};
    assert_int_equal(outcome(&missing, true), TRI_MANAGEMENT_INVALID_NAMESPACE);
    assert_string_equal(get("root\\default:__Namespace.Name=\"below\"", "Name"), "below");
    assert_int_equal(
        outcome(&(struct tri_call_spec){.kind = TRI_CALL_DELETE_INSTANCE, .text = "__NAMESPACE=\"below\""}, true), 0);
}

/* ---- objects by path ---- */

static void no_path_gives_a_blank_class(void **state)
{
    for (int i = 0; i < 2; i++) {
        struct tri_call *call =
            start(&(struct tri_call_spec){.kind = TRI_CALL_GET_OBJECT, .text = i ? "" : NULL}, true);
        struct tri_call_result result = finished(call);
        assert_true(result.object->is_class);
        assert_null(result.object->cls->name);
        assert_false(result.object->cls->is_frozen);
        tri_call_unref(call);
    }
}

static void the_path_of_a_class_gives_the_class(void **state)
{
    assert_string_equal(get("test_thing", "__CLASS"), "Test_Thing");
    assert_string_equal(get("\\\\.\\root\\default:Test_Thing", "__GENUS"), "1");
    assert_int_equal(get_code("Test_Nothing", false), TRI_MANAGEMENT_NOT_FOUND);
}

static void a_stored_instance_is_found_by_its_key(void **state)
{
    assert_int_equal(put(base("Test_Base", "Alpha"), 0), 0);
    assert_int_equal(put(base("Test_Derived", "Beta"), 0), 0);
    assert_string_equal(get("Test_Base.Name=\"alpha\"", "Size"), "7");
    assert_string_equal(get("Test_Base=\"Beta\"", "__CLASS"), "Test_Derived");
    assert_int_equal(get_code("Test_Base=\"Gamma\"", true), TRI_MANAGEMENT_NOT_FOUND);
    assert_int_equal(get_code("Test_Nothing=\"Gamma\"", true), TRI_MANAGEMENT_INVALID_CLASS);
    assert_int_equal(get_code("Test_Base.Size=7", true), TRI_MANAGEMENT_INVALID_PATH);
}

static void a_provided_instance_is_found_by_its_key(void **state)
{
    assert_string_equal(get("Test_Thing.Id=2", "Name"), "two");
    assert_string_equal(get("Test_Only=@", "Name"), "one");
    assert_int_equal(get_code("Test_Thing.Id=9", true), TRI_MANAGEMENT_NOT_FOUND);
    assert_int_equal(get_code("Test_Thing.Id=9", false), TRI_MANAGEMENT_NOT_FOUND);
}

static void paths_to_other_places_are_followed_or_refused(void **state)
{
    assert_string_equal(get("//./root:__SystemClass", "__NAMESPACE"), "root");
    assert_int_equal(get_code("\\\\.\\root\\nowhere:Test_Thing", true), TRI_MANAGEMENT_INVALID_NAMESPACE);
    assert_int_equal(get_code("\\\\elsewhere\\root\\default:Test_Thing", true), -EHOSTUNREACH);
    assert_int_equal(start_refused(&(struct tri_call_spec){.kind = TRI_CALL_GET_OBJECT, .text = "Test_Thing.Id = 2"}),
                     TRI_MANAGEMENT_INVALID_PATH);
}

/* ---- putting and deleting ---- */

static void a_put_tells_the_path(void **state)
{
    struct tri_cim_object *object = base("Test_Base", "Delta");
    struct tri_call *call = start(&(struct tri_call_spec){.kind = TRI_CALL_PUT_INSTANCE, .object = object}, false);
    char expected[256];
    snprintf(expected, sizeof(expected), "\\\\%s\\root\\default:Test_Base.Name=\"Delta\"", tri_server_name());
    assert_string_equal(finished(call).text, expected);
    tri_call_unref(call);
    tri_cim_object_unref(object);
}

static void puts_may_be_for_new_or_for_old_ones_only(void **state)
{
    assert_int_equal(put(base("Test_Base", "Epsilon"), TRI_CALL_UPDATE_ONLY), TRI_MANAGEMENT_NOT_FOUND);
    assert_int_equal(put(base("Test_Base", "Epsilon"), TRI_CALL_CREATE_ONLY), 0);
    assert_int_equal(put(base("Test_Base", "Epsilon"), TRI_CALL_CREATE_ONLY), TRI_MANAGEMENT_ALREADY_EXISTS);
    struct tri_cim_object *object = base("Test_Base", "Epsilon");
    struct tri_call_spec both = {
        .kind = TRI_CALL_PUT_INSTANCE, .object = object, .flags = TRI_CALL_CREATE_ONLY | TRI_CALL_UPDATE_ONLY};
    assert_int_equal(start_refused(&both), TRI_MANAGEMENT_INVALID_PARAMETER);
    tri_cim_object_unref(object);
    assert_int_equal(start_refused(&(struct tri_call_spec){.kind = TRI_CALL_PUT_INSTANCE}),
                     TRI_MANAGEMENT_INVALID_PARAMETER);
}

static void a_partial_put_changes_what_is_listed(void **state)
{
    struct tri_cim_object *object = base("Test_Base", "Zeta");
    tri_cim_object_set_string(object, "Note", "old");
    assert_int_equal(put(object, 0), 0);
    object = base("Test_Base", "Zeta");
    tri_cim_object_set_string(object, "Note", "new");
    tri_cim_object_set_unsigned(object, "Size", 99);
    const char *const listed[] = {"note"}, *const unknown[] = {"Colour"};
    struct tri_call_spec spec = {
        .kind = TRI_CALL_PUT_INSTANCE, .object = object, .properties = listed, .property_count = 1};
    assert_int_equal(outcome(&spec, true), 0);
    assert_string_equal(get("Test_Base=\"zeta\"", "Note"), "new");
    assert_string_equal(get("Test_Base=\"zeta\"", "Size"), "7");
    spec.properties = unknown;
    assert_int_equal(outcome(&spec, true), TRI_MANAGEMENT_INVALID_PROPERTY);
    tri_cim_object_unref(object);
}

/* What the property says is what was put last, by whom else what else was put. */
static bool still_says(const char *property, const char *text)
{
    struct tri_call *call = start(&(struct tri_call_spec){.kind = TRI_CALL_GET_OBJECT, .text = "Test_Base=\"theta\""}, true);
    struct tri_call_result result = finished(call);
    char *says = result.object ? tri_value_text(tri_cim_object_find(result.object, property)) : NULL;
    bool is_same = says && strcmp(says, text) == 0;
    free(says);
    tri_call_unref(call);
    return is_same;
}

/* Puts one property again and again; how often it was lost meanwhile. */
static void *put_one_often(void *property)
{
    enum { TIMES = 200 };
    const char *const listed[] = {property};
    uintptr_t lost = 0;
    char text[16] = "";
    for (unsigned i = 0; i < TIMES; i++) {
        struct tri_cim_object *object = base("Test_Base", "Theta");
        lost += i > 0 && !still_says(property, text);
        snprintf(text, sizeof(text), "%u", i);
        tri_cim_object_set_string(object, "Note", text);
        tri_cim_object_set_unsigned(object, "Size", i);
        lost += outcome(&(struct tri_call_spec){.kind = TRI_CALL_PUT_INSTANCE,
                                                .object = object,
                                                .properties = listed,
                                                .property_count = 1},
                        true) != 0;
        tri_cim_object_unref(object);
    }
    return (void *)(lost + !still_says(property, text));
}

static void partial_puts_at_once_keep_what_each_of_them_put(void **state)
{
    static const char *const properties[] = {"Note", "Size"};
    pthread_t threads[2];
    assert_int_equal(put(base("Test_Base", "Theta"), 0), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, put_one_often, (void *)properties[i]), 0);
    for (int i = 0; i < 2; i++) {
        void *lost;
        pthread_join(threads[i], &lost);
        assert_null(lost);
    }
}

static void a_deleted_instance_is_gone(void **state)
{
    assert_int_equal(put(base("Test_Base", "Eta"), 0), 0);
    struct tri_call_spec spec = {.kind = TRI_CALL_DELETE_INSTANCE, .text = "Test_Base.Name=\"Eta\""};
    assert_int_equal(outcome(&spec, false), 0);
    assert_int_equal(outcome(&spec, true), TRI_MANAGEMENT_NOT_FOUND);
    spec.text = "Test_Base";
    assert_int_equal(outcome(&spec, true), TRI_MANAGEMENT_INVALID_PATH);
}

static void providers_that_can_be_changed_are(void **state)
{
    struct tri_cim_object *object = instance_of("Test_Thing");
    tri_cim_object_set_unsigned(object, "Id", 3);
    tri_cim_object_set_string(object, "Name", "drei");
    assert_int_equal(put(object, TRI_CALL_UPDATE_ONLY), 0);
    assert_int_equal(put_flags, TRI_CALL_UPDATE_ONLY);
    assert_string_equal(get("Test_Thing.Id=3", "Name"), "drei");
    assert_int_equal(outcome(&(struct tri_call_spec){.kind = TRI_CALL_DELETE_INSTANCE, .text = "test_thing=3"}, true),
                     0);
    assert_string_equal(removed, "Test_Thing.Id=3");
}

static void providers_that_cannot_be_changed_say_so(void **state)
{
    struct tri_cim_object *object = instance_of("Test_Fixed");
    tri_cim_object_set_unsigned(object, "Id", 3);
    assert_int_equal(put(object, 0), TRI_MANAGEMENT_PROVIDER_NOT_CAPABLE);
    struct tri_call_spec spec = {.kind = TRI_CALL_DELETE_INSTANCE, .text = "Test_Fixed=3"};
    assert_int_equal(outcome(&spec, true), TRI_MANAGEMENT_PROVIDER_NOT_CAPABLE);
}

static void a_class_is_put_and_deleted(void **state)
{
    struct tri_class *cls = class_of("Test_Base");
    struct tri_class *draft = tri_class_derive(cls);
    struct tri_error error = {0};
    check(tri_class_set_name(draft, "Test_Made", &error), &error);
    struct tri_cim_object *object = tri_cim_object_of_class(draft), *instance = base("Test_Base", "x");
    struct tri_call *call = start(&(struct tri_call_spec){.kind = TRI_CALL_PUT_CLASS, .object = object}, true);
    char expected[256];
    snprintf(expected, sizeof(expected), "\\\\%s\\root\\default:Test_Made", tri_server_name());
    assert_int_equal(finished(call).code, 0);
    assert_string_equal(finished(call).text, expected);
    tri_call_unref(call);
    assert_string_equal(get("Test_Made", "__SUPERCLASS"), "Test_Base");
    struct tri_call_spec wrong = {.kind = TRI_CALL_PUT_CLASS, .object = instance};
    assert_int_equal(outcome(&wrong, true), TRI_MANAGEMENT_INVALID_CLASS);
    wrong = (struct tri_call_spec){.kind = TRI_CALL_PUT_INSTANCE, .object = object};
    assert_int_equal(outcome(&wrong, true), TRI_MANAGEMENT_INVALID_OBJECT);
    assert_int_equal(outcome(&(struct tri_call_spec){.kind = TRI_CALL_DELETE_CLASS, .text = "test_made"}, false), 0);
    assert_int_equal(get_code("Test_Made", true), TRI_MANAGEMENT_NOT_FOUND);
    tri_cim_object_unref(object);
    tri_cim_object_unref(instance);
    tri_class_unref(cls);
}

/* What the caller does with its object afterwards is not the call's business. */
static void the_object_is_copied_when_the_call_starts(void **state)
{
    struct tri_cim_object *object = base("Test_Base", "Theta");
    struct tri_call *call = start(&(struct tri_call_spec){.kind = TRI_CALL_PUT_INSTANCE, .object = object}, false);
    tri_cim_object_set_string(object, "Name", "changed");
    assert_int_equal(finished(call).code, 0);
    tri_call_unref(call);
    tri_cim_object_unref(object);
    assert_string_equal(get("Test_Base=\"Theta\"", "Name"), "Theta");
    assert_int_equal(get_code("Test_Base=\"changed\"", true), TRI_MANAGEMENT_NOT_FOUND);
}

/* ---- methods ---- */

static struct tri_call *invoke(const char *path, const char *method, struct tri_cim_object *in)
{
    struct tri_call *call = start(
        &(struct tri_call_spec){.kind = TRI_CALL_EXEC_METHOD, .text = path, .method = method, .object = in}, true);
    tri_cim_object_unref(in);
    return call;
}

static int invoke_code(const char *path, const char *method, struct tri_cim_object *in)
{
    struct tri_call *call = invoke(path, method, in);
    int code = finished(call).code;
    tri_call_unref(call);
    return code;
}

static struct tri_cim_object *parameters(const char *class_name, const char *method)
{
    struct tri_class *cls = class_of(class_name);
    struct tri_cim_object *in = tri_cim_object_instance(cls->methods[tri_class_find_method(cls, method)].in);
    tri_class_unref(cls);
    return in;
}

static void a_method_gets_its_parameters_and_gives_its_outputs(void **state)
{
    struct tri_cim_object *in = parameters("Test_Thing", "Rename");
    tri_cim_object_set_string(in, "NewName", "uno");
    struct tri_call *call = invoke("Test_Thing.Id=1", "RENAME", in);
    struct tri_call_result result = finished(call);
    assert_int_equal(result.code, 0);
    assert_string_equal(tri_cim_object_find(result.object, "OldName")->string, "one");
    assert_int_equal(tri_cim_object_find(result.object, "ReturnValue")->natural, 0);
    assert_string_equal(get("Test_Thing.Id=1", "Name"), "uno");
    tri_call_unref(call);
    in = parameters("Test_Thing", "Rename");
    tri_cim_object_set_string(in, "NewName", "one");
    assert_int_equal(invoke_code("Test_Thing.Id=1", "Rename", in), 0);
}

static void a_methods_own_failure_is_a_return_value(void **state)
{
    struct tri_call *call = invoke("Test_Thing.Id=1", "Rename", NULL);
    struct tri_call_result result = finished(call);
    assert_int_equal(result.code, 0);
    assert_int_equal(tri_cim_object_find(result.object, "ReturnValue")->natural, 21);
    tri_call_unref(call);
}

static void static_methods_take_the_path_of_the_class(void **state)
{
    struct tri_call *call = invoke("Test_Thing", "Count", NULL);
    assert_int_equal(tri_cim_object_find(finished(call).object, "ReturnValue")->natural, 3);
    tri_call_unref(call);
    call = invoke("\\\\.\\root\\default:Test_Thing", "Beep", NULL);
    assert_int_equal(finished(call).code, 0);
    assert_null(finished(call).object);
    tri_call_unref(call);
    assert_int_equal(invoke_code("Test_Thing", "Rename", NULL), TRI_MANAGEMENT_ILLEGAL_OPERATION);
}

static void methods_that_cannot_be_called_say_why(void **state)
{
    assert_int_equal(invoke_code("Test_Thing", "Explode", NULL), TRI_MANAGEMENT_INVALID_METHOD);
    assert_int_equal(invoke_code("Test_Thing", "Planned", NULL), TRI_MANAGEMENT_METHOD_NOT_IMPLEMENTED);
    assert_int_equal(invoke_code("Test_Thing", "Off", NULL), TRI_MANAGEMENT_METHOD_DISABLED);
    assert_int_equal(invoke_code("Test_Thing", "Forgotten", NULL), TRI_MANAGEMENT_PROVIDER_NOT_CAPABLE);
    assert_int_equal(invoke_code("Test_Base", "Nobody", NULL), TRI_MANAGEMENT_PROVIDER_NOT_CAPABLE);
    assert_int_equal(invoke_code("Test_Thing.Id=9", "Rename", NULL), TRI_MANAGEMENT_NOT_FOUND);
    assert_int_equal(invoke_code("Test_Nothing", "Rename", NULL), TRI_MANAGEMENT_NOT_FOUND);
}

static void parameters_that_do_not_fit_are_refused(void **state)
{
    assert_int_equal(invoke_code("Test_Thing.Id=1", "Rename", base("Test_Base", "x")),
                     TRI_MANAGEMENT_INVALID_METHOD_PARAMETERS);
    struct tri_class *draft = tri_class_new();
    struct tri_value text = {.type = TRI_CIM_STRING, .is_set = true, .string = "many"};
    struct tri_error error = {0};
    check(tri_class_put_property(draft, "Times", TRI_CIM_STRING, NULL, &text, NULL, &error), &error);
    check(tri_class_freeze(draft, &error), &error);
    struct tri_cim_object *in = tri_cim_object_instance(draft);
    tri_class_unref(draft);
    assert_int_equal(invoke_code("Test_Thing.Id=1", "Rename", in), TRI_MANAGEMENT_INVALID_METHOD_PARAMETERS);
    struct tri_cim_object *some = parameters("Test_Thing", "Rename");
    assert_int_equal(invoke_code("Test_Thing", "Count", some), TRI_MANAGEMENT_INVALID_METHOD_PARAMETERS);
}

/* ---- queries over what is stored ---- */

static void fill(const char *prefix, unsigned count, bool derived)
{
    char name[64];
    for (unsigned i = 0; i < count; i++) {
        snprintf(name, sizeof(name), "%s%u", prefix, i);
        assert_int_equal(put(base(derived && i % 2 ? "Test_Derived" : "Test_Base", name), 0), 0);
    }
}

static void a_stored_instance_is_looked_up_by_a_query(void **state)
{
    fill("q", 3, true);
    ASSERT_ROWS("SELECT * FROM Test_Base WHERE Name = 'Q1'", "__CLASS", "Test_Derived");
    ASSERT_ROWS("SELECT Size FROM Test_Base WHERE Name = 'q2' AND Size = 7", "Size", "7");
    ASSERT_ROWS("SELECT * FROM Test_Base WHERE Name = 'q2' AND Size = 8", "Size", "");
    ASSERT_ROWS("SELECT * FROM Test_Derived WHERE Name = 'q2'", "Size", "");
    ASSERT_ROWS("SELECT * FROM Test_Base WHERE Name = 'q1' AND __CLASS = 'Test_Base'", "Size", "");
    struct tri_call *call = start_query("SELECT * FROM Test_Base WHERE Name = 'q1'", TRI_CALL_DIRECT_READ, true);
    assert_int_equal(collect(call, "Name").count, 0);
    tri_call_unref(call);
}

static int query_code(const char *text)
{
    return outcome(&(struct tri_call_spec){.kind = TRI_CALL_QUERY, .text = text}, true);
}

/* What cannot be read does not look as if it did not match. */
static void a_query_does_not_pass_over_what_is_damaged(void **state)
{
    char file[64];
    sqlite3 *db = NULL;
    put_class(NULL, "class Test_Torn { [key] string Name; uint32 Size; };");
    assert_int_equal(put(base("Test_Torn", "whole"), 0), 0);
    assert_int_equal(put(base("Test_Torn", "torn"), 0), 0);
    assert_int_equal(query_code("SELECT * FROM Test_Torn WHERE Size = 5"), 0);
    snprintf(file, sizeof(file), "%s/repository.db", state_folder);
    assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "UPDATE instance SET data = x'01ff' WHERE key LIKE '%torn%'", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_int_equal(query_code("SELECT * FROM Test_Torn WHERE Size = 5"), TRI_MANAGEMENT_CRITICAL_ERROR);
    assert_int_equal(query_code("SELECT * FROM Test_Torn WHERE Name = 'torn'"), TRI_MANAGEMENT_CRITICAL_ERROR);
    ASSERT_ROWS("SELECT * FROM Test_Torn WHERE Name = 'whole'", "Name", "whole");
    assert_int_equal(
        outcome(&(struct tri_call_spec){.kind = TRI_CALL_DELETE_INSTANCE, .text = "Test_Torn.Name=\"torn\""}, true), 0);
    assert_int_equal(query_code("SELECT * FROM Test_Torn WHERE Size = 5"), 0);
}

/* A query that was asked before is not stuck with what it found then. */
static void a_query_follows_the_class_when_that_is_changed(void **state)
{
    put_class(NULL, "class Test_Moving { [key] string Name; };");
    assert_int_equal(put(base("Test_Moving", "m"), 0), 0);
    ASSERT_ROWS("SELECT * FROM Test_Moving WHERE Name = 'm'", "Colour", "?");
    assert_int_equal(
        outcome(&(struct tri_call_spec){.kind = TRI_CALL_QUERY, .text = "SELECT Colour FROM Test_Moving"}, true),
        TRI_MANAGEMENT_INVALID_QUERY);
    put_class_with(TRI_CALL_UPDATE_FORCE, NULL, "class Test_Moving { [key] string Name; string Colour = \"red\"; };");
    ASSERT_ROWS("SELECT Colour FROM Test_Moving", "Colour", "red");
    ASSERT_ROWS("SELECT * FROM Test_Moving WHERE Name = 'm'", "Colour", "red");
}

static void many_rows_come_whole_however_they_are_read(void **state)
{
    fill("many", 1500, true);
    assert_int_equal(rows_of("SELECT * FROM Test_Base WHERE Name LIKE 'many%'", "Name").count, 1500);
    assert_int_equal(rows_of("SELECT * FROM Test_Derived WHERE Name LIKE 'many%'", "Name").count, 750);
    struct tri_call_spec spec = {.kind = TRI_CALL_ENUM_INSTANCES, .text = "Test_Derived", .flags = TRI_CALL_SHALLOW};
    struct tri_call *call = start(&spec, false);
    assert_true(collect(call, "Name").count >= 750);
    tri_call_unref(call);
}

static void readers_of_a_retained_answer_have_positions_of_their_own(void **state)
{
    struct tri_call *call = start_query("SELECT * FROM Test_Thing", 0, false);
    struct tri_cim_object *object;
    uint64_t first = 0, second = 0;
    for (uint64_t i = 0; i < 3; i++) {
        assert_int_equal(tri_call_next(call, &first, patience(), &object), 1);
        assert_int_equal(tri_cim_object_find(object, "Id")->natural, i + 1);
        tri_cim_object_unref(object);
    }
    assert_int_equal(tri_call_next(call, &first, patience(), &object), 0);
    assert_int_equal(tri_call_next(call, &second, 0, &object), 1);
    assert_int_equal(tri_cim_object_find(object, "Id")->natural, 1);
    tri_cim_object_unref(object);
    tri_call_unref(call);
}

/* ---- classes ---- */

static struct collected classes_below(const char *superclass, unsigned flags)
{
    struct tri_call_spec spec = {.kind = TRI_CALL_ENUM_CLASSES, .text = superclass, .flags = flags};
    struct tri_call *call = start(&spec, false);
    struct collected rows = collect(call, "__CLASS");
    tri_call_unref(call);
    return rows;
}

static void classes_are_enumerated_without_the_one_named(void **state)
{
    assert_string_equal(classes_below("Test_Base", 0).text, "Test_Derived");
    assert_string_equal(classes_below("Test_Derived", 0).text, "");
    assert_int_equal(classes_below("Test_Nothing", 0).end, TRI_MANAGEMENT_INVALID_CLASS);
    assert_true(classes_below(NULL, 0).count > classes_below("", TRI_CALL_SHALLOW).count);
    assert_null(strstr(classes_below(NULL, TRI_CALL_SHALLOW).text, "Test_Derived"));
}

static void schema_queries_find_classes(void **state)
{
    ASSERT_ROWS("SELECT * FROM meta_class WHERE __CLASS = 'test_base'", "__CLASS", "Test_Base");
    ASSERT_ROWS("SELECT * FROM meta_class WHERE __this ISA 'Test_Base'", "__CLASS", "Test_Base Test_Derived");
    ASSERT_ROWS("SELECT * FROM meta_class WHERE __SUPERCLASS = 'Test_Base'", "__GENUS", "1");
    ASSERT_ROWS("SELECT * FROM meta_class WHERE __CLASS = 'Test_Nothing'", "__CLASS", "");
}

/* ---- many at once ---- */

static void *ask_often(void *data)
{
    char query[64];
    for (unsigned i = 0; i < 150; i++) {
        snprintf(query, sizeof(query), "SELECT * FROM Test_Base WHERE Name = 't%u'", i % 10);
        struct tri_call *call = start_query(query, i & 2 ? TRI_CALL_FORWARD_ONLY : 0, i & 1);
        struct collected rows = collect(call, "Size");
        assert_int_equal(rows.end, 0);
        assert_string_equal(rows.text, "7");
        tri_call_unref(call);
        ASSERT_ROWS("SELECT Name FROM Test_Fixed WHERE Id = 2", "Name", "two");
    }
    return NULL;
}

static void threads_may_ask_the_same_at_once(void **state)
{
    pthread_t threads[4];
    fill("t", 10, true);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_often, NULL), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}

#define TEST(name) cmocka_unit_test_teardown(name, nothing_is_left)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_namespace_below_is_opened),
        TEST(no_path_gives_a_blank_class),
        TEST(the_path_of_a_class_gives_the_class),
        TEST(a_stored_instance_is_found_by_its_key),
        TEST(a_provided_instance_is_found_by_its_key),
        TEST(paths_to_other_places_are_followed_or_refused),
        TEST(a_put_tells_the_path),
        TEST(puts_may_be_for_new_or_for_old_ones_only),
        TEST(a_partial_put_changes_what_is_listed),
        TEST(partial_puts_at_once_keep_what_each_of_them_put),
        TEST(a_deleted_instance_is_gone),
        TEST(providers_that_can_be_changed_are),
        TEST(providers_that_cannot_be_changed_say_so),
        TEST(a_class_is_put_and_deleted),
        TEST(the_object_is_copied_when_the_call_starts),
        TEST(a_method_gets_its_parameters_and_gives_its_outputs),
        TEST(a_methods_own_failure_is_a_return_value),
        TEST(static_methods_take_the_path_of_the_class),
        TEST(methods_that_cannot_be_called_say_why),
        TEST(parameters_that_do_not_fit_are_refused),
        TEST(a_stored_instance_is_looked_up_by_a_query),
        TEST(a_query_does_not_pass_over_what_is_damaged),
        TEST(a_query_follows_the_class_when_that_is_changed),
        TEST(many_rows_come_whole_however_they_are_read),
        TEST(readers_of_a_retained_answer_have_positions_of_their_own),
        TEST(classes_are_enumerated_without_the_one_named),
        TEST(schema_queries_find_classes),
        TEST(threads_may_ask_the_same_at_once),
    };
    return cmocka_run_group_tests(tests, make_classes, drop_classes);
}
