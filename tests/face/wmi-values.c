/* CIM types and VARIANTs: what Put takes for each type, and what Get gives back. */
#include "wmi-face.h"

#include <math.h>

/* ---- the types ---- */

enum { TYPES = 16 };
static const struct type {
    const char *name;
    CIMTYPE type;
    VARTYPE vt; /* in Get */
} types[TYPES] = {
    {"sint8", CIM_SINT8, VT_I2},         {"uint8", CIM_UINT8, VT_UI1},          {"sint16", CIM_SINT16, VT_I2},
    {"uint16", CIM_UINT16, VT_I4},       {"sint32", CIM_SINT32, VT_I4},         {"uint32", CIM_UINT32, VT_I4},
    {"sint64", CIM_SINT64, VT_BSTR},     {"uint64", CIM_UINT64, VT_BSTR},       {"real32", CIM_REAL32, VT_R4},
    {"real64", CIM_REAL64, VT_R8},       {"boolean", CIM_BOOLEAN, VT_BOOL},     {"string", CIM_STRING, VT_BSTR},
    {"datetime", CIM_DATETIME, VT_BSTR}, {"reference", CIM_REFERENCE, VT_BSTR}, {"char16", CIM_CHAR16, VT_I2},
    {"object", CIM_OBJECT, VT_UNKNOWN},
};

/* An instance with a property of each type, and one "Many..." of each array type. */
static IWbemClassObject *instance_of_everything(void)
{
    IWbemClassObject *cls = thing_class_draft("T_Values"), *found = NULL, *made = NULL;
    for (int i = 0; i < TYPES; i++) {
        assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Put(cls, B("One%s", types[i].name), 0, NULL, types[i].type));
        assert_hr(WBEM_S_NO_ERROR,
                  IWbemClassObject_Put(cls, B("Many%s", types[i].name), 0, NULL, types[i].type | CIM_FLAG_ARRAY));
    }
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_PutClass(services, cls, 0, NULL, NULL));
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_GetObject(services, B("T_Values"), 0, NULL, &found, NULL));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_SpawnInstance(found, 0, &made));
    IWbemClassObject_Release(found);
    IWbemClassObject_Release(cls);
    return made;
}

/* ---- what a VARIANT says ---- */

static const char *text_of(const VARIANT *value)
{
    static char texts[8][200];
    static unsigned next;
    char *text = texts[next++ % 8];
    switch (V_VT(value)) {
    case VT_I2:
        snprintf(text, 200, "%d", V_I2(value));
        break;
    case VT_UI1:
        snprintf(text, 200, "%d", V_UI1(value));
        break;
    case VT_I4:
        snprintf(text, 200, "%d", V_I4(value));
        break;
    case VT_R4:
        snprintf(text, 200, "%g", (double)V_R4(value));
        break;
    case VT_R8:
        snprintf(text, 200, "%g", V_R8(value));
        break;
    case VT_BOOL:
        snprintf(text, 200, "%s", V_BOOL(value) == VARIANT_TRUE ? "TRUE" : V_BOOL(value) ? "odd" : "FALSE");
        break;
    case VT_BSTR:
        snprintf(text, 200, "%s", U(V_BSTR(value)));
        break;
    case VT_NULL:
        snprintf(text, 200, "NULL");
        break;
    default:
        snprintf(text, 200, "(type 0x%x)", V_VT(value));
        break;
    }
    return text;
}

/* ---- the table: a row is what is put, a column what it is put into ---- */

/* M: WBEM_E_TYPE_MISMATCH. R: WBEM_E_VALUE_OUT_OF_RANGE. Else the text of what Get answers. */
#define M "type mismatch"
#define R "out of range"
#define WHEN "20240131235959.123456+060"

static VARIANT make(VARTYPE vt, LONGLONG bits)
{
    VARIANT value = {0};
    V_VT(&value) = vt;
    V_I8(&value) = bits;
    return value;
}

