/* IEnumWbemClassObject: reading, waiting, going back, copying, and letting go. */
#include "wmi-face.h"
#include "wmi-sink.h"

#define MANY 2500 /* more than a queue of rows holds */
#define SEMI WBEM_FLAG_RETURN_IMMEDIATELY
#define FORWARD WBEM_FLAG_FORWARD_ONLY

static IEnumWbemClassObject *fives(LONG flags)
{
    return exec_query(flags, "SELECT * FROM T_Five");
}

static void let_go_all(IWbemClassObject **objects, ULONG count)
{
    for (ULONG i = 0; i < count; i++)
        LET_GO(objects[i]);
}

/* Next with an array that is watched: what lies behind the objects stays. */
static void next_is(IEnumWbemClassObject *rows, LONG timeout, ULONG wanted, HRESULT hr, ULONG count)
{
    IWbemClassObject *objects[16], *const mark = (IWbemClassObject *)0x5a;
    ULONG returned = 77;
    for (int i = 0; i < 16; i++)
        objects[i] = mark;
    assert_hr(hr, IEnumWbemClassObject_Next(rows, timeout, wanted, objects, &returned));
    assert_int_equal(count, returned);
    for (ULONG i = 0; i < 16; i++)
        if (i < count)
            assert_true(objects[i] && objects[i] != mark);
        else
            assert_ptr_equal(mark, objects[i]);
    let_go_all(objects, count);
}

/* ---- Next ---- */

static void rows_come_until_there_are_no_more(void **state)
{
    TRI_PROVES_METHOD(IEnumWbemClassObject, Next, real);
    static const LONG models[] = {0, SEMI, FORWARD, SEMI | FORWARD};
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
        IEnumWbemClassObject *rows = fives(models[i]);
        next_is(rows, WBEM_INFINITE, 2, WBEM_S_NO_ERROR, 2);
        next_is(rows, WBEM_INFINITE, 2, WBEM_S_NO_ERROR, 2);
        next_is(rows, WBEM_INFINITE, 2, WBEM_S_FALSE, 1);
        next_is(rows, WBEM_INFINITE, 2, WBEM_S_FALSE, 0);
        next_is(rows, 0, 1, WBEM_S_FALSE, 0);
        assert_int_equal(0, IEnumWbemClassObject_Release(rows));
    }
}

/* The end is only told to who asks for more than there is. */
static void the_last_batch_may_be_full(void **state)
{
    IEnumWbemClassObject *rows = fives(SEMI | FORWARD);
    next_is(rows, WBEM_INFINITE, 5, WBEM_S_NO_ERROR, 5);
    next_is(rows, WBEM_INFINITE, 5, WBEM_S_FALSE, 0);
    IEnumWbemClassObject_Release(rows);
}

static void asking_for_no_rows_succeeds(void **state)
{
    IEnumWbemClassObject *rows = fives(0);
    next_is(rows, WBEM_INFINITE, 0, WBEM_S_NO_ERROR, 0);
    next_is(rows, 0, 5, WBEM_S_NO_ERROR, 5);
    next_is(rows, 0, 0, WBEM_S_NO_ERROR, 0);
    IEnumWbemClassObject_Release(rows);
}

static void wrong_arguments_change_nothing(void **state)
{
    IWbemClassObject *object = (IWbemClassObject *)0x5a;
    ULONG count = 77;
    IEnumWbemClassObject *rows = fives(0);
    assert_hr(WBEM_E_INVALID_PARAMETER, IEnumWbemClassObject_Next(rows, 0, 1, NULL, &count));
    assert_hr(WBEM_E_INVALID_PARAMETER, IEnumWbemClassObject_Next(rows, 0, 1, &object, NULL));
    assert_hr(WBEM_E_INVALID_PARAMETER, IEnumWbemClassObject_Next(rows, -2, 1, &object, &count));
    assert_hr(WBEM_E_INVALID_PARAMETER, IEnumWbemClassObject_Skip(rows, -2, 1));
    assert_hr(WBEM_E_INVALID_PARAMETER, IEnumWbemClassObject_Clone(rows, NULL));
    assert_hr(WBEM_E_INVALID_PARAMETER, IEnumWbemClassObject_NextAsync(rows, 1, NULL));
    assert_int_equal(77, count);
    assert_ptr_equal((IWbemClassObject *)0x5a, object);
    assert_string_not_equal("", why());
    next_is(rows, 0, 5, WBEM_S_NO_ERROR, 5);
    IEnumWbemClassObject_Release(rows);
}

