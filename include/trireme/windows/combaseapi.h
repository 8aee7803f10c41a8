/* Of COM, what a client of an object-based interface needs: to make the first object, and to handle ids.
 *
 * There are no apartments here: every object may be used on every thread, and no thread needs to have called
 * CoInitializeEx. Every function may be called from any thread. */
#ifndef TRIREME_WINDOWS_COMBASEAPI_H
#define TRIREME_WINDOWS_COMBASEAPI_H

#include "unknwn.h"
#include "winbase.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

typedef enum tagCOINIT {
    COINIT_MULTITHREADED = 0x0,
    COINIT_APARTMENTTHREADED = 0x2,
    COINIT_DISABLE_OLE1DDE = 0x4,
    COINIT_SPEED_OVER_MEMORY = 0x8
} COINIT;

/* Where a class's code runs. Here it is always in the calling process, and every value is taken. */
typedef enum tagCLSCTX {
    CLSCTX_INPROC_SERVER = 0x1,
    CLSCTX_INPROC_HANDLER = 0x2,
    CLSCTX_LOCAL_SERVER = 0x4,
    CLSCTX_REMOTE_SERVER = 0x10
} CLSCTX;
#define CLSCTX_INPROC (CLSCTX_INPROC_SERVER | CLSCTX_INPROC_HANDLER)
#define CLSCTX_SERVER (CLSCTX_INPROC_SERVER | CLSCTX_LOCAL_SERVER | CLSCTX_REMOTE_SERVER)
#define CLSCTX_ALL (CLSCTX_INPROC_HANDLER | CLSCTX_SERVER)

/* What CoInitializeSecurity and CoSetProxyBlanket are given on Windows; all are taken. */
#define RPC_C_AUTHN_NONE 0
#define RPC_C_AUTHN_GSS_NEGOTIATE 9
#define RPC_C_AUTHN_WINNT 10
#define RPC_C_AUTHN_GSS_KERBEROS 16
#define RPC_C_AUTHN_DEFAULT 0xFFFFFFFF
#define RPC_C_AUTHZ_NONE 0
#define RPC_C_AUTHZ_NAME 1
#define RPC_C_AUTHZ_DCE 2
#define RPC_C_AUTHZ_DEFAULT 0xFFFFFFFF
#define RPC_C_AUTHN_LEVEL_DEFAULT 0
#define RPC_C_AUTHN_LEVEL_NONE 1
#define RPC_C_AUTHN_LEVEL_CONNECT 2
#define RPC_C_AUTHN_LEVEL_CALL 3
#define RPC_C_AUTHN_LEVEL_PKT 4
#define RPC_C_AUTHN_LEVEL_PKT_INTEGRITY 5
#define RPC_C_AUTHN_LEVEL_PKT_PRIVACY 6
#define RPC_C_IMP_LEVEL_DEFAULT 0
#define RPC_C_IMP_LEVEL_ANONYMOUS 1
#define RPC_C_IMP_LEVEL_IDENTIFY 2
#define RPC_C_IMP_LEVEL_IMPERSONATE 3
#define RPC_C_IMP_LEVEL_DELEGATE 4

#define COLE_DEFAULT_PRINCIPAL ((OLECHAR *)(INT_PTR)-1)
#define COLE_DEFAULT_AUTHINFO ((void *)(INT_PTR)-1)
typedef void *RPC_AUTH_IDENTITY_HANDLE;

typedef enum tagEOLE_AUTHENTICATION_CAPABILITIES {
    EOAC_NONE = 0,
    EOAC_MUTUAL_AUTH = 0x1,
    EOAC_SECURE_REFS = 0x2,
    EOAC_ACCESS_CONTROL = 0x4,
    EOAC_APPID = 0x8,
    EOAC_DYNAMIC = 0x10,
    EOAC_STATIC_CLOAKING = 0x20,
    EOAC_DYNAMIC_CLOAKING = 0x40,
    EOAC_ANY_AUTHORITY = 0x80,
    EOAC_MAKE_FULLSIC = 0x100,
    EOAC_REQUIRE_FULLSIC = 0x200,
    EOAC_AUTO_IMPERSONATE = 0x400,
    EOAC_DEFAULT = 0x800,
    EOAC_DISABLE_AAA = 0x1000,
    EOAC_NO_CUSTOM_MARSHAL = 0x2000
} EOLE_AUTHENTICATION_CAPABILITIES;

