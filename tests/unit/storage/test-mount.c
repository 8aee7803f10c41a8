/* Where volumes are mounted: paths, drive letters, dismounting and coming back, offline and online. */
#include "volumes.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/mount.h"
#include "storage/state.h"

/* A folder to mount at; one of 4 static buffers. */
static const char *folder(const char *name)
{
    static char paths[4][512];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", test_folder(), name);
    mkdir(path, 0755);
    return path;
}

static struct test_disk make_formatted(const char *filesystem, struct tri_volume_id *ret)
{
    struct test_disk disk = make_volume(320 * MIB, 0, ret);
    format_well(ret, filesystem, "");
    return disk;
}

/* Are the volume's paths these? expected: separated by '|'. */
static void check_paths(const struct tri_volume_id *id, const char *expected)
{
    struct tri_error error = {0};
    char **paths = NULL, joined[4096] = "";
    size_t count = 0;
    if (tri_volume_paths(id, &paths, &count, &error) < 0)
        fail_msg("%s", error.text);
    for (size_t i = 0; i < count; i++)
        snprintf(joined + strlen(joined), sizeof joined - strlen(joined), "%s%s", i ? "|" : "", paths[i]);
    if (count == 0)
        assert_null(paths);
    tri_mount_points_free(paths, count);
    assert_string_equal(joined, expected);
}

static void add(const struct tri_volume_id *id, const char *path)
{
    struct tri_error error = {0};
    if (tri_volume_add_path(id, path, &error) < 0)
        fail_msg("%s", error.text);
}

static void remove_path(const struct tri_volume_id *id, const char *path)
{
    struct tri_error error = {0};
    if (tri_volume_delete_path(id, path, false, &error) < 0)
        fail_msg("%s", error.text);
}

/* The code of a failure, which must have a sentence. */
static int failed(int code, struct tri_error *error)
{
    assert_true(code < 0);
    assert_non_null(error->text);
    tri_error_clear(error);
    return code;
}

/* ---- mount.h ---- */

static void a_node_is_mounted_found_and_unmounted(const char *filesystem)
{
    struct tri_volume_id id;
    struct tri_error error = {0};
    char **paths = NULL;
    size_t count = 0;
    const struct tri_filesystem_kind *kind = tri_filesystem_kind(filesystem);
    if (!tri_filesystem_kind_installed(kind) || !can_mount(kind->blkid_type)) {
        print_message("# skipped: %s cannot be made or mounted here\n", filesystem);
        return;
    }
    struct test_disk disk = make_formatted(filesystem, &id);
    const char *path = folder("at");
    struct stat about;
    assert_int_equal(stat(node_of(&disk), &about), 0);
    assert_int_equal(tri_mount_points(about.st_rdev, node_of(&disk), TRI_MOUNTS_ALL, &paths, &count, NULL), 0);
    assert_int_equal(count, 0);
    assert_null(paths);
    if (tri_mount_at(node_of(&disk), "", path, false, &error) < 0)
        fail_msg("%s: %s", filesystem, error.text);
    assert_int_equal(tri_mount_points(about.st_rdev, node_of(&disk), TRI_MOUNTS_ALL, &paths, &count, NULL), 0);
    assert_int_equal(count, 1);
    assert_string_equal(paths[0], path);
    tri_mount_points_free(paths, count);
    char file[600];
    snprintf(file, sizeof file, "%s/file", path);
    int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(failed(tri_mount_remove(path, false, &error), &error), TRI_STORAGE_IN_USE);
    close(fd);
    assert_int_equal(tri_mount_remove(path, false, &error), 0);
    assert_int_equal(failed(tri_mount_remove(path, false, &error), &error), TRI_STORAGE_NOT_MOUNTED);
    /* Free at once: a format may follow. */
    format_well(&id, filesystem, "");
    rmdir(path);
    test_disk_drop(&disk);
}

static void every_file_system_is_mounted_found_and_unmounted(void **state)
{
    NEEDS_LOOP();
    a_node_is_mounted_found_and_unmounted("ext4");
    a_node_is_mounted_found_and_unmounted("xfs");
    a_node_is_mounted_found_and_unmounted("btrfs");
    a_node_is_mounted_found_and_unmounted("NTFS");
    a_node_is_mounted_found_and_unmounted("FAT32");
    a_node_is_mounted_found_and_unmounted("exFAT");
}

static void who_uses_a_mount_is_named(void **state)
{
    struct tri_volume_id id;
    struct tri_error error = {0};
    char expected[64];
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_disk disk = make_formatted("ext4", &id);
    const char *path = folder("at");
    assert_int_equal(tri_mount_at(node_of(&disk), "ext4", path, false, NULL), 0);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(tri_mount_remove(path, false, &error), TRI_STORAGE_IN_USE);
    snprintf(expected, sizeof expected, "(process %d)", getpid());
    assert_non_null(strstr(error.text, expected));
    tri_error_clear(&error);
    assert_int_equal(tri_mount_remove(path, true, NULL), 0); /* lazily */
    assert_false(test_is_mounted_at(path));
    close(fd);
    rmdir(path);
    test_disk_drop(&disk);
}

