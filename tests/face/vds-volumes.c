/* Volumes and plexes: each method's good answer, and its refusals. */
#include "vds-face.h"

static const VDS_OBJECT_ID nobody = {0x12345678, 0x1234, 0x1234, {1, 2, 3, 4, 5, 6, 7, 8}};

static bool has_tool(const char *tool)
{
    return run_command("command -v %s >/dev/null", tool) == 0;
}

static void a_volume_is_one_object_with_many_faces(void **state)
{
    NEEDS_DISKS;
    static const IID *const faces[] = {&IID_IVdsVolume,       &IID_IVdsVolume2,   &IID_IVdsVolumeMF,
                                       &IID_IVdsVolumeMF2,    &IID_IVdsVolumeMF3, &IID_IVdsVolumeShrink,
                                       &IID_IVdsVolumeOnline, &IID_ITriremeCheck};
    struct face_disk disk;
    struct face_volume volume;
    make_disk_with_volume(&disk, &volume, "faces.img", 64 * MIB);
    IUnknown *identity = QUERY(volume.volume, IUnknown);
    for (size_t i = 0; i < sizeof(faces) / sizeof(faces[0]); i++) {
        IUnknown *face = query_interface(volume.volume, faces[i]), *same = QUERY(face, IUnknown);
        assert_ptr_equal(same, identity);
        for (size_t j = 0; j < sizeof(faces) / sizeof(faces[0]); j++)
            assert_true(answers(face, faces[j]));
        LET_GO(same);
        LET_GO(face);
    }
    assert_false(answers(volume.volume, &IID_IVdsDisk));
    LET_GO(identity);
    drop_both(&disk, &volume);
}

static void a_volume_tells_its_properties(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsVolume, GetProperties, real);
    TRI_PROVES_METHOD(IVdsVolume2, GetProperties2, real);
    TRI_PROVES_METHOD(IVdsVolume, GetPack, real);
    struct face_disk disk;
    struct face_volume volume;
    VDS_VOLUME_PROP prop;
    VDS_VOLUME_PROP2 prop2;
    IVdsPack *pack = NULL;
    make_disk_with_volume(&disk, &volume, "properties.img", 64 * MIB);
    IVdsVolume2 *volume2 = QUERY(volume.volume, IVdsVolume2);
    assert_hr(S_OK, IVdsVolume_GetProperties(volume.volume, &prop));
    assert_true(IsEqualGUID(&prop.id, &volume.id));
    assert_int_equal(prop.type, VDS_VT_SIMPLE);
    assert_int_equal(prop.status, VDS_VS_ONLINE);
    assert_int_equal(prop.health, VDS_H_HEALTHY);
    assert_int_equal(prop.TransitionState, VDS_TS_STABLE);
    assert_int_equal(prop.ullSize, 62 * MIB);
    assert_in_range(prop.RecommendedFileSystemType, 0, 6); /* real clients index a table with it */
    assert_int_equal(prop.ulFlags & (VDS_VF_SYSTEM_VOLUME | VDS_VF_BOOT_VOLUME | VDS_VF_FORMATTING), 0);
    assert_string_not_equal(take(prop.pwszName), "");
    assert_hr(S_OK, IVdsVolume2_GetProperties2(volume2, &prop2));
    assert_true(IsEqualGUID(&prop2.id, &prop.id));
    assert_int_equal(prop2.ullSize, prop.ullSize);
    assert_true(prop2.cbUniqueId > 0 && prop2.pUniqueId);
    CoTaskMemFree(prop2.pwszName);
    CoTaskMemFree(prop2.pUniqueId);
    format_quickly(&volume, "ext4");
    assert_true(volume_prop(&volume).ulFlags & VDS_VF_CAN_SHRINK);
    assert_hr(S_OK, IVdsVolume_GetPack(volume.volume, &pack));
    assert_true(answers(pack, &IID_IVdsPack));
    LET_GO(pack);
    assert_hr(E_INVALIDARG, IVdsVolume_GetProperties(volume.volume, NULL));
    assert_hr(E_INVALIDARG, IVdsVolume2_GetProperties2(volume2, NULL));
    assert_hr(E_INVALIDARG, IVdsVolume_GetPack(volume.volume, NULL));
    LET_GO(volume2);
    drop_both(&disk, &volume);
}

