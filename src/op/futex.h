/* Sleeping on a 32-bit word. The word is an atomic, so it carries the ordering; a futex only sleeps. */
#ifndef TRI_OP_FUTEX_H
#define TRI_OP_FUTEX_H

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

/* Sleeps while *word is `expected`, at most until deadline_ns. -ETIMEDOUT; 0 in every other case, also by chance. */
static inline int tri_futex_wait(_Atomic uint32_t *word, uint32_t expected, uint64_t deadline_ns)
{
    struct timespec until = {(time_t)(deadline_ns / TRI_NS_PER_SEC), (long)(deadline_ns % TRI_NS_PER_SEC)};
    long r = syscall(SYS_futex, word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, expected,
                     deadline_ns == TRI_DEADLINE_NEVER ? NULL : &until, NULL, FUTEX_BITSET_MATCH_ANY);
    return r < 0 && errno == ETIMEDOUT ? -ETIMEDOUT : 0;
}

static inline void tri_futex_wake_all(_Atomic uint32_t *word)
{
    syscall(SYS_futex, word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, INT_MAX, NULL, NULL, 0);
}

#endif