static VARIANT real(double number)
{
    VARIANT value = {0};
    V_VT(&value) = VT_R8;
    V_R8(&value) = number;
    return value;
}

static VARIANT single(float number)
{
    VARIANT value = {0};
    V_VT(&value) = VT_R4;
    V_R4(&value) = number;
    return value;
}

static VARIANT text(const char *utf8)
{
    VARIANT value = {0};
    V_VT(&value) = VT_BSTR;
    V_BSTR(&value) = SysAllocString(B("%s", utf8));
    return value;
}

static VARIANT decimal(unsigned number)
{
    VARIANT value = {0};
    V_DECIMAL(&value).Lo64 = number;
    V_VT(&value) = VT_DECIMAL;
    return value;
}

struct row {
    const char *name;
    VARIANT value;
    const char *expected[TYPES];
};

static void check_cell(IWbemClassObject *object, const struct row *row, int column)
{
    const struct type *type = &types[column];
    BSTR property = B("One%s", type->name);
    VARIANT before = {0}, after = {0}, value = row->value;
    CIMTYPE cim = 0;
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Get(object, property, 0, &before, NULL, NULL));
    HRESULT hr = IWbemClassObject_Put(object, property, 0, &value, 0);
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Get(object, property, 0, &after, &cim, NULL));
    assert_int_equal(type->type, cim);
    const char *got = hr == WBEM_E_TYPE_MISMATCH ? M : hr == WBEM_E_VALUE_OUT_OF_RANGE ? R : text_of(&after);
    if (hr != WBEM_S_NO_ERROR && hr != WBEM_E_TYPE_MISMATCH && hr != WBEM_E_VALUE_OUT_OF_RANGE)
        fail_msg("%s to %s: 0x%08x %s", row->name, type->name, (unsigned)hr, why());
    if (strcmp(got, row->expected[column]) != 0)
        fail_msg("%s to %s: \"%s\" and not \"%s\"", row->name, type->name, got, row->expected[column]);
    if (FAILED(hr))
        assert_string_equal(text_of(&before), text_of(&after));
    else if (V_VT(&after) != VT_NULL)
        assert_int_equal(type->vt, V_VT(&after));
    VariantClear(&before);
    VariantClear(&after);
}

