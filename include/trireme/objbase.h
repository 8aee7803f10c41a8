/* Of COM, what a client of HCS needs: CoTaskMemAlloc and CoTaskMemFree. */
#include "windows/winbase.h"
