/* Nothing is done to what it was not asked for, and nonsense is refused with the documented code and changes
 * nothing. */
#include "vds-face.h"

#include <linux/fs.h>
#include <sched.h>
#include <sys/swap.h>

static const VDS_OBJECT_ID nobody = {0x12345678, 0x1234, 0x1234, {1, 2, 3, 4, 5, 6, 7, 8}};

/* ---- what cannot be ---- */

static void sizes_that_cannot_be_are_refused(void **state)
{
    NEEDS_DISKS;
    static const VDS_PARTITION_STYLE styles[] = {VDS_PST_GPT, VDS_PST_MBR};
    static const struct {
        ULONGLONG offset, size;
    } rows[] = {
        {MIB, 0},
        {MIB, 1},
        {MIB, 511},
        {MIB, 1ull << 63},
        {1ull << 63, MIB},
        {MIB, ~0ull},
        {~0ull, ~0ull},
        {~0ull, 1},
        {64 * MIB, MIB},
        {MIB, 64 * MIB},
        {63 * MIB, 2 * MIB},
        {1ull << 63, 1ull << 63},
        {~0ull - 4096, 8192},
        {4096 * GIB, MIB},
        {20 * MIB, 8 * MIB} /* taken */,
        {16 * MIB, 8 * MIB} /* partly taken */,
    };
    for (int s = 0; s < 2; s++) {
        struct face_disk disk;
        make_disk(&disk, "sizes.img", RAW, 64 * MIB);
        initialize(&disk, styles[s]);
        assert_hr(S_OK, try_partition(&disk, 20 * MIB, 8 * MIB, NULL));
        uint64_t before = disk_digest(&disk);
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            HRESULT hr = try_partition(&disk, rows[i].offset, rows[i].size, NULL);
            if (hr != VDS_E_INVALID_SPACE && hr != VDS_E_NOT_ENOUGH_SPACE && hr != E_INVALIDARG &&
                hr != VDS_E_MAX_USABLE_MBR)
                fail_msg("row %zu: 0x%08X %s: %s", i, (uint32_t)hr, trireme_hresult_name(hr), why());
        }
        assert_int_equal(count_partitions(disk.advanced), 1);
        assert_true(disk_digest(&disk) == before);
        drop_disk(&disk);
    }
}

static void an_mbr_ends_at_two_tib(void **state)
{
    NEEDS_DISKS;
    struct face_disk disk;
    make_disk(&disk, "big.img", RAW, 3072 * GIB);
    initialize(&disk, VDS_PST_MBR);
    assert_hr(VDS_E_MAX_USABLE_MBR, try_partition(&disk, MIB, 2500 * GIB, NULL));
    assert_hr(VDS_E_MAX_USABLE_MBR, try_partition(&disk, 2500 * GIB, GIB, NULL));
    assert_hr(S_OK, try_partition(&disk, MIB, 1000 * GIB, NULL));
    assert_int_equal(count_partitions(disk.advanced), 1);
    drop_disk(&disk);
}

static void labels_that_cannot_be_are_refused(void **state)
{
    NEEDS_DISKS;
    static WCHAR long_label[400];
    static WCHAR lone[] = {u'a', 0xd800, u'b', 0};
    static const struct {
        const char *type, *tool;
        const WCHAR *label;
    } rows[] = {
        {"ext4", "mkfs.ext4", u"seventeen letters"},
        {"ext4", "mkfs.ext4", long_label},
        {"ext4", "mkfs.ext4", lone},
        {"FAT32", "mkfs.vfat", u"twelve chars"},
        {"FAT32", "mkfs.vfat", u"a*b"},
        {"FAT32", "mkfs.vfat", u"\u4e2d\u6587"},
        {"exFAT", "mkfs.exfat", u"sixteen letters!"},
        {"NTFS", "mkntfs", long_label},
        {"NTFS", "mkntfs", lone},
        {"ext4", "mkfs.ext4", u"\u4e2d\u6587\u4e2d\u6587\u4e2d\u6587"}, /* 6 characters, 18 bytes */
    };
    struct face_disk disk;
    struct face_volume volume;
    for (size_t i = 0; i < 399; i++)
        long_label[i] = u'x';
    make_disk_with_volume(&disk, &volume, "labels.img", 128 * MIB);
    format_quickly(&volume, "ext4");
    uint64_t before = disk_digest(&disk);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (run_command("command -v %s >/dev/null", rows[i].tool) != 0)
            continue;
        HRESULT hr = TRY(IVdsVolumeMF3_FormatEx2(volume.mf3, W("%s", rows[i].type), 0, 0, (LPWSTR)rows[i].label,
                                                 VDS_FSOF_QUICK | VDS_FSOF_FORCE, ASYNC));
        if (hr != VDS_E_BAD_LABEL)
            fail_msg("row %zu: 0x%08X %s", i, (uint32_t)hr, trireme_hresult_name(hr));
    }
    assert_true(disk_digest(&disk) == before);
    assert_string_equal(blkid(volume.node, "LABEL"), "TEST");
    drop_both(&disk, &volume);
}

