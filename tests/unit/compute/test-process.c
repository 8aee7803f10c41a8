/* Processes in a container, with the real shim and a real runtime. */
#include "support.h"

#include "descriptors.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

static struct tri_system *container;

static int setup(void **state)
{
    int r = state_setup(state);
    if (r == 0 && !cannot_run())
        container = make_running("processes");
    return r;
}

static int teardown(void **state)
{
    if (container) {
        end_system(container);
        assert_nothing_left();
    }
    return state_teardown(state);
}

static int start_script(const char *script, struct tri_process **process, int fds[3])
{
    return start_process(container, shell(script), process, fds);
}

static void it_speaks_through_its_pipes_and_tells_its_status(void **state)
{
    NEEDS_RUNTIME();
    struct tri_process *process;
    int fds[3];
    assert_int_equal(start_script("read line; echo \"got $line\"; echo oops >&2; exit 7", &process, fds), 0);
    assert_int_equal(write(fds[0], "hello\n", 6), 6);
    close(fds[0]);
    char *out = read_all(fds[1]), *err = read_all(fds[2]);
    assert_string_equal(out, "got hello\n");
    assert_string_equal(err, "oops\n");
    assert_int_equal(exit_code(process), 7);
    free(out);
    free(err);
    close_process(process);
}

static void its_pipes_are_large_and_close_on_exec(void **state)
{
    NEEDS_RUNTIME();
    struct tri_process *process;
    int fds[3];
    assert_int_equal(start_script("true", &process, fds), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(fcntl(fds[i], F_GETFD), FD_CLOEXEC);
        assert_true(fcntl(fds[i], F_GETPIPE_SZ) >= 65536);
        close(fds[i]);
    }
    close_process(process);
}

static void a_program_that_is_not_there_fails_by_its_name(void **state)
{
    NEEDS_RUNTIME();
    struct tri_process *process;
    struct tri_process_spec *spec = shell("");
    free(spec->args[0]);
    spec->args[0] = strdup("/no/such/program");
    assert_true(start_process(container, spec, &process, NULL) < 0);
    assert_non_null(strstr(last_error, "/no/such/program"));
}

static void environment_folder_and_user_are_as_asked_for(void **state)
{
    NEEDS_RUNTIME();
    struct tri_process *process;
    struct tri_process_spec *spec = shell("echo $GREETING $HOME; pwd; id -u; id -g; echo ${PATH%%:*}");
    int fds[3];
    spec->env = calloc(2, sizeof(char *));
    spec->env[0] = strdup("GREETING=hello");
    spec->cwd = strdup("/usr");
    spec->user = strdup("nobody");
    assert_int_equal(start_process(container, spec, &process, fds), 0);
    close(fds[0]);
    close(fds[2]);
    char *out = read_all(fds[1]);
    assert_string_equal(out, "hello /nonexistent\n/usr\n65534\n65534\n/usr/local/sbin\n");
    free(out);
    close_process(process);
}

