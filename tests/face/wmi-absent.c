/* What wbemcli.h and wbemprov.h declare and no object of Trireme's has: that it is refused, and not half there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define COBJMACROS
#include <wbemidl.h>

#include "proves.h"

static void refuses(REFCLSID clsid, REFIID iid)
{
    void *object = &object;
    assert_int_equal(CoCreateInstance(clsid, NULL, CLSCTX_ALL, iid, &object), REGDB_E_CLASSNOTREG);
    assert_null(object);
}

static void objects_are_not_written_as_xml(void **state)
{
    TRI_PROVES_METHOD(IWbemObjectTextSrc, GetText, notimpl, "no class has it");
    TRI_PROVES_METHOD(IWbemObjectTextSrc, CreateFromText, notimpl, "no class has it");
    refuses(&CLSID_WbemObjectTextSrc, &IID_IWbemObjectTextSrc);
}

static void nothing_is_refreshed_in_place(void **state)
{
    TRI_PROVES_METHOD(IWbemRefresher, Refresh, notimpl, "no class has it");
    TRI_PROVES_METHOD(IWbemConfigureRefresher, AddObjectByPath, notimpl, "no class has it");
    TRI_PROVES_METHOD(IWbemConfigureRefresher, AddObjectByTemplate, notimpl, "no class has it");
    TRI_PROVES_METHOD(IWbemConfigureRefresher, AddRefresher, notimpl, "no class has it");
    TRI_PROVES_METHOD(IWbemConfigureRefresher, Remove, notimpl, "no class has it");
    TRI_PROVES_METHOD(IWbemConfigureRefresher, AddEnum, notimpl, "no class has it");
    TRI_PROVES_METHOD(IWbemHiPerfEnum, AddObjects, notimpl, "no class has it");
    TRI_PROVES_METHOD(IWbemHiPerfEnum, RemoveObjects, notimpl, "no class has it");
    TRI_PROVES_METHOD(IWbemHiPerfEnum, GetObjects, notimpl, "no class has it");
    TRI_PROVES_METHOD(IWbemHiPerfEnum, RemoveAll, notimpl, "no class has it");
    refuses(&CLSID_WbemRefresher, &IID_IWbemRefresher);
    refuses(&CLSID_WbemRefresher, &IID_IWbemConfigureRefresher);
}

static void the_repository_is_a_file_to_copy(void **state)
{
    TRI_PROVES_METHOD(IWbemBackupRestore, Backup, notimpl, "no class has it");
    TRI_PROVES_METHOD(IWbemBackupRestore, Restore, notimpl, "no class has it");
    TRI_PROVES_METHOD(IWbemBackupRestoreEx, Backup, notimpl, "no class has it");
    TRI_PROVES_METHOD(IWbemBackupRestoreEx, Restore, notimpl, "no class has it");
    TRI_PROVES_METHOD(IWbemBackupRestoreEx, Pause, notimpl, "no class has it");
    TRI_PROVES_METHOD(IWbemBackupRestoreEx, Resume, notimpl, "no class has it");
    refuses(&CLSID_WbemBackupRestore, &IID_IWbemBackupRestore);
    refuses(&CLSID_WbemBackupRestore, &IID_IWbemBackupRestoreEx);
}

static void no_object_has_properties_by_handle_or_is_a_provider(void **state)
{
    TRI_PROVES_METHOD(IWbemObjectAccess, GetQualifierSet, notimpl, "no object has it");
    TRI_PROVES_METHOD(IWbemObjectAccess, Get, notimpl, "no object has it");
    TRI_PROVES_METHOD(IWbemObjectAccess, Put, notimpl, "no object has it");
    TRI_PROVES_METHOD(IWbemObjectAccess, Delete, notimpl, "no object has it");
    TRI_PROVES_METHOD(IWbemObjectAccess, GetNames, notimpl, "no object has it");
    TRI_PROVES_METHOD(IWbemObjectAccess, BeginEnumeration, notimpl, "no object has it");
    TRI_PROVES_METHOD(IWbemObjectAccess, Next, notimpl, "no object has it");
    TRI_PROVES_METHOD(IWbemObjectAccess, EndEnumeration, notimpl, "no object has it");
    TRI_PROVES_METHOD(IWbemObjectAccess, GetPropertyQualifierSet, notimpl, "no object has it");
    TRI_PROVES_METHOD(IWbemObjectAccess, Clone, notimpl, "no object has it");
    TRI_PROVES_METHOD(IWbemObjectAccess, GetObjectText, notimpl, "no object has it");
    TRI_PROVES_METHOD(IWbemObjectAccess, SpawnDerivedClass, notimpl, "no object has it");
    TRI_PROVES_METHOD(IWbemObjectAccess, SpawnInstance, notimpl, "no object has it");
    TRI_PROVES_METHOD(IWbemObjectAccess, CompareTo, notimpl, "no object has it");
    TRI_PROVES_METHOD(IWbemObjectAccess, GetPropertyOrigin, notimpl, "no object has it");
    TRI_PROVES_METHOD(IWbemObjectAccess, InheritsFrom, notimpl, "no object has it");
    TRI_PROVES_METHOD(IWbemObjectAccess, GetMethod, notimpl, "no object has it");
    TRI_PROVES_METHOD(IWbemObjectAccess, PutMethod, notimpl, "no object has it");
    TRI_PROVES_METHOD(IWbemObjectAccess, DeleteMethod, notimpl, "no object has it");
    TRI_PROVES_METHOD(IWbemObjectAccess, BeginMethodEnumeration, notimpl, "no object has it");
    TRI_PROVES_METHOD(IWbemObjectAccess, NextMethod, notimpl, "no object has it");
    TRI_PROVES_METHOD(IWbemObjectAccess, EndMethodEnumeration, notimpl, "no object has it");
    TRI_PROVES_METHOD(IWbemObjectAccess, GetMethodQualifierSet, notimpl, "no object has it");
    TRI_PROVES_METHOD(IWbemObjectAccess, GetMethodOrigin, notimpl, "no object has it");
    TRI_PROVES_METHOD(IWbemObjectAccess, GetPropertyHandle, notimpl, "no object has it");
    TRI_PROVES_METHOD(IWbemObjectAccess, WritePropertyValue, notimpl, "no object has it");
    TRI_PROVES_METHOD(IWbemObjectAccess, ReadPropertyValue, notimpl, "no object has it");
    TRI_PROVES_METHOD(IWbemObjectAccess, ReadDWORD, notimpl, "no object has it");
    TRI_PROVES_METHOD(IWbemObjectAccess, WriteDWORD, notimpl, "no object has it");
    TRI_PROVES_METHOD(IWbemObjectAccess, ReadQWORD, notimpl, "no object has it");
    TRI_PROVES_METHOD(IWbemObjectAccess, WriteQWORD, notimpl, "no object has it");
    TRI_PROVES_METHOD(IWbemObjectAccess, GetPropertyInfoByHandle, notimpl, "no object has it");
    TRI_PROVES_METHOD(IWbemObjectAccess, Lock, notimpl, "no object has it");
    TRI_PROVES_METHOD(IWbemObjectAccess, Unlock, notimpl, "no object has it");
    TRI_PROVES_METHOD(IWbemShutdown, Shutdown, notimpl, "no object has it");
    TRI_PROVES_METHOD(IWbemProviderInit, Initialize, notimpl, "providers are part of the library");
    TRI_PROVES_METHOD(IWbemProviderInitSink, SetStatus, notimpl, "providers are part of the library");
    TRI_PROVES_METHOD(IWbemObjectSinkEx, Indicate, notimpl, "a client's own: nothing calls it");
    TRI_PROVES_METHOD(IWbemObjectSinkEx, SetStatus, notimpl, "a client's own: nothing calls it");
    TRI_PROVES_METHOD(IWbemObjectSinkEx, WriteMessage, notimpl, "a client's own: nothing calls it");
    TRI_PROVES_METHOD(IWbemObjectSinkEx, WriteError, notimpl, "a client's own: nothing calls it");
    TRI_PROVES_METHOD(IWbemObjectSinkEx, PromptUser, notimpl, "a client's own: nothing calls it");
    TRI_PROVES_METHOD(IWbemObjectSinkEx, WriteProgress, notimpl, "a client's own: nothing calls it");
    TRI_PROVES_METHOD(IWbemObjectSinkEx, WriteStreamParameter, notimpl, "a client's own: nothing calls it");
    static const IID *const absent[] = {&IID_IWbemObjectAccess, &IID_IWbemShutdown, &IID_IWbemProviderInit,
                                        &IID_IWbemProviderInitSink, &IID_IWbemObjectSinkEx};
    IWbemLocator *locator = NULL;
    IWbemContext *context = NULL;
    assert_int_equal(CoCreateInstance(&CLSID_WbemLocator, NULL, CLSCTX_ALL, &IID_IWbemLocator, (void **)&locator),
                     S_OK);
    assert_int_equal(CoCreateInstance(&CLSID_WbemContext, NULL, CLSCTX_ALL, &IID_IWbemContext, (void **)&context),
                     S_OK);
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++) {
        void *other = &other;
        assert_int_equal(IWbemLocator_QueryInterface(locator, absent[i], &other), E_NOINTERFACE);
        assert_null(other);
        assert_int_equal(IWbemContext_QueryInterface(context, absent[i], &other), E_NOINTERFACE);
    }
    IWbemLocator_Release(locator);
    IWbemContext_Release(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_are_not_written_as_xml),
        cmocka_unit_test(nothing_is_refreshed_in_place),
        cmocka_unit_test(the_repository_is_a_file_to_copy),
        cmocka_unit_test(no_object_has_properties_by_handle_or_is_a_provider),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
