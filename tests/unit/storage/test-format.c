/* Formats: every file system that there is a tool for, what is refused and with which code, and what is left when one
 * does not come to its end. */
#include "volumes.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "op/child.h"
#include "storage/guard.h"
#include "storage/mount.h"
#include "storage/state.h"
#include "storage/zero.h"

#define MARK_AT (300 * MIB)
static const char mark[512] = "this was here before";

/* ---- quick ---- */

static void make_each(const char *name, const char *label, uint32_t unit_bytes)
{
    const struct tri_filesystem_kind *kind = tri_filesystem_kind(name);
    struct tri_volume_id id;
    struct test_disk disk = make_volume(400 * MIB, 0, &id);
    struct tri_format_spec spec = format_spec(&id, name, label);
    struct tri_error error = {0};
    spec.unit_bytes = unit_bytes;
    if (format(&spec, &error) < 0)
        fail_msg("%s: %s", name, error.text);
    struct tri_volume *volume = read_volume(&id);
    assert_string_equal(volume->filesystem.type, kind->blkid_type);
    assert_ptr_equal(tri_filesystem_kind_of(&volume->filesystem), kind);
    assert_string_equal(volume->filesystem.label ? volume->filesystem.label : "", label);
    if (unit_bytes)
        assert_int_equal(volume->filesystem.unit_bytes, unit_bytes);
    assert_false(volume->is_formatting);
    assert_int_equal(volume->size_bytes, 400 * MIB);
    tri_volume_free(volume);
    test_disk_drop(&disk);
}

static void each_file_system_is_made_with_its_label(void **state)
{
    static const struct {
        const char *name, *label;
        uint32_t unit_bytes;
    } makes[] = {
        {"ext4", "äöü \"'$(x)", 0}, {"ext4", "-n", 1024}, {"ext3", "sixteen bytes...", 0}, {"ext2", "", 2048},
        {"xfs", "-f ö", 0}, {"xfs", "", 1024}, {"btrfs", "a b/c; rm -rf \\ äöü", 0}, {"btrfs", "", 4096},
        {"FAT32", "-F 12", 0},       {"FAT32", "ELEVEN CHAR", 1024}, {"FAT", "SMALL", 0}, {"FAT", "", 16384},
        {"exFAT", "ÄÖÜ-12345", 0},  {"exFAT", "", 65536}, {"NTFS", "Ünïcode 😀", 0}, {"NTFS", "-F", 512},
    };
    NEEDS_LOOP();
    for (size_t i = 0; i < sizeof makes / sizeof *makes; i++) {
        if (!test_has_tool(tri_filesystem_kind(makes[i].name)->tool))
            print_message("# skipped: %s is not installed\n", tri_filesystem_kind(makes[i].name)->tool);
        else
            make_each(makes[i].name, makes[i].label, makes[i].unit_bytes);
    }
}

static void names_are_compared_without_case_and_none_means_ext4(void **state)
{
    struct tri_volume_id id;
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_disk disk = make_volume(16 * MIB, 0, &id);
    format_well(&id, "", "");
    assert_string_equal(type_of(&id), "ext4");
    format_well(&id, "EXT2", "");
    assert_string_equal(type_of(&id), "ext2");
    test_disk_drop(&disk);
}

static void one_file_system_replaces_another_without_a_trace(void **state)
{
    static const char *const names[] = {"ext4", "NTFS", "exFAT", "xfs", "FAT32", "btrfs", "ext4"};
    struct tri_volume_id id;
    NEEDS_LOOP();
    struct test_disk disk = make_volume(400 * MIB, 0, &id);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!tri_filesystem_kind_installed(tri_filesystem_kind(names[i])))
            continue;
        format_well(&id, names[i], "");
        assert_string_equal(type_of(&id), tri_filesystem_kind(names[i])->blkid_type);
    }
    test_disk_drop(&disk);
}

