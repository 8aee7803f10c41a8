/* Calls with a sink: what it is told, on which thread, when for the last time, and how calls are cancelled. */
#include "wmi-face.h"

#include <dirent.h>

#include "wmi-sink.h"

#define MANY 2500

static HRESULT query_into(struct sink *sink, const char *query, LONG flags)
{
    return IWbemServices_ExecQueryAsync(services, B("WQL"), B("%s", query), flags, NULL, &sink->iface);
}

/* ---- each method ---- */

static void a_query_hands_over_its_rows(void **state)
{
    struct sink sink;
    TRI_PROVES_METHOD(IWbemServices, ExecQueryAsync, real);
    TRI_PROVES_METHOD(IWbemObjectSink, Indicate, real);
    TRI_PROVES_METHOD(IWbemObjectSink, SetStatus, real);
    sink_init(&sink);
    assert_hr(WBEM_S_NO_ERROR, query_into(&sink, "SELECT * FROM T_Many", 0));
    assert_hr(WBEM_S_NO_ERROR, sink_wait(&sink));
    assert_int_equal(MANY, atomic_load(&sink.objects));
    assert_true(atomic_load(&sink.largest) <= 100);
    assert_int_equal(0, atomic_load(&sink.progresses));
    assert_string_equal("", sink.path);
    assert_string_equal("", sink.sentence);
}

static void classes_and_instances_are_enumerated_into_a_sink(void **state)
{
    struct sink sink;
    TRI_PROVES_METHOD(IWbemServices, CreateClassEnumAsync, real);
    TRI_PROVES_METHOD(IWbemServices, CreateInstanceEnumAsync, real);
    sink_init(&sink);
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_CreateInstanceEnumAsync(services, B("T_Many"), 0, NULL, &sink.iface));
    assert_hr(WBEM_S_NO_ERROR, sink_wait(&sink));
    assert_int_equal(MANY, atomic_load(&sink.objects));
    sink_init(&sink);
    assert_hr(WBEM_S_NO_ERROR,
              IWbemServices_CreateClassEnumAsync(services, NULL, WBEM_FLAG_SHALLOW, NULL, &sink.iface));
    assert_hr(WBEM_S_NO_ERROR, sink_wait(&sink));
    assert_true(atomic_load(&sink.objects) >= 2);
}

static void check_name(struct sink *sink, LONG count, IWbemClassObject **objects)
{
    snprintf((char *)sink->context, 100, "%s", get_text(objects[0], "Name"));
}

static void an_object_comes_in_one_indicate(void **state)
{
    struct sink sink;
    char name[100] = "";
    TRI_PROVES_METHOD(IWbemServices, GetObjectAsync, real);
    sink_init(&sink);
    sink.on_indicate = check_name;
    sink.context = name;
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_GetObjectAsync(services, B("T_Thing.Id=1"), 0, NULL, &sink.iface));
    assert_hr(WBEM_S_NO_ERROR, sink_wait(&sink));
    assert_int_equal(1, atomic_load(&sink.indicates));
    assert_int_equal(1, atomic_load(&sink.objects));
    assert_string_equal("one", name);
}

