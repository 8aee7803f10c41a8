/* From the client's VARIANTs to the engine's values, with Automation's conversions and WMI's exceptions to them. */
#include <float.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include <oleauto.h>

#include "base/cleanup.h"
#include "base/utf16.h"
#include "com/variant.h"
#include "management/wmi/class-object.h"

/* ---- scalars ---- */

/* What Automation makes of it. */
static HRESULT change(const VARIANT *variant, VARTYPE vt, VARIANT *ret)
{
    VariantInit(ret);
    HRESULT hr = VariantChangeType(ret, (VARIANT *)variant, 0, vt);
    if (hr == E_OUTOFMEMORY)
        return WBEM_E_OUT_OF_MEMORY;
    if (hr == DISP_E_OVERFLOW)
        return WBEM_E_VALUE_OUT_OF_RANGE;
    return FAILED(hr) ? WBEM_E_TYPE_MISMATCH : S_OK;
}

/* Kinds that stand for a number. Dates, error codes and nothing at all do not. */
static bool is_number(VARTYPE vt)
{
    switch (vt) {
    case VT_I1:
    case VT_I2:
    case VT_I4:
    case VT_I8:
    case VT_UI1:
    case VT_UI2:
    case VT_UI4:
    case VT_UI8:
    case VT_INT:
    case VT_UINT:
    case VT_R4:
    case VT_R8:
    case VT_CY:
    case VT_DECIMAL:
    case VT_BOOL:
    case VT_BSTR:
        return true;
    default:
        return false;
    }
}

static HRESULT natural_in(const VARIANT *variant, uint64_t max, struct tri_value *ret)
{
    VARIANT number;
    if (V_VT(variant) == VT_BOOL && V_BOOL(variant) != VARIANT_FALSE)
        return WBEM_E_VALUE_OUT_OF_RANGE; /* TRUE is -1 */
    HRESULT hr = change(variant, VT_UI8, &number);
    if (FAILED(hr))
        return hr;
    if (V_UI8(&number) > max)
        return WBEM_E_VALUE_OUT_OF_RANGE;
    ret->natural = V_UI8(&number);
    return S_OK;
}

static HRESULT integer_in(const VARIANT *variant, int64_t min, int64_t max, struct tri_value *ret)
{
    VARIANT number;
    HRESULT hr = change(variant, VT_I8, &number);
    if (FAILED(hr))
        return hr;
    if (V_I8(&number) < min || V_I8(&number) > max)
        return WBEM_E_VALUE_OUT_OF_RANGE;
    ret->integer = V_I8(&number);
    return S_OK;
}

/* A uint32 travels as VT_I4, so that half of its values look negative there. Windows refuses VT_I2. */
static HRESULT uint32_in(const VARIANT *variant, struct tri_value *ret)
{
    if (V_VT(variant) == VT_I2)
        return WBEM_E_TYPE_MISMATCH;
    if (V_VT(variant) != VT_I4 && V_VT(variant) != VT_INT)
        return natural_in(variant, UINT32_MAX, ret);
    ret->natural = (uint32_t)V_I4(variant);
    return S_OK;
}

/* A char16 travels as VT_I2; text is not a character. */
static HRESULT char16_in(const VARIANT *variant, struct tri_value *ret)
{
    if (V_VT(variant) == VT_BSTR)
        return WBEM_E_TYPE_MISMATCH;
    if (V_VT(variant) != VT_I2)
        return natural_in(variant, UINT16_MAX, ret);
    ret->natural = (uint16_t)V_I2(variant);
    return S_OK;
}

static HRESULT real_in(const VARIANT *variant, bool is_float, struct tri_value *ret)
{
    VARIANT number;
    HRESULT hr = change(variant, VT_R8, &number);
    if (FAILED(hr))
        return hr;
    double real = V_R8(&number);
    if (is_float && isfinite(real) && fabs(real) > FLT_MAX)
        return WBEM_E_VALUE_OUT_OF_RANGE;
    ret->real = is_float ? (float)real : real;
    return S_OK;
}

