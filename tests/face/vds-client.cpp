/* The same client as C++: through classes instead of macros. */
#include "vds-client.c"
