#include "support.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "compute/cgroup.h"
#include "compute/registry.h"
#include "compute/runtime.h"

static char folder[256];
static char runtime_ids[256][37];
static size_t runtime_id_count;
char last_error[4096];

const char *state_folder(void)
{
    return folder;
}

int state_setup(void **state)
{
    snprintf(folder, sizeof(folder), "%s/trireme-test-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    if (!mkdtemp(folder))
        return -1;
    return setenv("TRIREME_RUNTIME_DIR", folder, 1);
}

int state_teardown(void **state)
{
    return tri_folder_remove(AT_FDCWD, folder);
}

/* What a system needs to be made. */
static int find_all(struct tri_error *error)
{
    struct tri_runtime runtime = {0};
    TRI_AUTO_FREE char *shim = NULL, *init = NULL;
    if (geteuid() != 0)
        return tri_error_set(error, TRI_COMPUTE_UNAVAILABLE, NULL, "Containers need root.");
    int r = tri_runtime_find(TRI_CGROUP_ROOT, &runtime, error);
    free(runtime.path);
    if (r == 0)
        r = tri_helper_find("trireme-shim", &shim, error);
    return r < 0 ? r : tri_helper_find("trireme-init", &init, error);
}

const char *cannot_run(void)
{
    static char why[1024];
    struct tri_error error = {0};
    if (find_all(&error) == 0)
        return NULL;
    snprintf(why, sizeof(why), "%s", error.text);
    tri_error_clear(&error);
    return why;
}

/* ---- operations ---- */

static int read_code(void *context, const struct tri_op_tag *tag, int code, const struct tri_error *error, void *value)
{
    snprintf(last_error, sizeof(last_error), "%s%s%s%s", error && error->text ? error->text : "",
             error && error->where ? " @" : "", error && error->where ? error->where : "",
             error && error->detail ? error->detail : "");
    return code;
}

int finish(struct tri_op *op)
{
    int r = tri_op_wait(op, tri_deadline_ns(WAIT_MS));
    if (r == 0)
        r = tri_op_read_result(op, read_code, NULL);
    tri_op_close(tri_op_handle(op));
    return r;
}

int begin_create(const char *id, struct tri_system_spec *spec, struct tri_op *op, struct tri_system **ret)
{
    assert_int_equal(tri_system_prepare(id, ret), 0);
    return tri_system_create(*ret, NULL, spec, op, NULL);
}

int create_with(const char *id, struct tri_system_spec *spec, struct tri_system **ret)
{
    struct tri_op *op = tri_op_new();
    struct tri_system *system = NULL;
    *ret = NULL;
    assert_int_equal(begin_create(id, spec, op, &system), 0);
    int r = finish(op);
    if (r < 0) {
        close_system(system);
        return r;
    }
    remember_runtime_id(id);
    *ret = system;
    return 0;
}

int try_create(const char *id, struct tri_system **ret)
{
    return create_with(id, calloc(1, sizeof(struct tri_system_spec)), ret);
}

struct tri_system *make_system(const char *id, bool terminate_on_last_close)
{
    struct tri_system_spec *spec = calloc(1, sizeof(*spec));
    struct tri_system *system;
    spec->terminate_on_last_close = terminate_on_last_close;
    int r = create_with(id, spec, &system);
    if (r < 0)
        fail_msg("create %s: %d %s", id, r, last_error);
    return system;
}

int run(int (*call)(struct tri_system *, struct tri_op *, const struct tri_op_tag *), struct tri_system *system)
{
    struct tri_op *op = tri_op_new();
    int r = call(system, op, NULL);
    if (r == 0)
        return finish(op);
    tri_op_close(tri_op_handle(op));
    return r;
}

struct tri_system *make_running(const char *id)
{
    struct tri_system *system = make_system(id, false);
    int r = run(tri_system_start, system);
    if (r < 0)
        fail_msg("start %s: %d %s", id, r, last_error);
    return system;
}

void close_system(struct tri_system *system)
{
    tri_system_close(tri_system_handle(system));
    tri_system_unref(system);
}

void end_system(struct tri_system *system)
{
    int r = run(tri_system_terminate, system);
    assert_true(r == 0 || r == TRI_COMPUTE_STOPPED);
    close_system(system);
}

/* ---- processes ---- */

static char **words(const char *const *from)
{
    size_t n = 0;
    while (from[n])
        n++;
    char **copy = calloc(n + 1, sizeof(*copy));
    for (size_t i = 0; i < n; i++)
        copy[i] = strdup(from[i]);
    return copy;
}

struct tri_process_spec *shell(const char *script)
{
    struct tri_process_spec *spec = calloc(1, sizeof(*spec));
    const char *const args[] = {"/bin/sh", "-c", script, NULL};
    spec->args = words(args);
    spec->stdin_pipe = spec->stdout_pipe = spec->stderr_pipe = true;
    return spec;
}

static int claim_fds(void *context, const struct tri_op_tag *tag, int code, const struct tri_error *error, void *value)
{
    struct tri_process_start *start = value;
    int *fds = context;
    for (int i = 0; start && fds && i < 3; i++) {
        fds[i] = start->fds[i];
        start->fds[i] = -1;
    }
    return code;
}

int begin_process(struct tri_system *system, struct tri_process_spec *spec, struct tri_op *op, struct tri_process **ret)
{
    assert_int_equal(tri_process_prepare(system, ret), 0);
    return tri_process_create(*ret, spec, op, NULL);
}

int start_process(struct tri_system *system, struct tri_process_spec *spec, struct tri_process **ret, int fds[3])
{
    struct tri_op *op = tri_op_new();
    struct tri_process *process = NULL;
    assert_int_equal(begin_process(system, spec, op, &process), 0);
    assert_int_equal(tri_op_wait(op, tri_deadline_ns(WAIT_MS)), 0);
    (void)tri_op_read_result(op, claim_fds, fds);
    int r = finish(op);
    if (r < 0) {
        close_process(process);
        return r;
    }
    *ret = process;
    return 0;
}

void close_process(struct tri_process *process)
{
    tri_process_close(tri_process_handle(process));
    tri_process_unref(process);
}

char *read_all(int fd)
{
    char *text = calloc(1, 65536);
    size_t used = 0;
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    while (used < 65535 && poll(&wait, 1, WAIT_MS) > 0) {
        ssize_t n = read(fd, text + used, 65535 - used);
        if (n <= 0)
            break;
        used += (size_t)n;
    }
    close(fd);
    return text;
}

int exit_code(struct tri_process *process)
{
    struct tri_process_status status;
    int r = tri_process_wait_exit(process, tri_deadline_ns(WAIT_MS), &status);
    if (r < 0)
        return r;
    assert_true(status.exited);
    if (status.unknown)
        return 1000;
    return WIFEXITED(status.wait_status) ? WEXITSTATUS(status.wait_status) : 128 + WTERMSIG(status.wait_status);
}

char *output_of(struct tri_system *system, const char *script)
{
    struct tri_process *process;
    struct tri_process_spec *spec = shell(script);
    int fds[3];
    spec->stdin_pipe = spec->stderr_pipe = false;
    int r = start_process(system, spec, &process, fds);
    if (r < 0)
        fail_msg("%s: %d %s", script, r, last_error);
    char *text = read_all(fds[1]);
    close_process(process);
    return text;
}

/* ---- what is left ---- */

void folder_of(const char *id, char path[4096])
{
    char name[NAME_MAX + 1];
    tri_id_encode(id, name);
    snprintf(path, 4096, "%s/default/%s", folder, name);
}

void remember_runtime_id(const char *id)
{
    char path[4096];
    struct tri_record record = {0};
    folder_of(id, path);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0 && tri_record_read(fd, &record) == 0 && runtime_id_count < 256)
        memcpy(runtime_ids[runtime_id_count++], record.runtime_id, 37);
    tri_record_clear(&record);
    if (fd >= 0)
        close(fd);
}

