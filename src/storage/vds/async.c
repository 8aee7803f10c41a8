/* IVdsAsync: the operation in VDS' words.
 *
 *   the operation     QueryStatus                         Cancel
 *   runs              PENDING, 0..99 (0: unknown)         S_OK, or what it says below
 *   done              its HRESULT, 100, well or not       CANCEL_TOO_LATE; OPERATION_CANCELED where it was cancelled
 *
 * Letting go of the object does not stop the work: a started operation keeps itself alive. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "storage/vds/face.h"

/* How long Cancel waits for the work to fall silent, so that a client which cancels and goes on finds a quiet disk. */
#define QUIET_MS 2000

struct async {
    struct tri_com_object com;
    struct tri_com_face IVdsAsync_face;
    struct tri_op *op;
    VDS_ASYNC_OUTPUT_TYPE type;
    _Atomic HRESULT result; /* PENDING until somebody has read it off the operation */
    IUnknown *_Atomic made; /* what Wait hands out; made by the first one, and held */
    _Atomic int refusal;    /* the work's, of a cancel; 0: none */
};

static struct async *this_async(IVdsAsync *This)
{
    return (struct async *)((struct tri_com_face *)This)->object; /* inline: this is what a poll costs */
}

/* ---- the result ---- */

/* What the reader of the operation takes away; the value is only borrowed there. */
struct outcome {
    struct async *async;
    int code;
    bool has_value;
    struct tri_partition_result partition;
    struct tri_shrink_result shrink;
    char *path;
    struct tri_error error; /* its text only */
};

static void take_value(struct outcome *outcome, const void *value)
{
    switch (outcome->async->type) {
    case VDS_ASYNCOUT_CREATEPARTITION:
    case VDS_ASYNCOUT_CREATEVOLUME:
        outcome->partition = *(const struct tri_partition_result *)value;
        break;
    case VDS_ASYNCOUT_SHRINKVOLUME:
        outcome->shrink = *(const struct tri_shrink_result *)value;
        break;
    case VDS_ASYNCOUT_CREATE_VDISK:
        outcome->path = strdup(value);
        break;
    default:
        break;
    }
    outcome->has_value = true;
}

static int read_outcome(void *context, const struct tri_op_tag *tag, int code, const struct tri_error *error,
                        void *value)
{
    struct outcome *outcome = context;
    outcome->code = code;
    if (code < 0 && error && error->text)
        outcome->error.text = strdup(error->text);
    else if (code >= 0 && value)
        take_value(outcome, value);
    return 0;
}

static void outcome_finish(struct outcome *outcome)
{
    tri_error_clear(&outcome->error);
    free(outcome->path);
}

/* VDS has a code of its own for a lack of rights that only the work met with. */
static HRESULT result_of(const struct async *async, int code)
{
    return code == -EACCES || code == -EPERM ? VDS_E_ACCESS_DENIED : tri_vds_hresult_of(async->type, code);
}

/* The final HRESULT; VDS_E_OPERATION_PENDING where the operation runs. The sentence of a failure becomes this thread's
 * error information, whenever it is told; not inside the reader, since that lets go of what was there before, which may
 * be a client's object. */
static HRESULT learn(struct async *async, struct outcome *outcome)
{
    *outcome = (struct outcome){.async = async};
    if (tri_op_read_result(async->op, read_outcome, outcome) < 0)
        return VDS_E_OPERATION_PENDING;
    if (outcome->code < 0)
        tri_vds_tell(outcome->code, &outcome->error);
    HRESULT hr = result_of(async, outcome->code);
    atomic_store_explicit(&async->result, hr, memory_order_release);
    return hr;
}

/* ---- QueryStatus ---- */

/* One atomic load where it is done and well, two or three while it runs. A failure is read off the operation each time,
 * for its sentence. */
