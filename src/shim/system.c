/* The system: its states, and the calls that change them. */
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "compute/error.h"
#include "shim/shim.h"

#define IN(state) TRI_SHIM_IN(TRI_SHIM_##state)
#define LIVE (IN(CREATED) | IN(RUNNING) | IN(PAUSED))

/* ---- states ---- */

static const struct {
    const char *name; /* in traces */
    const char *told; /* to clients; NULL: what was told before it began to stop */
    unsigned next;
} states[] = {
    [TRI_SHIM_NEW] = {"new", "creating", IN(CREATING) | IN(STOPPING)},
    [TRI_SHIM_CREATING] = {"creating", "creating", IN(CREATED) | IN(STOPPING)},
    [TRI_SHIM_CREATED] = {"created", "created", IN(RUNNING) | IN(STOPPING)},
    [TRI_SHIM_RUNNING] = {"running", "running", IN(PAUSED) | IN(STOPPING)},
    [TRI_SHIM_PAUSED] = {"paused", "paused", IN(RUNNING) | IN(STOPPING)},
    [TRI_SHIM_STOPPING] = {"stopping", NULL, IN(STOPPED)},
    [TRI_SHIM_STOPPED] = {"stopped", "stopped", 0},
};
_Static_assert(sizeof(states) / sizeof(states[0]) == TRI_SHIM_STATE_COUNT, "each state has its row");

void tri_shim_set_state(struct tri_shim *shim, enum tri_shim_state state)
{
    assert(states[shim->state].next & TRI_SHIM_IN(state));
    TRI_LOG("shim", "%s -> %s", states[shim->state].name, states[state].name);
    shim->state = state;
}

static const char *state_name(const struct tri_shim *shim)
{
    const char *told = states[shim->state].told;
    return told ? told : states[shim->state_before_stop].told;
}

bool tri_shim_require(struct tri_request *request, unsigned allowed)
{
    const struct tri_shim *shim = request->shim;
    if (TRI_SHIM_IN(shim->state) & allowed)
        return true;
    if (shim->state >= TRI_SHIM_STOPPING)
        tri_stop_refuse(request);
    else
        tri_request_refuse(request, TRI_COMPUTE_BAD_STATE, NULL, "The system is %s.", state_name(shim));
    return false;
}

/* As tri_shim_require, and there is a container to work on. */
static bool require_container(struct tri_request *request, unsigned allowed)
{
    if (!tri_shim_require(request, allowed))
        return false;
    if (request->shim->init_pid > 0)
        return true;
    tri_request_refuse(request, TRI_COMPUTE_BAD_STATE, NULL, "The container's own process has not been started.");
    return false;
}

json_t *tri_shim_exit_object(const struct tri_shim *shim)
{
    json_t *object = json_pack("{s:s, s:s, s:b}", "type", shim->exit.type, "by", shim->exit.by, "out_of_memory",
                               shim->exit.out_of_memory);
    if (object && shim->program.exited)
        json_object_set_new(object, "status", json_integer(shim->program.wait_status));
    return object;
}

json_t *tri_shim_info(const struct tri_shim *shim)
{
    json_t *info =
        json_pack("{s:s, s:i, s:I, s:b}", "state", state_name(shim), "init_pid", (int)shim->init_pid, "start_wall_ns",
                  (json_int_t)shim->start_wall_ns, "terminate_on_last_close", shim->terminate_on_last_close);
    if (info && shim->state == TRI_SHIM_STOPPING)
        json_object_set_new(info, "ending", json_integer(tri_stop_code(shim)));
    if (info && shim->state == TRI_SHIM_STOPPED)
        json_object_set_new(info, "exit", tri_shim_exit_object(shim));
    return info;
}

/* ---- one after another ---- */

static void move_queue(struct tri_shim *shim)
{
    if (shim->queue_moves)
        return;
    shim->queue_moves = true;
    struct tri_request *request;
    while (shim->state < TRI_SHIM_STOPPING && (request = TAILQ_FIRST(&shim->queue)) &&
           request->phase == TRI_REQUEST_QUEUED) {
        request->phase = TRI_REQUEST_STARTED;
        tri_request_handle(request);
    }
    shim->queue_moves = false;
}

