/* Callbacks, progress and observers: who is told, how often, on which thread; and closing against all of it. */
#include "op-test.h"

#include "op/notify.h"

/* What a callback saw, and what it does. */
struct call {
    struct gate calls, may_return;
    _Atomic bool waits;
    pthread_t thread;
    tri_handle handle;
    tri_any_function *target;
    int state;
    void (*then)(struct call *call);
    void *with;
    unsigned progress;
    _Atomic bool returned;
};
#define CALL                                                                                                           \
    {                                                                                                                  \
        .calls = GATE, .may_return = GATE                                                                              \
    }

static void on_done(tri_handle op, void *context, tri_any_function *target)
{
    struct call *call = context;
    call->thread = pthread_self();
    call->handle = op;
    call->target = target;
    call->state = tri_op_poll_handle(op);
    call->progress += tri_op_callback_is_progress();
    gate_pass(&call->calls);
    if (call->then)
        call->then(call);
    if (call->waits)
        (void)gate_reached(&call->may_return, 1);
    call->returned = true;
}

/* Closing waits for the callback, which unreferencing does not: what it was given may go out of scope then. */
static void op_closep(struct tri_op **op)
{
    tri_op_close(tri_op_handle(*op));
}
#define AUTO_CLOSE_OP __attribute__((cleanup(op_closep)))

static void a_target(void)
{
}

static struct tri_op *op_with(struct call *call)
{
    struct tri_op *op = tri_op_new();
    assert_int_equal(tri_op_set_callback(op, on_done, call, a_target), 0);
    return op;
}

static void run_to_done(struct tri_op *op)
{
    assert_int_equal(tri_op_submit(op, NULL, &at_once, NULL), 0);
    assert_int_equal(tri_op_wait(op, TRI_DEADLINE_NEVER), 0);
}

static void a_callback_runs_once_a_use_on_a_thread_of_the_library(void **state)
{
    struct call call = CALL;
    AUTO_CLOSE_OP struct tri_op *op = op_with(&call);
    assert_true(tri_op_has_callback(op));
    for (unsigned i = 1; i <= 200; i++) {
        run_to_done(op);
        assert_true(gate_reached(&call.calls, i));
        assert_false(pthread_equal(call.thread, pthread_self()));
        assert_true(call.target == a_target);
        assert_int_equal(call.handle, tri_op_handle(op));
        assert_int_equal(call.state, TRI_OP_DONE);
    }
    assert_false(gate_reached_within(&call.calls, 201, 20));
}

static void a_completion_on_the_starters_own_stack_calls_back_elsewhere(void **state)
{
    struct call call = CALL;
    AUTO_CLOSE_OP struct tri_op *op = op_with(&call);
    assert_int_equal(tri_op_start(op, NULL, &by_hand, NULL), 0);
    tri_op_complete(op, 0, NULL, NULL, NULL);
    assert_true(gate_reached(&call.calls, 1));
    assert_false(pthread_equal(call.thread, pthread_self()));
}

static void a_callback_set_after_completion_runs_once(void **state)
{
    struct call call = CALL;
    AUTO_CLOSE_OP struct tri_op *op = tri_op_new();
    run_to_done(op);
    assert_int_equal(tri_op_set_callback(op, on_done, &call, NULL), 0);
    assert_true(gate_reached(&call.calls, 1));
    assert_int_equal(tri_op_set_callback(op, on_done, &call, NULL), 0);
    assert_false(gate_reached_within(&call.calls, 2, 20));
    run_to_done(op);
    assert_true(gate_reached(&call.calls, 2));
}

static void a_callback_set_while_it_runs_is_called(void **state)
{
    struct call call = CALL;
    AUTO_CLOSE_OP struct tri_op *op = tri_op_new();
    assert_int_equal(tri_op_start(op, NULL, &by_hand, NULL), 0);
    assert_int_equal(tri_op_set_callback(op, on_done, &call, NULL), 0);
    tri_op_complete(op, 0, NULL, NULL, NULL);
    assert_true(gate_reached(&call.calls, 1));
}

static void a_cleared_callback_is_not_called(void **state)
{
    struct call call = CALL;
    AUTO_CLOSE_OP struct tri_op *op = op_with(&call);
    assert_int_equal(tri_op_set_callback(op, NULL, NULL, NULL), 0);
    assert_false(tri_op_has_callback(op));
    run_to_done(op);
    assert_false(gate_reached_within(&call.calls, 1, 20));
    assert_int_equal(tri_op_set_callback(op, on_done, &call, NULL), 0);
    assert_true(gate_reached(&call.calls, 1));
}

