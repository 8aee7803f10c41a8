/* What C++ source for Windows holds interface pointers, BSTRs and VARIANTs with: CComPtr, CComBSTR and CComVariant, all
 * of it in this header. They do not throw: a function that can fail says so, and a constructor leaves nothing behind
 * where there is no memory. In C there is nothing here.
 *
 * Difference from Windows: only what programs were seen to use is here.
 * Follows: learn.microsoft.com/cpp/atl/reference/ccomptr-class */
#ifndef TRIREME_ATLCOMCLI_H
#define TRIREME_ATLCOMCLI_H

#if defined(__cplusplus) && !defined(CINTERFACE)

#include "trireme.h"
#include "windows/combaseapi.h"
#include "windows/oleauto.h"

#include <stdlib.h>
#include <string.h>
#include <utility>

template <class T> class CComPtr
{
public:
    CComPtr() noexcept = default;
    CComPtr(T *other) noexcept : p(other)
    {
        if (p)
            p->AddRef();
    }
    CComPtr(const CComPtr &other) noexcept : CComPtr(other.p) {}
    CComPtr(CComPtr &&other) noexcept : p(other.Detach()) {}
    ~CComPtr()
    {
        Release();
    }
    CComPtr &operator=(CComPtr other) noexcept
    {
        std::swap(p, other.p);
        return *this;
    }
    CComPtr &operator=(T *other) noexcept
    {
        return *this = CComPtr(other);
    }

    operator T *() const noexcept
    {
        return p;
    }
    T &operator*() const noexcept
    {
        return *p;
    }
    T *operator->() const noexcept
    {
        return p;
    }
    /* Where a function writes a pointer to; it must be NULL before. */
    T **operator&() noexcept
    {
        return &p;
    }
    bool operator!() const noexcept
    {
        return !p;
    }

    void Release() noexcept
    {
        T *before = Detach();
        if (before)
            before->Release();
    }
    void Attach(T *other) noexcept
    {
        Release();
        p = other;
    }
    T *Detach() noexcept
    {
        T *before = p;
        p = NULL;
        return before;
    }
    HRESULT CopyTo(T **ret) const noexcept
    {
        if (!ret)
            return E_POINTER;
        *ret = p;
        if (p)
            p->AddRef();
        return S_OK;
    }
    template <class Q> HRESULT QueryInterface(Q **ret) const noexcept
    {
        return p->QueryInterface(__uuidof(Q), reinterpret_cast<void **>(ret));
    }
    HRESULT CoCreateInstance(REFCLSID clsid, IUnknown *outer = NULL, DWORD context = CLSCTX_ALL) noexcept
    {
        return ::CoCreateInstance(clsid, outer, context, __uuidof(T), reinterpret_cast<void **>(&p));
    }

    T *p = NULL;
};

/* Made of any other interface of the object; NULL where it does not have this one. */
template <class T> class CComQIPtr : public CComPtr<T>
{
public:
    CComQIPtr() noexcept = default;
    CComQIPtr(IUnknown *other) noexcept
    {
        void *found = NULL;
        if (other && SUCCEEDED(other->QueryInterface(__uuidof(T), &found)))
            this->p = static_cast<T *>(found);
    }
};

class CComBSTR
{
public:
    CComBSTR() noexcept = default;
    CComBSTR(const CComBSTR &other) noexcept : m_str(other.Copy()) {}
    CComBSTR(CComBSTR &&other) noexcept : m_str(other.Detach()) {}
    CComBSTR(const WCHAR *text) noexcept : m_str(SysAllocString(text)) {}
    CComBSTR(const char *text) noexcept /* UTF-8 */
    {
        WCHAR *wide = text ? trireme_utf16_from_utf8(text) : NULL;
        m_str = SysAllocString(wide);
        free(wide);
    }
    CComBSTR(int size, const WCHAR *text = NULL) noexcept : m_str(SysAllocStringLen(text, static_cast<UINT>(size))) {}
    CComBSTR(REFGUID guid) noexcept
    {
        WCHAR text[39];
        if (StringFromGUID2(guid, text, 39) > 0)
            m_str = SysAllocString(text);
    }
    ~CComBSTR()
    {
        Empty();
    }
    CComBSTR &operator=(CComBSTR other) noexcept
    {
        std::swap(m_str, other.m_str);
        return *this;
    }

    operator BSTR() const noexcept
    {
        return m_str;
    }
    /* Where a function writes a string to; it must be empty before. */
    BSTR *operator&() noexcept
    {
        return &m_str;
    }
    bool operator!() const noexcept
    {
        return !m_str;
    }
    bool operator==(const CComBSTR &other) const noexcept
    {
        return Length() == other.Length() &&
               (Length() == 0 || memcmp(m_str, other.m_str, Length() * sizeof(WCHAR)) == 0);
    }
    bool operator!=(const CComBSTR &other) const noexcept
    {
        return !(*this == other);
    }
    CComBSTR &operator+=(const CComBSTR &other) noexcept
    {
        Append(other.m_str, static_cast<int>(other.Length()));
        return *this;
    }

