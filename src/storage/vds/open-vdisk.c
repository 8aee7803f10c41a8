/* A virtual disk that a client has opened: what may be done with it is what it was opened for. That it is open is a
 * fact of this process alone, kept in one list. */
#include <errno.h>
#include <pthread.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "storage/vds/volume.h"

#define AUTO_ERROR TRI_CLEANUP(tri_error_clear) struct tri_error

struct open_vdisk {
    struct tri_com_object object;
    struct tri_com_face open;
    char *path;
    ULONG access; /* VIRTUAL_DISK_ACCESS_MASK */
    ULONG read_write_depth;
    struct open_vdisk *next; /* opened_lock: */
    bool is_listed;
};

static pthread_mutex_t opened_lock = PTHREAD_MUTEX_INITIALIZER;
static struct open_vdisk *opened; /* opened_lock: */

/* Where in the list the image is; at the list's end where it is not. Lock held. */
static struct open_vdisk **opened_find(const char *path)
{
    struct open_vdisk **at = &opened;
    while (*at && strcmp((*at)->path, path) != 0)
        at = &(*at)->next;
    return at;
}

bool tri_vds_image_is_open(const char *path)
{
    TRI_LOCK_SCOPE(&opened_lock);
    return *opened_find(path) != NULL;
}

static bool opened_add(struct open_vdisk *open)
{
    TRI_LOCK_SCOPE(&opened_lock);
    struct open_vdisk **at = opened_find(open->path);
    if (!*at) {
        *at = open;
        open->is_listed = true;
    }
    return open->is_listed;
}

static void opened_remove(struct open_vdisk *open)
{
    TRI_LOCK_SCOPE(&opened_lock);
    struct open_vdisk **at = &opened;
    while (open->is_listed && *at != open)
        at = &(*at)->next;
    if (open->is_listed)
        *at = open->next;
}

/* ---- what is allowed, and when ---- */

static HRESULT check_access(const struct open_vdisk *open, ULONG any_of, const char *what)
{
    if (open->access & any_of)
        return S_OK;
    return tri_vds_refuse(E_ACCESSDENIED, "\"%s\" was opened with access 0x%x, which does not include %s.", open->path,
                          open->access, what);
}

/* The code that a state of the image has for one who wants something else of it. */
static HRESULT state_refusal(enum tri_image_state state)
{
    switch (state) {
    case TRI_IMAGE_ATTACHING:
        return VDS_E_VD_IS_BEING_ATTACHED;
    case TRI_IMAGE_DETACHING:
        return VDS_E_VD_IS_BEING_DETACHED;
    case TRI_IMAGE_COMPACTING:
        return VDS_E_VD_DISK_IS_COMPACTING;
    case TRI_IMAGE_MERGING:
        return VDS_E_VD_DISK_IS_MERGING;
    case TRI_IMAGE_EXPANDING:
        return VDS_E_VD_DISK_IS_EXPANDING;
    case TRI_IMAGE_DELETED:
        return VDS_E_OBJECT_DELETED;
    case TRI_IMAGE_ADDED:
    case TRI_IMAGE_ATTACHED:
        break;
    }
    return S_OK;
}

/* What the methods differ in: the code for "that is what it does already", and for "it is attached" (S_OK: may be). */
struct wants {
    enum tri_image_state own;
    HRESULT already, attached, detached;
};

static HRESULT check_state(const struct tri_image *image, const struct wants *wants)
{
    HRESULT hr = state_refusal(image->state);
    if (image->state == wants->own)
        hr = wants->already;
    else if (image->state == TRI_IMAGE_ATTACHED)
        hr = wants->attached;
    else if (image->state == TRI_IMAGE_ADDED)
        hr = wants->detached;
    static const char *const states[] = {"not attached",    "being attached", "attached",          "being detached",
                                         "being compacted", "being merged",   "being made larger", "deleted"};
    return FAILED(hr) ? tri_vds_refuse(hr, "\"%s\" is %s.", image->path, states[image->state]) : S_OK;
}

/* Reads the image and looks whether it is free for that. The engine looks again, under its locks. */
static HRESULT image_ready(const char *path, const struct wants *wants, struct tri_image **ret)
{
    AUTO_ERROR error = {0};
    int code = tri_image_read(path, ret, &error);
    return code < 0 ? tri_vds_image_fail(code, &error) : check_state(*ret, wants);
}

/* ---- attach and detach ---- */

