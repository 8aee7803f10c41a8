/* IWbemCallResult: a call that goes on, or has ended.
 *
 *   the call          GetCallStatus                  a getter that fits       one that does not
 *   runs              WBEM_S_TIMEDOUT                WBEM_S_TIMEDOUT          WBEM_S_TIMEDOUT
 *   went well         S_OK, *plStatus S_OK           S_OK and the value       WBEM_E_INVALID_OPERATION
 *   failed            S_OK, *plStatus its HRESULT    its HRESULT              its HRESULT
 *
 * Letting go of the object does not stop the call. Nothing is consumed: each getter may be called again. */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "management/wmi/services.h"

struct call_result {
    struct tri_com_object com;
    struct tri_com_face IWbemCallResult_face, IClientSecurity_face;
    struct wmi_call call;
    struct tri_op *op; /* the call's */
};

static struct call_result *this_result(IWbemCallResult *This)
{
    return (struct call_result *)((struct tri_com_face *)This)->object; /* inline: this is what a poll costs */
}

/* ---- waiting ---- */

HRESULT tri_wmi_deadline(LONG timeout_ms, const char *operation, uint64_t *ret_ns)
{
    if ((ULONG)timeout_ms == (ULONG)WBEM_INFINITE)
        *ret_ns = TRI_DEADLINE_NEVER;
    else if (timeout_ms < 0)
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, operation,
                              "A timeout is 0, a number of milliseconds, or WBEM_INFINITE, not %d.", (int)timeout_ms);
    else
        *ret_ns = timeout_ms ? tri_deadline_ns((uint32_t)timeout_ms) : 0;
    return S_OK;
}

/* S_OK once the call is done; WBEM_S_TIMEDOUT. */
static HRESULT await(const struct call_result *result, LONG timeout_ms)
{
    bool is_done = tri_op_state(result->op) == TRI_OP_DONE;
    uint64_t deadline_ns = 0;
    if (timeout_ms == WBEM_NO_WAIT)
        return is_done ? S_OK : WBEM_S_TIMEDOUT;
    HRESULT hr = tri_wmi_deadline(timeout_ms, result->call.operation, &deadline_ns);
    if (FAILED(hr))
        return hr;
    return is_done || tri_op_wait(result->op, deadline_ns) == 0 ? S_OK : WBEM_S_TIMEDOUT;
}

static HRESULT tell(const struct call_result *result, const struct tri_call_result *outcome)
{
    return tri_wmi_tell(result->call.operation, result->call.parameter, outcome->code, outcome->error);
}

/* ---- GetCallStatus ---- */

/* What *plStatus says of a call that runs: nothing that clients may look at. Those that do, and take 0 for success, can
 * be found with TRIREME_STRICT=1. */
static LONG running_status(void)
{
    static _Atomic int strict; /* 0: not known yet; 1: no; 2: yes, and not said yet; 3: yes */
    int known = atomic_load_explicit(&strict, memory_order_relaxed);
    if (known == 0) {
        const char *value = getenv("TRIREME_STRICT");
        known = value && !strcmp(value, "1") ? 2 : 1;
        atomic_store_explicit(&strict, known, memory_order_relaxed);
    }
    if (known == 2 && atomic_compare_exchange_strong(&strict, &known, 3))
        TRI_LOG("wmi",
                "GetCallStatus timed out, and stores WBEM_S_PENDING; only S_OK says that *plStatus is the outcome");
    return known == 1 ? 0 : WBEM_S_PENDING;
}

/* The error object of a failed call is left for the thread, though this method itself succeeds: it is where clients
 * that poll learn of the failure. */
static HRESULT STDMETHODCALLTYPE call_result_GetCallStatus(IWbemCallResult *This, LONG lTimeout, LONG *plStatus)
{
    const struct call_result *result = this_result(This);
    if (!plStatus)
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, "GetCallStatus", "GetCallStatus needs a place for the status.");
    HRESULT hr = await(result, lTimeout);
    if (hr != S_OK) {
        if (SUCCEEDED(hr))
            *plStatus = running_status();
        return hr;
    }
    struct tri_call_result outcome;
    tri_call_result(result->call.call, &outcome);
    if (outcome.code < 0) {
        *plStatus = tell(result, &outcome);
    } else {
        *plStatus = WBEM_S_NO_ERROR;
        tri_wmi_clear_error();
    }
    return WBEM_S_NO_ERROR;
}

/* ---- the getters ---- */

static HRESULT wrong_getter(const char *getter, const struct call_result *result)
{
    return tri_wmi_refuse(WBEM_E_INVALID_OPERATION, getter, "%s has no result of that kind.", result->call.operation);
}

