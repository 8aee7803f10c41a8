/* Compute systems as a client sees them: create, open, control, query, watch. The work is done by the shim, one process
 * a system, which outlives us (docs/shim-protocol.md); a struct tri_system is one open handle on it: one connection.
 *
 * Calls that take an operation start it with the tag given (op-provider.h) and return 0: the outcome comes through the
 * operation. A negative return means that nothing was started: -EBUSY (the operation runs already), -ENOMEM. All other
 * errors, a dead connection included, arrive through the operation. Strings are UTF-8, borrowed for the call; specs are
 * taken. Every function may be called from any thread and none blocks, except where it says so. */
#ifndef TRI_COMPUTE_SYSTEM_H
#define TRI_COMPUTE_SYSTEM_H

#include "base/error.h"
#include "base/table.h"
#include "compute/spec.h"
#include "op/notify.h"
#include "op/op.h"

struct tri_system;
struct tri_process;

/* ---- handles ---- */

struct tri_system *tri_system_from_handle(tri_handle handle); /* a reference, or NULL */
tri_handle tri_system_handle(struct tri_system *system);
const char *tri_system_id(const struct tri_system *system); /* as it was given; lives as long as the reference */
void tri_system_unref(struct tri_system *system); /* NULL is fine */

/* Closes the handle: no event is delivered any more and a callback that runs is waited for (tri_mailbox_close); pending
 * operations go on. Where it was the last handle and the system was made so, the shim terminates it. false: not open. */
bool tri_system_close(tri_handle handle);

/* ---- life ---- */

/* A handle of a system that is yet to be created (*ret, one reference of the caller's besides the handle's). It is there
 * before the work begins, so that who made it can tell others: what runs at the end of the work may look for it. It is the
 * caller's to close, whatever becomes of it. -ENOMEM. */
int tri_system_prepare(const char *id, struct tri_system **ret);

/* Creates what was prepared, once, through op. spec is freed also on a negative return, after which the handle is good for
 * nothing but closing. name_space NULL or "": the default one. The use's tag gets the handle as its subject. */
int tri_system_create(struct tri_system *system, const char *name_space, struct tri_system_spec *spec,
                      struct tri_op *op, const struct tri_op_tag *tag);

/* As a create that fails at once, for a face that has no spec to give because the document is wrong: every call on the
 * handle fails, and op completes with *error (taken, code inside; tri_op_reject). */
int tri_system_create_failed(struct tri_system *system, struct tri_error *error, struct tri_op *op,
                             const struct tri_op_tag *tag);

/* Connects to the system's shim; blocks for one round trip (bounded: 30 s). TRI_COMPUTE_NOT_FOUND, -EACCES, ... */
int tri_system_open(const char *name_space, const char *id, struct tri_system **ret, struct tri_error *error);

int tri_system_start(struct tri_system *system, struct tri_op *op, const struct tri_op_tag *tag);
int tri_system_shutdown(struct tri_system *system, struct tri_op *op, const struct tri_op_tag *tag);
int tri_system_terminate(struct tri_system *system, struct tri_op *op, const struct tri_op_tag *tag);
int tri_system_pause(struct tri_system *system, struct tri_op *op, const struct tri_op_tag *tag);
int tri_system_resume(struct tri_system *system, struct tri_op *op, const struct tri_op_tag *tag);
/* Checkpoints to the folder at `path` with the runtime, where it can (runc with CRIU); else TRI_COMPUTE_NOT_IMPLEMENTED
 * with the runtime's words. */
int tri_system_save(struct tri_system *system, const char *path, struct tri_op *op, const struct tri_op_tag *tag);

/* Only the fields of limits that are not 0 are changed. */
int tri_system_set_limits(struct tri_system *system, const struct tri_limits *limits, struct tri_op *op,
                          const struct tri_op_tag *tag);
int tri_system_mount(struct tri_system *system, const struct tri_mount_spec *mount, struct tri_op *op,
                     const struct tri_op_tag *tag);
int tri_system_unmount(struct tri_system *system, const char *target, struct tri_op *op, const struct tri_op_tag *tag);

/* ---- exit and events ---- */

enum tri_system_state {
    TRI_SYSTEM_CREATING, TRI_SYSTEM_CREATED, TRI_SYSTEM_RUNNING, TRI_SYSTEM_PAUSED, TRI_SYSTEM_STOPPED
};

enum tri_exit_type { TRI_EXIT_GRACEFUL, TRI_EXIT_FORCED, TRI_EXIT_UNEXPECTED };
enum tri_exit_initiator { TRI_EXIT_BY_CLIENT, TRI_EXIT_BY_GUEST, TRI_EXIT_BY_INTERNAL };

