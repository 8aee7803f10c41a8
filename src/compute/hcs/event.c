#include "compute/hcs/event.h"

#include "base/cleanup.h"
#include "compute/hcs/call.h"
#include "compute/hcs/document.h"

/* The data is borrowed by the callback. Without memory the event is told without data rather than not at all. */
static void deliver(HCS_EVENT_CALLBACK callback, void *context, HCS_EVENT_TYPE type, json_t *data, tri_handle operation)
{
    TRI_AUTO_FREE WCHAR *text = NULL;
    if (data && tri_hcs_document_write(data, &text) < 0)
        text = NULL;
    HCS_EVENT event = {.Type = type, .EventData = text, .Operation = handle_out(operation)};
    callback(&event, context);
}

/* ---- what happens to systems and processes ---- */

static void system_event(const struct tri_system_event *event, void *context, tri_any_function *target)
{
    HCS_EVENT_CALLBACK callback = (HCS_EVENT_CALLBACK)target;
    if (event->type == TRI_SYSTEM_EXITED)
        deliver(callback, context, HcsEventSystemExited, tri_hcs_system_exit(&event->exit), TRI_HANDLE_NONE);
    else
        deliver(callback, context, HcsEventServiceDisconnect, NULL, TRI_HANDLE_NONE);
}

static void system_event_and_operations(const struct tri_system_event *event, void *context, tri_any_function *target)
{
    system_event(event, context, target);
}

static void process_event(const struct tri_process_status *status, void *context, tri_any_function *target)
{
    HCS_EVENT_CALLBACK callback = (HCS_EVENT_CALLBACK)target;
    if (status)
        deliver(callback, context, HcsEventProcessExited, tri_hcs_process_status(status), TRI_HANDLE_NONE);
    else
        deliver(callback, context, HcsEventServiceDisconnect, NULL, TRI_HANDLE_NONE);
}

static void process_event_and_operations(const struct tri_process_status *status, void *context,
                                         tri_any_function *target)
{
    process_event(status, context, target);
}

/* ---- completions, reported by the handle that the operation was used with ---- */

/* Notes of the handle's mailbox. What they carry is the handle's value, for the object may be gone when they run. */
static void system_operation_done(void *data, tri_handle operation)
{
    TRI_AUTO_SYSTEM struct tri_system *system = tri_system_from_handle(handle_in(data));
    void *context;
    tri_any_function *target;
    if (system && tri_system_watcher(system, &context, &target))
        deliver((HCS_EVENT_CALLBACK)target, context, HcsEventOperationCallback, NULL, operation);
}

static void process_operation_done(void *data, tri_handle operation)
{
    TRI_AUTO_PROCESS struct tri_process *process = tri_process_from_handle(handle_in(data));
    void *context;
    tri_any_function *target;
    if (process && tri_process_watcher(process, &context, &target))
        deliver((HCS_EVENT_CALLBACK)target, context, HcsEventOperationCallback, NULL, operation);
}

static void observe_for_system(void *context, struct tri_op *op)
{
    struct tri_system *system = context;
    tri_op_observe(op, tri_system_mailbox(system), system_operation_done, handle_out(tri_system_handle(system)));
}

static void observe_for_process(void *context, struct tri_op *op)
{
    struct tri_process *process = context;
    tri_op_observe(op, tri_process_mailbox(process), process_operation_done, handle_out(tri_process_handle(process)));
}

bool tri_hcs_system_reports(struct tri_system *system)
{
    void *context;
    tri_any_function *target;
    return tri_system_watcher(system, &context, &target) == system_event_and_operations;
}

bool tri_hcs_process_reports(struct tri_process *process)
{
    void *context;
    tri_any_function *target;
    return tri_process_watcher(process, &context, &target) == process_event_and_operations;
}

void tri_hcs_system_report_started(struct tri_system *system)
{
    if (tri_hcs_system_reports(system))
        tri_system_each_op(system, observe_for_system, system);
}

void tri_hcs_process_report_started(struct tri_process *process)
{
    if (tri_hcs_process_reports(process))
        tri_process_each_op(process, observe_for_process, process);
}

void tri_hcs_system_report(struct tri_system *system, struct tri_op *op)
{
    if (tri_hcs_system_reports(system))
        observe_for_system(system, op);
}

void tri_hcs_process_report(struct tri_process *process, struct tri_op *op)
{
    if (tri_hcs_process_reports(process))
        observe_for_process(process, op);
}

/* ---- registration ---- */

/* Whoever has read the result knows already. */
static bool is_old_news(struct tri_op *op)
{
    struct tri_op_info info;
    tri_op_info(op, &info);
    return info.was_read;
}

static void report_old_to_system(void *context, struct tri_op *op)
{
    if (!is_old_news(op))
        observe_for_system(context, op);
}

static void report_old_to_process(void *context, struct tri_op *op)
{
    if (!is_old_news(op))
        observe_for_process(context, op);
}

int tri_hcs_system_watch(struct tri_system *system, HCS_EVENT_OPTIONS options, void *context,
                         HCS_EVENT_CALLBACK callback)
{
    bool operations = options & HcsEventOptionEnableOperationCallbacks;
    int r = tri_system_watch(system, operations ? system_event_and_operations : system_event, context,
                             (tri_any_function *)callback);
    if (r == 0 && operations)
        tri_system_each_op(system, report_old_to_system, system);
    return r;
}

int tri_hcs_process_watch(struct tri_process *process, HCS_EVENT_OPTIONS options, void *context,
                          HCS_EVENT_CALLBACK callback)
{
    bool operations = options & HcsEventOptionEnableOperationCallbacks;
    int r = tri_process_watch(process, operations ? process_event_and_operations : process_event, context,
                              (tri_any_function *)callback);
    if (r == 0 && operations)
        tri_process_each_op(process, report_old_to_process, process);
    return r;
}

/* ---- an operation's own callback ---- */

void tri_hcs_completion(tri_handle op, void *context, tri_any_function *target)
{
    if (tri_op_poll_handle(op) == TRI_OP_DONE) /* else it is progress, wanted by a callback that was replaced */
        ((HCS_OPERATION_COMPLETION)target)(handle_out(op), context);
}

static void deliver_progress(struct tri_op *op, void *context, HCS_EVENT_CALLBACK callback)
{
    struct tri_op_info info;
    tri_op_info(op, &info);
    TRI_AUTO_SYSTEM struct tri_system *system = tri_system_from_handle(info.tag.subject);
    json_t *data = tri_hcs_operation_info(&info, system ? tri_system_id(system) : NULL);
    deliver(callback, context, HcsEventGroupOperationInfo, data, tri_op_handle(op));
}

void tri_hcs_notification(tri_handle op, void *context, tri_any_function *target)
{
    HCS_EVENT_CALLBACK callback = (HCS_EVENT_CALLBACK)target;
    TRI_AUTO_OP struct tri_op *held = tri_op_from_handle(op);
    if (!held)
        return;
    if (tri_op_state(held) == TRI_OP_DONE)
        deliver(callback, context, HcsEventOperationCallback, NULL, op);
    else
        deliver_progress(held, context, callback);
}