static void a_whole_disk_can_be_formatted_when_it_is_a_volume(void **state)
{
    static const char *const names[] = {"ext4", "FAT32", "NTFS", "exFAT", "btrfs", "ext4"};
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_disk disk = test_disk_make(200 * MIB);
    assert_int_equal(TEST_PROGRAM("mkfs.ext4", "-q", disk.node), 0);
    struct tri_volume_id id = volume_at(&disk, 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!tri_filesystem_kind_installed(tri_filesystem_kind(names[i])))
            continue;
        format_well(&id, names[i], "WHOLE");
        struct tri_volume *volume = read_volume(&id);
        assert_string_equal(volume->filesystem.type, tri_filesystem_kind(names[i])->blkid_type);
        assert_string_equal(volume->filesystem.label, "WHOLE");
        assert_true(volume->is_whole_disk);
        tri_volume_free(volume);
    }
    test_disk_drop(&disk);
}

/* ---- full ---- */

static void a_full_format_writes_every_block_and_its_percentage_only_grows(void **state)
{
    struct tri_volume_id id;
    struct test_run run = TEST_RUN;
    unsigned last = 0, seen = 0;
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_disk disk = make_volume(800 * MIB, 0, &id);
    for (uint64_t at = FIRST_START; at < FIRST_START + 800 * MIB; at += 37 * MIB)
        test_disk_write(&disk, at, mark, sizeof mark);
    struct tri_format_spec spec = format_spec(&id, "ext4", "full");
    spec.quick = false;
    struct tri_op *op = test_run_op(&run);
    int started = tri_volume_format(&spec, op, NULL, &run.error);
    assert_int_equal(started, 0);
    while (tri_op_state(op) != TRI_OP_DONE) {
        unsigned percent = tri_op_percent(op);
        assert_true(percent >= last && percent <= 100);
        seen += percent > last && percent < 95;
        last = percent;
        test_pause(test_deadline_ns());
    }
    assert_int_equal(test_run_end(&run, started), 0);
    assert_int_equal(tri_op_percent(op), 100);
    assert_true(seen > 0); /* how often depends on how often this program was let look */
    char block[sizeof mark];
    for (uint64_t at = FIRST_START; at < FIRST_START + 800 * MIB; at += 37 * MIB) {
        test_disk_read(&disk, at, block, sizeof block);
        assert_memory_not_equal(block, mark, sizeof mark);
    }
    assert_string_equal(type_of(&id), "ext4");
    test_run_close(&run);
    test_disk_drop(&disk);
}

static void a_full_format_that_is_cancelled_stops_soon_and_leaves_an_empty_volume(void **state)
{
    struct tri_volume_id id;
    struct test_run run = TEST_RUN;
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    /* so large that no machine is done with it before it is cancelled */
    struct test_disk disk = make_volume(64 * GIB, 0, &id);
    assert_int_equal(TEST_PROGRAM("mkfs.ext4", "-q", "-F", node_of(&disk)), 0);
    uint64_t far = FIRST_START + 64 * GIB - 4096;
    test_disk_write(&disk, far, mark, sizeof mark);
    struct tri_format_spec spec = format_spec(&id, "ext4", "full");
    spec.quick = false;
    struct tri_op *op = test_run_op(&run);
    int started = tri_volume_format(&spec, op, NULL, &run.error);
    assert_int_equal(started, 0);
    EVENTUALLY(tri_op_percent(op) >= 1 || tri_op_state(op) == TRI_OP_DONE);
    struct tri_volume *volume = read_volume(&id);
    assert_true(volume->is_formatting);
    tri_volume_free(volume);
    uint64_t begin_ns = tri_clock_ns();
    assert_int_equal(tri_op_cancel(op), 0);
    assert_int_equal(test_run_end(&run, started), -ECANCELED);
    print_message("# stopped after %llu ms\n", (unsigned long long)((tri_clock_ns() - begin_ns) / TRI_NS_PER_MS));
    assert_string_equal(type_of(&id), "");
    char before[4096], after[4096], far_block[sizeof mark];
    test_disk_read(&disk, far, far_block, sizeof far_block);
    assert_memory_equal(far_block, mark, sizeof mark); /* it stopped before the end */
    memset(before, 0, sizeof before);
    test_disk_read(&disk, FIRST_START + 64 * MIB, after, sizeof after);
    assert_memory_equal(before, after, sizeof before);
    format_well(&id, "ext4", "again"); /* nobody holds it any more */
    test_run_close(&run);
    test_disk_drop(&disk);
}

/* ---- what is refused, with nothing changed ---- */

static int refused(const struct tri_format_spec *spec)
{
    struct tri_error error = {0};
    int code = format(spec, &error);
    assert_true(code < 0);
    assert_non_null(error.text);
    assert_true(strlen(error.text) > 20 && strlen(error.text) < 600);
    tri_error_clear(&error);
    return code;
}

