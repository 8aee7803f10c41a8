#include "compute/process.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "compute/error.h"
#include "compute/handles.h"
#include "compute/request.h"

static void close_fds(int fds[3])
{
    for (int i = 0; i < 3; i++)
        tri_close(tri_take_fd(&fds[i]));
}

static void process_destroy(void *object)
{
    struct tri_process *process = object;
    close_fds(process->fds);
    tri_latch_finish(&process->latch);
    tri_session_unref(process->session);
    pthread_mutex_destroy(&process->lock);
}

static struct tri_table processes = TRI_TABLE(TRI_HANDLE_PROCESS, struct tri_process, process_destroy);

/* ---- handles ---- */

int tri_process_new(struct tri_session *session, tri_handle system, uint32_t pid, struct tri_process **ret_process)
{
    struct tri_process *process = tri_table_new(&processes);
    if (!process)
        return -ENOMEM;
    tri_connection_ref(&session->connection);
    process->session = session;
    process->handle = tri_table_handle(&processes, process);
    process->system = system;
    process->status.pid = pid;
    for (int i = 0; i < 3; i++) {
        process->fds[i] = -1;
        process->streams[i].number = -1;
    }
    pthread_mutex_init(&process->lock, NULL);
    if (tri_latch_init(&process->latch) < 0 || tri_session_add(session, process->handle, pid) < 0) {
        tri_object_unref(&processes, tri_table_close(&processes, process->handle));
        return -ENOMEM;
    }
    *ret_process = tri_object_ref(process);
    return 0;
}

struct tri_process *tri_process_from_handle(tri_handle handle)
{
    return tri_table_get(&processes, handle);
}

tri_handle tri_process_handle(struct tri_process *process)
{
    return process->handle;
}

tri_handle tri_process_system(struct tri_process *process)
{
    return process->system;
}

void tri_process_unref(struct tri_process *process)
{
    tri_object_unref(&processes, process);
}

bool tri_process_close(tri_handle handle)
{
    struct tri_process *process = tri_table_close(&processes, handle);
    if (!process)
        return false;
    tri_latch_close(&process->latch);
    tri_session_remove(process->session, handle);
    pthread_mutex_lock(&process->lock);
    TRI_AUTO_OP struct tri_op *start_op = TRI_TAKE(process->start_op);
    close_fds(process->fds);
    pthread_mutex_unlock(&process->lock);
    tri_process_unref(process);
    return true;
}

int tri_process_open(struct tri_system *system, uint32_t pid, struct tri_process **ret, struct tri_error *error)
{
    if (pid == 0 || pid > INT32_MAX)
        return tri_error_set(error, TRI_COMPUTE_NO_PROCESS, NULL, "There is no process %u.", (unsigned)pid);
    struct tri_process *process;
    json_t *message = json_pack("{ss sI}", "call", "open-process", "pid", (json_int_t)pid);
    json_auto_t *body = NULL;
    /* The handle is there first: the exit may be told as soon as the shim has answered. */
    if (!message || tri_process_new(system->session, system->handle, pid, &process) < 0) {
        json_decref(message);
        return tri_error_set(error, -ENOMEM, NULL, "Out of memory.");
    }
    int r = tri_request_ask(&system->session->connection, -1, message, tri_clock_ns() + TRI_ASK_NS, &body, error);
    if (r < 0) {
        tri_process_close(process->handle);
        tri_process_unref(process);
        return r;
    }
    *ret = process;
    return 0;
}

/* ---- standard handles ---- */

struct claimable {
    struct tri_process_start start;
    struct tri_process *process;
};

void tri_process_started(struct tri_process *process, uint32_t pid, int fds[3])
{
    pthread_mutex_lock(&process->lock);
    process->status.pid = pid;
    for (int i = 0; i < 3; i++) {
        process->streams[i] = tri_stream_of(fds[i], i == 0);
        process->fds[i] = tri_take_fd(&fds[i]);
    }
    pthread_mutex_unlock(&process->lock);
    tri_session_set_pid(process->session, process->handle, pid);
}

