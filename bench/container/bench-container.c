/* Containers: ours and the bare runtime's, one after the other in one round, over the same bundle.
 *
 *     bench-container RUNTIME ROOTFS WORK_FOLDER RUNS
 *
 * RUNTIME is runc or crun; ROOTFS has /bin/busybox; WORK_FOLDER is empty. Prints "name value unit" lines: medians of RUNS.
 * What is measured is in docs/performance.md. */
#include <computecore.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <trireme.h>
#include <unistd.h>

#include "measure.h"

#define WAIT_MS 60000
#define GIB (1ull << 30)
#define BLOCK (64 << 10)

static const char *runtime, *rootfs, *work;

/* The runtime's containers do not end by themselves. */
static void delete_containers(void)
{
    char *state = text("%s/state", work);
    for (const char **name = (const char *[]){"live", "end", "quick", NULL}; *name; name++)
        reap(spawn((char *[]){(char *)runtime, "--root", state, "delete", "--force", (char *)*name, NULL}, -1));
    free(state);
}

/* Runs a command; microseconds to its first byte of output (if wanted) and to its end. */
static void timed(char *const argv[], double *first_us, double *exit_us)
{
    int fds[2];
    char byte[256];
    if (pipe2(fds, O_CLOEXEC))
        die("pipe2");
    uint64_t begin = now_ns();
    pid_t pid = spawn(argv, fds[1]);
    close(fds[1]);
    if (first_us) {
        if (read(fds[0], byte, sizeof byte) <= 0)
            die("no output");
        *first_us = (double)(now_ns() - begin) / 1e3;
    }
    int status = reap(pid);
    if (exit_us)
        *exit_us = (double)(now_ns() - begin) / 1e3;
    close(fds[0]);
    if (status) {
        errno = EIO;
        die(argv[0]);
    }
}

/* ---- the bundle that both sides run ---- */

