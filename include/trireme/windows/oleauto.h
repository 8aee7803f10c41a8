/* BSTRs, the strings that carry their length; VARIANTs and SAFEARRAYs (oaidl.h); and a thread's error information.
 * Every function may be called from any thread, but not for one VARIANT or SAFEARRAY by two at once.
 *
 * VARIANTs and SAFEARRAYs are taken at their word, as on Windows: one that was not made by these functions, or was
 * freed, must not be given to them. */
#ifndef TRIREME_WINDOWS_OLEAUTO_H
#define TRIREME_WINDOWS_OLEAUTO_H

#include "oaidl.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* A copy of a NUL-ended string. NULL: no memory, or NULL was given.
 * Follows: learn.microsoft.com/windows/win32/api/oleauto/nf-oleauto-sysallocstring */
BSTR WINAPI SysAllocString(const OLECHAR *psz);

/* A string of ui units, copied from strIn (which may hold NULs; NULL: the contents are zero), and a NUL behind them.
 * NULL: no memory, or more units than a BSTR can have.
 * Follows: learn.microsoft.com/windows/win32/api/oleauto/nf-oleauto-sysallocstringlen */
BSTR WINAPI SysAllocStringLen(const OLECHAR *strIn, UINT ui);

/* A string of len bytes, copied from psz (NULL: the contents are zero), and a NUL unit behind them; for bytes that are
 * no text. NULL: no memory.
 * Follows: learn.microsoft.com/windows/win32/api/oleauto/nf-oleauto-sysallocstringbytelen */
BSTR WINAPI SysAllocStringByteLen(LPCSTR psz, UINT len);

/* Puts a copy of a NUL-ended string, or of len units, in the place of *pbstr, which is given back; the text may lie in
 * *pbstr itself. With len and psz NULL the string gets that length, keeps what fits, and what is new is zero. TRUE;
 * FALSE: no memory, and *pbstr is as it was.
 * Follows: learn.microsoft.com/windows/win32/api/oleauto/nf-oleauto-sysreallocstring */
INT WINAPI SysReAllocString(BSTR *pbstr, const OLECHAR *psz);
INT WINAPI SysReAllocStringLen(BSTR *pbstr, const OLECHAR *psz, UINT len);

/* Gives a BSTR back; NULL is fine. No other function can.
 * Follows: learn.microsoft.com/windows/win32/api/oleauto/nf-oleauto-sysfreestring */
void WINAPI SysFreeString(BSTR bstrString);

/* How many units a BSTR has, without the NUL behind it; 0 for NULL. Looks at the length, not for a NUL.
 * Follows: learn.microsoft.com/windows/win32/api/oleauto/nf-oleauto-sysstringlen */
UINT WINAPI SysStringLen(BSTR pbstr);

/* The same in bytes.
 * Follows: learn.microsoft.com/windows/win32/api/oleauto/nf-oleauto-sysstringbytelen */
UINT WINAPI SysStringByteLen(BSTR bstr);

/* Hands over the calling thread's error information, to let go of with Release; the thread has none afterwards. S_FALSE
 * (and NULL) where there is none. E_INVALIDARG where dwReserved is not 0 or pperrinfo is NULL. A call on an object of
 * Trireme's that fails sets it; one that succeeds leaves it alone.
 * Follows: learn.microsoft.com/windows/win32/api/oleauto/nf-oleauto-geterrorinfo */
HRESULT WINAPI GetErrorInfo(ULONG dwReserved, IErrorInfo **pperrinfo);

/* Sets it, taking a reference of its own and letting go of what was set before; NULL: there is none. E_INVALIDARG where
 * dwReserved is not 0.
 * Follows: learn.microsoft.com/windows/win32/api/oleauto/nf-oleauto-seterrorinfo */
HRESULT WINAPI SetErrorInfo(ULONG dwReserved, IErrorInfo *perrinfo);

/* New error information, to be written and then set: ask it for IID_IErrorInfo. E_INVALIDARG where pperrinfo is NULL;
 * E_OUTOFMEMORY.
 * Follows: learn.microsoft.com/windows/win32/api/oleauto/nf-oleauto-createerrorinfo */
