#include "op-test.h"

#include "op/timer.h"

struct alarm {
    struct tri_timer timer;
    struct gate rung, may_return;
    uint64_t due_ns, rung_ns;
    unsigned number;
    bool waits, again, frees;
    _Atomic bool returned;
};

static struct gate all_rung = GATE;
static _Atomic unsigned order;

static void on_alarm(void *data)
{
    struct alarm *alarm = data;
    alarm->rung_ns = tri_clock_ns();
    alarm->number = atomic_fetch_add(&order, 1);
    if (alarm->again)
        assert_int_equal(tri_timer_arm(&alarm->timer, tri_clock_ns() + TRI_NS_PER_MS), 0);
    gate_pass(&alarm->rung);
    if (alarm->waits)
        (void)gate_reached(&alarm->may_return, 1);
    alarm->returned = true;
    if (alarm->frees)
        free(alarm);
    gate_pass(&all_rung);
}

static void alarm_init(struct alarm *alarm)
{
    *alarm = (struct alarm){.timer = {.run = on_alarm, .data = alarm}, .rung = GATE, .may_return = GATE};
}

static void alarm_arm_at(struct alarm *alarm, uint64_t due_ns)
{
    alarm->due_ns = due_ns;
    assert_int_equal(tri_timer_arm(&alarm->timer, due_ns), 0);
}

static void alarm_arm(struct alarm *alarm, uint64_t after_ns)
{
    alarm_arm_at(alarm, tri_clock_ns() + after_ns);
}

/* While it is held no other timer runs: so that all are armed before the first of them does, however long that takes. */
static void alarms_hold(struct alarm *holder)
{
    alarm_init(holder);
    holder->waits = true;
    alarm_arm(holder, 0);
    assert_true(gate_reached(&holder->rung, 1));
}

static void alarms_let_go_on(struct alarm *holder)
{
    gate_pass(&holder->may_return);
    tri_timer_disarm(&holder->timer);
}

/* The descriptors of the loop and its timers stay for ever: they are there before descriptors are counted. */
static int begin_with_timers(void **state)
{
    struct alarm alarm;
    alarm_init(&alarm);
    alarm_arm(&alarm, 0);
    assert_true(gate_reached(&alarm.rung, 1));
    tri_timer_disarm(&alarm.timer);
    return begin(state);
}

static void a_timer_runs_once_and_not_before_it_is_due(void **state)
{
    struct alarm alarm, later;
    alarm_init(&alarm);
    alarm_init(&later);
    alarm_arm(&alarm, 5 * TRI_NS_PER_MS);
    assert_true(gate_reached(&alarm.rung, 1));
    assert_true(alarm.rung_ns >= alarm.due_ns);
    alarm_arm(&later, 5 * TRI_NS_PER_MS);
    assert_true(gate_reached(&later.rung, 1));
    assert_int_equal(gate_count(&alarm.rung), 1);
    tri_timer_disarm(&alarm.timer);
    tri_timer_disarm(&later.timer);
}

static void timers_run_in_the_order_in_which_they_are_due(void **state)
{
    enum { COUNT = 200 };
    static struct alarm alarms[COUNT];
    struct alarm holder;
    alarms_hold(&holder);
    uint64_t base_ns = tri_clock_ns() + 20 * TRI_NS_PER_MS;
    for (unsigned i = 0; i < COUNT; i++) {
        alarm_init(&alarms[i]);
        alarm_arm_at(&alarms[i], base_ns + (uint64_t)(i * 7919 % COUNT) * 50000);
    }
    alarms_let_go_on(&holder);
    for (unsigned i = 0; i < COUNT; i++)
        assert_true(gate_reached(&alarms[i].rung, 1));
    for (unsigned i = 0; i < COUNT; i++)
        for (unsigned j = 0; j < i; j++)
            assert_int_equal(alarms[i].due_ns < alarms[j].due_ns, alarms[i].number < alarms[j].number);
    for (unsigned i = 0; i < COUNT; i++)
        tri_timer_disarm(&alarms[i].timer);
}

static void a_disarmed_timer_does_not_run(void **state)
{
    struct alarm off[3], on, holder;
    alarms_hold(&holder);
    for (int i = 0; i < 3; i++) {
        alarm_init(&off[i]);
        alarm_arm(&off[i], (10 + (uint64_t)i) * TRI_NS_PER_MS);
    }
    alarm_init(&on);
    alarm_arm(&on, 30 * TRI_NS_PER_MS);
    tri_timer_disarm(&off[1].timer); /* from the middle, from the front, and one that is moved out of the way */
    tri_timer_disarm(&off[0].timer);
    assert_int_equal(tri_timer_arm(&off[2].timer, TRI_DEADLINE_NEVER), 0);
    alarms_let_go_on(&holder);
    assert_true(gate_reached(&on.rung, 1));
    for (int i = 0; i < 3; i++)
        assert_int_equal(gate_count(&off[i].rung), 0);
    tri_timer_disarm(&on.timer);
}