static void put_takes_what_automation_converts_and_says_what_it_cannot(void **state)
{
    TRI_PROVES_METHOD(IWbemClassObject, Put, real);
    TRI_PROVES_METHOD(IWbemClassObject, Get, real);
    VARIANT nan_value = real(NAN), date = real(45000.5), currency = make(VT_CY, 125000), unknown = make(VT_UNKNOWN, 0);
    V_VT(&date) = VT_DATE;
    struct row rows[] = {
        /*                              sint8  uint8  sint16  uint16  sint32  uint32 sint64 uint64 real32 real64 boolean
           string datetime reference char16 object */
        {"I1 -5", make(VT_I1, 0xfb), {"-5", R, "-5", R, "-5", R, "-5", R, "-5", "-5", "TRUE", "-5", M, M, R, M}},
        {"UI1 200",
         make(VT_UI1, 200),
         {R, "200", "200", "200", "200", "200", "200", "200", "200", "200", "TRUE", "200", M, M, "200", M}},
        {"I2 7", make(VT_I2, 7), {"7", "7", "7", "7", "7", M, "7", "7", "7", "7", "TRUE", "7", M, M, "7", M}},
        {"I2 -300",
         make(VT_I2, (uint16_t)-300),
         {R, R, "-300", R, "-300", M, "-300", R, "-300", "-300", "TRUE", "-300", M, M, "-300", M}},
        {"UI2 60000",
         make(VT_UI2, 60000),
         {R, R, R, "60000", "60000", "60000", "60000", "60000", "60000", "60000", "TRUE", "60000", M, M, "-5536", M}},
        {"I4 0", make(VT_I4, 0), {"0", "0", "0", "0", "0", "0", "0", "0", "0", "0", "FALSE", "0", M, M, "0", M}},
        {"I4 7", make(VT_I4, 7), {"7", "7", "7", "7", "7", "7", "7", "7", "7", "7", "TRUE", "7", M, M, "7", M}},
        {"I4 65535",
         make(VT_I4, 65535),
         {R, R, R, "65535", "65535", "65535", "65535", "65535", "65535", "65535", "TRUE", "65535", M, M, "-1", M}},
        {"I4 -70000",
         make(VT_I4, (uint32_t)-70000),
         {R, R, R, R, "-70000", "-70000", "-70000", R, "-70000", "-70000", "TRUE", "-70000", M, M, R, M}},
        {"INT -1",
         make(VT_INT, 0xffffffff),
         {"-1", R, "-1", R, "-1", "-1", "-1", R, "-1", "-1", "TRUE", "-1", M, M, R, M}},
        {"UI4 4000000000",
         make(VT_UI4, 4000000000),
         {R, R, R, R, R, "-294967296", "4000000000", "4000000000", "4e+09", "4e+09", "TRUE", "4000000000", M, M, R, M}},
        {"UINT 3", make(VT_UINT, 3), {"3", "3", "3", "3", "3", "3", "3", "3", "3", "3", "TRUE", "3", M, M, "3", M}},
        {"I8 -5000000000",
         make(VT_I8, -5000000000),
         {R, R, R, R, R, R, "-5000000000", R, "-5e+09", "-5e+09", "TRUE", "-5000000000", M, M, R, M}},
        {"UI8 2^64-1",
         make(VT_UI8, -1),
         {R, R, R, R, R, R, R, "18446744073709551615", "1.84467e+19", "1.84467e+19", "TRUE", "18446744073709551615", M,
          M, R, M}},
        {"R4 2.5", single(2.5f), {"2", "2", "2", "2", "2", "2", "2", "2", "2.5", "2.5", "TRUE", "2.5", M, M, "2", M}},
        {"R8 -2.5", real(-2.5), {"-2", R, "-2", R, "-2", R, "-2", R, "-2.5", "-2.5", "TRUE", "-2.5", M, M, R, M}},
        {"R8 2^32-1",
         real(4294967295.0),
         {R, R, R, R, R, "-1", "4294967295", "4294967295", "4.29497e+09", "4.29497e+09", "TRUE", "4294967295", M, M, R,
          M}},
        {"R8 1e39", real(1e39), {R, R, R, R, R, R, R, R, R, "1e+39", "TRUE", "1E+39", M, M, R, M}},
        {"R8 NaN", nan_value, {R, R, R, R, R, R, R, R, "nan", "nan", "TRUE", "NAN", M, M, R, M}},
        {"CY 12.5",
         currency,
         {"12", "12", "12", "12", "12", "12", "12", "12", "12.5", "12.5", "TRUE", "12.5", M, M, "12", M}},
        {"DECIMAL 90",
         decimal(90),
         {"90", "90", "90", "90", "90", "90", "90", "90", "90", "90", "TRUE", "90", M, M, "90", M}},
        {"BOOL TRUE",
         make(VT_BOOL, 0xffff),
         {"-1", R, "-1", R, "-1", R, "-1", R, "-1", "-1", "TRUE", "-1", M, M, R, M}},
        {"BSTR 12",
         text("12"),
         {"12", "12", "12", "12", "12", "12", "12", "12", "12", "12", "TRUE", "12", M, "12", M, M}},
        {"BSTR -12",
         text("-12"),
         {"-12", R, "-12", R, "-12", R, "-12", R, "-12", "-12", "TRUE", "-12", M, "-12", M, M}},
        {"BSTR 18446744073709551615",
         text("18446744073709551615"),
         {R, R, R, R, R, R, R, "18446744073709551615", "1.84467e+19", "1.84467e+19", "TRUE", "18446744073709551615", M,
          "18446744073709551615", M, M}},
        {"BSTR 18446744073709551616",
         text("18446744073709551616"),
         {R, R, R, R, R, R, R, R, "1.84467e+19", "1.84467e+19", "TRUE", "18446744073709551616", M,
          "18446744073709551616", M, M}},
        {"BSTR 0x10", text("0x10"), {M, M, M, M, M, M, M, M, M, M, M, "0x10", M, "0x10", M, M}},
        {"BSTR abc", text("abc"), {M, M, M, M, M, M, M, M, M, M, M, "abc", M, "abc", M, M}},
        {"BSTR empty", text(""), {M, M, M, M, M, M, M, M, M, M, M, "", M, "", M, M}},
        {"BSTR NULL", make(VT_BSTR, 0), {M, M, M, M, M, M, M, M, M, M, M, "", M, "", M, M}},
        {"BSTR True", text("True"), {M, M, M, M, M, M, M, M, M, M, "TRUE", "True", M, "True", M, M}},
        {"BSTR datetime", text(WHEN), {M, M, M, M, M, M, M, M, M, M, M, WHEN, WHEN, WHEN, M, M}},
        {"BSTR umlaut",
         text("\xc3\xa4\xf0\x9f\x9a\xa3"),
         {M, M, M, M, M, M, M, M, M, M, M, "\xc3\xa4\xf0\x9f\x9a\xa3", M, "\xc3\xa4\xf0\x9f\x9a\xa3", M, M}},
        {"DATE", date, {M, M, M, M, M, M, M, M, M, M, M, M, "20230315120000.000000+000", M, M, M}},
        {"EMPTY", make(VT_EMPTY, 0), {M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M}},
        {"ERROR", make(VT_ERROR, 5), {M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M}},
        {"UNKNOWN NULL", unknown, {M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M}},
        {"NULL",
         make(VT_NULL, 0),
         {"NULL", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL",
          "NULL", "NULL", "NULL"}},
    };
    setenv("TZ", "UTC", 1);
    IWbemClassObject *object = instance_of_everything();
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        for (int column = 0; column < TYPES; column++)
            check_cell(object, &rows[row], column);
        VariantClear(&rows[row].value);
    }
    IWbemClassObject_Release(object);
}