static void a_volume_has_one_plex(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsVolume, QueryPlexes, real);
    TRI_PROVES_METHOD(IVdsVolumePlex, GetProperties, real);
    TRI_PROVES_METHOD(IVdsVolumePlex, GetVolume, real);
    TRI_PROVES_METHOD(IVdsVolumePlex, QueryExtents, real);
    TRI_PROVES_METHOD(IVdsVolumePlex, Repair, notimpl, "there is no RAID");
    TRI_PROVES_METHOD(IVdsVolume, AddPlex, notimpl, "there are no mirrors");
    TRI_PROVES_METHOD(IVdsVolume, BreakPlex, notimpl, "there are no mirrors");
    TRI_PROVES_METHOD(IVdsVolume, RemovePlex, notimpl, "there are no mirrors");
    struct face_disk disk;
    struct face_volume volume;
    IEnumVdsObject *list = NULL;
    IVdsVolume *owner = NULL;
    VDS_VOLUME_PLEX_PROP prop;
    VDS_DISK_EXTENT *extents = NULL;
    LONG count = 0;
    make_disk_with_volume(&disk, &volume, "plex.img", 64 * MIB);
    assert_hr(S_OK, IVdsVolume_QueryPlexes(volume.volume, &list));
    assert_int_equal(count_objects(list), 1);
    assert_hr(S_OK, IEnumVdsObject_Reset(list));
    IVdsVolumePlex *plex = next_object(list, &IID_IVdsVolumePlex);
    LET_GO(list);
    assert_hr(S_OK, IVdsVolumePlex_GetProperties(plex, &prop));
    assert_int_equal(prop.type, VDS_VPT_SIMPLE);
    assert_int_equal(prop.status, VDS_VPS_ONLINE);
    assert_int_equal(prop.ullSize, 62 * MIB);
    assert_int_equal(prop.ulNumberOfMembers, 1);
    assert_hr(S_OK, IVdsVolumePlex_GetVolume(plex, &owner));
    LET_GO(owner);
    assert_hr(S_OK, IVdsVolumePlex_QueryExtents(plex, &extents, &count));
    assert_int_equal(count, 1);
    assert_true(IsEqualGUID(&extents[0].diskId, &disk.id));
    assert_true(IsEqualGUID(&extents[0].volumeId, &volume.id));
    assert_int_equal(extents[0].ullOffset, MIB);
    assert_int_equal(extents[0].ullSize, 62 * MIB);
    CoTaskMemFree(extents);
    VDS_INPUT_DISK input = {.diskId = disk.id, .ullSize = MIB};
    assert_hr(VDS_E_NOT_SUPPORTED, TRY(IVdsVolumePlex_Repair(plex, &input, 1, ASYNC)));
    assert_hr(VDS_E_NOT_SUPPORTED, TRY(IVdsVolume_AddPlex(volume.volume, nobody, ASYNC)));
    assert_hr(VDS_E_NOT_SUPPORTED, TRY(IVdsVolume_BreakPlex(volume.volume, prop.id, ASYNC)));
    assert_hr(VDS_E_NOT_SUPPORTED, TRY(IVdsVolume_RemovePlex(volume.volume, prop.id, ASYNC)));
    assert_hr(E_INVALIDARG, IVdsVolume_QueryPlexes(volume.volume, NULL));
    assert_hr(E_INVALIDARG, IVdsVolumePlex_GetProperties(plex, NULL));
    assert_hr(E_INVALIDARG, IVdsVolumePlex_GetVolume(plex, NULL));
    assert_hr(E_INVALIDARG, IVdsVolumePlex_QueryExtents(plex, NULL, &count));
    LET_GO(plex);
    drop_both(&disk, &volume);
}

static void a_volume_has_one_guid_path(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsVolumeMF3, QueryVolumeGuidPathnames, real);
    struct face_disk disk;
    struct face_volume volume;
    LPWSTR *paths = NULL;
    ULONG count = 0;
    VDS_PARTITION_PROP partition;
    char expected[64];
    make_disk_with_volume(&disk, &volume, "guid.img", 64 * MIB);
    assert_hr(S_OK, IVdsAdvancedDisk_GetPartitionProperties(disk.advanced, MIB, &partition));
    GUID *id = &partition.Gpt.partitionId;
    snprintf(expected, sizeof(expected), "\\\\?\\Volume{%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x}\\", id->Data1,
             id->Data2, id->Data3, id->Data4[0], id->Data4[1], id->Data4[2], id->Data4[3], id->Data4[4], id->Data4[5],
             id->Data4[6], id->Data4[7]);
    for (int i = 0; i < 2; i++) { /* the path survives a format */
        assert_hr(S_OK, IVdsVolumeMF3_QueryVolumeGuidPathnames(volume.mf3, &paths, &count));
        assert_int_equal(count, 1);
        assert_string_equal(take(paths[0]), expected);
        CoTaskMemFree(paths);
        format_quickly(&volume, "ext4");
    }
    assert_hr(E_INVALIDARG, IVdsVolumeMF3_QueryVolumeGuidPathnames(volume.mf3, NULL, &count));
    assert_hr(E_INVALIDARG, IVdsVolumeMF3_QueryVolumeGuidPathnames(volume.mf3, &paths, NULL));
    drop_both(&disk, &volume);
}

/* ---- formatting ---- */

