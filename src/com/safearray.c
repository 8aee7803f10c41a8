/* An array is two blocks: the elements, and the structure with a prefix of 16 bytes before it, which has the elements'
 * type or id, where Windows has them too. Bounds are kept the last dimension first; the first index runs fastest. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "com/variant.h"

#define PREFIX_BYTES 16
#define LOCKS_MAX 0xFFFF
#define DATA_BYTES_MAX INT32_MAX
#define FADF_NOT_OURS (FADF_AUTO | FADF_STATIC | FADF_EMBEDDED)
#define FADF_HELD (FADF_BSTR | FADF_UNKNOWN | FADF_DISPATCH | FADF_VARIANT)

/* ---- making ---- */

static USHORT features_of(VARTYPE type)
{
    switch (type) {
    case VT_BSTR:
        return FADF_BSTR | FADF_HAVEVARTYPE;
    case VT_VARIANT:
        return FADF_VARIANT | FADF_HAVEVARTYPE;
    case VT_UNKNOWN:
        return FADF_UNKNOWN | FADF_HAVEIID;
    case VT_DISPATCH:
        return FADF_DISPATCH | FADF_HAVEIID;
    default:
        return FADF_HAVEVARTYPE;
    }
}

/* All zero, and no elements yet. NULL: no memory. */
static SAFEARRAY *make_descriptor(USHORT dimensions)
{
    size_t more = (dimensions - 1u) * sizeof(SAFEARRAYBOUND);
    char *block = calloc(1, PREFIX_BYTES + sizeof(SAFEARRAY) + more);
    if (!block)
        return NULL;
    SAFEARRAY *array = (SAFEARRAY *)(void *)(block + PREFIX_BYTES);
    array->cDims = dimensions;
    return array;
}

static void free_descriptor(SAFEARRAY *array)
{
    free((char *)array - PREFIX_BYTES);
}

static void set_type(SAFEARRAY *array, VARTYPE type)
{
    static const IID dispatch = {0x00020400, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}};
    uint32_t word = type;
    array->fFeatures = features_of(type);
    array->cbElements = (ULONG)tri_variant_type_size(type);
    if (array->fFeatures & FADF_HAVEIID)
        memcpy((char *)array - sizeof(IID), type == VT_UNKNOWN ? &IID_IUnknown : &dispatch, sizeof(IID));
    else
        memcpy((char *)array - sizeof word, &word, sizeof word);
}

/* How many elements the bounds describe; false: more than there can be. */
static bool count_elements(const SAFEARRAY *array, size_t *ret)
{
    size_t count = 1, bytes;
    for (USHORT i = 0; i < array->cDims; i++) {
        const SAFEARRAYBOUND *bound = &array->rgsabound[i];
        if (bound->cElements > 0 && (int64_t)bound->lLbound + bound->cElements - 1 > INT32_MAX)
            return false;
        if (__builtin_mul_overflow(count, (size_t)bound->cElements, &count))
            return false;
    }
    if (__builtin_mul_overflow(count, (size_t)array->cbElements, &bytes) || bytes > DATA_BYTES_MAX)
        return false;
    *ret = count;
    return true;
}

/* Zeroed elements for the array's bounds, at least one byte; NULL: too many, or no memory. */
static void *make_data(const SAFEARRAY *array, size_t *ret_count)
{
    return count_elements(array, ret_count) ? calloc(*ret_count ? *ret_count : 1, array->cbElements) : NULL;
}

SAFEARRAY *WINAPI SafeArrayCreate(VARTYPE vt, UINT cDims, SAFEARRAYBOUND *rgsabound)
{
    if (tri_variant_type_size(vt) == 0 || cDims == 0 || cDims > UINT16_MAX || !rgsabound)
        return NULL;
    SAFEARRAY *array = make_descriptor((USHORT)cDims);
    if (!array)
        return NULL;
    size_t count;
    set_type(array, vt);
    for (UINT i = 0; i < cDims; i++)
        array->rgsabound[cDims - 1 - i] = rgsabound[i];
    array->pvData = make_data(array, &count);
    if (!array->pvData) {
        free_descriptor(array);
        return NULL;
    }
    return array;
}