static void bad_requests_are_refused_before_anything_is_written(void **state)
{
    struct tri_volume_id id;
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_disk disk = make_volume(200 * MIB, 0, &id);
    assert_int_equal(TEST_PROGRAM("mkfs.ext4", "-q", "-F", "-L", "old", node_of(&disk)), 0);
    static const struct {
        const char *name, *label;
        uint32_t unit_bytes;
        bool compress;
        int code;
    } requests[] = {
        {"ext5", "", 0, false, TRI_STORAGE_BAD_FILESYSTEM},
        {"../../bin/sh", "", 0, false, TRI_STORAGE_BAD_FILESYSTEM},
        {"ext4", "seventeen bytes..", 0, false, TRI_STORAGE_BAD_LABEL},
        {"ext4", "äöüäöüäöü", 0, false, TRI_STORAGE_BAD_LABEL},
        {"ext4", "\xff\xfe", 0, false, TRI_STORAGE_BAD_LABEL},
        {"ext4", "line\nbreak", 0, false, TRI_STORAGE_BAD_LABEL},
        {"xfs", "thirteen byte", 0, false, TRI_STORAGE_BAD_LABEL},
        {"FAT32", "TWELVE CHARS", 0, false, TRI_STORAGE_BAD_LABEL},
        {"FAT32", "Ä", 0, false, TRI_STORAGE_BAD_LABEL},
        {"FAT32", "A*B", 0, false, TRI_STORAGE_BAD_LABEL},
        {"FAT32", " A", 0, false, TRI_STORAGE_BAD_LABEL},
        {"exFAT", "😀😀😀😀😀😀", 0, false, TRI_STORAGE_BAD_LABEL},
        {"NTFS", "a:b", 0, false, TRI_STORAGE_BAD_LABEL},
        {"NTFS", "123456789012345678901234567890123", 0, false, TRI_STORAGE_BAD_LABEL},
        {"ext4", "", 512, false, TRI_STORAGE_UNIT_TOO_SMALL},
        {"ext4", "", 3000, false, TRI_STORAGE_UNIT_TOO_SMALL},
        {"ext4", "", 1 << 20, false, TRI_STORAGE_UNIT_TOO_BIG},
        {"ext4", "", UINT32_MAX, false, TRI_STORAGE_UNIT_TOO_BIG},
        {"FAT32", "", 8192, false, TRI_STORAGE_UNIT_TOO_BIG}, /* too few of them */
        {"FAT", "", 2048, false, TRI_STORAGE_UNIT_TOO_SMALL}, /* too many */
        {"ext4", "", 0, true, TRI_STORAGE_NO_COMPRESSION},
        {"NTFS", "", 8192, true, TRI_STORAGE_NO_COMPRESSION},
        {"xfs", "", 0, false, TRI_STORAGE_TOO_SMALL},
    };
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        if (requests[i].code == TRI_STORAGE_TOO_SMALL && !test_has_tool("mkfs.xfs"))
            continue;
        struct tri_format_spec spec = format_spec(&id, requests[i].name, requests[i].label);
        spec.unit_bytes = requests[i].unit_bytes;
        spec.compress = requests[i].compress;
        int code = refused(&spec);
        if (code != requests[i].code)
            fail_msg("%s, \"%s\", %u: %d", requests[i].name, requests[i].label, requests[i].unit_bytes, code);
    }
    struct tri_format_spec endless = format_spec(&id, "ext4", "");
    memset(endless.label, 'x', sizeof endless.label);
    assert_int_equal(refused(&endless), TRI_STORAGE_BAD_LABEL);
    memset(endless.filesystem, 'x', sizeof endless.filesystem);
    assert_int_equal(refused(&endless), TRI_STORAGE_BAD_FILESYSTEM);
    assert_string_equal(type_of(&id), "ext4");
    test_disk_drop(&disk);
}

/* The unit that the refusal of another one names: "... for FAT here; 16384 is the least." */
static uint32_t named_unit(struct tri_format_spec *spec, uint32_t refused_bytes, int code)
{
    struct tri_error error = {0};
    spec->unit_bytes = refused_bytes;
    assert_int_equal(format(spec, &error), code);
    const char *number = strstr(error.text, "here; ");
    assert_non_null(number);
    uint32_t named = (uint32_t)strtoul(number + strlen("here; "), NULL, 10);
    tri_error_clear(&error);
    return named;
}

