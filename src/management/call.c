#include "management/call.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "management/call-private.h"

/* ---- life ---- */

static void call_free(struct tri_call *call)
{
    tri_rows_finish(&call->rows);
    tri_cim_object_unref(call->object);
    tri_cim_object_unref(call->result_object);
    tri_namespace_unref(call->result_namespace);
    tri_namespace_unref(call->ns);
    tri_prepared_unref(call->prepared);
    tri_path_clear(&call->path);
    tri_error_clear(&call->error);
    tri_names_free(call->properties, call->property_count);
    tri_op_unref(call->op);
    free(call->result_text);
    free(call->method);
    free(call->text);
    free(call);
}

struct tri_call *call_ref(struct tri_call *call)
{
    atomic_fetch_add_explicit(&call->references, 1, memory_order_relaxed);
    return call;
}

void call_unref(struct tri_call *call)
{
    if (atomic_fetch_sub_explicit(&call->references, 1, memory_order_acq_rel) == 1)
        call_free(call);
}

struct tri_call *tri_call_ref(struct tri_call *call)
{
    atomic_fetch_add_explicit(&call->users, 1, memory_order_relaxed);
    return call;
}

static bool has_rows(const struct tri_call *call)
{
    return call->kind >= TRI_CALL_ENUM_CLASSES;
}

/* Rows that nobody can read any more need not be made; all other work goes on to its end. */
void tri_call_unref(struct tri_call *call)
{
    if (!call || atomic_fetch_sub_explicit(&call->users, 1, memory_order_acq_rel) != 1)
        return;
    if (has_rows(call))
        call_cancel(call);
    call_unref(call);
}

void tri_call_unrefp(struct tri_call **call)
{
    tri_call_unref(*call);
}

/* ---- starting ---- */

static enum tri_rows_mode rows_mode(const struct tri_call_spec *spec, bool now)
{
    if (spec->kind == TRI_CALL_NOTIFY)
        return TRI_ROWS_LOSING;
    if (!(spec->flags & TRI_CALL_FORWARD_ONLY))
        return TRI_ROWS_RETAINED;
    return now ? TRI_ROWS_TAKEN : TRI_ROWS_WAITING;
}

static int copy_text(char **ret, const char *text)
{
    return text && !(*ret = strdup(text)) ? -ENOMEM : 0;
}

static int copy_properties(struct tri_call *call, const struct tri_call_spec *spec)
{
    if (spec->property_count == 0)
        return 0;
    call->properties = calloc(spec->property_count, sizeof(*call->properties));
    for (size_t i = 0; call->properties && i < spec->property_count; i++) {
        if (copy_text(&call->properties[i], spec->properties[i]) < 0)
            return -ENOMEM;
        call->property_count++;
    }
    return call->properties ? 0 : -ENOMEM;
}

static int copy_object(struct tri_call *call, const struct tri_call_spec *spec)
{
    return spec->object && !(call->object = tri_cim_object_copy(spec->object)) ? -ENOMEM : 0;
}

static int call_copy(struct tri_call *call, const struct tri_call_spec *spec)
{
    int r = copy_properties(call, spec);
    if (r == 0)
        r = copy_object(call, spec);
    return r == 0 ? copy_text(&call->method, spec->method) : r;
}

/* A relative name becomes a path from the root; a full one stays. */
static int child_path(struct tri_call *call, const char *text, struct tri_error *error)
{
    if (!text || !*text)
        return tri_error_set(error, TRI_MANAGEMENT_INVALID_NAMESPACE, NULL, "No namespace was named.");
    return asprintf(&call->text, "%s\\%s", tri_namespace_path(call->ns), text) < 0 ? (call->text = NULL, -ENOMEM) : 0;
}

/* What can be read of the request without looking anything up. */
static int call_read(struct tri_call *call, const char *text, struct tri_error *error)
{
    switch (call->kind) {
    case TRI_CALL_OPEN_NAMESPACE:
        return child_path(call, text, error);
    case TRI_CALL_GET_OBJECT:
        if (!text || !*text)
            return 0;
        return tri_path_parse(text, &call->path, error);
    case TRI_CALL_DELETE_INSTANCE:
    case TRI_CALL_EXEC_METHOD:
        return tri_path_parse(text ? text : "", &call->path, error);
    case TRI_CALL_QUERY:
        return tri_prepare(text ? text : "", &call->prepared, error);
    default:
        return copy_text(&call->text, text);
    }
}

