/* Partitions as they are made, changed and deleted, and what becomes of the table when the program dies meanwhile. */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
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
#include "storage/label.h"

#define BASIC_DATA "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7"
#define LINUX_DATA "0fc63daf-8483-4772-8e79-3d69d8477de4"
#define ESP "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
#define ATTRIBUTES ((1ull << 63) | (1ull << 60) | 4)

static struct tri_uuid uuid(const char *text)
{
    struct tri_uuid parsed;
    assert_true(tri_uuid_parse(text, &parsed));
    return parsed;
}

static struct tri_partition_spec gpt_spec(const struct test_disk *disk, uint64_t offset, uint64_t size)
{
    return (struct tri_partition_spec){.sequence = disk->sequence,
                                       .style = TRI_STYLE_GPT,
                                       .offset_bytes = offset,
                                       .size_bytes = size,
                                       .type = uuid(LINUX_DATA)};
}

static struct tri_partition_spec mbr_spec(const struct test_disk *disk, uint64_t offset, uint64_t size, uint8_t type)
{
    return (struct tri_partition_spec){.sequence = disk->sequence,
                                       .style = TRI_STYLE_MBR,
                                       .offset_bytes = offset,
                                       .size_bytes = size,
                                       .mbr_type = type};
}

/* Makes it; the code, and where it is. Failures tell their sentence. */
static int create_at(const struct tri_partition_spec *spec, struct tri_partition_result *ret)
{
    struct test_run run = TEST_RUN;
    int code = test_run_end(&run, tri_partition_create(spec, test_run_op(&run), NULL, &run.error));
    if (code == 0 && ret)
        *ret = *(struct tri_partition_result *)run.value;
    if (code < 0)
        print_message("# %s\n", run.error.text ? run.error.text : "no text");
    assert_true(code == 0 || run.error.text);
    test_run_close(&run);
    return code;
}

static int create(struct tri_partition_spec spec)
{
    return create_at(&spec, NULL);
}

static struct test_disk new_disk(uint64_t size, enum tri_style style)
{
    struct test_disk disk = test_disk_make(size);
    assert_int_equal(tri_disk_initialize(disk.sequence, style, NULL), 0);
    return disk;
}

static struct tri_disk *read_disk(const struct test_disk *disk)
{
    struct tri_disk *found = NULL;
    assert_int_equal(tri_disk_read(disk->sequence, TRI_DISK_FILESYSTEMS, &found, NULL), 0);
    return found;
}

static size_t partition_count(const struct test_disk *disk)
{
    struct tri_disk *found = read_disk(disk);
    size_t count = found->partition_count;
    tri_disk_free(found);
    return count;
}

/* ---- create on GPT ---- */

static void a_gpt_partition_is_made_as_asked_with_its_node(void **state)
{
    NEEDS_LOOP();
    struct test_disk disk = new_disk(64 * MIB, TRI_STYLE_GPT);
    struct tri_partition_spec spec = gpt_spec(&disk, 2 * MIB, 10 * MIB);
    spec.id = uuid("12345678-9abc-def0-1234-56789abcdef0");
    spec.attributes = ATTRIBUTES;
    strcpy(spec.name, "gro\xc3\x9f \xf0\x9f\x9a\xa2 ");
    struct tri_partition_result made;
    assert_int_equal(create_at(&spec, &made), 0);
    assert_int_equal(made.sequence, disk.sequence);
    assert_int_equal(made.offset_bytes, 2 * MIB);
    assert_true(made.is_volume);
    assert_true(tri_uuid_equal(&made.volume, &spec.id));
    struct tri_disk *found = read_disk(&disk);
    assert_int_equal(found->partition_count, 1);
    const struct tri_partition *partition = &found->partitions[0];
    assert_int_equal(partition->number, 1);
    assert_int_equal(partition->size_bytes, 10 * MIB);
    assert_int_equal(partition->attributes, ATTRIBUTES);
    assert_true(tri_uuid_equal(&partition->type, &spec.type));
    assert_true(tri_uuid_equal(&partition->id, &spec.id));
    assert_string_equal(partition->name, spec.name);
    assert_true(partition->is_volume && !partition->is_protected);
    char node[64];
    uint64_t start, size;
    assert_true(test_node(disk.name, 1, node, &start, &size));
    assert_string_equal(partition->node, strrchr(node, '/') + 1);
    assert_int_equal(start, 2 * MIB);
    assert_int_equal(size, 10 * MIB);
    assert_int_equal(access(node, F_OK), 0);
    tri_disk_free(found);
    test_disk_drop(&disk);
}

static void other_programs_read_a_name_beyond_the_first_plane(void **state)
{
    NEEDS_LOOP();
    NEEDS_TOOL("sfdisk");
    struct test_disk disk = new_disk(64 * MIB, TRI_STYLE_GPT);
    struct tri_partition_spec spec = gpt_spec(&disk, MIB, MIB);
    strcpy(spec.name, "\xf0\x9f\x9a\xa2");
    assert_int_equal(create(spec), 0);
    assert_int_equal(TEST_PROGRAM("sfdisk", "--verify", disk.node), 0);
    char *output = NULL;
    assert_int_equal(test_program((const char *const[]){"sfdisk", "--dump", disk.node, NULL}, &output), 0);
    assert_non_null(strstr(output, "0FC63DAF-8483-4772-8E79-3D69D8477DE4"));
    free(output);
    test_disk_drop(&disk);
}

