/* Notification queries: what is told, what is not, and what is refused. */
#include "call-test.h"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "management/events.h"
#include "management/process-connector.h"

/* ---- a provider whose items come, change and go ---- */

static struct item {
    uint32_t id, size;
    bool is_there;
} items[8];
static pthread_mutex_t items_lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic unsigned looks;
static _Atomic int fails; /* so many times more */
static _Atomic bool hangs;
static struct gate may_go_on = GATE;

static void set_item(uint32_t id, uint32_t size, bool is_there)
{
    pthread_mutex_lock(&items_lock);
    items[id] = (struct item){id, size, is_there};
    pthread_mutex_unlock(&items_lock);
}

static void get_id(const void *row, struct tri_value *ret)
{
    tri_value_set_unsigned(ret, ((const struct item *)row)->id);
}

static void get_size(const void *row, struct tri_value *ret)
{
    tri_value_set_unsigned(ret, ((const struct item *)row)->size);
}

static int item_scan(struct tri_scan *scan, struct tri_error *error)
{
    struct item now[8];
    int r = 0;
    looks++;
    if (hangs)
        (void)gate_reached(&may_go_on, 1);
    if (fails > 0 && fails-- > 0)
        return tri_error_set(error, TRI_MANAGEMENT_PROVIDER_FAILURE, NULL, "The items cannot be listed.");
    pthread_mutex_lock(&items_lock);
    memcpy(now, items, sizeof(now));
    pthread_mutex_unlock(&items_lock);
    for (size_t i = 0; i < 8 && r == 0; i++)
        if (now[i].is_there)
            r = tri_scan_row(scan, &now[i]);
    return r;
}

static const struct tri_field fields[] = {{"Id", 0, get_id}, {"Size", 0, get_size}};
static const struct tri_provided_class item_table = {
    .name_space = NAME_SPACE, .name = "Test_Item", .fields = fields, .field_count = 2, .scan = item_scan};
static const struct tri_provided_class *const tables[] = {&item_table, NULL};
const struct tri_provided_class *const *const tri_provider_lists[] = {tables, NULL};

static int make_classes(void **state)
{
    open_repository();
    put_class(NULL, "[dynamic, provider(\"test\")] class Test_Item { [key] uint32 Id; uint32 Size; };");
    put_class(NULL, "class Test_Note { [key] string Name; string Text; };");
    put_class("__ExtrinsicEvent", "class Test_Signal : __ExtrinsicEvent { uint32 Number; string Name; };");
    return 0;
}

static int drop_classes(void **state)
{
    return close_repository();
}

static int empty(void **state)
{
    for (uint32_t i = 0; i < 8; i++)
        set_item(i, 0, false);
    fails = 0;
    hangs = false;
    gate_close(&may_go_on);
    return 0;
}

/* ---- subscriptions ---- */

static struct tri_call *subscribe(const char *query)
{
    return start(&(struct tri_call_spec){.kind = TRI_CALL_NOTIFY, .text = query}, false);
}

static int subscribe_code(const char *query)
{
    struct tri_error error = {0};
    struct tri_call *call = NULL;
    int code =
        tri_call_start(ns, &(struct tri_call_spec){.kind = TRI_CALL_NOTIFY, .text = query}, false, &call, &error);
    if (code < 0)
        assert_non_null(error.text);
    tri_error_clear(&error);
    tri_call_unref(call);
    return code;
}

static void unsubscribe(struct tri_call *call)
{
    tri_call_cancel(call);
    assert_int_equal(finished(call).code, TRI_MANAGEMENT_CANCELLED);
    tri_call_unref(call);
}

/* The next event: its class, and a property of what it is about. */
static void expect_event(struct tri_call *call, const char *class_name, const char *property, uint64_t expected)
{
    struct tri_cim_object *event;
    uint64_t position = 0;
    assert_int_equal(tri_call_next(call, &position, patience(), &event), 1);
    assert_string_equal(event->cls->name, class_name);
    const struct tri_value *target = tri_cim_object_find(event, "TargetInstance");
    const struct tri_value *value = tri_cim_object_find(target ? target->object : event, property);
    assert_non_null(value);
    assert_int_equal(value->natural, expected);
    tri_cim_object_unref(event);
}

/* Nothing so far, and the provider was asked since. */
static void expect_nothing(struct tri_call *call)
{
    struct tri_cim_object *event;
    uint64_t position = 0;
    unsigned before = looks;
    EVENTUALLY(looks >= before + 2);
    assert_int_equal(tri_call_next(call, &position, 0, &event), -ETIMEDOUT);
}

