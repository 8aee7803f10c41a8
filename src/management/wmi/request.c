/* Requests: one table says what each method of IWbemServices may be asked, and one function starts them all, for the
 * three call models. The methods themselves (services.c) only name what they were given. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "management/wmi/services.h"

#define AUTO_CALL TRI_CLEANUP(tri_wmi_call_clear) struct wmi_call
#define AUTO_ERROR TRI_CLEANUP(tri_error_clear) struct tri_error
#define TEXT_UNITS_MAX 65536 /* queries, paths and names; the engine's own limits are below it */

/* ---- the table ---- */

/* Sent by clients of every version, and without a meaning here or on Windows. */
#define IGNORED (WBEM_FLAG_NO_ERROR_OBJECT | WBEM_FLAG_STRONG_VALIDATION | WBEM_MASK_RESERVED_FLAGS)
#define SEMISYNCHRONOUS ((LONG)WBEM_FLAG_RETURN_IMMEDIATELY)
#define FORWARD_ONLY ((LONG)WBEM_FLAG_FORWARD_ONLY)
#define SEND_STATUS ((LONG)WBEM_FLAG_SEND_STATUS)

enum needs { NEEDS_TEXT = 1, NEEDS_OBJECT = 2, NEEDS_LANGUAGE = 4, NEEDS_METHOD_NAME = 8, NEEDS_NO_CONTEXT = 16 };

/* Which flags a method takes beyond those of the call models, and what they mean to the engine. Flags mean different
 * things to different methods (0x20 and 0x40 above all), so nothing here is shared between rows. */
static const struct method_row {
    const char *name;
    enum tri_call_kind kind;
    unsigned needs;
    bool has_rows;
    struct {
        LONG flag;
        unsigned meaning;
    } flags[6];
    LONG exclusive[2]; /* masks in which one bit at most may be set */
    LONG required;     /* without a sink: all of them */
} method_rows[WMI_METHOD_COUNT] = {
    /* clang-format off */
    [WMI_OPEN_NAMESPACE] = {"OpenNamespace", TRI_CALL_OPEN_NAMESPACE, .needs = NEEDS_TEXT | NEEDS_NO_CONTEXT},
    [WMI_GET_OBJECT] = {"GetObject", TRI_CALL_GET_OBJECT,
        .flags = {{WBEM_FLAG_DIRECT_READ, TRI_CALL_DIRECT_READ},
                  {WBEM_FLAG_USE_AMENDED_QUALIFIERS, TRI_CALL_AMENDED}}},
    [WMI_PUT_CLASS] = {"PutClass", TRI_CALL_PUT_CLASS, .needs = NEEDS_OBJECT,
        .flags = {{WBEM_FLAG_UPDATE_ONLY, TRI_CALL_UPDATE_ONLY},
                  {WBEM_FLAG_CREATE_ONLY, TRI_CALL_CREATE_ONLY},
                  {WBEM_FLAG_UPDATE_SAFE_MODE, TRI_CALL_UPDATE_SAFE},
                  {WBEM_FLAG_UPDATE_FORCE_MODE, TRI_CALL_UPDATE_FORCE},
                  {WBEM_FLAG_USE_AMENDED_QUALIFIERS, TRI_CALL_AMENDED}},
        .exclusive = {WBEM_FLAG_UPDATE_ONLY | WBEM_FLAG_CREATE_ONLY, WBEM_MASK_UPDATE_MODE}},
    [WMI_DELETE_CLASS] = {"DeleteClass", TRI_CALL_DELETE_CLASS, .needs = NEEDS_TEXT},
    [WMI_CREATE_CLASS_ENUM] = {"CreateClassEnum", TRI_CALL_ENUM_CLASSES, .has_rows = true,
        .flags = {{WBEM_FLAG_SHALLOW, TRI_CALL_SHALLOW},
                  {WBEM_FLAG_USE_AMENDED_QUALIFIERS, TRI_CALL_AMENDED}}},
    [WMI_PUT_INSTANCE] = {"PutInstance", TRI_CALL_PUT_INSTANCE, .needs = NEEDS_OBJECT,
        .flags = {{WBEM_FLAG_UPDATE_ONLY, TRI_CALL_UPDATE_ONLY},
                  {WBEM_FLAG_CREATE_ONLY, TRI_CALL_CREATE_ONLY},
                  {WBEM_FLAG_USE_AMENDED_QUALIFIERS, TRI_CALL_AMENDED}},
        .exclusive = {WBEM_FLAG_UPDATE_ONLY | WBEM_FLAG_CREATE_ONLY}},
    [WMI_DELETE_INSTANCE] = {"DeleteInstance", TRI_CALL_DELETE_INSTANCE, .needs = NEEDS_TEXT},
    [WMI_CREATE_INSTANCE_ENUM] = {"CreateInstanceEnum", TRI_CALL_ENUM_INSTANCES, .needs = NEEDS_TEXT, .has_rows = true,
        .flags = {{WBEM_FLAG_SHALLOW, TRI_CALL_SHALLOW},
                  {WBEM_FLAG_ENSURE_LOCATABLE, TRI_CALL_LOCATABLE},
                  {WBEM_FLAG_DIRECT_READ, TRI_CALL_DIRECT_READ},
                  {WBEM_FLAG_USE_AMENDED_QUALIFIERS, TRI_CALL_AMENDED}}},
    [WMI_EXEC_QUERY] = {"ExecQuery", TRI_CALL_QUERY, .needs = NEEDS_TEXT | NEEDS_LANGUAGE, .has_rows = true,
        .flags = {{WBEM_FLAG_PROTOTYPE, TRI_CALL_PROTOTYPE},
                  {WBEM_FLAG_ENSURE_LOCATABLE, TRI_CALL_LOCATABLE},
                  {WBEM_FLAG_DIRECT_READ, TRI_CALL_DIRECT_READ},
                  {WBEM_FLAG_USE_AMENDED_QUALIFIERS, TRI_CALL_AMENDED}}},
    [WMI_EXEC_NOTIFICATION_QUERY] = {"ExecNotificationQuery", TRI_CALL_NOTIFY, .needs = NEEDS_TEXT | NEEDS_LANGUAGE,
        .has_rows = true,
        .flags = {{WBEM_FLAG_USE_AMENDED_QUALIFIERS, TRI_CALL_AMENDED}},
        .required = WBEM_FLAG_RETURN_IMMEDIATELY | WBEM_FLAG_FORWARD_ONLY},
    [WMI_EXEC_METHOD] = {"ExecMethod", TRI_CALL_EXEC_METHOD, .needs = NEEDS_TEXT | NEEDS_METHOD_NAME},
    /* clang-format on */
};

