/* Operations that are one request to the shim, and the same for callers that wait. */
#ifndef TRI_COMPUTE_REQUEST_H
#define TRI_COMPUTE_REQUEST_H

#include "compute/connection.h"
#include "op/op-provider.h"

#define TRI_ASK_NS 30000000000ull /* how long a caller that blocks waits for a reply */

struct tri_request_use {
    /* Turns the reply into the operation's end, on the loop's thread; the operation is completed exactly once by this,
     * or by what it continues on the pool with. */
    void (*finish)(struct tri_op *op, struct tri_reply *reply, void *context);
    void (*release)(void *context); /* after the use; may be NULL */
    bool only_asks;                 /* nothing changes: one that is cancelled ends at once, whatever the shim does */
};

/* Starts op and sends message (taken; NULL answers -ENOMEM). use NULL: the reply has no value. The context belongs to
 * the use, also when this fails. */
int tri_request_start(struct tri_connection *connection, struct tri_op *op, const struct tri_op_tag *tag,
                      json_t *message, const struct tri_request_use *use, void *context);

/* Sends message (taken) and waits for its reply; attaches fd (taken) first, unless -1. Not on the loop's thread. */
int tri_request_ask(struct tri_connection *connection, int fd, json_t *message, uint64_t deadline_ns, json_t **ret_body,
                    struct tri_error *error);

#endif
