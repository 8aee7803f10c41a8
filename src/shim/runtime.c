/* The OCI runtime's command lines, as children that end in their own time. A command's files lie in the folder's tmp/
 * under its number, and go with it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "compute/error.h"
#include "shim/shim.h"

enum { ARGUMENTS_MAX = 32, LOG_MAX_BYTES = 256 << 10, DETAIL_MAX_BYTES = 16 << 10, PID_MAX_BYTES = 32 };

static const char *const file_suffixes[] = {
    [TRI_COMMAND_LOG] = "log",
    [TRI_COMMAND_PID] = "pid",
    [TRI_COMMAND_INPUT] = "json",
    [TRI_COMMAND_CONSOLE] = "socket",
};
enum { FILE_COUNT = sizeof(file_suffixes) / sizeof(file_suffixes[0]), FILE_NAME_BYTES = 32 };

static void file_name(const struct tri_command *command, enum tri_command_file file, char name[FILE_NAME_BYTES])
{
    snprintf(name, FILE_NAME_BYTES, "tmp/%u.%s", command->number, file_suffixes[file]);
}

void tri_command_path(const struct tri_command *command, enum tri_command_file file, char path[PATH_MAX])
{
    char name[FILE_NAME_BYTES];
    file_name(command, file, name);
    if (file == TRI_COMMAND_CONSOLE) /* the path of a socket is short, our folder's may not be */
        snprintf(path, PATH_MAX, "/proc/%d/fd/%d/%s", (int)getpid(), command->shim->folder_fd, name);
    else
        snprintf(path, PATH_MAX, "%s/%s", command->shim->folder, name);
}

/* ---- life ---- */

struct tri_command *tri_command_new(struct tri_shim *shim, struct tri_request *request, tri_command_done *done)
{
    struct tri_command *command = calloc(1, sizeof(*command));
    if (!command)
        return NULL;
    command->shim = shim;
    command->request = request;
    command->done = done;
    command->number = ++shim->command_number;
    command->orphan_mark = shim->guests.orphan_count;
    command->console_fd = -1;
    if (request)
        request->command = command;
    LIST_INSERT_HEAD(&shim->commands, command, link);
    return command;
}

void tri_command_free(struct tri_command *command)
{
    for (int file = 0; file < FILE_COUNT; file++) {
        char name[FILE_NAME_BYTES];
        file_name(command, (enum tri_command_file)file, name);
        unlinkat(command->shim->folder_fd, name, 0);
    }
    if (command->request)
        command->request->command = NULL;
    tri_close(command->console_fd);
    LIST_REMOVE(command, link);
    free(command);
}

bool tri_command_reaped(struct tri_shim *shim, pid_t pid, int wait_status)
{
    struct tri_command *command;
    LIST_FOREACH (command, &shim->commands, link) {
        if (command->pid != pid)
            continue;
        command->pid = 0;
        command->done(command, wait_status);
        tri_command_free(command);
        return true;
    }
    return false;
}

void tri_command_kill_all(struct tri_shim *shim)
{
    struct tri_command *command;
    LIST_FOREACH (command, &shim->commands, link)
        if (command->pid > 0)
            kill(command->pid, SIGKILL);
}

/* ---- starting ---- */

struct start {
    const char *program;
    const char *const *argv;
    const int *fds; /* NULL, or -1: none */
    const char *log_path;
    pid_t parent;
    volatile int failure; /* an errno of the child's, which shares our memory until it executes the program */
};

/* What nobody reads goes nowhere; complaints go to the log. */
static int stream_for(const struct start *start, int i)
{
    if (start->fds && start->fds[i] >= 0)
        return start->fds[i];
    return i == STDERR_FILENO ? open(start->log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)
                              : open("/dev/null", O_RDWR | O_CLOEXEC);
}

/* The child's side of vfork: system calls only. It dies with us, for a runtime at work on a container whose shim is gone
 * would make it behind the back of whoever cleans up. Everything but the three streams is close-on-exec. */
static void become(struct start *start)
{
    extern char **environ;
    sigset_t none;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != start->parent)
        return;
    for (int i = 0; i < 3; i++) {
        int fd = stream_for(start, i);
        if (fd < 0 || dup2(fd, i) < 0)
            goto failed;
    }
    signal(SIGPIPE, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(start->program, (char *const *)(uintptr_t)start->argv, environ);
failed:
    start->failure = errno;
}

