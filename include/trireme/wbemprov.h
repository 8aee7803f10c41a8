/* What WMI's providers see on Windows: the part that is small. Providers are part of the library here, and none can be
 * brought along as an object: what is below is for source that names it. */
#ifndef TRIREME_WBEMPROV_H
#define TRIREME_WBEMPROV_H

#include "wbemcli.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* For IWbemObjectSink::SetStatus with WBEM_STATUS_REQUIREMENTS. */
typedef enum tag_WBEM_PROVIDER_REQUIREMENTS_TYPE {
    WBEM_REQUIREMENTS_START_POSTFILTER = 0,
    WBEM_REQUIREMENTS_STOP_POSTFILTER = 1,
    WBEM_REQUIREMENTS_RECHECK_SUBSCRIPTIONS = 2
} WBEM_PROVIDER_REQUIREMENTS_TYPE;

typedef enum tag_WBEM_PROVIDER_FLAGS {
    WBEM_FLAG_OWNER_UPDATE = 0x10000 /* the other name of WBEM_FLAG_ADVISORY */
} WBEM_PROVIDER_FLAGS;

typedef enum tag_WBEM_BATCH_TYPE {
    WBEM_FLAG_BATCH_IF_NEEDED = 0,
    WBEM_FLAG_MUST_BATCH = 0x1,
    WBEM_FLAG_MUST_NOT_BATCH = 0x2
} WBEM_BATCH_TYPE;

/* Result codes that only providers give. */
typedef enum tag_WBEM_EXTRA_RETURN_CODES {
    WBEM_S_INITIALIZED = 0,
    WBEM_S_LIMITED_SERVICE = 0x00043001,
    WBEM_S_INDIRECTLY_UPDATED = 0x00043002,
    WBEM_S_SUBJECT_TO_SDS = 0x00043003,
    WBEM_E_RETRY_LATER = (int)0x80043001,
    WBEM_E_RESOURCE_CONTENTION = (int)0x80043002
} WBEM_EXTRA_RETURN_CODES;

/* Other classes of locators, each an IWbemLocator like CLSID_WbemLocator's. */
TRIREME_CLASS_ID(WbemAdministrativeLocator, 0xCB8555CC, 0x9128, 0x11D1, 0xAD, 0x9B, 0x00, 0xC0, 0x4F, 0xD8, 0xFD, 0xFF);
TRIREME_CLASS_ID(WbemAuthenticatedLocator, 0xCD184336, 0x9128, 0x11D1, 0xAD, 0x9B, 0x00, 0xC0, 0x4F, 0xD8, 0xFD, 0xFF);
TRIREME_CLASS_ID(WbemUnauthenticatedLocator, 0x443E7B79, 0xDE31, 0x11D2, 0xB3, 0x40, 0x00, 0x10, 0x4B, 0xCC, 0x4B,
                 0x4A);

/* The type library; an id, and nothing more. */
DEFINE_GUID(LIBID_WbemProviders_v1, 0x092DF710, 0x7010, 0x11D1, 0xAD, 0x90, 0x00, 0xC0, 0x4F, 0xD8, 0xFD, 0xFF);

#pragma GCC diagnostic push
#ifdef __cplusplus
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor" /* a destructor would have a slot of its own */
#endif

TRIREME_FORWARD_INTERFACE(IWbemProviderInit);
TRIREME_FORWARD_INTERFACE(IWbemProviderInitSink);

/* Made by a provider, and called before anything else of it.
 * Follows: learn.microsoft.com/windows/win32/api/wbemprov/nn-wbemprov-iwbemproviderinit */
#undef INTERFACE
#define INTERFACE IWbemProviderInit
DECLARE_INTERFACE_(IWbemProviderInit, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* Hands the provider what it may work with. Its answer is not awaited: pInitSink is told. */
    STDMETHOD(Initialize)(THIS_ LPWSTR wszUser, LONG lFlags, LPWSTR wszNamespace, LPWSTR wszLocale,
                          IWbemServices *pNamespace, IWbemContext *pCtx, IWbemProviderInitSink *pInitSink) PURE;
};
TRIREME_INTERFACE_ID(IWbemProviderInit, 0x1BE41572, 0x91DD, 0x11D1, 0xAE, 0xB2, 0x00, 0xC0, 0x4F, 0xB6, 0x88, 0x20);

#ifdef TRIREME_COBJMACROS
#define IWbemProviderInit_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWbemProviderInit_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWbemProviderInit_Release(This) ((This)->lpVtbl->Release(This))
#define IWbemProviderInit_Initialize(This, wszUser, lFlags, wszNamespace, wszLocale, pNamespace, pCtx, pInitSink) \
    ((This)->lpVtbl->Initialize(This, wszUser, lFlags, wszNamespace, wszLocale, pNamespace, pCtx, pInitSink))
#endif

/* Follows: learn.microsoft.com/windows/win32/api/wbemprov/nn-wbemprov-iwbemproviderinitsink */
#undef INTERFACE
#define INTERFACE IWbemProviderInitSink
DECLARE_INTERFACE_(IWbemProviderInitSink, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* lStatus: WBEM_S_INITIALIZED, or why not. lFlags: 0. */
    STDMETHOD(SetStatus)(THIS_ LONG lStatus, LONG lFlags) PURE;
};
TRIREME_INTERFACE_ID(IWbemProviderInitSink, 0x1BE41571, 0x91DD, 0x11D1, 0xAE, 0xB2, 0x00, 0xC0, 0x4F, 0xB6, 0x88, 0x20);

#ifdef TRIREME_COBJMACROS
#define IWbemProviderInitSink_QueryInterface(This, riid, ppvObject) \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWbemProviderInitSink_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWbemProviderInitSink_Release(This) ((This)->lpVtbl->Release(This))
#define IWbemProviderInitSink_SetStatus(This, lStatus, lFlags) ((This)->lpVtbl->SetStatus(This, lStatus, lFlags))
#endif

#pragma GCC diagnostic pop
#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