struct tri_process_start *tri_process_start_new(struct tri_process *process)
{
    struct claimable *claimable = malloc(sizeof(*claimable));
    if (!claimable)
        return NULL;
    claimable->process = tri_object_ref(process);
    TRI_LOCK_SCOPE(&process->lock);
    claimable->start.pid = process->status.pid;
    for (int i = 0; i < 3; i++)
        claimable->start.fds[i] = tri_take_fd(&process->fds[i]);
    return &claimable->start;
}

/* Unread descriptors go back to the process, unless that is closed: then this was the last chance to read them. */
static void give_back(struct tri_process *process, struct tri_process_start *start)
{
    bool closed = tri_latch_state(&process->latch) == TRI_LATCH_CLOSED;
    TRI_LOCK_SCOPE(&process->lock);
    if (process->start_value == start)
        process->start_value = NULL;
    for (int i = 0; i < 3; i++)
        if (!closed && start->fds[i] >= 0 && process->fds[i] < 0)
            process->fds[i] = tri_take_fd(&start->fds[i]);
}

void tri_process_start_free(void *data)
{
    struct claimable *claimable = data;
    give_back(claimable->process, &claimable->start);
    close_fds(claimable->start.fds);
    tri_process_unref(claimable->process);
    free(claimable);
}

/* Under the operation's lock, so that whoever reads the value there either has taken a descriptor or finds none. */
static int take_unread(void *context, const struct tri_op_tag *tag, int code, const struct tri_error *error,
                       void *value)
{
    struct tri_process *process = context;
    TRI_LOCK_SCOPE(&process->lock);
    if (!value || value != process->start_value)
        return 0;
    for (int i = 0; i < 3; i++)
        if (process->fds[i] < 0)
            process->fds[i] = tri_take_fd(&process->start_value->fds[i]);
    return 0;
}

/* ---- requests ---- */

/* What a request about the process's present has to fail with, if anything. */
static int check_running(struct tri_process *process, struct tri_error *error)
{
    pthread_mutex_lock(&process->lock);
    bool starting = process->status.pid == 0;
    pthread_mutex_unlock(&process->lock);
    enum tri_latch_state state = tri_latch_state(&process->latch);
    if (state == TRI_LATCH_EXITED)
        return tri_error_set(error, TRI_COMPUTE_PROCESS_STOPPED, NULL, "The process has exited.");
    if (state == TRI_LATCH_NEVER)
        return tri_error_set(error, TRI_COMPUTE_NO_PROCESS, NULL, "The process was not started.");
    if (starting)
        return tri_error_set(error, TRI_COMPUTE_BAD_STATE, NULL, "The process is still being started.");
    return 0;
}

static int remember(struct tri_process *process, struct tri_op *op, int r)
{
    if (r == 0)
        tri_latch_remember(&process->latch, op);
    return r;
}

static int reject(struct tri_process *process, struct tri_op *op, const struct tri_op_tag *tag, struct tri_error *error)
{
    int r = tri_op_reject(op, tag, error);
    tri_error_clear(error);
    return remember(process, op, r);
}

static json_t *message_for(struct tri_process *process, const char *call)
{
    TRI_LOCK_SCOPE(&process->lock);
    return json_pack("{ss sI}", "call", call, "pid", (json_int_t)process->status.pid);
}

/* A request with up to two numbers, for a process that runs. */
static int request(struct tri_process *process, const char *call, const char *name1, int value1, const char *name2,
                   int value2, struct tri_op *op, const struct tri_op_tag *tag)
{
    struct tri_error error = {0};
    if (check_running(process, &error) < 0)
        return reject(process, op, tag, &error);
    json_t *message = message_for(process, call);
    if (!message || json_object_set_new(message, name1, json_integer(value1)) < 0 ||
        (name2 && json_object_set_new(message, name2, json_integer(value2)) < 0)) {
        json_decref(message);
        return -ENOMEM;
    }
    return remember(process, op, tri_request_start(&process->session->connection, op, tag, message, NULL, NULL));
}

