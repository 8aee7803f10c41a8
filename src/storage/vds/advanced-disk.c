/* The partitions of a disk: IVdsAdvancedDisk, 2 and 3. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>
#include <winioctl.h>

#include "base/cleanup.h"
#include "base/utf16.h"
#include "storage/vds/disk-object.h"

/* ---- telling of partitions ---- */

/* The types that Windows gives a drive letter to. */
static bool is_recognized(const struct tri_partition *partition)
{
    switch (partition->mbr_type) {
    case PARTITION_FAT_12:
    case PARTITION_FAT_16:
    case PARTITION_HUGE:
    case PARTITION_IFS:
    case PARTITION_FAT32:
    case PARTITION_FAT32_XINT13:
    case PARTITION_XINT13:
        return true;
    default:
        return false;
    }
}

static void put_mbr(const struct tri_disk *disk, const struct tri_partition *partition, VDS_PARTITION_INFO_MBR *ret)
{
    ret->partitionType = partition->mbr_type;
    ret->bootIndicator = partition->is_active;
    ret->recognizedPartition = is_recognized(partition);
    ret->hiddenSectors = disk->sector_bytes ? (DWORD)(partition->start_bytes / disk->sector_bytes) : 0;
}

/* A name that fills all 36 units has no NUL. */
static HRESULT put_gpt(const struct tri_partition *partition, VDS_PARTITION_INFO_GPT *ret)
{
    ret->partitionType = tri_vds_guid(&partition->type);
    ret->partitionId = tri_vds_guid(&partition->id);
    ret->attributes = partition->attributes;
    if (!partition->name)
        return S_OK;
    TRI_AUTO_FREE char16_t *name = NULL;
    int code = tri_utf16_from_utf8(partition->name, &name);
    if (code < 0)
        return tri_vds_fail(code, NULL);
    size_t units = tri_utf16_length(name);
    memcpy(ret->name, name, (units < GPT_PARTITION_NAME_LENGTH ? units : GPT_PARTITION_NAME_LENGTH) * sizeof(*name));
    return S_OK;
}

/* VDS_PTF_SYSTEM: the machine starts from it. */
static bool starts_machine(const struct tri_disk *disk, const struct tri_partition *partition)
{
    if (!disk->is_boot && !disk->is_system)
        return false;
    return disk->style == TRI_STYLE_MBR ? partition->is_active : partition->is_protected;
}

