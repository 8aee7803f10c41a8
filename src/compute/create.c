/* Making a system. A worker makes the folder and the bundle and starts the shim; the loop's thread gets the shim's
 * answer; what failed is undone by a worker again, once the shim has ended. No thread waits meanwhile. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "compute/bundle.h"
#include "compute/cgroup.h"
#include "compute/error.h"
#include "compute/handles.h"
#include "compute/request.h"
#include "compute/runtime.h"
#include "op/child.h"
#include "op/op-provider.h"

#define SHIM_START_NS (30 * TRI_NS_PER_SEC)
#define RESOLV_MAX_BYTES 65536

struct create {
    struct tri_call call;
    struct tri_op *op;
    struct tri_system *system;
    char *name_space;
    const char *id; /* the session's */
    struct tri_system_spec *spec;
    struct tri_space space;
    struct tri_claim claim;
    bool begun; /* by a worker: what is cancelled before that is dropped, and never runs */
    int code;   /* of what failed, while it is being undone */
    struct tri_error error;
};

static struct tri_session *session_of(struct create *create)
{
    return create->system->session;
}

/* For calls that wait for the shim, which never comes. */
static void end_session(struct tri_session *session)
{
    tri_connection_set_end(&session->connection, TRI_COMPUTE_NOT_FOUND, "The system was not created.");
    tri_connection_abandon(&session->connection);
}

static void create_free(void *data)
{
    struct create *create = data;
    if (!create->begun)
        end_session(session_of(create));
    tri_system_unref(create->system);
    free(create->name_space);
    tri_system_spec_free(create->spec);
    tri_claim_close(&create->claim);
    tri_space_close(&create->space);
    tri_error_clear(&create->error);
    free(create);
}

/* ---- networks ---- */

static int check_network(const char *path, struct tri_error *error)
{
    TRI_AUTO_CLOSE int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return tri_error_set(error, -errno, "network_namespace",
                             "The network namespace \"%s\" cannot be opened (%m); \"ip netns add\" makes one.", path);
    if (ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET)
        return tri_error_set(error, -EINVAL, "network_namespace", "\"%s\" is no network namespace.", path);
    return 0;
}

static int named_network(const char *name, char **ret_path, struct tri_error *error)
{
    TRI_AUTO_FREE char *path = NULL;
    if (*name != '/') {
        int r = tri_id_check(name, "network_namespace", error);
        if (r < 0)
            return r;
    }
    if (asprintf(&path, "%s%s", *name == '/' ? "" : "/run/netns/", name) < 0) {
        path = NULL;
        return tri_error_no_memory(error);
    }
    int r = check_network(path, error);
    if (r == 0)
        *ret_path = TRI_TAKE(path);
    return r;
}

/* Says hello to the system of an id, without a handle of its own. */
static int visit(const struct tri_space *space, const char *id, struct tri_session **ret_session, json_t **ret_info,
                 struct tri_error *error)
{
    TRI_AUTO_CLOSE int folder_fd = -1;
    int r = tri_registry_find(space, id, &folder_fd);
    if (r < 0)
        return tri_error_set(error, r == -ENOENT ? TRI_COMPUTE_NOT_FOUND : r, "network_of",
                             "There is no system \"%s\".", id);
    struct tri_session *session = tri_session_new();
    if (!session)
        return tri_error_no_memory(error);
    r = tri_session_connect(session, folder_fd, false, tri_clock_ns() + TRI_ASK_NS, ret_info, error);
    if (r < 0)
        tri_session_unref(session);
    else
        *ret_session = session;
    return r;
}

static int shared_network(const struct tri_space *space, const char *id, char **ret_path, struct tri_error *error)
{
    struct tri_session *session = NULL;
    json_auto_t *info = NULL;
    int r = tri_id_check(id, "network_of", error);
    if (r == 0)
        r = visit(space, id, &session, &info, error);
    if (r < 0)
        return r;
    tri_session_unref(session);
    json_int_t pid = json_integer_value(json_object_get(info, "init_pid"));
    if (pid <= 0)
        return tri_error_set(error, TRI_COMPUTE_BAD_STATE, "network_of", "The system \"%s\" does not run.", id);
    if (asprintf(ret_path, "/proc/%lld/ns/net", (long long)pid) < 0)
        return tri_error_no_memory(error);
    return 0;
}

static int network_path(struct create *create, char **ret_path, struct tri_error *error)
{
    const struct tri_system_spec *spec = create->spec;
    if (spec->network_namespace && spec->network_of)
        return tri_error_set(error, -EINVAL, "network_of",
                             "A network namespace and another system's exclude each other.");
    if (spec->network_of)
        return shared_network(&create->space, spec->network_of, ret_path, error);
    return spec->network_namespace ? named_network(spec->network_namespace, ret_path, error) : 0;
}

