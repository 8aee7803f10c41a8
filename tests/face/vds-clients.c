/* What known programs do, call for call (Rufus, Ventoy2Disk, Microsoft's CppVDSQueryVolumes), in our own code: with
 * their strictness (== S_OK), and with their sloppiness: what they never release is kept here in `leaked`, so that a
 * leak checker sees what leaks of ours, and nothing of theirs. */
#include "vds-face.h"

static void *leaked[256];
static unsigned leaked_count;

static void leak(void *object)
{
    assert_true(leaked_count < sizeof(leaked) / sizeof(leaked[0]));
    leaked[leaked_count++] = object;
}

static int compare_without_case(const WCHAR *a, const WCHAR *b)
{
    for (;; a++, b++) {
        WCHAR x = *a >= u'A' && *a <= u'Z' ? (WCHAR)(*a + 32) : *a,
              y = *b >= u'A' && *b <= u'Z' ? (WCHAR)(*b + 32) : *b;
        if (x != y || !x)
            return x - y;
    }
}

static size_t units_of(const WCHAR *text)
{
    size_t count = 0;
    while (text[count])
        count++;
    return count;
}

static bool has_part(const WCHAR *text, const WCHAR *part)
{
    for (; *text; text++) {
        size_t same = 0;
        while (part[same] && text[same] == part[same])
            same++;
        if (!part[same])
            return true;
    }
    return false;
}

/* ---- Rufus ---- */

static IVdsService *rufus_prologue(IVdsServiceLoader **ret_loader)
{
    IVdsServiceLoader *loader = NULL;
    IVdsService *found = NULL;
    CoInitializeEx(NULL, COINIT_APARTMENTTHREADED | COINIT_DISABLE_OLE1DDE);
    CoInitializeSecurity(NULL, -1, NULL, NULL, RPC_C_AUTHN_LEVEL_CONNECT, RPC_C_IMP_LEVEL_IMPERSONATE, NULL, 0, NULL);
    assert_hr(S_OK, CoCreateInstance(&CLSID_VdsLoader, NULL, CLSCTX_LOCAL_SERVER | CLSCTX_REMOTE_SERVER,
                                     &IID_IVdsServiceLoader, (void **)&loader));
    assert_hr(S_OK, IVdsServiceLoader_LoadService(loader, u"", &found));
    if (ret_loader)
        *ret_loader = loader;
    else
        IVdsServiceLoader_Release(loader);
    return found;
}

static void rufus_asks_whether_vds_is_there(void **state)
{
    NEEDS_DISKS;
    IVdsServiceLoader *loader;
    IVdsService *found = rufus_prologue(&loader);
    IVdsService_Release(found);
    IVdsServiceLoader_Release(loader);
}

static void rufus_refreshes_the_layout(void **state)
{
    NEEDS_DISKS;
    IVdsServiceLoader *loader;
    IVdsService *found = rufus_prologue(&loader);
    IEnumVdsObject *list = NULL;
    assert_hr(S_OK, IVdsService_WaitForServiceReady(found));
    assert_hr(S_OK, IVdsService_QueryProviders(found, VDS_QUERY_SOFTWARE_PROVIDERS, &list));
    leak(list);
    assert_hr(S_OK, IVdsService_CleanupObsoleteMountPoints(found));
    assert_hr(S_OK, IVdsService_Refresh(found));
    assert_hr(S_OK, IVdsService_Reenumerate(found));
    IVdsService_Release(found);
    IVdsServiceLoader_Release(loader);
}

