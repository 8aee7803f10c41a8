/* The loader, the service, enumerators, providers, packs and disks: each method's good answer, and its refusals. */
#include "vds-face.h"

static const VDS_OBJECT_ID nobody = {0x12345678, 0x1234, 0x1234, {1, 2, 3, 4, 5, 6, 7, 8}};

/* ---- loader and service ---- */

static void the_loader_loads_the_service_again_and_again(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsServiceLoader, LoadService, real, "this machine only");
    IVdsServiceLoader *loader = NULL;
    IUnknown *unknown = NULL;
    IVdsService *first = NULL, *second = NULL;
    assert_hr(S_OK, CoCreateInstance(&CLSID_VdsLoader, NULL, CLSCTX_LOCAL_SERVER | CLSCTX_REMOTE_SERVER,
                                     &IID_IVdsServiceLoader, (void **)&loader));
    assert_hr(S_OK, CoCreateInstance(&CLSID_VdsLoader, NULL, CLSCTX_ALL, &IID_IUnknown, (void **)&unknown));
    LET_GO(unknown);
    assert_hr(CLASS_E_NOAGGREGATION, CoCreateInstance(&CLSID_VdsLoader, (IUnknown *)loader, CLSCTX_ALL,
                                                      &IID_IVdsServiceLoader, (void **)&unknown));
    assert_null(unknown);
    assert_hr(REGDB_E_CLASSNOTREG,
              CoCreateInstance(&CLSID_VdsService, NULL, CLSCTX_ALL, &IID_IUnknown, (void **)&unknown));
    assert_hr(S_OK, IVdsServiceLoader_LoadService(loader, u"", &first));
    assert_hr(S_OK, IVdsServiceLoader_LoadService(loader, NULL, &second));
    LET_GO(loader);
    assert_hr(S_OK, IVdsService_WaitForServiceReady(second));
    LET_GO(second);
    assert_hr(S_OK, IVdsService_WaitForServiceReady(first));
    LET_GO(first);
    assert_hr(S_OK, CoCreateInstance(&CLSID_VdsLoader, NULL, CLSCTX_ALL, &IID_IVdsServiceLoader, (void **)&loader));
    assert_hr(E_INVALIDARG, IVdsServiceLoader_LoadService(loader, NULL, NULL));
    first = (IVdsService *)1;
    assert_true(FAILED(IVdsServiceLoader_LoadService(loader, u"another.machine.example", &first)));
    assert_null(first);
    LET_GO(loader);
}

static void the_service_is_one_object_with_many_faces(void **state)
{
    NEEDS_DISKS;
    static const IID *const faces[] = {&IID_IVdsService,
                                       &IID_IVdsServiceInitialization,
                                       &IID_IVdsServiceUninstallDisk,
                                       &IID_IVdsServiceHba,
                                       &IID_IVdsServiceSAN,
                                       &IID_IVdsServiceSw};
    IUnknown *identity = QUERY(service, IUnknown);
    for (size_t i = 0; i < sizeof(faces) / sizeof(faces[0]); i++) {
        IUnknown *face = query_interface(service, faces[i]);
        for (size_t j = 0; j < sizeof(faces) / sizeof(faces[0]); j++)
            assert_true(answers(face, faces[j]));
        IUnknown *same = QUERY(face, IUnknown);
        assert_ptr_equal(same, identity);
        LET_GO(same);
        LET_GO(face);
    }
    LET_GO(identity);
    assert_false(answers(service, &IID_IVdsDisk));
}

static void the_service_is_ready_and_says_what_it_is(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsService, IsServiceReady, real);
    TRI_PROVES_METHOD(IVdsService, WaitForServiceReady, real);
    TRI_PROVES_METHOD(IVdsService, GetProperties, real);
    TRI_PROVES_METHOD(IVdsServiceInitialization, Initialize, real, "this machine only");
    VDS_SERVICE_PROP prop;
    IVdsServiceInitialization *initialization = QUERY(service, IVdsServiceInitialization);
    assert_hr(S_OK, IVdsService_IsServiceReady(service));
    assert_hr(S_OK, IVdsService_WaitForServiceReady(service));
    assert_hr(S_OK, IVdsService_GetProperties(service, &prop));
    assert_string_not_equal(take(prop.pwszVersion), "");
    assert_true(prop.ulFlags & VDS_SVF_SUPPORT_GPT);
    assert_false(prop.ulFlags & VDS_SVF_SUPPORT_DYNAMIC);
    assert_hr(E_INVALIDARG, IVdsService_GetProperties(service, NULL));
    assert_hr(S_OK, IVdsServiceInitialization_Initialize(initialization, NULL));
    assert_true(FAILED(IVdsServiceInitialization_Initialize(initialization, u"another.machine.example")));
    LET_GO(initialization);
}

static void the_service_lists_providers_by_kind(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsService, QueryProviders, real, "one for disks, one for virtual disks, none for hardware");
    TRI_PROVES_METHOD(IVdsProvider, GetProperties, real);
    static const struct {
        DWORD mask;
        unsigned count;
    } rows[] = {{1, 1}, {2, 0}, {4, 1}, {5, 2}, {7, 2}};
    IEnumVdsObject *list;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        list = NULL;
        assert_hr(S_OK, IVdsService_QueryProviders(service, rows[i].mask, &list));
        assert_int_equal(count_objects(list), rows[i].count);
        IEnumVdsObject_Release(list);
    }
    assert_hr(VDS_E_INVALID_QUERY_PROVIDER_FLAG, IVdsService_QueryProviders(service, 8, &list));
    assert_null(list);
    assert_hr(E_INVALIDARG, IVdsService_QueryProviders(service, 1, NULL));
    assert_hr(S_OK, IVdsService_QueryProviders(service, 7, &list));
    EACH (provider, IVdsProvider, list) {
        VDS_PROVIDER_PROP prop;
        assert_hr(S_OK, IVdsProvider_GetProperties(provider, &prop));
        assert_string_not_equal(take(prop.pwszName), "");
        assert_string_not_equal(take(prop.pwszVersion), "");
        assert_false(is_null_guid(&prop.id));
        assert_false(is_null_guid(&prop.guidVersionId));
        bool is_software = prop.type == VDS_PT_SOFTWARE;
        assert_int_equal(prop.type, is_software ? VDS_PT_SOFTWARE : VDS_PT_VIRTUALDISK);
        assert_int_equal(answers(provider, &IID_IVdsSwProvider), is_software);
        assert_int_equal(answers(provider, &IID_IVdsVdProvider), !is_software);
        if (is_software)
            assert_int_equal(prop.ulFlags, VDS_PF_ONE_DISK_ONLY_PER_PACK | VDS_PF_VOLUME_SPACE_MUST_BE_CONTIGUOUS);
        assert_hr(E_INVALIDARG, IVdsProvider_GetProperties(provider, NULL));
    }
    IEnumVdsObject_Release(list);
}

static void an_enumerator_is_a_snapshot_with_a_cursor(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IEnumVdsObject, Next, real);
    TRI_PROVES_METHOD(IEnumVdsObject, Skip, real);
    TRI_PROVES_METHOD(IEnumVdsObject, Reset, real);
    TRI_PROVES_METHOD(IEnumVdsObject, Clone, real);
    IEnumVdsObject *list = NULL, *clone = NULL;
    IUnknown *objects[4] = {NULL}, *again = NULL;
    ULONG count = 77;
    assert_hr(S_OK, IVdsService_QueryProviders(service, 5, &list));
    assert_hr(E_INVALIDARG, IEnumVdsObject_Next(list, 1, NULL, &count));
    assert_hr(S_OK, IEnumVdsObject_Next(list, 1, &objects[0], &count));
    assert_int_equal(count, 1);
    assert_hr(S_OK, IEnumVdsObject_Clone(list, &clone));
    assert_hr(S_FALSE, IEnumVdsObject_Next(list, 4, &objects[1], &count)); /* fewer than asked */
    assert_int_equal(count, 1);
    assert_hr(S_FALSE, IEnumVdsObject_Next(list, 1, &again, &count));
    assert_int_equal(count, 0);
    assert_hr(S_OK, IEnumVdsObject_Next(clone, 1, &again, &count)); /* the clone stands where it was made */
    assert_ptr_equal(again, objects[1]);
    LET_GO(again);
    assert_hr(S_OK, IEnumVdsObject_Reset(list));
    assert_hr(S_OK, IEnumVdsObject_Skip(list, 1));
    assert_hr(S_OK, IEnumVdsObject_Next(list, 1, &again, &count));
    assert_ptr_equal(again, objects[1]);
    LET_GO(again);
    assert_hr(S_FALSE, IEnumVdsObject_Skip(list, 1));
    assert_hr(S_OK, IEnumVdsObject_Reset(list));
    assert_hr(S_OK, IEnumVdsObject_Skip(list, 2));
    assert_hr(S_OK, IEnumVdsObject_Reset(list));
    assert_hr(S_FALSE, IEnumVdsObject_Skip(list, 0xffffffff));
    assert_hr(E_INVALIDARG, IEnumVdsObject_Clone(list, NULL));
    IEnumVdsObject_Release(list);
    IEnumVdsObject_Release(clone);
    assert_true(answers(objects[0], &IID_IVdsProvider)); /* objects outlive the list */
    LET_GO(objects[0]);
    LET_GO(objects[1]);
}