static void a_volume_is_formatted_in_three_ways(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsVolumeMF, Format, real);
    TRI_PROVES_METHOD(IVdsVolumeMF2, FormatEx, real);
    TRI_PROVES_METHOD(IVdsVolumeMF3, FormatEx2, real);
    TRI_PROVES_METHOD(IVdsVolumeMF2, GetFileSystemTypeName, real);
    TRI_PROVES_METHOD(IVdsVolumeMF2, QueryFileSystemFormatSupport, real);
    TRI_PROVES_METHOD(IVdsVolumeMF, GetFileSystemProperties, real);
    SKIP_UNLESS(has_tool("mkfs.vfat") && has_tool("mkntfs"), "dosfstools or ntfs-3g is not installed");
    struct face_disk disk;
    struct face_volume volume;
    VDS_FILE_SYSTEM_PROP prop;
    VDS_FILE_SYSTEM_FORMAT_SUPPORT_PROP *support = NULL;
    LONG count = 0, defaults = 0;
    make_disk_with_volume(&disk, &volume, "format.img", 128 * MIB);
    HRESULT hr = IVdsVolumeMF_GetFileSystemProperties(volume.mf, &prop);
    assert_hr_of(hr, S_OK, VDS_E_FS_NOT_DETERMINED);
    if (hr == S_OK) {
        assert_int_equal(prop.type, VDS_FST_RAW);
        CoTaskMemFree(prop.pwszLabel);
    }
    assert_hr(S_OK, IVdsVolumeMF2_QueryFileSystemFormatSupport(volume.mf2, &support, &count));
    for (LONG i = 0; i < count; i++) {
        bool has_default = false;
        defaults += (support[i].ulFlags & VDS_FSS_DEFAULT) != 0;
        for (int j = 0; j < MAX_FS_ALLOWED_CLUSTER_SIZES_SIZE && support[i].rgulAllowedUnitAllocationSizes[j]; j++)
            has_default |= support[i].rgulAllowedUnitAllocationSizes[j] == support[i].ulDefaultUnitAllocationSize;
        assert_true(has_default || support[i].ulDefaultUnitAllocationSize == 0);
    }
    CoTaskMemFree(support);
    assert_int_equal(defaults, 1);

    assert_hr(S_OK, TRY(IVdsVolumeMF_Format(volume.mf, VDS_FST_NTFS, u"ONE", 4096, FALSE, TRUE, FALSE, ASYNC)));
    assert_string_equal(type_name(&volume), "NTFS");
    assert_string_equal(blkid(volume.node, "LABEL"), "ONE");
    assert_hr(S_OK, IVdsVolumeMF_GetFileSystemProperties(volume.mf, &prop));
    assert_int_equal(prop.type, VDS_FST_NTFS);
    assert_int_equal(prop.ulAllocationUnitSize, 4096);
    assert_true(prop.ullTotalAllocationUnits > 0);
    assert_true(IsEqualGUID(&prop.volumeId, &volume.id));
    assert_string_equal(take(prop.pwszLabel), "ONE");
    assert_hr(S_OK, TRY(IVdsVolumeMF2_FormatEx(volume.mf2, u"FAT32", 0, 1024, u"TWO", TRUE, TRUE, FALSE, ASYNC)));
    assert_string_equal(type_name(&volume), "FAT32");
    assert_hr(S_OK, TRY(IVdsVolumeMF3_FormatEx2(volume.mf3, u"EXT4", 0, 0, u"thr\u00e9\u00e9 \u4e2d",
                                                VDS_FSOF_QUICK | 0xf0000, ASYNC)));
    assert_string_equal(type_name(&volume), "ext4"); /* in any case of letters, and unknown bits mean nothing */
    assert_string_equal(blkid(volume.node, "LABEL"), "thr\u00e9\u00e9 \u4e2d");
    assert_hr(S_OK, TRY(IVdsVolumeMF3_FormatEx2(volume.mf3, NULL, 0, 0, NULL, VDS_FSOF_QUICK, ASYNC)));
    assert_string_not_equal(blkid(volume.node, "TYPE"), ""); /* the default one */
    assert_string_equal(blkid(volume.node, "LABEL"), "");
    assert_hr(E_INVALIDARG, IVdsVolumeMF_Format(volume.mf, VDS_FST_NTFS, NULL, 0, FALSE, TRUE, FALSE, NULL));
    assert_hr(E_INVALIDARG, IVdsVolumeMF2_FormatEx(volume.mf2, u"ext4", 0, 0, NULL, FALSE, TRUE, FALSE, NULL));
    assert_hr(E_INVALIDARG, IVdsVolumeMF2_GetFileSystemTypeName(volume.mf2, NULL));
    assert_hr(E_INVALIDARG, IVdsVolumeMF_GetFileSystemProperties(volume.mf, NULL));
    assert_hr(E_INVALIDARG, IVdsVolumeMF2_QueryFileSystemFormatSupport(volume.mf2, NULL, &count));
    drop_both(&disk, &volume);
}

