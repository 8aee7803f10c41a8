/* Starting a process: the pool makes its pipes and finds its user, the shim starts it, the loop completes. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "compute/bundle.h"
#include "compute/error.h"
#include "compute/handles.h"
#include "op/op-provider.h"

struct launch {
    struct tri_call call;
    struct tri_op *op;
    struct tri_process *process;
    struct tri_process_spec *spec;
    bool begun; /* by a worker: what is cancelled before that is dropped, and never runs */
    bool ended; /* most likely: there is no root any more */
    int fds[3]; /* the client's ends */
};

static struct launch *launch_of(struct tri_call *call)
{
    return (struct launch *)call;
}

static struct tri_connection *connection_of(struct launch *launch)
{
    return &launch->process->session->connection;
}

static void close_fds(int fds[3])
{
    for (int i = 0; i < 3; i++)
        tri_close(tri_take_fd(&fds[i]));
}

static void launch_free(void *data)
{
    struct launch *launch = data;
    if (!launch->begun)
        tri_process_never(launch->process->handle);
    close_fds(launch->fds);
    tri_process_unref(launch->process);
    tri_process_spec_free(launch->spec);
    free(launch);
}

/* The last that is done with a launch. */
static void fail(struct launch *launch, int code, struct tri_error *error)
{
    close_fds(launch->fds);
    tri_process_never(launch->process->handle);
    tri_op_complete(launch->op, code, error, NULL, NULL);
}

/* ---- done ---- */

/* It runs, but nobody gets to know of it. */
static void kill_unwanted(struct launch *launch, json_int_t pid)
{
    json_t *message = json_pack("{ss sI si}", "call", "signal", "pid", pid, "signal", SIGKILL);
    if (message)
        (void)tri_connection_call(connection_of(launch), message, NULL, 0, NULL, NULL);
}

/* As pipes are: what was not asked for nobody would close. */
static int take_terminal(struct launch *launch, struct tri_reply *reply, struct tri_error *error)
{
    const struct tri_process_spec *spec = launch->spec;
    const bool wanted[] = {spec->stdin_pipe, spec->stdout_pipe};
    if (!spec->terminal)
        return 0;
    if (reply->fd_count != 1)
        return tri_error_set(error, -EPROTO, NULL, "The shim gave no terminal.");
    for (int i = 0; i < 2; i++)
        if (wanted[i] && (launch->fds[i] = fcntl(reply->fds[0], F_DUPFD_CLOEXEC, 3)) < 0)
            return tri_error_set(error, -errno, NULL, "The terminal cannot be duplicated: %m.");
    return 0;
}

static void on_started(struct tri_call *call, struct tri_reply *reply)
{
    struct launch *launch = launch_of(call);
    struct tri_process *process = launch->process;
    json_int_t pid = json_integer_value(json_object_get(reply->body, "pid"));
    int r = reply->code;
    if (r == 0 && (pid <= 0 || pid > INT32_MAX))
        r = tri_error_set(&reply->error, -EPROTO, NULL, "The shim gave no process id.");
    if (r == 0)
        r = take_terminal(launch, reply, &reply->error);
    if (r < 0) {
        if (pid > 0)
            kill_unwanted(launch, pid);
        fail(launch, r, &reply->error);
        return;
    }
    process->terminal = launch->spec->terminal;
    tri_process_started(process, (uint32_t)pid, launch->fds);
    struct tri_process_start *start = tri_process_start_new(process);
    pthread_mutex_lock(&process->lock);
    process->start_value = start;
    pthread_mutex_unlock(&process->lock);
    tri_op_complete(launch->op, start ? 0 : -ENOMEM, NULL, start, start ? tri_process_start_free : NULL);
}

/* ---- the request ---- */

static int make_pipe(struct launch *launch, int i, int *ret_child_fd)
{
    int read_fd, write_fd;
    int r = tri_stream_pipe(&read_fd, &write_fd);
    if (r < 0)
        return r;
    launch->fds[i] = i == 0 ? write_fd : read_fd;
    *ret_child_fd = i == 0 ? read_fd : write_fd;
    return 0;
}

