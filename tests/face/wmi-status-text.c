/* IWbemStatusCodeText: a sentence for every code. */
#include "wmi-face.h"

static IWbemStatusCodeText *new_texts(void)
{
    IWbemStatusCodeText *made = NULL;
    assert_hr(S_OK, CoCreateInstance(&CLSID_WbemStatusCodeText, NULL, CLSCTX_INPROC_SERVER, &IID_IWbemStatusCodeText,
                                     (void **)&made));
    return made;
}

static const char *text_of(HRESULT hr, LONG flags)
{
    IWbemStatusCodeText *texts = new_texts();
    BSTR text = NULL;
    assert_hr(WBEM_S_NO_ERROR, IWbemStatusCodeText_GetErrorCodeText(texts, hr, 0, flags, &text));
    assert_non_null(text);
    IWbemStatusCodeText_Release(texts);
    return take_bstr(text);
}

static const char *facility_of(HRESULT hr)
{
    IWbemStatusCodeText *texts = new_texts();
    BSTR text = NULL;
    assert_hr(WBEM_S_NO_ERROR,
              IWbemStatusCodeText_GetFacilityCodeText(texts, hr, 0x409, WBEMSTATUS_FORMAT_NO_NEWLINE, &text));
    IWbemStatusCodeText_Release(texts);
    return take_bstr(text);
}

static bool is_known(HRESULT hr)
{
    return !strstr(text_of(hr, WBEMSTATUS_FORMAT_NO_NEWLINE), "not a code that is known");
}

static void every_code_of_wmi_has_a_sentence(void **state)
{
    TRI_PROVES_METHOD(IWbemStatusCodeText, GetErrorCodeText, real);
    for (uint32_t code = 0x80041001; code <= 0x8004108a; code++) {
        uint32_t low = code & 0xff;
        bool is_gap = (low >= 0x4a && low <= 0x4f) || low == 0x5e || (low >= 0x7b && low <= 0x7f);
        if (is_known((HRESULT)code) == is_gap)
            fail_msg("0x%08x: %s", code, text_of((HRESULT)code, 0));
    }
    for (uint32_t code = 0x80044001; code <= 0x80044031; code++)
        assert_true(is_known((HRESULT)code));
    static const HRESULT others[] = {S_OK,
                                     S_FALSE,
                                     WBEM_S_TIMEDOUT,
                                     WBEM_S_NO_MORE_DATA,
                                     WBEM_S_PARTIAL_RESULTS,
                                     WBEM_S_SOURCE_NOT_AVAILABLE,
                                     WBEMESS_E_REGISTRATION_TOO_BROAD,
                                     WBEMESS_E_REGISTRATION_TOO_PRECISE,
                                     WBEMESS_E_AUTHZ_NOT_PRIVILEGED,
                                     E_NOTIMPL,
                                     E_NOINTERFACE,
                                     E_POINTER,
                                     E_FAIL,
                                     E_OUTOFMEMORY,
                                     E_INVALIDARG,
                                     E_ACCESSDENIED,
                                     WBEM_E_RETRY_LATER,
                                     WBEM_E_RESOURCE_CONTENTION};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_true(is_known(others[i]));
}

static void a_sentence_ends_with_a_new_line_unless_it_should_not(void **state)
{
    const char *with = text_of(WBEM_E_NOT_FOUND, WBEMSTATUS_FORMAT_NEWLINE);
    const char *without = text_of(WBEM_E_NOT_FOUND, WBEMSTATUS_FORMAT_NO_NEWLINE);
    assert_int_equal(strlen(without) + 2, strlen(with));
    assert_string_equal("\r\n", with + strlen(without));
    assert_memory_equal(with, without, strlen(without));
}

static void a_code_that_is_not_known_gets_a_sentence_too(void **state)
{
    assert_string_equal("0x8ABC1234 is not a code that is known here.",
                        text_of((HRESULT)0x8abc1234, WBEMSTATUS_FORMAT_NO_NEWLINE));
}

static void a_facility_says_whose_code_it_is(void **state)
{
    TRI_PROVES_METHOD(IWbemStatusCodeText, GetFacilityCodeText, real);
    static const struct {
        uint32_t code;
        const char *text;
    } rows[] = {{0x80041002, "WMI"},     {0x8004108a, "WMI"},     {0x00040004, "WMI"},       {0x80042001, "WMI"},
                {0x80044031, "WMI"},     {0x80070005, "Win32"},   {0x800706ba, "Win32"},     {0x80010108, "RPC"},
                {0x80004001, "Null"},    {0x80030001, "Storage"}, {0x80040154, "Interface"}, {0x80042401, "Interface"},
                {0x80020005, "Dispatch"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(rows[i].text, facility_of((HRESULT)rows[i].code));
    assert_string_not_equal("", facility_of((HRESULT)0x8abc1234));
}

static void nonsense_is_refused(void **state)
{
    TRI_PROVES_METHOD(IWbemStatusCodeText, QueryInterface, real);
    TRI_PROVES_METHOD(IWbemStatusCodeText, AddRef, real);
    TRI_PROVES_METHOD(IWbemStatusCodeText, Release, real);
    IWbemStatusCodeText *texts = new_texts(), *again = QUERY(texts, IWbemStatusCodeText);
    BSTR text = NULL;
    assert_ptr_equal(texts, again);
    IWbemStatusCodeText_Release(again);
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemStatusCodeText_GetErrorCodeText(texts, 0, 0, 0, NULL));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemStatusCodeText_GetErrorCodeText(texts, 0, 0, 2, &text));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemStatusCodeText_GetFacilityCodeText(texts, 0, 0, 0, NULL));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemStatusCodeText_GetFacilityCodeText(texts, 0, 0, 2, &text));
    assert_null(text);
    assert_int_equal(0, IWbemStatusCodeText_Release(texts));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_of_wmi_has_a_sentence),
        cmocka_unit_test(a_sentence_ends_with_a_new_line_unless_it_should_not),
        cmocka_unit_test(a_code_that_is_not_known_gets_a_sentence_too),
        cmocka_unit_test(a_facility_says_whose_code_it_is),
        cmocka_unit_test(nonsense_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up_wmi, tear_down_wmi);
}
