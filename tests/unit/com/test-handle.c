#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "com/com.h"
#include <trireme.h>

#include "proves.h"

#define assert_fails(call, code)                \
    do {                                        \
        SetLastError(ERROR_SUCCESS);            \
        assert_false(call);                     \
        assert_int_equal(GetLastError(), code); \
    } while (0)

struct pipe_ends {
    HANDLE to_read, to_write;
};

static struct pipe_ends make_pipe(void)
{
    struct pipe_ends ends;
    assert_true(CreatePipe(&ends.to_read, &ends.to_write, NULL, 0));
    return ends;
}

static void every_descriptor_goes_into_a_handle_and_back(void **state)
{
    TRI_PROVES(trireme_handle_fd, real);
    TRI_PROVES(trireme_handle_from_fd, real);
    const int fds[] = {0, 1, 2, 3, 1023, 1 << 20, INT_MAX - 1, INT_MAX};
    for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++) {
        HANDLE handle = trireme_handle_from_fd(fds[i]);
        assert_non_null(handle);
        assert_true(handle != INVALID_HANDLE_VALUE);
        assert_int_equal((uintptr_t)handle & 3, 0);
        assert_int_equal(trireme_handle_fd(handle), fds[i]);
    }
    assert_null(trireme_handle_from_fd(-1));
}

static void what_is_no_descriptor_is_known_as_such(void **state)
{
    int local = 0;
    const uintptr_t values[] = {
        0, 1, 2, 3, UINTPTR_MAX, UINTPTR_MAX - 3, ((uintptr_t)INT_MAX + 2) << 2, 21, 0x700000001, (uintptr_t)&local};
    for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
        assert_int_equal(trireme_handle_fd((HANDLE)values[i]), -1);
        assert_fails(CloseHandle((HANDLE)values[i]), ERROR_INVALID_HANDLE);
    }
}

static void closed_handle_is_refused(void **state)
{
    TRI_PROVES(CloseHandle, real);
    struct pipe_ends ends = make_pipe();
    char byte;
    DWORD count = 7;
    assert_true(CloseHandle(ends.to_read));
    assert_fails(CloseHandle(ends.to_read), ERROR_INVALID_HANDLE);
    assert_fails(ReadFile(ends.to_read, &byte, 1, &count, NULL), ERROR_INVALID_HANDLE);
    assert_int_equal(count, 0);
    assert_true(CloseHandle(ends.to_write));
    assert_fails(WriteFile(ends.to_write, "x", 1, &count, NULL), ERROR_INVALID_HANDLE);
}

static void pipe_carries_bytes_and_ends_as_windows_pipes_do(void **state)
{
    TRI_PROVES(CreatePipe, partial, "no inheritable ends: all are close-on-exec");
    TRI_PROVES(ReadFile, partial, "no overlapped reads");
    TRI_PROVES(WriteFile, partial, "no overlapped writes");
    struct pipe_ends ends = make_pipe();
    char text[16] = "";
    DWORD count = 0;
    assert_true(WriteFile(ends.to_write, "oars", 4, &count, NULL));
    assert_int_equal(count, 4);
    assert_true(CloseHandle(ends.to_write));
    assert_true(ReadFile(ends.to_read, text, sizeof(text), &count, NULL));
    assert_int_equal(count, 4);
    assert_string_equal(text, "oars");
    assert_fails(ReadFile(ends.to_read, text, sizeof(text), &count, NULL), ERROR_BROKEN_PIPE);
    assert_int_equal(count, 0);
    assert_true(CloseHandle(ends.to_read));
}

static void both_ends_are_close_on_exec(void **state)
{
    struct pipe_ends ends = make_pipe();
    assert_int_equal(fcntl(trireme_handle_fd(ends.to_read), F_GETFD), FD_CLOEXEC);
    assert_int_equal(fcntl(trireme_handle_fd(ends.to_write), F_GETFD), FD_CLOEXEC);
    CloseHandle(ends.to_read);
    CloseHandle(ends.to_write);
}

