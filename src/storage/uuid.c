#include "storage/uuid.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <uuid/uuid.h>

/* The names of Trireme's own ids: a random id, made once for this purpose. */
static const uuid_t name_space = {0x3f, 0x5b, 0x1d, 0xc6, 0x8a, 0x27, 0x4e, 0x0c,
                                  0x9b, 0x64, 0x71, 0xd2, 0x5e, 0x90, 0x3a, 0xe8};

bool tri_uuid_is_null(const struct tri_uuid *uuid)
{
    return uuid_is_null(uuid->bytes);
}

bool tri_uuid_equal(const struct tri_uuid *a, const struct tri_uuid *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool tri_uuid_parse(const char *text, struct tri_uuid *ret)
{
    struct tri_uuid parsed;
    if (strlen(text) != TRI_UUID_TEXT_SIZE - 1 || uuid_parse(text, parsed.bytes) != 0)
        return false;
    *ret = parsed;
    return true;
}

void tri_uuid_text(const struct tri_uuid *uuid, char text[TRI_UUID_TEXT_SIZE])
{
    uuid_unparse_lower(uuid->bytes, text);
}

struct tri_uuid tri_uuid_random(void)
{
    struct tri_uuid uuid;
    uuid_generate_random(uuid.bytes);
    return uuid;
}

struct tri_uuid tri_uuid_named(const char *format, ...)
{
    char name[512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(name, sizeof name, format, arguments);
    va_end(arguments);
    if (length < 0)
        length = 0;
    struct tri_uuid uuid;
    uuid_generate_sha1(uuid.bytes, name_space, name, (size_t)length < sizeof name ? (size_t)length : sizeof name - 1);
    return uuid;
}
