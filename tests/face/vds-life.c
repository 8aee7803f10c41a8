/* The whole life of a disk, for each image format and each file system, GPT and MBR: made, attached, given a table, a
 * partition, a file system and files, mounted, extended, shrunk, detached and attached again, cleaned, deleted. */
#include "vds-face.h"

struct kind {
    const char *name, *tool, *blkid, *driver; /* driver: that mounts it */
    bool grows, shrinks;
    const char *resizer;
};
static const struct kind kinds[] = {
    {"ext4", "mkfs.ext4", "ext4", "ext4", true, true, "resize2fs"},
    {"xfs", "mkfs.xfs", "xfs", "xfs", true, false, "xfs_growfs"},
    {"btrfs", "mkfs.btrfs", "btrfs", "btrfs", true, true, "btrfs"},
    {"FAT32", "mkfs.vfat", "vfat", "vfat", false, false, "mkfs.vfat"},
    {"exFAT", "mkfs.exfat", "exfat", "exfat", false, false, "mkfs.exfat"},
    {"NTFS", "mkntfs", "ntfs", "fuseblk", true, true, "ntfsresize"},
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]), FILE_SIZE = 3 * 1024 * 1024 };

struct life {
    enum face_format format;
    const struct kind *kind;
    char title[80];
};

static bool kernel_has(const char *driver)
{
    if (strcmp(driver, "fuseblk") == 0)
        return run_command("command -v ntfs-3g mount.ntfs >/dev/null") == 0;
    return run_command("grep -qw %s /proc/filesystems", driver) == 0;
}

static void expect_state(struct face_disk *disk, VDS_VDISK_STATE state)
{
    VDS_VDISK_PROPERTIES prop;
    assert_hr_of(IVdsVDisk_GetProperties(disk->image, &prop), S_OK, VDS_S_PROPERTIES_INCOMPLETE);
    assert_int_equal(prop.State, state);
    assert_string_equal(take(prop.pPath), disk->path);
    assert_int_equal(prop.pDeviceName != NULL, state == VDS_VST_ATTACHED || state == VDS_VST_ATTACHED_NOT_OPEN);
    CoTaskMemFree(prop.pDeviceName);
    CoTaskMemFree(prop.pParentPath);
}

static bool is_unallocated(const VDS_OBJECT_ID *id)
{
    IEnumVdsObject *list = NULL;
    bool found = false;
    assert_hr(S_OK, IVdsService_QueryUnallocatedDisks(service, &list));
    EACH (disk, IVdsDisk, list)
        found |= is_disk(disk, id);
    IEnumVdsObject_Release(list);
    return found;
}

static void is_born(struct face_disk *disk, enum face_format format)
{
    static unsigned number;
    *disk = (struct face_disk){0};
    snprintf(disk->path, sizeof(disk->path), "%s/%u.%s", face_files, ++number, face_formats[format].name);
    disk->image = create_image(disk->path, format, 512 * MIB, false);
    expect_state(disk, VDS_VST_ADDED);
    assert_hr(S_OK, IVdsVDisk_Open(disk->image, VIRTUAL_DISK_ACCESS_ALL, OPEN_VIRTUAL_DISK_FLAG_NONE, 1, &disk->open));
    expect_state(disk, VDS_VST_OPEN);
    attach(disk);
    expect_state(disk, VDS_VST_ATTACHED);
    assert_int_equal(disk_prop(disk->disk).ullSize, 512 * MIB);
    assert_true(is_unallocated(&disk->id));
}

static void is_given_a_table(struct face_disk *disk, VDS_PARTITION_STYLE style)
{
    IVdsPack *pack = (IVdsPack *)1;
    assert_hr(VDS_E_DISK_NOT_INITIALIZED, IVdsDisk_GetPack(disk->disk, &pack));
    assert_null(pack);
    initialize(disk, style);
    assert_int_equal(disk_prop(disk->disk).PartitionStyle, style);
    assert_hr(S_OK, IVdsDisk_GetPack(disk->disk, &pack));
    IVdsPack_Release(pack);
    assert_false(is_unallocated(&disk->id));
    assert_string_equal(blkid(disk->node, "PTTYPE"), style == VDS_PST_MBR ? "dos" : "gpt");
}

static void is_formatted(struct face_volume *volume, const struct kind *kind)
{
    VDS_FILE_SYSTEM_PROP prop;
    assert_hr(S_OK, format_as(volume, kind->name, "LIFE", VDS_FSOF_QUICK));
    assert_string_equal(type_name(volume), kind->name);
    assert_string_equal(blkid(volume->node, "TYPE"), kind->blkid);
    assert_string_equal(blkid(volume->node, "LABEL"), "LIFE");
    assert_hr(S_OK, IVdsVolumeMF_GetFileSystemProperties(volume->mf, &prop));
    assert_string_equal(take(prop.pwszLabel), "LIFE");
    assert_true(IsEqualGUID(&prop.volumeId, &volume->id));
}

