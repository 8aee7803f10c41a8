/* IEnumVdsObject: a snapshot of objects, and a place in it. */
#include <errno.h>
#include <stdlib.h>

#include "storage/vds/face.h"

/* ---- the list ---- */

static void release(IUnknown *object)
{
    if (object)
        object->lpVtbl->Release(object);
}

HRESULT tri_vds_list_add(struct tri_vds_list *list, IUnknown *object)
{
    if (!object)
        return E_UNEXPECTED;
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 8;
        IUnknown **objects = realloc(list->objects, room * sizeof(*objects));
        if (!objects) {
            release(object);
            return tri_vds_fail(-ENOMEM, NULL);
        }
        list->objects = objects;
        list->room = room;
    }
    list->objects[list->count++] = object;
    return S_OK;
}

void tri_vds_list_clear(struct tri_vds_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        release(list->objects[i]);
    free(list->objects);
    *list = (struct tri_vds_list){0};
}

/* ---- the enumerator ---- */

struct enumerator {
    struct tri_com_object com;
    struct tri_com_face IEnumVdsObject_face;
    struct tri_vds_list list;
    _Atomic size_t next; /* 0..count */
};

static const struct tri_com_class enumerator_class;

static struct enumerator *this_enumerator(IEnumVdsObject *This)
{
    return tri_com_face_object(This);
}

/* Moves on by at most `wanted`; returns by how much, and from where. */
static size_t advance(struct enumerator *enumerator, size_t wanted, size_t *ret_from)
{
    size_t from = atomic_load(&enumerator->next), step;
    do {
        size_t left = enumerator->list.count - from;
        step = wanted < left ? wanted : left;
    } while (!atomic_compare_exchange_weak(&enumerator->next, &from, from + step));
    *ret_from = from;
    return step;
}

/* The place behind the last object is set to NULL where the array has one, so that clients which look at it and not at
 * the count see the end. */
static HRESULT STDMETHODCALLTYPE enumerator_Next(IEnumVdsObject *This, ULONG celt, IUnknown **ppObjectArray,
                                                 ULONG *pcFetched)
{
    if (!ppObjectArray || !pcFetched)
        return tri_vds_refuse(E_INVALIDARG, "IEnumVdsObject::Next needs an array and a place for the count.");
    struct enumerator *enumerator = this_enumerator(This);
    size_t from, count = advance(enumerator, celt, &from);
    for (size_t i = 0; i < count; i++) {
        ppObjectArray[i] = enumerator->list.objects[from + i];
        ppObjectArray[i]->lpVtbl->AddRef(ppObjectArray[i]);
    }
    *pcFetched = (ULONG)count;
    if (count == celt)
        return S_OK;
    ppObjectArray[count] = NULL;
    return S_FALSE;
}

static HRESULT STDMETHODCALLTYPE enumerator_Skip(IEnumVdsObject *This, ULONG celt)
{
    size_t from;
    return advance(this_enumerator(This), celt, &from) == celt ? S_OK : S_FALSE;
}

static HRESULT STDMETHODCALLTYPE enumerator_Reset(IEnumVdsObject *This)
{
    atomic_store(&this_enumerator(This)->next, 0);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE enumerator_Clone(IEnumVdsObject *This, IEnumVdsObject **ppEnum)
{
    if (!ppEnum)
        return tri_vds_refuse(E_INVALIDARG, "IEnumVdsObject::Clone needs a place for the enumerator.");
    *ppEnum = NULL;
    struct enumerator *enumerator = this_enumerator(This);
    struct tri_vds_list list = {0};
    for (size_t i = 0; i < enumerator->list.count; i++) {
        IUnknown *object = enumerator->list.objects[i];
        object->lpVtbl->AddRef(object);
        HRESULT hr = tri_vds_list_add(&list, object);
        if (FAILED(hr)) {
            tri_vds_list_clear(&list);
            return hr;
        }
    }
    HRESULT hr = tri_vds_enum_new(&list, ppEnum);
    if (SUCCEEDED(hr))
        atomic_store(&this_enumerator(*ppEnum)->next, atomic_load(&enumerator->next));
    return hr;
}

static const IEnumVdsObjectVtbl enumerator_vtbl = {
    TRI_COM_UNKNOWN(IEnumVdsObject),
    .Next = enumerator_Next,
    .Skip = enumerator_Skip,
    .Reset = enumerator_Reset,
    .Clone = enumerator_Clone,
};

static void enumerator_destroy(void *object)
{
    struct enumerator *enumerator = object;
    tri_vds_list_clear(&enumerator->list);
}

static const struct tri_com_row enumerator_rows[] = {
    {&IID_IEnumVdsObject, offsetof(struct enumerator, IEnumVdsObject_face), &enumerator_vtbl},
};

static const struct tri_com_class enumerator_class = {
    .name = "enumerator",
    .size = sizeof(struct enumerator),
    .rows = enumerator_rows,
    .row_count = sizeof enumerator_rows / sizeof enumerator_rows[0],
    .destroy = enumerator_destroy,
};

HRESULT tri_vds_enum_new(struct tri_vds_list *list, IEnumVdsObject **ret)
{
    *ret = NULL;
    struct enumerator *enumerator = tri_com_new(&enumerator_class);
    if (!enumerator) {
        tri_vds_list_clear(list);
        return tri_vds_fail(-ENOMEM, NULL);
    }
    enumerator->list = *list;
    *list = (struct tri_vds_list){0};
    *ret = (IEnumVdsObject *)&enumerator->IEnumVdsObject_face;
    return S_OK;
}
