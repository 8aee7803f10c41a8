#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#define COBJMACROS
#include "com/errorinfo.h"
#include "com/object.h"
#include <oleauto.h>

#include "proves.h"

static void a_failure_leaves_who_and_what(void **state)
{
    TRI_PROVES(GetErrorInfo, real);
    TRI_PROVES_METHOD(IErrorInfo, GetSource, real);
    TRI_PROVES_METHOD(IErrorInfo, GetDescription, real);
    tri_com_set_error("IVdsPack::AddDisk", "The disk loop0 has a file system: trirème.");
    IErrorInfo *info = NULL;
    assert_int_equal(GetErrorInfo(0, &info), S_OK);
    BSTR source = NULL, text = NULL;
    assert_int_equal(IErrorInfo_GetSource(info, &source), S_OK);
    assert_int_equal(IErrorInfo_GetDescription(info, &text), S_OK);
    assert_memory_equal(source, u"IVdsPack::AddDisk", 18 * sizeof(OLECHAR));
    assert_int_equal(SysStringLen(text), 42);
    assert_memory_equal(text + 33, u" trir\u00e8me.", 10 * sizeof(OLECHAR));
    SysFreeString(source);
    SysFreeString(text);
    assert_int_equal(IErrorInfo_Release(info), 0);
}

static void what_is_not_known_is_null_or_zero(void **state)
{
    tri_com_set_error(NULL, "It failed.");
    IErrorInfo *info = NULL;
    assert_int_equal(GetErrorInfo(0, &info), S_OK);
    BSTR source = (BSTR)&info, help = (BSTR)&info;
    DWORD context = 1;
    GUID guid = IID_IErrorInfo;
    assert_int_equal(IErrorInfo_GetSource(info, &source), S_OK);
    assert_null(source);
    assert_int_equal(IErrorInfo_GetHelpFile(info, &help), S_OK);
    assert_null(help);
    assert_int_equal(IErrorInfo_GetHelpContext(info, &context), S_OK);
    assert_int_equal(context, 0);
    assert_int_equal(IErrorInfo_GetGUID(info, &guid), S_OK);
    assert_true(IsEqualGUID(&guid, &GUID_NULL));
    assert_int_equal(IErrorInfo_GetSource(info, NULL), E_INVALIDARG);
    assert_int_equal(IErrorInfo_GetDescription(info, NULL), E_INVALIDARG);
    assert_int_equal(IErrorInfo_GetHelpFile(info, NULL), E_INVALIDARG);
    assert_int_equal(IErrorInfo_GetHelpContext(info, NULL), E_INVALIDARG);
    assert_int_equal(IErrorInfo_GetGUID(info, NULL), E_INVALIDARG);
    IErrorInfo_Release(info);
}

static void it_is_handed_over_once(void **state)
{
    tri_com_set_error("x", "y");
    IErrorInfo *info = NULL;
    assert_int_equal(GetErrorInfo(0, &info), S_OK);
    IErrorInfo_Release(info);
    assert_int_equal(GetErrorInfo(0, &info), S_FALSE);
    assert_null(info);
    assert_int_equal(GetErrorInfo(1, &info), E_INVALIDARG);
    assert_int_equal(GetErrorInfo(0, NULL), E_INVALIDARG);
}

static void a_client_may_set_and_clear_it(void **state)
{
    TRI_PROVES(SetErrorInfo, real);
    tri_com_set_error("x", "first");
    IErrorInfo *first = NULL, *again = NULL;
    assert_int_equal(GetErrorInfo(0, &first), S_OK);
    assert_int_equal(SetErrorInfo(0, first), S_OK);
    assert_int_equal(SetErrorInfo(0, first), S_OK); /* the same once more */
    assert_int_equal(GetErrorInfo(0, &again), S_OK);
    assert_ptr_equal(again, first);
    assert_int_equal(IErrorInfo_Release(again), 1);
    assert_int_equal(SetErrorInfo(0, first), S_OK);
    assert_int_equal(SetErrorInfo(0, NULL), S_OK);
    assert_int_equal(GetErrorInfo(0, &again), S_FALSE);
    assert_int_equal(SetErrorInfo(1, first), E_INVALIDARG);
    assert_int_equal(IErrorInfo_Release(first), 0);
}

static void no_text_clears_it(void **state)
{
    tri_com_set_error("x", "y");
    tri_com_set_error("x", NULL);
    IErrorInfo *info = NULL;
    assert_int_equal(GetErrorInfo(0, &info), S_FALSE);
}

