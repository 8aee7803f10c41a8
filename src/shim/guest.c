/* Processes in the container. Each is a child of ours once the runtime has ended, with the client's own descriptors as
 * its streams: nothing relays, and nothing of ours keeps a pipe open. Of a terminal we keep the master, so that the
 * death of a client does not hang up. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "compute/error.h"
#include "shim/shim.h"

enum { STREAM_INPUT = 1, CANCEL_GRACE_S = 2 };

/* ---- records ---- */

void tri_guest_init(struct tri_guests *guests)
{
    TAILQ_INIT(&guests->list);
}

static void guest_free(struct tri_guests *guests, struct tri_guest *guest)
{
    TAILQ_REMOVE(&guests->list, guest, link);
    tri_close(guest->terminal_fd);
    free(guest);
}

void tri_guest_free_all(struct tri_guests *guests)
{
    for (struct tri_guest *guest; (guest = TAILQ_FIRST(&guests->list));)
        guest_free(guests, guest);
}

/* The newest of that number: pids come again. */
static struct tri_guest *find_guest(struct tri_guests *guests, json_int_t pid)
{
    struct tri_guest *guest;
    TAILQ_FOREACH_REVERSE (guest, &guests->list, tri_guest_list, link)
        if (guest->pid == pid)
            return guest;
    return NULL;
}

static struct tri_guest *guest_new(struct tri_guests *guests, pid_t pid, struct tri_client *client)
{
    struct tri_guest *guest = calloc(1, sizeof(*guest));
    if (!guest)
        return NULL;
    guest->pid = pid;
    guest->client = client;
    guest->terminal_fd = -1;
    TAILQ_INSERT_TAIL(&guests->list, guest, link);
    return guest;
}

void tri_guest_forget_client(struct tri_guests *guests, struct tri_client *client)
{
    struct tri_guest *guest;
    TAILQ_FOREACH (guest, &guests->list, link)
        if (guest->client == client)
            guest->client = NULL;
}

/* ---- exits ---- */

static void forget_oldest_exit(struct tri_guests *guests)
{
    struct tri_guest *guest;
    TAILQ_FOREACH (guest, &guests->list, link) {
        if (!guest->exited)
            continue;
        guests->exited_count--;
        guest_free(guests, guest);
        return;
    }
}

static void guest_exited(struct tri_shim *shim, struct tri_guest *guest, int wait_status, bool unknown)
{
    struct tri_guests *guests = &shim->guests;
    guest->exited = true;
    guest->unknown = unknown;
    guest->wait_status = wait_status;
    if (guest->pid == shim->program.pid && !shim->program.exited && !unknown)
        shim->program = (struct tri_program){guest->pid, true, wait_status};
    tri_close(tri_take_fd(&guest->terminal_fd)); /* the client's copy still reads what was written */
    json_t *event = json_pack("{s:s, s:i, s:i, s:b}", "event", "process-exited", "pid", (int)guest->pid, "status",
                              wait_status, "unknown", unknown);
    tri_client_broadcast(shim, event);
    json_decref(event);
    if (++guests->exited_count > TRI_GUEST_RECORDS_MAX)
        forget_oldest_exit(guests);
}

void tri_guest_end_all(struct tri_shim *shim)
{
    struct tri_guest *guest, *next;
    for (guest = TAILQ_FIRST(&shim->guests.list); guest; guest = next) {
        next = TAILQ_NEXT(guest, link);
        if (!guest->exited)
            guest_exited(shim, guest, 0, true);
    }
}

static void remember_orphan(struct tri_guests *guests, pid_t pid, int wait_status)
{
    uint64_t number = ++guests->orphan_count;
    guests->orphans[number % TRI_GUEST_ORPHANS_MAX] = (struct tri_orphan){number, pid, wait_status};
}

bool tri_guest_take_orphan(struct tri_guests *guests, uint64_t mark, pid_t pid, int *ret_wait_status)
{
    for (size_t i = 0; i < TRI_GUEST_ORPHANS_MAX; i++) {
        struct tri_orphan *orphan = &guests->orphans[i];
        if (orphan->number <= mark || orphan->pid != pid)
            continue;
        *ret_wait_status = orphan->wait_status;
        orphan->number = 0;
        return true;
    }
    return false;
}