/* Declared for the prototype; its count and contents are not looked at. */
typedef struct tagSOLE_AUTHENTICATION_SERVICE SOLE_AUTHENTICATION_SERVICE;

/* Where CoCreateInstanceEx is to make the object: here, which is what pwszName NULL or "", and pServerInfo NULL,
 * mean. */
typedef struct _COAUTHINFO COAUTHINFO;
typedef struct _COSERVERINFO {
    DWORD dwReserved1;
    LPWSTR pwszName;
    COAUTHINFO *pAuthInfo; /* not looked at */
    DWORD dwReserved2;
} COSERVERINFO;

/* One interface that CoCreateInstanceEx is asked for, and what came of it. */
typedef struct tagMULTI_QI {
    const IID *pIID;
    IUnknown *pItf; /* the caller's, to let go of with Release */
    HRESULT hr;
} MULTI_QI;

/* Begins the use of COM on this thread: S_OK the first time, S_FALSE while it is in use already; both are success and
 * are each undone by one CoUninitialize. E_INVALIDARG where pvReserved is not NULL or coInit has bits that COINIT does
 * not. Difference from Windows: it is not needed; and since there are no apartments, asking for the other model is
 * S_FALSE, not RPC_E_CHANGED_MODE.
 * Follows: learn.microsoft.com/windows/win32/api/combaseapi/nf-combaseapi-coinitializeex */
HRESULT WINAPI CoInitializeEx(LPVOID pvReserved, DWORD coInit);

/* The same with COINIT_APARTMENTTHREADED.
 * Follows: learn.microsoft.com/windows/win32/api/objbase/nf-objbase-coinitialize */
HRESULT WINAPI CoInitialize(LPVOID pvReserved);

/* Undoes one CoInitializeEx of this thread; one too many does nothing. Objects live on, here and on other threads, and
 * so does work under way: difference from Windows.
 * Follows: learn.microsoft.com/windows/win32/api/combaseapi/nf-combaseapi-couninitialize */
void WINAPI CoUninitialize(void);

/* S_OK the first time in a process, RPC_E_TOO_LATE ever after. There is nothing to secure within a process, and no
 * argument is looked at.
 * Follows: learn.microsoft.com/windows/win32/api/combaseapi/nf-combaseapi-coinitializesecurity */
HRESULT WINAPI CoInitializeSecurity(PSECURITY_DESCRIPTOR pSecDesc, LONG cAuthSvc,
                                    SOLE_AUTHENTICATION_SERVICE *asAuthSvc, void *pReserved1, DWORD dwAuthnLevel,
                                    DWORD dwImpLevel, void *pAuthList, DWORD dwCapabilities, void *pReserved3)
    TRIREME_NOT_READ(3) TRIREME_NOT_READ(4) TRIREME_NOT_READ(7) TRIREME_NOT_READ(9);

/* Makes an object of a class and hands out one of its interfaces, to let go of with Release. REGDB_E_CLASSNOTREG for a
 * class that Trireme does not have (vds.h and wbemcli.h say which it has), E_NOINTERFACE for an interface that the
 * class does not have, CLASS_E_NOAGGREGATION where pUnkOuter is not NULL, E_POINTER where ppv is. dwClsContext may be
 * anything.
 * Follows: learn.microsoft.com/windows/win32/api/combaseapi/nf-combaseapi-cocreateinstance */
HRESULT WINAPI CoCreateInstance(REFCLSID rclsid, LPUNKNOWN pUnkOuter, DWORD dwClsContext, REFIID riid, LPVOID *ppv);

