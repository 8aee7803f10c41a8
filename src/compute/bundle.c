#include "compute/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "compute/cgroup.h"
#include "compute/error.h"

#define OCI_VERSION "1.0.2"
#define CONFIG_MAX_BYTES (4u << 20)
#define OPEN_FILES_MAX 1048576
#define INIT_TARGET "/dev/.trireme-init"
#define MINIMAL_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static int no_memory(struct tri_error *error)
{
    return tri_error_set(error, -ENOMEM, NULL, "Out of memory, or text that is not UTF-8.");
}

/* ---- checks ---- */

static int check_folder(const char *path, const char *where, int code, struct tri_error *error)
{
    struct stat st;
    if (!path || *path != '/')
        return tri_error_set(error, code, where, "\"%s\" is not an absolute path.", path ? path : "");
    if (stat(path, &st) < 0)
        return tri_error_set(error, code, where, "\"%s\" cannot be used: %m.", path);
    if (!S_ISDIR(st.st_mode))
        return tri_error_set(error, code, where, "\"%s\" is no folder.", path);
    return 0;
}

static bool climbs(const char *path)
{
    for (const char *p = path; (p = strstr(p, "..")); p += 2)
        if ((p == path || p[-1] == '/') && (p[2] == '/' || p[2] == '\0'))
            return true;
    return false;
}

static int check_mount(const struct tri_mount_spec *mount, size_t i, struct tri_error *error)
{
    char where[48];
    snprintf(where, sizeof(where), "mounts[%zu].source", i);
    if (!mount->source || *mount->source != '/')
        return tri_error_set(error, -EINVAL, where, "A mount's source is an absolute path of the host.");
    if (access(mount->source, F_OK) < 0)
        return tri_error_set(error, -errno, where, "\"%s\" cannot be mounted: %m.", mount->source);
    snprintf(where, sizeof(where), "mounts[%zu].target", i);
    if (!mount->target || *mount->target != '/' || climbs(mount->target) ||
        strspn(mount->target, "/.") == strlen(mount->target))
        return tri_error_set(error, -EINVAL, where,
                             "A mount's target is an absolute path below the container's root, without \"..\".");
    return 0;
}

