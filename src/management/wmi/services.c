/* IWbemServices: a namespace, and what can be asked of it. Each method names what it was given; request.c knows the
 * rules. */
#include <errno.h>

#include "base/cleanup.h"
#include "management/wmi/services.h"

struct services {
    struct tri_com_object com;
    struct tri_com_face IWbemServices_face, IClientSecurity_face;
    struct tri_namespace *ns;
};

static struct tri_namespace *this_namespace(IWbemServices *This)
{
    return ((struct services *)tri_com_face_object(This))->ns;
}

/* The request's members after the method: .flags = ..., as designated initialisers. */
#define REQUEST(method_, ...) (&(struct wmi_request){.method = (method_), __VA_ARGS__})

/* ---- namespaces ---- */

static HRESULT STDMETHODCALLTYPE services_OpenNamespace(IWbemServices *This, const BSTR strNamespace, LONG lFlags,
                                                        IWbemContext *pCtx, IWbemServices **ppWorkingNamespace,
                                                        IWbemCallResult **ppResult)
{
    return tri_wmi_ask(this_namespace(This),
                       REQUEST(WMI_OPEN_NAMESPACE, .flags = lFlags, .context = pCtx, .text = strNamespace),
                       (void **)ppWorkingNamespace, ppResult);
}

/* ---- sinks ---- */

static HRESULT STDMETHODCALLTYPE services_CancelAsyncCall(IWbemServices *This, IWbemObjectSink *pSink)
{
    if (!pSink)
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, "CancelAsyncCall", "CancelAsyncCall needs a sink.");
    HRESULT hr = tri_wmi_cancel_sink(pSink);
    if (SUCCEEDED(hr))
        tri_wmi_clear_error();
    return hr;
}

static HRESULT STDMETHODCALLTYPE services_QueryObjectSink(IWbemServices *This, LONG lFlags,
                                                          IWbemObjectSink **ppResponseHandler)
{
    if (ppResponseHandler)
        *ppResponseHandler = NULL;
    if (!ppResponseHandler || lFlags != 0)
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, "QueryObjectSink",
                              "QueryObjectSink needs a place for the sink, and no flags.");
    return tri_wmi_event_sink_new(this_namespace(This), ppResponseHandler);
}

/* ---- objects ---- */

static HRESULT STDMETHODCALLTYPE services_GetObject(IWbemServices *This, const BSTR strObjectPath, LONG lFlags,
                                                    IWbemContext *pCtx, IWbemClassObject **ppObject,
                                                    IWbemCallResult **ppCallResult)
{
    return tri_wmi_ask(this_namespace(This),
                       REQUEST(WMI_GET_OBJECT, .flags = lFlags, .context = pCtx, .text = strObjectPath),
                       (void **)ppObject, ppCallResult);
}

static HRESULT STDMETHODCALLTYPE services_GetObjectAsync(IWbemServices *This, const BSTR strObjectPath, LONG lFlags,
                                                         IWbemContext *pCtx, IWbemObjectSink *pResponseHandler)
{
    return tri_wmi_ask_sink(this_namespace(This),
                            REQUEST(WMI_GET_OBJECT, .flags = lFlags, .context = pCtx, .text = strObjectPath),
                            pResponseHandler);
}

/* ---- classes ---- */

static HRESULT STDMETHODCALLTYPE services_PutClass(IWbemServices *This, IWbemClassObject *pObject, LONG lFlags,
                                                   IWbemContext *pCtx, IWbemCallResult **ppCallResult)
{
    return tri_wmi_ask(this_namespace(This),
                       REQUEST(WMI_PUT_CLASS, .flags = lFlags, .context = pCtx, .object = pObject), NULL, ppCallResult);
}

static HRESULT STDMETHODCALLTYPE services_PutClassAsync(IWbemServices *This, IWbemClassObject *pObject, LONG lFlags,
                                                        IWbemContext *pCtx, IWbemObjectSink *pResponseHandler)
{
    return tri_wmi_ask_sink(this_namespace(This),
                            REQUEST(WMI_PUT_CLASS, .flags = lFlags, .context = pCtx, .object = pObject),
                            pResponseHandler);
}

static HRESULT STDMETHODCALLTYPE services_DeleteClass(IWbemServices *This, const BSTR strClass, LONG lFlags,
                                                      IWbemContext *pCtx, IWbemCallResult **ppCallResult)
{
    return tri_wmi_ask(this_namespace(This),
                       REQUEST(WMI_DELETE_CLASS, .flags = lFlags, .context = pCtx, .text = strClass), NULL,
                       ppCallResult);
}

static HRESULT STDMETHODCALLTYPE services_DeleteClassAsync(IWbemServices *This, const BSTR strClass, LONG lFlags,
                                                           IWbemContext *pCtx, IWbemObjectSink *pResponseHandler)
{
    return tri_wmi_ask_sink(this_namespace(This),
                            REQUEST(WMI_DELETE_CLASS, .flags = lFlags, .context = pCtx, .text = strClass),
                            pResponseHandler);
}

