#include "harness.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "compute/cgroup.h"

#define BUSYBOX "/bin/busybox"
#define RUNTIME "/usr/sbin/runc"

static char shared_base[PATH_MAX]; /* of the group: holds the busybox root */

/* ---- small things ---- */

char *join(char path[PATH_MAX], const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = vsnprintf(path, PATH_MAX, format, args);
    va_end(args);
    assert_in_range(length, 1, PATH_MAX - 1);
    return path;
}

bool path_exists(const char *format, ...)
{
    char path[PATH_MAX];
    struct stat st;
    va_list args;
    va_start(args, format);
    vsnprintf(path, sizeof(path), format, args);
    va_end(args);
    return lstat(path, &st) == 0;
}

static void wait_readable(int fd, const char *what)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    if (poll(&wait, 1, HARNESS_WAIT_MS) != 1)
        fail_msg("waited %d ms for %s", HARNESS_WAIT_MS, what);
}

char *read_to_end(int fd)
{
    size_t used = 0, size = 4096;
    char *text = malloc(size);
    for (;;) {
        wait_readable(fd, "output");
        ssize_t got = read(fd, text + used, size - used - 1);
        if (got <= 0) /* a terminal ends with EIO */
            break;
        used += (size_t)got;
        if (used == size - 1)
            text = realloc(text, size *= 2);
    }
    text[used] = '\0';
    return text;
}

/* ---- groups ---- */

static const char *why_not(void)
{
    if (geteuid() != 0)
        return "needs root";
    if (access(RUNTIME, X_OK) < 0)
        return "needs " RUNTIME;
    if (access(BUSYBOX, X_OK) < 0)
        return "needs " BUSYBOX " (busybox-static)";
    return NULL;
}

static void copy_file(const char *from, const char *to, mode_t mode)
{
    char *data = NULL;
    size_t size = 0;
    assert_int_equal(tri_file_read(AT_FDCWD, from, 16u << 20, &data, &size), 0);
    assert_int_equal(tri_file_write(AT_FDCWD, to, data, size, mode), 0);
    free(data);
}

static void make_rootfs(void)
{
    static const char *const folders[] = {"bin", "proc", "dev", "sys", "tmp", "etc", "mnt"};
    static const char *const applets[] = {"sh",    "cat", "dd",   "sleep", "echo", "stty",
                                          "touch", "ls",  "kill", "tail",  "mkdir"};
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
        assert_int_equal(tri_folder_make(AT_FDCWD, join(path, "%s/rootfs/%s", shared_base, folders[i]), 0755), 0);
    copy_file(BUSYBOX, join(path, "%s/rootfs/bin/busybox", shared_base), 0755);
    for (size_t i = 0; i < sizeof(applets) / sizeof(applets[0]); i++)
        assert_int_equal(symlink("busybox", join(path, "%s/rootfs/bin/%s", shared_base, applets[i])), 0);
}

int harness_group_setup(void **state)
{
    const char *reason = why_not();
    if (reason) {
        print_message("# skipped: %s\n", reason);
        return 0;
    }
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* so that a shim, and what it may leave, is seen */
    signal(SIGPIPE, SIG_IGN);
    strcpy(shared_base, "/run/trireme-test-XXXXXX");
    assert_non_null(mkdtemp(shared_base));
    make_rootfs();
    return 0;
}

int harness_group_teardown(void **state)
{
    return shared_base[0] ? tri_folder_remove(AT_FDCWD, shared_base) : 0;
}

/* ---- a shim ---- */

static pid_t only_child(void)
{
    char *text = NULL;
    if (tri_file_read(AT_FDCWD, "/proc/thread-self/children", 4096, &text, NULL) < 0)
        return 0;
    pid_t pid = (pid_t)strtol(text, NULL, 10);
    free(text);
    return pid;
}

static void exec_shim(struct fixture *f, int folder_fd, int socket_fd)
{
    int a = fcntl(folder_fd, F_DUPFD, 10), b = fcntl(socket_fd, F_DUPFD, 10);
    dup2(a, 3);
    dup2(b, 4);
    close(a);
    close(b);
    execl(getenv("TRIREME_TEST_SHIM"), "trireme-shim", f->folder, (char *)NULL);
    _exit(127);
}