/* As CoCreateInstance, and several interfaces of the one object at once: dwCount of them, each with a code of its own.
 * S_OK: all; CO_S_NOTALLINTERFACES: some; E_NOINTERFACE: none, and there is no object. E_INVALIDARG: there are none to
 * ask for. Another machine is RPC server unavailable (0x800706BA).
 * Follows: learn.microsoft.com/windows/win32/api/combaseapi/nf-combaseapi-cocreateinstanceex */
HRESULT WINAPI CoCreateInstanceEx(REFCLSID Clsid, IUnknown *punkOuter, DWORD dwClsCtx, COSERVERINFO *pServerInfo,
                                  DWORD dwCount, MULTI_QI *pResults);

/* What makes objects of a class: asked for IID_IClassFactory. Fails as CoCreateInstance does.
 * Follows: learn.microsoft.com/windows/win32/api/combaseapi/nf-combaseapi-cogetclassobject */
HRESULT WINAPI CoGetClassObject(REFCLSID rclsid, DWORD dwClsContext, LPVOID pvReserved, REFIID riid, LPVOID *ppv)
    TRIREME_NOT_READ(3);

/* Says how calls through a proxy identify the caller. Objects are called directly here: S_OK, and nothing is done about
 * it. E_INVALIDARG where pProxy is NULL.
 * Follows: learn.microsoft.com/windows/win32/api/combaseapi/nf-combaseapi-cosetproxyblanket */
HRESULT WINAPI CoSetProxyBlanket(IUnknown *pProxy, DWORD dwAuthnSvc, DWORD dwAuthzSvc, OLECHAR *pServerPrincName,
                                 DWORD dwAuthnLevel, DWORD dwImpLevel, RPC_AUTH_IDENTITY_HANDLE pAuthInfo,
                                 DWORD dwCapabilities) TRIREME_NOT_READ(4) TRIREME_NOT_READ(7);

/* What a direct call amounts to: RPC_C_AUTHN_WINNT, RPC_C_AUTHZ_NONE, no name, RPC_C_AUTHN_LEVEL_PKT_PRIVACY,
 * RPC_C_IMP_LEVEL_IMPERSONATE, NULL, EOAC_NONE, whatever was set. Each output is optional. E_INVALIDARG where pProxy is
 * NULL.
 * Follows: learn.microsoft.com/windows/win32/api/combaseapi/nf-combaseapi-coqueryproxyblanket */
HRESULT WINAPI CoQueryProxyBlanket(IUnknown *pProxy, DWORD *pwAuthnSvc, DWORD *pAuthzSvc, LPOLESTR *pServerPrincName,
                                   DWORD *pAuthnLevel, DWORD *pImpLevel, RPC_AUTH_IDENTITY_HANDLE *pAuthInfo,
                                   DWORD *pCapabilites);

/* A server's way to act for its caller, and back. Caller and server are one process here, and one user: S_OK.
 * Follows: learn.microsoft.com/windows/win32/api/combaseapi/nf-combaseapi-coimpersonateclient */
HRESULT WINAPI CoImpersonateClient(void);
HRESULT WINAPI CoRevertToSelf(void);

/* A new id, random as RFC 9562's version 4 has it. E_INVALIDARG where pguid is NULL.
 * Follows: learn.microsoft.com/windows/win32/api/combaseapi/nf-combaseapi-cocreateguid */
HRESULT WINAPI CoCreateGuid(GUID *pguid);

/* Writes {XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX} in capitals and a NUL. Answers how many units that is, 39; 0 where
 * cchMax units are too few, and nothing is written.
 * Follows: learn.microsoft.com/windows/win32/api/combaseapi/nf-combaseapi-stringfromguid2 */
int WINAPI StringFromGUID2(REFGUID rguid, LPOLESTR lpsz, int cchMax);

/* The same in a string that is the caller's, to free with CoTaskMemFree. E_OUTOFMEMORY; E_INVALIDARG.
 * Follows: learn.microsoft.com/windows/win32/api/combaseapi/nf-combaseapi-stringfromclsid */
