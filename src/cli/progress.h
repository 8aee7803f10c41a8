/* The line on standard error that says what takes so long. It is there only where standard error is a terminal, from
 * 300 ms on, and is gone again before anything else is printed. */
#ifndef TRI_CLI_PROGRESS_H
#define TRI_CLI_PROGRESS_H

#include <computecore.h>

#include "cli.h"

struct tri_progress {
    const char *doing; /* "starting web1", borrowed */
    uint64_t start_ms;
    unsigned drawn; /* how often */
};

void tri_progress_begin(struct tri_progress *progress, const struct tri_cli *cli, const char *doing);

/* When the next draw is due: TRI_NEVER_MS where nothing is ever drawn. */
uint64_t tri_progress_due_ms(const struct tri_progress *progress);

/* Draws, if it is time: phase and percentage are the operation's. */
void tri_progress_draw(struct tri_progress *progress, HCS_OPERATION operation);

void tri_progress_end(struct tri_progress *progress);

#endif
