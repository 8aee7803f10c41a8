/* Virtual disks: each method's good answer, its refusals, and the states that an image goes through. */
#include "vds-face.h"

static void file_path(char path[192], const char *name)
{
    snprintf(path, 192, "%s/%s", face_files, name);
}

static HRESULT try_create(VIRTUAL_STORAGE_TYPE *type, const char *path, ULONG flags,
                          VDS_CREATE_VDISK_PARAMETERS *parameters)
{
    return TRY(IVdsVdProvider_CreateVDisk(virtual_disks, type, path ? W("%s", path) : NULL, NULL,
                                          (CREATE_VIRTUAL_DISK_FLAG)flags, 0, 0, parameters, ASYNC));
}

static VDS_VDISK_STATE state_of(struct face_disk *disk)
{
    VDS_VDISK_PROPERTIES prop;
    assert_hr_of(IVdsVDisk_GetProperties(disk->image, &prop), S_OK, VDS_S_PROPERTIES_INCOMPLETE);
    CoTaskMemFree(prop.pPath);
    CoTaskMemFree(prop.pDeviceName);
    CoTaskMemFree(prop.pParentPath);
    return prop.State;
}

static void images_of_every_format_are_created(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsVdProvider, CreateVDisk, real, "raw, VHD, VHDX, qcow2; differencing ones in qcow2 only");
    TRI_PROVES_METHOD(IVdsVDisk, GetProperties, real);
    for (int format = 0; format < FORMATS; format++) {
        const char *missing = program_missing((enum face_format)format);
        if (missing) {
            printf("# not looked at: %s: %s\n", face_formats[format].name, missing);
            continue;
        }
        for (int fixed = 0; fixed < 2; fixed++) {
            char path[192];
            VDS_VDISK_PROPERTIES prop;
            file_path(path, "created");
            IVdsVDisk *image = create_image(path, (enum face_format)format, 37 * MIB + 512, fixed);
            assert_hr(S_OK, IVdsVDisk_GetProperties(image, &prop));
            assert_int_equal(prop.State, VDS_VST_ADDED);
            assert_int_equal(prop.VirtualSize, 37 * MIB + 512);
            VIRTUAL_STORAGE_TYPE type = storage_type((enum face_format)format);
            assert_int_equal(prop.VirtualDeviceType.DeviceId, type.DeviceId);
            assert_true(IsEqualGUID(&prop.VirtualDeviceType.VendorId, &type.VendorId));
            assert_string_equal(take(prop.pPath), path);
            assert_null(prop.pDeviceName);
            assert_null(prop.pParentPath);
            assert_int_equal(prop.bIsChild, FALSE);
            LET_GO(image);
            const char *qemu = face_formats[format].qemu;
            if (run_command("command -v qemu-img >/dev/null") == 0)
                assert_string_equal(line_of("qemu-img info --output=json -f %s '%s' | "
                                            "sed -n 's/.*\"virtual-size\": \\([0-9]*\\).*/\\1/p'",
                                            qemu, path),
                                    "38797824");
            struct stat about;
            assert_int_equal(stat(path, &about), 0);
            if (fixed)
                assert_true((ULONGLONG)about.st_blocks * 512 >= 37 * MIB);
            else
                assert_true((ULONGLONG)about.st_blocks * 512 < 20 * MIB);
            assert_int_equal(unlink(path), 0);
        }
    }
}