static void end_of_a_file_is_success_without_bytes(void **state)
{
    HANDLE null = trireme_handle_from_fd(open("/dev/null", O_RDWR | O_CLOEXEC));
    char byte;
    DWORD count = 7;
    assert_true(ReadFile(null, &byte, 1, &count, NULL));
    assert_int_equal(count, 0);
    assert_true(CloseHandle(null));
}

static void socket_whose_peer_is_gone_is_a_broken_pipe(void **state)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    close(fds[1]);
    HANDLE handle = trireme_handle_from_fd(fds[0]);
    char byte;
    DWORD count;
    assert_fails(ReadFile(handle, &byte, 1, &count, NULL), ERROR_BROKEN_PIPE);
    assert_true(CloseHandle(handle));
}

static void terminal_whose_user_is_gone_is_a_broken_pipe(void **state)
{
    int master, slave;
    assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
    close(slave);
    HANDLE handle = trireme_handle_from_fd(master);
    char byte;
    DWORD count;
    assert_fails(ReadFile(handle, &byte, 1, &count, NULL), ERROR_BROKEN_PIPE);
    assert_true(CloseHandle(handle));
}

static void overlapped_and_missing_counts_are_refused(void **state)
{
    struct pipe_ends ends = make_pipe();
    char byte;
    DWORD count;
    LPOVERLAPPED overlapped = (LPOVERLAPPED)&byte;
    assert_fails(ReadFile(ends.to_read, &byte, 1, &count, overlapped), ERROR_INVALID_PARAMETER);
    assert_fails(ReadFile(ends.to_read, &byte, 1, NULL, NULL), ERROR_INVALID_PARAMETER);
    assert_fails(WriteFile(ends.to_write, &byte, 1, &count, overlapped), ERROR_INVALID_PARAMETER);
    assert_fails(WriteFile(ends.to_write, &byte, 1, NULL, NULL), ERROR_INVALID_PARAMETER);
    assert_fails(CreatePipe(NULL, &ends.to_write, NULL, 0), ERROR_INVALID_PARAMETER);
    CloseHandle(ends.to_read);
    CloseHandle(ends.to_write);
}

static void memory_that_cannot_be_read_is_refused(void **state)
{
    struct pipe_ends ends = make_pipe();
    DWORD count;
    assert_fails(WriteFile(ends.to_write, (void *)1, 1, &count, NULL), ERROR_NOACCESS);
    assert_int_equal(count, 0);
    CloseHandle(ends.to_read);
    CloseHandle(ends.to_write);
}

static void inheritable_pipe_is_refused(void **state)
{
    SECURITY_ATTRIBUTES attributes = {.nLength = sizeof(attributes), .bInheritHandle = TRUE};
    struct pipe_ends ends;
    assert_fails(CreatePipe(&ends.to_read, &ends.to_write, &attributes, 0), ERROR_INVALID_PARAMETER);
}

static _Atomic int pipe_signals;

static void count_signal(int number)
{
    pipe_signals++;
}

static void count_pipe_signals(void)
{
    struct sigaction action = {.sa_handler = count_signal};
    pipe_signals = 0;
    assert_int_equal(sigaction(SIGPIPE, &action, NULL), 0);
}

static void write_without_readers_fails_and_raises_no_signal(void **state)
{
    count_pipe_signals();
    struct pipe_ends ends = make_pipe();
    DWORD count = 7;
    CloseHandle(ends.to_read);
    assert_fails(WriteFile(ends.to_write, "x", 1, &count, NULL), ERROR_NO_DATA);
    assert_int_equal(count, 0);
    assert_int_equal(pipe_signals, 0);
    sigset_t pending, mask;
    sigpending(&pending);
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    assert_false(sigismember(&pending, SIGPIPE));
    assert_false(sigismember(&mask, SIGPIPE));
    CloseHandle(ends.to_write);
}

