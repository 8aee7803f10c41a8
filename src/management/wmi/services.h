/* What the services' side of the WMI face shares: requests and how they are started, deadlines, results. */
#ifndef TRI_MANAGEMENT_WMI_SERVICES_H
#define TRI_MANAGEMENT_WMI_SERVICES_H

#include <stdlib.h>

#include "management/wmi/face.h"

/* A call, with what its error objects say of it. */
struct wmi_call {
    struct tri_call *call; /* a reference */
    const char *operation; /* "ExecQuery"; static */
    char *parameter;       /* what was asked: a path, a query; owned; NULL: nothing, or it is not needed any more */
};

static inline void tri_wmi_call_clear(struct wmi_call *call)
{
    tri_call_unref(call->call);
    free(call->parameter);
    *call = (struct wmi_call){0};
}

/* ---- request.c: what a method of IWbemServices asks, made into a call ---- */

enum wmi_method {
    WMI_OPEN_NAMESPACE,
    WMI_GET_OBJECT,
    WMI_PUT_CLASS,
    WMI_DELETE_CLASS,
    WMI_CREATE_CLASS_ENUM,
    WMI_PUT_INSTANCE,
    WMI_DELETE_INSTANCE,
    WMI_CREATE_INSTANCE_ENUM,
    WMI_EXEC_QUERY,
    WMI_EXEC_NOTIFICATION_QUERY,
    WMI_EXEC_METHOD,
    WMI_METHOD_COUNT
};

struct wmi_request {
    enum wmi_method method;
    LONG flags;
    IWbemContext *context;
    const WCHAR *text;        /* a path, a class, a query */
    const WCHAR *language;    /* of a query */
    const WCHAR *method_name; /* ExecMethod */
    IWbemClassObject *object;
};

/* The three call models. The out pointers are NULL unless the request succeeds. */

/* Methods with an IWbemCallResult. direct: an IWbemServices ** or IWbemClassObject **, as the method has it; NULL where
 * it has none or the client wants none. */
HRESULT tri_wmi_ask(struct tri_namespace *ns, const struct wmi_request *request, void **direct,
                    IWbemCallResult **ret_result);
HRESULT tri_wmi_ask_rows(struct tri_namespace *ns, const struct wmi_request *request, IEnumWbemClassObject **ret_rows);
HRESULT tri_wmi_ask_sink(struct tri_namespace *ns, const struct wmi_request *request, IWbemObjectSink *sink);

/* ---- call-result.c ---- */

/* The deadline of a timeout in milliseconds: 0 polls, WBEM_INFINITE waits for ever; WBEM_E_INVALID_PARAMETER for other
 * negative ones. */
HRESULT tri_wmi_deadline(LONG timeout_ms, const char *operation, uint64_t *ret_ns);
/* What a call that went well has: the object (NULL: none), or the services of the namespace, with a reference. */
HRESULT tri_wmi_result_object(const struct tri_call_result *result, IWbemClassObject **ret);
HRESULT tri_wmi_result_services(const struct tri_call_result *result, IWbemServices **ret);

HRESULT tri_wmi_call_result_new(struct wmi_call *call, IWbemCallResult **ret); /* takes what call has, on success */

/* ---- enumerator.c ---- */

HRESULT tri_wmi_enumerator_new(struct wmi_call *call, bool forward_only,
                               IEnumWbemClassObject **ret); /* takes it, too */

/* ---- sink.c: what is on its way to a sink ---- */

/* Reads the call's rows, or its result, on a notifier thread and hands them to the sink. Takes what call has, on
 * success; the sink is not touched otherwise. */
HRESULT tri_wmi_deliver(struct wmi_call *call, IWbemObjectSink *sink, bool has_rows, bool send_progress);
HRESULT tri_wmi_cancel_sink(IWbemObjectSink *sink); /* all deliveries to that sink; wmi.md 2.6 */

struct wmi_delivery;

/* Where the rows of a NextAsync come from. */
struct wmi_row_source {
    int (*next)(void *context, uint64_t deadline_ns, struct tri_cim_object **ret); /* as tri_call_next */
    void (*wake)(void *context, struct tri_rows_waker *waker);                     /* as tri_call_wake */
    void (*ended)(void *context); /* once, when the sink has been let go of; no lock is held */
    void *context;
    uint64_t wanted; /* that many rows at most */
};
/* Takes a reference on the sink, and what call has, on success. source NULL: the call itself. */
HRESULT tri_wmi_delivery_new(struct wmi_call *call, IWbemObjectSink *sink, const struct wmi_row_source *source,
                             struct wmi_delivery **ret);
/* From now on CancelAsyncCall finds it; calls nobody. Once. */
void tri_wmi_delivery_enlist(struct wmi_delivery *delivery);
/* From now on the sink is called, unless it was cancelled meanwhile. Takes the reference. */
void tri_wmi_delivery_begin(struct wmi_delivery *delivery);

/* ---- event-sink.c ---- */

HRESULT tri_wmi_event_sink_new(struct tri_namespace *ns,
                               IWbemObjectSink **ret); /* what goes into it are events of ns */

/* ---- client-security.c: IClientSecurity, which CoSetProxyBlanket asks every proxy for ---- */

extern const IClientSecurityVtbl tri_wmi_client_security_vtbl;

#endif
