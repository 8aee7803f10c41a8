/* The shim's only thread waits here. One event is taken at a time: a handler may free its own watch, and never sees
 * one that an earlier handler has freed. */
#ifndef TRI_SHIM_LOOP_H
#define TRI_SHIM_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The structure that a member lies in. */
#define TRI_OWNER(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

struct tri_watch {
    int fd;                                                  /* the owner's; -1: nothing is watched */
    void (*ready)(struct tri_watch *watch, uint32_t events); /* EPOLLIN, ...; level-triggered; must not block */
};

struct tri_loop {
    int epoll_fd;
    uint64_t deadline_ns; /* TRI_DEADLINE_NEVER: none */
};

int tri_watch_add(struct tri_loop *loop, struct tri_watch *watch, uint32_t events);
int tri_watch_change(struct tri_loop *loop, struct tri_watch *watch, uint32_t events);

/* Stops watching, closes the descriptor and leaves -1 behind; nothing watched is fine. */
void tri_watch_close(struct tri_loop *loop, struct tri_watch *watch);

/* Waits for one event and handles it. 0; -ETIMEDOUT: the deadline has passed; -errno. */
int tri_loop_turn(struct tri_loop *loop);

#endif