static void has_path(struct face_volume *volume, const char *path, bool expected)
{
    LPWSTR *paths = NULL;
    LONG count = 77;
    bool found = false;
    assert_hr(S_OK, IVdsVolumeMF_QueryAccessPaths(volume->mf, &paths, &count));
    for (LONG i = 0; i < count; i++) {
        const char *text = take(paths[i]);
        found |= strncmp(text, path, strlen(path)) == 0;
    }
    CoTaskMemFree(paths);
    assert_int_equal(found, expected);
    assert_int_equal(is_mounted(path), expected);
}

/* Mounts it, if that can be done here. */
static bool is_mounted_at(struct face_volume *volume, const struct kind *kind, const char *folder)
{
    HRESULT hr = IVdsVolumeMF_AddAccessPath(volume->mf, W("%s", folder));
    if (hr != S_OK && !kernel_has(kind->driver)) {
        static const struct kind *told;
        if (told != kind)
            printf("# this kernel does not mount %s: %s\n", kind->name, why());
        told = kind;
        assert_hr(VDS_E_NOT_SUPPORTED, hr);
        return false;
    }
    if (hr != S_OK)
        printf("# mount %s: %s\n", kind->name, why());
    assert_hr(S_OK, hr);
    has_path(volume, folder, true);
    return true;
}

static void is_unmounted(struct face_volume *volume, const char *folder)
{
    assert_hr(S_OK, IVdsVolumeMF_DeleteAccessPath(volume->mf, W("%s", folder), FALSE));
    has_path(volume, folder, false);
}

/* Its file is what it was, if it can be looked at here. */
static void still_has_its_file(struct face_volume *volume, const struct kind *kind, const char *folder)
{
    if (!is_mounted_at(volume, kind, folder))
        return;
    check_pattern(folder, "file", 17, FILE_SIZE);
    is_unmounted(volume, folder);
}

static void is_written_to(struct face_volume *volume, const struct kind *kind, const char *folder)
{
    if (!is_mounted_at(volume, kind, folder))
        return;
    write_pattern(folder, "file", 17, FILE_SIZE);
    check_pattern(folder, "file", 17, FILE_SIZE);
    is_unmounted(volume, folder);
    still_has_its_file(volume, kind, folder);
}

static void is_extended(struct face_disk *disk, struct face_volume *volume, const struct kind *kind)
{
    VDS_INPUT_DISK input = {.diskId = disk->id, .ullSize = 64 * MIB};
    VDS_ASYNC_OUTPUT output;
    ULONGLONG before = volume_prop(volume).ullSize;
    HRESULT hr = RUN(IVdsVolume_Extend(volume->volume, &input, 1, ASYNC), &output);
    assert_hr(kind->grows ? S_OK : VDS_E_CANNOT_EXTEND, hr);
    assert_int_equal(volume_prop(volume).ullSize, before + (kind->grows ? 64 * MIB : 0));
    if (hr == S_OK)
        assert_int_equal(output.type, VDS_ASYNCOUT_EXTENDVOLUME);
}

static void is_shrunk(struct face_volume *volume, const struct kind *kind)
{
    VDS_ASYNC_OUTPUT output;
    ULONGLONG before = volume_prop(volume).ullSize;
    HRESULT hr = RUN(IVdsVolumeShrink_Shrink(volume->shrink, 64 * MIB, 32 * MIB, ASYNC), &output);
    assert_hr(kind->shrinks ? S_OK : VDS_E_CANNOT_SHRINK, hr);
    if (hr != S_OK) {
        assert_int_equal(volume_prop(volume).ullSize, before);
        return;
    }
    assert_int_equal(output.type, VDS_ASYNCOUT_SHRINKVOLUME);
    assert_in_range(output.sv.ullReclaimedBytes, 32 * MIB, 64 * MIB);
    assert_int_equal(volume_prop(volume).ullSize, before - output.sv.ullReclaimedBytes);
}

static void sleeps_and_wakes(struct face_disk *disk, struct face_volume *volume)
{
    VDS_DISK_PROP prop;
    IVdsDisk *old = disk->disk;
    char node[32];
    snprintf(node, sizeof(node), "%s", disk->node);
    IVdsDisk_AddRef(old);
    drop_volume(volume);
    detach(disk);
    expect_state(disk, VDS_VST_OPEN);
    assert_hr(VDS_E_OBJECT_DELETED, IVdsDisk_GetProperties(old, &prop));
    IVdsDisk_Release(old);
    assert_hr(VDS_E_OBJECT_NOT_FOUND, IVdsVdProvider_GetDiskFromVDisk(virtual_disks, disk->image, &old));
    assert_null(old);
    attach(disk);
    find_volume_again(volume, disk);
}

