/* What C++ source for Windows wraps BSTRs and VARIANTs in: _bstr_t and _variant_t, all of it in this header. Narrow
 * text is UTF-8. What fails (no memory, a value that cannot be converted) is thrown as a _com_error (comdef.h); where
 * the compiler has exceptions turned off, the program ends. Objects are like any other value: not for two threads at
 * once. In C there is nothing here.
 *
 * Differences from Windows: a copy of a _bstr_t is a string of its own, and only what programs were seen to use is
 * here.
 * Follows: learn.microsoft.com/cpp/cpp/compiler-com-support-classes */
#ifndef TRIREME_COMUTIL_H
#define TRIREME_COMUTIL_H

#if defined(__cplusplus) && !defined(CINTERFACE)

#include "trireme.h"
#include "windows/combaseapi.h"
#include "windows/oleauto.h"

#include <stdlib.h>
#include <string.h>
#include <utility>

inline void _com_issue_error(HRESULT hr); /* comdef.h */

class _variant_t;

class _bstr_t
{
public:
    _bstr_t() noexcept = default;
    _bstr_t(const _bstr_t &other) : string_(copied(other.string_)) {}
    _bstr_t(_bstr_t &&other) noexcept : string_(other.Detach()) {}
    _bstr_t(const char *text) : string_(widened(text)) {}
    _bstr_t(const WCHAR *text) : string_(checked(SysAllocString(text), text)) {}
    _bstr_t(BSTR string, bool is_copied) : string_(is_copied ? copied(string) : string) {}
    _bstr_t(const _variant_t &value);
    ~_bstr_t()
    {
        reset(NULL);
    }

    _bstr_t &operator=(_bstr_t other) noexcept
    {
        std::swap(string_, other.string_);
        std::swap(narrow_, other.narrow_);
        return *this;
    }
    _bstr_t &operator+=(const _bstr_t &other)
    {
        BSTR joined = checked(SysAllocStringLen(NULL, length() + other.length()), this);
        if (length() > 0)
            memcpy(joined, string_, length() * sizeof(WCHAR));
        if (other.length() > 0)
            memcpy(joined + length(), other.string_, other.length() * sizeof(WCHAR));
        reset(joined);
        return *this;
    }
    _bstr_t operator+(const _bstr_t &other) const
    {
        _bstr_t joined(*this);
        joined += other;
        return joined;
    }

    operator const WCHAR *() const noexcept
    {
        return string_;
    }
    operator WCHAR *() const noexcept
    {
        return string_;
    }
    /* UTF-8, until the string is changed; NULL for none. */
    operator const char *() const
    {
        if (!narrow_ && string_)
            narrow_ = checked(trireme_utf8_from_utf16(string_), string_);
        return narrow_;
    }
    bool operator!() const noexcept
    {
        return !string_;
    }
    bool operator==(const _bstr_t &other) const noexcept
    {
        return compare(other) == 0;
    }
    bool operator!=(const _bstr_t &other) const noexcept
    {
        return compare(other) != 0;
    }
    bool operator<(const _bstr_t &other) const noexcept
    {
        return compare(other) < 0;
    }
    bool operator>(const _bstr_t &other) const noexcept
    {
        return compare(other) > 0;
    }

    unsigned length() const noexcept
    {
        return SysStringLen(string_);
    }
    BSTR &GetBSTR() noexcept
    {
        return string_;
    }
    /* Where a function writes a string to; what was there is freed. */
    BSTR *GetAddress() noexcept
    {
        reset(NULL);
        return &string_;
    }
    BSTR copy(bool is_copied = true) const
    {
        return is_copied ? copied(string_) : string_;
    }
    void Assign(BSTR string)
    {
        reset(copied(string));
    }
    void Attach(BSTR string) noexcept
    {
        reset(string);
    }
    BSTR Detach() noexcept
    {
        BSTR string = string_;
        string_ = NULL;
        reset(NULL);
        return string;
    }

private:
    template <typename result> static result *checked(result *got, const void *wanted)
    {
        if (!got && wanted)
            _com_issue_error(E_OUTOFMEMORY);
        return got;
    }
    static BSTR copied(BSTR string)
    {
        return string ? checked(SysAllocStringLen(string, SysStringLen(string)), string) : NULL;
    }
    static BSTR widened(const char *text)
    {
        WCHAR *wide = text ? checked(trireme_utf16_from_utf8(text), text) : NULL;
        BSTR string = SysAllocString(wide);
        free(wide);
        return checked(string, text);
    }
    int compare(const _bstr_t &other) const noexcept
    {
        unsigned mine = length(), theirs = other.length(), i = 0;
        while (i < mine && i < theirs && string_[i] == other.string_[i])
            i++;
        if (i < mine && i < theirs)
            return string_[i] < other.string_[i] ? -1 : 1;
        return mine < theirs ? -1 : mine > theirs;
    }
    void reset(BSTR string) noexcept
    {
        SysFreeString(string_);
        free(narrow_);
        string_ = string;
        narrow_ = NULL;
    }