static void signal_that_the_program_had_waiting_stays_its_own(void **state)
{
    count_pipe_signals();
    sigset_t set, pending;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    raise(SIGPIPE);
    struct pipe_ends ends = make_pipe();
    DWORD count;
    CloseHandle(ends.to_read);
    assert_fails(WriteFile(ends.to_write, "x", 1, &count, NULL), ERROR_NO_DATA);
    sigpending(&pending);
    assert_true(sigismember(&pending, SIGPIPE));
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    assert_int_equal(pipe_signals, 1);
    CloseHandle(ends.to_write);
}

enum { MANY_BYTES = 1 << 20 };

static void *write_many(void *end)
{
    static char zeroes[MANY_BYTES];
    DWORD count = 0;
    BOOL written = WriteFile(end, zeroes, MANY_BYTES, &count, NULL);
    CloseHandle(end);
    return (void *)(uintptr_t)(written ? count : 0);
}

static void write_of_more_than_the_pipe_holds_writes_it_all(void **state)
{
    struct pipe_ends ends = make_pipe();
    pthread_t writer;
    assert_int_equal(pthread_create(&writer, NULL, write_many, ends.to_write), 0);
    char buffer[4096];
    DWORD count, total = 0;
    while (ReadFile(ends.to_read, buffer, sizeof(buffer), &count, NULL))
        total += count;
    assert_int_equal(GetLastError(), ERROR_BROKEN_PIPE);
    void *written;
    pthread_join(writer, &written);
    assert_int_equal(total, MANY_BYTES);
    assert_int_equal((uintptr_t)written, MANY_BYTES);
    CloseHandle(ends.to_read);
}

static void pipe_that_does_not_wait_takes_what_fits_and_says_when_it_is_empty(void **state)
{
    static char zeroes[MANY_BYTES];
    struct pipe_ends ends = make_pipe();
    char byte;
    DWORD count;
    assert_int_equal(fcntl(trireme_handle_fd(ends.to_read), F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(fcntl(trireme_handle_fd(ends.to_write), F_SETFL, O_NONBLOCK), 0);
    assert_fails(ReadFile(ends.to_read, &byte, 1, &count, NULL), ERROR_NO_DATA);
    assert_true(WriteFile(ends.to_write, zeroes, MANY_BYTES, &count, NULL));
    assert_in_range(count, 1, MANY_BYTES - 1);
    CloseHandle(ends.to_read);
    CloseHandle(ends.to_write);
}

static void *read_last_error(void *unused)
{
    return (void *)(uintptr_t)GetLastError();
}

static void last_error_belongs_to_its_thread(void **state)
{
    TRI_PROVES(GetLastError, real);
    TRI_PROVES(SetLastError, real);
    SetLastError(ERROR_BUSY);
    pthread_t other;
    void *others = NULL;
    assert_int_equal(pthread_create(&other, NULL, read_last_error, NULL), 0);
    pthread_join(other, &others);
    assert_int_equal((uintptr_t)others, ERROR_SUCCESS);
    assert_int_equal(GetLastError(), ERROR_BUSY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_descriptor_goes_into_a_handle_and_back),
        cmocka_unit_test(what_is_no_descriptor_is_known_as_such),
        cmocka_unit_test(closed_handle_is_refused),
        cmocka_unit_test(pipe_carries_bytes_and_ends_as_windows_pipes_do),
        cmocka_unit_test(both_ends_are_close_on_exec),
        cmocka_unit_test(end_of_a_file_is_success_without_bytes),
        cmocka_unit_test(socket_whose_peer_is_gone_is_a_broken_pipe),
        cmocka_unit_test(terminal_whose_user_is_gone_is_a_broken_pipe),
        cmocka_unit_test(overlapped_and_missing_counts_are_refused),
        cmocka_unit_test(memory_that_cannot_be_read_is_refused),
        cmocka_unit_test(inheritable_pipe_is_refused),
        cmocka_unit_test(write_without_readers_fails_and_raises_no_signal),
        cmocka_unit_test(signal_that_the_program_had_waiting_stays_its_own),
        cmocka_unit_test(write_of_more_than_the_pipe_holds_writes_it_all),
        cmocka_unit_test(pipe_that_does_not_wait_takes_what_fits_and_says_when_it_is_empty),
        cmocka_unit_test(last_error_belongs_to_its_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
