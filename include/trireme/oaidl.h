/* Windows' name for what lies in windows/. */
#include "windows/oaidl.h"
