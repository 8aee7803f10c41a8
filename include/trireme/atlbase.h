/* Windows' name for all of ATL: here, CComPtr, CComBSTR and CComVariant. */
#include "atlcomcli.h"