static void what_has_no_hardware_lists_nothing(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsService, QueryMaskedDisks, real, "no disk is masked here: always empty");
    TRI_PROVES_METHOD(IVdsServiceHba, QueryHbaPorts, partial, "always empty");
    IEnumVdsObject *list = NULL;
    IVdsServiceHba *hba = QUERY(service, IVdsServiceHba);
    assert_hr(S_OK, IVdsService_QueryMaskedDisks(service, &list));
    assert_int_equal(count_objects(list), 0);
    IEnumVdsObject_Release(list);
    assert_hr(E_INVALIDARG, IVdsService_QueryMaskedDisks(service, NULL));
    assert_hr(S_OK, IVdsServiceHba_QueryHbaPorts(hba, &list));
    assert_int_equal(count_objects(list), 0);
    IEnumVdsObject_Release(list);
    assert_hr(E_INVALIDARG, IVdsServiceHba_QueryHbaPorts(hba, NULL));
    LET_GO(hba);
}

static void the_service_lists_file_systems(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsService, QueryFileSystemTypes, real);
    VDS_FILE_SYSTEM_TYPE_PROP *types = NULL;
    LONG count = 0;
    bool has_ext4 = false;
    assert_hr(S_OK, IVdsService_QueryFileSystemTypes(service, &types, &count));
    for (LONG i = 0; i < count; i++) {
        const char *name = U(types[i].wszName);
        assert_string_not_equal(name, "");
        assert_true(types[i].ulFlags & VDS_FSF_SUPPORT_FORMAT);
        assert_true(types[i].ulFlags & VDS_FSF_SUPPORT_QUICK_FORMAT);
        assert_true(types[i].ulMaxLableLength > 0);
        if (strcmp(name, "ext4") == 0) {
            has_ext4 = true;
            assert_int_equal(types[i].ulMaxLableLength, 16);
            assert_int_equal(types[i].type, VDS_FST_UNKNOWN);
        } else if (strcmp(name, "NTFS") == 0) {
            assert_int_equal(types[i].type, VDS_FST_NTFS);
        } else if (strcmp(name, "FAT32") == 0) {
            assert_int_equal(types[i].type, VDS_FST_FAT32);
            assert_int_equal(types[i].ulMaxLableLength, 11);
        }
        CoTaskMemFree(types[i].pwszIllegalLabelCharSet);
    }
    CoTaskMemFree(types);
    assert_int_equal(has_ext4, run_command("command -v mkfs.ext4 >/dev/null") == 0);
    assert_hr(E_INVALIDARG, IVdsService_QueryFileSystemTypes(service, NULL, &count));
    assert_hr(E_INVALIDARG, IVdsService_QueryFileSystemTypes(service, &types, NULL));
}

static void the_service_finds_objects_by_id(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsService, GetObject, real);
    static const VDS_OBJECT_TYPE never[] = {VDS_OT_UNKNOWN, VDS_OT_PROVIDER, VDS_OT_ASYNC, VDS_OT_ENUM};
    struct face_disk disk;
    struct face_volume volume;
    IUnknown *object = NULL;
    IVdsPack *pack = NULL;
    VDS_PACK_PROP pack_prop;
    VDS_VDISK_PROPERTIES image;
    make_disk_with_volume(&disk, &volume, "find.img", 64 * MIB);
    assert_hr(S_OK, IVdsService_GetObject(service, disk.id, VDS_OT_DISK, &object));
    assert_true(answers(object, &IID_IVdsDisk));
    LET_GO(object);
    assert_hr(S_OK, IVdsService_GetObject(service, volume.id, VDS_OT_VOLUME, &object));
    assert_true(answers(object, &IID_IVdsVolume));
    LET_GO(object);
    assert_hr(S_OK, IVdsDisk_GetPack(disk.disk, &pack));
    assert_hr(S_OK, IVdsPack_GetProperties(pack, &pack_prop));
    LET_GO(pack);
    assert_hr(S_OK, IVdsService_GetObject(service, pack_prop.id, VDS_OT_PACK, &object));
    assert_true(answers(object, &IID_IVdsPack));
    LET_GO(object);
    assert_hr(S_OK, IVdsVDisk_GetProperties(disk.image, &image));
    CoTaskMemFree(image.pPath);
    CoTaskMemFree(image.pDeviceName);
    CoTaskMemFree(image.pParentPath);
    assert_hr(S_OK, IVdsService_GetObject(service, image.Id, VDS_OT_VDISK, &object));
    assert_true(answers(object, &IID_IVdsVDisk));
    LET_GO(object);

    object = (IUnknown *)1;
    assert_hr(VDS_E_OBJECT_NOT_FOUND, IVdsService_GetObject(service, nobody, VDS_OT_DISK, &object));
    assert_null(object);
    assert_hr(VDS_E_OBJECT_NOT_FOUND, IVdsService_GetObject(service, disk.id, VDS_OT_VOLUME, &object));
    for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
        assert_hr(VDS_E_INVALID_OBJECT_TYPE, IVdsService_GetObject(service, disk.id, never[i], &object));
    assert_hr(E_INVALIDARG, IVdsService_GetObject(service, disk.id, VDS_OT_DISK, NULL));
    drop_both(&disk, &volume);
    assert_hr(VDS_E_OBJECT_NOT_FOUND, IVdsService_GetObject(service, disk.id, VDS_OT_DISK, &object));
}

static void the_service_finds_disks_by_device_name(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsServiceSw, GetDiskObject, real, "by \\\\\\\\?\\\\PhysicalDriveN or /dev/...");
    struct face_disk disk;
    LPWSTR name = NULL;
    IUnknown *object = NULL;
    IVdsServiceSw *finder = QUERY(service, IVdsServiceSw);
    make_disk(&disk, "name.img", RAW, 64 * MIB);
    assert_hr(S_OK, IVdsVDisk_GetDeviceName(disk.image, &name));
    const char *names[] = {take(name), disk.node};
    for (int i = 0; i < 2; i++) {
        assert_hr(S_OK, IVdsServiceSw_GetDiskObject(finder, W("%s", names[i]), &object));
        IVdsDisk *found = QUERY(object, IVdsDisk);
        VDS_DISK_PROP prop = disk_prop(found);
        assert_true(IsEqualGUID(&prop.id, &disk.id));
        LET_GO(found);
        LET_GO(object);
    }
    assert_hr(VDS_E_OBJECT_NOT_FOUND, IVdsServiceSw_GetDiskObject(finder, u"\\\\?\\PhysicalDrive4000000000", &object));
    assert_null(object);
    assert_hr(E_INVALIDARG, IVdsServiceSw_GetDiskObject(finder, NULL, &object));
    assert_hr(E_INVALIDARG, IVdsServiceSw_GetDiskObject(finder, u"/dev/loop0", NULL));
    LET_GO(finder);
    drop_disk(&disk);
}

static void the_service_tells_which_letters_are_used(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsService, QueryDriveLetters, real);
    VDS_DRIVE_LETTER_PROP letters[26];
    memset(letters, 0xee, sizeof(letters));
    assert_hr(S_OK, IVdsService_QueryDriveLetters(service, u'a', 26, letters));
    for (int i = 0; i < 26; i++) {
        assert_int_equal(letters[i].wcLetter, u'A' + i);
        assert_int_equal(letters[i].bUsed, FALSE);
        assert_true(is_null_guid(&letters[i].volumeId));
    }
    assert_hr(VDS_E_INVALID_DRIVE_LETTER, IVdsService_QueryDriveLetters(service, u'1', 1, letters));
    assert_hr(VDS_E_INVALID_DRIVE_LETTER_COUNT, IVdsService_QueryDriveLetters(service, u'Z', 2, letters));
    assert_hr(VDS_E_INVALID_DRIVE_LETTER_COUNT, IVdsService_QueryDriveLetters(service, u'B', 0xffffffff, letters));
    assert_hr(E_INVALIDARG, IVdsService_QueryDriveLetters(service, u'A', 1, NULL));
}

static void the_service_refreshes_and_has_one_flag(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsService, Refresh, real, "there is no cache to refresh; looks for changes to notify");
    TRI_PROVES_METHOD(IVdsService, Reenumerate, real, "the kernel does so by itself; looks for changes to notify");
    TRI_PROVES_METHOD(IVdsService, CleanupObsoleteMountPoints, real);
    TRI_PROVES_METHOD(IVdsService, Reboot, notimpl);
    TRI_PROVES_METHOD(IVdsService, SetFlags, partial, "nothing is ever mounted automatically: the flag is always set");
    TRI_PROVES_METHOD(IVdsService, ClearFlags, partial, "as SetFlags");
    assert_hr(S_OK, IVdsService_Refresh(service));
    assert_hr(S_OK, IVdsService_Reenumerate(service));
    assert_hr(S_OK, IVdsService_CleanupObsoleteMountPoints(service));
    assert_hr(VDS_E_NOT_SUPPORTED, IVdsService_Reboot(service));
    assert_hr(S_OK, IVdsService_SetFlags(service, VDS_SVF_AUTO_MOUNT_OFF));
    assert_hr(VDS_E_INVALID_SERVICE_FLAG, IVdsService_SetFlags(service, VDS_SVF_SUPPORT_GPT));
    assert_hr(VDS_E_INVALID_SERVICE_FLAG, IVdsService_ClearFlags(service, VDS_SVF_EFI));
    assert_hr(VDS_E_NOT_SUPPORTED, IVdsService_ClearFlags(service, VDS_SVF_AUTO_MOUNT_OFF));
}

