/* trireme-shim: one process a compute system, one thread (docs/shim-protocol.md says what it answers).
 *
 *   client.c   connections: who may speak, who holds a handle       request.c  what may be asked: checks, replies, cancel
 *   system.c   the system's states and the calls that change them   stop.c     how it ends, and what is left when
 *   guest.c    processes in the container, and their exits          runtime.c  command lines as supervised children
 *   root.c     the root file system   mount.c  mounts at run time   limits.c   what the cgroup says and does
 *
 * Children are reaped in one place only (main.c), after everything else that a turn of the loop does: until then a pid
 * in our tables cannot be another process's. */
#ifndef TRI_SHIM_SHIM_H
#define TRI_SHIM_SHIM_H

#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "base/error.h"
#include "shim/loop.h"
#include "shim/wire.h"

struct tri_shim;

/* ---- client.c ---- */

enum tri_client_role {
    TRI_CLIENT_NEW,     /* has not said hello */
    TRI_CLIENT_VISITOR, /* hello without a handle */
    TRI_CLIENT_HOLDER,  /* counts as an open system handle */
    TRI_CLIENT_FORMER,  /* has closed its handle, stays for its processes */
};

struct tri_client {
    LIST_ENTRY(tri_client) link;
    struct tri_shim *shim;
    struct tri_wire wire;
    enum tri_client_role role;
    bool creator;
    unsigned pending_count; /* requests that were not answered yet */
};

int tri_client_new(struct tri_shim *shim, int fd, struct tri_client **ret_client); /* takes fd */
int tri_client_listen(struct tri_shim *shim);
void tri_client_close_handle(struct tri_client *client);
void tri_client_broadcast(struct tri_shim *shim, const json_t *event); /* to who has, or had, a handle */
void tri_client_free_all(struct tri_shim *shim);

/* ---- request.c ---- */

struct tri_command;
struct tri_call;

enum tri_request_phase {
    TRI_REQUEST_DIRECT, /* waits for no other */
    TRI_REQUEST_QUEUED,
    TRI_REQUEST_STARTED, /* the queue's first, at work */
};

/* A request that was not answered yet. It outlives its connection: what was begun goes on. */
struct tri_request {
    TAILQ_ENTRY(tri_request) link;       /* all of them, in the order they came */
    TAILQ_ENTRY(tri_request) queue_link; /* the system's queue */
    struct tri_shim *shim;
    struct tri_client *client; /* NULL: it has gone */
    const struct tri_call *call;
    json_t *body;
    json_int_t seq;
    int fds[TRI_WIRE_FDS_MAX]; /* named by body's "fds" */
    size_t fd_count;
    enum tri_request_phase phase;
    bool cancelled;              /* and being undone */
    struct tri_command *command; /* what runs for it */
};

TAILQ_HEAD(tri_request_list, tri_request);

/* Handles one frame of a client's. False: it is so broken that its connection must go. Takes message and wire's fds. */
bool tri_request_receive(struct tri_client *client, json_t *message);

