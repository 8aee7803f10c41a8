/* A BSTR points behind its length in bytes, which lies four bytes before it; the block begins eight before it, so that
 * the string is aligned like any other memory. */
#include "base/utf16.h"

#include <stdlib.h>
#include <string.h>
#include <windows/oleauto.h>

#define PREFIX_BYTES 8
#define LENGTH_BYTES 4

BSTR WINAPI SysAllocStringLen(const OLECHAR *strIn, UINT ui)
{
    if (ui > (UINT32_MAX - PREFIX_BYTES) / sizeof(OLECHAR) - 1)
        return NULL;
    uint32_t bytes = (uint32_t)(ui * sizeof(OLECHAR));
    char *block = calloc(1, PREFIX_BYTES + (size_t)bytes + sizeof(OLECHAR));
    if (!block)
        return NULL;
    memcpy(block + PREFIX_BYTES - LENGTH_BYTES, &bytes, LENGTH_BYTES);
    if (strIn)
        memcpy(block + PREFIX_BYTES, strIn, bytes);
    return (BSTR)(void *)(block + PREFIX_BYTES);
}

BSTR WINAPI SysAllocString(const OLECHAR *psz)
{
    if (!psz)
        return NULL;
    size_t units = tri_utf16_length(psz);
    return units > UINT32_MAX ? NULL : SysAllocStringLen(psz, (UINT)units);
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