static void the_context_is_the_one_that_is_set_when_it_is_called(void **state)
{
    struct call first = CALL, second = CALL;
    AUTO_CLOSE_OP struct tri_op *op = op_with(&first);
    assert_int_equal(tri_op_start(op, NULL, &by_hand, NULL), 0);
    assert_int_equal(tri_op_set_context(op, &second), 0);
    assert_ptr_equal(tri_op_context(op), &second);
    tri_op_complete(op, 0, NULL, NULL, NULL);
    assert_true(gate_reached(&second.calls, 1));
    assert_int_equal(gate_count(&first.calls), 0);
}

/* ---- inside the callback ---- */

static void close_own(struct call *call)
{
    assert_true(tri_op_close(call->handle));
    assert_false(tri_op_close(call->handle));
}

static void closing_inside_the_callback_returns_at_once(void **state)
{
    for (int i = 0; i < 300; i++) {
        struct call call = CALL;
        call.then = close_own;
        struct tri_op *op = op_with(&call);
        tri_handle handle = tri_op_handle(op);
        assert_int_equal(tri_op_submit(op, NULL, &at_once, NULL), 0);
        EVENTUALLY(call.returned);
        assert_int_equal(tri_op_poll_handle(handle), -EBADF);
    }
    EVENTUALLY(tri_op_live() == 0);
}

static void start_again(struct call *call)
{
    TRI_AUTO_OP struct tri_op *op = tri_op_from_handle(call->handle);
    unsigned *left = call->with;
    assert_int_equal(result_code(op), 0);
    if (*left == 0) {
        gate_pass(&call->may_return);
        return;
    }
    --*left;
    assert_int_equal(tri_op_submit(op, NULL, &at_once, NULL), 0);
}

static void starting_again_inside_the_callback_calls_back_again(void **state)
{
    unsigned left = 500;
    struct call call = CALL;
    call.then = start_again;
    call.with = &left;
    AUTO_CLOSE_OP struct tri_op *op = op_with(&call);
    assert_int_equal(tri_op_submit(op, NULL, &at_once, NULL), 0);
    assert_true(gate_reached(&call.may_return, 1));
    assert_int_equal(gate_count(&call.calls), 501);
}

static void wait_for_another(struct call *call)
{
    assert_int_equal(tri_op_wait(call->with, patience()), 0);
    TRI_AUTO_OP struct tri_op *own = tri_op_from_handle(call->handle);
    assert_int_equal(tri_op_wait(own, TRI_DEADLINE_NEVER), 0);
}

/* Each callback waits for the next operation, which the next callback completes last of all: all must run at once. */
static void callbacks_may_wait_for_each_other(void **state)
{
    enum { COUNT = 20 };
    static struct call calls[COUNT];
    struct tri_op *ops[COUNT], *last = tri_op_new();
    assert_int_equal(tri_op_start(last, NULL, &by_hand, NULL), 0);
    for (int i = 0; i < COUNT; i++) {
        calls[i] = (struct call)CALL;
        calls[i].then = wait_for_another;
        calls[i].with = last;
        ops[i] = op_with(&calls[i]);
        assert_int_equal(tri_op_submit(ops[i], NULL, &at_once, NULL), 0);
    }
    for (int i = 0; i < COUNT; i++)
        assert_true(gate_reached(&calls[i].calls, 1));
    tri_op_complete(last, 0, NULL, NULL, NULL);
    for (int i = 0; i < COUNT; i++) {
        EVENTUALLY(calls[i].returned);
        tri_op_close(tri_op_handle(ops[i]));
    }
    tri_op_unref(last);
}

/* ---- closing ---- */

static void *close_there(void *handle)
{
    tri_op_close(*(tri_handle *)handle);
    return NULL;
}

static void closing_waits_for_a_callback_that_runs_on_another_thread(void **state)
{
    for (int i = 0; i < 100; i++) {
        struct call call = CALL;
        call.waits = true;
        struct tri_op *op = op_with(&call);
        tri_handle handle = tri_op_handle(op);
        pthread_t closer;
        run_to_done(op);
        assert_true(gate_reached(&call.calls, 1));
        assert_int_equal(pthread_create(&closer, NULL, close_there, &handle), 0);
        EVENTUALLY(tri_op_poll_handle(handle) == -EBADF);
        gate_pass(&call.may_return);
        pthread_join(closer, NULL);
        assert_true(call.returned);
    }
}

