/* A program as it is written for Windows, in C++ with the classes of comdef.h and atlbase.h: what the operating system
 * is called, whether this process is among the processes, what a method's parameters are. And those classes
 * themselves. */
#include <comdef.h>

#include <WbemIdl.h>
#include <atlbase.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <unistd.h>

#if __SIZEOF_WCHAR_T__ == 2
#define TEXT_OF(text) L##text
#else
#define TEXT_OF(text) u##text
#endif

static int test_count, failure_count;

static void check(bool holds, const char *sentence)
{
    std::printf("%s %d - %s\n", holds ? "ok" : "not ok", ++test_count, sentence);
    failure_count += !holds;
}

/* ---- the classes ---- */

static void check_strings()
{
    _bstr_t hello(TEXT_OF("hello")), world(" world");
    _bstr_t both = hello + world;
    check(both.length() == 11 && both == _bstr_t("hello world") && both != hello, "strings are joined and compared");
    check(std::string(static_cast<const char *>(both)) == "hello world", "a string is UTF-8, too");
    check(std::string(_bstr_t(_bstr_t("tri\xc3\xa8re"))) == "tri\xc3\xa8re" && _bstr_t("tri\xc3\xa8re").length() == 6,
          "in both directions");
    BSTR raw = both.Detach();
    check(!both && both.length() == 0 && SysStringLen(raw) == 11, "a string can be taken out");
    both.Attach(raw);
    *both.GetAddress() = SysAllocString(TEXT_OF("given"));
    check(both == _bstr_t("given") && both < hello && !(hello < both), "and put in");
    const _bstr_t &itself = both;
    both = itself;
    _bstr_t moved(std::move(both));
    check(moved == _bstr_t("given"), "and moved");

    CComBSTR text("abc");
    text += CComBSTR(TEXT_OF("def"));
    check(text == CComBSTR("abcdef") && text.Length() == 6 && text.ByteLength() == 12, "ATL's strings do the same");
    CComBSTR copy(text);
    text.Empty();
    copy.Append("g");
    check(copy == CComBSTR("abcdefg"), "narrow text is appended");
    check(!text && copy.Length() == 7 && CComBSTR(IID_IUnknown).Length() == 38, "copies are their own");
}

static void check_variants()
{
    _variant_t number(42), text("17");
    check(V_VT(&number) == VT_I4 && static_cast<int>(text) == 17, "values convert");
    check(_bstr_t(number) == _bstr_t("42") && number != text && number == _variant_t(42L), "to text and back");
    text.ChangeType(VT_R8);
    check(V_VT(&text) == VT_R8 && text == _variant_t(17.0), "in place");
    check(V_BOOL(&static_cast<const VARIANT &>(_variant_t(true))) == VARIANT_TRUE, "true is VARIANT_TRUE");
    _variant_t copy(text), taken;
    taken.Attach(copy);
    check(V_VT(&copy) == VT_EMPTY && taken == text, "a value can be handed over");
    bool was_thrown = false;
    try {
        _variant_t("no number").ChangeType(VT_I4);
    } catch (const _com_error &error) {
        was_thrown = error.Error() == DISP_E_TYPEMISMATCH && error.ErrorMessage()[0] != 0;
    }
    check(was_thrown, "what cannot be converted is thrown as a _com_error");
    CComVariant simple("9"), other(simple);
    check(SUCCEEDED(simple.ChangeType(VT_I4)) && V_I4(&simple) == 9 && V_VT(&other) == VT_BSTR, "ATL's do not throw");
}

static void check_errors()
{
    ICreateErrorInfo *create = NULL;
    CreateErrorInfo(&create);
    CComPtr<ICreateErrorInfo> holder;
    holder.Attach(create);
    WCHAR sentence[] = TEXT_OF("It failed.");
    holder->SetDescription(sentence);
    CComQIPtr<IErrorInfo> info(holder);
    SetErrorInfo(0, info);
    bool is_told = false;
    try {
        _com_issue_errorex(E_FAIL, NULL, IID_IUnknown);
    } catch (const _com_error &error) {
        is_told = error.Error() == E_FAIL && error.Description() == _bstr_t("It failed.") && !error.Source();
    }
    check(is_told, "an error tells what the object said");
    check(!CComQIPtr<IWbemLocator>(info), "a pointer to an interface that is not there is NULL");
}

/* ---- the program ---- */

static CComPtr<IWbemServices> connect()
{
    CComPtr<IWbemLocator> locator;
    CComPtr<IWbemServices> services;
    HRESULT hr = CoInitializeEx(NULL, COINIT_MULTITHREADED);
    if (SUCCEEDED(hr))
        hr = CoInitializeSecurity(NULL, -1, NULL, NULL, RPC_C_AUTHN_LEVEL_DEFAULT, RPC_C_IMP_LEVEL_IMPERSONATE, NULL,
                                  EOAC_NONE, NULL);
    if (SUCCEEDED(hr))
        hr = locator.CoCreateInstance(CLSID_WbemLocator, NULL, CLSCTX_INPROC_SERVER);
    if (SUCCEEDED(hr))
        hr = locator->ConnectServer(_bstr_t(TEXT_OF("ROOT\\CIMV2")), NULL, NULL, NULL, 0, NULL, NULL, &services);
    if (SUCCEEDED(hr))
        hr = CoSetProxyBlanket(services, RPC_C_AUTHN_WINNT, RPC_C_AUTHZ_NONE, NULL, RPC_C_AUTHN_LEVEL_CALL,
                               RPC_C_IMP_LEVEL_IMPERSONATE, NULL, EOAC_NONE);
    check(SUCCEEDED(hr), "a program connects");
    return services;
}

