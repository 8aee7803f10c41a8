/* The end of a system: everything is killed, then deleted, then told; what is left is a record that can be opened.
 *
 * Whatever runs in the container is our descendant. When one dies, its children become ours, for we are their
 * subreaper, so that killing our children until there are none left kills everything, however it forks. What came into
 * the cgroup from elsewhere is killed after that. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fcntl.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "compute/cgroup.h"
#include "compute/error.h"
#include "shim/shim.h"

enum { RECORD_KEPT_MS = 60000, RETRY_MS = 100, CHILDREN_MAX_BYTES = 1 << 20 };

static const struct tri_exit forced = {"forced", "client", false};
static const struct tri_exit asked = {"graceful", "client", false};
static const struct tri_exit by_itself = {"graceful", "guest", false};
static const struct tri_exit unexpected = {"unexpected", "internal", false};

static bool was_created(const struct tri_shim *shim)
{
    return shim->state_before_stop > TRI_SHIM_CREATING;
}

/* ---- answering what waits ---- */

int tri_stop_code(const struct tri_shim *shim)
{
    if (shim->state == TRI_SHIM_STOPPED)
        return TRI_COMPUTE_STOPPED;
    if (!strcmp(shim->exit.type, forced.type))
        return TRI_COMPUTE_TERMINATED;
    return !strcmp(shim->exit.type, unexpected.type) ? TRI_COMPUTE_UNEXPECTED_EXIT : TRI_COMPUTE_STOPPED;
}

static int stop_code(const struct tri_shim *shim, const struct tri_request *request)
{
    int code = tri_stop_code(shim);
    if (request->cancelled)
        return -ECANCELED;
    bool starting = shim->state != TRI_SHIM_STOPPED && tri_request_is(request, "start");
    return starting && code != TRI_COMPUTE_TERMINATED ? TRI_COMPUTE_DIED_IN_START : code;
}

void tri_stop_refuse(struct tri_request *request)
{
    int code = stop_code(request->shim, request);
    const char *text = code == -ECANCELED                  ? "The request was cancelled."
                       : code == TRI_COMPUTE_TERMINATED    ? "The system is being terminated."
                       : code == TRI_COMPUTE_STOPPED       ? "The system has stopped."
                       : code == TRI_COMPUTE_DIED_IN_START ? "The system ended while it was starting."
                                                           : "The system ended unexpectedly.";
    tri_request_refuse(request, code, NULL, "%s", text);
}

/* These are answered when all is gone. */
static bool waits_for_end(const struct tri_shim *shim, const struct tri_request *request)
{
    return tri_request_is(request, "terminate") || (tri_request_is(request, "create") && shim->create_error.code) ||
           (tri_request_is(request, "shutdown") && !strcmp(shim->exit.type, asked.type));
}

static void refuse_pending(struct tri_shim *shim)
{
    struct tri_request *request, *next;
    for (request = TAILQ_FIRST(&shim->requests); request; request = next) {
        next = TAILQ_NEXT(request, link);
        if (!waits_for_end(shim, request))
            tri_stop_refuse(request);
    }
}

static void answer_waiting(struct tri_shim *shim)
{
    for (struct tri_request *request; (request = TAILQ_FIRST(&shim->requests));) {
        if (tri_request_is(request, "create"))
            tri_request_fail(request, &shim->create_error);
        else
            tri_request_reply(request, NULL);
    }
}

/* ---- killing ---- */

static void kill_children(void)
{
    TRI_AUTO_FREE char *text = NULL;
    if (tri_file_read(AT_FDCWD, "/proc/thread-self/children", CHILDREN_MAX_BYTES, &text, NULL) < 0)
        return;
    char *rest = text;
    for (char *word; (word = strsep(&rest, " "));) {
        pid_t pid = (pid_t)strtol(word, NULL, 10);
        if (pid > 1)
            kill(pid, SIGKILL);
    }
}