static void thirty_six_units_of_a_name_fit_and_one_more_does_not(void **state)
{
    NEEDS_LOOP();
    struct test_disk disk = new_disk(64 * MIB, TRI_STYLE_GPT);
    struct tri_partition_spec spec = gpt_spec(&disk, MIB, MIB);
    memset(spec.name, 'x', 37);
    assert_int_equal(create(spec), -EINVAL);
    spec.name[36] = 0;
    assert_int_equal(create(spec), 0);
    struct tri_disk *found = read_disk(&disk);
    assert_string_equal(found->partitions[0].name, spec.name);
    tri_disk_free(found);
    spec = gpt_spec(&disk, 3 * MIB, MIB);
    strcpy(spec.name, "\xff\xfe");
    assert_int_equal(create(spec), -EINVAL);
    assert_int_equal(partition_count(&disk), 1);
    test_disk_drop(&disk);
}

static void the_offset_is_rounded_up_and_the_end_down(void **state)
{
    NEEDS_LOOP();
    struct test_disk disk = new_disk(64 * MIB, TRI_STYLE_GPT);
    struct tri_partition_spec spec = gpt_spec(&disk, MIB + 1, 2 * MIB + 5);
    spec.align_bytes = MIB;
    struct tri_partition_result made;
    assert_int_equal(create_at(&spec, &made), 0);
    assert_int_equal(made.offset_bytes, 2 * MIB);
    struct tri_disk *found = read_disk(&disk);
    assert_int_equal(found->partitions[0].size_bytes, MIB);
    tri_disk_free(found);
    test_disk_drop(&disk);
}

static void the_default_alignment_is_a_mebibyte_from_four_gibibytes_on(void **state)
{
    NEEDS_LOOP();
    for (int i = 0; i < 2; i++) {
        struct test_disk disk = new_disk(i ? 4 * GIB : 64 * MIB, TRI_STYLE_GPT);
        struct tri_partition_spec spec = gpt_spec(&disk, 17 * KIB, 16 * MIB);
        struct tri_partition_result made;
        assert_int_equal(create_at(&spec, &made), 0);
        assert_int_equal(made.offset_bytes, i ? MIB : 64 * KIB);
        test_disk_drop(&disk);
    }
}

static void anywhere_takes_the_first_place_that_fits(void **state)
{
    NEEDS_LOOP();
    struct test_disk disk = new_disk(64 * MIB, TRI_STYLE_GPT);
    assert_int_equal(create(gpt_spec(&disk, 4 * MIB, 4 * MIB)), 0);
    struct tri_partition_spec spec = gpt_spec(&disk, 777, 4 * MIB);
    spec.anywhere = true;
    spec.align_bytes = MIB;
    struct tri_partition_result made;
    assert_int_equal(create_at(&spec, &made), 0);
    assert_int_equal(made.offset_bytes, 8 * MIB);
    spec.size_bytes = 3 * MIB;
    assert_int_equal(create_at(&spec, &made), 0);
    assert_int_equal(made.offset_bytes, MIB);
    spec.size_bytes = 60 * MIB;
    assert_int_equal(create(spec), TRI_STORAGE_NO_SPACE);
    test_disk_drop(&disk);
}

static void ranges_that_are_not_free_are_refused(void **state)
{
    NEEDS_LOOP();
    struct test_disk disk = new_disk(64 * MIB, TRI_STYLE_GPT);
    assert_int_equal(create(gpt_spec(&disk, 8 * MIB, 8 * MIB)), 0);
    assert_int_equal(create(gpt_spec(&disk, 8 * MIB, MIB)), TRI_STORAGE_BAD_SPACE);
    assert_int_equal(create(gpt_spec(&disk, 7 * MIB, 2 * MIB)), TRI_STORAGE_BAD_SPACE);
    assert_int_equal(create(gpt_spec(&disk, 15 * MIB, 2 * MIB)), TRI_STORAGE_BAD_SPACE);
    assert_int_equal(create(gpt_spec(&disk, 0, MIB)), TRI_STORAGE_BAD_SPACE);
    assert_int_equal(create(gpt_spec(&disk, 63 * MIB, MIB)), TRI_STORAGE_BAD_SPACE);
    assert_int_equal(create(gpt_spec(&disk, 64 * MIB, MIB)), TRI_STORAGE_BAD_SPACE);
    assert_int_equal(create(gpt_spec(&disk, 1ull << 63, MIB)), TRI_STORAGE_BAD_SPACE);
    assert_int_equal(create(gpt_spec(&disk, UINT64_MAX, MIB)), TRI_STORAGE_BAD_SPACE);
    assert_int_equal(create(gpt_spec(&disk, UINT64_MAX, UINT64_MAX)), TRI_STORAGE_BAD_SPACE);
    assert_int_equal(create(gpt_spec(&disk, MIB, 60 * MIB)), TRI_STORAGE_NO_SPACE);
    assert_int_equal(create(gpt_spec(&disk, MIB, 1ull << 63)), TRI_STORAGE_NO_SPACE);
    assert_int_equal(create(gpt_spec(&disk, MIB, UINT64_MAX)), TRI_STORAGE_NO_SPACE);
    assert_int_equal(create(gpt_spec(&disk, MIB, 0)), -EINVAL);
    assert_int_equal(partition_count(&disk), 1);
    assert_int_equal(test_node_count(disk.name), 1);
    test_disk_drop(&disk);
}