/* What all getters have in common. S_OK: the call went well, and *ret_outcome is what it has. */
static HRESULT begin_getter(const struct call_result *result, const char *getter, LONG timeout_ms, void **out,
                            struct tri_call_result *ret_outcome)
{
    if (!out)
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, getter, "%s needs a place for the result.", getter);
    *out = NULL;
    HRESULT hr = await(result, timeout_ms);
    if (hr != S_OK)
        return hr;
    tri_call_result(result->call.call, ret_outcome);
    if (ret_outcome->code < 0)
        return tell(result, ret_outcome);
    tri_wmi_clear_error();
    return S_OK;
}

/* The object is shared until a client changes it: class-object.c then takes a copy. */
HRESULT tri_wmi_result_object(const struct tri_call_result *result, IWbemClassObject **ret)
{
    *ret = NULL;
    if (!result->object)
        return S_OK;
    return tri_wmi_object_new(tri_cim_object_ref(result->object), ret);
}

HRESULT tri_wmi_result_services(const struct tri_call_result *result, IWbemServices **ret)
{
    return tri_wmi_services_new(tri_namespace_ref(result->name_space), ret);
}

/* A method without outputs succeeds with NULL. */
static HRESULT STDMETHODCALLTYPE call_result_GetResultObject(IWbemCallResult *This, LONG lTimeout,
                                                             IWbemClassObject **ppResultObject)
{
    const struct call_result *result = this_result(This);
    struct tri_call_result outcome;
    HRESULT hr = begin_getter(result, "GetResultObject", lTimeout, (void **)ppResultObject, &outcome);
    if (hr != S_OK)
        return hr;
    if (outcome.kind != TRI_CALL_GET_OBJECT && outcome.kind != TRI_CALL_EXEC_METHOD)
        return wrong_getter("GetResultObject", result);
    return tri_wmi_result_object(&outcome, ppResultObject);
}

static HRESULT STDMETHODCALLTYPE call_result_GetResultString(IWbemCallResult *This, LONG lTimeout,
                                                             BSTR *pstrResultString)
{
    const struct call_result *result = this_result(This);
    struct tri_call_result outcome;
    HRESULT hr = begin_getter(result, "GetResultString", lTimeout, (void **)pstrResultString, &outcome);
    if (hr != S_OK)
        return hr;
    return outcome.text ? tri_wmi_text(outcome.text, pstrResultString) : wrong_getter("GetResultString", result);
}

static HRESULT STDMETHODCALLTYPE call_result_GetResultServices(IWbemCallResult *This, LONG lTimeout,
                                                               IWbemServices **ppServices)
{
    const struct call_result *result = this_result(This);
    struct tri_call_result outcome;
    HRESULT hr = begin_getter(result, "GetResultServices", lTimeout, (void **)ppServices, &outcome);
    if (hr != S_OK)
        return hr;
    return outcome.name_space ? tri_wmi_result_services(&outcome, ppServices)
                              : wrong_getter("GetResultServices", result);
}

/* ---- the class ---- */

static const IWbemCallResultVtbl call_result_vtbl = {
    TRI_COM_UNKNOWN(IWbemCallResult),
    .GetResultObject = call_result_GetResultObject,
    .GetResultString = call_result_GetResultString,
    .GetResultServices = call_result_GetResultServices,
    .GetCallStatus = call_result_GetCallStatus,
};

static void call_result_destroy(void *object)
{
    tri_wmi_call_clear(&((struct call_result *)object)->call);
}

static const struct tri_com_row call_result_rows[] = {
    {&IID_IWbemCallResult, offsetof(struct call_result, IWbemCallResult_face), &call_result_vtbl},
    {&IID_IClientSecurity, offsetof(struct call_result, IClientSecurity_face), &tri_wmi_client_security_vtbl},
};

static const struct tri_com_class call_result_class = {
    .name = "call result",
    .size = sizeof(struct call_result),
    .rows = call_result_rows,
    .row_count = sizeof call_result_rows / sizeof call_result_rows[0],
    .destroy = call_result_destroy,
};

HRESULT tri_wmi_call_result_new(struct wmi_call *call, IWbemCallResult **ret)
{
    *ret = NULL;
    struct call_result *result = tri_com_new(&call_result_class);
    if (!result)
        return tri_wmi_fail(call->operation, NULL, -ENOMEM, NULL);
    result->call = *call;
    *call = (struct wmi_call){0};
    result->op = tri_call_op(result->call.call);
    *ret = (IWbemCallResult *)&result->IWbemCallResult_face;
    return S_OK;
}
