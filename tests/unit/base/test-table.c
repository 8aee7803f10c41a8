#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>

#include "base/table.h"

struct thing {
    struct tri_slot slot;
    uint64_t value;
    char name[24];
};

static _Atomic unsigned destroyed;

static void thing_destroy(void *object)
{
    (void)object;
    atomic_fetch_add(&destroyed, 1);
}

static const struct tri_table things = TRI_TABLE(TRI_HANDLE_SYSTEM, struct thing, thing_destroy);
static const struct tri_table others = TRI_TABLE(TRI_HANDLE_PROCESS, struct thing, NULL);
static const struct tri_table empty = TRI_TABLE(TRI_HANDLE_OP, struct thing, NULL);

static tri_handle thing_open(void)
{
    struct thing *thing = tri_table_new(&things);
    assert_non_null(thing);
    return tri_table_handle(&things, thing);
}

static void thing_close(tri_handle handle)
{
    struct thing *thing = tri_table_close(&things, handle);
    assert_non_null(thing);
    tri_object_unref(&things, thing);
}

static void a_handle_finds_its_object_and_takes_a_reference(void **state)
{
    struct thing *thing = tri_table_new(&things);
    tri_handle handle = tri_table_handle(&things, thing);
    assert_ptr_equal(tri_table_get(&things, handle), thing);
    assert_ptr_equal(tri_table_peek(&things, handle), thing);
    assert_true(tri_table_is_open(&things, handle));
    tri_object_unref(&things, thing);
    assert_true(tri_table_is_open(&things, handle));
    thing_close(handle);
}

static void a_closed_handle_is_stale_though_its_object_lives(void **state)
{
    unsigned before = destroyed;
    tri_handle handle = thing_open();
    struct thing *kept = tri_table_get(&things, handle);
    thing_close(handle);
    assert_null(tri_table_get(&things, handle));
    assert_null(tri_table_peek(&things, handle));
    assert_null(tri_table_close(&things, handle));
    assert_int_equal(destroyed, before);
    assert_int_equal(tri_table_handle(&things, kept), handle);
    tri_object_unref(&things, kept);
    assert_int_equal(destroyed, before + 1);
}

static void the_last_reference_closes_a_handle_that_nobody_closed(void **state)
{
    unsigned before = destroyed;
    struct thing *thing = tri_table_new(&things);
    tri_handle handle = tri_table_handle(&things, thing);
    tri_object_unref(&things, thing);
    assert_int_equal(destroyed, before + 1);
    assert_false(tri_table_is_open(&things, handle));
    assert_null(tri_table_get(&things, handle));
}

static void a_foreign_handle_is_nothing(void **state)
{
    struct thing *other = tri_table_new(&others);
    tri_handle handle = thing_open(), foreign = tri_table_handle(&others, other);
    assert_int_not_equal(handle, foreign);
    assert_null(tri_table_get(&things, foreign));
    assert_null(tri_table_close(&things, foreign));
    assert_null(tri_table_get(&others, handle));
    thing_close(handle);
    tri_object_unref(&others, other);
}

static void no_value_at_all_crashes_a_look_up(void **state)
{
    tri_handle handle = thing_open();
    uint64_t random = 88172645463325252ull;
    assert_null(tri_table_get(&things, TRI_HANDLE_NONE));
    assert_null(tri_table_get(&things, UINT64_MAX));
    assert_null(tri_table_get(&things, (tri_handle)(uintptr_t)&random));
    assert_null(tri_table_get(&empty, handle));
    for (int i = 0; i < 1000000; i++) {
        random ^= random << 13, random ^= random >> 7, random ^= random << 17;
        if (random != handle)
            assert_false(tri_table_is_open(&things, random));
        assert_null(tri_table_get(&things, handle ^ 1ull << (i % 64)));
    }
    thing_close(handle);
}

static void a_reused_slot_has_another_generation_and_is_zero(void **state)
{
    struct thing *thing = tri_table_new(&things);
    tri_handle first = tri_table_handle(&things, thing);
    thing->value = 7;
    thing->name[23] = 'x';
    thing_close(first);
    struct thing *again = tri_table_new(&things);
    tri_handle second = tri_table_handle(&things, again);
    assert_ptr_equal(again, thing);
    assert_int_not_equal(first, second);
    assert_int_equal(again->value, 0);
    assert_int_equal(again->name[23], 0);
    assert_null(tri_table_get(&things, first));
    thing_close(second);
}