static void the_san_policy_is_online(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsServiceSAN, GetSANPolicy, real);
    TRI_PROVES_METHOD(IVdsServiceSAN, SetSANPolicy, partial, "only to what it is: online");
    VDS_SAN_POLICY policy = VDS_SP_UNKNOWN;
    IVdsServiceSAN *san = QUERY(service, IVdsServiceSAN);
    assert_hr(S_OK, IVdsServiceSAN_GetSANPolicy(san, &policy));
    assert_int_equal(policy, VDS_SP_ONLINE);
    assert_hr(E_INVALIDARG, IVdsServiceSAN_GetSANPolicy(san, NULL));
    assert_hr(S_OK, IVdsServiceSAN_SetSANPolicy(san, VDS_SP_ONLINE));
    assert_hr(VDS_E_NOT_SUPPORTED, IVdsServiceSAN_SetSANPolicy(san, VDS_SP_OFFLINE));
    LET_GO(san);
}

static void disks_are_uninstalled(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsServiceUninstallDisk, GetDiskIdFromLunInfo, partial,
                      "by serial number, where a disk has one");
    TRI_PROVES_METHOD(IVdsServiceUninstallDisk, UninstallDisks, partial, "virtual disks are detached; others refused");
    struct face_disk disk;
    VDS_OBJECT_ID ids[2], found = nobody;
    VDS_LUN_INFORMATION lun = {.m_version = 1, .m_szSerialNumber = (char *)"there is no such serial number"};
    HRESULT results[2] = {S_OK, S_OK};
    BOOLEAN reboot = 7;
    IVdsServiceUninstallDisk *uninstaller = QUERY(service, IVdsServiceUninstallDisk);
    make_disk(&disk, "uninstall.img", RAW, 64 * MIB);
    assert_hr(VDS_E_OBJECT_NOT_FOUND, IVdsServiceUninstallDisk_GetDiskIdFromLunInfo(uninstaller, &lun, &found));
    assert_hr(E_INVALIDARG, IVdsServiceUninstallDisk_GetDiskIdFromLunInfo(uninstaller, NULL, &found));
    assert_hr(E_INVALIDARG, IVdsServiceUninstallDisk_GetDiskIdFromLunInfo(uninstaller, &lun, NULL));
    ids[0] = disk.id;
    ids[1] = nobody;
    LET_GO(disk.advanced);
    LET_GO(disk.disk);
    HRESULT hr = IVdsServiceUninstallDisk_UninstallDisks(uninstaller, ids, 2, FALSE, &reboot, results);
    if (hr != VDS_E_NOT_SUPPORTED) {
        assert_hr(S_OK, results[0]);
        assert_int_equal(reboot, FALSE);
        assert_hr(VDS_E_VD_ALREADY_DETACHED, IVdsOpenVDisk_Detach(disk.open, DETACH_VIRTUAL_DISK_FLAG_NONE, 0));
    }
    assert_hr(VDS_E_OBJECT_NOT_FOUND, results[1]);
    assert_hr(E_INVALIDARG, IVdsServiceUninstallDisk_UninstallDisks(uninstaller, NULL, 1, FALSE, &reboot, results));
    assert_hr(E_INVALIDARG, IVdsServiceUninstallDisk_UninstallDisks(uninstaller, ids, 1, FALSE, &reboot, NULL));
    LET_GO(uninstaller);
    drop_disk(&disk);
}

/* ---- packs ---- */

static void a_pack_is_made_and_given_one_disk(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsSwProvider, CreatePack, real);
    TRI_PROVES_METHOD(IVdsSwProvider, QueryPacks, real);
    TRI_PROVES_METHOD(IVdsPack, AddDisk, real, "no MSR partition is made on GPT");
    TRI_PROVES_METHOD(IVdsPack, GetProperties, real);
    TRI_PROVES_METHOD(IVdsPack, GetProvider, real);
    TRI_PROVES_METHOD(IVdsPack, QueryDisks, real);
    TRI_PROVES_METHOD(IVdsPack, QueryVolumes, real);
    struct face_disk disk, other;
    struct face_volume volume;
    IVdsPack *pack = NULL, *own = NULL;
    IVdsProvider *provider = NULL;
    IEnumVdsObject *list = NULL;
    VDS_PACK_PROP prop;
    make_disk(&disk, "pack.img", RAW, 64 * MIB);
    make_disk(&other, "other.img", RAW, 64 * MIB);
    assert_hr(S_OK, IVdsSwProvider_CreatePack(basic, &pack));
    assert_true(answers(pack, &IID_IVdsPack2));
    assert_hr(S_OK, IVdsPack_QueryDisks(pack, &list));
    assert_int_equal(count_objects(list), 0);
    LET_GO(list);
    assert_hr(VDS_E_INVALID_PARTITION_STYLE, IVdsPack_AddDisk(pack, disk.id, VDS_PST_UNKNOWN, FALSE));
    assert_hr(E_INVALIDARG, IVdsPack_AddDisk(pack, disk.id, VDS_PST_GPT, TRUE));
    assert_hr(VDS_E_OBJECT_NOT_FOUND, IVdsPack_AddDisk(pack, nobody, VDS_PST_GPT, FALSE));
    assert_hr(S_OK, IVdsPack_AddDisk(pack, disk.id, VDS_PST_GPT, FALSE));
    assert_hr(VDS_E_NOT_SUPPORTED, IVdsPack_AddDisk(pack, disk.id, VDS_PST_GPT, FALSE));
    assert_hr(VDS_E_NOT_SUPPORTED, IVdsPack_AddDisk(pack, other.id, VDS_PST_GPT, FALSE)); /* a second one */
    assert_hr(VDS_E_NOT_AN_UNALLOCATED_DISK, try_add(&disk.id, VDS_PST_MBR));

    assert_hr(S_OK, IVdsPack_GetProperties(pack, &prop));
    assert_int_equal(prop.status, VDS_PS_ONLINE);
    assert_null(prop.pwszName);
    VDS_OBJECT_ID id = prop.id;
    assert_hr(S_OK, IVdsDisk_GetPack(disk.disk, &own));
    assert_hr(S_OK, IVdsPack_GetProperties(own, &prop));
    assert_true(IsEqualGUID(&prop.id, &id));
    LET_GO(own);
    assert_hr(S_OK, IVdsPack_QueryDisks(pack, &list));
    assert_int_equal(count_objects(list), 1);
    LET_GO(list);
    make_volume(&volume, &disk, MIB, 32 * MIB);
    assert_hr(S_OK, IVdsPack_QueryVolumes(pack, &list));
    assert_int_equal(count_objects(list), 1);
    LET_GO(list);
    drop_volume(&volume);
    assert_hr(S_OK, IVdsPack_GetProvider(pack, &provider));
    assert_true(answers(provider, &IID_IVdsSwProvider));
    LET_GO(provider);

    bool found = false;
    assert_hr(S_OK, IVdsSwProvider_QueryPacks(basic, &list));
    EACH (each, IVdsPack, list) {
        if (FAILED(IVdsPack_GetProperties(each, &prop)))
            continue;
        CoTaskMemFree(prop.pwszName);
        found |= IsEqualGUID(&prop.id, &id);
    }
    LET_GO(list);
    assert_true(found);
    assert_hr(E_INVALIDARG, IVdsSwProvider_QueryPacks(basic, NULL));
    assert_hr(E_INVALIDARG, IVdsSwProvider_CreatePack(basic, NULL));
    assert_hr(E_INVALIDARG, IVdsPack_GetProperties(pack, NULL));
    assert_hr(E_INVALIDARG, IVdsPack_GetProvider(pack, NULL));
    assert_hr(E_INVALIDARG, IVdsPack_QueryDisks(pack, NULL));
    assert_hr(E_INVALIDARG, IVdsPack_QueryVolumes(pack, NULL));
    LET_GO(pack);
    drop_disk(&disk);
    drop_disk(&other);
}