void shim_launch(struct fixture *f)
{
    int pair[2], status;
    TRI_AUTO_CLOSE int folder_fd = open(f->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(folder_fd >= 0 && flock(folder_fd, LOCK_EX | LOCK_NB) == 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    pid_t pid = fork();
    if (pid == 0)
        exec_shim(f, folder_fd, pair[1]);
    close(pair[1]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    f->creator = (struct conn){.fd = pair[0], .messages = json_array()};
    f->shim_pid = only_child();
    assert_true(f->shim_pid > 0);
}

void shim_prepare(struct fixture *f, json_t *config)
{
    char path[PATH_MAX];
    char *text = json_dumps(config, JSON_COMPACT);
    assert_int_equal(tri_folder_make(AT_FDCWD, join(path, "%s/bundle", f->folder), 0700), 0);
    assert_int_equal(tri_file_write(AT_FDCWD, join(path, "%s/bundle/config.json", f->folder), text, strlen(text), 0600),
                     0);
    assert_int_equal(tri_file_write(AT_FDCWD, join(path, "%s/spec.json", f->folder), "{}", 2, 0600), 0);
    free(text);
    json_decref(config);
}

json_t *create_members(struct fixture *f, bool own_init)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:{s:[s]}, s:b, s:b}", "id", f->id, "runtime", RUNTIME, "kind", "runc",
                     "runtime_id", f->id, "cgroup", f->cgroup, "root", "lower", f->rootfs, "own_init", own_init,
                     "terminate_on_last_close", 0);
}

/* ---- configurations ---- */

static json_t *config_with(struct fixture *f, json_t *args)
{
    json_t *capabilities =
        json_pack("[s,s,s,s,s]", "CAP_KILL", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_SETUID", "CAP_SETGID");
    json_t *mounts =
        json_pack("[{s:s, s:s, s:s}, {s:s, s:s, s:s, s:[s,s]}, {s:s, s:s, s:s, s:[s,s]}, {s:s, s:s, s:s, s:[s,s]}]",
                  "destination", "/proc", "type", "proc", "source", "proc", "destination", "/dev", "type", "tmpfs",
                  "source", "tmpfs", "options", "nosuid", "mode=755", "destination", "/dev/pts", "type", "devpts",
                  "source", "devpts", "options", "newinstance", "ptmxmode=0666", "destination", "/dev/.trireme-init",
                  "type", "bind", "source", getenv("TRIREME_TEST_INIT"), "options", "bind", "ro");
    json_t *namespaces = json_pack("[{s:s},{s:s},{s:s},{s:s},{s:s}]", "type", "pid", "type", "mount", "type", "ipc",
                                   "type", "uts", "type", "network");
    return json_pack("{s:s, s:{s:s}, s:s, s:{s:s, s:o, s:[s], s:{s:i, s:i}, s:{s:O, s:O, s:o}}, s:o, s:{s:s, s:o}}",
                     "ociVersion", "1.0.2", "root", "path", "rootfs", "hostname", "test", "process", "cwd", "/", "args",
                     args, "env", "PATH=/bin", "user", "uid", 0, "gid", 0, "capabilities", "bounding", capabilities,
                     "effective", capabilities, "permitted", capabilities, "mounts", mounts, "linux", "cgroupsPath",
                     f->cgroup, "namespaces", namespaces);
}

json_t *config_plain(struct fixture *f)
{
    return config_with(f, json_pack("[s]", "/dev/.trireme-init"));
}

json_t *config_own(struct fixture *f, const char *command)
{
    return config_with(f, json_pack("[s,s,s]", "/bin/sh", "-c", command));
}

void start_plain(struct fixture *f)
{
    shim_prepare(f, config_plain(f));
    shim_launch(f);
    call_ok(&f->creator, "create", "o", create_members(f, true));
    call_ok(&f->creator, "start", NULL);
}

void start_own(struct fixture *f, const char *command)
{
    shim_prepare(f, config_own(f, command));
    shim_launch(f);
    call_ok(&f->creator, "create", "o", create_members(f, false));
    call_ok(&f->creator, "start", NULL);
}

/* ---- sending ---- */

static bool try_open(struct fixture *f, struct conn *conn)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    TRI_AUTO_CLOSE int folder_fd = open(f->folder, O_PATH | O_CLOEXEC);
    snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/socket", folder_fd);
    *conn = (struct conn){.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), .messages = json_array()};
    return connect(conn->fd, (struct sockaddr *)&address, sizeof(address)) == 0;
}

void conn_open(struct fixture *f, struct conn *conn)
{
    assert_true(try_open(f, conn));
}

void conn_close(struct conn *conn)
{
    for (size_t i = 0; i < conn->fd_count; i++)
        tri_close(conn->fds[i]);
    conn->fd_count = 0;
    tri_close(tri_take_fd(&conn->fd));
    json_decref(conn->messages);
    conn->messages = NULL;
}

