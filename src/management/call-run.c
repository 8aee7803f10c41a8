/* Who does a call's work, and how it ends.
 *
 * A call that is to be done now runs on its caller's thread, up to the point where a provider has to be asked; then,
 * like all others, it runs on a worker. However that goes, the call is settled once: by whoever did the work, by the
 * deadline (the waiting caller, or a timer), or by a cancel. A worker that is late finds it settled, and what it
 * brings is dropped. */
#include "management/call-private.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "management/timeout.h"

/* ---- the end ---- */

static void outcome_clear(struct call_outcome *outcome)
{
    tri_cim_object_unref(outcome->object);
    tri_namespace_unref(outcome->name_space);
    free(outcome->text);
    *outcome = (struct call_outcome){0};
}

static void call_keep(struct tri_call *call, int code, struct tri_error *error, struct call_outcome *outcome)
{
    call->code = code == -ETIMEDOUT ? TRI_MANAGEMENT_TIMED_OUT : code; /* rows say -ETIMEDOUT of themselves */
    tri_error_move(&call->error, error);
    if (code < 0 && call->error.code == 0)
        tri_error_set(&call->error, code, NULL, code == -ENOMEM ? "Out of memory." : "The call failed with error %d.",
                      -code);
    if (!outcome)
        return;
    call->result_object = outcome->object;
    call->result_text = outcome->text;
    call->result_namespace = outcome->name_space;
    call->is_partial = outcome->is_partial;
    *outcome = (struct call_outcome){0};
}

bool call_settle(struct tri_call *call, int code, struct tri_error *error, struct call_outcome *outcome)
{
    if (atomic_exchange(&call->is_settled, true)) {
        tri_error_clear(error);
        if (outcome)
            outcome_clear(outcome);
        return false;
    }
    if (!call->is_now)
        tri_timer_disarm(&call->timer);
    call_keep(call, code, error, outcome);
    atomic_store_explicit(&call->stop, true, memory_order_relaxed);
    tri_rows_end(&call->rows, code == TRI_MANAGEMENT_CANCELLED);
    tri_op_complete(call->op, code, NULL, NULL, NULL);
    return true;
}

void call_cancel(struct tri_call *call)
{
    struct tri_error error = {0};
    if (!atomic_load(&call->is_settled)) {
        tri_error_set(&error, TRI_MANAGEMENT_CANCELLED, NULL, "The call was cancelled.");
        if (call_settle(call, TRI_MANAGEMENT_CANCELLED, &error, NULL))
            tri_working_abandon(&call->working, false);
    }
    struct tri_event_watch *watch = atomic_exchange(&call->watch, NULL);
    if (watch)
        tri_event_watch_stop(watch);
}

static void call_expire(struct tri_call *call)
{
    struct tri_error error = {0};
    tri_error_set(&error, TRI_MANAGEMENT_PROVIDER_TIMED_OUT, NULL,
                  "Nothing came for %.3g seconds. TRIREME_OP_TIMEOUT (seconds) sets how long a call may take.",
                  (double)call->timeout_ns / (double)TRI_NS_PER_SEC);
    if (call_settle(call, TRI_MANAGEMENT_PROVIDER_TIMED_OUT, &error, NULL))
        tri_working_abandon(&call->working, true);
}

/* ---- the work ---- */

/* Precise to some milliseconds, and costs next to nothing a row. */
static uint64_t coarse_clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (uint64_t)now.tv_sec * TRI_NS_PER_SEC + (uint64_t)now.tv_nsec;
}

static int take_row(void *context, struct tri_cim_object *object)
{
    struct tri_call *call = context;
    int r = tri_rows_add(&call->rows, object);
    if (call->timeout_ns)
        atomic_store_explicit(&call->moved_ns, coarse_clock_ns(), memory_order_relaxed);
    return r;
}

static void tell_progress(void *context, unsigned percent)
{
    struct tri_call *call = context;
    if (!atomic_load_explicit(&call->is_settled, memory_order_relaxed))
        tri_op_progress(call->op, percent, NULL);
}

