/* Processes in a container: their streams, exits, terminals, signals, and what is said when one cannot be started. */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/cleanup.h"

static void exit_statuses_are_told_as_they_are(void **state)
{
    NEEDS(state);
    start_plain(f);
    assert_int_equal(run_command(c, "exit 0", NULL), 0);
    assert_int_equal(run_command(c, "exit 7", NULL), 7);
    assert_int_equal(run_command(c, "exit 255", NULL), 255);
    struct running killed = process_start(c, "kill -9 $$");
    int status = process_wait(c, killed.pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    running_close(&killed);
    struct running ended = process_start(c, "kill -15 $$");
    status = process_wait(c, ended.pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    running_close(&ended);
    json_t *info = call_ok(c, "process-info", "{s:i}", "pid", (int)ended.pid);
    assert_true(member_flag(info, "exited"));
    assert_int_equal(member_number(info, "status"), status);
}

static void the_reply_comes_before_the_exit(void **state)
{
    NEEDS(state);
    start_plain(f);
    for (int i = 0; i < 10; i++) {
        json_int_t seq = call_begin(c, "process", "o", process_members("exit 4"));
        pid_t pid = (pid_t)member_number(call_end(c, seq), "pid");
        assert_true(pid > 1);
        assert_int_equal(WEXITSTATUS(process_wait(c, pid)), 4);
        size_t replied = position_of_reply(c, seq);
        for (size_t j = 0; j < replied; j++)
            assert_int_not_equal(member_number(json_array_get(c->messages, j), "pid"), pid);
    }
}

static void input_and_both_outputs_are_pipes(void **state)
{
    NEEDS(state);
    start_plain(f);
    struct running cat = process_start(c, "echo bad >&2; cat");
    assert_int_equal(write(cat.in, "good", 4), 4);
    tri_close(tri_take_fd(&cat.in));
    char *out = read_to_end(cat.out), *err = read_to_end(cat.err);
    assert_string_equal(out, "good");
    assert_string_equal(err, "bad\n");
    free(out);
    free(err);
    assert_int_equal(WEXITSTATUS(process_wait(c, cat.pid)), 0);
    running_close(&cat);
}

static void a_grandchild_with_the_output_does_not_delay_the_exit(void **state)
{
    NEEDS(state);
    start_plain(f);
    struct running parent = process_start(c, "sleep 1000 & exit 5");
    assert_int_equal(WEXITSTATUS(process_wait(c, parent.pid)), 5);
    struct pollfd still_open = {.fd = parent.out, .events = POLLIN};
    assert_int_equal(poll(&still_open, 1, 0), 0);
    call_ok(c, "terminate", NULL);
    char *rest = read_to_end(parent.out);
    assert_string_equal(rest, "");
    free(rest);
    running_close(&parent);
}

static void ten_megabytes_of_output_come_whole(void **state)
{
    NEEDS(state);
    start_plain(f);
    struct running dd = process_start(c, "dd if=/dev/zero bs=64k count=160 2>/dev/null");
    char buffer[65536];
    size_t total = 0;
    for (ssize_t got; (got = read(dd.out, buffer, sizeof(buffer))) > 0;)
        total += (size_t)got;
    assert_int_equal(total, 160u * 65536);
    assert_int_equal(WEXITSTATUS(process_wait(c, dd.pid)), 0);
    running_close(&dd);
}

static void many_processes_start_at_once(void **state)
{
    NEEDS(state);
    start_plain(f);
    json_int_t seqs[8];
    for (int i = 0; i < 8; i++) {
        char command[32];
        snprintf(command, sizeof(command), "exit %d", 10 + i);
        seqs[i] = call_begin(c, "process", "o", process_members(command));
    }
    for (int i = 0; i < 8; i++) {
        pid_t pid = (pid_t)member_number(call_end(c, seqs[i]), "pid");
        assert_true(pid > 1);
        assert_int_equal(WEXITSTATUS(process_wait(c, pid)), 10 + i);
    }
}

static void signals_reach_a_process_until_it_ends(void **state)
{
    NEEDS(state);
    start_plain(f);
    struct running trap = process_start(c, "trap 'exit 9' USR1; echo ready; while :; do sleep 0.05; done");
    char byte;
    assert_int_equal(read(trap.out, &byte, 1), 1);
    call_ok(c, "open-process", "{s:i}", "pid", (int)trap.pid);
    call_ok(c, "signal", "{s:i, s:i}", "pid", (int)trap.pid, "signal", SIGUSR1);
    assert_int_equal(WEXITSTATUS(process_wait(c, trap.pid)), 9);
    running_close(&trap);
    assert_int_equal(call_code(c, "signal", "{s:i, s:i}", "pid", (int)trap.pid, "signal", SIGUSR1),
                     TRI_COMPUTE_PROCESS_STOPPED);
    assert_int_equal(call_code(c, "open-process", "{s:i}", "pid", (int)trap.pid), TRI_COMPUTE_NO_PROCESS);
    assert_int_equal(call_code(c, "open-process", "{s:i}", "pid", (int)getpid()), TRI_COMPUTE_NO_PROCESS);
    assert_int_equal(call_code(c, "signal", "{s:i, s:i}", "pid", (int)getpid(), "signal", SIGKILL),
                     TRI_COMPUTE_NO_PROCESS);
}

static void killing_the_own_process_is_a_forced_exit(void **state)
{
    NEEDS(state);
    start_own(f, "while :; do sleep 1000; done");
    struct running own = process_start(c, NULL);
    assert_int_equal(call_code(c, "process", NULL), TRI_COMPUTE_BAD_STATE);
    call_ok(c, "signal", "{s:i, s:i}", "pid", (int)own.pid, "signal", SIGKILL);
    assert_exit(event_next(c, "stopped"), "forced", "client");
    running_close(&own);
}

/* ---- failures ---- */

static int start_code(struct conn *c, const char *program, const char *cwd)
{
    return call_code(c, "process", "{s:{s:s, s:[s], s:[s], s:{s:i, s:i}}}", "spec", "cwd", cwd, "args", program, "env",
                     "PATH=/bin", "user", "uid", 0, "gid", 0);
}

static void what_cannot_be_started_is_named(void **state)
{
    NEEDS(state);
    start_plain(f);
    assert_int_equal(start_code(c, "/no/such/program", "/"), -ENOENT);
    assert_non_null(strstr(member_text(last_error(c), "text"), "/no/such/program"));
    assert_non_null(member_text(last_error(c), "detail"));
    assert_string_equal(member_text(last_error(c), "where"), "spec.args");
    assert_int_equal(start_code(c, "no-such-program", "/"), -ENOENT);
    assert_int_equal(start_code(c, "/bin", "/"), -EACCES);
    assert_int_equal(
        run_command(c, "echo text > /tmp/text; echo ELF > /tmp/broken; busybox chmod 755 /tmp/broken", NULL), 0);
    assert_int_equal(start_code(c, "/tmp/text", "/"), -EACCES);
    /* runc 1.1 lets the process fail instead of telling */
    int code = start_code(c, "/tmp/broken", "/");
    if (code == 0)
        assert_int_not_equal(process_wait(c, (pid_t)member_number(call_end(c, c->seq), "pid")), 0);
    else
        assert_int_equal(code, TRI_COMPUTE_BAD_IMAGE);
    assert_int_equal(start_code(c, "/bin/true", "/tmp/text"), -ENOTDIR);
    assert_int_equal(run_command(c, "exit 6", NULL), 6);
}

static void a_failed_own_process_may_be_tried_again(void **state)
{
    NEEDS(state);
    json_t *config = config_own(f, "true");
    json_object_set_new(json_object_get(config, "process"), "args", json_pack("[s]", "/no/such/program"));
    shim_prepare(f, config);
    shim_launch(f);
    call_ok(c, "create", "o", create_members(f, false));
    call_ok(c, "start", NULL);
    assert_int_equal(call_code(c, "process", NULL), -ENOENT);
    assert_int_equal(call_code(c, "process", NULL), -ENOENT);
    assert_state(c, "running");
}

/* ---- cancelling ---- */

static void a_cancelled_start_leaves_no_process(void **state)
{
    NEEDS(state);
    start_plain(f);
    shim_hold(f);
    json_int_t seq = call_begin(c, "process", "o", process_members("echo $$ > /tmp/pid; exec sleep 1000"));
    json_int_t cancel = call_begin(c, "cancel", "{s:I}", "request", seq);
    shim_let_go_on(f);
    assert_null(json_object_get(call_end(c, cancel), "error"));
    assert_int_equal(member_number(json_object_get(call_end(c, seq), "error"), "code"), -ECANCELED);
    /* it was killed just now */
    EVENTUALLY(run_command(c, "exit $(busybox pidof sleep | busybox wc -w)", NULL) == 0);
}

/* ---- terminals ---- */

static pid_t start_terminal(struct conn *c, const char *command, int *ret_fd)
{
    json_t *members = process_members(command);
    json_object_update_new(members, json_pack("{s:b, s:i, s:i}", "terminal", 1, "rows", 33, "columns", 101));
    json_t *reply = call_ok(c, "process", "o", members);
    assert_string_equal(json_string_value(json_array_get(json_object_get(reply, "fds"), 0)), "terminal");
    assert_int_equal(c->fd_count, 1);
    *ret_fd = c->fds[0];
    c->fd_count = 0;
    return (pid_t)member_number(reply, "pid");
}

static void a_terminal_has_its_size_from_the_start(void **state)
{
    NEEDS(state);
    start_plain(f);
    int fd;
    pid_t pid = start_terminal(c, "stty size", &fd);
    char *text = read_to_end(fd);
    assert_string_equal(text, "33 101\r\n");
    free(text);
    close(fd);
    assert_int_equal(WEXITSTATUS(process_wait(c, pid)), 0);
}

static void a_terminal_is_resized_and_ended(void **state)
{
    NEEDS(state);
    start_plain(f);
    int fd;
    pid_t pid = start_terminal(
        c, "trap 'stty size' WINCH; echo r; until read line; do :; done; echo got $line; cat; exit 8", &fd);
    char byte;
    assert_int_equal(read(fd, &byte, 1), 1); /* the trap is set */
    call_ok(c, "resize", "{s:i, s:i, s:i}", "pid", (int)pid, "rows", 20, "columns", 40);
    assert_int_equal(write(fd, "x\n", 2), 2);
    call_ok(c, "close-streams", "{s:i, s:i}", "pid", (int)pid, "streams", 1);
    char *text = read_to_end(fd);
    assert_non_null(strstr(text, "20 40"));
    assert_non_null(strstr(text, "got x"));
    free(text);
    close(fd);
    assert_int_equal(WEXITSTATUS(process_wait(c, pid)), 8);
    assert_int_equal(call_code(c, "resize", "{s:i, s:i, s:i}", "pid", (int)pid, "rows", 20, "columns", 40),
                     TRI_COMPUTE_PROCESS_STOPPED);
}

static void a_client_that_dies_does_not_hang_up(void **state)
{
    NEEDS(state);
    start_plain(f);
    struct conn other;
    int fd;
    conn_open(f, &other);
    call_ok(&other, "hello", "{s:b}", "handle", 1);
    pid_t pid = start_terminal(&other, "sleep 0.3; exit 11", &fd);
    conn_close(&other);
    close(fd);
    assert_int_equal(WEXITSTATUS(process_wait(c, pid)), 11);
}

static void a_terminal_of_the_own_process(void **state)
{
    NEEDS(state);
    json_t *config = config_own(f, "stty size; exit 12");
    json_object_update_new(json_object_get(config, "process"),
                           json_pack("{s:b, s:{s:i, s:i}}", "terminal", 1, "consoleSize", "height", 33, "width", 101));
    shim_prepare(f, config);
    shim_launch(f);
    call_ok(c, "create", "o", create_members(f, false));
    call_ok(c, "start", NULL);
    json_t *reply = call_ok(c, "process", "{s:b, s:i, s:i}", "terminal", 1, "rows", 33, "columns", 101);
    char *text = read_to_end(c->fds[0]);
    assert_string_equal(text, "33 101\r\n");
    free(text);
    assert_int_equal(WEXITSTATUS(process_wait(c, (pid_t)member_number(reply, "pid"))), 12);
    assert_exit(event_next(c, "stopped"), "graceful", "guest");
}

static void only_terminals_are_resized(void **state)
{
    NEEDS(state);
    start_plain(f);
    struct running sleeper = process_start(c, "exec sleep 1000");
    assert_int_equal(call_code(c, "resize", "{s:i, s:i, s:i}", "pid", (int)sleeper.pid, "rows", 20, "columns", 40),
                     TRI_COMPUTE_NOT_CONFIGURED);
    running_close(&sleeper);
}

static void closing_streams_is_passed_on_to_who_started_it(void **state)
{
    NEEDS(state);
    start_plain(f);
    struct conn other;
    struct running sleeper = process_start(c, "exec sleep 1000");
    conn_open(f, &other);
    call_ok(&other, "hello", "{s:b}", "handle", 0);
    call_ok(&other, "close-streams", "{s:i, s:i}", "pid", (int)sleeper.pid, "streams", 3);
    json_t *event = event_next(c, "close-streams");
    assert_int_equal(member_number(event, "pid"), sleeper.pid);
    assert_int_equal(member_number(event, "streams"), 3);
    conn_close(&other);
    running_close(&sleeper);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(exit_statuses_are_told_as_they_are),
        TEST(the_reply_comes_before_the_exit),
        TEST(input_and_both_outputs_are_pipes),
        TEST(a_grandchild_with_the_output_does_not_delay_the_exit),
        TEST(ten_megabytes_of_output_come_whole),
        TEST(many_processes_start_at_once),
        TEST(signals_reach_a_process_until_it_ends),
        TEST(killing_the_own_process_is_a_forced_exit),
        TEST(what_cannot_be_started_is_named),
        TEST(a_failed_own_process_may_be_tried_again),
        TEST(a_cancelled_start_leaves_no_process),
        TEST(a_terminal_has_its_size_from_the_start),
        TEST(a_terminal_is_resized_and_ended),
        TEST(a_client_that_dies_does_not_hang_up),
        TEST(a_terminal_of_the_own_process),
        TEST(only_terminals_are_resized),
        TEST(closing_streams_is_passed_on_to_who_started_it),
    };
    return cmocka_run_group_tests_name("shim: process", tests, harness_group_setup, harness_group_teardown);
}