static void a_unit_that_is_refused_names_one_that_can_be_had(void **state)
{
    static const uint64_t sizes[] = {64 * MIB, 100 * MIB, 1024 * MIB, 2000 * MIB};
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.vfat");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct tri_volume_id id;
        struct test_disk disk = make_volume(sizes[i], 0, &id);
        struct tri_format_spec fat16 = format_spec(&id, "FAT", ""), fat32 = format_spec(&id, "FAT32", "");
        fat16.unit_bytes = named_unit(&fat16, 512, TRI_STORAGE_UNIT_TOO_SMALL);
        assert_int_equal(format(&fat16, NULL), 0);
        fat32.unit_bytes = named_unit(&fat32, 64 * 1024, TRI_STORAGE_UNIT_TOO_BIG);
        assert_int_equal(format(&fat32, NULL), 0);
        test_disk_drop(&disk);
    }
}

/* With what mkfs.fat takes by itself for a volume of 1 GiB, it can be formatted again. */
static void the_unit_of_a_file_system_can_be_asked_for(void **state)
{
    struct tri_volume_id id;
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.vfat");
    struct test_disk disk = make_volume(1024 * MIB, 0, &id);
    struct tri_format_spec spec = format_spec(&id, "FAT", "");
    assert_int_equal(format(&spec, NULL), 0);
    struct tri_volume *volume = read_volume(&id);
    spec.unit_bytes = volume->filesystem.unit_bytes;
    tri_volume_free(volume);
    assert_int_equal(format(&spec, NULL), 0);
    test_disk_drop(&disk);
}

static void another_volume_at_the_place_is_not_formatted(void **state)
{
    struct tri_volume_id id;
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_disk disk = make_volume(64 * MIB, 0, &id);
    struct tri_format_spec spec = format_spec(&id, "ext4", "");
    spec.volume.id.bytes[3] ^= 1;
    assert_int_equal(refused(&spec), TRI_STORAGE_GONE);
    spec = format_spec(&id, "ext4", "");
    spec.volume.offset_bytes += 512;
    assert_int_equal(refused(&spec), TRI_STORAGE_GONE);
    spec = format_spec(&id, "ext4", "");
    spec.volume.sequence = UINT64_MAX;
    assert_int_equal(refused(&spec), TRI_STORAGE_GONE);
    assert_string_equal(type_of(&id), "");
    test_disk_drop(&disk);
}

static void a_tool_that_is_missing_is_named(void **state)
{
    struct tri_volume_id id;
    NEEDS_LOOP();
    struct test_disk disk = make_volume(64 * MIB, 0, &id);
    struct tri_format_spec spec = format_spec(&id, "NTFS", "");
    if (test_has_tool("mkntfs")) {
        print_message("# mkntfs is installed: what is asked is the table only\n");
        assert_true(tri_filesystem_kind_installed(tri_filesystem_kind("NTFS")));
    } else {
        assert_int_equal(refused(&spec), TRI_STORAGE_NO_TOOL);
    }
    test_disk_drop(&disk);
}

/* A folder with a tool of ours, in front of PATH. */
static char *put_tool_in_front(const char *name, const char *script)
{
    char path[512];
    char *old = strdup(getenv("PATH"));
    snprintf(path, sizeof path, "%s/bin", test_folder());
    mkdir(path, 0755);
    snprintf(path, sizeof path, "%s/bin/%s", test_folder(), name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "#!/bin/sh\n%s\n", script);
    fclose(file);
    assert_int_equal(chmod(path, 0755), 0);
    snprintf(path, sizeof path, "%s/bin:%s", test_folder(), old);
    setenv("PATH", path, 1);
    return old;
}

static void take_tool_away(const char *name, char *old)
{
    char path[512];
    setenv("PATH", old, 1);
    free(old);
    snprintf(path, sizeof path, "%s/bin/%s", test_folder(), name);
    unlink(path);
    snprintf(path, sizeof path, "%s/bin", test_folder());
    rmdir(path);
}