static void formats_that_cannot_be_are_refused(void **state)
{
    NEEDS_DISKS;
    static WCHAR endless[5000];
    struct face_disk disk;
    struct face_volume volume;
    DWORD quick = VDS_FSOF_QUICK | VDS_FSOF_FORCE;
    for (size_t i = 0; i < 4999; i++)
        endless[i] = u'e';
    make_disk_with_volume(&disk, &volume, "formats.img", 64 * MIB);
    format_quickly(&volume, "ext4");
    uint64_t before = disk_digest(&disk);
    static const char *const names[] = {"ext5", "", "/bin/sh", "ext4 ", "ext4;reboot", "ReFS", "UDFx", "-F", "%s%n"};
    for (size_t i = 1; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i][0])
            assert_hr_of(format_as(&volume, names[i], NULL, quick), VDS_E_INVALID_FS_TYPE, VDS_E_FORMAT_NOT_SUPPORTED,
                         VDS_E_REFS_FORMAT_NOT_SUPPORTED);
    assert_hr(VDS_E_INVALID_FS_TYPE, TRY(IVdsVolumeMF3_FormatEx2(volume.mf3, endless, 0, 0, NULL, quick, ASYNC)));
    assert_hr(VDS_E_BAD_REVISION_NUMBER,
              TRY(IVdsVolumeMF3_FormatEx2(volume.mf3, u"ext4", 0x7777, 0, NULL, quick, ASYNC)));
    static const ULONG units[] = {1, 3, 511, 512, 4097, 131072, 0x80000000, 0xffffffff};
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        assert_hr_of(TRY(IVdsVolumeMF3_FormatEx2(volume.mf3, u"ext4", 0, units[i], NULL, quick, ASYNC)),
                     VDS_E_CLUSTER_SIZE_TOO_SMALL, VDS_E_CLUSTER_SIZE_TOO_BIG, E_INVALIDARG);
    assert_hr(VDS_E_COMPRESSION_NOT_SUPPORTED,
              TRY(IVdsVolumeMF3_FormatEx2(volume.mf3, u"FAT32", 0, 0, NULL, quick | VDS_FSOF_COMPRESSION, ASYNC)));
    assert_hr(VDS_E_FORMAT_NOT_SUPPORTED,
              TRY(IVdsVolumeMF_Format(volume.mf, VDS_FST_CDFS, NULL, 0, TRUE, TRUE, FALSE, ASYNC)));
    assert_hr(VDS_E_INVALID_FS_TYPE,
              TRY(IVdsVolumeMF_Format(volume.mf, (VDS_FILE_SYSTEM_TYPE)4711, NULL, 0, TRUE, TRUE, FALSE, ASYNC)));
    if (run_command("command -v mkfs.xfs >/dev/null") == 0)
        assert_hr(VDS_E_VOLUME_TOO_SMALL, format_as(&volume, "xfs", NULL, quick));
    if (run_command("command -v mkfs.btrfs >/dev/null") == 0)
        assert_hr(VDS_E_VOLUME_TOO_SMALL, format_as(&volume, "btrfs", NULL, quick));
    assert_true(disk_digest(&disk) == before);
    drop_both(&disk, &volume);
}

static void what_is_gone_is_said_to_be_gone(void **state)
{
    NEEDS_DISKS;
    struct face_disk disk;
    struct face_volume volume;
    VDS_VOLUME_PROP prop;
    VDS_PARTITION_PROP partition;
    VDS_FILE_SYSTEM_PROP filesystem;
    LPWSTR *paths = NULL;
    LONG count = 77;
    ULONG ucount;
    make_disk_with_volume(&disk, &volume, "gone.img", 64 * MIB);
    format_quickly(&volume, "ext4");
    /* somebody else deletes the partition, and makes another at its place */
    assert_int_equal(run_command("printf 'label: gpt\\nstart=2048, size=20480\\n' | "
                                 "sfdisk -q --force --no-tell-kernel --wipe never '%s' >/dev/null 2>&1",
                                 disk.node),
                     0);
    assert_hr(VDS_E_OBJECT_DELETED, IVdsVolume_GetProperties(volume.volume, &prop));
    assert_hr(VDS_E_OBJECT_DELETED, IVdsVolumeMF_GetFileSystemProperties(volume.mf, &filesystem));
    assert_hr(VDS_E_OBJECT_DELETED, IVdsVolumeMF_QueryAccessPaths(volume.mf, &paths, &count));
    assert_null(paths);
    assert_hr(VDS_E_OBJECT_DELETED, IVdsVolumeMF3_QueryVolumeGuidPathnames(volume.mf3, &paths, &ucount));
    assert_hr(VDS_E_OBJECT_DELETED, format_as(&volume, "ext4", NULL, VDS_FSOF_QUICK | VDS_FSOF_FORCE));
    assert_hr(VDS_E_OBJECT_DELETED, IVdsVolume_Delete(volume.volume, TRUE));
    assert_hr(VDS_E_OBJECT_DELETED, TRY(IVdsVolume_Shrink(volume.volume, MIB, ASYNC)));
    assert_int_equal(count_partitions(disk.advanced), 1);
    assert_hr(S_OK, IVdsAdvancedDisk_DeletePartition(disk.advanced, MIB, TRUE, TRUE));
    assert_hr(VDS_E_OBJECT_NOT_FOUND, IVdsAdvancedDisk_DeletePartition(disk.advanced, MIB, TRUE, TRUE));
    assert_hr(VDS_E_OBJECT_NOT_FOUND, IVdsAdvancedDisk_GetPartitionProperties(disk.advanced, MIB, &partition));

    /* the disk goes */
    IVdsAdvancedDisk *advanced = disk.advanced;
    IVdsAdvancedDisk_AddRef(advanced);
    drop_volume(&volume);
    drop_disk(&disk);
    VDS_PARTITION_PROP *partitions = NULL;
    assert_hr(VDS_E_OBJECT_DELETED, IVdsAdvancedDisk_QueryPartitions(advanced, &partitions, &count));
    assert_hr(VDS_E_OBJECT_DELETED, TRY(IVdsAdvancedDisk_Clean(advanced, TRUE, TRUE, FALSE, ASYNC)));
    assert_hr(VDS_E_OBJECT_DELETED, IVdsAdvancedDisk_DeletePartition(advanced, MIB, TRUE, TRUE));
    LET_GO(advanced);
    assert_hr(VDS_E_OBJECT_NOT_FOUND, try_add(&nobody, VDS_PST_GPT));
}