static void a_driver_that_is_missing_is_said_plainly(void **state)
{
    static const char *const names[] = {"FAT32", "exFAT"};
    struct tri_volume_id id;
    struct tri_error error = {0};
    NEEDS_LOOP();
    for (int i = 0; i < 2; i++) {
        const struct tri_filesystem_kind *kind = tri_filesystem_kind(names[i]);
        if (!tri_filesystem_kind_installed(kind) || can_mount(kind->blkid_type)) {
            print_message("# skipped: %s can be mounted here, or not made\n", names[i]);
            continue;
        }
        struct test_disk disk = make_formatted(names[i], &id);
        const char *path = folder("at");
        int code = tri_mount_at(node_of(&disk), "", path, false, &error);
        if (code == 0) { /* a module that was loaded just now */
            assert_int_equal(umount(path), 0);
        } else {
            assert_int_equal(code, TRI_STORAGE_NOT_SUPPORTED);
            assert_non_null(strstr(error.text, "no driver"));
        }
        tri_error_clear(&error);
        rmdir(path);
        test_disk_drop(&disk);
    }
}

static void what_is_no_file_system_is_not_mounted(void **state)
{
    struct tri_volume_id id;
    struct tri_error error = {0};
    NEEDS_LOOP();
    struct test_disk disk = make_volume(64 * MIB, 0, &id);
    const char *path = folder("at");
    assert_int_equal(failed(tri_mount_at(node_of(&disk), "", path, false, &error), &error), TRI_STORAGE_NO_FILESYSTEM);
    assert_int_equal(failed(tri_mount_at(node_of(&disk), "ext4", path, false, &error), &error),
                     TRI_STORAGE_NO_FILESYSTEM);
    assert_int_equal(failed(tri_volume_add_path(&id, path, &error), &error), TRI_STORAGE_NO_FILESYSTEM);
    rmdir(path);
    test_disk_drop(&disk);
}

/* ---- access paths ---- */

static void a_volume_is_mounted_at_folders_and_letters(void **state)
{
    struct tri_volume_id id, found;
    struct tri_error error = {0};
    char expected[1200];
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_disk disk = make_formatted("ext4", &id);
    const char *one = folder("one"), *two = folder("two");
    check_paths(&id, "");
    assert_false(tri_letter_volume('T', &found));
    add(&id, two);
    add(&id, "t:");
    add(&id, one);
    add(&id, "K:\\");
    snprintf(expected, sizeof expected, "K:\\|T:\\|%s|%s", one, two);
    check_paths(&id, expected);
    assert_true(tri_letter_volume('T', &found));
    assert_memory_equal(&found.id, &id.id, sizeof id.id);
    assert_int_equal(found.sequence, id.sequence);
    assert_int_equal(found.offset_bytes, id.offset_bytes);
    assert_true(test_is_mounted_at(test_path("run/drives/T")));
    assert_int_equal(failed(tri_volume_add_path(&id, "T:\\", &error), &error), -EALREADY);
    assert_int_equal(failed(tri_volume_add_path(&id, two, &error), &error), -EALREADY);
    remove_path(&id, "t:\\");
    assert_false(tri_letter_volume('T', &found));
    assert_int_not_equal(access(test_path("run/drives/T"), F_OK), 0);
    remove_path(&id, one);
    remove_path(&id, two);
    check_paths(&id, "K:\\");
    remove_path(&id, "K:");
    check_paths(&id, "");
    rmdir(one), rmdir(two);
    test_disk_drop(&disk);
}

