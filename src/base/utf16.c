#include "base/utf16.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>

/* One UTF-16 unit is never more than three UTF-8 bytes (a pair is four), one UTF-8 byte never more than one unit. */
enum { BYTES_PER_UNIT_MAX = 3 };

/* libunistring's mbtouc functions are the ones that answer U+FFFD for what is no character. */
static size_t write_utf8(const char16_t *text, size_t units, uint8_t *bytes)
{
    size_t written = 0;
    for (size_t at = 0; at < units;) {
        ucs4_t character;
        at += (size_t)u16_mbtouc(&character, text + at, units - at);
        written += (size_t)u8_uctomb(bytes + written, character, BYTES_PER_UNIT_MAX + 1);
    }
    bytes[written] = 0;
    return written;
}

static size_t write_utf16(const uint8_t *text, size_t bytes, char16_t *units)
{
    size_t written = 0;
    for (size_t at = 0; at < bytes;) {
        ucs4_t character;
        at += (size_t)u8_mbtouc(&character, text + at, bytes - at);
        written += (size_t)u16_uctomb(units + written, character, 2);
    }
    units[written] = 0;
    return written;
}

/* Gives back what the worst case did not need; a shrink that fails leaves a block that is too large, not a failure. */
static void *trim(void *block, size_t size)
{
    void *trimmed = realloc(block, size);
    return trimmed ? trimmed : block;
}

int tri_utf8_from_utf16(const char16_t *text, char **ret)
{
    size_t units = u16_strnlen(text, TRI_UTF16_UNITS_MAX + 1);
    if (units > TRI_UTF16_UNITS_MAX)
        return -E2BIG;
    uint8_t *bytes = malloc(units * BYTES_PER_UNIT_MAX + 1);
    if (!bytes)
        return -ENOMEM;
    size_t size = write_utf8(text, units, bytes) + 1;
    *ret = trim(bytes, size);
    return 0;
}

int tri_utf16_from_utf8(const char *text, char16_t **ret)
{
    size_t bytes_max = (size_t)TRI_UTF16_UNITS_MAX * BYTES_PER_UNIT_MAX;
    size_t bytes = strnlen(text, bytes_max + 1);
    if (bytes > bytes_max)
        return -E2BIG;
    char16_t *units = malloc((bytes + 1) * sizeof(*units));
    if (!units)
        return -ENOMEM;
    size_t count = write_utf16((const uint8_t *)text, bytes, units);
    if (count > TRI_UTF16_UNITS_MAX) {
        free(units);
        return -E2BIG;
    }
    *ret = trim(units, (count + 1) * sizeof(*units));
    return 0;
}

size_t tri_utf16_length(const char16_t *text)
{
    return u16_strlen(text);
}
