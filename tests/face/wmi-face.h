/* What the tests of the WMI face share. They are programs of a user: public headers, the C library, a repository in a
 * folder of their own. */
#ifndef TRI_TESTS_FACE_WMI_FACE_H
#define TRI_TESTS_FACE_WMI_FACE_H

#define COBJMACROS
#include <wbemidl.h>

#include <errno.h>
#include <objbase.h>
#include <oleauto.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <trireme.h>
#include <unistd.h>

#include <cmocka.h>

#include "proves.h"

#if defined(TRI_OP_OP_H) || defined(TRI_MANAGEMENT_CALL_H)
#error "a test of the face sees the public headers only"
#endif

#pragma GCC diagnostic ignored "-Wunused-function" /* no program uses all of it */

enum { DEADLINE_MS = 60000 };

/* HRESULTs are compared as people write them. */
#define assert_hr(expected, actual) assert_int_equal((uint32_t)(expected), (uint32_t)(actual))

/* Releases what a variable points at, and forgets it. */
#define LET_GO(variable) ((void)((variable) && (IUnknown_Release((IUnknown *)(variable)), (variable) = NULL, 0)))

#define SKIP_UNLESS(condition, reason)                                                                                 \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            printf("# skipped: %s\n", (reason));                                                                       \
            return;                                                                                                    \
        }                                                                                                              \
    } while (0)

/* ---- time ---- */

static inline unsigned long long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (unsigned long long)now.tv_sec * 1000 + (unsigned long long)now.tv_nsec / 1000000;
}

/* Waits for a condition, and fails where it does not come. */
#define assert_comes(condition)                                                                                        \
    do {                                                                                                               \
        unsigned long long end_ms = now_ms() + DEADLINE_MS;                                                            \
        while (!(condition)) {                                                                                         \
            if (now_ms() > end_ms)                                                                                     \
                fail_msg("it did not come: %s", #condition);                                                           \
            poll(NULL, 0, 2);                                                                                          \
        }                                                                                                              \
    } while (0)

/* ---- text ---- */

static _Thread_local BSTR kept_bstrs[16];  /* B's */
static _Thread_local char *kept_texts[16]; /* U's */

/* For a thread of the test's that ends. */
static inline void forget_texts(void)
{
    for (int i = 0; i < 16; i++) {
        SysFreeString(kept_bstrs[i]);
        free(kept_texts[i]);
    }
}

/* A BSTR, which stays until the next but fifteen of this thread. */
static inline BSTR B(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline BSTR B(const char *format, ...)
{
    static _Thread_local unsigned next;
    BSTR *text = &kept_bstrs[next++ % 16];
    char utf8[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(utf8, sizeof(utf8), format, args);
    va_end(args);
    WCHAR *wide = trireme_utf16_from_utf8(utf8);
    assert_non_null(wide);
    SysFreeString(*text);
    *text = SysAllocString(wide);
    LocalFree(wide);
    assert_non_null(*text);
    return *text;
}

/* UTF-8 of a text, which is kept ("" for NULL); it stays until the next but fifteen of this thread. */
static inline const char *U(const WCHAR *text)
{
    static _Thread_local unsigned next;
    char **utf8 = &kept_texts[next++ % 16];
    free(*utf8);
    *utf8 = text ? trireme_utf8_from_utf16(text) : strdup("");
    assert_non_null(*utf8);
    return *utf8;
}

/* The same, and frees it. */
static inline const char *take_bstr(BSTR text)
{
    const char *utf8 = U(text);
    SysFreeString(text);
    return utf8;
}

/* The sentence that the library left for this thread, or "". */
static inline const char *why(void)
{
    static _Thread_local char sentence[1200];
    IErrorInfo *info = NULL;
    BSTR text = NULL;
    sentence[0] = 0;
    if (GetErrorInfo(0, &info) == S_OK && info) {
        if (IErrorInfo_GetDescription(info, &text) == S_OK && text)
            snprintf(sentence, sizeof(sentence), "%s", take_bstr(text));
        IErrorInfo_Release(info);
    }
    return sentence;
}

/* ---- objects ---- */

static inline void *query_interface(void *object, const IID *iid)
{
    void *found = NULL;
    assert_non_null(object);
    assert_hr(S_OK, IUnknown_QueryInterface((IUnknown *)object, iid, &found));
    assert_non_null(found);
    return found;
}
#define QUERY(object, type) ((type *)query_interface((object), &IID_##type))

/* A property as text: of a string what it says, of a number its digits, "NULL", or "(type)" of anything else. */
static inline const char *get_text(IWbemClassObject *object, const char *property)
{
    static _Thread_local char texts[8][600];
    static _Thread_local unsigned next;
    char *text = texts[next++ % 8];
    VARIANT value;
    VariantInit(&value);
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Get(object, B("%s", property), 0, &value, NULL, NULL));
    if (V_VT(&value) == VT_BSTR)
        snprintf(text, 600, "%s", U(V_BSTR(&value)));
    else if (V_VT(&value) == VT_I4)
        snprintf(text, 600, "%d", (int)V_I4(&value));
    else if (V_VT(&value) == VT_BOOL)
        snprintf(text, 600, "%s", V_BOOL(&value) ? "TRUE" : "FALSE");
    else
        snprintf(text, 600, V_VT(&value) == VT_NULL ? "NULL" : "(type %d)", V_VT(&value));
    VariantClear(&value);
    return text;
}

static inline int get_number(IWbemClassObject *object, const char *property)
{
    return atoi(get_text(object, property));
}

static inline void put_text(IWbemClassObject *object, const char *property, const char *text)
{
    VARIANT value;
    V_VT(&value) = VT_BSTR;
    V_BSTR(&value) = B("%s", text);
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Put(object, B("%s", property), 0, &value, 0));
}

static inline void put_number(IWbemClassObject *object, const char *property, int number)
{
    VARIANT value;
    V_VT(&value) = VT_I4;
    V_I4(&value) = number;
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Put(object, B("%s", property), 0, &value, 0));
}

