/* The sink of QueryObjectSink: what clients push into it becomes events of this process's subscriptions. */
#include <errno.h>

#include "base/cleanup.h"
#include "management/events.h"
#include "management/wmi/services.h"

struct event_sink {
    struct tri_com_object com;
    struct tri_com_face IWbemObjectSink_face;
    struct tri_namespace *ns;
};

static HRESULT not_an_event(void)
{
    return tri_wmi_refuse(WBEM_E_INVALID_OBJECT, "Indicate",
                          "Only instances of this library's, of classes derived from __ExtrinsicEvent, are events.");
}

static HRESULT raise_one(const struct event_sink *sink, IWbemClassObject *object)
{
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *event = tri_wmi_object_of(object);
    if (!event || event->is_class || !tri_class_is_a(event->cls, "__ExtrinsicEvent"))
        return not_an_event();
    tri_event_raise(tri_namespace_path(sink->ns), event);
    return WBEM_S_NO_ERROR;
}

/* Those before one that is no event have been raised. */
static HRESULT STDMETHODCALLTYPE event_sink_Indicate(IWbemObjectSink *This, LONG lObjectCount,
                                                     IWbemClassObject **apObjArray)
{
    const struct event_sink *sink = tri_com_face_object(This);
    if (lObjectCount < 0 || (lObjectCount > 0 && !apObjArray))
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, "Indicate",
                              "Indicate needs an array of as many objects as it says.");
    for (LONG i = 0; i < lObjectCount; i++) {
        HRESULT hr = raise_one(sink, apObjArray[i]);
        if (FAILED(hr))
            return hr;
    }
    tri_wmi_clear_error();
    return WBEM_S_NO_ERROR;
}

/* Events have no end, so there is nothing to be told of. */
static HRESULT STDMETHODCALLTYPE event_sink_SetStatus(IWbemObjectSink *This, LONG lFlags, HRESULT hResult,
                                                      BSTR strParam, IWbemClassObject *pObjParam)
{
    return WBEM_S_NO_ERROR;
}

static const IWbemObjectSinkVtbl event_sink_vtbl = {
    TRI_COM_UNKNOWN(IWbemObjectSink),
    .Indicate = event_sink_Indicate,
    .SetStatus = event_sink_SetStatus,
};

static void event_sink_destroy(void *object)
{
    tri_namespace_unref(((struct event_sink *)object)->ns);
}

static const struct tri_com_row event_sink_rows[] = {
    {&IID_IWbemObjectSink, offsetof(struct event_sink, IWbemObjectSink_face), &event_sink_vtbl},
};

static const struct tri_com_class event_sink_class = {
    .name = "event sink",
    .size = sizeof(struct event_sink),
    .rows = event_sink_rows,
    .row_count = sizeof event_sink_rows / sizeof event_sink_rows[0],
    .destroy = event_sink_destroy,
};

HRESULT tri_wmi_event_sink_new(struct tri_namespace *ns, IWbemObjectSink **ret)
{
    struct tri_error error = {0};
    int code = tri_namespace_check(ns, &error);
    if (code < 0)
        return tri_wmi_fail("QueryObjectSink", NULL, code, &error);
    struct event_sink *sink = tri_com_new(&event_sink_class);
    if (!sink)
        return tri_wmi_fail("QueryObjectSink", NULL, -ENOMEM, NULL);
    sink->ns = tri_namespace_ref(ns);
    *ret = (IWbemObjectSink *)&sink->IWbemObjectSink_face;
    tri_wmi_clear_error();
    return WBEM_S_NO_ERROR;
}