static void a_tool_that_fails_leaves_an_empty_volume_and_says_so(void **state)
{
    struct tri_volume_id id;
    struct tri_error error = {0};
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_disk disk = make_volume(64 * MIB, 0, &id);
    format_well(&id, "ext4", "old");
    /* It makes a file system, and then fails. */
    char *old =
        put_tool_in_front("mkfs.ext4", "for n; do :; done; mke2fs -q -F -t ext4 $n; echo 'out of ink' >&2; exit 5");
    struct tri_format_spec spec = format_spec(&id, "ext4", "new");
    assert_int_equal(format(&spec, &error), TRI_STORAGE_TOOL_FAILED);
    take_tool_away("mkfs.ext4", old);
    assert_non_null(strstr(error.text, "could not format"));
    assert_non_null(strstr(error.text, "empty now"));
    assert_non_null(strstr(error.text, "out of ink"));
    assert_string_equal(type_of(&id), "");
    tri_error_clear(&error);
    test_disk_drop(&disk);
}

static void a_tool_that_lies_is_found_out(void **state)
{
    struct tri_volume_id id;
    struct tri_error error = {0};
    NEEDS_LOOP();
    struct test_disk disk = make_volume(64 * MIB, 0, &id);
    char *old = put_tool_in_front("mkfs.ext4", "exit 0");
    struct tri_format_spec spec = format_spec(&id, "ext4", "new");
    assert_int_equal(format(&spec, &error), TRI_STORAGE_TOOL_FAILED);
    take_tool_away("mkfs.ext4", old);
    assert_non_null(strstr(error.text, "there is no ext4"));
    assert_string_equal(type_of(&id), "");
    tri_error_clear(&error);
    test_disk_drop(&disk);
}

static void a_tool_that_hangs_can_be_cancelled(void **state)
{
    struct tri_volume_id id;
    struct test_run run = TEST_RUN;
    char script[600];
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_disk disk = make_volume(64 * MIB, 0, &id);
    snprintf(script, sizeof script, "for n; do :; done; mke2fs -q -F -t ext4 $n; touch %s; exec sleep 1000",
             test_path("made"));
    char *old = put_tool_in_front("mkfs.ext4", script);
    struct tri_format_spec spec = format_spec(&id, "ext4", "new");
    int started = tri_volume_format(&spec, test_run_op(&run), NULL, &run.error);
    EVENTUALLY(access(test_path("made"), F_OK) == 0);
    assert_int_equal(tri_op_cancel(run.op), 0);
    assert_int_equal(test_run_end(&run, started), -ECANCELED);
    take_tool_away("mkfs.ext4", old);
    assert_string_equal(run.error.text, "The format was cancelled; the volume has no file system now.");
    assert_string_equal(type_of(&id), "");
    unlink(test_path("made"));
    test_run_close(&run);
    test_disk_drop(&disk);
}

static void what_a_cancelled_tool_left_and_cannot_be_erased_is_told(void **state)
{
    struct tri_volume_id id;
    struct test_run run = TEST_RUN;
    char script[600];
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    NEEDS_TOOL("blockdev");
    struct test_disk disk = make_volume(64 * MIB, 0, &id);
    snprintf(script, sizeof script,
             "for n; do :; done; mke2fs -q -F -t ext4 $n; blockdev --setro $n; touch %s; exec sleep 1000",
             test_path("made"));
    char *old = put_tool_in_front("mkfs.ext4", script);
    struct tri_format_spec spec = format_spec(&id, "ext4", "new");
    int started = tri_volume_format(&spec, test_run_op(&run), NULL, &run.error);
    EVENTUALLY(access(test_path("made"), F_OK) == 0);
    assert_int_equal(tri_op_cancel(run.op), 0);
    assert_int_equal(test_run_end(&run, started), -ECANCELED);
    take_tool_away("mkfs.ext4", old);
    assert_non_null(strstr(run.error.text, "ended early, and what it left could not be erased ("));
    assert_int_equal(TEST_PROGRAM("blockdev", "--setrw", node_of(&disk)), 0);
    unlink(test_path("made"));
    test_run_close(&run);
    test_disk_drop(&disk);
}

/* ---- mounted, locked, held ---- */