/* GetVdsDiskInterface: through providers, packs and disks by name; NULL where there is none. */
static void *rufus_finds_disk(const WCHAR *name, const IID *iid)
{
    IVdsService *found = rufus_prologue(NULL);
    IEnumVdsObject *providers, *packs, *disks;
    IUnknown *unknown;
    ULONG count;
    void *interface_found = NULL;
    assert_hr(S_OK, IVdsService_WaitForServiceReady(found));
    assert_hr(S_OK, IVdsService_QueryProviders(found, VDS_QUERY_SOFTWARE_PROVIDERS, &providers));
    IVdsService_Release(found); /* already here */
    while (IEnumVdsObject_Next(providers, 1, &unknown, &count) == S_OK) {
        IVdsProvider *provider;
        IVdsSwProvider *software;
        assert_hr(S_OK, IUnknown_QueryInterface(unknown, &IID_IVdsProvider, (void **)&provider));
        IUnknown_Release(unknown);
        /* through a pointer of another type, as they do it */
        assert_hr(S_OK,
                  IVdsSwProvider_QueryInterface((IVdsSwProvider *)provider, &IID_IVdsSwProvider, (void **)&software));
        IVdsProvider_Release(provider);
        assert_hr(S_OK, IVdsSwProvider_QueryPacks(software, &packs));
        IVdsSwProvider_Release(software);
        while (IEnumVdsObject_Next(packs, 1, &unknown, &count) == S_OK) {
            IVdsPack *pack;
            assert_hr(S_OK, IUnknown_QueryInterface(unknown, &IID_IVdsPack, (void **)&pack));
            IUnknown_Release(unknown);
            HRESULT gone = IVdsPack_QueryDisks(pack, &disks);
            IVdsPack_Release(pack);
            if (FAILED(gone)) /* another program's; a client would give up here */
                continue;
            while (IEnumVdsObject_Next(disks, 1, &unknown, &count) == S_OK) {
                VDS_DISK_PROP prop;
                IVdsDisk *disk;
                assert_hr(S_OK, IUnknown_QueryInterface(unknown, &IID_IVdsDisk, (void **)&disk));
                IUnknown_Release(unknown);
                HRESULT hr = IVdsDisk_GetProperties(disk, &prop);
                if (FAILED(hr)) { /* other programs' disks come and go; a client would give up here */
                    IVdsDisk_Release(disk);
                    continue;
                }
                assert_hr_of(hr, S_OK, VDS_S_PROPERTIES_INCOMPLETE);
                bool is_it = prop.pwszName && compare_without_case(name, prop.pwszName) == 0;
                CoTaskMemFree(prop.pwszName);
                leak(prop.pwszFriendlyName);
                leak(prop.pwszDevicePath);
                CoTaskMemFree(prop.pwszAdaptorName);
                CoTaskMemFree(prop.pwszDiskAddress);
                if (is_it)
                    assert_hr(S_OK, IVdsDisk_QueryInterface(disk, iid, &interface_found));
                IVdsDisk_Release(disk);
                if (is_it)
                    break;
            }
            IEnumVdsObject_Release(disks);
        }
        IEnumVdsObject_Release(packs);
    }
    IEnumVdsObject_Release(providers);
    return interface_found;
}

static void rufus_rescans(void)
{
    IVdsService *found = rufus_prologue(NULL);
    assert_hr(S_OK, IVdsService_WaitForServiceReady(found));
    assert_hr(S_OK, IVdsService_Refresh(found));
    assert_hr(S_OK, IVdsService_Reenumerate(found));
    leak(found);
}

static void name_of(struct face_disk *disk, WCHAR name[64])
{
    LPWSTR text = NULL;
    assert_hr(S_OK, IVdsVDisk_GetDeviceName(disk->image, &text));
    memcpy(name, text, (units_of(text) + 1) * sizeof(WCHAR));
    CoTaskMemFree(text);
}

static void rufus_deletes_all_partitions(void **state)
{
    NEEDS_DISKS;
    struct face_disk disk;
    WCHAR name[64];
    VDS_PARTITION_PROP *partitions = NULL;
    LONG count = 0;
    make_disk(&disk, "rufus.img", RAW, 64 * MIB);
    name_of(&disk, name);
    for (size_t i = 0; name[i]; i++) /* they compare without case */
        name[i] = name[i] >= u'a' && name[i] <= u'z' ? (WCHAR)(name[i] - 32) : name[i];
    /* a raw disk is in no pack: nothing found, and nothing failed; they look again after a rescan */
    assert_null(rufus_finds_disk(name, &IID_IVdsAdvancedDisk));
    rufus_rescans();
    assert_null(rufus_finds_disk(name, &IID_IVdsAdvancedDisk));
    initialize(&disk, VDS_PST_MBR);
    IVdsAdvancedDisk *advanced = rufus_finds_disk(name, &IID_IVdsAdvancedDisk);
    assert_non_null(advanced);
    HRESULT hr = IVdsAdvancedDisk_QueryPartitions(advanced, &partitions, &count);
    assert_true(hr != S_OK); /* "no partitions" */
    CoTaskMemFree(partitions);
    assert_hr(S_OK, try_partition(&disk, MIB, 16 * MIB, NULL));
    assert_hr(S_OK, try_partition(&disk, 32 * MIB, 16 * MIB, NULL));
    partitions = NULL;
    assert_hr(S_OK, IVdsAdvancedDisk_QueryPartitions(advanced, &partitions, &count));
    assert_int_equal(count, 2);
    for (LONG i = 0; i < count; i++)
        assert_hr(S_OK, IVdsAdvancedDisk_DeletePartition(advanced, partitions[i].ullOffset, TRUE, TRUE));
    CoTaskMemFree(partitions);
    IVdsAdvancedDisk_Release(advanced);
    assert_int_equal(count_partitions(disk.advanced), 0);
    drop_disk(&disk);
}

