/* COM without apartments: what a thread says of itself is counted and changes nothing. */
#include <stdatomic.h>
#include <windows/combaseapi.h>

#define COINIT_BITS (COINIT_APARTMENTTHREADED | COINIT_DISABLE_OLE1DDE | COINIT_SPEED_OVER_MEMORY)

static _Thread_local unsigned uses;
static atomic_flag secured = ATOMIC_FLAG_INIT;

HRESULT WINAPI CoInitializeEx(LPVOID pvReserved, DWORD coInit)
{
    if (pvReserved || (coInit & ~(DWORD)COINIT_BITS))
        return E_INVALIDARG;
    return uses++ == 0 ? S_OK : S_FALSE;
}

HRESULT WINAPI CoInitialize(LPVOID pvReserved)
{
    return CoInitializeEx(pvReserved, COINIT_APARTMENTTHREADED);
}

void WINAPI CoUninitialize(void)
{
    if (uses > 0)
        uses--;
}

HRESULT WINAPI CoInitializeSecurity(PSECURITY_DESCRIPTOR pSecDesc, LONG cAuthSvc,
                                    SOLE_AUTHENTICATION_SERVICE *asAuthSvc, void *pReserved1, DWORD dwAuthnLevel,
                                    DWORD dwImpLevel, void *pAuthList, DWORD dwCapabilities, void *pReserved3)
{
    return atomic_flag_test_and_set(&secured) ? RPC_E_TOO_LATE : S_OK;
}