static void a_mounted_volume_is_formatted_by_force_only(void **state)
{
    NEEDS_DISKS;
    struct face_disk disk;
    struct face_volume volume;
    const char *folder = make_folder("mounted");
    make_disk_with_volume(&disk, &volume, "force.img", 64 * MIB);
    format_quickly(&volume, "ext4");
    assert_hr(S_OK, IVdsVolumeMF_AddAccessPath(volume.mf, W("%s", folder)));
    write_pattern(folder, "file", 5, 65536);
    assert_hr(VDS_E_DEVICE_IN_USE, format_as(&volume, "ext4", "NO", VDS_FSOF_QUICK));
    check_pattern(folder, "file", 5, 65536);
    assert_hr(S_OK, format_as(&volume, "ext4", "YES", VDS_FSOF_QUICK | VDS_FSOF_FORCE));
    assert_string_equal(blkid(volume.node, "LABEL"), "YES");
    assert_true(is_mounted(folder)); /* paths survive a format */
    assert_int_not_equal(run_command("test -e '%s/file'", folder), 0);
    assert_hr(S_OK, IVdsVolumeMF_DeleteAccessPath(volume.mf, W("%s", folder), FALSE));
    drop_both(&disk, &volume);
}

/* ---- access paths ---- */

static void a_volume_is_mounted_where_one_says(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsVolumeMF, AddAccessPath, real, "folders of Linux, and letters");
    TRI_PROVES_METHOD(IVdsVolumeMF, QueryAccessPaths, real);
    TRI_PROVES_METHOD(IVdsVolumeMF, DeleteAccessPath, real);
    struct face_disk disk;
    struct face_volume volume;
    LPWSTR *paths = NULL;
    LONG count = 77;
    const char *folder = make_folder("one"), *full = make_folder("full");
    make_disk_with_volume(&disk, &volume, "paths.img", 64 * MIB);
    format_quickly(&volume, "ext4");
    assert_hr(S_OK, IVdsVolumeMF_QueryAccessPaths(volume.mf, &paths, &count));
    assert_int_equal(count, 0);
    assert_null(paths);
    assert_hr(S_OK, IVdsVolumeMF_AddAccessPath(volume.mf, W("%s", folder)));
    assert_hr(S_FALSE, IVdsVolumeMF_AddAccessPath(volume.mf, W("%s", folder))); /* it is there already */
    assert_hr(S_OK, IVdsVolumeMF_AddAccessPath(volume.mf, u"T:\\"));
    assert_hr(S_OK, IVdsVolumeMF_QueryAccessPaths(volume.mf, &paths, &count));
    assert_int_equal(count, 2);
    assert_string_equal(take(paths[0]), "T:\\"); /* the letter first */
    assert_int_equal(strncmp(take(paths[1]), folder, strlen(folder)), 0);
    CoTaskMemFree(paths);
    VDS_DRIVE_LETTER_PROP letter;
    assert_hr(S_OK, IVdsService_QueryDriveLetters(service, u't', 1, &letter));
    assert_int_equal(letter.bUsed, TRUE);
    assert_true(IsEqualGUID(&letter.volumeId, &volume.id));

    struct face_disk other;
    struct face_volume second;
    make_disk_with_volume(&other, &second, "second.img", 64 * MIB);
    format_quickly(&second, "ext4");
    assert_hr(VDS_E_DRIVE_LETTER_NOT_FREE, IVdsVolumeMF_AddAccessPath(second.mf, u"t:\\"));
    assert_int_equal(run_command("touch '%s/thing'", full), 0);
    assert_hr(HRESULT_FROM_WIN32(ERROR_DIR_NOT_EMPTY), IVdsVolumeMF_AddAccessPath(second.mf, W("%s", full)));
    assert_hr(VDS_E_PATH_NOT_FOUND, IVdsVolumeMF_AddAccessPath(second.mf, W("%s/nowhere", face_files)));
    assert_hr(E_INVALIDARG, IVdsVolumeMF_AddAccessPath(second.mf, u"relative"));
    assert_hr(E_INVALIDARG, IVdsVolumeMF_AddAccessPath(second.mf, u"7:\\"));
    assert_hr(VDS_E_VOLUME_GUID_PATHNAME_NOT_ALLOWED,
              IVdsVolumeMF_AddAccessPath(second.mf, u"\\\\?\\Volume{12345678-1234-1234-1234-123456789012}\\"));
    assert_hr(E_INVALIDARG, IVdsVolumeMF_AddAccessPath(second.mf, NULL));
    assert_hr(VDS_E_PATH_NOT_FOUND, IVdsVolumeMF_DeleteAccessPath(second.mf, W("%s", folder), FALSE)); /* of another */
    assert_true(is_mounted(folder));

    /* in use */
    char held[256];
    snprintf(held, sizeof(held), "%s/held", folder);
    int fd = open(held, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_hr(VDS_E_DEVICE_IN_USE, IVdsVolumeMF_DeleteAccessPath(volume.mf, W("%s", folder), FALSE));
    assert_true(is_mounted(folder));
    close(fd);
    assert_hr(S_OK, IVdsVolumeMF_DeleteAccessPath(volume.mf, W("%s", folder), FALSE));
    assert_false(is_mounted(folder));
    assert_hr(S_OK, IVdsVolumeMF_DeleteAccessPath(volume.mf, u"T:\\", FALSE));
    assert_hr(VDS_E_PATH_NOT_FOUND, IVdsVolumeMF_DeleteAccessPath(volume.mf, u"T:\\", FALSE));
    assert_hr(E_INVALIDARG, IVdsVolumeMF_DeleteAccessPath(volume.mf, NULL, FALSE));
    assert_hr(E_INVALIDARG, IVdsVolumeMF_QueryAccessPaths(volume.mf, NULL, &count));
    assert_hr(E_INVALIDARG, IVdsVolumeMF_QueryAccessPaths(volume.mf, &paths, NULL));
    drop_both(&other, &second);
    drop_both(&disk, &volume);
}

