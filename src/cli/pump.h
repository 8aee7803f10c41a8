/* Copies one stream as long as there is something to copy, in a thread of its own: a slow reader of one stream holds up
 * neither the others nor the signals. Bytes are moved with splice where the kernel can, so that those between two pipes
 * are never copied at all. */
#ifndef TRI_CLI_PUMP_H
#define TRI_CLI_PUMP_H

#include <pthread.h>

#include "cli.h"

struct tri_pump {
    int from, to;
    int stop_fd;  /* readable once nothing more is to be expected; see quiet_ms */
    int quiet_ms; /* how long the source may be silent after that before the pump ends: what is in it is still copied */
    int done_fd;  /* an eventfd, counted up by 1 at the end; or -1 */
    void (*ended)(void *context); /* called in the thread where the source is at its end or the target takes no more */
    void *context;
    _Atomic int error; /* why the target takes no more, an errno; 0 also where nobody reads there any more */
};

/* The pump and its descriptors must live until done_fd was told, or until the process ends. Returns 0 or -errno. */
int tri_pump_start(struct tri_pump *pump);

#endif
