/* Starting a program so that the host program does not notice.
 *
 * A child that is the host's own raises SIGCHLD when it ends, and any wait(-1) in the host can take its status: execve
 * resets the termination signal to SIGCHLD, whatever clone was told. So between the host and the program stands a
 * keeper: a process that never executes anything and therefore keeps termination signal 0. It starts the program, waits
 * for it, notes the status, and ends; only a wait with __WALL sees it. It shares the host's memory, so that it costs a
 * kernel task and a small stack and no copied page tables, and the host's descriptors until the program runs; then it
 * has none but two pidfds: the program's, and the host's, with which it ends too.
 *
 *   host thread --clone(VM, FILES)--> keeper --clone(VM, VFORK)--> program
 *        sleeps until the keeper says started or failed
 *
 * The keeper and the program before execve live in the host's memory and on the thread pointer of the thread that made
 * them. That is safe as long as they touch nothing of that thread: they make system calls only, through syscall(),
 * which touches errno only when a call fails; calls that can fail are made while that thread sleeps. All signals are
 * blocked in both, those of the C library's own included, until the program has the default dispositions. */
#include "op/child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "op/futex.h"

/* Runs in a process that must not enter what a sanitizer or the stack protector adds: it is not a thread they know. */
#define OUTSIDE __attribute__((noinline, no_stack_protector, no_sanitize("address", "thread", "undefined")))

/* The thread sanitizer takes every call of clone for a fork, and puts code of its own into the new process. */
#ifdef __SANITIZE_THREAD__
int __clone(int (*run)(void *), void *stack, int flags, void *data, ...);
#define clone __clone
#endif

#define STACK_SIZE (32 * 1024)
#define SIGNAL_COUNT 64
#define STATUS_UNKNOWN (-1)
#define KERNEL_SIGSET_SIZE 8

enum step { STEP_NONE, STEP_CLONE, STEP_SESSION, STEP_FOLDER, STEP_DESCRIPTORS, STEP_EXEC, STEP_WATCH };

static const char *const step_names[] = {
    [STEP_CLONE] = "clone for",
    [STEP_SESSION] = "setsid for",
    [STEP_FOLDER] = "enter folder of",
    [STEP_DESCRIPTORS] = "hand descriptors to",
    [STEP_EXEC] = "exec",
    [STEP_WATCH] = "watch",
};

enum { KEEPER_BEGINS, KEEPER_STARTED, KEEPER_FAILED };

struct tri_keeper {
    _Atomic uint32_t state; /* what the host's thread waits for */
    enum step step;         /* that failed, and why */
    int error;
    pid_t host, keeper, pid;
    int pidfd;  /* of the program, among the host's descriptors */
    int status; /* as wait4 gives it; STATUS_UNKNOWN until then */
    /* for the program: */
    const char *path;
    char *const *argv, *const *envp;
    int folder_fd;
    bool new_session, ends_with_parent;
    unsigned fd_count;
    const int *fds; /* to become 0, 1, ...; -1: closed */
    int *moved;     /* room for as many */
    _Alignas(16) char keeper_stack[STACK_SIZE], program_stack[STACK_SIZE];
};

/* ---- in the program, before it is one ---- */

/* The kernel's struct sigaction, with room for that of any architecture: zero is SIG_DFL and no flags. */
static const unsigned char default_action[64];

OUTSIDE static void reset_signals(void)
{
    for (int number = 1; number <= SIGNAL_COUNT; number++)
        syscall(SYS_rt_sigaction, number, default_action, NULL, KERNEL_SIGSET_SIZE);
}

/* First out of the way of each other, then into place. */
OUTSIDE static bool place_descriptors(struct tri_keeper *k)
{
    for (unsigned i = 0; i < k->fd_count; i++) {
        k->moved[i] = k->fds[i] < 0 ? -1 : (int)syscall(SYS_fcntl, k->fds[i], F_DUPFD_CLOEXEC, k->fd_count);
        if (k->fds[i] >= 0 && k->moved[i] < 0)
            return false;
    }
    for (unsigned i = 0; i < k->fd_count; i++) {
        if (k->moved[i] < 0)
            syscall(SYS_close, i);
        else if (syscall(SYS_dup3, k->moved[i], i, 0) < 0)
            return false;
    }
    return syscall(SYS_close_range, k->fd_count, ~0u, 0) == 0;
}

