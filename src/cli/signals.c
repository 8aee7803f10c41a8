#include "signals.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

static struct {
    int depth;
    int fd;
    sigset_t saved_mask;
} held = {.fd = -1};

/* As nohup leaves it, or a shell that runs us in the background. */
static bool is_ignored(int number)
{
    struct sigaction action;

    return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

int tri_signals_hold(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH};
    sigset_t set;

    if (held.depth++)
        return held.fd;
    sigemptyset(&set);
    for (size_t i = 0; i < TRI_COUNT(numbers); i++)
        if (!is_ignored(numbers[i])) /* a signalfd would see it all the same */
            sigaddset(&set, numbers[i]);
    sigprocmask(SIG_BLOCK, &set, &held.saved_mask);
    held.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return held.fd;
}

void tri_signals_release(void)
{
    if (--held.depth)
        return;
    close(held.fd);
    held.fd = -1;
    sigprocmask(SIG_SETMASK, &held.saved_mask, NULL);
}

int tri_signals_take(void)
{
    struct signalfd_siginfo info;

    return read(held.fd, &info, sizeof(info)) == sizeof(info) ? (int)info.ssi_signo : 0;
}
