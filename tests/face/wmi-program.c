/* A client that is one source for C and C++, with u"" text or, under -fshort-wchar, L"" text: asks about the system,
 * keeps something of its own, runs a program and ends it, and listens with a sink. It uses nothing but wbemidl.h and the C
 * library. Prints TAP. */
#ifndef __cplusplus
#define COBJMACROS
#endif
#include <wbemidl.h>

#include <objbase.h>
#include <oleauto.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifdef __cplusplus
#define CALL0(interface, object, method) (object)->method()
#define CALL(interface, object, method, ...) (object)->method(__VA_ARGS__)
#define ID(id) (id)
#else
#define CALL0(interface, object, method) interface##_##method(object)
#define CALL(interface, object, method, ...) interface##_##method((object), __VA_ARGS__)
#define ID(id) (&(id))
#endif

#if __SIZEOF_WCHAR_T__ == 2
#define T(text) L##text
#else
#define T(text) u##text
#endif

enum { LIMIT_S = 60, BOOK_COUNT = 200 };

static int test_count, failure_count, failed_at;

/* Notes the first failure of the step under way. */
#define MUST(condition)                                                                                                \
    do {                                                                                                               \
        if (!failed_at && !(condition)) {                                                                              \
            failed_at = __LINE__;                                                                                      \
            printf("# line %d: %s\n", __LINE__, #condition);                                                           \
        }                                                                                                              \
    } while (0)

static void end_step(const char *sentence)
{
    printf("%s %d - %s\n", failed_at ? "not ok" : "ok", ++test_count, sentence);
    failure_count += failed_at != 0;
    failed_at = 0;
}

static int is_late(time_t start)
{
    return time(NULL) - start > LIMIT_S;
}

/* ---- text ---- */

/* A BSTR of ASCII. */
static BSTR wide(const char *text)
{
    BSTR made = SysAllocStringLen(NULL, (UINT)strlen(text));
    for (size_t i = 0; made && text[i]; i++)
        made[i] = (OLECHAR)text[i];
    return made;
}

/* ASCII of what a property says; "" of NULL. */
static const char *text_of(IWbemClassObject *object, const WCHAR *property)
{
    static char text[500];
    VARIANT value;
    CIMTYPE type = 0;
    LONG flavor = 0;
    VariantInit(&value);
    text[0] = 0;
    MUST(CALL(IWbemClassObject, object, Get, property, 0, &value, &type, &flavor) == WBEM_S_NO_ERROR);
    if (V_VT(&value) == VT_BSTR) {
        size_t length = SysStringLen(V_BSTR(&value)), i;
        for (i = 0; i < length && i < sizeof(text) - 1; i++)
            text[i] = V_BSTR(&value)[i] < 0x80 ? (char)V_BSTR(&value)[i] : '?';
        text[i] = 0;
    } else if (V_VT(&value) == VT_I4) {
        snprintf(text, sizeof(text), "%d", (int)V_I4(&value));
    }
    VariantClear(&value);
    return text;
}

static void put_text(IWbemClassObject *object, const WCHAR *property, const char *text)
{
    VARIANT value;
    VariantInit(&value);
    V_VT(&value) = VT_BSTR;
    V_BSTR(&value) = wide(text);
    MUST(CALL(IWbemClassObject, object, Put, property, 0, &value, 0) == WBEM_S_NO_ERROR);
    VariantClear(&value);
}

/* ---- asking ---- */

static IWbemServices *connect_to_system(void)
{
    IWbemLocator *locator = NULL;
    IWbemServices *services = NULL;
    BSTR name = SysAllocString(T("ROOT\\CIMV2"));
    MUST(SUCCEEDED(CoInitializeEx(NULL, COINIT_MULTITHREADED)));
    MUST(SUCCEEDED(CoInitializeSecurity(NULL, -1, NULL, NULL, RPC_C_AUTHN_LEVEL_DEFAULT, RPC_C_IMP_LEVEL_IMPERSONATE,
                                        NULL, EOAC_NONE, NULL)));
    MUST(CoCreateInstance(ID(CLSID_WbemLocator), NULL, CLSCTX_INPROC_SERVER, ID(IID_IWbemLocator), (void **)&locator) ==
         S_OK);
    if (locator) {
        MUST(CALL(IWbemLocator, locator, ConnectServer, name, NULL, NULL, NULL, 0, NULL, NULL, &services) ==
             WBEM_S_NO_ERROR);
        CALL0(IWbemLocator, locator, Release);
    }
    if (services)
        MUST(SUCCEEDED(CoSetProxyBlanket((IUnknown *)services, RPC_C_AUTHN_WINNT, RPC_C_AUTHZ_NONE, NULL,
                                         RPC_C_AUTHN_LEVEL_CALL, RPC_C_IMP_LEVEL_IMPERSONATE, NULL, EOAC_NONE)));
    SysFreeString(name);
    return services;
}

/* The only row of a query, or NULL. */
static IWbemClassObject *ask_one(IWbemServices *services, const char *text)
{
    IEnumWbemClassObject *rows = NULL;
    IWbemClassObject *found = NULL, *other = NULL;
    ULONG count = 0;
    BSTR language = SysAllocString(T("WQL")), query = wide(text);
    MUST(CALL(IWbemServices, services, ExecQuery, language, query,
              WBEM_FLAG_FORWARD_ONLY | WBEM_FLAG_RETURN_IMMEDIATELY, NULL, &rows) == WBEM_S_NO_ERROR);
    if (rows) {
        MUST(CALL(IEnumWbemClassObject, rows, Next, (LONG)WBEM_INFINITE, 1, &found, &count) == WBEM_S_NO_ERROR);
        MUST(count == 1 && found);
        MUST(CALL(IEnumWbemClassObject, rows, Next, (LONG)WBEM_INFINITE, 1, &other, &count) == WBEM_S_FALSE);
        MUST(count == 0 && !other);
        CALL0(IEnumWbemClassObject, rows, Release);
    }
    SysFreeString(query);
    SysFreeString(language);
    return found;
}

static void ask_system_and_self(IWbemServices *services)
{
    char text[100];
    IWbemClassObject *found = ask_one(services, "SELECT * FROM Win32_OperatingSystem");
    if (found) {
        MUST(text_of(found, T("Caption"))[0] && text_of(found, T("Version"))[0]);
        MUST(strlen(text_of(found, T("LastBootUpTime"))) == 25);
        CALL0(IWbemClassObject, found, Release);
    }
    end_step("the system tells its name");
    snprintf(text, sizeof(text), "SELECT Handle, Name FROM Win32_Process WHERE ProcessId = %d", (int)getpid());
    found = ask_one(services, text);
    snprintf(text, sizeof(text), "%d", (int)getpid());
    if (found) {
        MUST(strcmp(text_of(found, T("Handle")), text) == 0);
        MUST(strstr(text_of(found, T("Name")), "wmi") != NULL);
        CALL0(IWbemClassObject, found, Release);
    }
    end_step("a process is found by its id");
}

/* ---- a class and an instance ---- */

static void make_class(IWbemServices *services)
{
    IWbemClassObject *cls = NULL;
    IWbemQualifierSet *qualifiers = NULL;
    VARIANT yes;
    VariantInit(&yes);
    V_VT(&yes) = VT_BOOL;
    V_BOOL(&yes) = VARIANT_TRUE;
    MUST(CALL(IWbemServices, services, GetObject, NULL, 0, NULL, &cls, NULL) == WBEM_S_NO_ERROR);
    if (!cls)
        return;
    put_text(cls, T("__CLASS"), "Client_Book");
    MUST(CALL(IWbemClassObject, cls, Put, T("Title"), 0, NULL, CIM_STRING) == WBEM_S_NO_ERROR);
    MUST(CALL(IWbemClassObject, cls, Put, T("Pages"), 0, NULL, CIM_UINT32) == WBEM_S_NO_ERROR);
    MUST(CALL(IWbemClassObject, cls, GetPropertyQualifierSet, T("Title"), &qualifiers) == WBEM_S_NO_ERROR);
    if (qualifiers) {
        MUST(CALL(IWbemQualifierSet, qualifiers, Put, T("key"), &yes, 0) == WBEM_S_NO_ERROR);
        CALL0(IWbemQualifierSet, qualifiers, Release);
    }
    MUST(CALL(IWbemServices, services, PutClass, cls, WBEM_FLAG_CREATE_ONLY, NULL, NULL) == WBEM_S_NO_ERROR);
    CALL0(IWbemClassObject, cls, Release);
}

static IWbemClassObject *get_object(IWbemServices *services, const char *path)
{
    IWbemClassObject *object = NULL;
    BSTR text = wide(path);
    MUST(CALL(IWbemServices, services, GetObject, text, 0, NULL, &object, NULL) == WBEM_S_NO_ERROR);
    SysFreeString(text);
    return object;
}

static IWbemClassObject *new_book(IWbemServices *services, const char *title, int pages)
{
    IWbemClassObject *cls = get_object(services, "Client_Book"), *book = NULL;
    VARIANT value;
    VariantInit(&value);
    V_VT(&value) = VT_I4;
    V_I4(&value) = pages;
    if (!cls)
        return NULL;
    MUST(CALL(IWbemClassObject, cls, SpawnInstance, 0, &book) == WBEM_S_NO_ERROR);
    CALL0(IWbemClassObject, cls, Release);
    if (book) {
        put_text(book, T("Title"), title);
        MUST(CALL(IWbemClassObject, book, Put, T("Pages"), 0, &value, 0) == WBEM_S_NO_ERROR);
    }
    return book;
}

/* As it is documented: the return value tells whether the call is over, the status what it came to. */
static LONG wait_for(IWbemCallResult *result)
{
    LONG status = 0;
    time_t start = time(NULL);
    HRESULT hr;
    while ((hr = CALL(IWbemCallResult, result, GetCallStatus, 100, &status)) == WBEM_S_TIMEDOUT && !is_late(start))
        ;
    MUST(hr == WBEM_S_NO_ERROR);
    return status;
}

/* Puts it while the program could do something else; the path that it was given. */
static BSTR put_in_background(IWbemServices *services, IWbemClassObject *book)
{
    IWbemCallResult *result = NULL;
    BSTR path = NULL;
    MUST(CALL(IWbemServices, services, PutInstance, book, WBEM_FLAG_CREATE_ONLY | WBEM_FLAG_RETURN_IMMEDIATELY, NULL,
              &result) == WBEM_S_NO_ERROR);
    if (!result)
        return NULL;
    MUST(wait_for(result) == WBEM_S_NO_ERROR);
    MUST(CALL(IWbemCallResult, result, GetResultString, (LONG)WBEM_INFINITE, &path) == WBEM_S_NO_ERROR);
    CALL0(IWbemCallResult, result, Release);
    return path;
}

static void read_in_background(IWbemServices *services, BSTR path)
{
    IWbemCallResult *result = NULL;
    IWbemClassObject *book = NULL;
    IWbemServices *wrong = NULL;
    MUST(CALL(IWbemServices, services, GetObject, path, WBEM_FLAG_RETURN_IMMEDIATELY, NULL, NULL, &result) ==
         WBEM_S_NO_ERROR);
    if (!result)
        return;
    MUST(CALL(IWbemCallResult, result, GetResultObject, (LONG)WBEM_INFINITE, &book) == WBEM_S_NO_ERROR);
    MUST(CALL(IWbemCallResult, result, GetResultServices, 0, &wrong) == (HRESULT)WBEM_E_INVALID_OPERATION && !wrong);
    CALL0(IWbemCallResult, result, Release);
    if (!book)
        return;
    MUST(strcmp(text_of(book, T("Title")), "A \"quoted\" title") == 0);
    MUST(strcmp(text_of(book, T("Pages")), "321") == 0);
    MUST(strcmp(text_of(book, T("__RELPATH")), "Client_Book.Title=\"A \\\"quoted\\\" title\"") == 0);
    CALL0(IWbemClassObject, book, Release);
}

static void fail_in_background(IWbemServices *services)
{
    IWbemCallResult *result = NULL;
    IWbemClassObject *none = NULL;
    BSTR path = SysAllocString(T("Client_Book.Title=\"none\""));
    MUST(CALL(IWbemServices, services, GetObject, path, WBEM_FLAG_RETURN_IMMEDIATELY, NULL, NULL, &result) ==
         WBEM_S_NO_ERROR);
    SysFreeString(path);
    if (!result)
        return;
    MUST(wait_for(result) == (LONG)WBEM_E_NOT_FOUND);
    MUST(CALL(IWbemCallResult, result, GetResultObject, 0, &none) == (HRESULT)WBEM_E_NOT_FOUND && !none);
    CALL0(IWbemCallResult, result, Release);
}

static void keep_a_book(IWbemServices *services)
{
    IWbemClassObject *book;
    BSTR path = NULL;
    make_class(services);
    end_step("a class is made");
    book = new_book(services, "A \"quoted\" title", 321);
    if (book) {
        path = put_in_background(services, book);
        CALL0(IWbemClassObject, book, Release);
    }
    MUST(SysStringLen(path) > 0);
    end_step("an instance is kept");
    read_in_background(services, path);
    SysFreeString(path);
    end_step("and read back");
    fail_in_background(services);
    end_step("what is not there is told by the call's status");
}

/* ---- methods ---- */

/* The method's input with this text in it; NULL where nothing is put in. */
static IWbemClassObject *make_input(IWbemServices *services, const WCHAR *method, const WCHAR *name, const char *text)
{
    IWbemClassObject *cls = get_object(services, "Win32_Process"), *signature = NULL, *input = NULL;
    if (!cls)
        return NULL;
    MUST(CALL(IWbemClassObject, cls, GetMethod, method, 0, &signature, NULL) == WBEM_S_NO_ERROR);
    CALL0(IWbemClassObject, cls, Release);
    if (!signature)
        return NULL;
    MUST(CALL(IWbemClassObject, signature, SpawnInstance, 0, &input) == WBEM_S_NO_ERROR);
    CALL0(IWbemClassObject, signature, Release);
    if (input && name)
        put_text(input, name, text);
    return input;
}

/* The method's output. */
static IWbemClassObject *call_method(IWbemServices *services, const char *path, const WCHAR *method,
                                     IWbemClassObject *input)
{
    IWbemClassObject *output = NULL;
    BSTR object = wide(path), name = SysAllocString(method);
    MUST(CALL(IWbemServices, services, ExecMethod, object, name, 0, NULL, input, &output, NULL) == WBEM_S_NO_ERROR);
    SysFreeString(name);
    SysFreeString(object);
    if (input)
        CALL0(IWbemClassObject, input, Release);
    MUST(output && strcmp(text_of(output, T("ReturnValue")), "0") == 0);
    return output;
}

static int is_there(IWbemServices *services, const char *path)
{
    IWbemClassObject *object = NULL;
    BSTR text = wide(path);
    HRESULT hr = CALL(IWbemServices, services, GetObject, text, 0, NULL, &object, NULL);
    SysFreeString(text);
    if (object)
        CALL0(IWbemClassObject, object, Release);
    MUST(hr == WBEM_S_NO_ERROR || hr == (HRESULT)WBEM_E_NOT_FOUND);
    return hr == WBEM_S_NO_ERROR;
}

static void run_a_program(IWbemServices *services)
{
    char path[100] = "";
    IWbemClassObject *output = call_method(services, "Win32_Process", T("Create"),
                                           make_input(services, T("Create"), T("CommandLine"), "sleep 300"));
    if (output) {
        snprintf(path, sizeof(path), "Win32_Process.Handle=\"%s\"", text_of(output, T("ProcessId")));
        CALL0(IWbemClassObject, output, Release);
    }
    MUST(is_there(services, path));
    end_step("a program is started");
    output = call_method(services, path, T("Terminate"), make_input(services, T("Terminate"), NULL, NULL));
    if (output)
        CALL0(IWbemClassObject, output, Release);
    for (time_t start = time(NULL); !failed_at && is_there(services, path) && !is_late(start);)
        usleep(1000);
    MUST(!is_there(services, path));
    end_step("and ended");
}

/* ---- a sink ---- */

struct record {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int references, objects, pages, ends;
    HRESULT end;
};

static struct record record = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, 0, 0, 0};

