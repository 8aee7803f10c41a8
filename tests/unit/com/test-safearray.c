#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#define COBJMACROS
#include "com/object.h"
#include <oleauto.h>

#include "proves.h"

static void a_vector_knows_what_it_is(void **state)
{
    TRI_PROVES(SafeArrayCreateVector, real);
    TRI_PROVES(SafeArrayGetDim, real);
    TRI_PROVES(SafeArrayGetElemsize, real);
    TRI_PROVES(SafeArrayGetLBound, real);
    TRI_PROVES(SafeArrayGetUBound, real);
    TRI_PROVES(SafeArrayGetVartype, real);
    static const struct {
        VARTYPE type;
        UINT size;
    } all[] = {{VT_I1, 1},       {VT_UI1, 1},      {VT_I2, 2},      {VT_UI2, 2},  {VT_BOOL, 2},  {VT_I4, 4},
               {VT_UI4, 4},      {VT_R4, 4},       {VT_INT, 4},     {VT_UINT, 4}, {VT_ERROR, 4}, {VT_I8, 8},
               {VT_UI8, 8},      {VT_R8, 8},       {VT_CY, 8},      {VT_DATE, 8}, {VT_BSTR, 8},  {VT_UNKNOWN, 8},
               {VT_DISPATCH, 8}, {VT_DECIMAL, 16}, {VT_VARIANT, 24}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        VARTYPE type = 0;
        LONG first = 0, last = 0;
        SAFEARRAY *array = SafeArrayCreateVector(all[i].type, -2, 5);
        assert_int_equal(SafeArrayGetDim(array), 1);
        assert_int_equal(SafeArrayGetElemsize(array), all[i].size);
        assert_int_equal(SafeArrayGetVartype(array, &type), S_OK);
        assert_int_equal(type, all[i].type);
        assert_int_equal(SafeArrayGetLBound(array, 1, &first), S_OK);
        assert_int_equal(SafeArrayGetUBound(array, 1, &last), S_OK);
        assert_true(first == -2 && last == 2);
        assert_int_equal(SafeArrayGetLBound(array, 0, &first), DISP_E_BADINDEX);
        assert_int_equal(SafeArrayGetUBound(array, 2, &last), DISP_E_BADINDEX);
        assert_int_equal(SafeArrayDestroy(array), S_OK);
    }
    assert_int_equal(SafeArrayGetDim(NULL), 0);
    assert_int_equal(SafeArrayGetElemsize(NULL), 0);
}

static void an_empty_vector_ends_before_it_begins(void **state)
{
    LONG last = 7;
    void *data = NULL;
    SAFEARRAY *array = SafeArrayCreateVector(VT_BSTR, 0, 0);
    assert_int_equal(SafeArrayGetUBound(array, 1, &last), S_OK);
    assert_int_equal(last, -1);
    assert_int_equal(SafeArrayAccessData(array, &data), S_OK);
    assert_int_equal(SafeArrayUnaccessData(array), S_OK);
    assert_int_equal(SafeArrayDestroy(array), S_OK);
}

static void what_cannot_be_is_not_made(void **state)
{
    SAFEARRAYBOUND huge[] = {{0x80000000, 0}, {0x80000000, 0}, {4, 0}}, past = {2, INT32_MAX};
    assert_null(SafeArrayCreateVector(VT_EMPTY, 0, 1));
    assert_null(SafeArrayCreateVector(VT_NULL, 0, 1));
    assert_null(SafeArrayCreateVector(VT_RECORD, 0, 1));
    assert_null(SafeArrayCreateVector(VT_ARRAY | VT_I4, 0, 1));
    assert_null(SafeArrayCreate(VT_I4, 0, huge));
    assert_null(SafeArrayCreate(VT_I4, 65536, huge));
    assert_null(SafeArrayCreate(VT_I4, 1, NULL));
    assert_null(SafeArrayCreate(VT_I4, 3, huge)); /* 2^64 elements */
    assert_null(SafeArrayCreate(VT_I4, 1, &past));
    assert_null(SafeArrayCreateVector(VT_VARIANT, 0, UINT32_MAX));
}