static void a_pack_makes_simple_volumes(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsPack, CreateVolume, partial, "simple volumes on one disk");
    TRI_PROVES_METHOD(IVdsPack2, CreateVolume2, partial, "as CreateVolume");
    struct face_disk disk;
    IVdsPack *pack = NULL;
    make_disk(&disk, "simple.img", RAW, 128 * MIB);
    initialize(&disk, VDS_PST_MBR);
    assert_hr(S_OK, IVdsDisk_GetPack(disk.disk, &pack));
    IVdsPack2 *pack2 = QUERY(pack, IVdsPack2);
    VDS_INPUT_DISK input[2] = {{.diskId = disk.id, .ullSize = 16 * MIB}, {.diskId = disk.id, .ullSize = 16 * MIB}};
    assert_hr(S_OK, TRY(IVdsPack_CreateVolume(pack, VDS_VT_SIMPLE, input, 1, 0, ASYNC)));
    assert_hr(S_OK, TRY(IVdsPack2_CreateVolume2(pack2, VDS_VT_SIMPLE, input, 1, 0, 4 * MIB, ASYNC)));
    assert_int_equal(count_partitions(disk.advanced), 2);
    VDS_PARTITION_PROP *partitions = NULL;
    LONG count;
    assert_hr(S_OK, IVdsAdvancedDisk_QueryPartitions(disk.advanced, &partitions, &count));
    assert_int_equal(partitions[1].ullOffset % (4 * MIB), 0);
    assert_int_equal(partitions[1].Mbr.partitionType, 0x07);
    CoTaskMemFree(partitions);

    assert_hr(VDS_E_NOT_SUPPORTED, TRY(IVdsPack_CreateVolume(pack, VDS_VT_MIRROR, input, 2, 0, ASYNC)));
    assert_hr(VDS_E_DUPLICATE_DISK, TRY(IVdsPack_CreateVolume(pack, VDS_VT_SIMPLE, input, 2, 0, ASYNC)));
    assert_hr(E_INVALIDARG, TRY(IVdsPack_CreateVolume(pack, VDS_VT_SIMPLE, input, 0, 0, ASYNC)));
    assert_hr(E_INVALIDARG, TRY(IVdsPack_CreateVolume(pack, VDS_VT_SIMPLE, NULL, 1, 0, ASYNC)));
    assert_hr(VDS_E_INVALID_STRIPE_SIZE, TRY(IVdsPack_CreateVolume(pack, VDS_VT_SIMPLE, input, 1, 12345, ASYNC)));
    assert_hr(VDS_E_ALIGN_NOT_A_POWER_OF_TWO,
              TRY(IVdsPack2_CreateVolume2(pack2, VDS_VT_SIMPLE, input, 1, 0, 1000, ASYNC)));
    assert_hr(VDS_E_ALIGN_NOT_A_POWER_OF_TWO,
              TRY(IVdsPack2_CreateVolume2(pack2, VDS_VT_SIMPLE, input, 1, 0, 1536, ASYNC)));
    input[0].ullSize = 512 * MIB;
    assert_hr(VDS_E_NOT_ENOUGH_SPACE, TRY(IVdsPack_CreateVolume(pack, VDS_VT_SIMPLE, input, 1, 0, ASYNC)));
    input[0].diskId = nobody;
    assert_hr(VDS_E_DISK_NOT_FOUND_IN_PACK, TRY(IVdsPack_CreateVolume(pack, VDS_VT_SIMPLE, input, 1, 0, ASYNC)));
    assert_int_equal(count_partitions(disk.advanced), 2);
    LET_GO(pack2);
    LET_GO(pack);
    drop_disk(&disk);
}

static void a_basic_pack_does_not_do_what_dynamic_ones_do(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsPack, MigrateDisks, notimpl, "there are no dynamic disks");
    TRI_PROVES_METHOD(IVdsPack, ReplaceDisk, notimpl, "there are no dynamic disks");
    TRI_PROVES_METHOD(IVdsPack, RemoveMissingDisk, notimpl, "there are no dynamic disks");
    TRI_PROVES_METHOD(IVdsPack, Recover, notimpl, "there are no dynamic disks");
    struct face_disk disk;
    IVdsPack *pack = NULL;
    HRESULT results[1] = {S_OK};
    BOOL reboot = 7;
    make_disk(&disk, "dynamic.img", RAW, 64 * MIB);
    initialize(&disk, VDS_PST_GPT);
    assert_hr(S_OK, IVdsDisk_GetPack(disk.disk, &pack));
    assert_hr(VDS_E_NOT_SUPPORTED, IVdsPack_MigrateDisks(pack, &disk.id, 1, nobody, FALSE, TRUE, results, &reboot));
    assert_hr(VDS_E_NOT_SUPPORTED, results[0]);
    assert_hr(VDS_E_NOT_SUPPORTED, TRY(IVdsPack_ReplaceDisk(pack, disk.id, nobody, ASYNC)));
    assert_hr(VDS_E_NOT_SUPPORTED, IVdsPack_RemoveMissingDisk(pack, disk.id));
    assert_hr(VDS_E_NOT_SUPPORTED, TRY(IVdsPack_Recover(pack, ASYNC)));
    LET_GO(pack);
    drop_disk(&disk);
}

/* ---- disks ---- */

static void a_disk_is_one_object_with_many_faces(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsRemovable, QueryMedia, partial,
                      "answered by disks with removable media; a fixed disk has no such face");
    TRI_PROVES_METHOD(IVdsRemovable, Eject, partial,
                      "answered by disks with removable media; a fixed disk has no such face");
    static const IID *const faces[] = {&IID_IVdsDisk,
                                       &IID_IVdsDisk2,
                                       &IID_IVdsDisk3,
                                       &IID_IVdsDiskOnline,
                                       &IID_IVdsAdvancedDisk,
                                       &IID_IVdsAdvancedDisk2,
                                       &IID_IVdsAdvancedDisk3,
                                       &IID_IVdsCreatePartitionEx,
                                       &IID_IVdsDiskPartitionMF,
                                       &IID_IVdsDiskPartitionMF2};
    struct face_disk disk;
    make_disk(&disk, "faces.img", RAW, 64 * MIB);
    IUnknown *identity = QUERY(disk.disk, IUnknown);
    for (size_t i = 0; i < sizeof(faces) / sizeof(faces[0]); i++) {
        IUnknown *face = query_interface(disk.disk, faces[i]), *same = QUERY(face, IUnknown);
        assert_ptr_equal(same, identity);
        for (size_t j = 0; j < sizeof(faces) / sizeof(faces[0]); j++)
            assert_true(answers(face, faces[j]));
        LET_GO(same);
        LET_GO(face);
    }
    assert_false(answers(disk.disk, &IID_IVdsRemovable));
    assert_false(answers(disk.disk, &IID_IVdsVolume));
    LET_GO(identity);
    drop_disk(&disk);
}

static void a_disk_tells_its_properties(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsDisk, GetProperties, real);
    TRI_PROVES_METHOD(IVdsDisk3, GetProperties2, real);
    TRI_PROVES_METHOD(IVdsAdvancedDisk3, GetProperties, real);
    TRI_PROVES_METHOD(IVdsAdvancedDisk3, GetUniqueId, real);
    TRI_PROVES_METHOD(IVdsDisk, GetIdentificationData, partial,
                      "what sysfs knows: vendor, model, revision, serial number");
    struct face_disk disk;
    VDS_DISK_PROP prop;
    VDS_DISK_PROP2 prop2;
    VDS_ADVANCEDDISK_PROP advanced;
    VDS_LUN_INFORMATION lun;
    LPWSTR text = NULL;
    make_disk(&disk, "properties.img", RAW, 64 * MIB);
    initialize(&disk, VDS_PST_GPT);
    IVdsDisk3 *disk3 = QUERY(disk.disk, IVdsDisk3);
    IVdsAdvancedDisk3 *advanced3 = QUERY(disk.disk, IVdsAdvancedDisk3);

    assert_hr(S_OK, IVdsDisk_GetProperties(disk.disk, &prop));
    assert_int_equal(prop.status, VDS_DS_ONLINE);
    assert_int_equal(prop.health, VDS_H_HEALTHY);
    assert_int_equal(prop.ullSize, 64 * MIB);
    assert_int_equal(prop.ulBytesPerSector, 512);
    assert_int_equal(prop.dwDeviceType, 7);
    assert_int_equal(prop.dwMediaType, 12);
    assert_int_equal(prop.BusType, VDSBusTypeFileBackedVirtual);
    assert_int_equal(prop.PartitionStyle, VDS_PST_GPT);
    assert_false(is_null_guid(&prop.DiskGuid));
    assert_int_equal(prop.ulFlags & (VDS_DF_SYSTEM_DISK | VDS_DF_BOOT_DISK | VDS_DF_READ_ONLY), 0);
    assert_int_equal(strncmp(U(prop.pwszName), "\\\\?\\PhysicalDrive", 17), 0);
    assert_non_null(strstr(U(prop.pwszFriendlyName), disk.node));
    assert_string_equal(U(prop.pwszDevicePath), disk.node);

    assert_hr(S_OK, IVdsDisk3_GetProperties2(disk3, &prop2));
    assert_true(IsEqualGUID(&prop2.id, &prop.id));
    assert_int_equal(prop2.OfflineReason, VDSDiskOfflineReasonNone);
    assert_int_equal(prop2.ullSize, prop.ullSize);
    assert_string_equal(U(prop2.pwszName), U(prop.pwszName));
    CoTaskMemFree(prop2.pwszDiskAddress);
    CoTaskMemFree(prop2.pwszName);
    CoTaskMemFree(prop2.pwszFriendlyName);
    CoTaskMemFree(prop2.pwszAdaptorName);
    CoTaskMemFree(prop2.pwszDevicePath);
    CoTaskMemFree(prop2.pwszLocationPath);

    assert_hr(S_OK, IVdsAdvancedDisk3_GetProperties(advanced3, &advanced));
    char expected[48];
    snprintf(expected, sizeof(expected), "\\\\?\\PhysicalDrive%u", advanced.ulNumber);
    assert_string_equal(U(prop.pwszName), expected);
    assert_int_equal(advanced.ullTotalSize, 64 * MIB);
    assert_int_equal(advanced.ulPartitionCount, 0);
    assert_int_equal(advanced.ullAllocatedSize, 0);
    assert_int_equal(advanced.ulLogicalSectorSize, 512);
    LPWSTR texts[] = {
        advanced.pwszId,         advanced.pwszPathname,     advanced.pwszLocation,        advanced.pwszFriendlyName,
        advanced.pswzIdentifier, advanced.pwszSerialNumber, advanced.pwszFirmwareVersion, advanced.pwszManufacturer,
        advanced.pwszModel};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        CoTaskMemFree(texts[i]);
    free_disk_prop(&prop);
    assert_hr(S_OK, IVdsAdvancedDisk3_GetUniqueId(advanced3, &text));
    assert_string_not_equal(take(text), "");

    memset(&lun, 0xee, sizeof(lun));
    assert_hr(S_OK, IVdsDisk_GetIdentificationData(disk.disk, &lun));
    assert_int_equal(lun.m_version, VER_VDS_LUN_INFORMATION);
    CoTaskMemFree(lun.m_szVendorId);
    CoTaskMemFree(lun.m_szProductId);
    CoTaskMemFree(lun.m_szProductRevision);
    CoTaskMemFree(lun.m_szSerialNumber);
    for (ULONG i = 0; i < lun.m_deviceIdDescriptor.m_cIdentifiers; i++)
        CoTaskMemFree(lun.m_deviceIdDescriptor.m_rgIdentifiers[i].m_rgbIdentifier);
    CoTaskMemFree(lun.m_deviceIdDescriptor.m_rgIdentifiers);
    CoTaskMemFree(lun.m_rgInterconnects);

    assert_hr(E_INVALIDARG, IVdsDisk_GetProperties(disk.disk, NULL));
    assert_hr(E_INVALIDARG, IVdsDisk3_GetProperties2(disk3, NULL));
    assert_hr(E_INVALIDARG, IVdsAdvancedDisk3_GetProperties(advanced3, NULL));
    assert_hr(E_INVALIDARG, IVdsAdvancedDisk3_GetUniqueId(advanced3, NULL));
    assert_hr(E_INVALIDARG, IVdsDisk_GetIdentificationData(disk.disk, NULL));
    LET_GO(disk3);
    LET_GO(advanced3);
    drop_disk(&disk);
}

