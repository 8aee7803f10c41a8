/* Windows' name for a part of what lies in windows/. */
#include "windows/wtypes.h"
