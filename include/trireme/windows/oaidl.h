/* Automation's containers, VARIANT and SAFEARRAY; and what COM says beside a failing HRESULT: the error information of
 * a thread, set by the object that failed and fetched with GetErrorInfo. The functions for all of them are in
 * oleauto.h. */
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

/* Declared for VARIANT's sake: there is no Automation by name here, and no records. */
TRIREME_FORWARD_INTERFACE(IDispatch);
TRIREME_FORWARD_INTERFACE(IRecordInfo);

/* SAFEARRAY.fFeatures. The first four: where the memory is not SafeArrayDestroy's to free or to resize. The last four:
 * what the elements are, to be let go of one by one. */
#define FADF_AUTO 0x1
#define FADF_STATIC 0x2
#define FADF_EMBEDDED 0x4
#define FADF_FIXEDSIZE 0x10
#define FADF_RECORD 0x20
#define FADF_HAVEIID 0x40     /* an IID lies in the 16 bytes before the structure */
#define FADF_HAVEVARTYPE 0x80 /* the VARTYPE lies in the 4 bytes before it */
#define FADF_BSTR 0x100
#define FADF_UNKNOWN 0x200
#define FADF_DISPATCH 0x400
#define FADF_VARIANT 0x800
#define FADF_RESERVED 0xF008

typedef struct tagSAFEARRAYBOUND {
    ULONG cElements;
    LONG lLbound; /* the first element's index */
} SAFEARRAYBOUND, *LPSAFEARRAYBOUND;

/* An array that knows its bounds. Made and freed by the SafeArray functions of oleauto.h only.
 * Follows: learn.microsoft.com/windows/win32/api/oaidl/ns-oaidl-safearray */
typedef struct tagSAFEARRAY {
    USHORT cDims;
    USHORT fFeatures;
    ULONG cbElements; /* bytes of one element */
    ULONG cLocks;
    PVOID pvData;
    SAFEARRAYBOUND rgsabound[1]; /* cDims of them, the last dimension first */
} SAFEARRAY, *LPSAFEARRAY;

/* A value that knows its type. Which member is meant is what vt says; the pointers are for VT_BYREF, and what they
 * point at is somebody else's. The rest, and what hangs from it, is freed with VariantClear. Under NONAMELESSUNION the
 * nameless parts are called n1, n2, n3 and brecVal; the V_ macros (oleauto.h) are right for both.
 * Follows: learn.microsoft.com/windows/win32/api/oaidl/ns-oaidl-variant */
#ifdef NONAMELESSUNION
#define TRIREME_VARIANT_NAME(name) name
#else
#define TRIREME_VARIANT_NAME(name)
#endif
typedef struct tagVARIANT VARIANT;
struct tagVARIANT {
    __extension__ union {
        __extension__ struct {
            VARTYPE vt;
            WORD wReserved1;
            WORD wReserved2;
            WORD wReserved3;
            __extension__ union {
                LONGLONG llVal;       /* VT_I8 */
                LONG lVal;            /* VT_I4 */
                BYTE bVal;            /* VT_UI1 */
                SHORT iVal;           /* VT_I2 */
                FLOAT fltVal;         /* VT_R4 */
                DOUBLE dblVal;        /* VT_R8 */
                VARIANT_BOOL boolVal; /* VT_BOOL */
                SCODE scode;          /* VT_ERROR */
                CY cyVal;             /* VT_CY */
                DATE date;            /* VT_DATE */
                BSTR bstrVal;         /* VT_BSTR; NULL is the empty string */
                IUnknown *punkVal;    /* VT_UNKNOWN */
                IDispatch *pdispVal;  /* VT_DISPATCH */
                SAFEARRAY *parray;    /* VT_ARRAY and the type of its elements */
                BYTE *pbVal;
                SHORT *piVal;
                LONG *plVal;
                LONGLONG *pllVal;
                FLOAT *pfltVal;
                DOUBLE *pdblVal;
                VARIANT_BOOL *pboolVal;
                SCODE *pscode;
                CY *pcyVal;
                DATE *pdate;
                BSTR *pbstrVal;
                IUnknown **ppunkVal;
                IDispatch **ppdispVal;
                SAFEARRAY **pparray;
                VARIANT *pvarVal;
                PVOID byref;
                CHAR cVal;         /* VT_I1 */
                USHORT uiVal;      /* VT_UI2 */
                ULONG ulVal;       /* VT_UI4 */
                ULONGLONG ullVal;  /* VT_UI8 */
                INT intVal;        /* VT_INT */
                UINT uintVal;      /* VT_UINT */
                DECIMAL *pdecVal;
                CHAR *pcVal;
                USHORT *puiVal;
                ULONG *pulVal;
                ULONGLONG *pullVal;
                INT *pintVal;
                UINT *puintVal;
                __extension__ struct {
                    PVOID pvRecord; /* VT_RECORD, which nothing here makes */
                    IRecordInfo *pRecInfo;
                } TRIREME_VARIANT_NAME(brecVal);
            } TRIREME_VARIANT_NAME(n3);
        } TRIREME_VARIANT_NAME(n2);
        DECIMAL decVal; /* VT_DECIMAL; its first two bytes are vt's */
    } TRIREME_VARIANT_NAME(n1);
};
typedef VARIANT *LPVARIANT;
typedef VARIANT VARIANTARG;
typedef VARIANTARG *LPVARIANTARG;

