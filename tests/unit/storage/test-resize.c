/* Extending, shrinking and checking: the file system follows its partition, data survives, and what cannot be done is
 * refused before anything has changed. */
#include "volumes.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "storage/guard.h"
#include "storage/mount.h"

#define FILES 24
#define FILE_BYTES (2 * MIB)
#define EXT_BLOCK 4096

/* ---- files that must survive ---- */

static const char *mount_path(void)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/volume", test_folder());
    mkdir(path, 0755);
    return path;
}

static void mount_here(const char *node)
{
    struct tri_error error = {0};
    if (tri_mount_at(node, "", mount_path(), false, &error) < 0)
        fail_msg("%s", error.text);
}

static void unmount_here(void)
{
    struct tri_error error = {0};
    if (tri_mount_remove(mount_path(), false, &error) < 0)
        fail_msg("%s", error.text);
    rmdir(mount_path());
}

static unsigned char byte_of(unsigned file, size_t at)
{
    return (unsigned char)(file * 31 + at * 7 + at / 4096);
}

static void write_file(unsigned number)
{
    char path[512];
    unsigned char *data = malloc(FILE_BYTES);
    snprintf(path, sizeof path, "%s/file-%u", mount_path(), number);
    for (size_t i = 0; i < FILE_BYTES; i++)
        data[i] = byte_of(number, i);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, FILE_BYTES), FILE_BYTES);
    assert_int_equal(fsync(fd), 0);
    close(fd);
    free(data);
}

/* Every other one is removed, so that the rest lies scattered. */
static void fill(const char *node)
{
    char path[512];
    mount_here(node);
    for (unsigned i = 0; i < FILES; i++)
        write_file(i);
    for (unsigned i = 0; i < FILES; i += 2) {
        snprintf(path, sizeof path, "%s/file-%u", mount_path(), i);
        assert_int_equal(unlink(path), 0);
    }
    unmount_here();
}

static void check_file(unsigned number)
{
    char path[512];
    unsigned char *data = malloc(FILE_BYTES + 1);
    snprintf(path, sizeof path, "%s/file-%u", mount_path(), number);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(read(fd, data, FILE_BYTES + 1), FILE_BYTES);
    for (size_t i = 0; i < FILE_BYTES; i++)
        if (data[i] != byte_of(number, i))
            fail_msg("file %u differs at %zu", number, i);
    close(fd);
    free(data);
}

static void check_files(const char *node)
{
    mount_here(node);
    for (unsigned i = 1; i < FILES; i += 2)
        check_file(i);
    unmount_here();
}

/* ---- running ---- */

static int extend(const struct tri_volume_id *id, uint64_t bytes, struct tri_error *ret_error)
{
    struct test_run run = TEST_RUN;
    struct tri_op *op = test_run_op(&run);
    int code = test_run_end(&run, tri_volume_extend(id, bytes, op, NULL, &run.error));
    if (ret_error)
        tri_error_move(ret_error, &run.error);
    test_run_close(&run);
    return code;
}

static int shrink(const struct tri_volume_id *id, uint64_t desired, uint64_t minimum, uint64_t *ret_bytes,
                  struct tri_error *ret_error)
{
    struct test_run run = TEST_RUN;
    struct tri_op *op = test_run_op(&run);
    int code = test_run_end(&run, tri_volume_shrink(id, desired, minimum, op, NULL, &run.error));
    if (code == 0 && ret_bytes)
        *ret_bytes = ((struct tri_shrink_result *)run.value)->reclaimed_bytes;
    if (ret_error)
        tri_error_move(ret_error, &run.error);
    test_run_close(&run);
    return code;
}

static int check(const struct tri_volume_id *id, bool repair)
{
    struct test_run run = TEST_RUN;
    struct tri_op *op = test_run_op(&run);
    int code = test_run_end(&run, tri_volume_check(id, repair, op, NULL, &run.error));
    if (code < 0 && code != TRI_STORAGE_DIRTY)
        print_message("# check: %s\n", run.error.text ? run.error.text : "?");
    test_run_close(&run);
    return code;
}

