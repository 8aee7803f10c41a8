/* What an operation answers in each of its states, and what it remembers of a use. */
#include "op-test.h"

#include "op/notify.h"

static void never_told(void *data, tri_handle op)
{
    fail();
}

static void an_operation_never_started_refuses_to_wait_read_and_cancel(void **state)
{
    TRI_AUTO_OP struct tri_op *op = tri_op_new();
    struct seen seen;
    assert_int_equal(tri_op_state(op), TRI_OP_IDLE);
    assert_int_equal(tri_op_wait(op, TRI_DEADLINE_NEVER), -EINVAL);
    assert_int_equal(tri_op_read_result(op, see, &seen), -EINVAL);
    assert_int_equal(tri_op_cancel(op), -EINVAL);
    struct tri_mailbox *box = tri_mailbox_new();
    assert_int_equal(tri_op_observe(op, box, never_told, NULL), -EINVAL);
    tri_mailbox_unref(box);
    assert_int_equal(tri_op_id(op), 0);
    assert_int_equal(tri_op_percent(op), 0);
    assert_int_equal(tri_op_tag(op).kind, -1);
}

static void a_running_operation_refuses_to_start_again_and_to_be_read(void **state)
{
    TRI_AUTO_OP struct tri_op *op = tri_op_new();
    struct seen seen;
    assert_int_equal(tri_op_start(op, NULL, &by_hand, NULL), 0);
    uint64_t id = tri_op_id(op);
    assert_int_equal(tri_op_state(op), TRI_OP_RUNNING);
    assert_int_equal(tri_op_start(op, NULL, &by_hand, NULL), -EBUSY);
    assert_int_equal(tri_op_submit(op, NULL, &at_once, NULL), -EBUSY);
    assert_int_equal(tri_op_read_result(op, see, &seen), -EAGAIN);
    assert_int_equal(tri_op_wait(op, 0), -ETIMEDOUT);
    assert_int_equal(tri_op_id(op), id);
    tri_op_complete(op, 0, NULL, NULL, NULL);
    assert_int_equal(tri_op_wait(op, 0), 0);
    assert_int_equal(result_code(op), 0);
}

static void a_refused_start_leaves_the_running_use_and_its_tag_alone(void **state)
{
    TRI_AUTO_OP struct tri_op *op = tri_op_new();
    struct tri_op_tag first = {.kind = 3, .subject = 5, .object = 7}, second = {.kind = 4};
    assert_int_equal(tri_op_start(op, &first, &by_hand, NULL), 0);
    assert_int_equal(tri_op_start(op, &second, &by_hand, NULL), -EBUSY);
    assert_int_equal(tri_op_tag(op).kind, 3);
    assert_int_equal(tri_op_tag(op).object, 7);
    tri_op_complete(op, -EIO, NULL, NULL, NULL);
    struct seen seen;
    assert_int_equal(tri_op_read_result(op, see, &seen), 0);
    assert_int_equal(seen.code, -EIO);
    assert_int_equal(seen.tag.subject, 5);
}

static unsigned freed;
static void count_free(void *value)
{
    freed++;
    free(value);
}

static void a_result_can_be_read_again_until_the_next_start_takes_it_away(void **state)
{
    TRI_AUTO_OP struct tri_op *op = tri_op_new();
    struct seen seen;
    freed = 0;
    assert_int_equal(tri_op_start(op, NULL, &by_hand, NULL), 0);
    tri_op_complete(op, 0, NULL, strdup("document"), count_free);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(tri_op_read_result(op, see, &seen), 0);
        assert_string_equal(seen.value, "document");
    }
    assert_int_equal(freed, 0);
    assert_int_equal(tri_op_start(op, NULL, &by_hand, NULL), 0);
    assert_int_equal(freed, 1);
    tri_op_complete(op, 0, NULL, NULL, NULL);
    assert_int_equal(tri_op_read_result(op, see, &seen), 0);
    assert_null(seen.value);
}

static void a_value_is_freed_with_the_operation(void **state)
{
    struct tri_op *op = tri_op_new();
    freed = 0;
    assert_int_equal(tri_op_start(op, NULL, &by_hand, NULL), 0);
    tri_op_complete(op, 0, NULL, strdup("document"), count_free);
    assert_int_equal(freed, 0);
    assert_true(tri_op_close(tri_op_handle(op)));
    assert_int_equal(freed, 1);
}