static void a_bad_creation_makes_nothing(void **state)
{
    NEEDS_DISKS;
    VIRTUAL_STORAGE_TYPE raw = storage_type(RAW), vhd = storage_type(VHD), bad = raw;
    VDS_CREATE_VDISK_PARAMETERS parameters = {.MaximumSize = 16 * MIB};
    IVdsAsync *async = (IVdsAsync *)1;
    char path[192];
    file_path(path, "none.img");
    assert_hr(E_INVALIDARG, try_create(&raw, path, 0, NULL));
    assert_hr(VDS_E_VDISK_PATHNAME_INVALID, try_create(&raw, NULL, 0, &parameters));
    assert_hr(VDS_E_VDISK_PATHNAME_INVALID, try_create(&raw, "", 0, &parameters));
    assert_hr(VDS_E_VDISK_PATHNAME_INVALID, try_create(&raw, face_files, 0, &parameters));
    assert_true(FAILED(try_create(&raw, "/no/such/folder/x.img", 0, &parameters)));
    bad.DeviceId = 99;
    assert_hr(VDS_E_NOT_SUPPORTED, try_create(&bad, path, 0, &parameters));
    bad = (VIRTUAL_STORAGE_TYPE){VIRTUAL_STORAGE_TYPE_DEVICE_ISO, VIRTUAL_STORAGE_TYPE_VENDOR_MICROSOFT};
    assert_hr(VDS_E_NOT_SUPPORTED, try_create(&bad, path, 0, &parameters));
    static const ULONGLONG sizes[] = {0, 1, 511, 513, 1ull << 63, ~0ull, (1ull << 63) + 512};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        parameters.MaximumSize = sizes[i];
        assert_true(FAILED(try_create(&raw, path, 0, &parameters)));
        assert_true(FAILED(try_create(&vhd, path, 0, &parameters)));
    }
    parameters.MaximumSize = 4096 * GIB; /* beyond what VHD can say */
    assert_true(FAILED(try_create(&vhd, path, 0, &parameters)));
    parameters.MaximumSize = 16 * MIB;
    assert_hr(E_INVALIDARG, IVdsVdProvider_CreateVDisk(virtual_disks, &raw, W("%s", path), NULL,
                                                       CREATE_VIRTUAL_DISK_FLAG_NONE, 1, 0, &parameters, &async));
    assert_null(async);
    assert_hr(E_INVALIDARG, IVdsVdProvider_CreateVDisk(virtual_disks, &raw, W("%s", path), NULL,
                                                       CREATE_VIRTUAL_DISK_FLAG_NONE, 0, 1, &parameters, &async));
    assert_hr(E_INVALIDARG, IVdsVdProvider_CreateVDisk(virtual_disks, &raw, W("%s", path), NULL,
                                                       CREATE_VIRTUAL_DISK_FLAG_NONE, 0, 0, &parameters, NULL));
    parameters = (VDS_CREATE_VDISK_PARAMETERS){.pSourcePath = W("%s/nowhere", face_files)};
    assert_true(FAILED(try_create(&raw, path, 0, &parameters)));
    parameters = (VDS_CREATE_VDISK_PARAMETERS){.pParentPath = W("%s/nowhere", face_files)};
    assert_true(FAILED(try_create(&vhd, path, 0, &parameters)));
    assert_string_equal(line_of("ls -A '%s'", face_files), "");
}

static void an_existing_file_is_taken_as_it_is(void **state)
{
    NEEDS_DISKS;
    VIRTUAL_STORAGE_TYPE raw = storage_type(RAW);
    VDS_CREATE_VDISK_PARAMETERS parameters = {.MaximumSize = 64 * MIB};
    char path[192];
    file_path(path, "existing.img");
    assert_int_equal(run_command("head -c 16M /dev/urandom > '%s'", path), 0);
    uint64_t before = digest(path);
    assert_hr(S_OK, try_create(&raw, path, 0, &parameters));
    assert_true(digest(path) == before);
    assert_string_equal(line_of("stat -c %%s '%s'", path), "16777216");
    assert_int_equal(unlink(path), 0);
}

static void an_image_is_copied_from_another(void **state)
{
    NEEDS_DISKS;
    const char *missing = program_missing(VHDX);
    SKIP_UNLESS(!missing, missing);
    char source[192], target[192];
    file_path(source, "source.img");
    assert_int_equal(run_command("head -c 24M /dev/urandom > '%s'", source), 0);
    for (int format = 0; format < FORMATS; format++) {
        VIRTUAL_STORAGE_TYPE type = storage_type((enum face_format)format);
        VDS_CREATE_VDISK_PARAMETERS parameters = {.pSourcePath = W("%s", source)};
        file_path(target, "target");
        assert_hr(S_OK, try_create(&type, target, 0, &parameters));
        assert_int_equal(
            run_command("qemu-img compare -q -f raw -F %s '%s' '%s'", face_formats[format].qemu, source, target), 0);
        assert_int_equal(unlink(target), 0);
    }
    assert_int_equal(unlink(source), 0);
}

