#include "base/utf16.h"

#include <errno.h>
#include <trireme.h>

/* The library itself is built without -fshort-wchar: for it the two names are one type. */
TRIREME_STATIC_ASSERT(_Generic((WCHAR){0}, char16_t : 1, default : 0), "WCHAR is char16_t");

static void set_last_error(int r)
{
    SetLastError(r == -ENOMEM ? ERROR_NOT_ENOUGH_MEMORY : ERROR_INVALID_PARAMETER);
}

char *trireme_utf8_from_utf16(const WCHAR *text)
{
    char *utf8 = NULL;
    int r = text ? tri_utf8_from_utf16(text, &utf8) : -EINVAL;
    if (r < 0)
        set_last_error(r);
    return utf8;
}

WCHAR *trireme_utf16_from_utf8(const char *text)
{
    WCHAR *utf16 = NULL;
    int r = text ? tri_utf16_from_utf8(text, &utf16) : -EINVAL;
    if (r < 0)
        set_last_error(r);
    return utf16;
}