static void *fail_elsewhere(void *data)
{
    IErrorInfo *info = NULL;
    HRESULT before = GetErrorInfo(0, &info);
    tri_com_set_error("elsewhere", "and left there when the thread ends");
    return before == S_FALSE ? NULL : "another thread's error was seen";
}

static void each_thread_has_its_own(void **state)
{
    size_t before = tri_com_live();
    tri_com_set_error("here", "mine");
    for (int i = 0; i < 8; i++) {
        pthread_t thread;
        void *complaint = NULL;
        assert_int_equal(pthread_create(&thread, NULL, fail_elsewhere, NULL), 0);
        pthread_join(thread, &complaint);
        assert_null(complaint);
    }
    assert_int_equal(tri_com_live(), before + 1); /* what the threads left was let go of */
    IErrorInfo *info = NULL;
    BSTR source = NULL;
    assert_int_equal(GetErrorInfo(0, &info), S_OK);
    assert_int_equal(IErrorInfo_GetSource(info, &source), S_OK);
    assert_memory_equal(source, u"here", 5 * sizeof(OLECHAR));
    SysFreeString(source);
    IErrorInfo_Release(info);
    assert_int_equal(tri_com_live(), before);
}

static void a_client_may_write_its_own(void **state)
{
    TRI_PROVES(CreateErrorInfo, real);
    TRI_PROVES_METHOD(ICreateErrorInfo, SetGUID, real);
    TRI_PROVES_METHOD(ICreateErrorInfo, SetSource, real);
    TRI_PROVES_METHOD(ICreateErrorInfo, SetDescription, real);
    TRI_PROVES_METHOD(ICreateErrorInfo, SetHelpFile, real);
    TRI_PROVES_METHOD(ICreateErrorInfo, SetHelpContext, real);
    TRI_PROVES_METHOD(IErrorInfo, GetGUID, real);
    TRI_PROVES_METHOD(IErrorInfo, GetHelpFile, real);
    TRI_PROVES_METHOD(IErrorInfo, GetHelpContext, real);
    ICreateErrorInfo *create = NULL;
    IErrorInfo *info = NULL, *back = NULL;
    BSTR help = NULL;
    DWORD context = 0;
    GUID guid = GUID_NULL;
    assert_int_equal(CreateErrorInfo(NULL), E_INVALIDARG);
    assert_int_equal(CreateErrorInfo(&create), S_OK);
    assert_int_equal(ICreateErrorInfo_SetGUID(create, &IID_IErrorInfo), S_OK);
    assert_int_equal(ICreateErrorInfo_SetSource(create, (LPOLESTR)u"me"), S_OK);
    assert_int_equal(ICreateErrorInfo_SetDescription(create, (LPOLESTR)u"first"), S_OK);
    assert_int_equal(ICreateErrorInfo_SetDescription(create, (LPOLESTR)u"second"), S_OK); /* the first is freed */
    assert_int_equal(ICreateErrorInfo_SetHelpFile(create, (LPOLESTR)u"help"), S_OK);
    assert_int_equal(ICreateErrorInfo_SetHelpContext(create, 7), S_OK);
    assert_int_equal(ICreateErrorInfo_SetGUID(create, NULL), E_INVALIDARG);
    assert_int_equal(ICreateErrorInfo_QueryInterface(create, &IID_IErrorInfo, (void **)&info), S_OK);
    assert_int_equal(SetErrorInfo(0, info), S_OK);
    ICreateErrorInfo_Release(create);
    IErrorInfo_Release(info);
    assert_int_equal(GetErrorInfo(0, &back), S_OK);
    assert_ptr_equal(back, info);
    assert_int_equal(IErrorInfo_GetGUID(back, &guid), S_OK);
    assert_true(IsEqualGUID(&guid, &IID_IErrorInfo));
    assert_int_equal(IErrorInfo_GetDescription(back, &help), S_OK);
    assert_memory_equal(help, u"second", 14);
    SysFreeString(help);
    assert_int_equal(IErrorInfo_GetHelpFile(back, &help), S_OK);
    assert_memory_equal(help, u"help", 10);
    SysFreeString(help);
    assert_int_equal(IErrorInfo_GetHelpContext(back, &context), S_OK);
    assert_int_equal(context, 7);
    assert_int_equal(IErrorInfo_Release(back), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_leaves_who_and_what),
        cmocka_unit_test(what_is_not_known_is_null_or_zero),
        cmocka_unit_test(it_is_handed_over_once),
        cmocka_unit_test(a_client_may_set_and_clear_it),
        cmocka_unit_test(no_text_clears_it),
        cmocka_unit_test(each_thread_has_its_own),
        cmocka_unit_test(a_client_may_write_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