static HRESULT STDMETHODCALLTYPE async_QueryStatus(IVdsAsync *This, HRESULT *pHrResult, ULONG *pulPercentCompleted)
{
    struct async *async = this_async(This);
    if (!pHrResult || !pulPercentCompleted)
        return tri_vds_refuse(E_INVALIDARG,
                              "IVdsAsync::QueryStatus needs a place for the result and one for the percentage.");
    HRESULT hr = atomic_load_explicit(&async->result, memory_order_acquire);
    if (FAILED(hr)) {
        unsigned percent = hr == VDS_E_OPERATION_PENDING ? tri_op_percent(async->op) : 100;
        if (percent < 100) {
            *pHrResult = VDS_E_OPERATION_PENDING;
            *pulPercentCompleted = percent;
            return S_OK;
        }
        struct outcome outcome;
        hr = learn(async, &outcome);
        outcome_finish(&outcome);
    }
    *pHrResult = hr;
    *pulPercentCompleted = 100;
    return S_OK;
}

/* ---- Wait ---- */

static HRESULT make_object(struct async *async, const struct outcome *outcome, IUnknown **ret)
{
    if (async->type == VDS_ASYNCOUT_CREATE_VDISK)
        return outcome->path ? tri_vds_vdisk_new(outcome->path, &IID_IUnknown, (void **)ret) : E_OUTOFMEMORY;
    struct tri_volume_id volume = {
        .sequence = outcome->partition.sequence,
        .offset_bytes = outcome->partition.offset_bytes,
        .id = outcome->partition.volume,
    };
    return tri_vds_volume_new(&volume, &IID_IUnknown, (void **)ret);
}

/* The object of this operation, the same one for every Wait, with a reference that is the caller's. */
static HRESULT hand_out_object(struct async *async, const struct outcome *outcome, IUnknown **ret)
{
    IUnknown *object = atomic_load(&async->made), *made = NULL;
    if (!object) {
        HRESULT hr = make_object(async, outcome, &made);
        if (FAILED(hr))
            return hr;
        if (atomic_compare_exchange_strong(&async->made, &object, made))
            object = made;
        else
            made->lpVtbl->Release(made); /* another Wait was faster */
    }
    object->lpVtbl->AddRef(object);
    *ret = object;
    return S_OK;
}

/* volumeId stays GUID_NULL where the partition is no volume. */
static void put_partition(const struct tri_partition_result *result, VDS_ASYNC_OUTPUT *out)
{
    struct tri_volume_id volume = {result->sequence, result->offset_bytes, result->volume};
    out->cp.ullOffset = result->offset_bytes;
    if (result->is_volume)
        out->cp.volumeId = tri_vds_volume_id(&volume);
}

static HRESULT put_output(struct async *async, const struct outcome *outcome, VDS_ASYNC_OUTPUT *out)
{
    switch (async->type) {
    case VDS_ASYNCOUT_CREATEPARTITION:
        put_partition(&outcome->partition, out);
        break;
    case VDS_ASYNCOUT_CREATEVOLUME:
        return outcome->has_value ? hand_out_object(async, outcome, &out->cv.pVolumeUnk) : VDS_E_ASYNC_OBJECT_FAILURE;
    case VDS_ASYNCOUT_CREATE_VDISK:
        return outcome->has_value ? hand_out_object(async, outcome, &out->cvd.pVDiskUnk) : VDS_E_ASYNC_OBJECT_FAILURE;
    case VDS_ASYNCOUT_SHRINKVOLUME:
        out->sv.ullReclaimedBytes = outcome->shrink.reclaimed_bytes;
        break;
    default:
        break;
    }
    return S_OK;
}

/* Both pointers are needed; Windows' own clients always bring both. */
static HRESULT STDMETHODCALLTYPE async_Wait(IVdsAsync *This, HRESULT *pHrResult, VDS_ASYNC_OUTPUT *pAsyncOut)
{
    struct async *async = this_async(This);
    if (!pHrResult || !pAsyncOut)
        return tri_vds_refuse(E_INVALIDARG, "IVdsAsync::Wait needs a place for the result and one for the output.");
    memset(pAsyncOut, 0, sizeof(*pAsyncOut));
    pAsyncOut->type = async->type;
    if (tri_op_wait(async->op, TRI_DEADLINE_NEVER) < 0)
        return tri_vds_refuse(VDS_E_ASYNC_OBJECT_FAILURE, "The operation was closed.");
    struct outcome outcome;
    HRESULT result = learn(async, &outcome), hr = S_OK;
    if (SUCCEEDED(result))
        hr = put_output(async, &outcome, pAsyncOut);
    outcome_finish(&outcome);
    if (SUCCEEDED(hr))
        *pHrResult = result;
    return hr;
}