void tri_shim_enqueue(struct tri_request *request)
{
    struct tri_shim *shim = request->shim;
    if (shim->state >= TRI_SHIM_STOPPING) {
        tri_stop_refuse(request);
        return;
    }
    request->phase = TRI_REQUEST_QUEUED;
    TAILQ_INSERT_TAIL(&shim->queue, request, queue_link);
    move_queue(shim);
}

void tri_shim_dequeue(struct tri_request *request)
{
    TAILQ_REMOVE(&request->shim->queue, request, queue_link);
    request->phase = TRI_REQUEST_DIRECT;
    move_queue(request->shim);
}

/* ---- running the runtime for a request ---- */

static void run_for(struct tri_request *request, tri_command_done *done, const char *const *arguments)
{
    struct tri_error error = {0};
    struct tri_command *command = tri_command_new(request->shim, request, done);
    if (!command)
        tri_request_refuse(request, -ENOMEM, NULL, "Out of memory.");
    else if (tri_command_run_runtime(command, arguments, NULL, &error) < 0)
        tri_request_fail(request, &error);
}

/* ---- create ---- */

static int check_text(bool good, const char *member, const char *wish, struct tri_error *error)
{
    if (good)
        return 0;
    return tri_error_set(error, TRI_COMPUTE_BAD_DOCUMENT, member, "\"%s\" must be %s.", member, wish);
}

static bool is_runtime_id(const char *text)
{
    for (const char *c = text; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("_+-.", *c))
            return false;
    return strlen(text) <= NAME_MAX && strcmp(text, ".") && strcmp(text, "..");
}

static bool has_dot_dot(const char *path)
{
    size_t length = strlen(path);
    return strstr(path, "/../") || (length >= 3 && !strcmp(path + length - 3, "/.."));
}

/* Absolute, not the root, not upwards: in a container, or in the tree of cgroups. */
static bool is_below_root(const char *path)
{
    return path[0] == '/' && path[strspn(path, "/.")] != '\0' && !has_dot_dot(path);
}

static int check_create(const struct tri_request *request, struct tri_error *error)
{
    const char *kind = tri_request_text(request, "kind");
    int r = check_text(!strcmp(kind, "runc") || !strcmp(kind, "crun"), "kind", "\"runc\" or \"crun\"", error);
    if (r == 0)
        r = check_text(tri_request_text(request, "runtime")[0] == '/', "runtime", "an absolute path", error);
    if (r == 0)
        r = check_text(is_runtime_id(tri_request_text(request, "runtime_id")), "runtime_id",
                       "made of letters, digits, \"_\", \"+\", \"-\" and \".\"", error);
    if (r == 0)
        r = check_text(is_below_root(tri_request_text(request, "cgroup")), "cgroup",
                       "an absolute path, not the root, without \"..\"", error);
    return r;
}

static int keep_create(struct tri_shim *shim, const struct tri_request *request, struct tri_error *error)
{
    shim->runtime = strdup(tri_request_text(request, "runtime"));
    shim->runtime_id = strdup(tri_request_text(request, "runtime_id"));
    shim->cgroup = strdup(tri_request_text(request, "cgroup"));
    shim->kind = !strcmp(tri_request_text(request, "kind"), "crun") ? TRI_RUNTIME_CRUN : TRI_RUNTIME_RUNC;
    shim->own_init = tri_request_flag(request, "own_init");
    shim->terminate_on_last_close = tri_request_flag(request, "terminate_on_last_close");
    if (!shim->runtime || !shim->runtime_id || !shim->cgroup)
        return tri_error_set(error, -ENOMEM, NULL, "Out of memory.");
    return 0;
}

static int prepare(struct tri_shim *shim, const struct tri_request *request, struct tri_error *error)
{
    int r = check_create(request, error);
    if (r == 0)
        r = keep_create(shim, request, error);
    if (r < 0)
        return r;
    if (access(shim->runtime, X_OK) < 0)
        return tri_error_set(error, TRI_COMPUTE_UNAVAILABLE, shim->runtime, "The runtime \"%s\" cannot be run: %s.",
                             shim->runtime, strerror(errno));
    r = tri_folder_make(shim->folder_fd, "tmp", 0700);
    if (r < 0)
        return tri_error_set(error, r, shim->folder, "The system's folder cannot be written: %s.", strerror(-r));
    return tri_root_mount(shim, json_object_get(request->body, "root"), error);
}