static int put_class(struct tri_call *call, struct call_outcome *outcome, struct tri_error *error)
{
    const struct tri_cim_object *object = call->object;
    if (!object->is_class)
        return tri_error_set(error, TRI_MANAGEMENT_INVALID_CLASS, object->cls->name,
                             "An instance was given, where a class is to be put.");
    int r = tri_namespace_put_class(call->ns, object->cls, call->flags, error);
    if (r < 0)
        return r;
    struct tri_path path = {.server = (char *)tri_server_name(),
                            .name_space = (char *)tri_namespace_path(call->ns),
                            .class_name = object->cls->name};
    return tri_path_text(&path, &outcome->text);
}

static int get_object(struct tri_call *call, struct tri_run *run, struct call_outcome *outcome, struct tri_error *error)
{
    if (call->path.class_name || call->path.name_space || call->path.server)
        return tri_run_object(run, &call->path, &outcome->object, error);
    struct tri_class *blank = tri_class_new();
    outcome->object = blank ? tri_cim_object_of_class(blank) : NULL;
    return outcome->object ? 0 : tri_error_no_memory(error);
}

static int call_do(struct tri_call *call, struct tri_run *run, struct call_outcome *outcome, struct tri_error *error)
{
    int r = tri_namespace_check(call->ns, error);
    if (r < 0)
        return r;
    switch (call->kind) {
    case TRI_CALL_OPEN_NAMESPACE:
        return tri_namespace_open(call->text, &outcome->name_space, error);
    case TRI_CALL_GET_OBJECT:
        return get_object(call, run, outcome, error);
    case TRI_CALL_PUT_CLASS:
        return put_class(call, outcome, error);
    case TRI_CALL_DELETE_CLASS:
        return tri_namespace_delete_class(call->ns, call->text, error);
    case TRI_CALL_PUT_INSTANCE:
        return tri_run_put_instance(run, call->object, &outcome->text, error);
    case TRI_CALL_DELETE_INSTANCE:
        return tri_run_delete_instance(run, &call->path, error);
    case TRI_CALL_EXEC_METHOD:
        return tri_run_method(run, &call->path, call->method, call->object, &outcome->object, error);
    case TRI_CALL_ENUM_CLASSES:
        return tri_run_classes(run, call->text, error);
    case TRI_CALL_ENUM_INSTANCES:
        return tri_run_instances(run, call->text, error);
    case TRI_CALL_QUERY:
        return tri_run_query(run, call->prepared, error);
    case TRI_CALL_NOTIFY:
        break; /* call_run_later */
    }
    return TRI_MANAGEMENT_UNEXPECTED;
}

static uint64_t deadline_of(const struct tri_call *call)
{
    uint64_t moved_ns = atomic_load_explicit(&call->moved_ns, memory_order_relaxed);
    return call->timeout_ns == TRI_DEADLINE_NEVER || call->timeout_ns == 0 ? TRI_DEADLINE_NEVER
                                                                           : moved_ns + call->timeout_ns;
}

/* 0 or a code: it is settled. TRI_RUN_NEEDS_WORKER: nothing has happened. */
static int call_work(struct tri_call *call, bool may_ask_providers)
{
    struct call_outcome outcome = {0};
    struct tri_error error = {0};
    struct tri_run run = {
        .ns = call->ns,
        .flags = call->flags,
        .properties = (const char *const *)call->properties,
        .property_count = call->property_count,
        .keys_only = call->keys_only,
        .may_ask_providers = may_ask_providers,
        .stop = &call->stop,
        .deadline_ns = deadline_of(call),
        .take = take_row,
        .progress = call->is_now ? NULL : tell_progress,
        .context = call,
    };
    int r = call_do(call, &run, &outcome, &error);
    if (r == TRI_RUN_NEEDS_WORKER)
        return r;
    TRI_LOG("management", "call of kind %d ends with %d%s%s", (int)call->kind, r, error.text ? ": " : "",
            error.text ? error.text : "");
    outcome.is_partial = run.is_partial;
    if (r == 0 && !run.is_partial)
        tri_error_clear(&error);
    call_settle(call, r, &error, &outcome);
    return r;
}