TRIREME_STATIC_ASSERT(sizeof(SAFEARRAY) == 32 && offsetof(SAFEARRAY, rgsabound) == 24, "as on 64-bit Windows");
TRIREME_STATIC_ASSERT(sizeof(VARIANT) == 24, "as on 64-bit Windows");

/* What failed, and why.
 * Each BSTR is the caller's, to free with SysFreeString; NULL where there is nothing to say. E_INVALIDARG where the
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

/* Error information that is being written; SetErrorInfo (oleauto.h) takes its IErrorInfo. Strings are copied; NULL:
 * there is nothing to say.
 * Follows: learn.microsoft.com/windows/win32/api/oaidl/nn-oaidl-icreateerrorinfo */
#undef INTERFACE
#define INTERFACE ICreateErrorInfo
DECLARE_INTERFACE_(ICreateErrorInfo, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* What the functions of IErrorInfo answer from then on. E_OUTOFMEMORY. */
    STDMETHOD(SetGUID)(THIS_ REFGUID rguid) PURE;
    STDMETHOD(SetSource)(THIS_ LPOLESTR szSource) PURE;
    STDMETHOD(SetDescription)(THIS_ LPOLESTR szDescription) PURE;
    STDMETHOD(SetHelpFile)(THIS_ LPOLESTR szHelpFile) PURE;
    STDMETHOD(SetHelpContext)(THIS_ DWORD dwHelpContext) PURE;
};
typedef ICreateErrorInfo *LPCREATEERRORINFO;
TRIREME_INTERFACE_ID(ICreateErrorInfo, 0x22F03340, 0x547D, 0x101B, 0x8E, 0x65, 0x08, 0x00, 0x2B, 0x2B, 0xD1, 0x19);

#ifdef TRIREME_COBJMACROS
#define ICreateErrorInfo_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define ICreateErrorInfo_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define ICreateErrorInfo_Release(This) ((This)->lpVtbl->Release(This))
#define ICreateErrorInfo_SetGUID(This, rguid) ((This)->lpVtbl->SetGUID(This, rguid))
#define ICreateErrorInfo_SetSource(This, szSource) ((This)->lpVtbl->SetSource(This, szSource))
#define ICreateErrorInfo_SetDescription(This, szDescription) ((This)->lpVtbl->SetDescription(This, szDescription))
#define ICreateErrorInfo_SetHelpFile(This, szHelpFile) ((This)->lpVtbl->SetHelpFile(This, szHelpFile))
#define ICreateErrorInfo_SetHelpContext(This, dwHelpContext) ((This)->lpVtbl->SetHelpContext(This, dwHelpContext))
#endif

#pragma GCC diagnostic pop
#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