static void created(struct tri_shim *shim, struct tri_request *request)
{
    struct tri_error error = {0};
    int r = tri_client_listen(shim);
    if (r < 0) {
        tri_error_set(&error, r, shim->folder, "The system's socket cannot be made: %s.", strerror(-r));
        tri_stop_undo(shim, &error);
        return;
    }
    tri_shim_set_state(shim, TRI_SHIM_CREATED);
    tri_request_reply(request, NULL);
}

/* Process 1 waits in the runtime's "create" to be let go; or has ended already. */
static int adopt_init(struct tri_command *command, struct tri_error *error)
{
    struct tri_shim *shim = command->shim;
    pid_t pid;
    int wait_status, r = tri_command_read_pid(command, &pid, error);
    if (r < 0)
        return r;
    if (tri_guest_take_orphan(&shim->guests, command->orphan_mark, pid, &wait_status))
        return tri_error_set(error, TRI_COMPUTE_UNEXPECTED_EXIT, NULL, "Process 1 of the container ended at once.");
    shim->init_pid = pid;
    return 0;
}

static void create_done(struct tri_command *command, int wait_status)
{
    if (!command->request || command->shim->state != TRI_SHIM_CREATING) /* it is being undone */
        return;
    struct tri_error error = {0};
    int r = tri_command_check(command, wait_status, "The container could not be created", &error);
    if (r == 0)
        r = adopt_init(command, &error);
    if (r < 0)
        tri_stop_undo(command->shim, &error);
    else
        created(command->shim, command->request);
}

static int create_container(struct tri_request *request, struct tri_error *error)
{
    struct tri_shim *shim = request->shim;
    struct tri_command *command = tri_command_new(shim, request, create_done);
    if (!command)
        return tri_error_set(error, -ENOMEM, NULL, "Out of memory.");
    char pid_path[PATH_MAX], bundle_path[PATH_MAX];
    tri_command_path(command, TRI_COMMAND_PID, pid_path);
    snprintf(bundle_path, sizeof(bundle_path), "%s/bundle", shim->folder);
    const char *arguments[] = {"create", "--bundle", bundle_path, "--pid-file", pid_path, shim->runtime_id, NULL};
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) {
        tri_command_free(command);
        return tri_error_set(error, -errno, NULL, "A pipe cannot be made: %m.");
    }
    TRI_AUTO_CLOSE int theirs = ends[1];
    shim->ready_pipe.fd = ends[0];
    const int fds[] = {-1, theirs, -1};
    return tri_command_run_runtime(command, arguments, fds, error);
}

void tri_shim_create(struct tri_request *request)
{
    struct tri_shim *shim = request->shim;
    struct tri_error error = {0};
    tri_shim_set_state(shim, TRI_SHIM_CREATING);
    int r = prepare(shim, request, &error);
    if (r == 0 && shim->own_init)
        r = create_container(request, &error);
    if (r < 0)
        tri_stop_undo(shim, &error);
    else if (!shim->own_init)
        created(shim, request);
}

void tri_shim_cancel_create(struct tri_request *request)
{
    struct tri_error error = {0};
    if (request->shim->state != TRI_SHIM_CREATING) /* it has failed, and is being undone */
        return;
    request->cancelled = true;
    tri_error_set(&error, -ECANCELED, NULL, "The request was cancelled.");
    tri_stop_undo(request->shim, &error);
}

/* ---- start ---- */

static void started(struct tri_request *request)
{
    request->shim->start_wall_ns = tri_clock_wall_ns();
    tri_shim_set_state(request->shim, TRI_SHIM_RUNNING);
    tri_request_reply(request, NULL);
}

static void process_1_ready(struct tri_watch *watch, uint32_t events)
{
    struct tri_shim *shim = TRI_OWNER(watch, struct tri_shim, ready_pipe);
    tri_watch_close(&shim->loop, watch);
    started(TAILQ_FIRST(&shim->queue));
}

/* It has been let go. Between that and its first instruction a signal would be thrown away, and so a shutdown lost. */
static void await_process_1(struct tri_request *request)
{
    struct tri_shim *shim = request->shim;
    shim->ready_pipe.ready = process_1_ready;
    if (tri_watch_add(&shim->loop, &shim->ready_pipe, EPOLLIN) < 0)
        tri_request_refuse(request, -ENOMEM, NULL, "Out of memory.");
}

