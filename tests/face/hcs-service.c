/* What is asked of the service, about files of virtual machines, and about crashes. */
#include "hcs-face.h"

static const char *ask(PCWSTR query)
{
    PWSTR document = NULL;
    assert_hr(S_OK, HcsGetServiceProperties(query, &document));
    return narrow(document);
}

static void the_service_says_which_schema_it_takes(void **state)
{
    (void)state;
    TRI_PROVES(HcsGetServiceProperties, real);
    static const char basic[] = "{\"Properties\":[{\"SupportedSchemaVersions\":[{\"Major\":2,\"Minor\":5}]}]}";
    assert_string_equal(ask(NULL), basic);
    assert_string_equal(ask(u""), basic);
    assert_string_equal(ask(u"{\"PropertyTypes\":[]}"), basic);
    assert_string_equal(ask(u"{\"PropertyTypes\":[\"Basic\"]}"), basic);
    assert_hr(E_INVALIDARG, HcsGetServiceProperties(NULL, NULL));
}

static void processors_are_the_real_ones(void **state)
{
    (void)state;
    char count[64];
    snprintf(count, sizeof(count), "\"LogicalProcessorCount\":%ld,", sysconf(_SC_NPROCESSORS_CONF));
    const char *text = ask(u"{\"PropertyTypes\":[\"ProcessorTopology\"]}");
    assert_says(text, count);
    assert_says(text, "\"LpIndex\":0,");
    text = ask(u"{\"PropertyQueries\":{\"ProcessorCapabilities\":{}}}");
    assert_says(text, "{\"PropertyResponses\":{\"ProcessorCapabilities\":{\"Response\":{");
    assert_silent(text, "\"Properties\"");
}

static void properties_come_in_the_order_of_the_question(void **state)
{
    (void)state;
    const char *text = ask(u"{\"PropertyTypes\":[\"CpuGroup\",\"Basic\",\"QoSCapabilities\"]}");
    const char *groups = strstr(text, "CpuGroups"), *basic = strstr(text, "Supported"), *qos = strstr(text, "QoS");
    assert_true(groups && basic && qos && groups < basic && basic < qos);
}

static void a_property_that_is_not_here_has_an_error_of_its_own(void **state)
{
    (void)state;
    const char *text = ask(u"{\"PropertyTypes\":[\"CacheMonitoring\",\"Basic\"],\"PropertyQueries\":{\"Weather\":{}}}");
    assert_says(text, "\"Properties\":[{\"Error\":{\"Error\":-2147023728,");
    assert_says(text, "Supported");
    assert_says(text, "\"PropertyResponses\":{\"Weather\":{\"Error\":{\"Error\":-2147023728,");
}

static void a_wrong_service_query_is_answered_in_the_same_pointer(void **state)
{
    (void)state;
    PWSTR document = NULL;
    assert_hr(HCS_E_INVALID_JSON, HcsGetServiceProperties(u"{\"PropertyTypes\":[\"Everything\"]}", &document));
    assert_says(narrow(document), "$.PropertyTypes[0]");
}

static void service_settings_are_not_implemented(void **state)
{
    (void)state;
    TRI_PROVES(HcsModifyServiceSettings, notimpl, "processor groups and credential guards");
    PWSTR document = NULL;
    assert_hr(E_NOTIMPL,
              HcsModifyServiceSettings(u"{\"PropertyType\":\"CpuGroup\",\"Settings\":{\"Operation\":1}}", &document));
    assert_says(narrow(document), "$.");
    assert_hr(E_NOTIMPL, HcsModifyServiceSettings(u"{\"PropertyType\":\"CpuGroup\"}", NULL));
    assert_hr(HCS_E_INVALID_JSON, HcsModifyServiceSettings(u"{}", &document));
    assert_says(narrow(document), "$.PropertyType is missing.");
    assert_hr(E_INVALIDARG, HcsModifyServiceSettings(NULL, &document));
    assert_null(document);
}