static uint64_t size_of(const struct tri_volume_id *id)
{
    struct tri_volume *volume = read_volume(id);
    uint64_t size = volume->size_bytes;
    tri_volume_free(volume);
    return size;
}

static uint64_t filesystem_size_of(const struct tri_volume_id *id)
{
    struct tri_volume *volume = read_volume(id);
    uint64_t size = volume->filesystem.size_bytes;
    tri_volume_free(volume);
    return size;
}

/* The table, the kernel and the file system agree. */
static void check_sizes(const struct test_disk *disk, const struct tri_volume_id *id, uint64_t size)
{
    uint64_t start, kernel;
    assert_int_equal(size_of(id), size);
    assert_true(test_node(disk->name, 1, NULL, &start, &kernel));
    assert_int_equal(kernel, size);
    uint64_t inside = filesystem_size_of(id);
    if (inside > size || inside + 4 * MIB < size)
        fail_msg("the file system has %llu of %llu bytes", (unsigned long long)inside, (unsigned long long)size);
}

static bool can_do(const char *name, const char *tool)
{
    const struct tri_filesystem_kind *kind = tri_filesystem_kind(name);
    if (test_has_tool(kind->tool) && test_has_tool(tool) && can_mount(kind->blkid_type))
        return true;
    print_message("# skipped: %s cannot be made, resized or mounted here\n", name);
    return false;
}

/* ---- both ways, each that can ---- */

static void grow_and_shrink(const char *name, const char *tool)
{
    struct tri_error error = {0};
    struct tri_volume_id id;
    uint64_t most = 0, reclaimed = 0;
    if (!can_do(name, tool))
        return;
    struct test_disk disk = make_volume(500 * MIB, 400 * MIB, &id);
    format_well(&id, name, "keep");
    fill(node_of(&disk));
    if (extend(&id, 300 * MIB, &error) < 0)
        fail_msg("%s: %s", name, error.text);
    check_sizes(&disk, &id, 800 * MIB);
    check_files(node_of(&disk));
    assert_int_equal(check(&id, false), 0);
    if (!tri_filesystem_kind(name)->can_shrink) {
        assert_int_equal(shrink(&id, 100 * MIB, 0, NULL, NULL), TRI_STORAGE_CANNOT_SHRINK);
        test_disk_drop(&disk);
        return;
    }
    if (tri_volume_max_shrink(&id, &most, &error) < 0)
        fail_msg("%s: %s", name, error.text);
    assert_true(most > 300 * MIB && most < 800 * MIB);
    if (shrink(&id, 350 * MIB, 300 * MIB, &reclaimed, &error) < 0)
        fail_msg("%s: %s", name, error.text);
    assert_int_equal(reclaimed, 350 * MIB);
    check_sizes(&disk, &id, 450 * MIB);
    check_files(node_of(&disk));
    assert_int_equal(check(&id, false), 0);
    struct tri_volume *volume = read_volume(&id);
    assert_string_equal(volume->filesystem.label, "keep");
    assert_true(volume->can_extend && volume->can_shrink);
    tri_volume_free(volume);
    test_disk_drop(&disk);
}

static void ext4_grows_and_shrinks_and_keeps_its_files(void **state)
{
    NEEDS_LOOP();
    grow_and_shrink("ext4", "resize2fs");
}

static void ext2_grows_and_shrinks_and_keeps_its_files(void **state)
{
    NEEDS_LOOP();
    grow_and_shrink("ext2", "resize2fs");
}

static void xfs_grows_and_keeps_its_files(void **state)
{
    NEEDS_LOOP();
    grow_and_shrink("xfs", "xfs_growfs");
}

static void btrfs_grows_and_shrinks_and_keeps_its_files(void **state)
{
    NEEDS_LOOP();
    grow_and_shrink("btrfs", "btrfs");
}

