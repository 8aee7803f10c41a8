/* What outlives whom: creators, handles, the record of a system that has ended, and its folder. */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "compute/cgroup.h"

/* ---- creating ---- */

static void a_creator_that_dies_before_it_asks_leaves_nothing(void **state)
{
    NEEDS(state);
    shim_prepare(f, config_plain(f));
    shim_launch(f);
    conn_close(c);
    shim_wait_end(f);
    assert_false(path_exists("%s", f->folder));
}

static void a_creator_that_dies_before_the_answer_leaves_nothing(void **state)
{
    NEEDS(state);
    shim_prepare(f, config_plain(f));
    shim_launch(f);
    shim_hold(f);
    call_begin(c, "create", "o", create_members(f, true));
    conn_close(c);
    shim_let_go_on(f);
    shim_wait_end(f);
    assert_false(path_exists("%s", f->folder));
}

static void terminate_overtakes_create(void **state)
{
    NEEDS(state);
    shim_prepare(f, config_plain(f));
    shim_launch(f);
    shim_hold(f);
    json_int_t create = call_begin(c, "create", "o", create_members(f, true));
    json_int_t terminate = call_begin(c, "terminate", NULL);
    shim_let_go_on(f);
    assert_int_equal(member_number(json_object_get(call_end(c, create), "error"), "code"), TRI_COMPUTE_TERMINATED);
    assert_false(path_exists("%s", f->folder)); /* its name is free by now */
    assert_null(json_object_get(call_end(c, terminate), "error"));
    shim_wait_end(f);
    assert_false(path_exists("%s", f->folder));
}

static void create_fails(struct fixture *f, json_t *members, int code, const char *where)
{
    shim_prepare(f, config_plain(f));
    shim_launch(f);
    assert_int_equal(call_code(&f->creator, "create", "o", members), code);
    if (where)
        assert_string_equal(member_text(last_error(&f->creator), "where"), where);
    assert_false(path_exists("%s", f->folder));
    shim_wait_end(f);
    conn_close(&f->creator);
}

static json_t *members_with_root(struct fixture *f, json_t *root)
{
    json_t *members = create_members(f, true);
    json_object_set_new(members, "root", root);
    return members;
}

static void a_missing_layer_is_named(void **state)
{
    NEEDS(state);
    create_fails(f, members_with_root(f, json_pack("{s:[s,s]}", "lower", f->rootfs, "/no/such/layer")),
                 TRI_COMPUTE_BAD_LAYER, "/no/such/layer");
    create_fails(f, members_with_root(f, json_pack("{s:[s]}", "lower", "/etc/passwd")), TRI_COMPUTE_BAD_LAYER,
                 "/etc/passwd");
    create_fails(f, members_with_root(f, json_pack("{s:s}", "bind", "/no/such/root")), TRI_COMPUTE_BAD_LAYER,
                 "/no/such/root");
}

static void a_root_that_is_none_is_refused(void **state)
{
    NEEDS(state);
    create_fails(f, members_with_root(f, json_object()), TRI_COMPUTE_BAD_DOCUMENT, "root");
    create_fails(f, members_with_root(f, json_pack("{s:[]}", "lower")), TRI_COMPUTE_BAD_DOCUMENT, "root");
    create_fails(f, members_with_root(f, json_pack("{s:[i]}", "lower", 1)), TRI_COMPUTE_BAD_DOCUMENT, "root");
    create_fails(f, members_with_root(f, json_pack("{s:s}", "bind", "relative")), TRI_COMPUTE_BAD_DOCUMENT, "root");
    create_fails(f, members_with_root(f, json_pack("{s:[s], s:s}", "lower", f->rootfs, "upper", "/tmp")),
                 TRI_COMPUTE_BAD_DOCUMENT, "root");
    create_fails(f, members_with_root(f, json_pack("{s:s, s:i}", "bind", f->rootfs, "x", 1)), TRI_COMPUTE_BAD_DOCUMENT,
                 "root");
}

static void what_the_runtime_says_is_told(void **state)
{
    NEEDS(state);
    json_t *config = config_plain(f);
    json_array_append_new(json_object_get(config, "mounts"),
                          json_pack("{s:s, s:s, s:s, s:[s]}", "destination", "/mnt", "type", "bind", "source",
                                    "/no/such/source", "options", "bind"));
    shim_prepare(f, config);
    shim_launch(f);
    assert_int_equal(call_code(c, "create", "o", create_members(f, true)), -EIO);
    assert_non_null(strstr(member_text(last_error(c), "text"), "/no/such/source"));
    assert_non_null(strstr(member_text(last_error(c), "detail"), "/no/such/source"));
    shim_wait_end(f);
}

/* ---- roots ---- */

