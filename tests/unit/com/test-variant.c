#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <locale.h>
#include <string.h>

#define COBJMACROS
#include "com/errorinfo.h"
#include "com/object.h"
#include <oleauto.h>

#include "proves.h"

/* ---- making values ---- */

static VARIANT empty(VARTYPE vt)
{
    VARIANT value;
    VariantInit(&value);
    value.vt = vt;
    return value;
}

static VARIANT whole(VARTYPE vt, long long number)
{
    VARIANT value = empty(vt);
    value.llVal = number;
    return value;
}

static VARIANT real(VARTYPE vt, double number)
{
    VARIANT value = empty(vt);
    if (vt == VT_R4)
        value.fltVal = (float)number;
    else
        value.dblVal = number;
    return value;
}

static VARIANT text(const char *ascii)
{
    VARIANT value = empty(VT_BSTR);
    value.bstrVal = SysAllocStringLen(NULL, (UINT)strlen(ascii));
    for (size_t i = 0; ascii[i]; i++)
        value.bstrVal[i] = (OLECHAR)ascii[i];
    return value;
}

/* A decimal of the magnitude hi * 2^64 + lo. */
static VARIANT decimal(ULONG hi, ULONGLONG lo, BYTE scale, BYTE sign)
{
    VARIANT value = empty(VT_EMPTY);
    value.decVal = (DECIMAL){.Hi32 = hi, .Lo64 = lo};
    value.decVal.scale = scale;
    value.decVal.sign = sign;
    value.vt = VT_DECIMAL;
    return value;
}

static bool is_text(const VARIANT *value, const char *ascii)
{
    if (value->vt != VT_BSTR || SysStringLen(value->bstrVal) != strlen(ascii))
        return false;
    for (size_t i = 0; ascii[i]; i++)
        if (value->bstrVal[i] != (OLECHAR)ascii[i])
            return false;
    return true;
}

static HRESULT convert(VARIANT from, VARTYPE to, VARIANT *ret)
{
    VariantInit(ret);
    HRESULT hr = VariantChangeType(ret, &from, 0, to);
    VariantClear(&from);
    return hr;
}

static void becomes_text(VARIANT from, const char *expected)
{
    VARIANT ret;
    assert_int_equal(convert(from, VT_BSTR, &ret), S_OK);
    assert_true(is_text(&ret, expected));
    VariantClear(&ret);
}

static void becomes_whole(VARIANT from, VARTYPE to, unsigned long long expected)
{
    VARIANT ret;
    assert_int_equal(convert(from, to, &ret), S_OK);
    assert_int_equal(ret.vt, to);
    assert_int_equal(ret.ullVal, expected);
}

static void becomes_real(VARIANT from, double expected)
{
    VARIANT ret;
    assert_int_equal(convert(from, VT_R8, &ret), S_OK);
    assert_true(ret.vt == VT_R8 && ret.dblVal == expected);
}

static void fails(VARIANT from, VARTYPE to, HRESULT expected)
{
    VARIANT ret;
    assert_int_equal(convert(from, to, &ret), expected);
    assert_int_equal(ret.vt, VT_EMPTY);
}

/* ---- clearing and copying ---- */

static IUnknown *new_object(void)
{
    ICreateErrorInfo *info = NULL;
    assert_int_equal(CreateErrorInfo(&info), S_OK);
    return (IUnknown *)info;
}

static void clearing_gives_back_what_is_held(void **state)
{
    TRI_PROVES(VariantInit, real);
    TRI_PROVES(VariantClear, real);
    VARIANT value;
    memset(&value, 0xAA, sizeof value);
    VariantInit(&value);
    assert_int_equal(value.vt, VT_EMPTY);
    value = text("owned"); /* the leak checker looks on */
    assert_int_equal(VariantClear(&value), S_OK);
    assert_int_equal(value.vt, VT_EMPTY);
    value = empty(VT_UNKNOWN);
    value.punkVal = new_object();
    IUnknown_AddRef(value.punkVal);
    IUnknown *object = value.punkVal;
    assert_int_equal(VariantClear(&value), S_OK);
    assert_int_equal(IUnknown_Release(object), 0);
    value = empty(VT_ARRAY | VT_BSTR);
    value.parray = SafeArrayCreateVector(VT_BSTR, 0, 3);
    assert_int_equal(VariantClear(&value), S_OK);
    value = empty(VT_UNKNOWN); /* NULL is a value, too */
    assert_int_equal(VariantClear(&value), S_OK);
    value = empty(VT_ARRAY | VT_I4);
    assert_int_equal(VariantClear(&value), S_OK);
    assert_int_equal(VariantClear(NULL), E_INVALIDARG);
}

