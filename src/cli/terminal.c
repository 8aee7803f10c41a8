#include "terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

struct tri_terminal_size tri_terminal_size(void)
{
    struct winsize size;

    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_row && size.ws_col)
            return (struct tri_terminal_size){.rows = size.ws_row, .columns = size.ws_col};
    return (struct tri_terminal_size){0};
}

void tri_terminal_make_raw(struct tri_terminal *terminal)
{
    struct termios raw;

    if (terminal->raw || tcgetattr(STDIN_FILENO, &terminal->saved))
        return;
    raw = terminal->saved;
    cfmakeraw(&raw);
    terminal->raw = tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
}

void tri_terminal_restore(struct tri_terminal *terminal)
{
    if (terminal->raw)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal->saved);
    terminal->raw = false;
}