static void puts_tell_the_path_at_the_end(void **state)
{
    struct sink sink;
    IWbemClassObject *cls = thing_class_draft("T_Put"), *thing;
    TRI_PROVES_METHOD(IWbemServices, PutClassAsync, real);
    TRI_PROVES_METHOD(IWbemServices, PutInstanceAsync, real);
    TRI_PROVES_METHOD(IWbemServices, DeleteInstanceAsync, real);
    TRI_PROVES_METHOD(IWbemServices, DeleteClassAsync, real);
    sink_init(&sink);
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_PutClassAsync(services, cls, 0, NULL, &sink.iface));
    put_text(cls, "__CLASS", "T_ChangedLater");
    assert_hr(WBEM_S_NO_ERROR, sink_wait(&sink));
    assert_non_null(strstr(sink.path, "T_Put"));
    thing = new_thing("T_Put", 5, "five");
    sink_init(&sink);
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_PutInstanceAsync(services, thing, 0, NULL, &sink.iface));
    put_number(thing, "Id", 6);
    assert_hr(WBEM_S_NO_ERROR, sink_wait(&sink));
    assert_non_null(strstr(sink.path, "T_Put.Id=5"));
    assert_int_equal(0, atomic_load(&sink.indicates));
    sink_init(&sink);
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_DeleteInstanceAsync(services, B("T_Put.Id=5"), 0, NULL, &sink.iface));
    assert_hr(WBEM_S_NO_ERROR, sink_wait(&sink));
    sink_init(&sink);
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_DeleteClassAsync(services, B("T_Put"), 0, NULL, &sink.iface));
    assert_hr(WBEM_S_NO_ERROR, sink_wait(&sink));
    IWbemClassObject_Release(cls);
    IWbemClassObject_Release(thing);
}

static void a_methods_outputs_come_in_one_indicate(void **state)
{
    struct sink sink;
    char path[64];
    TRI_PROVES_METHOD(IWbemServices, ExecMethodAsync, real);
    snprintf(path, sizeof(path), "Win32_Process.Handle=\"%d\"", (int)getpid());
    sink_init(&sink);
    assert_hr(WBEM_S_NO_ERROR,
              IWbemServices_ExecMethodAsync(services, B("%s", path), B("GetOwner"), 0, NULL, NULL, &sink.iface));
    assert_hr(WBEM_S_NO_ERROR, sink_wait(&sink));
    assert_int_equal(1, atomic_load(&sink.objects));
}

/* ---- failures ---- */

static void a_failure_is_told_at_the_end(void **state)
{
    struct sink sink;
    sink_init(&sink);
    assert_hr(WBEM_S_NO_ERROR, query_into(&sink, "SELECT * FROM T_None", 0));
    assert_hr(WBEM_E_INVALID_CLASS, sink_wait(&sink));
    assert_non_null(strstr(sink.sentence, "T_None"));
    assert_string_equal("ExecQuery", sink.operation);
    sink_init(&sink);
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_GetObjectAsync(services, B("T_Thing.Id=999"), 0, NULL, &sink.iface));
    assert_hr(WBEM_E_NOT_FOUND, sink_wait(&sink));
    assert_string_not_equal("", sink.sentence);
    assert_int_equal(0, atomic_load(&sink.indicates));
}

static void a_call_that_cannot_begin_leaves_the_sink_alone(void **state)
{
    struct sink sink;
    sink_init(&sink);
    assert_hr(WBEM_E_INVALID_QUERY, query_into(&sink, "SELECT", 0));
    assert_hr(WBEM_E_INVALID_PARAMETER, query_into(&sink, "SELECT * FROM T_Many", WBEM_FLAG_RETURN_IMMEDIATELY));
    assert_hr(WBEM_E_INVALID_OBJECT_PATH, IWbemServices_GetObjectAsync(services, B("T = 1"), 0, NULL, &sink.iface));
    assert_hr(WBEM_E_NOT_EVENT_CLASS,
              IWbemServices_ExecNotificationQueryAsync(services, B("WQL"), B("SELECT * FROM T_Thing WITHIN 1"), 0, NULL,
                                                       &sink.iface));
    assert_int_equal(1, atomic_load(&sink.references));
    assert_int_equal(0, atomic_load(&sink.ends));
}

/* ---- progress ---- */

static void progress_is_told_to_who_wants_it(void **state)
{
    struct sink sink;
    sink_init(&sink);
    assert_hr(WBEM_S_NO_ERROR, query_into(&sink, "SELECT * FROM T_Many", WBEM_FLAG_SEND_STATUS));
    assert_hr(WBEM_S_NO_ERROR, sink_wait(&sink));
    assert_int_equal(atomic_load(&sink.indicates), atomic_load(&sink.progresses));
    assert_int_equal(MANY, atomic_load(&sink.progress_hr) & 0xffff);
    assert_int_equal(0, (uint32_t)atomic_load(&sink.progress_hr) >> 16); /* nobody knows how many there will be */
}