/* The file gets shorter below an attached image: every read of the disk is answered by an error. */
static void make_fail(const struct face_disk *disk)
{
    assert_int_equal(truncate(disk->path, 0), 0);
    run_command("blockdev --flushbufs '%s' %sp1 2>/dev/null", disk->node, disk->node);
}

static unsigned times_listed(const VDS_OBJECT_ID *id)
{
    IEnumVdsObject *list = NULL;
    unsigned count = 0;
    assert_hr(S_OK, IVdsService_QueryUnallocatedDisks(service, &list));
    EACH (disk, IVdsDisk, list)
        count += is_disk(disk, id);
    IEnumVdsObject_Release(list);
    return count;
}

static void a_disk_that_answers_errors_is_listed_as_failed(void **state)
{
    NEEDS_DISKS;
    struct face_disk disk, other;
    struct face_volume volume;
    VDS_DISK_PROP prop;
    VDS_PARTITION_PROP *partitions = (void *)1;
    LPWSTR name = NULL, id_before = NULL, id_after = NULL;
    IVdsPack *pack = (void *)1;
    IUnknown *object = NULL;
    LONG count = 77;
    make_disk_with_volume(&disk, &volume, "failed.img", 64 * MIB);
    make_disk(&other, "sound.img", RAW, 64 * MIB);
    IVdsAdvancedDisk3 *advanced3 = QUERY(disk.disk, IVdsAdvancedDisk3);
    assert_hr(S_OK, IVdsAdvancedDisk3_GetUniqueId(advanced3, &id_before));
    prop = disk_prop(disk.disk);
    assert_int_equal(prop.status, VDS_DS_ONLINE);
    make_fail(&disk);

    /* what it is is told, and that it has failed; it is in no pack, and the others are not hidden by it */
    assert_hr(S_OK, IVdsDisk_GetProperties(disk.disk, &prop));
    assert_int_equal(prop.status, VDS_DS_FAILED);
    assert_int_equal(prop.health, VDS_H_FAILED);
    assert_int_equal(prop.ullSize, 64 * MIB);
    assert_int_equal(prop.PartitionStyle, VDS_PST_UNKNOWN);
    assert_string_equal(U(prop.pwszDevicePath), disk.node);
    assert_int_equal(times_listed(&disk.id), 1);
    assert_int_equal(times_listed(&other.id), 1);
    assert_hr(S_OK, IVdsAdvancedDisk3_GetUniqueId(advanced3, &id_after));
    assert_string_equal(U(id_before), U(id_after));
    IVdsServiceSw *finder = QUERY(service, IVdsServiceSw);
    assert_hr(S_OK, IVdsServiceSw_GetDiskObject(finder, prop.pwszName, &object));
    IVdsDisk *found = QUERY(object, IVdsDisk);
    assert_true(is_disk(found, &disk.id));
    assert_hr(S_OK, IVdsVDisk_GetDeviceName(disk.image, &name));
    assert_string_equal(U(name), U(prop.pwszName));

    /* its table and its data are asked for in vain, and nothing is changed */
    assert_hr(VDS_E_IO_ERROR, IVdsDisk_GetPack(disk.disk, &pack));
    assert_null(pack);
    assert_hr(VDS_E_IO_ERROR, IVdsAdvancedDisk_QueryPartitions(disk.advanced, &partitions, &count));
    assert_null(partitions);
    assert_int_equal(count, 0);
    assert_hr(VDS_E_IO_ERROR, try_add(&disk.id, VDS_PST_GPT));
    assert_hr(VDS_E_IO_ERROR, TRY(IVdsAdvancedDisk_Clean(disk.advanced, TRUE, TRUE, FALSE, ASYNC)));
    assert_hr(VDS_E_IO_ERROR, format_as(&volume, "ext4", NULL, VDS_FSOF_QUICK | VDS_FSOF_FORCE));

    assert_int_equal(truncate(disk.path, 64 * MIB), 0);
    assert_int_equal(disk_prop(disk.disk).status, VDS_DS_ONLINE);
    CoTaskMemFree(name);
    CoTaskMemFree(id_before);
    CoTaskMemFree(id_after);
    free_disk_prop(&prop);
    LET_GO(found);
    LET_GO(object);
    LET_GO(finder);
    LET_GO(advanced3);
    drop_both(&disk, &volume);
    drop_disk(&other);
}