OUTSIDE static enum step prepare(struct tri_keeper *k)
{
    if (k->new_session && syscall(SYS_setsid) < 0)
        return STEP_SESSION;
    if (k->ends_with_parent && syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL) < 0) /* the parent is the keeper */
        return STEP_WATCH;
    if (k->folder_fd >= 0 && syscall(SYS_fchdir, k->folder_fd) < 0)
        return STEP_FOLDER;
    return place_descriptors(k) ? STEP_NONE : STEP_DESCRIPTORS;
}

OUTSIDE static int program_main(void *data)
{
    struct tri_keeper *k = data;
    uint64_t none = 0;
    reset_signals();
    enum step step = prepare(k);
    if (step == STEP_NONE) {
        syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, KERNEL_SIGSET_SIZE);
        syscall(SYS_execve, k->path, k->argv, k->envp);
        step = STEP_EXEC;
    }
    k->step = step;
    k->error = errno;
    syscall(SYS_exit_group, 127);
    __builtin_unreachable();
}

/* ---- in the keeper ---- */

OUTSIDE static void keeper_say(struct tri_keeper *k, uint32_t state)
{
    atomic_store_explicit(&k->state, state, memory_order_release);
    syscall(SYS_futex, &k->state, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, INT_MAX, NULL, NULL, 0);
}

OUTSIDE static bool fails_at(struct tri_keeper *k, enum step step)
{
    k->step = step;
    k->error = errno;
    return false;
}

/* With the host's descriptors: its new pidfd is one of them. */
OUTSIDE static bool keeper_start(struct tri_keeper *k)
{
    int flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD;
    k->pid = clone(program_main, k->program_stack + STACK_SIZE, flags, k, &k->pidfd);
    if (k->pid < 0)
        return fails_at(k, STEP_CLONE);
    return k->step == STEP_NONE;
}

/* Lets go of the host's descriptors, and gets the two that it needs. The host may be dead by now: a program that goes on
 * without it is none the worse for that. */
OUTSIDE static bool keeper_detach(struct tri_keeper *k, struct pollfd watched[2])
{
    if (syscall(SYS_close_range, 0, ~0u, CLOSE_RANGE_UNSHARE) < 0)
        return fails_at(k, STEP_WATCH);
    watched[0] = (struct pollfd){.fd = (int)syscall(SYS_pidfd_open, k->pid, 0), .events = POLLIN};
    watched[1] = (struct pollfd){.fd = (int)syscall(SYS_pidfd_open, k->host, 0), .events = POLLIN};
    bool is_orphan = watched[1].fd < 0 && errno == ESRCH && !k->ends_with_parent;
    return (watched[0].fd >= 0 && (watched[1].fd >= 0 || is_orphan)) || fails_at(k, STEP_WATCH);
}

OUTSIDE static int keeper_main(void *data)
{
    struct tri_keeper *k = data;
    struct pollfd watched[2];
    /* Where the host ignores SIGCHLD, the program's status would be lost. The dispositions here are a copy. */
    syscall(SYS_rt_sigaction, SIGCHLD, default_action, NULL, KERNEL_SIGSET_SIZE);
    syscall(SYS_prctl, PR_SET_NAME, "tri-keeper");
    bool started = keeper_start(k);
    if (started && !keeper_detach(k, watched)) {
        syscall(SYS_kill, k->pid, SIGKILL);
        started = false;
    }
    if (!started) {
        if (k->pid > 0)
            syscall(SYS_wait4, k->pid, NULL, __WALL, NULL);
        keeper_say(k, KEEPER_FAILED);
        syscall(SYS_exit_group, 0);
    }
    keeper_say(k, KEEPER_STARTED);
    syscall(SYS_ppoll, watched, 2, NULL, NULL, 0);
    if (watched[0].revents)
        syscall(SYS_wait4, k->pid, &k->status, __WALL, NULL);
    else if (k->ends_with_parent)
        syscall(SYS_pidfd_send_signal, watched[0].fd, SIGKILL, NULL, 0);
    syscall(SYS_exit_group, 0);
    __builtin_unreachable();
}

/* ---- in the host ---- */

static void keeper_free(struct tri_keeper *k)
{
    if (!k)
        return;
    free((void *)k->path);
    free(k->moved);
    free(k);
}