#define ATTACH_FLAGS_HONOURED                                                                                  \
    ((ULONG)(ATTACH_VIRTUAL_DISK_FLAG_READ_ONLY | ATTACH_VIRTUAL_DISK_FLAG_NO_DRIVE_LETTER |                   \
             ATTACH_VIRTUAL_DISK_FLAG_PERMANENT_LIFETIME | ATTACH_VIRTUAL_DISK_FLAG_NO_SECURITY_DESCRIPTOR |   \
             ATTACH_VIRTUAL_DISK_FLAG_BYPASS_DEFAULT_ENCRYPTION_POLICY))
#define ATTACH_FLAGS_KNOWN (ATTACH_FLAGS_HONOURED | ATTACH_VIRTUAL_DISK_FLAG_NO_LOCAL_HOST)

static HRESULT check_attach(const struct open_vdisk *open, LPCWSTR security, ULONG flags, ULONG provider_flags)
{
    if (flags & ~ATTACH_FLAGS_KNOWN || provider_flags & ~(ULONG)VDS_ATTACH_VIRTUAL_DISK_FLAG_USE_FILE_ACL)
        return E_INVALIDARG;
    if (flags & ATTACH_VIRTUAL_DISK_FLAG_NO_LOCAL_HOST)
        return tri_vds_refuse(VDS_E_NOT_SUPPORTED, "An attached image is always a disk of this machine.");
    if ((security && security[0]) || provider_flags)
        return tri_vds_refuse(VDS_E_NOT_SUPPORTED,
                              "The disk's node belongs to root, whatever the image's rights are; give no descriptor.");
    return flags & ATTACH_VIRTUAL_DISK_FLAG_READ_ONLY
               ? check_access(open, VIRTUAL_DISK_ACCESS_ATTACH_RO | VIRTUAL_DISK_ACCESS_ATTACH_RW, "attaching")
               : check_access(open, VIRTUAL_DISK_ACCESS_ATTACH_RW, "attaching for writing");
}

/* The disk outlives the client, whatever the flags say: VDS has it so. TimeoutInMs means nothing, as on Windows. */
static HRESULT STDMETHODCALLTYPE open_Attach(IVdsOpenVDisk *This, LPWSTR pStringSecurityDescriptor,
                                             ATTACH_VIRTUAL_DISK_FLAG Flags, ULONG ProviderSpecificFlags,
                                             ULONG TimeoutInMs, IVdsAsync **ppAsync)
{
    static const struct wants wants = {
        .own = TRI_IMAGE_ATTACHING, .already = VDS_E_VD_IS_BEING_ATTACHED, .attached = VDS_E_VD_ALREADY_ATTACHED};
    struct tri_error error = {0};
    TRI_AUTO_IMAGE struct tri_image *image = NULL;
    const struct open_vdisk *open = tri_com_face_object(This);
    (void)TimeoutInMs;
    if (!ppAsync)
        return E_INVALIDARG;
    *ppAsync = NULL;
    HRESULT hr = check_attach(open, pStringSecurityDescriptor, (ULONG)Flags, ProviderSpecificFlags);
    if (SUCCEEDED(hr))
        hr = image_ready(open->path, &wants, &image);
    if (FAILED(hr))
        return hr;
    bool read_only = (ULONG)Flags & ATTACH_VIRTUAL_DISK_FLAG_READ_ONLY;
    struct tri_op *op = tri_op_new();
    struct tri_op_tag tag = tri_vds_tag(VDS_ASYNCOUT_ATTACH_VDISK);
    int code = op ? tri_image_attach(open->path, read_only, op, &tag, &error) : -ENOMEM;
    return tri_vds_async(&tag, op, code, &error, ppAsync);
}

static HRESULT check_detach(const struct open_vdisk *open, ULONG flags, ULONG provider_flags)
{
    return flags || provider_flags ? E_INVALIDARG : check_access(open, VIRTUAL_DISK_ACCESS_DETACH, "detaching");
}

