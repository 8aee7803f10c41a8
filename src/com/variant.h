/* What VARIANTs and SAFEARRAYs know of types. */
#ifndef TRI_COM_VARIANT_H
#define TRI_COM_VARIANT_H

#include <stdbool.h>
#include <stddef.h>
#include <windows/oleauto.h>

/* Bytes of one value of that type; 0: no VARIANT and no array holds such. */
static inline size_t tri_variant_type_size(VARTYPE type)
{
    switch (type) {
    case VT_I1:
    case VT_UI1:
        return 1;
    case VT_I2:
    case VT_UI2:
    case VT_BOOL:
        return 2;
    case VT_I4:
    case VT_UI4:
    case VT_INT:
    case VT_UINT:
    case VT_R4:
    case VT_ERROR:
        return 4;
    case VT_I8:
    case VT_UI8:
    case VT_R8:
    case VT_CY:
    case VT_DATE:
    case VT_BSTR:
    case VT_UNKNOWN:
    case VT_DISPATCH:
        return 8;
    case VT_DECIMAL:
        return sizeof(DECIMAL);
    case VT_VARIANT:
        return sizeof(VARIANT);
    default:
        return 0;
    }
}

static inline bool tri_variant_type_is_object(VARTYPE type)
{
    return type == VT_UNKNOWN || type == VT_DISPATCH;
}

/* A copy of a string, its length kept; NULL gives NULL. E_OUTOFMEMORY: *ret is untouched. */
static inline HRESULT tri_bstr_copy(BSTR string, BSTR *ret)
{
    BSTR copy = string ? SysAllocStringByteLen((LPCSTR)(const void *)string, SysStringByteLen(string)) : NULL;
    if (string && !copy)
        return E_OUTOFMEMORY;
    *ret = copy;
    return S_OK;
}

/* Converts a value that is neither a reference nor an array to another such type; *ret, which holds nothing, is written
 * on success only. flags: VARIANT_ALPHABOOL. */
HRESULT tri_variant_convert(const VARIANT *from, USHORT flags, VARTYPE to, VARIANT *ret);

#endif
