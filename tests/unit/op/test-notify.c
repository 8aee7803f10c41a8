/* Mailboxes by themselves: order, release, closing. */
#include "op-test.h"

#include "op/notify.h"

struct log {
    struct gate ran;
    struct gate may_run;
    uint64_t arguments[1000];
    _Atomic unsigned released;
};
#define LOG                                                                                                            \
    {                                                                                                                  \
        .ran = GATE, .may_run = GATE                                                                                   \
    }

static void note_log(void *data, uint64_t argument)
{
    struct log *log = data;
    (void)gate_reached(&log->may_run, 1);
    log->arguments[gate_count(&log->ran)] = argument;
    gate_pass(&log->ran);
}

static void note_release(void *data)
{
    struct log *log = data;
    atomic_fetch_add(&log->released, 1);
}

static void post(struct tri_mailbox *box, struct log *log, uint64_t argument)
{
    struct tri_note *note = tri_note_new(note_log, note_release, log);
    assert_non_null(note);
    tri_mailbox_post(box, note, argument);
}

static void notes_run_in_order_and_are_released_once(void **state)
{
    static struct log log = LOG;
    struct tri_mailbox *box = tri_mailbox_new();
    gate_pass(&log.may_run);
    for (uint64_t i = 0; i < 1000; i++)
        post(box, &log, i);
    assert_true(gate_reached(&log.ran, 1000));
    for (uint64_t i = 0; i < 1000; i++)
        assert_int_equal(log.arguments[i], i);
    EVENTUALLY(log.released == 1000);
    tri_mailbox_close(box);
    tri_mailbox_unref(box);
}

static void a_closed_mailbox_drops_notes_and_releases_them(void **state)
{
    struct log log = LOG;
    struct tri_mailbox *box = tri_mailbox_new();
    tri_mailbox_close(box);
    tri_mailbox_close(box);
    post(box, &log, 1);
    assert_int_equal(log.released, 1);
    assert_int_equal(gate_count(&log.ran), 0);
    tri_mailbox_unref(box);
}

static void *close_there(void *box)
{
    tri_mailbox_close(box);
    return NULL;
}

static void closing_drops_what_waits_and_waits_for_what_runs(void **state)
{
    struct log log = LOG;
    struct tri_mailbox *box = tri_mailbox_new();
    pthread_t closer;
    for (uint64_t i = 0; i < 10; i++)
        post(box, &log, i);
    assert_int_equal(pthread_create(&closer, NULL, close_there, box), 0);
    EVENTUALLY(log.released >= 9); /* dropped before the wait is over, or not begun at all */
    gate_pass(&log.may_run);
    pthread_join(closer, NULL);
    assert_int_equal(log.released, 10);
    assert_true(gate_count(&log.ran) <= 1);
    tri_mailbox_unref(box);
}

static void a_note_never_posted_is_released_when_freed(void **state)
{
    struct log log = LOG;
    tri_note_free(tri_note_new(note_log, note_release, &log));
    assert_int_equal(log.released, 1);
    tri_note_free(NULL);
    tri_mailbox_unref(NULL);
}

static void a_slow_mailbox_does_not_delay_others(void **state)
{
    enum { SLOW = 30 };
    static struct log slow[SLOW], quick = LOG;
    struct tri_mailbox *boxes[SLOW], *last = tri_mailbox_new();
    gate_pass(&quick.may_run);
    for (int i = 0; i < SLOW; i++) {
        slow[i] = (struct log)LOG;
        boxes[i] = tri_mailbox_new();
        post(boxes[i], &slow[i], 0);
    }
    post(last, &quick, 0);
    assert_true(gate_reached(&quick.ran, 1));
    for (int i = 0; i < SLOW; i++) {
        gate_pass(&slow[i].may_run);
        assert_true(gate_reached(&slow[i].ran, 1));
        tri_mailbox_close(boxes[i]);
        tri_mailbox_unref(boxes[i]);
    }
    tri_mailbox_close(last);
    tri_mailbox_unref(last);
}

/* ---- closing in circles ---- */

enum { RING = 5 };

static struct ring {
    struct tri_mailbox *boxes[RING];
    struct gate inside, out;
} ring = {.inside = GATE, .out = GATE};

static void close_next(void *data, uint64_t argument)
{
    gate_pass(&ring.inside);
    (void)gate_reached(&ring.inside, RING);
    tri_mailbox_close(ring.boxes[(argument + 1) % RING]);
    gate_pass(&ring.out);
}

static void a_ring_of_callbacks_that_close_each_other_comes_to_an_end(void **state)
{
    for (unsigned round = 0; round < 50; round++) {
        ring.inside.count = ring.out.count = 0;
        for (int i = 0; i < RING; i++)
            ring.boxes[i] = tri_mailbox_new();
        for (uint64_t i = 0; i < RING; i++)
            tri_mailbox_post(ring.boxes[i], tri_note_new(close_next, NULL, NULL), i);
        assert_true(gate_reached(&ring.out, RING));
        for (int i = 0; i < RING; i++) {
            tri_mailbox_close(ring.boxes[i]);
            tri_mailbox_unref(ring.boxes[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notes_run_in_order_and_are_released_once),
        cmocka_unit_test(a_closed_mailbox_drops_notes_and_releases_them),
        cmocka_unit_test(closing_drops_what_waits_and_waits_for_what_runs),
        cmocka_unit_test(a_note_never_posted_is_released_when_freed),
        cmocka_unit_test(a_slow_mailbox_does_not_delay_others),
        cmocka_unit_test(a_ring_of_callbacks_that_close_each_other_comes_to_an_end),
    };
    return cmocka_run_group_tests_name("op notify", tests, begin, finish);
}