/* A semisynchronous query of a class that is not there begins well. */
static void a_failure_comes_out_of_next_each_time(void **state)
{
    IEnumWbemClassObject *rows = exec_query(SEMI | FORWARD, "SELECT * FROM T_None");
    for (int i = 0; i < 3; i++) {
        next_is(rows, WBEM_INFINITE, 3, WBEM_E_INVALID_CLASS, 0);
        assert_non_null(strstr(why(), "T_None"));
    }
    assert_hr(WBEM_E_INVALID_CLASS, IEnumWbemClassObject_Skip(rows, WBEM_INFINITE, 1));
    IEnumWbemClassObject_Release(rows);
}

static void each_reader_gets_objects_of_its_own(void **state)
{
    IEnumWbemClassObject *rows = exec_query(0, "SELECT * FROM T_Five WHERE Id = 1");
    IWbemClassObject *one = next_object(rows);
    put_text(one, "Name", "changed by a client");
    assert_hr(WBEM_S_NO_ERROR, IEnumWbemClassObject_Reset(rows));
    IWbemClassObject *two = next_object(rows);
    assert_string_equal("five", get_text(two, "Name"));
    IEnumWbemClassObject_Release(rows);
    assert_string_equal("changed by a client", get_text(one, "Name"));
    IWbemClassObject_Release(one);
    IWbemClassObject_Release(two);
}

static void thousands_of_rows_come_whole_and_once(void **state)
{
    static const LONG models[] = {0, SEMI, FORWARD, SEMI | FORWARD};
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
        IEnumWbemClassObject *rows = exec_query(models[i], "SELECT Id FROM T_Many");
        static bool seen[MANY];
        IWbemClassObject *objects[64];
        ULONG count = 0;
        HRESULT hr;
        memset(seen, 0, sizeof(seen));
        unsigned total = 0;
        do {
            hr = IEnumWbemClassObject_Next(rows, WBEM_INFINITE, 64, objects, &count);
            for (ULONG j = 0; j < count; j++, total++) {
                int id = get_number(objects[j], "Id");
                assert_in_range(id, 0, MANY - 1);
                assert_false(seen[id]);
                seen[id] = true;
            }
            let_go_all(objects, count);
        } while (hr == WBEM_S_NO_ERROR);
        assert_hr(WBEM_S_FALSE, hr);
        assert_int_equal(MANY, total);
        IEnumWbemClassObject_Release(rows);
    }
}

static _Atomic unsigned read_by_all;

static void *read_some(void *rows)
{
    IWbemClassObject *object;
    ULONG count;
    while (IEnumWbemClassObject_Next((IEnumWbemClassObject *)rows, WBEM_INFINITE, 1, &object, &count) ==
           WBEM_S_NO_ERROR) {
        atomic_fetch_add(&read_by_all, 1);
        IWbemClassObject_Release(object);
    }
    return NULL;
}

static void threads_that_share_an_enumerator_share_its_rows(void **state)
{
    static const LONG models[] = {SEMI, SEMI | FORWARD};
    for (int i = 0; i < 2; i++) {
        pthread_t threads[4];
        IEnumWbemClassObject *rows = exec_query(models[i], "SELECT Id FROM T_Many");
        atomic_store(&read_by_all, 0);
        for (int j = 0; j < 4; j++)
            assert_int_equal(0, pthread_create(&threads[j], NULL, read_some, rows));
        for (int j = 0; j < 4; j++)
            pthread_join(threads[j], NULL);
        assert_int_equal(MANY, atomic_load(&read_by_all));
        IEnumWbemClassObject_Release(rows);
    }
}

/* ---- Skip, Reset, Clone ---- */

static void skipping_passes_rows_over(void **state)
{
    IEnumWbemClassObject *rows = fives(0);
    TRI_PROVES_METHOD(IEnumWbemClassObject, Skip, real);
    assert_hr(WBEM_S_NO_ERROR, IEnumWbemClassObject_Skip(rows, 0, 3));
    next_is(rows, 0, 1, WBEM_S_NO_ERROR, 1);
    assert_hr(WBEM_S_NO_ERROR, IEnumWbemClassObject_Skip(rows, 0, 0));
    assert_hr(WBEM_S_NO_ERROR, IEnumWbemClassObject_Skip(rows, 0, 1));
    assert_hr(WBEM_S_FALSE, IEnumWbemClassObject_Skip(rows, 0, 1));
    IEnumWbemClassObject_Release(rows);
    rows = fives(SEMI | FORWARD);
    assert_hr(WBEM_S_FALSE, IEnumWbemClassObject_Skip(rows, WBEM_INFINITE, 6));
    next_is(rows, 0, 1, WBEM_S_FALSE, 0);
    IEnumWbemClassObject_Release(rows);
}

