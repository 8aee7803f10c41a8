/* What a failure leaves behind for its thread: one object that is an IErrorInfo and an __ExtendedStatus. */
#include "wmi-face.h"

static IErrorInfo *fail_and_take(void)
{
    IErrorInfo *info = NULL;
    IWbemClassObject *object = NULL;
    assert_hr(WBEM_E_NOT_FOUND, IWbemServices_GetObject(services, B("T_Nothing"), 0, NULL, &object, NULL));
    assert_null(object);
    assert_hr(S_OK, GetErrorInfo(0, &info));
    assert_non_null(info);
    return info;
}

static void a_failure_leaves_an_extended_status(void **state)
{
    TRI_PROVES_METHOD(IErrorInfo, GetDescription, real);
    IErrorInfo *info = fail_and_take();
    IWbemClassObject *status = QUERY(info, IWbemClassObject);
    assert_string_equal("__ExtendedStatus", get_text(status, "__CLASS"));
    assert_string_equal("__NotifyStatus", get_text(status, "__SUPERCLASS"));
    assert_string_equal("2", get_text(status, "__GENUS"));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_InheritsFrom(status, u"__NotifyStatus"));
    assert_int_equal(WBEM_E_NOT_FOUND, get_number(status, "StatusCode"));
    assert_string_equal("GetObject", get_text(status, "Operation"));
    assert_string_equal("T_Nothing", get_text(status, "ParameterInfo"));
    assert_string_equal("Trireme", get_text(status, "ProviderName"));
    assert_non_null(strstr(get_text(status, "Description"), "T_Nothing"));
    BSTR text = NULL;
    assert_hr(S_OK, IErrorInfo_GetDescription(info, &text));
    assert_string_equal(get_text(status, "Description"), take_bstr(text));
    IWbemClassObject_Release(status);
    assert_int_equal(0, IErrorInfo_Release(info));
}

static void both_interfaces_are_one_object(void **state)
{
    TRI_PROVES_METHOD(IErrorInfo, QueryInterface, real);
    TRI_PROVES_METHOD(IErrorInfo, AddRef, real);
    TRI_PROVES_METHOD(IErrorInfo, Release, real);
    IErrorInfo *info = fail_and_take();
    IWbemClassObject *status = QUERY(info, IWbemClassObject);
    IUnknown *a = QUERY(info, IUnknown), *b = QUERY(status, IUnknown);
    IErrorInfo *back = QUERY(status, IErrorInfo);
    assert_ptr_equal(a, b);
    assert_ptr_equal(info, back);
    IErrorInfo_Release(back);
    IUnknown_Release(b);
    IUnknown_Release(a);
    IWbemClassObject_Release(status);
    assert_int_equal(0, IErrorInfo_Release(info));
}

static void the_rest_of_the_error_information_is_plain(void **state)
{
    TRI_PROVES_METHOD(IErrorInfo, GetGUID, real);
    TRI_PROVES_METHOD(IErrorInfo, GetSource, real);
    TRI_PROVES_METHOD(IErrorInfo, GetHelpFile, real);
    TRI_PROVES_METHOD(IErrorInfo, GetHelpContext, real);
    IErrorInfo *info = fail_and_take();
    GUID guid = IID_IErrorInfo;
    DWORD context = 5;
    BSTR text = NULL;
    assert_hr(S_OK, IErrorInfo_GetGUID(info, &guid));
    assert_memory_equal(&GUID_NULL, &guid, sizeof guid);
    assert_hr(S_OK, IErrorInfo_GetSource(info, &text));
    assert_string_equal("Trireme", take_bstr(text));
    assert_hr(S_OK, IErrorInfo_GetHelpFile(info, &text));
    assert_null(text);
    assert_hr(S_OK, IErrorInfo_GetHelpContext(info, &context));
    assert_int_equal(0, context);
    assert_hr(E_INVALIDARG, IErrorInfo_GetGUID(info, NULL));
    assert_hr(E_INVALIDARG, IErrorInfo_GetSource(info, NULL));
    assert_hr(E_INVALIDARG, IErrorInfo_GetDescription(info, NULL));
    assert_hr(E_INVALIDARG, IErrorInfo_GetHelpFile(info, NULL));
    assert_hr(E_INVALIDARG, IErrorInfo_GetHelpContext(info, NULL));
    IErrorInfo_Release(info);
}

