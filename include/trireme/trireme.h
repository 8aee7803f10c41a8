/* What Trireme adds to the interfaces of Windows: the step between their types and those of Linux. Every function may
 * be called from any thread. */
#ifndef TRIREME_TRIREME_H
#define TRIREME_TRIREME_H

#include "windows/winbase.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* The file descriptor in a handle, for poll, read, splice ...; -1 where there is none (NULL, INVALID_HANDLE_VALUE, a
 * handle of another kind). The handle keeps it: close the handle with CloseHandle, or the descriptor with close, and
 * not both. Whether the descriptor is open is not asked. */
int trireme_handle_fd(HANDLE handle);

/* The handle that carries a descriptor, which it owns from now on; NULL for a negative one. Nothing is allocated: the
 * same descriptor always gives the same handle. */
HANDLE trireme_handle_from_fd(int fd);

/* Text, converted and NUL-ended, to be freed with LocalFree (or free). What is not a character (half a surrogate pair,
 * bytes that are not UTF-8) becomes U+FFFD. NULL where text is NULL or longer than 16 Mi units (GetLastError says
 * ERROR_INVALID_PARAMETER), or where there is no memory (ERROR_NOT_ENOUGH_MEMORY). */
char *trireme_utf8_from_utf16(const WCHAR *text);
WCHAR *trireme_utf16_from_utf8(const char *text);

/* The name of a code ("HCS_E_INVALID_JSON", "ERROR_FILE_NOT_FOUND"), or NULL where it is not known. Static. */
const char *trireme_hresult_name(HRESULT result);

/* One sentence on what the code means ("The document is not valid."), or NULL where it is not known. Static. */
const char *trireme_hresult_text(HRESULT result);

/* The version of the library that is running: "0.1.0". Static. */
const char *trireme_version(void);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
