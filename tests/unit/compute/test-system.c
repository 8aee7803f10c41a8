/* A system's life, with the real shim and a real runtime. */
#include "support.h"

#include "descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

static void a_system_is_created_started_and_terminated(void **state)
{
    NEEDS_RUNTIME();
    struct tri_system_exit exit;
    struct tri_system *system = make_system("life", false);
    assert_int_equal(run(tri_system_start, system), 0);
    assert_int_equal(tri_system_wait_exit(system, 0, &exit), -ETIMEDOUT);
    assert_int_equal(run(tri_system_terminate, system), 0);
    assert_int_equal(tri_system_wait_exit(system, tri_deadline_ns(WAIT_MS), &exit), 0);
    assert_int_equal(exit.type, TRI_EXIT_FORCED);
    assert_int_equal(exit.initiator, TRI_EXIT_BY_CLIENT);
    close_system(system);
    assert_nothing_left();
}

static void shutdown_ends_a_system_gracefully(void **state)
{
    NEEDS_RUNTIME();
    struct tri_system_exit exit;
    struct tri_system *system = make_running("shutdown");
    assert_int_equal(run(tri_system_shutdown, system), 0);
    assert_int_equal(tri_system_wait_exit(system, tri_deadline_ns(WAIT_MS), &exit), 0);
    assert_int_equal(exit.type, TRI_EXIT_GRACEFUL);
    assert_int_equal(run(tri_system_start, system), TRI_COMPUTE_STOPPED);
    close_system(system);
    assert_nothing_left();
}

static void pause_and_resume_follow_the_state(void **state)
{
    NEEDS_RUNTIME();
    struct tri_system *system = make_running("pause");
    assert_int_equal(run(tri_system_resume, system), TRI_COMPUTE_BAD_STATE);
    assert_int_equal(run(tri_system_pause, system), 0);
    assert_int_equal(run(tri_system_pause, system), TRI_COMPUTE_BAD_STATE);
    assert_int_equal(run(tri_system_resume, system), 0);
    end_system(system);
    assert_nothing_left();
}

static void an_id_in_use_is_refused(void **state)
{
    NEEDS_RUNTIME();
    struct tri_system *system = make_system("twice", false), *second;
    assert_int_equal(try_create("twice", &second), TRI_COMPUTE_EXISTS);
    end_system(system);
    assert_nothing_left();
}

static void an_id_is_free_as_soon_as_terminate_is_done(void **state)
{
    NEEDS_RUNTIME();
    struct tri_system *systems[5], *open;
    for (int i = 0; i < 5; i++) {
        systems[i] = make_running("again");
        assert_int_equal(run(tri_system_terminate, systems[i]), 0); /* the old handle stays open */
    }
    assert_int_equal(tri_system_open(NULL, "again", &open, NULL), 0); /* the record of the last */
    close_system(open);
    for (int i = 0; i < 5; i++)
        close_system(systems[i]);
    for (int i = 0; i < 5; i++) { /* and where the old handle is closed at the same moment */
        systems[0] = make_system("again", false);
        end_system(systems[0]);
    }
    assert_nothing_left();
}

static void bad_ids_are_refused_through_the_operation(void **state)
{
    static const char *const bad[] = {"", ".", "..", "a/b", "a\nb", "\x7f", "\xff\xfe"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct tri_system *system;
        int r = try_create(bad[i], &system);
        assert_int_equal(r, geteuid() == 0 ? -EINVAL : -EPERM);
        assert_non_null(last_error[0] ? last_error : NULL);
    }
}

static void a_failed_create_leaves_nothing(void **state)
{
    NEEDS_RUNTIME();
    struct tri_system *system;
    struct tri_system_spec *spec = calloc(1, sizeof(*spec));
    spec->oci_spec = json_pack("{s{ss}s{s[s]ss}ss}", "root", "path", "/var/empty-that-is-not-there", "process", "args",
                               "true", "cwd", "/", "ociVersion", "1.0.2");
    assert_int_equal(create_with("fails", spec, &system), TRI_COMPUTE_BAD_LAYER);
    spec = calloc(1, sizeof(*spec));
    spec->mounts = calloc(1, sizeof(*spec->mounts));
    spec->mount_count = 1;
    spec->mounts[0] = (struct tri_mount_spec){strdup("/bin"), strdup("/proc/1/oops"), false};
    int r = create_with("fails", spec, &system); /* the runtime's own refusal */
    assert_true(r < 0);
    assert_non_null(strstr(last_error, "proc"));
    assert_nothing_left();
    system = make_system("fails", false);
    end_system(system);
    assert_nothing_left();
}