static void a_mounted_volume_is_refused_without_force_and_mounted_again_with_it(void **state)
{
    struct tri_volume_id id;
    char path[256];
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_disk disk = make_volume(64 * MIB, 0, &id);
    format_well(&id, "ext4", "old");
    snprintf(path, sizeof path, "%s/mounted", test_folder());
    assert_int_equal(mkdir(path, 0755), 0);
    assert_int_equal(mount(node_of(&disk), path, "ext4", 0, NULL), 0);
    struct tri_format_spec spec = format_spec(&id, "ext4", "new");
    assert_int_equal(refused(&spec), TRI_STORAGE_IN_USE);
    assert_true(test_is_mounted_at(path));
    spec.force = true;
    assert_int_equal(format(&spec, NULL), 0);
    assert_true(test_is_mounted_at(path));
    struct tri_volume *volume = read_volume(&id);
    assert_string_equal(volume->filesystem.label, "new");
    assert_true(volume->available_bytes > 0);
    tri_volume_free(volume);
    assert_int_equal(umount(path), 0);
    assert_int_equal(rmdir(path), 0);
    test_disk_drop(&disk);
}

static void a_volume_that_somebody_has_open_exclusively_is_refused_even_with_force(void **state)
{
    struct tri_volume_id id;
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_disk disk = make_volume(64 * MIB, 0, &id);
    int fd = open(node_of(&disk), O_RDWR | O_EXCL | O_CLOEXEC);
    assert_true(fd >= 0);
    struct tri_format_spec spec = format_spec(&id, "ext4", "new");
    spec.force = true;
    assert_int_equal(refused(&spec), TRI_STORAGE_IN_USE);
    close(fd);
    assert_int_equal(format(&spec, NULL), 0);
    test_disk_drop(&disk);
}

static void two_formats_of_one_volume_do_not_meet(void **state)
{
    struct tri_volume_id id;
    struct tri_disk_lock lock = TRI_DISK_LOCK_NONE;
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_disk disk = make_volume(64 * MIB, 0, &id);
    assert_int_equal(tri_disk_lock_take(id.sequence, id.offset_bytes, &lock, NULL), 0);
    struct tri_format_spec spec = format_spec(&id, "ext4", "new");
    assert_int_equal(refused(&spec), TRI_STORAGE_LOCKED);
    tri_disk_lock_drop(&lock);
    assert_int_equal(format(&spec, NULL), 0);
    test_disk_drop(&disk);
}

static void volumes_of_one_disk_are_formatted_at_the_same_time(void **state)
{
    struct test_run runs[3] = {TEST_RUN, TEST_RUN, TEST_RUN};
    const uint64_t sizes[] = {100 * MIB, 100 * MIB, 100 * MIB};
    int started[3];
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_disk disk = test_disk_make(310 * MIB);
    make_partitions(&disk, sizes, 3);
    for (int i = 0; i < 3; i++) {
        struct tri_volume_id id = volume_at(&disk, FIRST_START + (uint64_t)i * 100 * MIB);
        struct tri_format_spec spec = format_spec(&id, "ext4", "");
        spec.quick = false;
        started[i] = tri_volume_format(&spec, test_run_op(&runs[i]), NULL, &runs[i].error);
    }
    for (int i = 0; i < 3; i++) {
        if (test_run_end(&runs[i], started[i]) < 0)
            fail_msg("%s", runs[i].error.text);
        test_run_close(&runs[i]);
    }
    test_disk_drop(&disk);
}

/* Another thread of the host starts a program while the device is opened exclusively, to see that it is free: the child
 * has the descriptor too, until it executes the program. */
