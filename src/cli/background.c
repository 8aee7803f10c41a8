#include "background.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "output.h"

/* Ctrl-C reaches the child too, and it is the child that knows how to undo what it has begun. */
static int wait_for_child(pid_t child, int fd)
{
    char byte;
    ssize_t ready;
    int status = 0;

    signal(SIGINT, SIG_IGN);
    while ((ready = read(fd, &byte, 1)) < 0 && errno == EINTR)
        ;
    if (ready > 0)
        return TRI_EXIT_OK;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : TRI_EXIT_SIGNAL + WTERMSIG(status);
}

int tri_background_fork(const struct tri_cli *cli, int *ret_fd)
{
    int fds[2];

    if (pipe2(fds, O_CLOEXEC))
        return tri_fail(cli, "cannot make a pipe: %s", strerror(errno));
    pid_t child = fork();
    if (child < 0)
        return tri_fail(cli, "cannot start a process: %s", strerror(errno));
    if (child > 0) {
        close(fds[1]);
        return wait_for_child(child, fds[0]);
    }
    prctl(PR_SET_PDEATHSIG, SIGTERM); /* until it is ready, its parent's end is its own */
    close(fds[0]);
    *ret_fd = fds[1];
    return -1;
}

void tri_background_enter(int fd)
{
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

    prctl(PR_SET_PDEATHSIG, 0);
    setsid();
    if (chdir("/") < 0)
        errno = 0; /* then it keeps the folder that it was called from busy: no harm */
    for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
        dup2(null_fd, i);
    while (write(fd, "", 1) < 0 && errno == EINTR)
        ;
    close(fd);
    close(null_fd);
}