static void start_done(struct tri_command *command, int wait_status)
{
    struct tri_error error = {0};
    if (!command->request)
        return;
    if (tri_command_check(command, wait_status, "The container could not be started", &error) == 0) {
        await_process_1(command->request);
        return;
    }
    tri_request_fail(command->request, &error);
    tri_stop_start_failed(command->shim);
}

static void fifo_path(const struct tri_shim *shim, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "runtime/%s/exec.fifo", shim->runtime_id);
}

/* runc's process 1 writes a byte when it is let go; that the fifo is gone is how runc knows that it runs. */
static void start_fifo_ready(struct tri_watch *watch, uint32_t events)
{
    struct tri_shim *shim = TRI_OWNER(watch, struct tri_shim, start_fifo);
    struct tri_request *request = TAILQ_FIRST(&shim->queue);
    char byte, path[PATH_MAX];
    ssize_t got = read(watch->fd, &byte, 1);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    tri_watch_close(&shim->loop, watch);
    if (got != 1) {
        tri_request_refuse(request, TRI_COMPUTE_DIED_IN_START, NULL, "Process 1 of the container ended in its start.");
        return;
    }
    fifo_path(shim, path);
    unlinkat(shim->folder_fd, path, 0);
    await_process_1(request);
}

/* Does what "runc start" does, without starting a runc: opens the fifo that process 1 waits in. */
static bool start_by_fifo(struct tri_shim *shim)
{
    char path[PATH_MAX];
    fifo_path(shim, path);
    TRI_AUTO_CLOSE int fd = openat(shim->folder_fd, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISFIFO(st.st_mode))
        return false;
    shim->start_fifo = (struct tri_watch){.fd = fd, .ready = start_fifo_ready};
    if (tri_watch_add(&shim->loop, &shim->start_fifo, EPOLLIN) < 0) {
        shim->start_fifo.fd = -1;
        return false;
    }
    tri_take_fd(&fd);
    return true;
}

void tri_shim_start(struct tri_request *request)
{
    struct tri_shim *shim = request->shim;
    const char *arguments[] = {"start", shim->runtime_id, NULL};
    if (!tri_shim_require(request, IN(CREATED)))
        return;
    if (!shim->own_init)
        started(request);
    else if (shim->kind != TRI_RUNTIME_RUNC || !start_by_fifo(shim))
        run_for(request, start_done, arguments);
}

void tri_shim_cancel_start(struct tri_request *request)
{
    request->cancelled = true;
    tri_stop_begin(request->shim, TRI_STOP_TERMINATE);
}

/* ---- pause, resume, save, update ---- */

static void finish_change(struct tri_command *command, int wait_status, const char *what, enum tri_shim_state state)
{
    struct tri_error error = {0};
    struct tri_request *request = command->request;
    if (!request)
        return;
    if (tri_command_check(command, wait_status, what, &error) < 0) {
        tri_request_fail(request, &error);
        return;
    }
    if (state != request->shim->state)
        tri_shim_set_state(request->shim, state);
    tri_request_reply(request, NULL);
}

/* Where the container cannot be let go on, the outcome is the runtime's. */
static void pause_done(struct tri_command *command, int wait_status)
{
    struct tri_request *request = command->request;
    if (request && request->cancelled && tri_limits_thaw(command->shim))
        tri_request_refuse(request, -ECANCELED, NULL, "The request was cancelled.");
    else
        finish_change(command, wait_status, "The container could not be paused", TRI_SHIM_PAUSED);
}

/* However far the runtime got: it does no more once it has ended, and then the freezer is opened. */
void tri_shim_cancel_pause(struct tri_request *request)
{
    request->cancelled = true;
    if (request->command && request->command->pid > 0)
        kill(request->command->pid, SIGKILL);
}

void tri_shim_pause(struct tri_request *request)
{
    const char *arguments[] = {"pause", request->shim->runtime_id, NULL};
    if (require_container(request, IN(RUNNING)))
        run_for(request, pause_done, arguments);
}

static void resume_done(struct tri_command *command, int wait_status)
{
    finish_change(command, wait_status, "The container could not be resumed", TRI_SHIM_RUNNING);
}

void tri_shim_resume(struct tri_request *request)
{
    const char *arguments[] = {"resume", request->shim->runtime_id, NULL};
    if (require_container(request, IN(PAUSED)))
        run_for(request, resume_done, arguments);
}

