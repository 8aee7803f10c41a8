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

/* What CoInitializeSecurity is given on Windows; all are taken. */
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

typedef enum tagEOLE_AUTHENTICATION_CAPABILITIES { EOAC_NONE = 0 } EOLE_AUTHENTICATION_CAPABILITIES;

/* Declared for the prototype; its count and contents are not looked at. */
typedef struct tagSOLE_AUTHENTICATION_SERVICE SOLE_AUTHENTICATION_SERVICE;

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
 * class that Trireme does not have (it has CLSID_VdsLoader), E_NOINTERFACE for an interface that the class does not
 * have, CLASS_E_NOAGGREGATION where pUnkOuter is not NULL, E_POINTER where ppv is. dwClsContext may be anything.
 * Follows: learn.microsoft.com/windows/win32/api/combaseapi/nf-combaseapi-cocreateinstance */
HRESULT WINAPI CoCreateInstance(REFCLSID rclsid, LPUNKNOWN pUnkOuter, DWORD dwClsContext, REFIID riid, LPVOID *ppv);

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

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
