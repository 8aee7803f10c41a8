#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <sched.h>

#include "base/clock.h"
#include "management/rows.h"

#define PATIENCE_MS 20000

static struct tri_class *cls;

static int make_class(void **state)
{
    cls = tri_class_new();
    struct tri_error error = {0};
    assert_int_equal(tri_class_put_property(cls, "Number", TRI_CIM_UINT32, NULL, NULL, NULL, &error), 0);
    assert_int_equal(tri_class_freeze(cls, &error), 0);
    return 0;
}

static int drop_class(void **state)
{
    tri_class_unref(cls);
    return 0;
}

static int nothing_is_left(void **state)
{
    assert_int_equal(tri_cim_object_live(), 0);
    return 0;
}

static struct tri_cim_object *row(uint64_t number)
{
    struct tri_cim_object *object = tri_cim_object_blank(cls);
    tri_cim_object_set_unsigned(object, "Number", number);
    return object;
}

static uint64_t number_of(struct tri_cim_object *object)
{
    uint64_t number = tri_cim_object_value(object, 0)->natural;
    tri_cim_object_unref(object);
    return number;
}

static void add(struct tri_rows *rows, uint64_t from, uint64_t to)
{
    for (uint64_t i = from; i < to; i++)
        assert_int_equal(tri_rows_add(rows, row(i)), 0);
}

static void expect(struct tri_rows *rows, uint64_t *position, uint64_t from, uint64_t to)
{
    for (uint64_t i = from; i < to; i++) {
        struct tri_cim_object *object;
        assert_int_equal(tri_rows_next(rows, position, tri_deadline_ns(PATIENCE_MS), &object), 1);
        assert_int_equal(number_of(object), i);
    }
}

static void retained_rows_are_read_by_any_number_of_readers(void **state)
{
    struct tri_rows rows;
    struct tri_cim_object *object = NULL;
    uint64_t first = 0, second = 0;
    tri_rows_init(&rows, TRI_ROWS_RETAINED);
    add(&rows, 0, 3000);
    tri_rows_end(&rows, false);
    expect(&rows, &first, 0, 3000);
    expect(&rows, &second, 0, 3000);
    assert_int_equal(tri_rows_next(&rows, &first, 0, &object), 0);
    first = 2999;
    expect(&rows, &first, 2999, 3000);
    tri_rows_finish(&rows);
}

static void taken_rows_are_let_go_of_when_they_are_read(void **state)
{
    struct tri_rows rows;
    uint64_t position = 0;
    tri_rows_init(&rows, TRI_ROWS_TAKEN);
    add(&rows, 0, 5000);
    tri_rows_end(&rows, false);
    expect(&rows, &position, 0, 4990);
    assert_int_equal(tri_cim_object_live(), 10);
    tri_rows_finish(&rows);
}

static void a_poll_finds_nothing_and_says_so(void **state)
{
    struct tri_rows rows;
    struct tri_cim_object *object = NULL;
    uint64_t position = 0;
    tri_rows_init(&rows, TRI_ROWS_WAITING);
    assert_int_equal(tri_rows_next(&rows, &position, 0, &object), -ETIMEDOUT);
    assert_int_equal(tri_rows_next(&rows, &position, tri_deadline_ns(5), &object), -ETIMEDOUT);
    add(&rows, 7, 8);
    expect(&rows, &position, 7, 8);
    assert_int_equal(tri_rows_next(&rows, &position, 0, &object), -ETIMEDOUT);
    assert_null(object);
    tri_rows_end(&rows, false);
    assert_int_equal(tri_rows_next(&rows, &position, 0, &object), 0);
    tri_rows_finish(&rows);
}

static void what_was_written_before_the_end_can_be_read_after_it(void **state)
{
    struct tri_rows rows;
    uint64_t position = 0;
    struct tri_cim_object *object;
    tri_rows_init(&rows, TRI_ROWS_RETAINED);
    add(&rows, 0, 2);
    tri_rows_end(&rows, false);
    assert_int_equal(tri_rows_add(&rows, row(2)), -ECANCELED);
    expect(&rows, &position, 0, 2);
    assert_int_equal(tri_rows_next(&rows, &position, 0, &object), 0);
    tri_rows_finish(&rows);
}

