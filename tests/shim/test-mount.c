/* Mounts into a container that runs, and out of it again. */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

/* A folder of the host with a file "who" in it. */
static char *make_source(struct fixture *f, char path[PATH_MAX], const char *name)
{
    char file[PATH_MAX];
    assert_int_equal(tri_folder_make(AT_FDCWD, join(path, "%s/%s", f->base, name), 0755), 0);
    assert_int_equal(tri_file_write(AT_FDCWD, join(file, "%s/who", path), "host", 4, 0644), 0);
    return path;
}

static int mount_code(struct conn *c, const char *source, const char *target, bool read_only)
{
    return call_code(c, "mount", "{s:s, s:s, s:b}", "source", source, "target", target, "read_only", read_only);
}

static void a_folder_is_seen_and_written_in_both_places(void **state)
{
    NEEDS(state);
    char source[PATH_MAX], *output = NULL;
    start_plain(f);
    make_source(f, source, "with space:and,more");
    assert_int_equal(mount_code(c, source, "/deep/er/target", false), 0);
    assert_int_equal(run_command(c, "cat /deep/er/target/who; echo x > /deep/er/target/inside", &output), 0);
    assert_string_equal(output, "host");
    free(output);
    assert_true(path_exists("%s/inside", source));
}

static void read_only_is_refused_to_be_written(void **state)
{
    NEEDS(state);
    char source[PATH_MAX];
    start_plain(f);
    assert_int_equal(mount_code(c, make_source(f, source, "source"), "/mnt", true), 0);
    assert_int_equal(run_command(c, "cat /mnt/who && ! echo x 2>/dev/null > /mnt/inside", NULL), 0);
    assert_false(path_exists("%s/inside", source));
}

static void unmounted_it_is_gone(void **state)
{
    NEEDS(state);
    char source[PATH_MAX];
    start_plain(f);
    assert_int_equal(mount_code(c, make_source(f, source, "source"), "/mnt", false), 0);
    assert_int_equal(run_command(c, "test -e /mnt/who", NULL), 0);
    call_ok(c, "unmount", "{s:s}", "target", "/mnt");
    assert_int_equal(run_command(c, "test -e /mnt/who", NULL), 1);
    assert_int_equal(call_code(c, "unmount", "{s:s}", "target", "/mnt"), -ENOENT);
    assert_int_equal(call_code(c, "unmount", "{s:s}", "target", "/no/such/place"), -ENOENT);
}

static void a_single_file_can_be_mounted(void **state)
{
    NEEDS(state);
    char source[PATH_MAX], file[PATH_MAX], *output = NULL;
    start_plain(f);
    make_source(f, source, "source");
    assert_int_equal(mount_code(c, join(file, "%s/who", source), "/etc/new/name", true), 0);
    assert_int_equal(run_command(c, "cat /etc/new/name", &output), 0);
    assert_string_equal(output, "host");
    free(output);
}

static void a_missing_source_is_named(void **state)
{
    NEEDS(state);
    start_plain(f);
    assert_int_equal(mount_code(c, "/no/such/source", "/mnt", false), -ENOENT);
    assert_non_null(strstr(member_text(last_error(c), "text"), "/no/such/source"));
    assert_int_equal(run_command(c, "exit 2", NULL), 2);
}

/* The container decides what its links say: they must not lead out of it. */
static void links_in_the_container_do_not_lead_out(void **state)
{
    NEEDS(state);
    char source[PATH_MAX], outside[PATH_MAX], command[2 * PATH_MAX + 64];
    start_plain(f);
    make_source(f, source, "source");
    make_source(f, outside, "outside");
    snprintf(command, sizeof(command), "mkdir -p %s; busybox ln -s ../../../../../../../../..%s /link", outside,
             outside);
    assert_int_equal(run_command(c, command, NULL), 0);
    assert_int_equal(mount_code(c, source, "/link/new", false), 0);
    assert_false(path_exists("%s/new", outside));
    snprintf(command, sizeof(command), "test -e %s/new/who", outside);
    assert_int_equal(run_command(c, command, NULL), 0);
}

static void a_paused_container_can_be_mounted_into(void **state)
{
    NEEDS(state);
    char source[PATH_MAX];
    start_plain(f);
    call_ok(c, "pause", NULL);
    assert_int_equal(mount_code(c, make_source(f, source, "source"), "/mnt", false), 0);
    call_ok(c, "resume", NULL);
    assert_int_equal(run_command(c, "test -e /mnt/who", NULL), 0);
}

static void before_the_own_process_there_is_nothing_to_mount_into(void **state)
{
    NEEDS(state);
    char source[PATH_MAX];
    start_own(f, "while :; do sleep 1000; done");
    assert_int_equal(mount_code(c, make_source(f, source, "source"), "/mnt", false), TRI_COMPUTE_BAD_STATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_folder_is_seen_and_written_in_both_places),
        TEST(read_only_is_refused_to_be_written),
        TEST(unmounted_it_is_gone),
        TEST(a_single_file_can_be_mounted),
        TEST(a_missing_source_is_named),
        TEST(links_in_the_container_do_not_lead_out),
        TEST(a_paused_container_can_be_mounted_into),
        TEST(before_the_own_process_there_is_nothing_to_mount_into),
    };
    return cmocka_run_group_tests_name("shim: mount", tests, harness_group_setup, harness_group_teardown);
}
