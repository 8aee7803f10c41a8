/* Cancelling: refusals, what wins, and exactly one completion whatever races. */
#include "op-test.h"

static void cancelling_a_done_operation_is_too_late(void **state)
{
    TRI_AUTO_OP struct tri_op *op = tri_op_new();
    assert_int_equal(tri_op_submit(op, NULL, &at_once, NULL), 0);
    assert_int_equal(tri_op_wait(op, patience()), 0);
    assert_int_equal(tri_op_cancel(op), -ESTALE);
    assert_int_equal(tri_op_cancel(op), -ESTALE);
}

static void cancelling_twice_is_told_so(void **state)
{
    TRI_AUTO_OP struct tri_op *op = tri_op_new();
    struct work work = WORK;
    assert_int_equal(tri_op_submit(op, NULL, &worker, &work), 0);
    assert_true(gate_reached(&work.begun, 1));
    assert_false(tri_op_cancelled(op));
    assert_int_equal(tri_op_cancel(op), 0);
    assert_true(tri_op_cancelled(op));
    assert_int_equal(tri_op_state(op), TRI_OP_CANCELLING);
    assert_int_equal(tri_op_cancel(op), -EALREADY);
    work.cancel_ends = true;
    gate_pass(&work.may_end);
    assert_int_equal(tri_op_wait(op, patience()), 0);
    assert_int_equal(result_code(op), -ECANCELED);
    assert_int_equal(tri_op_cancel(op), -EALREADY);
    EVENTUALLY(work.releases == 1);
    assert_int_equal(work.cancels, 1);
}

static void work_that_wins_against_a_cancel_keeps_its_result(void **state)
{
    TRI_AUTO_OP struct tri_op *op = tri_op_new();
    struct work work = WORK;
    work.code = -EIO;
    assert_int_equal(tri_op_submit(op, NULL, &worker, &work), 0);
    assert_true(gate_reached(&work.begun, 1));
    assert_int_equal(tri_op_cancel(op), 0);
    gate_pass(&work.may_end);
    assert_int_equal(tri_op_wait(op, patience()), 0);
    assert_int_equal(result_code(op), -EIO);
    assert_int_equal(tri_op_cancel(op), -ESTALE);
    EVENTUALLY(work.releases == 1);
}

static void work_that_cannot_be_cancelled_says_so_and_completes(void **state)
{
    TRI_AUTO_OP struct tri_op *op = tri_op_new();
    assert_int_equal(tri_op_start(op, NULL, &by_hand, NULL), 0);
    assert_int_equal(tri_op_cancel(op), -EOPNOTSUPP);
    assert_int_equal(tri_op_state(op), TRI_OP_RUNNING);
    tri_op_complete(op, 0, NULL, NULL, NULL);
    assert_int_equal(result_code(op), 0);
}

static void a_provider_that_refuses_to_cancel_is_asked_once(void **state)
{
    TRI_AUTO_OP struct tri_op *op = tri_op_new();
    struct work work = WORK;
    work.cancel_answer = -EOPNOTSUPP;
    assert_int_equal(tri_op_submit(op, NULL, &worker, &work), 0);
    assert_true(gate_reached(&work.begun, 1));
    assert_int_equal(tri_op_cancel(op), -EOPNOTSUPP);
    assert_int_equal(tri_op_cancel(op), -EALREADY);
    gate_pass(&work.may_end);
    assert_int_equal(tri_op_wait(op, patience()), 0);
    assert_int_equal(result_code(op), 0);
    assert_int_equal(work.cancels, 1);
    EVENTUALLY(work.releases == 1);
}

/* A cancel hook that stays inside until it may go. */
static int slow_cancel(struct tri_op *op, void *data)
{
    struct work *work = data;
    gate_pass(&work->begun);
    (void)gate_reached(&work->may_end, 1);
    return 0;
}

static void *cancel_there(void *op)
{
    return tri_op_cancel(op) == 0 ? NULL : op;
}

static void release_waits_for_a_cancel_that_is_still_inside(void **state)
{
    static const struct tri_op_provider slow = {.name = "slow", .cancel = slow_cancel, .release = work_release};
    TRI_AUTO_OP struct tri_op *op = tri_op_new();
    struct work work = WORK;
    pthread_t canceller;
    void *failed;
    assert_int_equal(tri_op_start(op, NULL, &slow, &work), 0);
    assert_int_equal(pthread_create(&canceller, NULL, cancel_there, op), 0);
    assert_true(gate_reached(&work.begun, 1));
    tri_op_complete(op, 0, NULL, NULL, NULL);
    assert_int_equal(tri_op_wait(op, 0), 0);
    assert_int_equal(work.releases, 0);
    gate_pass(&work.may_end);
    pthread_join(canceller, &failed);
    assert_null(failed);
    assert_int_equal(work.releases, 1);
}

