/* The base types that every interface of Windows is written in. Widths are those of 64-bit Windows, and are asserted
 * at the end of this header, in C and in C++. */
#ifndef TRIREME_WINDOWS_WTYPES_H
#define TRIREME_WINDOWS_WTYPES_H

#include "basetsd.h"
#include "sal.h"

#if !defined(__cplusplus) && __SIZEOF_WCHAR_T__ != 2
#include <uchar.h>
#endif

/* There is one calling convention, the system's. */
#ifndef WINAPI
#define WINAPI
#endif
#ifndef CALLBACK
#define CALLBACK
#endif
#ifndef APIENTRY
#define APIENTRY
#endif
#ifndef STDMETHODCALLTYPE
#define STDMETHODCALLTYPE
#endif

#ifndef VOID
#define VOID void
#endif
#ifndef CONST
#define CONST const
#endif
#ifndef TRUE
#define TRUE 1
#endif
#ifndef FALSE
#define FALSE 0
#endif

/* The halves of a number: SetStatus packs two into one. */
#ifndef LOWORD
#define LOWORD(number) ((WORD)((DWORD)(number) & 0xffff))
#define HIWORD(number) ((WORD)((DWORD)(number) >> 16 & 0xffff))
#endif

typedef char CHAR, *PCHAR, *PSTR, *LPSTR;
typedef const char *PCSTR, *LPCSTR;
typedef unsigned char BYTE, *PBYTE, *LPBYTE;
typedef unsigned char UCHAR, *PUCHAR;
typedef unsigned char BOOLEAN, *PBOOLEAN;
typedef short SHORT, *PSHORT;
typedef unsigned short USHORT, *PUSHORT;
typedef unsigned short WORD, *PWORD, *LPWORD;
typedef int INT, *PINT, *LPINT;
typedef unsigned int UINT, *PUINT;
typedef int BOOL, *PBOOL, *LPBOOL;
typedef int32_t LONG, *PLONG, *LPLONG;
typedef uint32_t ULONG, *PULONG;
typedef uint32_t DWORD, *PDWORD, *LPDWORD;
typedef INT64 LONGLONG, *PLONGLONG;
typedef UINT64 ULONGLONG, *PULONGLONG;
typedef UINT64 DWORDLONG, *PDWORDLONG;
typedef float FLOAT;
typedef double DOUBLE;
typedef void *PVOID, *LPVOID;
typedef const void *LPCVOID;

/* Negative: failure. See winerror.h. */
typedef LONG HRESULT;

/* One UTF-16 unit. Without compiler flags it is char16_t, whose literals are u"text"; under -fshort-wchar it is
 * wchar_t, so that L"text" in Windows source is right. The library is the same for both. The C library's wcs functions
 * know 32-bit wchar_t only and must not be used on these strings; trireme.h converts. */
#if __SIZEOF_WCHAR_T__ == 2
typedef wchar_t WCHAR;
#else
typedef char16_t WCHAR;
#endif
typedef WCHAR *PWCHAR, *PWSTR, *LPWSTR;
typedef const WCHAR *PCWCH, *PCWSTR, *LPCWSTR;

/* COM's words for the same. A BSTR is preceded by its length, and made and freed by the functions in oleauto.h only. */
typedef WCHAR OLECHAR;
typedef OLECHAR *LPOLESTR;
typedef const OLECHAR *LPCOLESTR;
typedef OLECHAR *BSTR;
#ifndef OLESTR
#if __SIZEOF_WCHAR_T__ == 2
#define OLESTR(text) L##text
#else
#define OLESTR(text) u##text
#endif
#endif

/* What a function hands out to be given back. NULL and INVALID_HANDLE_VALUE (winbase.h) both mean "none". A HANDLE
 * that is a pipe or a file carries a file descriptor: trireme_handle_fd in trireme.h. */
typedef void *HANDLE, **PHANDLE, **LPHANDLE;
typedef HANDLE HLOCAL;

/* A kind of handle that the compiler keeps apart from the others. */
#ifndef DECLARE_HANDLE
#define DECLARE_HANDLE(name) typedef struct name##__ *name
#endif

/* Opaque: where a function takes one, it must be NULL. */
typedef struct _SECURITY_DESCRIPTOR SECURITY_DESCRIPTOR;
typedef PVOID PSECURITY_DESCRIPTOR;