HRESULT WINAPI CreateErrorInfo(ICreateErrorInfo **pperrinfo);

/* ---- VARIANT ---- */

/* The members of a VARIANT by the type that they are of: V_I4(&v) = 7. V_VT is the type. */
#ifdef NONAMELESSUNION
#define V_UNION(X, Y) ((X)->n1.n2.n3.Y)
#define V_VT(X) ((X)->n1.n2.vt)
#define V_DECIMAL(X) ((X)->n1.decVal)
#define V_RECORDINFO(X) ((X)->n1.n2.n3.brecVal.pRecInfo)
#define V_RECORD(X) ((X)->n1.n2.n3.brecVal.pvRecord)
#else
#define V_UNION(X, Y) ((X)->Y)
#define V_VT(X) ((X)->vt)
#define V_DECIMAL(X) ((X)->decVal)
#define V_RECORDINFO(X) ((X)->pRecInfo)
#define V_RECORD(X) ((X)->pvRecord)
#endif
#define V_ISBYREF(X) (V_VT(X) & VT_BYREF)
#define V_ISARRAY(X) (V_VT(X) & VT_ARRAY)
#define V_ISVECTOR(X) (V_VT(X) & VT_VECTOR)
#define V_NONE(X) V_I2(X)
#define V_I1(X) V_UNION(X, cVal)
#define V_I1REF(X) V_UNION(X, pcVal)
#define V_I2(X) V_UNION(X, iVal)
#define V_I2REF(X) V_UNION(X, piVal)
#define V_I4(X) V_UNION(X, lVal)
#define V_I4REF(X) V_UNION(X, plVal)
#define V_I8(X) V_UNION(X, llVal)
#define V_I8REF(X) V_UNION(X, pllVal)
#define V_UI1(X) V_UNION(X, bVal)
#define V_UI1REF(X) V_UNION(X, pbVal)
#define V_UI2(X) V_UNION(X, uiVal)
#define V_UI2REF(X) V_UNION(X, puiVal)
#define V_UI4(X) V_UNION(X, ulVal)
#define V_UI4REF(X) V_UNION(X, pulVal)
#define V_UI8(X) V_UNION(X, ullVal)
#define V_UI8REF(X) V_UNION(X, pullVal)
#define V_INT(X) V_UNION(X, intVal)
#define V_INTREF(X) V_UNION(X, pintVal)
#define V_UINT(X) V_UNION(X, uintVal)
#define V_UINTREF(X) V_UNION(X, puintVal)
#define V_INT_PTR(X) V_UNION(X, llVal)
#define V_UINT_PTR(X) V_UNION(X, ullVal)
#define V_INT_PTRREF(X) V_UNION(X, pllVal)
#define V_UINT_PTRREF(X) V_UNION(X, pullVal)
#define V_R4(X) V_UNION(X, fltVal)
#define V_R4REF(X) V_UNION(X, pfltVal)
#define V_R8(X) V_UNION(X, dblVal)
#define V_R8REF(X) V_UNION(X, pdblVal)
#define V_BOOL(X) V_UNION(X, boolVal)
#define V_BOOLREF(X) V_UNION(X, pboolVal)
#define V_CY(X) V_UNION(X, cyVal)
#define V_CYREF(X) V_UNION(X, pcyVal)
#define V_DATE(X) V_UNION(X, date)
#define V_DATEREF(X) V_UNION(X, pdate)
#define V_DECIMALREF(X) V_UNION(X, pdecVal)
#define V_ERROR(X) V_UNION(X, scode)
#define V_ERRORREF(X) V_UNION(X, pscode)
#define V_BSTR(X) V_UNION(X, bstrVal)
#define V_BSTRREF(X) V_UNION(X, pbstrVal)
#define V_UNKNOWN(X) V_UNION(X, punkVal)
#define V_UNKNOWNREF(X) V_UNION(X, ppunkVal)
#define V_DISPATCH(X) V_UNION(X, pdispVal)
#define V_DISPATCHREF(X) V_UNION(X, ppdispVal)
#define V_ARRAY(X) V_UNION(X, parray)
#define V_ARRAYREF(X) V_UNION(X, pparray)
#define V_VARIANTREF(X) V_UNION(X, pvarVal)
#define V_BYREF(X) V_UNION(X, byref)