static void bad_paths_are_refused(void **state)
{
    struct tri_volume_id id;
    struct tri_error error = {0};
    char file[600], endless[PATH_MAX + 10];
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_disk disk = make_formatted("ext4", &id);
    const char *full = folder("full");
    snprintf(file, sizeof file, "%s/file", full);
    close(open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    memset(endless, 'x', sizeof endless);
    endless[0] = '/';
    endless[sizeof endless - 1] = '\0';
    static const struct {
        const char *path;
        int code;
    } cases[] = {
        {"", TRI_STORAGE_BAD_PATH},
        {"relative", TRI_STORAGE_BAD_PATH},
        {"/no/such/folder", TRI_STORAGE_BAD_PATH},
        {"1:", TRI_STORAGE_BAD_LETTER},
        {"?:\\", TRI_STORAGE_BAD_LETTER},
        {"C:\\folder", TRI_STORAGE_BAD_PATH},
        {"\xc3:", TRI_STORAGE_BAD_LETTER},
        {"\\\\?\\Volume{x}\\", TRI_STORAGE_BAD_PATH},
        {"/dev/null", TRI_STORAGE_BAD_PATH},
        {"/tmp/a\nb", TRI_STORAGE_BAD_PATH},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int code = failed(tri_volume_add_path(&id, cases[i].path, &error), &error);
        if (code != cases[i].code)
            fail_msg("%s: %d", cases[i].path, code);
        assert_true(failed(tri_volume_delete_path(&id, cases[i].path, true, &error), &error) < 0);
    }
    assert_int_equal(failed(tri_volume_add_path(&id, endless, &error), &error), TRI_STORAGE_BAD_PATH);
    assert_int_equal(failed(tri_volume_add_path(&id, NULL, &error), &error), TRI_STORAGE_BAD_PATH);
    assert_int_equal(failed(tri_volume_add_path(&id, full, &error), &error), -ENOTEMPTY);
    assert_int_equal(failed(tri_volume_add_path(&id, "/proc", &error), &error), -ENOTEMPTY);
    check_paths(&id, "");
    unlink(file);
    rmdir(full);
    test_disk_drop(&disk);
}

static void a_letter_belongs_to_one_volume(void **state)
{
    struct tri_volume_id first, second;
    struct tri_error error = {0};
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_disk one = make_formatted("ext4", &first), two = make_formatted("ext4", &second);
    add(&first, "X:\\");
    assert_int_equal(failed(tri_volume_add_path(&second, "x:", &error), &error), TRI_STORAGE_LETTER_TAKEN);
    assert_int_equal(failed(tri_volume_delete_path(&second, "x:", true, &error), &error), TRI_STORAGE_BAD_PATH);
    check_paths(&first, "X:\\");
    remove_path(&first, "X:\\");
    add(&second, "x:");
    remove_path(&second, "X:");
    test_disk_drop(&one);
    test_disk_drop(&two);
}

static void ntfs_is_mounted_at_two_places(void **state)
{
    struct tri_volume_id id;
    NEEDS_LOOP();
    NEEDS_TOOL("mkntfs");
    if (!can_mount("ntfs"))
        TEST_SKIP("ntfs cannot be mounted here");
    struct test_disk disk = make_formatted("NTFS", &id);
    const char *path = folder("ntfs");
    char expected[600];
    add(&id, "N:");
    add(&id, path);
    snprintf(expected, sizeof expected, "N:\\|%s", path);
    check_paths(&id, expected);
    remove_path(&id, "N:");
    remove_path(&id, path);
    rmdir(path);
    format_well(&id, "NTFS", ""); /* its daemon has let go */
    test_disk_drop(&disk);
}

static void a_busy_path_is_deleted_only_with_force(void **state)
{
    struct tri_volume_id id;
    struct tri_error error = {0};
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_disk disk = make_formatted("ext4", &id);
    add(&id, "B:");
    int fd = open(test_path("run/drives/B"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(failed(tri_volume_delete_path(&id, "B:", false, &error), &error), TRI_STORAGE_IN_USE);
    check_paths(&id, "B:\\");
    assert_int_equal(tri_volume_delete_path(&id, "B:", true, NULL), 0);
    check_paths(&id, "");
    close(fd);
    test_disk_drop(&disk);
}

static void volumes_mounted_on_a_volume_are_found(void **state)
{
    struct tri_volume_id outer, inner;
    struct tri_mounted *mounted = NULL;
    size_t count = 0;
    char below[600];
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_disk one = make_formatted("ext4", &outer), two = make_formatted("ext4", &inner);
    const char *path = folder("outer");
    add(&outer, path);
    assert_int_equal(tri_volume_mounted_below(&outer, &mounted, &count, NULL), 0);
    assert_int_equal(count, 0);
    snprintf(below, sizeof below, "%s/inner", path);
    assert_int_equal(mkdir(below, 0755), 0);
    add(&inner, below);
    assert_int_equal(tri_volume_mounted_below(&outer, &mounted, &count, NULL), 0);
    assert_int_equal(count, 1);
    assert_string_equal(mounted[0].path, below);
    assert_memory_equal(&mounted[0].volume.id, &inner.id, sizeof inner.id);
    free(mounted[0].path);
    free(mounted);
    remove_path(&inner, below);
    remove_path(&outer, path);
    rmdir(path);
    test_disk_drop(&one);
    test_disk_drop(&two);
}

/* ---- folders of a volume, mounted elsewhere ---- */

/* Mounts a folder of what is mounted at `from`, which is made, at another path. */
static void bind_folder(const char *from, const char *name, const char *path)
{
    char inner[600];
    snprintf(inner, sizeof inner, "%s/%s", from, name);
    assert_true(mkdir(inner, 0755) == 0 || errno == EEXIST);
    assert_int_equal(mount(inner, path, NULL, MS_BIND, NULL), 0);
}

static void check_is_held_by(const struct tri_volume_id *id, const char *path)
{
    struct tri_error error = {0};
    struct tri_format_spec spec = format_spec(id, "ext4", "");
    assert_int_equal(format(&spec, &error), TRI_STORAGE_IN_USE);
    assert_non_null(strstr(error.text, "A folder of"));
    assert_non_null(strstr(error.text, path));
    tri_error_clear(&error);
}

static void a_mount_of_a_folder_is_no_access_path_and_holds_the_volume(void **state)
{
    struct tri_volume_id id;
    struct tri_error error = {0};
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_disk disk = make_formatted("ext4", &id);
    const char *whole = folder("whole"), *part = folder("part");
    add(&id, whole);
    bind_folder(whole, "folder", part);
    check_paths(&id, whole);
    assert_int_equal(failed(tri_volume_delete_path(&id, part, true, &error), &error), TRI_STORAGE_BAD_PATH);
    remove_path(&id, whole);
    check_paths(&id, "");
    check_is_held_by(&id, part);
    struct tri_volume *volume = read_volume(&id);
    assert_true(volume->available_bytes > 0); /* which only a mount tells */
    tri_volume_free(volume);
    add(&id, "F:");
    assert_int_equal(access(test_path("run/drives/F/folder"), F_OK), 0); /* all of the volume */
    check_paths(&id, "F:\\");
    assert_int_equal(umount(part), 0);
    remove_path(&id, "F:");
    rmdir(whole), rmdir(part);
    test_disk_drop(&disk);
}

static void a_mount_of_a_folder_goes_by_force_only_and_does_not_come_back(void **state)
{
    struct tri_volume_id id;
    struct tri_error error = {0};
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_disk disk = make_formatted("ext4", &id);
    const char *whole = folder("whole"), *part = folder("part");
    add(&id, whole);
    bind_folder(whole, "folder", part);
    assert_int_equal(failed(tri_volume_dismount(&id, false, false, &error), &error), TRI_STORAGE_IN_USE);
    assert_int_equal(failed(tri_volume_offline(&id, &error), &error), TRI_STORAGE_IN_USE);
    assert_true(test_is_mounted_at(whole) && test_is_mounted_at(part));
    assert_int_equal(tri_volume_dismount(&id, true, false, NULL), 0);
    assert_false(test_is_mounted_from(node_of(&disk)));
    check_paths(&id, whole);
    assert_int_equal(tri_volume_mount(&id, NULL), 0);
    assert_true(test_is_mounted_at(whole));
    assert_false(test_is_mounted_at(part));
    bind_folder(whole, "folder", part);
    struct tri_format_spec spec = format_spec(&id, "ext4", "");
    assert_int_equal(format(&spec, NULL), TRI_STORAGE_IN_USE);
    spec.force = true;
    assert_int_equal(format(&spec, NULL), 0);
    assert_true(test_is_mounted_at(whole));
    assert_false(test_is_mounted_at(part));
    remove_path(&id, whole);
    rmdir(whole), rmdir(part);
    test_disk_drop(&disk);
}

static void a_mount_of_a_folder_is_no_volume_mounted_on_another(void **state)
{
    struct tri_volume_id outer, inner;
    struct tri_mounted *mounted = NULL;
    size_t count = 0;
    char below[600];
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_disk one = make_formatted("ext4", &outer), two = make_formatted("ext4", &inner);
    const char *path = folder("outer"), *other = folder("inner");
    add(&outer, path);
    add(&inner, other);
    snprintf(below, sizeof below, "%s/below", path);
    assert_int_equal(mkdir(below, 0755), 0);
    bind_folder(other, "folder", below);
    assert_int_equal(tri_volume_mounted_below(&outer, &mounted, &count, NULL), 0);
    assert_int_equal(count, 0);
    assert_int_equal(umount(below), 0);
    remove_path(&inner, other);
    remove_path(&outer, path);
    rmdir(path), rmdir(other);
    test_disk_drop(&one);
    test_disk_drop(&two);
}

static void a_subvolume_that_is_mounted_is_an_access_path(void **state)
{
    struct tri_volume_id id;
    char subvolume[600], expected[1600];
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.btrfs");
    NEEDS_TOOL("btrfs");
    if (!can_mount("btrfs"))
        TEST_SKIP("btrfs cannot be mounted here");
    struct test_disk disk = make_formatted("btrfs", &id);
    const char *whole = folder("a"), *one = folder("b"), *part = folder("c");
    add(&id, whole);
    snprintf(subvolume, sizeof subvolume, "%s/sub volume", whole);
    assert_int_equal(TEST_PROGRAM("btrfs", "subvolume", "create", subvolume), 0);
    assert_int_equal(mount(node_of(&disk), one, "btrfs", 0, "subvol=sub volume"), 0);
    snprintf(expected, sizeof expected, "%s|%s", whole, one);
    check_paths(&id, expected);
    bind_folder(one, "folder", part);
    check_paths(&id, expected);
    remove_path(&id, one);
    remove_path(&id, whole);
    check_paths(&id, "");
    check_is_held_by(&id, part);
    assert_int_equal(umount(part), 0);
    rmdir(whole), rmdir(one), rmdir(part);
    test_disk_drop(&disk);
}

static bool shows(const char *path, const char *name)
{
    char inner[600];
    snprintf(inner, sizeof inner, "%s/%s", path, name);
    return access(inner, F_OK) == 0;
}

/* Two subvolumes of one, each of which shows the folder of its own name. */
static void a_subvolume_comes_back_where_it_was(void **state)
{
    static const char *const names[] = {"red", "blue"};
    struct tri_volume_id id;
    struct tri_error error = {0};
    char expected[1600], inner[600];
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.btrfs");
    NEEDS_TOOL("btrfs");
    if (!can_mount("btrfs"))
        TEST_SKIP("btrfs cannot be mounted here");
    struct test_disk disk = make_formatted("btrfs", &id);
    const char *paths[] = {folder("one"), folder("two")}, *whole = folder("whole");
    add(&id, whole);
    for (int i = 0; i < 2; i++) {
        snprintf(inner, sizeof inner, "%s/%s", whole, names[i]);
        assert_int_equal(TEST_PROGRAM("btrfs", "subvolume", "create", inner), 0);
        snprintf(inner, sizeof inner, "subvol=%s", names[i]);
        assert_int_equal(mount(node_of(&disk), paths[i], "btrfs", 0, inner), 0);
        snprintf(inner, sizeof inner, "%s/%s", paths[i], names[i]);
        assert_int_equal(mkdir(inner, 0755), 0);
    }
    remove_path(&id, whole);
    snprintf(expected, sizeof expected, "%s|%s", paths[0], paths[1]);
    assert_int_equal(tri_volume_dismount(&id, false, false, NULL), 0);
    check_paths(&id, expected);
    assert_int_equal(tri_volume_mount(&id, NULL), 0);
    check_paths(&id, expected);
    assert_true(shows(paths[0], "red") && shows(paths[1], "blue"));
    assert_false(shows(paths[0], "blue") || shows(paths[1], "red"));
    int fd = open(paths[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct tri_format_spec spec = format_spec(&id, "ext4", "");
    spec.force = true;
    assert_int_equal(format(&spec, NULL), TRI_STORAGE_IN_USE);
    assert_int_equal(failed(tri_volume_dismount(&id, false, false, &error), &error), TRI_STORAGE_IN_USE);
    close(fd);
    assert_true(shows(paths[0], "red") && shows(paths[1], "blue"));
    assert_int_equal(tri_volume_dismount(&id, false, false, NULL), 0);
    remove_path(&id, paths[0]); /* what is kept can be deleted */
    check_paths(&id, paths[1]);
    assert_int_equal(tri_volume_mount(&id, NULL), 0);
    assert_true(shows(paths[1], "blue"));
    remove_path(&id, paths[1]);
    for (int i = 0; i < 2; i++)
        rmdir(paths[i]);
    rmdir(whole);
    test_disk_drop(&disk);
}

/* ---- dismount and back ---- */

static void a_dismounted_volume_keeps_its_paths_and_comes_back_to_them(void **state)
{
    struct tri_volume_id id;
    struct tri_error error = {0};
    char expected[600];
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_disk disk = make_formatted("ext4", &id);
    const char *path = folder("kept");
    add(&id, path);
    add(&id, "D:");
    snprintf(expected, sizeof expected, "D:\\|%s", path);
    assert_int_equal(tri_volume_dismount(&id, false, false, NULL), 0);
    assert_false(test_is_mounted_from(node_of(&disk)));
    check_paths(&id, expected);
    assert_int_equal(failed(tri_volume_dismount(&id, false, true, &error), &error), TRI_STORAGE_HAS_PATH);
    assert_int_equal(failed(tri_volume_dismount(&id, true, false, &error), &error), TRI_STORAGE_NOT_MOUNTED);
    format_well(&id, "ext4", "between");
    assert_int_equal(tri_volume_mount(&id, NULL), 0);
    assert_true(test_is_mounted_at(path));
    check_paths(&id, expected);
    assert_int_equal(tri_volume_mount(&id, NULL), 0); /* nothing to do */
    assert_int_equal(tri_volume_dismount(&id, false, false, NULL), 0);
    remove_path(&id, path); /* what is kept can be deleted too */
    check_paths(&id, "D:\\");
    assert_int_equal(tri_volume_mount(&id, NULL), 0);
    assert_false(test_is_mounted_at(path));
    remove_path(&id, "D:");
    rmdir(path);
    test_disk_drop(&disk);
}

static void a_busy_volume_is_dismounted_only_with_force_and_never_half(void **state)
{
    struct tri_volume_id id;
    struct tri_error error = {0};
    char expected[600];
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_disk disk = make_formatted("ext4", &id);
    const char *path = folder("busy");
    add(&id, path);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    add(&id, "E:");
    snprintf(expected, sizeof expected, "E:\\|%s", path);
    assert_int_equal(failed(tri_volume_dismount(&id, false, false, &error), &error), TRI_STORAGE_IN_USE);
    check_paths(&id, expected);
    assert_true(test_is_mounted_at(test_path("run/drives/E")));
    assert_int_equal(tri_volume_dismount(&id, true, false, NULL), 0);
    assert_false(test_is_mounted_from(node_of(&disk)));
    close(fd);
    assert_int_equal(tri_volume_mount(&id, NULL), 0);
    remove_path(&id, "E:");
    remove_path(&id, path);
    rmdir(path);
    test_disk_drop(&disk);
}

/* Forced, and refused all the same: where it was mounted it still is. */

static void check_cannot_be_cleaned(const struct test_disk *disk)
{
    struct test_run run = TEST_RUN;
    const struct tri_clean_spec clean = {.sequence = disk->sequence, .force = true};
    assert_int_equal(test_run_end(&run, tri_disk_clean(&clean, test_run_op(&run), NULL, &run.error)),
                     TRI_STORAGE_IN_USE);
    test_run_close(&run);
}

static void check_is_mounted_at_both(const char *one, const char *two)
{
    assert_true(test_is_mounted_at(one));
    assert_true(test_is_mounted_at(two));
}

static void a_forced_change_that_is_refused_leaves_every_mount(void **state)
{
    struct tri_volume_id id;
    struct tri_error error = {0};
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_disk disk = make_formatted("ext4", &id);
    const char *one = folder("one"), *two = folder("two");
    add(&id, one);
    add(&id, two);
    int fd = open(one, O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* the one that is unmounted last */
    struct tri_format_spec spec = format_spec(&id, "ext4", "");
    spec.force = true;
    assert_int_equal(format(&spec, NULL), TRI_STORAGE_IN_USE);
    check_is_mounted_at_both(one, two);
    assert_int_equal(failed(tri_volume_delete(&id, true, &error), &error), TRI_STORAGE_IN_USE);
    check_is_mounted_at_both(one, two);
    check_cannot_be_cleaned(&disk);
    check_is_mounted_at_both(one, two);
    close(fd);
    remove_path(&id, one);
    remove_path(&id, two);
    rmdir(one), rmdir(two);
    test_disk_drop(&disk);
}

static void a_clean_that_one_volume_refuses_leaves_the_mounts_of_the_others(void **state)
{
    static const uint64_t sizes[] = {64 * MIB, 64 * MIB};
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_disk disk = test_disk_make(160 * MIB);
    make_partitions(&disk, sizes, 2);
    struct tri_volume_id first = volume_at(&disk, FIRST_START), second = volume_at(&disk, FIRST_START + sizes[0]);
    const char *one = folder("one"), *two = folder("two");
    format_well(&first, "ext4", "");
    format_well(&second, "ext4", "");
    add(&first, one);
    add(&second, two);
    int fd = open(two, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    check_cannot_be_cleaned(&disk);
    check_is_mounted_at_both(one, two);
    close(fd);
    remove_path(&first, one);
    remove_path(&second, two);
    rmdir(one), rmdir(two);
    test_disk_drop(&disk);
}

/* A file that is open still since a forced dismount holds the device, whatever is mounted again. */
static void a_forced_format_that_the_kernel_refuses_leaves_the_mount(void **state)
{
    struct tri_volume_id id;
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_disk disk = make_formatted("ext4", &id);
    const char *path = folder("held");
    add(&id, path);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(tri_volume_dismount(&id, true, false, NULL), 0);
    assert_int_equal(tri_volume_mount(&id, NULL), 0);
    struct tri_format_spec spec = format_spec(&id, "ext4", "");
    spec.force = true;
    assert_int_equal(format(&spec, NULL), TRI_STORAGE_IN_USE);
    assert_true(test_is_mounted_at(path));
    close(fd);
    assert_int_equal(format(&spec, NULL), 0);
    assert_true(test_is_mounted_at(path));
    remove_path(&id, path);
    rmdir(path);
    test_disk_drop(&disk);
}

static void an_offline_volume_is_neither_mounted_nor_formatted(void **state)
{
    struct tri_volume_id id;
    struct tri_error error = {0};
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_disk disk = make_formatted("ext4", &id);
    add(&id, "O:");
    assert_int_equal(failed(tri_volume_online(&id, &error), &error), TRI_STORAGE_NOT_OFFLINE);
    assert_int_equal(tri_volume_offline(&id, NULL), 0);
    assert_int_equal(failed(tri_volume_offline(&id, &error), &error), TRI_STORAGE_OFFLINE);
    struct tri_volume *volume = read_volume(&id);
    assert_true(volume->is_offline);
    tri_volume_free(volume);
    assert_false(test_is_mounted_from(node_of(&disk)));
    const char *path = folder("offline");
    assert_int_equal(failed(tri_volume_add_path(&id, path, &error), &error), TRI_STORAGE_OFFLINE);
    struct tri_format_spec spec = format_spec(&id, "ext4", "");
    assert_int_equal(format(&spec, NULL), TRI_STORAGE_OFFLINE);
    assert_int_equal(failed(tri_volume_dismount(&id, true, false, &error), &error), TRI_STORAGE_OFFLINE);
    assert_int_equal(tri_volume_online(&id, NULL), 0);
    check_paths(&id, "O:\\");
    assert_true(test_is_mounted_from(node_of(&disk)));
    remove_path(&id, "O:");
    assert_int_equal(tri_volume_dismount(&id, false, true, NULL), 0); /* for good, until it is mounted */
    volume = read_volume(&id);
    assert_true(volume->is_offline);
    tri_volume_free(volume);
    assert_int_equal(tri_volume_mount(&id, NULL), 0);
    volume = read_volume(&id);
    assert_false(volume->is_offline);
    tri_volume_free(volume);
    rmdir(path);
    test_disk_drop(&disk);
}

static void a_busy_volume_does_not_go_offline(void **state)
{
    struct tri_volume_id id;
    struct tri_error error = {0};
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_disk disk = make_formatted("ext4", &id);
    add(&id, "O:");
    int fd = open(test_path("run/drives/O"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(failed(tri_volume_offline(&id, &error), &error), TRI_STORAGE_IN_USE);
    close(fd);
    struct tri_volume *volume = read_volume(&id);
    assert_false(volume->is_offline);
    tri_volume_free(volume);
    check_paths(&id, "O:\\");
    remove_path(&id, "O:");
    test_disk_drop(&disk);
}

/* ---- flags, deletion, the system ---- */

static void volume_flags_are_kept_in_the_table_and_read_only_is_mounted_so(void **state)
{
    struct tri_volume_id id;
    struct tri_error error = {0};
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_disk disk = make_formatted("ext4", &id);
    assert_int_equal(tri_volume_set_flag(&id, TRI_VOLUME_HIDDEN, true, NULL), 0);
    assert_int_equal(tri_volume_set_flag(&id, TRI_VOLUME_READ_ONLY, true, NULL), 0);
    assert_int_equal(tri_volume_set_flag(&id, TRI_VOLUME_READ_ONLY, true, NULL), 0);
    struct tri_volume *volume = read_volume(&id);
    assert_true(volume->is_hidden && volume->is_read_only && !volume->no_default_letter && !volume->is_shadow_copy);
    tri_volume_free(volume);
    const char *path = folder("read-only");
    add(&id, path);
    char file[600];
    snprintf(file, sizeof file, "%s/file", path);
    assert_int_equal(open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600), -1);
    assert_int_equal(errno, EROFS);
    remove_path(&id, path);
    struct tri_format_spec spec = format_spec(&id, "ext4", "");
    assert_int_equal(format(&spec, NULL), TRI_STORAGE_READ_ONLY);
    assert_int_equal(tri_volume_set_flag(&id, TRI_VOLUME_READ_ONLY, false, NULL), 0);
    assert_int_equal(tri_volume_set_flag(&id, TRI_VOLUME_NO_LETTER, true, NULL), 0);
    volume = read_volume(&id);
    assert_true(volume->is_hidden && !volume->is_read_only && volume->no_default_letter);
    tri_volume_free(volume);
    assert_int_equal(failed(tri_volume_set_flag(&id, (enum tri_volume_flag)77, true, &error), &error),
                     TRI_STORAGE_BAD_ATTRIBUTES);
    rmdir(path);
    test_disk_drop(&disk);
}

static void a_deleted_volume_is_gone(void **state)
{
    struct tri_volume_id id;
    struct tri_error error = {0};
    char **paths;
    size_t count;
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_disk disk = make_formatted("ext4", &id);
    add(&id, "V:");
    assert_int_equal(failed(tri_volume_delete(&id, false, &error), &error), TRI_STORAGE_IN_USE);
    check_paths(&id, "V:\\");
    assert_int_equal(tri_volume_delete(&id, true, NULL), 0);
    assert_false(test_is_mounted_at(test_path("run/drives/V")));
    assert_int_equal(failed(tri_volume_paths(&id, &paths, &count, &error), &error), TRI_STORAGE_GONE);
    assert_int_equal(failed(tri_volume_add_path(&id, "V:", &error), &error), TRI_STORAGE_GONE);
    assert_int_equal(failed(tri_volume_delete(&id, true, &error), &error), TRI_STORAGE_GONE);
    tri_letters_clean();
    assert_int_not_equal(access(test_path("run/drives/V"), F_OK), 0);
    test_disk_drop(&disk);
}

static void cleaning_leaves_letters_that_live(void **state)
{
    struct tri_volume_id id;
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_disk disk = make_formatted("ext4", &id);
    add(&id, "L:");
    tri_letters_clean();
    check_paths(&id, "L:\\");
    remove_path(&id, "L:");
    test_disk_drop(&disk);
}

static void the_volumes_of_a_disk_are_told_in_order(void **state)
{
    const uint64_t sizes[] = {20 * MIB, 30 * MIB, 10 * MIB};
    struct tri_disk *read = NULL;
    struct tri_volume_id id;
    uint64_t offset = 0, expected = FIRST_START;
    NEEDS_LOOP();
    struct test_disk disk = test_disk_make(80 * MIB);
    make_partitions(&disk, sizes, 3);
    assert_int_equal(tri_disk_read(disk.sequence, TRI_DISK_FILESYSTEMS, &read, NULL), 0);
    for (int i = 0; i < 3; i++) {
        assert_true(tri_volume_next(read, &offset, &id));
        assert_int_equal(id.offset_bytes, expected);
        expected += sizes[i];
    }
    assert_false(tri_volume_next(read, &offset, &id));
    assert_false(tri_volume_of_disk(read, 0, &id));
    tri_disk_free(read);
    test_disk_drop(&disk);
}

/* Of two who mount at one place, one is first, and the other is told. */
static void a_place_that_somebody_mounts_at_is_not_mounted_at(void **state)
{
    struct tri_volume_id id;
    struct tri_error error = {0};
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_disk disk = make_volume(16 * MIB, 0, &id);
    assert_int_equal(TEST_PROGRAM("mkfs.ext4", "-q", node_of(&disk)), 0);
    const char *path = test_path("shared-place");
    assert_int_equal(mkdir(path, 0755), 0);
    int held = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(flock(held, LOCK_EX | LOCK_NB), 0);
    assert_int_equal(failed(tri_volume_add_path(&id, path, &error), &error), TRI_STORAGE_LOCKED);
    assert_false(test_is_mounted_at(path));
    close(held);
    assert_int_equal(tri_volume_add_path(&id, path, NULL), 0);
    assert_true(test_is_mounted_at(path));
    assert_int_equal(tri_volume_delete_path(&id, path, false, NULL), 0);
    assert_int_equal(rmdir(path), 0);
    test_disk_drop(&disk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_file_system_is_mounted_found_and_unmounted),
        cmocka_unit_test(who_uses_a_mount_is_named),
        cmocka_unit_test(a_driver_that_is_missing_is_said_plainly),
        cmocka_unit_test(what_is_no_file_system_is_not_mounted),
        cmocka_unit_test(a_volume_is_mounted_at_folders_and_letters),
        cmocka_unit_test(bad_paths_are_refused),
        cmocka_unit_test(a_letter_belongs_to_one_volume),
        cmocka_unit_test(ntfs_is_mounted_at_two_places),
        cmocka_unit_test(a_busy_path_is_deleted_only_with_force),
        cmocka_unit_test(volumes_mounted_on_a_volume_are_found),
        cmocka_unit_test(a_mount_of_a_folder_is_no_access_path_and_holds_the_volume),
        cmocka_unit_test(a_mount_of_a_folder_goes_by_force_only_and_does_not_come_back),
        cmocka_unit_test(a_mount_of_a_folder_is_no_volume_mounted_on_another),
        cmocka_unit_test(a_subvolume_that_is_mounted_is_an_access_path),
        cmocka_unit_test(a_subvolume_comes_back_where_it_was),
        cmocka_unit_test(a_dismounted_volume_keeps_its_paths_and_comes_back_to_them),
        cmocka_unit_test(a_busy_volume_is_dismounted_only_with_force_and_never_half),
        cmocka_unit_test(a_forced_change_that_is_refused_leaves_every_mount),
        cmocka_unit_test(a_clean_that_one_volume_refuses_leaves_the_mounts_of_the_others),
        cmocka_unit_test(a_forced_format_that_the_kernel_refuses_leaves_the_mount),
        cmocka_unit_test(an_offline_volume_is_neither_mounted_nor_formatted),
        cmocka_unit_test(a_busy_volume_does_not_go_offline),
        cmocka_unit_test(volume_flags_are_kept_in_the_table_and_read_only_is_mounted_so),
        cmocka_unit_test(a_deleted_volume_is_gone),
        cmocka_unit_test(cleaning_leaves_letters_that_live),
        cmocka_unit_test(the_volumes_of_a_disk_are_told_in_order),
        cmocka_unit_test(a_place_that_somebody_mounts_at_is_not_mounted_at),
    };
    return cmocka_run_group_tests_name("storage mount", tests, test_storage_begin, test_storage_finish);
}
