/* Codes at the border. One table (hresult.def) turns the codes of the engine into HRESULTs; the answers of the operation
 * core mean something else than the same errno of an engine, and have their own two functions. */
#ifndef TRI_COMPUTE_HCS_HRESULT_H
#define TRI_COMPUTE_HCS_HRESULT_H

#include <computecore.h>

HRESULT tri_hcs_hresult(int code);        /* 0: S_OK; what the table does not know: E_FAIL */
const char *tri_hcs_sentence(int code);   /* for an error without a text of its own; never NULL */
HRESULT tri_hcs_from_start(int code);     /* what an engine call that takes an operation returned */
HRESULT tri_hcs_from_operation(int code); /* what tri_op_wait, tri_op_read_result, tri_op_cancel refused with */

#endif
