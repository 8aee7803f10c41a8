/* Methods of Win32_Process. ReturnValue is Windows' own. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "management/providers/command-line.h"
#include "management/providers/proc.h"
#include "management/providers/process.h"
#include "op/child.h"
#include "op/loop.h"

enum returned {
    RETURNED_OK = 0,
    RETURNED_DENIED = 2,
    RETURNED_NO_PRIVILEGE = 3,
    RETURNED_UNKNOWN = 8,
    RETURNED_NO_PATH = 9,
    RETURNED_INVALID = 21,
};

/* Windows' priority classes, and what each is here. */
static const struct {
    int64_t number;
    int nice;
} priorities[] = {{64, 19}, {16384, 10}, {32, 0}, {32768, -5}, {128, -10}, {256, -20}};

static int answer(const struct tri_invocation *invocation, enum returned returned)
{
    tri_cim_object_set_unsigned(invocation->out, "ReturnValue", returned);
    return 0;
}

static enum returned returned_of(int r)
{
    switch (-r) {
    case 0:
        return RETURNED_OK;
    case EACCES:
        return RETURNED_DENIED;
    case EPERM:
        return RETURNED_NO_PRIVILEGE;
    case ENOENT:
    case ENOTDIR:
        return RETURNED_NO_PATH;
    case EINVAL:
    case E2BIG:
        return RETURNED_INVALID;
    default:
        return RETURNED_UNKNOWN;
    }
}

/* ---- the process that is meant ---- */

struct target {
    struct tri_proc proc;
    int root_fd;
};

static void target_close(struct target *target)
{
    tri_proc_finish(&target->proc);
    tri_close(target->root_fd);
}

#define TRI_AUTO_TARGET TRI_CLEANUP(target_close)

static pid_t pid_of(const struct tri_cim_object *object)
{
    const struct tri_value *handle = tri_cim_object_find(object, "Handle");
    long pid = handle && handle->is_set ? strtol(handle->string, NULL, 10) : 0;
    return pid > 0 && pid <= INT_MAX ? (pid_t)pid : 0;
}

/* 0, -errno. */
static int target_open(const struct tri_invocation *invocation, struct target *ret)
{
    ret->root_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ret->proc.root_fd = ret->root_fd;
    tri_proc_begin(&ret->proc, pid_of(invocation->target));
    return ret->root_fd < 0 ? -errno : 0;
}

/* ---- Create ---- */

struct start {
    char **arguments;
    const char **environment; /* NULL: this program's own; the texts are the parameter's */
    int folder_fd;
    int nice;
    bool has_nice;
};

static void start_clear(struct start *start)
{
    free(start->arguments);
    free(start->environment);
    tri_close(start->folder_fd);
}

static const char *text_parameter(const struct tri_cim_object *in, const char *name)
{
    const struct tri_value *value = in ? tri_cim_object_find(in, name) : NULL;
    return value && value->is_set ? value->string : NULL;
}

static int start_take_environment(struct start *start, const struct tri_value *value)
{
    if (!value || !value->is_set)
        return 0;
    const struct tri_array *array = value->array;
    if (!(start->environment = calloc(array->count + 1, sizeof(*start->environment))))
        return -ENOMEM;
    for (size_t i = 0; i < array->count; i++) {
        const char *text = array->items[i].string, *sign = strchr(text, '=');
        if (!sign || sign == text)
            return -EINVAL;
        start->environment[i] = text;
    }
    return 0;
}

static bool find_nice(int64_t number, int *ret)
{
    for (size_t i = 0; i < sizeof(priorities) / sizeof(priorities[0]); i++)
        if (priorities[i].number == number) {
            *ret = priorities[i].nice;
            return true;
        }
    return false;
}

static int start_take_priority(struct start *start, const struct tri_value *value)
{
    if (!value || !value->is_set)
        return 0;
    start->has_nice = true;
    return find_nice((int64_t)value->natural, &start->nice) ? 0 : -EINVAL;
}

/* What a debugger would need, and a start that waits, cannot be had here; the other flags are about consoles. */
static int start_check_flags(const struct tri_value *value)
{
    enum { DEBUG_PROCESS = 1, DEBUG_ONLY_THIS_PROCESS = 2, SUSPENDED = 4 };
    bool asks_too_much =
        value && value->is_set && (value->natural & (DEBUG_PROCESS | DEBUG_ONLY_THIS_PROCESS | SUSPENDED));
    return asks_too_much ? -EINVAL : 0;
}