static void complete_and_stay(struct tri_op *op, void *data)
{
    struct work *work = data;
    tri_op_complete(op, 0, NULL, NULL, NULL);
    (void)gate_reached(&work->may_end, 1);
}

static void release_waits_for_a_run_that_is_still_inside_though_the_next_use_is_done(void **state)
{
    static const struct tri_op_provider stays = {.name = "stays", .run = complete_and_stay, .release = work_release};
    TRI_AUTO_OP struct tri_op *op = tri_op_new();
    struct work first = WORK, second = WORK;
    assert_int_equal(tri_op_submit(op, NULL, &stays, &first), 0);
    assert_int_equal(tri_op_wait(op, patience()), 0);
    gate_pass(&second.may_end);
    assert_int_equal(tri_op_submit(op, NULL, &worker, &second), 0);
    assert_int_equal(tri_op_wait(op, patience()), 0);
    EVENTUALLY(second.releases == 1);
    assert_int_equal(first.releases, 0);
    gate_pass(&first.may_end);
    EVENTUALLY(first.releases == 1);
}

/* Submits and cancels until the cancel came before any worker; without a cancel hook only queued work can be
 * cancelled. */
static void queued_work_is_cancelled_before_it_begins(void **state)
{
    static const struct tri_op_provider no_hook = {.name = "no hook", .run = work_run, .release = work_release};
    int cancelled = 0;
    for (int i = 0; i < 10000 && cancelled < 100; i++) {
        TRI_AUTO_OP struct tri_op *op = tri_op_new();
        struct work work = WORK;
        gate_pass(&work.may_end);
        assert_int_equal(tri_op_submit(op, NULL, &no_hook, &work), 0);
        int r = tri_op_cancel(op);
        assert_int_equal(tri_op_wait(op, patience()), 0);
        EVENTUALLY(work.releases == 1);
        if (r == 0) {
            assert_int_equal(result_code(op), -ECANCELED);
            assert_int_equal(work.runs, 0);
            cancelled++;
        } else {
            assert_true(r == -EOPNOTSUPP || r == -ESTALE);
            assert_int_equal(work.runs, 1);
        }
    }
    assert_int_equal(cancelled, 100);
}

/* ---- races ---- */

/* An event provider: whoever takes the flag completes. Two threads try, one with success, the other because it was
 * asked to cancel. */
struct event_work {
    _Atomic int taken, completions, releases;
};

static bool event_take(struct event_work *work)
{
    return atomic_exchange(&work->taken, 1) == 0;
}

static int event_cancel(struct tri_op *op, void *data)
{
    struct event_work *work = data;
    if (event_take(work)) {
        atomic_fetch_add(&work->completions, 1);
        tri_op_complete(op, -ECANCELED, NULL, NULL, NULL);
    }
    return 0;
}

static void event_release(void *data)
{
    struct event_work *work = data;
    atomic_fetch_add(&work->releases, 1);
}

static const struct tri_op_provider by_event = {.name = "event", .cancel = event_cancel, .release = event_release};

static void count_call(tri_handle op, void *context, tri_any_function *target)
{
    gate_pass(context);
}

struct race {
    pthread_barrier_t start;
    struct tri_op *op;
    struct event_work work;
    int cancel_result;
};

enum { ROUNDS = 1000 };

static void *complete_side(void *data)
{
    struct race *race = data;
    for (int i = 0; i < ROUNDS; i++) {
        pthread_barrier_wait(&race->start);
        if (event_take(&race->work)) {
            atomic_fetch_add(&race->work.completions, 1);
            tri_op_complete(race->op, 0, NULL, NULL, NULL);
        }
        pthread_barrier_wait(&race->start);
    }
    return NULL;
}

static void *cancel_side(void *data)
{
    struct race *race = data;
    for (int i = 0; i < ROUNDS; i++) {
        pthread_barrier_wait(&race->start);
        race->cancel_result = tri_op_cancel(race->op);
        pthread_barrier_wait(&race->start);
    }
    return NULL;
}

static void check_round(struct race *race, struct gate *calls, unsigned round)
{
    assert_int_equal(tri_op_wait(race->op, patience()), 0);
    assert_int_equal(race->work.completions, 1);
    EVENTUALLY(race->work.releases == 1);
    if (race->cancel_result == -ESTALE)
        assert_int_equal(result_code(race->op), 0);
    else
        assert_int_equal(race->cancel_result, 0);
    assert_true(gate_reached(calls, round + 1));
}