int tri_process_signal(struct tri_process *process, int signal_number, struct tri_op *op, const struct tri_op_tag *tag)
{
    return request(process, "signal", "signal", signal_number, NULL, 0, op, tag);
}

int tri_process_resize(struct tri_process *process, uint16_t rows, uint16_t columns, struct tri_op *op,
                       const struct tri_op_tag *tag)
{
    return request(process, "resize", "rows", rows, "columns", columns, op, tag);
}

int tri_process_close_streams(struct tri_process *process, unsigned streams, struct tri_op *op,
                              const struct tri_op_tag *tag)
{
    return request(process, "close-streams", "streams", (int)(streams & 7), NULL, 0, op, tag);
}

static struct tri_op *start_op_of(struct tri_process *process)
{
    TRI_LOCK_SCOPE(&process->lock);
    return process->start_op ? tri_op_ref(process->start_op) : NULL;
}

/* Known here: it takes no request. */
int tri_process_info(struct tri_process *process, struct tri_op *op, const struct tri_op_tag *tag)
{
    static const struct tri_op_provider provider = {.name = "process info"};
    struct tri_error error = {0};
    int r = check_running(process, &error);
    if (r < 0 && r != TRI_COMPUTE_PROCESS_STOPPED)
        return reject(process, op, tag, &error);
    tri_error_clear(&error);
    if ((r = tri_op_start(op, tag, &provider, NULL)) < 0)
        return r;
    TRI_AUTO_OP struct tri_op *start_op = start_op_of(process);
    if (start_op && start_op != op)
        (void)tri_op_read_result(start_op, take_unread, process);
    struct tri_process_start *start = tri_process_start_new(process);
    remember(process, op, 0);
    tri_op_complete(op, start ? 0 : -ENOMEM, NULL, start, start ? tri_process_start_free : NULL);
    return 0;
}

/* ---- the exit ---- */

static void settle(struct tri_process *process, const struct tri_process_status *status)
{
    pthread_mutex_lock(&process->lock);
    bool starting = process->status.pid == 0;
    if (status && !starting && !process->status.exited) {
        process->status.exited = true;
        process->status.unknown = status->unknown;
        process->status.wait_status = status->wait_status;
    }
    pthread_mutex_unlock(&process->lock);
    if (!status)
        tri_latch_settle(&process->latch, TRI_LATCH_LOST);
    else if (!starting) /* one that is being started fails to */
        tri_latch_settle(&process->latch, TRI_LATCH_EXITED);
}

void tri_process_settle(tri_handle handle, const struct tri_process_status *status)
{
    struct tri_process *process = tri_process_from_handle(handle);
    if (!process)
        return;
    settle(process, status);
    tri_process_unref(process);
}

void tri_process_never(tri_handle handle)
{
    struct tri_process *process = tri_process_from_handle(handle);
    if (!process)
        return;
    tri_latch_settle(&process->latch, TRI_LATCH_NEVER);
    tri_process_unref(process);
}

/* A terminal's end of input is typed by the shim; its other end stays, as a terminal's does. */
void tri_process_break_streams(tri_handle handle, unsigned streams)
{
    struct tri_process *process = tri_process_from_handle(handle);
    if (!process)
        return;
    pthread_mutex_lock(&process->lock);
    for (unsigned i = 0; i < 3; i++)
        if (streams & (1u << i) && !process->terminal)
            tri_stream_break(&process->streams[i]);
    pthread_mutex_unlock(&process->lock);
    tri_process_unref(process);
}

static struct tri_process_status status_of(struct tri_process *process)
{
    TRI_LOCK_SCOPE(&process->lock);
    return process->status;
}