static void a_disk_tells_what_lies_where(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsDisk, QueryExtents, real);
    TRI_PROVES_METHOD(IVdsDisk3, QueryFreeExtents, real);
    TRI_PROVES_METHOD(IVdsDisk, GetPack, real);
    struct face_disk disk;
    struct face_volume volume;
    VDS_DISK_EXTENT *extents = NULL;
    VDS_DISK_FREE_EXTENT *holes = NULL;
    LONG count = 0;
    make_disk(&disk, "extents.img", RAW, 64 * MIB);
    IVdsDisk3 *disk3 = QUERY(disk.disk, IVdsDisk3);
    HRESULT raw = IVdsDisk_QueryExtents(disk.disk, &extents, &count);
    assert_hr(VDS_E_DISK_NOT_INITIALIZED, raw);
    CoTaskMemFree(extents);
    initialize(&disk, VDS_PST_GPT);
    make_volume(&volume, &disk, 16 * MIB, 16 * MIB);

    assert_hr(S_OK, IVdsDisk_QueryExtents(disk.disk, &extents, &count));
    assert_int_equal(count, 3); /* free, the partition, free */
    for (LONG i = 0; i < count; i++) {
        assert_true(IsEqualGUID(&extents[i].diskId, &disk.id));
        assert_int_equal(extents[i].type, i == 1 ? VDS_DET_DATA : VDS_DET_FREE);
        if (i > 0)
            assert_true(extents[i].ullOffset >= extents[i - 1].ullOffset + extents[i - 1].ullSize);
        assert_int_equal(is_null_guid(&extents[i].volumeId), i != 1);
        assert_int_equal(is_null_guid(&extents[i].plexId), i != 1);
    }
    assert_int_equal(extents[1].ullOffset, 16 * MIB);
    assert_int_equal(extents[1].ullSize, 16 * MIB);
    assert_true(IsEqualGUID(&extents[1].volumeId, &volume.id));
    CoTaskMemFree(extents);

    assert_hr(S_OK, IVdsDisk3_QueryFreeExtents(disk3, 0, &holes, &count));
    assert_int_equal(count, 2);
    assert_int_equal(holes[1].ullOffset, 32 * MIB);
    CoTaskMemFree(holes);
    assert_hr(S_OK, IVdsDisk3_QueryFreeExtents(disk3, 8 * (ULONG)MIB, &holes, &count));
    for (LONG i = 0; i < count; i++) {
        assert_int_equal(holes[i].ullOffset % (8 * MIB), 0);
        assert_int_equal(holes[i].ullSize % (8 * MIB), 0);
    }
    CoTaskMemFree(holes);
    assert_hr(VDS_E_ALIGN_NOT_SECTOR_SIZE_MULTIPLE, IVdsDisk3_QueryFreeExtents(disk3, 1000, &holes, &count));
    assert_hr(E_INVALIDARG, IVdsDisk3_QueryFreeExtents(disk3, 0, NULL, &count));
    assert_hr(E_INVALIDARG, IVdsDisk3_QueryFreeExtents(disk3, 0, &holes, NULL));
    assert_hr(E_INVALIDARG, IVdsDisk_QueryExtents(disk.disk, NULL, &count));
    assert_hr(E_INVALIDARG, IVdsDisk_QueryExtents(disk.disk, &extents, NULL));
    assert_hr(E_INVALIDARG, IVdsDisk_GetPack(disk.disk, NULL));
    LET_GO(disk3);
    drop_both(&disk, &volume);
}

static void an_empty_disk_is_converted(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsDisk, ConvertStyle, real);
    struct face_disk disk;
    struct face_volume volume;
    make_disk(&disk, "convert.img", RAW, 256 * MIB);
    assert_hr(VDS_E_DISK_NOT_INITIALIZED, IVdsDisk_ConvertStyle(disk.disk, VDS_PST_GPT));
    initialize(&disk, VDS_PST_MBR);
    assert_hr(VDS_E_INVALID_PARTITION_STYLE, IVdsDisk_ConvertStyle(disk.disk, VDS_PST_UNKNOWN));
    assert_hr(S_OK, IVdsDisk_ConvertStyle(disk.disk, VDS_PST_GPT));
    assert_int_equal(disk_prop(disk.disk).PartitionStyle, VDS_PST_GPT);
    assert_string_equal(blkid(disk.node, "PTTYPE"), "gpt");
    make_volume(&volume, &disk, MIB, 16 * MIB);
    drop_volume(&volume);
    assert_hr(VDS_E_DISK_NOT_EMPTY, IVdsDisk_ConvertStyle(disk.disk, VDS_PST_MBR));
    assert_hr(S_OK, IVdsAdvancedDisk_DeletePartition(disk.advanced, MIB, FALSE, FALSE));
    assert_hr(S_OK, IVdsDisk_ConvertStyle(disk.disk, VDS_PST_MBR));
    assert_string_equal(blkid(disk.node, "PTTYPE"), "dos");
    drop_disk(&disk);
}

static void a_disk_is_made_read_only_and_writable(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsDisk, SetFlags, real);
    TRI_PROVES_METHOD(IVdsDisk, ClearFlags, real);
    struct face_disk disk;
    make_disk(&disk, "readonly.img", RAW, 64 * MIB);
    initialize(&disk, VDS_PST_GPT);
    assert_hr(S_OK, IVdsDisk_SetFlags(disk.disk, VDS_DF_READ_ONLY));
    assert_true(disk_prop(disk.disk).ulFlags & VDS_DF_READ_ONLY);
    assert_hr(VDS_E_DISK_IS_READ_ONLY, try_partition(&disk, MIB, 16 * MIB, NULL));
    assert_hr(VDS_E_DISK_IS_READ_ONLY, TRY(IVdsAdvancedDisk_Clean(disk.advanced, TRUE, TRUE, FALSE, ASYNC)));
    assert_hr(S_OK, IVdsDisk_ClearFlags(disk.disk, VDS_DF_READ_ONLY));
    assert_false(disk_prop(disk.disk).ulFlags & VDS_DF_READ_ONLY);
    assert_hr(S_OK, try_partition(&disk, MIB, 16 * MIB, NULL));
    assert_hr(E_INVALIDARG, IVdsDisk_SetFlags(disk.disk, VDS_DF_SYSTEM_DISK));
    assert_hr(E_INVALIDARG, IVdsDisk_ClearFlags(disk.disk, VDS_DF_BOOT_DISK));
    drop_disk(&disk);
}

static void a_disk_goes_offline_and_online(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsDiskOnline, Online, real);
    TRI_PROVES_METHOD(IVdsDiskOnline, Offline, real);
    TRI_PROVES_METHOD(IVdsDisk2, SetSANMode, real);
    struct face_disk disk;
    struct face_volume volume;
    make_disk_with_volume(&disk, &volume, "offline.img", 64 * MIB);
    IVdsDiskOnline *online = QUERY(disk.disk, IVdsDiskOnline);
    IVdsDisk2 *disk2 = QUERY(disk.disk, IVdsDisk2);
    assert_hr(VDS_E_DISK_NOT_OFFLINE, IVdsDiskOnline_Online(online));
    assert_hr(S_OK, IVdsDiskOnline_Offline(online));
    assert_int_equal(disk_prop(disk.disk).status, VDS_DS_OFFLINE);
    assert_int_not_equal(access(volume.node, F_OK), 0);
    assert_hr(VDS_E_DISK_IS_OFFLINE, try_partition(&disk, 32 * MIB, 8 * MIB, NULL));
    assert_hr(VDS_E_DISK_IS_OFFLINE, TRY(IVdsAdvancedDisk_Clean(disk.advanced, TRUE, TRUE, FALSE, ASYNC)));
    assert_hr(S_OK, IVdsDiskOnline_Online(online));
    assert_int_equal(disk_prop(disk.disk).status, VDS_DS_ONLINE);
    assert_string_equal(node_at(&disk, volume.offset), volume.node);
    assert_hr(S_OK, IVdsDisk2_SetSANMode(disk2, FALSE));
    assert_int_equal(disk_prop(disk.disk).status, VDS_DS_OFFLINE);
    assert_hr(S_OK, IVdsDisk2_SetSANMode(disk2, TRUE));
    assert_int_equal(disk_prop(disk.disk).status, VDS_DS_ONLINE);
    LET_GO(online);
    LET_GO(disk2);
    drop_both(&disk, &volume);
}