SAFEARRAY *WINAPI SafeArrayCreateVector(VARTYPE vt, LONG lLbound, ULONG cElements)
{
    SAFEARRAYBOUND bound = {.cElements = cElements, .lLbound = lLbound};
    return SafeArrayCreate(vt, 1, &bound);
}

/* ---- elements that hold something ---- */

static void clear_element(const SAFEARRAY *array, void *element)
{
    if (array->fFeatures & FADF_BSTR)
        SysFreeString(*(BSTR *)element);
    else if (array->fFeatures & FADF_VARIANT)
        VariantClear(element);
    else if (array->fFeatures & (FADF_UNKNOWN | FADF_DISPATCH) && *(IUnknown **)element)
        (*(IUnknown **)element)->lpVtbl->Release(*(IUnknown **)element);
}

static void clear_elements(const SAFEARRAY *array, size_t first, size_t end)
{
    if (array->fFeatures & FADF_HELD)
        for (size_t i = first; i < end; i++)
            clear_element(array, (char *)array->pvData + i * array->cbElements);
}

/* Copies an element into a place that holds nothing; the place is untouched on failure. */
static HRESULT copy_element(const SAFEARRAY *array, const void *from, void *to)
{
    if (array->fFeatures & FADF_BSTR)
        return tri_bstr_copy(*(const BSTR *)from, to);
    if (array->fFeatures & FADF_VARIANT) {
        VARIANT copy = {0};
        HRESULT hr = VariantCopy(&copy, from);
        if (SUCCEEDED(hr))
            *(VARIANT *)to = copy;
        return hr;
    }
    IUnknown *object = array->fFeatures & (FADF_UNKNOWN | FADF_DISPATCH) ? *(IUnknown *const *)from : NULL;
    if (object)
        object->lpVtbl->AddRef(object);
    memcpy(to, from, array->cbElements);
    return S_OK;
}

/* ---- freeing and copying ---- */

HRESULT WINAPI SafeArrayDestroyData(SAFEARRAY *psa)
{
    size_t count;
    if (!psa)
        return E_INVALIDARG;
    if (__atomic_load_n(&psa->cLocks, __ATOMIC_RELAXED))
        return DISP_E_ARRAYISLOCKED;
    if (!psa->pvData || !count_elements(psa, &count))
        return S_OK;
    clear_elements(psa, 0, count);
    if (psa->fFeatures & FADF_NOT_OURS) {
        memset(psa->pvData, 0, count * psa->cbElements);
        return S_OK;
    }
    free(psa->pvData);
    psa->pvData = NULL;
    return S_OK;
}

HRESULT WINAPI SafeArrayDestroy(SAFEARRAY *psa)
{
    HRESULT hr = psa ? SafeArrayDestroyData(psa) : S_OK;
    if (psa && SUCCEEDED(hr) && !(psa->fFeatures & FADF_NOT_OURS))
        free_descriptor(psa);
    return hr;
}

static HRESULT copy_elements(const SAFEARRAY *from, SAFEARRAY *to)
{
    size_t count;
    to->pvData = make_data(from, &count);
    if (!to->pvData)
        return E_OUTOFMEMORY;
    if (!(from->fFeatures & FADF_HELD)) {
        memcpy(to->pvData, from->pvData, count * from->cbElements);
        return S_OK;
    }
    HRESULT hr = S_OK;
    for (size_t i = 0; i < count && SUCCEEDED(hr); i++)
        hr = copy_element(from, (const char *)from->pvData + i * from->cbElements,
                          (char *)to->pvData + i * from->cbElements);
    return hr;
}