static void words_that_do_not_fit_the_disk_are_refused(void **state)
{
    NEEDS_LOOP();
    struct test_disk disk = test_disk_make(64 * MIB);
    assert_int_equal(create(gpt_spec(&disk, MIB, MIB)), TRI_STORAGE_NOT_INITIALIZED);
    assert_int_equal(tri_disk_initialize(disk.sequence, TRI_STYLE_GPT, NULL), 0);
    assert_int_equal(create(mbr_spec(&disk, MIB, MIB, 7)), TRI_STORAGE_STYLE_MISMATCH);
    struct tri_partition_spec spec = gpt_spec(&disk, MIB, MIB);
    spec.style = TRI_STYLE_NONE;
    assert_int_equal(create(spec), TRI_STORAGE_BAD_STYLE);
    spec = gpt_spec(&disk, MIB, MIB);
    spec.type = (struct tri_uuid){{0}};
    assert_int_equal(create(spec), TRI_STORAGE_BAD_TYPE);
    spec = gpt_spec(&disk, MIB, MIB);
    spec.attributes = 1ull << 20;
    assert_int_equal(create(spec), TRI_STORAGE_BAD_ATTRIBUTES);
    spec = gpt_spec(&disk, MIB, MIB);
    spec.align_bytes = 1000;
    assert_int_equal(create(spec), TRI_STORAGE_BAD_ALIGN);
    spec = gpt_spec(&disk, MIB, MIB);
    spec.id = uuid("12345678-9abc-def0-1234-56789abcdef0");
    assert_int_equal(create(spec), 0);
    spec.offset_bytes = 4 * MIB;
    assert_int_equal(create(spec), -EEXIST);
    test_disk_drop(&disk);
}

static void a_gpt_takes_128_partitions(void **state)
{
    NEEDS_LOOP();
    struct test_disk disk = new_disk(64 * MIB, TRI_STYLE_GPT);
    struct tri_partition_spec spec = gpt_spec(&disk, 0, 64 * KIB);
    spec.anywhere = true;
    for (int i = 0; i < 128; i++)
        assert_int_equal(create(spec), 0);
    assert_int_equal(create(spec), TRI_STORAGE_PARTITION_LIMIT);
    assert_int_equal(test_node_count(disk.name), 128);
    test_disk_drop(&disk);
}

static void an_old_file_system_does_not_come_back_with_a_new_partition(void **state)
{
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_disk disk = new_disk(64 * MIB, TRI_STYLE_GPT);
    assert_int_equal(create(gpt_spec(&disk, 2 * MIB, 16 * MIB)), 0);
    char node[64];
    assert_true(test_node(disk.name, 1, node, NULL, NULL));
    assert_int_equal(TEST_PROGRAM("mkfs.ext4", "-q", "-F", node), 0);
    struct tri_disk *found = read_disk(&disk);
    assert_string_equal(found->partitions[0].filesystem.type, "ext4");
    tri_disk_free(found);
    assert_int_equal(tri_partition_delete(disk.sequence, 2 * MIB, false, false, NULL), 0);
    assert_int_equal(test_node_count(disk.name), 0);
    assert_int_equal(create(gpt_spec(&disk, 2 * MIB, 16 * MIB)), 0);
    found = read_disk(&disk);
    assert_string_equal(found->partitions[0].filesystem.type, "");
    tri_disk_free(found);
    test_disk_drop(&disk);
}

static void data_beside_a_new_partition_is_not_touched(void **state)
{
    NEEDS_LOOP();
    struct test_disk disk = new_disk(64 * MIB, TRI_STYLE_GPT);
    char before[512], after[512];
    memset(before, 'b', sizeof before);
    test_disk_write(&disk, 4 * MIB - 512, before, sizeof before);
    test_disk_write(&disk, 12 * MIB, before, sizeof before);
    assert_int_equal(create(gpt_spec(&disk, 4 * MIB, 8 * MIB)), 0);
    test_disk_read(&disk, 4 * MIB - 512, after, sizeof after);
    assert_memory_equal(before, after, sizeof before);
    test_disk_read(&disk, 12 * MIB, after, sizeof after);
    assert_memory_equal(before, after, sizeof before);
    test_disk_drop(&disk);
}

static void partitions_on_large_sectors_are_made(void **state)
{
    NEEDS_LOOP();
    struct test_disk disk = test_disk_make_sectors(64 * MIB, 4096);
    assert_int_equal(tri_disk_initialize(disk.sequence, TRI_STYLE_GPT, NULL), 0);
    struct tri_partition_spec spec = gpt_spec(&disk, 2 * MIB, 10 * MIB);
    strcpy(spec.name, "large");
    assert_int_equal(create(spec), 0);
    spec.align_bytes = 512;
    assert_int_equal(create(spec), TRI_STORAGE_BAD_ALIGN);
    struct tri_disk *found = read_disk(&disk);
    assert_int_equal(found->partitions[0].start_bytes, 2 * MIB);
    assert_int_equal(found->partitions[0].size_bytes, 10 * MIB);
    assert_string_equal(found->partitions[0].name, "large");
    assert_true(found->partitions[0].node[0]);
    tri_disk_free(found);
    test_disk_drop(&disk);
}

static void a_damaged_first_copy_is_made_good_by_the_next_change(void **state)
{
    NEEDS_LOOP();
    struct test_disk disk = new_disk(64 * MIB, TRI_STYLE_GPT);
    assert_int_equal(create(gpt_spec(&disk, 2 * MIB, MIB)), 0);
    test_disk_write(&disk, 512 + 40, "damaged", 7);
    assert_int_equal(partition_count(&disk), 1);
    assert_int_equal(create(gpt_spec(&disk, 4 * MIB, MIB)), 0);
    assert_int_equal(partition_count(&disk), 2);
    char magic[8];
    test_disk_read(&disk, 512, magic, sizeof magic);
    assert_memory_equal(magic, "EFI PART", 8);
    char zeros[512] = {0};
    test_disk_write(&disk, 64 * MIB - 512, zeros, sizeof zeros);
    assert_int_equal(partition_count(&disk), 2);
    test_disk_drop(&disk);
}