static char *make_layer(struct fixture *f, char path[PATH_MAX], const char *name, const char *file, const char *content)
{
    char file_path[PATH_MAX];
    assert_int_equal(tri_folder_make(AT_FDCWD, join(path, "%s/%s", f->base, name), 0755), 0);
    join(file_path, "%s/%s", path, file);
    assert_int_equal(tri_file_write(AT_FDCWD, file_path, content, strlen(content), 0644), 0);
    return path;
}

static void start_with_root(struct fixture *f, json_t *root)
{
    shim_prepare(f, config_plain(f));
    shim_launch(f);
    call_ok(&f->creator, "create", "o", members_with_root(f, root));
    call_ok(&f->creator, "start", NULL);
}

static void layers_lie_over_each_other_whatever_their_names(void **state)
{
    NEEDS(state);
    char top[PATH_MAX], middle[PATH_MAX], upper[PATH_MAX], work[PATH_MAX], *output = NULL;
    make_layer(f, top, "a:b,c\\d=e f", "who", "top");
    make_layer(f, middle, "middle", "who", "middle");
    join(upper, "%s/up,per", f->base);
    join(work, "%s/wo:rk", f->base);
    start_with_root(f,
                    json_pack("{s:[s,s,s], s:s, s:s}", "lower", top, middle, f->rootfs, "upper", upper, "work", work));
    assert_int_equal(run_command(c, "cat /who; echo kept > /kept", &output), 0);
    assert_string_equal(output, "top");
    free(output);
    call_ok(c, "terminate", NULL);
    assert_true(path_exists("%s/kept", upper));
    assert_false(path_exists("%s/kept", f->rootfs));
}

static void a_hundred_layers_are_not_too_many(void **state)
{
    NEEDS(state);
    char path[PATH_MAX], name[200];
    json_t *lower = json_array();
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof(name), "%0150d", i); /* together far more than a page */
        json_array_append_new(lower, json_string(make_layer(f, path, name, "who", name)));
    }
    json_array_append_new(lower, json_string(f->rootfs));
    start_with_root(f, json_pack("{s:o}", "lower", lower));
    assert_int_equal(run_command(c, "test $(cat /who | busybox tail -c 3) = 000", NULL), 0);
}

static void without_an_upper_folder_nothing_is_kept(void **state)
{
    NEEDS(state);
    start_with_root(f, json_pack("{s:[s]}", "lower", f->rootfs));
    assert_int_equal(run_command(c, "echo x > /gone && cat /gone", NULL), 0);
    call_ok(c, "terminate", NULL);
    assert_false(path_exists("%s/gone", f->rootfs));
}

static void a_bound_root_is_the_folder_itself(void **state)
{
    NEEDS(state);
    char path[PATH_MAX];
    assert_int_equal(tri_folder_make(AT_FDCWD, join(path, "%s/root/bin", f->base), 0755), 0);
    assert_int_equal(tri_folder_make(AT_FDCWD, join(path, "%s/root/proc", f->base), 0755), 0);
    assert_int_equal(tri_folder_make(AT_FDCWD, join(path, "%s/root/dev", f->base), 0755), 0);
    char from[PATH_MAX], to[PATH_MAX];
    assert_int_equal(link(join(from, "%s/bin/busybox", f->rootfs), join(to, "%s/root/bin/busybox", f->base)), 0);
    assert_int_equal(symlink("busybox", join(to, "%s/root/bin/sh", f->base)), 0);
    start_with_root(f, json_pack("{s:s}", "bind", join(path, "%s/root", f->base)));
    assert_int_equal(run_command(c, "echo x > /written", NULL), 0);
    call_ok(c, "terminate", NULL);
    assert_true(path_exists("%s/written", path));
}

/* ---- handles ---- */

static void the_last_handle_ends_a_system_made_so(void **state)
{
    NEEDS(state);
    struct conn other;
    shim_prepare(f, config_plain(f));
    shim_launch(f);
    json_t *members = create_members(f, true);
    json_object_set_new(members, "terminate_on_last_close", json_true());
    call_ok(c, "create", "o", members);
    call_ok(c, "start", NULL);
    conn_open(f, &other);
    assert_true(member_flag(call_ok(&other, "hello", "{s:b}", "handle", 1), "terminate_on_last_close"));
    conn_close(c);
    assert_state(&other, "running");
    call_ok(&other, "close", NULL);
    assert_exit(event_next(&other, "stopped"), "forced", "client");
    conn_close(&other);
}

static void a_dead_creator_ends_a_system_made_so(void **state)
{
    NEEDS(state);
    struct conn visitor;
    shim_prepare(f, config_plain(f));
    shim_launch(f);
    json_t *members = create_members(f, true);
    json_object_set_new(members, "terminate_on_last_close", json_true());
    call_ok(c, "create", "o", members);
    call_ok(c, "start", NULL);
    conn_open(f, &visitor);
    call_ok(&visitor, "hello", "{s:b}", "handle", 0);
    conn_close(c);
    /* nobody who could open it holds a handle, and nobody is to: no record stays */
    assert_true(conn_is_closed(&visitor));
    conn_close(&visitor);
    shim_wait_end(f);
    assert_false(path_exists("%s", f->folder));
}

