#include "advice.h"

#include "cli.h"

static const struct {
    HRESULT result;
    const char *text;
} advice[] = {
    {HCS_E_INVALID_STATE, "`trireme ps -a` shows its state"},
    {HCS_E_SYSTEM_NOT_FOUND, "`trireme ps -a` lists those that there are"},
    {HCS_E_SYSTEM_ALREADY_EXISTS, "choose another --name, or stop that one first"},
    {HCS_E_SERVICE_NOT_AVAILABLE, "install runc or crun, or name one in TRIREME_OCI_RUNTIME"},
    {HCS_E_ACCESS_DENIED, "ask as its owner or as root"},
    {E_ACCESSDENIED, "containers need root, or a runtime that is set up to do without"},
};

const char *tri_advice(HRESULT result)
{
    for (size_t i = 0; i < TRI_COUNT(advice); i++)
        if (advice[i].result == result)
            return advice[i].text;
    return NULL;
}
