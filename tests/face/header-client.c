/* A client's source: the same text is C11, C17, C++11 and C++17, with u"..." strings or, under -fshort-wchar, L"..."
 * ones, and runs against one and the same library. */
#include <ComputeCore.h>
#include <Windows.h>
#include <initguid.h>
#include <objbase.h>
#include <stdio.h>
#include <string.h>
#include <trireme.h>
#include <Vds.h>

/* As a program does it that was written without COBJMACROS: these names must be free. */
#define IVdsAdviseSink_OnNotify(This, count, notes) (This)->lpVtbl->OnNotify(This, count, notes)
#define IUnknown_Release(This) (This)->lpVtbl->Release(This)

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

/* A sink of the client's own, in each language's way. */
static LONG told;

#ifdef __cplusplus
class Sink : public IVdsAdviseSink {
public:
    STDMETHODIMP QueryInterface(REFIID riid, void **ppvObject)
    {
        *ppvObject = riid == IID_IUnknown || IsEqualIID(riid, __uuidof(IVdsAdviseSink)) ? this : NULL;
        return *ppvObject ? S_OK : E_NOINTERFACE;
    }
    STDMETHODIMP_(ULONG) AddRef(void)
    {
        return 2;
    }
    STDMETHODIMP_(ULONG) Release(void)
    {
        return 1;
    }
    STDMETHODIMP OnNotify(LONG count, VDS_NOTIFICATION *notes)
    {
        told = count + (LONG)notes[0].objectType;
        return S_OK;
    }
};

static void check_sink(void)
{
    Sink sink;
    IVdsAdviseSink *advised = &sink;
    VDS_NOTIFICATION note = VDS_NOTIFICATION();
    IUnknown *unknown = NULL;
    IVdsAsync *async = NULL;
    note.objectType = VDS_NTT_DISK;
    check(advised->OnNotify(1, &note) == S_OK && told == 14, "a sink in C++ is called");
    check(advised->QueryInterface(IID_PPV_ARGS(&unknown)) == S_OK && unknown == advised, "and answers for itself");
    check(advised->QueryInterface(IID_PPV_ARGS(&async)) == E_NOINTERFACE && !async, "but not as what it is not");
}
#define REF(id) id
#else
static HRESULT STDMETHODCALLTYPE sink_QueryInterface(IVdsAdviseSink *This, REFIID riid, void **ppvObject)
{
    *ppvObject = IsEqualIID(riid, &IID_IUnknown) || IsEqualIID(riid, &IID_IVdsAdviseSink) ? This : NULL;
    return *ppvObject ? S_OK : E_NOINTERFACE;
}

static ULONG STDMETHODCALLTYPE sink_count(IVdsAdviseSink *This)
{
    return This ? 1 : 0;
}

static HRESULT STDMETHODCALLTYPE sink_OnNotify(IVdsAdviseSink *This, LONG count, VDS_NOTIFICATION *notes)
{
    told = This ? count + (LONG)notes[0].objectType : 0;
    return S_OK;
}

static void check_sink(void)
{
    static const IVdsAdviseSinkVtbl vtbl = {sink_QueryInterface, sink_count, sink_count, sink_OnNotify};
    IVdsAdviseSink sink = {&vtbl};
    VDS_NOTIFICATION note = {VDS_NTT_DISK, {{0}}};
    IUnknown *unknown = NULL;
    check(IVdsAdviseSink_OnNotify(&sink, 1, &note) == S_OK && told == 14, "a sink in C is called");
    check(sink.lpVtbl->QueryInterface(&sink, &IID_IUnknown, (void **)&unknown) == S_OK, "and answers for itself");
    check(IUnknown_Release(unknown) == 1, "through the interface that all have");
}
#define REF(id) &id
#endif

static void check_com(void)
{
    static const CLSID nothing = {1, 2, 3, {4, 5, 6, 7, 8, 9, 10, 11}};
    void *object = &told;
    OLECHAR text[39];
    check(CoInitializeEx(NULL, COINIT_APARTMENTTHREADED | COINIT_DISABLE_OLE1DDE) == S_OK, "COM is begun");
    check(CoInitializeSecurity(NULL, -1, NULL, NULL, RPC_C_AUTHN_LEVEL_CONNECT, RPC_C_IMP_LEVEL_IMPERSONATE, NULL, 0,
                               NULL) == S_OK,
          "and secured");
    check(CoCreateInstance(REF(nothing), NULL, CLSCTX_LOCAL_SERVER | CLSCTX_REMOTE_SERVER, REF(IID_IVdsServiceLoader),
                           &object) == REGDB_E_CLASSNOTREG &&
              !object,
          "a class that is none cannot be made");
    check(StringFromGUID2(REF(IID_IVdsAsync), text, 39) == 39 &&
              !memcmp(text, WIDE("{D5D23B6D-5A55-4492-9889-397A3C2D2DBC}"), sizeof(text)),
          "an id that the client defines itself is the right one");
    CoUninitialize();
}

int main(void)
{
    check_text();
    check_pipe();
    check_codes();
    check_enumerations();
    check_flags();
    check_sink();
    check_com();
    printf("1..%d\n", test_count);
    return failure_count != 0;
}