/* ---- sinks that fail ---- */

static void a_sink_that_fails_cancels_its_call(void **state)
{
    struct sink sink;
    sink_init(&sink);
    sink.answer = E_FAIL;
    assert_hr(WBEM_S_NO_ERROR, query_into(&sink, "SELECT * FROM T_Many", 0));
    assert_hr(WBEM_E_CALL_CANCELLED, sink_wait(&sink));
    assert_int_equal(1, atomic_load(&sink.indicates));
}

static void any_success_of_a_sink_goes_on(void **state)
{
    struct sink sink;
    sink_init(&sink);
    sink.answer = 0x000400FF;
    assert_hr(WBEM_S_NO_ERROR, query_into(&sink, "SELECT * FROM T_Many", 0));
    assert_hr(WBEM_S_NO_ERROR, sink_wait(&sink));
    assert_int_equal(MANY, atomic_load(&sink.objects));
}

/* ---- cancelling ---- */

static _Atomic bool gate_is_open;

static void wait_at_gate(struct sink *sink, LONG count, IWbemClassObject **objects)
{
    assert_comes(atomic_load(&gate_is_open));
}

static void *cancel_sink(void *sink)
{
    return (void *)(intptr_t)IWbemServices_CancelAsyncCall(services, &((struct sink *)sink)->iface);
}

/* What a callback is busy with stays valid until it has returned. */
static void cancelling_waits_for_the_callback_on_another_thread(void **state)
{
    struct sink sink;
    pthread_t thread;
    void *hr = (void *)77;
    sink_init(&sink);
    sink.on_indicate = wait_at_gate;
    atomic_store(&gate_is_open, false);
    assert_hr(WBEM_S_NO_ERROR, query_into(&sink, "SELECT * FROM T_Many", 0));
    assert_comes(atomic_load(&sink.indicates) == 1);
    assert_int_equal(0, pthread_create(&thread, NULL, cancel_sink, &sink));
    poll(NULL, 0, 50);
    assert_int_equal(0, atomic_load(&sink.ends));
    atomic_store(&gate_is_open, true);
    pthread_join(thread, &hr);
    assert_hr(WBEM_S_NO_ERROR, (HRESULT)(intptr_t)hr);
    assert_int_equal(1, atomic_load(&sink.references));
    assert_hr(WBEM_E_CALL_CANCELLED, sink_wait(&sink));
    assert_int_equal(1, atomic_load(&sink.indicates));
}

static void cancel_inside(struct sink *sink, LONG count, IWbemClassObject **objects)
{
    int before = atomic_load(&sink->references);
    *(HRESULT *)sink->context = IWbemServices_CancelAsyncCall(services, &sink->iface);
    if (atomic_load(&sink->ends) != 1 || atomic_load(&sink->references) != before - 1)
        *(HRESULT *)sink->context = E_UNEXPECTED;
}

static void a_call_can_be_cancelled_from_within(void **state)
{
    struct sink sink;
    HRESULT hr = E_PENDING;
    sink_init(&sink);
    sink.on_indicate = cancel_inside;
    sink.context = &hr;
    assert_hr(WBEM_S_NO_ERROR, query_into(&sink, "SELECT * FROM T_Many", 0));
    assert_hr(WBEM_E_CALL_CANCELLED, sink_wait(&sink));
    assert_hr(WBEM_S_NO_ERROR, hr);
    assert_int_equal(1, atomic_load(&sink.indicates));
}

static void cancel_at_end(struct sink *sink)
{
    *(HRESULT *)sink->context = IWbemServices_CancelAsyncCall(services, &sink->iface);
}

