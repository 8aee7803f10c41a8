/* The few functions of Windows that a client of the host-management interfaces needs beside them: to free what it was
 * given, to read and write the pipes of a process, to learn why such a call failed, to sleep and to count references.
 *
 * Every function may be called from any thread. Those that answer BOOL or NULL say why through GetLastError. */
#ifndef TRIREME_WINDOWS_WINBASE_H
#define TRIREME_WINDOWS_WINBASE_H

#include "winerror.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#ifndef INFINITE
#define INFINITE 0xFFFFFFFF /* milliseconds: wait as long as it takes */
#endif
#define INVALID_HANDLE_VALUE ((HANDLE)(LONG_PTR)-1)

#define GENERIC_READ 0x80000000
#define GENERIC_WRITE 0x40000000
#define GENERIC_EXECUTE 0x20000000
#define GENERIC_ALL 0x10000000

#define LMEM_FIXED 0x0000
#define LMEM_ZEROINIT 0x0040
#define LPTR (LMEM_FIXED | LMEM_ZEROINIT)

/* Memory that LocalFree gives back: size bytes, zeroed with LMEM_ZEROINIT. Other flags of Windows answer NULL with
 * ERROR_INVALID_PARAMETER, for a movable block could not be honoured. NULL: no memory (ERROR_NOT_ENOUGH_MEMORY).
 * Difference from Windows: LocalAlloc, CoTaskMemAlloc and malloc are one allocator, so that either free is right.
 * Follows: learn.microsoft.com/windows/win32/api/winbase/nf-winbase-localalloc */
HLOCAL WINAPI LocalAlloc(UINT flags, SIZE_T size);

/* Gives memory back; every document and string that an Hcs... function hands out is freed with it. NULL is fine.
 * Answers NULL.
 * Follows: learn.microsoft.com/windows/win32/api/winbase/nf-winbase-localfree */
HLOCAL WINAPI LocalFree(HLOCAL memory);

/* Memory that CoTaskMemFree gives back; NULL where there is none. The last error is left alone.
 * Follows: learn.microsoft.com/windows/win32/api/combaseapi/nf-combaseapi-cotaskmemalloc */
LPVOID WINAPI CoTaskMemAlloc(SIZE_T size);

/* Resizes such memory: NULL makes a new block, size 0 frees the block and answers NULL. On failure the old block stays.
 * Follows: learn.microsoft.com/windows/win32/api/combaseapi/nf-combaseapi-cotaskmemrealloc */
LPVOID WINAPI CoTaskMemRealloc(LPVOID memory, SIZE_T size);

/* Gives memory back; NULL is fine. Frees what LocalFree frees, for real clients use it on HCS documents.
 * Follows: learn.microsoft.com/windows/win32/api/combaseapi/nf-combaseapi-cotaskmemfree */
void WINAPI CoTaskMemFree(LPVOID memory);

/* Why the calling thread's last call failed, where that call says so through it: an ERROR_ number. A call that
 * succeeds leaves it alone.
 * Follows: learn.microsoft.com/windows/win32/api/errhandlingapi/nf-errhandlingapi-getlasterror */
DWORD WINAPI GetLastError(void);

/* Follows: learn.microsoft.com/windows/win32/api/errhandlingapi/nf-errhandlingapi-setlasterror */
void WINAPI SetLastError(DWORD error);

/* Closes a HANDLE that carries a file descriptor (a process's standard handle, an end of CreatePipe, one from
 * trireme_handle_from_fd) and the descriptor with it. NULL, INVALID_HANDLE_VALUE, something else or one whose
 * descriptor is closed: FALSE, ERROR_INVALID_HANDLE. HCS_SYSTEM, HCS_PROCESS and HCS_OPERATION have their own closers.
 * Difference from Windows: a descriptor's number is used again, so a handle that is closed twice may close another's.
 * Follows: learn.microsoft.com/windows/win32/api/handleapi/nf-handleapi-closehandle */
BOOL WINAPI CloseHandle(HANDLE object);

/* Reads up to size bytes, blocking until there is at least one (or none will come); *bytesRead, set in any case, says
 * how many. At the end of a file: TRUE and none. At the end of a pipe or a terminal (all writers are gone): FALSE,
 * ERROR_BROKEN_PIPE. A non-blocking descriptor answers ERROR_NO_DATA where nothing is there yet. Difference from
 * Windows: there is no overlapped reading. bytesRead must not, and overlapped must be NULL (ERROR_INVALID_PARAMETER).
 * Follows: learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-readfile */
BOOL WINAPI ReadFile(HANDLE file, LPVOID buffer, DWORD size, LPDWORD bytesRead, LPOVERLAPPED overlapped);

/* Writes all size bytes, blocking as long as that takes; *bytesWritten, set in any case, says how many were. Where the
 * readers are gone: FALSE, ERROR_NO_DATA; the program gets no SIGPIPE from it. A non-blocking descriptor takes what
 * there is room for. bytesWritten must not, and overlapped must be NULL (ERROR_INVALID_PARAMETER).
 * Follows: learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-writefile */
BOOL WINAPI WriteFile(HANDLE file, LPCVOID buffer, DWORD size, LPDWORD bytesWritten, LPOVERLAPPED overlapped);

/* Makes a pipe; both ends belong to the caller (CloseHandle). The size is a wish, and ignored. Differences from
 * Windows: both ends are close-on-exec, and bInheritHandle is not honoured (ERROR_INVALID_PARAMETER).
 * Follows: learn.microsoft.com/windows/win32/api/namedpipeapi/nf-namedpipeapi-createpipe */
BOOL WINAPI CreatePipe(PHANDLE readEnd, PHANDLE writeEnd, LPSECURITY_ATTRIBUTES attributes, DWORD size);

/* Waits that many milliseconds, at least; INFINITE: for ever. 0 lets other threads run.
 * Follows: learn.microsoft.com/windows/win32/api/synchapi/nf-synchapi-sleep */
void WINAPI Sleep(DWORD milliseconds);

/* Adds one to, or takes one from, a number that several threads change, and answers what it is then: for the reference
 * counts of a client's own objects.
 * Follows: learn.microsoft.com/windows/win32/api/winnt/nf-winnt-interlockedincrement */
static inline LONG InterlockedIncrement(LONG volatile *addend)
{
    return __atomic_add_fetch(addend, 1, __ATOMIC_SEQ_CST);
}
static inline LONG InterlockedDecrement(LONG volatile *addend)
{
    return __atomic_sub_fetch(addend, 1, __ATOMIC_SEQ_CST);
}

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
