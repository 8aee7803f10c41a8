/* One thread that waits for file descriptors. Handlers run on it and must not block; they belong to engines that
 * complete operations from events (a shim's socket). The thread starts with the first source. */
#ifndef TRI_OP_LOOP_H
#define TRI_OP_LOOP_H

#include <stdint.h>

struct tri_source;

/* events and the handler's argument are EPOLLIN, EPOLLOUT, ... (level-triggered). */
typedef void tri_source_handler(void *data, uint32_t events);

/* Watches fd, which stays the caller's and must stay open until the source is removed. 0, -ENOMEM, -errno. */
int tri_loop_add(int fd, uint32_t events, tri_source_handler *handler, void *data, struct tri_source **ret_source);

/* Changes what is watched for. From any thread. */
int tri_loop_modify(struct tri_source *source, uint32_t events);

/* The handler is not entered any more once this returns, and the source is gone. From the loop's thread (the handler
 * itself included) it returns at once; from others it waits for a handler that runs. NULL is fine. */
void tri_loop_remove(struct tri_source *source);

#endif