static void ntfs_grows_and_shrinks_and_keeps_its_files(void **state)
{
    NEEDS_LOOP();
    grow_and_shrink("NTFS", "ntfsresize");
}

static void as_much_as_can_be_is_taken_off(const char *name, const char *tool)
{
    struct tri_error error = {0};
    struct tri_volume_id id;
    uint64_t most, reclaimed;
    if (!can_do(name, tool))
        return;
    struct test_disk disk = make_volume(600 * MIB, 0, &id);
    format_well(&id, name, "");
    fill(node_of(&disk));
    assert_int_equal(tri_volume_max_shrink(&id, &most, NULL), 0);
    if (shrink(&id, 0, 0, &reclaimed, &error) < 0)
        fail_msg("%s: %s", name, error.text);
    assert_true(reclaimed > 100 * MIB);
    check_sizes(&disk, &id, 600 * MIB - reclaimed);
    check_files(node_of(&disk));
    assert_int_equal(check(&id, false), 0);
    test_disk_drop(&disk);
}

static void all_that_can_be_is_taken_off_where_no_size_is_asked_for(void **state)
{
    NEEDS_LOOP();
    as_much_as_can_be_is_taken_off("ext4", "resize2fs");
    as_much_as_can_be_is_taken_off("btrfs", "btrfs");
    as_much_as_can_be_is_taken_off("NTFS", "ntfsresize");
}

/* ---- mounted ---- */

static void a_mounted_ntfs_is_not_said_to_be_damaged(void **state)
{
    struct tri_error error = {0};
    struct tri_volume_id id;
    uint64_t most;
    NEEDS_LOOP();
    if (!can_do("NTFS", "ntfsresize"))
        return;
    struct test_disk disk = make_volume(64 * MIB, 0, &id);
    format_well(&id, "NTFS", "");
    mount_here(node_of(&disk));
    assert_int_equal(tri_volume_max_shrink(&id, &most, &error), TRI_STORAGE_IN_USE);
    assert_non_null(strstr(error.text, mount_path()));
    tri_error_clear(&error);
    unmount_here();
    assert_int_equal(tri_volume_max_shrink(&id, &most, NULL), 0);
    test_disk_drop(&disk);
}

static void mounted_xfs_and_btrfs_grow_where_they_are(void **state)
{
    static const char *const names[][2] = {{"xfs", "xfs_growfs"}, {"btrfs", "btrfs"}};
    NEEDS_LOOP();
    for (int i = 0; i < 2; i++) {
        struct tri_error error = {0};
        struct tri_volume_id id;
        if (!can_do(names[i][0], names[i][1]))
            continue;
        struct test_disk disk = make_volume(400 * MIB, 300 * MIB, &id);
        format_well(&id, names[i][0], "");
        mount_here(node_of(&disk));
        write_file(1);
        if (extend(&id, 200 * MIB, &error) < 0)
            fail_msg("%s: %s", names[i][0], error.text);
        assert_true(test_is_mounted_at(mount_path()));
        struct tri_volume *volume = read_volume(&id);
        assert_true(volume->total_bytes > 500 * MIB);
        tri_volume_free(volume);
        check_file(1);
        unmount_here();
        check_sizes(&disk, &id, 600 * MIB);
        test_disk_drop(&disk);
    }
}

static void mounted_ext4_is_refused_or_grown_but_never_half(void **state)
{
    struct tri_error error = {0};
    struct tri_volume_id id;
    NEEDS_LOOP();
    if (!can_do("ext4", "resize2fs"))
        return;
    struct test_disk disk = make_volume(200 * MIB, 200 * MIB, &id);
    format_well(&id, "ext4", "");
    mount_here(node_of(&disk));
    int code = extend(&id, 100 * MIB, &error);
    if (code == 0) {
        assert_int_equal(size_of(&id), 300 * MIB);
    } else {
        assert_int_equal(code, TRI_STORAGE_CANNOT_EXTEND);
        assert_non_null(strstr(error.text, "unmount it first"));
        assert_int_equal(size_of(&id), 200 * MIB);
    }
    tri_error_clear(&error);
    assert_int_equal(shrink(&id, 50 * MIB, 0, NULL, &error), TRI_STORAGE_IN_USE);
    assert_non_null(strstr(error.text, mount_path()));
    tri_error_clear(&error);
    assert_int_equal(check(&id, false), TRI_STORAGE_IN_USE);
    unmount_here();
    test_disk_drop(&disk);
}