/* ---- partitions ---- */

static void partitions_are_made_where_one_says(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsAdvancedDisk, CreatePartition, real);
    TRI_PROVES_METHOD(IVdsCreatePartitionEx, CreatePartitionEx, real);
    TRI_PROVES_METHOD(IVdsAdvancedDisk, GetPartitionProperties, real);
    TRI_PROVES_METHOD(IVdsAdvancedDisk, QueryPartitions, real);
    static const VDS_PARTITION_STYLE styles[] = {VDS_PST_GPT, VDS_PST_MBR};
    for (int i = 0; i < 2; i++) {
        struct face_disk disk;
        VDS_ASYNC_OUTPUT output;
        VDS_PARTITION_PROP prop, *partitions = (VDS_PARTITION_PROP *)1;
        LONG count = 77;
        make_disk(&disk, "made.img", RAW, 64 * MIB);
        assert_hr(VDS_E_DISK_NOT_INITIALIZED, IVdsAdvancedDisk_QueryPartitions(disk.advanced, &partitions, &count));
        assert_null(partitions);
        CREATE_PARTITION_PARAMETERS parameters = data_partition(styles[i]);
        assert_hr(VDS_E_DISK_NOT_INITIALIZED,
                  TRY(IVdsAdvancedDisk_CreatePartition(disk.advanced, MIB, MIB, &parameters, ASYNC)));
        initialize(&disk, styles[i]);
        assert_hr(S_FALSE, IVdsAdvancedDisk_QueryPartitions(disk.advanced, &partitions, &count));
        assert_null(partitions);
        assert_int_equal(count, 0);

        /* the start is rounded up, the end down (64 KiB below 4 GiB) */
        assert_hr(S_OK, try_partition(&disk, 5 * MIB + 512, 8 * MIB, &output));
        assert_int_equal(output.cp.ullOffset, 5 * MIB + 64 * KIB);
        assert_false(is_null_guid(&output.cp.volumeId));
        assert_hr(S_OK, IVdsAdvancedDisk_GetPartitionProperties(disk.advanced, output.cp.ullOffset, &prop));
        assert_int_equal(prop.PartitionStyle, styles[i]);
        assert_int_equal(prop.ullOffset, output.cp.ullOffset);
        assert_true(prop.ullOffset + prop.ullSize <= 13 * MIB + 512);
        assert_int_equal(prop.ulPartitionNumber, 1);
        assert_string_not_equal(node_at(&disk, prop.ullOffset), "");

        /* any multiple of the sector, as Ventoy wants it */
        IVdsCreatePartitionEx *maker = QUERY(disk.disk, IVdsCreatePartitionEx);
        assert_hr(S_OK,
                  RUN(IVdsCreatePartitionEx_CreatePartitionEx(maker, 20 * MIB + 512, 8 * MIB, 512, &parameters, ASYNC),
                      &output));
        assert_int_equal(output.cp.ullOffset, 20 * MIB + 512);
        assert_hr(VDS_E_ALIGN_NOT_SECTOR_SIZE_MULTIPLE,
                  TRY(IVdsCreatePartitionEx_CreatePartitionEx(maker, 40 * MIB, MIB, 700, &parameters, ASYNC)));
        LET_GO(maker);
        assert_hr(S_OK, IVdsAdvancedDisk_QueryPartitions(disk.advanced, &partitions, &count));
        assert_int_equal(count, 2);
        assert_true(partitions[0].ullOffset < partitions[1].ullOffset);
        CoTaskMemFree(partitions);

        assert_hr(E_INVALIDARG, TRY(IVdsAdvancedDisk_CreatePartition(disk.advanced, MIB, MIB, NULL, ASYNC)));
        assert_hr(E_INVALIDARG, IVdsAdvancedDisk_CreatePartition(disk.advanced, MIB, MIB, &parameters, NULL));
        assert_hr(E_INVALIDARG, IVdsAdvancedDisk_GetPartitionProperties(disk.advanced, output.cp.ullOffset, NULL));
        assert_hr(E_INVALIDARG, IVdsAdvancedDisk_QueryPartitions(disk.advanced, NULL, &count));
        assert_hr(E_INVALIDARG, IVdsAdvancedDisk_QueryPartitions(disk.advanced, &partitions, NULL));
        assert_hr(VDS_E_OBJECT_NOT_FOUND, IVdsAdvancedDisk_GetPartitionProperties(disk.advanced, MIB, &prop));
        parameters.style = styles[1 - i];
        assert_hr(VDS_E_PARTITION_STYLE_MISMATCH,
                  TRY(IVdsAdvancedDisk_CreatePartition(disk.advanced, 40 * MIB, MIB, &parameters, ASYNC)));
        drop_disk(&disk);
    }
}

static void a_gpt_partition_keeps_type_id_attributes_and_name(void **state)
{
    NEEDS_DISKS;
    struct face_disk disk;
    VDS_ASYNC_OUTPUT output;
    VDS_PARTITION_PROP prop;
    make_disk(&disk, "gpt.img", RAW, 64 * MIB);
    initialize(&disk, VDS_PST_GPT);
    CREATE_PARTITION_PARAMETERS parameters = {.style = VDS_PST_GPT};
    parameters.GptPartInfo.partitionType = linux_data;
    parameters.GptPartInfo.partitionId = nobody;
    parameters.GptPartInfo.attributes = 0x8000000000000000;
    static const WCHAR name[] =
        u"daten \u00e4\u00f6\u00fc \u4e2d\u6587 and all of 36 u!!!"; /* longer ones lose nothing */
    memcpy(parameters.GptPartInfo.name, name, sizeof(name) < 72 ? sizeof(name) : 72);
    assert_hr(S_OK, RUN(IVdsAdvancedDisk_CreatePartition(disk.advanced, MIB, 8 * MIB, &parameters, ASYNC), &output));
    assert_hr(S_OK, IVdsAdvancedDisk_GetPartitionProperties(disk.advanced, MIB, &prop));
    assert_true(IsEqualGUID(&prop.Gpt.partitionType, &linux_data));
    assert_true(IsEqualGUID(&prop.Gpt.partitionId, &nobody));
    assert_int_equal(prop.Gpt.attributes, 0x8000000000000000);
    assert_memory_equal(prop.Gpt.name, parameters.GptPartInfo.name, 72);
    assert_true(IsEqualGUID(&output.cp.volumeId, &output.cp.volumeId));
    assert_string_equal(blkid(disk.node, "PTTYPE"), "gpt");

    /* all 36 units, without a NUL */
    for (int i = 0; i < 36; i++)
        parameters.GptPartInfo.name[i] = (WCHAR)(u'a' + i % 26);
    parameters.GptPartInfo.partitionId = GUID_NULL;
    assert_hr(S_OK,
              RUN(IVdsAdvancedDisk_CreatePartition(disk.advanced, 16 * MIB, 8 * MIB, &parameters, ASYNC), &output));
    assert_hr(S_OK, IVdsAdvancedDisk_GetPartitionProperties(disk.advanced, 16 * MIB, &prop));
    assert_memory_equal(prop.Gpt.name, parameters.GptPartInfo.name, 72);
    assert_false(is_null_guid(&prop.Gpt.partitionId));

    /* an EFI partition is no volume, and protected */
    parameters.GptPartInfo.partitionType = efi_system;
    assert_hr(S_OK,
              RUN(IVdsAdvancedDisk_CreatePartition(disk.advanced, 32 * MIB, 8 * MIB, &parameters, ASYNC), &output));
    assert_true(is_null_guid(&output.cp.volumeId));
    assert_hr(VDS_E_PARTITION_PROTECTED, IVdsAdvancedDisk_DeletePartition(disk.advanced, 32 * MIB, TRUE, FALSE));
    assert_hr(VDS_E_CLEAN_WITH_OEM, TRY(IVdsAdvancedDisk_Clean(disk.advanced, TRUE, FALSE, FALSE, ASYNC)));
    assert_hr(S_OK, IVdsAdvancedDisk_DeletePartition(disk.advanced, 32 * MIB, FALSE, TRUE));
    drop_disk(&disk);
}

static void an_mbr_has_four_primaries_and_logical_ones(void **state)
{
    NEEDS_DISKS;
    struct face_disk disk;
    VDS_PARTITION_PROP prop;
    make_disk(&disk, "mbr.img", RAW, 64 * MIB);
    initialize(&disk, VDS_PST_MBR);
    for (unsigned i = 0; i < 4; i++)
        assert_hr(S_OK, try_partition(&disk, MIB + i * 4 * MIB, 4 * MIB, NULL));
    assert_hr(VDS_E_PARTITION_LIMIT_REACHED, try_partition(&disk, 32 * MIB, 4 * MIB, NULL));
    assert_hr(S_OK, IVdsAdvancedDisk_DeletePartition(disk.advanced, 13 * MIB, FALSE, FALSE));
    CREATE_PARTITION_PARAMETERS extended = {.style = VDS_PST_MBR};
    extended.MbrPartInfo.partitionType = 0x0f;
    VDS_ASYNC_OUTPUT output;
    assert_hr(S_OK,
              RUN(IVdsAdvancedDisk_CreatePartition(disk.advanced, 16 * MIB, 32 * MIB, &extended, ASYNC), &output));
    assert_true(is_null_guid(&output.cp.volumeId));
    ULONGLONG start = output.cp.ullOffset;
    assert_hr(S_OK, try_partition(&disk, start + MIB, 8 * MIB, &output));
    assert_false(is_null_guid(&output.cp.volumeId));
    assert_hr(S_OK, IVdsAdvancedDisk_GetPartitionProperties(disk.advanced, output.cp.ullOffset, &prop));
    assert_int_equal(prop.ulPartitionNumber, 5);
    assert_int_equal(prop.Mbr.partitionType, 0x07);
    assert_int_equal(prop.Mbr.hiddenSectors, prop.ullOffset / 512);
    assert_string_not_equal(node_at(&disk, prop.ullOffset), "");
    assert_hr(VDS_E_PARTITION_NOT_EMPTY, IVdsAdvancedDisk_DeletePartition(disk.advanced, start, TRUE, TRUE));
    assert_hr(S_OK, IVdsAdvancedDisk_DeletePartition(disk.advanced, prop.ullOffset, FALSE, FALSE));
    assert_hr(S_OK, IVdsAdvancedDisk_DeletePartition(disk.advanced, start, FALSE, FALSE));
    assert_int_equal(count_partitions(disk.advanced), 3);
    drop_disk(&disk);
}

