/* HCS calls that take an operation, waited for: with a line of progress, and cancelled by Ctrl-C. One struct tri_call
 * serves any number of calls, one after the other:
 *
 *     TRI_AUTO_CALL struct tri_call call;
 *     tri_call_open(&call, cli, id);
 *     HRESULT hr = tri_call_wait(&call, "starting", HcsStartComputeSystem(system, call.operation, NULL));
 *     if (FAILED(hr))
 *         return tri_call_fail(&call, "start");
 */
#ifndef TRI_CLI_CALL_H
#define TRI_CLI_CALL_H

#include <computecore.h>
#include <jansson.h>

#include "cli.h"

struct tri_call {
    const struct tri_cli *cli;
    const char *id; /* of the compute system, for what is said; borrowed */
    HCS_OPERATION operation;
    int done_fd;
    HRESULT result;   /* of the last wait */
    json_t *document; /* the same: its result document, or its ResultError; NULL where there is none */
    int signal;       /* that cancelled it, or 0 */
};

void tri_call_open(struct tri_call *call, const struct tri_cli *cli, const char *id);
void tri_call_close(struct tri_call *call);
#define TRI_AUTO_CALL TRI_CLEANUP(tri_call_close)

/* Waits for what was started with call->operation; `started` is what the starting function answered. Returns the result.
 * The first SIGINT, SIGTERM, SIGHUP or SIGQUIT cancels; after the second the operation is left alone and
 * ERROR_CANCELLED is the result. */
HRESULT tri_call_wait(struct tri_call *call, const char *doing, HRESULT started);

/* The same, no longer than timeout_ms: HCS_E_OPERATION_TIMEOUT then, and the operation goes on. */
HRESULT tri_call_wait_for(struct tri_call *call, const char *doing, HRESULT started, uint32_t timeout_ms);

/* Takes the outcome of something that needed no operation for the result, without a document. */
HRESULT tri_call_set_result(struct tri_call *call, HRESULT result);

/* Says that `verb` could not be done to the system, and why. Returns the exit status: 128 + the signal where one
 * cancelled it. */
int tri_call_fail(const struct tri_call *call, const char *verb);

/* Opens a system; tells and returns the exit status where that fails. */
int tri_system_open(const struct tri_cli *cli, const char *verb, const char *id, HCS_SYSTEM *ret);
void tri_system_closep(HCS_SYSTEM *system);
#define TRI_AUTO_SYSTEM TRI_CLEANUP(tri_system_closep)

#endif