static void volumes_mounted_in_a_volume_are_its_reparse_points(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsVolumeMF, QueryReparsePoints, real);
    struct face_disk disk, other;
    struct face_volume volume, second;
    VDS_REPARSE_POINT_PROP *points = NULL;
    LONG count = 77;
    const char *folder = make_folder("outer");
    char inner[200];
    make_disk_with_volume(&disk, &volume, "outer.img", 64 * MIB);
    make_disk_with_volume(&other, &second, "inner.img", 64 * MIB);
    format_quickly(&volume, "ext4");
    format_quickly(&second, "ext4");
    assert_hr(S_OK, IVdsVolumeMF_AddAccessPath(volume.mf, W("%s", folder)));
    assert_hr(S_OK, IVdsVolumeMF_QueryReparsePoints(volume.mf, &points, &count));
    assert_int_equal(count, 0);
    snprintf(inner, sizeof(inner), "%s/inner", folder);
    assert_int_equal(mkdir(inner, 0755), 0);
    assert_hr(S_OK, IVdsVolumeMF_AddAccessPath(second.mf, W("%s", inner)));
    assert_hr(S_OK, IVdsVolumeMF_QueryReparsePoints(volume.mf, &points, &count));
    assert_int_equal(count, 1);
    assert_true(IsEqualGUID(&points[0].SourceVolumeId, &second.id));
    assert_int_equal(strncmp(take(points[0].pwszPath), inner, strlen(inner)), 0);
    CoTaskMemFree(points);
    assert_hr(E_INVALIDARG, IVdsVolumeMF_QueryReparsePoints(volume.mf, NULL, &count));
    assert_hr(S_OK, IVdsVolumeMF_DeleteAccessPath(second.mf, W("%s", inner), FALSE));
    assert_hr(S_OK, IVdsVolumeMF_DeleteAccessPath(volume.mf, W("%s", folder), FALSE));
    drop_both(&other, &second);
    drop_both(&disk, &volume);
}

static void a_volume_is_dismounted_and_mounted_again(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsVolumeMF, Dismount, real);
    TRI_PROVES_METHOD(IVdsVolumeMF, Mount, real);
    struct face_disk disk;
    struct face_volume volume;
    const char *folder = make_folder("again");
    char held[256];
    make_disk_with_volume(&disk, &volume, "dismount.img", 64 * MIB);
    format_quickly(&volume, "ext4");
    assert_hr(S_OK, IVdsVolumeMF_AddAccessPath(volume.mf, W("%s", folder)));
    assert_hr(VDS_E_VOLUME_HAS_PATH, IVdsVolumeMF_Dismount(volume.mf, FALSE, TRUE)); /* for good, while it has a path */
    snprintf(held, sizeof(held), "%s/held", folder);
    int fd = open(held, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_hr(VDS_E_DEVICE_IN_USE, IVdsVolumeMF_Dismount(volume.mf, FALSE, FALSE));
    assert_true(is_mounted(folder));
    close(fd);
    assert_hr(S_OK, IVdsVolumeMF_Dismount(volume.mf, FALSE, FALSE));
    assert_false(is_mounted(folder));
    assert_hr(VDS_E_VOLUME_TEMPORARILY_DISMOUNTED, IVdsVolumeMF_Dismount(volume.mf, FALSE, FALSE));
    assert_hr(VDS_E_VOLUME_TEMPORARILY_DISMOUNTED, IVdsVolumeMF_Dismount(volume.mf, TRUE, FALSE));
    assert_hr(S_OK, IVdsVolumeMF_Mount(volume.mf));
    assert_true(is_mounted(folder));
    assert_hr(S_OK, IVdsVolumeMF_Mount(volume.mf)); /* it is */
    assert_hr(S_OK, IVdsVolumeMF_DeleteAccessPath(volume.mf, W("%s", folder), FALSE));
    drop_both(&disk, &volume);
}

