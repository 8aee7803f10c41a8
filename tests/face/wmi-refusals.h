/* Refusals: what each has to have, and calls that are made to be refused. */
#ifndef TRI_TESTS_FACE_WMI_REFUSALS_H
#define TRI_TESTS_FACE_WMI_REFUSALS_H

#include "wmi-sink.h"

enum { TIME_LIMIT_S = 600 };

/* ---- what every refusal has to have ---- */

/* The thread's error object is an __ExtendedStatus of this code, whose sentence has these words in it. */
static void check_told(HRESULT code, const char *where, const char *what)
{
    IErrorInfo *info = NULL;
    BSTR sentence = NULL;
    if (GetErrorInfo(0, &info) != S_OK || !info)
        fail_msg("%.200s: 0x%08X leaves no error object", what, (uint32_t)code);
    IWbemClassObject *status = QUERY(info, IWbemClassObject);
    assert_string_equal("__ExtendedStatus", get_text(status, "__CLASS"));
    assert_hr(code, get_number(status, "StatusCode"));
    assert_string_not_equal("", get_text(status, "Operation"));
    assert_string_not_equal("NULL", get_text(status, "Description"));
    assert_hr(S_OK, IErrorInfo_GetDescription(info, &sentence));
    const char *text = take_bstr(sentence);
    if (!strstr(text, where))
        fail_msg("%.200s: \"%.400s\" does not say \"%s\"", what, text, where);
    IWbemClassObject_Release(status);
    IErrorInfo_Release(info);
}

static void check_refused(HRESULT expected, HRESULT hr, const char *where, const char *what)
{
    if (hr != expected)
        fail_msg("%.200s: 0x%08X %s instead of 0x%08X: %s", what, (uint32_t)hr, trireme_hresult_name(hr),
                 (uint32_t)expected, why());
    check_told(expected, where, what);
}
#define REFUSED(expected, where, call) check_refused((expected), (call), (where), #call)

/* ---- long texts ---- */

/* count times the text; the caller frees it. */
static char *repeated(const char *text, size_t count)
{
    size_t length = strlen(text);
    char *made = malloc(length * count + 1);
    assert_non_null(made);
    for (size_t i = 0; i < count; i++)
        memcpy(made + i * length, text, length);
    made[length * count] = 0;
    return made;
}

/* Of any length, unlike B's. */
static BSTR long_bstr(const char *utf8)
{
    WCHAR *wide = trireme_utf16_from_utf8(utf8);
    assert_non_null(wide);
    BSTR made = SysAllocString(wide);
    assert_non_null(made);
    LocalFree(wide);
    return made;
}

/* ---- calls ---- */

static HRESULT try_query(const char *text, LONG flags)
{
    IEnumWbemClassObject *rows = NULL;
    IWbemClassObject *object = NULL;
    BSTR query = long_bstr(text);
    ULONG count = 0;
    HRESULT hr = IWbemServices_ExecQuery(services, B("WQL"), query, flags, NULL, &rows);
    SysFreeString(query);
    if (FAILED(hr))
        assert_null(rows);
    else
        hr = IEnumWbemClassObject_Next(rows, WBEM_INFINITE, 1, &object, &count);
    LET_GO(object);
    LET_GO(rows);
    return hr;
}

static void query_refused(HRESULT expected, const char *where, const char *text)
{
    static const LONG models[] = {0, WBEM_FLAG_FORWARD_ONLY, WBEM_FLAG_RETURN_IMMEDIATELY,
                                  WBEM_FLAG_RETURN_IMMEDIATELY | WBEM_FLAG_FORWARD_ONLY};
    for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++)
        check_refused(expected, try_query(text, models[i]), where, text);
}

/* The same at the end of an asynchronous call: the sink gets the error object. */
static void sink_refused(HRESULT expected, const char *where, const char *text)
{
    struct sink sink;
    sink_init(&sink);
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_ExecQueryAsync(services, B("WQL"), B("%s", text), 0, NULL, &sink.iface));
    assert_hr(expected, sink_wait(&sink));
    assert_int_equal(0, atomic_load(&sink.objects));
    if (!strstr(sink.sentence, where))
        fail_msg("%.200s: \"%s\" does not say \"%s\"", text, sink.sentence, where);
}

static HRESULT try_get(const char *path)
{
    IWbemClassObject *object = (IWbemClassObject *)1;
    BSTR text = long_bstr(path);
    HRESULT hr = IWbemServices_GetObject(services, text, 0, NULL, &object, NULL);
    SysFreeString(text);
    assert_true(SUCCEEDED(hr) || !object);
    if (SUCCEEDED(hr))
        LET_GO(object);
    return hr;
}

static HRESULT try_delete(const char *path)
{
    BSTR text = long_bstr(path);
    HRESULT hr = IWbemServices_DeleteInstance(services, text, 0, NULL, NULL);
    SysFreeString(text);
    return hr;
}

static HRESULT try_method(const char *path)
{
    IWbemClassObject *output = (IWbemClassObject *)1;
    BSTR text = long_bstr(path);
    HRESULT hr = IWbemServices_ExecMethod(services, text, B("GetOwner"), 0, NULL, NULL, &output, NULL);
    SysFreeString(text);
    assert_true(SUCCEEDED(hr) || !output);
    if (SUCCEEDED(hr))
        LET_GO(output);
    return hr;
}

static WBEM_COMPILE_STATUS_INFO info;

static HRESULT compile(const char *text)
{
    IMofCompiler *compiler = NULL;
    memset(&info, 0, sizeof(info));
    assert_hr(S_OK,
              CoCreateInstance(&CLSID_MofCompiler, NULL, CLSCTX_INPROC_SERVER, &IID_IMofCompiler, (void **)&compiler));
    HRESULT hr = IMofCompiler_CompileBuffer(compiler, (LONG)strlen(text), (BYTE *)text, B("root\\cimv2"), NULL, NULL,
                                            NULL, 0, 0, 0, &info);
    IMofCompiler_Release(compiler);
    return hr;
}

static void mof_refused(HRESULT expected, const char *where, const char *text)
{
    assert_hr(WBEM_S_FALSE, compile(text));
    check_refused(expected, info.hRes, where, text);
}

static int set_up(void **state)
{
    alarm(TIME_LIMIT_S);
    return set_up_wmi(state);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down_wmi)

#endif
