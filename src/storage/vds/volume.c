/* The volume object: IVdsVolume and 2, shrinking, on- and offline, and the check; volume-mf.c has its file system side.
 * The object is a name; each method asks the engine anew. */
#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "storage/vds/volume.h"

struct volume {
    struct tri_com_object object;
    struct tri_com_face volume, volume2, mf, mf2, mf3, shrink, online, check;
    struct tri_volume_id id;
};

#define AUTO_ERROR TRI_CLEANUP(tri_error_clear) struct tri_error

const struct tri_volume_id *tri_vds_volume_named(const void *This)
{
    const struct volume *volume = tri_com_face_object(This);
    return &volume->id;
}

/* Reads it, for a method that needs to know that it is still there. */
static HRESULT volume_read(const void *This, struct tri_volume **ret)
{
    AUTO_ERROR error = {0};
    int code = tri_volume_read(tri_vds_volume_named(This), ret, &error);
    return code < 0 ? tri_vds_fail(code, &error) : S_OK;
}

/* ---- properties ---- */

struct flag_row {
    bool is_set;
    ULONG flag;
};

static ULONG flags_gather(const struct flag_row *rows, size_t count)
{
    ULONG flags = 0;
    for (size_t i = 0; i < count; i++)
        if (rows[i].is_set)
            flags |= rows[i].flag;
    return flags;
}

/* Can a file system of that name be made on it? */
static bool can_make(const char *name, const struct tri_volume *volume)
{
    const struct tri_filesystem_kind *kind = tri_filesystem_kind(name);
    return kind && tri_filesystem_kind_installed(kind) && volume->size_bytes >= kind->size_min_bytes &&
           (kind->size_max_bytes == 0 || volume->size_bytes <= kind->size_max_bytes);
}

static ULONG volume_flags(const struct tri_volume *volume)
{
    const struct flag_row rows[] = {
        {volume->is_system, VDS_VF_SYSTEM_VOLUME},
        {volume->is_boot, VDS_VF_BOOT_VOLUME},
        {volume->is_active, VDS_VF_ACTIVE},
        {volume->is_read_only, VDS_VF_READONLY},
        {volume->is_hidden, VDS_VF_HIDDEN},
        {volume->can_extend, VDS_VF_CAN_EXTEND},
        {volume->can_shrink, VDS_VF_CAN_SHRINK},
        {volume->has_swap, VDS_VF_PAGEFILE},
        {volume->is_formatting, VDS_VF_FORMATTING},
        {volume->is_system || volume->has_swap || volume->is_read_only, VDS_VF_NOT_FORMATTABLE},
        {!can_make("NTFS", volume), VDS_VF_NTFS_NOT_SUPPORTED},
        {!can_make("FAT32", volume), VDS_VF_FAT32_NOT_SUPPORTED},
        {!can_make("FAT", volume), VDS_VF_FAT_NOT_SUPPORTED},
        {true, VDS_VF_REFS_NOT_SUPPORTED},
        {volume->no_default_letter, VDS_VF_NO_DEFAULT_DRIVE_LETTER},
        {volume->is_offline, VDS_VF_PERMANENTLY_DISMOUNTED},
        {true, VDS_VF_PERMANENT_DISMOUNT_SUPPORTED},
        {volume->is_shadow_copy, VDS_VF_SHADOW_COPY},
    };
    return flags_gather(rows, sizeof(rows) / sizeof(*rows));
}

/* Clients print names of file systems from a table that ends at 6, so that only Windows' old ones can be said. */
static VDS_FILE_SYSTEM_TYPE volume_recommended(const struct tri_volume *volume)
{
    return can_make("NTFS", volume) ? VDS_FST_NTFS : VDS_FST_RAW;
}

/* The device's path, which a person can use; the GUID path where the kernel has no node for it. */
static HRESULT volume_name(const struct tri_volume *volume, LPWSTR *ret)
{
    char path[sizeof("/dev/") + sizeof(volume->node)];
    if (!volume->node[0])
        return tri_vds_volume_path(&volume->id, ret);
    snprintf(path, sizeof(path), "/dev/%s", volume->node);
    return tri_vds_text(path, ret);
}