static void a_callback_that_has_not_begun_does_not_run_after_close(void **state)
{
    for (int i = 0; i < 500; i++) {
        struct call call = CALL;
        struct tri_op *op = op_with(&call);
        assert_int_equal(tri_op_start(op, NULL, &by_hand, NULL), 0);
        tri_op_complete(op, 0, NULL, NULL, NULL);
        assert_true(tri_op_close(tri_op_handle(op)));
        unsigned seen = gate_count(&call.calls);
        assert_true(call.returned == (seen == 1));
        assert_int_equal(gate_count(&call.calls), seen); /* call goes out of scope: a late one would be seen by ASan */
    }
}

static void close_the_other(struct call *call)
{
    struct call *other = call->with;
    (void)gate_reached(&other->calls, 1); /* both are inside now */
    tri_op_close(other->handle);
}

static void two_callbacks_that_close_each_other_do_not_wait_for_ever(void **state)
{
    for (int i = 0; i < 200; i++) {
        struct call one = CALL, two = CALL;
        one.then = two.then = close_the_other;
        one.with = &two, two.with = &one;
        struct tri_op *first = op_with(&one), *second = op_with(&two);
        one.handle = tri_op_handle(first), two.handle = tri_op_handle(second);
        assert_int_equal(tri_op_submit(first, NULL, &at_once, NULL), 0);
        assert_int_equal(tri_op_submit(second, NULL, &at_once, NULL), 0);
        EVENTUALLY(one.returned && two.returned);
        EVENTUALLY(tri_op_live() == 0);
    }
}

/* ---- progress ---- */

static void progress_is_told_and_coalesced(void **state)
{
    struct call call = CALL;
    call.waits = true;
    AUTO_CLOSE_OP struct tri_op *op = op_with(&call);
    assert_int_equal(tri_op_want_progress(op), 0);
    assert_int_equal(tri_op_start(op, NULL, &by_hand, NULL), 0);
    tri_op_progress(op, 1, "begin");
    assert_true(gate_reached(&call.calls, 1));
    assert_int_equal(call.progress, 1);
    for (unsigned percent = 2; percent < 90; percent++)
        tri_op_progress(op, percent, NULL); /* the first call has not returned: one more note for all of these */
    call.waits = false;
    gate_pass(&call.may_return);
    assert_true(gate_reached(&call.calls, 2));
    assert_int_equal(call.progress, 2);
    tri_op_progress(op, 89, "begin"); /* nothing new */
    tri_op_complete(op, 0, NULL, NULL, NULL);
    assert_true(gate_reached(&call.calls, 3));
    assert_int_equal(call.progress, 2);
    assert_int_equal(call.state, TRI_OP_DONE);
}

static void progress_is_not_told_unless_wanted(void **state)
{
    struct call call = CALL;
    AUTO_CLOSE_OP struct tri_op *op = op_with(&call);
    assert_int_equal(tri_op_start(op, NULL, &by_hand, NULL), 0);
    tri_op_progress(op, 50, "half");
    assert_false(gate_reached_within(&call.calls, 1, 20));
    tri_op_complete(op, 0, NULL, NULL, NULL);
    assert_true(gate_reached(&call.calls, 1));
    assert_int_equal(call.progress, 0);
}

/* ---- observers ---- */

static _Atomic tri_handle observed;

static void observe_done(void *data, tri_handle op)
{
    observed = op;
    gate_pass(data);
}