/* The shim leads a session. Its own parent, and children that have not become another program yet, do not. */
static bool leads_session(const char *pid)
{
    char path[64], text[512] = "";
    int session = 0;
    snprintf(path, sizeof(path), "/proc/%s/stat", pid);
    FILE *file = fopen(path, "re");
    if (file && fgets(text, sizeof(text), file) && strrchr(text, ')'))
        (void)sscanf(strrchr(text, ')') + 1, " %*c %*d %*d %d", &session);
    if (file)
        fclose(file);
    return session == atoi(pid);
}

static bool is_shim(const char *pid, const char *path)
{
    char name[64], line[8192];
    snprintf(name, sizeof(name), "/proc/%s/cmdline", pid);
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, line, sizeof(line) - 1);
    if (fd >= 0)
        close(fd);
    if (n <= 0)
        return false;
    line[n] = '\0';
    const char *argument = line + strlen(line) + 1;
    return strstr(line, "trireme-shim") && argument < line + n && strstr(argument, path) && leads_session(pid);
}

static int find_shim(const char *path)
{
    DIR *proc = opendir("/proc");
    int found = 0;
    for (struct dirent *entry; !found && (entry = readdir(proc));)
        if (strspn(entry->d_name, "0123456789") == strlen(entry->d_name) && is_shim(entry->d_name, path))
            found = atoi(entry->d_name);
    closedir(proc);
    return found;
}

int shim_of(const char *id)
{
    char path[4096];
    folder_of(id, path);
    return find_shim(path);
}

bool shim_ends(int pid)
{
    int fd = pidfd_open(pid, 0);
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    bool ended = fd < 0 || poll(&wait, 1, WAIT_MS) == 1;
    if (fd >= 0)
        close(fd);
    return ended;
}

static size_t entries(const char *path, char *names, size_t size)
{
    DIR *dir = opendir(path);
    size_t count = 0;
    names[0] = '\0';
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..")) {
            count++;
            strncat(names, entry->d_name, size - strlen(names) - 2);
            strcat(names, " ");
        }
    if (dir)
        closedir(dir);
    return count;
}

static void assert_no_match(const char *pattern)
{
    glob_t found;
    if (glob(pattern, 0, NULL, &found) == 0)
        fail_msg("a cgroup is left: %s", found.gl_pathv[0]);
    globfree(&found);
}

static void assert_no_cgroups(void)
{
    char pattern[128];
    for (size_t i = 0; i < runtime_id_count; i++) {
        snprintf(pattern, sizeof(pattern), "/sys/fs/cgroup/*trireme-%.36s", runtime_ids[i]);
        assert_no_match(pattern);
        snprintf(pattern, sizeof(pattern), "/sys/fs/cgroup/*/*trireme-%.36s", runtime_ids[i]);
        assert_no_match(pattern);
    }
}

void assert_nothing_left(void)
{
    char path[4096], names[4096];
    for (int pid; (pid = find_shim(folder));)
        if (!shim_ends(pid))
            fail_msg("a shim is left: %d", pid);
    snprintf(path, sizeof(path), "%s/default", folder);
    if (entries(path, names, sizeof(names)))
        fail_msg("folders are left: %s", names);
    assert_no_cgroups();
    char *mounts = NULL;
    assert_int_equal(tri_file_read(AT_FDCWD, "/proc/self/mountinfo", 1 << 20, &mounts, NULL), 0);
    bool mounted = strstr(mounts, folder) != NULL;
    free(mounts);
    assert_false(mounted);
    runtime_id_count = 0;
}
