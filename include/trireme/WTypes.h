/* The spelling that Windows source uses, where the case of file names does not matter. */
#include "wtypes.h"
