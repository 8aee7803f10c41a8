/* A client's source: the same text is C11, C17, C++11 and C++17, with u"..." strings or, under -fshort-wchar, L"..."
 * ones, and runs against one and the same library. */
#include <ComputeCore.h>
#include <Windows.h>
#include <objbase.h>
#include <stdio.h>
#include <string.h>
#include <trireme.h>

#if __SIZEOF_WCHAR_T__ == 2
#define WIDE(text) L##text
#else
#define WIDE(text) u##text
#endif

static int test_count, failure_count;

static void check(int holds, const char *sentence)
{
    printf("%s %d - %s\n", holds ? "ok" : "not ok", ++test_count, sentence);
    failure_count += !holds;
}

static void check_text(void)
{
    PCWSTR given = WIDE("tri\u00e8re");
    char *utf8 = trireme_utf8_from_utf16(given);
    PWSTR back = trireme_utf16_from_utf8(utf8);
    check(utf8 && !strcmp(utf8, "tri\xC3\xA8re"), "a literal of this mode is the library's UTF-16");
    check(back && !memcmp(back, given, 7 * sizeof(WCHAR)), "the library's UTF-16 is a string of this mode");
    LocalFree(utf8);
    CoTaskMemFree(back);
}

static void check_pipe(void)
{
    HANDLE to_read = NULL, to_write = INVALID_HANDLE_VALUE;
    DWORD count = 0;
    char text[8] = "";
    check(CreatePipe(&to_read, &to_write, NULL, 0), "a pipe is made");
    check(WriteFile(to_write, "oar", 4, &count, NULL) && count == 4, "it takes bytes");
    check(ReadFile(to_read, text, sizeof(text), &count, NULL) && !strcmp(text, "oar"), "and gives them");
    check(CloseHandle(to_write), "it is closed");
    check(!ReadFile(to_read, text, sizeof(text), &count, NULL) && GetLastError() == ERROR_BROKEN_PIPE,
          "and has an end");
    check(trireme_handle_fd(to_read) >= 0 && CloseHandle(to_read), "the other end too");
    check(!CloseHandle(INVALID_HANDLE_VALUE) && GetLastError() == ERROR_INVALID_HANDLE, "no handle is closed");
}

static void check_codes(void)
{
    HRESULT timed_out = HRESULT_FROM_WIN32(ERROR_TIMEOUT);
    check(FAILED(timed_out) && timed_out == (HRESULT)0x800705B4, "an error number becomes a failing HRESULT");
    check(!strcmp(trireme_hresult_name(HCS_E_OPERATION_PENDING), "HCS_E_OPERATION_PENDING"), "a code has its name");
    check(HCS_INVALID_OPERATION_ID == UINT64_MAX, "the id that is none is all ones");
}

/* What a callback does with an event, through both ways that clients compare. */
static int kind_of(const HCS_EVENT *event)
{
    switch (event->Type) {
    case HcsEventSystemExited:
        return 1;
    case HcsEventGroupVmLifecycle:
        return 2;
    default:
        return (UINT32)event->Type == 0xC0000001 ? 3 : 0;
    }
}

static void check_enumerations(void)
{
    HCS_EVENT event;
    memset(&event, 0, sizeof(event));
    event.Type = HcsEventSystemExited;
    check(kind_of(&event) == 1, "small event types compare");
    event.Type = HcsEventGroupVmLifecycle;
    check(kind_of(&event) == 2, "event types with the high bit compare by name");
    event.Type = HcsEventGroupOperationInfo;
    check(kind_of(&event) == 3, "and as unsigned numbers");
}

static void check_flags(void)
{
#ifdef __cplusplus
    HCS_EVENT_OPTIONS options = HcsEventOptionEnableOperationCallbacks | HcsEventOptionEnableVmLifecycle;
    options |= HcsEventOptionEnableLiveMigrationEvents;
    options &= ~HcsEventOptionEnableVmLifecycle;
#else
    HCS_EVENT_OPTIONS options = HcsEventOptionEnableOperationCallbacks | HcsEventOptionEnableLiveMigrationEvents;
#endif
    check(options == 5, "flags combine");
}

int main(void)
{
    check_text();
    check_pipe();
    check_codes();
    check_enumerations();
    check_flags();
    printf("1..%d\n", test_count);
    return failure_count != 0;
}