/* ---- checks ---- */

static bool more_than_one_bit(LONG bits)
{
    return (bits & (bits - 1)) != 0;
}

/* A call model: the flags of its own, which of them are needed, and what it means to the engine. */
struct model {
    LONG flags, needed;
    bool now;
    unsigned meaning;
};

/* What the request's flags mean to the engine. */
static HRESULT read_flags(const struct method_row *row, LONG flags, const struct model *model, unsigned *ret)
{
    LONG left = flags & ~(model->flags | IGNORED), needed = model->needed;
    *ret = model->meaning;
    for (size_t i = 0; i < sizeof row->flags / sizeof row->flags[0] && row->flags[i].flag; i++) {
        if (flags & row->flags[i].flag)
            *ret |= row->flags[i].meaning;
        left &= ~row->flags[i].flag;
    }
    if (left)
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, row->name,
                              "The flags 0x%x mean nothing to %s in this call model.", (unsigned)left, row->name);
    if ((flags & needed) != needed)
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, row->name, "%s needs the flags 0x%x.", row->name,
                              (unsigned)needed);
    for (size_t i = 0; i < sizeof row->exclusive / sizeof row->exclusive[0]; i++)
        if (more_than_one_bit(flags & row->exclusive[i]))
            return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, row->name, "The flags 0x%x exclude each other.",
                                  (unsigned)(flags & row->exclusive[i]));
    return S_OK;
}

static bool is_wql(const WCHAR *language)
{
    static const char wql[] = "wql";
    size_t i = 0;
    while (i < 3 && (language[i] | 0x20) == (WCHAR)wql[i])
        i++;
    return i == 3 && language[3] == 0;
}

static HRESULT missing(const struct method_row *row, const char *what)
{
    return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, row->name, "%s needs %s.", row->name, what);
}

static HRESULT check_arguments(const struct method_row *row, const struct wmi_request *request)
{
    if (row->needs & NEEDS_TEXT && !request->text)
        return missing(row, "a text: a path, a class, or a query");
    if (row->needs & NEEDS_OBJECT && !request->object)
        return missing(row, "an object");
    if (row->needs & NEEDS_METHOD_NAME && (!request->method_name || !*request->method_name))
        return missing(row, "the name of a method");
    if (row->needs & NEEDS_NO_CONTEXT && request->context)
        return missing(row, "no context: pCtx must be NULL");
    if (!(row->needs & NEEDS_LANGUAGE))
        return S_OK;
    if (!request->language || !*request->text)
        return missing(row, "a language and a query");
    if (!is_wql(request->language))
        return tri_wmi_refuse(WBEM_E_INVALID_QUERY_TYPE, row->name, "The only query language is \"WQL\".");
    return S_OK;
}

