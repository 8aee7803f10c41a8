/* Processes in a compute system. A struct tri_process is one open handle; it keeps its system's connection alive. The
 * conventions of compute/system.h hold. */
#ifndef TRI_COMPUTE_PROCESS_H
#define TRI_COMPUTE_PROCESS_H

#include "compute/system.h"

/* What a create (or info) operation completes with: struct tri_process_start *. The descriptors are the client's ends,
 * close-on-exec, -1 where there is none; who reads the value may take them (set to -1), the rest is closed with it. */
struct tri_process_start {
    uint32_t pid; /* host pid */
    int fds[3];   /* write end of its standard input; read ends of output and error. Terminal: [0] and [1] are two
                     descriptors of the pty's master, each where its pipe was asked for */
};

/* A handle of a process that is yet to be started; as tri_system_prepare. */
int tri_process_prepare(struct tri_system *system, struct tri_process **ret);

/* Starts what was prepared, through op; as tri_system_create. Pipes are made here, 1 MiB large for output where the kernel
 * allows, and go to the process as they are: nothing relays. The use's tag gets the handle as its object. */
int tri_process_create(struct tri_process *process, struct tri_process_spec *spec, struct tri_op *op,
                       const struct tri_op_tag *tag);

/* As tri_system_create_failed. */
int tri_process_create_failed(struct tri_process *process, struct tri_error *error, struct tri_op *op,
                              const struct tri_op_tag *tag);

/* Blocks for one round trip. TRI_COMPUTE_NO_PROCESS where it never was, or has exited. */
int tri_process_open(struct tri_system *system, uint32_t pid, struct tri_process **ret, struct tri_error *error);

struct tri_process *tri_process_from_handle(tri_handle handle);
tri_handle tri_process_handle(struct tri_process *process);
tri_handle tri_process_system(struct tri_process *process); /* the handle it was made with, open or not */
void tri_process_unref(struct tri_process *process);
bool tri_process_close(tri_handle handle);

int tri_process_signal(struct tri_process *process, int signal_number, struct tri_op *op, const struct tri_op_tag *tag);
int tri_process_resize(struct tri_process *process, uint16_t rows, uint16_t columns, struct tri_op *op,
                       const struct tri_op_tag *tag);

/* Makes the process see the end of its input / lose its output, whoever holds our end: the end that was handed out in
 * the program that started the process is replaced, under its number, by a broken one. Flags: 1 in, 2 out, 4 err. */
int tri_process_close_streams(struct tri_process *process, unsigned streams, struct tri_op *op,
                              const struct tri_op_tag *tag);

/* Completes with a struct tri_process_start *: the pid always; descriptors that nobody claimed yet. */
int tri_process_info(struct tri_process *process, struct tri_op *op, const struct tri_op_tag *tag);

struct tri_process_status {
    uint32_t pid;
    bool exited;
    int wait_status; /* as waitpid gives it, when exited and known */
    bool unknown;    /* exited, but the system died before the status was learnt */
};
/* Completes with a struct tri_process_status *; works after the exit too. */
int tri_process_query(struct tri_process *process, struct tri_op *op, const struct tri_op_tag *tag);

/* As tri_system_watch; TRI_SYSTEM_DISCONNECTED arrives with status NULL. */
typedef void tri_process_callback(const struct tri_process_status *status, void *context, tri_any_function *target);
int tri_process_watch(struct tri_process *process, tri_process_callback *callback, void *context,
                      tri_any_function *target);
tri_process_callback *tri_process_watcher(struct tri_process *process, void **ret_context, tri_any_function **ret_target);
struct tri_mailbox *tri_process_mailbox(struct tri_process *process);
void tri_process_each_op(struct tri_process *process, void (*visit)(void *context, struct tri_op *op), void *context);

/* As tri_system_wait_exit. */
int tri_process_wait_exit(struct tri_process *process, uint64_t deadline_ns, struct tri_process_status *ret_status);

#endif
