#include "query-value.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "com.h"
#include "output.h"
#include "query-service.h"

#define DATE_UNITS 25

static const struct {
    CIMTYPE type;
    VARTYPE read_as; /* what VariantChangeType makes of text */
    const char *name;
} types[] = {
    {CIM_SINT8, VT_I1, "sint8"},         {CIM_UINT8, VT_UI1, "uint8"},      {CIM_SINT16, VT_I2, "sint16"},
    {CIM_UINT16, VT_UI2, "uint16"},      {CIM_SINT32, VT_I4, "sint32"},     {CIM_UINT32, VT_UI4, "uint32"},
    {CIM_SINT64, VT_I8, "sint64"},       {CIM_UINT64, VT_UI8, "uint64"},    {CIM_REAL32, VT_R4, "real32"},
    {CIM_REAL64, VT_R8, "real64"},       {CIM_BOOLEAN, VT_BOOL, "boolean"}, {CIM_STRING, VT_BSTR, "string"},
    {CIM_DATETIME, VT_BSTR, "datetime"}, {CIM_REFERENCE, VT_BSTR, "ref"},   {CIM_CHAR16, VT_UI2, "char16"},
    {CIM_OBJECT, VT_UNKNOWN, "object"},
};

static size_t type_index(CIMTYPE type)
{
    size_t i = 0;

    while (i + 1 < TRI_COUNT(types) && types[i].type != (type & ~CIM_FLAG_ARRAY))
        i++;
    return i;
}

const char *tri_value_type_name(CIMTYPE type, bool *ret_is_array)
{
    *ret_is_array = type & CIM_FLAG_ARRAY;
    return types[type_index(type)].name;
}

/* ---- texts for people ---- */

void tri_value_print(const char *text)
{
    TRI_AUTO_FREE char *shown = tri_text_shown(text);

    fputs(shown, stdout);
}

/* ---- single values for people ---- */

/* 20261121103000.000000+060 as 2026-11-21 10:30:00+01:00; anything else, such as a span of time, as it is. */
static char *date_text(const char *date)
{
    unsigned year, month, day, hour, minute, second, microsecond, offset;
    char sign;

    if (strlen(date) != DATE_UNITS ||
        sscanf(date, "%4u%2u%2u%2u%2u%2u.%6u%c%3u", &year, &month, &day, &hour, &minute, &second, &microsecond, &sign,
               &offset) != 9 ||
        !strchr("+-", sign) || strchr(date, '*'))
        return tri_text_format("%s", date);
    return tri_text_format("%04u-%02u-%02u %02u:%02u:%02u%c%02u:%02u", year, month, day, hour, minute, second, sign,
                           offset / 60, offset % 60);
}

static IWbemClassObject *object_of(IUnknown *unknown)
{
    void *object = NULL;

    return unknown && SUCCEEDED(IUnknown_QueryInterface(unknown, &IID_IWbemClassObject, &object)) ? object : NULL;
}

static char *object_text(IUnknown *unknown)
{
    TRI_AUTO_RELEASE IWbemClassObject *object = object_of(unknown);
    char *path = object ? tri_object_text(object, "__RELPATH") : NULL;

    if (path || !object)
        return path ? path : tri_text_format("%s", "");
    TRI_AUTO_FREE char *class_ = tri_checked(tri_object_text(object, "__CLASS"));
    return tri_text_format("{%s}", class_);
}

static char *number_text(const VARIANT *value, CIMTYPE type)
{
    switch (V_VT(value)) {
    case VT_UI1:
        return tri_text_format("%u", V_UI1(value));
    case VT_I2:
        return type == CIM_CHAR16 ? tri_text_format("%u", (uint16_t)V_I2(value)) : tri_text_format("%d", V_I2(value));
    case VT_I4:
        return type == CIM_UINT32 ? tri_text_format("%" PRIu32, V_UI4(value))
                                  : tri_text_format("%" PRId32, V_I4(value));
    case VT_R4:
        return tri_text_format("%.7g", (double)V_R4(value));
    case VT_R8:
        return tri_text_format("%.15g", V_R8(value));
    default:
        return tri_text_format("%s", "");
    }
}

static char *single_text(const VARIANT *value, CIMTYPE type)
{
    TRI_AUTO_FREE char *text = NULL;

    switch (V_VT(value)) {
    case VT_BOOL:
        return tri_text_format("%s", V_BOOL(value) ? "true" : "false");
    case VT_BSTR:
        text = tri_text_of_bstr(V_BSTR(value));
        return type == CIM_DATETIME ? date_text(text) : tri_text_format("%s", text);
    case VT_UNKNOWN:
        return object_text(V_UNKNOWN(value));
    default:
        return number_text(value, type);
    }
}

/* ---- arrays ---- */

static size_t array_count(const VARIANT *value)
{
    LONG first = 0, last = -1;

    if (FAILED(SafeArrayGetLBound(V_ARRAY(value), 1, &first)) || FAILED(SafeArrayGetUBound(V_ARRAY(value), 1, &last)))
        return 0;
    return (size_t)(last - first + 1);
}

