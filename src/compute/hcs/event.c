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

/* ---- the same of either kind of handle ---- */

static struct tri_hcs_subject subject_from_handle(tri_handle handle)
{
    return (struct tri_hcs_subject){tri_system_from_handle(handle), tri_process_from_handle(handle)};
}

static void subject_unref(struct tri_hcs_subject *subject)
{
    tri_system_unref(subject->system);
    if (subject->process)
        tri_process_unref(subject->process);
}

static tri_any_function *watcher(struct tri_hcs_subject of, void **ret_context, tri_any_function **ret_target)
{
    return of.process ? (tri_any_function *)tri_process_watcher(of.process, ret_context, ret_target)
                      : (tri_any_function *)tri_system_watcher(of.system, ret_context, ret_target);
}

static void each_op(struct tri_hcs_subject of, void (*visit)(void *context, struct tri_op *op))
{
    if (of.process)
        tri_process_each_op(of.process, visit, &of);
    else
        tri_system_each_op(of.system, visit, &of);
}

/* ---- completions, reported by the handle that the operation was used with ---- */

/* A note of the handle's mailbox. What it carries is the handle's value, for the object may be gone when it runs; and so
 * may the operation: who has closed that waits for nothing. */
static void operation_done(void *data, tri_handle operation)
{
    TRI_CLEANUP(subject_unref) struct tri_hcs_subject subject = subject_from_handle(handle_in(data));
    TRI_AUTO_OP struct tri_op *op = tri_op_from_handle(operation);
    void *context;
    tri_any_function *target;
    if (op && (subject.system || subject.process) && watcher(subject, &context, &target))
        deliver((HCS_EVENT_CALLBACK)target, context, HcsEventOperationCallback, NULL, operation);
}

/* An operation that was used here may serve elsewhere by now, and then it is none of this handle's business. */
static bool is_used_on(const struct tri_hcs_subject *of, struct tri_op *op)
{
    struct tri_op_tag tag = tri_op_tag(op);
    bool on_process = tag.object && tag.kind != HcsOperationTypeCreateProcess; /* which is a call on the system */
    if (of->process)
        return on_process && tag.object == tri_process_handle(of->process);
    return !on_process && tag.subject == tri_system_handle(of->system);
}

static void observe(void *context, struct tri_op *op)
{
    const struct tri_hcs_subject *of = context;
    if (!is_used_on(of, op))
        return;
    if (of->process)
        tri_op_observe(op, tri_process_mailbox(of->process), operation_done,
                       handle_out(tri_process_handle(of->process)));
    else
        tri_op_observe(op, tri_system_mailbox(of->system), operation_done, handle_out(tri_system_handle(of->system)));
}

bool tri_hcs_reports(struct tri_hcs_subject subject)
{
    void *context;
    tri_any_function *target, *watching = watcher(subject, &context, &target);
    return watching == (tri_any_function *)system_event_and_operations ||
           watching == (tri_any_function *)process_event_and_operations;
}

void tri_hcs_report_started(struct tri_hcs_subject subject)
{
    if (tri_hcs_reports(subject))
        each_op(subject, observe);
}

void tri_hcs_report(struct tri_hcs_subject subject, struct tri_op *op)
{
    if (tri_hcs_reports(subject))
        observe(&subject, op);
}

/* ---- registration ---- */

/* Whoever has read the result knows already. */
static void report_old(void *context, struct tri_op *op)
{
    struct tri_op_info info;
    tri_op_info(op, &info);
    if (!info.was_read)
        observe(context, op);
}

int tri_hcs_watch(struct tri_hcs_subject subject, HCS_EVENT_OPTIONS options, void *context, HCS_EVENT_CALLBACK callback)
{
    bool operations = options & HcsEventOptionEnableOperationCallbacks;
    tri_any_function *target = (tri_any_function *)callback;
    int r = subject.process
                ? tri_process_watch(subject.process, operations ? process_event_and_operations : process_event, context,
                                    target)
                : tri_system_watch(subject.system, operations ? system_event_and_operations : system_event, context,
                                   target);
    if (r == 0 && operations)
        each_op(subject, report_old);
    return r;
}

/* ---- an operation's own callback ---- */

void tri_hcs_completion(tri_handle op, void *context, tri_any_function *target)
{
    if (!tri_op_callback_is_progress()) /* which a callback wanted that was replaced */
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
    if (tri_op_callback_is_progress())
        deliver_progress(held, context, callback);
    else
        deliver(callback, context, HcsEventOperationCallback, NULL, op);
}
