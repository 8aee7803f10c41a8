/* System data through the WMI client API, in its three call models:
 *
 *     cc -o first-query first-query.c $(pkg-config --cflags --libs trireme)
 *     ./first-query
 *
 * Asks for this program's own process (synchronously), for the operating system (semisynchronously, polling), starts a
 * program through a method, keeps an instance of a class of its own, and is told by an event when a process ends. Every
 * call that fails says where and why. */
#define COBJMACROS
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <trireme.h>
#include <unistd.h>
#include <wbemidl.h>

static void check(HRESULT result, const char *what)
{
    if (SUCCEEDED(result))
        return;
    const char *name = trireme_hresult_name(result);
    IErrorInfo *info = NULL;
    BSTR sentence = NULL;
    if (GetErrorInfo(0, &info) == S_OK)
        IErrorInfo_GetDescription(info, &sentence);
    char *said = sentence ? trireme_utf8_from_utf16(sentence) : NULL;
    fprintf(stderr, "%s: %s (0x%08x) %s\n", what, name ? name : "?", (unsigned)result, said ? said : "");
    exit(1);
}

static BSTR bstr(const char *text)
{
    LPWSTR wide = trireme_utf16_from_utf8(text);
    BSTR made = SysAllocString(wide);
    LocalFree(wide);
    return made;
}

static void print(IWbemClassObject *object, const WCHAR *property)
{
    VARIANT value, text;
    check(IWbemClassObject_Get(object, property, 0, &value, NULL, NULL), "Get");
    VariantInit(&text);
    char *name = trireme_utf8_from_utf16(property);
    if (V_VT(&value) != VT_NULL && VariantChangeType(&text, &value, 0, VT_BSTR) == S_OK) {
        char *said = trireme_utf8_from_utf16(V_BSTR(&text));
        printf("    %-16s %s\n", name, said);
        LocalFree(said);
    }
    LocalFree(name);
    VariantClear(&text);
    VariantClear(&value);
}

static IWbemServices *connect_to(const char *name_space)
{
    IWbemLocator *locator;
    IWbemServices *services;
    BSTR path = bstr(name_space);
    check(CoInitializeEx(NULL, COINIT_MULTITHREADED), "CoInitializeEx");
    check(CoCreateInstance(&CLSID_WbemLocator, NULL, CLSCTX_INPROC_SERVER, &IID_IWbemLocator, (void **)&locator),
          "CoCreateInstance");
    check(IWbemLocator_ConnectServer(locator, path, NULL, NULL, NULL, 0, NULL, NULL, &services), "ConnectServer");
    IWbemLocator_Release(locator);
    SysFreeString(path);
    return services;
}

/* Synchronously: the enumerator comes back with all that there is. */
static void own_process(IWbemServices *services)
{
    char text[96];
    snprintf(text, sizeof text, "SELECT Name, CommandLine, WorkingSetSize FROM Win32_Process WHERE ProcessId = %d",
             (int)getpid());
    BSTR wql = bstr("WQL"), query = bstr(text);
    IEnumWbemClassObject *rows;
    IWbemClassObject *row;
    ULONG got;
    printf("%s\n", text);
    check(IWbemServices_ExecQuery(services, wql, query, 0, NULL, &rows), "ExecQuery");
    while (IEnumWbemClassObject_Next(rows, (LONG)WBEM_INFINITE, 1, &row, &got) == S_OK && got == 1) {
        print(row, u"Name");
        print(row, u"CommandLine");
        print(row, u"WorkingSetSize");
        IWbemClassObject_Release(row);
    }
    IEnumWbemClassObject_Release(rows);
    SysFreeString(wql);
    SysFreeString(query);
}

/* Semisynchronously: what GetCallStatus returns says whether the call has finished, *plStatus how it ended. */
static void operating_system(IWbemServices *services)
{
    BSTR path = bstr("Win32_OperatingSystem=@");
    IWbemCallResult *result;
    IWbemClassObject *object;
    LONG status;
    int polls = 0;
    check(IWbemServices_GetObject(services, path, WBEM_FLAG_RETURN_IMMEDIATELY, NULL, NULL, &result), "GetObject");
    while (IWbemCallResult_GetCallStatus(result, 0, &status) == WBEM_S_TIMEDOUT)
        polls++;
    check(status, "GetObject");
    printf("Win32_OperatingSystem=@, %s\n", polls ? "after some polls" : "at once");
    check(IWbemCallResult_GetResultObject(result, 0, &object), "GetResultObject");
    print(object, u"Caption");
    print(object, u"LastBootUpTime");
    print(object, u"FreePhysicalMemory");
    IWbemClassObject_Release(object);
    IWbemCallResult_Release(result);
    SysFreeString(path);
}