static void a_volume_goes_offline_and_online(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsVolumeMF3, OfflineVolume, real);
    TRI_PROVES_METHOD(IVdsVolumeOnline, Online, real);
    struct face_disk disk;
    struct face_volume volume;
    const char *folder = make_folder("offline");
    make_disk_with_volume(&disk, &volume, "offline.img", 64 * MIB);
    format_quickly(&volume, "ext4");
    IVdsVolumeOnline *online = QUERY(volume.volume, IVdsVolumeOnline);
    assert_hr(S_OK, IVdsVolumeOnline_Online(online)); /* it is */
    assert_hr(S_OK, IVdsVolumeMF3_OfflineVolume(volume.mf3));
    assert_int_equal(volume_prop(&volume).status, VDS_VS_OFFLINE);
    assert_hr(VDS_E_VOLUME_NOT_ONLINE, IVdsVolumeMF3_OfflineVolume(volume.mf3));
    assert_true(FAILED(IVdsVolumeMF_AddAccessPath(volume.mf, W("%s", folder))));
    assert_true(FAILED(format_as(&volume, "ext4", NULL, VDS_FSOF_QUICK)));
    assert_hr(S_OK, IVdsVolumeOnline_Online(online));
    assert_int_equal(volume_prop(&volume).status, VDS_VS_ONLINE);
    assert_hr(S_OK, IVdsVolumeMF_AddAccessPath(volume.mf, W("%s", folder)));
    assert_hr(S_OK, IVdsVolumeMF_DeleteAccessPath(volume.mf, W("%s", folder), FALSE));
    LET_GO(online);
    drop_both(&disk, &volume);
}

/* ---- flags ---- */

static void a_volume_has_flags(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsVolume, SetFlags, partial, "GPT: read-only, hidden, no letter, shadow copy; not for MBR");
    TRI_PROVES_METHOD(IVdsVolume, ClearFlags, partial, "as SetFlags");
    TRI_PROVES_METHOD(IVdsVolumeMF, SetFileSystemFlags, notimpl, "no file system here has a flag for compression");
    TRI_PROVES_METHOD(IVdsVolumeMF, ClearFileSystemFlags, notimpl, "as SetFileSystemFlags");
    static const struct {
        ULONG flag;
        unsigned bit;
    } rows[] = {
        {VDS_VF_READONLY, 60}, {VDS_VF_SHADOW_COPY, 61}, {VDS_VF_HIDDEN, 62}, {VDS_VF_NO_DEFAULT_DRIVE_LETTER, 63}};
    struct face_disk disk;
    struct face_volume volume;
    VDS_PARTITION_PROP prop;
    make_disk_with_volume(&disk, &volume, "flags.img", 64 * MIB);
    format_quickly(&volume, "ext4");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_hr(S_OK, IVdsVolume_SetFlags(volume.volume, rows[i].flag, FALSE));
        assert_true(volume_prop(&volume).ulFlags & rows[i].flag);
        assert_hr(S_OK, IVdsAdvancedDisk_GetPartitionProperties(disk.advanced, MIB, &prop));
        assert_int_equal(prop.Gpt.attributes, 1ull << rows[i].bit);
        assert_hr(S_OK, IVdsVolume_SetFlags(volume.volume, rows[i].flag, FALSE));
        assert_hr(S_OK, IVdsVolume_ClearFlags(volume.volume, rows[i].flag));
        assert_false(volume_prop(&volume).ulFlags & rows[i].flag);
    }
    assert_hr(VDS_E_INVALID_VOLUME_FLAG, IVdsVolume_SetFlags(volume.volume, VDS_VF_BOOT_VOLUME, FALSE));
    assert_hr(VDS_E_INVALID_VOLUME_FLAG, IVdsVolume_ClearFlags(volume.volume, VDS_VF_SYSTEM_VOLUME));
    assert_hr(VDS_E_INVALID_FS_FLAG, IVdsVolumeMF_SetFileSystemFlags(volume.mf, 2));
    assert_hr(VDS_E_NOT_SUPPORTED, IVdsVolumeMF_SetFileSystemFlags(volume.mf, VDS_FPF_COMPRESSED));
    assert_hr(VDS_E_INVALID_FS_FLAG, IVdsVolumeMF_ClearFileSystemFlags(volume.mf, 2));
    assert_hr(VDS_E_NOT_SUPPORTED, IVdsVolumeMF_ClearFileSystemFlags(volume.mf, VDS_FPF_COMPRESSED));
    drop_both(&disk, &volume);
}

/* ---- sizes ---- */