static void a_mounted_neighbour_does_not_hinder(void **state)
{
    const uint64_t sizes[] = {100 * MIB, 100 * MIB};
    struct tri_error error = {0};
    NEEDS_LOOP();
    if (!can_do("ext4", "resize2fs"))
        return;
    struct test_disk disk = test_disk_make(300 * MIB);
    make_partitions(&disk, sizes, 2);
    struct tri_volume_id first = volume_at(&disk, FIRST_START), second = volume_at(&disk, FIRST_START + 100 * MIB);
    format_well(&first, "ext4", "");
    format_well(&second, "ext4", "");
    mount_here(node_of(&disk));
    if (extend(&second, 50 * MIB, &error) < 0)
        fail_msg("%s", error.text);
    assert_int_equal(size_of(&second), 150 * MIB);
    uint64_t reclaimed;
    if (shrink(&second, 60 * MIB, 0, &reclaimed, &error) < 0)
        fail_msg("%s", error.text);
    assert_int_equal(size_of(&second), 90 * MIB);
    unmount_here();
    assert_int_equal(extend(&first, MIB, &error), TRI_STORAGE_NO_SPACE);
    tri_error_clear(&error);
    test_disk_drop(&disk);
}

/* ---- refused, with nothing changed ---- */

static void what_cannot_be_resized_is_refused_before_anything_changes(void **state)
{
    static const char *const names[] = {"FAT32", "exFAT"};
    NEEDS_LOOP();
    struct tri_volume_id id;
    struct test_disk disk = make_volume(100 * MIB, 100 * MIB, &id);
    assert_int_equal(shrink(&id, MIB, 0, NULL, NULL), TRI_STORAGE_NO_FILESYSTEM);
    for (int i = 0; i < 2; i++) {
        if (!tri_filesystem_kind_installed(tri_filesystem_kind(names[i])))
            continue;
        format_well(&id, names[i], "");
        assert_int_equal(extend(&id, MIB, NULL), TRI_STORAGE_CANNOT_EXTEND);
        assert_int_equal(shrink(&id, MIB, 0, NULL, NULL), TRI_STORAGE_CANNOT_SHRINK);
        assert_int_equal(size_of(&id), 100 * MIB);
    }
    test_disk_drop(&disk);
}

static void bad_sizes_are_refused(void **state)
{
    struct tri_volume_id id;
    uint64_t most;
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    NEEDS_TOOL("resize2fs");
    struct test_disk disk = make_volume(100 * MIB, 50 * MIB, &id);
    format_well(&id, "ext4", "");
    assert_int_equal(extend(&id, 1, NULL), TRI_STORAGE_BAD_SPACE);
    assert_int_equal(extend(&id, 60 * MIB, NULL), TRI_STORAGE_NO_SPACE);
    assert_int_equal(extend(&id, UINT64_MAX, NULL), TRI_STORAGE_NO_SPACE);
    assert_int_equal(extend(&id, 1ull << 63, NULL), TRI_STORAGE_NO_SPACE);
    assert_int_equal(shrink(&id, MIB, 2 * MIB, NULL, NULL), TRI_STORAGE_BAD_SHRINK);
    assert_int_equal(shrink(&id, 0, 1, NULL, NULL), TRI_STORAGE_BAD_SHRINK);
    assert_int_equal(shrink(&id, 100 * MIB, 0, NULL, NULL), TRI_STORAGE_SHRINK_TOO_MUCH);
    assert_int_equal(shrink(&id, UINT64_MAX, 0, NULL, NULL), TRI_STORAGE_SHRINK_TOO_MUCH);
    assert_int_equal(tri_volume_max_shrink(&id, &most, NULL), 0);
    assert_int_equal(shrink(&id, 100 * MIB - 4096, 100 * MIB - 4096, NULL, NULL), TRI_STORAGE_SHRINK_TOO_MUCH);
    assert_int_equal(shrink(&id, 100 * MIB - 4096, 100 * MIB - 8192, NULL, NULL), TRI_STORAGE_SHRINK_BELOW_MIN);
    check_sizes(&disk, &id, 100 * MIB);
    struct tri_volume_id gone = id;
    gone.id.bytes[0] ^= 1;
    assert_int_equal(extend(&gone, MIB, NULL), TRI_STORAGE_GONE);
    assert_int_equal(check(&gone, false), TRI_STORAGE_GONE);
    test_disk_drop(&disk);
}