/* A method: its class has the signature, an instance of the signature the arguments. */
static void start_program(IWbemServices *services, const char *command)
{
    BSTR path = bstr("Win32_Process"), method = bstr("Create");
    IWbemClassObject *process, *signature, *in, *out;
    VARIANT value;
    check(IWbemServices_GetObject(services, path, 0, NULL, &process, NULL), "GetObject");
    check(IWbemClassObject_GetMethod(process, method, 0, &signature, NULL), "GetMethod");
    check(IWbemClassObject_SpawnInstance(signature, 0, &in), "SpawnInstance");
    V_VT(&value) = VT_BSTR;
    V_BSTR(&value) = bstr(command);
    check(IWbemClassObject_Put(in, u"CommandLine", 0, &value, 0), "Put");
    VariantClear(&value);
    check(IWbemServices_ExecMethod(services, path, method, 0, NULL, in, &out, NULL), "ExecMethod");
    printf("Win32_Process.Create(\"%s\")\n", command);
    print(out, u"ReturnValue");
    print(out, u"ProcessId");
    IWbemClassObject_Release(out);
    IWbemClassObject_Release(in);
    IWbemClassObject_Release(signature);
    IWbemClassObject_Release(process);
    SysFreeString(path);
    SysFreeString(method);
}

/* An event: tells when the program that was just started has ended. */
static void wait_for_end(IWbemServices *services, const char *name)
{
    char text[160];
    snprintf(text, sizeof text,
             "SELECT * FROM __InstanceDeletionEvent WITHIN 0.2 WHERE TargetInstance ISA 'Win32_Process' AND "
             "TargetInstance.Name = '%s'",
             name);
    BSTR wql = bstr("WQL"), query = bstr(text);
    IEnumWbemClassObject *events;
    IWbemClassObject *event = NULL;
    ULONG got = 0;
    check(IWbemServices_ExecNotificationQuery(services, wql, query,
                                              WBEM_FLAG_RETURN_IMMEDIATELY | WBEM_FLAG_FORWARD_ONLY, NULL, &events),
          "ExecNotificationQuery");
    start_program(services, "sleep 0.7");
    HRESULT hr = IEnumWbemClassObject_Next(events, 10000, 1, &event, &got);
    printf("%s\n", hr == S_OK && got == 1 ? "    ... and it has ended, says __InstanceDeletionEvent" : "    no event came");
    if (got)
        IWbemClassObject_Release(event);
    IEnumWbemClassObject_Release(events);
    SysFreeString(wql);
    SysFreeString(query);
    if (!got)
        exit(1);
}

/* A class of one's own, and an instance that is there after the program has ended. */
static void keep_a_note(IWbemServices *services)
{
    IWbemClassObject *class_object, *instance;
    VARIANT value;
    VARIANT yes = {0};
    IWbemQualifierSet *qualifiers;
    check(IWbemServices_GetObject(services, NULL, 0, NULL, &class_object, NULL), "GetObject");
    V_VT(&value) = VT_BSTR;
    V_BSTR(&value) = bstr("Demo_Note");
    check(IWbemClassObject_Put(class_object, u"__CLASS", 0, &value, 0), "Put __CLASS");
    VariantClear(&value);
    check(IWbemClassObject_Put(class_object, u"Title", 0, NULL, CIM_STRING), "Put Title");
    check(IWbemClassObject_Put(class_object, u"Text", 0, NULL, CIM_STRING), "Put Text");
    check(IWbemClassObject_GetPropertyQualifierSet(class_object, u"Title", &qualifiers), "GetPropertyQualifierSet");
    V_VT(&yes) = VT_BOOL;
    V_BOOL(&yes) = VARIANT_TRUE;
    check(IWbemQualifierSet_Put(qualifiers, u"key", &yes, 0), "Put key");
    IWbemQualifierSet_Release(qualifiers);
    check(IWbemServices_PutClass(services, class_object, WBEM_FLAG_CREATE_OR_UPDATE, NULL, NULL), "PutClass");
    IWbemClassObject_Release(class_object);

    BSTR name = bstr("Demo_Note");
    check(IWbemServices_GetObject(services, name, 0, NULL, &class_object, NULL), "GetObject Demo_Note");
    check(IWbemClassObject_SpawnInstance(class_object, 0, &instance), "SpawnInstance");
    V_VT(&value) = VT_BSTR;
    V_BSTR(&value) = bstr("first");
    check(IWbemClassObject_Put(instance, u"Title", 0, &value, 0), "Put Title");
    VariantClear(&value);
    V_VT(&value) = VT_BSTR;
    V_BSTR(&value) = bstr("kept in the repository");
    check(IWbemClassObject_Put(instance, u"Text", 0, &value, 0), "Put Text");
    VariantClear(&value);
    check(IWbemServices_PutInstance(services, instance, 0, NULL, NULL), "PutInstance");
    printf("Demo_Note.Title=\"first\" is stored\n");
    IWbemClassObject_Release(instance);
    IWbemClassObject_Release(class_object);
    SysFreeString(name);
}

int main(void)
{
    IWbemServices *services = connect_to("root\\cimv2");
    own_process(services);
    operating_system(services);
    wait_for_end(services, "sleep");
    keep_a_note(services);
    IWbemServices_Release(services);
    CoUninitialize();
    return 0;
}