/* ---- the bundle ---- */

/* Beside config.json; the path, or NULL where none is wanted. */
static int write_resolv(struct create *create, char **ret_path, struct tri_error *error)
{
    TRI_AUTO_FREE char *host = NULL, *text = NULL;
    if (!create->spec->dns_search)
        return 0;
    if (tri_file_read(AT_FDCWD, "/etc/resolv.conf", RESOLV_MAX_BYTES, &host, NULL) < 0 && !(host = calloc(1, 1)))
        return tri_error_no_memory(error);
    int r = tri_bundle_resolv(create->spec->dns_search, host, &text, error);
    if (r < 0)
        return r;
    if ((r = tri_file_write(create->claim.fd, "bundle/resolv.conf", text, strlen(text), 0644)) < 0)
        return tri_error_set(error, r, "dns_search", "resolv.conf cannot be written: %s.", strerror(-r));
    return asprintf(ret_path, "%s/bundle/resolv.conf", create->claim.path) < 0 ? tri_error_no_memory(error) : 0;
}

static int write_config(struct create *create, const json_t *config, struct tri_error *error)
{
    TRI_AUTO_FREE char *text = json_dumps(config, JSON_INDENT(1));
    if (!text)
        return tri_error_no_memory(error);
    int r = tri_file_write(create->claim.fd, "bundle/config.json", text, strlen(text), 0600);
    return r < 0 ? tri_error_set(error, r, NULL, "config.json cannot be written: %s.", strerror(-r)) : 0;
}

static int make_bundle(struct create *create, const struct tri_record *record, struct tri_error *error)
{
    TRI_AUTO_FREE char *init = NULL, *network = NULL, *resolv = NULL;
    json_auto_t *config = NULL;
    int r = tri_folder_make(create->claim.fd, "bundle/rootfs", 0700);
    if (r < 0)
        return tri_error_set(error, r, NULL, "The bundle's folder cannot be made: %s.", strerror(-r));
    if ((r = tri_helper_find("trireme-init", &init, error)) < 0 || (r = network_path(create, &network, error)) < 0 ||
        (r = write_resolv(create, &resolv, error)) < 0)
        return r;
    const struct tri_bundle_params params = {
        .spec = create->spec,
        .id = create->id,
        .cgroup = record->cgroup,
        .init_path = init,
        .network_path = network,
        .resolv_path = resolv,
        .unified = tri_cgroup_layout(TRI_CGROUP_ROOT) == TRI_CGROUP_PURE,
    };
    r = tri_bundle_config(&params, &config, error);
    return r < 0 ? r : write_config(create, config, error);
}

static int make_record(struct create *create, struct tri_error *error)
{
    struct tri_runtime runtime;
    struct tri_record record;
    int r = tri_runtime_find(TRI_CGROUP_ROOT, &runtime, error);
    if (r < 0)
        return r;
    if ((r = tri_record_new(create->id, create->spec->owner, tri_bundle_io_path(create->spec), &record)) < 0) {
        free(runtime.path);
        return tri_error_set(error, r, NULL, "The system's record cannot be made: %s.", strerror(-r));
    }
    record.runtime = runtime.path;
    record.kind = strdup(runtime.kind);
    record.terminate_on_last_close = create->spec->terminate_on_last_close;
    pthread_mutex_lock(&session_of(create)->lock);
    session_of(create)->record = record;
    pthread_mutex_unlock(&session_of(create)->lock);
    return record.kind ? 0 : tri_error_no_memory(error);
}

/* ---- the name ---- */

/* The shim of a stopped system gives its folder up when asked, for the sake of the next one of that name. */
static int ask_to_yield(struct create *create)
{
    struct tri_session *session = NULL;
    json_auto_t *info = NULL, *body = NULL;
    int r = visit(&create->space, create->id, &session, &info, NULL);
    if (r < 0)
        return r;
    r = tri_request_ask(&session->connection, -1, json_pack("{ss}", "call", "yield"), tri_clock_ns() + TRI_ASK_NS,
                        &body, NULL);
    tri_session_unref(session);
    if (r == 0 && !json_is_true(json_object_get(body, "yielded")))
        return TRI_COMPUTE_EXISTS;
    return r;
}

