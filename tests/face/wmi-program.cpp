/* The same program as C++: through classes instead of macros. */
#include "wmi-program.c"