static void users_are_resolved_in_the_container(void **state)
{
    NEEDS_RUNTIME();
    static const struct {
        const char *user, *ids;
    } cases[] = {{"1234:5678", "1234 5678\n"}, {"4321", "4321 0\n"}, {"nobody:daemon", "65534 1\n"}, {"root", "0 0\n"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct tri_process *process;
        struct tri_process_spec *spec = shell("echo $(id -u) $(id -g)");
        int fds[3];
        spec->user = strdup(cases[i].user);
        spec->stdin_pipe = spec->stderr_pipe = false;
        assert_int_equal(start_process(container, spec, &process, fds), 0);
        char *out = read_all(fds[1]);
        assert_string_equal(out, cases[i].ids);
        free(out);
        close_process(process);
    }
    struct tri_process *process;
    struct tri_process_spec *spec = shell("true");
    spec->user = strdup("nobody-of-that-name");
    assert_int_equal(start_process(container, spec, &process, NULL), -EINVAL);
    assert_non_null(strstr(last_error, "nobody-of-that-name"));
}

static int signal_it(struct tri_process *process, int number)
{
    struct tri_op *op = tri_op_new();
    assert_int_equal(tri_process_signal(process, number, op, NULL), 0);
    return finish(op);
}

static void a_signal_ends_it_and_is_its_status(void **state)
{
    NEEDS_RUNTIME();
    struct tri_process *process;
    struct tri_process_status status;
    assert_int_equal(start_script("exec sleep 1000", &process, NULL), 0);
    assert_int_equal(tri_process_wait_exit(process, 0, &status), -ETIMEDOUT);
    assert_int_equal(signal_it(process, SIGKILL), 0);
    assert_int_equal(exit_code(process), 128 + SIGKILL);
    assert_int_equal(signal_it(process, SIGKILL), TRI_COMPUTE_PROCESS_STOPPED);
    close_process(process);
}

static void on_exit_event(const struct tri_process_status *status, void *context, tri_any_function *target)
{
    assert_non_null(status);
    atomic_int *code = context;
    *code = WEXITSTATUS(status->wait_status);
}

static void a_late_watcher_is_told_too(void **state)
{
    NEEDS_RUNTIME();
    struct tri_process *process;
    atomic_int code = -1;
    assert_int_equal(start_script("exit 9", &process, NULL), 0);
    assert_int_equal(exit_code(process), 9);
    assert_int_equal(tri_process_watch(process, on_exit_event, (void *)&code, NULL), 0);
    uint64_t deadline_ns = tri_deadline_ns(WAIT_MS);
    while (code < 0 && tri_clock_ns() < deadline_ns)
        sched_yield();
    close_process(process);
    assert_int_equal(code, 9);
}

static int read_start(void *context, const struct tri_op_tag *tag, int code, const struct tri_error *error, void *value)
{
    struct tri_process_start *start = value, *copy = context;
    *copy = *start;
    start->fds[0] = start->fds[1] = start->fds[2] = -1;
    return code;
}

static struct tri_process_start info(struct tri_process *process)
{
    struct tri_process_start start;
    struct tri_op *op = tri_op_new();
    assert_int_equal(tri_process_info(process, op, NULL), 0);
    assert_int_equal(tri_op_wait(op, tri_deadline_ns(WAIT_MS)), 0);
    assert_int_equal(tri_op_read_result(op, read_start, &start), 0);
    tri_op_close(tri_op_handle(op));
    return start;
}

/* Whether the operation that started it is open still, or gone. */
static void standard_handles_that_nobody_read_wait_for_the_first_who_asks(void **state)
{
    NEEDS_RUNTIME();
    for (int closed = 0; closed < 2; closed++) {
        struct tri_op *op = tri_op_new();
        struct tri_process *process;
        assert_int_equal(begin_process(container, shell("echo out"), op, &process), 0);
        assert_int_equal(tri_op_wait(op, tri_deadline_ns(WAIT_MS)), 0);
        if (closed)
            tri_op_close(tri_op_handle(op));
        struct tri_process_start first = info(process), second = info(process);
        assert_true(first.pid > 0 && first.pid == second.pid);
        for (int i = 0; i < 3; i++) {
            assert_true(first.fds[i] >= 0);
            assert_int_equal(second.fds[i], -1);
        }
        char *out = read_all(first.fds[1]);
        assert_string_equal(out, "out\n");
        free(out);
        close(first.fds[0]);
        close(first.fds[2]);
        if (!closed)
            tri_op_close(tri_op_handle(op));
        close_process(process);
    }
}

static int close_streams(struct tri_process *process, unsigned streams)
{
    struct tri_op *op = tri_op_new();
    assert_int_equal(tri_process_close_streams(process, streams, op, NULL), 0);
    return finish(op);
}

static void closing_its_input_from_afar_is_the_end_of_it(void **state)
{
    NEEDS_RUNTIME();
    struct tri_process *process, *other;
    int fds[3];
    assert_int_equal(start_script("cat; echo end", &process, fds), 0);
    assert_int_equal(tri_process_open(container, info(process).pid, &other, NULL), 0);
    assert_int_equal(write(fds[0], "x\n", 2), 2);
    assert_int_equal(close_streams(other, 1), 0);
    char *out = read_all(fds[1]);
    assert_string_equal(out, "x\nend\n");
    free(out);
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(write(fds[0], "y", 1), -1);
    assert_int_equal(errno, EPIPE);
    assert_int_equal(exit_code(other), 0);
    close(fds[0]);
    close(fds[2]);
    close_process(other);
    close_process(process);
}

/* The number of a stream that its reader has closed belongs to another file by now. */
static void closing_streams_harms_no_other_file(void **state)
{
    NEEDS_RUNTIME();
    struct tri_process *process;
    int fds[3], ends[2];
    assert_int_equal(start_script("exec sleep 1000", &process, fds), 0);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(dup3(ends[1], fds[0], O_CLOEXEC), fds[0]);
    assert_int_equal(close_streams(process, 3), 0);
    assert_int_equal(write(fds[0], "z", 1), 1);
    char c;
    assert_int_equal(read(ends[0], &c, 1), 1);
    assert_int_equal(signal_it(process, SIGKILL), 0);
    for (int i = 0; i < 3; i++)
        close(fds[i]);
    close(ends[0]);
    close(ends[1]);
    close_process(process);
}

static json_t *oci_sleep(void)
{
    return json_pack("{s[sss] s[s]}", "args", "/bin/sh", "-c", "exec sleep 4711", "env", "PATH=/bin:/usr/bin");
}

/* Neither the terminal nor a copy of it: the connection stays, and what was started does not run on. */
static void a_terminal_that_cannot_be_had_leaves_no_process(void **state)
{
    NEEDS_RUNTIME();
    for (unsigned count = 0; count < 2; count++) {
        struct tri_process *process = NULL;
        struct tri_process_spec *spec = calloc(1, sizeof(*spec));
        int fds[3];
        spec->oci_process = oci_sleep();
        spec->terminal = spec->stdin_pipe = spec->stdout_pipe = true;
        test_fds_allow(count);
        int code = start_process(container, spec, &process, fds);
        test_fds_restore();
        assert_int_equal(code, -EMFILE);
    }
    /* the signal goes out before the failure is told, and before what is asked for next */
    ASSERT_OUTPUT(container,
                  "for i in $(seq 300); do pgrep -f '[s]leep 4711' >/dev/null || break; sleep 0.1; done; "
                  "pgrep -f '[s]leep 4711'; echo none",
                  "none\n");
}

static void a_terminal_is_one_and_has_its_size(void **state)
{
    NEEDS_RUNTIME();
    struct tri_process *process;
    struct tri_process_spec *spec = shell("test -t 0 && test -t 2 && stty size; read x; stty size; echo $TERM");
    int fds[3];
    spec->terminal = true;
    spec->rows = 33;
    spec->columns = 77;
    assert_int_equal(start_process(container, spec, &process, fds), 0);
    assert_int_equal(fds[2], -1);
    char text[256] = "";
    size_t used = 0;
    while (!strstr(text, "33 77")) {
        struct pollfd wait = {.fd = fds[1], .events = POLLIN};
        assert_int_equal(poll(&wait, 1, WAIT_MS), 1);
        ssize_t n = read(fds[1], text + used, sizeof(text) - used - 1);
        assert_true(n > 0);
        used += (size_t)n;
    }
    struct tri_op *op = tri_op_new();
    assert_int_equal(tri_process_resize(process, 44, 88, op, NULL), 0);
    assert_int_equal(finish(op), 0);
    assert_int_equal(write(fds[0], "\n", 1), 1);
    char *rest = read_all(fds[1]);
    assert_non_null(strstr(rest, "44 88"));
    assert_non_null(strstr(rest, "xterm"));
    free(rest);
    close(fds[0]);
    assert_int_equal(exit_code(process), 0);
    close_process(process);
}

static void a_process_is_opened_by_its_pid_while_it_runs(void **state)
{
    NEEDS_RUNTIME();
    struct tri_process *process, *other = NULL;
    struct tri_system *second;
    struct tri_error error = {0};
    int fds[3];
    assert_int_equal(start_script("read x; exit 5", &process, fds), 0);
    uint32_t pid = info(process).pid;
    assert_int_equal(tri_system_open(NULL, "processes", &second, NULL), 0);
    assert_int_equal(tri_process_open(second, pid, &other, NULL), 0);
    close(fds[0]);
    assert_int_equal(exit_code(other), 5);
    close_process(other);
    assert_int_equal(tri_process_open(second, pid, &other, &error), TRI_COMPUTE_NO_PROCESS);
    assert_int_equal(tri_process_open(second, 1, &other, NULL), TRI_COMPUTE_NO_PROCESS);
    assert_non_null(error.text);
    tri_error_clear(&error);
    close(fds[1]);
    close(fds[2]);
    close_system(second);
    close_process(process);
}

static size_t open_fds(int pid)
{
    char path[64];
    size_t count = 0;
    snprintf(path, sizeof(path), "/proc/%d/fd", pid);
    DIR *dir = opendir(path);
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

static void two_hundred_processes_leave_no_descriptor(void **state)
{
    NEEDS_RUNTIME();
    int shim = shim_of("processes");
    size_t before = 0, shim_before = 0;
    for (int i = 0; i < 200; i++) {
        if (i == 10) { /* threads and buffers are there by then */
            before = open_fds(getpid());
            shim_before = open_fds(shim);
        }
        ASSERT_OUTPUT(container, "echo $PPID", "0\n");
    }
    assert_int_equal(open_fds(getpid()), before);
    assert_int_equal(open_fds(shim), shim_before);
}

static void many_at_once_all_tell_their_own_status(void **state)
{
    NEEDS_RUNTIME();
    enum { MANY = 24 };
    struct tri_process *processes[MANY];
    struct tri_op *ops[MANY];
    char script[32];
    for (int i = 0; i < MANY; i++) {
        struct tri_process_spec *spec;
        snprintf(script, sizeof(script), "exit %d", i);
        spec = shell(script);
        ops[i] = tri_op_new();
        assert_int_equal(begin_process(container, spec, ops[i], &processes[i]), 0);
    }
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(finish(ops[i]), 0);
        assert_int_equal(exit_code(processes[i]), i);
        close_process(processes[i]);
    }
}

static void a_cancelled_start_leaves_no_process(void **state)
{
    NEEDS_RUNTIME();
    for (int i = 0; i < 8; i++) {
        struct tri_process *process;
        struct tri_op *op = tri_op_new();
        assert_int_equal(begin_process(container, shell("exec sleep 1000"), op, &process), 0);
        (void)tri_op_wait(op, tri_clock_ns() + (uint64_t)i * 3 * TRI_NS_PER_MS);
        (void)tri_op_cancel(op);
        int r = finish(op);
        assert_true(r == 0 || r == -ECANCELED);
        if (r == 0) {
            assert_int_equal(signal_it(process, SIGKILL), 0);
            assert_int_equal(exit_code(process), 128 + SIGKILL);
        }
        close_process(process);
    }
    /* What was killed is reaped a moment later, and for a runtime that is slow nobody waited. */
    bool gone = false;
    for (uint64_t deadline_ns = tri_deadline_ns(WAIT_MS); !gone && tri_clock_ns() < deadline_ns;) {
        char *text = output_of(container, "grep -l '^sleep$' /proc/[0-9]*/comm | wc -l");
        gone = strcmp(text, "0\n") == 0;
        free(text);
    }
    assert_true(gone);
}

static void nobody_waits_for_a_process_whose_start_was_cancelled_at_once(void **state)
{
    NEEDS_RUNTIME();
    int cancelled = 0;
    for (int i = 0; i < 100; i++) {
        struct tri_op *op = tri_op_new();
        struct tri_process *process;
        struct tri_process_status status;
        assert_int_equal(begin_process(container, shell("exec sleep 100"), op, &process), 0);
        (void)tri_op_cancel(op);
        int r = finish(op);
        cancelled += r == -ECANCELED;
        if (r == 0) /* "at once" was late */
            assert_int_equal(signal_it(process, SIGKILL), 0);
        else
            assert_int_equal(r, -ECANCELED);
        int end = tri_process_wait_exit(process, tri_deadline_ns(WAIT_MS), &status);
        assert_int_equal(end, r == 0 ? 0 : TRI_COMPUTE_NO_PROCESS);
        close_process(process);
    }
    assert_true(cancelled > 50);
}

static void processes_of_a_system_that_ends_end_with_it(void **state)
{
    NEEDS_RUNTIME();
    struct tri_system *system = make_running("doomed");
    struct tri_process *process;
    assert_int_equal(start_process(system, shell("exec sleep 1000"), &process, NULL), 0);
    assert_int_equal(run(tri_system_terminate, system), 0);
    int code = exit_code(process);
    assert_true(code == 128 + SIGKILL || code == 1000);
    assert_int_equal(signal_it(process, SIGTERM), TRI_COMPUTE_PROCESS_STOPPED);
    close_process(process);
    close_system(system);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_speaks_through_its_pipes_and_tells_its_status),
        cmocka_unit_test(its_pipes_are_large_and_close_on_exec),
        cmocka_unit_test(a_program_that_is_not_there_fails_by_its_name),
        cmocka_unit_test(environment_folder_and_user_are_as_asked_for),
        cmocka_unit_test(users_are_resolved_in_the_container),
        cmocka_unit_test(a_signal_ends_it_and_is_its_status),
        cmocka_unit_test(a_late_watcher_is_told_too),
        cmocka_unit_test(standard_handles_that_nobody_read_wait_for_the_first_who_asks),
        cmocka_unit_test(closing_its_input_from_afar_is_the_end_of_it),
        cmocka_unit_test(closing_streams_harms_no_other_file),
        cmocka_unit_test(a_terminal_that_cannot_be_had_leaves_no_process),
        cmocka_unit_test(a_terminal_is_one_and_has_its_size),
        cmocka_unit_test(a_process_is_opened_by_its_pid_while_it_runs),
        cmocka_unit_test(two_hundred_processes_leave_no_descriptor),
        cmocka_unit_test(many_at_once_all_tell_their_own_status),
        cmocka_unit_test(a_cancelled_start_leaves_no_process),
        cmocka_unit_test(nobody_waits_for_a_process_whose_start_was_cancelled_at_once),
        cmocka_unit_test(processes_of_a_system_that_ends_end_with_it),
    };
    return cmocka_run_group_tests_name("compute process", tests, setup, teardown);
}
