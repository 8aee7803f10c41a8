#include "management/timeout.h"

#include <stdlib.h>

#include "base/clock.h"

#define USUAL_SECONDS 60.0

uint64_t tri_management_timeout_ns(void)
{
    const char *text = getenv("TRIREME_OP_TIMEOUT");
    char *end = NULL;
    double seconds = text ? strtod(text, &end) : USUAL_SECONDS;
    if (text && (end == text || *end || !(seconds >= 0)))
        seconds = USUAL_SECONDS;
    return seconds == 0 || seconds > 1e9 ? TRI_DEADLINE_NEVER : (uint64_t)(seconds * (double)TRI_NS_PER_SEC);
}