static void a_table_on_a_disk_that_has_grown_can_be_changed(void **state)
{
    NEEDS_LOOP();
    struct test_disk disk = new_disk(64 * MIB, TRI_STYLE_GPT);
    assert_int_equal(create(gpt_spec(&disk, 2 * MIB, MIB)), 0);
    test_disk_detach(&disk, false);
    assert_int_equal(truncate(disk.image, 128 * MIB), 0);
    struct test_disk grown = test_disk_attach(disk.image, 512, false);
    assert_int_equal(tri_disk_sync_nodes(grown.sequence, NULL), 0);
    assert_int_equal(test_node_count(grown.name), 1);
    assert_int_equal(create(gpt_spec(&grown, 4 * MIB, MIB)), 0);
    assert_int_equal(partition_count(&grown), 2);
    test_disk_drop(&grown);
}

/* ---- create on MBR ---- */

static void an_mbr_takes_four_primary_partitions(void **state)
{
    NEEDS_LOOP();
    struct test_disk disk = new_disk(64 * MIB, TRI_STYLE_MBR);
    for (uint64_t i = 1; i <= 4; i++)
        assert_int_equal(create(mbr_spec(&disk, i * 2 * MIB, MIB, 0x83)), 0);
    assert_int_equal(create(mbr_spec(&disk, 20 * MIB, MIB, 0x83)), TRI_STORAGE_PARTITION_LIMIT);
    struct tri_partition_spec spec = mbr_spec(&disk, 0, MIB, 0x83);
    spec.anywhere = true;
    assert_int_equal(create(spec), TRI_STORAGE_PARTITION_LIMIT);
    assert_int_equal(test_node_count(disk.name), 4);
    test_disk_drop(&disk);
}

static void logical_partitions_lie_in_the_extended_one(void **state)
{
    NEEDS_LOOP();
    struct test_disk disk = new_disk(128 * MIB, TRI_STYLE_MBR);
    assert_int_equal(create(mbr_spec(&disk, MIB, MIB, 0x83)), 0);
    struct tri_partition_result made;
    struct tri_partition_spec extended = mbr_spec(&disk, 4 * MIB, 100 * MIB, 0x0f);
    assert_int_equal(create_at(&extended, &made), 0);
    assert_false(made.is_volume);
    assert_int_equal(create(mbr_spec(&disk, 110 * MIB, MIB, 0x05)), TRI_STORAGE_PARTITION_LIMIT);
    assert_int_equal(create(mbr_spec(&disk, 10 * MIB, MIB, 0x05)), TRI_STORAGE_BAD_TYPE);
    assert_int_equal(create(mbr_spec(&disk, 3 * MIB, 2 * MIB, 0x83)), TRI_STORAGE_BAD_SPACE);
    for (uint64_t i = 1; i <= 10; i++)
        assert_int_equal(create(mbr_spec(&disk, (4 + i * 4) * MIB, 3 * MIB, 0x83)), 0);
    struct tri_disk *found = read_disk(&disk);
    assert_int_equal(found->partition_count, 12);
    for (size_t i = 0; i < found->partition_count; i++)
        if (found->partitions[i].is_logical) {
            assert_true(found->partitions[i].number >= 5 && found->partitions[i].node[0]);
            assert_true(found->partitions[i].is_volume);
        }
    tri_disk_free(found);
    assert_int_equal(test_node_count(disk.name), 11);
    test_disk_drop(&disk);
}

static void a_logical_partition_in_the_middle_can_be_deleted_and_made_again(void **state)
{
    NEEDS_LOOP();
    NEEDS_TOOL("sfdisk");
    struct test_disk disk = new_disk(128 * MIB, TRI_STYLE_MBR);
    assert_int_equal(create(mbr_spec(&disk, 4 * MIB, 100 * MIB, 0x05)), 0);
    for (uint64_t i = 1; i <= 4; i++)
        assert_int_equal(create(mbr_spec(&disk, (4 + i * 8) * MIB, 4 * MIB, 0x83)), 0);
    assert_int_equal(tri_partition_delete(disk.sequence, 4 * MIB, true, true, NULL), TRI_STORAGE_PARTITION_NOT_EMPTY);
    for (uint64_t i = 1; i <= 4; i++) {
        assert_int_equal(tri_partition_delete(disk.sequence, (4 + i * 8) * MIB, false, false, NULL), 0);
        assert_int_equal(partition_count(&disk), 4);
        assert_int_equal(test_node_count(disk.name), 3);
        assert_int_equal(create(mbr_spec(&disk, (4 + i * 8) * MIB, 4 * MIB, 0x07)), 0);
        assert_int_equal(partition_count(&disk), 5);
        assert_int_equal(test_node_count(disk.name), 4);
        assert_int_equal(TEST_PROGRAM("sfdisk", "--verify", disk.node), 0);
    }
    for (uint64_t i = 1; i <= 4; i++)
        assert_int_equal(tri_partition_delete(disk.sequence, (4 + i * 8) * MIB, false, false, NULL), 0);
    assert_int_equal(tri_partition_delete(disk.sequence, 4 * MIB, false, false, NULL), 0);
    assert_int_equal(partition_count(&disk), 0);
    assert_int_equal(test_node_count(disk.name), 0);
    test_disk_drop(&disk);
}