/* Each answers the request once and frees it. members is taken (NULL: none); the error is cleared. */
void tri_request_reply(struct tri_request *request, json_t *members);
void tri_request_reply_fd(struct tri_request *request, json_t *members, const char *name, int fd);
void tri_request_fail(struct tri_request *request, struct tri_error *error);
void tri_request_refuse(struct tri_request *request, int code, const char *where, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void tri_request_drop(struct tri_request *request); /* without an answer */

const char *tri_request_text(const struct tri_request *request, const char *member);  /* NULL: absent */
json_int_t tri_request_number(const struct tri_request *request, const char *member); /* 0: absent */
bool tri_request_flag(const struct tri_request *request, const char *member);         /* false: absent */
bool tri_request_is(const struct tri_request *request, const char *call);
void tri_request_handle(struct tri_request *request); /* its turn has come */

/* ---- runtime.c ---- */

/* Called once, when the child has ended; command->request is NULL where the request was answered meanwhile. */
typedef void tri_command_done(struct tri_command *command, int wait_status);

struct tri_command {
    LIST_ENTRY(tri_command) link;
    struct tri_shim *shim;
    struct tri_request *request; /* or NULL */
    tri_command_done *done;
    unsigned number;      /* names its files */
    uint64_t orphan_mark; /* orphans that were reaped later may be its process */
    pid_t pid;
    bool is_self;   /* it runs this program, not the runtime */
    int console_fd; /* listens for a terminal's master; -1: none */
};

enum tri_command_file { TRI_COMMAND_LOG, TRI_COMMAND_PID, TRI_COMMAND_INPUT, TRI_COMMAND_CONSOLE };

struct tri_command *tri_command_new(struct tri_shim *shim, struct tri_request *request, tri_command_done *done);

/* Starts `arguments` of the runtime with fds as its standard streams (NULL, or -1: /dev/null). Takes the command: after
 * a failure it is freed and done is not called. */
int tri_command_run_runtime(struct tri_command *command, const char *const *arguments, const int *fds,
                            struct tri_error *error);
/* The same for this program itself with an internal verb. */
int tri_command_run_self(struct tri_command *command, const char *const *arguments, struct tri_error *error);
void tri_command_free(struct tri_command *command);

void tri_command_path(const struct tri_command *command, enum tri_command_file file, char path[PATH_MAX]);
int tri_command_write_input(struct tri_command *command, const json_t *value, struct tri_error *error);
int tri_command_read_pid(struct tri_command *command, pid_t *ret_pid, struct tri_error *error);
int tri_command_listen_console(struct tri_command *command, struct tri_error *error);
int tri_command_take_console(struct tri_command *command); /* a terminal's master, or -errno */

/* 0, or what went wrong: "<what>: <its last words>"; with all its words as detail, where it is the runtime. */
int tri_command_check(struct tri_command *command, int wait_status, const char *what, struct tri_error *error);

bool tri_command_reaped(struct tri_shim *shim, pid_t pid, int wait_status); /* false: it is not a command's */
void tri_command_kill_all(struct tri_shim *shim);

/* ---- guest.c ---- */

enum { TRI_GUEST_RECORDS_MAX = 1024, TRI_GUEST_ORPHANS_MAX = 256 };

struct tri_guest {
    TAILQ_ENTRY(tri_guest) link; /* the oldest first */
    pid_t pid;
    struct tri_client *client; /* that started it; NULL: it has gone */
    int terminal_fd;           /* the master of its terminal, -1: none, or exited */
    bool exited, unknown;
    int wait_status;
};

/* A child that nobody knew when it was reaped: a process that ended before the runtime told us its pid, perhaps. */
struct tri_orphan {
    uint64_t number; /* 0: none */
    pid_t pid;
    int wait_status;
};

struct tri_guests {
    TAILQ_HEAD(tri_guest_list, tri_guest) list;
    size_t exited_count;
    struct tri_orphan orphans[TRI_GUEST_ORPHANS_MAX]; /* a ring */
    uint64_t orphan_count;
};

void tri_guest_init(struct tri_guests *guests);
void tri_guest_reaped(struct tri_shim *shim, pid_t pid, int wait_status);
bool tri_guest_take_orphan(struct tri_guests *guests, uint64_t mark, pid_t pid, int *ret_wait_status);
void tri_guest_forget_client(struct tri_guests *guests, struct tri_client *client);
void tri_guest_end_all(struct tri_shim *shim); /* whose exit was not seen ended unknown */
void tri_guest_free_all(struct tri_guests *guests);

void tri_guest_process(struct tri_request *request);
void tri_guest_cancel_process(struct tri_request *request);
void tri_guest_open(struct tri_request *request);
void tri_guest_info(struct tri_request *request);
void tri_guest_signal(struct tri_request *request);
void tri_guest_resize(struct tri_request *request);
void tri_guest_close_streams(struct tri_request *request);

/* ---- root.c, mount.c, limits.c ---- */

enum { TRI_ROOT_LAYERS_MAX = 128 };

int tri_root_mount(struct tri_shim *shim, const json_t *root, struct tri_error *error);
void tri_root_unmount(struct tri_shim *shim);

int tri_mount_main(int argc, char **argv); /* the internal verbs, in a child; the exit status is an errno */

bool tri_limits_out_of_memory(const struct tri_shim *shim);
bool tri_limits_thaw(const struct tri_shim *shim); /* false: it could not, or there is nothing to thaw */

/* ---- system.c ---- */

struct tri_exit { /* as clients are told */
    const char *type, *by;
    bool out_of_memory;
};

struct tri_program { /* what the system was made for: the first process that was asked for */
    pid_t pid;       /* 0: none yet */
    bool exited;     /* and how is known */
    int wait_status;
};

enum tri_shim_state {
    TRI_SHIM_NEW,
    TRI_SHIM_CREATING,
    TRI_SHIM_CREATED,
    TRI_SHIM_RUNNING,
    TRI_SHIM_PAUSED,
    TRI_SHIM_STOPPING,
    TRI_SHIM_STOPPED,
    TRI_SHIM_STATE_COUNT
};

void tri_shim_set_state(struct tri_shim *shim, enum tri_shim_state state);
json_t *tri_shim_exit_object(const struct tri_shim *shim);
json_t *tri_shim_info(const struct tri_shim *shim);

/* True: the system is in one of `states` (bits). Else the request has been refused. */
#define TRI_SHIM_IN(state) (1u << (state))
bool tri_shim_require(struct tri_request *request, unsigned states);

void tri_shim_create(struct tri_request *request);
void tri_shim_cancel_create(struct tri_request *request); /* it is answered when all is undone */
void tri_shim_start(struct tri_request *request);
void tri_shim_cancel_start(struct tri_request *request); /* the system stops */
void tri_shim_pause(struct tri_request *request);
void tri_shim_cancel_pause(struct tri_request *request); /* the container goes on */
void tri_shim_resume(struct tri_request *request);
void tri_shim_save(struct tri_request *request);
void tri_shim_update(struct tri_request *request);
void tri_shim_mount(struct tri_request *request);
void tri_shim_unmount(struct tri_request *request);

/* Calls that change the system run one after another. */
void tri_shim_enqueue(struct tri_request *request);
void tri_shim_dequeue(struct tri_request *request); /* it is answered, or never will be: the next one's turn */

/* ---- stop.c ---- */

enum tri_stop_cause {
    TRI_STOP_NONE,
    TRI_STOP_SHUTDOWN,  /* asked to end */
    TRI_STOP_KILL,      /* a client killed process 1 */
    TRI_STOP_TERMINATE, /* a client asked for it, or let its last handle go */
};

enum tri_stop_stage { TRI_STOP_STAGE_KILL, TRI_STOP_STAGE_DELETE, TRI_STOP_STAGE_DONE };

int tri_stop_code(const struct tri_shim *shim); /* of what comes too late: it stops, or has stopped */
/* Answers one that is too late. */
void tri_stop_refuse(struct tri_request *request);
void tri_stop_terminate(struct tri_request *request);
void tri_stop_shutdown(struct tri_request *request);
void tri_stop_yield(struct tri_request *request);

void tri_stop_begin(struct tri_shim *shim, enum tri_stop_cause cause);
void tri_stop_undo(struct tri_shim *shim, struct tri_error *error); /* create failed; moves error */
void tri_stop_start_failed(struct tri_shim *shim);
void tri_stop_init_ended(struct tri_shim *shim, int wait_status);
void tri_stop_advance(struct tri_shim *shim); /* after each turn of the loop, while it stops */
void tri_stop_handle_opened(struct tri_shim *shim);
void tri_stop_client_gone(struct tri_shim *shim); /* or one that closed its handle */
void tri_stop_record_expired(struct tri_shim *shim);

/* ---- the shim ---- */

enum tri_runtime_kind { TRI_RUNTIME_RUNC, TRI_RUNTIME_CRUN };

struct tri_shim {
    struct tri_loop loop;
    struct tri_watch children; /* signalfd: SIGCHLD */
    struct tri_watch listener;
    bool finished;

    char *folder;  /* absolute */
    int folder_fd; /* carries the lock; -1: given up */

    /* set by create */
    char *runtime, *runtime_id, *cgroup;
    enum tri_runtime_kind kind;
    bool own_init, terminate_on_last_close;

    enum tri_shim_state state;
    pid_t init_pid; /* 0: nothing runs (any more) */
    uint64_t start_wall_ns;
    struct tri_watch start_fifo; /* runc's; read where process 1 is let go */
    struct tri_watch
        ready_pipe; /* our process 1 has the other end, and closes it when no signal is lost on it any more */

    LIST_HEAD(, tri_client) clients;
    unsigned client_count, holder_count;
    struct tri_request_list requests, queue; /* queue: the first one runs */
    bool queue_moves;                        /* requests are being started: no need to do it deeper in the stack */
    LIST_HEAD(, tri_command) commands;
    unsigned command_number;
    struct tri_guests guests;
    struct tri_watch cancel_timer; /* runs while cancelled processes wait for the runtime */
    struct tri_program program;

    /* stop.c */
    enum tri_stop_cause stop_cause;
    enum tri_stop_stage stop_stage;
    enum tri_shim_state state_before_stop;
    bool has_cgroup;           /* it could not be removed in the end */
    struct tri_watch leftover; /* pidfd of a process in the cgroup that is no child of ours */
    struct tri_error create_error;
    struct tri_exit exit;
};

#endif