int tri_process_wait_exit(struct tri_process *process, uint64_t deadline_ns, struct tri_process_status *ret_status)
{
    int state = tri_latch_wait(&process->latch, deadline_ns);
    switch (state) {
    case TRI_LATCH_EXITED:
        *ret_status = status_of(process);
        return 0;
    case TRI_LATCH_LOST:
        return TRI_COMPUTE_DISCONNECTED;
    case TRI_LATCH_NEVER:
        return TRI_COMPUTE_NO_PROCESS;
    case TRI_LATCH_CLOSED:
        return -ECANCELED;
    default:
        return state;
    }
}

static void tell(void *data, uint64_t state)
{
    struct tri_process *process = data;
    struct tri_watch watch = tri_latch_watcher(&process->latch);
    struct tri_process_status status = status_of(process);
    ((tri_process_callback *)watch.callback)(state == TRI_LATCH_EXITED ? &status : NULL, watch.context, watch.target);
}

static void release(void *data)
{
    tri_process_unref(data);
}

int tri_process_watch(struct tri_process *process, tri_process_callback *callback, void *context,
                      tri_any_function *target)
{
    const struct tri_watch watch = {(tri_any_function *)callback, context, target};
    struct tri_note *note = tri_note_new(tell, release, tri_object_ref(process));
    if (!note) {
        tri_process_unref(process);
        return -ENOMEM;
    }
    return tri_latch_watch(&process->latch, &watch, note);
}

tri_process_callback *tri_process_watcher(struct tri_process *process, void **ret_context,
                                          tri_any_function **ret_target)
{
    struct tri_watch watch = tri_latch_watcher(&process->latch);
    *ret_context = watch.context;
    *ret_target = watch.target;
    return (tri_process_callback *)watch.callback;
}

struct tri_mailbox *tri_process_mailbox(struct tri_process *process)
{
    return process->latch.box;
}

void tri_process_each_op(struct tri_process *process, void (*visit)(void *context, struct tri_op *op), void *context)
{
    tri_latch_each_op(&process->latch, visit, context);
}

/* ---- status ---- */

static void finish_query(struct tri_op *op, struct tri_reply *reply, void *context)
{
    struct tri_process *process = context;
    struct tri_process_status *status = NULL;
    int code = reply->code;
    if (code == 0 && !(status = malloc(sizeof(*status))))
        code = -ENOMEM;
    if (code == 0) {
        *status = status_of(process); /* the exit may have been told already */
        if (!status->exited) {
            status->exited = json_is_true(json_object_get(reply->body, "exited"));
            status->unknown = json_is_true(json_object_get(reply->body, "unknown"));
            status->wait_status = (int)json_integer_value(json_object_get(reply->body, "status"));
        }
    }
    tri_op_complete(op, code, &reply->error, status, status ? free : NULL);
}

static void release_query(void *context)
{
    tri_process_unref(context);
}

static int query_locally(struct tri_process *process, struct tri_op *op, const struct tri_op_tag *tag)
{
    static const struct tri_op_provider provider = {.name = "process status"};
    int r = tri_op_start(op, tag, &provider, NULL);
    if (r < 0)
        return r;
    struct tri_process_status *status = malloc(sizeof(*status));
    if (status)
        *status = status_of(process);
    remember(process, op, 0);
    tri_op_complete(op, status ? 0 : -ENOMEM, NULL, status, status ? free : NULL);
    return 0;
}

int tri_process_query(struct tri_process *process, struct tri_op *op, const struct tri_op_tag *tag)
{
    static const struct tri_request_use use = {finish_query, release_query, .only_asks = true};
    struct tri_error error = {0};
    int r = check_running(process, &error);
    if (r == 0)
        return remember(process, op,
                        tri_request_start(&process->session->connection, op, tag, message_for(process, "process-info"),
                                          &use, tri_object_ref(process)));
    if (r != TRI_COMPUTE_PROCESS_STOPPED)
        return reject(process, op, tag, &error);
    tri_error_clear(&error);
    return query_locally(process, op, tag);
}