static HRESULT number_in(const VARIANT *variant, struct tri_value *ret)
{
    if (!is_number(V_VT(variant)))
        return WBEM_E_TYPE_MISMATCH;
    switch (ret->type) {
    case TRI_CIM_SINT8:
        return integer_in(variant, INT8_MIN, INT8_MAX, ret);
    case TRI_CIM_SINT16:
        return integer_in(variant, INT16_MIN, INT16_MAX, ret);
    case TRI_CIM_SINT32:
        return integer_in(variant, INT32_MIN, INT32_MAX, ret);
    case TRI_CIM_SINT64:
        return integer_in(variant, INT64_MIN, INT64_MAX, ret);
    case TRI_CIM_UINT8:
        return natural_in(variant, UINT8_MAX, ret);
    case TRI_CIM_UINT16:
        return natural_in(variant, UINT16_MAX, ret);
    case TRI_CIM_UINT32:
        return uint32_in(variant, ret);
    case TRI_CIM_UINT64:
        return natural_in(variant, UINT64_MAX, ret);
    case TRI_CIM_CHAR16:
        return char16_in(variant, ret);
    default:
        return real_in(variant, ret->type == TRI_CIM_REAL32, ret);
    }
}

static HRESULT boolean_in(const VARIANT *variant, struct tri_value *ret)
{
    VARIANT truth;
    HRESULT hr = is_number(V_VT(variant)) ? change(variant, VT_BOOL, &truth) : WBEM_E_TYPE_MISMATCH;
    if (SUCCEEDED(hr))
        ret->boolean = V_BOOL(&truth) != VARIANT_FALSE;
    return hr;
}

/* A NULL BSTR is the empty string. */
static HRESULT bstr_in(BSTR text, char **ret)
{
    return tri_wmi_utf8(text ? text : u"", TRI_UTF16_UNITS_MAX, ret);
}

static HRESULT string_in(const VARIANT *variant, struct tri_value *ret)
{
    if (V_VT(variant) == VT_BSTR)
        return bstr_in(V_BSTR(variant), &ret->string);
    VARIANT text;
    HRESULT hr = is_number(V_VT(variant)) ? change(variant, VT_BSTR, &text) : WBEM_E_TYPE_MISMATCH;
    if (FAILED(hr))
        return hr;
    hr = bstr_in(V_BSTR(&text), &ret->string);
    VariantClear(&text);
    return hr;
}

static HRESULT reference_in(const VARIANT *variant, struct tri_value *ret)
{
    return V_VT(variant) == VT_BSTR ? bstr_in(V_BSTR(variant), &ret->string) : WBEM_E_TYPE_MISMATCH;
}

/* Days since 30 December 1899, in local time; before that day the time of day still counts forward. */
static bool date_in(double date, struct timespec *ret)
{
    if (!(date >= -657434 && date < 2958466)) /* the years 100 to 9999 */
        return false;
    int days = (int)date;
    int seconds = (int)(fabs(date - days) * 86400 + 0.5);
    struct tm local = {.tm_year = -1, .tm_mon = 11, .tm_mday = 30 + days, .tm_sec = seconds, .tm_isdst = -1};
    *ret = (struct timespec){.tv_sec = mktime(&local)};
    return true;
}

static HRESULT datetime_in(const VARIANT *variant, struct tri_value *ret)
{
    struct timespec utc;
    if (V_VT(variant) == VT_DATE) {
        if (!date_in(V_DATE(variant), &utc))
            return WBEM_E_VALUE_OUT_OF_RANGE;
        ret->string = malloc(TRI_DATETIME_LENGTH + 1);
        if (!ret->string)
            return WBEM_E_OUT_OF_MEMORY;
        tri_datetime_print(&utc, ret->string);
        return S_OK;
    }
    TRI_AUTO_FREE char *text = NULL;
    HRESULT hr = V_VT(variant) == VT_BSTR ? bstr_in(V_BSTR(variant), &text) : WBEM_E_TYPE_MISMATCH;
    if (FAILED(hr))
        return hr;
    if (!tri_datetime_valid(text))
        return WBEM_E_TYPE_MISMATCH;
    ret->string = TRI_TAKE(text);
    return S_OK;
}