/* Several moments: before anything was done, while it is done, and after. */
static void a_cancelled_create_is_undone(void **state)
{
    NEEDS_RUNTIME();
    int cancelled = 0;
    for (int i = 0; i < 12; i++) {
        struct tri_op *op = tri_op_new();
        struct tri_system *system;
        assert_int_equal(begin_create("cancelled", calloc(1, sizeof(struct tri_system_spec)), op, &system), 0);
        (void)tri_op_wait(op, tri_clock_ns() + (uint64_t)i * 4 * TRI_NS_PER_MS);
        (void)tri_op_cancel(op);
        int r = finish(op);
        assert_true(r == 0 || r == -ECANCELED);
        cancelled += r == -ECANCELED;
        if (r == 0)
            assert_int_equal(run(tri_system_terminate, system), 0);
        else
            assert_int_equal(run(tri_system_start, system), TRI_COMPUTE_NOT_FOUND);
        close_system(system);
        assert_nothing_left();
    }
    assert_true(cancelled > 0);
}

/* Often before a worker has begun: then nobody makes the system, and nobody may wait for it. */
static void nobody_waits_for_a_system_whose_create_was_cancelled_at_once(void **state)
{
    NEEDS_RUNTIME();
    int cancelled = 0;
    for (int i = 0; i < 100; i++) {
        struct tri_op *op = tri_op_new();
        struct tri_system *system;
        struct tri_system_exit exit;
        assert_int_equal(begin_create("at-once", calloc(1, sizeof(struct tri_system_spec)), op, &system), 0);
        (void)tri_op_cancel(op);
        int r = finish(op);
        cancelled += r == -ECANCELED;
        if (r == 0) { /* "at once" was late */
            end_system(system);
            continue;
        }
        assert_int_equal(r, -ECANCELED);
        assert_int_equal(tri_system_wait_exit(system, tri_deadline_ns(WAIT_MS), &exit), TRI_COMPUTE_NOT_FOUND);
        assert_int_equal(run(tri_system_start, system), TRI_COMPUTE_NOT_FOUND);
        close_system(system);
    }
    assert_true(cancelled > 50);
    assert_nothing_left();
}

static void calls_made_while_it_is_being_created_wait_their_turn(void **state)
{
    NEEDS_RUNTIME();
    struct tri_op *create = tri_op_new(), *info = tri_op_new(), *terminate = tri_op_new();
    struct tri_system *system;
    assert_int_equal(begin_create("early", calloc(1, sizeof(struct tri_system_spec)), create, &system), 0);
    assert_int_equal(tri_system_query(system, 0, NULL, info, NULL), 0);
    assert_int_equal(tri_system_terminate(system, terminate, NULL), 0);
    assert_int_equal(finish(info), 0);
    assert_int_equal(finish(terminate), 0);
    int r = finish(create);
    assert_true(r == 0 || r == TRI_COMPUTE_TERMINATED);
    close_system(system);
    assert_nothing_left();
}

/* ---- watching ---- */

struct seen {
    _Atomic int exited, disconnected;
};

static void on_event(const struct tri_system_event *event, void *context, tri_any_function *target)
{
    struct seen *seen = context;
    if (event->type == TRI_SYSTEM_EXITED)
        seen->exited++;
    else
        seen->disconnected++;
}