HRESULT WINAPI SafeArrayCopy(SAFEARRAY *psa, SAFEARRAY **ppsaOut)
{
    if (!ppsaOut)
        return E_INVALIDARG;
    *ppsaOut = NULL;
    if (!psa)
        return S_OK;
    if (!psa->cDims || !psa->cbElements)
        return E_INVALIDARG;
    SAFEARRAY *copy = make_descriptor(psa->cDims);
    if (!copy)
        return E_OUTOFMEMORY;
    copy->fFeatures = psa->fFeatures & (USHORT) ~(FADF_NOT_OURS | FADF_FIXEDSIZE);
    copy->cbElements = psa->cbElements;
    if (psa->fFeatures & (FADF_HAVEIID | FADF_HAVEVARTYPE))
        memcpy((char *)copy - PREFIX_BYTES, (char *)psa - PREFIX_BYTES, PREFIX_BYTES);
    memcpy(copy->rgsabound, psa->rgsabound, psa->cDims * sizeof(SAFEARRAYBOUND));
    HRESULT hr = psa->pvData ? copy_elements(psa, copy) : S_OK;
    if (FAILED(hr)) {
        SafeArrayDestroy(copy);
        return hr;
    }
    *ppsaOut = copy;
    return S_OK;
}

/* ---- what it is ---- */

UINT WINAPI SafeArrayGetDim(SAFEARRAY *psa)
{
    return psa ? psa->cDims : 0;
}

UINT WINAPI SafeArrayGetElemsize(SAFEARRAY *psa)
{
    return psa ? psa->cbElements : 0;
}

HRESULT WINAPI SafeArrayGetLBound(SAFEARRAY *psa, UINT nDim, LONG *plLbound)
{
    if (!psa || !plLbound)
        return E_INVALIDARG;
    if (nDim == 0 || nDim > psa->cDims)
        return DISP_E_BADINDEX;
    *plLbound = psa->rgsabound[psa->cDims - nDim].lLbound;
    return S_OK;
}

HRESULT WINAPI SafeArrayGetUBound(SAFEARRAY *psa, UINT nDim, LONG *plUbound)
{
    LONG first;
    HRESULT hr = plUbound ? SafeArrayGetLBound(psa, nDim, &first) : E_INVALIDARG;
    if (SUCCEEDED(hr))
        *plUbound = (LONG)((ULONG)first + psa->rgsabound[psa->cDims - nDim].cElements - 1);
    return hr;
}

HRESULT WINAPI SafeArrayGetVartype(SAFEARRAY *psa, VARTYPE *pvt)
{
    if (!psa || !pvt)
        return E_INVALIDARG;
    if (psa->fFeatures & FADF_HAVEVARTYPE) {
        uint32_t type;
        memcpy(&type, (char *)psa - sizeof type, sizeof type);
        *pvt = (VARTYPE)type;
    } else if (psa->fFeatures & FADF_BSTR) {
        *pvt = VT_BSTR;
    } else if (psa->fFeatures & FADF_VARIANT) {
        *pvt = VT_VARIANT;
    } else if (psa->fFeatures & FADF_DISPATCH) {
        *pvt = VT_DISPATCH;
    } else if (psa->fFeatures & FADF_UNKNOWN) {
        *pvt = VT_UNKNOWN;
    } else {
        return E_INVALIDARG;
    }
    return S_OK;
}

/* ---- reading and writing ---- */

HRESULT WINAPI SafeArrayPtrOfIndex(SAFEARRAY *psa, LONG *rgIndices, void **ppvData)
{
    if (!psa || !rgIndices || !ppvData || !psa->pvData)
        return E_INVALIDARG;
    size_t position = 0, stride = 1;
    for (USHORT i = 0; i < psa->cDims; i++) {
        const SAFEARRAYBOUND *bound = &psa->rgsabound[psa->cDims - 1 - i];
        int64_t index = (int64_t)rgIndices[i] - bound->lLbound;
        if (index < 0 || index >= bound->cElements)
            return DISP_E_BADINDEX;
        position += (size_t)index * stride;
        stride *= bound->cElements;
    }
    *ppvData = (char *)psa->pvData + position * psa->cbElements;
    return S_OK;
}

