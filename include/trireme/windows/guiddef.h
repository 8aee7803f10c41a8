/* GUIDs, and the ids of interfaces and classes.
 *
 * DEFINE_GUID declares an id, which the library has. A file that includes initguid.h before the headers with the ids
 * defines them itself, weakly, as many files as like; it then needs no library for them. */
#ifndef TRIREME_WINDOWS_GUIDDEF_H
#define TRIREME_WINDOWS_GUIDDEF_H

#include "wtypes.h"

#include <string.h>

#ifdef __cplusplus
#define EXTERN_C extern "C"
#else
#define EXTERN_C extern
#endif

#define TRIREME_GUID_BRACES(l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8) \
    {                                                                  \
        l, w1, w2,                                                     \
        {                                                              \
            b1, b2, b3, b4, b5, b6, b7, b8                             \
        }                                                              \
    }

/* How functions take an id: by address in C, by reference in C++; it is the same for the library. */
#ifdef __cplusplus
#define REFGUID const GUID &
#define REFIID const IID &
#define REFCLSID const CLSID &
#else
#define REFGUID const GUID *const
#define REFIID const IID *const
#define REFCLSID const CLSID *const
#endif

#ifdef __cplusplus
extern "C++" {
inline int IsEqualGUID(REFGUID a, REFGUID b)
{
    return !memcmp(&a, &b, sizeof(GUID));
}
inline int InlineIsEqualGUID(REFGUID a, REFGUID b)
{
    return !memcmp(&a, &b, sizeof(GUID));
}
inline bool operator==(REFGUID a, REFGUID b)
{
    return !memcmp(&a, &b, sizeof(GUID));
}
inline bool operator!=(REFGUID a, REFGUID b)
{
    return !(a == b);
}
}
#else
#define IsEqualGUID(a, b) (!memcmp(a, b, sizeof(GUID)))
#define InlineIsEqualGUID(a, b) (!memcmp(a, b, sizeof(GUID)))
#endif
#define IsEqualIID(a, b) IsEqualGUID(a, b)
#define IsEqualCLSID(a, b) IsEqualGUID(a, b)

/* The id of a C++ type or object: __uuidof(IVdsAsync), IID_PPV_ARGS(&pAsync). */
#if defined(__cplusplus) && !defined(_MSC_EXTENSIONS)
extern "C++" {
template <typename type> const GUID &trireme_uuidof();
}
#define __uuidof(type) trireme_uuidof<__typeof__(type)>()
#define __CRT_UUID_DECL(type, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8)                                \
    extern "C++" {                                                                                      \
    template <> inline const GUID &trireme_uuidof<type>()                                               \
    {                                                                                                   \
        static const GUID id = TRIREME_GUID_BRACES(l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8);          \
        return id;                                                                                      \
    }                                                                                                   \
    template <> inline const GUID &trireme_uuidof<type *>()                                             \
    {                                                                                                   \
        return trireme_uuidof<type>();                                                                  \
    }                                                                                                   \
    }
#else
#define __CRT_UUID_DECL(type, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8)
#endif

#endif

/* Looked at each time that this header is included, for initguid.h may come in between. */
#undef DEFINE_GUID
#undef TRIREME_INTERFACE_ID
#undef TRIREME_CLASS_ID
#ifdef INITGUID
#define DEFINE_GUID(name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8) \
    EXTERN_C __attribute__((weak)) const GUID name;                  \
    const GUID name = TRIREME_GUID_BRACES(l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8)
#else
#define DEFINE_GUID(name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8) EXTERN_C const GUID name
#endif

/* An interface's id, IID_... and __uuidof both. */
#define TRIREME_INTERFACE_ID(type, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8) \
    __CRT_UUID_DECL(type, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8)          \
    DEFINE_GUID(IID_##type, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8)

/* A class's id, CLSID_... and, of a type that is only a name in C++, __uuidof both. */
#ifdef __cplusplus
#define TRIREME_CLASS_ID(type, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8) \
    class type;                                                           \
    __CRT_UUID_DECL(type, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8)      \
    DEFINE_GUID(CLSID_##type, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8)
#else
#define TRIREME_CLASS_ID(type, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8) \
    DEFINE_GUID(CLSID_##type, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8)
#endif
