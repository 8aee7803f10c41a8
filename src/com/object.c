#include "com/object.h"

#include <stdlib.h>

static _Atomic size_t live;

/* More references than there can be: while an object is destroyed it may be taken and let go of without being destroyed
 * once more. */
#define BEING_DESTROYED (1u << 30)

size_t tri_com_live(void)
{
    return atomic_load_explicit(&live, memory_order_relaxed);
}

static struct tri_com_face *face_of(void *object, const struct tri_com_row *row)
{
    return (struct tri_com_face *)((char *)object + row->offset);
}

void *tri_com_new(const struct tri_com_class *cls)
{
    struct tri_com_object *object = calloc(1, cls->size);
    if (!object)
        return NULL;
    object->class_ = cls;
    atomic_init(&object->references, 1);
    for (size_t i = 0; i < cls->row_count; i++)
        *face_of(object, &cls->rows[i]) = (struct tri_com_face){cls->rows[i].vtbl, object};
    atomic_fetch_add_explicit(&live, 1, memory_order_relaxed);
    return object;
}

static uint32_t take(struct tri_com_object *object)
{
    return atomic_fetch_add_explicit(&object->references, 1, memory_order_relaxed) + 1;
}

static void destroy(struct tri_com_object *object)
{
    atomic_store_explicit(&object->references, BEING_DESTROYED, memory_order_relaxed);
    if (object->class_->destroy)
        object->class_->destroy(object);
    free(object);
    atomic_fetch_sub_explicit(&live, 1, memory_order_relaxed);
}

static uint32_t let_go(struct tri_com_object *object)
{
    uint32_t left = atomic_fetch_sub_explicit(&object->references, 1, memory_order_acq_rel) - 1;
    if (left == 0)
        destroy(object);
    return left;
}

void tri_com_ref(void *object)
{
    if (object)
        take(object);
}

void tri_com_unref(void *object)
{
    if (object)
        let_go(object);
}

static const struct tri_com_row *find_row(struct tri_com_object *object, const IID *iid)
{
    const struct tri_com_class *cls = object->class_;
    if (IsEqualIID(iid, &IID_IUnknown))
        return &cls->rows[0];
    for (size_t i = 0; i < cls->row_count; i++)
        if (IsEqualIID(iid, cls->rows[i].iid))
            return cls->answers && !cls->answers(object, iid) ? NULL : &cls->rows[i];
    return NULL;
}

HRESULT tri_com_query(void *object, REFIID iid, void **ret)
{
    if (!ret)
        return E_POINTER;
    *ret = NULL;
    if (!iid)
        return E_INVALIDARG;
    const struct tri_com_row *row = find_row(object, iid);
    if (!row)
        return E_NOINTERFACE;
    take(object);
    *ret = face_of(object, row);
    return S_OK;
}

HRESULT tri_com_create(const struct tri_com_class *cls, REFIID iid, void **ret)
{
    void *made = tri_com_new(cls);
    HRESULT hr = made ? tri_com_query(made, iid, ret) : E_OUTOFMEMORY;
    tri_com_unref(made);
    return hr;
}

void *tri_com_face_object(const void *This)
{
    return ((const struct tri_com_face *)This)->object;
}

void *tri_com_object_of(void *unknown_iface, const struct tri_com_class *cls)
{
    IUnknown *unknown = unknown_iface;
    const IUnknownVtbl ours = {TRI_COM_UNKNOWN(IUnknown)};
    if (!unknown || !unknown->lpVtbl || unknown->lpVtbl->QueryInterface != ours.QueryInterface)
        return NULL;
    struct tri_com_object *object = tri_com_face_object(unknown);
    return object->class_ == cls ? object : NULL;
}

HRESULT STDMETHODCALLTYPE tri_com_QueryInterface(void *This, REFIID iid, void **ret)
{
    return tri_com_query(tri_com_face_object(This), iid, ret);
}

ULONG STDMETHODCALLTYPE tri_com_AddRef(void *This)
{
    return take(tri_com_face_object(This));
}

ULONG STDMETHODCALLTYPE tri_com_Release(void *This)
{
    return let_go(tri_com_face_object(This));
}