static void a_crash_report_becomes_a_file(void **state)
{
    (void)state;
    TRI_PROVES(HcsSubmitWerReport, real, "a JSON file in the state folder's crash-reports");
    assert_hr(S_OK, HcsSubmitWerReport(u"{\"SystemId\":\"s\",\"CrashLog\":\"kernel panic \\u2620\",\"Status\":-5}"));
    assert_hr(HCS_E_INVALID_JSON, HcsSubmitWerReport(u"{\"System\":\"s\"}"));
    assert_hr(E_INVALIDARG, HcsSubmitWerReport(NULL));
    assert_int_equal(run_command("test $(ls '%s'/crash-reports | wc -l) = 1", face_folder), 0);
    assert_int_equal(
        run_command("grep -q '\"CrashLog\": \"kernel panic \xE2\x98\xA0\"' '%s'/crash-reports/*.json", face_folder), 0);
}

static void state_files_are_made_once(void **state)
{
    (void)state;
    TRI_PROVES(HcsCreateEmptyGuestStateFile, partial, "an empty file with a first line; no UEFI variables");
    TRI_PROVES(HcsCreateEmptyRuntimeStateFile, partial, "an empty file with a first line");
    WCHAR *path = wide("%s/a.vmgs", face_folder), *missing = wide("%s/none/a.vmgs", face_folder);
    assert_hr(S_OK, HcsCreateEmptyGuestStateFile(path));
    assert_hr(HRESULT_FROM_WIN32(ERROR_FILE_EXISTS), HcsCreateEmptyGuestStateFile(path));
    assert_hr(HRESULT_FROM_WIN32(ERROR_FILE_EXISTS), HcsCreateEmptyRuntimeStateFile(path));
    assert_hr(HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND), HcsCreateEmptyRuntimeStateFile(missing));
    assert_hr(E_INVALIDARG, HcsCreateEmptyRuntimeStateFile(u"relative"));
    assert_hr(E_INVALIDARG, HcsCreateEmptyGuestStateFile(NULL));
    LocalFree(path);
    LocalFree(missing);
}

static void access_is_what_the_caller_has(void **state)
{
    (void)state;
    TRI_PROVES(HcsGrantVmAccess, partial,
               "machines run as the caller: it is checked that the caller may read the file");
    TRI_PROVES(HcsRevokeVmAccess, partial, "it is checked that the file is there");
    TRI_PROVES(HcsGrantVmGroupAccess, partial, "as HcsGrantVmAccess");
    TRI_PROVES(HcsRevokeVmGroupAccess, partial, "as HcsRevokeVmAccess");
    WCHAR *missing = wide("%s/none", face_folder);
    assert_hr(S_OK, HcsGrantVmAccess(u"not yet created", u"/proc/self/status"));
    assert_hr(S_OK, HcsRevokeVmAccess(u"not yet created", u"/proc/self/status"));
    assert_hr(S_OK, HcsGrantVmGroupAccess(u"/proc/self/status"));
    assert_hr(S_OK, HcsRevokeVmGroupAccess(u"/proc/self/status"));
    assert_hr(HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND), HcsGrantVmAccess(u"vm", missing));
    assert_hr(HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND), HcsRevokeVmGroupAccess(missing));
    assert_hr(E_INVALIDARG, HcsGrantVmAccess(u"", u"/proc/self/status"));
    assert_hr(E_INVALIDARG, HcsGrantVmAccess(NULL, u"/proc/self/status"));
    assert_hr(E_INVALIDARG, HcsRevokeVmAccess(u"vm", NULL));
    LocalFree(missing);
}

static void saved_processors_are_not_implemented(void **state)
{
    (void)state;
    TRI_PROVES(HcsGetProcessorCompatibilityFromSavedState, notimpl);
    PCWSTR features = u"x";
    assert_hr(E_NOTIMPL, HcsGetProcessorCompatibilityFromSavedState(u"/x.vmrs", &features));
    assert_null(features);
    assert_hr(E_INVALIDARG, HcsGetProcessorCompatibilityFromSavedState(NULL, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_service_says_which_schema_it_takes),
        cmocka_unit_test(processors_are_the_real_ones),
        cmocka_unit_test(properties_come_in_the_order_of_the_question),
        cmocka_unit_test(a_property_that_is_not_here_has_an_error_of_its_own),
        cmocka_unit_test(a_wrong_service_query_is_answered_in_the_same_pointer),
        cmocka_unit_test(service_settings_are_not_implemented),
        cmocka_unit_test(a_crash_report_becomes_a_file),
        cmocka_unit_test(state_files_are_made_once),
        cmocka_unit_test(access_is_what_the_caller_has),
        cmocka_unit_test(saved_processors_are_not_implemented),
    };
    return cmocka_run_group_tests(tests, make_face_folder, remove_face_folder);
}