static void a_million_objects_live_side_by_side(void **state)
{
    enum { COUNT = 1000000 };
    tri_handle *handles = malloc(COUNT * sizeof(*handles));
    assert_non_null(handles);
    for (uint64_t i = 0; i < COUNT; i++) {
        struct thing *thing = tri_table_new(&things);
        thing->value = i;
        handles[i] = tri_table_handle(&things, thing);
    }
    assert_int_equal(tri_table_live(&things), COUNT);
    for (uint64_t i = 0; i < COUNT; i++) {
        struct thing *thing = tri_table_peek(&things, handles[i]);
        if (!thing || thing->value != i)
            fail_msg("handle %ju does not lead to its object", (uintmax_t)i);
    }
    for (uint64_t i = 0; i < COUNT; i++)
        thing_close(handles[i]);
    free(handles);
}

enum { THREADS = 8, ROUNDS = 500 };

struct race {
    pthread_barrier_t start;
    _Atomic tri_handle handle;
    _Atomic unsigned winners;
};

static void *close_once(void *data)
{
    struct race *race = data;
    for (int i = 0; i < ROUNDS; i++) {
        pthread_barrier_wait(&race->start);
        struct thing *thing = tri_table_close(&things, race->handle);
        if (thing) {
            atomic_fetch_add(&race->winners, 1);
            tri_object_unref(&things, thing);
        }
        pthread_barrier_wait(&race->start);
    }
    return NULL;
}

static void of_eight_closers_exactly_one_wins(void **state)
{
    struct race race = {0};
    pthread_t threads[THREADS];
    pthread_barrier_init(&race.start, NULL, THREADS + 1);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, close_once, &race), 0);
    for (unsigned i = 0; i < ROUNDS; i++) {
        race.handle = thing_open();
        pthread_barrier_wait(&race.start);
        pthread_barrier_wait(&race.start);
        assert_int_equal(race.winners, i + 1);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&race.start);
}

/* Each thread makes, uses and closes its own objects, and looks at the others' handles meanwhile. */
static _Atomic tri_handle shown[THREADS];

static void *churn(void *data)
{
    size_t self = (size_t)(uintptr_t)data;
    for (uint64_t i = 0; i < 20000; i++) {
        struct thing *thing = tri_table_new(&things), *seen;
        if (!thing)
            return "no object";
        tri_handle handle = tri_table_handle(&things, thing);
        shown[self] = handle;
        tri_handle other = shown[(self + i) % THREADS];
        if ((seen = tri_table_get(&things, other))) {
            if (tri_table_handle(&things, seen) != other)
                return "another object than the handle's";
            tri_object_unref(&things, seen);
        }
        if (tri_table_close(&things, handle) != thing)
            return "a handle that its only closer cannot close";
        tri_object_unref(&things, thing);
    }
    return NULL;
}

static void threads_that_make_look_up_and_close_do_not_disturb_each_other(void **state)
{
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, churn, (void *)i), 0);
    for (int i = 0; i < THREADS; i++) {
        void *complaint;
        pthread_join(threads[i], &complaint);
        if (complaint)
            fail_msg("%s", (char *)complaint);
    }
}

static int nothing_lives(void **state)
{
    assert_int_equal(tri_table_live(&things), 0);
    assert_int_equal(tri_table_live(&others), 0);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_handle_finds_its_object_and_takes_a_reference),
        cmocka_unit_test(a_closed_handle_is_stale_though_its_object_lives),
        cmocka_unit_test(the_last_reference_closes_a_handle_that_nobody_closed),
        cmocka_unit_test(a_foreign_handle_is_nothing),
        cmocka_unit_test(no_value_at_all_crashes_a_look_up),
        cmocka_unit_test(a_reused_slot_has_another_generation_and_is_zero),
        cmocka_unit_test(a_million_objects_live_side_by_side),
        cmocka_unit_test(of_eight_closers_exactly_one_wins),
        cmocka_unit_test(threads_that_make_look_up_and_close_do_not_disturb_each_other),
    };
    return cmocka_run_group_tests_name("table", tests, NULL, nothing_lives);
}
