/* Disks as they are read, initialized, converted, cleaned, set off- and online: on loop devices. */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "storage/disk.h"
#include "storage/guard.h"
#include "storage/state.h"

static struct tri_disk *read_disk(const struct test_disk *disk)
{
    struct tri_disk *found = NULL;
    struct tri_error error = {0};
    int code = tri_disk_read(disk->sequence, TRI_DISK_FILESYSTEMS, &found, &error);
    if (code < 0)
        print_error("%s\n", error.text);
    tri_error_clear(&error);
    assert_int_equal(code, 0);
    return found;
}

static enum tri_style style_of(const struct test_disk *disk)
{
    struct tri_disk *found = read_disk(disk);
    enum tri_style style = found->style;
    tri_disk_free(found);
    return style;
}

static bool is_raw(const struct test_disk *disk)
{
    struct tri_disk *found = read_disk(disk);
    bool raw = tri_disk_is_raw(found);
    tri_disk_free(found);
    return raw;
}

/* ---- reading ---- */

static void a_loop_device_is_a_disk_with_its_image_size_and_number(void **state)
{
    NEEDS_LOOP();
    struct test_disk disk = test_disk_make(64 * MIB);
    struct tri_disk *found = read_disk(&disk);
    assert_string_equal(found->name, disk.name);
    assert_int_equal(found->sequence, disk.sequence);
    assert_int_equal(found->size_bytes, 64 * MIB);
    assert_int_equal(found->sector_bytes, 512);
    assert_int_equal(found->bus, TRI_BUS_FILE);
    assert_string_equal(found->backing_path, disk.image);
    assert_false(found->is_read_only || found->is_system || found->is_offline || found->has_swap);
    assert_true(tri_disk_is_raw(found));
    assert_false(tri_disk_is_volume(found));
    tri_disk_free(found);
    test_disk_drop(&disk);
}

static void the_list_has_attached_loop_devices_and_no_others(void **state)
{
    NEEDS_LOOP();
    struct test_disk disk = test_disk_make(8 * MIB);
    uint64_t *sequences = NULL;
    size_t count = 0;
    bool found = false;
    assert_int_equal(tri_disk_list(&sequences, &count, NULL), 0);
    for (size_t i = 0; i < count; i++) {
        found |= sequences[i] == disk.sequence;
        assert_true(i == 0 || sequences[i] > sequences[i - 1]);
    }
    assert_true(found);
    free(sequences);
    uint64_t gone = disk.sequence;
    test_disk_drop(&disk);
    assert_int_equal(tri_disk_list(&sequences, &count, NULL), 0);
    for (size_t i = 0; i < count; i++)
        assert_int_not_equal(sequences[i], gone);
    free(sequences);
}

static void a_disk_is_found_by_node_partition_and_name(void **state)
{
    NEEDS_LOOP();
    struct test_disk disk = test_disk_make(8 * MIB);
    assert_int_equal(test_node_add(&disk, 3, MIB, MIB), 0);
    char node[64];
    uint64_t sequence = 0;
    assert_true(test_node(disk.name, 3, node, NULL, NULL));
    const char *words[] = {disk.node, node, disk.name, strrchr(node, '/') + 1};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        sequence = 0;
        assert_int_equal(tri_disk_find(words[i], &sequence, NULL), 0);
        assert_int_equal(sequence, disk.sequence);
    }
    const char *wrong[] = {"", ".", "..", "/", "/dev/null", "nonesuch", "/no/such/path", "../block/vda"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(tri_disk_find(wrong[i], &sequence, NULL), TRI_STORAGE_NOT_FOUND);
    test_disk_drop(&disk);
}

static void a_number_that_is_gone_answers_gone(void **state)
{
    NEEDS_LOOP();
    struct test_disk disk = test_disk_make(8 * MIB);
    test_disk_drop(&disk);
    uint64_t numbers[] = {disk.sequence, 0, UINT64_MAX};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct tri_disk *found = NULL;
        struct tri_error error = {0};
        assert_int_equal(tri_disk_read(numbers[i], 0, &found, &error), TRI_STORAGE_GONE);
        assert_null(found);
        assert_non_null(error.text);
        tri_error_clear(&error);
        assert_int_equal(tri_disk_initialize(numbers[i], TRI_STYLE_GPT, NULL), TRI_STORAGE_GONE);
    }
}