/* -EINVAL; -errno of a folder that cannot be entered. */
static int start_fill(struct start *start, const struct tri_cim_object *in)
{
    const char *line = text_parameter(in, "CommandLine"), *folder = text_parameter(in, "CurrentDirectory");
    const struct tri_value *startup = in ? tri_cim_object_find(in, "ProcessStartupInformation") : NULL;
    int r = line ? tri_command_line_split(line, &start->arguments) : -EINVAL;
    if (r == 0 && folder && (start->folder_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
        r = -errno;
    if (r < 0 || !startup || !startup->is_set)
        return r;
    r = start_take_environment(start, tri_cim_object_find(startup->object, "EnvironmentVariables"));
    if (r == 0)
        r = start_take_priority(start, tri_cim_object_find(startup->object, "PriorityClass"));
    return r < 0 ? r : start_check_flags(tri_cim_object_find(startup->object, "CreateFlags"));
}

/* A process that was created belongs to nobody: the loop sees its end and forgets it. */
struct created {
    struct tri_child child;
    struct tri_source *source;
};

static void created_ended(void *data, uint32_t events)
{
    struct created *created = data;
    tri_loop_remove(created->source);
    tri_child_finish(&created->child);
    free(created);
}

static int created_start(struct created *created, const struct start *start, pid_t *ret_pid)
{
    int r = tri_child_start(&(struct tri_child_params){.argv = (const char *const *)start->arguments,
                                                       .envp = start->environment,
                                                       .folder_fd = start->folder_fd,
                                                       .new_session = true},
                            &created->child, NULL);
    if (r < 0)
        return r;
    if (start->has_nice) /* where it may not be raised, it runs as it is, as on Windows */
        (void)setpriority(PRIO_PROCESS, (id_t)created->child.pid, start->nice);
    *ret_pid = created->child.pid;
    r = tri_loop_add(created->child.pidfd, EPOLLIN, created_ended, created, &created->source);
    if (r < 0)
        tri_child_finish(&created->child);
    return r;
}

static int run_create(const struct tri_invocation *invocation, struct tri_error *error)
{
    TRI_CLEANUP(start_clear) struct start start = {.folder_fd = -1};
    int r = start_fill(&start, invocation->in);
    if (r < 0)
        return r == -ENOMEM ? tri_error_no_memory(error) : answer(invocation, returned_of(r));
    struct created *created = calloc(1, sizeof(*created));
    if (!created)
        return tri_error_no_memory(error);
    created->child.pidfd = -1;
    pid_t pid;
    r = created_start(created, &start, &pid);
    if (r < 0) {
        free(created);
        return answer(invocation, returned_of(r));
    }
    tri_cim_object_set_unsigned(invocation->out, "ProcessId", (uint64_t)pid);
    return answer(invocation, RETURNED_OK);
}

/* ---- Terminate ---- */

#define GRACE_NS (2 * TRI_NS_PER_SEC)

/* Waits for the end; false: it still runs. */
static bool await_end(int pidfd, uint64_t deadline_ns)
{
    struct pollfd ended = {.fd = pidfd, .events = POLLIN};
    for (uint64_t now_ns; (now_ns = tri_clock_ns()) < deadline_ns;) {
        struct timespec left = {(time_t)((deadline_ns - now_ns) / TRI_NS_PER_SEC),
                                (long)((deadline_ns - now_ns) % TRI_NS_PER_SEC)};
        int r = ppoll(&ended, 1, &left, NULL);
        if (r != 0 && !(r < 0 && errno == EINTR))
            return r > 0;
    }
    return false;
}

/* The end, as long as two seconds, or half of what the call may still take, are enough for it. */
static bool await_grace(int pidfd, uint64_t call_deadline_ns)
{
    uint64_t now_ns = tri_clock_ns(), left_ns = call_deadline_ns > now_ns ? call_deadline_ns - now_ns : 0;
    return await_end(pidfd, now_ns + (left_ns / 2 < GRACE_NS ? left_ns / 2 : GRACE_NS));
}

/* Asks first, and kills then. -ETIME: it has not ended all the same; the kernel's own threads and the first process do
 * not hear the signal, and a process that waits for a device hears it late. */
static int terminate(int pidfd, uint64_t call_deadline_ns)
{
    if (syscall(SYS_pidfd_send_signal, pidfd, SIGTERM, NULL, 0) < 0)
        return -errno;
    if (await_grace(pidfd, call_deadline_ns))
        return 0;
    if (syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0) < 0)
        return errno == ESRCH ? 0 : -errno;
    return await_grace(pidfd, call_deadline_ns) ? 0 : -ETIME;
}

/* -ESRCH: there is no such process any more. */
static int terminate_target(const struct tri_cim_object *object, uint64_t deadline_ns)
{
    TRI_AUTO_CLOSE int pidfd = (int)syscall(SYS_pidfd_open, pid_of(object), 0);
    return pidfd < 0 ? -errno : terminate(pidfd, deadline_ns);
}

static int run_terminate(const struct tri_invocation *invocation, struct tri_error *error)
{
    int r = terminate_target(invocation->target, invocation->deadline_ns);
    return answer(invocation, r == -EPERM ? RETURNED_DENIED : returned_of(r));
}

int tri_process_remove(const struct tri_cim_object *object, struct tri_error *error)
{
    int r = terminate_target(object, TRI_DEADLINE_NEVER);
    if (r == -ESRCH)
        return tri_error_set(error, TRI_MANAGEMENT_NOT_FOUND, NULL, "The process has ended already.");
    if (r == -ETIME)
        return tri_error_set(
            error, TRI_MANAGEMENT_PROVIDER_FAILURE, NULL,
            "The process was killed and has not ended: it waits for a device, or it is the kernel's own "
            "or the first of all.");
    return r < 0 ? tri_error_set(error, r, NULL, "The process cannot be ended: %s.", strerror(-r)) : 0;
}

/* ---- whose it is ---- */

static int run_get_owner(const struct tri_invocation *invocation, struct tri_error *error)
{
    TRI_AUTO_TARGET struct target target = {.root_fd = -1};
    const struct tri_proc_status *status = target_open(invocation, &target) < 0 ? NULL : tri_proc_status(&target.proc);
    if (!status)
        return answer(invocation, RETURNED_UNKNOWN);
    struct passwd entry, *found = NULL;
    char buffer[4096], number[16];
    snprintf(number, sizeof(number), "%u", status->user);
    (void)getpwuid_r(status->user, &entry, buffer, sizeof(buffer), &found);
    tri_cim_object_set_string(invocation->out, "User", found ? found->pw_name : number);
    tri_cim_object_set_string(invocation->out, "Domain", tri_server_name());
    return answer(invocation, RETURNED_OK);
}

static int run_get_owner_sid(const struct tri_invocation *invocation, struct tri_error *error)
{
    TRI_AUTO_TARGET struct target target = {.root_fd = -1};
    const struct tri_proc_status *status = target_open(invocation, &target) < 0 ? NULL : tri_proc_status(&target.proc);
    if (!status)
        return answer(invocation, RETURNED_UNKNOWN);
    char sid[32];
    snprintf(sid, sizeof(sid), "S-1-22-1-%u", status->user);
    tri_cim_object_set_string(invocation->out, "Sid", sid);
    return answer(invocation, RETURNED_OK);
}

/* ---- how it runs ---- */

/* A priority is a thread's own on Linux: every one of them is set. */
static int set_nice(pid_t pid, int nice)
{
    char path[32];
    snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    TRI_AUTO_DIR DIR *tasks = opendir(path);
    if (!tasks)
        return -errno;
    for (const struct dirent *entry; (entry = readdir(tasks));)
        if (entry->d_name[0] != '.' && setpriority(PRIO_PROCESS, (id_t)strtoul(entry->d_name, NULL, 10), nice) < 0 &&
            errno != ESRCH)
            return -errno;
    return 0;
}

/* The kernel's words are the other way round: EPERM for a stranger's process, EACCES for more than one may have. */
static enum returned nice_returned(int r)
{
    return r == -EPERM ? RETURNED_DENIED : r == -EACCES ? RETURNED_NO_PRIVILEGE : returned_of(r);
}

static int run_set_priority(const struct tri_invocation *invocation, struct tri_error *error)
{
    const struct tri_value *value = invocation->in ? tri_cim_object_find(invocation->in, "Priority") : NULL;
    int nice;
    if (!value || !value->is_set || !find_nice(value->integer, &nice))
        return answer(invocation, RETURNED_INVALID);
    return answer(invocation, nice_returned(set_nice(pid_of(invocation->target), nice)));
}

/* What its limit leaves; without one, what an address can hold. */
static int run_available_size(const struct tri_invocation *invocation, struct tri_error *error)
{
    TRI_AUTO_TARGET struct target target = {.root_fd = -1};
    struct rlimit limit;
    const struct tri_proc_stat *stat = target_open(invocation, &target) < 0 ? NULL : tri_proc_stat(&target.proc);
    if (!stat)
        return answer(invocation, RETURNED_UNKNOWN);
    if (prlimit(target.proc.pid, RLIMIT_AS, NULL, &limit) < 0)
        return answer(invocation, errno == EPERM ? RETURNED_DENIED : RETURNED_UNKNOWN);
    uint64_t all = limit.rlim_cur == RLIM_INFINITY ? (1ull << 47) - 4096 : limit.rlim_cur;
    tri_cim_object_set_unsigned(invocation->out, "AvailableVirtualSize",
                                all > stat->virtual_bytes ? all - stat->virtual_bytes : 0);
    return answer(invocation, RETURNED_OK);
}

const struct tri_provided_method tri_process_methods[TRI_PROCESS_METHOD_COUNT] = {
    {"Create", run_create},
    {"Terminate", run_terminate},
    {"GetOwner", run_get_owner},
    {"GetOwnerSid", run_get_owner_sid},
    {"SetPriority", run_set_priority},
    {"GetAvailableVirtualSize", run_available_size},
};
