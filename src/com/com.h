/* Handles that carry file descriptors. What else this module is, clients call too: it is declared in the public
 * headers (windows/winbase.h, trireme.h). */
#ifndef TRI_COM_COM_H
#define TRI_COM_COM_H

#include <limits.h>
#include <windows/winbase.h>

/* A descriptor in pointer clothes, {descriptor + 1, 0, 0}: no memory, no table. Never NULL nor INVALID_HANDLE_VALUE,
 * and never the handle of an object (base/table.h sets the low bit). The handle owns the descriptor. NULL where fd <
 * 0. */
static inline HANDLE tri_com_handle_from_fd(int fd)
{
    return fd < 0 ? NULL : (HANDLE)(((uintptr_t)fd + 1) << 2);
}

/* The descriptor, or -1 where the handle carries none. Says nothing of whether the descriptor is open. */
static inline int tri_com_fd_from_handle(HANDLE handle)
{
    uintptr_t value = (uintptr_t)handle;
    if (value == 0 || (value & 3) || (value >> 2) - 1 > INT_MAX)
        return -1;
    return (int)((value >> 2) - 1);
}

#endif
