#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "compute/bundle.h"
#include "compute/cgroup.h"
#include "compute/error.h"
#include "compute/handles.h"
#include "compute/request.h"

static void system_destroy(void *object)
{
    struct tri_system *system = object;
    tri_latch_finish(&system->latch);
    tri_session_unref(system->session);
}

static struct tri_table systems = TRI_TABLE(TRI_HANDLE_SYSTEM, struct tri_system, system_destroy);

/* ---- handles ---- */

int tri_system_new(struct tri_session *session, struct tri_system **ret_system)
{
    struct tri_system *system = tri_table_new(&systems);
    if (!system)
        return -ENOMEM;
    tri_connection_ref(&session->connection);
    system->session = session;
    system->handle = session->system = tri_table_handle(&systems, system);
    if (tri_latch_init(&system->latch) < 0) {
        tri_object_unref(&systems, tri_table_close(&systems, system->handle));
        return -ENOMEM;
    }
    *ret_system = tri_object_ref(system);
    return 0;
}

struct tri_system *tri_system_from_handle(tri_handle handle)
{
    return tri_table_get(&systems, handle);
}

tri_handle tri_system_handle(struct tri_system *system)
{
    return system->handle;
}

const char *tri_system_id(const struct tri_system *system)
{
    return system->session->id;
}

void tri_system_unref(struct tri_system *system)
{
    tri_object_unref(&systems, system);
}

bool tri_system_close(tri_handle handle)
{
    struct tri_system *system = tri_table_close(&systems, handle);
    if (!system)
        return false;
    tri_latch_close(&system->latch);
    /* A shim that is gone has nothing to close; else this handle is counted no more, though processes may keep the
     * connection. */
    (void)tri_connection_call(&system->session->connection, json_pack("{ss}", "call", "close"), NULL, 0, NULL, NULL);
    tri_system_unref(system);
    return true;
}

/* ---- opening ---- */

static int open_folder(const char *name_space, const char *id, int *ret_folder_fd, struct tri_error *error)
{
    TRI_AUTO_SPACE struct tri_space space = TRI_SPACE_NONE;
    struct tri_error why = {0};
    int r = tri_id_check(id, "id", error);
    if (r < 0)
        return r;
    r = tri_space_open(name_space, false, &space, &why);
    if (r == 0)
        r = tri_registry_find(&space, id, ret_folder_fd);
    if (r == -ENOENT)
        tri_error_set(error, TRI_COMPUTE_NOT_FOUND, "id", "There is no system \"%s\".", id);
    else if (r < 0)
        tri_error_set(error, r, "id", "\"%s\" cannot be opened: %s", id, why.text ? why.text : strerror(-r));
    tri_error_clear(&why);
    return r == -ENOENT ? TRI_COMPUTE_NOT_FOUND : r;
}

static int connect_session(struct tri_session *session, int folder_fd, struct tri_error *error)
{
    struct tri_system_exit exit;
    json_auto_t *info = NULL;
    int r = tri_session_connect(session, folder_fd, true, tri_clock_ns() + TRI_ASK_NS, &info, error);
    if (r == 0 && tri_session_exit(session, &exit))
        tri_system_settle(session->system, true);
    return r;
}

int tri_system_open(const char *name_space, const char *id, struct tri_system **ret, struct tri_error *error)
{
    TRI_AUTO_CLOSE int folder_fd = -1;
    struct tri_system *system = NULL;
    int r = open_folder(name_space, id, &folder_fd, error);
    if (r < 0)
        return r;
    struct tri_session *session = tri_session_new();
    if (!session || !(session->id = strdup(id)) || tri_system_new(session, &system) < 0) {
        tri_session_unref(session);
        return tri_error_set(error, -ENOMEM, NULL, "Out of memory.");
    }
    /* The handle is there first: the exit may be told as soon as we are connected. */
    r = connect_session(session, folder_fd, error);
    tri_session_unref(session);
    if (r < 0) {
        tri_system_close(system->handle);
        tri_system_unref(system);
        return r == TRI_COMPUTE_DISCONNECTED ? TRI_COMPUTE_NOT_FOUND : r; /* it was just going away */
    }
    *ret = system;
    return 0;
}

/* ---- life ---- */

static int request(struct tri_system *system, struct tri_op *op, const struct tri_op_tag *tag, json_t *message)
{
    int r = tri_request_start(&system->session->connection, op, tag, message, NULL, NULL);
    if (r == 0)
        tri_latch_remember(&system->latch, op);
    return r;
}

int tri_system_start(struct tri_system *system, struct tri_op *op, const struct tri_op_tag *tag)
{
    return request(system, op, tag, json_pack("{ss}", "call", "start"));
}

int tri_system_shutdown(struct tri_system *system, struct tri_op *op, const struct tri_op_tag *tag)
{
    return request(system, op, tag, json_pack("{ss}", "call", "shutdown"));
}

int tri_system_terminate(struct tri_system *system, struct tri_op *op, const struct tri_op_tag *tag)
{
    return request(system, op, tag, json_pack("{ss}", "call", "terminate"));
}