HRESULT WINAPI SafeArrayGetElement(SAFEARRAY *psa, LONG *rgIndices, void *pv)
{
    void *element;
    HRESULT hr = pv ? SafeArrayPtrOfIndex(psa, rgIndices, &element) : E_INVALIDARG;
    return FAILED(hr) ? hr : copy_element(psa, element, pv);
}

HRESULT WINAPI SafeArrayPutElement(SAFEARRAY *psa, LONG *rgIndices, void *pv)
{
    void *element;
    HRESULT hr = SafeArrayPtrOfIndex(psa, rgIndices, &element);
    if (FAILED(hr))
        return hr;
    bool is_pointer = psa->fFeatures & (FADF_BSTR | FADF_UNKNOWN | FADF_DISPATCH); /* pv is the value itself */
    if (!is_pointer && !pv)
        return E_INVALIDARG;
    VARIANT copy = {0}; /* room for the largest element */
    hr = copy_element(psa, is_pointer ? &pv : pv, &copy);
    if (FAILED(hr))
        return hr;
    clear_element(psa, element);
    memcpy(element, &copy, psa->cbElements);
    return S_OK;
}

HRESULT WINAPI SafeArrayLock(SAFEARRAY *psa)
{
    if (!psa)
        return E_INVALIDARG;
    if (__atomic_add_fetch(&psa->cLocks, 1, __ATOMIC_RELAXED) <= LOCKS_MAX)
        return S_OK;
    __atomic_sub_fetch(&psa->cLocks, 1, __ATOMIC_RELAXED);
    return E_UNEXPECTED;
}

HRESULT WINAPI SafeArrayUnlock(SAFEARRAY *psa)
{
    if (!psa)
        return E_INVALIDARG;
    ULONG before = __atomic_load_n(&psa->cLocks, __ATOMIC_RELAXED);
    do {
        if (before == 0)
            return E_UNEXPECTED;
    } while (!__atomic_compare_exchange_n(&psa->cLocks, &before, before - 1, true, __ATOMIC_RELAXED,
                                          __ATOMIC_RELAXED));
    return S_OK;
}

HRESULT WINAPI SafeArrayAccessData(SAFEARRAY *psa, void **ppvData)
{
    HRESULT hr = ppvData ? SafeArrayLock(psa) : E_INVALIDARG;
    if (SUCCEEDED(hr))
        *ppvData = psa->pvData;
    return hr;
}

HRESULT WINAPI SafeArrayUnaccessData(SAFEARRAY *psa)
{
    return SafeArrayUnlock(psa);
}

/* ---- resizing ---- */

HRESULT WINAPI SafeArrayRedim(SAFEARRAY *psa, SAFEARRAYBOUND *psaboundNew)
{
    size_t before, after;
    if (!psa || !psaboundNew || (psa->fFeatures & (FADF_NOT_OURS | FADF_FIXEDSIZE)) || !count_elements(psa, &before))
        return E_INVALIDARG;
    if (__atomic_load_n(&psa->cLocks, __ATOMIC_RELAXED))
        return DISP_E_ARRAYISLOCKED;
    SAFEARRAYBOUND old = psa->rgsabound[0];
    psa->rgsabound[0] = *psaboundNew;
    void *data = make_data(psa, &after);
    if (!data) {
        psa->rgsabound[0] = old;
        return E_OUTOFMEMORY;
    }
    if (psa->pvData) { /* the last dimension has the widest stride: what stays lies in front */
        memcpy(data, psa->pvData, (before < after ? before : after) * psa->cbElements);
        clear_elements(psa, after, before);
        free(psa->pvData);
    }
    psa->pvData = data;
    return S_OK;
}