/* An element as a VARIANT of its own, to be cleared. */
static VARIANT array_element(const VARIANT *value, size_t i)
{
    VARIANT element = {0};
    LONG index = 0;

    SafeArrayGetLBound(V_ARRAY(value), 1, &index);
    index += (LONG)i;
    V_VT(&element) = V_VT(value) & (VARTYPE)~VT_ARRAY;
    if (FAILED(SafeArrayGetElement(V_ARRAY(value), &index, &V_I8(&element))))
        V_VT(&element) = VT_NULL;
    return element;
}

char *tri_value_text(const VARIANT *value, CIMTYPE type)
{
    if (!V_ISARRAY(value))
        return single_text(value, type);
    char *text = tri_text_format("%s", "");
    for (size_t i = 0; i < array_count(value); i++) {
        TRI_AUTO_VARIANT VARIANT element = array_element(value, i);
        TRI_AUTO_FREE char *before = text, *next = single_text(&element, type & ~CIM_FLAG_ARRAY);
        text = tri_text_format("%s%s%s", before, i ? ", " : "", next);
    }
    return text;
}

/* ---- for programs ---- */

static json_t *text_document(BSTR string, CIMTYPE type)
{
    TRI_AUTO_FREE char *text = tri_text_of_bstr(string);
    char *end;

    if (type != CIM_SINT64 && type != CIM_UINT64)
        return json_string(text);
    unsigned long long magnitude = strtoull(text + (*text == '-'), &end, 10);
    if (*end || magnitude > INT64_MAX)
        return json_string(text);
    return json_integer(*text == '-' ? -(json_int_t)magnitude : (json_int_t)magnitude);
}

static json_t *single_document(const VARIANT *value, CIMTYPE type)
{
    TRI_AUTO_RELEASE IWbemClassObject *object = NULL;

    switch (V_VT(value)) {
    case VT_BOOL:
        return json_boolean(V_BOOL(value));
    case VT_BSTR:
        return text_document(V_BSTR(value), type);
    case VT_UI1:
        return json_integer(V_UI1(value));
    case VT_I2:
        return json_integer(type == CIM_CHAR16 ? (uint16_t)V_I2(value) : V_I2(value));
    case VT_I4:
        return json_integer(type == CIM_UINT32 ? (json_int_t)V_UI4(value) : V_I4(value));
    case VT_R4:
        return json_real((double)V_R4(value));
    case VT_R8:
        return json_real(V_R8(value));
    case VT_UNKNOWN:
        object = object_of(V_UNKNOWN(value));
        return object ? tri_object_document(object) : json_null();
    default:
        return json_null();
    }
}

json_t *tri_value_document(const VARIANT *value, CIMTYPE type)
{
    json_t *document = V_ISARRAY(value) ? json_array() : single_document(value, type);

    for (size_t i = 0; V_ISARRAY(value) && i < array_count(value); i++) {
        TRI_AUTO_VARIANT VARIANT element = array_element(value, i);
        json_array_append_new(document, tri_checked(single_document(&element, type & ~CIM_FLAG_ARRAY)));
    }
    return tri_checked(document ? document : json_null()); /* a real that is no number */
}

static void add_system_property(json_t *document, IWbemClassObject *object, const char *name)
{
    TRI_AUTO_FREE char *text = tri_object_text(object, name);

    if (text)
        json_object_set_new(document, name, json_string(text));
}

json_t *tri_object_document(IWbemClassObject *object)
{
    json_t *document = tri_checked(json_object());
    BSTR name = NULL;
    VARIANT value = {0};
    CIMTYPE type;

    add_system_property(document, object, "__CLASS");
    add_system_property(document, object, "__PATH");
    IWbemClassObject_BeginEnumeration(object, WBEM_FLAG_NONSYSTEM_ONLY);
    while (IWbemClassObject_Next(object, 0, &name, &value, &type, NULL) == WBEM_S_NO_ERROR) {
        TRI_AUTO_FREE char *text = tri_text_of_bstr(name);
        json_object_set_new(document, text, tri_value_document(&value, type));
        SysFreeString(name);
        VariantClear(&value);
    }
    IWbemClassObject_EndEnumeration(object);
    return document;
}

/* ---- what people write ---- */

/* As the property's VARIANT has it: 8, 16 and 32 bits go by the widths of 4.3 of the contract, 64 as text. */
static void narrow(VARIANT *value, CIMTYPE type)
{
    if (type == CIM_SINT8) {
        V_I2(value) = (signed char)V_I1(value);
        V_VT(value) = VT_I2;
    } else if (type == CIM_UINT16) {
        V_I4(value) = V_UI2(value);
        V_VT(value) = VT_I4;
    } else if (type == CIM_CHAR16) {
        V_VT(value) = VT_I2;
    } else if (type == CIM_UINT32) {
        V_VT(value) = VT_I4;
    } else if (type == CIM_SINT64 || type == CIM_UINT64) {
        VariantChangeType(value, value, 0, VT_BSTR);
    }
}

/* A date and time as date_text writes them, as the API wants them; without an offset, those of this place. NULL: it is
 * none. */