static void a_reference_is_not_cleared_through(void **state)
{
    BSTR string = SysAllocString(u"somebody else's");
    VARIANT value = empty(VT_BSTR | VT_BYREF);
    value.pbstrVal = &string;
    assert_int_equal(VariantClear(&value), S_OK);
    assert_int_equal(SysStringLen(string), 15);
    SysFreeString(string);
}

static void an_unknown_type_is_refused_and_left_alone(void **state)
{
    static const VARTYPE bad[] = {15,
                                  VT_VOID,
                                  VT_LPWSTR,
                                  VT_RECORD,
                                  VT_VARIANT,
                                  VT_VECTOR | VT_I4,
                                  VT_RESERVED,
                                  VT_NULL | VT_ARRAY,
                                  VT_EMPTY | VT_BYREF,
                                  VT_ILLEGAL};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        VARIANT value = empty(bad[i]), other = empty(VT_EMPTY);
        assert_int_equal(VariantClear(&value), DISP_E_BADVARTYPE);
        assert_int_equal(value.vt, bad[i]);
        assert_int_equal(VariantCopy(&other, &value), DISP_E_BADVARTYPE);
        assert_int_equal(VariantCopyInd(&other, &value), DISP_E_BADVARTYPE);
        assert_int_equal(VariantChangeType(&other, &value, 0, VT_I4), DISP_E_BADVARTYPE);
        assert_int_equal(VariantChangeType(&other, &other, 0, bad[i]), DISP_E_BADVARTYPE);
        assert_int_equal(other.vt, VT_EMPTY);
    }
}

static void a_locked_array_keeps_its_variant(void **state)
{
    VARIANT value = empty(VT_ARRAY | VT_I4), other = whole(VT_I4, 7);
    value.parray = SafeArrayCreateVector(VT_I4, 0, 1);
    assert_int_equal(SafeArrayLock(value.parray), S_OK);
    assert_int_equal(VariantClear(&value), DISP_E_ARRAYISLOCKED);
    assert_int_equal(VariantCopy(&value, &other), DISP_E_ARRAYISLOCKED);
    assert_int_equal(VariantChangeType(&value, &other, 0, VT_BSTR), DISP_E_ARRAYISLOCKED);
    assert_int_equal(value.vt, VT_ARRAY | VT_I4);
    assert_int_equal(SafeArrayUnlock(value.parray), S_OK);
    assert_int_equal(VariantClear(&value), S_OK);
}

static void a_copy_is_its_own(void **state)
{
    TRI_PROVES(VariantCopy, real);
    VARIANT from = text("a"), to = text("what was there before");
    assert_int_equal(VariantCopy(&to, &from), S_OK);
    assert_ptr_not_equal(to.bstrVal, from.bstrVal);
    assert_int_equal(VariantClear(&from), S_OK);
    assert_true(is_text(&to, "a"));
    assert_int_equal(VariantCopy(&to, &to), S_OK);
    assert_true(is_text(&to, "a"));
    from = empty(VT_UNKNOWN);
    from.punkVal = new_object();
    assert_int_equal(VariantCopy(&to, &from), S_OK);
    assert_ptr_equal(to.punkVal, from.punkVal);
    VariantClear(&from);
    assert_int_equal(IUnknown_Release(to.punkVal), 0);
    to = empty(VT_EMPTY);
    from = empty(VT_ARRAY | VT_I4);
    from.parray = SafeArrayCreateVector(VT_I4, 5, 2);
    assert_int_equal(VariantCopy(&to, &from), S_OK);
    assert_ptr_not_equal(to.parray, from.parray);
    VariantClear(&from);
    VariantClear(&to);
    assert_int_equal(VariantCopy(&to, NULL), E_INVALIDARG);
    assert_int_equal(VariantCopy(NULL, &to), E_INVALIDARG);
}