static void the_exit_is_told_once_to_early_and_late_watchers(void **state)
{
    NEEDS_RUNTIME();
    struct seen early = {0}, late = {0};
    struct tri_system_exit exit;
    struct tri_system *system = make_running("watched"), *other;
    assert_int_equal(tri_system_open(NULL, "watched", &other, NULL), 0);
    assert_int_equal(tri_system_watch(system, on_event, &early, NULL), 0);
    assert_int_equal(tri_system_watch(system, on_event, &early, NULL), -EALREADY);
    assert_int_equal(run(tri_system_terminate, system), 0);
    assert_int_equal(tri_system_wait_exit(other, tri_deadline_ns(WAIT_MS), &exit), 0);
    assert_int_equal(tri_system_watch(other, on_event, &late, NULL), 0);
    uint64_t deadline_ns = tri_deadline_ns(WAIT_MS);
    while ((early.exited == 0 || late.exited == 0) && tri_clock_ns() < deadline_ns)
        sched_yield();
    close_system(system);
    close_system(other);
    assert_int_equal(early.exited, 1);
    assert_int_equal(late.exited, 1);
    assert_int_equal(early.disconnected + late.disconnected, 0);
    assert_nothing_left();
}

static void a_closed_handle_hears_nothing_and_wakes_its_waiters(void **state)
{
    NEEDS_RUNTIME();
    struct seen seen = {0};
    struct tri_system_exit exit;
    struct tri_system *system = make_running("deaf"), *other;
    assert_int_equal(tri_system_open(NULL, "deaf", &other, NULL), 0);
    assert_int_equal(tri_system_watch(other, on_event, &seen, NULL), 0);
    tri_system_close(tri_system_handle(other));
    assert_int_equal(tri_system_wait_exit(other, TRI_DEADLINE_NEVER, &exit), -ECANCELED);
    assert_false(tri_system_close(tri_system_handle(other)));
    assert_null(tri_system_from_handle(tri_system_handle(other)));
    tri_system_unref(other);
    end_system(system);
    assert_int_equal(seen.exited + seen.disconnected, 0);
    assert_nothing_left();
}

/* ---- queries ---- */

static int read_info(void *context, const struct tri_op_tag *tag, int code, const struct tri_error *error, void *value)
{
    const struct tri_system_info *info = value;
    struct tri_system_info *copy = context;
    if (code < 0)
        return code;
    assert_string_equal(info->id, "query");
    assert_string_equal(info->owner, "somebody");
    assert_int_equal(strlen(info->runtime_id), 36);
    *copy = *info;
    copy->processes = NULL;
    for (size_t i = 0; i < info->process_count; i++)
        assert_true(info->processes[i].pid > 0 && info->processes[i].name[0]);
    return 0;
}

static struct tri_system_info query(struct tri_system *system, unsigned queries)
{
    struct tri_system_info info = {0};
    struct tri_op *op = tri_op_new();
    assert_int_equal(tri_system_query(system, queries, NULL, op, NULL), 0);
    assert_int_equal(tri_op_wait(op, tri_deadline_ns(WAIT_MS)), 0);
    assert_int_equal(tri_op_read_result(op, read_info, &info), 0);
    tri_op_close(tri_op_handle(op));
    return info;
}

static void a_query_tells_state_statistics_and_processes(void **state)
{
    NEEDS_RUNTIME();
    struct tri_system_spec *spec = calloc(1, sizeof(*spec));
    struct tri_system *system;
    spec->owner = strdup("somebody");
    spec->limits.memory_bytes = 64 << 20;
    assert_int_equal(create_with("query", spec, &system), 0);
    assert_int_equal(query(system, 0).state, TRI_SYSTEM_CREATED);
    assert_int_equal(run(tri_system_start, system), 0);
    struct tri_system_info info = query(system, TRI_QUERY_STATISTICS | TRI_QUERY_PROCESSES);
    assert_int_equal(info.state, TRI_SYSTEM_RUNNING);
    assert_int_equal(info.process_count, 1);
    assert_true(info.statistics.cpu_ns > 0);
    assert_true(info.statistics.memory_peak_bytes > 0);
    assert_true(info.statistics.start_wall_ns > 0);
    assert_int_equal(run(tri_system_terminate, system), 0);
    info = query(system, TRI_QUERY_STATISTICS);
    assert_int_equal(info.state, TRI_SYSTEM_STOPPED);
    assert_int_equal(info.exit.type, TRI_EXIT_FORCED);
    close_system(system);
    assert_nothing_left();
}