static HRESULT STDMETHODCALLTYPE services_CreateClassEnum(IWbemServices *This, const BSTR strSuperclass, LONG lFlags,
                                                          IWbemContext *pCtx, IEnumWbemClassObject **ppEnum)
{
    return tri_wmi_ask_rows(this_namespace(This),
                            REQUEST(WMI_CREATE_CLASS_ENUM, .flags = lFlags, .context = pCtx, .text = strSuperclass),
                            ppEnum);
}

static HRESULT STDMETHODCALLTYPE services_CreateClassEnumAsync(IWbemServices *This, const BSTR strSuperclass,
                                                               LONG lFlags, IWbemContext *pCtx,
                                                               IWbemObjectSink *pResponseHandler)
{
    return tri_wmi_ask_sink(this_namespace(This),
                            REQUEST(WMI_CREATE_CLASS_ENUM, .flags = lFlags, .context = pCtx, .text = strSuperclass),
                            pResponseHandler);
}

/* ---- instances ---- */

static HRESULT STDMETHODCALLTYPE services_PutInstance(IWbemServices *This, IWbemClassObject *pInst, LONG lFlags,
                                                      IWbemContext *pCtx, IWbemCallResult **ppCallResult)
{
    return tri_wmi_ask(this_namespace(This),
                       REQUEST(WMI_PUT_INSTANCE, .flags = lFlags, .context = pCtx, .object = pInst), NULL,
                       ppCallResult);
}

static HRESULT STDMETHODCALLTYPE services_PutInstanceAsync(IWbemServices *This, IWbemClassObject *pInst, LONG lFlags,
                                                           IWbemContext *pCtx, IWbemObjectSink *pResponseHandler)
{
    return tri_wmi_ask_sink(this_namespace(This),
                            REQUEST(WMI_PUT_INSTANCE, .flags = lFlags, .context = pCtx, .object = pInst),
                            pResponseHandler);
}

static HRESULT STDMETHODCALLTYPE services_DeleteInstance(IWbemServices *This, const BSTR strObjectPath, LONG lFlags,
                                                         IWbemContext *pCtx, IWbemCallResult **ppCallResult)
{
    return tri_wmi_ask(this_namespace(This),
                       REQUEST(WMI_DELETE_INSTANCE, .flags = lFlags, .context = pCtx, .text = strObjectPath), NULL,
                       ppCallResult);
}

static HRESULT STDMETHODCALLTYPE services_DeleteInstanceAsync(IWbemServices *This, const BSTR strObjectPath,
                                                              LONG lFlags, IWbemContext *pCtx,
                                                              IWbemObjectSink *pResponseHandler)
{
    return tri_wmi_ask_sink(this_namespace(This),
                            REQUEST(WMI_DELETE_INSTANCE, .flags = lFlags, .context = pCtx, .text = strObjectPath),
                            pResponseHandler);
}

static HRESULT STDMETHODCALLTYPE services_CreateInstanceEnum(IWbemServices *This, const BSTR strFilter, LONG lFlags,
                                                             IWbemContext *pCtx, IEnumWbemClassObject **ppEnum)
{
    return tri_wmi_ask_rows(this_namespace(This),
                            REQUEST(WMI_CREATE_INSTANCE_ENUM, .flags = lFlags, .context = pCtx, .text = strFilter),
                            ppEnum);
}

static HRESULT STDMETHODCALLTYPE services_CreateInstanceEnumAsync(IWbemServices *This, const BSTR strFilter,
                                                                  LONG lFlags, IWbemContext *pCtx,
                                                                  IWbemObjectSink *pResponseHandler)
{
    return tri_wmi_ask_sink(this_namespace(This),
                            REQUEST(WMI_CREATE_INSTANCE_ENUM, .flags = lFlags, .context = pCtx, .text = strFilter),
                            pResponseHandler);
}

/* ---- queries ---- */

static HRESULT STDMETHODCALLTYPE services_ExecQuery(IWbemServices *This, const BSTR strQueryLanguage,
                                                    const BSTR strQuery, LONG lFlags, IWbemContext *pCtx,
                                                    IEnumWbemClassObject **ppEnum)
{
    return tri_wmi_ask_rows(
        this_namespace(This),
        REQUEST(WMI_EXEC_QUERY, .flags = lFlags, .context = pCtx, .language = strQueryLanguage, .text = strQuery),
        ppEnum);
}

static HRESULT STDMETHODCALLTYPE services_ExecQueryAsync(IWbemServices *This, const BSTR strQueryLanguage,
                                                         const BSTR strQuery, LONG lFlags, IWbemContext *pCtx,
                                                         IWbemObjectSink *pResponseHandler)
{
    return tri_wmi_ask_sink(
        this_namespace(This),
        REQUEST(WMI_EXEC_QUERY, .flags = lFlags, .context = pCtx, .language = strQueryLanguage, .text = strQuery),
        pResponseHandler);
}