static HRESULT volume_prop(const void *This, VDS_VOLUME_PROP2 *prop)
{
    TRI_AUTO_VOLUME struct tri_volume *volume = NULL;
    LPWSTR name = NULL;
    HRESULT hr = volume_read(This, &volume);
    if (SUCCEEDED(hr))
        hr = volume_name(volume, &name);
    if (FAILED(hr))
        return hr;
    *prop = (VDS_VOLUME_PROP2){
        .id = tri_vds_volume_id(&volume->id),
        .type = VDS_VT_SIMPLE,
        .status = volume->is_offline ? VDS_VS_OFFLINE : volume->size_bytes ? VDS_VS_ONLINE : VDS_VS_NO_MEDIA,
        .health = VDS_H_HEALTHY,
        .TransitionState = VDS_TS_STABLE,
        .ullSize = volume->size_bytes,
        .ulFlags = volume_flags(volume),
        .RecommendedFileSystemType = volume_recommended(volume),
        .pwszName = name,
    };
    return S_OK;
}

/* Always S_OK where the volume is there: a client in use takes VDS_S_PROPERTIES_INCOMPLETE for a failure. */
static HRESULT STDMETHODCALLTYPE volume_GetProperties(IVdsVolume *This, VDS_VOLUME_PROP *pVolumeProperties)
{
    VDS_VOLUME_PROP2 prop;
    if (!pVolumeProperties)
        return tri_vds_no_place("IVdsVolume::GetProperties");
    *pVolumeProperties = (VDS_VOLUME_PROP){0};
    HRESULT hr = volume_prop(This, &prop);
    if (SUCCEEDED(hr))
        *pVolumeProperties = (VDS_VOLUME_PROP){prop.id,
                                               prop.type,
                                               prop.status,
                                               prop.health,
                                               prop.TransitionState,
                                               prop.ullSize,
                                               prop.ulFlags,
                                               prop.RecommendedFileSystemType,
                                               prop.pwszName};
    return hr;
}

/* The bytes that name the volume for ever are its id's: a partition's own where the table is a GPT. */
static HRESULT STDMETHODCALLTYPE volume2_GetProperties2(IVdsVolume2 *This, VDS_VOLUME_PROP2 *pVolumeProperties)
{
    const struct tri_uuid *id = &tri_vds_volume_named(This)->id;
    VDS_VOLUME_PROP2 prop;
    if (!pVolumeProperties)
        return tri_vds_no_place("IVdsVolume2::GetProperties2");
    *pVolumeProperties = (VDS_VOLUME_PROP2){0};
    HRESULT hr = volume_prop(This, &prop);
    if (FAILED(hr))
        return hr;
    prop.pUniqueId = CoTaskMemAlloc(sizeof(id->bytes));
    if (!prop.pUniqueId) {
        CoTaskMemFree(prop.pwszName);
        return E_OUTOFMEMORY;
    }
    prop.cbUniqueId = sizeof(id->bytes);
    memcpy(prop.pUniqueId, id->bytes, sizeof(id->bytes));
    *pVolumeProperties = prop;
    return S_OK;
}

/* ---- relatives ---- */

static HRESULT STDMETHODCALLTYPE volume_GetPack(IVdsVolume *This, IVdsPack **ppPack)
{
    TRI_AUTO_VOLUME struct tri_volume *volume = NULL;
    if (!ppPack)
        return tri_vds_no_place("IVdsVolume::GetPack");
    *ppPack = NULL;
    HRESULT hr = volume_read(This, &volume);
    return FAILED(hr) ? hr : tri_vds_pack_new(volume->id.sequence, &IID_IVdsPack, (void **)ppPack);
}

static HRESULT STDMETHODCALLTYPE volume_QueryPlexes(IVdsVolume *This, IEnumVdsObject **ppEnum)
{
    TRI_AUTO_VOLUME struct tri_volume *volume = NULL;
    struct tri_vds_list list = {0};
    IUnknown *plex = NULL;
    if (!ppEnum)
        return tri_vds_no_place("IVdsVolume::QueryPlexes");
    *ppEnum = NULL;
    HRESULT hr = volume_read(This, &volume);
    if (SUCCEEDED(hr))
        hr = tri_vds_plex_new(&volume->id, &IID_IUnknown, (void **)&plex);
    if (SUCCEEDED(hr))
        hr = tri_vds_list_add(&list, plex);
    if (SUCCEEDED(hr))
        hr = tri_vds_enum_new(&list, ppEnum);
    tri_vds_list_clear(&list);
    return hr;
}

/* ---- size ---- */

