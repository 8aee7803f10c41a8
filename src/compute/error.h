/* What the compute engine and its shim answer beyond errno. The numbers travel on the shim's socket; only append. */
#ifndef TRI_COMPUTE_ERROR_H
#define TRI_COMPUTE_ERROR_H

#include "base/error.h"

enum tri_compute_code {
    TRI_COMPUTE_NOT_FOUND = TRI_ERROR_MODULE_BASE - 1,        /* no system of that id */
    TRI_COMPUTE_EXISTS = TRI_ERROR_MODULE_BASE - 2,           /* the id is in use */
    TRI_COMPUTE_BAD_STATE = TRI_ERROR_MODULE_BASE - 3,        /* not legal in the system's state */
    TRI_COMPUTE_STOPPED = TRI_ERROR_MODULE_BASE - 4,          /* the system has stopped already */
    TRI_COMPUTE_TERMINATED = TRI_ERROR_MODULE_BASE - 5,       /* a terminate overtook this request */
    TRI_COMPUTE_UNEXPECTED_EXIT = TRI_ERROR_MODULE_BASE - 6,  /* the system died under this request */
    TRI_COMPUTE_DIED_IN_START = TRI_ERROR_MODULE_BASE - 7,    /* ... while it was starting */
    TRI_COMPUTE_DISCONNECTED = TRI_ERROR_MODULE_BASE - 8,     /* the shim is gone */
    TRI_COMPUTE_UNAVAILABLE = TRI_ERROR_MODULE_BASE - 9,      /* no runtime, or no shim could be started */
    TRI_COMPUTE_PROCESS_STOPPED = TRI_ERROR_MODULE_BASE - 10, /* the process has exited already */
    TRI_COMPUTE_NO_PROCESS = TRI_ERROR_MODULE_BASE - 11,      /* no such process in this system */
    TRI_COMPUTE_BAD_DOCUMENT = TRI_ERROR_MODULE_BASE - 12,    /* syntax, type, unknown member; where says which */
    TRI_COMPUTE_NOT_IMPLEMENTED = TRI_ERROR_MODULE_BASE - 13, /* means something that cannot be honoured here */
    TRI_COMPUTE_BAD_LAYER = TRI_ERROR_MODULE_BASE - 14,       /* a layer is missing or no folder */
    TRI_COMPUTE_NOT_CONFIGURED = TRI_ERROR_MODULE_BASE - 15,  /* the system was made without what this needs */
    TRI_COMPUTE_BAD_IMAGE = TRI_ERROR_MODULE_BASE - 16,       /* cannot be executed here (format, architecture) */
    TRI_COMPUTE_NOT_SUPPORTED = TRI_ERROR_MODULE_BASE - 17,   /* this resource path or request is not known */
};

#endif