static void another_image_on_the_same_device_is_another_disk(void **state)
{
    NEEDS_LOOP();
    struct test_disk first = test_disk_make(8 * MIB);
    uint64_t old = first.sequence;
    test_disk_detach(&first, false);
    struct test_disk second = test_disk_attach(first.image, 512, false);
    assert_int_not_equal(second.sequence, old);
    assert_int_equal(tri_disk_initialize(old, TRI_STYLE_GPT, NULL), TRI_STORAGE_GONE);
    assert_true(is_raw(&second));
    test_disk_drop(&second);
}

static void a_file_system_on_the_whole_disk_is_a_volume(void **state)
{
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_disk disk = test_disk_make(32 * MIB);
    assert_int_equal(TEST_PROGRAM("mkfs.ext4", "-q", "-F", "-L", "whole", disk.node, "16M"), 0);
    struct tri_disk *found = read_disk(&disk);
    assert_true(tri_disk_is_volume(found));
    assert_false(tri_disk_is_raw(found));
    assert_string_equal(found->whole.type, "ext4");
    assert_string_equal(found->whole.label, "whole");
    assert_int_equal(found->whole.size_bytes, 16 * MIB);
    assert_int_equal(found->partition_count, 0);
    tri_disk_free(found);
    assert_int_equal(tri_disk_initialize(disk.sequence, TRI_STYLE_GPT, NULL), TRI_STORAGE_INITIALIZED);
    test_disk_drop(&disk);
}

static void a_fat_boot_sector_is_no_mbr(void **state)
{
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.vfat");
    struct test_disk disk = test_disk_make(64 * MIB);
    assert_int_equal(TEST_PROGRAM("mkfs.vfat", "-F", "32", "-s", "1", disk.node), 0);
    struct tri_disk *found = read_disk(&disk);
    assert_int_equal(found->style, TRI_STYLE_NONE);
    assert_string_equal(found->whole.type, "vfat");
    assert_string_equal(found->whole.version, "FAT32");
    assert_int_equal(found->whole.unit_bytes, 512);
    assert_int_equal(found->whole.size_bytes, 64 * MIB);
    tri_disk_free(found);
    test_disk_drop(&disk);
}

/* ---- initialize and convert ---- */

static void a_raw_disk_gets_an_empty_table(void **state)
{
    NEEDS_LOOP();
    for (int i = 0; i < 2; i++) {
        enum tri_style style = i ? TRI_STYLE_GPT : TRI_STYLE_MBR;
        struct test_disk disk = test_disk_make(64 * MIB);
        assert_int_equal(tri_disk_initialize(disk.sequence, style, NULL), 0);
        struct tri_disk *found = read_disk(&disk);
        assert_int_equal(found->style, style);
        assert_int_equal(found->partition_count, 0);
        assert_false(tri_disk_is_raw(found));
        assert_int_equal(found->first_usable_bytes, style == TRI_STYLE_GPT ? 34 * 512 : 512);
        assert_int_equal(found->end_usable_bytes, style == TRI_STYLE_GPT ? 64 * MIB - 33 * 512 : 64 * MIB);
        assert_true(style == TRI_STYLE_GPT ? !tri_uuid_is_null(&found->guid) : found->signature != 0);
        tri_disk_free(found);
        assert_int_equal(tri_disk_initialize(disk.sequence, style, NULL), TRI_STORAGE_INITIALIZED);
        test_disk_drop(&disk);
    }
}

