/* What must never be touched is not touched: the running system's disk, swap, what is mounted or held, what another
 * operation works on. The root disk takes part only as one that is asked for and refused. */
#include "support.h"

#include "descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "storage/disk.h"
#include "storage/guard.h"
#include "storage/node.h"

static struct tri_partition_spec gpt_spec(uint64_t sequence, uint64_t offset, uint64_t size)
{
    struct tri_partition_spec spec = {
        .sequence = sequence, .style = TRI_STYLE_GPT, .offset_bytes = offset, .size_bytes = size};
    assert_true(tri_uuid_parse("0fc63daf-8483-4772-8e79-3d69d8477de4", &spec.type));
    return spec;
}

static int create(uint64_t sequence, uint64_t offset, uint64_t size)
{
    struct test_run run = TEST_RUN;
    struct tri_partition_spec spec = gpt_spec(sequence, offset, size);
    int code = test_run_end(&run, tri_partition_create(&spec, test_run_op(&run), NULL, &run.error));
    test_run_close(&run);
    return code;
}

static int clean(uint64_t sequence, bool full)
{
    struct test_run run = TEST_RUN;
    struct tri_clean_spec spec = {.sequence = sequence, .force = true, .force_oem = true, .full = full};
    int code = test_run_end(&run, tri_disk_clean(&spec, test_run_op(&run), NULL, &run.error));
    test_run_close(&run);
    return code;
}

/* A GPT disk with one partition of 16 MiB at 2 MiB, whose node is given. */
static struct test_disk partitioned(char node[64])
{
    struct test_disk disk = test_disk_make(64 * MIB);
    assert_int_equal(tri_disk_initialize(disk.sequence, TRI_STYLE_GPT, NULL), 0);
    assert_int_equal(create(disk.sequence, 2 * MIB, 16 * MIB), 0);
    assert_true(test_node(disk.name, 1, node, NULL, NULL));
    return disk;
}

/* All changes of the disk and of its partition at 2 MiB answer the code, even where they are forced. */
static void all_changes_answer(uint64_t sequence, uint64_t offset, int code)
{
    struct tri_uuid type;
    assert_true(tri_uuid_parse("ebd0a0a2-b9e5-4433-87c0-68b6b72699c7", &type));
    struct tri_disk_lock lock = TRI_DISK_LOCK_NONE;
    assert_int_equal(tri_disk_initialize(sequence, TRI_STYLE_GPT, NULL), code);
    assert_int_equal(tri_disk_convert(sequence, TRI_STYLE_MBR, NULL), code);
    assert_int_equal(clean(sequence, false), code);
    assert_int_equal(clean(sequence, true), code);
    assert_int_equal(create(sequence, 32 * MIB, MIB), code);
    assert_int_equal(tri_partition_delete(sequence, offset, true, true, NULL), code);
    assert_int_equal(tri_partition_set_active(sequence, offset, true, NULL), code);
    assert_int_equal(tri_partition_set_attributes(sequence, offset, 0, NULL), code);
    assert_int_equal(tri_partition_set_type(sequence, offset, TRI_STYLE_GPT, 0, &type, true, NULL), code);
    assert_int_equal(tri_disk_offline(sequence, NULL), code);
    assert_int_equal(tri_disk_set_read_only(sequence, true, NULL), code);
    assert_int_equal(tri_disk_lock_take(sequence, TRI_WHOLE_DISK, &lock, NULL), code);
    assert_int_equal(tri_disk_lock_take(sequence, offset, &lock, NULL), code);
}

/* ---- the running system ---- */

/* The disk that / lies on, or 0. */
static uint64_t root_sequence(char node[64])
{
    struct stat status;
    char link[64], target[512];
    uint64_t sequence = 0;
    if (stat("/", &status) < 0 || major(status.st_dev) == 0)
        return 0;
    snprintf(link, sizeof link, "/sys/dev/block/%u:%u", major(status.st_dev), minor(status.st_dev));
    ssize_t n = readlink(link, target, sizeof target - 1);
    if (n <= 0)
        return 0;
    target[n] = 0;
    snprintf(node, 64, "/dev/%.58s", strrchr(target, '/') + 1);
    return tri_disk_find(node, &sequence, NULL) == 0 ? sequence : 0;
}