/* What a client may say of the one disk that a basic volume grows on. */
static HRESULT check_extend(const struct tri_volume_id *id, const VDS_INPUT_DISK *disks, LONG count)
{
    if (!disks && count == 0)
        return S_OK;
    if (!disks || count < 1 || disks->ullSize == 0)
        return tri_vds_refuse(E_INVALIDARG,
                              "Extend takes one disk with the number of bytes to add, or NULL and 0 for the file "
                              "system alone.");
    GUID disk = tri_vds_disk_id(id->sequence);
    if (count > 1 || !IsEqualGUID(&disks->diskId, &disk))
        return tri_vds_refuse(VDS_E_EXTEND_MULTIPLE_DISKS_NOT_SUPPORTED,
                              "A volume grows on the disk that it lies on, and on no other; name that disk, once.");
    GUID plex = tri_vds_plex_id(id);
    bool is_own_plex = IsEqualGUID(&disks->plexId, &GUID_NULL) || IsEqualGUID(&disks->plexId, &plex);
    if (!is_own_plex || disks->memberIdx != 0)
        return tri_vds_refuse(E_INVALIDARG, "A volume has one plex with one member; leave both empty.");
    return S_OK;
}

/* NULL and 0 grow the file system alone, to its partition. Windows documents S_FALSE for the end of that; here it ends
 * with S_OK, because clients poll QueryStatus until they see exactly S_OK or a failure and would wait for ever. */
static HRESULT STDMETHODCALLTYPE volume_Extend(IVdsVolume *This, VDS_INPUT_DISK *pInputDiskArray, LONG lNumberOfDisks,
                                               IVdsAsync **ppAsync)
{
    struct tri_error error = {0};
    const struct tri_volume_id *id = tri_vds_volume_named(This);
    if (!ppAsync)
        return tri_vds_no_place("IVdsVolume::Extend");
    *ppAsync = NULL;
    HRESULT hr = check_extend(id, pInputDiskArray, lNumberOfDisks);
    if (FAILED(hr))
        return hr;
    uint64_t grow = pInputDiskArray ? pInputDiskArray->ullSize : 0;
    struct tri_op *op = tri_op_new();
    struct tri_op_tag tag = tri_vds_tag(VDS_ASYNCOUT_EXTENDVOLUME);
    int code = op ? tri_volume_extend(id, grow, op, &tag, &error) : -ENOMEM;
    return tri_vds_async(&tag, op, code, &error, ppAsync);
}

static HRESULT volume_shrink(const struct tri_volume_id *id, uint64_t desired, uint64_t minimum, IVdsAsync **ppAsync)
{
    struct tri_error error = {0};
    if (!ppAsync)
        return tri_vds_no_place("Shrink");
    *ppAsync = NULL;
    if (desired < minimum)
        return tri_vds_refuse(VDS_E_INVALID_SHRINK_SIZE,
                              "The volume shall shrink by %llu bytes but by at least %llu: make the first the larger.",
                              (unsigned long long)desired, (unsigned long long)minimum);
    struct tri_op *op = tri_op_new();
    struct tri_op_tag tag = tri_vds_tag(VDS_ASYNCOUT_SHRINKVOLUME);
    int code = op ? tri_volume_shrink(id, desired, minimum, op, &tag, &error) : -ENOMEM;
    return tri_vds_async(&tag, op, code, &error, ppAsync);
}

/* So much and no less; 0: as much as can be had. */
static HRESULT STDMETHODCALLTYPE volume_Shrink(IVdsVolume *This, ULONGLONG ullNumberOfBytesToRemove,
                                               IVdsAsync **ppAsync)
{
    return volume_shrink(tri_vds_volume_named(This), ullNumberOfBytesToRemove, ullNumberOfBytesToRemove, ppAsync);
}

static HRESULT STDMETHODCALLTYPE shrink_Shrink(IVdsVolumeShrink *This, ULONGLONG ullDesiredNumberOfReclaimableBytes,
                                               ULONGLONG ullMinNumberOfReclaimableBytes, IVdsAsync **ppAsync)
{
    return volume_shrink(tri_vds_volume_named(This), ullDesiredNumberOfReclaimableBytes, ullMinNumberOfReclaimableBytes,
                         ppAsync);
}

static HRESULT STDMETHODCALLTYPE shrink_QueryMaxReclaimableBytes(IVdsVolumeShrink *This,
                                                                 ULONGLONG *pullMaxNumberOfReclaimableBytes)
{
    AUTO_ERROR error = {0};
    uint64_t bytes = 0;
    if (!pullMaxNumberOfReclaimableBytes)
        return tri_vds_no_place("IVdsVolumeShrink::QueryMaxReclaimableBytes");
    *pullMaxNumberOfReclaimableBytes = 0;
    int code = tri_volume_max_shrink(tri_vds_volume_named(This), &bytes, &error);
    if (code < 0)
        return tri_vds_fail(code, &error);
    *pullMaxNumberOfReclaimableBytes = bytes;
    return S_OK;
}

/* ---- mirrors: none here ---- */