static void a_null_keeps_its_type(void **state)
{
    IWbemClassObject *object = instance_of_everything();
    for (int i = 0; i < TYPES; i++) {
        VARIANT value = {0};
        CIMTYPE type = 0;
        assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Get(object, B("One%s", types[i].name), 0, &value, &type, NULL));
        assert_int_equal(VT_NULL, V_VT(&value));
        assert_int_equal(types[i].type, type);
        assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Get(object, B("Many%s", types[i].name), 0, &value, &type, NULL));
        assert_int_equal(VT_NULL, V_VT(&value));
        assert_int_equal(types[i].type | CIM_FLAG_ARRAY, type);
    }
    IWbemClassObject_Release(object);
}

/* ---- by reference ---- */

static void a_reference_to_a_value_is_followed(void **state)
{
    IWbemClassObject *object = instance_of_everything();
    LONG number = 42;
    VARIANT inner = make(VT_I4, 43), value = make(VT_BYREF | VT_I4, (LONGLONG)(uintptr_t)&number);
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Put(object, B("Onesint32"), 0, &value, 0));
    assert_int_equal(42, get_number(object, "Onesint32"));
    value = make(VT_BYREF | VT_VARIANT, (LONGLONG)(uintptr_t)&inner);
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Put(object, B("Onesint32"), 0, &value, 0));
    assert_int_equal(43, get_number(object, "Onesint32"));
    IWbemClassObject_Release(object);
}

/* ---- arrays ---- */

static VARIANT vector(VARTYPE items, ULONG count)
{
    VARIANT value = {0};
    V_VT(&value) = VT_ARRAY | items;
    V_ARRAY(&value) = SafeArrayCreateVector(items, 0, count);
    assert_non_null(V_ARRAY(&value));
    return value;
}

