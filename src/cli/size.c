#include "size.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SECTOR_BYTES 512

/* What the number is to be multiplied with; 0: there is no such unit. */
static long double unit_factor(const char *unit)
{
    static const char letters[] = "KMGTPE";
    const char *letter = *unit ? strchr(letters, toupper((unsigned char)*unit)) : NULL;

    if (!*unit || !strcasecmp(unit, "B"))
        return 1;
    if (!letter)
        return 0;
    long double power = (long double)(letter - letters + 1);
    if (!unit[1] || !strcasecmp(unit + 1, "iB"))
        return powl(1024, power);
    return strcasecmp(unit + 1, "B") ? 0 : powl(1000, power);
}

int tri_size_parse(const char *text, uint64_t *ret_bytes)
{
    size_t digits = strspn(text, "0123456789"), length = digits;

    if (!digits)
        return -EINVAL;
    if (text[length] == '.')
        length += 1 + strspn(text + length + 1, "0123456789");
    while (text[length] == ' ') /* as we print them: "1.5 GiB" */
        length++;
    long double factor = unit_factor(text + length), bytes = strtold(text, NULL) * factor;
    if (factor == 0 || (factor == 1 && text[digits] == '.'))
        return -EINVAL;
    if (factor != 1)
        bytes = ceill(bytes / SECTOR_BYTES) * SECTOR_BYTES;
    if (bytes >= 0x1p63L)
        return -ERANGE;
    *ret_bytes = (uint64_t)bytes;
    return 0;
}
