#include "com.h"

#include <stdio.h>
#include <string.h>
#include <trireme.h>

#include "output.h"

void tri_releasep(void *interface_pointer)
{
    IUnknown **object = interface_pointer;

    if (*object)
        IUnknown_Release(*object);
    *object = NULL;
}

void tri_bstr_freep(BSTR *string)
{
    SysFreeString(*string);
}

void tri_variant_clearp(VARIANT *variant)
{
    VariantClear(variant);
}

BSTR tri_bstr(const char *text)
{
    TRI_AUTO_FREE WCHAR *wide = text ? tri_checked(trireme_utf16_from_utf8(text)) : NULL;

    return text ? tri_checked(SysAllocString(wide)) : NULL;
}

char *tri_text_of(LPCWSTR text)
{
    return text ? tri_checked(trireme_utf8_from_utf16(text)) : NULL;
}

char *tri_text_of_bstr(BSTR string)
{
    return string ? tri_text_of(string) : tri_text_format("%s", "");
}

/* The thread's error information, which is gone then; NULL where there is none. */
static char *take_error_text(void)
{
    TRI_AUTO_RELEASE IErrorInfo *info = NULL;
    TRI_AUTO_BSTR BSTR text = NULL;

    if (GetErrorInfo(0, &info) != S_OK || FAILED(IErrorInfo_GetDescription(info, &text)))
        return NULL;
    return tri_text_of(text);
}

/* The library's sentence, without its full stop, and what helps. */
static char *hinted(char *message, const char *hint)
{
    size_t length = strlen(message);

    while (length && strchr(". \n", message[length - 1]))
        length--;
    return tri_text_format("%.*s; %s", (int)length, message, hint);
}

int tri_vfail_com_hint(const struct tri_cli *cli, HRESULT hr, const char *hint, const char *format, va_list arguments)
{
    TRI_AUTO_FREE char *message = take_error_text();
    TRI_AUTO_FREE char *whole = message && hint ? hinted(message, hint) : NULL;
    TRI_AUTO_FREE char *what = NULL;

    if (vasprintf(&what, format, arguments) < 0)
        tri_no_memory();
    return tri_fail_because(cli, hr, whole ? whole : message, "%s", what);
}

int tri_vfail_com(const struct tri_cli *cli, HRESULT hr, const char *format, va_list arguments)
{
    return tri_vfail_com_hint(cli, hr, NULL, format, arguments);
}

int tri_fail_com_hint(const struct tri_cli *cli, HRESULT hr, const char *hint, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int status = tri_vfail_com_hint(cli, hr, hint, format, arguments);
    va_end(arguments);
    return status;
}

int tri_fail_com(const struct tri_cli *cli, HRESULT hr, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int status = tri_vfail_com(cli, hr, format, arguments);
    va_end(arguments);
    return status;
}
