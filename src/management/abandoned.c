#include "management/abandoned.h"

#include <stddef.h>

enum working { WORKING_NOT, WORKING, WORKING_CANCELLED, WORKING_OVERDUE };

/* One that was late for its deadline counts in full: it hangs, and 64 of them are enough. One that was told to stop is
 * most likely about to. */
#define WEIGHT_OVERDUE 4
#define WEIGHT_CANCELLED 1
#define WEIGHT_MAX (64 * WEIGHT_OVERDUE)
static _Atomic uint32_t abandoned;

static uint32_t weight(uint32_t state)
{
    return state == WORKING_OVERDUE ? WEIGHT_OVERDUE : state == WORKING_CANCELLED ? WEIGHT_CANCELLED : 0;
}

void tri_working_begin(struct tri_working *working)
{
    atomic_store(&working->state, WORKING);
}

void tri_working_end(struct tri_working *working)
{
    atomic_fetch_sub(&abandoned, weight(atomic_exchange(&working->state, WORKING_NOT)));
}

void tri_working_abandon(struct tri_working *working, bool is_overdue)
{
    uint32_t state = WORKING, how = is_overdue ? WORKING_OVERDUE : WORKING_CANCELLED;
    atomic_fetch_add(&abandoned, weight(how)); /* first: the worker may take it back at once */
    if (!atomic_compare_exchange_strong(&working->state, &state, how))
        atomic_fetch_sub(&abandoned, weight(how));
}

bool tri_working_too_many(void)
{
    return atomic_load_explicit(&abandoned, memory_order_relaxed) >= WEIGHT_MAX;
}

int tri_working_refuse(struct tri_error *error)
{
    return tri_error_set(error, TRI_MANAGEMENT_SERVER_TOO_BUSY, NULL,
                         "Too many providers were asked and have not answered; try again when they have, or restart "
                         "the program.");
}