static void a_disk_that_answers_errors_can_be_detached(void **state)
{
    NEEDS_DISKS;
    struct face_disk disk;
    struct face_volume volume;
    make_disk_with_volume(&disk, &volume, "lost.img", 64 * MIB);
    make_fail(&disk);
    assert_int_equal(times_listed(&disk.id), 1);
    assert_hr(S_OK, IVdsOpenVDisk_Detach(disk.open, DETACH_VIRTUAL_DISK_FLAG_NONE, 0));
    assert_int_equal(times_listed(&disk.id), 0);
    drop_both(&disk, &volume);
}

/* A sentence that an earlier failure left would be taken for this one's. */
static void a_missing_place_for_the_answer_is_refused_with_a_sentence(void **state)
{
    NEEDS_DISKS;
    struct face_disk disk;
    struct face_volume volume;
    DWORD cookie = 77;
    make_disk_with_volume(&disk, &volume, "places.img", 64 * MIB);
#define REFUSED_AS(call, words)                                                                                        \
    do {                                                                                                               \
        assert_hr(VDS_E_BAD_COOKIE, IVdsService_Unadvise(service, 0));                                                 \
        assert_hr(E_INVALIDARG, (call));                                                                               \
        assert_non_null(strstr(why(), (words)));                                                                       \
    } while (0)
    REFUSED_AS(IVdsVolume_GetProperties(volume.volume, NULL), "IVdsVolume::GetProperties");
    REFUSED_AS(IVdsVolumeMF_GetFileSystemProperties(volume.mf, NULL), "IVdsVolumeMF::GetFileSystemProperties");
    REFUSED_AS(IVdsVDisk_GetDeviceName(disk.image, NULL), "IVdsVDisk::GetDeviceName");
    REFUSED_AS(IVdsVdProvider_QueryVDisks(virtual_disks, NULL), "IVdsVdProvider::QueryVDisks");
    REFUSED_AS(IVdsVdProvider_GetVDiskFromDisk(virtual_disks, NULL, NULL), "GetVDiskFromDisk");
    REFUSED_AS(IVdsService_Advise(service, NULL, &cookie), "sink");
    assert_int_equal(cookie, 0);
    drop_both(&disk, &volume);
}

static void corrupt_images_are_refused(void **state)
{
    NEEDS_DISKS;
    const char *missing = program_missing(QCOW2);
    SKIP_UNLESS(!missing, missing);
    static const char *const damages[] = {
        "truncate -s 100 $f",
        "truncate -s 0 $f",
        "head -c 1M /dev/urandom > $f",
        "s=$(stat -c %s $f); truncate -s $((s / 2)) $f; dd if=/dev/urandom of=$f bs=64 count=1 seek=1 conv=notrunc "
        "2>/dev/null; "
        "dd if=/dev/urandom of=$f bs=64k count=1 seek=3 conv=notrunc 2>/dev/null",
    };
    for (int format = VHD; format < FORMATS; format++)
        for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
            struct face_disk disk;
            make_image(&disk, "corrupt", (enum face_format)format, 64 * MIB);
            assert_int_equal(run_command("f='%s'; %s", disk.path, damages[i]), 0);
            uint64_t before = digest(disk.path);
            HRESULT hr = TRY(IVdsOpenVDisk_Attach(disk.open, NULL, ATTACH_VIRTUAL_DISK_FLAG_NONE, 0, 0, ASYNC));
            if (SUCCEEDED(hr))
                fail_msg("a damaged %s (%zu) was attached", face_formats[format].name, i);
            assert_string_not_equal(why(), "");
            assert_true(digest(disk.path) == before);
            LET_GO(disk.open);
            LET_GO(disk.image);
            assert_int_equal(unlink(disk.path), 0);
            assert_string_equal(leftovers(), "");
        }
}

static void names_of_files_are_only_names(void **state)
{
    NEEDS_DISKS;
    static const char *const names[] = {
        "with space",         "a,b=c",           "json:{}", "nbd:host:1", "-x", "new\nline", "\xc3\xa4\xe4\xb8\xad",
        "quote'\"$(touch x)", "file.filename=x", "%s%n"};
    for (int format = 0; format < FORMATS; format++) {
        const char *missing = program_missing((enum face_format)format);
        if (missing)
            continue;
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
            if (format == VHDX && i % 2)
                continue; /* one slow format is enough for half of them */
            struct face_disk disk;
            make_image(&disk, names[i], (enum face_format)format, 16 * MIB);
            assert_int_equal(access(disk.path, F_OK), 0);
            assert_hr(S_OK,
                      RUN(IVdsOpenVDisk_Attach(disk.open, NULL, ATTACH_VIRTUAL_DISK_FLAG_NONE, 0, 0, ASYNC), NULL));
            drop_disk(&disk);
        }
    }
    assert_string_equal(line_of("ls -A '%s'", face_files), "");
}