    BSTR string_ = NULL;
    mutable char *narrow_ = NULL; /* what operator const char * answered */
};
typedef _bstr_t bstr_t;

class _variant_t : public VARIANT
{
public:
    _variant_t() noexcept
    {
        VariantInit(this);
    }
    _variant_t(const VARIANT &other)
    {
        VariantInit(this);
        check(VariantCopy(this, &other));
    }
    _variant_t(const VARIANT *other) : _variant_t(*other) {}
    _variant_t(const _variant_t &other) : _variant_t(static_cast<const VARIANT &>(other)) {}
    _variant_t(_variant_t &&other) noexcept : VARIANT(other)
    {
        VariantInit(&other);
    }
    _variant_t(VARIANT &other, bool is_copied)
    {
        VariantInit(this);
        if (is_copied)
            check(VariantCopy(this, &other));
        else
            Attach(other);
    }
    _variant_t(bool value) noexcept : _variant_t()
    {
        V_VT(this) = VT_BOOL;
        V_BOOL(this) = value ? VARIANT_TRUE : VARIANT_FALSE;
    }
    _variant_t(short value, VARTYPE type = VT_I2) : _variant_t() /* VT_I2, or VT_BOOL */
    {
        V_VT(this) = type;
        V_I2(this) = type == VT_BOOL && value ? VARIANT_TRUE : value;
    }
    _variant_t(unsigned char value) noexcept : _variant_t()
    {
        V_VT(this) = VT_UI1;
        V_UI1(this) = value;
    }
    _variant_t(char value) noexcept : _variant_t()
    {
        V_VT(this) = VT_I1;
        V_I1(this) = value;
    }
    _variant_t(unsigned short value) noexcept : _variant_t()
    {
        V_VT(this) = VT_UI2;
        V_UI2(this) = value;
    }
    _variant_t(int value, VARTYPE type = VT_I4) noexcept : _variant_t() /* VT_I4, VT_ERROR or VT_BOOL */
    {
        V_VT(this) = type;
        V_I4(this) = type == VT_BOOL && value ? VARIANT_TRUE : value;
    }
    _variant_t(unsigned value) noexcept : _variant_t()
    {
        V_VT(this) = VT_UI4;
        V_UI4(this) = value;
    }
    /* On Windows a long has 32 bits, and so has what becomes of it. */
    _variant_t(long value, VARTYPE type = VT_I4) noexcept : _variant_t(static_cast<int>(value), type) {}
    _variant_t(unsigned long value) noexcept : _variant_t(static_cast<unsigned>(value)) {}
    _variant_t(long long value) noexcept : _variant_t()
    {
        V_VT(this) = VT_I8;
        V_I8(this) = value;
    }
    _variant_t(unsigned long long value) noexcept : _variant_t()
    {
        V_VT(this) = VT_UI8;
        V_UI8(this) = value;
    }
    _variant_t(float value) noexcept : _variant_t()
    {
        V_VT(this) = VT_R4;
        V_R4(this) = value;
    }
    _variant_t(double value, VARTYPE type = VT_R8) noexcept : _variant_t() /* VT_R8, or VT_DATE */
    {
        V_VT(this) = type;
        V_R8(this) = value;
    }
    _variant_t(const _bstr_t &value) : _variant_t()
    {
        V_BSTR(this) = value.copy();
        V_VT(this) = VT_BSTR;
    }
    _variant_t(const WCHAR *value) : _variant_t(_bstr_t(value)) {}
    _variant_t(const char *value) : _variant_t(_bstr_t(value)) {}
    _variant_t(IUnknown *value, bool is_another = true) noexcept : _variant_t() /* with a reference of its own */
    {
        V_VT(this) = VT_UNKNOWN;
        V_UNKNOWN(this) = value;
        if (value && is_another)
            value->AddRef();
    }
    ~_variant_t()
    {
        VariantClear(this);
    }

    _variant_t &operator=(_variant_t other) noexcept
    {
        std::swap(static_cast<VARIANT &>(*this), static_cast<VARIANT &>(other));
        return *this;
    }