/* Two of a type, as Get gives them. */
static VARIANT two_of(const struct type *type, IWbemClassObject *object)
{
    VARIANT value = vector(type->vt, 2);
    for (LONG i = 0; i < 2; i++) {
        LONGLONG number = 3 + i;
        VARIANT item = make(VT_I8, number);
        void *place = &V_I8(&item);
        if (type->vt == VT_R4)
            item = single(1.5f);
        else if (type->vt == VT_R8)
            item = real(1.5);
        else if (type->vt == VT_BOOL)
            item = make(VT_BOOL, 0xffff);
        else if (type->vt == VT_BSTR)
            place = type->type == CIM_DATETIME ? B(WHEN) : B("%lld", (long long)number);
        else if (type->vt == VT_UNKNOWN)
            place = object;
        assert_hr(S_OK, SafeArrayPutElement(V_ARRAY(&value), &i, place));
    }
    return value;
}

static void arrays_come_back_as_they_went_in(void **state)
{
    IWbemClassObject *object = instance_of_everything();
    for (int i = 0; i < TYPES; i++) {
        VARIANT value = two_of(&types[i], object), after = {0};
        VARTYPE items = 0;
        CIMTYPE type = 0;
        LONG low = -1, high = -1;
        assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Put(object, B("Many%s", types[i].name), 0, &value, 0));
        assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Get(object, B("Many%s", types[i].name), 0, &after, &type, NULL));
        assert_int_equal(VT_ARRAY | types[i].vt, V_VT(&after));
        assert_int_equal(types[i].type | CIM_FLAG_ARRAY, type);
        assert_int_equal(1, SafeArrayGetDim(V_ARRAY(&after)));
        assert_hr(S_OK, SafeArrayGetLBound(V_ARRAY(&after), 1, &low));
        assert_hr(S_OK, SafeArrayGetUBound(V_ARRAY(&after), 1, &high));
        assert_hr(S_OK, SafeArrayGetVartype(V_ARRAY(&after), &items));
        assert_int_equal(0, low);
        assert_int_equal(1, high);
        assert_int_equal(types[i].vt, items);
        if (types[i].vt != VT_UNKNOWN && types[i].vt != VT_BSTR)
            assert_memory_equal(V_ARRAY(&value)->pvData, V_ARRAY(&after)->pvData, 2 * V_ARRAY(&after)->cbElements);
        if (types[i].vt == VT_BSTR)
            assert_string_equal(U(((BSTR *)V_ARRAY(&value)->pvData)[1]), U(((BSTR *)V_ARRAY(&after)->pvData)[1]));
        VariantClear(&value);
        VariantClear(&after);
    }
    IWbemClassObject_Release(object);
}

static HRESULT put_many(IWbemClassObject *object, const char *type, VARIANT value)
{
    HRESULT hr = IWbemClassObject_Put(object, B("Many%s", type), 0, &value, 0);
    VariantClear(&value);
    return hr;
}

static void an_array_of_variants_is_taken_item_by_item(void **state)
{
    IWbemClassObject *object = instance_of_everything();
    VARIANT value = vector(VT_VARIANT, 3), after = {0};
    VARIANT *items = V_ARRAY(&value)->pvData;
    items[0] = make(VT_I4, 1);
    items[1] = text("2");
    items[2] = real(3);
    assert_hr(WBEM_S_NO_ERROR, put_many(object, "uint32", value));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Get(object, B("Manyuint32"), 0, &after, NULL, NULL));
    assert_int_equal(VT_ARRAY | VT_I4, V_VT(&after));
    static const LONG expected[] = {1, 2, 3};
    assert_memory_equal(expected, V_ARRAY(&after)->pvData, sizeof expected);
    VariantClear(&after);
    value = vector(VT_VARIANT, 1);
    ((VARIANT *)V_ARRAY(&value)->pvData)[0] = make(VT_NULL, 0);
    assert_hr(WBEM_E_TYPE_MISMATCH, put_many(object, "uint32", value));
    IWbemClassObject_Release(object);
}

