/* Windows' name for all of COM: here, the part that the host-management interfaces need. */
#include "windows/combaseapi.h"
#include "windows/oleauto.h"