static void the_first_index_runs_fastest(void **state)
{
    TRI_PROVES(SafeArrayCreate, real);
    TRI_PROVES(SafeArrayPtrOfIndex, real);
    SAFEARRAYBOUND bounds[] = {{2, 0}, {3, 10}};
    SAFEARRAY *array = SafeArrayCreate(VT_UI1, 2, bounds);
    LONG first = 0, index[] = {1, 11};
    assert_int_equal(SafeArrayGetLBound(array, 2, &first), S_OK);
    assert_int_equal(first, 10);
    assert_true(array->rgsabound[0].cElements == 3 && array->rgsabound[1].cElements == 2); /* the last one first */
    unsigned char *element = NULL;
    assert_int_equal(SafeArrayPtrOfIndex(array, index, (void **)&element), S_OK);
    assert_ptr_equal(element, (unsigned char *)array->pvData + 1 + 2 * 1);
    index[1] = 13;
    assert_int_equal(SafeArrayPtrOfIndex(array, index, (void **)&element), DISP_E_BADINDEX);
    index[0] = -1;
    assert_int_equal(SafeArrayPtrOfIndex(array, index, (void **)&element), DISP_E_BADINDEX);
    assert_int_equal(SafeArrayPtrOfIndex(array, NULL, (void **)&element), E_INVALIDARG);
    assert_int_equal(SafeArrayPtrOfIndex(NULL, index, (void **)&element), E_INVALIDARG);
    SafeArrayDestroy(array);
}

static void strings_are_copied_in_and_out(void **state)
{
    TRI_PROVES(SafeArrayPutElement, real);
    TRI_PROVES(SafeArrayGetElement, real);
    SAFEARRAY *array = SafeArrayCreateVector(VT_BSTR, 0, 2);
    LONG index = 1;
    BSTR string = SysAllocStringLen(u"a\0b", 3), out = NULL;
    assert_int_equal(SafeArrayPutElement(array, &index, string), S_OK);
    SysFreeString(string);
    assert_int_equal(SafeArrayGetElement(array, &index, &out), S_OK);
    assert_int_equal(SysStringLen(out), 3);
    assert_memory_equal(out, u"a\0b", 8);
    SysFreeString(out);
    string = SysAllocString(u"another");
    assert_int_equal(SafeArrayPutElement(array, &index, string), S_OK); /* what was there is freed */
    SysFreeString(string);
    assert_int_equal(SafeArrayPutElement(array, &index, NULL), S_OK);
    assert_int_equal(SafeArrayGetElement(array, &index, &out), S_OK);
    assert_null(out);
    index = 2;
    assert_int_equal(SafeArrayGetElement(array, &index, &out), DISP_E_BADINDEX);
    assert_int_equal(SafeArrayPutElement(array, &index, NULL), DISP_E_BADINDEX);
    assert_int_equal(SafeArrayGetElement(array, &index, NULL), E_INVALIDARG);
    SafeArrayDestroy(array);
}

static void numbers_variants_and_objects_too(void **state)
{
    LONG index = 0, number = 7, out = 0;
    SAFEARRAY *array = SafeArrayCreateVector(VT_I4, 0, 1);
    assert_int_equal(SafeArrayPutElement(array, &index, &number), S_OK);
    assert_int_equal(SafeArrayGetElement(array, &index, &out), S_OK);
    assert_int_equal(out, 7);
    assert_int_equal(SafeArrayPutElement(array, &index, NULL), E_INVALIDARG);
    SafeArrayDestroy(array);

    VARIANT value, got;
    VariantInit(&value);
    value.vt = VT_BSTR;
    value.bstrVal = SysAllocString(u"held");
    array = SafeArrayCreateVector(VT_VARIANT, 0, 1);
    assert_int_equal(SafeArrayPutElement(array, &index, &value), S_OK);
    VariantClear(&value);
    memset(&got, 0xAA, sizeof got); /* the caller's room need not be a VARIANT yet */
    assert_int_equal(SafeArrayGetElement(array, &index, &got), S_OK);
    assert_true(got.vt == VT_BSTR && SysStringLen(got.bstrVal) == 4);
    VariantClear(&got);
    value.vt = VT_ILLEGAL;
    assert_int_equal(SafeArrayPutElement(array, &index, &value), DISP_E_BADVARTYPE);
    SafeArrayDestroy(array);

    size_t before = tri_com_live();
    ICreateErrorInfo *object = NULL, *again = NULL;
    assert_int_equal(CreateErrorInfo(&object), S_OK);
    array = SafeArrayCreateVector(VT_UNKNOWN, 0, 1);
    assert_int_equal(SafeArrayPutElement(array, &index, object), S_OK);
    assert_int_equal(ICreateErrorInfo_Release(object), 1);
    assert_int_equal(SafeArrayGetElement(array, &index, &again), S_OK);
    assert_ptr_equal(again, object);
    SafeArrayDestroy(array);
    assert_int_equal(ICreateErrorInfo_Release(object), 0);
    assert_int_equal(tri_com_live(), before);
}

