/* A system's life: create, start, pause, limits, the ways it ends, and in which order that is told. */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

static void create_start_run_and_terminate(void **state)
{
    NEEDS(state);
    shim_prepare(f, config_plain(f));
    shim_launch(f);
    call_ok(c, "create", "o", create_members(f, true));
    assert_state(c, "created");
    assert_true(path_exists("%s/socket", f->folder));
    call_ok(c, "start", NULL);
    assert_state(c, "running");
    assert_true(member_number(call_ok(c, "info", NULL), "init_pid") > 1);
    assert_true(member_number(call_ok(c, "info", NULL), "start_wall_ns") > 0);
    char *output = NULL;
    assert_int_equal(run_command(c, "echo hello", &output), 0);
    assert_string_equal(output, "hello\n");
    free(output);
    json_int_t terminate = call_begin(c, "terminate", NULL);
    assert_true(position_of_reply(c, terminate) < position_of_event(c, "stopped"));
    assert_null(json_object_get(call_end(c, terminate), "error"));
    assert_exit(event_next(c, "stopped"), "forced", "client");
    assert_state(c, "stopped");
    assert_exit(call_ok(c, "info", NULL), "forced", "client");
    assert_false(path_exists("%s/bundle", f->folder));
    assert_false(path_exists("%s/runtime", f->folder));
    assert_int_equal(call_code(c, "terminate", NULL), TRI_COMPUTE_STOPPED);
    assert_int_equal(call_code(c, "start", NULL), TRI_COMPUTE_STOPPED);
    call_ok(c, "close", NULL);
    conn_close(c);
    shim_wait_end(f);
    assert_false(path_exists("%s", f->folder));
}

static void terminate_before_start_is_enough(void **state)
{
    NEEDS(state);
    shim_prepare(f, config_plain(f));
    shim_launch(f);
    call_ok(c, "create", "o", create_members(f, true));
    call_ok(c, "terminate", NULL);
    assert_exit(event_next(c, "stopped"), "forced", "client");
}

static void calls_out_of_state_are_refused(void **state)
{
    NEEDS(state);
    shim_prepare(f, config_plain(f));
    shim_launch(f);
    assert_int_equal(call_code(c, "start", NULL), TRI_COMPUTE_BAD_STATE);
    call_ok(c, "create", "o", create_members(f, true));
    assert_int_equal(call_code(c, "create", "o", create_members(f, true)), TRI_COMPUTE_BAD_STATE);
    assert_int_equal(call_code(c, "pause", NULL), TRI_COMPUTE_BAD_STATE);
    assert_int_equal(call_code(c, "resume", NULL), TRI_COMPUTE_BAD_STATE);
    assert_int_equal(call_code(c, "shutdown", NULL), TRI_COMPUTE_BAD_STATE);
    assert_int_equal(call_code(c, "process", "o", process_members("true")), TRI_COMPUTE_BAD_STATE);
    call_ok(c, "start", NULL);
    assert_int_equal(call_code(c, "start", NULL), TRI_COMPUTE_BAD_STATE);
    assert_int_equal(call_code(c, "process", NULL), TRI_COMPUTE_BAD_STATE);
    assert_int_equal(call_code(c, "save", "{s:s}", "path", "/tmp/x"), TRI_COMPUTE_BAD_STATE);
    assert_false(member_flag(call_ok(c, "yield", NULL), "yielded"));
}

