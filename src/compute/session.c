#include "compute/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "compute/error.h"
#include "compute/info.h"
#include "compute/process.h"
#include "compute/request.h"
#include "op/op-provider.h"

static struct tri_session *session_of(struct tri_connection *connection)
{
    return (struct tri_session *)((char *)connection - offsetof(struct tri_session, connection));
}

/* ---- members ---- */

int tri_session_add(struct tri_session *session, tri_handle process, uint32_t pid)
{
    TRI_LOCK_SCOPE(&session->lock);
    if (session->member_count == session->member_size) {
        size_t size = session->member_size ? session->member_size * 2 : 4;
        struct tri_member *members = reallocarray(session->members, size, sizeof(*members));
        if (!members)
            return -ENOMEM;
        session->members = members;
        session->member_size = size;
    }
    session->members[session->member_count++] = (struct tri_member){pid, process};
    return 0;
}

void tri_session_set_pid(struct tri_session *session, tri_handle process, uint32_t pid)
{
    TRI_LOCK_SCOPE(&session->lock);
    for (size_t i = 0; i < session->member_count; i++)
        if (session->members[i].process == process)
            session->members[i].pid = pid;
}

void tri_session_remove(struct tri_session *session, tri_handle process)
{
    TRI_LOCK_SCOPE(&session->lock);
    for (size_t i = 0; i < session->member_count; i++)
        if (session->members[i].process == process) {
            session->members[i] = session->members[--session->member_count];
            return;
        }
}

/* Calls go out without the lock, over a copy. The oldest come first, so that of two processes that had one pid after
 * another the dead one hears nothing new: its end is latched. */
static void each_member(struct tri_session *session, uint32_t pid,
                        void (*visit)(tri_handle process, const void *argument), const void *argument)
{
    pthread_mutex_lock(&session->lock);
    size_t count = session->member_count;
    TRI_AUTO_FREE struct tri_member *copy = calloc(count ? count : 1, sizeof(*copy));
    if (copy && count)
        memcpy(copy, session->members, count * sizeof(*copy));
    pthread_mutex_unlock(&session->lock);
    for (size_t i = 0; copy && i < count; i++)
        if (pid == 0 || copy[i].pid == pid)
            visit(copy[i].process, argument);
}

/* ---- events ---- */

static void settle_one(tri_handle process, const void *argument)
{
    tri_process_settle(process, argument);
}

static void never_one(tri_handle process, const void *argument)
{
    tri_process_never(process);
}

static void break_one(tri_handle process, const void *argument)
{
    tri_process_break_streams(process, *(const unsigned *)argument);
}

static uint32_t pid_of(const json_t *body)
{
    json_int_t pid = json_integer_value(json_object_get(body, "pid"));
    return pid > 0 && pid <= INT32_MAX ? (uint32_t)pid : 0;
}

static void on_process_exited(struct tri_session *session, const json_t *body)
{
    struct tri_process_status status = {
        .pid = pid_of(body),
        .exited = true,
        .wait_status = (int)json_integer_value(json_object_get(body, "status")),
        .unknown = json_is_true(json_object_get(body, "unknown")),
    };
    if (status.pid)
        each_member(session, status.pid, settle_one, &status);
}

static void on_close_streams(struct tri_session *session, const json_t *body)
{
    unsigned streams = (unsigned)json_integer_value(json_object_get(body, "streams"));
    uint32_t pid = pid_of(body);
    if (pid)
        each_member(session, pid, break_one, &streams);
}

static void keep_exit(struct tri_session *session, const json_t *exit)
{
    pthread_mutex_lock(&session->lock);
    session->stopped = true;
    session->init_pid = 0;
    tri_info_read_exit(exit, &session->exit);
    pthread_mutex_unlock(&session->lock);
    tri_connection_set_end(&session->connection, TRI_COMPUTE_STOPPED, "The system has stopped.");
}

static void on_stopped(struct tri_session *session, const json_t *body)
{
    static const struct tri_process_status unknown = {.exited = true, .unknown = true};
    keep_exit(session, json_object_get(body, "exit"));
    each_member(session, 0, settle_one, &unknown);
    tri_system_settle(session->system, true);
}