static char *bundle(const char *name, const char *const *args)
{
    char *folder = text("%s/%s", work, name), *path = text("%s/config.json", folder);
    json_t *argv = json_array(), *spaces = json_array();
    for (size_t i = 0; args[i]; i++)
        json_array_append_new(argv, json_string(args[i]));
    static const char *const kinds[] = {"pid", "network", "ipc", "uts", "mount"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        json_array_append_new(spaces, json_pack("{s:s}", "type", kinds[i]));
    json_t *config = json_pack(
        "{s:s, s:{s:s, s:b}, s:s, s:{s:b, s:o, s:s, s:[s], s:{s:i, s:i}}, s:[{s:s, s:s, s:s}, {s:s, s:s, s:s}], s:{s:o}}",
        "ociVersion", "1.0.2", "root", "path", rootfs, "readonly", 1, "hostname", "bench", "process", "terminal", 0, "args",
        argv, "cwd", "/", "env", "PATH=/bin", "user", "uid", 0, "gid", 0, "mounts", "destination", "/proc", "type", "proc",
        "source", "proc", "destination", "/dev", "type", "tmpfs", "source", "tmpfs", "linux", "namespaces", spaces);
    if (mkdir(folder, 0755) || !config || json_dump_file(config, path, 0))
        die(path);
    json_decref(config);
    free(path);
    return folder;
}

/* ---- our side ---- */

static void check(const char *what, HRESULT result, PWSTR document)
{
    if (SUCCEEDED(result))
        return;
    char *said = document ? trireme_utf8_from_utf16(document) : NULL;
    fprintf(stderr, "bench-container: %s: 0x%08X %s\n", what, (unsigned)result, said ? said : "");
    exit(1);
}

static void finish(const char *what, HRESULT started, HCS_OPERATION operation)
{
    PWSTR document = NULL;
    check(what, started, NULL);
    check(what, HcsWaitForOperationResult(operation, WAIT_MS, &document), document);
    LocalFree(document);
}

static HCS_SYSTEM create(HCS_OPERATION operation, const char *id, const char *folder)
{
    HCS_SYSTEM system = NULL;
    char *body = folder ? text("{\"ShouldTerminateOnLastHandleClosed\":true,\"HostedSystem\":{\"SchemaVersion\":"
                               "{\"Major\":2,\"Minor\":1},\"OciBundlePath\":\"%s\"}}",
                               folder)
                        : text("{\"ShouldTerminateOnLastHandleClosed\":true,\"Container\":{\"Storage\":{\"Path\":\"%s\"}}}",
                               rootfs);
    WCHAR *wide_id = trireme_utf16_from_utf8(id), *wide_body = trireme_utf16_from_utf8(body);
    finish("create", HcsCreateComputeSystem(wide_id, wide_body, operation, NULL, &system), operation);
    LocalFree(wide_id);
    LocalFree(wide_body);
    free(body);
    return system;
}

static HCS_PROCESS process(HCS_OPERATION operation, HCS_SYSTEM system, const WCHAR *parameters, int *ret_out)
{
    HCS_PROCESS made = NULL;
    HCS_PROCESS_INFORMATION information = {0};
    PWSTR document = NULL;
    check("process", HcsCreateProcess(system, parameters, operation, NULL, &made), NULL);
    check("process", HcsWaitForOperationResultAndProcessInfo(operation, WAIT_MS, &information, &document), document);
    *ret_out = trireme_handle_fd(information.StdOutput);
    return made;
}

/* Create, start, and the container's own process: to its first byte of output. */
static double our_first(HCS_OPERATION operation, const char *folder, int number)
{
    char *id = text("bench-first-%d", number), byte[256];
    int out;
    uint64_t begin = now_ns();
    HCS_SYSTEM system = create(operation, id, folder);
    finish("start", HcsStartComputeSystem(system, operation, NULL), operation);
    HCS_PROCESS own = process(operation, system, u"{\"CreateStdOutPipe\":true}", &out);
    if (read(out, byte, sizeof byte) <= 0)
        die("no output");
    double us = (double)(now_ns() - begin) / 1e3;
    close(out);
    check("exit", HcsWaitForComputeSystemExit(system, WAIT_MS, NULL), NULL);
    HcsCloseProcess(own);
    HcsCloseComputeSystem(system);
    free(id);
    return us;
}

/* The composed container: process 1 of ours, then a process in it. */
static double our_plain_first(HCS_OPERATION operation, int number)
{
    char *id = text("bench-plain-%d", number), byte[256];
    int out;
    uint64_t begin = now_ns();
    HCS_SYSTEM system = create(operation, id, NULL);
    finish("start", HcsStartComputeSystem(system, operation, NULL), operation);
    HCS_PROCESS made = process(operation, system,
                               u"{\"CommandArgs\":[\"/bin/busybox\",\"echo\",\"x\"],\"CreateStdOutPipe\":true}", &out);
    if (read(out, byte, sizeof byte) <= 0)
        die("no output");
    double us = (double)(now_ns() - begin) / 1e3;
    close(out);
    HcsCloseProcess(made);
    finish("terminate", HcsTerminateComputeSystem(system, operation, NULL), operation);
    HcsCloseComputeSystem(system);
    free(id);
    return us;
}

static double our_exec(HCS_OPERATION operation, HCS_SYSTEM system)
{
    char byte[256];
    int out;
    uint64_t begin = now_ns();
    HCS_PROCESS made = process(operation, system,
                               u"{\"CommandArgs\":[\"/bin/busybox\",\"echo\",\"x\"],\"CreateStdOutPipe\":true}", &out);
    if (read(out, byte, sizeof byte) <= 0)
        die("no output");
    check("exit", HcsWaitForProcessExit(made, WAIT_MS, NULL), NULL);
    double us = (double)(now_ns() - begin) / 1e3;
    close(out);
    HcsCloseProcess(made);
    return us;
}

/* With a process in it; folder NULL: the composed container. */
static double our_terminate(HCS_OPERATION operation, const char *folder, int number)
{
    char *id = text("bench-end-%d", number);
    int out;
    HCS_SYSTEM system = create(operation, id, folder);
    finish("start", HcsStartComputeSystem(system, operation, NULL), operation);
    HCS_PROCESS own = process(operation, system,
                              folder ? u"{}" : u"{\"CommandArgs\":[\"/bin/busybox\",\"sleep\",\"100000\"]}", &out);
    uint64_t begin = now_ns();
    finish("terminate", HcsTerminateComputeSystem(system, operation, NULL), operation);
    double us = (double)(now_ns() - begin) / 1e3;
    HcsCloseProcess(own);
    HcsCloseComputeSystem(system);
    free(id);
    return us;
}

static double our_properties(HCS_OPERATION operation, HCS_SYSTEM system)
{
    uint64_t begin = now_ns();
    finish("properties", HcsGetComputeSystemProperties(system, operation, NULL), operation);
    return (double)(now_ns() - begin) / 1e3;
}

/* ---- throughput ---- */

static double drain_mib_s(int fd, size_t block)
{
    char *buffer = malloc(block);
    uint64_t total = 0, begin = now_ns();
    ssize_t size;
    while ((size = read(fd, buffer, block)) > 0)
        total += (uint64_t)size;
    double seconds = (double)(now_ns() - begin) / 1e9;
    free(buffer);
    if (total != GIB) {
        errno = EIO;
        die("not all came");
    }
    return (double)total / (1 << 20) / seconds;
}

static double plain_pipe(int capacity, size_t block)
{
    char *busybox = text("%s/bin/busybox", rootfs);
    char *argv[] = {busybox, "dd", "if=/dev/zero", "bs=64k", "count=16384", NULL};
    int fds[2];
    if (pipe2(fds, O_CLOEXEC))
        die("pipe2");
    if (capacity)
        fcntl(fds[0], F_SETPIPE_SZ, capacity);
    pid_t pid = spawn(argv, fds[1]);
    close(fds[1]);
    double rate = drain_mib_s(fds[0], block);
    close(fds[0]);
    reap(pid);
    free(busybox);
    return rate;
}

/* ---- what the shim costs ---- */

static bool is_shim_of(pid_t pid, const char *id)
{
    char *path = text("/proc/%d/cmdline", (int)pid), line[4096] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd >= 0 ? read(fd, line, sizeof(line) - 1) : 0;
    close(fd);
    free(path);
    const char *folder = size > 0 ? line + strlen(line) + 1 : line;
    const char *name = strrchr(folder, '/');
    return strstr(line, "trireme-shim") && name && !strcmp(name + 1, id) && !strncmp(folder, work, strlen(work));
}

static pid_t find_shim(const char *id)
{
    glob_t found;
    pid_t pid = 0;
    if (glob("/proc/[0-9]*", 0, NULL, &found))
        die("glob");
    for (size_t i = 0; i < found.gl_pathc && !pid; i++) {
        pid_t candidate = (pid_t)atol(found.gl_pathv[i] + strlen("/proc/"));
        pid = is_shim_of(candidate, id) ? candidate : 0;
    }
    globfree(&found);
    if (!pid) {
        errno = ESRCH;
        die("trireme-shim");
    }
    return pid;
}

static double shim_cpu_ms(pid_t pid)
{
    char *path = text("/proc/%d/schedstat", (int)pid);
    unsigned long long run_ns = 0;
    FILE *file = fopen(path, "r");
    if (!file || fscanf(file, "%llu", &run_ns) != 1)
        die(path);
    fclose(file);
    free(path);
    return (double)run_ns / 1e6;
}

static double shim_rss_kib(pid_t pid)
{
    char *path = text("/proc/%d/status", (int)pid), line[256];
    double kib = 0;
    FILE *file = fopen(path, "r");
    if (!file)
        die(path);
    while (fgets(line, sizeof line, file))
        sscanf(line, "VmRSS: %lf", &kib);
    fclose(file);
    free(path);
    return kib;
}

static void throughput(HCS_OPERATION operation, HCS_SYSTEM system, pid_t shim)
{
    int out;
    double plain = plain_pipe(0, BLOCK), plain_large = plain_pipe(1 << 20, 1 << 20), before = shim_cpu_ms(shim);
    HCS_PROCESS made = process(operation, system,
                               u"{\"CommandArgs\":[\"/bin/busybox\",\"dd\",\"if=/dev/zero\",\"bs=64k\",\"count=16384\"],"
                               u"\"CreateStdOutPipe\":true}",
                               &out);
    double started = shim_cpu_ms(shim), ours = drain_mib_s(out, BLOCK), copied = shim_cpu_ms(shim);
    check("exit", HcsWaitForProcessExit(made, WAIT_MS, NULL), NULL);
    close(out);
    HcsCloseProcess(made);
    emit("pipe.plain", &plain, 1, "MiB/s");
    emit("pipe.plain_1m", &plain_large, 1, "MiB/s");
    emit("pipe.trireme", &ours, 1, "MiB/s");
    double starting = started - before, copying = copied - started;
    emit("pipe.shim_starting", &starting, 1, "ms");
    emit("pipe.shim_copying", &copying, 1, "ms");
}

/* ---- one round ---- */

static const char *const echo[] = {"/bin/busybox", "echo", "x", NULL};
static const char *const sleeper[] = {"/bin/busybox", "sleep", "100000", NULL};

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: bench-container RUNTIME ROOTFS WORK_FOLDER RUNS\n");
        return 2;
    }
    runtime = argv[1], rootfs = argv[2], work = argv[3];
    atexit(delete_containers);
    int runs = atoi(argv[4]);
    if (runs < 1 || runs > 1000)
        return 2;
    double *a = calloc((size_t)runs, sizeof *a), *b = calloc((size_t)runs, sizeof *b), *c = calloc((size_t)runs, sizeof *c);
    double *d = calloc((size_t)runs, sizeof *d), *e = calloc((size_t)runs, sizeof *e), *f = calloc((size_t)runs, sizeof *f);
    double *m = calloc((size_t)runs, sizeof *m);
    double *g = calloc((size_t)runs, sizeof *g), *h = calloc((size_t)runs, sizeof *h), *k = calloc((size_t)runs, sizeof *k);
    char *quick = bundle("echo", echo), *live = bundle("sleep", sleeper), *root = text("%s/state", work);
    char *const name = (char *)runtime;
    HCS_OPERATION operation = HcsCreateOperation(NULL, NULL);
    HCS_SYSTEM system = create(operation, "bench-live", NULL);
    finish("start", HcsStartComputeSystem(system, operation, NULL), operation);
    pid_t shim = find_shim("bench-live");
    must((char *[]){name, "--root", root, "run", "--detach", "--bundle", live, "live", NULL});

    for (int i = 0; i < runs; i++) {
        timed((char *[]){name, "--root", root, "run", "--bundle", quick, "quick", NULL}, &a[i], NULL);
        b[i] = our_first(operation, quick, i);
        k[i] = our_plain_first(operation, i);
        timed((char *[]){name, "--root", root, "exec", "live", "/bin/busybox", "echo", "x", NULL}, NULL, &c[i]);
        d[i] = our_exec(operation, system);
        must((char *[]){name, "--root", root, "run", "--detach", "--bundle", live, "end", NULL});
        timed((char *[]){name, "--root", root, "delete", "--force", "end", NULL}, NULL, &e[i]);
        f[i] = our_terminate(operation, NULL, i);
        m[i] = our_terminate(operation, live, i);
        timed((char *[]){name, "--root", root, "state", "live", NULL}, NULL, &g[i]);
        h[i] = our_properties(operation, system);
    }
    emit("first.runtime", a, (size_t)runs, "us");
    emit("first.trireme", b, (size_t)runs, "us");
    emit("first.trireme_plain", k, (size_t)runs, "us");
    emit("exec.runtime", c, (size_t)runs, "us");
    emit("exec.trireme", d, (size_t)runs, "us");
    emit("end.runtime", e, (size_t)runs, "us");
    emit("end.trireme", f, (size_t)runs, "us");
    emit("end.trireme_bundle", m, (size_t)runs, "us");
    emit("state.runtime", g, (size_t)runs, "us");
    emit("state.trireme", h, (size_t)runs, "us");
    throughput(operation, system, shim);
    double rss = shim_rss_kib(shim);
    emit("shim.rss", &rss, 1, "KiB");

    HcsCloseComputeSystem(system);
    HcsCloseOperation(operation);
    return 0;
}