static void an_unaligned_size_is_rounded_and_told(void **state)
{
    struct tri_volume_id id;
    uint64_t reclaimed = 0;
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    NEEDS_TOOL("resize2fs");
    struct test_disk disk = make_volume(100 * MIB, 50 * MIB, &id);
    format_well(&id, "ext4", "");
    assert_int_equal(shrink(&id, 10 * MIB + 1, 10 * MIB + 1, &reclaimed, NULL), 0);
    assert_int_equal(reclaimed, 10 * MIB + 4096);
    check_sizes(&disk, &id, 100 * MIB - reclaimed);
    assert_int_equal(extend(&id, MIB + 1000, NULL), 0);
    check_sizes(&disk, &id, 100 * MIB - reclaimed + MIB + 512);
    test_disk_drop(&disk);
}

static void an_empty_partition_can_be_extended(void **state)
{
    struct tri_volume_id id;
    NEEDS_LOOP();
    struct test_disk disk = make_volume(10 * MIB, 50 * MIB, &id);
    assert_int_equal(extend(&id, 20 * MIB, NULL), 0);
    assert_int_equal(size_of(&id), 30 * MIB);
    test_disk_drop(&disk);
}

static void extending_by_nothing_grows_the_file_system_to_its_partition(void **state)
{
    struct tri_volume_id id;
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    NEEDS_TOOL("resize2fs");
    struct test_disk disk = make_volume(100 * MIB, 0, &id);
    assert_int_equal(TEST_PROGRAM("mkfs.ext4", "-q", "-b", "4096", node_of(&disk), "10000"), 0);
    assert_int_equal(filesystem_size_of(&id), 10000ull * EXT_BLOCK);
    assert_int_equal(extend(&id, 0, NULL), 0);
    check_sizes(&disk, &id, 100 * MIB);
    test_disk_drop(&disk);
}

