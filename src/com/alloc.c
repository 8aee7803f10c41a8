/* One allocator for every way that Windows has to free, for real clients mix them. */
#include <stdlib.h>
#include <windows/winbase.h>

HLOCAL WINAPI LocalAlloc(UINT flags, SIZE_T size)
{
    if (flags & ~(UINT)LPTR) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    void *memory = flags & LMEM_ZEROINIT ? calloc(1, size) : malloc(size);
    if (!memory)
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return memory;
}

HLOCAL WINAPI LocalFree(HLOCAL memory)
{
    free(memory);
    return NULL;
}

LPVOID WINAPI CoTaskMemAlloc(SIZE_T size)
{
    return malloc(size);
}

LPVOID WINAPI CoTaskMemRealloc(LPVOID memory, SIZE_T size)
{
    if (memory && size == 0) { /* realloc(p, 0) is what the C library likes */
        free(memory);
        return NULL;
    }
    return realloc(memory, size);
}

void WINAPI CoTaskMemFree(LPVOID memory)
{
    free(memory);
}
