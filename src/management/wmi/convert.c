/* From the engine's values to the client's, and text both ways: UTF-8 and BSTR, CIM types and VARIANT. The way in is in
 * convert-in.c. */
#include <stdio.h>
#include <string.h>

#include <oleauto.h>

#include "base/cleanup.h"
#include "base/utf16.h"
#include "management/wmi/class-object.h"

/* ---- text ---- */

/* How many units before the NUL, at most max + 1; *ret_is_ascii says what they are. */
static size_t measure(const WCHAR *text, size_t max, bool *ret_is_ascii)
{
    size_t units = 0;
    unsigned all = 0;
    while (units <= max && text[units])
        all |= text[units++];
    *ret_is_ascii = all < 0x80;
    return units;
}

static void narrow(const WCHAR *text, size_t units, char *ret)
{
    for (size_t i = 0; i < units; i++)
        ret[i] = (char)text[i];
    ret[units] = 0;
}

HRESULT tri_wmi_utf8(const WCHAR *text, size_t max_units, char **ret)
{
    if (!text) {
        *ret = NULL;
        return S_OK;
    }
    bool is_ascii;
    size_t units = measure(text, max_units, &is_ascii);
    if (units > max_units)
        return WBEM_E_QUOTA_VIOLATION;
    if (!is_ascii)
        return tri_utf8_from_utf16(text, ret) == 0 ? S_OK : WBEM_E_OUT_OF_MEMORY;
    char *utf8 = malloc(units + 1);
    if (!utf8)
        return WBEM_E_OUT_OF_MEMORY;
    narrow(text, units, utf8);
    *ret = utf8;
    return S_OK;
}

bool tri_wmi_name(const WCHAR *text, struct tri_wmi_name *ret)
{
    bool is_ascii;
    size_t units = text ? measure(text, TRI_WMI_NAME_SIZE - 1, &is_ascii) : 0;
    if (units == 0 || units >= TRI_WMI_NAME_SIZE)
        return false;
    if (is_ascii) {
        narrow(text, units, ret->text);
        return true;
    }
    TRI_AUTO_FREE char *utf8 = NULL;
    if (tri_utf8_from_utf16(text, &utf8) < 0 || strlen(utf8) >= TRI_WMI_NAME_SIZE)
        return false;
    strcpy(ret->text, utf8);
    return true;
}

/* Bytes before the NUL; *ret_is_ascii says what they are. */
static size_t measure_utf8(const char *text, bool *ret_is_ascii)
{
    size_t bytes = 0;
    unsigned all = 0;
    while (text[bytes])
        all |= (unsigned char)text[bytes++];
    *ret_is_ascii = all < 0x80;
    return bytes;
}

HRESULT tri_wmi_text(const char *utf8, BSTR *ret)
{
    bool is_ascii = true;
    TRI_AUTO_FREE char16_t *wide = NULL;
    BSTR text = NULL;
    size_t bytes = utf8 ? measure_utf8(utf8, &is_ascii) : 0;
    if (utf8 && is_ascii && bytes <= UINT32_MAX / 4) {
        text = SysAllocStringLen(NULL, (UINT)bytes);
        for (size_t i = 0; text && i < bytes; i++)
            text[i] = (WCHAR)utf8[i];
    } else if (utf8 && tri_utf16_from_utf8(utf8, &wide) == 0) {
        text = SysAllocString(wide);
    }
    if (utf8 && !text)
        return WBEM_E_OUT_OF_MEMORY;
    *ret = text;
    return S_OK;
}

/* ---- to the client ---- */

VARTYPE tri_wmi_vartype(uint16_t type)
{
    switch (type & ~TRI_CIM_ARRAY) {
    case TRI_CIM_SINT8:
    case TRI_CIM_SINT16:
    case TRI_CIM_CHAR16:
        return VT_I2;
    case TRI_CIM_UINT8:
        return VT_UI1;
    case TRI_CIM_UINT16:
    case TRI_CIM_SINT32:
    case TRI_CIM_UINT32:
        return VT_I4;
    case TRI_CIM_REAL32:
        return VT_R4;
    case TRI_CIM_REAL64:
        return VT_R8;
    case TRI_CIM_BOOLEAN:
        return VT_BOOL;
    case TRI_CIM_OBJECT:
        return VT_UNKNOWN;
    case TRI_CIM_SINT64:
    case TRI_CIM_UINT64:
    case TRI_CIM_STRING:
    case TRI_CIM_DATETIME:
    case TRI_CIM_REFERENCE:
        return VT_BSTR;
    default:
        return VT_EMPTY;
    }
}

