/* The disk object, and what it says of itself: IVdsDisk, 2 and 3, IVdsDiskOnline, IVdsRemovable. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <winioctl.h>

#include "base/cleanup.h"
#include "storage/device.h"
#include "storage/vds/disk-object.h"

/* No disk has these any more, and all report them. */
enum { SECTORS_PER_TRACK = 63, TRACKS_PER_CYLINDER = 255 };

/* ---- looking ---- */

uint64_t tri_vds_disk_of_this(const void *This)
{
    const struct tri_vds_disk *disk = tri_com_face_object(This);
    return disk->sequence;
}

/* Reads the disk afresh (TRI_DISK_... flags). VDS_E_OBJECT_DELETED and others, with their sentence. */
static HRESULT look(const void *This, unsigned flags, struct tri_disk **ret)
{
    struct tri_error error = {0};
    int code = tri_disk_read(tri_vds_disk_of_this(This), flags, ret, &error);
    return code < 0 ? tri_vds_fail(code, &error) : S_OK;
}

bool tri_vds_disk_has_failed(int code)
{
    return code == TRI_STORAGE_IO || code == -EIO;
}

int tri_vds_disk_settle(int code, uint64_t sequence, struct tri_disk **disk, bool *ret_has_failed,
                        struct tri_error *error)
{
    *ret_has_failed = tri_vds_disk_has_failed(code);
    if (!*ret_has_failed)
        return code;
    tri_error_clear(error);
    return tri_disk_describe(sequence, disk, error);
}

HRESULT tri_vds_disk_describe(const void *This, struct tri_disk **ret, bool *ret_has_failed)
{
    uint64_t sequence = tri_vds_disk_of_this(This);
    struct tri_error error = {0};
    int code = tri_disk_read(sequence, 0, ret, &error);
    code = tri_vds_disk_settle(code, sequence, ret, ret_has_failed, &error);
    return code < 0 ? tri_vds_fail(code, &error) : S_OK;
}

/* Only a disk without a table has to be looked at for a file system. */
int tri_vds_disk_outline(uint64_t sequence, struct tri_disk **ret, struct tri_error *error)
{
    TRI_AUTO_DISK struct tri_disk *disk = NULL;
    int code = tri_disk_read(sequence, 0, &disk, error);
    if (code < 0)
        return code;
    if (disk->style == TRI_STYLE_NONE)
        return tri_disk_read(sequence, TRI_DISK_FILESYSTEMS, ret, error);
    *ret = TRI_TAKE(disk);
    return 0;
}

bool tri_vds_disk_has_pack(const struct tri_disk *disk)
{
    return disk->size_bytes > 0 && !tri_disk_is_raw(disk);
}

static HRESULT require_initialized(struct tri_disk *taken, struct tri_disk **ret)
{
    TRI_AUTO_DISK struct tri_disk *disk = taken;
    if (disk->size_bytes == 0)
        return tri_vds_refuse(VDS_E_NO_MEDIA, "There is no medium in /dev/%s.", disk->name);
    if (!tri_vds_disk_has_pack(disk))
        return tri_vds_refuse(VDS_E_DISK_NOT_INITIALIZED, "/dev/%s has no partition table: initialize it first.",
                              disk->name);
    *ret = TRI_TAKE(disk);
    return S_OK;
}

HRESULT tri_vds_disk_look_initialized(const void *This, struct tri_disk **ret)
{
    struct tri_disk *disk = NULL;
    struct tri_error error = {0};
    int code = tri_vds_disk_outline(tri_vds_disk_of_this(This), &disk, &error);
    return code < 0 ? tri_vds_fail(code, &error) : require_initialized(disk, ret);
}

HRESULT tri_vds_disk_look_filesystems(const void *This, struct tri_disk **ret)
{
    struct tri_disk *disk = NULL;
    HRESULT hr = look(This, TRI_DISK_FILESYSTEMS, &disk);
    return FAILED(hr) ? hr : require_initialized(disk, ret);
}