void tri_guest_reaped(struct tri_shim *shim, pid_t pid, int wait_status)
{
    struct tri_guest *guest = find_guest(&shim->guests, pid);
    if (guest && !guest->exited)
        guest_exited(shim, guest, wait_status, false);
    else if (pid != shim->init_pid)
        remember_orphan(&shim->guests, pid, wait_status);
    if (pid == shim->init_pid)
        tri_stop_init_ended(shim, wait_status);
}

/* ---- starting: what the runtime's words mean ---- */

static const char program[] = "The program", folder[] = "The working folder";
static const struct {
    const char *words, *and; /* both are in the message */
    int code;
    const char *where, *subject, *reason;
} failures[] = {
    {"exec format error", "", TRI_COMPUTE_BAD_IMAGE, "spec.args", program,
     "is of a format that cannot be executed here"},
    {"chdir", "", -ENOTDIR, "spec.cwd", folder, "cannot be entered in the container"},
    {"cwd", "", -ENOTDIR, "spec.cwd", folder, "cannot be entered in the container"},
    {"executable file", "not found", -ENOENT, "spec.args", program, "does not exist in the container"},
    {"exec", "no such file or directory", -ENOENT, "spec.args", program, "does not exist in the container"},
    {"exec", "permission denied", -EACCES, "spec.args", program, "may not be executed"},
    {"exec", "is a directory", -EACCES, "spec.args", program, "is a folder"},
};

/* The runtime's words stay as the detail. */
static void explain(const struct tri_request *request, struct tri_error *error)
{
    const json_t *spec = json_object_get(request->body, "spec");
    for (size_t i = 0; error->text && i < sizeof(failures) / sizeof(failures[0]); i++) {
        if (!strcasestr(error->text, failures[i].words) || !strcasestr(error->text, failures[i].and))
            continue;
        bool of_program = failures[i].subject == program;
        const char *name = json_string_value(of_program ? json_array_get(json_object_get(spec, "args"), 0)
                                                        : json_object_get(spec, "cwd"));
        struct tri_error plain = {0};
        tri_error_set(&plain, failures[i].code, failures[i].where, "%s%s%s%s %s.", failures[i].subject,
                      name ? " \"" : "", name ? name : "", name ? "\"" : "", failures[i].reason);
        tri_error_detail(&plain, error->detail ? error->detail : error->text);
        tri_error_clear(error);
        tri_error_move(error, &plain);
        return;
    }
}

/* ---- starting: the answer ---- */

static void set_size(int terminal_fd, json_int_t rows, json_int_t columns)
{
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
    if (rows > 0 && columns > 0)
        ioctl(terminal_fd, TIOCSWINSZ, &size);
}

static int take_terminal(struct tri_command *command, int *ret_fd, struct tri_error *error)
{
    const struct tri_request *request = command->request;
    if (!tri_request_flag(request, "terminal"))
        return 0;
    int fd = tri_command_take_console(command);
    if (fd < 0)
        return tri_error_set(error, fd, NULL, "The runtime sent no terminal: %s.", strerror(-fd));
    set_size(fd, tri_request_number(request, "rows"), tri_request_number(request, "columns"));
    *ret_fd = fd;
    return 0;
}

static bool is_own(const struct tri_request *request)
{
    return !json_object_get(request->body, "spec");
}

static void reply_started(struct tri_request *request, const struct tri_guest *guest)
{
    json_t *members = json_pack("{s:i}", "pid", (int)guest->pid);
    if (guest->terminal_fd >= 0)
        tri_request_reply_fd(request, members, "terminal", guest->terminal_fd);
    else
        tri_request_reply(request, members);
}

/* What nobody gets to know of must not run on. Of process 1 the end is the system's end. */
static void kill_unwanted(struct tri_shim *shim, pid_t pid, bool own)
{
    if (own) {
        shim->init_pid = pid;
        shim->stop_cause = TRI_STOP_KILL;
    }
    kill(pid, SIGKILL);
}