static void a_partition_is_deleted(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsAdvancedDisk, DeletePartition, real);
    struct face_disk disk;
    struct face_volume volume;
    VDS_VOLUME_PROP prop;
    make_disk_with_volume(&disk, &volume, "deleted.img", 64 * MIB);
    format_quickly(&volume, "ext4");
    assert_hr(VDS_E_OBJECT_NOT_FOUND, IVdsAdvancedDisk_DeletePartition(disk.advanced, 2 * MIB, TRUE, TRUE));
    assert_hr(S_OK, IVdsAdvancedDisk_DeletePartition(disk.advanced, MIB, FALSE, FALSE));
    assert_int_equal(count_partitions(disk.advanced), 0);
    assert_int_not_equal(access(volume.node, F_OK), 0);
    assert_hr(VDS_E_OBJECT_DELETED, IVdsVolume_GetProperties(volume.volume, &prop));
    drop_volume(&volume);
    make_volume(&volume, &disk, MIB, 62 * MIB); /* at its place, a new one is empty */
    assert_string_equal(blkid(volume.node, "TYPE"), "");
    drop_both(&disk, &volume);
}

static void a_partition_changes_attributes_and_type(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsAdvancedDisk, ChangeAttributes, real);
    TRI_PROVES_METHOD(IVdsAdvancedDisk2, ChangePartitionType, real);
    struct face_disk disk;
    VDS_PARTITION_PROP prop;
    CHANGE_ATTRIBUTES_PARAMETERS attributes = {.style = VDS_PST_GPT};
    CHANGE_PARTITION_TYPE_PARAMETERS type = {.style = VDS_PST_GPT};
    make_disk(&disk, "change.img", RAW, 64 * MIB);
    IVdsAdvancedDisk2 *changer = QUERY(disk.disk, IVdsAdvancedDisk2);
    initialize(&disk, VDS_PST_GPT);
    assert_hr(S_OK, try_partition(&disk, MIB, 16 * MIB, NULL));
    attributes.GptPartInfo.attributes = 0xc000000000000000;
    assert_hr(S_OK, IVdsAdvancedDisk_ChangeAttributes(disk.advanced, MIB, &attributes));
    type.GptPartInfo.partitionType = linux_data;
    assert_hr(S_OK, IVdsAdvancedDisk2_ChangePartitionType(changer, MIB, FALSE, &type));
    assert_hr(S_OK, IVdsAdvancedDisk_GetPartitionProperties(disk.advanced, MIB, &prop));
    assert_int_equal(prop.Gpt.attributes, 0xc000000000000000);
    assert_true(IsEqualGUID(&prop.Gpt.partitionType, &linux_data));
    assert_true(FAILED(IVdsAdvancedDisk_ChangeAttributes(disk.advanced, 2 * MIB, &attributes)));
    assert_true(FAILED(IVdsAdvancedDisk2_ChangePartitionType(changer, 2 * MIB, FALSE, &type)));
    attributes.style = type.style = VDS_PST_MBR;
    assert_hr(VDS_E_PARTITION_STYLE_MISMATCH, IVdsAdvancedDisk_ChangeAttributes(disk.advanced, MIB, &attributes));
    assert_hr(VDS_E_PARTITION_STYLE_MISMATCH, IVdsAdvancedDisk2_ChangePartitionType(changer, MIB, FALSE, &type));
    assert_hr(E_INVALIDARG, IVdsAdvancedDisk_ChangeAttributes(disk.advanced, MIB, NULL));
    assert_hr(E_INVALIDARG, IVdsAdvancedDisk2_ChangePartitionType(changer, MIB, FALSE, NULL));

    /* MBR: one partition is active, and the others are not */
    assert_hr(S_OK, IVdsAdvancedDisk_DeletePartition(disk.advanced, MIB, TRUE, TRUE));
    assert_hr(S_OK, IVdsDisk_ConvertStyle(disk.disk, VDS_PST_MBR));
    assert_hr(S_OK, try_partition(&disk, MIB, 8 * MIB, NULL));
    assert_hr(S_OK, try_partition(&disk, 16 * MIB, 8 * MIB, NULL));
    for (int i = 0; i < 2; i++) {
        attributes = (CHANGE_ATTRIBUTES_PARAMETERS){.style = VDS_PST_MBR};
        attributes.MbrPartInfo.bootIndicator = TRUE;
        assert_hr(S_OK, IVdsAdvancedDisk_ChangeAttributes(disk.advanced, i ? 16 * MIB : MIB, &attributes));
        assert_hr(S_OK, IVdsAdvancedDisk_GetPartitionProperties(disk.advanced, i ? MIB : 16 * MIB, &prop));
        assert_int_equal(prop.Mbr.bootIndicator, FALSE);
        assert_hr(S_OK, IVdsAdvancedDisk_GetPartitionProperties(disk.advanced, i ? 16 * MIB : MIB, &prop));
        assert_int_equal(prop.Mbr.bootIndicator, TRUE);
    }
    type.MbrPartInfo.partitionType = 0x83;
    assert_hr(S_OK, IVdsAdvancedDisk2_ChangePartitionType(changer, MIB, FALSE, &type));
    assert_hr(S_OK, IVdsAdvancedDisk_GetPartitionProperties(disk.advanced, MIB, &prop));
    assert_int_equal(prop.Mbr.partitionType, 0x83);
    LET_GO(changer);
    drop_disk(&disk);
}

static void a_partition_that_is_no_volume_is_formatted_by_offset(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsAdvancedDisk, FormatPartition, real);
    TRI_PROVES_METHOD(IVdsDiskPartitionMF, FormatPartitionEx, real);
    TRI_PROVES_METHOD(IVdsDiskPartitionMF, GetPartitionFileSystemProperties, real);
    TRI_PROVES_METHOD(IVdsDiskPartitionMF, GetPartitionFileSystemTypeName, real);
    TRI_PROVES_METHOD(IVdsDiskPartitionMF, QueryPartitionFileSystemFormatSupport, real);
    TRI_PROVES_METHOD(IVdsDiskPartitionMF2, FormatPartitionEx2, real);
    SKIP_UNLESS(run_command("command -v mkfs.vfat >/dev/null") == 0, "dosfstools is not installed");
    struct face_disk disk;
    VDS_FILE_SYSTEM_PROP prop;
    VDS_FILE_SYSTEM_FORMAT_SUPPORT_PROP *support = NULL;
    LPWSTR name = NULL;
    LONG count = 0;
    make_disk(&disk, "esp.img", RAW, 128 * MIB);
    initialize(&disk, VDS_PST_GPT);
    CREATE_PARTITION_PARAMETERS parameters = {.style = VDS_PST_GPT};
    parameters.GptPartInfo.partitionType = efi_system;
    assert_hr(S_OK, TRY(IVdsAdvancedDisk_CreatePartition(disk.advanced, MIB, 64 * MIB, &parameters, ASYNC)));
    IVdsDiskPartitionMF *mf = QUERY(disk.disk, IVdsDiskPartitionMF);
    IVdsDiskPartitionMF2 *mf2 = QUERY(disk.disk, IVdsDiskPartitionMF2);
    HRESULT hr = IVdsDiskPartitionMF_GetPartitionFileSystemTypeName(mf, MIB, &name);
    assert_hr_of(hr, S_OK, VDS_E_FS_NOT_DETERMINED);
    assert_string_equal(take(name), hr == S_OK ? "RAW" : "");
    assert_hr(S_OK, IVdsDiskPartitionMF_QueryPartitionFileSystemFormatSupport(mf, MIB, &support, &count));
    assert_true(count > 0);
    CoTaskMemFree(support);

    assert_hr(S_OK, TRY(IVdsAdvancedDisk_FormatPartition(disk.advanced, MIB, VDS_FST_FAT32, u"ONE", 0, FALSE, TRUE,
                                                         FALSE, ASYNC)));
    assert_string_equal(blkid(node_at(&disk, MIB), "LABEL"), "ONE");
    assert_hr(S_OK,
              TRY(IVdsDiskPartitionMF_FormatPartitionEx(mf, MIB, u"fat32", 0, 0, u"TWO", FALSE, TRUE, FALSE, ASYNC)));
    assert_string_equal(blkid(node_at(&disk, MIB), "LABEL"), "TWO");
    assert_hr(S_OK, TRY(IVdsDiskPartitionMF2_FormatPartitionEx2(mf2, MIB, u"FAT32", 0, 0, u"THREE",
                                                                VDS_FSOF_QUICK | 0x80000, ASYNC)));
    assert_string_equal(blkid(node_at(&disk, MIB), "LABEL"), "THREE");
    assert_hr(S_OK, IVdsDiskPartitionMF_GetPartitionFileSystemTypeName(mf, MIB, &name));
    assert_string_equal(take(name), "FAT32");
    assert_hr(S_OK, IVdsDiskPartitionMF_GetPartitionFileSystemProperties(mf, MIB, &prop));
    assert_int_equal(prop.type, VDS_FST_FAT32);
    assert_true(is_null_guid(&prop.volumeId));
    assert_string_equal(take(prop.pwszLabel), "THREE");

    assert_true(FAILED(TRY(
        IVdsAdvancedDisk_FormatPartition(disk.advanced, 2 * MIB, VDS_FST_FAT32, NULL, 0, TRUE, TRUE, FALSE, ASYNC))));
    assert_true(FAILED(
        TRY(IVdsDiskPartitionMF_FormatPartitionEx(mf, 2 * MIB, u"FAT32", 0, 0, NULL, TRUE, TRUE, FALSE, ASYNC))));
    assert_true(FAILED(TRY(IVdsDiskPartitionMF2_FormatPartitionEx2(mf2, 2 * MIB, u"FAT32", 0, 0, NULL, 3, ASYNC))));
    assert_true(FAILED(IVdsDiskPartitionMF_GetPartitionFileSystemProperties(mf, 2 * MIB, &prop)));
    assert_hr(E_INVALIDARG, IVdsDiskPartitionMF_GetPartitionFileSystemProperties(mf, MIB, NULL));
    assert_hr(E_INVALIDARG, IVdsDiskPartitionMF_GetPartitionFileSystemTypeName(mf, MIB, NULL));
    assert_hr(E_INVALIDARG, IVdsDiskPartitionMF_QueryPartitionFileSystemFormatSupport(mf, MIB, NULL, &count));
    LET_GO(mf);
    LET_GO(mf2);
    drop_disk(&disk);
}