static void keeper_freep(struct tri_keeper **k)
{
    keeper_free(*k);
}

static void keeper_reap(const struct tri_keeper *k)
{
    while (waitpid(k->keeper, NULL, __WALL) < 0 && errno == EINTR)
        ;
}

/* The file that a name stands for, as a shell would find it; newly allocated. */
static int find_program(const char *name, char **ret_path)
{
    const char *folders = getenv("PATH");
    size_t length;
    int r = -ENOENT;
    if (strchr(name, '/'))
        return (*ret_path = strdup(name)) ? 0 : -ENOMEM;
    for (const char *folder = folders ? folders : "/usr/local/bin:/usr/bin:/bin"; folder;
         folder = folder[length] ? folder + length + 1 : NULL) {
        TRI_AUTO_FREE char *path = NULL;
        length = strcspn(folder, ":");
        if (asprintf(&path, "%.*s/%s", length ? (int)length : 1, length ? folder : ".", name) < 0)
            return -ENOMEM;
        if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0) {
            *ret_path = TRI_TAKE(path);
            return 0;
        }
        if (errno == EACCES)
            r = -EACCES;
    }
    return r;
}

/* 0..2 that are not given are /dev/null, opened here as *null_fd. */
static int list_descriptors(struct tri_keeper *k, const struct tri_child_params *params, int *null_fd)
{
    k->fd_count = params->fd_count < 3 ? 3 : (unsigned)params->fd_count;
    int *fds = calloc(k->fd_count * 2, sizeof(*fds));
    if (!fds)
        return -ENOMEM;
    k->moved = fds;
    k->fds = fds + k->fd_count;
    if ((*null_fd = open("/dev/null", O_RDWR | O_CLOEXEC)) < 0)
        return -errno;
    for (unsigned i = 0; i < k->fd_count; i++) {
        int given = i < params->fd_count ? params->fds[i] : -1;
        fds[k->fd_count + i] = given < 0 && i < 3 ? *null_fd : given;
    }
    return 0;
}

/* The keeper says how it went, unless somebody kills it before. */
static void keeper_await(struct tri_keeper *k)
{
    while (atomic_load_explicit(&k->state, memory_order_acquire) == KEEPER_BEGINS) {
        if (tri_futex_wait(&k->state, KEEPER_BEGINS, tri_clock_ns() + TRI_NS_PER_SEC) == -ETIMEDOUT &&
            waitpid(k->keeper, NULL, WNOHANG | WNOWAIT | __WALL) != 0)
            return;
    }
}

/* 0, or -errno with k->step saying what failed; the keeper is gone then. */
static int keeper_run(struct tri_keeper *k)
{
    uint64_t all = ~0ull, before;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, KERNEL_SIGSET_SIZE);
    k->keeper = clone(keeper_main, k->keeper_stack + STACK_SIZE, CLONE_VM | CLONE_FILES, k);
    int error = errno;
    if (k->keeper > 0)
        keeper_await(k);
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, KERNEL_SIGSET_SIZE);
    if (k->keeper < 0) {
        k->step = STEP_CLONE;
        return -error;
    }
    if (atomic_load_explicit(&k->state, memory_order_acquire) == KEEPER_STARTED)
        return 0;
    keeper_reap(k);
    tri_close(k->pidfd);
    return k->error ? -k->error : -ECHILD;
}

static int child_start(const struct tri_child_params *params, struct tri_child *ret_child, enum step *ret_step)
{
    TRI_CLEANUP(keeper_freep) struct tri_keeper *k = calloc(1, sizeof(*k));
    TRI_AUTO_CLOSE int null_fd = -1;
    char *path = NULL;
    if (!k)
        return -ENOMEM;
    *ret_step = STEP_EXEC;
    int r = find_program(params->argv[0], &path);
    if (r < 0)
        return r;
    k->path = path;
    *ret_step = STEP_DESCRIPTORS;
    if ((r = list_descriptors(k, params, &null_fd)) < 0)
        return r;
    k->argv = (char *const *)params->argv;
    k->envp = params->envp ? (char *const *)params->envp : environ;
    k->folder_fd = params->folder_fd;
    k->new_session = params->new_session;
    k->ends_with_parent = params->ends_with_parent;
    k->host = getpid();
    k->pidfd = -1;
    k->status = STATUS_UNKNOWN;
    r = keeper_run(k);
    *ret_step = k->step;
    if (r == 0)
        *ret_child = (struct tri_child){.pid = k->pid, .pidfd = k->pidfd, .keeper = TRI_TAKE(k)};
    return r;
}

