/* The service: IVdsService and its side interfaces. It holds nothing: every answer is what the machine says now. */
#include "storage/vds/service.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "storage/events.h"
#include "storage/state.h"
#include "storage/vds/disk-object.h"

struct service {
    struct tri_com_object com;
    struct tri_com_face IVdsService_face, IVdsServiceInitialization_face, IVdsServiceUninstallDisk_face;
    struct tri_com_face IVdsServiceHba_face, IVdsServiceSAN_face, IVdsServiceSw_face;
};

/* ---- readiness and properties ---- */

/* There is no service process to wait for. */
static HRESULT STDMETHODCALLTYPE service_IsServiceReady(IVdsService *This)
{
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE service_WaitForServiceReady(IVdsService *This)
{
    return S_OK;
}

/* "4.0" is the service whose interfaces these are. Nothing is ever mounted by itself. */
static HRESULT STDMETHODCALLTYPE service_GetProperties(IVdsService *This, VDS_SERVICE_PROP *pServiceProp)
{
    if (!pServiceProp)
        return tri_vds_refuse(E_INVALIDARG, "IVdsService::GetProperties needs a place for the properties.");
    memset(pServiceProp, 0, sizeof(*pServiceProp));
    HRESULT hr = tri_vds_text("4.0", &pServiceProp->pwszVersion);
    if (FAILED(hr))
        return hr;
    pServiceProp->ulFlags = VDS_SVF_SUPPORT_GPT | VDS_SVF_AUTO_MOUNT_OFF;
    if (access("/sys/firmware/efi", F_OK) == 0)
        pServiceProp->ulFlags |= VDS_SVF_EFI;
    return S_OK;
}

static HRESULT bad_flags(ULONG flags)
{
    return tri_vds_refuse(VDS_E_INVALID_SERVICE_FLAG,
                          "VDS_SVF_AUTO_MOUNT_OFF (0x20) is the only flag of the service that may change, not 0x%x.",
                          (unsigned)flags);
}

static HRESULT STDMETHODCALLTYPE service_SetFlags(IVdsService *This, ULONG ulFlags)
{
    return ulFlags == VDS_SVF_AUTO_MOUNT_OFF ? S_OK : bad_flags(ulFlags);
}

static HRESULT STDMETHODCALLTYPE service_ClearFlags(IVdsService *This, ULONG ulFlags)
{
    if (ulFlags != VDS_SVF_AUTO_MOUNT_OFF)
        return bad_flags(ulFlags);
    return tri_vds_refuse(VDS_E_NOT_SUPPORTED, "Volumes are not mounted by themselves here; use AddAccessPath.");
}

static HRESULT STDMETHODCALLTYPE service_Reboot(IVdsService *This)
{
    return tri_vds_refuse(VDS_E_NOT_SUPPORTED, "The machine is not rebooted from here.");
}

/* ---- enumerations ---- */

typedef HRESULT make_object(REFIID iid, void **ret);

static HRESULT add_provider(struct tri_vds_list *list, make_object *make)
{
    IUnknown *provider;
    HRESULT hr = make(&IID_IUnknown, (void **)&provider);
    return FAILED(hr) ? hr : tri_vds_list_add(list, provider);
}

static HRESULT STDMETHODCALLTYPE service_QueryProviders(IVdsService *This, DWORD masks, IEnumVdsObject **ppEnum)
{
    const DWORD known = VDS_QUERY_SOFTWARE_PROVIDERS | VDS_QUERY_HARDWARE_PROVIDERS | VDS_QUERY_VIRTUALDISK_PROVIDERS;
    if (!ppEnum)
        return tri_vds_refuse(E_INVALIDARG, "IVdsService::QueryProviders needs a place for the enumerator.");
    *ppEnum = NULL;
    if (masks == 0 || masks & ~known)
        return tri_vds_refuse(VDS_E_INVALID_QUERY_PROVIDER_FLAG,
                              "Providers are software (1), hardware (2) or of virtual disks (4), not 0x%x.",
                              (unsigned)masks);
    struct tri_vds_list list = {0};
    HRESULT hr = masks & VDS_QUERY_SOFTWARE_PROVIDERS ? add_provider(&list, tri_vds_software_provider_new) : S_OK;
    if (SUCCEEDED(hr) && masks & VDS_QUERY_VIRTUALDISK_PROVIDERS)
        hr = add_provider(&list, tri_vds_disk_provider_new);
    if (SUCCEEDED(hr))
        return tri_vds_enum_new(&list, ppEnum);
    tri_vds_list_clear(&list);
    return hr;
}

static HRESULT empty_enumerator(IEnumVdsObject **ret)
{
    struct tri_vds_list list = {0};
    if (!ret)
        return tri_vds_refuse(E_INVALIDARG, "There is no place for the enumerator.");
    return tri_vds_enum_new(&list, ret);
}

static HRESULT STDMETHODCALLTYPE service_QueryMaskedDisks(IVdsService *This, IEnumVdsObject **ppEnum)
{
    return empty_enumerator(ppEnum);
}

/* Whether the disk is in a pack; or a negative code. */
static int look_for_pack(uint64_t sequence, bool *ret_in_pack, struct tri_error *error)
{
    TRI_AUTO_DISK struct tri_disk *disk = NULL;
    int code = tri_vds_disk_outline(sequence, &disk, error);
    *ret_in_pack = code == 0 && tri_vds_disk_has_pack(disk);
    return code;
}

/* What keeps one disk from being read, and says nothing of the others. */
static bool is_disks_own_fault(int code)
{
    return tri_vds_disk_has_failed(code) || code == TRI_STORAGE_NO_MEDIA || code == -ENOMEDIUM;
}

/* A disk that this program may not open is in neither list: nobody can say which is right. */
static HRESULT list_disk(uint64_t sequence, bool in_pack, tri_vds_make *make, struct tri_vds_list *list,
                         bool *ret_is_forbidden)
{
    TRI_CLEANUP(tri_error_clear) struct tri_error error = {0};
    bool has_pack;
    IUnknown *object;
    int code = look_for_pack(sequence, &has_pack, &error);
    if (code == -EACCES)
        *ret_is_forbidden = true;
    if (code == TRI_STORAGE_GONE || code == -EACCES)
        return S_OK;
    if (code < 0 && !is_disks_own_fault(code))
        return tri_vds_fail(code, &error);
    if (has_pack != in_pack)
        return S_OK;
    HRESULT hr = make(sequence, &IID_IUnknown, (void **)&object);
    return FAILED(hr) ? hr : tri_vds_list_add(list, object);
}

/* Root may be kept from some disks, by a control group; a user who may see none is told so. */
HRESULT tri_vds_list_disks(bool in_pack, tri_vds_make *make, struct tri_vds_list *list)
{
    TRI_AUTO_FREE uint64_t *sequences = NULL;
    size_t count = 0;
    bool is_forbidden = false;
    struct tri_error error = {0};
    int code = tri_disk_list(&sequences, &count, &error);
    HRESULT hr = code < 0 ? tri_vds_fail(code, &error) : S_OK;
    for (size_t i = 0; i < count && SUCCEEDED(hr); i++)
        hr = list_disk(sequences[i], in_pack, make, list, &is_forbidden);
    if (SUCCEEDED(hr) && is_forbidden && list->count == 0 && geteuid() != 0)
        hr = tri_vds_refuse(E_ACCESSDENIED, "Disks cannot be read by user %u: this needs root.", (unsigned)geteuid());
    if (FAILED(hr))
        tri_vds_list_clear(list);
    return hr;
}

static HRESULT STDMETHODCALLTYPE service_QueryUnallocatedDisks(IVdsService *This, IEnumVdsObject **ppEnum)
{
    if (!ppEnum)
        return tri_vds_refuse(E_INVALIDARG, "IVdsService::QueryUnallocatedDisks needs a place for the enumerator.");
    *ppEnum = NULL;
    struct tri_vds_list list = {0};
    HRESULT hr = tri_vds_list_disks(false, tri_vds_disk_new, &list);
    return FAILED(hr) ? hr : tri_vds_enum_new(&list, ppEnum);
}

static HRESULT STDMETHODCALLTYPE service_QueryFileSystemTypes(IVdsService *This,
                                                              VDS_FILE_SYSTEM_TYPE_PROP **ppFileSystemTypeProps,
                                                              LONG *plNumberOfFileSystems)
{
    if (!ppFileSystemTypeProps || !plNumberOfFileSystems)
        return tri_vds_refuse(E_INVALIDARG,
                              "IVdsService::QueryFileSystemTypes needs places for the array and its length.");
    *ppFileSystemTypeProps = NULL;
    *plNumberOfFileSystems = 0;
    return tri_vds_filesystem_types(ppFileSystemTypeProps, plNumberOfFileSystems);
}

/* ---- objects by their id ---- */

static HRESULT get_disk(const GUID *id, IUnknown **ret)
{
    uint64_t sequence;
    HRESULT hr = tri_vds_disk_of_id(id, &sequence);
    return FAILED(hr) ? hr : tri_vds_disk_new(sequence, &IID_IUnknown, (void **)ret);
}

static HRESULT no_such_object(const char *kind)
{
    return tri_vds_refuse(VDS_E_OBJECT_NOT_FOUND, "There is no %s of that id.", kind);
}

static HRESULT get_pack(const GUID *id, IUnknown **ret)
{
    TRI_AUTO_FREE uint64_t *sequences = NULL;
    size_t count = 0;
    struct tri_error error = {0};
    int code = tri_disk_list(&sequences, &count, &error);
    if (code < 0)
        return tri_vds_fail(code, &error);
    for (size_t i = 0; i < count; i++) {
        GUID candidate = tri_vds_pack_id(sequences[i]);
        bool has_pack;
        if (IsEqualGUID(&candidate, id))
            return look_for_pack(sequences[i], &has_pack, NULL) == 0 && has_pack
                       ? tri_vds_pack_new(sequences[i], &IID_IUnknown, (void **)ret)
                       : no_such_object("pack");
    }
    return no_such_object("pack");
}

static HRESULT get_volume(const GUID *id, IUnknown **ret)
{
    struct tri_volume_id volume;
    HRESULT hr = tri_vds_volume_of_id(id, &volume);
    return FAILED(hr) ? hr : tri_vds_volume_new(&volume, &IID_IUnknown, (void **)ret);
}

static bool has_plex_id(const struct tri_volume_id *volume, const void *id)
{
    GUID candidate = tri_vds_plex_id(volume);
    return IsEqualGUID(&candidate, (const GUID *)id);
}

/* A plex by the volume that has it. */
static HRESULT get_plex(const GUID *id, IUnknown **ret)
{
    struct tri_volume_id volume;
    HRESULT hr = tri_vds_volume_find(has_plex_id, id, "plex of that id", &volume);
    return FAILED(hr) ? hr : tri_vds_plex_new(&volume, &IID_IUnknown, (void **)ret);
}

static bool image_has_id(const char *path, const GUID *id)
{
    TRI_AUTO_IMAGE struct tri_image *image = NULL;
    if (tri_image_read(path, &image, NULL) < 0)
        return false;
    GUID candidate = tri_vds_guid(&image->id);
    return IsEqualGUID(&candidate, id);
}

static void free_paths(char **paths, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(paths[i]);
    free(paths);
}

static HRESULT get_vdisk(const GUID *id, IUnknown **ret)
{
    char **paths = NULL;
    size_t count = 0, i = 0;
    struct tri_error error = {0};
    int code = tri_image_list(&paths, &count, &error);
    if (code < 0)
        return tri_vds_fail(code, &error);
    while (i < count && !image_has_id(paths[i], id))
        i++;
    HRESULT hr = i < count ? tri_vds_vdisk_new(paths[i], &IID_IUnknown, (void **)ret) : no_such_object("virtual disk");
    free_paths(paths, count);
    return hr;
}

static HRESULT get_object(const GUID *id, VDS_OBJECT_TYPE type, IUnknown **ret)
{
    switch ((unsigned)type) {
    case VDS_OT_PACK:
        return get_pack(id, ret);
    case VDS_OT_DISK:
        return get_disk(id, ret);
    case VDS_OT_VOLUME:
        return get_volume(id, ret);
    case VDS_OT_VOLUME_PLEX:
        return get_plex(id, ret);
    case VDS_OT_VDISK:
        return get_vdisk(id, ret);
    case VDS_OT_SUB_SYSTEM ... VDS_OT_STORAGE_POOL:
    case VDS_OT_HBAPORT ... VDS_OT_INIT_PORTAL:
        return no_such_object("hardware object");
    default:
        return tri_vds_refuse(VDS_E_INVALID_OBJECT_TYPE, "Objects of type %u cannot be asked for by id.",
                              (unsigned)type);
    }
}

static HRESULT STDMETHODCALLTYPE service_GetObject(IVdsService *This, VDS_OBJECT_ID ObjectId, VDS_OBJECT_TYPE type,
                                                   IUnknown **ppObjectUnk)
{
    if (!ppObjectUnk)
        return tri_vds_refuse(E_INVALIDARG, "IVdsService::GetObject needs a place for the object.");
    *ppObjectUnk = NULL;
    return get_object(&ObjectId, type, ppObjectUnk);
}

/* ---- drive letters ---- */

/* An ESP can have a letter, and is no volume. */
static bool is_volume(const struct tri_volume_id *place)
{
    TRI_AUTO_DISK struct tri_disk *disk = NULL;
    struct tri_volume_id volume;
    return tri_vds_disk_outline(place->sequence, &disk, NULL) == 0 &&
           tri_volume_of_disk(disk, place->offset_bytes, &volume);
}

/* Letters live in the runtime folder, and are gone with the next start of the machine. */
static VDS_DRIVE_LETTER_PROP letter_prop(char letter)
{
    struct tri_volume_id volume;
    VDS_DRIVE_LETTER_PROP prop = {.wcLetter = (WCHAR)letter};
    if (tri_letter_volume(letter, &volume)) {
        prop.bUsed = TRUE;
        prop.volumeId = is_volume(&volume) ? tri_vds_volume_id(&volume) : GUID_NULL;
        prop.ulFlags = VDS_DLF_NON_PERSISTENT;
    }
    return prop;
}

static HRESULT STDMETHODCALLTYPE service_QueryDriveLetters(IVdsService *This, WCHAR wcFirstLetter, DWORD count,
                                                           VDS_DRIVE_LETTER_PROP *pDriveLetterPropArray)
{
    WCHAR first = wcFirstLetter >= u'a' && wcFirstLetter <= u'z' ? (WCHAR)(wcFirstLetter - u'a' + u'A') : wcFirstLetter;
    if (!pDriveLetterPropArray)
        return tri_vds_refuse(E_INVALIDARG, "IVdsService::QueryDriveLetters needs an array.");
    if (first < u'A' || first > u'Z')
        return tri_vds_refuse(VDS_E_INVALID_DRIVE_LETTER, "A drive letter is one of A to Z.");
    if (count == 0 || count > (DWORD)(u'Z' - first + 1))
        return tri_vds_refuse(VDS_E_INVALID_DRIVE_LETTER_COUNT, "There are no %u drive letters from %c to Z.",
                              (unsigned)count, (char)first);
    for (DWORD i = 0; i < count; i++)
        pDriveLetterPropArray[i] = letter_prop((char)(first + i));
    return S_OK;
}

/* ---- housekeeping and notifications ---- */

/* Nothing is cached; so what is left to refresh are those who listen. */
static HRESULT STDMETHODCALLTYPE service_Reenumerate(IVdsService *This)
{
    tri_events_refresh();
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE service_Refresh(IVdsService *This)
{
    tri_events_refresh();
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE service_CleanupObsoleteMountPoints(IVdsService *This)
{
    tri_letters_clean();
    tri_state_sweep();
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE service_Advise(IVdsService *This, IVdsAdviseSink *pSink, DWORD *pdwCookie)
{
    if (pdwCookie)
        *pdwCookie = 0;
    if (!pSink || !pdwCookie)
        return tri_vds_refuse(E_INVALIDARG, "IVdsService::Advise needs a sink and a place for the cookie.");
    return tri_vds_advise(pSink, pdwCookie);
}

static HRESULT STDMETHODCALLTYPE service_Unadvise(IVdsService *This, DWORD dwCookie)
{
    return tri_vds_unadvise(dwCookie);
}

static const IVdsServiceVtbl service_vtbl = {
    TRI_COM_UNKNOWN(IVdsService),
    .IsServiceReady = service_IsServiceReady,
    .WaitForServiceReady = service_WaitForServiceReady,
    .GetProperties = service_GetProperties,
    .QueryProviders = service_QueryProviders,
    .QueryMaskedDisks = service_QueryMaskedDisks,
    .QueryUnallocatedDisks = service_QueryUnallocatedDisks,
    .GetObject = service_GetObject,
    .QueryDriveLetters = service_QueryDriveLetters,
    .QueryFileSystemTypes = service_QueryFileSystemTypes,
    .Reenumerate = service_Reenumerate,
    .Refresh = service_Refresh,
    .CleanupObsoleteMountPoints = service_CleanupObsoleteMountPoints,
    .Advise = service_Advise,
    .Unadvise = service_Unadvise,
    .Reboot = service_Reboot,
    .SetFlags = service_SetFlags,
    .ClearFlags = service_ClearFlags,
};

/* ---- IVdsServiceInitialization ---- */

static HRESULT STDMETHODCALLTYPE initialization_Initialize(IVdsServiceInitialization *This, LPWSTR pwszMachineName)
{
    return tri_vds_check_machine(pwszMachineName);
}

static const IVdsServiceInitializationVtbl initialization_vtbl = {
    TRI_COM_UNKNOWN(IVdsServiceInitialization),
    .Initialize = initialization_Initialize,
};

/* ---- IVdsServiceUninstallDisk ---- */

static bool same_text(const char *asked, const char *found)
{
    return !asked || !*asked || (found && strcmp(asked, found) == 0);
}

/* By what identifies a disk: its serial number, or its GPT's id; what else is said must fit too. */
static bool is_asked_for(const VDS_LUN_INFORMATION *info, const struct tri_disk *disk)
{
    GUID guid = disk->style == TRI_STYLE_GPT ? tri_vds_guid(&disk->guid) : GUID_NULL;
    bool by_serial = info->m_szSerialNumber && *info->m_szSerialNumber;
    bool by_guid = !IsEqualGUID(&info->m_diskSignature, &GUID_NULL);
    return (by_serial || by_guid) && same_text(info->m_szSerialNumber, disk->serial) &&
           (!by_guid || IsEqualGUID(&info->m_diskSignature, &guid)) && same_text(info->m_szVendorId, disk->vendor) &&
           same_text(info->m_szProductId, disk->model);
}

static HRESULT STDMETHODCALLTYPE uninstall_GetDiskIdFromLunInfo(IVdsServiceUninstallDisk *This,
                                                                VDS_LUN_INFORMATION *pLunInfo, VDS_OBJECT_ID *pDiskId)
{
    TRI_AUTO_FREE uint64_t *sequences = NULL;
    size_t count = 0;
    struct tri_error error = {0};
    if (!pLunInfo || !pDiskId)
        return tri_vds_refuse(E_INVALIDARG, "GetDiskIdFromLunInfo needs the data of a disk and a place for its id.");
    *pDiskId = GUID_NULL;
    int code = tri_disk_list(&sequences, &count, &error);
    if (code < 0)
        return tri_vds_fail(code, &error);
    for (size_t i = 0; i < count; i++) {
        TRI_AUTO_DISK struct tri_disk *disk = NULL;
        if (tri_disk_read(sequences[i], 0, &disk, NULL) == 0 && is_asked_for(pLunInfo, disk)) {
            *pDiskId = tri_vds_disk_id(sequences[i]);
            return S_OK;
        }
    }
    return tri_vds_refuse(VDS_E_OBJECT_NOT_FOUND, "No disk has that serial number or signature.");
}

static int dismount_all(uint64_t sequence, struct tri_error *error)
{
    TRI_AUTO_DISK struct tri_disk *disk = NULL;
    struct tri_volume_id volume;
    int code = tri_vds_disk_outline(sequence, &disk, error);
    for (uint64_t offset = 0; code == 0 && tri_volume_next(disk, &offset, &volume);) {
        code = tri_volume_dismount(&volume, true, false, error);
        if (code == TRI_STORAGE_NOT_MOUNTED) {
            tri_error_clear(error);
            code = 0;
        }
    }
    return code;
}

/* Only attached images can be taken away; other devices are the kernel's and their drivers'. */
static HRESULT uninstall_disk(const GUID *id, bool force)
{
    TRI_AUTO_FREE char *path = NULL;
    struct tri_error error = {0};
    uint64_t sequence;
    HRESULT hr = tri_vds_disk_of_id(id, &sequence);
    if (FAILED(hr))
        return hr;
    int code = tri_image_of_disk(sequence, &path, &error);
    if (code == TRI_STORAGE_NOT_FOUND)
        return tri_vds_fail_as(VDS_E_NOT_SUPPORTED, TRI_STORAGE_NOT_SUPPORTED, &error);
    if (code == 0 && force)
        code = dismount_all(sequence, &error);
    if (code == 0)
        code = tri_image_detach(path, &error);
    return code < 0 ? tri_vds_fail(code, &error) : S_OK;
}

/* Returns the first failure; pResults says which disks. */
static HRESULT STDMETHODCALLTYPE uninstall_UninstallDisks(IVdsServiceUninstallDisk *This, VDS_OBJECT_ID *pDiskIdArray,
                                                          ULONG ulCount, BOOLEAN bForce, BOOLEAN *pbReboot,
                                                          HRESULT *pResults)
{
    if (!pDiskIdArray || ulCount == 0 || !pbReboot || !pResults)
        return tri_vds_refuse(E_INVALIDARG, "UninstallDisks needs disks, and places for their results and the reboot.");
    HRESULT first = S_OK;
    *pbReboot = FALSE;
    for (ULONG i = 0; i < ulCount; i++) {
        pResults[i] = uninstall_disk(&pDiskIdArray[i], bForce != 0);
        if (SUCCEEDED(first))
            first = pResults[i];
    }
    return first;
}

static const IVdsServiceUninstallDiskVtbl uninstall_vtbl = {
    TRI_COM_UNKNOWN(IVdsServiceUninstallDisk),
    .GetDiskIdFromLunInfo = uninstall_GetDiskIdFromLunInfo,
    .UninstallDisks = uninstall_UninstallDisks,
};

/* ---- IVdsServiceHba, IVdsServiceSAN ---- */

static HRESULT STDMETHODCALLTYPE hba_QueryHbaPorts(IVdsServiceHba *This, IEnumVdsObject **ppEnum)
{
    return empty_enumerator(ppEnum);
}

static const IVdsServiceHbaVtbl hba_vtbl = {
    TRI_COM_UNKNOWN(IVdsServiceHba),
    .QueryHbaPorts = hba_QueryHbaPorts,
};

/* Linux brings every disk online when it appears. */
static HRESULT STDMETHODCALLTYPE san_GetSANPolicy(IVdsServiceSAN *This, VDS_SAN_POLICY *pSanPolicy)
{
    if (!pSanPolicy)
        return tri_vds_refuse(E_INVALIDARG, "IVdsServiceSAN::GetSANPolicy needs a place for the policy.");
    *pSanPolicy = VDS_SP_ONLINE;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE san_SetSANPolicy(IVdsServiceSAN *This, VDS_SAN_POLICY SanPolicy)
{
    if (SanPolicy == VDS_SP_ONLINE)
        return S_OK;
    if ((unsigned)SanPolicy == VDS_SP_UNKNOWN || (unsigned)SanPolicy >= VDS_SP_MAX)
        return tri_vds_refuse(E_INVALIDARG, "There is no policy %u for new disks.", (unsigned)SanPolicy);
    return tri_vds_refuse(VDS_E_NOT_SUPPORTED, "New disks are always online here.");
}

static const IVdsServiceSANVtbl san_vtbl = {
    TRI_COM_UNKNOWN(IVdsServiceSAN),
    .GetSANPolicy = san_GetSANPolicy,
    .SetSANPolicy = san_SetSANPolicy,
};

/* ---- IVdsServiceSw ---- */

/* The GUID in \\?\Volume{...}\; false: the name is no such path. */
static bool parse_volume_path(LPCWSTR name, struct tri_uuid *ret)
{
    static const char prefix[] = "\\\\?\\Volume{";
    enum { PREFIX = sizeof prefix - 1, UUID = TRI_UUID_TEXT_SIZE - 1 };
    TRI_AUTO_FREE char *text = NULL;
    if (FAILED(tri_vds_utf8(name, &text)) || !text || strncasecmp(text, prefix, PREFIX) != 0)
        return false;
    size_t length = strlen(text);
    if (length < PREFIX + UUID + 1 || text[PREFIX + UUID] != '}')
        return false;
    const char *rest = text + PREFIX + UUID + 1;
    if (strcmp(rest, "") != 0 && strcmp(rest, "\\") != 0)
        return false;
    text[PREFIX + UUID] = '\0';
    return tri_uuid_parse(text + PREFIX, ret);
}

static bool has_path(const struct tri_volume_id *volume, const void *id)
{
    return tri_uuid_equal(&volume->id, id);
}

static HRESULT disk_of_volume(const struct tri_uuid *id, uint64_t *ret_sequence)
{
    struct tri_volume_id volume;
    HRESULT hr = tri_vds_volume_find(has_path, id, "volume of that path", &volume);
    if (SUCCEEDED(hr))
        *ret_sequence = volume.sequence;
    return hr;
}

/* A disk by \\?\PhysicalDriveN or /dev/..., or the one on which a volume \\?\Volume{...}\ is. */
static HRESULT STDMETHODCALLTYPE sw_GetDiskObject(IVdsServiceSw *This, LPCWSTR pwszDeviceID, IUnknown **ppDiskUnk)
{
    uint64_t sequence;
    struct tri_uuid volume;
    if (ppDiskUnk)
        *ppDiskUnk = NULL;
    if (!pwszDeviceID || !ppDiskUnk)
        return tri_vds_refuse(E_INVALIDARG, "IVdsServiceSw::GetDiskObject needs a name and a place for the disk.");
    HRESULT hr = parse_volume_path(pwszDeviceID, &volume) ? disk_of_volume(&volume, &sequence)
                                                          : tri_vds_disk_of_name(pwszDeviceID, &sequence);
    return FAILED(hr) ? hr : tri_vds_disk_new(sequence, &IID_IUnknown, (void **)ppDiskUnk);
}

static const IVdsServiceSwVtbl sw_vtbl = {
    TRI_COM_UNKNOWN(IVdsServiceSw),
    .GetDiskObject = sw_GetDiskObject,
};

/* ---- the class ---- */

#define SERVICE_ROW(interface_, vtbl_) {&IID_##interface_, offsetof(struct service, interface_##_face), &(vtbl_)}
static const struct tri_com_row service_rows[] = {
    SERVICE_ROW(IVdsService, service_vtbl),
    SERVICE_ROW(IVdsServiceInitialization, initialization_vtbl),
    SERVICE_ROW(IVdsServiceUninstallDisk, uninstall_vtbl),
    SERVICE_ROW(IVdsServiceHba, hba_vtbl),
    SERVICE_ROW(IVdsServiceSAN, san_vtbl),
    SERVICE_ROW(IVdsServiceSw, sw_vtbl),
};

static const struct tri_com_class service_class = {
    .name = "service",
    .size = sizeof(struct service),
    .rows = service_rows,
    .row_count = sizeof service_rows / sizeof service_rows[0],
};

HRESULT tri_vds_service_new(REFIID iid, void **ret)
{
    *ret = NULL;
    struct service *service = tri_com_new(&service_class);
    if (!service)
        return tri_vds_fail(-ENOMEM, NULL);
    HRESULT hr = tri_com_query(service, iid, ret);
    tri_com_unref(service);
    return hr;
}
