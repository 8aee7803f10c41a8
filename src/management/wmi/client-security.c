/* IClientSecurity of the objects that are proxies on Windows: the functions that go by it, asked the other way round.
 */
#include "management/wmi/services.h"

static HRESULT STDMETHODCALLTYPE client_security_QueryBlanket(IClientSecurity *This, IUnknown *pProxy, DWORD *pAuthnSvc,
                                                              DWORD *pAuthzSvc, OLECHAR **pServerPrincName,
                                                              DWORD *pAuthnLevel, DWORD *pImpLevel, void **pAuthInfo,
                                                              DWORD *pCapabilites)
{
    return CoQueryProxyBlanket(pProxy, pAuthnSvc, pAuthzSvc, pServerPrincName, pAuthnLevel, pImpLevel, pAuthInfo,
                               pCapabilites);
}

static HRESULT STDMETHODCALLTYPE client_security_SetBlanket(IClientSecurity *This, IUnknown *pProxy, DWORD dwAuthnSvc,
                                                            DWORD dwAuthzSvc, OLECHAR *pServerPrincName,
                                                            DWORD dwAuthnLevel, DWORD dwImpLevel, void *pAuthInfo,
                                                            DWORD dwCapabilities)
{
    return CoSetProxyBlanket(pProxy, dwAuthnSvc, dwAuthzSvc, pServerPrincName, dwAuthnLevel, dwImpLevel, pAuthInfo,
                             dwCapabilities);
}

static HRESULT STDMETHODCALLTYPE client_security_CopyProxy(IClientSecurity *This, IUnknown *pProxy, IUnknown **ppCopy)
{
    if (!ppCopy)
        return E_INVALIDARG;
    *ppCopy = NULL;
    if (!pProxy)
        return E_INVALIDARG;
    pProxy->lpVtbl->AddRef(pProxy);
    *ppCopy = pProxy;
    return S_OK;
}

const IClientSecurityVtbl tri_wmi_client_security_vtbl = {
    TRI_COM_UNKNOWN(IClientSecurity),
    .QueryBlanket = client_security_QueryBlanket,
    .SetBlanket = client_security_SetBlanket,
    .CopyProxy = client_security_CopyProxy,
};