static void zeros_wait_for_a_child_that_was_forked_in_between(void **state)
{
    NEEDS_LOOP();
    struct test_disk disk = test_disk_make(8 * MIB);
    int status, fd = open(disk.node, O_RDONLY | O_EXCL | O_CLOEXEC);
    assert_true(fd >= 0);
    pid_t child = fork();
    if (child == 0) {
        usleep(100 * 1000);
        _exit(0);
    }
    close(fd);
    assert_int_equal(tri_zero_range(disk.node, 0, 8 * MIB, NULL, 0, 0, NULL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    test_disk_drop(&disk);
}

/* ---- death ---- */

/* This program as one that formats and is killed. */
static int be_host(const char *sequence, const char *filesystem)
{
    struct tri_disk *disk = NULL;
    struct tri_volume_id id;
    uint64_t offset = 0;
    if (tri_disk_read(strtoull(sequence, NULL, 10), 0, &disk, NULL) < 0 || !tri_volume_next(disk, &offset, &id))
        return 2;
    struct tri_format_spec spec = format_spec(&id, filesystem, "dead");
    struct tri_op *op = tri_op_new();
    if (tri_volume_format(&spec, op, NULL, NULL) < 0)
        return 3;
    tri_op_wait(op, TRI_DEADLINE_NEVER);
    return 0;
}

static unsigned count_programs(const char *words)
{
    char *output = NULL;
    unsigned count = 0;
    test_program((const char *const[]){"pgrep", "-f", words, NULL}, &output);
    for (const char *c = output; c && *c; c++)
        count += *c == '\n';
    free(output);
    return count;
}

/* Has a program format the volume with a tool that runs the command and goes on for ever, and kills it in that. */
static void die_in_tool(const struct test_disk *disk, const struct tri_volume_id *id, const char *filesystem,
                        const char *tool, const char *command)
{
    struct tri_child child = {.pidfd = -1};
    char script[600], sequence[32], marker[64];
    int status;
    snprintf(marker, sizeof marker, "1000%d", getpid());
    snprintf(script, sizeof script, "%s; touch %s; exec sleep %s", command, test_path("made"), marker);
    char *old = put_tool_in_front(tool, script);
    snprintf(sequence, sizeof sequence, "%llu", (unsigned long long)disk->sequence);
    const char *const argv[] = {"/proc/self/exe", "be-host", sequence, filesystem, NULL};
    struct tri_child_params params = {.argv = argv, .folder_fd = -1};
    assert_int_equal(tri_child_start(&params, &child, NULL), 0);
    EVENTUALLY(access(test_path("made"), F_OK) == 0);
    struct tri_volume *volume = read_volume(id);
    assert_true(volume->is_formatting);
    tri_volume_free(volume);
    assert_int_equal(kill(child.pid, SIGKILL), 0);
    assert_int_equal(tri_child_wait(&child, tri_deadline_ns(TEST_PATIENCE_MS), &status), 0);
    take_tool_away(tool, old);
    char pattern[80];
    snprintf(pattern, sizeof pattern, "sleep %s", marker);
    EVENTUALLY(count_programs(pattern) == 0);
    unlink(test_path("made"));
}

static void a_format_whose_program_is_killed_is_swept_and_leaves_the_volume_empty(void **state)
{
    struct tri_volume_id id;
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    NEEDS_TOOL("mkfs.btrfs");
    struct test_disk disk = make_volume(128 * MIB, 0, &id);
    /* one is known by the id that it was given, the other by its type */
    die_in_tool(&disk, &id, "ext4", "mkfs.ext4", "mke2fs -t ext4 \"$@\"");
    EVENTUALLY((tri_state_sweep(), *type_of(&id) == '\0'));
    die_in_tool(&disk, &id, "btrfs", "mkfs.btrfs", "PATH=${PATH#*:} mkfs.btrfs \"$@\"");
    EVENTUALLY((tri_state_sweep(), *type_of(&id) == '\0'));
    struct tri_volume *volume = read_volume(&id);
    assert_false(volume->is_formatting);
    tri_volume_free(volume);
    format_well(&id, "ext4", "again");
    test_disk_drop(&disk);
}

static void what_is_made_by_hand_after_a_format_died_is_not_swept(void **state)
{
    struct tri_volume_id id;
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_disk disk = make_volume(64 * MIB, 0, &id);
    die_in_tool(&disk, &id, "ext4", "mkfs.ext4", ":");
    assert_int_equal(TEST_PROGRAM("mkfs.ext4", "-q", "-F", node_of(&disk)), 0);
    tri_state_sweep();
    assert_string_equal(type_of(&id), "ext4");
    test_disk_drop(&disk);
}

/* ---- what the image held ---- */

#define OLD_DATA_AT (120 * MIB) /* in the volume, where a new file system has no part of its own */

static void fill_with_old_data(const struct test_disk *disk, const char *count_mib)
{
    char to[96], count[32];
    snprintf(to, sizeof to, "of=%s", node_of(disk));
    snprintf(count, sizeof count, "count=%s", count_mib);
    assert_int_equal(TEST_PROGRAM("dd", "if=/dev/urandom", to, "bs=1M", count, "seek=120", "conv=fsync", "status=none"),
                     0);
}

/* Is there still something in the image's file where the old data began? */
static bool holds_old_data(const struct test_disk *disk)
{
    int fd = open(disk->image, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    off_t at = lseek(fd, FIRST_START + OLD_DATA_AT, SEEK_DATA);
    close(fd);
    return at == (off_t)(FIRST_START + OLD_DATA_AT);
}

static bool can_tell_what_files_hold(const char *path)
{
    struct fiemap map = {.fm_length = FIEMAP_MAX_OFFSET};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool can = ioctl(fd, FS_IOC_FIEMAP, &map) == 0;
    close(fd);
    return can;
}

static void a_quick_format_gives_back_what_an_image_held(void **state)
{
    static const char *const names[] = {"ext4", "xfs", "btrfs"};
    struct tri_volume_id id;
    NEEDS_LOOP();
    for (size_t i = 0; i < 3; i++) {
        if (!test_has_tool(tri_filesystem_kind(names[i])->tool)) {
            print_message("# skipped: %s is not installed\n", tri_filesystem_kind(names[i])->tool);
            continue;
        }
        struct test_disk disk = make_volume(400 * MIB, 0, &id);
        fill_with_old_data(&disk, "40");
        assert_true(holds_old_data(&disk));
        format_well(&id, names[i], "");
        if (holds_old_data(&disk))
            fail_msg("%s: the old data is still in the image", names[i]);
        test_disk_drop(&disk);
    }
}

static void a_quick_format_does_not_bother_to_give_back_a_little(void **state)
{
    struct tri_volume_id id;
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_disk disk = make_volume(400 * MIB, 0, &id);
    if (can_tell_what_files_hold(disk.image)) {
        fill_with_old_data(&disk, "4");
        format_well(&id, "ext4", "");
        assert_true(holds_old_data(&disk));
    } else {
        print_message("# skipped: the file system of the images cannot tell what a file holds\n");
    }
    test_disk_drop(&disk);
}

int main(int argc, char **argv)
{
    if (argc > 3)
        return be_host(argv[2], argv[3]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_file_system_is_made_with_its_label),
        cmocka_unit_test(names_are_compared_without_case_and_none_means_ext4),
        cmocka_unit_test(one_file_system_replaces_another_without_a_trace),
        cmocka_unit_test(a_whole_disk_can_be_formatted_when_it_is_a_volume),
        cmocka_unit_test(a_full_format_writes_every_block_and_its_percentage_only_grows),
        cmocka_unit_test(a_full_format_that_is_cancelled_stops_soon_and_leaves_an_empty_volume),
        cmocka_unit_test(bad_requests_are_refused_before_anything_is_written),
        cmocka_unit_test(a_unit_that_is_refused_names_one_that_can_be_had),
        cmocka_unit_test(the_unit_of_a_file_system_can_be_asked_for),
        cmocka_unit_test(another_volume_at_the_place_is_not_formatted),
        cmocka_unit_test(a_tool_that_is_missing_is_named),
        cmocka_unit_test(a_tool_that_fails_leaves_an_empty_volume_and_says_so),
        cmocka_unit_test(a_tool_that_lies_is_found_out),
        cmocka_unit_test(a_tool_that_hangs_can_be_cancelled),
        cmocka_unit_test(what_a_cancelled_tool_left_and_cannot_be_erased_is_told),
        cmocka_unit_test(a_mounted_volume_is_refused_without_force_and_mounted_again_with_it),
        cmocka_unit_test(a_volume_that_somebody_has_open_exclusively_is_refused_even_with_force),
        cmocka_unit_test(two_formats_of_one_volume_do_not_meet),
        cmocka_unit_test(volumes_of_one_disk_are_formatted_at_the_same_time),
        cmocka_unit_test(zeros_wait_for_a_child_that_was_forked_in_between),
        cmocka_unit_test(a_format_whose_program_is_killed_is_swept_and_leaves_the_volume_empty),
        cmocka_unit_test(what_is_made_by_hand_after_a_format_died_is_not_swept),
        cmocka_unit_test(a_quick_format_gives_back_what_an_image_held),
        cmocka_unit_test(a_quick_format_does_not_bother_to_give_back_a_little),
    };
    return cmocka_run_group_tests_name("storage format", tests, test_storage_begin, test_storage_finish);
}