int tri_system_pause(struct tri_system *system, struct tri_op *op, const struct tri_op_tag *tag)
{
    return request(system, op, tag, json_pack("{ss}", "call", "pause"));
}

int tri_system_resume(struct tri_system *system, struct tri_op *op, const struct tri_op_tag *tag)
{
    return request(system, op, tag, json_pack("{ss}", "call", "resume"));
}

int tri_system_save(struct tri_system *system, const char *path, struct tri_op *op, const struct tri_op_tag *tag)
{
    return request(system, op, tag, json_pack("{ss ss}", "call", "save", "path", path));
}

int tri_system_mount(struct tri_system *system, const struct tri_mount_spec *mount, struct tri_op *op,
                     const struct tri_op_tag *tag)
{
    return request(system, op, tag,
                   json_pack("{ss ss ss sb}", "call", "mount", "source", mount->source, "target", mount->target,
                             "read_only", mount->read_only));
}

int tri_system_unmount(struct tri_system *system, const char *target, struct tri_op *op, const struct tri_op_tag *tag)
{
    return request(system, op, tag, json_pack("{ss ss}", "call", "unmount", "target", target));
}

static int reject(struct tri_system *system, struct tri_op *op, const struct tri_op_tag *tag, struct tri_error *error)
{
    int r = tri_op_reject(op, tag, error);
    tri_error_clear(error);
    if (r == 0)
        tri_latch_remember(&system->latch, op);
    return r;
}

static const char *io_path_of(struct tri_session *session)
{
    TRI_LOCK_SCOPE(&session->lock);
    return session->record.io_path ? session->record.io_path : "/"; /* not known: it is still being created */
}

int tri_system_set_limits(struct tri_system *system, const struct tri_limits *limits, struct tri_op *op,
                          const struct tri_op_tag *tag)
{
    struct tri_error error = {0};
    json_t *resources = NULL;
    bool unified = tri_cgroup_layout(TRI_CGROUP_ROOT) == TRI_CGROUP_PURE;
    if (tri_bundle_resources(limits, unified, io_path_of(system->session), &resources, &error) < 0)
        return reject(system, op, tag, &error);
    return request(system, op, tag, json_pack("{ss so}", "call", "update", "resources", resources));
}

/* ---- exit and events ---- */

void tri_system_settle(tri_handle handle, bool exited)
{
    struct tri_system *system = tri_system_from_handle(handle);
    if (!system)
        return;
    tri_latch_settle(&system->latch, exited ? TRI_LATCH_EXITED : TRI_LATCH_LOST);
    tri_system_unref(system);
}

void tri_system_never(tri_handle handle)
{
    struct tri_system *system = tri_system_from_handle(handle);
    if (!system)
        return;
    tri_latch_settle(&system->latch, TRI_LATCH_NEVER);
    tri_system_unref(system);
}

static void tell(void *data, uint64_t state)
{
    struct tri_system *system = data;
    struct tri_watch watch = tri_latch_watcher(&system->latch);
    struct tri_system_event event = {.type = state == TRI_LATCH_EXITED ? TRI_SYSTEM_EXITED : TRI_SYSTEM_DISCONNECTED};
    (void)tri_session_exit(system->session, &event.exit);
    ((tri_system_callback *)watch.callback)(&event, watch.context, watch.target);
}

static void release(void *data)
{
    tri_system_unref(data);
}

int tri_system_watch(struct tri_system *system, tri_system_callback *callback, void *context, tri_any_function *target)
{
    const struct tri_watch watch = {(tri_any_function *)callback, context, target};
    struct tri_note *note = tri_note_new(tell, release, tri_object_ref(system));
    if (!note) {
        tri_system_unref(system);
        return -ENOMEM;
    }
    return tri_latch_watch(&system->latch, &watch, note);
}

tri_system_callback *tri_system_watcher(struct tri_system *system, void **ret_context, tri_any_function **ret_target)
{
    struct tri_watch watch = tri_latch_watcher(&system->latch);
    *ret_context = watch.context;
    *ret_target = watch.target;
    return (tri_system_callback *)watch.callback;
}

struct tri_mailbox *tri_system_mailbox(struct tri_system *system)
{
    return system->latch.box;
}

void tri_system_each_op(struct tri_system *system, void (*visit)(void *context, struct tri_op *op), void *context)
{
    tri_latch_each_op(&system->latch, visit, context);
}

int tri_system_wait_exit(struct tri_system *system, uint64_t deadline_ns, struct tri_system_exit *ret_exit)
{
    int state = tri_latch_wait(&system->latch, deadline_ns);
    switch (state) {
    case TRI_LATCH_EXITED:
        (void)tri_session_exit(system->session, ret_exit);
        return 0;
    case TRI_LATCH_LOST:
        return TRI_COMPUTE_DISCONNECTED;
    case TRI_LATCH_NEVER:
        return TRI_COMPUTE_NOT_FOUND;
    case TRI_LATCH_CLOSED:
        return -ECANCELED;
    default:
        return state;
    }
}