    unsigned Length() const noexcept
    {
        return SysStringLen(m_str);
    }
    unsigned ByteLength() const noexcept
    {
        return SysStringByteLen(m_str);
    }
    BSTR Copy() const noexcept
    {
        return m_str ? SysAllocStringLen(m_str, Length()) : NULL;
    }
    HRESULT CopyTo(BSTR *ret) const noexcept
    {
        if (!ret)
            return E_POINTER;
        *ret = Copy();
        return m_str && !*ret ? E_OUTOFMEMORY : S_OK;
    }
    HRESULT Append(const WCHAR *text, int size) noexcept
    {
        BSTR joined = SysAllocStringLen(NULL, Length() + static_cast<UINT>(size));
        if (!joined)
            return E_OUTOFMEMORY;
        if (Length() > 0)
            memcpy(joined, m_str, Length() * sizeof(WCHAR));
        if (size > 0)
            memcpy(joined + Length(), text, static_cast<size_t>(size) * sizeof(WCHAR));
        Attach(joined);
        return S_OK;
    }
    HRESULT Append(const WCHAR *text) noexcept
    {
        int size = 0;
        while (text && text[size])
            size++;
        return Append(text, size);
    }
    HRESULT Append(const char *text) noexcept /* UTF-8 */
    {
        return Append(CComBSTR(text).m_str);
    }
    void Attach(BSTR other) noexcept
    {
        Empty();
        m_str = other;
    }
    BSTR Detach() noexcept
    {
        BSTR before = m_str;
        m_str = NULL;
        return before;
    }
    void Empty() noexcept
    {
        SysFreeString(Detach());
    }

    BSTR m_str = NULL;
};

class CComVariant : public VARIANT
{
public:
    CComVariant() noexcept
    {
        VariantInit(this);
    }
    CComVariant(const VARIANT &other) noexcept : CComVariant()
    {
        Copy(&other);
    }
    CComVariant(const CComVariant &other) noexcept : CComVariant(static_cast<const VARIANT &>(other)) {}
    CComVariant(bool value) noexcept : CComVariant()
    {
        V_VT(this) = VT_BOOL;
        V_BOOL(this) = value ? VARIANT_TRUE : VARIANT_FALSE;
    }
    CComVariant(BYTE value) noexcept : CComVariant()
    {
        V_VT(this) = VT_UI1;
        V_UI1(this) = value;
    }
    CComVariant(short value) noexcept : CComVariant()
    {
        V_VT(this) = VT_I2;
        V_I2(this) = value;
    }
    CComVariant(int value, VARTYPE type = VT_I4) noexcept : CComVariant()
    {
        V_VT(this) = type;
        V_I4(this) = value;
    }
    CComVariant(unsigned value) noexcept : CComVariant()
    {
        V_VT(this) = VT_UI4;
        V_UI4(this) = value;
    }
    /* On Windows a long has 32 bits, and so has what becomes of it. */
    CComVariant(long value, VARTYPE type = VT_I4) noexcept : CComVariant(static_cast<int>(value), type) {}
    CComVariant(long long value) noexcept : CComVariant()
    {
        V_VT(this) = VT_I8;
        V_I8(this) = value;
    }
    CComVariant(unsigned long long value) noexcept : CComVariant()
    {
        V_VT(this) = VT_UI8;
        V_UI8(this) = value;
    }
    CComVariant(double value) noexcept : CComVariant()
    {
        V_VT(this) = VT_R8;
        V_R8(this) = value;
    }
    CComVariant(const WCHAR *value) noexcept : CComVariant()
    {
        set_string(CComBSTR(value).Detach(), value);
    }
    CComVariant(const char *value) noexcept : CComVariant()
    {
        set_string(CComBSTR(value).Detach(), value);
    }
    CComVariant(IUnknown *value) noexcept : CComVariant()
    {
        V_VT(this) = VT_UNKNOWN;
        V_UNKNOWN(this) = value;
        if (value)
            value->AddRef();
    }
    ~CComVariant()
    {
        VariantClear(this);
    }
    CComVariant &operator=(CComVariant other) noexcept
    {
        std::swap(static_cast<VARIANT &>(*this), static_cast<VARIANT &>(other));
        return *this;
    }

    HRESULT Clear() noexcept
    {
        return VariantClear(this);
    }
    HRESULT Copy(const VARIANT *other) noexcept
    {
        return VariantCopy(this, other);
    }
    HRESULT ChangeType(VARTYPE type, const VARIANT *from = NULL) noexcept
    {
        return VariantChangeType(this, from ? from : this, 0, type);
    }
    HRESULT Attach(VARIANT *other) noexcept
    {
        HRESULT hr = Clear();
        if (SUCCEEDED(hr)) {
            static_cast<VARIANT &>(*this) = *other;
            VariantInit(other);
        }
        return hr;
    }
    HRESULT Detach(VARIANT *ret) noexcept
    {
        *ret = *this;
        VariantInit(this);
        return S_OK;
    }

private:
    /* Without memory: VT_ERROR, as ATL has it. */
    void set_string(BSTR string, const void *wanted) noexcept
    {
        V_VT(this) = wanted && !string ? VT_ERROR : VT_BSTR;
        V_BSTR(this) = string;
        if (V_VT(this) == VT_ERROR)
            V_ERROR(this) = E_OUTOFMEMORY;
    }
};

#endif
#endif