static void a_system_outlives_its_creator(void **state)
{
    NEEDS(state);
    struct conn other;
    start_plain(f);
    conn_close(c);
    conn_open(f, &other);
    call_ok(&other, "hello", "{s:b}", "handle", 1);
    assert_int_equal(run_command(&other, "exit 9", NULL), 9);
    call_ok(&other, "terminate", NULL);
    conn_close(&other);
    shim_wait_end(f);
    assert_false(path_exists("%s", f->folder));
}

static void a_record_without_handles_can_be_opened(void **state)
{
    NEEDS(state);
    struct conn visitor, late;
    start_plain(f);
    struct running done = process_start(c, "exit 3");
    process_wait(c, done.pid);
    running_close(&done);
    conn_open(f, &visitor);
    call_ok(&visitor, "hello", "{s:b}", "handle", 0);
    conn_close(c);
    call_ok(&visitor, "terminate", NULL);
    conn_close(&visitor);
    conn_open(f, &late);
    assert_exit(call_ok(&late, "hello", "{s:b}", "handle", 1), "forced", "client");
    assert_int_equal(
        WEXITSTATUS(member_number(call_ok(&late, "process-info", "{s:i}", "pid", (int)done.pid), "status")), 3);
    conn_close(&late);
    shim_wait_end(f);
    assert_false(path_exists("%s", f->folder));
}

static void processes_are_known_after_the_record_has_gone(void **state)
{
    NEEDS(state);
    start_plain(f);
    struct running done = process_start(c, "exit 3");
    running_close(&done);
    call_ok(c, "terminate", NULL);
    call_ok(c, "close", NULL);
    json_t *info = call_ok(c, "process-info", "{s:i}", "pid", (int)done.pid);
    assert_true(member_flag(info, "exited"));
    assert_false(path_exists("%s", f->folder));
    conn_close(c);
    shim_wait_end(f);
}

static void yielding_frees_the_id_while_a_handle_is_open(void **state)
{
    NEEDS(state);
    struct conn visitor;
    start_plain(f);
    conn_open(f, &visitor);
    call_ok(&visitor, "hello", "{s:b}", "handle", 0);
    assert_false(member_flag(call_ok(&visitor, "yield", NULL), "yielded"));
    call_ok(c, "terminate", NULL);
    assert_true(member_flag(call_ok(&visitor, "yield", NULL), "yielded"));
    assert_false(path_exists("%s", f->folder));
    assert_state(c, "stopped");
    conn_close(&visitor);
    assert_state(c, "stopped");
    conn_close(c);
    shim_wait_end(f);
}

/* ---- mishaps ---- */

static void a_folder_that_vanished_does_not_hinder_the_end(void **state)
{
    NEEDS(state);
    start_plain(f);
    assert_int_equal(tri_folder_remove(AT_FDCWD, f->folder), 0);
    assert_int_equal(call_code(c, "process", "o", process_members("true")), -ENOENT);
    call_ok(c, "terminate", NULL);
    assert_exit(event_next(c, "stopped"), "forced", "client");
    conn_close(c);
    shim_wait_end(f);
}

static void a_system_that_nobody_can_reach_ends(void **state)
{
    NEEDS(state);
    char path[PATH_MAX];
    start_plain(f);
    assert_int_equal(unlink(join(path, "%s/socket", f->folder)), 0);
    conn_close(c);
    f->creator.fd = -1;
    /* its record waits for somebody who could open it: nobody can, so it goes at once */
    shim_wait_end(f);
}

static void another_folder_of_the_same_name_is_left_alone(void **state)
{
    NEEDS(state);
    char moved[PATH_MAX];
    start_plain(f);
    assert_int_equal(rename(f->folder, join(moved, "%s/moved", f->base)), 0);
    assert_int_equal(tri_folder_make(AT_FDCWD, f->folder, 0700), 0);
    call_ok(c, "terminate", NULL);
    conn_close(c);
    shim_wait_end(f);
    assert_int_equal(rmdir(f->folder), 0);
}

