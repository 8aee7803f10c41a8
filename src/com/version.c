#include <trireme.h>

const char *trireme_version(void)
{
    return TRIREME_VERSION;
}