static void only_one_mbr_partition_is_active(void **state)
{
    NEEDS_LOOP();
    struct test_disk disk = new_disk(64 * MIB, TRI_STYLE_MBR);
    struct tri_partition_spec spec = mbr_spec(&disk, 2 * MIB, MIB, 0x83);
    spec.active = true;
    assert_int_equal(create(spec), 0);
    spec.offset_bytes = 4 * MIB;
    spec.active = false;
    assert_int_equal(create(spec), 0);
    assert_int_equal(tri_partition_set_active(disk.sequence, 4 * MIB, true, NULL), 0);
    struct tri_disk *found = read_disk(&disk);
    assert_false(found->partitions[0].is_active);
    assert_true(found->partitions[1].is_active);
    tri_disk_free(found);
    assert_int_equal(tri_partition_set_active(disk.sequence, 4 * MIB, false, NULL), 0);
    found = read_disk(&disk);
    assert_false(found->partitions[0].is_active || found->partitions[1].is_active);
    tri_disk_free(found);
    assert_int_equal(tri_partition_set_active(disk.sequence, 5 * MIB, true, NULL), TRI_STORAGE_NOT_FOUND);
    assert_int_equal(tri_partition_set_attributes(disk.sequence, 4 * MIB, 1, NULL), TRI_STORAGE_STYLE_MISMATCH);
    test_disk_drop(&disk);
}

static void an_mbr_does_not_reach_beyond_two_tebibytes(void **state)
{
    NEEDS_LOOP();
    struct test_disk disk = new_disk(3ull << 40, TRI_STYLE_MBR);
    assert_int_equal(create(mbr_spec(&disk, MIB, (2ull << 40), 0x83)), TRI_STORAGE_MBR_LIMIT);
    assert_int_equal(create(mbr_spec(&disk, (2ull << 40), GIB, 0x83)), TRI_STORAGE_MBR_LIMIT);
    assert_int_equal(create(mbr_spec(&disk, MIB, (2ull << 40) - MIB, 0x83)), 0);
    test_disk_drop(&disk);
}

static void types_that_an_mbr_does_not_have_are_refused(void **state)
{
    NEEDS_LOOP();
    struct test_disk disk = new_disk(64 * MIB, TRI_STYLE_MBR);
    assert_int_equal(create(mbr_spec(&disk, 2 * MIB, MIB, 0)), TRI_STORAGE_BAD_TYPE);
    assert_int_equal(create(mbr_spec(&disk, 2 * MIB, MIB, 0xee)), TRI_STORAGE_BAD_TYPE);
    struct tri_partition_spec spec = mbr_spec(&disk, 2 * MIB, MIB, 0x05);
    spec.active = true;
    assert_int_equal(create(spec), -EINVAL);
    assert_int_equal(partition_count(&disk), 0);
    test_disk_drop(&disk);
}

/* ---- changes ---- */

static void attributes_and_type_of_a_gpt_partition_change_and_nothing_else(void **state)
{
    NEEDS_LOOP();
    struct test_disk disk = new_disk(64 * MIB, TRI_STYLE_GPT);
    struct tri_partition_spec spec = gpt_spec(&disk, 2 * MIB, MIB);
    strcpy(spec.name, "\xf0\x9f\x9a\xa2 keeps its name");
    assert_int_equal(create(spec), 0);
    struct tri_disk *before = read_disk(&disk);
    assert_int_equal(tri_partition_set_attributes(disk.sequence, 2 * MIB, ATTRIBUTES, NULL), 0);
    assert_int_equal(tri_partition_set_attributes(disk.sequence, 2 * MIB, 1ull << 30, NULL),
                     TRI_STORAGE_BAD_ATTRIBUTES);
    struct tri_uuid esp = uuid(ESP);
    assert_int_equal(tri_partition_set_type(disk.sequence, 2 * MIB, TRI_STYLE_GPT, 0, &esp, false, NULL), 0);
    assert_int_equal(tri_partition_set_type(disk.sequence, 2 * MIB, TRI_STYLE_MBR, 7, NULL, false, NULL),
                     TRI_STORAGE_STYLE_MISMATCH);
    assert_int_equal(tri_partition_set_active(disk.sequence, 2 * MIB, true, NULL), TRI_STORAGE_STYLE_MISMATCH);
    struct tri_disk *after = read_disk(&disk);
    const struct tri_partition *had = &before->partitions[0], *has = &after->partitions[0];
    assert_true(tri_uuid_equal(&has->type, &esp));
    assert_int_equal(has->attributes, ATTRIBUTES);
    assert_true(has->is_protected && !has->is_volume);
    assert_true(tri_uuid_equal(&had->id, &has->id));
    assert_string_equal(had->name, has->name);
    assert_int_equal(had->size_bytes, has->size_bytes);
    assert_string_equal(had->node, has->node);
    tri_disk_free(before);
    tri_disk_free(after);
    test_disk_drop(&disk);
}

static void protected_partitions_are_deleted_only_when_told_so(void **state)
{
    NEEDS_LOOP();
    struct test_disk disk = new_disk(64 * MIB, TRI_STYLE_GPT);
    struct tri_partition_spec spec = gpt_spec(&disk, 2 * MIB, MIB);
    spec.type = uuid(ESP);
    struct tri_partition_result made;
    assert_int_equal(create_at(&spec, &made), 0);
    assert_false(made.is_volume);
    assert_int_equal(tri_partition_delete(disk.sequence, 2 * MIB, true, false, NULL), TRI_STORAGE_PROTECTED);
    struct test_run run = TEST_RUN;
    struct tri_clean_spec clean = {.sequence = disk.sequence, .force = true};
    assert_int_equal(test_run_end(&run, tri_disk_clean(&clean, test_run_op(&run), NULL, &run.error)),
                     TRI_STORAGE_HAS_OEM);
    assert_int_equal(tri_partition_delete(disk.sequence, 2 * MIB, false, true, NULL), 0);
    assert_int_equal(partition_count(&disk), 0);
    assert_int_equal(tri_partition_delete(disk.sequence, 2 * MIB, false, true, NULL), TRI_STORAGE_NOT_FOUND);
    test_run_close(&run);
    test_disk_drop(&disk);
}