static void resetting_begins_again(void **state)
{
    IEnumWbemClassObject *rows = fives(SEMI);
    TRI_PROVES_METHOD(IEnumWbemClassObject, Reset, real);
    next_is(rows, WBEM_INFINITE, 6, WBEM_S_FALSE, 5);
    assert_hr(WBEM_S_NO_ERROR, IEnumWbemClassObject_Reset(rows));
    next_is(rows, 0, 5, WBEM_S_NO_ERROR, 5);
    IEnumWbemClassObject_Release(rows);
}

static void a_clone_goes_its_own_way(void **state)
{
    IEnumWbemClassObject *rows = fives(SEMI), *clone = NULL, *second = NULL;
    TRI_PROVES_METHOD(IEnumWbemClassObject, Clone, real);
    next_is(rows, WBEM_INFINITE, 2, WBEM_S_NO_ERROR, 2);
    assert_hr(WBEM_S_NO_ERROR, IEnumWbemClassObject_Clone(rows, &clone));
    assert_hr(WBEM_S_NO_ERROR, IEnumWbemClassObject_Clone(clone, &second));
    next_is(rows, WBEM_INFINITE, 3, WBEM_S_NO_ERROR, 3);
    assert_int_equal(0, IEnumWbemClassObject_Release(rows));
    next_is(clone, WBEM_INFINITE, 4, WBEM_S_FALSE, 3);
    assert_int_equal(0, IEnumWbemClassObject_Release(clone));
    assert_hr(WBEM_S_NO_ERROR, IEnumWbemClassObject_Reset(second));
    next_is(second, WBEM_INFINITE, 6, WBEM_S_FALSE, 5);
    assert_int_equal(0, IEnumWbemClassObject_Release(second));
}

/* The clone of a query that still runs goes on reading when the first one is let go of. */
static void a_clone_keeps_the_rows_coming(void **state)
{
    IEnumWbemClassObject *rows = exec_query(SEMI, "SELECT Id FROM T_Many"), *clone = NULL;
    assert_hr(WBEM_S_NO_ERROR, IEnumWbemClassObject_Clone(rows, &clone));
    IEnumWbemClassObject_Release(rows);
    assert_int_equal(MANY, count_objects(clone));
    IEnumWbemClassObject_Release(clone);
}

static void a_forward_only_one_neither_goes_back_nor_is_copied(void **state)
{
    static const LONG models[] = {FORWARD, SEMI | FORWARD};
    for (int i = 0; i < 2; i++) {
        IEnumWbemClassObject *rows = fives(models[i]), *clone = (IEnumWbemClassObject *)1;
        assert_hr(WBEM_E_INVALID_OPERATION, IEnumWbemClassObject_Reset(rows));
        assert_hr(WBEM_E_INVALID_OPERATION, IEnumWbemClassObject_Clone(rows, &clone));
        assert_null(clone);
        assert_string_not_equal("", why());
        next_is(rows, WBEM_INFINITE, 6, WBEM_S_FALSE, 5);
        IEnumWbemClassObject_Release(rows);
    }
}

/* ---- letting go ---- */

/* More rows than are kept for a reader, so whoever makes them waits; letting go must end that wait. The repository
 * would not let a class go while somebody reads it. */
static void letting_go_stops_whoever_makes_the_rows(void **state)
{
    for (int i = 0; i < 20; i++) {
        IEnumWbemClassObject *rows = exec_query(SEMI | FORWARD, "SELECT * FROM T_Many");
        if (i % 2)
            next_is(rows, WBEM_INFINITE, 2, WBEM_S_NO_ERROR, 2);
        assert_int_equal(0, IEnumWbemClassObject_Release(rows));
    }
    store_thing("T_Five", 77, "after");
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_DeleteInstance(services, B("T_Five.Id=77"), 0, NULL, NULL));
}

/* ---- events: rows that come when the test wants them ---- */

