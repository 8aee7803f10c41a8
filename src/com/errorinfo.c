#include "com/errorinfo.h"

#include "base/cleanup.h"
#include "base/utf16.h"
#include "com/object.h"
#include "com/variant.h"

#include <windows/oleauto.h>

/* ---- the object ---- */

struct error_info {
    struct tri_com_object com;
    struct tri_com_face IErrorInfo_face;
    struct tri_com_face ICreateErrorInfo_face;
    pthread_mutex_t lock; /* over what follows: a client may write while another reads */
    GUID guid;
    BSTR source; /* each may be NULL */
    BSTR text;
    BSTR help_file;
    DWORD help_context;
};

static HRESULT copy_out(struct error_info *info, const BSTR *text, BSTR *ret)
{
    if (!ret)
        return E_INVALIDARG;
    *ret = NULL;
    TRI_LOCK_SCOPE(&info->lock);
    return tri_bstr_copy(*text, ret);
}

static HRESULT STDMETHODCALLTYPE error_info_GetGUID(IErrorInfo *This, GUID *pGUID)
{
    struct error_info *info = tri_com_face_object(This);
    if (!pGUID)
        return E_INVALIDARG;
    TRI_LOCK_SCOPE(&info->lock);
    *pGUID = info->guid;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE error_info_GetSource(IErrorInfo *This, BSTR *pBstrSource)
{
    struct error_info *info = tri_com_face_object(This);
    return copy_out(info, &info->source, pBstrSource);
}

static HRESULT STDMETHODCALLTYPE error_info_GetDescription(IErrorInfo *This, BSTR *pBstrDescription)
{
    struct error_info *info = tri_com_face_object(This);
    return copy_out(info, &info->text, pBstrDescription);
}

static HRESULT STDMETHODCALLTYPE error_info_GetHelpFile(IErrorInfo *This, BSTR *pBstrHelpFile)
{
    struct error_info *info = tri_com_face_object(This);
    return copy_out(info, &info->help_file, pBstrHelpFile);
}

static HRESULT STDMETHODCALLTYPE error_info_GetHelpContext(IErrorInfo *This, DWORD *pdwHelpContext)
{
    struct error_info *info = tri_com_face_object(This);
    if (!pdwHelpContext)
        return E_INVALIDARG;
    TRI_LOCK_SCOPE(&info->lock);
    *pdwHelpContext = info->help_context;
    return S_OK;
}

static const IErrorInfoVtbl error_info_vtbl = {
    TRI_COM_UNKNOWN(IErrorInfo),
    .GetGUID = error_info_GetGUID,
    .GetSource = error_info_GetSource,
    .GetDescription = error_info_GetDescription,
    .GetHelpFile = error_info_GetHelpFile,
    .GetHelpContext = error_info_GetHelpContext,
};

static HRESULT copy_in(struct error_info *info, LPCOLESTR text, BSTR *place)
{
    BSTR copy = SysAllocString(text);
    if (text && !copy)
        return E_OUTOFMEMORY;
    TRI_LOCK_SCOPE(&info->lock);
    SysFreeString(*place);
    *place = copy;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE error_info_SetGUID(ICreateErrorInfo *This, REFGUID rguid)
{
    struct error_info *info = tri_com_face_object(This);
    if (!rguid)
        return E_INVALIDARG;
    TRI_LOCK_SCOPE(&info->lock);
    info->guid = *rguid;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE error_info_SetSource(ICreateErrorInfo *This, LPOLESTR szSource)
{
    struct error_info *info = tri_com_face_object(This);
    return copy_in(info, szSource, &info->source);
}

static HRESULT STDMETHODCALLTYPE error_info_SetDescription(ICreateErrorInfo *This, LPOLESTR szDescription)
{
    struct error_info *info = tri_com_face_object(This);
    return copy_in(info, szDescription, &info->text);
}

static HRESULT STDMETHODCALLTYPE error_info_SetHelpFile(ICreateErrorInfo *This, LPOLESTR szHelpFile)
{
    struct error_info *info = tri_com_face_object(This);
    return copy_in(info, szHelpFile, &info->help_file);
}

static HRESULT STDMETHODCALLTYPE error_info_SetHelpContext(ICreateErrorInfo *This, DWORD dwHelpContext)
{
    struct error_info *info = tri_com_face_object(This);
    TRI_LOCK_SCOPE(&info->lock);
    info->help_context = dwHelpContext;
    return S_OK;
}

static const ICreateErrorInfoVtbl create_error_info_vtbl = {
    TRI_COM_UNKNOWN(ICreateErrorInfo),
    .SetGUID = error_info_SetGUID,
    .SetSource = error_info_SetSource,
    .SetDescription = error_info_SetDescription,
    .SetHelpFile = error_info_SetHelpFile,
    .SetHelpContext = error_info_SetHelpContext,
};

static void error_info_destroy(void *object)
{
    struct error_info *info = object;
    SysFreeString(info->source);
    SysFreeString(info->text);
    SysFreeString(info->help_file);
    pthread_mutex_destroy(&info->lock);
}

static const struct tri_com_row error_info_rows[] = {
    {&IID_IErrorInfo, offsetof(struct error_info, IErrorInfo_face), &error_info_vtbl},
    {&IID_ICreateErrorInfo, offsetof(struct error_info, ICreateErrorInfo_face), &create_error_info_vtbl},
};

static const struct tri_com_class error_info_class = {
    .name = "error information",
    .size = sizeof(struct error_info),
    .rows = error_info_rows,
    .row_count = sizeof error_info_rows / sizeof error_info_rows[0],
    .destroy = error_info_destroy,
};

static struct error_info *error_info_new(void)
{
    struct error_info *info = tri_com_new(&error_info_class);
    if (info)
        pthread_mutex_init(&info->lock, NULL);
    return info;
}

static bool bstr_from_utf8(const char *text, BSTR *ret)
{
    TRI_AUTO_FREE char16_t *utf16 = NULL;
    if (text && tri_utf16_from_utf8(text, &utf16) < 0)
        return false;
    *ret = SysAllocString(utf16);
    return *ret || !text;
}

HRESULT WINAPI CreateErrorInfo(ICreateErrorInfo **pperrinfo)
{
    if (!pperrinfo)
        return E_INVALIDARG;
    struct error_info *info = error_info_new();
    *pperrinfo = info ? (ICreateErrorInfo *)&info->ICreateErrorInfo_face : NULL;
    return info ? S_OK : E_OUTOFMEMORY;
}

/* ---- the thread's ---- */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool have_key;

static void release(void *info)
{
    ((IErrorInfo *)info)->lpVtbl->Release(info);
}

static void make_key(void)
{
    have_key = pthread_key_create(&key, release) == 0;
}

/* Takes the thread's information away and leaves that in its place. Without a key (a process has a thousand) there is
 * none ever. */
static IErrorInfo *exchange(IErrorInfo *info)
{
    pthread_once(&once, make_key);
    IErrorInfo *before = have_key ? pthread_getspecific(key) : NULL;
    if (info && (!have_key || pthread_setspecific(key, info) != 0)) {
        release(info);
        info = NULL;
    }
    if (!info && before)
        pthread_setspecific(key, NULL); /* cannot fail: the slot is there */
    return before;
}

static void replace(IErrorInfo *info)
{
    IErrorInfo *before = exchange(info);
    if (before)
        release(before);
}

HRESULT WINAPI GetErrorInfo(ULONG dwReserved, IErrorInfo **pperrinfo)
{
    if (dwReserved != 0 || !pperrinfo)
        return E_INVALIDARG;
    *pperrinfo = exchange(NULL);
    return *pperrinfo ? S_OK : S_FALSE;
}

HRESULT WINAPI SetErrorInfo(ULONG dwReserved, IErrorInfo *perrinfo)
{
    if (dwReserved != 0)
        return E_INVALIDARG;
    if (perrinfo)
        perrinfo->lpVtbl->AddRef(perrinfo);
    replace(perrinfo);
    return S_OK;
}

void tri_com_set_error(const char *source, const char *text_utf8)
{
    struct error_info *info = text_utf8 ? error_info_new() : NULL;
    if (info && (!bstr_from_utf8(source, &info->source) || !bstr_from_utf8(text_utf8, &info->text)))
        tri_com_unref(TRI_TAKE(info));
    replace(info ? (IErrorInfo *)&info->IErrorInfo_face : NULL);
}
