/* Which flags every method of IWbemServices takes, in each call model, bit by bit; and how the two output pointers of
 * the methods with a call result go together. The table is written down a second time here, from the contract. */
#include "wmi-face.h"
#include "wmi-sink.h"

#define IMMEDIATELY 0x10u
#define FORWARD 0x20u
#define STATUS 0x80u
#define AMENDED 0x20000u
#define NOTHING (0x40u | 0x1f000u | 0x100000u) /* taken everywhere, and without a meaning */

/* Each asks for something that is not there, so that nothing is changed where the flags are right. */
static IWbemClassObject *instance, *class_object;

static HRESULT ask_open_namespace(LONG flags, IWbemCallResult **result)
{
    IWbemServices *made = NULL;
    HRESULT hr = IWbemServices_OpenNamespace(services, B("none"), flags, NULL, &made, result);
    assert_null(made);
    return hr;
}

static HRESULT ask_get_object(LONG flags, IWbemCallResult **result)
{
    IWbemClassObject *made = (IWbemClassObject *)1;
    HRESULT hr = IWbemServices_GetObject(services, B("None"), flags, NULL, &made, result);
    assert_null(made);
    return hr;
}

static HRESULT ask_get_object_async(LONG flags, IWbemObjectSink *sink)
{
    return IWbemServices_GetObjectAsync(services, B("None"), flags, NULL, sink);
}

static HRESULT ask_put_class(LONG flags, IWbemCallResult **result)
{
    return IWbemServices_PutClass(services, instance, flags, NULL, result);
}

static HRESULT ask_put_class_async(LONG flags, IWbemObjectSink *sink)
{
    return IWbemServices_PutClassAsync(services, instance, flags, NULL, sink);
}

static HRESULT ask_delete_class(LONG flags, IWbemCallResult **result)
{
    return IWbemServices_DeleteClass(services, B("None"), flags, NULL, result);
}

static HRESULT ask_delete_class_async(LONG flags, IWbemObjectSink *sink)
{
    return IWbemServices_DeleteClassAsync(services, B("None"), flags, NULL, sink);
}

static HRESULT ask_put_instance(LONG flags, IWbemCallResult **result)
{
    return IWbemServices_PutInstance(services, class_object, flags, NULL, result);
}

static HRESULT ask_put_instance_async(LONG flags, IWbemObjectSink *sink)
{
    return IWbemServices_PutInstanceAsync(services, class_object, flags, NULL, sink);
}

static HRESULT ask_delete_instance(LONG flags, IWbemCallResult **result)
{
    return IWbemServices_DeleteInstance(services, B("None.Id=1"), flags, NULL, result);
}

static HRESULT ask_delete_instance_async(LONG flags, IWbemObjectSink *sink)
{
    return IWbemServices_DeleteInstanceAsync(services, B("None.Id=1"), flags, NULL, sink);
}

static HRESULT ask_exec_method(LONG flags, IWbemCallResult **result)
{
    IWbemClassObject *made = (IWbemClassObject *)1;
    HRESULT hr = IWbemServices_ExecMethod(services, B("None"), B("Do"), flags, NULL, NULL, &made, result);
    assert_null(made);
    return hr;
}

static HRESULT ask_exec_method_async(LONG flags, IWbemObjectSink *sink)
{
    return IWbemServices_ExecMethodAsync(services, B("None"), B("Do"), flags, NULL, NULL, sink);
}

static HRESULT ask_class_enum(LONG flags, IEnumWbemClassObject **rows)
{
    return IWbemServices_CreateClassEnum(services, B("None"), flags, NULL, rows);
}

static HRESULT ask_class_enum_async(LONG flags, IWbemObjectSink *sink)
{
    return IWbemServices_CreateClassEnumAsync(services, B("None"), flags, NULL, sink);
}

static HRESULT ask_instance_enum(LONG flags, IEnumWbemClassObject **rows)
{
    return IWbemServices_CreateInstanceEnum(services, B("None"), flags, NULL, rows);
}

static HRESULT ask_instance_enum_async(LONG flags, IWbemObjectSink *sink)
{
    return IWbemServices_CreateInstanceEnumAsync(services, B("None"), flags, NULL, sink);
}

static HRESULT ask_query(LONG flags, IEnumWbemClassObject **rows)
{
    return IWbemServices_ExecQuery(services, B("WQL"), B("SELECT * FROM None"), flags, NULL, rows);
}

static HRESULT ask_query_async(LONG flags, IWbemObjectSink *sink)
{
    return IWbemServices_ExecQueryAsync(services, B("WQL"), B("SELECT * FROM None"), flags, NULL, sink);
}

static HRESULT ask_notification(LONG flags, IEnumWbemClassObject **rows)
{
    return IWbemServices_ExecNotificationQuery(services, B("WQL"), B("SELECT * FROM None WITHIN 1"), flags, NULL, rows);
}