static void a_volume_that_is_locked_or_held_is_refused(void **state)
{
    struct tri_disk_lock lock = TRI_DISK_LOCK_NONE;
    struct tri_volume_id id;
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    NEEDS_TOOL("resize2fs");
    struct test_disk disk = make_volume(64 * MIB, 64 * MIB, &id);
    format_well(&id, "ext4", "");
    assert_int_equal(tri_disk_lock_take(id.sequence, id.offset_bytes, &lock, NULL), 0);
    assert_int_equal(extend(&id, MIB, NULL), TRI_STORAGE_LOCKED);
    assert_int_equal(shrink(&id, MIB, 0, NULL, NULL), TRI_STORAGE_LOCKED);
    assert_int_equal(check(&id, true), TRI_STORAGE_LOCKED);
    tri_disk_lock_drop(&lock);
    int fd = open(node_of(&disk), O_RDONLY | O_EXCL | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(extend(&id, MIB, NULL), TRI_STORAGE_IN_USE);
    assert_int_equal(check(&id, false), TRI_STORAGE_IN_USE);
    close(fd);
    assert_int_equal(size_of(&id), 64 * MIB);
    test_disk_drop(&disk);
}

/* ---- tools that misbehave ---- */

static void put_tool(const char *name, const char *script, char **ret_path)
{
    char path[512];
    snprintf(path, sizeof path, "%s/bin", test_folder());
    mkdir(path, 0755);
    snprintf(path, sizeof path, "%s/bin/%s", test_folder(), name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "#!/bin/sh\n%s\n", script);
    fclose(file);
    assert_int_equal(chmod(path, 0755), 0);
    *ret_path = strdup(getenv("PATH"));
    snprintf(path, sizeof path, "%s/bin:%s", test_folder(), *ret_path);
    setenv("PATH", path, 1);
}

static void drop_tool(const char *name, char *path)
{
    char file[512];
    setenv("PATH", path, 1);
    free(path);
    snprintf(file, sizeof file, "%s/bin/%s", test_folder(), name);
    unlink(file);
    snprintf(file, sizeof file, "%s/bin", test_folder());
    rmdir(file);
}

static void a_partition_goes_back_when_its_file_system_cannot_follow(void **state)
{
    struct tri_error error = {0};
    struct tri_volume_id id;
    char *path;
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    NEEDS_TOOL("e2fsck");
    struct test_disk disk = make_volume(64 * MIB, 64 * MIB, &id);
    format_well(&id, "ext4", "");
    put_tool("resize2fs", "echo 'no mood' >&2; exit 1", &path);
    assert_int_equal(extend(&id, 10 * MIB, &error), TRI_STORAGE_TOOL_FAILED);
    drop_tool("resize2fs", path);
    assert_non_null(strstr(error.text, "no mood"));
    assert_non_null(strstr(error.text, "old size again"));
    tri_error_clear(&error);
    check_sizes(&disk, &id, 64 * MIB);
    test_disk_drop(&disk);
}

static void hostile_numbers_of_a_tool_shrink_nothing(void **state)
{
    static const char *const scripts[] = {
        "echo", "echo 'minimum size of the filesystem: -1'", "echo 'x: 99999999999999999999999999'",
        "head -c 2000000 /dev/zero | tr '\\0' ':'", "printf '%%s%%n\\377: x'", "kill -9 $$",
    };
    struct tri_volume_id id;
    uint64_t most;
    char *path;
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_disk disk = make_volume(64 * MIB, 0, &id);
    format_well(&id, "ext4", "");
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        put_tool("resize2fs", scripts[i], &path);
        assert_int_equal(tri_volume_max_shrink(&id, &most, NULL), TRI_STORAGE_TOOL_FAILED);
        drop_tool("resize2fs", path);
    }
    check_sizes(&disk, &id, 64 * MIB);
    test_disk_drop(&disk);
}

/* ---- checks ---- */

static void each_file_system_is_checked_and_found_whole(void **state)
{
    static const char *const names[] = {"ext4", "ext2", "xfs", "btrfs", "FAT32", "FAT", "exFAT", "NTFS"};
    static const char *const tools[] = {"e2fsck", "e2fsck", "xfs_repair", "btrfs", "fsck.fat", "fsck.fat", "fsck.exfat",
                                        "ntfsresize"};
    struct tri_volume_id id;
    NEEDS_LOOP();
    struct test_disk disk = make_volume(400 * MIB, 0, &id);
    assert_int_equal(check(&id, false), TRI_STORAGE_NO_FILESYSTEM);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!tri_filesystem_kind_installed(tri_filesystem_kind(names[i])) || !test_has_tool(tools[i])) {
            print_message("# skipped: %s\n", names[i]);
            continue;
        }
        format_well(&id, names[i], "");
        if (check(&id, false) < 0 || check(&id, true) < 0)
            fail_msg("%s", names[i]);
    }
    test_disk_drop(&disk);
}

