/* BSTRs, the strings that carry their length, and a thread's error information. Every function may be called from any
 * thread. */
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

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
