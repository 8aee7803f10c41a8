/* All of WMI's interfaces, as Windows source includes them at once. */
#include "wbemcli.h"
#include "wbemprov.h"