static void an_armed_timer_can_be_moved_in_both_directions(void **state)
{
    struct alarm sooner, later, holder;
    alarms_hold(&holder);
    alarm_init(&sooner);
    alarm_init(&later);
    uint64_t now_ns = tri_clock_ns();
    alarm_arm(&sooner, 3600 * TRI_NS_PER_SEC);
    alarm_arm(&later, 5 * TRI_NS_PER_MS);
    alarm_arm_at(&later, now_ns + 40 * TRI_NS_PER_MS);
    alarm_arm_at(&sooner, now_ns + 10 * TRI_NS_PER_MS);
    alarms_let_go_on(&holder);
    assert_true(gate_reached(&later.rung, 1));
    assert_int_equal(gate_count(&sooner.rung), 1);
    assert_true(sooner.number < later.number);
    assert_true(later.rung_ns >= later.due_ns);
    tri_timer_disarm(&sooner.timer);
    tri_timer_disarm(&later.timer);
}

static void disarm_it(void *data)
{
    tri_timer_disarm(data);
}

static void *disarm_thread(void *data)
{
    disarm_it(data);
    return NULL;
}

static void disarming_waits_for_a_handler_that_runs(void **state)
{
    struct alarm alarm;
    pthread_t thread;
    alarm_init(&alarm);
    alarm.waits = true;
    alarm_arm(&alarm, 0);
    assert_true(gate_reached(&alarm.rung, 1));
    assert_int_equal(pthread_create(&thread, NULL, disarm_thread, &alarm.timer), 0);
    assert_false(alarm.returned);
    gate_pass(&alarm.may_return);
    pthread_join(thread, NULL);
    assert_true(alarm.returned);
}

static void a_handler_may_arm_its_own_timer_again(void **state)
{
    struct alarm alarm;
    alarm_init(&alarm);
    alarm.again = true;
    alarm_arm(&alarm, 0);
    assert_true(gate_reached(&alarm.rung, 3));
    tri_timer_disarm(&alarm.timer);
    unsigned count = gate_count(&alarm.rung);
    struct alarm later;
    alarm_init(&later);
    alarm_arm(&later, 10 * TRI_NS_PER_MS);
    assert_true(gate_reached(&later.rung, 1));
    assert_int_equal(gate_count(&alarm.rung), count);
    tri_timer_disarm(&later.timer);
}

static void a_handler_may_free_its_timer(void **state)
{
    unsigned before = gate_count(&all_rung);
    for (int i = 0; i < 20; i++) {
        struct alarm *alarm = malloc(sizeof(*alarm));
        alarm_init(alarm);
        alarm->frees = true;
        assert_int_equal(tri_timer_arm(&alarm->timer, tri_clock_ns() + TRI_NS_PER_MS), 0);
    }
    assert_true(gate_reached(&all_rung, before + 20));
}

static void *arm_and_disarm(void *data)
{
    struct alarm alarms[8];
    unsigned seed = (unsigned)(uintptr_t)data;
    for (int i = 0; i < 8; i++)
        alarm_init(&alarms[i]);
    for (int i = 0; i < 5000; i++) {
        struct alarm *alarm = &alarms[rand_r(&seed) % 8];
        if (rand_r(&seed) % 3)
            assert_int_equal(tri_timer_arm(&alarm->timer, tri_clock_ns() + (uint64_t)(rand_r(&seed) % 300) * 1000), 0);
        else
            tri_timer_disarm(&alarm->timer);
    }
    for (int i = 0; i < 8; i++)
        tri_timer_disarm(&alarms[i].timer);
    return NULL;
}

static void threads_arm_and_disarm_at_once(void **state)
{
    pthread_t threads[4];
    for (uintptr_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, arm_and_disarm, (void *)(i + 1)), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_timer_runs_once_and_not_before_it_is_due, begin_with_timers, finish),
        cmocka_unit_test_setup_teardown(timers_run_in_the_order_in_which_they_are_due, begin_with_timers, finish),
        cmocka_unit_test_setup_teardown(a_disarmed_timer_does_not_run, begin_with_timers, finish),
        cmocka_unit_test_setup_teardown(an_armed_timer_can_be_moved_in_both_directions, begin_with_timers, finish),
        cmocka_unit_test_setup_teardown(disarming_waits_for_a_handler_that_runs, begin_with_timers, finish),
        cmocka_unit_test_setup_teardown(a_handler_may_arm_its_own_timer_again, begin_with_timers, finish),
        cmocka_unit_test_setup_teardown(a_handler_may_free_its_timer, begin_with_timers, finish),
        cmocka_unit_test_setup_teardown(threads_arm_and_disarm_at_once, begin_with_timers, finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
