/* Waiting: many waiters, deadlines, uses that follow each other, work that the waiter takes. */
#include "op-test.h"

#include "op/op-private.h"

enum { WAITERS = 64 };

struct waiter {
    pthread_t thread;
    struct tri_op *op;
    struct gate *arrived;
    uint64_t deadline_ns;
    int result;
};

static void *wait_there(void *data)
{
    struct waiter *waiter = data;
    gate_pass(waiter->arrived);
    waiter->result = tri_op_wait(waiter->op, waiter->deadline_ns);
    return NULL;
}

static void waiter_start(struct waiter *waiter, struct tri_op *op, struct gate *arrived, uint64_t deadline_ns)
{
    *waiter = (struct waiter){.op = op, .arrived = arrived, .deadline_ns = deadline_ns, .result = 1};
    assert_int_equal(pthread_create(&waiter->thread, NULL, wait_there, waiter), 0);
}

static int waiter_result(struct waiter *waiter)
{
    pthread_join(waiter->thread, NULL);
    return waiter->result;
}

static void sixty_four_threads_wake_at_one_completion(void **state)
{
    TRI_AUTO_OP struct tri_op *op = tri_op_new();
    static struct gate arrived = GATE;
    struct waiter waiters[WAITERS];
    assert_int_equal(tri_op_start(op, NULL, &by_hand, NULL), 0);
    for (int i = 0; i < WAITERS; i++)
        waiter_start(&waiters[i], op, &arrived, i % 2 ? TRI_DEADLINE_NEVER : patience());
    assert_true(gate_reached(&arrived, WAITERS));
    tri_op_complete(op, 0, NULL, NULL, NULL);
    for (int i = 0; i < WAITERS; i++)
        assert_int_equal(waiter_result(&waiters[i]), 0);
}

static void a_wait_that_times_out_leaves_the_operation_running(void **state)
{
    TRI_AUTO_OP struct tri_op *op = tri_op_new();
    assert_int_equal(tri_op_start(op, NULL, &by_hand, NULL), 0);
    uint64_t begin_ns = tri_clock_ns();
    assert_int_equal(tri_op_wait(op, tri_deadline_ns(20)), -ETIMEDOUT);
    assert_true(tri_clock_ns() - begin_ns >= 20 * TRI_NS_PER_MS);
    assert_int_equal(tri_op_state(op), TRI_OP_RUNNING);
    assert_int_equal(tri_op_wait(op, 1), -ETIMEDOUT); /* a deadline long past */
    tri_op_complete(op, 0, NULL, NULL, NULL);
    assert_int_equal(tri_op_wait(op, 0), 0);
}

static void a_waiter_of_one_use_returns_though_the_next_runs_already(void **state)
{
    TRI_AUTO_OP struct tri_op *op = tri_op_new();
    for (int round = 0; round < 200; round++) {
        struct gate arrived = GATE;
        struct waiter waiter;
        assert_int_equal(tri_op_start(op, NULL, &by_hand, NULL), 0);
        waiter_start(&waiter, op, &arrived, patience());
        assert_true(gate_reached(&arrived, 1));
        if (round % 2)
            EVENTUALLY(op_word(op) & OP_WAITED);
        tri_op_complete(op, 0, NULL, NULL, NULL);
        assert_int_equal(tri_op_start(op, NULL, &by_hand, NULL), 0);
        if (round % 2)
            assert_int_equal(waiter_result(&waiter), 0);
        tri_op_complete(op, 0, NULL, NULL, NULL);
        if (!(round % 2)) /* it may have come to the second use only */
            assert_int_equal(waiter_result(&waiter), 0);
    }
}

static void closing_the_handle_sends_waiters_away(void **state)
{
    struct tri_op *op = tri_op_new();
    static struct gate arrived = GATE;
    struct waiter waiters[4];
    assert_int_equal(tri_op_start(op, NULL, &by_hand, NULL), 0);
    for (int i = 0; i < 4; i++)
        waiter_start(&waiters[i], tri_op_ref(op), &arrived, i % 2 ? TRI_DEADLINE_NEVER : patience());
    assert_true(gate_reached(&arrived, 4));
    assert_true(tri_op_close(tri_op_handle(op)));
    for (int i = 0; i < 4; i++) {
        assert_int_equal(waiter_result(&waiters[i]), -ECANCELED);
        tri_op_unref(op);
    }
    assert_int_equal(tri_op_live(), 1); /* the use that runs keeps it */
    tri_op_complete(op, 0, NULL, NULL, NULL);
    assert_int_equal(tri_op_live(), 0);
}

static void a_waiter_without_a_deadline_runs_work_that_nobody_began(void **state)
{
    TRI_AUTO_OP struct tri_op *op = tri_op_new();
    unsigned own = 0;
    for (int i = 0; i < 1000; i++) {
        struct work work = WORK;
        gate_pass(&work.may_end);
        assert_int_equal(tri_op_submit(op, NULL, &worker, &work), 0);
        assert_int_equal(tri_op_wait(op, TRI_DEADLINE_NEVER), 0);
        EVENTUALLY(work.releases == 1);
        assert_int_equal(work.runs, 1);
        own += pthread_equal(work.thread, pthread_self()) != 0;
    }
    assert_true(own > 0);
}