/* Makes it VT_EMPTY, whatever was there: for memory that holds no VARIANT yet.
 * Follows: learn.microsoft.com/windows/win32/api/oleauto/nf-oleauto-variantinit */
void WINAPI VariantInit(VARIANTARG *pvarg);

/* Frees what it holds (a string, a reference, an array; not what VT_BYREF points at) and makes it VT_EMPTY.
 * DISP_E_BADVARTYPE for a type that no VARIANT has, DISP_E_ARRAYISLOCKED for an array that is locked: nothing is done.
 * Follows: learn.microsoft.com/windows/win32/api/oleauto/nf-oleauto-variantclear */
HRESULT WINAPI VariantClear(VARIANTARG *pvarg);

/* Clears the destination and makes it a copy: of strings and arrays too, objects get a reference more. What VT_BYREF
 * points at is not copied. Onto itself: S_OK, nothing is done. Fails as VariantClear does, or E_OUTOFMEMORY.
 * Follows: learn.microsoft.com/windows/win32/api/oleauto/nf-oleauto-variantcopy */
HRESULT WINAPI VariantCopy(VARIANTARG *pvargDest, const VARIANTARG *pvargSrc);

/* The same, but what VT_BYREF points at is copied, and the copy is none. E_INVALIDARG where a reference leads to a
 * VARIANT that is another.
 * Follows: learn.microsoft.com/windows/win32/api/oleauto/nf-oleauto-variantcopyind */
HRESULT WINAPI VariantCopyInd(VARIANT *pvarDest, const VARIANTARG *pvargSrc);

/* For wFlags. */
#define VARIANT_NOVALUEPROP 0x01  /* there are no objects with a value property here: taken, and means nothing */
#define VARIANT_ALPHABOOL 0x02    /* a VARIANT_BOOL becomes "True" or "False" instead of "-1" or "0" */
#define VARIANT_NOUSEROVERRIDE 0x04
#define VARIANT_LOCALBOOL 0x10

/* Converts to another type; source and destination may be one. Numbers, also in decimal text, VARIANT_BOOLs, dates and
 * money turn into each other where the value fits (DISP_E_OVERFLOW); a fraction is rounded, half to even. VT_EMPTY is 0
 * and the empty string. Text is read and written as in the C locale, whatever lcid says. DISP_E_TYPEMISMATCH where
 * there is no such conversion (VT_NULL, objects and arrays to other types, text that is no number); DISP_E_BADVARTYPE;
 * E_OUTOFMEMORY. On failure the destination is as it was. Difference from Windows: dates turn into the form 2026-12-31
 * 23:59:59 and are read in that form only, and no object is asked for its value.
 * Follows: learn.microsoft.com/windows/win32/api/oleauto/nf-oleauto-variantchangetype */
HRESULT WINAPI VariantChangeType(VARIANTARG *pvargDest, const VARIANTARG *pvarSrc, USHORT wFlags, VARTYPE vt);
HRESULT WINAPI VariantChangeTypeEx(VARIANTARG *pvargDest, const VARIANTARG *pvarSrc, LCID lcid, USHORT wFlags,
                                   VARTYPE vt);

/* ---- SAFEARRAY ---- */

/* A new array with that many dimensions (1 to 65535), whose elements are zero; of one dimension: CreateVector. NULL: a
 * type that no element can have, bounds that cannot be, no memory. Elements may be VT_I1 to VT_UI8, VT_INT, VT_UINT,
 * VT_R4, VT_R8, VT_CY, VT_DATE, VT_DECIMAL, VT_BOOL, VT_ERROR, VT_BSTR, VT_VARIANT, VT_UNKNOWN and VT_DISPATCH.
 * Follows: learn.microsoft.com/windows/win32/api/oleauto/nf-oleauto-safearraycreate */
SAFEARRAY *WINAPI SafeArrayCreate(VARTYPE vt, UINT cDims, SAFEARRAYBOUND *rgsabound);
SAFEARRAY *WINAPI SafeArrayCreateVector(VARTYPE vt, LONG lLbound, ULONG cElements);