int tri_child_start(const struct tri_child_params *params, struct tri_child *ret_child, struct tri_error *error)
{
    enum step step = STEP_CLONE;
    int r = child_start(params, ret_child, &step);
    if (r == 0)
        return 0;
    return tri_error_set(error, r, params->argv[0], "%s %s: %s", step_names[step] ? step_names[step] : "start",
                         params->argv[0], strerror(-r));
}

/* poll with a deadline. As poll, with -errno. */
static int poll_until(struct pollfd *fds, nfds_t count, uint64_t deadline_ns)
{
    for (;;) {
        uint64_t now_ns = tri_clock_ns();
        uint64_t left_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
        struct timespec left = {(time_t)(left_ns / TRI_NS_PER_SEC), (long)(left_ns % TRI_NS_PER_SEC)};
        int r = ppoll(fds, count, deadline_ns == TRI_DEADLINE_NEVER ? NULL : &left, NULL);
        if (r >= 0 || errno != EINTR)
            return r < 0 ? -errno : r;
    }
}

int tri_child_wait(struct tri_child *child, uint64_t deadline_ns, int *ret_status)
{
    if (!child->keeper)
        return -ECHILD;
    struct pollfd ended = {.fd = child->pidfd, .events = POLLIN};
    int r = poll_until(&ended, 1, deadline_ns);
    if (r <= 0)
        return r < 0 ? r : -ETIMEDOUT;
    keeper_reap(child->keeper);
    int status = child->keeper->status;
    keeper_free(TRI_TAKE(child->keeper));
    tri_close(tri_take_fd(&child->pidfd));
    if (status == STATUS_UNKNOWN)
        return -ECHILD;
    *ret_status = status;
    return 0;
}

void tri_child_finish(struct tri_child *child)
{
    int status;
    if (!child->keeper)
        return;
    syscall(SYS_pidfd_send_signal, child->pidfd, SIGKILL, NULL, 0);
    tri_child_wait(child, TRI_DEADLINE_NEVER, &status);
}

/* ---- run ---- */

/* What comes out of one pipe. */
struct gather {
    int fd; /* -1: ended, or not wanted */
    char *text;
    size_t size, limit;
};

static void gather_finish(struct gather *gather)
{
    tri_close(gather->fd);
    free(gather->text);
}