struct tri_system_exit {
    enum tri_exit_type type;
    enum tri_exit_initiator initiator;
    bool out_of_memory;
    bool program_exited;     /* the first process that was started in it has, and how is known */
    int program_wait_status; /* as waitpid gives it */
};

enum tri_system_event_type {
    TRI_SYSTEM_EXITED,       /* once a handle, latched: also told to who registers later */
    TRI_SYSTEM_DISCONNECTED, /* the shim died; once a handle, latched, the last event */
};

struct tri_system_event {
    enum tri_system_event_type type;
    struct tri_system_exit exit; /* of TRI_SYSTEM_EXITED */
};

/* One callback a handle (-EALREADY for a second). It runs as notes of the handle's mailbox: in order, one at a time, on
 * notifier threads, never after tri_system_close returned. `target` is only kept for the face. */
typedef void tri_system_callback(const struct tri_system_event *event, void *context, tri_any_function *target);
int tri_system_watch(struct tri_system *system, tri_system_callback *callback, void *context, tri_any_function *target);
/* What tri_system_watch was given, NULL where nobody watches: the face tells its kinds of registration by their callback. */
tri_system_callback *tri_system_watcher(struct tri_system *system, void **ret_context, tri_any_function **ret_target);
struct tri_mailbox *tri_system_mailbox(struct tri_system *system); /* borrowed; for tri_op_observe */

/* The operations that were started on this handle and that no call of this function has visited yet, oldest first: calls
 * visit for each whose handle is still open (a reference is held for the call) and forgets them. Taking the list is
 * atomic: of callers that race, each operation is visited by one. For a face that reports completions to the handle's
 * callback, those from before the registration included. Bounded: the newest 256 handles are remembered, each once. */
void tri_system_each_op(struct tri_system *system, void (*visit)(void *context, struct tri_op *op), void *context);

/* Blocks until it has exited. 0 and *ret_exit; -ETIMEDOUT; -ECANCELED: the handle was closed meanwhile;
 * TRI_COMPUTE_DISCONNECTED. At once where it has already exited. */
int tri_system_wait_exit(struct tri_system *system, uint64_t deadline_ns, struct tri_system_exit *ret_exit);

/* ---- query ---- */

enum tri_query { /* flags: what costs something is read only when asked for */
    TRI_QUERY_STATISTICS = 1,
    TRI_QUERY_PROCESSES = 2,
    TRI_QUERY_MEMORY = 4,
};

struct tri_system_statistics {
    uint64_t taken_wall_ns, start_wall_ns, uptime_ns; /* start 0: not started */
    uint64_t cpu_ns, cpu_user_ns, cpu_kernel_ns;
    uint64_t memory_bytes, memory_peak_bytes, memory_private_bytes;
    uint64_t read_count, read_bytes, write_count, write_bytes;
};

struct tri_process_entry { /* one process in the container, started by us or not */
    uint32_t pid;          /* host pid */
    char name[64];
    uint64_t create_wall_ns, user_ns, kernel_ns;
    uint64_t commit_bytes, private_bytes, shared_bytes;
};

/* The value that TRI_QUERY operations and enumerations complete with. */
struct tri_system_info {
    char *id;
    char *owner;          /* "" where none was given */
    char runtime_id[37];  /* a GUID, lower case */
    enum tri_system_state state;
    struct tri_system_exit exit; /* when STOPPED */
    bool terminate_on_last_close;
    unsigned queried;            /* TRI_QUERY_* that are filled */
    struct tri_system_statistics statistics;
    struct tri_process_entry *processes;
    size_t process_count;
    char **unknown; /* as the query had it; NULL-ended, or NULL */
};
struct tri_system_list {
    struct tri_system_info *systems; /* sorted by id */
    size_t count;
};

/* Completes with a struct tri_system_info *; allowed in every state, STOPPED included. unknown (NULL-ended, taken; or NULL)
 * is what else was asked for and no system has: it is not looked at, only handed on to who reads the answer. */
int tri_system_query(struct tri_system *system, unsigned queries, char **unknown, struct tri_op *op,
                     const struct tri_op_tag *tag);

/* Lists of NULL or count 0 do not restrict; OR inside a list, AND between. */
struct tri_system_filter {
    char **ids, **owners; /* NULL-ended, owned */
    bool no_containers;   /* the type list was given and does not name containers */
};
void tri_system_filter_free(struct tri_system_filter *filter);

/* Completes with a struct tri_system_list *. Takes filter (may be NULL). Cleans up after shims that died. */
int tri_system_enumerate(const char *name_space, struct tri_system_filter *filter, struct tri_op *op,
                         const struct tri_op_tag *tag);

#endif
