/* Whom a call comes from: within a process that is always oneself, so there is nothing to set and one answer to give. */
#include <windows/combaseapi.h>

HRESULT WINAPI CoSetProxyBlanket(IUnknown *pProxy, DWORD dwAuthnSvc, DWORD dwAuthzSvc, OLECHAR *pServerPrincName,
                                 DWORD dwAuthnLevel, DWORD dwImpLevel, RPC_AUTH_IDENTITY_HANDLE pAuthInfo,
                                 DWORD dwCapabilities)
{
    return pProxy ? S_OK : E_INVALIDARG;
}

static void tell(DWORD *place, DWORD value)
{
    if (place)
        *place = value;
}

HRESULT WINAPI CoQueryProxyBlanket(IUnknown *pProxy, DWORD *pwAuthnSvc, DWORD *pAuthzSvc, LPOLESTR *pServerPrincName,
                                   DWORD *pAuthnLevel, DWORD *pImpLevel, RPC_AUTH_IDENTITY_HANDLE *pAuthInfo,
                                   DWORD *pCapabilites)
{
    if (!pProxy)
        return E_INVALIDARG;
    tell(pwAuthnSvc, RPC_C_AUTHN_WINNT);
    tell(pAuthzSvc, RPC_C_AUTHZ_NONE);
    tell(pAuthnLevel, RPC_C_AUTHN_LEVEL_PKT_PRIVACY);
    tell(pImpLevel, RPC_C_IMP_LEVEL_IMPERSONATE);
    tell(pCapabilites, EOAC_NONE);
    if (pServerPrincName)
        *pServerPrincName = NULL;
    if (pAuthInfo)
        *pAuthInfo = NULL;
    return S_OK;
}

HRESULT WINAPI CoImpersonateClient(void)
{
    return S_OK;
}

HRESULT WINAPI CoRevertToSelf(void)
{
    return S_OK;
}