HRESULT tri_vds_disk_place(const struct tri_disk *disk, ULONGLONG offset, struct tri_volume_id *ret)
{
    const struct tri_partition *partition = tri_disk_partition_at(disk, offset);
    if (!partition && tri_disk_is_volume(disk) && tri_volume_of_disk(disk, offset, ret))
        return S_OK;
    if (!partition)
        return tri_vds_refuse(VDS_E_OBJECT_NOT_FOUND, "No partition of /dev/%s starts at byte %llu.", disk->name,
                              (unsigned long long)offset);
    if (partition->is_extended)
        return tri_vds_refuse(VDS_E_PARTITION_NON_DATA,
                              "Partition %u of /dev/%s is an extended one, and holds no data.", partition->number,
                              disk->name);
    if (!tri_volume_of_disk(disk, offset, ret))
        *ret = (struct tri_volume_id){disk->sequence, offset, partition->id};
    return S_OK;
}

/* ---- words ---- */

HRESULT tri_vds_strings(const struct tri_vds_string *strings, size_t count)
{
    HRESULT hr = S_OK;
    for (size_t i = 0; i < count; i++)
        *strings[i].place = NULL;
    for (size_t i = 0; i < count && SUCCEEDED(hr); i++)
        hr = tri_vds_text(strings[i].utf8, strings[i].place);
    for (size_t i = 0; i < count && FAILED(hr); i++) {
        CoTaskMemFree(*strings[i].place);
        *strings[i].place = NULL;
    }
    return hr;
}

VDS_DISK_STATUS tri_vds_disk_status(const struct tri_disk *disk, bool has_failed)
{
    if (has_failed)
        return VDS_DS_FAILED;
    if (disk->is_offline)
        return VDS_DS_OFFLINE;
    return disk->size_bytes == 0 ? VDS_DS_NO_MEDIA : VDS_DS_ONLINE;
}

VDS_HEALTH tri_vds_disk_health(bool has_failed)
{
    return has_failed ? VDS_H_FAILED : VDS_H_HEALTHY;
}

/* The running system's disk is both a boot and a system disk: programs that keep their hands off look at either. */
ULONG tri_vds_disk_flags(const struct tri_disk *disk)
{
    ULONG flags = 0;
    if (disk->is_read_only)
        flags |= VDS_DF_READ_ONLY | VDS_DF_CURRENT_READ_ONLY;
    else if (disk->style != TRI_STYLE_NONE && disk->partition_count == 0)
        flags |= VDS_DF_STYLE_CONVERTIBLE;
    if (disk->is_system)
        flags |= VDS_DF_SYSTEM_DISK | VDS_DF_BOOT_DISK;
    if (disk->is_boot)
        flags |= VDS_DF_SYSTEM_DISK;
    if (disk->has_swap)
        flags |= VDS_DF_PAGEFILE_DISK;
    return flags;
}

VDS_STORAGE_BUS_TYPE tri_vds_disk_bus(const struct tri_disk *disk)
{
    static const VDS_STORAGE_BUS_TYPE buses[] = {
        [TRI_BUS_UNKNOWN] = VDSBusTypeUnknown,
        [TRI_BUS_SCSI] = VDSBusTypeScsi,
        [TRI_BUS_ATA] = VDSBusTypeAta,
        [TRI_BUS_USB] = VDSBusTypeUsb,
        [TRI_BUS_ISCSI] = VDSBusTypeiScsi,
        [TRI_BUS_SAS] = VDSBusTypeSas,
        [TRI_BUS_SATA] = VDSBusTypeSata,
        [TRI_BUS_SD] = VDSBusTypeSd,
        [TRI_BUS_MMC] = VDSBusTypeMmc,
        [TRI_BUS_VIRTUAL] = VDSBusTypeVirtual,
        [TRI_BUS_FILE] = VDSBusTypeFileBackedVirtual,
        [TRI_BUS_NVME] = VDSBusTypeNVMe,
    };
    return (size_t)disk->bus < sizeof buses / sizeof buses[0] ? buses[disk->bus] : VDSBusTypeUnknown;
}

VDS_PARTITION_STYLE tri_vds_disk_style(const struct tri_disk *disk)
{
    switch (disk->style) {
    case TRI_STYLE_MBR:
        return VDS_PST_MBR;
    case TRI_STYLE_GPT:
        return VDS_PST_GPT;
    default:
        return VDS_PST_UNKNOWN;
    }
}

