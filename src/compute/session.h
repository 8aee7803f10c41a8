/* What the handles on one connection share: the system's handle and those of its processes. Keeps what is known of the
 * system, and deals events out. */
#ifndef TRI_COMPUTE_SESSION_H
#define TRI_COMPUTE_SESSION_H

#include "compute/connection.h"
#include "compute/registry.h"
#include "compute/system.h"

struct tri_process_status;

struct tri_member { /* a process handle */
    uint32_t pid;   /* 0: not known yet */
    tri_handle process;
};

struct tri_session {
    struct tri_connection connection;
    pthread_mutex_t lock;
    char *id;                 /* as the client gave it; set before the session is shared; may be NULL */
    tri_handle system;        /* constant once the connection is attached; it may be closed, or none */
    struct tri_record record; /* set before the connection is attached, and constant from then on */
    struct tri_member *members;
    size_t member_count, member_size;
    uint32_t init_pid; /* 0: not known */
    bool stopped;
    struct tri_system_exit exit;  /* when stopped */
    struct tri_op *failed_create; /* continued on the pool once the connection has ended */
};

/* One reference on its connection, which is the session's. */
struct tri_session *tri_session_new(void);
void tri_session_unref(struct tri_session *session); /* NULL is fine */

/* Connects to the shim of the folder and says hello; *ret_info is its answer. The session keeps the folder's record.
 * Blocks. TRI_COMPUTE_NOT_FOUND: nobody listens there; -EACCES; -ETIMEDOUT. */
int tri_session_connect(struct tri_session *session, int folder_fd, bool handle, uint64_t deadline_ns,
                        json_t **ret_info, struct tri_error *error);

int tri_session_add(struct tri_session *session, tri_handle process, uint32_t pid);
void tri_session_set_pid(struct tri_session *session, tri_handle process, uint32_t pid);
void tri_session_remove(struct tri_session *session, tri_handle process);

bool tri_session_exit(struct tri_session *session, struct tri_system_exit *ret_exit); /* false: runs still */
void tri_session_note_info(struct tri_session *session, const json_t *info);          /* keeps init_pid, exit */

/* Where events go; in system.c and process.c. A handle that is closed meanwhile is fine. */
void tri_system_settle(tri_handle system, bool exited);
void tri_process_settle(tri_handle process, const struct tri_process_status *status); /* NULL: the shim died */
void tri_process_never(tri_handle process);
void tri_system_never(tri_handle system);
void tri_create_connection_ended(struct tri_session *session);
void tri_process_break_streams(tri_handle process, unsigned streams);

#endif
