/* Windows' name for what lies in windows/. */
#include "windows/guiddef.h"