/* FormatNativeVds: finds the volume by its GUID path and formats it; stops after `cancel_at` polls, if that is not
 * 0. */
static HRESULT rufus_formats(const WCHAR *logical_name, LPWSTR type, LPWSTR label, DWORD flags, int cancel_at)
{
    IVdsService *found = rufus_prologue(NULL);
    IEnumVdsObject *providers, *packs, *volumes;
    IUnknown *unknown;
    ULONG count;
    HRESULT result = VDS_E_OBJECT_NOT_FOUND;
    leak(found);
    assert_hr(S_OK, IVdsService_WaitForServiceReady(found));
    assert_hr(S_OK, IVdsService_QueryProviders(found, VDS_QUERY_SOFTWARE_PROVIDERS, &providers));
    leak(providers);
    while (IEnumVdsObject_Next(providers, 1, &unknown, &count) == S_OK) {
        IVdsProvider *provider;
        IVdsSwProvider *software;
        assert_hr(S_OK, IUnknown_QueryInterface(unknown, &IID_IVdsProvider, (void **)&provider));
        IUnknown_Release(unknown);
        assert_hr(S_OK,
                  IVdsSwProvider_QueryInterface((IVdsSwProvider *)provider, &IID_IVdsSwProvider, (void **)&software));
        IVdsProvider_Release(provider);
        assert_hr(S_OK, IVdsSwProvider_QueryPacks(software, &packs));
        IVdsSwProvider_Release(software);
        leak(packs);
        while (IEnumVdsObject_Next(packs, 1, &unknown, &count) == S_OK) {
            IVdsPack *pack;
            assert_hr(S_OK, IUnknown_QueryInterface(unknown, &IID_IVdsPack, (void **)&pack));
            IUnknown_Release(unknown);
            HRESULT gone = IVdsPack_QueryVolumes(pack, &volumes);
            IVdsPack_Release(pack);
            if (FAILED(gone))
                continue;
            while (IEnumVdsObject_Next(volumes, 1, &unknown, &count) == S_OK) {
                VDS_VOLUME_PROP prop;
                IVdsVolume *volume;
                IVdsVolumeMF3 *mf3;
                IVdsAsync *async = NULL;
                LPWSTR *paths = NULL;
                ULONG path_count = 0, percent = 0;
                HRESULT hr, hr2 = S_OK;
                assert_hr(S_OK, IUnknown_QueryInterface(unknown, &IID_IVdsVolume, (void **)&volume));
                IUnknown_Release(unknown);
                hr = IVdsVolume_GetProperties(volume, &prop);
                if (FAILED(hr)) {
                    IVdsVolume_Release(volume);
                    continue;
                }
                assert_hr_of(hr, S_OK, VDS_S_PROPERTIES_INCOMPLETE);
                CoTaskMemFree(prop.pwszName);
                assert_hr(S_OK, IVdsVolume_QueryInterface(volume, &IID_IVdsVolumeMF3, (void **)&mf3));
                IVdsVolume_Release(volume);
                hr = IVdsVolumeMF3_QueryVolumeGuidPathnames(mf3, &paths, &path_count);
                if (hr == VDS_E_OBJECT_DELETED) {
                    IVdsVolume_Release((IVdsVolume *)mf3);
                    continue;
                }
                assert_hr(S_OK, hr);
                bool is_it = memcmp(paths[0], logical_name, (units_of(logical_name) + 1) * sizeof(WCHAR)) == 0;
                leak(paths[0]); /* they free the array only */
                CoTaskMemFree(paths);
                if (!is_it) {
                    IVdsVolume_Release((IVdsVolume *)mf3); /* through a pointer of another type */
                    continue;
                }
                hr = IVdsVolumeMF3_FormatEx2(mf3, type, 0, 0, label, flags, &async);
                for (int polls = 1; SUCCEEDED(hr); polls++) {
                    if (cancel_at && polls == cancel_at) {
                        hr = IVdsAsync_Cancel(async);
                        break;
                    }
                    hr = IVdsAsync_QueryStatus(async, &hr2, &percent);
                    if (SUCCEEDED(hr)) {
                        hr = hr2;
                        if (hr == S_OK)
                            break;
                        if (hr == VDS_E_OPERATION_PENDING)
                            hr = S_OK;
                    }
                    pause_ms(5);
                }
                result = hr;
                if (async)
                    IVdsAsync_Release(async); /* and never Wait */
                IVdsVolumeMF3_Release(mf3);
                IEnumVdsObject_Release(volumes);
                CoUninitialize();
                return result;
            }
            IEnumVdsObject_Release(volumes);
        }
    }
    CoUninitialize();
    return result;
}