static void an_error_travels_with_the_code_it_completed_with(void **state)
{
    TRI_AUTO_OP struct tri_op *op = tri_op_new();
    struct tri_error error = {0};
    struct seen seen;
    tri_error_set(&error, -ENOENT, NULL, "no %s", "runtime");
    assert_int_equal(tri_op_start(op, NULL, &by_hand, NULL), 0);
    tri_op_complete(op, -EIO, &error, NULL, NULL);
    assert_null(error.text);
    assert_int_equal(tri_op_read_result(op, see, &seen), 0);
    assert_int_equal(seen.code, -EIO);
    assert_string_equal(seen.text, "no runtime");
    assert_int_equal(tri_op_submit(op, NULL, &at_once, NULL), 0);
    assert_int_equal(tri_op_wait(op, patience()), 0);
    assert_int_equal(tri_op_read_result(op, see, &seen), 0);
    assert_string_equal(seen.text, "");
}

static void a_rejected_request_fails_through_the_operation(void **state)
{
    TRI_AUTO_OP struct tri_op *op = tri_op_new();
    struct tri_op_tag tag = {.kind = 9};
    struct tri_error error = {0};
    struct seen seen;
    tri_error_set(&error, -EINVAL, "$.Owner", "not a string");
    assert_int_equal(tri_op_reject(op, &tag, &error), 0);
    assert_int_equal(tri_op_wait(op, TRI_DEADLINE_NEVER), 0);
    assert_int_equal(tri_op_read_result(op, see, &seen), 0);
    assert_int_equal(seen.code, -EINVAL);
    assert_int_equal(seen.tag.kind, 9);
    assert_string_equal(seen.text, "not a string");
}

static void each_use_has_a_new_id_and_forgets_the_tag_before(void **state)
{
    TRI_AUTO_OP struct tri_op *op = tri_op_new();
    struct tri_op_tag tag = {.kind = 1};
    uint64_t last = 0;
    for (int i = 0; i < 100; i++) {
        assert_int_equal(tri_op_submit(op, i % 2 ? NULL : &tag, &at_once, NULL), 0);
        assert_true(tri_op_id(op) > last);
        last = tri_op_id(op);
        assert_int_equal(tri_op_tag(op).kind, i % 2 ? -1 : 1);
        assert_int_equal(tri_op_wait(op, patience()), 0);
    }
}

static void two_starts_at_once_give_one_use(void **state)
{
    TRI_AUTO_OP struct tri_op *op = tri_op_new();
    struct work work = WORK;
    assert_int_equal(tri_op_submit(op, NULL, &worker, &work), 0);
    assert_int_equal(tri_op_submit(op, NULL, &worker, &work), -EBUSY);
    gate_pass(&work.may_end);
    assert_int_equal(tri_op_wait(op, patience()), 0);
    EVENTUALLY(work.releases == 1);
    assert_int_equal(work.runs, 1);
}

static void a_stale_handle_gives_no_operation(void **state)
{
    struct tri_op *op = tri_op_new();
    tri_handle handle = tri_op_handle(op);
    assert_int_equal(tri_op_poll_handle(handle), TRI_OP_IDLE);
    struct tri_op *again = tri_op_from_handle(handle);
    assert_ptr_equal(again, op);
    tri_op_unref(again);
    assert_true(tri_op_close(handle));
    assert_false(tri_op_close(handle));
    assert_null(tri_op_from_handle(handle));
    assert_int_equal(tri_op_poll_handle(handle), -EBADF);
    assert_int_equal(tri_op_poll_handle(TRI_HANDLE_NONE), -EBADF);
    assert_false(tri_op_close(TRI_HANDLE_NONE));
}

static void polling_by_handle_follows_the_states(void **state)
{
    TRI_AUTO_OP struct tri_op *op = tri_op_new();
    struct work work = WORK;
    tri_handle handle = tri_op_handle(op);
    work.cancel_ends = true;
    assert_int_equal(tri_op_submit(op, NULL, &worker, &work), 0);
    assert_true(gate_reached(&work.begun, 1));
    assert_int_equal(tri_op_poll_handle(handle), TRI_OP_RUNNING);
    assert_int_equal(tri_op_cancel(op), 0);
    assert_int_equal(tri_op_wait(op, patience()), 0);
    assert_int_equal(tri_op_poll_handle(handle), TRI_OP_DONE);
    EVENTUALLY(work.releases == 1);
}

