#include <errno.h>
#include <stdbool.h>
#include <sys/random.h>
#include <windows/combaseapi.h>

/* In the text, the bytes of a GUID stand in this order; a dash comes before those at 4, 6, 8 and 10. */
static const unsigned char order[] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
#define GUID_UNITS 39 /* braces, 32 digits, 4 dashes, NUL */

static bool dash_before(size_t position)
{
    return position == 4 || position == 6 || position == 8 || position == 10;
}

HRESULT WINAPI CoCreateGuid(GUID *pguid)
{
    if (!pguid)
        return E_INVALIDARG;
    GUID guid;
    if (getrandom(&guid, sizeof(guid), 0) != sizeof(guid)) /* never short for so few bytes, once the pool is filled */
        return HRESULT_FROM_WIN32(ERROR_GEN_FAILURE);
    guid.Data3 = (USHORT)((guid.Data3 & 0x0FFF) | 0x4000);
    guid.Data4[0] = (UCHAR)((guid.Data4[0] & 0x3F) | 0x80);
    *pguid = guid;
    return S_OK;
}

int WINAPI StringFromGUID2(REFGUID rguid, LPOLESTR lpsz, int cchMax)
{
    static const char digits[] = "0123456789ABCDEF";
    if (!rguid || !lpsz || cchMax < GUID_UNITS)
        return 0;
    const unsigned char *bytes = (const unsigned char *)rguid;
    *lpsz++ = '{';
    for (size_t i = 0; i < sizeof(GUID); i++) {
        if (dash_before(i))
            *lpsz++ = '-';
        *lpsz++ = (OLECHAR)digits[bytes[order[i]] >> 4];
        *lpsz++ = (OLECHAR)digits[bytes[order[i]] & 15];
    }
    *lpsz++ = '}';
    *lpsz = 0;
    return GUID_UNITS;
}

HRESULT WINAPI StringFromCLSID(REFCLSID rclsid, LPOLESTR *lplpsz)
{
    if (!rclsid || !lplpsz)
        return E_INVALIDARG;
    *lplpsz = CoTaskMemAlloc(GUID_UNITS * sizeof(OLECHAR));
    if (!*lplpsz)
        return E_OUTOFMEMORY;
    StringFromGUID2(rclsid, *lplpsz, GUID_UNITS);
    return S_OK;
}

HRESULT WINAPI StringFromIID(REFIID rclsid, LPOLESTR *lplpsz)
{
    return StringFromCLSID(rclsid, lplpsz);
}

static int digit_value(OLECHAR digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    OLECHAR small = digit | 0x20;
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

/* Never reads past the NUL: each step stops at the first unit that does not fit. */
static bool parse(LPCOLESTR text, GUID *ret)
{
    GUID guid;
    unsigned char *bytes = (unsigned char *)&guid;
    if (*text++ != '{')
        return false;
    for (size_t i = 0; i < sizeof(GUID); i++) {
        if (dash_before(i) && *text++ != '-')
            return false;
        int high = digit_value(text[0]);
        int low = high < 0 ? -1 : digit_value(text[1]);
        if (low < 0)
            return false;
        bytes[order[i]] = (unsigned char)(high << 4 | low);
        text += 2;
    }
    if (text[0] != '}' || text[1] != 0)
        return false;
    *ret = guid;
    return true;
}

static HRESULT from_string(LPCOLESTR text, GUID *ret, HRESULT other_form)
{
    if (!ret)
        return E_INVALIDARG;
    memset(ret, 0, sizeof(*ret));
    return !text || parse(text, ret) ? S_OK : other_form;
}

HRESULT WINAPI CLSIDFromString(LPCOLESTR lpsz, LPCLSID pclsid)
{
    return from_string(lpsz, pclsid, CO_E_CLASSSTRING);
}

HRESULT WINAPI IIDFromString(LPCOLESTR lpsz, LPIID lpiid)
{
    return from_string(lpsz, lpiid, E_INVALIDARG);
}
