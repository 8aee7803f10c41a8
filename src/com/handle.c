#include "com/com.h"

#include "base/cleanup.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <time.h>
#include <trireme.h>

static BOOL fail(DWORD error)
{
    SetLastError(error);
    return FALSE;
}

static DWORD error_from_errno(int error)
{
    switch (error) {
    case EBADF:
        return ERROR_INVALID_HANDLE;
    case EACCES:
    case EPERM:
        return ERROR_ACCESS_DENIED;
    case EAGAIN: /* what Windows answers for a pipe that does not wait */
    case EPIPE:
        return ERROR_NO_DATA;
    case ECONNRESET:
        return ERROR_BROKEN_PIPE;
    case EFAULT:
        return ERROR_NOACCESS;
    case EINVAL:
        return ERROR_INVALID_PARAMETER;
    case EISDIR:
        return ERROR_INVALID_FUNCTION;
    case EIO:
        return ERROR_IO_DEVICE;
    case EMFILE:
    case ENFILE:
        return ERROR_TOO_MANY_OPEN_FILES;
    case ENOMEM:
        return ERROR_NOT_ENOUGH_MEMORY;
    case ENOSPC:
    case EDQUOT:
        return ERROR_DISK_FULL;
    default:
        return ERROR_GEN_FAILURE;
    }
}

HANDLE trireme_handle_from_fd(int fd)
{
    return tri_com_handle_from_fd(fd);
}

int trireme_handle_fd(HANDLE handle)
{
    return tri_com_fd_from_handle(handle);
}

/* The handle's descriptor where it is open, else -1. */
static int open_fd(HANDLE handle)
{
    int fd = tri_com_fd_from_handle(handle);
    return fd >= 0 && fcntl(fd, F_GETFD) >= 0 ? fd : -1;
}

BOOL WINAPI CloseHandle(HANDLE object)
{
    int fd = open_fd(object);
    if (fd < 0)
        return fail(ERROR_INVALID_HANDLE);
    tri_close(fd);
    return TRUE;
}

static mode_t kind_of(int fd)
{
    struct stat st;
    return fstat(fd, &st) < 0 ? 0 : st.st_mode & S_IFMT;
}

static bool is_stream(int fd)
{
    mode_t kind = kind_of(fd);
    return kind == S_IFIFO || kind == S_IFSOCK;
}

/* The master of a terminal whose last user has gone says EIO. */
static bool is_hung_up(int fd, int error)
{
    return error == EIO && kind_of(fd) == S_IFCHR;
}

BOOL WINAPI ReadFile(HANDLE file, LPVOID buffer, DWORD size, LPDWORD bytesRead, LPOVERLAPPED overlapped)
{
    if (!bytesRead || overlapped)
        return fail(ERROR_INVALID_PARAMETER);
    *bytesRead = 0;
    int fd = open_fd(file);
    if (fd < 0)
        return fail(ERROR_INVALID_HANDLE);
    ssize_t got = TEMP_FAILURE_RETRY(read(fd, buffer, size));
    if (got < 0)
        return fail(is_hung_up(fd, errno) ? ERROR_BROKEN_PIPE : error_from_errno(errno));
    if (got == 0 && size > 0 && is_stream(fd))
        return fail(ERROR_BROKEN_PIPE);
    *bytesRead = (DWORD)got;
    return TRUE;
}

/* Keeps the SIGPIPE of a write to a pipe without readers from the program, and leaves one that the program had waiting
 * already. The signal of a write goes to the thread that writes, so no other thread is concerned. */
struct pipe_guard {
    sigset_t pipe, before;
    bool waiting;
};

static void guard_pipe(struct pipe_guard *guard)
{
    sigset_t pending;
    sigemptyset(&guard->pipe);
    sigaddset(&guard->pipe, SIGPIPE);
    sigpending(&pending);
    guard->waiting = sigismember(&pending, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &guard->pipe, &guard->before);
}

static void unguard_pipe(struct pipe_guard *guard, bool raised)
{
    if (raised && !guard->waiting)
        TEMP_FAILURE_RETRY(sigtimedwait(&guard->pipe, NULL, &(struct timespec){0}));
    pthread_sigmask(SIG_SETMASK, &guard->before, NULL);
}

/* Writes until all is written or there is no room; the bytes written go to *written also on failure. 0 or an errno. */
static int write_what_fits(int fd, const char *data, DWORD size, DWORD *written)
{
    while (*written < size) {
        ssize_t done = TEMP_FAILURE_RETRY(write(fd, data + *written, size - *written));
        if (done < 0)
            return errno == EAGAIN ? 0 : errno;
        *written += (DWORD)done;
    }
    return 0;
}

BOOL WINAPI WriteFile(HANDLE file, LPCVOID buffer, DWORD size, LPDWORD bytesWritten, LPOVERLAPPED overlapped)
{
    if (!bytesWritten || overlapped)
        return fail(ERROR_INVALID_PARAMETER);
    *bytesWritten = 0;
    int fd = open_fd(file);
    if (fd < 0)
        return fail(ERROR_INVALID_HANDLE);
    struct pipe_guard guard;
    guard_pipe(&guard);
    int error = write_what_fits(fd, buffer, size, bytesWritten);
    unguard_pipe(&guard, error == EPIPE);
    return error ? fail(error_from_errno(error)) : TRUE;
}

BOOL WINAPI CreatePipe(PHANDLE readEnd, PHANDLE writeEnd, LPSECURITY_ATTRIBUTES attributes, DWORD size)
{
    if (!readEnd || !writeEnd || (attributes && (attributes->bInheritHandle || attributes->lpSecurityDescriptor)))
        return fail(ERROR_INVALID_PARAMETER);
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) < 0)
        return fail(error_from_errno(errno));
    *readEnd = tri_com_handle_from_fd(fds[0]);
    *writeEnd = tri_com_handle_from_fd(fds[1]);
    return TRUE;
}
