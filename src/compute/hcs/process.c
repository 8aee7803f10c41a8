/* Processes in compute systems. */
#include <computecore.h>
#include <errno.h>
#include <signal.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "compute/hcs/call.h"
#include "compute/hcs/document.h"
#include "compute/hcs/event.h"
#include "compute/hcs/hresult.h"
#include "compute/hcs/schema-tables.h"

/* ---- create, open, close ---- */

static int begin(struct tri_hcs_call *call, struct tri_process *process, PCWSTR parameters)
{
    struct tri_process_spec *spec = NULL;
    if (tri_hcs_read_process(parameters, &spec, &call->tag.detail, &call->error) < 0)
        return tri_process_create_failed(process, &call->error, call->op, &call->tag);
    return tri_process_create(process, spec, call->op, &call->tag);
}

/* As that of a system: the caller has its handle before anything begins. */
static HRESULT create(struct tri_hcs_call *call, PCWSTR parameters, HCS_PROCESS *ret_process)
{
    TRI_AUTO_PROCESS struct tri_process *process = NULL;
    int r = tri_process_prepare(call->system, &process);
    if (r < 0)
        return tri_hcs_hresult(r);
    tri_handle handle = tri_process_handle(process);
    *ret_process = handle_out(handle);
    HRESULT hr = tri_hcs_call_started(call, begin(call, process, parameters));
    if (FAILED(hr)) {
        *ret_process = NULL;
        tri_process_close(handle);
    }
    return hr;
}

HRESULT WINAPI HcsCreateProcess(HCS_SYSTEM computeSystem, PCWSTR processParameters, HCS_OPERATION operation,
                                const SECURITY_DESCRIPTOR *securityDescriptor, HCS_PROCESS *process)
{
    if (process)
        *process = NULL;
    TRI_AUTO_CALL struct tri_hcs_call call = {0};
    HRESULT hr = tri_hcs_call_on_system(&call, computeSystem, operation, HcsOperationTypeCreateProcess);
    if (SUCCEEDED(hr) && (!processParameters || securityDescriptor || !process))
        hr = E_INVALIDARG;
    return FAILED(hr) ? hr : create(&call, processParameters, process);
}

HRESULT WINAPI HcsOpenProcess(HCS_SYSTEM computeSystem, DWORD processId, DWORD requestedAccess, HCS_PROCESS *process)
{
    (void)requestedAccess;
    if (process)
        *process = NULL;
    TRI_AUTO_SYSTEM struct tri_system *system = tri_system_from_handle(handle_in(computeSystem));
    TRI_AUTO_PROCESS struct tri_process *opened = NULL;
    if (!system || !process)
        return system ? E_INVALIDARG : E_HANDLE;
    int r = tri_process_open(system, processId, &opened, NULL);
    if (r == 0)
        *process = handle_out(tri_process_handle(opened));
    return tri_hcs_hresult(r);
}

void WINAPI HcsCloseProcess(HCS_PROCESS process)
{
    tri_process_close(handle_in(process));
}

/* ---- control ---- */

HRESULT WINAPI HcsTerminateProcess(HCS_PROCESS process, HCS_OPERATION operation, PCWSTR options)
{
    TRI_AUTO_CALL struct tri_hcs_call call = {0};
    HRESULT hr = tri_hcs_call_on_process(&call, process, operation, HcsOperationTypeSignalProcess);
    if (FAILED(hr))
        return hr;
    if (tri_hcs_call_check_options(&call, options, &tri_schema_no_options) < 0)
        return tri_hcs_call_reject(&call);
    return tri_hcs_call_started(&call, tri_process_signal(call.process, SIGKILL, call.op, &call.tag));
}

HRESULT WINAPI HcsSignalProcess(HCS_PROCESS process, HCS_OPERATION operation, PCWSTR options)
{
    TRI_AUTO_CALL struct tri_hcs_call call = {0};
    int signal_number;
    HRESULT hr = tri_hcs_call_on_process(&call, process, operation, HcsOperationTypeSignalProcess);
    if (FAILED(hr))
        return hr;
    if (tri_hcs_read_signal(options, &signal_number, &call.error) < 0)
        return tri_hcs_call_reject(&call);
    return tri_hcs_call_started(&call, tri_process_signal(call.process, signal_number, call.op, &call.tag));
}

HRESULT WINAPI HcsModifyProcess(HCS_PROCESS process, HCS_OPERATION operation, PCWSTR settings)
{
    TRI_AUTO_CALL struct tri_hcs_call call = {0};
    struct tri_process_change change;
    HRESULT hr = tri_hcs_call_on_process(&call, process, operation, HcsOperationTypeModifyProcess);
    if (FAILED(hr) || !settings)
        return FAILED(hr) ? hr : E_INVALIDARG;
    if (tri_hcs_read_process_change(settings, &change, &call.error) < 0)
        return tri_hcs_call_reject(&call);
    if (change.streams)
        return tri_hcs_call_started(&call, tri_process_close_streams(call.process, change.streams, call.op, &call.tag));
    return tri_hcs_call_started(&call,
                                tri_process_resize(call.process, change.rows, change.columns, call.op, &call.tag));
}

/* ---- query ---- */

HRESULT WINAPI HcsGetProcessInfo(HCS_PROCESS process, HCS_OPERATION operation)
{
    TRI_AUTO_CALL struct tri_hcs_call call = {0};
    HRESULT hr = tri_hcs_call_on_process(&call, process, operation, HcsOperationTypeGetProcessInfo);
    return FAILED(hr) ? hr : tri_hcs_call_started(&call, tri_process_info(call.process, call.op, &call.tag));
}

/* The documentation calls the query a ProcessStatus, which is what is answered: there is nothing to choose. */
HRESULT WINAPI HcsGetProcessProperties(HCS_PROCESS process, HCS_OPERATION operation, PCWSTR propertyQuery)
{
    (void)propertyQuery;
    TRI_AUTO_CALL struct tri_hcs_call call = {0};
    HRESULT hr = tri_hcs_call_on_process(&call, process, operation, HcsOperationTypeGetProcessProperties);
    return FAILED(hr) ? hr : tri_hcs_call_started(&call, tri_process_query(call.process, call.op, &call.tag));
}

/* ---- exit and events ---- */

HRESULT WINAPI HcsWaitForProcessExit(HCS_PROCESS computeSystem, DWORD timeoutMs, PWSTR *result)
{
    if (result)
        *result = NULL;
    TRI_AUTO_PROCESS struct tri_process *process = tri_process_from_handle(handle_in(computeSystem));
    if (!process)
        return E_HANDLE;
    struct tri_process_status status;
    int r = tri_process_wait_exit(process, tri_deadline_ns(timeoutMs), &status);
    if (r == 0 && result)
        r = tri_hcs_document_write(tri_hcs_process_status(&status), result);
    return r == -ECANCELED ? HCS_E_OPERATION_ALREADY_CANCELLED : tri_hcs_hresult(r);
}

HRESULT WINAPI HcsSetProcessCallback(HCS_PROCESS process, HCS_EVENT_OPTIONS callbackOptions, void *context,
                                     HCS_EVENT_CALLBACK callback)
{
    TRI_AUTO_PROCESS struct tri_process *watched = tri_process_from_handle(handle_in(process));
    if (!watched || !callback)
        return watched ? E_INVALIDARG : E_HANDLE;
    int r = tri_hcs_watch((struct tri_hcs_subject){.process = watched}, callbackOptions, context, callback);
    return r == -EALREADY ? HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET : tri_hcs_hresult(r);
}