static HRESULT ask_notification_async(LONG flags, IWbemObjectSink *sink)
{
    return IWbemServices_ExecNotificationQueryAsync(services, B("WQL"), B("SELECT * FROM None WITHIN 1"), flags, NULL,
                                                    sink);
}

static const struct row {
    const char *name;
    HRESULT (*ask)(LONG flags, IWbemCallResult **result);
    HRESULT (*ask_rows)(LONG flags, IEnumWbemClassObject **rows);
    HRESULT (*ask_async)(LONG flags, IWbemObjectSink *sink);
    unsigned flags, async_flags;
    unsigned exclusive[2];
} rows[] = {
    {"OpenNamespace", ask_open_namespace, NULL, NULL, IMMEDIATELY},
    {"GetObject", ask_get_object, NULL, ask_get_object_async, IMMEDIATELY | 0x200 | AMENDED, STATUS | 0x200 | AMENDED},
    {"PutClass",
     ask_put_class,
     NULL,
     ask_put_class_async,
     IMMEDIATELY | 1 | 2 | 0x20 | 0x40 | 0x10000 | AMENDED,
     STATUS | 1 | 2 | 0x20 | 0x40 | 0x10000 | AMENDED,
     {3, 0x60}},
    {"DeleteClass", ask_delete_class, NULL, ask_delete_class_async, IMMEDIATELY, STATUS},
    {"PutInstance",
     ask_put_instance,
     NULL,
     ask_put_instance_async,
     IMMEDIATELY | 1 | 2 | AMENDED,
     STATUS | 1 | 2 | AMENDED,
     {3}},
    {"DeleteInstance", ask_delete_instance, NULL, ask_delete_instance_async, IMMEDIATELY, STATUS},
    {"ExecMethod", ask_exec_method, NULL, ask_exec_method_async, IMMEDIATELY, STATUS},
    {"CreateClassEnum", NULL, ask_class_enum, ask_class_enum_async, 1 | IMMEDIATELY | FORWARD | AMENDED,
     1 | STATUS | AMENDED},
    {"CreateInstanceEnum", NULL, ask_instance_enum, ask_instance_enum_async,
     1 | IMMEDIATELY | FORWARD | 0x100 | 0x200 | AMENDED, 1 | STATUS | 0x100 | 0x200 | AMENDED},
    {"ExecQuery", NULL, ask_query, ask_query_async, 2 | IMMEDIATELY | FORWARD | 0x100 | 0x200 | AMENDED,
     2 | STATUS | 0x100 | 0x200 | AMENDED},
    {"ExecNotificationQuery", NULL, NULL, ask_notification_async, 0, STATUS | AMENDED},
};

#define EACH_ROW(row) for (const struct row *row = rows; row < rows + sizeof rows / sizeof rows[0]; row++)

static bool is_legal(const struct row *row, unsigned flags, unsigned legal)
{
    for (int i = 0; i < 2; i++)
        if (__builtin_popcount(flags & row->exclusive[i]) > 1)
            return false;
    return !(flags & ~(legal | NOTHING));
}

static void check(const struct row *row, unsigned flags, bool legal, HRESULT hr)
{
    if ((hr == WBEM_E_INVALID_PARAMETER) == legal)
        fail_msg("%s with the flags 0x%x: 0x%08x", row->name, flags, (unsigned)hr);
    if (!legal)
        assert_string_not_equal("", why());
}

/* A semisynchronous call begins, whatever becomes of it; the others find that there is nothing. */
static void try_flags(const struct row *row, unsigned flags)
{
    bool legal = is_legal(row, flags, row->flags);
    if (row->ask) {
        IWbemCallResult *result = (IWbemCallResult *)1;
        HRESULT hr = row->ask((LONG)flags, flags & IMMEDIATELY ? &result : NULL);
        check(row, flags, legal, hr);
        if (flags & IMMEDIATELY && legal) {
            assert_hr(WBEM_S_NO_ERROR, hr);
            LONG status = 0;
            assert_hr(WBEM_S_NO_ERROR, IWbemCallResult_GetCallStatus(result, WBEM_INFINITE, &status));
            assert_true(FAILED(status) && status != WBEM_E_INVALID_PARAMETER);
            IWbemCallResult_Release(result);
        } else if (flags & IMMEDIATELY) {
            assert_null(result);
        }
    } else if (row->ask_rows) {
        IEnumWbemClassObject *made = (IEnumWbemClassObject *)1;
        HRESULT hr = row->ask_rows((LONG)flags, &made);
        check(row, flags, legal, hr);
        if (flags & IMMEDIATELY && legal)
            IEnumWbemClassObject_Release(made);
        else
            assert_null(made);
    }
}

