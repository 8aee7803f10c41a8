/* What the benchmark programs share: time, children, medians. Whatever fails ends the program. */
#ifndef TRI_BENCH_MEASURE_H
#define TRI_BENCH_MEASURE_H

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static inline uint64_t now_ns(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (uint64_t)at.tv_sec * 1000000000ull + (uint64_t)at.tv_nsec;
}

static inline double since_us(uint64_t begin_ns)
{
    return (double)(now_ns() - begin_ns) / 1e3;
}

_Noreturn static inline void die(const char *what)
{
    fprintf(stderr, "benchmark: %s: %s\n", what, strerror(errno));
    exit(1);
}

__attribute__((format(printf, 1, 2))) static inline char *text(const char *format, ...)
{
    char *made = NULL;
    va_list list;
    va_start(list, format);
    if (vasprintf(&made, format, list) < 0)
        die("vasprintf");
    va_end(list);
    return made;
}

static inline int measure_order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Prints the median: "name value unit". Sorts the values. */
static inline void emit(const char *name, double *values, size_t count, const char *unit)
{
    qsort(values, count, sizeof *values, measure_order);
    printf("%s %.6g %s\n", name, values[count / 2], unit);
    fflush(stdout);
}

/* Standard input and error are /dev/null, output too unless out_fd is given; nothing else of ours is inherited. */
static inline pid_t spawn(char *const argv[], int out_fd)
{
    posix_spawn_file_actions_t actions;
    pid_t pid;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    if (out_fd >= 0)
        posix_spawn_file_actions_adddup2(&actions, out_fd, 1);
    else
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    errno = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
    if (errno)
        die(argv[0]);
    posix_spawn_file_actions_destroy(&actions);
    return pid;
}

static inline int reap(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

/* Runs a program to its end, which must be a good one. */
static inline void must(char *const argv[])
{
    if (reap(spawn(argv, -1))) {
        errno = EIO;
        die(argv[0]);
    }
}

#endif