static void an_image_is_known_by_its_path(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsVdProvider, AddVDisk, real);
    TRI_PROVES_METHOD(IVdsVdProvider, QueryVDisks, real);
    TRI_PROVES_METHOD(IVdsVdProvider, GetDiskFromVDisk, real);
    TRI_PROVES_METHOD(IVdsVdProvider, GetVDiskFromDisk, real);
    TRI_PROVES_METHOD(IVdsVDisk, GetDeviceName, real);
    VIRTUAL_STORAGE_TYPE raw = storage_type(RAW), unknown = {0, VIRTUAL_STORAGE_TYPE_VENDOR_UNKNOWN};
    struct face_disk disk;
    IVdsVDisk *again = NULL, *other = NULL;
    IVdsDisk *found = NULL;
    IEnumVdsObject *list = NULL;
    LPWSTR name = NULL;
    unsigned times = 0;
    make_image(&disk, "known.img", RAW, 64 * MIB);
    assert_hr(S_OK, IVdsVdProvider_AddVDisk(virtual_disks, &raw, W("%s", disk.path), &again));
    assert_hr(S_OK, IVdsVdProvider_AddVDisk(virtual_disks, &unknown, W("%s", disk.path), &other));
    LET_GO(other);
    assert_hr(S_OK, IVdsVdProvider_QueryVDisks(virtual_disks, &list));
    EACH (image, IVdsVDisk, list) {
        VDS_VDISK_PROPERTIES prop;
        assert_true(SUCCEEDED(IVdsVDisk_GetProperties(image, &prop)));
        times += strcmp(take(prop.pPath), disk.path) == 0;
        CoTaskMemFree(prop.pDeviceName);
        CoTaskMemFree(prop.pParentPath);
    }
    LET_GO(list);
    assert_int_equal(times, 1);
    name = (LPWSTR)1;
    assert_hr(S_OK, IVdsVDisk_GetDeviceName(again, &name));
    assert_null(name);
    assert_hr(VDS_E_OBJECT_NOT_FOUND, IVdsVdProvider_GetDiskFromVDisk(virtual_disks, again, &found));
    attach(&disk);
    assert_hr(S_OK, IVdsVDisk_GetDeviceName(again, &name));
    assert_int_equal(strncmp(take(name), "\\\\?\\PhysicalDrive", 17), 0);
    assert_hr(S_OK, IVdsVdProvider_GetDiskFromVDisk(virtual_disks, again, &found));
    VDS_DISK_PROP prop = disk_prop(found);
    assert_true(IsEqualGUID(&prop.id, &disk.id));
    assert_hr(S_OK, IVdsVdProvider_GetVDiskFromDisk(virtual_disks, found, &other));
    VDS_VDISK_PROPERTIES image;
    assert_hr(S_OK, IVdsVDisk_GetProperties(other, &image));
    assert_string_equal(take(image.pPath), disk.path);
    assert_int_equal(strncmp(take(image.pDeviceName), "\\\\?\\PhysicalDrive", 17), 0);
    CoTaskMemFree(image.pParentPath);
    LET_GO(other);
    LET_GO(found);

    assert_hr(VDS_E_VDISK_PATHNAME_INVALID, IVdsVdProvider_AddVDisk(virtual_disks, &raw, W("%s", face_files), &other));
    assert_null(other);
    assert_hr(S_OK, IVdsVdProvider_AddVDisk(virtual_disks, NULL, W("%s", disk.path), &other)); /* as unknown */
    LET_GO(other);
    assert_hr(VDS_E_VDISK_PATHNAME_INVALID, IVdsVdProvider_AddVDisk(virtual_disks, &raw, NULL, &other));
    assert_hr(E_INVALIDARG, IVdsVdProvider_AddVDisk(virtual_disks, &raw, W("%s", disk.path), NULL));
    assert_hr(E_INVALIDARG, IVdsVdProvider_QueryVDisks(virtual_disks, NULL));
    assert_hr(E_INVALIDARG, IVdsVdProvider_GetDiskFromVDisk(virtual_disks, NULL, &found));
    assert_hr(E_INVALIDARG, IVdsVdProvider_GetDiskFromVDisk(virtual_disks, again, NULL));
    assert_hr(E_INVALIDARG, IVdsVdProvider_GetVDiskFromDisk(virtual_disks, NULL, &other));
    assert_hr(E_INVALIDARG, IVdsVDisk_GetDeviceName(again, NULL));
    assert_hr(E_INVALIDARG, IVdsVDisk_GetProperties(again, NULL));
    LET_GO(again);
    drop_disk(&disk);
}