static void work_on_worker(struct tri_op *op, void *data)
{
    struct tri_call *call = data;
    tri_working_begin(&call->working);
    bool is_settled = atomic_load(&call->is_settled); /* after saying so: who settles it looks the other way round */
    if (!is_settled && call_work(call, !tri_working_too_many()) == TRI_RUN_NEEDS_WORKER) {
        struct tri_error error = {0};
        int code = tri_working_refuse(&error);
        call_settle(call, code, &error, NULL);
    }
    tri_working_end(&call->working);
    call_unref(call);
}

static int ask_worker(struct tri_call *call)
{
    int r = tri_op_continue(call->op, work_on_worker, call_ref(call));
    if (r < 0)
        call_unref(call);
    return r;
}

/* ---- deadlines ---- */

static void deadline_begin(struct tri_call *call)
{
    call->timeout_ns = call->timeout_ms ? call->timeout_ms * TRI_NS_PER_MS : tri_management_timeout_ns();
    atomic_store(&call->moved_ns, tri_clock_ns());
}

/* The deadline has passed; or 0, where a row came meanwhile, or the reader is who is slow. */
static bool deadline_moved(struct tri_call *call)
{
    if (tri_rows_producer_waits(&call->rows))
        atomic_store(&call->moved_ns, tri_clock_ns());
    return tri_clock_ns() < deadline_of(call);
}

static void on_deadline(void *data)
{
    struct tri_call *call = call_ref(data); /* it lives at this moment: who settles it waits for us */
    if (!deadline_moved(call))
        call_expire(call);
    else if (!atomic_load(&call->is_settled))
        tri_timer_arm(&call->timer, deadline_of(call));
    call_unref(call);
}

static void wait_until_settled(struct tri_call *call)
{
    while (tri_op_wait(call->op, deadline_of(call)) == -ETIMEDOUT)
        if (!deadline_moved(call))
            call_expire(call);
}

/* ---- now ---- */

int call_run_now(struct tri_call *call, struct tri_error *error)
{
    static const struct tri_op_provider provider = {.name = "management"};
    int r = tri_op_start(call->op, NULL, &provider, NULL);
    if (r < 0 || call_work(call, false) != TRI_RUN_NEEDS_WORKER)
        return r;
    deadline_begin(call);
    r = ask_worker(call);
    if (r < 0)
        call_settle(call, r, error, NULL);
    else
        wait_until_settled(call);
    return 0;
}

/* ---- later ---- */

static int on_op_cancel(struct tri_op *op, void *data)
{
    call_cancel(data);
    return 0;
}

static void on_op_release(void *data)
{
    call_unref(data);
}

static const struct tri_op_provider later_provider = {
    .name = "management", .cancel = on_op_cancel, .release = on_op_release};

/* ---- subscriptions ---- */

static void tell_event(void *context, struct tri_cim_object *event)
{
    struct tri_call *call = context;
    (void)tri_rows_add(&call->rows, event);
}

static void events_failed(void *context, int code, struct tri_error *error)
{
    call_settle(context, code, error, NULL);
}

static int start_watch(struct tri_call *call, struct tri_error *error)
{
    TRI_AUTO_QUERY struct tri_query *query = NULL;
    struct tri_event_watch *watch = NULL;
    int r = tri_query_parse(call->text, true, &query, error);
    if (r == 0)
        r = tri_event_watch_start(call->ns, query, tell_event, events_failed, call, &watch, error);
    if (r == 0)
        atomic_store(&call->watch, watch);
    return r;
}

static int start_work(struct tri_call *call, struct tri_error *error)
{
    if (call->kind == TRI_CALL_NOTIFY)
        return start_watch(call, error);
    deadline_begin(call);
    call->timer.run = on_deadline;
    call->timer.data = call;
    int r = tri_timer_arm(&call->timer, deadline_of(call));
    return r < 0 ? r : ask_worker(call);
}

int call_run_later(struct tri_call *call, struct tri_error *error)
{
    int r = tri_op_start(call->op, NULL, &later_provider, call_ref(call));
    if (r < 0) {
        call_unref(call);
        return r;
    }
    r = start_work(call, error);
    if (r < 0)
        call_settle(call, r, &(struct tri_error){0}, NULL);
    return r;
}