static IEnumWbemClassObject *watch_things(void)
{
    IEnumWbemClassObject *events = NULL;
    assert_hr(WBEM_S_NO_ERROR,
              IWbemServices_ExecNotificationQuery(
                  services, B("WQL"),
                  B("SELECT * FROM __InstanceCreationEvent WITHIN 0.1 WHERE TargetInstance ISA 'T_Event'"),
                  SEMI | FORWARD, NULL, &events));
    return events;
}

static int next_event_id; /* each event is about a new instance */

static void make_event(void)
{
    store_thing("T_Event", ++next_event_id, "event");
}

static void what_does_not_come_in_time_is_timed_out(void **state)
{
    IEnumWbemClassObject *events = watch_things();
    TRI_PROVES_METHOD(IWbemServices, ExecNotificationQuery, real);
    next_is(events, 0, 1, WBEM_S_TIMEDOUT, 0);
    unsigned long long before_ms = now_ms();
    next_is(events, 50, 1, WBEM_S_TIMEDOUT, 0);
    assert_true(now_ms() - before_ms >= 50);
    assert_hr(WBEM_S_TIMEDOUT, IEnumWbemClassObject_Skip(events, 5, 1));
    make_event();
    next_is(events, DEADLINE_MS, 1, WBEM_S_NO_ERROR, 1);
    next_is(events, 0, 1, WBEM_S_TIMEDOUT, 0);
    assert_int_equal(0, IEnumWbemClassObject_Release(events));
}

static void rows_that_came_before_the_timeout_are_handed_out(void **state)
{
    IEnumWbemClassObject *events = watch_things();
    IWbemClassObject *objects[4];
    ULONG count = 0;
    make_event();
    HRESULT hr = WBEM_S_TIMEDOUT;
    for (unsigned long long end_ms = now_ms() + DEADLINE_MS; count == 0 && now_ms() < end_ms;)
        hr = IEnumWbemClassObject_Next(events, 200, 4, objects, &count);
    assert_hr(WBEM_S_TIMEDOUT, hr);
    assert_int_equal(1, count);
    let_go_all(objects, count);
    IEnumWbemClassObject_Release(events);
}

static void an_event_has_the_object_it_is_about(void **state)
{
    IEnumWbemClassObject *events = watch_things(), *clone = (IEnumWbemClassObject *)1;
    VARIANT target;
    make_event();
    IWbemClassObject *event = next_object(events);
    assert_string_equal("__InstanceCreationEvent", get_text(event, "__CLASS"));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Get(event, B("TargetInstance"), 0, &target, NULL, NULL));
    assert_int_equal(VT_UNKNOWN, V_VT(&target));
    IWbemClassObject *thing = QUERY(V_UNKNOWN(&target), IWbemClassObject);
    assert_int_equal(next_event_id, get_number(thing, "Id"));
    IWbemClassObject_Release(thing);
    VariantClear(&target);
    IWbemClassObject_Release(event);
    assert_hr(WBEM_E_INVALID_OPERATION, IEnumWbemClassObject_Reset(events));
    assert_hr(WBEM_E_INVALID_OPERATION, IEnumWbemClassObject_Clone(events, &clone));
    IEnumWbemClassObject_Release(events);
}

static IEnumWbemClassObject *watch_with(const char *query)
{
    IEnumWbemClassObject *events = NULL;
    HRESULT hr = IWbemServices_ExecNotificationQuery(services, B("WQL"), B("%s", query), SEMI | FORWARD, NULL, &events);
    if (hr != WBEM_S_NO_ERROR)
        fail_msg("%s: 0x%08x %s", query, (unsigned)hr, why());
    return events;
}

/* The class of the object that the next event is about. */
static const char *next_target_class(IEnumWbemClassObject *events)
{
    IWbemClassObject *event = NULL;
    ULONG count = 0;
    VARIANT target;
    assert_hr(WBEM_S_NO_ERROR, IEnumWbemClassObject_Next(events, DEADLINE_MS, 1, &event, &count));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Get(event, B("TargetInstance"), 0, &target, NULL, NULL));
    IWbemClassObject *thing = QUERY(V_UNKNOWN(&target), IWbemClassObject);
    const char *name = get_text(thing, "__CLASS");
    IWbemClassObject_Release(thing);
    VariantClear(&target);
    IWbemClassObject_Release(event);
    return name;
}

