/* IWbemContext: named values that go along with a call, in the order in which they were set first. */
#include <oleauto.h>
#include <string.h>

#include "base/cleanup.h"
#include "management/wmi/class-object.h"

struct item {
    char *name;
    VARIANT value;
};

struct context {
    struct tri_com_object com;
    struct tri_com_face IWbemContext_face;
    pthread_mutex_t
        lock; /* of what follows; values are let go of outside of it, because they may be a client's objects */
    struct item *items;
    size_t count, room;
    bool is_begun;
    size_t next;
};

static struct context *this_context(IWbemContext *This)
{
    return tri_com_face_object(This);
}

static void clear_items(struct item *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(items[i].name);
        VariantClear(&items[i].value);
    }
    free(items);
}

static struct item *find(struct context *context, const char *name)
{
    for (size_t i = 0; i < context->count; i++)
        if (tri_name_equal(context->items[i].name, name))
            return &context->items[i];
    return NULL;
}

/* Room for one more; false: no memory. */
static bool grow(struct context *context)
{
    if (context->count < context->room)
        return true;
    size_t room = context->room ? 2 * context->room : 8;
    struct item *items = realloc(context->items, room * sizeof(*items));
    if (!items)
        return false;
    context->items = items;
    context->room = room;
    return true;
}

static HRESULT refuse(HRESULT hr, const char *method, const char *why)
{
    return tri_wmi_refuse(hr, method, "%s %s", method, why);
}

/* ---- values ---- */

/* Puts *value in, and leaves in its place what was there before, for the caller to clear. */
static HRESULT exchange(struct context *context, const WCHAR *wide_name, VARIANT *value)
{
    TRI_AUTO_FREE char *name = NULL;
    HRESULT hr = tri_wmi_utf8(wide_name, WBEM_MAX_IDENTIFIER, &name);
    if (FAILED(hr))
        return hr;
    TRI_LOCK_SCOPE(&context->lock);
    struct item *item = find(context, name);
    if (!item) {
        if (!grow(context))
            return WBEM_E_OUT_OF_MEMORY;
        item = &context->items[context->count++];
        *item = (struct item){.name = TRI_TAKE(name)};
    }
    VARIANT before = item->value;
    item->value = *value;
    *value = before;
    return WBEM_S_NO_ERROR;
}

static HRESULT STDMETHODCALLTYPE context_SetValue(IWbemContext *This, LPCWSTR wszName, LONG lFlags, VARIANT *pValue)
{
    static const char method[] = "IWbemContext::SetValue";
    if (!wszName || !pValue || lFlags != 0)
        return refuse(WBEM_E_INVALID_PARAMETER, method, "needs a name, a value, and no flags.");
    VARIANT value;
    VariantInit(&value);
    if (FAILED(VariantCopy(&value, pValue)))
        return refuse(WBEM_E_INVALID_PARAMETER, method, "was given a value that cannot be copied.");
    HRESULT hr = exchange(this_context(This), wszName, &value);
    VariantClear(&value);
    return FAILED(hr) ? refuse(hr, method, "could not keep the value: its name is too long, or there is no memory.")
                      : hr;
}

/* A copy of a value, made under the lock: what a client's object does with AddRef is its own affair, and short. */
static HRESULT copy_value(struct context *context, const char *name, VARIANT *ret)
{
    TRI_LOCK_SCOPE(&context->lock);
    struct item *item = find(context, name);
    if (!item)
        return WBEM_E_NOT_FOUND;
    VARIANT copy;
    VariantInit(&copy);
    if (FAILED(VariantCopy(&copy, &item->value)))
        return WBEM_E_OUT_OF_MEMORY;
    *ret = copy;
    return WBEM_S_NO_ERROR;
}

static HRESULT STDMETHODCALLTYPE context_GetValue(IWbemContext *This, LPCWSTR wszName, LONG lFlags, VARIANT *pValue)
{
    static const char method[] = "IWbemContext::GetValue";
    if (!wszName || !pValue || lFlags != 0)
        return refuse(WBEM_E_INVALID_PARAMETER, method, "needs a name, a place for the value, and no flags.");
    TRI_AUTO_FREE char *name = NULL;
    if (FAILED(tri_wmi_utf8(wszName, WBEM_MAX_IDENTIFIER, &name)))
        return refuse(WBEM_E_NOT_FOUND, method, "was given a name that is longer than any can be.");
    HRESULT hr = copy_value(this_context(This), name, pValue);
    if (FAILED(hr))
        return tri_wmi_refuse(hr, method, "The context has no value named \"%s\".", name);
    return hr;
}

