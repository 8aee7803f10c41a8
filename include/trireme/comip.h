/* Smart pointers as the compiler's own of Windows are: _COM_SMARTPTR_TYPEDEF(IWbemLocator, __uuidof(IWbemLocator)) declares
 * IWbemLocatorPtr. They differ from CComPtr in that they throw: where an interface is called that is not there, and where a
 * query for one fails otherwise than by E_NOINTERFACE. In C there is nothing here.
 * Follows: learn.microsoft.com/cpp/cpp/com-ptr-t-class */
#ifndef TRIREME_COMIP_H
#define TRIREME_COMIP_H

#if defined(__cplusplus) && !defined(CINTERFACE)

#include <utility>

#include "windows/combaseapi.h"
#include "windows/oleauto.h"

inline void _com_issue_error(HRESULT hr); /* comdef.h */

/* An interface and its id, which is that of the type unless another is given. */
template <class I, const IID *id = nullptr> class _com_IIID
{
  public:
    typedef I Interface;

    static const IID &GetIID() noexcept
    {
        return *id;
    }
};

template <class I> class _com_IIID<I, nullptr>
{
  public:
    typedef I Interface;

    static const IID &GetIID() noexcept
    {
        return __uuidof(I);
    }
};

template <class IIID> class _com_ptr_t
{
  public:
    typedef IIID ThisIIID;
    typedef typename IIID::Interface Interface;

    static const IID &GetIID() noexcept
    {
        return IIID::GetIID();
    }

    _com_ptr_t() noexcept = default;
    _com_ptr_t(Interface *other) noexcept : p_(other)
    {
        take();
    }
    /* add_ref false: the caller's reference becomes this one's. */
    _com_ptr_t(Interface *other, bool add_ref) noexcept : p_(other)
    {
        if (add_ref)
            take();
    }
    _com_ptr_t(const _com_ptr_t &other) noexcept : _com_ptr_t(other.p_)
    {
    }
    _com_ptr_t(_com_ptr_t &&other) noexcept : p_(other.Detach())
    {
    }
    /* Of another interface of the object; NULL where it has none such as this. */
    template <class Other> _com_ptr_t(const _com_ptr_t<Other> &other)
    {
        ask(other.GetInterfacePtr());
    }
    template <class Other> _com_ptr_t(Other *other)
    {
        ask(other);
    }
    /* A new object of a class. */
    explicit _com_ptr_t(const CLSID &clsid, IUnknown *outer = NULL, DWORD context = CLSCTX_ALL)
    {
        throw_unless_known(CreateInstance(clsid, outer, context));
    }
    ~_com_ptr_t()
    {
        let_go();
    }
    _com_ptr_t &operator=(_com_ptr_t other) noexcept
    {
        std::swap(p_, other.p_);
        return *this;
    }

    operator Interface *() const noexcept
    {
        return p_;
    }
    operator Interface &() const
    {
        return *there();
    }
    Interface &operator*() const
    {
        return *there();
    }
    Interface *operator->() const
    {
        return there();
    }
    /* Where a function writes an interface to; what was held before is let go of. */
    Interface **operator&() noexcept
    {
        let_go();
        return &p_;
    }
    explicit operator bool() const noexcept
    {
        return p_ != NULL;
    }
    bool operator!() const noexcept
    {
        return !p_;
    }
    bool operator==(Interface *other) const noexcept
    {
        return p_ == other;
    }
    bool operator!=(Interface *other) const noexcept
    {
        return p_ != other;
    }
    bool operator==(const _com_ptr_t &other) const noexcept
    {
        return p_ == other.p_;
    }
    bool operator!=(const _com_ptr_t &other) const noexcept
    {
        return p_ != other.p_;
    }

    Interface *GetInterfacePtr() const noexcept
    {
        return p_;
    }
    Interface *&GetInterfacePtr() noexcept
    {
        return p_;
    }
    void Attach(Interface *other) noexcept
    {
        let_go();
        p_ = other;
    }
    void Attach(Interface *other, bool add_ref) noexcept
    {
        Attach(other);
        if (add_ref)
            take();
    }
    Interface *Detach() noexcept
    {
        Interface *before = p_;
        p_ = NULL;
        return before;
    }
    void AddRef()
    {
        there()->AddRef();
    }
    void Release()
    {
        there();
        let_go();
    }
    HRESULT CreateInstance(const CLSID &clsid, IUnknown *outer = NULL, DWORD context = CLSCTX_ALL) noexcept
    {
        let_go();
        return CoCreateInstance(clsid, outer, context, GetIID(), reinterpret_cast<void **>(&p_));
    }
    template <class Other> HRESULT QueryInterface(const IID &iid, Other *&ret) noexcept
    {
        return p_ ? p_->QueryInterface(iid, reinterpret_cast<void **>(&ret)) : E_POINTER;
    }
    template <class Other> HRESULT QueryInterface(const IID &iid, Other **ret) noexcept
    {
        return p_ ? p_->QueryInterface(iid, reinterpret_cast<void **>(ret)) : E_POINTER;
    }

  private:
    void take() noexcept
    {
        if (p_)
            p_->AddRef();
    }
    /* What is let go of is let go of last: it may end in a call that looks at this pointer. */
    void let_go() noexcept
    {
        Interface *before = Detach();
        if (before)
            before->Release();
    }
    Interface *there() const
    {
        if (!p_)
            _com_issue_error(E_POINTER);
        return p_;
    }
    void throw_unless_known(HRESULT hr)
    {
        if (FAILED(hr) && hr != E_NOINTERFACE)
            _com_issue_error(hr);
    }
    void ask(IUnknown *other)
    {
        if (other)
            throw_unless_known(other->QueryInterface(GetIID(), reinterpret_cast<void **>(&p_)));
    }

    Interface *p_ = NULL;
};

/* The id is the type's; what is given is what Windows' source has there. */
#define _COM_SMARTPTR _com_ptr_t
#define _COM_SMARTPTR_TYPEDEF(interface_, iid) typedef _com_ptr_t<_com_IIID<interface_>> interface_##Ptr

_COM_SMARTPTR_TYPEDEF(IUnknown, __uuidof(IUnknown));
_COM_SMARTPTR_TYPEDEF(IErrorInfo, __uuidof(IErrorInfo));
_COM_SMARTPTR_TYPEDEF(ICreateErrorInfo, __uuidof(ICreateErrorInfo));
_COM_SMARTPTR_TYPEDEF(IClassFactory, __uuidof(IClassFactory));

/* _com_issue_error is there. */
#include "comdef.h"

#endif
#endif
