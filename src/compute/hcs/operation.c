/* HcsCreateOperation and what can be done with an operation. */
#include <computecore.h>
#include <errno.h>
#include <string.h>
#include <trireme.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "compute/hcs/call.h"
#include "compute/hcs/document.h"
#include "compute/hcs/event.h"
#include "compute/hcs/hresult.h"
#include "compute/hcs/schema-tables.h"

/* ---- life ---- */

static HCS_OPERATION new_operation(void *context, tri_op_callback *callback, tri_any_function *target, bool progress)
{
    struct tri_op *op = tri_op_new();
    int r = op ? 0 : -ENOMEM;
    if (r == 0 && target)
        r = tri_op_set_callback(op, callback, context, target);
    else if (r == 0 && context)
        r = tri_op_set_context(op, context);
    if (r == 0 && progress)
        r = tri_op_want_progress(op);
    if (r == 0)
        return handle_out(tri_op_handle(op));
    if (op)
        tri_op_close(tri_op_handle(op));
    SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return NULL;
}

HCS_OPERATION WINAPI HcsCreateOperation(const void *context, HCS_OPERATION_COMPLETION callback)
{
    return new_operation((void *)context, tri_hcs_completion, (tri_any_function *)callback, false);
}

HCS_OPERATION WINAPI HcsCreateOperationWithNotifications(HCS_OPERATION_OPTIONS eventTypes, const void *context,
                                                         HCS_EVENT_CALLBACK callback)
{
    if (!callback) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    return new_operation((void *)context, tri_hcs_notification, (tri_any_function *)callback,
                         eventTypes & HcsOperationOptionProgressUpdate);
}

void WINAPI HcsCloseOperation(HCS_OPERATION operation)
{
    tri_op_close(handle_in(operation));
}

/* ---- what it is ---- */

void *WINAPI HcsGetOperationContext(HCS_OPERATION operation)
{
    TRI_AUTO_OP struct tri_op *op = tri_op_from_handle(handle_in(operation));
    return op ? tri_op_context(op) : NULL;
}

HRESULT WINAPI HcsSetOperationContext(HCS_OPERATION operation, const void *context)
{
    TRI_AUTO_OP struct tri_op *op = tri_op_from_handle(handle_in(operation));
    return op ? tri_hcs_hresult(tri_op_set_context(op, (void *)context)) : E_HANDLE;
}

/* Is its completion the business of a handle's callback? */
static bool is_reported(struct tri_op *op)
{
    enum tri_op_state state = tri_op_state(op);
    struct tri_op_tag tag = tri_op_tag(op);
    if (state != TRI_OP_RUNNING && state != TRI_OP_CANCELLING)
        return false;
    TRI_AUTO_PROCESS struct tri_process *process = tri_process_from_handle(tag.object);
    TRI_AUTO_SYSTEM struct tri_system *system = tri_system_from_handle(tag.subject);
    bool on_process = process && tag.kind != HcsOperationTypeCreateProcess; /* which is a call on the system */
    if (on_process)
        return tri_hcs_reports((struct tri_hcs_subject){.process = process});
    return system && tri_hcs_reports((struct tri_hcs_subject){.system = system});
}

HRESULT WINAPI HcsSetOperationCallback(HCS_OPERATION operation, const void *context, HCS_OPERATION_COMPLETION callback)
{
    TRI_AUTO_OP struct tri_op *op = tri_op_from_handle(handle_in(operation));
    if (!op)
        return E_HANDLE;
    if (callback && is_reported(op))
        return HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET;
    return tri_hcs_hresult(
        tri_op_set_callback(op, callback ? tri_hcs_completion : NULL, (void *)context, (tri_any_function *)callback));
}

HCS_SYSTEM WINAPI HcsGetComputeSystemFromOperation(HCS_OPERATION operation)
{
    TRI_AUTO_OP struct tri_op *op = tri_op_from_handle(handle_in(operation));
    tri_handle subject = op ? tri_op_tag(op).subject : TRI_HANDLE_NONE;
    TRI_AUTO_SYSTEM struct tri_system *system = tri_system_from_handle(subject);
    return system ? handle_out(subject) : NULL;
}