void conn_send_raw(struct conn *conn, const void *data, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(conn->fd, data, size, MSG_NOSIGNAL);
        if (sent < 0 && (errno == EPIPE || errno == ECONNRESET))
            return; /* the other side may refuse; the test looks at that */
        assert_true(sent > 0);
        data = (const char *)data + sent;
        size -= (size_t)sent;
    }
}

void conn_send_fds(struct conn *conn, const json_t *message, const int *fds, size_t fd_count)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int) * 16)];
    } control = {.bytes = {0}};
    char *text = json_dumps(message, JSON_COMPACT);
    uint32_t size_le = htole32((uint32_t)strlen(text));
    struct iovec iov = {.iov_base = &size_le, .iov_len = sizeof(size_le)};
    struct msghdr header = {.msg_iov = &iov, .msg_iovlen = 1};
    if (fd_count > 0) {
        header.msg_control = &control;
        header.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
        control.header = (struct cmsghdr){
            .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int) * fd_count)};
        memcpy(CMSG_DATA(&control.header), fds, sizeof(int) * fd_count);
    }
    ssize_t sent = sendmsg(conn->fd, &header, MSG_NOSIGNAL);
    assert_true(sent == sizeof(size_le) || errno == EPIPE || errno == ECONNRESET);
    conn_send_raw(conn, text, strlen(text));
    free(text);
}

/* ---- receiving ---- */