static void an_empty_array_of_variants_is_taken_for_every_type(void **state)
{
    IWbemClassObject *object = instance_of_everything();
    for (int i = 0; i < TYPES; i++) {
        VARIANT after = {0};
        assert_hr(WBEM_S_NO_ERROR, put_many(object, types[i].name, vector(VT_VARIANT, 0)));
        assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Get(object, B("Many%s", types[i].name), 0, &after, NULL, NULL));
        assert_int_equal(VT_ARRAY | types[i].vt, V_VT(&after));
        assert_int_equal(0, V_ARRAY(&after)->rgsabound[0].cElements);
        VariantClear(&after);
    }
    IWbemClassObject_Release(object);
}

static void arrays_of_another_kind_are_not_converted(void **state)
{
    IWbemClassObject *object = instance_of_everything();
    assert_hr(WBEM_E_TYPE_MISMATCH, put_many(object, "uint32", vector(VT_R8, 2)));
    assert_hr(WBEM_E_TYPE_MISMATCH, put_many(object, "uint32", vector(VT_I2, 2)));
    assert_hr(WBEM_E_TYPE_MISMATCH, put_many(object, "string", vector(VT_I4, 2)));
    assert_hr(WBEM_E_TYPE_MISMATCH, put_many(object, "boolean", vector(VT_I4, 2)));
    assert_hr(WBEM_S_NO_ERROR, put_many(object, "uint32", vector(VT_UI4, 2)));
    assert_hr(WBEM_S_NO_ERROR, put_many(object, "uint16", vector(VT_UI2, 2)));
    assert_hr(WBEM_S_NO_ERROR, put_many(object, "sint8", vector(VT_I1, 2)));
    assert_hr(WBEM_S_NO_ERROR, put_many(object, "sint64", vector(VT_I8, 2)));
    assert_hr(WBEM_S_NO_ERROR, put_many(object, "uint64", vector(VT_UI8, 2)));
    IWbemClassObject_Release(object);
}

static void arrays_and_single_values_do_not_mix(void **state)
{
    IWbemClassObject *object = instance_of_everything();
    VARIANT one = make(VT_I4, 1), many = vector(VT_I4, 1), none = make(VT_ARRAY | VT_I4, 0);
    SAFEARRAYBOUND bounds[2] = {{2, 0}, {2, 0}};
    VARIANT square = make(VT_ARRAY | VT_I4, 0);
    V_ARRAY(&square) = SafeArrayCreate(VT_I4, 2, bounds);
    assert_hr(WBEM_E_TYPE_MISMATCH, IWbemClassObject_Put(object, B("Manysint32"), 0, &one, 0));
    assert_hr(WBEM_E_TYPE_MISMATCH, IWbemClassObject_Put(object, B("Onesint32"), 0, &many, 0));
    assert_hr(WBEM_E_TYPE_MISMATCH, IWbemClassObject_Put(object, B("Manysint32"), 0, &none, 0));
    assert_hr(WBEM_E_TYPE_MISMATCH, IWbemClassObject_Put(object, B("Manysint32"), 0, &square, 0));
    VariantClear(&many);
    VariantClear(&square);
    IWbemClassObject_Release(object);
}