/* T_Below is a T_Event too, and must be told of once. */
static void one_subscription_watches_several_classes(void **state)
{
    IWbemClassObject *cls = NULL, *below = NULL;
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_GetObject(services, B("T_Event"), 0, NULL, &cls, NULL));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_SpawnDerivedClass(cls, 0, &below));
    put_text(below, "__CLASS", "T_Below");
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_PutClass(services, below, 0, NULL, NULL));
    IEnumWbemClassObject *events = watch_with(
        "SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA 'T_Below' OR TargetInstance ISA "
        "'T_Five' OR TargetInstance ISA 't_event' AND TargetInstance.Id > 0 OR TargetInstance ISA 'T_Event'");
    store_thing("T_Below", ++next_event_id, "below");
    assert_string_equal("T_Below", next_target_class(events));
    store_thing("T_Five", 50, "five");
    assert_string_equal("T_Five", next_target_class(events));
    make_event();
    assert_string_equal("T_Event", next_target_class(events));
    next_is(events, 0, 1, WBEM_S_TIMEDOUT, 0);
    IEnumWbemClassObject_Release(events);
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_DeleteInstance(services, B("T_Five.Id=50"), 0, NULL, NULL));
    remove_class("T_Below");
    IWbemClassObject_Release(below);
    IWbemClassObject_Release(cls);
}

static void a_subscription_that_cannot_be_watched_is_refused_at_once(void **state)
{
    static const struct {
        const char *query;
        HRESULT hr;
    } rows[] = {
        {"SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA 'Win32_Process'", (HRESULT)0x80042002},
        {"SELECT * FROM T_Five WITHIN 1", WBEM_E_NOT_EVENT_CLASS},
        {"SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA 'T_Five' OR TargetInstance.Id = 1",
         WBEMESS_E_REGISTRATION_TOO_BROAD},
        {"SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA 'T_Five' OR TargetInstance ISA 'T_None'",
         WBEM_E_INVALID_CLASS},
        {"SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA 'T_Five' OR TargetInstance ISA "
         "'Win32_Process'",
         WBEMESS_E_REGISTRATION_TOO_PRECISE},
        {"SELECT * FROM", WBEM_E_UNPARSABLE_QUERY},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        IEnumWbemClassObject *events = (IEnumWbemClassObject *)1;
        HRESULT hr = IWbemServices_ExecNotificationQuery(services, B("WQL"), B("%s", rows[i].query), SEMI | FORWARD,
                                                         NULL, &events);
        if (hr != rows[i].hr)
            fail_msg("%s: 0x%08x", rows[i].query, (unsigned)hr);
        assert_null(events);
    }
}

static void make_event_class(const char *name)
{
    IWbemClassObject *parent = NULL, *cls = NULL;
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_GetObject(services, B("__ExtrinsicEvent"), 0, NULL, &parent, NULL));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_SpawnDerivedClass(parent, 0, &cls));
    put_text(cls, "__CLASS", name);
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_PutClass(services, cls, 0, NULL, NULL));
    IWbemClassObject_Release(cls);
    IWbemClassObject_Release(parent);
}

/* Events of the program's own, which come while they are raised. */
struct alarm {
    IWbemObjectSink *sink;
    IWbemClassObject *event;
    IEnumWbemClassObject *events; /* what a subscription to them is told */
};

static void alarm_init(struct alarm *alarm)
{
    IWbemClassObject *cls = NULL;
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_GetObject(services, B("T_Alarm"), 0, NULL, &cls, NULL));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_SpawnInstance(cls, 0, &alarm->event));
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_QueryObjectSink(services, 0, &alarm->sink));
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_ExecNotificationQuery(services, B("WQL"), B("SELECT * FROM T_Alarm"),
                                                                   SEMI | FORWARD, NULL, &alarm->events));
    IWbemClassObject_Release(cls);
}

static void alarm_finish(struct alarm *alarm)
{
    LET_GO(alarm->events);
    LET_GO(alarm->event);
    LET_GO(alarm->sink);
}

static void alarm_raise(struct alarm *alarm)
{
    assert_hr(WBEM_S_NO_ERROR, IWbemObjectSink_Indicate(alarm->sink, 1, &alarm->event));
}