typedef struct _SECURITY_ATTRIBUTES {
    DWORD nLength; /* bytes of this structure */
    LPVOID lpSecurityDescriptor;
    BOOL bInheritHandle;
} SECURITY_ATTRIBUTES, *PSECURITY_ATTRIBUTES, *LPSECURITY_ATTRIBUTES;

/* Declared for prototypes; no function here takes one but as NULL. */
typedef struct _OVERLAPPED OVERLAPPED, *LPOVERLAPPED;

typedef struct _GUID {
    ULONG Data1;
    USHORT Data2;
    USHORT Data3;
    UCHAR Data4[8];
} GUID;
typedef GUID IID, CLSID;
typedef GUID *LPGUID;
typedef IID *LPIID;
typedef CLSID *LPCLSID;

/* Automation's types: what a VARIANT (oaidl.h) can hold. */
typedef LONG SCODE; /* an HRESULT */
typedef SCODE *PSCODE;
typedef DWORD LCID;          /* a language; none is looked at */
typedef double DATE;         /* days since 30 December 1899; the fraction is the time of day, also before that day */
typedef SHORT VARIANT_BOOL;  /* VARIANT_TRUE or VARIANT_FALSE: never compare with TRUE, which is another number */
typedef unsigned short VARTYPE; /* VARENUM */
#define VARIANT_TRUE ((VARIANT_BOOL)-1)
#define VARIANT_FALSE ((VARIANT_BOOL)0)

/* Money: int64 counts ten-thousandths. */
typedef union tagCY {
    __extension__ struct {
        ULONG Lo;
        LONG Hi;
    };
    LONGLONG int64;
} CY;
typedef CY *LPCY;

/* A whole number of 96 bits, divided by ten to the power of scale (0 to 28). */
typedef struct tagDEC {
    USHORT wReserved; /* a VARIANT's vt lies here */
    __extension__ union {
        __extension__ struct {
            BYTE scale;
            BYTE sign; /* 0 or DECIMAL_NEG */
        };
        USHORT signscale;
    };
    ULONG Hi32;
    __extension__ union {
        __extension__ struct {
            ULONG Lo32;
            ULONG Mid32;
        };
        ULONGLONG Lo64;
    };
} DECIMAL;
typedef DECIMAL *LPDECIMAL;
#define DECIMAL_NEG ((BYTE)0x80)

/* The type of what a VARIANT holds: one of the numbers up to VT_UINT, or VT_RECORD, alone, or with VT_ARRAY, VT_BYREF
 * or both. The others describe types elsewhere, and no VARIANT holds them.
 * Follows: learn.microsoft.com/windows/win32/api/wtypes/ne-wtypes-varenum */
enum VARENUM {
    VT_EMPTY = 0,
    VT_NULL = 1,
    VT_I2 = 2,
    VT_I4 = 3,
    VT_R4 = 4,
    VT_R8 = 5,
    VT_CY = 6,
    VT_DATE = 7,
    VT_BSTR = 8,
    VT_DISPATCH = 9,
    VT_ERROR = 10,
    VT_BOOL = 11,
    VT_VARIANT = 12, /* with VT_BYREF or VT_ARRAY only */
    VT_UNKNOWN = 13,
    VT_DECIMAL = 14,
    VT_I1 = 16,
    VT_UI1 = 17,
    VT_UI2 = 18,
    VT_UI4 = 19,
    VT_I8 = 20,
    VT_UI8 = 21,
    VT_INT = 22,
    VT_UINT = 23,
    VT_VOID = 24,
    VT_HRESULT = 25,
    VT_PTR = 26,
    VT_SAFEARRAY = 27,
    VT_CARRAY = 28,
    VT_USERDEFINED = 29,
    VT_LPSTR = 30,
    VT_LPWSTR = 31,
    VT_RECORD = 36,
    VT_INT_PTR = 37,
    VT_UINT_PTR = 38,
    VT_FILETIME = 64,
    VT_BLOB = 65,
    VT_STREAM = 66,
    VT_STORAGE = 67,
    VT_STREAMED_OBJECT = 68,
    VT_STORED_OBJECT = 69,
    VT_BLOB_OBJECT = 70,
    VT_CF = 71,
    VT_CLSID = 72,
    VT_VERSIONED_STREAM = 73,
    VT_BSTR_BLOB = 0xFFF,
    VT_VECTOR = 0x1000,
    VT_ARRAY = 0x2000,
    VT_BYREF = 0x4000,
    VT_RESERVED = 0x8000,
    VT_ILLEGAL = 0xFFFF,
    VT_ILLEGALMASKED = 0xFFF,
    VT_TYPEMASK = 0xFFF
};