static HRESULT object_in(const VARIANT *variant, struct tri_value *ret)
{
    if (V_VT(variant) != VT_UNKNOWN && V_VT(variant) != VT_DISPATCH)
        return WBEM_E_TYPE_MISMATCH;
    IUnknown *unknown = V_UNKNOWN(variant);
    IWbemClassObject *face = NULL;
    if (!unknown || FAILED(unknown->lpVtbl->QueryInterface(unknown, &IID_IWbemClassObject, (void **)&face)) || !face)
        return WBEM_E_TYPE_MISMATCH;
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = tri_wmi_object_of(face);
    face->lpVtbl->Release(face);
    if (!object)
        return WBEM_E_INVALID_OBJECT;
    ret->object = TRI_TAKE(object);
    return S_OK;
}

static HRESULT scalar_in(const VARIANT *variant, struct tri_value *ret)
{
    HRESULT hr;
    switch (ret->type) {
    case TRI_CIM_STRING:
        hr = string_in(variant, ret);
        break;
    case TRI_CIM_REFERENCE:
        hr = reference_in(variant, ret);
        break;
    case TRI_CIM_DATETIME:
        hr = datetime_in(variant, ret);
        break;
    case TRI_CIM_BOOLEAN:
        hr = boolean_in(variant, ret);
        break;
    case TRI_CIM_OBJECT:
        hr = object_in(variant, ret);
        break;
    default:
        hr = number_in(variant, ret);
        break;
    }
    ret->is_set = SUCCEEDED(hr);
    return hr;
}

/* ---- arrays ---- */

/* Items come as what Get would hand out, as the type's own unsigned or wide kind, or each in a VARIANT. Nothing else is
 * coerced: Windows does not either. */
static bool array_fits(VARTYPE items, uint16_t type)
{
    static const struct {
        uint16_t type;
        VARTYPE also;
    } rows[] = {{TRI_CIM_SINT8, VT_I1},       {TRI_CIM_UINT16, VT_UI2}, {TRI_CIM_CHAR16, VT_UI2},
                {TRI_CIM_UINT32, VT_UI4},     {TRI_CIM_SINT64, VT_I8},  {TRI_CIM_UINT64, VT_UI8},
                {TRI_CIM_OBJECT, VT_DISPATCH}};
    if (items == VT_VARIANT || items == tri_wmi_vartype(type))
        return true;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].type == type && rows[i].also == items)
            return true;
    return false;
}

/* An item as a VARIANT that owns nothing. */
static VARIANT item_at(const SAFEARRAY *array, VARTYPE items, size_t index)
{
    VARIANT item;
    const char *place = (const char *)array->pvData + index * array->cbElements;
    if (items == VT_VARIANT) {
        memcpy(&item, place, sizeof item);
        return item;
    }
    VariantInit(&item);
    V_VT(&item) = items;
    memcpy(&V_I8(&item), place, array->cbElements);
    return item;
}

/* Whether following what items point at is safe: the array itself says that they do. */
static bool holds(SAFEARRAY *array, VARTYPE items)
{
    VARTYPE held;
    if (items != VT_BSTR && items != VT_VARIANT && !tri_variant_type_is_object(items))
        return true;
    if (FAILED(SafeArrayGetVartype(array, &held)))
        return false;
    return held == items || (tri_variant_type_is_object(held) && tri_variant_type_is_object(items));
}