static HRESULT STDMETHODCALLTYPE open_Detach(IVdsOpenVDisk *This, DETACH_VIRTUAL_DISK_FLAG Flags,
                                             ULONG ProviderSpecificFlags)
{
    static const struct wants wants = {
        .own = TRI_IMAGE_DETACHING, .already = VDS_E_VD_IS_BEING_DETACHED, .detached = VDS_E_VD_ALREADY_DETACHED};
    AUTO_ERROR error = {0};
    TRI_AUTO_IMAGE struct tri_image *image = NULL;
    const struct open_vdisk *open = tri_com_face_object(This);
    HRESULT hr = check_detach(open, (ULONG)Flags, ProviderSpecificFlags);
    if (SUCCEEDED(hr))
        hr = image_ready(open->path, &wants, &image);
    int code = SUCCEEDED(hr) ? tri_image_detach(open->path, &error) : 0;
    return code < 0 ? tri_vds_image_fail(code, &error) : hr;
}

/* Also an image that is not attached is deleted. */
static HRESULT STDMETHODCALLTYPE open_DetachAndDelete(IVdsOpenVDisk *This, DETACH_VIRTUAL_DISK_FLAG Flags,
                                                      ULONG ProviderSpecificFlags)
{
    static const struct wants wants = {.own = TRI_IMAGE_DETACHING, .already = VDS_E_VD_IS_BEING_DETACHED};
    AUTO_ERROR error = {0};
    TRI_AUTO_IMAGE struct tri_image *image = NULL;
    const struct open_vdisk *open = tri_com_face_object(This);
    HRESULT hr = check_detach(open, (ULONG)Flags, ProviderSpecificFlags);
    if (SUCCEEDED(hr))
        hr = image_ready(open->path, &wants, &image);
    int code = SUCCEEDED(hr) ? tri_image_delete(open->path, &error) : 0;
    return code < 0 ? tri_vds_image_fail(code, &error) : hr;
}

/* ---- compact, merge, expand ---- */

static HRESULT check_metaops(const struct open_vdisk *open, ULONG flags, IVdsAsync **ppAsync)
{
    if (!ppAsync)
        return E_INVALIDARG;
    *ppAsync = NULL;
    return flags ? E_INVALIDARG : check_access(open, VIRTUAL_DISK_ACCESS_METAOPS, "changing the file (METAOPS)");
}

/* Attached read-only is for the engine to judge. */
static HRESULT STDMETHODCALLTYPE open_Compact(IVdsOpenVDisk *This, COMPACT_VIRTUAL_DISK_FLAG Flags, ULONG Reserved,
                                              IVdsAsync **ppAsync)
{
    static const struct wants wants = {.own = TRI_IMAGE_COMPACTING, .already = VDS_E_VD_ALREADY_COMPACTING};
    struct tri_error error = {0};
    TRI_AUTO_IMAGE struct tri_image *image = NULL;
    const struct open_vdisk *open = tri_com_face_object(This);
    HRESULT hr = check_metaops(open, (ULONG)Flags | Reserved, ppAsync);
    if (SUCCEEDED(hr))
        hr = image_ready(open->path, &wants, &image);
    if (FAILED(hr))
        return hr;
    if (image->state == TRI_IMAGE_ATTACHED && !image->is_read_only)
        return tri_vds_refuse(VDS_E_VD_NOT_ATTACHED_READONLY, "\"%s\" is attached for writing; detach it first.",
                              open->path);
    struct tri_op *op = tri_op_new();
    struct tri_op_tag tag = tri_vds_tag(VDS_ASYNCOUT_COMPACT_VDISK);
    int code = op ? tri_image_compact(open->path, op, &tag, &error) : -ENOMEM;
    return tri_vds_async(&tag, op, code, &error, ppAsync);
}

