/* Every id that the public headers declare, defined. */
#include <initguid.h>

#include <diskguid.h>
#include <oleauto.h>
#include <trireme-storage.h>
#include <wbemidl.h>
