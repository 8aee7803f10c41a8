#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/utf16.h"
#include <trireme.h>
#include <vdserr.h>

#include "proves.h"

static void memory_of_one_kind_is_freed_as_any_other(void **state)
{
    TRI_PROVES(LocalFree, real);
    TRI_PROVES(CoTaskMemFree, real);
    TRI_PROVES(CoTaskMemAlloc, real);
    WCHAR *string = NULL;
    assert_int_equal(tri_utf16_from_utf8("document", &string), 0);
    CoTaskMemFree(string);
    assert_int_equal(tri_utf16_from_utf8("document", &string), 0);
    assert_null(LocalFree(string));
    CoTaskMemFree(LocalAlloc(LMEM_FIXED, 10));
    LocalFree(CoTaskMemAlloc(10));
    assert_null(LocalFree(NULL));
    CoTaskMemFree(NULL);
}

static void local_memory_is_zeroed_where_asked(void **state)
{
    TRI_PROVES(LocalAlloc, partial, "fixed memory only");
    char *memory = LocalAlloc(LPTR, 4096);
    assert_non_null(memory);
    for (size_t i = 0; i < 4096; i++)
        assert_int_equal(memory[i], 0);
    LocalFree(memory);
}

static void movable_memory_is_refused(void **state)
{
    assert_null(LocalAlloc(0x0002, 16));
    assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
}

/* Read at run time, so that no compiler or checker takes the size for a mistake. */
static volatile SIZE_T too_much = SIZE_MAX / 2 + 1;

static void memory_that_is_not_there_is_said_so(void **state)
{
    SetLastError(ERROR_SUCCESS);
    assert_null(LocalAlloc(LMEM_FIXED, too_much));
    assert_int_equal(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
    assert_null(CoTaskMemAlloc(too_much));
}

static void task_memory_grows_and_shrinks_to_nothing(void **state)
{
    TRI_PROVES(CoTaskMemRealloc, real);
    char *memory = CoTaskMemRealloc(NULL, 4);
    memcpy(memory, "oar", 4);
    memory = CoTaskMemRealloc(memory, 4096);
    assert_string_equal(memory, "oar");
    assert_null(CoTaskMemRealloc(memory, 0));
}

static void text_goes_both_ways(void **state)
{
    TRI_PROVES(trireme_utf16_from_utf8, real);
    TRI_PROVES(trireme_utf8_from_utf16, real);
    WCHAR *utf16 = trireme_utf16_from_utf8(u8"tri\u00e8re \U0001F6A3");
    assert_memory_equal(utf16, u"tri\u00e8re \U0001F6A3", 10 * sizeof(WCHAR));
    char *utf8 = trireme_utf8_from_utf16(utf16);
    assert_string_equal(utf8, u8"tri\u00e8re \U0001F6A3");
    LocalFree(utf16);
    LocalFree(utf8);
}

static void no_text_gives_no_text_and_a_reason(void **state)
{
    SetLastError(ERROR_SUCCESS);
    assert_null(trireme_utf8_from_utf16(NULL));
    assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
    SetLastError(ERROR_SUCCESS);
    assert_null(trireme_utf16_from_utf8(NULL));
    assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
}

static void every_code_of_the_compute_system_has_a_name_and_a_sentence(void **state)
{
    TRI_PROVES(trireme_hresult_name, real);
    TRI_PROVES(trireme_hresult_text, real);
    for (uint32_t code = 0x80370100; code <= 0x80370121; code++) {
        if (code == 0x80370103 || code == 0x80370104) /* only the older interface has these */
            continue;
        const char *name = trireme_hresult_name((HRESULT)code);
        const char *text = trireme_hresult_text((HRESULT)code);
        assert_non_null(name);
        assert_memory_equal(name, "HCS_E_", 6);
        assert_non_null(text);
        assert_int_equal(text[strlen(text) - 1], '.');
    }
}

static void codes_that_mean_nothing_here_have_a_name_and_no_sentence(void **state)
{
    assert_string_equal(trireme_hresult_name(VDS_E_DRIVER_NO_PACK_NAME), "VDS_E_DRIVER_NO_PACK_NAME");
    assert_null(trireme_hresult_text(VDS_E_DRIVER_NO_PACK_NAME));
    assert_string_equal(trireme_hresult_name(VDS_E_OPERATION_PENDING), "VDS_E_OPERATION_PENDING");
    assert_non_null(trireme_hresult_text(VDS_E_OPERATION_PENDING));
    assert_string_equal(trireme_hresult_name(VDS_S_GPT_BOOT_MIRRORED_TO_MBR), "VDS_S_GPT_BOOT_MIRRORED_TO_MBR");
    assert_string_equal(trireme_hresult_name(REGDB_E_CLASSNOTREG), "REGDB_E_CLASSNOTREG");
}

static void names_are_those_of_the_headers(void **state)
{
    assert_string_equal(trireme_hresult_name(S_OK), "S_OK");
    assert_string_equal(trireme_hresult_name(HCS_E_INVALID_JSON), "HCS_E_INVALID_JSON");
    assert_string_equal(trireme_hresult_name(HRESULT_FROM_WIN32(ERROR_INVALID_PARAMETER)), "E_INVALIDARG");
    assert_string_equal(trireme_hresult_name(HRESULT_FROM_WIN32(ERROR_CANCELLED)), "ERROR_CANCELLED");
    assert_string_equal(trireme_hresult_text(HCS_E_INVALID_JSON), "The document is not valid.");
}

static void unknown_codes_have_neither(void **state)
{
    assert_null(trireme_hresult_name((HRESULT)0x8037FFFF));
    assert_null(trireme_hresult_text((HRESULT)0x8037FFFF));
    assert_null(trireme_hresult_name(ERROR_FILE_NOT_FOUND)); /* an error number is no HRESULT */
}

static void windows_error_numbers_become_results_as_on_windows(void **state)
{
    assert_int_equal(HRESULT_FROM_WIN32(ERROR_SUCCESS), S_OK);
    assert_true(HRESULT_FROM_WIN32(ERROR_TIMEOUT) == (HRESULT)0x800705B4);
    assert_true(HRESULT_FROM_WIN32(HCS_E_TERMINATED) == HCS_E_TERMINATED);
    assert_true(SUCCEEDED(S_FALSE));
    assert_true(FAILED(HCS_E_TERMINATED));
    assert_int_equal(HRESULT_FACILITY(HCS_E_TERMINATED), 0x37);
    assert_int_equal(HRESULT_CODE(HCS_E_TERMINATED), 0x107);
}

static void version_is_the_build_s(void **state)
{
    TRI_PROVES(trireme_version, real);
    assert_string_equal(trireme_version(), TRIREME_VERSION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_of_one_kind_is_freed_as_any_other),
        cmocka_unit_test(local_memory_is_zeroed_where_asked),
        cmocka_unit_test(movable_memory_is_refused),
        cmocka_unit_test(memory_that_is_not_there_is_said_so),
        cmocka_unit_test(task_memory_grows_and_shrinks_to_nothing),
        cmocka_unit_test(text_goes_both_ways),
        cmocka_unit_test(no_text_gives_no_text_and_a_reason),
        cmocka_unit_test(every_code_of_the_compute_system_has_a_name_and_a_sentence),
        cmocka_unit_test(codes_that_mean_nothing_here_have_a_name_and_no_sentence),
        cmocka_unit_test(names_are_those_of_the_headers),
        cmocka_unit_test(unknown_codes_have_neither),
        cmocka_unit_test(windows_error_numbers_become_results_as_on_windows),
        cmocka_unit_test(version_is_the_build_s),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
