/* Events: what a handle's registered callback is told. A handle may also report the completions of operations that were
 * used with it (HcsEventOptionEnableOperationCallbacks); the two kinds of registration are told apart by the engine
 * callback that was registered, so that nothing has to be kept here. */
#ifndef TRI_COMPUTE_HCS_EVENT_H
#define TRI_COMPUTE_HCS_EVENT_H

#include <computecore.h>

#include "compute/process.h"
#include "compute/system.h"

/* A handle: of a system, or of a process. The other one is NULL. */
struct tri_hcs_subject {
    struct tri_system *system;
    struct tri_process *process;
};

/* Registers the one callback of a handle; with the option, operations from before are reported too, except those whose
 * result was read. 0, -EALREADY, -ENOMEM. */
int tri_hcs_watch(struct tri_hcs_subject subject, HCS_EVENT_OPTIONS options, void *context,
                  HCS_EVENT_CALLBACK callback);

/* Does the handle report completions? */
bool tri_hcs_reports(struct tri_hcs_subject subject);

/* Where it does: have those of the operations reported that the engine has started on it ... */
void tri_hcs_report_started(struct tri_hcs_subject subject);
/* ... or one that never reached the engine. */
void tri_hcs_report(struct tri_hcs_subject subject, struct tri_op *op);

/* Callbacks for tri_op_set_callback, whose target is the client's function: a completion, or events. */
void tri_hcs_completion(tri_handle op, void *context, tri_any_function *target);
void tri_hcs_notification(tri_handle op, void *context, tri_any_function *target);

#endif
