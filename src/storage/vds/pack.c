/* The pack: one disk that has a table (or a file system on all of it); or, before its disk is added, none. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <winioctl.h>

#include "base/cleanup.h"
#include "storage/vds/disk-object.h"

struct pack {
    struct tri_com_object com;
    struct tri_com_face IVdsPack_face, IVdsPack2_face;
    _Atomic uint64_t sequence; /* of its disk; 0: empty so far */
    struct tri_uuid id;        /* while it is empty; then the id is its disk's */
};

static uint64_t disk_of(const void *This)
{
    struct pack *pack = tri_com_face_object(This);
    return atomic_load(&pack->sequence);
}

/* The disk, or NULL for an empty pack. VDS_E_OBJECT_DELETED where the disk is gone, or raw again: then it is in no
 * pack. */
static HRESULT look(const void *This, struct tri_disk **ret)
{
    TRI_AUTO_DISK struct tri_disk *disk = NULL;
    struct tri_error error = {0};
    uint64_t sequence = disk_of(This);
    *ret = NULL;
    if (sequence == 0)
        return S_OK;
    int code = tri_vds_disk_outline(sequence, &disk, &error);
    if (code < 0)
        return tri_vds_fail(code, &error);
    if (!tri_vds_disk_has_pack(disk))
        return tri_vds_refuse(VDS_E_OBJECT_DELETED, "/dev/%s has no partition table any more, and so no pack.",
                              disk->name);
    *ret = TRI_TAKE(disk);
    return S_OK;
}

/* ---- telling ---- */

