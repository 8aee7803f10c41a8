/* Processes for tests to look at. */
#ifndef PROCESS_TEST_H
#define PROCESS_TEST_H

#include "provider-test.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static inline struct tri_cim_object *process_of(pid_t pid)
{
    char query[96];
    snprintf(query, sizeof(query), "SELECT * FROM Win32_Process WHERE ProcessId = %d", (int)pid);
    return row_of(query);
}

/* A child that does what `work` does, then waits for its end. */
static inline pid_t child_start(void (*work)(int ready_fd))
{
    int fds[2];
    char byte;
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        work(fds[1]);
        for (;;)
            pause();
    }
    close(fds[1]);
    (void)!read(fds[0], &byte, 1); /* or the end of the file: an exec */
    close(fds[0]);
    return pid;
}

/* Until it sleeps in pause(): the kernel counts a call when it has returned, which is after what it wrote was read. */
static inline void child_settle(pid_t pid)
{
    char path[64], text[4096], *end;
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    do {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t got = read(fd, text, sizeof(text) - 1);
        close(fd);
        assert_true(got > 0);
        text[got] = '\0';
        end = strrchr(text, ')');
        assert_non_null(end);
        sched_yield();
    } while (strncmp(end, ") S", 3) != 0); /* for ever, where it does not: the test has a time limit */
}

static inline void child_end(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static inline void be_ready(int ready_fd)
{
    (void)!write(ready_fd, "x", 1);
}

static inline bool runs(pid_t pid)
{
    return kill(pid, 0) == 0;
}

#endif