/* ---- the namespace, and a folder for everything ---- */

static char face_base[64];
static IWbemLocator *locator;
static IWbemServices *services; /* root\cimv2 */

static inline IWbemServices *connect_to(const char *resource)
{
    IWbemServices *made = NULL;
    assert_hr(WBEM_S_NO_ERROR,
              IWbemLocator_ConnectServer(locator, B("%s", resource), NULL, NULL, NULL, 0, NULL, NULL, &made));
    assert_non_null(made);
    return made;
}

static inline int set_up_wmi(void **state)
{
    (void)state;
    char base[] = "/tmp/trireme-wmi-XXXXXX";
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!mkdtemp(base))
        return -1;
    snprintf(face_base, sizeof(face_base), "%s", base);
    char folder[96];
    snprintf(folder, sizeof(folder), "%s/run", base);
    setenv("TRIREME_RUNTIME_DIR", folder, 1);
    snprintf(folder, sizeof(folder), "%s/state", base);
    setenv("TRIREME_STATE_DIR", folder, 1);
    CoInitializeEx(NULL, COINIT_MULTITHREADED);
    if (CoCreateInstance(&CLSID_WbemLocator, NULL, CLSCTX_INPROC_SERVER, &IID_IWbemLocator, (void **)&locator) != S_OK)
        return -1;
    services = connect_to("root\\cimv2");
    return 0;
}

static inline int tear_down_wmi(void **state)
{
    (void)state;
    char command[128];
    LET_GO(services);
    LET_GO(locator);
    CoUninitialize();
    snprintf(command, sizeof(command), "rm -rf '%s'", face_base);
    return system(command);
}

/* ---- a class of the test's own: T_Thing, key Id (uint32), Name (string) ---- */

static inline IWbemClassObject *blank_object(void)
{
    IWbemClassObject *object = NULL;
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_GetObject(services, NULL, 0, NULL, &object, NULL));
    assert_non_null(object);
    return object;
}