static void on_event(struct tri_connection *connection, const char *name, json_t *body)
{
    struct tri_session *session = session_of(connection);
    if (!strcmp(name, "stopped"))
        on_stopped(session, body);
    else if (!strcmp(name, "process-exited"))
        on_process_exited(session, body);
    else if (!strcmp(name, "close-streams"))
        on_close_streams(session, body);
}

static void on_ended(struct tri_connection *connection, int code)
{
    struct tri_session *session = session_of(connection);
    if (code == TRI_COMPUTE_DISCONNECTED) {
        each_member(session, 0, settle_one, NULL);
        tri_system_settle(session->system, false);
    } else if (code == TRI_COMPUTE_NOT_FOUND) {
        each_member(session, 0, never_one, NULL);
        tri_system_never(session->system);
    }
    tri_create_connection_ended(session);
}

static void on_destroy(struct tri_connection *connection)
{
    struct tri_session *session = session_of(connection);
    tri_record_clear(&session->record);
    pthread_mutex_destroy(&session->lock);
    free(session->members);
    free(session->id);
    free(session);
}

/* ---- life ---- */

struct tri_session *tri_session_new(void)
{
    static const struct tri_connection_user user = {on_event, on_ended, on_destroy};
    struct tri_session *session = calloc(1, sizeof(*session));
    if (!session)
        return NULL;
    pthread_mutex_init(&session->lock, NULL);
    tri_connection_init(&session->connection, &user);
    return session;
}

void tri_session_unref(struct tri_session *session)
{
    if (session)
        tri_connection_unref(&session->connection);
}

bool tri_session_exit(struct tri_session *session, struct tri_system_exit *ret_exit)
{
    TRI_LOCK_SCOPE(&session->lock);
    if (session->stopped)
        *ret_exit = session->exit;
    return session->stopped;
}

void tri_session_note_info(struct tri_session *session, const json_t *info)
{
    const json_t *exit = json_object_get(info, "exit");
    if (json_is_object(exit)) {
        keep_exit(session, exit);
        return;
    }
    TRI_LOCK_SCOPE(&session->lock);
    session->init_pid = (uint32_t)json_integer_value(json_object_get(info, "init_pid"));
}

/* ---- connecting ---- */

static int check_peer(int fd, struct tri_error *error)
{
    struct ucred peer;
    socklen_t size = sizeof(peer);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
        return tri_error_set(error, -errno, NULL, "The shim's user cannot be told: %m.");
    if (peer.uid != geteuid() && peer.uid != 0)
        return tri_error_set(error, -EACCES, NULL, "The system's shim belongs to another user (%u).",
                             (unsigned)peer.uid);
    return 0;
}

static int connect_to(int folder_fd, uint64_t deadline_ns, int *ret_fd, struct tri_error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    uint64_t now_ns = tri_clock_ns();
    uint64_t left_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 1000;
    struct timeval limit = {(time_t)(left_ns / TRI_NS_PER_SEC), (suseconds_t)(left_ns % TRI_NS_PER_SEC / 1000)};
    snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/socket", folder_fd);
    TRI_AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return tri_error_set(error, -errno, NULL, "A socket cannot be made: %m.");
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)); /* connect waits where the backlog is full */
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
        int code = errno == ENOENT || errno == ECONNREFUSED ? TRI_COMPUTE_NOT_FOUND
                   : errno == EAGAIN                        ? -ETIMEDOUT
                                                            : -errno;
        return tri_error_set(error, code, NULL, "The system's shim cannot be reached: %m.");
    }
    int r = check_peer(fd, error);
    if (r == 0)
        *ret_fd = tri_take_fd(&fd);
    return r;
}

int tri_session_connect(struct tri_session *session, int folder_fd, bool handle, uint64_t deadline_ns,
                        json_t **ret_info, struct tri_error *error)
{
    int fd = -1;
    json_t *info = NULL;
    int r = tri_record_read(folder_fd, &session->record);
    if (r < 0)
        return tri_error_set(error, tri_code_is_passing(r) ? r : TRI_COMPUTE_NOT_FOUND, NULL,
                             "The system has no readable record: %s.", strerror(-r));
    if ((r = connect_to(folder_fd, deadline_ns, &fd, error)) < 0)
        return r;
    r = tri_request_ask(&session->connection, fd, json_pack("{ss sb}", "call", "hello", "handle", handle), deadline_ns,
                        &info, error);
    if (r < 0)
        return r;
    tri_session_note_info(session, info);
    *ret_info = info;
    return 0;
}
