/* The way in: names of namespaces, who may connect, and the objects that connecting makes. */
#include "wmi-face.h"

static HRESULT connect_as(const char *resource, const char *user, const char *password, LONG flags,
                          const char *authority)
{
    IWbemServices *made = (IWbemServices *)1;
    HRESULT hr = IWbemLocator_ConnectServer(locator, resource ? B("%s", resource) : NULL, user ? B("%s", user) : NULL,
                                            password ? B("%s", password) : NULL, NULL, flags,
                                            authority ? B("%s", authority) : NULL, NULL, &made);
    if (hr == WBEM_S_NO_ERROR) {
        assert_int_equal(0, IWbemServices_Release(made));
        assert_string_equal("", why());
    } else {
        assert_null(made);
        assert_string_not_equal("", why());
    }
    return hr;
}

static void every_class_of_locators_makes_one(void **state)
{
    const CLSID *const classes[] = {&CLSID_WbemLocator, &CLSID_WbemAdministrativeLocator,
                                    &CLSID_WbemAuthenticatedLocator, &CLSID_WbemUnauthenticatedLocator};
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        IWbemLocator *made = NULL;
        assert_hr(S_OK, CoCreateInstance(classes[i], NULL, CLSCTX_INPROC_SERVER, &IID_IWbemLocator, (void **)&made));
        assert_int_equal(0, IWbemLocator_Release(made));
    }
    void *wrong = (void *)1;
    assert_hr(E_NOINTERFACE,
              CoCreateInstance(&CLSID_WbemLocator, NULL, CLSCTX_INPROC_SERVER, &IID_IWbemServices, &wrong));
    assert_null(wrong);
}

static void names_are_read_as_windows_reads_them(void **state)
{
    static const struct {
        const char *resource;
        HRESULT hr;
    } rows[] = {
        {NULL, WBEM_S_NO_ERROR},
        {"ROOT", WBEM_S_NO_ERROR},
        {"root\\cimv2", WBEM_S_NO_ERROR},
        {"ROOT/CIMV2", WBEM_S_NO_ERROR},
        {"\\\\.\\ROOT", WBEM_S_NO_ERROR},
        {"\\/.\\ROOT", WBEM_S_NO_ERROR},
        {"//.\\ROOT", WBEM_S_NO_ERROR},
        {"\\\\.\\root/cimv2", WBEM_S_NO_ERROR},
        {"\\\\.\\root\\default", WBEM_S_NO_ERROR},
        {"//./root/cimv2", WBEM_S_NO_ERROR},
        {"\\\\localhost\\root\\cimv2", WBEM_S_NO_ERROR},
        {"\\\\LOCALHOST\\Root\\CimV2", WBEM_S_NO_ERROR},
        {"", WBEM_E_INVALID_NAMESPACE},
        {"\\", WBEM_E_INVALID_NAMESPACE},
        {"\\\\", WBEM_E_INVALID_NAMESPACE},
        {"\\\\.", WBEM_E_INVALID_NAMESPACE},
        {"\\\\.\\", WBEM_E_INVALID_NAMESPACE},
        {"\\ROOT", WBEM_E_INVALID_NAMESPACE},
        {"\\\\.\\NONE", WBEM_E_INVALID_NAMESPACE},
        {"NONE", WBEM_E_INVALID_NAMESPACE},
        {"cimv2", WBEM_E_INVALID_NAMESPACE},
        {"ROOT\\NONE", WBEM_E_INVALID_NAMESPACE},
        {"ROOT\\\\CIMV2", WBEM_E_INVALID_NAMESPACE},
        {"ROOT\\CIMV2\\", WBEM_E_INVALID_NAMESPACE},
        {"\\\\\\.\\ROOT", WBEM_E_INVALID_PARAMETER},
        {"\\\\ROOT", (HRESULT)0x800706ba},
        {"\\\\.ROOT", (HRESULT)0x800706ba},
        {"\\\\elsewhere.example\\root\\cimv2", (HRESULT)0x800706ba},
    };
    TRI_PROVES_METHOD(IWbemLocator, ConnectServer, real);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        HRESULT hr = connect_as(rows[i].resource, NULL, NULL, 0, NULL);
        if (hr != rows[i].hr)
            print_error("\"%s\":\n", rows[i].resource ? rows[i].resource : "(NULL)");
        assert_hr(rows[i].hr, hr);
    }
}

static void this_machines_own_name_is_this_machine(void **state)
{
    char name[256] = "";
    assert_int_equal(0, gethostname(name, sizeof(name) - 1));
    char resource[300];
    snprintf(resource, sizeof(resource), "\\\\%s\\root\\cimv2", name);
    assert_hr(WBEM_S_NO_ERROR, connect_as(resource, NULL, NULL, 0, NULL));
}

static void a_name_that_is_too_long_is_refused(void **state)
{
    IWbemServices *made = (IWbemServices *)1;
    BSTR name = SysAllocStringLen(NULL, 100000);
    for (size_t i = 0; i < 100000; i++)
        name[i] = u'a';
    assert_hr(WBEM_E_QUOTA_VIOLATION,
              IWbemLocator_ConnectServer(locator, name, NULL, NULL, NULL, 0, NULL, NULL, &made));
    assert_null(made);
    SysFreeString(name);
}

static void credentials_are_for_other_machines(void **state)
{
    assert_hr(WBEM_E_LOCAL_CREDENTIALS, connect_as("root\\cimv2", "somebody", "secret", 0, NULL));
    assert_hr(WBEM_E_LOCAL_CREDENTIALS, connect_as("root\\cimv2", "somebody", NULL, 0, NULL));
    assert_hr(WBEM_E_LOCAL_CREDENTIALS, connect_as("root\\cimv2", NULL, NULL, 0, "ntlmdomain:x"));
    assert_hr(WBEM_E_INVALID_PARAMETER, connect_as("root\\cimv2", "", NULL, 0, NULL));
    assert_hr(WBEM_S_NO_ERROR, connect_as("root\\cimv2", NULL, "", 0, ""));
}

