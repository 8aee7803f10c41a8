#include "compute/hcs/hresult.h"

#include <errno.h>
#include <stddef.h>

#include "compute/error.h"

static const struct row {
    int code;
    HRESULT hresult;
    const char *sentence;
} rows[] = {
#define ROW(code_, hresult_, sentence_) {(code_), (hresult_), (sentence_)},
#include "compute/hcs/hresult.def"
#undef ROW
};

static const struct row *find(int code)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].code == code)
            return &rows[i];
    return NULL;
}

HRESULT tri_hcs_hresult(int code)
{
    const struct row *row = find(code);
    if (code >= 0)
        return S_OK;
    return row ? row->hresult : E_FAIL;
}

const char *tri_hcs_sentence(int code)
{
    const struct row *row = find(code);
    return row ? row->sentence : "The request failed.";
}

HRESULT tri_hcs_from_start(int code)
{
    return code == -EBUSY ? HCS_E_OPERATION_ALREADY_STARTED : tri_hcs_hresult(code);
}

HRESULT tri_hcs_from_operation(int code)
{
    switch (code) {
    case -EINVAL:
        return HCS_E_OPERATION_NOT_STARTED;
    case -EAGAIN:
        return HCS_E_OPERATION_PENDING;
    case -ETIMEDOUT:
        return HCS_E_OPERATION_TIMEOUT;
    case -ECANCELED:
    case -EALREADY:
        return HCS_E_OPERATION_ALREADY_CANCELLED;
    default:
        return tri_hcs_hresult(code);
    }
}
