/* The two kinds of open handle, for the files of this engine that act on them. */
#ifndef TRI_COMPUTE_HANDLES_H
#define TRI_COMPUTE_HANDLES_H

#include "compute/latch.h"
#include "compute/process.h"
#include "compute/session.h"
#include "compute/stream.h"
#include "compute/system.h"

struct tri_system {
    struct tri_slot slot;
    tri_handle handle;
    struct tri_session *session;
    struct tri_latch latch;
};

struct tri_process {
    struct tri_slot slot;
    tri_handle handle;
    tri_handle system;
    struct tri_session *session;
    struct tri_latch latch;
    pthread_mutex_t lock;             /* for what follows */
    struct tri_process_status status; /* pid 0: it is being started */
    int fds[3];                       /* that nobody has claimed, and no operation's value holds */
    struct tri_stream streams[3];     /* what was in fds, claimed or not */
    bool terminal;
    struct tri_op *start_op;               /* the operation that started it, until this handle is closed, and */
    struct tri_process_start *start_value; /* its value, which may hold descriptors that nobody reads; or NULL */
};

/* A new handle on a session (a reference is taken), with one reference more for the caller. */
int tri_system_new(struct tri_session *session, struct tri_system **ret_system);
int tri_process_new(struct tri_session *session, tri_handle system, uint32_t pid, struct tri_process **ret_process);

/* Hands the client's ends of a started process over to it. */
void tri_process_started(struct tri_process *process, uint32_t pid, int fds[3]);

/* What a start or info operation completes with: it takes the descriptors that nobody claimed, and gives those that
 * nobody read back when it is freed. NULL: no memory. */
struct tri_process_start *tri_process_start_new(struct tri_process *process);
void tri_process_start_free(void *start);

#endif