/* *ret_write_fd is for the program: -1 where its output is not wanted. */
static int gather_begin(struct gather *gather, bool wanted, size_t limit, int *ret_write_fd)
{
    int fds[2];
    *ret_write_fd = -1;
    if (!wanted)
        return 0;
    if (!(gather->text = malloc(limit + 1)))
        return -ENOMEM;
    gather->limit = limit;
    if (pipe2(fds, O_CLOEXEC) < 0)
        return -errno;
    gather->fd = fds[0];
    *ret_write_fd = fds[1];
    return fcntl(fds[0], F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
}

/* One read; false where there is nothing to read now, or never again. */
static bool gather_some(struct gather *gather)
{
    char chunk[4096];
    ssize_t got = gather->fd < 0 ? 0 : read(gather->fd, chunk, sizeof(chunk));
    if (got == 0)
        tri_close(tri_take_fd(&gather->fd));
    if (got <= 0)
        return got < 0 && errno == EINTR;
    size_t room = gather->limit - gather->size, kept = (size_t)got < room ? (size_t)got : room;
    memcpy(gather->text + gather->size, chunk, kept);
    gather->size += kept;
    return true;
}

/* What a program left in its pipe when it ended. Not until the end of file: an heir of the pipe may write for ever. */
static void gather_rest(struct gather *gather)
{
    int capacity = gather->fd < 0 ? 0 : fcntl(gather->fd, F_GETPIPE_SZ);
    for (int reads = capacity / 4096 + 1; reads > 0 && gather_some(gather); reads--)
        ;
}

static char *gather_take(struct gather *gather)
{
    gather->text[gather->size] = '\0';
    return TRI_TAKE(gather->text);
}

/* A file in memory: a program that does not read it cannot raise SIGPIPE here. */
static int input_fd(const char *input)
{
    size_t size = strlen(input);
    TRI_AUTO_CLOSE int fd = memfd_create("input", MFD_CLOEXEC);
    if (fd < 0)
        return -errno;
    for (size_t done = 0; done < size;) {
        ssize_t written = write(fd, input + done, size - done);
        if (written < 0 && errno != EINTR)
            return -errno;
        done += written > 0 ? (size_t)written : 0;
    }
    return lseek(fd, 0, SEEK_SET) < 0 ? -errno : tri_take_fd(&fd);
}

/* Starts it with the three given, which are closed here, in place of params' own first three. */
static int start_between(const struct tri_child_params *params, int standard[3], struct tri_child *ret_child,
                         struct tri_error *error)
{
    size_t count = params->fd_count < 3 ? 3 : params->fd_count;
    TRI_AUTO_FREE int *fds = malloc(count * sizeof(*fds));
    if (!fds)
        return tri_error_set(error, -ENOMEM, params->argv[0], "no memory to start %s", params->argv[0]);
    for (size_t i = 0; i < count; i++)
        fds[i] = i < 3 ? standard[i] : params->fds[i];
    struct tri_child_params between = *params;
    between.fds = fds;
    between.fd_count = count;
    return tri_child_start(&between, ret_child, error);
}

/* Reads both until the program has ended. 0, -ETIMEDOUT, -errno. */
static int gather_until_end(const struct tri_child *child, struct gather out[2], uint64_t deadline_ns)
{
    for (;;) {
        struct pollfd fds[] = {{.fd = child->pidfd, .events = POLLIN},
                               {.fd = out[0].fd, .events = POLLIN},
                               {.fd = out[1].fd, .events = POLLIN}};
        int r = poll_until(fds, 3, deadline_ns);
        if (r <= 0)
            return r < 0 ? r : -ETIMEDOUT;
        if (fds[0].revents)
            return 0;
        for (int i = 0; i < 2; i++)
            if (fds[i + 1].revents)
                gather_some(&out[i]);
    }
}

static int run_between(const struct tri_child_params *params, int standard[3], uint64_t deadline_ns,
                       struct gather out[2], int *ret_status, struct tri_error *error)
{
    TRI_CLEANUP(tri_child_finish) struct tri_child child = {.pidfd = -1};
    int r = start_between(params, standard, &child, error);
    if (r < 0)
        return r;
    tri_close(tri_take_fd(&standard[1]));
    tri_close(tri_take_fd(&standard[2]));
    r = gather_until_end(&child, out, deadline_ns);
    if (r == 0)
        r = tri_child_wait(&child, deadline_ns, ret_status);
    if (r == -ETIMEDOUT)
        return tri_error_set(error, r, params->argv[0], "%s did not end in time and was killed", params->argv[0]);
    if (r < 0)
        return tri_error_set(error, r, params->argv[0], "wait for %s: %s", params->argv[0], strerror(-r));
    gather_rest(&out[0]);
    gather_rest(&out[1]);
    return 0;
}

int tri_child_run(const struct tri_child_params *params, const char *input, uint64_t deadline_ns, size_t max_output,
                  char **ret_output, char **ret_error_text, int *ret_status, struct tri_error *error)
{
    int standard[3] = {-1, -1, -1}, status;
    struct gather out[2] = {{.fd = -1}, {.fd = -1}};
    int r = input ? (standard[0] = input_fd(input)) : 0;
    if (r >= 0)
        r = gather_begin(&out[0], ret_output, max_output, &standard[1]);
    if (r >= 0)
        r = gather_begin(&out[1], ret_error_text, max_output, &standard[2]);
    if (r < 0)
        tri_error_set(error, r, params->argv[0], "pipes for %s: %s", params->argv[0], strerror(-r));
    else
        r = run_between(params, standard, deadline_ns, out, &status, error);
    if (r == 0) {
        *ret_status = status;
        if (ret_output)
            *ret_output = gather_take(&out[0]);
        if (ret_error_text)
            *ret_error_text = gather_take(&out[1]);
    }
    for (int i = 0; i < 3; i++)
        tri_close(standard[i]);
    gather_finish(&out[0]);
    gather_finish(&out[1]);
    return r;
}
