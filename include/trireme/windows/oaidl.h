/* What COM says beside a failing HRESULT: the error information of a thread, set by the object that failed and fetched
 * with GetErrorInfo (oleauto.h). */
#ifndef TRIREME_WINDOWS_OAIDL_H
#define TRIREME_WINDOWS_OAIDL_H

#include "unknwn.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)
#pragma GCC diagnostic push
#ifdef __cplusplus
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor" /* a destructor would have a slot of its own */
#endif

/* Each BSTR is the caller's, to free with SysFreeString; NULL where there is nothing to say. E_INVALIDARG where the
 * pointer to fill is NULL.
 * Follows: learn.microsoft.com/windows/win32/api/oaidl/nn-oaidl-ierrorinfo */
#undef INTERFACE
#define INTERFACE IErrorInfo
DECLARE_INTERFACE_(IErrorInfo, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* The interface that failed; GUID_NULL where it is not known, which Trireme's own always answer. */
    STDMETHOD(GetGUID)(THIS_ GUID *pGUID) PURE;

    /* Who failed: "IVdsPack::AddDisk". */
    STDMETHOD(GetSource)(THIS_ BSTR *pBstrSource) PURE;

    /* One sentence for people: what failed, where and why. */
    STDMETHOD(GetDescription)(THIS_ BSTR *pBstrDescription) PURE;

    /* Trireme's own have no help file: NULL, and context 0. */
    STDMETHOD(GetHelpFile)(THIS_ BSTR *pBstrHelpFile) PURE;
    STDMETHOD(GetHelpContext)(THIS_ DWORD *pdwHelpContext) PURE;
};
typedef IErrorInfo *LPERRORINFO;
TRIREME_INTERFACE_ID(IErrorInfo, 0x1CF2B120, 0x547D, 0x101B, 0x8E, 0x65, 0x08, 0x00, 0x2B, 0x2B, 0xD1, 0x19);

#ifdef TRIREME_COBJMACROS
#define IErrorInfo_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IErrorInfo_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IErrorInfo_Release(This) ((This)->lpVtbl->Release(This))
#define IErrorInfo_GetGUID(This, pGUID) ((This)->lpVtbl->GetGUID(This, pGUID))
#define IErrorInfo_GetSource(This, pBstrSource) ((This)->lpVtbl->GetSource(This, pBstrSource))
#define IErrorInfo_GetDescription(This, pBstrDescription) ((This)->lpVtbl->GetDescription(This, pBstrDescription))
#define IErrorInfo_GetHelpFile(This, pBstrHelpFile) ((This)->lpVtbl->GetHelpFile(This, pBstrHelpFile))
#define IErrorInfo_GetHelpContext(This, pdwHelpContext) ((This)->lpVtbl->GetHelpContext(This, pdwHelpContext))
#endif

#pragma GCC diagnostic pop
#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