/* It runs, or has ended already: then the reply comes first, and the event after it. */
static int process_started(struct tri_command *command, pid_t pid, struct tri_error *error)
{
    struct tri_shim *shim = command->shim;
    struct tri_request *request = command->request;
    bool own = is_own(request);
    int wait_status = 0;
    bool ended = tri_guest_take_orphan(&shim->guests, command->orphan_mark, pid, &wait_status);
    TRI_AUTO_CLOSE int terminal_fd = -1;
    int r = request->cancelled ? tri_error_set(error, -ECANCELED, NULL, "The request was cancelled.")
                               : take_terminal(command, &terminal_fd, error);
    struct tri_guest *guest = r == 0 ? guest_new(&shim->guests, pid, request->client) : NULL;
    if (r == 0 && !guest)
        r = tri_error_set(error, -ENOMEM, NULL, "Out of memory.");
    if (r < 0 && !ended)
        kill_unwanted(shim, pid, own);
    if (r < 0)
        return r;
    guest->terminal_fd = tri_take_fd(&terminal_fd);
    if (own)
        shim->init_pid = pid;
    if (!shim->program.pid)
        shim->program.pid = pid;
    reply_started(request, guest);
    if (ended)
        tri_guest_reaped(shim, pid, wait_status);
    return 0;
}

/* It was cancelled; or the system stops, and whatever was started is killed with the rest. */
static void process_unwanted(struct tri_command *command)
{
    struct tri_shim *shim = command->shim;
    pid_t pid;
    int wait_status;
    if (shim->state < TRI_SHIM_STOPPING && tri_command_read_pid(command, &pid, NULL) == 0 &&
        !tri_guest_take_orphan(&shim->guests, command->orphan_mark, pid, &wait_status))
        kill(pid, SIGKILL);
}

static void process_done(struct tri_command *command, int wait_status)
{
    struct tri_error error = {0};
    pid_t pid;
    if (!command->request) {
        process_unwanted(command);
        return;
    }
    int r = tri_command_check(command, wait_status, "The process could not be started", &error);
    if (r < 0)
        explain(command->request, &error);
    else if ((r = tri_command_read_pid(command, &pid, &error)) == 0)
        r = process_started(command, pid, &error);
    if (r < 0)
        tri_request_fail(command->request, &error);
}

/* ---- starting: the request ---- */

static bool own_begun(const struct tri_request *asking)
{
    const struct tri_request *request;
    TAILQ_FOREACH (request, &asking->shim->requests, link)
        if (request != asking && tri_request_is(request, "process") && is_own(request))
            return true;
    return asking->shim->init_pid > 0;
}

static bool is_pausing(const struct tri_shim *shim)
{
    const struct tri_request *first = TAILQ_FIRST(&shim->queue);
    return first && tri_request_is(first, "pause");
}

/* NULL, or why it may not be started now. */
static const char *objection(const struct tri_request *request)
{
    const struct tri_shim *shim = request->shim;
    if (is_pausing(shim))
        return "The system is being paused.";
    if (is_own(request) && shim->own_init)
        return "This container has no process of its own: a command must say what to start.";
    if (is_own(request) && own_begun(request))
        return "The container's own process has been started already.";
    if (!is_own(request) && shim->init_pid == 0)
        return "The container's own process comes first.";
    return NULL;
}

/* The descriptor that came for a stream, or -1. */
static int stream_fd(const struct tri_request *request, const char *name)
{
    const json_t *names = json_object_get(request->body, "fds");
    for (size_t i = 0; i < json_array_size(names); i++)
        if (!strcmp(json_string_value(json_array_get(names, i)), name))
            return request->fds[i];
    return -1;
}

static int write_spec(struct tri_command *command, struct tri_error *error)
{
    const struct tri_request *request = command->request;
    json_t *spec = json_object_get(request->body, "spec");
    json_int_t rows = tri_request_number(request, "rows"), columns = tri_request_number(request, "columns");
    bool terminal = tri_request_flag(request, "terminal");
    json_object_set_new(spec, "terminal", json_boolean(terminal));
    if (terminal && rows > 0 && columns > 0)
        json_object_set_new(spec, "consoleSize", json_pack("{s:I, s:I}", "height", rows, "width", columns));
    return tri_command_write_input(command, spec, error);
}