static void an_image_goes_through_its_states(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsVDisk, Open, real);
    TRI_PROVES_METHOD(IVdsOpenVDisk, Attach, real);
    TRI_PROVES_METHOD(IVdsOpenVDisk, Detach, real);
    TRI_PROVES_METHOD(IVdsOpenVDisk, DetachAndDelete, real);
    struct face_disk disk;
    IVdsOpenVDisk *second = NULL;
    make_image(&disk, "states.img", RAW, 64 * MIB);
    assert_int_equal(state_of(&disk), VDS_VST_OPEN);
    assert_hr(VDS_E_VD_DISK_ALREADY_OPEN,
              IVdsVDisk_Open(disk.image, VIRTUAL_DISK_ACCESS_ALL, OPEN_VIRTUAL_DISK_FLAG_NONE, 1, &second));
    LET_GO(second);
    assert_hr(VDS_E_VD_ALREADY_DETACHED, IVdsOpenVDisk_Detach(disk.open, DETACH_VIRTUAL_DISK_FLAG_NONE, 0));
    attach(&disk);
    assert_int_equal(state_of(&disk), VDS_VST_ATTACHED);
    assert_hr(VDS_E_VD_ALREADY_ATTACHED,
              TRY(IVdsOpenVDisk_Attach(disk.open, NULL, ATTACH_VIRTUAL_DISK_FLAG_NONE, 0, 0, ASYNC)));
    LET_GO(disk.open);
    assert_int_equal(state_of(&disk), VDS_VST_ATTACHED_NOT_OPEN);
    assert_hr(S_OK, IVdsVDisk_Open(disk.image, VIRTUAL_DISK_ACCESS_ALL, OPEN_VIRTUAL_DISK_FLAG_NONE, 1, &disk.open));
    assert_int_equal(state_of(&disk), VDS_VST_ATTACHED);
    LET_GO(disk.advanced);
    LET_GO(disk.disk);
    assert_true(FAILED(IVdsOpenVDisk_Detach(disk.open, (DETACH_VIRTUAL_DISK_FLAG)1, 0)));
    assert_hr(S_OK, IVdsOpenVDisk_Detach(disk.open, DETACH_VIRTUAL_DISK_FLAG_NONE, 0));
    assert_int_equal(state_of(&disk), VDS_VST_OPEN);
    LET_GO(disk.open);
    assert_int_equal(state_of(&disk), VDS_VST_ADDED);
    assert_hr(E_INVALIDARG, IVdsVDisk_Open(disk.image, VIRTUAL_DISK_ACCESS_ALL, OPEN_VIRTUAL_DISK_FLAG_NONE, 1, NULL));
    assert_hr(S_OK, IVdsVDisk_Open(disk.image, VIRTUAL_DISK_ACCESS_ALL, OPEN_VIRTUAL_DISK_FLAG_NONE, 1, &disk.open));
    assert_hr(E_INVALIDARG, IVdsOpenVDisk_Attach(disk.open, NULL, ATTACH_VIRTUAL_DISK_FLAG_NONE, 0, 0, NULL));
    drop_disk(&disk);
}