static void an_end_that_drops_leaves_nothing_to_read(void **state)
{
    struct tri_rows rows;
    uint64_t position = 0;
    struct tri_cim_object *object;
    tri_rows_init(&rows, TRI_ROWS_WAITING);
    add(&rows, 0, 10);
    tri_rows_end(&rows, true);
    assert_int_equal(tri_rows_next(&rows, &position, 0, &object), 0);
    tri_rows_finish(&rows);
}

static void lost_rows_are_said_once_and_where_they_are_missing(void **state)
{
    struct tri_rows rows;
    uint64_t position = 0;
    struct tri_cim_object *object;
    tri_rows_init(&rows, TRI_ROWS_LOSING);
    add(&rows, 0, TRI_ROWS_EVENTS + 5);
    expect(&rows, &position, 0, TRI_ROWS_EVENTS - 1);
    add(&rows, 20000, 20001); /* there is room again */
    expect(&rows, &position, TRI_ROWS_EVENTS - 1, TRI_ROWS_EVENTS);
    assert_int_equal(tri_rows_next(&rows, &position, 0, &object), TRI_MANAGEMENT_QUEUE_OVERFLOW);
    expect(&rows, &position, 20000, 20001);
    assert_int_equal(tri_rows_next(&rows, &position, 0, &object), -ETIMEDOUT);
    tri_rows_end(&rows, true);
    tri_rows_finish(&rows);
}

static void count_wake(void *data)
{
    ++*(int *)data;
}

static void a_reader_that_does_not_sleep_is_called_for_the_next_row(void **state)
{
    struct tri_rows rows;
    int woken = 0;
    struct tri_rows_waker waker = {.run = count_wake, .data = &woken};
    uint64_t position = 0;
    tri_rows_init(&rows, TRI_ROWS_WAITING);
    tri_rows_wake(&rows, position, &waker);
    assert_int_equal(woken, 0);
    add(&rows, 0, 2);
    assert_int_equal(woken, 1);
    tri_rows_wake(&rows, position, &waker); /* there is one already */
    assert_int_equal(woken, 2);
    expect(&rows, &position, 0, 2);
    tri_rows_wake(&rows, position, &waker);
    assert_int_equal(woken, 2);
    tri_rows_end(&rows, false);
    assert_int_equal(woken, 3);
    tri_rows_finish(&rows);
}

/* ---- two threads ---- */

struct producer {
    struct tri_rows *rows;
    uint64_t count, made;
    int result;
    pthread_t thread;
};

static void *produce(void *data)
{
    struct producer *producer = data;
    while (producer->made < producer->count && producer->result == 0) {
        producer->result = tri_rows_add(producer->rows, row(producer->made));
        producer->made += producer->result == 0;
    }
    if (producer->result == 0)
        tri_rows_end(producer->rows, false);
    return NULL;
}

static void producer_start(struct producer *producer)
{
    assert_int_equal(pthread_create(&producer->thread, NULL, produce, producer), 0);
}

static void a_reader_and_a_producer_hand_over_every_row(void **state)
{
    for (int i = 0; i < 20; i++) {
        struct tri_rows rows;
        tri_rows_init(&rows, TRI_ROWS_WAITING);
        struct producer producer = {.rows = &rows, .count = 5000};
        uint64_t position = 0;
        struct tri_cim_object *object;
        producer_start(&producer);
        expect(&rows, &position, 0, 5000);
        assert_int_equal(tri_rows_next(&rows, &position, TRI_DEADLINE_NEVER, &object), 0);
        pthread_join(producer.thread, NULL);
        tri_rows_finish(&rows);
    }
}

static void wait_for_producer(struct tri_rows *rows)
{
    uint64_t until_ns = tri_deadline_ns(PATIENCE_MS);
    while (!tri_rows_producer_waits(rows) && tri_clock_ns() < until_ns)
        sched_yield();
    assert_true(tri_rows_producer_waits(rows));
}

