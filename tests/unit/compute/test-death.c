/* Clients and shims that die at any moment. The program runs itself as the client that is to die. */
#include "support.h"

#include "descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "compute/registry.h"

extern char **environ;

/* ---- the other client ---- */

struct client {
    pid_t pid;
    int output;
};

static struct client start_client(const char *verb, const char *id)
{
    char *argv[] = {(char *)"test-death", (char *)verb, (char *)id, NULL};
    posix_spawn_file_actions_t actions;
    struct client client;
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    assert_int_equal(posix_spawn(&client.pid, "/proc/self/exe", &actions, NULL, argv, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    client.output = ends[0];
    return client;
}

/* What it has to say; -1000: nothing. */
static int hear(struct client *client)
{
    char line[32] = "";
    struct pollfd wait = {.fd = client->output, .events = POLLIN};
    if (poll(&wait, 1, WAIT_MS) != 1 || read(client->output, line, sizeof(line) - 1) <= 0)
        return -1000;
    return atoi(line);
}

static void kill_client(struct client *client)
{
    int status;
    kill(client->pid, SIGKILL);
    waitpid(client->pid, &status, 0);
    close(client->output);
}

/* Creates (and starts), says how that went, and waits to be killed. */
static int be_client(const char *verb, const char *id)
{
    struct tri_system_spec *spec = calloc(1, sizeof(*spec));
    struct tri_op *op = tri_op_new();
    struct tri_system *system;
    spec->terminate_on_last_close = !strcmp(verb, "last");
    if (!strcmp(verb, "nobody") && (setgid(65534) < 0 || setuid(65534) < 0))
        return 1;
    int r = begin_create(id, spec, op, &system);
    if (r == 0)
        r = finish(op);
    if (r == 0)
        r = run(tri_system_start, system);
    dprintf(1, "%d\n", r);
    for (;;)
        pause();
    return 0;
}

/* ---- clients that die ---- */

static void a_system_outlives_its_client(void **state)
{
    NEEDS_RUNTIME();
    struct tri_system *system;
    struct client client = start_client("stay", "orphan");
    assert_int_equal(hear(&client), 0);
    remember_runtime_id("orphan");
    kill_client(&client);
    assert_int_equal(tri_system_open(NULL, "orphan", &system, NULL), 0);
    ASSERT_OUTPUT(system, "echo alive", "alive\n");
    end_system(system);
    assert_nothing_left();
}

static void with_its_last_client_goes_a_system_that_was_made_so(void **state)
{
    NEEDS_RUNTIME();
    struct client client = start_client("last", "last");
    assert_int_equal(hear(&client), 0);
    remember_runtime_id("last");
    int shim = shim_of("last");
    assert_true(shim > 0);
    kill_client(&client);
    assert_true(shim_ends(shim) || shim_of("last") == 0);
    struct tri_system *system;
    int r = tri_system_open(NULL, "last", &system, NULL);
    if (r == 0) /* its record, for a minute */
        close_system(system);
    assert_nothing_left();
}

static void a_client_killed_while_it_creates_leaves_nothing_in_the_way(void **state)
{
    NEEDS_RUNTIME();
    for (int i = 0; i < 14; i++) {
        struct tri_system *system = NULL;
        struct client client = start_client("stay", "cut-short");
        struct pollfd wait = {.fd = client.output, .events = POLLIN};
        poll(&wait, 1, i * 5);
        kill_client(&client);
        int r = try_create("cut-short", &system);
        if (r == TRI_COMPUTE_EXISTS) { /* it had been created just before */
            remember_runtime_id("cut-short");
            assert_int_equal(tri_system_open(NULL, "cut-short", &system, NULL), 0);
        } else if (r < 0) {
            fail_msg("moment %d: %d %s", i, r, last_error);
        }
        end_system(system);
        assert_nothing_left();
    }
}

static void of_two_processes_that_create_one_id_exactly_one_wins(void **state)
{
    NEEDS_RUNTIME();
    for (int round = 0; round < 4; round++) {
        struct client clients[4];
        struct tri_system *system;
        int won = 0, lost = 0;
        for (int i = 0; i < 4; i++)
            clients[i] = start_client("stay", "contested");
        for (int i = 0; i < 4; i++) {
            int r = hear(&clients[i]);
            won += r == 0;
            lost += r == TRI_COMPUTE_EXISTS;
        }
        remember_runtime_id("contested");
        for (int i = 0; i < 4; i++)
            kill_client(&clients[i]);
        assert_int_equal(won, 1);
        assert_int_equal(lost, 3);
        assert_int_equal(tri_system_open(NULL, "contested", &system, NULL), 0);
        end_system(system);
        assert_nothing_left();
    }
}

static void who_is_not_root_is_refused(void **state)
{
    NEEDS_RUNTIME();
    struct client client = start_client("nobody", "forbidden");
    assert_int_equal(hear(&client), -EPERM);
    kill_client(&client);
    assert_nothing_left();
}

/* ---- shims that die ---- */

static void on_event(const struct tri_system_event *event, void *context, tri_any_function *target)
{
    atomic_int *seen = context;
    *seen += event->type == TRI_SYSTEM_DISCONNECTED ? 1 : 100;
}

static void on_process_event(const struct tri_process_status *status, void *context, tri_any_function *target)
{
    atomic_int *seen = context;
    *seen += status ? 100 : 1;
}

static void kill_shim(const char *id)
{
    int shim = shim_of(id);
    assert_true(shim > 0);
    assert_int_equal(kill(shim, SIGKILL), 0);
}

static void when_the_shim_dies_everything_that_waits_is_told(void **state)
{
    NEEDS_RUNTIME();
    atomic_int events = 0, process_events = 0;
    struct tri_system_exit exit;
    struct tri_process_status status;
    struct tri_system *system = make_running("headless"), *again;
    struct tri_process *process;
    struct tri_op *shutdown = tri_op_new();
    char up[3];
    int fds[3];
    assert_int_equal(start_process(system, shell("trap '' TERM; echo up; while :; do sleep 1000; done"), &process, fds),
                     0);
    assert_int_equal(read(fds[1], up, sizeof(up)), sizeof(up)); /* from now on it does not end of a shutdown */
    for (int i = 0; i < 3; i++)
        close(fds[i]);
    assert_int_equal(tri_system_watch(system, on_event, &events, NULL), 0);
    assert_int_equal(tri_process_watch(process, on_process_event, &process_events, NULL), 0);
    assert_int_equal(tri_system_shutdown(system, shutdown, NULL), 0);
    kill_shim("headless");
    assert_int_equal(finish(shutdown), TRI_COMPUTE_DISCONNECTED);
    assert_int_equal(tri_system_wait_exit(system, tri_deadline_ns(WAIT_MS), &exit), TRI_COMPUTE_DISCONNECTED);
    assert_int_equal(tri_process_wait_exit(process, tri_deadline_ns(WAIT_MS), &status), TRI_COMPUTE_DISCONNECTED);
    assert_int_equal(run(tri_system_start, system), TRI_COMPUTE_DISCONNECTED);
    uint64_t deadline_ns = tri_deadline_ns(WAIT_MS);
    while ((!events || !process_events) && tri_clock_ns() < deadline_ns)
        sched_yield();
    close_process(process);
    close_system(system);
    assert_int_equal(events, 1);
    assert_int_equal(process_events, 1);

    again = make_system("headless", false); /* cleans up first */
    end_system(again);
    assert_nothing_left();
}

static void a_dead_system_is_cleaned_up_by_who_lists(void **state)
{
    NEEDS_RUNTIME();
    struct tri_system *system = make_running("listed"), *gone;
    struct tri_error error = {0};
    kill_shim("listed");
    struct tri_system_exit exit;
    assert_int_equal(tri_system_wait_exit(system, tri_deadline_ns(WAIT_MS), &exit), TRI_COMPUTE_DISCONNECTED);
    assert_int_equal(tri_system_open(NULL, "listed", &gone, &error), TRI_COMPUTE_NOT_FOUND);
    tri_error_clear(&error);
    close_system(system);
    struct tri_op *op = tri_op_new();
    assert_int_equal(tri_system_enumerate(NULL, NULL, op, NULL), 0);
    assert_int_equal(finish(op), 0);
    assert_nothing_left();
}

static void a_paused_system_whose_shim_died_is_cleaned_up_too(void **state)
{
    NEEDS_RUNTIME();
    struct tri_system *system = make_running("frozen");
    assert_int_equal(run(tri_system_pause, system), 0);
    kill_shim("frozen");
    close_system(system);
    system = make_system("frozen", false);
    end_system(system);
    assert_nothing_left();
}

static void a_shim_killed_while_it_creates_leaves_nothing(void **state)
{
    NEEDS_RUNTIME();
    int died = 0;
    for (int i = 0; i < 10; i++) {
        struct tri_op *op = tri_op_new();
        struct tri_system *system;
        int shim = 0;
        assert_int_equal(begin_create("stillborn", calloc(1, sizeof(struct tri_system_spec)), op, &system), 0);
        uint64_t deadline_ns = tri_deadline_ns(WAIT_MS);
        while (!(shim = shim_of("stillborn")) && tri_clock_ns() < deadline_ns)
            sched_yield();
        assert_true(shim > 0);
        remember_runtime_id("stillborn");
        (void)tri_op_wait(op, tri_clock_ns() + (uint64_t)i * 3 * TRI_NS_PER_MS);
        kill(shim, SIGKILL);
        int r = finish(op);
        assert_true(r == 0 || r == TRI_COMPUTE_DISCONNECTED || r == TRI_COMPUTE_UNAVAILABLE);
        died += r < 0;
        close_system(system);
        system = make_system("stillborn", false);
        end_system(system);
        assert_nothing_left();
    }
    assert_true(died > 0);
}

/* Out of descriptors at any step of it: what is not cleaned up is left for the next one, whole. */
static void a_clean_up_that_runs_out_of_descriptors_forgets_nothing(void **state)
{
    NEEDS_RUNTIME();
    struct tri_space space;
    struct tri_system *system = make_running("scarce");
    int shim = shim_of("scarce");
    kill_shim("scarce");
    assert_true(shim_ends(shim)); /* its lock goes after its socket */
    assert_int_equal(run(tri_system_pause, system), TRI_COMPUTE_DISCONNECTED);
    close_system(system);
    assert_int_equal(tri_space_open(NULL, false, &space, NULL), 0);
    bool swept = false;
    for (unsigned more = 0; more < 30 && !swept; more++) {
        test_fds_allow(more);
        swept = tri_registry_sweep(&space, "scarce");
        test_fds_restore();
    }
    assert_true(swept);
    tri_space_close(&space);
    assert_nothing_left();
}

int main(int argc, char **argv)
{
    if (argc == 3)
        return be_client(argv[1], argv[2]);
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_system_outlives_its_client),
        cmocka_unit_test(with_its_last_client_goes_a_system_that_was_made_so),
        cmocka_unit_test(a_client_killed_while_it_creates_leaves_nothing_in_the_way),
        cmocka_unit_test(of_two_processes_that_create_one_id_exactly_one_wins),
        cmocka_unit_test(who_is_not_root_is_refused),
        cmocka_unit_test(when_the_shim_dies_everything_that_waits_is_told),
        cmocka_unit_test(a_dead_system_is_cleaned_up_by_who_lists),
        cmocka_unit_test(a_paused_system_whose_shim_died_is_cleaned_up_too),
        cmocka_unit_test(a_shim_killed_while_it_creates_leaves_nothing),
        cmocka_unit_test(a_clean_up_that_runs_out_of_descriptors_forgets_nothing),
    };
    return cmocka_run_group_tests_name("compute death", tests, state_setup, state_teardown);
}