static void a_mounted_partition_is_deleted_with_force_only_and_unmounted_first(void **state)
{
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_disk disk = new_disk(64 * MIB, TRI_STYLE_GPT);
    assert_int_equal(create(gpt_spec(&disk, 2 * MIB, 16 * MIB)), 0);
    assert_int_equal(create(gpt_spec(&disk, 20 * MIB, 16 * MIB)), 0);
    char node[64];
    assert_true(test_node(disk.name, 1, node, NULL, NULL));
    const char *point = test_path("mounted");
    assert_int_equal(mkdir(point, 0700), 0);
    assert_int_equal(TEST_PROGRAM("mkfs.ext4", "-q", "-F", node), 0);
    assert_int_equal(mount(node, point, "ext4", 0, NULL), 0);
    struct tri_error error = {0};
    assert_int_equal(tri_partition_delete(disk.sequence, 2 * MIB, false, false, &error), TRI_STORAGE_IN_USE);
    assert_non_null(strstr(error.text, point));
    tri_error_clear(&error);
    assert_int_equal(partition_count(&disk), 2);
    assert_true(test_is_mounted_at(point));
    /* a neighbour may be changed meanwhile */
    assert_int_equal(tri_partition_delete(disk.sequence, 20 * MIB, false, false, NULL), 0);
    assert_int_equal(create(gpt_spec(&disk, 20 * MIB, 8 * MIB)), 0);
    assert_true(test_is_mounted_at(point));
    assert_int_equal(tri_partition_delete(disk.sequence, 2 * MIB, true, false, NULL), 0);
    assert_false(test_is_mounted_at(point));
    assert_int_equal(partition_count(&disk), 1);
    rmdir(point);
    test_disk_drop(&disk);
}

static void a_partition_that_a_program_has_open_is_not_deleted(void **state)
{
    NEEDS_LOOP();
    struct test_disk disk = new_disk(64 * MIB, TRI_STYLE_GPT);
    assert_int_equal(create(gpt_spec(&disk, 2 * MIB, 16 * MIB)), 0);
    char node[64];
    assert_true(test_node(disk.name, 1, node, NULL, NULL));
    int fd = open(node, O_RDONLY | O_CLOEXEC);
    assert_int_equal(tri_partition_delete(disk.sequence, 2 * MIB, true, true, NULL), TRI_STORAGE_IN_USE);
    assert_int_equal(partition_count(&disk), 1);
    assert_int_equal(test_node_count(disk.name), 1);
    close(fd);
    assert_int_equal(tri_partition_delete(disk.sequence, 2 * MIB, false, false, NULL), 0);
    test_disk_drop(&disk);
}

static void the_end_of_a_partition_moves_with_its_node(void **state)
{
    NEEDS_LOOP();
    for (int i = 0; i < 2; i++) {
        enum tri_style style = i ? TRI_STYLE_GPT : TRI_STYLE_MBR;
        struct test_disk disk = new_disk(64 * MIB, style);
        assert_int_equal(create(i ? gpt_spec(&disk, 2 * MIB, 8 * MIB) : mbr_spec(&disk, 2 * MIB, 8 * MIB, 7)), 0);
        assert_int_equal(create(i ? gpt_spec(&disk, 20 * MIB, 8 * MIB) : mbr_spec(&disk, 20 * MIB, 8 * MIB, 7)), 0);
        struct tri_disk_lock lock = TRI_DISK_LOCK_NONE;
        assert_int_equal(tri_disk_lock_take(disk.sequence, TRI_WHOLE_DISK, &lock, NULL), 0);
        uint64_t sizes[] = {18 * MIB, 4 * MIB, 4 * MIB + 512};
        for (size_t n = 0; n < 3; n++) {
            uint64_t size = 0;
            assert_int_equal(tri_partition_resize_locked(&lock, 2 * MIB, sizes[n], NULL), 0);
            assert_true(test_node(disk.name, 1, NULL, NULL, &size));
            assert_int_equal(size, sizes[n]);
            assert_int_equal(tri_disk_partition_at(lock.disk, 2 * MIB)->size_bytes, sizes[n]);
        }
        assert_int_equal(tri_partition_resize_locked(&lock, 2 * MIB, 18 * MIB + 512, NULL), TRI_STORAGE_NO_SPACE);
        assert_int_equal(tri_partition_resize_locked(&lock, 20 * MIB, 1ull << 63, NULL), TRI_STORAGE_NO_SPACE);
        assert_int_equal(tri_partition_resize_locked(&lock, 2 * MIB, 0, NULL), -EINVAL);
        assert_int_equal(tri_partition_resize_locked(&lock, 2 * MIB, 1000, NULL), -EINVAL);
        assert_int_equal(tri_partition_resize_locked(&lock, 3 * MIB, MIB, NULL), TRI_STORAGE_NOT_FOUND);
        tri_disk_lock_drop(&lock);
        test_disk_drop(&disk);
    }
}

static void free_extents_are_what_partitions_leave(void **state)
{
    NEEDS_LOOP();
    struct test_disk disk = new_disk(64 * MIB, TRI_STYLE_GPT);
    assert_int_equal(create(gpt_spec(&disk, 8 * MIB, 8 * MIB)), 0);
    struct tri_disk *found = read_disk(&disk);
    struct tri_extent *extents = NULL;
    size_t count = 0;
    assert_int_equal(tri_disk_free_extents(found, MIB, &extents, &count), 0);
    assert_int_equal(count, 2);
    assert_int_equal(extents[0].start_bytes, MIB);
    assert_int_equal(extents[0].size_bytes, 7 * MIB);
    assert_int_equal(extents[1].start_bytes, 16 * MIB);
    assert_int_equal(extents[1].size_bytes, 47 * MIB);
    free(extents);
    tri_disk_free(found);
    test_disk_drop(&disk);
}