#define WITHIN_ITEM " WITHIN 0.1 WHERE TargetInstance ISA 'Test_Item'"

static void what_comes_changes_and_goes_is_told(void **state)
{
    set_item(1, 10, true);
    struct tri_call *call = subscribe("SELECT * FROM __InstanceOperationEvent" WITHIN_ITEM);
    expect_nothing(call); /* of what was there before */
    set_item(2, 20, true);
    expect_event(call, "__InstanceCreationEvent", "Id", 2);
    set_item(1, 11, true);
    expect_event(call, "__InstanceModificationEvent", "Size", 11);
    set_item(2, 20, false);
    expect_event(call, "__InstanceDeletionEvent", "Id", 2);
    expect_nothing(call);
    unsubscribe(call);
}

static void only_the_kind_that_is_asked_for_is_told(void **state)
{
    struct tri_call *call = subscribe("SELECT * FROM __InstanceDeletionEvent" WITHIN_ITEM);
    set_item(3, 1, true);
    expect_nothing(call);
    set_item(3, 1, false);
    expect_event(call, "__InstanceDeletionEvent", "Id", 3);
    unsubscribe(call);
}

static void the_condition_may_look_into_the_instances(void **state)
{
    struct tri_call *call = subscribe("SELECT * FROM __InstanceModificationEvent" WITHIN_ITEM
                                      " AND TargetInstance.Size > 100 AND PreviousInstance.Size < 100");
    set_item(1, 1, true);
    set_item(2, 500, true);
    expect_nothing(call);
    set_item(1, 2, true);
    expect_nothing(call);
    set_item(2, 600, true);
    expect_nothing(call);
    set_item(1, 101, true);
    expect_event(call, "__InstanceModificationEvent", "Size", 101);
    unsubscribe(call);
}

static void an_event_has_its_time_and_no_path(void **state)
{
    struct tri_call *call = subscribe("SELECT * FROM __InstanceCreationEvent" WITHIN_ITEM);
    struct tri_cim_object *event;
    uint64_t position = 0, ticks = tri_clock_wall_ns() / 100 + 116444736000000000ull;
    set_item(4, 1, true);
    assert_int_equal(tri_call_next(call, &position, patience(), &event), 1);
    assert_true(tri_cim_object_find(event, "TIME_CREATED")->natural >= ticks);
    char *path = NULL;
    assert_int_equal(tri_cim_object_path(event, &path), 0);
    assert_null(path);
    assert_int_equal(tri_cim_object_path(tri_cim_object_find(event, "TargetInstance")->object, &path), 0);
    assert_non_null(strstr(path, "Test_Item.Id=4"));
    free(path);
    tri_cim_object_unref(event);
    unsubscribe(call);
}

static void selected_properties_come_whole(void **state)
{
    struct tri_call *call = subscribe("SELECT TargetInstance.Size FROM __InstanceCreationEvent" WITHIN_ITEM);
    struct tri_cim_object *event;
    uint64_t position = 0;
    set_item(5, 50, true);
    assert_int_equal(tri_call_next(call, &position, patience(), &event), 1);
    assert_null(tri_cim_object_find(event, "TIME_CREATED"));
    assert_int_equal(tri_cim_object_find(tri_cim_object_find(event, "TargetInstance")->object, "Id")->natural, 5);
    tri_cim_object_unref(event);
    unsubscribe(call);
}

/* ---- stored things ---- */

static int put_note(const char *name, const char *text)
{
    struct tri_cim_object *object = instance_of("Test_Note");
    tri_cim_object_set_string(object, "Name", name);
    tri_cim_object_set_string(object, "Text", text);
    int code = outcome(&(struct tri_call_spec){.kind = TRI_CALL_PUT_INSTANCE, .object = object}, true);
    tri_cim_object_unref(object);
    return code;
}

static void expect_class(struct tri_call *call, const char *class_name)
{
    struct tri_cim_object *event;
    uint64_t position = 0;
    assert_int_equal(tri_call_next(call, &position, patience(), &event), 1);
    assert_string_equal(event->cls->name, class_name);
    tri_cim_object_unref(event);
}

