/* Timers: any number of them on one timerfd, watched by the loop's thread.
 *
 * A timer is part of what it belongs to. Handlers run on the loop's thread and must not block; they may arm and disarm
 * any timer, their own included. Setting one costs a system call only where it becomes the earliest of all. */
#ifndef TRI_OP_TIMER_H
#define TRI_OP_TIMER_H

#include <stdint.h>

/* Zeroed, but for run and data, before its first use. All else is timer.c's own. */
struct tri_timer {
    void (*run)(void *data);
    void *data;
    uint64_t due_ns;                         /* 0: not armed */
    struct tri_timer *child, *next, *before; /* before: the sibling in front, or the parent of the first child */
};

/* run is called once, soon after due_ns (CLOCK_MONOTONIC); an armed one is moved. TRI_DEADLINE_NEVER: as
 * tri_timer_disarm, but without waiting. 0, -ENOMEM, -errno where the loop or its timerfd cannot be made. */
int tri_timer_arm(struct tri_timer *timer, uint64_t due_ns);

/* run is not entered any more once this returns. Waits for one that runs, except on the loop's thread. */
void tri_timer_disarm(struct tri_timer *timer);

#endif