/* The process's ends, in the order of their names in the message. */
static int make_streams(struct launch *launch, json_t *message, int child_fds[3], size_t *ret_count,
                        struct tri_error *error)
{
    static const char *const names[] = {"stdin", "stdout", "stderr"};
    const struct tri_process_spec *spec = launch->spec;
    const bool wanted[] = {spec->stdin_pipe, spec->stdout_pipe, spec->stderr_pipe};
    json_t *list = json_array();
    if (json_object_set_new(message, "fds", list) < 0)
        return tri_error_set(error, -ENOMEM, NULL, "Out of memory.");
    for (int i = 0; i < 3 && !spec->terminal; i++) {
        int r = wanted[i] ? make_pipe(launch, i, &child_fds[*ret_count]) : 0;
        if (r < 0 || (wanted[i] && json_array_append_new(list, json_string(names[i])) < 0))
            return tri_error_set(error, r < 0 ? r : -ENOMEM, NULL, "Pipes cannot be made for the process.");
        *ret_count += wanted[i];
    }
    return 0;
}

static bool is_own_process(const struct tri_process_spec *spec)
{
    return !spec->args && !spec->oci_process;
}

static int resolve_user(struct launch *launch, struct tri_user *user, struct tri_error *error)
{
    TRI_AUTO_CLOSE int root_fd = -1;
    struct tri_session *session = launch->process->session;
    pthread_mutex_lock(&session->lock);
    uint32_t init_pid = session->init_pid;
    pthread_mutex_unlock(&session->lock);
    struct tri_system_exit exit;
    if (init_pid == 0 && tri_session_exit(session, &exit))
        return tri_error_set(error, TRI_COMPUTE_STOPPED, NULL, "The system has stopped.");
    if (init_pid == 0)
        return tri_error_set(error, TRI_COMPUTE_BAD_STATE, NULL, "The container's own process does not run.");
    int r = tri_user_open_root(init_pid, &root_fd);
    launch->ended = r < 0;
    if (r < 0)
        return tri_error_set(error, TRI_COMPUTE_BAD_STATE, NULL, "The container's root cannot be opened.");
    return tri_user_resolve(root_fd, launch->spec->user, user, error);
}

static int add_process(struct launch *launch, json_t *message, struct tri_error *error)
{
    struct tri_user user = {0};
    json_t *process = NULL;
    if (is_own_process(launch->spec))
        return 0;
    int r = launch->spec->oci_process ? 0 : resolve_user(launch, &user, error);
    if (r == 0)
        r = tri_bundle_process(launch->spec, &user, &process, error);
    if (r < 0)
        return r;
    return json_object_set_new(message, "spec", process) < 0 ? -ENOMEM : 0;
}

static int send_request(struct launch *launch, struct tri_error *error)
{
    int child_fds[3] = {-1, -1, -1};
    size_t count = 0;
    json_auto_t *message = json_pack("{ss sb si si}", "call", "process", "terminal", launch->spec->terminal, "rows",
                                     (int)launch->spec->rows, "columns", (int)launch->spec->columns);
    int r = message ? add_process(launch, message, error) : -ENOMEM;
    if (r == 0)
        r = make_streams(launch, message, child_fds, &count, error);
    if (r < 0) {
        close_fds(child_fds);
        return tri_error_set(error, r, NULL, "Out of memory.");
    }
    launch->call.done = on_started;
    return tri_connection_call(connection_of(launch), TRI_TAKE(message), child_fds, count, &launch->call, error);
}

static int ask_info(struct launch *launch, void (*done)(struct tri_call *call, struct tri_reply *reply),
                    struct tri_error *error)
{
    launch->call.done = done;
    return tri_connection_call(connection_of(launch), json_pack("{ss}", "call", "info"), NULL, 0, &launch->call, error);
}