/* Bitwise operators for an enumeration of flags. C needs none. */
#ifndef DEFINE_ENUM_FLAG_OPERATORS
#ifdef __cplusplus
#define DEFINE_ENUM_FLAG_OPERATORS(type)                                                                \
    extern "C++" {                                                                                      \
    constexpr type operator|(type a, type b)                                                            \
    {                                                                                                   \
        return static_cast<type>(static_cast<unsigned>(a) | static_cast<unsigned>(b));                  \
    }                                                                                                   \
    constexpr type operator&(type a, type b)                                                            \
    {                                                                                                   \
        return static_cast<type>(static_cast<unsigned>(a) & static_cast<unsigned>(b));                  \
    }                                                                                                   \
    constexpr type operator^(type a, type b)                                                            \
    {                                                                                                   \
        return static_cast<type>(static_cast<unsigned>(a) ^ static_cast<unsigned>(b));                  \
    }                                                                                                   \
    constexpr type operator~(type a)                                                                    \
    {                                                                                                   \
        return static_cast<type>(~static_cast<unsigned>(a));                                            \
    }                                                                                                   \
    inline type &operator|=(type &a, type b)                                                            \
    {                                                                                                   \
        return a = a | b;                                                                               \
    }                                                                                                   \
    inline type &operator&=(type &a, type b)                                                            \
    {                                                                                                   \
        return a = a & b;                                                                               \
    }                                                                                                   \
    inline type &operator^=(type &a, type b)                                                            \
    {                                                                                                   \
        return a = a ^ b;                                                                               \
    }                                                                                                   \
    }
#else
#define DEFINE_ENUM_FLAG_OPERATORS(type)
#endif
#endif

TRIREME_STATIC_ASSERT(sizeof(BYTE) == 1 && sizeof(BOOLEAN) == 1 && sizeof(CHAR) == 1, "8 bits");
TRIREME_STATIC_ASSERT(sizeof(WCHAR) == 2 && sizeof(WORD) == 2 && sizeof(SHORT) == 2, "16 bits");
TRIREME_STATIC_ASSERT((WCHAR)-1 > 0, "UTF-16 units are unsigned");
TRIREME_STATIC_ASSERT(sizeof(HRESULT) == 4 && (HRESULT)-1 < 0, "32 bits, signed");
TRIREME_STATIC_ASSERT(sizeof(LONG) == 4 && (LONG)-1 < 0, "32 bits, signed");
TRIREME_STATIC_ASSERT(sizeof(DWORD) == 4 && (DWORD)-1 > 0, "32 bits, unsigned");
TRIREME_STATIC_ASSERT(sizeof(ULONG) == 4 && (ULONG)-1 > 0, "32 bits, unsigned");
TRIREME_STATIC_ASSERT(sizeof(BOOL) == 4 && sizeof(INT) == 4 && sizeof(UINT) == 4, "32 bits");
TRIREME_STATIC_ASSERT(sizeof(LONGLONG) == 8 && sizeof(ULONGLONG) == 8, "64 bits");
TRIREME_STATIC_ASSERT(sizeof(HANDLE) == 8 && sizeof(PWSTR) == 8, "64-bit pointers");
TRIREME_STATIC_ASSERT(sizeof(GUID) == 16 && offsetof(GUID, Data4) == 8, "a GUID has no padding");
TRIREME_STATIC_ASSERT(sizeof(SECURITY_ATTRIBUTES) == 24, "as on 64-bit Windows");
TRIREME_STATIC_ASSERT(sizeof(VARIANT_BOOL) == 2 && sizeof(VARTYPE) == 2 && sizeof(DATE) == 8, "Automation's widths");
TRIREME_STATIC_ASSERT(sizeof(CY) == 8 && sizeof(DECIMAL) == 16, "as on 64-bit Windows");

#endif
