/* One call that takes an operation: what it was given is looked up and held, the rules that are the same for all such
 * calls are kept, and everything is let go when the scope ends. A face function reads:
 *
 *     TRI_AUTO_CALL struct tri_hcs_call call = {0};
 *     HRESULT hr = tri_hcs_call_on_system(&call, computeSystem, operation, HcsOperationTypeX);
 *     if (FAILED(hr))
 *         return hr;
 *     if (read the document, into call.error)
 *         return tri_hcs_call_reject(&call);
 *     return tri_hcs_call_started(&call, tri_system_x(call.system, call.op, &call.tag)); */
#ifndef TRI_COMPUTE_HCS_CALL_H
#define TRI_COMPUTE_HCS_CALL_H

#include <computecore.h>

#include "compute/hcs/schema.h"
#include "compute/process.h"
#include "compute/system.h"
#include "op/op.h"

struct tri_hcs_call {
    struct tri_op *op;
    struct tri_system *system;
    struct tri_process *process;
    struct tri_op_tag tag;
    struct tri_error error; /* for tri_hcs_call_reject */
};

/* Look up handles and check, in this order: the handles are open (E_HANDLE), the operation does not run
 * (HCS_E_OPERATION_ALREADY_STARTED), and has no callback of its own where the handle reports completions itself
 * (HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET). */
HRESULT tri_hcs_call_without_system(struct tri_hcs_call *call, HCS_OPERATION operation, HCS_OPERATION_TYPE type);
HRESULT tri_hcs_call_on_system(struct tri_hcs_call *call, HCS_SYSTEM system, HCS_OPERATION operation,
                               HCS_OPERATION_TYPE type);
HRESULT tri_hcs_call_on_process(struct tri_hcs_call *call, HCS_PROCESS process, HCS_OPERATION operation,
                                HCS_OPERATION_TYPE type);
void tri_hcs_call_finish(struct tri_hcs_call *call);
#define TRI_AUTO_CALL __attribute__((cleanup(tri_hcs_call_finish)))

/* Checks an options document from which nothing is read. 0, or a code that is in call->error too. */
int tri_hcs_call_check_options(struct tri_hcs_call *call, PCWSTR options, const struct tri_schema *schema);

HRESULT tri_hcs_call_started(struct tri_hcs_call *call, int code); /* what the engine's call returned */
HRESULT tri_hcs_call_reject(struct tri_hcs_call *call);            /* the operation fails with call->error */

/* Handles, in and out. */
static inline tri_handle handle_in(const void *handle)
{
    return (tri_handle)(uintptr_t)handle;
}
static inline void *handle_out(tri_handle handle)
{
    return (void *)(uintptr_t)handle;
}
static inline void tri_system_unrefp(struct tri_system **system)
{
    tri_system_unref(*system);
}
static inline void tri_process_unrefp(struct tri_process **process)
{
    tri_process_unref(*process);
}
#define TRI_AUTO_SYSTEM __attribute__((cleanup(tri_system_unrefp)))
#define TRI_AUTO_PROCESS __attribute__((cleanup(tri_process_unrefp)))

#endif