static void what_a_reference_refers_to_can_be_copied(void **state)
{
    TRI_PROVES(VariantCopyInd, real);
    LONG number = -3;
    VARIANT to = empty(VT_EMPTY), from = empty(VT_I4 | VT_BYREF);
    from.plVal = &number;
    assert_int_equal(VariantCopy(&to, &from), S_OK); /* still a reference */
    assert_int_equal(to.vt, VT_I4 | VT_BYREF);
    assert_int_equal(VariantCopyInd(&to, &from), S_OK);
    assert_true(to.vt == VT_I4 && to.lVal == -3);
    BSTR string = SysAllocString(u"there");
    from = empty(VT_BSTR | VT_BYREF);
    from.pbstrVal = &string;
    assert_int_equal(VariantCopyInd(&from, &from), S_OK); /* onto itself */
    assert_true(is_text(&from, "there") && from.bstrVal != string);
    VARIANT outer = empty(VT_VARIANT | VT_BYREF), outermost = empty(VT_VARIANT | VT_BYREF);
    outer.pvarVal = &from;
    assert_int_equal(VariantCopyInd(&to, &outer), S_OK);
    assert_true(is_text(&to, "there") && to.bstrVal != from.bstrVal);
    VariantClear(&to);
    VariantClear(&from);
    from = empty(VT_BSTR | VT_BYREF);
    from.pbstrVal = &string;
    assert_int_equal(VariantCopyInd(&to, &outer), S_OK); /* one more step */
    assert_true(is_text(&to, "there"));
    outermost.pvarVal = &outer;
    assert_int_equal(VariantCopyInd(&to, &outermost), E_INVALIDARG);
    outermost.pvarVal = &outermost; /* for ever */
    assert_int_equal(VariantCopyInd(&to, &outermost), E_INVALIDARG);
    from.byref = NULL;
    assert_int_equal(VariantCopyInd(&to, &from), E_INVALIDARG);
    assert_true(is_text(&to, "there"));
    DECIMAL money = decimal(0, 125, 2, DECIMAL_NEG).decVal;
    from = empty(VT_DECIMAL | VT_BYREF);
    from.pdecVal = &money;
    assert_int_equal(VariantCopyInd(&to, &from), S_OK);
    assert_true(to.vt == VT_DECIMAL && to.decVal.Lo64 == 125 && to.decVal.scale == 2 && to.decVal.sign == DECIMAL_NEG);
    SysFreeString(string);
}

/* ---- converting ---- */

static void whole_numbers_fit_or_overflow(void **state)
{
    TRI_PROVES(VariantChangeType, partial, "dates in one form only; no objects with a value");
    becomes_whole(whole(VT_I4, 127), VT_I1, 127);
    fails(whole(VT_I4, 128), VT_I1, DISP_E_OVERFLOW);
    becomes_whole(whole(VT_I4, -128), VT_I2, (unsigned long long)-128);
    fails(whole(VT_I4, -1), VT_UI1, DISP_E_OVERFLOW);
    becomes_whole(whole(VT_I4, 255), VT_UI1, 255);
    fails(whole(VT_I4, 65536), VT_UI2, DISP_E_OVERFLOW);
    fails(whole(VT_I4, -1), VT_UI4, DISP_E_OVERFLOW);
    becomes_whole(whole(VT_UI4, 0xFFFFFFFF), VT_I8, 0xFFFFFFFF);
    fails(whole(VT_UI4, 0xFFFFFFFF), VT_I4, DISP_E_OVERFLOW);
    becomes_whole(whole(VT_I8, INT64_MAX), VT_UI8, INT64_MAX);
    fails(whole(VT_UI8, -1), VT_I8, DISP_E_OVERFLOW); /* 2^64 - 1 */
    becomes_whole(whole(VT_INT, 7), VT_UINT, 7);
    becomes_whole(empty(VT_EMPTY), VT_I4, 0);
    becomes_whole(whole(VT_I1, 0xFF), VT_I4, (unsigned long long)-1);
}

static void fractions_are_rounded_half_to_even(void **state)
{
    becomes_whole(real(VT_R8, 0.5), VT_I4, 0);
    becomes_whole(real(VT_R8, 1.5), VT_I4, 2);
    becomes_whole(real(VT_R8, -2.5), VT_I4, (unsigned long long)-2);
    becomes_whole(text("2.5"), VT_I4, 2);
    becomes_whole(text("3.50"), VT_I4, 4);
    becomes_whole(text("-0.5000000000000000000000001"), VT_I4, (unsigned long long)-1);
    becomes_whole(decimal(0, 35, 1, 0), VT_I8, 4);
    becomes_whole(whole(VT_CY, 25000), VT_I2, 2);
    fails(real(VT_R8, 2147483647.5), VT_I4, DISP_E_OVERFLOW);
    fails(real(VT_R8, 1e300), VT_UI8, DISP_E_OVERFLOW);
    fails(real(VT_R8, NAN), VT_I4, DISP_E_OVERFLOW);
    fails(real(VT_R8, 18446744073709551616.0), VT_UI8, DISP_E_OVERFLOW);
    becomes_whole(real(VT_R8, -9223372036854775808.0), VT_I8, 1ULL << 63);
}