HCS_PROCESS WINAPI HcsGetProcessFromOperation(HCS_OPERATION operation)
{
    TRI_AUTO_OP struct tri_op *op = tri_op_from_handle(handle_in(operation));
    tri_handle object = op ? tri_op_tag(op).object : TRI_HANDLE_NONE;
    TRI_AUTO_PROCESS struct tri_process *process = tri_process_from_handle(object);
    return process ? handle_out(object) : NULL;
}

HCS_OPERATION_TYPE WINAPI HcsGetOperationType(HCS_OPERATION operation)
{
    TRI_AUTO_OP struct tri_op *op = tri_op_from_handle(handle_in(operation));
    return op ? (HCS_OPERATION_TYPE)tri_op_tag(op).kind : HcsOperationTypeNone;
}

UINT64 WINAPI HcsGetOperationId(HCS_OPERATION operation)
{
    TRI_AUTO_OP struct tri_op *op = tri_op_from_handle(handle_in(operation));
    uint64_t id = op ? tri_op_id(op) : 0;
    return id ? id : HCS_INVALID_OPERATION_ID;
}

HRESULT WINAPI HcsGetOperationProperties(HCS_OPERATION operation, PCWSTR options, PWSTR *resultDocument)
{
    if (resultDocument)
        *resultDocument = NULL;
    TRI_AUTO_OP struct tri_op *op = tri_op_from_handle(handle_in(operation));
    if (!op || !resultDocument)
        return op ? E_INVALIDARG : E_HANDLE;
    TRI_AUTO_JSON json_t *ignored = NULL;
    int r = tri_hcs_document_read(options, &tri_schema_no_options, &ignored, NULL);
    if (r < 0)
        return tri_hcs_hresult(r);
    struct tri_op_info info;
    tri_op_info(op, &info);
    TRI_AUTO_SYSTEM struct tri_system *system = tri_system_from_handle(info.tag.subject);
    json_t *document = tri_hcs_operation_info(&info, system ? tri_system_id(system) : NULL);
    return tri_hcs_hresult(tri_hcs_document_write(document, resultDocument));
}

/* Only a live migration would use a resource, and none begins here: what is attached is checked, and not kept. */
HRESULT WINAPI HcsAddResourceToOperation(HCS_OPERATION operation, HCS_RESOURCE_TYPE type, PCWSTR uri, HANDLE handle)
{
    TRI_AUTO_OP struct tri_op *op = tri_op_from_handle(handle_in(operation));
    if (!op)
        return E_HANDLE;
    if (type <= HcsResourceTypeNone || type > HcsResourceTypeSocket || !uri || !*uri)
        return E_INVALIDARG;
    if (type == HcsResourceTypeJob || type == HcsResourceTypeComObject)
        return E_NOTIMPL;
    if (trireme_handle_fd(handle) < 0)
        return E_HANDLE;
    enum tri_op_state state = tri_op_state(op);
    return state == TRI_OP_IDLE || state == TRI_OP_DONE ? S_OK : HCS_E_OPERATION_ALREADY_STARTED;
}

/* A request that comes too late, or that this work cannot follow, is no error: the operation completes as it does. */
HRESULT WINAPI HcsCancelOperation(HCS_OPERATION operation)
{
    TRI_AUTO_OP struct tri_op *op = tri_op_from_handle(handle_in(operation));
    if (!op)
        return E_HANDLE;
    int r = tri_op_cancel(op);
    return r == -ESTALE || r == -EOPNOTSUPP ? S_OK : tri_hcs_from_operation(r);
}

/* ---- results ---- */

struct result {
    bool typed; /* asked with AndProcessInfo */
    HCS_PROCESS_INFORMATION *info;
    PWSTR *document;
    HRESULT hr;
};

static bool starts_process(int kind)
{
    return kind == HcsOperationTypeCreateProcess || kind == HcsOperationTypeGetProcessInfo;
}