static void shutdown_is_graceful_and_ends_processes(void **state)
{
    NEEDS(state);
    start_plain(f);
    struct running sleeper = process_start(c, "exec sleep 1000");
    json_int_t shutdown = call_begin(c, "shutdown", NULL);
    assert_null(json_object_get(call_end(c, shutdown), "error"));
    assert_exit(event_next(c, "stopped"), "graceful", "client");
    int status = process_wait(c, sleeper.pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    assert_true(position_of_event(c, "process-exited") < position_of_reply(c, shutdown));
    assert_true(position_of_reply(c, shutdown) < position_of_event(c, "stopped"));
    running_close(&sleeper);
}

static void terminate_overtakes_a_shutdown(void **state)
{
    NEEDS(state);
    start_own(f, "trap '' TERM; echo up; while :; do sleep 1000; done");
    struct running own = process_start(c, NULL);
    char byte;
    assert_int_equal(read(own.out, &byte, 1), 1);
    json_int_t shutdown = call_begin(c, "shutdown", NULL);
    call_ok(c, "terminate", NULL);
    json_t *error = json_object_get(call_end(c, shutdown), "error");
    assert_int_equal(member_number(error, "code"), TRI_COMPUTE_TERMINATED);
    assert_exit(event_next(c, "stopped"), "forced", "client");
    running_close(&own);
}

static void terminate_answers_what_waits(void **state)
{
    NEEDS(state);
    start_plain(f);
    json_int_t waiting[4];
    shim_hold(f);
    waiting[0] = call_begin(c, "pause", NULL);
    waiting[1] = call_begin(c, "resume", NULL);
    waiting[2] = call_begin(c, "update", "{s:{s:{s:I}}}", "resources", "memory", "limit", (json_int_t)64 << 20);
    waiting[3] = call_begin(c, "process", "o", process_members("sleep 1000"));
    json_int_t terminate = call_begin(c, "terminate", NULL);
    shim_let_go_on(f);
    size_t stopped = position_of_event(c, "stopped");
    assert_null(json_object_get(call_end(c, terminate), "error"));
    for (int i = 0; i < 3; i++) {
        json_t *error = json_object_get(call_end(c, waiting[i]), "error");
        assert_int_equal(member_number(error, "code"), TRI_COMPUTE_TERMINATED);
        assert_true(position_of_reply(c, waiting[i]) < stopped);
    }
    assert_non_null(json_object_get(call_end(c, waiting[3]), "error"));
    assert_true(position_of_reply(c, waiting[3]) < stopped);
}

static void paused_runs_nothing_and_refuses_processes(void **state)
{
    NEEDS(state);
    start_plain(f);
    call_ok(c, "pause", NULL);
    assert_state(c, "paused");
    assert_int_equal(call_code(c, "process", "o", process_members("true")), TRI_COMPUTE_BAD_STATE);
    assert_int_equal(call_code(c, "pause", NULL), TRI_COMPUTE_BAD_STATE);
    call_ok(c, "resume", NULL);
    assert_state(c, "running");
    assert_int_equal(run_command(c, "exit 3", NULL), 3);
    call_ok(c, "pause", NULL);
    call_ok(c, "terminate", NULL);
    assert_exit(event_next(c, "stopped"), "forced", "client");
}

static void queued_changes_run_in_order(void **state)
{
    NEEDS(state);
    start_plain(f);
    json_int_t seqs[6];
    for (int i = 0; i < 6; i++)
        seqs[i] = call_begin(c, i % 2 ? "resume" : "pause", NULL);
    for (int i = 0; i < 6; i++) {
        assert_null(json_object_get(call_end(c, seqs[i]), "error"));
        assert_true(i == 0 || position_of_reply(c, seqs[i - 1]) < position_of_reply(c, seqs[i]));
    }
    assert_state(c, "running");
}

static void a_waiting_change_can_be_cancelled(void **state)
{
    NEEDS(state);
    start_plain(f);
    shim_hold(f);
    json_int_t pause = call_begin(c, "pause", NULL), resume = call_begin(c, "resume", NULL);
    json_int_t cancel = call_begin(c, "cancel", "{s:I}", "request", resume);
    shim_let_go_on(f);
    assert_null(json_object_get(call_end(c, cancel), "error"));
    assert_int_equal(member_number(json_object_get(call_end(c, resume), "error"), "code"), -ECANCELED);
    assert_null(json_object_get(call_end(c, pause), "error"));
    assert_state(c, "paused");
    assert_int_equal(call_code(c, "cancel", "{s:I}", "request", resume), -ENOENT);
}

static void limits_are_changed_while_it_runs(void **state)
{
    NEEDS(state);
    start_plain(f);
    char path[PATH_MAX], *text = NULL;
    call_ok(c, "update", "{s:{s:{s:I}}}", "resources", "memory", "limit", (json_int_t)96 << 20);
    join(path, "/sys/fs/cgroup/memory%s/memory.limit_in_bytes", f->cgroup);
    if (access(path, F_OK) < 0)
        join(path, "/sys/fs/cgroup%s/memory.max", f->cgroup);
    assert_int_equal(tri_file_read(AT_FDCWD, path, 64, &text, NULL), 0);
    assert_int_equal(strtoll(text, NULL, 10), 96ll << 20);
    free(text);
}

static void own_process_ends_the_system(void **state)
{
    NEEDS(state);
    shim_prepare(f, config_own(f, "echo mine; exit 7"));
    shim_launch(f);
    call_ok(c, "create", "o", create_members(f, false));
    assert_int_equal(member_number(call_ok(c, "info", NULL), "init_pid"), 0);
    call_ok(c, "start", NULL);
    assert_int_equal(call_code(c, "process", "o", process_members("true")), TRI_COMPUTE_BAD_STATE);
    assert_int_equal(call_code(c, "pause", NULL), TRI_COMPUTE_BAD_STATE);
    struct running own = process_start(c, NULL);
    char *output = read_to_end(own.out);
    assert_string_equal(output, "mine\n");
    free(output);
    int status = process_wait(c, own.pid);
    assert_int_equal(WEXITSTATUS(status), 7);
    assert_exit(event_next(c, "stopped"), "graceful", "guest");
    assert_true(position_of_event(c, "process-exited") < position_of_event(c, "stopped"));
    json_t *info = call_ok(c, "process-info", "{s:i}", "pid", (int)own.pid);
    assert_true(member_flag(info, "exited"));
    assert_int_equal(member_number(info, "status"), status);
    running_close(&own);
}

static void own_container_without_process_shuts_down(void **state)
{
    NEEDS(state);
    start_own(f, "true");
    call_ok(c, "shutdown", NULL);
    assert_exit(event_next(c, "stopped"), "graceful", "client");
}

static void process_one_killed_from_outside_is_unexpected(void **state)
{
    NEEDS(state);
    start_plain(f);
    struct running sleeper = process_start(c, "sleep 1000");
    pid_t init = (pid_t)member_number(call_ok(c, "info", NULL), "init_pid");
    assert_int_equal(kill(init, SIGKILL), 0);
    json_t *stopped = event_next(c, "stopped");
    assert_exit(stopped, "unexpected", "internal");
    assert_false(member_flag(json_object_get(stopped, "exit"), "out_of_memory"));
    assert_true(WIFSIGNALED(process_wait(c, sleeper.pid)));
    running_close(&sleeper);
}

static void out_of_memory_is_told(void **state)
{
    NEEDS(state);
    json_t *config = config_own(f, "x=x; while :; do x=$x$x; done");
    json_object_set_new(
        json_object_get(config, "linux"), "resources",
        json_pack("{s:{s:I, s:I}}", "memory", "limit", (json_int_t)24 << 20, "swap", (json_int_t)24 << 20));
    shim_prepare(f, config);
    shim_launch(f);
    call_ok(c, "create", "o", create_members(f, false));
    call_ok(c, "start", NULL);
    struct running own = process_start(c, NULL);
    json_t *stopped = event_next(c, "stopped");
    assert_exit(stopped, "unexpected", "internal");
    assert_true(member_flag(json_object_get(stopped, "exit"), "out_of_memory"));
    running_close(&own);
}

static void a_fork_bomb_without_pid_namespace_is_terminated(void **state)
{
    NEEDS(state);
    json_t *config = config_own(f, "echo up; (while :; do sleep 100 & sleep 0.01; done) & while :; do sleep 100; done");
    json_array_remove(json_object_get(json_object_get(config, "linux"), "namespaces"), 0);
    shim_prepare(f, config);
    shim_launch(f);
    call_ok(c, "create", "o", create_members(f, false));
    call_ok(c, "start", NULL);
    struct running own = process_start(c, NULL);
    char byte;
    assert_int_equal(read(own.out, &byte, 1), 1);
    call_ok(c, "terminate", NULL);
    assert_exit(event_next(c, "stopped"), "forced", "client");
    running_close(&own);
}

/* Enters the container's cgroup by itself: it is no descendant of the shim's. */
static pid_t join_cgroup(struct fixture *f)
{
    char path[PATH_MAX];
    int ready[2];
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        int fd = open(join(path, "/sys/fs/cgroup/pids%s/cgroup.procs", f->cgroup), O_WRONLY | O_CLOEXEC);
        if (fd < 0)
            fd = open(join(path, "/sys/fs/cgroup%s/cgroup.procs", f->cgroup), O_WRONLY | O_CLOEXEC);
        if (fd < 0 || write(fd, "0", 1) != 1 || write(ready[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    char byte;
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return pid;
}

static void a_stranger_in_the_cgroup_is_killed_too(void **state)
{
    NEEDS(state);
    start_plain(f);
    pid_t stranger = join_cgroup(f);
    call_ok(c, "terminate", NULL);
    int status = 0;
    assert_int_equal(waitpid(stranger, &status, 0), stranger);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* The shim has no descriptor to look for it with; the end is told when that is over, and not before. */
static void a_stranger_in_the_cgroup_is_not_overlooked_for_want_of_descriptors(void **state)
{
    NEEDS(state);
    start_plain(f);
    pid_t stranger = join_cgroup(f);
    struct rlimit old, none;
    assert_int_equal(prlimit(f->shim_pid, RLIMIT_NOFILE, NULL, &old), 0);
    none = (struct rlimit){0, old.rlim_max};
    assert_int_equal(prlimit(f->shim_pid, RLIMIT_NOFILE, &none, NULL), 0);
    json_int_t terminate = call_begin(c, "terminate", NULL);
    struct pollfd answer = {.fd = c->fd, .events = POLLIN};
    poll(&answer, 1, 500); /* one that comes too early comes soon */
    assert_int_equal(prlimit(f->shim_pid, RLIMIT_NOFILE, &old, NULL), 0);
    assert_null(json_object_get(call_end(c, terminate), "error"));
    bool was_killed = waitpid(stranger, NULL, WNOHANG) == stranger;
    if (!was_killed) {
        kill(stranger, SIGKILL);
        waitpid(stranger, NULL, 0);
    }
    assert_true(was_killed);
    assert_false(path_exists("/sys/fs/cgroup/pids%s", f->cgroup));
    assert_false(path_exists("/sys/fs/cgroup%s", f->cgroup));
    assert_false(path_exists("%s/bundle", f->folder));
}

static void save_says_why_it_cannot(void **state)
{
    NEEDS(state);
    start_plain(f);
    char path[PATH_MAX];
    call_ok(c, "pause", NULL);
    int code = call_code(c, "save", "{s:s}", "path", join(path, "%s/saved", f->base));
    if (code == 0)
        return; /* a host with CRIU */
    assert_int_equal(code, TRI_COMPUTE_NOT_IMPLEMENTED);
    assert_non_null(member_text(last_error(c), "detail"));
    assert_state(c, "paused");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(create_start_run_and_terminate),
        TEST(terminate_before_start_is_enough),
        TEST(calls_out_of_state_are_refused),
        TEST(shutdown_is_graceful_and_ends_processes),
        TEST(terminate_overtakes_a_shutdown),
        TEST(terminate_answers_what_waits),
        TEST(paused_runs_nothing_and_refuses_processes),
        TEST(queued_changes_run_in_order),
        TEST(a_waiting_change_can_be_cancelled),
        TEST(limits_are_changed_while_it_runs),
        TEST(own_process_ends_the_system),
        TEST(own_container_without_process_shuts_down),
        TEST(process_one_killed_from_outside_is_unexpected),
        TEST(out_of_memory_is_told),
        TEST(a_fork_bomb_without_pid_namespace_is_terminated),
        TEST(a_stranger_in_the_cgroup_is_killed_too),
        TEST(a_stranger_in_the_cgroup_is_not_overlooked_for_want_of_descriptors),
        TEST(save_says_why_it_cannot),
    };
    return cmocka_run_group_tests_name("shim: life", tests, harness_group_setup, harness_group_teardown);
}