    operator short() const
    {
        const _variant_t value = converted(VT_I2);
        return V_I2(&value);
    }
    operator int() const
    {
        const _variant_t value = converted(VT_I4);
        return V_I4(&value);
    }
    operator long() const
    {
        const _variant_t value = converted(VT_I4);
        return V_I4(&value);
    }
    operator unsigned() const
    {
        const _variant_t value = converted(VT_UI4);
        return V_UI4(&value);
    }
    operator long long() const
    {
        const _variant_t value = converted(VT_I8);
        return V_I8(&value);
    }
    operator unsigned long long() const
    {
        const _variant_t value = converted(VT_UI8);
        return V_UI8(&value);
    }
    operator float() const
    {
        const _variant_t value = converted(VT_R4);
        return V_R4(&value);
    }
    operator double() const
    {
        const _variant_t value = converted(VT_R8);
        return V_R8(&value);
    }
    operator bool() const
    {
        const _variant_t value = converted(VT_BOOL);
        return V_BOOL(&value) != VARIANT_FALSE;
    }
    operator _bstr_t() const
    {
        return _bstr_t(*this);
    }
    bool operator==(const VARIANT &other) const; /* same type, same value; objects and arrays: the same one */
    bool operator!=(const VARIANT &other) const
    {
        return !(*this == other);
    }

    void Clear()
    {
        check(VariantClear(this));
    }
    void ChangeType(VARTYPE type, const _variant_t *from = NULL)
    {
        check(VariantChangeType(this, from ? from : this, 0, type));
    }
    void SetString(const char *text)
    {
        *this = _variant_t(text);
    }
    void Attach(VARIANT &other)
    {
        Clear();
        static_cast<VARIANT &>(*this) = other;
        VariantInit(&other);
    }
    VARIANT Detach() noexcept
    {
        VARIANT value = *this;
        VariantInit(this);
        return value;
    }
    VARIANT &GetVARIANT() noexcept
    {
        return *this;
    }
    /* Where a function writes a value to; what was there is freed. */
    VARIANT *GetAddress()
    {
        Clear();
        return this;
    }

private:
    static void check(HRESULT hr)
    {
        if (FAILED(hr))
            _com_issue_error(hr);
    }
    _variant_t converted(VARTYPE type) const
    {
        _variant_t value;
        value.ChangeType(type, this);
        return value;
    }
};
typedef _variant_t variant_t;

inline bool _variant_t::operator==(const VARIANT &other) const
{
    if (V_VT(this) != V_VT(&other))
        return false;
    switch (V_VT(this)) {
    case VT_EMPTY:
    case VT_NULL:
        return true;
    case VT_BSTR:
        return SysStringByteLen(V_BSTR(this)) == SysStringByteLen(V_BSTR(&other)) &&
               (!V_BSTR(this) || !V_BSTR(&other) ||
                memcmp(V_BSTR(this), V_BSTR(&other), SysStringByteLen(V_BSTR(this))) == 0);
    case VT_R4:
        return !(V_R4(this) < V_R4(&other)) && !(V_R4(this) > V_R4(&other));
    case VT_R8:
    case VT_DATE:
        return !(V_R8(this) < V_R8(&other)) && !(V_R8(this) > V_R8(&other));
    case VT_I1:
    case VT_UI1:
        return V_UI1(this) == V_UI1(&other);
    case VT_I2:
    case VT_UI2:
    case VT_BOOL:
        return V_UI2(this) == V_UI2(&other);
    case VT_I4:
    case VT_UI4:
    case VT_INT:
    case VT_UINT:
    case VT_ERROR:
        return V_UI4(this) == V_UI4(&other);
    case VT_DECIMAL:
        return memcmp(&V_DECIMAL(this), &V_DECIMAL(&other), sizeof(DECIMAL)) == 0;
    default:
        return V_UI8(this) == V_UI8(&other);
    }
}

inline _bstr_t::_bstr_t(const _variant_t &value)
{
    _variant_t text;
    text.ChangeType(VT_BSTR, &value);
    string_ = V_BSTR(&text);
    text.Detach();
}

namespace _com_util
{
inline void CheckError(HRESULT hr)
{
    if (FAILED(hr))
        _com_issue_error(hr);
}
inline BSTR ConvertStringToBSTR(const char *text)
{
    return _bstr_t(text).Detach();
}
/* To be freed with delete[]. */
inline char *ConvertBSTRToString(BSTR string)
{
    const _bstr_t copy(string, true);
    const char *text = copy;
    char *result = text ? new char[strlen(text) + 1] : NULL;
    return result ? strcpy(result, text) : NULL;
}
}

#endif

/* _com_issue_error is there. */
#include "comdef.h"

#endif