static void damage_is_found_and_repaired(void **state)
{
    struct tri_volume_id id;
    char zeros[8192] = {0};
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    NEEDS_TOOL("e2fsck");
    struct test_disk disk = make_volume(64 * MIB, 0, &id);
    assert_int_equal(TEST_PROGRAM("mkfs.ext4", "-q", "-F", "-b", "4096", "-O", "^metadata_csum", node_of(&disk)), 0);
    /* The bitmaps lie behind the group descriptors: somewhere in the first 64 blocks. */
    int fd = open(node_of(&disk), O_RDWR | O_CLOEXEC);
    for (int block = 8; block < 20; block++)
        assert_int_equal(pwrite(fd, zeros, 4096, block * 4096), 4096);
    fsync(fd);
    close(fd);
    assert_int_equal(check(&id, false), TRI_STORAGE_DIRTY);
    assert_int_equal(check(&id, false), TRI_STORAGE_DIRTY); /* looking changed nothing */
    assert_int_equal(check(&id, true), 0);
    assert_int_equal(check(&id, false), 0);
    test_disk_drop(&disk);
}

static void a_damaged_file_system_is_not_resized(void **state)
{
    struct tri_error error = {0};
    struct tri_volume_id id;
    char zeros[4096] = {0};
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    NEEDS_TOOL("resize2fs");
    struct test_disk disk = make_volume(64 * MIB, 64 * MIB, &id);
    assert_int_equal(TEST_PROGRAM("mkfs.ext4", "-q", "-F", "-b", "4096", node_of(&disk)), 0);
    int fd = open(node_of(&disk), O_RDWR | O_CLOEXEC);
    for (int block = 2; block < 600; block++)
        assert_int_equal(pwrite(fd, zeros, 4096, block * 4096), 4096);
    fsync(fd);
    close(fd);
    int code = extend(&id, 10 * MIB, &error);
    assert_true(code == TRI_STORAGE_DIRTY || code == TRI_STORAGE_TOOL_FAILED);
    tri_error_clear(&error);
    assert_int_equal(size_of(&id), 64 * MIB);
    test_disk_drop(&disk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ext4_grows_and_shrinks_and_keeps_its_files),
        cmocka_unit_test(ext2_grows_and_shrinks_and_keeps_its_files),
        cmocka_unit_test(xfs_grows_and_keeps_its_files),
        cmocka_unit_test(btrfs_grows_and_shrinks_and_keeps_its_files),
        cmocka_unit_test(ntfs_grows_and_shrinks_and_keeps_its_files),
        cmocka_unit_test(all_that_can_be_is_taken_off_where_no_size_is_asked_for),
        cmocka_unit_test(a_mounted_ntfs_is_not_said_to_be_damaged),
        cmocka_unit_test(mounted_xfs_and_btrfs_grow_where_they_are),
        cmocka_unit_test(mounted_ext4_is_refused_or_grown_but_never_half),
        cmocka_unit_test(a_mounted_neighbour_does_not_hinder),
        cmocka_unit_test(what_cannot_be_resized_is_refused_before_anything_changes),
        cmocka_unit_test(bad_sizes_are_refused),
        cmocka_unit_test(an_unaligned_size_is_rounded_and_told),
        cmocka_unit_test(an_empty_partition_can_be_extended),
        cmocka_unit_test(extending_by_nothing_grows_the_file_system_to_its_partition),
        cmocka_unit_test(a_volume_that_is_locked_or_held_is_refused),
        cmocka_unit_test(a_partition_goes_back_when_its_file_system_cannot_follow),
        cmocka_unit_test(hostile_numbers_of_a_tool_shrink_nothing),
        cmocka_unit_test(each_file_system_is_checked_and_found_whole),
        cmocka_unit_test(damage_is_found_and_repaired),
        cmocka_unit_test(a_damaged_file_system_is_not_resized),
    };
    return cmocka_run_group_tests_name("storage resize", tests, test_storage_begin, test_storage_finish);
}