static void path_of(struct face_volume *volume, WCHAR path[64])
{
    LPWSTR *paths = NULL;
    ULONG count = 0;
    assert_hr(S_OK, IVdsVolumeMF3_QueryVolumeGuidPathnames(volume->mf3, &paths, &count));
    memcpy(path, paths[0], (units_of(paths[0]) + 1) * sizeof(WCHAR));
    CoTaskMemFree(paths[0]);
    CoTaskMemFree(paths);
}

static void rufus_formats_a_volume(void **state)
{
    NEEDS_DISKS;
    struct face_disk disk;
    struct face_volume volume;
    WCHAR path[64];
    const DWORD private_bits = 0x10000 | 0x20000 | 0x40000 | 0x80000;
    make_disk_with_volume(&disk, &volume, "rufus.img", 128 * MIB);
    path_of(&volume, path);
    assert_hr(S_OK, rufus_formats(path, (LPWSTR)u"ext4", (LPWSTR)u"RUFUS",
                                  VDS_FSOF_FORCE | VDS_FSOF_QUICK | private_bits, 0));
    assert_string_equal(blkid(volume.node, "LABEL"), "RUFUS");
    if (run_command("command -v mkfs.vfat >/dev/null") == 0)
        assert_hr(S_OK, rufus_formats(path, (LPWSTR)u"FAT32", (LPWSTR)u"", VDS_FSOF_FORCE | VDS_FSOF_QUICK, 0));
    assert_hr(S_OK, rufus_formats(path, (LPWSTR)u"ext4", (LPWSTR)u"SLOW", VDS_FSOF_FORCE, 0));
    assert_string_equal(blkid(volume.node, "LABEL"), "SLOW");
    drop_both(&disk, &volume);
}

static void rufus_cancels_lets_go_and_carries_on_with_the_disk(void **state)
{
    NEEDS_DISKS;
    struct face_disk disk;
    struct face_volume volume;
    WCHAR path[64];
    make_disk_with_volume(&disk, &volume, "rufus.img", 4 * GIB);
    path_of(&volume, path);
    assert_hr(S_OK, rufus_formats(path, (LPWSTR)u"ext4", (LPWSTR)u"NEVER", VDS_FSOF_FORCE, 20));
    /* at once: nobody writes any more, and nobody holds it */
    assert_hr(S_OK, IVdsAdvancedDisk_DeletePartition(disk.advanced, volume.offset, TRUE, TRUE));
    drop_both(&disk, &volume);
}

/* ---- Ventoy ---- */

/* Their loop: the operation is never waited for and never released. */
static HRESULT ventoy_waits(HRESULT hr, IVdsAsync **place)
{
    IVdsAsync *async = *place;
    HRESULT hr2 = S_OK;
    ULONG percent = 0;
    while (SUCCEEDED(hr)) {
        hr = IVdsAsync_QueryStatus(async, &hr2, &percent);
        if (SUCCEEDED(hr)) {
            hr = hr2;
            if (hr == S_OK)
                break;
            if (hr == VDS_E_OPERATION_PENDING)
                hr = S_OK;
        }
        pause_ms(2);
    }
    leak(async);
    return hr;
}