static void info_says_what_is_known(void **state)
{
    TRI_AUTO_OP struct tri_op *op = tri_op_new();
    struct tri_op_tag tag = {.kind = 2};
    struct tri_op_info info;
    tri_op_info(op, &info);
    assert_int_equal(info.state, TRI_OP_IDLE);
    assert_int_equal(tri_op_start(op, &tag, &by_hand, NULL), 0);
    tri_op_progress(op, 30, "copying");
    tri_op_info(op, &info);
    assert_int_equal(info.state, TRI_OP_RUNNING);
    assert_int_equal(info.percent, 30);
    assert_string_equal(info.phase, "copying");
    assert_true(info.started_wall_ns > 0 && info.ended_wall_ns == 0);
    assert_false(info.cancellable);
    tri_op_complete(op, -EIO, NULL, NULL, NULL);
    tri_op_info(op, &info);
    assert_int_equal(info.percent, 100);
    assert_int_equal(info.code, -EIO);
    assert_true(info.ended_wall_ns >= info.started_wall_ns);
    assert_false(info.was_read);
    result_code(op);
    tri_op_info(op, &info);
    assert_true(info.was_read);
    assert_int_equal(tri_op_start(op, &tag, &by_hand, NULL), 0);
    tri_op_info(op, &info);
    assert_false(info.was_read);
    tri_op_complete(op, 0, NULL, NULL, NULL);
}

static void percent_only_grows_and_stays_below_hundred_until_done(void **state)
{
    TRI_AUTO_OP struct tri_op *op = tri_op_new();
    assert_int_equal(tri_op_start(op, NULL, &by_hand, NULL), 0);
    assert_int_equal(tri_op_percent(op), 0);
    tri_op_progress(op, 40, NULL);
    tri_op_progress(op, 20, NULL);
    assert_int_equal(tri_op_percent(op), 40);
    tri_op_progress(op, 1000, NULL);
    assert_int_equal(tri_op_percent(op), 99);
    tri_op_complete(op, 0, NULL, NULL, NULL);
    assert_int_equal(tri_op_percent(op), 100);
    assert_int_equal(tri_op_start(op, NULL, &by_hand, NULL), 0);
    assert_int_equal(tri_op_percent(op), 0);
    tri_op_complete(op, 0, NULL, NULL, NULL);
}

static void closing_a_running_operation_lets_its_work_end(void **state)
{
    struct tri_op *op = tri_op_new();
    struct work work = WORK;
    assert_int_equal(tri_op_submit(op, NULL, &worker, &work), 0);
    assert_true(gate_reached(&work.begun, 1));
    assert_true(tri_op_close(tri_op_handle(op)));
    assert_int_equal(tri_op_live(), 1);
    gate_pass(&work.may_end);
    EVENTUALLY(work.releases == 1);
    EVENTUALLY(tri_op_live() == 0);
}

static void more_work(struct tri_op *op, void *data)
{
    assert_ptr_equal(tri_op_data(op), data);
    tri_op_complete(op, 5 - 10, NULL, NULL, NULL);
}

static void hand_on(struct tri_op *op, void *data)
{
    assert_int_equal(tri_op_continue(op, more_work, data), 0);
}

static void work_can_continue_on_the_pool_and_releases_once(void **state)
{
    static const struct tri_op_provider in_pieces = {.name = "pieces", .run = hand_on, .release = work_release};
    TRI_AUTO_OP struct tri_op *op = tri_op_new();
    struct work work = WORK;
    assert_int_equal(tri_op_submit(op, NULL, &in_pieces, &work), 0);
    assert_int_equal(tri_op_wait(op, patience()), 0);
    assert_int_equal(result_code(op), -5);
    EVENTUALLY(work.releases == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_operation_never_started_refuses_to_wait_read_and_cancel),
        cmocka_unit_test(a_running_operation_refuses_to_start_again_and_to_be_read),
        cmocka_unit_test(a_refused_start_leaves_the_running_use_and_its_tag_alone),
        cmocka_unit_test(a_result_can_be_read_again_until_the_next_start_takes_it_away),
        cmocka_unit_test(a_value_is_freed_with_the_operation),
        cmocka_unit_test(an_error_travels_with_the_code_it_completed_with),
        cmocka_unit_test(a_rejected_request_fails_through_the_operation),
        cmocka_unit_test(each_use_has_a_new_id_and_forgets_the_tag_before),
        cmocka_unit_test(two_starts_at_once_give_one_use),
        cmocka_unit_test(a_stale_handle_gives_no_operation),
        cmocka_unit_test(polling_by_handle_follows_the_states),
        cmocka_unit_test(info_says_what_is_known),
        cmocka_unit_test(percent_only_grows_and_stays_below_hundred_until_done),
        cmocka_unit_test(closing_a_running_operation_lets_its_work_end),
        cmocka_unit_test(work_can_continue_on_the_pool_and_releases_once),
    };
    return cmocka_run_group_tests_name("op states", tests, begin, finish);
}