static void one_may_do_what_one_opened_it_for(void **state)
{
    NEEDS_DISKS;
    struct face_disk disk;
    IVdsOpenVDisk *reader = NULL;
    make_image(&disk, "access.img", RAW, 64 * MIB);
    LET_GO(disk.open);
    assert_hr(S_OK, IVdsVDisk_Open(disk.image, VIRTUAL_DISK_ACCESS_GET_INFO, OPEN_VIRTUAL_DISK_FLAG_NONE, 1, &reader));
    assert_true(FAILED(TRY(IVdsOpenVDisk_Attach(reader, NULL, ATTACH_VIRTUAL_DISK_FLAG_NONE, 0, 0, ASYNC))));
    assert_true(FAILED(TRY(IVdsOpenVDisk_Expand(reader, EXPAND_VIRTUAL_DISK_FLAG_NONE, 128 * MIB, ASYNC))));
    LET_GO(reader);
    assert_hr(S_OK, IVdsVDisk_Open(disk.image, VIRTUAL_DISK_ACCESS_ATTACH_RO | VIRTUAL_DISK_ACCESS_DETACH,
                                   OPEN_VIRTUAL_DISK_FLAG_NONE, 0, &reader));
    assert_true(FAILED(TRY(IVdsOpenVDisk_Attach(reader, NULL, ATTACH_VIRTUAL_DISK_FLAG_NONE, 0, 0, ASYNC))));
    assert_hr(S_OK, TRY(IVdsOpenVDisk_Attach(reader, NULL, ATTACH_VIRTUAL_DISK_FLAG_READ_ONLY, 0, 0, ASYNC)));
    look_at_disk(&disk);
    assert_true(disk_prop(disk.disk).ulFlags & VDS_DF_READ_ONLY);
    assert_int_not_equal(
        run_command("dd if=/dev/zero of='%s' bs=512 count=1 conv=notrunc,fsync 2>/dev/null", disk.node), 0);
    LET_GO(disk.advanced);
    LET_GO(disk.disk);
    assert_hr(S_OK, IVdsOpenVDisk_Detach(reader, DETACH_VIRTUAL_DISK_FLAG_NONE, 0));
    LET_GO(reader);
    assert_hr(S_OK, IVdsVDisk_Open(disk.image, VIRTUAL_DISK_ACCESS_ALL, OPEN_VIRTUAL_DISK_FLAG_NONE, 1, &disk.open));
    drop_disk(&disk);
}

static void a_busy_image_stays_attached(void **state)
{
    NEEDS_DISKS;
    for (int format = RAW; format <= QCOW2; format += QCOW2) {
        const char *missing = program_missing((enum face_format)format);
        SKIP_UNLESS(!missing, missing);
        struct face_disk disk;
        struct face_volume volume;
        const char *folder = make_folder("busy");
        make_disk(&disk, "busy.image", (enum face_format)format, 64 * MIB);
        initialize(&disk, VDS_PST_GPT);
        make_volume(&volume, &disk, MIB, 62 * MIB);
        format_quickly(&volume, "ext4");
        assert_hr(S_OK, IVdsVolumeMF_AddAccessPath(volume.mf, W("%s", folder)));
        write_pattern(folder, "file", 9, 65536);
        assert_hr(VDS_E_DEVICE_IN_USE, IVdsOpenVDisk_Detach(disk.open, DETACH_VIRTUAL_DISK_FLAG_NONE, 0));
        assert_hr(VDS_E_DEVICE_IN_USE, IVdsOpenVDisk_DetachAndDelete(disk.open, DETACH_VIRTUAL_DISK_FLAG_NONE, 0));
        assert_int_equal(access(disk.path, F_OK), 0);
        check_pattern(folder, "file", 9, 65536);
        assert_string_equal(node_at(&disk, MIB), volume.node);
        assert_hr(S_OK, IVdsVolumeMF_DeleteAccessPath(volume.mf, W("%s", folder), FALSE));
        drop_both(&disk, &volume);
    }
}

