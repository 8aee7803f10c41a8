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

static HRESULT check_state(const char *path, enum tri_image_state state, const struct wants *wants)
{
    HRESULT hr = state_refusal(state);
    if (state == wants->own)
        hr = wants->already;
    else if (state == TRI_IMAGE_ATTACHED)
        hr = wants->attached;
    else if (state == TRI_IMAGE_ADDED)
        hr = wants->detached;
    static const char *const states[] = {
        [TRI_IMAGE_ADDED] = "not attached",
        [TRI_IMAGE_ATTACHING] = "being attached: wait until that is done",
        [TRI_IMAGE_ATTACHED] = "attached already: detach it first",
        [TRI_IMAGE_DETACHING] = "being detached: wait until that is done",
        [TRI_IMAGE_COMPACTING] = "being compacted: wait until that is done",
        [TRI_IMAGE_MERGING] = "being merged: wait until that is done",
        [TRI_IMAGE_EXPANDING] = "being made larger: wait until that is done",
        [TRI_IMAGE_DELETED] = "deleted",
    };
    return FAILED(hr) ? tri_vds_refuse(hr, "\"%s\" is %s.", path, states[state]) : S_OK;
}

/* Looks whether the image is free for that. The engine looks again, under its locks. */
static HRESULT image_free_for(const char *path, const struct wants *wants)
{
    AUTO_ERROR error = {0};
    enum tri_image_state state;
    int code = tri_image_state_of(path, &state, &error);
    return code < 0 ? tri_vds_image_fail(code, &error) : check_state(path, state, wants);
}

/* The same for who wants to know more of it. */
static HRESULT image_ready(const char *path, const struct wants *wants, struct tri_image **ret)
{
    AUTO_ERROR error = {0};
    int code = tri_image_read(path, ret, &error);
    return code < 0 ? tri_vds_image_fail(code, &error) : check_state(path, (*ret)->state, wants);
}

/* ---- what is done in the background ---- */

/* What starts it, with the one number that the methods have besides the image. */
typedef int start_work(const char *path, ULONGLONG argument, struct tri_op *op, const struct tri_op_tag *tag,
                       struct tri_error *error);

static HRESULT start(const struct open_vdisk *open, VDS_ASYNC_OUTPUT_TYPE output, start_work *work, ULONGLONG argument,
                     IVdsAsync **ppAsync)
{
    struct tri_error error = {0};
    struct tri_op *op = tri_op_new();
    struct tri_op_tag tag = tri_vds_tag(output);
    int code = op ? work(open->path, argument, op, &tag, &error) : -ENOMEM;
    return tri_vds_async(&tag, op, code, &error, ppAsync);
}

static HRESULT unknown_flags(ULONG flags, ULONG provider_flags)
{
    return tri_vds_refuse(E_INVALIDARG, "The flags 0x%x, or the provider's 0x%x, are not known for this.", flags,
                          provider_flags);
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
        return unknown_flags(flags, provider_flags);
    if (flags & ATTACH_VIRTUAL_DISK_FLAG_NO_LOCAL_HOST)
        return tri_vds_refuse(VDS_E_NOT_SUPPORTED, "An attached image is always a disk of this machine.");
    if ((security && security[0]) || provider_flags)
        return tri_vds_refuse(VDS_E_NOT_SUPPORTED,
                              "The disk's node belongs to root, whatever the image's rights are; give no descriptor.");
    return flags & ATTACH_VIRTUAL_DISK_FLAG_READ_ONLY
               ? check_access(open, VIRTUAL_DISK_ACCESS_ATTACH_RO | VIRTUAL_DISK_ACCESS_ATTACH_RW, "attaching")
               : check_access(open, VIRTUAL_DISK_ACCESS_ATTACH_RW, "attaching for writing");
}

static int start_attach(const char *path, ULONGLONG read_only, struct tri_op *op, const struct tri_op_tag *tag,
                        struct tri_error *error)
{
    return tri_image_attach(path, read_only != 0, op, tag, error);
}