static int spawn(struct tri_command *command, const char *program, const char *const *argv, const int *fds)
{
    char log_path[PATH_MAX];
    struct start start = {program, argv, fds, log_path, getpid(), 0};
    tri_command_path(command, TRI_COMMAND_LOG, log_path);
    pid_t pid = vfork();
    if (pid == 0) {
        become(&start);
        _exit(EXIT_FAILURE);
    }
    if (pid < 0)
        return -errno;
    if (start.failure) {
        waitpid(pid, NULL, 0);
        return -start.failure;
    }
    command->pid = pid;
    return 0;
}

static int run(struct tri_command *command, const char *program, const char *const *argv, const int *fds,
               struct tri_error *error)
{
    int r = spawn(command, program, argv, fds);
    if (r == 0)
        return 0;
    tri_command_free(command);
    int code = r == -ENOSPC ? r : TRI_COMPUTE_UNAVAILABLE; /* no place for its log */
    return tri_error_set(error, code, program, "\"%s\" cannot be started: %s.", program, strerror(-r));
}

static void append(const char **argv, size_t count, const char *const *arguments)
{
    while (*arguments && count < ARGUMENTS_MAX - 1)
        argv[count++] = *arguments++;
    argv[count] = NULL;
}

int tri_command_run_runtime(struct tri_command *command, const char *const *arguments, const int *fds,
                            struct tri_error *error)
{
    const struct tri_shim *shim = command->shim;
    char root_path[PATH_MAX], log_path[PATH_MAX];
    snprintf(root_path, sizeof(root_path), "%s/runtime", shim->folder);
    tri_command_path(command, TRI_COMMAND_LOG, log_path);
    const char *argv[ARGUMENTS_MAX] = {shim->runtime, "--root", root_path, "--log", log_path, "--log-format", "json"};
    append(argv, 7, arguments);
    return run(command, shim->runtime, argv, fds, error);
}

int tri_command_run_self(struct tri_command *command, const char *const *arguments, struct tri_error *error)
{
    const char *argv[ARGUMENTS_MAX] = {"trireme-shim"};
    append(argv, 1, arguments);
    command->is_self = true;
    return run(command, "/proc/self/exe", argv, NULL, error);
}

/* ---- its files ---- */

int tri_command_write_input(struct tri_command *command, const json_t *value, struct tri_error *error)
{
    char name[FILE_NAME_BYTES];
    file_name(command, TRI_COMMAND_INPUT, name);
    TRI_AUTO_FREE char *text = json_dumps(value, JSON_COMPACT);
    int r = text ? tri_file_write(command->shim->folder_fd, name, text, strlen(text), 0600) : -ENOMEM;
    return r < 0 ? tri_error_set(error, r, name, "A file for the runtime cannot be written: %s.", strerror(-r)) : 0;
}

static int read_pid(struct tri_command *command, pid_t *ret_pid)
{
    char name[FILE_NAME_BYTES], *end;
    TRI_AUTO_FREE char *text = NULL;
    file_name(command, TRI_COMMAND_PID, name);
    int r = tri_file_read(command->shim->folder_fd, name, PID_MAX_BYTES, &text, NULL);
    if (r < 0)
        return r;
    errno = 0;
    long pid = strtol(text, &end, 10);
    if (errno || end == text || (*end && *end != '\n') || pid <= 1 || pid > INT_MAX)
        return -EBADMSG;
    *ret_pid = (pid_t)pid;
    return 0;
}

/* A missing file is no missing program: no code but that the runtime failed. */
int tri_command_read_pid(struct tri_command *command, pid_t *ret_pid, struct tri_error *error)
{
    const char *runtime = command->shim->runtime;
    int r = read_pid(command, ret_pid);
    if (r == 0)
        return 0;
    return tri_error_set(error, -EIO, runtime, "\"%s\" did not say which process it made (%s); is it an OCI runtime?",
                         runtime, strerror(-r));
}

/* ---- terminals ---- */