static void every_flag_is_taken_or_refused_as_documented(void **state)
{
    EACH_ROW(row)
    {
        try_flags(row, 0);
        for (int bit = 0; bit < 32; bit++) {
            try_flags(row, 1u << bit);
            try_flags(row, 1u << bit | IMMEDIATELY);
        }
    }
}

static void flags_that_exclude_each_other_are_refused(void **state)
{
    EACH_ROW(row)
    {
        try_flags(row, 1 | 2);
        try_flags(row, 0x20 | 0x40);
        try_flags(row, 1 | 0x20);
        try_flags(row, 2 | 0x40);
    }
}

/* A refused one never sees the sink. */
static void try_async(const struct row *row, unsigned flags)
{
    struct sink sink;
    bool legal = is_legal(row, flags, row->async_flags);
    sink_init(&sink);
    HRESULT hr = row->ask_async((LONG)flags, &sink.iface);
    check(row, flags, legal, hr);
    if (hr == WBEM_S_NO_ERROR) {
        assert_true(FAILED(sink_wait(&sink)));
    } else {
        assert_int_equal(1, atomic_load(&sink.references));
        assert_int_equal(0, atomic_load(&sink.ends));
    }
}

static void every_flag_of_a_sinks_call_is_taken_or_refused_as_documented(void **state)
{
    EACH_ROW(row)
    {
        for (int bit = -1; bit < 32 && row->ask_async; bit++)
            try_async(row, bit < 0 ? 0 : 1u << bit);
    }
}

static void a_notification_query_needs_both_its_flags(void **state)
{
    for (int bit = 0; bit < 32; bit++) {
        IEnumWbemClassObject *made = (IEnumWbemClassObject *)1;
        bool legal = (1u << bit) & (IMMEDIATELY | FORWARD | AMENDED | NOTHING);
        assert_hr(WBEM_E_INVALID_PARAMETER, ask_notification((LONG)(1u << bit), &made));
        assert_null(made);
        HRESULT hr = ask_notification((LONG)(1u << bit | IMMEDIATELY | FORWARD), &made);
        assert_true(FAILED(hr));
        assert_null(made);
        assert_int_equal(legal, hr != WBEM_E_INVALID_PARAMETER);
    }
}

static void returning_immediately_needs_a_place_for_the_call_result(void **state)
{
    EACH_ROW(row)
    if (row->ask)
        assert_hr(WBEM_E_INVALID_PARAMETER, row->ask(IMMEDIATELY, NULL));
}

/* As the SDK's own sample calls it. */
static void a_synchronous_call_gives_a_call_result_to_who_wants_one(void **state)
{
    EACH_ROW(row)
    {
        IWbemCallResult *result = NULL;
        LONG status = 0;
        if (!row->ask)
            continue;
        HRESULT outcome = row->ask(0, NULL);
        assert_true(FAILED(outcome));
        assert_hr(WBEM_S_NO_ERROR, row->ask(0, &result));
        assert_hr(WBEM_S_NO_ERROR, IWbemCallResult_GetCallStatus(result, 0, &status));
        assert_hr(outcome, status);
        IWbemCallResult_Release(result);
    }
}

static void a_sink_is_needed(void **state)
{
    EACH_ROW(row)
    if (row->ask_async)
        assert_hr(WBEM_E_INVALID_PARAMETER, row->ask_async(0, NULL));
}

static void an_enumerators_place_is_needed(void **state)
{
    EACH_ROW(row)
    if (row->ask_rows)
        assert_hr(WBEM_E_INVALID_PARAMETER, row->ask_rows(0, NULL));
    assert_hr(WBEM_E_INVALID_PARAMETER, ask_notification(IMMEDIATELY | FORWARD, NULL));
}

static int set_up(void **state)
{
    if (set_up_wmi(state) < 0)
        return -1;
    make_thing_class("T_Thing");
    instance = new_thing("T_Thing", 1, "one");
    return IWbemServices_GetObject(services, B("T_Thing"), 0, NULL, &class_object, NULL) == S_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    LET_GO(instance);
    LET_GO(class_object);
    return tear_down_wmi(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_flag_is_taken_or_refused_as_documented),
        cmocka_unit_test(flags_that_exclude_each_other_are_refused),
        cmocka_unit_test(every_flag_of_a_sinks_call_is_taken_or_refused_as_documented),
        cmocka_unit_test(a_notification_query_needs_both_its_flags),
        cmocka_unit_test(returning_immediately_needs_a_place_for_the_call_result),
        cmocka_unit_test(a_synchronous_call_gives_a_call_result_to_who_wants_one),
        cmocka_unit_test(a_sink_is_needed),
        cmocka_unit_test(an_enumerators_place_is_needed),
    };
    return cmocka_run_group_tests_name("wmi flags", tests, set_up, tear_down);
}