static void kill_everything(struct tri_shim *shim)
{
    if (shim->init_pid > 0)
        kill(shim->init_pid, SIGKILL);
    tri_command_kill_all(shim); /* known even where the kernel does not list children */
    kill_children();
}

static bool has_children(void)
{
    siginfo_t info;
    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

static void leftover_ready(struct tri_watch *watch, uint32_t events)
{
    struct tri_shim *shim = TRI_OWNER(watch, struct tri_shim, leftover);
    tri_watch_close(&shim->loop, watch);
}

/* Kills one of them, and watches it where no other is watched. 0, also where it has ended. */
static int kill_leftover(struct tri_shim *shim, pid_t pid)
{
    TRI_AUTO_CLOSE int fd = pidfd_open(pid, 0);
    if (fd < 0)
        return tri_code_is_passing(-errno) ? -errno : 0;
    if (pidfd_send_signal(fd, SIGKILL, NULL, 0) < 0 || shim->leftover.fd >= 0)
        return 0;
    shim->leftover = (struct tri_watch){.fd = tri_take_fd(&fd), .ready = leftover_ready};
    int r = tri_watch_add(&shim->loop, &shim->leftover, EPOLLIN);
    if (r < 0)
        tri_close(tri_take_fd(&shim->leftover.fd));
    return r;
}

/* Kills what is left in the cgroup. True: there is something, or that cannot be told at this moment. Its end will be an
 * event; and where nothing is watched for want of descriptors or memory, the loop comes back by itself. */
static bool kill_leftovers(struct tri_shim *shim)
{
    TRI_AUTO_FREE pid_t *pids = NULL;
    size_t count = 0;
    if (shim->leftover.fd >= 0)
        return true;
    int r = shim->cgroup ? tri_cgroup_pids(TRI_CGROUP_ROOT, shim->cgroup, &pids, &count) : 0;
    bool is_unsure = tri_code_is_passing(r);
    for (size_t i = 0; i < count; i++)
        is_unsure |= kill_leftover(shim, pids[i]) < 0;
    if (is_unsure && shim->leftover.fd < 0)
        shim->loop.deadline_ns = tri_deadline_ns(RETRY_MS);
    return is_unsure || shim->leftover.fd >= 0;
}

/* ---- removing ---- */

static void delete_done(struct tri_command *command, int wait_status)
{
    struct tri_error error = {0};
    if (tri_command_check(command, wait_status, "delete", &error) < 0)
        TRI_LOG("shim", "%s", error.text ? error.text : "delete failed"); /* what matters is removed below */
    tri_error_clear(&error);
    command->shim->stop_stage = TRI_STOP_STAGE_DONE;
}

/* The runtime keeps its state below our --root and in the container's cgroup, both of which go with our own traces. So its
 * `delete`, which takes longer than all the rest, is for the hooks of a bundle that was taken whole. */
static void delete_container(struct tri_shim *shim)
{
    char path[PATH_MAX];
    const char *arguments[] = {"delete", "--force", shim->runtime_id, NULL};
    shim->stop_stage = TRI_STOP_STAGE_DONE;
    if (!shim->runtime_id || shim->own_init)
        return;
    snprintf(path, sizeof(path), "runtime/%s", shim->runtime_id);
    if (faccessat(shim->folder_fd, path, F_OK, 0) < 0)
        return;
    struct tri_command *command = tri_command_new(shim, NULL, delete_done);
    if (command && tri_command_run_runtime(command, arguments, NULL, NULL) == 0)
        shim->stop_stage = TRI_STOP_STAGE_DELETE;
}

static int remove_cgroup(const struct tri_shim *shim)
{
    int r = shim->cgroup ? tri_cgroup_remove(TRI_CGROUP_ROOT, shim->cgroup) : 0;
    if (r < 0)
        TRI_LOG("shim", "cannot remove cgroup %s: %s", shim->cgroup, strerror(-r));
    return r;
}

/* False: that failed for want of descriptors or memory, and is to be tried again. */
static bool remove_traces(struct tri_shim *shim)
{
    static const char *const folders[] = {"bundle", "runtime", "tmp", "scratch"};
    bool is_passing = false;
    tri_root_unmount(shim);
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        int r = tri_folder_remove(shim->folder_fd, folders[i]);
        if (r < 0)
            TRI_LOG("shim", "cannot remove %s/%s: %s", shim->folder, folders[i], strerror(-r));
        is_passing |= tri_code_is_passing(r);
    }
    int r = remove_cgroup(shim);
    shim->has_cgroup = r < 0;
    return !is_passing && !tri_code_is_passing(r);
}

