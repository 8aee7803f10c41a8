/* What C++ source for Windows throws where COM fails, and the classes of comutil.h and comip.h; all of it in this header.
 * In C there is nothing here.
 * Follows: learn.microsoft.com/cpp/cpp/com-error-class */
#ifndef TRIREME_COMDEF_H
#define TRIREME_COMDEF_H

#if defined(__cplusplus) && !defined(CINTERFACE)

#include "comip.h"
#include "comutil.h"

class _com_error
{
public:
    /* Takes a reference of its own to the error information, if any, or the caller's. */
    explicit _com_error(HRESULT hr, IErrorInfo *info = NULL, bool is_another = false) noexcept : hr_(hr), info_(info)
    {
        if (info_ && is_another)
            info_->AddRef();
    }
    _com_error(const _com_error &other) noexcept : hr_(other.hr_), info_(other.info_)
    {
        if (info_)
            info_->AddRef();
    }
    virtual ~_com_error()
    {
        if (info_)
            info_->Release();
        free(message_);
    }
    _com_error &operator=(_com_error other) noexcept
    {
        std::swap(hr_, other.hr_);
        std::swap(info_, other.info_);
        std::swap(message_, other.message_);
        return *this;
    }

    HRESULT Error() const noexcept
    {
        return hr_;
    }
    /* The sentence for the code, or its number; as long as this object. */
    const WCHAR *ErrorMessage() const noexcept
    {
        const char *text = trireme_hresult_text(hr_);
        if (!message_)
            message_ = trireme_utf16_from_utf8(text ? text : "Unknown error");
        return message_;
    }
    /* What the object that failed says; without text where it says nothing. */
    _bstr_t Description() const
    {
        return told(&IErrorInfo::GetDescription);
    }
    _bstr_t Source() const
    {
        return told(&IErrorInfo::GetSource);
    }
    _bstr_t HelpFile() const
    {
        return told(&IErrorInfo::GetHelpFile);
    }
    DWORD HelpContext() const noexcept
    {
        DWORD context = 0;
        return info_ && SUCCEEDED(info_->GetHelpContext(&context)) ? context : 0;
    }
    /* With a reference that is the caller's, or NULL. */
    IErrorInfo *ErrorInfo() const noexcept
    {
        if (info_)
            info_->AddRef();
        return info_;
    }

private:
    _bstr_t told(HRESULT (STDMETHODCALLTYPE IErrorInfo::*function)(BSTR *)) const
    {
        BSTR text = NULL;
        if (!info_ || FAILED((info_->*function)(&text)))
            return _bstr_t();
        return _bstr_t(text, false);
    }

    HRESULT hr_;
    IErrorInfo *info_;
    mutable WCHAR *message_ = NULL;
};

inline void _com_raise_error(HRESULT hr, IErrorInfo *info = NULL)
{
#ifdef __cpp_exceptions
    throw _com_error(hr, info);
#else
    (void)hr;
    (void)info;
    abort();
#endif
}

inline void _com_issue_error(HRESULT hr)
{
    _com_raise_error(hr);
}

/* The same with the thread's error information. */
inline void _com_issue_errorex(HRESULT hr, IUnknown *, REFIID)
{
    IErrorInfo *info = NULL;
    GetErrorInfo(0, &info);
    _com_raise_error(hr, info);
}

#endif
#endif