static void cancelling_inside_the_last_status_is_harmless(void **state)
{
    struct sink sink;
    HRESULT hr = E_PENDING;
    sink_init(&sink);
    sink.on_end = cancel_at_end;
    sink.context = &hr;
    assert_hr(WBEM_S_NO_ERROR, query_into(&sink, "SELECT * FROM T_Thing", 0));
    assert_hr(WBEM_S_NO_ERROR, sink_wait(&sink));
    assert_hr(WBEM_S_NO_ERROR, hr);
}

static struct sink circle[2];

static void cancel_the_other(struct sink *sink, LONG count, IWbemClassObject **objects)
{
    struct sink *other = sink == &circle[0] ? &circle[1] : &circle[0];
    assert_comes(atomic_load(&other->indicates) >= 1);
    IWbemServices_CancelAsyncCall(services, &other->iface);
}

static void sinks_that_cancel_each_other_do_not_wait_for_ever(void **state)
{
    for (int i = 0; i < 2; i++) {
        sink_init(&circle[i]);
        circle[i].on_indicate = cancel_the_other;
    }
    for (int i = 0; i < 2; i++)
        assert_hr(WBEM_S_NO_ERROR, query_into(&circle[i], "SELECT * FROM T_Many", 0));
    for (int i = 0; i < 2; i++)
        assert_hr(WBEM_E_CALL_CANCELLED, sink_wait(&circle[i]));
}

static void one_cancel_ends_every_call_of_the_sink(void **state)
{
    struct sink sink;
    sink_init(&sink);
    for (int i = 0; i < 3; i++)
        assert_hr(WBEM_S_NO_ERROR,
                  IWbemServices_ExecNotificationQueryAsync(
                      services, B("WQL"),
                      B("SELECT * FROM __InstanceCreationEvent WITHIN 1 WHERE TargetInstance ISA 'T_Thing'"), 0, NULL,
                      &sink.iface));
    assert_int_equal(4, atomic_load(&sink.references));
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_CancelAsyncCall(services, &sink.iface));
    assert_int_equal(1, atomic_load(&sink.references));
    assert_int_equal(3, atomic_load(&sink.ends));
    assert_hr(WBEM_E_CALL_CANCELLED, atomic_load(&sink.end_hr));
}

static void cancelling_what_has_just_ended_is_fine(void **state)
{
    struct sink sink;
    sink_init(&sink);
    assert_hr(WBEM_S_NO_ERROR, query_into(&sink, "SELECT * FROM T_Thing", 0));
    assert_hr(WBEM_S_NO_ERROR, sink_wait(&sink));
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_CancelAsyncCall(services, &sink.iface));
    assert_int_equal(1, atomic_load(&sink.ends));
}

static void cancelling_nothing_says_so(void **state)
{
    struct sink *never = calloc(1, sizeof(*never)); /* an address that no sink had before */
    TRI_PROVES_METHOD(IWbemServices, CancelAsyncCall, real);
    assert_non_null(never);
    sink_init(never);
    assert_hr(WBEM_E_NOT_FOUND, IWbemServices_CancelAsyncCall(services, &never->iface));
    assert_string_not_equal("", why());
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemServices_CancelAsyncCall(services, NULL));
    free(never);
}

/* Cancelling races with the call's own end: either may win, and the sink is told once. */
static void cancelling_and_ending_may_race(void **state)
{
    for (int i = 0; i < 200; i++) {
        struct sink sink;
        sink_init(&sink);
        assert_hr(WBEM_S_NO_ERROR, query_into(&sink, "SELECT * FROM T_Thing", 0));
        for (volatile int spin = 0; spin < i * 200; spin++)
            ;
        assert_hr(WBEM_S_NO_ERROR, IWbemServices_CancelAsyncCall(services, &sink.iface));
        assert_int_equal(1, atomic_load(&sink.references));
        assert_int_equal(1, atomic_load(&sink.ends));
        HRESULT hr = atomic_load(&sink.end_hr);
        assert_true(hr == WBEM_S_NO_ERROR || hr == WBEM_E_CALL_CANCELLED);
        sink_check(&sink);
    }
}