static HRESULT no_mirrors(IVdsAsync **ppAsync)
{
    if (!ppAsync)
        return tri_vds_no_place("A method of mirrors");
    *ppAsync = NULL;
    return tri_vds_refuse(VDS_E_NOT_SUPPORTED, "Volumes of basic disks have one plex; mirrors are not made here.");
}

static HRESULT STDMETHODCALLTYPE volume_AddPlex(IVdsVolume *This, VDS_OBJECT_ID VolumeId, IVdsAsync **ppAsync)
{
    (void)This, (void)VolumeId;
    return no_mirrors(ppAsync);
}

static HRESULT STDMETHODCALLTYPE volume_BreakPlex(IVdsVolume *This, VDS_OBJECT_ID plexId, IVdsAsync **ppAsync)
{
    (void)This, (void)plexId;
    return no_mirrors(ppAsync);
}

static HRESULT STDMETHODCALLTYPE volume_RemovePlex(IVdsVolume *This, VDS_OBJECT_ID plexId, IVdsAsync **ppAsync)
{
    (void)This, (void)plexId;
    return no_mirrors(ppAsync);
}

/* ---- delete ---- */

static HRESULT STDMETHODCALLTYPE volume_Delete(IVdsVolume *This, BOOL bForce)
{
    AUTO_ERROR error = {0};
    int code = tri_volume_delete(tri_vds_volume_named(This), bForce, &error);
    if (code == TRI_STORAGE_SYSTEM)
        return tri_vds_fail_as(VDS_E_DELETE_WITH_CRITICAL, code, &error);
    return code < 0 ? tri_vds_fail(code, &error) : S_OK;
}

/* ---- flags ---- */

static const struct {
    ULONG flag;
    enum tri_volume_flag which;
} settable[] = {
    {VDS_VF_READONLY, TRI_VOLUME_READ_ONLY},
    {VDS_VF_HIDDEN, TRI_VOLUME_HIDDEN},
    {VDS_VF_NO_DEFAULT_DRIVE_LETTER, TRI_VOLUME_NO_LETTER},
    {VDS_VF_SHADOW_COPY, TRI_VOLUME_SHADOW_COPY},
};
#define SETTABLE (VDS_VF_READONLY | VDS_VF_HIDDEN | VDS_VF_NO_DEFAULT_DRIVE_LETTER | VDS_VF_SHADOW_COPY)
/* Windows sets these two on dynamic volumes. */
#define FOR_DYNAMIC_VOLUMES (VDS_VF_INSTALLABLE | VDS_VF_LBN_REMAP_ENABLED)

static HRESULT check_flags(ULONG flags)
{
    if (flags == 0 || flags & ~(ULONG)(SETTABLE | FOR_DYNAMIC_VOLUMES))
        return tri_vds_refuse(VDS_E_INVALID_VOLUME_FLAG,
                              "Of a volume's flags, read-only, hidden, no-default-drive-letter and shadow-copy can be "
                              "changed; 0x%x has others, or none.",
                              flags);
    if (flags & FOR_DYNAMIC_VOLUMES)
        return tri_vds_refuse(VDS_E_NOT_SUPPORTED, "Flags 0x%x belong to dynamic volumes, which are not made here.",
                              flags & FOR_DYNAMIC_VOLUMES);
    return S_OK;
}

static HRESULT change_flags(const struct tri_volume_id *id, ULONG flags, bool on)
{
    AUTO_ERROR error = {0};
    for (size_t i = 0; i < sizeof(settable) / sizeof(*settable); i++) {
        int code = flags & settable[i].flag ? tri_volume_set_flag(id, settable[i].which, on, &error) : 0;
        if (code < 0)
            return tri_vds_fail(code, &error);
    }
    return S_OK;
}

/* bRevertOnClose promises that the flags go back with the last reference, which a program that dies cannot keep. */
static HRESULT STDMETHODCALLTYPE volume_SetFlags(IVdsVolume *This, ULONG ulFlags, BOOL bRevertOnClose)
{
    HRESULT hr = check_flags(ulFlags);
    if (FAILED(hr))
        return hr;
    if (bRevertOnClose)
        return tri_vds_refuse(VDS_E_NOT_SUPPORTED,
                              "Flags that go back by themselves are not supported; clear them with ClearFlags.");
    return change_flags(tri_vds_volume_named(This), ulFlags, true);
}

static HRESULT STDMETHODCALLTYPE volume_ClearFlags(IVdsVolume *This, ULONG ulFlags)
{
    HRESULT hr = check_flags(ulFlags);
    return FAILED(hr) ? hr : change_flags(tri_vds_volume_named(This), ulFlags, false);
}

/* ---- online, check ---- */