static ULONG count_reference(int by)
{
    pthread_mutex_lock(&record.lock);
    int references = record.references += by;
    pthread_cond_broadcast(&record.changed);
    pthread_mutex_unlock(&record.lock);
    return (ULONG)references;
}

static HRESULT note_objects(LONG count, IWbemClassObject **objects)
{
    pthread_mutex_lock(&record.lock);
    for (LONG i = 0; i < count; i++)
        record.pages += atoi(text_of(objects[i], T("Pages")));
    record.objects += (int)count;
    pthread_mutex_unlock(&record.lock);
    return WBEM_S_NO_ERROR;
}

static HRESULT note_status(LONG flags, HRESULT hr)
{
    pthread_mutex_lock(&record.lock);
    if (flags == WBEM_STATUS_COMPLETE) {
        record.end = hr;
        record.ends++;
        pthread_cond_broadcast(&record.changed);
    }
    pthread_mutex_unlock(&record.lock);
    return WBEM_S_NO_ERROR;
}

#ifdef __cplusplus
struct book_sink : IWbemObjectSink {
    HRESULT STDMETHODCALLTYPE QueryInterface(REFIID iid, void **ret) override
    {
        *ret = IsEqualIID(iid, IID_IUnknown) || IsEqualIID(iid, IID_IWbemObjectSink) ? this : NULL;
        return *ret ? (AddRef(), S_OK) : E_NOINTERFACE;
    }
    ULONG STDMETHODCALLTYPE AddRef() override
    {
        return count_reference(1);
    }
    ULONG STDMETHODCALLTYPE Release() override
    {
        return count_reference(-1);
    }
    HRESULT STDMETHODCALLTYPE Indicate(LONG count, IWbemClassObject **objects) override
    {
        return note_objects(count, objects);
    }
    HRESULT STDMETHODCALLTYPE SetStatus(LONG flags, HRESULT hr, BSTR, IWbemClassObject *) override
    {
        return note_status(flags, hr);
    }
};
static book_sink the_sink;
#else
static HRESULT STDMETHODCALLTYPE sink_QueryInterface(IWbemObjectSink *This, REFIID iid, void **ret)
{
    *ret = IsEqualIID(iid, &IID_IUnknown) || IsEqualIID(iid, &IID_IWbemObjectSink) ? This : NULL;
    return *ret ? (count_reference(1), S_OK) : E_NOINTERFACE;
}

