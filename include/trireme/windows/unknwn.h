/* Interfaces: how they are declared, and the one that all others begin with.
 *
 * One declaration serves C and C++. In C++ an interface is an abstract class without a destructor. In C, and in C++
 * with CINTERFACE, it is a structure whose one member, lpVtbl, points at the table of its functions (IUnknownVtbl ...);
 * with COBJMACROS there is a macro for each of them: IUnknown_Release(p). Both views are the same memory, that of
 * Windows. Source that says "interface" for "struct" compiles with -Dinterface=struct; the word is not taken here, for
 * D-Bus and others use it as a name.
 *
 * What every interface keeps to: whatever hands out an interface pointer gives the caller a reference to let go of with
 * Release; where it fails, the pointer is NULL. QueryInterface gives the same IUnknown for every interface of one
 * object, and what it answers once it answers as long as the object lives. The three functions may be called through
 * any interface pointer of the object, and every function from any thread. */
#ifndef TRIREME_WINDOWS_UNKNWN_H
#define TRIREME_WINDOWS_UNKNWN_H

#include "guiddef.h"
#include "winerror.h"

#if defined(__cplusplus) && !defined(CINTERFACE)
#define STDMETHOD(method) virtual HRESULT STDMETHODCALLTYPE method
#define STDMETHOD_(type, method) virtual type STDMETHODCALLTYPE method
#define PURE = 0
#define THIS_
#define THIS void
#define DECLARE_INTERFACE(name) struct name
#define DECLARE_INTERFACE_(name, base) struct name : public base
#define TRIREME_FORWARD_INTERFACE(name) struct name
#else
#define STDMETHOD(method) HRESULT(STDMETHODCALLTYPE *method)
#define STDMETHOD_(type, method) type(STDMETHODCALLTYPE *method)
#define PURE
#define THIS_ INTERFACE *This,
#define THIS INTERFACE *This
#define DECLARE_INTERFACE(name)               \
    typedef struct name##Vtbl name##Vtbl;     \
    typedef struct name {                     \
        const name##Vtbl *lpVtbl;             \
    } name;                                   \
    struct name##Vtbl
#define DECLARE_INTERFACE_(name, base) DECLARE_INTERFACE(name)
#define TRIREME_FORWARD_INTERFACE(name) typedef struct name name
#endif
/* For the tables of interfaces that a client declares itself. Ours are constant always. */
#ifndef CONST_VTBL
#ifdef CONST_VTABLE
#define CONST_VTBL const
#else
#define CONST_VTBL
#endif
#endif
#define STDMETHODIMP HRESULT STDMETHODCALLTYPE
#define STDMETHODIMP_(type) type STDMETHODCALLTYPE
/* Where the macros for C are wanted, and have a meaning. */
#if defined(COBJMACROS) && (!defined(__cplusplus) || defined(CINTERFACE))
#define TRIREME_COBJMACROS
#endif
#define BEGIN_INTERFACE
#define END_INTERFACE

#ifdef __cplusplus
/* The two arguments that ask for what a pointer is to point at: p->QueryInterface(IID_PPV_ARGS(&other)). */
#define IID_PPV_ARGS(ppv) __uuidof(**(ppv)), reinterpret_cast<void **>(ppv)
#endif

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)
#pragma GCC diagnostic push
#ifdef __cplusplus
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor" /* a destructor would have a slot of its own */
#endif

/* The id that is none. */
DEFINE_GUID(GUID_NULL, 0x00000000, 0x0000, 0x0000, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00);
#define IID_NULL GUID_NULL
#define CLSID_NULL GUID_NULL

/* Every object answers it, and every interface begins with it.
 * Follows: learn.microsoft.com/windows/win32/api/unknwn/nn-unknwn-iunknown */
#undef INTERFACE
#define INTERFACE IUnknown
DECLARE_INTERFACE(IUnknown)
{
    /* The interface of that id, with a reference that is the caller's. E_NOINTERFACE (and NULL) where the object has
     * none; E_POINTER where ppvObject is NULL. */
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;

    /* Takes a reference. Answers the new count, which tests may look at. */
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;

    /* Lets go of a reference; the object is gone with the last one. Answers the new count. */
    STDMETHOD_(ULONG, Release)(THIS) PURE;
};
typedef IUnknown *LPUNKNOWN;
TRIREME_INTERFACE_ID(IUnknown, 0x00000000, 0x0000, 0x0000, 0xC0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x46);

#ifdef TRIREME_COBJMACROS
#define IUnknown_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IUnknown_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IUnknown_Release(This) ((This)->lpVtbl->Release(This))
#endif

/* What makes objects of one class: CoGetClassObject (combaseapi.h) hands it out.
 * Follows: learn.microsoft.com/windows/win32/api/unknwn/nn-unknwn-iclassfactory */
#undef INTERFACE
#define INTERFACE IClassFactory
DECLARE_INTERFACE_(IClassFactory, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* A new object, as CoCreateInstance makes it. CLASS_E_NOAGGREGATION where pUnkOuter is not NULL. */
    STDMETHOD(CreateInstance)(THIS_ IUnknown *pUnkOuter, REFIID riid, void **ppvObject) PURE;

    /* S_OK: the library stays as long as the program links with it. */
    STDMETHOD(LockServer)(THIS_ BOOL fLock) PURE;
};
typedef IClassFactory *LPCLASSFACTORY;
TRIREME_INTERFACE_ID(IClassFactory, 0x00000001, 0x0000, 0x0000, 0xC0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x46);

#ifdef TRIREME_COBJMACROS
#define IClassFactory_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IClassFactory_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IClassFactory_Release(This) ((This)->lpVtbl->Release(This))
#define IClassFactory_CreateInstance(This, pUnkOuter, riid, ppvObject) \
    ((This)->lpVtbl->CreateInstance(This, pUnkOuter, riid, ppvObject))
#define IClassFactory_LockServer(This, fLock) ((This)->lpVtbl->LockServer(This, fLock))
#endif

#pragma GCC diagnostic pop
#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