/* ---- the writing of a table ---- */

/* A change of the table, prepared: one partition more. */
static struct tri_label_edit *prepared(const struct tri_disk *disk, int fd)
{
    struct tri_label_edit *edit = NULL;
    struct tri_partition wanted = {
        .start_bytes = 8 * MIB, .size_bytes = MIB, .type = uuid(LINUX_DATA), .id = tri_uuid_random()};
    assert_int_equal(tri_label_edit_begin(disk, fd, TRI_STYLE_NONE, &edit, NULL), 0);
    assert_int_equal(tri_label_edit_add(edit, &wanted, NULL), 0);
    assert_int_equal(tri_label_edit_preview(edit, NULL), 0);
    return edit;
}

static void a_table_that_was_written_can_be_put_back_to_the_byte(void **state)
{
    NEEDS_LOOP();
    struct test_disk disk = new_disk(64 * MIB, TRI_STYLE_GPT);
    assert_int_equal(create(gpt_spec(&disk, 2 * MIB, MIB)), 0);
    struct tri_disk *found = read_disk(&disk);
    char before[40 * 512], after[40 * 512];
    test_disk_read(&disk, 0, before, sizeof before);
    struct tri_label_edit *edit = prepared(found, disk.fd);
    test_disk_read(&disk, 0, after, sizeof after);
    assert_memory_equal(before, after, sizeof before); /* preparing writes nothing */
    assert_int_equal(tri_label_edit_commit(edit, NULL), 0);
    assert_int_equal(partition_count(&disk), 2);
    assert_int_equal(tri_label_edit_undo(edit, NULL), 0);
    test_disk_read(&disk, 0, after, sizeof after);
    assert_memory_equal(before, after, sizeof before);
    tri_label_edit_free(edit);
    tri_disk_free(found);
    test_disk_drop(&disk);
}

static void a_table_that_cannot_be_written_is_told_and_nothing_changes(void **state)
{
    NEEDS_LOOP();
    struct test_disk disk = new_disk(64 * MIB, TRI_STYLE_GPT);
    struct tri_disk *found = read_disk(&disk);
    int fd = open(disk.node, O_RDONLY | O_CLOEXEC);
    struct tri_label_edit *edit = prepared(found, fd);
    struct tri_error error = {0};
    assert_int_equal(tri_label_edit_commit(edit, &error), TRI_STORAGE_IO);
    assert_non_null(strstr(error.text, "Cannot write"));
    tri_error_clear(&error);
    tri_label_edit_free(edit);
    close(fd);
    tri_disk_free(found);
    assert_int_equal(partition_count(&disk), 0);
    test_disk_drop(&disk);
}

/* Its number would become less by one, and its node with it. */
static void a_logical_partition_before_a_mounted_one_is_not_deleted(void **state)
{
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_disk disk = new_disk(128 * MIB, TRI_STYLE_MBR);
    assert_int_equal(create(mbr_spec(&disk, 4 * MIB, 100 * MIB, 0x05)), 0);
    assert_int_equal(create(mbr_spec(&disk, 8 * MIB, 4 * MIB, 0x83)), 0);
    assert_int_equal(create(mbr_spec(&disk, 16 * MIB, 16 * MIB, 0x83)), 0);
    char node[64];
    assert_true(test_node(disk.name, 6, node, NULL, NULL));
    const char *point = test_path("logical");
    assert_int_equal(mkdir(point, 0700), 0);
    assert_int_equal(TEST_PROGRAM("mkfs.ext4", "-q", "-F", node), 0);
    assert_int_equal(mount(node, point, "ext4", 0, NULL), 0);
    assert_int_equal(tri_partition_delete(disk.sequence, 8 * MIB, true, true, NULL), TRI_STORAGE_IN_USE);
    assert_int_equal(partition_count(&disk), 3);
    assert_int_equal(umount(point), 0);
    assert_int_equal(tri_partition_delete(disk.sequence, 8 * MIB, false, false, NULL), 0);
    struct tri_disk *found = read_disk(&disk);
    assert_string_equal(tri_disk_partition_at(found, 16 * MIB)->filesystem.type, "ext4");
    assert_int_equal(tri_disk_partition_at(found, 16 * MIB)->number, 5);
    tri_disk_free(found);
    rmdir(point);
    test_disk_drop(&disk);
}

/* ---- death and company ---- */

/* A child that makes and deletes a partition for ever, and is killed at some moment: what is then on the disk is the
 * table of before or of after, and the next change works. */
