/* Providers that hang, are slow, or are told to stop. */
#include "call-test.h"

static struct gate begun = GATE, may_go_on = GATE, ended = GATE;
static _Atomic int last_answer; /* of tri_scan_row, to the provider that came back late */
static _Atomic bool saw_stop;

static void get_id(const void *row, struct tri_value *ret)
{
    tri_value_set_unsigned(ret, *(const uint32_t *)row);
}

static const struct tri_field fields[] = {{"Id", 0, get_id}};

static int give(struct tri_scan *scan, uint32_t from, uint32_t to)
{
    int r = 0;
    for (uint32_t i = from; i < to && r == 0; i++)
        r = tri_scan_row(scan, &i);
    return r;
}

/* One row, then nothing until somebody lets it go on; it does not look whether it should. */
static int hang_scan(struct tri_scan *scan, struct tri_error *error)
{
    int r = give(scan, 0, 1);
    gate_pass(&begun);
    (void)gate_reached(&may_go_on, 1);
    r = r ? r : give(scan, 1, 3);
    last_answer = r;
    gate_pass(&ended);
    return r;
}

/* Hangs until it is told to stop. */
static int polite_scan(struct tri_scan *scan, struct tri_error *error)
{
    uint64_t until_ns = patience();
    gate_pass(&begun);
    while (!tri_scan_stopped(scan) && tri_clock_ns() < until_ns)
        sched_yield();
    saw_stop = tri_scan_stopped(scan);
    gate_pass(&ended);
    return -ECANCELED;
}

static int quick_scan(struct tri_scan *scan, struct tri_error *error)
{
    return give(scan, 0, 3);
}

static int steady_scan(struct tri_scan *scan, struct tri_error *error)
{
    int r = 0;
    for (uint32_t i = 0; i < 8 && r == 0; i++) {
        struct timespec pause = {.tv_nsec = 600 * (long)TRI_NS_PER_MS};
        nanosleep(&pause, NULL);
        r = give(scan, i, i + 1);
    }
    return r;
}

static int many_scan(struct tri_scan *scan, struct tri_error *error)
{
    int r = give(scan, 0, 5000);
    last_answer = r;
    gate_pass(&ended);
    return r;
}

static int hang_run(const struct tri_invocation *invocation, struct tri_error *error)
{
    gate_pass(&begun);
    (void)gate_reached(&may_go_on, 1);
    tri_cim_object_set_unsigned(invocation->out, "ReturnValue", 0);
    gate_pass(&ended);
    return 0;
}

static int hang_put(const struct tri_cim_object *object, unsigned flags, struct tri_error *error)
{
    gate_pass(&begun);
    (void)gate_reached(&may_go_on, 1);
    gate_pass(&ended);
    return 0;
}

static const struct tri_provided_method hang_methods[] = {{"Wait", hang_run}};
#define TABLE(class_, scan_) .name_space = NAME_SPACE, .name = class_, .fields = fields, .field_count = 1, .scan = scan_
static const struct tri_provided_class hang_table = {TABLE("Test_Hang", hang_scan), .methods = hang_methods,
                                                     .method_count = 1, .put = hang_put};
static const struct tri_provided_class polite_table = {TABLE("Test_Polite", polite_scan)};
static const struct tri_provided_class quick_table = {TABLE("Test_Quick", quick_scan)};
static const struct tri_provided_class steady_table = {TABLE("Test_Steady", steady_scan)};
static const struct tri_provided_class many_table = {TABLE("Test_Many", many_scan)};
static const struct tri_provided_class *const tables[] = {&hang_table,   &polite_table, &quick_table,
                                                          &steady_table, &many_table,   NULL};
const struct tri_provided_class *const *const tri_provider_lists[] = {tables, NULL};

#define DYNAMIC "[dynamic, provider(\"test\")] "

static int make_classes(void **state)
{
    open_repository();
    put_class(NULL, DYNAMIC "class Test_Hang { [key] uint32 Id; [implemented, static] uint32 Wait(); };");
    put_class(NULL, DYNAMIC "class Test_Polite { [key] uint32 Id; };");
    put_class(NULL, DYNAMIC "class Test_Quick { [key] uint32 Id; };");
    put_class(NULL, DYNAMIC "class Test_Steady { [key] uint32 Id; };");
    put_class(NULL, DYNAMIC "class Test_Many { [key] uint32 Id; };");
    return 0;
}