/* ---- what somebody needs ---- */

/* Tries everything that destroys, by force too; each must be refused. */
static void expect_refusals(struct face_disk *disk, struct face_volume *volume, bool by_force_too)
{
    IVdsDiskPartitionMF2 *mf2 = QUERY(disk->disk, IVdsDiskPartitionMF2);
    for (int force = 0; force <= by_force_too; force++) {
        DWORD options = VDS_FSOF_QUICK | (force ? VDS_FSOF_FORCE : 0);
        assert_hr(VDS_E_DEVICE_IN_USE, TRY(IVdsVolumeMF3_FormatEx2(volume->mf3, u"ext4", 0, 0, NULL, options, ASYNC)));
        assert_hr(VDS_E_DEVICE_IN_USE,
                  TRY(IVdsDiskPartitionMF2_FormatPartitionEx2(mf2, MIB, u"ext4", 0, 0, NULL, options, ASYNC)));
        assert_hr(VDS_E_DEVICE_IN_USE, IVdsVolume_Delete(volume->volume, force));
        assert_hr(VDS_E_DEVICE_IN_USE, IVdsAdvancedDisk_DeletePartition(disk->advanced, MIB, force, TRUE));
        HRESULT hr = TRY(IVdsAdvancedDisk_Clean(disk->advanced, force, TRUE, FALSE, ASYNC));
        assert_hr_of(hr, VDS_E_DEVICE_IN_USE, force ? VDS_E_DEVICE_IN_USE : VDS_E_CLEAN_WITH_DATA);
    }
    assert_hr(VDS_E_DEVICE_IN_USE, TRY(IVdsVolume_Shrink(volume->volume, MIB, ASYNC)));
    assert_hr(VDS_E_DEVICE_IN_USE, IVdsOpenVDisk_Detach(disk->open, DETACH_VIRTUAL_DISK_FLAG_NONE, 0));
    LET_GO(mf2);
}

static void what_is_held_is_refused_even_by_force(void **state)
{
    NEEDS_DISKS;
    struct face_disk disk;
    struct face_volume volume;
    make_disk_with_volume(&disk, &volume, "held.img", 64 * MIB);
    format_quickly(&volume, "ext4");
    uint64_t before = disk_digest(&disk);
    int fd = open(volume.node, O_RDWR | O_EXCL | O_CLOEXEC);
    assert_true(fd >= 0);
    expect_refusals(&disk, &volume, true);
    assert_true(disk_digest(&disk) == before);
    close(fd);
    fd = open(disk.node, O_RDWR | O_EXCL | O_CLOEXEC); /* the whole disk */
    assert_true(fd >= 0);
    assert_hr(VDS_E_DEVICE_IN_USE, TRY(IVdsAdvancedDisk_Clean(disk.advanced, TRUE, TRUE, FALSE, ASYNC)));
    assert_hr(VDS_E_DEVICE_IN_USE, format_as(&volume, "ext4", NULL, VDS_FSOF_QUICK | VDS_FSOF_FORCE));
    assert_true(disk_digest(&disk) == before);
    close(fd);
    drop_both(&disk, &volume);
}

static void what_is_mounted_is_refused_without_force(void **state)
{
    NEEDS_DISKS;
    struct face_disk disk;
    struct face_volume volume;
    const char *folder = make_folder("mounted");
    make_disk_with_volume(&disk, &volume, "mounted.img", 64 * MIB);
    format_quickly(&volume, "ext4");
    assert_int_equal(mount(volume.node, folder, "ext4", MS_RDONLY, "noload"), 0); /* by somebody else's hand */
    uint64_t before = disk_digest(&disk);
    expect_refusals(&disk, &volume, false);
    assert_true(disk_digest(&disk) == before);
    assert_true(is_mounted(folder));
    assert_int_equal(umount(folder), 0);
    drop_both(&disk, &volume);
}