/* Their search for a disk: GetProperties must be S_OK exactly, and the name is compared without a look whether it is
 * NULL. */
static void *ventoy_finds_disk(const WCHAR *name, const IID *iid)
{
    IEnumVdsObject *packs = NULL, *disks = NULL;
    void *found = NULL;
    assert_hr(S_OK, IVdsSwProvider_QueryPacks(basic, &packs));
    EACH (pack, IVdsPack, packs) {
        if (FAILED(IVdsPack_QueryDisks(pack, &disks)))
            continue;
        EACH (disk, IVdsDisk, disks) {
            VDS_DISK_PROP prop;
            HRESULT hr = IVdsDisk_GetProperties(disk, &prop);
            if (FAILED(hr))
                continue;
            assert_hr(S_OK, hr);
            assert_non_null(prop.pwszName);
            if (!found && compare_without_case(name, prop.pwszName) == 0)
                found = query_interface(disk, iid);
            free_disk_prop(&prop);
        }
        LET_GO(disks);
    }
    LET_GO(packs);
    return found;
}

static void ventoy_installs_itself(void **state)
{
    NEEDS_DISKS;
    struct face_disk disk;
    WCHAR name[64];
    IVdsAsync *async = NULL;
    VDS_PARTITION_PROP *partitions = NULL;
    LONG count = 0;
    const ULONGLONG efi = 64 * MIB;
    make_disk(&disk, "ventoy.img", RAW, 128 * MIB);
    initialize(&disk, VDS_PST_GPT);
    assert_hr(S_OK, try_partition(&disk, MIB, 32 * MIB, NULL));
    name_of(&disk, name);

    IVdsAdvancedDisk *advanced = ventoy_finds_disk(name, &IID_IVdsAdvancedDisk);
    assert_hr(S_OK, ventoy_waits(IVdsAdvancedDisk_Clean(advanced, TRUE, TRUE, FALSE, &async), &async));
    IVdsAdvancedDisk_Release(advanced);
    assert_null(ventoy_finds_disk(name, &IID_IVdsAdvancedDisk)); /* it is in no pack any more */
    initialize(&disk, VDS_PST_GPT);                              /* theirs writes the table itself */

    CREATE_PARTITION_PARAMETERS parameters = {.style = VDS_PST_GPT};
    parameters.GptPartInfo.partitionType = basic_data;
    parameters.GptPartInfo.attributes = 0x8000000000000000;
    memcpy(parameters.GptPartInfo.name, u"VTOYEFI", sizeof(u"VTOYEFI"));
    IVdsCreatePartitionEx *maker = ventoy_finds_disk(name, &IID_IVdsCreatePartitionEx);
    assert_hr(S_OK, ventoy_waits(IVdsCreatePartitionEx_CreatePartitionEx(maker, efi + 512 * 7, 32 * MIB, 512,
                                                                         &parameters, &async),
                                 &async));
    IVdsCreatePartitionEx_Release(maker);

    advanced = ventoy_finds_disk(name, &IID_IVdsAdvancedDisk);
    assert_hr(S_OK, IVdsAdvancedDisk_QueryPartitions(advanced, &partitions, &count));
    assert_int_equal(count, 1);
    assert_int_equal(partitions[0].ullOffset, efi + 512 * 7);
    assert_int_equal(partitions[0].ullSize, 32 * MIB);
    assert_memory_equal(partitions[0].Gpt.name, u"VTOYEFI", 14);
    CHANGE_ATTRIBUTES_PARAMETERS attributes = {.style = VDS_PST_GPT};
    attributes.GptPartInfo.attributes = 0xc000000000000001;
    assert_hr(S_OK, IVdsAdvancedDisk_ChangeAttributes(advanced, partitions[0].ullOffset, &attributes));
    attributes.GptPartInfo.attributes = 0x8000000000000000;
    assert_hr(S_OK, IVdsAdvancedDisk_ChangeAttributes(advanced, partitions[0].ullOffset, &attributes));
    IVdsAdvancedDisk2 *changer = ventoy_finds_disk(name, &IID_IVdsAdvancedDisk2);
    CHANGE_PARTITION_TYPE_PARAMETERS type = {.style = VDS_PST_GPT};
    type.GptPartInfo.partitionType = efi_system;
    assert_hr(S_OK, IVdsAdvancedDisk2_ChangePartitionType(changer, partitions[0].ullOffset, TRUE, &type));
    IVdsAdvancedDisk2_Release(changer);
    if (run_command("command -v mkfs.vfat >/dev/null") == 0) {
        IVdsDiskPartitionMF *mf = ventoy_finds_disk(name, &IID_IVdsDiskPartitionMF);
        assert_hr(S_OK, ventoy_waits(IVdsDiskPartitionMF_FormatPartitionEx(mf, partitions[0].ullOffset, u"FAT", 0, 0,
                                                                           u"VTOYEFI", TRUE, TRUE, FALSE, &async),
                                     &async));
        IVdsDiskPartitionMF_Release(mf);
        assert_string_equal(blkid(node_at(&disk, partitions[0].ullOffset), "LABEL"), "VTOYEFI");
    }
    assert_hr(S_OK, IVdsAdvancedDisk_DeletePartition(advanced, partitions[0].ullOffset, TRUE, TRUE));
    CoTaskMemFree(partitions);
    IVdsAdvancedDisk_Release(advanced);
    drop_disk(&disk);
}