/* The disk outlives the client, whatever the flags say: VDS has it so. TimeoutInMs means nothing, as on Windows. */
static HRESULT STDMETHODCALLTYPE open_Attach(IVdsOpenVDisk *This, LPWSTR pStringSecurityDescriptor,
                                             ATTACH_VIRTUAL_DISK_FLAG Flags, ULONG ProviderSpecificFlags,
                                             ULONG TimeoutInMs, IVdsAsync **ppAsync)
{
    static const struct wants wants = {
        .own = TRI_IMAGE_ATTACHING, .already = VDS_E_VD_IS_BEING_ATTACHED, .attached = VDS_E_VD_ALREADY_ATTACHED};
    const struct open_vdisk *open = tri_com_face_object(This);
    (void)TimeoutInMs;
    if (!ppAsync)
        return tri_vds_no_place("IVdsOpenVDisk::Attach");
    *ppAsync = NULL;
    HRESULT hr = check_attach(open, pStringSecurityDescriptor, (ULONG)Flags, ProviderSpecificFlags);
    if (SUCCEEDED(hr))
        hr = image_free_for(open->path, &wants);
    if (FAILED(hr))
        return hr;
    return start(open, VDS_ASYNCOUT_ATTACH_VDISK, start_attach, (ULONG)Flags & ATTACH_VIRTUAL_DISK_FLAG_READ_ONLY,
                 ppAsync);
}

static HRESULT check_detach(const struct open_vdisk *open, ULONG flags, ULONG provider_flags)
{
    return flags || provider_flags ? unknown_flags(flags, provider_flags)
                                   : check_access(open, VIRTUAL_DISK_ACCESS_DETACH, "detaching");
}

static HRESULT STDMETHODCALLTYPE open_Detach(IVdsOpenVDisk *This, DETACH_VIRTUAL_DISK_FLAG Flags,
                                             ULONG ProviderSpecificFlags)
{
    static const struct wants wants = {
        .own = TRI_IMAGE_DETACHING, .already = VDS_E_VD_IS_BEING_DETACHED, .detached = VDS_E_VD_ALREADY_DETACHED};
    AUTO_ERROR error = {0};
    const struct open_vdisk *open = tri_com_face_object(This);
    HRESULT hr = check_detach(open, (ULONG)Flags, ProviderSpecificFlags);
    if (SUCCEEDED(hr))
        hr = image_free_for(open->path, &wants);
    int code = SUCCEEDED(hr) ? tri_image_detach(open->path, &error) : 0;
    return code < 0 ? tri_vds_image_fail(code, &error) : hr;
}

/* Also an image that is not attached is deleted. */
static HRESULT STDMETHODCALLTYPE open_DetachAndDelete(IVdsOpenVDisk *This, DETACH_VIRTUAL_DISK_FLAG Flags,
                                                      ULONG ProviderSpecificFlags)
{
    static const struct wants wants = {.own = TRI_IMAGE_DETACHING, .already = VDS_E_VD_IS_BEING_DETACHED};
    AUTO_ERROR error = {0};
    const struct open_vdisk *open = tri_com_face_object(This);
    HRESULT hr = check_detach(open, (ULONG)Flags, ProviderSpecificFlags);
    if (SUCCEEDED(hr))
        hr = image_free_for(open->path, &wants);
    int code = SUCCEEDED(hr) ? tri_image_delete(open->path, &error) : 0;
    return code < 0 ? tri_vds_image_fail(code, &error) : hr;
}

/* ---- compact, merge, expand ---- */

/* How they differ: what is asked of the image first, and what the engine is told. */
struct change {
    struct wants wants;
    HRESULT (*check)(const struct open_vdisk *open, const struct tri_image *image, ULONGLONG argument);
    VDS_ASYNC_OUTPUT_TYPE output;
    start_work *start;
};

static HRESULT change_file(IVdsOpenVDisk *This, const struct change *change, ULONG flags, ULONGLONG argument,
                           IVdsAsync **ppAsync)
{
    TRI_AUTO_IMAGE struct tri_image *image = NULL;
    const struct open_vdisk *open = tri_com_face_object(This);
    if (!ppAsync)
        return tri_vds_no_place("A change of an image");
    *ppAsync = NULL;
    if (flags)
        return unknown_flags(flags, 0);
    HRESULT hr = check_access(open, VIRTUAL_DISK_ACCESS_METAOPS, "changing the file (METAOPS)");
    if (SUCCEEDED(hr))
        hr = image_ready(open->path, &change->wants, &image);
    if (SUCCEEDED(hr))
        hr = change->check(open, image, argument);
    return FAILED(hr) ? hr : start(open, change->output, change->start, argument, ppAsync);
}