static char *parse_date(const char *text)
{
    struct tm tm = {0};
    unsigned microseconds = 0, hours = 0, minutes = 0;
    int used = 0;
    const char *rest = text + strcspn(text, "T ");

    if (*rest)
        rest = strptime(text, *rest == 'T' ? "%Y-%m-%dT%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &tm);
    else
        rest = strptime(text, "%Y-%m-%d", &tm);
    if (!rest)
        return NULL;
    if (*rest == '.' && sscanf(rest, ".%6u%n", &microseconds, &used) == 1) {
        for (int digits = used; digits < 7; digits++)
            microseconds *= 10;
        rest += used;
    }
    long offset = 0;
    char sign = *rest;
    if (!sign) {
        struct tm local = tm;
        local.tm_isdst = -1;
        mktime(&local);
        offset = local.tm_gmtoff / 60;
    } else if (strcmp(rest, "Z") != 0) {
        if (!strchr("+-", sign) || sscanf(rest + 1, "%2u:%2u%n", &hours, &minutes, &used) != 2 || rest[used + 1])
            return NULL;
        offset = (long)(60 * hours + minutes) * (sign == '-' ? -1 : 1);
    }
    return tri_text_format("%04d%02d%02d%02d%02d%02d.%06u%c%03ld", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                           tm.tm_hour, tm.tm_min, tm.tm_sec, microseconds, offset < 0 ? '-' : '+', labs(offset));
}

/* What is wrong with a text that does not become a value of the type. */
static char *complaint(HRESULT hr, CIMTYPE type)
{
    bool is_array;

    if (hr == DISP_E_OVERFLOW)
        return tri_text_format("is out of the range of %s", tri_value_type_name(type, &is_array));
    return tri_text_format("is %s", type == CIM_BOOLEAN ? "neither true nor false" : "not a number");
}

static char *parse_single(const char *text, CIMTYPE type, VARIANT *ret)
{
    VARIANT value = {0};
    TRI_AUTO_FREE char *date = NULL;

    if (type == CIM_OBJECT || type == CIM_EMPTY)
        return tri_text_format("cannot be given here: the property is an object");
    if (type == CIM_DATETIME && strspn(text, "0123456789*") < 8) {
        date = parse_date(text);
        if (!date)
            return tri_text_format("is no date: write it as 2026-11-21 10:30:00+01:00 or 20261121103000.000000+060");
        text = date;
    }
    V_VT(&value) = VT_BSTR;
    V_BSTR(&value) = tri_bstr(text);
    HRESULT hr = VariantChangeType(&value, &value, 0, types[type_index(type)].read_as);
    if (FAILED(hr)) {
        VariantClear(&value);
        return complaint(hr, type);
    }
    narrow(&value, type);
    *ret = value;
    return NULL;
}

static char *add_element(VARIANT *array, size_t i, const json_t *item, CIMTYPE type)
{
    TRI_AUTO_FREE char *dumped = json_is_string(item) ? NULL : json_dumps(item, JSON_ENCODE_ANY);
    TRI_AUTO_VARIANT VARIANT element = {0};
    char *wrong = parse_single(dumped ? dumped : json_string_value(item), type, &element);
    LONG index = (LONG)i;

    if (wrong)
        return wrong;
    if (!V_ARRAY(array)) {
        V_VT(array) = VT_ARRAY | V_VT(&element);
        V_ARRAY(array) = tri_checked(SafeArrayCreateVector(V_VT(&element), 0, 1));
    } else {
        SAFEARRAYBOUND bound = {.cElements = (ULONG)i + 1};
        if (FAILED(SafeArrayRedim(V_ARRAY(array), &bound)))
            tri_no_memory();
    }
    SafeArrayPutElement(V_ARRAY(array), &index, V_VT(&element) == VT_BSTR ? (void *)V_BSTR(&element) : &V_I8(&element));
    return NULL;
}

static char *parse_array(const char *text, CIMTYPE type, VARIANT *ret)
{
    json_t *items = json_loads(text, 0, NULL), *item;
    TRI_AUTO_VARIANT VARIANT array = {.vt = VT_ARRAY | VT_VARIANT};
    char *wrong = NULL;
    size_t i;

    if (!json_is_array(items)) {
        json_decref(items);
        items = json_pack("[s]", text);
    }
    json_array_foreach (items, i, item)
        wrong = wrong ? wrong : add_element(&array, i, item, type);
    json_decref(items);
    if (wrong)
        return wrong;
    if (!V_ARRAY(&array))
        V_ARRAY(&array) = tri_checked(SafeArrayCreateVector(VT_VARIANT, 0, 0));
    *ret = array;
    array = (VARIANT){0};
    return NULL;
}

char *tri_value_parse(const char *text, CIMTYPE type, VARIANT *ret)
{
    if (!text) {
        *ret = (VARIANT){.vt = VT_NULL};
        return NULL;
    }
    return type & CIM_FLAG_ARRAY ? parse_array(text, type & ~CIM_FLAG_ARRAY, ret) : parse_single(text, type, ret);
}