static void a_lock_keeps_it_from_going_away(void **state)
{
    TRI_PROVES(SafeArrayLock, real);
    TRI_PROVES(SafeArrayUnlock, real);
    TRI_PROVES(SafeArrayAccessData, real);
    TRI_PROVES(SafeArrayUnaccessData, real);
    TRI_PROVES(SafeArrayDestroy, real);
    SAFEARRAYBOUND bound = {9, 0};
    LONG *data = NULL;
    SAFEARRAY *array = SafeArrayCreateVector(VT_I4, 0, 2);
    assert_int_equal(SafeArrayAccessData(array, (void **)&data), S_OK);
    data[1] = 5;
    assert_int_equal(SafeArrayLock(array), S_OK);
    assert_int_equal(SafeArrayDestroy(array), DISP_E_ARRAYISLOCKED);
    assert_int_equal(SafeArrayRedim(array, &bound), DISP_E_ARRAYISLOCKED);
    assert_int_equal(SafeArrayUnlock(array), S_OK);
    assert_int_equal(SafeArrayDestroyData(array), DISP_E_ARRAYISLOCKED);
    assert_int_equal(SafeArrayUnaccessData(array), S_OK);
    assert_int_equal(SafeArrayUnaccessData(array), E_UNEXPECTED);
    assert_int_equal(SafeArrayDestroy(array), S_OK);
    assert_int_equal(SafeArrayDestroy(NULL), S_OK);
    assert_int_equal(SafeArrayLock(NULL), E_INVALIDARG);
    assert_int_equal(SafeArrayUnlock(NULL), E_INVALIDARG);
    assert_int_equal(SafeArrayAccessData(array, NULL), E_INVALIDARG);
}

static void locks_have_an_end(void **state)
{
    SAFEARRAY *array = SafeArrayCreateVector(VT_I4, 0, 1);
    for (int i = 0; i < 65535; i++)
        assert_int_equal(SafeArrayLock(array), S_OK);
    assert_int_equal(SafeArrayLock(array), E_UNEXPECTED);
    for (int i = 0; i < 65535; i++)
        assert_int_equal(SafeArrayUnlock(array), S_OK);
    assert_int_equal(SafeArrayDestroy(array), S_OK);
}

static void a_copy_shares_nothing(void **state)
{
    TRI_PROVES(SafeArrayCopy, real);
    SAFEARRAYBOUND bounds[] = {{2, 1}, {2, -1}};
    SAFEARRAY *array = SafeArrayCreate(VT_BSTR, 2, bounds), *copy = NULL;
    LONG index[] = {2, 0};
    VARTYPE type = 0;
    BSTR string = SysAllocString(u"there"), out = NULL;
    assert_int_equal(SafeArrayPutElement(array, index, string), S_OK);
    SysFreeString(string);
    assert_int_equal(SafeArrayLock(array), S_OK);
    assert_int_equal(SafeArrayCopy(array, &copy), S_OK);
    assert_int_equal(SafeArrayUnlock(array), S_OK);
    assert_int_equal(SafeArrayDestroy(array), S_OK);
    assert_int_equal(SafeArrayGetVartype(copy, &type), S_OK);
    assert_int_equal(type, VT_BSTR);
    assert_int_equal(SafeArrayGetElement(copy, index, &out), S_OK);
    assert_int_equal(SysStringLen(out), 5);
    SysFreeString(out);
    assert_int_equal(SafeArrayDestroy(copy), S_OK); /* the lock was not copied */
    assert_int_equal(SafeArrayCopy(NULL, &copy), S_OK);
    assert_null(copy);
    assert_int_equal(SafeArrayCopy(NULL, NULL), E_INVALIDARG);
}