/* Also to who reads several at once, and has some of those before the gap. */
static void lost_events_are_told_once(void **state)
{
    enum { KEPT = 10000, BATCH = 7, LEFT = KEPT % BATCH };
    struct alarm alarm;
    alarm_init(&alarm);
    for (int i = 0; i < KEPT + 1; i++)
        alarm_raise(&alarm);
    for (int i = 0; i < KEPT / BATCH; i++)
        next_is(alarm.events, 0, BATCH, WBEM_S_NO_ERROR, BATCH);
    next_is(alarm.events, 0, BATCH, WBEM_S_TIMEDOUT, LEFT);
    next_is(alarm.events, 0, BATCH, WBEM_E_QUEUE_OVERFLOW, 0);
    next_is(alarm.events, 0, BATCH, WBEM_S_TIMEDOUT, 0);
    alarm_raise(&alarm);
    next_is(alarm.events, 0, 1, WBEM_S_NO_ERROR, 1);
    alarm_finish(&alarm);
}

/* ---- NextAsync ---- */

static void next_async_hands_rows_to_a_sink(void **state)
{
    struct sink sink;
    IEnumWbemClassObject *rows = fives(SEMI | FORWARD);
    TRI_PROVES_METHOD(IEnumWbemClassObject, NextAsync, real);
    sink_init(&sink);
    assert_hr(WBEM_S_NO_ERROR, IEnumWbemClassObject_NextAsync(rows, 3, &sink.iface));
    assert_hr(WBEM_S_NO_ERROR, sink_wait(&sink));
    assert_int_equal(3, atomic_load(&sink.objects));
    sink_init(&sink);
    assert_hr(WBEM_S_NO_ERROR, IEnumWbemClassObject_NextAsync(rows, 3, &sink.iface));
    assert_hr(WBEM_S_FALSE, sink_wait(&sink));
    assert_int_equal(2, atomic_load(&sink.objects));
    sink_init(&sink);
    assert_hr(WBEM_S_FALSE, IEnumWbemClassObject_NextAsync(rows, 0, &sink.iface));
    assert_int_equal(1, atomic_load(&sink.references));
    IEnumWbemClassObject_Release(rows);
}

static _Atomic int turn;

static void note_turn(struct sink *sink)
{
    *(int *)sink->context = atomic_fetch_add(&turn, 1);
}

static void requests_are_served_in_their_order(void **state)
{
    struct sink sinks[5];
    int turns[5];
    IEnumWbemClassObject *rows = fives(SEMI | FORWARD);
    atomic_store(&turn, 0);
    for (int i = 0; i < 5; i++) {
        sink_init(&sinks[i]);
        sinks[i].on_end = note_turn;
        sinks[i].context = &turns[i];
        assert_hr(WBEM_S_NO_ERROR, IEnumWbemClassObject_NextAsync(rows, 1, &sinks[i].iface));
    }
    for (int i = 0; i < 5; i++) {
        assert_hr(WBEM_S_NO_ERROR, sink_wait(&sinks[i]));
        assert_int_equal(i, turns[i]);
        assert_int_equal(1, atomic_load(&sinks[i].objects));
    }
    IEnumWbemClassObject_Release(rows);
}

static void a_failure_reaches_the_sink_of_next_async(void **state)
{
    struct sink sink;
    IEnumWbemClassObject *rows = exec_query(SEMI | FORWARD, "SELECT * FROM T_None");
    sink_init(&sink);
    assert_hr(WBEM_S_NO_ERROR, IEnumWbemClassObject_NextAsync(rows, 3, &sink.iface));
    assert_hr(WBEM_E_INVALID_CLASS, sink_wait(&sink));
    assert_non_null(strstr(sink.sentence, "T_None"));
    assert_string_equal("ExecQuery", sink.operation);
    IEnumWbemClassObject_Release(rows);
}

/* The one that is cancelled goes; the others, and the rows, stay. */
static void a_request_can_be_cancelled(void **state)
{
    struct sink first, second, third;
    IEnumWbemClassObject *events = watch_things();
    sink_init(&first);
    sink_init(&second);
    sink_init(&third);
    assert_hr(WBEM_S_NO_ERROR, IEnumWbemClassObject_NextAsync(events, 1, &first.iface));
    assert_hr(WBEM_S_NO_ERROR, IEnumWbemClassObject_NextAsync(events, 1, &second.iface));
    assert_hr(WBEM_S_NO_ERROR, IEnumWbemClassObject_NextAsync(events, 1, &third.iface));
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_CancelAsyncCall(services, &second.iface));
    assert_int_equal(1, atomic_load(&second.references));
    assert_int_equal(1, atomic_load(&second.ends));
    assert_hr(WBEM_E_CALL_CANCELLED, atomic_load(&second.end_hr));
    make_event();
    assert_hr(WBEM_S_NO_ERROR, sink_wait(&first));
    assert_int_equal(1, atomic_load(&first.objects));
    assert_int_equal(0, atomic_load(&third.ends));
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_CancelAsyncCall(services, &third.iface));
    assert_int_equal(1, atomic_load(&third.references));
    assert_hr(WBEM_E_CALL_CANCELLED, atomic_load(&third.end_hr));
    make_event(); /* the rows go on */
    next_is(events, DEADLINE_MS, 1, WBEM_S_NO_ERROR, 1);
    IEnumWbemClassObject_Release(events);
}