/* A volume that is online already: S_OK. */
static HRESULT STDMETHODCALLTYPE online_Online(IVdsVolumeOnline *This)
{
    AUTO_ERROR error = {0};
    int code = tri_volume_online(tri_vds_volume_named(This), &error);
    return code < 0 && code != TRI_STORAGE_NOT_OFFLINE ? tri_vds_fail(code, &error) : S_OK;
}

HRESULT tri_vds_check(const void *This, ULONG flags, tri_vds_start_check *start, IVdsAsync **ppAsync)
{
    struct tri_error error = {0};
    if (!ppAsync)
        return tri_vds_no_place("ITriremeCheck::Check");
    *ppAsync = NULL;
    if (flags & ~(ULONG)TRIREME_CHECK_REPAIR)
        return tri_vds_refuse(E_INVALIDARG, "A check knows the flag TRIREME_CHECK_REPAIR only, not 0x%x.", flags);
    struct tri_op *op = tri_op_new();
    struct tri_op_tag tag = tri_vds_tag((VDS_ASYNC_OUTPUT_TYPE)TRIREME_VDS_ASYNCOUT_CHECK);
    int code = op ? start(This, flags & TRIREME_CHECK_REPAIR, op, &tag, &error) : -ENOMEM;
    return tri_vds_async(&tag, op, code, &error, ppAsync);
}

static int start_check(const void *This, bool repair, struct tri_op *op, const struct tri_op_tag *tag,
                       struct tri_error *error)
{
    return tri_volume_check(tri_vds_volume_named(This), repair, op, tag, error);
}

static HRESULT STDMETHODCALLTYPE check_Check(ITriremeCheck *This, ULONG flags, IVdsAsync **ppAsync)
{
    return tri_vds_check(This, flags, start_check, ppAsync);
}

/* ---- the class ---- */

static const IVdsVolumeVtbl volume_vtbl = {
    TRI_COM_UNKNOWN(IVdsVolume),
    .GetProperties = volume_GetProperties,
    .GetPack = volume_GetPack,
    .QueryPlexes = volume_QueryPlexes,
    .Extend = volume_Extend,
    .Shrink = volume_Shrink,
    .AddPlex = volume_AddPlex,
    .BreakPlex = volume_BreakPlex,
    .RemovePlex = volume_RemovePlex,
    .Delete = volume_Delete,
    .SetFlags = volume_SetFlags,
    .ClearFlags = volume_ClearFlags,
};
static const IVdsVolume2Vtbl volume2_vtbl = {TRI_COM_UNKNOWN(IVdsVolume2), .GetProperties2 = volume2_GetProperties2};
static const IVdsVolumeShrinkVtbl shrink_vtbl = {
    TRI_COM_UNKNOWN(IVdsVolumeShrink),
    .QueryMaxReclaimableBytes = shrink_QueryMaxReclaimableBytes,
    .Shrink = shrink_Shrink,
};
static const IVdsVolumeOnlineVtbl online_vtbl = {TRI_COM_UNKNOWN(IVdsVolumeOnline), .Online = online_Online};
static const ITriremeCheckVtbl check_vtbl = {TRI_COM_UNKNOWN(ITriremeCheck), .Check = check_Check};

static const struct tri_com_row rows[] = {
    {&IID_IVdsVolume, offsetof(struct volume, volume), &volume_vtbl},
    {&IID_IVdsVolume2, offsetof(struct volume, volume2), &volume2_vtbl},
    {&IID_IVdsVolumeMF, offsetof(struct volume, mf), &tri_vds_volume_mf_vtbl},
    {&IID_IVdsVolumeMF2, offsetof(struct volume, mf2), &tri_vds_volume_mf2_vtbl},
    {&IID_IVdsVolumeMF3, offsetof(struct volume, mf3), &tri_vds_volume_mf3_vtbl},
    {&IID_IVdsVolumeShrink, offsetof(struct volume, shrink), &shrink_vtbl},
    {&IID_IVdsVolumeOnline, offsetof(struct volume, online), &online_vtbl},
    {&IID_ITriremeCheck, offsetof(struct volume, check), &check_vtbl},
};

static const struct tri_com_class volume_class = {
    .name = "volume", .size = sizeof(struct volume), .rows = rows, .row_count = sizeof(rows) / sizeof(*rows)};

HRESULT tri_vds_volume_new(const struct tri_volume_id *id, REFIID iid, void **ret)
{
    *ret = NULL;
    struct volume *volume = tri_com_new(&volume_class);
    if (!volume)
        return E_OUTOFMEMORY;
    volume->id = *id;
    HRESULT hr = tri_com_query(volume, iid, ret);
    tri_com_unref(volume);
    return hr;
}