static inline IWbemClassObject *thing_class_draft(const char *name)
{
    IWbemClassObject *object = blank_object();
    IWbemQualifierSet *qualifiers = NULL;
    VARIANT yes = {0};
    V_VT(&yes) = VT_BOOL;
    V_BOOL(&yes) = VARIANT_TRUE;
    put_text(object, "__CLASS", name);
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Put(object, B("Id"), 0, NULL, CIM_UINT32));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Put(object, B("Name"), 0, NULL, CIM_STRING));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_GetPropertyQualifierSet(object, B("Id"), &qualifiers));
    assert_hr(WBEM_S_NO_ERROR, IWbemQualifierSet_Put(qualifiers, B("key"), &yes, 0));
    IWbemQualifierSet_Release(qualifiers);
    return object;
}

static inline void make_thing_class(const char *name)
{
    IWbemClassObject *object = thing_class_draft(name);
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_PutClass(services, object, 0, NULL, NULL));
    IWbemClassObject_Release(object);
}

static inline IWbemClassObject *new_thing(const char *class_name, int id, const char *name)
{
    IWbemClassObject *cls = NULL, *thing = NULL;
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_GetObject(services, B("%s", class_name), 0, NULL, &cls, NULL));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_SpawnInstance(cls, 0, &thing));
    put_number(thing, "Id", id);
    put_text(thing, "Name", name);
    IWbemClassObject_Release(cls);
    return thing;
}

static inline void store_thing(const char *class_name, int id, const char *name)
{
    IWbemClassObject *thing = new_thing(class_name, id, name);
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_PutInstance(services, thing, 0, NULL, NULL));
    IWbemClassObject_Release(thing);
}

/* Instances with the keys 0, 1, ..., stored as one change. */
static inline void store_many(const char *class_name, unsigned count)
{
    size_t size = count * 80ul, at = 0;
    char *mof = malloc(size);
    IMofCompiler *compiler = NULL;
    WBEM_COMPILE_STATUS_INFO info = {0};
    assert_non_null(mof);
    for (unsigned i = 0; i < count; i++)
        at += (size_t)snprintf(mof + at, size - at, "instance of %s { Id = %u; Name = \"n%u\"; };\n", class_name, i, i);
    assert_true(at < size);
    assert_hr(S_OK,
              CoCreateInstance(&CLSID_MofCompiler, NULL, CLSCTX_INPROC_SERVER, &IID_IMofCompiler, (void **)&compiler));
    assert_hr(WBEM_S_NO_ERROR, IMofCompiler_CompileBuffer(compiler, (LONG)at, (BYTE *)mof, B("root\\cimv2"), NULL, NULL,
                                                          NULL, 0, 0, 0, &info));
    IMofCompiler_Release(compiler);
    free(mof);
}

static inline void remove_class(const char *name)
{
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_DeleteClass(services, B("%s", name), 0, NULL, NULL));
}

static inline IEnumWbemClassObject *exec_query(LONG flags, const char *query)
{
    IEnumWbemClassObject *rows = NULL;
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_ExecQuery(services, B("WQL"), B("%s", query), flags, NULL, &rows));
    assert_non_null(rows);
    return rows;
}

/* The next row, or NULL at the end. */
static inline IWbemClassObject *next_object(IEnumWbemClassObject *rows)
{
    IWbemClassObject *object = NULL;
    ULONG count = 77;
    HRESULT hr = IEnumWbemClassObject_Next(rows, WBEM_INFINITE, 1, &object, &count);
    if (hr != WBEM_S_NO_ERROR) {
        assert_hr(WBEM_S_FALSE, hr);
        assert_int_equal(0, count);
        return NULL;
    }
    assert_int_equal(1, count);
    assert_non_null(object);
    return object;
}

static inline unsigned count_objects(IEnumWbemClassObject *rows)
{
    unsigned count = 0;
    for (IWbemClassObject *object; (object = next_object(rows)); LET_GO(object))
        count++;
    return count;
}

#endif