static void cancel_against_complete_completes_and_calls_back_exactly_once(void **state)
{
    struct race race = {.op = tri_op_new()};
    struct gate calls = GATE;
    pthread_t completer, canceller;
    pthread_barrier_init(&race.start, NULL, 3);
    assert_int_equal(tri_op_set_callback(race.op, count_call, &calls, NULL), 0);
    assert_int_equal(pthread_create(&completer, NULL, complete_side, &race), 0);
    assert_int_equal(pthread_create(&canceller, NULL, cancel_side, &race), 0);
    for (unsigned i = 0; i < ROUNDS; i++) {
        race.work = (struct event_work){0};
        assert_int_equal(tri_op_start(race.op, NULL, &by_event, &race.work), 0);
        pthread_barrier_wait(&race.start);
        pthread_barrier_wait(&race.start);
        check_round(&race, &calls, i);
    }
    pthread_join(completer, NULL);
    pthread_join(canceller, NULL);
    pthread_barrier_destroy(&race.start);
    assert_true(tri_op_close(tri_op_handle(race.op)));
    assert_int_equal(gate_count(&calls), ROUNDS);
}

/* Submitted, cancelled, waited for (which may run it), and closed at the same time. */
struct mix {
    pthread_barrier_t start;
    tri_handle handle;
    struct work work;
};

static void *mix_cancel(void *data)
{
    struct mix *mix = data;
    for (int i = 0; i < ROUNDS; i++) {
        pthread_barrier_wait(&mix->start);
        TRI_AUTO_OP struct tri_op *op = tri_op_from_handle(mix->handle);
        if (op)
            tri_op_cancel(op);
        pthread_barrier_wait(&mix->start);
    }
    return NULL;
}

static void *mix_wait(void *data)
{
    struct mix *mix = data;
    for (int i = 0; i < ROUNDS; i++) {
        pthread_barrier_wait(&mix->start);
        TRI_AUTO_OP struct tri_op *op = tri_op_from_handle(mix->handle);
        if (op)
            tri_op_wait(op, i % 2 ? TRI_DEADLINE_NEVER : patience());
        pthread_barrier_wait(&mix->start);
    }
    return NULL;
}

static void *mix_close(void *data)
{
    struct mix *mix = data;
    for (int i = 0; i < ROUNDS; i++) {
        pthread_barrier_wait(&mix->start);
        tri_op_close(mix->handle);
        pthread_barrier_wait(&mix->start);
    }
    return NULL;
}

static void submit_cancel_wait_and_close_race_and_release_once(void **state)
{
    static struct mix mix = {.work = WORK};
    void *(*const sides[])(void *) = {mix_cancel, mix_wait, mix_close};
    pthread_t threads[3];
    pthread_barrier_init(&mix.start, NULL, 4);
    gate_pass(&mix.work.may_end);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, sides[i], &mix), 0);
    for (int i = 0; i < ROUNDS; i++) {
        struct tri_op *op = tri_op_new();
        mix.handle = tri_op_handle(op);
        mix.work.runs = mix.work.releases = 0;
        assert_int_equal(tri_op_submit(op, NULL, &worker, &mix.work), 0);
        pthread_barrier_wait(&mix.start);
        pthread_barrier_wait(&mix.start);
        EVENTUALLY(mix.work.releases == 1);
        assert_true(mix.work.runs <= 1);
        EVENTUALLY(tri_op_live() == 0);
        assert_int_equal(tri_op_poll_handle(mix.handle), -EBADF);
    }
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&mix.start);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cancelling_a_done_operation_is_too_late),
        cmocka_unit_test(cancelling_twice_is_told_so),
        cmocka_unit_test(work_that_wins_against_a_cancel_keeps_its_result),
        cmocka_unit_test(work_that_cannot_be_cancelled_says_so_and_completes),
        cmocka_unit_test(a_provider_that_refuses_to_cancel_is_asked_once),
        cmocka_unit_test(release_waits_for_a_cancel_that_is_still_inside),
        cmocka_unit_test(release_waits_for_a_run_that_is_still_inside_though_the_next_use_is_done),
        cmocka_unit_test(queued_work_is_cancelled_before_it_begins),
        cmocka_unit_test(cancel_against_complete_completes_and_calls_back_exactly_once),
        cmocka_unit_test(submit_cancel_wait_and_close_race_and_release_once),
    };
    return cmocka_run_group_tests_name("op cancel", tests, begin, finish);
}
