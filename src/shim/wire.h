/* Frames on a stream socket (docs/shim-protocol.md): a length, a JSON object, and descriptors on the first byte. */
#ifndef TRI_SHIM_WIRE_H
#define TRI_SHIM_WIRE_H

#include <jansson.h>
#include <stdint.h>
#include <sys/queue.h>

#include "shim/loop.h"

#define TRI_WIRE_FRAME_MAX_BYTES (4u << 20)
#define TRI_WIRE_QUEUE_MAX_BYTES (1u << 20) /* what a peer may leave unread */
enum { TRI_WIRE_FDS_MAX = 8, TRI_WIRE_HEADER_BYTES = 4 };

struct tri_wire_frame { /* a frame on its way out */
    STAILQ_ENTRY(tri_wire_frame) link;
    int fds[TRI_WIRE_FDS_MAX]; /* ours, until the first byte has gone */
    size_t fd_count;
    size_t size_bytes, sent_bytes;
    char bytes[];
};

struct tri_wire {
    struct tri_loop *loop;
    struct tri_watch watch; /* the owner sets ready, and calls tri_wire_receive and tri_wire_flush from it */
    bool broken;            /* nothing goes out any more; the socket is shut down, so that the owner is told */

    unsigned char header[TRI_WIRE_HEADER_BYTES];
    size_t header_bytes;
    char *body;
    size_t body_size_bytes, body_bytes;
    int fds[TRI_WIRE_FDS_MAX]; /* that came with the frame under way */
    size_t fd_count;

    STAILQ_HEAD(, tri_wire_frame) out;
    size_t out_bytes;
    bool out_watched; /* EPOLLOUT is asked for */
};

/* Takes fd, which must be non-blocking; on failure too. */
int tri_wire_init(struct tri_wire *wire, struct tri_loop *loop, int fd, void (*ready)(struct tri_watch *, uint32_t));
void tri_wire_finish(struct tri_wire *wire);

/* Reads on. 1: a whole frame has come; its object is *ret_message (a reference of the caller's; NULL: it was no JSON
 * object), its descriptors are in wire->fds until they are taken (-1) or tri_wire_drop_fds. 0: not yet. -ECONNRESET:
 * the peer has gone; -EPROTO: it does not speak our language; other -errno. */
int tri_wire_receive(struct tri_wire *wire, json_t **ret_message);
void tri_wire_drop_fds(struct tri_wire *wire);

/* Sends message (borrowed) and copies of descriptors. Never blocks. What cannot be sent or queued breaks the wire. */
void tri_wire_send(struct tri_wire *wire, const json_t *message, const int *fds, size_t fd_count);
void tri_wire_flush(struct tri_wire *wire);

#endif