static bool take_out(struct context *context, const char *name, struct item *ret)
{
    TRI_LOCK_SCOPE(&context->lock);
    struct item *item = find(context, name);
    if (!item)
        return false;
    *ret = *item;
    size_t index = (size_t)(item - context->items);
    context->count--;
    memmove(item, item + 1, (context->count - index) * sizeof(*item));
    if (index < context->next)
        context->next--;
    return true;
}

static HRESULT STDMETHODCALLTYPE context_DeleteValue(IWbemContext *This, LPCWSTR wszName, LONG lFlags)
{
    static const char method[] = "IWbemContext::DeleteValue";
    if (!wszName || lFlags != 0)
        return refuse(WBEM_E_INVALID_PARAMETER, method, "needs a name, and no flags.");
    TRI_AUTO_FREE char *name = NULL;
    struct item item;
    if (FAILED(tri_wmi_utf8(wszName, WBEM_MAX_IDENTIFIER, &name)) || !take_out(this_context(This), name, &item))
        return refuse(WBEM_E_NOT_FOUND, method, "was given the name of a value that the context does not have.");
    free(item.name);
    VariantClear(&item.value);
    return WBEM_S_NO_ERROR;
}

static HRESULT STDMETHODCALLTYPE context_DeleteAll(IWbemContext *This)
{
    struct context *context = this_context(This);
    pthread_mutex_lock(&context->lock);
    struct item *items = context->items;
    size_t count = context->count;
    context->items = NULL;
    context->count = context->room = context->next = 0;
    pthread_mutex_unlock(&context->lock);
    clear_items(items, count);
    return WBEM_S_NO_ERROR;
}

/* ---- walking ---- */

static HRESULT STDMETHODCALLTYPE context_GetNames(IWbemContext *This, LONG lFlags, SAFEARRAY **pNames)
{
    static const char method[] = "IWbemContext::GetNames";
    if (pNames)
        *pNames = NULL;
    if (!pNames || lFlags != 0)
        return refuse(WBEM_E_INVALID_PARAMETER, method, "needs a place for the array, and no flags.");
    struct context *context = this_context(This);
    HRESULT hr = WBEM_E_OUT_OF_MEMORY;
    pthread_mutex_lock(&context->lock);
    TRI_AUTO_FREE const char **names = malloc((context->count + 1) * sizeof(*names));
    for (size_t i = 0; names && i < context->count; i++)
        names[i] = context->items[i].name;
    if (names)
        hr = tri_wmi_names(names, context->count, pNames);
    pthread_mutex_unlock(&context->lock);
    return FAILED(hr) ? refuse(hr, method, "ran out of memory.") : WBEM_S_NO_ERROR;
}

static HRESULT STDMETHODCALLTYPE context_BeginEnumeration(IWbemContext *This, LONG lFlags)
{
    if (lFlags != 0)
        return refuse(WBEM_E_INVALID_PARAMETER, "IWbemContext::BeginEnumeration", "takes no flags.");
    struct context *context = this_context(This);
    TRI_LOCK_SCOPE(&context->lock);
    context->is_begun = true;
    context->next = 0;
    return WBEM_S_NO_ERROR;
}

static HRESULT next(struct context *context, BSTR *ret_name, VARIANT *ret_value)
{
    TRI_LOCK_SCOPE(&context->lock);
    if (!context->is_begun)
        return WBEM_E_UNEXPECTED;
    if (context->next == context->count)
        return WBEM_S_NO_MORE_DATA;
    const struct item *item = &context->items[context->next];
    VARIANT value;
    BSTR name = NULL;
    VariantInit(&value);
    if (ret_value && FAILED(VariantCopy(&value, &item->value)))
        return WBEM_E_OUT_OF_MEMORY;
    if (ret_name && FAILED(tri_wmi_text(item->name, &name))) {
        VariantClear(&value);
        return WBEM_E_OUT_OF_MEMORY;
    }
    if (ret_name)
        *ret_name = name;
    if (ret_value)
        *ret_value = value;
    context->next++;
    return WBEM_S_NO_ERROR;
}

static HRESULT STDMETHODCALLTYPE context_Next(IWbemContext *This, LONG lFlags, BSTR *pstrName, VARIANT *pValue)
{
    static const char method[] = "IWbemContext::Next";
    if (pstrName)
        *pstrName = NULL;
    if (lFlags != 0)
        return refuse(WBEM_E_INVALID_PARAMETER, method, "takes no flags.");
    HRESULT hr = next(this_context(This), pstrName, pValue);
    return FAILED(hr) ? refuse(hr, method, "goes on with what BeginEnumeration began, and nothing was begun.") : hr;
}