bool tri_vds_style(VDS_PARTITION_STYLE style, enum tri_style *ret)
{
    if (style != VDS_PST_MBR && style != VDS_PST_GPT)
        return false;
    *ret = style == VDS_PST_MBR ? TRI_STYLE_MBR : TRI_STYLE_GPT;
    return true;
}

DWORD tri_vds_disk_device_type(const struct tri_disk *disk)
{
    return disk->is_optical ? FILE_DEVICE_CD_ROM : FILE_DEVICE_DISK;
}

/* "/dev/sda ATA Samsung SSD", "/dev/loop0 disk.vhdx", "/dev/vda". */
char *tri_vds_disk_friendly_name(const struct tri_disk *disk)
{
    const char *vendor = disk->vendor ? disk->vendor : "", *model = disk->model ? disk->model : "";
    char *name;
    if (!*vendor && !*model && disk->backing_path) {
        const char *slash = strrchr(disk->backing_path, '/');
        model = slash ? slash + 1 : disk->backing_path;
    }
    if (asprintf(&name, "/dev/%s%s%s%s%s", disk->name, *vendor ? " " : "", vendor, *model ? " " : "", model) < 0)
        return NULL;
    return name;
}

/* ---- IVdsDisk ---- */

static HRESULT put_strings(const struct tri_disk *disk, VDS_DISK_PROP2 *prop)
{
    TRI_AUTO_FREE char *friendly = tri_vds_disk_friendly_name(disk);
    char path[64], location[64];
    snprintf(path, sizeof path, "/dev/%s", disk->name);
    snprintf(location, sizeof location, "/sys/block/%s", disk->name);
    const struct tri_vds_string strings[] = {
        {friendly, &prop->pwszFriendlyName},
        {path, &prop->pwszDevicePath},
        {location, &prop->pwszLocationPath},
    };
    HRESULT hr = friendly ? tri_vds_strings(strings, 3) : tri_vds_fail(-ENOMEM, NULL);
    return SUCCEEDED(hr) ? tri_vds_disk_name(disk, &prop->pwszName) : hr;
}

static void free_strings(VDS_DISK_PROP2 *prop)
{
    CoTaskMemFree(prop->pwszName);
    CoTaskMemFree(prop->pwszFriendlyName);
    CoTaskMemFree(prop->pwszDevicePath);
    CoTaskMemFree(prop->pwszLocationPath);
    memset(prop, 0, sizeof(*prop));
}

static void put_numbers(const struct tri_disk *disk, bool has_failed, VDS_DISK_PROP2 *prop)
{
    prop->id = tri_vds_disk_id(disk->sequence);
    prop->status = tri_vds_disk_status(disk, has_failed);
    prop->OfflineReason = disk->is_offline ? VDSDiskOfflineReasonPolicy : VDSDiskOfflineReasonNone;
    prop->ReserveMode = VDS_LRM_NONE;
    prop->health = tri_vds_disk_health(has_failed);
    prop->dwDeviceType = tri_vds_disk_device_type(disk);
    prop->dwMediaType = disk->is_removable || disk->is_optical ? RemovableMedia : FixedMedia;
    prop->ullSize = disk->size_bytes;
    prop->ulBytesPerSector = disk->sector_bytes;
    prop->ulSectorsPerTrack = SECTORS_PER_TRACK;
    prop->ulTracksPerCylinder = TRACKS_PER_CYLINDER;
    prop->ulFlags = tri_vds_disk_flags(disk);
    prop->BusType = tri_vds_disk_bus(disk);
    prop->PartitionStyle = tri_vds_disk_style(disk);
    if (disk->style == TRI_STYLE_MBR)
        prop->dwSignature = disk->signature;
    else if (disk->style == TRI_STYLE_GPT)
        prop->DiskGuid = tri_vds_guid(&disk->guid);
}

