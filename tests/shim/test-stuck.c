/* Runtimes that hang, or do not do what they say: nobody waits for them for ever, and nothing is left. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

/* A runtime of one's own: the real one, but for the command `verb`. */
static void write_runtime(struct fixture *f, const char *verb, const char *action, char path[PATH_MAX])
{
    FILE *file = fopen(join(path, "%s/runtime", f->base), "we");
    assert_non_null(file);
    fprintf(file, "#!/bin/sh\ncase \" $* \" in *\" %s \"*) %s;; esac\nexec runc \"$@\"\n", verb, action);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0755), 0);
}

/* Process 1 is let go by command, as crun's is: runc's waits at a fifo. */
static json_t *members_with(struct fixture *f, const char *verb, const char *action)
{
    char path[PATH_MAX];
    write_runtime(f, verb, action, path);
    json_t *members = create_members(f, true);
    json_object_set_new(members, "runtime", json_string(path));
    json_object_set_new(members, "kind", json_string("crun"));
    return members;
}

static json_t *begin(struct fixture *f, const char *verb, const char *action)
{
    shim_prepare(f, config_plain(f));
    shim_launch(f);
    return members_with(f, verb, action);
}

static void cancel(struct conn *c, json_int_t seq)
{
    call_ok(c, "cancel", "{s:I}", "request", seq);
    assert_int_equal(member_number(json_object_get(call_end(c, seq), "error"), "code"), -ECANCELED);
}

static void a_create_is_cancelled_though_the_runtime_hangs(void **state)
{
    NEEDS(state);
    cancel(c, call_begin(c, "create", "o", begin(f, "create", "sleep 1000")));
    shim_wait_end(f);
    assert_false(path_exists("%s", f->folder));
}

static void a_create_ends_with_its_client_though_the_runtime_hangs(void **state)
{
    NEEDS(state);
    call_begin(c, "create", "o", begin(f, "create", "sleep 1000"));
    conn_close(c);
    shim_wait_end(f);
    assert_false(path_exists("%s", f->folder));
}

static void a_cancelled_start_stops_the_system(void **state)
{
    NEEDS(state);
    call_ok(c, "create", "o", begin(f, "start", "sleep 1000"));
    json_int_t start = call_begin(c, "start", NULL), queued = call_begin(c, "start", NULL);
    cancel(c, start);
    assert_int_equal(member_number(json_object_get(call_end(c, queued), "error"), "code"), TRI_COMPUTE_TERMINATED);
    assert_exit(event_next(c, "stopped"), "forced", "client");
}

static void a_start_that_fails_stops_the_system(void **state)
{
    NEEDS(state);
    call_ok(c, "create", "o", begin(f, "start", "kill -9 $$"));
    assert_int_equal(call_code(c, "start", NULL), -EIO);
    assert_non_null(strstr(member_text(last_error(c), "text"), "/runtime\" was killed by signal 9"));
    assert_exit(event_next(c, "stopped"), "unexpected", "internal");
    assert_int_equal(call_code(c, "start", NULL), TRI_COMPUTE_STOPPED);
}

static void a_cancelled_process_is_given_up_where_the_runtime_hangs(void **state)
{
    NEEDS(state);
    call_ok(c, "create", "o", begin(f, "exec", "sleep 1000"));
    call_ok(c, "start", NULL);
    json_int_t first = call_begin(c, "process", "o", process_members("true"));
    cancel(c, call_begin(c, "process", "o", process_members("true")));
    call_ok(c, "terminate", NULL);
    assert_int_equal(member_number(json_object_get(call_end(c, first), "error"), "code"), TRI_COMPUTE_TERMINATED);
}

/* The first process's runtime comes back when it is told to, and then only when its process has been seen. */
static void what_a_late_runtime_starts_for_nobody_is_killed(void **state)
{
    NEEDS(state);
    static const char count[] = "exit $(busybox pidof sleep | busybox wc -w)";
    char action[5 * PATH_MAX], path[PATH_MAX];
    snprintf(
        action, sizeof(action),
        "if mkdir %s/first 2>/dev/null; then until test -e %s/go; do sleep 0.05; done; runc \"$@\"; touch %s/late; "
        "until test -e %s/seen; do sleep 0.05; done; exit 0; fi",
        f->base, f->base, f->base, f->base);
    call_ok(c, "create", "o", begin(f, "exec", action));
    call_ok(c, "start", NULL);
    cancel(c, call_begin(c, "process", "o", process_members("exec sleep 1000")));
    assert_int_equal(mkdir(join(path, "%s/go", f->base), 0700), 0);
    EVENTUALLY(path_exists("%s/late", f->base));
    assert_int_equal(run_command(c, count, NULL), 1);
    assert_int_equal(mkdir(join(path, "%s/seen", f->base), 0700), 0);
    EVENTUALLY(run_command(c, count, NULL) == 0);
}

/* It was frozen already when its runtime was given up. */
static void a_cancelled_pause_lets_the_container_go_on(void **state)
{
    NEEDS(state);
    char action[PATH_MAX + 64];
    snprintf(action, sizeof(action), "runc \"$@\"; touch %s/frozen; sleep 1000", f->base);
    call_ok(c, "create", "o", begin(f, "pause", action));
    call_ok(c, "start", NULL);
    json_int_t pause = call_begin(c, "pause", NULL), queued = call_begin(c, "resume", NULL);
    for (int i = 0; i < HARNESS_WAIT_MS / 10 && !path_exists("%s/frozen", f->base); i++)
        usleep(10000);
    assert_true(path_exists("%s/frozen", f->base));
    cancel(c, pause);
    assert_int_equal(member_number(json_object_get(call_end(c, queued), "error"), "code"), TRI_COMPUTE_BAD_STATE);
    assert_string_equal(member_text(call_ok(c, "info", NULL), "state"), "running");
    json_t *reply = call_ok(c, "process", "o", process_members("exit 7"));
    assert_int_equal(WEXITSTATUS(process_wait(c, (pid_t)member_number(reply, "pid"))), 7);
}

static void a_runtime_that_does_nothing_is_found_out(void **state)
{
    NEEDS(state);
    assert_int_equal(call_code(c, "create", "o", begin(f, "create", "exit 0")), -EIO);
    assert_non_null(strstr(member_text(last_error(c), "text"), "is it an OCI runtime?"));
    shim_wait_end(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_create_is_cancelled_though_the_runtime_hangs),
        TEST(a_create_ends_with_its_client_though_the_runtime_hangs),
        TEST(a_cancelled_start_stops_the_system),
        TEST(a_start_that_fails_stops_the_system),
        TEST(a_cancelled_process_is_given_up_where_the_runtime_hangs),
        TEST(what_a_late_runtime_starts_for_nobody_is_killed),
        TEST(a_cancelled_pause_lets_the_container_go_on),
        TEST(a_runtime_that_does_nothing_is_found_out),
    };
    return cmocka_run_group_tests_name("shim: stuck", tests, harness_group_setup, harness_group_teardown);
}