/* ---- threads ---- */

static void ask_inside(struct sink *sink, LONG count, IWbemClassObject **objects)
{
    struct sink *inner = sink->context;
    IEnumWbemClassObject *rows = exec_query(0, "SELECT * FROM T_Thing");
    count_objects(rows);
    IEnumWbemClassObject_Release(rows);
    if (atomic_load(&inner->ends) == 0 && query_into(inner, "SELECT * FROM T_Thing", 0) == WBEM_S_NO_ERROR)
        assert_comes(atomic_load(&inner->ends) == 1);
}

static void a_sink_may_call_and_wait(void **state)
{
    struct sink sink, inner;
    sink_init(&sink);
    sink_init(&inner);
    sink.on_indicate = ask_inside;
    sink.context = &inner;
    assert_hr(WBEM_S_NO_ERROR, query_into(&sink, "SELECT * FROM T_Many", 0));
    assert_hr(WBEM_S_NO_ERROR, sink_wait(&sink));
    assert_hr(WBEM_S_NO_ERROR, sink_wait(&inner));
}

static void one_slow_sink_holds_nobody_else_up(void **state)
{
    struct sink slow, quick;
    sink_init(&slow);
    sink_init(&quick);
    slow.on_indicate = wait_at_gate;
    atomic_store(&gate_is_open, false);
    assert_hr(WBEM_S_NO_ERROR, query_into(&slow, "SELECT * FROM T_Many", 0));
    assert_comes(atomic_load(&slow.indicates) == 1);
    assert_hr(WBEM_S_NO_ERROR, query_into(&quick, "SELECT * FROM T_Many", 0));
    assert_hr(WBEM_S_NO_ERROR, sink_wait(&quick));
    assert_int_equal(0, atomic_load(&slow.ends));
    atomic_store(&gate_is_open, true);
    assert_hr(WBEM_S_NO_ERROR, sink_wait(&slow));
    assert_int_equal(MANY, atomic_load(&slow.objects));
}

static void the_connection_may_be_let_go_of(void **state)
{
    struct sink sink;
    IWbemServices *other = connect_to("root\\cimv2");
    sink_init(&sink);
    assert_hr(WBEM_S_NO_ERROR,
              IWbemServices_ExecQueryAsync(other, B("WQL"), B("SELECT * FROM T_Many"), 0, NULL, &sink.iface));
    assert_int_equal(0, IWbemServices_Release(other));
    assert_hr(WBEM_S_NO_ERROR, sink_wait(&sink));
    assert_int_equal(MANY, atomic_load(&sink.objects));
}

/* ---- events ---- */

/* A row is never kept back for others to come. */
static void events_come_as_they_happen_until_they_are_cancelled(void **state)
{
    struct sink sink;
    TRI_PROVES_METHOD(IWbemServices, ExecNotificationQueryAsync, real);
    sink_init(&sink);
    assert_hr(WBEM_S_NO_ERROR,
              IWbemServices_ExecNotificationQueryAsync(
                  services, B("WQL"),
                  B("SELECT * FROM __InstanceCreationEvent WITHIN 0.1 WHERE TargetInstance ISA 'T_Event'"),
                  WBEM_FLAG_SEND_STATUS, NULL, &sink.iface));
    for (int i = 1; i <= 3; i++) {
        store_thing("T_Event", i, "event");
        assert_comes(atomic_load(&sink.objects) == i);
    }
    assert_int_equal(0, atomic_load(&sink.ends));
    assert_int_equal(0, atomic_load(&sink.progresses));
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_CancelAsyncCall(services, &sink.iface));
    assert_int_equal(1, atomic_load(&sink.references));
    assert_hr(WBEM_E_CALL_CANCELLED, sink_wait(&sink));
    store_thing("T_Event", 4, "event");
    poll(NULL, 0, 250);
    assert_int_equal(3, atomic_load(&sink.objects));
}