/* What it says that it holds would be followed as pointers, or read behind the array's end. */
static void an_array_of_another_type_than_its_variant_says_is_refused(void **state)
{
    IWbemClassObject *object = instance_of_everything();
    static const struct {
        const char *type;
        VARTYPE said, held;
    } rows[] = {{"string", VT_BSTR, VT_I2},     {"string", VT_BSTR, VT_I8}, {"string", VT_VARIANT, VT_UI1},
                {"object", VT_UNKNOWN, VT_I8},  {"sint32", VT_I4, VT_I2},   {"sint32", VT_I4, VT_VARIANT},
                {"string", VT_VARIANT, VT_BSTR}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        VARIANT value = vector(rows[i].held, 3);
        if (rows[i].held != VT_VARIANT && rows[i].held != VT_BSTR)
            memset(V_ARRAY(&value)->pvData, 0x5a, 3 * SafeArrayGetElemsize(V_ARRAY(&value)));
        V_VT(&value) = VT_ARRAY | rows[i].said;
        assert_hr(WBEM_E_TYPE_MISMATCH, IWbemClassObject_Put(object, B("Many%s", rows[i].type), 0, &value, 0));
        SafeArrayDestroy(V_ARRAY(&value));
    }
    VARIANT hollow = vector(VT_I4, 3);
    assert_hr(S_OK, SafeArrayDestroyData(V_ARRAY(&hollow)));
    assert_hr(WBEM_E_TYPE_MISMATCH, IWbemClassObject_Put(object, B("Manysint32"), 0, &hollow, 0));
    SafeArrayDestroy(V_ARRAY(&hollow));
    IWbemClassObject_Release(object);
}

/* ---- objects in objects ---- */

static VARIANT object_value(IWbemClassObject *object)
{
    return make(VT_UNKNOWN, (LONGLONG)(uintptr_t)object);
}

static void an_object_is_copied_in_and_out(void **state)
{
    IWbemClassObject *outer = instance_of_everything(), *inner = instance_of_everything(), *out = NULL;
    VARIANT value = object_value(inner), after = {0};
    put_number(inner, "Onesint32", 1);
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Put(outer, B("Oneobject"), 0, &value, 0));
    put_number(inner, "Onesint32", 2);
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Get(outer, B("Oneobject"), 0, &after, NULL, NULL));
    assert_int_equal(VT_UNKNOWN, V_VT(&after));
    out = QUERY(V_UNKNOWN(&after), IWbemClassObject);
    assert_int_equal(1, get_number(out, "Onesint32"));
    put_number(out, "Onesint32", 3);
    VariantClear(&after);
    IWbemClassObject_Release(out);
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Get(outer, B("Oneobject"), 0, &after, NULL, NULL));
    out = QUERY(V_UNKNOWN(&after), IWbemClassObject);
    assert_int_equal(1, get_number(out, "Onesint32"));
    VariantClear(&after);
    IWbemClassObject_Release(out);
    IWbemClassObject_Release(inner);
    IWbemClassObject_Release(outer);
}

static void an_object_may_be_put_into_itself(void **state)
{
    IWbemClassObject *object = instance_of_everything(), *out = NULL;
    VARIANT value = object_value(object), after = {0};
    put_number(object, "Onesint32", 5);
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Put(object, B("Oneobject"), 0, &value, 0));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Get(object, B("Oneobject"), 0, &after, NULL, NULL));
    out = QUERY(V_UNKNOWN(&after), IWbemClassObject);
    assert_int_equal(5, get_number(out, "Onesint32"));
    assert_string_equal("NULL", get_text(out, "Oneobject"));
    IWbemClassObject_Release(out);
    VariantClear(&after);
    IWbemClassObject_Release(object);
}

static void objects_lie_in_each_other_64_deep_and_no_deeper(void **state)
{
    IWbemClassObject *object = instance_of_everything();
    for (int depth = 1; depth < 64; depth++) {
        VARIANT value = object_value(object);
        assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Put(object, B("Oneobject"), 0, &value, 0));
    }
    VARIANT value = object_value(object);
    assert_hr(WBEM_E_VALUE_OUT_OF_RANGE, IWbemClassObject_Put(object, B("Oneobject"), 0, &value, 0));
    IWbemClassObject_Release(object);
}