static void a_volume_is_extended(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsVolume, Extend, real, "ext2/3/4, XFS, Btrfs, NTFS, into free space right behind");
    struct face_disk disk;
    struct face_volume volume, behind;
    make_disk(&disk, "extend.img", RAW, 256 * MIB);
    initialize(&disk, VDS_PST_GPT);
    make_volume(&volume, &disk, MIB, 64 * MIB);
    make_volume(&behind, &disk, 129 * MIB, 64 * MIB);
    format_quickly(&volume, "ext4");
    VDS_INPUT_DISK input = {.diskId = disk.id, .ullSize = 32 * MIB};
    assert_hr(S_OK, RUN(IVdsVolume_Extend(volume.volume, &input, 1, ASYNC), NULL));
    assert_int_equal(volume_prop(&volume).ullSize, 96 * MIB);
    assert_int_equal(run_command("e2fsck -fn '%s' >/dev/null 2>&1", volume.node), 0);
    VDS_FILE_SYSTEM_PROP prop;
    assert_hr(S_OK, IVdsVolumeMF_GetFileSystemProperties(volume.mf, &prop));
    CoTaskMemFree(prop.pwszLabel);
    assert_in_range(prop.ullTotalAllocationUnits * prop.ulAllocationUnitSize, 90 * MIB, 96 * MIB);
    assert_hr(S_OK, TRY(IVdsVolume_Extend(volume.volume, NULL, 0, ASYNC))); /* the file system alone: it is full size */
    assert_int_equal(volume_prop(&volume).ullSize, 96 * MIB);
    input.ullSize = 64 * MIB; /* only 32 are free before the next one */
    assert_hr(VDS_E_NOT_ENOUGH_SPACE, TRY(IVdsVolume_Extend(volume.volume, &input, 1, ASYNC)));
    input.ullSize = 1ull << 63;
    assert_true(FAILED(TRY(IVdsVolume_Extend(volume.volume, &input, 1, ASYNC))));
    input.ullSize = 16 * MIB;
    assert_true(FAILED(TRY(IVdsVolume_Extend(volume.volume, &input, 2, ASYNC))));
    assert_hr(E_INVALIDARG, TRY(IVdsVolume_Extend(volume.volume, NULL, 1, ASYNC)));
    assert_hr(E_INVALIDARG, IVdsVolume_Extend(volume.volume, &input, 1, NULL));
    input.diskId = nobody;
    assert_true(FAILED(TRY(IVdsVolume_Extend(volume.volume, &input, 1, ASYNC))));
    assert_int_equal(volume_prop(&volume).ullSize, 96 * MIB);
    input.diskId = disk.id;
    assert_hr(S_OK, TRY(IVdsVolume_Extend(behind.volume, &input, 1, ASYNC))); /* an empty one grows as a partition */
    assert_int_equal(volume_prop(&behind).ullSize, 80 * MIB);
    drop_volume(&behind);
    drop_both(&disk, &volume);
}

static void a_volume_is_shrunk(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsVolume, Shrink, real, "ext2/3/4, Btrfs, NTFS");
    TRI_PROVES_METHOD(IVdsVolumeShrink, QueryMaxReclaimableBytes, real);
    TRI_PROVES_METHOD(IVdsVolumeShrink, Shrink, real, "ext2/3/4, Btrfs, NTFS");
    struct face_disk disk;
    struct face_volume volume;
    VDS_ASYNC_OUTPUT output;
    ULONGLONG most = 0;
    const char *folder = make_folder("shrunk");
    make_disk_with_volume(&disk, &volume, "shrink.img", 258 * MIB);
    assert_true(FAILED(TRY(IVdsVolume_Shrink(volume.volume, 16 * MIB, ASYNC)))); /* nothing known on it */
    format_quickly(&volume, "ext4");
    assert_hr(S_OK, IVdsVolumeMF_AddAccessPath(volume.mf, W("%s", folder)));
    write_pattern(folder, "file", 3, 20 * MIB);
    assert_hr(S_OK, IVdsVolumeMF_DeleteAccessPath(volume.mf, W("%s", folder), FALSE));
    assert_hr(S_OK, IVdsVolumeShrink_QueryMaxReclaimableBytes(volume.shrink, &most));
    assert_in_range(most, 100 * MIB, 236 * MIB);
    assert_hr(VDS_E_SHRINK_SIZE_TOO_BIG, TRY(IVdsVolume_Shrink(volume.volume, 255 * MIB, ASYNC)));
    assert_hr(VDS_E_INVALID_SHRINK_SIZE, TRY(IVdsVolumeShrink_Shrink(volume.shrink, MIB, 2 * MIB, ASYNC)));
    assert_hr(VDS_E_SHRINK_SIZE_LESS_THAN_MIN,
              TRY(IVdsVolumeShrink_Shrink(volume.shrink, 255 * MIB, 250 * MIB, ASYNC)));
    assert_true(FAILED(TRY(IVdsVolume_Shrink(volume.volume, 1ull << 63, ASYNC))));
    assert_int_equal(volume_prop(&volume).ullSize, 256 * MIB);
    assert_hr(S_OK, RUN(IVdsVolume_Shrink(volume.volume, 64 * MIB, ASYNC), &output));
    assert_int_equal(output.sv.ullReclaimedBytes, 64 * MIB);
    assert_int_equal(volume_prop(&volume).ullSize, 192 * MIB);
    assert_hr(S_OK, RUN(IVdsVolumeShrink_Shrink(volume.shrink, 0, 0, ASYNC), &output)); /* as much as can be */
    assert_true(output.sv.ullReclaimedBytes > 32 * MIB);
    assert_int_equal(volume_prop(&volume).ullSize, 192 * MIB - output.sv.ullReclaimedBytes);
    assert_int_equal(run_command("e2fsck -fn '%s' >/dev/null 2>&1", volume.node), 0);
    assert_hr(S_OK, IVdsVolumeMF_AddAccessPath(volume.mf, W("%s", folder)));
    check_pattern(folder, "file", 3, 20 * MIB);
    assert_hr(S_OK, IVdsVolumeMF_DeleteAccessPath(volume.mf, W("%s", folder), FALSE));
    assert_hr(E_INVALIDARG, IVdsVolumeShrink_QueryMaxReclaimableBytes(volume.shrink, NULL));
    assert_hr(E_INVALIDARG, IVdsVolume_Shrink(volume.volume, MIB, NULL));
    assert_hr(E_INVALIDARG, IVdsVolumeShrink_Shrink(volume.shrink, MIB, MIB, NULL));
    drop_both(&disk, &volume);
}