static ULONG STDMETHODCALLTYPE sink_AddRef(IWbemObjectSink *This)
{
    (void)This;
    return count_reference(1);
}

static ULONG STDMETHODCALLTYPE sink_Release(IWbemObjectSink *This)
{
    (void)This;
    return count_reference(-1);
}

static HRESULT STDMETHODCALLTYPE sink_Indicate(IWbemObjectSink *This, LONG count, IWbemClassObject **objects)
{
    (void)This;
    return note_objects(count, objects);
}

static HRESULT STDMETHODCALLTYPE sink_SetStatus(IWbemObjectSink *This, LONG flags, HRESULT hr, BSTR text,
                                                IWbemClassObject *object)
{
    (void)This, (void)text, (void)object;
    return note_status(flags, hr);
}

static IWbemObjectSinkVtbl sink_vtbl = {sink_QueryInterface, sink_AddRef, sink_Release, sink_Indicate, sink_SetStatus};
static IWbemObjectSink the_sink = {&sink_vtbl};
#endif

static void listen(IWbemServices *services)
{
    BSTR language = SysAllocString(T("WQL")),
         query = SysAllocString(T("SELECT Pages FROM Client_Book WHERE Pages < 200"));
    struct timespec until;
    int r = 0;
    for (int i = 0; i < BOOK_COUNT && !failed_at; i++) {
        char title[20];
        snprintf(title, sizeof(title), "Book %d", i);
        IWbemClassObject *book = new_book(services, title, i);
        MUST(book && CALL(IWbemServices, services, PutInstance, book, 0, NULL, NULL) == WBEM_S_NO_ERROR);
        if (book)
            CALL0(IWbemClassObject, book, Release);
    }
    MUST(CALL(IWbemServices, services, ExecQueryAsync, language, query, 0, NULL, &the_sink) == WBEM_S_NO_ERROR);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += LIMIT_S;
    pthread_mutex_lock(&record.lock);
    while (!failed_at && (record.ends == 0 || record.references > 0) && r == 0)
        r = pthread_cond_timedwait(&record.changed, &record.lock, &until);
    MUST(r == 0 && record.ends == 1 && record.end == WBEM_S_NO_ERROR && record.references == 0);
    MUST(record.objects == BOOK_COUNT && record.pages == BOOK_COUNT * (BOOK_COUNT - 1) / 2);
    pthread_mutex_unlock(&record.lock);
    SysFreeString(query);
    SysFreeString(language);
}