static HRESULT STDMETHODCALLTYPE context_EndEnumeration(IWbemContext *This)
{
    struct context *context = this_context(This);
    TRI_LOCK_SCOPE(&context->lock);
    context->is_begun = false;
    return WBEM_S_NO_ERROR;
}

/* ---- the object ---- */

static struct context *context_new(void);

/* Copies all values; false: no memory. */
static bool copy_items(struct context *from, struct context *to)
{
    TRI_LOCK_SCOPE(&from->lock);
    for (size_t i = 0; i < from->count; i++) {
        char *name = grow(to) ? strdup(from->items[i].name) : NULL;
        if (!name)
            return false;
        struct item *item = &to->items[to->count++];
        *item = (struct item){.name = name};
        if (FAILED(VariantCopy(&item->value, &from->items[i].value)))
            return false;
    }
    return true;
}

static HRESULT STDMETHODCALLTYPE context_Clone(IWbemContext *This, IWbemContext **ppNewCopy)
{
    static const char method[] = "IWbemContext::Clone";
    if (!ppNewCopy)
        return refuse(WBEM_E_INVALID_PARAMETER, method, "needs a place for the copy.");
    struct context *copy = context_new();
    *ppNewCopy = NULL;
    if (!copy || !copy_items(this_context(This), copy)) {
        tri_com_unref(copy);
        return refuse(WBEM_E_OUT_OF_MEMORY, method, "ran out of memory.");
    }
    *ppNewCopy = (IWbemContext *)&copy->IWbemContext_face;
    return WBEM_S_NO_ERROR;
}

static const IWbemContextVtbl context_vtbl = {
    TRI_COM_UNKNOWN(IWbemContext),
    .Clone = context_Clone,
    .GetNames = context_GetNames,
    .BeginEnumeration = context_BeginEnumeration,
    .Next = context_Next,
    .EndEnumeration = context_EndEnumeration,
    .SetValue = context_SetValue,
    .GetValue = context_GetValue,
    .DeleteValue = context_DeleteValue,
    .DeleteAll = context_DeleteAll,
};

static void context_destroy(void *object)
{
    struct context *context = object;
    clear_items(context->items, context->count);
    pthread_mutex_destroy(&context->lock);
}

static const struct tri_com_row context_rows[] = {
    {&IID_IWbemContext, offsetof(struct context, IWbemContext_face), &context_vtbl},
};

static const struct tri_com_class context_class = {
    .name = "context",
    .size = sizeof(struct context),
    .rows = context_rows,
    .row_count = sizeof context_rows / sizeof context_rows[0],
    .destroy = context_destroy,
};

static struct context *context_new(void)
{
    struct context *context = tri_com_new(&context_class);
    if (context)
        pthread_mutex_init(&context->lock, NULL);
    return context;
}

static HRESULT context_create(REFIID iid, void **ret)
{
    struct context *context = context_new();
    HRESULT hr = context ? tri_com_query(context, iid, ret) : E_OUTOFMEMORY;
    tri_com_unref(context);
    return hr;
}

const struct tri_com_factory tri_wmi_context_factory = {&CLSID_WbemContext, context_create};

/* ---- what calls look at ---- */

/* A client may bring a context of its own making. */
static HRESULT get(IWbemContext *ctx, const char *name, VARIANT *ret)
{
    struct context *context = tri_com_object_of(ctx, &context_class);
    BSTR wide = NULL;
    if (context)
        return copy_value(context, name, ret);
    HRESULT hr = tri_wmi_text(name, &wide);
    if (SUCCEEDED(hr))
        hr = ctx->lpVtbl->GetValue(ctx, wide, 0, ret);
    SysFreeString(wide);
    return hr;
}

/* A value of that type, out of any context; VT_EMPTY where there is none. WBEM_E_INVALID_CONTEXT: of another type. */
static HRESULT look(IWbemContext *ctx, const char *name, VARTYPE vt, VARIANT *ret)
{
    VariantInit(ret);
    if (FAILED(get(ctx, name, ret)))
        return S_OK;
    if (V_VT(ret) == vt)
        return S_OK;
    VariantClear(ret);
    return WBEM_E_INVALID_CONTEXT;
}