static void images_are_compacted_and_expanded(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsOpenVDisk, Compact, real, "VHD (dynamic), VHDX, qcow2");
    TRI_PROVES_METHOD(IVdsOpenVDisk, Expand, real);
    for (int format = 0; format < FORMATS; format++) {
        const char *missing = program_missing((enum face_format)format);
        SKIP_UNLESS(!missing, missing);
        struct face_disk disk;
        VDS_ASYNC_OUTPUT output;
        make_disk(&disk, "grow", (enum face_format)format, 64 * MIB);
        initialize(&disk, VDS_PST_GPT);
        assert_int_equal(
            run_command("head -c 32M /dev/urandom | dd of='%s' bs=1M seek=8 conv=notrunc,fsync 2>/dev/null && "
                        "dd if=/dev/zero of='%s' bs=1M seek=8 count=30 conv=notrunc,fsync 2>/dev/null",
                        disk.node, disk.node),
            0);
        char sum[64], now[64];
        snprintf(sum, sizeof(sum), "%s", line_of("md5sum < '%s'", disk.node));
        assert_hr(VDS_E_VD_NOT_ATTACHED_READONLY,
                  TRY(IVdsOpenVDisk_Compact(disk.open, COMPACT_VIRTUAL_DISK_FLAG_NONE, 0, ASYNC)));
        assert_hr(VDS_E_VD_IS_ATTACHED,
                  TRY(IVdsOpenVDisk_Expand(disk.open, EXPAND_VIRTUAL_DISK_FLAG_NONE, 128 * MIB, ASYNC)));
        detach(&disk);
        struct stat before, after;
        assert_int_equal(stat(disk.path, &before), 0);
        HRESULT hr = RUN(IVdsOpenVDisk_Compact(disk.open, COMPACT_VIRTUAL_DISK_FLAG_NONE, 0, ASYNC), &output);
        if (format == RAW) {
            assert_hr(VDS_E_NOT_SUPPORTED, hr);
        } else {
            assert_hr(S_OK, hr);
            assert_int_equal(output.type, VDS_ASYNCOUT_COMPACT_VDISK);
            assert_int_equal(stat(disk.path, &after), 0);
            assert_true(after.st_blocks < before.st_blocks - (blkcnt_t)(16 * MIB / 512));
        }
        assert_true(FAILED(TRY(IVdsOpenVDisk_Expand(disk.open, EXPAND_VIRTUAL_DISK_FLAG_NONE, 32 * MIB, ASYNC))));
        assert_true(FAILED(TRY(IVdsOpenVDisk_Expand(disk.open, EXPAND_VIRTUAL_DISK_FLAG_NONE, 1ull << 63, ASYNC))));
        assert_true(FAILED(TRY(IVdsOpenVDisk_Expand(disk.open, EXPAND_VIRTUAL_DISK_FLAG_NONE, 100 * MIB + 1, ASYNC))));
        assert_hr(S_OK, RUN(IVdsOpenVDisk_Expand(disk.open, EXPAND_VIRTUAL_DISK_FLAG_NONE, 128 * MIB, ASYNC), &output));
        assert_int_equal(output.type, VDS_ASYNCOUT_EXPAND_VDISK);
        attach(&disk);
        assert_int_equal(disk_prop(disk.disk).ullSize, 128 * MIB);
        snprintf(now, sizeof(now), "%s", line_of("head -c 64M '%s' | md5sum", disk.node));
        assert_string_equal(now, sum);
        assert_hr(E_INVALIDARG, IVdsOpenVDisk_Compact(disk.open, COMPACT_VIRTUAL_DISK_FLAG_NONE, 0, NULL));
        assert_hr(E_INVALIDARG, IVdsOpenVDisk_Expand(disk.open, EXPAND_VIRTUAL_DISK_FLAG_NONE, GIB, NULL));
        drop_disk(&disk);
    }
}