/* ---- all of it ---- */

static void live(IWbemServices *services)
{
    BSTR name = SysAllocString(T("Client_Book"));
    ask_system_and_self(services);
    keep_a_book(services);
    run_a_program(services);
    listen(services);
    end_step("a sink hears of every instance, and of the end");
    MUST(CALL(IWbemServices, services, DeleteClass, name, 0, NULL, NULL) == WBEM_S_NO_ERROR);
    MUST(!is_there(services, "Client_Book"));
    SysFreeString(name);
    end_step("the class goes, with its instances");
}

int main(void)
{
    char folder[] = "/tmp/trireme-wmi-program-XXXXXX", command[128];
    IWbemServices *services;
    alarm(2 * LIMIT_S);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!mkdtemp(folder) || setenv("TRIREME_STATE_DIR", folder, 1) != 0 ||
        setenv("TRIREME_RUNTIME_DIR", folder, 1) != 0)
        return 1;
    services = connect_to_system();
    end_step("a program connects");
    if (services) {
        live(services);
        CALL0(IWbemServices, services, Release);
    }
    CoUninitialize();
    snprintf(command, sizeof(command), "rm -rf --one-file-system '%s'", folder);
    MUST(system(command) == 0);
    end_step("nothing is left behind");
    printf("1..%d\n", test_count);
    return failure_count != 0;
}