static int spawn_process(struct tri_command *command, struct tri_error *error)
{
    const struct tri_request *request = command->request;
    char pid_path[PATH_MAX], input_path[PATH_MAX], console_path[PATH_MAX], bundle_path[PATH_MAX];
    tri_command_path(command, TRI_COMMAND_PID, pid_path);
    tri_command_path(command, TRI_COMMAND_INPUT, input_path);
    tri_command_path(command, TRI_COMMAND_CONSOLE, console_path);
    snprintf(bundle_path, sizeof(bundle_path), "%s/bundle", command->shim->folder);
    bool own = is_own(request), terminal = command->console_fd >= 0;
    const char *arguments[] = {own ? "run" : "exec",
                               "--detach",
                               "--pid-file",
                               pid_path,
                               own ? "--bundle" : "--process",
                               own ? bundle_path : input_path,
                               terminal ? "--console-socket" : command->shim->runtime_id,
                               terminal ? console_path : NULL,
                               command->shim->runtime_id,
                               NULL};
    const int fds[] = {stream_fd(request, "stdin"), stream_fd(request, "stdout"), stream_fd(request, "stderr")};
    return tri_command_run_runtime(command, arguments, terminal ? NULL : fds, error);
}

static int start_process(struct tri_request *request, struct tri_error *error)
{
    struct tri_command *command = tri_command_new(request->shim, request, process_done);
    if (!command)
        return tri_error_set(error, -ENOMEM, NULL, "Out of memory.");
    int r = is_own(request) ? 0 : write_spec(command, error);
    if (r == 0 && tri_request_flag(request, "terminal"))
        r = tri_command_listen_console(command, error);
    if (r < 0) {
        tri_command_free(command);
        return r;
    }
    return spawn_process(command, error);
}

static void cancel_grace_over(struct tri_watch *watch, uint32_t events)
{
    struct tri_shim *shim = TRI_OWNER(watch, struct tri_shim, cancel_timer);
    struct tri_request *request, *next;
    tri_watch_close(&shim->loop, watch);
    for (request = TAILQ_FIRST(&shim->requests); request; request = next) {
        next = TAILQ_NEXT(request, link);
        if (request->cancelled && tri_request_is(request, "process") && !is_own(request))
            tri_request_refuse(request, -ECANCELED, NULL, "The request was cancelled.");
    }
}

/* The process is killed when the runtime has started it, and nothing is left then. For a runtime that takes too long
 * nobody waits; but with the container's own process the system ends, so whether that has come to be must be known. */
void tri_guest_cancel_process(struct tri_request *request)
{
    static const struct itimerspec grace = {.it_value = {.tv_sec = CANCEL_GRACE_S}};
    struct tri_shim *shim = request->shim;
    request->cancelled = true;
    if (shim->cancel_timer.fd >= 0)
        return;
    TRI_AUTO_CLOSE int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (fd < 0 || timerfd_settime(fd, 0, &grace, NULL) < 0)
        return;
    shim->cancel_timer = (struct tri_watch){.fd = tri_take_fd(&fd), .ready = cancel_grace_over};
    if (tri_watch_add(&shim->loop, &shim->cancel_timer, EPOLLIN) < 0)
        tri_close(tri_take_fd(&shim->cancel_timer.fd));
}

/* So that the end of a stream is the end of the processes that have it. */
static void close_streams(struct tri_request *request)
{
    for (size_t i = 0; i < request->fd_count; i++)
        tri_close(request->fds[i]);
    request->fd_count = 0;
}

void tri_guest_process(struct tri_request *request)
{
    struct tri_error error = {0};
    if (!tri_shim_require(request, TRI_SHIM_IN(TRI_SHIM_RUNNING)))
        return;
    const char *why_not = objection(request);
    if (why_not) {
        tri_request_refuse(request, TRI_COMPUTE_BAD_STATE, NULL, "%s", why_not);
        return;
    }
    if (start_process(request, &error) < 0)
        tri_request_fail(request, &error);
    else
        close_streams(request);
}