static void text_is_read_as_a_number(void **state)
{
    becomes_whole(text("18446744073709551615"), VT_UI8, UINT64_MAX);
    fails(text("18446744073709551616"), VT_UI8, DISP_E_OVERFLOW);
    becomes_whole(text("-9223372036854775808"), VT_I8, 1ULL << 63);
    becomes_whole(text("  +12  "), VT_I4, 12);
    becomes_whole(text("1e3"), VT_I4, 1000);
    becomes_real(text("0.1"), 0.1);
    becomes_real(text("1E-5"), 1e-5);
    becomes_real(text("123456789.123456789"), 123456789.123456789);
    static const char *const bad[] = {"",    " ",   "x", "1x", "0x10", "1 2", "--1", "inf",
                                      "nan", "1,5", ".", "+",  "e5",   "1e",  "&H10"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        fails(text(bad[i]), VT_R8, DISP_E_TYPEMISMATCH);
    fails(text("1e999"), VT_R8, DISP_E_OVERFLOW);
    VARIANT nul = empty(VT_BSTR), ret;
    nul.bstrVal = SysAllocStringLen(u"1\0002", 3);
    assert_int_equal(convert(nul, VT_I4, &ret), DISP_E_TYPEMISMATCH);
    fails(empty(VT_BSTR), VT_I4, DISP_E_TYPEMISMATCH); /* NULL is the empty string */
}

static void numbers_are_written_as_text(void **state)
{
    becomes_text(whole(VT_I4, -12), "-12");
    becomes_text(whole(VT_UI8, -1), "18446744073709551615");
    becomes_text(whole(VT_I8, INT64_MIN), "-9223372036854775808");
    becomes_text(real(VT_R8, 0.1), "0.1");
    becomes_text(real(VT_R8, 1e20), "1E+20");
    becomes_text(real(VT_R4, 0.25), "0.25");
    becomes_text(real(VT_R4, 16777216), "1.677722E+07");
    becomes_text(whole(VT_CY, 15000), "1.5");
    becomes_text(whole(VT_CY, -1), "-0.0001");
    becomes_text(decimal(0xFFFFFFFF, UINT64_MAX, 28, 0), "7.9228162514264337593543950335");
    becomes_text(decimal(0, 100, 2, DECIMAL_NEG), "-1");
    becomes_text(decimal(0, 0, 0, 0), "0");
    becomes_text(empty(VT_EMPTY), "");
    becomes_text(whole(VT_BOOL, VARIANT_TRUE), "-1");
    becomes_text(whole(VT_BOOL, 0), "0");
}

static void the_programs_locale_changes_nothing(void **state)
{
    static const char *const candidates[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE"};
    const char *set = NULL;
    for (size_t i = 0; i < 3 && !set; i++)
        set = setlocale(LC_NUMERIC, candidates[i]);
    if (!set) {
        print_message("# skipped: no locale with a decimal comma is installed\n");
        return;
    }
    becomes_text(real(VT_R8, 0.5), "0.5");
    becomes_real(text("0.5"), 0.5);
    VARIANT ret;
    assert_int_equal(convert(real(VT_R8, 0.5), VT_DECIMAL, &ret), S_OK);
    becomes_real(ret, 0.5);
    setlocale(LC_NUMERIC, "C");
}

static void truth_is_all_bits_set(void **state)
{
    VARIANT ret;
    becomes_whole(whole(VT_BOOL, VARIANT_TRUE), VT_I4, (unsigned long long)-1);
    assert_int_equal(convert(whole(VT_BOOL, VARIANT_TRUE), VT_UI1, &ret), S_OK);
    assert_int_equal(ret.bVal, 255);
    assert_int_equal(convert(whole(VT_BOOL, VARIANT_TRUE), VT_UI4, &ret), S_OK);
    assert_int_equal(ret.ulVal, 0xFFFFFFFF);
    assert_int_equal(convert(whole(VT_I4, 256), VT_BOOL, &ret), S_OK);
    assert_int_equal(ret.boolVal, VARIANT_TRUE);
    assert_int_equal(convert(real(VT_R8, 0.1), VT_BOOL, &ret), S_OK);
    assert_int_equal(ret.boolVal, VARIANT_TRUE);
    assert_int_equal(convert(text("TRUE"), VT_BOOL, &ret), S_OK);
    assert_int_equal(ret.boolVal, VARIANT_TRUE);
    assert_int_equal(convert(text("False"), VT_BOOL, &ret), S_OK);
    assert_int_equal(ret.boolVal, VARIANT_FALSE);
    assert_int_equal(convert(text("2"), VT_BOOL, &ret), S_OK);
    assert_int_equal(ret.boolVal, VARIANT_TRUE);
    fails(text("yes"), VT_BOOL, DISP_E_TYPEMISMATCH);
    VARIANT truth = whole(VT_BOOL, VARIANT_TRUE);
    assert_int_equal(VariantChangeType(&truth, &truth, VARIANT_ALPHABOOL, VT_BSTR), S_OK);
    assert_true(is_text(&truth, "True"));
    VariantClear(&truth);
}

static void money_counts_ten_thousandths(void **state)
{
    becomes_whole(text("1.00005"), VT_CY, 10000); /* half to even */
    becomes_whole(text("1.00015"), VT_CY, 10002);
    becomes_whole(real(VT_R8, -1.25), VT_CY, (unsigned long long)-12500);
    becomes_whole(whole(VT_I8, 922337203685477), VT_CY, 9223372036854770000);
    fails(whole(VT_I8, 922337203685478), VT_CY, DISP_E_OVERFLOW);
    becomes_real(whole(VT_CY, 1), 0.0001);
}

static void decimals_are_exact(void **state)
{
    VARIANT ret;
    assert_int_equal(convert(text("-12345678901234567890.5"), VT_DECIMAL, &ret), S_OK);
    assert_true(ret.vt == VT_DECIMAL && ret.decVal.scale == 1 && ret.decVal.sign == DECIMAL_NEG);
    assert_int_equal(ret.decVal.Hi32, 6);
    assert_int_equal(ret.decVal.Lo64, 12776324570088369209ULL);
    becomes_text(ret, "-12345678901234567890.5");
    assert_int_equal(convert(real(VT_R8, 0.1), VT_DECIMAL, &ret), S_OK);
    becomes_real(ret, 0.1);
    assert_int_equal(convert(whole(VT_UI8, -1), VT_DECIMAL, &ret), S_OK);
    becomes_whole(ret, VT_UI8, UINT64_MAX);
    fails(real(VT_R8, 1e30), VT_DECIMAL, DISP_E_OVERFLOW);
    fails(real(VT_R8, -INFINITY), VT_DECIMAL, DISP_E_OVERFLOW);
}

static void small_reals_overflow(void **state)
{
    VARIANT ret;
    fails(real(VT_R8, 1e39), VT_R4, DISP_E_OVERFLOW);
    assert_int_equal(convert(real(VT_R8, 0.5), VT_R4, &ret), S_OK);
    assert_true(ret.fltVal == 0.5F);
    becomes_real(real(VT_R4, 0.25), 0.25);
}

static void dates_have_one_form(void **state)
{
    VARIANT ret;
    becomes_text(real(VT_DATE, 0), "1899-12-30 00:00:00");
    becomes_text(real(VT_DATE, 25569.5), "1970-01-01 12:00:00");
    becomes_text(real(VT_DATE, -1.75), "1899-12-29 18:00:00"); /* the time of day counts forward */
    becomes_text(real(VT_DATE, 2958465.0), "9999-12-31 00:00:00");
    assert_int_equal(convert(text("2026-11-21 06:00:00"), VT_DATE, &ret), S_OK);
    assert_true(ret.vt == VT_DATE && ret.date == 46347.25);
    assert_int_equal(convert(text("1899-12-29 18:00:00"), VT_DATE, &ret), S_OK);
    assert_true(ret.date == -1.75);
    assert_int_equal(convert(text("1970-01-01"), VT_DATE, &ret), S_OK);
    assert_true(ret.date == 25569);
    fails(text("2026-02-30"), VT_DATE, DISP_E_TYPEMISMATCH);
    fails(text("2026-02-03 24:00:00"), VT_DATE, DISP_E_TYPEMISMATCH);
    fails(text("2026-02-03 1"), VT_DATE, DISP_E_TYPEMISMATCH);
    fails(text("2026-02-03 10:00:00 x"), VT_DATE, DISP_E_TYPEMISMATCH);
    fails(text("tomorrow"), VT_DATE, DISP_E_TYPEMISMATCH);
    fails(whole(VT_I4, INT32_MAX), VT_DATE, DISP_E_OVERFLOW);
    fails(real(VT_DATE, 1e9), VT_BSTR, DISP_E_OVERFLOW);
    becomes_real(real(VT_DATE, 1.5), 1.5);
}

static void what_is_no_number_stays_what_it_is(void **state)
{
    VARIANT ret, array = empty(VT_ARRAY | VT_I4);
    fails(empty(VT_NULL), VT_I4, DISP_E_TYPEMISMATCH);
    fails(empty(VT_NULL), VT_BSTR, DISP_E_TYPEMISMATCH);
    fails(empty(VT_UNKNOWN), VT_I4, DISP_E_TYPEMISMATCH);
    fails(whole(VT_I4, 1), VT_UNKNOWN, DISP_E_TYPEMISMATCH);
    fails(whole(VT_ERROR, E_FAIL), VT_I4, DISP_E_TYPEMISMATCH);
    fails(whole(VT_ERROR, E_FAIL), VT_BSTR, DISP_E_TYPEMISMATCH);
    fails(whole(VT_I4, 1), VT_ERROR, DISP_E_TYPEMISMATCH);
    fails(whole(VT_I4, 1), VT_NULL, DISP_E_TYPEMISMATCH);
    fails(whole(VT_I4, 1), VT_ARRAY | VT_I4, DISP_E_TYPEMISMATCH);
    fails(whole(VT_I4, 1), VT_BYREF | VT_I4, DISP_E_TYPEMISMATCH);
    array.parray = SafeArrayCreateVector(VT_I4, 0, 2);
    fails(array, VT_I4, DISP_E_TYPEMISMATCH);
    assert_int_equal(convert(empty(VT_NULL), VT_NULL, &ret), S_OK);
    assert_int_equal(ret.vt, VT_NULL);
    array.parray = SafeArrayCreateVector(VT_I4, 0, 2);
    assert_int_equal(convert(array, VT_ARRAY | VT_I4, &ret), S_OK); /* a copy */
    assert_int_equal(VariantClear(&ret), S_OK);
}

static void a_conversion_may_be_in_place_or_through_a_reference(void **state)
{
    TRI_PROVES(VariantChangeTypeEx, partial, "lcid is not looked at");
    LONG number = 42;
    VARIANT value = text("17"), reference = empty(VT_I4 | VT_BYREF);
    assert_int_equal(VariantChangeTypeEx(&value, &value, 0x409, 0, VT_I4), S_OK);
    assert_true(value.vt == VT_I4 && value.lVal == 17);
    reference.plVal = &number;
    assert_int_equal(VariantChangeTypeEx(&value, &reference, 0, 0, VT_BSTR), S_OK);
    assert_true(is_text(&value, "42"));
    assert_int_equal(VariantChangeType(&value, &reference, 0, VT_I4), S_OK);
    assert_true(value.vt == VT_I4 && value.lVal == 42);
    value = text("not a number");
    assert_int_equal(VariantChangeType(&value, &value, 0, VT_I4), DISP_E_TYPEMISMATCH);
    assert_true(is_text(&value, "not a number"));
    VariantClear(&value);
    assert_int_equal(VariantChangeType(NULL, &value, 0, VT_I4), E_INVALIDARG);
    assert_int_equal(VariantChangeType(&value, NULL, 0, VT_I4), E_INVALIDARG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clearing_gives_back_what_is_held),
        cmocka_unit_test(a_reference_is_not_cleared_through),
        cmocka_unit_test(an_unknown_type_is_refused_and_left_alone),
        cmocka_unit_test(a_locked_array_keeps_its_variant),
        cmocka_unit_test(a_copy_is_its_own),
        cmocka_unit_test(what_a_reference_refers_to_can_be_copied),
        cmocka_unit_test(whole_numbers_fit_or_overflow),
        cmocka_unit_test(fractions_are_rounded_half_to_even),
        cmocka_unit_test(text_is_read_as_a_number),
        cmocka_unit_test(numbers_are_written_as_text),
        cmocka_unit_test(the_programs_locale_changes_nothing),
        cmocka_unit_test(truth_is_all_bits_set),
        cmocka_unit_test(money_counts_ten_thousandths),
        cmocka_unit_test(decimals_are_exact),
        cmocka_unit_test(small_reals_overflow),
        cmocka_unit_test(dates_have_one_form),
        cmocka_unit_test(what_is_no_number_stays_what_it_is),
        cmocka_unit_test(a_conversion_may_be_in_place_or_through_a_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
