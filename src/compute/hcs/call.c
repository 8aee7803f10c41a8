#include "compute/hcs/call.h"

#include <jansson.h>

#include "compute/hcs/document.h"
#include "compute/hcs/event.h"
#include "compute/hcs/hresult.h"

static HRESULT take_operation(struct tri_hcs_call *call, HCS_OPERATION operation, HCS_OPERATION_TYPE type)
{
    call->op = tri_op_from_handle(handle_in(operation));
    call->tag.kind = type;
    if (!call->op)
        return E_HANDLE;
    enum tri_op_state state = tri_op_state(call->op);
    return state == TRI_OP_IDLE || state == TRI_OP_DONE ? S_OK : HCS_E_OPERATION_ALREADY_STARTED;
}

static struct tri_hcs_subject subject_of(const struct tri_hcs_call *call)
{
    return (struct tri_hcs_subject){call->process ? NULL : call->system, call->process};
}

static HRESULT check_callback(const struct tri_hcs_call *call)
{
    return tri_hcs_reports(subject_of(call)) && tri_op_has_callback(call->op)
               ? HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET
               : S_OK;
}

HRESULT tri_hcs_call_without_system(struct tri_hcs_call *call, HCS_OPERATION operation, HCS_OPERATION_TYPE type)
{
    return take_operation(call, operation, type);
}

HRESULT tri_hcs_call_on_system(struct tri_hcs_call *call, HCS_SYSTEM system, HCS_OPERATION operation,
                               HCS_OPERATION_TYPE type)
{
    call->system = tri_system_from_handle(handle_in(system));
    call->tag.subject = handle_in(system);
    if (!call->system)
        return E_HANDLE;
    HRESULT hr = take_operation(call, operation, type);
    return FAILED(hr) ? hr : check_callback(call);
}

HRESULT tri_hcs_call_on_process(struct tri_hcs_call *call, HCS_PROCESS process, HCS_OPERATION operation,
                                HCS_OPERATION_TYPE type)
{
    call->process = tri_process_from_handle(handle_in(process));
    if (!call->process)
        return E_HANDLE;
    call->tag.subject = tri_process_system(call->process);
    call->tag.object = handle_in(process);
    HRESULT hr = take_operation(call, operation, type);
    return FAILED(hr) ? hr : check_callback(call);
}

void tri_hcs_call_finish(struct tri_hcs_call *call)
{
    tri_op_unref(call->op);
    tri_system_unref(call->system);
    if (call->process)
        tri_process_unref(call->process);
    tri_error_clear(&call->error);
}

int tri_hcs_call_check_options(struct tri_hcs_call *call, PCWSTR options, const struct tri_schema *schema)
{
    TRI_AUTO_JSON json_t *document = NULL;
    return tri_hcs_document_read(options, schema, &document, &call->error);
}

HRESULT tri_hcs_call_started(struct tri_hcs_call *call, int code)
{
    if (code < 0)
        return tri_hcs_from_start(code);
    if (call->process || call->system)
        tri_hcs_report_started(subject_of(call));
    return S_OK;
}

HRESULT tri_hcs_call_reject(struct tri_hcs_call *call)
{
    int r = tri_op_reject(call->op, &call->tag, &call->error);
    if (r < 0)
        return tri_hcs_from_start(r);
    if (call->process || call->system)
        tri_hcs_report(subject_of(call), call->op);
    return S_OK;
}
