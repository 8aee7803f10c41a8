#include "com/variant.h"

#include <string.h>

/* ---- what a type says ---- */

static bool is_type(VARTYPE vt)
{
    VARTYPE base = vt & VT_TYPEMASK, more = vt & (VARTYPE)~VT_TYPEMASK;
    if (more & (VARTYPE) ~(VT_ARRAY | VT_BYREF))
        return false;
    if (base == VT_EMPTY || base == VT_NULL)
        return !more;
    return tri_variant_type_size(base) != 0 && (base != VT_VARIANT || more);
}

/* ---- clearing ---- */

void WINAPI VariantInit(VARIANTARG *pvarg)
{
    memset(pvarg, 0, sizeof *pvarg);
}

static HRESULT free_held(VARIANT *variant)
{
    if (variant->vt & VT_BYREF)
        return S_OK;
    if (variant->vt & VT_ARRAY)
        return SafeArrayDestroy(variant->parray);
    if (variant->vt == VT_BSTR)
        SysFreeString(variant->bstrVal);
    else if (tri_variant_type_is_object(variant->vt) && variant->punkVal)
        variant->punkVal->lpVtbl->Release(variant->punkVal);
    return S_OK;
}

HRESULT WINAPI VariantClear(VARIANTARG *pvarg)
{
    if (!pvarg)
        return E_INVALIDARG;
    if (!is_type(pvarg->vt))
        return DISP_E_BADVARTYPE;
    HRESULT hr = free_held(pvarg);
    if (SUCCEEDED(hr))
        VariantInit(pvarg);
    return hr;
}

/* ---- copying ---- */

/* Makes what a bitwise copy points at its own. On failure there is nothing in it to free. */
static HRESULT own_held(VARIANT *copy)
{
    if (copy->vt & VT_BYREF)
        return S_OK;
    if (copy->vt & VT_ARRAY)
        return SafeArrayCopy(copy->parray, &copy->parray);
    if (copy->vt == VT_BSTR)
        return tri_bstr_copy(copy->bstrVal, &copy->bstrVal);
    if (tri_variant_type_is_object(copy->vt) && copy->punkVal)
        copy->punkVal->lpVtbl->AddRef(copy->punkVal);
    return S_OK;
}

static HRESULT copy_to(const VARIANT *from, VARIANT *ret)
{
    VARIANT copy = *from;
    HRESULT hr = own_held(&copy);
    if (SUCCEEDED(hr))
        *ret = copy;
    return hr;
}

/* Puts a value in the place of another. The value is taken in any case. */
static HRESULT replace(VARIANT *destination, VARIANT *value)
{
    HRESULT hr = VariantClear(destination);
    if (SUCCEEDED(hr))
        *destination = *value;
    else
        VariantClear(value);
    return hr;
}

HRESULT WINAPI VariantCopy(VARIANTARG *pvargDest, const VARIANTARG *pvargSrc)
{
    if (!pvargDest || !pvargSrc)
        return E_INVALIDARG;
    if (pvargDest == pvargSrc)
        return S_OK;
    if (!is_type(pvargSrc->vt))
        return DISP_E_BADVARTYPE;
    VARIANT copy;
    HRESULT hr = copy_to(pvargSrc, &copy);
    return FAILED(hr) ? hr : replace(pvargDest, &copy);
}

/* The value that a reference refers to, borrowed: a bitwise copy. */
static HRESULT follow(const VARIANT *reference, VARIANT *ret)
{
    VARTYPE type = reference->vt & (VARTYPE)~VT_BYREF;
    if (!reference->byref)
        return E_INVALIDARG;
    if (type == VT_VARIANT) {
        const VARIANT *inner = reference->pvarVal;
        if (inner->vt == (VT_BYREF | VT_VARIANT))
            return E_INVALIDARG;
        if (!is_type(inner->vt))
            return DISP_E_BADVARTYPE;
        if (inner->vt & VT_BYREF)
            return follow(inner, ret); /* no further: this one is no VT_VARIANT */
        *ret = *inner;
        return S_OK;
    }
    VARIANT value = {0};
    if (type == VT_DECIMAL)
        value.decVal = *reference->pdecVal;
    else
        memcpy(&value.llVal, reference->byref, type & VT_ARRAY ? sizeof(SAFEARRAY *) : tri_variant_type_size(type));
    value.vt = type;
    *ret = value;
    return S_OK;
}

HRESULT WINAPI VariantCopyInd(VARIANT *pvarDest, const VARIANTARG *pvargSrc)
{
    if (!pvarDest || !pvargSrc)
        return E_INVALIDARG;
    if (!is_type(pvargSrc->vt))
        return DISP_E_BADVARTYPE;
    if (!(pvargSrc->vt & VT_BYREF))
        return VariantCopy(pvarDest, pvargSrc);
    VARIANT value;
    HRESULT hr = follow(pvargSrc, &value);
    if (SUCCEEDED(hr))
        hr = copy_to(&value, &value);
    return FAILED(hr) ? hr : replace(pvarDest, &value);
}

/* ---- converting ---- */

HRESULT WINAPI VariantChangeTypeEx(VARIANTARG *pvargDest, const VARIANTARG *pvarSrc, LCID lcid, USHORT wFlags,
                                   VARTYPE vt)
{
    if (!pvargDest || !pvarSrc)
        return E_INVALIDARG;
    if (!is_type(vt) || !is_type(pvarSrc->vt))
        return DISP_E_BADVARTYPE;
    VARIANT from = *pvarSrc, result;
    HRESULT hr = from.vt & VT_BYREF ? follow(pvarSrc, &from) : S_OK;
    if (FAILED(hr))
        return hr;
    if (vt == from.vt)
        hr = copy_to(&from, &result);
    else if ((vt | from.vt) & (VT_ARRAY | VT_BYREF))
        hr = DISP_E_TYPEMISMATCH;
    else
        hr = tri_variant_convert(&from, wFlags, vt, &result);
    return FAILED(hr) ? hr : replace(pvargDest, &result);
}

HRESULT WINAPI VariantChangeType(VARIANTARG *pvargDest, const VARIANTARG *pvarSrc, USHORT wFlags, VARTYPE vt)
{
    return VariantChangeTypeEx(pvargDest, pvarSrc, 0, wFlags, vt);
}