/* Attached read-only is for the engine to judge. */
static HRESULT check_not_written(const struct open_vdisk *open, const struct tri_image *image, ULONGLONG unused)
{
    (void)unused;
    if (image->state == TRI_IMAGE_ATTACHED && !image->is_read_only)
        return tri_vds_refuse(VDS_E_VD_NOT_ATTACHED_READONLY, "\"%s\" is attached for writing; detach it first.",
                              open->path);
    return S_OK;
}

static int start_compact(const char *path, ULONGLONG unused, struct tri_op *op, const struct tri_op_tag *tag,
                         struct tri_error *error)
{
    (void)unused;
    return tri_image_compact(path, op, tag, error);
}

static HRESULT STDMETHODCALLTYPE open_Compact(IVdsOpenVDisk *This, COMPACT_VIRTUAL_DISK_FLAG Flags, ULONG Reserved,
                                              IVdsAsync **ppAsync)
{
    static const struct change compact = {
        .wants = {.own = TRI_IMAGE_COMPACTING, .already = VDS_E_VD_ALREADY_COMPACTING},
        .check = check_not_written,
        .output = VDS_ASYNCOUT_COMPACT_VDISK,
        .start = start_compact,
    };
    return change_file(This, &compact, (ULONG)Flags | Reserved, 0, ppAsync);
}

/* The file and as many parents as are merged into must have been opened for writing. */
static HRESULT check_depth(const struct open_vdisk *open, const struct tri_image *image, ULONGLONG depth)
{
    if (depth == 0)
        return tri_vds_refuse(E_INVALIDARG, "A merge goes at least one parent deep, not 0.");
    if (!image->is_child)
        return tri_vds_refuse(E_INVALIDARG, "\"%s\" has no parent to be merged into.", open->path);
    if (open->read_write_depth <= depth)
        return tri_vds_refuse(E_ACCESSDENIED,
                              "\"%s\" was opened with %u files for writing; merging %llu deep writes to one more.",
                              open->path, open->read_write_depth, (unsigned long long)depth);
    return S_OK;
}

static int start_merge(const char *path, ULONGLONG depth, struct tri_op *op, const struct tri_op_tag *tag,
                       struct tri_error *error)
{
    return tri_image_merge(path, (unsigned)depth, op, tag, error);
}

static HRESULT STDMETHODCALLTYPE open_Merge(IVdsOpenVDisk *This, MERGE_VIRTUAL_DISK_FLAG Flags, ULONG MergeDepth,
                                            IVdsAsync **ppAsync)
{
    static const struct change merge = {
        .wants = {.own = TRI_IMAGE_MERGING, .already = VDS_E_VD_ALREADY_MERGING, .attached = VDS_E_VD_IS_ATTACHED},
        .check = check_depth,
        .output = VDS_ASYNCOUT_MERGE_VDISK,
        .start = start_merge,
    };
    return change_file(This, &merge, (ULONG)Flags, MergeDepth, ppAsync);
}

static HRESULT check_new_size(const struct open_vdisk *open, const struct tri_image *image, ULONGLONG size_bytes)
{
    if (size_bytes % 512 == 0 && size_bytes <= INT64_MAX && size_bytes > image->virtual_size_bytes)
        return S_OK;
    return tri_vds_refuse(E_INVALIDARG,
                          "\"%s\" has %llu bytes and can become larger only, by multiples of 512; %llu is not that.",
                          open->path, (unsigned long long)image->virtual_size_bytes, (unsigned long long)size_bytes);
}

static int start_expand(const char *path, ULONGLONG size_bytes, struct tri_op *op, const struct tri_op_tag *tag,
                        struct tri_error *error)
{
    return tri_image_expand(path, size_bytes, op, tag, error);
}

static HRESULT STDMETHODCALLTYPE open_Expand(IVdsOpenVDisk *This, EXPAND_VIRTUAL_DISK_FLAG Flags, ULONGLONG NewSize,
                                             IVdsAsync **ppAsync)
{
    static const struct change expand = {
        .wants = {.own = TRI_IMAGE_EXPANDING,
                  .already = VDS_E_VD_DISK_ALREADY_EXPANDING,
                  .attached = VDS_E_VD_IS_ATTACHED},
        .check = check_new_size,
        .output = VDS_ASYNCOUT_EXPAND_VDISK,
        .start = start_expand,
    };
    return change_file(This, &expand, (ULONG)Flags, NewSize, ppAsync);
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