static HRESULT put_partition(const struct tri_disk *disk, const struct tri_partition *partition,
                             VDS_PARTITION_PROP *ret)
{
    memset(ret, 0, sizeof(*ret));
    ret->PartitionStyle = tri_vds_disk_style(disk);
    ret->ulFlags = starts_machine(disk, partition) ? VDS_PTF_SYSTEM : 0;
    ret->ulPartitionNumber = partition->number;
    ret->ullOffset = partition->start_bytes;
    ret->ullSize = partition->size_bytes;
    if (disk->style == TRI_STYLE_GPT)
        return put_gpt(partition, &ret->Gpt);
    put_mbr(disk, partition, &ret->Mbr);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE advanced_GetPartitionProperties(IVdsAdvancedDisk *This, ULONGLONG ullOffset,
                                                                 VDS_PARTITION_PROP *pPartitionProp)
{
    if (!pPartitionProp)
        return tri_vds_refuse(E_INVALIDARG,
                              "IVdsAdvancedDisk::GetPartitionProperties needs a place for the properties.");
    memset(pPartitionProp, 0, sizeof(*pPartitionProp));
    TRI_AUTO_DISK struct tri_disk *disk = NULL;
    HRESULT hr = tri_vds_disk_look_initialized(This, &disk);
    if (FAILED(hr))
        return hr;
    const struct tri_partition *partition = tri_disk_partition_at(disk, ullOffset);
    if (!partition)
        return tri_vds_refuse(VDS_E_OBJECT_NOT_FOUND, "No partition of /dev/%s starts at byte %llu.", disk->name,
                              (unsigned long long)ullOffset);
    return put_partition(disk, partition, pPartitionProp);
}

static HRESULT STDMETHODCALLTYPE advanced_QueryPartitions(IVdsAdvancedDisk *This,
                                                          VDS_PARTITION_PROP **ppPartitionPropArray,
                                                          LONG *plNumberOfPartitions)
{
    if (!ppPartitionPropArray || !plNumberOfPartitions)
        return tri_vds_refuse(E_INVALIDARG,
                              "IVdsAdvancedDisk::QueryPartitions needs places for the array and its length.");
    *ppPartitionPropArray = NULL;
    *plNumberOfPartitions = 0;
    TRI_AUTO_DISK struct tri_disk *disk = NULL;
    HRESULT hr = tri_vds_disk_look_initialized(This, &disk);
    if (FAILED(hr))
        return hr;
    if (disk->partition_count == 0)
        return S_FALSE;
    TRI_AUTO_FREE VDS_PARTITION_PROP *props = calloc(disk->partition_count, sizeof(*props));
    if (!props)
        return tri_vds_fail(-ENOMEM, NULL);
    for (size_t i = 0; i < disk->partition_count && SUCCEEDED(hr); i++)
        hr = put_partition(disk, &disk->partitions[i], &props[i]);
    if (FAILED(hr))
        return hr;
    *ppPartitionPropArray = TRI_TAKE(props);
    *plNumberOfPartitions = (LONG)disk->partition_count;
    return S_OK;
}

/* ---- making and deleting ---- */

static HRESULT take_name(const WCHAR units[GPT_PARTITION_NAME_LENGTH], struct tri_partition_spec *spec)
{
    char16_t name[GPT_PARTITION_NAME_LENGTH + 1] = {0};
    TRI_AUTO_FREE char *utf8 = NULL;
    size_t length = u16_strnlen(units, GPT_PARTITION_NAME_LENGTH);
    if (u16_check(units, length))
        return tri_vds_refuse(E_INVALIDARG, "The partition's name is not UTF-16: it has half a surrogate pair.");
    memcpy(name, units, length * sizeof(*name));
    int code = tri_utf8_from_utf16(name, &utf8);
    if (code < 0)
        return tri_vds_fail(code, NULL);
    snprintf(spec->name, sizeof spec->name, "%s", utf8);
    return S_OK;
}

static HRESULT take_parameters(const CREATE_PARTITION_PARAMETERS *para, struct tri_partition_spec *spec)
{
    if (!tri_vds_style(para->style, &spec->style))
        return tri_vds_refuse(VDS_E_INVALID_PARTITION_STYLE, "The style of a partition is MBR (1) or GPT (2), not %u.",
                              (unsigned)para->style);
    if (spec->style == TRI_STYLE_MBR) {
        spec->mbr_type = para->MbrPartInfo.partitionType;
        spec->active = para->MbrPartInfo.bootIndicator != 0;
        return S_OK;
    }
    spec->type = tri_vds_uuid(&para->GptPartInfo.partitionType);
    spec->id = tri_vds_uuid(&para->GptPartInfo.partitionId);
    spec->attributes = para->GptPartInfo.attributes;
    return take_name(para->GptPartInfo.name, spec);
}

HRESULT tri_vds_create_partition(uint64_t sequence, ULONGLONG offset, ULONGLONG size, ULONG align,
                                 const CREATE_PARTITION_PARAMETERS *para, IVdsAsync **ppAsync)
{
    if (ppAsync)
        *ppAsync = NULL;
    if (!para || !ppAsync)
        return tri_vds_refuse(E_INVALIDARG, "CreatePartition needs parameters and a place for the operation.");
    struct tri_partition_spec spec = {
        .sequence = sequence, .offset_bytes = offset, .size_bytes = size, .align_bytes = align};
    struct tri_error error = {0};
    HRESULT hr = take_parameters(para, &spec);
    if (FAILED(hr))
        return hr;
    struct tri_op *op = tri_op_new();
    struct tri_op_tag tag = tri_vds_tag(VDS_ASYNCOUT_CREATEPARTITION);
    int code = op ? tri_partition_create(&spec, op, &tag, &error) : -ENOMEM;
    return tri_vds_async(&tag, op, code, &error, ppAsync);
}

static HRESULT STDMETHODCALLTYPE advanced_CreatePartition(IVdsAdvancedDisk *This, ULONGLONG ullOffset,
                                                          ULONGLONG ullSize, CREATE_PARTITION_PARAMETERS *para,
                                                          IVdsAsync **ppAsync)
{
    return tri_vds_create_partition(tri_vds_disk_of_this(This), ullOffset, ullSize, 0, para, ppAsync);
}

static HRESULT STDMETHODCALLTYPE advanced_DeletePartition(IVdsAdvancedDisk *This, ULONGLONG ullOffset, BOOL bForce,
                                                          BOOL bForceProtected)
{
    struct tri_error error = {0};
    int code = tri_partition_delete(tri_vds_disk_of_this(This), ullOffset, bForce != 0, bForceProtected != 0, &error);
    if (code == TRI_STORAGE_SYSTEM)
        return tri_vds_fail_as(VDS_E_DELETE_WITH_CRITICAL, code, &error);
    return code < 0 ? tri_vds_fail(code, &error) : S_OK;
}

static HRESULT STDMETHODCALLTYPE advanced_Clean(IVdsAdvancedDisk *This, BOOL bForce, BOOL bForceOEM, BOOL bFullClean,
                                                IVdsAsync **ppAsync)
{
    if (!ppAsync)
        return tri_vds_refuse(E_INVALIDARG, "IVdsAdvancedDisk::Clean needs a place for the operation.");
    struct tri_clean_spec spec = {
        .sequence = tri_vds_disk_of_this(This),
        .force = bForce != 0,
        .force_oem = bForceOEM != 0,
        .full = bFullClean != 0,
    };
    struct tri_error error = {0};
    struct tri_op *op = tri_op_new();
    struct tri_op_tag tag = tri_vds_tag(VDS_ASYNCOUT_CLEAN);
    int code = op ? tri_disk_clean(&spec, op, &tag, &error) : -ENOMEM;
    return tri_vds_async(&tag, op, code, &error, ppAsync);
}

/* ---- changing ---- */

static HRESULT STDMETHODCALLTYPE advanced_ChangeAttributes(IVdsAdvancedDisk *This, ULONGLONG ullOffset,
                                                           CHANGE_ATTRIBUTES_PARAMETERS *para)
{
    enum tri_style style;
    struct tri_error error = {0};
    uint64_t sequence = tri_vds_disk_of_this(This);
    if (!para)
        return tri_vds_refuse(E_INVALIDARG, "IVdsAdvancedDisk::ChangeAttributes needs parameters.");
    if (!tri_vds_style(para->style, &style))
        return tri_vds_refuse(VDS_E_INVALID_PARTITION_STYLE, "The style of a partition is MBR (1) or GPT (2), not %u.",
                              (unsigned)para->style);
    int code = style == TRI_STYLE_MBR
                   ? tri_partition_set_active(sequence, ullOffset, para->MbrPartInfo.bootIndicator != 0, &error)
                   : tri_partition_set_attributes(sequence, ullOffset, para->GptPartInfo.attributes, &error);
    return code < 0 ? tri_vds_fail(code, &error) : S_OK;
}

static HRESULT STDMETHODCALLTYPE advanced2_ChangePartitionType(IVdsAdvancedDisk2 *This, ULONGLONG ullOffset,
                                                               BOOL bForce, CHANGE_PARTITION_TYPE_PARAMETERS *para)
{
    enum tri_style style;
    struct tri_error error = {0};
    struct tri_uuid type = {{0}};
    if (!para)
        return tri_vds_refuse(E_INVALIDARG, "IVdsAdvancedDisk2::ChangePartitionType needs parameters.");
    if (!tri_vds_style(para->style, &style))
        return tri_vds_refuse(VDS_E_INVALID_PARTITION_STYLE, "The style of a partition is MBR (1) or GPT (2), not %u.",
                              (unsigned)para->style);
    if (style == TRI_STYLE_GPT)
        type = tri_vds_uuid(&para->GptPartInfo.partitionType);
    uint8_t mbr_type = style == TRI_STYLE_MBR ? para->MbrPartInfo.partitionType : 0;
    int code =
        tri_partition_set_type(tri_vds_disk_of_this(This), ullOffset, style, mbr_type, &type, bForce != 0, &error);
    return code < 0 ? tri_vds_fail(code, &error) : S_OK;
}

/* ---- drive letters ---- */

/* Of partitions that are no volumes on Windows (an ESP, say); volumes are taken too. */

static bool letter_of(WCHAR unit, char path[3])
{
    char letter = unit >= u'a' && unit <= u'z' ? (char)(unit - u'a' + 'A') : unit < 128 ? (char)unit : '\0';
    memcpy(path, (char[3]){letter, ':', '\0'}, 3);
    return letter >= 'A' && letter <= 'Z';
}

static HRESULT look_at_place(const void *This, ULONGLONG offset, struct tri_volume_id *ret)
{
    TRI_AUTO_DISK struct tri_disk *disk = NULL;
    HRESULT hr = tri_vds_disk_look_filesystems(This, &disk);
    return FAILED(hr) ? hr : tri_vds_disk_place(disk, offset, ret);
}

/* The same for who brings a letter, whose path is "X:". */
static HRESULT look_for_letter(const void *This, ULONGLONG offset, WCHAR letter, char ret_path[3],
                               struct tri_volume_id *ret)
{
    if (!letter_of(letter, ret_path))
        return tri_vds_refuse(VDS_E_INVALID_DRIVE_LETTER, "A drive letter is one of A to Z.");
    return look_at_place(This, offset, ret);
}

static bool has_letter(const struct tri_volume_id *place, char letter)
{
    struct tri_volume_id volume;
    return tri_letter_volume(letter, &volume) && volume.sequence == place->sequence &&
           volume.offset_bytes == place->offset_bytes;
}

static char find_letter(const struct tri_volume_id *place)
{
    for (char letter = 'A'; letter <= 'Z'; letter++)
        if (has_letter(place, letter))
            return letter;
    return '\0';
}

static HRESULT STDMETHODCALLTYPE advanced_AssignDriveLetter(IVdsAdvancedDisk *This, ULONGLONG ullOffset, WCHAR wcLetter)
{
    char path[3], letter;
    struct tri_volume_id place;
    struct tri_error error = {0};
    HRESULT hr = look_for_letter(This, ullOffset, wcLetter, path, &place);
    if (FAILED(hr))
        return hr;
    if ((letter = find_letter(&place)))
        return tri_vds_refuse(VDS_E_OBJECT_EXISTS, "The partition has the letter %c already.", letter);
    int code = tri_volume_add_path(&place, path, &error);
    return code < 0 ? tri_vds_fail(code, &error) : S_OK;
}

static HRESULT STDMETHODCALLTYPE advanced_DeleteDriveLetter(IVdsAdvancedDisk *This, ULONGLONG ullOffset, WCHAR wcLetter)
{
    char path[3];
    struct tri_volume_id place;
    struct tri_error error = {0};
    HRESULT hr = look_for_letter(This, ullOffset, wcLetter, path, &place);
    if (FAILED(hr))
        return hr;
    if (!has_letter(&place, path[0]))
        return tri_vds_refuse(VDS_E_OBJECT_NOT_FOUND, "The partition has not got the letter %c.", path[0]);
    int code = tri_volume_delete_path(&place, path, false, &error);
    return code < 0 ? tri_vds_fail(code, &error) : S_OK;
}

static HRESULT STDMETHODCALLTYPE advanced_GetDriveLetter(IVdsAdvancedDisk *This, ULONGLONG ullOffset, WCHAR *pwcLetter)
{
    struct tri_volume_id place;
    if (!pwcLetter)
        return tri_vds_refuse(E_INVALIDARG, "IVdsAdvancedDisk::GetDriveLetter needs a place for the letter.");
    *pwcLetter = 0;
    HRESULT hr = look_at_place(This, ullOffset, &place);
    if (FAILED(hr))
        return hr;
    *pwcLetter = (WCHAR)find_letter(&place);
    return *pwcLetter ? S_OK : tri_vds_refuse(VDS_E_OBJECT_NOT_FOUND, "The partition has no drive letter.");
}

static HRESULT STDMETHODCALLTYPE advanced_FormatPartition(IVdsAdvancedDisk *This, ULONGLONG ullOffset,
                                                          VDS_FILE_SYSTEM_TYPE type, LPWSTR pwszLabel,
                                                          DWORD dwUnitAllocationSize, BOOL bForce, BOOL bQuickFormat,
                                                          BOOL bEnableCompression, IVdsAsync **ppAsync)
{
    if (!ppAsync)
        return tri_vds_refuse(E_INVALIDARG, "IVdsAdvancedDisk::FormatPartition needs a place for the operation.");
    *ppAsync = NULL;
    struct tri_vds_format format = {
        .label = pwszLabel,
        .unit_bytes = dwUnitAllocationSize,
        .force = bForce != 0,
        .quick = bQuickFormat != 0,
        .compress = bEnableCompression != 0,
    };
    HRESULT hr = tri_vds_format_type_name(type, &format.type_name);
    if (SUCCEEDED(hr))
        hr = look_at_place(This, ullOffset, &format.volume);
    return FAILED(hr) ? hr : tri_vds_format(&format, ppAsync);
}

const IVdsAdvancedDiskVtbl tri_vds_advanced_disk_vtbl = {
    TRI_COM_UNKNOWN(IVdsAdvancedDisk),
    .GetPartitionProperties = advanced_GetPartitionProperties,
    .QueryPartitions = advanced_QueryPartitions,
    .CreatePartition = advanced_CreatePartition,
    .DeletePartition = advanced_DeletePartition,
    .ChangeAttributes = advanced_ChangeAttributes,
    .AssignDriveLetter = advanced_AssignDriveLetter,
    .DeleteDriveLetter = advanced_DeleteDriveLetter,
    .GetDriveLetter = advanced_GetDriveLetter,
    .FormatPartition = advanced_FormatPartition,
    .Clean = advanced_Clean,
};

const IVdsAdvancedDisk2Vtbl tri_vds_advanced_disk2_vtbl = {
    TRI_COM_UNKNOWN(IVdsAdvancedDisk2),
    .ChangePartitionType = advanced2_ChangePartitionType,
};

/* ---- IVdsAdvancedDisk3 ---- */

/* What stays with the disk when its table is another one: its serial number, its image, else its place. NULL: no
 * memory. */
static char *unique_id(const struct tri_disk *disk)
{
    char *id;
    int length;
    if (disk->serial && *disk->serial)
        length =
            asprintf(&id, "%s_%s_%s", disk->vendor ? disk->vendor : "", disk->model ? disk->model : "", disk->serial);
    else if (disk->backing_path)
        length = asprintf(&id, "%s", disk->backing_path);
    else
        length = asprintf(&id, "/dev/%s", disk->name);
    return length < 0 ? NULL : id;
}

static uint64_t allocated_bytes(const struct tri_disk *disk)
{
    if (tri_disk_is_volume(disk))
        return disk->size_bytes;
    uint64_t sum = 0;
    for (size_t i = 0; i < disk->partition_count; i++)
        if (!disk->partitions[i].is_extended)
            sum += disk->partitions[i].size_bytes;
    return sum;
}

static HRESULT put_advanced_strings(const struct tri_disk *disk, VDS_ADVANCEDDISK_PROP *prop)
{
    TRI_AUTO_FREE char *friendly = tri_vds_disk_friendly_name(disk), *id = unique_id(disk);
    char location[64];
    snprintf(location, sizeof location, "/sys/block/%s", disk->name);
    const struct tri_vds_string strings[] = {
        {id, &prop->pwszId},
        {location, &prop->pwszLocation},
        {friendly, &prop->pwszFriendlyName},
        {id, &prop->pswzIdentifier},
        {disk->serial, &prop->pwszSerialNumber},
        {disk->revision, &prop->pwszFirmwareVersion},
        {disk->vendor, &prop->pwszManufacturer},
        {disk->model, &prop->pwszModel},
    };
    if (!friendly || !id)
        return tri_vds_fail(-ENOMEM, NULL);
    HRESULT hr = tri_vds_disk_name(disk, &prop->pwszPathname);
    if (FAILED(hr))
        return hr;
    hr = tri_vds_strings(strings, sizeof strings / sizeof strings[0]);
    if (FAILED(hr))
        CoTaskMemFree(TRI_TAKE(prop->pwszPathname));
    return hr;
}

static HRESULT STDMETHODCALLTYPE advanced3_GetProperties(IVdsAdvancedDisk3 *This, VDS_ADVANCEDDISK_PROP *pAdvDiskProp)
{
    if (!pAdvDiskProp)
        return tri_vds_refuse(E_INVALIDARG, "IVdsAdvancedDisk3::GetProperties needs a place for the properties.");
    memset(pAdvDiskProp, 0, sizeof(*pAdvDiskProp));
    TRI_AUTO_DISK struct tri_disk *disk = NULL;
    VDS_ADVANCEDDISK_PROP prop = {0};
    struct tri_error error = {0};
    uint64_t sequence = tri_vds_disk_of_this(This);
    bool has_failed;
    int code = tri_vds_disk_outline(sequence, &disk, &error);
    code = tri_vds_disk_settle(code, sequence, &disk, &has_failed, &error);
    HRESULT hr = code < 0 ? tri_vds_fail(code, &error) : put_advanced_strings(disk, &prop);
    if (FAILED(hr))
        return hr;
    prop.usIdentifierFormat = VDSStorageIdTypeVendorSpecific;
    prop.ulNumber = (ULONG)disk->sequence;
    prop.ullTotalSize = disk->size_bytes;
    prop.ullAllocatedSize = allocated_bytes(disk);
    prop.ulLogicalSectorSize = disk->sector_bytes;
    prop.ulPhysicalSectorSize = disk->physical_sector_bytes;
    prop.ulPartitionCount = (ULONG)disk->partition_count;
    prop.status = tri_vds_disk_status(disk, has_failed);
    prop.health = tri_vds_disk_health(has_failed);
    prop.BusType = tri_vds_disk_bus(disk);
    prop.PartitionStyle = tri_vds_disk_style(disk);
    prop.ulFlags = tri_vds_disk_flags(disk);
    prop.dwDeviceType = tri_vds_disk_device_type(disk);
    if (disk->style == TRI_STYLE_MBR)
        prop.dwSignature = disk->signature;
    else if (disk->style == TRI_STYLE_GPT)
        prop.DiskGuid = tri_vds_guid(&disk->guid);
    *pAdvDiskProp = prop;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE advanced3_GetUniqueId(IVdsAdvancedDisk3 *This, LPWSTR *ppwszId)
{
    if (!ppwszId)
        return tri_vds_refuse(E_INVALIDARG, "IVdsAdvancedDisk3::GetUniqueId needs a place for the id.");
    *ppwszId = NULL;
    TRI_AUTO_DISK struct tri_disk *disk = NULL;
    bool has_failed;
    HRESULT hr = tri_vds_disk_describe(This, &disk, &has_failed);
    if (FAILED(hr))
        return hr;
    TRI_AUTO_FREE char *id = unique_id(disk);
    return id ? tri_vds_text(id, ppwszId) : tri_vds_fail(-ENOMEM, NULL);
}

const IVdsAdvancedDisk3Vtbl tri_vds_advanced_disk3_vtbl = {
    TRI_COM_UNKNOWN(IVdsAdvancedDisk3),
    .GetProperties = advanced3_GetProperties,
    .GetUniqueId = advanced3_GetUniqueId,
};
