/* Events: what a handle's registered callback is told. A handle may also report the completions of operations that were
 * used with it (HcsEventOptionEnableOperationCallbacks); the two kinds of registration are told apart by the engine
 * callback that was registered, so that nothing has to be kept here. */
#ifndef TRI_COMPUTE_HCS_EVENT_H
#define TRI_COMPUTE_HCS_EVENT_H

#include <computecore.h>

#include "compute/process.h"
#include "compute/system.h"

/* Registers the one callback of a handle; with the option, operations from before are reported too, except those whose
 * result was read. 0, -EALREADY, -ENOMEM. */
int tri_hcs_system_watch(struct tri_system *system, HCS_EVENT_OPTIONS options, void *context,
                         HCS_EVENT_CALLBACK callback);
int tri_hcs_process_watch(struct tri_process *process, HCS_EVENT_OPTIONS options, void *context,
                          HCS_EVENT_CALLBACK callback);

/* Does the handle report completions? */
bool tri_hcs_system_reports(struct tri_system *system);
bool tri_hcs_process_reports(struct tri_process *process);

/* Where it does: have those of the operations reported that the engine has started on it ... */
void tri_hcs_system_report_started(struct tri_system *system);
void tri_hcs_process_report_started(struct tri_process *process);
/* ... or of one that never reached the engine. */
void tri_hcs_system_report(struct tri_system *system, struct tri_op *op);
void tri_hcs_process_report(struct tri_process *process, struct tri_op *op);

/* Callbacks for tri_op_set_callback, whose target is the client's function: a completion, or events. */
void tri_hcs_completion(tri_handle op, void *context, tri_any_function *target);
void tri_hcs_notification(tri_handle op, void *context, tri_any_function *target);

#endif