static HRESULT STDMETHODCALLTYPE services_ExecNotificationQuery(IWbemServices *This, const BSTR strQueryLanguage,
                                                                const BSTR strQuery, LONG lFlags, IWbemContext *pCtx,
                                                                IEnumWbemClassObject **ppEnum)
{
    return tri_wmi_ask_rows(this_namespace(This),
                            REQUEST(WMI_EXEC_NOTIFICATION_QUERY, .flags = lFlags, .context = pCtx,
                                    .language = strQueryLanguage, .text = strQuery),
                            ppEnum);
}

static HRESULT STDMETHODCALLTYPE services_ExecNotificationQueryAsync(IWbemServices *This, const BSTR strQueryLanguage,
                                                                     const BSTR strQuery, LONG lFlags,
                                                                     IWbemContext *pCtx,
                                                                     IWbemObjectSink *pResponseHandler)
{
    return tri_wmi_ask_sink(this_namespace(This),
                            REQUEST(WMI_EXEC_NOTIFICATION_QUERY, .flags = lFlags, .context = pCtx,
                                    .language = strQueryLanguage, .text = strQuery),
                            pResponseHandler);
}

/* ---- methods ---- */

static HRESULT STDMETHODCALLTYPE services_ExecMethod(IWbemServices *This, const BSTR strObjectPath,
                                                     const BSTR strMethodName, LONG lFlags, IWbemContext *pCtx,
                                                     IWbemClassObject *pInParams, IWbemClassObject **ppOutParams,
                                                     IWbemCallResult **ppCallResult)
{
    return tri_wmi_ask(this_namespace(This),
                       REQUEST(WMI_EXEC_METHOD, .flags = lFlags, .context = pCtx, .text = strObjectPath,
                               .method_name = strMethodName, .object = pInParams),
                       (void **)ppOutParams, ppCallResult);
}

static HRESULT STDMETHODCALLTYPE services_ExecMethodAsync(IWbemServices *This, const BSTR strObjectPath,
                                                          const BSTR strMethodName, LONG lFlags, IWbemContext *pCtx,
                                                          IWbemClassObject *pInParams,
                                                          IWbemObjectSink *pResponseHandler)
{
    return tri_wmi_ask_sink(this_namespace(This),
                            REQUEST(WMI_EXEC_METHOD, .flags = lFlags, .context = pCtx, .text = strObjectPath,
                                    .method_name = strMethodName, .object = pInParams),
                            pResponseHandler);
}

/* ---- the class ---- */

static const IWbemServicesVtbl services_vtbl = {
    TRI_COM_UNKNOWN(IWbemServices),
    .OpenNamespace = services_OpenNamespace,
    .CancelAsyncCall = services_CancelAsyncCall,
    .QueryObjectSink = services_QueryObjectSink,
    .GetObject = services_GetObject,
    .GetObjectAsync = services_GetObjectAsync,
    .PutClass = services_PutClass,
    .PutClassAsync = services_PutClassAsync,
    .DeleteClass = services_DeleteClass,
    .DeleteClassAsync = services_DeleteClassAsync,
    .CreateClassEnum = services_CreateClassEnum,
    .CreateClassEnumAsync = services_CreateClassEnumAsync,
    .PutInstance = services_PutInstance,
    .PutInstanceAsync = services_PutInstanceAsync,
    .DeleteInstance = services_DeleteInstance,
    .DeleteInstanceAsync = services_DeleteInstanceAsync,
    .CreateInstanceEnum = services_CreateInstanceEnum,
    .CreateInstanceEnumAsync = services_CreateInstanceEnumAsync,
    .ExecQuery = services_ExecQuery,
    .ExecQueryAsync = services_ExecQueryAsync,
    .ExecNotificationQuery = services_ExecNotificationQuery,
    .ExecNotificationQueryAsync = services_ExecNotificationQueryAsync,
    .ExecMethod = services_ExecMethod,
    .ExecMethodAsync = services_ExecMethodAsync,
};

static void services_destroy(void *object)
{
    tri_namespace_unref(((struct services *)object)->ns);
}

static const struct tri_com_row services_rows[] = {
    {&IID_IWbemServices, offsetof(struct services, IWbemServices_face), &services_vtbl},
    {&IID_IClientSecurity, offsetof(struct services, IClientSecurity_face), &tri_wmi_client_security_vtbl},
};

static const struct tri_com_class services_class = {
    .name = "services",
    .size = sizeof(struct services),
    .rows = services_rows,
    .row_count = sizeof services_rows / sizeof services_rows[0],
    .destroy = services_destroy,
};

HRESULT tri_wmi_services_new(struct tri_namespace *ns, IWbemServices **ret)
{
    TRI_AUTO_NAMESPACE struct tri_namespace *owned = ns;
    *ret = NULL;
    struct services *services = tri_com_new(&services_class);
    if (!services)
        return tri_wmi_fail("ConnectServer", NULL, -ENOMEM, NULL);
    services->ns = TRI_TAKE(owned);
    *ret = (IWbemServices *)&services->IWbemServices_face;
    return S_OK;
}