static void ventoy_shrinks_and_formats_a_volume(void **state)
{
    NEEDS_DISKS;
    struct face_disk disk;
    struct face_volume volume;
    WCHAR guid[64];
    IEnumVdsObject *packs = NULL, *volumes = NULL;
    IVdsAsync *async = NULL;
    make_disk_with_volume(&disk, &volume, "ventoy.img", 256 * MIB);
    format_quickly(&volume, "ext4");
    path_of(&volume, guid); /* \\?\Volume{...}\: they look for the part in braces */
    guid[units_of(guid) - 1] = 0;
    unsigned found = 0;
    assert_hr(S_OK, IVdsSwProvider_QueryPacks(basic, &packs));
    EACH (pack, IVdsPack, packs) {
        if (FAILED(IVdsPack_QueryVolumes(pack, &volumes)))
            continue;
        EACH (each, IUnknown, volumes) {
            IVdsVolumeMF3 *mf3 = QUERY(each, IVdsVolumeMF3);
            LPWSTR *paths = NULL;
            ULONG count = 0;
            HRESULT hr = IVdsVolumeMF3_QueryVolumeGuidPathnames(mf3, &paths, &count);
            if (SUCCEEDED(hr) && has_part(paths[0], guid + 10)) {
                IVdsVolume *it = QUERY(each, IVdsVolume);
                found++;
                assert_hr(S_OK, ventoy_waits(IVdsVolume_Shrink(it, 32 * MIB, &async), &async));
                assert_hr(S_OK, ventoy_waits(IVdsVolumeMF3_FormatEx2(mf3, u"ext4", 0, 4096, u"Ventoy",
                                                                     VDS_FSOF_FORCE | VDS_FSOF_QUICK, &async),
                                             &async));
                LET_GO(it);
            }
            if (SUCCEEDED(hr))
                leak(paths[0]);
            CoTaskMemFree(paths);
            LET_GO(mf3);
        }
        LET_GO(volumes);
    }
    LET_GO(packs);
    assert_int_equal(found, 1);
    assert_int_equal(volume_prop(&volume).ullSize, 222 * MIB);
    assert_string_equal(blkid(volume.node, "LABEL"), "Ventoy");
    drop_both(&disk, &volume);
}

/* ---- Microsoft's sample ---- */