static bool receive_exactly(struct conn *conn, void *data, size_t size)
{
    while (size > 0) {
        union {
            struct cmsghdr header;
            char bytes[CMSG_SPACE(sizeof(int) * HARNESS_FDS_MAX)];
        } control;
        struct iovec iov = {.iov_base = data, .iov_len = size};
        struct msghdr header = {
            .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
        wait_readable(conn->fd, "a message of the shim's");
        ssize_t got = recvmsg(conn->fd, &header, MSG_CMSG_CLOEXEC);
        if (got <= 0)
            return false;
        struct cmsghdr *c = CMSG_FIRSTHDR(&header);
        size_t count = c ? (c->cmsg_len - CMSG_LEN(0)) / sizeof(int) : 0;
        assert_true(conn->fd_count + count <= HARNESS_FDS_MAX);
        if (count > 0)
            memcpy(conn->fds + conn->fd_count, CMSG_DATA(c), count * sizeof(int));
        conn->fd_count += count;
        data = (char *)data + got;
        size -= (size_t)got;
    }
    return true;
}

static bool receive_message(struct conn *conn)
{
    uint32_t size_le;
    if (!receive_exactly(conn, &size_le, sizeof(size_le)))
        return false;
    size_t size = le32toh(size_le);
    assert_in_range(size, 2, 4u << 20);
    char *text = malloc(size);
    if (!receive_exactly(conn, text, size)) {
        free(text);
        return false;
    }
    json_t *message = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
    free(text);
    assert_true(json_is_object(message));
    json_array_append_new(conn->messages, message);
    return true;
}

bool conn_is_closed(struct conn *conn)
{
    return !receive_message(conn);
}

static json_t *newest_message(const struct conn *conn)
{
    return json_array_get(conn->messages, json_array_size(conn->messages) - 1);
}

static bool is_reply(const json_t *message, json_int_t seq)
{
    return json_integer_value(json_object_get(message, "seq")) == seq;
}

static json_t *message_at(struct conn *conn, size_t position)
{
    while (position >= json_array_size(conn->messages))
        if (!receive_message(conn))
            fail_msg("the shim closed the connection");
    return json_array_get(conn->messages, position);
}

size_t position_of_reply(struct conn *conn, json_int_t seq)
{
    for (size_t i = 0;; i++)
        if (is_reply(message_at(conn, i), seq))
            return i;
}

static bool is_event(const json_t *message, const char *name)
{
    const char *event = json_string_value(json_object_get(message, "event"));
    return event && !strcmp(event, name);
}

size_t position_of_event(struct conn *conn, const char *name)
{
    for (size_t i = 0;; i++)
        if (is_event(message_at(conn, i), name))
            return i;
}

json_t *event_next(struct conn *conn, const char *name)
{
    for (;;) {
        json_t *message = message_at(conn, conn->seen++);
        if (is_event(message, name))
            return message;
    }
}

/* ---- calls ---- */

static json_int_t begin(struct conn *conn, const char *call, json_t *members, const int *fds, size_t fd_count)
{
    json_int_t seq = ++conn->seq;
    json_object_set_new(members, "seq", json_integer(seq));
    json_object_set_new(members, "call", json_string(call));
    conn_send_fds(conn, members, fds, fd_count);
    json_decref(members);
    return seq;
}

static json_t *pack(const char *format, va_list args)
{
    json_t *members = format ? json_vpack_ex(NULL, 0, format, args) : json_object();
    assert_non_null(members);
    return members;
}

json_int_t call_begin(struct conn *conn, const char *call, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    json_t *members = pack(format, args);
    va_end(args);
    return begin(conn, call, members, NULL, 0);
}

json_t *call_end(struct conn *conn, json_int_t seq)
{
    return json_array_get(conn->messages, position_of_reply(conn, seq));
}

static json_t *check_ok(const char *call, json_t *reply)
{
    json_t *error = json_object_get(reply, "error");
    if (error)
        fail_msg("%s: %lld %s (%s)", call, json_integer_value(json_object_get(error, "code")),
                 json_string_value(json_object_get(error, "text")),
                 json_string_value(json_object_get(error, "detail")));
    return reply;
}

json_t *call_ok(struct conn *conn, const char *call, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    json_t *members = pack(format, args);
    va_end(args);
    return check_ok(call, call_end(conn, begin(conn, call, members, NULL, 0)));
}

int call_code(struct conn *conn, const char *call, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    json_t *members = pack(format, args);
    va_end(args);
    json_t *reply = call_end(conn, begin(conn, call, members, NULL, 0));
    return (int)json_integer_value(json_object_get(json_object_get(reply, "error"), "code"));
}

json_t *last_error(struct conn *conn)
{
    return json_object_get(call_end(conn, conn->seq), "error");
}

const char *member_text(const json_t *object, const char *member)
{
    return json_string_value(json_object_get(object, member));
}

long long member_number(const json_t *object, const char *member)
{
    return json_integer_value(json_object_get(object, member));
}

bool member_flag(const json_t *object, const char *member)
{
    const json_t *value = json_object_get(object, member);
    assert_true(json_is_boolean(value));
    return json_is_true(value);
}

void assert_state(struct conn *conn, const char *name)
{
    assert_string_equal(member_text(call_ok(conn, "info", NULL), "state"), name);
}

void assert_exit(const json_t *holder, const char *type, const char *by)
{
    const json_t *ending = json_object_get(holder, "exit");
    assert_string_equal(member_text(ending, "type"), type);
    assert_string_equal(member_text(ending, "by"), by);
}

/* ---- fixtures ---- */

int harness_setup(void **state)
{
    static unsigned number;
    if (!shared_base[0])
        return 0;
    struct fixture *f = calloc(1, sizeof(*f));
    f->creator.fd = -1;
    snprintf(f->id, sizeof(f->id), "t%d-%u", (int)getpid(), ++number);
    snprintf(f->cgroup, sizeof(f->cgroup), "/trireme-%s", f->id);
    join(f->base, "%s/%u", shared_base, number);
    join(f->space, "%s/space", f->base);
    join(f->folder, "%s/%s", f->space, f->id);
    join(f->rootfs, "%s/rootfs", shared_base);
    assert_int_equal(tri_folder_make(AT_FDCWD, f->space, 0700), 0);
    *state = f;
    return 0;
}

/* False: it goes on, after all that time. */
static bool wait_end(pid_t pid, int *ret_status)
{
    struct pollfd wait = {.fd = pidfd_open(pid, 0), .events = POLLIN};
    bool ended = wait.fd < 0 || poll(&wait, 1, HARNESS_WAIT_MS) == 1;
    tri_close(wait.fd);
    return ended && waitpid(pid, ret_status, 0) == pid;
}

void shim_wait_end(struct fixture *f)
{
    int status = -1;
    assert_true(wait_end(f->shim_pid, &status));
    f->shim_pid = 0;
    assert_int_equal(status, 0);
}

void shim_hold(struct fixture *f)
{
    int status = 0;
    assert_int_equal(kill(f->shim_pid, SIGSTOP), 0);
    assert_int_equal(waitpid(f->shim_pid, &status, WUNTRACED), f->shim_pid);
    assert_true(WIFSTOPPED(status));
}

void shim_let_go_on(struct fixture *f)
{
    assert_int_equal(kill(f->shim_pid, SIGCONT), 0);
}

/* The shim may be about to end anyway: whatever fails here does not matter. */
static void terminate_politely(struct fixture *f)
{
    struct conn conn;
    if (try_open(f, &conn)) {
        call_begin(&conn, "hello", "{s:b}", "handle", 1);
        json_int_t terminate = call_begin(&conn, "terminate", NULL);
        while (receive_message(&conn) && !is_reply(newest_message(&conn), terminate))
            ;
    }
    conn_close(&conn);
}

/* Whatever the test left: terminated, its record given up. Returns how much of that failed. */
static int end_shim(struct fixture *f)
{
    int status = 0;
    if (f->shim_pid <= 0)
        return 0;
    kill(f->shim_pid, SIGCONT); /* a test that failed may have left it held */
    terminate_politely(f);
    conn_close(&f->creator);
    bool ended = wait_end(f->shim_pid, &status);
    if (!ended) {
        kill(f->shim_pid, SIGKILL);
        waitpid(f->shim_pid, NULL, 0);
    }
    return !ended || status != 0;
}

static bool is_mounted_below(const char *base)
{
    char *text = NULL;
    assert_int_equal(tri_file_read(AT_FDCWD, "/proc/self/mountinfo", 4u << 20, &text, NULL), 0);
    bool found = strstr(text, base) != NULL;
    free(text);
    return found;
}

/* All that may be left of a system; 0: nothing. Removes it, so that the next test is not harmed. */
static int count_leftovers(struct fixture *f)
{
    pid_t *pids = NULL;
    size_t count = 0;
    int left = 0, status;
    tri_cgroup_pids(TRI_CGROUP_ROOT, f->cgroup, &pids, &count);
    free(pids);
    left += count > 0;
    tri_cgroup_kill(TRI_CGROUP_ROOT, f->cgroup, tri_deadline_ns(HARNESS_WAIT_MS));
    left += path_exists("/sys/fs/cgroup%s", f->cgroup) || path_exists("/sys/fs/cgroup/memory%s", f->cgroup) ||
            path_exists("/sys/fs/cgroup/pids%s", f->cgroup) || path_exists("/sys/fs/cgroup/systemd%s", f->cgroup);
    tri_cgroup_remove(TRI_CGROUP_ROOT, f->cgroup);
    left += waitpid(-1, &status, WNOHANG) != -1 || errno != ECHILD;
    left += is_mounted_below(f->base);
    left += rmdir(f->space) < 0; /* empty: no folder, no record */
    return left;
}

int harness_teardown(void **state)
{
    struct fixture *f = *state;
    if (!f)
        return 0;
    int left = end_shim(f);
    conn_close(&f->creator);
    left += count_leftovers(f);
    if (left)
        print_message("# %d kinds of things are left of %s\n", left, f->id);
    tri_folder_remove(AT_FDCWD, f->base);
    free(f);
    return left;
}

/* ---- processes ---- */

json_t *process_members(const char *command)
{
    return json_pack("{s:{s:s, s:[s,s,s], s:[s], s:{s:i, s:i}}}", "spec", "cwd", "/", "args", "/bin/sh", "-c", command,
                     "env", "PATH=/bin", "user", "uid", 0, "gid", 0);
}

struct running process_start(struct conn *conn, const char *command)
{
    int in[2], out[2], err[2];
    assert_true(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0 && pipe2(err, O_CLOEXEC) == 0);
    const int fds[] = {in[0], out[1], err[1]};
    json_t *members = command ? process_members(command) : json_object();
    json_object_set_new(members, "fds", json_pack("[s,s,s]", "stdin", "stdout", "stderr"));
    json_int_t seq = begin(conn, "process", members, fds, 3);
    for (int i = 0; i < 3; i++)
        close(fds[i]);
    struct running running = {.in = in[1], .out = out[0], .err = err[0]};
    running.pid = (pid_t)json_integer_value(json_object_get(check_ok("process", call_end(conn, seq)), "pid"));
    assert_true(running.pid > 1);
    return running;
}

void running_close(struct running *running)
{
    tri_close(tri_take_fd(&running->in));
    tri_close(tri_take_fd(&running->out));
    tri_close(tri_take_fd(&running->err));
}

int process_wait(struct conn *conn, pid_t pid)
{
    for (size_t i = 0;; i++) {
        json_t *message = message_at(conn, i);
        if (is_event(message, "process-exited") && json_integer_value(json_object_get(message, "pid")) == pid) {
            assert_true(json_is_false(json_object_get(message, "unknown")));
            return (int)json_integer_value(json_object_get(message, "status"));
        }
    }
}

int run_command(struct conn *conn, const char *command, char **ret_output)
{
    struct running running = process_start(conn, command);
    char *output = read_to_end(running.out);
    int status = process_wait(conn, running.pid);
    running_close(&running);
    if (ret_output)
        *ret_output = output;
    else
        free(output);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}