static HRESULT object_out(struct tri_cim_object *object, IUnknown **ret)
{
    IWbemClassObject *made = NULL;
    HRESULT hr = tri_wmi_object_new(tri_cim_object_ref(object), &made);
    if (SUCCEEDED(hr))
        *ret = (IUnknown *)made;
    return hr;
}

static HRESULT number_text(const struct tri_value *value, BSTR *ret)
{
    char text[24];
    if ((value->type & ~TRI_CIM_ARRAY) == TRI_CIM_SINT64)
        snprintf(text, sizeof text, "%lld", (long long)value->integer);
    else
        snprintf(text, sizeof text, "%llu", (unsigned long long)value->natural);
    return tri_wmi_text(text, ret);
}

/* One value that is not NULL, into the place where it goes: in a VARIANT, or in an array. */
static HRESULT scalar_out(const struct tri_value *value, void *place)
{
    switch (value->type) {
    case TRI_CIM_SINT8:
    case TRI_CIM_SINT16:
        *(SHORT *)place = (SHORT)value->integer;
        return S_OK;
    case TRI_CIM_CHAR16:
        *(SHORT *)place = (SHORT)value->natural;
        return S_OK;
    case TRI_CIM_UINT8:
        *(BYTE *)place = (BYTE)value->natural;
        return S_OK;
    case TRI_CIM_SINT32:
        *(LONG *)place = (LONG)value->integer;
        return S_OK;
    case TRI_CIM_UINT16:
    case TRI_CIM_UINT32:
        *(LONG *)place = (LONG)value->natural;
        return S_OK;
    case TRI_CIM_REAL32:
        *(FLOAT *)place = (FLOAT)value->real;
        return S_OK;
    case TRI_CIM_REAL64:
        *(DOUBLE *)place = value->real;
        return S_OK;
    case TRI_CIM_BOOLEAN:
        *(VARIANT_BOOL *)place = value->boolean ? VARIANT_TRUE : VARIANT_FALSE;
        return S_OK;
    case TRI_CIM_SINT64:
    case TRI_CIM_UINT64:
        return number_text(value, place);
    case TRI_CIM_STRING:
    case TRI_CIM_DATETIME:
    case TRI_CIM_REFERENCE:
        return tri_wmi_text(value->string, place);
    case TRI_CIM_OBJECT:
        return object_out(value->object, place);
    default:
        return WBEM_E_INVALID_CIM_TYPE;
    }
}

static HRESULT array_out(const struct tri_value *value, SAFEARRAY **ret)
{
    const struct tri_array *array = value->array;
    SAFEARRAY *made = SafeArrayCreateVector(tri_wmi_vartype(value->type), 0, (ULONG)array->count);
    if (!made)
        return WBEM_E_OUT_OF_MEMORY;
    HRESULT hr = S_OK;
    char *places = made->pvData;
    for (size_t i = 0; i < array->count && SUCCEEDED(hr); i++)
        hr = scalar_out(&array->items[i], places + i * made->cbElements);
    if (FAILED(hr)) {
        SafeArrayDestroy(made);
        return hr;
    }
    *ret = made;
    return S_OK;
}

HRESULT tri_wmi_variant(const struct tri_value *value, VARIANT *ret)
{
    VARIANT made;
    HRESULT hr = S_OK;
    VariantInit(&made);
    V_VT(&made) = VT_NULL;
    if (value->is_set && (value->type & TRI_CIM_ARRAY)) {
        hr = array_out(value, &V_ARRAY(&made));
        V_VT(&made) = (VARTYPE)(VT_ARRAY | tri_wmi_vartype(value->type));
    } else if (value->is_set) {
        hr = scalar_out(value, &V_I8(&made));
        V_VT(&made) = tri_wmi_vartype(value->type);
    }
    if (SUCCEEDED(hr))
        *ret = made;
    return hr;
}

HRESULT tri_wmi_names(const char *const *names, size_t count, SAFEARRAY **ret)
{
    SAFEARRAY *made = SafeArrayCreateVector(VT_BSTR, 0, (ULONG)count);
    if (!made)
        return WBEM_E_OUT_OF_MEMORY;
    BSTR *texts = made->pvData;
    for (size_t i = 0; i < count; i++)
        if (FAILED(tri_wmi_text(names[i], &texts[i]))) {
            SafeArrayDestroy(made);
            return WBEM_E_OUT_OF_MEMORY;
        }
    *ret = made;
    return S_OK;
}