/* The first row's property, as text; "" where there is none. */
static std::string ask(IWbemServices *services, const char *query, const WCHAR *property)
{
    CComPtr<IEnumWbemClassObject> rows;
    _com_util::CheckError(services->ExecQuery(bstr_t("WQL"), bstr_t(query),
                                              WBEM_FLAG_FORWARD_ONLY | WBEM_FLAG_RETURN_IMMEDIATELY, NULL, &rows));
    std::string found;
    while (rows) {
        CComPtr<IWbemClassObject> object;
        ULONG count = 0;
        HRESULT hr = rows->Next(WBEM_INFINITE, 1, &object, &count);
        _com_util::CheckError(hr);
        if (count == 0)
            break;
        variant_t value;
        _com_util::CheckError(object->Get(property, 0, &value, NULL, NULL));
        if (found.empty() && V_VT(&value) != VT_NULL)
            found = static_cast<const char *>(_bstr_t(value));
    }
    return found;
}

static void check_method(IWbemServices *services)
{
    CComPtr<IWbemClassObject> process, input, parameters;
    _com_util::CheckError(services->GetObject(_bstr_t("Win32_Process"), 0, NULL, &process, NULL));
    _com_util::CheckError(process->GetMethod(TEXT_OF("Create"), 0, &input, NULL));
    _com_util::CheckError(input->SpawnInstance(0, &parameters));
    _variant_t command("true"), back;
    _com_util::CheckError(parameters->Put(TEXT_OF("CommandLine"), 0, &command, 0));
    _com_util::CheckError(parameters->Get(TEXT_OF("CommandLine"), 0, &back, NULL, NULL));
    check(back == command, "a method's parameters are filled in");
}

_COM_SMARTPTR_TYPEDEF(IWbemLocator, __uuidof(IWbemLocator));
_COM_SMARTPTR_TYPEDEF(IWbemContext, __uuidof(IWbemContext));
typedef _com_ptr_t<_com_IIID<IWbemServices, &IID_IWbemServices>> IWbemServicesPtr;

static HRESULT thrown_by(void (*work)())
{
    try {
        work();
    } catch (const _com_error &error) {
        return error.Error();
    }
    return S_OK;
}

static void call_nothing()
{
    IWbemContextPtr()->DeleteAll();
}

static void make_unknown_class()
{
    IWbemContextPtr context(IID_IUnknown);
}

static ULONG count_of(IUnknown *object)
{
    object->AddRef();
    return object->Release();
}

static void check_pointers()
{
    IWbemLocatorPtr locator;
    check(!locator && locator == nullptr && locator.CreateInstance(CLSID_WbemLocator) == S_OK && locator,
          "the compiler's pointers make objects");
    IWbemServicesPtr services;
    check(locator->ConnectServer(_bstr_t("root\\cimv2"), NULL, NULL, NULL, 0, NULL, NULL, &services) ==
                  WBEM_S_NO_ERROR &&
              count_of(services) == 1,
          "take what functions write");
    IUnknownPtr unknown = services;
    IWbemServicesPtr again(unknown), moved(std::move(again));
    check(moved == services && !again && unknown != nullptr && count_of(services) >= 3, "ask for other interfaces");
    IWbemContextPtr context = services;
    check(!context, "are NULL where there are none");
    IWbemServices *raw = moved.Detach();
    again.Attach(raw);
    moved = again;
    again.Release();
    check(moved == services && !again && count_of(services) >= 3, "and are let go of");
    context = IWbemContextPtr(CLSID_WbemContext);
    check(context && count_of(context) == 1, "or made with their object");
    check(thrown_by(call_nothing) == E_POINTER && thrown_by(make_unknown_class) == REGDB_E_CLASSNOTREG,
          "what cannot be called or made is thrown");
    context = NULL;
    check(context == NULL && context == 0 && services != NULL && services != 0, "NULL is what no pointer is");
    moved = services = nullptr;
    check(count_of(unknown) == 1, "and every reference is given back");
}

static void check_program()
{
    CComPtr<IWbemServices> services = connect();
    if (!services)
        return;
    check(!ask(services, "SELECT * FROM Win32_OperatingSystem", TEXT_OF("Name")).empty(), "and asks for the system");
    std::string number = std::to_string(getpid());
    check(ask(services, ("SELECT Handle FROM Win32_Process WHERE ProcessId = " + number).c_str(), TEXT_OF("Handle")) ==
              number,
          "and for itself");
    HRESULT code = S_OK;
    try {
        ask(services, "SELECT * FROM Win32_NoSuchClass", TEXT_OF("Name"));
    } catch (const _com_error &error) {
        code = error.Error();
    }
    check(code == WBEM_E_INVALID_CLASS, "and hears of its mistakes");
    check_method(services);
}

int main()
{
    char folder[] = "/tmp/trireme-wmi-client-XXXXXX";
    if (!mkdtemp(folder))
        return 1;
    setenv("TRIREME_STATE_DIR", folder, 1);
    setenv("TRIREME_RUNTIME_DIR", folder, 1);
    try {
        check_strings();
        check_variants();
        check_errors();
        check_program();
        check_pointers();
    } catch (const _com_error &error) {
        std::printf("# 0x%08X: %s\n", static_cast<unsigned>(error.Error()),
                    static_cast<const char *>(_bstr_t(error.ErrorMessage())));
        check(false, "nothing else is thrown");
    }
    CoUninitialize();
    std::printf("1..%d\n", test_count);
    std::string remove = std::string("rm -rf ") + folder;
    if (std::system(remove.c_str()) != 0)
        std::printf("# %s could not be removed\n", folder);
    return failure_count != 0;
}
