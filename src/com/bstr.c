/* A BSTR points behind its length in bytes, which lies four bytes before it; the block begins eight before it, so that
 * the string is aligned like any other memory. */
#include "base/utf16.h"

#include <stdlib.h>
#include <string.h>
#include <windows/oleauto.h>

#define PREFIX_BYTES 8
#define LENGTH_BYTES 4
#define BYTES_MAX (UINT32_MAX - PREFIX_BYTES - 2 * sizeof(OLECHAR))

/* A string of that many bytes, the NUL in place and the contents not yet. Half a unit at the end is filled up, so that who
 * reads units comes to the NUL. */
static char *allocate(uint32_t bytes)
{
    size_t end = bytes % sizeof(OLECHAR) + sizeof(OLECHAR);
    char *block = malloc(PREFIX_BYTES + (size_t)bytes + end);
    if (!block)
        return NULL;
    char *string = block + PREFIX_BYTES;
    memcpy(string - LENGTH_BYTES, &bytes, LENGTH_BYTES);
    memset(string + bytes, 0, end);
    return string;
}

static BSTR copy_bytes(const void *contents, size_t bytes)
{
    char *string = bytes <= BYTES_MAX ? allocate((uint32_t)bytes) : NULL;
    if (string && contents)
        memcpy(string, contents, bytes);
    else if (string)
        memset(string, 0, bytes);
    return (BSTR)(void *)string;
}

BSTR WINAPI SysAllocStringLen(const OLECHAR *strIn, UINT ui)
{
    return copy_bytes(strIn, ui * sizeof(OLECHAR));
}

BSTR WINAPI SysAllocStringByteLen(LPCSTR psz, UINT len)
{
    return copy_bytes(psz, len);
}

BSTR WINAPI SysAllocString(const OLECHAR *psz)
{
    return psz ? copy_bytes(psz, tri_utf16_length(psz) * sizeof(OLECHAR)) : NULL;
}

INT WINAPI SysReAllocStringLen(BSTR *pbstr, const OLECHAR *psz, UINT len)
{
    if (!pbstr)
        return FALSE;
    BSTR string = SysAllocStringLen(psz, len);
    if (!string)
        return FALSE;
    if (!psz && *pbstr)
        memcpy(string, *pbstr, sizeof(OLECHAR) * (SysStringLen(*pbstr) < len ? SysStringLen(*pbstr) : len));
    SysFreeString(*pbstr);
    *pbstr = string;
    return TRUE;
}

INT WINAPI SysReAllocString(BSTR *pbstr, const OLECHAR *psz)
{
    if (!pbstr)
        return FALSE;
    BSTR string = SysAllocString(psz);
    if (psz && !string)
        return FALSE;
    SysFreeString(*pbstr);
    *pbstr = string;
    return TRUE;
}

void WINAPI SysFreeString(BSTR bstrString)
{
    if (bstrString)
        free((char *)bstrString - PREFIX_BYTES);
}

UINT WINAPI SysStringByteLen(BSTR bstr)
{
    uint32_t bytes = 0;
    if (bstr)
        memcpy(&bytes, (const char *)bstr - LENGTH_BYTES, LENGTH_BYTES);
    return bytes;
}

UINT WINAPI SysStringLen(BSTR pbstr)
{
    return SysStringByteLen(pbstr) / sizeof(OLECHAR);
}
