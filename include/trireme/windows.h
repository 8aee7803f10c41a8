/* What Windows source includes first: here, the part of it that the host-management interfaces need. */
#ifndef TRIREME_WINDOWS_H
#define TRIREME_WINDOWS_H

#include "windows/basetsd.h"
#include "windows/sal.h"
#include "windows/winbase.h"
#include "windows/winerror.h"
#include "windows/wtypes.h"

#endif