static void a_partition_that_is_no_volume_gets_a_letter(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsAdvancedDisk, AssignDriveLetter, real, "a mount at <runtime folder>/drives/X");
    TRI_PROVES_METHOD(IVdsAdvancedDisk, DeleteDriveLetter, real);
    TRI_PROVES_METHOD(IVdsAdvancedDisk, GetDriveLetter, real);
    struct face_disk disk;
    WCHAR letter = 7;
    make_disk(&disk, "letter.img", RAW, 128 * MIB);
    initialize(&disk, VDS_PST_GPT);
    CREATE_PARTITION_PARAMETERS parameters = {.style = VDS_PST_GPT};
    parameters.GptPartInfo.partitionType = efi_system;
    assert_hr(S_OK, TRY(IVdsAdvancedDisk_CreatePartition(disk.advanced, MIB, 64 * MIB, &parameters, ASYNC)));
    IVdsDiskPartitionMF *mf = QUERY(disk.disk, IVdsDiskPartitionMF);
    assert_hr(S_OK,
              TRY(IVdsDiskPartitionMF_FormatPartitionEx(mf, MIB, u"ext4", 0, 0, NULL, FALSE, TRUE, FALSE, ASYNC)));
    LET_GO(mf);
    assert_hr(VDS_E_OBJECT_NOT_FOUND, IVdsAdvancedDisk_GetDriveLetter(disk.advanced, MIB, &letter));
    assert_hr(VDS_E_INVALID_DRIVE_LETTER, IVdsAdvancedDisk_AssignDriveLetter(disk.advanced, MIB, u'7'));
    assert_hr(S_OK, IVdsAdvancedDisk_AssignDriveLetter(disk.advanced, MIB, u'q'));
    assert_hr(S_OK, IVdsAdvancedDisk_GetDriveLetter(disk.advanced, MIB, &letter));
    assert_int_equal(letter, u'Q');
    VDS_DRIVE_LETTER_PROP used;
    assert_hr(S_OK, IVdsService_QueryDriveLetters(service, u'Q', 1, &used));
    assert_int_equal(used.bUsed, TRUE);
    assert_memory_equal(&used.volumeId, &GUID_NULL, sizeof GUID_NULL);
    assert_hr(VDS_E_OBJECT_NOT_FOUND, IVdsAdvancedDisk_DeleteDriveLetter(disk.advanced, MIB, u'R'));
    assert_hr(S_OK, IVdsAdvancedDisk_DeleteDriveLetter(disk.advanced, MIB, u'Q'));
    assert_hr(VDS_E_OBJECT_NOT_FOUND, IVdsAdvancedDisk_GetDriveLetter(disk.advanced, MIB, &letter));
    assert_hr(E_INVALIDARG, IVdsAdvancedDisk_GetDriveLetter(disk.advanced, MIB, NULL));
    assert_true(FAILED(IVdsAdvancedDisk_AssignDriveLetter(disk.advanced, 2 * MIB, u'Q')));
    drop_disk(&disk);
}

static void a_disk_is_cleaned(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsAdvancedDisk, Clean, real);
    TRI_PROVES_METHOD(IVdsService, QueryUnallocatedDisks, real);
    struct face_disk disk;
    struct face_volume volume;
    make_disk_with_volume(&disk, &volume, "clean.img", 64 * MIB);
    format_quickly(&volume, "ext4");
    assert_hr(VDS_E_CLEAN_WITH_DATA, TRY(IVdsAdvancedDisk_Clean(disk.advanced, FALSE, TRUE, FALSE, ASYNC)));
    assert_hr(S_OK, TRY(IVdsAdvancedDisk_Clean(disk.advanced, TRUE, FALSE, FALSE, ASYNC)));
    drop_volume(&volume);
    assert_hr(S_OK, TRY(IVdsAdvancedDisk_Clean(disk.advanced, FALSE, FALSE, FALSE, ASYNC))); /* raw already */
    initialize(&disk, VDS_PST_GPT);
    make_volume(&volume, &disk, MIB, 62 * MIB);
    assert_string_equal(blkid(volume.node, "TYPE"), ""); /* the old file system does not come back */
    drop_volume(&volume);
    assert_int_equal(run_command("dd if=/dev/urandom of='%s' bs=1M count=8 seek=20 conv=fsync 2>/dev/null", disk.node),
                     0);
    assert_hr(S_OK, TRY(IVdsAdvancedDisk_Clean(disk.advanced, TRUE, TRUE, TRUE, ASYNC)));
    assert_string_equal(line_of("sync '%s'; tr -d '\\0' < '%s' | wc -c", disk.path, disk.path), "0"); /* every sector */
    IEnumVdsObject *list = NULL;
    bool found = false;
    assert_hr(S_OK, IVdsService_QueryUnallocatedDisks(service, &list));
    EACH (each, IVdsDisk, list)
        found |= is_disk(each, &disk.id);
    LET_GO(list);
    assert_true(found);
    assert_hr(E_INVALIDARG, IVdsService_QueryUnallocatedDisks(service, NULL));
    assert_hr(E_INVALIDARG, IVdsAdvancedDisk_Clean(disk.advanced, TRUE, TRUE, FALSE, NULL));
    drop_disk(&disk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_loader_loads_the_service_again_and_again),
        cmocka_unit_test(the_service_is_one_object_with_many_faces),
        cmocka_unit_test(the_service_is_ready_and_says_what_it_is),
        cmocka_unit_test(the_service_lists_providers_by_kind),
        cmocka_unit_test(an_enumerator_is_a_snapshot_with_a_cursor),
        cmocka_unit_test(what_has_no_hardware_lists_nothing),
        cmocka_unit_test(the_service_lists_file_systems),
        cmocka_unit_test(the_service_finds_objects_by_id),
        cmocka_unit_test(the_service_finds_disks_by_device_name),
        cmocka_unit_test(the_service_tells_which_letters_are_used),
        cmocka_unit_test(the_service_refreshes_and_has_one_flag),
        cmocka_unit_test(the_san_policy_is_online),
        cmocka_unit_test(disks_are_uninstalled),
        cmocka_unit_test(a_pack_is_made_and_given_one_disk),
        cmocka_unit_test(a_pack_makes_simple_volumes),
        cmocka_unit_test(a_basic_pack_does_not_do_what_dynamic_ones_do),
        cmocka_unit_test(a_disk_is_one_object_with_many_faces),
        cmocka_unit_test(a_disk_tells_its_properties),
        cmocka_unit_test(a_disk_tells_what_lies_where),
        cmocka_unit_test(an_empty_disk_is_converted),
        cmocka_unit_test(a_disk_is_made_read_only_and_writable),
        cmocka_unit_test(a_disk_goes_offline_and_online),
        cmocka_unit_test(partitions_are_made_where_one_says),
        cmocka_unit_test(a_gpt_partition_keeps_type_id_attributes_and_name),
        cmocka_unit_test(an_mbr_has_four_primaries_and_logical_ones),
        cmocka_unit_test(a_partition_is_deleted),
        cmocka_unit_test(a_partition_changes_attributes_and_type),
        cmocka_unit_test(a_partition_that_is_no_volume_is_formatted_by_offset),
        cmocka_unit_test(a_partition_that_is_no_volume_gets_a_letter),
        cmocka_unit_test(a_disk_is_cleaned),
        cmocka_unit_test(nothing_is_left_behind),
    };
    return cmocka_run_group_tests(tests, set_up_disks, tear_down_disks);
}
