/* How long the shim takes beside the bare runtime, and how much memory: measure [ROUNDS]. Medians, in microseconds. */
#include "harness.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"

enum { ROUNDS_MAX = 1000 };
enum step {
    RUNC_RUN_OUTPUT,
    RUNC_RUN_EXIT,
    RUNC_EXEC_OUTPUT,
    RUNC_EXEC_EXIT,
    RUNC_DELETE,
    SHIM_CREATE,
    SHIM_START,
    SHIM_EXEC_OUTPUT,
    SHIM_EXEC_EXIT,
    SHIM_TERMINATE,
    SHIM_OWN_OUTPUT,
    SHIM_OWN_EXIT,
    STEP_COUNT
};

static const char *const names[] = {
    [RUNC_RUN_OUTPUT] = "runc run: to first output",
    [RUNC_RUN_EXIT] = "runc run: to exit",
    [RUNC_EXEC_OUTPUT] = "runc exec: to first output",
    [RUNC_EXEC_EXIT] = "runc exec: to exit",
    [RUNC_DELETE] = "runc delete -f of a running container",
    [SHIM_CREATE] = "shim: its start, create (plain) to answer",
    [SHIM_START] = "shim: start to answer",
    [SHIM_EXEC_OUTPUT] = "shim: process to first output",
    [SHIM_EXEC_EXIT] = "shim: process to exit event",
    [SHIM_TERMINATE] = "shim: terminate to answer",
    [SHIM_OWN_OUTPUT] = "shim: its start, create, start, own process to first output",
    [SHIM_OWN_EXIT] = "shim: ... to its exit event",
};

static double samples_us[STEP_COUNT][ROUNDS_MAX];
static size_t counts[STEP_COUNT];