static json_t *success_document(const struct tri_op_tag *tag, void *value)
{
    switch (tag->kind) {
    case HcsOperationTypeEnumerate:
        return tri_hcs_property_list(value);
    case HcsOperationTypeGetProperties:
        return tri_hcs_properties(value, tag->detail);
    case HcsOperationTypeGetProcessProperties:
        return tri_hcs_process_status(value);
    default:
        return NULL;
    }
}

static bool has_document(int kind)
{
    return kind == HcsOperationTypeEnumerate || kind == HcsOperationTypeGetProperties ||
           kind == HcsOperationTypeGetProcessProperties;
}

static HANDLE take_handle(int *fd)
{
    return *fd < 0 ? NULL : trireme_handle_from_fd(tri_take_fd(fd));
}

static void take_process(struct tri_process_start *start, HCS_PROCESS_INFORMATION *info)
{
    info->ProcessId = start->pid;
    info->StdInput = take_handle(&start->fds[0]);
    info->StdOutput = take_handle(&start->fds[1]);
    info->StdError = take_handle(&start->fds[2]);
}

static int read_result(void *context, const struct tri_op_tag *tag, int code, const struct tri_error *error,
                       void *value)
{
    struct result *result = context;
    result->hr = E_INVALIDARG;
    if (result->typed && !starts_process(tag->kind))
        return 0;
    int r = 0;
    if (result->document && code < 0)
        r = tri_hcs_document_write(tri_hcs_result_error(tag, code, error), result->document);
    else if (result->document && has_document(tag->kind))
        r = tri_hcs_document_write(success_document(tag, value), result->document);
    result->hr = r < 0 ? HCS_E_OPERATION_RESULT_ALLOCATION_FAILED : tri_hcs_hresult(code);
    if (result->info && SUCCEEDED(result->hr))
        take_process(value, result->info);
    return 0;
}

/* poll: do not wait, and say PENDING instead of TIMEOUT. */
static HRESULT get_result(HCS_OPERATION operation, bool poll, DWORD timeout_ms, struct result *result)
{
    if (result->document)
        *result->document = NULL;
    if (result->info)
        *result->info = (HCS_PROCESS_INFORMATION){0};
    TRI_AUTO_OP struct tri_op *op = tri_op_from_handle(handle_in(operation));
    if (!op)
        return E_HANDLE;
    if (result->typed && tri_op_state(op) != TRI_OP_IDLE && !starts_process(tri_op_tag(op).kind))
        return E_INVALIDARG;
    uint64_t deadline_ns = tri_deadline_ns(timeout_ms);
    int r;
    do {
        r = poll ? 0 : tri_op_wait(op, deadline_ns);
        r = r < 0 ? r : tri_op_read_result(op, read_result, result);
    } while (r == -EAGAIN && !poll); /* another thread has started it again before we could read */
    return r < 0 ? tri_hcs_from_operation(r) : result->hr;
}

HRESULT WINAPI HcsGetOperationResult(HCS_OPERATION operation, PWSTR *resultDocument)
{
    return get_result(operation, true, 0, &(struct result){.document = resultDocument});
}

HRESULT WINAPI HcsGetOperationResultAndProcessInfo(HCS_OPERATION operation, HCS_PROCESS_INFORMATION *processInformation,
                                                   PWSTR *resultDocument)
{
    return get_result(operation, true, 0,
                      &(struct result){.typed = true, .info = processInformation, .document = resultDocument});
}

HRESULT WINAPI HcsWaitForOperationResult(HCS_OPERATION operation, DWORD timeoutMs, PWSTR *resultDocument)
{
    return get_result(operation, false, timeoutMs, &(struct result){.document = resultDocument});
}

HRESULT WINAPI HcsWaitForOperationResultAndProcessInfo(HCS_OPERATION operation, DWORD timeoutMs,
                                                       HCS_PROCESS_INFORMATION *processInformation,
                                                       PWSTR *resultDocument)
{
    return get_result(operation, false, timeoutMs,
                      &(struct result){.typed = true, .info = processInformation, .document = resultDocument});
}