/* ---- texts ---- */

/* UTF-8 of a client's text: short plain ones, which nearly all are, without an allocation. */
struct text {
    const char *utf8; /* NULL where there was none */
    char *heap;
    char narrow[400];
};

static void text_free(struct text *text)
{
    free(text->heap);
}
#define AUTO_TEXT TRI_CLEANUP(text_free) struct text

static bool narrow_text(const WCHAR *units, struct text *ret)
{
    size_t length = 0;
    while (length < sizeof ret->narrow - 1 && units[length] && units[length] < 0x80) {
        ret->narrow[length] = (char)units[length];
        length++;
    }
    ret->narrow[length] = 0;
    return units[length] == 0;
}

static HRESULT read_text(const struct method_row *row, const WCHAR *units, struct text *ret)
{
    ret->utf8 = NULL;
    ret->heap = NULL;
    if (!units)
        return S_OK;
    if (narrow_text(units, ret)) {
        ret->utf8 = ret->narrow;
        return S_OK;
    }
    HRESULT hr = tri_wmi_utf8(units, TEXT_UNITS_MAX, &ret->heap);
    ret->utf8 = ret->heap;
    if (hr == WBEM_E_QUOTA_VIOLATION)
        return tri_wmi_refuse(hr, row->name, "A text is longer than %u UTF-16 units.", (unsigned)TEXT_UNITS_MAX);
    return FAILED(hr) ? tri_wmi_refuse(hr, row->name, "There is not enough memory.") : S_OK;
}

/* ---- starting ---- */

static HRESULT read_object(const struct method_row *row, IWbemClassObject *object, struct tri_cim_object **ret)
{
    *ret = object ? tri_wmi_object_of(object) : NULL;
    if (object && !*ret)
        return tri_wmi_refuse(WBEM_E_INVALID_OBJECT, row->name,
                              "The object is not one of this library's: it must come from GetObject, SpawnInstance, "
                              "SpawnDerivedClass or an enumerator.");
    return S_OK;
}

/* __PUT_EXT... is for what is stored, __GET_EXT... for what is read. */
static void use_context(const struct method_row *row, const struct tri_wmi_context *context, struct tri_call_spec *spec)
{
    spec->timeout_ms = context->timeout_ms;
    spec->keys_only = context->keys_only;
    bool puts = row->needs & NEEDS_OBJECT;
    spec->properties = (const char *const *)(puts ? context->put_properties : context->get_properties);
    spec->property_count = puts ? context->put_count : context->get_count;
}

/* The request's arguments are in order, and its flags are known: makes the call of it. */
static HRESULT start_checked(struct tri_namespace *ns, const struct method_row *row, const struct wmi_request *request,
                             unsigned flags, bool now, struct wmi_call *ret)
{
    AUTO_TEXT text;
    AUTO_TEXT method;
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = NULL;
    TRI_CLEANUP(tri_wmi_context_clear) struct tri_wmi_context context = {0};
    AUTO_ERROR error = {0};
    text.heap = method.heap = NULL;
    HRESULT hr = read_text(row, request->text, &text);
    if (SUCCEEDED(hr))
        hr = read_text(row, request->method_name, &method);
    if (SUCCEEDED(hr))
        hr = read_object(row, request->object, &object);
    if (FAILED(hr))
        return hr;
    struct tri_call_spec spec = {
        .kind = row->kind, .flags = flags, .text = text.utf8, .method = method.utf8, .object = object};
    if (!(row->needs & NEEDS_TEXT) && spec.text && !*spec.text)
        spec.text = NULL; /* "" is none */
    if (request->context) {
        if (FAILED(hr = tri_wmi_context_read(request->context, &context)))
            return tri_wmi_refuse(hr, row->name, "The context has a value of the wrong type.");
        use_context(row, &context, &spec);
    }
    int code = tri_call_start(ns, &spec, now, &ret->call, &error);
    if (code < 0)
        return tri_wmi_fail(row->name, text.utf8, code, &error);
    ret->operation = row->name;
    ret->parameter = text.utf8 && !now ? strdup(text.utf8) : NULL;
    return S_OK;
}

static HRESULT start(struct tri_namespace *ns, const struct wmi_request *request, const struct model *model,
                     struct wmi_call *ret)
{
    const struct method_row *row = &method_rows[request->method];
    unsigned flags;
    HRESULT hr = read_flags(row, request->flags, model, &flags);
    if (SUCCEEDED(hr))
        hr = check_arguments(row, request);
    return FAILED(hr) ? hr : start_checked(ns, row, request, flags, model->now, ret);
}

/* ---- methods with a call result ---- */