/* Deeper than anybody walks. */
static void a_cgroup_that_cannot_be_removed_keeps_its_record(void **state)
{
    NEEDS(state);
    enum { DEPTH = 40 };
    char nested[PATH_MAX], gone[PATH_MAX];
    start_plain(f);
    bool is_v1 = path_exists("/sys/fs/cgroup/pids");
    join(nested, "/sys/fs/cgroup%s%s", is_v1 ? "/pids" : "", f->cgroup);
    join(gone, "%s/.gone-%d", f->space, (int)f->shim_pid);
    for (int i = 0; i < DEPTH; i++)
        assert_int_equal(mkdir(strcat(nested, "/d"), 0755), 0);
    call_ok(c, "terminate", NULL);
    conn_close(c);
    shim_wait_end(f);
    bool is_kept = path_exists("%s", gone);
    for (int i = 0; i < DEPTH; i++, *strrchr(nested, '/') = '\0')
        assert_int_equal(rmdir(nested), 0);
    assert_int_equal(tri_cgroup_remove(TRI_CGROUP_ROOT, f->cgroup), 0);
    assert_int_equal(tri_folder_remove(AT_FDCWD, gone), 0);
    assert_true(is_kept);
}

static void a_killed_shim_leaves_what_its_record_names(void **state)
{
    NEEDS(state);
    start_plain(f);
    pid_t init = (pid_t)member_number(call_ok(c, "info", NULL), "init_pid");
    assert_int_equal(kill(f->shim_pid, SIGKILL), 0);
    assert_int_equal(waitpid(f->shim_pid, NULL, 0), f->shim_pid);
    f->shim_pid = 0;
    assert_true(conn_is_closed(c));
    assert_int_equal(kill(init, 0), 0); /* the container goes on */
    TRI_AUTO_CLOSE int folder_fd = open(f->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(flock(folder_fd, LOCK_EX | LOCK_NB), 0);
    assert_int_equal(tri_cgroup_kill(TRI_CGROUP_ROOT, f->cgroup, tri_deadline_ns(HARNESS_WAIT_MS)), 0);
    assert_int_equal(waitpid(init, NULL, 0), init);
    assert_int_equal(tri_cgroup_remove(TRI_CGROUP_ROOT, f->cgroup), 0);
    assert_int_equal(tri_folder_remove(AT_FDCWD, f->folder), 0);
}

/* Kills the shim that long after it was asked to create. The next creator kills what is in the cgroup, once: nothing may
 * come into it after that, and nothing may stay beside it. */
static void kill_while_creating(struct fixture *f, int after_ms)
{
    shim_prepare(f, config_plain(f));
    shim_launch(f);
    call_begin(&f->creator, "create", "o", create_members(f, true));
    poll(NULL, 0, after_ms);
    assert_int_equal(kill(f->shim_pid, SIGKILL), 0);
    assert_int_equal(waitpid(f->shim_pid, NULL, 0), f->shim_pid);
    f->shim_pid = 0;
    assert_int_equal(tri_cgroup_kill(TRI_CGROUP_ROOT, f->cgroup, tri_deadline_ns(HARNESS_WAIT_MS)), 0);
    while (waitpid(-1, NULL, 0) > 0) /* hangs, until the test's time is up, where something goes on */
        ;
    conn_close(&f->creator);
    assert_int_equal(tri_cgroup_remove(TRI_CGROUP_ROOT, f->cgroup), 0);
    assert_int_equal(tri_folder_remove(AT_FDCWD, f->folder), 0);
}

static void a_shim_killed_at_any_moment_leaves_nothing_at_work(void **state)
{
    NEEDS(state);
    for (int after_ms = 0; after_ms < 40; after_ms++)
        kill_while_creating(f, after_ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_creator_that_dies_before_it_asks_leaves_nothing),
        TEST(a_creator_that_dies_before_the_answer_leaves_nothing),
        TEST(terminate_overtakes_create),
        TEST(a_missing_layer_is_named),
        TEST(a_root_that_is_none_is_refused),
        TEST(what_the_runtime_says_is_told),
        TEST(layers_lie_over_each_other_whatever_their_names),
        TEST(a_hundred_layers_are_not_too_many),
        TEST(without_an_upper_folder_nothing_is_kept),
        TEST(a_bound_root_is_the_folder_itself),
        TEST(the_last_handle_ends_a_system_made_so),
        TEST(a_dead_creator_ends_a_system_made_so),
        TEST(a_system_outlives_its_creator),
        TEST(a_record_without_handles_can_be_opened),
        TEST(processes_are_known_after_the_record_has_gone),
        TEST(yielding_frees_the_id_while_a_handle_is_open),
        TEST(a_folder_that_vanished_does_not_hinder_the_end),
        TEST(a_system_that_nobody_can_reach_ends),
        TEST(another_folder_of_the_same_name_is_left_alone),
        TEST(a_cgroup_that_cannot_be_removed_keeps_its_record),
        TEST(a_killed_shim_leaves_what_its_record_names),
        TEST(a_shim_killed_at_any_moment_leaves_nothing_at_work),
    };
    return cmocka_run_group_tests_name("shim: record", tests, harness_group_setup, harness_group_teardown);
}
