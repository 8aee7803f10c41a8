/* One socket to a shim: frames, pending calls, events (docs/shim-protocol.md). Knows nothing of systems.
 *
 * Calls may be made before there is a socket: they wait for tri_connection_attach. Sending never blocks; what the
 * socket does not take is queued, within bounds. Everything that arrives is handled on the loop's thread: a call's
 * `done` runs there, exactly once, with no lock held, when its reply or the end of the connection comes. */
#ifndef TRI_COMPUTE_CONNECTION_H
#define TRI_COMPUTE_CONNECTION_H

#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define TRI_FRAME_MAX_BYTES (4u << 20)
#define TRI_FRAME_MAX_FDS 8

struct tri_source;
struct tri_frame;
struct tri_connection;

struct tri_reply {
    int code; /* 0, or the shim's, or what the connection ended with */
    struct tri_error error;
    json_t *body;               /* NULL where the connection ended; who takes it sets it to NULL */
    int fds[TRI_FRAME_MAX_FDS]; /* in the order of the body's "fds"; who takes one sets it to -1 */
    size_t fd_count;
};

/* Embedded in the caller's structure, zeroed but for done. It, and the connection, must live until done has run. */
struct tri_call {
    void (*done)(struct tri_call *call, struct tri_reply *reply);
    struct tri_call *prev, *next;
    uint64_t seq;   /* 0: not sent yet */
    bool cancelled; /* a stop was asked for before it was sent */
};

/* Whom the connection belongs to. All but destroy run on the loop's thread. */
struct tri_connection_user {
    void (*event)(struct tri_connection *connection, const char *name, json_t *body);
    void (*ended)(struct tri_connection *connection, int code);
    void (*destroy)(struct tri_connection *connection); /* frees what embeds it */
};

enum tri_connection_state { TRI_CONNECTION_WAITING, TRI_CONNECTION_OPEN, TRI_CONNECTION_ENDED };

struct tri_connection {
    const struct tri_connection_user *user;
    atomic_uint references;
    pthread_mutex_t lock;
    enum tri_connection_state state;
    int end_code; /* what calls fail with once it has ended */
    const char *end_text;
    int fd;
    struct tri_source *source;
    uint64_t last_seq;
    struct tri_call *calls, *last_call; /* pending, oldest first */
    struct tri_frame *frames, *last_frame;
    size_t queued_bytes;
    /* Read on the loop's thread only. */
    unsigned char *input;
    size_t input_size, input_used;
    int input_fds[4 * TRI_FRAME_MAX_FDS];
    bool has_lost_fds; /* this process had none free for some that came; whose they were is seen at the next reply */
    size_t input_fd_count;
};

/* One reference. */
void tri_connection_init(struct tri_connection *connection, const struct tri_connection_user *user);
struct tri_connection *tri_connection_ref(struct tri_connection *connection);
void tri_connection_unref(struct tri_connection *connection); /* the last one closes the socket */

/* Sends a request (taken, as the descriptors are, which become -1). call NULL: nobody cares for the reply. On failure
 * done does not run: the end's code, -ECANCELED (a stop was asked for already), -ENOMEM, -E2BIG, -ENOBUFS. */
int tri_connection_call(struct tri_connection *connection, json_t *message, int *fds, size_t fd_count,
                        struct tri_call *call, struct tri_error *error);

/* Gives the connection its socket (taken) and sends the first request, ahead of those that wait. */
int tri_connection_attach(struct tri_connection *connection, int fd, json_t *message, struct tri_call *call,
                          struct tri_error *error);

/* Asks the shim to stop a call, whether it has been sent or not. */
void tri_connection_cancel(struct tri_connection *connection, struct tri_call *call);

/* Forgets a call whose reply has not come: done will not run. false: it is not pending (yet, or any more). */
bool tri_connection_drop(struct tri_connection *connection, struct tri_call *call);

/* Makes a call that is done ready to be sent again: a stop asked for from now on is meant for the next sending. */
void tri_connection_forget(struct tri_connection *connection, struct tri_call *call);

/* What pending and later calls fail with if it ends from now on; text is static. */
void tri_connection_set_end(struct tri_connection *connection, int code, const char *text);

/* Tells the shim that nothing more will come; it answers by ending. */
void tri_connection_hang_up(struct tri_connection *connection);

/* Ends one that was never attached: calls that wait fail. */
void tri_connection_abandon(struct tri_connection *connection);

#endif
