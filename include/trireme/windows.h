/* What Windows source includes first: here, the part of it that the host-management interfaces need. As on Windows, COM
 * comes along unless WIN32_LEAN_AND_MEAN says not to. */
#ifndef TRIREME_WINDOWS_H
#define TRIREME_WINDOWS_H

#include "windows/basetsd.h"
#include "windows/guiddef.h"
#include "windows/sal.h"
#include "windows/winbase.h"
#include "windows/winerror.h"
#include "windows/wtypes.h"
#ifndef WIN32_LEAN_AND_MEAN
#include "windows/combaseapi.h"
#include "windows/oleauto.h"
#endif

#endif