static void the_root_disk_is_marked_and_never_raw(void **state)
{
    char node[64];
    uint64_t sequence = root_sequence(node);
    if (sequence == 0)
        TEST_SKIP("the root file system lies on no block device");
    struct tri_disk *disk = NULL;
    struct tri_error error = {0};
    int code = tri_disk_read(sequence, TRI_DISK_FILESYSTEMS, &disk, &error);
    if (code == -EACCES) { /* no root */
        tri_error_clear(&error);
        TEST_SKIP("the root disk may only be read by root");
    }
    assert_int_equal(code, 0);
    assert_true(disk->is_system);
    assert_false(tri_disk_is_raw(disk));
    tri_disk_free(disk);
}

static void every_change_of_the_root_disk_is_refused_before_it_is_opened(void **state)
{
    char node[64];
    uint64_t sequence = root_sequence(node);
    if (sequence == 0)
        TEST_SKIP("the root file system lies on no block device");
    int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    bool watched = inotify_add_watch(watch, node, IN_OPEN) >= 0;
    struct tri_disk_lock lock = TRI_DISK_LOCK_NONE;
    assert_int_equal(tri_disk_initialize(sequence, TRI_STYLE_GPT, NULL), TRI_STORAGE_SYSTEM);
    assert_int_equal(tri_disk_convert(sequence, TRI_STYLE_GPT, NULL), TRI_STORAGE_SYSTEM);
    assert_int_equal(clean(sequence, false), TRI_STORAGE_SYSTEM);
    assert_int_equal(clean(sequence, true), TRI_STORAGE_SYSTEM);
    assert_int_equal(create(sequence, MIB, MIB), TRI_STORAGE_SYSTEM);
    assert_int_equal(tri_partition_delete(sequence, 0, true, true, NULL), TRI_STORAGE_SYSTEM);
    assert_int_equal(tri_disk_lock_take(sequence, TRI_WHOLE_DISK, &lock, NULL), TRI_STORAGE_SYSTEM);
    assert_int_equal(tri_disk_lock_take(sequence, 0, &lock, NULL), TRI_STORAGE_SYSTEM);
    char event[4096];
    if (watched)
        assert_true(read(watch, event, sizeof event) < 0);
    assert_int_equal(tri_disk_offline(sequence, NULL), TRI_STORAGE_SYSTEM);
    assert_int_equal(tri_disk_set_read_only(sequence, true, NULL), TRI_STORAGE_SYSTEM);
    close(watch);
}

static void active_swap_is_refused_whatever_is_forced(void **state)
{
    NEEDS_LOOP();
    NEEDS_TOOL("mkswap");
    char node[64];
    struct test_disk disk = partitioned(node);
    assert_int_equal(TEST_PROGRAM("mkswap", node), 0);
    if (swapon(node, 0) < 0) {
        print_message("# swapon: %s\n", strerror(errno));
        test_disk_drop(&disk);
        TEST_SKIP("this kernel does not let us use swap");
    }
    all_changes_answer(disk.sequence, 2 * MIB, TRI_STORAGE_SYSTEM);
    struct tri_disk *found = NULL;
    assert_int_equal(tri_disk_read(disk.sequence, 0, &found, NULL), 0);
    assert_true(found->has_swap);
    tri_disk_free(found);
    assert_int_equal(swapoff(node), 0);
    assert_int_equal(clean(disk.sequence, false), 0);
    test_disk_drop(&disk);
}