static HRESULT properties(const void *This, VDS_DISK_PROP2 *prop)
{
    TRI_AUTO_DISK struct tri_disk *disk = NULL;
    bool has_failed;
    memset(prop, 0, sizeof(*prop));
    HRESULT hr = tri_vds_disk_describe(This, &disk, &has_failed);
    if (FAILED(hr))
        return hr;
    hr = put_strings(disk, prop);
    if (SUCCEEDED(hr))
        put_numbers(disk, has_failed, prop);
    else
        free_strings(prop);
    return hr;
}

static HRESULT STDMETHODCALLTYPE disk_GetProperties(IVdsDisk *This, VDS_DISK_PROP *pDiskProperties)
{
    if (!pDiskProperties)
        return tri_vds_refuse(E_INVALIDARG, "IVdsDisk::GetProperties needs a place for the properties.");
    VDS_DISK_PROP2 all;
    memset(pDiskProperties, 0, sizeof(*pDiskProperties));
    HRESULT hr = properties(This, &all);
    if (FAILED(hr))
        return hr;
    CoTaskMemFree(all.pwszLocationPath);
    *pDiskProperties = (VDS_DISK_PROP){
        .id = all.id,
        .status = all.status,
        .ReserveMode = all.ReserveMode,
        .health = all.health,
        .dwDeviceType = all.dwDeviceType,
        .dwMediaType = all.dwMediaType,
        .ullSize = all.ullSize,
        .ulBytesPerSector = all.ulBytesPerSector,
        .ulSectorsPerTrack = all.ulSectorsPerTrack,
        .ulTracksPerCylinder = all.ulTracksPerCylinder,
        .ulFlags = all.ulFlags,
        .BusType = all.BusType,
        .PartitionStyle = all.PartitionStyle,
        .DiskGuid = all.DiskGuid, /* the whole union: the signature is its beginning */
        .pwszName = all.pwszName,
        .pwszFriendlyName = all.pwszFriendlyName,
        .pwszDevicePath = all.pwszDevicePath,
    };
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE disk_GetPack(IVdsDisk *This, IVdsPack **ppPack)
{
    if (!ppPack)
        return tri_vds_refuse(E_INVALIDARG, "IVdsDisk::GetPack needs a place for the pack.");
    *ppPack = NULL;
    TRI_AUTO_DISK struct tri_disk *disk = NULL;
    HRESULT hr = tri_vds_disk_look_initialized(This, &disk);
    return FAILED(hr) ? hr : tri_vds_pack_new(disk->sequence, &IID_IVdsPack, (void **)ppPack);
}

/* These strings are 8-bit: what is not ASCII becomes a question mark. */
static bool put_ascii(const char *utf8, char **ret)
{
    if (!utf8 || !*utf8)
        return true;
    *ret = strdup(utf8);
    if (!*ret)
        return false;
    for (char *at = *ret; *at; at++)
        if ((unsigned char)*at < 0x20 || (unsigned char)*at > 0x7e)
            *at = '?';
    return true;
}

static HRESULT STDMETHODCALLTYPE disk_GetIdentificationData(IVdsDisk *This, VDS_LUN_INFORMATION *pLunInfo)
{
    enum { SCSI_DISK = 0, SCSI_CD = 5, MODIFIER_REMOVABLE = 0x80 };
    if (!pLunInfo)
        return tri_vds_refuse(E_INVALIDARG, "IVdsDisk::GetIdentificationData needs a place for the data.");
    memset(pLunInfo, 0, sizeof(*pLunInfo));
    TRI_AUTO_DISK struct tri_disk *disk = NULL;
    bool has_failed;
    HRESULT hr = tri_vds_disk_describe(This, &disk, &has_failed);
    if (FAILED(hr))
        return hr;
    VDS_LUN_INFORMATION info = {
        .m_version = VER_VDS_LUN_INFORMATION,
        .m_DeviceType = disk->is_optical ? SCSI_CD : SCSI_DISK,
        .m_DeviceTypeModifier = disk->is_removable ? MODIFIER_REMOVABLE : 0,
        .m_BusType = tri_vds_disk_bus(disk),
    };
    info.m_deviceIdDescriptor.m_version = VER_VDS_LUN_INFORMATION;
    if (disk->style == TRI_STYLE_GPT)
        info.m_diskSignature = tri_vds_guid(&disk->guid);
    if (put_ascii(disk->vendor, &info.m_szVendorId) && put_ascii(disk->model, &info.m_szProductId) &&
        put_ascii(disk->revision, &info.m_szProductRevision) && put_ascii(disk->serial, &info.m_szSerialNumber)) {
        *pLunInfo = info;
        return S_OK;
    }
    free(info.m_szVendorId);
    free(info.m_szProductId);
    free(info.m_szProductRevision);
    return tri_vds_fail(-ENOMEM, NULL);
}

/* ---- extents ---- */

enum { MBR_ESP = 0xef };

static VDS_DISK_EXTENT_TYPE gpt_extent_type(const struct tri_partition *partition)
{
    GUID type = tri_vds_guid(&partition->type);
    if (IsEqualGUID(&type, &PARTITION_SYSTEM_GUID))
        return VDS_DET_ESP;
    if (IsEqualGUID(&type, &PARTITION_MSFT_RESERVED_GUID))
        return VDS_DET_MSR;
    if (IsEqualGUID(&type, &PARTITION_LDM_METADATA_GUID) || IsEqualGUID(&type, &PARTITION_LDM_DATA_GUID))
        return VDS_DET_LDM;
    return partition->is_protected ? VDS_DET_OEM : VDS_DET_DATA;
}

static VDS_DISK_EXTENT_TYPE mbr_extent_type(const struct tri_partition *partition)
{
    switch (partition->mbr_type) {
    case MBR_ESP:
        return VDS_DET_ESP;
    case PARTITION_LDM:
        return VDS_DET_LDM;
    default:
        return partition->is_protected ? VDS_DET_OEM : VDS_DET_DATA;
    }
}

static VDS_DISK_EXTENT used_extent(const struct tri_disk *disk, VDS_DISK_EXTENT_TYPE type, uint64_t start,
                                   uint64_t size)
{
    VDS_DISK_EXTENT extent = {
        .diskId = tri_vds_disk_id(disk->sequence), .type = type, .ullOffset = start, .ullSize = size};
    struct tri_volume_id volume;
    if (tri_volume_of_disk(disk, start, &volume)) {
        extent.volumeId = tri_vds_volume_id(&volume);
        extent.plexId = tri_vds_plex_id(&volume);
    }
    return extent;
}

static size_t put_used(const struct tri_disk *disk, VDS_DISK_EXTENT *extents)
{
    size_t count = 0;
    if (tri_disk_is_volume(disk))
        extents[count++] = used_extent(disk, VDS_DET_DATA, 0, disk->size_bytes);
    for (size_t i = 0; i < disk->partition_count; i++) {
        const struct tri_partition *partition = &disk->partitions[i];
        if (!partition->is_extended) /* what is in it counts */
            extents[count++] = used_extent(
                disk, disk->style == TRI_STYLE_GPT ? gpt_extent_type(partition) : mbr_extent_type(partition),
                partition->start_bytes, partition->size_bytes);
    }
    return count;
}

static int compare_extents(const void *a, const void *b)
{
    const VDS_DISK_EXTENT *first = a, *second = b;
    return (first->ullOffset > second->ullOffset) - (first->ullOffset < second->ullOffset);
}

/* One block, in order. */
static HRESULT all_extents(const struct tri_disk *disk, VDS_DISK_EXTENT **ret, LONG *ret_count)
{
    TRI_AUTO_FREE struct tri_extent *free_extents = NULL;
    size_t free_count = 0, count;
    int code = tri_disk_free_extents(disk, disk->sector_bytes, &free_extents, &free_count);
    if (code < 0)
        return tri_vds_fail(code, NULL);
    VDS_DISK_EXTENT *extents = calloc(free_count + disk->partition_count + 1, sizeof(*extents));
    if (!extents)
        return tri_vds_fail(-ENOMEM, NULL);
    count = put_used(disk, extents);
    for (size_t i = 0; i < free_count; i++)
        extents[count++] = (VDS_DISK_EXTENT){.diskId = tri_vds_disk_id(disk->sequence),
                                             .type = VDS_DET_FREE,
                                             .ullOffset = free_extents[i].start_bytes,
                                             .ullSize = free_extents[i].size_bytes};
    qsort(extents, count, sizeof(*extents), compare_extents);
    *ret = extents;
    *ret_count = (LONG)count;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE disk_QueryExtents(IVdsDisk *This, VDS_DISK_EXTENT **ppExtentArray,
                                                   LONG *plNumberOfExtents)
{
    if (!ppExtentArray || !plNumberOfExtents)
        return tri_vds_refuse(E_INVALIDARG, "IVdsDisk::QueryExtents needs places for the array and its length.");
    *ppExtentArray = NULL;
    *plNumberOfExtents = 0;
    TRI_AUTO_DISK struct tri_disk *disk = NULL;
    HRESULT hr = tri_vds_disk_look_initialized(This, &disk);
    return FAILED(hr) ? hr : all_extents(disk, ppExtentArray, plNumberOfExtents);
}

/* ---- changes ---- */

static HRESULT STDMETHODCALLTYPE disk_ConvertStyle(IVdsDisk *This, VDS_PARTITION_STYLE NewStyle)
{
    enum tri_style style;
    struct tri_error error = {0};
    if (!tri_vds_style(NewStyle, &style))
        return tri_vds_refuse(VDS_E_INVALID_PARTITION_STYLE, "A disk is converted to MBR (1) or GPT (2), not to %u.",
                              (unsigned)NewStyle);
    int code = tri_disk_convert(tri_vds_disk_of_this(This), style, &error);
    return code < 0 ? tri_vds_fail(code, &error) : S_OK;
}

static HRESULT change_read_only(IVdsDisk *This, ULONG flags, bool read_only)
{
    TRI_AUTO_DISK struct tri_disk *disk = NULL;
    struct tri_error error = {0};
    if (flags != VDS_DF_READ_ONLY)
        return tri_vds_refuse(E_INVALIDARG,
                              "VDS_DF_READ_ONLY (0x40) is the only flag of a disk that changes, not 0x%x.",
                              (unsigned)flags);
    HRESULT hr = tri_vds_disk_look_initialized(This, &disk);
    if (FAILED(hr))
        return hr;
    int code = tri_disk_set_read_only(disk->sequence, read_only, &error);
    return code < 0 ? tri_vds_fail(code, &error) : S_OK;
}

static HRESULT STDMETHODCALLTYPE disk_SetFlags(IVdsDisk *This, ULONG ulFlags)
{
    return change_read_only(This, ulFlags, true);
}

static HRESULT STDMETHODCALLTYPE disk_ClearFlags(IVdsDisk *This, ULONG ulFlags)
{
    return change_read_only(This, ulFlags, false);
}

static const IVdsDiskVtbl disk_vtbl = {
    TRI_COM_UNKNOWN(IVdsDisk),
    .GetProperties = disk_GetProperties,
    .GetPack = disk_GetPack,
    .GetIdentificationData = disk_GetIdentificationData,
    .QueryExtents = disk_QueryExtents,
    .ConvertStyle = disk_ConvertStyle,
    .SetFlags = disk_SetFlags,
    .ClearFlags = disk_ClearFlags,
};

/* ---- IVdsDiskOnline, IVdsDisk2 ---- */

static HRESULT go_online(const void *This)
{
    struct tri_error error = {0};
    int code = tri_disk_online(tri_vds_disk_of_this(This), &error);
    return code < 0 ? tri_vds_fail(code, &error) : S_OK;
}

/* What the system needs it for decides the code. */
static HRESULT critical_code(const struct tri_disk *disk)
{
    if (disk->is_system)
        return VDS_E_SYSTEM_DISK;
    return disk->has_swap ? VDS_E_PAGEFILE_DISK : VDS_E_BOOT_DISK;
}

static HRESULT go_offline(const void *This)
{
    TRI_AUTO_DISK struct tri_disk *disk = NULL;
    struct tri_error error = {0};
    HRESULT hr = look(This, 0, &disk);
    if (FAILED(hr))
        return hr;
    if (disk->is_removable || disk->is_optical)
        return tri_vds_refuse(VDS_E_OFFLINE_NOT_SUPPORTED, "/dev/%s is a removable disk, which cannot be offline.",
                              disk->name);
    int code = tri_disk_offline(disk->sequence, &error);
    if (code == TRI_STORAGE_SYSTEM)
        return tri_vds_fail_as(critical_code(disk), code, &error);
    return code < 0 ? tri_vds_fail(code, &error) : S_OK;
}

static HRESULT STDMETHODCALLTYPE online_Online(IVdsDiskOnline *This)
{
    return go_online(This);
}

static HRESULT STDMETHODCALLTYPE online_Offline(IVdsDiskOnline *This)
{
    return go_offline(This);
}

static const IVdsDiskOnlineVtbl online_vtbl = {
    TRI_COM_UNKNOWN(IVdsDiskOnline),
    .Online = online_Online,
    .Offline = online_Offline,
};

/* Already so is success here. */
static HRESULT STDMETHODCALLTYPE disk2_SetSANMode(IVdsDisk2 *This, BOOL bEnable)
{
    TRI_AUTO_DISK struct tri_disk *disk = NULL;
    HRESULT hr = look(This, 0, &disk);
    if (FAILED(hr) || disk->is_offline == !bEnable)
        return hr;
    return bEnable ? go_online(This) : go_offline(This);
}

static const IVdsDisk2Vtbl disk2_vtbl = {
    TRI_COM_UNKNOWN(IVdsDisk2),
    .SetSANMode = disk2_SetSANMode,
};

/* ---- IVdsDisk3 ---- */

static HRESULT STDMETHODCALLTYPE disk3_GetProperties2(IVdsDisk3 *This, VDS_DISK_PROP2 *pDiskProperties)
{
    if (!pDiskProperties)
        return tri_vds_refuse(E_INVALIDARG, "IVdsDisk3::GetProperties2 needs a place for the properties.");
    return properties(This, pDiskProperties);
}

static HRESULT free_extents(const struct tri_disk *disk, ULONG align, VDS_DISK_FREE_EXTENT **ret, LONG *ret_count)
{
    TRI_AUTO_FREE struct tri_extent *found = NULL;
    size_t count = 0;
    if (align % (disk->sector_bytes ? disk->sector_bytes : 512) != 0)
        return tri_vds_refuse(VDS_E_ALIGN_NOT_SECTOR_SIZE_MULTIPLE,
                              "An alignment of %u is no multiple of the sector, %u.", (unsigned)align,
                              (unsigned)disk->sector_bytes);
    int code = tri_disk_free_extents(disk, align, &found, &count);
    if (code < 0)
        return tri_vds_fail(code, NULL);
    if (count == 0)
        return S_OK;
    VDS_DISK_FREE_EXTENT *extents = calloc(count, sizeof(*extents));
    if (!extents)
        return tri_vds_fail(-ENOMEM, NULL);
    for (size_t i = 0; i < count; i++)
        extents[i] = (VDS_DISK_FREE_EXTENT){tri_vds_disk_id(disk->sequence), found[i].start_bytes, found[i].size_bytes};
    *ret = extents;
    *ret_count = (LONG)count;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE disk3_QueryFreeExtents(IVdsDisk3 *This, ULONG ulAlign,
                                                        VDS_DISK_FREE_EXTENT **ppFreeExtentArray,
                                                        LONG *plNumberOfFreeExtents)
{
    if (!ppFreeExtentArray || !plNumberOfFreeExtents)
        return tri_vds_refuse(E_INVALIDARG, "IVdsDisk3::QueryFreeExtents needs places for the array and its length.");
    *ppFreeExtentArray = NULL;
    *plNumberOfFreeExtents = 0;
    TRI_AUTO_DISK struct tri_disk *disk = NULL;
    HRESULT hr = tri_vds_disk_look_initialized(This, &disk);
    return FAILED(hr) ? hr : free_extents(disk, ulAlign, ppFreeExtentArray, plNumberOfFreeExtents);
}

static const IVdsDisk3Vtbl disk3_vtbl = {
    TRI_COM_UNKNOWN(IVdsDisk3),
    .GetProperties2 = disk3_GetProperties2,
    .QueryFreeExtents = disk3_QueryFreeExtents,
};

/* ---- IVdsRemovable ---- */

/* Every look is at the medium that is there now. */
static HRESULT STDMETHODCALLTYPE removable_QueryMedia(IVdsRemovable *This)
{
    TRI_AUTO_DISK struct tri_disk *disk = NULL;
    HRESULT hr = look(This, 0, &disk);
    if (SUCCEEDED(hr) && disk->size_bytes == 0)
        hr = tri_vds_refuse(VDS_E_NO_MEDIA, "There is no medium in /dev/%s.", disk->name);
    return hr;
}

static HRESULT STDMETHODCALLTYPE removable_Eject(IVdsRemovable *This)
{
    HRESULT hr = removable_QueryMedia(This);
    return FAILED(hr) ? hr : tri_vds_refuse(VDS_E_NOT_SUPPORTED, "Media are not ejected here: use eject(1).");
}

static const IVdsRemovableVtbl removable_vtbl = {
    TRI_COM_UNKNOWN(IVdsRemovable),
    .QueryMedia = removable_QueryMedia,
    .Eject = removable_Eject,
};

/* ---- the class ---- */

#define DISK_ROW(interface_, vtbl_) {&IID_##interface_, offsetof(struct tri_vds_disk, interface_##_face), &(vtbl_)}
static const struct tri_com_row disk_rows[] = {
    DISK_ROW(IVdsDisk, disk_vtbl),
    DISK_ROW(IVdsDisk2, disk2_vtbl),
    DISK_ROW(IVdsDisk3, disk3_vtbl),
    DISK_ROW(IVdsDiskOnline, online_vtbl),
    DISK_ROW(IVdsAdvancedDisk, tri_vds_advanced_disk_vtbl),
    DISK_ROW(IVdsAdvancedDisk2, tri_vds_advanced_disk2_vtbl),
    DISK_ROW(IVdsAdvancedDisk3, tri_vds_advanced_disk3_vtbl),
    DISK_ROW(IVdsCreatePartitionEx, tri_vds_create_partition_ex_vtbl),
    DISK_ROW(IVdsDiskPartitionMF, tri_vds_disk_partition_mf_vtbl),
    DISK_ROW(IVdsDiskPartitionMF2, tri_vds_disk_partition_mf2_vtbl),
    DISK_ROW(IVdsRemovable, removable_vtbl),
};

/* Asked once, when somebody first wants to know, and kept: an object's interfaces do not change. */
enum removable { NOT_ASKED, NO, YES };

static bool disk_is_removable(struct tri_vds_disk *object)
{
    int known = atomic_load(&object->removable);
    if (known == NOT_ASKED) {
        TRI_AUTO_DISK struct tri_disk *disk = NULL;
        int r = tri_disk_describe(object->sequence, &disk, NULL);
        int found = r == 0 && (disk->is_removable || disk->is_optical) ? YES : NO;
        if (atomic_compare_exchange_strong(&object->removable, &known, found))
            known = found;
    }
    return known == YES;
}

static bool disk_answers(void *object, const IID *iid)
{
    return !IsEqualIID(iid, &IID_IVdsRemovable) || disk_is_removable(object);
}

static const struct tri_com_class disk_class = {
    .name = "disk",
    .size = sizeof(struct tri_vds_disk),
    .rows = disk_rows,
    .row_count = sizeof disk_rows / sizeof disk_rows[0],
    .answers = disk_answers,
};

HRESULT tri_vds_disk_new(uint64_t sequence, REFIID iid, void **ret)
{
    *ret = NULL;
    struct tri_vds_disk *disk = tri_com_new(&disk_class);
    if (!disk)
        return tri_vds_fail(-ENOMEM, NULL);
    disk->sequence = sequence;
    HRESULT hr = tri_com_query(disk, iid, ret);
    tri_com_unref(disk);
    return hr;
}

uint64_t tri_vds_disk_sequence(IUnknown *disk)
{
    const struct tri_vds_disk *object = tri_com_object_of(disk, &disk_class);
    return object ? object->sequence : 0;
}