static unsigned thread_count(void)
{
    unsigned count = 0;
    DIR *tasks = opendir("/proc/self/task");
    assert_non_null(tasks);
    while (readdir(tasks))
        count++;
    closedir(tasks);
    return count - 2; /* . and .. */
}

static void subscriptions_that_wait_hold_no_threads(void **state)
{
    enum { COUNT = 64 };
    static struct sink sinks[COUNT];
    for (int i = 0; i < COUNT; i++) {
        sink_init(&sinks[i]);
        assert_hr(WBEM_S_NO_ERROR,
                  IWbemServices_ExecNotificationQueryAsync(
                      services, B("WQL"),
                      B("SELECT * FROM __InstanceCreationEvent WITHIN 0.2 WHERE TargetInstance ISA 'T_Event'"), 0, NULL,
                      &sinks[i].iface));
    }
    assert_comes(thread_count() < COUNT / 2);
    store_thing("T_Event", 100, "event");
    for (int i = 0; i < COUNT; i++)
        assert_comes(atomic_load(&sinks[i].objects) == 1);
    for (int i = 0; i < COUNT; i++) {
        assert_hr(WBEM_S_NO_ERROR, IWbemServices_CancelAsyncCall(services, &sinks[i].iface));
        assert_int_equal(1, atomic_load(&sinks[i].references));
        assert_hr(WBEM_E_CALL_CANCELLED, sink_wait(&sinks[i]));
    }
}

/* As the samples do it: the sink goes into an apartment, and the stub is what the service is given. */
static void a_stub_from_the_apartment_stands_for_its_sink(void **state)
{
    IUnsecuredApartment *apartment = NULL;
    IUnknown *unknown = NULL;
    IWbemObjectSink *stub = NULL;
    struct sink sink;
    TRI_PROVES_METHOD(IUnsecuredApartment, CreateObjectStub, real, "the stub is the object itself");
    sink_init(&sink);
    assert_hr(S_OK, CoCreateInstance(&CLSID_UnsecuredApartment, NULL, CLSCTX_LOCAL_SERVER, &IID_IUnsecuredApartment,
                                     (void **)&apartment));
    assert_hr(WBEM_S_NO_ERROR, IUnsecuredApartment_CreateObjectStub(apartment, (IUnknown *)&sink.iface, &unknown));
    assert_hr(S_OK, IUnknown_QueryInterface(unknown, &IID_IWbemObjectSink, (void **)&stub));
    assert_hr(WBEM_S_NO_ERROR,
              IWbemServices_ExecNotificationQueryAsync(
                  services, B("WQL"),
                  B("SELECT * FROM __InstanceCreationEvent WITHIN 0.2 WHERE TargetInstance ISA 'T_Event'"), 0, NULL,
                  stub));
    store_thing("T_Event", 200, "event");
    assert_comes(atomic_load(&sink.objects) == 1);
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_CancelAsyncCall(services, stub));
    IWbemObjectSink_Release(stub);
    IUnknown_Release(unknown);
    assert_hr(WBEM_E_CALL_CANCELLED, sink_wait(&sink));
    assert_hr(WBEM_E_INVALID_PARAMETER, IUnsecuredApartment_CreateObjectStub(apartment, NULL, &unknown));
    assert_null(unknown);
    assert_hr(WBEM_E_INVALID_PARAMETER, IUnsecuredApartment_CreateObjectStub(apartment, (IUnknown *)&sink.iface, NULL));
    assert_int_equal(0, IUnsecuredApartment_Release(apartment));
}