int tri_command_listen_console(struct tri_command *command, struct tri_error *error)
{
    char path[PATH_MAX];
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    tri_command_path(command, TRI_COMMAND_CONSOLE, path);
    memccpy(address.sun_path, path, '\0', sizeof(address.sun_path) - 1);
    TRI_AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 1) < 0)
        return tri_error_set(error, -errno, NULL, "No socket for the terminal: %s.", strerror(errno));
    command->console_fd = tri_take_fd(&fd);
    return 0;
}

/* The runtime has ended: what it sent lies ready. */
int tri_command_take_console(struct tri_command *command)
{
    TRI_AUTO_CLOSE int fd = accept4(command->console_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return -errno;
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    char name[256];
    struct iovec iov = {.iov_base = name, .iov_len = sizeof(name)};
    struct msghdr message = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
    if (recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) < 0)
        return -errno;
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS || c->cmsg_len != CMSG_LEN(sizeof(int)))
        return -EBADMSG;
    int master;
    memcpy(&master, CMSG_DATA(c), sizeof(master));
    return master;
}

/* ---- what it said ---- */

struct words {
    char *all;        /* one message a line */
    const char *last; /* in all */
};

static void add_words(struct words *words, const char *text)
{
    size_t used = strlen(words->all), length = strlen(text);
    if (used + length + 2 > DETAIL_MAX_BYTES)
        return;
    if (used > 0)
        words->all[used++] = '\n';
    words->last = memcpy(words->all + used, text, length + 1);
}

/* The messages of the lines that are log records; where there is none, the lines as they are. */
static bool collect(struct words *words, char *log, bool records)
{
    for (char *line; (line = strsep(&log, "\n"));) {
        json_t *record = records ? json_loads(line, 0, NULL) : NULL;
        const char *text = records ? json_string_value(json_object_get(record, "msg")) : line;
        if (text && *text)
            add_words(words, text);
        json_decref(record);
    }
    return words->last != NULL;
}

static int read_words(struct tri_command *command, struct words *words)
{
    char name[FILE_NAME_BYTES];
    TRI_AUTO_FREE char *log = NULL;
    file_name(command, TRI_COMMAND_LOG, name);
    int r = tri_file_read(command->shim->folder_fd, name, LOG_MAX_BYTES, &log, NULL);
    if (r < 0)
        return r;
    TRI_AUTO_FREE char *copy = strdup(log);
    if (!copy)
        return -ENOMEM;
    return collect(words, copy, true) || collect(words, log, false) ? 0 : -ENODATA;
}

enum { END_MAX_BYTES = PATH_MAX + 64 };

static void describe_end(const char *program, int wait_status, char text[END_MAX_BYTES])
{
    if (WIFSIGNALED(wait_status))
        snprintf(text, END_MAX_BYTES, "\"%s\" was killed by signal %d", program, WTERMSIG(wait_status));
    else
        snprintf(text, END_MAX_BYTES, "\"%s\" ended with status %d and said nothing", program,
                 WEXITSTATUS(wait_status));
}

/* What a runtime says then may be anything. */
static bool is_disk_full(const struct tri_shim *shim)
{
    struct statvfs st;
    return fstatvfs(shim->folder_fd, &st) == 0 && (st.f_bavail == 0 || (st.f_files > 0 && st.f_favail == 0));
}

int tri_command_check(struct tri_command *command, int wait_status, const char *what, struct tri_error *error)
{
    if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0)
        return 0;
    TRI_AUTO_FREE char *all = calloc(1, DETAIL_MAX_BYTES);
    struct words words = {.all = all};
    const char *runtime = command->is_self ? NULL : command->shim->runtime;
    char end[END_MAX_BYTES];
    describe_end(runtime ? runtime : "trireme-shim", wait_status, end);
    bool spoke = all && read_words(command, &words) == 0;
    if (is_disk_full(command->shim))
        tri_error_set(error, -ENOSPC, command->shim->folder, "%s: the disk of \"%s\" is full.", what,
                      command->shim->folder);
    else
        tri_error_set(error, -EIO, runtime, "%s: %s.", what, spoke ? words.last : end);
    if (spoke && runtime)
        tri_error_detail(error, all);
    return error ? error->code : -EIO;
}