static void the_sample_lists_volumes(void **state)
{
    NEEDS_DISKS;
    static const char *const filesystems[7] = {"unknown", "raw", "FAT", "FAT32", "NTFS", "CDFS", "UDF"};
    static const char *const statuses[5] = {"unknown", "online", "?", "no media", "offline"};
    struct face_disk disk;
    struct face_volume own;
    IVdsServiceLoader *loader = NULL;
    IVdsService *found = NULL;
    IEnumVdsObject *providers = NULL, *packs = NULL, *volumes = NULL, *plexes = NULL;
    unsigned seen = 0;
    const char *folder = make_folder("sample");
    make_disk_with_volume(&disk, &own, "sample.img", 64 * MIB);
    format_quickly(&own, "ext4");
    assert_hr(S_OK, IVdsVolumeMF_AddAccessPath(own.mf, W("%s", folder)));

    assert_hr(S_OK,
              CoCreateInstance(&CLSID_VdsLoader, NULL, CLSCTX_LOCAL_SERVER, &IID_IVdsServiceLoader, (void **)&loader));
    assert_hr(S_OK, IVdsServiceLoader_LoadService(loader, NULL, &found));
    assert_hr(S_OK, IVdsService_QueryProviders(found, VDS_QUERY_SOFTWARE_PROVIDERS, &providers)); /* without waiting */
    EACH (software, IVdsSwProvider, providers) {
        assert_hr(S_OK, IVdsSwProvider_QueryPacks(software, &packs));
        EACH (pack, IVdsPack, packs) {
            if (FAILED(IVdsPack_QueryVolumes(pack, &volumes)))
                continue;
            EACH (volume, IVdsVolume, volumes) {
                VDS_VOLUME_PROP prop;
                HRESULT hr = IVdsVolume_GetProperties(volume, &prop);
                if (FAILED(hr))
                    continue;
                assert_in_range(prop.RecommendedFileSystemType, 0, 6);
                assert_in_range(prop.status, 0, 4);
                assert_non_null(filesystems[prop.RecommendedFileSystemType]);
                assert_non_null(statuses[prop.status]);
                CoTaskMemFree(prop.pwszName);
                bool is_own = IsEqualGUID(&prop.id, &own.id);
                seen += is_own;
                if (!is_own)
                    continue;
                assert_hr(S_OK, IVdsVolume_QueryPlexes(volume, &plexes));
                EACH (plex, IVdsVolumePlex, plexes) {
                    VDS_VOLUME_PLEX_PROP plex_prop;
                    VDS_DISK_EXTENT *extents = NULL;
                    LONG count = 0;
                    assert_hr(S_OK, IVdsVolumePlex_GetProperties(plex, &plex_prop));
                    assert_hr(S_OK, IVdsVolumePlex_QueryExtents(plex, &extents, &count));
                    CoTaskMemFree(extents);
                }
                LET_GO(plexes);
                IVdsVolumeMF *mf = QUERY(volume, IVdsVolumeMF);
                VDS_FILE_SYSTEM_PROP filesystem;
                LPWSTR *paths = NULL;
                VDS_REPARSE_POINT_PROP *points = NULL;
                LONG count = 0;
                assert_hr(S_OK, IVdsVolumeMF_GetFileSystemProperties(mf, &filesystem));
                assert_in_range(filesystem.type, 0, 6);
                CoTaskMemFree(filesystem.pwszLabel);
                assert_hr(S_OK, IVdsVolumeMF_QueryAccessPaths(mf, &paths, &count));
                assert_int_equal(count, 1);
                for (LONG i = 0; i < count; i++)
                    CoTaskMemFree(paths[i]);
                CoTaskMemFree(paths);
                assert_hr(S_OK, IVdsVolumeMF_QueryReparsePoints(mf, &points, &count));
                for (LONG i = 0; i < count; i++)
                    CoTaskMemFree(points[i].pwszPath);
                CoTaskMemFree(points);
                LET_GO(mf);
            }
            LET_GO(volumes);
        }
        LET_GO(packs);
    }
    LET_GO(providers);
    LET_GO(loader);
    LET_GO(found);
    assert_int_equal(seen, 1);
    assert_hr(S_OK, IVdsVolumeMF_DeleteAccessPath(own.mf, W("%s", folder), FALSE));
    drop_both(&disk, &own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rufus_asks_whether_vds_is_there),
        cmocka_unit_test(rufus_refreshes_the_layout),
        cmocka_unit_test(rufus_deletes_all_partitions),
        cmocka_unit_test(rufus_formats_a_volume),
        cmocka_unit_test(rufus_cancels_lets_go_and_carries_on_with_the_disk),
        cmocka_unit_test(ventoy_installs_itself),
        cmocka_unit_test(ventoy_shrinks_and_formats_a_volume),
        cmocka_unit_test(the_sample_lists_volumes),
        cmocka_unit_test(nothing_is_left_behind),
    };
    return cmocka_run_group_tests(tests, set_up_disks, tear_down_disks);
}