static void a_sink_stub_takes_only_the_flags_of_its_own(void **state)
{
    IWbemUnsecuredApartment *apartment = NULL;
    IWbemObjectSink *stub = NULL;
    struct sink sink;
    TRI_PROVES_METHOD(IWbemUnsecuredApartment, CreateObjectStub, real, "the stub is the object itself");
    TRI_PROVES_METHOD(IWbemUnsecuredApartment, CreateSinkStub, real, "the stub is the sink itself");
    sink_init(&sink);
    assert_hr(S_OK, CoCreateInstance(&CLSID_UnsecuredApartment, NULL, CLSCTX_LOCAL_SERVER, &IID_IWbemUnsecuredApartment,
                                     (void **)&apartment));
    assert_hr(WBEM_S_NO_ERROR, IWbemUnsecuredApartment_CreateSinkStub(apartment, &sink.iface,
                                                                      WBEM_FLAG_UNSECAPP_CHECK_ACCESS, NULL, &stub));
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_GetObjectAsync(services, B("T_Thing.Id=1"), 0, NULL, stub));
    IWbemObjectSink_Release(stub);
    assert_hr(WBEM_S_NO_ERROR, sink_wait(&sink));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemUnsecuredApartment_CreateSinkStub(apartment, &sink.iface, 4, NULL, &stub));
    assert_null(stub);
    assert_hr(WBEM_E_INVALID_PARAMETER,
              IWbemUnsecuredApartment_CreateSinkStub(apartment, &sink.iface, 0, B("?"), &stub));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemUnsecuredApartment_CreateSinkStub(apartment, NULL, 0, NULL, &stub));
    assert_int_equal(0, IWbemUnsecuredApartment_Release(apartment));
}

/* ---- */

static int set_up(void **state)
{
    if (set_up_wmi(state) < 0)
        return -1;
    make_thing_class("T_Thing");
    make_thing_class("T_Event");
    make_thing_class("T_Many");
    store_thing("T_Thing", 1, "one");
    store_many("T_Many", MANY);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_query_hands_over_its_rows),
        cmocka_unit_test(classes_and_instances_are_enumerated_into_a_sink),
        cmocka_unit_test(an_object_comes_in_one_indicate),
        cmocka_unit_test(puts_tell_the_path_at_the_end),
        cmocka_unit_test(a_methods_outputs_come_in_one_indicate),
        cmocka_unit_test(a_failure_is_told_at_the_end),
        cmocka_unit_test(a_call_that_cannot_begin_leaves_the_sink_alone),
        cmocka_unit_test(progress_is_told_to_who_wants_it),
        cmocka_unit_test(a_sink_that_fails_cancels_its_call),
        cmocka_unit_test(any_success_of_a_sink_goes_on),
        cmocka_unit_test(cancelling_waits_for_the_callback_on_another_thread),
        cmocka_unit_test(a_call_can_be_cancelled_from_within),
        cmocka_unit_test(cancelling_inside_the_last_status_is_harmless),
        cmocka_unit_test(sinks_that_cancel_each_other_do_not_wait_for_ever),
        cmocka_unit_test(one_cancel_ends_every_call_of_the_sink),
        cmocka_unit_test(cancelling_what_has_just_ended_is_fine),
        cmocka_unit_test(cancelling_nothing_says_so),
        cmocka_unit_test(cancelling_and_ending_may_race),
        cmocka_unit_test(a_sink_may_call_and_wait),
        cmocka_unit_test(one_slow_sink_holds_nobody_else_up),
        cmocka_unit_test(the_connection_may_be_let_go_of),
        cmocka_unit_test(events_come_as_they_happen_until_they_are_cancelled),
        cmocka_unit_test(subscriptions_that_wait_hold_no_threads),
        cmocka_unit_test(a_stub_from_the_apartment_stands_for_its_sink),
        cmocka_unit_test(a_sink_stub_takes_only_the_flags_of_its_own),
    };
    return cmocka_run_group_tests_name("wmi async", tests, set_up, tear_down_wmi);
}
