#include "op-test.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "op/loop.h"

struct watched {
    int fd;
    struct tri_source *source;
    struct gate events, may_return;
    bool waits, removes;
    _Atomic bool returned;
    struct watched *adds;
};
#define WATCHED                                                                                                        \
    {                                                                                                                  \
        .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), .events = GATE, .may_return = GATE                               \
    }

static void ring(struct watched *watched)
{
    eventfd_write(watched->fd, 1);
}

static void watched_add(struct watched *watched);

static void on_event(void *data, uint32_t events)
{
    struct watched *watched = data;
    eventfd_t value;
    eventfd_read(watched->fd, &value);
    if (watched->removes)
        tri_loop_remove(watched->source);
    if (watched->adds)
        watched_add(watched->adds);
    gate_pass(&watched->events);
    if (watched->waits)
        (void)gate_reached(&watched->may_return, 1);
    watched->returned = true;
}

static void watched_add(struct watched *watched)
{
    assert_int_equal(tri_loop_add(watched->fd, EPOLLIN, on_event, watched, &watched->source), 0);
}

/* The loop's own descriptor stays for ever: it is there before descriptors are counted. */
static int begin_with_loop(void **state)
{
    struct watched watched = WATCHED;
    watched_add(&watched);
    tri_loop_remove(watched.source);
    close(watched.fd);
    return begin(state);
}

static void a_handler_runs_for_each_event_until_removed(void **state)
{
    struct watched watched = WATCHED;
    watched_add(&watched);
    for (unsigned i = 1; i <= 50; i++) {
        ring(&watched);
        assert_true(gate_reached(&watched.events, i));
    }
    tri_loop_remove(watched.source);
    ring(&watched);
    assert_false(gate_reached_within(&watched.events, 51, 20));
    close(watched.fd);
}

static void a_handler_may_remove_itself(void **state)
{
    for (int i = 0; i < 200; i++) {
        struct watched watched = WATCHED;
        watched.removes = true;
        watched_add(&watched);
        ring(&watched);
        EVENTUALLY(watched.returned);
        close(watched.fd);
    }
}

static void a_handler_may_add_another(void **state)
{
    struct watched first = WATCHED, second = WATCHED;
    first.adds = &second;
    watched_add(&first);
    ring(&second);
    ring(&first);
    assert_true(gate_reached(&second.events, 1));
    tri_loop_remove(first.source);
    tri_loop_remove(second.source);
    close(first.fd);
    close(second.fd);
}

static void *remove_there(void *data)
{
    struct watched *watched = data;
    tri_loop_remove(watched->source);
    return watched->returned ? NULL : "removed while its handler ran";
}

static void removing_from_another_thread_waits_for_the_handler(void **state)
{
    struct watched watched = WATCHED;
    pthread_t remover;
    void *complaint;
    watched.waits = true;
    watched_add(&watched);
    ring(&watched);
    assert_true(gate_reached(&watched.events, 1));
    assert_int_equal(pthread_create(&remover, NULL, remove_there, &watched), 0);
    gate_pass(&watched.may_return);
    pthread_join(remover, &complaint);
    assert_null(complaint);
    close(watched.fd);
}

static void what_is_watched_for_can_change(void **state)
{
    struct watched watched = WATCHED;
    watched_add(&watched);
    assert_int_equal(tri_loop_modify(watched.source, 0), 0);
    ring(&watched);
    assert_false(gate_reached_within(&watched.events, 1, 20));
    assert_int_equal(tri_loop_modify(watched.source, EPOLLIN), 0);
    assert_true(gate_reached(&watched.events, 1));
    tri_loop_remove(watched.source);
    close(watched.fd);
}

static void a_descriptor_that_cannot_be_watched_is_refused(void **state)
{
    struct tri_source *source = (struct tri_source *)state;
    assert_int_equal(tri_loop_add(-1, EPOLLIN, on_event, NULL, &source), -EBADF);
    assert_ptr_equal(source, state);
    tri_loop_remove(NULL);
}

static void *add_and_remove(void *data)
{
    for (int i = 0; i < 300; i++) {
        struct watched watched = WATCHED;
        if (tri_loop_add(watched.fd, EPOLLIN, on_event, &watched, &watched.source) < 0)
            return "not added";
        ring(&watched);
        if (i % 2 && !gate_reached(&watched.events, 1))
            return "no event";
        tri_loop_remove(watched.source);
        close(watched.fd);
    }
    return NULL;
}

static void threads_add_and_remove_at_the_same_time(void **state)
{
    pthread_t threads[8];
    for (int i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_and_remove, NULL), 0);
    for (int i = 0; i < 8; i++) {
        void *complaint;
        pthread_join(threads[i], &complaint);
        if (complaint)
            fail_msg("%s", (char *)complaint);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_handler_runs_for_each_event_until_removed),
        cmocka_unit_test(a_handler_may_remove_itself),
        cmocka_unit_test(a_handler_may_add_another),
        cmocka_unit_test(removing_from_another_thread_waits_for_the_handler),
        cmocka_unit_test(what_is_watched_for_can_change),
        cmocka_unit_test(a_descriptor_that_cannot_be_watched_is_refused),
        cmocka_unit_test(threads_add_and_remove_at_the_same_time),
    };
    return cmocka_run_group_tests_name("op loop", tests, begin_with_loop, finish);
}