/* ---- the other calls ---- */

/* NULL: there is none, and the request has been refused. */
static struct tri_guest *require_guest(struct tri_request *request, bool alive, int code_when_exited)
{
    struct tri_guest *guest = find_guest(&request->shim->guests, tri_request_number(request, "pid"));
    if (guest && !(alive && guest->exited))
        return guest;
    if (guest)
        tri_request_refuse(request, code_when_exited, "pid", "Process %d has exited.", (int)guest->pid);
    else
        tri_request_refuse(request, TRI_COMPUTE_NO_PROCESS, "pid", "Process %lld was not started by this system.",
                           (long long)tri_request_number(request, "pid"));
    return NULL;
}

void tri_guest_open(struct tri_request *request)
{
    if (require_guest(request, true, TRI_COMPUTE_NO_PROCESS))
        tri_request_reply(request, NULL);
}

void tri_guest_info(struct tri_request *request)
{
    const struct tri_guest *guest = require_guest(request, false, 0);
    if (guest)
        tri_request_reply(request, json_pack("{s:b, s:i, s:b}", "exited", guest->exited, "status", guest->wait_status,
                                             "unknown", guest->unknown));
}

void tri_guest_signal(struct tri_request *request)
{
    struct tri_shim *shim = request->shim;
    const struct tri_guest *guest = require_guest(request, true, TRI_COMPUTE_PROCESS_STOPPED);
    if (!guest)
        return;
    int number = (int)tri_request_number(request, "signal");
    if (guest->pid == shim->init_pid && number == SIGKILL)
        shim->stop_cause = TRI_STOP_KILL;
    if (kill(guest->pid, number) < 0) /* it is our child and was not reaped: the pid is its own */
        tri_request_refuse(request, -errno, NULL, "Process %d cannot be sent signal %d: %s.", (int)guest->pid, number,
                           strerror(errno));
    else
        tri_request_reply(request, NULL);
}

void tri_guest_resize(struct tri_request *request)
{
    const struct tri_guest *guest = require_guest(request, true, TRI_COMPUTE_PROCESS_STOPPED);
    if (!guest)
        return;
    if (guest->terminal_fd < 0) {
        tri_request_refuse(request, TRI_COMPUTE_NOT_CONFIGURED, NULL, "Process %d has no terminal.", (int)guest->pid);
        return;
    }
    set_size(guest->terminal_fd, tri_request_number(request, "rows"), tri_request_number(request, "columns"));
    tri_request_reply(request, NULL);
}

/* Types what ends a terminal's input; never blocks, for who does not read what is typed must not stop us. */
static int type_end(int terminal_fd)
{
    struct termios settings;
    struct pollfd room = {.fd = terminal_fd, .events = POLLOUT};
    if (tcgetattr(terminal_fd, &settings) < 0)
        return -errno;
    if (poll(&room, 1, 0) != 1 || !(room.revents & POLLOUT))
        return -EAGAIN;
    return write(terminal_fd, &settings.c_cc[VEOF], 1) == 1 ? 0 : -errno;
}

static void pass_on(const struct tri_guest *guest, json_int_t streams)
{
    if (!guest->client)
        return;
    json_t *event = json_pack("{s:s, s:i, s:I}", "event", "close-streams", "pid", (int)guest->pid, "streams", streams);
    tri_wire_send(&guest->client->wire, event, NULL, 0);
    json_decref(event);
}

void tri_guest_close_streams(struct tri_request *request)
{
    const struct tri_guest *guest = require_guest(request, false, 0);
    if (!guest)
        return;
    json_int_t streams = tri_request_number(request, "streams");
    int r = guest->terminal_fd >= 0 && (streams & STREAM_INPUT) ? type_end(guest->terminal_fd) : 0;
    if (r < 0) {
        tri_request_refuse(request, r, NULL, "The end of input cannot be typed: %s.", strerror(-r));
        return;
    }
    if (guest->terminal_fd < 0)
        pass_on(guest, streams);
    tri_request_reply(request, NULL);
}