static void a_waiter_with_a_deadline_never_runs_the_work(void **state)
{
    TRI_AUTO_OP struct tri_op *op = tri_op_new();
    for (int i = 0; i < 300; i++) {
        struct work work = WORK;
        gate_pass(&work.may_end);
        assert_int_equal(tri_op_submit(op, NULL, &worker, &work), 0);
        assert_int_equal(tri_op_wait(op, patience()), 0);
        EVENTUALLY(work.releases == 1);
        assert_false(pthread_equal(work.thread, pthread_self()));
    }
}

static void blocked_work_does_not_keep_other_work_from_running(void **state)
{
    enum { BLOCKED = 40 };
    static struct work works[BLOCKED];
    struct tri_op *ops[BLOCKED];
    for (int i = 0; i < BLOCKED; i++) {
        works[i] = (struct work)WORK;
        ops[i] = tri_op_new();
        assert_int_equal(tri_op_submit(ops[i], NULL, &worker, &works[i]), 0);
    }
    TRI_AUTO_OP struct tri_op *last = tri_op_new();
    assert_int_equal(tri_op_submit(last, NULL, &at_once, NULL), 0);
    assert_int_equal(tri_op_wait(last, patience()), 0);
    for (int i = 0; i < BLOCKED; i++) {
        assert_true(gate_reached(&works[i].begun, 1)); /* they are all inside run at the same time */
        gate_pass(&works[i].may_end);
    }
    for (int i = 0; i < BLOCKED; i++) {
        assert_int_equal(tri_op_wait(ops[i], patience()), 0);
        EVENTUALLY(works[i].releases == 1);
        tri_op_unref(ops[i]);
    }
}

/* After the test before: most of its threads have nothing to do any more. */
static void threads_that_have_nothing_to_do_leave(void **state)
{
    struct gate never = GATE;
    int before = count_entries("/proc/self/task");
    assert_true(before > 20);
    for (int i = 0; i < 200 && count_entries("/proc/self/task") > 8; i++)
        (void)gate_reached_within(&never, 1, 100);
    assert_true(count_entries("/proc/self/task") <= 8); /* ".", "..", this one, and few more */
    TRI_AUTO_OP struct tri_op *op = tri_op_new();
    assert_int_equal(tri_op_submit(op, NULL, &at_once, NULL), 0);
    assert_int_equal(tri_op_wait(op, patience()), 0);
}

static void ten_thousand_operations_leave_nothing_behind(void **state)
{
    enum { COUNT = 10000 };
    static struct tri_op *ops[COUNT];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < COUNT; i++) {
            ops[i] = tri_op_new();
            assert_int_equal(tri_op_submit(ops[i], NULL, &at_once, NULL), 0);
        }
        for (int i = 0; i < COUNT; i++) {
            assert_int_equal(tri_op_wait(ops[i], i % 3 ? TRI_DEADLINE_NEVER : patience()), 0);
            assert_true(tri_op_close(tri_op_handle(ops[i])));
        }
        EVENTUALLY(tri_op_live() == 0);
    }
    assert_true(count_entries("/proc/self/task") < 100);
}

static void resubmit_run(struct tri_op *op, void *data)
{
    atomic_fetch_add((_Atomic unsigned *)data, 1);
    tri_op_complete(op, 0, NULL, NULL, NULL);
}

/* An old entry of the queue meets a newer use of the same operation: the work still runs once a use. */
static void work_runs_once_a_use_however_often_it_is_started(void **state)
{
    static const struct tri_op_provider counting = {.name = "counting", .run = resubmit_run};
    TRI_AUTO_OP struct tri_op *op = tri_op_new();
    _Atomic unsigned runs = 0;
    for (unsigned i = 0; i < 20000; i++) {
        assert_int_equal(tri_op_submit(op, NULL, &counting, &runs), 0);
        assert_int_equal(tri_op_wait(op, i % 16 ? TRI_DEADLINE_NEVER : patience()), 0);
        assert_int_equal(runs, i + 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sixty_four_threads_wake_at_one_completion),
        cmocka_unit_test(a_wait_that_times_out_leaves_the_operation_running),
        cmocka_unit_test(a_waiter_of_one_use_returns_though_the_next_runs_already),
        cmocka_unit_test(closing_the_handle_sends_waiters_away),
        cmocka_unit_test(a_waiter_without_a_deadline_runs_work_that_nobody_began),
        cmocka_unit_test(a_waiter_with_a_deadline_never_runs_the_work),
        cmocka_unit_test(blocked_work_does_not_keep_other_work_from_running),
        cmocka_unit_test(threads_that_have_nothing_to_do_leave),
        cmocka_unit_test(ten_thousand_operations_leave_nothing_behind),
        cmocka_unit_test(work_runs_once_a_use_however_often_it_is_started),
    };
    return cmocka_run_group_tests_name("op wait", tests, begin, finish);
}
