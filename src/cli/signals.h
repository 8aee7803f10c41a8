/* The signals by which people end or resize what they started, as a descriptor to poll. From the first hold to the last
 * release they are blocked and arrive there only; outside they have their usual effect. Those that whoever started us has
 * had ignored stay ignored. Holds nest. */
#ifndef TRI_CLI_SIGNALS_H
#define TRI_CLI_SIGNALS_H

#include "cli.h"

int tri_signals_hold(void); /* the descriptor, borrowed; becomes readable */
void tri_signals_release(void);

int tri_signals_take(void); /* the next one's number, or 0: none has arrived */

#define TRI_HOLD_SIGNALS                                                                                               \
    __attribute__((unused)) TRI_CLEANUP(tri_signals_releasep) const int tri_signals_held = tri_signals_hold()
static inline void tri_signals_releasep(const int *held)
{
    tri_signals_release();
}

/* For what takes a moment and must not be left half-done: in this scope a signal is too late. */
#define TRI_OUTLAST_SIGNALS                                                                                            \
    __attribute__((unused)) TRI_CLEANUP(tri_signals_outlastp) const int tri_signals_held = tri_signals_hold()
static inline void tri_signals_outlastp(const int *held)
{
    while (tri_signals_take())
        ;
    tri_signals_release();
}

#endif