static void save_done(struct tri_command *command, int wait_status)
{
    struct tri_error error = {0};
    if (!command->request)
        return;
    if (tri_command_check(command, wait_status, "The container could not be saved", &error) < 0) {
        error.code = TRI_COMPUTE_NOT_IMPLEMENTED; /* the runtime, or the kernel, cannot; its words say why */
        tri_request_fail(command->request, &error);
    } else {
        tri_request_reply(command->request, NULL);
    }
}

void tri_shim_save(struct tri_request *request)
{
    const char *path = tri_request_text(request, "path");
    const char *arguments[] = {"checkpoint", "--image-path", path, "--leave-running", request->shim->runtime_id, NULL};
    if (!require_container(request, IN(PAUSED)))
        return;
    if (path[0] != '/')
        tri_request_refuse(request, TRI_COMPUTE_BAD_DOCUMENT, "path", "\"path\" must be an absolute path.");
    else
        run_for(request, save_done, arguments);
}

static void update_done(struct tri_command *command, int wait_status)
{
    finish_change(command, wait_status, "The limits could not be changed", command->shim->state);
}

void tri_shim_update(struct tri_request *request)
{
    if (!require_container(request, LIVE))
        return;
    struct tri_error error = {0};
    struct tri_command *command = tri_command_new(request->shim, request, update_done);
    if (!command) {
        tri_request_refuse(request, -ENOMEM, NULL, "Out of memory.");
        return;
    }
    char path[PATH_MAX];
    tri_command_path(command, TRI_COMMAND_INPUT, path);
    const char *arguments[] = {"update", "--resources", path, request->shim->runtime_id, NULL};
    int r = tri_command_write_input(command, json_object_get(request->body, "resources"), &error);
    if (r < 0)
        tri_command_free(command);
    else
        r = tri_command_run_runtime(command, arguments, NULL, &error);
    if (r < 0)
        tri_request_fail(request, &error);
}

/* ---- mount, unmount ---- */

/* The child's exit status is an errno, and its last line says what failed. */
static void mount_done(struct tri_command *command, int wait_status)
{
    struct tri_error error = {0};
    struct tri_request *request = command->request;
    if (!request)
        return;
    const char *what =
        tri_request_is(request, "mount") ? "The folder could not be mounted" : "It could not be unmounted";
    if (tri_command_check(command, wait_status, what, &error) == 0) {
        tri_request_reply(request, NULL);
        return;
    }
    if (WIFEXITED(wait_status))
        error.code = -WEXITSTATUS(wait_status);
    tri_request_fail(request, &error);
}

static void run_mount(struct tri_request *request, const char *const *arguments)
{
    struct tri_error error = {0};
    if (!is_below_root(tri_request_text(request, "target"))) {
        tri_request_refuse(request, TRI_COMPUTE_BAD_DOCUMENT, "target",
                           "\"target\" must be an absolute path in the container, not its root, without \"..\".");
        return;
    }
    struct tri_command *command = tri_command_new(request->shim, request, mount_done);
    if (!command)
        tri_request_refuse(request, -ENOMEM, NULL, "Out of memory.");
    else if (tri_command_run_self(command, arguments, &error) < 0)
        tri_request_fail(request, &error);
}

void tri_shim_mount(struct tri_request *request)
{
    char pid[16];
    const char *source = tri_request_text(request, "source");
    const char *access = tri_request_flag(request, "read_only") ? "ro" : "rw";
    const char *arguments[] = {"--mount", pid, source, tri_request_text(request, "target"), access, NULL};
    if (!require_container(request, LIVE))
        return;
    snprintf(pid, sizeof(pid), "%d", (int)request->shim->init_pid);
    if (source[0] != '/')
        tri_request_refuse(request, TRI_COMPUTE_BAD_DOCUMENT, "source", "\"source\" must be an absolute path.");
    else
        run_mount(request, arguments);
}

void tri_shim_unmount(struct tri_request *request)
{
    char pid[16];
    const char *arguments[] = {"--unmount", pid, tri_request_text(request, "target"), NULL};
    if (!require_container(request, LIVE))
        return;
    snprintf(pid, sizeof(pid), "%d", (int)request->shim->init_pid);
    run_mount(request, arguments);
}