static void a_differencing_image_is_merged(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsOpenVDisk, Merge, partial, "qcow2, one level");
    const char *missing = program_missing(QCOW2);
    SKIP_UNLESS(!missing, missing);
    struct face_disk parent, child = {0};
    VIRTUAL_STORAGE_TYPE type = storage_type(QCOW2), vhdx = storage_type(VHDX);
    VDS_VDISK_PROPERTIES prop;
    VDS_ASYNC_OUTPUT output;
    make_image(&parent, "parent.qcow2", QCOW2, 64 * MIB);
    LET_GO(parent.open);
    file_path(child.path, "child.qcow2");
    VDS_CREATE_VDISK_PARAMETERS parameters = {.pParentPath = W("%s", parent.path)};
    assert_hr(VDS_E_NOT_SUPPORTED, try_create(&vhdx, child.path, 0, &parameters)); /* nothing here writes such ones */
    assert_hr(S_OK, RUN(IVdsVdProvider_CreateVDisk(virtual_disks, &type, W("%s", child.path), NULL,
                                                   CREATE_VIRTUAL_DISK_FLAG_NONE, 0, 0, &parameters, ASYNC),
                        &output));
    child.image = QUERY(output.cvd.pVDiskUnk, IVdsVDisk);
    IUnknown_Release(output.cvd.pVDiskUnk);
    assert_hr(S_OK, IVdsVDisk_GetProperties(child.image, &prop));
    assert_int_equal(prop.bIsChild, TRUE);
    assert_int_equal(prop.VirtualSize, 64 * MIB);
    assert_string_equal(take(prop.pParentPath), parent.path);
    CoTaskMemFree(prop.pPath);
    CoTaskMemFree(prop.pDeviceName);
    assert_hr(S_OK, IVdsVDisk_Open(child.image, VIRTUAL_DISK_ACCESS_ALL, OPEN_VIRTUAL_DISK_FLAG_NONE, 2, &child.open));
    attach(&child);
    assert_int_equal(
        run_command("printf merged | dd of='%s' bs=1 seek=1048576 conv=notrunc,fsync 2>/dev/null", child.node), 0);
    assert_true(FAILED(TRY(IVdsOpenVDisk_Merge(child.open, MERGE_VIRTUAL_DISK_FLAG_NONE, 1, ASYNC)))); /* attached */
    detach(&child);
    assert_true(FAILED(TRY(IVdsOpenVDisk_Merge(child.open, MERGE_VIRTUAL_DISK_FLAG_NONE, 0, ASYNC))));
    assert_true(FAILED(TRY(IVdsOpenVDisk_Merge(child.open, MERGE_VIRTUAL_DISK_FLAG_NONE, 5, ASYNC))));
    assert_hr(E_INVALIDARG, IVdsOpenVDisk_Merge(child.open, MERGE_VIRTUAL_DISK_FLAG_NONE, 1, NULL));
    assert_hr(S_OK, RUN(IVdsOpenVDisk_Merge(child.open, MERGE_VIRTUAL_DISK_FLAG_NONE, 1, ASYNC), &output));
    assert_int_equal(output.type, VDS_ASYNCOUT_MERGE_VDISK);
    assert_int_equal(access(child.path, F_OK), 0);
    drop_disk(&child);
    assert_hr(S_OK,
              IVdsVDisk_Open(parent.image, VIRTUAL_DISK_ACCESS_ALL, OPEN_VIRTUAL_DISK_FLAG_NONE, 1, &parent.open));
    attach(&parent);
    assert_string_equal(line_of("dd if='%s' bs=1 skip=1048576 count=6 2>/dev/null", parent.node), "merged");
    assert_true(FAILED(TRY(IVdsOpenVDisk_Merge(parent.open, MERGE_VIRTUAL_DISK_FLAG_NONE, 1, ASYNC))));
    drop_disk(&parent);
}