static int refuse(struct tri_error *error, const char *sentence)
{
    return tri_error_set(error, TRI_MANAGEMENT_INVALID_PARAMETER, NULL, "%s", sentence);
}

static int spec_check(const struct tri_call_spec *spec, bool now, struct tri_error *error)
{
    const unsigned once = TRI_CALL_CREATE_ONLY | TRI_CALL_UPDATE_ONLY,
                   how = TRI_CALL_UPDATE_SAFE | TRI_CALL_UPDATE_FORCE;
    bool wants_object = spec->kind == TRI_CALL_PUT_CLASS || spec->kind == TRI_CALL_PUT_INSTANCE;
    bool wants_text =
        spec->kind == TRI_CALL_DELETE_CLASS || spec->kind == TRI_CALL_ENUM_INSTANCES || spec->kind == TRI_CALL_NOTIFY;
    if ((spec->flags & once) == once)
        return refuse(error, "An object cannot be put both only where it is new and only where it is there.");
    if ((spec->flags & how) == how)
        return refuse(error, "A class cannot be put both safely and by force.");
    if (wants_object && !spec->object)
        return refuse(error, "There is no object to be put.");
    if (wants_text && (!spec->text || !*spec->text))
        return refuse(error, "The call says nothing of what it is about.");
    if (spec->kind == TRI_CALL_EXEC_METHOD && (!spec->method || !*spec->method))
        return refuse(error, "There is no name of a method.");
    if (spec->kind == TRI_CALL_NOTIFY && now)
        return refuse(error, "A notification query never ends; it cannot be waited for.");
    return 0;
}

static struct tri_call *call_new(struct tri_namespace *ns, const struct tri_call_spec *spec, bool now)
{
    struct tri_call *call = calloc(1, sizeof(*call));
    if (!call)
        return NULL;
    call->users = call->references = 1;
    call->kind = spec->kind;
    call->flags = spec->flags;
    call->is_now = now;
    call->timeout_ms = spec->timeout_ms;
    call->keys_only = spec->keys_only;
    call->ns = tri_namespace_ref(ns);
    tri_rows_init(&call->rows, rows_mode(spec, now));
    return call;
}

static int call_start(struct tri_call *call, const struct tri_call_spec *spec, struct tri_error *error)
{
    int r = call_read(call, spec->text, error);
    if (r == 0)
        r = call_copy(call, spec);
    if (r == 0 && !(call->op = tri_op_new()))
        r = -ENOMEM;
    if (r == 0)
        r = call->is_now ? call_run_now(call, error) : call_run_later(call, error);
    return r == -ENOMEM ? tri_error_no_memory(error) : r;
}

int tri_call_start(struct tri_namespace *ns, const struct tri_call_spec *spec, bool now, struct tri_call **ret,
                   struct tri_error *error)
{
    int r = spec_check(spec, now, error);
    if (r < 0)
        return r;
    struct tri_call *call = call_new(ns, spec, now);
    if (!call)
        return tri_error_no_memory(error);
    r = call_start(call, spec, error);
    if (r < 0)
        call_unref(call);
    else
        *ret = call;
    return r;
}

/* ---- what users ask ---- */

struct tri_op *tri_call_op(struct tri_call *call)
{
    return call->op;
}

void tri_call_cancel(struct tri_call *call)
{
    call_cancel(call);
}

void tri_call_result(struct tri_call *call, struct tri_call_result *ret)
{
    *ret = (struct tri_call_result){
        .code = call->code,
        .error = call->error.code ? &call->error : NULL,
        .object = call->result_object,
        .text = call->result_text,
        .name_space = call->result_namespace,
        .kind = call->kind,
        .is_partial = call->is_partial,
    };
}

int tri_call_next(struct tri_call *call, uint64_t *position, uint64_t deadline_ns, struct tri_cim_object **ret)
{
    int r = tri_rows_next(&call->rows, position, deadline_ns, ret);
    return r == 0 ? call->code : r;
}

void tri_call_wake(struct tri_call *call, uint64_t position, struct tri_rows_waker *waker)
{
    tri_rows_wake(&call->rows, position, waker);
}

void tri_call_wake_all(struct tri_call *call)
{
    tri_rows_wake_all(&call->rows);
}