static int drop_classes(void **state)
{
    return close_repository();
}

static int close_gates(void **state)
{
    gate_close(&begun);
    gate_close(&may_go_on);
    gate_close(&ended);
    saw_stop = false;
    return 0;
}

/* A deadline counts from the call: it leaves time for a worker to begin, on a machine that has much to do. */
enum { SHORT_MS = 2000 };

static struct tri_call *start_short(const char *query, unsigned flags, bool now)
{
    return start(&(struct tri_call_spec){.kind = TRI_CALL_QUERY, .text = query, .flags = flags, .timeout_ms = SHORT_MS},
                 now);
}

/* ---- deadlines ---- */

static void a_provider_that_hangs_costs_its_call_the_deadline(void **state)
{
    for (int now = 0; now < 2; now++) {
        struct tri_call *call = start_short("SELECT * FROM Test_Hang", 0, now);
        assert_int_equal(finished(call).code, TRI_MANAGEMENT_PROVIDER_TIMED_OUT);
        struct collected rows = collect(call, "Id"); /* what came in time stays */
        assert_string_equal(rows.text, "0");
        assert_int_equal(rows.end, TRI_MANAGEMENT_PROVIDER_TIMED_OUT);
        tri_call_unref(call);
    }
    gate_pass(&may_go_on);
    assert_true(gate_reached(&ended, 2));
}

static void what_comes_after_the_deadline_is_dropped(void **state)
{
    struct tri_call *call = start_short("SELECT * FROM Test_Hang", 0, true);
    gate_pass(&may_go_on);
    assert_true(gate_reached(&ended, 1));
    assert_int_equal(last_answer, -ECANCELED);
    struct collected rows = collect(call, "Id");
    assert_string_equal(rows.text, "0");
    assert_int_equal(finished(call).code, TRI_MANAGEMENT_PROVIDER_TIMED_OUT);
    tri_call_unref(call);
}

static void the_environment_says_how_long_a_call_may_take(void **state)
{
    setenv("TRIREME_OP_TIMEOUT", "1.5", 1);
    struct tri_call *call = start_query("SELECT * FROM Test_Hang", 0, false);
    assert_int_equal(finished(call).code, TRI_MANAGEMENT_PROVIDER_TIMED_OUT);
    unsetenv("TRIREME_OP_TIMEOUT");
    tri_call_unref(call);
    gate_pass(&may_go_on);
    assert_true(gate_reached(&ended, 1));
}

static void other_calls_go_on_beside_one_that_hangs(void **state)
{
    struct tri_call *hanging[8];
    for (unsigned i = 0; i < 8; i++)
        hanging[i] = start_query("SELECT * FROM Test_Hang", 0, false);
    assert_true(gate_reached(&begun, 8));
    for (int i = 0; i < 50; i++)
        ASSERT_ROWS("SELECT * FROM Test_Quick", "Id", "0 1 2");
    gate_pass(&may_go_on);
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(finished(hanging[i]).code, 0);
        tri_call_unref(hanging[i]);
    }
}

static void the_deadline_counts_from_the_last_row(void **state)
{
    struct tri_call_spec spec = {.kind = TRI_CALL_ENUM_INSTANCES, .text = "Test_Steady", .timeout_ms = 4000};
    struct tri_call *later = start(&spec, false), *now = start(&spec, true);
    assert_int_equal(finished(now).code, 0);
    assert_int_equal(finished(later).code, 0);
    assert_int_equal(collect(now, "Id").count, 8);
    tri_call_unref(now);
    tri_call_unref(later);
}

static void a_reader_who_is_slow_is_no_provider_that_hangs(void **state)
{
    struct tri_call *call = start_short("SELECT * FROM Test_Many", TRI_CALL_FORWARD_ONLY, false);
    struct timespec pause = {.tv_sec = SHORT_MS / 1000 + 1};
    nanosleep(&pause, NULL);
    assert_int_equal(tri_op_state(tri_call_op(call)), TRI_OP_RUNNING);
    struct collected rows = collect(call, "Id");
    assert_int_equal(rows.count, 5000);
    assert_int_equal(rows.end, 0);
    tri_call_unref(call);
}