static HRESULT look_for_truth(IWbemContext *ctx, const char *name, bool *ret)
{
    VARIANT value;
    HRESULT hr = look(ctx, name, VT_BOOL, &value);
    if (SUCCEEDED(hr))
        *ret = V_VT(&value) == VT_BOOL && V_BOOL(&value) != VARIANT_FALSE;
    return hr;
}

static HRESULT look_for_names(IWbemContext *ctx, const char *name, char ***ret, size_t *ret_count)
{
    VARIANT value;
    struct tri_value names = {.type = TRI_CIM_STRING | TRI_CIM_ARRAY};
    HRESULT hr = look(ctx, name, VT_ARRAY | VT_BSTR, &value);
    if (FAILED(hr) || V_VT(&value) == VT_EMPTY)
        return hr;
    hr = tri_wmi_value(&value, names.type, &names);
    VariantClear(&value);
    if (FAILED(hr))
        return hr == WBEM_E_OUT_OF_MEMORY ? hr : WBEM_E_INVALID_CONTEXT;
    char **texts = calloc(names.array->count + 1, sizeof(*texts)); /* not NULL: none is not the same as nothing said */
    for (size_t i = 0; texts && i < names.array->count; i++)
        texts[i] = TRI_TAKE(names.array->items[i].string);
    *ret_count = texts ? names.array->count : 0;
    *ret = texts;
    tri_value_clear(&names);
    return texts ? S_OK : WBEM_E_OUT_OF_MEMORY;
}

static HRESULT look_for_timeout(IWbemContext *ctx, uint32_t *ret_ms)
{
    VARIANT value;
    HRESULT hr = look(ctx, "__TRI_TIMEOUT_MS", VT_I4, &value);
    if (SUCCEEDED(hr) && V_VT(&value) == VT_I4) {
        if (V_I4(&value) < 0)
            return WBEM_E_INVALID_CONTEXT;
        *ret_ms = (uint32_t)V_I4(&value);
    }
    return hr;
}

/* __PUT_EXTENSIONS and __GET_EXTENSIONS say that the others are to be looked at; then one of those must be there. */
static HRESULT look_for_put(IWbemContext *ctx, struct tri_wmi_context *ret)
{
    bool strict_nulls = false, atomic = false;
    HRESULT hr = look_for_truth(ctx, "__PUT_EXTENSIONS", &ret->has_put_extensions);
    if (FAILED(hr) || !ret->has_put_extensions)
        return hr;
    hr = look_for_names(ctx, "__PUT_EXT_PROPERTIES", &ret->put_properties, &ret->put_count);
    if (SUCCEEDED(hr))
        hr = look_for_truth(ctx, "__PUT_EXT_STRICT_NULLS", &strict_nulls);
    if (SUCCEEDED(hr))
        hr = look_for_truth(ctx, "__PUT_EXT_ATOMIC", &atomic); /* every put is */
    if (FAILED(hr))
        return hr;
    return ret->put_properties || strict_nulls || atomic ? S_OK : WBEM_E_INVALID_CONTEXT;
}

static HRESULT look_for_get(IWbemContext *ctx, struct tri_wmi_context *ret)
{
    HRESULT hr = look_for_truth(ctx, "__GET_EXTENSIONS", &ret->has_get_extensions);
    if (FAILED(hr) || !ret->has_get_extensions)
        return hr;
    hr = look_for_names(ctx, "__GET_EXT_PROPERTIES", &ret->get_properties, &ret->get_count);
    if (SUCCEEDED(hr))
        hr = look_for_truth(ctx, "__GET_EXT_KEYS_ONLY", &ret->keys_only);
    if (FAILED(hr))
        return hr;
    return ret->get_properties || ret->keys_only ? S_OK : WBEM_E_INVALID_CONTEXT;
}

HRESULT tri_wmi_context_read(IWbemContext *ctx, struct tri_wmi_context *ret)
{
    struct tri_wmi_context found = {0};
    HRESULT hr = ctx ? look_for_timeout(ctx, &found.timeout_ms) : S_OK;
    if (ctx && SUCCEEDED(hr))
        hr = look_for_put(ctx, &found);
    if (ctx && SUCCEEDED(hr))
        hr = look_for_get(ctx, &found);
    if (FAILED(hr)) {
        tri_wmi_context_clear(&found);
        return hr;
    }
    *ret = found;
    return S_OK;
}

void tri_wmi_context_clear(struct tri_wmi_context *context)
{
    tri_names_free(context->put_properties, context->put_count);
    tri_names_free(context->get_properties, context->get_count);
    *context = (struct tri_wmi_context){0};
}
