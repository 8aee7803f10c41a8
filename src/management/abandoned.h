/* Workers that were asked for something and do not come back: how many there may be. */
#ifndef TRI_MANAGEMENT_ABANDONED_H
#define TRI_MANAGEMENT_ABANDONED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "management/error.h"

/* Where one piece of work stands; zeroed at first. */
struct tri_working {
    _Atomic uint32_t state; /* enum working (abandoned.c) */
};

void tri_working_begin(struct tri_working *working); /* by the worker, before it asks a provider */
void tri_working_end(struct tri_working *working);   /* by the worker, whenever it comes back */

/* By whoever does not wait for it any more: is_overdue, because its time was up; else because it was told to stop.
 * Nothing where it does not work. */
void tri_working_abandon(struct tri_working *working, bool is_overdue);

bool tri_working_too_many(void); /* no further provider should be asked */
int tri_working_refuse(struct tri_error *error); /* says so: TRI_MANAGEMENT_SERVER_TOO_BUSY */

#endif