static void a_volume_is_checked(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(ITriremeCheck, Check, real);
    struct face_disk disk;
    struct face_volume volume;
    make_disk_with_volume(&disk, &volume, "check.img", 64 * MIB);
    ITriremeCheck *check = QUERY(volume.volume, ITriremeCheck);
    assert_true(FAILED(TRY(ITriremeCheck_Check(check, 0, ASYNC)))); /* nothing known on it */
    format_quickly(&volume, "ext4");
    assert_hr(S_OK, RUN(ITriremeCheck_Check(check, 0, ASYNC), NULL));
    assert_hr(E_INVALIDARG, TRY(ITriremeCheck_Check(check, 0x80, ASYNC)));
    assert_hr(E_INVALIDARG, ITriremeCheck_Check(check, 0, NULL));
    /* damage: the root folder's inode says that it has 77 links */
    assert_int_equal(
        run_command("debugfs -w -R 'set_inode_field <2> links_count 77' '%s' >/dev/null 2>&1", volume.node), 0);
    assert_hr(HRESULT_FROM_WIN32(ERROR_FILE_CORRUPT), TRY(ITriremeCheck_Check(check, 0, ASYNC)));
    assert_hr(S_OK, RUN(ITriremeCheck_Check(check, TRIREME_CHECK_REPAIR, ASYNC), NULL));
    assert_hr(S_OK, RUN(ITriremeCheck_Check(check, 0, ASYNC), NULL));
    const char *folder = make_folder("checked");
    assert_hr(S_OK, IVdsVolumeMF_AddAccessPath(volume.mf, W("%s", folder)));
    assert_hr(VDS_E_DEVICE_IN_USE, TRY(ITriremeCheck_Check(check, TRIREME_CHECK_REPAIR, ASYNC)));
    assert_hr(S_OK, IVdsVolumeMF_DeleteAccessPath(volume.mf, W("%s", folder), FALSE));
    LET_GO(check);
    drop_both(&disk, &volume);
}

static void a_volume_is_deleted(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsVolume, Delete, real);
    struct face_disk disk;
    struct face_volume volume;
    VDS_VOLUME_PROP prop;
    const char *folder = make_folder("deleted");
    make_disk_with_volume(&disk, &volume, "delete.img", 64 * MIB);
    format_quickly(&volume, "ext4");
    assert_hr(S_OK, IVdsVolumeMF_AddAccessPath(volume.mf, W("%s", folder)));
    assert_hr(VDS_E_DEVICE_IN_USE, IVdsVolume_Delete(volume.volume, FALSE));
    assert_true(is_mounted(folder));
    assert_hr(S_OK, IVdsVolume_Delete(volume.volume, TRUE));
    assert_false(is_mounted(folder));
    assert_int_equal(count_partitions(disk.advanced), 0);
    assert_hr(VDS_E_OBJECT_DELETED, IVdsVolume_GetProperties(volume.volume, &prop));
    assert_hr(VDS_E_OBJECT_DELETED, IVdsVolume_Delete(volume.volume, TRUE));
    assert_hr(VDS_E_OBJECT_DELETED, format_as(&volume, "ext4", NULL, VDS_FSOF_QUICK));
    drop_both(&disk, &volume);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_volume_is_one_object_with_many_faces),
        cmocka_unit_test(a_volume_tells_its_properties),
        cmocka_unit_test(a_volume_has_one_plex),
        cmocka_unit_test(a_volume_has_one_guid_path),
        cmocka_unit_test(a_volume_is_formatted_in_three_ways),
        cmocka_unit_test(a_mounted_volume_is_formatted_by_force_only),
        cmocka_unit_test(a_volume_is_mounted_where_one_says),
        cmocka_unit_test(volumes_mounted_in_a_volume_are_its_reparse_points),
        cmocka_unit_test(a_volume_is_dismounted_and_mounted_again),
        cmocka_unit_test(a_volume_goes_offline_and_online),
        cmocka_unit_test(a_volume_has_flags),
        cmocka_unit_test(a_volume_is_extended),
        cmocka_unit_test(a_volume_is_shrunk),
        cmocka_unit_test(a_volume_is_checked),
        cmocka_unit_test(a_volume_is_deleted),
        cmocka_unit_test(nothing_is_left_behind),
    };
    return cmocka_run_group_tests(tests, set_up_disks, tear_down_disks);
}