static void note(enum step step, uint64_t since_ns)
{
    samples_us[step][counts[step]++] = (double)(tri_clock_ns() - since_ns) / 1000;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(enum step step)
{
    qsort(samples_us[step], counts[step], sizeof(double), compare);
    return samples_us[step][counts[step] / 2];
}

static void wait_byte(int fd)
{
    char byte;
    assert_int_equal(read(fd, &byte, 1), 1);
}

/* ---- the bare runtime ---- */

static pid_t runc_begin(struct fixture *f, const char *const *arguments, int out_fd)
{
    extern char **environ;
    char root[PATH_MAX];
    const char *argv[16] = {"runc", "--root", join(root, "%s/bare", f->base)};
    for (size_t i = 0; arguments[i]; i++)
        argv[i + 3] = arguments[i];
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    if (out_fd >= 0)
        posix_spawn_file_actions_adddup2(&actions, out_fd, 1);
    pid_t pid;
    assert_int_equal(posix_spawnp(&pid, "runc", &actions, NULL, (char *const *)(uintptr_t)argv, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    return pid;
}

static void runc_run(struct fixture *f, const char *const *arguments, enum step output, enum step ended)
{
    int out[2], status;
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    uint64_t begin_ns = tri_clock_ns();
    pid_t pid = runc_begin(f, arguments, out[1]);
    close(out[1]);
    wait_byte(out[0]);
    note(output, begin_ns);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    note(ended, begin_ns);
    assert_int_equal(status, 0);
    close(out[0]);
}

static void runc_do(struct fixture *f, const char *const *arguments)
{
    int status;
    pid_t pid = runc_begin(f, arguments, -1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void use_rootfs(struct fixture *f, json_t *config)
{
    json_object_set_new(json_object_get(config, "root"), "path", json_string(f->rootfs));
    json_object_set_new(json_object_get(config, "root"), "readonly", json_true());
}

static void measure_bare(struct fixture *f)
{
    char bundle[PATH_MAX];
    json_t *once = config_own(f, "echo x"), *plain = config_plain(f);
    use_rootfs(f, once);
    use_rootfs(f, plain);
    shim_prepare(f, once);
    join(bundle, "%s/bundle", f->folder);
    runc_run(f, (const char *[]){"run", "--bundle", bundle, f->id, NULL}, RUNC_RUN_OUTPUT, RUNC_RUN_EXIT);
    shim_prepare(f, plain);
    runc_do(f, (const char *[]){"run", "--detach", "--bundle", bundle, f->id, NULL});
    runc_run(f, (const char *[]){"exec", f->id, "/bin/sh", "-c", "echo x", NULL}, RUNC_EXEC_OUTPUT, RUNC_EXEC_EXIT);
    uint64_t begin_ns = tri_clock_ns();
    runc_do(f, (const char *[]){"delete", "--force", f->id, NULL});
    note(RUNC_DELETE, begin_ns);
    while (waitpid(-1, NULL, WNOHANG) > 0) /* process 1 was left to us */
        ;
    assert_int_equal(tri_folder_remove(AT_FDCWD, f->folder), 0);
}

/* ---- the shim ---- */

static long resident_kib(pid_t pid)
{
    char path[64], *text = NULL;
    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    assert_int_equal(tri_file_read(AT_FDCWD, path, 65536, &text, NULL), 0);
    long kib = strtol(strstr(text, "VmRSS:") + 6, NULL, 10);
    free(text);
    return kib;
}

static void finish(struct fixture *f)
{
    call_ok(&f->creator, "close", NULL);
    conn_close(&f->creator);
    shim_wait_end(f);
}

static void measure_process(struct conn *c, const char *command, enum step output, enum step ended, uint64_t begin_ns)
{
    struct running running = process_start(c, command);
    wait_byte(running.out);
    note(output, begin_ns);
    process_wait(c, running.pid);
    note(ended, begin_ns);
    running_close(&running);
}

static long measure_plain(struct fixture *f)
{
    struct conn *c = &f->creator;
    shim_prepare(f, config_plain(f));
    uint64_t begin_ns = tri_clock_ns();
    shim_launch(f);
    call_ok(c, "create", "o", create_members(f, true));
    note(SHIM_CREATE, begin_ns);
    begin_ns = tri_clock_ns();
    call_ok(c, "start", NULL);
    note(SHIM_START, begin_ns);
    measure_process(c, "echo x", SHIM_EXEC_OUTPUT, SHIM_EXEC_EXIT, tri_clock_ns());
    long kib = resident_kib(f->shim_pid);
    begin_ns = tri_clock_ns();
    call_ok(c, "terminate", NULL);
    note(SHIM_TERMINATE, begin_ns);
    finish(f);
    return kib;
}

static void measure_own(struct fixture *f)
{
    struct conn *c = &f->creator;
    json_t *config = config_own(f, "echo x"), *members = create_members(f, false);
    use_rootfs(f, config);
    json_object_del(members, "root");
    shim_prepare(f, config);
    uint64_t begin_ns = tri_clock_ns();
    shim_launch(f);
    call_ok(c, "create", "o", members);
    call_ok(c, "start", NULL);
    measure_process(c, NULL, SHIM_OWN_OUTPUT, SHIM_OWN_EXIT, begin_ns);
    event_next(c, "stopped");
    finish(f);
}

/* What many processes leave behind in it. */
static long measure_growth(struct fixture *f)
{
    start_plain(f);
    for (int i = 0; i < 100; i++)
        run_command(&f->creator, "exit 0", NULL);
    long kib = resident_kib(f->shim_pid);
    call_ok(&f->creator, "terminate", NULL);
    finish(f);
    return kib;
}

int main(int argc, char **argv)
{
    void *state = NULL;
    int rounds = argc > 1 ? atoi(argv[1]) : 20;
    long kib = 0;
    if (rounds < 1 || rounds > ROUNDS_MAX || harness_group_setup(&state) < 0 || harness_setup(&state) < 0 || !state)
        return EXIT_FAILURE;
    struct fixture *f = state;
    for (int i = 0; i < rounds; i++) {
        measure_bare(f);
        kib = measure_plain(f);
        measure_own(f);
    }
    for (int step = 0; step < STEP_COUNT; step++)
        printf("%-64s %9.0f us\n", names[step], median((enum step)step));
    printf("%-64s %9ld KiB\n", "shim: resident, one process run", kib);
    printf("%-64s %9ld KiB\n", "shim: resident, a hundred processes run", measure_growth(f));
    return harness_teardown(&state) || harness_group_teardown(&state) ? EXIT_FAILURE : EXIT_SUCCESS;
}