/* Is the folder of our name still the one that we own? */
static bool is_ours(const struct tri_shim *shim, int parent_fd, const char *name)
{
    struct stat ours, named;
    return fstat(shim->folder_fd, &ours) == 0 && fstatat(parent_fd, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

/* Renamed first, so that its name is free at one moment and for good. The record in it is the only way to a cgroup that
 * could not be removed: then it stays, without an owner, for whoever cleans up. */
static void give_up_folder(struct tri_shim *shim)
{
    char gone[32];
    const char *name = strrchr(shim->folder, '/') + 1;
    tri_watch_close(&shim->loop, &shim->listener);
    TRI_AUTO_CLOSE int parent_fd = openat(shim->folder_fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    snprintf(gone, sizeof(gone), ".gone-%d", (int)getpid());
    if (parent_fd >= 0 && is_ours(shim, parent_fd, name) && renameat(parent_fd, name, parent_fd, gone) == 0 &&
        (!shim->has_cgroup || remove_cgroup(shim) == 0))
        tri_folder_remove(parent_fd, gone);
    tri_close(tri_take_fd(&shim->folder_fd));
}

/* ---- the end, step by step ---- */

static void tell_stopped(struct tri_shim *shim)
{
    json_t *event = json_pack("{s:s, s:o}", "event", "stopped", "exit", tri_shim_exit_object(shim));
    tri_client_broadcast(shim, event);
    json_decref(event);
}

/* Nobody is connected, and nobody can ever be again. */
static bool is_lost(const struct tri_shim *shim)
{
    return shim->client_count == 0 && faccessat(shim->folder_fd, "socket", F_OK, 0) < 0 && errno == ENOENT;
}

/* The record goes with its last handle; then the shim, with the last who may still ask about processes. */
static void settle(struct tri_shim *shim)
{
    struct tri_client *client;
    if (shim->state != TRI_SHIM_STOPPED)
        return;
    if (shim->folder_fd >= 0 && shim->holder_count == 0 && shim->loop.deadline_ns == TRI_DEADLINE_NEVER)
        give_up_folder(shim);
    if (shim->folder_fd >= 0)
        return;
    LIST_FOREACH (client, &shim->clients, link)
        if (client->role == TRI_CLIENT_HOLDER || client->role == TRI_CLIENT_FORMER)
            return;
    shim->finished = true;
}

static void finish(struct tri_shim *shim)
{
    if (!remove_traces(shim)) {
        shim->loop.deadline_ns = tri_deadline_ns(RETRY_MS);
        return;
    }
    tri_guest_end_all(shim);
    tri_shim_set_state(shim, TRI_SHIM_STOPPED);
    if (!was_created(shim)) {
        give_up_folder(shim);
        answer_waiting(shim);
        shim->finished = true;
        return;
    }
    answer_waiting(shim);
    tell_stopped(shim);
    if (shim->holder_count == 0 && !shim->terminate_on_last_close && !is_lost(shim))
        shim->loop.deadline_ns = tri_deadline_ns(RECORD_KEPT_MS);
    settle(shim);
}

void tri_stop_advance(struct tri_shim *shim)
{
    if (shim->stop_stage == TRI_STOP_STAGE_KILL) {
        if (has_children())
            kill_everything(shim);
        else if (!kill_leftovers(shim))
            delete_container(shim);
    }
    if (shim->stop_stage == TRI_STOP_STAGE_DONE)
        finish(shim);
}

static void begin(struct tri_shim *shim, struct tri_exit ending)
{
    shim->exit = ending;
    shim->state_before_stop = shim->state;
    tri_shim_set_state(shim, TRI_SHIM_STOPPING);
    tri_watch_close(&shim->loop, &shim->start_fifo);
    tri_watch_close(&shim->loop, &shim->ready_pipe);
    refuse_pending(shim);
    if (shim->cgroup) /* what is frozen does not die, with version 1 */
        tri_limits_thaw(shim);
    kill_everything(shim);
}

/* A create that is overtaken is answered as one that fails: when all is gone. */
void tri_stop_begin(struct tri_shim *shim, enum tri_stop_cause cause)
{
    if (shim->state >= TRI_SHIM_STOPPING)
        return;
    if (shim->state <= TRI_SHIM_CREATING)
        tri_error_set(&shim->create_error, TRI_COMPUTE_TERMINATED, NULL, "The system was terminated.");
    begin(shim, cause == TRI_STOP_SHUTDOWN ? asked : forced);
}

void tri_stop_undo(struct tri_shim *shim, struct tri_error *error)
{
    tri_error_move(&shim->create_error, error);
    begin(shim, forced);
}

void tri_stop_start_failed(struct tri_shim *shim)
{
    if (shim->state < TRI_SHIM_STOPPING)
        begin(shim, unexpected);
}

void tri_stop_init_ended(struct tri_shim *shim, int wait_status)
{
    bool killed = WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGKILL;
    struct tri_exit ending = shim->stop_cause == TRI_STOP_SHUTDOWN ? asked : by_itself;
    shim->init_pid = 0;
    if (shim->state >= TRI_SHIM_STOPPING)
        return;
    if (shim->stop_cause == TRI_STOP_KILL) {
        ending = forced;
    } else if (killed) {
        ending = unexpected;
        ending.out_of_memory = tri_limits_out_of_memory(shim);
    }
    begin(shim, ending);
}

/* ---- calls ---- */

void tri_stop_terminate(struct tri_request *request)
{
    if (request->shim->state == TRI_SHIM_STOPPED)
        tri_stop_refuse(request);
    else
        tri_stop_begin(request->shim, TRI_STOP_TERMINATE);
}

void tri_stop_shutdown(struct tri_request *request)
{
    struct tri_shim *shim = request->shim;
    if (!tri_shim_require(request, TRI_SHIM_IN(TRI_SHIM_RUNNING)))
        return;
    if (shim->init_pid == 0) {
        tri_stop_begin(shim, TRI_STOP_SHUTDOWN);
        return;
    }
    shim->stop_cause = TRI_STOP_SHUTDOWN;
    kill(shim->init_pid, SIGTERM);
}

void tri_stop_yield(struct tri_request *request)
{
    struct tri_shim *shim = request->shim;
    bool stopped = shim->state == TRI_SHIM_STOPPED;
    if (stopped && shim->folder_fd >= 0)
        give_up_folder(shim);
    tri_request_reply(request, json_pack("{s:b}", "yielded", stopped));
    settle(shim);
}

/* ---- handles ---- */

void tri_stop_handle_opened(struct tri_shim *shim)
{
    shim->holder_count++;
    shim->loop.deadline_ns = TRI_DEADLINE_NEVER;
}

void tri_stop_client_gone(struct tri_shim *shim)
{
    bool live = shim->state > TRI_SHIM_CREATING && shim->state < TRI_SHIM_STOPPING;
    if (live && shim->holder_count == 0 && (shim->terminate_on_last_close || is_lost(shim)))
        tri_stop_begin(shim, TRI_STOP_TERMINATE);
    settle(shim);
}

void tri_stop_record_expired(struct tri_shim *shim)
{
    shim->loop.deadline_ns = TRI_DEADLINE_NEVER;
    settle(shim);
}