static int read_count(void *context, const struct tri_op_tag *tag, int code, const struct tri_error *error, void *value)
{
    const struct tri_system_list *list = value;
    char *text = context;
    if (code < 0)
        return code;
    *text = '\0';
    for (size_t i = 0; i < list->count; i++)
        strcat(strcat(text, list->systems[i].id), " ");
    return 0;
}

static char *enumerate(const char *id)
{
    static char text[4096];
    struct tri_op *op = tri_op_new();
    struct tri_system_filter *filter = NULL;
    if (id) {
        filter = calloc(1, sizeof(*filter));
        filter->ids = calloc(2, sizeof(char *));
        filter->ids[0] = strdup(id);
    }
    assert_int_equal(tri_system_enumerate(NULL, filter, op, NULL), 0);
    assert_int_equal(tri_op_wait(op, tri_deadline_ns(WAIT_MS)), 0);
    assert_int_equal(tri_op_read_result(op, read_count, text), 0);
    tri_op_close(tri_op_handle(op));
    return text;
}

static void enumeration_is_sorted_and_filtered(void **state)
{
    NEEDS_RUNTIME();
    struct tri_system *b = make_system("b b", false), *a = make_system("A5E2F6D0-0000-4000-8000-00000000000a", false);
    assert_string_equal(enumerate(NULL), "A5E2F6D0-0000-4000-8000-00000000000a b b ");
    assert_string_equal(enumerate("a5e2f6d0-0000-4000-8000-00000000000A"), "A5E2F6D0-0000-4000-8000-00000000000a ");
    assert_string_equal(enumerate("c"), "");
    end_system(a);
    end_system(b);
    assert_string_equal(enumerate(NULL), "");
    assert_nothing_left();
}

/* ---- without descriptors ---- */

static void without_descriptors_no_system_is_left_out_of_a_list(void **state)
{
    NEEDS_RUNTIME();
    int code = -1;
    struct tri_system *system = make_system("listed", false);
    assert_string_equal(enumerate(NULL), "listed ");
    for (unsigned count = 0; code < 0 && count < 40; count++) {
        char text[4096] = "";
        struct tri_op *op = tri_op_new();
        test_fds_allow(count);
        assert_int_equal(tri_system_enumerate(NULL, NULL, op, NULL), 0);
        assert_int_equal(tri_op_wait(op, tri_deadline_ns(WAIT_MS)), 0);
        test_fds_restore();
        code = tri_op_read_result(op, read_count, text);
        tri_op_close(tri_op_handle(op));
        assert_string_equal(text, code < 0 ? "" : "listed ");
    }
    assert_int_equal(code, 0);
    end_system(system);
    assert_nothing_left();
}

/* The shim has no more descriptors than its maker. */
static void a_create_that_lacks_descriptors_fails_and_leaves_nothing(void **state)
{
    NEEDS_RUNTIME();
    struct tri_system *system = NULL;
    end_system(make_running("first")); /* all threads are there */
    for (unsigned count = 0; !system && count < 60; count++) {
        test_fds_allow(count);
        int code = try_create("scarce", &system);
        test_fds_restore();
        assert_true(code < 0 || system);
        if (!system && *enumerate(NULL)) /* what could not be undone either is found by who comes next */
            fail_msg("with %u descriptors a system is left", count);
        if (!system)
            assert_nothing_left();
    }
    assert_non_null(system);
    end_system(system);
    assert_nothing_left();
}

/* ---- what a container is made of ---- */

static void without_storage_the_hosts_root_is_below_a_throw_away_layer(void **state)
{
    NEEDS_RUNTIME();
    struct tri_system *system = make_running("host.root");
    ASSERT_OUTPUT(system, "hostname; echo x > /trireme-test-throw-away; cat /trireme-test-throw-away", "host\nx\n");
    assert_int_equal(access("/trireme-test-throw-away", F_OK), -1);
    ASSERT_OUTPUT(system, "ls /sys/class/net; cat /sys/class/net/lo/flags", "lo\n0x9\n");
    ASSERT_OUTPUT(system, "echo 1 > /proc/sys/kernel/printk || echo no", "no\n");
    ASSERT_OUTPUT(system, "cat /proc/1/comm; ulimit -n | grep -c .", ".trireme-init\n1\n");
    end_system(system);
    assert_nothing_left();
}