static void security_flags_are_checked(void **state)
{
    assert_hr(WBEM_S_NO_ERROR, connect_as("root", NULL, NULL, WBEM_FLAG_CONNECT_USE_MAX_WAIT, NULL));
    assert_hr(WBEM_S_NO_ERROR, connect_as("root", NULL, NULL, WBEM_FLAG_CONNECT_PROVIDERS, NULL));
    for (int bit = 0; bit < 32; bit++)
        if (!((1u << bit) &
              (WBEM_FLAG_CONNECT_REPOSITORY_ONLY | WBEM_FLAG_CONNECT_USE_MAX_WAIT | WBEM_FLAG_CONNECT_PROVIDERS)))
            assert_hr(WBEM_E_INVALID_PARAMETER, connect_as("root", NULL, NULL, (LONG)(1u << bit), NULL));
}

static void a_place_for_the_namespace_is_needed(void **state)
{
    assert_hr(WBEM_E_INVALID_PARAMETER,
              IWbemLocator_ConnectServer(locator, B("root"), NULL, NULL, NULL, 0, NULL, NULL, NULL));
}

/* Programs count on these numbers. */
static void a_connection_counts_one_reference(void **state)
{
    IWbemServices *made = connect_to("root\\cimv2");
    IClientSecurity *security = QUERY(made, IClientSecurity);
    assert_ptr_not_equal(made, security);
    assert_int_equal(1, IClientSecurity_Release(security));
    security = QUERY(made, IClientSecurity);
    IUnknown *one = QUERY(made, IUnknown), *other = QUERY(security, IUnknown);
    assert_ptr_equal(one, other);
    IUnknown_Release(one);
    IUnknown_Release(other);
    assert_int_equal(1, IWbemServices_Release(made));
    assert_int_equal(0, IClientSecurity_Release(security));
}

static void blanket_is(void *proxy)
{
    DWORD authentication = 77, authorization = 77, level = 77, impersonation = 77, capabilities = 77;
    IClientSecurity *security = QUERY(proxy, IClientSecurity);
    IUnknown *copy = NULL;
    TRI_PROVES_METHOD(IClientSecurity, QueryBlanket, real);
    TRI_PROVES_METHOD(IClientSecurity, SetBlanket, partial, "taken, and nothing is done about it: there is no wire");
    TRI_PROVES_METHOD(IClientSecurity, CopyProxy, real);
    assert_hr(S_OK, CoSetProxyBlanket(proxy, RPC_C_AUTHN_WINNT, RPC_C_AUTHZ_NONE, NULL, RPC_C_AUTHN_LEVEL_CALL,
                                      RPC_C_IMP_LEVEL_IMPERSONATE, NULL, EOAC_NONE));
    assert_hr(S_OK, IClientSecurity_SetBlanket(security, proxy, RPC_C_AUTHN_WINNT, RPC_C_AUTHZ_NONE, NULL,
                                               RPC_C_AUTHN_LEVEL_CALL, RPC_C_IMP_LEVEL_IMPERSONATE, NULL, EOAC_NONE));
    assert_hr(S_OK, IClientSecurity_QueryBlanket(security, proxy, &authentication, &authorization, NULL, &level,
                                                 &impersonation, NULL, &capabilities));
    assert_int_equal(RPC_C_IMP_LEVEL_IMPERSONATE, impersonation);
    assert_int_equal(RPC_C_AUTHZ_NONE, authorization);
    assert_hr(S_OK, IClientSecurity_CopyProxy(security, proxy, &copy));
    assert_ptr_equal(proxy, copy);
    IUnknown_Release(copy);
    assert_hr(E_INVALIDARG, IClientSecurity_CopyProxy(security, NULL, &copy));
    assert_null(copy);
    assert_hr(E_INVALIDARG, IClientSecurity_CopyProxy(security, proxy, NULL));
    assert_hr(E_INVALIDARG, IClientSecurity_SetBlanket(security, NULL, 0, 0, NULL, 0, 0, NULL, 0));
    IClientSecurity_Release(security);
}

static void every_proxy_takes_a_blanket(void **state)
{
    IWbemCallResult *result = NULL;
    IEnumWbemClassObject *rows = NULL;
    assert_hr(WBEM_S_NO_ERROR,
              IWbemServices_GetObject(services, B("__Namespace"), WBEM_FLAG_RETURN_IMMEDIATELY, NULL, NULL, &result));
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_CreateClassEnum(services, NULL, WBEM_FLAG_SHALLOW, NULL, &rows));
    blanket_is(services);
    blanket_is(result);
    blanket_is(rows);
    assert_int_equal(0, IWbemCallResult_Release(result));
    assert_int_equal(0, IEnumWbemClassObject_Release(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_class_of_locators_makes_one),
        cmocka_unit_test(names_are_read_as_windows_reads_them),
        cmocka_unit_test(this_machines_own_name_is_this_machine),
        cmocka_unit_test(a_name_that_is_too_long_is_refused),
        cmocka_unit_test(credentials_are_for_other_machines),
        cmocka_unit_test(security_flags_are_checked),
        cmocka_unit_test(a_place_for_the_namespace_is_needed),
        cmocka_unit_test(a_connection_counts_one_reference),
        cmocka_unit_test(every_proxy_takes_a_blanket),
    };
    return cmocka_run_group_tests_name("wmi locator", tests, set_up_wmi, tear_down_wmi);
}