/* Frees the array and what its elements hold. DISP_E_ARRAYISLOCKED while it is locked. NULL is fine. DestroyData: what
 * the elements hold, and their memory; the array has none then.
 * Follows: learn.microsoft.com/windows/win32/api/oleauto/nf-oleauto-safearraydestroy */
HRESULT WINAPI SafeArrayDestroy(SAFEARRAY *psa);
HRESULT WINAPI SafeArrayDestroyData(SAFEARRAY *psa);

/* A copy, elements and what they hold included; unlocked. E_INVALIDARG, E_OUTOFMEMORY.
 * Follows: learn.microsoft.com/windows/win32/api/oleauto/nf-oleauto-safearraycopy */
HRESULT WINAPI SafeArrayCopy(SAFEARRAY *psa, SAFEARRAY **ppsaOut);

/* How many dimensions, and how many bytes an element has; 0 for NULL.
 * Follows: learn.microsoft.com/windows/win32/api/oleauto/nf-oleauto-safearraygetdim */
UINT WINAPI SafeArrayGetDim(SAFEARRAY *psa);
UINT WINAPI SafeArrayGetElemsize(SAFEARRAY *psa);

/* The first and the last index of a dimension, counted from 1. The last of an empty one is the first less one.
 * DISP_E_BADINDEX for a dimension that there is not.
 * Follows: learn.microsoft.com/windows/win32/api/oleauto/nf-oleauto-safearraygetlbound */
HRESULT WINAPI SafeArrayGetLBound(SAFEARRAY *psa, UINT nDim, LONG *plLbound);
HRESULT WINAPI SafeArrayGetUBound(SAFEARRAY *psa, UINT nDim, LONG *plUbound);

/* The type of the elements. E_INVALIDARG where it is not known.
 * Follows: learn.microsoft.com/windows/win32/api/oleauto/nf-oleauto-safearraygetvartype */
HRESULT WINAPI SafeArrayGetVartype(SAFEARRAY *psa, VARTYPE *pvt);

/* Copies an element out or in, and what it holds: the string that GetElement writes is the caller's, the one that is
 * given to PutElement stays the caller's. pv points at a LONG, a BSTR, a VARIANT, ...; but for PutElement of a string
 * or an object it is the string or the pointer itself. rgIndices: an index for each dimension. DISP_E_BADINDEX,
 * E_OUTOFMEMORY.
 * Follows: learn.microsoft.com/windows/win32/api/oleauto/nf-oleauto-safearraygetelement */
HRESULT WINAPI SafeArrayGetElement(SAFEARRAY *psa, LONG *rgIndices, void *pv);
HRESULT WINAPI SafeArrayPutElement(SAFEARRAY *psa, LONG *rgIndices, void *pv);

/* Where an element lies. The array should be locked meanwhile. DISP_E_BADINDEX.
 * Follows: learn.microsoft.com/windows/win32/api/oleauto/nf-oleauto-safearrayptrofindex */
HRESULT WINAPI SafeArrayPtrOfIndex(SAFEARRAY *psa, LONG *rgIndices, void **ppvData);

/* Locks the array, so that its elements stay where they are, and hands out where that is; as often as one likes, each
 * to be undone once. E_UNEXPECTED where there is nothing to undo, or too much.
 * Follows: learn.microsoft.com/windows/win32/api/oleauto/nf-oleauto-safearrayaccessdata */
HRESULT WINAPI SafeArrayAccessData(SAFEARRAY *psa, void **ppvData);
HRESULT WINAPI SafeArrayUnaccessData(SAFEARRAY *psa);
HRESULT WINAPI SafeArrayLock(SAFEARRAY *psa);
HRESULT WINAPI SafeArrayUnlock(SAFEARRAY *psa);

/* Gives the last dimension other bounds: elements that are left over are freed, new ones are zero.
 * DISP_E_ARRAYISLOCKED, E_INVALIDARG, E_OUTOFMEMORY.
 * Follows: learn.microsoft.com/windows/win32/api/oleauto/nf-oleauto-safearrayredim */
HRESULT WINAPI SafeArrayRedim(SAFEARRAY *psa, SAFEARRAYBOUND *psaboundNew);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