static void swap_is_refused_even_by_force(void **state)
{
    NEEDS_DISKS;
    struct face_disk disk;
    struct face_volume volume;
    make_disk_with_volume(&disk, &volume, "swap.img", 64 * MIB);
    assert_int_equal(run_command("mkswap -q '%s' >/dev/null 2>&1", volume.node), 0);
    if (swapon(volume.node, 0) < 0) {
        drop_both(&disk, &volume);
        SKIP_UNLESS(false, "this kernel lets nobody turn swap on");
    }
    HRESULT format =
        TRY(IVdsVolumeMF3_FormatEx2(volume.mf3, u"ext4", 0, 0, NULL, VDS_FSOF_QUICK | VDS_FSOF_FORCE, ASYNC));
    HRESULT clean = TRY(IVdsAdvancedDisk_Clean(disk.advanced, TRUE, TRUE, FALSE, ASYNC));
    HRESULT deletion = IVdsAdvancedDisk_DeletePartition(disk.advanced, MIB, TRUE, TRUE);
    ULONG flags = disk_prop(disk.disk).ulFlags;
    assert_int_equal(swapoff(volume.node), 0);
    assert_hr(VDS_E_FORMAT_CRITICAL, format);
    assert_hr(VDS_E_CLEAN_WITH_CRITICAL, clean);
    assert_hr(VDS_E_DELETE_WITH_CRITICAL, deletion);
    assert_true(flags & VDS_DF_PAGEFILE_DISK);
    assert_string_equal(blkid(volume.node, "TYPE"), "swap");
    drop_both(&disk, &volume);
}

/* ---- the system ---- */

/* This program again, in a mount namespace of its own where a loop device of the test's is /home: what is asked of the
 * disk under the running system is asked of a disk that nobody needs. Prints each answer. */
static int be_a_system(const char *image, const char *node)
{
    VIRTUAL_STORAGE_TYPE storage = storage_type(RAW);
    struct face_disk disk = {0};
    struct face_volume volume = {0};
    if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount(node, "/home", "ext4", MS_RDONLY, "noload") < 0)
        return 1;
    if (IVdsVdProvider_AddVDisk(virtual_disks, &storage, W("%s", image), &disk.image) != S_OK ||
        IVdsVdProvider_GetDiskFromVDisk(virtual_disks, disk.image, &disk.disk) != S_OK)
        return 2;
    IVdsDisk_QueryInterface(disk.disk, &IID_IVdsAdvancedDisk, (void **)&disk.advanced);
    VDS_DISK_PROP prop;
    IVdsDisk_GetProperties(disk.disk, &prop);
    free_disk_prop(&prop);
    printf("flags %08x\n", prop.ulFlags);
    IVdsPack *pack = NULL;
    IEnumVdsObject *list = NULL;
    IUnknown *object = NULL;
    ULONG count;
    if (IVdsDisk_GetPack(disk.disk, &pack) != S_OK || IVdsPack_QueryVolumes(pack, &list) != S_OK ||
        IEnumVdsObject_Next(list, 1, &object, &count) != S_OK)
        return 3;
    IEnumVdsObject_Release(list);
    volume.volume = query_interface(object, &IID_IVdsVolume);
    volume.mf = query_interface(object, &IID_IVdsVolumeMF);
    volume.mf3 = query_interface(object, &IID_IVdsVolumeMF3);
    IUnknown_Release(object);
    VDS_VOLUME_PROP volume_prop;
    IVdsVolume_GetProperties(volume.volume, &volume_prop);
    CoTaskMemFree(volume_prop.pwszName);
    printf("volume %08x\n", volume_prop.ulFlags);
    IVdsDiskOnline *online = query_interface(disk.disk, &IID_IVdsDiskOnline);
    IVdsDiskPartitionMF2 *mf2 = query_interface(disk.disk, &IID_IVdsDiskPartitionMF2);
    IVdsAdvancedDisk2 *changer = query_interface(disk.disk, &IID_IVdsAdvancedDisk2);
    CREATE_PARTITION_PARAMETERS partition = data_partition(VDS_PST_GPT);
    CHANGE_PARTITION_TYPE_PARAMETERS type = {.style = VDS_PST_GPT};
    CHANGE_ATTRIBUTES_PARAMETERS attributes = {.style = VDS_PST_GPT};
    type.GptPartInfo.partitionType = linux_data;
    printf("add %08x\n", (uint32_t)try_add(&prop.id, VDS_PST_GPT));
    printf("format %08x\n", (uint32_t)TRY(IVdsVolumeMF3_FormatEx2(volume.mf3, u"ext4", 0, 0, NULL, 3, ASYNC)));
    printf("format-partition %08x\n",
           (uint32_t)TRY(IVdsDiskPartitionMF2_FormatPartitionEx2(mf2, MIB, u"ext4", 0, 0, NULL, 3, ASYNC)));
    printf("delete %08x\n", (uint32_t)IVdsVolume_Delete(volume.volume, TRUE));
    printf("delete-partition %08x\n", (uint32_t)IVdsAdvancedDisk_DeletePartition(disk.advanced, MIB, TRUE, TRUE));
    printf("clean %08x\n", (uint32_t)TRY(IVdsAdvancedDisk_Clean(disk.advanced, TRUE, TRUE, TRUE, ASYNC)));
    printf("create %08x\n",
           (uint32_t)TRY(IVdsAdvancedDisk_CreatePartition(disk.advanced, 100 * MIB, MIB, &partition, ASYNC)));
    printf("type %08x\n", (uint32_t)IVdsAdvancedDisk2_ChangePartitionType(changer, MIB, TRUE, &type));
    printf("attributes %08x\n", (uint32_t)IVdsAdvancedDisk_ChangeAttributes(disk.advanced, MIB, &attributes));
    printf("offline %08x\n", (uint32_t)IVdsDiskOnline_Offline(online));
    printf("convert %08x\n", (uint32_t)IVdsDisk_ConvertStyle(disk.disk, VDS_PST_MBR));
    printf("shrink %08x\n", (uint32_t)TRY(IVdsVolume_Shrink(volume.volume, MIB, ASYNC)));
    printf("end\n");
    LET_GO(online);
    LET_GO(mf2);
    LET_GO(changer);
    LET_GO(pack);
    drop_volume(&volume);
    LET_GO(disk.advanced);
    LET_GO(disk.disk);
    LET_GO(disk.image);
    stop_service();
    return 0;
}