static void folders_layers_limits_and_resolv_conf_are_where_they_were_asked_for(void **state)
{
    NEEDS_RUNTIME();
    char scratch[512], shared[512], command[2048];
    snprintf(scratch, sizeof(scratch), "%s/scratch", state_folder());
    snprintf(shared, sizeof(shared), "%s/shared", state_folder());
    assert_int_equal(mkdir(scratch, 0755) | mkdir(shared, 0755), 0);
    struct tri_system_spec *spec = calloc(1, sizeof(*spec));
    struct tri_system *system;
    spec->layers = calloc(1, sizeof(char *));
    spec->layers[0] = strdup("/");
    spec->layer_count = 1;
    spec->root = strdup(scratch);
    spec->mounts = calloc(2, sizeof(*spec->mounts));
    spec->mounts[0] = (struct tri_mount_spec){strdup(shared), strdup("/data/rw"), false};
    spec->mounts[1] = (struct tri_mount_spec){strdup(shared), strdup("/data/ro"), true};
    spec->mount_count = 2;
    spec->host_name = strdup("named");
    spec->dns_search = strdup("example.org,example.net");
    spec->limits = (struct tri_limits){.memory_bytes = 32 << 20, .cpu_weight = 200};
    assert_int_equal(create_with("folders", spec, &system), 0);
    assert_int_equal(run(tri_system_start, system), 0);
    ASSERT_OUTPUT(system, "hostname; grep search /etc/resolv.conf", "named\nsearch example.org example.net\n");
    ASSERT_OUTPUT(system, "echo 1 > /data/rw/file; echo 2 > /data/ro/file || cat /data/ro/file; echo kept > /kept",
                  "1\n");
    snprintf(command, sizeof(command), "%s/upper/kept", scratch);
    assert_int_equal(access(command, F_OK), 0);
    struct tri_op *op = tri_op_new();
    const struct tri_mount_spec late = {shared, (char *)"/late", true};
    assert_int_equal(tri_system_mount(system, &late, op, NULL), 0);
    assert_int_equal(finish(op), 0);
    ASSERT_OUTPUT(system, "cat /late/file; echo 3 2>/dev/null > /late/file || echo no", "1\nno\n");
    op = tri_op_new();
    assert_int_equal(tri_system_unmount(system, "/late", op, NULL), 0);
    assert_int_equal(finish(op), 0);
    op = tri_op_new();
    assert_int_equal(tri_system_set_limits(system, &(struct tri_limits){.memory_bytes = 48 << 20}, op, NULL), 0);
    assert_int_equal(finish(op), 0);
    end_system(system);
    assert_nothing_left();
    assert_int_equal(tri_folder_remove(AT_FDCWD, scratch) | tri_folder_remove(AT_FDCWD, shared), 0);
}

static void two_systems_can_share_a_network(void **state)
{
    NEEDS_RUNTIME();
    struct tri_system *first = make_running("net"), *second;
    struct tri_system_spec *spec = calloc(1, sizeof(*spec));
    spec->network_of = strdup("net");
    assert_int_equal(create_with("net.too", spec, &second), 0);
    assert_int_equal(run(tri_system_start, second), 0);
    char *a = output_of(first, "readlink /proc/self/ns/net"), *b = output_of(second, "readlink /proc/self/ns/net");
    assert_string_equal(a, b);
    free(a);
    free(b);
    end_system(second);
    end_system(first);
    spec = calloc(1, sizeof(*spec));
    spec->network_namespace = strdup("trireme-none-such");
    assert_int_equal(create_with("net", spec, &second), -ENOENT);
    assert_nothing_left();
}