static void *raise_alarm(void *alarm)
{
    alarm_raise(alarm);
    return NULL;
}

/* What was waiting for rows when it was cancelled is not told of any, and keeps nobody from letting go of them. */
static void a_cancelled_request_holds_no_subscription(void **state)
{
    struct alarm alarm, other;
    struct sink sink;
    pthread_t thread;
    alarm_init(&alarm);
    alarm_init(&other);
    sink_init(&sink);
    assert_hr(WBEM_S_NO_ERROR, IEnumWbemClassObject_NextAsync(alarm.events, 5, &sink.iface));
    alarm_raise(&alarm);
    assert_comes(atomic_load(&sink.objects) == 1);
    poll(NULL, 0, 50); /* it waits for the second */
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_CancelAsyncCall(services, &sink.iface));
    assert_hr(WBEM_E_CALL_CANCELLED, sink_wait(&sink));
    assert_int_equal(0, IEnumWbemClassObject_Release(alarm.events));
    alarm.events = NULL;
    assert_int_equal(0, pthread_create(&thread, NULL, raise_alarm, &alarm));
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 30;
    assert_int_equal(0, pthread_timedjoin_np(thread, NULL, &end));
    next_is(other.events, DEADLINE_MS, 2, WBEM_S_NO_ERROR, 2);
    alarm_finish(&alarm);
    alarm_finish(&other);
}

/* ---- */

static int set_up(void **state)
{
    if (set_up_wmi(state) < 0)
        return -1;
    make_thing_class("T_Five");
    make_thing_class("T_Many");
    make_thing_class("T_Event");
    make_event_class("T_Alarm");
    for (int i = 1; i <= 5; i++)
        store_thing("T_Five", i, "five");
    store_many("T_Many", MANY);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_until_there_are_no_more),
        cmocka_unit_test(the_last_batch_may_be_full),
        cmocka_unit_test(asking_for_no_rows_succeeds),
        cmocka_unit_test(wrong_arguments_change_nothing),
        cmocka_unit_test(a_failure_comes_out_of_next_each_time),
        cmocka_unit_test(each_reader_gets_objects_of_its_own),
        cmocka_unit_test(thousands_of_rows_come_whole_and_once),
        cmocka_unit_test(threads_that_share_an_enumerator_share_its_rows),
        cmocka_unit_test(skipping_passes_rows_over),
        cmocka_unit_test(resetting_begins_again),
        cmocka_unit_test(a_clone_goes_its_own_way),
        cmocka_unit_test(a_clone_keeps_the_rows_coming),
        cmocka_unit_test(a_forward_only_one_neither_goes_back_nor_is_copied),
        cmocka_unit_test(letting_go_stops_whoever_makes_the_rows),
        cmocka_unit_test(what_does_not_come_in_time_is_timed_out),
        cmocka_unit_test(rows_that_came_before_the_timeout_are_handed_out),
        cmocka_unit_test(an_event_has_the_object_it_is_about),
        cmocka_unit_test(one_subscription_watches_several_classes),
        cmocka_unit_test(a_subscription_that_cannot_be_watched_is_refused_at_once),
        cmocka_unit_test(lost_events_are_told_once),
        cmocka_unit_test(next_async_hands_rows_to_a_sink),
        cmocka_unit_test(requests_are_served_in_their_order),
        cmocka_unit_test(a_failure_reaches_the_sink_of_next_async),
        cmocka_unit_test(a_request_can_be_cancelled),
        cmocka_unit_test(a_cancelled_request_holds_no_subscription),
    };
    return cmocka_run_group_tests_name("wmi enumerator", tests, set_up, tear_down_wmi);
}
