/* Integers by width, as Windows counts: LONG, ULONG and DWORD have 32 bits here too, though long has 64 on Linux.
 *
 * The 64-bit types are long long, as on Windows, so that ported "%llu" stays right; uint64_t is unsigned long on Linux
 * and has the same width, so values go either way. */
#ifndef TRIREME_WINDOWS_BASETSD_H
#define TRIREME_WINDOWS_BASETSD_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define TRIREME_STATIC_ASSERT(condition, text) static_assert(condition, text)
#else
#define TRIREME_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#endif

/* A pointer parameter, by position, that is passed on and never looked through: the compiler need not warn that what it
 * points to is not initialised. */
#if defined(__GNUC__) && __GNUC__ >= 11 && !defined(__clang__)
#define TRIREME_NOT_READ(position) __attribute__((access(none, position)))
#else
#define TRIREME_NOT_READ(position)
#endif

typedef signed char INT8, *PINT8;
typedef unsigned char UINT8, *PUINT8;
typedef short INT16, *PINT16;
typedef unsigned short UINT16, *PUINT16;
typedef int INT32, *PINT32;
typedef unsigned int UINT32, *PUINT32;
typedef long long INT64, *PINT64;
typedef unsigned long long UINT64, *PUINT64;
typedef int LONG32, *PLONG32;
typedef unsigned int ULONG32, *PULONG32;
typedef unsigned int DWORD32, *PDWORD32;
typedef long long LONG64, *PLONG64;
typedef unsigned long long ULONG64, *PULONG64;
typedef unsigned long long DWORD64, *PDWORD64;

/* As wide as a pointer. */
typedef intptr_t INT_PTR, *PINT_PTR;
typedef uintptr_t UINT_PTR, *PUINT_PTR;
typedef intptr_t LONG_PTR, *PLONG_PTR;
typedef uintptr_t ULONG_PTR, *PULONG_PTR;
typedef ULONG_PTR DWORD_PTR, *PDWORD_PTR;
typedef ULONG_PTR SIZE_T, *PSIZE_T;
typedef LONG_PTR SSIZE_T, *PSSIZE_T;

TRIREME_STATIC_ASSERT(sizeof(INT8) == 1 && sizeof(UINT8) == 1, "8 bits");
TRIREME_STATIC_ASSERT(sizeof(INT16) == 2 && sizeof(UINT16) == 2, "16 bits");
TRIREME_STATIC_ASSERT(sizeof(INT32) == 4 && sizeof(UINT32) == 4, "32 bits");
TRIREME_STATIC_ASSERT(sizeof(INT64) == 8 && sizeof(UINT64) == 8, "64 bits");
TRIREME_STATIC_ASSERT(sizeof(INT_PTR) == sizeof(void *) && sizeof(SIZE_T) == sizeof(void *), "a pointer's width");

#endif