static bool is_free(const char *node)
{
    int fd = open(node, O_RDONLY | O_EXCL | O_CLOEXEC);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* In a mount namespace of a child: a file system on a loop device becomes /home; the device is the system's. */
static void what_carries_a_system_folder_is_system(void **state)
{
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    char node[64];
    struct test_disk disk = partitioned(node);
    assert_int_equal(TEST_PROGRAM("mkfs.ext4", "-q", "-F", node), 0);
    pid_t child = fork();
    if (child == 0) {
        if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
            mount(node, "/home", "ext4", 0, NULL) < 0)
            _exit(77);
        struct tri_disk *found = NULL;
        bool right = tri_disk_read(disk.sequence, 0, &found, NULL) == 0 && found->is_system && !found->is_boot &&
                     tri_partition_delete(disk.sequence, 2 * MIB, true, true, NULL) == TRI_STORAGE_SYSTEM;
        _exit(right ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    EVENTUALLY(is_free(node)); /* its namespace is taken down a moment later */
    assert_true(WIFEXITED(status));
    assert_true(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 77);
    test_disk_drop(&disk);
}

/* ---- in use ---- */

static void a_mount_is_named_and_keeps_the_disk_from_changes(void **state)
{
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    char node[64];
    struct test_disk disk = partitioned(node);
    const char *point = test_path("here");
    assert_int_equal(mkdir(point, 0700), 0);
    assert_int_equal(TEST_PROGRAM("mkfs.ext4", "-q", "-F", node), 0);
    assert_int_equal(mount(node, point, "ext4", 0, NULL), 0);
    struct tri_disk_lock lock = TRI_DISK_LOCK_NONE;
    uint64_t places[] = {TRI_WHOLE_DISK, 2 * MIB};
    for (int i = 0; i < 2; i++) {
        struct tri_error error = {0};
        char *paths = NULL;
        assert_int_equal(tri_disk_lock_take(disk.sequence, places[i], &lock, NULL), 0);
        assert_int_equal(tri_guard_free(&lock, false, &paths, &error), TRI_STORAGE_IN_USE);
        assert_non_null(strstr(error.text, point));
        assert_null(paths);
        tri_error_clear(&error);
        tri_disk_lock_drop(&lock);
    }
    assert_int_equal(tri_disk_offline(disk.sequence, NULL), TRI_STORAGE_IN_USE);
    assert_int_equal(tri_disk_drop_nodes(disk.sequence, NULL), TRI_STORAGE_IN_USE);
    assert_int_equal(tri_disk_set_read_only(disk.sequence, true, NULL), TRI_STORAGE_IN_USE);
    char *paths = NULL;
    assert_int_equal(tri_disk_lock_take(disk.sequence, 2 * MIB, &lock, NULL), 0);
    assert_int_equal(tri_guard_free(&lock, true, &paths, NULL), 0);
    assert_string_equal(paths, point);
    free(paths);
    tri_disk_lock_drop(&lock);
    assert_false(test_is_mounted_at(point));
    rmdir(point);
    test_disk_drop(&disk);
}

static void a_mount_that_only_another_namespace_sees_keeps_the_disk_too(void **state)
{
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    char node[64], byte;
    struct test_disk disk = partitioned(node);
    const char *point = test_path("hidden");
    assert_int_equal(mkdir(point, 0700), 0);
    assert_int_equal(TEST_PROGRAM("mkfs.ext4", "-q", "-F", node), 0);
    int ready[2], done[2];
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    assert_int_equal(pipe2(done, O_CLOEXEC), 0);
    pid_t child = fork();
    if (child == 0) {
        close(done[1]);
        bool mounted = unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
                       mount(node, point, "ext4", 0, NULL) == 0;
        if (write(ready[1], mounted ? "y" : "n", 1) < 0 || read(done[0], &byte, 1) < 0)
            _exit(1);
        _exit(0);
    }
    close(done[0]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    bool mounted = byte == 'y';
    int in_use = mounted ? TRI_STORAGE_IN_USE : 0;
    struct tri_disk_lock lock = TRI_DISK_LOCK_NONE;
    assert_int_equal(tri_disk_lock_take(disk.sequence, 2 * MIB, &lock, NULL), 0);
    assert_int_equal(tri_guard_free(&lock, true, NULL, NULL), in_use);
    tri_disk_lock_drop(&lock);
    if (mounted)
        assert_int_equal(clean(disk.sequence, false), TRI_STORAGE_IN_USE);
    close(done[1]);
    waitpid(child, NULL, 0);
    close(ready[0]);
    close(ready[1]);
    rmdir(point);
    EVENTUALLY(clean(disk.sequence, false) == 0);
    test_disk_drop(&disk);
}

static void who_holds_a_device_exclusively_is_named(void **state)
{
    NEEDS_LOOP();
    char node[64], byte, pid_text[32];
    struct test_disk disk = partitioned(node);
    int ready[2];
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    pid_t child = fork();
    if (child == 0) {
        int fd = open(node, O_RDWR | O_EXCL | O_CLOEXEC);
        if (write(ready[1], fd < 0 ? "n" : "y", 1) < 0)
            _exit(1);
        for (;;)
            pause();
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, 'y');
    snprintf(pid_text, sizeof pid_text, "process %d ", (int)child);
    struct tri_error error = {0};
    assert_int_equal(tri_partition_delete(disk.sequence, 2 * MIB, true, true, &error), TRI_STORAGE_IN_USE);
    assert_non_null(strstr(error.text, pid_text));
    tri_error_clear(&error);
    assert_int_equal(clean(disk.sequence, false), TRI_STORAGE_IN_USE);
    struct tri_disk_lock lock = TRI_DISK_LOCK_NONE;
    assert_int_equal(tri_disk_lock_take(disk.sequence, TRI_WHOLE_DISK, &lock, NULL), 0);
    assert_int_equal(tri_guard_free(&lock, false, NULL, &error), TRI_STORAGE_IN_USE);
    assert_non_null(strstr(error.text, strrchr(node, '/') + 1));
    tri_error_clear(&error);
    tri_disk_lock_drop(&lock);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(ready[0]);
    close(ready[1]);
    assert_int_equal(clean(disk.sequence, false), 0);
    test_disk_drop(&disk);
}

/* ---- without descriptors ---- */

/* The disk that the root lies on; NULL: there is none here that could be told. */
static struct tri_disk *system_disk(void)
{
    uint64_t *sequences = NULL;
    size_t count = 0;
    struct tri_disk *disk = NULL;
    assert_int_equal(tri_disk_list(&sequences, &count, NULL), 0);
    for (size_t i = 0; i < count && !disk; i++)
        if (tri_disk_describe(sequences[i], &disk, NULL) == 0 && !disk->is_system) {
            tri_disk_free(disk);
            disk = NULL;
        }
    free(sequences);
    return disk;
}

static void without_descriptors_the_system_is_not_overlooked(void **state)
{
    TRI_AUTO_DISK struct tri_disk *disk = system_disk();
    int code = -1;
    if (!disk)
        TEST_SKIP("no disk here holds the running system");
    for (unsigned count = 0; code < 0 && count < 24; count++) {
        TRI_AUTO_DISK struct tri_disk *seen = NULL;
        test_fds_allow(count);
        code = tri_disk_describe(disk->sequence, &seen, NULL);
        test_fds_restore();
        assert_true(code == 0 || code == -EMFILE);
        assert_true(code < 0 || seen->is_system);
    }
    assert_int_equal(code, 0);
}

static void without_descriptors_no_disk_is_left_out(void **state)
{
    uint64_t *sequences = NULL;
    size_t wanted = 0, count = 0;
    int code = -1;
    NEEDS_LOOP();
    struct test_disk disk = test_disk_make(64 * MIB);
    for (unsigned fds = 0; code < 0 && fds < 24; fds++) {
        test_fds_allow(fds);
        code = tri_disk_list(&sequences, &count, NULL);
        test_fds_restore();
        assert_true(code == 0 || code == -EMFILE);
    }
    assert_int_equal(code, 0);
    for (size_t i = 0; i < count; i++)
        wanted += sequences[i] == disk.sequence;
    assert_int_equal(wanted, 1);
    free(sequences);
    test_disk_drop(&disk);
}

static void without_descriptors_a_disk_is_not_free(void **state)
{
    NEEDS_LOOP();
    char node[64];
    int code = -1;
    struct test_disk disk = partitioned(node);
    struct tri_disk_lock lock = TRI_DISK_LOCK_NONE;
    assert_int_equal(tri_disk_lock_take(disk.sequence, TRI_WHOLE_DISK, &lock, NULL), 0);
    int held = open(node, O_RDONLY | O_EXCL | O_CLOEXEC);
    assert_true(held >= 0);
    for (unsigned count = 0; code != TRI_STORAGE_IN_USE && count < 24; count++) {
        test_fds_allow(count);
        code = tri_guard_free(&lock, false, NULL, NULL);
        test_fds_restore();
        assert_true(code < 0);
    }
    assert_int_equal(code, TRI_STORAGE_IN_USE);
    close(held);
    code = -1;
    for (unsigned count = 0; code < 0 && count < 24; count++) {
        test_fds_allow(count);
        code = tri_node_remove_all(lock.disk_fd, disk.name, NULL);
        test_fds_restore();
        assert_int_equal(test_node_count(disk.name), code < 0 ? 1 : 0);
    }
    assert_int_equal(code, 0);
    tri_disk_lock_drop(&lock);
    test_disk_drop(&disk);
}

/* ---- locks ---- */

static void a_locked_disk_refuses_every_change_at_once(void **state)
{
    NEEDS_LOOP();
    char node[64];
    struct test_disk disk = partitioned(node);
    struct tri_disk_lock lock = TRI_DISK_LOCK_NONE;
    assert_int_equal(tri_disk_lock_take(disk.sequence, TRI_WHOLE_DISK, &lock, NULL), 0);
    assert_int_equal(lock.disk->size_bytes, 64 * MIB);
    all_changes_answer(disk.sequence, 2 * MIB, TRI_STORAGE_LOCKED);
    tri_disk_lock_drop(&lock);
    assert_int_equal(clean(disk.sequence, false), 0);
    test_disk_drop(&disk);
}

static void two_partitions_of_a_disk_can_be_worked_on_at_once_and_one_cannot(void **state)
{
    NEEDS_LOOP();
    char node[64], path[64];
    struct test_disk disk = partitioned(node);
    assert_int_equal(create(disk.sequence, 20 * MIB, 4 * MIB), 0);
    struct tri_disk_lock first = TRI_DISK_LOCK_NONE, second = TRI_DISK_LOCK_NONE, third = TRI_DISK_LOCK_NONE;
    assert_int_equal(tri_disk_lock_take(disk.sequence, 2 * MIB, &first, NULL), 0);
    assert_int_equal(tri_disk_lock_take(disk.sequence, 20 * MIB, &second, NULL), 0);
    assert_int_equal(tri_disk_lock_take(disk.sequence, 2 * MIB, &third, NULL), TRI_STORAGE_LOCKED);
    assert_int_equal(tri_disk_lock_take(disk.sequence, TRI_WHOLE_DISK, &third, NULL), TRI_STORAGE_LOCKED);
    assert_int_equal(tri_disk_lock_take(disk.sequence, 3 * MIB, &third, NULL), TRI_STORAGE_GONE);
    tri_disk_lock_node(&first, path);
    assert_string_equal(path, node);
    assert_int_equal(tri_disk_partition_at(second.disk, second.offset_bytes)->size_bytes, 4 * MIB);
    assert_int_equal(tri_guard_free(&first, false, NULL, NULL), 0);
    tri_disk_lock_drop(&first);
    tri_disk_lock_drop(&second);
    assert_int_equal(tri_disk_lock_take(disk.sequence, TRI_WHOLE_DISK, &third, NULL), 0);
    tri_disk_lock_drop(&third);
    test_disk_drop(&disk);
}

static void a_lock_goes_with_the_process_that_held_it(void **state)
{
    NEEDS_LOOP();
    char node[64], byte;
    struct test_disk disk = partitioned(node);
    int ready[2];
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    pid_t child = fork();
    if (child == 0) {
        struct tri_disk_lock lock = TRI_DISK_LOCK_NONE;
        bool taken = tri_disk_lock_take(disk.sequence, 2 * MIB, &lock, NULL) == 0;
        if (write(ready[1], taken ? "y" : "n", 1) < 0)
            _exit(1);
        for (;;)
            pause();
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, 'y');
    assert_int_equal(clean(disk.sequence, false), TRI_STORAGE_LOCKED);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(ready[0]);
    close(ready[1]);
    assert_int_equal(clean(disk.sequence, false), 0);
    test_disk_drop(&disk);
}

static void the_whole_disk_volume_is_locked_as_the_disk(void **state)
{
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    char path[64];
    struct test_disk disk = test_disk_make(32 * MIB);
    assert_int_equal(TEST_PROGRAM("mkfs.ext4", "-q", "-F", disk.node), 0);
    struct tri_disk_lock lock = TRI_DISK_LOCK_NONE, other = TRI_DISK_LOCK_NONE;
    assert_int_equal(tri_disk_lock_take(disk.sequence, 0, &lock, NULL), 0);
    tri_disk_lock_node(&lock, path);
    assert_string_equal(path, disk.node);
    assert_string_equal(lock.disk->whole.type, "ext4");
    assert_int_equal(tri_disk_lock_take(disk.sequence, TRI_WHOLE_DISK, &other, NULL), TRI_STORAGE_LOCKED);
    assert_int_equal(tri_guard_free(&lock, false, NULL, NULL), 0);
    assert_int_equal(tri_probe_wipe(lock.disk_fd, NULL), 0);
    tri_disk_lock_drop(&lock);
    struct tri_disk *found = NULL;
    assert_int_equal(tri_disk_read(disk.sequence, TRI_DISK_FILESYSTEMS, &found, NULL), 0);
    assert_true(tri_disk_is_raw(found));
    tri_disk_free(found);
    test_disk_drop(&disk);
}

static void a_partition_without_a_node_gets_one_when_it_is_locked(void **state)
{
    NEEDS_LOOP();
    char node[64];
    struct test_disk disk = partitioned(node);
    test_disk_detach(&disk, false);
    struct test_disk again = test_disk_attach(disk.image, 512, false);
    assert_int_equal(test_node_count(again.name), 0);
    struct tri_disk_lock lock = TRI_DISK_LOCK_NONE;
    assert_int_equal(tri_disk_lock_take(again.sequence, 2 * MIB, &lock, NULL), 0);
    assert_true(lock.partition_fd >= 0);
    assert_int_equal(test_node_count(again.name), 1);
    tri_disk_lock_drop(&lock);
    test_disk_drop(&again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_carries_a_system_folder_is_system),
        cmocka_unit_test(the_root_disk_is_marked_and_never_raw),
        cmocka_unit_test(every_change_of_the_root_disk_is_refused_before_it_is_opened),
        cmocka_unit_test(active_swap_is_refused_whatever_is_forced),
        cmocka_unit_test(a_mount_is_named_and_keeps_the_disk_from_changes),
        cmocka_unit_test(a_mount_that_only_another_namespace_sees_keeps_the_disk_too),
        cmocka_unit_test(who_holds_a_device_exclusively_is_named),
        cmocka_unit_test(without_descriptors_the_system_is_not_overlooked),
        cmocka_unit_test(without_descriptors_no_disk_is_left_out),
        cmocka_unit_test(without_descriptors_a_disk_is_not_free),
        cmocka_unit_test(a_locked_disk_refuses_every_change_at_once),
        cmocka_unit_test(two_partitions_of_a_disk_can_be_worked_on_at_once_and_one_cannot),
        cmocka_unit_test(a_lock_goes_with_the_process_that_held_it),
        cmocka_unit_test(the_whole_disk_volume_is_locked_as_the_disk),
        cmocka_unit_test(a_partition_without_a_node_gets_one_when_it_is_locked),
    };
    return cmocka_run_group_tests_name("guard", tests, test_storage_begin, test_storage_finish);
}
