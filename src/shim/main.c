#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "shim/shim.h"

enum { FOLDER_FD = 3, CREATOR_FD = 4, FIRST_STRANGE_FD = 5, FOLDER_BYTES_MAX = PATH_MAX - 512 };

/* ---- children ---- */

static void reap(struct tri_shim *shim)
{
    int wait_status;
    for (pid_t pid; (pid = waitpid(-1, &wait_status, WNOHANG)) > 0;)
        if (!tri_command_reaped(shim, pid, wait_status))
            tri_guest_reaped(shim, pid, wait_status);
}

static void children_ready(struct tri_watch *watch, uint32_t events)
{
    struct signalfd_siginfo info;
    while (read(watch->fd, &info, sizeof(info)) > 0)
        ;
    reap(TRI_OWNER(watch, struct tri_shim, children));
}

static int watch_children(struct tri_shim *shim)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigprocmask(SIG_SETMASK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    shim->children =
        (struct tri_watch){.fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK), .ready = children_ready};
    return shim->children.fd < 0 ? -errno : tri_watch_add(&shim->loop, &shim->children, EPOLLIN);
}

/* ---- becoming a shim ---- */

static int silence(void)
{
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    for (int i = 0; i < 3; i++)
        if (dup2(fd, i) < 0)
            return -errno;
    if (fd > 2)
        close(fd);
    return 0;
}

/* Takes the two descriptors, and nothing else that the creator left open. */
static int take_descriptors(void)
{
    close_range(FIRST_STRANGE_FD, ~0u, 0);
    for (int fd = FOLDER_FD; fd <= CREATOR_FD; fd++)
        if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
            return -errno;
    int flags = fcntl(CREATOR_FD, F_GETFL);
    return flags < 0 || fcntl(CREATOR_FD, F_SETFL, flags | O_NONBLOCK) < 0 ? -errno : 0;
}

/* The creator waits for its child, which ends here; the shim is nobody's. */
static int detach(void)
{
    pid_t pid = fork();
    if (pid < 0)
        return -errno;
    if (pid > 0)
        _exit(EXIT_SUCCESS);
    setsid();
    umask(022);
    unsetenv("NOTIFY_SOCKET"); /* a service manager's business with the creator, that the runtime would take up */
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_PID");
    if (chdir("/") < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
        return -errno;
    return silence();
}

/* What we mount is ours alone; what the host mounts is still seen. Without the privilege we go on: a system that needs
 * no mount works, and one that does is told why not. */
static int hide_mounts(void)
{
    if (unshare(CLONE_NEWNS) < 0)
        return errno == EPERM ? 0 : -errno;
    return mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0 ? -errno : 0;
}

/* ---- the shim ---- */

static int shim_init(struct tri_shim *shim, char *folder)
{
    *shim = (struct tri_shim){.folder = folder, .folder_fd = FOLDER_FD};
    shim->loop = (struct tri_loop){.epoll_fd = epoll_create1(EPOLL_CLOEXEC), .deadline_ns = TRI_DEADLINE_NEVER};
    shim->listener.fd = shim->start_fifo.fd = shim->ready_pipe.fd = shim->leftover.fd = shim->cancel_timer.fd = -1;
    LIST_INIT(&shim->clients);
    LIST_INIT(&shim->commands);
    TAILQ_INIT(&shim->requests);
    TAILQ_INIT(&shim->queue);
    tri_guest_init(&shim->guests);
    if (shim->loop.epoll_fd < 0)
        return -errno;
    return watch_children(shim);
}

static void shim_finish(struct tri_shim *shim)
{
    while (!TAILQ_EMPTY(&shim->requests))
        tri_request_drop(TAILQ_FIRST(&shim->requests));
    tri_client_free_all(shim);
    tri_guest_free_all(&shim->guests);
    tri_error_clear(&shim->create_error);
    tri_watch_close(&shim->loop, &shim->listener);
    tri_watch_close(&shim->loop, &shim->leftover);
    tri_watch_close(&shim->loop, &shim->cancel_timer);
    tri_watch_close(&shim->loop, &shim->children);
    tri_close(tri_take_fd(&shim->loop.epoll_fd));
    free(shim->runtime);
    free(shim->runtime_id);
    free(shim->cgroup);
    free(shim->folder);
}

static int serve_creator(struct tri_shim *shim)
{
    struct tri_client *creator;
    int r = tri_client_new(shim, CREATOR_FD, &creator);
    if (r < 0)
        return r;
    creator->creator = true;
    creator->role = TRI_CLIENT_HOLDER;
    shim->holder_count++;
    return 0;
}

static int serve(struct tri_shim *shim)
{
    int r = serve_creator(shim);
    while (r == 0 && !shim->finished) {
        r = tri_loop_turn(&shim->loop);
        if (r == -ETIMEDOUT) {
            tri_stop_record_expired(shim);
            r = 0;
        }
        if (shim->state == TRI_SHIM_STOPPING)
            tri_stop_advance(shim);
    }
    return r;
}

static int run(char *folder)
{
    static struct tri_shim shim;
    int r = shim_init(&shim, folder);
    if (r == 0)
        r = serve(&shim);
    shim_finish(&shim);
    return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    if (argc > 1 && !strncmp(argv[1], "--", 2))
        _exit(tri_mount_main(argc, argv)); /* in the container's root nothing that runs at exit finds what it needs */
    char *folder = argc == 2 ? realpath(argv[1], NULL) : NULL;
    if (!folder || strlen(folder) > FOLDER_BYTES_MAX || take_descriptors() < 0) {
        dprintf(STDERR_FILENO,
                "trireme-shim: started by the library only: FOLDER, its descriptor at 3, a socket at 4\n");
        free(folder);
        return EXIT_FAILURE;
    }
    if (detach() < 0 || hide_mounts() < 0)
        return EXIT_FAILURE;
    return run(folder);
}