static void changes_of_stored_instances_are_told_without_within(void **state)
{
    struct tri_call *call = subscribe("SELECT * FROM __InstanceOperationEvent WHERE TargetInstance ISA 'Test_Note'");
    assert_int_equal(put_note("a", "one"), 0);
    expect_class(call, "__InstanceCreationEvent");
    assert_int_equal(put_note("a", "two"), 0);
    expect_class(call, "__InstanceModificationEvent");
    struct tri_call_spec spec = {.kind = TRI_CALL_DELETE_INSTANCE, .text = "Test_Note=\"a\""};
    assert_int_equal(outcome(&spec, true), 0);
    expect_class(call, "__InstanceDeletionEvent");
    unsubscribe(call);
}

static void changes_of_classes_are_told(void **state)
{
    struct tri_call *call = subscribe("SELECT * FROM __ClassOperationEvent WHERE TargetClass ISA 'Test_Changing'");
    put_class(NULL, "class Test_Other { [key] string Name; };");
    put_class(NULL, "class Test_Changing { [key] string Name; };");
    expect_class(call, "__ClassCreationEvent");
    put_class(NULL, "class Test_Changing { [key] string Name; string More; };");
    expect_class(call, "__ClassModificationEvent");
    assert_int_equal(outcome(&(struct tri_call_spec){.kind = TRI_CALL_DELETE_CLASS, .text = "Test_Changing"}, true), 0);
    expect_class(call, "__ClassDeletionEvent");
    unsubscribe(call);
}

static void changes_of_namespaces_are_told(void **state)
{
    struct tri_call *call = subscribe("SELECT * FROM __NamespaceOperationEvent");
    struct tri_cim_object *child = instance_of("__NAMESPACE");
    tri_cim_object_set_string(child, "Name", "events");
    assert_int_equal(outcome(&(struct tri_call_spec){.kind = TRI_CALL_PUT_INSTANCE, .object = child}, true), 0);
    tri_cim_object_unref(child);
    expect_class(call, "__NamespaceCreationEvent");
    struct tri_call_spec spec = {.kind = TRI_CALL_DELETE_INSTANCE, .text = "__NAMESPACE=\"events\""};
    assert_int_equal(outcome(&spec, true), 0);
    expect_class(call, "__NamespaceDeletionEvent");
    unsubscribe(call);
}

/* ---- raised events ---- */

static void raise_signal(const char *name_space, uint32_t number)
{
    struct tri_cim_object *event = instance_of("Test_Signal");
    tri_cim_object_set_unsigned(event, "Number", number);
    tri_cim_object_set_string(event, "Name", number % 2 ? "odd" : "even");
    tri_event_raise(name_space, event);
    tri_cim_object_unref(event);
}

static void raised_events_reach_those_who_watch_for_them(void **state)
{
    struct tri_call *all = subscribe("SELECT * FROM Test_Signal");
    struct tri_call *some = subscribe("SELECT * FROM __ExtrinsicEvent WHERE __CLASS = 'Test_Signal'");
    struct tri_call *odd = subscribe("SELECT Number FROM Test_Signal WHERE Name = 'odd'");
    raise_signal("root\\elsewhere", 4);
    raise_signal(NAME_SPACE, 6);
    raise_signal("ROOT\\Default", 7);
    expect_event(all, "Test_Signal", "Number", 6);
    expect_event(all, "Test_Signal", "Number", 7);
    expect_event(some, "Test_Signal", "Number", 6);
    expect_event(odd, "Test_Signal", "Number", 7);
    unsubscribe(odd);
    raise_signal(NAME_SPACE, 9);
    expect_event(all, "Test_Signal", "Number", 9);
    unsubscribe(all);
    unsubscribe(some);
}

static void events_beyond_the_queue_are_lost_and_that_is_said(void **state)
{
    struct tri_call *call = subscribe("SELECT * FROM Test_Signal");
    struct tri_cim_object *event;
    uint64_t position = 0;
    int code, count = 0;
    for (uint32_t i = 0; i < 10010; i++)
        raise_signal(NAME_SPACE, i);
    while ((code = tri_call_next(call, &position, 0, &event)) == 1) {
        tri_cim_object_unref(event);
        count++;
    }
    assert_int_equal(count, 10000);
    assert_int_equal(code, TRI_MANAGEMENT_QUEUE_OVERFLOW);
    assert_int_equal(tri_call_next(call, &position, 0, &event), -ETIMEDOUT);
    raise_signal(NAME_SPACE, 5);
    expect_event(call, "Test_Signal", "Number", 5);
    unsubscribe(call);
}

/* ---- processes ---- */