static void on_ending(struct tri_call *call, struct tri_reply *reply)
{
    struct launch *launch = launch_of(call);
    json_int_t ending = json_integer_value(json_object_get(reply->body, "ending"));
    bool stopped = json_is_object(json_object_get(reply->body, "exit"));
    int code = ending < 0 ? (int)ending : stopped ? TRI_COMPUTE_STOPPED : TRI_COMPUTE_BAD_STATE;
    if (reply->code == 0)
        tri_error_set(&reply->error, code, NULL, "The system ended before the process began.");
    fail(launch, reply->code < 0 ? reply->code : code, &reply->error);
}

static void launch_send(struct tri_op *op, void *data)
{
    struct launch *launch = data;
    struct tri_error error = {0};
    tri_connection_forget(connection_of(launch), &launch->call);
    int r = tri_op_cancelled(op) ? -ECANCELED : send_request(launch, &error);
    if (r < 0 && launch->ended) { /* how, the shim knows */
        tri_error_clear(&error);
        r = ask_info(launch, on_ending, &error);
    }
    if (r < 0)
        fail(launch, r, &error);
}

/* ---- first: which process is the container's? ---- */

static void on_info(struct tri_call *call, struct tri_reply *reply)
{
    struct launch *launch = launch_of(call);
    int r = reply->code;
    if (r == 0) {
        tri_session_note_info(launch->process->session, reply->body);
        r = tri_op_continue(launch->op, launch_send, launch);
    }
    if (r < 0)
        fail(launch, r, &reply->error);
}

static bool needs_info(struct launch *launch)
{
    struct tri_session *session = launch->process->session;
    TRI_LOCK_SCOPE(&session->lock);
    return launch->spec->args && !launch->spec->oci_process && session->init_pid == 0;
}

static void launch_run(struct tri_op *op, void *data)
{
    struct launch *launch = data;
    struct tri_error error = {0};
    launch->begun = true;
    if (!needs_info(launch)) {
        launch_send(op, launch);
        return;
    }
    int r = ask_info(launch, on_info, &error);
    if (r < 0)
        fail(launch, r, &error);
}

static int launch_cancel(struct tri_op *op, void *data)
{
    struct launch *launch = data;
    tri_connection_cancel(connection_of(launch), &launch->call);
    return 0;
}

static struct tri_op_tag tag_with_object(const struct tri_op_tag *tag, tri_handle object)
{
    struct tri_op_tag own = tag ? *tag : (struct tri_op_tag){.kind = -1};
    own.object = object;
    return own;
}

/* It is a call on the system: who closed that handle is told nothing more. */
static void remember(struct tri_process *process, struct tri_op *op)
{
    struct tri_system *system = tri_system_from_handle(process->system);
    if (system)
        tri_latch_remember(&system->latch, op);
    tri_system_unref(system);
}

int tri_process_prepare(struct tri_system *system, struct tri_process **ret)
{
    return tri_process_new(system->session, system->handle, 0, ret);
}

int tri_process_create(struct tri_process *process, struct tri_process_spec *spec, struct tri_op *op,
                       const struct tri_op_tag *tag)
{
    static const struct tri_op_provider provider = {"start a process", launch_run, launch_cancel, launch_free};
    struct launch *launch = calloc(1, sizeof(*launch));
    if (!launch) {
        tri_process_spec_free(spec);
        return -ENOMEM;
    }
    *launch = (struct launch){.op = op, .process = tri_object_ref(process), .spec = spec, .fds = {-1, -1, -1}};
    process->start_op = tri_op_ref(op);
    const struct tri_op_tag own_tag = tag_with_object(tag, process->handle);
    int r = tri_op_submit(op, &own_tag, &provider, launch);
    if (r < 0)
        launch_free(launch);
    else
        remember(process, op);
    return r;
}

int tri_process_create_failed(struct tri_process *process, struct tri_error *error, struct tri_op *op,
                              const struct tri_op_tag *tag)
{
    const struct tri_op_tag own_tag = tag_with_object(tag, process->handle);
    tri_process_never(process->handle);
    int r = tri_op_reject(op, &own_tag, error);
    if (r == 0)
        remember(process, op);
    return r;
}