/* Is it worth another try? One who lives keeps the name; one who has stopped, or is just ending, gives it up. */
static bool make_way(struct create *create)
{
    char name[NAME_MAX + 1];
    int r = ask_to_yield(create);
    if (r != TRI_COMPUTE_NOT_FOUND && r != TRI_COMPUTE_DISCONNECTED)
        return r == 0;
    tri_id_encode(create->id, name);
    return tri_registry_wait(&create->space, name);
}

static int claim(struct create *create, struct tri_error *error)
{
    for (int attempt = 0; attempt < 8; attempt++) {
        int r = tri_registry_claim(&create->space, create->id, &create->claim, error);
        if (r != TRI_COMPUTE_EXISTS || tri_op_cancelled(create->op) || !make_way(create))
            return r;
        tri_error_clear(error);
    }
    return tri_error_set(error, TRI_COMPUTE_EXISTS, "id", "Others make systems of that id all the time.");
}

/* ---- the shim ---- */

/* Its own parent ends at once, by which it is known to have got that far. */
static int start_shim(struct create *create, int socket_fd, struct tri_error *error)
{
    TRI_AUTO_FREE char *path = NULL;
    int r = tri_helper_find("trireme-shim", &path, error);
    if (r < 0)
        return r;
    const char *argv[] = {path, create->claim.path, NULL};
    const int fds[] = {-1, -1, -1, create->claim.fd, socket_fd};
    const struct tri_child_params params = {.argv = argv, .folder_fd = -1, .fds = fds, .fd_count = 5};
    struct tri_child child = {0, -1};
    struct tri_error why = {0};
    int status = 0;
    r = tri_child_start(&params, &child, &why);
    if (r == 0)
        r = tri_child_wait(&child, tri_clock_ns() + SHIM_START_NS, &status);
    tri_child_finish(&child);
    if (r < 0)
        tri_error_set(error, TRI_COMPUTE_UNAVAILABLE, path, "The shim cannot be started: %s.",
                      why.text ? why.text : strerror(-r));
    else if (status != 0)
        r = tri_error_set(error, TRI_COMPUTE_UNAVAILABLE, path, "The shim ended as it began (status %d).", status);
    tri_error_clear(&why);
    return r < 0 ? TRI_COMPUTE_UNAVAILABLE : 0;
}

static json_t *create_message(struct create *create)
{
    const struct tri_record *record = &session_of(create)->record;
    json_t *root = NULL;
    if (tri_bundle_root(create->spec, &root) < 0)
        return NULL;
    return json_pack("{ss ss ss ss ss ss so* sb sb}", "call", "create", "id", record->id, "runtime", record->runtime,
                     "kind", record->kind, "runtime_id", record->runtime_id, "cgroup", record->cgroup, "root", root,
                     "own_init", tri_bundle_own_init(create->spec), "terminate_on_last_close",
                     record->terminate_on_last_close);
}

/* From here on the shim owns the folder. */
static int hand_over(struct create *create, struct tri_error *error)
{
    int ends[2];
    json_auto_t *message = create_message(create);
    if (!message)
        return tri_error_no_memory(error);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return tri_error_set(error, -errno, NULL, "A socket cannot be made: %m.");
    TRI_AUTO_CLOSE int ours = ends[0], theirs = ends[1];
    int r = start_shim(create, theirs, error);
    tri_close(tri_take_fd(&theirs));
    if (r < 0)
        return r;
    tri_close(tri_take_fd(&create->claim.fd));
    return tri_connection_attach(&session_of(create)->connection, tri_take_fd(&ours), TRI_TAKE(message), &create->call,
                                 error);
}

/* ---- the steps ---- */

static int check(struct create *create, struct tri_error *error)
{
    if (geteuid() != 0)
        return tri_error_set(error, -EPERM, NULL, "Containers are made by root only; this user is %u.",
                             (unsigned)geteuid());
    int r = tri_id_check(create->id, "id", error);
    return r < 0 ? r : tri_bundle_check(create->spec, error);
}

static int step_record(struct create *create, struct tri_error *error)
{
    return tri_record_write(&session_of(create)->record, create->claim.fd, error);
}

static int step_bundle(struct create *create, struct tri_error *error)
{
    return make_bundle(create, &session_of(create)->record, error);
}

static int step_space(struct create *create, struct tri_error *error)
{
    return tri_space_open(create->name_space, true, &create->space, error);
}