static void other_programs_read_our_tables(void **state)
{
    NEEDS_LOOP();
    NEEDS_TOOL("sfdisk");
    for (int i = 0; i < 2; i++) {
        struct test_disk disk = test_disk_make(64 * MIB);
        assert_int_equal(tri_disk_initialize(disk.sequence, i ? TRI_STYLE_GPT : TRI_STYLE_MBR, NULL), 0);
        char *output = NULL;
        assert_int_equal(test_program((const char *const[]){"sfdisk", "--dump", disk.node, NULL}, &output), 0);
        assert_non_null(strstr(output, i ? "label: gpt" : "label: dos"));
        free(output);
        assert_int_equal(TEST_PROGRAM("sfdisk", "--verify", disk.node), 0);
        test_disk_drop(&disk);
    }
}

static void disks_of_large_sectors_get_tables(void **state)
{
    NEEDS_LOOP();
    struct test_disk disk = test_disk_make_sectors(64 * MIB, 4096);
    assert_int_equal(tri_disk_initialize(disk.sequence, TRI_STYLE_GPT, NULL), 0);
    struct tri_disk *found = read_disk(&disk);
    assert_int_equal(found->sector_bytes, 4096);
    assert_int_equal(found->style, TRI_STYLE_GPT);
    assert_int_equal(found->first_usable_bytes, 6 * 4096);
    assert_int_equal(found->end_usable_bytes, 64 * MIB - 5 * 4096);
    tri_disk_free(found);
    test_disk_drop(&disk);
}

static void a_disk_of_terabytes_gets_a_table(void **state)
{
    NEEDS_LOOP();
    struct test_disk disk = test_disk_make(14ull << 40);
    struct tri_error error = {0};
    int code = tri_disk_initialize(disk.sequence, TRI_STYLE_GPT, &error);
    if (code < 0)
        print_error("%s\n", error.text);
    tri_error_clear(&error);
    assert_int_equal(code, 0);
    assert_int_equal(style_of(&disk), TRI_STYLE_GPT);
    test_disk_drop(&disk);
}

static void a_disk_without_room_for_a_table_is_left_as_it_is(void **state)
{
    NEEDS_LOOP();
    struct test_disk disk = test_disk_make(16 * KIB);
    assert_int_equal(tri_disk_initialize(disk.sequence, TRI_STYLE_GPT, NULL), TRI_STORAGE_NO_SPACE);
    assert_true(test_disk_is_zero(&disk, 0, 16 * KIB));
    test_disk_drop(&disk);
}

static void styles_that_are_none_are_refused(void **state)
{
    NEEDS_LOOP();
    struct test_disk disk = test_disk_make(8 * MIB);
    assert_int_equal(tri_disk_initialize(disk.sequence, TRI_STYLE_NONE, NULL), TRI_STORAGE_BAD_STYLE);
    assert_int_equal(tri_disk_initialize(disk.sequence, (enum tri_style)7, NULL), TRI_STORAGE_BAD_STYLE);
    assert_true(is_raw(&disk));
    test_disk_drop(&disk);
}

static void an_empty_table_can_be_converted_both_ways(void **state)
{
    NEEDS_LOOP();
    struct test_disk disk = test_disk_make(64 * MIB);
    assert_int_equal(tri_disk_convert(disk.sequence, TRI_STYLE_GPT, NULL), TRI_STORAGE_NOT_INITIALIZED);
    assert_int_equal(tri_disk_initialize(disk.sequence, TRI_STYLE_GPT, NULL), 0);
    assert_int_equal(tri_disk_convert(disk.sequence, TRI_STYLE_GPT, NULL), 0);
    assert_int_equal(tri_disk_convert(disk.sequence, TRI_STYLE_MBR, NULL), 0);
    assert_int_equal(style_of(&disk), TRI_STYLE_MBR);
    assert_true(test_disk_is_zero(&disk, 512, 33 * 512));
    assert_true(test_disk_is_zero(&disk, 64 * MIB - 33 * 512, 33 * 512));
    assert_int_equal(tri_disk_convert(disk.sequence, TRI_STYLE_GPT, NULL), 0);
    assert_int_equal(style_of(&disk), TRI_STYLE_GPT);
    test_disk_drop(&disk);
}

