/* A process in a compute system, attached to the command's own streams, signals and terminal. */
#ifndef TRI_CLI_ATTACH_H
#define TRI_CLI_ATTACH_H

#include "call.h"
#include "document.h"

struct tri_attach;

/* Starts the process that `document` describes (its reference is taken) and, where it has streams, copies them from and
 * to ours: with --json its output goes to standard error, so that the result is alone on standard output. Returns 0, or
 * the exit status after having said what went wrong: 126 and 127 as a shell. call serves from here to the end. */
int tri_attach_start(struct tri_call *call, HCS_SYSTEM system, const struct tri_process_settings *settings,
                     json_t *document, struct tri_attach **ret);

uint32_t tri_attach_pid(const struct tri_attach *attach);

/* Waits for its exit; until then signals are passed on, and the terminal's size too. A second Ctrl-C within 2 seconds
 * kills it, and so does the end of timeout_s (0: never). Returns the exit status of the process. */
int tri_attach_wait(struct tri_attach *attach, uint32_t timeout_s);

/* Waits until its output has been copied to the end. Where somebody else holds the other end - what the program left
 * behind in the background - a second of silence is the end. Returns `status`, or TRI_EXIT_FAILED after having said that
 * not all of it could be written. */
int tri_attach_drain(struct tri_attach *attach, int status);

void tri_attach_freep(struct tri_attach **attach);
#define TRI_AUTO_ATTACH TRI_CLEANUP(tri_attach_freep)

#endif
