/* The line on standard error that says what takes so long. It is there only where standard error is a terminal, from
 * 300 ms on, and is gone again before anything else is printed. Work that measures how far it is gets a bar, and the
 * time left by the rate that was seen; of other work only what is known is told: how long it has taken. */
#ifndef TRI_CLI_PROGRESS_H
#define TRI_CLI_PROGRESS_H

#include "cli.h"

/* What work tells about itself at one moment. */
struct tri_progress_state {
    char phase[64];   /* "mounting"; "": not told */
    unsigned percent; /* 0: unknown */
    bool is_measured; /* the percentage follows the work that is done, so that time can be told from it */
};
typedef void tri_progress_ask(void *work, struct tri_progress_state *ret);

struct tri_progress {
    const char *doing; /* "starting web1", borrowed */
    uint64_t start_ms;
    unsigned drawn; /* how often */
    unsigned first_percent, last_percent; /* as they were seen, and when */
    uint64_t first_ms, last_ms;
};

void tri_progress_begin(struct tri_progress *progress, const struct tri_cli *cli, const char *doing);

/* When the next draw is due: TRI_NEVER_MS where nothing is ever drawn. */
uint64_t tri_progress_due_ms(const struct tri_progress *progress);

/* Draws, if it is time, and asks the work for its state then. */
void tri_progress_draw(struct tri_progress *progress, tri_progress_ask *ask, void *work);

void tri_progress_end(struct tri_progress *progress);

#endif