/* ---- Cancel ---- */

static HRESULT too_late(void)
{
    return tri_vds_refuse(VDS_E_CANCEL_TOO_LATE,
                          "It is too late to cancel: the operation has ended, and its result stands.");
}

/* The work will not stop; so it said, now or when it was asked before. */
static HRESULT refused(struct async *async, int code)
{
    atomic_store(&async->refusal, code);
    if (code == -EOPNOTSUPP)
        return tri_vds_refuse(VDS_E_NOT_SUPPORTED, "This operation cannot be cancelled; it goes on.");
    return tri_vds_refuse(VDS_E_CANCEL_TOO_LATE,
                          "It is too late to cancel: to stop now would do harm, so the operation goes on.");
}

/* It was asked to stop. Waits until it is quiet, but not for ever: S_OK also says "accepted, and it will be". */
static HRESULT settle(struct async *async)
{
    if (tri_op_wait(async->op, tri_deadline_ns(QUIET_MS)) < 0)
        return S_OK;
    struct tri_op_info info;
    tri_op_info(async->op, &info);
    return info.code == -ECANCELED ? S_OK : too_late();
}

static HRESULT STDMETHODCALLTYPE async_Cancel(IVdsAsync *This)
{
    struct async *async = this_async(This);
    int code = tri_op_cancel(async->op), before = atomic_load(&async->refusal);
    switch (code) {
    case 0:
        return settle(async);
    case -EALREADY:
        return before ? refused(async, before)
                      : tri_vds_refuse(VDS_E_OPERATION_CANCELED, "The operation was cancelled before.");
    case -EOPNOTSUPP:
    case TRI_STORAGE_TOO_LATE:
        return refused(async, code);
    default:
        return too_late();
    }
}

/* ---- the class ---- */

static const IVdsAsyncVtbl async_vtbl = {
    TRI_COM_UNKNOWN(IVdsAsync),
    .Cancel = async_Cancel,
    .Wait = async_Wait,
    .QueryStatus = async_QueryStatus,
};

static void async_destroy(void *object)
{
    struct async *async = object;
    IUnknown *made = atomic_load(&async->made);
    if (made)
        made->lpVtbl->Release(made);
    tri_op_unref(async->op);
}

static const struct tri_com_row async_rows[] = {
    {&IID_IVdsAsync, offsetof(struct async, IVdsAsync_face), &async_vtbl},
};

static const struct tri_com_class async_class = {
    .name = "async",
    .size = sizeof(struct async),
    .rows = async_rows,
    .row_count = sizeof async_rows / sizeof async_rows[0],
    .destroy = async_destroy,
};

struct tri_op_tag tri_vds_tag(VDS_ASYNC_OUTPUT_TYPE type)
{
    return (struct tri_op_tag){.kind = (int)type};
}

HRESULT tri_vds_async(const struct tri_op_tag *tag, struct tri_op *op, int code, struct tri_error *error,
                      IVdsAsync **ppAsync)
{
    TRI_AUTO_OP struct tri_op *owned = op;
    *ppAsync = NULL;
    if (code < 0)
        return tri_vds_fail_as(tri_vds_hresult_of((VDS_ASYNC_OUTPUT_TYPE)tag->kind, code), code, error);
    struct async *async = tri_com_new(&async_class);
    if (!async) {
        tri_op_cancel(op); /* nobody will be able to ask for it */
        return tri_vds_fail(-ENOMEM, error);
    }
    async->op = TRI_TAKE(owned);
    async->type = (VDS_ASYNC_OUTPUT_TYPE)tag->kind;
    atomic_init(&async->result, VDS_E_OPERATION_PENDING);
    *ppAsync = (IVdsAsync *)&async->IVdsAsync_face;
    return S_OK;
}