static void is_cleaned(struct face_disk *disk)
{
    VDS_ASYNC_OUTPUT output;
    assert_hr(VDS_E_CLEAN_WITH_DATA, TRY(IVdsAdvancedDisk_Clean(disk->advanced, FALSE, FALSE, FALSE, ASYNC)));
    assert_hr(S_OK, RUN(IVdsAdvancedDisk_Clean(disk->advanced, TRUE, FALSE, FALSE, ASYNC), &output));
    assert_int_equal(output.type, VDS_ASYNCOUT_CLEAN);
    assert_true(is_unallocated(&disk->id));
    assert_string_equal(blkid(disk->node, "PTTYPE"), "");
    assert_string_equal(node_at(disk, MIB), "");
}

static void live(const struct life *life, VDS_PARTITION_STYLE style)
{
    struct face_disk disk;
    struct face_volume volume;
    const char *folder = make_folder("mount");
    is_born(&disk, life->format);
    is_given_a_table(&disk, style);
    make_volume(&volume, &disk, MIB, 400 * MIB);
    assert_int_equal(volume.offset, MIB);
    is_formatted(&volume, life->kind);
    is_written_to(&volume, life->kind, folder);
    is_extended(&disk, &volume, life->kind);
    still_has_its_file(&volume, life->kind, folder);
    is_shrunk(&volume, life->kind);
    still_has_its_file(&volume, life->kind, folder);
    sleeps_and_wakes(&disk, &volume);
    assert_string_equal(type_name(&volume), life->kind->name);
    still_has_its_file(&volume, life->kind, folder);
    drop_volume(&volume);
    is_cleaned(&disk);
    drop_disk(&disk);
}

static void lives(void **state)
{
    const struct life *life = *state;
    NEEDS_DISKS;
    const char *missing = program_missing(life->format);
    SKIP_UNLESS(!missing, missing);
    SKIP_UNLESS(run_command("command -v %s %s >/dev/null", life->kind->tool, life->kind->resizer) == 0,
                "the file system's tools are not installed");
    live(life, VDS_PST_GPT);
    live(life, VDS_PST_MBR);
}

static void an_image_outlives_who_attached_it(void **state)
{
    NEEDS_DISKS;
    struct face_disk disk, again = {0};
    struct face_volume volume;
    VDS_VDISK_PROPERTIES prop;
    VIRTUAL_STORAGE_TYPE type = storage_type(RAW);
    make_disk_with_volume(&disk, &volume, "outlives.img", 64 * MIB);
    drop_volume(&volume);
    LET_GO(disk.advanced);
    LET_GO(disk.disk);
    LET_GO(disk.open);
    LET_GO(disk.image);
    memcpy(again.path, disk.path, sizeof(again.path));
    assert_hr(S_OK, IVdsVdProvider_AddVDisk(virtual_disks, &type, W("%s", again.path), &again.image));
    assert_hr(S_OK, IVdsVDisk_GetProperties(again.image, &prop));
    assert_int_equal(prop.State, VDS_VST_ATTACHED_NOT_OPEN);
    CoTaskMemFree(prop.pPath);
    CoTaskMemFree(prop.pDeviceName);
    CoTaskMemFree(prop.pParentPath);
    assert_hr(S_OK, IVdsVDisk_Open(again.image, VIRTUAL_DISK_ACCESS_ALL, OPEN_VIRTUAL_DISK_FLAG_NONE, 1, &again.open));
    look_at_disk(&again);
    assert_string_equal(again.node, disk.node);
    drop_disk(&again);
}

static void a_disk_has_no_partitions_of_the_one_before(void **state)
{
    NEEDS_DISKS;
    struct face_disk first, second;
    struct face_volume volume;
    make_disk_with_volume(&first, &volume, "first.img", 64 * MIB);
    drop_volume(&volume);
    drop_disk(&first);
    assert_int_not_equal(run_command("ls %sp* >/dev/null 2>&1", first.node), 0);
    for (int i = 0; i < 3; i++) {
        make_disk(&second, "second.img", RAW, 64 * MIB);
        assert_string_equal(node_at(&second, MIB), "");
        drop_disk(&second);
    }
}

int main(void)
{
    static struct life lifes[FORMATS * KINDS];
    struct CMUnitTest tests[FORMATS * KINDS + 3] = {{0}};
    size_t count = 0;
    for (int format = 0; format < FORMATS; format++)
        for (size_t i = 0; i < KINDS; i++, count++) {
            struct life *life = &lifes[count];
            life->format = (enum face_format)format;
            life->kind = &kinds[i];
            snprintf(life->title, sizeof(life->title), "a_%s_disk_lives_with_%s", face_formats[format].name,
                     kinds[i].name);
            tests[count] = (struct CMUnitTest){.name = life->title, .test_func = lives, .initial_state = life};
        }
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(an_image_outlives_who_attached_it);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(a_disk_has_no_partitions_of_the_one_before);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(nothing_is_left_behind);
    return cmocka_run_group_tests_name("vds life", tests, set_up_disks, tear_down_disks);
}