/* What a synchronous call failed with. It has not kept what it was asked. */
static HRESULT failure_of(const struct wmi_request *request, const struct tri_call_result *result)
{
    const struct method_row *row = &method_rows[request->method];
    AUTO_TEXT text;
    text.heap = NULL;
    read_text(row, request->text, &text);
    return tri_wmi_tell(row->name, text.utf8, result->code, result->error);
}

/* The outcome of a call that is done, as the synchronous method answers it. */
static HRESULT give_directly(const struct wmi_request *request, struct tri_call *call, void **direct)
{
    struct tri_call_result result;
    tri_call_result(call, &result);
    if (result.code < 0)
        return failure_of(request, &result);
    if (!direct)
        return S_OK;
    return result.name_space ? tri_wmi_result_services(&result, (IWbemServices **)direct)
                             : tri_wmi_result_object(&result, (IWbemClassObject **)direct);
}

/* A client that takes a call result of a synchronous call finds the outcome there, as samples do, and an object also
 * where the method has a place for it. */
static HRESULT give_both(const struct wmi_request *request, struct wmi_call *call, void **direct, IWbemCallResult **ret)
{
    struct tri_call_result result;
    tri_call_result(call->call, &result);
    HRESULT hr = result.code < 0 ? S_OK : give_directly(request, call->call, direct);
    return FAILED(hr) ? hr : tri_wmi_call_result_new(call, ret);
}

static HRESULT check_outputs(const struct wmi_request *request, void **direct, IWbemCallResult **ret_result)
{
    const struct method_row *row = &method_rows[request->method];
    if (request->flags & SEMISYNCHRONOUS && !ret_result)
        return missing(row, "a place for the call result where WBEM_FLAG_RETURN_IMMEDIATELY is set");
    if (row->kind == TRI_CALL_OPEN_NAMESPACE && !direct && !ret_result)
        return missing(row, "a place for the namespace");
    return S_OK;
}

HRESULT tri_wmi_ask(struct tri_namespace *ns, const struct wmi_request *request, void **direct,
                    IWbemCallResult **ret_result)
{
    struct model model = {.flags = SEMISYNCHRONOUS, .now = !(request->flags & SEMISYNCHRONOUS)};
    AUTO_CALL call = {0};
    if (direct)
        *direct = NULL;
    if (ret_result)
        *ret_result = NULL;
    HRESULT hr = check_outputs(request, direct, ret_result);
    if (SUCCEEDED(hr))
        hr = start(ns, request, &model, &call);
    if (FAILED(hr))
        return hr;
    if (!model.now)
        hr = tri_wmi_call_result_new(&call, ret_result);
    else
        hr = ret_result ? give_both(request, &call, direct, ret_result) : give_directly(request, call.call, direct);
    if (SUCCEEDED(hr))
        tri_wmi_clear_error();
    return hr;
}

/* ---- methods with an enumerator ---- */

HRESULT tri_wmi_ask_rows(struct tri_namespace *ns, const struct wmi_request *request, IEnumWbemClassObject **ret_rows)
{
    const struct method_row *row = &method_rows[request->method];
    bool is_forward_only = request->flags & FORWARD_ONLY;
    struct model model = {.flags = SEMISYNCHRONOUS | FORWARD_ONLY, .needed = row->required};
    AUTO_CALL call = {0};
    if (!ret_rows)
        return missing(row, "a place for the enumerator");
    *ret_rows = NULL;
    model.now = !(request->flags & SEMISYNCHRONOUS);
    model.meaning = is_forward_only ? TRI_CALL_FORWARD_ONLY : 0;
    HRESULT hr = start(ns, request, &model, &call);
    if (SUCCEEDED(hr) && model.now)
        hr = give_directly(request, call.call, NULL);
    if (SUCCEEDED(hr))
        hr = tri_wmi_enumerator_new(&call, is_forward_only, ret_rows);
    if (SUCCEEDED(hr))
        tri_wmi_clear_error();
    return hr;
}

/* ---- methods with a sink ---- */

/* Nobody reads the rows but the sink, once. */
HRESULT tri_wmi_ask_sink(struct tri_namespace *ns, const struct wmi_request *request, IWbemObjectSink *sink)
{
    const struct method_row *row = &method_rows[request->method];
    struct model model = {.flags = SEND_STATUS, .meaning = row->has_rows ? TRI_CALL_FORWARD_ONLY : 0};
    AUTO_CALL call = {0};
    if (!sink)
        return missing(row, "a sink");
    HRESULT hr = start(ns, request, &model, &call);
    if (SUCCEEDED(hr))
        hr = tri_wmi_deliver(&call, sink, row->has_rows, request->flags & SEND_STATUS && row->kind != TRI_CALL_NOTIFY);
    if (SUCCEEDED(hr))
        tri_wmi_clear_error();
    return hr;
}