/* The file and as many parents as are merged into must have been opened for writing. */
static HRESULT check_depth(const struct open_vdisk *open, const struct tri_image *image, ULONG depth)
{
    if (depth == 0)
        return E_INVALIDARG;
    if (!image->is_child)
        return tri_vds_refuse(E_INVALIDARG, "\"%s\" has no parent to be merged into.", open->path);
    if (open->read_write_depth <= depth)
        return tri_vds_refuse(E_ACCESSDENIED,
                              "\"%s\" was opened with %u files for writing; merging %u deep writes to one more.",
                              open->path, open->read_write_depth, depth);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE open_Merge(IVdsOpenVDisk *This, MERGE_VIRTUAL_DISK_FLAG Flags, ULONG MergeDepth,
                                            IVdsAsync **ppAsync)
{
    static const struct wants wants = {
        .own = TRI_IMAGE_MERGING, .already = VDS_E_VD_ALREADY_MERGING, .attached = VDS_E_VD_IS_ATTACHED};
    struct tri_error error = {0};
    TRI_AUTO_IMAGE struct tri_image *image = NULL;
    const struct open_vdisk *open = tri_com_face_object(This);
    HRESULT hr = check_metaops(open, (ULONG)Flags, ppAsync);
    if (SUCCEEDED(hr))
        hr = image_ready(open->path, &wants, &image);
    if (SUCCEEDED(hr))
        hr = check_depth(open, image, MergeDepth);
    if (FAILED(hr))
        return hr;
    struct tri_op *op = tri_op_new();
    struct tri_op_tag tag = tri_vds_tag(VDS_ASYNCOUT_MERGE_VDISK);
    int code = op ? tri_image_merge(open->path, MergeDepth, op, &tag, &error) : -ENOMEM;
    return tri_vds_async(&tag, op, code, &error, ppAsync);
}

static HRESULT check_new_size(const struct tri_image *image, uint64_t size_bytes)
{
    if (size_bytes % 512 == 0 && size_bytes <= INT64_MAX && size_bytes > image->virtual_size_bytes)
        return S_OK;
    return tri_vds_refuse(E_INVALIDARG,
                          "\"%s\" has %llu bytes and can become larger only, by multiples of 512; %llu is not that.",
                          image->path, (unsigned long long)image->virtual_size_bytes, (unsigned long long)size_bytes);
}

static HRESULT STDMETHODCALLTYPE open_Expand(IVdsOpenVDisk *This, EXPAND_VIRTUAL_DISK_FLAG Flags, ULONGLONG NewSize,
                                             IVdsAsync **ppAsync)
{
    static const struct wants wants = {
        .own = TRI_IMAGE_EXPANDING, .already = VDS_E_VD_DISK_ALREADY_EXPANDING, .attached = VDS_E_VD_IS_ATTACHED};
    struct tri_error error = {0};
    TRI_AUTO_IMAGE struct tri_image *image = NULL;
    const struct open_vdisk *open = tri_com_face_object(This);
    HRESULT hr = check_metaops(open, (ULONG)Flags, ppAsync);
    if (SUCCEEDED(hr))
        hr = image_ready(open->path, &wants, &image);
    if (SUCCEEDED(hr))
        hr = check_new_size(image, NewSize);
    if (FAILED(hr))
        return hr;
    struct tri_op *op = tri_op_new();
    struct tri_op_tag tag = tri_vds_tag(VDS_ASYNCOUT_EXPAND_VDISK);
    int code = op ? tri_image_expand(open->path, NewSize, op, &tag, &error) : -ENOMEM;
    return tri_vds_async(&tag, op, code, &error, ppAsync);
}

/* ---- the class ---- */

static const IVdsOpenVDiskVtbl vtbl = {
    TRI_COM_UNKNOWN(IVdsOpenVDisk),
    .Attach = open_Attach,
    .Detach = open_Detach,
    .DetachAndDelete = open_DetachAndDelete,
    .Compact = open_Compact,
    .Merge = open_Merge,
    .Expand = open_Expand,
};
static const struct tri_com_row rows[] = {{&IID_IVdsOpenVDisk, offsetof(struct open_vdisk, open), &vtbl}};

static void open_destroy(void *object)
{
    struct open_vdisk *open = object;
    opened_remove(open);
    free(open->path);
}

static const struct tri_com_class open_class = {.name = "open virtual disk",
                                                .size = sizeof(struct open_vdisk),
                                                .rows = rows,
                                                .row_count = sizeof(rows) / sizeof(*rows),
                                                .destroy = open_destroy};

HRESULT tri_vds_open_vdisk_new(const char *path, VIRTUAL_DISK_ACCESS_MASK access, ULONG read_write_depth,
                               IVdsOpenVDisk **ret)
{
    struct open_vdisk *open = tri_com_new(&open_class);
    if (!open)
        return E_OUTOFMEMORY;
    open->path = strdup(path);
    open->access = (ULONG)access;
    open->read_write_depth = read_write_depth;
    HRESULT hr = open->path ? S_OK : E_OUTOFMEMORY;
    if (SUCCEEDED(hr) && !opened_add(open))
        hr = tri_vds_refuse(VDS_E_VD_DISK_ALREADY_OPEN, "\"%s\" is open already; release what opened it first.", path);
    if (SUCCEEDED(hr))
        hr = tri_com_query(open, &IID_IVdsOpenVDisk, (void **)ret);
    tri_com_unref(open);
    return hr;
}