static uint32_t answer_of(struct face_child *child, const char *question)
{
    const char *line = child_says(child);
    size_t length = strlen(question);
    if (strncmp(line, question, length) != 0 || line[length] != ' ')
        fail_msg("asked for %s, it said: %s", question, line);
    return (uint32_t)strtoul(line + length, NULL, 16);
}

static void the_disk_under_the_system_is_refused_always(void **state)
{
    NEEDS_DISKS;
    SKIP_UNLESS(access("/home", F_OK) == 0, "there is no /home to put a disk under");
    struct face_disk disk;
    struct face_volume volume;
    make_disk(&disk, "system.img", RAW, 128 * MIB);
    initialize(&disk, VDS_PST_GPT);
    make_volume(&volume, &disk, MIB, 64 * MIB);
    format_quickly(&volume, "ext4");
    uint64_t before = disk_digest(&disk);
    struct face_child child = CHILD("system", disk.path, volume.node);
    uint32_t flags = answer_of(&child, "flags"), volume_flags = answer_of(&child, "volume");
    assert_true(flags & (VDS_DF_SYSTEM_DISK | VDS_DF_BOOT_DISK));
    assert_true(volume_flags & (VDS_VF_SYSTEM_VOLUME | VDS_VF_BOOT_VOLUME));
    assert_hr(VDS_E_SYSTEM_DISK, (HRESULT)answer_of(&child, "add"));
    assert_hr(VDS_E_FORMAT_CRITICAL, (HRESULT)answer_of(&child, "format"));
    assert_hr(VDS_E_FORMAT_CRITICAL, (HRESULT)answer_of(&child, "format-partition"));
    assert_hr(VDS_E_DELETE_WITH_CRITICAL, (HRESULT)answer_of(&child, "delete"));
    assert_hr(VDS_E_DELETE_WITH_CRITICAL, (HRESULT)answer_of(&child, "delete-partition"));
    assert_hr(VDS_E_CLEAN_WITH_CRITICAL, (HRESULT)answer_of(&child, "clean"));
    static const char *const others[] = {"create", "type", "attributes"};
    for (size_t i = 0; i < 3; i++)
        assert_hr(VDS_E_SYSTEM_DISK, (HRESULT)answer_of(&child, others[i]));
    assert_hr(VDS_E_SYSTEM_DISK, (HRESULT)answer_of(&child, "offline"));
    assert_true(FAILED((HRESULT)answer_of(&child, "convert")));
    assert_true(FAILED((HRESULT)answer_of(&child, "shrink")));
    assert_string_equal(child_says(&child), "end");
    assert_int_equal(end_child(&child, 0), 0);
    assert_true(disk_digest(&disk) == before);
    drop_both(&disk, &volume);
}

static void the_real_system_disk_is_marked_and_never_raw(void **state)
{
    NEEDS_DISKS;
    IEnumVdsObject *packs = NULL, *list = NULL;
    unsigned marked = 0;
    const char *root = line_of("findmnt -n -o SOURCE / | sed 's/\\[.*//'");
    assert_hr(S_OK, IVdsService_QueryUnallocatedDisks(service, &list));
    EACH (disk, IVdsDisk, list) {
        VDS_DISK_PROP prop;
        if (FAILED(IVdsDisk_GetProperties(disk, &prop)))
            continue; /* of another program, and gone */
        free_disk_prop(&prop);
        assert_int_equal(prop.ulFlags & (VDS_DF_SYSTEM_DISK | VDS_DF_BOOT_DISK), 0);
    }
    LET_GO(list);
    assert_hr(S_OK, IVdsSwProvider_QueryPacks(basic, &packs));
    EACH (pack, IVdsPack, packs) {
        if (FAILED(IVdsPack_QueryDisks(pack, &list)))
            continue;
        EACH (disk, IVdsDisk, list) {
            VDS_DISK_PROP prop;
            if (FAILED(IVdsDisk_GetProperties(disk, &prop)))
                continue;
            bool is_root = strncmp(root, U(prop.pwszDevicePath), strlen(U(prop.pwszDevicePath))) == 0;
            if (is_root)
                assert_true(prop.ulFlags & VDS_DF_SYSTEM_DISK || prop.ulFlags & VDS_DF_BOOT_DISK);
            marked += is_root;
            free_disk_prop(&prop);
        }
        LET_GO(list);
    }
    LET_GO(packs);
    SKIP_UNLESS(strncmp(root, "/dev/", 5) == 0 && access(root, F_OK) == 0,
                "the root file system is on no disk that is seen here");
    assert_int_equal(marked, 1);
}