static struct tri_call *subscribe_in(const char *name_space, const char *query)
{
    struct tri_error error = {0};
    struct tri_namespace *other = NULL;
    struct tri_call *call = NULL;
    check(tri_namespace_open(name_space, &other, &error), &error);
    check(tri_call_start(other, &(struct tri_call_spec){.kind = TRI_CALL_NOTIFY, .text = query}, false, &call, &error),
          &error);
    tri_namespace_unref(other);
    return call;
}

static pid_t spawn(const char *name, const char *argument)
{
    char *const arguments[] = {(char *)name, (char *)argument, NULL};
    pid_t pid;
    assert_int_equal(posix_spawnp(&pid, name, NULL, NULL, arguments, NULL), 0);
    return pid;
}

static void end_process(pid_t pid)
{
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* The event about that process, among all that happen on this machine. */
static struct tri_cim_object *event_of(struct tri_call *call, pid_t pid)
{
    struct tri_cim_object *event;
    uint64_t position = 0;
    for (;;) {
        assert_int_equal(tri_call_next(call, &position, patience(), &event), 1);
        if (tri_cim_object_find(event, "ProcessID")->natural == (uint64_t)pid)
            return event;
        tri_cim_object_unref(event);
    }
}

static void expect_process(struct tri_call *call, pid_t pid, const char *class_name, const char *name)
{
    struct tri_cim_object *event = event_of(call, pid);
    assert_string_equal(event->cls->name, class_name);
    assert_string_equal(tri_cim_object_find(event, "ProcessName")->string, name);
    assert_int_equal(tri_cim_object_find(event, "ParentProcessID")->natural, getpid());
    tri_cim_object_unref(event);
}

static void processes_that_start_and_stop_are_told(void **state)
{
    struct tri_call *call = subscribe_in("root\\cimv2", "SELECT * FROM Win32_ProcessTrace");
    pid_t pid = spawn("sleep", "1000");
    expect_process(call, pid, "Win32_ProcessStartTrace", "sleep");
    end_process(pid);
    expect_process(call, pid, "Win32_ProcessStopTrace", "sleep");
    unsubscribe(call);
}

static void only_processes_that_match_are_told(void **state)
{
    struct tri_call *call =
        subscribe_in("root\\cimv2", "SELECT * FROM Win32_ProcessStartTrace WHERE ProcessName = 'sleep'");
    pid_t other = spawn("true", NULL), sleeper = spawn("sleep", "1000"), pid = sleeper;
    struct tri_cim_object *event;
    uint64_t position = 0;
    do {
        assert_int_equal(tri_call_next(call, &position, patience(), &event), 1);
        assert_string_equal(tri_cim_object_find(event, "ProcessName")->string, "sleep");
        assert_int_not_equal(tri_cim_object_find(event, "ProcessID")->natural, other);
        pid = tri_cim_object_find(event, "ProcessID")->natural == (uint64_t)pid ? 0 : pid;
        tri_cim_object_unref(event);
    } while (pid);
    end_process(sleeper);
    assert_int_equal(waitpid(other, NULL, 0), other);
    unsubscribe(call);
}

static void short_lives_and_how_they_ended_are_told_where_the_kernel_does(void **state)
{
    int fd = tri_process_connector_open();
    if (fd < 0) {
        print_message("# skipped: the kernel tells this process nothing of others (error %d)\n", -fd);
        return;
    }
    close(fd);
    struct tri_call *call = subscribe_in("root\\cimv2", "SELECT * FROM Win32_ProcessStopTrace");
    for (int i = 0; i < 20; i++) {
        pid_t pid = spawn(i % 2 ? "false" : "true", NULL);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        struct tri_cim_object *event = event_of(call, pid);
        assert_int_equal(tri_cim_object_find(event, "ExitStatus")->natural, i % 2);
        tri_cim_object_unref(event);
    }
    unsubscribe(call);
}

/* ---- groups ---- */

static void expect_group(struct tri_call *call, uint64_t count, const char *name)
{
    struct tri_cim_object *event;
    uint64_t position = 0;
    assert_int_equal(tri_call_next(call, &position, patience(), &event), 1);
    assert_string_equal(event->cls->name, "__AggregateEvent");
    assert_int_equal(tri_cim_object_find(event, "NumberOfEvents")->natural, count);
    const struct tri_value *representative = tri_cim_object_find(event, "Representative");
    if (name)
        assert_string_equal(tri_cim_object_find(representative->object, "Name")->string, name);
    tri_cim_object_unref(event);
}

static void grouped_events_are_told_as_one(void **state)
{
    struct tri_call *call = subscribe("SELECT * FROM Test_Signal GROUP WITHIN 2");
    for (uint32_t i = 0; i < 5; i++)
        raise_signal(NAME_SPACE, i);
    expect_group(call, 5, "even");
    raise_signal(NAME_SPACE, 1);
    expect_group(call, 1, "odd");
    unsubscribe(call);
}

static void groups_are_made_by_properties_and_may_be_too_small(void **state)
{
    struct tri_call *call = subscribe("SELECT * FROM Test_Signal GROUP WITHIN 2 BY Name HAVING NumberOfEvents >= 3");
    for (uint32_t i = 0; i < 5; i++)
        raise_signal(NAME_SPACE, i);
    expect_group(call, 3, "even");
    for (uint32_t i = 0; i < 4; i++)
        raise_signal(NAME_SPACE, 1);
    expect_group(call, 4, "odd");
    unsubscribe(call);
}

/* ---- the end ---- */

static void a_cancelled_subscription_looks_no_more(void **state)
{
    struct tri_call *call = subscribe("SELECT * FROM __InstanceCreationEvent" WITHIN_ITEM);
    expect_nothing(call);
    unsubscribe(call);
    EVENTUALLY(tri_op_live() == 0);
    unsigned before = looks;
    struct timespec pause = {.tv_nsec = 250 * (long)TRI_NS_PER_MS};
    nanosleep(&pause, NULL);
    assert_int_equal(looks, before);
}

static void *cancel_it(void *call)
{
    tri_call_cancel(call);
    return NULL;
}

static void a_reader_who_waits_is_woken_by_a_cancel(void **state)
{
    struct tri_call *call = subscribe("SELECT * FROM Test_Signal");
    struct tri_cim_object *event;
    pthread_t thread;
    uint64_t position = 0;
    assert_int_equal(pthread_create(&thread, NULL, cancel_it, call), 0);
    assert_int_equal(tri_call_next(call, &position, TRI_DEADLINE_NEVER, &event), TRI_MANAGEMENT_CANCELLED);
    pthread_join(thread, NULL);
    tri_call_unref(call);
}

static void a_subscription_that_is_let_go_of_ends(void **state)
{
    struct tri_call *call = subscribe("SELECT * FROM __InstanceCreationEvent" WITHIN_ITEM);
    tri_call_unref(call);
    EVENTUALLY(tri_op_live() == 0);
}

static void a_provider_that_keeps_failing_ends_the_subscription(void **state)
{
    struct tri_call *call = subscribe("SELECT * FROM __InstanceCreationEvent" WITHIN_ITEM);
    fails = 1000;
    struct tri_call_result result = finished(call);
    assert_int_equal(result.code, TRI_MANAGEMENT_PROVIDER_FAILURE);
    assert_string_equal(result.error->text, "The items cannot be listed.");
    tri_call_unref(call);
    assert_int_equal(subscribe_code("SELECT * FROM __InstanceCreationEvent" WITHIN_ITEM),
                     TRI_MANAGEMENT_PROVIDER_FAILURE);
}

static void a_provider_that_fails_once_does_not_end_it(void **state)
{
    set_item(1, 1, true);
    struct tri_call *call = subscribe("SELECT * FROM __InstanceOperationEvent" WITHIN_ITEM);
    fails = 3;
    EVENTUALLY(fails == 0);
    expect_nothing(call);
    set_item(2, 2, true);
    expect_event(call, "__InstanceCreationEvent", "Id", 2);
    unsubscribe(call);
}

static void a_provider_that_hangs_ends_the_subscription(void **state)
{
    setenv("TRIREME_OP_TIMEOUT", "3", 1); /* for a first look that is to succeed, too */
    struct tri_call *call = subscribe("SELECT * FROM __InstanceCreationEvent" WITHIN_ITEM);
    hangs = true;
    assert_int_equal(finished(call).code, TRI_MANAGEMENT_PROVIDER_TIMED_OUT);
    tri_call_unref(call);
    assert_int_equal(subscribe_code("SELECT * FROM __InstanceCreationEvent" WITHIN_ITEM),
                     TRI_MANAGEMENT_PROVIDER_TIMED_OUT);
    unsetenv("TRIREME_OP_TIMEOUT");
    gate_pass(&may_go_on);
}

static void subscriptions_come_and_go_while_events_are_raised(void **state)
{
    for (int i = 0; i < 50; i++) {
        struct tri_call *calls[4];
        for (int j = 0; j < 4; j++)
            calls[j] =
                subscribe(j & 1 ? "SELECT * FROM Test_Signal" : "SELECT * FROM __InstanceOperationEvent" WITHIN_ITEM);
        set_item((uint32_t)i % 8, (uint32_t)i, i & 1);
        raise_signal(NAME_SPACE, (uint32_t)i);
        for (int j = 0; j < 4; j++)
            tri_call_unref(calls[j]);
    }
}

/* ---- refusals ---- */

static void what_cannot_be_watched_is_refused_at_once(void **state)
{
    assert_int_equal(subscribe_code("SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA 'Test_Item'"),
                     TRI_MANAGEMENT_REGISTRATION_TOO_PRECISE);
    assert_int_equal(subscribe_code("SELECT * FROM __InstanceCreationEvent WITHIN 1"),
                     TRI_MANAGEMENT_REGISTRATION_TOO_BROAD);
    assert_int_equal(subscribe_code("SELECT * FROM __Event"), TRI_MANAGEMENT_REGISTRATION_TOO_BROAD);
    assert_int_equal(subscribe_code("SELECT * FROM Test_Note"), TRI_MANAGEMENT_NOT_EVENT_CLASS);
    assert_int_equal(subscribe_code("SELECT * FROM Test_Nothing"), TRI_MANAGEMENT_INVALID_CLASS);
    assert_int_equal(
        subscribe_code("SELECT * FROM __InstanceCreationEvent WITHIN 1 WHERE TargetInstance ISA 'Test_Nothing'"),
        TRI_MANAGEMENT_INVALID_CLASS);
    assert_int_equal(subscribe_code("SELECT Colour FROM Test_Signal"), TRI_MANAGEMENT_INVALID_QUERY);
    assert_int_equal(subscribe_code("SELECT * FROM Test_Signal WHERE Colour = 1"), TRI_MANAGEMENT_INVALID_QUERY);
    assert_int_equal(subscribe_code("SELECT * FROM Test_Signal GROUP WITHIN 1 BY Name.More"),
                     TRI_MANAGEMENT_PROPERTY_NOT_AN_OBJECT);
    assert_int_equal(
        subscribe_code("SELECT * FROM __InstanceCreationEvent" WITHIN_ITEM " GROUP WITHIN 1 BY TargetInstance"),
        TRI_MANAGEMENT_AGGREGATING_BY_OBJECT);
    assert_true(subscribe_code("SELECT nothing at all") < 0);
    struct tri_call_spec spec = {.kind = TRI_CALL_NOTIFY, .text = "SELECT * FROM Test_Signal"};
    assert_int_equal(start_refused(&spec), TRI_MANAGEMENT_INVALID_PARAMETER); /* it never ends */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, empty, nothing_is_left)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_comes_changes_and_goes_is_told),
        TEST(only_the_kind_that_is_asked_for_is_told),
        TEST(the_condition_may_look_into_the_instances),
        TEST(an_event_has_its_time_and_no_path),
        TEST(selected_properties_come_whole),
        TEST(changes_of_stored_instances_are_told_without_within),
        TEST(changes_of_classes_are_told),
        TEST(changes_of_namespaces_are_told),
        TEST(raised_events_reach_those_who_watch_for_them),
        TEST(events_beyond_the_queue_are_lost_and_that_is_said),
        TEST(processes_that_start_and_stop_are_told),
        TEST(only_processes_that_match_are_told),
        TEST(short_lives_and_how_they_ended_are_told_where_the_kernel_does),
        TEST(grouped_events_are_told_as_one),
        TEST(groups_are_made_by_properties_and_may_be_too_small),
        TEST(a_cancelled_subscription_looks_no_more),
        TEST(a_reader_who_waits_is_woken_by_a_cancel),
        TEST(a_subscription_that_is_let_go_of_ends),
        TEST(a_provider_that_keeps_failing_ends_the_subscription),
        TEST(a_provider_that_fails_once_does_not_end_it),
        TEST(a_provider_that_hangs_ends_the_subscription),
        TEST(subscriptions_come_and_go_while_events_are_raised),
        TEST(what_cannot_be_watched_is_refused_at_once),
    };
    return cmocka_run_group_tests(tests, make_classes, drop_classes);
}