static void an_image_is_converted_and_checked(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(ITriremeImage, Convert, real);
    const char *missing = program_missing(QCOW2);
    SKIP_UNLESS(!missing, missing);
    struct face_disk disk;
    VDS_ASYNC_OUTPUT output;
    char target[192];
    file_path(target, "converted");
    make_disk(&disk, "convert.img", RAW, 64 * MIB);
    ITriremeImage *image = QUERY(disk.image, ITriremeImage);
    VIRTUAL_STORAGE_TYPE type = storage_type(QCOW2);
    assert_int_equal(
        run_command("head -c 8M /dev/urandom | dd of='%s' bs=1M conv=notrunc,fsync 2>/dev/null", disk.node), 0);
    assert_hr(VDS_E_VD_IS_ATTACHED, TRY(ITriremeImage_Convert(image, &type, W("%s", target), 0, ASYNC)));
    detach(&disk);
    for (int format = 0; format < FORMATS; format++) {
        type = storage_type((enum face_format)format);
        assert_hr(S_OK, RUN(ITriremeImage_Convert(image, &type, W("%s", target), 0, ASYNC), &output));
        assert_int_equal(output.type, TRIREME_VDS_ASYNCOUT_CONVERT);
        assert_int_equal(
            run_command("qemu-img compare -q -f raw -F %s '%s' '%s'", face_formats[format].qemu, disk.path, target), 0);
        assert_hr(HRESULT_FROM_WIN32(ERROR_FILE_EXISTS),
                  TRY(ITriremeImage_Convert(image, &type, W("%s", target), 0, ASYNC)));
        if (format == QCOW2) {
            IVdsVDisk *made = NULL;
            assert_hr(S_OK, IVdsVdProvider_AddVDisk(virtual_disks, &type, W("%s", target), &made));
            ITriremeCheck *check = QUERY(made, ITriremeCheck);
            assert_hr(S_OK, RUN(ITriremeCheck_Check(check, 0, ASYNC), &output));
            assert_int_equal(output.type, TRIREME_VDS_ASYNCOUT_CHECK);
            LET_GO(check);
            LET_GO(made);
        }
        assert_int_equal(unlink(target), 0);
    }
    ITriremeCheck *check = QUERY(disk.image, ITriremeCheck);
    assert_hr(VDS_E_NOT_SUPPORTED, TRY(ITriremeCheck_Check(check, 0, ASYNC))); /* raw: nothing that could be wrong */
    LET_GO(check);
    assert_hr(S_OK, RUN(ITriremeImage_Convert(image, NULL, W("%s.qcow2", target), 0, ASYNC), NULL)); /* by the name */
    assert_int_equal(run_command("qemu-img info -f qcow2 '%s.qcow2' >/dev/null && rm '%s.qcow2'", target, target), 0);
    assert_true(FAILED(TRY(ITriremeImage_Convert(image, &type, NULL, 0, ASYNC))));
    assert_hr(E_INVALIDARG, ITriremeImage_Convert(image, &type, W("%s", target), 0, NULL));
    LET_GO(image);
    drop_disk(&disk);
}

static void the_volume_of_an_image_file(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsVDisk, GetHostVolume, partial, "where the file lies on a volume that VDS shows");
    struct face_disk disk;
    IVdsVolume *host = (IVdsVolume *)1;
    make_image(&disk, "host.img", RAW, 64 * MIB);
    HRESULT hr = IVdsVDisk_GetHostVolume(disk.image, &host);
    if (hr == S_OK) {
        assert_true(answers(host, &IID_IVdsVolume));
        LET_GO(host);
    } else {
        assert_hr_of(hr, E_NOTIMPL, VDS_E_OBJECT_NOT_FOUND, VDS_E_NOT_SUPPORTED);
        assert_null(host);
    }
    assert_hr(E_INVALIDARG, IVdsVDisk_GetHostVolume(disk.image, NULL));
    drop_disk(&disk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bad_creation_makes_nothing),
        cmocka_unit_test(images_of_every_format_are_created),
        cmocka_unit_test(an_existing_file_is_taken_as_it_is),
        cmocka_unit_test(an_image_is_copied_from_another),
        cmocka_unit_test(an_image_is_known_by_its_path),
        cmocka_unit_test(an_image_goes_through_its_states),
        cmocka_unit_test(one_may_do_what_one_opened_it_for),
        cmocka_unit_test(a_busy_image_stays_attached),
        cmocka_unit_test(images_are_compacted_and_expanded),
        cmocka_unit_test(a_differencing_image_is_merged),
        cmocka_unit_test(an_image_is_converted_and_checked),
        cmocka_unit_test(the_volume_of_an_image_file),
        cmocka_unit_test(nothing_is_left_behind),
    };
    return cmocka_run_group_tests(tests, set_up_disks, tear_down_disks);
}