static HRESULT STDMETHODCALLTYPE pack_GetProperties(IVdsPack *This, VDS_PACK_PROP *pPackProp)
{
    if (!pPackProp)
        return tri_vds_refuse(E_INVALIDARG, "IVdsPack::GetProperties needs a place for the properties.");
    memset(pPackProp, 0, sizeof(*pPackProp));
    struct pack *pack = tri_com_face_object(This);
    TRI_AUTO_DISK struct tri_disk *disk = NULL;
    HRESULT hr = look(This, &disk);
    if (FAILED(hr))
        return hr;
    pPackProp->id = disk ? tri_vds_pack_id(disk->sequence) : tri_vds_guid(&pack->id);
    pPackProp->status = disk && disk->is_offline ? VDS_PS_OFFLINE : VDS_PS_ONLINE;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE pack_GetProvider(IVdsPack *This, IVdsProvider **ppProvider)
{
    if (!ppProvider)
        return tri_vds_refuse(E_INVALIDARG, "IVdsPack::GetProvider needs a place for the provider.");
    return tri_vds_software_provider_new(&IID_IVdsProvider, (void **)ppProvider);
}

static HRESULT add_volumes(const struct tri_disk *disk, struct tri_vds_list *list)
{
    struct tri_volume_id volume;
    HRESULT hr = S_OK;
    for (uint64_t offset = 0; SUCCEEDED(hr) && tri_volume_next(disk, &offset, &volume);) {
        IUnknown *object;
        hr = tri_vds_volume_new(&volume, &IID_IUnknown, (void **)&object);
        if (SUCCEEDED(hr))
            hr = tri_vds_list_add(list, object);
    }
    return hr;
}

static HRESULT STDMETHODCALLTYPE pack_QueryVolumes(IVdsPack *This, IEnumVdsObject **ppEnum)
{
    if (!ppEnum)
        return tri_vds_refuse(E_INVALIDARG, "IVdsPack::QueryVolumes needs a place for the enumerator.");
    *ppEnum = NULL;
    TRI_AUTO_DISK struct tri_disk *disk = NULL;
    struct tri_vds_list list = {0};
    HRESULT hr = look(This, &disk);
    if (SUCCEEDED(hr) && disk)
        hr = add_volumes(disk, &list);
    if (SUCCEEDED(hr))
        return tri_vds_enum_new(&list, ppEnum);
    tri_vds_list_clear(&list);
    return hr;
}

static HRESULT STDMETHODCALLTYPE pack_QueryDisks(IVdsPack *This, IEnumVdsObject **ppEnum)
{
    if (!ppEnum)
        return tri_vds_refuse(E_INVALIDARG, "IVdsPack::QueryDisks needs a place for the enumerator.");
    *ppEnum = NULL;
    TRI_AUTO_DISK struct tri_disk *disk = NULL;
    struct tri_vds_list list = {0};
    IUnknown *object;
    HRESULT hr = look(This, &disk);
    if (SUCCEEDED(hr) && disk) {
        hr = tri_vds_disk_new(disk->sequence, &IID_IUnknown, (void **)&object);
        if (SUCCEEDED(hr))
            hr = tri_vds_list_add(&list, object);
    }
    if (SUCCEEDED(hr))
        return tri_vds_enum_new(&list, ppEnum);
    tri_vds_list_clear(&list);
    return hr;
}

/* ---- a disk for the pack ---- */

static HRESULT initialize(struct pack *pack, uint64_t sequence, enum tri_style style)
{
    struct tri_error error = {0};
    uint64_t none = 0;
    if (!atomic_compare_exchange_strong(&pack->sequence, &none, sequence))
        return tri_vds_refuse(VDS_E_NOT_SUPPORTED, "The pack has a disk already: a pack of basic disks holds one.");
    int code = tri_disk_initialize(sequence, style, &error);
    if (code == 0)
        return S_OK;
    atomic_store(&pack->sequence, 0);
    return tri_vds_fail(code, &error);
}

/* Writes an empty table to the disk: from then on the pack is that disk's, its id too. */
static HRESULT STDMETHODCALLTYPE pack_AddDisk(IVdsPack *This, VDS_OBJECT_ID DiskId, VDS_PARTITION_STYLE PartitionStyle,
                                              BOOL bAsHotSpare)
{
    struct pack *pack = tri_com_face_object(This);
    enum tri_style style;
    uint64_t sequence;
    if (!tri_vds_style(PartitionStyle, &style))
        return tri_vds_refuse(VDS_E_INVALID_PARTITION_STYLE, "A disk is initialized as MBR (1) or GPT (2), not as %u.",
                              (unsigned)PartitionStyle);
    if (bAsHotSpare)
        return tri_vds_refuse(E_INVALIDARG, "A basic disk cannot be a hot spare.");
    HRESULT hr = tri_vds_disk_of_id(&DiskId, &sequence);
    return FAILED(hr) ? hr : initialize(pack, sequence, style);
}

/* ---- volumes ---- */

enum { DISKS_MAX = 32, STRIPE = 65536 };

static HRESULT check_volume_type(VDS_VOLUME_TYPE type)
{
    switch ((unsigned)type) {
    case VDS_VT_SIMPLE:
        return S_OK;
    case VDS_VT_SPAN:
    case VDS_VT_STRIPE:
    case VDS_VT_MIRROR:
    case VDS_VT_PARITY:
        return tri_vds_refuse(VDS_E_NOT_SUPPORTED, "Basic disks hold simple volumes (10) only, none of type %u.",
                              (unsigned)type);
    default:
        return tri_vds_refuse(VDS_E_INVALID_VOLUME_TYPE, "There is no volume of type %u.", (unsigned)type);
    }
}

static bool has_duplicate(const VDS_INPUT_DISK *disks, LONG count)
{
    for (LONG i = 0; i < count; i++)
        for (LONG j = 0; j < i; j++)
            if (IsEqualGUID(&disks[i].diskId, &disks[j].diskId))
                return true;
    return false;
}

static HRESULT check_input(const VDS_INPUT_DISK *disks, LONG count, ULONG stripe)
{
    if (count > DISKS_MAX)
        return tri_vds_refuse(VDS_E_VOLUME_DISK_COUNT_MAX_EXCEEDED, "A volume takes at most %d disks, not %d.",
                              DISKS_MAX, (int)count);
    if (stripe != 0 && stripe != STRIPE)
        return tri_vds_refuse(VDS_E_INVALID_STRIPE_SIZE, "A stripe is 0 or %d bytes, not %u.", STRIPE,
                              (unsigned)stripe);
    if (has_duplicate(disks, count))
        return tri_vds_refuse(VDS_E_DUPLICATE_DISK, "One disk is named twice.");
    if (count > 1)
        return tri_vds_refuse(VDS_E_INVALID_DISK_COUNT, "A simple volume lies on one disk, not on %d.", (int)count);
    if (!IsEqualGUID(&disks->plexId, &GUID_NULL) || disks->memberIdx != 0)
        return tri_vds_refuse(E_INVALIDARG,
                              "A new volume has no plex and no member yet: plexId and memberIdx are null.");
    if (disks->ullSize == 0)
        return tri_vds_refuse(VDS_E_EXTENT_SIZE_LESS_THAN_MIN, "A volume of no bytes cannot be made.");
    return S_OK;
}

/* The pack's disk, which the input must name too; never NULL on success. */
static HRESULT check_disk(const void *This, const VDS_INPUT_DISK *input, struct tri_disk **ret)
{
    TRI_AUTO_DISK struct tri_disk *disk = NULL;
    HRESULT hr = look(This, &disk);
    if (FAILED(hr))
        return hr;
    GUID id = disk ? tri_vds_disk_id(disk->sequence) : GUID_NULL;
    if (!disk || !IsEqualGUID(&id, &input->diskId))
        return tri_vds_refuse(VDS_E_DISK_NOT_FOUND_IN_PACK, "That disk is not in this pack.");
    if (disk->is_offline)
        return tri_vds_refuse(VDS_E_DISK_NOT_ONLINE, "/dev/%s was taken offline.", disk->name);
    if (disk->style == TRI_STYLE_NONE)
        return tri_vds_refuse(VDS_E_NOT_ENOUGH_SPACE,
                              "/dev/%s has no partition table, but a file system on all of it: there is no room.",
                              disk->name);
    *ret = TRI_TAKE(disk);
    return S_OK;
}

static HRESULT start_volume(const struct tri_disk *disk, const VDS_INPUT_DISK *input, ULONG align, IVdsAsync **ppAsync)
{
    struct tri_partition_spec spec = {
        .sequence = disk->sequence,
        .style = disk->style,
        .size_bytes = input->ullSize,
        .align_bytes = align,
        .anywhere = true,
        .mbr_type = disk->style == TRI_STYLE_MBR ? PARTITION_IFS : 0,
    };
    struct tri_error error = {0};
    if (disk->style == TRI_STYLE_GPT)
        spec.type = tri_vds_uuid(&PARTITION_BASIC_DATA_GUID);
    struct tri_op *op = tri_op_new();
    struct tri_op_tag tag = tri_vds_tag(VDS_ASYNCOUT_CREATEVOLUME);
    int code = op ? tri_partition_create(&spec, op, &tag, &error) : -ENOMEM;
    return tri_vds_async(&tag, op, code, &error, ppAsync);
}

static HRESULT create_volume(const void *This, VDS_VOLUME_TYPE type, const VDS_INPUT_DISK *disks, LONG count,
                             ULONG stripe, ULONG align, IVdsAsync **ppAsync)
{
    TRI_AUTO_DISK struct tri_disk *disk = NULL;
    if (ppAsync)
        *ppAsync = NULL;
    if (!disks || count <= 0 || !ppAsync)
        return tri_vds_refuse(E_INVALIDARG, "CreateVolume needs a disk and a place for the operation.");
    if (align & (align - 1))
        return tri_vds_refuse(VDS_E_ALIGN_NOT_A_POWER_OF_TWO, "An alignment of %u is no power of two.",
                              (unsigned)align);
    HRESULT hr = check_volume_type(type);
    if (SUCCEEDED(hr))
        hr = check_input(disks, count, stripe);
    if (SUCCEEDED(hr))
        hr = check_disk(This, disks, &disk);
    return FAILED(hr) ? hr : start_volume(disk, disks, align, ppAsync);
}

static HRESULT STDMETHODCALLTYPE pack_CreateVolume(IVdsPack *This, VDS_VOLUME_TYPE type,
                                                   VDS_INPUT_DISK *pInputDiskArray, LONG lNumberOfDisks,
                                                   ULONG ulStripeSize, IVdsAsync **ppAsync)
{
    return create_volume(This, type, pInputDiskArray, lNumberOfDisks, ulStripeSize, 0, ppAsync);
}

static HRESULT STDMETHODCALLTYPE pack2_CreateVolume2(IVdsPack2 *This, VDS_VOLUME_TYPE type,
                                                     VDS_INPUT_DISK *pInputDiskArray, LONG lNumberOfDisks,
                                                     ULONG ulStripeSize, ULONG ulAlign, IVdsAsync **ppAsync)
{
    return create_volume(This, type, pInputDiskArray, lNumberOfDisks, ulStripeSize, ulAlign, ppAsync);
}

/* ---- what only dynamic disks can ---- */

static HRESULT dynamic_only(const char *what)
{
    return tri_vds_refuse(VDS_E_NOT_SUPPORTED, "%s is for dynamic disks; all disks here are basic ones.", what);
}

static HRESULT STDMETHODCALLTYPE pack_MigrateDisks(IVdsPack *This, VDS_OBJECT_ID *pDiskArray, LONG lNumberOfDisks,
                                                   VDS_OBJECT_ID TargetPack, BOOL bForce, BOOL bQueryOnly,
                                                   HRESULT *pResults, BOOL *pbRebootNeeded)
{
    if (!pDiskArray || lNumberOfDisks <= 0 || !pResults || !pbRebootNeeded)
        return tri_vds_refuse(E_INVALIDARG, "MigrateDisks needs disks, and places for their results and the reboot.");
    for (LONG i = 0; i < lNumberOfDisks; i++)
        pResults[i] = VDS_E_NOT_SUPPORTED;
    *pbRebootNeeded = FALSE;
    return dynamic_only("MigrateDisks");
}

static HRESULT STDMETHODCALLTYPE pack_ReplaceDisk(IVdsPack *This, VDS_OBJECT_ID OldDiskId, VDS_OBJECT_ID NewDiskId,
                                                  IVdsAsync **ppAsync)
{
    if (!ppAsync)
        return tri_vds_refuse(E_INVALIDARG, "IVdsPack::ReplaceDisk needs a place for the operation.");
    *ppAsync = NULL;
    return dynamic_only("ReplaceDisk");
}

static HRESULT STDMETHODCALLTYPE pack_RemoveMissingDisk(IVdsPack *This, VDS_OBJECT_ID DiskId)
{
    return dynamic_only("RemoveMissingDisk");
}

static HRESULT STDMETHODCALLTYPE pack_Recover(IVdsPack *This, IVdsAsync **ppAsync)
{
    if (!ppAsync)
        return tri_vds_refuse(E_INVALIDARG, "IVdsPack::Recover needs a place for the operation.");
    *ppAsync = NULL;
    return dynamic_only("Recover");
}

/* ---- the class ---- */

static const IVdsPackVtbl pack_vtbl = {
    TRI_COM_UNKNOWN(IVdsPack),
    .GetProperties = pack_GetProperties,
    .GetProvider = pack_GetProvider,
    .QueryVolumes = pack_QueryVolumes,
    .QueryDisks = pack_QueryDisks,
    .CreateVolume = pack_CreateVolume,
    .AddDisk = pack_AddDisk,
    .MigrateDisks = pack_MigrateDisks,
    .ReplaceDisk = pack_ReplaceDisk,
    .RemoveMissingDisk = pack_RemoveMissingDisk,
    .Recover = pack_Recover,
};

static const IVdsPack2Vtbl pack2_vtbl = {
    TRI_COM_UNKNOWN(IVdsPack2),
    .CreateVolume2 = pack2_CreateVolume2,
};

static const struct tri_com_row pack_rows[] = {
    {&IID_IVdsPack, offsetof(struct pack, IVdsPack_face), &pack_vtbl},
    {&IID_IVdsPack2, offsetof(struct pack, IVdsPack2_face), &pack2_vtbl},
};

static const struct tri_com_class pack_class = {
    .name = "pack",
    .size = sizeof(struct pack),
    .rows = pack_rows,
    .row_count = sizeof pack_rows / sizeof pack_rows[0],
};

HRESULT tri_vds_pack_new(uint64_t sequence, REFIID iid, void **ret)
{
    *ret = NULL;
    struct pack *pack = tri_com_new(&pack_class);
    if (!pack)
        return tri_vds_fail(-ENOMEM, NULL);
    atomic_init(&pack->sequence, sequence);
    if (sequence == 0)
        pack->id = tri_uuid_random();
    HRESULT hr = tri_com_query(pack, iid, ret);
    tri_com_unref(pack);
    return hr;
}