/* ---- two programs ---- */

/* This program again: formats the first volume of the disk fully until its input ends, then cancels. */
static int be_a_formatter(const char *image)
{
    VIRTUAL_STORAGE_TYPE storage = storage_type(RAW);
    IVdsVDisk *vdisk = NULL;
    IVdsDisk *disk = NULL;
    IVdsPack *pack = NULL;
    IEnumVdsObject *list = NULL;
    IVdsAsync *async = NULL;
    char byte;
    if (IVdsVdProvider_AddVDisk(virtual_disks, &storage, W("%s", image), &vdisk) != S_OK ||
        IVdsVdProvider_GetDiskFromVDisk(virtual_disks, vdisk, &disk) != S_OK || IVdsDisk_GetPack(disk, &pack) != S_OK ||
        IVdsPack_QueryVolumes(pack, &list) != S_OK)
        return 1;
    IVdsVolumeMF3 *mf3 = next_object(list, &IID_IVdsVolumeMF3);
    HRESULT hr = IVdsVolumeMF3_FormatEx2(mf3, u"ext4", 0, 0, NULL, VDS_FSOF_FORCE, &async);
    if (hr != S_OK || !reaches(async, 1))
        return 2;
    printf("formatting\n");
    while (read(STDIN_FILENO, &byte, 1) > 0)
        ;
    hr = IVdsAsync_Cancel(async);
    printf("cancelled %08x\n", (uint32_t)hr);
    IVdsAsync_Release(async);
    LET_GO(mf3);
    LET_GO(list);
    LET_GO(pack);
    LET_GO(disk);
    LET_GO(vdisk);
    stop_service();
    return 0;
}

static void two_programs_do_not_meet_on_one_disk(void **state)
{
    NEEDS_DISKS;
    struct face_disk disk;
    struct face_volume volume;
    make_disk_with_volume(&disk, &volume, "two.img", 64 * GIB); /* nobody is done with it in time */
    struct face_child child = CHILD("format", disk.path);
    assert_string_equal(child_says(&child), "formatting");
    assert_true(volume_prop(&volume).ulFlags & VDS_VF_FORMATTING);
    assert_hr(VDS_E_ANOTHER_CALL_IN_PROGRESS, format_as(&volume, "ext4", NULL, VDS_FSOF_QUICK | VDS_FSOF_FORCE));
    assert_hr(VDS_E_ANOTHER_CALL_IN_PROGRESS, TRY(IVdsAdvancedDisk_Clean(disk.advanced, TRUE, TRUE, FALSE, ASYNC)));
    assert_hr(VDS_E_ANOTHER_CALL_IN_PROGRESS, IVdsAdvancedDisk_DeletePartition(disk.advanced, MIB, TRUE, TRUE));
    assert_hr(VDS_E_ANOTHER_CALL_IN_PROGRESS, IVdsOpenVDisk_Detach(disk.open, DETACH_VIRTUAL_DISK_FLAG_NONE, 0));
    assert_int_equal(count_partitions(disk.advanced), 1);
    close(child.in);
    child.in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_string_equal(child_says(&child), "cancelled 00000000");
    assert_int_equal(end_child(&child, 0), 0);
    assert_string_equal(blkid(volume.node, "TYPE"), "");
    format_quickly(&volume, "ext4");
    drop_both(&disk, &volume);
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[2], "system") == 0)
        return be_child(argv[1]) ? be_a_system(argv[3], argv[4]) : 9;
    if (argc == 4 && strcmp(argv[2], "format") == 0)
        return be_child(argv[1]) ? be_a_formatter(argv[3]) : 9;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_that_cannot_be_are_refused),
        cmocka_unit_test(an_mbr_ends_at_two_tib),
        cmocka_unit_test(labels_that_cannot_be_are_refused),
        cmocka_unit_test(formats_that_cannot_be_are_refused),
        cmocka_unit_test(what_is_gone_is_said_to_be_gone),
        cmocka_unit_test(a_disk_that_answers_errors_is_listed_as_failed),
        cmocka_unit_test(a_disk_that_answers_errors_can_be_detached),
        cmocka_unit_test(a_missing_place_for_the_answer_is_refused_with_a_sentence),
        cmocka_unit_test(corrupt_images_are_refused),
        cmocka_unit_test(names_of_files_are_only_names),
        cmocka_unit_test(what_is_held_is_refused_even_by_force),
        cmocka_unit_test(what_is_mounted_is_refused_without_force),
        cmocka_unit_test(swap_is_refused_even_by_force),
        cmocka_unit_test(the_real_system_disk_is_marked_and_never_raw),
        cmocka_unit_test(the_disk_under_the_system_is_refused_always),
        cmocka_unit_test(two_programs_do_not_meet_on_one_disk),
        cmocka_unit_test(nothing_is_left_behind),
    };
    return cmocka_run_group_tests(tests, set_up_disks, tear_down_disks);
}
