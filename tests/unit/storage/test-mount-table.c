/* The mount table that is kept: the same one while nothing is mounted, a new one as soon as something is. */
#include "support.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "storage/mount-table.h"

static const char *mount_point(void)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/point", test_folder());
    mkdir(path, 0755);
    return path;
}

static void mount_there(void)
{
    assert_int_equal(mount("none", mount_point(), "tmpfs", 0, "size=64k"), 0);
}

static void unmount_there(void)
{
    assert_int_equal(umount2(mount_point(), MNT_DETACH), 0);
}

static bool shows_it(const struct tri_mount_table *table)
{
    return mnt_table_find_target(table->mounts, mount_point(), MNT_ITER_FORWARD) != NULL;
}

static bool is_shown_now(void)
{
    TRI_AUTO_MOUNT_TABLE table = tri_mount_table_get();
    assert_non_null(table);
    return shows_it(table);
}

static void the_table_is_read_once_while_nothing_changes(void **state)
{
    struct tri_mount_table *first = tri_mount_table_get(), *second = tri_mount_table_get();
    assert_non_null(first);
    assert_ptr_equal(first, second);
    tri_mount_table_put(first);
    tri_mount_table_put(second);
}

static void a_mount_is_seen_at_once_and_so_is_its_end(void **state)
{
    for (int i = 0; i < 20; i++) {
        assert_false(is_shown_now());
        mount_there();
        assert_true(is_shown_now());
        assert_true(is_shown_now());
        unmount_there();
    }
    assert_false(is_shown_now());
}

static void who_holds_an_old_table_keeps_it(void **state)
{
    struct tri_mount_table *old = tri_mount_table_get();
    mount_there();
    assert_true(is_shown_now());
    assert_false(shows_it(old));
    unmount_there();
    tri_mount_table_put(old);
}

/* Some programs close all that they do not know. */
static int find_watch(void)
{
    char link[64], to[256];
    for (int fd = 3; fd < 256; fd++) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t n = readlink(link, to, sizeof to - 1);
        to[n > 0 ? n : 0] = '\0';
        if (strstr(to, "/mountinfo"))
            return fd;
    }
    return -1;
}

static void a_descriptor_that_somebody_closed_is_not_believed(void **state)
{
    assert_false(is_shown_now());
    int watch = find_watch();
    assert_true(watch > 2);
    int other = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC); /* which never says that anything changed */
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_int_equal(dup2(null, watch), watch);
    mount_there();
    assert_true(is_shown_now());
    unmount_there();
    assert_false(is_shown_now());
    close(watch); /* /dev/null now */
    close(null);
    close(other);
}

static int child_looks(void)
{
    if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return 1;
    if (is_shown_now())
        return 2;
    mount_there();
    return is_shown_now() ? 0 : 3;
}

static void a_child_in_a_namespace_of_its_own_sees_its_own_mounts(void **state)
{
    int status = -1;
    assert_false(is_shown_now());
    pid_t child = fork();
    if (child == 0)
        _exit(child_looks());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_false(is_shown_now());
    mount_there(); /* the child has taken no word of the kernel's from us */
    assert_true(is_shown_now());
    unmount_there();
}

static void *look_often(void *data)
{
    for (int i = 0; i < 2000; i++) {
        TRI_AUTO_MOUNT_TABLE table = tri_mount_table_get();
        if (!table || !mnt_table_find_target(table->mounts, "/", MNT_ITER_FORWARD))
            return "no root";
    }
    return NULL;
}

static void many_threads_look_while_something_is_mounted(void **state)
{
    pthread_t threads[4];
    void *failure;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, look_often, NULL), 0);
    for (int i = 0; i < 50; i++) {
        mount_there();
        unmount_there();
    }
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], &failure), 0);
        assert_null(failure);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_read_once_while_nothing_changes),
        cmocka_unit_test(a_mount_is_seen_at_once_and_so_is_its_end),
        cmocka_unit_test(who_holds_an_old_table_keeps_it),
        cmocka_unit_test(a_descriptor_that_somebody_closed_is_not_believed),
        cmocka_unit_test(a_child_in_a_namespace_of_its_own_sees_its_own_mounts),
        cmocka_unit_test(many_threads_look_while_something_is_mounted),
    };
    return cmocka_run_group_tests_name("storage mount table", tests, test_storage_begin, test_storage_finish);
}