static void data_can_go_before_the_array(void **state)
{
    TRI_PROVES(SafeArrayDestroyData, real);
    SAFEARRAY *array = SafeArrayCreateVector(VT_BSTR, 0, 1), *copy = NULL;
    LONG index = 0;
    BSTR string = SysAllocString(u"gone"), out = NULL;
    SafeArrayPutElement(array, &index, string);
    SysFreeString(string);
    assert_int_equal(SafeArrayDestroyData(array), S_OK);
    assert_int_equal(SafeArrayGetElement(array, &index, &out), E_INVALIDARG);
    assert_int_equal(SafeArrayCopy(array, &copy), S_OK);
    assert_int_equal(SafeArrayDestroy(copy), S_OK);
    assert_int_equal(SafeArrayDestroy(array), S_OK);
    assert_int_equal(SafeArrayDestroyData(NULL), E_INVALIDARG);
}

static void the_last_dimension_can_change(void **state)
{
    TRI_PROVES(SafeArrayRedim, real);
    SAFEARRAYBOUND bounds[] = {{2, 0}, {2, 0}}, wider = {3, 0}, narrower = {1, 0}, huge = {0x7FFFFFFF, 0};
    SAFEARRAY *array = SafeArrayCreate(VT_BSTR, 2, bounds);
    BSTR string = SysAllocString(u"x"), out = NULL;
    for (LONG i = 0; i < 2; i++)
        for (LONG j = 0; j < 2; j++)
            assert_int_equal(SafeArrayPutElement(array, (LONG[]){i, j}, string), S_OK);
    SysFreeString(string);
    assert_int_equal(SafeArrayRedim(array, &wider), S_OK);
    assert_int_equal(SafeArrayGetElement(array, (LONG[]){1, 2}, &out), S_OK);
    assert_null(out);
    assert_int_equal(SafeArrayRedim(array, &narrower), S_OK); /* what is left over is freed */
    assert_int_equal(SafeArrayGetElement(array, (LONG[]){1, 1}, &out), DISP_E_BADINDEX);
    assert_int_equal(SafeArrayGetElement(array, (LONG[]){1, 0}, &out), S_OK);
    assert_int_equal(SysStringLen(out), 1);
    SysFreeString(out);
    assert_int_equal(SafeArrayRedim(array, &huge), E_OUTOFMEMORY);
    assert_int_equal(array->rgsabound[0].cElements, 1);
    assert_int_equal(SafeArrayRedim(array, NULL), E_INVALIDARG);
    array->fFeatures |= FADF_FIXEDSIZE;
    assert_int_equal(SafeArrayRedim(array, &wider), E_INVALIDARG);
    SafeArrayDestroy(array);
}

static void an_array_in_somebodys_memory_is_not_freed(void **state)
{
    static LONG numbers[2] = {1, 2};
    SAFEARRAY array = {.cDims = 1, .fFeatures = FADF_STATIC, .cbElements = 4, .pvData = numbers};
    VARTYPE type;
    array.rgsabound[0].cElements = 2;
    assert_int_equal(SafeArrayGetVartype(&array, &type), E_INVALIDARG);
    assert_int_equal(SafeArrayDestroy(&array), S_OK);
    assert_true(numbers[0] == 0 && numbers[1] == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_vector_knows_what_it_is),       cmocka_unit_test(an_empty_vector_ends_before_it_begins),
        cmocka_unit_test(what_cannot_be_is_not_made),      cmocka_unit_test(the_first_index_runs_fastest),
        cmocka_unit_test(strings_are_copied_in_and_out),   cmocka_unit_test(numbers_variants_and_objects_too),
        cmocka_unit_test(a_lock_keeps_it_from_going_away), cmocka_unit_test(locks_have_an_end),
        cmocka_unit_test(a_copy_shares_nothing),           cmocka_unit_test(data_can_go_before_the_array),
        cmocka_unit_test(the_last_dimension_can_change),   cmocka_unit_test(an_array_in_somebodys_memory_is_not_freed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