static void stale_nodes_of_an_earlier_image_vanish(void **state)
{
    NEEDS_LOOP();
    struct test_disk disk = test_disk_make(64 * MIB);
    assert_int_equal(test_node_add(&disk, 1, 2 * MIB, 3 * MIB), 0);
    assert_int_equal(test_node_add(&disk, 7, 8 * MIB, 3 * MIB), 0);
    assert_int_equal(tri_disk_sync_nodes(disk.sequence, NULL), 0);
    assert_int_equal(test_node_count(disk.name), 0);
    assert_int_equal(test_node_add(&disk, 1, 2 * MIB, 3 * MIB), 0);
    assert_int_equal(tri_disk_initialize(disk.sequence, TRI_STYLE_GPT, NULL), 0);
    assert_int_equal(test_node_count(disk.name), 0);
    test_disk_drop(&disk);
}

static void nodes_that_somebody_has_open_are_not_dropped_and_neither_are_their_neighbours(void **state)
{
    NEEDS_LOOP();
    struct test_disk disk = test_disk_make(64 * MIB);
    char node[64];
    for (unsigned i = 1; i <= 3; i++)
        assert_int_equal(test_node_add(&disk, i, i * 2 * MIB, MIB), 0);
    assert_true(test_node(disk.name, 2, node, NULL, NULL));
    int fd = open(node, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    struct tri_error error = {0};
    assert_int_equal(tri_disk_drop_nodes(disk.sequence, &error), TRI_STORAGE_IN_USE);
    assert_non_null(error.text);
    tri_error_clear(&error);
    assert_int_equal(test_node_count(disk.name), 3);
    close(fd);
    assert_int_equal(tri_disk_drop_nodes(disk.sequence, NULL), 0);
    assert_int_equal(test_node_count(disk.name), 0);
    test_disk_drop(&disk);
}

/* ---- clean ---- */

static int clean(struct test_run *run, const struct test_disk *disk, bool force, bool force_oem, bool full)
{
    struct tri_clean_spec spec = {.sequence = disk->sequence, .force = force, .force_oem = force_oem, .full = full};
    return test_run_end(run, tri_disk_clean(&spec, test_run_op(run), NULL, &run->error));
}

static void an_empty_disk_cleans_to_raw(void **state)
{
    NEEDS_LOOP();
    struct test_run run = TEST_RUN;
    for (int i = 0; i < 3; i++) {
        struct test_disk disk = test_disk_make(64 * MIB);
        if (i > 0)
            assert_int_equal(tri_disk_initialize(disk.sequence, i == 1 ? TRI_STYLE_GPT : TRI_STYLE_MBR, NULL), 0);
        assert_int_equal(clean(&run, &disk, false, false, false), 0);
        assert_true(is_raw(&disk));
        assert_true(test_disk_is_zero(&disk, 0, 64 * MIB));
        test_disk_drop(&disk);
    }
    test_run_close(&run);
}

static void a_clean_needs_force_where_there_is_a_file_system(void **state)
{
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_run run = TEST_RUN;
    struct test_disk disk = test_disk_make(32 * MIB);
    assert_int_equal(TEST_PROGRAM("mkfs.ext4", "-q", "-F", disk.node), 0);
    assert_int_equal(clean(&run, &disk, false, false, false), TRI_STORAGE_NOT_EMPTY);
    assert_false(run.was_started);
    assert_false(is_raw(&disk));
    assert_int_equal(clean(&run, &disk, true, false, false), 0);
    assert_true(is_raw(&disk));
    test_run_close(&run);
    test_disk_drop(&disk);
}

static void a_mounted_disk_is_cleaned_with_force_only_and_unmounted_first(void **state)
{
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_run run = TEST_RUN;
    struct test_disk disk = test_disk_make(32 * MIB);
    const char *point = test_path("mnt");
    assert_int_equal(mkdir(point, 0700), 0);
    assert_int_equal(TEST_PROGRAM("mkfs.ext4", "-q", "-F", disk.node), 0);
    assert_int_equal(mount(disk.node, point, "ext4", 0, NULL), 0);
    assert_true(clean(&run, &disk, false, false, false) < 0);
    assert_true(test_is_mounted_at(point));
    assert_int_equal(clean(&run, &disk, true, false, false), 0);
    assert_false(test_is_mounted_at(point));
    assert_true(is_raw(&disk));
    test_run_close(&run);
    rmdir(point);
    test_disk_drop(&disk);
}

static void a_full_clean_writes_zeros_everywhere(void **state)
{
    NEEDS_LOOP();
    struct test_run run = TEST_RUN;
    struct test_disk disk = test_disk_make(64 * MIB);
    assert_int_equal(tri_disk_initialize(disk.sequence, TRI_STYLE_GPT, NULL), 0);
    for (uint64_t at = 3 * MIB; at < 60 * MIB; at += 7 * MIB)
        test_disk_write(&disk, at, "data", 5);
    assert_int_equal(clean(&run, &disk, false, false, false), 0);
    assert_false(test_disk_is_zero(&disk, 0, 64 * MIB));
    assert_int_equal(clean(&run, &disk, false, false, true), 0);
    assert_true(test_disk_is_zero(&disk, 0, 64 * MIB));
    assert_true(is_raw(&disk));
    test_run_close(&run);
    test_disk_drop(&disk);
}

static void a_full_clean_that_is_cancelled_leaves_a_raw_disk(void **state)
{
    NEEDS_LOOP();
    struct test_run run = TEST_RUN;
    struct test_disk disk = test_disk_make(2 * GIB);
    assert_int_equal(tri_disk_initialize(disk.sequence, TRI_STYLE_GPT, NULL), 0);
    struct tri_clean_spec spec = {.sequence = disk.sequence, .full = true};
    struct tri_op *op = test_run_op(&run);
    assert_int_equal(tri_disk_clean(&spec, op, NULL, &run.error), 0);
    EVENTUALLY(tri_op_percent(op) >= 5);
    int asked = tri_op_cancel(op);
    uint64_t began_ns = tri_clock_ns();
    int code = test_run_end(&run, 0);
    print_message("# cancelled after %llu ms\n", (unsigned long long)((tri_clock_ns() - began_ns) / TRI_NS_PER_MS));
    assert_int_equal(code, asked == 0 ? -ECANCELED : 0);
    assert_true(is_raw(&disk));
    test_run_close(&run);
    test_disk_drop(&disk);
}

static void a_disk_that_is_being_cleaned_is_locked(void **state)
{
    NEEDS_LOOP();
    struct test_run run = TEST_RUN;
    struct test_disk disk = test_disk_make(2 * GIB);
    struct tri_clean_spec spec = {.sequence = disk.sequence, .full = true};
    assert_int_equal(tri_disk_clean(&spec, test_run_op(&run), NULL, &run.error), 0);
    struct tri_error error = {0};
    int code = tri_disk_initialize(disk.sequence, TRI_STYLE_GPT, &error);
    if (code < 0)
        assert_int_equal(code, TRI_STORAGE_LOCKED);
    assert_true(code < 0 || tri_op_state(run.op) == TRI_OP_DONE);
    tri_error_clear(&error);
    tri_op_cancel(run.op);
    test_run_end(&run, 0);
    test_run_close(&run);
    test_disk_drop(&disk);
}

/* ---- offline, read-only ---- */

static void an_offline_disk_has_no_nodes_and_refuses_changes_until_it_is_online(void **state)
{
    NEEDS_LOOP();
    struct test_disk disk = test_disk_make(64 * MIB);
    assert_int_equal(tri_disk_initialize(disk.sequence, TRI_STYLE_GPT, NULL), 0);
    assert_int_equal(tri_disk_online(disk.sequence, NULL), TRI_STORAGE_NOT_OFFLINE);
    assert_int_equal(tri_disk_offline(disk.sequence, NULL), 0);
    assert_int_equal(tri_disk_offline(disk.sequence, NULL), 0);
    struct tri_disk *found = read_disk(&disk);
    assert_true(found->is_offline);
    tri_disk_free(found);
    assert_int_equal(tri_disk_convert(disk.sequence, TRI_STYLE_MBR, NULL), TRI_STORAGE_OFFLINE);
    assert_int_equal(tri_disk_set_read_only(disk.sequence, true, NULL), TRI_STORAGE_OFFLINE);
    assert_int_equal(test_node_count(disk.name), 0);
    assert_int_equal(tri_disk_online(disk.sequence, NULL), 0);
    found = read_disk(&disk);
    assert_false(found->is_offline);
    tri_disk_free(found);
    assert_int_equal(tri_disk_convert(disk.sequence, TRI_STYLE_MBR, NULL), 0);
    test_disk_drop(&disk);
}

static void a_read_only_disk_refuses_changes_until_it_is_writable(void **state)
{
    NEEDS_LOOP();
    struct test_disk disk = test_disk_make(64 * MIB);
    assert_int_equal(tri_disk_set_read_only(disk.sequence, true, NULL), 0);
    assert_int_equal(tri_disk_initialize(disk.sequence, TRI_STYLE_GPT, NULL), TRI_STORAGE_READ_ONLY);
    struct tri_disk *found = read_disk(&disk);
    assert_true(found->is_read_only);
    tri_disk_free(found);
    assert_int_equal(tri_disk_set_read_only(disk.sequence, false, NULL), 0);
    assert_int_equal(tri_disk_initialize(disk.sequence, TRI_STYLE_GPT, NULL), 0);
    test_disk_drop(&disk);
}

static void a_disk_attached_read_only_is_read_and_not_changed(void **state)
{
    NEEDS_LOOP();
    struct test_disk disk = test_disk_make(64 * MIB);
    assert_int_equal(tri_disk_initialize(disk.sequence, TRI_STYLE_GPT, NULL), 0);
    test_disk_detach(&disk, false);
    struct test_disk again = test_disk_attach(disk.image, 512, true);
    assert_int_equal(style_of(&again), TRI_STYLE_GPT);
    assert_int_equal(tri_disk_convert(again.sequence, TRI_STYLE_MBR, NULL), TRI_STORAGE_READ_ONLY);
    assert_int_equal(tri_disk_sync_nodes(again.sequence, NULL), 0);
    test_disk_drop(&again);
}

/* ---- hostile tables ---- */

static uint32_t random_state = 12345;
static uint32_t next_random(void)
{
    return random_state = random_state * 1664525u + 1013904223u;
}

static void check_sane(const struct tri_disk *disk)
{
    assert_true(disk->partition_count <= 256);
    for (size_t i = 0; i < disk->partition_count; i++) {
        const struct tri_partition *partition = &disk->partitions[i];
        assert_true(partition->size_bytes > 0);
        assert_true(partition->start_bytes < disk->size_bytes);
        assert_true(partition->size_bytes <= disk->size_bytes - partition->start_bytes);
        assert_true(i == 0 || partition->start_bytes >= disk->partitions[i - 1].start_bytes);
    }
    struct tri_extent *extents = NULL;
    size_t count = 0;
    assert_int_equal(tri_disk_free_extents(disk, disk->sector_bytes, &extents, &count), 0);
    for (size_t i = 0; i < count; i++) {
        assert_true(extents[i].size_bytes > 0);
        assert_true(extents[i].start_bytes + extents[i].size_bytes <= disk->size_bytes);
    }
    free(extents);
}

/* Bytes of a good table are changed at random; whatever comes of it is read as something sane. */
static void mutate(const struct test_disk *disk, size_t head_size, unsigned rounds)
{
    uint8_t *good = malloc(head_size), *bad = malloc(head_size);
    test_disk_read(disk, 0, good, head_size);
    for (unsigned round = 0; round < rounds; round++) {
        memcpy(bad, good, head_size);
        for (unsigned n = 1 + next_random() % 12; n > 0; n--) {
            uint32_t place = next_random() >> 8, kind = next_random() >> 28;
            size_t at = kind < 6 ? 446 + place % 66 : kind < 12 ? 512 + place % 96 : place % head_size;
            bad[at % head_size] = (uint8_t)(next_random() >> 24);
        }
        bad[510] = 0x55;
        bad[511] = 0xaa;
        assert_int_equal(pwrite(disk->fd, bad, head_size, 0), head_size);
        struct tri_disk *found = NULL;
        assert_int_equal(tri_disk_read(disk->sequence, 0, &found, NULL), 0);
        check_sane(found);
        tri_disk_free(found);
    }
    test_disk_write(disk, 0, good, head_size);
    free(good);
    free(bad);
}

static void mutated_gpts_are_read_as_something_sane(void **state)
{
    NEEDS_LOOP();
    NEEDS_TOOL("sfdisk");
    struct test_disk disk = test_disk_make(64 * MIB);
    assert_int_equal(tri_disk_initialize(disk.sequence, TRI_STYLE_GPT, NULL), 0);
    mutate(&disk, 34 * 512, 400);
    test_disk_drop(&disk);
}

static void put_entry(uint8_t *sector, int slot, uint8_t type, uint32_t start, uint32_t count)
{
    uint8_t *entry = sector + 446 + 16 * slot;
    entry[4] = type;
    memcpy(entry + 8, &start, 4);
    memcpy(entry + 12, &count, 4);
    sector[510] = 0x55;
    sector[511] = 0xaa;
}

static void mutated_mbrs_are_read_as_something_sane(void **state)
{
    NEEDS_LOOP();
    struct test_disk disk = test_disk_make(64 * MIB);
    uint8_t sectors[8 * 512] = {0};
    put_entry(sectors, 0, 0x83, 2048, 4096);
    put_entry(sectors, 1, 0x05, 2, 100000);
    for (int i = 2; i < 7; i++) {
        put_entry(sectors + 512 * i, 0, 0x83, (uint32_t)(2048 * i), 1024);
        put_entry(sectors + 512 * i, 1, 0x05, (uint32_t)(i - 1), 3000);
    }
    sectors[440] = 7;
    test_disk_write(&disk, 0, sectors, sizeof sectors);
    mutate(&disk, sizeof sectors, 400);
    test_disk_drop(&disk);
}

static void a_chain_of_logical_partitions_that_runs_in_a_circle_ends(void **state)
{
    NEEDS_LOOP();
    struct test_disk disk = test_disk_make(64 * MIB);
    uint8_t sector[512] = {0};
    sector[440] = 1;
    put_entry(sector, 0, 0x05, 2048, 100000);
    test_disk_write(&disk, 0, sector, sizeof sector);
    memset(sector, 0, sizeof sector);
    put_entry(sector, 0, 0x83, 100, 100);
    put_entry(sector, 1, 0x05, 1000, 1000);
    test_disk_write(&disk, 2048 * 512, sector, sizeof sector);
    put_entry(sector, 1, 0x05, 1, 1000);
    test_disk_write(&disk, 3048 * 512, sector, sizeof sector);
    put_entry(sector, 1, 0x05, 1000, 1000);
    test_disk_write(&disk, 2049 * 512, sector, sizeof sector);
    struct tri_disk *found = read_disk(&disk);
    assert_int_equal(found->style, TRI_STYLE_MBR);
    assert_int_equal(found->partition_count, 1 + 3);
    check_sane(found);
    tri_disk_free(found);
    test_disk_drop(&disk);
}

static void a_long_chain_of_logical_partitions_is_cut(void **state)
{
    NEEDS_LOOP();
    struct test_disk disk = test_disk_make(64 * MIB);
    uint8_t sector[512] = {0};
    sector[440] = 1;
    put_entry(sector, 0, 0x0f, 1, 120000);
    test_disk_write(&disk, 0, sector, sizeof sector);
    uint8_t *chain = calloc(5000, 512);
    for (uint32_t i = 0; i < 5000; i++) {
        put_entry(chain + 512 * i, 0, 0x83, 10000, 1);
        put_entry(chain + 512 * i, 1, 0x05, i + 1, 2);
    }
    test_disk_write(&disk, 512, chain, 5000 * 512);
    free(chain);
    struct tri_disk *found = read_disk(&disk);
    assert_true(found->partition_count > 200 && found->partition_count <= 256);
    check_sane(found);
    tri_disk_free(found);
    test_disk_drop(&disk);
}

static void a_gpt_with_a_damaged_first_copy_is_read_from_its_second(void **state)
{
    NEEDS_LOOP();
    struct test_disk disk = test_disk_make(64 * MIB);
    assert_int_equal(tri_disk_initialize(disk.sequence, TRI_STYLE_GPT, NULL), 0);
    struct tri_disk *before = read_disk(&disk);
    test_disk_write(&disk, 512 + 40, "damaged", 7);
    struct tri_disk *after = read_disk(&disk);
    assert_int_equal(after->style, TRI_STYLE_GPT);
    assert_true(tri_uuid_equal(&before->guid, &after->guid));
    tri_disk_free(before);
    tri_disk_free(after);
    test_disk_drop(&disk);
}

static void random_bytes_are_no_table(void **state)
{
    NEEDS_LOOP();
    struct test_disk disk = test_disk_make(8 * MIB);
    uint8_t *noise = malloc(MIB);
    for (int round = 0; round < 20; round++) {
        for (size_t i = 0; i < MIB; i++)
            noise[i] = (uint8_t)(next_random() >> 24);
        test_disk_write(&disk, 0, noise, MIB);
        struct tri_disk *found = read_disk(&disk);
        check_sane(found);
        tri_disk_free(found);
    }
    free(noise);
    test_disk_drop(&disk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loop_device_is_a_disk_with_its_image_size_and_number),
        cmocka_unit_test(the_list_has_attached_loop_devices_and_no_others),
        cmocka_unit_test(a_disk_is_found_by_node_partition_and_name),
        cmocka_unit_test(a_number_that_is_gone_answers_gone),
        cmocka_unit_test(another_image_on_the_same_device_is_another_disk),
        cmocka_unit_test(a_file_system_on_the_whole_disk_is_a_volume),
        cmocka_unit_test(a_fat_boot_sector_is_no_mbr),
        cmocka_unit_test(a_raw_disk_gets_an_empty_table),
        cmocka_unit_test(other_programs_read_our_tables),
        cmocka_unit_test(disks_of_large_sectors_get_tables),
        cmocka_unit_test(a_disk_of_terabytes_gets_a_table),
        cmocka_unit_test(a_disk_without_room_for_a_table_is_left_as_it_is),
        cmocka_unit_test(styles_that_are_none_are_refused),
        cmocka_unit_test(an_empty_table_can_be_converted_both_ways),
        cmocka_unit_test(stale_nodes_of_an_earlier_image_vanish),
        cmocka_unit_test(nodes_that_somebody_has_open_are_not_dropped_and_neither_are_their_neighbours),
        cmocka_unit_test(an_empty_disk_cleans_to_raw),
        cmocka_unit_test(a_clean_needs_force_where_there_is_a_file_system),
        cmocka_unit_test(a_mounted_disk_is_cleaned_with_force_only_and_unmounted_first),
        cmocka_unit_test(a_full_clean_writes_zeros_everywhere),
        cmocka_unit_test(a_full_clean_that_is_cancelled_leaves_a_raw_disk),
        cmocka_unit_test(a_disk_that_is_being_cleaned_is_locked),
        cmocka_unit_test(an_offline_disk_has_no_nodes_and_refuses_changes_until_it_is_online),
        cmocka_unit_test(a_read_only_disk_refuses_changes_until_it_is_writable),
        cmocka_unit_test(a_disk_attached_read_only_is_read_and_not_changed),
        cmocka_unit_test(mutated_gpts_are_read_as_something_sane),
        cmocka_unit_test(mutated_mbrs_are_read_as_something_sane),
        cmocka_unit_test(a_chain_of_logical_partitions_that_runs_in_a_circle_ends),
        cmocka_unit_test(a_long_chain_of_logical_partitions_is_cut),
        cmocka_unit_test(a_gpt_with_a_damaged_first_copy_is_read_from_its_second),
        cmocka_unit_test(random_bytes_are_no_table),
    };
    return cmocka_run_group_tests_name("disk", tests, test_storage_begin, test_storage_finish);
}