HRESULT WINAPI StringFromCLSID(REFCLSID rclsid, LPOLESTR *lplpsz);
HRESULT WINAPI StringFromIID(REFIID rclsid, LPOLESTR *lplpsz);

/* Reads such text, capitals or not; NULL is the id that is none. Text of any other form: *pclsid is CLSID_NULL and the
 * answer CO_E_CLASSSTRING. E_INVALIDARG where pclsid is NULL. Difference from Windows: there are no class names
 * ("Word.Application") to look up.
 * Follows: learn.microsoft.com/windows/win32/api/combaseapi/nf-combaseapi-clsidfromstring */
HRESULT WINAPI CLSIDFromString(LPCOLESTR lpsz, LPCLSID pclsid);

/* The same, but for the answer to text of another form: E_INVALIDARG.
 * Follows: learn.microsoft.com/windows/win32/api/combaseapi/nf-combaseapi-iidfromstring */
HRESULT WINAPI IIDFromString(LPCOLESTR lpsz, LPIID lpiid);

#pragma GCC diagnostic push
#ifdef __cplusplus
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor" /* a destructor would have a slot of its own */
#endif

/* The same by the object's own interface, which an IWbemServices and what it hands out have: SetBlanket is
 * CoSetProxyBlanket, QueryBlanket CoQueryProxyBlanket, and a copy is the object itself with a reference more.
 * Follows: learn.microsoft.com/windows/win32/api/objidlbase/nn-objidlbase-iclientsecurity */
#undef INTERFACE
#define INTERFACE IClientSecurity
DECLARE_INTERFACE_(IClientSecurity, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    STDMETHOD(QueryBlanket)(THIS_ IUnknown *pProxy, DWORD *pAuthnSvc, DWORD *pAuthzSvc, OLECHAR **pServerPrincName,
                            DWORD *pAuthnLevel, DWORD *pImpLevel, void **pAuthInfo, DWORD *pCapabilites) PURE;
    STDMETHOD(SetBlanket)(THIS_ IUnknown *pProxy, DWORD dwAuthnSvc, DWORD dwAuthzSvc, OLECHAR *pServerPrincName,
                          DWORD dwAuthnLevel, DWORD dwImpLevel, void *pAuthInfo, DWORD dwCapabilities) PURE;
    STDMETHOD(CopyProxy)(THIS_ IUnknown *pProxy, IUnknown **ppCopy) PURE;
};
TRIREME_INTERFACE_ID(IClientSecurity, 0x0000013D, 0x0000, 0x0000, 0xC0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x46);

#ifdef TRIREME_COBJMACROS
#define IClientSecurity_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IClientSecurity_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IClientSecurity_Release(This) ((This)->lpVtbl->Release(This))
#define IClientSecurity_QueryBlanket(This, pProxy, pAuthnSvc, pAuthzSvc, pServerPrincName, pAuthnLevel, pImpLevel, \
                                     pAuthInfo, pCapabilites)                                                     \
    ((This)->lpVtbl->QueryBlanket(This, pProxy, pAuthnSvc, pAuthzSvc, pServerPrincName, pAuthnLevel, pImpLevel,    \
                                  pAuthInfo, pCapabilites))
#define IClientSecurity_SetBlanket(This, pProxy, dwAuthnSvc, dwAuthzSvc, pServerPrincName, dwAuthnLevel, dwImpLevel, \
                                   pAuthInfo, dwCapabilities)                                                       \
    ((This)->lpVtbl->SetBlanket(This, pProxy, dwAuthnSvc, dwAuthzSvc, pServerPrincName, dwAuthnLevel, dwImpLevel,    \
                                pAuthInfo, dwCapabilities))
#define IClientSecurity_CopyProxy(This, pProxy, ppCopy) ((This)->lpVtbl->CopyProxy(This, pProxy, ppCopy))
#endif

#pragma GCC diagnostic pop
#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