static void the_producer_of_a_full_queue_waits_for_its_reader(void **state)
{
    struct tri_rows rows;
    tri_rows_init(&rows, TRI_ROWS_WAITING);
    struct producer producer = {.rows = &rows, .count = 3000};
    uint64_t position = 0;
    producer_start(&producer);
    wait_for_producer(&rows);
    assert_int_equal(atomic_load(&rows.written), TRI_ROWS_QUEUE);
    expect(&rows, &position, 0, 3000);
    pthread_join(producer.thread, NULL);
    tri_rows_finish(&rows);
}

static void a_waiting_producer_stops_when_reading_ends(void **state)
{
    struct tri_rows rows;
    tri_rows_init(&rows, TRI_ROWS_WAITING);
    struct producer producer = {.rows = &rows, .count = 3000};
    producer_start(&producer);
    wait_for_producer(&rows);
    tri_rows_end(&rows, true);
    pthread_join(producer.thread, NULL);
    assert_int_equal(producer.result, -ECANCELED);
    tri_rows_finish(&rows);
}

struct reader {
    struct tri_rows *rows;
    uint64_t sum, count;
    int result;
    pthread_t thread;
};

static void *read_all(void *data)
{
    struct reader *reader = data;
    uint64_t position = 0;
    struct tri_cim_object *object;
    while ((reader->result = tri_rows_next(reader->rows, &position, TRI_DEADLINE_NEVER, &object)) == 1) {
        reader->sum += number_of(object);
        reader->count++;
    }
    return NULL;
}

static void readers_at_once(enum tri_rows_mode mode, struct reader readers[3])
{
    struct tri_rows rows;
    tri_rows_init(&rows, mode);
    struct producer producer = {.rows = &rows, .count = 20000};
    for (int i = 0; i < 3; i++) {
        readers[i] = (struct reader){.rows = &rows};
        assert_int_equal(pthread_create(&readers[i].thread, NULL, read_all, &readers[i]), 0);
    }
    producer_start(&producer);
    for (int i = 0; i < 3; i++) {
        pthread_join(readers[i].thread, NULL);
        assert_int_equal(readers[i].result, 0);
    }
    pthread_join(producer.thread, NULL);
    tri_rows_finish(&rows);
}

static void each_of_several_readers_sees_every_retained_row(void **state)
{
    struct reader readers[3];
    readers_at_once(TRI_ROWS_RETAINED, readers);
    for (int i = 0; i < 3; i++)
        assert_int_equal(readers[i].sum, 20000ull * 19999 / 2);
}

static void no_row_of_a_queue_is_given_to_two_readers(void **state)
{
    struct reader readers[3];
    readers_at_once(TRI_ROWS_WAITING, readers);
    assert_int_equal(readers[0].count + readers[1].count + readers[2].count, 20000);
    assert_int_equal(readers[0].sum + readers[1].sum + readers[2].sum, 20000ull * 19999 / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(retained_rows_are_read_by_any_number_of_readers, nothing_is_left),
        cmocka_unit_test_teardown(taken_rows_are_let_go_of_when_they_are_read, nothing_is_left),
        cmocka_unit_test_teardown(a_poll_finds_nothing_and_says_so, nothing_is_left),
        cmocka_unit_test_teardown(what_was_written_before_the_end_can_be_read_after_it, nothing_is_left),
        cmocka_unit_test_teardown(an_end_that_drops_leaves_nothing_to_read, nothing_is_left),
        cmocka_unit_test_teardown(lost_rows_are_said_once_and_where_they_are_missing, nothing_is_left),
        cmocka_unit_test_teardown(a_reader_that_does_not_sleep_is_called_for_the_next_row, nothing_is_left),
        cmocka_unit_test_teardown(a_reader_and_a_producer_hand_over_every_row, nothing_is_left),
        cmocka_unit_test_teardown(the_producer_of_a_full_queue_waits_for_its_reader, nothing_is_left),
        cmocka_unit_test_teardown(a_waiting_producer_stops_when_reading_ends, nothing_is_left),
        cmocka_unit_test_teardown(each_of_several_readers_sees_every_retained_row, nothing_is_left),
        cmocka_unit_test_teardown(no_row_of_a_queue_is_given_to_two_readers, nothing_is_left),
    };
    return cmocka_run_group_tests(tests, make_class, drop_class);
}
