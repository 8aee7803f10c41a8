/* The only place that creates processes. A child starts with default signal dispositions and an empty mask, with the
 * descriptors it is given and no others, and raises no SIGCHLD in the host program: it cannot be reaped by a stranger's
 * wait, nor wake a stranger's handler. Exec failure is reported as such, not as an exit status. Its parent is not the
 * host program itself but a keeper, a task that shares the host's memory and ends with the child or with the host. */
#ifndef TRI_OP_CHILD_H
#define TRI_OP_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

struct tri_child_params {
    const char *const *argv; /* argv[0] is the program: a path, or a name that is looked up in PATH */
    const char *const *envp; /* NULL: the caller's environment */
    int folder_fd;           /* working folder; -1 keeps */
    const int *fds;          /* fds[i] becomes descriptor i in the child; -1: /dev/null for 0..2, closed above */
    size_t fd_count;
    bool new_session; /* setsid */
    bool ends_with_parent; /* killed when the host program ends, however that comes; else it goes on */
};

struct tri_keeper;

struct tri_child {
    pid_t pid;
    int pidfd;                 /* readable when it has ended; owned */
    struct tri_keeper *keeper; /* who waits for it in our place; owned */
};

/* Starts it. Errors name the step ("exec crun: No such file or directory") in *error. */
int tri_child_start(const struct tri_child_params *params, struct tri_child *ret_child, struct tri_error *error);

/* Waits until deadline_ns (see base/clock.h) and reaps. 0 and *ret_status as waitpid gives it; -ETIMEDOUT. -ECHILD: it
 * was waited for already, or somebody killed the keeper, so that nobody knows. */
int tri_child_wait(struct tri_child *child, uint64_t deadline_ns, int *ret_status);

/* Kills what still runs, reaps, closes. Idempotent; {.pidfd = -1} is fine. Without it, a child goes on when we end
 * (except with ends_with_parent). */
void tri_child_finish(struct tri_child *child);

/* Runs a program to its end with input (may be NULL) on its standard input and up to max_output bytes each of output
 * and error text kept (NUL-ended, NULL to discard; what is more is read and dropped). fds beyond the first three are
 * handed on. The end is that of the program, not of the last who holds its output. Kills it at the deadline:
 * -ETIMEDOUT. */
int tri_child_run(const struct tri_child_params *params, const char *input, uint64_t deadline_ns, size_t max_output,
                  char **ret_output, char **ret_error_text, int *ret_status, struct tri_error *error);

#endif