static void observers_are_told_once_each_with_the_handle(void **state)
{
    AUTO_CLOSE_OP struct tri_op *op = tri_op_new();
    struct tri_mailbox *box = tri_mailbox_new();
    struct gate told = GATE;
    assert_int_equal(tri_op_start(op, NULL, &by_hand, NULL), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(tri_op_observe(op, box, observe_done, &told), 0);
    assert_int_equal(gate_count(&told), 0);
    tri_op_complete(op, 0, NULL, NULL, NULL);
    assert_true(gate_reached(&told, 3));
    assert_int_equal(observed, tri_op_handle(op));
    assert_int_equal(tri_op_observe(op, box, observe_done, &told), 0); /* done already: at once */
    assert_true(gate_reached(&told, 4));
    run_to_done(op); /* observers are for one use */
    assert_false(gate_reached_within(&told, 5, 20));
    tri_mailbox_close(box);
    tri_mailbox_unref(box);
}

static void an_observer_hears_though_the_handle_is_closed(void **state)
{
    struct tri_op *op = tri_op_new();
    struct tri_mailbox *box = tri_mailbox_new();
    struct gate told = GATE;
    tri_handle handle = tri_op_handle(op);
    assert_int_equal(tri_op_start(op, NULL, &by_hand, NULL), 0);
    assert_int_equal(tri_op_observe(op, box, observe_done, &told), 0);
    assert_true(tri_op_close(handle));
    tri_op_complete(op, 0, NULL, NULL, NULL);
    assert_true(gate_reached(&told, 1));
    assert_int_equal(observed, handle);
    tri_mailbox_close(box);
    tri_mailbox_unref(box);
}

/* ---- races with a completion that takes no lock ---- */

/* Two threads that meet in every round without sleeping, so that they are within nanoseconds of each other. */
struct late {
    _Atomic unsigned round;
    struct tri_op *op;
};
enum { ROUNDS = 20000 };

static void meet(const struct late *late, unsigned round)
{
    for (unsigned spins = 1; late->round < round; spins++)
        if (spins % 1000 == 0)
            sched_yield();
}

static void hesitate(unsigned steps)
{
    for (_Atomic unsigned i = 0; i < steps; i++)
        ;
}

static void *complete_late(void *data)
{
    struct late *late = data;
    for (unsigned i = 1; i <= ROUNDS; i++) {
        meet(late, i);
        hesitate(i % 61);
        tri_op_complete(late->op, 0, NULL, NULL, NULL);
    }
    return NULL;
}

static void a_callback_that_comes_while_it_completes_is_called_once(void **state)
{
    struct late late = {0};
    struct call call = CALL;
    pthread_t completer;
    assert_int_equal(pthread_create(&completer, NULL, complete_late, &late), 0);
    for (unsigned i = 1; i <= ROUNDS; i++) {
        struct tri_op *op = late.op = tri_op_new();
        assert_int_equal(tri_op_start(op, NULL, &by_hand, NULL), 0);
        late.round = i;
        assert_int_equal(tri_op_set_callback(op, on_done, &call, NULL), 0);
        assert_true(gate_reached(&call.calls, i));
        assert_true(tri_op_close(tri_op_handle(op)));
    }
    pthread_join(completer, NULL);
    EVENTUALLY(tri_op_live() == 0);
    assert_int_equal(gate_count(&call.calls), ROUNDS);
}

static void an_observer_that_comes_while_it_completes_is_told_once(void **state)
{
    struct late late = {0};
    struct gate told = GATE;
    struct tri_mailbox *box = tri_mailbox_new();
    pthread_t completer;
    assert_int_equal(pthread_create(&completer, NULL, complete_late, &late), 0);
    for (unsigned i = 1; i <= ROUNDS; i++) {
        struct tri_op *op = late.op = tri_op_new();
        assert_int_equal(tri_op_start(op, NULL, &by_hand, NULL), 0);
        late.round = i;
        assert_int_equal(tri_op_observe(op, box, observe_done, &told), 0);
        assert_true(gate_reached(&told, i));
        assert_true(tri_op_close(tri_op_handle(op)));
    }
    pthread_join(completer, NULL);
    EVENTUALLY(tri_op_live() == 0);
    assert_int_equal(gate_count(&told), ROUNDS);
    tri_mailbox_close(box);
    tri_mailbox_unref(box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_callback_runs_once_a_use_on_a_thread_of_the_library),
        cmocka_unit_test(a_completion_on_the_starters_own_stack_calls_back_elsewhere),
        cmocka_unit_test(a_callback_set_after_completion_runs_once),
        cmocka_unit_test(a_callback_set_while_it_runs_is_called),
        cmocka_unit_test(a_cleared_callback_is_not_called),
        cmocka_unit_test(the_context_is_the_one_that_is_set_when_it_is_called),
        cmocka_unit_test(closing_inside_the_callback_returns_at_once),
        cmocka_unit_test(starting_again_inside_the_callback_calls_back_again),
        cmocka_unit_test(callbacks_may_wait_for_each_other),
        cmocka_unit_test(closing_waits_for_a_callback_that_runs_on_another_thread),
        cmocka_unit_test(a_callback_that_has_not_begun_does_not_run_after_close),
        cmocka_unit_test(two_callbacks_that_close_each_other_do_not_wait_for_ever),
        cmocka_unit_test(progress_is_told_and_coalesced),
        cmocka_unit_test(progress_is_not_told_unless_wanted),
        cmocka_unit_test(observers_are_told_once_each_with_the_handle),
        cmocka_unit_test(an_observer_hears_though_the_handle_is_closed),
        cmocka_unit_test(a_callback_that_comes_while_it_completes_is_called_once),
        cmocka_unit_test(an_observer_that_comes_while_it_completes_is_told_once),
    };
    return cmocka_run_group_tests_name("op callback", tests, begin, finish);
}