static void a_row_is_not_held_back_for_the_ones_after_it(void **state)
{
    struct tri_call *call = start_query("SELECT * FROM Test_Hang", 0, false);
    struct tri_cim_object *object;
    uint64_t position = 0;
    assert_int_equal(tri_call_next(call, &position, patience(), &object), 1);
    tri_cim_object_unref(object);
    assert_int_equal(tri_call_next(call, &position, 0, &object), -ETIMEDOUT);
    gate_pass(&may_go_on);
    assert_int_equal(finished(call).code, 0);
    assert_int_equal(collect(call, "Id").count, 3);
    tri_call_unref(call);
}

static void a_method_that_hangs_completes_at_its_deadline(void **state)
{
    struct tri_call_spec spec = {
        .kind = TRI_CALL_EXEC_METHOD, .text = "Test_Hang", .method = "Wait", .timeout_ms = SHORT_MS};
    assert_int_equal(outcome(&spec, true), TRI_MANAGEMENT_PROVIDER_TIMED_OUT);
    assert_int_equal(outcome(&spec, false), TRI_MANAGEMENT_PROVIDER_TIMED_OUT);
    gate_pass(&may_go_on);
    assert_true(gate_reached(&ended, 2));
}

static void too_many_that_hang_make_the_next_call_fail_at_once(void **state)
{
    enum { COUNT = 65 };
    struct tri_call *calls[COUNT];
    for (unsigned i = 0; i < COUNT; i++)
        calls[i] = start_query("SELECT * FROM Test_Hang", 0, false);
    assert_true(gate_reached(&begun, COUNT));
    for (unsigned i = 0; i < COUNT; i++)
        tri_call_unref(calls[i]); /* told to stop, which they do not hear: a quarter counts */
    ASSERT_ROWS("SELECT * FROM Test_Quick", "Id", "0 1 2");
    gate_pass(&may_go_on);
    assert_true(gate_reached(&ended, COUNT));
    close_gates(NULL);
    for (unsigned i = 0; i < COUNT; i++)
        calls[i] = start_short("SELECT * FROM Test_Hang", 0, false);
    assert_true(gate_reached(&begun, COUNT));
    for (unsigned i = 0; i < COUNT; i++) {
        (void)finished(calls[i]);
        tri_call_unref(calls[i]);
    }
    struct tri_call_spec spec = {.kind = TRI_CALL_QUERY, .text = "SELECT * FROM Test_Quick"};
    assert_int_equal(outcome(&spec, true), TRI_MANAGEMENT_SERVER_TOO_BUSY);
    assert_int_equal(outcome(&spec, false), TRI_MANAGEMENT_SERVER_TOO_BUSY);
    spec.text = "SELECT * FROM meta_class WHERE __CLASS = 'Test_Quick'"; /* asks no provider */
    assert_int_equal(outcome(&spec, false), 0);
    gate_pass(&may_go_on);
    spec.text = "SELECT * FROM Test_Quick";
    EVENTUALLY(outcome(&spec, true) == 0);
}

/* ---- cancelling ---- */

static void a_cancelled_call_completes_at_once(void **state)
{
    struct tri_call *call = start_query("SELECT * FROM Test_Hang", 0, false);
    assert_true(gate_reached(&begun, 1));
    tri_call_cancel(call);
    assert_int_equal(tri_op_state(tri_call_op(call)), TRI_OP_DONE);
    assert_int_equal(finished(call).code, TRI_MANAGEMENT_CANCELLED);
    struct collected rows = collect(call, "Id");
    assert_int_equal(rows.count, 0);
    assert_int_equal(rows.end, TRI_MANAGEMENT_CANCELLED);
    tri_call_cancel(call);
    tri_call_unref(call);
    gate_pass(&may_go_on);
    assert_true(gate_reached(&ended, 1));
}

static void cancelling_the_operation_cancels_the_call(void **state)
{
    struct tri_call *call = start_query("SELECT * FROM Test_Polite", 0, false);
    assert_true(gate_reached(&begun, 1));
    assert_int_equal(tri_op_cancel(tri_call_op(call)), 0);
    assert_int_equal(finished(call).code, TRI_MANAGEMENT_CANCELLED);
    assert_true(gate_reached(&ended, 1));
    assert_true(saw_stop);
    tri_call_unref(call);
}