/* The smallest root file system: a shell that needs no libraries. */
static void build_rootfs(char path[512])
{
    static const char *const folders[] = {"", "/bin", "/proc", "/dev", "/sys"};
    char target[1024];
    snprintf(path, 512, "%s/rootfs", state_folder());
    for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
        snprintf(target, sizeof(target), "%s%s", path, folders[i]);
        assert_int_equal(mkdir(target, 0755), 0);
    }
    snprintf(target, sizeof(target), "cp /bin/busybox '%s/bin/sh'", path);
    assert_int_equal(system(target), 0);
}

static void an_oci_bundle_runs_as_it_is(void **state)
{
    NEEDS_RUNTIME();
    if (access("/bin/busybox", X_OK) < 0) {
        print_message("# skipped: there is no /bin/busybox (Debian package busybox-static)\n");
        skip();
    }
    struct tri_system *system;
    struct tri_process *process;
    struct tri_system_exit exit;
    int fds[3];
    char rootfs[512];
    build_rootfs(rootfs);
    struct tri_system_spec *spec = calloc(1, sizeof(*spec));
    spec->oci_spec =
        json_pack("{ss s{ss sb} s{s[sss] ss s{si si}} s{s[{ss}{ss}]} s[{ss ss ss}]}", "ociVersion", "1.0.2", "root",
                  "path", rootfs, "readonly", 0, "process", "args", "/bin/sh", "-c", "read x; echo $x; exit 3", "cwd",
                  "/", "user", "uid", 0, "gid", 0, "linux", "namespaces", "type", "pid", "type", "mount", "mounts",
                  "destination", "/proc", "type", "proc", "source", "proc");
    assert_non_null(spec->oci_spec);
    assert_int_equal(create_with("oci", spec, &system), 0);
    assert_int_equal(run(tri_system_start, system), 0);
    struct tri_process_spec *own = calloc(1, sizeof(*own));
    own->stdin_pipe = own->stdout_pipe = true;
    int r = start_process(system, own, &process, fds);
    if (r < 0)
        fail_msg("%d %s", r, last_error);
    assert_int_equal(write(fds[0], "oci\n", 4), 4);
    char *text = read_all(fds[1]);
    assert_string_equal(text, "oci\n");
    free(text);
    close(fds[0]);
    assert_int_equal(exit_code(process), 3);
    assert_int_equal(tri_system_wait_exit(system, tri_deadline_ns(WAIT_MS), &exit), 0);
    assert_int_equal(exit.initiator, TRI_EXIT_BY_GUEST);
    close_process(process);
    close_system(system);
    assert_nothing_left();
    assert_int_equal(tri_folder_remove(AT_FDCWD, rootfs), 0);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_system_is_created_started_and_terminated),
        cmocka_unit_test(shutdown_ends_a_system_gracefully),
        cmocka_unit_test(pause_and_resume_follow_the_state),
        cmocka_unit_test(an_id_in_use_is_refused),
        cmocka_unit_test(an_id_is_free_as_soon_as_terminate_is_done),
        cmocka_unit_test(bad_ids_are_refused_through_the_operation),
        cmocka_unit_test(a_failed_create_leaves_nothing),
        cmocka_unit_test(a_cancelled_create_is_undone),
        cmocka_unit_test(nobody_waits_for_a_system_whose_create_was_cancelled_at_once),
        cmocka_unit_test(calls_made_while_it_is_being_created_wait_their_turn),
        cmocka_unit_test(the_exit_is_told_once_to_early_and_late_watchers),
        cmocka_unit_test(a_closed_handle_hears_nothing_and_wakes_its_waiters),
        cmocka_unit_test(a_query_tells_state_statistics_and_processes),
        cmocka_unit_test(enumeration_is_sorted_and_filtered),
        cmocka_unit_test(without_descriptors_no_system_is_left_out_of_a_list),
        cmocka_unit_test(a_create_that_lacks_descriptors_fails_and_leaves_nothing),
        cmocka_unit_test(without_storage_the_hosts_root_is_below_a_throw_away_layer),
        cmocka_unit_test(folders_layers_limits_and_resolv_conf_are_where_they_were_asked_for),
        cmocka_unit_test(two_systems_can_share_a_network),
        cmocka_unit_test(an_oci_bundle_runs_as_it_is),
    };
    return cmocka_run_group_tests_name("compute system", tests, state_setup, state_teardown);
}