static void an_error_object_is_as_good_as_any_other(void **state)
{
    IErrorInfo *info = fail_and_take();
    IWbemClassObject *status = QUERY(info, IWbemClassObject), *copy = NULL;
    BSTR text = NULL;
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Clone(status, &copy));
    assert_hr(WBEM_S_SAME, IWbemClassObject_CompareTo(status, 0, copy));
    put_text(status, "Description", "mine");
    assert_hr(WBEM_S_DIFFERENT, IWbemClassObject_CompareTo(status, 0, copy));
    assert_hr(S_OK, IErrorInfo_GetDescription(info, &text));
    assert_string_equal("mine", take_bstr(text));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Put(status, u"Description", 0, NULL, 0));
    assert_hr(S_OK, IErrorInfo_GetDescription(info, &text));
    assert_null(text);
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_GetObjectText(copy, 0, &text));
    assert_non_null(strstr(take_bstr(text), "instance of __ExtendedStatus"));
    IWbemClassObject_Release(copy);
    IWbemClassObject_Release(status);
    IErrorInfo_Release(info);
}

static void refusals_of_objects_leave_a_sentence_too(void **state)
{
    IWbemClassObject *object = blank_object();
    IErrorInfo *info = NULL;
    assert_hr(WBEM_E_NOT_FOUND, IWbemClassObject_Get(object, u"Nothing", 0, NULL, NULL, NULL));
    assert_hr(S_OK, GetErrorInfo(0, &info));
    IWbemClassObject *status = QUERY(info, IWbemClassObject);
    assert_int_equal(WBEM_E_NOT_FOUND, get_number(status, "StatusCode"));
    assert_string_equal("IWbemClassObject::Get", get_text(status, "Operation"));
    assert_string_equal("Nothing", get_text(status, "ParameterInfo"));
    IWbemClassObject_Release(status);
    IErrorInfo_Release(info);
    IWbemClassObject_Release(object);
}

static void *look_elsewhere(void *context)
{
    IErrorInfo *info = (IErrorInfo *)1;
    return (void *)(intptr_t)(GetErrorInfo(0, &info) == S_FALSE && !info);
}

static void an_error_belongs_to_its_thread_and_is_read_once(void **state)
{
    IWbemClassObject *object = NULL;
    IErrorInfo *info = NULL;
    pthread_t thread;
    void *saw_nothing = NULL;
    assert_hr(WBEM_E_NOT_FOUND, IWbemServices_GetObject(services, B("T_Nothing"), 0, NULL, &object, NULL));
    assert_int_equal(0, pthread_create(&thread, NULL, look_elsewhere, NULL));
    pthread_join(thread, &saw_nothing);
    assert_non_null(saw_nothing);
    assert_hr(S_OK, GetErrorInfo(0, &info));
    IErrorInfo_Release(info);
    assert_hr(S_FALSE, GetErrorInfo(0, &info));
    assert_null(info);
}

static void success_of_a_call_clears_what_was_left(void **state)
{
    IWbemClassObject *object = NULL;
    IErrorInfo *info = NULL;
    assert_hr(WBEM_E_NOT_FOUND, IWbemServices_GetObject(services, B("T_Nothing"), 0, NULL, &object, NULL));
    LET_GO(object);
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_GetObject(services, B("__ExtendedStatus"), 0, NULL, &object, NULL));
    assert_hr(S_FALSE, GetErrorInfo(0, &info));
    IWbemClassObject_Release(object);
}

/* The error object's class is the library's own, made without the repository: it has what the one there has. */
static void the_error_objects_class_is_the_one_in_the_namespace(void **state)
{
    IErrorInfo *info = fail_and_take();
    IWbemClassObject *status = QUERY(info, IWbemClassObject), *cls = NULL;
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_GetObject(services, B("__ExtendedStatus"), 0, NULL, &cls, NULL));
    SAFEARRAY *names = NULL;
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_GetNames(cls, NULL, WBEM_FLAG_NONSYSTEM_ONLY, NULL, &names));
    assert_int_equal(5, names->rgsabound[0].cElements);
    for (ULONG i = 0; i < 5; i++) {
        CIMTYPE type = 0, expected = 0;
        BSTR name = ((BSTR *)names->pvData)[i];
        assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Get(cls, name, 0, NULL, &expected, NULL));
        assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Get(status, name, 0, NULL, &type, NULL));
        assert_int_equal(expected, type);
    }
    SafeArrayDestroy(names);
    IWbemClassObject_Release(cls);
    IWbemClassObject_Release(status);
    IErrorInfo_Release(info);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_leaves_an_extended_status),
        cmocka_unit_test(both_interfaces_are_one_object),
        cmocka_unit_test(the_rest_of_the_error_information_is_plain),
        cmocka_unit_test(an_error_object_is_as_good_as_any_other),
        cmocka_unit_test(refusals_of_objects_leave_a_sentence_too),
        cmocka_unit_test(an_error_belongs_to_its_thread_and_is_read_once),
        cmocka_unit_test(success_of_a_call_clears_what_was_left),
        cmocka_unit_test(the_error_objects_class_is_the_one_in_the_namespace),
    };
    return cmocka_run_group_tests(tests, set_up_wmi, tear_down_wmi);
}