/* Everything up to the shim's start. The last step hands the system over to it; what fails before is undone here. */
static int run_steps(struct create *create, struct tri_error *error)
{
    static const struct {
        const char *phase; /* NULL: still that of the step before */
        int (*run)(struct create *create, struct tri_error *error);
    } steps[] = {
        {"CheckingRequest", check}, {NULL, make_record},           {"TakingName", step_space},        {NULL, claim},
        {NULL, step_record},        {"WritingBundle", step_bundle}, {"CreatingContainer", hand_over},
    };
    for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
        tri_op_progress(create->op, 0, steps[i].phase);
        int r = tri_op_cancelled(create->op) ? -ECANCELED : steps[i].run(create, error);
        if (r < 0)
            return r;
    }
    return 0;
}

/* ---- the end ---- */

static void undo(struct tri_op *op, void *data)
{
    struct create *create = data;
    struct tri_error error = {0};
    if (create->claim.path)
        (void)tri_registry_discard(&create->space, &create->claim, &error);
    if (error.text)
        tri_error_detail(&create->error, error.text);
    tri_error_clear(&error);
    tri_op_complete(op, create->code, &create->error, NULL, NULL);
}

static void create_run(struct tri_op *op, void *data)
{
    struct create *create = data;
    struct tri_error error = {0};
    create->begun = true;
    int r = run_steps(create, &error);
    if (r == 0)
        return; /* and maybe done already: `create` may be gone */
    create->code = r;
    tri_error_move(&create->error, &error);
    end_session(session_of(create));
    undo(op, create);
}

static void on_created(struct tri_call *call, struct tri_reply *reply)
{
    struct create *create = (struct create *)call;
    struct tri_session *session = session_of(create);
    if (reply->code == 0) {
        tri_op_complete(create->op, 0, NULL, NULL, NULL);
        return;
    }
    create->code = reply->code;
    tri_error_move(&create->error, &reply->error);
    tri_connection_set_end(&session->connection, TRI_COMPUTE_NOT_FOUND, "The system was not created.");
    tri_connection_hang_up(&session->connection);
    session->failed_create = create->op;
}

/* The shim is gone: now nobody changes the folder any more. */
void tri_create_connection_ended(struct tri_session *session)
{
    struct tri_op *op = TRI_TAKE(session->failed_create);
    struct create *create = op ? tri_op_data(op) : NULL;
    if (op && tri_op_continue(op, undo, create) < 0)
        undo(op, create); /* no memory for being polite to the loop */
}

static int create_cancel(struct tri_op *op, void *data)
{
    struct create *create = data;
    tri_connection_cancel(&session_of(create)->connection, &create->call);
    return 0;
}

static struct create *create_new(struct tri_system *system, const char *name_space, struct tri_system_spec *spec,
                                 struct tri_op *op)
{
    struct create *create = calloc(1, sizeof(*create));
    if (!create) {
        tri_system_spec_free(spec);
        return NULL;
    }
    *create = (struct create){.call = {.done = on_created},
                              .op = op,
                              .system = tri_object_ref(system),
                              .name_space = strdup(name_space ? name_space : ""),
                              .id = system->session->id,
                              .spec = spec,
                              .space = TRI_SPACE_NONE,
                              .claim = TRI_CLAIM_NONE};
    if (create->name_space)
        return create;
    create_free(create);
    return NULL;
}

static struct tri_op_tag tag_with_subject(const struct tri_op_tag *tag, tri_handle subject)
{
    struct tri_op_tag own = tag ? *tag : (struct tri_op_tag){.kind = -1};
    own.subject = subject;
    return own;
}

int tri_system_prepare(const char *id, struct tri_system **ret)
{
    struct tri_session *session = tri_session_new();
    int r = session && (session->id = strdup(id ? id : "")) ? tri_system_new(session, ret) : -ENOMEM;
    tri_session_unref(session);
    return r;
}

int tri_system_create(struct tri_system *system, const char *name_space, struct tri_system_spec *spec,
                      struct tri_op *op, const struct tri_op_tag *tag)
{
    static const struct tri_op_provider provider = {"create a system", create_run, create_cancel, create_free};
    struct create *create = create_new(system, name_space, spec, op);
    if (!create)
        return -ENOMEM;
    const struct tri_op_tag own_tag = tag_with_subject(tag, system->handle);
    int r = tri_op_submit(op, &own_tag, &provider, create);
    if (r < 0)
        create_free(create);
    else
        tri_latch_remember(&system->latch, op);
    return r;
}

int tri_system_create_failed(struct tri_system *system, struct tri_error *error, struct tri_op *op,
                             const struct tri_op_tag *tag)
{
    const struct tri_op_tag own_tag = tag_with_subject(tag, system->handle);
    end_session(system->session);
    int r = tri_op_reject(op, &own_tag, error);
    if (r == 0)
        tri_latch_remember(&system->latch, op);
    return r;
}