/* A VARIANT may say another type than the array has that it holds. */
static bool is_vector_of(SAFEARRAY *array, VARTYPE items)
{
    return array && array->cDims == 1 && array->cbElements > 0 && array->cbElements == tri_variant_type_size(items) &&
           (array->pvData || array->rgsabound[0].cElements == 0) && holds(array, items);
}

static HRESULT array_in(const VARIANT *variant, struct tri_value *ret)
{
    VARTYPE items = V_VT(variant) & VT_TYPEMASK;
    SAFEARRAY *array = V_ARRAY(variant);
    if (!is_vector_of(array, items) || !array_fits(items, ret->type & ~TRI_CIM_ARRAY))
        return WBEM_E_TYPE_MISMATCH;
    size_t count = array->rgsabound[0].cElements;
    if (tri_value_make_array(ret, count) < 0)
        return WBEM_E_OUT_OF_MEMORY;
    for (size_t i = 0; i < count; i++) {
        VARIANT item = item_at(array, items, i);
        HRESULT hr = scalar_in(&item, &ret->array->items[i]);
        if (FAILED(hr))
            return hr;
    }
    return S_OK;
}

static HRESULT value_in(const VARIANT *variant, struct tri_value *ret)
{
    bool is_array = V_VT(variant) & VT_ARRAY;
    if (V_VT(variant) == VT_NULL)
        return S_OK;
    if (is_array != (bool)(ret->type & TRI_CIM_ARRAY))
        return WBEM_E_TYPE_MISMATCH;
    return is_array ? array_in(variant, ret) : scalar_in(variant, ret);
}

HRESULT tri_wmi_value(const VARIANT *variant, uint16_t type, struct tri_value *ret)
{
    struct tri_value made = {.type = type};
    VARIANT inner;
    VariantInit(&inner);
    HRESULT hr;
    if (tri_wmi_vartype(type) == VT_EMPTY)
        return WBEM_E_INVALID_PROPERTY_TYPE;
    if (variant && (V_VT(variant) & VT_BYREF)) {
        hr = VariantCopyInd(&inner, variant);
        hr = SUCCEEDED(hr)         ? value_in(&inner, &made)
             : hr == E_OUTOFMEMORY ? WBEM_E_OUT_OF_MEMORY
                                   : WBEM_E_TYPE_MISMATCH;
        VariantClear(&inner);
    } else {
        hr = variant ? value_in(variant, &made) : S_OK;
    }
    if (FAILED(hr))
        tri_value_clear(&made);
    else
        *ret = made;
    return hr;
}

uint16_t tri_wmi_type_of(const VARIANT *variant)
{
    static const struct {
        VARTYPE vt;
        uint16_t type;
    } rows[] = {
        {VT_BSTR, TRI_CIM_STRING},     {VT_I4, TRI_CIM_SINT32},    {VT_INT, TRI_CIM_SINT32},
        {VT_UI4, TRI_CIM_UINT32},      {VT_UINT, TRI_CIM_UINT32},  {VT_I2, TRI_CIM_SINT16},
        {VT_UI2, TRI_CIM_UINT16},      {VT_I1, TRI_CIM_SINT8},     {VT_UI1, TRI_CIM_UINT8},
        {VT_I8, TRI_CIM_SINT64},       {VT_UI8, TRI_CIM_UINT64},   {VT_R4, TRI_CIM_REAL32},
        {VT_R8, TRI_CIM_REAL64},       {VT_BOOL, TRI_CIM_BOOLEAN}, {VT_UNKNOWN, TRI_CIM_OBJECT},
        {VT_DISPATCH, TRI_CIM_OBJECT},
    };
    VARTYPE vt = V_VT(variant) & (VARTYPE)~VT_BYREF;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].vt == (vt & VT_TYPEMASK))
            return (uint16_t)(rows[i].type | (vt & VT_ARRAY ? TRI_CIM_ARRAY : 0));
    return TRI_CIM_EMPTY;
}