static void what_is_no_object_of_wmi_is_not_put_in(void **state)
{
    IWbemClassObject *object = instance_of_everything();
    VARIANT value = make(VT_UNKNOWN, (LONGLONG)(uintptr_t)locator);
    assert_hr(WBEM_E_TYPE_MISMATCH, IWbemClassObject_Put(object, B("Oneobject"), 0, &value, 0));
    assert_string_not_equal("", why());
    IWbemClassObject_Release(object);
}

/* ---- types of new properties ---- */

static void a_new_property_has_the_type_that_its_value_says(void **state)
{
    static const struct {
        VARTYPE vt;
        CIMTYPE type;
    } rows[] = {{VT_BSTR, CIM_STRING}, {VT_I4, CIM_SINT32},    {VT_I2, CIM_SINT16},  {VT_UI1, CIM_UINT8},
                {VT_I1, CIM_SINT8},    {VT_UI2, CIM_UINT16},   {VT_UI4, CIM_UINT32}, {VT_I8, CIM_SINT64},
                {VT_UI8, CIM_UINT64},  {VT_BOOL, CIM_BOOLEAN}, {VT_R4, CIM_REAL32},  {VT_R8, CIM_REAL64}};
    IWbemClassObject *cls = thing_class_draft("T_Typed");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        VARIANT value = make(rows[i].vt, 0), many = vector(rows[i].vt, 2);
        CIMTYPE type = 0;
        assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Put(cls, B("One%zu", i), 0, &value, 0));
        assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Get(cls, B("One%zu", i), 0, NULL, &type, NULL));
        assert_int_equal(rows[i].type, type);
        assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Put(cls, B("Many%zu", i), 0, &many, 0));
        assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Get(cls, B("Many%zu", i), 0, NULL, &type, NULL));
        assert_int_equal(rows[i].type | CIM_FLAG_ARRAY, type);
        VariantClear(&many);
    }
    VARIANT nothing = make(VT_NULL, 0), date = make(VT_ERROR, 0), five = make(VT_I4, 5);
    CIMTYPE type = 0;
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_Put(cls, B("Untyped"), 0, &nothing, 0));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_Put(cls, B("Untyped"), 0, &date, 0));
    assert_hr(WBEM_E_INVALID_PROPERTY_TYPE, IWbemClassObject_Put(cls, B("Untyped"), 0, &nothing, 12345));
    assert_hr(WBEM_E_INVALID_PROPERTY_TYPE, IWbemClassObject_Put(cls, B("Untyped"), 0, &nothing, CIM_ILLEGAL));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Put(cls, B("Told"), 0, &five, CIM_UINT16));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Get(cls, B("Told"), 0, NULL, &type, NULL));
    assert_int_equal(CIM_UINT16, type);
    assert_int_equal(5, get_number(cls, "Told"));
    IWbemClassObject_Release(cls);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(put_takes_what_automation_converts_and_says_what_it_cannot),
        cmocka_unit_test(a_null_keeps_its_type),
        cmocka_unit_test(a_reference_to_a_value_is_followed),
        cmocka_unit_test(arrays_come_back_as_they_went_in),
        cmocka_unit_test(an_array_of_variants_is_taken_item_by_item),
        cmocka_unit_test(an_empty_array_of_variants_is_taken_for_every_type),
        cmocka_unit_test(arrays_of_another_kind_are_not_converted),
        cmocka_unit_test(arrays_and_single_values_do_not_mix),
        cmocka_unit_test(an_array_of_another_type_than_its_variant_says_is_refused),
        cmocka_unit_test(an_object_is_copied_in_and_out),
        cmocka_unit_test(an_object_may_be_put_into_itself),
        cmocka_unit_test(objects_lie_in_each_other_64_deep_and_no_deeper),
        cmocka_unit_test(what_is_no_object_of_wmi_is_not_put_in),
        cmocka_unit_test(a_new_property_has_the_type_that_its_value_says),
    };
    return cmocka_run_group_tests(tests, set_up_wmi, tear_down_wmi);
}