static void a_program_killed_in_a_change_leaves_the_old_or_the_new_table(void **state)
{
    NEEDS_LOOP();
    for (int style = 0; style < 2; style++) {
        struct test_disk disk = new_disk(64 * MIB, style ? TRI_STYLE_GPT : TRI_STYLE_MBR);
        assert_int_equal(create(style ? gpt_spec(&disk, 2 * MIB, MIB) : mbr_spec(&disk, 2 * MIB, MIB, 7)), 0);
        if (!style)
            assert_int_equal(create(mbr_spec(&disk, 4 * MIB, 40 * MIB, 5)), 0);
        size_t least = partition_count(&disk);
        for (int round = 0; round < 40; round++) {
            pid_t child = fork();
            if (child == 0) {
                for (;;) {
                    struct tri_partition_spec spec =
                        style ? gpt_spec(&disk, 8 * MIB, 4 * MIB) : mbr_spec(&disk, 8 * MIB, 4 * MIB, 7);
                    struct tri_op *op = tri_op_new();
                    if (tri_partition_create(&spec, op, NULL, NULL) == 0)
                        tri_op_wait(op, TRI_DEADLINE_NEVER);
                    tri_op_close(tri_op_handle(op));
                    tri_partition_delete(disk.sequence, 8 * MIB, false, false, NULL);
                }
            }
            poll(NULL, 0, 3 + round % 17); /* somewhere in the middle of it, no matter where */
            kill(child, SIGKILL);
            waitpid(child, NULL, 0);
            struct tri_disk *found = read_disk(&disk);
            assert_int_equal(found->style, style ? TRI_STYLE_GPT : TRI_STYLE_MBR);
            assert_true(found->partition_count == least || found->partition_count == least + 1);
            assert_non_null(tri_disk_partition_at(found, 2 * MIB));
            tri_disk_free(found);
        }
        assert_int_equal(tri_disk_sync_nodes(disk.sequence, NULL), 0);
        int code = tri_partition_delete(disk.sequence, 8 * MIB, false, false, NULL);
        assert_true(code == 0 || code == TRI_STORAGE_NOT_FOUND);
        assert_int_equal(partition_count(&disk), least);
        assert_int_equal(test_node_count(disk.name), 1);
        test_disk_drop(&disk);
    }
}

/* Two programs on one disk: each answer is success or "locked"; nothing is lost. */
static void two_programs_on_one_disk_do_not_disturb_each_other(void **state)
{
    NEEDS_LOOP();
    struct test_disk disk = new_disk(64 * MIB, TRI_STYLE_GPT);
    pid_t children[2];
    for (int who = 0; who < 2; who++) {
        children[who] = fork();
        if (children[who] != 0)
            continue;
        int made = 0;
        for (uint64_t until_ns = test_deadline_ns(); made < 10 && !test_pause(until_ns);) {
            struct tri_partition_spec spec = gpt_spec(&disk, (uint64_t)(2 + who * 24 + made * 2) * MIB, MIB);
            struct tri_op *op = tri_op_new();
            int code = tri_partition_create(&spec, op, NULL, NULL);
            if (code == 0)
                tri_op_wait(op, TRI_DEADLINE_NEVER);
            tri_op_close(tri_op_handle(op));
            if (code != 0 && code != TRI_STORAGE_LOCKED)
                _exit(2);
            made += code == 0;
        }
        _exit(made == 10 ? 0 : 1);
    }
    for (int who = 0; who < 2; who++) {
        int status;
        assert_int_equal(waitpid(children[who], &status, 0), children[who]);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
    assert_int_equal(partition_count(&disk), 20);
    assert_int_equal(test_node_count(disk.name), 20);
    test_disk_drop(&disk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        /* these fork: before this process has threads of its own */
        cmocka_unit_test(a_program_killed_in_a_change_leaves_the_old_or_the_new_table),
        cmocka_unit_test(two_programs_on_one_disk_do_not_disturb_each_other),
        cmocka_unit_test(a_gpt_partition_is_made_as_asked_with_its_node),
        cmocka_unit_test(other_programs_read_a_name_beyond_the_first_plane),
        cmocka_unit_test(thirty_six_units_of_a_name_fit_and_one_more_does_not),
        cmocka_unit_test(the_offset_is_rounded_up_and_the_end_down),
        cmocka_unit_test(the_default_alignment_is_a_mebibyte_from_four_gibibytes_on),
        cmocka_unit_test(anywhere_takes_the_first_place_that_fits),
        cmocka_unit_test(ranges_that_are_not_free_are_refused),
        cmocka_unit_test(words_that_do_not_fit_the_disk_are_refused),
        cmocka_unit_test(a_gpt_takes_128_partitions),
        cmocka_unit_test(an_old_file_system_does_not_come_back_with_a_new_partition),
        cmocka_unit_test(data_beside_a_new_partition_is_not_touched),
        cmocka_unit_test(partitions_on_large_sectors_are_made),
        cmocka_unit_test(a_damaged_first_copy_is_made_good_by_the_next_change),
        cmocka_unit_test(a_table_on_a_disk_that_has_grown_can_be_changed),
        cmocka_unit_test(an_mbr_takes_four_primary_partitions),
        cmocka_unit_test(logical_partitions_lie_in_the_extended_one),
        cmocka_unit_test(a_logical_partition_in_the_middle_can_be_deleted_and_made_again),
        cmocka_unit_test(only_one_mbr_partition_is_active),
        cmocka_unit_test(an_mbr_does_not_reach_beyond_two_tebibytes),
        cmocka_unit_test(types_that_an_mbr_does_not_have_are_refused),
        cmocka_unit_test(attributes_and_type_of_a_gpt_partition_change_and_nothing_else),
        cmocka_unit_test(protected_partitions_are_deleted_only_when_told_so),
        cmocka_unit_test(a_mounted_partition_is_deleted_with_force_only_and_unmounted_first),
        cmocka_unit_test(a_partition_that_a_program_has_open_is_not_deleted),
        cmocka_unit_test(the_end_of_a_partition_moves_with_its_node),
        cmocka_unit_test(free_extents_are_what_partitions_leave),
        cmocka_unit_test(a_table_that_was_written_can_be_put_back_to_the_byte),
        cmocka_unit_test(a_table_that_cannot_be_written_is_told_and_nothing_changes),
        cmocka_unit_test(a_logical_partition_before_a_mounted_one_is_not_deleted),
    };
    return cmocka_run_group_tests_name("partition", tests, test_storage_begin, test_storage_finish);
}