static void a_provider_is_told_to_stop(void **state)
{
    struct tri_call *call = start_query("SELECT * FROM Test_Polite", 0, false);
    assert_true(gate_reached(&begun, 1));
    tri_call_cancel(call);
    assert_true(gate_reached(&ended, 1));
    assert_true(saw_stop);
    tri_call_unref(call);
}

static void a_finished_call_stays_as_it_is_when_it_is_cancelled(void **state)
{
    struct tri_call *call = start_query("SELECT * FROM Test_Quick", 0, true);
    tri_call_cancel(call);
    assert_int_equal(finished(call).code, 0);
    assert_int_equal(collect(call, "Id").count, 3);
    tri_call_unref(call);
}

static void rows_that_nobody_can_read_are_not_made(void **state)
{
    struct tri_call *call = start_query("SELECT * FROM Test_Many", TRI_CALL_FORWARD_ONLY, false);
    struct tri_cim_object *object;
    uint64_t position = 0;
    assert_int_equal(tri_call_next(call, &position, patience(), &object), 1);
    tri_cim_object_unref(object);
    tri_call_unref(call);
    assert_true(gate_reached(&ended, 1));
    assert_int_equal(last_answer, -ECANCELED);
}

static void work_without_rows_goes_on_when_nobody_waits_for_it(void **state)
{
    struct tri_cim_object *object = instance_of("Test_Hang");
    tri_cim_object_set_unsigned(object, "Id", 1);
    struct tri_call *call = start(&(struct tri_call_spec){.kind = TRI_CALL_PUT_INSTANCE, .object = object}, false);
    tri_call_unref(call);
    assert_true(gate_reached(&begun, 1));
    gate_pass(&may_go_on);
    assert_true(gate_reached(&ended, 1));
    tri_cim_object_unref(object);
}

static void *cancel_it(void *data)
{
    tri_call_cancel(data);
    tri_call_unref(data);
    return NULL;
}

/* Whoever wins, there is one end, and nothing is lost. */
static void cancel_and_completion_may_meet(void **state)
{
    for (int i = 0; i < 300; i++) {
        struct tri_call *call = start_query("SELECT * FROM Test_Quick", i & 1 ? TRI_CALL_FORWARD_ONLY : 0, false);
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, cancel_it, tri_call_ref(call)), 0);
        int code = finished(call).code;
        struct collected rows = collect(call, "Id");
        assert_int_equal(rows.end, code);
        assert_true(code == 0 ? rows.count == 3 : code == TRI_MANAGEMENT_CANCELLED && rows.count <= 3);
        pthread_join(thread, NULL);
        tri_call_unref(call);
    }
}

/* Deadlines of a millisecond, met by completions. */
static void deadline_and_completion_may_meet(void **state)
{
    for (int i = 0; i < 300; i++) {
        struct tri_call_spec spec = {.kind = TRI_CALL_ENUM_INSTANCES, .text = "Test_Quick", .timeout_ms = 1};
        int code = outcome(&spec, i & 1);
        assert_true(code == 0 || code == TRI_MANAGEMENT_PROVIDER_TIMED_OUT);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, close_gates, nothing_is_left)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_provider_that_hangs_costs_its_call_the_deadline),
        TEST(what_comes_after_the_deadline_is_dropped),
        TEST(the_environment_says_how_long_a_call_may_take),
        TEST(other_calls_go_on_beside_one_that_hangs),
        TEST(the_deadline_counts_from_the_last_row),
        TEST(a_reader_who_is_slow_is_no_provider_that_hangs),
        TEST(a_row_is_not_held_back_for_the_ones_after_it),
        TEST(a_method_that_hangs_completes_at_its_deadline),
        TEST(too_many_that_hang_make_the_next_call_fail_at_once),
        TEST(a_cancelled_call_completes_at_once),
        TEST(cancelling_the_operation_cancels_the_call),
        TEST(a_provider_is_told_to_stop),
        TEST(a_finished_call_stays_as_it_is_when_it_is_cancelled),
        TEST(rows_that_nobody_can_read_are_not_made),
        TEST(work_without_rows_goes_on_when_nobody_waits_for_it),
        TEST(cancel_and_completion_may_meet),
        TEST(deadline_and_completion_may_meet),
    };
    return cmocka_run_group_tests(tests, make_classes, drop_classes);
}