static int check_host_name(const char *name, struct tri_error *error)
{
    static const char legal[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
    size_t size = strnlen(name, 65);
    if (size == 0 || size > 64 || strspn(name, legal) != size)
        return tri_error_set(error, -EINVAL, "host_name", "A host name has 1 to 64 letters, digits, '-', '.' and '_'.");
    return 0;
}

static int check_limits(const struct tri_limits *limits, struct tri_error *error)
{
    if (limits->cpu_count && limits->cpu_maximum)
        return tri_error_set(error, -EINVAL, "limits.cpu_maximum",
                             "A number of processors and a share of them exclude each other.");
    if (limits->cpu_maximum > 10000)
        return tri_error_set(error, -EINVAL, "limits.cpu_maximum", "A share of the processors is 1 to 10000.");
    if (limits->cpu_weight > 10000)
        return tri_error_set(error, -EINVAL, "limits.cpu_weight", "A processor weight is 1 to 10000.");
    if (limits->memory_bytes > INT64_MAX)
        return tri_error_set(error, -EINVAL, "limits.memory_bytes", "That much memory does not exist.");
    if (limits->io_bytes_per_s > INT64_MAX || limits->io_count_per_s > INT64_MAX)
        return tri_error_set(error, -EINVAL, "limits.io_bytes_per_s", "That is no limit of this world.");
    return 0;
}

int tri_bundle_check(const struct tri_system_spec *spec, struct tri_error *error)
{
    int r = 0;
    if (spec->oci_bundle && spec->oci_spec)
        return tri_error_set(error, -EINVAL, "oci_spec", "A bundle and a specification exclude each other.");
    if (spec->oci_bundle && (r = check_folder(spec->oci_bundle, "oci_bundle", -ENOENT, error)) < 0)
        return r;
    for (size_t i = 0; r == 0 && i < spec->layer_count; i++) {
        char where[32];
        snprintf(where, sizeof(where), "layers[%zu]", i);
        r = check_folder(spec->layers[i], where, TRI_COMPUTE_BAD_LAYER, error);
    }
    if (r == 0 && spec->root)
        r = check_folder(spec->root, "root", TRI_COMPUTE_BAD_LAYER, error);
    for (size_t i = 0; r == 0 && i < spec->mount_count; i++)
        r = check_mount(&spec->mounts[i], i, error);
    if (r == 0 && spec->host_name)
        r = check_host_name(spec->host_name, error);
    return r < 0 ? r : check_limits(&spec->limits, error);
}

bool tri_bundle_own_init(const struct tri_system_spec *spec)
{
    return !spec->oci_bundle && !spec->oci_spec;
}

/* ---- limits ---- */

static uint64_t processors(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : (uint64_t)n;
}

static uint64_t clamp(uint64_t value, uint64_t low, uint64_t high)
{
    return value < low ? low : value > high ? high : value;
}

#define CPU_PERIOD_US 100000

static uint64_t cpu_quota_us(const struct tri_limits *limits)
{
    if (limits->cpu_count)
        return clamp(limits->cpu_count, 1, processors()) * CPU_PERIOD_US;
    return clamp(limits->cpu_maximum * processors() * (CPU_PERIOD_US / 10000), 1000, UINT64_MAX);
}

/* The weight goes to cpu.weight as it is: the runtimes have changed their formula from shares to weight. */
static int add_cpu(json_t *resources, const struct tri_limits *limits, bool unified)
{
    json_auto_t *cpu = json_object();
    int r = cpu ? 0 : -1;
    if (limits->cpu_count || limits->cpu_maximum) {
        r |= json_object_set_new(cpu, "quota", json_integer((json_int_t)cpu_quota_us(limits)));
        r |= json_object_set_new(cpu, "period", json_integer(CPU_PERIOD_US));
    }
    if (limits->cpu_weight && unified) {
        char text[16];
        snprintf(text, sizeof(text), "%u", limits->cpu_weight);
        r |= json_object_set_new(resources, "unified", json_pack("{ss}", "cpu.weight", text));
    } else if (limits->cpu_weight) {
        uint64_t shares = clamp((uint64_t)limits->cpu_weight * 1024 / 100, 2, 262144);
        r |= json_object_set_new(cpu, "shares", json_integer((json_int_t)shares));
    }
    if (json_object_size(cpu))
        r |= json_object_set(resources, "cpu", cpu);
    return r;
}

/* The whole disk that a path is on: throttling is for disks, not for partitions. */
static int disk_of(const char *path, unsigned *ret_major, unsigned *ret_minor, struct tri_error *error)
{
    struct stat st;
    char link[64];
    TRI_AUTO_FREE char *text = NULL;
    if (stat(path, &st) < 0)
        return tri_error_set(error, -errno, "limits.io_bytes_per_s", "\"%s\" cannot be looked at: %m.", path);
    unsigned major_id = major(st.st_dev), minor_id = minor(st.st_dev);
    if (major_id == 0)
        return tri_error_set(error, TRI_COMPUTE_NOT_IMPLEMENTED, "limits.io_bytes_per_s",
                             "\"%s\" is on no block device, so its I/O cannot be limited.", path);
    snprintf(link, sizeof(link), "/sys/dev/block/%u:%u/partition", major_id, minor_id);
    if (access(link, F_OK) == 0) {
        snprintf(link, sizeof(link), "/sys/dev/block/%u:%u/../dev", major_id, minor_id);
        if (tri_file_read(AT_FDCWD, link, 64, &text, NULL) == 0)
            (void)sscanf(text, "%u:%u", &major_id, &minor_id);
    }
    *ret_major = major_id;
    *ret_minor = minor_id;
    return 0;
}

static json_t *throttle(unsigned major_id, unsigned minor_id, uint64_t rate)
{
    return json_pack("[{si si sI}]", "major", (int)major_id, "minor", (int)minor_id, "rate", (json_int_t)rate);
}

static int add_io(json_t *resources, const struct tri_limits *limits, const char *path, struct tri_error *error)
{
    unsigned major_id = 0, minor_id = 0;
    int r = disk_of(path, &major_id, &minor_id, error);
    if (r < 0)
        return r;
    json_auto_t *io = json_object();
    if (!io)
        return no_memory(error);
    if (limits->io_bytes_per_s) {
        r |= json_object_set_new(io, "throttleReadBpsDevice", throttle(major_id, minor_id, limits->io_bytes_per_s));
        r |= json_object_set_new(io, "throttleWriteBpsDevice", throttle(major_id, minor_id, limits->io_bytes_per_s));
    }
    if (limits->io_count_per_s) {
        r |= json_object_set_new(io, "throttleReadIOPSDevice", throttle(major_id, minor_id, limits->io_count_per_s));
        r |= json_object_set_new(io, "throttleWriteIOPSDevice", throttle(major_id, minor_id, limits->io_count_per_s));
    }
    r |= json_object_set(resources, "blockIO", io);
    return r < 0 ? no_memory(error) : 0;
}

int tri_bundle_resources(const struct tri_limits *limits, bool unified, const char *io_path, json_t **ret_resources,
                         struct tri_error *error)
{
    int r = check_limits(limits, error);
    if (r < 0)
        return r;
    json_auto_t *resources = json_object();
    if (!resources)
        return no_memory(error);
    if (limits->memory_bytes) { /* swap counts memory and swap together: the same number means no swap */
        json_int_t bytes = (json_int_t)limits->memory_bytes;
        r |= json_object_set_new(resources, "memory", json_pack("{sI sI}", "limit", bytes, "swap", bytes));
    }
    r |= add_cpu(resources, limits, unified);
    if (r < 0)
        return no_memory(error);
    if ((limits->io_bytes_per_s || limits->io_count_per_s) && (r = add_io(resources, limits, io_path, error)) < 0)
        return r;
    *ret_resources = TRI_TAKE(resources);
    return 0;
}

const char *tri_bundle_io_path(const struct tri_system_spec *spec)
{
    return spec->root ? spec->root : spec->layer_count ? spec->layers[0] : "/";
}

/* ---- processes ---- */

/* With version 2 alone the device rules are a program that the runtime loads into the kernel, for which it raises its
 * limit on locked memory: a root without CAP_SYS_RESOURCE cannot. Then there are no rules, and no right to make devices. */
static bool can_filter_devices(void)
{
    return tri_cgroup_layout(TRI_CGROUP_ROOT) != TRI_CGROUP_PURE || prctl(PR_CAPBSET_READ, CAP_SYS_RESOURCE) == 1;
}

/* What containers usually get: enough for package managers and servers, not for the host. */
static json_t *capabilities(void)
{
    static const char *const names[] = {
        "CAP_CHOWN",   "CAP_DAC_OVERRIDE", "CAP_FSETID",           "CAP_FOWNER",
        "CAP_MKNOD",   "CAP_NET_RAW",      "CAP_SETGID",           "CAP_SETUID",
        "CAP_SETFCAP", "CAP_SETPCAP",      "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT",
        "CAP_KILL",    "CAP_AUDIT_WRITE",
    };
    json_auto_t *list = json_array();
    bool filtered = can_filter_devices();
    for (size_t i = 0; list && i < sizeof(names) / sizeof(*names); i++)
        if ((filtered || strcmp(names[i], "CAP_MKNOD")) && json_array_append_new(list, json_string(names[i])) < 0)
            return NULL;
    return json_pack("{sO sO sO}", "bounding", list, "effective", list, "permitted", list);
}

static json_t *rlimits(void)
{
    struct rlimit own = {OPEN_FILES_MAX, OPEN_FILES_MAX};
    (void)getrlimit(RLIMIT_NOFILE, &own);
    json_int_t files = own.rlim_max < OPEN_FILES_MAX ? (json_int_t)own.rlim_max : OPEN_FILES_MAX;
    return json_pack("[{ss sI sI}]", "type", "RLIMIT_NOFILE", "hard", files, "soft", files);
}

static json_t *string_array(char **strings)
{
    json_auto_t *list = json_array();
    for (char **s = strings; list && s && *s; s++)
        if (json_array_append_new(list, json_string(*s)) < 0)
            return NULL;
    return TRI_TAKE(list);
}

/* "NAME=value" replaces an earlier one of that name. */
static int set_env(json_t *env, const char *entry)
{
    size_t i, name_size = strcspn(entry, "=");
    json_t *old, *value = json_string(entry);
    if (!value)
        return -1;
    json_array_foreach (env, i, old) {
        const char *text = json_string_value(old);
        if (!strncmp(text, entry, name_size) && text[name_size] == '=')
            return json_array_set_new(env, i, value);
    }
    return json_array_append_new(env, value);
}

static json_t *environment(const struct tri_process_spec *spec, const char *home)
{
    char home_entry[sizeof("HOME=") + sizeof(((struct tri_user *)NULL)->home)];
    json_auto_t *env = json_array();
    snprintf(home_entry, sizeof(home_entry), "HOME=%s", home);
    int r = set_env(env, "PATH=" MINIMAL_PATH) | set_env(env, home_entry);
    if (spec->terminal)
        r |= set_env(env, "TERM=xterm");
    for (char **e = spec->env; e && *e; e++)
        r |= set_env(env, *e);
    return r < 0 ? NULL : TRI_TAKE(env);
}

static int check_process(const struct tri_process_spec *spec, struct tri_error *error)
{
    if (!spec->args || !spec->args[0] || !spec->args[0][0])
        return tri_error_set(error, -EINVAL, "args", "A process needs a program to run.");
    if (spec->cwd && *spec->cwd != '/')
        return tri_error_set(error, -EINVAL, "cwd", "The working folder \"%s\" is not an absolute path.", spec->cwd);
    for (char **e = spec->env; e && *e; e++)
        if (**e == '=' || !strchr(*e, '='))
            return tri_error_set(error, -EINVAL, "env", "\"%s\" is not NAME=value.", *e);
    return 0;
}

static json_t *user_object(const struct tri_user *user)
{
    json_auto_t *groups = json_array();
    for (size_t i = 0; groups && i < user->group_count; i++)
        if (json_array_append_new(groups, json_integer(user->groups[i])) < 0)
            return NULL;
    return json_pack("{sI sI sO}", "uid", (json_int_t)user->uid, "gid", (json_int_t)user->gid, "additionalGids",
                     groups);
}

static int compose_process(const struct tri_process_spec *spec, const struct tri_user *user, json_t **ret_process,
                           struct tri_error *error)
{
    int r = check_process(spec, error);
    if (r < 0)
        return r;
    json_t *process =
        json_pack("{sb so so so ss so so sb}", "terminal", spec->terminal, "user", user_object(user), "args",
                  string_array(spec->args), "env", environment(spec, user->home), "cwd", spec->cwd ? spec->cwd : "/",
                  "capabilities", capabilities(), "rlimits", rlimits(), "noNewPrivileges", spec->no_new_privileges);
    if (!process)
        return no_memory(error);
    *ret_process = process;
    return 0;
}

static bool is_string_array(const json_t *list, size_t at_least)
{
    size_t i;
    const json_t *item;
    if (!json_is_array(list) || json_array_size(list) < at_least)
        return false;
    json_array_foreach (list, i, item)
        if (!json_is_string(item))
            return false;
    return true;
}

static int check_oci_process(const json_t *process, struct tri_error *error)
{
    const json_t *args = json_object_get(process, "args"), *cwd = json_object_get(process, "cwd");
    if (!json_is_object(process))
        return tri_error_set(error, TRI_COMPUTE_BAD_DOCUMENT, "process", "An OCI process is an object.");
    if (!is_string_array(args, 1))
        return tri_error_set(error, TRI_COMPUTE_BAD_DOCUMENT, "process.args", "An OCI process has args, at least one.");
    if (cwd && (!json_is_string(cwd) || *json_string_value(cwd) != '/'))
        return tri_error_set(error, TRI_COMPUTE_BAD_DOCUMENT, "process.cwd", "A working folder is an absolute path.");
    return 0;
}

static int adapt_oci_process(const struct tri_process_spec *spec, json_t **ret_process, struct tri_error *error)
{
    int r = check_oci_process(spec->oci_process, error);
    if (r < 0)
        return r;
    json_auto_t *process = json_copy(spec->oci_process);
    if (!process || json_object_set_new(process, "terminal", json_boolean(spec->terminal)) < 0)
        return no_memory(error);
    if (!json_object_get(process, "cwd") && json_object_set_new(process, "cwd", json_string("/")) < 0)
        return no_memory(error);
    if (!json_object_get(process, "user") &&
        json_object_set_new(process, "user", json_pack("{si si}", "uid", 0, "gid", 0)) < 0)
        return no_memory(error);
    *ret_process = TRI_TAKE(process);
    return 0;
}

int tri_bundle_process(const struct tri_process_spec *spec, const struct tri_user *user, json_t **ret_process,
                       struct tri_error *error)
{
    if (spec->oci_process)
        return adapt_oci_process(spec, ret_process, error);
    return compose_process(spec, user, ret_process, error);
}

/* ---- config.json, composed ---- */

static json_t *mount_object(const char *target, const char *type, const char *source, const char *options)
{
    json_auto_t *list = json_array();
    TRI_AUTO_FREE char *copy = strdup(options);
    char *rest = copy;
    if (!list || !copy)
        return NULL;
    for (char *option; (option = strsep(&rest, ","));)
        if (json_array_append_new(list, json_string(option)) < 0)
            return NULL;
    return json_pack("{ss ss ss sO}", "destination", target, "type", type, "source", source, "options", list);
}

static int add_bind(json_t *mounts, const char *source, const char *target, const char *options)
{
    return json_array_append_new(mounts, mount_object(target, "bind", source, options));
}

static int add_kernel_mounts(json_t *mounts)
{
    static const struct {
        const char *target, *type, *options;
    } kernel[] = {
        {"/proc", "proc", "nosuid,noexec,nodev"},
        {"/dev", "tmpfs", "nosuid,strictatime,mode=755,size=65536k"},
        {"/dev/pts", "devpts", "nosuid,noexec,newinstance,ptmxmode=0666,mode=0620,gid=5"},
        {"/dev/shm", "tmpfs", "nosuid,noexec,nodev,mode=1777,size=65536k"},
        {"/dev/mqueue", "mqueue", "nosuid,noexec,nodev"},
        {"/sys", "sysfs", "nosuid,noexec,nodev,ro"},
        {"/sys/fs/cgroup", "cgroup", "nosuid,noexec,nodev,relatime,ro"},
    };
    int r = 0;
    for (size_t i = 0; i < sizeof(kernel) / sizeof(*kernel); i++)
        r |= json_array_append_new(mounts,
                                   mount_object(kernel[i].target, kernel[i].type, kernel[i].type, kernel[i].options));
    return r;
}

static json_t *mounts_of(const struct tri_bundle_params *params)
{
    const struct tri_system_spec *spec = params->spec;
    json_auto_t *mounts = json_array();
    int r = add_kernel_mounts(mounts);
    r |= add_bind(mounts, params->init_path, INIT_TARGET, "bind,ro,nosuid,nodev");
    if (params->resolv_path)
        r |= add_bind(mounts, params->resolv_path, "/etc/resolv.conf", "bind,ro,nosuid,nodev,noexec");
    for (size_t i = 0; i < spec->mount_count; i++) {
        const struct tri_mount_spec *mount = &spec->mounts[i];
        r |= add_bind(mounts, mount->source, mount->target,
                      mount->read_only ? "rbind,rprivate,ro" : "rbind,rprivate,rw");
    }
    return r < 0 ? NULL : TRI_TAKE(mounts);
}

static json_t *namespaces(const char *network_path)
{
    json_auto_t *list =
        json_pack("[{ss} {ss} {ss} {ss}]", "type", "pid", "type", "ipc", "type", "uts", "type", "mount");
    json_t *network = network_path ? json_pack("{ss ss}", "type", "network", "path", network_path)
                                   : json_pack("{ss}", "type", "network");
    int r = json_array_append_new(list, network);
    if (access("/proc/self/ns/cgroup", F_OK) == 0)
        r |= json_array_append_new(list, json_pack("{ss}", "type", "cgroup"));
    return r < 0 ? NULL : TRI_TAKE(list);
}

/* What in /proc and /sys tells of the host, or would change it. */
static int add_guarded_paths(json_t *linux_object)
{
    int r = json_object_set_new(linux_object, "maskedPaths",
                                json_pack("[ssssssssss]", "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys",
                                          "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
                                          "/proc/sched_debug", "/proc/scsi", "/sys/firmware"));
    return r | json_object_set_new(
                   linux_object, "readonlyPaths",
                   json_pack("[sssss]", "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"));
}

static int linux_of(const struct tri_bundle_params *params, json_t **ret_linux, struct tri_error *error)
{
    json_auto_t *resources = NULL;
    const struct tri_system_spec *spec = params->spec;
    int r = tri_bundle_resources(&spec->limits, params->unified, tri_bundle_io_path(spec), &resources, error);
    if (r < 0)
        return r;
    if (can_filter_devices())
        r = json_object_set_new(resources, "devices", json_pack("[{sb ss}]", "allow", 0, "access", "rwm"));
    json_auto_t *object = json_pack("{ss so sO}", "cgroupsPath", params->cgroup, "namespaces",
                                    namespaces(params->network_path), "resources", resources);
    if (r < 0 || !object || add_guarded_paths(object) < 0)
        return no_memory(error);
    *ret_linux = TRI_TAKE(object);
    return 0;
}

/* The first part of the id, as far as it can be a host name. */
static void host_name_of(const char *id, char name[64])
{
    size_t used = 0;
    for (; used < 63 && ((*id >= 'a' && *id <= 'z') || (*id >= 'A' && *id <= 'Z') || (*id >= '0' && *id <= '9') ||
                         (*id == '-' && used));
         id++)
        name[used++] = *id;
    name[used] = '\0';
    if (!used)
        strcpy(name, "container");
}

static int compose_config(const struct tri_bundle_params *params, json_t **ret_config, struct tri_error *error)
{
    char default_name[64];
    char *args[] = {(char *)INIT_TARGET, NULL};
    const struct tri_process_spec init = {.args = args};
    const struct tri_user root = {.home = "/"};
    json_t *linux_object = NULL, *process = NULL;
    int r = linux_of(params, &linux_object, error);
    if (r == 0)
        r = compose_process(&init, &root, &process, error);
    if (r < 0) {
        json_decref(linux_object);
        return r;
    }
    host_name_of(params->id, default_name);
    const char *host_name = params->spec->host_name ? params->spec->host_name : default_name;
    json_t *config =
        json_pack("{ss s{ss sb} ss so so so}", "ociVersion", OCI_VERSION, "root", "path", "rootfs", "readonly", 0,
                  "hostname", host_name, "process", process, "mounts", mounts_of(params), "linux", linux_object);
    if (!config)
        return no_memory(error);
    *ret_config = config;
    return 0;
}

/* ---- config.json, taken whole ---- */

static int load_bundle(const char *folder, json_t **ret_config, struct tri_error *error)
{
    TRI_AUTO_FREE char *path = NULL, *text = NULL;
    json_error_t why;
    size_t size;
    if (asprintf(&path, "%s/config.json", folder) < 0) {
        path = NULL;
        return no_memory(error);
    }
    int r = tri_file_read(AT_FDCWD, path, CONFIG_MAX_BYTES, &text, &size);
    if (r < 0)
        return tri_error_set(error, r, path, "The bundle's \"%s\" cannot be read: %s.", path, strerror(-r));
    json_t *config = json_loadb(text, size, JSON_REJECT_DUPLICATES, &why);
    if (!config)
        return tri_error_set(error, TRI_COMPUTE_BAD_DOCUMENT, path, "\"%s\" is not JSON: %s (line %d).", path, why.text,
                             why.line);
    *ret_config = config;
    return 0;
}

static int absolute_root(json_t *config, const char *bundle, struct tri_error *error)
{
    json_t *root = json_object_get(config, "root");
    const char *path = json_string_value(json_object_get(root, "path"));
    TRI_AUTO_FREE char *full = NULL;
    if (!path || !*path)
        return tri_error_set(error, TRI_COMPUTE_BAD_DOCUMENT, "root.path",
                             "The OCI specification names no root file system.");
    if (*path != '/' && !bundle)
        return tri_error_set(error, -EINVAL, "root.path",
                             "\"%s\" is relative, and there is no bundle it could be relative to.", path);
    if (*path == '/')
        full = strdup(path);
    else if (asprintf(&full, "%s/%s", bundle, path) < 0)
        full = NULL;
    if (!full)
        return no_memory(error);
    int r = check_folder(full, "root.path", TRI_COMPUTE_BAD_LAYER, error);
    if (r < 0)
        return r;
    return json_object_set_new(root, "path", json_string(full)) < 0 ? no_memory(error) : 0;
}

static json_t *object_in(json_t *object, const char *name)
{
    json_t *member = json_object_get(object, name);
    if (member)
        return json_is_object(member) ? member : NULL;
    member = json_object();
    return json_object_set_new(object, name, member) < 0 ? NULL : member;
}

static bool has_own_root(const struct tri_system_spec *spec)
{
    return spec->layer_count || spec->root;
}

static int adapt_config(const struct tri_bundle_params *params, json_t *config, struct tri_error *error)
{
    const struct tri_system_spec *spec = params->spec;
    json_auto_t *resources = NULL;
    int r = check_oci_process(json_object_get(config, "process"), error);
    if (r < 0)
        return r;
    if (has_own_root(spec))
        r = json_object_set_new(config, "root", json_pack("{ss}", "path", "rootfs")) < 0 ? no_memory(error) : 0;
    else
        r = absolute_root(config, spec->oci_bundle, error);
    if (r < 0 ||
        (r = tri_bundle_resources(&spec->limits, params->unified, tri_bundle_io_path(spec), &resources, error)) < 0)
        return r;
    json_t *linux_object = object_in(config, "linux");
    json_t *own = object_in(linux_object, "resources");
    if (!own)
        return tri_error_set(error, TRI_COMPUTE_BAD_DOCUMENT, "linux", "linux and linux.resources are objects.");
    if (json_object_set_new(linux_object, "cgroupsPath", json_string(params->cgroup)) < 0 ||
        json_object_update(own, resources) < 0)
        return no_memory(error);
    return 0;
}

static int take_config(const struct tri_bundle_params *params, json_t **ret_config, struct tri_error *error)
{
    json_auto_t *config = NULL;
    const struct tri_system_spec *spec = params->spec;
    if (spec->oci_bundle) {
        int r = load_bundle(spec->oci_bundle, &config, error);
        if (r < 0)
            return r;
    } else {
        config = json_deep_copy(spec->oci_spec);
    }
    if (!json_is_object(config))
        return tri_error_set(error, TRI_COMPUTE_BAD_DOCUMENT, "oci_spec", "An OCI specification is a JSON object.");
    int r = adapt_config(params, config, error);
    if (r == 0)
        *ret_config = TRI_TAKE(config);
    return r;
}

int tri_bundle_config(const struct tri_bundle_params *params, json_t **ret_config, struct tri_error *error)
{
    return tri_bundle_own_init(params->spec) ? compose_config(params, ret_config, error)
                                             : take_config(params, ret_config, error);
}

/* ---- the rest of a bundle ---- */

static json_t *layered_root(const struct tri_system_spec *spec)
{
    json_auto_t *lower = json_array();
    for (size_t i = 0; lower && i < spec->layer_count; i++)
        if (json_array_append_new(lower, json_string(spec->layers[i])) < 0)
            return NULL;
    if (!spec->root)
        return json_pack("{sO}", "lower", lower);
    return json_pack("{sO ss+ ss+}", "lower", lower, "upper", spec->root, "/upper", "work", spec->root, "/work");
}

int tri_bundle_root(const struct tri_system_spec *spec, json_t **ret_root)
{
    json_t *root;
    if (spec->layer_count)
        root = layered_root(spec);
    else if (spec->root)
        root = json_pack("{ss}", "bind", spec->root);
    else if (tri_bundle_own_init(spec))
        root = json_pack("{s[s]}", "lower", "/"); /* the host's own, under a throw-away upper layer */
    else {
        *ret_root = NULL;
        return 0;
    }
    if (!root)
        return -ENOMEM;
    *ret_root = root;
    return 0;
}

static int check_search(const char *search, struct tri_error *error)
{
    static const char legal[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._, ";
    size_t size = strnlen(search, 1025);
    if (size > 1024 || strspn(search, legal) != size)
        return tri_error_set(error, -EINVAL, "dns_search",
                             "A search list is at most 1024 bytes of domains, separated by commas.");
    return 0;
}

int tri_bundle_resolv(const char *dns_search, const char *host_text, char **ret_text, struct tri_error *error)
{
    TRI_AUTO_FREE char *text = NULL, *host = strdup(host_text);
    size_t size;
    int r = check_search(dns_search, error);
    if (r < 0)
        return r;
    FILE *out = host ? open_memstream(&text, &size) : NULL;
    if (!out)
        return no_memory(error);
    fputs("search ", out);
    for (const char *c = dns_search; *c; c++)
        fputc(*c == ',' ? ' ' : *c, out);
    fputc('\n', out);
    char *rest = host;
    for (char *line; (line = strsep(&rest, "\n"));)
        if (!strncmp(line, "nameserver", 10))
            fprintf(out, "%s\n", line);
    if (fclose(out) < 0)
        return no_memory(error);
    *ret_text = TRI_TAKE(text);
    return 0;
}
